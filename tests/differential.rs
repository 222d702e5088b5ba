//! The heart of the promise: the symbolic engine (`reach`) and the concrete tracer (`trace`) agree.
//!
//! Random small networks with everything that the model can say; for each, flows at the boundaries of the sets that occur
//! and flows picked from the results, from every zone. `SEKISHO_DIFFERENTIAL=N` judges N networks instead of the few of a
//! normal run; `SEKISHO_DIFFERENTIAL_SEED=S` judges seed S alone. `SEKISHO_FLOWS=N` goes on, network after network, until the
//! judges answered N flows alike: a million in `.ci/nightly`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::disallowed_methods,
    reason = "a test fails by panicking, and makes its own inputs"
)]

#[path = "differential/arrivals.rs"]
mod arrivals;
#[path = "differential/chains.rs"]
mod chains;
#[path = "differential/crossings.rs"]
mod crossings;
#[path = "differential/describe.rs"]
mod describe;
#[path = "differential/device.rs"]
mod device;
#[path = "differential/exceptions.rs"]
mod exceptions;
#[path = "differential/features.rs"]
mod features;
#[path = "differential/flows.rs"]
mod flows;
#[path = "differential/judge.rs"]
mod judge;
mod judges;
#[path = "differential/lists.rs"]
mod lists;
#[path = "differential/network.rs"]
mod network;
#[path = "differential/passing.rs"]
mod passing;
#[path = "differential/policies.rs"]
mod policies;
#[path = "differential/rng.rs"]
mod rng;
#[path = "differential/steps.rs"]
mod steps;
#[path = "differential/toy.rs"]
mod toy;

use features::Features;
use judge::judge;
use rng::Rng;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

/// Networks of a normal run.
const NETWORKS: u64 = 16;
/// Flows from each zone of a network.
const FLOWS: usize = 16;
/// Flows from each zone of a further network, and how many must agree in all in a normal run.
const MANY: (usize, u64) = (64, 500);
/// Disagreements after which a run stops looking for more.
const ENOUGH: usize = 6;

fn wanted(name: &str) -> Option<u64> {
    #[allow(clippy::disallowed_methods, reason = "a test may be told how long to run")]
    std::env::var(name).ok()?.parse().ok()
}

/// The smallest set of features with which a seed still fails, and what fails then.
fn narrowed(seed: u64, flows: usize, mut features: Features, mut words: String) -> String {
    let mut changed = true;
    while changed {
        changed = false;
        for feature in features.list() {
            let same =
                |fewer: &String| fewer.contains(judges::LOOSE) == words.contains(judges::LOOSE);
            if let Err(fewer) = judge(seed, features.without(feature), flows)
                && same(&fewer)
            {
                (features, words, changed) = (features.without(feature), fewer, true);
            }
        }
    }
    let network = describe::describe(&network::generate(seed, features));
    format!("seed {seed} with {:?}\n{words}\n{network}", features.list())
}

#[test]
fn random_networks() {
    let only = wanted("SEKISHO_DIFFERENTIAL_SEED");
    let seeds =
        only.map_or(0..wanted("SEKISHO_DIFFERENTIAL").unwrap_or(NETWORKS), |seed| seed..seed + 1);
    let flows = if only.is_some() { MANY.0 } else { FLOWS };
    let mut failures = Vec::new();
    for seed in seeds {
        let features = features_of(seed);
        if let Err(words) = judge(seed, features, flows) {
            failures.push(narrowed(seed, flows, features, words));
            if failures.len() >= ENOUGH {
                break;
            }
        }
    }
    assert!(failures.is_empty(), "{} seeds:\n{}", failures.len(), failures.join("\n"));
}

/// What the network of a seed may contain.
fn features_of(seed: u64) -> Features {
    Features::some(&mut Rng::new(seed).fork(3))
}

/// Asks network after network, and fails with the first few that something is found against.
fn expect_nothing(
    seeds: impl Iterator<Item = u64>,
    mut found: impl FnMut(u64, Features) -> Option<String>,
) {
    let told = |seed: u64| {
        let features = features_of(seed);
        let words = found(seed, features)?;
        Some(format!("{words}\n{}", describe::describe(&network::generate(seed, features))))
    };
    let wrong: Vec<String> = seeds.filter_map(told).take(3).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The seeds of a run: those that were asked for, or as many as `few`.
fn seeds(few: u64) -> std::ops::Range<u64> {
    let only = wanted("SEKISHO_DIFFERENTIAL_SEED");
    only.map_or(0..wanted("SEKISHO_DIFFERENTIAL").unwrap_or(few), |seed| seed..seed + 1)
}

#[test]
fn the_checker_of_certificates_takes_no_narrower_step_than_the_tracer() {
    expect_nothing(seeds(24), |seed, features| steps::difference(seed, features, 24));
}

#[test]
fn nothing_that_a_certificate_excludes_can_be_traced() {
    let mut tally = steps::Tally::default();
    // 36: behind a line that nobody can read nothing is sure. 83: what a router surely answers for no neighbour gets.
    expect_nothing(seeds(24).chain([36, 83]), |seed, features| {
        steps::certified(seed, features, &mut tally)
    });
    let proven = tally.holds + tally.violated + tally.undetermined;
    assert!(tally.unproven * 4 <= proven, "too few proofs: {tally:?}");
}

#[test]
fn no_certificate_contradicts_the_verdict_of_the_engine() {
    let mut judged = steps::Judged::default();
    // 478: where something is forbidden for sure, an unknown address elsewhere leaves no doubt.
    expect_nothing(seeds(16).chain([478]), |seed, features| {
        steps::contradicted(seed, features, &mut judged)
    });
    // The engine decides about all values of an unknown address at once, and calls some of what is sure undetermined.
    let allowed = wanted("SEKISHO_DIFFERENTIAL").map_or(0, |_| judged.rules / 40);
    assert!(judged.vague.len() <= allowed, "{}", judged.vague.join("\n"));
}

#[test]
fn whatever_the_tracer_may_drop_the_checker_of_certificates_may_lose() {
    let mut tally = arrivals::Tally::default();
    expect_nothing(seeds(24), |seed, features| arrivals::lost(seed, features, 24, &mut tally));
    assert!(tally.promised * 20 >= tally.losable, "too few promises: {tally:?}");
}

#[test]
fn what_is_proven_to_arrive_does_and_what_is_proven_not_to_does_not() {
    let mut tally = arrivals::Tally::default();
    expect_nothing(seeds(24), |seed, features| arrivals::certified(seed, features, &mut tally));
    assert!(tally.delivered >= 10 && tally.undelivered >= 10, "too few proofs: {tally:?}");
}

#[test]
fn no_certificate_contradicts_what_the_engine_says_of_requirements() {
    expect_nothing(seeds(16), arrivals::contradicted);
}

#[test]
fn what_must_cross_or_be_stopped_at_a_device_does_and_is() {
    let mut tally = crossings::Tally::default();
    // 368: a pool of the other family may become anything.
    expect_nothing(seeds(24).chain([368]), |seed, features| {
        crossings::contradicted(seed, features, &mut tally)
    });
    assert!(tally.holds >= 10 && tally.arrived >= 10, "too little to see: {tally:?}");
}

#[test]
fn what_a_rule_excepts_is_all_that_passes() {
    let mut tally = exceptions::Tally::default();
    expect_nothing(seeds(16), |seed, features| {
        exceptions::contradicted(seed, features, &mut tally)
    });
    assert!(tally.holds >= 20 && tally.excused >= 20 && tally.witnesses >= 40, "{tally:?}");
}

#[test]
fn what_is_logged_or_limited_in_time_passes_by_such_lines() {
    let mut tally = passing::Tally::default();
    expect_nothing(seeds(24), |seed, features| passing::contradicted(seed, features, &mut tally));
    assert!(tally.arrived >= 10 && tally.violated >= 10, "too little to see: {tally:?}");
}

#[test]
fn no_chain_of_hosts_comes_where_a_rule_excludes_it() {
    let mut tally = chains::Tally::default();
    expect_nothing(seeds(24), |seed, features| chains::contradicted(seed, features, &mut tally));
    assert!(tally.holds >= 10 && tally.fallen >= 10, "too little to see: {tally:?}");
}

#[test]
fn many_flows_of_further_networks() {
    let (flows, all) = (MANY.0, wanted("SEKISHO_FLOWS").unwrap_or(MANY.1));
    let (next, judged) = (AtomicU64::new(NETWORKS), AtomicU64::new(0));
    let (failures, loose) = (Mutex::new(Vec::new()), Mutex::new(Vec::new()));
    let work = || {
        while judged.load(Ordering::Relaxed) < all && failures.lock().unwrap().len() < ENOUGH {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            let features = features_of(seed);
            match judge(seed, features, flows) {
                Ok(agreed) => _ = judged.fetch_add(agreed, Ordering::Relaxed),
                Err(words) if words.contains(judges::LOOSE) => loose.lock().unwrap().push(seed),
                Err(words) => {
                    let words = narrowed(seed, flows, features, words);
                    failures.lock().unwrap().push(words);
                }
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(work);
        }
    });
    let failures = failures.into_inner().unwrap();
    assert!(failures.is_empty(), "{} seeds:\n{}", failures.len(), failures.join("\n"));
    assert!(judged.into_inner() >= all);
    // In few networks one judge is more exact than the other, in nothing that a verdict could rest on.
    let (loose, networks) = (loose.into_inner().unwrap(), next.into_inner() - NETWORKS);
    assert!(loose.len() as u64 * 40 <= networks, "of {networks} networks: {loose:?}");
}

#[test]
fn what_a_map_says_nothing_of_may_become_anything() {
    use features::Feature::{DestinationNat, SourceNat};
    let both = |seed| features_of(seed).with(DestinationNat).with(SourceNat);
    let (mut changed, mut flows) = (0, 0);
    for seed in 0..6 {
        let mut snapshot = network::generate(seed, both(seed));
        changed += judge::without_windows(&mut snapshot);
        let judged = judge::soundness(&snapshot, &mut Rng::new(seed).fork(51), 6);
        flows += judged.unwrap_or_else(|words| panic!("seed {seed}: {words}"));
    }
    assert!(changed > 20 && flows > 40, "{changed} lines, {flows} flows");
}

#[test]
fn a_set_of_flows_goes_where_its_flows_go() {
    let differences: Vec<String> = (0..6).filter_map(toy::difference).collect();
    assert!(differences.is_empty(), "{differences:?}");
}

#[test]
fn a_toy_header_goes_where_the_tracer_says_in_every_reading() {
    let seeds = 0..wanted("SEKISHO_TOY").unwrap_or(2);
    let differences: Vec<String> = seeds.filter_map(toy::disagreement).collect();
    assert!(differences.is_empty(), "{differences:?}");
}

/// Regressions: each seed once made the judges disagree, with the features named, for the reason given.
#[test]
fn known_seeds() {
    use features::Feature::{
        Bindings, DestinationNat, FilterBefore, ForeignGateways, InterfaceRoutes, Jumps, Leaks,
        NatGarbled, NatUncertain, Opaques, Rest, Schedules, SourceNat, Stateful, States, TwoZones,
        Undeclared, Unknown, Withdrawable, ZonesBehind,
    };
    let seeds: [(u64, &[features::Feature], &str); 14] = [
        (
            220,
            &[Opaques, Undeclared, Rest],
            "what a gateway may lead to besides is uncertain in the narrow reading, too",
        ),
        (
            1940,
            &[Rest, Bindings, SourceNat, NatGarbled],
            "a translation that nobody knows makes no address that cannot be sent to",
        ),
        (
            1,
            &[],
            "a gateway that nobody owns may be any router of the segment, and is not sure to be nobody",
        ),
        (0, &[], "neighbours on a segment need no router, so routers are beside the way"),
        (
            52,
            &[FilterBefore, Stateful, SourceNat],
            "TCP in state invalid opens nothing, a stateful filter drops it",
        ),
        (35, &[Opaques], "an opaque router may drop what no zone behind it holds"),
        (
            14,
            &[Jumps, DestinationNat],
            "a device answers on the segment for what it would translate",
        ),
        (
            3,
            &[Withdrawable, InterfaceRoutes],
            "routes behind a withdrawn one, and who answers for an interface route",
        ),
        (25, &[DestinationNat, NatGarbled], "an unread translation line may change both addresses"),
        (
            19,
            &[Leaks, ForeignGateways],
            "a packet handed to another context may be for the device itself",
        ),
        (
            17,
            &[Jumps, States, DestinationNat],
            "a line of a translation list applies behind the jump's own conditions only",
        ),
        (
            61,
            &[Jumps, Unknown, DestinationNat],
            "an uncertain jump does not let its list translate what the jump cannot match",
        ),
        (
            58,
            &[Opaques, Undeclared, ZonesBehind],
            "nothing surely comes out of a router that nobody declared, nor surely arrives behind it",
        ),
        (
            2489,
            &[TwoZones, Bindings, Jumps, Schedules, DestinationNat, NatUncertain, NatGarbled],
            "what surely returns from a list meets no uncertain translation behind it there",
        ),
    ];
    for (seed, features, why) in seeds {
        let judged = judge(seed, Features::only(features), FLOWS);
        assert!(judged.is_ok(), "{why}: seed {seed}\n{}", judged.unwrap_err());
    }
}
