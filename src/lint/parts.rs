//! An object and everything that it is made of.

use std::collections::BinaryHeap;

/// What is still to be looked at, each once. Objects refer to smaller ids, so that the largest comes first, and what was met twice
/// stands side by side.
pub(super) struct Parts<I> {
    /// The object itself, until it was met: most are made of nothing else.
    first: Option<I>,
    open: BinaryHeap<I>,
    at: Option<I>,
}

impl<I: Ord + Copy> Parts<I> {
    /// The object itself.
    pub(super) fn of(id: I) -> Parts<I> {
        Parts { first: Some(id), open: BinaryHeap::new(), at: Some(id) }
    }

    /// What the object that was met last is made of. An id that refers forward, which no reader makes, is left out.
    pub(super) fn add<'i>(&mut self, ids: impl IntoIterator<Item = &'i I>)
    where
        I: 'i,
    {
        let at = self.at;
        self.open.extend(ids.into_iter().filter(|id| at.is_none_or(|at| **id < at)));
    }
}

impl<I: Ord + Copy> Iterator for Parts<I> {
    type Item = I;

    fn next(&mut self) -> Option<I> {
        if let Some(id) = self.first.take() {
            return Some(id);
        }
        while let Some(id) = self.open.pop() {
            if self.at.replace(id) != Some(id) {
                return Some(id);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::Parts;

    /// What each of some objects, numbered from 0, is made of.
    fn met(made_of: &[&[usize]], from: usize) -> Vec<usize> {
        let mut parts = Parts::of(from);
        let mut met = Vec::new();
        while let Some(id) = parts.next() {
            met.push(id);
            parts.add(made_of.get(id).into_iter().copied().flatten());
        }
        met
    }

    #[test]
    fn every_part_is_met_once_whatever_leads_to_it() {
        assert_eq!(met(&[&[], &[0], &[0, 1], &[2, 1, 0]], 3), [3, 2, 1, 0]);
        assert_eq!(met(&[&[], &[]], 1), [1]);
    }

    #[test]
    fn objects_that_are_made_of_one_another_come_to_an_end() {
        assert_eq!(met(&[&[1, 0], &[0, 1]], 1), [1, 0]);
    }
}
