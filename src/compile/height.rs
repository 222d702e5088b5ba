//! Nesting heights of intervals: intervals of one height hardly meet, so a class of lines on one height is linear in its lines.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;
use smallvec::{SmallVec, smallvec};

use super::header::Header;
use crate::packetset::Intervals;

/// The layers of a set, each with its height; most sets have one.
type Layered<K> = SmallVec<[(u8, Intervals<K>); 1]>;

/// The layers of some sets.
pub(super) struct Layers<K> {
    /// By where the set is in memory: lines that name one object share it.
    by_set: FxHashMap<*const Intervals<K>, Layered<K>>,
}

impl<K> Layers<K> {
    /// The layers of one of the sets, none of another.
    pub(super) fn of(&self, set: &Intervals<K>) -> &[(u8, Intervals<K>)] {
        self.by_set.get(&std::ptr::from_ref(set)).map_or(&[], SmallVec::as_slice)
    }
}

/// The tallest height that is told apart; taller intervals share a class, which costs size, never truth.
const TALLEST: u8 = 15;

/// Each set cut into layers: the intervals that contain nothing, those that contain only such, and so on.
pub(super) fn layers<'a, K: Header>(sets: impl Iterator<Item = &'a Intervals<K>>) -> Layers<K> {
    let mut distinct: FxHashMap<*const Intervals<K>, &Intervals<K>> = FxHashMap::default();
    for set in sets {
        distinct.entry(std::ptr::from_ref(set)).or_insert(set);
    }
    let mut all: Vec<(K, K)> = Vec::new();
    #[allow(clippy::iter_over_hash_type, reason = "sorted below")]
    for set in distinct.values() {
        all.extend_from_slice(set.as_slice());
    }
    all.sort_unstable_by_key(|(first, last)| (*first, std::cmp::Reverse(*last)));
    all.dedup();
    let heights = heights(&all);
    let height = |interval: &(K, K)| heights.get(interval).copied().unwrap_or(0);
    let layer = |set: &Intervals<K>| {
        if let [only] = set.as_slice() {
            return smallvec![(height(only), set.clone())];
        }
        let mut layers: BTreeMap<u8, Vec<(K, K)>> = BTreeMap::new();
        for interval in set.as_slice() {
            layers.entry(height(interval)).or_default().push(*interval);
        }
        layers.into_iter().map(|(height, parts)| (height, Intervals::of(parts))).collect()
    };
    Layers { by_set: distinct.into_iter().map(|(at, set)| (at, layer(set))).collect() }
}

/// The height of every interval of a list sorted by start, longest first.
fn heights<K: Header>(all: &[(K, K)]) -> FxHashMap<(K, K), u8> {
    let mut heights: FxHashMap<(K, K), u8> = FxHashMap::default();
    let mut open: Vec<((K, K), u8)> = Vec::new();
    let close = |open: &mut Vec<((K, K), u8)>, heights: &mut FxHashMap<(K, K), u8>| {
        if let Some((interval, height)) = open.pop() {
            heights.insert(interval, height);
            if let Some(parent) = open.last_mut() {
                parent.1 = parent.1.max((height + 1).min(TALLEST));
            }
        }
    };
    for interval in all {
        while open.last().is_some_and(|((_, last), _)| *last < interval.0) {
            close(&mut open, &mut heights);
        }
        open.push((*interval, 0));
    }
    while !open.is_empty() {
        close(&mut open, &mut heights);
    }
    heights
}
