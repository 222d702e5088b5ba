//! ALAXALA: one list inbound on the VLAN interface of side a, and one that denies everything on that of side b.

use super::{Vendor, Wish, family_lines, masked, single};
use sekisho::net::Prefix;

pub(crate) const VENDOR: Vendor = Vendor {
    format: "alaxala",
    interfaces: ["vlan10", "vlan20"],
    carries_addresses: true,
    file: "fw.cfg",
    write,
};

fn write(wishes: &[Wish]) -> String {
    let list = family_lines(wishes, |number| format!("  {} ", number * 10), address);
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
