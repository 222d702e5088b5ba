//! The heart of the promise: the symbolic engine (`reach`) and the concrete tracer (`trace`) agree.
//!
//! Random small networks with everything that the model can say; for each, flows at the boundaries of the sets that occur
//! and flows picked from the results, from every zone. `SEKISHO_DIFFERENTIAL=N` judges N networks instead of the few of a
//! normal run; `SEKISHO_DIFFERENTIAL_SEED=S` judges seed S alone.

#[path = "differential/device.rs"]
mod device;
#[path = "differential/features.rs"]
mod features;
#[path = "differential/flows.rs"]
mod flows;
#[path = "differential/judge.rs"]
mod judge;
#[path = "differential/lists.rs"]
mod lists;
#[path = "differential/network.rs"]
mod network;
#[path = "differential/rng.rs"]
mod rng;

use features::Features;
use judge::judge;
use rng::Rng;

/// Networks of a normal run.
const NETWORKS: u64 = 200;
/// Flows from each zone of a network.
const FLOWS: usize = 16;

fn wanted(name: &str) -> Option<u64> {
    #[allow(clippy::disallowed_methods, reason = "a test may be told how long to run")]
    std::env::var(name).ok()?.parse().ok()
}

/// The smallest set of features with which a seed still fails, and what fails then.
fn narrowed(seed: u64, mut features: Features, mut words: String) -> String {
    let mut changed = true;
    while changed {
        changed = false;
        for feature in features.list() {
            if let Some(fewer) = judge(seed, features.without(feature), FLOWS) {
                (features, words, changed) = (features.without(feature), fewer, true);
            }
        }
    }
    format!("seed {seed} with {:?}\n{words}", features.list())
}

#[test]
fn random_networks() {
    let only = wanted("SEKISHO_DIFFERENTIAL_SEED");
    let seeds =
        only.map_or(0..wanted("SEKISHO_DIFFERENTIAL").unwrap_or(NETWORKS), |seed| seed..seed + 1);
    let mut failures = Vec::new();
    for seed in seeds {
        let features = Features::some(&mut Rng::new(seed).fork(3));
        if let Some(words) = judge(seed, features, FLOWS) {
            failures.push(narrowed(seed, features, words));
            if failures.len() >= 12 {
                break;
            }
        }
    }
    assert!(failures.is_empty(), "{} seeds:\n{}", failures.len(), failures.join("\n"));
}
