//! nftables: one base chain at the forward hook, which drops what no rule accepts.

use super::{ALL, Traffic, Vendor, Wish};
use sekisho::net::Prefix;
use std::fmt::Write;

pub(crate) const VENDOR: Vendor = Vendor {
    format: "nftables",
    interfaces: ["eth0", "eth1"],
    carries_addresses: false,
    file: "fw.nft",
    write,
};

fn write(wishes: &[Wish]) -> String {
    let mut rules = String::new();
    for wish in wishes {
        let action = if wish.permit { "accept" } else { "drop" };
        let traffic = match wish.traffic {
            Traffic::Anything => String::new(),
            Traffic::Icmp => " ip protocol icmp".to_owned(),
            Traffic::Tcp(from, to) => ports("tcp", from, to),
            Traffic::Udp(from, to) => ports("udp", from, to),
        };
        let _ = writeln!(
            rules,
            "\t\tiifname \"eth0\" oifname \"eth1\"{}{}{traffic} {action}",
            address("saddr", wish.source),
            address("daddr", wish.destination),
        );
    }
    format!(
        "table ip filter {{\n\tchain forward {{\n\t\ttype filter hook forward priority filter; policy drop;\n\
         \t\tct state established,related accept\n{rules}\t}}\n}}\n"
    )
}

fn address(field: &str, prefix: Option<Prefix>) -> String {
    prefix.map_or_else(String::new, |prefix| format!(" ip {field} {prefix}"))
}

fn ports(protocol: &str, from: (u16, u16), to: (u16, u16)) -> String {
    let mut out = format!(" ip protocol {protocol}");
    for (field, range) in [("sport", from), ("dport", to)] {
        let _ = match range {
            ALL => Ok(()),
            (a, b) if a == b => write!(out, " {protocol} {field} {a}"),
            (a, b) => write!(out, " {protocol} {field} {a}-{b}"),
        };
    }
    out
}
