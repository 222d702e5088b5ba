//! PAN-OS: one security rule a wish, with a service object for ports, as `set` lines.

use super::{ALL, Traffic, Vendor, Wish};
use std::fmt::Write;

pub(crate) const VENDOR: Vendor = Vendor {
    format: "panos",
    interfaces: ["ethernet1/1", "ethernet1/2"],
    carries_addresses: true,
    file: "fw.conf",
    write,
};

fn write(wishes: &[Wish]) -> String {
    let mut out = "set deviceconfig system hostname fw\n\
         set network interface ethernet ethernet1/1 layer3 ip 10.1.0.1/16\n\
         set network interface ethernet ethernet1/2 layer3 ip 10.2.0.1/16\n\
         set network virtual-router default interface [ ethernet1/1 ethernet1/2 ]\n\
         set zone a network layer3 ethernet1/1\nset zone b network layer3 ethernet1/2\n"
        .to_owned();
    for (number, wish) in wishes.iter().enumerate() {
        let (name, service) = (format!("W{number}"), format!("S{number}"));
        let named = match wish.traffic {
            Traffic::Tcp(from, to) => Some(("tcp", from, to)),
            Traffic::Udp(from, to) => Some(("udp", from, to)),
            // A policy of ICMP would be one by application.
            Traffic::Anything | Traffic::Icmp => None,
        };
        if let Some((protocol, from, to)) = named {
            let at = format!("set service {service} protocol {protocol}");
            let _ = writeln!(out, "{at} port {}-{}", to.0, to.1);
            if from != ALL {
                let _ = writeln!(out, "{at} source-port {}-{}", from.0, from.1);
            }
        }
        let address = |prefix: Option<_>| {
            prefix.map_or("any".to_owned(), |p: sekisho::net::Prefix| p.to_string())
        };
        for (field, value) in [
            ("from", "a".to_owned()),
            ("to", "b".to_owned()),
            ("source", address(wish.source)),
            ("destination", address(wish.destination)),
            ("application", "any".to_owned()),
            ("service", if named.is_some() { service } else { "any".to_owned() }),
            ("action", if wish.permit { "allow" } else { "deny" }.to_owned()),
        ] {
            let _ = writeln!(out, "set rulebase security rules {name} {field} {value}");
        }
    }
    out
}
