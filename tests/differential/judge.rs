//! A network before both judges.

use super::features::Features;
use super::flows;
use super::network;
use super::rng::Rng;
use crate::judges::{LOOSE, compare, one, point, symbolic, tell, traced};
use sekisho::compile::{Header, Reading};
use sekisho::graph::Node;
use sekisho::model::{Action, AddressSet, Device};
use sekisho::net::{Family, Flow};
use sekisho::packetset::{Arena, Function};
use sekisho::reach::{Network, Query, Run, Ways};
use sekisho::snapshot::{DeviceId, Place, Snapshot, ZoneId};
use sekisho::trace;

/// How many flows both judges answered alike on a network, or their first disagreement in words.
pub(crate) fn judge(seed: u64, features: Features, flows: usize) -> Result<u64, String> {
    let snapshot = network::generate(seed, features);
    let mut rng = Rng::new(seed).fork(9);
    let four = family(&Network::<u32>::new(&snapshot), &mut rng, flows)?;
    let six = family(&Network::<u128>::new(&snapshot), &mut rng, flows / 2)?;
    Ok(four + six)
}

fn family<K: Header>(network: &Network<'_, K>, rng: &mut Rng, count: usize) -> Result<u64, String> {
    let samples = flows::Samples::new(network.snapshot, K::FAMILY);
    let (mut judged, mut loose) = (0, None);
    for zone in network.snapshot.zones.ids() {
        for words in witnesses(network, zone) {
            graver(words, &mut loose)?;
        }
        let mut origins = Origins::of(network, zone);
        for _ in 0..count {
            let Some(flow) = samples.flow(rng, network.snapshot, zone) else { continue };
            origins.missing(network, zone, flow).map_or(Ok(()), Err)?;
            match compare(network, zone, flow) {
                Ok(agreed) => judged += u64::from(agreed),
                Err(words) => graver(words, &mut loose)?,
            }
        }
    }
    loose.map_or(Ok(judged), Err)
}

/// As [`judge`], as far as a verdict could rest on it: how many flows both judges answered, one more exactly than the other or not.
pub(crate) fn soundness(snapshot: &Snapshot, rng: &mut Rng, count: usize) -> Result<u64, String> {
    let network = Network::<u32>::new(snapshot);
    let samples = flows::Samples::new(snapshot, Family::V4);
    let mut judged = 0;
    for zone in snapshot.zones.ids() {
        for _ in 0..count {
            let Some(flow) = samples.flow(rng, snapshot, zone) else { continue };
            match compare(&network, zone, flow) {
                Err(words) if !words.contains(LOOSE) => return Err(words),
                Ok(false) => {}
                Ok(true) | Err(_) => judged += 1,
            }
        }
    }
    Ok(judged)
}

/// Lets every translation line match any address, also those that its map says nothing of; how many lines it changed.
pub(crate) fn without_windows(snapshot: &mut Snapshot) -> usize {
    let mut changed = 0;
    let ids: Vec<DeviceId> = snapshot.devices.ids().collect();
    for id in ids {
        let mut device = Device::clone(&snapshot.devices[id]);
        let any = device.literal(AddressSet::Any, network::span(0));
        let lists: Vec<_> = device.lists.ids().collect();
        for list in lists {
            for line in &mut device.lists[list].lines {
                if matches!(line.action, Action::Rewrite(_)) {
                    (line.matches.source, line.matches.destination) = (any, any);
                    changed += 1;
                }
            }
        }
        snapshot.devices[id] = device.into();
    }
    changed
}

/// Goes on after a difference in exactness: something worse may follow.
fn graver(words: String, loose: &mut Option<String>) -> Result<(), String> {
    if !words.contains(LOOSE) {
        return Err(words);
    }
    loose.get_or_insert(words);
    Ok(())
}

/// From which packets of a zone the engine says that a place may be reached; empty where a limit was met.
struct Origins<K> {
    run: Run<K>,
    by_place: Vec<(Place, Function)>,
}

impl<K: Header> Origins<K> {
    fn of(network: &Network<'_, K>, zone: ZoneId) -> Origins<K> {
        let start = |_: &mut Arena<K>| network.opening();
        let reading = Reading::May;
        let mut run = network.run_whole(
            &Query { zone, start: &start, reading, only_filters_of: None, watch: &[] },
            None,
        );
        let places: Vec<Place> = run.ends.keys().copied().collect();
        let ways = Ways::of(&run);
        let mut by_place: Vec<(Place, Function)> = places
            .into_iter()
            .map(|place| (place, run.origins(network, &ways, place, Function::ALL)))
            .collect();
        if run.limited() {
            by_place.clear();
        }
        Origins { run, by_place }
    }

    /// A place that the tracer comes to with `flow`, and that the origins of the place do not tell of; or the other way round.
    fn missing(&mut self, network: &Network<'_, K>, zone: ZoneId, flow: Flow) -> Option<String> {
        if Family::of(flow.src) != K::FAMILY {
            return None;
        }
        let point = point::<K>(&flow);
        self.run.arena.value_at(self.run.start, &point)?;
        let said = symbolic(network, zone, &flow);
        let mut places = self.by_place.iter().filter(|_| !said.limited);
        let wrong = places.find(|(place, set)| {
            self.run.arena.value_at(*set, &point).is_some() != said.may.contains(place)
        })?;
        Some(format!("origins of {:?} from {zone:?}: {flow}, engine {:?}", wrong.0, said.may))
    }
}

/// Packets picked from what the engine says can arrive, pulled back and traced.
fn witnesses<K: Header>(network: &Network<'_, K>, zone: ZoneId) -> Vec<String> {
    let mut out = Vec::new();
    for reading in [Reading::May, Reading::Must] {
        let start = |_: &mut Arena<K>| network.opening();
        let mut run =
            network.run(&Query { zone, start: &start, reading, only_filters_of: None, watch: &[] });
        if run.limited() {
            continue;
        }
        let ends: Vec<(Place, usize)> = run
            .ends
            .iter()
            .flat_map(|(place, ids)| ids.iter().take(4).map(|id| (*place, *id)))
            .collect();
        for (place, id) in ends {
            let Some(origin) = run.witness(network, id, Function::ALL, &[]) else {
                out.push(format!("{reading:?}: no witness for {place:?} from {zone:?}"));
                continue;
            };
            if let Some(words) = one(network, zone, origin.flow) {
                out.push(format!("witness for {place:?} in {reading:?}: {words}"));
            }
            let trace = traced(network.snapshot, zone, origin.flow);
            let at = |end: &&trace::End| end.place() == Some(place);
            let arrives = |end: &&trace::End| at(end) && (end.certain || reading == Reading::May);
            if !trace.truncated && !trace.ends.iter().any(|end| arrives(&end)) {
                // The tracer tries values of an address that nobody knows one by one, the engine decides about all of them.
                let kind = if trace.ends.iter().any(|end| at(&end)) { LOOSE } else { "" };
                let way: Vec<String> =
                    origin.points.iter().map(|(id, _)| step(&run, *id)).collect();
                out.push(format!(
                    "{kind}witness for {place:?} in {reading:?} from {zone:?} does not arrive: {}\nby {}\n{}",
                    origin.flow,
                    way.join("\nby "),
                    tell(&trace)
                ));
            }
            let devices = crossed(&run, &origin.points);
            let same = trace.ends.iter().filter(arrives).any(|end| end.devices == devices);
            if !trace.truncated && !same {
                out.push(format!(
                    "{LOOSE}witness for {place:?} in {reading:?} from {zone:?} goes another way: {} over {devices:?}\n{}",
                    origin.flow,
                    tell(&trace)
                ));
            }
        }
    }
    out
}

/// An event in words.
fn step<K>(run: &Run<K>, id: usize) -> String {
    format!("{:?} {:?}", run.events[id].node, run.events[id].records)
}

/// The devices of a chain of events, each once, in order.
pub(crate) fn crossed<K>(run: &Run<K>, points: &[(usize, Vec<K>)]) -> Vec<DeviceId> {
    let mut devices = Vec::new();
    for (id, _) in points {
        if let Node::Arrive(port) = run.events[*id].node
            && !devices.contains(&port.device)
        {
            devices.push(port.device);
        }
    }
    devices
}
