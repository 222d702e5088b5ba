//! Flows that a changed line may be about, and some that it is not about.

use crate::rng::Rng;
use crate::world::Mutant;
use sekisho::model::{AddressId, AddressSet, Device, ServiceId, ServiceSet};
use sekisho::net::{AddressRange, Flow, State};
use sekisho::scan::Scan;
use sekisho::snapshot::{Snapshot, ZoneAddresses, ZoneId, is_unicast};
use std::collections::BTreeSet;
use std::net::IpAddr;

/// Flows beside those that the line names.
const OTHERS: usize = 24;
/// Flows that the line names, at most.
const NAMED: usize = 160;

/// Where flows may start, end, and what they may be.
#[derive(Default)]
struct Choice {
    sources: BTreeSet<IpAddr>,
    destinations: BTreeSet<IpAddr>,
    services: BTreeSet<(u8, u16)>,
}

/// Flows from zones that hold their sources, in a fixed order.
pub(crate) fn samples(base: &Scan, mutant: &Mutant) -> Vec<(ZoneId, Flow)> {
    let snapshot = &base.loaded.snapshot;
    let everywhere = everywhere(snapshot);
    let mut named = Choice::default();
    for (_, device) in snapshot.devices.iter() {
        for (_, list) in device.lists.iter() {
            for line in list.lines.iter().filter(|line| line.span == mutant.span) {
                addresses(device, line.matches.source, &mut named.sources);
                addresses(device, line.matches.destination, &mut named.destinations);
                services(device, line.matches.service, &mut named.services);
            }
        }
        for (_, context) in device.contexts.iter() {
            for route in context.routes.iter().filter(|route| route.span == mutant.span) {
                corners(route.prefix.range(), &mut named.destinations);
            }
        }
    }
    named.sources.extend(&everywhere.sources);
    if named.destinations.is_empty() {
        named.destinations.extend(&everywhere.destinations);
    }
    named.services.extend([(6, 443), (17, 53)]);
    let mut rng = Rng::new(u64::from(mutant.span.start));
    let mut out = draw(&mut rng, snapshot, &named, NAMED);
    out.extend(draw(&mut rng, snapshot, &everywhere, OTHERS));
    out
}

fn draw(rng: &mut Rng, snapshot: &Snapshot, choice: &Choice, count: usize) -> Vec<(ZoneId, Flow)> {
    let [sources, destinations]: [Vec<IpAddr>; 2] =
        [&choice.sources, &choice.destinations].map(|set| set.iter().copied().collect());
    let services: Vec<(u8, u16)> = choice.services.iter().copied().collect();
    let mut out = Vec::new();
    for _ in 0..count {
        let (src, dst) = (rng.pick(&sources), rng.pick(&destinations));
        let (protocol, port) = rng.pick(&services);
        let zone = snapshot.zones.ids().find(|zone| snapshot.zone_holds(*zone, src));
        let Some(zone) = zone.filter(|_| src.is_ipv4() == dst.is_ipv4()) else { continue };
        let flow = Flow {
            src,
            dst,
            protocol,
            source_port: 50000,
            destination_port: port,
            tcp_flags: 2,
            icmp_type: if src.is_ipv4() { 8 } else { 128 },
            icmp_code: 0,
            state: State::New,
        };
        out.push((zone, flow.normalised()));
    }
    out
}

/// Hosts of every zone and services that networks have.
fn everywhere(snapshot: &Snapshot) -> Choice {
    let mut choice = Choice::default();
    for (_, zone) in snapshot.zones.iter() {
        if let ZoneAddresses::Networks(networks) = &zone.addresses {
            for network in networks {
                corners(network.range(), &mut choice.sources);
            }
        }
    }
    choice.sources.extend(snapshot.hosts.iter().flat_map(|(_, host)| host.addresses.clone()));
    choice.sources.insert(IpAddr::from([198, 51, 100, 66]));
    choice.destinations.clone_from(&choice.sources);
    choice.services.extend([22, 80, 443, 445, 3389, 8530].map(|port| (6, port)));
    choice.services.extend([(17, 53), (17, 123), (1, 0)]);
    choice
}

/// A few addresses of a range, not its ends, which may be the network's own and broadcast.
fn corners(range: AddressRange, out: &mut BTreeSet<IpAddr>) {
    let (first, last) = range.numbers();
    let family = range.family();
    for number in [first, first + 23, first / 2 + last / 2, last.saturating_sub(2)] {
        let address = sekisho::net::address(family, number.clamp(first, last));
        if is_unicast(address) {
            out.insert(address);
        }
    }
}

fn addresses(device: &Device, id: AddressId, out: &mut BTreeSet<IpAddr>) {
    match &device.addresses[id].value {
        AddressSet::Range(range) => corners(*range, out),
        AddressSet::Union(members) => members.iter().for_each(|id| addresses(device, *id, out)),
        AddressSet::Except { of, minus } => {
            addresses(device, *of, out);
            addresses(device, *minus, out);
        }
        AddressSet::Wildcard(mask) => out.extend(mask.to_prefix().map(|p| p.range().first())),
        AddressSet::Any | AddressSet::Unknown { .. } => {}
    }
}

fn services(device: &Device, id: ServiceId, out: &mut BTreeSet<(u8, u16)>) {
    match &device.services[id].value {
        ServiceSet::Ports { protocol, destination, .. } => {
            out.extend([(*protocol, destination.first()), (*protocol, destination.last())]);
        }
        ServiceSet::Protocol(protocol) => _ = out.insert((*protocol, 0)),
        ServiceSet::Icmp { protocol, .. } => _ = out.insert((*protocol, 0)),
        ServiceSet::Union(members) => members.iter().for_each(|id| services(device, *id, out)),
        ServiceSet::Both(one, other) | ServiceSet::Except { of: one, minus: other } => {
            services(device, *one, out);
            services(device, *other, out);
        }
        ServiceSet::Any | ServiceSet::Unknown { .. } => {}
    }
}
