//! IOS: one access list inbound on side a, and one that denies everything inbound on side b.

use super::{ALL, Traffic, Vendor, Wish, masked, single};
use sekisho::net::Prefix;
use std::fmt::Write;

pub(crate) const VENDOR: Vendor = Vendor {
    format: "ios",
    interfaces: ["GigabitEthernet0/0", "GigabitEthernet0/1"],
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
        "version 15.7\nhostname fw\nip access-list extended FROM_A\n{list} deny ip any any\n\
         ip access-list extended FROM_B\n deny ip any any\n\
         interface GigabitEthernet0/0\n ip address 10.1.0.1 255.255.0.0\n ip access-group FROM_A in\n\
         interface GigabitEthernet0/1\n ip address 10.2.0.1 255.255.0.0\n ip access-group FROM_B in\n"
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
