//! `object` and `object-group`: named addresses, services, ports, protocols and ICMP types.

use super::state::{Cursor, Ports, Protocols, Reader};
use super::words;
use crate::formats::lines::{Block, ConfigLine};
use crate::model::{
    AddressId, AddressObject, AddressSet, AddressWithin, Remark, ServiceId, ServiceObject,
    ServiceSet,
};
use crate::net::{AddressRange, Family, PortRange};
use crate::source::Span;
use crate::text;
use crate::text::Text;
use rustc_hash::FxHashMap as HashMap;
use std::borrow::Cow;

/// A service object; the parts are what translation lines need.
#[derive(Clone, Debug)]
pub(super) struct Service {
    pub(super) id: ServiceId,
    /// Protocol, source ports and destination ports, when each is one contiguous range.
    pub(super) parts: Option<(u8, PortRange, PortRange)>,
}

/// A group, with everything in it resolved.
#[derive(Clone, Debug)]
pub(super) enum Group {
    Network(AddressId),
    Service(ServiceId),
    /// `object-group service NAME tcp|udp|tcp-udp`; `unknown` says why it may hold less.
    Ports {
        ranges: Vec<PortRange>,
        unknown: Option<Text>,
        id: ServiceId,
    },
    Protocol {
        protocols: Protocols,
        unknown: Option<Text>,
    },
    Icmp {
        types: Vec<(u8, Option<u8>)>,
        unknown: Option<Text>,
    },
    /// Users, security groups, network services: never known from the configuration.
    Outside,
}

/// The blocks of one name, in file order: a running configuration prints an object twice when it also translates it.
pub(super) struct Named<'a> {
    pub(super) name: &'a str,
    pub(super) kind: &'a str,
    pub(super) blocks: Vec<&'a Block<'a>>,
}

/// Blocks by name, in order of first appearance. The name is word 2, the kind word 1.
pub(super) fn by_name<'a>(blocks: &[&'a Block<'a>]) -> Vec<Named<'a>> {
    let mut at: HashMap<(&'a str, &'a str), usize> = HashMap::default();
    at.reserve(blocks.len());
    let mut out: Vec<Named<'a>> = Vec::with_capacity(blocks.len());
    for block in blocks {
        let (kind, name) = (block.head.word(1), block.head.word(2));
        let index = *at.entry((kind, name)).or_insert_with(|| {
            out.push(Named { name, kind, blocks: Vec::new() });
            out.len() - 1
        });
        if let Some(named) = out.get_mut(index) {
            named.blocks.push(block);
        }
    }
    out
}

/// Reads every `object` block.
pub(super) fn read_objects<'a>(reader: &mut Reader<'a>, named: &[Named<'a>]) {
    for object in named {
        for block in &object.blocks {
            reader.ledger.used(block.head.span);
        }
        match object.kind {
            "network" => network_object(reader, object),
            "service" => service_object(reader, object),
            _ => outside_object(reader, object),
        }
    }
}

fn network_object<'a>(reader: &mut Reader<'a>, object: &Named<'a>) {
    let mut value: Option<AddressSet> = None;
    for line in object.blocks.iter().flat_map(|block| &block.body) {
        match line.word(0) {
            // Object NAT has its own reader, which accounts for the line.
            "nat" => continue,
            "description" | "!" => {
                reader.ledger.irrelevant(line.span);
                continue;
            }
            _ => {}
        }
        match address_value(reader, line) {
            Some(AddressSet::Unknown { reason, within }) => {
                reader.ledger.unsupported(line.span, reason.clone());
                value = Some(AddressSet::Unknown { reason, within });
            }
            Some(set) => {
                reader.ledger.used(line.span);
                value = Some(set);
            }
            None => value = Some(unread_member(reader, line)),
        }
    }
    let Some(first) = object.blocks.first() else { return };
    let span = first.head.span.to(first.body.last().unwrap_or(&first.head).span);
    let name = object.name.to_owned();
    let value = value.unwrap_or_else(|| {
        let reason = text!(
            "オブジェクト「{name}」に値がありません。どのアドレスも指し得るものとして扱います。",
            "object {name} has no value; it is read as possibly any address",
        );
        AddressSet::Unknown { reason, within: AddressWithin::Anywhere }
    });
    let id = reader.device.addresses.push(AddressObject { name, value, span });
    reader.networks.insert(object.name, id);
}

fn unread_member(reader: &mut Reader<'_>, line: &ConfigLine<'_>) -> AddressSet {
    let text = line.text;
    let reason = text!(
        "「{text}」を解釈できません。どのアドレスも指し得るものとして扱います。",
        "\"{text}\" is not understood; it is read as possibly any address",
    );
    reader.ledger.unknown(line.span, reason.clone(), true);
    AddressSet::Unknown { reason, within: AddressWithin::Anywhere }
}

/// `host A`, `subnet A M`, `subnet P/L`, `range A B`, `fqdn [v4|v6] NAME`.
fn address_value<'a>(reader: &mut Reader<'a>, line: &'a ConfigLine<'a>) -> Option<AddressSet> {
    let (first, second) = (line.word(1), line.word(2));
    match line.word(0) {
        "host" => Some(AddressSet::Range(AddressRange::single(reader.ip(first)?))),
        "range" => AddressRange::new(reader.ip(first)?, reader.ip(second)?).map(AddressSet::Range),
        "subnet" => {
            let id = if first.contains('/') {
                reader.slashed(first, line.span)
            } else {
                reader.masked(first, second, line.span)
            }?;
            Some(reader.device.addresses[id].value.clone())
        }
        "fqdn" => {
            let (within, host) = match first {
                "v4" => (AddressWithin::Family(Family::V4), second),
                "v6" => (AddressWithin::Family(Family::V6), second),
                _ => (AddressWithin::Anywhere, first),
            };
            let reason = text!(
                "FQDN「{host}」のアドレスは設定からは分かりません。topology.yaml の resolve で指定できます。",
                "the configuration does not say which addresses {host} has; the topology file may say so under resolve",
            );
            Some(AddressSet::Unknown { reason, within })
        }
        _ => None,
    }
}

fn service_object<'a>(reader: &mut Reader<'a>, object: &Named<'a>) {
    let mut found: Option<Service> = None;
    for line in object.blocks.iter().flat_map(|block| &block.body) {
        if matches!(line.word(0), "description" | "!") {
            reader.ledger.irrelevant(line.span);
            continue;
        }
        let mut cursor = Cursor::new(line, 1);
        let parsed = if line.word(0) == "service" {
            service_spec(reader, &mut cursor, line.span)
        } else {
            None
        };
        match parsed {
            Some(service) => {
                reader.ledger.used(line.span);
                found = Some(service);
            }
            None => found = Some(Service { id: unread_service(reader, line), parts: None }),
        }
    }
    let Some(first) = object.blocks.first() else { return };
    let span = first.head.span.to(first.body.last().unwrap_or(&first.head).span);
    let name = object.name.to_owned();
    let (value, parts) = match found {
        Some(service) => (ServiceSet::Union(vec![service.id]), service.parts),
        None => {
            let reason = text!(
                "サービスオブジェクト「{name}」に値がありません。",
                "service object {name} has no value",
            );
            (ServiceSet::Unknown { reason }, None)
        }
    };
    let id = reader.device.services.push(ServiceObject { name, value, span });
    reader.services.insert(object.name, Service { id, parts });
}

pub(super) fn unread_service(reader: &mut Reader<'_>, line: &ConfigLine<'_>) -> ServiceId {
    let text = line.text;
    let reason = text!(
        "「{text}」を解釈できません。どのサービスも指し得るものとして扱います。",
        "\"{text}\" is not understood; it is read as possibly any service",
    );
    reader.ledger.unknown(line.span, reason.clone(), true);
    reader.unknown_service(reason, line.span)
}

fn outside_object<'a>(reader: &mut Reader<'a>, object: &Named<'a>) {
    for line in object.blocks.iter().flat_map(|block| &block.body) {
        reader.ledger.used(line.span);
    }
    reader.groups.insert(object.name, Group::Outside);
}

/// `PROTO [source OP P] [destination OP P]`, `icmp [TYPE [CODE]]`; in a group also `PROTO [source] OP P OP P` without words.
pub(super) fn service_spec<'a>(
    reader: &mut Reader<'a>,
    cursor: &mut Cursor<'_, 'a>,
    span: Span,
) -> Option<Service> {
    let word = cursor.next();
    if matches!(word, "icmp" | "icmp6" | "1" | "58") {
        let protocol = words::protocol(word)?;
        let types =
            if cursor.is_empty() { None } else { Some(words::icmp_type(protocol, cursor.next())?) };
        let code = if cursor.is_empty() { None } else { Some(cursor.next().parse().ok()?) };
        let id = icmp(reader, protocol, types, code, span);
        return cursor.is_empty().then_some(Service { id, parts: None });
    }
    let protocols = match word {
        "ip" => Protocols::Any,
        "tcp-udp" => Protocols::These(Cow::Borrowed(&[6, 17])),
        word => Protocols::one(words::protocol(word)?),
    };
    let source = if cursor.eat("source") { cursor.ports()? } else { Ports::All };
    cursor.eat("destination");
    let destination = cursor.ports()?;
    if !cursor.is_empty() {
        return None;
    }
    let id = reader.service(&protocols, source, destination, span)?;
    let parts = match (&protocols, one_range(source), one_range(destination)) {
        (Protocols::These(numbers), Some(source), Some(destination)) => match &**numbers {
            [one] => Some((*one, source, destination)),
            _ => None,
        },
        _ => None,
    };
    Some(Service { id, parts })
}

fn one_range(ports: Ports<'_>) -> Option<PortRange> {
    match ports {
        Ports::All => Some(PortRange::ALL),
        Ports::Range(range) => Some(range),
        Ports::Not(_) | Ports::Kerberos | Ports::Group(_) => None,
    }
}

/// An ICMP service.
pub(super) fn icmp(
    reader: &mut Reader<'_>,
    protocol: u8,
    kind: Option<u8>,
    code: Option<u8>,
    span: Span,
) -> ServiceId {
    let set = ServiceSet::Icmp {
        protocol,
        types: kind.map(|kind| (kind, kind)),
        codes: code.map(|code| (code, code)),
    };
    reader.device.literal_service(set, span)
}

/// Records a name that is used and not defined.
pub(super) fn undefined(
    reader: &mut Reader<'_>,
    kind: &'static str,
    name: &str,
    span: Span,
) -> Text {
    reader.device.remarks.push(Remark::Undefined { kind, name: name.to_owned(), span });
    text!(
        "「{name}」は定義されていません。何を指すか分からないものとして扱います。",
        "{name} is not defined; it is read as not known",
    )
}
