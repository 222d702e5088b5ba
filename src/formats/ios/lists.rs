//! Access lists: collected, put in the order of their numbers, and turned into rule lists; chains derived from them.

mod derive;

use super::acl::{self, Address, Cursor, Dialect, Entry, Ports, Protocol, Service};
use super::commands::Bin;
use super::names::IOS;
use super::reader::Reader;
use crate::formats::builder::{line, unknown};
use crate::formats::lines::{Block, ConfigLine, Word};
use crate::model::{Action, AddressId, Line, ListId, ServiceId, TcpFlags};
use crate::net::{Family, PortRange, State};
use crate::source::Span;
use crate::text;
use rustc_hash::FxHashMap;
use std::collections::BTreeSet;

/// All access lists of a device.
#[derive(Debug, Default)]
pub(super) struct Acls<'a> {
    raw: Vec<RawAcl<'a>>,
    index: FxHashMap<(Family, &'a str), usize>,
    lists: Vec<ListId>,
    used: BTreeSet<usize>,
    implicit: FxHashMap<usize, ListId>,
    /// Lists with a line, even one that matches no packet followed here.
    filled: BTreeSet<usize>,
}

/// The lines of one access list as they stand.
#[derive(Debug)]
struct RawAcl<'a> {
    name: &'a str,
    family: Family,
    standard: bool,
    span: Span,
    lines: Vec<RawLine<'a>>,
    last: u32,
}

#[derive(Debug)]
struct RawLine<'a> {
    number: u32,
    numbered: bool,
    words: Vec<Word<'a>>,
    span: Span,
    comment: Option<String>,
}

/// An access list that something refers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// It has lines.
    List(ListId),
    /// Defined without a line.
    Empty,
    /// Not defined; a remark says so.
    Undefined,
}

/// What a dynamic permit for replies is.
pub(super) fn replies_reason() -> crate::text::Text {
    text!(
        "すでに開始された通信の戻りパケットだけを通す動的な許可です。新規の通信には一致しません。",
        "a dynamic permit for replies of connections that are already open; it matches no new connection"
    )
}

impl<'a> Reader<'a, '_> {
    /// Collects and turns into lists everything that defines an access list.
    pub(super) fn read_acls(&mut self) {
        for block in self.config.take(Bin::AccessList) {
            self.classic(&block);
        }
        for block in self.config.take(Bin::IpAccessList) {
            let standard = block.head.word(2) == "standard";
            self.named(block, 3, Family::V4, standard);
        }
        for block in self.config.take(Bin::Ipv6AccessList) {
            self.named(block, 2, Family::V6, false);
        }
        for at in 0..self.acls.raw.len() {
            self.lower(at);
        }
    }

    /// `access-list N …`, one line each.
    fn classic(&mut self, block: &Block<'a>) {
        let head = &block.head;
        let name = head.word(1);
        let number: u32 = name.parse().unwrap_or(0);
        match number {
            1..=99 | 1300..=1999 => {}
            100..=199 | 2000..=2699 => {}
            // Lists for other protocols and for MAC addresses.
            200..=1299 => {
                return self.ledger.irrelevant(super::split::whole(block));
            }
            _ => {
                let reason = text!(
                    "「access-list」の番号または名前を解釈できません。",
                    "the number or name of this access-list is not understood"
                );
                return self.ledger.unknown(super::split::whole(block), reason, false);
            }
        }
        let standard = matches!(number, 1..=99 | 1300..=1999);
        let at = self.slot(name, Family::V4, standard, head.span);
        let words = head.words.get(2..).unwrap_or(&[]).to_vec();
        let comment = (head.word(2) == "remark").then(|| head.rest(3));
        let mut pending = self.pending_comment(at);
        self.add(at, words, head.span, comment, &mut pending);
        self.stash_comment(at, pending);
        for extra in &block.body {
            self.unread_extra(extra);
        }
    }

    fn unread_extra(&mut self, extra: &ConfigLine<'_>) {
        let reason = text!("この行は未知です。", "this line is not known");
        self.ledger.unknown(extra.span, reason, false);
    }

    fn named(&mut self, block: Block<'a>, name_at: usize, family: Family, standard: bool) {
        let name = block.head.word(name_at);
        let at = self.slot(name, family, standard, block.head.span);
        self.ledger.used(block.head.span);
        let mut pending = self.pending_comment(at);
        for body in block.body {
            let comment_at =
                body.words.iter().position(|word| word.text == "remark").filter(|at| *at <= 2);
            let comment = comment_at.map(|at| body.rest(at + 1));
            self.add(at, body.words, body.span, comment, &mut pending);
        }
        self.stash_comment(at, pending);
    }

    fn slot(&mut self, name: &'a str, family: Family, standard: bool, span: Span) -> usize {
        if let Some(at) = self.acls.index.get(&(family, name)) {
            return *at;
        }
        let at = self.acls.raw.len();
        self.acls.raw.push(RawAcl { name, family, standard, span, lines: Vec::new(), last: 0 });
        self.acls.index.insert((family, name), at);
        at
    }

    /// A remark of a numbered list waits in an empty line of its own until the next line comes.
    fn pending_comment(&mut self, at: usize) -> Option<String> {
        let raw = self.acls.raw.get_mut(at)?;
        if raw.lines.last().is_some_and(|last| last.words.is_empty()) {
            return raw.lines.pop().and_then(|last| last.comment);
        }
        None
    }

    fn stash_comment(&mut self, at: usize, comment: Option<String>) {
        if let (Some(raw), Some(comment)) = (self.acls.raw.get_mut(at), comment) {
            let span = raw.span;
            raw.lines.push(RawLine {
                number: u32::MAX,
                numbered: false,
                words: Vec::new(),
                span,
                comment: Some(comment),
            });
        }
    }

    fn add(
        &mut self,
        at: usize,
        mut words: Vec<Word<'a>>,
        span: Span,
        remark: Option<&str>,
        pending: &mut Option<String>,
    ) {
        let Some(raw) = self.acls.raw.get_mut(at) else { return };
        // The last word stays, so that a line of a number alone is a line that is not understood, not one that is not there.
        if words.len() > 1 && words.first().is_some_and(|word| word.text == "sequence") {
            words.remove(0);
        }
        let mut number = words.first().and_then(|word| word.text.parse::<u32>().ok());
        if number.is_some() && words.len() > 1 {
            words.remove(0);
        } else if let [.., key, value] = words.as_slice()
            && key.text == "sequence"
        {
            number = value.text.parse().ok();
        }
        if let Some(remark) = remark {
            let text =
                pending.take().map_or(remark.to_owned(), |earlier| format!("{earlier} {remark}"));
            *pending = Some(text);
            return self.ledger.used(span);
        }
        if words.first().is_some_and(|word| word.text == "no") {
            return self.take_back(at, &words, span);
        }
        if words.is_empty() {
            let reason = text!(
                "「access-list」の番号の後に条件がありません。",
                "nothing follows the number of this access-list"
            );
            return self.ledger.unknown(span, reason, false);
        }
        let numbered = number.is_some();
        let number = number.unwrap_or(raw.last.saturating_add(10));
        raw.last = raw.last.max(number);
        raw.lines.push(RawLine { number, numbered, words, span, comment: pending.take() });
    }

    /// `no 30`, `no sequence 30` or `no permit …` inside a list.
    fn take_back(&mut self, at: usize, words: &[Word<'a>], span: Span) {
        let Some(raw) = self.acls.raw.get_mut(at) else { return };
        let rest: Vec<&str> =
            words.iter().skip(1).map(|word| word.text).filter(|w| *w != "sequence").collect();
        let number: Option<u32> = rest.first().and_then(|word| word.parse().ok());
        let goes = |old: &RawLine<'_>| match number {
            Some(number) => old.number == number,
            None => old.words.iter().map(|word| word.text).eq(rest.iter().copied()),
        };
        for old in raw.lines.iter().filter(|old| goes(old)) {
            self.ledger.irrelevant(old.span);
        }
        raw.lines.retain(|old| !goes(old));
        self.ledger.used(span);
    }

    fn lower(&mut self, at: usize) {
        let Some(raw) = self.acls.raw.get_mut(at) else { return };
        let (name, family, standard) = (raw.name, raw.family, raw.standard);
        let mut entries = std::mem::take(&mut raw.lines);
        entries.retain(|entry| !entry.words.is_empty());
        entries.sort_by_key(|entry| entry.number);
        if !entries.is_empty() {
            self.acls.filled.insert(at);
        }
        let dialect = Dialect { names: &IOS, standard, family };
        let mut lines = Vec::with_capacity(entries.len());
        let mut before = None;
        for (index, entry) in entries.into_iter().enumerate() {
            let label = if entry.numbered {
                format!("{name} seq {}", entry.number)
            } else {
                format!("{name} line {}", index + 1)
            };
            let twice = before.replace(entry.number) == Some(entry.number);
            let mut new = self.lower_line(label, &entry, dialect);
            if let (Some(line), true) = (&mut new, twice) {
                self.duplicate(line, lines.last_mut());
            }
            lines.extend(new);
        }
        let list = self.build.list(name, lines);
        self.acls.lists.push(list);
    }

    /// Two lines with one number: which of them the device keeps depends on the release.
    fn duplicate(&mut self, later: &mut Line, earlier: Option<&mut Line>) {
        let reason = text!(
            "同じシーケンス番号の行が重複しており、どちらが有効か特定できません。",
            "two lines have the same sequence number; which one is in force is not known"
        );
        later.matches.unknown.push(unknown(reason.clone(), later.span));
        if let Some(earlier) = earlier {
            earlier.matches.unknown.push(unknown(reason.clone(), later.span));
        }
        self.ledger.unsupported(later.span, reason);
    }

    fn lower_line(&mut self, label: String, raw: &RawLine<'a>, dialect: Dialect) -> Option<Line> {
        let span = raw.span;
        if raw.words.first().is_some_and(|word| word.text == "evaluate") {
            let mut out = self.replies(label, dialect.family, span);
            self.ledger.unsupported(span, replies_reason());
            out.comment = raw.comment.clone();
            return Some(out);
        }
        let mut cursor = Cursor::new(&raw.words, span);
        match acl::entry(&mut cursor, dialect) {
            Ok(entry) => self.lower_entry(label, &entry, raw, dialect),
            Err(at) => {
                let reason = text!(
                    "アクセスリストの行を解釈できません。許可とも拒否とも読みます。",
                    "this access-list line is not understood; it may permit or deny"
                );
                self.ledger.unknown(Span { end: span.end, ..at }, reason, true);
                self.ledger.used(span);
                let matches = self.build.everything(Some(dialect.family), span);
                let mut out = line(label, matches, Action::Undecided, span);
                out.comment = raw.comment.clone();
                Some(out)
            }
        }
    }

    /// `evaluate R` and inspection: packets of connections that are already open, never a new one.
    pub(super) fn replies(&mut self, label: String, family: Family, span: Span) -> Line {
        let reason = replies_reason();
        let mut matches = self.build.everything(Some(family), span);
        matches.states = Some(vec![State::Established, State::Related]);
        matches.unknown.push(unknown(reason, span));
        line(label, matches, Action::Permit, span)
    }

    fn lower_entry(
        &mut self,
        label: String,
        entry: &Entry<'a>,
        raw: &RawLine<'a>,
        dialect: Dialect,
    ) -> Option<Line> {
        let (span, family) = (raw.span, dialect.family);
        if entry.fragments {
            let reason = text!(
                "「fragments」の行は2番目以降の断片だけに一致します。先頭の断片を追う本解析では一致しない行として扱います。",
                "a fragments line matches non-initial fragments only; packets followed here are never such"
            );
            self.ledger.unsupported(span, reason);
            return None;
        }
        let mut matches = self.build.everything(Some(family), span);
        matches.source = self.operand(entry.source, family, span);
        matches.destination = self.operand(entry.destination, family, span);
        matches.unknown = entry.unknown.clone();
        matches.service = self.lower_service(&entry.service, span, &mut matches.unknown);
        matches.schedule = entry.schedule.map(|word| self.schedule(word));
        match matches.unknown.first() {
            Some(first) => self.ledger.unsupported(span, first.reason.clone()),
            None => self.ledger.used(span),
        }
        let action = if entry.permit { Action::Permit } else { Action::Deny };
        let mut out = line(label, matches, action, span);
        out.log = Some(entry.log);
        out.comment = raw.comment.clone();
        Some(out)
    }

    fn operand(&mut self, operand: Address<'a>, family: Family, span: Span) -> AddressId {
        match operand {
            Address::Any => self.build.any_address(Some(family), span),
            Address::Range(range) => self.build.range(range, span),
            Address::Wildcard(mask) => self.build.wildcard(mask, span),
            Address::Group(name) => self.address_group(name, family),
        }
    }

    /// The packets of a service operand; what it cannot say goes to `out`.
    pub(super) fn lower_service(
        &mut self,
        service: &Service<'a>,
        span: Span,
        out: &mut Vec<crate::model::Unknown>,
    ) -> ServiceId {
        let source = self.port_ranges(&service.source, out);
        let destination = self.port_ranges(&service.destination, out);
        match service.protocol {
            Protocol::Any => self.build.any_service(span),
            Protocol::Group(name) => self.service_group(name),
            Protocol::Number(number) if crate::net::flow::is_icmp(number) => match service.icmp {
                Some((kind, code)) => {
                    self.build.icmp(number, Some((kind, kind)), code.map(|code| (code, code)), span)
                }
                None => self.build.protocol(number, span),
            },
            Protocol::Number(number) => {
                self.port_sets(&[number], &source, &destination, &service.flags, span)
            }
            Protocol::TcpUdp => {
                self.port_sets(&[6, 17], &source, &destination, &service.flags, span)
            }
        }
    }

    fn port_ranges(
        &mut self,
        ports: &Ports<'a>,
        out: &mut Vec<crate::model::Unknown>,
    ) -> Vec<PortRange> {
        match ports {
            Ports::Any => vec![PortRange::ALL],
            Ports::Ranges(ranges) => ranges.clone(),
            Ports::Group(name) => {
                let group = name.text;
                let reason = text!(
                    "ポートグループ「{group}」の内容は解釈していません。",
                    "the port group {group} is not read"
                );
                out.push(unknown(reason, name.span));
                vec![PortRange::ALL]
            }
        }
    }

    fn port_sets(
        &mut self,
        protocols: &[u8],
        source: &[PortRange],
        destination: &[PortRange],
        flags: &[TcpFlags],
        span: Span,
    ) -> ServiceId {
        let any = [TcpFlags::ANY];
        let flags = if flags.is_empty() { &any } else { flags };
        let open = source == [PortRange::ALL] && destination == [PortRange::ALL] && *flags == any;
        let mut members = Vec::new();
        for protocol in protocols {
            if open {
                members.push(self.build.protocol(*protocol, span));
                continue;
            }
            for (source, destination) in
                source.iter().flat_map(|s| destination.iter().map(move |d| (*s, *d)))
            {
                for flags in flags {
                    members.push(self.build.ports(*protocol, source, destination, *flags, span));
                }
            }
        }
        self.build.services(members, span)
    }
}
