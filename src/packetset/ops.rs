//! Pointwise operations: one merge of two step lists per pair of nodes.

use super::{Arena, Function, Key};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Op {
    Min,
    Guard,
    Minus,
}

impl Op {
    /// The result where it follows without looking at steps.
    fn decided(self, a: Function, b: Function) -> Option<Function> {
        match self {
            Op::Min if a == b || b.is_none() => Some(a),
            Op::Min if a.is_none() => Some(b),
            Op::Min if a == Function::ALL || b == Function::ALL => Some(Function::ALL),
            Op::Min => a.priority().zip(b.priority()).map(|(x, y)| Function::constant(x.min(y))),
            Op::Guard if a.is_none() || b.is_none() => Some(Function::NONE),
            Op::Guard => b.is_terminal().then_some(a),
            Op::Minus if a.is_none() || b.is_none() => Some(a),
            Op::Minus => b.is_terminal().then_some(Function::NONE),
        }
    }
}

impl<K: Key> Arena<K> {
    /// At every point the smaller priority; on sets the union.
    #[must_use]
    pub fn min(&mut self, a: Function, b: Function) -> Function {
        self.apply(Op::Min, a.min(b), a.max(b))
    }

    /// `function` inside the set `inside`, no match outside; on sets the intersection. Any priority in `inside` counts as inside.
    #[must_use]
    pub fn guard(&mut self, function: Function, inside: Function) -> Function {
        self.apply(Op::Guard, function, inside)
    }

    /// `function` outside the set `outside`, no match inside it; on sets the difference.
    #[must_use]
    pub fn minus(&mut self, function: Function, outside: Function) -> Function {
        self.apply(Op::Minus, function, outside)
    }

    /// Whether every point of set `a` is in set `b`.
    #[must_use]
    pub fn is_subset(&mut self, a: Function, b: Function) -> bool {
        self.minus(a, b).is_none()
    }

    fn apply(&mut self, op: Op, a: Function, b: Function) -> Function {
        if let Some(result) = op.decided(a, b) {
            return result;
        }
        if let Some(result) = self.cached(op as u32, a, b) {
            return result;
        }
        let field = self.field(a).min(self.field(b));
        let (todo, base) = (self.work.len(), self.made.len());
        self.merge(a, b, field);
        for index in todo..self.work.len() {
            let Some((start, left, right)) = self.work.get(index).copied() else { break };
            let child = self.apply(op, left, right);
            self.step(base, start, child);
        }
        self.work.truncate(todo);
        let result = self.close(field, base);
        self.remember(op as u32, a, b, result);
        result
    }

    /// Puts both step lists on `field`, cut at the starts of either, to the work.
    fn merge(&mut self, a: Function, b: Function, field: usize) {
        let mut work = std::mem::take(&mut self.work);
        let (left, right) = (self.view(a, field), self.view(b, field));
        let (mut x, mut y) = (left.whole, right.whole);
        let mut left = left.starts.iter().zip(left.children).peekable();
        let mut right = right.starts.iter().zip(right.children).peekable();
        loop {
            let start = match (left.peek(), right.peek()) {
                (Some((p, _)), Some((q, _))) => (**p).min(**q),
                (Some((p, _)), None) => **p,
                (None, Some((q, _))) => **q,
                (None, None) => break,
            };
            if let Some((_, child)) = left.next_if(|(p, _)| **p == start) {
                x = *child;
            }
            if let Some((_, child)) = right.next_if(|(q, _)| **q == start) {
                y = *child;
            }
            work.push((start, x, y));
        }
        self.work = work;
    }

    /// The steps of `function` on `field`.
    fn view(&self, function: Function, field: usize) -> View<'_, K> {
        let tests = self.field(function) == field;
        let (starts, children) = if tests { self.steps(function) } else { (&[][..], &[][..]) };
        View { whole: function, starts, children }
    }

    /// Every priority replaced by `map` of it; `None` makes the point match no more.
    #[must_use]
    pub fn relabel(&mut self, function: Function, map: &dyn Fn(u32) -> Option<u32>) -> Function {
        let operation = self.operation();
        self.relabel_in(operation, function, map)
    }

    fn relabel_in(
        &mut self,
        operation: u32,
        function: Function,
        map: &dyn Fn(u32) -> Option<u32>,
    ) -> Function {
        if function.is_terminal() {
            return mapped(function, map);
        }
        if let Some(result) = self.cached(operation, function, Function::NONE) {
            return result;
        }
        let (todo, base, field) = (self.work.len(), self.made.len(), self.field(function));
        self.merge(function, Function::NONE, field);
        for index in todo..self.work.len() {
            let Some((start, child, _)) = self.work.get(index).copied() else { break };
            let child = self.relabel_in(operation, child, map);
            self.step(base, start, child);
        }
        self.work.truncate(todo);
        let result = self.close(field, base);
        self.remember(operation, function, Function::NONE, result);
        result
    }

    /// The set of points whose priority satisfies `keep`.
    #[must_use]
    pub fn select(&mut self, function: Function, keep: &dyn Fn(u32) -> bool) -> Function {
        self.relabel(function, &|priority| keep(priority).then_some(0))
    }

    /// The set of points that match.
    #[must_use]
    pub fn support(&mut self, function: Function) -> Function {
        self.select(function, &|_| true)
    }

    /// The priorities that occur, ascending.
    #[must_use]
    pub fn priorities(&self, function: Function) -> Vec<u32> {
        let mut found = std::collections::BTreeSet::new();
        let mut seen = rustc_hash::FxHashSet::default();
        let mut open = vec![function];
        while let Some(next) = open.pop() {
            if next.is_terminal() {
                found.extend(next.priority());
            } else if seen.insert(next) {
                open.extend_from_slice(self.steps(next).1);
            }
        }
        found.into_iter().collect()
    }

    /// `function` of another arena over the same space, inside the set `inside` of this one.
    #[must_use]
    pub fn import(&mut self, from: &Arena<K>, function: Function, inside: Function) -> Function {
        self.import_as(from, function, inside, &Some)
    }

    /// As [`Arena::import`], with every priority replaced as [`Arena::relabel`] does: what becomes equal is made only once.
    #[must_use]
    pub fn import_as(
        &mut self,
        from: &Arena<K>,
        function: Function,
        inside: Function,
        map: &impl Fn(u32) -> Option<u32>,
    ) -> Function {
        let operation = self.operation();
        self.import_in(operation, (from, map), function, inside)
    }

    fn import_in(
        &mut self,
        operation: u32,
        (from, map): (&Arena<K>, &impl Fn(u32) -> Option<u32>),
        function: Function,
        inside: Function,
    ) -> Function {
        if function.is_none() || inside.is_none() {
            return Function::NONE;
        }
        if function.is_terminal() {
            let mapped = mapped(function, map);
            if mapped.is_none() || inside.is_terminal() {
                return mapped;
            }
        }
        if let Some(result) = self.cached(operation, function, inside) {
            return result;
        }
        let field = from.field(function).min(self.field(inside));
        let (todo, base) = (self.work.len(), self.made.len());
        self.overlay(from, function, field, inside);
        for index in todo..self.work.len() {
            let Some((start, left, right)) = self.work.get(index).copied() else { break };
            let child = self.import_in(operation, (from, map), left, right);
            self.step(base, start, child);
        }
        self.work.truncate(todo);
        let result = self.close(field, base);
        self.remember(operation, function, inside, result);
        result
    }

    /// As [`Arena::merge`], where the left side is long, of another arena, and the right one short: stretches that the right
    /// side leaves out are skipped by binary search.
    fn overlay(&mut self, from: &Arena<K>, function: Function, field: usize, inside: Function) {
        let mut work = std::mem::take(&mut self.work);
        let (left, right) = (from.view(function, field), self.view(inside, field));
        let whole = ([K::default()], [inside]);
        let (starts, children) = match right.starts {
            [] => (whole.0.as_slice(), whole.1.as_slice()),
            starts => (starts, right.children),
        };
        for (index, (start, right)) in starts.iter().zip(children).enumerate() {
            if right.is_none() {
                work.push((*start, Function::NONE, Function::NONE));
                continue;
            }
            let end = starts.get(index + 1);
            let at = left.starts.partition_point(|candidate| candidate <= start);
            let here = left.children.get(at.wrapping_sub(1)).copied().unwrap_or(left.whole);
            work.push((*start, here, *right));
            for (next, child) in left.starts.iter().zip(left.children).skip(at) {
                if end.is_some_and(|end| next >= end) {
                    break;
                }
                work.push((*next, *child, *right));
            }
        }
        self.work = work;
    }
}

/// A constant function with its priority replaced.
fn mapped(function: Function, map: impl Fn(u32) -> Option<u32>) -> Function {
    function.priority().and_then(map).map_or(Function::NONE, Function::constant)
}

/// A function by the steps of one field: none when it does not test the field.
struct View<'a, K> {
    whole: Function,
    starts: &'a [K],
    children: &'a [Function],
}
