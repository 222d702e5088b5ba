//! What the operations mean, as formulas over bit vectors, and what the arena made of them.

use crate::rng::Rng;
use crate::z3::between;
use sekisho::packetset::{Arena, Cube, Function, Intervals, Key, Rule};
use std::fmt::Write as _;

/// No match, in the formulas.
const NOTHING: u32 = 0xff;
const FIELDS: usize = 4;

/// Questions with the answer that each must have.
pub(crate) struct Questions {
    pub(crate) text: String,
    pub(crate) expected: Vec<(&'static str, &'static str)>,
}

impl Questions {
    pub(crate) fn script(&self) -> String {
        self.text.clone()
    }

    /// Asks whether `formula` can be true.
    fn can_be(&mut self, name: &'static str, formula: &str, expected: bool) {
        let _ = writeln!(self.text, "(push)\n(assert {formula})\n(check-sat)\n(pop)");
        self.expected.push((name, if expected { "sat" } else { "unsat" }));
    }
}

/// One pair of random functions, and every operation on them.
struct Pair<K> {
    widths: [usize; FIELDS],
    arena: Arena<K>,
    rng: Rng,
    asked: Questions,
}

/// Every operation on one pair of random functions whose first two fields have `width` bits.
pub(crate) fn questions<K: Key>(round: u64, width: usize) -> Questions {
    let widths = [width, width, 8, 16];
    let largest: Vec<K> = widths.iter().map(|bits| K::narrow(u128::MAX >> (128 - bits))).collect();
    let mut text = String::new();
    for (field, bits) in widths.iter().enumerate() {
        let _ = writeln!(text, "(declare-const x{field} (_ BitVec {bits}))");
    }
    let mut pair = Pair {
        widths,
        arena: Arena::new(&largest, 1 << 20),
        rng: Rng::new(round).fork(width as u64),
        asked: Questions { text, expected: Vec::new() },
    };
    let (f, g) = (pair.function("f"), pair.function("g"));
    pair.pointwise(f, g);
    pair.images(f, g);
    pair.subsets(f, g);
    assert!(!pair.arena.exhausted());
    pair.asked
}

impl<K: Key> Pair<K> {
    /// Edges that meet often, and the ends of the field.
    fn edge(&mut self, field: usize) -> u128 {
        let last = u128::MAX >> (128 - self.widths[field]);
        let far = last - 9;
        self.rng.pick(&[0, 1, 2, 5, 6, 7, 9, 100, last / 2, last / 2 + 1, far, last - 1, last])
    }

    fn intervals(&mut self, field: usize) -> Intervals<K> {
        let mut parts = Vec::new();
        for _ in 0..self.rng.below(4) {
            let (a, b) = (self.edge(field), self.edge(field));
            parts.push((K::narrow(a.min(b)), K::narrow(a.max(b))));
        }
        Intervals::of(parts)
    }

    fn within(&self, name: &str, field: usize, values: &Intervals<K>) -> String {
        let width = self.widths[field];
        let any = values.as_slice().iter().map(|(a, b)| between(name, width, a.wide(), b.wide()));
        format!("(or false {})", any.collect::<Vec<_>>().join(" "))
    }

    fn parameters(&self) -> String {
        let one = |(field, bits)| format!("(x{field} (_ BitVec {bits}))");
        self.widths.iter().enumerate().map(one).collect::<Vec<_>>().join(" ")
    }

    fn define(&mut self, name: &str, body: &str) {
        let parameters = self.parameters();
        let text = &mut self.asked.text;
        let _ = writeln!(text, "(define-fun {name} ({parameters}) (_ BitVec 8) {body})");
    }

    /// A random first-match list: defined as formula `name` from its lines, and loaded into the arena.
    fn function(&mut self, name: &'static str) -> Function {
        let lines: Vec<[Intervals<K>; FIELDS]> = (0..1 + self.rng.below(6))
            .map(|_| std::array::from_fn(|field| self.intervals(field)))
            .collect();
        let mut body = format!("#x{NOTHING:02x}");
        for (priority, line) in lines.iter().enumerate().rev() {
            let all =
                (0..FIELDS).map(|field| self.within(&format!("x{field}"), field, &line[field]));
            let all: Vec<String> = all.collect();
            body = format!("(ite (and {}) #x{priority:02x} {body})", all.join(" "));
        }
        self.define(name, &body);
        let rests: Vec<Function> = lines
            .iter()
            .map(|line| {
                let (third, fourth) =
                    (self.arena.field_in(2, &line[2]), self.arena.field_in(3, &line[3]));
                self.arena.guard(third, fourth)
            })
            .collect();
        let rules: Vec<Rule<'_, K>> = lines
            .iter()
            .zip(&rests)
            .enumerate()
            .map(|(priority, (line, rest))| Rule {
                first: &line[0],
                second: &line[1],
                rest: *rest,
                priority: priority as u32,
            })
            .collect();
        let loaded = self.arena.first_match(&rules);
        self.same("first_match", loaded, &format!("({name} x0 x1 x2 x3)"));
        loaded
    }

    /// What the arena holds, as a formula.
    fn held(&mut self, function: Function) -> String {
        let mut body = format!("#x{NOTHING:02x}");
        for priority in self.arena.priorities(function) {
            let set = self.arena.select(function, &|found| found == priority);
            let (cubes, more) = self.arena.cubes(set, 100_000);
            assert!(!more);
            let any: Vec<String> = cubes.iter().map(|cube| self.product(cube)).collect();
            body = format!("(ite (or false {}) #x{priority:02x} {body})", any.join(" "));
        }
        body
    }

    fn product(&self, cube: &Cube<K>) -> String {
        let part = |(field, values)| self.within(&format!("x{field}"), field, values);
        let parts: Vec<String> = cube.fields.iter().enumerate().map(part).collect();
        format!("(and {})", parts.join(" "))
    }

    /// Asks for a point at which `function` is not what the formula says.
    fn same(&mut self, name: &'static str, function: Function, expected: &str) {
        let held = self.held(function);
        self.asked.can_be(name, &format!("(not (= {held} {expected}))"), false);
    }

    fn pointwise(&mut self, f: Function, g: Function) {
        let (at_f, at_g) = ("(f x0 x1 x2 x3)", "(g x0 x1 x2 x3)");
        let inside = |name: &str| format!("(not (= ({name} x0 x1 x2 x3) #x{NOTHING:02x}))");
        let min = self.arena.min(f, g);
        self.same("min", min, &format!("(ite (bvult {at_f} {at_g}) {at_f} {at_g})"));
        let guard = self.arena.guard(f, g);
        self.same("guard", guard, &format!("(ite {} {at_f} #xff)", inside("g")));
        let minus = self.arena.minus(f, g);
        self.same("minus", minus, &format!("(ite {} #xff {at_f})", inside("g")));
        let support = self.arena.support(f);
        self.same("support", support, &format!("(ite {} #x00 #xff)", inside("f")));
        let relabelled = self.arena.relabel(f, &|p| (p % 3 != 0).then_some(p * 5));
        let by = format!(
            "(ite (or (= {at_f} #xff) (= (bvurem {at_f} #x03) #x00)) #xff (bvmul {at_f} #x05))"
        );
        self.same("relabel", relabelled, &by);
        let from = self.arena.clone();
        let imported = self.arena.import(&from, g, f);
        self.same("import", imported, &format!("(ite {} {at_g} #xff)", inside("f")));
    }

    /// Whether the point is in f and not in g, with `x` for the coordinate in `field`.
    fn difference_at(field: usize, x: &str) -> String {
        let at: Vec<String> = (0..FIELDS)
            .map(|other| if other == field { x.to_owned() } else { format!("x{other}") })
            .collect();
        let at = at.join(" ");
        format!("(and (not (= (f {at}) #xff)) (= (g {at}) #xff))")
    }

    fn images(&mut self, f: Function, g: Function) {
        let set = self.arena.minus(f, g);
        let set = self.arena.support(set);
        for field in 0..FIELDS {
            let (width, name) = (self.widths[field], format!("x{field}"));
            let other = Self::difference_at(field, "y");
            let some = format!("(exists ((y (_ BitVec {width}))) {other})");
            let any = self.arena.exists(set, field);
            self.same("exists", any, &format!("(ite {some} #x00 #xff)"));

            let values = self.intervals(field);
            let assigned = self.arena.assign(set, field, &values);
            let within = self.within(&name, field, &values);
            self.same("assign", assigned, &format!("(ite (and {some} {within}) #x00 #xff)"));

            let last = u128::MAX >> (128 - width);
            let (from, to) = (self.edge(field), self.edge(field));
            let extent = self.edge(field).min(last - from).min(last - to);
            let moved = self.arena.shift(set, field, K::narrow(from), K::narrow(to), extent);
            let digits = width / 4;
            let back = format!("(bvadd (bvsub {name} #x{to:0digits$x}) #x{from:0digits$x})");
            let within = between(&name, width, to, to + extent);
            let before = Self::difference_at(field, &back);
            self.same("shift", moved, &format!("(ite (and {within} {before}) #x00 #xff)"));

            let found = self.arena.field_values(set, field);
            let found = self.within(&name, field, &found);
            let others = (0..FIELDS).filter(|other| *other != field);
            let bound: Vec<String> = others
                .map(|other| format!("(x{other} (_ BitVec {}))", self.widths[other]))
                .collect();
            let there = Self::difference_at(field, &name);
            let occurs = format!("(exists ({}) {there})", bound.join(" "));
            self.asked.can_be("field_values", &format!("(xor {found} {occurs})"), false);
        }
    }

    /// Relations between sets, of which some hold and some do not.
    fn subsets(&mut self, f: Function, g: Function) {
        let (x, y) = (self.arena.support(f), self.arena.support(g));
        let both = self.arena.guard(x, y);
        let union = self.arena.min(x, y);
        for (a, b) in [(x, y), (y, x), (both, x), (x, both), (x, union), (union, y)] {
            let subset = self.arena.is_subset(a, b);
            let (in_a, in_b) = (self.held(a), self.held(b));
            let outside = format!("(and (= {in_a} #x00) (not (= {in_b} #x00)))");
            self.asked.can_be("is_subset", &outside, !subset);
        }
    }
}
