//! What every chapter is made from, and the words that they share.

use super::item::Item;
use super::{Block, Field, PaperInput, Table, era};
use crate::finding::{Finding, RuleVerdict, Verdict};
use crate::report::view;
use crate::scan::{Outcome, SelfCheckRow, self_check};
use crate::snapshot::Snapshot;
use crate::source::Span;
use crate::text;
use crate::text::Text;

/// What a paper is made from, with what is asked of it more than once.
pub(super) struct Matter<'a> {
    pub(super) input: PaperInput<'a>,
    /// Every requirement with its verdict.
    pub(super) rows: Vec<SelfCheckRow>,
    /// Findings about the policy, numbered.
    pub(super) findings: Vec<Item>,
    /// Findings of hygiene rules, numbered.
    pub(super) hygiene: Vec<Item>,
}

impl<'a> Matter<'a> {
    pub(super) fn of(input: &PaperInput<'a>) -> Matter<'a> {
        let rows = self_check(input.scan);
        let none = Vec::new();
        let mut matter = Matter { input: *input, rows, findings: none, hygiene: Vec::new() };
        let (hygiene, findings): (Vec<&Finding>, Vec<&Finding>) =
            input.scan.findings.iter().partition(|finding| view::is_lint(finding));
        matter.findings = matter.items("F", &findings);
        matter.hygiene = matter.items("H", &hygiene);
        matter
    }

    fn items(&self, letter: &str, findings: &[&Finding]) -> Vec<Item> {
        let numbered = findings.iter().enumerate();
        numbered.map(|(index, one)| Item::of(self, letter, index + 1, one)).collect()
    }

    /// The text in the language of the paper.
    pub(super) fn say(&self, text: &Text) -> String {
        text.get(self.input.lang).to_owned()
    }

    /// Days since 1970-01-01 of the day that was given.
    pub(super) fn day(&self) -> Option<i32> {
        self.snapshot().at.map(|moment| moment.day)
    }

    /// A day in words.
    pub(super) fn date(&self, day: i32) -> String {
        era::day(day, self.input.lang)
    }

    pub(super) fn snapshot(&self) -> &'a Snapshot {
        &self.input.scan.loaded.snapshot
    }

    /// What the paper is about: as it was said, else the name of the network.
    pub(super) fn subject(&self) -> String {
        self.input.details.subject.clone().unwrap_or_else(|| self.snapshot().name.clone())
    }

    /// The classification; a redacted paper says so.
    pub(super) fn mark(&self) -> String {
        let said = self.input.details.classification.clone().unwrap_or_default();
        if !self.input.redact {
            return said;
        }
        let redacted = self.say(&text!("伏字版", "redacted"));
        if said.is_empty() { redacted } else { format!("{said} {redacted}") }
    }

    /// The name of a zone with its identifier; of anything else what it is called.
    pub(super) fn zone(&self, id: &str) -> String {
        let snapshot = self.snapshot();
        let Some(zone) = snapshot.zone(id).map(|zone| &snapshot.zones[zone]) else {
            return id.to_owned();
        };
        if zone.label == zone.id {
            return zone.id.clone();
        }
        let (label, id) = (&zone.label, &zone.id);
        self.say(&text!("{label}（{id}）", "{label} ({id})"))
    }

    /// `file:line`.
    pub(super) fn place(&self, span: Span) -> String {
        self.input.scan.loaded.sources.place(span)
    }

    /// A file and its line, in words.
    pub(super) fn line_of(&self, span: Span) -> String {
        let sources = &self.input.scan.loaded.sources;
        let (file, line) = (sources.file(span.file).path().to_owned(), sources.line(span));
        self.say(&text!("{file} {line} 行目", "{file} line {line}"))
    }

    /// A labelled value; an empty one is a blank.
    pub(super) fn field(&self, label: &Text, value: Option<String>) -> Field {
        Field { label: self.say(label), value: value.into_iter().collect() }
    }

    /// A paragraph.
    pub(super) fn paragraph(&self, text: &Text) -> Block {
        Block::Paragraph(self.say(text))
    }

    /// A heading.
    pub(super) fn heading(&self, text: &Text) -> Block {
        Block::Heading(self.say(text))
    }

    /// A table, or a sentence where it would have no row.
    pub(super) fn table(
        &self,
        heads: &[(Text, u16)],
        rows: Vec<Vec<String>>,
        none: &Text,
    ) -> Block {
        if rows.is_empty() {
            return self.paragraph(none);
        }
        let heads = heads.iter().map(|(head, share)| (self.say(head), *share)).collect();
        Block::Table(Table { heads, rows })
    }

    /// How many requirements got a verdict.
    pub(super) fn count(&self, outcome: Outcome) -> usize {
        self.rows.iter().filter(|row| row.outcome == outcome).count()
    }

    /// The policy rules that do not hold first.
    pub(super) fn verdicts(&self) -> Vec<&'a RuleVerdict> {
        let mut rules: Vec<&RuleVerdict> = self.input.scan.verdicts.iter().collect();
        rules.sort_by_key(|rule| std::cmp::Reverse(rule.verdict));
        rules
    }

    /// The numbers of the findings of a rule.
    pub(super) fn numbers(&self, rule: &str) -> String {
        let all = self.findings.iter().chain(&self.hygiene);
        let own: Vec<&str> =
            all.filter(|item| item.rule == rule).map(|item| item.number.as_str()).collect();
        own.join(", ")
    }
}

/// The mark of a verdict beside its word, which no colour is needed for.
pub(super) fn marked(verdict: Verdict, word: &str) -> String {
    let mark = match verdict {
        Verdict::Holds => "○",
        Verdict::Undetermined => "？",
        Verdict::Violated => "×",
    };
    format!("{mark} {word}")
}

/// As [`marked`], of a requirement.
pub(super) fn marked_outcome(outcome: Outcome, word: &str) -> String {
    let mark = match outcome {
        Outcome::NotApplicable => "－",
        Outcome::Satisfied => "○",
        Outcome::Undetermined => "？",
        Outcome::NotSatisfied => "×",
    };
    format!("{mark} {word}")
}
