//! z3 (Debian package `z3`), which shares nothing with this project. A machine without it fails the tests that ask it.

use std::fmt::LowerHex;
use std::io::Write as _;
use std::process::{Command, Stdio};

/// The answers to a script in SMT-LIB 2, one a `check-sat`.
pub(crate) fn ask(script: String) -> Vec<String> {
    let mut child = Command::new("z3")
        .args(["-in", "-smt2", "-T:120"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("z3 is installed (apt-get install z3)");
    let mut input = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || input.write_all(script.as_bytes()));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

/// That the bit vector `name` of `width` bits lies between `first` and `last`.
pub(crate) fn between(
    name: &str,
    width: usize,
    first: impl LowerHex,
    last: impl LowerHex,
) -> String {
    let digits = width / 4;
    format!("(and (bvule #x{first:0digits$x} {name}) (bvule {name} #x{last:0digits$x}))")
}
