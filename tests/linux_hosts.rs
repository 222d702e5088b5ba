//! Whole hosts of `fixtures/formats/iptables`: rules of both families, sets, addresses and routes together.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test fails by panicking, and reads the repository"
)]

#[path = "literate/packets.rs"]
mod packets;

use packets::{Outcome, Target};
use sekisho::scan::{self, Files, Options};
use sekisho::snapshot::{Place, Port};
use sekisho::trace::{self, End, Ingress};
use std::path::Path;

/// A host: its files, the topology, and what becomes of packets.
fn ask(names: &[&str], topology: &str, statements: &str) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/formats/iptables");
    let mut entries: Vec<(String, Vec<u8>)> = names
        .iter()
        .map(|name| ((*name).to_owned(), std::fs::read(root.join(name)).expect("a fixture")))
        .collect();
    let topology = topology.replace("CONFIGS", &names.join(", "));
    entries.push(("topology.yaml".to_owned(), topology.into_bytes()));
    let files = Files { name: "host".to_owned(), entries };
    let loaded = scan::load(files, &Options::default()).expect("loads");
    let snapshot = &loaded.snapshot;
    let device = snapshot.devices.ids().next().unwrap();
    let port = |name: &str| {
        let interface = snapshot.devices[device].interface(name).expect("an interface");
        Port { device, interface }
    };
    let mut wrong = Vec::new();
    for text in statements.lines().filter(|line| !line.trim().is_empty()) {
        let expected = packets::read(text.trim()).expect("a statement");
        let ingress = Ingress::Port(port(&expected.ingress));
        let trace = trace::trace(snapshot, ingress, expected.flow, &Default::default());
        let hits = |end: &&End| match (&expected.target, end.place()) {
            (_, None) => false,
            (Target::Anywhere, Some(_)) => true,
            (Target::Device, Some(place)) => matches!(place, Place::Device(_)),
            (Target::Interface(name), Some(_)) => {
                end.hops.iter().rev().find_map(|hop| hop.egress.as_ref()) == Some(name)
            }
        };
        let ends: Vec<&End> = trace.ends.iter().filter(hits).collect();
        let got = match ends.as_slice() {
            [] => Outcome::Deny,
            ends if ends.iter().any(|end| end.certain) => Outcome::Permit,
            _ => Outcome::May,
        };
        let arrives = expected.arrives.is_none_or(|header| {
            ends.iter().any(|end| {
                (end.flow.dst, end.flow.destination_port) == (header.dst, header.destination_port)
            })
        });
        if got != expected.outcome || !arrives {
            wrong.push(format!("{text}: {got:?} {:?}", trace.ends));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_router_of_a_school() {
    ask(
        &["school-v4.conf", "school-v6.conf", "school-host.conf"],
        "version: 1
zones:
  staff: { networks: [172.16.10.0/24] }
  pupils: { networks: [172.16.20.0/23] }
  servers: { networks: [172.16.30.0/24] }
  containers: { networks: [172.18.0.0/16] }
  internet: { external: true }
devices: { gw: { config: [CONFIGS], format: iptables } }
attach: [{ zone: internet, at: 'gw:enp1s0' }]
",
        "
        enp3s0 > enp2s0: tcp 172.16.20.50:40000 > 172.16.10.20:445 deny
        enp3s0 > enp2s0.30: tcp 172.16.20.50:40000 > 172.16.30.25:443 permit
        enp3s0 > enp2s0.30: tcp 172.16.20.50:40000 > 172.16.30.50:445 may
        enp3s0 > enp2s0.30: tcp 172.16.21.210:40000 > 172.16.30.40:631 permit
        enp3s0 > enp2s0.30: tcp 172.16.21.199:40000 > 172.16.30.40:631 deny
        enp3s0 > enp1s0: tcp 172.16.20.50:40000 > 192.0.2.80:443 permit
        enp3s0 > enp1s0: tcp 172.16.20.50:40000 > 192.0.2.80:22 deny
        enp3s0 > self: udp 172.16.20.50:40000 > 192.0.2.53:53 permit as udp 172.16.20.50:40000 > 172.16.20.1:53
        enp2s0 > enp2s0.30: tcp 172.16.10.20:40000 > 172.16.30.40:445 permit
        enp2s0 > enp3s0: tcp 172.16.10.20:40000 > 172.16.20.50:5905 permit
        enp2s0 > br-4f1c2a9d7e10: tcp 172.16.10.20:40000 > 172.16.10.1:8080 permit as tcp 172.16.10.20:40000 > 172.18.0.2:80
        enp2s0 > br-4f1c2a9d7e10: tcp 172.16.10.20:40000 > 172.18.0.2:80 deny
        enp3s0 > br-4f1c2a9d7e10: tcp 172.16.20.50:40000 > 172.16.20.1:3000 deny
        br-4f1c2a9d7e10 > enp2s0: tcp 172.18.0.2:40000 > 172.16.10.20:445 deny
        enp1s0 > enp2s0.30: tcp 192.0.2.7:40000 > 203.0.113.12:443 may as tcp 192.0.2.7:40000 > 172.16.30.25:443
        enp1s0 > enp2s0: tcp 192.0.2.7:40000 > 172.16.10.20:445 deny
        enp1s0 > any: tcp 172.16.10.20:40000 > 203.0.113.12:443 deny
        enp2s0 > self: tcp 172.16.10.2:40000 > 172.16.10.1:22 may
        enp2s0 > self: tcp 172.16.10.20:40000 > 172.16.10.1:22 deny
        ",
    );
}

#[test]
fn a_gateway_between_three_zones() {
    ask(
        &["zones-v4.conf", "zones-v6.conf", "zones-sets.conf", "zones-host.conf"],
        "version: 1
zones:
  business: { networks: [10.20.0.0/24, '2001:db8:20::/64'] }
  lgwan: { networks: [10.30.0.0/24, 10.31.0.0/16, '2001:db8:30::/64'] }
  servers: { networks: [10.40.0.0/24, '2001:db8:40::/64'] }
  internet: { external: true }
devices: { gw: { config: [CONFIGS], format: iptables } }
attach: [{ zone: internet, at: 'gw:eth0' }]
",
        "
        eth1 > eth3: tcp 10.20.0.5:40000 > 10.40.0.100:1521 may
        eth1 > eth3: tcp 10.20.0.130:40000 > 10.40.0.100:1521 deny
        eth1 > eth3: tcp 10.20.0.5:40000 > 10.40.0.200:3389 may
        eth1 > eth3: tcp 10.20.0.6:40000 > 10.40.0.200:3389 deny
        eth1 > eth2: tcp 10.20.0.5:40000 > 10.30.0.5:443 deny
        eth2 > eth1: tcp 10.30.0.5:40000 > 10.20.0.5:443 deny
        eth2 > eth3: tcp 10.31.4.5:40000 > 10.40.0.41:443 may
        eth2 > eth3: tcp 10.31.4.5:40000 > 10.40.0.42:443 deny
        eth3 > eth1: tcp 10.40.0.10:40000 > 10.20.0.5:445 deny
        eth0 > eth3: tcp 203.0.113.7:40000 > 198.51.100.2:443 permit
        eth0 > eth3: tcp 203.0.113.9:40000 > 198.51.100.2:443 may
        eth0 > eth3: tcp 203.0.113.7:40000 > 10.40.0.100:1521 deny
        eth0 > eth1: tcp 203.0.113.7:40000 > 10.20.0.5:445 deny
        eth1 > eth3: tcp [2001:db8:20::5]:40000 > [2001:db8:40::1a]:443 permit
        eth2 > eth3: tcp [2001:db8:30::5]:40000 > [2001:db8:40::1a]:443 deny
        eth0 > eth3: tcp [2001:db8:ff::5]:40000 > [2001:db8:40::10]:443 permit
        ",
    );
}
