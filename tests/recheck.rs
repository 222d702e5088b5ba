//! A run that goes on says after every edit what a new run on the edited files says, to the byte.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test fails by panicking, and reads its inputs itself"
)]

#[path = "differential/rng.rs"]
mod rng;
mod topologies;

use rng::Rng;
use sekisho::finding::Verdict;
use sekisho::report::{self, Sink, Style};
use sekisho::scan::{self, Edit, Files, InputError, Options, Scan, Workspace};

/// Worlds of several vendors that are small enough to be judged many times.
const WORLDS: [&str; 4] =
    ["x-enet/delivered", "x-enet/corrected", "mini-packs/alpha-screen", "mini-packs/beta-prime"];

fn said(scan: &Result<Scan, Vec<InputError>>) -> String {
    match scan {
        Ok(scan) => String::from_utf8(report::render(scan, Sink::Json, &Style::default())).unwrap(),
        Err(errors) => format!("{errors:#?}"),
    }
}

/// One edit of a text: a line goes, comes twice, moves, or changes a little.
fn edited(text: &str, rng: &mut Rng) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    if lines.is_empty() {
        return "! empty\n".to_owned();
    }
    let at = rng.below(lines.len());
    match rng.below(6) {
        0 => drop(lines.remove(at)),
        1 => lines.insert(at, lines[at].clone()),
        2 => lines.swap(at, (at + 1) % text.lines().count()),
        3 => lines.insert(at, String::new()),
        4 => {
            let other = lines[rng.below(lines.len())].clone();
            lines[at] = other;
        }
        _ => {
            let digit = |c: char| if c.is_ascii_digit() { '1' } else { c };
            lines[at] = lines[at].chars().map(digit).collect();
        }
    }
    lines.join("\n") + "\n"
}

fn is_config(path: &str) -> bool {
    !path.ends_with(".yaml") && !path.ends_with(".md")
}

/// An edit of a configuration; now and then of the topology or the policy, or a file that goes away and comes back. What cannot be
/// read any more is mended soon.
fn next(files: &Files, whole: &Files, readable: bool, rng: &mut Rng) -> Edit {
    let broken = |(path, bytes): &&(String, Vec<u8>)| {
        path.ends_with(".yaml") && files.entries.iter().any(|(p, b)| p == path && b != bytes)
    };
    let broken = whole.entries.iter().find(broken).filter(|_| !readable && rng.below(2) == 0);
    if let Some((path, bytes)) = broken {
        return Edit { path: path.clone(), bytes: Some(bytes.clone()) };
    }
    let gone = whole.entries.iter().find(|(path, _)| !files.entries.iter().any(|(p, _)| p == path));
    let configs = files.entries.iter().any(|(path, _)| is_config(path));
    if let Some((path, bytes)) = gone.filter(|_| !configs || rng.below(2) == 0) {
        return Edit { path: path.clone(), bytes: Some(bytes.clone()) };
    }
    let wanted: Vec<&(String, Vec<u8>)> =
        files.entries.iter().filter(|(path, _)| rng.below(12) == 0 || is_config(path)).collect();
    let (path, bytes) = wanted[rng.below(wanted.len())];
    let path = path.clone();
    if rng.below(40) == 0 {
        return Edit { path, bytes: None };
    }
    if rng.below(4) == 0 {
        let (_, bytes) = whole.entries.iter().find(|(known, _)| *known == path).unwrap();
        return Edit { path, bytes: Some(bytes.clone()) };
    }
    let text = String::from_utf8_lossy(bytes);
    Edit { path, bytes: Some(edited(&text, rng).into_bytes()) }
}

fn apply(files: &mut Files, edit: &Edit) {
    files.entries.retain(|(path, _)| *path != edit.path);
    files.entries.extend(edit.bytes.clone().map(|bytes| (edit.path.clone(), bytes)));
    files.entries.sort();
}

fn hold(world: &str, seed: u64, edits: usize) {
    let whole = topologies::files(&topologies::root().join(world));
    let (mut files, mut rng) = (whole.clone(), Rng::new(seed));
    let options = Options::default();
    let mut workspace = Workspace::new(files.clone(), options.clone());
    let mut history = vec![workspace.recheck(Vec::new())];
    assert_eq!(said(&history[0]), said(&scan::scan(files.clone(), &options)), "{world}");
    for at in 0..edits {
        let readable = history.last().is_some_and(Result::is_ok);
        let edit = next(&files, &whole, readable, &mut rng);
        apply(&mut files, &edit);
        let path = edit.path.clone();
        let again = workspace.recheck(vec![edit]);
        let new = scan::scan(files.clone(), &options);
        assert!(said(&again) == said(&new), "{world}: seed {seed}, edit {at} ({path})");
        history.push(again);
    }
    let readable = history.iter().filter(|scan| scan.is_ok()).count();
    assert!(readable * 2 > history.len(), "{world}: most edits leave something to judge");
}

fn edits() -> usize {
    if std::env::var_os("SEKISHO_NIGHTLY").is_some() { 500 } else { 12 }
}

#[test]
fn what_is_said_after_an_edit_is_what_a_new_run_says() {
    for (seed, world) in (1..).zip(WORLDS) {
        hold(world, seed, edits());
    }
}

/// A world of two firewalls in a row, each with a rule for every pair, in which every pair but one is closed.
fn row() -> Files {
    let hosts = |zone: usize| format!("10.{zone}.0.0 255.255.255.0");
    let mut entries = Vec::new();
    for (name, sides) in [("east", [1, 2]), ("west", [2, 3])] {
        let [left, right] = sides;
        let mut text = format!(": Saved\nASA Version 9.16(4)\nhostname {name}\n");
        for (port, (zone, own)) in [(left, 2), (right, 1)].into_iter().enumerate() {
            text += &format!(
                "interface GigabitEthernet0/{port}\n nameif z{zone}\n security-level {}\n ip address 10.{zone}.0.{own} 255.255.255.0\n",
                100 - 100 * port
            );
        }
        for (from, to) in [(left, right), (right, left)] {
            text += &format!(
                "access-list Z{from} extended permit tcp {} {} eq 443\n",
                hosts(from),
                hosts(to)
            );
            text += &format!("access-group Z{from} in interface z{from}\n");
        }
        entries.push((format!("{name}.cfg"), text.into_bytes()));
    }
    let zones = (1..=3).map(|zone| format!("  z{zone}: {{networks: [10.{zone}.0.0/24]}}\n"));
    let topology = format!(
        "version: 1\nzones:\n{}devices:\n  east: {{config: east.cfg}}\n  west: {{config: west.cfg}}\n",
        zones.collect::<String>()
    );
    entries.push(("topology.yaml".to_owned(), topology.into_bytes()));
    let mut policy = "version: 1\nrules:\n".to_owned();
    for (from, to) in [(1, 2), (1, 3), (2, 1), (2, 3), (3, 1), (3, 2)] {
        policy += &format!(
            "  - {{id: r{from}{to}, deny: {{from: z{from}, to: z{to}, service: [tcp/3389]}}, severity: high, stepping-stones: false}}\n"
        );
    }
    entries.push(("policy.yaml".to_owned(), policy.into_bytes()));
    entries.sort();
    Files { name: "row".to_owned(), entries }
}

#[test]
fn only_what_a_line_touches_is_asked_again() {
    let mut files = row();
    let mut workspace = Workspace::new(files.clone(), Options::default());
    let first = workspace.recheck(Vec::new()).unwrap();
    assert!(first.verdicts.iter().all(|verdict| verdict.verdict == Verdict::Holds));
    let whole = workspace.effort();
    assert_eq!(whole.asked, whole.parts);
    // From zone 3 to zone 2: one source of one rule in one family asks about it, and its forged twin.
    let mut edit = |from: &str, to: &str| {
        let (path, bytes) =
            files.entries.iter().find(|(path, _)| path == "west.cfg").unwrap().clone();
        let text = String::from_utf8(bytes).unwrap().replace(from, to);
        let edit = Edit { path, bytes: Some(text.into_bytes()) };
        apply(&mut files, &edit);
        let again = workspace.recheck(vec![edit]);
        assert!(said(&again) == said(&scan::scan(files.clone(), &Options::default())));
        (workspace.effort().asked, again.unwrap())
    };
    let line =
        "access-list Z3 extended permit tcp 10.3.0.0 255.255.255.0 10.2.0.0 255.255.255.0 eq";
    let (asked, scan) = edit(&format!("{line} 443"), &format!("{line} 3389"));
    assert!(
        scan.verdicts
            .iter()
            .any(|verdict| verdict.rule == "r32" && verdict.verdict == Verdict::Violated)
    );
    assert!(asked * 4 < whole.parts, "{asked} of {whole:?}");
    // Nothing to do with any question; what found something is told anew, because lines may have moved.
    let (asked, _) = edit("ASA Version", "\nASA Version");
    assert_eq!(asked, 1);
}
