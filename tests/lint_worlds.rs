//! Hygiene findings on the worlds of the repository: what must be found, and that nothing else is.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test sets the stage"
)]

use std::fs;
use std::path::Path;

use sekisho::finding::{Kind, Severity};
use sekisho::reach::Devices;
use sekisho::scan::{self, Files, Options};

/// `rule severity file:line`, in order, without what is told for information.
fn lint(world: &str) -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("topologies/x-enet").join(world);
    let mut entries =
        vec![("topology.yaml".to_owned(), fs::read(root.join("topology.yaml")).unwrap())];
    for file in fs::read_dir(root.join("configs")).unwrap() {
        let file = file.unwrap();
        let name = format!("configs/{}", file.file_name().to_str().unwrap());
        entries.push((name, fs::read(file.path()).unwrap()));
    }
    entries.sort();
    let files = Files { name: world.to_owned(), entries };
    let loaded = scan::load(files, &Options::default()).unwrap();
    let findings =
        sekisho::lint::lint(&loaded.snapshot, &Devices::new(&loaded.snapshot), &loaded.sources);
    let mut found: Vec<String> = findings
        .iter()
        .filter(|finding| finding.severity > Severity::Info)
        .map(|finding| {
            assert!(matches!(finding.kind, Kind::Lint(_)));
            let place = loaded.sources.place(finding.blame[0].span);
            format!("{} {} {place}", finding.rule, finding.severity.id())
        })
        .collect();
    found.sort();
    found
}

const INT: &str = "low configs/int-fw.cfg";
/// The policy of the court case: from the DMZ to the inside, `logtraffic disable`.
const UNLOGGED: &str = "unlogged-permit medium configs/ext-fw.conf:1416";

#[test]
fn the_delivered_state() {
    let expected = [
        "any-any medium configs/int-fw.cfg:146".to_owned(),
        format!("redundant {INT}:142"),
        format!("redundant {INT}:144"),
        UNLOGGED.to_owned(),
    ];
    assert_eq!(lint("delivered"), expected);
}

#[test]
fn a_deny_that_came_too_late() {
    let expected = [
        "any-any medium configs/int-fw.cfg:146".to_owned(),
        format!("redundant {INT}:142"),
        format!("redundant {INT}:144"),
        "shadowed medium configs/int-fw.cfg:148".to_owned(),
        UNLOGGED.to_owned(),
    ];
    assert_eq!(lint("shadowed-deny"), expected);
}

#[test]
fn what_was_switched_off_instead_of_deleted() {
    let expected = [
        "disabled-broad low configs/ext-fw.conf:1416",
        "disabled-broad low configs/int-fw.cfg:146",
    ];
    assert_eq!(lint("disabled"), expected);
}

#[test]
fn correct_worlds_have_nothing_to_report() {
    assert_eq!(lint("corrected"), Vec::<String>::new());
}

#[test]
fn what_leaves_no_trace() {
    assert_eq!(lint("routing-bypass"), [UNLOGGED]);
    let router = ["no-ntp medium configs/lte-rt.cfg:9", "no-syslog medium configs/lte-rt.cfg:9"];
    assert_eq!(lint("mobile-router"), router, "a router that nobody looks after");
}

#[test]
fn the_other_family_is_looked_at() {
    let expected = ["any-any high configs/ext-fw.conf:1447", "any-any high configs/int-fw.cfg:150"];
    assert_eq!(lint("ipv6"), expected);
}
