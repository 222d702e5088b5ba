//! One line is edited, and everything is said again: how long until then, text to findings, beside a new run. `cargo bench --bench
//! recheck` prints quantiles over random edits of rules (one goes, the next edit brings it back); `-- --test` makes a few in small.

#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a measurement reads the clock and prints"
)]

mod worlds;

use std::time::{Duration, Instant};

use sekisho::scan::{Edit, Files, Options, Scan, Workspace};
use worlds::World;

fn main() {
    let small = std::env::args().any(|argument| argument == "--test");
    println!(
        "{:<8} {:>8} {:>10} {:>10} {:>10} {:>10} {:>10} {:>14}",
        "world", "lines", "new run", "p50", "p90", "p99", "largest", "asked of parts"
    );
    if small {
        return measure("40/8", World::with_lines(40, 8, 1_000), 4);
    }
    measure("40/8", World::with_lines(40, 8, 10_000), 300);
    measure("40/8", World::with_lines(40, 8, 100_000), 300);
    measure("500/100", World::with_lines(500, 100, 1_000_000), 60);
}

fn measure(name: &str, world: World, edits: usize) {
    let files = world.files();
    let mut workspace = Workspace::new(files.clone(), Options::default());
    let (new, _) = timed(&mut workspace, Vec::new());
    let mut times = Vec::new();
    let (mut asked, mut parts) = (0, 0);
    for at in 0..edits {
        let (without, with) = edit(&files, at);
        for edit in [without, with] {
            let (time, _) = timed(&mut workspace, vec![edit]);
            times.push(time);
            asked += workspace.effort().asked;
            parts += workspace.effort().parts;
        }
    }
    times.sort_unstable();
    let at = |share: usize| times[(times.len() - 1) * share / 100];
    println!(
        "{name:<8} {:>8} {:>7.1} ms {:>7.2} ms {:>7.2} ms {:>7.2} ms {:>7.2} ms {:>13.1}%",
        world.lines(),
        ms(new),
        ms(at(50)),
        ms(at(90)),
        ms(at(99)),
        ms(at(100)),
        100.0 * asked as f64 / parts.max(1) as f64,
    );
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn timed(workspace: &mut Workspace, edits: Vec<Edit>) -> (Duration, Scan) {
    let start = Instant::now();
    let scan = workspace.recheck(edits).unwrap_or_else(|errors| panic!("{errors:#?}"));
    (start.elapsed(), scan)
}

/// A configuration without one of its rules, and as it was.
fn edit(files: &Files, at: usize) -> (Edit, Edit) {
    let configs: Vec<_> =
        files.entries.iter().filter(|(path, _)| !path.ends_with(".yaml")).collect();
    let (path, bytes) = configs[at % configs.len()];
    let text = String::from_utf8_lossy(bytes);
    // Of an ASA a line; of a FortiGate what a policy says that it would not say by itself.
    let rule = |line: &str| line.starts_with("access-list") || line.contains("set service ");
    let rules: Vec<&str> = text.lines().filter(|line| rule(line)).collect();
    let gone = rules[at.wrapping_mul(7_919) % rules.len()];
    let without = text.replacen(&format!("{gone}\n"), "", 1);
    let of = |bytes: Vec<u8>| Edit { path: path.clone(), bytes: Some(bytes) };
    (of(without.into_bytes()), of(bytes.clone()))
}
