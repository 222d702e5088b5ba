//! What a reading keeps while it goes on, and the literals that many lines share.

use super::interfaces::Nameif;
use super::objects::{Group, Service};
use super::words::Port;
use crate::formats::Ledger;
use crate::formats::lines::{Block, ConfigLine, Word};
use crate::model::{
    AddressId, AddressSet, AddressWithin, ContextId, Device, Line, ListId, Match, ScheduleId,
    ServiceId, ServiceSet, TcpFlags, Unknown,
};
use crate::net::{AddressRange, Family, PortRange, Prefix, WildcardMask};
use crate::source::Span;
use crate::text::Text;
use rustc_hash::{FxHashMap as HashMap, FxHashSet as HashSet};
use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr};

/// The reading of one file. Maps are for look-up only; everything that is output goes through vectors in file order.
pub(super) struct Reader<'a> {
    pub(super) ledger: Ledger<'a>,
    pub(super) device: Device,
    /// `ASA Version`, major and minor.
    pub(super) version: Option<(u32, u32)>,
    pub(super) context: ContextId,
    pub(super) names: HashMap<&'a str, IpAddr>,
    /// Interfaces with a `nameif`, in file order.
    pub(super) nameifs: Vec<Nameif<'a>>,
    pub(super) interface_names: HashSet<&'a str>,
    pub(super) by_nameif: HashMap<&'a str, usize>,
    pub(super) networks: HashMap<&'a str, AddressId>,
    pub(super) services: HashMap<&'a str, Service>,
    pub(super) groups: HashMap<&'a str, Group>,
    /// Names of every `object-group`, also of those that are not read yet.
    pub(super) declared: HashSet<&'a str>,
    pub(super) schedules: HashMap<&'a str, ScheduleId>,
    pub(super) acls: HashMap<&'a str, ListId>,
    /// Standard access lists: they select routes and VPN networks, and cannot be bound to an interface.
    pub(super) standard: Vec<ListId>,
    pub(super) literals: Literals<'a>,
    /// Places of [`Reader::anywhere`].
    pub(super) uncontained: std::collections::BTreeSet<Span>,
}

/// A port condition of one side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Ports<'a> {
    All,
    Range(PortRange),
    Not(u16),
    Kerberos,
    Group(&'a str),
}

/// The protocols of a line.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Protocols {
    Any,
    These(Cow<'static, [u8]>),
}

impl Protocols {
    /// One protocol; those of nearly every line take no memory of their own.
    pub(super) fn one(number: u8) -> Protocols {
        Protocols::These(match number {
            1 => Cow::Borrowed(&[1]),
            6 => Cow::Borrowed(&[6]),
            17 => Cow::Borrowed(&[17]),
            _ => Cow::Owned(vec![number]),
        })
    }
}

/// Shared literals.
pub(super) struct Literals<'a> {
    pub(super) any: AddressId,
    pub(super) any4: AddressId,
    pub(super) any6: AddressId,
    pub(super) all_services: ServiceId,
    ranges: HashMap<AddressRange, AddressId>,
    services: HashMap<(Protocols, Ports<'a>, Ports<'a>), ServiceId>,
}

impl Literals<'_> {
    pub(super) fn new(device: &mut Device, span: Span) -> Self {
        let any4 = AddressSet::Range(Prefix::all(Family::V4).range());
        let any6 = AddressSet::Range(Prefix::all(Family::V6).range());
        Literals {
            any: device.literal(AddressSet::Any, span),
            any4: device.literal(any4, span),
            any6: device.literal(any6, span),
            all_services: device.literal_service(ServiceSet::Any, span),
            ranges: HashMap::default(),
            services: HashMap::default(),
        }
    }
}

impl<'a> Reader<'a> {
    /// Whether the version is known and at least this.
    pub(super) fn at_least(&self, major: u32, minor: u32) -> Option<bool> {
        self.version.map(|version| version >= (major, minor))
    }

    /// What `any` in an access list means: both families since 9.0, IPv4 before.
    pub(super) fn any(&self) -> AddressId {
        if self.at_least(9, 0) == Some(false) { self.literals.any4 } else { self.literals.any }
    }

    /// Makes room for so many more addresses.
    pub(super) fn expect_addresses(&mut self, more: usize) {
        self.device.addresses.reserve(more);
        self.literals.ranges.reserve(more);
    }

    /// The literal of a range.
    pub(super) fn range(&mut self, range: AddressRange, span: Span) -> AddressId {
        let device = &mut self.device;
        *self
            .literals
            .ranges
            .entry(range)
            .or_insert_with(|| device.literal(AddressSet::Range(range), span))
    }

    /// An address set that is not known.
    pub(super) fn unknown_address(&mut self, reason: Text, span: Span) -> AddressId {
        let within = AddressWithin::Anywhere;
        self.device.literal(AddressSet::Unknown { reason, within }, span)
    }

    /// The union of address sets; the member itself when there is one only.
    pub(super) fn union(&mut self, members: Vec<AddressId>, span: Span) -> AddressId {
        match members.as_slice() {
            [one] => *one,
            _ => self.device.literal(AddressSet::Union(members), span),
        }
    }

    /// An address literal: dotted or IPv6, or a word that `name` defines, or `0` for 0.0.0.0.
    pub(super) fn ip(&self, word: &str) -> Option<IpAddr> {
        if word == "0" {
            return Some(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
        }
        word.parse().ok().or_else(|| self.names.get(word).copied())
    }

    /// The set of an address and a netmask, which may have gaps.
    pub(super) fn masked(&mut self, address: &str, mask: &str, span: Span) -> Option<AddressId> {
        let address = self.ip(address)?;
        let mask = self.ip(mask)?;
        if let Some(prefix) = Prefix::from_netmask(address, mask) {
            return Some(self.range(prefix.range(), span));
        }
        let (IpAddr::V4(address), IpAddr::V4(mask)) = (address, mask) else { return None };
        let wildcard = WildcardMask::new(address, Ipv4Addr::from(!u32::from(mask)));
        Some(self.device.literal(AddressSet::Wildcard(wildcard), span))
    }

    /// `2001:db8::/32`, also with a name before the slash.
    pub(super) fn slashed(&mut self, word: &str, span: Span) -> Option<AddressId> {
        let (address, len) = word.split_once('/')?;
        let prefix = Prefix::new(self.ip(address)?, len.parse().ok()?)?;
        Some(self.range(prefix.range(), span))
    }

    /// The interface with this `nameif`.
    pub(super) fn nameif(&self, name: &str) -> Option<&Nameif<'a>> {
        self.by_nameif.get(name).and_then(|at| self.nameifs.get(*at))
    }

    /// The service of protocols and ports; shared between lines. `None` when a port group is not one.
    pub(super) fn service(
        &mut self,
        protocols: &Protocols,
        source: Ports<'a>,
        destination: Ports<'a>,
        span: Span,
    ) -> Option<ServiceId> {
        let key = (protocols.clone(), source, destination);
        if let Some(id) = self.literals.services.get(&key) {
            return Some(*id);
        }
        let id = match protocols {
            Protocols::Any if source == Ports::All && destination == Ports::All => {
                self.literals.all_services
            }
            Protocols::Any => return None,
            Protocols::These(numbers) => {
                let mut members = Vec::new();
                for number in numbers.iter() {
                    members.push(self.one_protocol(*number, source, destination, span)?);
                }
                self.service_union(members, span)
            }
        };
        self.literals.services.insert(key, id);
        Some(id)
    }

    fn one_protocol(
        &mut self,
        protocol: u8,
        source: Ports<'a>,
        destination: Ports<'a>,
        span: Span,
    ) -> Option<ServiceId> {
        if source == Ports::All && destination == Ports::All {
            return Some(self.device.literal_service(ServiceSet::Protocol(protocol), span));
        }
        if !crate::net::flow::has_ports(protocol) {
            return None;
        }
        let from = match source {
            Ports::All => None,
            _ => Some(self.one_side(protocol, source, false, span)?),
        };
        let to = match destination {
            Ports::All => None,
            _ => Some(self.one_side(protocol, destination, true, span)?),
        };
        match (from, to) {
            (Some(from), Some(to)) => {
                Some(self.device.literal_service(ServiceSet::Both(from, to), span))
            }
            (one, other) => one.or(other),
        }
    }

    fn one_side(
        &mut self,
        protocol: u8,
        ports: Ports<'a>,
        destination: bool,
        span: Span,
    ) -> Option<ServiceId> {
        let (ranges, unknown) = self.port_ranges(ports)?;
        let members = ranges
            .into_iter()
            .map(|range| {
                let value = port_set(protocol, range, destination);
                self.device.literal_service(value, span)
            })
            .collect();
        let union = self.service_union(members, span);
        let Some(reason) = unknown else { return Some(union) };
        let unknown = self.device.literal_service(ServiceSet::Unknown { reason }, span);
        Some(self.device.literal_service(ServiceSet::Both(union, unknown), span))
    }

    /// The ranges of a port condition, and why they may be fewer.
    pub(super) fn port_ranges(&self, ports: Ports<'a>) -> Option<(Vec<PortRange>, Option<Text>)> {
        match ports {
            Ports::All => Some((vec![PortRange::ALL], None)),
            Ports::Range(range) => Some((vec![range], None)),
            Ports::Not(port) => Some((not_port(port), None)),
            Ports::Kerberos => {
                let both = [88, 750].map(PortRange::single).to_vec();
                Some((both, Some(kerberos())))
            }
            Ports::Group(name) => match self.groups.get(name)? {
                Group::Ports { ranges, unknown, .. } => Some((ranges.clone(), unknown.clone())),
                _ => None,
            },
        }
    }

    /// The union of services; the member itself when there is one only.
    pub(super) fn service_union(&mut self, members: Vec<ServiceId>, span: Span) -> ServiceId {
        match members.as_slice() {
            [one] => *one,
            _ => self.device.literal_service(ServiceSet::Union(members), span),
        }
    }

    /// A service that is not known.
    pub(super) fn unknown_service(&mut self, reason: Text, span: Span) -> ServiceId {
        self.device.literal_service(ServiceSet::Unknown { reason }, span)
    }

    /// A match without any condition.
    pub(super) fn match_all(&self) -> Match {
        Match {
            ingress: crate::model::Interfaces::Any,
            egress: crate::model::Interfaces::Any,
            source: self.literals.any,
            destination: self.literals.any,
            service: self.literals.all_services,
            states: None,
            translated: crate::model::Translated::Ignored,
            schedule: None,
            unknown: Vec::new(),
        }
    }

    /// A line without any condition.
    pub(super) fn line(&self, label: String, action: crate::model::Action, span: Span) -> Line {
        Line {
            label,
            matches: self.match_all(),
            action,
            enabled: true,
            log: None,
            comment: None,
            span,
        }
    }

    /// Marks the head and every line of the sub-mode.
    pub(super) fn whole(&mut self, block: &Block<'_>, used: bool) {
        for line in std::iter::once(&block.head).chain(&block.body) {
            if used {
                self.ledger.used(line.span);
            } else {
                self.ledger.irrelevant(line.span);
            }
        }
    }

    /// A construct that is known, is not in the model, and may change anything on this device.
    pub(super) fn anywhere(&mut self, span: Span, reason: Text) {
        self.ledger.unsupported(span, reason);
        self.uncontained.insert(span);
    }

    /// A line of a sub-mode that is not known, and that may change anything.
    pub(super) fn unknown_line(&mut self, line: &ConfigLine<'_>) {
        let word = line.word(0);
        let reason = crate::text!(
            "「{word}」で始まるこの行は解釈できません。この機器のすべてのフィルタ結果に影響し得るものとして扱います。",
            "this line beginning with \"{word}\" is not known; it is read as if it could change every filter of this device",
        );
        self.ledger.unknown(line.span, reason, false);
    }
}

/// The words of a line, read from the left.
#[derive(Clone, Copy)]
pub(super) struct Cursor<'c, 'a> {
    words: &'c [Word<'a>],
}

impl<'c, 'a> Cursor<'c, 'a> {
    /// The words of `line` from word `at`.
    pub(super) fn new(line: &'c ConfigLine<'a>, at: usize) -> Cursor<'c, 'a> {
        Cursor { words: line.words.get(at..).unwrap_or(&[]) }
    }

    /// The next word, or an empty string.
    pub(super) fn peek(&self) -> &'a str {
        self.at(0)
    }

    /// The word after `ahead` others, or an empty string.
    pub(super) fn at(&self, ahead: usize) -> &'a str {
        self.words.get(ahead).map_or("", |word| word.text)
    }

    /// Where the next word stands.
    pub(super) fn span(&self, fallback: Span) -> Span {
        self.words.first().map_or(fallback, |word| word.span)
    }

    /// Takes the next word; an empty string at the end.
    pub(super) fn next(&mut self) -> &'a str {
        let word = self.peek();
        self.skip(1);
        word
    }

    /// Takes the next word when it is this one.
    pub(super) fn eat(&mut self, word: &str) -> bool {
        let found = !word.is_empty() && self.peek() == word;
        if found {
            self.skip(1);
        }
        found
    }

    pub(super) fn skip(&mut self, count: usize) {
        self.words = self.words.get(count..).unwrap_or(&[]);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// `eq P`, `neq P`, `lt P`, `gt P`, `range P P`. `None`: the word is an operator and what follows is no port.
    /// `Some(Ports::All)` when the next word is no operator.
    pub(super) fn ports(&mut self) -> Option<Ports<'a>> {
        let operator = self.peek();
        if !matches!(operator, "eq" | "neq" | "lt" | "gt" | "range") {
            return Some(Ports::All);
        }
        self.skip(1);
        let first = super::words::port(self.next())?;
        let number = match first {
            Port::Number(number) => number,
            Port::Kerberos => return (operator == "eq").then_some(Ports::Kerberos),
        };
        let range = match operator {
            "eq" => PortRange::new(number, number),
            "neq" => return Some(Ports::Not(number)),
            "lt" => number.checked_sub(1).and_then(|last| PortRange::new(0, last)),
            "gt" => number.checked_add(1).and_then(|first| PortRange::new(first, u16::MAX)),
            _ => match super::words::port(self.next())? {
                Port::Number(last) => PortRange::new(number.min(last), number.max(last)),
                Port::Kerberos => None,
            },
        };
        range.map(Ports::Range)
    }
}

fn port_set(protocol: u8, range: PortRange, destination: bool) -> ServiceSet {
    let (source, destination) =
        if destination { (PortRange::ALL, range) } else { (range, PortRange::ALL) };
    ServiceSet::Ports { protocol, source, destination, flags: TcpFlags::ANY }
}

fn not_port(port: u16) -> Vec<PortRange> {
    let below = port.checked_sub(1).and_then(|last| PortRange::new(0, last));
    let above = port.checked_add(1).and_then(|first| PortRange::new(first, u16::MAX));
    below.into_iter().chain(above).collect()
}

/// Why `kerberos` is two ports.
pub(super) fn kerberos() -> Text {
    crate::text!(
        "ポート名「kerberos」は版により 750 または 88 を指すため、どちらでもあり得るものとして扱います。",
        "the port name kerberos is 750 or 88 depending on the release; either is read as possible",
    )
}

/// An unknown condition.
pub(super) fn unknown(reason: Text, span: Span) -> Unknown {
    Unknown { reason, span }
}
