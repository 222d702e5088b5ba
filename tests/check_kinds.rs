//! Each kind of check has a world that trips it and one that does not: read from what the worlds expect of the rules that carry
//! it out. What no rule of a policy carries out names the test that holds both sides.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test fails by panicking, and reads its inputs itself"
)]

mod topologies;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use sekisho::finding::{Cut, Finding, Kind};
use sekisho::policy::{self, PolicyRule, Verb};
use sekisho::scan::{self, Options};
use serde_json::Value;

/// Words of `policies/checks.yaml` that no rule of a policy carries out, and where both sides are held.
const ELSEWHERE: [(&str, &str, &str); 6] = [
    ("CHK-DRIFT", "tests/baseline.rs", "fn "),
    ("CHK-EXC", "tests/waivers.rs", "fn "),
    ("CHK-SOD", "tests/waivers.rs", "fn "),
    ("CHK-COVER", "tests/missing_router.rs", "fn "),
    ("CHK-SIMILAR", "src/lint/tests/leftovers.rs", "同種の設定"),
    ("CHK-CUT", "tests/check_kinds.rs", "fn the_smallest_cuts"),
];

/// The words under which a rule carries out a kind of check.
fn words(rule: &PolicyRule) -> Vec<String> {
    let mut words = match &rule.verb {
        Verb::Deny { .. } => vec!["deny".to_owned(), "isolate".to_owned()],
        Verb::Only { .. } => vec!["only".to_owned(), "needs".to_owned(), "pinned".to_owned()],
        Verb::Require => vec!["require".to_owned()],
        Verb::Via { .. } => vec!["via".to_owned(), "routing-bypass".to_owned()],
        Verb::Declare { .. } => vec!["declare".to_owned()],
        Verb::Register { .. } => vec!["register".to_owned()],
        Verb::Logged => vec!["logged".to_owned()],
        Verb::Scheduled => vec!["scheduled".to_owned()],
        Verb::Destinations { .. } => vec!["destinations".to_owned()],
        Verb::Hygiene { rules } => {
            rules.iter().map(|rule| format!("lint/{}", rule.value)).collect()
        }
    };
    if rule.stepping_stones {
        words.push("stepping-stones".to_owned());
    }
    if !rule.enforce_at.is_empty() {
        words.push("enforce-at".to_owned());
    }
    words
}

#[test]
fn the_smallest_cuts_are_one_line_on_either_firewall() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("topologies/x-enet");
    let cuts = |state: &str| {
        let scan = scan::scan(topologies::files(&root.join(state)), &Options::default()).unwrap();
        let about =
            |finding: &&Finding| finding.kind == Kind::ForbiddenPath && finding.rule == "X-PI-01";
        let found = scan.findings.iter().find(about).map(|finding| finding.cuts.clone());
        found.map(|cuts| {
            let lines =
                |cut: &Cut| cut.lines.iter().map(|line| line.device.clone()).collect::<Vec<_>>();
            cuts.iter().map(lines).collect::<Vec<_>>()
        })
    };
    assert_eq!(cuts("delivered"), Some(vec![vec!["ext-fw".to_owned()], vec!["int-fw".to_owned()]]));
    assert_eq!(cuts("corrected"), None, "nothing to cut");
}

#[test]
fn every_kind_of_check_is_tripped_by_a_world_and_passed_by_another() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let found = topologies::worlds();
    let (mut trips, mut passes) = (BTreeSet::new(), BTreeSet::new());
    for dir in found.iter().filter(|dir| !dir.join("rules.xlsx").exists()) {
        let text = std::fs::read_to_string(dir.join("expected.yaml")).unwrap();
        let expected: Value = serde_saphyr::from_str(&text).unwrap();
        let loaded = scan::load(topologies::files(dir), &Options::default()).unwrap();
        for rule in loaded.policy.iter().flat_map(|policy| &policy.rules) {
            let side = match expected["verdicts"][&rule.id].as_str() {
                Some("holds") => &mut passes,
                Some(_) => &mut trips,
                None => continue,
            };
            side.extend(words(rule));
        }
        for finding in expected["lint"].as_array().into_iter().flatten() {
            trips.insert(format!("lint/{}", finding["rule"].as_str().unwrap()));
        }
    }
    let elsewhere: BTreeMap<&str, (&str, &str)> =
        ELSEWHERE.iter().map(|(kind, file, word)| (*kind, (*file, *word))).collect();
    for kind in policy::checks() {
        if let Some((file, word)) = elsewhere.get(kind.id.as_str()) {
            let text = std::fs::read_to_string(root.join(file)).unwrap();
            assert!(text.contains(word), "{}: {file} says nothing of it", kind.id);
            continue;
        }
        let tripped = kind.by.iter().any(|word| trips.contains(word));
        let passed = kind.by.iter().any(|word| passes.contains(word));
        assert!(tripped, "{}: no world trips it ({:?})", kind.id, kind.by);
        assert!(passed, "{}: no world passes it ({:?})", kind.id, kind.by);
    }
}
