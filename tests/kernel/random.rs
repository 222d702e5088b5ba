//! Random rule sets, each written for iptables and for nftables.

use crate::rng::Rng;
use sekisho::net::{Flow, State, TCP_ACK, TCP_SYN};
use std::fmt::Write;
use std::net::IpAddr;

/// Interfaces of the router with their networks; the router is host 1 of each.
pub(crate) const SIDES: [(&str, &str); 3] =
    [("lan0", "10.1.0."), ("lan1", "10.2.0."), ("wan0", "203.0.113.")];

const PORTS: [u16; 5] = [22, 53, 80, 443, 8080];
const HOSTS: [u8; 4] = [1, 9, 10, 64];

/// A rule set.
pub(crate) struct Rules {
    /// User chains; a rule names only chains behind its own.
    chains: Vec<Vec<Rule>>,
    forward: (Vec<Rule>, bool),
    input: (Vec<Rule>, bool),
    /// Destination translations on their way in, source translations on their way out.
    before: Vec<(Rule, Translation)>,
    after: Vec<(Rule, Option<Translation>)>,
}

#[derive(Clone, Debug)]
struct Rule {
    ingress: Option<(bool, usize)>,
    egress: Option<(bool, usize)>,
    source: Option<(bool, String)>,
    destination: Option<(bool, String)>,
    protocol: Option<Protocol>,
    /// Whether a connection is known.
    state: Option<bool>,
    verdict: Verdict,
}

#[derive(Clone, Copy, Debug)]
enum Protocol {
    Icmp,
    /// Name, and destination port range, perhaps negated.
    Ports(&'static str, Option<(bool, u16, u16)>),
}

#[derive(Clone, Copy, Debug)]
enum Verdict {
    Accept,
    Drop,
    Return,
    Jump(usize),
    Goto(usize),
}

/// An address, and a port where the rule is about a protocol with ports.
#[derive(Clone, Debug)]
struct Translation {
    address: String,
    port: Option<u16>,
}

/// A random rule set.
pub(crate) fn rules(rng: &mut Rng) -> Rules {
    let count = 1 + rng.below(4);
    let list = |rng: &mut Rng, own: usize, both: bool| -> Vec<Rule> {
        let lines = 1 + rng.below(5);
        (0..lines).map(|_| rule(rng, own..count, both)).collect()
    };
    // A user chain may be met on the way in, where kernels differ on what a negated egress means.
    let chains = (0..count).map(|own| list(rng, own + 1, false)).collect();
    let forward = (list(rng, 0, true), rng.chance(40));
    let input = (list(rng, 0, false), rng.chance(40));
    let before = (0..rng.below(4)).map(|_| before(rng)).collect();
    let after = (0..rng.below(3)).map(|_| after(rng)).collect();
    Rules { chains, forward, input, before, after }
}

fn rule(rng: &mut Rng, chains: std::ops::Range<usize>, both: bool) -> Rule {
    let verdict = match rng.below(6) {
        0 | 1 => Verdict::Accept,
        2 => Verdict::Drop,
        3 => Verdict::Return,
        _ if chains.is_empty() => Verdict::Drop,
        kind => {
            let to = chains.start + rng.below(chains.len());
            if kind == 4 { Verdict::Jump(to) } else { Verdict::Goto(to) }
        }
    };
    Rule {
        ingress: rng.chance(30).then(|| (rng.chance(20), rng.below(3))),
        egress: (both && rng.chance(20)).then(|| (rng.chance(20), rng.below(3))),
        source: rng.chance(35).then(|| (rng.chance(20), prefix(rng))),
        destination: rng.chance(35).then(|| (rng.chance(20), prefix(rng))),
        protocol: rng.chance(60).then(|| protocol(rng)),
        state: rng.chance(15).then(|| rng.chance(50)),
        verdict,
    }
}

fn prefix(rng: &mut Rng) -> String {
    let (_, net) = SIDES[rng.below(3)];
    match rng.below(3) {
        0 => format!("{net}0/24"),
        1 => format!("{net}{}/32", rng.pick(&HOSTS)),
        _ => format!("{net}0/26"),
    }
}

fn protocol(rng: &mut Rng) -> Protocol {
    match rng.below(5) {
        0 => Protocol::Icmp,
        kind => {
            let (a, b) = (rng.pick(&PORTS), rng.pick(&PORTS));
            let ports = match rng.below(3) {
                0 => None,
                1 => Some((rng.chance(20), a, a)),
                _ => Some((rng.chance(20), a.min(b), a.max(b))),
            };
            Protocol::Ports(if kind < 4 { "tcp" } else { "udp" }, ports)
        }
    }
}

fn before(rng: &mut Rng) -> (Rule, Translation) {
    let mut rule = rule(rng, 0..0, false);
    (rule.verdict, rule.state, rule.egress) = (Verdict::Accept, None, None);
    let (_, net) = SIDES[rng.below(3)];
    let ports = matches!(rule.protocol, Some(Protocol::Ports(..)));
    let port = (ports && rng.chance(50)).then(|| rng.pick(&PORTS));
    (rule, Translation { address: format!("{net}{}", rng.pick(&HOSTS)), port })
}

fn after(rng: &mut Rng) -> (Rule, Option<Translation>) {
    let mut rule = rule(rng, 0..0, true);
    (rule.verdict, rule.state, rule.ingress) = (Verdict::Accept, None, None);
    let (_, net) = SIDES[rng.below(3)];
    let to = Translation { address: format!("{net}{}", rng.pick(&HOSTS)), port: None };
    (rule, rng.chance(50).then_some(to))
}

/// A packet that opens a connection, or answers on one, with the side it comes from.
pub(crate) fn packet(rng: &mut Rng) -> (&'static str, Flow) {
    let from = rng.below(3);
    // Neighbours do without the router; but its own address on their side is asked for as any other.
    let to = rng.below(3);
    let address =
        |side: usize, host: u8| -> IpAddr { format!("{}{host}", SIDES[side].1).parse().unwrap() };
    let source = rng.pick(&HOSTS[1..]);
    let host = if to == from { HOSTS[0] } else { rng.pick(&HOSTS) };
    let protocol = rng.pick(&[1, 6, 6, 17]);
    let answers = protocol != 1 && rng.chance(20);
    let flow = Flow {
        src: address(from, source),
        dst: address(to, host),
        protocol,
        source_port: 40_000,
        destination_port: rng.pick(&PORTS),
        tcp_flags: if answers { TCP_ACK } else { TCP_SYN },
        icmp_type: 8,
        icmp_code: 0,
        state: if answers { State::Established } else { State::New },
    };
    (SIDES[from].0, flow.normalised())
}

/// The rule set as `iptables-save` prints it.
pub(crate) fn iptables(rules: &Rules) -> String {
    let policy = |accept: bool| if accept { "ACCEPT" } else { "DROP" };
    let mut out = "*nat\n:PREROUTING ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n".to_owned();
    for (rule, to) in &rules.before {
        let port = to.port.map_or(String::new(), |port| format!(":{port}"));
        let target = format!("DNAT --to-destination {}{port}", to.address);
        let _ = writeln!(out, "-A PREROUTING{} -j {target}", legacy(rule));
    }
    for (rule, to) in &rules.after {
        let snat = |to: &Translation| format!("SNAT --to-source {}", to.address);
        let target = to.as_ref().map_or("MASQUERADE".to_owned(), snat);
        let _ = writeln!(out, "-A POSTROUTING{} -j {target}", legacy(rule));
    }
    let _ = writeln!(
        out,
        "COMMIT\n*filter\n:INPUT {} [0:0]\n:FORWARD {} [0:0]",
        policy(rules.input.1),
        policy(rules.forward.1)
    );
    for number in 0..rules.chains.len() {
        let _ = writeln!(out, ":user{number} - [0:0]");
    }
    let named = rules.chains.iter().enumerate().map(|(n, list)| (format!("user{n}"), list));
    let base = [("INPUT".to_owned(), &rules.input.0), ("FORWARD".to_owned(), &rules.forward.0)];
    for (name, list) in base.into_iter().chain(named) {
        for rule in list {
            let verdict = match rule.verdict {
                Verdict::Accept => "-j ACCEPT".to_owned(),
                Verdict::Drop => "-j DROP".to_owned(),
                Verdict::Return => "-j RETURN".to_owned(),
                Verdict::Jump(to) => format!("-j user{to}"),
                Verdict::Goto(to) => format!("-g user{to}"),
            };
            let _ = writeln!(out, "-A {name}{} {verdict}", legacy(rule));
        }
    }
    out + "COMMIT\n"
}

fn legacy(rule: &Rule) -> String {
    let mut out = String::new();
    let not = |negated: bool| if negated { " !" } else { "" };
    let interface = |(negated, side): (bool, usize)| (not(negated), SIDES[side].0);
    if let Some((negated, prefix)) = &rule.source {
        let _ = write!(out, "{} -s {prefix}", not(*negated));
    }
    if let Some((negated, prefix)) = &rule.destination {
        let _ = write!(out, "{} -d {prefix}", not(*negated));
    }
    if let Some((not, name)) = rule.ingress.map(interface) {
        let _ = write!(out, "{not} -i {name}");
    }
    if let Some((not, name)) = rule.egress.map(interface) {
        let _ = write!(out, "{not} -o {name}");
    }
    match rule.protocol {
        None => {}
        Some(Protocol::Icmp) => out += " -p icmp",
        Some(Protocol::Ports(name, ports)) => {
            let _ = write!(out, " -p {name}");
            if let Some((negated, first, last)) = ports {
                let _ = write!(out, " -m {name}{} --dport {first}:{last}", not(negated));
            }
        }
    }
    if let Some(known) = rule.state {
        let states = if known { "RELATED,ESTABLISHED" } else { "NEW" };
        let _ = write!(out, " -m conntrack --ctstate {states}");
    }
    out
}

/// The rule set as `nft list ruleset` prints it.
pub(crate) fn nftables(rules: &Rules) -> String {
    let policy = |accept: bool| if accept { "accept" } else { "drop" };
    let mut out = "table ip judge {\n".to_owned();
    // A chain stands before those that name it.
    for (number, list) in rules.chains.iter().enumerate().rev() {
        let _ = writeln!(out, "\tchain user{number} {{\n{}\t}}\n", lines(list));
    }
    for (name, hook, (list, accept)) in
        [("in", "input", &rules.input), ("through", "forward", &rules.forward)]
    {
        let _ = writeln!(
            out,
            "\tchain {name} {{\n\t\ttype filter hook {hook} priority filter; policy {};\n{}\t}}\n",
            policy(*accept),
            lines(list)
        );
    }
    out += "\tchain before {\n\t\ttype nat hook prerouting priority dstnat; policy accept;\n";
    for (rule, to) in &rules.before {
        let port = to.port.map_or(String::new(), |port| format!(":{port}"));
        let _ = writeln!(out, "\t\t{}dnat to {}{port}", modern(rule), to.address);
    }
    out +=
        "\t}\n\n\tchain after {\n\t\ttype nat hook postrouting priority srcnat; policy accept;\n";
    for (rule, to) in &rules.after {
        let snat = |to: &Translation| format!("snat to {}", to.address);
        let target = to.as_ref().map_or("masquerade".to_owned(), snat);
        let _ = writeln!(out, "\t\t{}{target}", modern(rule));
    }
    out + "\t}\n}\n"
}

fn lines(list: &[Rule]) -> String {
    let mut out = String::new();
    for rule in list {
        let verdict = match rule.verdict {
            Verdict::Accept => "accept".to_owned(),
            Verdict::Drop => "drop".to_owned(),
            Verdict::Return => "return".to_owned(),
            Verdict::Jump(to) => format!("jump user{to}"),
            Verdict::Goto(to) => format!("goto user{to}"),
        };
        let _ = writeln!(out, "\t\t{}{verdict}", modern(rule));
    }
    out
}

fn modern(rule: &Rule) -> String {
    let mut out = String::new();
    let not = |negated: bool| if negated { "!= " } else { "" };
    if let Some((negated, side)) = rule.ingress {
        let _ = write!(out, "iifname {}\"{}\" ", not(negated), SIDES[side].0);
    }
    if let Some((negated, side)) = rule.egress {
        let _ = write!(out, "oifname {}\"{}\" ", not(negated), SIDES[side].0);
    }
    if let Some((negated, prefix)) = &rule.source {
        let _ = write!(out, "ip saddr {}{prefix} ", not(*negated));
    }
    if let Some((negated, prefix)) = &rule.destination {
        let _ = write!(out, "ip daddr {}{prefix} ", not(*negated));
    }
    match rule.protocol {
        None => {}
        Some(Protocol::Icmp) => out += "ip protocol icmp ",
        Some(Protocol::Ports(name, None)) => {
            let _ = write!(out, "meta l4proto {name} ");
        }
        Some(Protocol::Ports(name, Some((negated, first, last)))) => {
            let range = if first == last { first.to_string() } else { format!("{first}-{last}") };
            let _ = write!(out, "{name} dport {}{range} ", not(negated));
        }
    }
    if let Some(known) = rule.state {
        out += if known { "ct state established,related " } else { "ct state new " };
    }
    out
}
