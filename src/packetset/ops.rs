//! Pointwise operations: one merge of two step lists per pair of nodes.

use rustc_hash::FxHashMap;

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
        let mut steps = Vec::new();
        for (start, left, right) in merged(self.view(a, field), self.view(b, field)) {
            let child = self.apply(op, left, right);
            steps.push((start, child));
        }
        let result = self.make(field, &mut steps);
        self.remember(op as u32, a, b, result);
        result
    }

    /// The steps of `function` on `field`; one step when it does not test the field.
    fn view(&self, function: Function, field: usize) -> Vec<(K, Function)> {
        if self.field(function) == field {
            let (starts, children) = self.steps(function);
            starts.iter().copied().zip(children.iter().copied()).collect()
        } else {
            vec![(K::default(), function)]
        }
    }

    /// Every priority replaced by `map` of it; `None` makes the point match no more.
    #[must_use]
    pub fn relabel(&mut self, function: Function, map: &dyn Fn(u32) -> Option<u32>) -> Function {
        self.relabel_in(function, map, &mut FxHashMap::default())
    }

    fn relabel_in(
        &mut self,
        function: Function,
        map: &dyn Fn(u32) -> Option<u32>,
        done: &mut FxHashMap<Function, Function>,
    ) -> Function {
        if function.is_terminal() {
            return function.priority().and_then(map).map_or(Function::NONE, Function::constant);
        }
        if let Some(result) = done.get(&function) {
            return *result;
        }
        let field = self.field(function);
        let mut steps = self.view(function, field);
        for step in &mut steps {
            step.1 = self.relabel_in(step.1, map, done);
        }
        let result = self.make(field, &mut steps);
        done.insert(function, result);
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
        self.import_in(from, function, inside, &mut FxHashMap::default())
    }

    fn import_in(
        &mut self,
        from: &Arena<K>,
        function: Function,
        inside: Function,
        done: &mut FxHashMap<(Function, Function), Function>,
    ) -> Function {
        if function.is_none() || inside.is_none() {
            return Function::NONE;
        }
        if function.is_terminal() && inside.is_terminal() {
            return function;
        }
        if let Some(result) = done.get(&(function, inside)) {
            return *result;
        }
        let field = from.field(function).min(self.field(inside));
        let mut steps = Vec::new();
        for (start, left, right) in overlay(from, function, field, &self.view(inside, field)) {
            let child = self.import_in(from, left, right, done);
            steps.push((start, child));
        }
        let result = self.make(field, &mut steps);
        done.insert((function, inside), result);
        result
    }
}

/// Both step lists cut at the starts of either.
fn merged<K: Key>(a: Vec<(K, Function)>, b: Vec<(K, Function)>) -> Vec<(K, Function, Function)> {
    let mut out = Vec::with_capacity(a.len() + b.len());
    let (mut left, mut right) = (a.into_iter().peekable(), b.into_iter().peekable());
    let (mut x, mut y) = (Function::NONE, Function::NONE);
    loop {
        let start = match (left.peek(), right.peek()) {
            (Some(p), Some(q)) => p.0.min(q.0),
            (Some(p), None) => p.0,
            (None, Some(q)) => q.0,
            (None, None) => return out,
        };
        if let Some(step) = left.next_if(|step| step.0 == start) {
            x = step.1;
        }
        if let Some(step) = right.next_if(|step| step.0 == start) {
            y = step.1;
        }
        out.push((start, x, y));
    }
}

/// As [`merged`], where the left side is long and the right one short: stretches that the right side leaves out are skipped by
/// binary search.
fn overlay<K: Key>(
    from: &Arena<K>,
    function: Function,
    field: usize,
    inside: &[(K, Function)],
) -> Vec<(K, Function, Function)> {
    let mut out = Vec::new();
    if from.field(function) != field {
        out.extend(inside.iter().map(|step| (step.0, function, step.1)));
        return out;
    }
    let (starts, children) = from.steps(function);
    for (index, (start, right)) in inside.iter().enumerate() {
        if right.is_none() {
            out.push((*start, Function::NONE, Function::NONE));
            continue;
        }
        let end = inside.get(index + 1).map(|step| step.0);
        let at = starts.partition_point(|candidate| candidate <= start);
        out.push((*start, children.get(at.wrapping_sub(1)).copied().unwrap_or(Function::NONE), *right));
        for (next, child) in starts.iter().zip(children).skip(at) {
            if end.is_some_and(|end| *next >= end) {
                break;
            }
            out.push((*next, *child, *right));
        }
    }
    out
}
