//! The firewall: rules in the order of their numbers, for what is forwarded and for what is meant for the device.

use super::Reader;
use super::commands::Bin;
use crate::formats::builder::{line, unknown};
use crate::formats::lines::{ConfigLine, Word};
use crate::model::{
    Action, Binding, Filter, Interfaces, Line, ListId, Match, ServiceId, TcpFlags, Unknown,
};
use crate::net::{PortRange, State, TCP_ACK, TCP_FIN, TCP_RST, TCP_SYN};
use crate::source::Span;
use crate::text;

/// One rule as it stands.
#[derive(Debug)]
pub(super) struct Rule<'a> {
    pub(super) number: u32,
    pub(super) action: Word<'a>,
    pub(super) application: Word<'a>,
    pub(super) from: Word<'a>,
    pub(super) to: Option<Word<'a>>,
    /// The words after the entities.
    pub(super) rest: Vec<Word<'a>>,
    pub(super) span: Span,
    pub(super) unknown: Vec<Unknown>,
}

/// What the firewall does, or `None` when it is off.
#[derive(Debug, Default)]
pub(super) struct Firewall {
    pub(super) forward: Option<Filter>,
    pub(super) local: Option<Filter>,
}

/// `rule [N] ACTION APP from E [to E] …`; `last` is the highest number before it.
pub(super) fn rule<'a>(line: &ConfigLine<'a>, last: u32) -> Option<Rule<'a>> {
    let numbered = line.word(1).parse::<u32>().ok();
    let at = 1 + usize::from(numbered.is_some());
    if line.word(at + 2) != "from" {
        return None;
    }
    let with_to = line.word(at + 4) == "to";
    Some(Rule {
        number: numbered.unwrap_or((last / 10).saturating_add(1).saturating_mul(10)),
        action: *line.words.get(at)?,
        application: *line.words.get(at + 1)?,
        from: *line.words.get(at + 3)?,
        to: if with_to { Some(*line.words.get(at + 5)?) } else { None },
        rest: line.words.get(at + if with_to { 6 } else { 4 }..).unwrap_or(&[]).to_vec(),
        span: line.span,
        unknown: Vec::new(),
    })
}

/// Sorts rules by number; which of two with one number is in force is not known.
pub(super) fn in_order(rules: &mut [Rule<'_>]) {
    rules.sort_by_key(|rule| rule.number);
    let numbers: Vec<u32> = rules.iter().map(|rule| rule.number).collect();
    for (at, rule) in rules.iter_mut().enumerate() {
        let same = |other: Option<&u32>| other == Some(&rule.number);
        let before = at.checked_sub(1).and_then(|at| numbers.get(at));
        if same(before) || same(numbers.get(at + 1)) {
            let reason = text!(
                "同じ番号のルールが重複しており、どちらが有効か特定できません。",
                "two rules have the same number; which one is in force is not known"
            );
            rule.unknown.push(unknown(reason, rule.span));
        }
    }
}

impl<'a> Reader<'a> {
    /// Reads the `firewall` blocks.
    pub(super) fn read_firewall(&mut self) -> Firewall {
        let (mut rules, mut protect, mut lost): (Vec<Rule<'a>>, Option<Span>, Option<Span>) =
            (Vec::new(), None, None);
        for block in self.take(Bin::Firewall) {
            self.switch.ledger.used(block.head.span);
            for line in &block.body {
                let last = rules.iter().map(|rule| rule.number).max().unwrap_or(0);
                match line.word(0) {
                    "protect" => protect = Some(line.span),
                    "no" if line.word(1) == "protect" => protect = None,
                    "rule" => match rule(line, last) {
                        Some(rule) => rules.push(rule),
                        None => {
                            lost = Some(line.span);
                            self.unread(line);
                            continue;
                        }
                    },
                    "connection-log" => {
                        self.switch.build.device.own.logs_connections = Some(true);
                    }
                    "connection-limit" | "description" | "connection-timeout" => {
                        self.switch.ledger.irrelevant(line.span);
                        continue;
                    }
                    _ => {
                        lost = Some(line.span);
                        self.unread(line);
                        continue;
                    }
                }
                self.switch.ledger.used(line.span);
            }
        }
        in_order(&mut rules);
        let stateful = !rules.iter().any(Rule::without_state);
        let Some(span) = protect else {
            self.resting(&rules, lost);
            return Firewall::default();
        };
        let forward = self.rule_list(&rules, lost, stateful, true);
        let local = self.rule_list(&rules, lost, stateful, false);
        Firewall {
            forward: Some(filter(forward, stateful, span)),
            local: Some(filter(local, stateful, span)),
        }
    }

    fn unread(&mut self, line: &ConfigLine<'a>) {
        let reason = text!(
            "ファイアウォールのこの行を解釈できません。どの通信も許可とも拒否とも読みます。",
            "this firewall line is not understood; any packet may pass or be stopped"
        );
        self.switch.ledger.unknown(line.span, reason, true);
    }

    /// Rules of a firewall that is off: kept for the eye, none of them at work.
    fn resting(&mut self, rules: &[Rule<'a>], lost: Option<Span>) {
        if rules.is_empty() {
            return;
        }
        let list = self.rule_list(rules, lost, true, true);
        for line in &mut self.switch.build.device.lists[list].lines {
            line.enabled = false;
        }
    }

    fn rule_list(
        &mut self,
        rules: &[Rule<'a>],
        lost: Option<Span>,
        stateful: bool,
        forwarded: bool,
    ) -> ListId {
        let mut lines: Vec<Line> = Vec::new();
        if !stateful {
            let span = self.switch.origin;
            let mut matches = self.switch.build.everything(None, span);
            matches.states = Some(vec![State::Established, State::Related]);
            lines.push(line("replies".to_owned(), matches, Action::Permit, span));
        }
        if let Some(span) = lost {
            let matches = self.switch.build.everything(None, span);
            let label = "firewall: line not understood".to_owned();
            lines.push(line(label, matches, Action::Undecided, span));
        }
        for rule in rules {
            self.rule_lines(rule, stateful, forwarded, &mut lines);
        }
        self.switch.build.list(if forwarded { "firewall" } else { "firewall (local)" }, lines)
    }

    fn rule_lines(
        &mut self,
        rule: &Rule<'a>,
        stateful: bool,
        forwarded: bool,
        out: &mut Vec<Line>,
    ) {
        let mut unsure = rule.unknown.clone();
        let action = match rule.action.text {
            "permit" => Action::Permit,
            "deny" | "reject" => Action::Deny,
            // Notes the packet and goes on.
            "log" => return,
            _ => {
                let word = rule.action.text;
                let reason = text!("動作「{word}」は未知です。", "the action {word} is not known");
                self.switch.ledger.unknown(rule.action.span, reason, true);
                Action::Undecided
            }
        };
        for word in &rule.rest {
            if !matches!(word.text, "log" | "no-state-enforcement") {
                let text = word.text;
                let reason = text!(
                    "ルールの語「{text}」は未知です。一致するともしないとも読みます。",
                    "the word {text} of this rule is not known; the rule may or may not match"
                );
                self.switch.ledger.unknown(word.span, reason.clone(), true);
                unsure.push(unknown(reason, word.span));
            }
        }
        let Some(to) = rule.to else {
            let reason = text!(
                "ルールに宛先（to）がありません。どの宛先にも一致し得ると読みます。",
                "the rule names no destination; it may match any"
            );
            self.switch.ledger.unknown(rule.span, reason.clone(), true);
            let mut matches = self.switch.build.everything(None, rule.span);
            matches.unknown.push(unknown(reason, rule.span));
            out.push(line(format!("rule {}", rule.number), matches, action, rule.span));
            return;
        };
        let mut service = self.application(rule.application, true);
        if !stateful && action == Action::Permit && !rule.without_state() {
            service = self.opening(service, rule.span);
        }
        let (sources, targets) = (self.sides(rule.from), self.sides(to));
        for source in &sources {
            for target in &targets {
                let mut matches: Match = self.switch.build.everything(None, rule.span);
                matches.service = service;
                matches.unknown = unsure.clone();
                self.narrow(&mut matches, source, true, true);
                self.narrow(&mut matches, target, false, forwarded);
                let mut new = line(format!("rule {}", rule.number), matches, action, rule.span);
                new.log = Some(rule.rest.iter().any(|word| word.text == "log"));
                out.push(new);
            }
        }
    }

    /// The packets of `service` without the TCP packets that open nothing.
    fn opening(&mut self, service: ServiceId, span: Span) -> ServiceId {
        let build = &mut self.switch.build;
        let flags = TcpFlags { mask: TCP_FIN | TCP_SYN | TCP_RST | TCP_ACK, value: TCP_SYN };
        let syn = build.ports(6, PortRange::ALL, PortRange::ALL, flags, span);
        let tcp = build.protocol(6, span);
        let stray = build.service_except(tcp, syn, span);
        build.service_except(service, stray, span)
    }
}

impl Rule<'_> {
    fn without_state(&self) -> bool {
        self.rest.iter().any(|word| word.text == "no-state-enforcement")
    }
}

fn filter(list: ListId, stateful: bool, span: Span) -> Filter {
    let binding = Binding {
        ingress: Interfaces::Any,
        egress: Interfaces::Any,
        lists: vec![list],
        default: Action::Deny,
        default_label: "protect: no rule permits".to_owned(),
        span: Some(span),
    };
    Filter { name: "firewall", bindings: vec![binding], otherwise: Action::Deny, stateful }
}
