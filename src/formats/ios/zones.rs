//! Zone-based firewall: class maps and policy maps as chains, zone pairs as bindings.

mod classes;

use super::commands::Bin;
use super::reader::Reader;
use crate::formats::builder::{line, unknown};
use crate::formats::lines::{Block, ConfigLine, Word};
use crate::model::{Action, Binding, Filter, InterfaceId, Interfaces, ListId, Remark};
use crate::net::State;
use crate::source::Span;
use crate::text;
use rustc_hash::FxHashMap;
use std::collections::{BTreeMap, BTreeSet};

/// The filters of the zone-based firewall.
#[derive(Debug, Default)]
pub(super) struct ZonePolicy {
    /// Between interfaces, in order.
    pub(super) forward: Vec<Filter>,
    /// To the device itself.
    pub(super) own: Option<Filter>,
}

#[derive(Debug)]
struct ClassMap<'a> {
    all: bool,
    matches: Vec<ConfigLine<'a>>,
    span: Span,
}

/// A class of a policy, `None` for class-default, with its action and where that stands.
type Class<'a> = (Option<Word<'a>>, Verb, Span);

#[derive(Debug)]
struct PolicyMap<'a> {
    classes: Vec<Class<'a>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verb {
    Inspect,
    Pass,
    Drop,
    Unknown,
}

#[derive(Debug)]
struct Pair<'a> {
    label: String,
    from: &'a str,
    to: &'a str,
    policy: Option<Word<'a>>,
    span: Span,
}

/// Protocol, first and last port, and the list of hosts for which alone it holds.
type PortUse = (u8, u16, u16, Option<Span>);

/// Definitions of the firewall.
#[derive(Debug, Default)]
pub(super) struct Maps<'a> {
    classes: FxHashMap<&'a str, ClassMap<'a>>,
    policies: FxHashMap<&'a str, PolicyMap<'a>>,
    ports: FxHashMap<&'a str, Vec<PortUse>>,
}

/// Chains made so far, so that each is made once and their number is bounded.
#[derive(Debug, Default)]
pub(super) struct Chains<'a> {
    made: usize,
    policies: FxHashMap<&'a str, ListId>,
}

impl<'a> Reader<'a, '_> {
    /// Reads the zone-based firewall; empty when no zone is defined.
    pub(super) fn read_zones(&mut self) -> ZonePolicy {
        let zones = self.config.take(Bin::Zone);
        let with_default = zones.iter().any(|block| block.head.word(2) == "default");
        let active = !zones.is_empty() || self.interfaces.iter().any(|iface| iface.zone.is_some());
        for block in zones {
            self.ledger.used(block.span());
        }
        let mut maps = Maps::default();
        self.port_maps(&mut maps);
        for block in self.config.take(Bin::ClassInspect) {
            self.class_map(block, &mut maps);
        }
        for block in self.config.take(Bin::PolicyInspect) {
            self.policy_map(block, &mut maps);
        }
        let pairs: Vec<Pair<'a>> =
            self.config.take(Bin::ZonePair).iter().filter_map(|block| self.pair(block)).collect();
        if !active && pairs.is_empty() {
            return ZonePolicy::default();
        }
        self.build_zones(&maps, &pairs, with_default)
    }

    /// `ip port-map NAME port [tcp|udp] N [to M] [list A]` adds ports to what `match protocol NAME` means.
    fn port_maps(&mut self, maps: &mut Maps<'a>) {
        for block in self.config.take(Bin::PortMap) {
            let head = &block.head;
            self.ledger.used(block.span());
            let list = head.words.iter().take_while(|word| word.text != "description");
            let list = list.into_iter().find(|word| word.text == "list").map(|word| word.span);
            let protocols: &[u8] = match head.word(4) {
                "tcp" => &[6],
                "udp" => &[17],
                _ => &[6, 17],
            };
            let of_ports = |word: &&Word<'_>| !matches!(word.text, "list" | "description");
            let mut words = head.words.iter().skip(3).take_while(of_ports).peekable();
            while let Some(word) = words.next() {
                let Ok(first) = word.text.parse::<u16>() else { continue };
                let mut last = first;
                if words.next_if(|word| matches!(word.text, "to" | "from")).is_some() {
                    last = words.next().and_then(|word| word.text.parse().ok()).unwrap_or(u16::MAX);
                }
                let ports =
                    protocols.iter().map(|protocol| (*protocol, first, last.max(first), list));
                maps.ports.entry(head.word(2)).or_default().extend(ports);
            }
        }
    }

    fn class_map(&mut self, block: Block<'a>, maps: &mut Maps<'a>) {
        let span = block.span();
        self.ledger.used(block.head.span);
        let rest: Vec<&'a str> = block.head.words.iter().skip(3).map(|word| word.text).collect();
        let Some(name) = rest.last().copied() else { return };
        let all = !rest.contains(&"match-any");
        let deep = !matches!(rest.as_slice(), [_] | ["match-any" | "match-all", _]);
        // A block that comes again adds its lines.
        let known = if deep { None } else { maps.classes.remove(name) };
        let mut matches = known.map_or(Vec::new(), |known| known.matches);
        for sub in block.body {
            match sub.word(0) {
                "match" => {
                    self.ledger.used(sub.span);
                    matches.push(sub);
                }
                "no" if matches.iter().any(|known| known.text == sub.rest(1)) => {
                    self.ledger.used(sub.span);
                    matches.retain(|known| known.text != sub.rest(1));
                }
                "description" => self.ledger.irrelevant(sub.span),
                _ => {
                    let reason = text!(
                        "クラスマップの行を解釈できません。",
                        "this class-map line is not understood"
                    );
                    self.ledger.unknown(sub.span, reason, true);
                    matches.push(sub);
                }
            }
        }
        if !deep {
            maps.classes.insert(name, ClassMap { all, matches, span });
        }
    }

    fn policy_map(&mut self, block: Block<'a>, maps: &mut Maps<'a>) {
        let span = block.span();
        self.ledger.used(block.head.span);
        let Some(name) = block.head.words.last().map(|word| word.text) else { return };
        if block.head.words.len() > 4 {
            // Deep inspection maps (`type inspect http …`) look inside sessions that were let open.
            return self.ledger.irrelevant(span);
        }
        // A block that comes again adds its classes, and changes the actions of those that it names again.
        let mut classes = maps.policies.remove(name).map_or(Vec::new(), |known| known.classes);
        let mut at = None;
        for sub in block.body {
            match sub.word(0) {
                "class" => {
                    let class =
                        sub.words.last().copied().filter(|word| word.text != "class-default");
                    // What a named class without an action does is not documented; class-default drops.
                    let verb = if class.is_some() { Verb::Unknown } else { Verb::Drop };
                    at = Some(place_of(&mut classes, class, verb, sub.span));
                    self.ledger.used(sub.span);
                }
                "description" | "service-policy" | "police" | "urlfilter" | "server-response" => {
                    self.ledger.irrelevant(sub.span)
                }
                word => {
                    let verb = match word {
                        "inspect" => Verb::Inspect,
                        "pass" => Verb::Pass,
                        "drop" => Verb::Drop,
                        _ => Verb::Unknown,
                    };
                    self.verb(verb, &sub, at.and_then(|at| classes.get_mut(at)));
                }
            }
        }
        maps.policies.insert(name, PolicyMap { classes });
    }

    fn verb(&mut self, verb: Verb, sub: &ConfigLine<'a>, class: Option<&mut Class<'a>>) {
        if verb == Verb::Unknown {
            let reason = text!(
                "ポリシーマップの動作を解釈できません。",
                "this policy-map action is not understood"
            );
            self.ledger.unknown(sub.span, reason, class.is_some());
        } else {
            self.ledger.used(sub.span);
        }
        if let Some(class) = class {
            class.1 = verb;
            class.2 = sub.span;
        }
    }

    /// `zone-pair security NAME source A destination B` with its policy.
    fn pair(&mut self, block: &Block<'a>) -> Option<Pair<'a>> {
        let head = &block.head;
        self.ledger.used(block.span());
        for sub in block.body.iter().filter(|sub| sub.word(0) == "no") {
            self.taken_back(sub);
        }
        let after = |key: &str| {
            let at = head.words.iter().position(|word| word.text == key)?;
            head.words.get(at + 1).map(|word| word.text)
        };
        let policy = block.body.iter().find(|sub| sub.word(0) == "service-policy");
        Some(Pair {
            label: format!("zone-pair {}", head.word(2)),
            from: after("source")?,
            to: after("destination")?,
            policy: policy.and_then(|sub| sub.words.last().copied()),
            span: block.span(),
        })
    }

    /// A `no` in a block where it is not followed.
    pub(super) fn taken_back(&mut self, line: &ConfigLine<'_>) {
        let reason = text!(
            "このブロックの取り消しは読み取っていません。",
            "what is taken back in this block is not followed"
        );
        self.ledger.unknown(line.span, reason, false);
    }

    fn build_zones(
        &mut self,
        maps: &Maps<'a>,
        pairs: &[Pair<'a>],
        with_default: bool,
    ) -> ZonePolicy {
        let mut members: BTreeMap<&'a str, Vec<InterfaceId>> = BTreeMap::new();
        let mut outside: Vec<InterfaceId> = Vec::new();
        for iface in &self.interfaces {
            match (iface.id, iface.zone) {
                (Some(id), Some(zone)) => members.entry(zone.text).or_default().push(id),
                (Some(id), None) if with_default => members.entry("default").or_default().push(id),
                (Some(id), None) => outside.push(id),
                _ => {}
            }
        }
        let bindings = self.pair_bindings(maps, pairs, &members);
        let (mut stateful, stateless, own) = bindings;
        for (zone, ids) in &members {
            let same = Interfaces::Of(ids.clone());
            stateful.push(open(same.clone(), same, format!("zone {zone}: same zone"), None));
        }
        stateful.push(open(
            Interfaces::Of(outside.clone()),
            Interfaces::Of(outside),
            "no zone".to_owned(),
            None,
        ));
        stateful.push(Binding {
            default: Action::Deny,
            ..open(Interfaces::Any, Interfaces::Any, "no zone-pair".to_owned(), None)
        });
        let filter = |name, bindings, stateful| Filter {
            name,
            bindings,
            otherwise: Action::Permit,
            stateful,
        };
        let mut forward = vec![filter("zone policy", stateful, true)];
        if !stateless.is_empty() {
            forward.push(filter("zone policy (pass)", stateless, false));
        }
        let own = (!own.is_empty()).then(|| filter("zone policy to self", own, false));
        ZonePolicy { forward, own }
    }

    /// The bindings of the zone pairs: stateful ones, stateless ones, and those to the device itself.
    fn pair_bindings(
        &mut self,
        maps: &Maps<'a>,
        pairs: &[Pair<'a>],
        members: &BTreeMap<&'a str, Vec<InterfaceId>>,
    ) -> (Vec<Binding>, Vec<Binding>, Vec<Binding>) {
        let passing: BTreeSet<(&str, &str)> = pairs
            .iter()
            .filter(|pair| has(maps, pair, Verb::Pass))
            .map(|p| (p.from, p.to))
            .collect();
        let named: BTreeSet<(&str, &str)> = pairs.iter().map(|p| (p.from, p.to)).collect();
        let inspecting: BTreeSet<(&str, &str)> = pairs
            .iter()
            .filter(|pair| has(maps, pair, Verb::Inspect))
            .map(|p| (p.from, p.to))
            .collect();
        let of = |zone: &str| Interfaces::Of(members.get(zone).cloned().unwrap_or_default());
        let (mut stateful, mut stateless, mut own) = (Vec::new(), Vec::new(), Vec::new());
        let mut apart = |reader: &mut Self, mut binding: Binding, back, label: &str, span| {
            let passed = format!("{label}: stateless");
            let (ingress, egress) = (binding.ingress.clone(), binding.egress.clone());
            let through = open(ingress, egress, passed, Some(span));
            if inspecting.contains(&back) {
                binding.lists.insert(0, reader.session_replies(label, span));
            }
            stateless.push(binding);
            through
        };
        for pair in pairs.iter().filter(|pair| pair.from != "self") {
            let mut binding = self.pair_binding(maps, pair);
            binding.ingress = of(pair.from);
            if pair.to == "self" {
                own.push(binding);
                continue;
            }
            binding.egress = of(pair.to);
            let (there, back) = ((pair.from, pair.to), (pair.to, pair.from));
            if passing.contains(&there) || passing.contains(&back) {
                stateful.push(apart(self, binding, back, &pair.label, pair.span));
            } else {
                stateful.push(binding);
            }
            if passing.contains(&there) && !named.contains(&back) {
                // A pass makes no session: without a pair of its own the way back is shut.
                let none = format!("no zone-pair {} to {}", pair.to, pair.from);
                let shut = open(of(pair.to), of(pair.from), none, Some(pair.span));
                let shut = Binding { default: Action::Deny, ..shut };
                stateful.push(apart(self, shut, there, &pair.label, pair.span));
            }
        }
        (stateful, stateless, own)
    }

    fn session_replies(&mut self, label: &str, span: Span) -> ListId {
        let reason =
            text!("検査済みセッションの戻りパケットです。", "replies of inspected sessions");
        let mut matches = self.build.everything(None, span);
        matches.states = Some(vec![State::Established, State::Related]);
        matches.unknown.push(unknown(reason, span));
        self.build
            .list(label, vec![line(format!("{label}: session"), matches, Action::Permit, span)])
    }

    fn pair_binding(&mut self, maps: &Maps<'a>, pair: &Pair<'a>) -> Binding {
        let mut binding = open(Interfaces::Any, Interfaces::Any, String::new(), Some(pair.span));
        binding.default = Action::Deny;
        match pair.policy {
            None if pair.to == "self" => {
                binding.default_label = format!("{}: no policy", pair.label);
                binding.lists.push(self.undecided(&pair.label, pair.span));
            }
            None => binding.default_label = format!("{}: no policy", pair.label),
            Some(name) => {
                binding.default_label = format!("policy-map {} class-default", name.text);
                let list = match maps.policies.get(name.text) {
                    Some(policy) => match self.chains.policies.get(name.text) {
                        Some(list) => *list,
                        None => {
                            let list = self.policy_list(maps, name.text, policy);
                            self.chains.policies.insert(name.text, list);
                            list
                        }
                    },
                    None => {
                        let word = name.text.to_owned();
                        self.build.device.remarks.push(Remark::Undefined {
                            kind: "policy-map",
                            name: word,
                            span: name.span,
                        });
                        self.undecided(&pair.label, name.span)
                    }
                };
                binding.lists.push(list);
            }
        }
        binding
    }

    /// A list of one line that may permit or deny anything.
    pub(super) fn undecided(&mut self, label: &str, span: Span) -> ListId {
        let matches = self.build.everything(None, span);
        self.build.list(label, vec![line(label.to_owned(), matches, Action::Undecided, span)])
    }

    fn policy_list(&mut self, maps: &Maps<'a>, name: &str, policy: &PolicyMap<'a>) -> ListId {
        let mut lines = Vec::new();
        for (class, verb, span) in &policy.classes {
            let action = match verb {
                Verb::Inspect | Verb::Pass => Action::Permit,
                Verb::Drop => Action::Deny,
                Verb::Unknown => Action::Undecided,
            };
            let label = format!(
                "policy-map {name} class {}",
                class.map_or("class-default", |word| word.text)
            );
            let matches = self.build.everything(None, *span);
            match class {
                None => lines.push(line(label, matches, action, *span)),
                Some(class) => {
                    let chain = self.class_chain(maps, *class, action, 0);
                    lines.push(line(label, matches, Action::Jump(chain), *span));
                }
            }
        }
        self.build.list(&format!("policy-map {name}"), lines)
    }
}

/// The place of a class in a policy, before class-default when it is new.
fn place_of<'a>(
    classes: &mut Vec<Class<'a>>,
    class: Option<Word<'a>>,
    verb: Verb,
    span: Span,
) -> usize {
    let named = |word: Option<Word<'a>>| word.map(|word| word.text);
    if let Some(at) = classes.iter().position(|known| named(known.0) == named(class)) {
        return at;
    }
    let last = classes.iter().position(|known| known.0.is_none() && class.is_some());
    let at = last.unwrap_or(classes.len());
    classes.insert(at, (class, verb, span));
    at
}

fn has(maps: &Maps<'_>, pair: &Pair<'_>, verb: Verb) -> bool {
    let policy = pair.policy.and_then(|name| maps.policies.get(name.text));
    policy.is_some_and(|policy| policy.classes.iter().any(|(_, v, _)| *v == verb))
}

fn open(
    ingress: Interfaces,
    egress: Interfaces,
    default_label: String,
    span: Option<Span>,
) -> Binding {
    Binding { ingress, egress, lists: Vec::new(), default: Action::Permit, default_label, span }
}
