//! What `fix` proposes ends what it says, on the edited files as on any others, and costs nothing that holds.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test fails by panicking, and reads its inputs itself"
)]

mod topologies;

use std::io::Write;
use std::process::{Command, Stdio};

use sekisho::finding::Verdict;
use sekisho::remedy::{self, Plan};
use sekisho::report;
use sekisho::scan::{self, Files, Options, Scan};

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
        .flat_map(|step| &step.choice.removals)
        .map(|removal| (removal.file.as_str(), removal.given[0]))
        .collect();
    lines.sort_unstable();
    assert_eq!(lines, [("configs/ext-fw.conf", 1416), ("configs/int-fw.cfg", 146)]);
    assert!(plan.open.is_empty());
    assert!(plan.after.verdicts.iter().all(|verdict| verdict.verdict == Verdict::Holds));
    let commands: Vec<&str> = plan
        .steps
        .iter()
        .flat_map(|step| &step.choice.removals)
        .flat_map(|removal| removal.commands.iter().map(String::as_str))
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
