//! What one set of compromised addresses reaches: known from the first time it is asked, its packets only when they are needed.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::super::Judge;
use super::super::deny::{Asked, Focus};
use super::super::parties::{End, ResolvedRule};
use super::super::sets;
use super::held::Side;
use crate::compile::{Reading, fields};
use crate::packetset::Intervals;
use crate::reach::{Query, Visits};
use crate::snapshot::{Place, ZoneId};
use crate::workers::lock;

/// The addresses at which connections arrive that anybody among some addresses may open.
pub(in crate::check) struct Reached<K> {
    /// Addresses of each zone; zones without any are left out.
    pub(super) zones: Vec<(ZoneId, Intervals<K>)>,
    exact: bool,
    limited: bool,
    /// Where the packets went, when that is noted.
    visits: Visits<K>,
}

/// What was asked before, by zone, addresses and reading. Closures towards many targets ask the same again and again.
pub(in crate::check) struct Memory<K>(Mutex<BTreeMap<Question<K>, Arc<Reached<K>>>>);

type Question<K> = (ZoneId, Intervals<K>, Reading);

impl<K: Ord> Memory<K> {
    /// Forgets what `keep` does not want.
    pub(in crate::check) fn keep(&mut self, keep: impl Fn(&Visits<K>) -> bool) {
        let known = self.0.get_mut().unwrap_or_else(PoisonError::into_inner);
        known.retain(|_, reached| keep(&reached.visits));
    }
}

impl<K> Default for Memory<K> {
    fn default() -> Self {
        Memory(Mutex::default())
    }
}

/// The packets that addresses of one zone may open connections with.
pub(super) struct Probe<'r, K> {
    zone: ZoneId,
    source: Intervals<K>,
    reading: Reading,
    reached: Option<Arc<Reached<K>>>,
    asked: Option<Asked<'r, K>>,
}

impl<'r, K: Side> Probe<'r, K> {
    /// Asks nothing yet.
    pub(super) fn new(zone: ZoneId, source: Intervals<K>, reading: Reading) -> Self {
        Probe { zone, source, reading, reached: None, asked: None }
    }

    /// The zones that are reached.
    pub(super) fn reached(&mut self, judge: &Judge<'_, K>) -> Arc<Reached<K>> {
        if let Some(known) = &self.reached {
            return Arc::clone(known);
        }
        let key = (self.zone, self.source.clone(), self.reading);
        let memory = &judge.known.reached.0;
        let known = lock(memory).get(&key).cloned();
        let reached = known.unwrap_or_else(|| {
            let reached = Arc::new(self.ask(judge));
            lock(memory).insert(key, Arc::clone(&reached));
            reached
        });
        judge.network.revisit(&reached.visits);
        self.reached = Some(Arc::clone(&reached));
        reached
    }

    /// Asks, and notes where the packets went, so that whoever asks the same later knows it, too.
    fn ask(&mut self, judge: &Judge<'_, K>) -> Reached<K> {
        if !judge.network.is_recorded() {
            return self.answer(judge);
        }
        let (reached, visits) = judge.noting(|judge| self.answer(judge));
        Reached { visits, ..reached }
    }

    fn answer(&mut self, judge: &Judge<'_, K>) -> Reached<K> {
        let snapshot = judge.network.snapshot;
        let Some(asked) = self.run(judge) else {
            return Reached {
                zones: Vec::new(),
                exact: true,
                limited: false,
                visits: Visits::unknown(),
            };
        };
        let mut zones = Vec::new();
        for zone in snapshot.zones.ids() {
            let delivered = asked.run.delivered(Place::Zone(zone), None);
            let addresses = asked.run.arena.field_values(delivered, fields::DST);
            let addresses = addresses.intersection(judge.network.zone(zone));
            if !addresses.is_empty() {
                zones.push((zone, addresses));
            }
        }
        let (exact, limited) = (asked.run.exact, asked.run.limited());
        Reached { zones, exact, limited, visits: Visits::unknown() }
    }

    /// Every packet that opens a connection from the addresses; `None` when there is no address.
    pub(super) fn run(&mut self, judge: &Judge<'_, K>) -> Option<&mut Asked<'r, K>> {
        if self.source.is_empty() {
            return None;
        }
        if self.asked.is_none() {
            let source = &self.source;
            let start = |arena: &mut crate::packetset::Arena<K>| {
                let from = arena.field_in(fields::SRC, source);
                arena.guard(judge.network.opening(), from)
            };
            let (zone, reading) = (self.zone, self.reading);
            let query = Query { zone, start: &start, reading, only_filters_of: None, watch: &[] };
            let run = judge.network.run(&query);
            let cell = sets::Cell { source: source.clone(), without: Vec::new() };
            self.asked = Some(Asked { run, cell, zone, reading, focus: Focus::default() });
        }
        self.asked.as_mut()
    }

    /// Whether a packet that the rule forbids may arrive at `to`.
    pub(super) fn arrives(
        &mut self,
        judge: &Judge<'_, K>,
        rule: &ResolvedRule<'_>,
        to: &End,
    ) -> bool {
        if let Place::Zone(target) = to.place {
            let reached = self.reached(judge);
            let here = reached.zones.iter().find(|(zone, _)| *zone == target);
            let wanted = sets::addresses(judge.network, to);
            let met = here.is_some_and(|(_, found)| found.meets(&wanted));
            if !met && !reached.limited {
                return false;
            }
        }
        self.run(judge).is_some_and(|asked| judge.arrives(rule, asked, to))
    }

    /// As [`Probe::arrives`] in the widest reading.
    pub(super) fn may_arrive(
        &mut self,
        judge: &Judge<'_, K>,
        rule: &ResolvedRule<'_>,
        to: &End,
    ) -> bool {
        if self.reached(judge).exact {
            return self.arrives(judge, rule, to);
        }
        Probe::new(self.zone, self.source.clone(), Reading::May).arrives(judge, rule, to)
    }

    /// Whether no uncertain line or branch mattered.
    pub(super) fn is_exact(&self) -> bool {
        self.reached.as_ref().is_none_or(|reached| reached.exact)
    }

    /// Whether a limit was reached: then nothing of it is to be believed.
    pub(super) fn is_limited(&self) -> bool {
        self.reached.as_ref().is_some_and(|reached| reached.limited)
            || self.asked.as_ref().is_some_and(|asked| asked.run.limited())
    }
}
