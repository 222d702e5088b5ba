//! `--memory-limit`: what is too large is refused by name before any work, and what fits is judged as without a limit.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test sets the stage")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn sekisho(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_sekisho")).args(["--lang", "en"]).args(args).output().unwrap()
}

fn said(output: &Output) -> (Option<i32>, String) {
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

fn court() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("topologies/x-enet/delivered");
    path.to_str().unwrap().to_owned()
}

fn dir(name: &str) -> PathBuf {
    let name = format!("sekisho-memory-{}-{name}", std::process::id());
    let path = std::env::temp_dir().join(name);
    let _ = std::fs::remove_dir_all(&path);
    std::fs::create_dir_all(&path).unwrap();
    path
}

#[test]
fn inputs_that_are_too_large_are_not_read() {
    let (code, error) = said(&sekisho(&["check", "--memory-limit", "1MB", &court()]));
    assert_eq!(code, Some(2), "{error}");
    assert!(error.contains("ext-fw.conf") && error.contains("--memory-limit 1 MB"), "{error}");
}

#[test]
fn what_fits_is_judged_as_without_a_limit() {
    let plain = sekisho(&["check", "--format", "json", &court()]);
    let limited = sekisho(&["check", "--format", "json", "--memory-limit", "2GB", &court()]);
    assert_eq!(plain.stdout, limited.stdout);
    assert_eq!(plain.status.code(), limited.status.code());
}

/// A short file may mean much: every host of one list with every host of another.
#[test]
fn a_device_that_does_not_fit_is_named() {
    let dir = dir("device");
    let mut text = "ASA Version 9.14(1)\nhostname fw\n".to_owned();
    for (name, net, port) in [("inside", 1, 0), ("outside", 2, 1)] {
        let _ = writeln!(
            text,
            "interface GigabitEthernet0/{port}\n nameif {name}\n security-level 0\n ip address 10.{net}.0.1 255.255.0.0"
        );
    }
    for line in 0..4000_u32 {
        let (a, b) = (line % 250, line / 250);
        let _ = writeln!(
            text,
            "access-list IN extended permit tcp host 10.1.{b}.{a} host 10.2.{a}.{b} eq {}",
            1 + 7 * line
        );
    }
    text += "access-group IN in interface inside\n";
    std::fs::write(dir.join("fw.cfg"), text).unwrap();
    let path = dir.to_str().unwrap();
    let (code, error) = said(&sekisho(&["matrix", "--memory-limit", "9MB", path]));
    assert_eq!(code, Some(2), "{error}");
    assert!(error.contains("the rules of fw do not fit"), "{error}");
    assert!(sekisho(&["matrix", "--memory-limit", "200MB", path]).status.success());
    std::fs::remove_dir_all(dir).unwrap();
}

#[test]
fn a_size_without_a_unit_is_a_mistake() {
    let (code, error) = said(&sekisho(&["check", "--memory-limit", "2", &court()]));
    assert_eq!(code, Some(2));
    assert!(error.contains("500MB"), "{error}");
}
