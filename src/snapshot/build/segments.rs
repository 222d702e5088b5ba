//! Which interfaces share a segment: links that the topology names, links inside a device, and overlapping subnets.

use super::joins::Joins;
use super::ranges::is_link_local;
use super::{Work, overrides};
use crate::model::{ContextId, Interface, InterfaceAddress, InterfaceKind};
use crate::net::{Family, Prefix, number};
use crate::snapshot::{
    DeviceId, IssueKind, OpaqueId, Port, Segment, SegmentId, Snapshot, ZoneId, issue,
};
use crate::source::{Problem, Span, Spanned};
use crate::topology::{Endpoint, Topology};
use std::collections::{BTreeMap, BTreeSet};

/// A routing instance; two interfaces of one are never joined because of their subnets alone.
type Instance = (DeviceId, ContextId);

/// An interface that is up.
struct Up {
    port: Port,
    instance: Instance,
}

pub(super) fn place(work: &mut Work, topology: &Topology) {
    let ports = ports_up(&work.snapshot);
    let numbers: BTreeMap<Port, usize> =
        ports.iter().enumerate().map(|(number, up)| (up.port, number)).collect();
    let mut fixed = Joins::new(ports.len());
    join_internal(&work.snapshot, &numbers, &mut fixed);
    let linked = join_links(work, topology, &numbers, &mut fixed);
    let (subnets, lines) = subnets(&work.snapshot, &ports);
    let mut all = Joins::new(ports.len());
    for number in 0..ports.len() {
        let root = fixed.find(number);
        all.join(number, root);
    }
    let mut doubts = Doubts::default();
    for mut line in lines {
        join_equal(&ports, &mut line, &mut all, &mut doubts);
    }
    join_subnets(&ports, subnets, &mut all, &mut doubts);
    settle_by_links(work, &ports, &linked, (&mut fixed, &mut all));
    doubts.report(work, &ports, &mut all);
    let mut segments: BTreeMap<usize, Segment> = BTreeMap::new();
    for (number, up) in ports.iter().enumerate() {
        segments.entry(all.find(number)).or_default().ports.push(up.port);
    }
    for mut segment in segments.into_values() {
        segment.networks = networks(&work.snapshot, &segment.ports);
        work.snapshot.segments.push(segment);
    }
    work.snapshot.index();
}

fn ports_up(snapshot: &Snapshot) -> Vec<Up> {
    let mut ports = Vec::new();
    for (device, model) in snapshot.devices.iter() {
        for (interface, found) in model.interfaces.iter().filter(|(_, i)| i.up) {
            let port = Port { device, interface };
            ports.push(Up { port, instance: (device, found.context) });
        }
    }
    ports
}

/// The subnets of an interface that say something about its neighbours.
pub(super) fn subnets_of(interface: &Interface) -> impl Iterator<Item = Prefix> {
    interface.subnets().filter(|prefix| !is_link_local(*prefix))
}

fn networks(snapshot: &Snapshot, ports: &[Port]) -> Vec<Prefix> {
    let interface = |port: &Port| &snapshot.devices[port.device].interfaces[port.interface];
    let all: BTreeSet<Prefix> =
        ports.iter().flat_map(|port| subnets_of(interface(port)).collect::<Vec<_>>()).collect();
    all.into_iter().collect()
}

fn join_internal(snapshot: &Snapshot, numbers: &BTreeMap<Port, usize>, joins: &mut Joins) {
    for (device, model) in snapshot.devices.iter() {
        for (left, right) in &model.internal_links {
            let number = |interface| numbers.get(&Port { device, interface });
            if let (Some(left), Some(right)) = (number(*left), number(*right)) {
                joins.join(*left, *right);
            }
        }
    }
}

/// Joins what `links` names, and returns the interfaces named there.
fn join_links(
    work: &mut Work,
    topology: &Topology,
    numbers: &BTreeMap<Port, usize>,
    joins: &mut Joins,
) -> BTreeSet<usize> {
    let mut linked = BTreeSet::new();
    for (left, right) in &topology.links {
        let ends = (endpoint(work, left), endpoint(work, right));
        let (Some(left), Some(right)) = ends else { continue };
        if let (Some(left), Some(right)) = (numbers.get(&left), numbers.get(&right)) {
            joins.join(*left, *right);
            linked.extend([*left, *right]);
        }
    }
    linked
}

/// The port that the topology file names; a problem when the device has no such interface.
pub(super) fn endpoint(work: &mut Work, end: &Endpoint) -> Option<Port> {
    let device = work.snapshot.device(&end.device)?;
    let model = &work.snapshot.devices[device];
    let found = model.interface(&end.interface);
    let Some(interface) = found else {
        let name = Spanned { value: end.interface.clone(), span: end.span };
        work.problems.push(overrides::unknown(model, &name));
        return None;
    };
    entered(work, Port { device, interface }, end.span)
}

/// The port by which packets of `port` enter the device; a problem when it carries several interfaces.
pub(super) fn entered(work: &mut Work, port: Port, span: Span) -> Option<Port> {
    let model = &work.snapshot.devices[port.device];
    let tops = model.entered(port.interface);
    if let [interface] = tops.as_slice() {
        return Some(Port { interface: *interface, ..port });
    }
    let name = work.snapshot.port_name(port);
    let names: Vec<&str> = tops.iter().map(|id| model.interfaces[*id].name.as_str()).collect();
    let list = names.join(", ");
    let message = crate::text!(
        "ポート「{name}」にはアドレスがなく、複数のインターフェース（{list}）を収容しています。どのインターフェースかを書いてください。",
        "port {name} has no address and carries several interfaces ({list}); name one of them"
    );
    work.problems.push(Problem::new(span, message));
    None
}

/// A subnet and the ports (by number) that have it.
struct Subnet {
    prefix: Prefix,
    ports: Vec<usize>,
    /// Whether its ports are already on one segment.
    joined: bool,
}

/// The subnets of Ethernet interfaces, and those of tunnels and lines, whose ends are neighbours only when both have the very
/// same one.
fn subnets(snapshot: &Snapshot, ports: &[Up]) -> (Vec<Subnet>, Vec<Subnet>) {
    let mut by_prefix: BTreeMap<(bool, Family, u128, u8), Subnet> = BTreeMap::new();
    for (number, up) in ports.iter().enumerate() {
        let interface = &snapshot.devices[up.port.device].interfaces[up.port.interface];
        let line = match interface.kind {
            InterfaceKind::Ethernet => false,
            InterfaceKind::Tunnel | InterfaceKind::PointToPoint => true,
            InterfaceKind::Loopback | InterfaceKind::Internal => continue,
        };
        for prefix in subnets_of(interface) {
            let key = (line, prefix.family(), self::number(prefix.address()), prefix.len());
            let subnet = by_prefix.entry(key).or_insert_with(|| Subnet {
                prefix,
                ports: Vec::new(),
                joined: false,
            });
            if !subnet.ports.contains(&number) {
                subnet.ports.push(number);
            }
        }
    }
    let (mut ethernet, mut lines) = (Vec::new(), Vec::new());
    for ((line, family, _, len), subnet) in by_prefix {
        if !line {
            ethernet.push(subnet);
        } else if len < family.bits() {
            lines.push(subnet);
        }
    }
    (ethernet, lines)
}

/// Doubtful joins: both ports and why.
#[derive(Default)]
struct Doubts {
    /// Overlapping subnets of one routing instance, not joined.
    apart: Vec<(usize, usize)>,
    /// Subnets that overlap without being equal, joined.
    unequal: Vec<(usize, usize)>,
}

/// Sorted by first address, a prefix comes after every prefix that covers it: a stack holds those that do.
fn join_subnets(ports: &[Up], subnets: Vec<Subnet>, joins: &mut Joins, doubts: &mut Doubts) {
    let mut nodes: Vec<Subnet> = Vec::with_capacity(subnets.len());
    let mut stack: Vec<usize> = Vec::new();
    for mut node in subnets {
        join_equal(ports, &mut node, joins, doubts);
        stack.retain(|above| nodes.get(*above).is_some_and(|n| n.prefix.covers(node.prefix)));
        for above in &stack {
            if let Some(above) = nodes.get_mut(*above) {
                join_nested(ports, above, &mut node, joins, doubts);
            }
        }
        stack.push(nodes.len());
        nodes.push(node);
    }
}

fn instance(ports: &[Up], number: usize) -> Option<Instance> {
    ports.get(number).map(|up| up.instance)
}

/// Ports of one subnet are joined when they belong to at least two routing instances.
fn join_equal(ports: &[Up], node: &mut Subnet, joins: &mut Joins, doubts: &mut Doubts) {
    let Some((first, rest)) = node.ports.split_first() else { return };
    let other = rest.iter().any(|port| instance(ports, *port) != instance(ports, *first));
    for port in rest {
        if other {
            joins.join(*first, *port);
        } else {
            doubts.apart.push((*first, *port));
        }
    }
    node.joined = other || rest.is_empty();
}

fn join_nested(
    ports: &[Up],
    above: &mut Subnet,
    node: &mut Subnet,
    joins: &mut Joins,
    doubts: &mut Doubts,
) {
    let (Some(first), Some(inner)) = (above.ports.first(), node.ports.first()) else { return };
    let base = instance(ports, *first);
    let mut members = above.ports.iter().chain(&node.ports);
    let settled = above.joined && node.joined && above.ports.len() > 1;
    if !settled && members.all(|port| instance(ports, *port) == base) {
        doubts.apart.push((*first, *inner));
        return;
    }
    let pending = |subnet: &Subnet| if subnet.joined { 1 } else { subnet.ports.len() };
    for port in above.ports.iter().take(pending(above)).chain(node.ports.iter().take(pending(node)))
    {
        joins.join(*first, *port);
    }
    (above.joined, node.joined) = (true, true);
    doubts.unequal.push((*first, *inner));
}

impl Doubts {
    fn report(self, work: &mut Work, ports: &[Up], all: &mut Joins) {
        let mut seen = BTreeSet::new();
        for (left, right) in self.apart {
            let joined = all.find(left) == all.find(right);
            self::doubt(work, ports, (left, right), joined, &mut seen);
        }
        for (left, right) in self.unequal {
            if all.find(left) == all.find(right) {
                self::doubt(work, ports, (left, right), true, &mut seen);
            }
        }
    }
}

fn doubt(
    work: &mut Work,
    ports: &[Up],
    (left, right): (usize, usize),
    joined: bool,
    seen: &mut BTreeSet<(usize, usize)>,
) {
    let (Some(a), Some(b)) = (ports.get(left), ports.get(right)) else { return };
    if left == right || !seen.insert((left, right)) {
        return;
    }
    let (a_name, b_name) = (work.snapshot.port_name(a.port), work.snapshot.port_name(b.port));
    let span = work.snapshot.devices[b.port.device].interfaces[b.port.interface].span;
    let reason = if joined {
        crate::text!(
            "「{a_name}」と「{b_name}」のサブネットは一致しませんが重なっているため、同じセグメントとして扱いました。別のセグメントであれば、\
             それぞれの接続先を topology.yaml の links に書いてください。",
            "the subnets of {a_name} and {b_name} overlap without being equal; they are read as one segment. If they are \
             not, name the neighbours of each under `links` in topology.yaml."
        )
    } else {
        crate::text!(
            "同じ機器の「{a_name}」と「{b_name}」のサブネットが重なっていますが、別のセグメントとして扱いました。同じセグメントであれば、\
             topology.yaml の links に書いてください。",
            "the subnets of {a_name} and {b_name} of one device overlap; they are read as two segments. If they are one, \
             join them under `links` in topology.yaml."
        )
    };
    work.snapshot.issues.push(issue(IssueKind::AmbiguousSegment, Some(span), reason));
}

/// A joined set that cannot be one segment (an address twice, or one routing instance twice) is split along `links` when they
/// name every port of it; else it stays one, the widest reading, with an issue.
fn settle_by_links(
    work: &mut Work,
    ports: &[Up],
    linked: &BTreeSet<usize>,
    (fixed, all): (&mut Joins, &mut Joins),
) {
    let mut sets: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for number in 0..ports.len() {
        sets.entry(all.find(number)).or_default().push(number);
    }
    let mut split = Vec::new();
    for members in sets.into_values().filter(|members| members.len() > 1) {
        let Some((left, right)) = conflict(&work.snapshot, ports, &members, fixed) else {
            continue;
        };
        if members.iter().all(|number| linked.contains(number)) {
            split.extend(members);
        } else {
            report_conflict(work, ports, left, right);
        }
    }
    if split.is_empty() {
        return;
    }
    let apart: BTreeSet<usize> = split.into_iter().collect();
    let mut settled = Joins::new(ports.len());
    for number in 0..ports.len() {
        let root = if apart.contains(&number) { fixed.find(number) } else { all.find(number) };
        settled.join(number, root);
    }
    *all = settled;
}

/// Two ports that cannot be on one segment unless the topology or the device itself joins them.
fn conflict(
    snapshot: &Snapshot,
    ports: &[Up],
    members: &[usize],
    fixed: &mut Joins,
) -> Option<(usize, usize)> {
    let mut instances: BTreeMap<Instance, usize> = BTreeMap::new();
    let mut addresses = BTreeMap::new();
    for number in members {
        let up = ports.get(*number)?;
        let before = instances.insert(up.instance, *number);
        if let Some(before) = before.filter(|before| fixed.find(*before) != fixed.find(*number)) {
            return Some((before, *number));
        }
        let interface = &snapshot.devices[up.port.device].interfaces[up.port.interface];
        for address in first_addresses(interface) {
            let before = addresses.insert(address, *number).filter(|before| before != number);
            if let Some(before) = before {
                return Some((before, *number));
            }
        }
    }
    None
}

/// The first address of each family: later ones may be virtual addresses that several routers share.
fn first_addresses(interface: &Interface) -> impl Iterator<Item = std::net::IpAddr> {
    let first = |family| {
        let mut own = interface.addresses.iter().filter(move |a| Family::of(a.address) == family);
        let local = |a: &InterfaceAddress| Prefix::new(a.address, a.len).is_none_or(is_link_local);
        own.find(|address| !local(address)).map(|address| address.address)
    };
    Family::ALL.into_iter().filter_map(first)
}

fn report_conflict(work: &mut Work, ports: &[Up], left: usize, right: usize) {
    let (Some(a), Some(b)) = (ports.get(left), ports.get(right)) else { return };
    let (a_name, b_name) = (work.snapshot.port_name(a.port), work.snapshot.port_name(b.port));
    let span = work.snapshot.devices[b.port.device].interfaces[b.port.interface].span;
    let reason = crate::text!(
        "「{a_name}」と「{b_name}」のサブネットが重複しています。同じセグメントとして扱いました。別の拠点などで別のセグメントであれば、\
         このサブネットにあるすべてのインターフェースの接続先を topology.yaml の links に書いてください。",
        "{a_name} and {b_name} have the same subnet; they are read as one segment. If they are not (two sites), name the \
         neighbour of every interface in this subnet under `links` in topology.yaml."
    );
    work.snapshot.issues.push(issue(IssueKind::AmbiguousSegment, Some(span), reason));
}

/// Which segments have a subnet that overlaps a prefix.
pub(super) struct SubnetIndex(BTreeMap<(Family, u128, u8), Vec<SegmentId>>);

impl SubnetIndex {
    /// The subnets of all segments except those of loopbacks.
    pub(super) fn new(snapshot: &Snapshot) -> SubnetIndex {
        let mut map: BTreeMap<_, Vec<SegmentId>> = BTreeMap::new();
        for (id, segment) in snapshot.segments.iter() {
            if is_loopback(snapshot, segment) {
                continue;
            }
            for prefix in &segment.networks {
                map.entry(SubnetIndex::key(*prefix)).or_default().push(id);
            }
        }
        SubnetIndex(map)
    }

    fn key(prefix: Prefix) -> (Family, u128, u8) {
        (prefix.family(), number(prefix.address()), prefix.len())
    }

    /// The length of the longest subnet that covers `prefix`.
    pub(super) fn longest(&self, prefix: Prefix) -> Option<u8> {
        let lens = (0..=prefix.len()).rev();
        let mut above = lens.filter_map(|len| Prefix::new(prefix.address(), len));
        above.find(|p| self.0.contains_key(&SubnetIndex::key(*p))).map(Prefix::len)
    }

    /// Segments with a subnet that covers `prefix`, longest first.
    pub(super) fn covering(&self, prefix: Prefix) -> Vec<SegmentId> {
        let lens = (0..=prefix.len()).rev();
        let above = lens.filter_map(|len| Prefix::new(prefix.address(), len));
        above.filter_map(|p| self.0.get(&SubnetIndex::key(p))).flatten().copied().collect()
    }

    /// Segments with a subnet inside `prefix`.
    pub(super) fn inside(&self, prefix: Prefix) -> Vec<SegmentId> {
        let (first, last) = prefix.range().numbers();
        let family = prefix.family();
        let range = (family, first, prefix.len())..=(family, last, family.bits());
        let within = self.0.range(range).filter(|((_, _, len), _)| *len >= prefix.len());
        within.flat_map(|(_, segments)| segments).copied().collect()
    }
}

/// Whether every port of the segment is a loopback.
pub(super) fn is_loopback(snapshot: &Snapshot, segment: &Segment) -> bool {
    segment.ports.iter().all(|port| {
        let kind = snapshot.devices[port.device].interfaces[port.interface].kind;
        kind == InterfaceKind::Loopback
    })
}

/// Whether the subnets of a segment are of the size that routers use between themselves; an IPv6 /64 counts beside a small
/// IPv4 subnet only.
pub(super) fn are_transit(networks: &[Prefix]) -> bool {
    let beside = networks.iter().any(|network| network.family() == Family::V4);
    networks.iter().all(|network| match network.family() {
        Family::V4 => network.len() >= 29,
        Family::V6 => network.len() >= if beside { 64 } else { 126 },
    })
}

/// Puts a zone on a segment, once.
pub(super) fn put_zone(snapshot: &mut Snapshot, segment: SegmentId, zone: ZoneId) {
    let zones = &mut snapshot.segments[segment].zones;
    if !zones.contains(&zone) {
        zones.push(zone);
    }
}

/// Puts an opaque router on a segment, once.
pub(super) fn put_opaque(snapshot: &mut Snapshot, segment: SegmentId, opaque: OpaqueId) {
    let opaques = &mut snapshot.segments[segment].opaques;
    if !opaques.contains(&opaque) {
        opaques.push(opaque);
        snapshot.opaques[opaque].segments.push(segment);
    }
}
