//! NEC UNIVERGE IX: one access list on the `in` side of a, and one that denies everything on the `in` side of b.

use super::{ALL, Traffic, Vendor, Wish};
use sekisho::net::Prefix;
use std::fmt::Write;

pub(crate) const VENDOR: Vendor = Vendor {
    format: "nec-ix",
    interfaces: ["GigaEthernet0.0", "GigaEthernet1.0"],
    carries_addresses: true,
    file: "fw.cfg",
    write,
};

fn write(wishes: &[Wish]) -> String {
    let mut list = String::new();
    for wish in wishes {
        let action = if wish.permit { "permit" } else { "deny" };
        let (source, destination) = (address(wish.source), address(wish.destination));
        let _ = match wish.traffic {
            Traffic::Anything => {
                writeln!(list, "ip access-list from-a {action} ip src {source} dest {destination}")
            }
            Traffic::Icmp => {
                writeln!(
                    list,
                    "ip access-list from-a {action} icmp src {source} dest {destination}"
                )
            }
            Traffic::Tcp(from, to) => writeln!(
                list,
                "ip access-list from-a {action} tcp src {source} sport {} dest {destination} dport {}",
                ports(from),
                ports(to)
            ),
            Traffic::Udp(from, to) => writeln!(
                list,
                "ip access-list from-a {action} udp src {source} sport {} dest {destination} dport {}",
                ports(from),
                ports(to)
            ),
        };
    }
    format!(
        "hostname fw\n{list}ip access-list from-a deny ip src any dest any\n\
         ip access-list from-b deny ip src any dest any\n!\n\
         interface GigaEthernet0.0\n  ip address 10.1.0.1/16\n  ip filter from-a 10 in\n  no shutdown\n!\n\
         interface GigaEthernet1.0\n  ip address 10.2.0.1/16\n  ip filter from-b 10 in\n  no shutdown\n"
    )
}

fn address(prefix: Option<Prefix>) -> String {
    prefix.map_or("any".to_owned(), |prefix| format!("{}/{}", prefix.address(), prefix.len()))
}

fn ports(ports: (u16, u16)) -> String {
    match ports {
        ALL => "any".to_owned(),
        (a, b) if a == b => format!("eq {a}"),
        (a, b) => format!("range {a} {b}"),
    }
}
