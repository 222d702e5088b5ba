//! `ipset save`: sets by name, and what a packet must be to be in one.

mod ports;

use super::rule::Side;
use crate::formats::Ledger;
use crate::formats::builder::Builder;
use crate::formats::lines::ConfigLine;
use crate::model::{AddressId, AddressWithin, ServiceId};
use crate::net::{AddressRange, Family, Prefix};
use crate::source::Span;
use crate::text;
use crate::text::Text;
use ports::{port, service};
use rustc_hash::FxHashMap;
use std::collections::{BTreeMap, BTreeSet};

/// More alternatives than this are read as one uncertain one.
const ALTERNATIVES: usize = 1024;

/// A set.
#[derive(Debug)]
struct Set<'a> {
    kind: &'a str,
    family: Family,
    netmask: Option<u8>,
    /// Whether entries without a time of their own expire.
    timed: bool,
    entries: Vec<Entry<'a>>,
    /// Why its members are not known.
    taint: Option<Text>,
    span: Span,
}

#[derive(Clone, Copy, Debug)]
struct Entry<'a> {
    text: &'a str,
    /// Whether it goes away by itself, so that it may be in the set or not.
    timed: bool,
    except: bool,
    span: Span,
}

/// All sets.
#[derive(Debug, Default)]
pub(super) struct Sets<'a> {
    sets: BTreeMap<&'a str, Set<'a>>,
    /// Sets that rules add to or take from.
    pub(super) changed: BTreeSet<String>,
    /// Addresses of a set, once worked out.
    known: FxHashMap<&'a str, Option<AddressId>>,
    /// Members by name and directions, once worked out.
    resolved: FxHashMap<(String, String), Result<Vec<Member>, Unresolved>>,
}

/// One way to be in a set: everything that is given must hold.
#[derive(Clone, Debug, Default)]
pub(super) struct Member {
    pub(super) source: Option<AddressId>,
    pub(super) destination: Option<AddressId>,
    pub(super) service: Option<ServiceId>,
    pub(super) ingress: Option<String>,
    pub(super) egress: Option<String>,
    /// Why it may not hold.
    pub(super) unknown: Option<Text>,
}

/// Why a set cannot be resolved.
#[derive(Clone, Debug)]
pub(super) enum Unresolved {
    Undefined,
    Unknown(Text),
}

/// Whether the line is one of `ipset save`.
pub(super) fn is_line(line: &ConfigLine<'_>) -> bool {
    match line.word(0) {
        "create" => line.words.len() >= 3 && line.word(2).contains(':'),
        "add" => line.words.len() >= 3,
        "del" | "flush" | "destroy" | "swap" | "rename" => line.words.len() >= 2,
        _ => false,
    }
}

impl<'a> Sets<'a> {
    /// Takes a line of `ipset save`.
    pub(super) fn take(&mut self, line: &ConfigLine<'a>, ledger: &mut Ledger<'_>) -> bool {
        if !is_line(line) {
            return false;
        }
        let name = line.word(1);
        match line.word(0) {
            "create" => self.create(line, name, ledger),
            "add" => self.add(line, name, ledger),
            _ => {
                let reason = text!(
                    "集合を変更する命令のため、集合「{name}」の中身は不確実とします。",
                    "a command that changes sets: the members of `{name}` are uncertain"
                );
                ledger.unsupported(line.span, reason.clone());
                for name in [name, line.word(2)] {
                    if let Some(set) = self.sets.get_mut(name) {
                        set.taint = Some(reason.clone());
                    }
                }
            }
        }
        true
    }

    fn create(&mut self, line: &ConfigLine<'a>, name: &'a str, ledger: &mut Ledger<'_>) {
        let mut set = Set {
            kind: line.word(2),
            family: Family::V4,
            netmask: None,
            timed: false,
            entries: Vec::new(),
            taint: None,
            span: line.span,
        };
        let mut at = 3;
        while at < line.words.len() {
            let value = line.word(at + 1);
            match line.word(at) {
                "family" => {
                    set.family = if value == "inet6" { Family::V6 } else { Family::V4 };
                    at += 1;
                }
                "netmask" => {
                    set.netmask = value.parse().ok();
                    at += 1;
                }
                "timeout" => {
                    set.timed = value != "0";
                    at += 1;
                }
                "bitmask" => {
                    set.taint = Some(unread(name));
                    at += 1;
                }
                "hashsize" | "maxelem" | "range" | "markmask" | "bucketsize" | "initval"
                | "size" | "probes" | "resize" => at += 1,
                "counters" | "comment" | "skbinfo" | "forceadd" | "-exist" | "-!" => {}
                _ => set.taint = Some(unread(name)),
            }
            at += 1;
        }
        match &set.taint {
            Some(reason) => ledger.unknown(line.span, reason.clone(), true),
            None => ledger.used(line.span),
        }
        if self.sets.contains_key(name) {
            set.taint = Some(text!(
                "集合「{name}」が2回定義されています。",
                "the set `{name}` is defined twice"
            ));
        }
        self.sets.insert(name, set);
    }

    fn add(&mut self, line: &ConfigLine<'a>, name: &'a str, ledger: &mut Ledger<'_>) {
        let Some(set) = self.sets.get_mut(name) else {
            let reason =
                text!("集合「{name}」は定義されていません。", "the set `{name}` is not defined");
            return ledger.unknown(line.span, reason, true);
        };
        let mut entry =
            Entry { text: line.word(2), timed: set.timed, except: false, span: line.span };
        let mut at = 3;
        while at < line.words.len() {
            let value = line.word(at + 1);
            match line.word(at) {
                "timeout" => {
                    entry.timed = value != "0";
                    at += 1;
                }
                "nomatch" => entry.except = true,
                "packets" | "bytes" | "skbmark" | "skbprio" | "skbqueue" => at += 1,
                "-exist" | "-!" => {}
                // The rest is what somebody wrote about the entry.
                "comment" => break,
                _ => set.taint = Some(unread(name)),
            }
            at += 1;
        }
        if !readable(set, entry.text) {
            set.taint = Some(unread(name));
        }
        match &set.taint {
            Some(reason) => ledger.unknown(line.span, reason.clone(), true),
            None => ledger.used(line.span),
        }
        set.entries.push(entry);
    }

    /// The ways to be in the set `name` with these directions (`src,dst`).
    pub(super) fn members(
        &mut self,
        builder: &mut Builder,
        name: &str,
        directions: &str,
    ) -> Result<Vec<Member>, Unresolved> {
        let key = (name.to_owned(), directions.to_owned());
        if let Some(known) = self.resolved.get(&key) {
            return known.clone();
        }
        let found = self.resolve(builder, name, directions);
        self.resolved.insert(key, found.clone());
        found
    }

    fn resolve(
        &mut self,
        builder: &mut Builder,
        name: &str,
        directions: &str,
    ) -> Result<Vec<Member>, Unresolved> {
        let Some((name, set)) = self.sets.get_key_value(name) else {
            return Err(Unresolved::Undefined);
        };
        let (name, span) = (*name, set.span);
        let mut sides = Vec::new();
        for word in directions.split(',') {
            sides.push(match word {
                "src" => Side::Source,
                "dst" => Side::Destination,
                _ => return Err(Unresolved::Unknown(unread(name))),
            });
        }
        if set.kind == "list:set" {
            let inner: Vec<&'a str> = set.entries.iter().map(|entry| entry.text).collect();
            let whole = set.taint.clone().or_else(|| self.at_run_time(name));
            let timed = set.entries.iter().any(|entry| entry.timed);
            let mut members = Vec::new();
            for inner in inner {
                if self.sets.get(inner).is_some_and(|set| set.kind == "list:set") {
                    return Err(Unresolved::Unknown(unread(inner)));
                }
                members.extend(self.plain(builder, inner, &sides)?);
            }
            if timed && whole.is_none() {
                members.iter_mut().for_each(|member| member.unknown = Some(expires(name)));
            }
            return match whole {
                Some(reason) => Err(Unresolved::Unknown(reason)),
                None => Ok(joined(builder, members, span)),
            };
        }
        self.plain(builder, name, &sides)
    }

    fn at_run_time(&self, name: &str) -> Option<Text> {
        self.changed.contains(name).then(|| {
            text!(
                "集合「{name}」は規則が動作中に書き換えます。",
                "rules change the set `{name}` at run time"
            )
        })
    }

    fn plain(
        &mut self,
        builder: &mut Builder,
        name: &str,
        sides: &[Side],
    ) -> Result<Vec<Member>, Unresolved> {
        let Some((name, set)) = self.sets.get_key_value(name) else {
            return Err(Unresolved::Undefined);
        };
        let name = *name;
        if let Some(reason) = set.taint.clone().or_else(|| self.at_run_time(name)) {
            return Err(Unresolved::Unknown(reason));
        }
        let parts: Vec<&str> =
            set.kind.split_once(':').map_or("", |(_, parts)| parts).split(',').collect();
        if parts.len() > sides.len() || parts.iter().any(|part| !KINDS.contains(part)) {
            return Err(Unresolved::Unknown(unread(name)));
        }
        if matches!(parts.as_slice(), ["ip" | "net"]) {
            let known = self.known.get(name).copied();
            let id = match known {
                Some(id) => id,
                None => addresses(builder, set),
            };
            let name_span = set.span;
            self.known.insert(name, id);
            let id = id.unwrap_or_else(|| builder.union(Vec::new(), name_span));
            return Ok(vec![on(Member::default(), sides.first(), id)]);
        }
        products(builder, set, &parts, sides, name)
    }
}

/// What the parts of a set can be; others (`mac`, `mark`) are not in the model.
const KINDS: &[&str] = &["ip", "net", "port", "iface"];

fn unread(name: &str) -> Text {
    text!(
        "集合「{name}」の種類または要素を解釈できません。",
        "the kind or a member of the set `{name}` is not understood"
    )
}

fn expires(name: &str) -> Text {
    text!("集合「{name}」の要素には期限があります。", "members of the set `{name}` expire")
}

/// Whether every part of an entry can be read as the kind of the set says.
fn readable(set: &Set<'_>, text: &str) -> bool {
    let Some((_, parts)) = set.kind.split_once(':') else { return false };
    let words: Vec<&str> = text.split(',').collect();
    let kinds: Vec<&str> = parts.split(',').collect();
    let fits = |(kind, word): (&&str, &&str)| match *kind {
        "ip" | "net" => range(word, set).is_some(),
        "port" => port(word, set.kind).is_some(),
        _ => !word.is_empty(),
    };
    kinds.len() == words.len() && kinds.iter().zip(&words).all(fits)
}

/// An address, a prefix or a range; with the netmask of the set, the network that it stands for.
fn range(word: &str, set: &Set<'_>) -> Option<AddressRange> {
    if let Some((first, last)) = word.split_once('-') {
        return AddressRange::new(first.parse().ok()?, last.parse().ok()?);
    }
    let prefix = Prefix::parse(word)?;
    let len = set.netmask.map_or(prefix.len(), |mask| mask.min(prefix.len()));
    Some(Prefix::new(prefix.address(), len)?.range())
}

fn on(mut member: Member, side: Option<&Side>, id: AddressId) -> Member {
    match side {
        Some(Side::Destination) => member.destination = Some(id),
        _ => member.source = Some(id),
    }
    member
}

/// The addresses of a set of addresses: more specific entries go before less specific ones, also exceptions.
fn addresses(builder: &mut Builder, set: &Set<'_>) -> Option<AddressId> {
    let mut levels: BTreeMap<std::cmp::Reverse<u128>, [Vec<AddressId>; 4]> = BTreeMap::new();
    let layered = set.entries.iter().any(|entry| entry.except);
    for entry in &set.entries {
        let range = range(entry.text, set)?;
        let id = builder.range(range, entry.span);
        let key = if layered { range.extent() } else { 0 };
        let slot = usize::from(entry.except) * 2 + usize::from(entry.timed);
        let level = levels.entry(std::cmp::Reverse(key)).or_default();
        if let Some(slot) = level.get_mut(slot) {
            slot.push(id);
        }
    }
    let mut value: Option<AddressId> = None;
    for [sure, timed, except, timed_except] in levels.into_values() {
        let mut parts: Vec<AddressId> = value.into_iter().chain(sure).collect();
        if !timed.is_empty() {
            let all = builder.union(timed, set.span);
            parts.push(perhaps(builder, all, set));
        }
        let mut next = builder.union(parts, set.span);
        for (list, sure) in [(except, true), (timed_except, false)] {
            if list.is_empty() {
                continue;
            }
            let all = builder.union(list, set.span);
            let minus = if sure { all } else { perhaps(builder, all, set) };
            next = builder.except(next, minus, set.span);
        }
        value = Some(next);
    }
    value
}

/// The addresses of `id`, each of which may be meant or not.
fn perhaps(builder: &mut Builder, id: AddressId, set: &Set<'_>) -> AddressId {
    let reason = text!("集合の要素には期限があります。", "the member of the set expires");
    let unknown = builder.unknown_address(reason, AddressWithin::Family(set.family), set.span);
    builder.except(id, unknown, set.span)
}

/// Entries of several parts: one member for all first addresses that share the other parts.
fn products(
    builder: &mut Builder,
    set: &Set<'_>,
    parts: &[&str],
    sides: &[Side],
    name: &str,
) -> Result<Vec<Member>, Unresolved> {
    let excepted = set.entries.iter().any(|entry| entry.except);
    let leading = matches!(parts.first(), Some(&"ip" | &"net"));
    let mut groups: BTreeMap<(Vec<&str>, bool), Vec<AddressId>> = BTreeMap::new();
    for entry in set.entries.iter().filter(|entry| !entry.except) {
        let mut words: Vec<&str> = entry.text.split(',').collect();
        let unread = || Unresolved::Unknown(unread(name));
        let first = if leading {
            let first = range(words.remove(0), set).ok_or_else(unread)?;
            Some(builder.range(first, entry.span))
        } else {
            None
        };
        groups.entry((words, entry.timed)).or_default().extend(first);
    }
    if groups.len() > ALTERNATIVES {
        return Err(Unresolved::Unknown(text!(
            "集合「{name}」は組み合わせが多いため、一致するともしないとも読みます。",
            "the set `{name}` has too many combinations: a packet may be in it or not"
        )));
    }
    let mut members = Vec::new();
    for ((words, timed), firsts) in groups {
        let mut member = Member::default();
        if leading {
            let first = builder.union(firsts, set.span);
            member = on(member, sides.first(), first);
        }
        let skip = usize::from(leading);
        for ((kind, side), word) in parts.iter().zip(sides).skip(skip).zip(words) {
            if !part(builder, set, &mut member, (kind, *side), word) {
                return Err(Unresolved::Unknown(unread(name)));
            }
        }
        if timed || excepted {
            member.unknown = Some(expires_or_excepted(name));
        }
        members.push(member);
    }
    Ok(members)
}

fn expires_or_excepted(name: &str) -> Text {
    text!(
        "集合「{name}」の要素には期限または例外（nomatch）があります。",
        "members of the set `{name}` expire or have exceptions (nomatch)"
    )
}

/// Narrows a member by one part; `false` when the part cannot be read, or the same side is narrowed twice.
fn part(
    builder: &mut Builder,
    set: &Set<'_>,
    member: &mut Member,
    (kind, side): (&str, Side),
    word: &str,
) -> bool {
    match kind {
        "ip" | "net" => {
            let Some(range) = range(word, set) else { return false };
            let id = builder.range(range, set.span);
            let slot = match side {
                Side::Destination => &mut member.destination,
                _ => &mut member.source,
            };
            slot.replace(id).is_none()
        }
        "iface" => {
            if word.starts_with("physdev:") {
                return false;
            }
            let slot = match side {
                Side::Destination => &mut member.egress,
                _ => &mut member.ingress,
            };
            slot.replace(word.to_owned()).is_none()
        }
        _ => {
            let Some(port) = port(word, set.kind) else { return false };
            member.service.replace(service(builder, port, side, set.span)).is_none()
        }
    }
}

/// Members that ask for one side's address only become one.
fn joined(builder: &mut Builder, members: Vec<Member>, span: Span) -> Vec<Member> {
    let (mut sources, mut destinations, mut rest) = (Vec::new(), Vec::new(), Vec::new());
    for member in members {
        let plain = member.service.is_none()
            && member.ingress.is_none()
            && member.egress.is_none()
            && member.unknown.is_none();
        match (member.source, member.destination) {
            (Some(id), None) if plain => sources.push(id),
            (None, Some(id)) if plain => destinations.push(id),
            _ => rest.push(member),
        }
    }
    if !sources.is_empty() {
        let source = Some(builder.union(sources, span));
        rest.push(Member { source, ..Member::default() });
    }
    if !destinations.is_empty() {
        let destination = Some(builder.union(destinations, span));
        rest.push(Member { destination, ..Member::default() });
    }
    rest
}
