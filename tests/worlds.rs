//! Every world under `topologies/` is held against its `expected.yaml`: exit code, every verdict, every policy finding with
//! its blamed lines, and the hygiene findings that it names. The expectations were derived by hand, not from this program.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test fails by panicking, and reads its inputs itself"
)]

mod topologies;

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::path::Path;
use std::process::Command;

use sekisho::net::{Flow, Prefix, State, protocol_number};
use sekisho::scan::{self, Loaded, Options};
use sekisho::snapshot::ZoneAddresses;
use sekisho::trace::{self, Ingress};
use serde_json::Value;

fn yaml(path: &Path) -> Value {
    serde_saphyr::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or("")
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().map_or(&[], Vec::as_slice)
}

/// What identifies a finding: kind, rule, ends, device. The family counts where the expectation names one.
fn key(finding: &Value) -> [String; 5] {
    ["kind", "rule", "from", "to", "device"].map(|part| text(finding, part).to_owned())
}

fn load(dir: &Path) -> Loaded {
    scan::load(topologies::files(dir), &Options::default()).unwrap()
}

#[test]
fn every_world_is_judged_as_expected() {
    let worlds = topologies::worlds();
    assert!(worlds.len() >= 15, "worlds are missing: {worlds:?}");
    let next = std::sync::atomic::AtomicUsize::new(0);
    let work = || {
        let mut failures = Vec::new();
        while let Some(dir) = worlds.get(next.fetch_add(1, std::sync::atomic::Ordering::Relaxed)) {
            failures.extend(judge(dir));
        }
        failures
    };
    // The large world takes as long as all others together.
    let failures: Vec<String> = std::thread::scope(|scope| {
        let workers = [scope.spawn(work), scope.spawn(work)];
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}

fn judge(dir: &Path) -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("topologies");
    let name = dir.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
    let expected = yaml(&dir.join("expected.yaml"));
    let run = Command::new(env!("CARGO_BIN_EXE_sekisho"))
        .args(["check", "--format", "json"])
        .args(expected["at"].as_str().map(|at| format!("--at={at}")))
        .arg(dir)
        .output()
        .unwrap();
    let scan: Value = serde_json::from_slice(&run.stdout).unwrap_or_else(|error| {
        panic!("{name}: {error}: {}", String::from_utf8_lossy(&run.stderr));
    });
    let mut wrong = Vec::new();
    if run.status.code().map(i64::from) != expected["exit"].as_i64() {
        wrong.push(format!("{name}: exit {:?}, expected {}", run.status.code(), expected["exit"]));
    }
    let verdicts = expected["verdicts"].as_object().unwrap();
    for rule in verdicts.keys() {
        if !list(&scan, "verdicts").iter().any(|verdict| text(verdict, "rule") == rule) {
            wrong.push(format!("{name}: {rule} was not judged"));
        }
    }
    for verdict in list(&scan, "verdicts") {
        let wanted = &verdicts[text(verdict, "rule")];
        if verdict["verdict"] != *wanted {
            wrong.push(format!(
                "{name}: {} is {}, expected {wanted}",
                text(verdict, "rule"),
                verdict["verdict"]
            ));
        }
    }
    wrong.extend(findings(&name, &expected, &scan, &load(dir)));
    wrong.extend(hygiene(&name, &expected, &scan));
    wrong.extend(defects(&name, &expected, &scan));
    wrong.extend(guards(&name, &expected, &scan, &load(dir)));
    wrong
}

/// Every planted defect is reported once, at its line and with its clause.
fn defects(name: &str, expected: &Value, scan: &Value) -> Vec<String> {
    let mut wrong = Vec::new();
    for wanted in list(expected, "defects") {
        let at = |place: &Value| place["file"] == wanted["file"] && place["line"] == wanted["line"];
        let named = |finding: &Value, key: &str| {
            wanted[key].is_null()
                || finding[key] == wanted[key]
                || key == "rule" && is_lint(finding)
        };
        let hit = |finding: &&Value| {
            text(finding, "kind") == text(wanted, "kind")
                && named(finding, "rule")
                && named(finding, "device")
                && named(finding, "to")
                && (list(finding, "blame").iter().any(at) || list(finding, "causes").iter().any(at))
        };
        let hits: Vec<&Value> = list(scan, "findings").iter().filter(hit).collect();
        let clause = text(wanted, "clause");
        if hits.is_empty() || (hits.len() > 1 && text(wanted, "kind") == "forbidden-path") {
            wrong.push(format!("{name}: {} is reported {} times", wanted["id"], hits.len()));
        } else if hits.iter().all(|finding| !text(&finding["basis"], "clause").contains(clause)) {
            wrong.push(format!("{name}: {} lacks the clause {clause}", wanted["id"]));
        }
    }
    wrong
}

fn is_lint(finding: &Value) -> bool {
    text(finding, "kind").starts_with("lint/")
}

/// No finding about forbidden traffic speaks of a flow that must not be reported.
fn guards(name: &str, expected: &Value, scan: &Value, loaded: &Loaded) -> Vec<String> {
    let mut wrong = Vec::new();
    for guard in list(expected, "guards") {
        let (src, dst) = (address(loaded, text(guard, "from")), address(loaded, text(guard, "to")));
        let about_paths = |finding: &&Value| {
            ["forbidden-path", "routing-bypass"].contains(&text(finding, "kind"))
        };
        for finding in list(scan, "findings").iter().filter(about_paths) {
            let covers = |flow: &Value| {
                holds(text(flow, "src"), src)
                    && holds(text(flow, "dst"), dst)
                    && serves(text(flow, "service"), text(guard, "service"))
            };
            if list(finding, "flows").iter().any(covers) {
                wrong.push(format!("{name}: {} is reported by {}", guard["id"], finding["rule"]));
            }
        }
    }
    wrong
}

/// An address of a zone, `zone.host`, host or network.
fn address(loaded: &Loaded, party: &str) -> IpAddr {
    let snapshot = &loaded.snapshot;
    if let Some(prefix) = Prefix::parse(party) {
        return prefix.address();
    }
    if let Some(device) = party.strip_prefix("self:") {
        let device = &snapshot.devices[snapshot.device(device).unwrap()];
        let mut own = device.interfaces.iter().flat_map(|(_, interface)| &interface.addresses);
        return own.next().unwrap().address;
    }
    let host = |name: &str| snapshot.hosts.iter().find(|(_, host)| host.id == name);
    if let Some((_, host)) = host(party.rsplit('.').next().unwrap()) {
        return host.addresses[0];
    }
    let zone = snapshot.zone(party).unwrap_or_else(|| panic!("no zone or host {party}"));
    match &snapshot.zones[zone].addresses {
        ZoneAddresses::Networks(networks) => match networks[0].address() {
            IpAddr::V4(first) => IpAddr::V4((u32::from(first) + 9).into()),
            first => first,
        },
        ZoneAddresses::Rest => "198.51.100.77".parse().unwrap(),
    }
}

/// Whether a list of ranges, as a finding writes it, holds an address.
fn holds(ranges: &str, address: IpAddr) -> bool {
    ranges.split(", ").any(|word| {
        if word == "any" {
            return true;
        }
        if let Some(prefix) = Prefix::parse(word) {
            return prefix.contains(address);
        }
        let ends = word.split_once('-').and_then(|(a, b)| Some((a.parse().ok()?, b.parse().ok()?)));
        ends.is_some_and(|(first, last): (IpAddr, IpAddr)| first <= address && address <= last)
    })
}

/// Whether a list of services, as a finding writes it, holds a service such as `tcp/443`.
fn serves(services: &str, wanted: &str) -> bool {
    let (protocol, port) = wanted.split_once('/').unwrap_or((wanted, ""));
    services.split(", ").any(|word| {
        let word = word.split(" (from").next().unwrap();
        let (known, ports) = word.split_once('/').unwrap_or((word, ""));
        let in_ports = |part: &str| match part.split_once('-') {
            Some((first, last)) => {
                let number = |text: &str| text.parse::<u32>().unwrap_or(0);
                number(first) <= number(port) && number(port) <= number(last)
            }
            None => part == port,
        };
        word == "any" || (known == protocol && (ports.is_empty() || ports.split(',').any(in_ports)))
    })
}

fn findings(name: &str, expected: &Value, scan: &Value, loaded: &Loaded) -> Vec<String> {
    let mut wrong = Vec::new();
    let is_policy = |finding: &&Value| !text(finding, "kind").starts_with("lint/");
    let mut open: Vec<&Value> = list(scan, "findings").iter().filter(is_policy).collect();
    for wanted in list(expected, "findings") {
        let same = |finding: &Value| {
            let family = wanted["family"].is_null() || wanted["family"] == finding["family"];
            key(finding) == key(wanted) && family
        };
        if let Some(at) = open.iter().position(|finding| same(finding)) {
            wrong.extend(compare(name, wanted, open.remove(at), loaded));
            continue;
        }
        // The same lines may open several pairs: one finding lists them.
        let joined = |finding: &&Value| {
            // One that was met before stands for its own pair as well.
            (same(finding) && same_lines(wanted, finding))
                || list(finding, "also").iter().any(|pair| {
                    let mut single = (*finding).clone();
                    single["from"] = pair["from"].clone();
                    single["to"] = pair["to"].clone();
                    same(&single) && same_lines(wanted, finding)
                })
        };
        let all = list(scan, "findings");
        let Some(found) = all.iter().find(joined) else {
            wrong.push(format!("{name}: missing finding {:?}", key(wanted)));
            continue;
        };
        open.retain(|finding| finding["fingerprint"] != found["fingerprint"]);
    }
    // What decides no verdict is looked at where a world names it.
    let beside =
        |finding: &&Value| ["residual-risk", "forged-source"].contains(&text(finding, "kind"));
    for left in open.into_iter().filter(|finding| !beside(finding)) {
        wrong.push(format!(
            "{name}: unexpected finding {:?}: {}",
            key(left),
            left["message"]["en"]
        ));
    }
    wrong
}

/// Whether a finding blames the lines that are expected, where lines are.
fn same_lines(wanted: &Value, found: &Value) -> bool {
    let place = |blame: &Value| (text(blame, "file").to_owned(), blame["line"].as_u64());
    let lines = |value: &Value| list(value, "blame").iter().map(place).collect::<BTreeSet<_>>();
    wanted["blame"].is_null() || lines(wanted) == lines(found)
}

fn compare(name: &str, wanted: &Value, found: &Value, loaded: &Loaded) -> Vec<String> {
    let mut wrong = Vec::new();
    let what = format!("{name}: {:?}", key(wanted));
    let place =
        |blame: &Value| (text(blame, "file").to_owned(), blame["line"].as_u64().unwrap_or(0));
    let lines = |value: &Value| list(value, "blame").iter().map(place).collect::<BTreeSet<_>>();
    if !wanted["blame"].is_null() && lines(wanted) != lines(found) {
        wrong.push(format!("{what}: blames {:?}, expected {:?}", lines(found), lines(wanted)));
    }
    for blame in list(wanted, "blame") {
        let matching = list(found, "blame").iter().find(|other| place(other) == place(blame));
        if matching.is_some_and(|found| !text(found, "text").contains(text(blame, "text"))) {
            wrong.push(format!(
                "{what}: {:?} reads {:?}",
                place(blame),
                matching.map(|m| &m["text"])
            ));
        }
    }
    let devices: Vec<&str> = list(found, "path").iter().map(|hop| text(hop, "device")).collect();
    let path: Vec<&str> = list(wanted, "path").iter().filter_map(Value::as_str).collect();
    if !wanted["path"].is_null() && devices != path {
        wrong.push(format!("{what}: path {devices:?}, expected {path:?}"));
    }
    if !wanted["schedule"].is_null() && wanted["schedule"] != found["schedule"] {
        wrong.push(format!(
            "{what}: schedule {}, expected {}",
            found["schedule"], wanted["schedule"]
        ));
    }
    wrong.extend(chains(&what, wanted, found));
    wrong.extend(witness(&what, wanted, found, loaded));
    wrong
}

/// The shortest chain has the depth and hosts that are expected, and each further one is told.
fn chains(what: &str, wanted: &Value, found: &Value) -> Vec<String> {
    let Some(depth) = wanted["depth"].as_u64() else { return Vec::new() };
    let hosts = |chain: &Value| -> Vec<String> {
        let steps = list(chain, "steps");
        let through = steps.iter().take(steps.len().saturating_sub(1));
        through.map(|step| text(step, "to").rsplit('.').next().unwrap_or("").to_owned()).collect()
    };
    let told: Vec<Vec<String>> = list(found, "chains").iter().map(hosts).collect();
    let names = |value: &Value| {
        value
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|v| v.as_str().map(str::to_owned))
            .collect::<Vec<_>>()
    };
    let mut wrong = Vec::new();
    if told.first().map(|chain| chain.len() as u64 + 1) != Some(depth)
        || told.first() != Some(&names(&wanted["via"]))
    {
        wrong
            .push(format!("{what}: chains {told:?}, expected depth {depth} via {}", wanted["via"]));
    }
    for also in list(wanted, "also") {
        if !told.contains(&names(also)) {
            wrong.push(format!("{what}: chains {told:?} lack {also}"));
        }
    }
    wrong
}

/// The expected witness is one packet that can travel; the reported one need not be the same, but must be of the same zones.
fn witness(what: &str, wanted: &Value, found: &Value, loaded: &Loaded) -> Vec<String> {
    if wanted["witness"].is_null() {
        return Vec::new();
    }
    let mut wrong = Vec::new();
    for packet in [&wanted["witness"], &found["witness"]] {
        let snapshot = &loaded.snapshot;
        let (Some(from), Some(to)) =
            (snapshot.zone(text(wanted, "from")), snapshot.zone(text(wanted, "to")))
        else {
            wrong.push(format!("{what}: zones are not known"));
            continue;
        };
        let trace =
            trace::trace(snapshot, Ingress::Zone(from), flow(packet), &trace::Options::default());
        let arrives = trace.certainly_reaches(sekisho::snapshot::Place::Zone(to));
        if !arrives && text(wanted, "kind") == "forbidden-path" {
            wrong.push(format!("{what}: {packet} does not travel"));
        }
    }
    wrong
}

fn flow(packet: &Value) -> Flow {
    let protocol = protocol_number(text(packet, "protocol")).unwrap();
    let port = |key: &str, otherwise: u64| {
        u16::try_from(packet[key].as_u64().unwrap_or(otherwise)).unwrap()
    };
    Flow {
        src: text(packet, "src").parse().unwrap(),
        dst: text(packet, "dst").parse().unwrap(),
        protocol,
        source_port: port("source_port", 49152),
        destination_port: port("destination_port", 0),
        tcp_flags: 2,
        icmp_type: 8,
        icmp_code: 0,
        state: State::New,
    }
    .normalised()
}

fn hygiene(name: &str, expected: &Value, scan: &Value) -> Vec<String> {
    let mut wrong = Vec::new();
    for wanted in list(expected, "lint") {
        let kind = format!("lint/{}", text(wanted, "rule"));
        let hit = |finding: &&Value| {
            let first = &finding["blame"][0];
            text(finding, "kind") == kind
                && first["file"] == wanted["file"]
                && first["line"] == wanted["line"]
        };
        if !list(scan, "findings").iter().any(|finding| hit(&finding)) {
            wrong.push(format!("{name}: no {kind} at {}:{}", text(wanted, "file"), wanted["line"]));
        }
    }
    wrong
}
