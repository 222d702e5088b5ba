//! From sets of packets at their end back to what was sent: the whole set, by every way.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use rustc_hash::FxHashMap;

use super::{Event, Network, Record, Run};
use crate::compile::{self, Header, fields};
use crate::graph::Node;
use crate::packetset::Function;
use crate::snapshot::Place;

/// Where packets can be in a run: the node, and what else tells events apart.
type Key = (Node, bool, u8);

fn key(event: &Event) -> Key {
    (event.node, event.crossed, event.unknown)
}

/// Every way of a run, by where it leads: what [`Run::origins`] goes back by, for one place after another.
pub struct Ways {
    /// Those that others come from, and then those that only joined.
    events: Vec<Event>,
    /// Positions in `events`.
    into: BTreeMap<Key, Vec<usize>>,
}

impl Ways {
    /// The ways of a run of [`Network::run_whole`].
    #[must_use]
    pub fn of<K>(run: &Run<K>) -> Ways {
        let events: Vec<Event> = run.events.iter().chain(&run.merged).cloned().collect();
        let mut into: BTreeMap<Key, Vec<usize>> = BTreeMap::new();
        for (at, event) in events.iter().enumerate() {
            into.entry(key(event)).or_default().push(at);
        }
        Ways { events, into }
    }

    /// Where packets come by on any way that leads to `place`.
    #[must_use]
    pub fn nodes_to(&self, place: Place) -> BTreeSet<Node> {
        let mut open: Vec<Key> =
            self.into.keys().filter(|key| key.0 == Node::End(place)).copied().collect();
        let mut seen: BTreeSet<Key> = open.iter().copied().collect();
        while let Some(key) = open.pop() {
            let into = self.into.get(&key).into_iter().flatten();
            let parents = into.filter_map(|at| self.events.get(self.events.get(*at)?.parent?));
            open.extend(parents.map(self::key).filter(|key| seen.insert(*key)));
        }
        seen.into_iter().map(|(node, ..)| node).collect()
    }
}

impl<K: Header> Run<K> {
    /// The packets, as their senders send them, that can end at `place` as one of `wanted`. `ways` are those of this run.
    #[must_use]
    pub fn origins(
        &mut self,
        network: &Network<'_, K>,
        ways: &Ways,
        place: Place,
        wanted: Function,
    ) -> Function {
        let wanted = self.arena.exists(wanted, fields::MARK);
        let ends = ways.into.keys().filter(|(node, ..)| *node == Node::End(place)).copied();
        let mut open: VecDeque<(Key, Function)> = ends.map(|key| (key, wanted)).collect();
        let mut led: FxHashMap<Key, Function> = FxHashMap::default();
        let mut sent = Function::NONE;
        while let Some((key, set)) = open.pop_front() {
            let known = led.entry(key).or_insert(Function::NONE);
            let fresh = self.arena.minus(set, *known);
            if fresh.is_none() || self.arena.exhausted() {
                continue;
            }
            *known = self.arena.min(*known, fresh);
            let into = ways.into.get(&key).into_iter().flatten();
            for event in into.filter_map(|at| ways.events.get(*at)) {
                let set = self.arena.guard(event.set, fresh);
                if set.is_none() {
                    continue;
                }
                let before = self.before(network, event, set);
                match event.parent.and_then(|parent| ways.events.get(parent)) {
                    // Only the part that first came by the parent went on from there.
                    Some(parent) => {
                        let part = self.arena.exists(before, fields::MARK);
                        let part = self.arena.guard(parent.set, part);
                        open.push_back((self::key(parent), part));
                    }
                    None => sent = self.arena.min(sent, before),
                }
            }
        }
        let sent = self.arena.exists(sent, fields::MARK);
        self.arena.guard(self.start, sent)
    }

    /// What packets of `set` in `event` were when they came to the device before it.
    fn before(&mut self, network: &Network<'_, K>, event: &Event, set: Function) -> Function {
        event.records.iter().rev().fold(set, |set, record| match record {
            Record::Translate { before, garbled: true, .. } => {
                compile::preimage(&mut self.arena, *before, &compile::garble(), set)
            }
            Record::Translate { device, before, rewrite: Some(id), .. } => {
                let rewrite = &network.snapshot.devices[*device].rewrites[*id];
                compile::preimage(&mut self.arena, *before, rewrite, set)
            }
            _ => set,
        })
    }
}
