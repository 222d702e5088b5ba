//! Where the packets of questions went: what a change of a filter's lines can and cannot matter to.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use super::{Network, Run};
use crate::compile::{Header, fields};
use crate::graph::Node;
use crate::model::{AddressId, Device, Edited, Stage};
use crate::packetset::{Function, Intervals};
use crate::snapshot::DeviceId;
use crate::workers::lock;

/// The packets that devices saw, at least: what filters were asked about lies inside.
#[derive(Clone, Debug)]
pub struct Visits<K> {
    devices: BTreeMap<DeviceId, Seen<K>>,
    /// Whether nothing is known: a limit cut a question short, or nobody took notes.
    limited: bool,
}

#[derive(Clone, Debug)]
enum Seen<K> {
    /// Only packets of these sources and destinations.
    Within(Intervals<K>, Intervals<K>),
    /// Perhaps any: the device changes addresses, or they were not known.
    Anything,
}

/// Sources and destinations of lines that are not the same any more, by device.
#[derive(Clone, Debug)]
pub struct Changes<K> {
    lines: Vec<Changed<K>>,
}

#[derive(Clone, Debug)]
struct Changed<K> {
    device: DeviceId,
    source: Arc<Intervals<K>>,
    destination: Arc<Intervals<K>>,
}

impl<K> Default for Visits<K> {
    fn default() -> Self {
        Visits { devices: BTreeMap::new(), limited: false }
    }
}

impl<K> Default for Changes<K> {
    fn default() -> Self {
        Changes { lines: Vec::new() }
    }
}

/// Collects the visits of the questions of one part of a judgment.
pub(super) type Recorder<K> = Arc<Mutex<Visits<K>>>;

impl<K> Visits<K> {
    /// Of questions of which nobody took notes: packets may have gone anywhere.
    #[must_use]
    pub fn unknown() -> Self {
        Visits { devices: BTreeMap::new(), limited: true }
    }
}

impl<K: Header> Visits<K> {
    /// Whether one of `changes` may have decided about a packet.
    #[must_use]
    pub fn meet(&self, changes: &Changes<K>) -> bool {
        let met = |line: &Changed<K>| match self.devices.get(&line.device) {
            None => false,
            Some(Seen::Anything) => true,
            Some(Seen::Within(from, to)) => from.meets(&line.source) && to.meets(&line.destination),
        };
        self.limited || changes.lines.iter().any(met)
    }

    fn add(&mut self, other: &Visits<K>) {
        self.limited |= other.limited;
        for (device, seen) in &other.devices {
            self.see(*device, seen);
        }
    }

    fn see(&mut self, device: DeviceId, seen: &Seen<K>) {
        let Some(before) = self.devices.get_mut(&device) else {
            self.devices.insert(device, seen.clone());
            return;
        };
        match (before, seen) {
            (Seen::Within(from, to), Seen::Within(source, destination)) => {
                (*from, *to) = (from.union(source), to.union(destination));
            }
            (before, Seen::Anything) => *before = Seen::Anything,
            (Seen::Anything, Seen::Within(..)) => {}
        }
    }
}

impl<K: Header> Changes<K> {
    /// Adds the lines in which a device differs, as they were in `old` and are in `new`.
    pub fn add(&mut self, id: DeviceId, old: Side<'_, K>, new: Side<'_, K>, edited: &[Edited]) {
        for edit in edited {
            for (side, range) in [(old, &edit.old), (new, &edit.new)] {
                let lines = side.0.lists[edit.list].lines.get(range.clone()).unwrap_or_default();
                for line in lines {
                    let [source, destination] = [line.matches.source, line.matches.destination]
                        .map(|address: AddressId| side.1.widest(address));
                    self.lines.push(Changed { device: id, source, destination });
                }
            }
        }
    }
}

/// A device with what it was compiled to.
pub(crate) type Side<'a, K> = (&'a Device, &'a crate::compile::Compiled<K>);

impl<K: Header> Network<'_, K> {
    /// The same network, which notes where packets go from now on.
    #[must_use]
    pub fn recorded(&self) -> Self {
        let mut network = self.without(&[]);
        network.recorder = Some(Recorder::default());
        network
    }

    /// Where packets went since [`Network::recorded`].
    #[must_use]
    pub fn visits(&self) -> Visits<K> {
        let noted = self.recorder.as_ref().map(|recorder| lock(recorder).clone());
        noted.unwrap_or_else(Visits::unknown)
    }

    /// Whether it notes where packets go.
    #[must_use]
    pub fn is_recorded(&self) -> bool {
        self.recorder.is_some()
    }

    /// Notes what another question had found out already.
    pub fn revisit(&self, visits: &Visits<K>) {
        if let Some(recorder) = &self.recorder {
            lock(recorder).add(visits);
        }
    }

    pub(super) fn record(&self, run: &mut Run<K>) {
        let Some(recorder) = &self.recorder else { return };
        let mut visits = Visits { devices: BTreeMap::new(), limited: run.limited() };
        let mut arrived: BTreeMap<DeviceId, Function> = BTreeMap::new();
        for event in 0..run.events.len() {
            let Some(event) = run.events.get(event) else { continue };
            let (device, set) = match event.node {
                Node::Arrive(port) | Node::Leak(port, _) => (port.device, event.set),
                Node::Depart(..) | Node::Flood(..) | Node::Opaque(_) | Node::End(_) => continue,
            };
            if event.unknown != 0 || translates(&self.snapshot.devices[device]) {
                visits.see(device, &Seen::Anything);
                continue;
            }
            let before = arrived.get(&device).copied().unwrap_or(Function::NONE);
            let all = run.arena.min(before, set);
            arrived.insert(device, all);
        }
        for (device, set) in arrived {
            let [from, to] = [fields::SRC, fields::DST].map(|f| run.arena.field_values(set, f));
            visits.see(device, &Seen::Within(from, to));
        }
        // Sets of an arena that is full are not to be believed.
        visits.limited |= run.limited();
        lock(recorder).add(&visits);
    }
}

fn translates(device: &Device) -> bool {
    let mut stages = device.contexts.iter().flat_map(|(_, context)| &context.pipeline);
    stages
        .any(|stage| matches!(stage, Stage::Translate(translate) if !translate.bindings.is_empty()))
}
