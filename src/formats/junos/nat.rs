//! Network address translation: static, then destination, before the route; the reverse of static, then source, after the
//! policies. Of the rule sets that a packet could meet, the one with the most specific context is used.

mod destination;
mod source;
mod statics;

use super::policies::Objects;
use super::reader::{Entry, Reader, order_reason, prefix};
use super::tree::{NodeId, Tree};
use crate::formats::builder::{line, unknown};
use crate::model::{
    Action, AddressId, Binding, InterfaceId, Interfaces, Line, Match, Rewrite, Stage, Translate,
    Unknown,
};
use crate::net::{AddressRange, Family, PortRange};
use crate::source::Span;
use crate::text;

/// The stages before and after the policies.
#[derive(Default)]
pub(super) struct Translations {
    pub(super) before: Vec<Stage>,
    pub(super) after: Vec<Stage>,
}

/// What a rule set speaks of: the rank of its context (0 is the most specific) and the interfaces.
#[derive(Clone, Debug, Default)]
struct Side {
    rank: u8,
    interfaces: Vec<InterfaceId>,
}

/// A rule set with its lines.
struct RuleSet {
    from: Side,
    to: Side,
    lines: Vec<Line>,
}

/// Statements that change no translation.
const INERT: &[&str] =
    &["proxy-arp", "proxy-ndp", "traceoptions", "natv6v4", "allow-overlapping-pools"];

impl<'a> Reader<'a, '_> {
    pub(super) fn read_nat(&mut self, objects: &mut Objects<'a>) -> Translations {
        let Some(nat) = self.tree.path(Tree::ROOT, &["security", "nat"]) else {
            return Translations::default();
        };
        for kid in self.tree.kids(nat) {
            match self.word(kid) {
                "source" | "destination" | "static" => {}
                word if INERT.contains(&word) => self.tree.ignore(kid),
                _ => self.unread(kid),
            }
        }
        let (forward, reverse) = self.static_rules(nat, objects);
        let destination = self.destination_rules(nat, objects);
        let (source, opened) = self.source_rules(nat, objects);
        let mut before: Vec<Line> = ranked(forward);
        before.extend(ranked(destination));
        before.extend(opened);
        let mut after: Vec<Line> = ranked(reverse);
        after.extend(ranked(source));
        Translations {
            before: self.stage("static and destination NAT", before),
            after: self.stage("source NAT", after),
        }
    }

    fn stage(&mut self, name: &'static str, lines: Vec<Line>) -> Vec<Stage> {
        if lines.is_empty() {
            return Vec::new();
        }
        let list = self.b.list(name, lines);
        let binding = Binding {
            ingress: Interfaces::Any,
            egress: Interfaces::Any,
            lists: vec![list],
            default: Action::Permit,
            default_label: "no NAT rule".to_owned(),
            span: None,
        };
        vec![Stage::Translate(Translate { name, bindings: vec![binding] })]
    }

    /// The rule sets of one kind, in order.
    fn rule_sets(&mut self, kind: NodeId) -> Vec<NodeId> {
        let Some(sets) = self.tree.get(kind, "rule-set") else { return Vec::new() };
        self.tree.kids(sets)
    }

    /// `from zone [ A B ]`; without the statement, everywhere.
    fn side(&mut self, set: NodeId, word: &'a str) -> Side {
        let Some(node) = self.tree.get(set, word) else {
            return Side { rank: 3, interfaces: self.b.device.interfaces.ids().collect() };
        };
        let mut side = Side { rank: 3, interfaces: Vec::new() };
        for kid in self.tree.kids(node) {
            self.tree.used(kid);
            let names = self.tree.kids(kid);
            for name in names {
                self.tree.used(name);
                let word = self.word(name);
                match self.word(kid) {
                    "interface" => {
                        side.rank = 0;
                        side.interfaces.extend(self.interface_of(word));
                    }
                    "zone" => {
                        side.rank = side.rank.min(1);
                        side.interfaces.extend(self.zone_interfaces(word));
                    }
                    "routing-instance" => {
                        side.rank = side.rank.min(2);
                        let name = if word == "default" { "" } else { word };
                        let context = self.instances.get(name).copied();
                        let all = self.b.device.interfaces.iter();
                        let own = all.filter(|(_, one)| Some(one.context) == context);
                        side.interfaces.extend(own.map(|(id, _)| id));
                    }
                    _ => self.unread(kid),
                }
            }
        }
        side.interfaces.sort_unstable();
        side.interfaces.dedup();
        side
    }

    /// The rules of a set, also those of groups.
    fn rules(&mut self, set: NodeId) -> Vec<Entry> {
        for kid in self.tree.kids(set) {
            match self.word(kid) {
                "from" | "to" | "rule" => {}
                "description" => self.tree.ignore(kid),
                _ => self.unread(kid),
            }
        }
        let Some(rules) = self.tree.get(set, "rule") else { return Vec::new() };
        self.ordered(rules)
    }

    /// Addresses of a rule's condition: prefixes, and names of the address book.
    fn nat_addresses(
        &mut self,
        leaf: NodeId,
        objects: &mut Objects<'a>,
        doubts: &mut Vec<Unknown>,
    ) -> Vec<AddressId> {
        let mut out = Vec::new();
        let kids = self.tree.kids(leaf);
        if kids.is_empty() || self.is_mixed(leaf) {
            doubts.push(unknown(super::reader::strange(self.word(leaf)), self.span(leaf)));
        }
        for kid in kids {
            let span = self.span(kid);
            match prefix(self.word(kid)) {
                Some(found) if self.tree.kids(kid).is_empty() => {
                    self.tree.used(kid);
                    out.push(self.b.range(found.range(), span));
                }
                Some(_) => out.push(self.strange_address(kid)),
                None => out.push(self.nat_address(&mut objects.books, kid)),
            }
        }
        out
    }

    /// What a NAT rule matches, and the statement of what it then does.
    fn nat_parts(
        &mut self,
        node: NodeId,
        verb: &'a str,
        objects: &mut Objects<'a>,
    ) -> (Match, Option<NodeId>) {
        let span = self.span(node);
        let mut matches = self.b.everything(None, span);
        let mut action = None;
        for kid in self.tree.kids(node) {
            match self.word(kid) {
                "match" => self.nat_match(&mut matches, kid, objects),
                "then" => action = self.tree.get(kid, verb),
                "description" => self.tree.ignore(kid),
                _ => matches.unknown.push(self.taint(kid)),
            }
        }
        (matches, action)
    }

    /// Adds the conditions of a NAT rule to what is known of it.
    fn nat_match(&mut self, matches: &mut Match, node: NodeId, objects: &mut Objects<'a>) {
        let span = self.span(node);
        let (mut sources, mut destinations) = (Vec::new(), Vec::new());
        let mut services = Vec::new();
        let (mut protocols, mut from, mut to) = (Vec::new(), Vec::new(), Vec::new());
        for kid in self.tree.kids(node) {
            match self.word(kid) {
                "source-address" | "source-address-name" => {
                    sources.extend(self.nat_addresses(kid, objects, &mut matches.unknown));
                }
                "destination-address" | "destination-address-name" => {
                    destinations.extend(self.nat_addresses(kid, objects, &mut matches.unknown));
                }
                "protocol" => {
                    for value in self.tree.kids(kid) {
                        match super::predefined::protocol(self.word(value)) {
                            Some(number) => {
                                self.tree.used(value);
                                protocols.push(number);
                            }
                            None => matches.unknown.push(self.taint(value)),
                        }
                    }
                }
                word @ ("source-port" | "destination-port") => {
                    let found = self.port_values(kid, &mut matches.unknown);
                    (if word == "source-port" { &mut from } else { &mut to }).extend(found);
                }
                "application" => {
                    for value in self.tree.kids(kid) {
                        services.push(self.application_of(&mut objects.applications, value));
                    }
                }
                _ => {
                    let taint = self.taint(kid);
                    matches.unknown.push(taint);
                }
            }
        }
        if !sources.is_empty() {
            matches.source = self.b.union(sources, span);
        }
        if !destinations.is_empty() {
            matches.destination = self.b.union(destinations, span);
        }
        if !services.is_empty() {
            matches.service = self.b.services(services, span);
        } else if !(protocols.is_empty() && from.is_empty() && to.is_empty()) {
            matches.service = self.header(&protocols, &from, &to, span);
        }
    }

    /// `destination-port 80`, `destination-port 80 to 90`.
    fn port_values(&mut self, leaf: NodeId, doubts: &mut Vec<Unknown>) -> Vec<PortRange> {
        let mut out = Vec::new();
        for value in self.tree.kids(leaf) {
            match self.port_range(value) {
                Some(range) => out.push(range),
                None => doubts.push(self.taint(value)),
            }
        }
        if out.is_empty() && doubts.is_empty() {
            doubts.push(self.taint(leaf));
        }
        out
    }

    /// A port, or the first of a range with `to` behind it.
    fn port_range(&mut self, value: NodeId) -> Option<PortRange> {
        let first = super::applications::range(self.word(value))?;
        self.tree.used(value);
        match self.tree.value_of(value, "to") {
            Some(last) => PortRange::new(first.first(), last.parse().ok()?),
            None if self.tree.kids(value).is_empty() => Some(first),
            None => None,
        }
    }

    fn header(
        &mut self,
        protocols: &[u8],
        from: &[PortRange],
        to: &[PortRange],
        span: Span,
    ) -> crate::model::ServiceId {
        let all = [PortRange::ALL];
        let ported = !from.is_empty() || !to.is_empty();
        let protocols = match protocols {
            // A port condition alone speaks of TCP and UDP.
            [] => &[6, 17],
            list => list,
        };
        let (from, to) =
            (if from.is_empty() { &all } else { from }, if to.is_empty() { &all } else { to });
        let mut members = Vec::new();
        for number in protocols {
            if !crate::net::flow::has_ports(*number) {
                if !ported {
                    members.push(self.b.protocol(*number, span));
                }
                continue;
            }
            for source in from {
                for destination in to {
                    let flags = crate::model::TcpFlags::ANY;
                    members.push(self.b.ports(*number, *source, *destination, flags, span));
                }
            }
        }
        self.b.services(members, span)
    }

    /// The line of a rule in front of its action.
    fn nat_line(&mut self, entry: Entry, kind: &str, set: &str, mut matches: Match) -> Line {
        let span = self.span(entry.node);
        if !entry.certain {
            matches.unknown.push(unknown(order_reason(), span));
        }
        let label = format!("nat {kind} rule-set {set} rule {}", self.word(entry.node));
        line(label, matches, Action::Undecided, span)
    }

    fn rewrite(&mut self, rewrite: Rewrite) -> Action {
        Action::Rewrite(self.b.device.rewrites.push(rewrite))
    }

    /// The one range that a set of prefixes is, when it is one.
    fn single_range(&self, id: AddressId) -> Option<AddressRange> {
        let mut id = id;
        for _ in 0..8 {
            match &self.b.device.addresses[id].value {
                crate::model::AddressSet::Range(range) => return Some(*range),
                crate::model::AddressSet::Union(members) => match members.as_slice() {
                    [one] => id = *one,
                    _ => return None,
                },
                _ => return None,
            }
        }
        None
    }

    /// The addresses of a pool: `address P`, `address A to B`, `address { A port N; }`.
    fn pool_ranges(&mut self, node: NodeId) -> (Vec<AddressRange>, Vec<PortRange>, bool) {
        let (mut ranges, mut ports, mut clear) = (Vec::new(), Vec::new(), true);
        for value in self.tree.kids(node) {
            self.tree.used(value);
            let word = self.word(value);
            if word == "port" {
                // `address A` and `port N` on one level.
                let found = self.tree.value(value).and_then(|port| self.port_range(port));
                clear &= found.is_some();
                ports.extend(found);
                continue;
            }
            let first = prefix(word);
            let last = self.tree.value_of(value, "to").and_then(prefix);
            let port = self.tree.get(value, "port").and_then(|leaf| self.tree.value(leaf));
            for kid in self.tree.kids(value) {
                if !matches!(self.word(kid), "to" | "port") {
                    self.strange(kid);
                    clear = false;
                }
            }
            if let Some(port) = port {
                let found = self.port_range(port);
                clear &= found.is_some();
                ports.extend(found);
            }
            let range = first.and_then(|first| match last {
                Some(last) => AddressRange::new(first.address(), last.range().last()),
                None => Some(first.range()),
            });
            clear &= range.is_some();
            ranges.extend(range);
        }
        (ranges, ports, clear)
    }

    /// Restricts a line to the family of what it translates to.
    fn within_family(&mut self, matches: &mut Match, ranges: &[AddressRange], span: Span) {
        let Some(family) = ranges.first().map(|range| range.family()) else { return };
        let outside = self.b.any_address(Some(other(family)), span);
        matches.source = self.b.except(matches.source, outside, span);
    }
}

fn other(family: Family) -> Family {
    match family {
        Family::V4 => Family::V6,
        Family::V6 => Family::V4,
    }
}

/// The lines of all sets, the most specific first. A set behind another whose context it shares only *may* be asked: whether a
/// packet that no rule of the first matches goes on to it is not documented; sets of which each is more specific on one side
/// are uncertain both.
fn ranked(mut sets: Vec<RuleSet>) -> Vec<Line> {
    sets.sort_by_key(|set| (set.from.rank, set.to.rank));
    let mut doubtful = vec![false; sets.len()];
    for (at, set) in sets.iter().enumerate() {
        for (behind, next) in sets.iter().enumerate().skip(at + 1) {
            if !meet(&set.from, &next.from) || !meet(&set.to, &next.to) {
                continue;
            }
            let crossed = set.to.rank > next.to.rank;
            let equal = (set.from.rank, set.to.rank) == (next.from.rank, next.to.rank);
            for (slot, doubt) in [(at, crossed || equal), (behind, true)] {
                if let Some(flag) = doubtful.get_mut(slot) {
                    *flag |= doubt;
                }
            }
        }
    }
    let mut out = Vec::new();
    for (set, doubtful) in sets.into_iter().zip(doubtful) {
        for mut line in set.lines {
            if doubtful {
                let reason = text!(
                    "同じ通信に当てはまるルールセットが複数あり、どれが使われるか確実ではありません。",
                    "several rule sets fit the same traffic; which one is used is not certain"
                );
                line.matches.unknown.push(unknown(reason, line.span));
            }
            out.push(line);
        }
    }
    out
}

fn meet(a: &Side, b: &Side) -> bool {
    let (mut x, mut y) = (a.interfaces.iter().peekable(), b.interfaces.iter().peekable());
    while let (Some(left), Some(right)) = (x.peek(), y.peek()) {
        match left.cmp(right) {
            std::cmp::Ordering::Equal => return true,
            std::cmp::Ordering::Less => x.next(),
            std::cmp::Ordering::Greater => y.next(),
        };
    }
    false
}
