//! Sets of coordinates of one field.

use smallvec::{SmallVec, smallvec};

use super::Key;

/// Most sets are one interval, and there is one a line and object: it lies in place.
type Parts<K> = SmallVec<[(K, K); 1]>;

/// A set of coordinates: ascending, disjoint, non-adjacent inclusive intervals. Equal sets have equal lists.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Intervals<K>(Parts<K>);

impl<K: Key> Intervals<K> {
    /// No coordinate.
    #[must_use]
    pub fn empty() -> Self {
        Intervals(SmallVec::new())
    }

    /// The coordinates 0 to `last`.
    #[must_use]
    pub fn up_to(last: K) -> Self {
        Intervals(smallvec![(K::default(), last)])
    }

    /// The coordinates `first` to `last`; empty when `last < first`.
    #[must_use]
    pub fn range(first: K, last: K) -> Self {
        Intervals(if first <= last { smallvec![(first, last)] } else { SmallVec::new() })
    }

    /// The union of any intervals, in any order, overlapping or not.
    #[must_use]
    pub fn of(parts: impl IntoIterator<Item = (K, K)>) -> Self {
        let mut parts: SmallVec<[(K, K); 8]> =
            parts.into_iter().filter(|(first, last)| first <= last).collect();
        parts.sort_unstable();
        let mut out: Parts<K> = SmallVec::with_capacity(parts.len());
        for (first, last) in parts {
            match out.last_mut() {
                Some(open) if open.1.next().is_none_or(|next| first <= next) => {
                    open.1 = open.1.max(last)
                }
                _ => out.push((first, last)),
            }
        }
        Intervals(out)
    }

    /// The intervals, ascending.
    #[must_use]
    pub fn as_slice(&self) -> &[(K, K)] {
        &self.0
    }

    /// Whether there is no coordinate.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether `value` is inside.
    #[must_use]
    pub fn contains(&self, value: K) -> bool {
        let after = self.0.partition_point(|(first, _)| *first <= value);
        self.0.get(after.wrapping_sub(1)).is_some_and(|(_, last)| value <= *last)
    }

    /// The coordinates of either.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        Intervals::of(self.0.iter().chain(&other.0).copied())
    }

    /// The coordinates of both.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        let mut out: Parts<K> = SmallVec::new();
        let (mut left, mut right) = (self.0.iter().peekable(), other.0.iter().peekable());
        while let (Some(a), Some(b)) = (left.peek(), right.peek()) {
            let (first, last) = (a.0.max(b.0), a.1.min(b.1));
            if first <= last {
                out.push((first, last));
            }
            if a.1 < b.1 {
                left.next();
            } else {
                right.next();
            }
        }
        Intervals(out)
    }

    /// Whether both have a coordinate in common.
    #[must_use]
    pub fn meets(&self, other: &Self) -> bool {
        let (few, many) = if self.0.len() < other.0.len() { (self, other) } else { (other, self) };
        few.0.iter().any(|(first, last)| {
            let at = many.0.partition_point(|(_, end)| end < first);
            many.0.get(at).is_some_and(|(start, _)| start <= last)
        })
    }

    /// Whether `other` holds all of them.
    #[must_use]
    pub fn within(&self, other: &Self) -> bool {
        // Intervals that touch are one, so that each lies in one of the other side.
        self.0.iter().all(|(first, last)| {
            let at = other.0.partition_point(|(_, end)| end < first);
            other.0.get(at).is_some_and(|(start, end)| start <= first && last <= end)
        })
    }

    /// The coordinates that are not in `other`.
    #[must_use]
    pub fn minus(&self, other: &Self) -> Self {
        let mut out: Parts<K> = SmallVec::new();
        let mut holes = other.0.iter().peekable();
        for (first, last) in &self.0 {
            let mut from = Some(*first);
            while let Some(hole) = holes.peek() {
                let Some(start) = from else { break };
                if hole.1 < start {
                    holes.next();
                    continue;
                }
                if *last < hole.0 {
                    break;
                }
                if start < hole.0 {
                    out.extend(hole.0.previous().map(|before| (start, before)));
                }
                from = hole.1.next().filter(|next| next <= last);
                if hole.1 <= *last {
                    holes.next();
                }
            }
            out.extend(from.filter(|start| start <= last).map(|start| (start, *last)));
        }
        Intervals(out)
    }
}
