//! The Linux kernel as judge: every statement of the literate fixtures of iptables and nftables is put to it.
//!
//! For each section a router is built in a network namespace of its own, with one more namespace behind each of its interfaces;
//! addresses and routes are those of the snapshot, the rule set is loaded with the system's own tools, and real packets are
//! sent, the same bytes that a report writes as witness capture. Where they arrive, with which header, must be what the
//! section says, and what the tracer says.
//!
//! Random rule sets with chains that jump, go and return, negations, states and translations come after them, each written for
//! both tools (`SEKISHO_KERNEL=N`: N rule sets). There the tracer alone says what should happen.
//!
//! Needs root, `ip`, `iptables`, `ipset`, `nft` and `conntrack`; a machine without them fails the test. What a statement cannot
//! ask the kernel (`may`, `related`, a block marked `packets model-only`) is left to `tests/literate.rs`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a test fails by panicking, and works on namespaces of its own"
)]

#[path = "kernel/arena.rs"]
mod arena;
#[path = "kernel/ground.rs"]
mod ground;
#[path = "kernel/namespace.rs"]
mod namespace;
#[path = "literate/packets.rs"]
mod packets;
#[path = "kernel/random.rs"]
mod random;
#[path = "differential/rng.rs"]
mod rng;
#[path = "literate/sections.rs"]
mod sections;
#[path = "kernel/wire.rs"]
mod wire;

use arena::Arena;
use packets::{Expectation, Outcome, Target};
use sections::{Section, Statement};
use sekisho::net::{Flow, Prefix, State};
use sekisho::scan::{self, Options};
use sekisho::snapshot::{Place, Port, Snapshot};
use sekisho::trace::{self, End, Ingress, Trace};
use std::path::{Path, PathBuf};

/// Directories of literate fixtures whose rule sets the kernel understands.
const FORMATS: [&str; 2] = ["iptables", "nftables"];
/// So many statements at least, or the oracle has lost its voice.
const LEAST: usize = 200;

#[test]
fn the_kernel_agrees_with_every_statement() {
    let (mut asked, mut wrong) = (0, Vec::new());
    for (name, text) in documents() {
        for section in sections::read(&text).unwrap_or_else(|error| panic!("{name}: {error}")) {
            let place = format!("{name}:{} {}", section.line, section.title);
            let (count, faults) = put(&section);
            asked += count;
            wrong.extend(faults.into_iter().map(|fault| format!("{place}\n  {fault}")));
        }
    }
    println!("{asked} statements were put to the kernel");
    assert!(wrong.is_empty(), "{} of {asked} statements:\n{}", wrong.len(), wrong.join("\n"));
    assert!(asked >= LEAST, "only {asked} statements were put to the kernel");
}

fn documents() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/formats");
    let mut found = Vec::new();
    for format in FORMATS {
        let entries = std::fs::read_dir(root.join(format)).unwrap();
        let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
        paths.retain(|path| path.extension().is_some_and(|e| e == "md"));
        paths.sort();
        for path in paths {
            let name = path.strip_prefix(&root).unwrap().display().to_string();
            found.push((name, std::fs::read_to_string(&path).unwrap()));
        }
    }
    found
}

/// How many statements were put, and what came out differently.
fn put(section: &Section) -> (usize, Vec<String>) {
    let stated = ground::is_stated(section);
    let section = &ground::under(section);
    let loaded = scan::load(section.files(), &Options::default())
        .unwrap_or_else(|errors| panic!("{}: {errors:?}", section.title));
    let snapshot = &loaded.snapshot;
    let statements: Vec<(&Statement, Expectation)> = section
        .packets
        .iter()
        .filter(|statement| !statement.model_only)
        .map(|statement| (statement, packets::read(&statement.text).unwrap()))
        .filter(|(_, expected)| can_ask(expected) && (stated || lies_there(snapshot, expected)))
        .collect();
    if statements.is_empty() {
        return (0, Vec::new());
    }
    let flows: Vec<_> = statements.iter().map(|(_, expected)| expected).collect();
    let mut arena = match Arena::new(snapshot, &section.configs, &flows) {
        Ok(arena) => arena,
        Err(why) => return (0, vec![why]),
    };
    for (number, (_, expected)) in statements.iter().enumerate() {
        arena.send(number, expected);
    }
    arena.settle();
    let mut faults = Vec::new();
    for (number, (statement, expected)) in statements.iter().enumerate() {
        let arrived = arena.arrivals(number);
        let result = said(expected, &arrived).and_then(|()| traced(snapshot, expected, &arrived));
        let (line, text) = (statement.line, &statement.text);
        faults.extend(result.err().map(|why| format!("line {line}: {text}\n    {why}")));
    }
    (statements.len(), faults)
}

/// Whether a real packet can be what the statement speaks of.
fn can_ask(expected: &Expectation) -> bool {
    expected.outcome != Outcome::May && expected.flow.state != State::Related
}

/// Whether the destination is on the subnet of the interface where the statement says that it is: where a section states no
/// addresses, an interface may be asked for what another has.
fn lies_there(snapshot: &Snapshot, expected: &Expectation) -> bool {
    let Target::Interface(name) = &expected.target else { return true };
    let (_, device) = snapshot.devices.iter().next().unwrap();
    let dst = expected.arrives.map_or(expected.flow.dst, |header| header.dst);
    let own = device.interface(name).map(|id| &device.interfaces[id].addresses);
    let subnets = own.into_iter().flatten().filter_map(|own| Prefix::new(own.address, own.len));
    subnets.into_iter().any(|subnet| subnet.contains(dst))
}

/// Whether the kernel does what the statement says.
fn said(expected: &Expectation, arrived: &[arena::Arrival]) -> Result<(), String> {
    let here = |arrival: &&arena::Arrival| match &expected.target {
        Target::Anywhere => true,
        Target::Device => arrival.side.is_none(),
        Target::Interface(name) => arrival.side.as_ref() == Some(name),
    };
    let hit = arrived.iter().find(here);
    match (expected.outcome, hit) {
        (Outcome::Permit, None) => Err(format!("the kernel lets nothing arrive: {arrived:?}")),
        (Outcome::Deny, Some(hit)) => Err(format!("the kernel lets it arrive: {hit:?}")),
        (Outcome::Permit, Some(hit)) => match expected.arrives {
            Some(header) if !hit.header.same_as(&header) => {
                Err(format!("the kernel makes it {:?}", hit.header))
            }
            _ => Ok(()),
        },
        _ => Ok(()),
    }
}

/// What the tracer says of the packet.
fn follow(snapshot: &Snapshot, expected: &Expectation) -> Trace {
    let device = snapshot.devices.ids().next().unwrap();
    let interface = snapshot.devices[device].interface(&expected.ingress).unwrap();
    let ingress = Ingress::Port(Port { device, interface });
    trace::trace(snapshot, ingress, expected.flow, &Default::default())
}

/// Where an end is delivered, as an arrival tells it: the interface, or `None` for the router itself.
fn way(end: &End) -> Option<Option<String>> {
    match end.place()? {
        Place::Device(_) => Some(None),
        _ => end.hops.iter().rev().find_map(|hop| hop.egress.clone()).map(Some),
    }
}

/// Whether the tracer knows the way that the packet took.
fn traced(
    snapshot: &Snapshot,
    expected: &Expectation,
    arrived: &[arena::Arrival],
) -> Result<(), String> {
    let trace = follow(snapshot, expected);
    for arrival in arrived {
        if !trace.ends.iter().any(|end| way(end).as_ref() == Some(&arrival.side)) {
            return Err(format!("the tracer does not know of {arrival:?}"));
        }
    }
    Ok(())
}

/// What the topology says of the router of random rule sets; routes are stated so that none is in doubt.
fn topology() -> String {
    let mut out = "version: 1\nzones:\n".to_owned();
    let mut interfaces = Vec::new();
    for (name, net) in random::SIDES {
        out += &format!("  {name}: {{ networks: [{net}0/24] }}\n");
        interfaces.push(format!("{name}: {{ addresses: [{net}1/24] }}"));
    }
    let interfaces = interfaces.join(", ");
    out + &format!(
        "devices:\n  fw:\n    config: [CONFIGS]\n    interfaces: {{ {interfaces} }}\n    \
         routes: [{{ to: 192.0.2.0/24, interface: wan0 }}]\n"
    )
}

#[test]
fn the_kernel_agrees_on_random_rule_sets() {
    let rounds: u64 =
        std::env::var("SEKISHO_KERNEL").ok().and_then(|n| n.parse().ok()).unwrap_or(6);
    let (mut asked, mut wrong) = (0, Vec::new());
    for round in 0..rounds {
        let mut rng = rng::Rng::new(7).fork(round);
        let rules = random::rules(&mut rng);
        let packets: Vec<_> = (0..PACKETS).map(|_| random::packet(&mut rng)).collect();
        for (name, text) in
            [("rules.v4", random::iptables(&rules)), ("rules.nft", random::nftables(&rules))]
        {
            let (count, faults) = drill(name, &text, &packets);
            asked += count;
            let head = format!("round {round}, {name}:\n{text}");
            if !faults.is_empty() {
                wrong.push(format!("{head}\n{}", faults.join("\n")));
            }
        }
    }
    println!("{asked} packets over random rule sets");
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    assert!(asked >= LEAST.min(usize::try_from(rounds).unwrap() * PACKETS), "only {asked} packets");
}

/// Packets a random rule set.
const PACKETS: usize = 30;

/// How many packets were sent, and where the kernel and the tracer differ.
fn drill(name: &str, text: &str, packets: &[(&str, Flow)]) -> (usize, Vec<String>) {
    let configs = vec![(name.to_owned(), text.to_owned())];
    let section = Section { configs, topology: Some(topology()), ..Section::default() };
    let loaded = scan::load(section.files(), &Options::default())
        .unwrap_or_else(|errors| panic!("{errors:?}\n{text}"));
    let asked: Vec<Expectation> = packets
        .iter()
        .map(|(ingress, flow)| Expectation {
            ingress: (*ingress).to_owned(),
            target: Target::Anywhere,
            flow: *flow,
            outcome: Outcome::May,
            arrives: None,
            by: None,
        })
        .collect();
    let everyone: Vec<&Expectation> = asked.iter().collect();
    let mut arena = Arena::new(&loaded.snapshot, &section.configs, &everyone)
        .unwrap_or_else(|why| panic!("{why}\n{text}"));
    for (number, expected) in asked.iter().enumerate() {
        arena.send(number, expected);
    }
    arena.settle();
    let mut faults = Vec::new();
    for (number, expected) in asked.iter().enumerate() {
        if let Err(why) = same(&loaded.snapshot, expected, &arena.arrivals(number)) {
            faults.push(format!("{} {}: {why}", expected.ingress, expected.flow));
        }
    }
    (asked.len(), faults)
}

/// Whether the packet went where the tracer says, and arrived as it says.
fn same(
    snapshot: &Snapshot,
    expected: &Expectation,
    arrived: &[arena::Arrival],
) -> Result<(), String> {
    let trace = follow(snapshot, expected);
    let ends: Vec<_> = trace.ends.iter().filter_map(|end| Some((way(end)?, end))).collect();
    if trace.ends.iter().any(|end| !end.certain) {
        return Err(format!("the tracer is not sure of a rule set without doubt: {trace:?}"));
    }
    match (ends.as_slice(), arrived) {
        ([], []) => Ok(()),
        ([], [arrival, ..]) => Err(format!("the tracer stops what the kernel lets {arrival:?}")),
        (_, []) => Err("the kernel stops what the tracer lets pass".to_owned()),
        (ends, arrived) => {
            let known = |arrival: &arena::Arrival| {
                ends.iter().any(|(way, end)| {
                    *way == arrival.side
                        && (way.is_none() || arrives_as(arrival, end, &expected.flow))
                })
            };
            match arrived.iter().find(|arrival| !known(arrival)) {
                None => Ok(()),
                Some(arrival) => Err(format!("the kernel makes it {arrival:?}, {ends:?}")),
            }
        }
    }
}

/// Whether the header that arrived is that of the end. Of a port that the translation chooses, the end shows one of many.
fn arrives_as(arrival: &arena::Arrival, end: &End, sent: &Flow) -> bool {
    let mut header = arrival.header.clone();
    let chosen = end.flow.source_port != sent.source_port;
    if let (true, Some((source, _))) = (chosen, &mut header.ports) {
        *source = end.flow.source_port;
    }
    header.same_as(&end.flow)
}
