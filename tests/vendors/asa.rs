//! ASA: one access list on side a; the higher security level of side b keeps the way back shut.

use super::{Vendor, Wish, family_lines, masked, single};
use sekisho::net::Prefix;

pub(crate) const VENDOR: Vendor = Vendor {
    format: "asa",
    interfaces: ["side-a", "side-b"],
    carries_addresses: true,
    file: "fw.cfg",
    write,
};

fn write(wishes: &[Wish]) -> String {
    let list = family_lines(wishes, |_| "access-list FROM_A extended ".to_owned(), address);
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
