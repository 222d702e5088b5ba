//! Lists without some of their lines, against lists that were compiled without them.

use super::*;
use crate::compile::cover::tests::{Plain, Random, filtering};
use crate::compile::{Conditions, LineRef};
use crate::model::Id;

/// By which line of the configuration every packet is decided.
fn deciding(
    arena: &mut Arena<u32>,
    compiled: &Compiled<u32>,
    ports: (InterfaceId, Option<InterfaceId>),
) -> Function {
    let list = compiled.list(ListId::from_index(0)).unwrap();
    let found = list.decide(arena, compiled, ports, Function::ALL, Reading::May);
    arena.relabel(found, &|at| Some(list.entries[at as usize].line.line))
}

#[test]
fn a_line_that_is_taken_away_leaves_its_packets_to_the_next() {
    let mut random = Random(7);
    let ports: Vec<InterfaceId> = (0..3).map(InterfaceId::from_index).collect();
    let mut handed_on = 0;
    for round in 0..60 {
        let mut lines: Vec<Plain> = Vec::new();
        while lines.len() < 40 {
            let line = Plain::random(&mut random, false);
            lines.extend(line.sure.then_some(line));
        }
        let device = filtering(&lines);
        let list = ListId::from_index(0);
        let gone = |_| LineRef { list, line: u32::try_from(random.below(40)).unwrap() };
        let without: Vec<LineRef> = (0..=round % 3).map(gone).collect();
        let conditions = Conditions { without, ..Conditions::default() };
        let whole = Compiled::<u32>::new(&device, &Conditions::default());
        let (less, fresh) =
            (whole.without(&device, &conditions), Compiled::<u32>::new(&device, &conditions));
        let mut arena = Arena::new(&u32::layout(), 1 << 20);
        for (ingress, egress) in ports.iter().flat_map(|a| ports.iter().map(move |b| (*a, *b))) {
            let between = (ingress, Some(egress));
            let [whole, less, fresh] =
                [&whole, &less, &fresh].map(|compiled| deciding(&mut arena, compiled, between));
            assert_eq!(less, fresh, "round {round}: {lines:#?} without {conditions:?}");
            handed_on += usize::from(whole != less);
        }
    }
    assert!(handed_on > 100, "{handed_on}");
}
