//! Instructions instead of time: the same on a busy machine as on an idle one. Every case runs twice under cachegrind, once with
//! the work and once without, and the difference is the work. Needs valgrind (`apt-get install valgrind`), so it runs only when asked for:
//!
//! `cargo bench --bench instructions`, or `-- compile` for the cases whose name begins so. `-- --test` does everything once in small, without
//! valgrind.

#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::expect_used,
    clippy::panic,
    reason = "a measurement reads files, prints, and says why it cannot start"
)]

mod worlds;

use std::hint::black_box;
use std::path::Path;
use std::process::{Command, ExitCode};

use sekisho::compile::{Compiled, Conditions};
use sekisho::formats::{self, Input};
use sekisho::lint::lint;
use sekisho::net::Family;
use sekisho::reach::{Devices, Network};
use sekisho::scan::{self, Files, Loaded, Options};
use sekisho::source::Sources;
use worlds::questions;
use worlds::{Flavour, World};

/// What is counted.
struct Case {
    name: &'static str,
    /// The world, `None` for the court case.
    world: fn(usize) -> Option<World>,
    sizes: &'static [usize],
    /// Prepares, and does the work when told to.
    run: fn(Files, bool),
}

const CASES: [Case; 6] = [
    Case { name: "read ASA", world: one, sizes: &[1_000, 10_000], run: read },
    Case { name: "compile", world: office, sizes: &[1_000, 10_000], run: compile },
    Case { name: "compile, hard lines", world: hard, sizes: &[1_000, 10_000], run: compile },
    Case { name: "all pairs", world: office, sizes: &[1_000, 10_000], run: all_pairs },
    Case { name: "hygiene of one device", world: one, sizes: &[1_000, 10_000], run: hygiene },
    Case { name: "court case, to findings", world: |_| None, sizes: &[0], run: check },
];

fn office(lines: usize) -> Option<World> {
    Some(World::with_lines(40, 8, lines))
}

fn one(lines: usize) -> Option<World> {
    Some(World::with_lines(40, 1, lines))
}

fn hard(lines: usize) -> Option<World> {
    Some(World::flavoured(Flavour::Firewall, Family::V4, 40, 8, lines))
}

impl Case {
    fn files(&self, size: usize) -> (usize, Files) {
        match (self.world)(size) {
            Some(world) => (world.lines(), world.files()),
            None => court_case(),
        }
    }
}

/// The delivered state of the court case.
fn court_case() -> (usize, Files) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("topologies/x-enet/delivered");
    let mut entries = Vec::new();
    for below in ["", "configs/"] {
        let found = std::fs::read_dir(root.join(below)).expect("the court case is there");
        let files = found.flatten().filter(|entry| entry.path().is_file());
        entries.extend(files.map(|entry| {
            let name = format!("{below}{}", entry.file_name().to_string_lossy());
            (name, std::fs::read(entry.path()).expect("readable"))
        }));
    }
    entries.sort();
    let lines = entries.iter().flat_map(|(_, bytes)| bytes).filter(|byte| **byte == b'\n').count();
    (lines, Files { name: "delivered".to_owned(), entries })
}

fn load(files: Files) -> Loaded {
    scan::load(files, &Options::default()).unwrap_or_else(|errors| panic!("{errors:#?}"))
}

fn read(files: Files, work: bool) {
    let reader = formats::by_id("asa").expect("a reader");
    let mut sources = Sources::default();
    let of_configs = files.entries.iter().filter(|(path, _)| path.ends_with(".cfg"));
    let ids: Vec<_> =
        of_configs.map(|(path, bytes)| sources.add(path, bytes).expect("text")).collect();
    for id in ids.into_iter().filter(|_| work) {
        black_box(reader.read(&[Input { id, file: sources.file(id) }], &[]));
    }
}

fn compile(files: Files, work: bool) {
    let loaded = load(files);
    for (_, device) in loaded.snapshot.devices.iter().filter(|_| work) {
        black_box(Compiled::<u32>::new(device, &Conditions::default()));
    }
}

fn all_pairs(files: Files, work: bool) {
    let loaded = load(files);
    let network = Network::<u32>::new(&loaded.snapshot);
    let zones = questions::zones(&loaded.snapshot);
    if work {
        black_box(questions::all_pairs(&network, &zones));
    }
}

fn hygiene(files: Files, work: bool) {
    let loaded = load(files);
    let devices = Devices::new(&loaded.snapshot);
    if work {
        black_box(lint(&loaded.snapshot, &devices, &loaded.sources));
    }
}

fn check(files: Files, work: bool) {
    if work {
        black_box(scan::judge(load(files)));
    }
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    if let ["--measured", name, size, work] = words.as_slice() {
        let case = CASES.iter().find(|case| case.name == *name).expect("a case");
        let files = case.files(size.parse().expect("a size")).1;
        (case.run)(files, *work == "work");
        return ExitCode::SUCCESS;
    }
    let only = words.iter().find(|word| !word.starts_with('-')).copied().unwrap_or_default();
    let cases = CASES.iter().filter(|case| case.name.starts_with(only));
    if words.contains(&"--test") {
        for (case, size) in cases.filter_map(|case| Some((case, case.sizes.first()?))) {
            (case.run)(case.files(*size).1, true);
            println!("{}: ok", case.name);
        }
        return ExitCode::SUCCESS;
    }
    println!(
        "{:<26} {:>8} {:>15} {:>10} {:>7}",
        "work", "lines", "instructions", "a line", "ratio"
    );
    for case in cases {
        if let Err(reason) = row(case) {
            eprintln!("{}: {reason}", case.name);
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

fn row(case: &Case) -> Result<(), String> {
    let mut before = None;
    for size in case.sizes {
        let with = instructions(case.name, *size, "work")?;
        let count = with.saturating_sub(instructions(case.name, *size, "nothing")?);
        let lines = case.files(*size).0;
        let ratio = before
            .map_or(String::new(), |before: u64| format!("{:.1}", count as f64 / before as f64));
        let each = count / (lines as u64).max(1);
        println!("{:<26} {lines:>8} {count:>15} {each:>10} {ratio:>7}", case.name);
        before = Some(count);
    }
    Ok(())
}

/// The instructions of one run of this program.
fn instructions(name: &str, size: usize, work: &str) -> Result<u64, String> {
    let own = std::env::current_exe().map_err(|error| error.to_string())?;
    let output = Command::new("valgrind")
        .args(["--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null"])
        .arg(own)
        .args(["--measured", name, &size.to_string(), work])
        .output()
        .map_err(|error| {
            format!("valgrind does not start ({error}); it is in the package `valgrind`: apt-get install valgrind")
        })?;
    let told = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        return Err(told.into_owned());
    }
    // `==7== I   refs:      1,234` before 3.21, `==7== I refs:        1,234` since.
    told.lines()
        .find_map(|line| line.split_once(" I ")?.1.trim_start().strip_prefix("refs:"))
        .and_then(|number| number.trim().replace(',', "").parse().ok())
        .ok_or_else(|| format!("valgrind tells no number of instructions:\n{told}"))
}
