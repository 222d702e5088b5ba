//! Flows worth asking about: at the boundaries of the sets that occur in a network, and just outside.

use super::network::ip;
use super::rng::Rng;
use sekisho::model::{AddressMap, AddressSet};
use sekisho::net::{AddressRange, Family, Flow, State, address, number};
use sekisho::snapshot::{Snapshot, ZoneAddresses, ZoneId, is_unicast};
use std::net::IpAddr;

/// Interesting addresses of one family.
pub(crate) struct Samples {
    addresses: Vec<IpAddr>,
}

impl Samples {
    pub(crate) fn new(snapshot: &Snapshot, family: Family) -> Samples {
        let mut samples = Samples { addresses: Vec::new() };
        let mut add = |range: AddressRange| {
            if range.family() == family {
                let (first, last) = range.numbers();
                let around = [
                    first.saturating_sub(1),
                    first,
                    first + 5,
                    first / 2 + last / 2,
                    last,
                    last.saturating_add(1),
                ];
                let inside = around.into_iter().filter(|n| *n <= family.last());
                samples
                    .addresses
                    .extend(inside.map(|n| address(family, n)).filter(|a| is_unicast(*a)));
            }
        };
        for (_, device) in snapshot.devices.iter() {
            for (_, object) in device.addresses.iter() {
                if let AddressSet::Range(range) = &object.value {
                    add(*range);
                }
            }
            for (_, rewrite) in device.rewrites.iter() {
                for map in [&rewrite.source, &rewrite.destination].into_iter().flatten() {
                    match map {
                        AddressMap::Shift { from, to } => {
                            [*from, *to].into_iter().for_each(&mut add)
                        }
                        AddressMap::Pool(ranges) => ranges.iter().copied().for_each(&mut add),
                        _ => {}
                    }
                }
            }
            for (_, interface) in device.interfaces.iter() {
                interface.addresses.iter().for_each(|a| add(AddressRange::single(a.address)));
            }
            for (_, context) in device.contexts.iter() {
                context.routes.iter().for_each(|route| add(route.prefix.range()));
            }
        }
        snapshot
            .opaques
            .iter()
            .flat_map(|(_, o)| &o.addresses)
            .for_each(|a| add(AddressRange::single(*a)));
        snapshot.declared_networks().for_each(|network| add(network.range()));
        let more = ["10.0.0.5", "10.0.1.6", "198.51.100.1", "fd00:1::6", "2001:db8::1"];
        more.into_iter().for_each(|text| add(AddressRange::single(ip(text))));
        samples.addresses.sort_unstable();
        samples.addresses.dedup();
        samples
    }

    fn source(&self, rng: &mut Rng, snapshot: &Snapshot, zone: ZoneId) -> Option<IpAddr> {
        if rng.chance(15) {
            return Some(rng.pick(&self.addresses));
        }
        let family = Family::of(*self.addresses.first()?);
        let own: Vec<IpAddr> = match &snapshot.zones[zone].addresses {
            ZoneAddresses::Networks(networks) => networks
                .iter()
                .filter(|network| network.family() == family)
                .map(|network| {
                    address(family, number(network.address()) + 1 + rng.below(120) as u128)
                })
                .collect(),
            ZoneAddresses::Rest => {
                self.addresses.iter().copied().filter(|a| snapshot.zone_holds(zone, *a)).collect()
            }
        };
        (!own.is_empty()).then(|| rng.pick(&own))
    }

    /// A flow that a host of `zone` might send.
    pub(crate) fn flow(&self, rng: &mut Rng, snapshot: &Snapshot, zone: ZoneId) -> Option<Flow> {
        let src = self.source(rng, snapshot, zone)?;
        let dst = rng.pick(&self.addresses);
        let protocol = rng.pick(&[6, 6, 6, 17, 17, 1, 58, 50]);
        let state = rng.pick(&[
            State::New,
            State::New,
            State::New,
            State::New,
            State::Established,
            State::Related,
            State::Invalid,
        ]);
        let flow = Flow {
            src,
            dst,
            protocol,
            source_port: rng.pick(&[1023, 1024, 50000]),
            destination_port: rng
                .pick(&[21, 22, 23, 80, 85, 90, 91, 443, 444, 445, 1023, 1024, 8080, 8085, 65535]),
            tcp_flags: rng.pick(&[2, 2, 2, 16, 18, 0]),
            icmp_type: rng.pick(&[0, 8, 128, 129]),
            icmp_code: rng.pick(&[0, 1]),
            state,
        };
        Some(flow.normalised())
    }
}
