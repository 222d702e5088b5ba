//! `object-group` blocks. Groups name groups, in any order; one iterative walk sorts them so that members come first.

use super::objects::{Group, Named, service_spec, undefined, unread_service};
use super::state::{Cursor, Ports, Protocols, Reader};
use super::words;
use crate::formats::lines::ConfigLine;
use crate::model::{
    AddressId, AddressObject, AddressSet, Remark, ServiceId, ServiceObject, ServiceSet,
};
use crate::net::{AddressRange, PortRange};
use crate::source::Span;
use crate::text;
use crate::text::Text;
use rustc_hash::FxHashMap as HashMap;
use std::borrow::Cow;

/// How many port ranges a group that names groups may hold: every level keeps its own copy.
const NESTED_LIMIT: usize = 1024;

/// Reads every `object-group` block.
pub(super) fn read<'a>(reader: &mut Reader<'a>, named: &[Named<'a>]) {
    let at: HashMap<&str, usize> = named.iter().enumerate().map(|(i, g)| (g.name, i)).collect();
    let networks = named.iter().filter(|group| group.kind == "network");
    let blocks = networks.flat_map(|group| &group.blocks);
    reader.expect_addresses(named.len() + blocks.map(|block| block.body.len()).sum::<usize>());
    reader.groups.reserve(named.len());
    for index in members_first(named, &at) {
        let Some(group) = named.get(index) else { continue };
        for block in &group.blocks {
            reader.ledger.used(block.head.span);
        }
        let built = match group.kind {
            "network" => network(reader, group),
            "service" => service(reader, group),
            "protocol" => protocol(reader, group),
            "icmp-type" => icmp_type(reader, group),
            _ => outside(reader, group),
        };
        reader.groups.insert(group.name, built);
    }
}

/// The groups so that what a group names comes before it; in a cycle one of them comes first and finds the other missing.
fn members_first(named: &[Named<'_>], at: &HashMap<&str, usize>) -> Vec<usize> {
    let children = |index: usize| -> Vec<usize> {
        let lines = named.get(index).into_iter().flat_map(|group| group.blocks.iter());
        lines
            .flat_map(|block| &block.body)
            .filter(|line| line.word(0) == "group-object")
            .filter_map(|line| at.get(line.word(1)).copied())
            .collect()
    };
    let mut seen = vec![false; named.len()];
    let mut order = Vec::with_capacity(named.len());
    let mut stack = Vec::new();
    for root in 0..named.len() {
        stack.push((root, None::<std::vec::IntoIter<usize>>));
        while let Some((index, pending)) = stack.pop() {
            let mut pending = match pending {
                Some(pending) => pending,
                None => {
                    if std::mem::replace(seen.get_mut(index).unwrap_or(&mut true), true) {
                        continue;
                    }
                    children(index).into_iter()
                }
            };
            if let Some(child) = pending.next() {
                stack.push((index, Some(pending)));
                stack.push((child, None));
            } else {
                order.push(index);
            }
        }
    }
    order
}

/// The lines of a group, without descriptions, which are accounted for here.
fn members<'a, 'g>(
    reader: &mut Reader<'a>,
    group: &'g Named<'a>,
) -> impl Iterator<Item = &'a ConfigLine<'a>> + use<'a, 'g> {
    let described = |line: &&ConfigLine<'_>| matches!(line.word(0), "description" | "!");
    let lines = || group.blocks.iter().flat_map(|block| &block.body);
    for line in lines().filter(described) {
        reader.ledger.irrelevant(line.span);
    }
    lines().filter(move |line| !described(line))
}

fn span_of(group: &Named<'_>) -> Option<Span> {
    let block = group.blocks.first()?;
    Some(block.head.span.to(block.body.last().unwrap_or(&block.head).span))
}

/// Why a `group-object` line says nothing: the group is not defined, of another kind, or refers back to itself.
fn missing(reader: &mut Reader<'_>, named: &Named<'_>, line: &ConfigLine<'_>) -> Text {
    let name = line.word(1);
    if reader.declared.contains(name) {
        let (name, span) = (named.name.to_owned(), line.span);
        reader.device.remarks.push(Remark::Recursive { name: name.clone(), span });
        return text!(
            "オブジェクトグループ「{name}」が循環参照しているか、種類の異なるグループを含みます。値は不明として扱います。",
            "object group {name} refers to itself or holds a group of another kind; its value is read as not known",
        );
    }
    undefined(reader, "object-group", name, line.span)
}

fn network<'a>(reader: &mut Reader<'a>, group: &Named<'a>) -> Group {
    let lines = group.blocks.iter().map(|block| block.body.len()).sum();
    let mut ids: Vec<AddressId> = Vec::with_capacity(lines);
    for line in members(reader, group) {
        match network_member(reader, group, line) {
            Ok(id) => {
                reader.ledger.used(line.span);
                ids.push(id);
            }
            Err(reason) => {
                reader.ledger.unsupported(line.span, reason.clone());
                ids.push(reader.unknown_address(reason, line.span));
            }
        }
    }
    let Some(span) = span_of(group) else { return Group::Outside };
    let value = AddressSet::Union(ids);
    let object = AddressObject { name: group.name.to_owned(), value, span };
    Group::Network(reader.device.addresses.push(object))
}

fn network_member<'a>(
    reader: &mut Reader<'a>,
    group: &Named<'a>,
    line: &'a ConfigLine<'a>,
) -> Result<AddressId, Text> {
    let (first, second) = (line.word(1), line.word(2));
    let found = match (line.word(0), first) {
        ("group-object", name) => {
            return match reader.groups.get(name) {
                Some(Group::Network(id)) => Ok(*id),
                _ => Err(missing(reader, group, line)),
            };
        }
        ("network-object", "object") => {
            return match reader.networks.get(second) {
                Some(id) => Ok(*id),
                None => Err(undefined(reader, "object network", second, line.span)),
            };
        }
        ("network-object", "host") => {
            reader.ip(second).map(|ip| reader.range(AddressRange::single(ip), line.span))
        }
        ("network-object", word) if word.contains('/') => reader.slashed(word, line.span),
        ("network-object", word) if !second.is_empty() => reader.masked(word, second, line.span),
        ("network-object", word) => {
            reader.ip(word).map(|ip| reader.range(AddressRange::single(ip), line.span))
        }
        _ => None,
    };
    found.ok_or_else(|| {
        let text = line.text;
        text!(
            "「{text}」を解釈できません。どのアドレスも指し得るものとして扱います。",
            "\"{text}\" is not understood; it is read as possibly any address",
        )
    })
}

fn service<'a>(reader: &mut Reader<'a>, group: &Named<'a>) -> Group {
    let protocols: &'static [u8] = match group.blocks.first().map_or("", |block| block.head.word(3))
    {
        "tcp" => &[6],
        "udp" => &[17],
        "tcp-udp" => &[6, 17],
        "sctp" => &[132],
        _ => return mixed_service(reader, group),
    };
    let (ranges, unknown) = port_objects(reader, group);
    let Some(span) = span_of(group) else { return Group::Outside };
    // The name must answer before the service is built from it.
    let all = reader.literals.all_services;
    reader.groups.insert(group.name, Group::Ports { ranges, unknown, id: all });
    let built = Protocols::These(Cow::Borrowed(protocols));
    let id = reader.service(&built, Ports::All, Ports::Group(group.name), span).unwrap_or(all);
    match reader.groups.remove(group.name) {
        Some(Group::Ports { ranges, unknown, .. }) => Group::Ports { ranges, unknown, id },
        _ => Group::Outside,
    }
}

fn port_objects<'a>(reader: &mut Reader<'a>, group: &Named<'a>) -> (Vec<PortRange>, Option<Text>) {
    let mut ranges = Vec::new();
    let mut unknown = None;
    for line in members(reader, group) {
        let mut cursor = Cursor::new(line, 1);
        let found = match line.word(0) {
            "port-object" => cursor.ports().filter(|ports| *ports != Ports::All),
            "group-object" => Some(Ports::Group(line.word(1))),
            _ => None,
        };
        match found.and_then(|ports| reader.port_ranges(ports)) {
            Some((more, why)) => {
                reader.ledger.used(line.span);
                ranges.extend(more);
                unknown = unknown.or(why);
            }
            None => {
                let reason = if line.word(0) == "group-object" {
                    missing(reader, group, line)
                } else {
                    unread(line)
                };
                reader.ledger.unsupported(line.span, reason.clone());
                ranges = vec![PortRange::ALL];
                unknown = Some(reason);
            }
        }
    }
    ranges.sort_unstable();
    ranges.dedup();
    if ranges.len() > NESTED_LIMIT && lines_nest(group) {
        let name = group.name;
        let reason = text!(
            "ポートグループ「{name}」の入れ子が大きすぎるため、値は不明として扱います。",
            "port group {name} nests too many ports; its value is read as not known",
        );
        (ranges, unknown) = (vec![PortRange::ALL], Some(reason));
    }
    (ranges, unknown)
}

fn lines_nest(group: &Named<'_>) -> bool {
    group.blocks.iter().flat_map(|block| &block.body).any(|line| line.word(0) == "group-object")
}

fn unread(line: &ConfigLine<'_>) -> Text {
    let text = line.text;
    text!(
        "「{text}」を解釈できません。値は不明として扱います。",
        "\"{text}\" is not understood; its value is read as not known",
    )
}

fn mixed_service<'a>(reader: &mut Reader<'a>, group: &Named<'a>) -> Group {
    let mut ids: Vec<ServiceId> = Vec::new();
    for line in members(reader, group) {
        let found = match (line.word(0), line.word(1)) {
            ("service-object", "object") => match reader.services.get(line.word(2)) {
                Some(service) => Ok(service.id),
                None => Err(undefined(reader, "object service", line.word(2), line.span)),
            },
            ("service-object", _) => {
                let mut cursor = Cursor::new(line, 1);
                service_spec(reader, &mut cursor, line.span)
                    .map(|service| service.id)
                    .ok_or_else(|| unread(line))
            }
            ("group-object", name) => match reader.groups.get(name) {
                Some(Group::Service(id) | Group::Ports { id, .. }) => Ok(*id),
                _ => Err(missing(reader, group, line)),
            },
            _ => {
                ids.push(unread_service(reader, line));
                continue;
            }
        };
        match found {
            Ok(id) => {
                reader.ledger.used(line.span);
                ids.push(id);
            }
            Err(reason) => {
                reader.ledger.unsupported(line.span, reason.clone());
                ids.push(reader.unknown_service(reason, line.span));
            }
        }
    }
    let Some(span) = span_of(group) else { return Group::Outside };
    let value = ServiceSet::Union(ids);
    Group::Service(reader.device.services.push(ServiceObject {
        name: group.name.to_owned(),
        value,
        span,
    }))
}

fn protocol<'a>(reader: &mut Reader<'a>, group: &Named<'a>) -> Group {
    let mut numbers = Vec::new();
    let (mut any, mut unknown) = (false, None);
    for line in members(reader, group) {
        let nested = match (line.word(0), line.word(1)) {
            ("protocol-object", "ip") => Some((Protocols::Any, None)),
            ("protocol-object", word) => {
                words::protocol(word).map(|number| (Protocols::one(number), None))
            }
            ("group-object", name) => match reader.groups.get(name) {
                Some(Group::Protocol { protocols, unknown }) => {
                    Some((protocols.clone(), unknown.clone()))
                }
                _ => None,
            },
            _ => None,
        };
        let Some((protocols, why)) = nested else {
            let nested = line.word(0) == "group-object";
            let reason = if nested { missing(reader, group, line) } else { unread(line) };
            reader.ledger.unsupported(line.span, reason.clone());
            (any, unknown) = (true, Some(reason));
            continue;
        };
        reader.ledger.used(line.span);
        unknown = unknown.or(why);
        match protocols {
            Protocols::Any => any = true,
            Protocols::These(more) => numbers.extend(more.iter()),
        }
    }
    numbers.sort_unstable();
    numbers.dedup();
    let protocols = if any { Protocols::Any } else { Protocols::These(Cow::Owned(numbers)) };
    Group::Protocol { protocols, unknown }
}

fn icmp_type<'a>(reader: &mut Reader<'a>, group: &Named<'a>) -> Group {
    let mut types = Vec::new();
    let mut unknown = None;
    for line in members(reader, group) {
        match (line.word(0), line.word(1)) {
            ("icmp-object", word) => {
                if let Some(kind) = words::icmp_type(1, word) {
                    types.push((kind, line.word(2).parse().ok()));
                    reader.ledger.used(line.span);
                    continue;
                }
            }
            ("group-object", name) => {
                if let Some(Group::Icmp { types: more, unknown: why }) = reader.groups.get(name) {
                    types.extend(more.iter().copied());
                    unknown = unknown.or_else(|| why.clone());
                    reader.ledger.used(line.span);
                    continue;
                }
            }
            _ => {}
        }
        let nested = line.word(0) == "group-object";
        let reason = if nested { missing(reader, group, line) } else { unread(line) };
        reader.ledger.unsupported(line.span, reason.clone());
        unknown = Some(reason);
    }
    types.sort_unstable();
    types.dedup();
    Group::Icmp { types, unknown }
}

fn outside<'a>(reader: &mut Reader<'a>, group: &Named<'a>) -> Group {
    for line in members(reader, group) {
        reader.ledger.used(line.span);
    }
    Group::Outside
}
