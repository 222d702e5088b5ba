//! Static routes, what DHCP and tunnels bring, and the protocols whose routes the configuration does not show.

use super::address;
use super::core::{Reader, Scope, Words, subnet};
use super::entry::{Entry, Fields};
use super::interface::{Facts, port};
use super::router_policy;
use super::sdwan::Sdwan;
use crate::formats::blocks::{Statement, Verb};
use crate::model::{
    AddressId, AddressSet, ContextId, DynamicRouting, InterfaceId, InterfaceKind, NextHop, Route,
};
use crate::net::{AddressRange, Family, Prefix};
use crate::source::Span;
use crate::text;
use std::net::IpAddr;

const READ: &[&str] = &[
    "dst",
    "gateway",
    "device",
    "distance",
    "priority",
    "blackhole",
    "dstaddr",
    "status",
    "dynamic-gateway",
    "sdwan",
    "sdwan-zone",
    "virtual-wan-link",
    "internet-service",
    "internet-service-custom",
    "internet-service-fortiguard",
    "vrf",
    "src",
];
const IGNORED: &[&str] = &[
    "comment",
    "weight",
    "link-monitor-exempt",
    "bfd",
    "tag",
    "devindex",
    "preferred-source",
    "uuid",
];
/// The distance of a static route that states none.
const DISTANCE: u8 = 10;
/// The distance of a route that is never installed.
const UNREACHABLE: u8 = 255;

/// Interfaces whose static routes a link monitor may withdraw.
type Watched = Vec<InterfaceId>;

/// Reads the routes of a VDOM.
pub(super) fn read<'a>(
    reader: &mut Reader<'a>,
    scope: &mut Scope<'_, 'a>,
    context: ContextId,
    facts: &[Facts<'a>],
    sdwan: &Sdwan,
) {
    learned(reader, context, facts);
    let watched = watched(reader, scope);
    let words = Words::new(READ, IGNORED);
    for (path, family) in [("router static", Family::V4), ("router static6", Family::V6)] {
        let blocks = scope.take(path);
        for entry in reader.plain_entries(&blocks) {
            let strange = reader.account(&entry, &words);
            reader.uncontained(&strange, path);
            static_route(reader, scope, context, &entry, family, sdwan, &watched);
        }
    }
    for path in
        ["router ospf", "router ospf6", "router bgp", "router rip", "router ripng", "router isis"]
    {
        for block in scope.take(path) {
            protocol(reader, context, path, block);
        }
    }
    router_policy::read(reader, scope, context);
}

fn learned(reader: &mut Reader<'_>, context: ContextId, facts: &[Facts<'_>]) {
    for fact in facts {
        if reader.device.interfaces[fact.id].context != context {
            continue;
        }
        let mut push = |prefix, distance, withdrawable, span| {
            let next_hop = NextHop::Interface(fact.id);
            let route = Route { prefix, next_hop, distance, metric: 0, withdrawable, span };
            reader.device.contexts[context].routes.push(route);
        };
        if let Some((prefix, span)) = fact.remote {
            push(prefix, 0, false, span);
        }
        // The lease or the announcement may be missing, so the route may be, too.
        if let Some(distance) = fact.learns_default {
            push(Prefix::all(Family::V4), distance, true, fact.span);
        }
        if fact.learns_default6 {
            push(Prefix::all(Family::V6), 5, true, fact.span);
        }
        if let Some(span) = fact.learns_routes {
            let protocol = "dhcp".to_owned();
            reader.device.contexts[context].dynamic_routing.push(DynamicRouting { protocol, span });
        }
        if let Some(span) = fact.vrf {
            let reason = text!(
                "VDOM 内の VRF は経路表を分けますが、ここでは分けずに、どの隣接機器へも転送し得るものとして扱います。",
                "a VRF inside the VDOM has a routing table of its own; read as possibly going to any neighbour"
            );
            reader.ledger.unsupported(span, reason);
            let protocol = "vrf".to_owned();
            reader.device.contexts[context].dynamic_routing.push(DynamicRouting { protocol, span });
        }
    }
}

fn watched<'a>(reader: &mut Reader<'a>, scope: &mut Scope<'_, 'a>) -> Watched {
    let blocks = scope.take("system link-monitor");
    let words = Words::new(&["srcintf", "status", "update-static-route"], &[]);
    let mut watched = Vec::new();
    for entry in reader.plain_entries(&blocks) {
        // The other settings say how often and what is probed.
        for statement in reader.account(&entry, &words) {
            reader.irrelevant(statement.span());
        }
        let fields = entry.fields();
        if !fields.is("status", "disable") && !fields.is("update-static-route", "disable") {
            for word in fields.values("srcintf") {
                watched.extend(reader.ports.get(&word.text));
            }
        }
    }
    watched
}

fn static_route<'a>(
    reader: &mut Reader<'a>,
    scope: &mut Scope<'_, 'a>,
    context: ContextId,
    entry: &Entry<'_, 'a>,
    family: Family,
    sdwan: &Sdwan,
    watched: &Watched,
) {
    let fields = entry.fields();
    let span = entry.span().unwrap_or(reader.origin);
    if fields.is("status", "disable") {
        return;
    }
    let distance = fields.number("distance").unwrap_or(DISTANCE);
    if distance == UNREACHABLE {
        let reason = text!(
            "ディスタンス 255 の経路は経路表に入らないため、無いものとして扱います。",
            "a route of distance 255 never enters the routing table; it is left out"
        );
        return reader.ledger.unsupported(span, reason);
    }
    let hops = hops(reader, context, &fields, family, sdwan);
    if hops.is_empty() {
        return lost(reader, context, span);
    }
    let targets = targets(reader, scope, &fields, family);
    let Some(prefixes) = targets else {
        let destination = reader.unknown_address(
            Some(family),
            text!(
                "経路の宛先は設定だけでは決まりません。",
                "the destination of the route is not in the configuration"
            ),
            span,
        );
        for (hop, _) in hops {
            router_policy::perhaps(reader, context, destination, hop, span);
        }
        return;
    };
    // In a table of its own, or for some sources only: a branch beside the table that everything else uses.
    if narrowed(&fields) {
        for prefix in prefixes {
            let to = reader.device.literal(AddressSet::Range(prefix.range()), span);
            for (hop, _) in &hops {
                router_policy::perhaps(reader, context, to, *hop, span);
            }
        }
        return;
    }
    let metric = fields.number("priority").unwrap_or(0);
    for prefix in prefixes {
        for (next_hop, member) in &hops {
            let by = match next_hop {
                NextHop::Interface(id) | NextHop::Gateway { interface: Some(id), .. } => Some(id),
                _ => None,
            };
            // A tunnel is there only while its other end answers.
            let tunnel =
                |id: InterfaceId| reader.device.interfaces[id].kind == InterfaceKind::Tunnel;
            let withdrawable = *member || by.is_some_and(|id| watched.contains(id) || tunnel(*id));
            let route = Route { prefix, next_hop: *next_hop, distance, metric, withdrawable, span };
            reader.device.contexts[context].routes.push(route);
        }
    }
}

/// Whether a route belongs to a VRF of its own (`vrf`), or holds for packets from some sources only (`src`).
fn narrowed(fields: &Fields<'_, '_>) -> bool {
    let source = fields.values("src");
    let everybody = subnet(&source).is_some_and(|prefix| prefix.len() == 0);
    fields.text("vrf").is_some_and(|vrf| vrf != "0") || !(source.is_empty() || everybody)
}

/// A route that cannot be read may send packets anywhere.
fn lost(reader: &mut Reader<'_>, context: ContextId, span: Span) {
    let reason = text!(
        "経路の送り先を読み取れません。どの隣接機器へも転送し得るものとして扱います。",
        "where the route leads cannot be read; read as possibly going to any neighbour"
    );
    reader.ledger.unsupported(span, reason);
    let protocol = "static".to_owned();
    reader.device.contexts[context].dynamic_routing.push(DynamicRouting { protocol, span });
}

/// The next hops, and whether each is a member of SD-WAN, which health checks may withdraw.
fn hops<'a>(
    reader: &mut Reader<'a>,
    context: ContextId,
    fields: &Fields<'_, 'a>,
    family: Family,
    sdwan: &Sdwan,
) -> Vec<(NextHop, bool)> {
    if fields.on("blackhole") {
        return vec![(NextHop::Discard, false)];
    }
    let zones = fields.values("sdwan-zone");
    if fields.on("sdwan") || fields.on("virtual-wan-link") || !zones.is_empty() {
        let names: Vec<&str> = zones.iter().map(|word| word.text.as_ref()).collect();
        return sdwan.hops(&names, family).into_iter().map(|hop| (hop, true)).collect();
    }
    let mut interface = None;
    if let Some(word) = fields.values("device").first() {
        if reader.has_interfaces && !reader.ports.contains_key(&word.text) {
            reader.undefined("interface", &word.text, word.span);
            return Vec::new();
        }
        interface = Some(port(reader, context, &word.text, word.span, InterfaceKind::Ethernet));
    }
    let gateway: Option<IpAddr> = fields.number("gateway");
    let gateway =
        gateway.filter(|address| !address.is_unspecified() && !fields.on("dynamic-gateway"));
    match (gateway, interface) {
        (Some(address), interface) => vec![(NextHop::Gateway { address, interface }, false)],
        (None, Some(id)) => vec![(NextHop::Interface(id), false)],
        (None, None) => Vec::new(),
    }
}

/// The prefixes of a route; `None` when the configuration does not say. No destination is the default route.
fn targets<'a>(
    reader: &mut Reader<'a>,
    scope: &mut Scope<'_, 'a>,
    fields: &Fields<'_, 'a>,
    family: Family,
) -> Option<Vec<Prefix>> {
    let isdb = ["internet-service", "internet-service-custom", "internet-service-fortiguard"];
    if isdb.iter().any(|key| fields.text(key).is_some_and(|text| text != "0" && !text.is_empty())) {
        return None;
    }
    let named = fields.values("dstaddr");
    if !named.is_empty() {
        let id = address::resolve_all(reader, scope, &named, family)?;
        return prefixes_of(reader, id);
    }
    match fields.get("dst") {
        None => Some(vec![Prefix::all(family)]),
        Some(_) => {
            let prefix = subnet(&fields.values("dst"))?;
            (prefix.family() == family).then(|| vec![prefix])
        }
    }
}

/// The prefixes of an address object; `None` when it is not a plain union.
pub(super) fn prefixes_of(reader: &Reader<'_>, id: AddressId) -> Option<Vec<Prefix>> {
    let mut open = vec![id];
    let mut out = Vec::new();
    let mut steps = 0usize;
    while let Some(id) = open.pop() {
        steps += 1;
        if steps > 100_000 {
            return None;
        }
        match &reader.device.addresses[id].value {
            AddressSet::Range(range) => out.extend(split(*range)),
            AddressSet::Union(members) => open.extend(members),
            _ => return None,
        }
    }
    out.sort_unstable();
    out.dedup();
    Some(out)
}

/// The fewest prefixes that make up a range.
fn split(range: AddressRange) -> Vec<Prefix> {
    let family = range.family();
    let (mut first, last) = range.numbers();
    let bits = u32::from(family.bits());
    let mut out = Vec::new();
    loop {
        let aligned = if first == 0 { bits } else { first.trailing_zeros().min(bits) };
        let mut width = aligned;
        let end = |width: u32| match 1u128.checked_shl(width) {
            Some(size) if width < 128 => first.checked_add(size - 1),
            _ => Some(u128::MAX),
        };
        while width > 0 && end(width).is_none_or(|end| end > last) {
            width -= 1;
        }
        let len = u8::try_from(bits - width).unwrap_or(0);
        out.extend(Prefix::new(crate::net::address(family, first), len));
        match end(width).and_then(|end| end.checked_add(1)) {
            Some(next) if next <= last => first = next,
            _ => return out,
        }
    }
}

/// A routing protocol with content: backups hold empty `redistribute` blocks for protocols that are off.
fn protocol(reader: &mut Reader<'_>, context: ContextId, path: &str, block: Statement<'_, '_>) {
    let name = path.strip_prefix("router ").unwrap_or(path);
    let active = block.children().any(|child| {
        let list = child.verb() == Verb::Config && !child.text(0).starts_with("redistribute");
        list && child.children().any(|inner| inner.verb() == Verb::Edit)
    });
    if !active {
        return reader.irrelevant(block.span());
    }
    reader.used(block.span());
    let span = block.head();
    let protocol = name.to_owned();
    reader.device.contexts[context].dynamic_routing.push(DynamicRouting { protocol, span });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_split_into_the_fewest_prefixes() {
        let range = |a: &str, b: &str| {
            let range = AddressRange::new(a.parse().unwrap(), b.parse().unwrap()).unwrap();
            split(range).iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        assert_eq!(range("10.0.0.0", "10.0.0.255"), ["10.0.0.0/24"]);
        assert_eq!(range("10.0.0.1", "10.0.0.4"), ["10.0.0.1", "10.0.0.2/31", "10.0.0.4"]);
        assert_eq!(range("0.0.0.0", "255.255.255.255"), ["0.0.0.0/0"]);
        assert_eq!(range("255.255.255.254", "255.255.255.255"), ["255.255.255.254/31"]);
        assert_eq!(range("::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"), ["::/0"]);
        assert_eq!(range("2001:db8::1", "2001:db8::2"), ["2001:db8::1", "2001:db8::2"]);
    }
}
