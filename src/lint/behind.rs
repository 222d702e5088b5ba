//! What can be beyond an interface, whatever the routes and filters: everything that is still joined to it when the context of
//! the interface is taken out of the network.

use std::collections::BTreeSet;

use super::Subject;
use super::extent::Extent;
use crate::model::{AddressMap, ContextId, Id, InterfaceId, NextHop};
use crate::net::AddressRange;
use crate::snapshot::{
    DeviceId, OpaqueId, Port, Segment, SegmentId, Snapshot, ZoneAddresses, ZoneId,
};

/// A walk over the network that keeps out of one context.
struct Walk<'a> {
    snapshot: &'a Snapshot,
    without: (DeviceId, ContextId),
    segments: Vec<bool>,
    opaques: BTreeSet<OpaqueId>,
    contexts: BTreeSet<(usize, ContextId)>,
    zones: BTreeSet<ZoneId>,
    ranges: Vec<AddressRange>,
    open: Vec<SegmentId>,
    /// Whether a router that nobody describes is among it: anything may be beyond.
    unknown: bool,
}

/// The addresses that can be beyond `interface`; none when it is down.
pub(super) fn behind(subject: &Subject<'_>, interface: InterfaceId) -> Extent {
    let snapshot = subject.snapshot;
    let context = subject.device.interfaces[interface].context;
    let Some(start) = snapshot.segment_of(Port { device: subject.id, interface }) else {
        return Extent::none();
    };
    let mut walk = Walk {
        snapshot,
        without: (subject.id, context),
        segments: vec![false; snapshot.segments.len()],
        opaques: BTreeSet::new(),
        contexts: BTreeSet::new(),
        zones: BTreeSet::new(),
        ranges: Vec::new(),
        open: vec![start],
        unknown: false,
    };
    let own = &subject.device.interfaces[interface];
    walk.unknown = is_unstated(own.dynamic || own.addresses.is_empty(), &snapshot.segments[start]);
    while let Some(next) = walk.open.pop() {
        walk.segment(next);
        if walk.unknown {
            return Extent::everything();
        }
    }
    let mut rest = Vec::new();
    for zone in &walk.zones {
        match &snapshot.zones[*zone].addresses {
            ZoneAddresses::Networks(networks) => {
                walk.ranges.extend(networks.iter().map(|network| network.range()));
            }
            ZoneAddresses::Rest => rest.push(*zone),
        }
    }
    rest.iter()
        .fold(Extent::of(&walk.ranges), |all, zone| all.union(&Extent::of_zone(snapshot, *zone)))
}

/// Whether nothing says what is on the segment of an interface whose own subnet is not known.
fn is_unstated(subnet_unknown: bool, segment: &Segment) -> bool {
    let alone = segment.zones.is_empty() && segment.opaques.is_empty() && segment.ports.len() < 2;
    subnet_unknown && alone
}

impl Walk<'_> {
    fn segment(&mut self, id: SegmentId) {
        let Some(seen) = self.segments.get_mut(Id::index(id)) else { return };
        if std::mem::replace(seen, true) {
            return;
        }
        let segment = &self.snapshot.segments[id];
        self.zones.extend(&segment.zones);
        self.ranges.extend(segment.networks.iter().map(|network| network.range()));
        for opaque in &segment.opaques {
            self.opaque(*opaque);
        }
        for port in &segment.ports {
            let device = &self.snapshot.devices[port.device];
            self.context(port.device, device.interfaces[port.interface].context);
        }
    }

    fn opaque(&mut self, id: OpaqueId) {
        if !self.opaques.insert(id) {
            return;
        }
        let opaque = &self.snapshot.opaques[id];
        self.unknown |= !opaque.declared;
        self.zones.extend(&opaque.zones);
        self.ranges.extend(opaque.addresses.iter().map(|address| AddressRange::single(*address)));
        self.open.extend(&opaque.segments);
    }

    /// Whatever comes out of a context: its interfaces, the contexts that it leaks into, and what it makes of sources.
    fn context(&mut self, device: DeviceId, id: ContextId) {
        if self.without == (device, id) || !self.contexts.insert((Id::index(device), id)) {
            return;
        }
        let model = &self.snapshot.devices[device];
        for (interface, of) in model.interfaces.iter().filter(|(_, of)| of.context == id) {
            let segment = self.snapshot.segment_of(Port { device, interface });
            self.open.extend(segment);
            let unstated = |id| is_unstated(of.dynamic, &self.snapshot.segments[id]);
            self.unknown |= segment.is_some_and(unstated);
            self.ranges.extend(of.addresses.iter().map(|own| AddressRange::single(own.address)));
        }
        for other in model.contexts.ids() {
            let leaks = |from: ContextId, to: ContextId| {
                let leads = |hop: &NextHop| *hop == NextHop::Context(to);
                model.contexts[from].routes.iter().any(|route| leads(&route.next_hop))
            };
            if other != id && (leaks(id, other) || leaks(other, id)) {
                self.context(device, other);
            }
        }
        for (_, rewrite) in model.rewrites.iter() {
            for map in [&rewrite.source, &rewrite.destination].into_iter().flatten() {
                match map {
                    AddressMap::Shift { from, to } => self.ranges.extend([*from, *to]),
                    AddressMap::Pool(pool) => self.ranges.extend(pool),
                    AddressMap::EgressInterface | AddressMap::IngressInterface => {}
                    AddressMap::Unknown => self.unknown = true,
                }
            }
        }
    }
}
