//! Chains as rule lists: one list for each hook that a chain is reached from, because a hook decides what its rules can see.

use super::matching::Place;
use super::names::Names;
use super::rule::{Doubt, Rule, Target};
use super::sets::Sets;
use super::tables::{Policy, Table, Tables};
use crate::formats::builder::{Builder, line, numbered, unknown};
use crate::model::{Action, Line, ListId, Match, PolicyRoute};
use crate::net::{AddressRange, Family};
use crate::source::Span;
use crate::text;
use crate::text::Text;
use rustc_hash::FxHashMap;
use std::collections::BTreeSet;

/// How deep chains may call one another; deeper calls are read as undecided.
const DEPTH: usize = 32;

/// How many lines a chain may have together with all that it calls, each call counted; more are read as undecided.
const SIZE: usize = 300_000;

/// Where the kernel calls a built-in chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Hook {
    Prerouting,
    Input,
    Forward,
    Postrouting,
}

impl Hook {
    pub(super) fn chain(self) -> &'static str {
        match self {
            Hook::Prerouting => "PREROUTING",
            Hook::Input => "INPUT",
            Hook::Forward => "FORWARD",
            Hook::Postrouting => "POSTROUTING",
        }
    }
}

/// What a chain became.
#[derive(Clone, Debug)]
enum Built {
    /// Being made: a rule of it leads back to it.
    Open,
    List(ListId, usize),
    Undecided(Text),
}

/// The reading of one device in progress.
pub(super) struct Reader<'t, 'a> {
    pub(super) builder: Builder,
    pub(super) tables: &'t Tables,
    pub(super) sets: Sets<'a>,
    pub(super) names: Names,
    /// The host's own addresses; empty when they were not given.
    pub(super) own: Vec<AddressRange>,
    /// Whether `ip rule` was given, for IPv4 and IPv6.
    pub(super) ruled: [bool; 2],
    /// Ways beside the routing table.
    pub(super) routes: Vec<PolicyRoute>,
    /// A rule that takes packets out of connection tracking.
    pub(super) untracked: Option<Span>,
    /// Sets that were missed.
    pub(super) undefined: BTreeSet<String>,
    /// What was found to be uncertain while rules were resolved.
    pub(super) gaps: Vec<Doubt>,
    seen: BTreeSet<(u32, u32, String)>,
    /// How many alternatives sets have made of rules.
    pub(super) expanded: usize,
    built: FxHashMap<(usize, usize, Hook), Built>,
    /// Chains that forwarded packets, or packets to the host, can meet: table and chain.
    pub(super) met: BTreeSet<(usize, usize)>,
}

impl<'t, 'a> Reader<'t, 'a> {
    pub(super) fn new(builder: Builder, tables: &'t Tables, sets: Sets<'a>) -> Reader<'t, 'a> {
        Reader {
            builder,
            tables,
            sets,
            names: Names::default(),
            own: Vec::new(),
            ruled: [false; 2],
            routes: Vec::new(),
            untracked: None,
            undefined: BTreeSet::new(),
            gaps: Vec::new(),
            seen: BTreeSet::new(),
            expanded: 0,
            built: FxHashMap::default(),
            met: BTreeSet::new(),
        }
    }

    /// Notes once that something at `span` is read as uncertain.
    pub(super) fn gap(&mut self, span: Span, reason: Text) {
        if self.seen.insert((span.start, span.end, reason.en.to_string())) {
            self.gaps.push(Doubt { reason, span, known: true });
        }
    }

    /// The list of a built-in chain; `None` when nothing in it decides. Undecided lines stand first when a line of the table
    /// was not understood.
    pub(super) fn base(&mut self, table: usize, hook: Hook) -> Option<ListId> {
        let tables = self.tables;
        let text = tables.list.get(table)?;
        let mut lines = Vec::new();
        for (span, reason) in &text.doubts {
            let mut matches = self.builder.everything(Some(text.family), *span);
            matches.unknown.push(unknown(reason.clone(), *span));
            let label = format!("{}table {} not understood", prefix(text.family), text.name);
            lines.push(line(label, matches, Action::Undecided, *span));
        }
        let name = format!("{}{} {}", prefix(text.family), text.name, hook.chain());
        let Some(chain) = text.find(hook.chain()) else {
            return (!lines.is_empty()).then(|| self.builder.list(&name, lines));
        };
        let built = self.chain(table, chain, hook, 0);
        if lines.is_empty() {
            return match built {
                Built::List(list, size) if size > 0 => Some(list),
                _ => None,
            };
        }
        if let Built::List(list, _) = built {
            let span = text.span;
            let matches = self.builder.everything(Some(text.family), span);
            lines.push(line(name.clone(), matches, Action::Jump(list), span));
        }
        Some(self.builder.list(&name, lines))
    }

    fn chain(&mut self, table: usize, chain: usize, hook: Hook, depth: usize) -> Built {
        let key = (table, chain, hook);
        match self.built.get(&key) {
            Some(Built::Open) => return Built::Undecided(recursive()),
            Some(built) => return built.clone(),
            None => {}
        }
        let tables = self.tables;
        let Some((text, body)) =
            tables.list.get(table).and_then(|text| Some((text, text.chains.get(chain)?)))
        else {
            return Built::Undecided(recursive());
        };
        self.met.insert((table, chain));
        if depth > DEPTH {
            return Built::Undecided(text!(
                "チェーンの呼び出しが深すぎます。",
                "chains call one another too deeply"
            ));
        }
        self.built.insert(key, Built::Open);
        let place = Place { family: text.family, table: &text.name, hook };
        let (mut lines, mut size) = (Vec::with_capacity(body.rules.len()), 0usize);
        let called = called(text, &body.name);
        for (at, rule) in body.rules.iter().enumerate() {
            let label = numbered(&called, " ", at + 1);
            let (new, inner) = self.rule((table, text), rule, place, &label, depth);
            size = size.saturating_add(new.len()).saturating_add(inner);
            lines.extend(new);
        }
        let name = format!("{}{} {}", prefix(text.family), text.name, body.name);
        let built = if size > SIZE {
            Built::Undecided(text!(
                "チェーン「{name}」は呼び出し先を含めて大きすぎます。",
                "the chain `{name}` is too large with all that it calls"
            ))
        } else {
            Built::List(self.builder.list(&name, lines), size)
        };
        self.built.insert(key, built.clone());
        built
    }

    /// The lines of a rule, and how many lines the chains have that it calls.
    fn rule(
        &mut self,
        (table, text): (usize, &'t Table),
        rule: &Rule,
        place: Place<'_>,
        label: &str,
        depth: usize,
    ) -> (Vec<Line>, usize) {
        self.ways(rule, place);
        if matches!(rule.target, Target::Continue | Target::Untrack) {
            return (Vec::new(), 0);
        }
        let mut all = self.matches(rule, place);
        if all.is_empty() {
            return (Vec::new(), 0);
        }
        let nat = place.table == "nat";
        let mut inner = 0;
        let actions: Vec<Action> = match &rule.target {
            Target::Continue | Target::Untrack => Vec::new(),
            Target::Accept => vec![Action::Permit],
            Target::Deny if nat => vec![Action::Undecided],
            Target::Deny => vec![Action::Deny],
            Target::Return => vec![Action::Return],
            Target::Nat(target) if nat => {
                let lines = self.translations(target, rule, place, all, label);
                return (lines, 0);
            }
            Target::Nat(_) => {
                let reason = text!(
                    "この変換はこのテーブルでは使えません。",
                    "this translation has no place in this table"
                );
                self.undecided(&mut all, rule, reason)
            }
            Target::Garble(reason) | Target::Copy(reason) | Target::Undecided(reason) => {
                self.undecided(&mut all, rule, reason.clone())
            }
            Target::Chain { name, goto, span } => {
                match self.call((table, text), name, *span, place, depth) {
                    Ok((list, size)) => {
                        inner = size;
                        if *goto {
                            vec![Action::Jump(list), Action::Return]
                        } else {
                            vec![Action::Jump(list)]
                        }
                    }
                    Err(reason) => self.undecided(&mut all, rule, reason),
                }
            }
        };
        let put = |matches: Match, action: Action| {
            let mut one = line(label.to_owned(), matches, action, rule.span);
            one.comment.clone_from(&rule.comment);
            one
        };
        let mut lines = Vec::with_capacity(all.len() * actions.len());
        if let Some((last, before)) = actions.split_last() {
            for matches in all {
                lines.extend(before.iter().map(|action| put(matches.clone(), *action)));
                lines.push(put(matches, *last));
            }
        }
        let inner = inner.saturating_mul(lines.len());
        (lines, inner)
    }

    fn undecided(&mut self, all: &mut [Match], rule: &Rule, reason: Text) -> Vec<Action> {
        self.gap(rule.span, reason.clone());
        for matches in all {
            matches.unknown.push(unknown(reason.clone(), rule.span));
        }
        vec![Action::Undecided]
    }

    fn call(
        &mut self,
        (table, text): (usize, &'t Table),
        name: &str,
        span: Span,
        place: Place<'_>,
        depth: usize,
    ) -> Result<(ListId, usize), Text> {
        let Some(chain) = text.find(name) else {
            if name.bytes().any(|byte| byte.is_ascii_lowercase())
                && self.undefined.insert(format!("{}/{name}", text.name))
            {
                self.builder.undefined("chain", name, span);
            }
            return Err(text!(
                "「{name}」というチェーンはなく、動作としても未知のため、通るとも止まるとも読みます。",
                "`{name}` is neither a chain nor a target that is known: the packet may pass or not"
            ));
        };
        match self.chain(table, chain, place.hook, depth + 1) {
            Built::List(list, size) => Ok((list, size)),
            Built::Undecided(reason) => Err(reason),
            Built::Open => Err(recursive()),
        }
    }

    /// The list of a chain that no built-in chain leads to.
    pub(super) fn unbound(&mut self, table: usize, chain: usize) -> Option<ListId> {
        match self.chain(table, chain, Hook::Forward, 0) {
            Built::List(list, _) => Some(list),
            Built::Open | Built::Undecided(_) => None,
        }
    }

    /// The policy of a built-in chain, and where it stands.
    pub(super) fn policy(&self, table: &Table, hook: Hook) -> (Policy, Option<Span>) {
        let chain = table.find(hook.chain()).and_then(|at| table.chains.get(at));
        match chain.and_then(|chain| chain.policy) {
            Some((policy, span)) => (policy, Some(span)),
            None if table.name == "filter" => (Policy::Unknown, None),
            None => (Policy::Accept, None),
        }
    }
}

fn recursive() -> Text {
    text!("チェーンが自分自身を呼び出しています。", "a chain calls itself")
}

/// What lists and labels of a family begin with.
pub(super) fn prefix(family: Family) -> &'static str {
    match family {
        Family::V4 => "",
        Family::V6 => "ip6 ",
    }
}

/// What labels of a chain begin with: `FORWARD 3`, `nat PREROUTING 1`, `ip6 FORWARD 2`, with the number that
/// `iptables -L --line-numbers` shows.
fn called(table: &Table, chain: &str) -> String {
    let table_name = if table.name == "filter" { "" } else { table.name.as_str() };
    let gap = if table_name.is_empty() { "" } else { " " };
    format!("{}{table_name}{gap}{chain}", prefix(table.family))
}
