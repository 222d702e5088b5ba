//! Which lines let packets pass: the terminals that survive inside a set.

use std::collections::BTreeMap;

use super::device::binding;
use super::{FilterRef, Network, Record, Run};
use crate::compile::{self, Artefact, Compiled, Entry, Header, LineRef, Reading, fields};
use crate::model::{Action, Filter, Id, Stage};
use crate::packetset::{Arena, Function};

/// A line, or the default of a binding, that lets packets pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Blamed {
    /// The filter.
    pub filter: FilterRef,
    /// The line; `None` for the default, or when no list is bound.
    pub line: Option<LineRef>,
}

/// The lines of `filter` that let packets of `set` (in the arena of `run`, as they are at the filter) pass in `reading`.
#[must_use]
pub fn blamed_lines<K: Header>(
    network: &Network<'_, K>,
    run: &mut Run<K>,
    filter: FilterRef,
    set: Function,
    reading: Reading,
) -> Vec<Blamed> {
    lines(network, run, (filter, set), |artefact, arena, compiled, open| {
        let found = artefact.decide(arena, compiled, filter.ports, open, reading);
        let action = |p: u32| artefact.entries.get(p as usize).map(|entry| entry.action);
        let entries = arena.priorities(found).into_iter();
        let entries = entries.filter_map(|priority| artefact.entries.get(priority as usize));
        let passes = |entry: &&Entry<K>| matches!(entry.action, Action::Permit | Action::Undecided);
        let decided = arena.select(found, &|p| action(p) != Some(Action::Return));
        let lines = entries.filter(passes).map(|entry| entry.line).collect();
        (lines, arena.minus(open, decided))
    })
}

/// As [`blamed_lines`] in the widest reading, with every line that may let some packet pass, not the first alone.
fn all_lines<K: Header>(
    network: &Network<'_, K>,
    run: &mut Run<K>,
    filter: FilterRef,
    set: Function,
) -> Vec<Blamed> {
    lines(network, run, (filter, set), |artefact, arena, compiled, open| {
        compile::permitting(artefact, arena, compiled, filter.ports, open)
    })
}

/// What `of` says of each list of a filter, given the packets that come to it, and of what it hands to the next; and the default,
/// when it lets packets pass.
fn lines<K: Header>(
    network: &Network<'_, K>,
    run: &mut Run<K>,
    (filter, set): (FilterRef, Function),
    of: impl Fn(&Artefact<K>, &mut Arena<K>, &Compiled<K>, Function) -> (Vec<LineRef>, Function),
) -> Vec<Blamed> {
    let Some(compiled) = network.compiled.get(Id::index(filter.device)) else { return Vec::new() };
    let Some(model) = filter_of(network, filter) else { return Vec::new() };
    let Some(binding) = binding(&model.bindings, filter.ports) else {
        return vec![Blamed { filter, line: None }];
    };
    let (mut open, mut out) = (set, Vec::new());
    for artefact in binding.lists.iter().filter_map(|list| compiled.list(*list)) {
        let (own, left) = of(artefact, &mut run.arena, compiled, open);
        out.extend(own.into_iter().map(|line| Blamed { filter, line: Some(line) }));
        open = left;
    }
    if binding.default == Action::Permit && !open.is_none() {
        out.push(Blamed { filter, line: None });
    }
    out
}

/// The filter that a reference names.
#[must_use]
pub(super) fn filter_of<'a, K>(network: &Network<'a, K>, filter: FilterRef) -> Option<&'a Filter> {
    let context = &network.snapshot.devices[filter.device].contexts[filter.context];
    if filter.local {
        return context.local.get(filter.stage);
    }
    match context.pipeline.get(filter.stage) {
        Some(Stage::Filter(filter)) => Some(filter),
        _ => None,
    }
}

impl<K: Header> Run<K> {
    /// Every line that lets packets of `wanted` reach event `end`, by filter, from the end back to the start. Behind a translation
    /// of the source whatever source counts; behind one of the destination the whole set that passed there.
    pub fn blame(
        &mut self,
        network: &Network<'_, K>,
        end: usize,
        wanted: Function,
        reading: Reading,
    ) -> Vec<Blamed> {
        self.on_the_way(end, (network, wanted), |run, filter, set| {
            blamed_lines(network, run, filter, set, reading)
        })
    }

    /// As [`Run::blame`] in the widest reading, with every line that may let some packet pass, not the first alone.
    pub fn blame_all(
        &mut self,
        network: &Network<'_, K>,
        end: usize,
        wanted: Function,
    ) -> Vec<Blamed> {
        self.on_the_way(end, (network, wanted), |run, filter, set| {
            all_lines(network, run, filter, set)
        })
    }

    fn on_the_way(
        &mut self,
        end: usize,
        (network, wanted): (&Network<'_, K>, Function),
        lines: impl Fn(&mut Self, FilterRef, Function) -> Vec<Blamed>,
    ) -> Vec<Blamed> {
        let mut out: BTreeMap<Blamed, ()> = BTreeMap::new();
        let mut order = Vec::new();
        // At the end no mark is left; in the devices between, packets may carry one.
        let mut narrowed = Some(self.arena.exists(wanted, fields::MARK));
        let mut at = Some(end);
        while let Some(event) = at.and_then(|id| self.events.get(id)).cloned() {
            for record in event.records.iter().rev() {
                match record {
                    Record::Translate { device, rewrite, garbled, .. } if record.is_change() => {
                        let rewrites = &network.snapshot.devices[*device].rewrites;
                        let rewrite = rewrite.filter(|_| !garbled).map(|id| &rewrites[id]);
                        let only_source = rewrite.is_some_and(|r| {
                            r.destination.is_none() && r.destination_port.is_none()
                        });
                        narrowed = narrowed.filter(|_| only_source).map(|wanted| {
                            let wanted = self.arena.exists(wanted, fields::SRC);
                            self.arena.exists(wanted, fields::SPORT)
                        });
                    }
                    Record::Filter { filter, after } => {
                        let set =
                            narrowed.map_or(*after, |wanted| self.arena.guard(*after, wanted));
                        let lines = lines(self, *filter, set);
                        order.extend(
                            lines.into_iter().filter(|line| out.insert(*line, ()).is_none()),
                        );
                    }
                    _ => {}
                }
            }
            at = event.parent;
        }
        order.reverse();
        order
    }
}
