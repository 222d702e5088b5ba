//! The route of a context: policy routes beside the table, each a branch with its egress.

use super::{Branch, Transit};
use crate::compile::{ChoiceKind, Group, Header, Reading, fields};
use crate::graph::Node;
use crate::model::{InterfaceId, InterfaceKind};
use crate::packetset::Function;
use crate::reach::{Record, Run, settled};

impl<K: Header> Transit<'_, '_, K> {
    /// The branches of the route, each with its egress.
    pub(super) fn route(
        &self,
        run: &mut Run<K>,
        branch: Branch,
    ) -> Vec<(Branch, Option<InterfaceId>)> {
        let (Some(table), Some(compiled)) = (self.table(), self.compiled()) else {
            return Vec::new();
        };
        let mut out = Vec::new();
        let mut plain = branch.set;
        for policy in
            table.policy.iter().filter(|policy| policy.ingress.contains(self.port.interface))
        {
            let taken = run.arena.import(&compiled.arena, policy.takes, branch.set);
            if taken.is_none() {
                continue;
            }
            run.exact = false;
            if self.query.reading == Reading::Must {
                plain = run.arena.minus(plain, taken);
                continue;
            }
            match &policy.choices {
                Some(choices) => {
                    for choice in choices {
                        self.choose(run, &branch, taken, *choice, &mut out);
                    }
                }
                None => self.flood(run, &branch, taken, &mut out),
            }
        }
        let plain = settled(run, branch.set, plain, branch.unknown);
        self.look_up(run, &branch, plain, &mut out);
        out.retain(|(branch, _)| !branch.set.is_none());
        out
    }

    fn look_up(
        &self,
        run: &mut Run<K>,
        branch: &Branch,
        set: Function,
        out: &mut Vec<(Branch, Option<InterfaceId>)>,
    ) {
        let Some(table) = self.table() else { return };
        let mut unsure = Function::NONE;
        for (number, part) in run.arena.partition(set, fields::DST, &table.best) {
            let Some(group) = number.and_then(|number| table.groups.get(number as usize)) else {
                self.lose(run, branch, part);
                unsure = part;
                continue;
            };
            let part = settled(run, set, part, branch.unknown);
            // What a dynamic protocol learns may rank before it.
            if !group.connected && table.dynamic.is_some() {
                unsure = run.arena.min(unsure, part);
                if self.query.reading == Reading::Must {
                    continue;
                }
            }
            self.take(run, branch, (part, true), group, out);
        }
        if table.dynamic.is_some() && !unsure.is_none() {
            run.exact = false;
            if self.query.reading != Reading::Must {
                self.flood(run, branch, unsure, out);
            }
        }
    }

    /// The ways of a group, and when it may be withdrawn those of what ranks behind.
    fn take(
        &self,
        run: &mut Run<K>,
        branch: &Branch,
        (set, certain): (Function, bool),
        group: &Group<K>,
        out: &mut Vec<(Branch, Option<InterfaceId>)>,
    ) {
        for (choice, sure) in &group.choices {
            if certain && *sure || self.query.reading != Reading::Must {
                self.choose(run, branch, set, *choice, out);
            }
            run.exact &= *sure;
        }
        let (Some(table), Some(behind)) = (self.table(), &group.behind) else { return };
        run.exact = false;
        if self.query.reading == Reading::Must {
            return;
        }
        for (number, part) in run.arena.partition(set, fields::DST, behind) {
            match number.and_then(|number| table.groups.get(number as usize)) {
                Some(group) => self.take(run, branch, (part, false), group, out),
                None => self.lose(run, branch, part),
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
        let Some(kind) =
            self.table().and_then(|table| table.choices.get(choice)).map(|choice| choice.kind)
        else {
            return;
        };
        let mut next = Branch {
            node: Node::Depart(self.port.device, self.context, choice),
            set,
            records: branch.records.clone(),
            unknown: branch.unknown,
        };
        next.records.push(Record::Route {
            device: self.port.device,
            context: self.context,
            choice,
        });
        match kind {
            ChoiceKind::Gateway(egress, _) | ChoiceKind::Direct(egress, _) => {
                out.push((next, Some(egress)))
            }
            ChoiceKind::Context(context) => {
                next.node = Node::Leak(self.port, context);
                out.push((next, None));
            }
            ChoiceKind::Discard => self.lose(run, branch, set),
        }
    }

    /// Out of every interface of the context: the way is not known, and perhaps there is none.
    fn flood(
        &self,
        run: &mut Run<K>,
        branch: &Branch,
        set: Function,
        out: &mut Vec<(Branch, Option<InterfaceId>)>,
    ) {
        self.lose(run, branch, set);
        let interfaces =
            self.model().interfaces.iter().filter(|(_, i)| i.up && i.context == self.context);
        for (id, _) in interfaces.filter(|(_, i)| i.kind != InterfaceKind::Loopback) {
            let node = Node::Flood(self.port.device, id);
            out.push((Branch { node, set, ..branch.clone() }, Some(id)));
        }
    }
}
