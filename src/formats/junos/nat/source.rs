//! Source NAT.

use super::RuleSet;
use crate::formats::builder::{line, unknown};
use crate::formats::junos::policies::{Objects, incomplete};
use crate::formats::junos::reader::{Entry, Reader};
use crate::formats::junos::tree::NodeId;
use crate::model::{
    Action, AddressMap, Interface, InterfaceId, Interfaces, Line, PortMap, Rewrite,
};
use crate::net::{AddressRange, PortRange};
use crate::source::Span;
use crate::text;
use std::collections::BTreeMap;

/// Ports that translated connections leave from unless the configuration says otherwise.
const EPHEMERAL: (u16, u16) = (1024, 65535);

/// A pool of outer addresses.
#[derive(Clone)]
struct Pool {
    ranges: Vec<AddressRange>,
    port: Option<PortRange>,
    clear: bool,
    persistent: Option<Span>,
}

impl<'a> Reader<'a, '_> {
    /// The lines of source NAT, and those that persistent NAT opens towards the inside.
    pub(super) fn source_rules(
        &mut self,
        nat: NodeId,
        objects: &mut Objects<'a>,
    ) -> (Vec<RuleSet>, Vec<Line>) {
        let (mut out, mut opened) = (Vec::new(), Vec::new());
        let Some(kind) = self.tree.get(nat, "source") else { return (out, opened) };
        let mut default = PortRange::new(EPHEMERAL.0, EPHEMERAL.1);
        for kid in self.tree.kids(kind) {
            match self.word(kid) {
                "rule-set" | "pool" => {}
                "pool-default-port-range" => {
                    default = self.tree.value(kid).and_then(|value| self.port_range(value));
                }
                "address-persistent"
                | "interface"
                | "pool-utilization-alarm"
                | "port-randomization"
                | "port-round-robin"
                | "port-scaling-enlargement"
                | "session-persistence-scan"
                | "session-drop-hold-down"
                | "pool-default-twin-port-range"
                | "description" => {
                    self.tree.ignore(kid);
                }
                _ => self.unread(kid),
            }
        }
        let pools = self.source_pools(kind, default);
        for set in self.rule_sets(kind) {
            let (from, to) = (self.side(set, "from"), self.side(set, "to"));
            let name = self.word(set);
            let mut lines = Vec::new();
            for entry in self.rules(set) {
                let (mut new, persistent) = self.source_rule(entry, name, &pools, default, objects);
                new.matches.ingress = Interfaces::Of(from.interfaces.clone());
                new.matches.egress = Interfaces::Of(to.interfaces.clone());
                if let Some((span, ranges)) = persistent {
                    opened.push(self.opened(&new, &to.interfaces, &ranges, span));
                }
                lines.push(new);
            }
            out.push(RuleSet { from, to, lines });
        }
        (out, opened)
    }

    fn source_pools(
        &mut self,
        kind: NodeId,
        default: Option<PortRange>,
    ) -> BTreeMap<&'a str, Pool> {
        let mut out = BTreeMap::new();
        let Some(pools) = self.tree.get(kind, "pool") else { return out };
        for node in self.tree.kids(pools) {
            let mut pool =
                Pool { ranges: Vec::new(), port: default, clear: true, persistent: None };
            for kid in self.tree.kids(node) {
                match self.word(kid) {
                    "address" => {
                        let (ranges, _, clear) = self.pool_ranges(kid);
                        pool.clear &= clear;
                        pool.ranges.extend(ranges);
                    }
                    "port" => pool.port = self.pool_port(kid, default),
                    "overflow-pool" | "routing-instance" => {
                        self.tree.ignore(kid);
                        pool.clear = false;
                    }
                    "host-address-base"
                    | "address-shared"
                    | "address-pooling"
                    | "description"
                    | "pool-utilization-alarm"
                    | "ei-mapping-timeout"
                    | "mapping-timeout"
                    | "address-persistent" => self.tree.ignore(kid),
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

    /// `port { range { 1024; to { 2048; } } }`, `port no-translation`; `None` keeps the port or may keep it.
    fn pool_port(&mut self, node: NodeId, default: Option<PortRange>) -> Option<PortRange> {
        let kids = self.tree.kids(node);
        let keeps = kids.iter().any(|kid| self.word(*kid) == "no-translation");
        let ranges = kids.iter().filter(|kid| self.word(**kid) == "range").count();
        let single = kids.len() == 1 && ranges == 1;
        let leaf = kids.first().copied().filter(|_| single);
        let values = leaf.map(|leaf| self.tree.kids(leaf)).unwrap_or_default();
        self.tree.ignore(node);
        match (keeps, values.as_slice()) {
            (true, _) => None,
            (false, [one]) => self.port_range(*one).or(PortRange::new(0, u16::MAX)),
            (false, [first, to]) if self.word(*to) == "to" => {
                let first = self.word(*first).parse().ok()?;
                let last = self.tree.value(*to).and_then(|value| self.word(value).parse().ok())?;
                PortRange::new(first, last)
            }
            _ => default.and(PortRange::new(0, u16::MAX)),
        }
    }

    fn source_rule(
        &mut self,
        entry: Entry,
        set: &str,
        pools: &BTreeMap<&'a str, Pool>,
        default: Option<PortRange>,
        objects: &mut Objects<'a>,
    ) -> (Line, Option<(Span, Vec<AddressRange>)>) {
        let node = entry.node;
        self.tree.used(node);
        let span = self.span(node);
        let (mut matches, action) = self.nat_parts(node, "source-nat", objects);
        let value = action.and_then(|action| self.tree.value(action));
        let persistent = action.and_then(|action| self.persistent(action));
        let mut pool = Pool { ranges: Vec::new(), port: default, clear: true, persistent };
        let map = match value.map_or("", |value| self.word(value)) {
            "off" => {
                let mut new = self.nat_line(entry, "source", set, matches);
                new.action = Action::Permit;
                return (new, None);
            }
            "interface" => {
                if let Some(value) = value {
                    self.tree.ignore(value);
                }
                AddressMap::EgressInterface
            }
            "pool" => {
                let name = value.and_then(|value| self.pool_name(value));
                let name = name.map_or("", |name| self.word(name));
                if let Some(found) = pools.get(name) {
                    pool = Pool { persistent: persistent.or(found.persistent), ..found.clone() };
                } else {
                    self.b.undefined("pool", name, span);
                    pool.clear = false;
                }
                self.within_family(&mut matches, &pool.ranges, span);
                if pool.clear && !pool.ranges.is_empty() {
                    AddressMap::Pool(pool.ranges.clone())
                } else {
                    AddressMap::Unknown
                }
            }
            _ => {
                matches.unknown.push(unknown(incomplete(), span));
                AddressMap::Unknown
            }
        };
        let mut new = self.nat_line(entry, "source", set, matches);
        new.action = self.rewrite(Rewrite {
            label: new.label.clone(),
            source: Some(map),
            source_port: pool.port.map(PortMap::Within),
            span: Some(span),
            ..Rewrite::default()
        });
        (new, pool.persistent.map(|span| (span, pool.ranges)))
    }

    /// The name behind `pool`, beside other statements.
    fn pool_name(&mut self, node: NodeId) -> Option<NodeId> {
        let kids = self.tree.kids(node);
        for kid in &kids {
            self.tree.used(*kid);
        }
        kids.into_iter().find(|kid| self.word(*kid) != "persistent-nat")
    }

    /// `persistent-nat` that lets others than the called host answer.
    fn persistent(&mut self, action: NodeId) -> Option<Span> {
        let found = self.all_named(action, "persistent-nat").first().copied()?;
        let span = self.span(found);
        let reason = text!(
            "persistent-nat により、外側から変換後のアドレス宛てに始まる通信が内側に届き得るものとして読みます。",
            "persistent NAT may hand what others begin towards the translated address to the inside"
        );
        self.approximated(found, reason);
        Some(span)
    }

    /// What persistent NAT lets in: packets to an address of the device or of the pool, to some inner host.
    fn opened(
        &mut self,
        new: &Line,
        outside: &[InterfaceId],
        ranges: &[AddressRange],
        span: Span,
    ) -> Line {
        let mut matches = self.b.everything(None, span);
        let interfaces: Vec<&Interface> =
            outside.iter().map(|id| &self.b.device.interfaces[*id]).collect();
        let own = interfaces.iter().flat_map(|one| &one.addresses);
        let own: Vec<AddressRange> = own.map(|one| AddressRange::single(one.address)).collect();
        if !ranges.is_empty() || interfaces.iter().all(|one| !one.dynamic) {
            let all = if ranges.is_empty() { own } else { ranges.to_vec() };
            let members = all.into_iter().map(|range| self.b.range(range, span)).collect();
            matches.destination = self.b.union(members, span);
        }
        matches.ingress = Interfaces::Of(outside.to_vec());
        let reason = text!(
            "persistent-nat の対応表がある間だけ変換されます。",
            "translated only while persistent NAT holds a binding"
        );
        matches.unknown.push(unknown(reason, span));
        let label = format!("{} (persistent-nat)", new.label);
        let action = self.rewrite(Rewrite {
            label: label.clone(),
            destination: Some(AddressMap::Unknown),
            destination_port: PortRange::new(0, u16::MAX).map(PortMap::Within),
            span: Some(span),
            ..Rewrite::default()
        });
        line(label, matches, action, span)
    }
}
