//! One rule as it is written: conditions and what it does. Nothing is resolved here.

use super::options::{self, Meaning};
use super::targets;
use super::words::Word;
use crate::source::Span;
use crate::text;
use crate::text::Text;

/// A rule of a chain.
#[derive(Clone, Debug)]
pub(super) struct Rule {
    /// What must hold, all of it.
    pub(super) conditions: Vec<Condition>,
    /// What it does.
    pub(super) target: Target,
    /// The comment on it.
    pub(super) comment: Option<String>,
    /// The whole line.
    pub(super) span: Span,
    /// Why it may fail to apply: conditions that are decided at run time or were not understood.
    pub(super) doubts: Vec<Doubt>,
    /// Sets that it adds to or takes from.
    pub(super) changes: Vec<String>,
    /// Whether it may give the packet another mark.
    pub(super) marks: bool,
    /// The target by its name, unless it is a verdict: a chain of that name goes before an extension.
    pub(super) named: Option<(String, Span)>,
}

/// Why a rule is not certain.
#[derive(Clone, Debug)]
pub(super) struct Doubt {
    /// What is in doubt.
    pub(super) reason: Text,
    /// The words.
    pub(super) span: Span,
    /// Whether the reader knows the words.
    pub(super) known: bool,
}

/// Which end of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Source,
    Destination,
    Either,
}

/// One condition.
#[derive(Clone, Debug)]
pub(super) struct Condition {
    pub(super) test: Test,
    pub(super) negated: bool,
    pub(super) span: Span,
}

/// What is tested.
#[derive(Clone, Debug)]
pub(super) enum Test {
    Address(Side, String),
    Range(Side, String),
    AddressType(Side, String),
    Ingress(String),
    Egress(String),
    Protocol(String),
    Ports(Side, String),
    Flags(String, String),
    Icmp(String),
    States(String),
    Set(String, String),
    /// Second and further fragments, which are not modelled.
    Fragment,
}

/// What a rule does.
#[derive(Clone, Debug)]
pub(super) enum Target {
    /// Counts, logs or marks: the next rule is met in any case.
    Continue,
    Accept,
    Deny,
    Return,
    /// A chain, or an extension that is not known.
    Chain {
        name: String,
        goto: bool,
        span: Span,
    },
    Nat(Nat),
    /// Takes the packet out of connection tracking.
    Untrack,
    /// Changes addresses without connection tracking.
    Garble(Text),
    /// Sends a copy elsewhere, past the filters.
    Copy(Text),
    /// Something outside the rules decides.
    Undecided(Text),
}

/// A translation.
#[derive(Clone, Debug)]
pub(super) struct Nat {
    pub(super) kind: NatKind,
    /// `--to-…` values.
    pub(super) to: Vec<String>,
}

/// Kinds of translation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NatKind {
    Destination,
    Source,
    Masquerade,
    Redirect,
    Netmap,
}

/// Reads the words after the chain name.
pub(super) fn read(words: &[Word<'_>], span: Span) -> Rule {
    let rule = Rule {
        conditions: Vec::new(),
        target: Target::Continue,
        comment: None,
        span,
        doubts: Vec::new(),
        changes: Vec::new(),
        marks: false,
        named: None,
    };
    let mut parser = Parser { rule, words, at: 0, open: None, target: None, recent: None };
    parser.run();
    parser.rule
}

struct Parser<'w, 'a> {
    rule: Rule,
    words: &'w [Word<'a>],
    at: usize,
    /// The match in doubt whose further options change nothing here.
    open: Option<Span>,
    /// The target with the options that were read for it.
    target: Option<TargetWords>,
    /// `-m recent`: whether it only notes the address, which always matches.
    recent: Option<(Span, bool)>,
}

#[derive(Debug, Default)]
struct TargetWords {
    name: String,
    goto: bool,
    to: Vec<String>,
    untrack: bool,
    /// Options of its own.
    own: Vec<String>,
    span: Option<Span>,
}

impl<'a> Parser<'_, 'a> {
    fn run(&mut self) {
        while let Some(word) = self.words.get(self.at) {
            self.at += 1;
            let negated = !word.quoted && word.text == "!";
            let option = if negated { self.words.get(self.at) } else { Some(word) };
            let Some(option) = option else {
                self.doubt(word.span, false, options::stray(&word.text));
                break;
            };
            self.at += usize::from(negated);
            if !option.is_option() {
                self.doubt(option.span, false, options::stray(&option.text));
                continue;
            }
            self.option(option, negated);
        }
        self.end_recent();
        match self.target.take() {
            Some(target) => self.decide(target),
            // A word that was not understood may have been the target.
            None => {
                let unread = self.rule.doubts.iter().find(|doubt| !doubt.known);
                if let Some(doubt) = unread {
                    self.rule.target = Target::Undecided(doubt.reason.clone());
                }
            }
        }
    }

    /// What the last `-m recent` asked for is decided at run time, unless it only notes the address.
    fn end_recent(&mut self) {
        if let Some((span, false)) = self.recent.take() {
            self.doubt(span, true, options::at_run_time("recent"));
        }
    }

    fn decide(&mut self, words: TargetWords) {
        let TargetWords { name, goto, to, untrack, own, span } = words;
        let span = span.unwrap_or(self.rule.span);
        self.rule.marks = !goto && targets::marks(&name, &own);
        self.rule.named = (!targets::is_verdict(&name)).then(|| (name.clone(), span));
        let known = if goto { None } else { targets::decide(&name, to, untrack) };
        self.rule.target = known.unwrap_or(Target::Chain { name, goto, span });
    }

    fn doubt(&mut self, span: Span, known: bool, reason: Text) {
        self.rule.doubts.push(Doubt { reason, span, known });
    }

    /// The next word as a value; a `!` before it negates (the old syntax).
    fn value(&mut self, negated: &mut bool) -> Option<&Word<'a>> {
        let mut word = self.words.get(self.at)?;
        if !word.quoted && word.text == "!" {
            *negated = !*negated;
            self.at += 1;
            word = self.words.get(self.at)?;
        }
        if word.is_option() {
            return None;
        }
        self.at += 1;
        Some(word)
    }

    fn text(&mut self, negated: &mut bool) -> Option<(String, Span)> {
        self.value(negated).map(|word| (word.text.to_string(), word.span))
    }

    fn option(&mut self, option: &Word<'a>, mut negated: bool) {
        let start = option.span;
        let (name, glued) = match option.text.split_once('=') {
            Some((name, value)) if name.starts_with("--") => (name, Some(value.to_owned())),
            _ => (option.text.as_ref(), None),
        };
        let Some(meaning) = options::meaning(name) else { return self.other(option, negated) };
        let test = match meaning {
            Meaning::Test(test) => {
                let value = glued.map(|value| (value, start)).or_else(|| self.text(&mut negated));
                let Some((value, end)) = value else { return self.incomplete(option) };
                let condition = Condition { test: test(value), negated, span: start.to(end) };
                return self.rule.conditions.push(condition);
            }
            Meaning::Two(test) => {
                let first = self.text(&mut negated);
                let second = self.text(&mut false);
                let (Some((first, _)), Some((second, end))) = (first, second) else {
                    return self.incomplete(option);
                };
                let condition =
                    Condition { test: test(first, second), negated, span: start.to(end) };
                return self.rule.conditions.push(condition);
            }
            Meaning::Alone(test) => test,
            Meaning::Comment => {
                self.rule.comment = self.text(&mut false).map(|(text, _)| text);
                return;
            }
            Meaning::Ignored(values) => {
                self.at += values;
                return;
            }
            Meaning::Match => return self.module(start),
            Meaning::Target { goto } => return self.begin_target(start, goto),
            Meaning::To => return self.to(glued),
            Meaning::Change => {
                let changed = self.text(&mut false).map(|(name, _)| name);
                self.rule.changes.extend(changed);
                let _flags = self.value(&mut false);
                return;
            }
            Meaning::Untrack => {
                if let Some(target) = &mut self.target {
                    target.untrack = true;
                }
                return;
            }
        };
        self.rule.conditions.push(Condition { test: test(), negated, span: start });
    }

    fn to(&mut self, glued: Option<String>) {
        let value = glued.or_else(|| self.text(&mut false).map(|(text, _)| text));
        if let (Some(target), Some(value)) = (&mut self.target, value) {
            target.to.push(value);
        }
    }

    fn incomplete(&mut self, option: &Word<'a>) {
        let name = &option.text;
        let reason = text!("「{name}」の値がありません。", "`{name}` has no value");
        self.doubt(option.span, false, reason);
    }

    /// An option without a meaning here: one of an open match or target, or not known.
    fn other(&mut self, option: &Word<'a>, negated: bool) {
        let first = self.at;
        while self.words.get(self.at).is_some_and(|word| !word.is_option()) {
            self.at += 1;
        }
        if let Some((_, only_notes)) = &mut self.recent
            && options::RECENT.contains(&option.text.as_ref())
        {
            *only_notes &= !negated && options::RECENT_NOTES.contains(&option.text.as_ref());
            return;
        }
        let name = option.text.split_once('=').map_or(option.text.as_ref(), |(name, _)| name);
        if let Some(target) =
            self.target.as_mut().filter(|target| targets::owns(&target.name, name))
        {
            target.own.push(name.to_owned());
            return;
        }
        // Options of a match have long names, and none is the beginning of one that says what the rule does.
        let long =
            name.starts_with("--") && !["--jump", "--goto"].iter().any(|t| t.starts_with(name));
        if self.open.is_none() || !long {
            let end = self.words.get(self.at.max(first).saturating_sub(1));
            let span = option.span.to(end.map_or(option.span, |word| word.span));
            self.doubt(span, false, options::unknown_option(&option.text));
        }
    }

    /// `-m NAME`.
    fn module(&mut self, start: Span) {
        let Some((name, end)) = self.text(&mut false) else { return };
        let span = start.to(end);
        match name.as_str() {
            "recent" => {
                self.end_recent();
                self.recent = Some((span, true));
            }
            name if options::EXACT.contains(&name) => {}
            name if options::RUN_TIME.contains(&name) => {
                self.open = Some(span);
                self.doubt(span, true, options::at_run_time(name));
            }
            name => {
                self.open = Some(span);
                self.doubt(span, false, options::unknown_match(name));
            }
        }
    }

    fn begin_target(&mut self, start: Span, goto: bool) {
        let Some((name, end)) = self.text(&mut false) else {
            let reason = text!("動作がありません。", "the rule has no target");
            self.rule.target = Target::Undecided(reason.clone());
            return self.doubt(start, false, reason);
        };
        let span = Some(start.to(end));
        self.target = Some(TargetWords { name, goto, span, ..TargetWords::default() });
    }
}
