//! NAT descriptors: what is defined, and the stages that follow from binding them.
//!
//! Inward a packet is translated before the filters, outward after them, so filters see inner addresses. The first entry that
//! fits decides, descriptors in the order of the binding. What comes to an outer address of IP masquerade and fits no entry
//! does what `masquerade incoming` says.

mod inward;
mod opened;
mod outward;

use super::address;
use super::commands::Kind;
use super::interface::Iface;
use super::reader::{Item, Reader};
use super::service::PortList;
use super::wrap::Statement;
use crate::model::{AddressId, AddressMap, AddressWithin};
use crate::net::{AddressRange, Family, PortRange};
use crate::source::Span;
use crate::text;
use rustc_hash::FxHashSet;
use std::net::IpAddr;

/// Lines of static entries that are written for all interfaces together.
pub(super) const BUDGET: usize = 200_000;
/// Descriptors of one interface, of which a router takes 16, and address ranges of one descriptor.
pub(super) const MOST: usize = 64;

/// How a descriptor translates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Type {
    /// Nothing is stated. The initial value is none, but entries without a type are a sign of missing lines.
    #[default]
    Unstated,
    /// Not at all.
    None,
    /// Addresses only.
    Nat,
    /// Static entries and IP masquerade.
    Masquerade,
    /// Both.
    Both,
}

/// Outer addresses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Outer {
    /// What the other end of the PPP line assigns; the initial value.
    #[default]
    Ipcp,
    Primary,
    Secondary,
    Ranges(Vec<AddressRange>),
    /// Assigned at run time (`map-e`, `hb46pp`), or not understood.
    Unknown,
}

/// What becomes of a packet to an outer address that fits no entry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Incoming {
    /// Dropped; the initial value.
    #[default]
    Reject,
    /// TCP to ports up to 1023 is dropped, the rest passes as it is.
    Through,
    /// Goes to this host.
    Forward(IpAddr),
}

/// A static entry of addresses.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fixed {
    pub(super) outer: AddressRange,
    pub(super) inner: AddressRange,
    pub(super) span: Span,
}

/// A static entry of IP masquerade.
#[derive(Clone, Debug)]
pub(super) struct Port {
    pub(super) inner: IpAddr,
    pub(super) protocol: u8,
    /// Outer and inner ports; none for protocols without ports.
    pub(super) ports: Option<(PortRange, PortRange)>,
    pub(super) id: u32,
    pub(super) span: Span,
}

/// A descriptor.
#[derive(Clone, Debug, Default)]
pub(super) struct Descriptor {
    pub(super) kind: Type,
    pub(super) hairpin: bool,
    pub(super) outer: Outer,
    /// Inner addresses; `None` is every address.
    pub(super) inner: Option<Vec<AddressRange>>,
    pub(super) fixed: Vec<Fixed>,
    pub(super) ports: Vec<Port>,
    pub(super) incoming: Incoming,
    /// Entries that could not be read, with the host inside when that could be.
    pub(super) unread: Vec<(Option<AddressRange>, Span)>,
    pub(super) span: Option<Span>,
}

impl Descriptor {
    fn masquerades(&self) -> bool {
        matches!(self.kind, Type::Masquerade | Type::Both)
    }

    /// Whether addresses are exchanged one for one at run time.
    fn exchanges(&self) -> bool {
        matches!(self.kind, Type::Nat | Type::Both)
    }
}

impl<'a> Reader<'a, '_> {
    /// Reads all descriptors.
    pub(super) fn read_nat(&mut self) {
        for item in self.take(Kind::NatType) {
            if self.nat_type(&item.statement).is_none() {
                self.unknown_command(&item.statement);
            }
        }
        let items = self.take(Kind::Nat);
        let kept = latest(&items);
        let mut stray = None;
        for (item, kept) in items.iter().zip(kept) {
            let statement = &item.statement;
            if !kept {
                self.ledger.irrelevant(statement.span);
                continue;
            }
            let read = if statement.doubt { None } else { self.nat_entry(statement) };
            if read.is_none() {
                stray = self.unread_entry(statement).or(stray);
            }
        }
        for descriptor in self.descriptors.values_mut() {
            descriptor.unread.extend(stray.map(|span| (None, span)));
        }
        self.read_upnp();
    }

    /// An entry that could not be read may translate to its host, or to any; the span of one that may be of any descriptor.
    fn unread_entry(&mut self, statement: &Statement<'a>) -> Option<Span> {
        let span = statement.span;
        self.unknown_command(statement);
        let masquerade = statement.word(2) == "masquerade" && statement.word(3) == "static";
        let number = statement.word(if statement.word(2) == "static" { 3 } else { 4 });
        let inner = address::range(statement.word(6), Family::V4).filter(|_| masquerade);
        match number.parse::<u32>() {
            Ok(number) if !statement.doubt => {
                self.descriptor(number, span).unread.push((inner, span));
                None
            }
            _ => Some(span),
        }
    }

    /// `upnp use on`: hosts inside open ports of the outer address of an interface for themselves; of which one, `upnp external
    /// address refer` says.
    fn read_upnp(&mut self) {
        let refers = self.take(Kind::Upnp);
        let by = refers.last().map(|item| {
            let words: Vec<&str> = item.statement.from(4).iter().map(|w| w.text.as_ref()).collect();
            words.concat().to_ascii_lowercase()
        });
        for item in &refers {
            self.ledger.used(item.statement.span);
        }
        let mut services = self.bins.get(&Kind::Service).into_iter().flatten();
        let switch = services.rfind(|item| item.statement.word(0) == "upnp");
        let on = switch.filter(|item| item.statement.word(2) == "on");
        // Without a name that is known, it is the interface of the default route, whichever that is.
        let named = by.filter(|name| self.names.contains_key(name));
        self.upnp = on.map(|item| (item.statement.span, named));
    }

    fn descriptor(&mut self, number: u32, span: Span) -> &mut Descriptor {
        let descriptor = self.descriptors.entry(number).or_default();
        descriptor.span.get_or_insert(span);
        descriptor
    }

    fn nat_type(&mut self, statement: &Statement<'a>) -> Option<()> {
        let number = statement.word(3).parse().ok()?;
        let kind = match statement.word(4) {
            "none" => Type::None,
            "nat" => Type::Nat,
            "masquerade" => Type::Masquerade,
            "nat-masquerade" => Type::Both,
            _ => return None,
        };
        let hairpin = match statement.word(5) {
            "" | "hairpin=off" => false,
            "hairpin=on" => true,
            _ => return None,
        };
        let descriptor = self.descriptor(number, statement.span);
        (descriptor.kind, descriptor.hairpin) = (kind, hairpin);
        self.ledger.used(statement.span);
        Some(())
    }

    fn nat_entry(&mut self, statement: &Statement<'a>) -> Option<()> {
        let span = statement.span;
        match (statement.word(2), statement.word(3)) {
            ("address", side) => {
                let number = statement.word(4).parse().ok()?;
                let words: Vec<&str> = statement.from(5).iter().map(|w| w.text.as_ref()).collect();
                match side {
                    "outer" => self.descriptor(number, span).outer = outer(&words)?,
                    _ => self.descriptor(number, span).inner = inner(&words)?,
                }
            }
            ("static", _) => {
                let number = statement.word(3).parse().ok()?;
                let fixed = fixed(statement)?;
                self.descriptor(number, span).fixed.push(fixed);
            }
            ("masquerade", "static") => {
                let number = statement.word(4).parse().ok()?;
                let ports = ports(statement)?;
                self.descriptor(number, span).ports.extend(ports);
            }
            ("masquerade", "incoming") => {
                let number = statement.word(4).parse().ok()?;
                let incoming = match statement.word(5) {
                    "reject" | "discard" => Incoming::Reject,
                    "through" => Incoming::Through,
                    "forward" => Incoming::Forward(statement.word(6).parse().ok()?),
                    _ => return None,
                };
                self.descriptor(number, span).incoming = incoming;
            }
            _ => return None,
        }
        self.ledger.used(span);
        Some(())
    }

    /// The outer addresses of a descriptor on an interface; `None` when the configuration does not say.
    fn outer_ranges(
        &self,
        descriptor: &Descriptor,
        iface: &Iface<'a>,
    ) -> Option<Vec<AddressRange>> {
        let own = |list: &[crate::model::InterfaceAddress]| -> Option<Vec<AddressRange>> {
            (!list.is_empty())
                .then(|| list.iter().map(|own| AddressRange::single(own.address)).collect())
        };
        let ranges = match &descriptor.outer {
            Outer::Ranges(ranges) => Some(ranges.clone()),
            Outer::Primary => own(&iface.v4.primary),
            Outer::Secondary => own(&iface.v4.secondary),
            // An address that is configured is the one that the other end confirms.
            Outer::Ipcp if iface.v4.dynamic.is_none() => own(&iface.v4.primary),
            Outer::Ipcp | Outer::Unknown => None,
        };
        ranges.filter(|_| descriptor.outer != Outer::Primary || iface.v4.dynamic.is_none())
    }

    /// The address object for outer addresses.
    fn outer_object(&mut self, outer: Option<&[AddressRange]>, span: Span) -> AddressId {
        match outer {
            Some(ranges) => {
                let members = ranges.iter().map(|range| self.builder.range(*range, span)).collect();
                self.builder.union(members, span)
            }
            None => {
                let reason = text!(
                    "外側アドレスは実行時に割り当てられます。",
                    "the outer address is assigned at run time"
                );
                let within = AddressWithin::Family(Family::V4);
                self.builder.unknown_address(reason, within, span)
            }
        }
    }

    /// The address object for inner addresses.
    fn inner_object(&mut self, descriptor: &Descriptor, span: Span) -> AddressId {
        match &descriptor.inner {
            None => self.builder.any_address(Some(Family::V4), span),
            Some(ranges) => {
                let members = ranges.iter().map(|range| self.builder.range(*range, span)).collect();
                self.builder.union(members, span)
            }
        }
    }
}

/// Which commands count: a later entry with the same number takes the place of an earlier one, when it can be read.
fn latest(items: &[Item<'_>]) -> Vec<bool> {
    let mut seen = FxHashSet::default();
    let mut kept: Vec<bool> = Vec::with_capacity(items.len());
    for item in items.iter().rev() {
        let statement = &item.statement;
        let (key, read) = match (statement.word(2), statement.word(3)) {
            ("static", _) => {
                ((0, statement.word(3), statement.word(4)), fixed(statement).is_some())
            }
            ("masquerade", "static") => {
                ((1, statement.word(4), statement.word(5)), ports(statement).is_some())
            }
            _ => {
                kept.push(true);
                continue;
            }
        };
        kept.push(!seen.contains(&key));
        if read && !statement.doubt {
            seen.insert(key);
        }
    }
    kept.reverse();
    kept
}

/// IP masquerade uses the first outer address.
fn first(outer: Option<&[AddressRange]>) -> Option<AddressRange> {
    outer?.first().map(|range| AddressRange::single(range.first()))
}

/// One address for another, or one that is not known for it.
fn exchange(from: Option<AddressRange>, to: AddressRange) -> AddressMap {
    match from {
        Some(from) if from.extent() == to.extent() => AddressMap::Shift { from, to },
        _ => AddressMap::Pool(vec![to]),
    }
}

/// `203.0.113.1-203.0.113.6 203.0.113.9`, or a keyword.
fn outer(words: &[&str]) -> Option<Outer> {
    Some(match words {
        ["ipcp"] => Outer::Ipcp,
        ["primary"] => Outer::Primary,
        ["secondary"] => Outer::Secondary,
        ["map-e" | "hb46pp"] => Outer::Unknown,
        [] => return None,
        _ => Outer::Ranges(ranges(words)?),
    })
}

fn inner(words: &[&str]) -> Option<Option<Vec<AddressRange>>> {
    match words {
        ["auto"] => Some(None),
        [] => None,
        _ => Some(Some(ranges(words)?)),
    }
}

fn ranges(words: &[&str]) -> Option<Vec<AddressRange>> {
    if words.len() > MOST {
        return None;
    }
    let closed = |word: &&str| !word.starts_with('-') && !word.ends_with('-');
    words.iter().map(|word| address::range(word, Family::V4).filter(|_| closed(word))).collect()
}

/// `nat descriptor static N ID OUTER=INNER [COUNT]` or `OUTER=INNER/MASK`.
fn fixed(statement: &Statement<'_>) -> Option<Fixed> {
    statement.word(4).parse::<u32>().ok()?;
    let (outer, inner) = statement.word(5).split_once('=')?;
    let (inner, mask) = match inner.split_once('/') {
        Some((inner, mask)) => (inner, Some(mask)),
        None => (inner, None),
    };
    let (outer, inner): (IpAddr, IpAddr) = (outer.parse().ok()?, inner.parse().ok()?);
    if Family::of(outer) != Family::V4 || Family::of(inner) != Family::V4 {
        return None;
    }
    let span = statement.span;
    if let Some(mask) = mask {
        let len = address::mask_len(mask, Family::V4)?;
        let net = |address| crate::net::Prefix::new(address, len).map(crate::net::Prefix::range);
        return Some(Fixed { outer: net(outer)?, inner: net(inner)?, span });
    }
    let count = match statement.word(6) {
        "" => 1,
        count => count.parse().ok()?,
    };
    let (outer, inner) = (address::counted(outer, count)?, address::counted(inner, count)?);
    Some(Fixed { outer, inner, span })
}

/// `nat descriptor masquerade static N ID INNER PROTOCOL [OUTER=]INNER_PORT[,…]`.
fn ports(statement: &Statement<'_>) -> Option<Vec<Port>> {
    let id: u32 = statement.word(5).parse().ok()?;
    let inner: IpAddr = statement.word(6).parse().ok().filter(IpAddr::is_ipv4)?;
    let span = statement.span;
    let plain = |protocol| vec![Port { inner, protocol, ports: None, id, span }];
    let mut out = Vec::new();
    for name in statement.word(7).split(',') {
        let protocol = match name {
            "tcp" => 6,
            "udp" => 17,
            "icmp" => 1,
            "esp" => 50,
            "ah" => 51,
            "gre" => 47,
            number => number.parse::<u8>().ok()?,
        };
        if !matches!(protocol, 6 | 17) {
            if !matches!(statement.word(8), "" | "*") {
                return None;
            }
            out.extend(plain(protocol));
            continue;
        }
        if statement.word(8).is_empty() {
            return None;
        }
        for part in statement.word(8).split(',') {
            let (outer, inner_port) = part.split_once('=').unwrap_or((part, part));
            let (outer, inner_port) = (PortList::read(outer), PortList::read(inner_port));
            let ([outer], [own]) = (outer.known()?, inner_port.known()?) else { return None };
            if outer.last() - outer.first() != own.last() - own.first() {
                return None;
            }
            out.push(Port { inner, protocol, ports: Some((*outer, *own)), id, span });
        }
    }
    (statement.words.len() <= 9).then_some(out)
}
