//! A function cut into sets: by its own priorities, or by labels of one field, such as the ways of a routing table by destination.

use std::hash::Hash;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::{Arena, Function, Key};

/// Labels of the coordinates of one field: each holds from its start to the next one's. The first start is 0.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Labels<K>(Vec<(K, Option<u32>)>);

/// What parts are told apart by.
trait Label: Copy + Ord + Hash {}

impl<L: Copy + Ord + Hash> Label for L {}

/// The parts of a function, by label, ascending.
type Parts<L> = Arc<[(L, Function)]>;

/// A part that is being made: its label, its steps, and up to which of all steps they go.
struct Making<L, K> {
    label: L,
    steps: Vec<(K, Function)>,
    up_to: usize,
}

/// Functions that were cut before.
type Done<L> = FxHashMap<Function, Parts<L>>;

impl<K: Key> Labels<K> {
    /// The priorities of `function`, which tests one field and no other; other functions have no labels.
    #[must_use]
    pub fn of(arena: &Arena<K>, function: Function) -> Labels<K> {
        if function.is_terminal() {
            return Labels(vec![(K::default(), function.priority())]);
        }
        let (starts, children) = arena.steps(function);
        Labels(starts.iter().copied().zip(children.iter().map(|child| child.priority())).collect())
    }
}

impl<K: Key> Arena<K> {
    /// The priorities that occur, ascending, each with the set of its points.
    #[must_use]
    pub fn split(&mut self, function: Function) -> Vec<(u32, Function)> {
        self.split_in(function, &mut Done::default()).to_vec()
    }

    fn split_in(&mut self, function: Function, done: &mut Done<u32>) -> Parts<u32> {
        if function.is_terminal() {
            let whole = |priority| (priority, Function::ALL);
            return function.priority().map(whole).into_iter().collect();
        }
        if let Some(known) = done.get(&function) {
            return Arc::clone(known);
        }
        let parts = self.below(function, |arena, child| arena.split_in(child, done));
        done.insert(function, Arc::clone(&parts));
        parts
    }

    /// The parts of a node, which are those of its children.
    fn below<L: Label>(
        &mut self,
        node: Function,
        mut cut: impl FnMut(&mut Self, Function) -> Parts<L>,
    ) -> Parts<L> {
        let (starts, children) = self.steps(node);
        let steps: Vec<(K, Function)> =
            starts.iter().copied().zip(children.iter().copied()).collect();
        let steps: Vec<(K, Parts<L>)> =
            steps.into_iter().map(|(start, child)| (start, cut(self, child))).collect();
        self.sort_out(self.field(node), steps.iter().map(|(start, parts)| (*start, &**parts)))
    }

    /// The parts of `set` by the labels of `field`, those without one first, then ascending. A part keeps what `set` says
    /// about the fields behind, so that the cost is that of the steps of `field`.
    #[must_use]
    pub fn partition(
        &mut self,
        set: Function,
        field: usize,
        labels: &Labels<K>,
    ) -> Vec<(Option<u32>, Function)> {
        self.cut(set, field, labels, &mut Done::default()).to_vec()
    }

    fn cut(
        &mut self,
        set: Function,
        field: usize,
        labels: &Labels<K>,
        done: &mut Done<Option<u32>>,
    ) -> Parts<Option<u32>> {
        if set.is_none() {
            return Parts::default();
        }
        if let Some(known) = done.get(&set) {
            return Arc::clone(known);
        }
        let parts = if !set.is_terminal() && self.field(set) < field {
            self.below(set, |arena, child| arena.cut(child, field, labels, done))
        } else {
            let steps = self.labelled(set, field, labels);
            let single = steps.iter().map(|(start, part)| (*start, std::slice::from_ref(part)));
            self.sort_out(field, single)
        };
        done.insert(set, Arc::clone(&parts));
        parts
    }

    /// The steps of `set` on `field`, cut where labels begin.
    fn labelled(
        &self,
        set: Function,
        field: usize,
        Labels(labels): &Labels<K>,
    ) -> Vec<(K, (Option<u32>, Function))> {
        let whole = ([K::default()], [set]);
        let tests = !set.is_terminal() && self.field(set) == field;
        let (starts, children) = if tests { self.steps(set) } else { (&whole.0[..], &whole.1[..]) };
        let mut steps = starts.iter().copied().zip(children.iter().copied()).peekable();
        let mut labels = labels.iter().copied().peekable();
        let (mut child, mut label) = (Function::NONE, None);
        let mut out = Vec::new();
        loop {
            let start = match (steps.peek(), labels.peek()) {
                (Some((a, _)), Some((b, _))) => *a.min(b),
                (Some((a, _)), None) => *a,
                (None, Some((b, _))) => *b,
                (None, None) => return out,
            };
            if let Some((_, next)) = steps.next_if(|(at, _)| *at == start) {
                child = next;
            }
            if let Some((_, next)) = labels.next_if(|(at, _)| *at == start) {
                label = next;
            }
            out.push((start, (label, child)));
        }
    }

    /// The nodes of `field` that hold, of each step, the part with one label.
    fn sort_out<'p, L: Label + 'p>(
        &mut self,
        field: usize,
        steps: impl Iterator<Item = (K, &'p [(L, Function)])>,
    ) -> Parts<L> {
        let mut starts: Vec<K> = Vec::new();
        let mut places: FxHashMap<L, usize> = FxHashMap::default();
        let mut found: Vec<Making<L, K>> = Vec::new();
        for (index, (start, parts)) in steps.enumerate() {
            starts.push(start);
            for (label, set) in parts.iter().filter(|(_, set)| !set.is_none()) {
                let place = *places.entry(*label).or_insert_with(|| {
                    found.push(Making { label: *label, steps: Vec::new(), up_to: 0 });
                    found.len() - 1
                });
                if let Some(part) = found.get_mut(place) {
                    let gap = starts.get(part.up_to).filter(|_| part.up_to < index);
                    part.steps.extend(gap.map(|start| (*start, Function::NONE)));
                    part.steps.push((start, *set));
                    part.up_to = index + 1;
                }
            }
        }
        found.sort_unstable_by_key(|part| part.label);
        let close = |mut part: Making<L, K>| {
            part.steps.extend(starts.get(part.up_to).map(|start| (*start, Function::NONE)));
            (part.label, self.make(field, &mut part.steps))
        };
        found.into_iter().map(close).collect()
    }
}
