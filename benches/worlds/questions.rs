//! Questions that the measurements ask of a world.

use sekisho::check::service_set;
use sekisho::compile::{Header, Reading, fields};
use sekisho::packetset::{Arena, Function};
use sekisho::policy::read_service;
use sekisho::reach::{Network, Query, Run};
use sekisho::snapshot::{Place, Snapshot, ZoneId};

use super::FORBIDDEN;

/// The zones that are no transit networks.
#[must_use]
pub fn zones(snapshot: &Snapshot) -> Vec<ZoneId> {
    let ids = snapshot.zones.ids();
    ids.filter(|zone| snapshot.zones[*zone].id.starts_with('z')).collect()
}

/// Every forbidden packet that the zone may send to any other.
#[must_use]
pub fn forbidden<K: Header>(network: &Network<'_, K>, from: ZoneId) -> Run<K> {
    let services: Vec<_> = FORBIDDEN.iter().filter_map(|word| read_service(word)).collect();
    let start = |arena: &mut Arena<K>| {
        let source = arena.field_in(fields::SRC, network.hosts(from));
        let services = service_set(arena, &services);
        let start = arena.guard(services, source);
        arena.guard(start, network.opening())
    };
    ask(network, from, &start)
}

/// A run in which nothing is sent: what every run begins with.
#[must_use]
pub fn nothing<K: Header>(network: &Network<'_, K>, from: ZoneId) -> Run<K> {
    ask(network, from, &|_: &mut Arena<K>| Function::NONE)
}

fn ask<K: Header>(
    network: &Network<'_, K>,
    zone: ZoneId,
    start: &dyn Fn(&mut Arena<K>) -> Function,
) -> Run<K> {
    let reading = Reading::May;
    let run = network.run(&Query { zone, start, reading, only_filters_of: None, watch: &[] });
    assert!(!run.limited(), "a limit stopped the run");
    run
}

/// What the questions about all pairs of zones found, and what they made.
#[derive(Clone, Copy, Debug, Default)]
pub struct Pairs {
    /// How many ordered pairs a forbidden packet may cross.
    pub open: usize,
    /// Steps of packet sets that were made for all of them.
    pub steps: usize,
}

/// Asks every zone for all others.
#[must_use]
pub fn all_pairs<K: Header>(network: &Network<'_, K>, zones: &[ZoneId]) -> Pairs {
    let idle = zones.first().map_or(0, |zone| nothing(network, *zone).arena.step_count());
    let mut pairs = Pairs::default();
    for from in zones {
        let mut run = forbidden(network, *from);
        for to in zones.iter().filter(|to| *to != from) {
            pairs.open += usize::from(!run.delivered(Place::Zone(*to), None).is_none());
        }
        pairs.steps += run.arena.step_count().saturating_sub(idle);
    }
    pairs
}
