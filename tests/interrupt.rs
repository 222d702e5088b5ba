//! An interrupted run leaves every file whole: as it was, or as it was to become.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test sets the stage")]

use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const SIGINT: i32 = 2;

struct Stage {
    dir: PathBuf,
}

impl Stage {
    fn new(name: &str) -> Stage {
        let name = format!("sekisho-interrupt-{}-{name}", std::process::id());
        let dir = std::env::temp_dir().join(name);
        let _ = std::fs::remove_dir_all(&dir);
        std::fs::create_dir_all(&dir).unwrap();
        let pipe = Command::new("mkfifo").arg(dir.join("pipe")).status().unwrap();
        assert!(pipe.success());
        std::fs::write(dir.join("report.json"), "before").unwrap();
        Stage { dir }
    }

    /// A run that writes to these in order; it waits at the pipe, which nobody reads.
    fn start(&self, outputs: [&str; 2]) -> Child {
        let world = Path::new(env!("CARGO_MANIFEST_DIR")).join("topologies/mini-packs/school-ac");
        // A shell may have the tests ignore the signal; the run does not.
        let mut command = Command::new("env");
        command.args(["--default-signal=INT", env!("CARGO_BIN_EXE_sekisho"), "check", "--quiet"]);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        for output in outputs {
            command.arg(format!("--output=json={}", self.dir.join(output).display()));
        }
        command.arg(world).spawn().unwrap()
    }

    fn report(&self) -> String {
        std::fs::read_to_string(self.dir.join("report.json")).unwrap()
    }

    /// The names of the directory.
    fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(&self.dir).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}

fn until(what: impl Fn() -> bool) {
    let patience = Instant::now() + Duration::from_secs(120);
    while !what() {
        assert!(Instant::now() < patience, "the run did not come so far");
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn interrupt(mut child: Child) {
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
    assert_eq!(child.wait().unwrap().signal(), Some(SIGINT));
}

/// Whether the process sleeps in opening the pipe: Linux tells the call that it waits in.
fn waits_at_pipe(child: &Child) -> bool {
    let waits = std::fs::read_to_string(format!("/proc/{}/wchan", child.id()));
    waits.is_ok_and(|name| ["fifo", "wait_for_partner"].iter().any(|part| name.contains(part)))
}

#[test]
fn a_report_that_was_written_stays_whole() {
    let stage = Stage::new("after");
    let child = stage.start(["report.json", "pipe"]);
    until(|| stage.report() != "before");
    interrupt(child);
    let report: serde_json::Value = serde_json::from_str(&stage.report()).unwrap();
    assert!(report["verdicts"].as_array().is_some_and(|verdicts| !verdicts.is_empty()));
    assert_eq!(stage.names(), ["pipe", "report.json"]);
}

#[test]
fn a_report_that_was_not_begun_stays_as_it_was() {
    let stage = Stage::new("before");
    let child = stage.start(["pipe", "report.json"]);
    if std::fs::read_to_string("/proc/self/wchan").is_ok_and(|name| name != "0") {
        until(|| waits_at_pipe(&child));
    }
    interrupt(child);
    assert_eq!(stage.report(), "before");
    assert_eq!(stage.names(), ["pipe", "report.json"]);
}
