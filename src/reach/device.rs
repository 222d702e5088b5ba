//! The way of a set through one device: its pipeline, stage by stage.

use super::{Drop, FilterRef, Network, Query, Record, Run};
use crate::compile::{self, ChoiceKind, Compiled, Header, Reading, RouteTable, fields};
use crate::graph::Node;
use crate::model::{Action, Binding, ContextId, Device, Filter, Id, InterfaceId, Stage, Translate};
use crate::net::{Family, State};
use crate::packetset::{Function, Intervals};
use crate::snapshot::{Place, Port};

/// Packets on their way, with what happened to them in this device.
#[derive(Clone, Debug)]
pub(super) struct Branch {
    pub(super) node: Node,
    pub(super) set: Function,
    pub(super) records: Vec<Record>,
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
        self.network.compiled.get(Id::index(self.port.device))
    }

    fn table(&self) -> Option<&'q RouteTable<K>> {
        self.compiled()?.routes.get(Id::index(self.context))
    }

    /// Every branch of `set`; `fresh` when it has just come in, so that the stages before the route apply.
    pub(super) fn run(&mut self, run: &mut Run<K>, set: Function, fresh: bool) -> Vec<Branch> {
        let pipeline = &self.model().contexts[self.context].pipeline;
        let route = pipeline.iter().position(|stage| matches!(stage, Stage::Route)).unwrap_or(pipeline.len());
        let mut branches = vec![Branch { node: Node::Arrive(self.port), set, records: Vec::new() }];
        if fresh {
            branches = self.stages(run, branches, 0..route, None);
        }
        let mut out = Vec::new();
        for branch in branches {
            let forwarded = if fresh { self.local(run, branch, &mut out) } else { branch };
            for (next, egress) in self.route(run, forwarded) {
                let bypass = self.hairpin(run, &next, egress);
                out.extend(bypass);
                out.extend(self.stages(run, vec![next], route + 1..pipeline.len(), egress));
            }
        }
        out.retain(|branch| !branch.set.is_none());
        out
    }

    fn stages(
        &self,
        run: &mut Run<K>,
        mut branches: Vec<Branch>,
        range: std::ops::Range<usize>,
        egress: Option<InterfaceId>,
    ) -> Vec<Branch> {
        let pipeline = &self.model().contexts[self.context].pipeline;
        let ports = (self.port.interface, egress);
        for (index, stage) in pipeline.iter().enumerate().take(range.end).skip(range.start) {
            branches = match stage {
                Stage::Filter(filter) => {
                    let place = FilterRef { device: self.port.device, context: self.context, stage: index, local: false, ports };
                    branches.into_iter().map(|branch| self.filter(run, branch, filter, place)).collect()
                }
                Stage::Translate(translate) => {
                    branches.into_iter().flat_map(|branch| self.translate(run, branch, translate, ports)).collect()
                }
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

    fn filter(&self, run: &mut Run<K>, mut branch: Branch, filter: &Filter, place: FilterRef) -> Branch {
        if self.query.only_filters_of.is_some_and(|device| device != place.device) || branch.set.is_none() {
            return branch;
        }
        let (known, asked) = if filter.stateful { stateful(run, branch.set) } else { (Function::NONE, branch.set) };
        let verdicts = self.bound(run, asked, filter, place.ports);
        let passed = run.arena.min(verdicts.possible, known);
        let sure = run.arena.min(verdicts.sure, known);
        let lost = run.arena.minus(branch.set, sure);
        self.lose(run, &branch, lost);
        if passed != sure {
            run.exact = false;
        }
        branch.set = if self.query.reading == Reading::Must { sure } else { passed };
        branch.records.push(Record::Filter { filter: place, after: branch.set });
        branch
    }

    fn bound(&self, run: &mut Run<K>, set: Function, filter: &Filter, ports: (InterfaceId, Option<InterfaceId>)) -> Permitted {
        let Some(binding) = binding(&filter.bindings, ports) else {
            return Permitted::same(if filter.otherwise == Action::Permit { set } else { Function::NONE });
        };
        let possible = self.permitted(run, set, binding, ports, Reading::May);
        let exact = binding.lists.iter().all(|list| {
            self.compiled().and_then(|compiled| compiled.list(*list)).is_some_and(compile::Artefact::is_exact)
        });
        let reading = if self.query.reading == Reading::Always { Reading::Always } else { Reading::Must };
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
        let (mut open, mut passed) = (set, Function::NONE);
        for artefact in binding.lists.iter().filter_map(|list| compiled.list(*list)) {
            let found = artefact.decide(&mut run.arena, compiled, ports, open, reading);
            let action = |p: u32| artefact.entries.get(p as usize).map(|entry| entry.action);
            let permits = |p: u32| match action(p) {
                Some(Action::Permit) => true,
                Some(Action::Undecided) => reading == Reading::May,
                _ => false,
            };
            let returns = |p: u32| action(p) == Some(Action::Return);
            let part = run.arena.select(found, &permits);
            passed = run.arena.min(passed, part);
            let decided = run.arena.select(found, &|p| !returns(p));
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
        let (Some(binding), Some(compiled)) = (binding(&translate.bindings, ports), self.compiled()) else {
            return vec![branch];
        };
        let egress = self.egress_addresses(ports.1);
        let mut out = Vec::new();
        let mut open = branch.set;
        for artefact in binding.lists.iter().filter_map(|list| compiled.list(*list)) {
            let (outcomes, left, exact) =
                compile::apply(artefact, &mut run.arena, compiled, ports, open, self.query.reading);
            run.exact &= exact;
            open = left;
            for outcome in outcomes {
                let rewrite = outcome.rewrite.map(|id| (id, &self.model().rewrites[id]));
                let set = match rewrite {
                    Some((id, rewrite)) => compile::image(&mut run.arena, outcome.before, rewrite, id, &egress),
                    None => outcome.before,
                };
                let mut records = branch.records.clone();
                records.push(Record::Translate {
                    device: self.port.device,
                    before: outcome.before,
                    rewrite: outcome.rewrite,
                    line: outcome.line,
                });
                out.push(Branch { node: branch.node, set, records });
            }
        }
        out.push(Branch { set: open, ..branch });
        out.retain(|branch| !branch.set.is_none());
        out
    }

    fn egress_addresses(&self, egress: Option<InterfaceId>) -> Intervals<K> {
        let addresses = egress.iter().flat_map(|id| &self.model().interfaces[*id].addresses);
        let own = addresses.filter(|address| Family::of(address.address) == K::FAMILY);
        compile::intervals(own.map(|address| crate::net::AddressRange::single(address.address)))
    }

    /// Splits off what is for the device itself; returns the rest.
    fn local(&self, run: &mut Run<K>, mut branch: Branch, out: &mut Vec<Branch>) -> Branch {
        let Some(table) = self.table() else { return branch };
        let own = run.arena.field_in(fields::DST, &table.own);
        let mut itself = Branch {
            node: Node::End(Place::Device(self.port.device)),
            set: run.arena.guard(branch.set, own),
            records: branch.records.clone(),
        };
        for (index, filter) in self.model().contexts[self.context].local.iter().enumerate() {
            let ports = (self.port.interface, None);
            let place = FilterRef { device: self.port.device, context: self.context, stage: index, local: true, ports };
            itself = self.filter(run, itself, filter, place);
        }
        out.push(itself);
        branch.set = run.arena.minus(branch.set, own);
        branch
    }

    /// The branches of the route, each with its egress.
    fn route(&self, run: &mut Run<K>, branch: Branch) -> Vec<(Branch, Option<InterfaceId>)> {
        let (Some(table), Some(compiled)) = (self.table(), self.compiled()) else { return Vec::new() };
        let mut out = Vec::new();
        let mut plain = branch.set;
        for policy in table.policy.iter().filter(|policy| policy.ingress.contains(self.port.interface)) {
            let taken = run.arena.import(&compiled.arena, policy.takes, branch.set);
            if taken.is_none() {
                continue;
            }
            run.exact = false;
            match (self.query.reading, policy.choice) {
                (Reading::Must, _) => plain = run.arena.minus(plain, taken),
                (_, Some(choice)) => self.choose(run, &branch, taken, choice, &mut out),
                (_, None) => self.flood(&branch, taken, &mut out),
            }
        }
        self.look_up(run, &branch, plain, &mut out);
        out.retain(|(branch, _)| !branch.set.is_none());
        out
    }

    fn look_up(&self, run: &mut Run<K>, branch: &Branch, set: Function, out: &mut Vec<(Branch, Option<InterfaceId>)>) {
        let (Some(table), Some(compiled)) = (self.table(), self.compiled()) else { return };
        let found = run.arena.import(&compiled.arena, table.best, set);
        let routed = run.arena.support(found);
        let unrouted = run.arena.minus(set, routed);
        self.lose(run, branch, unrouted);
        let mut unsure = unrouted;
        for group in run.arena.priorities(found) {
            let part = run.arena.select(found, &|p| p == group);
            let choices = table.groups.get(group as usize).map_or(&[][..], Vec::as_slice);
            if !choices.iter().all(|choice| is_connected(table, *choice)) {
                unsure = run.arena.min(unsure, part);
                if table.dynamic.is_some() && self.query.reading == Reading::Must {
                    continue;
                }
            }
            for choice in choices {
                self.choose(run, branch, part, *choice, out);
            }
            if table.withdrawable.get(group as usize) == Some(&true) && self.query.reading == Reading::May {
                self.fall_back(run, branch, part, out);
            }
        }
        if table.dynamic.is_some() && !unsure.is_none() {
            run.exact = false;
            if self.query.reading != Reading::Must {
                self.flood(branch, unsure, out);
            }
        }
    }

    fn fall_back(&self, run: &mut Run<K>, branch: &Branch, set: Function, out: &mut Vec<(Branch, Option<InterfaceId>)>) {
        let (Some(table), Some(compiled)) = (self.table(), self.compiled()) else { return };
        let Some(fallback) = table.fallback else { return };
        run.exact = false;
        let found = run.arena.import(&compiled.arena, fallback, set);
        for group in run.arena.priorities(found) {
            let part = run.arena.select(found, &|p| p == group);
            for choice in table.groups.get(group as usize).into_iter().flatten() {
                self.choose(run, branch, part, *choice, out);
            }
        }
    }

    fn choose(
        &self,
        run: &mut Run<K>,
        branch: &Branch,
        set: Function,
        choice: usize,
        out: &mut Vec<(Branch, Option<InterfaceId>)>,
    ) {
        let Some(kind) = self.table().and_then(|table| table.choices.get(choice)).map(|choice| choice.kind) else { return };
        let mut next = Branch { node: Node::Depart(self.port.device, self.context, choice), set, records: branch.records.clone() };
        next.records.push(Record::Route { device: self.port.device, context: self.context, choice });
        match kind {
            ChoiceKind::Gateway(egress, _) | ChoiceKind::Direct(egress, _) => out.push((next, Some(egress))),
            ChoiceKind::Context(context) => {
                next.node = Node::Leak(self.port, context);
                out.push((next, None));
            }
            ChoiceKind::Discard => self.lose(run, branch, set),
        }
    }

    /// Out of every interface of the context: the way is not known.
    fn flood(&self, branch: &Branch, set: Function, out: &mut Vec<(Branch, Option<InterfaceId>)>) {
        let interfaces = self.model().interfaces.iter().filter(|(_, i)| i.up && i.context == self.context);
        for (id, _) in interfaces {
            let node = Node::Flood(self.port.device, id);
            out.push((Branch { node, set, records: branch.records.clone() }, Some(id)));
        }
    }

    /// Packets that leave by the interface they came in by, where such packets may pass unfiltered.
    fn hairpin(&self, run: &mut Run<K>, branch: &Branch, egress: Option<InterfaceId>) -> Option<Branch> {
        let unfiltered = self.model().interfaces[self.port.interface].hairpin_unfiltered;
        if egress != Some(self.port.interface) || !unfiltered {
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

fn is_connected<K>(table: &RouteTable<K>, choice: usize) -> bool {
    matches!(table.choices.get(choice).map(|choice| choice.kind), Some(ChoiceKind::Direct(_, true)))
}

/// The first binding that fits.
pub(super) fn binding(bindings: &[Binding], ports: (InterfaceId, Option<InterfaceId>)) -> Option<&Binding> {
    bindings.iter().find(|binding| {
        binding.ingress.contains(ports.0)
            && match ports.1 {
                Some(egress) => binding.egress.contains(egress),
                None => binding.egress == crate::model::Interfaces::Any,
            }
    })
}

/// What a stateful filter lets pass without a line, and what it asks its lines about; the rest it drops.
fn stateful<K: Header>(run: &mut Run<K>, set: Function) -> (Function, Function) {
    let key = |state: State| State::ALL.iter().position(|s| *s == state).unwrap_or(0);
    let (established, related) = (key(State::Established), key(State::Related));
    let replies = compile::small_range::<K>(established.min(related), established.max(related));
    let replies = run.arena.field_in(fields::STATE, &replies);
    let known = run.arena.guard(set, replies);
    let fresh = run.arena.minus(set, replies);
    let stray = compile::stray(&mut run.arena);
    (known, run.arena.minus(fresh, stray))
}
