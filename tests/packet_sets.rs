//! The operations on packet sets before judges that know nothing of diagrams: every function over a space small enough to
//! write all of them down, and z3 on random functions over fields as wide as addresses.
//!
//! `SEKISHO_Z3=N` asks z3 about N random pairs of functions a width.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::disallowed_methods,
    reason = "a test fails by panicking, and starts z3"
)]

#[path = "packet_sets/exhaustive.rs"]
mod exhaustive;
#[path = "differential/rng.rs"]
mod rng;
#[path = "packet_sets/smt.rs"]
mod smt;
mod z3;

/// Pairs of functions a width of a normal run.
const PAIRS: u64 = 12;

#[test]
fn z3_agrees_with_every_operation() {
    let rounds = std::env::var("SEKISHO_Z3").ok().and_then(|n| n.parse().ok()).unwrap_or(PAIRS);
    for round in 0..rounds {
        for questions in [smt::questions::<u32>(round, 32), smt::questions::<u128>(round, 128)] {
            let answers = z3::ask(questions.script());
            let asked: Vec<&str> = questions.expected.iter().map(|(name, _)| *name).collect();
            assert_eq!(answers.len(), asked.len(), "round {round}: {answers:?}");
            for ((name, expected), answer) in questions.expected.iter().zip(&answers) {
                assert_eq!(answer, expected, "{name}, round {round}\n{}", questions.text);
            }
        }
    }
}
