//! Laws that changes of a rule list obey, on random networks of the same making as `tests/differential.rs`, in every reading:
//! what changes nothing, and what can only widen.
//!
//! `SEKISHO_LAWS=N` tries N networks instead of the few of a normal run.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::disallowed_methods,
    reason = "a test fails by panicking, and makes its own inputs"
)]

#[path = "network_laws/answers.rs"]
mod answers;
#[path = "network_laws/change.rs"]
mod change;
#[path = "differential/device.rs"]
mod device;
#[path = "differential/features.rs"]
mod features;
#[path = "differential/lists.rs"]
mod lists;
#[path = "differential/network.rs"]
mod network;
#[path = "differential/rng.rs"]
mod rng;

use answers::{Relation, compare};
use features::{Feature, Features};
use rng::Rng;
use sekisho::snapshot::Snapshot;

/// Networks of a normal run.
const NETWORKS: u64 = 8;

/// A change of a network; whether it was possible.
type Change = fn(&mut Snapshot, &mut Rng) -> bool;

/// Tries a change on every network; the change must be possible on some. Networks are without `absent`.
fn law(absent: &[Feature], relation: Relation, change: Change) {
    law_after(|_, _| true, absent, relation, change);
}

/// As [`law`], where every network is made ready for the change first.
fn law_after(ready: Change, absent: &[Feature], relation: Relation, change: Change) {
    let networks = std::env::var("SEKISHO_LAWS").ok().and_then(|n| n.parse().ok());
    let mut tried = 0;
    for seed in 0..networks.unwrap_or(NETWORKS) {
        let mut features = Features::some(&mut Rng::new(seed).fork(3));
        for feature in absent {
            features = features.without(*feature);
        }
        let filters = if seed % 2 == 0 { Feature::FilterAfter } else { Feature::FilterBefore };
        let mut rng = Rng::new(seed).fork(11);
        let mut before = network::generate(seed, features.with(filters));
        let is_ready = ready(&mut before, &mut rng);
        let mut after = before.clone();
        if is_ready && change(&mut after, &mut rng) {
            tried += 1;
            if let Some(words) = compare(&before, &after, relation, seed) {
                panic!("seed {seed} with {:?}: {words}", features.list());
            }
        }
    }
    assert!(tried > 1, "the change was possible on {tried} networks only");
}

#[test]
fn what_surely_passes_may_pass() {
    law(&[], Relation::MustInMay, |_, _| true);
}

/// A copy of a line at the end of its list, with the other action, never applies: whatever it matches the line took.
#[test]
fn a_shadowed_line_changes_nothing() {
    let doubts = [Feature::Unknown, Feature::Schedules];
    law(&doubts, Relation::Same, change::append_shadowed);
}

#[test]
fn disjoint_neighbours_may_be_swapped() {
    law_after(change::insert_disjoint, &[], Relation::Same, change::swap_inserted);
}

#[test]
fn neighbours_that_do_the_same_may_be_swapped() {
    law(&[], Relation::Same, change::swap_alike);
}

#[test]
fn names_mean_nothing() {
    law(&[], Relation::Same, change::rename);
}

#[test]
fn a_line_that_is_switched_off_is_no_line() {
    law(&[], Relation::Same, change::remove_disabled);
}

#[test]
fn a_permit_only_widens() {
    law(&[], Relation::Wider, change::insert_permit);
}

#[test]
fn without_a_deny_all_that_passed_passes() {
    law(&[], Relation::Wider, change::remove_deny);
}

/// A line that permits may turn into one that may permit: the widest reading keeps all, and nothing new is sure.
#[test]
fn doubt_about_a_permit_narrows_only_what_is_sure() {
    law(&[], Relation::Doubt, change::doubt_permit);
}
