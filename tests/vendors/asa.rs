//! ASA: one access list on side a; the higher security level of side b keeps the way back shut.

use super::{ALL, Traffic, Vendor, Wish, masked, single};
use sekisho::net::Prefix;
use std::fmt::Write;

pub(crate) const VENDOR: Vendor = Vendor {
    format: "asa",
    interfaces: ["side-a", "side-b"],
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
            "access-list FROM_A extended {action} {protocol} {}{} {}{}",
            address(wish.source),
            ports(from),
            address(wish.destination),
            ports(to)
        );
    }
    let none = "access-list FROM_B extended deny ip any4 any4\n";
    format!(
        "ASA Version 9.16(4)\nhostname fw\n\
         interface GigabitEthernet0/0\n nameif side-a\n security-level 50\n ip address 10.1.0.1 255.255.0.0\n\
         interface GigabitEthernet0/1\n nameif side-b\n security-level 60\n ip address 10.2.0.1 255.255.0.0\n\
         {list}access-list FROM_A extended deny ip any4 any4\n{none}\
         access-group FROM_A in interface side-a\naccess-group FROM_B in interface side-b\n"
    )
}

fn address(prefix: Option<Prefix>) -> String {
    match prefix {
        None => "any4".to_owned(),
        Some(prefix) => match single(prefix) {
            Some(host) => format!("host {host}"),
            None => masked(prefix, false),
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
