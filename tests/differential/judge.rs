//! A network before both judges.

use super::features::Features;
use super::flows;
use super::network;
use super::rng::Rng;
use crate::judges::{compare, one, tell, traced};
use sekisho::compile::{Header, Reading};
use sekisho::graph::Node;
use sekisho::packetset::{Arena, Function};
use sekisho::reach::{Network, Query, Run};
use sekisho::snapshot::{DeviceId, Place, ZoneId};
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
    let mut judged = 0;
    for zone in network.snapshot.zones.ids() {
        witnesses(network, zone).map_or(Ok(()), Err)?;
        for _ in 0..count {
            let Some(flow) = samples.flow(rng, network.snapshot, zone) else { continue };
            judged += u64::from(compare(network, zone, flow)?);
        }
    }
    Ok(judged)
}

/// Packets picked from what the engine says can arrive, pulled back and traced.
fn witnesses<K: Header>(network: &Network<'_, K>, zone: ZoneId) -> Option<String> {
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
                return Some(format!("{reading:?}: no witness for {place:?} from {zone:?}"));
            };
            if let Some(words) = one(network, zone, origin.flow) {
                return Some(format!("witness for {place:?} in {reading:?}: {words}"));
            }
            let trace = traced(network.snapshot, zone, origin.flow);
            let arrives = |end: &&trace::End| {
                end.place() == Some(place) && (end.certain || reading == Reading::May)
            };
            if !trace.truncated && !trace.ends.iter().any(|end| arrives(&end)) {
                return Some(format!(
                    "witness for {place:?} in {reading:?} from {zone:?} does not arrive: {}\n{}",
                    origin.flow,
                    tell(&trace)
                ));
            }
            let devices = crossed(&run, &origin.points);
            let same = trace.ends.iter().filter(arrives).any(|end| end.devices == devices);
            if !trace.truncated && !same {
                return Some(format!(
                    "witness for {place:?} in {reading:?} from {zone:?} goes another way: {} over {devices:?}\n{}",
                    origin.flow,
                    tell(&trace)
                ));
            }
        }
    }
    None
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
