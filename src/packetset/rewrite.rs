//! Images of sets under changes of one field.

use rustc_hash::FxHashMap;

use super::{Arena, Function, Intervals, Key};

impl<K: Key> Arena<K> {
    /// The points that agree with a point of `set` in all fields but `field`.
    #[must_use]
    pub fn exists(&mut self, set: Function, field: usize) -> Function {
        self.change(set, field, &mut |arena, function| {
            let children = arena.steps(function).1.to_vec();
            arena.min_all(children)
        })
    }

    /// Every point of `set` with its coordinate in `field` replaced by each of `values`.
    #[must_use]
    pub fn assign(&mut self, set: Function, field: usize, values: &Intervals<K>) -> Function {
        let any = self.exists(set, field);
        let inside = self.field_in(field, values);
        self.guard(any, inside)
    }

    /// Every point of `set` whose coordinate in `field` lies in `from ..= from + extent`, moved to the same distance from `to`;
    /// other points of `set` are left out. `to + extent` must not exceed the field's width.
    #[must_use]
    pub fn shift(&mut self, set: Function, field: usize, from: K, to: K, extent: u128) -> Function {
        let last = K::narrow(from.wide().saturating_add(extent));
        let window = self.field_in(field, &Intervals::range(from, last));
        let inside = self.guard(set, window);
        let moved = |value: K| K::narrow(to.wide().saturating_add(value.wide() - from.wide()));
        let end = moved(last);
        self.change(inside, field, &mut |arena, function| {
            let mut steps: Vec<(K, Function)> = Vec::new();
            if to > K::default() {
                steps.push((K::default(), Function::NONE));
            }
            let at_from = arena.child_at(function, from);
            steps.push((to, at_from));
            let (starts, children) = arena.steps(function);
            let later = starts.iter().zip(children).filter(|(start, _)| **start > from && **start <= last);
            steps.extend(later.map(|(start, child)| (moved(*start), *child)));
            steps.extend(end.next().filter(|after| *after <= arena.width(field)).map(|after| (after, Function::NONE)));
            arena.make(field, &mut steps)
        })
    }

    /// Applies `at_field` to every node of `function` that tests `field`, or would (there it is called only if it does).
    fn change(
        &mut self,
        function: Function,
        field: usize,
        at_field: &mut dyn FnMut(&mut Self, Function) -> Function,
    ) -> Function {
        self.change_in(function, field, at_field, &mut FxHashMap::default())
    }

    fn change_in(
        &mut self,
        function: Function,
        field: usize,
        at_field: &mut dyn FnMut(&mut Self, Function) -> Function,
        done: &mut FxHashMap<Function, Function>,
    ) -> Function {
        let tested = self.field(function);
        if tested > field {
            return function;
        }
        if let Some(result) = done.get(&function) {
            return *result;
        }
        let result = if tested == field {
            at_field(self, function)
        } else {
            let (starts, children) = self.steps(function);
            let mut steps: Vec<(K, Function)> = starts.iter().copied().zip(children.iter().copied()).collect();
            for step in &mut steps {
                step.1 = self.change_in(step.1, field, at_field, done);
            }
            self.make(tested, &mut steps)
        };
        done.insert(function, result);
        result
    }
}
