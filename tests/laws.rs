//! Laws that changes of a configuration obey, on the court case: what must change no verdict, and what can only widen.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test fails by panicking, and reads its inputs itself"
)]

use std::path::Path;

use sekisho::finding::Verdict;
use sekisho::scan::{self, Files, Matrix, Options};

const PERMIT_ALL: &str = "access-list OUT_IN extended permit ip any object PI-NET";
const FIRST: &str =
    "access-list OUT_IN extended permit tcp object KOMU-NET host 172.20.40.10 eq 445";
const SECOND: &str =
    "access-list OUT_IN extended permit tcp host 172.20.30.11 object PI-NET eq 3389";
const LAST: &str = "access-list OUT_IN extended deny ip any any log";

/// A state of the court case whose inner firewall is changed.
fn world(state: &str, change: impl Fn(String) -> String) -> Files {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("topologies/x-enet").join(state);
    let names = [
        "configs/core-sw.cfg",
        "configs/ext-fw.conf",
        "configs/int-fw.cfg",
        "policy.yaml",
        "topology.yaml",
    ];
    let read = |name: &str| {
        let text = std::fs::read_to_string(dir.join(name)).unwrap();
        let text = if name.ends_with("int-fw.cfg") { change(text) } else { text };
        (name.to_owned(), text.into_bytes())
    };
    Files { name: state.to_owned(), entries: names.into_iter().map(read).collect() }
}

fn verdicts(files: Files) -> Vec<(String, Verdict)> {
    let scan = scan::scan(files, &Options::default()).unwrap();
    scan.verdicts.into_iter().map(|verdict| (verdict.rule, verdict.verdict)).collect()
}

fn matrix(files: Files) -> Matrix {
    scan::matrix(&scan::load(files, &Options::default()).unwrap())
}

fn replaced(text: &str, from: &str, to: &str) -> String {
    assert_eq!(text.matches(&format!("{from}\n")).count(), 1, "{from}");
    text.replace(&format!("{from}\n"), &format!("{to}\n"))
}

#[test]
fn a_line_that_nothing_reaches_changes_no_verdict() {
    for state in ["delivered", "corrected"] {
        let more = format!("{LAST}\naccess-list OUT_IN extended permit ip any any");
        let changed = world(state, |text| replaced(&text, LAST, &more));
        assert_eq!(verdicts(changed), verdicts(world(state, |text| text)), "{state}");
    }
}

#[test]
fn disjoint_neighbours_may_be_swapped() {
    for state in ["delivered", "corrected"] {
        let swap = |text: String| {
            let text = replaced(&text, FIRST, "access-list OUT_IN remark first");
            let text = replaced(&text, SECOND, FIRST);
            replaced(&text, "access-list OUT_IN remark first", SECOND)
        };
        assert_eq!(verdicts(world(state, swap)), verdicts(world(state, |text| text)), "{state}");
    }
}

#[test]
fn names_mean_nothing() {
    let rename =
        |text: String| text.replace("PI-NET", "RENAMED-NET").replace("OUT_IN", "RENAMED_LIST");
    for state in ["delivered", "corrected"] {
        assert_eq!(verdicts(world(state, rename)), verdicts(world(state, |text| text)), "{state}");
    }
}

#[test]
fn a_permit_never_closes_and_a_deny_never_opens() {
    let rank = |files| {
        let all = verdicts(files).into_iter();
        all.filter(|(rule, _)| !rule.contains("REQ"))
            .map(|(_, verdict)| verdict)
            .collect::<Vec<_>>()
    };
    let base = rank(world("corrected", |text| text));
    let wider =
        rank(world("corrected", |text| replaced(&text, FIRST, &format!("{PERMIT_ALL}\n{FIRST}"))));
    assert!(base.iter().zip(&wider).all(|(before, after)| before <= after), "{base:?} {wider:?}");
    assert_ne!(base, wider);
    let narrower = rank(world("delivered", |text| {
        replaced(&text, FIRST, &format!("access-list OUT_IN extended deny ip any any\n{FIRST}"))
    }));
    let delivered = rank(world("delivered", |text| text));
    assert!(
        narrower.iter().zip(&delivered).all(|(after, before)| after <= before),
        "{narrower:?} {delivered:?}"
    );
}

#[test]
fn what_surely_passes_may_pass_and_doubt_only_widens_may() {
    let doubt = |text: String| {
        replaced(&text, FIRST, &format!("access-list OUT_IN extended permitt ip any any\n{FIRST}"))
    };
    let (plain, doubtful) =
        (matrix(world("corrected", |text| text)), matrix(world("corrected", doubt)));
    assert_eq!(plain.pairs.len(), doubtful.pairs.len());
    for (before, after) in plain.pairs.iter().zip(&doubtful.pairs) {
        assert_eq!(before.must, before.may, "the corrected state holds no doubt");
        if before.may != after.may {
            assert_eq!(after.to, "pi", "the line in doubt filters what goes to pi");
        }
        let inner = before.from == "gakushu"
            && before.to == "pi"
            && before.family == sekisho::net::Family::V4;
        assert!(
            !inner
                || before.may.flows.is_empty()
                    && after.must.flows.is_empty()
                    && !after.may.flows.is_empty()
        );
    }
}
