//! Exhaustively on a toy header, three bits each of source, destination and port: a run over a start set is the union of the
//! runs over its single flows, and where nothing is translated the sets of every reading are what the tracer says flow by flow.

use super::features::{Feature, Features};
use super::network::{self, ip};
use super::rng::Rng;
use crate::judges::{concrete, point, run_of, traced};
use sekisho::compile::Reading;
use sekisho::net::{Flow, State};
use sekisho::packetset::Function;
use sekisho::reach::{Network, Run};
use sekisho::snapshot::Place;
use std::collections::{BTreeMap, BTreeSet};

fn toy(source: usize, destination: usize, port: usize) -> Flow {
    let ports = [21, 22, 79, 80, 443, 444, 1024, 8080];
    Flow {
        src: ip(&network::host(0, 3 + source)),
        dst: ip(&network::host(1, [0, 2, 3, 5, 127, 128, 200, 201][destination])),
        protocol: 6,
        source_port: 50000,
        destination_port: ports[port],
        tcp_flags: 2,
        icmp_type: 0,
        icmp_code: 0,
        state: State::New,
    }
}

/// Every flow of the toy header.
fn toys() -> impl Iterator<Item = Flow> {
    (0..512).map(|n| toy(n / 64, n / 8 % 8, n % 8))
}

/// Where a run that translates nothing delivers the packet of `point`.
fn places_of(run: &Run<u32>, point: &[u32]) -> BTreeSet<Place> {
    let holds = |id: &usize| run.arena.value_at(run.events[*id].set, point).is_some();
    let ends = run.ends.iter().filter(|(_, ids)| ids.iter().any(holds));
    ends.map(|(place, _)| *place).collect()
}

/// The first flow about which a run over all flows of the toy header and the tracer disagree.
pub(crate) fn disagreement(seed: u64) -> Option<String> {
    let features = Features::some(&mut Rng::new(seed).fork(3));
    let features = features.without(Feature::DestinationNat).without(Feature::SourceNat);
    let snapshot = network::generate(seed, features);
    let network = Network::<u32>::new(&snapshot);
    let points: Vec<Vec<u32>> = toys().map(|flow| point(&flow)).collect();
    for zone in snapshot.zones.ids() {
        let run = |reading| run_of(&network, zone, &points, reading);
        let (may, must, always) = (run(Reading::May), run(Reading::Must), run(Reading::Always));
        assert!(!may.limited() && !must.limited() && !always.limited());
        for (flow, point) in toys().zip(&points) {
            let Some(traced) = concrete(&traced(&snapshot, zone, flow)) else { continue };
            let lost =
                |drop: &sekisho::reach::Drop| always.arena.value_at(drop.set, point).is_some();
            let mut surely = places_of(&always, point);
            let only = (surely.len() == 1 && !always.drops.iter().any(lost))
                .then(|| surely.pop_first())
                .flatten();
            let said = (places_of(&may, point), places_of(&must, point), only);
            if said != (traced.may.clone(), traced.must.clone(), traced.always) {
                return Some(format!(
                    "seed {seed} from {zone:?} {flow}: engine {said:?}, tracer {:?} {:?} {:?}",
                    traced.may, traced.must, traced.always
                ));
            }
        }
    }
    None
}

/// The first place at which the sum of the single runs differs from the run of the set.
pub(crate) fn difference(seed: u64) -> Option<String> {
    let features = Features::some(&mut Rng::new(seed).fork(3));
    let snapshot = network::generate(seed, features);
    let network = Network::<u32>::new(&snapshot);
    let zone = snapshot.zones.ids().next()?;
    let points: Vec<Vec<u32>> = toys().map(|flow| point(&flow)).collect();
    let mut whole = run_of(&network, zone, &points, Reading::May);
    let mut sums: BTreeMap<Place, Function> = BTreeMap::new();
    for start in &points {
        let mut single = run_of(&network, zone, std::slice::from_ref(start), Reading::May);
        let places: Vec<Place> = single.ends.keys().copied().collect();
        for place in places {
            let set = single.delivered(place, None);
            let set = whole.arena.import(&single.arena, set, Function::ALL);
            let sum = sums.entry(place).or_insert(Function::NONE);
            *sum = whole.arena.min(*sum, set);
        }
    }
    let places: Vec<Place> = whole.ends.keys().copied().collect();
    if !places.iter().eq(sums.keys()) {
        return Some(format!(
            "seed {seed}: the set ends at {places:?}, its flows at {:?}",
            sums.keys()
        ));
    }
    let mut differing =
        sums.into_iter().filter(|(place, sum)| whole.delivered(*place, None) != *sum);
    differing.next().map(|(place, _)| format!("seed {seed}: other packets at {place:?}"))
}
