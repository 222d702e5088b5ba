//! Lists without some of their lines, against lists that were compiled without them.

use super::*;
use crate::compile::cover::tests::{Plain, Random, filtering};
use crate::compile::{Conditions, LineRef};
use crate::model::Id;
use crate::packetset::Intervals;

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

#[test]
fn what_lines_of_an_action_decide_is_what_is_decided_by_such_a_line() {
    let mut random = Random(11);
    let ports: Vec<InterfaceId> = (0..3).map(InterfaceId::from_index).collect();
    let (mut alone, mut several) = (0, 0);
    for (count, reading) in (0..60)
        .map(|round| round % 50)
        .flat_map(|count| [Reading::May, Reading::Must, Reading::Always].map(|r| (count, r)))
    {
        let lines: Vec<Plain> = (0..count).map(|_| Plain::random(&mut random, false)).collect();
        let compiled = Compiled::<u32>::new(&filtering(&lines), &Conditions::default());
        let list = compiled.list(ListId::from_index(0)).unwrap();
        let mut arena = Arena::new(&u32::layout(), 1 << 20);
        let middle = Intervals::range(0x0a00_0002, 0x0a00_0005);
        let set = arena.field_in(fields::DST, &middle);
        for (ingress, egress) in ports.iter().flat_map(|a| ports.iter().map(move |b| (*a, *b))) {
            let between = (ingress, Some(egress));
            let found = list.decide(&mut arena, &compiled, between, set, reading);
            for wanted in [Action::Permit, Action::Deny] {
                let expected =
                    arena.select(found, &|at| list.entries[at as usize].action == wanted);
                let keep = |action| action == wanted;
                let asked = (set, reading);
                let kept = list.decided_by(&mut arena, &compiled, between, asked, keep);
                assert_eq!(kept, expected, "{wanted:?} by {reading:?}: {lines:#?}");
                let only = list.only_root(between, reading);
                *(if only.is_some() { &mut alone } else { &mut several }) +=
                    usize::from(!kept.is_none());
            }
        }
    }
    assert!(alone > 100 && several > 100, "{alone} {several}");
}
