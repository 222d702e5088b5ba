//! How a line is added that lets one kind of connection pass.

use std::borrow::Cow;

use super::rule::{self, Rule, long, mask, range};
use crate::net::{PortRange, Prefix, protocol_name};

/// What is to pass, at one device.
#[derive(Clone, Copy, Debug)]
pub struct Permit<'p> {
    /// The name of the list that stops it, when the device's lists have names.
    pub list: Option<&'p str>,
    /// The vendor's zone or interface by which it comes in.
    pub from: &'p str,
    /// The one by which it leaves.
    pub to: &'p str,
    /// What passes; it permits.
    pub rule: Rule,
}

/// The commands that let it pass on a device of this format; empty when none are known. On FortiOS and Junos the new policy stands
/// last, and has to be moved before the one that stops the connection.
#[must_use]
pub fn permission(format: &str, permit: &Permit<'_>) -> Vec<String> {
    let ported =
        matches!(permit.rule.protocol, Some(6 | 17)) && permit.rule.ports != PortRange::ALL;
    if !ported || permit.rule.is_v6() {
        return Vec::new();
    }
    match format {
        "asa" => asa(permit),
        "ios" | "alaxala" => ios(permit),
        "fortios" => fortios(permit),
        "junos" => junos(permit),
        "panos" => panos(permit),
        "iptables" => iptables(permit),
        _ => Vec::new(),
    }
}

fn asa(permit: &Permit<'_>) -> Vec<String> {
    let line = permit.list.zip(rule::asa(&permit.rule));
    let line = line.map(|(list, rule)| format!("access-list {list} line 1 extended {rule}"));
    line.into_iter().collect()
}

/// The first line of a list with numbered lines; on ALAXALA, too.
fn ios(permit: &Permit<'_>) -> Vec<String> {
    let lines = permit.list.zip(rule::ios(&permit.rule));
    let lines =
        lines.map(|(list, rule)| [format!("ip access-list extended {list}"), format!("1 {rule}")]);
    lines.into_iter().flatten().collect()
}

/// The name of an object that is made for a network or a port.
fn object(prefix: Prefix) -> String {
    format!("REQ-{}_{}", prefix.address(), prefix.len())
}

/// The protocol and the ports: `tcp`, `445` or `5000-5100`.
fn words(rule: &Rule) -> (Cow<'static, str>, String) {
    (protocol_name(rule.protocol.unwrap_or_default()), range(rule.ports))
}

fn service(permit: &Permit<'_>) -> String {
    let (word, port) = words(&permit.rule);
    format!("REQ-{}-{port}", word.to_uppercase())
}

fn fortios(permit: &Permit<'_>) -> Vec<String> {
    let mut out = vec!["config firewall address".to_owned()];
    for prefix in [permit.rule.source, permit.rule.destination] {
        out.push(format!("edit \"{}\"", object(prefix)));
        out.push(format!("set subnet {} {}", prefix.address(), mask(prefix, false)));
        out.push("next".to_owned());
    }
    let (word, port) = words(&permit.rule);
    let name = service(permit);
    out.extend(["end", "config firewall service custom"].map(str::to_owned));
    out.push(format!("edit \"{name}\""));
    out.push(format!("set {word}-portrange {port}"));
    out.extend(["next", "end", "config firewall policy", "edit 0"].map(str::to_owned));
    out.push(format!("set srcintf \"{}\"", permit.from));
    out.push(format!("set dstintf \"{}\"", permit.to));
    out.push(format!("set srcaddr \"{}\"", object(permit.rule.source)));
    out.push(format!("set dstaddr \"{}\"", object(permit.rule.destination)));
    out.push(format!("set service \"{name}\""));
    let rest =
        ["set schedule \"always\"", "set action accept", "set logtraffic all", "next", "end"];
    out.extend(rest.map(str::to_owned));
    out
}

fn junos(permit: &Permit<'_>) -> Vec<String> {
    let (source, destination, name) =
        (object(permit.rule.source), object(permit.rule.destination), service(permit));
    let (word, port) = words(&permit.rule);
    let policy =
        format!("security policies from-zone {} to-zone {} policy {name}", permit.from, permit.to);
    vec![
        format!("set security address-book global address {source} {}", long(permit.rule.source)),
        format!(
            "set security address-book global address {destination} {}",
            long(permit.rule.destination)
        ),
        format!("set applications application {name} protocol {word} destination-port {port}"),
        format!(
            "set {policy} match source-address {source} destination-address {destination} application {name}"
        ),
        format!("set {policy} then permit"),
        format!("set {policy} then log session-close"),
    ]
}

fn panos(permit: &Permit<'_>) -> Vec<String> {
    let (source, destination, name) =
        (object(permit.rule.source), object(permit.rule.destination), service(permit));
    let (word, port) = words(&permit.rule);
    let rule = format!("rulebase security rules {name}");
    vec![
        format!("set address {source} ip-netmask {}", permit.rule.source),
        format!("set address {destination} ip-netmask {}", permit.rule.destination),
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
    let line = rule::iptables(&permit.rule);
    let line = line
        .map(|rule| format!("iptables -I FORWARD 1 -i {} -o {} {rule}", permit.from, permit.to));
    line.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn permit<'p>(source: &str) -> Permit<'p> {
        Permit {
            list: Some("OUT_IN"),
            from: "komu",
            to: "pi",
            rule: Rule {
                permits: true,
                source: Prefix::parse(source).unwrap(),
                destination: Prefix::parse("172.20.40.10/32").unwrap(),
                protocol: Some(6),
                ports: PortRange::single(445),
            },
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
                .contains("-s 10.0.0.1/32 -d 172.20.40.10/32 -p tcp -m tcp --dport 445")
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
