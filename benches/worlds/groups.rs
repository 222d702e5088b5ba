//! One FortiGate whose addresses and services stand in groups of groups: every group of a level holds two of the level below and a host, so
//! that written out the topmost would have 2²⁴ members while there are no more objects than lines.

use std::fmt::Write;

use sekisho::scan::Files;

use super::{PORTS, policy};

const ZONES: usize = 8;
/// Levels of groups.
const DEPTH: usize = 24;

/// Everything that `check` reads, with about `lines` lines in the configuration.
#[must_use]
pub fn files(lines: usize) -> Files {
    let entries = vec![
        ("gw.conf".to_owned(), text(lines).into_bytes()),
        ("policy.yaml".to_owned(), policy().into_bytes()),
        ("topology.yaml".to_owned(), topology().into_bytes()),
    ];
    Files { name: "groups".to_owned(), entries }
}

fn topology() -> String {
    let mut out = String::from("version: 1\nname: GROUPS\nzones:\n");
    for zone in 0..ZONES {
        let _ = writeln!(out, "  z{zone}: {{ networks: [10.{zone}.0.0/16] }}");
    }
    out.push_str("devices:\n  gw: { config: gw.conf }\n");
    out
}

fn text(lines: usize) -> String {
    // A column of a zone is a host and a group a level, three lines each, and three policies of nine.
    let width = (lines / (ZONES * (3 * (DEPTH + 1) + 27))).max(2);
    let mut out = String::from(
        "#config-version=FG200F-7.2.8-FW-build1639-240313:opmode=0:vdom=0:user=admin\nconfig system global\n    set hostname \"gw\"\nend\nconfig system interface\n",
    );
    for zone in 0..ZONES {
        let _ = write!(
            out,
            "    edit \"z{zone}\"\n        set vdom \"root\"\n        set ip 10.{zone}.0.1 255.255.0.0\n        set type physical\n    next\n"
        );
    }
    out.push_str("end\nconfig firewall address\n");
    for zone in 0..ZONES {
        for column in 0..width {
            let (third, last) = (column / 250, 2 + column % 250);
            let _ = write!(
                out,
                "    edit \"h-{zone}-{column}\"\n        set subnet 10.{zone}.{third}.{last} 255.255.255.255\n    next\n"
            );
        }
    }
    out.push_str("end\nconfig firewall addrgrp\n");
    for zone in 0..ZONES {
        for level in 0..DEPTH {
            for column in 0..width {
                let next = (column + level + 1) % width;
                let below = match level {
                    0 => format!("\"h-{zone}-{column}\""),
                    _ => format!(
                        "\"g-{zone}-{0}-{column}\" \"g-{zone}-{0}-{next}\" \"h-{zone}-{next}\"",
                        level - 1
                    ),
                };
                let _ = write!(
                    out,
                    "    edit \"g-{zone}-{level}-{column}\"\n        set member {below}\n    next\n"
                );
            }
        }
    }
    services(&mut out);
    policies(&mut out, width);
    out.push_str("end\n");
    out
}

/// Every port, and groups of them in groups.
fn services(out: &mut String) {
    out.push_str("end\nconfig firewall service custom\n");
    for port in PORTS {
        let _ =
            write!(out, "    edit \"tcp-{port}\"\n        set tcp-portrange {port}\n    next\n");
    }
    out.push_str("end\nconfig firewall service group\n");
    for (level, port) in PORTS.iter().enumerate() {
        let below = if level == 0 { String::new() } else { format!(" \"s-{}\"", level - 1) };
        let _ = write!(
            out,
            "    edit \"s-{level}\"\n        set member \"tcp-{port}\"{below}\n    next\n"
        );
    }
}

fn policies(out: &mut String, width: usize) {
    out.push_str("end\nconfig firewall policy\n");
    for number in 0..3 * ZONES * width {
        let (from, column) = (number % ZONES, number / ZONES % width);
        let to = (from + 1 + number / ZONES % (ZONES - 1)) % ZONES;
        let (level, action) = (number % DEPTH, if number % 9 == 0 { "deny" } else { "accept" });
        let _ = write!(
            out,
            "    edit {}\n        set srcintf \"z{from}\"\n        set dstintf \"z{to}\"\n        set action {action}\n        set srcaddr \"g-{from}-{level}-{column}\"\n        \
             set dstaddr \"g-{to}-{}-{column}\"\n        set schedule \"always\"\n        set service \"s-{}\"\n    next\n",
            number + 1,
            DEPTH - 1 - level,
            number % PORTS.len(),
        );
    }
}
