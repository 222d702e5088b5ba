//! Interfaces that learn an address at run time: which it may be, and what is then beside it.

use super::Work;
use super::ranges::without;
use crate::model::{
    AddressSet, Interface, InterfaceKind, Match, NextHop, PolicyRoute, ServiceSet, Unknown,
};
use crate::net::{Family, Prefix};
use crate::snapshot::{Port, SegmentId, Snapshot, ZoneAddresses, non_unicast};
use crate::text;

/// An interface that learns an address has one of the zones on its segment, and then what a zone names there is beside it: a way
/// that may be taken. To be called when zones are on their segments.
pub(super) fn place(work: &mut Work) {
    let mut found: Vec<(Port, SegmentId)> = Vec::new();
    for (id, segment) in work.snapshot.segments.iter() {
        let learns = |port: &&Port| {
            let interface = &work.snapshot.devices[port.device].interfaces[port.interface];
            interface.up && (interface.dynamic || unnumbered(interface, segment.ports.len()))
        };
        found.extend(segment.ports.iter().filter(learns).map(|port| (*port, id)));
    }
    for (port, segment) in found {
        let networks = networks_on(&work.snapshot, port, segment);
        let interface = &work.snapshot.devices[port.device].interfaces[port.interface];
        // Nobody is beside the end of a line.
        if interface.kind == InterfaceKind::Ethernet {
            beside(&mut work.snapshot, port, &networks);
        }
        let rest = rest_on(&work.snapshot, port, segment);
        let all: Vec<Prefix> = networks.into_iter().chain(rest).collect();
        if !all.is_empty() {
            work.snapshot.learnt.push((port, all));
        }
    }
}

/// Whether nobody states the addresses of an interface to which a zone is attached, and nobody else is there who has some.
fn unnumbered(interface: &Interface, ports: usize) -> bool {
    interface.addresses.is_empty() && interface.kind == InterfaceKind::Ethernet && ports == 1
}

/// The families in which an interface states no address.
fn open_families(snapshot: &Snapshot, port: Port) -> Vec<Family> {
    let addresses = &snapshot.devices[port.device].interfaces[port.interface].addresses;
    let stated = |family: &Family| addresses.iter().any(|own| Family::of(own.address) == *family);
    [Family::V4, Family::V6].into_iter().filter(|family| !stated(family)).collect()
}

/// What the zones on its segment name, in families in which an interface states no address.
fn networks_on(snapshot: &Snapshot, port: Port, segment: SegmentId) -> Vec<Prefix> {
    let families = open_families(snapshot, port);
    let zones = snapshot.segments[segment].zones.iter();
    let named = zones.flat_map(|zone| snapshot.zones[*zone].named());
    named.filter(|network| families.contains(&network.family())).collect()
}

/// What no zone names, where such a zone is on the segment.
fn rest_on(snapshot: &Snapshot, port: Port, segment: SegmentId) -> Vec<Prefix> {
    let mut zones = snapshot.segments[segment].zones.iter();
    if !zones.any(|zone| snapshot.zones[*zone].addresses == ZoneAddresses::Rest) {
        return Vec::new();
    }
    let families = open_families(snapshot, port).into_iter();
    let rest = |family: Family| {
        let never = non_unicast(family).iter().filter_map(|block| Prefix::parse(block));
        let gone: Vec<Prefix> = snapshot.declared_networks().chain(never).collect();
        without(Prefix::all(family), &gone)
    };
    families.flat_map(rest).collect()
}

/// Ways to networks that may be beside an interface.
fn beside(snapshot: &mut Snapshot, port: Port, networks: &[Prefix]) {
    let routed = |network: &&Prefix| {
        let device = &snapshot.devices[port.device];
        let context = &device.contexts[device.interfaces[port.interface].context];
        let leads = |hop| matches!(hop, NextHop::Interface(id) if id == port.interface);
        context.routes.iter().any(|r| r.prefix.covers(**network) && leads(r.next_hop))
    };
    let open: Vec<Prefix> = networks.iter().filter(|network| !routed(network)).copied().collect();
    if open.is_empty() {
        return;
    }
    let device = snapshot.device_mut(port.device);
    let (name, span) = {
        let interface = &device.interfaces[port.interface];
        (interface.name.clone(), interface.span)
    };
    let reason = text!(
        "インターフェース「{name}」のアドレスは実行時に決まるため、このネットワークに直接つながっている可能性があります。",
        "interface {name} learns its address at run time, so this network may be directly connected to it"
    );
    let service = device.literal_service(ServiceSet::Any, span);
    let any = device.literal(AddressSet::Any, span);
    for network in open {
        let destination = device.literal(AddressSet::Range(network.range()), span);
        let unknown = vec![Unknown { reason: reason.clone(), span }];
        let matches = Match { unknown, ..Match::between(any, destination, service) };
        let next_hop = Some(NextHop::Interface(port.interface));
        let context = device.interfaces[port.interface].context;
        device.contexts[context].policy_routes.push(PolicyRoute { matches, next_hop, span });
    }
}
