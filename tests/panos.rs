//! Verdicts on the whole PAN-OS exports of the repository.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test fails by panicking, and reads the repository"
)]

use sekisho::net::{Flow, State, TCP_SYN};
use sekisho::scan::{self, Files, Loaded, Options};
use sekisho::snapshot::Port;
use sekisho::trace::{self, Ingress};
use std::path::Path;

fn load(name: &str) -> Loaded {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/formats/panos").join(name);
    let entries = vec![(name.to_owned(), std::fs::read(path).unwrap())];
    scan::load(Files { name: name.to_owned(), entries }, &Options::default()).unwrap()
}

/// Whether the packet surely, or perhaps, ends somewhere; and the labels of the lines that it met on the way there.
fn ask(
    loaded: &Loaded,
    ingress: &str,
    from: &str,
    to: &str,
    port: u16,
) -> (bool, bool, Vec<String>) {
    let snapshot = &loaded.snapshot;
    let device = snapshot.devices.ids().next().unwrap();
    let interface = snapshot.devices[device].interface(ingress).unwrap();
    let flow = Flow {
        src: from.parse().unwrap(),
        dst: to.parse().unwrap(),
        protocol: 6,
        source_port: 40000,
        destination_port: port,
        tcp_flags: TCP_SYN,
        icmp_type: 0,
        icmp_code: 0,
        state: State::New,
    };
    let trace = trace::trace(
        snapshot,
        Ingress::Port(Port { device, interface }),
        flow,
        &Default::default(),
    );
    let ends: Vec<_> = trace.ends.iter().filter(|end| end.place().is_some()).collect();
    let hops = ends.iter().flat_map(|end| &end.hops);
    let labels = hops.flat_map(|hop| hop.lines.iter().map(|line| line.label.clone())).collect();
    (ends.iter().any(|end| end.certain), !ends.is_empty(), labels)
}

#[test]
fn a_town_firewall_in_two_forms() {
    for name in ["town-fw.xml", "town-fw.conf"] {
        let town = load(name);
        let ask = |ingress, from, to, port| {
            let (must, may, labels) = ask(&town, ingress, from, to, port);
            (
                must,
                may,
                labels
                    .into_iter()
                    .find(|label| label.starts_with("rule ") || label.ends_with("-default")),
            )
        };
        let by = |rule: &str| Some(format!("rule {rule}"));
        let web = ask("ethernet1/1", "198.51.100.9", "203.0.113.10", 443);
        // The quarantine group is dynamic: nothing is sure after it.
        assert_eq!((web.0, web.1), (false, true), "{name}");
        assert_eq!(ask("ethernet1/1", "198.51.100.9", "203.0.113.10", 22).1, false, "{name}");
        assert_eq!(ask("ethernet1/1", "198.51.100.9", "203.0.113.12", 8443).1, true, "{name}");
        assert_eq!(ask("ethernet1/1", "198.51.100.9", "203.0.113.12", 443).1, false, "{name}");
        assert_eq!(
            ask("ethernet1/1", "198.51.100.33", "203.0.113.12", 22).1,
            false,
            "22 is not translated"
        );
        assert_eq!(ask("ethernet1/4.100", "10.10.100.9", "198.51.100.9", 443).1, false, "{name}");
        assert_eq!(ask("ethernet1/4.110", "10.10.110.9", "10.10.100.9", 445).1, false, "{name}");
        assert_eq!(ask("ethernet1/4.110", "10.10.110.9", "203.0.113.10", 443).1, true, "u-turn");
        assert_eq!(ask("ethernet1/3", "10.10.0.5", "10.10.100.9", 3389).2.is_some(), true);
        assert_eq!(ask("ethernet1/3", "10.10.0.5", "10.99.0.9", 443).2, None, "discarded");
        let _ = by;
    }
}

#[test]
fn firewalls_of_a_panorama_keep_apart() {
    let schools = load("schools-panorama.xml");
    let ask = |ingress, from, to, port| {
        let (must, may, _) = ask(&schools, ingress, from, to, port);
        (must, may)
    };
    assert_eq!(ask("elementary/ethernet1/1", "198.51.100.9", "203.0.113.10", 443), (true, true));
    assert_eq!(ask("elementary/ethernet1/3", "10.20.1.9", "172.20.10.80", 3128), (true, true));
    // A pre-rule stops it, whatever the local rules say.
    assert_eq!(ask("elementary/ethernet1/2", "172.20.10.20", "10.20.1.9", 443), (false, false));
    assert_eq!(ask("junior-high/ethernet1/3", "10.20.2.9", "10.20.3.9", 3389), (false, false));
    // A rule of the shared group comes before all.
    assert_eq!(ask("elementary/ethernet1/3", "10.20.1.9", "198.51.100.9", 445), (false, false));
    // A local rule may stand before this post-rule.
    assert_eq!(ask("elementary/ethernet1/3", "10.20.1.9", "198.51.100.9", 443), (false, true));
}

#[test]
fn lines_that_follow_from_translations_are_no_findings() {
    let town = load("town-fw.xml");
    let findings = sekisho::lint::lint(&town.snapshot, &town.sources);
    let mut found: Vec<String> = findings
        .iter()
        .map(|finding| format!("{} {}", finding.rule, town.sources.line(finding.blame[0].span)))
        .collect();
    found.sort();
    assert_eq!(
        found,
        Vec::<String>::new(),
        "{:#?}",
        findings.iter().map(|f| &f.message.en).collect::<Vec<_>>()
    );
}
