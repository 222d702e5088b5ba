//! Zone-based firewall: class maps and policy maps as chains, zone pairs as bindings.

use super::commands::Bin;
use super::lists::Found;
use super::names::PAM;
use super::reader::{Reader, line, unknown};
use crate::formats::lines::{Block, ConfigLine, Word};
use crate::model::{Action, Binding, Filter, InterfaceId, Interfaces, Line, ListId, Remark};
use crate::net::{Family, PortRange, State};
use crate::source::Span;
use crate::text;
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;

/// How deep class maps may name class maps.
const DEPTH: usize = 16;

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

#[derive(Debug)]
struct PolicyMap<'a> {
    classes: Vec<(Option<Word<'a>>, Verb, Span)>,
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

/// Definitions of the firewall.
#[derive(Debug, Default)]
pub(super) struct Maps<'a> {
    classes: FxHashMap<&'a str, ClassMap<'a>>,
    policies: FxHashMap<&'a str, PolicyMap<'a>>,
    ports: FxHashMap<&'a str, Vec<(u8, u16, u16, Option<Span>)>>,
}

/// Chains made so far, so that each is made once and their number is bounded.
#[derive(Debug, Default)]
pub(super) struct Chains<'a> {
    made: usize,
    policies: FxHashMap<&'a str, ListId>,
}

/// How many class chains are made; nested class maps could ask for exponentially many.
const CHAINS: usize = 20_000;
/// How many conditions a match-all class may have; each is one jump deeper.
const ALL_LIMIT: usize = 64;

impl<'a> Reader<'a, '_> {
    /// Reads the zone-based firewall; empty when no zone is defined.
    pub(super) fn read_zones(&mut self) -> ZonePolicy {
        let zones = self.config.take(Bin::Zone);
        let with_default = zones.iter().any(|block| block.head.word(2) == "default");
        let active = !zones.is_empty() || self.interfaces.iter().any(|iface| iface.zone.is_some());
        for block in zones {
            self.ledger.used(super::split::whole(&block));
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
            self.ledger.used(super::split::whole(&block));
            let list = head.words.iter().find(|word| word.text == "list").map(|word| word.span);
            let protocols: &[u8] = match head.word(4) {
                "tcp" => &[6],
                "udp" => &[17],
                _ => &[6, 17],
            };
            let mut words =
                head.words.iter().skip(3).take_while(|word| word.text != "list").peekable();
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
        let span = super::split::whole(&block);
        self.ledger.used(block.head.span);
        let rest: Vec<&'a str> = block.head.words.iter().skip(3).map(|word| word.text).collect();
        let Some(name) = rest.last().copied() else { return };
        let all = !rest.contains(&"match-any");
        let deep = !matches!(rest.as_slice(), [_] | ["match-any" | "match-all", _]);
        let mut matches = Vec::new();
        for sub in block.body {
            match sub.word(0) {
                "match" => {
                    self.ledger.used(sub.span);
                    matches.push(sub);
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
        let span = super::split::whole(&block);
        self.ledger.used(block.head.span);
        let Some(name) = block.head.words.last().map(|word| word.text) else { return };
        if block.head.words.len() > 4 {
            // Deep inspection maps (`type inspect http …`) look inside sessions that were let open.
            return self.ledger.irrelevant(span);
        }
        let mut classes: Vec<(Option<Word<'a>>, Verb, Span)> = Vec::new();
        for sub in block.body {
            match sub.word(0) {
                "class" => {
                    let class =
                        sub.words.last().copied().filter(|word| word.text != "class-default");
                    classes.push((class, Verb::Drop, sub.span));
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
                    self.verb(verb, &sub, &mut classes);
                }
            }
        }
        maps.policies.insert(name, PolicyMap { classes });
    }

    fn verb(
        &mut self,
        verb: Verb,
        sub: &ConfigLine<'a>,
        classes: &mut [(Option<Word<'a>>, Verb, Span)],
    ) {
        if verb == Verb::Unknown {
            let reason = text!(
                "ポリシーマップの動作を解釈できません。",
                "this policy-map action is not understood"
            );
            self.ledger.unknown(sub.span, reason, true);
        } else {
            self.ledger.used(sub.span);
        }
        if let Some(last) = classes.last_mut() {
            last.1 = verb;
            last.2 = last.2.to(sub.span);
        }
    }

    /// `zone-pair security NAME source A destination B` with its policy.
    fn pair(&mut self, block: &Block<'a>) -> Option<Pair<'a>> {
        let head = &block.head;
        self.ledger.used(super::split::whole(block));
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
            span: super::split::whole(block),
        })
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
        let passing: Vec<(&str, &str)> = pairs
            .iter()
            .filter(|pair| has(maps, pair, Verb::Pass))
            .map(|p| (p.from, p.to))
            .collect();
        let inspecting = pairs.iter().any(|pair| has(maps, pair, Verb::Inspect));
        let empty = Vec::new();
        let of = |zone: &str| Interfaces::Of(members.get(zone).unwrap_or(&empty).clone());
        let (mut stateful, mut stateless, mut own) = (Vec::new(), Vec::new(), Vec::new());
        for pair in pairs.iter().filter(|pair| pair.from != "self") {
            let mut binding = self.pair_binding(maps, pair);
            binding.ingress = of(pair.from);
            if pair.to == "self" {
                own.push(binding);
                continue;
            }
            binding.egress = of(pair.to);
            if !passing.contains(&(pair.from, pair.to)) && !passing.contains(&(pair.to, pair.from))
            {
                stateful.push(binding);
                continue;
            }
            let label = format!("{}: stateless", pair.label);
            stateful.push(open(
                binding.ingress.clone(),
                binding.egress.clone(),
                label,
                Some(pair.span),
            ));
            if inspecting {
                let replies = self.session_replies(&pair.label, pair.span);
                binding.lists.insert(0, replies);
            }
            stateless.push(binding);
        }
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

    fn session_replies(&mut self, label: &str, span: Span) -> ListId {
        let reason =
            text!("検査済みセッションの戻りパケットです。", "replies of inspected sessions");
        let mut matches = self.everything(None, span);
        matches.states = Some(vec![State::Established, State::Related]);
        matches.unknown.push(unknown(reason, span));
        self.list(label, vec![line(format!("{label}: session"), matches, Action::Permit, span)])
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
                        self.device.remarks.push(Remark::Undefined {
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
        let matches = self.everything(None, span);
        self.list(label, vec![line(label.to_owned(), matches, Action::Undecided, span)])
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
            let matches = self.everything(None, *span);
            match class {
                None => lines.push(line(label, matches, action, *span)),
                Some(class) => {
                    let chain = self.class_chain(maps, *class, action, 0);
                    lines.push(line(label, matches, Action::Jump(chain), *span));
                }
            }
        }
        self.list(&format!("policy-map {name}"), lines)
    }

    /// The chain that does `action` for the packets of a class and nothing for others.
    fn class_chain(
        &mut self,
        maps: &Maps<'a>,
        class: Word<'a>,
        action: Action,
        depth: usize,
    ) -> ListId {
        let label = format!("class-map {}", class.text);
        self.chains.made += 1;
        let depth = if self.chains.made > CHAINS { DEPTH } else { depth };
        let Some(map) = maps.classes.get(class.text).filter(|_| depth < DEPTH) else {
            let name = class.text.to_owned();
            let remark = match depth < DEPTH {
                true => Remark::Undefined { kind: "class-map", name, span: class.span },
                false => Remark::Recursive { name, span: class.span },
            };
            self.device.remarks.push(remark);
            let reason = text!(
                "クラスマップの条件を特定できません。",
                "what this class-map matches is not known"
            );
            let new = self.guess(&label, reason, class.span, action);
            return self.list(&label, vec![new]);
        };
        if map.matches.is_empty() || map.all && map.matches.len() > ALL_LIMIT {
            let reason = text!(
                "条件がないか、多すぎるクラスマップです。",
                "a class-map without a condition, or with too many"
            );
            let new = self.guess(&label, reason, map.span, action);
            return self.list(&label, vec![new]);
        }
        if !map.all {
            let mut lines = Vec::new();
            for criterion in &map.matches {
                lines.extend(self.criterion(maps, &label, criterion, action, depth));
            }
            return self.list(&label, lines);
        }
        let mut then = action;
        for criterion in map.matches.iter().rev() {
            let lines = self.criterion(maps, &label, criterion, then, depth);
            then = Action::Jump(self.list(&label, lines));
        }
        match then {
            Action::Jump(list) => list,
            _ => self.list(&label, Vec::new()),
        }
    }

    /// A line that may match anything.
    fn guess(
        &mut self,
        label: &str,
        reason: crate::text::Text,
        span: Span,
        action: Action,
    ) -> Line {
        let mut matches = self.everything(None, span);
        matches.unknown.push(unknown(reason, span));
        line(label.to_owned(), matches, action, span)
    }

    fn criterion(
        &mut self,
        maps: &Maps<'a>,
        label: &str,
        sub: &ConfigLine<'a>,
        action: Action,
        depth: usize,
    ) -> Vec<Line> {
        let negated = sub.word(1) == "not";
        let at = 1 + usize::from(negated);
        let (hit, miss) = if negated { (Action::Return, action) } else { (action, Action::Return) };
        let last = sub.words.last().copied();
        let mut lines = match (sub.word(0), sub.word(at), last) {
            ("match", "access-group", Some(name)) => self.by_list(label, sub, name, hit, miss),
            ("match", "protocol", Some(_)) => self.by_protocol(maps, label, sub, at + 1, hit),
            ("match", "class-map", Some(name)) if !negated => {
                let chain = self.class_chain(maps, name, action, depth + 1);
                let matches = self.everything(None, sub.span);
                vec![line(label.to_owned(), matches, Action::Jump(chain), sub.span)]
            }
            _ => {
                let reason = text!(
                    "クラスマップのこの条件は評価しません。",
                    "this class-map condition is not evaluated"
                );
                self.ledger.unsupported(sub.span, reason.clone());
                return vec![self.guess(label, reason, sub.span, action)];
            }
        };
        if negated {
            let matches = self.everything(None, sub.span);
            lines.push(line(label.to_owned(), matches, action, sub.span));
        }
        lines
    }

    fn by_list(
        &mut self,
        label: &str,
        sub: &ConfigLine<'a>,
        name: Word<'a>,
        hit: Action,
        miss: Action,
    ) -> Vec<Line> {
        let family = if sub.word(2) == "ipv6" { Family::V6 } else { Family::V4 };
        let defined = self.acls_defined(Family::V4, name.text);
        let family =
            if !defined && self.acls_defined(Family::V6, name.text) { Family::V6 } else { family };
        match self.acl(family, name) {
            Found::List(list) if miss == Action::Return => {
                let chain = self.derive(list, hit, miss);
                let matches = self.everything(Some(family), sub.span);
                vec![line(label.to_owned(), matches, Action::Jump(chain), sub.span)]
            }
            // Inverted: the lines stand in this list itself, so that a hit leaves it.
            Found::List(list) => {
                let chain = self.derive(list, hit, miss);
                self.device.lists[chain].lines.clone()
            }
            _ => {
                let reason = text!(
                    "クラスマップのアクセスリストが未定義または空です。",
                    "the access list of this class-map is undefined or empty"
                );
                self.ledger.unsupported(sub.span, reason.clone());
                vec![self.guess(label, reason, sub.span, hit)]
            }
        }
    }

    fn by_protocol(
        &mut self,
        maps: &Maps<'a>,
        label: &str,
        sub: &ConfigLine<'a>,
        at: usize,
        hit: Action,
    ) -> Vec<Line> {
        let name = sub.word(at);
        let span = sub.span;
        let mut matches = self.everything(None, span);
        let table = PAM.iter().find(|(known, _)| *known == name).map(|(_, ports)| *ports);
        let added = maps.ports.get(name).map_or(&[][..], Vec::as_slice);
        let whole: &[u8] = match name {
            "tcp" => &[6],
            "udp" => &[17],
            "icmp" => &[1, 58],
            "icmpv6" => &[58],
            _ => &[],
        };
        if whole.is_empty() && table.is_none() && added.is_empty() {
            let reason = text!(
                "「match protocol {name}」のポートは表にないため、どの通信にも一致し得ると読みます。",
                "the ports of match protocol {name} are not in the table; it may match anything"
            );
            self.ledger.unsupported(span, reason.clone());
            return vec![self.guess(label, reason, span, hit)];
        }
        let any = crate::model::TcpFlags::ANY;
        let range = |first, last| PortRange::new(first, last).unwrap_or(PortRange::ALL);
        let mut members: Vec<_> = whole.iter().map(|number| self.protocol(*number, span)).collect();
        for (protocol, first, last) in table.unwrap_or(&[]) {
            members.push(self.ports(*protocol, PortRange::ALL, range(*first, *last), any, span));
        }
        let mut uncertain = Vec::new();
        for (protocol, first, last, list) in added {
            let id = self.ports(*protocol, PortRange::ALL, range(*first, *last), any, span);
            if list.is_some() { uncertain.push(id) } else { members.push(id) }
        }
        let mut lines = Vec::new();
        if !uncertain.is_empty() {
            let reason =
                text!("一部の宛先だけのポート割り当てです。", "a port mapping for some hosts only");
            let mut new = self.guess(label, reason, span, hit);
            new.matches.service = self.services(uncertain, span);
            lines.push(new);
        }
        matches.service = self.services(members, span);
        lines.push(line(label.to_owned(), matches, hit, span));
        lines
    }
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
