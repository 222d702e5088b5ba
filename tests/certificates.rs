//! Certificates of the worlds: accepted as they are, refused as soon as anything in them, or in the configurations, is changed.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test fails by panicking, and reads its inputs itself"
)]

#[path = "certificates/required.rs"]
mod required;
mod topologies;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestRunner};
use sekisho::certificate::block::Block;
use sekisho::certificate::{Certificate, Certified, Claim, Proof, Stop, parse, verify, write};
use sekisho::check;
use sekisho::finding::{Kind, Verdict};
use sekisho::model::{Action, Id, ListId};
use sekisho::net::Family;
use sekisho::scan::certificate::{certify, claims, recheck};
use sekisho::scan::{self, Files, Loaded, Options, Scan};
use sekisho::snapshot::{DeviceId, Snapshot};
use topologies::{files, root};

/// The city has a test of its own.
const CITY: &str = "shiomi-city";

/// The worlds that have a policy.
fn worlds() -> Vec<PathBuf> {
    let judged = |dir: &PathBuf| {
        let name = dir.file_name().unwrap().to_str().unwrap();
        dir.join("policy.yaml").exists() && name != CITY
    };
    topologies::worlds().into_iter().filter(judged).collect()
}

fn scanned(dir: &Path) -> Scan {
    scan::scan(files(dir), &Options::default()).unwrap()
}

fn is_isolation(certified: &Certified) -> bool {
    certified.kind == "isolation"
}

fn is_require(certified: &Certified) -> bool {
    certified.kind == "require"
}

/// How many claims are proven, and how many are not: of isolation, and of requirements that hold where no destination is translated.
#[derive(Debug, Default)]
struct Tally {
    isolation: [usize; 2],
    require: [usize; 2],
}

/// Whether a rewrite of the network changes the destination.
fn readdresses(snapshot: &Snapshot) -> bool {
    let mut rewrites = snapshot.devices.iter().flat_map(|(_, device)| device.rewrites.iter());
    rewrites.any(|(_, rewrite)| rewrite.destination.is_some() || rewrite.destination_port.is_some())
}

/// What is wrong with the certificate of a world.
fn judged(dir: &Path, tally: &mut Tally) -> Vec<String> {
    let scan = scanned(dir);
    let certificate = certify(&scan);
    let mut wrong = Vec::new();
    let name = dir.file_name().unwrap().to_string_lossy().into_owned();
    if let Err(refusals) = recheck(&scan.loaded, &certificate) {
        wrong.push(format!("{name}: refused: {}", refusals[0].en));
    }
    for verdict in &scan.verdicts {
        let of_rule = || certificate.claims.iter().filter(|claim| claim.rule == verdict.rule);
        let violated = of_rule()
            .any(|claim| matches!(claim.proof, Proof::Violated { .. } | Proof::Undelivered { .. }));
        let open = of_rule().any(|claim| matches!(claim.proof, Proof::Undetermined { .. }));
        let holds = verdict.verdict == Verdict::Holds;
        let delivered = of_rule().next().is_some()
            && of_rule().all(|claim| matches!(claim.proof, Proof::Delivered { .. }));
        let against = violated && verdict.verdict != Verdict::Violated;
        if against || open && holds || delivered && !holds {
            wrong.push(format!("{name}: {} is certified against its verdict", verdict.rule));
        }
    }
    for finding in scan.findings.iter().filter(|f| f.kind == Kind::ForbiddenPath) {
        let family = finding.family.map(Family::id);
        let mut of_rule = certificate.claims.iter().filter(|claim| {
            claim.rule == finding.rule && family.is_none_or(|family| claim.family == family)
        });
        let told = of_rule.any(|claim| match claim.proof {
            Proof::Violated { .. } => finding.verdict == Verdict::Violated,
            Proof::Undetermined { .. } => finding.verdict == Verdict::Undetermined,
            _ => false,
        });
        if !told {
            wrong.push(format!("{name}: {} has a finding and no evidence", finding.rule));
        }
    }
    let unproven = |claim: &Certified| usize::from(matches!(claim.proof, Proof::Unproven { .. }));
    for claim in certificate.claims.iter().filter(|claim| is_isolation(claim)) {
        tally.isolation[unproven(claim)] += 1;
    }
    let holds = |claim: &&Certified| {
        let mut verdicts = scan.verdicts.iter().filter(|verdict| verdict.rule == claim.rule);
        verdicts.any(|verdict| verdict.verdict == Verdict::Holds)
    };
    if !readdresses(&scan.loaded.snapshot) {
        for claim in certificate.claims.iter().filter(|claim| is_require(claim)).filter(holds) {
            tally.require[unproven(claim)] += 1;
        }
    }
    wrong
}

#[test]
fn every_world_has_a_certificate_that_is_accepted_and_says_what_the_verdicts_say() {
    let worlds = worlds();
    assert!(worlds.len() >= 20, "worlds are missing: {worlds:?}");
    let mut tally = Tally::default();
    let wrong: Vec<String> = worlds.iter().flat_map(|dir| judged(dir, &mut tally)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let [proven, unproven] = tally.isolation;
    assert!(unproven * 100 <= proven, "of isolation, without proof, too many: {tally:?}");
    let [proven, unproven] = tally.require;
    assert!(proven >= 100 && unproven * 4 <= proven, "of requirements, too many: {tally:?}");
}

/// The policy of the city makes some 1,600 claims, which a debug build would prove for minutes: of every rule the first is taken and
/// every 25th after it, without the findings that would help the search. `SEKISHO_NIGHTLY=1` takes every one.
#[test]
fn every_rule_of_the_city_has_proofs_that_are_accepted() {
    let nightly = std::env::var_os("SEKISHO_NIGHTLY").is_some();
    let step = if nightly { 1 } else { 25 };
    let dir = root().join(CITY);
    let loaded = scan::load(files(&dir), &Options::default()).unwrap();
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut chosen = claims(&loaded);
    chosen.retain(|claim| {
        let count = seen.entry(claim.rule.clone()).or_default();
        *count += 1;
        (*count - 1).is_multiple_of(step) && ["isolation", "require"].contains(&claim.kind)
    });
    assert!(chosen.len() >= 60, "{} claims only", chosen.len());
    let certificate = check::certify(&loaded.snapshot, &chosen, &[]);
    let refusals = verify(&loaded.snapshot, &chosen, &certificate).err();
    assert!(refusals.is_none(), "refused: {}", refusals.unwrap()[0].en);
    let text = std::fs::read_to_string(dir.join("expected.yaml")).unwrap();
    let expected: serde_json::Value = serde_saphyr::from_str(&text).unwrap();
    let mut proven = 0;
    for claim in &certificate.claims {
        let verdict = expected["verdicts"][&claim.rule].as_str().unwrap();
        let evidence = match claim.proof {
            Proof::Violated { .. } | Proof::Undelivered { .. } => Some("violated"),
            Proof::Undetermined { .. } => Some("undetermined"),
            _ => None,
        };
        assert!(
            evidence.is_none_or(|evidence| verdict == evidence || verdict == "violated"),
            "{}: {verdict}, and {} -> {} is certified to be {evidence:?}",
            claim.rule,
            claim.from,
            claim.to
        );
        proven += usize::from(!matches!(claim.proof, Proof::Unproven { .. }));
    }
    assert!(proven * 10 >= chosen.len() * 9, "{proven} of {} claims are proven", chosen.len());
}

/// A world with its claims and certificate.
struct World {
    loaded: Loaded,
    claims: Vec<Claim>,
    certificate: Certificate,
}

impl World {
    fn new(name: &str) -> World {
        let scan = scanned(&root().join(name));
        let (claims, certificate) = (claims(&scan.loaded), certify(&scan));
        World { loaded: scan.loaded, claims, certificate }
    }

    /// Whether the checker accepts one changed entry.
    fn accepts(&self, snapshot: &Snapshot, index: usize, entry: Certified) -> bool {
        let certificate = Certificate { version: 1, claims: vec![entry] };
        verify(snapshot, &self.claims[index..=index], &certificate).is_ok()
    }

    /// The entries that a change may be made to.
    fn entries(&self) -> Vec<usize> {
        let all = self.certificate.claims.iter().enumerate();
        all.filter(|(_, entry)| is_isolation(entry)).map(|(index, _)| index).collect()
    }

    /// The entries of requirements that are proven.
    fn required(&self) -> Vec<usize> {
        let all = self.certificate.claims.iter().enumerate();
        let proven = |entry: &Certified| {
            matches!(entry.proof, Proof::Delivered { .. } | Proof::Undelivered { .. })
        };
        all.filter(|(_, entry)| proven(entry)).map(|(index, _)| index).collect()
    }

    /// The same claims when a device has lost what it permits.
    fn without_permits(name: &str, device: &str) -> World {
        let mut world = World::new(name);
        let snapshot = &mut world.loaded.snapshot;
        let id = snapshot.device(device).unwrap();
        for (_, list) in snapshot.device_mut(id).lists.iter_mut() {
            let permits = list.lines.iter_mut().filter(|line| line.action == Action::Permit);
            permits.for_each(|line| line.action = Action::Deny);
        }
        world.certificate = check::certify(&world.loaded.snapshot, &world.claims, &[]);
        world
    }
}

/// The entry made false, in a way that `choice` chooses; `None` where it has nothing of the kind.
fn changed(entry: &Certified, family: Family, way: u8, choice: usize) -> Option<Certified> {
    let mut entry = entry.clone();
    match (&mut entry.proof, way) {
        (_, 0) => entry.to += "x",
        (_, 1) => entry.sources.truncate(entry.sources.len() - 1),
        (_, 2) => {
            let forbidden = entry.forbidden.pop()?;
            entry.forbidden.push(narrowed(family, &forbidden, choice)?.0);
        }
        (Proof::Holds { .. }, 3) => entry.proof = Proof::Violated { path: Vec::new() },
        (Proof::Violated { .. } | Proof::Undetermined { .. }, 3) => {
            entry.proof = Proof::Holds { places: Default::default(), filters: Default::default() };
        }
        (Proof::Holds { places, .. }, 4) => {
            let name = places.keys().nth(choice % places.len().max(1))?.clone();
            places.remove(&name);
        }
        (Proof::Holds { places, .. }, 5) => {
            let at = choice % places.len().max(1);
            let blocks = places.values_mut().nth(at)?;
            let last = blocks.pop()?;
            let (kept, gone) = narrowed(family, &last, choice)?;
            let others: Vec<Block> = blocks.iter().map(|b| parse(family, b).unwrap()).collect();
            blocks.push(kept);
            if gone.covered(&others) {
                return None;
            }
        }
        (Proof::Holds { filters, .. }, 6) => {
            let stops = filters.values_mut().flat_map(|filtered| &mut filtered.stops);
            let mut stops: Vec<_> = stops.collect();
            let at = choice % stops.len().max(1);
            stops.get_mut(at)?.by += "1";
        }
        (Proof::Holds { filters, .. }, 7) => {
            let with_passes: Vec<_> =
                filters.values_mut().filter(|filtered| !filtered.passes.is_empty()).collect();
            let at = choice % with_passes.len().max(1);
            let filtered = with_passes.into_iter().nth(at)?;
            let block = filtered.passes.pop()?;
            let by = filtered.stops.first().map_or("default".to_owned(), |stop| stop.by.clone());
            filtered.stops.push(sekisho::certificate::Stopped { block, by });
        }
        (Proof::Violated { path } | Proof::Undetermined { path }, way) => {
            let at = choice % path.len();
            return broken(&entry, family, way, at);
        }
        _ => return None,
    }
    Some(entry)
}

/// The entry with a broken path.
fn broken(entry: &Certified, family: Family, way: u8, at: usize) -> Option<Certified> {
    let mut entry = entry.clone();
    let swap = match &mut entry.proof {
        Proof::Violated { path } | Proof::Undetermined { path } => {
            let several = path.len() > 1;
            let stop: &mut Stop = path.get_mut(at)?;
            match way {
                4 => stop.place += "1",
                5 => stop.sure = !stop.sure,
                6 => stop.lines.push("filter: permit, default".to_owned()),
                7 if several => {
                    let mut block = parse(family, &stop.packet)?;
                    block.0[0].0 ^= 1;
                    block.0[0].1 ^= 1;
                    stop.packet = write(family, block);
                }
                8 => path.truncate(path.len() - 1),
                _ => return None,
            }
            // What comes behind the last place is not looked at.
            way == 6 && at + 1 == path.len()
        }
        _ => true,
    };
    (!swap).then_some(entry)
}

/// A block without its last address or port, and what is gone.
pub(crate) fn narrowed(family: Family, text: &str, choice: usize) -> Option<(String, Block)> {
    let block = parse(family, text)?;
    let wide: Vec<usize> = (0..5).filter(|field| block.0[*field].0 < block.0[*field].1).collect();
    let field = *wide.get(choice % wide.len().max(1))?;
    let (first, last) = block.0[field];
    let kept = write(family, block.with(field, (first, last - 1)));
    Some((kept, block.with(field, (last, last))))
}

#[test]
fn a_changed_certificate_is_refused() {
    for name in ["x-enet/delivered", "x-enet/ipv6", "x-enet/mobile-router", "mini-packs/school-ac"]
    {
        let world = World::new(name);
        let entries = world.entries();
        let config = Config { rng_seed: RngSeed::Fixed(7), cases: 96, ..Config::default() };
        let mut runner = TestRunner::new(Config { failure_persistence: None, ..config });
        let tried = std::cell::Cell::new(0);
        let strategy = (0..entries.len(), 0..9u8, any::<u16>());
        let result = runner.run(&strategy, |(entry, way, choice)| {
            let index = entries[entry];
            let claim = &world.claims[index];
            let was = &world.certificate.claims[index];
            if let Some(entry) = changed(was, claim.family, way, usize::from(choice)) {
                tried.set(tried.get() + 1);
                let accepted = world.accepts(&world.loaded.snapshot, index, entry.clone());
                prop_assert!(!accepted, "{name}: change {way}: {:?}\nwas {:?}", entry, was);
            }
            Ok(())
        });
        result.unwrap();
        assert!(tried.get() >= 40, "{name}: only {} changes could be made", tried.get());
    }
}

#[test]
fn a_certificate_leaves_no_claim_out_and_speaks_of_each_once() {
    let world = World::new("x-enet/delivered");
    let accepted = |certificate: &Certificate| {
        verify(&world.loaded.snapshot, &world.claims, certificate).is_ok()
    };
    assert!(accepted(&world.certificate));
    for index in [0, world.claims.len() - 1] {
        let mut fewer = world.certificate.clone();
        fewer.claims.remove(index);
        assert!(!accepted(&fewer));
        let mut more = world.certificate.clone();
        more.claims.push(more.claims[index].clone());
        assert!(!accepted(&more));
    }
    let mut later = world.certificate.clone();
    later.version += 1;
    assert!(!accepted(&later));
}

/// The lines on which the proofs of an entry rest: device, list, position.
fn rests_on(snapshot: &Snapshot, entry: &Certified) -> Vec<(DeviceId, ListId, usize)> {
    let Proof::Holds { filters, .. } = &entry.proof else { return Vec::new() };
    let mut lines = Vec::new();
    for (name, filtered) in filters {
        let device = name.split_once('#').unwrap().0;
        let device = snapshot.device(device).unwrap();
        for stop in filtered.stops.iter().filter(|stop| stop.by != "default") {
            let last = stop.by.rsplit(" > ").next().unwrap();
            let word = last.split_once('#').unwrap().1.split(' ').next().unwrap();
            let (list, line) = word.split_once('.').unwrap();
            lines.push((device, ListId::from_index(list.parse().unwrap()), line.parse().unwrap()));
        }
    }
    lines.sort_unstable();
    lines.dedup();
    lines
}

#[test]
fn a_proof_falls_with_the_line_that_it_rests_on() {
    for name in ["x-enet/corrected", "mini-packs/school-sep"] {
        let world = World::new(name);
        let mut count = 0;
        for index in world.entries() {
            let entry = &world.certificate.claims[index];
            for (device, list, line) in rests_on(&world.loaded.snapshot, entry) {
                let mut snapshot = world.loaded.snapshot.clone();
                let changed = &mut snapshot.device_mut(device).lists[list].lines[line];
                assert_eq!(changed.action, Action::Deny);
                changed.action = Action::Permit;
                assert!(!world.accepts(&snapshot, index, entry.clone()), "{name}: permitted");
                snapshot.device_mut(device).lists[list].lines[line].enabled = false;
                assert!(!world.accepts(&snapshot, index, entry.clone()), "{name}: switched off");
                count += 1;
            }
        }
        assert!(count >= 5, "{name}: proofs rest on {count} lines only");
    }
}

#[test]
fn a_proof_falls_when_its_line_is_deleted_from_the_file() {
    let world = World::new("x-enet/corrected");
    let files = files(&root().join("x-enet/corrected"));
    let mut lines = Vec::new();
    for index in world.entries() {
        lines.extend(rests_on(&world.loaded.snapshot, &world.certificate.claims[index]));
    }
    lines.sort_unstable();
    lines.dedup();
    assert!(!lines.is_empty());
    for (device, list, line) in lines {
        let span = world.loaded.snapshot.devices[device].lists[list].lines[line].span;
        let file = world.loaded.sources.file(span.file);
        let (start, end) = (span.start as usize, span.end as usize);
        let mut changed = files.clone();
        let entry = changed.entries.iter_mut().find(|(path, _)| path == file.path()).unwrap();
        entry.1.drain(start..end);
        let loaded = scan::load(changed, &Options::default()).unwrap();
        assert!(recheck(&loaded, &world.certificate).is_err(), "{}: {line}", file.path());
    }
}

/// A virtual IP that keeps the address and changes the port: a packet to a port that nobody asked about becomes a forbidden one.
#[test]
fn a_translation_of_the_port_alone_is_not_overlooked() {
    let mut files = files(&root().join("x-enet/vip"));
    for (path, bytes) in &mut files.entries {
        if path.ends_with("ext-fw.conf") {
            let text = String::from_utf8(bytes.clone()).unwrap();
            *bytes = text.replace("set extip 203.0.113.5", "set extip 172.20.40.10").into_bytes();
        }
        if path == "policy.yaml" {
            *bytes = b"version: 1\nrules:\n  - id: T\n    deny: { from: internet, to: pi, service: tcp/445 }\n".to_vec();
        }
    }
    let scan = scan::scan(files, &Options::default()).unwrap();
    let verdict = scan.verdicts.iter().find(|verdict| verdict.rule == "T").unwrap();
    assert_eq!(verdict.verdict, Verdict::Violated);
    let certificate = certify(&scan);
    assert!(matches!(certificate.claims[0].proof, Proof::Violated { .. }));
    assert!(recheck(&scan.loaded, &certificate).is_ok());
}

/// A translation that is not read may send a packet to a server where the next firewall makes a forbidden one of it, though nobody
/// asked about its port, and what is sent to the server itself is stopped. The judge must start it, and no proof may leave it out.
#[test]
fn a_translation_that_is_not_read_is_not_overlooked() {
    let first = "*raw\n:PREROUTING ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n-A PREROUTING -d 192.168.2.0/24 -j DROP\nCOMMIT\n\
        *nat\n:PREROUTING ACCEPT [0:0]\n:INPUT ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n\
        -A PREROUTING -d 203.0.113.7/32 -p tcp -j SAME --to 192.168.2.10\nCOMMIT\n\
        *filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n-A FORWARD -p tcp -m tcp --dport 8080 -j ACCEPT\nCOMMIT\n";
    let second = "*nat\n:PREROUTING ACCEPT [0:0]\n:INPUT ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n\
        -A PREROUTING -d 192.168.2.10/32 -p tcp -m tcp --dport 8080 -j DNAT --to-destination :445\nCOMMIT\n\
        *filter\n:INPUT DROP [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n";
    let topology = "version: 1\nzones:\n  lan: { networks: [192.168.1.0/24] }\n  mid: { networks: [10.0.0.0/30] }\n  srv: { networks: [192.168.2.0/24] }\n\
        devices:\n  first:\n    config: first.rules\n    interfaces: { eth0: { addresses: [192.168.1.1/24] }, eth1: { addresses: [10.0.0.1/30] } }\n    \
        routes: [{ to: 0.0.0.0/0, via: 10.0.0.2, interface: eth1 }]\n  \
        second:\n    config: second.rules\n    interfaces: { eth0: { addresses: [10.0.0.2/30] }, eth1: { addresses: [192.168.2.1/24] } }\n    \
        routes: [{ to: 192.168.1.0/24, via: 10.0.0.1, interface: eth0 }]\n";
    let policy =
        "version: 1\nrules:\n  - id: T\n    deny: { from: lan, to: srv, service: tcp/445 }\n";
    let judged = |first: &str| {
        let entries = [
            ("first.rules", first),
            ("policy.yaml", policy),
            ("second.rules", second),
            ("topology.yaml", topology),
        ];
        let entries =
            entries.map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec())).into();
        let scan =
            scan::scan(Files { name: "unread".to_owned(), entries }, &Options::default()).unwrap();
        let certificate = certify(&scan);
        assert!(recheck(&scan.loaded, &certificate).is_ok());
        let holds = matches!(certificate.claims[0].proof, Proof::Holds { .. });
        (scan.verdicts[0].verdict, holds)
    };
    assert_eq!(judged(first), (Verdict::Undetermined, false));
    let without: String = first
        .lines()
        .filter(|line| !line.contains("SAME"))
        .map(|line| format!("{line}\n"))
        .collect();
    assert_eq!(judged(&without), (Verdict::Holds, true));
}

fn command(binary: &str, arguments: &[&str]) -> (i32, String) {
    let output = Command::new(binary).args(arguments).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    (output.status.code().unwrap(), text)
}

#[test]
fn the_second_binary_says_yes_or_no() {
    let (check, verify) = (env!("CARGO_BIN_EXE_sekisho"), env!("CARGO_BIN_EXE_sekisho-verify"));
    let place = std::env::temp_dir().join(format!("sekisho-certificate-{}", std::process::id()));
    std::fs::create_dir_all(&place).unwrap();
    let path = place.join("certificate.json");
    let file = path.to_str().unwrap();
    let world = |name: &str| root().join(name).to_str().unwrap().to_owned();
    let (good, bad) = (world("x-enet/corrected"), world("x-enet/delivered"));
    let written = command(check, &["check", &good, "--quiet", "--certificate", file]);
    assert_eq!(written.0, 0);
    let first = std::fs::read(&path).unwrap();
    let yes = command(verify, &[&good, file, "--lang", "en"]);
    assert_eq!(yes.0, 0, "{}", yes.1);
    assert!(
        yes.1.starts_with("yes: ") && yes.1.contains("not proven: X-PI-03 (stepping-stones, ipv4)")
    );
    let no = command(verify, &[&bad, file, "--lang", "ja"]);
    assert_eq!(no.0, 1);
    assert!(no.1.starts_with("いいえ\n"), "{}", no.1);
    let none = world("x-enet/corrected/policy.yaml");
    assert_eq!(command(verify, &[&good, &none]).0, 2, "not a certificate");
    assert_eq!(command(verify, &[&world("x-enet/corrected/configs"), file]).0, 2, "no policy");
    command(check, &["check", &good, "--quiet", "--certificate", file]);
    assert_eq!(std::fs::read(&path).unwrap(), first, "the same bytes every time");
    let lone = place.join("lone");
    for (path, bytes) in files(Path::new(&good)).entries {
        let full = lone.join(path);
        std::fs::create_dir_all(full.parent().unwrap()).unwrap();
        std::fs::write(full, bytes).unwrap();
    }
    let policy = "version: 1\nrules:\n  - { id: R1, via: { from: sv, to: pi, through: int-fw } }\n";
    std::fs::write(lone.join("policy.yaml"), policy).unwrap();
    let lone = lone.to_str().unwrap();
    command(check, &["check", lone, "--quiet", "--certificate", file]);
    let nothing = command(verify, &[lone, file, "--lang", "en"]);
    assert_eq!(nothing.0, 3, "{}", nothing.1);
    assert!(nothing.1.starts_with("nothing to check: no rule is proven"), "{}", nothing.1);
    std::fs::remove_dir_all(&place).unwrap();
}
