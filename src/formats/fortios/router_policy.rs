//! `config router policy`: policy-based routes.

use super::address;
use super::core::{Reader, Scope, Words, subnet, undefined_reason};
use super::entry::{Entry, Fields};
use super::vip::addresses;
use super::zone;
use crate::formats::blocks::Word;
use crate::model::{
    AddressId, AddressSet, ContextId, Interfaces, Match, NextHop, PolicyRoute, ServiceId,
    ServiceSet, TcpFlags, Unknown,
};
use crate::net::{Family, PortRange, flow};
use crate::source::Span;
use crate::text;
use std::net::IpAddr;

const READ: &[&str] = &[
    "input-device",
    "input-device-negate",
    "src",
    "srcaddr",
    "src-negate",
    "dst",
    "dstaddr",
    "dst-negate",
    "action",
    "protocol",
    "start-port",
    "end-port",
    "start-source-port",
    "end-source-port",
    "gateway",
    "output-device",
    "tos",
    "tos-mask",
    "status",
    "internet-service-id",
    "internet-service-custom",
    "internet-service-fortiguard",
    "users",
    "groups",
];
const IGNORED: &[&str] = &["comments", "uuid"];

/// Reads both families. A route with `action deny` hands its packets to the routing table, which is a branch anyway.
pub(super) fn read<'a>(reader: &mut Reader<'a>, scope: &mut Scope<'_, 'a>, context: ContextId) {
    let words = Words::new(READ, IGNORED);
    for (path, family) in [("router policy", Family::V4), ("router policy6", Family::V6)] {
        let blocks = scope.take(path);
        for entry in reader.plain_entries(&blocks) {
            let strange = reader.account(&entry, &words);
            reader.contained(&strange, path);
            let fields = entry.fields();
            if fields.is("status", "disable") || fields.is("action", "deny") {
                continue;
            }
            let span = entry.span().unwrap_or(reader.origin);
            let mut unknown: Vec<Unknown> = strange
                .iter()
                .map(|s| Unknown { reason: undefined_reason(&s.text(0)), span: s.span() })
                .collect();
            let matches = matches(reader, scope, context, &entry, family, &mut unknown);
            let matches = Match { unknown, ..matches };
            let next_hop = next_hop(reader, &fields);
            let route = PolicyRoute { matches, next_hop, span };
            reader.device.contexts[context].policy_routes.push(route);
        }
    }
}

fn matches<'a>(
    reader: &mut Reader<'a>,
    scope: &mut Scope<'_, 'a>,
    context: ContextId,
    entry: &Entry<'_, 'a>,
    family: Family,
    unknown: &mut Vec<Unknown>,
) -> Match {
    let fields = entry.fields();
    let span = entry.span().unwrap_or(reader.origin);
    let devices = fields.values("input-device");
    let mut ingress = Interfaces::Any;
    if !devices.is_empty() && !fields.on("input-device-negate") {
        let (interfaces, open) = zone::resolve(reader, scope, context, &devices);
        ingress = interfaces;
        unknown.extend(open);
    } else if !devices.is_empty() {
        unknown.push(uncertain("input-device-negate", span));
    }
    let source = side(reader, scope, &fields, ["src", "srcaddr", "src-negate"], family, span);
    let destination = side(reader, scope, &fields, ["dst", "dstaddr", "dst-negate"], family, span);
    for key in [
        "tos-mask",
        "internet-service-id",
        "internet-service-custom",
        "internet-service-fortiguard",
        "users",
        "groups",
    ] {
        if fields.text(key).is_some_and(|text| !matches!(&*text, "" | "0x00" | "0")) {
            unknown.push(uncertain(key, span));
        }
    }
    Match { ingress, ..Match::between(source, destination, service(reader, &fields, span)) }
}

fn uncertain(key: &str, span: Span) -> Unknown {
    let reason = text!(
        "ポリシールートの条件「{key}」が満たされるかは設定だけでは決まりません。",
        "whether the condition `{key}` of the policy route is met is not in the configuration"
    );
    Unknown { reason, span }
}

/// Literals and named addresses together; none means every address of the family.
fn side<'a>(
    reader: &mut Reader<'a>,
    scope: &mut Scope<'_, 'a>,
    fields: &Fields<'_, 'a>,
    [literal, named, negate]: [&str; 3],
    family: Family,
    span: Span,
) -> AddressId {
    let mut ids: Vec<AddressId> = Vec::new();
    // `"10.0.0.0/255.0.0.0"` several times, or the older `10.0.0.0 255.0.0.0`.
    let words = fields.values(literal);
    let pairs: Vec<&[Word<'_>]> = match words.as_slice() {
        [address, mask] if !address.text.contains('/') && mask.text.parse::<IpAddr>().is_ok() => {
            vec![&words]
        }
        words => words.chunks(1).collect(),
    };
    for pair in pairs {
        let one = pair.first().and_then(|word| addresses(&word.text, family));
        ids.push(match subnet(pair).map(|prefix| prefix.range()).or(one) {
            Some(range) => reader.device.literal(AddressSet::Range(range), span),
            None => reader.unknown_address(Some(family), undefined_reason(literal), span),
        });
    }
    for word in fields.values(named) {
        ids.push(address::resolve(reader, scope, &word, family));
    }
    if ids.is_empty() {
        return reader.all(family);
    }
    let union = reader.union(ids, span);
    if !fields.on(negate) {
        return union;
    }
    let of = reader.all(family);
    reader.device.literal(AddressSet::Except { of, minus: union }, span)
}

/// Protocol 0 is any; ports count for protocols that have them.
pub(super) fn service(reader: &mut Reader<'_>, fields: &Fields<'_, '_>, span: Span) -> ServiceId {
    let range = |first: &str, last: &str| {
        let first = fields.number(first).unwrap_or(0);
        let last = fields.number(last).unwrap_or(u16::MAX);
        PortRange::new(first, if last == 0 { u16::MAX } else { last }).unwrap_or(PortRange::ALL)
    };
    let value = match fields.number::<u8>("protocol").unwrap_or(0) {
        0 => ServiceSet::Any,
        protocol if flow::has_ports(protocol) => ServiceSet::Ports {
            protocol,
            source: range("start-source-port", "end-source-port"),
            destination: range("start-port", "end-port"),
            flags: TcpFlags::ANY,
        },
        protocol => ServiceSet::Protocol(protocol),
    };
    reader.device.literal_service(value, span)
}

fn next_hop(reader: &Reader<'_>, fields: &Fields<'_, '_>) -> Option<NextHop> {
    let interface = fields.text("output-device").and_then(|name| reader.ports.get(&name).copied());
    let gateway: Option<IpAddr> = fields.number("gateway");
    match (gateway.filter(|address| !address.is_unspecified()), interface) {
        (Some(address), interface) => Some(NextHop::Gateway { address, interface }),
        (None, Some(id)) => Some(NextHop::Interface(id)),
        (None, None) => None,
    }
}

/// A branch that packets to `destination` may take.
pub(super) fn perhaps(
    reader: &mut Reader<'_>,
    context: ContextId,
    destination: AddressId,
    next_hop: NextHop,
    span: Span,
) {
    let source = reader.constant("any");
    let service = reader.device.literal_service(ServiceSet::Any, span);
    let matches = Match::between(source, destination, service);
    let route = PolicyRoute { matches, next_hop: Some(next_hop), span };
    reader.device.contexts[context].policy_routes.push(route);
}
