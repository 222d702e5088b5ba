//! One Linux host between `zones` networks, as text of iptables-save: a chain for every pair of networks, chains of ten rules below it,
//! chains of services that many rules jump to, returns on the way and jumps that do not come back.

use std::fmt::Write;

use sekisho::scan::Files;

use super::{Dice, HARMLESS, PORTS, policy};

/// Rules of one chain.
const LONG: usize = 10;
/// Chains of services.
const SERVICES: usize = 40;

/// Everything that `check` reads, with about `lines` lines in the tables.
#[must_use]
pub fn files(zones: usize, lines: usize) -> Files {
    let entries = vec![
        ("gw.rules".to_owned(), text(zones, lines).into_bytes()),
        ("policy.yaml".to_owned(), policy().into_bytes()),
        ("topology.yaml".to_owned(), topology(zones).into_bytes()),
    ];
    Files { name: "chains".to_owned(), entries }
}

/// Network `zone`.
fn network(zone: usize) -> String {
    format!("10.{zone}.0.0/16")
}

fn host(dice: &mut Dice, zone: usize) -> String {
    let (third, last) = (dice.below(256), dice.below(256));
    match dice.below(6) {
        0 => network(zone),
        1 => format!("10.{zone}.{third}.0/24"),
        _ => format!("10.{zone}.{third}.{last}/32"),
    }
}

fn topology(zones: usize) -> String {
    let mut out = String::from("version: 1\nname: CHAINS\nzones:\n");
    for zone in 0..zones {
        let _ = writeln!(out, "  z{zone}: {{ networks: [{}] }}", network(zone));
    }
    out.push_str("devices:\n  gw:\n    config: gw.rules\n    interfaces:\n");
    for zone in 0..zones {
        let _ = writeln!(out, "      eth{zone}: {{ addresses: [10.{zone}.0.1/16] }}");
    }
    out
}

fn text(zones: usize, lines: usize) -> String {
    let mut dice = Dice(0x00C4_A145);
    let pairs: Vec<(usize, usize)> = (0..zones)
        .flat_map(|from| (0..zones).filter(move |to| *to != from).map(move |to| (from, to)))
        .collect();
    let chains = (lines / (LONG + 2)).saturating_sub(pairs.len() * 2 / LONG).max(pairs.len());
    let mut heads = String::from(
        "*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n:LOGDROP - [0:0]\n",
    );
    let mut rules = String::from(
        "-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n-A LOGDROP -j LOG --log-prefix \"drop: \"\n-A LOGDROP -j DROP\n",
    );
    for service in 0..SERVICES {
        let _ = writeln!(heads, ":SVC-{service} - [0:0]");
        for _ in 0..1 + dice.below(5) {
            let _ = writeln!(
                rules,
                "-A SVC-{service} -p tcp -m tcp --dport {} -j ACCEPT",
                port(&mut dice)
            );
        }
    }
    for zone in 0..zones {
        let _ = writeln!(heads, ":IN-{zone} - [0:0]");
        let _ = writeln!(rules, "-A FORWARD -i eth{zone} -j IN-{zone}");
    }
    for (from, to) in &pairs {
        let _ = writeln!(heads, ":P-{from}-{to} - [0:0]");
        let _ = writeln!(rules, "-A IN-{from} -d {} -o eth{to} -j P-{from}-{to}", network(*to));
    }
    for (number, (from, to)) in pairs.iter().cycle().take(chains).enumerate() {
        let _ = writeln!(heads, ":C{number} - [0:0]");
        let source = host(&mut dice, *from);
        let _ = writeln!(rules, "-A P-{from}-{to} -s {source} -p tcp -j C{number}");
        for _ in 0..LONG {
            rule(&mut rules, &mut dice, number, *from, *to);
        }
    }
    heads + &rules + "COMMIT\n"
}

fn port(dice: &mut Dice) -> u16 {
    let risky = dice.below(25) == 0;
    PORTS[if risky { HARMLESS + dice.below(4) } else { dice.below(HARMLESS) }]
}

fn rule(out: &mut String, dice: &mut Dice, chain: usize, from: usize, to: usize) {
    let (source, destination) = (host(dice, from), host(dice, to));
    let port = port(dice);
    let target = match dice.below(20) {
        0 => "-j RETURN".to_owned(),
        1 => "-g LOGDROP".to_owned(),
        2..6 => format!("-j SVC-{}", dice.below(SERVICES)),
        _ => format!("-m tcp --dport {port} -j ACCEPT"),
    };
    let _ = writeln!(out, "-A C{chain} -s {source} -d {destination} -p tcp {target}");
}
