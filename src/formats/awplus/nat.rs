//! Address translation: `portfwd` before the firewall, `masq` behind it, both in the order of the rule numbers.
//!
//! Syntax: Allied Telesis, AT-AR1050V command reference 5.5.4, "rule" (NAT mode).

use super::Reader;
use super::commands::Bin;
use super::entities::Part;
use super::firewall::{Rule, in_order, rule};
use crate::formats::builder::{line, unknown};
use crate::model::{
    Action, AddressMap, AddressSet, Binding, Interfaces, Line, PortMap, Rewrite, Stage, Translate,
};
use crate::net::{AddressRange, PortRange};
use crate::source::Span;
use crate::text;

/// The stages before and behind the route.
#[derive(Debug, Default)]
pub(super) struct Nat {
    pub(super) before: Option<Stage>,
    pub(super) behind: Option<Stage>,
}

/// What stands behind `with`.
#[derive(Clone, Debug, Default)]
struct With<'a> {
    source: Option<Vec<Part<'a>>>,
    destination: Option<Vec<Part<'a>>>,
    port: Option<u16>,
    understood: bool,
}

impl<'a> Reader<'a> {
    /// Reads the `nat` blocks.
    pub(super) fn read_nat(&mut self) -> Nat {
        let (mut rules, mut enabled, mut lost): (Vec<Rule<'a>>, bool, Vec<Span>) =
            (Vec::new(), false, Vec::new());
        for block in self.take(Bin::Nat) {
            self.switch.ledger.used(block.head.span);
            for line in &block.body {
                let last = rules.iter().map(|rule| rule.number).max().unwrap_or(0);
                self.switch.ledger.used(line.span);
                match (line.word(0), rule(line, last)) {
                    ("enable", _) => enabled = true,
                    ("no", _) if line.word(1) == "enable" => enabled = false,
                    ("rule", Some(rule)) => rules.push(rule),
                    ("description" | "pool" | "port", _) => {}
                    _ => {
                        let reason = text!(
                            "NAT のこの行を解釈できません。どの通信も変換され得ると読みます。",
                            "this line of the translation is not understood; any packet may be changed"
                        );
                        self.switch.ledger.unknown(line.span, reason, true);
                        lost.push(line.span);
                    }
                }
            }
        }
        in_order(&mut rules);
        let (mut before, mut behind) = (Vec::new(), Vec::new());
        for span in lost {
            let matches = self.switch.build.everything(None, span);
            let label = "nat: line not understood".to_owned();
            let new = line(label, matches, Action::Undecided, span);
            before.push(new.clone());
            behind.push(new);
        }
        for rule in &rules {
            self.nat_rule(rule, &mut before, &mut behind);
        }
        for line in before.iter_mut().chain(&mut behind) {
            line.enabled = enabled;
        }
        Nat {
            before: self.translation("port forwarding", before),
            behind: self.translation("masquerade", behind),
        }
    }

    fn translation(&mut self, name: &'static str, lines: Vec<Line>) -> Option<Stage> {
        if lines.is_empty() {
            return None;
        }
        let list = self.switch.build.list(name, lines);
        let binding = Binding {
            ingress: Interfaces::Any,
            egress: Interfaces::Any,
            lists: vec![list],
            default: Action::Permit,
            default_label: "no rule".to_owned(),
            span: None,
        };
        Some(Stage::Translate(Translate { name, bindings: vec![binding] }))
    }

    fn nat_rule(&mut self, rule: &Rule<'a>, before: &mut Vec<Line>, behind: &mut Vec<Line>) {
        let with = self.with(rule);
        let label = format!("rule {}", rule.number);
        let mut rewrite =
            Rewrite { label: label.clone(), span: Some(rule.span), ..Rewrite::default() };
        let changes_source = match (rule.action.text, &with.source, &with.destination) {
            ("masq", source, None) => {
                let pool = source.as_ref().map(|parts| self.pool(parts));
                rewrite.source = Some(pool.unwrap_or(AddressMap::EgressInterface));
                rewrite.source_port = Some(PortMap::Within(PortRange::ALL));
                Some(true)
            }
            ("portfwd", None, Some(parts)) => {
                rewrite.destination = Some(self.pool(parts));
                rewrite.destination_port =
                    with.port.map(|port| PortMap::Within(PortRange::single(port)));
                Some(false)
            }
            ("netmap", Some(_), None) => {
                rewrite.source = Some(AddressMap::Unknown);
                Some(true)
            }
            ("netmap", None, Some(_)) => {
                rewrite.destination = Some(AddressMap::Unknown);
                Some(false)
            }
            _ => None,
        };
        let action = match changes_source.filter(|_| with.understood) {
            Some(_) => Action::Rewrite(self.switch.build.device.rewrites.push(rewrite)),
            None => {
                let reason = text!(
                    "NAT ルールを解釈できません。一致する通信の変換結果は不明とします。",
                    "this translation rule is not understood; what becomes of its packets is not known"
                );
                self.switch.ledger.unknown(rule.span, reason, true);
                Action::Undecided
            }
        };
        if changes_source != Some(true) || action == Action::Undecided {
            before.extend(self.nat_lines(rule, &label, action, false));
        }
        if changes_source != Some(false) || action == Action::Undecided {
            behind.extend(self.nat_lines(rule, &label, action, true));
        }
    }

    /// `[with {src|dst} E [dport P]]`.
    fn with(&mut self, rule: &Rule<'a>) -> With<'a> {
        let words: Vec<&str> = rule.rest.iter().map(|word| word.text).collect();
        let mut out = With { understood: true, ..With::default() };
        let parts = |reader: &mut Self| rule.rest.get(2).map(|word| reader.entity(*word));
        match words.as_slice() {
            [] => {}
            ["with", "src", _] => out.source = parts(self),
            ["with", "dst", _] => out.destination = parts(self),
            ["with", "dst", _, "dport", port] => {
                out.destination = parts(self);
                out.port = port.parse().ok();
                out.understood = out.port.is_some();
            }
            _ => out.understood = false,
        }
        out
    }

    fn pool(&self, parts: &[Part<'a>]) -> AddressMap {
        let certain = |part: &Part<'a>| match self.switch.build.device.addresses[part.address].value
        {
            AddressSet::Range(range) => Some(range),
            _ => None,
        };
        let ranges: Option<Vec<AddressRange>> = parts.iter().map(certain).collect();
        let mut ranges = ranges.unwrap_or_default();
        ranges.dedup();
        if ranges.is_empty() { AddressMap::Unknown } else { AddressMap::Pool(ranges) }
    }

    fn nat_lines(
        &mut self,
        rule: &Rule<'a>,
        label: &str,
        action: Action,
        behind: bool,
    ) -> Vec<Line> {
        let service = self.application(rule.application, false);
        let sources = self.sides(rule.from);
        let targets: Vec<Option<Part<'a>>> = match rule.to {
            Some(to) => self.sides(to).into_iter().map(Some).collect(),
            None => vec![None],
        };
        let mut lines = Vec::new();
        for source in &sources {
            for target in &targets {
                let mut matches = self.switch.build.everything(None, rule.span);
                matches.service = service;
                matches.unknown.clone_from(&rule.unknown);
                self.narrow(&mut matches, source, true, true);
                match target {
                    Some(target) => self.narrow(&mut matches, target, false, behind),
                    None => {
                        // Packets to the device itself are surely meant; whether others are is not known.
                        let mut own = matches.clone();
                        own.destination = self.own_addresses(rule.span);
                        lines.push(line(label.to_owned(), own, action, rule.span));
                        let reason = text!(
                            "to を省略したルールが装置宛て以外の通信にも及ぶかどうかは特定できません。",
                            "whether a rule without a destination holds for packets to others is not known"
                        );
                        matches.unknown.push(unknown(reason, rule.span));
                    }
                }
                lines.push(line(label.to_owned(), matches, action, rule.span));
            }
        }
        lines
    }

    /// The addresses of the device that the configuration states.
    fn own_addresses(&mut self, span: Span) -> crate::model::AddressId {
        let build = &mut self.switch.build;
        let interfaces = build.device.interfaces.iter().flat_map(|(_, one)| &one.addresses);
        let own: Vec<_> = interfaces.map(|own| AddressRange::single(own.address)).collect();
        let members = own.into_iter().map(|range| build.range(range, span)).collect();
        build.union(members, span)
    }
}
