//! `nat`: which rules there are and in which order they are met.
//!
//! Source: Cisco ASA Series Firewall CLI Configuration Guide, "NAT Rule Order": section 1 twice NAT in file order; section 2
//! object NAT, static before dynamic, then fewer real addresses, then the lowest address, then the name; section 3
//! `after-auto` in file order.

mod divert;
mod lines;
mod parse;

use super::objects::Named;
use super::state::Reader;
use crate::formats::lines::ConfigLine;
use crate::model::{AddressId, Filter, Line};
use crate::net::{AddressRange, PortRange};
use crate::source::Span;

/// What translation rules come to.
#[derive(Default)]
pub(super) struct Rules {
    /// Before the route: destinations back to real addresses.
    pub(super) destination: Vec<Line>,
    /// After the filters: sources to mapped addresses.
    pub(super) source: Vec<Line>,
    /// Packets that come to a real address without passing the translation that their replies would get.
    pub(super) reverse_path: Option<Filter>,
    /// The sides that appear translated, of rules that change addresses.
    mapped: Vec<Mapped>,
}

/// How addresses appear translated.
struct Mapped {
    /// `None` when the configuration does not determine them.
    ranges: Option<Vec<AddressRange>>,
    /// Whether packets to them are translated back, also those that open a connection.
    opens: bool,
}

impl Rules {
    /// Whether some of these addresses may be translated ones; `opens`: such that packets to them are translated back.
    pub(super) fn appear(&self, reader: &Reader<'_>, addresses: AddressId, opens: bool) -> bool {
        let mut mapped = self.mapped.iter().filter(|side| side.opens || !opens).peekable();
        if mapped.peek().is_none() {
            return false;
        }
        let Some(wanted) = parse::flatten(reader, addresses) else { return true };
        let meets = |a: &AddressRange, b: &AddressRange| {
            a.family() == b.family() && a.first() <= b.last() && b.first() <= a.last()
        };
        mapped.any(|side| {
            let ranges = side.ranges.as_deref();
            ranges.is_none_or(|ranges| ranges.iter().any(|a| wanted.iter().any(|b| meets(a, b))))
        })
    }

    fn note(&mut self, rule: &Rule) {
        let opens = rule.is_static && !rule.unidirectional;
        let source = (&rule.real, &rule.mapped, opens);
        let destination = rule.destination.iter().map(|(sent, real)| (real, sent, true));
        for (real, mapped, opens) in std::iter::once(source).chain(destination) {
            let same =
                real.id == mapped.id || real.ranges.is_some() && real.ranges == mapped.ranges;
            if rule.enabled && !same {
                self.mapped.push(Mapped { ranges: mapped.ranges.clone(), opens });
            }
        }
    }
}

/// A side of a rule: the addresses, and their ranges in the order in which the device pairs them.
#[derive(Clone, Debug, PartialEq)]
struct Side {
    id: AddressId,
    /// `None` when the configuration does not determine them.
    ranges: Option<Vec<AddressRange>>,
    any: bool,
    /// The addresses are those of the egress (source) or ingress (destination) interface.
    interface: bool,
}

/// Protocol with source and destination ports; `None` when the service object is not one contiguous piece.
type Ports = Option<(u8, PortRange, PortRange)>;

/// One rule, in the words of the command: the real side sends, the mapped side is where it appears translated.
#[derive(Clone, Debug)]
struct Rule {
    label: String,
    span: Span,
    /// `nameif` indexes; `None` is `any`.
    real_interface: Option<usize>,
    mapped_interface: Option<usize>,
    is_static: bool,
    real: Side,
    mapped: Side,
    /// Whether source ports change to whichever is free (PAT).
    pat: bool,
    /// Destination as the sender writes it, and as it really is.
    destination: Option<(Side, Side)>,
    /// First: source as sent, destination as sent. Second: source mapped, destination real.
    service: Option<(Ports, Ports)>,
    unidirectional: bool,
    route_lookup: bool,
    enabled: bool,
}

/// Reads twice NAT lines and the `nat` lines of network objects.
pub(super) fn read<'a>(
    reader: &mut Reader<'a>,
    lines: &[&'a ConfigLine<'a>],
    objects: &[Named<'a>],
) -> Rules {
    let (mut first, mut after) = (Vec::new(), Vec::new());
    for line in lines {
        let Some(parsed) = parse::twice(reader, line) else {
            parse::unread(reader, line);
            continue;
        };
        let section = if parsed.after_auto { &mut after } else { &mut first };
        match parsed.position {
            Some(at) if at >= 1 && at <= section.len() => section.insert(at - 1, parsed.rule),
            _ => section.push(parsed.rule),
        }
    }
    let rules = first.into_iter().chain(object_rules(reader, objects)).chain(after);
    let mut out = Rules::default();
    let mut diverts = divert::Diverts::new(reader);
    for rule in rules {
        out.note(&rule);
        lines::add(reader, &rule, &mut out, &mut diverts);
    }
    out.reverse_path = lines::reverse_path(reader, &out.source);
    diverts.finish(reader);
    out
}

fn object_rules<'a>(reader: &mut Reader<'a>, objects: &[Named<'a>]) -> Vec<Rule> {
    let mut rules = Vec::new();
    for object in objects.iter().filter(|object| object.kind == "network") {
        for line in object.blocks.iter().flat_map(|block| &block.body) {
            if line.word(0) != "nat" {
                continue;
            }
            match parse::object(reader, object.name, line) {
                Some(rule) => rules.push((order(&rule, object.name), rule)),
                None => parse::unread(reader, line),
            }
        }
    }
    rules.sort_by_key(|(order, _)| *order);
    rules.into_iter().map(|(_, rule)| rule).collect()
}

/// Static first, then fewer addresses, then the lowest address, then the name.
fn order<'a>(rule: &Rule, name: &'a str) -> (bool, u128, u128, &'a str) {
    let ranges = rule.real.ranges.as_deref().unwrap_or(&[]);
    let size = ranges.iter().fold(0u128, |sum, range| sum.saturating_add(range.extent()));
    let first = ranges.iter().map(|range| range.numbers().0).min().unwrap_or(u128::MAX);
    (!rule.is_static, size, first, name)
}
