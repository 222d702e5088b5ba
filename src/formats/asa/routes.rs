//! `route`, `ipv6 route`, `router …` and policy-based routing.

use super::interfaces::Nameif;
use super::objects::undefined;
use super::state::Reader;
use crate::formats::lines::{Block, ConfigLine};
use crate::model::{
    Action, AddressId, ContextId, DynamicRouting, InterfaceId, Match, NextHop, PolicyRoute, Route,
};
use crate::net::Prefix;
use crate::source::Span;
use crate::text;
use std::net::IpAddr;

/// At most this many policy routes follow from one route map; a longer one is read as one that matches everything.
const POLICY_LIMIT: usize = 4096;

/// Reads static routes.
pub(super) fn read<'a>(reader: &mut Reader<'a>, lines: &[&'a ConfigLine<'a>]) {
    for line in lines {
        let v6 = line.word(0) == "ipv6";
        let parsed = if v6 { v6_route(reader, line) } else { v4_route(reader, line) };
        match parsed {
            Some(()) => {}
            None => reader.unknown_line(line),
        }
    }
}

/// `route IF NET MASK GW [DISTANCE] [track N] [tunneled]`.
fn v4_route<'a>(reader: &mut Reader<'a>, line: &'a ConfigLine<'a>) -> Option<()> {
    let prefix = Prefix::from_netmask(reader.ip(line.word(2))?, reader.ip(line.word(3))?)?;
    add(reader, line, line.word(1), prefix, 4)
}

/// `ipv6 route IF P/L GW [DISTANCE] [tunneled]`.
fn v6_route<'a>(reader: &mut Reader<'a>, line: &'a ConfigLine<'a>) -> Option<()> {
    let (address, len) = line.word(3).split_once('/')?;
    let prefix = Prefix::new(reader.ip(address)?, len.parse().ok()?)?;
    add(reader, line, line.word(2), prefix, 4)
}

fn add<'a>(
    reader: &mut Reader<'a>,
    line: &'a ConfigLine<'a>,
    interface: &'a str,
    prefix: Prefix,
    gateway: usize,
) -> Option<()> {
    let rest: Vec<&str> = line.words.iter().skip(gateway + 1).map(|word| word.text).collect();
    let distance = rest.first().and_then(|word| word.parse().ok()).unwrap_or(1);
    let null = interface.eq_ignore_ascii_case("null0");
    let (next_hop, context) = if null {
        (NextHop::Discard, reader.context)
    } else {
        let Some(nameif) = reader.nameif(interface) else {
            let reason = undefined(reader, "interface", interface, line.span);
            reader.anywhere(line.span, reason);
            return Some(());
        };
        let id = nameif.id;
        let address: IpAddr = reader.ip(line.word(gateway))?;
        let next = NextHop::Gateway { address, interface: Some(id) };
        (next, reader.device.interfaces[id].context)
    };
    if rest.contains(&"tunneled") {
        tunneled(reader, line.span, next_hop);
        return Some(());
    }
    let withdrawable = rest.contains(&"track");
    let route = Route { prefix, next_hop, distance, metric: 0, withdrawable, span: line.span };
    reader.device.contexts[context].routes.push(route);
    reader.ledger.used(line.span);
    Some(())
}

/// A default route for decrypted packets only.
fn tunneled(reader: &mut Reader<'_>, span: Span, next_hop: NextHop) {
    let reason = text!(
        "「tunneled」の経路は VPN から復号した通信だけに使われます。どの通信に使われるかは確定できないため、使われ得る経路として扱います。",
        "a tunneled route is for decrypted VPN packets only; it is read as a route that may be used",
    );
    reader.ledger.unsupported(span, reason.clone());
    let mut matches = reader.match_all();
    matches.unknown.push(super::state::unknown(reason, span));
    let context = reader.context;
    reader.device.contexts[context].policy_routes.push(PolicyRoute {
        matches,
        next_hop: Some(next_hop),
        span,
    });
}

/// Routing protocols.
pub(super) fn routers<'a>(reader: &mut Reader<'a>, blocks: &[&'a Block<'a>]) {
    for block in blocks {
        reader.whole(block, true);
        let protocol = block.head.word(1).to_owned();
        let span = block.head.span;
        let context = reader.context;
        reader.device.contexts[context].dynamic_routing.push(DynamicRouting { protocol, span });
    }
}

/// Route maps: those of policy-based routing become *may* branches, the others only shape routing protocols, whose routes
/// are read as leading anywhere.
pub(super) fn policy<'a>(reader: &mut Reader<'a>, blocks: &[&'a Block<'a>]) {
    for block in blocks {
        reader.whole(block, false);
    }
    let nameifs: Vec<Nameif<'a>> = reader.nameifs.clone();
    for nameif in &nameifs {
        for (name, span) in &nameif.policy_route {
            let maps: Vec<&'a Block<'a>> =
                blocks.iter().filter(|block| block.head.word(1) == *name).copied().collect();
            if maps.is_empty() {
                let reason = undefined(reader, "route-map", name, *span);
                reader.ledger.unsupported(*span, reason);
                push(reader, nameif, vec![reader.match_all()], None, *span);
            }
            for map in maps {
                entry(reader, nameif, map);
            }
        }
    }
}

fn entry<'a>(reader: &mut Reader<'a>, nameif: &Nameif<'a>, map: &'a Block<'a>) {
    reader.whole(map, true);
    if map.head.word(2) == "deny" {
        return;
    }
    let (mut matches, mut conditions, mut next_hop, mut set) = (Vec::new(), false, None, false);
    for line in &map.body {
        match (line.word(0), line.word(1), line.word(2)) {
            ("match", "ip" | "ipv6", "address") => {
                conditions = true;
                for word in line.words.iter().skip(3) {
                    permits(reader, word.text, &mut matches);
                }
            }
            ("set", "ip" | "ipv6", _) => {
                set = true;
                next_hop = line
                    .words
                    .iter()
                    .find_map(|word| reader.ip(word.text).filter(|_| word.text != "0"));
            }
            ("set", "interface", word) if word.eq_ignore_ascii_case("null0") => {
                push(reader, nameif, vec![reader.match_all()], Some(NextHop::Discard), line.span);
            }
            ("set", _, _) => set = true,
            _ => {}
        }
    }
    if !conditions || matches.len() > POLICY_LIMIT {
        matches = vec![reader.match_all()];
    }
    if set {
        let hop = next_hop.map(|address| NextHop::Gateway { address, interface: None });
        push(reader, nameif, matches, hop, map.head.span);
    }
}

/// The matches of the lines that may permit; a name that is not defined matches everything.
fn permits(reader: &mut Reader<'_>, name: &str, out: &mut Vec<Match>) {
    let Some(id) = reader.acls.get(name).copied() else {
        out.push(reader.match_all());
        return;
    };
    let lines = &reader.device.lists[id].lines;
    let permitting = lines.iter().filter(|line| line.action != Action::Deny && line.enabled);
    out.extend(permitting.map(|line| line.matches.clone()));
}

fn push<'a>(
    reader: &mut Reader<'a>,
    nameif: &Nameif<'a>,
    matches: Vec<Match>,
    next_hop: Option<NextHop>,
    span: Span,
) {
    let context = reader.context;
    for mut matches in matches {
        matches.ingress = nameif.here();
        let route = PolicyRoute { matches, next_hop, span };
        reader.device.contexts[context].policy_routes.push(route);
    }
}

/// How sure the way of a packet must be.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Away {
    /// Nothing beside the table may decide.
    Surely,
    /// As the table says.
    Usually,
}

/// The addresses that the table sends out of other interfaces than `interface`: subnets and static routes there, into which no
/// route by `interface` reaches.
pub(super) fn elsewhere(
    reader: &mut Reader<'_>,
    interface: InterfaceId,
    away: Away,
    span: Span,
) -> Vec<AddressId> {
    let context = &reader.device.contexts[reader.context];
    let beside = !context.dynamic_routing.is_empty() || !context.policy_routes.is_empty();
    if beside && away == Away::Surely {
        return Vec::new();
    }
    let mut table: Vec<(Prefix, bool, bool)> = Vec::new();
    for (id, port) in reader.device.interfaces.iter() {
        let usable = port.up && port.context == reader.context;
        let prefixes = port.addresses.iter().filter_map(|a| Prefix::new(a.address, a.len));
        table.extend(prefixes.filter(|_| usable).map(|prefix| (prefix, id == interface, true)));
    }
    table.extend(context.routes.iter().map(|route| {
        let by = match route.next_hop {
            NextHop::Gateway { interface, .. } => interface,
            NextHop::Interface(id) => Some(id),
            NextHop::Context(_) | NextHop::Discard => None,
        };
        (route.prefix, by == Some(interface), !route.withdrawable)
    }));
    let here: Vec<Prefix> = table.iter().filter(|row| row.1).map(|row| row.0).collect();
    let sure = table.iter().filter(|(_, here, sure)| !here && *sure).map(|row| row.0);
    let away: Vec<Prefix> =
        sure.filter(|prefix| !here.iter().any(|inside| prefix.covers(*inside))).collect();
    away.into_iter().map(|prefix| reader.range(prefix.range(), span)).collect()
}

/// Routes of management-only interfaces stand in their own table since 9.5; before, and only then, all share one.
pub(super) fn shares_one_table(reader: &Reader<'_>) -> bool {
    reader.at_least(9, 5) == Some(false)
}

/// A context to put management-only interfaces into.
pub(super) fn management_context(reader: &mut Reader<'_>) -> ContextId {
    if shares_one_table(reader) {
        return reader.context;
    }
    let name = "management-only".to_owned();
    reader.device.contexts.push(crate::model::Context { name, ..Default::default() })
}
