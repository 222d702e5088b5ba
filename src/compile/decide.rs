//! Which line of a list decides packets: the minimum over the groups that their interfaces meet, under the guard of the packets.
//!
//! A list can also be asked as if some of its lines were not there, without compiling it again: what they decided, the next line
//! decides.

use super::artefact::{Artefact, Jump, product};
use super::group::fits;
use super::{Compiled, Header, Reading, fields};
use crate::model::{Action, InterfaceId, Interfaces, ListId};
use crate::packetset::{Arena, Function};

impl<K: Header> Artefact<K> {
    /// For packets of `set` (in `scratch`) that came in by `ingress` and are about to leave by `egress` (`None` before the
    /// route): the position in `entries` of the line that decides. `compiled` is the device that the artefact belongs to.
    #[must_use]
    pub fn decide(
        &self,
        scratch: &mut Arena<K>,
        compiled: &Compiled<K>,
        ports: (InterfaceId, Option<InterfaceId>),
        set: Function,
        reading: Reading,
    ) -> Function {
        let fits = |ingress: &Interfaces, egress: &Interfaces| fits(ports, ingress, egress);
        let mut found = Function::NONE;
        for root in self.roots(ports, reading) {
            let part = scratch.import(&compiled.arena, root, set);
            found = scratch.min(found, part);
        }
        for jump in self.jumps.iter() {
            if fits(&jump.ingress, &jump.egress) {
                let part = jump.decide(scratch, compiled, ports, set, reading);
                found = scratch.min(found, part);
            }
        }
        if self.without.is_empty() {
            return found;
        }
        decide_again(self, scratch, compiled, ports, found)
    }

    /// Those packets of `set` that a line decides whose action is one that `keep` keeps; the rest as in [`Artefact::decide`].
    #[must_use]
    pub fn decided_by(
        &self,
        scratch: &mut Arena<K>,
        compiled: &Compiled<K>,
        ports: (InterfaceId, Option<InterfaceId>),
        (set, reading): (Function, Reading),
        keep: impl Fn(Action) -> bool,
    ) -> Function {
        let kept = |p: u32| self.entries.get(p as usize).is_some_and(|entry| keep(entry.action));
        if let Some(root) = self.only_root(ports, reading) {
            // Lines that are treated alike need not be told apart first.
            return scratch.import_as(&compiled.arena, root, set, &|p| kept(p).then_some(0));
        }
        let found = self.decide(scratch, compiled, ports, set, reading);
        scratch.select(found, &kept)
    }

    /// The function that alone says which line decides packets of these interfaces; `None` where several do.
    fn only_root(
        &self,
        ports: (InterfaceId, Option<InterfaceId>),
        reading: Reading,
    ) -> Option<Function> {
        let mut roots = self.roots(ports, reading);
        let only = roots.next().unwrap_or(Function::NONE);
        let plain = self.jumps.is_empty() && self.without.is_empty();
        (plain && roots.next().is_none()).then_some(only)
    }

    /// The functions of the groups whose conditions packets of these interfaces meet: the smallest priority of all decides.
    fn roots(
        &self,
        ports: (InterfaceId, Option<InterfaceId>),
        reading: Reading,
    ) -> impl Iterator<Item = Function> {
        let index = if self.readings.len() > 1 { reading as usize } else { 0 };
        let groups = self.readings.get(index).into_iter().flat_map(move |groups| groups.at(ports));
        groups.flat_map(|group| group.roots.iter().copied())
    }

    /// The same list as if the entries at some positions, ascending, were not there; `None` when it must be compiled again.
    pub(super) fn missing(&self, without: Vec<u32>) -> Option<Self> {
        self.is_plain().then(|| Artefact { without, ..self.clone() })
    }

    /// Whether lines of the list jump into `list`.
    #[must_use]
    pub(super) fn jumps_into(&self, list: ListId) -> bool {
        self.jumps.iter().any(|jump| jump.list == list)
    }
}

impl Jump {
    /// What the list that is jumped into decides; nothing where it returns. Where the jump itself is uncertain, a result that
    /// goes against the reading counts as none: the packet may not have jumped.
    fn decide<K: Header>(
        &self,
        scratch: &mut Arena<K>,
        compiled: &Compiled<K>,
        ports: (InterfaceId, Option<InterfaceId>),
        set: Function,
        reading: Reading,
    ) -> Function {
        let Some(artefact) = compiled.list(self.list) else { return Function::NONE };
        let may = scratch.import(&compiled.arena, self.gate.may, set);
        let inner = artefact.decide(scratch, compiled, ports, may, reading);
        let must = scratch.import(&compiled.arena, self.gate.must, set);
        let action =
            |priority: u32| artefact.entries.get(priority as usize).map(|entry| entry.action);
        let decides = |priority: u32| !matches!(action(priority), None | Some(Action::Return));
        let favours = |priority: u32| match reading {
            Reading::May => !matches!(action(priority), Some(Action::Deny)),
            Reading::Must | Reading::Always => {
                matches!(action(priority), Some(Action::Deny | Action::Undecided))
            }
        };
        let sure = scratch.guard(inner, must);
        let sure = scratch.relabel(sure, &|p| decides(p).then_some(p + self.offset));
        if self.gate.must == self.gate.may {
            return sure;
        }
        let unsure = scratch.minus(inner, must);
        let unsure =
            scratch.relabel(unsure, &|p| (decides(p) && favours(p)).then_some(p + self.offset));
        scratch.min(sure, unsure)
    }
}

/// `found` (by which line `artefact` decides packets) with the packets of the lines that are taken away handed to the next lines
/// that match them. Right for lists that are [`Artefact::is_plain`]: there the widest reading of a line is its only one.
fn decide_again<K: Header>(
    artefact: &Artefact<K>,
    scratch: &mut Arena<K>,
    compiled: &Compiled<K>,
    ports: (InterfaceId, Option<InterfaceId>),
    found: Function,
) -> Function {
    let removed = |priority: u32| artefact.without.binary_search(&priority).is_ok();
    let mut open = scratch.select(found, &removed);
    let mut decided = scratch.relabel(found, &|p| (!removed(p)).then_some(p));
    let sources = scratch.field_values(open, fields::SRC);
    let destinations = scratch.field_values(open, fields::DST);
    let Some(first) = artefact.without.first() else { return found };
    for (priority, entry) in (0u32..).zip(artefact.entries.iter()).skip(*first as usize + 1) {
        if open.is_none() {
            break;
        }
        let (source, destination, rest) = &entry.widest;
        let meets = || sources.meets(source) && destinations.meets(destination);
        if removed(priority) || !fits(ports, &entry.ingress, &entry.egress) || !meets() {
            continue;
        }
        let rest = scratch.import(&compiled.arena, *rest, open);
        let matched = product(scratch, &(source.clone(), destination.clone(), rest));
        let part = scratch.guard(open, matched);
        let named = scratch.relabel(part, &|_| Some(priority));
        decided = scratch.min(decided, named);
        open = scratch.minus(open, part);
    }
    decided
}

#[cfg(test)]
mod tests;
