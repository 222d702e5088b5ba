//! Large worlds, text to findings: 500 zones behind 100 firewalls with 10,000 to 1,000,000 lines, 40 zones behind 2 with as many, and
//! one list of single lines at one firewall between 8. Prints the time of each step, the share of it in every line, and the largest memory
//! of the process so far. `-- --test` runs the smallest once; `-- 10000` those of one size; `-- 500/100` those of one world.

#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::panic,
    missing_docs,
    reason = "a measurement reads the clock and prints"
)]

mod worlds;

use std::time::Instant;

use sekisho::net::Family;
use sekisho::scan::{self, Options};
use worlds::{Flavour, World};

const SIZES: [usize; 3] = [10_000, 100_000, 1_000_000];
const WORLDS: [&str; 3] = ["500/100", "40/2", "one list"];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let small = arguments.iter().any(|argument| argument == "--test");
    let only = arguments.iter().find_map(|argument| argument.parse::<usize>().ok());
    let named: Vec<&str> =
        WORLDS.into_iter().filter(|w| arguments.iter().any(|a| a == w)).collect();
    let wanted = |name: &str| named.is_empty() || named.contains(&name);
    println!(
        "{:<14} {:>8} {:>9} {:>10} {:>10} {:>11} {:>9} {:>8}",
        "world", "lines", "MB", "load", "judge", "ns a line", "findings", "peak MB"
    );
    let sizes = if small { &SIZES[..1] } else { &SIZES[..] };
    for lines in sizes.iter().filter(|lines| only.is_none_or(|only| only == **lines)) {
        let single = if small { lines / 10 } else { *lines };
        for name in WORLDS.into_iter().filter(|name| wanted(name)) {
            let world = match name {
                "500/100" => World::with_lines(500, 100, *lines),
                "40/2" => World::with_lines(40, 2, *lines),
                _ => World::flavoured(Flavour::Acl, Family::V4, 8, 1, single),
            };
            measure(name, world);
        }
    }
}

fn measure(name: &str, world: World) {
    let files = world.files();
    let bytes: usize = files.entries.iter().map(|(_, bytes)| bytes.len()).sum();
    let lines = world.lines();
    let start = Instant::now();
    let loaded =
        scan::load(files, &Options::default()).unwrap_or_else(|errors| panic!("{errors:#?}"));
    let load = start.elapsed();
    let start = Instant::now();
    let scan = scan::judge(loaded);
    let judge = start.elapsed();
    println!(
        "{:<14} {:>8} {:>9.1} {:>7.0} ms {:>7.0} ms {:>11.0} {:>9} {:>8}",
        name,
        lines,
        bytes as f64 / 1e6,
        load.as_secs_f64() * 1e3,
        judge.as_secs_f64() * 1e3,
        (load + judge).as_secs_f64() * 1e9 / lines as f64,
        scan.findings.len(),
        peak().map_or_else(|| "?".to_owned(), |kilobytes| (kilobytes / 1024).to_string())
    );
}

/// The largest resident memory of this process so far, in kilobytes, where the system tells.
fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}
