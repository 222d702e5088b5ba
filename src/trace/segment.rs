//! What happens between devices: who on a segment receives a packet, and what an opaque router does with it (rules 1, 4, 5).

use super::causes;
use super::packet::{Cut, Packet, destination_in, destination_is};
use super::proxy;
use super::route::Target;
use super::traveller::{Crossing, Receiver, Traveller, Visit};
use super::walk::{Walker, forwardable};
use super::{Disposition, Ingress, Origin};
use crate::finding::Hop;
use crate::model::{InterfaceId, InterfaceKind};
use crate::net::Prefix;
use crate::snapshot::{
    OpaqueId, Place, Port, SegmentId, Snapshot, ZoneAddresses, ZoneId, non_unicast,
};
use std::net::IpAddr;

/// Whom a packet is handed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum To {
    Receiver(Receiver),
    Zone(ZoneId),
    Unzoned,
}

/// One way to hand a packet over.
#[derive(Clone, Debug)]
struct Handed {
    to: To,
    certain: bool,
    aside: bool,
}

impl Handed {
    fn surely(to: To) -> Handed {
        Handed { to, certain: true, aside: false }
    }

    fn perhaps(to: To) -> Handed {
        Handed { to, certain: false, aside: false }
    }
}

/// The surroundings of a port: who else is there.
struct Neighbourhood {
    segment: Option<SegmentId>,
    ports: Vec<Port>,
    opaques: Vec<OpaqueId>,
    zones: Vec<ZoneId>,
    /// Whether what is sent out needs no address to reach the other end.
    line: bool,
}

impl Walker<'_> {
    /// Rule 4: a packet leaves a device by an interface.
    pub(super) fn depart(
        &mut self,
        visit: &Visit,
        egress: InterfaceId,
        target: Target,
        mut traveller: Traveller,
    ) {
        let (before, after) = (traveller.arrived, traveller.packet);
        let device = visit.device;
        traveller.crossings.push(Crossing { device, egress, before, after });
        traveller.touched.clear();
        let around = neighbourhood(self.snapshot, Port { device, interface: egress });
        if around.segment.is_none() && around.ports.is_empty() {
            if target == Target::Anyone {
                return;
            }
            return self.end(traveller, Disposition::InterfaceDown, None);
        }
        let (snapshot, reply) = (self.snapshot, self.reply.clone());
        let ask = |t: &Traveller| match target {
            Target::Gateway(gateway) => Ok(to_gateway(snapshot, &around, gateway)),
            Target::Connected => to_destination(snapshot, &reply, &around, t, false),
            Target::OnLink => to_destination(snapshot, &reply, &around, t, true),
            Target::Anyone => to_anyone(snapshot, &around, &t.packet),
        };
        for (traveller, handed) in self.parts(traveller, ask) {
            for hand in handed {
                let doubt = || causes::segment_cause(snapshot, device, egress);
                let mut next = traveller.clone();
                next.aside |= hand.aside;
                if !hand.certain {
                    next = next.doubting(vec![doubt()]);
                }
                self.hand(around.segment, hand.to, next);
            }
        }
    }

    fn hand(&mut self, segment: Option<SegmentId>, to: To, traveller: Traveller) {
        let origin = segment.map(Origin::Segment);
        match (to, segment) {
            (To::Receiver(receiver), _) => self.send(receiver, traveller),
            (To::Zone(zone), _) => {
                self.end(traveller, Disposition::Delivered(Place::Zone(zone)), origin);
            }
            (To::Unzoned, Some(segment)) => {
                // A translation that nobody knows makes no address that cannot be sent to.
                for (traveller, fit) in self.parts(traveller, forwardable) {
                    let outside = Disposition::Delivered(Place::Unzoned(segment));
                    let end = if fit { outside } else { Disposition::NotForwardable };
                    self.end(traveller, end, origin);
                }
            }
            (To::Unzoned, None) => self.end(traveller, Disposition::InterfaceDown, None),
        }
    }

    /// Rule 1: a packet enters the network.
    pub(super) fn start(&mut self, ingress: Ingress, packet: Packet) {
        let traveller = Traveller::new(packet);
        let snapshot = self.snapshot;
        if forwardable(&traveller) == Ok(false) {
            return self.end(traveller, Disposition::NotForwardable, None);
        }
        match ingress {
            Ingress::Port(port) => self.send(Receiver::Port(port), traveller),
            Ingress::Segment(segment) => self.start_on(segment, traveller),
            Ingress::Zone(zone) => {
                for (id, segment) in snapshot.segments.iter() {
                    if segment.zones.contains(&zone) {
                        self.start_on(id, traveller.clone());
                    }
                }
                for (id, opaque) in snapshot.opaques.iter() {
                    if opaque.zones.contains(&zone) {
                        self.start_behind(id, traveller.clone());
                    }
                    if opaque.perhaps.contains(&zone) {
                        let doubt = vec![causes::opaque_cause(snapshot, id)];
                        let next = traveller.clone().doubting(doubt).beside();
                        self.send(Receiver::Opaque(id), next);
                    }
                }
            }
        }
    }

    /// A host on the segment sends: to neighbours without any device, and to every router, of which it may use any. A router
    /// that it has no reason to use, because the destination is beside it, is aside.
    pub(super) fn start_on(&mut self, id: SegmentId, traveller: Traveller) {
        let (snapshot, reply) = (self.snapshot, self.reply.clone());
        let around = everyone(snapshot, id);
        let ask = |t: &Traveller| {
            let mut handed = Vec::new();
            for hand in to_destination(snapshot, &reply, &around, t, false)? {
                let away = match hand.to {
                    To::Zone(zone) => is_elsewhere(snapshot, id, zone, &t.packet)?,
                    To::Receiver(_) | To::Unzoned => false,
                };
                handed.extend((!away).then_some(hand));
            }
            let mut beside = false;
            for network in &snapshot.segments[id].networks {
                beside |= destination_in(&t.packet, network.range())?;
            }
            // A destination that is not beside the sender is for a router, not for nobody.
            handed.retain(|hand| beside || hand.to != To::Unzoned);
            let mut behind = Vec::new();
            for opaque in &around.opaques {
                if !holding(snapshot, &snapshot.opaques[*opaque].zones, &t.packet)?.is_empty() {
                    behind.push(*opaque);
                }
            }
            Ok((handed, behind))
        };
        for (traveller, (handed, behind)) in self.parts(traveller, ask) {
            let direct: Vec<To> = handed.iter().map(|hand| hand.to).collect();
            for hand in handed.iter().filter(|hand| !matches!(hand.to, To::Receiver(_))) {
                let mut next = traveller.clone();
                if !hand.certain {
                    next = next.doubting(vec![causes::start_cause(snapshot, &around.ports)]);
                }
                self.hand(Some(id), hand.to, next);
            }
            for port in &around.ports {
                let receiver = Receiver::Port(*port);
                let mut next = traveller.clone();
                next.aside = !direct.is_empty() && !direct.contains(&To::Receiver(receiver));
                self.send(receiver, next);
            }
            for opaque in &around.opaques {
                let mut next = traveller.clone();
                let leads = behind.contains(opaque);
                if !leads {
                    next = next.doubting(vec![causes::opaque_cause(snapshot, *opaque)]);
                }
                let proper = (around.ports.is_empty() || leads) && direct.is_empty()
                    || direct.contains(&opaque_to(opaque));
                next.aside = !proper;
                self.send(Receiver::Opaque(*opaque), next);
            }
        }
    }

    /// A host behind an opaque router sends.
    pub(super) fn start_behind(&mut self, id: OpaqueId, traveller: Traveller) {
        let snapshot = self.snapshot;
        let traveller = unless_declared(snapshot, id, through_opaque(snapshot, id, traveller));
        let opaque = &snapshot.opaques[id];
        let ask = |t: &Traveller| {
            let behind = holding(snapshot, &opaque.zones, &t.packet)?;
            let perhaps = holding(snapshot, &opaque.perhaps, &t.packet)?;
            let mut beside = Vec::new();
            for segment in &opaque.segments {
                let around = everyone(snapshot, *segment);
                let zones = holding(snapshot, &around.zones, &t.packet)?;
                let owners = owners(snapshot, &around, &t.packet)?;
                beside.push((*segment, around, zones, owners));
            }
            Ok((behind, perhaps, beside))
        };
        for (traveller, (behind, perhaps, beside)) in self.parts(traveller, ask) {
            for zone in &behind {
                let place = Disposition::Delivered(Place::Zone(*zone));
                self.end(traveller.clone(), place, Some(Origin::Behind(id)));
            }
            if !opaque.declared {
                self.end(traveller.clone(), Disposition::NoRoute, Some(Origin::Behind(id)));
            }
            let owned = beside.iter().any(|(_, _, _, owners)| !owners.is_empty());
            let doubtful = traveller.clone().doubting(vec![causes::opaque_cause(snapshot, id)]);
            for zone in perhaps {
                let place = Disposition::Delivered(Place::Zone(zone));
                self.end(doubtful.clone().beside(), place, Some(Origin::Behind(id)));
            }
            for (segment, around, zones, owners) in beside {
                for port in around.ports {
                    let mut next = traveller.clone();
                    next.aside = !behind.is_empty() || owned && !owners.contains(&port);
                    self.send(Receiver::Port(port), next);
                }
                for zone in zones {
                    self.hand(Some(segment), To::Zone(zone), doubtful.clone());
                }
                for other in around.opaques.into_iter().filter(|other| *other != id) {
                    self.send(Receiver::Opaque(other), doubtful.clone().beside());
                }
            }
            if !opaque.declared {
                for other in snapshot.unknown_routers().filter(|other| *other != id) {
                    self.send(Receiver::Opaque(other), doubtful.clone().beside());
                }
            }
        }
    }

    /// Rule 5.
    pub(super) fn at_opaque(&mut self, id: OpaqueId, traveller: Traveller) {
        let snapshot = self.snapshot;
        let opaque = &snapshot.opaques[id];
        let traveller = through_opaque(snapshot, id, traveller);
        let ask = |t: &Traveller| {
            let behind = holding(snapshot, &opaque.zones, &t.packet)?;
            let perhaps = holding(snapshot, &opaque.perhaps, &t.packet)?;
            let all: Vec<ZoneId> = snapshot.zones.ids().collect();
            let anywhere = !holding(snapshot, &all, &t.packet)?.is_empty();
            Ok((behind, perhaps, anywhere))
        };
        for (traveller, (behind, perhaps, anywhere)) in self.parts(traveller, ask) {
            for zone in &behind {
                let place = Disposition::Delivered(Place::Zone(*zone));
                let arrived = unless_declared(snapshot, id, traveller.clone());
                self.end(arrived, place, Some(Origin::Behind(id)));
            }
            let doubtful = traveller.clone().doubting(vec![causes::opaque_cause(snapshot, id)]);
            let origin = Some(Origin::Behind(id));
            for zone in perhaps {
                let place = Disposition::Delivered(Place::Zone(zone));
                self.end(doubtful.clone().beside(), place, origin);
            }
            if snapshot.is_outside(id) {
                if behind.is_empty() {
                    self.end(traveller, Disposition::NoRoute, Some(Origin::Behind(id)));
                }
                continue;
            }
            let beyond = opaque.segments.first().filter(|_| behind.is_empty() && !anywhere);
            if let Some(segment) = beyond {
                let place = Disposition::Delivered(Place::Unzoned(*segment));
                self.end(doubtful.clone(), place, origin);
            }
            // Nobody said that a router which nobody declared has the zones that are taken to be behind it.
            if behind.is_empty() || !opaque.declared {
                self.end(doubtful.clone(), Disposition::NoRoute, origin);
            }
            self.wander(id, doubtful.beside());
        }
    }

    /// What an opaque router might do besides: anything with every neighbour.
    fn wander(&mut self, id: OpaqueId, traveller: Traveller) {
        let snapshot = self.snapshot;
        for segment in &snapshot.opaques[id].segments {
            let mut around = everyone(snapshot, *segment);
            around.opaques.retain(|other| *other != id);
            let ask = |t: &Traveller| to_anyone(snapshot, &around, &t.packet);
            for (traveller, handed) in self.parts(traveller.clone(), ask) {
                for hand in handed {
                    self.hand(Some(*segment), hand.to, traveller.clone());
                }
            }
        }
        if !snapshot.opaques[id].declared {
            for other in snapshot.unknown_routers().filter(|other| *other != id) {
                self.send(Receiver::Opaque(other), traveller.clone());
            }
        }
    }
}

/// Whether a destination is in a subnet of a zone's segments, and in none of this one.
fn is_elsewhere(
    snapshot: &Snapshot,
    here: SegmentId,
    zone: ZoneId,
    packet: &Packet,
) -> Result<bool, Cut> {
    for network in &snapshot.segments[here].networks {
        if destination_in(packet, network.range())? {
            return Ok(false);
        }
    }
    for network in &snapshot.zones[zone].subnets {
        if destination_in(packet, network.range())? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// What goes through a router that nobody declared is in doubt.
fn unless_declared(snapshot: &Snapshot, id: OpaqueId, traveller: Traveller) -> Traveller {
    if snapshot.opaques[id].declared {
        return traveller;
    }
    traveller.doubting(vec![causes::opaque_cause(snapshot, id)])
}

fn through_opaque(snapshot: &Snapshot, id: OpaqueId, mut traveller: Traveller) -> Traveller {
    let device = snapshot.opaques[id].name.clone();
    traveller.hops.push(Hop { device, ..Hop::default() });
    traveller
}

/// Everyone on a segment.
fn everyone(snapshot: &Snapshot, id: SegmentId) -> Neighbourhood {
    let segment = &snapshot.segments[id];
    Neighbourhood {
        segment: Some(id),
        ports: segment.ports.iter().copied().filter(|port| is_up(snapshot, *port)).collect(),
        opaques: segment.opaques.clone(),
        zones: segment.zones.clone(),
        line: false,
    }
}

/// Everyone whom a packet can meet that leaves by `port`.
fn neighbourhood(snapshot: &Snapshot, port: Port) -> Neighbourhood {
    let device = &snapshot.devices[port.device];
    let segment = snapshot.segment_of(port);
    let mut around = match segment {
        Some(segment) => everyone(snapshot, segment),
        None => Neighbourhood {
            segment: None,
            ports: Vec::new(),
            opaques: Vec::new(),
            zones: Vec::new(),
            line: true,
        },
    };
    around.line = device.interfaces[port.interface].kind != InterfaceKind::Ethernet;
    around.ports.retain(|other| *other != port);
    for (one, other) in &device.internal_links {
        let ends = [(*one, *other), (*other, *one)];
        for (_, peer) in ends.into_iter().filter(|(end, _)| *end == port.interface) {
            let peer = Port { device: port.device, interface: peer };
            around.line = true;
            if is_up(snapshot, peer) && !around.ports.contains(&peer) {
                around.ports.push(peer);
            }
        }
    }
    around
}

fn is_up(snapshot: &Snapshot, port: Port) -> bool {
    snapshot.devices[port.device].interfaces[port.interface].up
}

/// The zones among `zones` that hold the destination.
fn holding(snapshot: &Snapshot, zones: &[ZoneId], packet: &Packet) -> Result<Vec<ZoneId>, Cut> {
    let mut holding = Vec::new();
    let one = packet.destination.extent() == 0;
    for zone in zones {
        match &snapshot.zones[*zone].addresses {
            ZoneAddresses::Networks(networks) if !one => {
                for network in networks {
                    destination_in(packet, network.range())?;
                }
            }
            ZoneAddresses::Rest if !one => {
                let never = non_unicast(packet.family()).iter().filter_map(|b| Prefix::parse(b));
                for network in snapshot.declared_networks().chain(never) {
                    destination_in(packet, network.range())?;
                }
            }
            // One address is never cut.
            _ => {}
        }
        if snapshot.zone_holds(*zone, packet.destination.first()) {
            holding.push(*zone);
        }
    }
    Ok(holding)
}

/// The ports that own the destination.
fn owners(snapshot: &Snapshot, around: &Neighbourhood, packet: &Packet) -> Result<Vec<Port>, Cut> {
    let mut owners = Vec::new();
    for port in &around.ports {
        let interface = &snapshot.devices[port.device].interfaces[port.interface];
        let mut own = false;
        for address in &interface.addresses {
            own |= destination_is(packet, address.address)?;
        }
        if own {
            owners.push(*port);
        }
    }
    Ok(owners)
}

fn port_to(port: &Port) -> To {
    To::Receiver(Receiver::Port(*port))
}

fn opaque_to(opaque: &OpaqueId) -> To {
    To::Receiver(Receiver::Opaque(*opaque))
}

/// A gateway that nobody on the segment owns may be any router there.
fn to_gateway(snapshot: &Snapshot, around: &Neighbourhood, gateway: IpAddr) -> Vec<Handed> {
    let owns = |port: &&Port| {
        let interface = &snapshot.devices[port.device].interfaces[port.interface];
        interface.addresses.iter().any(|own| own.address == gateway)
    };
    let owners: Vec<Handed> =
        around.ports.iter().filter(owns).map(|port| Handed::surely(port_to(port))).collect();
    if !owners.is_empty() {
        return owners;
    }
    let mut opaques: Vec<OpaqueId> = around.opaques.clone();
    opaques.retain(|opaque| snapshot.opaques[*opaque].addresses.contains(&gateway));
    if !opaques.is_empty() {
        return opaques.iter().map(|opaque| Handed::surely(opaque_to(opaque))).collect();
    }
    let routers = around.ports.iter().map(port_to).chain(around.opaques.iter().map(opaque_to));
    if around.line && !(around.ports.is_empty() && around.opaques.is_empty()) {
        return routers.map(Handed::surely).collect();
    }
    routers.chain([To::Unzoned]).map(Handed::perhaps).collect()
}

fn to_anyone(
    snapshot: &Snapshot,
    around: &Neighbourhood,
    packet: &Packet,
) -> Result<Vec<Handed>, Cut> {
    let zones = holding(snapshot, &around.zones, packet)?;
    let routers = around.ports.iter().map(port_to).chain(around.opaques.iter().map(opaque_to));
    Ok(routers.chain(zones.into_iter().map(To::Zone)).map(Handed::perhaps).collect())
}

/// The destination itself is the next hop. `on_link`: an interface route, by which a router may answer for it.
fn to_destination(
    snapshot: &Snapshot,
    reply: &[Crossing],
    around: &Neighbourhood,
    traveller: &Traveller,
    on_link: bool,
) -> Result<Vec<Handed>, Cut> {
    let packet = &traveller.packet;
    let ports = owners(snapshot, around, packet)?;
    if !ports.is_empty() {
        return Ok(ports.iter().map(|port| Handed::surely(port_to(port))).collect());
    }
    let mut opaques = Vec::new();
    for opaque in &around.opaques {
        for address in &snapshot.opaques[*opaque].addresses {
            if destination_is(packet, *address)? {
                opaques.push(Handed::surely(opaque_to(opaque)));
            }
        }
    }
    if !opaques.is_empty() {
        return Ok(opaques);
    }
    let mut handed = Vec::new();
    for port in &around.ports {
        if let Some(certain) = proxy::answers(snapshot, reply, *port, traveller)? {
            handed.push(Handed { to: port_to(port), certain, aside: false });
        }
    }
    if handed.iter().any(|hand| hand.certain) {
        return Ok(handed);
    }
    let doubt = !handed.is_empty();
    let zones = holding(snapshot, &around.zones, packet)?;
    handed.extend(
        zones.iter().map(|zone| Handed { certain: !doubt, ..Handed::surely(To::Zone(*zone)) }),
    );
    if zones.is_empty() {
        handed.extend(nobody(around, on_link, doubt));
    }
    Ok(handed)
}

/// Nobody on the segment holds the destination: over a line the other ends get it, by an interface route whoever answers,
/// else it leaves the picture.
fn nobody(around: &Neighbourhood, on_link: bool, doubt: bool) -> Vec<Handed> {
    let ports: Vec<To> = around.ports.iter().map(port_to).collect();
    let mut receivers: Vec<To> = Vec::new();
    if on_link || around.line {
        receivers.extend(around.opaques.iter().map(opaque_to));
    }
    if around.line {
        receivers.extend(&ports);
    }
    if receivers.is_empty() {
        receivers.push(To::Unzoned);
    }
    let certain = !doubt;
    let mut handed: Vec<Handed> =
        receivers.into_iter().map(|to| Handed { to, certain, aside: false }).collect();
    if on_link && !around.line {
        handed.extend(ports.into_iter().map(|to| Handed { to, certain: false, aside: true }));
    }
    handed
}
