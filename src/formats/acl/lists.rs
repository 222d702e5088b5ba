//! Access lists: collected, put in the order of their numbers, and looked up.

use super::Dialect;
use super::lower::{References, lower_list};
use crate::formats::Ledger;
use crate::formats::builder::{Builder, line};
use crate::formats::lines::{ConfigLine, LineWords, Word};
use crate::model::{Action, ListId, Remark};
use crate::net::Family;
use crate::source::Span;
use crate::text;
use rustc_hash::FxHashMap;
use std::collections::BTreeSet;

/// All access lists of a device.
#[derive(Debug, Default)]
pub(in crate::formats) struct Lists<'a> {
    raw: Vec<RawList<'a>>,
    index: FxHashMap<(Family, &'a str), usize>,
    lists: Vec<ListId>,
    used: BTreeSet<usize>,
    implicit: FxHashMap<usize, ListId>,
    /// Lists with a line, even one that matches no packet followed here.
    filled: BTreeSet<usize>,
}

/// The lines of one access list as they stand.
#[derive(Debug)]
struct RawList<'a> {
    name: &'a str,
    dialect: Dialect,
    span: Span,
    lines: Vec<RawLine<'a>>,
    last: u32,
}

/// One line as it stands.
#[derive(Debug)]
pub(super) struct RawLine<'a> {
    pub(super) number: u32,
    /// Whether the number is written, not counted.
    pub(super) numbered: bool,
    pub(super) words: LineWords<'a>,
    pub(super) span: Span,
    pub(super) comment: Option<String>,
}

/// An access list that something refers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::formats) enum Found {
    /// It has lines.
    List(ListId),
    /// Defined without a line.
    Empty,
    /// Not defined; a remark says so.
    Undefined,
}

impl<'a> Lists<'a> {
    /// The place of a list, made when it is new.
    pub(in crate::formats) fn slot(
        &mut self,
        name: &'a str,
        dialect: Dialect,
        span: Span,
    ) -> usize {
        if let Some(at) = self.index.get(&(dialect.family, name)) {
            return *at;
        }
        let at = self.raw.len();
        self.raw.push(RawList { name, dialect, span, lines: Vec::new(), last: 0 });
        self.index.insert((dialect.family, name), at);
        at
    }

    /// Adds the line of a list that is written one command a line; `words` follow the name of the list, and `remark` is the
    /// text of a remark.
    pub(in crate::formats) fn command(
        &mut self,
        at: usize,
        words: LineWords<'a>,
        span: Span,
        remark: Option<&str>,
        ledger: &mut Ledger<'a>,
    ) {
        let mut pending = self.pending_comment(at);
        self.add(at, words, span, remark, &mut pending, ledger);
        self.stash_comment(at, pending);
    }

    /// Adds the lines below the head of a list.
    pub(in crate::formats) fn block(
        &mut self,
        at: usize,
        lines: Vec<ConfigLine<'a>>,
        ledger: &mut Ledger<'a>,
    ) {
        let mut pending = self.pending_comment(at);
        for body in lines {
            let comment_at = body.words.iter().take(3).position(|word| word.text == "remark");
            let comment = comment_at.map(|at| body.rest(at + 1));
            self.add(at, body.words, body.span, comment, &mut pending, ledger);
        }
        self.stash_comment(at, pending);
    }

    /// A remark of a numbered list waits in an empty line of its own until the next line comes.
    fn pending_comment(&mut self, at: usize) -> Option<String> {
        let raw = self.raw.get_mut(at)?;
        if raw.lines.last().is_some_and(|last| last.words.is_empty()) {
            return raw.lines.pop().and_then(|last| last.comment);
        }
        None
    }

    fn stash_comment(&mut self, at: usize, comment: Option<String>) {
        if let (Some(raw), Some(comment)) = (self.raw.get_mut(at), comment) {
            let span = raw.span;
            raw.lines.push(RawLine {
                number: u32::MAX,
                numbered: false,
                words: LineWords::Written(&[]),
                span,
                comment: Some(comment),
            });
        }
    }

    fn add(
        &mut self,
        at: usize,
        mut words: LineWords<'a>,
        span: Span,
        remark: Option<&str>,
        pending: &mut Option<String>,
        ledger: &mut Ledger<'a>,
    ) {
        let Some(raw) = self.raw.get_mut(at) else { return };
        // The last word stays, so that a line of a number alone is a line that is not understood, not one that is not there.
        if words.len() > 1 && words.first().is_some_and(|word| word.text == "sequence") {
            words = words.from(1);
        }
        let mut number = words.first().and_then(|word| word.text.parse::<u32>().ok());
        if number.is_some() && words.len() > 1 {
            words = words.from(1);
        } else if let [.., key, value] = &*words
            && key.text == "sequence"
        {
            number = value.text.parse().ok();
        }
        if let Some(remark) = remark {
            let text =
                pending.take().map_or(remark.to_owned(), |earlier| format!("{earlier} {remark}"));
            *pending = Some(text);
            return ledger.used(span);
        }
        if words.first().is_some_and(|word| word.text == "no") {
            return self.take_back(at, &words, span, ledger);
        }
        if words.is_empty() {
            let reason = text!(
                "「access-list」の番号の後に条件がありません。",
                "nothing follows the number of this access-list"
            );
            return ledger.unknown(span, reason, false);
        }
        let numbered = number.is_some();
        let number = number.unwrap_or(raw.last.saturating_add(10));
        raw.last = raw.last.max(number);
        raw.lines.push(RawLine { number, numbered, words, span, comment: pending.take() });
    }

    /// `no 30`, `no sequence 30` or `no permit …` inside a list.
    fn take_back(&mut self, at: usize, words: &[Word<'a>], span: Span, ledger: &mut Ledger<'a>) {
        let Some(raw) = self.raw.get_mut(at) else { return };
        let rest: Vec<&str> =
            words.iter().skip(1).map(|word| word.text).filter(|w| *w != "sequence").collect();
        let number: Option<u32> = rest.first().and_then(|word| word.parse().ok());
        let goes = |old: &RawLine<'_>| match number {
            Some(number) => old.number == number,
            None => old.words.iter().map(|word| word.text).eq(rest.iter().copied()),
        };
        let before = raw.lines.len();
        for old in raw.lines.iter().filter(|old| goes(old)) {
            ledger.irrelevant(old.span);
        }
        raw.lines.retain(|old| !goes(old));
        if raw.lines.len() < before || rest.first() == Some(&"remark") {
            return ledger.used(span);
        }
        let reason = text!(
            "取り消す行がこのアクセスリストにありません。別の書き方をされた行を取り消すことがあります。",
            "no line of this access list is the one that is taken back; it may be one that is written otherwise"
        );
        ledger.unknown(span, reason, false);
    }

    /// Turns every list into rule lists, in the order of the numbers of their lines.
    pub(in crate::formats) fn lower(&mut self, host: &mut impl References<'a>) {
        for at in 0..self.raw.len() {
            let Some(raw) = self.raw.get_mut(at) else { continue };
            let mut entries = std::mem::take(&mut raw.lines);
            entries.retain(|entry| !entry.words.is_empty());
            entries.sort_by_key(|entry| entry.number);
            if !entries.is_empty() {
                self.filled.insert(at);
            }
            let list = lower_list(host, raw.name, raw.dialect, entries);
            self.lists.push(list);
        }
    }

    /// The access list that `word` names.
    pub(in crate::formats) fn find(
        &mut self,
        family: Family,
        word: Word<'a>,
        build: &mut Builder,
    ) -> Found {
        let Some(at) = self.index.get(&(family, word.text)).copied() else {
            build.undefined("access-list", word.text, word.span);
            return Found::Undefined;
        };
        self.used.insert(at);
        match self.lists.get(at) {
            Some(list) if self.filled.contains(&at) => Found::List(*list),
            _ => Found::Empty,
        }
    }

    /// Whether an access list of this family and name is defined.
    pub(in crate::formats) fn defined(&self, family: Family, name: &str) -> bool {
        self.index.contains_key(&(family, name))
    }

    /// The list to append when the access list `name` is bound and what it does not match is denied; ICMPv6 messages of the
    /// types `before` still pass.
    pub(in crate::formats) fn implicit_deny(
        &mut self,
        family: Family,
        name: &str,
        before: &[(u8, &str)],
        build: &mut Builder,
    ) -> Option<ListId> {
        let at = self.index.get(&(family, name)).copied()?;
        if let Some(list) = self.implicit.get(&at) {
            return Some(*list);
        }
        let span = self.raw.get(at)?.span;
        let mut lines = Vec::new();
        for (kind, word) in before {
            let mut matches = build.everything(Some(family), span);
            matches.service = build.icmp(58, Some((*kind, *kind)), None, span);
            let label = format!("{name} implicit permit {word}");
            lines.push(line(label, matches, Action::Permit, span));
        }
        let matches = build.everything(Some(family), span);
        lines.push(line(format!("{name} implicit deny"), matches, Action::Deny, span));
        let list = build.list(&format!("{name} implicit deny"), lines);
        self.implicit.insert(at, list);
        Some(list)
    }

    /// How the lines of `list` are read.
    pub(in crate::formats) fn dialect(&self, list: ListId) -> Option<Dialect> {
        let at = self.lists.iter().position(|id| *id == list)?;
        self.raw.get(at).map(|raw| raw.dialect)
    }

    /// Remarks lists that nothing refers to; `mentioned` knows other uses.
    pub(in crate::formats) fn remark_unbound(
        &self,
        mentioned: impl Fn(&str) -> bool,
        build: &mut Builder,
    ) {
        for (at, raw) in self.raw.iter().enumerate() {
            if self.used.contains(&at) || mentioned(raw.name) {
                continue;
            }
            if let Some(list) = self.lists.get(at) {
                build.device.remarks.push(Remark::Unbound { list: *list });
            }
        }
    }
}
