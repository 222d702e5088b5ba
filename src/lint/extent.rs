//! The addresses that an object holds at most.

use super::parts::Parts;
use crate::compile::{Header, intervals};
use crate::graph::unicast;
use crate::model::{AddressId, AddressSet, AddressWithin, Device};
use crate::net::{AddressRange, Family};
use crate::packetset::Intervals;

/// Addresses of both families.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Extent {
    pub(super) v4: Intervals<u32>,
    pub(super) v6: Intervals<u128>,
}

impl Default for Extent {
    fn default() -> Extent {
        Extent::none()
    }
}

impl Extent {
    pub(super) fn none() -> Extent {
        Extent { v4: Intervals::empty(), v6: Intervals::empty() }
    }

    /// Every address that packets can be forwarded from and to.
    pub(super) fn everything() -> Extent {
        Extent { v4: unicast(), v6: unicast() }
    }

    pub(super) fn of(ranges: &[AddressRange]) -> Extent {
        Extent { v4: intervals(ranges.iter().copied()), v6: intervals(ranges.iter().copied()) }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.v4.is_empty() && self.v6.is_empty()
    }

    pub(super) fn union(&self, other: &Extent) -> Extent {
        Extent { v4: self.v4.union(&other.v4), v6: self.v6.union(&other.v6) }
    }

    pub(super) fn minus(&self, other: &Extent) -> Extent {
        Extent { v4: self.v4.minus(&other.v4), v6: self.v6.minus(&other.v6) }
    }

    pub(super) fn meets(&self, other: &Extent) -> bool {
        self.v4.meets(&other.v4) || self.v6.meets(&other.v6)
    }
}

/// Everything that `id` may hold; more where a part is not known or has gaps.
pub(super) fn extent(device: &Device, id: AddressId) -> Extent {
    let mut parts = Parts::of(id);
    let (mut ranges, mut whole): (Vec<AddressRange>, Vec<Family>) = (Vec::new(), Vec::new());
    while let Some(id) = parts.next() {
        match &device.addresses[id].value {
            AddressSet::Any => whole.extend(Family::ALL),
            AddressSet::Range(range) => ranges.push(*range),
            AddressSet::Wildcard(mask) => match mask.to_prefix() {
                Some(prefix) => ranges.push(prefix.range()),
                None => whole.push(Family::V4),
            },
            AddressSet::Union(members) => parts.add(members),
            AddressSet::Except { of, .. } => parts.add([of]),
            AddressSet::Unknown { within: AddressWithin::Anywhere, .. } => {
                whole.extend(Family::ALL)
            }
            AddressSet::Unknown { within: AddressWithin::Family(family), .. } => {
                whole.push(*family)
            }
        }
    }
    Extent { v4: side(&ranges, &whole), v6: side(&ranges, &whole) }
}

fn side<K: Header>(ranges: &[AddressRange], whole: &[Family]) -> Intervals<K> {
    if whole.contains(&K::FAMILY) {
        return Intervals::up_to(K::narrow(K::FAMILY.last()));
    }
    intervals(ranges.iter().copied())
}
