//! ALAXALA: one list inbound on the VLAN interface of side a, and one that denies everything on that of side b.

use super::{ALL, Traffic, Vendor, Wish, masked, single};
use sekisho::net::Prefix;
use std::fmt::Write;

pub(crate) const VENDOR: Vendor = Vendor {
    format: "alaxala",
    interfaces: ["vlan10", "vlan20"],
    carries_addresses: true,
    file: "fw.cfg",
    write,
};

fn write(wishes: &[Wish]) -> String {
    let mut list = String::new();
    for (at, wish) in wishes.iter().enumerate() {
        let action = if wish.permit { "permit" } else { "deny" };
        let (protocol, from, to) = match wish.traffic {
            Traffic::Anything => ("ip", ALL, ALL),
            Traffic::Icmp => ("icmp", ALL, ALL),
            Traffic::Tcp(from, to) => ("tcp", from, to),
            Traffic::Udp(from, to) => ("udp", from, to),
        };
        let _ = writeln!(
            list,
            "  {} {action} {protocol} {}{} {}{}",
            (at + 1) * 10,
            address(wish.source),
            ports(from),
            address(wish.destination),
            ports(to)
        );
    }
    format!(
        "hostname \"fw\"\nip access-list extended FROM_A\n{list}  100000 deny ip any any\n\
         ip access-list extended FROM_B\n  10 deny ip any any\n\
         interface gigabitethernet 0/1\n  switchport mode trunk\n  switchport trunk allowed vlan 10,20\n\
         interface vlan 10\n  ip address 10.1.0.1 255.255.0.0\n  ip access-group FROM_A in\n\
         interface vlan 20\n  ip address 10.2.0.1 255.255.0.0\n  ip access-group FROM_B in\n"
    )
}

fn address(prefix: Option<Prefix>) -> String {
    match prefix {
        None => "any".to_owned(),
        Some(prefix) => match single(prefix) {
            Some(host) => format!("host {host}"),
            None => masked(prefix, true),
        },
    }
}

fn ports(ports: (u16, u16)) -> String {
    match ports {
        ALL => String::new(),
        (a, b) if a == b => format!(" eq {a}"),
        (a, b) => format!(" range {a} {b}"),
    }
}
