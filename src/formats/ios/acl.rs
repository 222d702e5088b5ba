//! Grammar of one access-list line of the IOS family: addresses, port operators, ICMP kinds, flags. Knows no device.

mod options;

use crate::formats::lines::Word;
use crate::model::{TcpFlags, Unknown};
use crate::net::{AddressRange, Family, PortRange, Prefix, WildcardMask};
use crate::source::Span;
use std::net::{IpAddr, Ipv4Addr};

/// A vendor's names.
#[derive(Debug)]
pub(super) struct Names {
    /// Protocols other than `ip` and `ipv6`.
    pub(super) protocols: &'static [(&'static str, u8)],
    /// TCP ports.
    pub(super) tcp: &'static [(&'static str, u16)],
    /// UDP ports.
    pub(super) udp: &'static [(&'static str, u16)],
    /// ICMP messages: type, and code where the name fixes one.
    pub(super) icmp: &'static [(&'static str, u8, Option<u8>)],
    /// ICMPv6 messages.
    pub(super) icmp6: &'static [(&'static str, u8, Option<u8>)],
}

/// What kind of list the line stands in.
#[derive(Clone, Copy, Debug)]
pub(super) struct Dialect {
    /// The vendor's names.
    pub(super) names: &'static Names,
    /// Source address only.
    pub(super) standard: bool,
    /// The family that the list filters.
    pub(super) family: Family,
}

/// An address operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Address<'a> {
    Any,
    Range(AddressRange),
    Wildcard(WildcardMask),
    Group(Word<'a>),
}

/// A protocol operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Protocol<'a> {
    Any,
    Number(u8),
    TcpUdp,
    Group(Word<'a>),
}

/// A port operand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ports<'a> {
    Any,
    Ranges(Vec<PortRange>),
    Group(Word<'a>),
}

/// A type of an ICMP message, with a code when one is given.
pub(super) type Icmp = Option<(u8, Option<u8>)>;

/// Protocol, ports and ICMP kind together.
#[derive(Clone, Debug)]
pub(super) struct Service<'a> {
    pub(super) protocol: Protocol<'a>,
    pub(super) source: Ports<'a>,
    pub(super) destination: Ports<'a>,
    /// Alternatives; none means no condition.
    pub(super) flags: Vec<TcpFlags>,
    pub(super) icmp: Icmp,
}

/// A permit or deny line.
#[derive(Clone, Debug)]
pub(super) struct Entry<'a> {
    pub(super) permit: bool,
    pub(super) service: Service<'a>,
    pub(super) source: Address<'a>,
    pub(super) destination: Address<'a>,
    pub(super) log: bool,
    pub(super) schedule: Option<Word<'a>>,
    /// Matches fragments other than the first only.
    pub(super) fragments: bool,
    pub(super) unknown: Vec<Unknown>,
}

/// A position in the words of a line.
#[derive(Clone, Debug)]
pub(super) struct Cursor<'l, 'a> {
    words: &'l [Word<'a>],
    end: Span,
}

impl<'l, 'a> Cursor<'l, 'a> {
    /// At the first of `words`; `line` is blamed when they end too early.
    pub(super) fn new(words: &'l [Word<'a>], line: Span) -> Cursor<'l, 'a> {
        Cursor { words, end: line }
    }

    /// The next word without taking it; empty at the end.
    pub(super) fn peek(&self) -> &'a str {
        self.words.first().map_or("", |word| word.text)
    }

    /// The next word.
    pub(super) fn next(&mut self) -> Option<Word<'a>> {
        let (first, rest) = self.words.split_first()?;
        self.words = rest;
        Some(*first)
    }

    /// Takes the next word when it is `want`.
    pub(super) fn take(&mut self, want: &str) -> bool {
        let found = !want.is_empty() && self.peek().eq_ignore_ascii_case(want);
        if found {
            self.next();
        }
        found
    }

    /// Where the next word stands; the whole line at the end.
    pub(super) fn span(&self) -> Span {
        self.words.first().map_or(self.end, |word| word.span)
    }

    /// Whether no word is left.
    pub(super) fn at_end(&self) -> bool {
        self.words.is_empty()
    }
}

/// Reads `{permit|deny} …`. The error is the word that is not understood.
pub(super) fn entry<'a>(cursor: &mut Cursor<'_, 'a>, dialect: Dialect) -> Result<Entry<'a>, Span> {
    let dynamic = cursor.peek() == "dynamic";
    let at = cursor.span();
    let mut unknown = Vec::new();
    if dynamic {
        while !cursor.at_end() && !matches!(cursor.peek(), "permit" | "deny") {
            cursor.next();
        }
        unknown.push(options::condition(at, "dynamic (lock-and-key)"));
    }
    let permit = match cursor.peek() {
        "permit" => true,
        "deny" => false,
        _ => return Err(cursor.span()),
    };
    cursor.next();
    let mut entry = if dialect.standard {
        standard(cursor, permit)?
    } else {
        extended(cursor, permit, dialect)?
    };
    entry.unknown.append(&mut unknown);
    options::options(cursor, &mut entry, dialect)?;
    Ok(entry)
}

fn standard<'a>(cursor: &mut Cursor<'_, 'a>, permit: bool) -> Result<Entry<'a>, Span> {
    let source = standard_address(cursor)?;
    let service = Service {
        protocol: Protocol::Any,
        source: Ports::Any,
        destination: Ports::Any,
        flags: Vec::new(),
        icmp: None,
    };
    Ok(new_entry(permit, service, source, Address::Any))
}

fn new_entry<'a>(
    permit: bool,
    service: Service<'a>,
    source: Address<'a>,
    destination: Address<'a>,
) -> Entry<'a> {
    Entry {
        permit,
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
fn standard_address<'a>(cursor: &mut Cursor<'_, 'a>) -> Result<Address<'a>, Span> {
    if matches!(cursor.peek(), "any" | "any4" | "host" | "object-group")
        || cursor.peek().contains('/')
    {
        return address(cursor, Family::V4);
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
    permit: bool,
    dialect: Dialect,
) -> Result<Entry<'a>, Span> {
    let protocol = protocol(cursor, dialect)?;
    let source = address(cursor, dialect.family)?;
    let source_ports = ports(cursor, protocol, dialect.names)?;
    let destination = address(cursor, dialect.family)?;
    let destination_ports = ports(cursor, protocol, dialect.names)?;
    let service = Service {
        protocol,
        source: source_ports,
        destination: destination_ports,
        flags: Vec::new(),
        icmp: None,
    };
    Ok(new_entry(permit, service, source, destination))
}

/// A protocol by name or number, or `object-group G`.
pub(super) fn protocol<'a>(
    cursor: &mut Cursor<'_, 'a>,
    dialect: Dialect,
) -> Result<Protocol<'a>, Span> {
    let at = cursor.span();
    let word = cursor.next().ok_or(at)?;
    match word.text {
        "ip" | "ipv6" | "ipv4" => Ok(Protocol::Any),
        "tcp-udp" => Ok(Protocol::TcpUdp),
        "object-group" => cursor.next().map(Protocol::Group).ok_or(at),
        "icmp" | "icmpv6" | "icmp6" if dialect.family == Family::V6 => Ok(Protocol::Number(58)),
        name => {
            let known = dialect.names.protocols.iter().find(|(n, _)| *n == name).map(|(_, n)| *n);
            known.or_else(|| name.parse().ok()).map(Protocol::Number).ok_or(word.span)
        }
    }
}

/// `any`, `host A`, `A/len`, `A WILDCARD`, `object-group G`.
pub(super) fn address<'a>(
    cursor: &mut Cursor<'_, 'a>,
    family: Family,
) -> Result<Address<'a>, Span> {
    let at = cursor.span();
    let word = cursor.next().ok_or(at)?;
    match word.text {
        "any" | "any4" | "any6" => Ok(Address::Any),
        "object-group" | "addrgroup" => cursor.next().map(Address::Group).ok_or(at),
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
pub(super) fn ports<'a>(
    cursor: &mut Cursor<'_, 'a>,
    protocol: Protocol<'_>,
    names: &Names,
) -> Result<Ports<'a>, Span> {
    let operator = cursor.peek();
    if operator == "portgroup" {
        cursor.next();
        let at = cursor.span();
        return cursor.next().map(Ports::Group).ok_or(at);
    }
    if !matches!(operator, "eq" | "neq" | "lt" | "gt" | "range") {
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
    let first = port(cursor, protocol, names)?;
    let ranges = match operator {
        "lt" => below(first).into_iter().collect(),
        "gt" => above(first).into_iter().collect(),
        "range" => {
            let last = port(cursor, protocol, names)?;
            vec![PortRange::new(first.min(last), first.max(last)).unwrap_or(PortRange::ALL)]
        }
        _ => {
            let mut listed = vec![first];
            while let Ok(next) = port(cursor, protocol, names) {
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
pub(super) fn port(
    cursor: &mut Cursor<'_, '_>,
    protocol: Protocol<'_>,
    names: &Names,
) -> Result<u16, Span> {
    let word = cursor.peek();
    let find = |table: &[(&str, u16)]| {
        table.iter().find(|(name, _)| name.eq_ignore_ascii_case(word)).map(|(_, port)| *port)
    };
    let number = word.parse().ok().or_else(|| match protocol {
        Protocol::Number(17) => find(names.udp),
        Protocol::TcpUdp => find(names.tcp).or_else(|| find(names.udp)),
        _ => find(names.tcp),
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
pub(super) fn icmp(cursor: &mut Cursor<'_, '_>, protocol: u8, names: &Names) -> Icmp {
    let table = if protocol == 58 { names.icmp6 } else { names.icmp };
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
