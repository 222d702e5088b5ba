//! The way of a set through one device: its pipeline, stage by stage.

mod route;

use super::{Drop, FilterRef, Network, Query, Record, Run, settled};
use crate::compile::{self, Compiled, Header, Reading, RouteTable, fields};
use crate::graph::Node;
use crate::model::{
    Action, AddressMap, Binding, ContextId, Device, Filter, Id, InterfaceId, Stage, Translate,
};
use crate::net::{AddressRange, Family, Prefix};
use crate::packetset::{Arena, Function, Intervals};
use crate::snapshot::{Place, Port};

/// Packets on their way, with what happened to them in this device.
#[derive(Clone, Debug)]
pub(super) struct Branch {
    pub(super) node: Node,
    pub(super) set: Function,
    pub(super) records: Vec<Record>,
    /// As [`super::Event::unknown`].
    pub(super) unknown: u8,
}

pub(super) struct Transit<'q, 'a, K> {
    network: &'q Network<'a, K>,
    query: &'q Query<'q, K>,
    port: Port,
    context: ContextId,
    event: usize,
}

impl<'q, 'a, K: Header> Transit<'q, 'a, K> {
    pub(super) fn new(
        network: &'q Network<'a, K>,
        query: &'q Query<'q, K>,
        port: Port,
        context: ContextId,
        event: usize,
    ) -> Self {
        Transit { network, query, port, context, event }
    }

    fn model(&self) -> &'a Device {
        &self.network.snapshot.devices[self.port.device]
    }

    fn compiled(&self) -> Option<&'q Compiled<K>> {
        self.network.compiled.get(Id::index(self.port.device)).map(AsRef::as_ref)
    }

    fn table(&self) -> Option<&'q RouteTable<K>> {
        self.compiled()?.routes.get(Id::index(self.context))
    }

    /// Every branch of `set`; `fresh` when it has just come in, so that the stages before the route apply.
    pub(super) fn run(
        &mut self,
        run: &mut Run<K>,
        (set, unknown): (Function, u8),
        fresh: bool,
    ) -> Vec<Branch> {
        let end = self.model().contexts[self.context].pipeline.len();
        let route = self.before_route();
        let first = Branch { node: Node::Arrive(self.port), set, records: Vec::new(), unknown };
        let mut branches = vec![self.forwardable(run, first)];
        if fresh {
            branches = self.stages(run, branches, 0..route, (None, true));
        }
        let mut out = Vec::new();
        for branch in branches {
            let branch = self.forwardable(run, branch);
            let forwarded = self.local(run, branch, &mut out);
            for (next, egress) in self.route(run, forwarded) {
                let Some(interface) = egress else {
                    out.push(next);
                    continue;
                };
                if let Some(bypass) = self.hairpin(run, &next, interface) {
                    out.extend(self.stages(run, vec![bypass], route + 1..end, (egress, false)));
                }
                out.extend(self.stages(run, vec![next], route + 1..end, (egress, true)));
            }
        }
        out.retain(|branch| !branch.set.is_none());
        out
    }

    fn before_route(&self) -> usize {
        let pipeline = &self.model().contexts[self.context].pipeline;
        let at = pipeline.iter().position(|stage| matches!(stage, Stage::Route));
        at.unwrap_or(pipeline.len())
    }

    /// What can be forwarded or accepted at all.
    fn forwardable(&self, run: &mut Run<K>, branch: Branch) -> Branch {
        let set = run.arena.guard(branch.set, run.fixed.unicast);
        if set == branch.set {
            return branch;
        }
        let lost = run.arena.minus(branch.set, set);
        self.lose(run, &branch, lost);
        Branch { set, ..branch }
    }

    /// What the device may answer for on the segment of the port because it would translate it before the route, and what it
    /// surely answers for: what is translated one to one, whatever the lines do.
    pub(super) fn answers(&self, run: &mut Run<K>, set: Function) -> (Function, Function) {
        let mut sums = [Function::NONE; 3];
        let pipeline = &self.model().contexts[self.context].pipeline;
        let (ports, mut plain) = ((self.port.interface, None), set);
        for stage in pipeline.iter().take(self.before_route()) {
            let Stage::Translate(translate) = stage else { continue };
            let (Some(binding), Some(compiled)) =
                (binding(&translate.bindings, ports), self.compiled())
            else {
                continue;
            };
            let (mut open, mut kept) = (plain, Function::NONE);
            for artefact in binding.lists.iter().filter_map(|list| compiled.list(*list)) {
                let arena = &mut run.arena;
                let applied = compile::apply(artefact, arena, compiled, ports, open, Reading::May);
                for outcome in applied.outcomes {
                    let rewrite = outcome.rewrite.map(|id| &self.model().rewrites[id]);
                    let map = rewrite.and_then(|rewrite| rewrite.destination.as_ref());
                    let [shifted, other, same] = split(run, &outcome, map);
                    for (sum, part) in sums.iter_mut().zip([shifted, other, same]) {
                        *sum = run.arena.min(*sum, part);
                    }
                    kept = run.arena.min(kept, same);
                }
                open = applied.left;
            }
            plain = run.arena.min(kept, open);
        }
        let [shifted, other, _] = sums;
        let some = run.arena.min(shifted, other);
        let doubt = run.arena.min(other, plain);
        (some, run.arena.minus(shifted, doubt))
    }

    fn stages(
        &self,
        run: &mut Run<K>,
        mut branches: Vec<Branch>,
        range: std::ops::Range<usize>,
        (egress, filtering): (Option<InterfaceId>, bool),
    ) -> Vec<Branch> {
        let pipeline = &self.model().contexts[self.context].pipeline;
        let ports = (self.port.interface, egress);
        for (index, stage) in pipeline.iter().enumerate().take(range.end).skip(range.start) {
            branches = match stage {
                Stage::Filter(_) if !filtering => branches,
                Stage::Filter(filter) => {
                    let place = FilterRef {
                        device: self.port.device,
                        context: self.context,
                        stage: index,
                        local: false,
                        ports,
                    };
                    branches
                        .into_iter()
                        .map(|branch| self.filter(run, branch, filter, place))
                        .collect()
                }
                Stage::Translate(translate) => branches
                    .into_iter()
                    .flat_map(|branch| self.translate(run, branch, translate, ports))
                    .collect(),
                Stage::Route => branches,
            };
        }
        branches
    }

    /// Notes a possible loss.
    fn lose(&self, run: &mut Run<K>, branch: &Branch, set: Function) {
        if self.query.reading == Reading::Always && !set.is_none() {
            run.drops.push(Drop { set, event: self.event, records: branch.records.clone() });
        }
    }

    fn filter(
        &self,
        run: &mut Run<K>,
        mut branch: Branch,
        filter: &Filter,
        place: FilterRef,
    ) -> Branch {
        if self.query.only_filters_of.is_some_and(|device| device != place.device)
            || branch.set.is_none()
        {
            return branch;
        }
        let (known, asked) =
            if filter.stateful { stateful(run, branch.set) } else { (Function::NONE, branch.set) };
        let verdicts = self.bound(run, asked, filter, place.ports);
        let passed = run.arena.min(verdicts.possible, known);
        let sure = run.arena.min(verdicts.sure, known);
        if self.query.reading == Reading::Always {
            let lost = run.arena.minus(branch.set, sure);
            self.lose(run, &branch, lost);
        }
        if passed != sure {
            run.exact = false;
        }
        let before = branch.set;
        branch.set = if self.query.reading == Reading::Must { sure } else { passed };
        branch.set = settled(run, before, branch.set, branch.unknown);
        branch.records.push(Record::Filter { filter: place, after: branch.set });
        branch
    }

    fn bound(
        &self,
        run: &mut Run<K>,
        set: Function,
        filter: &Filter,
        ports: (InterfaceId, Option<InterfaceId>),
    ) -> Permitted {
        let Some(binding) = binding(&filter.bindings, ports) else {
            return Permitted::same(if filter.otherwise == Action::Permit {
                set
            } else {
                Function::NONE
            });
        };
        let possible = self.permitted(run, set, binding, ports, Reading::May);
        let exact = binding.lists.iter().all(|list| {
            self.compiled()
                .and_then(|compiled| compiled.list(*list))
                .is_some_and(compile::Artefact::is_exact)
        });
        let reading =
            if self.query.reading == Reading::Always { Reading::Always } else { Reading::Must };
        let sure = if exact { possible } else { self.permitted(run, set, binding, ports, reading) };
        Permitted { possible, sure }
    }

    fn permitted(
        &self,
        run: &mut Run<K>,
        set: Function,
        binding: &Binding,
        ports: (InterfaceId, Option<InterfaceId>),
        reading: Reading,
    ) -> Function {
        let Some(compiled) = self.compiled() else { return Function::NONE };
        let permits = |action: Action| match action {
            Action::Permit => true,
            Action::Undecided => reading == Reading::May,
            _ => false,
        };
        let (mut open, mut passed) = (set, Function::NONE);
        let mut artefacts = binding.lists.iter().filter_map(|list| compiled.list(*list)).peekable();
        while let Some(artefact) = artefacts.next() {
            if artefacts.peek().is_none() && binding.default != Action::Permit {
                let asked = (open, reading);
                let part = artefact.decided_by(&mut run.arena, compiled, ports, asked, permits);
                return run.arena.min(passed, part);
            }
            let found = artefact.decide(&mut run.arena, compiled, ports, open, reading);
            let action = |p: u32| artefact.entries.get(p as usize).map(|entry| entry.action);
            let part = run.arena.select(found, &|p| action(p).is_some_and(permits));
            passed = run.arena.min(passed, part);
            let decided = run.arena.select(found, &|p| action(p) != Some(Action::Return));
            open = run.arena.minus(open, decided);
        }
        if binding.default == Action::Permit { run.arena.min(passed, open) } else { passed }
    }

    fn translate(
        &self,
        run: &mut Run<K>,
        branch: Branch,
        translate: &Translate,
        ports: (InterfaceId, Option<InterfaceId>),
    ) -> Vec<Branch> {
        let (Some(binding), Some(compiled)) =
            (binding(&translate.bindings, ports), self.compiled())
        else {
            return vec![branch];
        };
        let named = compile::Named {
            ingress: self.own_addresses(Some(ports.0)),
            egress: self.own_addresses(ports.1),
            all: self.network.unicast().clone(),
        };
        let mut out = Vec::new();
        let mut open = branch.set;
        for artefact in binding.lists.iter().filter_map(|list| compiled.list(*list)) {
            let applied =
                compile::apply(artefact, &mut run.arena, compiled, ports, open, self.query.reading);
            run.exact &= applied.exact;
            self.lose(run, &branch, applied.stopped);
            open = applied.left;
            for outcome in applied.outcomes {
                out.push(self.translated(run, &branch, &outcome, &named));
            }
        }
        let open = settled(run, branch.set, open, branch.unknown);
        out.push(Branch { set: open, ..branch });
        out.retain(|branch| !branch.set.is_none());
        out
    }

    fn translated(
        &self,
        run: &mut Run<K>,
        branch: &Branch,
        outcome: &compile::Outcome,
        named: &compile::Named<K>,
    ) -> Branch {
        let before = settled(run, branch.set, outcome.before, branch.unknown);
        let garble = compile::garble();
        let rewrite = match outcome.rewrite {
            Some(id) => Some(&self.model().rewrites[id]),
            None => outcome.garbled.then_some(&garble),
        };
        let (mut set, mut unknown) = (before, branch.unknown);
        if let Some(rewrite) = rewrite {
            set = compile::image(&mut run.arena, before, rewrite, outcome.rewrite, named);
            let (known, open) = compile::addressed(rewrite, named);
            run.exact &= open == 0 || before.is_none();
            let open = if self.query.reading == Reading::Must { open } else { 0 };
            unknown = unknown & !known | open;
        }
        let mut records = branch.records.clone();
        records.push(Record::Translate {
            device: self.port.device,
            before,
            rewrite: outcome.rewrite,
            garbled: outcome.garbled,
            line: outcome.line,
        });
        Branch { node: branch.node, set, records, unknown }
    }

    fn own_addresses(&self, interface: Option<InterfaceId>) -> Intervals<K> {
        let addresses = interface.iter().flat_map(|id| &self.model().interfaces[*id].addresses);
        let own = addresses.filter(|address| Family::of(address.address) == K::FAMILY);
        compile::intervals(own.map(|address| crate::net::AddressRange::single(address.address)))
    }

    /// Splits off what is for the device itself; returns the rest.
    fn local(&self, run: &mut Run<K>, mut branch: Branch, out: &mut Vec<Branch>) -> Branch {
        let Some(table) = self.table() else { return branch };
        let own = run.arena.field_in(fields::DST, &table.own);
        let itself = self.accepted(run, &branch, own);
        self.beside_hosts(run, &itself, out);
        out.push(itself);
        let foreign = run.arena.minus(branch.set, own);
        let learnt = self.network.snapshot.learnt(self.port.device, self.context);
        let learnt = compile::intervals::<K>(learnt.map(Prefix::range));
        if !learnt.is_empty() {
            let learnt = run.arena.field_in(fields::DST, &learnt);
            let some = run.arena.guard(foreign, learnt);
            run.exact &= some.is_none();
            if self.query.reading == Reading::May {
                let itself = self.accepted(run, &Branch { set: foreign, ..branch.clone() }, some);
                out.push(itself);
            }
        }
        branch.set = settled(run, branch.set, foreign, branch.unknown);
        branch
    }

    /// A declared host of a zone on the segment is one, also when its configuration is at hand.
    fn beside_hosts(&self, run: &mut Run<K>, itself: &Branch, out: &mut Vec<Branch>) {
        if itself.set.is_none() || self.query.reading == Reading::Always {
            return;
        }
        let snapshot = self.network.snapshot;
        let segment = snapshot.segment_of(self.port);
        for zone in segment.iter().flat_map(|segment| &snapshot.segments[*segment].zones) {
            let hosts = snapshot.hosts_of(*zone).map(AddressRange::single);
            let inside = run.arena.field_in(fields::DST, &compile::intervals(hosts));
            let set = run.arena.guard(itself.set, inside);
            out.push(Branch { node: Node::End(Place::Zone(*zone)), set, ..itself.clone() });
        }
    }

    /// What of a branch the device takes for itself, of packets to `own`.
    fn accepted(&self, run: &mut Run<K>, branch: &Branch, own: Function) -> Branch {
        let mut itself = Branch {
            node: Node::End(Place::Device(self.port.device)),
            set: run.arena.guard(branch.set, own),
            records: branch.records.clone(),
            unknown: branch.unknown,
        };
        itself.set = settled(run, branch.set, itself.set, branch.unknown);
        for (index, filter) in self.model().contexts[self.context].local.iter().enumerate() {
            let ports = (self.port.interface, None);
            let place = FilterRef {
                device: self.port.device,
                context: self.context,
                stage: index,
                local: true,
                ports,
            };
            itself = self.filter(run, itself, filter, place);
        }
        itself
    }

    /// Packets that leave by the interface they came in by, where such packets may pass unfiltered.
    fn hairpin(&self, run: &mut Run<K>, branch: &Branch, egress: InterfaceId) -> Option<Branch> {
        let unfiltered = self.model().interfaces[self.port.interface].hairpin_unfiltered;
        if egress != self.port.interface || !unfiltered {
            return None;
        }
        run.exact = false;
        (self.query.reading == Reading::May).then(|| branch.clone())
    }
}

struct Permitted {
    possible: Function,
    sure: Function,
}

impl Permitted {
    fn same(set: Function) -> Permitted {
        Permitted { possible: set, sure: set }
    }
}

/// The packets of an outcome by what becomes of their destination: moved one to one, changed otherwise, the same.
fn split<K: Header>(
    run: &mut Run<K>,
    outcome: &compile::Outcome,
    map: Option<&AddressMap>,
) -> [Function; 3] {
    let (before, none) = (outcome.before, Function::NONE);
    match map {
        None if outcome.garbled => [none, before, none],
        None => [none, none, before],
        Some(AddressMap::Shift { from, to }) if from == to => [none, none, before],
        Some(AddressMap::Shift { .. }) => [before, none, none],
        Some(AddressMap::Pool(ranges)) if ranges.iter().all(|range| range.extent() == 0) => {
            let [only] = ranges.as_slice() else { return [none, before, none] };
            let only = compile::intervals(std::iter::once(*only));
            let only = run.arena.field_in(fields::DST, &only);
            let same = run.arena.guard(before, only);
            [none, run.arena.minus(before, same), same]
        }
        Some(_) => [none, before, none],
    }
}

/// The first binding that fits.
pub(super) fn binding(
    bindings: &[Binding],
    ports: (InterfaceId, Option<InterfaceId>),
) -> Option<&Binding> {
    bindings.iter().find(|binding| compile::fits(ports, &binding.ingress, &binding.egress))
}

/// The packets that every device asks about.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fixed {
    /// What can be forwarded or accepted at all.
    pub(super) unicast: Function,
    /// What can open a connection.
    pub(super) opening: Function,
    /// What belongs to a connection that a stateful filter let open: it passes.
    replies: Function,
    /// TCP packets that open nothing and belong to no connection: a stateful filter drops them.
    stray: Function,
}

impl Fixed {
    pub(super) fn new<K: Header>(arena: &mut Arena<K>, unicast: &Intervals<K>) -> Fixed {
        // Established and related, by their positions in `State::ALL`.
        let replies = compile::span(1, 2);
        let source = arena.field_in(fields::SRC, unicast);
        let destination = arena.field_in(fields::DST, unicast);
        Fixed {
            unicast: arena.guard(source, destination),
            opening: compile::opening(arena),
            replies: arena.field_in(fields::STATE, &replies),
            stray: compile::stray(arena),
        }
    }

    /// Whether a stateful filter asks its lines about every packet of `set`.
    pub(super) fn opens<K: Header>(self, arena: &mut Arena<K>, set: Function) -> bool {
        arena.guard(set, self.replies).is_none() && arena.guard(set, self.stray).is_none()
    }
}

/// What a stateful filter lets pass without a line, and what it asks its lines about; the rest it drops.
fn stateful<K: Header>(run: &mut Run<K>, set: Function) -> (Function, Function) {
    if run.opens {
        return (Function::NONE, set);
    }
    let Fixed { replies, stray, .. } = run.fixed;
    let known = run.arena.guard(set, replies);
    let fresh = run.arena.minus(set, replies);
    (known, run.arena.minus(fresh, stray))
}
