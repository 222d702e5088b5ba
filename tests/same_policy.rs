//! One intended policy, written in every vendor's syntax, gives one and the same matrix; and z3 agrees with every reading of
//! random rule lists.
//!
//! z3 judges what a list means from its abstract lines alone. `SEKISHO_Z3=N` judges N random lists a vendor.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test fails by panicking, and starts z3"
)]

#[path = "differential/rng.rs"]
mod rng;
#[path = "same_policy/smt.rs"]
mod smt;
mod vendors;
mod z3;

use rng::Rng;
use sekisho::formats::FORMATS;
use sekisho::net::Prefix;
use vendors::{ALL, Traffic, VENDORS, Wish, cubes, opens};

/// A school's wishes: lines that overlap, shadow one another, and differ in every part.
fn intended() -> Vec<Wish> {
    let p = |text| Prefix::parse(text);
    let wish = |permit, traffic, source, destination| Wish { permit, traffic, source, destination };
    vec![
        wish(false, Traffic::Anything, p("10.1.9.0/24"), None),
        wish(true, Traffic::Tcp(ALL, (443, 443)), None, p("10.2.0.80/32")),
        wish(true, Traffic::Tcp((1024, 65535), (8000, 8099)), p("10.1.2.0/24"), p("10.2.8.0/21")),
        wish(false, Traffic::Udp(ALL, (161, 162)), None, None),
        wish(true, Traffic::Udp(ALL, ALL), p("10.1.2.0/23"), p("10.2.53.0/24")),
        wish(true, Traffic::Icmp, p("10.1.0.0/17"), None),
        wish(false, Traffic::Tcp(ALL, (1, 1023)), p("10.1.3.3/32"), None),
        wish(true, Traffic::Anything, p("10.1.3.0/24"), p("10.2.3.0/24")),
    ]
}

#[test]
fn every_reader_has_a_vendor() {
    let written: Vec<&str> = VENDORS.iter().map(|vendor| vendor.format).collect();
    let missing: Vec<&str> =
        FORMATS.iter().map(|format| format.id).filter(|id| !written.contains(id)).collect();
    assert!(missing.is_empty(), "tests/vendors has no file for {missing:?}");
}

#[test]
fn one_policy_in_every_syntax_gives_one_matrix() {
    for vendor in VENDORS {
        let wishes = vendor.sayable(&intended());
        let (mut first, set) = opens(&VENDORS[0].stage(&wishes), true);
        assert!(!set.is_none(), "something passes");
        let loaded = vendor.stage(&wishes);
        assert_eq!(loaded.snapshot.devices.iter().next().unwrap().1.format, vendor.format);
        let (arena, other) = opens(&loaded, true);
        let other = first.import(&arena, other, sekisho::packetset::Function::ALL);
        let same = first.is_subset(set, other) && first.is_subset(other, set);
        let more = first.minus(other, set);
        let less = first.minus(set, other);
        let some = [more, less].map(|part| first.pick(part));
        assert!(same, "{} and {}: one more, one less: {some:?}", VENDORS[0].format, vendor.format);
        let (_, back) = opens(&loaded, false);
        assert!(back.is_none(), "{}: side b opens something", vendor.format);
    }
}

#[test]
fn z3_agrees_with_every_reader() {
    let rounds = std::env::var("SEKISHO_Z3").ok().and_then(|n| n.parse().ok()).unwrap_or(40);
    for (index, vendor) in VENDORS.iter().enumerate() {
        let mut script = smt::Script::new();
        for round in 0..rounds {
            let mut rng = Rng::new(1 + round).fork(index as u64);
            let wishes = vendor.sayable(&random(&mut rng));
            let (arena, set) = opens(&vendor.stage(&wishes), true);
            script.differs(&wishes, &cubes(&arena, set));
        }
        for (round, answer) in script.ask().iter().enumerate() {
            let wishes =
                || vendor.sayable(&random(&mut Rng::new(1 + round as u64).fork(index as u64)));
            assert_eq!(
                answer,
                "unsat",
                "{} round {round}:\n{}",
                vendor.format,
                (vendor.write)(&wishes())
            );
        }
    }
}

/// Up to 14 lines over few boundaries, so that they overlap.
fn random(rng: &mut Rng) -> Vec<Wish> {
    let count = 2 + rng.below(12);
    (0..count).map(|_| one(rng)).collect()
}

fn one(rng: &mut Rng) -> Wish {
    let traffic = match rng.below(6) {
        0 => Traffic::Anything,
        1 => Traffic::Icmp,
        2 | 3 => Traffic::Tcp(source_ports(rng), ports(rng)),
        _ => Traffic::Udp(source_ports(rng), ports(rng)),
    };
    Wish {
        permit: rng.below(5) < 3,
        traffic,
        source: prefix(rng, "10.1."),
        destination: prefix(rng, "10.2."),
    }
}

fn source_ports(rng: &mut Rng) -> (u16, u16) {
    if rng.chance(25) { ports(rng) } else { ALL }
}

fn ports(rng: &mut Rng) -> (u16, u16) {
    const EDGES: [u16; 9] = [1, 22, 53, 80, 443, 1023, 1024, 8080, 65535];
    let (a, b) = (rng.pick(&EDGES), rng.pick(&EDGES));
    match rng.below(4) {
        0 => ALL,
        1 | 2 => (a, a),
        _ => (a.min(b), a.max(b)),
    }
}

fn prefix(rng: &mut Rng, start: &str) -> Option<Prefix> {
    let text = match rng.below(5) {
        0 => return None,
        1 => format!("{start}{}.{}/32", rng.below(3), 9 + rng.below(3)),
        2 => format!("{start}{}.0/24", rng.below(4)),
        3 => format!("{start}{}.0/23", 2 * rng.below(2)),
        _ => format!("{start}0.0/{}", 16 + rng.below(3)),
    };
    Prefix::parse(&text)
}
