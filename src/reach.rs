//! What can travel from a zone: a fixpoint over the forwarding graph, with the history of every set.
//!
//! A [`Query`] starts from a set of packets of one zone and pushes it from node to node. Only what a node has not seen goes
//! on, so every step ends; each [`Event`] keeps its parent and what the device between did ([`Record`]), so that one packet of
//! an end is pulled back exactly to the packet that its sender sent, through every translation. Nothing enumerates paths.
//!
//! The reading of a run is one of [`Reading`]. `May` follows every branch. `Must` follows branches that are surely possible.
//! `Always` follows every branch, too, and notes in [`Run::drops`] whatever might be lost: required traffic surely passes when
//! nothing is lost and nothing ends elsewhere.

mod blame;
mod device;
mod devices;
mod enter;
mod loops;
mod network;
mod origins;
mod visits;
mod witness;

pub use blame::{Blamed, blamed_lines};
pub use devices::Devices;
pub use network::{Network, Parts};
pub use origins::Ways;
pub use visits::{Changes, Visits};
pub use witness::Origin;

use std::collections::{BTreeMap, VecDeque};

use petgraph::Direction;
use petgraph::visit::EdgeRef;
use rustc_hash::FxHashMap;

use crate::compile::{ChoiceKind, Header, LineRef, Reading, fields};
use crate::graph::{self, Node, Step};
use crate::model::{ContextId, Id, InterfaceId, RewriteId};
use crate::packetset::{Arena, Function, Intervals};
use crate::snapshot::{DeviceId, OpaqueId, Place, Port, ZoneId};
use loops::Passage;

/// What is asked.
pub struct Query<'a, K> {
    /// Where the packets start.
    pub zone: ZoneId,
    /// Which packets; made in the arena of the run.
    pub start: &'a dyn Fn(&mut Arena<K>) -> Function,
    /// How uncertain lines count.
    pub reading: Reading,
    /// The filters of all devices but this one let everything pass.
    pub only_filters_of: Option<DeviceId>,
    /// Tell packets that crossed one of these from those that did not; empty: nothing is told apart.
    pub watch: &'a [Waypoint],
}

/// Something that packets can cross.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waypoint {
    /// A device whose configuration was read.
    Device(DeviceId),
    /// An opaque router.
    Opaque(OpaqueId),
}

/// The result of a query.
#[derive(Debug)]
pub struct Run<K> {
    /// Holds every function below.
    pub arena: Arena<K>,
    /// The packets that started.
    pub start: Function,
    /// Whether every packet opens a connection. No device changes that.
    opens: bool,
    /// What every device asks of every packet.
    fixed: device::Fixed,
    /// What happened, causes before effects.
    pub events: Vec<Event>,
    /// The events that end at a place.
    pub ends: BTreeMap<Place, Vec<usize>>,
    /// What might be lost ([`Reading::Always`] only).
    pub drops: Vec<Drop>,
    /// Packets that came to a node that had seen them already, by this way, too; noted by [`Network::run_whole`] only.
    pub merged: Vec<Event>,
    /// Whether no uncertain line or branch mattered: then [`Reading::May`] and [`Reading::Must`] have one result.
    pub exact: bool,
    /// Whether a limit stopped the run, or the compilation of a device.
    stopped: bool,
}

/// Packets at a node.
#[derive(Clone, Debug)]
pub struct Event {
    /// Where.
    pub node: Node,
    /// Which packets, as they are there.
    pub set: Function,
    /// The event that they came from; `None` at the start.
    pub parent: Option<usize>,
    /// What the device of the parent did, in order.
    pub records: Vec<Record>,
    /// Whether they crossed something that is watched.
    pub crossed: bool,
    /// Addresses whose value is not known ([`Reading::Must`] only): 1 for the source, 2 for the destination.
    pub unknown: u8,
}

/// What one stage did.
#[derive(Clone, Copy, Debug)]
pub enum Record {
    /// A filter let `after` pass.
    Filter {
        /// Which.
        filter: FilterRef,
        /// What it let pass.
        after: Function,
    },
    /// A translation took `before`.
    Translate {
        /// The device.
        device: DeviceId,
        /// The packets before it.
        before: Function,
        /// The rewrite; `None` when a line left them as they are.
        rewrite: Option<RewriteId>,
        /// Whether an unread line may have made anything of both addresses.
        garbled: bool,
        /// The line.
        line: Option<LineRef>,
    },
    /// The route chose a way out: a position in the choices of the context.
    Route {
        /// The device.
        device: DeviceId,
        /// The context.
        context: ContextId,
        /// The choice.
        choice: usize,
    },
}

/// One filter with the interfaces for which it was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FilterRef {
    /// The device.
    pub device: DeviceId,
    /// The context.
    pub context: ContextId,
    /// The position in the pipeline, or in the local filters.
    pub stage: usize,
    /// Whether it is one of the local filters.
    pub local: bool,
    /// Ingress and egress.
    pub ports: (InterfaceId, Option<InterfaceId>),
}

/// Packets that might be lost.
#[derive(Clone, Debug)]
pub struct Drop {
    /// Which.
    pub set: Function,
    /// The event in which they arrived.
    pub event: usize,
    /// What the device did before it.
    pub records: Vec<Record>,
}

/// The largest number of events of a run.
const EVENTS: usize = 1 << 20;

impl<K: Header> Network<'_, K> {
    /// Runs a query to its fixpoint.
    #[must_use]
    pub fn run(&self, query: &Query<'_, K>) -> Run<K> {
        self.walk(query, None, false)
    }

    /// As [`Network::run`], with every way that packets can take, and not only the first one to each node: what
    /// [`Run::origins`] asks for; with `entry`, as in [`Network::run_from`].
    #[must_use]
    pub fn run_whole(&self, query: &Query<'_, K>, entry: Option<usize>) -> Run<K> {
        self.walk(query, entry, true)
    }

    /// As [`Network::run`], but packets enter at one entry of the zone only: its position in
    /// [`crate::snapshot::Snapshot::entries`].
    #[must_use]
    pub fn run_from(&self, query: &Query<'_, K>, entry: Option<usize>) -> Run<K> {
        self.walk(query, entry, false)
    }

    fn walk(&self, query: &Query<'_, K>, entry: Option<usize>, whole: bool) -> Run<K> {
        let (mut arena, fixed) = (self.places.arena.clone(), self.places.fixed);
        let wanted = (query.start)(&mut arena);
        let start = arena.guard(wanted, fixed.unicast);
        let opens = fixed.opens(&mut arena, start);
        let mut run = Run {
            arena,
            start,
            opens,
            fixed,
            events: Vec::new(),
            ends: BTreeMap::new(),
            drops: Vec::new(),
            merged: Vec::new(),
            exact: true,
            stopped: self.compiled.iter().any(|device| device.arena.exhausted()),
        };
        let mut walk = Walk {
            network: self,
            query,
            seen: FxHashMap::default(),
            open: VecDeque::new(),
            passages: Vec::new(),
            again: false,
            whole,
        };
        walk.enter(&mut run, entry);
        while let Some(event) = walk.open.pop_front() {
            if run.events.len() > EVENTS || run.arena.exhausted() {
                break;
            }
            walk.step(&mut run, event);
        }
        if walk.again {
            loops::note(&mut run, &walk.passages);
        }
        run.stopped |= run.events.len() > EVENTS;
        self.record(&mut run);
        run
    }
}

struct Walk<'q, 'a, K> {
    network: &'q Network<'a, K>,
    query: &'q Query<'q, K>,
    seen: FxHashMap<(Node, bool, u8), Function>,
    open: VecDeque<usize>,
    /// Who went where, in [`Reading::Always`].
    passages: Vec<Passage>,
    /// Whether packets came to a node that had seen them.
    again: bool,
    /// Whether those are noted.
    whole: bool,
}

impl<K: Header> Walk<'_, '_, K> {
    /// Adds an event for what its node has not seen yet.
    fn push(&mut self, run: &mut Run<K>, mut event: Event) {
        let at = match event.node {
            Node::Arrive(port) => Some(Waypoint::Device(port.device)),
            Node::Opaque(opaque) => Some(Waypoint::Opaque(opaque)),
            _ => None,
        };
        event.crossed |= at.is_some_and(|at| self.query.watch.contains(&at));
        let key = (event.node, event.crossed, event.unknown);
        let seen = self.seen.entry(key).or_insert(Function::NONE);
        let fresh = run.arena.minus(event.set, *seen);
        if let (Reading::Always, Some(from)) = (self.query.reading, event.parent)
            && !matches!(event.node, Node::End(_))
        {
            let changed = event.records.iter().any(Record::is_change);
            self.passages.push(Passage { from, to: event.node, set: event.set, changed });
            self.again |= fresh != event.set;
        }
        if self.whole && fresh != event.set {
            let set = run.arena.minus(event.set, fresh);
            run.merged.push(Event { set, ..event.clone() });
        }
        event.set = fresh;
        if event.set.is_none() {
            return;
        }
        *seen = run.arena.min(*seen, event.set);
        let id = run.events.len();
        match event.node {
            Node::End(place) => run.ends.entry(place).or_default().push(id),
            _ => self.open.push_back(id),
        }
        run.events.push(event);
    }

    fn step(&mut self, run: &mut Run<K>, id: usize) {
        let Some(event) = run.events.get(id).cloned() else { return };
        match event.node {
            Node::Arrive(port) => {
                let context =
                    self.network.snapshot.devices[port.device].interfaces[port.interface].context;
                self.device(run, id, &event, port, context, true);
            }
            Node::Leak(port, context) => self.device(run, id, &event, port, context, false),
            Node::Opaque(_) => self.opaque(run, id, &event),
            Node::Depart(..) | Node::Flood(..) | Node::End(_) => {}
        }
    }

    fn device(
        &mut self,
        run: &mut Run<K>,
        id: usize,
        event: &Event,
        port: Port,
        context: ContextId,
        fresh: bool,
    ) {
        let mut transit = device::Transit::new(self.network, self.query, port, context, id);
        for branch in transit.run(run, (event.set, event.unknown), fresh) {
            let mut next = Event {
                node: branch.node,
                set: branch.set,
                parent: Some(id),
                records: branch.records,
                crossed: event.crossed,
                unknown: branch.unknown,
            };
            match branch.node {
                Node::Depart(..) | Node::Flood(..) => self.wires(run, &next),
                Node::Leak(..) => self.push(run, next),
                _ => {
                    next.set = clear_mark(run, next.set);
                    self.push(run, next);
                }
            }
        }
    }

    /// Follows the wires out of a departure.
    fn wires(&mut self, run: &mut Run<K>, event: &Event) {
        let event = &Event { set: clear_mark(run, event.set), ..event.clone() };
        let (some, sure) = self.answered(run, event);
        let plain = run.arena.minus(event.set, some);
        let doubted = run.arena.minus(some, sure);
        let mut left = plain;
        for (target, takes, certain, aside) in self.edges(event.node) {
            let taken = inside(run, plain, takes.as_ref());
            self.follow(run, event, (plain, taken), target, (certain, aside));
            if !aside {
                left = run.arena.minus(left, taken);
            }
            let taken = inside(run, doubted, takes.as_ref());
            self.follow(run, event, (doubted, taken), target, (false, aside));
        }
        let depart = matches!(event.node, Node::Depart(..));
        if let (Reading::Always, true, Some(parent)) = (self.query.reading, depart, event.parent)
            && !left.is_none()
        {
            let records = event.records.clone();
            run.drops.push(Drop { set: left, event: parent, records });
        }
    }

    /// Hands what leaves straight to its destination to the devices that answer for it; returns what they may take, and what
    /// they surely take.
    fn answered(&mut self, run: &mut Run<K>, event: &Event) -> (Function, Function) {
        let mut all = (Function::NONE, Function::NONE);
        let Node::Depart(device, context, choice) = event.node else { return all };
        let table = self.network.compiled.get(Id::index(device));
        let table = table.and_then(|compiled| compiled.routes.get(Id::index(context)));
        let kind = table.and_then(|table| table.choices.get(choice)).map(|choice| choice.kind);
        let Some(ChoiceKind::Direct(interface, _)) = kind else { return all };
        let port = Port { device, interface };
        let Some(segment) = self.network.snapshot.segment_of(port) else { return all };
        if self.answers(run, segment, Some(port), event.set).is_empty() {
            return all;
        }
        let mut open = event.set;
        for own in graph::owned::<K>(self.network.snapshot, segment, Some(port)).values() {
            let own = run.arena.field_in(fields::DST, own);
            open = run.arena.minus(open, own);
        }
        for (answerer, some, sure) in self.answers(run, segment, Some(port), open) {
            all = (run.arena.min(all.0, some), run.arena.min(all.1, sure));
            let node = Node::Arrive(answerer);
            self.follow(run, event, (event.set, sure), node, (true, false));
            let perhaps = run.arena.minus(some, sure);
            self.follow(run, event, (event.set, perhaps), node, (false, false));
        }
        all
    }

    /// The wires out of a node: where to, which destinations, whether certain, whether beside the proper way.
    fn edges(&self, node: Node) -> Vec<(Node, Option<Intervals<K>>, bool, bool)> {
        let graph = &self.network.graph;
        let Some(index) = graph.find(node) else { return Vec::new() };
        let mut out = Vec::new();
        for edge in graph.graph.edges_directed(index, Direction::Outgoing) {
            let target = graph.graph.node_weight(edge.target());
            if let (Step::Wire { takes, certain, aside }, Some(target)) = (edge.weight(), target) {
                out.push((*target, takes.clone(), *certain, *aside));
            }
        }
        out.reverse();
        out
    }

    /// Sends on what a wire takes of a set.
    fn follow(
        &mut self,
        run: &mut Run<K>,
        event: &Event,
        (whole, set): (Function, Function),
        node: Node,
        (certain, aside): (bool, bool),
    ) {
        if set.is_none() || aside && self.query.reading == Reading::Always {
            return;
        }
        if !certain {
            run.exact = false;
            if self.query.reading == Reading::Must {
                return;
            }
        }
        let set = settled(run, whole, set, event.unknown);
        self.push(run, Event { node, set, ..event.clone() });
    }

    /// An opaque router: surely to the zones behind it, perhaps anywhere else.
    fn opaque(&mut self, run: &mut Run<K>, id: usize, event: &Event) {
        let next = Event { parent: Some(id), records: Vec::new(), ..event.clone() };
        let mut left = event.set;
        for (target, takes, certain, aside) in self.edges(event.node) {
            let taken = inside(run, event.set, takes.as_ref());
            if certain {
                left = run.arena.minus(left, taken);
            }
            self.follow(run, &next, (event.set, taken), target, (certain, aside));
        }
        if self.query.reading == Reading::Always && !left.is_none() {
            run.drops.push(Drop { set: left, event: id, records: Vec::new() });
        }
    }
}

fn inside<K: Header>(run: &mut Run<K>, set: Function, takes: Option<&Intervals<K>>) -> Function {
    let Some(takes) = takes else { return set };
    let inside = run.arena.field_in(fields::DST, takes);
    run.arena.guard(set, inside)
}

/// What is left of `after` when of an address that is not known every value must have got there from `before`.
fn settled<K: Header>(
    run: &mut Run<K>,
    before: Function,
    after: Function,
    unknown: u8,
) -> Function {
    if unknown == 0 {
        return after;
    }
    let mut lost = run.arena.minus(before, after);
    for (bit, field) in [(1, fields::SRC), (2, fields::DST)] {
        if unknown & bit != 0 {
            lost = run.arena.exists(lost, field);
        }
    }
    run.arena.minus(after, lost)
}

impl Record {
    /// Whether it changed the header.
    fn is_change(&self) -> bool {
        matches!(self, Record::Translate { rewrite, garbled, .. } if rewrite.is_some() || *garbled)
    }
}

/// What a device marked means nothing on the wire.
fn clear_mark<K: Header>(run: &mut Run<K>, set: Function) -> Function {
    run.arena.assign(set, fields::MARK, &Intervals::range(K::default(), K::default()))
}

impl<K: Header> Run<K> {
    /// Whether a limit was reached, in the run or in what was asked of its arena since: then no set of it is to be believed.
    #[must_use]
    pub fn limited(&self) -> bool {
        self.stopped || self.arena.exhausted()
    }

    /// The packets that end at `place`, as they arrive; with `crossed`, only those that did (not) cross what is watched.
    #[must_use]
    pub fn delivered(&mut self, place: Place, crossed: Option<bool>) -> Function {
        let ids = self.ends.get(&place).cloned().unwrap_or_default();
        let mut all = Function::NONE;
        for event in ids
            .into_iter()
            .filter_map(|id| self.events.get(id))
            .filter(|e| crossed.is_none_or(|c| e.crossed == c))
        {
            all = self.arena.min(all, event.set);
        }
        all
    }
}
