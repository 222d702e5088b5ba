//! Which packet-set field holds which part of a header.

use std::net::IpAddr;

use crate::net::{self, AddressRange, Family, Flow, State, flow};
use crate::packetset::{Arena, Cube, Function, Intervals, Key};

/// Field numbers, in the order in which nodes test them.
pub mod fields {
    /// Source address.
    pub const SRC: usize = 0;
    /// Destination address.
    pub const DST: usize = 1;
    /// IP protocol.
    pub const PROTOCOL: usize = 2;
    /// Destination port; the type for ICMP.
    pub const DPORT: usize = 3;
    /// Source port; the code for ICMP.
    pub const SPORT: usize = 4;
    /// TCP flags, low eight bits.
    pub const FLAGS: usize = 5;
    /// Connection state: the position in [`crate::net::State::ALL`].
    pub const STATE: usize = 6;
    /// Which rewrite of the device at hand changed the destination: its number plus one, 0 for none.
    pub const MARK: usize = 7;
}

/// The largest coordinates of all fields.
pub type Layout<K> = [K; 8];

/// The coordinate type of an address family.
pub trait Header: Key {
    /// The family.
    const FAMILY: Family;

    /// The largest coordinates of all fields.
    fn layout() -> Layout<Self> {
        let narrow = |value: u32| Self::narrow(u128::from(value));
        let address = Self::narrow(Self::FAMILY.last());
        [
            address,
            address,
            narrow(255),
            narrow(65535),
            narrow(65535),
            narrow(255),
            narrow(3),
            narrow(u32::MAX),
        ]
    }

    /// The coordinate of an address of the family.
    fn of(address: IpAddr) -> Self {
        Self::narrow(net::number(address))
    }

    /// The address of a coordinate.
    fn address(self) -> IpAddr {
        net::address(Self::FAMILY, self.wide())
    }
}

impl Header for u32 {
    const FAMILY: Family = Family::V4;
}

impl Header for u128 {
    const FAMILY: Family = Family::V6;
}

/// The coordinates of a small number.
pub(crate) fn small<K: Key>(value: u32) -> K {
    K::narrow(u128::from(value))
}

/// The interval from one small number to another.
pub(crate) fn span<K: Key>(first: u32, last: u32) -> Intervals<K> {
    Intervals::range(small(first), small(last))
}

/// The flow at a point.
pub(crate) fn flow_at<K: Header>(point: &[K]) -> Flow {
    let at = |field: usize| point.get(field).copied().unwrap_or_default();
    let byte = |field: usize| u8::try_from(at(field).wide()).unwrap_or(u8::MAX);
    let port = |field: usize| u16::try_from(at(field).wide()).unwrap_or(u16::MAX);
    let state = usize::try_from(at(fields::STATE).wide()).unwrap_or(0);
    let flow = Flow {
        src: at(fields::SRC).address(),
        dst: at(fields::DST).address(),
        protocol: byte(fields::PROTOCOL),
        source_port: port(fields::SPORT),
        destination_port: port(fields::DPORT),
        tcp_flags: byte(fields::FLAGS),
        icmp_type: byte(fields::DPORT),
        icmp_code: byte(fields::SPORT),
        state: State::ALL.get(state).copied().unwrap_or_default(),
    };
    flow.normalised()
}

/// Protocols with ports, as coordinates.
pub(crate) fn port_protocols<K: Key>() -> Intervals<K> {
    Intervals::of(
        (0..=255u8).filter(|p| flow::has_ports(*p)).map(|p| (small(p.into()), small(p.into()))),
    )
}

/// ICMP and ICMPv6, as coordinates.
pub(crate) fn icmp_protocols<K: Key>() -> Intervals<K> {
    Intervals::of(
        (0..=255u8).filter(|p| flow::is_icmp(*p)).map(|p| (small(p.into()), small(p.into()))),
    )
}

/// The intervals of flags for which `keep` holds.
pub(crate) fn flags_where<K: Key>(keep: impl Fn(u8) -> bool) -> Intervals<K> {
    Intervals::of((0..=255u8).filter(|f| keep(*f)).map(|f| (small(f.into()), small(f.into()))))
}

/// Every packet in its normal form (see [`Flow::normalised`]), in any state and with any mark.
pub(crate) fn normal<K: Header>(arena: &mut Arena<K>) -> Function {
    let quiet = (fields::FLAGS, span(0, 0));
    let tcp = cube(arena, &span(6, 6), &[]);
    let ported = port_protocols().minus(&span(6, 6));
    let ported = cube(arena, &ported, std::slice::from_ref(&quiet));
    let byte = |field| (field, span(0, 255));
    let icmp = [byte(fields::DPORT), byte(fields::SPORT), quiet.clone()];
    let icmp = cube(arena, &icmp_protocols(), &icmp);
    let other = Intervals::up_to(small(255)).minus(&port_protocols()).minus(&icmp_protocols());
    let zero = |field| (field, span(0, 0));
    let other = cube(arena, &other, &[zero(fields::DPORT), zero(fields::SPORT), quiet]);
    arena.min_all(vec![tcp, ported, icmp, other])
}

/// The packets that can open a connection, each in its normal form (see [`Flow::normalised`] and [`Flow::is_opening`]).
pub(crate) fn opening<K: Header>(arena: &mut Arena<K>) -> Function {
    let syn = net::TCP_SYN;
    let mask = net::TCP_FIN | net::TCP_SYN | net::TCP_RST | net::TCP_ACK;
    let tcp = cube(arena, &span(6, 6), &[(fields::FLAGS, flags_where(|f| f & mask == syn))]);
    let quiet = (fields::FLAGS, span(0, 0));
    let ported = port_protocols().minus(&span(6, 6));
    let ported = cube(arena, &ported, std::slice::from_ref(&quiet));
    let icmp = cube(
        arena,
        &icmp_protocols(),
        &[(fields::DPORT, span(0, 255)), (fields::SPORT, span(0, 255)), quiet.clone()],
    );
    let other = Intervals::up_to(small(255)).minus(&port_protocols()).minus(&icmp_protocols());
    let other =
        cube(arena, &other, &[(fields::DPORT, span(0, 0)), (fields::SPORT, span(0, 0)), quiet]);
    let any = arena.min_all(vec![tcp, ported, icmp, other]);
    let new = arena.field_in(fields::STATE, &span(0, 0));
    let unmarked = arena.field_in(fields::MARK, &span(0, 0));
    let any = arena.guard(any, new);
    arena.guard(any, unmarked)
}

/// The packets of these protocols whose further fields lie in the given intervals.
pub(crate) fn cube<K: Header>(
    arena: &mut Arena<K>,
    protocols: &Intervals<K>,
    more: &[(usize, Intervals<K>)],
) -> Function {
    let mut set = arena.field_in(fields::PROTOCOL, protocols);
    for (field, values) in more {
        let inside = arena.field_in(*field, values);
        set = arena.guard(set, inside);
    }
    set
}

/// The address ranges of one field of a cube.
pub(crate) fn ranges<K: Header>(cube: &Cube<K>, field: usize) -> Vec<AddressRange> {
    let intervals = cube.fields.get(field).map_or(&[][..], Intervals::as_slice);
    intervals
        .iter()
        .filter_map(|(first, last)| AddressRange::new(first.address(), last.address()))
        .collect()
}

/// TCP packets of no connection that open nothing: state `invalid`, and those in state `new` but for a lone SYN.
pub(crate) fn stray<K: Header>(arena: &mut Arena<K>) -> Function {
    let mask = net::TCP_FIN | net::TCP_SYN | net::TCP_RST | net::TCP_ACK;
    let closed = flags_where(|flags| flags & mask != net::TCP_SYN);
    let new = cube(arena, &span(6, 6), &[(fields::FLAGS, closed), (fields::STATE, span(0, 0))]);
    let invalid = cube(arena, &span(6, 6), &[(fields::STATE, span(3, 3))]);
    arena.min(new, invalid)
}
