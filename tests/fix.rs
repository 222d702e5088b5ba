//! What `fix` proposes ends what it says, on the edited files as on any others, and costs nothing that holds.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test fails by panicking, and reads its inputs itself"
)]

mod topologies;
mod vendors;

use std::io::Write;
use std::process::{Command, Stdio};

use sekisho::finding::Verdict;
use sekisho::remedy::{self, Act, Plan};
use sekisho::report;
use sekisho::scan::{self, Files, Options, Scan};
use vendors::{Traffic, VENDORS, Vendor, Wish};

fn world(name: &str) -> Files {
    topologies::files(&topologies::root().join(name))
}

fn plan(name: &str) -> (Plan, Files) {
    let files = world(name);
    (remedy::plan(files.clone(), Options::default()).unwrap(), files)
}

fn verdicts(scan: &Scan) -> Vec<(&str, Verdict)> {
    scan.verdicts.iter().map(|verdict| (verdict.rule.as_str(), verdict.verdict)).collect()
}

/// A router between three zones with this list.
fn small(rules: &str, list: &str) -> Files {
    let config = format!(
        "hostname gw\ninterface GigabitEthernet0/0\n ip address 10.1.0.1 255.255.255.0\n!\n\
         interface GigabitEthernet0/1\n ip address 10.2.0.1 255.255.255.0\n ip access-group B out\n!\n\
         interface GigabitEthernet0/2\n ip address 10.3.0.1 255.255.255.0\n!\nip access-list extended B\n{list} deny ip any any\nend\n"
    );
    let topology = "version: 1\nname: t\nzones: { a: { networks: [10.1.0.0/24] }, b: { networks: [10.2.0.0/24] }, c: { networks: [10.3.0.0/24] } }\n\
         devices: { gw: { config: gw.cfg } }\n";
    let entries = [
        ("gw.cfg", config),
        ("topology.yaml", topology.to_owned()),
        ("policy.yaml", format!("version: 1\nrules:\n{rules}")),
    ];
    let entries = entries.map(|(name, text)| (name.to_owned(), text.into_bytes())).into();
    Files { name: "t".to_owned(), entries }
}

#[test]
fn what_fails_already_is_no_reason_to_let_more_fail() {
    let rules = "  - { id: NO, deny: { from: a, to: b, service: tcp/445 } }\n  - { id: YES, require: { from: [a, c], to: b, service: tcp/443 } }\n  - { id: DNS, require: { from: c, to: b, service: udp/53 } }\n";
    let plan =
        remedy::plan(small(rules, " permit tcp 10.1.0.0 0.0.0.255 any\n"), Options::default())
            .unwrap();
    let failing = |scan: &Scan| -> Vec<(Option<String>, Verdict)> {
        let of = scan.findings.iter().filter(|finding| finding.rule == "YES");
        of.map(|finding| (finding.from.clone(), finding.verdict)).collect()
    };
    assert_eq!(failing(&plan.before), [(Some("c".to_owned()), Verdict::Violated)]);
    let before = failing(&plan.before);
    assert!(failing(&plan.after).iter().all(|pair| before.contains(pair)), "{:?}", plan.steps);
    assert_eq!(plan.steps.len(), 1);
    // What no edit is known for is told.
    let open: Vec<&str> = plan.open.iter().map(|open| open.finding.rule.as_str()).collect();
    assert_eq!(open, ["DNS"]);
}

/// The files after `patch -p1`.
fn patched(files: &Files, patch: &[u8], name: &str) -> Files {
    let dir = std::env::temp_dir().join(format!("sekisho-fix-{}-{name}", std::process::id()));
    let _ = std::fs::remove_dir_all(&dir);
    for (path, bytes) in &files.entries {
        let full = dir.join(path);
        std::fs::create_dir_all(full.parent().unwrap()).unwrap();
        std::fs::write(full, bytes).unwrap();
    }
    let mut git = Command::new("git");
    git.args(["apply", "-p1", "-"]).current_dir(&dir).stdin(Stdio::piped());
    let mut child = git.spawn().unwrap();
    child.stdin.take().unwrap().write_all(patch).unwrap();
    assert!(child.wait().unwrap().success(), "the patch applies");
    let mut after = topologies::files(&dir);
    after.name.clone_from(&files.name);
    std::fs::remove_dir_all(&dir).unwrap();
    after
}

#[test]
fn the_delivered_state_is_put_right_as_the_judgment_says() {
    let (plan, files) = plan("x-enet/delivered");
    let mut lines: Vec<(&str, u32)> = plan
        .steps
        .iter()
        .flat_map(|step| &step.choice.changes)
        .map(|change| (change.file.as_str(), change.at))
        .collect();
    lines.sort_unstable();
    assert_eq!(lines, [("configs/ext-fw.conf", 1416), ("configs/int-fw.cfg", 146)]);
    assert!(plan.open.is_empty());
    assert!(plan.after.verdicts.iter().all(|verdict| verdict.verdict == Verdict::Holds));
    let commands: Vec<&str> = plan
        .steps
        .iter()
        .flat_map(|step| &step.choice.changes)
        .flat_map(|change| change.commands.iter().map(String::as_str))
        .collect();
    assert_eq!(
        commands,
        [
            "no access-list OUT_IN extended permit ip any object PI-NET",
            "config firewall policy",
            "delete 4",
            "end"
        ]
    );
    // The patch says the same as the plan, to a run that knows nothing of it.
    let after = patched(&files, &report::plan_patch(&plan, &files), "delivered");
    let again = scan::scan(after, &Options::default()).unwrap();
    assert_eq!(verdicts(&again), verdicts(&plan.after));
}

#[test]
fn no_step_makes_a_verdict_worse_and_every_step_ends_its_finding() {
    for name in
        ["mini-packs/beta-prime", "mini-packs/alpha-screen", "x-enet/delivered", "kozakura-town"]
    {
        let (plan, files) = plan(name);
        for (before, after) in plan.before.verdicts.iter().zip(&plan.after.verdicts) {
            assert_eq!(before.rule, after.rule);
            assert!(after.verdict <= before.verdict, "{name}: {}", before.rule);
        }
        for step in &plan.steps {
            let there = |scan: &Scan| {
                scan.findings.iter().any(|f| f.fingerprint == step.finding.fingerprint)
            };
            assert!(!there(&plan.after), "{name}: {} is still there", step.finding.rule);
            assert!(
                step.choice.worse.is_empty()
                    && step.others.iter().all(|other| other.worse.is_empty())
            );
        }
        for open in &plan.open {
            assert!(open.costly.iter().all(|proposal| !proposal.worse.is_empty()), "{name}");
        }
        if !plan.steps.is_empty() {
            let after =
                patched(&files, &report::plan_patch(&plan, &files), &name.replace('/', "-"));
            let again = scan::scan(after, &Options::default()).unwrap();
            assert_eq!(verdicts(&again), verdicts(&plan.after), "{name}");
        }
    }
}

#[test]
fn what_required_traffic_needs_is_not_taken_away() {
    // The one line that lets the forbidden packets pass carries required ones, too.
    let mut files = world("x-enet/delivered");
    let (_, policy) = files.entries.iter_mut().find(|(path, _)| path == "policy.yaml").unwrap();
    policy.extend_from_slice(b"");
    let text = String::from_utf8(policy.clone()).unwrap();
    let rule = "rules:\n  - id: NEED\n    require: { from: dmz.web1, to: pi.fs1, service: tcp/445 }\n    severity: high\n";
    *policy = text.replacen("rules:\n", rule, 1).into_bytes();
    let plan = remedy::plan(files, Options::default()).unwrap();
    let need = |scan: &Scan| scan.verdicts.iter().find(|v| v.rule == "NEED").map(|v| v.verdict);
    assert_eq!(
        (need(&plan.before), need(&plan.after)),
        (Some(Verdict::Holds), Some(Verdict::Holds))
    );
    let costly = plan.open.iter().flat_map(|open| &open.costly);
    assert!(costly.clone().count() > 0, "what would break it is told");
    assert!(costly.flat_map(|proposal| &proposal.worse).all(|rule| rule == "NEED"));
}

/// One permit of everything on the stage of `vendor`, and a policy that requires one service and forbids the others.
fn too_wide(vendor: &Vendor) -> Files {
    let everything =
        Wish { permit: true, traffic: Traffic::Anything, source: None, destination: None };
    let policy = "version: 1\nrules:\n  - { id: NEED, require: { from: 10.1.8.0/24, to: 10.2.8.0/24, service: tcp/443 }, severity: high }\n  - { id: SHUT, deny: { from: a, to: b, service: [tcp/1-442, tcp/444-65535, udp] }, severity: high }\n";
    let mut files = vendor.files(&[everything]);
    files.entries.push(("policy.yaml".to_owned(), policy.as_bytes().to_vec()));
    files
}

#[test]
fn what_is_required_stays_when_the_rest_of_a_line_is_stopped_in_every_syntax() {
    for vendor in VENDORS {
        let files = too_wide(vendor);
        let plan = remedy::plan(files.clone(), Options::default()).unwrap();
        let name = vendor.format;
        assert_eq!(
            verdicts(&plan.before),
            [("NEED", Verdict::Holds), ("SHUT", Verdict::Violated)],
            "{name}"
        );
        // A sheet of rules has no form for a new row.
        if name == "table" {
            assert_eq!((plan.steps.len(), plan.open.len()), (0, 1));
            continue;
        }
        assert_eq!(
            verdicts(&plan.after),
            [("NEED", Verdict::Holds), ("SHUT", Verdict::Holds)],
            "{name}: {:?}",
            plan.open
        );
        let [step] = plan.steps.as_slice() else { panic!("{name}: {:?}", plan.steps) };
        let acts: Vec<Act> = std::iter::once(&step.choice)
            .chain(&step.others)
            .map(|proposal| proposal.changes[0].act)
            .collect();
        assert_eq!(acts, [Act::Narrow, Act::Bar], "{name}");
        // The patch says the same as the plan, to a run that knows nothing of it, and every line of it is read.
        let patch = report::plan_patch(&plan, &files);
        let after = patched(&files, &patch, &format!("wide-{name}"));
        let again = scan::scan(after, &Options::default()).unwrap();
        assert_eq!(verdicts(&again), verdicts(&plan.after), "{name}");
        let gaps = |scan: &Scan| {
            scan.loaded.snapshot.coverage.iter().flatten().map(|c| c.gaps.len()).sum::<usize>()
        };
        assert_eq!(gaps(&again), gaps(&plan.before), "{name}\n{}", String::from_utf8_lossy(&patch));
    }
}

#[test]
fn a_file_in_another_encoding_and_with_other_line_ends_keeps_them() {
    let vendor = VENDORS.iter().find(|vendor| vendor.format == "yamaha").unwrap();
    let mut files = too_wide(vendor);
    let (_, bytes) = &mut files.entries[0];
    let text = format!("# 庁舎の外側\n{}", String::from_utf8(bytes.clone()).unwrap());
    *bytes = encoding_rs::SHIFT_JIS.encode(&text.replace('\n', "\r\n")).0.into_owned();
    let plan = remedy::plan(files.clone(), Options::default()).unwrap();
    assert!(plan.after.verdicts.iter().all(|verdict| verdict.verdict == Verdict::Holds));
    let after = patched(&files, &report::plan_patch(&plan, &files), "cp932");
    let (_, bytes) = after.entries.iter().find(|(path, _)| *path == files.entries[0].0).unwrap();
    assert_eq!(
        Some(bytes),
        plan.files.entries.iter().find(|(p, _)| *p == files.entries[0].0).map(|(_, b)| b)
    );
    let (text, _, lost) = encoding_rs::SHIFT_JIS.decode(bytes);
    assert!(!lost && text.starts_with("# 庁舎の外側\r\n"));
    assert_eq!(text.matches('\n').count(), text.matches("\r\n").count());
}
