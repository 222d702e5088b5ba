//! What is required must pass for those who ask for it: clients, at public addresses, under whatever address the server answers.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use sekisho::finding::Verdict::{self, Holds, Undetermined, Violated};
use sekisho::scan::{self, Files, Options, Scan};

const TOPOLOGY: &str = "version: 1
name: required
zones: { net: { external: true }, lan: { networks: [10.1.0.0/24] }, dmz: { networks: [172.16.10.0/24] } }
hosts: { web: { address: 172.16.10.10 } }
devices: { gw: { config: gw.cfg } }
attach: [ { zone: net, at: 'gw:GigabitEthernet0/0' } ]
";

/// A router to the Internet with these lines besides.
fn scanned(rules: &str, lines: &str) -> Scan {
    drawn(TOPOLOGY, rules, lines)
}

fn drawn(topology: &str, rules: &str, lines: &str) -> Scan {
    drawn_with(topology, rules, lines, "ip address 203.0.113.2 255.255.255.240")
}

fn drawn_with(topology: &str, rules: &str, lines: &str, address: &str) -> Scan {
    let config = format!(
        "hostname gw
interface GigabitEthernet0/0
 {address}
 ip nat outside
 ip access-group OUTSIDE in
!
interface GigabitEthernet0/1
 ip address 10.1.0.1 255.255.255.0
 ip nat inside
 ip access-group INSIDE in
!
interface GigabitEthernet0/2
 ip address 172.16.10.1 255.255.255.0
 ip nat inside
!
ip route 0.0.0.0 0.0.0.0 203.0.113.1
{lines}end
"
    );
    let entries = [
        ("gw.cfg", config),
        ("topology.yaml", topology.to_owned()),
        ("policy.yaml", format!("version: 1\nrules:\n{rules}")),
    ];
    let entries = entries.map(|(name, text)| (name.to_owned(), text.into_bytes())).into();
    scan::scan(Files { name: "required".to_owned(), entries }, &Options::default()).unwrap()
}

fn verdict(rule: &str, lines: &str) -> Verdict {
    scanned(&format!("  - {{ id: R1, require: {rule} }}\n"), lines).verdicts[0].verdict
}

const TO_THE_INTERNET: &str = "{ from: lan, to: net, service: tcp/443 }";

#[test]
fn of_the_internet_public_addresses_are_meant() {
    let open =
        "ip access-list extended OUTSIDE\n deny ip any any\nip access-list extended INSIDE\n";
    let judged = |lines: &str| verdict(TO_THE_INTERNET, &format!("{open}{lines}"));
    assert_eq!(judged(" permit tcp any any eq 443\n"), Holds);
    // Private networks elsewhere are not the Internet, nor are the router's own addresses.
    let private = " deny ip any 10.0.0.0 0.255.255.255\n deny ip any 192.168.0.0 0.0.255.255\n deny ip any host 203.0.113.2\n";
    assert_eq!(judged(&format!("{private} permit tcp any any eq 443\n")), Holds);
    assert_eq!(
        judged(" deny ip any 198.51.100.0 0.0.0.255\n permit tcp any any eq 443\n"),
        Violated
    );
}

#[test]
fn clients_do_not_ask_from_ports_of_the_system() {
    let open =
        "ip access-list extended OUTSIDE\n deny ip any any\nip access-list extended INSIDE\n";
    let judged = |lines: &str| verdict(TO_THE_INTERNET, &format!("{open}{lines}"));
    let ports = " deny tcp any range 135 139 any\n permit tcp any any eq 443\n";
    assert_eq!(judged(ports), Holds);
    let ports = " deny tcp any eq 50000 any\n permit tcp any any eq 443\n";
    assert_eq!(judged(ports), Violated);
}

const FROM_THE_INTERNET: &str = "{ from: net, to: web, service: tcp/443 }";

#[test]
fn a_published_server_is_reached_by_the_address_that_serves() {
    let nat = "ip nat inside source static tcp 172.16.10.10 443 203.0.113.10 443
ip nat inside source static tcp 172.16.10.10 25 203.0.113.11 25
ip access-list extended INSIDE\n permit ip any any
ip access-list extended OUTSIDE\n";
    let judged = |lines: &str| verdict(FROM_THE_INTERNET, &format!("{nat}{lines}"));
    assert_eq!(judged(" permit tcp any host 203.0.113.10 eq 443\n deny ip any any\n"), Holds);
    assert_eq!(judged(" permit tcp any host 203.0.113.11 eq 443\n deny ip any any\n"), Violated);
    // Nobody in the Internet sends there.
    assert_eq!(judged(" permit tcp any host 172.16.10.10 eq 443\n deny ip any any\n"), Violated);
    assert_ne!(judged(" deny ip any any\n"), Undetermined);
    // Where nobody knows what is translated, nothing surely arrives, nor surely not.
    let learnt = "ip nat inside source static tcp 172.16.10.10 443 interface GigabitEthernet0/0 443
ip access-list extended INSIDE\n permit ip any any
ip access-list extended OUTSIDE\n permit tcp any any eq 443\n";
    let rules = format!("  - {{ id: R1, require: {FROM_THE_INTERNET} }}\n");
    let scan = drawn_with(TOPOLOGY, &rules, learnt, "ip address dhcp");
    assert_eq!(scan.verdicts[0].verdict, Undetermined);
    // What is told is how the public address is not reached.
    let rules = format!("  - {{ id: R1, require: {FROM_THE_INTERNET} }}\n");
    let scan = scanned(&rules, &format!("{nat} deny ip any any\n"));
    let witness = scan.findings.iter().find(|finding| finding.rule == "R1").unwrap().witness;
    assert!(witness.unwrap().dst.to_string().starts_with("203.0.113.1"), "{witness:?}");
}

#[test]
fn routes_that_a_protocol_brings_are_all_known_when_the_topology_says_so() {
    let open = "router ospf 1\n network 10.0.0.0 0.255.255.255 area 0\n!\nip access-list extended OUTSIDE\n permit ip any any\n\
                ip access-list extended INSIDE\n permit ip any any\n";
    let rules = format!("  - {{ id: R1, require: {TO_THE_INTERNET} }}\n");
    let judged = |device: &str| {
        let topology = TOPOLOGY.replace("config: gw.cfg", &format!("config: gw.cfg{device}"));
        drawn(&topology, &rules, open)
    };
    let scan = judged("");
    assert_eq!(scan.verdicts[0].verdict, Undetermined);
    let told = scan.findings.iter().flat_map(|finding| &finding.causes);
    assert!(told.clone().any(|cause| cause.reason.en.contains("routes-complete: true")));
    let complete = ", routes-complete: true";
    assert_eq!(judged(complete).verdicts[0].verdict, Holds);
    // What is connected to an interface whose address nobody knows is no route that could be written.
    let topology = TOPOLOGY.replace("config: gw.cfg", &format!("config: gw.cfg{complete}"));
    let scan = drawn_with(&topology, &rules, open, "ip address dhcp");
    assert_ne!(scan.verdicts[0].verdict, Holds);
}
