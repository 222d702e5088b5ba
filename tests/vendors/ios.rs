//! IOS: one access list inbound on side a, and one that denies everything inbound on side b.

use super::{Vendor, Wish, family_lines, masked, single};
use sekisho::net::Prefix;

pub(crate) const VENDOR: Vendor = Vendor {
    format: "ios",
    interfaces: ["GigabitEthernet0/0", "GigabitEthernet0/1"],
    carries_addresses: true,
    file: "fw.cfg",
    write,
};

fn write(wishes: &[Wish]) -> String {
    let list = family_lines(wishes, |_| " ".to_owned(), address);
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
