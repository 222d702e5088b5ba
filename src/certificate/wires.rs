//! What happens between devices: who may receive what leaves (rules 4 and 5 of [`crate::snapshot`]).

use super::block::{Block, DST, bound_for, common, without};
use super::routes::Hop;
use super::walk::Walk;
use super::{Guide, Packet, Refusal, Spot, origins};
use crate::model::{AddressMap, InterfaceId, InterfaceKind, ListId, RewriteId, Stage};
use crate::net::{AddressRange, Family, Prefix};
use crate::snapshot::{
    OpaqueId, Place, Port, SegmentId, Snapshot, Zone, ZoneAddresses, ZoneId, non_unicast,
};
use std::net::IpAddr;

/// The destinations that a zone holds.
pub(super) fn held(snapshot: &Snapshot, zone: &Zone, family: Family) -> Vec<Block> {
    let block = |prefix: Prefix| bound_for(family, prefix.range());
    match &zone.addresses {
        ZoneAddresses::Networks(networks) => networks.iter().copied().filter_map(block).collect(),
        ZoneAddresses::Rest => {
            let never = non_unicast(family).iter().filter_map(|block| Prefix::parse(block));
            let gone = snapshot.declared_networks().chain(never).filter_map(block);
            gone.fold(vec![Block::all(family)], |rest, gone| without(&rest, gone))
        }
    }
}

impl Walk<'_> {
    /// Rule 4.
    pub(super) fn depart(
        &self,
        port: Port,
        hop: Hop,
        packet: &Packet,
        guide: &mut dyn Guide,
    ) -> Result<(), Refusal> {
        let segment = self.snapshot.segment_of(port);
        let ports = self.others(segment, Some(port));
        let opaques = segment.map_or(&[][..], |id| &self.snapshot.segments[id].opaques);
        let line = self.is_line(port);
        let gateway = match hop {
            Hop::Connected | Hop::OnLink => {
                let how = (hop == Hop::OnLink, line);
                return self.deliver(segment, Some(port), how, packet, guide);
            }
            Hop::Gateway(gateway) => Some(gateway),
            Hop::Anyone => None,
        };
        let owner = |other: &Port| self.addresses(*other).any(|own| Some(own) == gateway);
        let mut spots: Vec<Spot> = ports.iter().copied().filter(owner).map(Spot::Port).collect();
        if spots.is_empty() {
            let owner = |id: &OpaqueId| {
                self.snapshot.opaques[*id].addresses.iter().any(|own| Some(*own) == gateway)
            };
            spots = opaques.iter().copied().filter(owner).map(Spot::Opaque).collect();
        }
        // A gateway that nobody owns may be nobody, or any router; by a line it is the other ends.
        let owned = !spots.is_empty();
        let sure = packet.sure && (owned || gateway.is_some() && line);
        let packet = Packet { sure, ..packet.clone() };
        if !owned {
            let routers = ports.into_iter().map(Spot::Port);
            spots = routers.chain(opaques.iter().copied().map(Spot::Opaque)).collect();
            if spots.is_empty() || gateway.is_none() || !line {
                guide.lose(&packet)?;
            }
        }
        if let (Hop::Anyone, Some(segment)) = (hop, segment) {
            self.zones(&self.snapshot.segments[segment].zones, &packet, guide)?;
        }
        spots.into_iter().try_for_each(|spot| guide.arrive(spot, packet.clone()))
    }

    /// What goes straight to its destination: to whoever has the address, may answer for it, or is a host of a zone; when
    /// nobody is, by an interface route or over a line, to the routers.
    pub(super) fn deliver(
        &self,
        segment: Option<SegmentId>,
        from: Option<Port>,
        (on_link, line): (bool, bool),
        packet: &Packet,
        guide: &mut dyn Guide,
    ) -> Result<(), Refusal> {
        let (ports, model) =
            (self.others(segment, from), segment.map(|id| &self.snapshot.segments[id]));
        let opaques = model.map_or(&[][..], |model| &model.opaques);
        let zones = model.map_or(&[][..], |model| &model.zones);
        let routers = ports.iter().map(|port| (Spot::Port(*port), self.addresses(*port).collect()));
        let unseen = opaques
            .iter()
            .map(|id| (Spot::Opaque(*id), self.snapshot.opaques[*id].addresses.clone()));
        let mut rest = vec![packet.block];
        for group in [routers.collect::<Vec<(Spot, Vec<IpAddr>)>>(), unseen.collect()] {
            let mut left = rest.clone();
            for (spot, addresses) in group {
                let own = addresses.into_iter().map(AddressRange::single);
                for own in own.filter_map(|own| bound_for(self.family, own)) {
                    for block in common(&rest, &[own]) {
                        guide.arrive(spot, packet.at(block))?;
                    }
                    left = without(&left, own);
                }
            }
            rest = left;
        }
        let (mut perhaps, mut surely) = (false, Vec::new());
        for port in &ports {
            for (block, sure) in self.answers(*port, &rest)? {
                let packet = packet.at(block);
                let packet = if sure { packet } else { packet.perhaps() };
                guide.arrive(Spot::Port(*port), packet)?;
                perhaps |= !sure;
                surely.extend(sure.then_some(block));
            }
        }
        rest = surely.into_iter().fold(rest, |rest, taken| without(&rest, taken));
        let packet = if perhaps { packet.perhaps() } else { packet.clone() };
        for zone in zones {
            let start = segment.filter(|_| from.is_none());
            let here = start.map_or_else(|| self.zone(*zone).to_vec(), |id| self.here(id, *zone));
            for block in common(&rest, &here) {
                guide.arrive(Spot::End(Place::Zone(*zone)), packet.at(block))?;
            }
        }
        rest = self.held(zones).into_iter().fold(rest, |rest, held| without(&rest, held));
        let routers =
            ports.iter().filter(|_| on_link || line).map(|port| (Spot::Port(*port), line));
        let unseen = opaques.iter().filter(|_| on_link || line).map(|id| (Spot::Opaque(*id), true));
        let mut nobody = true;
        for (spot, sure) in routers.chain(unseen) {
            nobody &= !sure;
            for block in &rest {
                let (sure, aside) = (packet.sure && sure, packet.aside || !sure);
                guide.arrive(spot, Packet { sure, aside, ..packet.at(*block) })?;
            }
        }
        // What senders send to somebody who is not beside them is for a router.
        let networks = model.map_or_else(Vec::new, |model| self.ranges(&model.networks));
        let lost = if from.is_some() { rest } else { common(&rest, &networks) };
        if nobody && !lost.is_empty() { guide.lose(&packet) } else { Ok(()) }
    }

    fn ranges(&self, networks: &[Prefix]) -> Vec<Block> {
        networks.iter().filter_map(|network| bound_for(self.family, network.range())).collect()
    }

    /// The destinations of a zone's hosts on a segment: in its subnets, or in no subnet of the zone's segments.
    fn here(&self, id: SegmentId, zone: ZoneId) -> Vec<Block> {
        let subnets = self.ranges(&self.snapshot.zones[zone].subnets);
        if subnets.is_empty() {
            return self.zone(zone).to_vec();
        }
        let loose = subnets.iter().fold(self.zone(zone).to_vec(), |held, s| without(&held, *s));
        let own = self.ranges(&self.snapshot.segments[id].networks);
        loose.into_iter().chain(common(self.zone(zone), &own)).collect()
    }

    /// Destinations that senders on a segment need no router for: each is taken by a neighbour, or by nobody.
    pub(super) fn beside(&self, id: SegmentId) -> Vec<Block> {
        let segment = &self.snapshot.segments[id];
        let mut taken = self.ranges(&segment.networks);
        taken.extend(segment.zones.iter().flat_map(|zone| self.here(id, *zone)));
        let ports = self.ports(id, None);
        let own = ports.iter().flat_map(|port| self.addresses(*port));
        let unseen = segment.opaques.iter().flat_map(|id| &self.snapshot.opaques[*id].addresses);
        let own: Vec<Prefix> = own.chain(unseen.copied()).map(Prefix::host).collect();
        taken.extend(self.ranges(&own));
        taken
    }

    /// What of some packets a device may translate before the route, whatever its lines ask besides, and answers for on the
    /// segment of `port`; with whether it surely does: all of it, one address to one, to others.
    fn answers(&self, port: Port, packets: &[Block]) -> Result<Vec<(Block, bool)>, Refusal> {
        let site = self.site(port, None)?;
        let context = &site.device.contexts[site.device.interfaces[port.interface].context];
        let stages = context.pipeline.iter().take_while(|stage| !matches!(stage, Stage::Route));
        let stages = stages.filter_map(|stage| match stage {
            Stage::Translate(translate) => Some(translate.bindings.as_slice()),
            _ => None,
        });
        let bound = stages.clone().filter_map(|bindings| site.binding(bindings));
        let lists: Vec<ListId> = bound.flat_map(|binding| binding.lists.iter().copied()).collect();
        let some = origins::readdressed(site.device, site.objects, self.family, &lists);
        let shifts = |id: &RewriteId| {
            matches!(site.device.rewrites[*id].destination, Some(AddressMap::Shift { .. }))
        };
        let mut out = Vec::new();
        for block in common(packets, &some) {
            let (mut packets, mut sure) = (vec![Packet::new(block)], true);
            for bindings in stages.clone() {
                let mut made = Vec::new();
                for packet in packets {
                    let (after, kept) = site.translate(bindings, packet);
                    sure &= kept;
                    made.extend(after);
                }
                packets = made;
            }
            let before = Block::all(self.family).with(DST, block.0[DST]);
            let other = |p: &Packet| !p.block.meets(&before) && p.touched.iter().any(shifts);
            out.push((block, sure && packets.iter().all(other)));
        }
        Ok(out)
    }

    /// Rule 5; what starts behind the router has been handed to the ports around it.
    pub(super) fn opaque(
        &self,
        id: OpaqueId,
        packet: &Packet,
        starting: bool,
        guide: &mut dyn Guide,
    ) -> Result<(), Refusal> {
        let opaque = &self.snapshot.opaques[id];
        let sure = packet.sure && opaque.declared;
        self.forward(packet, guide)?;
        self.zones(&opaque.zones, &Packet { sure, ..packet.clone() }, guide)?;
        let behind = self.held(&opaque.zones);
        if !(opaque.declared && (starting || packet.block.covered(&behind))) {
            guide.lose(packet)?;
        }
        // What hosts behind it send may be meant for a neighbour; else this is beside the proper way.
        let packet = packet.perhaps();
        let aside = Packet { aside: true, ..packet.clone() };
        self.zones(&opaque.perhaps, &aside, guide)?;
        if self.snapshot.is_outside(id) && !starting {
            return Ok(());
        }
        let mut spots: Vec<Spot> = Vec::new();
        for segment in &opaque.segments {
            let model = &self.snapshot.segments[*segment];
            self.zones(&model.zones, if starting { &packet } else { &aside }, guide)?;
            spots.extend(self.ports(*segment, None).into_iter().map(Spot::Port));
            spots.extend(model.opaques.iter().copied().map(Spot::Opaque));
        }
        if !opaque.declared {
            spots.extend(self.snapshot.unknown_routers().map(Spot::Opaque));
        }
        spots.retain(|spot| *spot != Spot::Opaque(id));
        spots.into_iter().try_for_each(|spot| guide.arrive(spot, aside.clone()))
    }

    /// Hands to each zone what is for its addresses.
    fn zones(
        &self,
        zones: &[ZoneId],
        packet: &Packet,
        guide: &mut dyn Guide,
    ) -> Result<(), Refusal> {
        for zone in zones {
            for block in common(&[packet.block], self.zone(*zone)) {
                guide.arrive(Spot::End(Place::Zone(*zone)), packet.at(block))?;
            }
        }
        Ok(())
    }

    /// The destinations that a zone holds.
    pub(super) fn zone(&self, zone: ZoneId) -> &[Block] {
        &self.zones[zone]
    }

    /// The destinations that any of these zones holds.
    pub(super) fn held(&self, zones: &[ZoneId]) -> Vec<Block> {
        zones.iter().flat_map(|zone| self.zone(*zone)).copied().collect()
    }

    fn addresses(&self, port: Port) -> impl Iterator<Item = IpAddr> + '_ {
        let interface = &self.snapshot.devices[port.device].interfaces[port.interface];
        interface.addresses.iter().map(|own| own.address)
    }

    /// The ports of a segment that are up, but `except`.
    pub(super) fn ports(&self, segment: SegmentId, except: Option<Port>) -> Vec<Port> {
        let up = |port: &Port| self.snapshot.devices[port.device].interfaces[port.interface].up;
        let ports = self.snapshot.segments[segment].ports.iter().copied();
        ports.filter(|port| up(port) && Some(*port) != except).collect()
    }

    /// The ports, all up, that may receive what leaves by `from`: of the segment, or the other ends of links inside the device.
    fn others(&self, segment: Option<SegmentId>, from: Option<Port>) -> Vec<Port> {
        let mut ports = segment.map_or_else(Vec::new, |id| self.ports(id, from));
        if let Some(port) = from {
            let device = &self.snapshot.devices[port.device];
            for (a, b) in &device.internal_links {
                for (end, other) in [(a, b), (b, a)] {
                    let peer = Port { interface: *other, ..port };
                    let up = device.interfaces[*other].up;
                    if *end == port.interface && up && !ports.contains(&peer) {
                        ports.push(peer);
                    }
                }
            }
        }
        ports
    }

    fn is_line(&self, port: Port) -> bool {
        let device = &self.snapshot.devices[port.device];
        let linked = |(a, b): &(InterfaceId, InterfaceId)| [*a, *b].contains(&port.interface);
        let kind = device.interfaces[port.interface].kind;
        kind != InterfaceKind::Ethernet || device.internal_links.iter().any(linked)
    }
}
