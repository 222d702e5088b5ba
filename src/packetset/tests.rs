//! The laws of the module documentation, held against a linear scan over a toy space of 8 × 8 × 4 points.

use proptest::prelude::*;

use super::*;

const WIDTHS: [u32; 3] = [7, 7, 3];

type RuleSpec = (Vec<(u32, u32)>, Vec<(u32, u32)>, (u32, u32));

fn small(number: usize) -> u32 {
    u32::try_from(number).unwrap()
}

fn points() -> impl Iterator<Item = [u32; 3]> {
    (0..8).flat_map(|a| (0..8).flat_map(move |b| (0..4).map(move |c| [a, b, c])))
}

fn arena() -> Arena<u32> {
    Arena::new(&WIDTHS, 1 << 20)
}

fn inside(spec: &RuleSpec, point: [u32; 3]) -> bool {
    let within =
        |parts: &[(u32, u32)], value: u32| parts.iter().any(|(a, b)| (*a..=*b).contains(&value));
    within(&spec.0, point[0]) && within(&spec.1, point[1]) && within(&[spec.2], point[2])
}

fn load(arena: &mut Arena<u32>, specs: &[RuleSpec]) -> Function {
    let parts: Vec<_> = specs
        .iter()
        .map(|spec| {
            let rest = arena.field_in(2, &Intervals::of([spec.2]));
            (Intervals::of(spec.0.clone()), Intervals::of(spec.1.clone()), rest)
        })
        .collect();
    let rules: Vec<_> = parts
        .iter()
        .enumerate()
        .map(|(i, (first, second, rest))| Rule { first, second, rest: *rest, priority: small(i) })
        .collect();
    arena.first_match(&rules)
}

fn spec() -> impl Strategy<Value = RuleSpec> {
    let side =
        || prop::collection::vec((0u32..8, 0u32..8).prop_map(|(a, b)| (a.min(b), a.max(b))), 0..3);
    (side(), side(), (0u32..4, 0u32..4).prop_map(|(a, b)| (a.min(b), a.max(b))))
}

fn specs() -> impl Strategy<Value = Vec<RuleSpec>> {
    prop::collection::vec(spec(), 0..7)
}

proptest! {
    #[test]
    fn first_match_is_the_first_line_that_matches(list in specs()) {
        let mut arena = arena();
        let function = load(&mut arena, &list);
        for point in points() {
            let expected = list.iter().position(|spec| inside(spec, point)).map(small);
            prop_assert_eq!(arena.value_at(function, &point), expected);
        }
    }

    #[test]
    fn what_is_told_of_a_function_is_the_function(a in specs(), b in specs(), first in specs()) {
        let told = |arena: &Arena<u32>, function: Function| {
            let mut numbers = Vec::new();
            arena.tell(function, &mut |number| numbers.push(number));
            numbers
        };
        let (mut one, mut other) = (arena(), arena());
        load(&mut other, &first);
        let pairs = [&a, &b].map(|list| (load(&mut one, list), load(&mut other, list)));
        let [x, y] = pairs.map(|(here, there)| (told(&one, here), told(&other, there)));
        prop_assert_eq!(&x.0, &x.1);
        prop_assert_eq!(&y.0, &y.1);
        prop_assert_eq!(pairs[0].0 == pairs[1].0, x.0 == y.0);
    }

    #[test]
    fn any_grouping_gives_the_same_function(list in specs(), cut in 0usize..7) {
        let mut arena = arena();
        let whole = load(&mut arena, &list);
        let cut = cut.min(list.len());
        let front = load(&mut arena, &list[..cut]);
        let back = load(&mut arena, &list[cut..]);
        let back = arena.relabel(back, &|p| Some(p + small(cut)));
        prop_assert_eq!(arena.min(back, front), whole);
    }

    #[test]
    fn sets_form_a_boolean_algebra(a in specs(), b in specs()) {
        let mut arena = arena();
        let (f, g) = (load(&mut arena, &a), load(&mut arena, &b));
        let (x, y) = (arena.support(f), arena.support(g));
        let (union, both, only) = (arena.min(x, y), arena.guard(x, y), arena.minus(x, y));
        for point in points() {
            let (in_x, in_y) = (arena.value_at(x, &point).is_some(), arena.value_at(y, &point).is_some());
            prop_assert_eq!(arena.value_at(union, &point).is_some(), in_x || in_y);
            prop_assert_eq!(arena.value_at(both, &point).is_some(), in_x && in_y);
            prop_assert_eq!(arena.value_at(only, &point).is_some(), in_x && !in_y);
        }
        prop_assert_eq!(arena.min(only, both), x);
        prop_assert_eq!(arena.is_subset(x, y), only.is_none());
        let complement = arena.minus(Function::ALL, x);
        prop_assert_eq!(arena.minus(Function::ALL, complement), x);
    }

    #[test]
    fn import_under_a_guard_is_the_guarded_function(a in specs(), b in specs()) {
        let mut here = arena();
        let mut there = arena();
        let f = load(&mut here, &a);
        let copy = load(&mut there, &a);
        let g = load(&mut here, &b);
        let s = here.support(g);
        let expected = here.guard(f, s);
        prop_assert_eq!(here.import(&there, copy, s), expected);
        let odd = |priority: u32| (priority % 2 == 1).then_some(priority / 4);
        let expected = here.relabel(expected, &odd);
        prop_assert_eq!(here.import_as(&there, copy, s, &odd), expected);
    }

    #[test]
    fn a_partition_is_the_set_by_labels(a in specs(), cuts in prop::collection::vec((0u32..8, 0u32..8), 0..5), field in 0usize..3) {
        let mut arena = arena();
        let set = load(&mut arena, &a);
        let (function, width) = (Function::NONE, WIDTHS[field]);
        // Later cuts lie over earlier ones.
        let function = cuts.iter().zip(0..).fold(function, |below, ((from, to), label)| {
            let inside = Intervals::of([(*from.min(to).min(&width), *from.max(to).min(&width))]);
            let inside = arena.field_in(field, &inside);
            let label = arena.relabel(inside, &|_| Some(label % 3));
            let below = arena.minus(below, inside);
            arena.min(below, label)
        });
        let labels = Labels::of(&arena, function);
        let parts = arena.partition(set, field, &labels);
        prop_assert!(parts.windows(2).all(|pair| pair[0].0 < pair[1].0));
        for point in points() {
            let mut at = [0; 3];
            at[field] = point[field];
            let label = arena.value_at(function, &at);
            for (part, inside) in &parts {
                let expected = arena.value_at(set, &point).filter(|_| *part == label);
                prop_assert_eq!(arena.value_at(*inside, &point), expected);
            }
            let told = parts.iter().any(|(part, _)| *part == label);
            prop_assert!(told || arena.value_at(set, &point).is_none());
        }
    }

    #[test]
    fn changes_of_a_field_are_images(a in specs(), field in 0usize..3, from in 0u32..4, to in 0u32..4, extent in 0u32..4) {
        let mut arena = arena();
        let extent = extent.min(WIDTHS[field] - from.max(to).min(WIDTHS[field]));
        let f = load(&mut arena, &a);
        let set = arena.support(f);
        let any = arena.exists(set, field);
        let moved = arena.shift(set, field, from, to, u128::from(extent));
        let holds = |f: Function, arena: &Arena<u32>, p: [u32; 3]| arena.value_at(f, &p).is_some();
        for point in points() {
            let some = (0..=WIDTHS[field]).any(|v| { let mut p = point; p[field] = v; holds(set, &arena, p) });
            prop_assert_eq!(holds(any, &arena, point), some);
            let back = point[field].checked_sub(to).filter(|d| *d <= extent).map(|d| { let mut p = point; p[field] = from + d; p });
            prop_assert_eq!(holds(moved, &arena, point), back.is_some_and(|p| holds(set, &arena, p)));
        }
    }

    #[test]
    fn cubes_are_disjoint_and_cover(a in specs()) {
        let mut arena = arena();
        let f = load(&mut arena, &a);
        let set = arena.support(f);
        let (cubes, more) = arena.cubes(set, 1000);
        prop_assert!(!more);
        for point in points() {
            let hits = cubes.iter().filter(|c| c.fields.iter().zip(point).all(|(f, v)| f.contains(v))).count();
            prop_assert_eq!(hits, usize::from(arena.value_at(set, &point).is_some()));
        }
        let picked = arena.pick(set);
        prop_assert_eq!(picked.is_none(), set.is_none());
        if let Some(point) = picked {
            prop_assert_eq!(arena.value_at(set, &point), Some(0));
        }
    }

    #[test]
    fn intervals_follow_the_points(a in prop::collection::vec((0u32..20, 0u32..20), 0..5), b in prop::collection::vec((0u32..20, 0u32..20), 0..5)) {
        let holds = |parts: &[(u32, u32)], v: u32| parts.iter().any(|(x, y)| (*x..=*y).contains(&v));
        let (x, y) = (Intervals::of(a.clone()), Intervals::of(b.clone()));
        for v in 0..22 {
            prop_assert_eq!(x.contains(v), holds(&a, v));
            prop_assert_eq!(x.union(&y).contains(v), holds(&a, v) || holds(&b, v));
            prop_assert_eq!(x.intersection(&y).contains(v), holds(&a, v) && holds(&b, v));
            prop_assert_eq!(x.minus(&y).contains(v), holds(&a, v) && !holds(&b, v));
        }
        prop_assert_eq!(x.within(&y), x.minus(&y).is_empty());
        prop_assert!(x.intersection(&y).within(&x) && x.within(&x.union(&y)));
        prop_assert_eq!(x.minus(&y).union(&x.intersection(&y)), x);
    }
}

#[test]
fn wide_keys_reach_their_ends() {
    let mut arena: Arena<u128> = Arena::new(&[u128::MAX, 3], 1000);
    let top = arena.field_in(0, &Intervals::range(u128::MAX, u128::MAX));
    assert_eq!(arena.pick(top), Some(vec![u128::MAX, 0]));
    let rest = arena.minus(Function::ALL, top);
    assert_eq!(arena.value_at(rest, &[u128::MAX, 0]), None);
    assert_eq!(arena.min(rest, top), Function::ALL);
}

#[test]
fn an_exhausted_arena_says_so() {
    let mut arena: Arena<u32> = Arena::new(&[u32::MAX, 3], 8);
    let many = Intervals::of((0..20).map(|i| (i * 10, i * 10 + 1)));
    assert!(arena.field_in(0, &many).is_none());
    assert!(arena.exhausted());
}
