//! Translation: what a list of rewrites does to a set of packets, and back.

use super::header::{Header, fields, port_protocols, small, span};
use super::possible::{fate, uncertain};
use super::{Artefact, Compiled, LineRef, Reading};
use crate::model::{Action, AddressMap, Id, InterfaceId, PortMap, Rewrite, RewriteId};
use crate::packetset::{Arena, Function, Intervals};

/// Packets that meet one fate in a translation list.
#[derive(Clone, Copy, Debug)]
pub struct Outcome {
    /// The packets, before the rewrite.
    pub before: Function,
    /// The rewrite; `None` when they stay as they are.
    pub rewrite: Option<RewriteId>,
    /// Whether an unread line may have made anything of both addresses.
    pub garbled: bool,
    /// The line; `None` when no line matched.
    pub line: Option<LineRef>,
}

/// What a translation list does to a set.
#[derive(Debug)]
pub struct Applied {
    /// Every fate that a line decides.
    pub outcomes: Vec<Outcome>,
    /// What no line takes.
    pub left: Function,
    /// What a line stops or, undecided or in doubt, may stop.
    pub stopped: Function,
    /// Whether no line is in doubt.
    pub exact: bool,
}

/// All outcomes for the packets of `set`, and what no line of the list takes or a line returns. In [`Reading::Must`] only
/// outcomes that are the only one for their packets; otherwise every possible one. The flag says whether the two differ.
#[must_use]
pub fn apply<K: Header>(
    artefact: &Artefact<K>,
    scratch: &mut Arena<K>,
    compiled: &Compiled<K>,
    ports: (InterfaceId, Option<InterfaceId>),
    set: Function,
    reading: Reading,
) -> Applied {
    let found = artefact.decide(scratch, compiled, ports, set, Reading::Always);
    let fate = |p: u32| fate(artefact, p);
    let undecided = scratch.select(found, &|p| fate(p).is_none());
    let garbled = scratch.select(found, &|p| {
        artefact.entries.get(p as usize).is_none_or(|entry| entry.action == Action::Undecided)
    });
    let possible = uncertain(artefact, scratch, compiled, ports, set, found, undecided);
    let mut doubt = undecided;
    for (part, _) in &possible {
        doubt = scratch.min(doubt, *part);
    }
    let exact = doubt.is_none();
    let matched = scratch.support(found);
    let mut untouched = scratch.minus(set, matched);
    let (mut outcomes, mut stopped) = (Vec::new(), undecided);
    for (priority, before) in scratch.split(found) {
        match fate(priority) {
            None => {}
            Some(Action::Deny) => stopped = scratch.min(stopped, before),
            Some(Action::Return) => untouched = scratch.min(untouched, before),
            Some(_) => outcomes.push(outcome(artefact, before, priority)),
        }
    }
    if reading == Reading::Must {
        for outcome in &mut outcomes {
            outcome.before = scratch.minus(outcome.before, doubt);
        }
        untouched = scratch.minus(untouched, doubt);
    } else {
        untouched = scratch.min(untouched, undecided);
        for (before, garbled) in [(undecided, false), (garbled, true)] {
            outcomes.push(Outcome { before, rewrite: None, garbled, line: None });
        }
        outcomes.extend(
            possible.into_iter().map(|(before, priority)| outcome(artefact, before, priority)),
        );
    }
    outcomes.retain(|outcome| !outcome.before.is_none());
    Applied { outcomes, left: untouched, stopped, exact }
}

fn outcome<K>(artefact: &Artefact<K>, before: Function, priority: u32) -> Outcome {
    let entry = artefact.entries.get(priority as usize);
    let rewrite = entry.and_then(|entry| match entry.action {
        Action::Rewrite(id) => Some(id),
        _ => None,
    });
    Outcome { before, rewrite, garbled: false, line: entry.map(|entry| entry.line) }
}

/// The addresses that a map names by their place only.
#[derive(Debug)]
pub struct Named<K> {
    /// Those of the interface by which the packets came in.
    pub ingress: Intervals<K>,
    /// Those of the interface by which they leave; empty before the route.
    pub egress: Intervals<K>,
    /// Those that an unknown address can have.
    pub all: Intervals<K>,
}

/// The fields, as bits, that `rewrite` sets, and those among them whose value is not known.
#[must_use]
pub fn addressed<K: Header>(rewrite: &Rewrite, named: &Named<K>) -> (u8, u8) {
    let (mut set, mut unknown) = (0, 0);
    for (bit, map) in [(1, &rewrite.source), (2, &rewrite.destination)] {
        let known = match map {
            None => continue,
            Some(AddressMap::Shift { from, to }) => {
                from.family() == K::FAMILY && to.family() == K::FAMILY
            }
            Some(AddressMap::Pool(ranges)) => ranges.iter().any(|r| r.family() == K::FAMILY),
            Some(AddressMap::EgressInterface) => !named.egress.is_empty(),
            Some(AddressMap::IngressInterface) => !named.ingress.is_empty(),
            Some(AddressMap::Unknown) => false,
        };
        set |= bit;
        unknown |= if known { 0 } else { bit };
    }
    (set, unknown)
}

/// What an unread line of a translation list may do.
#[must_use]
pub fn garble() -> Rewrite {
    let any = Some(AddressMap::Unknown);
    Rewrite { source: any.clone(), destination: any, ..Rewrite::default() }
}

/// The packets of `set` after `rewrite`.
#[must_use]
pub fn image<K: Header>(
    scratch: &mut Arena<K>,
    set: Function,
    rewrite: &Rewrite,
    id: Option<RewriteId>,
    named: &Named<K>,
) -> Function {
    let mut out = set;
    for (field, map) in [(fields::SRC, &rewrite.source), (fields::DST, &rewrite.destination)] {
        if let Some(map) = map {
            out = map_address(scratch, out, field, map, named);
        }
    }
    for (field, map) in
        [(fields::SPORT, rewrite.source_port), (fields::DPORT, rewrite.destination_port)]
    {
        if let Some(map) = map {
            out = map_port(scratch, out, field, map);
        }
    }
    let Some(id) = id else { return out };
    let mark = K::narrow(Id::index(id) as u128 + 1);
    let mark = Intervals::range(mark, mark);
    if rewrite.destination.is_some() {
        out = scratch.assign(out, fields::MARK, &mark);
    } else if rewrite.destination_port.is_some() {
        let ported = scratch.field_in(fields::PROTOCOL, &port_protocols());
        let (with, without) = (scratch.guard(out, ported), scratch.minus(out, ported));
        let with = scratch.assign(with, fields::MARK, &mark);
        out = scratch.min(with, without);
    }
    out
}

fn map_address<K: Header>(
    scratch: &mut Arena<K>,
    set: Function,
    field: usize,
    map: &AddressMap,
    named: &Named<K>,
) -> Function {
    let Named { ingress, egress, all } = named;
    match map {
        AddressMap::Shift { from, to }
            if from.family() == K::FAMILY && to.family() == K::FAMILY =>
        {
            scratch.shift(set, field, K::of(from.first()), K::of(to.first()), from.extent())
        }
        AddressMap::Pool(ranges) => {
            let pool = super::intervals(ranges.iter().copied());
            scratch.assign(set, field, if pool.is_empty() { all } else { &pool })
        }
        AddressMap::EgressInterface if !egress.is_empty() => scratch.assign(set, field, egress),
        AddressMap::IngressInterface if !ingress.is_empty() => scratch.assign(set, field, ingress),
        AddressMap::Shift { .. }
        | AddressMap::EgressInterface
        | AddressMap::IngressInterface
        | AddressMap::Unknown => scratch.assign(set, field, all),
    }
}

fn map_port<K: Header>(
    scratch: &mut Arena<K>,
    set: Function,
    field: usize,
    map: PortMap,
) -> Function {
    let ported = scratch.field_in(fields::PROTOCOL, &port_protocols());
    let (with, without) = (scratch.guard(set, ported), scratch.minus(set, ported));
    let moved = match map {
        PortMap::Shift { from, to } => {
            let extent = u128::from(from.last() - from.first());
            scratch.shift(with, field, small(from.first().into()), small(to.first().into()), extent)
        }
        PortMap::Within(range) => {
            scratch.assign(with, field, &span(range.first().into(), range.last().into()))
        }
    };
    scratch.min(moved, without)
}

/// The packets of `before` that `rewrite` can turn into one of `after`, whatever the mark of that.
#[must_use]
pub fn preimage<K: Header>(
    scratch: &mut Arena<K>,
    before: Function,
    rewrite: &Rewrite,
    after: Function,
) -> Function {
    let mut set = scratch.exists(after, fields::MARK);
    let ported = scratch.field_in(fields::PROTOCOL, &port_protocols());
    let ports = [(fields::SPORT, rewrite.source_port), (fields::DPORT, rewrite.destination_port)];
    for (field, map) in ports.into_iter().filter_map(|(field, map)| Some((field, map?))) {
        let (with, without) = (scratch.guard(set, ported), scratch.minus(set, ported));
        let moved = match map {
            PortMap::Shift { from, to } => {
                let extent = u128::from(from.last() - from.first());
                let (to, from) = (small(to.first().into()), small(from.first().into()));
                scratch.shift(with, field, to, from, extent)
            }
            PortMap::Within(_) => scratch.exists(with, field),
        };
        set = scratch.min(moved, without);
    }
    for (field, map) in [(fields::SRC, &rewrite.source), (fields::DST, &rewrite.destination)] {
        set = match map {
            None => set,
            Some(AddressMap::Shift { from, to })
                if from.family() == K::FAMILY && to.family() == K::FAMILY =>
            {
                scratch.shift(set, field, K::of(to.first()), K::of(from.first()), from.extent())
            }
            Some(_) => scratch.exists(set, field),
        };
    }
    scratch.guard(before, set)
}

/// A packet of `before` that `rewrite` can turn into `after`.
#[must_use]
pub fn pull_back<K: Header>(
    scratch: &mut Arena<K>,
    before: Function,
    rewrite: &Rewrite,
    after: &[K],
) -> Option<Vec<K>> {
    let protocol = after.get(fields::PROTOCOL).copied().unwrap_or_default();
    let ported = port_protocols().contains(protocol);
    let mut set = before;
    for (field, value) in after.iter().enumerate() {
        let origin = match field {
            fields::SRC => address_origin(rewrite.source.as_ref(), *value),
            fields::DST => address_origin(rewrite.destination.as_ref(), *value),
            fields::SPORT if ported => port_origin(rewrite.source_port, *value),
            fields::DPORT if ported => port_origin(rewrite.destination_port, *value),
            fields::MARK => None,
            _ => Some(*value),
        };
        if let Some(origin) = origin {
            let inside = scratch.field_in(field, &Intervals::range(origin, origin));
            set = scratch.guard(set, inside);
        }
    }
    scratch.pick(set)
}

/// The coordinate before the map; `None` when any is possible.
fn address_origin<K: Header>(map: Option<&AddressMap>, after: K) -> Option<K> {
    match map {
        None => Some(after),
        Some(AddressMap::Shift { from, to }) if from.family() == K::FAMILY => {
            let distance = after.wide().checked_sub(K::of(to.first()).wide())?;
            Some(K::narrow(K::of(from.first()).wide() + distance))
        }
        Some(_) => None,
    }
}

fn port_origin<K: Header>(map: Option<PortMap>, after: K) -> Option<K> {
    match map {
        None => Some(after),
        Some(PortMap::Shift { from, to }) => {
            let distance = after.wide().checked_sub(u128::from(to.first()))?;
            Some(K::narrow(u128::from(from.first()) + distance))
        }
        Some(PortMap::Within(_)) => None,
    }
}
