//! Bulk load of a first-match list.

use rustc_hash::FxHashMap;

use super::{Arena, Function, Intervals, Key};

/// One rule of a first-match list: a product of a set of the first field, a set of the second, and a set over the others.
#[derive(Clone, Debug)]
pub struct Rule<'a, K> {
    /// Coordinates of field 0.
    pub first: &'a Intervals<K>,
    /// Coordinates of field 1.
    pub second: &'a Intervals<K>,
    /// A set of the same arena that tests fields from 2 on only.
    pub rest: Function,
    /// The priority of the points of the rule.
    pub priority: u32,
}

impl<K: Key> Arena<K> {
    /// At every point the smallest priority among the rules that hold it. `rules` come in ascending priority.
    ///
    /// Linear in the intervals when intervals of the first two fields meet few others; split a list into classes where they
    /// are disjoint, and take the [`Arena::min`] of the classes lazily, under a guard.
    #[must_use]
    pub fn first_match(&mut self, rules: &[Rule<'_, K>]) -> Function {
        let all: Vec<u32> = (0..u32::try_from(rules.len()).unwrap_or(u32::MAX)).collect();
        self.sweep(rules, &all, 0, &mut FxHashMap::default())
    }

    fn sweep(
        &mut self,
        rules: &[Rule<'_, K>],
        active: &[u32],
        field: usize,
        done: &mut FxHashMap<(usize, Vec<u32>), Function>,
    ) -> Function {
        if active.is_empty() {
            return Function::NONE;
        }
        if let Some(result) = done.get(&(field, active.to_vec())) {
            return *result;
        }
        let result = if field == 2 { self.fold(rules, active) } else { self.sweep_field(rules, active, field, done) };
        done.insert((field, active.to_vec()), result);
        result
    }

    fn sweep_field(
        &mut self,
        rules: &[Rule<'_, K>],
        active: &[u32],
        field: usize,
        done: &mut FxHashMap<(usize, Vec<u32>), Function>,
    ) -> Function {
        let last = self.width(field);
        let mut events: Vec<(K, bool, u32)> = Vec::new();
        for index in active {
            let Some(rule) = rules.get(*index as usize) else { continue };
            let intervals = if field == 0 { rule.first } else { rule.second };
            for (start, end) in intervals.as_slice() {
                events.push((*start, true, *index));
                events.extend(end.next().filter(|after| *after <= last).map(|after| (after, false, *index)));
            }
        }
        events.sort_unstable();
        let mut steps: Vec<(K, Function)> = vec![(K::default(), Function::NONE)];
        let mut here: Vec<u32> = Vec::new();
        let mut at = 0;
        while let Some((start, ..)) = events.get(at).copied() {
            while let Some((_, opens, index)) = events.get(at).copied().filter(|event| event.0 == start) {
                match (opens, here.binary_search(&index)) {
                    (true, Err(place)) => here.insert(place, index),
                    (false, Ok(place)) => drop(here.remove(place)),
                    _ => {}
                }
                at += 1;
            }
            let child = self.sweep(rules, &here, field + 1, done);
            if start == K::default() {
                steps.clear();
            }
            steps.push((start, child));
        }
        self.make(field, &mut steps)
    }

    /// The minimum over rules that share their first two fields; ends at a rule that takes everything.
    fn fold(&mut self, rules: &[Rule<'_, K>], active: &[u32]) -> Function {
        let mut labelled = Vec::new();
        for rule in active.iter().filter_map(|index| rules.get(*index as usize)) {
            let priority = rule.priority;
            labelled.push(self.relabel(rule.rest, &|_| Some(priority)));
            if rule.rest == Function::ALL {
                break;
            }
        }
        self.min_all(labelled)
    }

    /// The minimum of many functions, by halves so that no long chain of intermediate results is built.
    #[must_use]
    pub fn min_all(&mut self, mut functions: Vec<Function>) -> Function {
        while functions.len() > 1 {
            let mut halved = Vec::with_capacity(functions.len().div_ceil(2));
            for pair in functions.chunks(2) {
                halved.push(match pair {
                    [a, b] => self.min(*a, *b),
                    [a] => *a,
                    _ => Function::NONE,
                });
            }
            functions = halved;
        }
        functions.pop().unwrap_or(Function::NONE)
    }
}
