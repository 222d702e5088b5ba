//! Which lines of a list may decide about a packet: the first that surely does is not the only one, where lines before it are
//! not fully known.

use super::artefact::product;
use super::header::Header;
use super::{Artefact, Compiled, Entry, LineRef, Reading, fits};
use crate::model::{Action, InterfaceId};
use crate::packetset::{Arena, Function};

/// What a line that surely comes first does; `None` where that is not known.
pub(super) fn fate<K>(artefact: &Artefact<K>, priority: u32) -> Option<Action> {
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

/// The packets that an uncertain line may take: those that no certain line took before it, and those of undecided lines.
pub(super) fn uncertain<K: Header>(
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
