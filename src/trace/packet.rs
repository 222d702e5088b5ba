//! The packet that is traced: a header whose fields may still be unchosen (a member of an address or port pool).

use crate::net::{AddressRange, Family, Flow, PortRange, State, address, number};

/// A field that can hold a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    Source,
    Destination,
    SourcePort,
    DestinationPort,
}

/// Where a condition tells the members of a range apart: `at` is the first member of the second part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cut {
    pub(super) field: Field,
    pub(super) at: u128,
}

/// A header; a field that is a range of more than one member stands for a choice that the device makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Packet {
    pub(super) source: AddressRange,
    pub(super) destination: AddressRange,
    pub(super) source_port: PortRange,
    pub(super) destination_port: PortRange,
    pub(super) protocol: u8,
    pub(super) tcp_flags: u8,
    pub(super) icmp_type: u8,
    pub(super) icmp_code: u8,
    pub(super) state: State,
}

impl Packet {
    pub(super) fn new(flow: &Flow) -> Packet {
        let flow = flow.normalised();
        Packet {
            source: AddressRange::single(flow.src),
            destination: AddressRange::single(flow.dst),
            source_port: PortRange::single(flow.source_port),
            destination_port: PortRange::single(flow.destination_port),
            protocol: flow.protocol,
            tcp_flags: flow.tcp_flags,
            icmp_type: flow.icmp_type,
            icmp_code: flow.icmp_code,
            state: flow.state,
        }
    }

    /// One member: the first of every range.
    pub(super) fn flow(&self) -> Flow {
        Flow {
            src: self.source.first(),
            dst: self.destination.first(),
            protocol: self.protocol,
            source_port: self.source_port.first(),
            destination_port: self.destination_port.first(),
            tcp_flags: self.tcp_flags,
            icmp_type: self.icmp_type,
            icmp_code: self.icmp_code,
            state: self.state,
        }
    }

    pub(super) fn family(&self) -> Family {
        self.source.family()
    }

    /// The packets below and from the cut.
    pub(super) fn split(&self, cut: Cut) -> Vec<Packet> {
        let with = |change: &dyn Fn(&mut Packet, bool) -> Option<()>, upper: bool| {
            let mut part = *self;
            change(&mut part, upper).map(|()| part)
        };
        let change = |part: &mut Packet, upper: bool| -> Option<()> {
            match cut.field {
                Field::Source => part.source = half(self.source, cut.at, upper)?,
                Field::Destination => part.destination = half(self.destination, cut.at, upper)?,
                Field::SourcePort => part.source_port = half_port(self.source_port, cut.at, upper)?,
                Field::DestinationPort => {
                    part.destination_port = half_port(self.destination_port, cut.at, upper)?;
                }
            }
            Some(())
        };
        [false, true].into_iter().filter_map(|upper| with(&change, upper)).collect()
    }

    /// The header of an answer: addresses and ports swapped.
    pub(super) fn swapped(&self) -> Packet {
        Packet {
            source: self.destination,
            destination: self.source,
            source_port: self.destination_port,
            destination_port: self.source_port,
            ..*self
        }
    }
}

fn half(range: AddressRange, at: u128, upper: bool) -> Option<AddressRange> {
    let family = range.family();
    if upper {
        AddressRange::new(address(family, at), range.last())
    } else {
        AddressRange::new(range.first(), address(family, at.checked_sub(1)?))
    }
}

fn half_port(range: PortRange, at: u128, upper: bool) -> Option<PortRange> {
    let at = u16::try_from(at).ok()?;
    if upper {
        PortRange::new(at, range.last())
    } else {
        PortRange::new(range.first(), at.checked_sub(1)?)
    }
}

/// Whether the members of `ours` (first, last) lie inside `set` (first, last): all, none, or the number at which to cut.
pub(super) fn inside(ours: (u128, u128), set: (u128, u128)) -> Result<bool, u128> {
    if ours.0 > set.1 || ours.1 < set.0 {
        Ok(false)
    } else if ours.0 >= set.0 && ours.1 <= set.1 {
        Ok(true)
    } else if set.0 > ours.0 {
        Err(set.0)
    } else {
        Err(set.1.saturating_add(1))
    }
}

/// Whether the members of `ours` lie inside `set`; see [`inside`].
pub(super) fn address_inside(ours: AddressRange, set: AddressRange) -> Result<bool, u128> {
    if ours.family() == set.family() { inside(ours.numbers(), set.numbers()) } else { Ok(false) }
}

/// Whether every member of `ours` lies inside `set`.
pub(super) fn within(ours: AddressRange, set: AddressRange) -> bool {
    address_inside(ours, set) == Ok(true)
}

/// Whether every port of `ours` lies inside `set`.
pub(super) fn ports_within(ours: PortRange, set: PortRange) -> bool {
    set.first() <= ours.first() && ours.last() <= set.last()
}

/// Whether the destination is `address`; a cut when only some members are.
pub(super) fn destination_is(packet: &Packet, address: std::net::IpAddr) -> Result<bool, Cut> {
    destination_in(packet, AddressRange::single(address))
}

/// Whether the destination lies in `set`; a cut when only some members do.
pub(super) fn destination_in(packet: &Packet, set: AddressRange) -> Result<bool, Cut> {
    address_inside(packet.destination, set).map_err(|at| Cut { field: Field::Destination, at })
}

/// Whether the source lies in `set`; a cut when only some members do.
pub(super) fn source_in(packet: &Packet, set: AddressRange) -> Result<bool, Cut> {
    address_inside(packet.source, set).map_err(|at| Cut { field: Field::Source, at })
}

/// Every address of `family`.
pub(super) fn everything(family: Family) -> AddressRange {
    crate::net::Prefix::all(family).range()
}

/// The range moved so that `from.first` becomes `to.first`; `None` when it leaves `to`.
pub(super) fn shifted(
    range: AddressRange,
    from: AddressRange,
    to: AddressRange,
) -> Option<AddressRange> {
    let move_one = |member| {
        let distance = number(member).checked_sub(number(from.first()))?;
        let moved = number(to.first()).checked_add(distance)?;
        (moved <= number(to.last())).then(|| address(to.family(), moved))
    };
    AddressRange::new(move_one(range.first())?, move_one(range.last())?)
}

/// The port range moved so that `from.first` becomes `to.first`; `None` when it leaves `to`.
pub(super) fn shifted_ports(range: PortRange, from: PortRange, to: PortRange) -> Option<PortRange> {
    let move_one = |port: u16| {
        let moved = to.first().checked_add(port.checked_sub(from.first())?)?;
        (moved <= to.last()).then_some(moved)
    };
    PortRange::new(move_one(range.first())?, move_one(range.last())?)
}
