//! Verdicts on the whole PAN-OS exports of the repository.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test fails by panicking, and reads the repository"
)]

use sekisho::net::{Flow, State, TCP_SYN};
use sekisho::reach::Devices;
use sekisho::scan::{self, Files, Loaded, Options};
use sekisho::snapshot::Port;
use sekisho::trace::{self, Ingress};
use std::path::Path;

fn load(name: &str) -> Loaded {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/formats/panos").join(name);
    let entries = vec![(name.to_owned(), std::fs::read(path).unwrap())];
    scan::load(Files { name: name.to_owned(), entries }, &Options::default()).unwrap()
}

/// Whether the packet surely, and perhaps, leaves by `egress`.
fn ask(loaded: &Loaded, way: (&str, &str), from: &str, to: &str, port: u16) -> (bool, bool) {
    let snapshot = &loaded.snapshot;
    let device = snapshot.devices.ids().next().unwrap();
    let interface = snapshot.devices[device].interface(way.0).unwrap();
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
    let ingress = Ingress::Port(Port { device, interface });
    let trace = trace::trace(snapshot, ingress, flow, &Default::default());
    let there = |end: &&trace::End| {
        let last = end.hops.iter().rev().find_map(|hop| hop.egress.clone());
        end.place().is_some() && last.as_deref() == Some(way.1)
    };
    let ends: Vec<_> = trace.ends.iter().filter(there).collect();
    (ends.iter().any(|end| end.certain), !ends.is_empty())
}

const NEVER: (bool, bool) = (false, false);
const MAY: (bool, bool) = (false, true);

#[test]
fn a_town_firewall_in_two_forms() {
    for name in ["town-fw.xml", "town-fw.conf"] {
        let town = load(name);
        let ask = |from, to, src, dst, port| ask(&town, (from, to), src, dst, port);
        let (wan, dmz, lan) = ("ethernet1/1", "ethernet1/2", "ethernet1/3");
        let (lgwan, pc) = ("ethernet1/4.100", "ethernet1/4.110");
        let out = "198.51.100.9";
        // The quarantine group is dynamic and comes first: after it nothing is sure to pass.
        assert_eq!(ask(wan, dmz, out, "203.0.113.10", 443), MAY, "{name}");
        assert_eq!(ask(wan, dmz, out, "203.0.113.10", 22), NEVER, "{name}");
        assert_eq!(ask(wan, dmz, out, "172.20.10.20", 443), NEVER, "{name}: the private address");
        assert_eq!(ask(wan, dmz, out, "203.0.113.12", 8443), MAY, "{name}: the port is translated");
        assert_eq!(ask(wan, dmz, out, "203.0.113.12", 443), NEVER, "{name}");
        assert_eq!(ask(pc, dmz, "10.10.110.9", "203.0.113.10", 443), MAY, "{name}: U-turn");
        assert_eq!(ask(lan, dmz, "10.10.0.9", "203.0.113.10", 443), MAY, "{name}: U-turn");
        assert_eq!(ask(lgwan, wan, "10.10.100.9", out, 443), NEVER, "{name}");
        assert_eq!(ask(pc, lgwan, "10.10.110.9", "10.10.100.9", 445), NEVER, "{name}");
        assert_eq!(ask(lan, lgwan, "10.10.0.5", "10.10.100.9", 3389), MAY, "{name}");
        assert_eq!(ask(lan, lgwan, "10.10.0.6", "10.10.100.9", 3389), NEVER, "{name}");
        assert_eq!(ask(lan, wan, "10.10.0.5", "10.99.0.9", 443), NEVER, "{name}: discarded");
    }
}

#[test]
fn firewalls_of_a_panorama_keep_apart() {
    let schools = load("schools-panorama.xml");
    let at = |group: &str, port: &str| format!("{group}/ethernet1/{port}");
    let ask = |group: &str, from, to, src, dst, port| {
        ask(&schools, (&at(group, from), &at(group, to)), src, dst, port)
    };
    let (one, two) = ("elementary", "junior-high");
    assert!(ask(one, "1", "2", "198.51.100.9", "203.0.113.10", 443).1);
    // The object of the inner group wins over that of its parent; a local translation may lead the packet elsewhere.
    assert_eq!(ask(one, "3", "2", "10.20.1.9", "172.20.10.80", 3128), MAY);
    // A pre-rule stops it, whatever the local rules say.
    assert_eq!(ask(one, "2", "3", "172.20.10.20", "10.20.1.9", 443), NEVER);
    assert_eq!(ask(two, "3", "4", "10.20.2.9", "10.20.3.9", 3389), NEVER);
    // A shared pre-rule bans the port; a local translation may have changed it, which nothing tells afterwards.
    assert_eq!(ask(one, "3", "1", "10.20.1.9", "198.51.100.9", 445), MAY);
    // A local rule may stand before this post-rule.
    assert_eq!(ask(one, "3", "1", "10.20.1.9", "198.51.100.9", 443), MAY);
}

#[test]
fn lines_that_follow_from_translations_are_no_findings() {
    let town = load("town-fw.xml");
    let findings =
        sekisho::lint::lint(&town.snapshot, &Devices::new(&town.snapshot), &town.sources);
    let told = |finding: &sekisho::finding::Finding| finding.message.en.clone();
    let grave =
        |finding: &&sekisho::finding::Finding| finding.severity > sekisho::finding::Severity::Info;
    let found: Vec<String> = findings.iter().filter(grave).map(told).collect();
    let expected = ["the broad permit rule old-smb is switched off"];
    assert_eq!(found.len(), expected.len(), "{found:#?}");
    for part in expected {
        assert!(found.iter().any(|message| message.contains(part)), "{part}: {found:#?}");
    }
}
