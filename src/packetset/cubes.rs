//! Reading a set: one point of it, or all of it as a short list of products.

use std::cmp::Ordering;

use super::{Arena, Function, Intervals, Key};

/// A product of one interval set a field.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Cube<K> {
    /// One entry a field; a field that is not restricted holds all its coordinates.
    pub fields: Vec<Intervals<K>>,
}

/// A product of interval sets of the first fields, and what holds under it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Product<K> {
    /// One entry for each of the first fields.
    pub fields: Vec<Intervals<K>>,
    /// A function of the other fields.
    pub rest: Function,
}

impl<K: Key> Arena<K> {
    /// The smallest point of `set` in the order of the fields; unrestricted fields are 0. `None` for the empty set.
    #[must_use]
    pub fn pick(&self, set: Function) -> Option<Vec<K>> {
        let mut point = vec![K::default(); self.fields()];
        let mut at = set;
        while !at.is_terminal() {
            let field = self.field(at);
            let (starts, children) = self.steps(at);
            let (start, child) = starts.iter().zip(children).find(|(_, child)| !child.is_none())?;
            *point.get_mut(field)? = *start;
            at = *child;
        }
        (!at.is_none()).then_some(point)
    }

    /// `set` as disjoint cubes, at most `limit`; and whether there are more. Steps with the same child share a cube.
    #[must_use]
    pub fn cubes(&self, set: Function, limit: usize) -> (Vec<Cube<K>>, bool) {
        let mut out = Vec::new();
        let mut prefix: Vec<Intervals<K>> = Vec::new();
        let more = self.collect(set, &mut prefix, &mut out, limit);
        (out, more)
    }

    fn collect(
        &self,
        at: Function,
        prefix: &mut Vec<Intervals<K>>,
        out: &mut Vec<Cube<K>>,
        limit: usize,
    ) -> bool {
        if at.is_none() {
            return false;
        }
        let depth = prefix.len();
        if depth == self.fields() {
            if out.len() == limit {
                return true;
            }
            out.push(Cube { fields: prefix.clone() });
            return false;
        }
        for (child, values) in self.groups(at, depth) {
            prefix.push(values);
            let more = self.collect(child, prefix, out, limit);
            prefix.pop();
            if more {
                return true;
            }
        }
        false
    }

    /// `set` as disjoint products of its first `depth` fields, each with what the other fields hold under it: at most `limit` of
    /// them in the order of [`Arena::cubes`], and how many there are (at most [`u64::MAX`]). Counting takes the nodes once, and
    /// no more memory than that.
    #[must_use]
    pub fn products(&self, set: Function, depth: usize, limit: usize) -> (Vec<Product<K>>, u64) {
        let mut out = Vec::new();
        self.spread(set, depth, limit, &mut Vec::new(), &mut out);
        (out, self.count(set, depth, &mut rustc_hash::FxHashMap::default()))
    }

    fn spread(
        &self,
        at: Function,
        depth: usize,
        limit: usize,
        prefix: &mut Vec<Intervals<K>>,
        out: &mut Vec<Product<K>>,
    ) {
        if at.is_none() || out.len() == limit {
            return;
        }
        let level = prefix.len();
        if level == depth {
            out.push(Product { fields: prefix.clone(), rest: at });
            return;
        }
        for (child, values) in self.groups(at, level) {
            prefix.push(values);
            self.spread(child, depth, limit, prefix, out);
            prefix.pop();
        }
    }

    fn count(
        &self,
        at: Function,
        depth: usize,
        known: &mut rustc_hash::FxHashMap<Function, u64>,
    ) -> u64 {
        if at.is_none() || self.field(at) >= depth {
            return u64::from(!at.is_none());
        }
        if let Some(count) = known.get(&at) {
            return *count;
        }
        let mut children = self.steps(at).1.to_vec();
        children.sort_unstable();
        children.dedup();
        let count = children
            .into_iter()
            .fold(0_u64, |sum, child| sum.saturating_add(self.count(child, depth, known)));
        known.insert(at, count);
        count
    }

    /// What `at`, which tests no field before `field`, leaves under the coordinates of `field`: each child that matches something with
    /// all coordinates that lead to it, in the order of the smallest.
    fn groups(&self, at: Function, field: usize) -> Vec<(Function, Intervals<K>)> {
        if self.field(at) != field {
            return vec![(at, Intervals::up_to(self.width(field)))];
        }
        let mut order: Vec<Function> = Vec::new();
        let mut parts: rustc_hash::FxHashMap<Function, Vec<(K, K)>> =
            rustc_hash::FxHashMap::default();
        for (child, values) in self.spans(at) {
            let list = parts.entry(child).or_insert_with(|| {
                order.push(child);
                Vec::new()
            });
            list.push(values);
        }
        order
            .into_iter()
            .map(|child| (child, Intervals::of(parts.remove(&child).unwrap_or_default())))
            .collect()
    }

    /// The steps of a node whose children match something, each with its first and last coordinate.
    fn spans(&self, node: Function) -> impl Iterator<Item = (Function, (K, K))> + '_ {
        let (starts, children) = self.steps(node);
        let last = self.width(self.field(node));
        let ends = starts.iter().skip(1).map(|next| next.previous().unwrap_or_default());
        let ends = ends.chain(std::iter::once(last));
        let spans = children.iter().copied().zip(starts.iter().copied().zip(ends));
        spans.filter(|(child, _)| !child.is_none())
    }

    /// The coordinates of `field` that occur in `set`.
    #[must_use]
    pub fn field_values(&self, set: Function, field: usize) -> Intervals<K> {
        let mut parts = Vec::new();
        let mut seen = rustc_hash::FxHashSet::default();
        let mut open = vec![set];
        while let Some(at) = open.pop() {
            if at.is_none() || !seen.insert(at) {
                continue;
            }
            match self.field(at).cmp(&field) {
                Ordering::Less => open.extend_from_slice(self.steps(at).1),
                Ordering::Greater => return Intervals::up_to(self.width(field)),
                Ordering::Equal => parts.extend(self.spans(at).map(|(_, values)| values)),
            }
        }
        Intervals::of(parts)
    }
}
