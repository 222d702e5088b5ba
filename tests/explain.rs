//! `explain` says of a service what becomes of the packets that are sent for it, and of a device what it takes itself.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use sekisho::scan::{self, Explanation, Files, Options};

const RULES: &str = "*nat
:PREROUTING ACCEPT [0:0]
-A PREROUTING -i e0 -p tcp -d 10.2.0.10 --dport 8443 -j DNAT --to-destination 10.2.0.10:443
COMMIT
*filter
:INPUT DROP [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
-A INPUT -i e0 -p tcp --dport 22 -j ACCEPT
-A FORWARD -i e0 -o e1 -p tcp -d 10.2.0.10 --dport 443 -j ACCEPT
COMMIT
";

const TOPOLOGY: &str = "version: 1
name: explained
zones: { a: { networks: [10.1.0.0/24] }, b: { networks: [10.2.0.0/24] } }
devices:
  fw: { config: fw.rules, interfaces: { e0: { addresses: [10.1.0.1/24] }, e1: { addresses: [10.2.0.1/24] } } }
";

fn explained(to: &str, service: Option<&str>) -> Explanation {
    let entries = [("fw.rules", RULES), ("topology.yaml", TOPOLOGY)];
    let entries = entries.map(|(name, text)| (name.to_owned(), text.as_bytes().to_vec())).into();
    let files = Files { name: "explained".to_owned(), entries };
    let loaded = scan::load(files, &Options::default()).unwrap();
    scan::explain(&loaded, "a", to, service).unwrap()
}

#[test]
fn a_service_is_the_packet_as_it_is_sent() {
    let case = &explained("b", Some("tcp/8443")).cases[0];
    let flows: Vec<&str> = case.must.flows.iter().map(|flow| flow.service.as_str()).collect();
    assert_eq!(flows, ["tcp/8443"]);
    assert!(!case.everything);
    assert!(explained("b", Some("tcp/8444")).cases[0].may.flows.is_empty());
    // Without a service it is what arrives.
    let flows: Vec<String> =
        explained("b", None).cases[0].must.flows.iter().map(|flow| flow.service.clone()).collect();
    assert_eq!(flows, ["tcp/443"]);
}

#[test]
fn what_a_device_takes_is_not_everything() {
    let case = &explained("self:fw", None).cases[0];
    assert!(!case.everything);
    assert!(case.must.flows.iter().all(|flow| flow.service == "tcp/22"));
    assert!(explained("self:fw", Some("tcp/22")).cases[0].everything);
}
