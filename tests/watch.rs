//! `check --watch`: the report follows what is written, and a file that cannot be read is told and waited for.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test sets the stage"
)]

mod topologies;

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

struct Watch {
    dir: PathBuf,
    child: Child,
    said: Receiver<String>,
}

impl Watch {
    fn new(world: &str) -> Watch {
        let dir = std::env::temp_dir().join(format!("sekisho-watch-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&dir);
        for (path, bytes) in topologies::files(&topologies::root().join(world)).entries {
            let path = dir.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        }
        let mut command = Command::new(env!("CARGO_BIN_EXE_sekisho"));
        command.args(["check", "--watch", "--lang", "en"]).arg(&dir);
        command.stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let (tell, said) = mpsc::channel();
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                if tell.send(line).is_err() {
                    return;
                }
            }
        });
        Watch { dir, child, said }
    }

    /// Waits until a line holds `part`; the lines before it are lost.
    fn until(&self, part: &str) {
        let mut lines = Vec::new();
        while let Ok(line) = self.said.recv_timeout(Duration::from_secs(120)) {
            if line.contains(part) {
                return;
            }
            lines.push(line);
        }
        panic!("nothing said `{part}`: {lines:#?}");
    }

    fn edit(&self, path: &str, edit: impl FnOnce(String) -> String) {
        let path = self.dir.join(path);
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, edit(text)).unwrap();
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}

#[test]
fn every_edit_is_reported() {
    let watch = Watch::new("mini-packs/alpha-screen");
    watch.until("waiting for edits");
    watch.edit("configs/fw.cfg", |text| text + "!\n");
    watch.until("read again after edits of configs/fw.cfg");
    watch.until("against the report before");
    watch.edit("policy.yaml", |text| text.replace("packs:", "pakcs:"));
    watch.until("read again after edits of policy.yaml");
    watch.until("policy.yaml:");
    watch.edit("policy.yaml", |text| text.replace("pakcs:", "packs:"));
    watch.until("against the report before: 0 new findings, 0 gone");
}
