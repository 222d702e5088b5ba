//! Bulk load of a first-match list.

use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use super::{Arena, Function, Intervals, Key};

/// One rule of a first-match list: a product of a set of the first field, a set of the second, and a set over the others.
#[derive(Clone, Copy, Debug)]
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

/// A list under way.
struct Sweep<'r, K> {
    rules: &'r [Rule<'r, K>],
    /// What some rules came to, by the field from which on they are looked at.
    done: [FxHashMap<SmallVec<[u32; 6]>, Function>; 3],
    /// Room for the work on each of the first two fields.
    buffers: [Buffers<K>; 2],
}

struct Buffers<K> {
    /// Where rules begin (`true`) and end.
    events: Vec<(K, bool, u32)>,
    steps: Vec<(K, Function)>,
    /// The rules that hold at the place at hand, ascending.
    here: Vec<u32>,
}

impl<K> Default for Buffers<K> {
    fn default() -> Self {
        Buffers { events: Vec::new(), steps: Vec::new(), here: Vec::new() }
    }
}

impl<K: Key> Buffers<K> {
    fn fill(&mut self, rules: &[Rule<'_, K>], active: &[u32], field: usize, last: K) {
        self.events.clear();
        self.steps.clear();
        self.here.clear();
        for index in active {
            let Some(rule) = rules.get(*index as usize) else { continue };
            let intervals = if field == 0 { rule.first } else { rule.second };
            for (start, end) in intervals.as_slice() {
                self.events.push((*start, true, *index));
                let after = end.next().filter(|after| *after <= last);
                self.events.extend(after.map(|after| (after, false, *index)));
            }
        }
        self.events.sort_unstable();
    }
}

impl<K: Key> Arena<K> {
    /// At every point the smallest priority among the rules that hold it. `rules` come in ascending priority.
    ///
    /// Linear in the intervals when intervals of the first two fields meet few others; split a list into classes where they
    /// are disjoint, and take the [`Arena::min`] of the classes lazily, under a guard.
    #[must_use]
    pub fn first_match(&mut self, rules: &[Rule<'_, K>]) -> Function {
        let all: Vec<u32> = (0..u32::try_from(rules.len()).unwrap_or(u32::MAX)).collect();
        let mut sweep = Sweep { rules, done: Default::default(), buffers: Default::default() };
        self.sweep(&mut sweep, &all, 0)
    }

    fn sweep(&mut self, sweep: &mut Sweep<'_, K>, active: &[u32], field: usize) -> Function {
        if active.is_empty() {
            return Function::NONE;
        }
        let known = sweep.done.get(field).and_then(|done| done.get(active));
        if let Some(result) = known {
            return *result;
        }
        let result = if field == 2 {
            self.fold(sweep.rules, active)
        } else {
            self.sweep_field(sweep, active, field)
        };
        if let Some(done) = sweep.done.get_mut(field) {
            done.insert(SmallVec::from_slice(active), result);
        }
        result
    }

    fn sweep_field(&mut self, sweep: &mut Sweep<'_, K>, active: &[u32], field: usize) -> Function {
        let mut buffers = sweep.buffers.get_mut(field).map(std::mem::take).unwrap_or_default();
        buffers.fill(sweep.rules, active, field, self.width(field));
        let Buffers { events, steps, here } = &mut buffers;
        steps.push((K::default(), Function::NONE));
        let mut at = 0;
        while let Some((start, ..)) = events.get(at).copied() {
            while let Some((_, opens, index)) =
                events.get(at).copied().filter(|event| event.0 == start)
            {
                match (opens, here.binary_search(&index)) {
                    (true, Err(place)) => here.insert(place, index),
                    (false, Ok(place)) => drop(here.remove(place)),
                    _ => {}
                }
                at += 1;
            }
            let child = self.sweep(sweep, here, field + 1);
            if start == K::default() {
                steps.clear();
            }
            steps.push((start, child));
        }
        let result = self.make(field, steps);
        if let Some(slot) = sweep.buffers.get_mut(field) {
            *slot = buffers;
        }
        result
    }

    /// The minimum over rules that share their first two fields; ends at a rule that takes everything.
    fn fold(&mut self, rules: &[Rule<'_, K>], active: &[u32]) -> Function {
        if let [only] = active {
            let rule = rules.get(*only as usize);
            return rule.map_or(Function::NONE, |r| self.relabel(r.rest, &|_| Some(r.priority)));
        }
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
