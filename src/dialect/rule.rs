//! One line of a filter list, in the words of the vendors that write one condition a line.

use std::net::IpAddr;

use crate::net::{Family, PortRange, Prefix, protocol_name};

/// A line of a filter list, before any vendor's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Whether it lets pass; else it stops.
    pub permits: bool,
    /// Where a packet comes from.
    pub source: Prefix,
    /// Where it goes; of the same family.
    pub destination: Prefix,
    /// The protocol; `None` is every one.
    pub protocol: Option<u8>,
    /// Destination ports of TCP or UDP; [`PortRange::ALL`] of any other protocol.
    pub ports: PortRange,
}

impl Rule {
    pub(super) fn is_v6(&self) -> bool {
        self.source.family() == Family::V6
    }

    /// `tcp`, `any` for every protocol, `icmp` or `any`'s own word `all`, `six` for ICMPv6.
    fn protocol_word(&self, all: &str, six: &str) -> String {
        match self.protocol {
            None => all.to_owned(),
            Some(58) => six.to_owned(),
            Some(number) => protocol_name(number).into_owned(),
        }
    }

    /// The ports behind `single` or `range`; `None` when the protocol has none.
    pub(super) fn port_words(&self, single: &str, range: &str, between: &str) -> Option<String> {
        let (first, last) = (self.ports.first(), self.ports.last());
        match self.protocol {
            _ if self.ports == PortRange::ALL => Some(String::new()),
            Some(6 | 17) if first == last => Some(format!("{single}{first}")),
            Some(6 | 17) => Some(format!("{range}{first}{between}{last}")),
            _ => None,
        }
    }

    fn action(&self) -> &'static str {
        if self.permits { "permit" } else { "deny" }
    }
}

/// `deny tcp 10.0.0.0 255.0.0.0 host 192.0.2.1 eq 445`, after the name of the list.
pub(super) fn asa(rule: &Rule) -> Option<String> {
    let end = |prefix: Prefix| match (prefix.len(), prefix.family()) {
        (0, Family::V4) => "any4".to_owned(),
        (0, Family::V6) => "any6".to_owned(),
        (32, Family::V4) | (128, Family::V6) => format!("host {}", prefix.address()),
        (_, Family::V4) => format!("{} {}", prefix.address(), mask(prefix, false)),
        (_, Family::V6) => prefix.to_string(),
    };
    let ports = rule.port_words(" eq ", " range ", " ")?;
    let (word, source, destination) =
        (rule.protocol_word("ip", "icmp6"), end(rule.source), end(rule.destination));
    Some(format!("{} {word} {source} {destination}{ports}", rule.action()))
}

/// `deny tcp 10.0.0.0 0.255.255.255 host 192.0.2.1 eq 445`, the same on ALAXALA; of IPv6 with lengths.
pub(super) fn ios(rule: &Rule) -> Option<String> {
    let end = |prefix: Prefix| match (prefix.len(), prefix.family()) {
        (0, _) => "any".to_owned(),
        (32, Family::V4) | (128, Family::V6) => format!("host {}", prefix.address()),
        (_, Family::V4) => format!("{} {}", prefix.address(), mask(prefix, true)),
        (_, Family::V6) => prefix.to_string(),
    };
    let all = if rule.is_v6() { "ipv6" } else { "ip" };
    let ports = rule.port_words(" eq ", " range ", " ")?;
    let (word, source, destination) =
        (rule.protocol_word(all, "icmp"), end(rule.source), end(rule.destination));
    Some(format!("{} {word} {source} {destination}{ports}", rule.action()))
}

/// `deny tcp 10.0.0.0/8 192.0.2.1/32 eq 445` of AlliedWare Plus, IPv4 only.
pub(super) fn awplus(rule: &Rule) -> Option<String> {
    let end = |prefix: Prefix| if prefix.len() == 0 { "any".to_owned() } else { long(prefix) };
    let ports = rule.port_words(" eq ", " range ", " ")?;
    let (word, source, destination) =
        (rule.protocol_word("ip", "icmp"), end(rule.source), end(rule.destination));
    (!rule.is_v6()).then(|| format!("{} {word} {source} {destination}{ports}", rule.action()))
}

/// `permit tcp src 10.0.0.0/8 sport any dest 192.0.2.1/32 dport eq 445` of NEC IX.
pub(super) fn nec_ix(rule: &Rule) -> Option<String> {
    let end = |prefix: Prefix| if prefix.len() == 0 { "any".to_owned() } else { long(prefix) };
    let word = rule.protocol_word("ip", "icmp");
    let (source, destination) = (end(rule.source), end(rule.destination));
    let ported = matches!(rule.protocol, Some(6 | 17));
    let ports = rule.port_words("eq ", "range ", " ")?;
    let (sport, dport) = match (ported, ports.is_empty()) {
        (false, _) => (String::new(), String::new()),
        (true, true) => (" sport any".to_owned(), " dport any".to_owned()),
        (true, false) => (" sport any".to_owned(), format!(" dport {ports}")),
    };
    Some(format!("{} {word} src {source}{sport} dest {destination}{dport}", rule.action()))
}

/// `reject 10.0.0.0/8 192.0.2.1 tcp * 445` of YAMAHA, after the number of the filter.
pub(super) fn yamaha(rule: &Rule) -> Option<String> {
    let end = |prefix: Prefix| if prefix.len() == 0 { "*".to_owned() } else { prefix.to_string() };
    let action = if rule.permits { "pass" } else { "reject" };
    let (source, destination) = (end(rule.source), end(rule.destination));
    let ports = rule.port_words(" * ", " * ", "-")?;
    let service = match rule.protocol {
        None => String::new(),
        Some(_) => format!(" {}{ports}", rule.protocol_word("*", "icmp6")),
    };
    Some(format!("{action} {source} {destination}{service}"))
}

/// `-s 10.0.0.0/8 -d 192.0.2.1/32 -p tcp --dport 445 -j DROP`, after the chain and its interfaces. What it lets pass are new
/// connections, as the others of a stateful chain.
pub(super) fn iptables(rule: &Rule) -> Option<String> {
    let mut words = Vec::new();
    for (flag, prefix) in [("-s", rule.source), ("-d", rule.destination)] {
        if prefix.len() > 0 {
            words.push(format!("{flag} {}", long(prefix)));
        }
    }
    let ports = rule.port_words(" --dport ", " --dport ", ":")?;
    if rule.protocol.is_some() {
        let word = rule.protocol_word("all", "ipv6-icmp");
        // As iptables-save writes it: the ports are read by the match of the protocol.
        let matched = if ports.is_empty() { String::new() } else { format!(" -m {word}{ports}") };
        words.push(format!("-p {word}{matched}"));
    }
    if rule.permits {
        words.push("-m conntrack --ctstate NEW".to_owned());
    }
    words.push(if rule.permits { "-j ACCEPT" } else { "-j DROP" }.to_owned());
    Some(words.join(" "))
}

/// `ip saddr 10.0.0.0/8 ip daddr 192.0.2.1 tcp dport 445 drop`.
pub(super) fn nftables(rule: &Rule) -> Option<String> {
    let ip = if rule.is_v6() { "ip6" } else { "ip" };
    let mut words = Vec::new();
    for (field, prefix) in [("saddr", rule.source), ("daddr", rule.destination)] {
        if prefix.len() > 0 {
            words.push(format!("{ip} {field} {prefix}"));
        }
    }
    if words.is_empty() {
        words.push(format!("meta nfproto {}", if rule.is_v6() { "ipv6" } else { "ipv4" }));
    }
    let ports = rule.port_words(" dport ", " dport ", "-")?;
    match (rule.protocol, ports.is_empty()) {
        (None, _) => {}
        (Some(_), true) => {
            words.push(format!("meta l4proto {}", rule.protocol_word("", "ipv6-icmp")));
        }
        (Some(number), false) => words.push(format!("{}{ports}", protocol_name(number))),
    }
    words.push(if rule.permits { "accept" } else { "drop" }.to_owned());
    Some(words.join(" "))
}

/// `445`, or `5000-5100`.
pub(super) fn range(ports: PortRange) -> String {
    match (ports.first(), ports.last()) {
        (first, last) if first == last => first.to_string(),
        (first, last) => format!("{first}-{last}"),
    }
}

/// A network with its length, of a host, too.
pub(super) fn long(prefix: Prefix) -> String {
    format!("{}/{}", prefix.address(), prefix.len())
}

/// The mask of an IPv4 prefix, or its wildcard.
pub(super) fn mask(prefix: Prefix, wildcard: bool) -> IpAddr {
    let mask = u32::MAX.checked_shl(32 - u32::from(prefix.len())).unwrap_or(0);
    IpAddr::V4(if wildcard { !mask } else { mask }.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(source: &str, protocol: Option<u8>, ports: (u16, u16)) -> Rule {
        let destination = if source.contains(':') { "2001:db8:1::/48" } else { "172.20.40.10" };
        Rule {
            permits: false,
            source: Prefix::parse(source).unwrap(),
            destination: Prefix::parse(destination).unwrap(),
            protocol,
            ports: PortRange::new(ports.0, ports.1).unwrap(),
        }
    }

    #[test]
    fn each_vendor_says_the_same_in_its_own_words() {
        let one = rule("172.20.64.0/19", Some(6), (445, 445));
        let said = [asa, ios, awplus, nec_ix, yamaha, iptables, nftables].map(|f| f(&one).unwrap());
        assert_eq!(
            said,
            [
                "deny tcp 172.20.64.0 255.255.224.0 host 172.20.40.10 eq 445",
                "deny tcp 172.20.64.0 0.0.31.255 host 172.20.40.10 eq 445",
                "deny tcp 172.20.64.0/19 172.20.40.10/32 eq 445",
                "deny tcp src 172.20.64.0/19 sport any dest 172.20.40.10/32 dport eq 445",
                "reject 172.20.64.0/19 172.20.40.10 tcp * 445",
                "-s 172.20.64.0/19 -d 172.20.40.10/32 -p tcp -m tcp --dport 445 -j DROP",
                "ip saddr 172.20.64.0/19 ip daddr 172.20.40.10 tcp dport 445 drop",
            ]
        );
    }

    #[test]
    fn everything_and_ranges_have_words_of_their_own() {
        let all = rule("0.0.0.0/0", None, (0, u16::MAX));
        assert_eq!(asa(&all).unwrap(), "deny ip any4 host 172.20.40.10");
        assert_eq!(yamaha(&all).unwrap(), "reject * 172.20.40.10");
        assert_eq!(iptables(&all).unwrap(), "-d 172.20.40.10/32 -j DROP");
        let some = rule("10.0.0.0/8", Some(17), (5000, 5100));
        assert_eq!(
            ios(&some).unwrap(),
            "deny udp 10.0.0.0 0.255.255.255 host 172.20.40.10 range 5000 5100"
        );
        assert_eq!(yamaha(&some).unwrap(), "reject 10.0.0.0/8 172.20.40.10 udp * 5000-5100");
        assert_eq!(
            nftables(&some).unwrap(),
            "ip saddr 10.0.0.0/8 ip daddr 172.20.40.10 udp dport 5000-5100 drop"
        );
    }

    #[test]
    fn a_family_without_words_is_not_written() {
        let six = rule("2001:db8::/32", Some(58), (0, u16::MAX));
        assert_eq!(awplus(&six), None);
        assert_eq!(asa(&six).unwrap(), "deny icmp6 2001:db8::/32 2001:db8:1::/48");
        assert_eq!(ios(&six).unwrap(), "deny icmp 2001:db8::/32 2001:db8:1::/48");
    }
}
