//! Routers whose configuration is not at hand: declared ones, the gateways that routes point at, and the far ends of tunnels and
//! lines. What is behind them: declared networks, and zone networks that routes send there.

use super::ranges::without;
use super::segments::{SubnetIndex, put_opaque, put_zone};
use super::{Work, entrance, zones};
use crate::model::{ContextId, Device, Interface, InterfaceId, InterfaceKind, NextHop};
use crate::net::{Family, Prefix};
use crate::snapshot::{
    DeviceId, IssueKind, Opaque, OpaqueId, Port, RESOLVE_DEPTH, Segment, SegmentId, Snapshot,
    ZoneAddresses, ZoneId, issue,
};
use crate::source::Span;
use crate::topology::{DeviceKind, Topology};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

pub(super) fn place(work: &mut Work, topology: &Topology) {
    let index = SubnetIndex::new(&work.snapshot);
    let mut found = Gateways { owners: owners(&work.snapshot), ..Gateways::default() };
    let declared = declare(work, topology, &index, &mut found);
    let routes = exits(&work.snapshot);
    for route in &routes {
        found.meet(work, route);
    }
    found.far_ends(work);
    put_zones_behind(work, &index, &routes, &found, &declared);
}

/// A router that nobody declared may know a way to other people's networks, and may stand on any subnet where nobody else is
/// known: nothing says that it does not.
pub(super) fn lead_anywhere(snapshot: &mut Snapshot) {
    let unknown: Vec<OpaqueId> = snapshot.unknown_routers().collect();
    let Some(first) = unknown.first().copied() else { return };
    let external: Vec<ZoneId> =
        snapshot.zones.iter().filter(|(_, zone)| zone.external).map(|(id, _)| id).collect();
    for router in &unknown {
        let opaque = &mut snapshot.opaques[*router];
        opaque.perhaps = external.iter().copied().filter(|z| !opaque.zones.contains(z)).collect();
    }
    let lonely: Vec<SegmentId> = snapshot
        .segments
        .iter()
        .filter(|(_, segment)| is_lonely(snapshot, segment))
        .map(|(id, _)| id)
        .collect();
    for segment in lonely {
        put_opaque(snapshot, segment, first);
    }
}

/// Whether an interface that may have neighbours has none that is known.
fn is_lonely(snapshot: &Snapshot, segment: &Segment) -> bool {
    let [port] = segment.ports.as_slice() else { return false };
    let interface = &snapshot.devices[port.device].interfaces[port.interface];
    let numbered = interface.dynamic || !interface.addresses.is_empty();
    let assumed = |zone: &ZoneId| snapshot.zones[*zone].is_assumed();
    let nobody = segment.zones.iter().all(assumed) && segment.opaques.is_empty();
    nobody && numbered && interface.kind != InterfaceKind::Loopback
}

/// A route, or a policy route, and where it leaves its device.
pub(super) struct Exit {
    device: DeviceId,
    context: ContextId,
    /// `None` for a policy route, whose destinations are a condition rather than a prefix.
    pub(super) prefix: Option<Prefix>,
    pub(super) port: Port,
    pub(super) segment: SegmentId,
    /// `None`: the interface alone is named.
    pub(super) gateway: Option<IpAddr>,
    pub(super) span: Span,
}

/// The exits of all routes whose gateway or interface is on a segment; others are unusable, or use the exit of the route to
/// their gateway.
pub(super) fn exits(snapshot: &Snapshot) -> Vec<Exit> {
    let mut exits = Vec::new();
    for (device, model) in snapshot.devices.iter() {
        let connected = Connected::new(model);
        for (context, instance) in model.contexts.iter() {
            let hops: BTreeMap<Prefix, NextHop> =
                instance.routes.iter().map(|r| (r.prefix, r.next_hop)).collect();
            let listed = instance.routes.iter().map(|r| (Some(r.prefix), r.next_hop, r.span));
            let policy = &instance.policy_routes;
            let policy = policy.iter().filter_map(|r| Some((None, r.next_hop?, r.span)));
            for (prefix, next_hop, span) in listed.chain(policy) {
                let Some((interface, gateway)) = connected.exit(context, next_hop, &hops) else {
                    continue;
                };
                let port = Port { device, interface };
                let Some(segment) = snapshot.segment_of(port) else { continue };
                exits.push(Exit { device, context, prefix, port, segment, gateway, span });
            }
        }
    }
    exits
}

/// The connected prefixes of a device's interfaces that are up.
struct Connected(BTreeMap<(ContextId, Prefix), InterfaceId>);

impl Connected {
    fn new(device: &Device) -> Connected {
        let mut map = BTreeMap::new();
        let up = |(_, interface): &(InterfaceId, &Interface)| interface.up;
        for (id, interface) in device.interfaces.iter().filter(up) {
            for prefix in interface.subnets() {
                map.entry((interface.context, prefix)).or_insert(id);
            }
        }
        Connected(map)
    }

    /// The interface and gateway of a next hop, through the routes to its gateway when that is not connected.
    fn exit(
        &self,
        context: ContextId,
        next_hop: NextHop,
        hops: &BTreeMap<Prefix, NextHop>,
    ) -> Option<(InterfaceId, Option<IpAddr>)> {
        let mut next_hop = next_hop;
        let mut asked = None;
        for _ in 0..=RESOLVE_DEPTH {
            let (address, interface) = match next_hop {
                NextHop::Gateway { address, interface } => (address, interface),
                // A gateway that an interface route leads to (the far end of a line) is asked for there.
                NextHop::Interface(interface) => return Some((interface, asked)),
                NextHop::Context(_) | NextHop::Discard => return None,
            };
            if let Some(interface) = interface.or_else(|| self.interface(context, address)) {
                return Some((interface, Some(address)));
            }
            asked = Some(address);
            let lens = (0..=Family::of(address).bits()).rev();
            let mut above = lens.filter_map(|len| Prefix::new(address, len));
            next_hop = above.find_map(|prefix| hops.get(&prefix).copied())?;
        }
        None
    }

    fn interface(&self, context: ContextId, address: IpAddr) -> Option<InterfaceId> {
        let bits = Family::of(address).bits();
        let above = (0..=bits).rev().filter_map(|len| Prefix::new(address, len));
        above.filter_map(|prefix| self.0.get(&(context, prefix))).next().copied()
    }
}

/// Which segments have a device port with which address.
pub(super) fn owners(snapshot: &Snapshot) -> BTreeSet<(SegmentId, IpAddr)> {
    let mut owners = BTreeSet::new();
    for (id, segment) in snapshot.segments.iter() {
        for port in &segment.ports {
            let interface = &snapshot.devices[port.device].interfaces[port.interface];
            owners.extend(interface.addresses.iter().map(|address| (id, address.address)));
        }
    }
    owners
}

/// The opaque routers found so far.
#[derive(Default)]
struct Gateways {
    owners: BTreeSet<(SegmentId, IpAddr)>,
    /// Declared routers by address.
    declared: BTreeMap<IpAddr, OpaqueId>,
    by_address: BTreeMap<(SegmentId, IpAddr), OpaqueId>,
    /// The far end of a segment that routes use without naming a gateway.
    far: BTreeMap<SegmentId, OpaqueId>,
}

/// A declared router and its networks.
struct Declared {
    opaque: OpaqueId,
    networks: Vec<(Prefix, Span)>,
}

fn declare(
    work: &mut Work,
    topology: &Topology,
    index: &SubnetIndex,
    found: &mut Gateways,
) -> Vec<Declared> {
    let mut all = Vec::new();
    for decl in &topology.devices {
        let DeviceKind::Opaque { addresses, networks } = &decl.kind else { continue };
        let opaque = work.snapshot.opaques.push(Opaque {
            name: decl.name.value.clone(),
            declared: true,
            addresses: addresses.iter().map(|address| address.value).collect(),
            roles: decl.roles.clone(),
            span: Some(decl.name.span),
            ..Opaque::default()
        });
        for address in addresses {
            found.declared.insert(address.value, opaque);
            for segment in index.covering(Prefix::host(address.value)) {
                put_opaque(&mut work.snapshot, segment, opaque);
            }
        }
        let networks: Vec<_> =
            networks.iter().map(|network| (network.value, network.span)).collect();
        if networks.is_empty() {
            lead_outside(&mut work.snapshot, opaque);
        }
        all.push(Declared { opaque, networks });
    }
    all
}

impl Gateways {
    /// The opaque router at an exit, made when nothing known is there.
    fn meet(&mut self, work: &mut Work, exit: &Exit) -> Option<OpaqueId> {
        let Some(gateway) = exit.gateway else { return self.far_end(work, exit) };
        if self.owners.contains(&(exit.segment, gateway)) {
            return None;
        }
        if let Some(declared) = self.declared.get(&gateway).copied() {
            put_opaque(&mut work.snapshot, exit.segment, declared);
            return Some(declared);
        }
        if let Some(known) = self.by_address.get(&(exit.segment, gateway)) {
            return Some(*known);
        }
        let name = format!("gateway {gateway}");
        let opaque = add(work, exit.segment, name, vec![gateway], exit.span);
        self.by_address.insert((exit.segment, gateway), opaque);
        Some(opaque)
    }

    /// The opaque router that a route means which names an interface only: none where a zone was attached or another device is
    /// at the other end.
    fn far_end(&mut self, work: &mut Work, exit: &Exit) -> Option<OpaqueId> {
        let segment = &work.snapshot.segments[exit.segment];
        let connected = |p: Prefix| segment.networks.iter().any(|network| network.covers(p));
        if segment.ports.len() > 1 || exit.prefix.is_some_and(connected) {
            return None;
        }
        self.unknown_end(work, exit.port, exit.segment, exit.span)
    }

    fn unknown_end(
        &mut self,
        work: &mut Work,
        port: Port,
        segment: SegmentId,
        span: Span,
    ) -> Option<OpaqueId> {
        if work.has_attached_zone(segment) || has_external_zone(&work.snapshot, segment) {
            return None;
        }
        let declared = || {
            let interface = &work.snapshot.devices[port.device].interfaces[port.interface];
            let alone = is_line(interface) && !has_room(interface);
            let there = work.snapshot.segments[segment].opaques.iter().copied();
            there.filter(|_| alone).find(|opaque| work.snapshot.opaques[*opaque].declared)
        };
        if let Some(known) = self.far.get(&segment).copied().or_else(declared) {
            return Some(known);
        }
        let name = format!("peer of {}", work.snapshot.port_name(port));
        let opaque = add(work, segment, name, Vec::new(), span);
        self.far.insert(segment, opaque);
        Some(opaque)
    }

    /// Tunnels and lines have another end, and somebody gives an interface the address that it learns at run time; both matter
    /// when packets can go there or come from there.
    fn far_ends(&mut self, work: &mut Work) {
        let mut open = Vec::new();
        let named: Vec<Prefix> = zones::networks(work).into_iter().map(|(_, n)| n).collect();
        let is_home = |interface: &Interface| {
            interface.subnets().any(|subnet| named.iter().any(|network| network.overlaps(subnet)))
        };
        for (id, segment) in work.snapshot.segments.iter() {
            let [port] = segment.ports.as_slice() else { continue };
            let interface = &work.snapshot.devices[port.device].interfaces[port.interface];
            let learns = interface.dynamic && segment.zones.is_empty() && !is_home(interface);
            let line = is_line(interface) || learns;
            let device = &work.snapshot.devices[port.device];
            let used = !interface.addresses.is_empty()
                || interface.dynamic
                || entrance::admits(device, port.interface);
            let others = interface.kind == InterfaceKind::Tunnel && has_room(interface);
            if line && used && (segment.opaques.is_empty() || others) {
                open.push((*port, id, interface.span));
            }
        }
        for (port, segment, span) in open {
            self.unknown_end(work, port, segment, span);
        }
    }
}

/// Whether what leaves by an interface needs no address to reach the other end.
fn is_line(interface: &Interface) -> bool {
    matches!(interface.kind, InterfaceKind::Tunnel | InterfaceKind::PointToPoint)
}

/// Whether more than two may have addresses in a subnet of an interface.
fn has_room(interface: &Interface) -> bool {
    let room = |subnet: Prefix| subnet.family().bits() > subnet.len() + 2;
    interface.subnets().any(room)
}

fn has_external_zone(snapshot: &Snapshot, segment: SegmentId) -> bool {
    snapshot.segments[segment].zones.iter().any(|zone| snapshot.zones[*zone].external)
}

/// A router that only a route names: that of the external zone on its segment, else an unknown one.
fn add(
    work: &mut Work,
    segment: SegmentId,
    name: String,
    addresses: Vec<IpAddr>,
    span: Span,
) -> OpaqueId {
    let declared = has_external_zone(&work.snapshot, segment);
    let (mut zones, mut perhaps) = (Vec::new(), Vec::new());
    if declared {
        (zones, perhaps) = zones_behind(&work.snapshot, segment);
    }
    let span = Some(span);
    let opaque = Opaque { name, declared, addresses, zones, perhaps, span, ..Opaque::default() };
    let opaque = work.snapshot.opaques.push(opaque);
    put_opaque(&mut work.snapshot, segment, opaque);
    opaque
}

/// A router of which nothing but addresses is declared, beside an external zone, is its gateway.
fn lead_outside(snapshot: &mut Snapshot, id: OpaqueId) {
    for segment in snapshot.opaques[id].segments.clone() {
        if has_external_zone(snapshot, segment) {
            let (zones, perhaps) = zones_behind(snapshot, segment);
            let opaque = &mut snapshot.opaques[id];
            opaque.zones.extend(zones);
            opaque.perhaps.extend(perhaps);
            opaque.zones.sort_unstable();
            opaque.zones.dedup();
        }
    }
}

/// The zones of a segment that its gateway leads to: external ones surely, and perhaps those with networks that are not on it.
fn zones_behind(snapshot: &Snapshot, segment: SegmentId) -> (Vec<ZoneId>, Vec<ZoneId>) {
    let segment = &snapshot.segments[segment];
    let beside = |network: &Prefix| segment.networks.iter().any(|subnet| subnet.covers(*network));
    let away = |zone: &ZoneId| match &snapshot.zones[*zone].addresses {
        ZoneAddresses::Networks(networks) => !networks.iter().all(beside),
        ZoneAddresses::Rest => true,
    };
    let external = |zone: &ZoneId| snapshot.zones[*zone].external;
    let zones = segment.zones.iter().copied().filter(|zone| external(zone) || away(zone));
    zones.partition(external)
}

/// Zone networks that no subnet holds are behind the routers that declare them or that routes to them point at.
fn put_zones_behind(
    work: &mut Work,
    index: &SubnetIndex,
    routes: &[Exit],
    found: &Gateways,
    declared: &[Declared],
) {
    let table = Table::new(routes);
    for (zone, network) in zones::networks(work) {
        let connected = index.longest(network);
        let by_name = work.attached.iter().any(|(_, attached)| *attached == zone);
        let mut placed = connected.is_some() || by_name || !index.inside(network).is_empty();
        for router in declared.iter().filter(|_| connected.is_none()) {
            if router.networks.iter().any(|(behind, _)| behind.overlaps(network)) {
                put_behind(&mut work.snapshot, router.opaque, zone);
                placed = true;
            }
        }
        // A route longer than the connected subnet leads away from it.
        for exit in table.exits_to(network, connected.unwrap_or(0)) {
            placed |= put_at_exit(work, exit, found, zone);
        }
        let last_resort = if placed { Vec::new() } else { table.defaults(network.family()) };
        for exit in last_resort {
            if !has_external_zone(&work.snapshot, exit.segment) {
                placed |= put_at_exit(work, exit, found, zone);
            }
        }
        if !placed {
            report_unattached(work, zone, network);
        }
    }
    report_open_networks(work, declared);
}

fn put_behind(snapshot: &mut Snapshot, opaque: OpaqueId, zone: ZoneId) {
    let zones = &mut snapshot.opaques[opaque].zones;
    if !zones.contains(&zone) {
        zones.push(zone);
    }
}

/// Whether the exit leads to something that a zone can be behind: an opaque router, or an interface without a gateway.
fn put_at_exit(work: &mut Work, exit: &Exit, found: &Gateways, zone: ZoneId) -> bool {
    let known = match exit.gateway {
        Some(gateway) => {
            let at = (exit.segment, gateway);
            if found.owners.contains(&at) {
                return false;
            }
            found.declared.get(&gateway).or(found.by_address.get(&at))
        }
        None => found.far.get(&exit.segment),
    };
    match (known, exit.gateway) {
        (Some(opaque), _) => put_behind(&mut work.snapshot, *opaque, zone),
        (None, None) if work.snapshot.segments[exit.segment].ports.len() == 1 => {
            put_zone(&mut work.snapshot, exit.segment, zone);
        }
        _ => return false,
    }
    true
}

/// Listed routes by device, context and prefix.
struct Table<'a>(BTreeMap<(DeviceId, ContextId), BTreeMap<Prefix, Vec<&'a Exit>>>);

impl<'a> Table<'a> {
    fn new(exits: &'a [Exit]) -> Table<'a> {
        let mut table: BTreeMap<_, BTreeMap<Prefix, Vec<&Exit>>> = BTreeMap::new();
        for exit in exits {
            let Some(prefix) = exit.prefix else { continue };
            let context = table.entry((exit.device, exit.context)).or_default();
            context.entry(prefix).or_default().push(exit);
        }
        Table(table)
    }

    /// In each context, the exits of the longest route that covers `network` and is longer than `floor`, and of every route
    /// inside it.
    fn exits_to(&self, network: Prefix, floor: u8) -> Vec<&'a Exit> {
        let mut exits = Vec::new();
        for routes in self.0.values() {
            let above = (floor.saturating_add(1)..=network.len()).rev();
            let mut above = above.filter_map(|len| Prefix::new(network.address(), len));
            let longest = above.find_map(|prefix| routes.get(&prefix));
            exits.extend(longest.into_iter().flatten().copied());
            let inside = routes.range(network..);
            let inside = inside.take_while(|(prefix, _)| network.contains(prefix.address()));
            let longer =
                inside.filter(|(prefix, _)| network.covers(**prefix) && **prefix != network);
            exits.extend(longer.flat_map(|(_, exits)| exits).copied());
        }
        exits
    }

    /// The exits of default routes.
    fn defaults(&self, family: Family) -> Vec<&'a Exit> {
        let all = Prefix::all(family);
        self.0.values().filter_map(|routes| routes.get(&all)).flatten().copied().collect()
    }
}

fn report_unattached(work: &mut Work, zone: ZoneId, network: Prefix) {
    let zone = &work.snapshot.zones[zone];
    let (id, span) = (&zone.id, zone.span);
    let reason = crate::text!(
        "ゾーン「{id}」のネットワーク{network}は、どのインターフェースのサブネットにも静的経路の宛先にもないため、どこにも接続されていません。\
         topology.yaml の attach でインターフェースを指定するか、その先の機器を opaque: true で宣言し networks に含めてください。",
        "the network {network} of zone `{id}` is in no interface's subnet and behind no static route, so it is connected nowhere. \
         Name its interface under `attach` in topology.yaml, or declare the router in front of it with `opaque: true` and let its \
         `networks` hold it."
    );
    work.snapshot.issues.push(issue(IssueKind::UnattachedZone, span, reason));
}

/// Networks behind declared routers that no zone covers, and declared routers that are connected nowhere.
fn report_open_networks(work: &mut Work, declared: &[Declared]) {
    let zoned: Vec<Prefix> = work.snapshot.declared_networks().collect();
    for router in declared {
        let opaque = &work.snapshot.opaques[router.opaque];
        let (name, span) = (opaque.name.clone(), opaque.span);
        if opaque.segments.is_empty() {
            let reason = crate::text!(
                "機器「{name}」は、アドレスがどのインターフェースのサブネットにもないため、どこにも接続されていません。\
                 topology.yaml の addresses に、隣の機器と同じサブネットのアドレスを書いてください。",
                "device `{name}` has no address in the subnet of an interface, so it is connected nowhere. Write its address in \
                 the neighbour's subnet under `addresses` in topology.yaml."
            );
            work.snapshot.issues.push(issue(IssueKind::MissingDevice, span, reason));
        }
        for (network, span) in &router.networks {
            let open = without(*network, &zoned);
            if open.is_empty() {
                continue;
            }
            let list = super::issues::some(open.iter());
            let reason = crate::text!(
                "機器「{name}」の先のネットワークのうち{list}は、どのゾーンにも属していません。ゾーンの networks に加えてください。",
                "{list} behind device `{name}` is in no zone; add it to the `networks` of one"
            );
            work.snapshot.issues.push(issue(IssueKind::UnzonedAddresses, Some(*span), reason));
        }
    }
}
