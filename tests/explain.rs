//! `explain` says of a service what becomes of the packets that are sent for it, and of a device what it takes itself.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use sekisho::report::{self, Style};
use sekisho::scan::{self, Explanation, Files, Loaded, Options};

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

fn loaded(rules: &str) -> Loaded {
    let entries = [("fw.rules", rules), ("topology.yaml", TOPOLOGY)];
    let entries = entries.map(|(name, text)| (name.to_owned(), text.as_bytes().to_vec())).into();
    let files = Files { name: "explained".to_owned(), entries };
    scan::load(files, &Options::default()).unwrap()
}

fn explained(to: &str, service: Option<&str>) -> Explanation {
    scan::explain(&loaded(RULES), "a", to, service).unwrap()
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

#[test]
fn a_list_that_is_cut_says_how_much_is_left_out() {
    // No two hosts have the same ports, so that no two flows are one.
    let lines: String = (2..82)
        .map(|n| {
            format!("-A FORWARD -i e0 -o e1 -p tcp -d 10.2.0.{n} --dport {} -j ACCEPT\n", n * 10)
        })
        .collect();
    let loaded = loaded(&format!("*filter\n:FORWARD DROP [0:0]\n{lines}COMMIT\n"));
    let explanation = scan::explain(&loaded, "a", "b", None).unwrap();
    let told = report::explain(&loaded, &explanation, true, &Style::default());
    let told: serde_json::Value = serde_json::from_str(&told).unwrap();
    for reading in ["must", "may"] {
        let case = &told["cases"][0];
        let shown = case[reading].as_array().unwrap().len() as u64;
        let omitted = case[&format!("{reading}_omitted")].as_u64().unwrap();
        assert!(omitted > 0);
        assert_eq!(shown + omitted, 80, "{reading}");
    }
}
