//! Lines of access lists as lines of the model.

use super::lists::RawLine;
use super::{Address, Cursor, Dialect, Entry, Ports, Protocol, Service};
use crate::formats::Ledger;
use crate::formats::builder::{Builder, line, numbered, unknown};
use crate::formats::lines::Word;
use crate::model::{
    Action, AddressId, Line, ListId, Schedule, ScheduleId, ServiceId, TcpFlags, Unknown,
};
use crate::net::{Family, PortRange, State};
use crate::source::Span;
use crate::text;
use crate::text::Text;
use std::borrow::Cow;

/// What the lines of access lists refer to, in the reader at hand.
pub(in crate::formats) trait References<'a> {
    /// The device.
    fn build(&mut self) -> &mut Builder;
    /// The account of lines.
    fn ledger(&mut self) -> &mut Ledger<'a>;
    /// The addresses of a group.
    fn address_group(&mut self, name: Word<'a>, family: Family) -> AddressId;
    /// The packets of a service group; of a vendor without such groups, unknown ones.
    fn service_group(&mut self, name: Word<'a>) -> ServiceId {
        let reason = text!("サービスのグループは解釈していません。", "service groups are not read");
        self.build().unknown_service(reason, name.span)
    }
    /// The ports of a group; `None` when they are not known.
    fn port_group(&mut self, _: Word<'a>) -> Option<Vec<PortRange>> {
        None
    }
    /// A schedule; of a vendor whose schedules are not read, one that may be active.
    fn schedule(&mut self, name: Word<'a>) -> ScheduleId {
        let schedule = Schedule { name: name.text.to_owned(), windows: None, span: name.span };
        self.build().device.schedules.push(schedule)
    }
    /// A line that the grammar does not hold and the vendor does; it gives the account of the line.
    fn special(
        &mut self,
        label: &str,
        words: &[Word<'a>],
        family: Family,
        span: Span,
    ) -> Option<Line>;
}

/// A chain in which a permit of `list` becomes `permit` and a deny becomes `deny`; a line that is not understood may do
/// either.
pub(in crate::formats) fn derive(
    build: &mut Builder,
    list: ListId,
    permit: Action,
    deny: Action,
) -> ListId {
    let mut lines = Vec::new();
    for old in &build.device.lists[list].lines {
        let mut put = |action| lines.push(Line { action, ..old.clone() });
        match old.action {
            Action::Permit => put(permit),
            Action::Deny => put(deny),
            _ => {
                put(permit);
                put(deny);
            }
        }
        if !matches!(old.action, Action::Permit | Action::Deny) {
            let reason = text!("解釈できない行です。", "a line that is not understood");
            for new in lines.iter_mut().rev().take(2) {
                new.matches.unknown.push(unknown(reason.clone(), old.span));
            }
        }
    }
    let name = build.device.lists[list].name.clone();
    build.list(&name, lines)
}

/// A rule list of lines in order.
pub(super) fn lower_list<'a>(
    host: &mut impl References<'a>,
    name: &str,
    dialect: Dialect,
    entries: Vec<RawLine<'a>>,
) -> ListId {
    let mut lines = Vec::with_capacity(entries.len());
    let mut before = None;
    for (index, entry) in entries.into_iter().enumerate() {
        let label = if entry.numbered {
            numbered(name, " seq ", entry.number as usize)
        } else {
            numbered(name, " line ", index + 1)
        };
        let twice = before.replace(entry.number) == Some(entry.number);
        let mut new = lower_line(host, label, &entry, dialect);
        if let (Some(line), true) = (&mut new, twice) {
            duplicate(host, line, lines.last_mut());
        }
        lines.extend(new);
    }
    host.build().list(name, lines)
}

/// Two lines with one number: which of them the device keeps depends on the release.
fn duplicate<'a>(host: &mut impl References<'a>, later: &mut Line, earlier: Option<&mut Line>) {
    let reason = text!(
        "同じシーケンス番号の行が重複しており、どちらが有効か特定できません。",
        "two lines have the same sequence number; which one is in force is not known"
    );
    later.matches.unknown.push(unknown(reason.clone(), later.span));
    if let Some(earlier) = earlier {
        earlier.matches.unknown.push(unknown(reason.clone(), later.span));
    }
    host.ledger().unsupported(later.span, reason);
}

fn lower_line<'a>(
    host: &mut impl References<'a>,
    label: String,
    raw: &RawLine<'a>,
    dialect: Dialect,
) -> Option<Line> {
    let span = raw.span;
    if let Some(mut out) = host.special(&label, &raw.words, dialect.family, span) {
        out.comment = raw.comment.clone();
        return Some(out);
    }
    let mut cursor = Cursor::new(&raw.words, span);
    match super::entry(&mut cursor, dialect) {
        Ok(entry) => lower_entry(host, label, &entry, raw, dialect),
        Err(at) => {
            let reason = text!(
                "アクセスリストの行を解釈できません。許可とも拒否とも読みます。",
                "this access-list line is not understood; it may permit or deny"
            );
            host.ledger().unknown(Span { end: span.end, ..at }, reason, true);
            host.ledger().used(span);
            let matches = host.build().everything(Some(dialect.family), span);
            let mut out = line(label, matches, Action::Undecided, span);
            out.comment = raw.comment.clone();
            Some(out)
        }
    }
}

/// What a dynamic permit for replies is.
pub(in crate::formats) fn replies_reason() -> Text {
    text!(
        "すでに開始された通信の戻りパケットだけを通す動的な許可です。新規の通信には一致しません。",
        "a dynamic permit for replies of connections that are already open; it matches no new connection"
    )
}

/// A permit for packets of connections that are already open, never a new one.
pub(in crate::formats) fn replies(
    build: &mut Builder,
    label: String,
    family: Family,
    span: Span,
) -> Line {
    let mut matches = build.everything(Some(family), span);
    matches.states = Some(vec![State::Established, State::Related]);
    matches.unknown.push(unknown(replies_reason(), span));
    line(label, matches, Action::Permit, span)
}

fn lower_entry<'a>(
    host: &mut impl References<'a>,
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
        host.ledger().unsupported(span, reason);
        return None;
    }
    let mut out = lower(host, label, entry, family, span);
    out.comment.clone_from(&raw.comment);
    Some(out)
}

/// The line of an entry that is not about fragments, with its account.
pub(in crate::formats) fn lower<'a>(
    host: &mut impl References<'a>,
    label: String,
    entry: &Entry<'a>,
    family: Family,
    span: Span,
) -> Line {
    let mut matches = host.build().everything(Some(family), span);
    matches.source = operand(host, entry.source, family, span);
    matches.destination = operand(host, entry.destination, family, span);
    matches.unknown = entry.unknown.clone();
    matches.service = lower_service(host, &entry.service, span, &mut matches.unknown);
    matches.schedule = entry.schedule.map(|word| host.schedule(word));
    match matches.unknown.first() {
        Some(first) => host.ledger().unsupported(span, first.reason.clone()),
        None => host.ledger().used(span),
    }
    let mut out = line(label, matches, entry.action, span);
    out.log = Some(entry.log);
    out
}

fn operand<'a>(
    host: &mut impl References<'a>,
    operand: Address<'a>,
    family: Family,
    span: Span,
) -> AddressId {
    match operand {
        Address::Any => host.build().any_address(Some(family), span),
        Address::Range(range) => host.build().range(range, span),
        Address::Wildcard(mask) => host.build().wildcard(mask, span),
        Address::Group(name) => host.address_group(name, family),
    }
}

/// The packets of a service operand; what it cannot say goes to `out`.
pub(in crate::formats) fn lower_service<'a>(
    host: &mut impl References<'a>,
    service: &Service<'a>,
    span: Span,
    out: &mut Vec<Unknown>,
) -> ServiceId {
    let source = port_ranges(host, &service.source, out);
    let destination = port_ranges(host, &service.destination, out);
    match service.protocol {
        Protocol::Any => host.build().any_service(span),
        Protocol::Group(name) => host.service_group(name),
        Protocol::Number(number) if crate::net::flow::is_icmp(number) => match service.icmp {
            Some((kind, code)) => {
                host.build().icmp(number, Some((kind, kind)), code.map(|code| (code, code)), span)
            }
            None => host.build().protocol(number, span),
        },
        Protocol::Number(number) => {
            port_sets(host.build(), &[number], &source, &destination, &service.flags, span)
        }
        Protocol::TcpUdp => {
            port_sets(host.build(), &[6, 17], &source, &destination, &service.flags, span)
        }
    }
}

fn port_ranges<'a, 'p>(
    host: &mut impl References<'a>,
    ports: &'p Ports<'a>,
    out: &mut Vec<Unknown>,
) -> Cow<'p, [PortRange]> {
    match ports {
        Ports::Any => Cow::Borrowed(&[PortRange::ALL]),
        Ports::Ranges(ranges) => Cow::Borrowed(ranges),
        Ports::Group(name) => {
            if let Some(ranges) = host.port_group(*name) {
                return Cow::Owned(ranges);
            }
            let group = name.text;
            let reason = text!(
                "ポートグループ「{group}」の内容は解釈していません。",
                "the port group {group} is not read"
            );
            out.push(unknown(reason, name.span));
            Cow::Borrowed(&[PortRange::ALL])
        }
    }
}

fn port_sets(
    build: &mut Builder,
    protocols: &[u8],
    source: &[PortRange],
    destination: &[PortRange],
    flags: &[TcpFlags],
    span: Span,
) -> ServiceId {
    let any = [TcpFlags::ANY];
    let flags = if flags.is_empty() { &any } else { flags };
    let open = source == [PortRange::ALL] && destination == [PortRange::ALL] && *flags == any;
    if let ([protocol], [source], [destination], [flags], false) =
        (protocols, source, destination, flags, open)
    {
        return build.ports(*protocol, *source, *destination, *flags, span);
    }
    let mut members = Vec::new();
    for protocol in protocols {
        if open {
            members.push(build.protocol(*protocol, span));
            continue;
        }
        for (source, destination) in
            source.iter().flat_map(|s| destination.iter().map(move |d| (*s, *d)))
        {
            for flags in flags {
                members.push(build.ports(*protocol, source, destination, *flags, span));
            }
        }
    }
    build.services(members, span)
}
