mod device;
mod edge;
mod judge;
mod lists;

use super::*;
use crate::model::*;
use crate::source::Sources;

pub(super) fn read_text(text: &str) -> (Sources, Reading) {
    let mut sources = Sources::default();
    let id = sources.add("r1.cfg", text.as_bytes()).unwrap();
    let reading = read(Input { id, file: sources.file(id) });
    (sources, reading)
}

/// Tries the reader on files outside the repository: `SEKISHO_TRY=dir cargo test try_on -- --ignored --nocapture`.
#[test]
#[ignore = "reads a directory that a developer names"]
#[allow(clippy::disallowed_methods, clippy::print_stdout, reason = "a developer's tool")]
fn try_on_a_directory() {
    let dir = std::env::var("SEKISHO_TRY").unwrap();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if !path.is_file() {
            continue;
        }
        let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
        let (sources, reading) = read_text(&text);
        let unknown = reading.coverage.count(LineStatus::Unknown);
        println!("{}: detect {} unknown {unknown}", path.display(), detect(&text));
        for gap in reading.coverage.gaps.iter().filter(|gap| gap.status == LineStatus::Unknown) {
            println!(
                "    {} contained={} {}",
                sources.line(gap.span),
                gap.contained,
                sources.text(gap.span).lines().next().unwrap_or("")
            );
        }
    }
}
