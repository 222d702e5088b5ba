//! A firewall of a world as the text of a FortiGate.

use std::collections::BTreeSet;
use std::fmt::Write;

use sekisho::net::Family;

use super::{ANY_PORT, Flavour, PORTS, Ports, Prefix, Protocol, Rule, Service, Site, mask, nat};

pub(super) fn text(site: Site, rules: &[Rule]) -> String {
    let mut out = String::from(
        "#config-version=FG200F-7.2.8-FW-build1639-240313:opmode=0:vdom=0:user=admin\n",
    );
    let _ = write!(
        out,
        "config system global\n    set hostname \"fw{}\"\nend\nconfig system interface\n",
        site.firewall
    );
    let v4 = site.world.family == Family::V4;
    for (name, _, address, len) in site.ports() {
        let address = match v4 {
            true => format!("        set ip {address} {}\n", mask(len)),
            false => format!(
                "        config ipv6\n            set ip6-address {address}/{len}\n        end\n"
            ),
        };
        let _ = write!(
            out,
            "    edit \"{name}\"\n        set vdom \"root\"\n{address}        set type physical\n    next\n"
        );
    }
    addresses(&mut out, site, rules);
    services(&mut out, site, rules);
    if site.world.flavour == Flavour::Translated {
        nat::fortios(&mut out, site);
    }
    policies(&mut out, site, rules);
    out.push_str(if v4 { "end\nconfig router static\n" } else { "end\nconfig router static6\n" });
    for (index, (network, len, gateway, interface)) in site.routes().into_iter().enumerate() {
        let network =
            if v4 { format!("{network} {}", mask(len)) } else { format!("{network}/{len}") };
        let _ = write!(
            out,
            "    edit {}\n        set dst {network}\n        set gateway {gateway}\n        set device \"{interface}\"\n    next\n",
            index + 1,
        );
    }
    out.push_str("end\n");
    out
}

fn sides(rule: &Rule) -> [(&'static str, &[Prefix]); 2] {
    [("S", &rule.source), ("D", &rule.destination)]
}

fn addresses(out: &mut String, site: Site, rules: &[Rule]) {
    let world = site.world;
    let six = if world.family == Family::V4 { "" } else { "6" };
    let _ = write!(out, "end\nconfig firewall address{six}\n");
    for (index, rule) in rules.iter().enumerate() {
        for (side, group) in sides(rule) {
            for (member, Prefix { number, len }) in group.iter().enumerate() {
                let at = world.text(*number);
                let network = match world.family {
                    Family::V4 => format!("subnet {at} {}", mask(*len)),
                    Family::V6 => format!("ip6 {at}/{len}"),
                };
                let _ = write!(
                    out,
                    "    edit \"{side}{index}-{member}\"\n        set {network}\n    next\n"
                );
            }
        }
    }
    if site.flat() {
        return;
    }
    let _ = write!(out, "end\nconfig firewall addrgrp{six}\n");
    for (index, rule) in rules.iter().enumerate() {
        for (side, group) in sides(rule).into_iter().filter(|(_, group)| !group.is_empty()) {
            let members: String =
                (0..group.len()).map(|member| format!(" \"{side}{index}-{member}\"")).collect();
            let _ =
                write!(out, "    edit \"{side}{index}\"\n        set member{members}\n    next\n");
        }
    }
}

fn services(out: &mut String, site: Site, rules: &[Rule]) {
    out.push_str("end\nconfig firewall service custom\n");
    let mut all: Vec<Service> = PORTS.into_iter().map(Service::tcp).collect();
    if site.flat() {
        let met: BTreeSet<Service> =
            rules.iter().flat_map(|r| r.services.iter().copied()).collect();
        all = met.into_iter().collect();
    }
    for service in all {
        let name = name(service);
        let _ = match service.protocol {
            Protocol::Any => write!(
                out,
                "    edit \"{name}\"\n        set protocol IP\n        set protocol-number 0\n    next\n"
            ),
            Protocol::Icmp => {
                write!(out, "    edit \"{name}\"\n        set protocol ICMP\n    next\n")
            }
            Protocol::Tcp | Protocol::Udp => {
                let word = if service.protocol == Protocol::Tcp { "tcp" } else { "udp" };
                let mut range = ports(service.target);
                if service.source != ANY_PORT {
                    range = format!("{range}:{}", ports(service.source));
                }
                write!(out, "    edit \"{name}\"\n        set {word}-portrange {range}\n    next\n")
            }
        };
    }
}

/// The name of a service: what it is.
fn name(Service { protocol, source, target }: Service) -> String {
    let word = match protocol {
        Protocol::Any => return "every".to_owned(),
        Protocol::Icmp => return "icmp".to_owned(),
        Protocol::Tcp => "tcp",
        Protocol::Udp => "udp",
    };
    match source {
        ANY_PORT => format!("{word}-{}", ports(target)),
        _ => format!("{word}-{}:{}", ports(target), ports(source)),
    }
}

fn ports((first, last): Ports) -> String {
    if first == last { first.to_string() } else { format!("{}-{last}", first.max(1)) }
}

fn policies(out: &mut String, site: Site, rules: &[Rule]) {
    let six = if site.world.family == Family::V4 { "" } else { "6" };
    let translated = site.world.flavour == Flavour::Translated;
    out.push_str("end\nconfig firewall policy\n");
    for (index, rule) in rules.iter().enumerate() {
        let side = |group: &[Prefix], side: &str| match (group, rule.between) {
            ([], _) => "all".to_owned(),
            (_, Some(_)) => format!("{side}{index}"),
            (_, None) => format!("{side}{index}-0"),
        };
        let interface =
            |zone: Option<usize>| zone.map_or_else(|| "any".to_owned(), |zone| site.towards(zone));
        let (from, to) = rule.between.unzip();
        let services: String =
            rule.services.iter().map(|service| format!(" \"{}\"", name(*service))).collect();
        let far = |zone| site.world.home(zone) != site.firewall;
        let hides = translated
            && from.is_some_and(|zone| !far(zone) && nat::hidden(site, zone))
            && to.is_some_and(far);
        let _ = write!(
            out,
            "    edit {}\n        set name \"rule-{index}\"\n        set srcintf \"{}\"\n        set dstintf \"{}\"\n        set action {}\n        set srcaddr{six} \"{}\"\n        set dstaddr{six} \"{}\"\n        set schedule \"always\"\n        set service{services}\n        set logtraffic all\n{}    next\n",
            index + 1,
            interface(from),
            interface(to),
            if rule.deny { "deny" } else { "accept" },
            side(&rule.source, "S"),
            side(&rule.destination, "D"),
            if hides { "        set nat enable\n" } else { "" },
        );
    }
    if translated {
        nat::fortios_policies(out, site, rules.len() + 1);
    }
}
