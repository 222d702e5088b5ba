//! The worlds under `topologies/`, as tests read them.

#![allow(dead_code, unreachable_pub, reason = "each user takes the part that it needs")]

use std::path::{Path, PathBuf};

use sekisho::scan::Files;

/// Where they are.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("topologies")
}

/// Every world of which somebody expects something, in the order of their paths. A build without workbooks refuses some; what it
/// cannot open it cannot judge.
pub fn worlds() -> Vec<PathBuf> {
    let (mut found, mut open) = (Vec::new(), vec![root()]);
    while let Some(dir) = open.pop() {
        for entry in std::fs::read_dir(&dir).unwrap() {
            let path = entry.unwrap().path();
            if path.join("expected.yaml").exists() {
                if cfg!(feature = "xlsx") || !path.join("rules.xlsx").exists() {
                    found.push(path);
                }
            } else if path.is_dir() {
                open.push(path);
            }
        }
    }
    found.sort();
    found
}

/// Every file of a world but what is expected of it, as the command reads them.
pub fn files(dir: &Path) -> Files {
    let mut entries = Vec::new();
    collect(dir, "", &mut entries);
    entries.sort();
    let name = dir.file_name().unwrap().to_string_lossy().into_owned();
    Files { name, entries }
}

fn collect(dir: &Path, prefix: &str, entries: &mut Vec<(String, Vec<u8>)>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let name = format!("{prefix}{}", path.file_name().unwrap().to_str().unwrap());
        if path.is_dir() {
            collect(&path, &format!("{name}/"), entries);
        } else if name != "expected.yaml" {
            entries.push((name, std::fs::read(&path).unwrap()));
        }
    }
}
