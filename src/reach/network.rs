//! A snapshot compiled for one family, ready for any number of queries.

use std::sync::Arc;

use super::device::Fixed;
use super::devices;
use super::visits::Recorder;
use crate::compile::{self, Compiled, Conditions, Header, LineRef, fields};
use crate::graph::{self, Graph};
use crate::model::Table;
use crate::packetset::{Arena, Function, Intervals};
use crate::snapshot::{DeviceId, Difference, Snapshot, ZoneId};

/// A snapshot compiled for one family.
#[derive(Debug)]
pub struct Network<'a, K> {
    /// The snapshot.
    pub snapshot: &'a Snapshot,
    /// Its devices, in order.
    pub compiled: Vec<Arc<Compiled<K>>>,
    /// Its forwarding graph.
    pub graph: Arc<Graph<K>>,
    pub(super) places: Arc<Places<K>>,
    pub(super) recorder: Option<Recorder<K>>,
}

/// What a snapshot was compiled to, without the snapshot.
#[derive(Clone, Debug)]
pub struct Parts<K> {
    /// The devices, in order.
    pub compiled: Vec<Arc<Compiled<K>>>,
    graph: Arc<Graph<K>>,
    places: Arc<Places<K>>,
}

/// The largest number of steps in the arena of a run.
const BUDGET: usize = 1 << 25;

/// What every run begins with.
#[derive(Debug)]
pub(super) struct Places<K> {
    /// Holds `fixed` and nothing else.
    pub(super) arena: Arena<K>,
    pub(super) fixed: Fixed,
    unicast: Intervals<K>,
    zones: Table<ZoneId, Zone<K>>,
}

#[derive(Debug)]
struct Zone<K> {
    all: Intervals<K>,
    unicast: Intervals<K>,
    loose: Option<Function>,
}

impl<'a, K: Header> Network<'a, K> {
    /// Compiles `snapshot`.
    #[must_use]
    pub fn new(snapshot: &'a Snapshot) -> Self {
        Network::of(snapshot, devices::compiled(snapshot))
    }

    /// The network of `snapshot`, whose devices are compiled.
    #[must_use]
    pub fn of(snapshot: &'a Snapshot, compiled: Vec<Arc<Compiled<K>>>) -> Self {
        let graph = Arc::new(Graph::new(snapshot, &compiled));
        let places = Arc::new(Places::new(snapshot));
        Network { snapshot, compiled, graph, places, recorder: None }
    }

    /// As [`Network::of`] after configurations were edited: what hangs together as it did in `parts` is taken from there.
    #[must_use]
    pub fn resume(
        snapshot: &'a Snapshot,
        compiled: Vec<Arc<Compiled<K>>>,
        parts: &Parts<K>,
        difference: &Difference<'_>,
    ) -> Self {
        if !difference.same_ways() {
            return Network::of(snapshot, compiled);
        }
        let (graph, places) = (Arc::clone(&parts.graph), Arc::clone(&parts.places));
        Network { snapshot, compiled, graph, places, recorder: None }
    }

    /// The network of `changed`, a copy of this network's snapshot in which lines of some devices do something else: the other
    /// devices are not compiled again.
    #[must_use]
    pub fn changed<'b>(&self, changed: &'b Snapshot) -> Network<'b, K> {
        let same = |id| {
            let devices = (&self.snapshot.devices[id], &changed.devices[id]);
            Arc::ptr_eq(devices.0, devices.1) && self.snapshot.at == changed.at
        };
        Network::of(changed, devices::again(changed, &self.compiled, same))
    }

    /// The network of `snapshot`, compiled to `parts`; it notes where packets go as this one does.
    #[must_use]
    pub fn beside<'b>(&self, snapshot: &'b Snapshot, parts: &Parts<K>) -> Network<'b, K> {
        let (graph, places) = (Arc::clone(&parts.graph), Arc::clone(&parts.places));
        let (compiled, recorder) = (parts.compiled.clone(), self.recorder.clone());
        Network { snapshot, compiled, graph, places, recorder }
    }

    /// What can be gone on with after an edit.
    #[must_use]
    pub fn parts(&self) -> Parts<K> {
        let (graph, places) = (Arc::clone(&self.graph), Arc::clone(&self.places));
        Parts { compiled: self.compiled.clone(), graph, places }
    }

    /// The addresses of a zone.
    #[must_use]
    pub fn zone(&self, zone: ZoneId) -> &Intervals<K> {
        &self.places.zones[zone].all
    }

    /// The addresses of a zone that packets can be forwarded from and to.
    #[must_use]
    pub fn hosts(&self, zone: ZoneId) -> &Intervals<K> {
        &self.places.zones[zone].unicast
    }

    /// The packets to addresses of a zone in no subnet of its segments, in the arena of any run; `None` of a zone on one segment.
    pub(super) fn loose(&self, zone: ZoneId) -> Option<Function> {
        self.places.zones[zone].loose
    }

    /// The packets that can open a connection (see [`crate::net::Flow::is_opening`]), in the arena of any run.
    #[must_use]
    pub fn opening(&self) -> Function {
        self.places.fixed.opening
    }

    /// An arena for questions about sets of this network, as every run begins with.
    #[must_use]
    pub fn arena(&self) -> Arena<K> {
        self.places.arena.clone()
    }

    /// The addresses that packets can be forwarded from and to.
    #[must_use]
    pub fn unicast(&self) -> &Intervals<K> {
        &self.places.unicast
    }

    /// The same network as if `lines` were not there; only their lists are asked anew.
    #[must_use]
    pub fn without(&self, lines: &[(DeviceId, LineRef)]) -> Self {
        let mut network = Network {
            snapshot: self.snapshot,
            compiled: self.compiled.clone(),
            graph: Arc::clone(&self.graph),
            places: Arc::clone(&self.places),
            recorder: self.recorder.clone(),
        };
        if lines.is_empty() {
            return network;
        }
        for ((id, device), compiled) in self.snapshot.devices.iter().zip(&mut network.compiled) {
            let own: Vec<LineRef> =
                lines.iter().filter(|(device, _)| *device == id).map(|(_, line)| *line).collect();
            if !own.is_empty() {
                let steps = self.snapshot.steps.map(|steps| steps.device);
                let at = self.snapshot.at;
                let conditions = Conditions { at, without: own, steps };
                *compiled = Arc::new(compiled.without(device, &conditions));
            }
        }
        network
    }
}

impl<K: Header> Places<K> {
    fn new(snapshot: &Snapshot) -> Places<K> {
        let unicast = graph::unicast();
        let steps = snapshot.steps.map_or(BUDGET, |steps| steps.question.min(BUDGET));
        let mut arena = Arena::new(&K::layout(), steps);
        let fixed = Fixed::new(&mut arena, &unicast);
        let mut zones = Table::default();
        for (id, zone) in snapshot.zones.iter() {
            let all = graph::zone_set(snapshot, id);
            let unicast = all.intersection(&unicast);
            let subnets = || compile::intervals(zone.subnets.iter().map(|subnet| subnet.range()));
            let loose = (!zone.subnets.is_empty())
                .then(|| arena.field_in(fields::DST, &all.minus(&subnets())));
            zones.push(Zone { all, unicast, loose });
        }
        Places { arena, fixed, unicast, zones }
    }
}
