//! An analysis that does not fit into its limits never says more than one that does: whatever holds, or is violated, in an
//! arena of a few steps is so in a large one.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test fails by panicking, and reads its inputs itself"
)]

mod topologies;

use sekisho::finding::{Kind, Verdict};
use sekisho::scan::{self, Files, Options, Scan};
use sekisho::snapshot::Steps;

/// Worlds with chains of hosts, enforcing devices, requirements and waivers.
const WORLDS: [&str; 4] =
    ["x-enet/corrected", "x-enet/delivered", "mini-packs/alpha-screen", "mini-packs/beta-prime"];

fn files(name: &str) -> Files {
    topologies::files(&topologies::root().join(name))
}

fn steps(of: Option<usize>) -> Option<Steps> {
    of.map(|steps| Steps { device: steps, question: steps })
}

/// The world judged in arenas of at most so many steps.
fn within(files: &Files, limit: Option<usize>) -> Scan {
    let mut loaded = scan::load(files.clone(), &Options::default()).unwrap();
    loaded.snapshot.steps = steps(limit);
    scan::judge(loaded)
}

#[test]
fn a_limit_settles_nothing() {
    let mut unsettled = 0;
    for name in WORLDS {
        let files = files(name);
        let whole = within(&files, None);
        for limit in [0, 20, 60, 150, 400, 1000, 2500, 6000, 15_000] {
            let scan = within(&files, Some(limit));
            for (full, small) in whole.verdicts.iter().zip(&scan.verdicts) {
                assert_eq!(full.rule, small.rule);
                let settled = small.verdict != Verdict::Undetermined;
                let wrong = settled && small.verdict != full.verdict;
                let verdicts = (small.verdict, full.verdict);
                assert!(!wrong, "{name} in {limit} steps: {}: {verdicts:?}", small.rule);
                unsettled += usize::from(!settled);
            }
            let mut errors = scan.findings.iter().filter(|f| f.kind == Kind::InternalDisagreement);
            assert!(errors.next().is_none(), "{name} in {limit} steps: the judges disagree");
        }
    }
    assert!(unsettled > 0, "no limit was met");
}

#[test]
fn a_limit_closes_no_cell_of_the_matrix() {
    let files = files("x-enet/delivered");
    let mut met = 0;
    let matrix = |limit| {
        let mut loaded = scan::load(files.clone(), &Options::default()).unwrap();
        loaded.snapshot.steps = steps(limit);
        scan::matrix(&loaded)
    };
    let whole = matrix(None);
    for limit in [0, 60, 400, 2500, 6000] {
        let small = matrix(Some(limit));
        assert_eq!(whole.pairs.len(), small.pairs.len());
        for (full, small) in whole.pairs.iter().zip(&small.pairs) {
            let ends = format!("{} > {} in {limit} steps", full.from, full.to);
            assert!(full.may.flows.is_empty() || !small.may.flows.is_empty(), "{ends}: closed");
            assert!(!small.everything || full.everything, "{ends}: everything");
            assert!(!full.must.flows.is_empty() || small.must.flows.is_empty(), "{ends}: opened");
            met += usize::from(small.may != full.may);
        }
    }
    assert!(met > 0, "no limit was met");
}
