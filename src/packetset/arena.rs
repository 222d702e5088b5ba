//! The arena: nodes, their content, and how equal ones become one.

use rustc_hash::FxHasher;
use std::hash::{Hash, Hasher};

use super::table::Unique;
use super::{Intervals, Key};

/// A function from points to priorities; a set is a function with the values 0 and *no match*. Belongs to one [`Arena`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Function(pub(super) u32);

const TERMINAL: u32 = 1 << 31;

impl Function {
    /// No point matches; the empty set.
    pub const NONE: Function = Function(u32::MAX);
    /// Every point has priority 0; the full set.
    pub const ALL: Function = Function(TERMINAL);
    /// The largest priority.
    pub const LIMIT: u32 = TERMINAL - 2;

    /// Every point has priority `priority`; *no match* when it is above [`Function::LIMIT`].
    #[must_use]
    pub fn constant(priority: u32) -> Function {
        if priority > Function::LIMIT { Function::NONE } else { Function(TERMINAL | priority) }
    }

    /// Whether no point matches.
    #[must_use]
    pub fn is_none(self) -> bool {
        self == Function::NONE
    }

    pub(super) fn is_terminal(self) -> bool {
        self.0 & TERMINAL != 0
    }

    /// The priority of a constant function; `None` for *no match* and for functions that are not constant.
    #[must_use]
    pub fn priority(self) -> Option<u32> {
        (self.is_terminal() && !self.is_none()).then_some(self.0 & !TERMINAL)
    }
}

#[derive(Clone, Copy, Debug)]
struct Node {
    field: u8,
    first: u32,
    len: u32,
}

/// Functions over one space, each stored once.
#[derive(Clone, Debug)]
pub struct Arena<K> {
    widths: Vec<K>,
    nodes: Vec<Node>,
    starts: Vec<K>,
    children: Vec<Function>,
    unique: Unique,
    budget: usize,
    exhausted: bool,
    cache: Vec<(u32, Function, Function, Function)>,
    /// The number of the last operation that has a memory of its own.
    last: u32,
    /// What operations under way still have to do: each takes from the end what it put there.
    pub(super) work: Vec<(K, Function, Function)>,
    /// Steps of the nodes that operations under way are making; used like `work`.
    pub(super) made: Vec<(K, Function)>,
}

/// Operations up to this number share the memory of the arena; later ones are each one call.
const OWN: u32 = 16;

/// Entries of the direct-mapped operation cache: it grows with the arena, so that a small question stays cheap.
const CACHE: std::ops::RangeInclusive<usize> = 1 << 8..=1 << 14;

impl<K: Key> Arena<K> {
    /// An empty arena over fields whose largest coordinates are `widths`, in the order in which nodes test them, that holds at
    /// most `budget` steps.
    #[must_use]
    pub fn new(widths: &[K], budget: usize) -> Self {
        Arena {
            widths: widths.to_vec(),
            nodes: Vec::new(),
            starts: Vec::new(),
            children: Vec::new(),
            unique: Unique::new(),
            budget,
            exhausted: false,
            cache: Vec::new(),
            last: OWN,
            work: Vec::new(),
            made: Vec::new(),
        }
    }

    /// The steps that it holds.
    #[must_use]
    pub fn size(&self) -> usize {
        self.starts.len()
    }

    /// The number of fields.
    #[must_use]
    pub fn fields(&self) -> usize {
        self.widths.len()
    }

    /// The largest coordinate of `field`.
    #[must_use]
    pub fn width(&self, field: usize) -> K {
        self.widths.get(field).copied().unwrap_or_default()
    }

    /// Whether an operation ran out of the budget; results since then may be too small.
    #[must_use]
    pub fn exhausted(&self) -> bool {
        self.exhausted
    }

    /// The number of nodes.
    #[must_use]
    pub fn node_count(&self) -> usize {
        self.nodes.len()
    }

    /// The number of steps of all nodes.
    #[must_use]
    pub fn step_count(&self) -> usize {
        self.starts.len()
    }

    /// The bytes that nodes and steps take.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.nodes.len() * size_of::<Node>()
            + self.starts.len() * (size_of::<K>() + size_of::<Function>())
    }

    /// The field that `function` tests first; the number of fields for a constant.
    pub(super) fn field(&self, function: Function) -> usize {
        if function.is_terminal() {
            return self.widths.len();
        }
        self.nodes
            .get(function.0 as usize)
            .map_or(self.widths.len(), |node| usize::from(node.field))
    }

    /// Starts and children of a node; empty for a constant.
    pub(super) fn steps(&self, function: Function) -> (&[K], &[Function]) {
        let Some(node) = self.nodes.get(function.0 as usize).filter(|_| !function.is_terminal())
        else {
            return (&[], &[]);
        };
        let range = node.first as usize..node.first as usize + node.len as usize;
        (self.starts.get(range.clone()).unwrap_or(&[]), self.children.get(range).unwrap_or(&[]))
    }

    /// The function that tests `field` by `steps`, whose starts ascend from 0. Equal neighbours are joined.
    pub(super) fn make(&mut self, field: usize, steps: &mut Vec<(K, Function)>) -> Function {
        steps.dedup_by(|later, earlier| later.1 == earlier.1);
        self.intern(field, steps)
    }

    /// Adds a step to the node that is being made from `base` of `made` on, unless it says the same as the one before.
    pub(super) fn step(&mut self, base: usize, start: K, child: Function) {
        let before = self.made.get(base..).and_then(<[_]>::last);
        if before.is_none_or(|before| before.1 != child) {
            self.made.push((start, child));
        }
    }

    /// The node whose steps stand from `base` of `made` on.
    pub(super) fn close(&mut self, field: usize, base: usize) -> Function {
        let mut made = std::mem::take(&mut self.made);
        let result = self.intern(field, made.get(base..).unwrap_or(&[]));
        made.truncate(base);
        self.made = made;
        result
    }

    /// As [`Arena::make`], for steps whose neighbours differ.
    fn intern(&mut self, field: usize, steps: &[(K, Function)]) -> Function {
        match steps {
            [] => return Function::NONE,
            [(_, only)] => return *only,
            _ => {}
        }
        let field = u8::try_from(field).unwrap_or(u8::MAX);
        let hash = hash_of(field, steps.iter().copied());
        if let Some(found) = self.unique.find(hash, |node| self.is_same(node, field, steps)) {
            return Function(found);
        }
        self.add(field, steps, hash)
    }

    fn is_same(&self, node: u32, field: u8, steps: &[(K, Function)]) -> bool {
        let (starts, children) = self.steps(Function(node));
        self.field(Function(node)) == usize::from(field)
            && starts.len() == steps.len()
            && steps
                .iter()
                .zip(starts.iter().zip(children))
                .all(|(step, (start, child))| step == &(*start, *child))
    }

    fn add(&mut self, field: u8, steps: &[(K, Function)], hash: u64) -> Function {
        let (Ok(id), Ok(first), Ok(len)) = (
            u32::try_from(self.nodes.len()),
            u32::try_from(self.starts.len()),
            u32::try_from(steps.len()),
        ) else {
            self.exhausted = true;
            return Function::NONE;
        };
        if self.exhausted || id >= TERMINAL || self.starts.len() + steps.len() > self.budget {
            self.exhausted = true;
            return Function::NONE;
        }
        self.nodes.push(Node { field, first, len });
        self.starts.extend(steps.iter().map(|step| step.0));
        self.children.extend(steps.iter().map(|step| step.1));
        let (nodes, starts, children) = (&self.nodes, &self.starts, &self.children);
        let rehash = |node: u32| {
            nodes.get(node as usize).map_or(0, |node| {
                let from = node.first as usize;
                let pairs =
                    starts.iter().skip(from).copied().zip(children.iter().skip(from).copied());
                hash_of(node.field, pairs.take(node.len as usize))
            })
        };
        self.unique.insert(id, hash, rehash);
        Function(id)
    }

    /// The set of points whose coordinate in `field` lies in `values`.
    #[must_use]
    pub fn field_in(&mut self, field: usize, values: &Intervals<K>) -> Function {
        let last = self.width(field);
        let mut steps = Vec::with_capacity(values.as_slice().len() * 2 + 1);
        if values.as_slice().first().is_none_or(|(first, _)| *first > K::default()) {
            steps.push((K::default(), Function::NONE));
        }
        for (first, end) in values.as_slice() {
            if *first > last {
                break;
            }
            steps.push((*first, Function::ALL));
            if let Some(after) = end.next().filter(|after| *after <= last) {
                steps.push((after, Function::NONE));
            }
        }
        self.make(field, &mut steps)
    }

    /// The priority at a point given by one coordinate a field (missing ones are 0); `None` when it does not match.
    #[must_use]
    pub fn value_at(&self, function: Function, point: &[K]) -> Option<u32> {
        let mut at = function;
        while !at.is_terminal() {
            let value = point.get(self.field(at)).copied().unwrap_or_default();
            at = self.child_at(at, value);
        }
        at.priority()
    }

    /// The child of a node for coordinate `value`.
    pub(super) fn child_at(&self, function: Function, value: K) -> Function {
        let (starts, children) = self.steps(function);
        let after = starts.partition_point(|start| *start <= value);
        children.get(after.wrapping_sub(1)).copied().unwrap_or(Function::NONE)
    }

    /// A number for an operation whose results only this call may use again.
    pub(super) fn operation(&mut self) -> u32 {
        self.last = self.last.checked_add(1).unwrap_or_else(|| {
            self.cache.clear();
            OWN + 1
        });
        self.last
    }

    pub(super) fn cached(&self, op: u32, a: Function, b: Function) -> Option<Function> {
        let entry = self.cache.get(cache_slot(op, a, b, self.cache.len()))?;
        (entry.0 == op && entry.1 == a && entry.2 == b).then_some(entry.3)
    }

    pub(super) fn remember(&mut self, op: u32, a: Function, b: Function, result: Function) {
        if self.cache.len() < self.nodes.len().clamp(*CACHE.start(), *CACHE.end()) {
            let grown = (self.cache.len() * 4).clamp(*CACHE.start(), *CACHE.end());
            self.cache = vec![(u32::MAX, Function::NONE, Function::NONE, Function::NONE); grown];
        }
        let slot = cache_slot(op, a, b, self.cache.len());
        if let Some(entry) = self.cache.get_mut(slot) {
            *entry = (op, a, b, result);
        }
    }
}

/// The place of an operation in a cache of `size` entries, a power of two.
fn cache_slot(op: u32, a: Function, b: Function, size: usize) -> usize {
    let mixed = (u64::from(a.0) << 32 | u64::from(b.0))
        .wrapping_add(u64::from(op))
        .wrapping_mul(0x9E37_79B9_7F4A_7C15);
    usize::try_from(mixed >> 40).unwrap_or(0) & size.wrapping_sub(1)
}

fn hash_of<K: Key>(field: u8, steps: impl Iterator<Item = (K, Function)>) -> u64 {
    let mut hasher = FxHasher::default();
    field.hash(&mut hasher);
    for (start, child) in steps {
        start.hash(&mut hasher);
        child.0.hash(&mut hasher);
    }
    hasher.finish().wrapping_mul(0x9E37_79B9_7F4A_7C15)
}
