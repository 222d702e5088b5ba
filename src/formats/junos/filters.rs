//! Firewall filters: stateless term lists that end in a discard.

mod terms;

use super::interfaces::Bound;
use super::reader::{Reader, order_reason};
use super::tree::{NodeId, Tree};
use crate::formats::builder::{line, unknown};
use crate::model::{
    Action, Binding, Filter, InterfaceId, Interfaces, Line, ListId, Match, NextHop, PolicyRoute,
};
use crate::net::Family;
use crate::source::Span;
use crate::text;
use rustc_hash::FxHashMap;
use std::net::IpAddr;
pub(super) use terms::Conditions;

/// Actions that neither accept nor stop a packet.
const MODIFIERS: &[&str] = &[
    "log",
    "syslog",
    "sample",
    "count",
    "policer",
    "loss-priority",
    "forwarding-class",
    "dscp",
    "traffic-class",
    "three-color-policer",
    "hierarchical-policer",
    "port-mirror",
    "port-mirror-instance",
    "service-accounting",
    "prefix-action",
    "policy-map",
    "ipsec-sa",
];

/// Where a term sends what it accepts.
#[derive(Clone, Copy, Debug)]
enum Detour<'a> {
    Instance(&'a str),
    Address(IpAddr),
    Unknown,
}

/// A filter that was read.
#[derive(Clone, Default)]
struct Compiled<'a> {
    list: Option<ListId>,
    /// Terms that choose the route.
    detours: Vec<(Match, Detour<'a>, Span)>,
    /// A term that takes packets out of the flow module.
    packet_mode: Option<Span>,
}

/// What the filters of all interfaces come to.
#[derive(Default)]
pub(super) struct Filters {
    pub(super) input: Vec<Filter>,
    pub(super) output: Vec<Filter>,
    /// Of lo0, by context index; `None` is the default instance's.
    pub(super) own: Vec<(InterfaceId, Filter)>,
    /// Interfaces by which packets come in that may skip the policies.
    pub(super) packet_mode: Vec<(InterfaceId, Span)>,
}

/// What one term does.
struct Outcome<'a> {
    action: Option<Action>,
    next: bool,
    detour: Option<Detour<'a>>,
    packet_mode: bool,
    log: bool,
}

impl<'a> Reader<'a, '_> {
    pub(super) fn read_filters(&mut self) -> Filters {
        let prefixes = self.prefix_lists();
        let mut made: FxHashMap<(NodeId, Family), Compiled<'a>> = FxHashMap::default();
        let defined = self.definitions();
        let mut out = Filters::default();
        let bound = std::mem::take(&mut self.bound);
        for family in Family::ALL {
            for inbound in [true, false] {
                let mut bindings = Vec::new();
                for one in bound.iter().filter(|one| one.inbound == inbound) {
                    if one.family.is_some_and(|own| own != family) {
                        continue;
                    }
                    let binding =
                        self.binding(one, family, &defined, &prefixes, &mut made, &mut out);
                    bindings.push((one.interface, binding));
                }
                self.place(bindings, inbound, &mut out);
            }
        }
        for (family, name, node) in defined {
            // Filters that nothing binds have their account too.
            let families = family.map_or(Family::ALL.to_vec(), |family| vec![family]);
            for family in families {
                if !made.contains_key(&(node, family)) {
                    self.compiled(name, node, family, &prefixes, &mut made);
                }
            }
        }
        out
    }

    /// Family, name and node of every filter of layer 3.
    fn definitions(&mut self) -> Vec<(Option<Family>, &'a str, NodeId)> {
        let mut out = Vec::new();
        let Some(firewall) = self.tree.get(Tree::ROOT, "firewall") else { return out };
        for kid in self.tree.kids(firewall) {
            match self.word(kid) {
                "filter" => out.extend(self.filters_of(Some(Family::V4), kid)),
                "family" => {
                    for family in self.tree.kids(kid) {
                        self.tree.used(family);
                        let of = match self.word(family) {
                            "inet" => Some(Family::V4),
                            "inet6" => Some(Family::V6),
                            "any" => None,
                            // Other families bind where a gap says so.
                            _ => {
                                self.tree.ignore(family);
                                continue;
                            }
                        };
                        for kid in self.tree.kids(family) {
                            match self.word(kid) {
                                "filter" => out.extend(self.filters_of(of, kid)),
                                _ => self.tree.ignore(kid),
                            }
                        }
                    }
                }
                // Policers and counters stop nothing by address; simple and service filters bind where a gap says so.
                _ => self.tree.ignore(kid),
            }
        }
        out
    }

    fn filters_of(
        &mut self,
        family: Option<Family>,
        node: NodeId,
    ) -> Vec<(Option<Family>, &'a str, NodeId)> {
        let kids = self.tree.kids(node);
        kids.into_iter().map(|kid| (family, self.word(kid), kid)).collect()
    }

    fn binding(
        &mut self,
        one: &Bound<'a>,
        family: Family,
        defined: &[(Option<Family>, &'a str, NodeId)],
        prefixes: &FxHashMap<&'a str, NodeId>,
        made: &mut FxHashMap<(NodeId, Family), Compiled<'a>>,
        out: &mut Filters,
    ) -> Binding {
        let mut lists = Vec::new();
        for (name, span) in &one.filters {
            let found = defined.iter().find(|(of, known, _)| *of == one.family && known == name);
            let Some((_, _, node)) = found else {
                lists.push(self.unread_filter(name, family, *span));
                continue;
            };
            let compiled = self.compiled(name, *node, family, prefixes, made);
            lists.extend(compiled.list);
            if !one.inbound {
                continue;
            }
            if let Some(span) = compiled.packet_mode {
                out.packet_mode.push((one.interface, span));
            }
            for (matches, detour, span) in compiled.detours {
                self.detour(one.interface, matches, detour, span);
            }
        }
        let label = one.filters.last().map_or("", |(name, _)| *name);
        lists.push(self.implicit_discard(family, label, one.span));
        let own = Interfaces::Of(vec![one.interface]);
        let (ingress, egress) =
            if one.inbound { (own, Interfaces::Any) } else { (Interfaces::Any, own) };
        Binding {
            ingress,
            egress,
            lists,
            default: Action::Permit,
            default_label: format!("{label} filters {} only", family.id()),
            span: Some(one.span),
        }
    }

    /// The end of every filter: what no term accepts is discarded.
    fn implicit_discard(&mut self, family: Family, name: &str, span: Span) -> ListId {
        let matches = self.b.everything(Some(family), span);
        let label = format!("filter {name} implicit discard");
        let last = line(label.clone(), matches, Action::Deny, span);
        self.b.list(&label, vec![last])
    }

    /// A filter that is not defined, or a binding that is not understood.
    fn unread_filter(&mut self, name: &str, family: Family, span: Span) -> ListId {
        if !name.is_empty() {
            self.b.undefined("filter", name, span);
        }
        let matches = self.b.everything(Some(family), span);
        let label = format!("filter {name}");
        let new = line(label.clone(), matches, Action::Undecided, span);
        self.b.list(&label, vec![new])
    }

    fn place(&mut self, bindings: Vec<(InterfaceId, Binding)>, inbound: bool, out: &mut Filters) {
        let name = if inbound { "firewall filter input" } else { "firewall filter output" };
        let filter =
            |bindings| Filter { name, bindings, otherwise: Action::Permit, stateful: false };
        let mut transit: Vec<Binding> = Vec::new();
        for (id, binding) in bindings {
            if self.b.device.interfaces[id].name.starts_with("lo0.") {
                if inbound {
                    let any = Binding { ingress: Interfaces::Any, ..binding };
                    out.own.push((id, Filter { name: "lo0 filter", ..filter(vec![any]) }));
                }
                continue;
            }
            let same = |known: &&mut Binding| {
                known.ingress == binding.ingress && known.egress == binding.egress
            };
            match transit.iter_mut().find(same) {
                // A filter of the unit and one of its family: both must accept.
                Some(_) => {
                    let more = filter(vec![binding]);
                    (if inbound { &mut out.input } else { &mut out.output }).push(more);
                }
                None => transit.push(binding),
            }
        }
        if !transit.is_empty() {
            (if inbound { &mut out.input } else { &mut out.output }).push(filter(transit));
        }
    }

    /// A route that a filter chooses: into another instance, or to an address.
    fn detour(&mut self, id: InterfaceId, mut matches: Match, detour: Detour<'a>, span: Span) {
        matches.ingress = Interfaces::Of(vec![id]);
        let next_hop = match detour {
            Detour::Instance(name) => match self.instances.get(name) {
                Some(context) => Some(NextHop::Context(*context)),
                None => {
                    self.b.undefined("routing-instance", name, span);
                    None
                }
            },
            Detour::Address(address) => Some(NextHop::Gateway { address, interface: None }),
            Detour::Unknown => None,
        };
        let context = self.b.device.interfaces[id].context;
        let route = PolicyRoute { matches, next_hop, span };
        self.b.device.contexts[context].policy_routes.push(route);
    }

    fn compiled(
        &mut self,
        name: &str,
        node: NodeId,
        family: Family,
        prefixes: &FxHashMap<&'a str, NodeId>,
        made: &mut FxHashMap<(NodeId, Family), Compiled<'a>>,
    ) -> Compiled<'a> {
        if let Some(known) = made.get(&(node, family)) {
            return known.clone();
        }
        let mut out = Compiled::default();
        let mut lines = Vec::new();
        let mut traps = Vec::new();
        for kid in self.tree.kids(node) {
            match self.word(kid) {
                "term" => {
                    for entry in self.ordered(kid) {
                        let before = lines.len();
                        self.term(entry.node, name, family, prefixes, &mut lines, &mut out);
                        let before = self.overtake(entry.node, before, &mut lines, &mut traps);
                        if !entry.certain {
                            let span = self.span(entry.node);
                            for new in lines.iter_mut().skip(before) {
                                new.matches.unknown.push(unknown(order_reason(), span));
                            }
                        }
                    }
                }
                "interface-specific"
                | "accounting-profile"
                | "enhanced-mode"
                | "physical-interface-filter"
                | "instance-shared"
                | "fast-lookup-filter"
                | "no-fast-lookup-filter"
                | "interface-shared" => self.tree.ignore(kid),
                _ => {
                    self.strange(kid);
                    let span = self.span(kid);
                    let matches = self.b.everything(Some(family), span);
                    let label = format!("filter {name} {}", self.word(kid));
                    lines.insert(0, line(label, matches, Action::Undecided, span));
                }
            }
        }
        out.list = Some(self.b.list(name, lines));
        made.insert((node, family), out.clone());
        out
    }

    /// A term with `source-address A` or `destination-address A` may be met before the terms that stand between it and an
    /// earlier one with `address A`: the device's documentation says so. Returns where the lines of the term then begin.
    fn overtake(
        &mut self,
        term: NodeId,
        before: usize,
        lines: &mut Vec<Line>,
        traps: &mut Vec<(usize, Vec<&'a str>)>,
    ) -> usize {
        let sided = self.address_words(
            term,
            &[
                "source-address",
                "destination-address",
                "source-prefix-list",
                "destination-prefix-list",
            ],
        );
        let same = |words: &Vec<&str>| words.iter().any(|word| sided.contains(word));
        let found = traps.iter().find(|(at, words)| *at < before && same(words));
        let mut shift = 0;
        if let Some(at) = found.map(|(at, _)| *at) {
            let reason = text!(
                "同じアドレスを address で判定する前の項があるため、この項は間にある項より先に判定され得ます。",
                "an earlier term tests the same prefix with `address`, so this one may be met before the terms between"
            );
            let span = self.span(term);
            self.ledger.unsupported(span, reason.clone());
            let mut early = lines.get(before..).unwrap_or(&[]).to_vec();
            for line in &mut early {
                line.matches.unknown.push(unknown(reason.clone(), span));
            }
            shift = early.len();
            lines.splice(at..at, early);
            for (behind, _) in traps.iter_mut().filter(|(behind, _)| *behind > at) {
                *behind += shift;
            }
        }
        let either = self.address_words(term, &["address", "prefix-list"]);
        if !either.is_empty() {
            traps.push((lines.len(), either));
        }
        before + shift
    }

    /// The prefixes and names of lists in some conditions of a term.
    fn address_words(&self, term: NodeId, conditions: &[&str]) -> Vec<&'a str> {
        let active = |id: &NodeId| self.tree.is_active(*id);
        let Some(from) = self.tree.child(term, "from").filter(active) else { return Vec::new() };
        let leaves =
            conditions.iter().filter_map(|word| self.tree.child(from, word)).filter(active);
        let values = leaves.flat_map(|leaf| self.tree.all_children(leaf)).filter(active);
        values.map(|value| self.word(value)).collect()
    }

    fn term(
        &mut self,
        node: NodeId,
        filter: &str,
        family: Family,
        prefixes: &FxHashMap<&'a str, NodeId>,
        lines: &mut Vec<Line>,
        out: &mut Compiled<'a>,
    ) {
        self.tree.used(node);
        let span = self.span(node);
        let label = format!("filter {filter} term {}", self.word(node));
        let mut conditions = Conditions::default();
        let mut outcome =
            Outcome { action: None, next: false, detour: None, packet_mode: false, log: false };
        for kid in self.tree.kids(node) {
            match self.word(kid) {
                "from" => conditions = self.term_conditions(kid, family, prefixes),
                "then" => self.term_action(kid, &mut outcome),
                _ => {
                    let taint = self.taint(kid);
                    conditions.unknown.push(taint);
                    outcome.action = Some(Action::Undecided);
                }
            }
        }
        let action = match (outcome.action, outcome.next) {
            (Some(action), false) => Some(action),
            (Some(_), true) => Some(Action::Undecided),
            (None, true) => None,
            // Without a terminating action a term accepts.
            (None, false) => Some(Action::Permit),
        };
        for mut matches in self.term_matches(&conditions, family, span) {
            matches.unknown.extend(conditions.unknown.iter().cloned());
            if outcome.packet_mode {
                out.packet_mode = Some(span);
            }
            if let Some(detour) = outcome.detour {
                out.detours.push((matches.clone(), detour, span));
            }
            if let Some(action) = action {
                let mut new = line(label.clone(), matches, action, span);
                new.log = Some(outcome.log);
                lines.push(new);
            }
        }
    }

    fn term_action(&mut self, node: NodeId, outcome: &mut Outcome<'a>) {
        let home = self.tree.group(node);
        let mut actions: Vec<(bool, Action)> = Vec::new();
        for kid in self.tree.kids(node) {
            let own = self.tree.group(kid) == home;
            self.tree.used(kid);
            match self.word(kid) {
                "accept" => actions.push((own, Action::Permit)),
                "discard" | "reject" => {
                    self.tree.ignore(kid);
                    actions.push((own, Action::Deny));
                }
                "next" => {
                    self.tree.ignore(kid);
                    outcome.next = true;
                }
                "routing-instance" => {
                    let name = self.tree.value(kid);
                    for below in self.tree.below(kid).into_iter().skip(1) {
                        self.tree.used(below);
                    }
                    let name = name.map(|name| self.word(name));
                    outcome.detour = Some(name.map_or(Detour::Unknown, Detour::Instance));
                }
                "next-ip" | "next-ip6" => {
                    let word = self.tree.value(kid).map(|value| self.word(value));
                    self.tree.ignore(kid);
                    let bare = word.and_then(|word| word.split('/').next());
                    let address = bare.and_then(|word| word.parse().ok());
                    outcome.detour = Some(address.map_or(Detour::Unknown, Detour::Address));
                }
                "next-interface" | "logical-system" | "topology" => {
                    let reason = text!(
                        "フィルターが選ぶ経路の先は読み取らないため、どこへでも送られ得るものとして読みます。",
                        "where this filter sends packets is not read; they may go anywhere"
                    );
                    self.approximated(kid, reason);
                    outcome.detour = Some(Detour::Unknown);
                }
                "packet-mode" => outcome.packet_mode = true,
                word if MODIFIERS.contains(&word) => {
                    outcome.log |= matches!(word, "log" | "syslog");
                    self.tree.ignore(kid);
                }
                _ => {
                    self.strange(kid);
                    actions.push((true, Action::Undecided));
                }
            }
        }
        let written = actions.iter().any(|(own, _)| *own);
        let mut chosen = actions.iter().filter(|(own, _)| *own || !written).map(|(_, a)| *a);
        outcome.action = match (chosen.next(), chosen.next()) {
            (None, _) => None,
            (Some(one), None) => Some(one),
            _ => Some(Action::Undecided),
        };
    }
}
