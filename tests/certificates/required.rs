//! Proofs about what is required: refused as soon as anything in them, or in the network, is changed.

use super::{World, narrowed};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestRunner};
use sekisho::certificate::block::Block;
use sekisho::certificate::{
    Certified, Claim, Fate, FilterAt, Guide, Packet, Passed, Path, Proof, Refusal, Spot, Walk,
    parse, required, spot_name, verify, write,
};
use sekisho::model::{Action, Id, InterfaceId, ListId};
use sekisho::net::{Family, Flow, State, address};
use sekisho::snapshot::{DeviceId, Snapshot};
use sekisho::trace::{Ingress, trace};

/// A proof about what is required made false, in a way that `choice` chooses.
fn misled(world: &World, index: usize, way: u8, choice: usize) -> Option<Certified> {
    let (family, was) = (world.claims[index].family, &world.certificate.claims[index]);
    let mut entry = was.clone();
    match (&mut entry.proof, way) {
        (_, 0) => entry.to += "x",
        (_, 1) => entry.sources.truncate(entry.sources.len() - 1),
        (_, 2) => {
            let required = entry.required.pop()?;
            entry.required.push(narrowed(family, &required, choice)?.0);
        }
        (Proof::Delivered { .. }, 3) => {
            entry.proof = match choice % 3 {
                0 => Proof::Holds { places: Default::default(), filters: Default::default() },
                1 => Proof::Violated { path: Vec::new() },
                _ => Proof::Undelivered {
                    packet: entry.required.first()?.clone(),
                    places: Default::default(),
                    filters: Default::default(),
                },
            };
        }
        (Proof::Delivered { places, .. }, 4 | 5) => {
            let at = choice % places.len().max(1);
            shortened(family, places, at, (way == 4, choice))?;
        }
        (Proof::Delivered { places, .. }, 6) => {
            let pairs = leading(&world.loaded.snapshot, family, places);
            let (before, behind) = *pairs.get(choice % pairs.len().max(1))?;
            places.swap(before, behind);
        }
        (Proof::Delivered { filters, .. }, 7) => {
            let at = choice % filters.len().max(1);
            let parts = filters.values_mut().nth(at)?;
            let last = parts.pop()?;
            let (kept, gone) = narrowed(family, &last, choice)?;
            let others: Vec<Block> = parts.iter().map(|b| parse(family, b).unwrap()).collect();
            parts.push(kept);
            if gone.covered(&others) {
                return None;
            }
        }
        (Proof::Delivered { entry, .. }, 8) => {
            *entry = if entry.is_some() { None } else { Some("port nowhere".to_owned()) };
        }
        (Proof::Undelivered { .. }, way) => return misled_packet(&entry, family, way, choice),
        _ => return None,
    }
    Some(entry)
}

/// Takes a place out of a list, or makes less of it, unless another entry of the place makes up for it.
fn shortened(
    family: Family,
    places: &mut Vec<Passed>,
    at: usize,
    (whole, choice): (bool, usize),
) -> Option<()> {
    let was = places.get(at)?.clone();
    let others = places.iter().enumerate().filter(|(index, _)| *index != at);
    let beside: Vec<Block> = others
        .filter(|(_, other)| other.place == was.place)
        .flat_map(|(_, other)| &other.blocks)
        .map(|block| parse(family, block).unwrap())
        .collect();
    let first = was.blocks.first()?;
    if whole && !parse(family, first)?.covered(&beside) {
        places.remove(at);
        return Some(());
    }
    let (kept, gone) = narrowed(family, first, choice)?;
    places[at].blocks[0] = kept;
    (!gone.covered(&beside)).then_some(())
}

/// A proof that a packet never arrives, made false.
fn misled_packet(was: &Certified, family: Family, way: u8, choice: usize) -> Option<Certified> {
    let mut entry = was.clone();
    match (&mut entry.proof, way) {
        (Proof::Undelivered { .. }, 3) => {
            entry.proof =
                Proof::Delivered { entry: None, places: Vec::new(), filters: Default::default() };
        }
        (Proof::Undelivered { packet, .. }, 4) => {
            let mut block = parse(family, packet)?;
            block.0[choice % 5].1 += 1;
            *packet = write(family, block);
        }
        (Proof::Undelivered { packet, .. }, 5) => {
            let mut block = parse(family, packet)?;
            block.0[1] = (1, 1);
            *packet = write(family, block);
        }
        (Proof::Undelivered { places, .. }, 6) => {
            let name = places.keys().nth(choice % places.len().max(1))?.clone();
            places.remove(&name);
        }
        (Proof::Undelivered { filters, .. }, 7) => {
            let stops = filters.values_mut().flat_map(|filtered| &mut filtered.stops);
            let mut stops: Vec<_> = stops.collect();
            let at = choice % stops.len().max(1);
            stops.get_mut(at)?.by += "1";
        }
        _ => return None,
    }
    Some(entry)
}

/// Which places of a list a step leads from and to.
fn leading(snapshot: &Snapshot, family: Family, places: &[Passed]) -> Vec<(usize, usize)> {
    let walk = Walk::new(snapshot, family);
    let mut pairs = Vec::new();
    for (before, from) in places.iter().enumerate() {
        let spot = walk.spots().find(|spot| spot_name(snapshot, *spot) == from.place).unwrap();
        for block in &from.blocks {
            let mut step = Path::default();
            let packet = Packet::new(parse(family, block).unwrap());
            walk.step(spot, packet, &mut step).unwrap();
            let to = |(spot, packet): (_, Packet)| {
                let name = spot_name(snapshot, spot);
                let alone = places.iter().filter(|other| other.place == name).count() == 1;
                let at = places.iter().position(|other| other.place == name);
                at.filter(|_| alone && !packet.aside)
            };
            pairs.extend(step.arrived.into_iter().filter_map(to).map(|to| (before, to)));
        }
    }
    pairs
}

#[test]
fn a_changed_proof_of_a_requirement_is_refused() {
    let worlds = [
        ("x-enet/corrected", World::new("x-enet/corrected")),
        ("x-enet/mobile-router", World::new("x-enet/mobile-router")),
        ("x-enet/ipv6", World::new("x-enet/ipv6")),
        ("x-enet/corrected without permits", World::without_permits("x-enet/corrected", "ext-fw")),
    ];
    for (name, world) in worlds {
        let entries = world.required();
        let config = Config { rng_seed: RngSeed::Fixed(7), cases: 256, ..Config::default() };
        let mut runner = TestRunner::new(Config { failure_persistence: None, ..config });
        let tried = std::cell::RefCell::new([0; 9]);
        let strategy = (0..entries.len(), 0..9u8, any::<u16>());
        let result = runner.run(&strategy, |(entry, way, choice)| {
            let index = entries[entry];
            if let Some(entry) = misled(&world, index, way, usize::from(choice)) {
                tried.borrow_mut()[usize::from(way)] += 1;
                let accepted = world.accepts(&world.loaded.snapshot, index, entry.clone());
                let was = &world.certificate.claims[index];
                prop_assert!(!accepted, "{name}: change {way}: {:?}\nwas {:?}", entry, was);
            }
            Ok(())
        });
        result.unwrap();
        let ways = tried.borrow().iter().filter(|count| **count > 0).count();
        assert!(ways >= 7, "{name}: {:?} changes could be made", tried.borrow());
    }
}

/// Notes which lines let packets of a proof pass.
struct Lines<'s> {
    snapshot: &'s Snapshot,
    found: Vec<(DeviceId, ListId, usize)>,
}

impl Guide for Lines<'_> {
    fn filter(&mut self, at: &FilterAt<'_>, packet: Packet) -> Result<Vec<Packet>, Refusal> {
        let device = self.snapshot.device(at.name.split_once('#').unwrap().0).unwrap();
        if let (Fate::Passes { by, .. }, true) = (at.fate(&packet).0, at.passes(&packet).0) {
            self.found.extend(by.last().map(|at| (device, at.list, at.line)));
        }
        Ok(vec![packet])
    }

    fn arrive(&mut self, _: Spot, _: Packet) -> Result<(), Refusal> {
        Ok(())
    }
}

/// The places of a proof that what is required arrives.
fn places(entry: &Certified) -> &[Passed] {
    match &entry.proof {
        Proof::Delivered { places, .. } => places,
        _ => &[],
    }
}

/// The lines by which the packets of a proof pass.
fn passed_by(
    snapshot: &Snapshot,
    family: Family,
    entry: &Certified,
) -> Vec<(DeviceId, ListId, usize)> {
    let walk = Walk::new(snapshot, family);
    let mut lines = Lines { snapshot, found: Vec::new() };
    for Passed { place, blocks } in places(entry) {
        let spot = walk.spots().find(|spot| spot_name(snapshot, *spot) == *place).unwrap();
        for block in blocks {
            walk.step(spot, Packet::new(parse(family, block).unwrap()), &mut lines).unwrap();
        }
    }
    lines.found.sort_unstable();
    lines.found.dedup();
    lines.found
}

/// Whether the tracer still says that a packet of the claim always arrives.
fn still_arrives(snapshot: &Snapshot, claim: &Claim) -> bool {
    let packet = required(claim)[0];
    let at = |field: usize| packet.0[field].0;
    let flow = Flow {
        src: address(claim.family, at(0) + u128::from(packet.0[0].0 < packet.0[0].1)),
        dst: address(claim.family, at(1)),
        protocol: u8::try_from(at(2)).unwrap(),
        source_port: u16::try_from(at(3)).unwrap(),
        destination_port: u16::try_from(at(4)).unwrap(),
        tcp_flags: 2,
        icmp_type: 0,
        icmp_code: 0,
        state: State::New,
    };
    let (zone, place) = (claim.from.as_ref().unwrap().0, claim.to.as_ref().unwrap().0);
    let ports = snapshot.entries(zone).into_iter().map(Ingress::Port);
    let mut ways = std::iter::once(Ingress::Zone(zone)).chain(ports);
    ways.any(|way| {
        trace(snapshot, way, flow.normalised(), &Default::default()).always_reaches(place)
    })
}

#[test]
fn a_proof_of_arrival_falls_with_the_line_and_the_route_that_it_rests_on() {
    for name in ["x-enet/corrected", "x-enet/ipv6"] {
        let world = World::new(name);
        let (mut lines, mut routes) = (0, 0);
        for index in world.required() {
            let (entry, claim) = (&world.certificate.claims[index], &world.claims[index]);
            let refused = |snapshot: &Snapshot, what: &str| {
                let accepted = world.accepts(snapshot, index, entry.clone());
                assert!(!accepted || still_arrives(snapshot, claim), "{name}: {what}: {entry:?}");
                usize::from(!accepted)
            };
            for (device, list, line) in passed_by(&world.loaded.snapshot, claim.family, entry) {
                let mut snapshot = world.loaded.snapshot.clone();
                snapshot.device_mut(device).lists[list].lines[line].enabled = false;
                lines += refused(&snapshot, "switched off");
                let changed = &mut snapshot.device_mut(device).lists[list].lines[line];
                (changed.enabled, changed.action) = (true, Action::Deny);
                assert!(!world.accepts(&snapshot, index, entry.clone()), "{name}: denied");
            }
            for Passed { place, .. } in places(entry) {
                let device = place.trim_start_matches("port ").split(':').next().unwrap();
                let Some(device) = world.loaded.snapshot.device(device) else { continue };
                let contexts = world.loaded.snapshot.devices[device].contexts.ids();
                for context in contexts.collect::<Vec<_>>() {
                    let count =
                        world.loaded.snapshot.devices[device].contexts[context].routes.len();
                    for route in 0..count {
                        let mut snapshot = world.loaded.snapshot.clone();
                        snapshot.device_mut(device).contexts[context].routes.remove(route);
                        routes += refused(&snapshot, "route");
                    }
                }
                let port = place.rsplit('.').next().unwrap().parse().unwrap();
                let mut snapshot = world.loaded.snapshot.clone();
                let interfaces = &mut snapshot.device_mut(device).interfaces;
                interfaces[InterfaceId::from_index(port)].up = false;
                assert!(!world.accepts(&snapshot, index, entry.clone()), "{name}: {place} down");
            }
        }
        assert!(lines >= 10 && routes >= 10, "{name}: {lines} lines, {routes} routes");
    }
}

/// A network whose firewall permits nothing any more: that what is required does not arrive is proven by packets.
#[test]
fn what_no_longer_arrives_is_proven_by_a_packet() {
    let world = World::without_permits("x-enet/corrected", "ext-fw");
    let snapshot = &world.loaded.snapshot;
    assert!(verify(snapshot, &world.claims, &world.certificate).is_ok());
    let mut never = 0;
    for (claim, certified) in world.claims.iter().zip(&world.certificate.claims) {
        if let Proof::Undelivered { .. } = &certified.proof {
            assert!(!still_arrives(snapshot, claim));
            never += 1;
        }
    }
    assert!(never >= 5, "{never} claims");
    // The network as it is delivers it: the proof is none there.
    let whole = World::new("x-enet/corrected");
    for index in world.required() {
        let entry = &world.certificate.claims[index];
        if matches!(entry.proof, Proof::Undelivered { .. }) {
            assert!(!world.accepts(&whole.loaded.snapshot, index, entry.clone()));
        }
    }
}
