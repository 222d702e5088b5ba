//! What an address expression surely holds and what it may hold, as intervals: to compare the destination of a security rule
//! with the original destination of a translation.

use crate::model::{AddressId, AddressSet, AddressWithin, Device};
use crate::net::{AddressRange, Family, address};
use rustc_hash::FxHashMap;
use std::rc::Rc;

/// Sorted intervals that do not touch, for IPv4 and IPv6.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Intervals {
    v4: Vec<(u128, u128)>,
    v6: Vec<(u128, u128)>,
}

impl Intervals {
    /// Every address of both families.
    pub(super) fn everything() -> Intervals {
        let all = |family: Family| vec![(0, family.last())];
        Intervals { v4: all(Family::V4), v6: all(Family::V6) }
    }

    /// The addresses of some ranges.
    pub(super) fn of(ranges: impl IntoIterator<Item = AddressRange>) -> Intervals {
        let mut out = Intervals::default();
        for range in ranges {
            out.part(range.family()).push(range.numbers());
        }
        for family in Family::ALL {
            normalise(out.part(family));
        }
        out
    }

    fn part(&mut self, family: Family) -> &mut Vec<(u128, u128)> {
        match family {
            Family::V4 => &mut self.v4,
            Family::V6 => &mut self.v6,
        }
    }

    fn both(
        &self,
        other: &Intervals,
        op: impl Fn(&[(u128, u128)], &[(u128, u128)]) -> Vec<(u128, u128)>,
    ) -> Intervals {
        Intervals { v4: op(&self.v4, &other.v4), v6: op(&self.v6, &other.v6) }
    }

    pub(super) fn minus(&self, other: &Intervals) -> Intervals {
        self.both(other, minus)
    }

    pub(super) fn and(&self, other: &Intervals) -> Intervals {
        self.both(other, intersection)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.v4.is_empty() && self.v6.is_empty()
    }

    /// Whether every address of `other` is inside.
    pub(super) fn covers(&self, other: &Intervals) -> bool {
        other.minus(self).is_empty()
    }

    /// The intervals as ranges.
    pub(super) fn ranges(&self) -> Vec<AddressRange> {
        let of = |family: Family, part: &[(u128, u128)]| {
            let ranges = part.iter().filter_map(move |(first, last)| {
                AddressRange::new(address(family, *first), address(family, *last))
            });
            ranges.collect::<Vec<_>>()
        };
        [of(Family::V4, &self.v4), of(Family::V6, &self.v6)].concat()
    }
}

fn normalise(part: &mut Vec<(u128, u128)>) {
    part.sort_unstable();
    let mut out: Vec<(u128, u128)> = Vec::with_capacity(part.len());
    for (first, last) in part.drain(..) {
        match out.last_mut() {
            Some(before) if first <= before.1.saturating_add(1) => before.1 = before.1.max(last),
            _ => out.push((first, last)),
        }
    }
    *part = out;
}

fn minus(a: &[(u128, u128)], b: &[(u128, u128)]) -> Vec<(u128, u128)> {
    let mut out = Vec::new();
    let mut others = b.iter().peekable();
    for (first, last) in a.iter().copied() {
        let mut first = Some(first);
        while let Some((from, to)) = others.peek().copied().copied() {
            let Some(start) = first else { break };
            if to < start {
                others.next();
                continue;
            }
            if from > last {
                break;
            }
            if from > start {
                out.push((start, from - 1));
            }
            first = to.checked_add(1).filter(|next| *next <= last);
            if first.is_some() {
                others.next();
            }
        }
        out.extend(first.map(|start| (start, last)));
    }
    out
}

fn intersection(a: &[(u128, u128)], b: &[(u128, u128)]) -> Vec<(u128, u128)> {
    minus(a, &minus(a, b))
}

/// What a set surely holds and what it may hold.
#[derive(Clone, Debug, Default)]
pub(super) struct Extent {
    pub(super) sure: Intervals,
    pub(super) may: Intervals,
}

/// Extents of the objects of a device, each computed once.
#[derive(Debug, Default)]
pub(super) struct Extents {
    known: FxHashMap<AddressId, Rc<Extent>>,
}

impl Extents {
    /// The extent of `id`. Groups are not nested deeper than the reader of objects allows, so this ends soon.
    pub(super) fn of(&mut self, device: &Device, id: AddressId) -> Rc<Extent> {
        if let Some(extent) = self.known.get(&id) {
            return extent.clone();
        }
        let extent = Rc::new(self.value(device, id));
        self.known.insert(id, extent.clone());
        extent
    }

    fn value(&mut self, device: &Device, id: AddressId) -> Extent {
        let exact = |set: Intervals| Extent { sure: set.clone(), may: set };
        match &device.addresses[id].value {
            AddressSet::Any => exact(Intervals::everything()),
            AddressSet::Range(range) => exact(Intervals::of([*range])),
            AddressSet::Wildcard(mask) => match mask.to_prefix() {
                Some(prefix) => exact(Intervals::of([prefix.range()])),
                None => {
                    let first = address(Family::V4, u128::from(mask.address));
                    let last = address(Family::V4, u128::from(mask.address | mask.ignore));
                    let may = Intervals::of(AddressRange::new(first, last));
                    Extent { sure: Intervals::default(), may }
                }
            },
            AddressSet::Union(members) => {
                let (mut sure, mut may) = (Vec::new(), Vec::new());
                for member in members.clone() {
                    let extent = self.of(device, member);
                    sure.extend(extent.sure.ranges());
                    may.extend(extent.may.ranges());
                }
                Extent { sure: Intervals::of(sure), may: Intervals::of(may) }
            }
            AddressSet::Except { of, minus } => {
                let (of, minus) = (*of, *minus);
                let (of, minus) = (self.of(device, of), self.of(device, minus));
                Extent { sure: of.sure.minus(&minus.may), may: of.may.minus(&minus.sure) }
            }
            AddressSet::Unknown { within, .. } => {
                let may = match within {
                    AddressWithin::Anywhere => Intervals::everything(),
                    AddressWithin::Family(family) => {
                        Intervals::of([crate::net::Prefix::all(*family).range()])
                    }
                };
                Extent { sure: Intervals::default(), may }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_subtract_and_meet() {
        let a = [(0, 9), (20, 29)];
        assert_eq!(minus(&a, &[(3, 4), (8, 22)]), [(0, 2), (5, 7), (23, 29)]);
        assert_eq!(minus(&a, &[(0, 40)]), []);
        assert_eq!(minus(&[(0, u128::MAX)], &[(5, u128::MAX)]), [(0, 4)]);
        assert_eq!(intersection(&a, &[(5, 24)]), [(5, 9), (20, 24)]);
        assert_eq!(minus(&[(0, 9), (10, 19)], &[(5, 15)]), [(0, 4), (16, 19)]);
    }
}
