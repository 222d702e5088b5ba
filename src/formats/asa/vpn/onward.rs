//! The ways to who is at the other end of a tunnel: routes that the device makes itself while clients are logged in or a peer
//! is connected, and the tunnel that a crypto map takes instead of the way that the packet would have taken.

use super::super::nat::Rules;
use super::super::routes::{Away, elsewhere};
use super::super::state::Reader;
use super::{End, Opening, Peer, Portal};
use crate::model::{AddressId, AddressSet, InterfaceId, NextHop, PolicyRoute};
use crate::net::Prefix;
use crate::source::Span;
use std::collections::BTreeMap;

/// Addresses of networks and clients that nothing else in the configuration bounds: without this, every way to the Internet
/// would be uncertain wherever a peer may propose what it likes.
const PRIVATE: &[&str] =
    &["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"];

/// Puts the ways into the context, as *may* branches.
pub(super) fn add(
    reader: &mut Reader<'_>,
    ends: &[End],
    portals: &[Portal],
    users: &[Opening],
    nat: &Rules,
) {
    let mut found = Vec::new();
    for end in ends {
        ways(reader, (end.index, end.tunnel), &end.openings, nat, &mut found);
    }
    for portal in portals {
        let known = portals.iter().take_while(|other| other.span != portal.span);
        if known.into_iter().all(|other| other.index != portal.index) {
            ways(reader, (portal.index, None), users, nat, &mut found);
        }
    }
    let context = reader.context;
    reader.device.contexts[context].policy_routes.extend(found);
}

/// The ways to those who may send `openings` out of the tunnels of one interface.
fn ways(
    reader: &mut Reader<'_>,
    (index, tunnel): (usize, Option<InterfaceId>),
    openings: &[Opening],
    nat: &Rules,
    out: &mut Vec<PolicyRoute>,
) {
    let Some(interface) = reader.nameifs.get(index).map(|nameif| nameif.id) else { return };
    if reader.device.interfaces[interface].context != reader.context {
        return;
    }
    let mut by_line: BTreeMap<(Span, Peer), Vec<&Opening>> = BTreeMap::new();
    for opening in openings {
        by_line.entry((opening.span, opening.from)).or_default().push(opening);
    }
    for ((span, from), openings) in by_line {
        let mut matches = reader.match_all();
        matches.destination = far_side(reader, interface, from, &openings, span);
        matches.source = near_side(reader, from, &openings, nat, span);
        let network = matches!(from, Peer::Network { .. } | Peer::Proposed);
        for hop in tunnel.filter(|_| network).into_iter().chain([interface]) {
            let next_hop = Some(NextHop::Interface(hop));
            out.push(PolicyRoute { matches: matches.clone(), next_hop, span });
        }
    }
}

/// Where the packets go: a crypto map takes only what would leave by its interface, a route that the device makes takes all.
fn far_side(
    reader: &mut Reader<'_>,
    interface: InterfaceId,
    from: Peer,
    openings: &[&Opening],
    span: Span,
) -> AddressId {
    let away = match from {
        Peer::Network { routed: true } | Peer::Client => Vec::new(),
        Peer::Network { routed: false } => elsewhere(reader, interface, Away::Surely, span),
        Peer::Proposed | Peer::AnyClient => elsewhere(reader, interface, Away::Usually, span),
    };
    let named = match from {
        Peer::Proposed | Peer::AnyClient => {
            let private = PRIVATE.iter().filter_map(|block| Prefix::parse(block));
            private.map(|block| reader.range(block.range(), span)).collect()
        }
        Peer::Network { .. } | Peer::Client => unique(openings.iter().map(|o| o.source)),
    };
    let of = reader.union(named, span);
    if away.is_empty() {
        return of;
    }
    let minus = reader.union(away, span);
    reader.device.literal(AddressSet::Except { of, minus }, span)
}

/// Where they come from: a crypto map names addresses as they are after translation, a route decides before it.
fn near_side(
    reader: &mut Reader<'_>,
    from: Peer,
    openings: &[&Opening],
    nat: &Rules,
    span: Span,
) -> AddressId {
    let near = unique(openings.iter().map(|opening| opening.destination));
    let named = matches!(from, Peer::Network { .. });
    if !named || near.iter().any(|local| nat.appear(reader, *local, false)) {
        return reader.literals.any;
    }
    reader.union(near, span)
}

fn unique(ids: impl Iterator<Item = AddressId>) -> Vec<AddressId> {
    let mut ids: Vec<AddressId> = ids.collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}
