//! Cisco ASA: what VPN configuration opens between zones, and what it leaves closed.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use sekisho::finding::Verdict::{self, Holds, Undetermined, Violated};
use sekisho::scan::{self, Files, Options, Scan};

fn scanned(files: &[(&str, &str)], topology: &str, rules: &[&str]) -> Scan {
    let rules: Vec<String> = rules
        .iter()
        .enumerate()
        .map(|(at, rule)| format!("  - {{ id: R{at}, {rule} }}\n"))
        .collect();
    let topology = format!("version: 1\nname: vpn\n{topology}");
    let policy = format!("version: 1\nrules:\n{}", rules.concat());
    let entries = files.iter().copied();
    let entries = entries.chain([("topology.yaml", &*topology), ("policy.yaml", &*policy)]);
    let entries = entries.map(|(name, text)| (name.to_owned(), text.as_bytes().to_vec())).collect();
    scan::scan(Files { name: "vpn".to_owned(), entries }, &Options::default()).unwrap()
}

fn verdicts(scan: &Scan) -> Vec<Verdict> {
    scan.verdicts.iter().map(|row| row.verdict).collect()
}

/// The lines that the finding about a rule blames.
fn blamed(scan: &Scan, rule: &str) -> Vec<String> {
    let found = scan.findings.iter().find(|finding| finding.rule == rule).unwrap();
    let lines = found.blame.iter().map(|blame| {
        let file = scan.loaded.sources.file(blame.span.file);
        file.text()[blame.span.start as usize..blame.span.end as usize].to_owned()
    });
    lines.collect()
}

/// One end of a site-to-site VPN over the Internet.
fn site(name: &str, outside: &str, inside: &str, far: &str) -> String {
    format!(
        "ASA Version 9.16(4)\nhostname {name}\ninterface GigabitEthernet0/0\n nameif outside\n security-level 0\n ip address {outside}.2 \
         255.255.255.0\ninterface GigabitEthernet0/1\n nameif inside\n security-level 100\n ip address {inside}.1 255.255.255.0\n\
         access-list CM extended permit ip {inside}.0 255.255.255.0 {far}.0 255.255.255.0\nroute outside 0 0 {outside}.1\n\
         crypto map M 10 match address CM\ncrypto map M interface outside\ncrypto ikev2 enable outside\n"
    )
}

#[test]
fn two_sites_may_reach_each_other_through_their_tunnel() {
    let east = site("east", "203.0.113", "10.11.0", "10.12.0");
    let west = site("west", "198.51.100", "10.12.0", "10.11.0");
    let topology = "zones:\n  internet: { label: i, external: true }\n  e: { label: e, networks: [10.11.0.0/24] }\n  w: { label: w, \
                    networks: [10.12.0.0/24] }\ndevices:\n  east: { config: east.cfg }\n  west: { config: west.cfg }\nattach: [ { zone: \
                    internet, at: \"east:outside\" }, { zone: internet, at: \"west:outside\" } ]\n";
    let rules = ["deny: { from: e, to: w }", "deny: { from: w, to: e }"];
    let judged = |east: &str| scanned(&[("east.cfg", east), ("west.cfg", &west)], topology, &rules);
    let scan = judged(&east);
    assert_eq!(verdicts(&scan), [Undetermined, Undetermined]);
    for rule in ["R0", "R1"] {
        assert!(blamed(&scan, rule).contains(&"crypto map M 10 match address CM".to_owned()));
    }
    let unbound = judged(&east.replace("crypto map M interface outside\n", ""));
    assert_eq!(verdicts(&unbound), [Holds, Holds]);
}

/// A firewall with three zones, and a town hall's usual topology around it.
fn hall(config: &str, rules: &[&str]) -> Scan {
    let text = format!(
        "ASA Version 9.16(4)\nhostname hall\ninterface GigabitEthernet0/0\n nameif outside\n security-level 0\n ip address 203.0.113.2 \
         255.255.255.0\ninterface GigabitEthernet0/1\n nameif inside\n security-level 100\n ip address 10.21.0.1 255.255.255.0\n\
         interface GigabitEthernet0/2\n nameif guest\n security-level 20\n ip address 10.22.0.1 255.255.255.0\nroute outside 0 0 \
         203.0.113.1\n{config}"
    );
    let topology = "zones:\n  internet: { label: i, external: true }\n  branch: { label: b, networks: [10.29.0.0/24] }\n  clients: { \
                    label: c, networks: [10.28.0.0/24] }\n  inside: { label: n, networks: [10.21.0.0/24] }\n  guest: { label: g, networks: \
                    [10.22.0.0/24] }\ndevices:\n  hall: { config: hall.cfg }\nattach: [ { zone: internet, at: \"hall:outside\" }, { zone: \
                    branch, at: \"hall:outside\" }, { zone: clients, at: \"hall:outside\" } ]\nhosts:\n  pc: { address: 10.21.0.9, label: p }\n  printer: { address: 10.22.0.50, label: r }\n  web: { address: 198.51.100.80, label: w }\n";
    scanned(&[("hall.cfg", &text)], topology, rules)
}

const BRANCH: &str = "access-list CM extended permit ip 10.21.0.0 255.255.255.0 10.29.0.0 255.255.255.0\ncrypto map M 10 match address \
                      CM\ncrypto map M interface outside\ncrypto ikev2 enable outside\ntunnel-group 198.51.100.7 type ipsec-l2l\n";

const CLIENTS: &str = "ip local pool P 10.28.0.10-10.28.0.200 mask 255.255.255.0\nwebvpn\n enable outside\n anyconnect enable\n\
                       tunnel-group T type remote-access\ntunnel-group T general-attributes\n address-pool P\n";

#[test]
fn a_plain_vpn_leaves_the_other_zones_alone() {
    let rules = [
        "deny: { from: guest, to: inside }",
        "deny: { from: internet, to: inside }",
        "deny: { from: internet, to: guest }",
        "deny: { from: guest, to: internet }",
        "require: { from: inside.pc, to: internet.web, service: tcp/443 }",
        "require: { from: inside.pc, to: guest.printer, service: tcp/443 }",
    ];
    let expected = [Holds, Holds, Holds, Violated, Holds, Holds];
    assert_eq!(verdicts(&hall("", &rules)), expected);
    assert_eq!(verdicts(&hall(&format!("{BRANCH}{CLIENTS}"), &rules)), expected);
    let routed = format!("{BRANCH}crypto map M 10 set reverse-route\n");
    assert_eq!(verdicts(&hall(&routed, &rules)), expected);
}

#[test]
fn who_is_at_the_other_end_may_be_reached() {
    // What is attached beside the Internet may be behind its gateway, whatever tunnels there are.
    let rules = ["deny: { from: inside, to: branch }", "deny: { from: guest, to: clients }"];
    for config in ["", BRANCH, CLIENTS] {
        assert_eq!(verdicts(&hall(config, &rules)), [Undetermined, Undetermined]);
    }
}

#[test]
fn routes_that_a_vpn_makes_take_packets_from_the_table() {
    let table = "route inside 10.16.0.0 255.240.0.0 10.21.0.254\naccess-list I extended deny ip any any\naccess-group I out interface \
                 inside\nsame-security-traffic permit inter-interface\n";
    let rules = ["deny: { from: guest, to: branch }", "deny: { from: guest, to: clients }"];
    let wide = BRANCH.replace("ip 10.21.0.0", "ip 10.22.0.0");
    assert_eq!(verdicts(&hall(&format!("{table}{wide}"), &rules)), [Holds, Holds]);
    let routed = format!("{table}{wide}crypto map M 10 set reverse-route\n");
    assert_eq!(verdicts(&hall(&routed, &rules)), [Undetermined, Holds]);
    let clients = format!("{table}{CLIENTS}");
    assert_eq!(verdicts(&hall(&clients, &rules)), [Holds, Undetermined]);
}

#[test]
fn a_crypto_map_may_name_translated_addresses() {
    let config = format!(
        "{}object network IN\n subnet 10.21.0.0 255.255.255.0\nobject network SEEN\n subnet 172.31.9.0 255.255.255.0\nobject network \
         FAR\n subnet 10.29.0.0 255.255.255.0\nnat (inside,outside) source static IN SEEN destination static FAR FAR\naccess-list O \
         extended deny ip any any\naccess-group O in interface outside\n",
        BRANCH.replace("ip 10.21.0.0", "ip 172.31.9.0")
    );
    let rules = ["deny: { from: branch, to: inside }", "deny: { from: inside, to: branch }"];
    assert_eq!(verdicts(&hall(&config, &rules)), [Undetermined, Undetermined]);
}

#[test]
fn an_authentication_server_may_give_clients_any_address() {
    let rules = ["deny: { from: branch, to: inside }"];
    let judged = |more: &str| {
        let scan = hall(&format!("{CLIENTS}{more}"), &rules);
        verdicts(&scan)[0]
    };
    let radius = "aaa-server R protocol radius\naaa-server R (inside) host 10.21.0.9\n";
    let group = " authentication-server-group R LOCAL\n";
    assert_eq!(judged(" authentication-server-group LOCAL\n"), Holds);
    assert_eq!(judged(&format!("{group}{radius}")), Undetermined);
    assert_eq!(judged(&format!("{group}{radius}no vpn-addr-assign aaa\n")), Holds);
    assert_eq!(judged(&format!("{group}aaa-server R protocol kerberos\n")), Holds);
    let user = "username u attributes\n vpn-framed-ip-address 10.29.0.5 255.255.255.0\n";
    assert_eq!(judged(user), Undetermined);
}

#[test]
fn a_sub_interface_of_a_shut_port_connects_nothing() {
    let hall = "ASA Version 9.16(4)\nhostname hall\ninterface GigabitEthernet0/0\n nameif office\n security-level 60\n ip address \
                10.21.0.1 255.255.255.0\ninterface GigabitEthernet0/1\n shutdown\n no nameif\ninterface GigabitEthernet0/1.10\n vlan 10\n \
                nameif old\n security-level 100\n ip address 10.22.0.1 255.255.255.0\ninterface GigabitEthernet0/2\n nameif dmz\n \
                security-level 50\n ip address 10.23.0.1 255.255.255.0\naccess-list A extended deny ip any any\naccess-group A out \
                interface old\nroute dmz 10.22.0.0 255.255.255.0 10.23.0.254\n";
    let topology = "zones:\n  a: { label: a, networks: [10.21.0.0/24] }\n  b: { label: b, networks: [10.22.0.0/24] }\ndevices:\n  hall: { \
                    config: hall.cfg }\n  r: { opaque: true, addresses: [10.23.0.254], networks: [10.22.0.0/24] }\n";
    let scan = scanned(&[("hall.cfg", hall)], topology, &["deny: { from: a, to: b }"]);
    assert_eq!(verdicts(&scan), [Violated]);
}
