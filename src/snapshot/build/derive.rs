//! A topology from configurations alone: a zone for each vendor zone or interface, the default route's side as the outside, and
//! a declared router for each gateway inside.

use super::gateways::{Exit, exits, owners};
use super::ranges::without;
use super::segments::{are_transit, is_loopback};
use crate::model::{Device, InterfaceKind, NextHop, Route, UNSTATED};
use crate::net::{Family, Prefix};
use crate::snapshot::{Port, Segment, SegmentId, Snapshot};
use crate::source::{Span, Spanned};
use crate::topology::{Attach, DeviceDecl, DeviceKind, Endpoint, Topology, ZoneDecl};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::Arc;

/// Beyond so many holes a route's prefix is kept whole.
const HOLES: usize = 256;

pub(super) fn topology(snapshot: &Snapshot) -> Topology {
    let exits = exits(snapshot);
    let outside = outside(snapshot, &exits);
    let mut topology = Topology { devices: devices(snapshot), ..Topology::default() };
    let mut zones = Zones::default();
    for (id, segment) in snapshot.segments.iter() {
        let routed = exits.iter().any(|exit| exit.segment == id && exit.gateway.is_none());
        if let Some(port) = worth_a_zone(snapshot, segment, routed) {
            zones.put(snapshot, id, port, outside.contains(&id));
        }
    }
    let routers = zones.route(snapshot, &exits, &outside);
    zones.without_nobodys();
    topology.attach = zones.attachments(snapshot);
    topology.zones = zones.list;
    topology.devices.extend(routers);
    topology
}

/// Of a rule set that holds neither addresses nor routes nothing but its rules can be judged: each interface leads to a side
/// of its own, and a packet may be routed to every one. The matrix then shows what the rules let pass between any two.
pub(super) fn route_anywhere(snapshot: &mut Snapshot) {
    for (_, device) in snapshot.devices.iter_mut() {
        let stated = device.interfaces.iter().any(|(_, i)| !i.addresses.is_empty());
        if stated || device.contexts.iter().any(|(_, context)| !context.routes.is_empty()) {
            continue;
        }
        let device = Arc::make_mut(device);
        for (id, context) in device.contexts.iter_mut() {
            let before = context.dynamic_routing.len();
            context.dynamic_routing.retain(|routing| routing.protocol != UNSTATED);
            if context.dynamic_routing.len() == before {
                continue;
            }
            let sides = device
                .interfaces
                .iter()
                .filter(|(_, i)| i.context == id && i.up && i.kind != InterfaceKind::Loopback);
            for (interface, side) in sides {
                context.routes.extend(Family::ALL.map(|family| Route {
                    prefix: Prefix::all(family),
                    next_hop: NextHop::Interface(interface),
                    distance: 1,
                    metric: 0,
                    withdrawable: false,
                    span: side.span,
                }));
            }
        }
    }
}

fn devices(snapshot: &Snapshot) -> Vec<DeviceDecl> {
    let mut devices = Vec::new();
    for (_, device) in snapshot.devices.iter() {
        let Some(span) = any_span(device) else { continue };
        let (config, standby, format) = (Vec::new(), Vec::new(), None);
        let (interfaces, routes) = (Vec::new(), Vec::new());
        devices.push(DeviceDecl {
            name: Spanned { value: device.name.clone(), span },
            kind: DeviceKind::Configured {
                config,
                standby,
                format,
                interfaces,
                routes,
                complete: false,
            },
            roles: Vec::new(),
            note: None,
        });
    }
    devices
}

fn any_span(device: &Device) -> Option<Span> {
    device.interfaces.iter().map(|(_, interface)| interface.span).next()
}

/// Segments by which a default route leaves the known network; without any, those whose address is assigned at run time.
fn outside(snapshot: &Snapshot, exits: &[Exit]) -> BTreeSet<SegmentId> {
    let owners = owners(snapshot);
    let leaves = |exit: &&Exit| {
        exit.prefix.is_some_and(|prefix| prefix.len() == 0)
            && exit.gateway.is_none_or(|gateway| !owners.contains(&(exit.segment, gateway)))
    };
    let found: BTreeSet<SegmentId> = exits.iter().filter(leaves).map(|e| e.segment).collect();
    if !found.is_empty() {
        return found;
    }
    let dynamic = |port: &Port| snapshot.devices[port.device].interfaces[port.interface].dynamic;
    let segments = snapshot.segments.iter().filter(|(_, s)| s.ports.iter().any(dynamic));
    segments.map(|(id, _)| id).collect()
}

/// The port that names the zone of a segment; `None` for loopbacks, links between devices, and segments without an address.
fn worth_a_zone(snapshot: &Snapshot, segment: &Segment, routed: bool) -> Option<Port> {
    let interface = |port: &Port| &snapshot.devices[port.device].interfaces[port.interface];
    let (first, rest) = segment.ports.split_first()?;
    let internal = segment.ports.iter().any(|p| interface(p).kind == InterfaceKind::Internal);
    let dynamic = segment.ports.iter().any(|port| interface(port).dynamic);
    let between = !rest.is_empty() && are_transit(&segment.networks);
    let addressed = !segment.networks.is_empty() || dynamic || routed;
    let plain = !internal && !between && addressed && !is_loopback(snapshot, segment);
    plain.then_some(*first)
}

/// The zones made so far.
#[derive(Default)]
struct Zones {
    list: Vec<ZoneDecl>,
    /// Position in `list` by device, vendor name and whether it is outside.
    by_name: BTreeMap<(usize, String, bool), usize>,
    /// Position in `list`.
    by_segment: BTreeMap<SegmentId, usize>,
    /// Ports at which a zone is put by name, because no subnet says so.
    attached: BTreeMap<Port, usize>,
    names: BTreeSet<String>,
    /// Positions in `list` of zones that have neither a subnet nor an address that is assigned at run time.
    by_routes: BTreeSet<usize>,
}

impl Zones {
    fn put(&mut self, snapshot: &Snapshot, segment: SegmentId, port: Port, external: bool) {
        let device = &snapshot.devices[port.device];
        let interface = &device.interfaces[port.interface];
        let ports = &snapshot.segments[segment].ports;
        let dynamic =
            |port: &Port| snapshot.devices[port.device].interfaces[port.interface].dynamic;
        let by_routes =
            snapshot.segments[segment].networks.is_empty() && !ports.iter().any(dynamic);
        let own = interface.alias.as_ref().unwrap_or(&interface.name);
        let word = interface.zone.as_ref().unwrap_or(own);
        let key = (crate::model::Id::index(port.device), word.clone(), external);
        let at = match self.by_name.get(&key) {
            Some(at) if interface.zone.is_some() => *at,
            _ => {
                let several = snapshot.devices.len() > 1;
                let name = if several { format!("{}-{word}", device.name) } else { word.clone() };
                let id = unused(&clean(&name), &mut self.names);
                self.list.push(ZoneDecl {
                    id: Spanned { value: id, span: interface.span },
                    label: Some(word.clone()),
                    networks: Vec::new(),
                    external,
                    roles: Vec::new(),
                });
                let at = self.list.len() - 1;
                self.by_name.insert(key, at);
                self.by_routes.insert(at);
                at
            }
        };
        self.by_segment.insert(segment, at);
        if !by_routes {
            self.by_routes.remove(&at);
        }
        if external {
            self.attached.insert(port, at);
            return;
        }
        for network in &snapshot.segments[segment].networks {
            self.add_network(at, *network, interface.span);
        }
    }

    fn add_network(&mut self, at: usize, network: Prefix, span: Span) {
        let Some(zone) = self.list.get_mut(at) else { return };
        if !zone.networks.iter().any(|known| known.value == network) {
            zone.networks.push(Spanned { value: network, span });
        }
    }

    /// Gives each zone inside the networks that routes send there, and returns the routers in between.
    fn route(
        &mut self,
        snapshot: &Snapshot,
        exits: &[Exit],
        outside: &BTreeSet<SegmentId>,
    ) -> Vec<DeviceDecl> {
        let owners = owners(snapshot);
        let holes = Holes::new(snapshot, exits);
        let mut places = Places::connected(snapshot);
        let mut routers: BTreeMap<IpAddr, (Span, BTreeSet<Prefix>)> = BTreeMap::new();
        for exit in exits.iter().filter(|exit| !outside.contains(&exit.segment)) {
            let known = exit.gateway.is_some_and(|g| owners.contains(&(exit.segment, g)));
            let Some(prefix) = exit.prefix.filter(|prefix| prefix.len() > 0 && !known) else {
                continue;
            };
            let mut pieces = holes.without(prefix);
            // What is elsewhere, or behind another router as well, is not taken to be here: a link is missing.
            pieces.retain(|piece| places.are(*piece, exit.segment));
            if pieces.is_empty() {
                continue;
            }
            let zone = self.by_segment.get(&exit.segment).copied();
            for piece in &pieces {
                if let Some(at) = zone {
                    self.add_network(at, *piece, exit.span);
                }
            }
            match (exit.gateway, zone) {
                (Some(gateway), _) => {
                    let router = routers.entry(gateway).or_insert((exit.span, BTreeSet::new()));
                    router.1.extend(pieces);
                }
                (None, Some(at)) => {
                    self.attached.insert(exit.port, at);
                }
                (None, None) => {}
            }
        }
        routers.into_iter().map(|(gateway, (span, behind))| router(gateway, span, behind)).collect()
    }

    /// Leaves out zones that only routes speak of, to networks that are elsewhere.
    fn without_nobodys(&mut self) {
        let attached: BTreeSet<usize> = self.attached.values().copied().collect();
        let mut kept = Vec::new();
        let mut moved = BTreeMap::new();
        for (at, zone) in std::mem::take(&mut self.list).into_iter().enumerate() {
            let somewhere = !zone.networks.is_empty() || attached.contains(&at);
            if somewhere || !self.by_routes.contains(&at) {
                moved.insert(at, kept.len());
                kept.push(zone);
            }
        }
        self.list = kept;
        for at in self.attached.values_mut() {
            *at = moved.get(at).copied().unwrap_or(usize::MAX);
        }
    }

    fn attachments(&self, snapshot: &Snapshot) -> Vec<Attach> {
        let mut attach = Vec::new();
        for (port, at) in &self.attached {
            let Some(zone) = self.list.get(*at) else { continue };
            let device = &snapshot.devices[port.device];
            let interface = &device.interfaces[port.interface];
            let (device, interface_name) = (device.name.clone(), interface.name.clone());
            let at = Endpoint { device, interface: interface_name, span: interface.span };
            attach.push(Attach { zone: zone.id.clone(), at });
        }
        attach
    }
}

fn router(gateway: IpAddr, span: Span, behind: BTreeSet<Prefix>) -> DeviceDecl {
    let networks = behind.into_iter().map(|value| Spanned { value, span }).collect();
    let addresses = vec![Spanned { value: gateway, span }];
    DeviceDecl {
        name: Spanned { value: format!("gw-{}", clean(&gateway.to_string())), span },
        kind: DeviceKind::Opaque { addresses, networks },
        roles: Vec::new(),
        note: None,
    }
}

/// The segment where each network is: by subnet, else by the first route.
struct Places(BTreeMap<Prefix, SegmentId>);

impl Places {
    fn connected(snapshot: &Snapshot) -> Places {
        let segments = snapshot.segments.iter();
        let networks = segments.flat_map(|(id, s)| s.networks.iter().map(move |n| (*n, id)));
        Places(networks.collect())
    }

    /// Whether the network is on the segment or beyond it, as far as nothing was said before.
    fn are(&mut self, network: Prefix, segment: SegmentId) -> bool {
        *self.0.entry(network).or_insert(segment) == segment
    }
}

/// Prefixes that lead elsewhere than a shorter route does.
struct Holes(BTreeSet<Prefix>);

impl Holes {
    fn new(snapshot: &Snapshot, exits: &[Exit]) -> Holes {
        let connected = snapshot.segments.iter().flat_map(|(_, s)| s.networks.iter().copied());
        Holes(connected.chain(exits.iter().filter_map(|exit| exit.prefix)).collect())
    }

    fn without(&self, prefix: Prefix) -> Vec<Prefix> {
        let after = self.0.range(prefix..).take_while(|hole| prefix.contains(hole.address()));
        let holes: Vec<Prefix> = after
            .copied()
            .filter(|hole| *hole != prefix && prefix.covers(*hole))
            .take(HOLES + 1)
            .collect();
        if holes.len() > HOLES { vec![prefix] } else { without(prefix, &holes) }
    }
}

/// Gives every device a name that a topology file may use; names of configurations may hold any character.
pub(super) fn rename_devices(topology: &mut Topology) {
    let mut names = BTreeSet::new();
    let mut renamed: BTreeMap<String, String> = BTreeMap::new();
    for decl in &mut topology.devices {
        let name = unused(&clean(&decl.name.value), &mut names);
        let before = std::mem::replace(&mut decl.name.value, name.clone());
        renamed.entry(before).or_insert(name);
    }
    for attach in &mut topology.attach {
        if let Some(name) = renamed.get(&attach.at.device) {
            attach.at.device.clone_from(name);
        }
    }
}

/// The word as a name that a topology file may use.
fn clean(word: &str) -> String {
    let bad = |c: char| c.is_whitespace() || c.is_control() || "./:*,".contains(c);
    let cleaned = word.replace(bad, "-");
    if cleaned.is_empty() { "zone".to_owned() } else { cleaned }
}

fn unused(name: &str, names: &mut BTreeSet<String>) -> String {
    let mut candidate = name.to_owned();
    let mut number = 2;
    while !names.insert(candidate.clone()) {
        candidate = format!("{name}-{number}");
        number += 1;
    }
    candidate
}
