//! The addresses that an object holds at most.

use std::sync::Arc;

use super::Subject;
use crate::compile::intervals;
use crate::graph::{unicast, zone_set};
use crate::model::AddressId;
use crate::net::AddressRange;
use crate::packetset::Intervals;
use crate::snapshot::{Snapshot, ZoneId};

/// Addresses of both families.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Extent {
    pub(super) v4: Arc<Intervals<u32>>,
    pub(super) v6: Arc<Intervals<u128>>,
}

impl Default for Extent {
    fn default() -> Extent {
        Extent::none()
    }
}

impl Extent {
    pub(super) fn new(v4: Intervals<u32>, v6: Intervals<u128>) -> Extent {
        Extent { v4: Arc::new(v4), v6: Arc::new(v6) }
    }

    pub(super) fn none() -> Extent {
        Extent::new(Intervals::empty(), Intervals::empty())
    }

    /// Every address that packets can be forwarded from and to.
    pub(super) fn everything() -> Extent {
        Extent::new(unicast(), unicast())
    }

    pub(super) fn of(ranges: &[AddressRange]) -> Extent {
        Extent::new(intervals(ranges.iter().copied()), intervals(ranges.iter().copied()))
    }

    /// The addresses of a zone.
    pub(super) fn of_zone(snapshot: &Snapshot, zone: ZoneId) -> Extent {
        Extent::new(zone_set(snapshot, zone), zone_set(snapshot, zone))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.v4.is_empty() && self.v6.is_empty()
    }

    pub(super) fn union(&self, other: &Extent) -> Extent {
        Extent::new(self.v4.union(&other.v4), self.v6.union(&other.v6))
    }

    pub(super) fn minus(&self, other: &Extent) -> Extent {
        Extent::new(self.v4.minus(&other.v4), self.v6.minus(&other.v6))
    }

    /// Whether `other` holds all of it.
    pub(super) fn within(&self, other: &Extent) -> bool {
        self.v4.within(&other.v4) && self.v6.within(&other.v6)
    }

    pub(super) fn meets(&self, other: &Extent) -> bool {
        self.v4.meets(&other.v4) || self.v6.meets(&other.v6)
    }
}

/// Everything that `id` may hold.
pub(super) fn extent(subject: &Subject<'_>, id: AddressId) -> Extent {
    let (v4, v6) = subject.compiled();
    let held = v4.zip(v6).map(|(v4, v6)| Extent { v4: v4.widest(id), v6: v6.widest(id) });
    held.unwrap_or_else(Extent::everything)
}
