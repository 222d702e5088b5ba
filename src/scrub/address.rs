//! Addresses under a key: other addresses of the same shape.
//!
//! An address is a way down a binary tree, one bit a node. The map turns the two branches of some nodes round; which ones, the key says. So
//! two addresses have as long a prefix in common as before, every prefix becomes a prefix of the same length, and nothing meets that did not.
//!
//! # What keeps its shape
//!
//! * **Special ranges** (private, loopback, link-local, multicast…) become themselves: no node above their prefix is turned. Where the
//!   addresses themselves mean something (multicast, loopback, masks), no node below it is turned either.
//! * **A range** `[a, b]` becomes `[f(a), f(b)]`, and nothing else does, when no node on the way to `a` or to `b` is turned from the one at
//!   which the ways part. Proof: below that node, what is at or after `a` is `a` and the right-hand neighbours of the way to `a`. A
//!   right-hand neighbour stays one, and a whole neighbour becomes a whole neighbour; so the image is what is at or after `f(a)` there. The
//!   same holds for `b`, from the left. Both halves lie on their sides of the node, which is not turned. A prefix is the range from its
//!   zeros to its ones.
//! * **What is counted or compared bit by bit** (translation one to one, wildcard masks with gaps) is moved as a whole: no node below the
//!   common prefix is turned, so the distance from the first address stays.

use rustc_hash::{FxHashMap, FxHashSet};
use sha2::{Digest, Sha256};
use std::net::{IpAddr, Ipv4Addr};

use crate::net::{AddressRange, Family, Prefix, address, number};

/// Ranges that become themselves, address by address.
const SAME: [&str; 10] = [
    "0.0.0.0/8",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "192.0.0.0/24",
    "224.0.0.0/4",
    "240.0.0.0/4",
    "::/8",
    "64:ff9b::/96",
    "fe80::/10",
    "ff00::/8",
];
/// Ranges whose addresses stay inside.
const INSIDE: [&str; 8] = [
    "10.0.0.0/8",
    "100.64.0.0/10",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "fc00::/8",
    "fd00::/8",
    "fec0::/10",
    GLOBAL,
];
/// Addresses of IPv6 that belong to somebody.
const GLOBAL: &str = "2000::/3";
/// IPv4 inside IPv6: the last 32 bits are an address of their own.
const EMBEDDED: [&str; 2] = ["64:ff9b::/96", "::ffff:0:0/96"];

/// A node of the tree: family, how many bits are above it, and which.
type Place = (Family, u8, u128);

/// The map.
#[derive(Clone, Debug)]
pub(super) struct Addresses {
    key: [u8; 32],
    /// Nodes that are not turned.
    still: FxHashSet<Place>,
    /// Nodes below and at which none is turned.
    whole: FxHashSet<Place>,
    turned: FxHashMap<Place, bool>,
    embedded: Vec<Prefix>,
}

impl Addresses {
    /// The map under a key, for what has no range yet.
    pub(super) fn new(key: [u8; 32]) -> Addresses {
        let embedded = EMBEDDED.iter().filter_map(|text| Prefix::parse(text)).collect();
        let (still, whole) = (FxHashSet::default(), FxHashSet::default());
        let mut map = Addresses { key, still, whole, turned: FxHashMap::default(), embedded };
        for prefix in SAME.iter().filter_map(|text| Prefix::parse(text)) {
            map.keep_above(prefix);
            map.whole.insert(place(prefix));
        }
        for prefix in INSIDE.iter().filter_map(|text| Prefix::parse(text)) {
            map.keep_above(prefix);
        }
        // Masks look like addresses: those without a gap, and their inverses, stay as they are.
        for len in 0..=32 {
            let mask = u128::from(u32::MAX.checked_shl(32 - len).unwrap_or(0));
            for number in [mask, !mask & Family::V4.last()] {
                map.keep_above(Prefix::host(address(Family::V4, number)));
            }
        }
        map
    }

    /// No node above the prefix is turned: it becomes itself.
    fn keep_above(&mut self, prefix: Prefix) {
        self.keep_way(prefix.family(), number(prefix.address()), 0, prefix.len());
    }

    /// No node on the way to the address is turned that has `from` or more, and fewer than `to`, bits above it.
    fn keep_way(&mut self, family: Family, number: u128, from: u8, to: u8) {
        self.still.extend((from..to).map(|depth| (family, depth, above(family, number, depth))));
    }

    /// From now on the image of the range is the range of the images of its ends.
    pub(super) fn keep_range(&mut self, range: AddressRange) {
        let (family, (first, last)) = (range.family(), range.numbers());
        let common = common(range);
        self.keep_way(family, first, common, family.bits());
        self.keep_way(family, last, common, family.bits());
    }

    /// From now on the range is moved as a whole: distances inside it stay.
    pub(super) fn keep_whole(&mut self, range: AddressRange) {
        let (family, common) = (range.family(), common(range));
        self.whole.insert((family, common, above(family, number(range.first()), common)));
    }

    /// The address that stands for `given`.
    pub(super) fn map(&mut self, given: IpAddr) -> IpAddr {
        if let (IpAddr::V6(v6), true) =
            (given, self.embedded.iter().any(|prefix| prefix.contains(given)))
        {
            let inner = u32::try_from(u128::from(v6) & u128::from(u32::MAX)).unwrap_or(0);
            let image = number(self.map(IpAddr::V4(Ipv4Addr::from(inner))));
            return address(Family::V6, u128::from(v6) & !u128::from(u32::MAX) | image);
        }
        let (family, number) = (Family::of(given), number(given));
        let mut turned = 0_u128;
        for depth in 0..family.bits() {
            let node = (family, depth, above(family, number, depth));
            if self.whole.contains(&node) {
                break;
            }
            if self.is_turned(node) {
                turned |= 1_u128.checked_shl(u32::from(family.bits() - depth - 1)).unwrap_or(0);
            }
        }
        address(family, number ^ turned)
    }

    fn is_turned(&mut self, node: Place) -> bool {
        if self.still.contains(&node) {
            return false;
        }
        let key = &self.key;
        let drawn = || {
            let (family, depth, bits) = node;
            let digest = Sha256::new()
                .chain_update(key)
                .chain_update([family.bits(), depth])
                .chain_update(bits.to_be_bytes())
                .finalize();
            digest.first().is_some_and(|byte| byte & 1 == 1)
        };
        *self.turned.entry(node).or_insert_with(drawn)
    }
}

/// Whether an address belongs to nobody in particular: everybody has private ones.
pub(super) fn is_special(address: IpAddr) -> bool {
    let inside = INSIDE.iter().filter(|text| **text != GLOBAL);
    SAME.iter()
        .chain(inside)
        .filter_map(|text| Prefix::parse(text))
        .any(|prefix| prefix.contains(address))
}

fn place(prefix: Prefix) -> Place {
    (prefix.family(), prefix.len(), above(prefix.family(), number(prefix.address()), prefix.len()))
}

/// The first `depth` bits of an address, as a number.
fn above(family: Family, number: u128, depth: u8) -> u128 {
    number.checked_shr(u32::from(family.bits() - depth)).unwrap_or(0)
}

/// How many bits the ends of a range have in common.
fn common(range: AddressRange) -> u8 {
    let (first, last) = range.numbers();
    let differ = u8::try_from(128 - (first ^ last).leading_zeros()).unwrap_or(128);
    range.family().bits() - differ
}

#[cfg(test)]
mod tests;
