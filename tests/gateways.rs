//! What is required of hosts in several places: each uses a gateway beside it, and no other one answers for it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use sekisho::finding::Verdict;
use sekisho::scan::certificate::{certify, recheck};
use sekisho::scan::wish::{Desk, Outcome, Wish};
use sekisho::scan::{self, Files, Options, Scan};

/// A firewall between one subnet of the office and the servers.
fn firewall(name: &str, office: &str, servers: &str, action: &str) -> (String, Vec<u8>) {
    let text = format!(
        "ASA Version 9.16(4)\nhostname {name}\ninterface GigabitEthernet0/0\n nameif office\n security-level 50\n ip address {office} \
         255.255.255.0\ninterface GigabitEthernet0/1\n nameif servers\n security-level 50\n ip address {servers} 255.255.255.0\n\
         same-security-traffic permit inter-interface\naccess-list OFFICE extended {action} tcp 10.1.0.0 255.255.0.0 10.9.0.0 \
         255.255.255.0 eq https\naccess-group OFFICE in interface office\n"
    );
    (format!("{name}.cfg"), text.into_bytes())
}

/// Office hosts behind `east` and behind `west` need a server; what each firewall does with that.
fn judged(east: &str, west: &str, office: &str) -> Scan {
    let topology = "version: 1\nname: two places\nzones:\n  office: { label: Office, networks: [\"10.1.1.0/24\", \"10.1.2.0/24\"] }\n  \
                    servers: { label: Servers, networks: [\"10.9.0.0/24\"] }\ndevices:\n  east: { config: east.cfg }\n  west: { config: \
                    west.cfg }\nhosts:\n  clerk: { address: 10.1.2.7, label: Clerk }\n  web: { address: 10.9.0.80, label: Web }\n";
    let policy = format!(
        "version: 1\nrules:\n  - {{ id: R1, require: {{ from: {office}, to: servers.web, service: tcp/443 }} }}\n"
    );
    let entries = vec![
        firewall("east", "10.1.1.1", "10.9.0.1", east),
        ("policy.yaml".to_owned(), policy.into_bytes()),
        ("topology.yaml".to_owned(), topology.as_bytes().to_vec()),
        firewall("west", "10.1.2.1", "10.9.0.2", west),
    ];
    scan::scan(Files { name: "two places".to_owned(), entries }, &Options::default()).unwrap()
}

#[test]
fn a_gateway_elsewhere_does_not_serve() {
    let scan = judged("permit", "deny", "office");
    assert_eq!(scan.verdicts[0].verdict, Verdict::Violated);
    let found = scan.findings.iter().find(|finding| finding.rule == "R1").unwrap();
    let source = found.witness.unwrap().src.to_string();
    assert!(source.starts_with("10.1.2."), "the hosts that cannot: {source}");
    assert_eq!(found.path.first().map(|hop| hop.device.as_str()), Some("west"));
}

#[test]
fn each_place_is_served_by_its_own_gateway() {
    for office in ["office", "office.clerk"] {
        let scan = judged("permit", "permit", office);
        assert_eq!(scan.verdicts[0].verdict, Verdict::Holds, "{office}");
    }
    assert_eq!(judged("deny", "permit", "office.clerk").verdicts[0].verdict, Verdict::Holds);
    assert_eq!(judged("permit", "deny", "office.clerk").verdicts[0].verdict, Verdict::Violated);
}

#[test]
fn a_certificate_names_no_gateway_that_hosts_are_not_beside() {
    for (east, west) in [("permit", "deny"), ("permit", "permit"), ("deny", "permit")] {
        for office in ["office", "office.clerk"] {
            let scan = judged(east, west, office);
            let summary = recheck(&scan.loaded, &certify(&scan)).unwrap();
            let holds = scan.verdicts[0].verdict == Verdict::Holds;
            assert!(holds || summary.holds == 0, "{east} {west} {office}: {summary:?}");
        }
    }
}

#[test]
fn a_wish_is_not_granted_by_a_gateway_elsewhere() {
    let asked = |east: &str, west: &str| {
        let scan = judged(east, west, "office");
        let (from, to) = ("office".to_owned(), "servers.web".to_owned());
        let wish = Wish { from, to, service: "tcp/443".to_owned() };
        Desk::new(&scan.loaded).answer(&wish).unwrap()
    };
    assert_eq!(asked("permit", "permit").outcome, Outcome::Passes);
    let answer = asked("permit", "deny");
    assert_eq!(answer.outcome, Outcome::Stopped);
    let stops: Vec<&str> =
        answer.missing[0].stops.iter().map(|stop| stop.hop.device.as_str()).collect();
    assert_eq!(stops, ["west"]);
}
