//! Where the packets of a zone start: rule 1 of [`crate::snapshot`].

use std::collections::BTreeMap;

use super::device::Transit;
use super::{Drop, Event, Run, Walk};
use crate::compile::{self, Header, Reading, fields};
use crate::graph::{self, Node};
use crate::model::Stage;
use crate::packetset::{Function, Intervals};
use crate::snapshot::{Opaque, OpaqueId, Place, Port, Segment, SegmentId, ZoneId};

/// What neighbours of a segment take without a router, of the packets that start on it.
struct Direct {
    owned: BTreeMap<Node, Function>,
    answered: Vec<(Port, Function)>,
    all: Function,
}

impl Direct {
    /// The packets whose proper way is this router: what it takes as a neighbour, which is not the choice of hosts, and when they
    /// use it, what needs a router.
    fn proper<K: Header>(&self, run: &mut Run<K>, node: Node, used: bool) -> Function {
        let mut set = self.owned.get(&node).copied().unwrap_or(Function::NONE);
        if used {
            let routed = run.arena.minus(run.start, self.all);
            set = run.arena.min(set, routed);
        }
        for (_, some) in self.answered.iter().filter(|(port, _)| Node::Arrive(*port) == node) {
            set = run.arena.min(set, *some);
        }
        set
    }
}

impl<K: Header> Walk<'_, '_, K> {
    /// Puts the start set wherever hosts of the zone send to; of its ports only `entry`, when given.
    pub(super) fn enter(&mut self, run: &mut Run<K>, entry: Option<usize>) {
        let snapshot = self.network.snapshot;
        let zone = self.query.zone;
        let mut ports = snapshot.entries(zone);
        if let Some(entry) = entry {
            ports = ports.get(entry).copied().into_iter().collect();
        }
        for (id, _) in snapshot.segments.iter().filter(|(_, s)| s.zones.contains(&zone)) {
            self.beside(run, id, &ports);
        }
        for (id, _) in snapshot.opaques.iter().filter(|(_, o)| o.zones.contains(&zone)) {
            self.behind(run, id, &ports);
        }
        let led = |opaque: &&Opaque| opaque.perhaps.contains(&zone);
        for (id, _) in snapshot.opaques.iter().filter(|(_, o)| led(o)) {
            run.exact = false;
            if self.query.reading == Reading::May {
                self.put(run, Node::Opaque(id), run.start);
            }
        }
    }

    fn put(&mut self, run: &mut Run<K>, node: Node, set: Function) {
        let event =
            Event { node, set, parent: None, records: Vec::new(), crossed: false, unknown: 0 };
        self.push(run, event);
    }

    /// Hosts on a segment.
    fn beside(&mut self, run: &mut Run<K>, id: SegmentId, ports: &[Port]) {
        let segment = &self.network.snapshot.segments[id];
        let direct = self.direct(run, id);
        let always = self.query.reading == Reading::Always;
        for opaque in &segment.opaques {
            let node = Node::Opaque(*opaque);
            let mut set = run.start;
            if always {
                set = direct.owned.get(&node).copied().unwrap_or(Function::NONE);
                let mut open = run.arena.minus(run.start, direct.all);
                if !segment.ports.is_empty() {
                    open = self.held_behind(run, *opaque, open);
                }
                set = run.arena.min(set, open);
            } else {
                run.exact = false;
            }
            self.put(run, node, set);
        }
        for port in &segment.ports {
            let (node, used) = (Node::Arrive(*port), ports.contains(port));
            let set = match (always, used) {
                (true, used) => direct.proper(run, node, used),
                (false, true) => run.start,
                (false, false) => continue,
            };
            self.put(run, node, set);
        }
    }

    fn held_behind(&self, run: &mut Run<K>, id: OpaqueId, set: Function) -> Function {
        let snapshot = self.network.snapshot;
        let behind = snapshot.opaques[id]
            .zones
            .iter()
            .fold(Intervals::empty(), |all, zone| all.union(self.network.zone(*zone)));
        self.inside(run, set, &behind)
    }

    fn inside(&self, run: &mut Run<K>, set: Function, destinations: &Intervals<K>) -> Function {
        let inside = run.arena.field_in(fields::DST, destinations);
        run.arena.guard(set, inside)
    }

    /// What neighbours take; puts it where it ends.
    fn direct(&mut self, run: &mut Run<K>, id: SegmentId) -> Direct {
        let snapshot = self.network.snapshot;
        let mut direct =
            Direct { owned: BTreeMap::new(), answered: Vec::new(), all: Function::NONE };
        for (node, own) in graph::owned::<K>(snapshot, id, None) {
            let set = self.inside(run, run.start, &own);
            direct.all = run.arena.min(direct.all, set);
            direct.owned.insert(node, set);
        }
        let mut rest = run.arena.minus(run.start, direct.all);
        let (mut some_all, mut sure_all) = (Function::NONE, Function::NONE);
        for (port, some, sure) in self.answers(run, id, None, rest) {
            some_all = run.arena.min(some_all, some);
            sure_all = run.arena.min(sure_all, sure);
            direct.answered.push((port, some));
        }
        direct.all = run.arena.min(direct.all, some_all);
        run.exact &= some_all == sure_all;
        let must = self.query.reading == Reading::Must;
        rest = run.arena.minus(rest, if must { some_all } else { sure_all });
        let segment = &snapshot.segments[id];
        for zone in &segment.zones {
            let set = self.neighbours(run, rest, segment, *zone);
            direct.all = run.arena.min(direct.all, set);
            self.put(run, Node::End(Place::Zone(*zone)), set);
        }
        let zoned = segment
            .zones
            .iter()
            .fold(Intervals::empty(), |all, zone| all.union(self.network.zone(*zone)));
        let networks = segment.networks.iter().map(|network| network.range());
        let nobody = compile::intervals::<K>(networks).minus(&zoned);
        let nobody = self.inside(run, rest, &nobody);
        direct.all = run.arena.min(direct.all, nobody);
        self.put(run, Node::End(Place::Unzoned(id)), nobody);
        direct
    }

    /// What of some packets is for hosts of a zone on a segment: those in its subnets, and those in no subnet of the zone's
    /// segments.
    fn neighbours(
        &self,
        run: &mut Run<K>,
        set: Function,
        segment: &Segment,
        zone: ZoneId,
    ) -> Function {
        let all = self.network.zone(zone);
        let Some(loose) = self.network.loose(zone) else { return self.inside(run, set, all) };
        let own = segment.networks.iter().map(|network| network.range());
        let own = self.inside(run, set, &all.intersection(&compile::intervals(own)));
        let loose = run.arena.guard(set, loose);
        run.arena.min(own, loose)
    }

    /// The ports of a segment, but `except`, that answer for packets that their device would translate before the route: with
    /// what they may answer for, and what surely.
    pub(super) fn answers(
        &self,
        run: &mut Run<K>,
        id: SegmentId,
        except: Option<Port>,
        set: Function,
    ) -> Vec<(Port, Function, Function)> {
        let snapshot = self.network.snapshot;
        let mut out = Vec::new();
        for port in snapshot.segments[id].ports.iter().filter(|port| Some(**port) != except) {
            let device = &snapshot.devices[port.device];
            let context = device.interfaces[port.interface].context;
            let pipeline = device.contexts[context].pipeline.iter();
            let mut before = pipeline.take_while(|stage| !matches!(stage, Stage::Route));
            if !before.any(|stage| matches!(stage, Stage::Translate(_))) || set.is_none() {
                continue;
            }
            let transit = Transit::new(self.network, self.query, *port, context, 0);
            let (some, sure) = transit.answers(run, set);
            if !some.is_none() {
                out.push((*port, some, sure));
            }
        }
        out
    }

    /// Hosts behind an opaque router.
    fn behind(&mut self, run: &mut Run<K>, id: OpaqueId, ports: &[Port]) {
        let snapshot = self.network.snapshot;
        let opaque = &snapshot.opaques[id];
        for zone in &opaque.perhaps {
            run.exact = false;
            if self.query.reading == Reading::May {
                let set = self.inside(run, run.start, self.network.zone(*zone));
                self.put(run, Node::End(Place::Zone(*zone)), set);
            }
        }
        if !opaque.declared {
            run.exact = false;
            if self.query.reading == Reading::Must {
                return;
            }
        }
        let first = run.events.len();
        for zone in &opaque.zones {
            let set = self.inside(run, run.start, self.network.zone(*zone));
            self.put(run, Node::End(Place::Zone(*zone)), set);
        }
        let reached = self.held_behind(run, id, run.start);
        let left = run.arena.minus(run.start, reached);
        let mut owned: BTreeMap<Node, Intervals<K>> = BTreeMap::new();
        for segment in &opaque.segments {
            owned.extend(graph::owned::<K>(snapshot, *segment, None));
        }
        owned.retain(|node, _| matches!(node, Node::Arrive(_)));
        let all = owned.values().fold(Intervals::empty(), |all, own| all.union(own));
        for segment in opaque.segments.iter().map(|segment| &snapshot.segments[*segment]) {
            for port in &segment.ports {
                let (node, used) = (Node::Arrive(*port), ports.contains(port));
                let own = owned.get(&node).cloned().unwrap_or_else(Intervals::empty);
                let set = match (self.query.reading == Reading::Always, used) {
                    (true, true) => {
                        let others = self.inside(run, left, &all.minus(&own));
                        run.arena.minus(left, others)
                    }
                    (true, false) => self.inside(run, left, &own),
                    (false, true) => run.start,
                    (false, false) => continue,
                };
                self.put(run, node, set);
            }
            run.exact &= segment.zones.is_empty() && segment.opaques.len() < 2;
            for zone in &segment.zones {
                if self.query.reading != Reading::Must {
                    let set = self.inside(run, run.start, self.network.zone(*zone));
                    self.put(run, Node::End(Place::Zone(*zone)), set);
                }
            }
        }
        // What starts there may have been put where it goes already, by another place of the zone: any start tells of it.
        let begun = |event: &Event| event.parent.is_none();
        let event = Some(first).filter(|first| run.events.len() > *first);
        let event = event.or_else(|| run.events.iter().position(begun));
        if let Some(event) = event.filter(|_| !opaque.declared)
            && self.query.reading == Reading::Always
        {
            run.drops.push(Drop { set: run.start, event, records: Vec::new() });
        }
        self.onwards(run, id);
    }

    /// A router may hand what comes from behind it to other opaque routers.
    fn onwards(&mut self, run: &mut Run<K>, id: OpaqueId) {
        if self.query.reading != Reading::May {
            return;
        }
        let snapshot = self.network.snapshot;
        let opaque = &snapshot.opaques[id];
        let segments = opaque.segments.iter().map(|segment| &snapshot.segments[*segment]);
        let mut others: Vec<OpaqueId> =
            segments.flat_map(|s| s.opaques.iter().copied()).filter(|o| *o != id).collect();
        if !opaque.declared {
            others.extend(snapshot.unknown_routers().filter(|other| *other != id));
        }
        for other in others {
            run.exact = false;
            self.put(run, Node::Opaque(other), run.start);
        }
    }
}
