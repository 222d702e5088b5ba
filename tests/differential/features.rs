//! What a random network may contain. A failing seed is narrowed by switching features off one by one.

#![allow(dead_code, reason = "each test uses a part")]

use super::rng::Rng;

macro_rules! features {
    ($($name:ident),* $(,)?) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Feature { $($name),* }
        impl Feature {
            pub(crate) const ALL: &[Feature] = &[$(Feature::$name),*];
        }
    };
}

features! {
    Contexts, InternalLinks, Opaques, Undeclared, Rest, ZonesBehind, TwoZones, Overlap, FilterBefore, FilterAfter, Stateful,
    Bindings, DefaultPermit, Jumps, Undecided, Unknown, Disabled, Schedules, States, TranslatedConditions, DestinationNat,
    SourceNat, NatPorts, NatUncertain, NatUnknown, NatGarbled, Gateways, SharedLoad, Withdrawable, NullRoutes,
    InterfaceRoutes, Leaks, Dynamic, PolicyRoutes, Local, Hairpin, Down, Lines, Loopbacks, SharedAddresses, ForeignGateways,
    Moment,
}

/// A set of features.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Features(u64);

impl Features {
    /// About a third of them.
    pub(crate) fn some(rng: &mut Rng) -> Features {
        let share = rng.pick(&[10, 25, 25, 40, 60]);
        let mut features = Features(0);
        for feature in Feature::ALL {
            if rng.chance(share) {
                features.0 |= 1 << (*feature as u64);
            }
        }
        features
    }

    pub(crate) fn has(self, feature: Feature) -> bool {
        self.0 >> (feature as u64) & 1 == 1
    }

    pub(crate) fn with(self, feature: Feature) -> Features {
        Features(self.0 | 1 << (feature as u64))
    }

    pub(crate) fn without(self, feature: Feature) -> Features {
        Features(self.0 & !(1 << (feature as u64)))
    }

    pub(crate) fn only(features: &[Feature]) -> Features {
        Features(features.iter().fold(0, |bits, feature| bits | 1 << (*feature as u64)))
    }

    pub(crate) fn list(self) -> Vec<Feature> {
        Feature::ALL.iter().copied().filter(|feature| self.has(*feature)).collect()
    }
}
