//! iptables: the FORWARD chain, whose policy drops what no rule accepts.

use super::{ALL, Traffic, Vendor, Wish};
use sekisho::net::Prefix;
use std::fmt::Write;

pub(crate) const VENDOR: Vendor = Vendor {
    format: "iptables",
    interfaces: ["eth0", "eth1"],
    carries_addresses: false,
    file: "rules.v4",
    write,
};

fn write(wishes: &[Wish]) -> String {
    let mut rules = String::new();
    for wish in wishes {
        let target = if wish.permit { "ACCEPT" } else { "DROP" };
        let traffic = match wish.traffic {
            Traffic::Anything => String::new(),
            Traffic::Icmp => " -p icmp".to_owned(),
            Traffic::Tcp(from, to) => ports("tcp", from, to),
            Traffic::Udp(from, to) => ports("udp", from, to),
        };
        let _ = writeln!(
            rules,
            "-A FORWARD{}{} -i eth0 -o eth1{traffic} -j {target}",
            address("-s", wish.source),
            address("-d", wish.destination),
        );
    }
    format!(
        "*filter\n:INPUT ACCEPT [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n\
         -A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n{rules}COMMIT\n"
    )
}

fn address(option: &str, prefix: Option<Prefix>) -> String {
    prefix.map_or_else(String::new, |p| format!(" {option} {}/{}", p.address(), p.len()))
}

fn ports(protocol: &str, from: (u16, u16), to: (u16, u16)) -> String {
    let mut out = format!(" -p {protocol} -m {protocol}");
    for (option, range) in [("--sport", from), ("--dport", to)] {
        let _ = match range {
            ALL => Ok(()),
            (a, b) if a == b => write!(out, " {option} {a}"),
            (a, b) => write!(out, " {option} {a}:{b}"),
        };
    }
    out
}
