//! A run over a start set is the union of the runs over its single flows, exhaustively on a toy header: three bits each of
//! source, destination and port.

use super::features::Features;
use super::network::{self, ip};
use super::rng::Rng;
use crate::judges::{point, run_of};
use sekisho::compile::Reading;
use sekisho::net::{Flow, State};
use sekisho::packetset::Function;
use sekisho::reach::Network;
use sekisho::snapshot::Place;
use std::collections::BTreeMap;

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

/// The first place at which the sum of the single runs differs from the run of the set.
pub(crate) fn difference(seed: u64) -> Option<String> {
    let features = Features::some(&mut Rng::new(seed).fork(3));
    let snapshot = network::generate(seed, features);
    let network = Network::<u32>::new(&snapshot);
    let zone = snapshot.zones.ids().next()?;
    let numbers = (0..512).map(|n| (n / 64, n / 8 % 8, n % 8));
    let points: Vec<Vec<u32>> = numbers.map(|(s, d, p)| point(&toy(s, d, p))).collect();
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
