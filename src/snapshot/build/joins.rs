//! Which items belong together: union-find with path halving; the smallest member stands for its set.

/// Disjoint sets of the numbers `0..len`.
pub(super) struct Joins(Vec<usize>);

impl Joins {
    /// Each number alone.
    pub(super) fn new(len: usize) -> Joins {
        Joins((0..len).collect())
    }

    /// The smallest number in the set of `item`.
    pub(super) fn find(&mut self, mut item: usize) -> usize {
        while let Some(parent) = self.0.get(item).copied().filter(|parent| *parent != item) {
            let above = self.0.get(parent).copied().unwrap_or(parent);
            if let Some(slot) = self.0.get_mut(item) {
                *slot = above;
            }
            item = above;
        }
        item
    }

    /// Makes the sets of both one.
    pub(super) fn join(&mut self, left: usize, right: usize) {
        let (left, right) = (self.find(left), self.find(right));
        if let Some(slot) = self.0.get_mut(left.max(right)) {
            *slot = left.min(right);
        }
    }
}
