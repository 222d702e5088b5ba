//! Translation: what a list of rewrites does to a set of packets, and back.

use super::artefact::product;
use super::header::{Header, fields, port_protocols, small, span};
use super::{Artefact, Compiled, Entry, LineRef, Reading, fits};
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

/// What a line that surely comes first does; `None` where that is not known.
fn fate<K>(artefact: &Artefact<K>, priority: u32) -> Option<Action> {
    match artefact.entries.get(priority as usize) {
        Some(entry) if entry.action == Action::Deny && !entry.sure => None,
        entry => entry.map(|entry| entry.action).filter(|action| *action != Action::Undecided),
    }
}

/// Every line by which packets of `set` may pass a list that filters: those that surely take some, and uncertain ones that no
/// certain line comes before; and what may come to the end of the list.
#[must_use]
pub fn permitting<K: Header>(
    artefact: &Artefact<K>,
    scratch: &mut Arena<K>,
    compiled: &Compiled<K>,
    ports: (InterfaceId, Option<InterfaceId>),
    set: Function,
) -> (Vec<LineRef>, Function) {
    let found = artefact.decide(scratch, compiled, ports, set, Reading::Always);
    let ends = |p: u32| !matches!(fate(artefact, p), None | Some(Action::Return));
    let decided = scratch.select(found, &ends);
    let undecided = scratch.select(found, &|p| fate(artefact, p).is_none());
    let possible = uncertain(artefact, scratch, compiled, ports, set, found, undecided);
    let mut priorities = scratch.priorities(found);
    priorities.extend(possible.into_iter().map(|(_, priority)| priority));
    priorities.sort_unstable();
    priorities.dedup();
    let entries = priorities.into_iter().filter_map(|p| artefact.entries.get(p as usize));
    let passes = |entry: &&Entry<K>| matches!(entry.action, Action::Permit | Action::Undecided);
    let lines = entries.filter(passes).map(|entry| entry.line).collect();
    (lines, scratch.minus(set, decided))
}

fn outcome<K>(artefact: &Artefact<K>, before: Function, priority: u32) -> Outcome {
    let entry = artefact.entries.get(priority as usize);
    let rewrite = entry.and_then(|entry| match entry.action {
        Action::Rewrite(id) => Some(id),
        _ => None,
    });
    Outcome { before, rewrite, garbled: false, line: entry.map(|entry| entry.line) }
}

/// The packets that an uncertain line may take: those that no certain line took before it, and those of undecided lines.
fn uncertain<K: Header>(
    artefact: &Artefact<K>,
    scratch: &mut Arena<K>,
    compiled: &Compiled<K>,
    ports: (InterfaceId, Option<InterfaceId>),
    set: Function,
    found: Function,
    undecided: Function,
) -> Vec<(Function, u32)> {
    let mut out = Vec::new();
    // What has surely left each of the lists that the entry at hand is in by jumps.
    let mut returned: Vec<(u8, Function)> = Vec::new();
    for (index, entry) in artefact.entries.iter().enumerate() {
        returned.retain(|(depth, _)| *depth <= entry.depth);
        let returns = entry.depth > 0 && entry.action == Action::Return && entry.certain;
        if returns && fits(ports, &entry.ingress, &entry.egress) {
            returned.push((entry.depth, widest(scratch, compiled, entry, set)));
        }
        let takes = matches!(entry.action, Action::Rewrite(_) | Action::Permit);
        let meets = entry.ingress.contains(ports.0)
            && ports.1.is_none_or(|port| entry.egress.contains(port));
        if !takes || !meets || entry.sure && undecided.is_none() {
            continue;
        }
        let priority = u32::try_from(index).unwrap_or(u32::MAX);
        let earlier = scratch.select(found, &|p| p < priority);
        let mut open = if entry.sure { undecided } else { scratch.minus(set, earlier) };
        if !entry.sure {
            open = scratch.min(open, undecided);
        }
        for (_, gone) in &returned {
            open = scratch.minus(open, *gone);
        }
        let part = widest(scratch, compiled, entry, open);
        if !part.is_none() {
            out.push((part, priority));
        }
    }
    out
}

/// The packets of `set` that an entry may match.
fn widest<K: Header>(
    scratch: &mut Arena<K>,
    compiled: &Compiled<K>,
    entry: &Entry<K>,
    set: Function,
) -> Function {
    let (source, destination, rest) = &entry.widest;
    let rest = scratch.import(&compiled.arena, *rest, set);
    let widest = product(scratch, &(source.clone(), destination.clone(), rest));
    scratch.guard(set, widest)
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
