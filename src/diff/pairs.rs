//! From every zone to every zone and device, and out of the picture: what could be sent before, and what can be sent after.

use std::collections::BTreeSet;

use super::edited::{Edited, Towards};
use super::example::Sides;
use super::{Change, PairChange, example};
use crate::check;
use crate::compile::{Header, Reading, fields};
use crate::finding::FlowList;
use crate::packetset::{Arena, Function, Intervals};
use crate::reach::{Network, Query, Run, Ways};
use crate::scan::Loaded;
use crate::snapshot::{Place, Snapshot};
use crate::workers;

/// How many flows of a change are listed.
const FLOWS: usize = 50;

/// The pairs that changed or are unclear, how many were compared, and whether the tracer confirmed every example.
pub(super) fn compare(old: &Loaded, new: &Loaded) -> (Vec<PairChange>, usize, bool) {
    let edited = Edited::between(old, new);
    let four = family::<u32>(old, new, &edited);
    let six = family::<u128>(old, new, &edited);
    let mut changes = four.changes;
    changes.extend(six.changes);
    (changes, four.compared + six.compared, four.confirmed && six.confirmed)
}

/// What one family has to tell.
#[derive(Default)]
struct Told {
    changes: Vec<PairChange>,
    compared: usize,
    confirmed: bool,
}

/// What can be sent from one zone on one side.
struct Sent<K> {
    may: (Run<K>, Ways),
    /// `None` when nothing is uncertain.
    must: Option<(Run<K>, Ways)>,
}

fn family<K: Header>(old: &Loaded, new: &Loaded, edited: &Edited) -> Told {
    let networks = [Network::<K>::new(&old.snapshot), Network::<K>::new(&new.snapshot)];
    let zones = names(old, new, |snapshot| snapshot.zones.ids().map(Place::Zone).collect());
    let others = names(old, new, |snapshot| {
        let devices = snapshot.devices.ids().map(Place::Device);
        devices.chain(snapshot.segments.ids().map(Place::Unzoned)).collect()
    });
    let mut all: Vec<&str> = zones.iter().chain(&others).map(String::as_str).collect();
    all.dedup();
    let told = workers::map(&zones, |from| row(&networks, edited, from, &all));
    let mut all = Told { confirmed: true, ..Told::default() };
    for row in told {
        all.changes.extend(row.changes);
        all.compared += row.compared;
        all.confirmed &= row.confirmed;
    }
    all
}

/// The names of places of both states, each once.
fn names(old: &Loaded, new: &Loaded, places: impl Fn(&Snapshot) -> Vec<Place>) -> Vec<String> {
    let of = |loaded: &Loaded| -> Vec<String> {
        places(&loaded.snapshot).into_iter().map(|place| place.id(&loaded.snapshot)).collect()
    };
    let mut seen = BTreeSet::new();
    of(new).into_iter().chain(of(old)).filter(|name| seen.insert(name.clone())).collect()
}

/// Everything about one zone of origin.
fn row<K: Header>(
    networks: &[Network<'_, K>; 2],
    edited: &Edited,
    from: &str,
    names: &[&str],
) -> Told {
    let mut told = Told { confirmed: true, ..Told::default() };
    let mut sent = networks.each_ref().map(|network| sent(network, from));
    if sent.iter().all(Option::is_none) {
        return told;
    }
    for to in names {
        let ends = networks.each_ref().map(|network| end(network, to));
        if ends.iter().all(Option::is_none) {
            continue;
        }
        told.compared += 1;
        // What leaves the picture is told when it surely opened or closed: beyond, everything is unclear.
        let places = ends.iter().flatten().flat_map(|end| &end.places);
        let inside = places.clone().any(|place| !matches!(place, Place::Unzoned(_)));
        let open = inside && edited.decides(|side| towards(networks, &sent, &ends, side));
        let (change, confirmed) = pair(networks, &mut sent, (from, to), (&ends, open));
        told.changes.extend(change);
        told.confirmed &= confirmed;
    }
    told
}

/// The ways to a place of one side; `None` when it has no such place, or nothing is sent.
fn towards<'n, K: Header>(
    networks: &[Network<'n, K>; 2],
    sent: &[Option<Sent<K>>; 2],
    ends: &[Option<Target<K>>; 2],
    side: usize,
) -> Option<Towards<'n>> {
    let (_, ways) = &sent.get(side)?.as_ref()?.may;
    let target = ends.get(side)?.as_ref()?;
    Some(Towards::new(networks.get(side)?.snapshot, ways, *target.places.first()?))
}

/// Where packets end, on one side.
struct Target<K> {
    places: Vec<Place>,
    addresses: Intervals<K>,
}

/// What a name stands for on one side, when it has addresses of the family.
fn end<K: Header>(network: &Network<'_, K>, name: &str) -> Option<Target<K>> {
    let places = Place::named(network.snapshot, name);
    let addresses = match places.first()? {
        Place::Unzoned(_) => network.unicast().clone(),
        place => check::addresses(network, &check::place_end(network.snapshot, *place)),
    };
    (!addresses.is_empty()).then_some(Target { places, addresses })
}

fn sent<K: Header>(network: &Network<'_, K>, from: &str) -> Option<Sent<K>> {
    let from = end(network, from)?;
    let Some(Place::Zone(zone)) = from.places.first().copied() else { return None };
    let start = |arena: &mut Arena<K>| {
        let source = arena.field_in(fields::SRC, &from.addresses);
        arena.guard(network.opening(), source)
    };
    let run = |reading| {
        let query = Query { zone, start: &start, reading, only_filters_of: None, watch: &[] };
        let run = network.run_whole(&query, None);
        let ways = Ways::of(&run);
        (run, ways)
    };
    let may = run(Reading::May);
    let must = (!may.0.exact).then(|| run(Reading::Must));
    Some(Sent { may, must })
}

/// What may and must pass on one side.
#[derive(Clone, Copy)]
struct Passing {
    /// As it is sent.
    sent: (Function, Function),
    /// As it arrives, from whomever: a server behind a translation may be another one than it was.
    arrived: (Function, Function),
}

/// What may and must pass on one side, in `arena`; `None` when a limit leaves it open.
fn sets<K: Header>(
    arena: &mut Arena<K>,
    network: &Network<'_, K>,
    sent: Option<&mut Sent<K>>,
    end: Option<&Target<K>>,
) -> Option<Passing> {
    let nothing = (Function::NONE, Function::NONE);
    let (Some(sent), Some(end)) = (sent, end) else {
        return Some(Passing { sent: nothing, arrived: nothing });
    };
    let mut both = |(run, ways): &mut (Run<K>, Ways)| {
        let wanted = run.arena.field_in(fields::DST, &end.addresses);
        let sent = |place: &Place| run.origins(network, ways, *place, wanted);
        let parts: Vec<Function> = end.places.iter().map(sent).collect();
        let set = run.arena.min_all(parts);
        let parts = end.places.iter().map(|place| run.delivered(*place, None)).collect();
        let mut arrived = run.arena.min_all(parts);
        for field in [fields::SRC, fields::SPORT, fields::MARK] {
            arrived = run.arena.exists(arrived, field);
        }
        let sets = [set, arrived];
        (!run.limited()).then(|| sets.map(|set| arena.import(&run.arena, set, Function::ALL)))
    };
    let may = both(&mut sent.may)?;
    let must = match &mut sent.must {
        Some(run) => both(run)?,
        None => may,
    };
    Some(Passing { sent: (may[0], must[0]), arrived: (may[1], must[1]) })
}

/// What changed between two places, and whether the tracer confirmed it.
fn pair<K: Header>(
    networks: &[Network<'_, K>; 2],
    sent: &mut [Option<Sent<K>>; 2],
    (from, to): (&str, &str),
    (ends, open): (&[Option<Target<K>>; 2], bool),
) -> (Option<PairChange>, bool) {
    let change = |opened, closed, unclear| PairChange {
        from: from.to_owned(),
        to: to.to_owned(),
        family: K::FAMILY,
        opened,
        closed,
        unclear,
    };
    let [old, new] = networks;
    let mut arena = new.arena();
    let ([sent_old, sent_new], [end_old, end_new]) = (sent, ends);
    let before = sets(&mut arena, old, sent_old.as_mut(), end_old.as_ref());
    let after = sets(&mut arena, new, sent_new.as_mut(), end_new.as_ref());
    let (Some(before), Some(after)) = (before, after) else {
        return (Some(change(None, None, FlowList::anything())), true);
    };
    let sides = Sides { networks, ends: (from, to) };
    let mut changed = |less: Passing, more: Passing, side| {
        let examples = |arena: &mut Arena<K>, set| example::examples(arena, set, &sides, side);
        match gained(&mut arena, less.sent, more.sent, examples) {
            (None, _) => gained(&mut arena, less.arrived, more.arrived, |_, _| (Vec::new(), true)),
            told => told,
        }
    };
    let (opened, one) = changed(before, after, 1);
    let (closed, other) = changed(after, before, 0);
    let unclear =
        if open { unclear(&mut arena, before.sent, after.sent) } else { FlowList::default() };
    if arena.exhausted() {
        return (Some(change(None, None, FlowList::anything())), true);
    }
    let nothing = opened.is_none() && closed.is_none() && unclear == FlowList::default();
    ((!nothing).then(|| change(opened, closed, unclear)), one && other)
}

/// What may pass on the second side and not on the first.
fn gained<K: Header>(
    arena: &mut Arena<K>,
    less: (Function, Function),
    more: (Function, Function),
    examples: impl Fn(&mut Arena<K>, Function) -> (Vec<example::Example>, bool),
) -> (Option<Change>, bool) {
    let set = arena.minus(more.0, less.0);
    if set.is_none() {
        return (None, true);
    }
    let sure = arena.guard(set, more.1);
    let (examples, confirmed) = examples(arena, set);
    let flows = check::list_flows(arena, set, FLOWS);
    (Some(Change { flows, sure: !sure.is_none(), examples }), confirmed)
}

/// What may pass on both sides, and surely passes not on both.
fn unclear<K: Header>(
    arena: &mut Arena<K>,
    before: (Function, Function),
    after: (Function, Function),
) -> FlowList {
    let may = arena.guard(before.0, after.0);
    let must = arena.guard(before.1, after.1);
    let open = arena.minus(may, must);
    check::list_flows(arena, open, FLOWS)
}
