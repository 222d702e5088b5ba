//! The two units of an HA pair.

use super::*;
use crate::snapshot::{DeviceId, Partner};

/// The findings of `ha-difference` about two exports: severity, message in English, `label:line` of what is blamed.
fn pair(format: &str, active: &str, standby: &str) -> Vec<(Severity, String, Vec<String>)> {
    let mut sources = Sources::default();
    let mut read = |name: &str, text: &str| {
        let id = sources.add(name, text.as_bytes()).unwrap();
        by_id(format).unwrap().read(&[Input { id, file: sources.file(id) }], &[])
    };
    let (own, other) = (read("active.cfg", active), read("standby.cfg", standby));
    let mut snapshot = Snapshot::default();
    let device: DeviceId = snapshot.devices.push(own.device.into());
    snapshot.coverage.push(own.coverage);
    let (export, coverage) = (other.device, other.coverage);
    snapshot.partners.push(Partner { device, export, coverage });
    let findings = linted(&snapshot, &sources);
    let told = findings.iter().filter(|finding| finding.rule == "ha-difference").map(|finding| {
        let blame = finding.blame.iter().map(|b| format!("{} {}", b.label, sources.line(b.span)));
        (finding.severity, finding.message.en.clone(), blame.collect())
    });
    told.collect()
}

const LINES: &str = "\
access-list IN extended permit tcp any object WEB eq 443
access-list IN extended deny tcp any object WEB
access-list IN extended permit tcp any object LAN eq 25
route outside 0.0.0.0 0.0.0.0 203.0.113.1
";

#[test]
fn equal_units_have_no_difference() {
    let active = format!("{ASA}{LINES}");
    assert_eq!(pair("asa", &active, &active), []);
    let named = active.replace("hostname fw", "hostname fw-standby");
    let shifted = format!("! a copy\n!\n{named}");
    assert_eq!(pair("asa", &active, &shifted), [], "names and places of lines do not count");
}

#[test]
fn what_only_one_unit_has_is_named_with_its_side() {
    let active = format!("{ASA}{LINES}");
    let standby = active.replace("object WEB eq 443", "object WEB");
    let message = "the active and the standby unit of fw differ in the lines of IN \
                   (only on the active: 1, only on the standby: 1)";
    let blame = vec!["active 18".to_owned(), "standby 18".to_owned()];
    assert_eq!(pair("asa", &active, &standby), [(Severity::High, message.to_owned(), blame)]);
    let route = active.replace("203.0.113.1\n", "203.0.113.14\n");
    let found = pair("asa", &active, &route);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((found[0].0, found[0].2.len()), (Severity::Medium, 2));
}

#[test]
fn order_objects_and_bindings_count() {
    let active = format!("{ASA}{LINES}");
    let (first, second) = (
        "access-list IN extended permit tcp any object WEB eq 443\n",
        "access-list IN extended deny tcp any object WEB\n",
    );
    let swapped = active.replace(&format!("{first}{second}"), &format!("{second}{first}"));
    let found = pair("asa", &active, &swapped);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].1.ends_with("have the lines of IN in different order"), "{}", found[0].1);
    let object = active.replace("host 10.0.1.10", "host 10.0.1.11");
    let found = pair("asa", &active, &object);
    assert!(found.iter().any(|(_, message, _)| message.contains("differ in objects")), "{found:?}");
    let unbound = active.replace("access-group IN in interface outside\n", "");
    let found = pair("asa", &active, &unbound);
    let message = "the active and the standby unit of fw differ in where IN is bound \
                   (only on the active: 1, only on the standby: 1)";
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((found[0].0, found[0].1.as_str()), (Severity::High, message));
    let gone: String = unbound
        .lines()
        .filter(|l| !l.starts_with("access-list"))
        .map(|l| format!("{l}\n"))
        .collect();
    let found = pair("asa", &active, &gone);
    assert_eq!(found.len(), 1, "a list that is missing is told once: {found:?}");
}

#[test]
fn fortios_units_differ_by_what_they_decide_only() {
    let policies =
        policy("1 wan1 dmz all DMZ HTTPS accept") + &policy("2 lan dmz LAN DMZ ALL accept");
    let active = format!("{FORTIOS}{policies}end\n");
    let own = active.replace("next\n", "    set uuid 5f3c\n    next\n");
    let same = own.replace("set uuid 5f3c", "set uuid 77aa");
    assert_eq!(pair("fortios", &own, &same), []);
    let shut = active.replace("set service \"ALL\"", "set service \"HTTPS\"");
    let found = pair("fortios", &active, &shut);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].0, Severity::High);
}
