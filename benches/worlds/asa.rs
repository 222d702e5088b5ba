//! A firewall of a world as the text of an ASA.

use std::fmt::Write;

use sekisho::net::Family;

use super::{ANY_PORT, Flavour, Ports, Prefix, Protocol, Rule, Service, Site, World, mask, nat};

pub(super) fn text(site: Site, rules: &[Rule]) -> String {
    let mut out = format!(": Saved\nASA Version 9.16(4)\n!\nhostname fw{}\n!\n", site.firewall);
    let v4 = site.world.family == Family::V4;
    let ports = site.ports();
    for (name, number, address, len) in &ports {
        let address = match v4 {
            true => format!("ip address {address} {}", mask(*len)),
            false => format!("ipv6 address {address}/{len}"),
        };
        let _ = write!(
            out,
            "interface GigabitEthernet0/{number}\n nameif {name}\n security-level 50\n {address}\n!\n"
        );
    }
    out.push_str("same-security-traffic permit inter-interface\n");
    if !site.flat() {
        groups(&mut out, site, rules);
    }
    if site.world.flavour == Flavour::Translated {
        nat::asa(&mut out, site);
    }
    for (index, rule) in rules.iter().enumerate() {
        let action = if rule.deny { "deny" } else { "permit" };
        let _ = match rule.between {
            Some((from, _)) => writeln!(
                out,
                "access-list IN-{} extended {action} tcp {} {} object-group P{index}",
                site.towards(from),
                grouped(&rule.source, "S", index),
                grouped(&rule.destination, "D", index),
            ),
            None => {
                writeln!(out, "access-list IN extended {action} {}", single(site.world, rule))
            }
        };
    }
    if site.flat() {
        out.push_str("access-list IN extended deny ip any any\n");
    }
    for (name, ..) in &ports {
        let _ = match site.flat() {
            true => writeln!(out, "access-group IN in interface {name}"),
            false => writeln!(
                out,
                "access-list IN-{name} extended deny ip any any\naccess-group IN-{name} in interface {name}"
            ),
        };
    }
    for (network, len, gateway, interface) in site.routes() {
        let _ = match v4 {
            true => writeln!(out, "route {interface} {network} {} {gateway} 1", mask(len)),
            false => writeln!(out, "ipv6 route {interface} {network}/{len} {gateway}"),
        };
    }
    out.push_str(": end\n");
    out
}

fn groups(out: &mut String, site: Site, rules: &[Rule]) {
    for (index, rule) in rules.iter().enumerate() {
        for (side, group) in [("S", &rule.source), ("D", &rule.destination)] {
            if !group.is_empty() {
                let _ = writeln!(out, "object-group network {side}{index}");
            }
            for prefix in group {
                let _ = writeln!(out, " network-object {}", place(site.world, *prefix));
            }
        }
        let _ = writeln!(out, "object-group service P{index} tcp");
        for service in &rule.services {
            let _ = writeln!(out, " port-object eq {}", service.target.0);
        }
    }
}

fn grouped(group: &[Prefix], side: &str, index: usize) -> String {
    match group {
        [] => "any".to_owned(),
        _ => format!("object-group {side}{index}"),
    }
}

fn place(world: World, Prefix { number, len }: Prefix) -> String {
    let at = world.text(number);
    match world.family {
        _ if len == world.bits() => format!("host {at}"),
        Family::V4 => format!("{at} {}", mask(len)),
        Family::V6 => format!("{at}/{len}"),
    }
}

/// What a line of one prefix a side matches.
fn single(world: World, rule: &Rule) -> String {
    let side = |group: &[Prefix]| {
        group.first().map_or_else(|| "any".to_owned(), |prefix| place(world, *prefix))
    };
    let Service { protocol, source, target } =
        rule.services.first().copied().unwrap_or(Service::tcp(0));
    let protocol = match protocol {
        Protocol::Any => "ip",
        Protocol::Icmp => "icmp",
        Protocol::Tcp => "tcp",
        Protocol::Udp => "udp",
    };
    let (from, to) = (side(&rule.source), side(&rule.destination));
    format!("{protocol} {from}{} {to}{}", ports(source), ports(target))
}

fn ports(ports: Ports) -> String {
    match ports {
        ANY_PORT => String::new(),
        (first, last) if first == last => format!(" eq {first}"),
        (first, last) => format!(" range {first} {last}"),
    }
}
