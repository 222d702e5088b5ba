//! One line of an access list, as words with meaning.

use crate::formats::lines::Word;
use crate::net::{Family, PortRange, Prefix, WildcardMask};
use crate::source::Span;
use crate::text;
use crate::text::Text;
use std::net::Ipv4Addr;

/// A line after its list's name.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// The sequence number, when the list is kept in sequence mode.
    pub(super) sequence: Option<u32>,
    /// Whether it permits; `None` when the line could not be read that far.
    pub(super) permit: Option<bool>,
    pub(super) source: Operand,
    pub(super) destination: Operand,
    pub(super) service: Service,
    /// The first thing on the line that could not be read.
    pub(super) doubt: Option<Text>,
    pub(super) span: Span,
}

/// Addresses of one end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operand {
    Any,
    Prefix(Prefix),
    Wildcard(WildcardMask),
    Unknown,
}

/// Protocol, ports, ICMP and flags.
#[derive(Clone, Debug, Default)]
pub(super) struct Service {
    /// The protocol number; `None` for `ip`.
    pub(super) protocol: Option<u8>,
    pub(super) source: Ports,
    pub(super) destination: Ports,
    pub(super) icmp_type: Option<u8>,
    pub(super) icmp_code: Option<u8>,
    pub(super) established: bool,
}

/// Ports of one end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Ports {
    #[default]
    Any,
    /// These ranges; none: no port.
    Ranges(Vec<PortRange>),
}

/// Reads the words after the name.
pub(super) fn parse(words: &[Word<'_>], family: Family, span: Span) -> Entry {
    let mut entry = Entry {
        sequence: None,
        permit: None,
        source: Operand::Any,
        destination: Operand::Any,
        service: Service::default(),
        doubt: None,
        span,
    };
    let mut words = words.iter().map(|word| word.text).peekable();
    if let Some(number) = words.peek().and_then(|word| word.parse().ok()) {
        entry.sequence = Some(number);
        words.next();
    }
    entry.permit = match words.next() {
        Some("permit") => Some(true),
        Some("deny") => Some(false),
        _ => None,
    };
    let protocol = words.next().unwrap_or("");
    entry.service.protocol = match (protocol, family) {
        ("ip", _) => None,
        ("icmp", Family::V4) => Some(1),
        ("icmp" | "icmpv6", Family::V6) => Some(58),
        (word, _) => match crate::net::protocol_number(word) {
            Some(number) => Some(number),
            None => {
                entry.permit = None;
                None
            }
        },
    };
    if entry.permit.is_none() {
        entry.doubt = Some(unread(protocol));
        return entry;
    }
    conditions(&mut entry, &mut words, family);
    entry
}

fn conditions<'w>(
    entry: &mut Entry,
    words: &mut std::iter::Peekable<impl Iterator<Item = &'w str>>,
    family: Family,
) {
    let (mut from, mut to) = (false, false);
    while let Some(word) = words.next() {
        match word {
            "src" if !from => (entry.source, from) = (operand(words, family), true),
            "dest" if !to => (entry.destination, to) = (operand(words, family), true),
            "sport" if entry.has_ports() => match ports(words) {
                Some(ports) => entry.service.source = ports,
                None => entry.doubt(word),
            },
            "dport" if entry.has_ports() => match ports(words) {
                Some(ports) => entry.service.destination = ports,
                None => entry.doubt(word),
            },
            "type" | "code" if entry.is_icmp() => {
                let number = words.next().and_then(|word| word.parse().ok());
                match (number, word) {
                    (None, _) => entry.doubt(word),
                    (number, "type") => entry.service.icmp_type = number,
                    (number, _) => entry.service.icmp_code = number,
                }
            }
            "established" if entry.service.protocol == Some(6) => entry.service.established = true,
            "fragments" => entry.narrow(word),
            "ack" | "fin" | "psh" | "rst" | "syn" | "urg" if entry.service.protocol == Some(6) => {
                entry.narrow(word);
            }
            "tos" | "precedence" | "dscp" | "tc" => {
                words.next();
                entry.narrow(word);
            }
            other => entry.doubt(other),
        }
    }
    if !from || !to {
        entry.doubt("src/dest");
    }
}

impl Entry {
    /// A condition that is not modelled and can only make the line match less.
    fn narrow(&mut self, word: &str) {
        if self.doubt.is_none() {
            self.doubt = Some(unread(word));
        }
    }

    /// A word without known meaning may widen what stands before it (`eq 80 443`): the line keeps its protocol only.
    fn doubt(&mut self, word: &str) {
        self.narrow(word);
        (self.source, self.destination) = (Operand::Any, Operand::Any);
        self.service = Service { protocol: self.service.protocol, ..Service::default() };
    }

    fn has_ports(&self) -> bool {
        self.service.protocol.is_some_and(crate::net::flow::has_ports)
    }

    fn is_icmp(&self) -> bool {
        matches!(self.service.protocol, Some(1 | 58))
    }
}

fn unread(word: &str) -> Text {
    text!(
        "アクセスリストの条件「{word}」は解釈できません。この行は一致するともしないとも読みます。",
        "the condition {word} of this access-list line is not understood; the line may or may not match"
    )
}

/// `any`, `A/len`, `A WILDCARD`. A bare address is not read as a host, because the device prints `/32` for one.
fn operand<'w>(
    words: &mut std::iter::Peekable<impl Iterator<Item = &'w str>>,
    family: Family,
) -> Operand {
    let word = words.next().unwrap_or("");
    if word == "any" {
        return Operand::Any;
    }
    if word.contains('/') {
        let prefix = Prefix::parse(word).filter(|prefix| prefix.family() == family);
        return prefix.map_or(Operand::Unknown, Operand::Prefix);
    }
    let Ok(address) = word.parse() else { return Operand::Unknown };
    let Some(ignore) = words.peek().and_then(|word| word.parse::<Ipv4Addr>().ok()) else {
        return Operand::Unknown;
    };
    words.next();
    // What begins with ones is more likely a netmask than a mask of bits that are not compared.
    if u32::from(ignore).leading_ones() > 0 {
        return Operand::Unknown;
    }
    Operand::Wildcard(WildcardMask::new(address, ignore))
}

/// `any`, `eq P`, `range A B`, `gt P`, `lt P`, `neq P`.
fn ports<'w>(words: &mut std::iter::Peekable<impl Iterator<Item = &'w str>>) -> Option<Ports> {
    let kind = words.next()?;
    if kind == "any" {
        return Some(Ports::Any);
    }
    let first: u16 = words.next()?.parse().ok()?;
    let above = first.checked_add(1).and_then(|from| PortRange::new(from, u16::MAX));
    let below = first.checked_sub(1).and_then(|to| PortRange::new(0, to));
    let ranges = match kind {
        "eq" => vec![PortRange::single(first)],
        "range" => vec![PortRange::new(first, words.next()?.parse().ok()?)?],
        "gt" => above.into_iter().collect(),
        "lt" => below.into_iter().collect(),
        "neq" => below.into_iter().chain(above).collect(),
        _ => return None,
    };
    Some(Ports::Ranges(ranges))
}
