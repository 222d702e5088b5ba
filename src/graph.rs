//! The forwarding graph of a snapshot for one address family.
//!
//! Nodes are the places where a packet waits for a decision: at an interface ([`Node::Arrive`]), in another context of the
//! same device ([`Node::Leak`]), about to leave by a way out ([`Node::Depart`]), at an opaque router, or where it ends. The
//! edges out of a device carry its pipeline ([`Step::Device`]); the edges between devices are wires with the destinations
//! that they take ([`Step::Wire`]). The rules are those of [`crate::snapshot`].

use std::collections::BTreeMap;
use std::sync::Arc;

use petgraph::graph::{DiGraph, NodeIndex};

use crate::compile::{self, Choice, ChoiceKind, Compiled, Header};
use crate::model::{ContextId, InterfaceId, InterfaceKind};
use crate::net::AddressRange;
use crate::packetset::Intervals;
use crate::snapshot::{
    DeviceId, OpaqueId, Place, Port, SegmentId, Snapshot, ZoneAddresses, ZoneId, non_unicast,
};

/// Where a packet can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Node {
    /// It has come in by an interface.
    Arrive(Port),
    /// It came in by an interface and is to be routed in another context of the device.
    Leak(Port, ContextId),
    /// It leaves a context by a way out: the position in the context's choices.
    Depart(DeviceId, ContextId, usize),
    /// It leaves a context by an interface towards whoever is there, because the way out is not known.
    Flood(DeviceId, InterfaceId),
    /// An opaque router has it.
    Opaque(OpaqueId),
    /// It has ended.
    End(Place),
}

/// What an edge does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step<K> {
    /// The pipeline of a device, from an arrival to a departure or to the device itself.
    Device,
    /// A wire that takes these destinations; not `certain` when the sender may do otherwise.
    Wire {
        /// The destinations that it takes; `None` takes all.
        takes: Option<Intervals<K>>,
        /// Whether a packet that it takes surely goes this way.
        certain: bool,
        /// Whether the way exists beside a proper one, and not in place of it.
        aside: bool,
    },
}

/// The graph with its nodes by name.
#[derive(Debug)]
pub struct Graph<K> {
    /// Nodes and edges.
    pub graph: DiGraph<Node, Step<K>>,
    nodes: BTreeMap<Node, NodeIndex>,
}

impl<K: Header> Graph<K> {
    /// The graph of `snapshot`; `compiled` holds its devices in order.
    #[must_use]
    pub fn new(snapshot: &Snapshot, compiled: &[Arc<Compiled<K>>]) -> Self {
        let mut graph = Graph { graph: DiGraph::new(), nodes: BTreeMap::new() };
        for port in snapshot.segments.iter().flat_map(|(_, segment)| &segment.ports) {
            graph.node(Node::Arrive(*port));
        }
        for opaque in snapshot.opaques.ids() {
            graph.opaque(snapshot, opaque);
        }
        graph.unknown_routers(snapshot);
        for ((device, _), compiled) in snapshot.devices.iter().zip(compiled) {
            graph.device(snapshot, device, compiled);
        }
        graph
    }

    /// The node's position, made when it is new.
    fn node(&mut self, node: Node) -> NodeIndex {
        let graph = &mut self.graph;
        *self.nodes.entry(node).or_insert_with(|| graph.add_node(node))
    }

    /// The node's position.
    #[must_use]
    pub fn find(&self, node: Node) -> Option<NodeIndex> {
        self.nodes.get(&node).copied()
    }

    fn wire(&mut self, from: Node, to: Node, takes: Option<Intervals<K>>, certain: bool) {
        self.wire_beside(from, to, takes, (certain, false));
    }

    fn wire_beside(
        &mut self,
        from: Node,
        to: Node,
        takes: Option<Intervals<K>>,
        (certain, aside): (bool, bool),
    ) {
        if takes.as_ref().is_some_and(Intervals::is_empty) {
            return;
        }
        let (from, to) = (self.node(from), self.node(to));
        self.graph.add_edge(from, to, Step::Wire { takes, certain, aside });
    }

    fn opaque(&mut self, snapshot: &Snapshot, id: OpaqueId) {
        let opaque = &snapshot.opaques[id];
        let node = Node::Opaque(id);
        self.node(node);
        for zone in &opaque.zones {
            let held = Some(zone_set(snapshot, *zone));
            self.wire(node, Node::End(Place::Zone(*zone)), held, opaque.declared);
        }
        let beside = (false, true);
        for zone in &opaque.perhaps {
            let held = Some(zone_set(snapshot, *zone));
            self.wire_beside(node, Node::End(Place::Zone(*zone)), held, beside);
        }
        if snapshot.is_outside(id) {
            return;
        }
        for (segment_id, segment) in opaque.segments.iter().map(|id| (*id, &snapshot.segments[*id]))
        {
            for port in &segment.ports {
                self.wire_beside(node, Node::Arrive(*port), None, beside);
            }
            for other in segment.opaques.iter().filter(|other| **other != id) {
                self.wire_beside(node, Node::Opaque(*other), None, beside);
            }
            for zone in &segment.zones {
                let held = Some(zone_set(snapshot, *zone));
                self.wire_beside(node, Node::End(Place::Zone(*zone)), held, beside);
            }
            if opaque.segments.first() == Some(&segment_id) {
                let zoned = snapshot
                    .zones
                    .ids()
                    .fold(Intervals::empty(), |all, zone| all.union(&zone_set(snapshot, zone)));
                let beyond = Some(everything::<K>().minus(&zoned));
                self.wire(node, Node::End(Place::Unzoned(segment_id)), beyond, false);
            }
        }
    }

    /// Routers that nobody declared may be linked. A ring is enough: whatever one of them has may get to all.
    fn unknown_routers(&mut self, snapshot: &Snapshot) {
        let ids: Vec<OpaqueId> = snapshot.unknown_routers().collect();
        for (from, to) in ids.iter().zip(ids.iter().cycle().skip(1)).filter(|(from, to)| from != to)
        {
            self.wire_beside(Node::Opaque(*from), Node::Opaque(*to), None, (false, true));
        }
    }

    fn device(&mut self, snapshot: &Snapshot, id: DeviceId, compiled: &Compiled<K>) {
        let device = &snapshot.devices[id];
        for (context, table) in device.contexts.ids().zip(compiled.routes.iter()) {
            let floods = table.dynamic.is_some()
                || table.policy.iter().any(|branch| branch.choices.is_none());
            let own: Vec<InterfaceId> = device
                .interfaces
                .iter()
                .filter(|(_, i)| i.up && i.context == context)
                .map(|(i, _)| i)
                .collect();
            for (index, choice) in table.choices.iter().enumerate() {
                let node = Node::Depart(id, context, index);
                self.depart(snapshot, node, id, choice);
            }
            for interface in own.iter().filter(|_| floods) {
                self.flood(snapshot, Port { device: id, interface: *interface });
            }
            for interface in own {
                let arrive = self.node(Node::Arrive(Port { device: id, interface }));
                let itself = self.node(Node::End(Place::Device(id)));
                self.graph.add_edge(arrive, itself, Step::Device);
                for index in 0..table.choices.len() {
                    let depart = self.node(Node::Depart(id, context, index));
                    self.graph.add_edge(arrive, depart, Step::Device);
                }
            }
        }
    }

    /// The wires of one way out.
    fn depart(&mut self, snapshot: &Snapshot, node: Node, device: DeviceId, choice: &Choice) {
        match choice.kind {
            ChoiceKind::Gateway(interface, gateway) => {
                let port = Port { device, interface };
                if let Some(segment) = snapshot.segment_of(port) {
                    self.hand(snapshot, node, (port, segment), gateway);
                }
            }
            ChoiceKind::Direct(interface, connected) => {
                let port = Port { device, interface };
                if let Some(segment) = snapshot.segment_of(port) {
                    self.deliver(snapshot, node, (port, segment), connected);
                }
            }
            ChoiceKind::Context(_) | ChoiceKind::Discard => {}
        }
    }

    /// The wires to a gateway. One that nobody owns may be any router of the segment.
    fn hand(
        &mut self,
        snapshot: &Snapshot,
        node: Node,
        (port, segment): (Port, SegmentId),
        gateway: std::net::IpAddr,
    ) {
        let all: Vec<Node> = owners(snapshot, segment, Some(port))
            .filter(|(_, address)| *address == gateway)
            .map(|(owner, _)| owner)
            .collect();
        let is_port = |owner: &Node| matches!(owner, Node::Arrive(_));
        let mut owning: Vec<Node> = all.iter().copied().filter(is_port).collect();
        if owning.is_empty() {
            owning = all;
        }
        let mut certain = true;
        if owning.is_empty() {
            owning = routers(snapshot, segment, Some(port)).collect();
            certain = is_line(snapshot, port) && !owning.is_empty();
            if !certain {
                owning.push(Node::End(Place::Unzoned(segment)));
            }
        }
        owning.dedup();
        for owner in owning {
            self.wire(node, owner, None, certain);
        }
    }

    /// The wires onto a segment for packets whose next hop is their destination.
    fn deliver(
        &mut self,
        snapshot: &Snapshot,
        node: Node,
        (port, segment): (Port, SegmentId),
        connected: bool,
    ) {
        let owned = owned(snapshot, segment, Some(port));
        let mut taken = Intervals::empty();
        for (owner, takes) in owned {
            taken = taken.union(&takes);
            self.wire(node, owner, Some(takes), true);
        }
        let mut zoned = taken.clone();
        for zone in &snapshot.segments[segment].zones {
            let held = zone_set(snapshot, *zone);
            zoned = zoned.union(&held);
            self.wire(node, Node::End(Place::Zone(*zone)), Some(held.minus(&taken)), true);
        }
        let left = everything::<K>().minus(&zoned);
        let line = is_line(snapshot, port);
        let mut nobody = true;
        for router in routers(snapshot, segment, Some(port)) {
            let opaque = matches!(router, Node::Opaque(_));
            if line || opaque && !connected {
                nobody = false;
                self.wire(node, router, Some(left.clone()), true);
            } else if !connected {
                self.wire_beside(node, router, Some(left.clone()), (false, true));
            }
        }
        if nobody {
            self.wire(node, Node::End(Place::Unzoned(segment)), Some(left), true);
        }
    }

    /// The wires from an interface to every neighbour, for packets whose way is not known.
    fn flood(&mut self, snapshot: &Snapshot, port: Port) {
        let Some(id) = snapshot.segment_of(port) else { return };
        let segment = &snapshot.segments[id];
        let node = Node::Flood(port.device, port.interface);
        for other in segment.ports.iter().filter(|other| **other != port) {
            self.wire(node, Node::Arrive(*other), None, false);
        }
        for opaque in &segment.opaques {
            self.wire(node, Node::Opaque(*opaque), None, false);
        }
        for zone in &segment.zones {
            self.wire(node, Node::End(Place::Zone(*zone)), Some(zone_set(snapshot, *zone)), false);
        }
    }
}

/// Every address.
fn everything<K: Header>() -> Intervals<K> {
    Intervals::up_to(K::narrow(K::FAMILY.last()))
}

/// Whether what leaves by `port` needs no address to reach the other end.
fn is_line(snapshot: &Snapshot, port: Port) -> bool {
    let device = &snapshot.devices[port.device];
    let mut links = device.internal_links.iter();
    device.interfaces[port.interface].kind != InterfaceKind::Ethernet
        || links.any(|(a, b)| [*a, *b].contains(&port.interface))
}

/// The routers of a segment but `except`: ports, then opaque routers.
fn routers(
    snapshot: &Snapshot,
    segment: SegmentId,
    except: Option<Port>,
) -> impl Iterator<Item = Node> {
    let segment = &snapshot.segments[segment];
    let ports = segment.ports.iter().filter(move |port| Some(**port) != except);
    ports.map(|p| Node::Arrive(*p)).chain(segment.opaques.iter().map(|o| Node::Opaque(*o)))
}

/// Who owns which address on a segment, without `except`; ports first.
fn owners(
    snapshot: &Snapshot,
    segment: SegmentId,
    except: Option<Port>,
) -> impl Iterator<Item = (Node, std::net::IpAddr)> {
    routers(snapshot, segment, except).flat_map(|node| {
        let (interface, opaque) = match node {
            Node::Arrive(port) => {
                (Some(&snapshot.devices[port.device].interfaces[port.interface]), None)
            }
            Node::Opaque(id) => (None, Some(&snapshot.opaques[id])),
            _ => (None, None),
        };
        let own = interface.into_iter().flat_map(|i| i.addresses.iter().map(|a| a.address));
        let own = own.chain(opaque.into_iter().flat_map(|o| o.addresses.iter().copied()));
        own.map(move |address| (node, address))
    })
}

/// The addresses that each router of a segment owns; opaque routers only those that no port does.
pub(crate) fn owned<K: Header>(
    snapshot: &Snapshot,
    segment: SegmentId,
    except: Option<Port>,
) -> BTreeMap<Node, Intervals<K>> {
    let mut owned: BTreeMap<Node, Intervals<K>> = BTreeMap::new();
    let mut ports = Intervals::empty();
    for (owner, address) in owners(snapshot, segment, except) {
        let mut own = compile::intervals::<K>(std::iter::once(AddressRange::single(address)));
        match owner {
            Node::Arrive(_) => ports = ports.union(&own),
            _ => own = own.minus(&ports),
        }
        let takes = owned.entry(owner).or_insert_with(Intervals::empty);
        *takes = takes.union(&own);
    }
    owned
}

/// The addresses of a zone.
#[must_use]
pub fn zone_set<K: Header>(snapshot: &Snapshot, zone: ZoneId) -> Intervals<K> {
    match &snapshot.zones[zone].addresses {
        ZoneAddresses::Networks(networks) => {
            compile::intervals(networks.iter().map(|network| network.range()))
        }
        ZoneAddresses::Rest => {
            let declared =
                compile::intervals(snapshot.declared_networks().map(|network| network.range()));
            unicast().minus(&declared)
        }
    }
}

/// The addresses that packets can be forwarded from and to.
#[must_use]
pub fn unicast<K: Header>() -> Intervals<K> {
    let blocks = non_unicast(K::FAMILY).iter().filter_map(|block| crate::net::Prefix::parse(block));
    Intervals::up_to(K::narrow(K::FAMILY.last()))
        .minus(&compile::intervals(blocks.map(crate::net::Prefix::range)))
}
