//! AlliedWare Plus: one hardware list on the only port of side a, and one that denies everything on that of side b.

use super::{Vendor, Wish, family_lines};
use sekisho::net::Prefix;

pub(crate) const VENDOR: Vendor = Vendor {
    format: "awplus",
    interfaces: ["vlan10", "vlan20"],
    carries_addresses: true,
    file: "fw.cfg",
    write,
};

fn write(wishes: &[Wish]) -> String {
    let list = family_lines(wishes, |_| " ".to_owned(), address);
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
    prefix.map_or("any".to_owned(), |prefix| format!("{}/{}", prefix.address(), prefix.len()))
}
