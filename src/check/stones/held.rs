//! Addresses in both families.

use std::net::IpAddr;

use crate::compile::{Header, intervals};
use crate::net::AddressRange;
use crate::packetset::Intervals;

/// See the module documentation.
#[derive(Clone)]
pub(in crate::check) struct Held {
    pub(super) v4: Intervals<u32>,
    pub(super) v6: Intervals<u128>,
}

impl Held {
    pub(super) fn none() -> Held {
        Held { v4: Intervals::empty(), v6: Intervals::empty() }
    }

    pub(super) fn everything() -> Held {
        Held { v4: Intervals::up_to(u32::MAX), v6: Intervals::up_to(u128::MAX) }
    }

    pub(super) fn of(addresses: &[IpAddr]) -> Held {
        let singles = || addresses.iter().map(|address| AddressRange::single(*address));
        Held { v4: intervals(singles()), v6: intervals(singles()) }
    }

    pub(super) fn minus(&self, other: &Held) -> Held {
        Held { v4: self.v4.minus(&other.v4), v6: self.v6.minus(&other.v6) }
    }

    pub(super) fn union(&self, other: &Held) -> Held {
        Held { v4: self.v4.union(&other.v4), v6: self.v6.union(&other.v6) }
    }

    pub(super) fn meets(&self, other: &Held) -> bool {
        self.v4.meets(&other.v4) || self.v6.meets(&other.v6)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.v4.is_empty() && self.v6.is_empty()
    }
}

/// A coordinate type as one side of [`Held`].
pub(in crate::check) trait Side: Header {
    fn held(addresses: Intervals<Self>) -> Held;
}

impl Side for u32 {
    fn held(addresses: Intervals<Self>) -> Held {
        Held { v4: addresses, v6: Intervals::empty() }
    }
}

impl Side for u128 {
    fn held(addresses: Intervals<Self>) -> Held {
        Held { v4: Intervals::empty(), v6: addresses }
    }
}
