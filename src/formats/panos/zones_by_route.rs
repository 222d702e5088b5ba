//! Which addresses lead out of which interfaces: a translation rule asks for the zone of the *original* destination, before the
//! device routes the translated one.
//!
//! The address space falls into pieces by longest prefix. A piece is certain when one interface takes it for good; what routing
//! protocols, policy-based forwarding or a watched route may change is not.

use super::extent::Intervals;
use super::routers::index;
use crate::model::{ContextId, Device, InterfaceId, NextHop, RESOLVE_DEPTH};
use crate::net::{AddressRange, Family, Prefix, address};
use rustc_hash::FxHashMap;
use std::net::IpAddr;
use std::rc::Rc;

/// Where one piece of the address space goes.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Piece {
    range: AddressRange,
    way: Way,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Way {
    /// By one of these interfaces.
    By(Vec<InterfaceId>),
    /// By any interface, or by none.
    Open,
}

/// The pieces of every context, computed once.
#[derive(Debug, Default)]
pub(super) struct Ways {
    known: FxHashMap<usize, Rc<Vec<Piece>>>,
}

impl Ways {
    /// The addresses that surely leave `context` by one of `interfaces`, and those that may.
    pub(super) fn leading(
        &mut self,
        device: &Device,
        context: ContextId,
        interfaces: &[InterfaceId],
    ) -> (Intervals, Intervals) {
        let pieces = self
            .known
            .entry(index(context))
            .or_insert_with(|| Rc::new(pieces(device, context)))
            .clone();
        let (mut sure, mut may) = (Vec::new(), Vec::new());
        for piece in pieces.iter() {
            match &piece.way {
                Way::By(ids) => {
                    if ids.iter().any(|id| interfaces.contains(id)) {
                        may.push(piece.range);
                        if ids.iter().all(|id| interfaces.contains(id)) {
                            sure.push(piece.range);
                        }
                    }
                }
                Way::Open => may.push(piece.range),
            }
        }
        (Intervals::of(sure), Intervals::of(may))
    }
}

/// One candidate for a prefix.
#[derive(Clone, Debug)]
struct Candidate {
    prefix: Prefix,
    rank: (u8, u32),
    way: Way,
}

fn pieces(device: &Device, context: ContextId) -> Vec<Piece> {
    let mut candidates = connected(device, context);
    let links = candidates.clone();
    let table = &device.contexts[context];
    let open = !table.policy_routes.is_empty();
    for route in &table.routes {
        let way = match route.next_hop {
            _ if route.withdrawable => Some(Way::Open),
            NextHop::Interface(id) => device.interfaces[id].up.then(|| Way::By(vec![id])),
            NextHop::Gateway { interface: Some(id), .. } => {
                device.interfaces[id].up.then(|| Way::By(vec![id]))
            }
            NextHop::Gateway { address, interface: None } => {
                resolve(device, context, &links, address, RESOLVE_DEPTH)
            }
            NextHop::Discard => Some(Way::By(Vec::new())),
            NextHop::Context(_) => Some(Way::Open),
        };
        let rank = (route.distance, route.metric);
        candidates.extend(way.map(|way| Candidate { prefix: route.prefix, rank, way }));
    }
    let dynamic = !table.dynamic_routing.is_empty() && !table.rib_complete;
    let mut out = Vec::new();
    for family in Family::ALL {
        let mut rows: Vec<&Candidate> =
            candidates.iter().filter(|c| c.prefix.family() == family).collect();
        rows.sort_by_key(|c| (c.prefix.address(), c.prefix.len(), c.rank));
        let best = best(&rows);
        let gap = if dynamic { Way::Open } else { Way::By(Vec::new()) };
        sweep(family, &best, &gap, &mut out);
    }
    for piece in &mut out {
        let link = links.iter().any(|link| {
            let range = link.prefix.range();
            range.contains(piece.range.first()) && range.contains(piece.range.last())
        });
        if open || dynamic && !link {
            piece.way = Way::Open;
        }
    }
    out
}

fn connected(device: &Device, context: ContextId) -> Vec<Candidate> {
    let mut out = Vec::new();
    for (id, interface) in device.interfaces.iter() {
        if interface.context != context || !interface.up {
            continue;
        }
        for own in &interface.addresses {
            let prefix = Prefix::new(own.address, own.len);
            let way = Way::By(vec![id]);
            out.extend(prefix.map(|prefix| Candidate { prefix, rank: (0, 0), way }));
        }
    }
    out
}

/// By which interface a gateway is reached.
fn resolve(
    device: &Device,
    context: ContextId,
    links: &[Candidate],
    gateway: IpAddr,
    depth: usize,
) -> Option<Way> {
    let holder = links.iter().filter(|link| link.prefix.contains(gateway));
    if let Some(link) = holder.max_by_key(|link| link.prefix.len()) {
        return Some(link.way.clone());
    }
    let routes =
        device.contexts[context].routes.iter().filter(|route| route.prefix.contains(gateway));
    let route = routes.max_by_key(|route| route.prefix.len())?;
    match route.next_hop {
        _ if depth == 0 => Some(Way::Open),
        NextHop::Interface(id) | NextHop::Gateway { interface: Some(id), .. } => {
            Some(Way::By(vec![id]))
        }
        NextHop::Gateway { address, interface: None } if address != gateway => {
            resolve(device, context, links, address, depth - 1)
        }
        _ => Some(Way::Open),
    }
}

/// The winners of every prefix: lowest distance, then lowest metric, equals together.
fn best(rows: &[&Candidate]) -> Vec<(Prefix, Way)> {
    let mut out: Vec<(Prefix, (u8, u32), Way)> = Vec::new();
    for row in rows {
        match out.last_mut() {
            Some((prefix, rank, way)) if *prefix == row.prefix => {
                if *rank == row.rank {
                    *way = join(way, &row.way);
                }
            }
            _ => out.push((row.prefix, row.rank, row.way.clone())),
        }
    }
    out.into_iter().map(|(prefix, _, way)| (prefix, way)).collect()
}

fn join(a: &Way, b: &Way) -> Way {
    match (a, b) {
        (Way::By(a), Way::By(b)) => {
            let mut all = [a.as_slice(), b.as_slice()].concat();
            all.sort_unstable();
            all.dedup();
            Way::By(all)
        }
        _ => Way::Open,
    }
}

/// Cuts the space of a family at the borders of prefixes; each piece goes the way of the longest prefix around it. `rows` are
/// sorted, outer before inner.
fn sweep(family: Family, rows: &[(Prefix, Way)], gap: &Way, out: &mut Vec<Piece>) {
    let mut stack: Vec<(u128, &Way)> = vec![(family.last(), gap)];
    let mut at: Option<u128> = Some(0);
    let mut emit = |at: &mut Option<u128>, to: u128, way: &Way| {
        if let Some(from) = *at
            && from <= to
        {
            let range = AddressRange::new(address(family, from), address(family, to));
            out.extend(range.map(|range| Piece { range, way: way.clone() }));
            *at = to.checked_add(1);
        }
    };
    for (prefix, way) in rows {
        let (first, last) = prefix.range().numbers();
        while let Some((end, outer)) = stack.last().copied()
            && end < first
        {
            emit(&mut at, end, outer);
            stack.pop();
        }
        if let (Some((_, outer)), Some(before)) = (stack.last().copied(), first.checked_sub(1)) {
            emit(&mut at, before, outer);
        }
        stack.push((last, way));
    }
    while let Some((end, way)) = stack.pop() {
        emit(&mut at, end, way);
    }
}
