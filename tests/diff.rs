//! What `diff` says about two states: nothing that the tracer sees change is left out, and both directions mirror one another.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::disallowed_methods,
    reason = "a test fails by panicking, and reads its inputs itself"
)]

#[path = "differential/rng.rs"]
mod rng;
mod topologies;

use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::process::Command;

use rng::Rng;
use sekisho::diff::{Diff, Outcome, PairChange, diff};
use sekisho::net::{Family, Flow, State, TCP_SYN};
use sekisho::report::{self, DiffFormat, Style};
use sekisho::scan::{self, Files, Loaded, Options};
use sekisho::snapshot::{Place, Snapshot, ZoneAddresses};
use sekisho::text::Lang;
use sekisho::trace::{self, Ingress, Trace};

fn world(name: &str) -> Files {
    topologies::files(&topologies::root().join(name))
}

fn loaded(files: Files) -> Result<Loaded, ()> {
    scan::load(files, &Options::default()).map_err(|_| ())
}

fn between(old: &str, new: &str) -> Diff {
    diff(loaded(world(old)).unwrap(), loaded(world(new)).unwrap())
}

#[test]
fn the_correction_of_the_court_case_closes_what_the_judgment_names_and_opens_nothing() {
    let diff = between("x-enet/delivered", "x-enet/corrected");
    assert_eq!(diff.outcome(), Outcome::Different);
    assert!(diff.confirmed);
    assert!(diff.pairs.iter().all(|pair| pair.opened.is_none()));
    let unclear = diff.pairs.iter().filter(|pair| !pair.unclear.flows.is_empty());
    assert!(unclear.clone().all(|pair| pair.to.starts_with("self:")), "{unclear:?}");
    let closed: Vec<String> =
        diff.pairs.iter().map(|pair| format!("{} → {}", pair.from, pair.to)).collect();
    for wanted in ["dmz → pi", "gakushu → pi", "dmz → sv", "sv → pi"] {
        assert!(closed.iter().any(|pair| pair == wanted), "{wanted} is not among {closed:?}");
    }
    let card = report::diff(
        &diff,
        DiffFormat::Markdown,
        false,
        &Style { lang: Lang::Ja, ..Style::default() },
    );
    let row = card.lines().find(|line| line.starts_with("| dmz → pi")).unwrap();
    for wanted in [
        "通らなくなった",
        "configs/ext-fw.conf:1416",
        "configs/int-fw.cfg:146",
        "configs/ext-fw.conf:1429",
    ] {
        assert!(row.contains(wanted), "{wanted} is not in {row}");
    }
    assert!(card.contains("| X-PI-01 | 不適合 | **適合** |"));
    assert!(!card.contains("172.20"), "a card without addresses names none");
    let card = report::diff(&diff, DiffFormat::Markdown, true, &Style::default());
    assert!(card.contains("172.20.10.0/24"));
}

#[test]
fn the_page_tells_every_pair_with_the_lines_of_both_sides() {
    let diff = between("x-enet/delivered", "x-enet/corrected");
    for lang in [Lang::Ja, Lang::En] {
        let style = Style { lang, ..Style::default() };
        let page = report::diff(&diff, DiffFormat::Html, true, &style);
        for pair in &diff.pairs {
            assert!(page.contains(&format!("{} → {} ({})", pair.from, pair.to, pair.family.id())));
        }
        for change in &diff.verdicts {
            assert!(page.contains(&change.rule), "{}", change.rule);
        }
        // The line that goes stands there as it was before, the one that stops the packet as it is after.
        assert!(page.contains("access-list OUT_IN extended permit ip any object PI-NET"));
        assert!(page.contains("default-src 'none'") && !page.contains("http://"));
        let after = if lang == Lang::Ja { "変更後" } else { "after" };
        assert!(page.contains(after));
    }
}

#[test]
fn backwards_what_closed_opens() {
    let (there, back) = (
        between("x-enet/delivered", "x-enet/corrected"),
        between("x-enet/corrected", "x-enet/delivered"),
    );
    assert_eq!(there.compared, back.compared);
    assert_eq!(there.pairs.len(), back.pairs.len());
    for (one, other) in there.pairs.iter().zip(&back.pairs) {
        let flows =
            |change: &Option<sekisho::diff::Change>| change.as_ref().map(|c| c.flows.clone());
        assert_eq!((&one.from, &one.to), (&other.from, &other.to));
        assert_eq!(flows(&one.closed), flows(&other.opened));
        assert_eq!(flows(&one.opened), flows(&other.closed));
    }
}

#[test]
fn what_only_reaches_a_device_itself_is_a_change() {
    let before = world("x-enet/corrected");
    let mut after = before.clone();
    let (_, bytes) =
        after.entries.iter_mut().find(|(path, _)| path == "configs/int-fw.cfg").unwrap();
    bytes.extend_from_slice(b"ssh 0.0.0.0 0.0.0.0 outside\n");
    let diff = diff(loaded(before).unwrap(), loaded(after).unwrap());
    assert_eq!(diff.outcome(), Outcome::Different);
    let opened: Vec<&str> = diff.pairs.iter().map(|pair| pair.to.as_str()).collect();
    assert!(!opened.is_empty() && opened.iter().all(|to| *to == "self:int-fw"), "{opened:?}");
    assert!(diff.confirmed && diff.pairs.iter().all(|pair| pair.opened.is_some()));
}

/// A Linux router between two zones with these rules.
fn ruled(rules: &str) -> Loaded {
    let topology = "version: 1\nname: t\n\
         zones: { a: { networks: [10.1.0.0/24] }, b: { networks: [10.2.0.0/24] } }\n\
         devices: { fw: { config: fw.rules, interfaces: { e0: { addresses: [10.1.0.1/24] }, e1: { addresses: [10.2.0.1/24] } } } }\n";
    drawn(topology, "fw.rules", rules)
}

/// A network of one configuration.
fn drawn(topology: &str, name: &str, config: &str) -> Loaded {
    let entries = [(name, config), ("topology.yaml", topology)];
    let entries = entries.map(|(name, text)| (name.to_owned(), text.as_bytes().to_vec())).into();
    loaded(Files { name: "t".to_owned(), entries }).unwrap()
}

#[test]
fn other_words_of_what_is_not_understood_are_no_sameness() {
    let of = |country: &str| {
        ruled(&format!(
            "*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n\
             -A FORWARD -i e0 -o e1 -p tcp -m geoip --src-cc {country} -j ACCEPT\nCOMMIT\n"
        ))
    };
    assert_eq!(diff(of("JP"), of("JP")).outcome(), Outcome::Same);
    assert_eq!(diff(of("JP"), of("US")).outcome(), Outcome::Unclear);
}

/// A router between two zones with these lines.
fn routed(lines: &str) -> Loaded {
    let config = format!(
        "hostname gw\ninterface GigabitEthernet0/0\n ip address 10.1.0.1 255.255.255.0\n ip access-group IN in\n!\n\
         interface GigabitEthernet0/1\n ip address 10.2.0.1 255.255.255.0\n!\nip route 10.50.0.0 255.255.0.0 10.2.0.9\n{lines}end\n"
    );
    let topology = "version: 1\nname: t\nzones: { a: { networks: [10.1.0.0/24] }, b: { networks: [10.2.0.0/24] } }\n\
         devices: { gw: { config: gw.cfg }, other: { opaque: true, addresses: [10.2.0.9], networks: [10.50.0.0/16] } }\n";
    drawn(topology, "gw.cfg", &config)
}

#[test]
fn another_server_behind_the_same_address_is_a_change() {
    let of = |server: &str| {
        ruled(&format!(
            "*nat\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -i e0 -p tcp -d 10.2.0.99 --dport 443 -j DNAT --to-destination {server}\nCOMMIT\n\
             *filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n\
             -A FORWARD -m conntrack --ctstate DNAT -j ACCEPT\nCOMMIT\n"
        ))
    };
    assert_eq!(diff(of("10.2.0.10"), of("10.2.0.10")).outcome(), Outcome::Same);
    let moved = diff(of("10.2.0.10"), of("10.2.0.11"));
    assert_eq!(moved.outcome(), Outcome::Different, "{:?}", moved.pairs);
    assert!(moved.confirmed);
}

#[test]
fn what_leaves_the_picture_and_hours_are_changes_too() {
    let closed = "ip access-list extended IN\n deny ip any any\n";
    let open = "ip access-list extended IN\n permit tcp any 10.50.0.0 0.0.255.255 eq 443\n deny ip any any\n";
    let there = diff(routed(closed), routed(open));
    let opened: Vec<&str> = there.pairs.iter().map(|pair| pair.to.as_str()).collect();
    assert_eq!(there.outcome(), Outcome::Different);
    assert!(opened.contains(&"unzoned"), "{opened:?}");
    assert!(there.confirmed);
    let hours = |range: &str| {
        format!(
            "time-range T\n periodic weekdays {range}\n!\nip access-list extended IN\n permit tcp any any eq 3389 time-range T\n deny ip any any\n"
        )
    };
    let same = diff(routed(&hours("12:00 to 12:05")), routed(&hours("12:00 to 12:05")));
    assert_eq!(same.outcome(), Outcome::Same);
    let longer = diff(routed(&hours("12:00 to 12:05")), routed(&hours("0:00 to 23:00")));
    assert_eq!((longer.outcome(), longer.hours), (Outcome::Unclear, true));
}

#[test]
fn a_world_is_the_same_as_itself() {
    for name in ["x-enet/delivered", "kozakura-town", "mini-packs/beta-prime"] {
        let diff = between(name, name);
        assert_eq!(diff.outcome(), Outcome::Same, "{name}");
        assert_eq!(diff.findings(), (0, 0), "{name}");
        assert!(diff.verdicts.is_empty() && diff.compared > 0);
    }
}

/// One line of a configuration goes, or turns into another of the same file.
fn edited(files: &Files, rng: &mut Rng) -> Files {
    let mut files = files.clone();
    let configs: Vec<usize> = (0..files.entries.len())
        .filter(|at| files.entries[*at].0.starts_with("configs/"))
        .collect();
    let (_, bytes) = &mut files.entries[configs[rng.below(configs.len())]];
    let text = String::from_utf8_lossy(bytes).into_owned();
    let mut lines: Vec<&str> = text.lines().collect();
    let permits = |line: &&str| {
        ["permit", "accept", "deny", "pass", "set dst", "set src"]
            .iter()
            .any(|word| line.contains(word))
    };
    let telling: Vec<usize> = (0..lines.len()).filter(|at| permits(&lines[*at])).collect();
    let at =
        if telling.is_empty() { rng.below(lines.len()) } else { telling[rng.below(telling.len())] };
    if rng.below(2) == 0 {
        lines.remove(at);
    } else {
        lines[at] = lines[telling.get(rng.below(telling.len().max(1))).copied().unwrap_or(0)];
    }
    *bytes = (lines.join("\n") + "\n").into_bytes();
    files
}

/// A packet from one place to another that opens a connection.
fn sample(snapshot: &Snapshot, rng: &mut Rng, places: [&str; 2]) -> Option<Flow> {
    let mut address = |name: &str| -> Option<IpAddr> {
        let zone = match *Place::named(snapshot, name).first()? {
            Place::Zone(zone) => zone,
            Place::Device(device) => {
                let own: Vec<IpAddr> = snapshot.devices[device].own_addresses().collect();
                return own.get(rng.below(own.len().max(1))).copied();
            }
            Place::Unzoned(_) => return None,
        };
        let hosts: Vec<IpAddr> = snapshot
            .hosts
            .iter()
            .filter(|(_, host)| host.zone == zone)
            .flat_map(|(_, host)| host.addresses.clone())
            .filter(|address| Family::of(*address) == Family::V4)
            .collect();
        if !hosts.is_empty() && rng.below(2) == 0 {
            return Some(hosts[rng.below(hosts.len())]);
        }
        match &snapshot.zones[zone].addresses {
            ZoneAddresses::Rest => {
                Some(IpAddr::V4(Ipv4Addr::new(198, 51, 100, rng.below(250) as u8)))
            }
            ZoneAddresses::Networks(networks) => {
                let range =
                    networks.iter().map(|n| n.range()).find(|r| r.family() == Family::V4)?;
                let IpAddr::V4(first) = range.first() else { return None };
                let within = rng.below(range.extent().min(4000) as usize + 1) as u32;
                Some(IpAddr::V4(Ipv4Addr::from(u32::from(first) + within)))
            }
        }
    };
    let (src, dst) = (address(places[0])?, address(places[1])?);
    let (protocol, port) =
        [(6, 22), (6, 80), (6, 443), (6, 445), (6, 3389), (17, 53), (6, 8530)][rng.below(7)];
    let tcp_flags = if protocol == 6 { TCP_SYN } else { 0 };
    let state = State::New;
    Some(Flow {
        src,
        dst,
        protocol,
        source_port: 50000,
        destination_port: port,
        tcp_flags,
        icmp_type: 0,
        icmp_code: 0,
        state,
    })
}

fn traced(snapshot: &Snapshot, zone: &str, flow: Flow) -> Trace {
    trace::trace(
        snapshot,
        Ingress::Zone(snapshot.zone(zone).unwrap()),
        flow,
        &trace::Options::default(),
    )
}

/// After random edits, whatever single packets fare otherwise is told, and told on the right side.
#[test]
fn no_change_that_the_tracer_sees_is_left_out() {
    let edits = if std::env::var_os("SEKISHO_NIGHTLY").is_some() { 200 } else { 8 };
    let mut seen = 0;
    for (seed, name) in (1..).zip(["x-enet/delivered", "x-enet/corrected", "kozakura-town"]) {
        let mut rng = Rng::new(seed);
        let whole = world(name);
        for _ in 0..edits {
            let (Ok(old), Ok(new)) = (loaded(whole.clone()), loaded(edited(&whole, &mut rng)))
            else {
                continue;
            };
            let diff = diff(old, new);
            assert!(diff.confirmed, "{name}");
            seen += usize::from(diff.outcome() != Outcome::Same);
            held(&diff, &mut rng, name);
        }
    }
    assert!(seen > 3, "edits change something");
}

fn held(diff: &Diff, rng: &mut Rng, name: &str) {
    let (old, new) = (&diff.old.loaded.snapshot, &diff.new.loaded.snapshot);
    let zones: Vec<String> = new.zones.iter().map(|(_, zone)| zone.id.clone()).collect();
    let devices = new.devices.ids().map(|device| Place::Device(device).id(new));
    let all: Vec<String> = zones.iter().cloned().chain(devices).collect();
    for _ in 0..300 {
        let (from, to) = (&zones[rng.below(zones.len())], &all[rng.below(all.len())]);
        let Some(flow) = sample(new, rng, [from, to]) else { continue };
        let (before, after) = (traced(old, from, flow), traced(new, from, flow));
        if before.truncated || after.truncated {
            continue;
        }
        let reaches = |snapshot: &Snapshot, trace: &Trace| {
            let places = Place::named(snapshot, to);
            trace.ends.iter().any(|end| end.place().is_some_and(|place| places.contains(&place)))
        };
        let told = diff
            .pairs
            .iter()
            .find(|pair| pair.from == *from && pair.to == *to && pair.family == Family::V4);
        let opened = |pair: &PairChange| pair.opened.is_some();
        let closed = |pair: &PairChange| pair.closed.is_some();
        match (reaches(old, &before), reaches(new, &after)) {
            (false, true) => {
                assert!(told.is_some_and(opened), "{name}: {from} → {to} {flow} opened")
            }
            (true, false) => {
                assert!(told.is_some_and(closed), "{name}: {from} → {to} {flow} closed")
            }
            _ => {}
        }
    }
}

#[test]
fn revisions_of_a_repository_are_states_too() {
    let dir = std::env::temp_dir().join(format!("sekisho-diff-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&dir);
    let town = dir.join("networks/town");
    for (path, bytes) in world("x-enet/delivered").entries {
        let full = town.join(path);
        std::fs::create_dir_all(full.parent().unwrap()).unwrap();
        std::fs::write(full, bytes).unwrap();
    }
    let git = |arguments: &[&str]| {
        let mut command = Command::new("git");
        command.current_dir(&dir).args([
            "-c",
            "user.name=x",
            "-c",
            "user.email=x@example.jp",
            "-c",
            "commit.gpgsign=false",
        ]);
        assert!(command.args(arguments).output().unwrap().status.success(), "{arguments:?}");
    };
    git(&["init", "-q"]);
    git(&["add", "-A"]);
    git(&["commit", "-qm", "delivered"]);
    let run = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sekisho"));
        let output = command.current_dir(&dir).arg("diff").args(arguments).output().unwrap();
        (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
    };
    assert_eq!(run(&["HEAD:networks/town", "networks/town", "--exit-code"]).0, 0);
    let fw = town.join("configs/int-fw.cfg");
    let text = std::fs::read_to_string(&fw).unwrap();
    std::fs::write(
        &fw,
        text.replace("access-list OUT_IN extended permit ip any object PI-NET\n", ""),
    )
    .unwrap();
    let (code, said) = run(&["HEAD:networks/town", "networks/town", "--exit-code", "--lang", "ja"]);
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("dmz → pi") && said.contains("通らなくなった"), "{said}");
    let (code, json) = run(&["HEAD:networks/town", "networks/town", "--format", "json"]);
    assert_eq!(code, 0, "without --exit-code a difference is no failure");
    let value: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(
        (&value["outcome"], &value["schema"]),
        (&"different".into(), &"sekisho/diff/1".into())
    );
    assert_eq!(run(&["HEAD:networks/village", "networks/town"]).0, 2);
    assert_eq!(run(&["nowhere:networks/town", "networks/town"]).0, 2);
    assert!(Path::new(&dir).exists());
    std::fs::remove_dir_all(&dir).unwrap();
}
