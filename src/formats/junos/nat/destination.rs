//! Destination NAT.

use super::{RuleSet, Side};
use crate::formats::builder::unknown;
use crate::formats::junos::policies::{Objects, incomplete};
use crate::formats::junos::reader::{Entry, Reader};
use crate::formats::junos::tree::NodeId;
use crate::model::{Action, AddressMap, Interfaces, Line, PortMap, Rewrite};
use crate::net::{AddressRange, PortRange};
use crate::source::Span;
use std::collections::BTreeMap;

/// A pool: `None` when it could not be read.
#[derive(Clone)]
pub(super) struct Pool {
    pub(super) ranges: Vec<AddressRange>,
    pub(super) port: Option<PortRange>,
    pub(super) clear: bool,
}

impl<'a> Reader<'a, '_> {
    pub(super) fn destination_rules(
        &mut self,
        nat: NodeId,
        objects: &mut Objects<'a>,
    ) -> Vec<RuleSet> {
        let mut out = Vec::new();
        let Some(kind) = self.tree.get(nat, "destination") else { return out };
        for kid in self.tree.kids(kind) {
            match self.word(kid) {
                "rule-set" | "pool" => {}
                "port-forwarding" | "description" => self.tree.ignore(kid),
                _ => self.unread(kid),
            }
        }
        let pools = self.destination_pools(kind);
        for set in self.rule_sets(kind) {
            let from = self.side(set, "from");
            let name = self.word(set);
            let mut lines = Vec::new();
            for entry in self.rules(set) {
                let mut new = self.destination_rule(entry, name, &pools, objects);
                new.matches.ingress = Interfaces::Of(from.interfaces.clone());
                lines.push(new);
            }
            let to = Side { rank: 3, interfaces: self.b.device.interfaces.ids().collect() };
            out.push(RuleSet { from, to, lines });
        }
        out
    }

    fn destination_pools(&mut self, kind: NodeId) -> BTreeMap<&'a str, Pool> {
        let mut out = BTreeMap::new();
        let Some(pools) = self.tree.get(kind, "pool") else { return out };
        for node in self.tree.kids(pools) {
            let mut pool = Pool { ranges: Vec::new(), port: None, clear: true };
            for kid in self.tree.kids(node) {
                match self.word(kid) {
                    "address" => {
                        let (ranges, ports, clear) = self.pool_ranges(kid);
                        pool.port = ports.first().copied();
                        pool.clear &= clear && ports.len() <= 1;
                        pool.ranges.extend(ranges);
                    }
                    "routing-instance" => {
                        let name = self.tree.value(kid).map(|value| self.word(value));
                        if name != Some("default") {
                            self.jump_to_instance(name, self.span(kid));
                        }
                    }
                    "description" => self.tree.ignore(kid),
                    _ => {
                        self.strange(kid);
                        pool.clear = false;
                    }
                }
            }
            out.insert(self.word(node), pool);
        }
        out
    }

    fn destination_rule(
        &mut self,
        entry: Entry,
        set: &str,
        pools: &BTreeMap<&'a str, Pool>,
        objects: &mut Objects<'a>,
    ) -> Line {
        let node = entry.node;
        self.tree.used(node);
        let span = self.span(node);
        let (mut matches, action) = self.nat_parts(node, "destination-nat", objects);
        let value = action.and_then(|action| self.tree.value(action));
        let pool = match value.map_or("", |value| self.word(value)) {
            "off" => None,
            "pool" => {
                let name = value.and_then(|value| self.tree.value(value));
                let name = name.map_or("", |name| self.word(name));
                let found = pools.get(name).cloned();
                if found.is_none() {
                    self.b.undefined("pool", name, span);
                }
                Some(found.unwrap_or(Pool { ranges: Vec::new(), port: None, clear: false }))
            }
            _ => {
                matches.unknown.push(unknown(incomplete(), span));
                Some(Pool { ranges: Vec::new(), port: None, clear: false })
            }
        };
        let Some(pool) = pool else {
            let mut new = self.nat_line(entry, "destination", set, matches);
            new.action = Action::Permit;
            return new;
        };
        self.within_family(&mut matches, &pool.ranges, span);
        let mut new = self.nat_line(entry, "destination", set, matches);
        new.action = self.pool_action(&new.label, &pool, span);
        new
    }

    fn pool_action(&mut self, label: &str, pool: &Pool, span: Span) -> Action {
        let destination = if pool.clear && !pool.ranges.is_empty() {
            AddressMap::Pool(pool.ranges.clone())
        } else {
            AddressMap::Unknown
        };
        self.rewrite(Rewrite {
            label: label.to_owned(),
            destination: Some(destination),
            destination_port: pool.port.map(PortMap::Within),
            span: Some(span),
            ..Rewrite::default()
        })
    }
}
