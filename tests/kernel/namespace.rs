//! Network namespaces that this test makes and takes away again.

use nix::sched::{CloneFlags, setns};
use std::fs::File;
use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

/// One namespace; it is deleted with the value.
#[derive(Debug)]
pub(crate) struct Namespace(String);

impl Namespace {
    /// A new namespace with its loopback up.
    pub(crate) fn new() -> Namespace {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("sekisho-{}-{number}", std::process::id());
        run("ip", &["netns", "add", &name], "").unwrap();
        let namespace = Namespace(name);
        namespace.exec("ip", &["link", "set", "lo", "up"], "").unwrap();
        namespace
    }

    pub(crate) fn name(&self) -> &str {
        &self.0
    }

    /// Runs a program inside, with `input` on its standard input; an error when it fails.
    pub(crate) fn exec(&self, program: &str, words: &[&str], input: &str) -> Result<(), String> {
        let mut all = vec!["netns", "exec", &self.0, program];
        all.extend(words);
        run("ip", &all, input)
    }

    /// Runs `work` inside, on a thread of its own; sockets that it makes stay inside.
    pub(crate) fn inside<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        let file = File::open(format!("/var/run/netns/{}", self.0)).unwrap();
        std::thread::scope(|scope| {
            let worker = scope.spawn(|| {
                setns(&file, CloneFlags::CLONE_NEWNET).expect("root may enter a namespace");
                work()
            });
            worker.join().unwrap()
        })
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        let _ = run("ip", &["netns", "del", &self.0], "");
    }
}

fn run(program: &str, words: &[&str], input: &str) -> Result<(), String> {
    let mut child = Command::new(program)
        .args(words)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("cannot start {program}: {error}"))?;
    // A program that does not read its input closes the pipe early; what it has to say is its exit status.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    if output.status.success() {
        return Ok(());
    }
    Err(format!("{program} {}: {}", words.join(" "), String::from_utf8_lossy(&output.stderr)))
}
