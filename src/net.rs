//! Addresses, prefixes, ports, protocols and one concrete [`Flow`].
//!
//! `ipnetwork` keeps host bits, so it stays at the edges: [`Prefix::parse`] goes through it and canonicalises.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

pub mod flow;
pub mod ports;
pub mod service;

pub use flow::{Flow, State, TCP_ACK, TCP_FIN, TCP_RST, TCP_SYN};
pub use ports::PortRange;
pub use service::{PROTOCOLS, port_number, protocol_name, protocol_number};

/// An address family. Every policy rule is judged on both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Family {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

impl Family {
    /// Both families, in the order in which they are reported.
    pub const ALL: [Family; 2] = [Family::V4, Family::V6];

    /// The family of `address`.
    #[must_use]
    pub fn of(address: IpAddr) -> Family {
        if address.is_ipv4() { Family::V4 } else { Family::V6 }
    }

    /// The name in sentences.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Family::V4 => "IPv4",
            Family::V6 => "IPv6",
        }
    }

    /// The number of address bits: 32 or 128.
    #[must_use]
    pub fn bits(self) -> u8 {
        match self {
            Family::V4 => 32,
            Family::V6 => 128,
        }
    }

    /// The largest address as a number.
    #[must_use]
    pub fn last(self) -> u128 {
        match self {
            Family::V4 => u32::MAX as u128,
            Family::V6 => u128::MAX,
        }
    }

    /// The identifier used in machine formats: `ipv4` or `ipv6`.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Family::V4 => "ipv4",
            Family::V6 => "ipv6",
        }
    }
}

/// The address as a number: 0 to 2^32-1 for IPv4, 0 to 2^128-1 for IPv6.
#[must_use]
pub fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => u128::from(u32::from(v4)),
        IpAddr::V6(v6) => u128::from(v6),
    }
}

/// The address of `family` with this number; bits above the family's width are dropped.
#[must_use]
pub fn address(family: Family, number: u128) -> IpAddr {
    match family {
        Family::V4 =>
        {
            #[allow(
                clippy::cast_possible_truncation,
                reason = "documented: bits above the width are dropped"
            )]
            IpAddr::V4(Ipv4Addr::from(number as u32))
        }
        Family::V6 => IpAddr::V6(Ipv6Addr::from(number)),
    }
}

/// A canonical prefix: no host bit is set, the length is 0 to 32 or 0 to 128.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Prefix {
    address: IpAddr,
    len: u8,
}

impl Prefix {
    /// The prefix of `len` bits that holds `address`; `None` when `len` exceeds the family's width. Host bits are masked.
    #[must_use]
    pub fn new(address: IpAddr, len: u8) -> Option<Prefix> {
        let family = Family::of(address);
        if len > family.bits() {
            return None;
        }
        let masked = number(address) & !Prefix::host_mask(family, len);
        Some(Prefix { address: self::address(family, masked), len })
    }

    /// The prefix that holds one address only.
    #[must_use]
    pub fn host(address: IpAddr) -> Prefix {
        Prefix { address, len: Family::of(address).bits() }
    }

    /// Every address of `family`.
    #[must_use]
    pub fn all(family: Family) -> Prefix {
        Prefix { address: address(family, 0), len: 0 }
    }

    /// Reads `10.0.0.0/8`, `2001:db8::/32`, `10.0.0.0/255.0.0.0` or a bare address; `None` for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Prefix> {
        if let Some(prefix) = Prefix::plain(text) {
            return Some(prefix);
        }
        let network: ipnetwork::IpNetwork = text.trim().parse().ok()?;
        Prefix::new(network.ip(), network.prefix())
    }

    /// `10.0.0.0/8` as devices print it, which is nearly every prefix; `None` leaves the text to the full grammar.
    fn plain(text: &str) -> Option<Prefix> {
        let (address, len) = text.split_once('/')?;
        let address: Ipv4Addr = address.parse().ok()?;
        let len = match len.as_bytes() {
            [one @ b'0'..=b'9'] => one - b'0',
            [ten @ b'1'..=b'3', one @ b'0'..=b'9'] => (ten - b'0') * 10 + (one - b'0'),
            _ => return None,
        };
        Prefix::new(IpAddr::V4(address), len)
    }

    /// The prefix of an address and a contiguous netmask; `None` when the mask has a gap or is of the other family.
    #[must_use]
    pub fn from_netmask(address: IpAddr, mask: IpAddr) -> Option<Prefix> {
        if Family::of(address) != Family::of(mask) {
            return None;
        }
        let len = netmask_len(mask)?;
        Prefix::new(address, len)
    }

    fn host_mask(family: Family, len: u8) -> u128 {
        let width = u32::from(family.bits() - len);
        1u128.checked_shl(width).map_or(u128::MAX, |bit| bit - 1) & family.last()
    }

    /// The first address.
    #[must_use]
    pub fn address(self) -> IpAddr {
        self.address
    }

    /// The length in bits.
    #[must_use]
    #[allow(clippy::len_without_is_empty, reason = "a prefix length is not a collection length")]
    pub fn len(self) -> u8 {
        self.len
    }

    /// The family.
    #[must_use]
    pub fn family(self) -> Family {
        Family::of(self.address)
    }

    /// The first and last address as a range.
    #[must_use]
    pub fn range(self) -> AddressRange {
        let first = number(self.address);
        let last = first | Prefix::host_mask(self.family(), self.len);
        AddressRange { first: self.address, last: address(self.family(), last) }
    }

    /// Whether `address` is of this family and inside.
    #[must_use]
    pub fn contains(self, address: IpAddr) -> bool {
        self.range().contains(address)
    }

    /// Whether every address of `other` is inside.
    #[must_use]
    pub fn covers(self, other: Prefix) -> bool {
        self.len <= other.len && self.contains(other.address)
    }

    /// Whether the two share an address.
    #[must_use]
    pub fn overlaps(self, other: Prefix) -> bool {
        self.covers(other) || other.covers(self)
    }
}

/// The length of a contiguous netmask; `None` when it has a gap.
#[must_use]
pub fn netmask_len(mask: IpAddr) -> Option<u8> {
    let family = Family::of(mask);
    let inverted = !number(mask) & family.last();
    let contiguous = inverted & inverted.wrapping_add(1) == 0;
    contiguous.then(|| family.bits() - u8::try_from(inverted.count_ones()).unwrap_or(128))
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.len == self.family().bits() {
            write!(f, "{}", self.address)
        } else {
            write!(f, "{}/{}", self.address, self.len)
        }
    }
}

impl fmt::Debug for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.len)
    }
}

/// An inclusive range of addresses of one family; `first <= last`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AddressRange {
    first: IpAddr,
    last: IpAddr,
}

/// Readers look up the literal of every range that they meet: two numbers at once are quicker than the bytes of addresses.
impl Hash for AddressRange {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match (self.first, self.last) {
            (IpAddr::V4(first), IpAddr::V4(last)) => {
                state.write_u64(u64::from(u32::from(first)) << 32 | u64::from(u32::from(last)));
            }
            (first, last) => {
                state.write_u128(number(first));
                state.write_u128(number(last));
            }
        }
    }
}

impl AddressRange {
    /// The range; `None` when the families differ or `last` comes before `first`.
    #[must_use]
    pub fn new(first: IpAddr, last: IpAddr) -> Option<AddressRange> {
        let valid = Family::of(first) == Family::of(last) && number(first) <= number(last);
        valid.then_some(AddressRange { first, last })
    }

    /// The range of one address.
    #[must_use]
    pub fn single(address: IpAddr) -> AddressRange {
        AddressRange { first: address, last: address }
    }

    /// The first address.
    #[must_use]
    pub fn first(self) -> IpAddr {
        self.first
    }

    /// The last address.
    #[must_use]
    pub fn last(self) -> IpAddr {
        self.last
    }

    /// The family.
    #[must_use]
    pub fn family(self) -> Family {
        Family::of(self.first)
    }

    /// Whether `address` is of this family and inside.
    #[must_use]
    pub fn contains(self, address: IpAddr) -> bool {
        Family::of(address) == self.family()
            && (self.numbers().0..=self.numbers().1).contains(&number(address))
    }

    /// Whether the two share an address.
    #[must_use]
    pub fn overlaps(self, other: AddressRange) -> bool {
        let ((first, last), (other_first, other_last)) = (self.numbers(), other.numbers());
        self.family() == other.family() && first <= other_last && other_first <= last
    }

    /// First and last as numbers.
    #[must_use]
    pub fn numbers(self) -> (u128, u128) {
        (number(self.first), number(self.last))
    }

    /// The fewest prefixes that together hold exactly these addresses, in order.
    #[must_use]
    pub fn prefixes(self) -> Vec<Prefix> {
        let family = self.family();
        let (mut first, last) = self.numbers();
        let mut out = Vec::new();
        loop {
            let at = address(family, first);
            let fits = |prefix: &Prefix| {
                let (start, end) = prefix.range().numbers();
                start == first && end <= last
            };
            let mut wider = (0..=family.bits()).filter_map(|len| Prefix::new(at, len));
            let Some(prefix) = wider.find(fits) else { return out };
            out.push(prefix);
            let end = prefix.range().numbers().1;
            if end >= last {
                return out;
            }
            first = end + 1;
        }
    }

    /// The number of addresses minus one (so that the whole of IPv6 fits).
    #[must_use]
    pub fn extent(self) -> u128 {
        let (first, last) = self.numbers();
        last - first
    }
}

impl From<Prefix> for AddressRange {
    fn from(prefix: Prefix) -> AddressRange {
        prefix.range()
    }
}

impl fmt::Display for AddressRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.first == self.last {
            return write!(f, "{}", self.first);
        }
        let bits = (number(self.first) ^ number(self.last)).checked_add(1);
        let width = bits.filter(|n| n.is_power_of_two()).map_or(128, u128::trailing_zeros);
        let len = u32::from(self.family().bits()).saturating_sub(width);
        let prefix = u8::try_from(len).ok().and_then(|len| Prefix::new(self.first, len));
        match prefix {
            Some(prefix) if prefix.range() == *self => write!(f, "{prefix}"),
            _ => write!(f, "{}-{}", self.first, self.last),
        }
    }
}

/// An IPv4 address with a mask of bits that are not compared; the mask may have gaps (IOS, FortiOS `type wildcard`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct WildcardMask {
    /// The address; bits that are not compared are zero.
    pub address: u32,
    /// A set bit is not compared.
    pub ignore: u32,
}

impl WildcardMask {
    /// The wildcard of an address and an inverse mask (a set bit is not compared).
    #[must_use]
    pub fn new(address: Ipv4Addr, ignore: Ipv4Addr) -> WildcardMask {
        let ignore = u32::from(ignore);
        WildcardMask { address: u32::from(address) & !ignore, ignore }
    }

    /// Whether the set falls into more than 4,096 intervals: more than 12 ignored bits stand above the lowest run of them. Every
    /// judge reads such a set as unknown within its [`hull`](WildcardMask::hull).
    #[must_use]
    pub fn is_scattered(self) -> bool {
        self.ignore.count_ones() - self.ignore.trailing_ones() > 12
    }

    /// From the first address of the set to the last.
    #[must_use]
    pub fn hull(self) -> AddressRange {
        let [first, last] = [self.address, self.address | self.ignore].map(Ipv4Addr::from);
        AddressRange { first: first.into(), last: last.into() }
    }

    /// The same set as a prefix, when the ignored bits are the lowest ones without a gap.
    #[must_use]
    pub fn to_prefix(self) -> Option<Prefix> {
        let contiguous = self.ignore & self.ignore.wrapping_add(1) == 0;
        let len = u8::try_from(32 - self.ignore.count_ones()).ok()?;
        contiguous.then(|| Prefix::new(IpAddr::V4(Ipv4Addr::from(self.address)), len)).flatten()
    }

    /// Whether `address` is an IPv4 address that agrees on every compared bit.
    #[must_use]
    pub fn contains(self, address: IpAddr) -> bool {
        match address {
            IpAddr::V4(v4) => u32::from(v4) & !self.ignore == self.address,
            IpAddr::V6(_) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefix_masks_host_bits() {
        let prefix = Prefix::parse("10.0.1.7/24").unwrap();
        assert_eq!(prefix.to_string(), "10.0.1.0/24");
        assert!(prefix.contains("10.0.1.255".parse().unwrap()));
        assert!(!prefix.contains("10.0.2.0".parse().unwrap()));
    }

    #[test]
    fn ranges_print_as_prefix_when_they_are_one() {
        let range = |a: &str, b: &str| {
            AddressRange::new(a.parse().unwrap(), b.parse().unwrap()).unwrap().to_string()
        };
        assert_eq!(range("10.0.0.0", "10.0.0.255"), "10.0.0.0/24");
        assert_eq!(range("0.0.0.0", "255.255.255.255"), "0.0.0.0/0");
        assert_eq!(range("10.0.0.1", "10.0.0.2"), "10.0.0.1-10.0.0.2");
        assert_eq!(range("::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"), "::/0");
        assert_eq!(range("10.0.0.1", "10.0.0.1"), "10.0.0.1");
    }

    #[test]
    fn a_range_is_some_prefixes() {
        let prefixes = |first: &str, last: &str| {
            let range = AddressRange::new(first.parse().unwrap(), last.parse().unwrap()).unwrap();
            range.prefixes().iter().map(Prefix::to_string).collect::<Vec<_>>()
        };
        assert_eq!(prefixes("10.0.0.1", "10.0.0.4"), ["10.0.0.1", "10.0.0.2/31", "10.0.0.4"]);
        assert_eq!(prefixes("0.0.0.0", "255.255.255.255"), ["0.0.0.0/0"]);
        assert_eq!(prefixes("::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"), ["::/0"]);
    }

    #[test]
    fn netmasks_with_gaps_are_refused() {
        assert_eq!(netmask_len("255.255.255.0".parse().unwrap()), Some(24));
        assert_eq!(netmask_len("255.0.255.0".parse().unwrap()), None);
        assert_eq!(netmask_len("0.0.0.0".parse().unwrap()), Some(0));
    }

    #[test]
    fn wildcards_ignore_set_bits() {
        let odd = WildcardMask::new("10.0.0.1".parse().unwrap(), "0.0.255.254".parse().unwrap());
        assert!(odd.contains("10.0.7.3".parse().unwrap()));
        assert!(!odd.contains("10.0.7.2".parse().unwrap()));
        assert_eq!(odd.to_prefix(), None);
    }
}
