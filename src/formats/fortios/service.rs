//! `config firewall service custom` and `group`: names of services.

use super::core::{Reader, Scope, Words, undefined_reason};
use super::entry::{Entry, Fields};
use super::group::{Group, order};
use super::predefined::{Known, PREDEFINED};
use crate::formats::blocks::Word;
use crate::model::{Remark, ServiceId, ServiceObject, ServiceSet, TcpFlags};
use crate::net::PortRange;
use crate::source::Span;
use crate::text;
use crate::text::Text;

const READ: &[&str] = &[
    "protocol",
    "tcp-portrange",
    "udp-portrange",
    "sctp-portrange",
    "udplite-portrange",
    "icmptype",
    "icmpcode",
    "protocol-number",
    "iprange",
    "fqdn",
    "proxy",
    "app-service-type",
    "application",
    "app-category",
];
const IGNORED: &[&str] = &[
    "uuid",
    "category",
    "comment",
    "color",
    "visibility",
    "session-ttl",
    "tcp-halfopen-timer",
    "tcp-halfclose-timer",
    "tcp-timewait-timer",
    "tcp-rst-timer",
    "udp-idle-timer",
    "check-reset-range",
    "helper",
    "fabric-object",
    "global-object",
    "explicit-proxy",
];
const GROUP_READ: &[&str] = &["member", "proxy"];
const GROUP_IGNORED: &[&str] =
    &["uuid", "comment", "color", "fabric-object", "global-object", "explicit-proxy"];

/// Reads the services and groups.
pub(super) fn read<'a>(reader: &mut Reader<'a>, scope: &mut Scope<'_, 'a>) {
    let words = Words::new(READ, IGNORED);
    let blocks = scope.take("firewall service custom");
    for entry in reader.plain_entries(&blocks) {
        let id = object(reader, &entry, &words);
        scope.names.services.insert(entry.name, id);
    }
    let words = Words::new(GROUP_READ, GROUP_IGNORED);
    let blocks = scope.take("firewall service group");
    let mut groups = Vec::new();
    for entry in reader.plain_entries(&blocks) {
        let strange = reader.account(&entry, &words);
        let name = entry.name.clone();
        reader.contained(&strange, &name);
        let fields = entry.fields();
        let members = fields.values("member");
        let broken =
            (!strange.is_empty() || members.is_empty() || !fields.odd.is_empty()).then(|| {
                text!(
                    "サービスグループ「{name}」の定義が空か、解釈できない行を含みます。",
                    "service group `{name}` is empty or holds a line that is not understood"
                )
            });
        let span = entry.span().unwrap_or(reader.origin);
        groups.push(Group { name, members, exclude: Vec::new(), span, broken, recursive: false });
    }
    for at in order(&mut groups) {
        let Some(group) = groups.get(at) else { continue };
        let value = group_value(reader, scope, group);
        let id = push(reader, &group.name, value, group.span);
        scope.names.services.insert(group.name.clone(), id);
    }
}

fn push(reader: &mut Reader<'_>, name: &str, value: ServiceSet, span: Span) -> ServiceId {
    reader.device.services.push(ServiceObject { name: name.to_owned(), value, span })
}

fn object<'a>(reader: &mut Reader<'a>, entry: &Entry<'_, 'a>, words: &Words) -> ServiceId {
    let strange = reader.account(entry, words);
    let name = entry.name.as_ref();
    let span = entry.span().unwrap_or(reader.origin);
    let fields = entry.fields();
    let value = if strange.is_empty() {
        value(reader, &fields, name, span)
    } else {
        reader.contained(&strange, name);
        Err(text!(
            "サービス「{name}」の定義に解釈できない行があります。",
            "the definition of service `{name}` holds a line that is not understood"
        ))
    };
    let value = value.unwrap_or_else(|reason| ServiceSet::Unknown { reason });
    push(reader, name, value, span)
}

/// The service without its restriction to destinations, then with it.
fn value(
    reader: &mut Reader<'_>,
    fields: &Fields<'_, '_>,
    name: &str,
    span: Span,
) -> Result<ServiceSet, Text> {
    let value = protocols(reader, fields, name, span)?;
    let everywhere = fields.text("iprange").is_none_or(|range| range == "0.0.0.0");
    let restricted = !everywhere || fields.get("fqdn").is_some();
    let application = fields.text("app-service-type").is_some_and(|kind| kind != "disable");
    if !restricted && !application {
        return Ok(value);
    }
    let reason = text!(
        "サービス「{name}」は宛先またはアプリケーションでも絞られており、設定だけでは範囲が決まりません。",
        "service `{name}` is also limited by destination or application, which is not modelled"
    );
    let known = reader.device.literal_service(value, span);
    let limit = reader.device.literal_service(ServiceSet::Unknown { reason }, span);
    Ok(ServiceSet::Both(known, limit))
}

fn protocols(
    reader: &mut Reader<'_>,
    fields: &Fields<'_, '_>,
    name: &str,
    span: Span,
) -> Result<ServiceSet, Text> {
    let unreadable = || {
        text!(
            "サービス「{name}」の値を読み取れません。",
            "the value of service `{name}` cannot be read"
        )
    };
    let byte = |key: &str| match fields.get(key) {
        None => Ok(None),
        Some(_) => fields.number::<u8>(key).map(|n| Some((n, n))).ok_or_else(unreadable),
    };
    let protocol = fields.text("protocol").unwrap_or("TCP/UDP/SCTP".into());
    let value = match protocol.as_ref() {
        "IP" => match fields.get("protocol-number") {
            None => Ok(ServiceSet::Any),
            Some(_) => match fields.number::<u8>("protocol-number") {
                Some(0) => Ok(ServiceSet::Any),
                Some(number) => Ok(ServiceSet::Protocol(number)),
                None => Err(unreadable()),
            },
        },
        "ICMP" | "ICMP6" => {
            let number = if protocol == "ICMP" { 1 } else { 58 };
            let types = byte("icmptype")?;
            Ok(ServiceSet::Icmp { protocol: number, types, codes: byte("icmpcode")? })
        }
        "TCP/UDP/SCTP" | "TCP/UDP/UDP-Lite/SCTP" => {
            port_union(reader, fields, span).ok_or_else(unreadable)
        }
        "ALL" | "HTTP" | "FTP" | "CONNECT" | "SOCKS-TCP" | "SOCKS-UDP" => {
            return Err(text!(
                "サービス「{name}」は明示プロキシ用です。",
                "service `{name}` is for the explicit proxy"
            ));
        }
        _ => Err(unreadable()),
    };
    value.inspect_err(|reason| reader.ledger.unknown(span, reason.clone(), true))
}

fn port_union(reader: &mut Reader<'_>, fields: &Fields<'_, '_>, span: Span) -> Option<ServiceSet> {
    let mut sets = Vec::new();
    for (key, protocol) in [
        ("tcp-portrange", 6),
        ("udp-portrange", 17),
        ("sctp-portrange", 132),
        ("udplite-portrange", 136),
    ] {
        for word in fields.values(key) {
            sets.push(ports(protocol, &word.text)?);
        }
    }
    one_or_union(reader, sets, span)
}

fn one_or_union(reader: &mut Reader<'_>, sets: Vec<ServiceSet>, span: Span) -> Option<ServiceSet> {
    if sets.len() < 2 {
        return sets.into_iter().next();
    }
    let ids = sets.into_iter().map(|set| reader.device.literal_service(set, span)).collect();
    Some(ServiceSet::Union(ids))
}

/// `443`, `8000-8100`, `513:512-1023`: destination, then source.
fn ports(protocol: u8, text: &str) -> Option<ServiceSet> {
    let (destination, source) = match text.split_once(':') {
        Some((destination, source)) => (range(destination)?, range(source)?),
        None => (range(text)?, PortRange::ALL),
    };
    Some(ServiceSet::Ports { protocol, source, destination, flags: TcpFlags::ANY })
}

/// `80` or `80-90`.
pub(super) fn range(text: &str) -> Option<PortRange> {
    match text.split_once('-') {
        Some((first, last)) => PortRange::new(first.parse().ok()?, last.parse().ok()?),
        None => text.parse().ok().map(PortRange::single),
    }
}

fn group_value<'a>(
    reader: &mut Reader<'a>,
    scope: &mut Scope<'_, 'a>,
    group: &Group<'a>,
) -> ServiceSet {
    let name = group.name.as_ref();
    if group.recursive {
        let reason = text!(
            "サービスグループ「{name}」が自分自身を含んでいます。",
            "service group `{name}` holds itself"
        );
        reader.device.remarks.push(Remark::Recursive { name: name.to_owned(), span: group.span });
        reader.ledger.unknown(group.span, reason.clone(), true);
        return ServiceSet::Unknown { reason };
    }
    if let Some(reason) = &group.broken {
        return ServiceSet::Unknown { reason: reason.clone() };
    }
    ServiceSet::Union(group.members.iter().map(|word| resolve(reader, scope, word)).collect())
}

/// The service that a name stands for: of this VDOM, predefined, or unknown.
pub(super) fn resolve<'a>(
    reader: &mut Reader<'a>,
    scope: &mut Scope<'_, 'a>,
    word: &Word<'a>,
) -> ServiceId {
    if let Some(id) = scope.names.services.get(&word.text) {
        return *id;
    }
    let name = word.text.as_ref();
    let id = predefined(reader, name).unwrap_or_else(|| {
        reader.undefined("service", name, word.span);
        push(reader, name, ServiceSet::Unknown { reason: undefined_reason(name) }, word.span)
    });
    scope.names.services.insert(word.text.clone(), id);
    id
}

/// The union of names; `None` when there is none.
pub(super) fn resolve_all<'a>(
    reader: &mut Reader<'a>,
    scope: &mut Scope<'_, 'a>,
    words: &[Word<'a>],
) -> Option<ServiceId> {
    let ids: Vec<ServiceId> = words.iter().map(|word| resolve(reader, scope, word)).collect();
    let span = words.first()?.span.to(words.last()?.span);
    Some(match ids.as_slice() {
        [one] => *one,
        _ => reader.device.literal_service(ServiceSet::Union(ids), span),
    })
}

/// The predefined service of this name.
pub(super) fn predefined(reader: &mut Reader<'_>, name: &str) -> Option<ServiceId> {
    let (name, known) = PREDEFINED.iter().find(|(known, _)| *known == name)?;
    if let Some(id) = reader.predefined.get(name) {
        return Some(*id);
    }
    let span = reader.origin;
    let value = match known {
        Known::Any => ServiceSet::Any,
        Known::Protocol(number) => ServiceSet::Protocol(*number),
        Known::Icmp(protocol, kind) => {
            ServiceSet::Icmp { protocol: *protocol, types: Some((*kind, *kind)), codes: None }
        }
        Known::Ports(tcp, udp) => {
            let sets = [(6, tcp), (17, udp)].into_iter().flat_map(|(protocol, list)| {
                list.split_ascii_whitespace().filter_map(move |text| ports(protocol, text))
            });
            let sets = sets.collect();
            one_or_union(reader, sets, span)?
        }
        // Members of predefined groups are no groups, so this goes one level deep.
        Known::Group(members) => ServiceSet::Union(
            members.iter().filter_map(|member| predefined(reader, member)).collect(),
        ),
    };
    let id = push(reader, name, value, span);
    reader.predefined.insert(name, id);
    Some(id)
}
