//! Junos: the policies from one zone to another, the last of which denies everything; no policy leads back.

use super::{ALL, Traffic, Vendor, Wish};
use sekisho::net::Prefix;
use std::fmt::Write;

pub(crate) const VENDOR: Vendor = Vendor {
    format: "junos",
    interfaces: ["ge-0/0/0.0", "ge-0/0/1.0"],
    carries_addresses: true,
    file: "fw.conf",
    write,
};

const HEAD: &str = "\
set version 21.4R3-S4.9
set system host-name fw
set interfaces ge-0/0/0 unit 0 family inet address 10.1.0.1/16
set interfaces ge-0/0/1 unit 0 family inet address 10.2.0.1/16
set security forwarding-options family inet6 mode flow-based
set security zones security-zone a interfaces ge-0/0/0.0
set security zones security-zone b interfaces ge-0/0/1.0
";

fn write(wishes: &[Wish]) -> String {
    let mut text = HEAD.to_owned();
    for (at, wish) in wishes.iter().enumerate() {
        let policy = format!("set security policies from-zone a to-zone b policy p{at}");
        let source = address(&mut text, wish.source, format!("s{at}"));
        let destination = address(&mut text, wish.destination, format!("d{at}"));
        let application = application(&mut text, wish.traffic, at);
        let action = if wish.permit { "permit" } else { "deny" };
        let _ = writeln!(text, "{policy} match source-address {source}");
        let _ = writeln!(text, "{policy} match destination-address {destination}");
        let _ = writeln!(text, "{policy} match application {application}");
        let _ = writeln!(text, "{policy} then {action}");
    }
    text
}

fn address(text: &mut String, prefix: Option<Prefix>, name: String) -> String {
    let Some(prefix) = prefix else { return "any".to_owned() };
    let _ = writeln!(text, "set security address-book global address {name} {prefix}");
    name
}

fn application(text: &mut String, traffic: Traffic, at: usize) -> String {
    let (protocol, from, to) = match traffic {
        Traffic::Anything => return "any".to_owned(),
        Traffic::Icmp => return "junos-icmp-all".to_owned(),
        Traffic::Tcp(from, to) => ("tcp", from, to),
        Traffic::Udp(from, to) => ("udp", from, to),
    };
    let line = format!("set applications application app{at}");
    let _ = writeln!(text, "{line} protocol {protocol}");
    for (word, ports) in [("source-port", from), ("destination-port", to)] {
        if ports != ALL {
            let _ = writeln!(text, "{line} {word} {}-{}", ports.0, ports.1);
        }
    }
    format!("app{at}")
}
