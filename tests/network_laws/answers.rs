//! What can travel from every zone of two networks, and how the answers relate.

use sekisho::compile::{Header, Reading};
use sekisho::packetset::{Arena, Function};
use sekisho::reach::{Network, Query, Run};
use sekisho::snapshot::{Place, Snapshot, ZoneId};
use std::collections::BTreeSet;

/// What must be true of a network and the same after a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Relation {
    /// Nothing differs in any reading.
    Same,
    /// Everything that could arrive still can, in the widest and in the narrowest reading.
    Wider,
    /// The same may arrive, and no more surely does.
    Doubt,
    /// What surely arrives may arrive.
    MustInMay,
}

/// Where the relation does not hold, in words. Odd seeds look at IPv6.
pub(crate) fn compare(
    before: &Snapshot,
    after: &Snapshot,
    relation: Relation,
    seed: u64,
) -> Option<String> {
    if seed % 4 == 3 {
        family::<u128>(before, after, relation)
    } else {
        family::<u32>(before, after, relation)
    }
}

fn run<K: Header>(network: &Network<'_, K>, zone: ZoneId, reading: Reading) -> Run<K> {
    let start = |_: &mut Arena<K>| network.opening();
    let run =
        network.run(&Query { zone, start: &start, reading, only_filters_of: None, watch: &[] });
    assert!(!run.limited());
    run
}

fn family<K: Header>(before: &Snapshot, after: &Snapshot, relation: Relation) -> Option<String> {
    let (first, second) = (Network::<K>::new(before), Network::<K>::new(after));
    let mut zones = before.zones.ids();
    zones.find_map(|zone| {
        let asked = |reading| (run(&first, zone, reading), run(&second, zone, reading));
        let words = match relation {
            Relation::Same => [Reading::May, Reading::Must, Reading::Always]
                .into_iter()
                .find_map(|reading| differ(asked(reading), (true, true), reading)),
            Relation::Wider => [Reading::May, Reading::Must]
                .into_iter()
                .find_map(|reading| differ(asked(reading), (true, false), reading)),
            Relation::Doubt => differ(asked(Reading::May), (true, true), Reading::May)
                .or_else(|| differ(asked(Reading::Must), (false, true), Reading::Must)),
            Relation::MustInMay => {
                let pair = (run(&first, zone, Reading::Must), run(&first, zone, Reading::May));
                differ(pair, (true, false), Reading::Must)
            }
        };
        words.map(|words| format!("from {zone:?}: {words}"))
    })
}

/// The first place at which what arrived before is no subset of what arrives after, or the other way round, as asked.
fn differ<K: Header>(
    (mut before, mut after): (Run<K>, Run<K>),
    (kept, no_more): (bool, bool),
    reading: Reading,
) -> Option<String> {
    let places: BTreeSet<Place> = before.ends.keys().chain(after.ends.keys()).copied().collect();
    for place in places {
        let old = before.delivered(place, None);
        let new = after.delivered(place, None);
        let new = before.arena.import(&after.arena, new, Function::ALL);
        let (gone, more) = (before.arena.minus(old, new), before.arena.minus(new, old));
        for (wrong, set, what) in [(kept, gone, "no more"), (no_more, more, "new")] {
            if wrong && !set.is_none() {
                let point = before.arena.pick(set);
                return Some(format!("{reading:?} at {place:?}: {what} {point:?}"));
            }
        }
    }
    let lost = |run: &mut Run<K>| {
        let sets: Vec<Function> = run.drops.iter().map(|drop| drop.set).collect();
        run.arena.min_all(sets)
    };
    let (old, new) = (lost(&mut before), lost(&mut after));
    let new = before.arena.import(&after.arena, new, Function::ALL);
    let same = old == new || reading != Reading::Always;
    (!same).then(|| format!("{reading:?}: other packets may be lost"))
}
