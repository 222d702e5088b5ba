//! Grammar of one access-list line of the IOS family: addresses, port operators, ICMP kinds, flags. Knows no device.

mod lists;
mod lower;
pub(in crate::formats) mod names;
mod options;

pub(in crate::formats) use lists::{Found, Lists};
pub(in crate::formats) use lower::{
    References, derive, lower, lower_service, replies, replies_reason,
};

use crate::formats::lines::Word;
use crate::model::{Action, TcpFlags, Unknown};
use crate::net::{AddressRange, Family, PortRange, Prefix, WildcardMask};
use crate::source::Span;
use std::net::{IpAddr, Ipv4Addr};

/// A vendor's words. Lists of tables are searched from the front.
#[derive(Debug)]
pub(in crate::formats) struct Words {
    /// Protocols other than `ip` and `ipv6`.
    pub(in crate::formats) protocols: &'static [(&'static str, u8)],
    /// TCP ports.
    pub(in crate::formats) tcp: &'static [&'static [(&'static str, u16)]],
    /// UDP ports.
    pub(in crate::formats) udp: &'static [&'static [(&'static str, u16)]],
    /// ICMP messages: type, and code where the name fixes one.
    pub(in crate::formats) icmp: &'static [(&'static str, u8, Option<u8>)],
    /// ICMPv6 messages.
    pub(in crate::formats) icmp6: &'static [(&'static str, u8, Option<u8>)],
    /// What a line may do, by its first word.
    pub(in crate::formats) actions: &'static [(&'static str, Action)],
    /// Words before the name of an address group.
    pub(in crate::formats) address_groups: &'static [&'static str],
    /// Words before the name of a port group.
    pub(in crate::formats) port_groups: &'static [&'static str],
}

/// How the lines of one list are read.
#[derive(Clone, Copy, Debug)]
pub(in crate::formats) struct Dialect {
    /// The vendor's words.
    pub(in crate::formats) words: &'static Words,
    /// Source address only.
    pub(in crate::formats) standard: bool,
    /// The family that the list filters.
    pub(in crate::formats) family: Family,
}

/// An address operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::formats) enum Address<'a> {
    Any,
    Range(AddressRange),
    Wildcard(WildcardMask),
    Group(Word<'a>),
}

/// A protocol operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::formats) enum Protocol<'a> {
    Any,
    Number(u8),
    TcpUdp,
    Group(Word<'a>),
}

/// A port operand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::formats) enum Ports<'a> {
    Any,
    Ranges(Vec<PortRange>),
    Group(Word<'a>),
}

/// A type of an ICMP message, with a code when one is given.
pub(in crate::formats) type Icmp = Option<(u8, Option<u8>)>;

/// Protocol, ports and ICMP kind together.
#[derive(Clone, Debug)]
pub(in crate::formats) struct Service<'a> {
    pub(in crate::formats) protocol: Protocol<'a>,
    pub(in crate::formats) source: Ports<'a>,
    pub(in crate::formats) destination: Ports<'a>,
    /// Alternatives; none means no condition.
    pub(in crate::formats) flags: Vec<TcpFlags>,
    pub(in crate::formats) icmp: Icmp,
}

/// A permit or deny line.
#[derive(Clone, Debug)]
pub(in crate::formats) struct Entry<'a> {
    pub(in crate::formats) action: Action,
    pub(in crate::formats) service: Service<'a>,
    pub(in crate::formats) source: Address<'a>,
    pub(in crate::formats) destination: Address<'a>,
    pub(in crate::formats) log: bool,
    pub(in crate::formats) schedule: Option<Word<'a>>,
    /// Matches fragments other than the first only.
    pub(in crate::formats) fragments: bool,
    pub(in crate::formats) unknown: Vec<Unknown>,
}

/// A position in the words of a line.
#[derive(Clone, Debug)]
pub(in crate::formats) struct Cursor<'l, 'a> {
    words: &'l [Word<'a>],
    end: Span,
}

impl<'l, 'a> Cursor<'l, 'a> {
    /// At the first of `words`; `line` is blamed when they end too early.
    pub(in crate::formats) fn new(words: &'l [Word<'a>], line: Span) -> Cursor<'l, 'a> {
        Cursor { words, end: line }
    }

    /// The next word without taking it; empty at the end.
    pub(in crate::formats) fn peek(&self) -> &'a str {
        self.words.first().map_or("", |word| word.text)
    }

    /// The next word.
    pub(in crate::formats) fn next(&mut self) -> Option<Word<'a>> {
        let (first, rest) = self.words.split_first()?;
        self.words = rest;
        Some(*first)
    }

    /// Takes the next word when it is `want`.
    pub(in crate::formats) fn take(&mut self, want: &str) -> bool {
        let found = !want.is_empty() && self.peek().eq_ignore_ascii_case(want);
        if found {
            self.next();
        }
        found
    }

    /// Where the next word stands; the whole line at the end.
    pub(in crate::formats) fn span(&self) -> Span {
        self.words.first().map_or(self.end, |word| word.span)
    }

    /// Whether no word is left.
    pub(in crate::formats) fn at_end(&self) -> bool {
        self.words.is_empty()
    }
}

/// Reads `{permit|deny} …`. The error is the word that is not understood.
pub(in crate::formats) fn entry<'a>(
    cursor: &mut Cursor<'_, 'a>,
    dialect: Dialect,
) -> Result<Entry<'a>, Span> {
    let dynamic = cursor.peek() == "dynamic";
    let at = cursor.span();
    let mut unknown = Vec::new();
    if dynamic {
        while !cursor.at_end() && !matches!(cursor.peek(), "permit" | "deny") {
            cursor.next();
        }
        unknown.push(options::condition(at, "dynamic (lock-and-key)"));
    }
    let found = dialect.words.actions.iter().find(|(word, _)| *word == cursor.peek());
    let (_, action) = *found.ok_or(cursor.span())?;
    cursor.next();
    let mut entry = if dialect.standard {
        standard(cursor, action, dialect)?
    } else {
        extended(cursor, action, dialect)?
    };
    entry.unknown.append(&mut unknown);
    options::options(cursor, &mut entry, dialect)?;
    Ok(entry)
}

fn standard<'a>(
    cursor: &mut Cursor<'_, 'a>,
    action: Action,
    dialect: Dialect,
) -> Result<Entry<'a>, Span> {
    let source = standard_address(cursor, dialect)?;
    let service = Service {
        protocol: Protocol::Any,
        source: Ports::Any,
        destination: Ports::Any,
        flags: Vec::new(),
        icmp: None,
    };
    Ok(new_entry(action, service, source, Address::Any))
}

fn new_entry<'a>(
    action: Action,
    service: Service<'a>,
    source: Address<'a>,
    destination: Address<'a>,
) -> Entry<'a> {
    Entry {
        action,
        service,
        source,
        destination,
        log: false,
        schedule: None,
        fragments: false,
        unknown: Vec::new(),
    }
}

/// `any`, `host A`, `A`, `A WILDCARD`, `A, wildcard bits W` (as `show access-lists` prints it).
fn standard_address<'a>(
    cursor: &mut Cursor<'_, 'a>,
    dialect: Dialect,
) -> Result<Address<'a>, Span> {
    if matches!(cursor.peek(), "any" | "any4" | "host")
        || dialect.words.address_groups.contains(&cursor.peek())
        || cursor.peek().contains('/')
        || dialect.family == Family::V6
    {
        return address(cursor, dialect);
    }
    let base: Ipv4Addr = cursor.peek().trim_end_matches(',').parse().map_err(|_| cursor.span())?;
    cursor.next();
    if cursor.take("wildcard") {
        cursor.take("bits");
    }
    match cursor.peek().parse::<Ipv4Addr>() {
        Ok(mask) => {
            cursor.next();
            Ok(wildcard(base, mask))
        }
        Err(_) => Ok(Address::Range(AddressRange::single(IpAddr::V4(base)))),
    }
}

fn extended<'a>(
    cursor: &mut Cursor<'_, 'a>,
    action: Action,
    dialect: Dialect,
) -> Result<Entry<'a>, Span> {
    let protocol = protocol(cursor, dialect)?;
    let source = address(cursor, dialect)?;
    let source_ports = ports(cursor, protocol, dialect.words)?;
    let destination = address(cursor, dialect)?;
    let destination_ports = ports(cursor, protocol, dialect.words)?;
    let service = Service {
        protocol,
        source: source_ports,
        destination: destination_ports,
        flags: Vec::new(),
        icmp: None,
    };
    Ok(new_entry(action, service, source, destination))
}

/// A protocol by name or number, or `object-group G`.
pub(in crate::formats) fn protocol<'a>(
    cursor: &mut Cursor<'_, 'a>,
    dialect: Dialect,
) -> Result<Protocol<'a>, Span> {
    let at = cursor.span();
    let word = cursor.next().ok_or(at)?;
    match word.text {
        "ip" | "ipv6" | "ipv4" => Ok(Protocol::Any),
        "tcp-udp" => Ok(Protocol::TcpUdp),
        "proto" => {
            let number = cursor.peek().parse().map_err(|_| cursor.span())?;
            cursor.next();
            Ok(Protocol::Number(number))
        }
        "object-group" => cursor.next().map(Protocol::Group).ok_or(at),
        "icmp" | "icmpv6" | "icmp6" if dialect.family == Family::V6 => Ok(Protocol::Number(58)),
        name => {
            let known = dialect.words.protocols.iter().find(|(n, _)| *n == name).map(|(_, n)| *n);
            known.or_else(|| name.parse().ok()).map(Protocol::Number).ok_or(word.span)
        }
    }
}

/// `any`, `host A`, `A/len`, `A WILDCARD`, `object-group G`.
pub(in crate::formats) fn address<'a>(
    cursor: &mut Cursor<'_, 'a>,
    dialect: Dialect,
) -> Result<Address<'a>, Span> {
    let family = dialect.family;
    let at = cursor.span();
    let word = cursor.next().ok_or(at)?;
    match word.text {
        "any" | "any4" | "any6" => Ok(Address::Any),
        name if dialect.words.address_groups.contains(&name) => {
            cursor.next().map(Address::Group).ok_or(at)
        }
        "range-address" => {
            let range = AddressRange::new(
                cursor.peek().parse().map_err(|_| cursor.span())?,
                cursor.words.get(1).and_then(|word| word.text.parse().ok()).ok_or(at)?,
            );
            cursor.next();
            cursor.next();
            range.filter(|range| range.family() == family).map(Address::Range).ok_or(at)
        }
        "host" => {
            let host: IpAddr = cursor.peek().parse().map_err(|_| cursor.span())?;
            if Family::of(host) != family {
                return Err(cursor.span());
            }
            cursor.next();
            Ok(Address::Range(AddressRange::single(host)))
        }
        text if text.contains('/') => {
            let prefix = Prefix::parse(text).filter(|p| p.family() == family).ok_or(at)?;
            Ok(Address::Range(prefix.range()))
        }
        text => {
            let base: Ipv4Addr = text.parse().map_err(|_| at)?;
            let mask: Ipv4Addr = cursor.peek().parse().map_err(|_| cursor.span())?;
            if family == Family::V6 {
                return Err(at);
            }
            cursor.next();
            Ok(wildcard(base, mask))
        }
    }
}

fn wildcard<'a>(base: Ipv4Addr, mask: Ipv4Addr) -> Address<'a> {
    let wildcard = WildcardMask::new(base, mask);
    match wildcard.to_prefix() {
        Some(prefix) => Address::Range(prefix.range()),
        None => Address::Wildcard(wildcard),
    }
}

/// A port operator with its operands, when the next word is one.
pub(in crate::formats) fn ports<'a>(
    cursor: &mut Cursor<'_, 'a>,
    protocol: Protocol<'_>,
    words: &Words,
) -> Result<Ports<'a>, Span> {
    let operator = cursor.peek();
    if words.port_groups.contains(&operator) {
        cursor.next();
        let at = cursor.span();
        return cursor.next().map(Ports::Group).ok_or(at);
    }
    if !matches!(operator, "eq" | "neq" | "ne" | "lt" | "gt" | "range") {
        return Ok(Ports::Any);
    }
    let has_ports = match protocol {
        Protocol::TcpUdp => true,
        Protocol::Number(number) => crate::net::flow::has_ports(number),
        Protocol::Any | Protocol::Group(_) => false,
    };
    if !has_ports {
        return Err(cursor.span());
    }
    cursor.next();
    let first = port(cursor, protocol, words)?;
    let ranges = match operator {
        "lt" => below(first).into_iter().collect(),
        "gt" => above(first).into_iter().collect(),
        "range" => {
            let last = port(cursor, protocol, words)?;
            vec![PortRange::new(first.min(last), first.max(last)).unwrap_or(PortRange::ALL)]
        }
        _ => {
            let mut listed = vec![first];
            while let Ok(next) = port(cursor, protocol, words) {
                listed.push(next);
            }
            if operator == "eq" {
                listed.into_iter().map(PortRange::single).collect()
            } else {
                all_but(listed)
            }
        }
    };
    Ok(Ports::Ranges(ranges))
}

fn below(port: u16) -> Option<PortRange> {
    port.checked_sub(1).and_then(|last| PortRange::new(0, last))
}

fn above(port: u16) -> Option<PortRange> {
    port.checked_add(1).and_then(|first| PortRange::new(first, u16::MAX))
}

fn all_but(mut listed: Vec<u16>) -> Vec<PortRange> {
    listed.sort_unstable();
    let mut out = Vec::new();
    let mut next = Some(0u16);
    for port in listed {
        let Some(first) = next else { break };
        if let Some(range) = below(port).and_then(|b| PortRange::new(first, b.last())) {
            out.push(range);
        }
        next = port.checked_add(1).map(|n| n.max(first));
    }
    out.extend(next.and_then(|first| PortRange::new(first, u16::MAX)));
    out
}

/// One port by name or number; takes nothing when the word is neither.
pub(in crate::formats) fn port(
    cursor: &mut Cursor<'_, '_>,
    protocol: Protocol<'_>,
    words: &Words,
) -> Result<u16, Span> {
    let word = cursor.peek();
    if word.is_empty() {
        return Err(cursor.span());
    }
    let find = |tables: &[&[(&str, u16)]]| {
        let mut rows = tables.iter().flat_map(|table| table.iter());
        rows.find(|(name, _)| name.eq_ignore_ascii_case(word)).map(|(_, port)| *port)
    };
    let number = word.parse().ok().or_else(|| match protocol {
        Protocol::Number(17) => find(words.udp),
        Protocol::TcpUdp => find(words.tcp).or_else(|| find(words.udp)),
        _ => find(words.tcp),
    });
    match number {
        Some(number) => {
            cursor.next();
            Ok(number)
        }
        None => Err(cursor.span()),
    }
}

/// An ICMP message by name, or by type and code; `None` when the next word is none.
pub(in crate::formats) fn icmp(cursor: &mut Cursor<'_, '_>, protocol: u8, words: &Words) -> Icmp {
    let table = if protocol == 58 { words.icmp6 } else { words.icmp };
    if let Some((_, kind, code)) = table.iter().find(|(name, _, _)| *name == cursor.peek()) {
        cursor.next();
        return Some((*kind, *code));
    }
    let kind: u8 = cursor.peek().parse().ok()?;
    cursor.next();
    let code = cursor.peek().parse().ok();
    if code.is_some() {
        cursor.next();
    }
    Some((kind, code))
}
