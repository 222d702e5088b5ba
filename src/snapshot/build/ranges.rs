//! A set of addresses as sorted ranges that neither overlap nor touch.

use crate::net::{AddressRange, Family, Prefix, address};
use std::collections::BTreeSet;

/// Sorted, disjoint, not adjacent; IPv4 first.
pub(super) struct Ranges(Vec<AddressRange>);

impl Ranges {
    /// The union of `ranges`.
    pub(super) fn new(ranges: impl Iterator<Item = AddressRange>) -> Ranges {
        let mut all: Vec<AddressRange> = ranges.collect();
        all.sort_unstable_by_key(|range| (range.family(), range.numbers()));
        let mut merged: Vec<AddressRange> = Vec::with_capacity(all.len());
        for range in all {
            let joined = merged.last().and_then(|last| join(*last, range));
            match (joined, merged.last_mut()) {
                (Some(joined), Some(last)) => *last = joined,
                _ => merged.push(range),
            }
        }
        Ranges(merged)
    }

    pub(super) fn into_vec(self) -> Vec<AddressRange> {
        self.0
    }

    /// The parts of `prefix` that are not in the set, in order.
    pub(super) fn gaps(&self, prefix: Prefix) -> Vec<AddressRange> {
        let (family, whole) = (prefix.family(), prefix.range());
        let (mut next, last) = whole.numbers();
        let from = self.0.partition_point(|r| (r.family(), r.numbers().1) < (family, next));
        let mut gaps = Vec::new();
        let mut gap = |first: u128, last: u128| {
            gaps.extend(AddressRange::new(address(family, first), address(family, last)));
        };
        for range in self.0.iter().skip(from) {
            let (start, end) = range.numbers();
            if range.family() != family || start > last {
                break;
            }
            if start > next {
                gap(next, start - 1);
            }
            if end >= last {
                return gaps;
            }
            next = end + 1;
        }
        gap(next, last);
        gaps
    }
}

/// One range when the second begins inside the first or right after it.
fn join(first: AddressRange, second: AddressRange) -> Option<AddressRange> {
    let ((_, end), (start, other_end)) = (first.numbers(), second.numbers());
    let near = first.family() == second.family() && end.checked_add(1).is_none_or(|n| start <= n);
    let last = if other_end > end { second.last() } else { first.last() };
    if near { AddressRange::new(first.first(), last) } else { None }
}

/// Prefixes, to be asked what none of them holds.
pub(super) struct Prefixes(BTreeSet<Prefix>);

impl Prefixes {
    pub(super) fn new(prefixes: impl Iterator<Item = Prefix>) -> Prefixes {
        Prefixes(prefixes.collect())
    }

    /// The prefixes that together are what none of these holds of `prefix`, in order.
    pub(super) fn gaps(&self, prefix: Prefix) -> Vec<Prefix> {
        let mut above = (0..=prefix.len()).filter_map(|len| Prefix::new(prefix.address(), len));
        if above.any(|above| self.0.contains(&above)) {
            return Vec::new();
        }
        let after = self.0.range(prefix..).take_while(|hole| prefix.contains(hole.address()));
        let inside: Vec<Prefix> = after.copied().filter(|hole| prefix.covers(*hole)).collect();
        without(prefix, &inside)
    }
}

/// The prefixes that together are `prefix` without `holes`, in order; holes outside are ignored.
pub(super) fn without(prefix: Prefix, holes: &[Prefix]) -> Vec<Prefix> {
    let mut pieces = Vec::new();
    let mut open = vec![(prefix, holes.to_vec())];
    while let Some((piece, mut holes)) = open.pop() {
        holes.retain(|hole| hole.overlaps(piece));
        if holes.iter().any(|hole| hole.covers(piece)) {
            continue;
        }
        match halves(piece) {
            (Some(low), Some(high)) if !holes.is_empty() => {
                open.push((high, holes.clone()));
                open.push((low, holes));
            }
            _ => pieces.push(piece),
        }
    }
    pieces
}

fn halves(prefix: Prefix) -> (Option<Prefix>, Option<Prefix>) {
    let (family, len) = (prefix.family(), prefix.len() + 1);
    let bit = 1u128.checked_shl(u32::from(family.bits().saturating_sub(len))).unwrap_or(0);
    let high = address(family, prefix.range().numbers().0 | bit);
    (Prefix::new(prefix.address(), len), Prefix::new(high, len))
}

/// Whether `prefix` is link-local: it says nothing about which interfaces are on one segment.
pub(super) fn is_link_local(prefix: Prefix) -> bool {
    let block = match prefix.family() {
        Family::V4 => "169.254.0.0/16",
        Family::V6 => "fe80::/10",
    };
    Prefix::parse(block).is_some_and(|block| block.covers(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn p(text: &str) -> Prefix {
        Prefix::parse(text).unwrap()
    }

    #[test]
    fn gaps_are_what_no_range_holds() {
        let set = Ranges::new(
            ["10.0.1.0/24", "10.0.0.0/24", "10.0.4.0/24", "2001:db8::/32"]
                .map(|t| p(t).range())
                .into_iter(),
        );
        let text = |prefix: &str| -> Vec<String> {
            set.gaps(p(prefix)).iter().map(ToString::to_string).collect()
        };
        assert_eq!(text("10.0.0.0/21"), ["10.0.2.0/23", "10.0.5.0-10.0.7.255"]);
        assert_eq!(text("10.0.1.128/25"), Vec::<String>::new());
        assert_eq!(text("10.9.0.0/16"), ["10.9.0.0/16"]);
        assert_eq!(text("2001:db8:1::/48"), Vec::<String>::new());
        let all = Ranges::new([p("::/0").range(), p("::/0").range()].into_iter());
        assert!(all.gaps(p("::/0")).is_empty());
    }

    #[test]
    fn a_prefix_without_holes_is_cut_into_prefixes() {
        let pieces = without(p("10.0.0.0/22"), &[p("10.0.1.0/24"), p("192.0.2.0/24")]);
        assert_eq!(pieces, [p("10.0.0.0/24"), p("10.0.2.0/23")]);
        assert!(without(p("10.0.0.0/24"), &[p("10.0.0.0/8")]).is_empty());
        assert_eq!(without(p("::/0"), &[p("::1/128")]).len(), 128);
    }
}
