//! One step of packets: from a place to every place where they may be next (rules 1 to 6 of [`crate::snapshot`]).

use super::block::{Block, DST, SRC, bound_for, common, numbers, without};
use super::lists::{Fate, Met, Site, products};
use super::objects::Objects;
use super::routes::{self, Way};
use super::{Guide, LineAt, Packet, Refusal, Spot, origins, wires};
use crate::model::{Action, ContextId, Filter, Id, InterfaceId, Stage, Table};
use crate::net::{AddressRange, Family, Prefix};
use crate::snapshot::{Place, Port, Snapshot, ZoneId, non_unicast};
use crate::text;

/// How often packets may change the context inside one device.
const LEAKS: usize = 8;

/// A snapshot read for one family.
pub struct Walk<'a> {
    /// The snapshot.
    pub snapshot: &'a Snapshot,
    /// The family.
    pub family: Family,
    pub(super) objects: Vec<Objects>,
    pub(super) zones: Table<ZoneId, Vec<Block>>,
    /// What is never forwarded.
    never: Vec<Block>,
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

    /// Whether every packet of the block gets through, at any time and whatever is not known, and where it may be cut when not.
    #[must_use]
    pub fn passes(&self, packet: &Packet) -> (bool, Met) {
        let binding = self.site.binding(&self.filter.bindings);
        self.site.passes(binding, self.filter.otherwise, packet)
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
    /// Reads the objects of every device, and what every zone holds.
    #[must_use]
    pub fn new(snapshot: &'a Snapshot, family: Family) -> Walk<'a> {
        let devices = snapshot.devices.iter();
        let objects = devices.map(|(_, device)| Objects::new(device, family)).collect();
        let mut zones = Table::default();
        for (_, zone) in snapshot.zones.iter() {
            zones.push(wires::held(snapshot, zone, family));
        }
        let never = non_unicast(family).iter().filter_map(|block| Prefix::parse(block));
        let never = never.filter_map(|block| numbers(family, block.range()));
        let sides = |range| [SRC, DST].map(|side| Block::all(family).with(side, range));
        let never = never.flat_map(sides).collect();
        Walk { snapshot, family, objects, zones, never }
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

    /// The blocks that some line of the snapshot may translate.
    #[must_use]
    pub fn translated(&self) -> Vec<Block> {
        let (mut out, all) = (Vec::new(), [Block::all(self.family)]);
        for ((_, device), objects) in self.snapshot.devices.iter().zip(&self.objects) {
            let lines = device.lists.iter().flat_map(|(_, list)| &list.lines);
            for line in lines.filter(|line| matches!(line.action, Action::Rewrite(_))) {
                out.extend(products(objects, self.family, (line, &all)).1);
            }
        }
        out
    }

    /// Rule 1: what hosts of a zone send.
    ///
    /// # Errors
    /// When the guide refuses.
    pub fn start(&self, zone: ZoneId, block: Block, guide: &mut dyn Guide) -> Result<(), Refusal> {
        let packet = Packet::new(block);
        self.forward(&packet, guide)?;
        // What a neighbour takes needs no router: those are beside the proper way.
        let offered = |packet: Packet, taken: &[Block]| {
            let aside = taken.iter().any(|taken| packet.block.within(taken));
            Packet { aside, ..packet }
        };
        for (id, segment) in self.snapshot.segments.iter() {
            if segment.zones.contains(&zone) {
                let (ports, taken) = (self.ports(id, None), self.beside(id));
                for port in &ports {
                    guide.offer(*port, offered(packet.clone(), &taken))?;
                }
                for opaque in &segment.opaques {
                    let behind = self.held(&self.snapshot.opaques[*opaque].zones);
                    for block in common(&[block], &behind) {
                        let packet = offered(packet.at(block), &taken);
                        guide.arrive(Spot::Opaque(*opaque), packet)?;
                    }
                    let perhaps = Packet { aside: !ports.is_empty(), ..packet.perhaps() };
                    guide.arrive(Spot::Opaque(*opaque), perhaps)?;
                }
                self.deliver(Some(id), None, (false, false), &packet, guide)?;
            }
        }
        for (id, opaque) in self.snapshot.opaques.iter() {
            if opaque.perhaps.contains(&zone) {
                let packet = Packet { aside: true, ..packet.clone().perhaps() };
                guide.arrive(Spot::Opaque(id), packet)?;
            }
            if opaque.zones.contains(&zone) {
                let sure = packet.sure && opaque.declared;
                let packet = Packet { sure, ..packet.clone() };
                let held = self.held(&opaque.zones);
                for segment in &opaque.segments {
                    for port in self.ports(*segment, None) {
                        guide.offer(port, offered(packet.clone(), &held))?;
                    }
                }
                self.opaque(id, &packet, true, guide)?;
            }
        }
        Ok(())
    }

    /// Rule 6. Of a source that is not known nothing is said.
    pub(super) fn forward(&self, packet: &Packet, guide: &mut dyn Guide) -> Result<(), Refusal> {
        let never = self.never.iter().any(|never| packet.block.meets(never));
        if never { guide.lose(packet) } else { Ok(()) }
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
                self.forward(&packet, guide)?;
                let interface = &self.snapshot.devices[port.device].interfaces[port.interface];
                let visit = Visit { port, context: interface.context, leaks: 0 };
                if !interface.up {
                    return guide.lose(&packet);
                }
                let packets = self.stages(visit, None, vec![packet], true, guide)?;
                packets.into_iter().try_for_each(|packet| self.decide(visit, packet, guide))
            }
        }
    }

    pub(super) fn site(
        &self,
        port: Port,
        egress: Option<InterfaceId>,
    ) -> Result<Site<'_>, Refusal> {
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
                    let mut made = Vec::new();
                    for packet in packets {
                        let (after, kept) = site.translate(&translate.bindings, packet.clone());
                        if !kept || after.iter().any(|after| after.touched != packet.touched) {
                            guide.lose(&packet)?;
                        }
                        made.extend(after);
                    }
                    made
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
        self.forward(&packet, guide)?;
        let site = self.site(visit.port, None)?;
        let table = routes::Table { site: &site, context: visit.context };
        let own = table.interfaces().flat_map(|id| &site.device.interfaces[id].addresses);
        let own = own.map(|own| AddressRange::single(own.address));
        let local = &site.device.contexts[visit.context].local;
        let accepted = |packet: Packet, guide: &mut dyn Guide| {
            let mut packets = vec![packet];
            for (index, filter) in local.iter().enumerate() {
                let stage = (filter, format!("local {index}"));
                packets = self.filtered(visit, site, stage, packets, guide)?;
            }
            Ok(packets)
        };
        let itself = Spot::End(Place::Device(visit.port.device));
        let mut rest = vec![packet.block];
        for own in own.filter_map(|own| bound_for(self.family, own)) {
            for block in common(&rest, &[own]) {
                let packets = accepted(packet.at(block), guide)?;
                let on = self.snapshot.segment_of(visit.port);
                for packet in packets {
                    for zone in on.iter().flat_map(|id| &self.snapshot.segments[*id].zones) {
                        let hosts = self.snapshot.hosts_of(*zone).map(AddressRange::single);
                        let hosts = hosts.filter_map(|host| bound_for(self.family, host));
                        for block in hosts.flat_map(|host| common(&[packet.block], &[host])) {
                            let beside = Packet { aside: true, ..packet.at(block) };
                            guide.arrive(Spot::End(Place::Zone(*zone)), beside)?;
                        }
                    }
                    guide.arrive(itself, packet)?;
                }
            }
            rest = without(&rest, own);
        }
        for learnt in self.snapshot.learnt(visit.port.device, visit.context) {
            let learnt = bound_for(self.family, learnt.range());
            for block in learnt.iter().flat_map(|learnt| common(&rest, &[*learnt])) {
                let perhaps = Packet { aside: true, ..packet.at(block).perhaps() };
                for packet in accepted(perhaps, guide)? {
                    guide.arrive(itself, packet)?;
                }
            }
        }
        for block in rest {
            let (ways, lost) = table.ways(&packet.at(block));
            if lost {
                guide.lose(&packet)?;
            }
            for (block, way, sure) in ways {
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
            Way::Discard => return guide.lose(&packet),
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
            let around = Packet { aside: true, ..packet.perhaps() };
            out = self.stages(visit, Some(egress), vec![around], false, guide)?;
        }
        out.extend(self.stages(visit, Some(egress), vec![packet], true, guide)?);
        let out = out.into_iter().map(|packet| Packet { touched: Vec::new(), ..packet });
        let port = Port { interface: egress, ..visit.port };
        out.into_iter().try_for_each(|packet| self.depart(port, hop, &packet, guide))
    }

    /// The blocks from which a translation of any device may make one of `blocks`, and `blocks` themselves.
    #[must_use]
    pub fn before(&self, blocks: &[Block]) -> Vec<Block> {
        let mut known = blocks.to_vec();
        let mut next = 0;
        while let Some(block) = known.get(next).copied() {
            next += 1;
            for before in self.origins(block) {
                if !before.covered(&known) {
                    known.push(before);
                }
            }
        }
        known
    }

    /// What a translation of any device may make packets of `block` of.
    pub fn origins(&self, block: Block) -> impl Iterator<Item = Block> + '_ {
        let devices = self.snapshot.devices.iter().zip(&self.objects);
        devices.flat_map(move |((_, device), objects)| {
            origins::origins(device, objects, self.family, block)
        })
    }
}
