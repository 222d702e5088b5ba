//! One step of packets: from a place to every place where they may be next (rules 1 to 6 of [`crate::snapshot`]).

use super::block::{Block, DST, common, numbers, without};
use super::lists::{Fate, Met, Site};
use super::objects::Objects;
use super::routes::{Hop, Table, Way};
use super::{Guide, LineAt, Packet, Refusal, Spot, origins};
use crate::model::{Action, ContextId, Filter, Id, InterfaceId, InterfaceKind, ListId, Stage};
use crate::net::{AddressRange, Family, Prefix};
use crate::snapshot::{
    OpaqueId, Place, Port, SegmentId, Snapshot, ZoneAddresses, ZoneId, non_unicast,
};
use crate::text;
use std::net::IpAddr;

/// How often packets may change the context inside one device.
const LEAKS: usize = 8;

/// A snapshot read for one family.
pub struct Walk<'a> {
    /// The snapshot.
    pub snapshot: &'a Snapshot,
    /// The family.
    pub family: Family,
    objects: Vec<Objects>,
}

/// A filter at its interfaces.
pub struct FilterAt<'a> {
    /// Names the filter and the interfaces; no two have the same.
    pub name: String,
    site: Site<'a>,
    filter: &'a Filter,
}

impl FilterAt<'_> {
    /// What the filter does with a packet, and where it may be cut for clearer fates.
    #[must_use]
    pub fn fate(&self, packet: &Packet) -> (Fate, Met) {
        let binding = self.site.binding(&self.filter.bindings);
        self.site.filter(binding, self.filter.otherwise, packet)
    }

    /// Lines by name, the jumps to a line before it; the default when there is none.
    #[must_use]
    pub fn lines(&self, chain: &[LineAt]) -> String {
        let line = |at: &LineAt| {
            let list = &self.site.device.lists[at.list];
            let label = list.lines.get(at.line).map_or("", |line| line.label.as_str());
            format!("{}#{}.{} {label}", list.name, at.list.index(), at.line)
        };
        let lines: Vec<String> = chain.iter().map(line).collect();
        if lines.is_empty() { "default".to_owned() } else { lines.join(" > ") }
    }
}

/// A visit to a context of a device.
#[derive(Clone, Copy)]
struct Visit {
    port: Port,
    context: ContextId,
    leaks: usize,
}

impl<'a> Walk<'a> {
    /// Reads the objects of every device.
    #[must_use]
    pub fn new(snapshot: &'a Snapshot, family: Family) -> Walk<'a> {
        let devices = snapshot.devices.iter();
        let objects = devices.map(|(_, device)| Objects::new(device, family)).collect();
        Walk { snapshot, family, objects }
    }

    /// Every place where packets wait.
    pub fn spots(&self) -> impl Iterator<Item = Spot> + '_ {
        let ports = self.snapshot.segments.iter().flat_map(|(_, segment)| &segment.ports);
        let links = self.snapshot.devices.iter().flat_map(|(device, model)| {
            let ends = model.internal_links.iter().flat_map(|(a, b)| [*a, *b]);
            ends.map(move |interface| Port { device, interface })
        });
        let ports = ports.copied().chain(links).map(Spot::Port);
        ports.chain(self.snapshot.opaques.ids().map(Spot::Opaque))
    }

    /// Rule 1: what hosts of a zone send.
    ///
    /// # Errors
    /// When the guide refuses.
    pub fn start(&self, zone: ZoneId, block: Block, guide: &mut dyn Guide) -> Result<(), Refusal> {
        let packet = Packet::new(block);
        for (id, segment) in self.snapshot.segments.iter() {
            if segment.zones.contains(&zone) {
                for port in self.ports(id, None) {
                    guide.arrive(Spot::Port(port), packet.clone())?;
                }
                for opaque in &segment.opaques {
                    for zone in &self.snapshot.opaques[*opaque].zones {
                        for block in common(&[block], &self.zone(*zone)) {
                            guide.arrive(Spot::Opaque(*opaque), packet.at(block))?;
                        }
                    }
                    guide.arrive(Spot::Opaque(*opaque), packet.perhaps())?;
                }
                self.deliver(Some(id), None, (false, false), &packet, guide)?;
            }
        }
        for (id, opaque) in self.snapshot.opaques.iter() {
            if opaque.zones.contains(&zone) {
                let sure = packet.sure && opaque.declared;
                let packet = Packet { sure, ..packet.clone() };
                for segment in &opaque.segments {
                    for port in self.ports(*segment, None) {
                        guide.arrive(Spot::Port(port), packet.clone())?;
                    }
                }
                self.opaque(id, &packet, true, guide)?;
            }
        }
        Ok(())
    }

    /// Everything that may become of packets at a place.
    ///
    /// # Errors
    /// When the guide refuses, or packets change the context too often.
    pub fn step(&self, spot: Spot, packet: Packet, guide: &mut dyn Guide) -> Result<(), Refusal> {
        match spot {
            Spot::End(_) => Ok(()),
            Spot::Opaque(id) => self.opaque(id, &packet, false, guide),
            Spot::Port(port) => {
                let interface = &self.snapshot.devices[port.device].interfaces[port.interface];
                let visit = Visit { port, context: interface.context, leaks: 0 };
                let packets = if interface.up { vec![packet] } else { Vec::new() };
                let packets = self.stages(visit, None, packets, true, guide)?;
                packets.into_iter().try_for_each(|packet| self.decide(visit, packet, guide))
            }
        }
    }

    fn site(&self, port: Port, egress: Option<InterfaceId>) -> Result<Site<'_>, Refusal> {
        let unknown = || Refusal(text!("機器がありません。", "there is no such device"));
        let objects = self.objects.get(Id::index(port.device)).ok_or_else(unknown)?;
        let (device, ingress) = (&self.snapshot.devices[port.device], port.interface);
        let (family, at) = (self.family, self.snapshot.at);
        Ok(Site { device, objects, family, at, ingress, egress })
    }

    /// What comes through the stages before the route, or after it when the egress is known.
    fn stages(
        &self,
        visit: Visit,
        egress: Option<InterfaceId>,
        mut packets: Vec<Packet>,
        filtering: bool,
        guide: &mut dyn Guide,
    ) -> Result<Vec<Packet>, Refusal> {
        let site = self.site(visit.port, egress)?;
        let pipeline = &site.device.contexts[visit.context].pipeline;
        let at = pipeline.iter().position(|stage| matches!(stage, Stage::Route));
        let at = at.unwrap_or(pipeline.len());
        let own = |index: usize| if egress.is_none() { index < at } else { index > at };
        for (index, stage) in pipeline.iter().enumerate().filter(|(index, _)| own(*index)) {
            packets = match stage {
                Stage::Filter(filter) if filtering => {
                    self.filtered(visit, site, (filter, format!("stage {index}")), packets, guide)?
                }
                Stage::Translate(translate) => {
                    let one = |packet| site.translate(&translate.bindings, packet);
                    packets.into_iter().flat_map(one).collect()
                }
                Stage::Filter(_) | Stage::Route => packets,
            };
        }
        Ok(packets)
    }

    fn filtered(
        &self,
        visit: Visit,
        site: Site<'_>,
        (filter, stage): (&Filter, String),
        packets: Vec<Packet>,
        guide: &mut dyn Guide,
    ) -> Result<Vec<Packet>, Refusal> {
        let name = |id: InterfaceId| format!("{}#{}", site.device.interfaces[id].name, id.index());
        let (device, context) = (Id::index(visit.port.device), visit.context.index());
        let egress = site.egress.map_or_else(String::new, name);
        let (own, ingress) = (&site.device.name, name(site.ingress));
        let name = format!("{own}#{device} context {context} {stage} {ingress} > {egress}");
        let at = FilterAt { name, site, filter };
        let mut passed = Vec::new();
        for packet in packets {
            // Without a list and a default that stops, there is nothing to ask.
            let open =
                site.binding(&filter.bindings).is_none() && filter.otherwise == Action::Permit;
            passed.extend(if open { vec![packet] } else { guide.filter(&at, packet)? });
        }
        Ok(passed)
    }

    /// Rule 2: what is for the device itself, and the rest.
    fn decide(&self, visit: Visit, packet: Packet, guide: &mut dyn Guide) -> Result<(), Refusal> {
        let (device, all) = (visit.port.device, Block::all(self.family));
        let site = self.site(visit.port, None)?;
        let table = Table { site: &site, context: visit.context };
        let mut rest = vec![packet.block];
        for own in table.interfaces().flat_map(|id| &site.device.interfaces[id].addresses) {
            let Some(range) = numbers(self.family, AddressRange::single(own.address)) else {
                continue;
            };
            for block in common(&rest, &[all.with(DST, range)]) {
                let mut packets = vec![packet.at(block)];
                for (index, filter) in site.device.contexts[visit.context].local.iter().enumerate()
                {
                    let stage = (filter, format!("local {index}"));
                    packets = self.filtered(visit, site, stage, packets, guide)?;
                }
                for packet in packets {
                    guide.arrive(Spot::End(Place::Device(device)), packet)?;
                }
            }
            rest = without(&rest, all.with(DST, range));
        }
        for block in rest {
            for (block, way, sure) in table.ways(&packet.at(block)) {
                let packet = Packet { sure: packet.sure && sure, ..packet.at(block) };
                self.leave(visit, packet, way, guide)?;
            }
        }
        Ok(())
    }

    fn leave(
        &self,
        visit: Visit,
        packet: Packet,
        way: Way,
        guide: &mut dyn Guide,
    ) -> Result<(), Refusal> {
        let (egress, hop) = match way {
            Way::Discard => return Ok(()),
            Way::Context(_) if visit.leaks == LEAKS => {
                return Err(Refusal(text!(
                    "機器内のルーティング空間の間を回り続けます。",
                    "packets go round between the routing contexts of a device"
                )));
            }
            Way::Context(context) => {
                let visit = Visit { context, leaks: visit.leaks + 1, ..visit };
                return self.decide(visit, packet, guide);
            }
            Way::Out(egress, hop) => (egress, hop),
        };
        let port = &self.snapshot.devices[visit.port.device].interfaces[egress];
        let mut out = Vec::new();
        if egress == visit.port.interface && port.hairpin_unfiltered {
            out = self.stages(visit, Some(egress), vec![packet.perhaps()], false, guide)?;
        }
        out.extend(self.stages(visit, Some(egress), vec![packet], true, guide)?);
        let out = out.into_iter().map(|packet| Packet { touched: Vec::new(), ..packet });
        let port = Port { interface: egress, ..visit.port };
        out.into_iter().try_for_each(|packet| self.depart(port, hop, &packet, guide))
    }

    /// Rule 4.
    fn depart(
        &self,
        port: Port,
        hop: Hop,
        packet: &Packet,
        guide: &mut dyn Guide,
    ) -> Result<(), Refusal> {
        let segment = self.snapshot.segment_of(port);
        let ports = self.others(segment, Some(port));
        let opaques = segment.map_or(&[][..], |id| &self.snapshot.segments[id].opaques);
        let gateway = match hop {
            Hop::Connected => {
                return self.deliver(
                    segment,
                    Some(port),
                    (false, self.is_line(port)),
                    packet,
                    guide,
                );
            }
            Hop::OnLink => {
                return self.deliver(
                    segment,
                    Some(port),
                    (true, self.is_line(port)),
                    packet,
                    guide,
                );
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
        let packet = if spots.is_empty() && !(gateway.is_some() && self.is_line(port)) {
            packet.perhaps()
        } else {
            packet.clone()
        };
        if spots.is_empty() {
            let routers = ports.into_iter().map(Spot::Port);
            spots = routers.chain(opaques.iter().copied().map(Spot::Opaque)).collect();
        }
        if let (Hop::Anyone, Some(segment)) = (hop, segment) {
            self.zones(&self.snapshot.segments[segment].zones, &packet, guide)?;
        }
        spots.into_iter().try_for_each(|spot| guide.arrive(spot, packet.clone()))
    }

    /// What goes straight to its destination: to whoever has the address, may answer for it, or is a host of a zone; when
    /// nobody is, by an interface route or over a line, to the routers.
    fn deliver(
        &self,
        segment: Option<SegmentId>,
        from: Option<Port>,
        (on_link, line): (bool, bool),
        packet: &Packet,
        guide: &mut dyn Guide,
    ) -> Result<(), Refusal> {
        let all = Block::all(self.family);
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
                for range in addresses
                    .iter()
                    .filter_map(|own| numbers(self.family, AddressRange::single(*own)))
                {
                    for block in common(&rest, &[all.with(DST, range)]) {
                        guide.arrive(spot, packet.at(block))?;
                    }
                    left = without(&left, all.with(DST, range));
                }
            }
            rest = left;
        }
        let mut answered = false;
        for port in &ports {
            for block in common(&rest, &self.answers(*port)?) {
                guide.arrive(Spot::Port(*port), packet.at(block).perhaps())?;
                answered = true;
            }
        }
        let packet = if answered { packet.perhaps() } else { packet.clone() };
        for block in &rest {
            self.zones(zones, &packet.at(*block), guide)?;
        }
        for zone in zones {
            rest = self.zone(*zone).iter().fold(rest, |rest, held| without(&rest, *held));
        }
        let routers =
            ports.iter().filter(|_| on_link || line).map(|port| (Spot::Port(*port), line));
        let unseen = opaques.iter().filter(|_| on_link || line).map(|id| (Spot::Opaque(*id), true));
        for (spot, sure) in routers.chain(unseen) {
            for block in &rest {
                guide.arrive(spot, Packet { sure: packet.sure && sure, ..packet.at(*block) })?;
            }
        }
        Ok(())
    }

    /// The destinations that a device may translate before the route, whatever else its lines ask.
    fn answers(&self, port: Port) -> Result<Vec<Block>, Refusal> {
        let site = self.site(port, None)?;
        let context = &site.device.contexts[site.device.interfaces[port.interface].context];
        let stages = context.pipeline.iter().take_while(|stage| !matches!(stage, Stage::Route));
        let bound = stages.filter_map(|stage| match stage {
            Stage::Translate(translate) => site.binding(&translate.bindings),
            _ => None,
        });
        let lists: Vec<ListId> = bound.flat_map(|binding| binding.lists.iter().copied()).collect();
        Ok(origins::readdressed(site.device, site.objects, self.family, &lists))
    }

    /// Rule 5; what starts behind the router has been handed to the ports around it.
    fn opaque(
        &self,
        id: OpaqueId,
        packet: &Packet,
        starting: bool,
        guide: &mut dyn Guide,
    ) -> Result<(), Refusal> {
        let opaque = &self.snapshot.opaques[id];
        let sure = packet.sure && opaque.declared;
        self.zones(&opaque.zones, &Packet { sure, ..packet.clone() }, guide)?;
        let external = |zone: &ZoneId| self.snapshot.zones[*zone].external;
        let outside =
            opaque.declared && !opaque.zones.is_empty() && opaque.zones.iter().all(external);
        if outside && !starting {
            return Ok(());
        }
        let packet = packet.perhaps();
        let mut spots: Vec<Spot> = Vec::new();
        for segment in &opaque.segments {
            let model = &self.snapshot.segments[*segment];
            self.zones(&model.zones, &packet, guide)?;
            spots.extend(self.ports(*segment, None).into_iter().map(Spot::Port));
            spots.extend(model.opaques.iter().copied().map(Spot::Opaque));
        }
        if !opaque.declared {
            spots.extend(self.snapshot.unknown_routers().map(Spot::Opaque));
        }
        spots.retain(|spot| *spot != Spot::Opaque(id));
        spots.into_iter().try_for_each(|spot| guide.arrive(spot, packet.clone()))
    }

    /// Hands to each zone what is for its addresses.
    fn zones(
        &self,
        zones: &[ZoneId],
        packet: &Packet,
        guide: &mut dyn Guide,
    ) -> Result<(), Refusal> {
        for zone in zones {
            for block in common(&[packet.block], &self.zone(*zone)) {
                guide.arrive(Spot::End(Place::Zone(*zone)), packet.at(block))?;
            }
        }
        Ok(())
    }

    /// The destinations that a zone holds.
    fn zone(&self, zone: ZoneId) -> Vec<Block> {
        let all = Block::all(self.family);
        let block = |prefix: Prefix| Some(all.with(DST, numbers(self.family, prefix.range())?));
        match &self.snapshot.zones[zone].addresses {
            ZoneAddresses::Networks(networks) => {
                networks.iter().copied().filter_map(block).collect()
            }
            ZoneAddresses::Rest => {
                let never =
                    non_unicast(self.family).iter().filter_map(|block| Prefix::parse(block));
                let gone = self.snapshot.declared_networks().chain(never).filter_map(block);
                gone.fold(vec![all], |rest, gone| without(&rest, gone))
            }
        }
    }

    fn addresses(&self, port: Port) -> impl Iterator<Item = IpAddr> + '_ {
        let interface = &self.snapshot.devices[port.device].interfaces[port.interface];
        interface.addresses.iter().map(|own| own.address)
    }

    /// The ports of a segment that are up, but `except`.
    fn ports(&self, segment: SegmentId, except: Option<Port>) -> Vec<Port> {
        let up = |port: &Port| self.snapshot.devices[port.device].interfaces[port.interface].up;
        let ports = self.snapshot.segments[segment].ports.iter().copied();
        ports.filter(|port| up(port) && Some(*port) != except).collect()
    }

    /// The ports that may receive what leaves by `from`: those of the segment, and the other ends of links inside the device.
    fn others(&self, segment: Option<SegmentId>, from: Option<Port>) -> Vec<Port> {
        let mut ports = segment.map_or_else(Vec::new, |id| self.ports(id, from));
        if let Some(port) = from {
            for (a, b) in &self.snapshot.devices[port.device].internal_links {
                for (end, other) in [(a, b), (b, a)] {
                    let peer = Port { interface: *other, ..port };
                    if *end == port.interface && !ports.contains(&peer) {
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

    /// The blocks from which a translation of any device may make one of `blocks`, and `blocks` themselves.
    #[must_use]
    pub fn before(&self, blocks: &[Block]) -> Vec<Block> {
        let mut known = blocks.to_vec();
        let mut next = 0;
        while let Some(block) = known.get(next).copied() {
            next += 1;
            for (device, objects) in self.snapshot.devices.iter().zip(&self.objects) {
                for before in origins::origins(device.1, objects, self.family, block) {
                    if !before.covered(&known) {
                        known.push(before);
                    }
                }
            }
        }
        known
    }
}
