//! `access-list` lines.

use super::objects::{Group, icmp, undefined};
use super::state::{Cursor, Ports, Protocols, Reader, unknown};
use super::words;
use crate::formats::builder::numbered;
use crate::formats::lines::ConfigLine;
use crate::model::{
    Action, AddressId, Line, ListId, Match, RuleList, ServiceId, ServiceSet, Unknown,
};
use crate::net::AddressRange;
use crate::source::Span;
use crate::text;
use rustc_hash::FxHashMap as HashMap;

/// The lines of one list as the device orders them.
struct Draft<'a> {
    name: &'a str,
    lines: Vec<&'a ConfigLine<'a>>,
}

/// What one line was read as.
struct Entry {
    action: Action,
    matches: Match,
    enabled: bool,
    log: Option<bool>,
}

/// Reads every `access-list` line.
pub(super) fn read<'a>(reader: &mut Reader<'a>, lines: &[&'a ConfigLine<'a>]) {
    for draft in drafts(reader, lines) {
        let list = build(reader, &draft);
        let id = reader.device.lists.push(list);
        reader.acls.insert(draft.name, id);
        if draft.lines.iter().any(|line| body(line).peek() == "standard") {
            reader.standard.push(id);
        }
    }
}

/// The words after the name and `line N`.
fn body<'c, 'a>(line: &'c ConfigLine<'a>) -> Cursor<'c, 'a> {
    let numbered = line.word(2) == "line" && line.word(3).parse::<usize>().is_ok();
    Cursor::new(line, if numbered { 4 } else { 2 })
}

/// Lists in order of first appearance. `line N` inserts before what is line N so far; remarks count as lines there.
fn drafts<'a>(reader: &mut Reader<'a>, lines: &[&'a ConfigLine<'a>]) -> Vec<Draft<'a>> {
    let mut at: HashMap<&'a str, usize> = HashMap::default();
    let mut out: Vec<Draft<'a>> = Vec::new();
    for line in lines {
        let name = line.word(1);
        if settings(line) {
            reader.ledger.irrelevant(line.span);
            continue;
        }
        let index = *at.entry(name).or_insert_with(|| {
            out.push(Draft { name, lines: Vec::new() });
            out.len() - 1
        });
        let Some(draft) = out.get_mut(index) else { continue };
        let number = if line.word(2) == "line" { line.word(3).parse::<usize>().ok() } else { None };
        match number {
            Some(number) if number >= 1 && number <= draft.lines.len() => {
                draft.lines.insert(number - 1, line);
            }
            _ => draft.lines.push(line),
        }
    }
    out
}

/// Lines that set up the feature, list parts for other uses, and headings of `show access-list`.
fn settings(line: &ConfigLine<'_>) -> bool {
    let name = line.word(1);
    let entry =
        matches!(line.word(2), "extended" | "standard" | "remark" | "line" | "permit" | "deny");
    !entry && matches!(name, "alert-interval" | "deny-flow-max" | "cached" | "mode" | "commit-mode")
        || matches!(line.word(2), "ethertype" | "webtype")
        || heading(line)
}

/// `access-list NAME; 5 elements; name hash: 0x…`. Most lines have no word that ends so, which is quickly seen.
fn heading(line: &ConfigLine<'_>) -> bool {
    line.words.iter().any(|word| word.text.ends_with("elements;"))
        && line.text.contains("elements; name hash")
}

fn build<'a>(reader: &mut Reader<'a>, draft: &Draft<'a>) -> RuleList {
    let lines = Vec::with_capacity(draft.lines.len());
    let mut list = RuleList { name: draft.name.to_owned(), lines };
    let mut comment: Option<String> = None;
    for line in &draft.lines {
        let mut cursor = body(line);
        if cursor.peek() == "remark" {
            reader.ledger.irrelevant(line.span);
            let text =
                line.rest(line.words.iter().position(|w| w.text == "remark").unwrap_or(0) + 1);
            comment = Some(match comment {
                Some(before) => format!("{before}\n{text}"),
                None => text.to_owned(),
            });
            continue;
        }
        let label = numbered(draft.name, " line ", list.lines.len() + 1);
        let entry = match cursor.peek() {
            "standard" => {
                cursor.skip(1);
                standard(reader, &mut cursor, line)
            }
            "advanced" => Some(advanced(reader, line)),
            word => {
                if word == "extended" {
                    cursor.skip(1);
                }
                extended(reader, &mut cursor, line)
            }
        };
        let entry = entry.unwrap_or_else(|| unread(reader, line));
        list.lines.push(Line {
            label,
            matches: entry.matches,
            action: entry.action,
            enabled: entry.enabled,
            log: entry.log,
            comment: comment.take(),
            span: line.span,
        });
    }
    list
}

/// A line that is not understood: perhaps it permits, perhaps it denies, whatever the packet.
fn unread(reader: &mut Reader<'_>, line: &ConfigLine<'_>) -> Entry {
    let text = line.text;
    let reason = text!(
        "「{text}」を解釈できません。どの通信も許可または拒否し得る行として扱います。",
        "\"{text}\" is not understood; it is read as a line that may permit or deny anything",
    );
    reader.ledger.unknown(line.span, reason.clone(), true);
    let mut matches = reader.match_all();
    matches.unknown.push(unknown(reason, line.span));
    Entry { action: Action::Undecided, matches, enabled: true, log: None }
}

/// `access-list NAME advanced permit|deny|trust … rule-id N`, a line of FTD: Snort decides beside it.
fn advanced(reader: &mut Reader<'_>, line: &ConfigLine<'_>) -> Entry {
    let reason = super::ftd();
    reader.ledger.unsupported(line.span, reason.clone());
    let mut matches = reader.match_all();
    matches.unknown.push(unknown(reason, line.span));
    Entry { action: Action::Undecided, matches, enabled: true, log: None }
}

fn action(cursor: &mut Cursor<'_, '_>) -> Option<Action> {
    match cursor.next() {
        "permit" => Some(Action::Permit),
        "deny" => Some(Action::Deny),
        _ => None,
    }
}

/// `access-list NAME standard permit|deny any4|host A|A M`.
fn standard<'a>(
    reader: &mut Reader<'a>,
    cursor: &mut Cursor<'_, 'a>,
    line: &'a ConfigLine<'a>,
) -> Option<Entry> {
    let action = action(cursor)?;
    let mut matches = reader.match_all();
    matches.source = address(reader, cursor, line.span)?;
    if !cursor.is_empty() {
        return None;
    }
    reader.ledger.used(line.span);
    Some(Entry { action, matches, enabled: true, log: None })
}

fn extended<'a>(
    reader: &mut Reader<'a>,
    cursor: &mut Cursor<'_, 'a>,
    line: &'a ConfigLine<'a>,
) -> Option<Entry> {
    let action = action(cursor)?;
    let mut matches = reader.match_all();
    let head = protocol(reader, cursor, line, &mut matches.unknown)?;
    identity(cursor, line, &mut matches.unknown);
    matches.source = address(reader, cursor, line.span)?;
    let source = side_ports(reader, cursor, line, true)?;
    identity(cursor, line, &mut matches.unknown);
    matches.destination = address(reader, cursor, line.span)?;
    let destination = side_ports(reader, cursor, line, false)?;
    matches.service = match head {
        Head::Service(id) if source == Ports::All && destination == Ports::All => id,
        Head::Service(_) => return None,
        Head::Icmp(protocol) => icmp_condition(reader, cursor, line, protocol)?,
        Head::Protocols(protocols) => reader.service(&protocols, source, destination, line.span)?,
    };
    let mut entry = Entry { action, matches, enabled: true, log: None };
    options(reader, cursor, line, &mut entry)?;
    let reason = entry.matches.unknown.first().map(|unknown| unknown.reason.clone());
    match reason {
        Some(reason) => reader.ledger.unsupported(line.span, reason),
        None => reader.ledger.used(line.span),
    }
    Some(entry)
}

/// The first condition of a line.
enum Head {
    Protocols(Protocols),
    Icmp(u8),
    Service(ServiceId),
}

fn protocol<'a>(
    reader: &mut Reader<'a>,
    cursor: &mut Cursor<'_, 'a>,
    line: &ConfigLine<'_>,
    unknowns: &mut Vec<Unknown>,
) -> Option<Head> {
    let span = cursor.span(line.span);
    match cursor.next() {
        "ip" => Some(Head::Protocols(Protocols::Any)),
        "icmp" | "1" => Some(Head::Icmp(1)),
        "icmp6" | "58" => Some(Head::Icmp(58)),
        "object" => {
            let name = cursor.next();
            if let Some(service) = reader.services.get(name) {
                return Some(Head::Service(service.id));
            }
            let reason = undefined(reader, "object service", name, span);
            unknowns.push(unknown(reason.clone(), span));
            Some(Head::Service(reader.unknown_service(reason, span)))
        }
        "object-group" => {
            let name = cursor.next();
            match reader.groups.get(name) {
                Some(Group::Service(id) | Group::Ports { id, .. }) => Some(Head::Service(*id)),
                Some(Group::Protocol { protocols, unknown: why }) => {
                    if let Some(reason) = why.clone() {
                        unknowns.push(unknown(reason, span));
                    }
                    Some(Head::Protocols(protocols.clone()))
                }
                Some(_) => None,
                None => {
                    let reason = undefined(reader, "object-group", name, span);
                    unknowns.push(unknown(reason.clone(), span));
                    Some(Head::Service(reader.unknown_service(reason, span)))
                }
            }
        }
        word => words::protocol(word).map(|number| Head::Protocols(Protocols::one(number))),
    }
}

/// Users and security groups: who is logged in is not in the configuration.
fn identity(cursor: &mut Cursor<'_, '_>, line: &ConfigLine<'_>, unknowns: &mut Vec<Unknown>) {
    loop {
        let span = cursor.span(line.span);
        let words = match (cursor.peek(), cursor.at(1)) {
            ("user", "any") => {
                cursor.skip(2);
                continue;
            }
            ("user" | "user-group" | "object-group-user" | "object-group-security", _) => 2,
            ("security-group", _) => 3,
            _ => return,
        };
        cursor.skip(words);
        let reason = text!(
            "利用者またはセキュリティグループの条件は設定からは判定できません。合致することも、しないこともあるものとして扱います。",
            "a condition on users or security groups cannot be told from the configuration; it is read as perhaps met",
        );
        unknowns.push(unknown(reason, span));
    }
}

/// `any`, `any4`, `any6`, `host A`, `object O`, `object-group G`, `interface I`, `A M`, `P/L`.
pub(super) fn address<'a>(
    reader: &mut Reader<'a>,
    cursor: &mut Cursor<'_, 'a>,
    fallback: Span,
) -> Option<AddressId> {
    let span = cursor.span(fallback);
    match cursor.next() {
        "any" => Some(reader.any()),
        "any4" => Some(reader.literals.any4),
        "any6" => Some(reader.literals.any6),
        "host" => {
            let ip = reader.ip(cursor.next())?;
            Some(reader.range(AddressRange::single(ip), span))
        }
        "object" => {
            let name = cursor.next();
            if let Some(id) = reader.networks.get(name) {
                return Some(*id);
            }
            let reason = undefined(reader, "object network", name, span);
            reader.ledger.unsupported(span, reason.clone());
            Some(reader.unknown_address(reason, span))
        }
        "object-group" | "object-group-network-service" => {
            let name = cursor.next();
            match reader.groups.get(name) {
                Some(Group::Network(id)) => Some(*id),
                Some(Group::Outside) => {
                    let reason = text!(
                        "グループ「{name}」の内容は設定からは決まりません。",
                        "the configuration does not say what group {name} holds",
                    );
                    reader.ledger.unsupported(span, reason.clone());
                    Some(reader.unknown_address(reason, span))
                }
                Some(_) => None,
                None => {
                    let reason = undefined(reader, "object-group", name, span);
                    reader.ledger.unsupported(span, reason.clone());
                    Some(reader.unknown_address(reason, span))
                }
            }
        }
        "interface" => Some(interface_address(reader, cursor.next(), span)),
        "" => None,
        word if word.contains('/') => reader.slashed(word, span),
        word => reader.masked(word, cursor.next(), span),
    }
}

/// The addresses of an interface.
pub(super) fn interface_address(reader: &mut Reader<'_>, name: &str, span: Span) -> AddressId {
    let Some(id) = reader.nameif(name).map(|nameif| nameif.id) else {
        let reason = undefined(reader, "interface", name, span);
        reader.ledger.unsupported(span, reason.clone());
        return reader.unknown_address(reason, span);
    };
    let interface = &reader.device.interfaces[id];
    if interface.dynamic {
        let reason = text!(
            "インターフェース「{name}」のアドレスは実行時に決まるため不明です。",
            "the address of interface {name} is assigned at run time",
        );
        return reader.unknown_address(reason, span);
    }
    let addresses: Vec<_> = interface.addresses.iter().map(|a| a.address).collect();
    let members =
        addresses.into_iter().map(|ip| reader.range(AddressRange::single(ip), span)).collect();
    reader.union(members, span)
}

/// The port condition after an address. `object-group` there is a port group, or already the destination.
fn side_ports<'a>(
    reader: &mut Reader<'a>,
    cursor: &mut Cursor<'_, 'a>,
    line: &ConfigLine<'_>,
    is_source: bool,
) -> Option<Ports<'a>> {
    if cursor.peek() != "object-group" {
        return cursor.ports();
    }
    let name = cursor.at(1);
    match reader.groups.get(name) {
        Some(Group::Ports { .. }) => {
            cursor.skip(2);
            Some(Ports::Group(name))
        }
        // An ICMP group is read where the protocol is; a network group is the destination.
        Some(Group::Icmp { .. }) if !is_source => Some(Ports::All),
        Some(_) if is_source => Some(Ports::All),
        Some(_) => None,
        None if is_source && !starts_address(cursor.at(2)) => Some(Ports::All),
        None => {
            let span = cursor.span(line.span);
            undefined(reader, "object-group", name, span);
            None
        }
    }
}

fn starts_address(word: &str) -> bool {
    matches!(word, "any" | "any4" | "any6" | "host" | "object" | "object-group" | "interface")
        || word.starts_with(|c: char| c.is_ascii_digit())
}

fn icmp_condition<'a>(
    reader: &mut Reader<'a>,
    cursor: &mut Cursor<'_, 'a>,
    line: &ConfigLine<'_>,
    protocol: u8,
) -> Option<ServiceId> {
    if cursor.eat("object-group") {
        let Some(Group::Icmp { types, unknown }) = reader.groups.get(cursor.next()).cloned() else {
            return None;
        };
        if let Some(reason) = unknown {
            let all = reader.device.literal_service(ServiceSet::Protocol(protocol), line.span);
            let unknown = reader.unknown_service(reason, line.span);
            return Some(reader.device.literal_service(ServiceSet::Both(all, unknown), line.span));
        }
        let members =
            types.into_iter().map(|(t, c)| icmp(reader, protocol, Some(t), c, line.span)).collect();
        return Some(reader.service_union(members, line.span));
    }
    let Some(kind) = words::icmp_type(protocol, cursor.peek()) else {
        return reader.service(&Protocols::one(protocol), Ports::All, Ports::All, line.span);
    };
    cursor.skip(1);
    let code = cursor.peek().parse().ok();
    if code.is_some() {
        cursor.skip(1);
    }
    Some(icmp(reader, protocol, Some(kind), code, line.span))
}

/// `log …`, `time-range T`, `inactive`, and the counters of `show access-list`.
fn options<'a>(
    reader: &mut Reader<'a>,
    cursor: &mut Cursor<'_, 'a>,
    line: &ConfigLine<'_>,
    entry: &mut Entry,
) -> Option<()> {
    while !cursor.is_empty() {
        let span = cursor.span(line.span);
        match cursor.next() {
            "log" => {
                let mut on = true;
                loop {
                    match cursor.peek() {
                        "disable" => on = false,
                        "interval" => cursor.skip(1),
                        "default" | "emergencies" | "alerts" | "critical" | "errors"
                        | "warnings" | "notifications" | "informational" | "debugging" => {}
                        word if word.len() == 1 && word.bytes().all(|b| b.is_ascii_digit()) => {}
                        _ => break,
                    }
                    cursor.skip(1);
                }
                entry.log = Some(on);
            }
            "time-range" => {
                let name = cursor.next();
                match reader.schedules.get(name) {
                    Some(id) => entry.matches.schedule = Some(*id),
                    None => {
                        let reason = undefined(reader, "time-range", name, span);
                        entry.matches.unknown.push(unknown(reason, span));
                    }
                }
            }
            "inactive" => entry.enabled = false,
            "(inactive)" => entry.enabled = false,
            word if word.starts_with("(hitcnt=") || word.starts_with("0x") => {}
            _ => return None,
        }
    }
    entry.log = entry.log.or(Some(false));
    Some(())
}

/// The lists by name, or an undecided one for a name that is not defined.
pub(super) fn list_or_unknown(reader: &mut Reader<'_>, name: &str, span: Span) -> ListId {
    if let Some(id) = reader.acls.get(name).copied().filter(|id| !reader.standard.contains(id)) {
        return id;
    }
    let reason = if reader.acls.contains_key(name) {
        text!(
            "標準アクセスリスト「{name}」はインターフェースに適用できません。許可・拒否のどちらもあり得るものとして扱います。",
            "standard access list {name} cannot be bound to an interface; it is read as perhaps permitting, perhaps denying",
        )
    } else {
        undefined(reader, "access-list", name, span)
    };
    reader.ledger.unsupported(span, reason.clone());
    let mut line = reader.line(format!("{name} (undefined)"), Action::Undecided, span);
    line.matches.unknown.push(unknown(reason, span));
    reader.device.lists.push(RuleList { name: name.to_owned(), lines: vec![line] })
}
