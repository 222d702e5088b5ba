//! AlliedWare Plus: one hardware list on the only port of side a, and one that denies everything on that of side b.

use super::{ALL, Traffic, Vendor, Wish};
use sekisho::net::Prefix;
use std::fmt::Write;

pub(crate) const VENDOR: Vendor = Vendor {
    format: "awplus",
    interfaces: ["vlan10", "vlan20"],
    carries_addresses: true,
    file: "fw.cfg",
    write,
};

fn write(wishes: &[Wish]) -> String {
    let mut list = String::new();
    for wish in wishes {
        let action = if wish.permit { "permit" } else { "deny" };
        let (protocol, from, to) = match wish.traffic {
            Traffic::Anything => ("ip", ALL, ALL),
            Traffic::Icmp => ("icmp", ALL, ALL),
            Traffic::Tcp(from, to) => ("tcp", from, to),
            Traffic::Udp(from, to) => ("udp", from, to),
        };
        let _ = writeln!(
            list,
            " {action} {protocol} {}{} {}{}",
            address(wish.source),
            ports(from),
            address(wish.destination),
            ports(to)
        );
    }
    format!(
        "hostname fw\nipv6 forwarding\naccess-list hardware from-a\n{list} deny ip any any\n\
         access-list hardware from-b\n deny ip any any\n\
         interface port1.0.1\n switchport access vlan 10\n access-group from-a\n\
         interface port1.0.2\n switchport access vlan 20\n access-group from-b\n\
         interface vlan10\n ip address 10.1.0.1/16\n\
         interface vlan20\n ip address 10.2.0.1/16\n"
    )
}

fn address(prefix: Option<Prefix>) -> String {
    prefix.map_or("any".to_owned(), |prefix| prefix.to_string())
}

fn ports(ports: (u16, u16)) -> String {
    match ports {
        ALL => String::new(),
        (a, b) if a == b => format!(" eq {a}"),
        (a, b) => format!(" range {a} {b}"),
    }
}
