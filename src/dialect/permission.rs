//! How a line is added that lets one kind of connection pass.

use std::net::IpAddr;

use crate::net::{Family, Prefix, protocol_name};

/// What is to pass, at one device.
#[derive(Clone, Copy, Debug)]
pub struct Permit<'p> {
    /// The name of the list that stops it, when the device's lists have names.
    pub list: Option<&'p str>,
    /// The vendor's zone or interface by which it comes in.
    pub from: &'p str,
    /// The one by which it leaves.
    pub to: &'p str,
    /// Where it comes from.
    pub source: Prefix,
    /// Where it goes.
    pub destination: Prefix,
    /// TCP (6) or UDP (17).
    pub protocol: u8,
    /// The destination port.
    pub port: u16,
}

/// The commands that let it pass on a device of this format; empty when none are known. On FortiOS and Junos the new policy stands
/// last, and has to be moved before the one that stops the connection.
#[must_use]
pub fn permission(format: &str, permit: &Permit<'_>) -> Vec<String> {
    let four = permit.source.family() == Family::V4 && permit.destination.family() == Family::V4;
    if !matches!(permit.protocol, 6 | 17) || !four {
        return Vec::new();
    }
    match format {
        "asa" => asa(permit),
        "ios" => ios(permit),
        "fortios" => fortios(permit),
        "junos" => junos(permit),
        "panos" => panos(permit),
        "iptables" => iptables(permit),
        _ => Vec::new(),
    }
}

fn asa(permit: &Permit<'_>) -> Vec<String> {
    let Some(list) = permit.list else { return Vec::new() };
    let end = |prefix: Prefix| match prefix.len() {
        32 => format!("host {}", prefix.address()),
        _ => format!("{} {}", prefix.address(), mask(prefix, false)),
    };
    let (source, destination) = (end(permit.source), end(permit.destination));
    let (word, port) = (protocol_name(permit.protocol), permit.port);
    vec![format!(
        "access-list {list} line 1 extended permit {word} {source} {destination} eq {port}"
    )]
}

fn ios(permit: &Permit<'_>) -> Vec<String> {
    let Some(list) = permit.list else { return Vec::new() };
    let end = |prefix: Prefix| match prefix.len() {
        32 => format!("host {}", prefix.address()),
        _ => format!("{} {}", prefix.address(), mask(prefix, true)),
    };
    let (source, destination) = (end(permit.source), end(permit.destination));
    let (word, port) = (protocol_name(permit.protocol), permit.port);
    vec![
        format!("ip access-list extended {list}"),
        format!("1 permit {word} {source} {destination} eq {port}"),
    ]
}

/// The name of an object that is made for a network or a port.
fn object(prefix: Prefix) -> String {
    format!("REQ-{}_{}", prefix.address(), prefix.len())
}

fn service(permit: &Permit<'_>) -> String {
    format!("REQ-{}-{}", protocol_name(permit.protocol).to_uppercase(), permit.port)
}

fn fortios(permit: &Permit<'_>) -> Vec<String> {
    let mut out = vec!["config firewall address".to_owned()];
    for prefix in [permit.source, permit.destination] {
        out.push(format!("edit \"{}\"", object(prefix)));
        out.push(format!("set subnet {} {}", prefix.address(), mask(prefix, false)));
        out.push("next".to_owned());
    }
    let (word, port) = (protocol_name(permit.protocol), permit.port);
    let name = service(permit);
    out.extend(["end", "config firewall service custom"].map(str::to_owned));
    out.push(format!("edit \"{name}\""));
    out.push(format!("set {word}-portrange {port}"));
    out.extend(["next", "end", "config firewall policy", "edit 0"].map(str::to_owned));
    out.push(format!("set srcintf \"{}\"", permit.from));
    out.push(format!("set dstintf \"{}\"", permit.to));
    out.push(format!("set srcaddr \"{}\"", object(permit.source)));
    out.push(format!("set dstaddr \"{}\"", object(permit.destination)));
    out.push(format!("set service \"{name}\""));
    let rest =
        ["set schedule \"always\"", "set action accept", "set logtraffic all", "next", "end"];
    out.extend(rest.map(str::to_owned));
    out
}

fn junos(permit: &Permit<'_>) -> Vec<String> {
    let (source, destination, name) =
        (object(permit.source), object(permit.destination), service(permit));
    let (word, port) = (protocol_name(permit.protocol), permit.port);
    let policy =
        format!("security policies from-zone {} to-zone {} policy {name}", permit.from, permit.to);
    vec![
        format!("set security address-book global address {source} {}", long(permit.source)),
        format!(
            "set security address-book global address {destination} {}",
            long(permit.destination)
        ),
        format!("set applications application {name} protocol {word} destination-port {port}"),
        format!(
            "set {policy} match source-address {source} destination-address {destination} application {name}"
        ),
        format!("set {policy} then permit"),
        format!("set {policy} then log session-close"),
    ]
}

/// A network with its length, of a host, too.
fn long(prefix: Prefix) -> String {
    format!("{}/{}", prefix.address(), prefix.len())
}

fn panos(permit: &Permit<'_>) -> Vec<String> {
    let (source, destination, name) =
        (object(permit.source), object(permit.destination), service(permit));
    let (word, port) = (protocol_name(permit.protocol), permit.port);
    let rule = format!("rulebase security rules {name}");
    vec![
        format!("set address {source} ip-netmask {}", permit.source),
        format!("set address {destination} ip-netmask {}", permit.destination),
        format!("set service {name} protocol {word} port {port}"),
        format!(
            "set {rule} from {} to {} source {source} destination {destination}",
            permit.from, permit.to
        ),
        format!("set {rule} application any service {name} action allow log-end yes"),
        format!("move {rule} top"),
    ]
}

fn iptables(permit: &Permit<'_>) -> Vec<String> {
    let (source, destination) = (permit.source, permit.destination);
    let (word, port) = (protocol_name(permit.protocol), permit.port);
    let (from, to) = (permit.from, permit.to);
    vec![format!(
        "iptables -I FORWARD 1 -i {from} -o {to} -s {source} -d {destination} -p {word} --dport {port} -m conntrack --ctstate NEW -j ACCEPT"
    )]
}

/// The mask of an IPv4 prefix, or its wildcard.
fn mask(prefix: Prefix, wildcard: bool) -> IpAddr {
    let mask = u32::MAX.checked_shl(32 - u32::from(prefix.len())).unwrap_or(0);
    IpAddr::V4(if wildcard { !mask } else { mask }.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn permit<'p>(source: &str) -> Permit<'p> {
        Permit {
            list: Some("OUT_IN"),
            from: "komu",
            to: "pi",
            source: Prefix::parse(source).unwrap(),
            destination: Prefix::parse("172.20.40.10/32").unwrap(),
            protocol: 6,
            port: 445,
        }
    }

    #[test]
    fn each_vendor_lets_pass_in_its_own_words() {
        let first = |format: &str, source: &str| permission(format, &permit(source)).join(" / ");
        assert_eq!(
            first("asa", "172.20.64.0/19"),
            "access-list OUT_IN line 1 extended permit tcp 172.20.64.0 255.255.224.0 host 172.20.40.10 eq 445"
        );
        assert_eq!(
            first("ios", "172.20.64.0/19"),
            "ip access-list extended OUT_IN / 1 permit tcp 172.20.64.0 0.0.31.255 host 172.20.40.10 eq 445"
        );
        assert!(first("fortios", "0.0.0.0/0").contains("set subnet 0.0.0.0 0.0.0.0"));
        assert!(
            first("iptables", "10.0.0.1/32")
                .contains("-s 10.0.0.1 -d 172.20.40.10 -p tcp --dport 445")
        );
        assert!(
            first("junos", "10.0.0.1/32")
                .contains("from-zone komu to-zone pi policy REQ-TCP-445 then permit")
        );
        assert!(first("panos", "10.0.0.1/32").contains("from komu to pi source REQ-10.0.0.1_32"));
        assert_eq!(first("yamaha", "10.0.0.1/32"), "");
        assert_eq!(first("asa", "fd00::1/128"), "", "never a mask that is none");
    }
}
