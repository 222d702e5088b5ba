//! Vendors whose rules are blocks between zones, with objects.

use std::collections::{BTreeMap, BTreeSet};

use super::{Insertion, Product, Site, indent};
use crate::dialect::removal::whole;
use crate::dialect::rule::{long, mask, range};
use crate::net::{Family, PortRange, Prefix, protocol_name};

/// A service as the name of an object, and its protocol and ports.
type Named = (String, (u8, PortRange));

/// `SEKISHO-10.0.0.0_8`.
fn object(prefix: Prefix) -> String {
    format!("SEKISHO-{}_{}", prefix.address(), prefix.len()).replace(':', "-")
}

/// The services of a product as objects; `None` when one is no TCP or UDP port, and nothing when it is every service.
fn services(product: &Product) -> Option<Vec<Named>> {
    if product.services.iter().any(|(protocol, _)| protocol.is_none()) {
        return Some(Vec::new());
    }
    let one = |(protocol, ports): &(Option<u8>, PortRange)| {
        let protocol = protocol.filter(|number| matches!(number, 6 | 17))?;
        let word = protocol_name(protocol).to_uppercase();
        Some((format!("SEKISHO-{word}-{}", range(*ports)), (protocol, *ports)))
    };
    product.services.iter().map(one).collect()
}

/// The value of a `set` line of an entry, as it is written.
fn value<'s>(site: &Site<'s>, key: &str) -> Option<&'s str> {
    let lines = site.entry.iter().map(|at| site.line(*at).trim());
    lines.filter_map(|line| line.strip_prefix("set ")?.strip_prefix(key)?.strip_prefix(' ')).next()
}

/// Objects in blocks of their own before the policies, and a policy before the old one.
pub(super) fn fortios(site: &Site<'_>, products: &[Product]) -> Option<Insertion> {
    let ((at, text), (head, block)) = (site.first()?, site.block(0)?);
    let old = text.trim().strip_prefix("edit ")?.trim();
    if block.trim() != "config firewall policy" {
        return None;
    }
    let inside = site.lines.iter().skip(head + 1);
    let inside = inside.take_while(|line| indent(line) > indent(block));
    let ids = inside.filter_map(|line| line.trim().strip_prefix("edit ")?.trim().parse().ok());
    let free = ids.max().unwrap_or(0_u32) + 1;
    let parts = products.iter().flat_map(|product| {
        Family::ALL.into_iter().filter_map(|family| Some((family, product.within(family)?)))
    });
    let parts: Vec<(Family, Product)> = parts.collect();
    let objects = fortios_objects(&parts)?;
    let (mut policies, mut moves) = (Vec::new(), Vec::new());
    for (id, part) in (free..).zip(&parts) {
        policies.extend(fortios_policy(site, id, part)?);
        moves.push(format!("move {id} before {old}"));
    }
    let shift = |lines: &[String], by: &str| -> Vec<String> {
        lines.iter().map(|line| format!("{by}{line}")).collect()
    };
    let outer: Vec<String> =
        site.blocks.split_last()?.1.iter().map(|at| site.line(*at).trim().to_owned()).collect();
    let ends = outer.iter().filter(|line| line.starts_with("config ")).map(|_| "end".to_owned());
    let mut commands = outer.clone();
    commands.extend(objects.iter().cloned());
    commands.push("config firewall policy".to_owned());
    commands.extend(policies.iter().cloned());
    commands.extend(moves);
    commands.push("end".to_owned());
    commands.extend(ends);
    let mut added = vec![(at, shift(&policies, indent(text)))];
    if !objects.is_empty() {
        added.insert(0, (head, shift(&objects, indent(block))));
    }
    let commands = commands.iter().map(|line| line.trim().to_owned()).collect();
    Some(Insertion { added, commands, ..Insertion::default() })
}

/// The objects that the products need, each once.
fn fortios_objects(parts: &[(Family, Product)]) -> Option<Vec<String>> {
    let mut out = Vec::new();
    for family in Family::ALL {
        let of = parts.iter().filter(|(own, _)| *own == family).map(|(_, product)| product);
        let ends = of.flat_map(|product| product.sources.iter().chain(&product.destinations));
        let ends: BTreeSet<Prefix> = ends.copied().filter(|prefix| prefix.len() > 0).collect();
        let value = |prefix: &Prefix| match family {
            Family::V4 => format!("subnet {} {}", prefix.address(), mask(*prefix, false)),
            Family::V6 => format!("ip6 {}", long(*prefix)),
        };
        let six = if family == Family::V6 { "6" } else { "" };
        let entries = ends.iter().map(|prefix| (object(*prefix), value(prefix)));
        out.extend(block(&format!("config firewall address{six}"), entries));
    }
    let mut named = BTreeMap::new();
    for (_, product) in parts {
        named.extend(services(product)?);
    }
    let value = |(protocol, ports): (u8, PortRange)| {
        format!("{}-portrange {}", protocol_name(protocol), range(ports))
    };
    let entries = named.into_iter().map(|(name, service)| (name, value(service)));
    out.extend(block("config firewall service custom", entries));
    Some(out)
}

/// A block of entries with one value each; nothing without entries.
fn block(head: &str, entries: impl Iterator<Item = (String, String)>) -> Vec<String> {
    let entry = |(name, value): (String, String)| {
        [format!("    edit \"{name}\""), format!("        set {value}"), "    next".to_owned()]
    };
    let inside: Vec<String> = entries.flat_map(entry).collect();
    if inside.is_empty() {
        return inside;
    }
    std::iter::once(head.to_owned())
        .chain(inside)
        .chain(std::iter::once("end".to_owned()))
        .collect()
}

fn fortios_policy(
    site: &Site<'_>,
    id: u32,
    (family, product): &(Family, Product),
) -> Option<Vec<String>> {
    let six = if *family == Family::V6 { "6" } else { "" };
    let names = |ends: &[Prefix]| {
        if ends.iter().any(|prefix| prefix.len() == 0) {
            return "\"all\"".to_owned();
        }
        ends.iter().map(|prefix| format!("\"{}\"", object(*prefix))).collect::<Vec<_>>().join(" ")
    };
    let service: Vec<String> =
        services(product)?.iter().map(|(name, _)| format!("\"{name}\"")).collect();
    let service = if service.is_empty() { "\"ALL\"".to_owned() } else { service.join(" ") };
    let action = if product.permits { "accept" } else { "deny" };
    let lines = [
        format!("srcintf {}", value(site, "srcintf")?),
        format!("dstintf {}", value(site, "dstintf")?),
        format!("srcaddr{six} {}", names(&product.sources)),
        format!("dstaddr{six} {}", names(&product.destinations)),
        format!("action {action}"),
        "schedule \"always\"".to_owned(),
        format!("service {service}"),
        "logtraffic all".to_owned(),
    ];
    let mut out = vec![format!("edit {id}")];
    out.extend(lines.into_iter().map(|line| format!("    set {line}")));
    out.push("next".to_owned());
    Some(out)
}

/// The name of a rule in `set` form, and what stands before it: `security policies from-zone a to-zone b policy` and `P`.
fn path<'s>(site: &Site<'s>) -> Option<(&'s str, &'s str)> {
    let (_, text) = site.first()?;
    let whole = whole(text.trim())?;
    let at =
        [" policy ", " rules "].iter().filter_map(|word| Some(whole.rfind(word)? + word.len()));
    let at = at.min()?;
    Some((whole.get(..at)?.trim_end(), whole.get(at..)?))
}

/// Names that the file does not hold yet.
fn fresh(site: &Site<'_>, count: usize) -> Vec<String> {
    let taken = |name: &String| site.lines.iter().any(|line| line.contains(name.as_str()));
    let names = (1_u32..).map(|number| format!("sekisho-{number}"));
    names.filter(|name| !taken(name)).take(count).collect()
}

/// Address-book entries, applications and a policy of `set` form.
pub(super) fn junos(site: &Site<'_>, products: &[Product]) -> Option<Insertion> {
    let ((at, _), (base, old)) = (site.first()?, path(site)?);
    if !base.starts_with("security policies ") {
        return None;
    }
    let (mut lines, mut moves) = (Vec::new(), Vec::new());
    for (name, product) in fresh(site, products.len()).iter().zip(products) {
        let services = services(product)?;
        let policy = format!("set {base} {name}");
        for (side, ends) in [("source", &product.sources), ("destination", &product.destinations)] {
            for prefix in ends.iter().filter(|prefix| prefix.len() > 0) {
                let (object, network) = (object(*prefix), long(*prefix));
                lines.push(format!("set security address-book global address {object} {network}"));
                lines.push(format!("{policy} match {side}-address {object}"));
            }
            if let Some(all) = ends.iter().find(|prefix| prefix.len() == 0) {
                let any = if all.family() == Family::V4 { "any-ipv4" } else { "any-ipv6" };
                lines.push(format!("{policy} match {side}-address {any}"));
            }
        }
        for (object, (protocol, ports)) in &services {
            let (word, ports) = (protocol_name(*protocol), range(*ports));
            lines.push(format!("set applications application {object} protocol {word}"));
            lines.push(format!("set applications application {object} destination-port {ports}"));
            lines.push(format!("{policy} match application {object}"));
        }
        if services.is_empty() {
            lines.push(format!("{policy} match application any"));
        }
        lines.push(format!("{policy} then {}", if product.permits { "permit" } else { "deny" }));
        lines.push(format!(
            "{policy} then log session-{}",
            if product.permits { "close" } else { "init" }
        ));
        moves.push(format!("insert {base} {name} before policy {old}"));
    }
    let commands = lines.iter().cloned().chain(moves).collect();
    Some(Insertion { added: vec![(at, lines)], commands, ..Insertion::default() })
}

/// Service objects and a rule of `set` form; networks stand in the rule itself.
pub(super) fn panos(site: &Site<'_>, products: &[Product]) -> Option<Insertion> {
    let ((at, _), (base, old)) = (site.first()?, path(site)?);
    let scope = base.get(..base.find("pre-rulebase").or_else(|| base.find("rulebase"))?)?;
    if !base.ends_with("security rules") {
        return None;
    }
    let head = format!("{base} {old} ");
    let own = |key: &str| -> Option<&str> {
        let lines = site.entry.iter().map(|at| site.line(*at).trim());
        lines
            .filter_map(|line| line.strip_prefix("set ")?.strip_prefix(&head)?.strip_prefix(key))
            .next()
    };
    let (from, to) = (own("from ")?, own("to ")?);
    let list = |words: &[String]| match words {
        [one] => one.clone(),
        many => format!("[ {} ]", many.join(" ")),
    };
    let ends = |ends: &[Prefix]| {
        let any = ends.iter().any(|prefix| prefix.len() == 0);
        if any {
            "any".to_owned()
        } else {
            list(&ends.iter().map(|end| long(*end)).collect::<Vec<_>>())
        }
    };
    let (mut lines, mut moves) = (Vec::new(), Vec::new());
    for (name, product) in fresh(site, products.len()).iter().zip(products) {
        let services = services(product)?;
        for (object, (protocol, ports)) in &services {
            let (word, ports) = (protocol_name(*protocol), range(*ports));
            lines.push(format!("set {scope}service {object} protocol {word} port {ports}"));
        }
        let names: Vec<String> = services.into_iter().map(|(name, _)| name).collect();
        let service = if names.is_empty() { "any".to_owned() } else { list(&names) };
        let action = if product.permits { "allow" } else { "deny" };
        let said = [
            format!("to {to}"),
            format!("from {from}"),
            format!("source {}", ends(&product.sources)),
            format!("destination {}", ends(&product.destinations)),
            "application any".to_owned(),
            format!("service {service}"),
            format!("action {action}"),
            "log-end yes".to_owned(),
        ];
        lines.extend(said.map(|line| format!("set {base} {name} {line}")));
        moves.push(format!("move {base} {name} before {old}"));
    }
    let commands = lines.iter().cloned().chain(moves).collect();
    Some(Insertion { added: vec![(at, lines)], commands, ..Insertion::default() })
}
