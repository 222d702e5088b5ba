//! The fate of one line: sample packets first, set arithmetic for what they leave open.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::{Fate, Group, Item, Lines, Parts};
use crate::compile::header::{Header, fields};
use crate::model::Action;
use crate::packetset::{Arena, Function, Intervals};

/// A list with room to calculate.
pub(super) struct Asked<'l, K> {
    arena: &'l Arena<K>,
    /// Where the functions of what lines surely match are.
    sure: &'l Arena<K>,
    lines: &'l Lines<K>,
    end: Option<Action>,
    scratch: Arena<K>,
    /// A few packets of each set over the fields beside addresses: few lines have one of their own.
    packets: FxHashMap<Function, Arc<[Vec<K>]>>,
}

/// What one line may take to calculate; past it the line is taken for live.
const BUDGET: usize = 1 << 20;
/// Past this the scratch arena is thrown away.
const FULL: usize = 60_000;

impl<'l, K: Header> Asked<'l, K> {
    pub(super) fn new(
        (arena, sure): (&'l Arena<K>, &'l Arena<K>),
        lines: &'l Lines<K>,
        end: Option<Action>,
    ) -> Self {
        let scratch = Arena::new(&K::layout(), BUDGET);
        Asked { arena, sure, lines, end, scratch, packets: FxHashMap::default() }
    }

    /// The fate of an item; of one that can decide nothing, [`Fate::Empty`].
    pub(super) fn fate_of(&mut self, index: usize) -> Fate {
        let Some(item) = self.lines.items.get(index) else { return Fate::Empty };
        match item.action {
            Action::Permit | Action::Deny => self.fate(index),
            _ => Fate::Empty,
        }
    }

    fn fate(&mut self, index: usize) -> Fate {
        let group = self.lines.group_of.get(index).and_then(|group| self.lines.groups.get(*group));
        let (Some(item), Some(group)) = (self.lines.items.get(index), group) else {
            return Fate::Live;
        };
        if self.shows_life(group, item) {
            return Fate::Live;
        }
        if self.scratch.step_count() > FULL {
            self.scratch = Arena::new(&K::layout(), BUDGET);
        }
        let fate = self.calculate(group, item);
        if self.scratch.exhausted() {
            self.scratch = Arena::new(&K::layout(), BUDGET);
            return Fate::Live;
        }
        fate
    }

    /// Whether one of a few packets of the line fares otherwise without it: corners of its first and last parts.
    fn shows_life(&mut self, group: &Group, item: &Item<K>) -> bool {
        let fresh = || packets(self.arena, item.may.2);
        let packets = Arc::clone(self.packets.entry(item.may.2).or_insert_with(fresh));
        let (sources, destinations) = (corners(&item.may.0), corners(&item.may.1));
        for packet in packets.iter() {
            let mut point = packet.clone();
            for (source, destination) in
                sources.iter().flat_map(|s| destinations.iter().map(move |d| (*s, *d)))
            {
                if let [src, dst, ..] = point.as_mut_slice() {
                    (*src, *dst) = (source, destination);
                }
                let decides = self.taken_before(group, item, &point).is_none();
                if decides && !self.same_after(group, item, &point) {
                    return true;
                }
            }
        }
        false
    }

    fn groups<'n>(&self, numbers: &'n [usize]) -> impl Iterator<Item = &'l Group> + use<'l, 'n, K> {
        let groups = &self.lines.groups;
        numbers.iter().filter_map(|number| groups.get(*number))
    }

    /// The line before `item` that surely decides the packet.
    fn taken_before(&self, group: &Group, item: &Item<K>, point: &[K]) -> Option<u32> {
        let values = self
            .groups(&group.wide)
            .flat_map(|wide| &wide.sure)
            .filter_map(|root| self.sure.value_at(*root, point));
        values.min().filter(|first| *first < item.at)
    }

    /// Whether the packet fares the same when it passes `item` by.
    fn same_after(&self, group: &Group, item: &Item<K>, point: &[K]) -> bool {
        let wide = self.groups(&group.wide).filter_map(|group| self.after(group, item, point));
        let touching = self.groups(&group.touching);
        let touching = touching
            .filter_map(|group| self.after(group, item, point))
            .filter(|at| !self.agrees(item, *at));
        match wide.chain(touching).min() {
            Some(first) => self.agrees(item, first),
            None => self.ends_alike(item),
        }
    }

    /// The end of a list says nothing about a written deny: to write it down is good practice.
    fn ends_alike(&self, item: &Item<K>) -> bool {
        item.action == Action::Permit && self.end == Some(Action::Permit)
    }

    /// The first line of `group` after `item` that may match the packet.
    fn after(&self, group: &Group, item: &Item<K>, point: &[K]) -> Option<u32> {
        let (single, nodes) = group.suffix(self.next_in(group, item));
        let at = |field: usize| point.get(field).copied().unwrap_or_default();
        let matches = |other: &&Item<K>| {
            other.may.0.contains(at(fields::SRC))
                && other.may.1.contains(at(fields::DST))
                && self.arena.value_at(other.may.2, point).is_some()
        };
        let mut one = group.items.get(single).into_iter().flatten();
        let one = one.find_map(|index| self.lines.items.get(*index).filter(matches));
        one.map(|other| other.at).or_else(|| {
            nodes.into_iter().find_map(|roots| {
                roots.iter().filter_map(|root| self.arena.value_at(*root, point)).min()
            })
        })
    }

    /// The place in `group` of its first line after `item`.
    fn next_in(&self, group: &Group, item: &Item<K>) -> usize {
        group
            .items
            .partition_point(|index| self.lines.items.get(*index).is_some_and(|i| i.at <= item.at))
    }

    /// Whether the line at position `at` surely does the same as `item`.
    fn agrees(&self, item: &Item<K>, at: u32) -> bool {
        let found = self.lines.items.binary_search_by_key(&at, |other| other.at);
        let other = found.ok().and_then(|index| self.lines.items.get(index));
        other.is_some_and(|other| other.sure && other.action == item.action)
    }

    fn calculate(&mut self, group: &Group, item: &Item<K>) -> Fate {
        let all = self.product(&item.may);
        let mut left = all;
        let mut parts = Vec::new();
        // Classes of wide prefixes come last; they are the smallest and take the most.
        for root in self.groups(&group.wide).flat_map(|wide| wide.sure.iter().rev()) {
            let part = self.scratch.import(self.sure, *root, left);
            let before = self.scratch.relabel(part, &|at| (at < item.at).then_some(at));
            left = self.scratch.minus(left, before);
            parts.push(*root);
            if self.scratch.exhausted() {
                return Fate::Live;
            }
            if left.is_none() {
                return Fate::Covered(self.takers(&parts, all, item));
            }
        }
        self.repeated(group, item, left)
    }

    /// The lines before `item` that take something of it.
    fn takers(&mut self, roots: &[Function], all: Function, item: &Item<K>) -> Vec<u32> {
        let mut first = Function::NONE;
        for root in roots {
            let part = self.scratch.import(self.sure, *root, all);
            first = self.scratch.min(first, part);
        }
        self.scratch.priorities(first).into_iter().filter(|at| *at < item.at).collect()
    }

    /// Whether later lines do the same with the packets of `left`.
    fn repeated(&mut self, group: &Group, item: &Item<K>, left: Function) -> Fate {
        let mut first = Function::NONE;
        for wide in self.groups(&group.wide) {
            let next = self.first_after(wide, item, left);
            first = self.scratch.min(first, next);
        }
        for touching in self.groups(&group.touching) {
            let next = self.first_after(touching, item, left);
            let against: Vec<u32> = self.scratch.priorities(next);
            let against: Vec<u32> =
                against.into_iter().filter(|at| !self.agrees(item, *at)).collect();
            let next =
                self.scratch.relabel(next, &|at| against.binary_search(&at).is_ok().then_some(at));
            first = self.scratch.min(first, next);
        }
        let by = self.scratch.priorities(first);
        let rest = self.scratch.minus(left, first);
        if self.scratch.exhausted() || !by.iter().all(|at| self.agrees(item, *at)) {
            return Fate::Live;
        }
        match (rest.is_none(), self.ends_alike(item)) {
            (true, _) => Fate::Repeated { by, end: false },
            (false, true) => Fate::Repeated { by, end: true },
            (false, false) => Fate::Live,
        }
    }

    /// The first match of `group` after `item`, inside `left`. What a block decides, later blocks are not asked about.
    fn first_after(&mut self, group: &Group, item: &Item<K>, left: Function) -> Function {
        let (single, nodes) = group.suffix(self.next_in(group, item));
        let (mut first, mut open) = (Function::NONE, left);
        for index in group.items.get(single).into_iter().flatten() {
            let Some(other) = self.lines.items.get(*index) else { continue };
            let apart = !other.may.0.meets(&item.may.0) || !other.may.1.meets(&item.may.1);
            if !apart && !open.is_none() {
                let product = self.product(&other.may);
                let inside = self.scratch.guard(open, product);
                let named = self.scratch.relabel(inside, &|_| Some(other.at));
                (first, open) = self.taken((first, open), named);
            }
        }
        for roots in nodes {
            let mut block = Function::NONE;
            for root in roots {
                let part = self.scratch.import(self.arena, *root, open);
                block = self.scratch.min(block, part);
            }
            (first, open) = self.taken((first, open), block);
        }
        first
    }

    /// `first` with what the next lines decide of the packets that were still open, and what stays open.
    fn taken(
        &mut self,
        (first, open): (Function, Function),
        next: Function,
    ) -> (Function, Function) {
        if next.is_none() {
            return (first, open);
        }
        (self.scratch.min(first, next), self.scratch.minus(open, next))
    }

    fn product(&mut self, parts: &Parts<K>) -> Function {
        let rest = self.scratch.import(self.arena, parts.2, Function::ALL);
        let source = self.scratch.field_in(fields::SRC, &parts.0);
        let destination = self.scratch.field_in(fields::DST, &parts.1);
        let both = self.scratch.guard(source, destination);
        self.scratch.guard(both, rest)
    }
}

/// One coordinate of a set, when there is one.
type End<K> = fn(&Intervals<K>) -> Option<K>;

/// A few packets of a set that says nothing of addresses.
fn packets<K: Header>(arena: &Arena<K>, rest: Function) -> Arc<[Vec<K>]> {
    let ends: [End<K>; 2] = [
        |values| values.as_slice().first().map(|(first, _)| *first),
        |values| values.as_slice().last().map(|(_, last)| *last),
    ];
    let (cubes, _) = arena.cubes(rest, 3);
    let both = cubes.iter().flat_map(|cube| ends.map(|end| (cube, end)));
    both.filter_map(|(cube, end)| cube.fields.iter().map(end).collect()).collect()
}

fn corners<K: Header>(set: &Intervals<K>) -> Vec<K> {
    let ends =
        [set.as_slice().first().map(|(first, _)| *first), set.as_slice().last().map(|l| l.1)];
    let mut ends: Vec<K> = ends.into_iter().flatten().collect();
    ends.dedup();
    ends
}
