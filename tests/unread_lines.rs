//! What nobody understood may be anything, for hygiene as for packets.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use sekisho::finding::{Kind, Verdict};
use sekisho::scan::{self, Files, Options, Scan};

const TOPOLOGY: &str = "version: 1
name: unread
zones:
  a: { label: A, networks: [10.1.0.0/24] }
  b: { label: B, networks: [10.2.0.0/24] }
devices:
  gw: { config: gw.cfg }
";

const POLICY: &str = "version: 1
rules:
  - { id: broad, hygiene: [any-any] }
  - { id: silent, hygiene: [unlogged-permit] }
";

/// A router whose access list has these lines before its last.
fn judged(lines: &str) -> Scan {
    let config = format!(
        "hostname gw\n!\ninterface GigabitEthernet0/0\n ip address 10.1.0.1 255.255.255.0\n \
         ip access-group A in\ninterface GigabitEthernet0/1\n ip address 10.2.0.1 255.255.255.0\n\
         !\nip access-list extended A\n{lines} deny ip any any\n!\nend\n"
    );
    let entry = |name: &str, text: &str| (name.to_owned(), text.as_bytes().to_vec());
    let entries = vec![
        entry("gw.cfg", &config),
        entry("policy.yaml", POLICY),
        entry("topology.yaml", TOPOLOGY),
    ];
    scan::scan(Files { name: "unread".to_owned(), entries }, &Options::default()).unwrap()
}

#[test]
fn hygiene_does_not_hold_over_lines_that_nobody_understood() {
    let verdicts = |scan: &Scan| scan.verdicts.iter().map(|v| v.verdict).collect::<Vec<_>>();
    assert_eq!(verdicts(&judged("")), [Verdict::Holds; 2]);
    let scan = judged(" permit ip any any frobnicate 7\n");
    assert_eq!(verdicts(&scan), [Verdict::Undetermined; 2]);
    for rule in ["broad", "silent"] {
        let found = scan.findings.iter().find(|finding| finding.rule == rule).unwrap();
        assert_eq!(found.kind, Kind::Coverage);
        let causes: Vec<_> = found.causes.iter().filter_map(|cause| cause.span).collect();
        let lines = causes.iter().map(|span| scan.loaded.sources.line(*span));
        assert_eq!(lines.collect::<Vec<_>>(), [10]);
    }
    // What is found is found, whatever else was not read.
    let scan = judged(" permit ip any any\n permit ip any any frobnicate 7\n");
    assert_eq!(verdicts(&scan), [Verdict::Violated, Verdict::Undetermined]);
}
