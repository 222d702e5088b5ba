//! YAMAHA: numbered filters bound inward on lan1; on lan2 one that rejects everything.

use super::{ALL, Traffic, Vendor, Wish};
use sekisho::net::Prefix;
use std::fmt::Write;

pub(crate) const VENDOR: Vendor = Vendor {
    format: "yamaha",
    interfaces: ["lan1", "lan2"],
    carries_addresses: true,
    file: "fw.conf",
    write,
};

fn write(wishes: &[Wish]) -> String {
    let (mut filters, mut bound) = (String::new(), String::new());
    for (at, wish) in wishes.iter().enumerate() {
        let number = 1000 + at;
        let action = if wish.permit { "pass-nolog" } else { "reject-nolog" };
        let (protocol, from, to) = match wish.traffic {
            Traffic::Anything => ("*", ALL, ALL),
            Traffic::Icmp => ("icmp", ALL, ALL),
            Traffic::Tcp(from, to) => ("tcp", from, to),
            Traffic::Udp(from, to) => ("udp", from, to),
        };
        let _ = writeln!(
            filters,
            "ip filter {number} {action} {} {} {protocol} {} {}",
            address(wish.source),
            address(wish.destination),
            ports(from),
            ports(to)
        );
        let _ = write!(bound, " {number}");
    }
    format!(
        "# RTX1220 Rev.15.04.06 (Tue Sep 12 10:20:30 2023)\nip lan1 address 10.1.0.1/16\n\
         ip lan1 secure filter in{bound} 9999\nip lan2 address 10.2.0.1/16\nip lan2 secure filter in 9999\n\
         {filters}ip filter 9999 reject * *\ntelnetd service off\nhttpd service off\ndns service off\n\
         sntpd service off\n"
    )
}

fn address(prefix: Option<Prefix>) -> String {
    prefix.map_or("*".to_owned(), |prefix| format!("{}/{}", prefix.address(), prefix.len()))
}

fn ports(ports: (u16, u16)) -> String {
    match ports {
        ALL => "*".to_owned(),
        (a, b) if a == b => a.to_string(),
        (a, b) => format!("{a}-{b}"),
    }
}
