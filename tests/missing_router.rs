//! A router whose configuration is not at hand never makes a rule hold: the court case without its core switch.

use sekisho::finding::Verdict;
use sekisho::scan::{self, Files, Options};

const TOPOLOGY: &str = include_str!("../topologies/x-enet/delivered/topology.yaml");
const POLICY: &str = include_str!("../topologies/x-enet/delivered/policy.yaml");
const EXT_FW: &str = include_str!("../topologies/x-enet/delivered/configs/ext-fw.conf");
const INT_FW: &str = include_str!("../topologies/x-enet/delivered/configs/int-fw.cfg");

#[test]
fn two_firewalls_are_not_kept_apart_by_a_missing_switch() {
    let topology: String = TOPOLOGY
        .lines()
        .filter(|line| !line.contains("core-sw.cfg"))
        .map(|l| format!("{l}\n"))
        .collect();
    let entry = |path: &str, text: &str| (path.to_owned(), text.as_bytes().to_vec());
    let entries = vec![
        entry("configs/ext-fw.conf", EXT_FW),
        entry("configs/int-fw.cfg", INT_FW),
        entry("policy.yaml", POLICY),
        entry("topology.yaml", &topology),
    ];
    let files = Files { name: "x-enet".to_owned(), entries };
    let scan = scan::scan(files, &Options::default()).expect("the files are read");
    let verdict = |rule: &str| {
        let found = scan.verdicts.iter().find(|verdict| verdict.rule == rule);
        found.map(|verdict| verdict.verdict)
    };
    for rule in ["X-PI-01", "X-PI-02", "X-PI-04", "X-REQ-07"] {
        assert_eq!(verdict(rule), Some(Verdict::Undetermined), "{rule}");
    }
    let named = |text: &str| scan.findings.iter().any(|finding| finding.message.en.contains(text));
    assert!(named("gateway 172.20.0.2"));
    assert!(named("gateway 172.20.0.5"));
    let disagreement =
        |f: &sekisho::finding::Finding| f.kind == sekisho::finding::Kind::InternalDisagreement;
    assert!(!scan.findings.iter().any(disagreement));
}
