//! What a list of flows leaves out is counted, exactly, and without looking at every packet.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use sekisho::check::list_flows;
use sekisho::compile::{Header, fields};
use sekisho::packetset::{Arena, Function, Intervals};

/// So many sources, each with its own destination and port.
fn diagonal(arena: &mut Arena<u32>, count: u32) -> Function {
    let parts = (0..count).map(|n| {
        let address = |field, base: u32| (field, Intervals::range(base + 4 * n, base + 4 * n + 1));
        let all = [
            address(fields::SRC, 0x0a00_0000),
            address(fields::DST, 0x0b00_0000),
            (fields::PROTOCOL, Intervals::range(6, 6)),
            (fields::DPORT, Intervals::range(n % 60_000, n % 60_000)),
        ];
        all.into_iter().fold(Function::ALL, |set, (field, values)| {
            let inside = arena.field_in(field, &values);
            arena.guard(set, inside)
        })
    });
    let parts: Vec<Function> = parts.collect();
    arena.min_all(parts)
}

#[test]
fn what_is_left_out_is_counted() {
    for count in [1, 12, 13, 5_000, 20_000] {
        let mut arena: Arena<u32> = Arena::new(&u32::layout(), 1 << 25);
        let set = diagonal(&mut arena, count);
        let list = list_flows(&mut arena, set, 12);
        assert!(!arena.exhausted());
        assert_eq!(list.flows.len() as u64 + list.omitted, u64::from(count));
        assert_eq!(list.flows.len(), usize::try_from(count.min(12)).unwrap());
        assert_eq!(list.flows.first().unwrap().service, "tcp/0");
    }
}

/// Ends between which only values pass that no packet has are no flow: ICMP knows types up to 255.
#[test]
fn what_no_packet_has_is_not_counted() {
    let mut arena: Arena<u32> = Arena::new(&u32::layout(), 1 << 20);
    let protocol = arena.field_in(fields::PROTOCOL, &Intervals::range(1, 1));
    let none = arena.field_in(fields::DPORT, &Intervals::range(300, 65535));
    let none = arena.guard(protocol, none);
    assert_eq!(list_flows(&mut arena, none, 12), sekisho::finding::FlowList::default());
    let echo = arena.field_in(fields::DPORT, &Intervals::range(8, 8));
    let echo = arena.guard(protocol, echo);
    let both = arena.min(none, echo);
    let list = list_flows(&mut arena, both, 12);
    assert_eq!((list.flows.len(), list.omitted), (1, 0));
    assert_eq!(list.flows.first().unwrap().service, "icmp/8");
}

/// More services between two ends than are looked at are more than a number.
#[test]
fn services_beyond_what_is_looked_at_are_told_as_more() {
    let mut arena: Arena<u32> = Arena::new(&u32::layout(), 1 << 25);
    let tcp = arena.field_in(fields::PROTOCOL, &Intervals::range(6, 6));
    let pairs = (0..5_000_u32).map(|n| {
        let from = arena.field_in(fields::SPORT, &Intervals::range(7 * n, 7 * n));
        let to = arena.field_in(fields::DPORT, &Intervals::range(3 * n, 3 * n));
        arena.guard(from, to)
    });
    let pairs: Vec<Function> = pairs.collect();
    let all = arena.min_all(pairs);
    let set = arena.guard(all, tcp);
    let list = list_flows(&mut arena, set, 12);
    assert_eq!((list.flows.len(), list.omitted), (1, 0));
    let service = &list.flows.first().unwrap().service;
    assert!(service.ends_with("… (+≥4080)"), "{service}");
}
