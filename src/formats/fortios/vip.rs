//! `config firewall vip`, `vip6` and their groups: destination translation.

use super::address;
use super::core::{Name, Reader, Scope, Words};
use super::entry::{Entry, Fields};
use super::group::{Group, order};
use super::service::{self, range};
use super::vip_lines::{Fact, Leaving, Vips, overlaps};
use super::vip_words::{IGNORED, READ, SERVER_IGNORED, SERVER_READ};
use super::zone;
use crate::formats::blocks::Statement;
use crate::model::{
    Action, AddressId, AddressMap, AddressSet, ContextId, Interfaces, Line, Match, PortMap,
    Rewrite, RewriteId, ServiceId, ServiceSet, TcpFlags, Unknown,
};
use crate::net::{AddressRange, Family, PortRange};
use crate::source::Span;
use crate::text;
use crate::text::Text;
use std::net::IpAddr;

/// Reads the virtual IPs of a VDOM.
pub(super) fn read<'a>(
    reader: &mut Reader<'a>,
    scope: &mut Scope<'_, 'a>,
    context: ContextId,
) -> Vips {
    let words = Words::new(READ, IGNORED);
    let mut vips = Vips::default();
    for (path, family) in [("firewall vip", Family::V4), ("firewall vip6", Family::V6)] {
        let blocks = scope.take(path);
        for entry in reader.plain_entries(&blocks) {
            let strange = reader.account(&entry, &words);
            reader.contained(&strange, &entry.name);
            let id = vip(reader, scope, context, &entry, family, !strange.is_empty(), &mut vips);
            table(scope, family).insert(entry.name, vec![id]);
        }
    }
    overlaps(reader, &mut vips);
    let words = Words::new(&["member", "interface"], &["comments", "color", "uuid"]);
    for (path, family) in [("firewall vipgrp", Family::V4), ("firewall vipgrp6", Family::V6)] {
        let blocks = scope.take(path);
        groups(reader, scope, &blocks, &words, family);
    }
    for path in ["firewall vip46", "firewall vip64", "firewall vipgrp46", "firewall vipgrp64"] {
        for block in scope.take(path) {
            if block.is_leaf() {
                reader.irrelevant(block.span());
                continue;
            }
            let reason = text!(
                "アドレスファミリーをまたぐバーチャルIPは扱えません。",
                "virtual IPs that translate between address families are not modelled"
            );
            reader.ledger.unknown(block.span(), reason, false);
        }
    }
    vips
}

fn table<'s, 'a>(
    scope: &'s mut Scope<'_, 'a>,
    family: Family,
) -> &'s mut rustc_hash::FxHashMap<Name<'a>, Vec<RewriteId>> {
    match family {
        Family::V4 => &mut scope.names.vips,
        Family::V6 => &mut scope.names.vips6,
    }
}

fn groups<'t, 'a>(
    reader: &mut Reader<'a>,
    scope: &mut Scope<'t, 'a>,
    blocks: &[Statement<'t, 'a>],
    words: &Words,
    family: Family,
) {
    let mut groups = Vec::new();
    for entry in reader.plain_entries(blocks) {
        let strange = reader.account(&entry, words);
        reader.uncontained(&strange, &entry.name);
        let span = entry.span().unwrap_or(reader.origin);
        let members = entry.fields().values("member");
        let name = entry.name;
        groups.push(Group {
            name,
            members,
            exclude: Vec::new(),
            span,
            broken: None,
            recursive: false,
        });
    }
    for at in order(&mut groups) {
        let Some(group) = groups.get(at) else { continue };
        let mut ids = Vec::new();
        for word in &group.members {
            match table(scope, family).get(&word.text) {
                Some(members) => ids.extend(members),
                None => reader.undefined("vip", &word.text, word.span),
            }
        }
        table(scope, family).insert(group.name.clone(), ids);
    }
}

fn vip<'a>(
    reader: &mut Reader<'a>,
    scope: &mut Scope<'_, 'a>,
    context: ContextId,
    entry: &Entry<'_, 'a>,
    family: Family,
    broken: bool,
    vips: &mut Vips,
) -> RewriteId {
    let fields = entry.fields();
    let span = entry.span().unwrap_or(reader.origin);
    let broken = !real_servers(reader, &fields) || broken;
    let mut unknown = Vec::new();
    let (ingress, interface) = ingress(reader, scope, context, &fields, &mut unknown);
    let outside = fields.text("extip").and_then(|text| addresses(&text, family));
    let destination = match outside {
        Some(range) if !range.first().is_unspecified() => {
            reader.device.literal(AddressSet::Range(range), span)
        }
        // An address object takes the place of `extip`.
        None if fields.get("extaddr").is_some() => {
            let words = fields.values("extaddr");
            let named = address::resolve_all(reader, scope, &words, family);
            named.unwrap_or_else(|| reader.unknown_address(Some(family), unread("extaddr"), span))
        }
        _ => own_addresses(reader, interface, family, span),
    };
    let target = target(&fields, family, outside);
    let forwards = fields.on("portforward");
    let (service, ports) = service(reader, scope, &fields, forwards, span);
    let (inner, known) = inner_ports(&fields, forwards, ports);
    if broken || !known || target.is_none() || fields.on("nat46") || fields.on("nat64") {
        unknown.push(Unknown { reason: unread(&entry.name), span });
    }
    let source = source(reader, &fields, family, span);
    let rewrite = Rewrite {
        label: format!("vip {}", entry.name),
        destination: Some(target.clone().unwrap_or(AddressMap::Unknown)),
        destination_port: inner,
        span: Some(span),
        ..Rewrite::default()
    };
    let id = reader.device.rewrites.push(rewrite);
    let inside = fields.text("mappedip").and_then(|text| addresses(&text, family));
    let one_to_one = matches!(target, Some(AddressMap::Shift { .. }));
    vips.facts.push(Fact {
        name: entry.name.clone().into_owned(),
        outside,
        inside,
        ports,
        ingress: ingress.clone(),
        leaves: one_to_one.then(|| leaves(inner, forwards, ports)),
        forced: fields.on("nat-source-vip"),
        span,
    });
    vips.lines.push(Line {
        label: format!("vip {}", entry.name),
        matches: Match { ingress, unknown, ..Match::between(source, destination, service) },
        action: Action::Rewrite(id),
        enabled: !fields.is("status", "disable"),
        log: None,
        comment: fields.text("comment").map(Name::into_owned),
        span,
    });
    id
}

/// Accounts for the servers of a pool; whether every line is understood.
fn real_servers<'a>(reader: &mut Reader<'a>, fields: &Fields<'_, 'a>) -> bool {
    let words = Words::new(SERVER_READ, SERVER_IGNORED);
    let mut known = true;
    for block in fields.nested.iter().filter(|block| block.text(0) == "realservers") {
        for server in reader.plain_entries(&[*block]) {
            let strange = reader.account(&server, &words);
            reader.contained(&strange, "realservers");
            known &= strange.is_empty();
        }
    }
    known
}

fn unread(name: &str) -> Text {
    text!(
        "バーチャルIP「{name}」の変換先は設定だけでは決まりません。",
        "where virtual IP `{name}` leads is not in the configuration"
    )
}

/// Where packets must come in: `extintf`, narrowed by `srcintf-filter`. The second value names a single interface.
fn ingress<'a>(
    reader: &mut Reader<'a>,
    scope: &Scope<'_, 'a>,
    context: ContextId,
    fields: &Fields<'_, 'a>,
    unknown: &mut Vec<Unknown>,
) -> (Interfaces, Interfaces) {
    let words = fields.values("extintf");
    let outer = if words.is_empty() {
        Interfaces::Any
    } else {
        let (outer, open) = zone::resolve(reader, scope, context, &words);
        unknown.extend(open);
        outer
    };
    let filter = fields.values("srcintf-filter");
    if filter.is_empty() {
        return (outer.clone(), outer);
    }
    let (inner, open) = zone::resolve(reader, scope, context, &filter);
    unknown.extend(open);
    let both = match (&outer, &inner) {
        (Interfaces::Any, other) | (other, Interfaces::Any) => other.clone(),
        (Interfaces::Of(a), Interfaces::Of(b)) => {
            Interfaces::Of(a.iter().copied().filter(|id| b.contains(id)).collect())
        }
    };
    (both, outer)
}

/// `203.0.113.10` or `203.0.113.10-203.0.113.20`.
pub(super) fn addresses(text: &str, family: Family) -> Option<AddressRange> {
    let range = match text.split_once('-') {
        Some((first, last)) => {
            AddressRange::new(first.trim().parse().ok()?, last.trim().parse().ok()?)?
        }
        None => AddressRange::single(text.trim().parse::<IpAddr>().ok()?),
    };
    (range.family() == family).then_some(range)
}

/// An outer address of 0.0.0.0 is the address of the outer interface; otherwise it is not known.
fn own_addresses(
    reader: &mut Reader<'_>,
    interface: Interfaces,
    family: Family,
    span: Span,
) -> AddressId {
    let Interfaces::Of(ids) = interface else {
        return reader.unknown_address(Some(family), unread("extip"), span);
    };
    let mut sets = Vec::new();
    for id in ids {
        let interface = &reader.device.interfaces[id];
        let own = interface.addresses.iter().map(|address| address.address);
        let own: Vec<IpAddr> = own.filter(|address| Family::of(*address) == family).collect();
        if interface.dynamic || own.is_empty() {
            return reader.unknown_address(Some(family), unread("extip"), span);
        }
        for address in own {
            sets.push(
                reader.device.literal(AddressSet::Range(AddressRange::single(address)), span),
            );
        }
    }
    reader.union(sets, span)
}

/// Where packets go; `None` when the configuration does not say.
fn target(
    fields: &Fields<'_, '_>,
    family: Family,
    outside: Option<AddressRange>,
) -> Option<AddressMap> {
    let kind = fields.text("type").unwrap_or("static-nat".into());
    if kind == "server-load-balance" {
        return servers(fields, family);
    }
    if !matches!(kind.as_ref(), "static-nat" | "load-balance") {
        return None;
    }
    let words = fields.values("mappedip");
    let [word] = words.as_slice() else { return None };
    let to = addresses(&word.text, family)?;
    let Some(from) = outside.filter(|from| kind == "static-nat" && !from.first().is_unspecified())
    else {
        return Some(AddressMap::Pool(vec![to]));
    };
    // One to one needs ranges of one size; the device does not say what it does with others.
    (from.extent() == to.extent()).then_some(AddressMap::Shift { from, to })
}

/// The real servers of a pool that are not switched off.
fn servers(fields: &Fields<'_, '_>, family: Family) -> Option<AddressMap> {
    let mut ranges = Vec::new();
    for block in fields.nested.iter().filter(|block| block.text(0) == "realservers") {
        for entry in super::entry::Entries::read(&[*block]).list {
            let server = entry.fields();
            if server.is("type", "address") || server.get("address").is_some() {
                return None;
            }
            if !server.is("status", "disable") {
                ranges.push(addresses(&server.text("ip")?, family)?);
            }
        }
    }
    Some(AddressMap::Pool(ranges))
}

/// Which packets, before translation.
fn service<'a>(
    reader: &mut Reader<'a>,
    scope: &mut Scope<'_, 'a>,
    fields: &Fields<'_, 'a>,
    forwards: bool,
    span: Span,
) -> (ServiceId, Option<(u8, PortRange)>) {
    let words = fields.values("service");
    if let Some(service) = service::resolve_all(reader, scope, &words) {
        return (service, None);
    }
    let balanced = fields.is("type", "server-load-balance");
    if !forwards && !balanced {
        return (reader.device.literal_service(ServiceSet::Any, span), None);
    }
    let protocol =
        match fields.text("protocol").as_deref().or(fields.text("server-type").as_deref()) {
            Some("udp") => 17,
            Some("sctp") => 132,
            Some("icmp") => {
                let value = ServiceSet::Icmp { protocol: 1, types: None, codes: None };
                return (reader.device.literal_service(value, span), None);
            }
            Some("ip") => return (reader.device.literal_service(ServiceSet::Any, span), None),
            _ => 6,
        };
    let ports = match fields.text("extport") {
        None if balanced => Some(PortRange::ALL),
        None => None,
        Some(text) => range(&text),
    };
    let value = match ports {
        Some(destination) => ServiceSet::Ports {
            protocol,
            source: PortRange::ALL,
            destination,
            flags: TcpFlags::ANY,
        },
        None => ServiceSet::Unknown { reason: unread("extport") },
    };
    (reader.device.literal_service(value, span), ports.map(|ports| (protocol, ports)))
}

/// What becomes of the port (`None` keeps it), and whether the configuration says so.
fn inner_ports(
    fields: &Fields<'_, '_>,
    forwards: bool,
    ports: Option<(u8, PortRange)>,
) -> (Option<PortMap>, bool) {
    if fields.is("type", "server-load-balance") {
        let outer = ports.map_or(PortRange::ALL, |(_, outer)| outer);
        return (server_ports(fields, outer), true);
    }
    let mapped = fields.text("mappedport").map(|text| range(&text));
    let Some((_, outer)) = ports else {
        // Services stand in for the outer ports (`set service`), or these cannot be read: only the inner ones are stated.
        let portless = matches!(fields.text("protocol").as_deref(), Some("icmp" | "ip"));
        return match mapped {
            _ if !forwards || portless => (None, true),
            Some(Some(to)) => (Some(PortMap::Within(to)), true),
            _ => (Some(PortMap::Within(PortRange::ALL)), false),
        };
    };
    let Some(to) = mapped else { return (None, true) };
    let to = to.unwrap_or(PortRange::ALL);
    let exact = size(outer) == size(to) && !fields.is("portmapping-type", "m-to-n");
    let map = if exact { PortMap::Shift { from: outer, to } } else { PortMap::Within(to) };
    (Some(map), true)
}

fn size(range: PortRange) -> u16 {
    range.last() - range.first()
}

/// The ports of the real servers; those without a port of their own keep the outer one.
fn server_ports(fields: &Fields<'_, '_>, outer: PortRange) -> Option<PortMap> {
    let ports: Vec<PortRange> = fields
        .nested
        .iter()
        .filter(|block| block.text(0) == "realservers")
        .flat_map(|block| super::entry::Entries::read(&[*block]).list)
        .filter_map(|entry| entry.fields().text("port").and_then(|text| range(&text)))
        .collect();
    let first = ports.iter().map(|ports| ports.first()).min()?;
    let last = ports.iter().map(|ports| ports.last()).max()?;
    PortRange::new(first.min(outer.first()), last.max(outer.last())).map(PortMap::Within)
}

/// Which packets of the published host go out under the outer address, and what becomes of their source port.
fn leaves(inner: Option<PortMap>, forwards: bool, ports: Option<(u8, PortRange)>) -> Leaving {
    let Some((protocol, outer)) = ports.filter(|_| forwards) else {
        let port = if forwards { Some(PortMap::Within(PortRange::ALL)) } else { None };
        return (ServiceSet::Any, port);
    };
    let (source, port) = match inner {
        Some(PortMap::Shift { from, to }) => (to, Some(PortMap::Shift { from: to, to: from })),
        Some(PortMap::Within(to)) => (to, Some(PortMap::Within(outer))),
        None => (outer, None),
    };
    let flags = TcpFlags::ANY;
    (ServiceSet::Ports { protocol, source, destination: PortRange::ALL, flags }, port)
}

/// `src-filter`: prefixes and ranges; none means every source.
fn source(
    reader: &mut Reader<'_>,
    fields: &Fields<'_, '_>,
    family: Family,
    span: Span,
) -> AddressId {
    let words = fields.values("src-filter");
    if words.is_empty() {
        return reader.constant("any");
    }
    let mut sets = Vec::new();
    for word in words {
        let prefix = super::core::subnet(std::slice::from_ref(&word)).map(|prefix| prefix.range());
        let set = match prefix.or_else(|| addresses(&word.text, family)) {
            Some(range) => reader.device.literal(AddressSet::Range(range), word.span),
            None => reader.unknown_address(Some(family), unread("src-filter"), word.span),
        };
        sets.push(set);
    }
    reader.union(sets, span)
}
