//! Every operation on every function over a toy space, against tables of their values: 8 points for sets, 6 points for
//! functions with two priorities. Equal functions have equal ids, so results are compared as numbers.

use sekisho::packetset::{Arena, Function, Intervals, Rule};
use std::collections::BTreeMap;

/// One value a point, in the order of the points.
type Table = Vec<Option<u32>>;

/// A toy space with every function over it.
struct Space {
    arena: Arena<u32>,
    widths: Vec<u32>,
    points: Vec<Vec<u32>>,
    functions: BTreeMap<Table, Function>,
}

impl Space {
    /// Every function with `priorities` values besides no match.
    fn new(widths: &[u32], priorities: u32) -> Space {
        let mut points: Vec<Vec<u32>> = vec![Vec::new()];
        for width in widths {
            let longer = |point: Vec<u32>| {
                (0..=*width).map(move |value| [point.as_slice(), &[value]].concat())
            };
            points = points.into_iter().flat_map(longer).collect();
        }
        let mut space = Space {
            arena: Arena::new(widths, 1 << 24),
            widths: widths.to_vec(),
            points,
            functions: BTreeMap::new(),
        };
        let values = priorities as usize + 1;
        for number in 0..values.pow(space.points.len() as u32) {
            let digit = |place: usize| (number / values.pow(place as u32) % values) as u32;
            let table: Table =
                (0..space.points.len()).map(|place| digit(place).checked_sub(1)).collect();
            let function = space.made(&table);
            assert_eq!(space.read(function), table);
            space.functions.insert(table, function);
        }
        space
    }

    /// The function of a table, point by point.
    fn made(&mut self, table: &Table) -> Function {
        let mut all = Vec::new();
        for (point, value) in self.points.clone().iter().zip(table) {
            let Some(priority) = *value else { continue };
            let mut one = Function::constant(priority);
            for (field, at) in point.iter().enumerate() {
                let inside = self.arena.field_in(field, &Intervals::range(*at, *at));
                one = self.arena.guard(one, inside);
            }
            all.push(one);
        }
        self.arena.min_all(all)
    }

    fn read(&self, function: Function) -> Table {
        self.points.iter().map(|point| self.arena.value_at(function, point)).collect()
    }

    fn all(&self) -> Vec<(Table, Function)> {
        self.functions.iter().map(|(table, function)| (table.clone(), *function)).collect()
    }

    /// The table whose value at a point is `of` it.
    fn table(&self, of: impl Fn(&[u32]) -> Option<u32>) -> Table {
        self.points.iter().map(|point| of(point)).collect()
    }

    /// The value of a table at a point.
    fn at(&self, table: &Table, point: &[u32]) -> Option<u32> {
        table[self.points.iter().position(|candidate| candidate == point).unwrap()]
    }

    fn is(&self, function: Function, table: &Table, what: &str) {
        assert_eq!(Some(&function), self.functions.get(table), "{what}: {table:?}");
    }
}

fn with(point: &[u32], field: usize, value: u32) -> Vec<u32> {
    let mut point = point.to_vec();
    point[field] = value;
    point
}

fn pairs(mut space: Space) {
    let all = space.all();
    let other = space.arena.clone();
    for (x, f) in &all {
        for (y, g) in &all {
            let zip = |of: fn(Option<u32>, Option<u32>) -> Option<u32>| -> Table {
                x.iter().zip(y).map(|(a, b)| of(*a, *b)).collect()
            };
            let less = zip(|a, b| a.into_iter().chain(b).min());
            let inside = zip(|a, b| a.filter(|_| b.is_some()));
            let outside = zip(|a, b| a.filter(|_| b.is_none()));
            let min = space.arena.min(*f, *g);
            space.is(min, &less, "min");
            let guard = space.arena.guard(*f, *g);
            space.is(guard, &inside, "guard");
            let minus = space.arena.minus(*f, *g);
            space.is(minus, &outside, "minus");
            let imported = space.arena.import(&other, *f, *g);
            space.is(imported, &inside, "import");
            let subset = outside.iter().all(Option::is_none);
            assert_eq!(space.arena.is_subset(*f, *g), subset, "{x:?} in {y:?}");
        }
    }
}

#[test]
fn pairs_of_sets() {
    pairs(Space::new(&[1, 1, 1], 1));
}

#[test]
fn pairs_of_functions() {
    pairs(Space::new(&[1, 2], 2));
}

#[test]
fn images_of_sets() {
    for widths in [vec![1, 1, 1], vec![1, 3], vec![3, 1]] {
        let mut space = Space::new(&widths, 1);
        for (table, set) in space.all() {
            for field in 0..widths.len() {
                images(&mut space, &table, set, field);
            }
        }
    }
}

fn images(space: &mut Space, table: &Table, set: Function, field: usize) {
    let last = space.widths[field];
    let holds = |space: &Space, point: &[u32]| space.at(table, point).is_some();
    let some = |space: &Space, point: &[u32]| {
        (0..=last).any(|value| holds(space, &with(point, field, value)))
    };
    let any = space.table(|point| some(space, point).then_some(0));
    let exists = space.arena.exists(set, field);
    space.is(exists, &any, "exists");
    for bits in 0..1_u32 << (last + 1) {
        let chosen: Vec<(u32, u32)> =
            (0..=last).filter(|value| bits >> value & 1 == 1).map(|value| (value, value)).collect();
        let values = Intervals::of(chosen);
        let expected =
            space.table(|point| (values.contains(point[field]) && some(space, point)).then_some(0));
        let assigned = space.arena.assign(set, field, &values);
        space.is(assigned, &expected, "assign");
    }
    for (from, to) in (0..=last).flat_map(|from| (0..=last).map(move |to| (from, to))) {
        for extent in 0..=last - from.max(to) {
            let expected = space.table(|point| {
                let distance = point[field].checked_sub(to).filter(|d| *d <= extent)?;
                holds(space, &with(point, field, from + distance)).then_some(0)
            });
            let moved = space.arena.shift(set, field, from, to, u128::from(extent));
            space.is(moved, &expected, "shift");
        }
    }
    let found = space.arena.field_values(set, field);
    for value in 0..=last {
        let occurs = space.points.iter().any(|p| p[field] == value && holds(space, p));
        assert_eq!(found.contains(value), occurs, "{value} in field {field} of {table:?}");
    }
}

#[test]
fn readings_of_functions() {
    let mut space = Space::new(&[1, 2], 2);
    for (table, function) in space.all() {
        let found: std::collections::BTreeSet<u32> = table.iter().flatten().copied().collect();
        assert!(space.arena.priorities(function).into_iter().eq(found), "{table:?}");
        let maps: [fn(u32) -> Option<u32>; 4] =
            [|_| Some(0), |p| Some(1 - p), |p| (p == 1).then_some(0), |_| None];
        for map in maps {
            let expected: Table = table.iter().map(|value| value.and_then(map)).collect();
            let relabelled = space.arena.relabel(function, &map);
            space.is(relabelled, &expected, "relabel");
        }
        let first = space.points.iter().find(|point| space.at(&table, point).is_some());
        assert_eq!(space.arena.pick(function).as_ref(), first, "{table:?}");
        let set = space.arena.support(function);
        let (cubes, more) = space.arena.cubes(set, 6);
        assert!(!more);
        for point in &space.points {
            let hits = cubes
                .iter()
                .filter(|cube| cube.fields.iter().zip(point).all(|(f, v)| f.contains(*v)))
                .count();
            assert_eq!(hits, usize::from(space.at(&table, point).is_some()), "{table:?} {point:?}");
        }
        products(&space, &table, set);
        for limit in 0..cubes.len() {
            let (some, more) = space.arena.cubes(set, limit);
            assert!(more && some.as_slice() == &cubes[..limit], "{table:?}");
        }
    }
}

/// Products of the first field are disjoint, each is maximal for what is under it, and all are counted.
fn products(space: &Space, table: &Table, set: Function) {
    let (all, count) = space.arena.products(set, 1, usize::MAX);
    assert_eq!(u64::try_from(all.len()).unwrap(), count, "{table:?}");
    for point in &space.points {
        let holds =
            all.iter().filter(|product| product.fields[0].contains(point[0])).collect::<Vec<_>>();
        let inside = holds.iter().any(|p| space.arena.value_at(p.rest, point).is_some());
        assert!(holds.len() <= 1 && inside == space.at(table, point).is_some(), "{table:?}");
    }
    let rests: std::collections::BTreeSet<Function> = all.iter().map(|p| p.rest).collect();
    assert_eq!(rests.len(), all.len(), "{table:?}");
    for limit in 0..all.len() {
        let (some, same) = space.arena.products(set, 1, limit);
        assert!(same == count && some.as_slice() == &all[..limit], "{table:?}");
    }
}

/// Every list of up to three lines over every product of coordinates.
#[test]
fn lists() {
    let mut space = Space::new(&[1, 2], 1);
    let subsets = |count: u32| {
        (0..1_u32 << count).map(move |bits| {
            Intervals::of((0..count).filter(|v| bits >> v & 1 == 1).map(|v| (v, v)))
        })
    };
    let shapes: Vec<(Intervals<u32>, Intervals<u32>)> = subsets(2)
        .flat_map(|first| subsets(3).map(move |second| (first.clone(), second)))
        .collect();
    for number in 0..shapes.len().pow(3) {
        let count = shapes.len();
        let lines = [number % count, number / count % count, number / count / count];
        let lines = lines.map(|shape| &shapes[shape]);
        let rules: Vec<Rule<'_, u32>> = lines
            .iter()
            .map(|line| (&line.0, &line.1))
            .enumerate()
            .map(|(priority, (first, second))| Rule {
                first,
                second,
                rest: Function::ALL,
                priority: priority as u32,
            })
            .collect();
        let function = space.arena.first_match(&rules);
        let expected = space.table(|point| {
            let holds = |line: &&(Intervals<u32>, Intervals<u32>)| {
                line.0.contains(point[0]) && line.1.contains(point[1])
            };
            lines.iter().position(holds).map(|position| position as u32)
        });
        assert_eq!(space.read(function), expected, "{lines:?}");
    }
}
