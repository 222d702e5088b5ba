//! What happens between devices: who on a segment receives a packet, and what an opaque router does with it (rules 1, 4, 5).

use super::packet::{Cut, Packet, destination_in, destination_is, within};
use super::route::Target;
use super::stage::{Branch, Site};
use super::traveller::{Crossing, Receiver, Traveller, Visit};
use super::walk::{Walker, before_route};
use super::{Disposition, Ingress, Origin};
use crate::finding::{Cause, Hop};
use crate::model::{AddressMap, InterfaceId, InterfaceKind, Stage};
use crate::snapshot::{OpaqueId, Place, Port, SegmentId, Snapshot, ZoneAddresses, ZoneId};
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
                let doubt = || segment_cause(snapshot, device, egress);
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
                self.end(traveller, Disposition::Delivered(Place::Unzoned(segment)), origin);
            }
            (To::Unzoned, None) => self.end(traveller, Disposition::InterfaceDown, None),
        }
    }

    /// Rule 1: a packet enters the network.
    pub(super) fn start(&mut self, ingress: Ingress, packet: Packet) {
        let traveller = Traveller::new(packet);
        let snapshot = self.snapshot;
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
                }
            }
        }
    }

    /// A host on the segment sends: to neighbours without any device, and to every router, of which it may use any. A router
    /// that it has no reason to use, because the destination is beside it, is aside.
    pub(super) fn start_on(&mut self, id: SegmentId, traveller: Traveller) {
        let (snapshot, reply) = (self.snapshot, self.reply.clone());
        let around = everyone(snapshot, id);
        let ask = |t: &Traveller| to_destination(snapshot, &reply, &around, t, false);
        for (traveller, handed) in self.parts(traveller, ask) {
            let direct: Vec<To> =
                handed.iter().map(|h| h.to).filter(|to| *to != To::Unzoned).collect();
            for hand in handed.iter().filter(|hand| matches!(hand.to, To::Zone(_))) {
                let mut next = traveller.clone();
                if !hand.certain {
                    next = next.doubting(vec![start_cause(snapshot, &around)]);
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
                let cause = opaque_cause(snapshot, *opaque);
                let mut next = traveller.clone().doubting(vec![cause]);
                let proper = around.ports.is_empty() && direct.is_empty()
                    || direct.contains(&opaque_to(opaque));
                next.aside = !proper;
                self.send(Receiver::Opaque(*opaque), next);
            }
        }
    }

    /// A host behind an opaque router sends.
    pub(super) fn start_behind(&mut self, id: OpaqueId, traveller: Traveller) {
        let snapshot = self.snapshot;
        let traveller = through_opaque(snapshot, id, traveller);
        let opaque = &snapshot.opaques[id];
        let ask = |t: &Traveller| {
            let behind = holding(snapshot, &opaque.zones, &t.packet)?;
            let mut beside = Vec::new();
            for segment in &opaque.segments {
                let around = everyone(snapshot, *segment);
                let zones = holding(snapshot, &around.zones, &t.packet)?;
                let owners = owners(snapshot, &around, &t.packet)?;
                beside.push((*segment, around, zones, owners));
            }
            Ok((behind, beside))
        };
        for (traveller, (behind, beside)) in self.parts(traveller, ask) {
            for zone in &behind {
                let place = Disposition::Delivered(Place::Zone(*zone));
                self.end(traveller.clone(), place, Some(Origin::Behind(id)));
            }
            let owned = beside.iter().any(|(_, _, _, owners)| !owners.is_empty());
            let doubtful = traveller.clone().doubting(vec![opaque_cause(snapshot, id)]);
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
            let all: Vec<ZoneId> = snapshot.zones.ids().collect();
            let anywhere = !holding(snapshot, &all, &t.packet)?.is_empty();
            Ok((behind, anywhere))
        };
        for (traveller, (behind, anywhere)) in self.parts(traveller, ask) {
            for zone in &behind {
                let place = Disposition::Delivered(Place::Zone(*zone));
                self.end(traveller.clone(), place, Some(Origin::Behind(id)));
            }
            let doubtful = traveller.doubting(vec![opaque_cause(snapshot, id)]);
            if behind.is_empty() {
                let origin = Some(Origin::Behind(id));
                let beyond = opaque.segments.first().filter(|_| !anywhere);
                let place = beyond.map(|segment| Disposition::Delivered(Place::Unzoned(*segment)));
                self.end(doubtful.clone(), place.unwrap_or(Disposition::NoRoute), origin);
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
                for network in snapshot.declared_networks() {
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
        if let Some(certain) = answers(snapshot, reply, *port, traveller)? {
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

/// Nobody on the segment holds the destination: by an interface route whoever answers gets it, else it leaves the picture.
fn nobody(around: &Neighbourhood, on_link: bool, doubt: bool) -> Vec<Handed> {
    let ports = around.ports.iter().map(port_to);
    let mut routers: Vec<To> = around.opaques.iter().map(opaque_to).collect();
    if on_link && around.line {
        routers.extend(ports);
    } else if on_link {
        let mut handed: Vec<Handed> =
            ports.map(|to| Handed { aside: true, ..Handed::perhaps(to) }).collect();
        let rest = if routers.is_empty() { vec![To::Unzoned] } else { routers };
        handed.extend(rest.into_iter().map(|to| Handed { certain: !doubt, ..Handed::surely(to) }));
        return handed;
    }
    let to = if on_link && !routers.is_empty() { routers } else { vec![To::Unzoned] };
    to.into_iter().map(|to| Handed { certain: !doubt, ..Handed::surely(to) }).collect()
}

/// Whether the device answers for the destination on the segment of `port`, because it would translate it (proxy ARP);
/// `Some(true)` when surely.
fn answers(
    snapshot: &Snapshot,
    reply: &[Crossing],
    port: Port,
    traveller: &Traveller,
) -> Result<Option<bool>, Cut> {
    let packet = traveller.packet;
    let back = |crossing: &Crossing| {
        let here = crossing.device == port.device && crossing.egress == port.interface;
        here && crossing.after.source != crossing.before.source
            && within(packet.destination, crossing.after.source)
    };
    if reply.iter().any(back) {
        return Ok(Some(true));
    }
    let device = &snapshot.devices[port.device];
    let context = device.interfaces[port.interface].context;
    let ingress = Some(port.interface);
    let visit = Visit { device: port.device, context, ingress, session: false, crossing: None };
    let site = Site { device, visit: &visit, egress: None, at: snapshot.at };
    let mut travellers =
        vec![Traveller { touched: Vec::new(), hops: Vec::new(), ..traveller.clone() }];
    for stage in before_route(&device.contexts[context]) {
        let Stage::Translate(translate) = stage else { continue };
        let mut next = Vec::new();
        for traveller in travellers {
            for branch in site.translate(translate, traveller)? {
                let (Branch::Passed(traveller) | Branch::Denied(traveller)) = branch;
                next.push(traveller);
            }
        }
        travellers = next;
    }
    let changed = |t: &&Traveller| t.packet.destination != packet.destination;
    let one_to_one = |t: &Traveller| {
        t.touched
            .iter()
            .any(|id| matches!(device.rewrites[*id].destination, Some(AddressMap::Shift { .. })))
    };
    let some = travellers.iter().any(|t| changed(&t));
    let all = travellers.iter().all(|t| changed(&t) && one_to_one(t));
    Ok(some.then_some(all))
}

fn opaque_cause(snapshot: &Snapshot, id: OpaqueId) -> Cause {
    let opaque = &snapshot.opaques[id];
    let name = &opaque.name;
    Cause {
        span: opaque.span,
        reason: crate::text!(
            "ルーター「{name}」の設定がなく、どこへでも転送し得るものとして扱いました。",
            "the configuration of router {name} is not at hand: it may forward anything anywhere"
        ),
    }
}

fn segment_cause(
    snapshot: &Snapshot,
    device: crate::snapshot::DeviceId,
    egress: InterfaceId,
) -> Cause {
    let interface = &snapshot.devices[device].interfaces[egress];
    let (name, device) = (&interface.name, &snapshot.devices[device].name);
    Cause {
        span: Some(interface.span),
        reason: crate::text!(
            "機器「{device}」のインターフェイス「{name}」の先で、どの機器が受け取るか確定できません。",
            "which neighbour receives what leaves {device} by {name} is not certain"
        ),
    }
}

fn start_cause(snapshot: &Snapshot, around: &Neighbourhood) -> Cause {
    let port = around.ports.first();
    let device = port.map_or("", |port| snapshot.devices[port.device].name.as_str());
    Cause {
        span: None,
        reason: crate::text!(
            "宛先に機器「{device}」が代理応答する可能性があります。",
            "device {device} may answer for the destination"
        ),
    }
}
