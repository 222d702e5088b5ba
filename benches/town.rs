//! 汐見市 ten times over: a made-up city of 60 devices, 400 VLANs, 5,000 objects in groups six deep and 20,000 rules, judged by a
//! pack. Prints the size of the text and the time of each step; `-- --test` runs it once in small.

#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::panic,
    missing_docs,
    reason = "a measurement reads the clock and prints"
)]

use std::fmt::Write;
use std::time::Instant;

use sekisho::scan::{self, Files, Options};

/// How large the city is.
struct Size {
    /// Firewalls beside the core router.
    firewalls: usize,
    /// VLANs at each firewall.
    vlans: usize,
    /// Policies at each firewall.
    policies: usize,
}

/// Roles that the VLANs of a firewall take in turn.
const ROLES: [&str; 7] = ["mn", "lg", "in", "dmz", "shared", "special", "mfp"];
/// How deep address groups contain one another.
const DEPTH: usize = 6;
/// Hosts with an object of their own in each VLAN.
const HOSTS: usize = 12;

/// The network of a VLAN.
fn network(firewall: usize, vlan: usize) -> String {
    format!("10.{}.{}", firewall + 1, vlan + 1)
}

fn firewall(number: usize, size: &Size) -> String {
    let mut out = format!(
        "#config-version=FG100F-7.2.8-FW-build1639-240313:opmode=0:vdom=0:user=admin\nconfig system global\n    set hostname \"fw{number}\"\nend\n\
         config system interface\n    edit \"up\"\n        set vdom \"root\"\n        set ip 172.16.{number}.2 255.255.255.252\n        set type physical\n    next\n"
    );
    for vlan in 0..size.vlans {
        let net = network(number, vlan);
        let id = 100 + vlan;
        let _ = write!(
            out,
            "    edit \"v{vlan}\"\n        set vdom \"root\"\n        set ip {net}.1 255.255.255.0\n        set interface \"port1\"\n        set vlanid {id}\n    next\n"
        );
    }
    out.push_str("end\nconfig firewall address\n");
    for vlan in 0..size.vlans {
        let net = network(number, vlan);
        let _ = write!(
            out,
            "    edit \"net-{vlan}\"\n        set subnet {net}.0 255.255.255.0\n    next\n"
        );
        for host in 0..HOSTS {
            let last = 10 + host;
            let _ = write!(
                out,
                "    edit \"h-{vlan}-{host}\"\n        set subnet {net}.{last} 255.255.255.255\n    next\n"
            );
        }
    }
    out.push_str("end\nconfig firewall addrgrp\n");
    for vlan in 0..size.vlans {
        for depth in 0..DEPTH {
            let below = if depth == 0 {
                format!("\"h-{vlan}-0\" \"h-{vlan}-1\"")
            } else {
                format!("\"g-{vlan}-{}\" \"h-{vlan}-{}\"", depth - 1, depth + 1)
            };
            let _ = write!(
                out,
                "    edit \"g-{vlan}-{depth}\"\n        set member {below}\n    next\n"
            );
        }
    }
    out.push_str("end\nconfig firewall policy\n");
    for policy in 0..size.policies {
        let (from, to) = (policy % size.vlans, (policy / size.vlans + 1) % size.vlans);
        let (depth, host) = (policy % DEPTH, policy % HOSTS);
        let action = if policy % 5 == 0 { "accept" } else { "deny" };
        let id = policy + 1;
        let _ = write!(
            out,
            "    edit {id}\n        set srcintf \"v{from}\"\n        set dstintf \"v{to}\"\n        set action {action}\n        set srcaddr \"g-{from}-{depth}\"\n        \
             set dstaddr \"h-{to}-{host}\"\n        set schedule \"always\"\n        set service \"HTTPS\"\n        set logtraffic all\n    next\n"
        );
    }
    let _ = write!(
        out,
        "end\nconfig router static\n    edit 1\n        set gateway 172.16.{number}.1\n        set device \"up\"\n    next\nend\n"
    );
    out
}

fn core(size: &Size) -> String {
    let mut out = String::from("hostname core\nip routing\n");
    for number in 0..size.firewalls {
        let _ = write!(
            out,
            "interface GigabitEthernet0/{number}\n ip address 172.16.{number}.1 255.255.255.252\n!\n"
        );
    }
    for number in 0..size.firewalls {
        let second = number + 1;
        let _ = writeln!(out, "ip route 10.{second}.0.0 255.255.0.0 172.16.{number}.2");
    }
    out.push_str("end\n");
    out
}

fn city(size: &Size) -> Files {
    let mut topology = String::from("version: 1\nname: shiomi-x10\nzones:\n");
    for (at, role) in ROLES.iter().enumerate() {
        let mut networks = Vec::new();
        for number in 0..size.firewalls {
            let own = (0..size.vlans).filter(|vlan| vlan % ROLES.len() == at);
            networks.extend(own.map(|vlan| format!("{}.0/24", network(number, vlan))));
        }
        let list = networks.join(", ");
        let _ = writeln!(topology, "  {role}: {{ networks: [{list}], roles: [{role}] }}");
    }
    topology.push_str("devices:\n  core: { config: configs/core.cfg }\n");
    let mut entries = vec![("configs/core.cfg".to_owned(), core(size).into_bytes())];
    for number in 0..size.firewalls {
        let path = format!("configs/fw{number}.conf");
        let _ = writeln!(topology, "  fw{number}: {{ config: {path} }}");
        entries.push((path, firewall(number, size).into_bytes()));
    }
    let policy = "version: 1\npacks: [{ use: alpha }, { use: common-hygiene }]\n";
    entries.push(("policy.yaml".to_owned(), policy.as_bytes().to_vec()));
    entries.push(("topology.yaml".to_owned(), topology.into_bytes()));
    entries.sort();
    Files { name: "shiomi-x10".to_owned(), entries }
}

fn main() {
    let small = std::env::args().any(|argument| argument == "--test");
    let size = if small {
        Size { firewalls: 3, vlans: 7, policies: 40 }
    } else {
        Size { firewalls: 59, vlans: 7, policies: 340 }
    };
    let files = city(&size);
    let bytes: usize = files.entries.iter().map(|(_, bytes)| bytes.len()).sum();
    let lines: usize = files
        .entries
        .iter()
        .map(|(_, bytes)| bytes.iter().filter(|byte| **byte == b'\n').count())
        .sum();
    let (devices, rules) = (size.firewalls + 1, size.firewalls * size.policies);
    let objects = size.firewalls * size.vlans * (HOSTS + DEPTH + 1);
    let vlans = size.firewalls * size.vlans;
    println!(
        "{devices} devices, {vlans} VLANs, {objects} objects, {rules} rules, {lines} lines, {bytes} bytes"
    );
    let start = Instant::now();
    let loaded =
        scan::load(files, &Options::default()).unwrap_or_else(|errors| panic!("{errors:#?}"));
    println!("read and joined: {:?}", start.elapsed());
    let start = Instant::now();
    let scan = scan::judge(loaded);
    println!("judged: {:?}", start.elapsed());
    let (verdicts, findings) = (scan.verdicts.len(), scan.findings.len());
    println!("{verdicts} verdicts, {findings} findings");
    assert!(verdicts > 10 && findings > 0, "the city was judged");
}
