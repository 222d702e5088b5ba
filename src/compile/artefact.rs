//! A rule list as functions from packets to the position of the first line that matches.

use std::collections::BTreeMap;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::group::{Group, Groups};
use super::header::Header;
use super::height;
use super::objects::{Objects, Pair};
use super::{Conditions, LineRef, Reading};
use crate::model::{Action, Activity, AddressMap, Device, Id, Interfaces, Line, ListId};
use crate::packetset::{Arena, Function, Intervals, Rule};

/// A compiled list. A priority is a position in `entries`.
#[derive(Clone, Debug)]
pub struct Artefact<K> {
    /// The lines that may match packets of the family, in order of priority; the lines of a list that is jumped into stand at
    /// the jump.
    pub entries: Arc<Vec<Entry<K>>>,
    /// One group set a reading; [`Reading::May`] first. One entry only when the readings do not differ.
    pub(super) readings: Arc<Vec<Groups>>,
    /// Lists that lines jump into.
    pub(super) jumps: Arc<Vec<Jump>>,
    /// Whether every reading is the same. Known beforehand, because lists are long and asked often.
    pub(super) exact: bool,
    /// Whether some entry is undecided.
    pub(super) undecided: bool,
    /// Positions of entries that are read as if they were not there, ascending; of plain lists only.
    pub(super) without: Vec<u32>,
}

impl<K> Default for Artefact<K> {
    fn default() -> Self {
        Artefact {
            entries: Arc::default(),
            readings: Arc::default(),
            jumps: Arc::default(),
            exact: true,
            undecided: false,
            without: Vec::new(),
        }
    }
}

/// What a priority stands for.
#[derive(Clone, Debug)]
pub struct Entry<K> {
    /// The line.
    pub line: LineRef,
    /// Its action; an uncertain `Return` stands as [`Action::Undecided`].
    pub action: Action,
    /// Whether the line, where it is met, surely applies to what it matches: exact match, always active, no uncertain jump.
    pub sure: bool,
    /// Whether it applies to exactly what it matches at all times, wherever it is met.
    pub(super) certain: bool,
    /// How many jumps lead to it.
    pub(super) depth: u8,
    /// Interface conditions of the line.
    pub ingress: Interfaces,
    /// Interface conditions of the line.
    pub egress: Interfaces,
    /// Source and destination of the widest reading, and the other conditions; for translation lists.
    pub(super) widest: Parts<K>,
}

#[derive(Clone, Debug)]
pub(super) struct Jump {
    pub(super) ingress: Interfaces,
    pub(super) egress: Interfaces,
    pub(super) list: ListId,
    pub(super) offset: u32,
    pub(super) gate: Pair<Function>,
}

/// How deep lists may jump into one another; deeper ones are read as undecided.
const JUMP_DEPTH: usize = 64;

/// Lists with no more lines than this are one class.
const SMALL: usize = 32;

/// Marks `list` and every list that its lines jump into.
pub(super) fn want(device: &Device, list: ListId, wanted: &mut [bool]) {
    let mut open = vec![list];
    while let Some(next) = open.pop() {
        match wanted.get_mut(Id::index(next)) {
            Some(slot) if !*slot => *slot = true,
            _ => continue,
        }
        open.extend(device.lists[next].lines.iter().filter_map(|line| match line.action {
            Action::Jump(target) => Some(target),
            _ => None,
        }));
    }
}

pub(super) struct Builder<'a, K> {
    pub(super) arena: &'a mut Arena<K>,
    pub(super) device: &'a Device,
    pub(super) objects: &'a Objects<K>,
    pub(super) conditions: &'a Conditions,
}

/// Where lines are collected: how many jumps deep, whether all of these jumps are certain, and the widest set of packets that
/// they let in, with their interface conditions.
#[derive(Clone)]
struct Place<K> {
    depth: usize,
    sure: bool,
    gate: Option<(Parts<K>, Interfaces, Interfaces)>,
}

/// Sources, destinations and a set over the other fields.
pub(super) type Parts<K> = (Arc<Intervals<K>>, Arc<Intervals<K>>, Function);

/// What is collected of a list.
struct Draft<K> {
    entries: Vec<Entry<K>>,
    jumps: Vec<Jump>,
}

impl<K> Default for Draft<K> {
    fn default() -> Self {
        Draft { entries: Vec::new(), jumps: Vec::new() }
    }
}

/// A line ready to be placed in a reading.
#[derive(Clone)]
pub(super) struct Ready<'l, K> {
    pub(super) priority: u32,
    pub(super) must: Parts<K>,
    pub(super) may: Parts<K>,
    pub(super) exact: bool,
    pub(super) activity: Activity,
    pub(super) action: Action,
    pub(super) ingress: &'l Interfaces,
    pub(super) egress: &'l Interfaces,
}

impl<K> Entry<K> {
    /// The destinations that it may match.
    #[must_use]
    pub fn destinations(&self) -> &Intervals<K> {
        &self.widest.1
    }
}

impl<K> Artefact<K> {
    /// Whether every reading of the list is the same.
    #[must_use]
    pub fn is_exact(&self) -> bool {
        self.exact
    }

    /// Whether it holds a line of which nobody knows what it does.
    #[must_use]
    pub fn is_undecided(&self) -> bool {
        self.undecided
    }

    /// The groups of a list whose lines are all its own and have one reading; none of a list that was not compiled.
    pub(super) fn only_reading(&self) -> Option<&Groups> {
        self.readings.first().filter(|_| self.is_plain() && self.without.is_empty())
    }

    /// Whether the list has one reading, and all of its lines are its own.
    #[must_use]
    pub(super) fn is_plain(&self) -> bool {
        self.exact && self.jumps.is_empty()
    }

    /// The positions in [`Artefact::entries`] of some lines, ascending, when the list is `id`.
    pub(super) fn positions(&self, id: ListId, lines: &[LineRef]) -> Vec<u32> {
        let mut found: Vec<u32> = if self.jumps.is_empty() {
            // Then every entry is a line of the list, in its order.
            let own = lines.iter().filter(|line| line.list == id);
            let at =
                |line: &LineRef| self.entries.binary_search_by_key(&line.line, |e| e.line.line);
            own.filter_map(|line| u32::try_from(at(line).ok()?).ok()).collect()
        } else {
            let entries = (0u32..).zip(self.entries.iter());
            entries.filter(|(_, entry)| lines.contains(&entry.line)).map(|(at, _)| at).collect()
        };
        found.sort_unstable();
        found.dedup();
        found
    }
}

impl<'a, K: Header> Builder<'a, K> {
    pub(super) fn build(&mut self, id: ListId) -> Artefact<K> {
        let mut draft = Draft::default();
        let mut ready = Vec::new();
        self.collect(id, &mut draft, &mut ready, Place { depth: 0, sure: true, gate: None });
        let plain = ready.iter().all(|line| {
            line.exact && line.activity == Activity::Active && line.action != Action::Undecided
        });
        let readings: &[Reading] =
            if plain { &[Reading::May] } else { &[Reading::May, Reading::Must, Reading::Always] };
        let readings: Vec<Groups> =
            readings.iter().map(|reading| self.groups(&ready, *reading)).collect();
        let undecided = draft.entries.iter().any(|entry| entry.action == Action::Undecided);
        let exact = readings.len() < 2 && !undecided && draft.entries.iter().all(|e| e.sure);
        Artefact {
            entries: Arc::new(draft.entries),
            readings: Arc::new(readings),
            jumps: Arc::new(draft.jumps),
            exact,
            undecided,
            without: Vec::new(),
        }
    }

    /// Adds the lines of `id` to the entries; those of the list itself to `ready`, too.
    fn collect(
        &mut self,
        id: ListId,
        artefact: &mut Draft<K>,
        ready: &mut Vec<Ready<'a, K>>,
        place: Place<K>,
    ) {
        let Place { depth, sure, .. } = place;
        let device = self.device;
        let lines = &device.lists[id].lines;
        let count = lines.iter().filter(|line| !self.is_of_other_family(line)).count();
        artefact.entries.reserve(count);
        if depth == 0 {
            ready.reserve(count);
        }
        for (index, line) in lines.iter().enumerate() {
            let reference = LineRef { list: id, line: u32::try_from(index).unwrap_or(u32::MAX) };
            let Some(activity) = self.activity(line, reference) else { continue };
            if self.is_of_other_family(line) {
                continue;
            }
            let next = self.ready(line, activity, artefact.entries.len());
            let next = Ready { action: self.known_action(&next), ..next };
            let (widest, ingress, egress) = self.behind(&next, place.gate.as_ref());
            let certain = next.exact && activity == Activity::Active;
            artefact.entries.push(Entry {
                line: reference,
                action: next.action,
                sure: sure && certain,
                certain,
                depth: u8::try_from(depth).unwrap_or(u8::MAX),
                ingress,
                egress,
                widest,
            });
            let doubted = next.action == Action::Return && !certain;
            match next.action {
                Action::Jump(target) if depth < JUMP_DEPTH => {
                    self.collect_jump(&next, target, artefact, &place);
                }
                Action::Jump(_) => ready.push(Ready { action: Action::Undecided, ..next }),
                _ if depth == 0 => ready.push(next),
                _ => {}
            }
            if doubted {
                collect_doubted(artefact, (depth == 0).then_some(ready));
            }
        }
    }

    fn collect_jump(
        &mut self,
        line: &Ready<'_, K>,
        target: ListId,
        artefact: &mut Draft<K>,
        place: &Place<K>,
    ) {
        let offset = u32::try_from(artefact.entries.len()).unwrap_or(u32::MAX);
        let certain = line.exact && line.activity == Activity::Active;
        let gate = Some(self.behind(line, place.gate.as_ref()));
        let inner = Place { depth: place.depth + 1, sure: place.sure && certain, gate };
        self.collect(target, artefact, &mut Vec::new(), inner);
        if place.depth == 0 {
            let may = self.product(&line.may);
            let must = if line.activity == Activity::Active {
                self.product(&line.must)
            } else {
                Function::NONE
            };
            let gate = Pair { must, may };
            let (ingress, egress) = (line.ingress.clone(), line.egress.clone());
            artefact.jumps.push(Jump { ingress, egress, list: target, offset, gate });
        }
    }

    /// The widest reading of a line and its interface conditions, behind the jumps that lead to it.
    fn behind(
        &mut self,
        line: &Ready<'_, K>,
        gate: Option<&(Parts<K>, Interfaces, Interfaces)>,
    ) -> (Parts<K>, Interfaces, Interfaces) {
        let Some((parts, ingress, egress)) = gate else {
            return (line.may.clone(), line.ingress.clone(), line.egress.clone());
        };
        let first = Arc::new(parts.0.intersection(&line.may.0));
        let second = Arc::new(parts.1.intersection(&line.may.1));
        let rest = self.arena.guard(parts.2, line.may.2);
        ((first, second, rest), both(ingress, line.ingress), both(egress, line.egress))
    }

    /// Whether the line can apply at all.
    pub(super) fn activity(&self, line: &Line, reference: LineRef) -> Option<Activity> {
        if !line.enabled || self.conditions.without.contains(&reference) {
            return None;
        }
        let activity = line.matches.schedule.map_or(Activity::Active, |schedule| {
            self.device.schedules[schedule].activity(self.conditions.at)
        });
        (activity != Activity::Inactive).then_some(activity)
    }

    /// Whether no packet of the family can match.
    fn is_of_other_family(&self, line: &Line) -> bool {
        let nobody = |address| self.objects.known(address).may.is_empty();
        nobody(line.matches.source) || nobody(line.matches.destination)
    }

    /// The action of a line; undecided, when it moves addresses of which its rewrite does not say where to.
    fn known_action(&self, line: &Ready<'_, K>) -> Action {
        let Action::Rewrite(id) = line.action else { return line.action };
        let rewrite = &self.device.rewrites[id];
        let known = |map: &Option<AddressMap>, held: &Intervals<K>| match map {
            Some(AddressMap::Shift { from, .. }) if from.family() == K::FAMILY => {
                held.within(&super::intervals(std::iter::once(*from)))
            }
            _ => true,
        };
        let both = known(&rewrite.source, &line.may.0) && known(&rewrite.destination, &line.may.1);
        if both { line.action } else { Action::Undecided }
    }

    pub(super) fn ready(
        &mut self,
        line: &'a Line,
        activity: Activity,
        position: usize,
    ) -> Ready<'a, K> {
        let matches = &line.matches;
        let (source, destination) =
            (self.objects.address(matches.source), self.objects.address(matches.destination));
        let rest = self.objects.rest(self.arena, matches);
        let exact = matches.unknown.is_empty()
            && source.must == source.may
            && destination.must == destination.may
            && rest.must == rest.may;
        let must_rest = if matches.unknown.is_empty() { rest.must } else { Function::NONE };
        Ready {
            priority: u32::try_from(position).unwrap_or(u32::MAX),
            must: (source.must, destination.must, must_rest),
            may: (source.may, destination.may, rest.may),
            exact,
            activity,
            action: line.action,
            ingress: &matches.ingress,
            egress: &matches.egress,
        }
    }

    fn product(&mut self, parts: &Parts<K>) -> Function {
        product(self.arena, parts)
    }

    /// The groups of one reading: lines by interface condition, then by heights.
    fn groups(&mut self, ready: &[Ready<'_, K>], reading: Reading) -> Groups {
        let mut order: Vec<(&Interfaces, &Interfaces, Vec<Rule<'_, K>>)> = Vec::new();
        let mut index: FxHashMap<(&Interfaces, &Interfaces), usize> = FxHashMap::default();
        for line in ready {
            let Some(parts) = placed(line, reading) else { continue };
            let at = *index.entry((line.ingress, line.egress)).or_insert_with(|| {
                order.push((line.ingress, line.egress, Vec::new()));
                order.len() - 1
            });
            if let Some(group) = order.get_mut(at) {
                let (first, second, rest) = parts;
                group.2.push(Rule { first, second, rest: *rest, priority: line.priority });
            }
        }
        let group =
            |(ingress, egress, lines): (&Interfaces, &Interfaces, Vec<Rule<'_, K>>)| Group {
                ingress: ingress.clone(),
                egress: egress.clone(),
                roots: classes(self.arena, &lines),
            };
        Groups::new(order.into_iter().map(group).collect())
    }
}

/// After a `Return` whose match is uncertain, the last entry, stands an undecided one for the packets that may or may not
/// return; in `ready`, when it is a line of the list itself.
fn collect_doubted<K: Header>(artefact: &mut Draft<K>, ready: Option<&mut Vec<Ready<'_, K>>>) {
    let priority = u32::try_from(artefact.entries.len()).unwrap_or(u32::MAX);
    let last = artefact.entries.last().cloned();
    let undecided = |entry| Entry { action: Action::Undecided, certain: false, ..entry };
    artefact.entries.extend(last.map(undecided));
    if let Some(ready) = ready {
        let last = ready.last().cloned();
        ready.extend(last.map(|line| Ready { priority, action: Action::Undecided, ..line }));
    }
}

/// The interfaces that meet both conditions.
fn both(a: &Interfaces, b: &Interfaces) -> Interfaces {
    match (a, b) {
        (Interfaces::Any, other) | (other, Interfaces::Any) => other.clone(),
        (Interfaces::Of(a), Interfaces::Of(b)) => {
            Interfaces::Of(a.iter().filter(|id| b.contains(id)).copied().collect())
        }
    }
}

/// The match of a line as it counts in a reading; `None` when it does not count.
fn placed<'r, K: Header>(line: &'r Ready<'_, K>, reading: Reading) -> Option<&'r Parts<K>> {
    let sometimes = line.activity == Activity::Sometimes;
    let widest = match (line.action, reading) {
        (Action::Undecided, _) => true,
        (Action::Return | Action::Jump(_), _) => false,
        (Action::Deny, Reading::May) => false,
        (Action::Deny, _) => true,
        (_, Reading::May) => true,
        (_, Reading::Must | Reading::Always) => false,
    };
    let dropped = match (line.action, reading) {
        (Action::Deny, Reading::May) | (Action::Return, _) => sometimes,
        (Action::Permit | Action::Rewrite(_), Reading::Always) => sometimes,
        _ => false,
    };
    let parts = if widest { &line.may } else { &line.must };
    (!dropped && !parts.2.is_none() && !parts.0.is_empty() && !parts.1.is_empty()).then_some(parts)
}

/// One function for each pair of nesting heights that occurs: inside a class, intervals of a field hardly meet.
pub(super) fn classes<K: Header>(arena: &mut Arena<K>, lines: &[Rule<'_, K>]) -> Vec<Function> {
    if lines.len() <= SMALL {
        return vec![arena.first_match(lines)];
    }
    let sources = height::layers(lines.iter().map(|line| line.first));
    let destinations = height::layers(lines.iter().map(|line| line.second));
    let mut classes: BTreeMap<(u8, u8), Vec<Rule<'_, K>>> = BTreeMap::new();
    for line in lines {
        for (height_first, first) in sources.of(line.first) {
            for (height_second, second) in destinations.of(line.second) {
                let class = classes.entry((*height_first, *height_second)).or_default();
                class.push(Rule { first, second, ..*line });
            }
        }
    }
    classes.values().map(|lines| arena.first_match(lines)).collect()
}

/// The product of a source set, a destination set and a set over the other fields.
pub(super) fn product<K: Header>(arena: &mut Arena<K>, parts: &Parts<K>) -> Function {
    let source = arena.field_in(super::fields::SRC, &parts.0);
    let destination = arena.field_in(super::fields::DST, &parts.1);
    let both = arena.guard(source, destination);
    arena.guard(both, parts.2)
}
