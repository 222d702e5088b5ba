//! How time grows with size, beside the figures that the design asks for. `cargo bench --bench growth` prints one table; the
//! columns of ratios compare each row with the one a tenth its size (10 is linear). `cargo bench --bench growth -- "all pairs"`
//! measures the rows whose name begins so, for longer: what to run under a profiler.

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::panic,
    reason = "a measurement reads the clock and files"
)]

mod worlds;

use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::time::Duration;

use sekisho::compile::{Compiled, Conditions};
use sekisho::formats::{self, Input};
use sekisho::lint::lint;
use sekisho::packetset::Arena;
use sekisho::reach::{Devices, Network};
use sekisho::scan::{self, Files, Loaded, Options};
use sekisho::source::Sources;
use worlds::World;
use worlds::questions::{self, Pairs};
use worlds::table::Table;

fn main() {
    let mut table = Table::new();
    let sizes: &[usize] = if table.quick() { &[1_000] } else { &[1_000, 10_000, 100_000] };
    for lines in sizes {
        let world = World::with_lines(40, 8, *lines);
        readers(&mut table, world);
        engine(&mut table, world);
    }
    court_case(&mut table);
    table.print();
}

/// Parsing alone, per format.
fn readers(table: &mut Table, world: World) {
    let configs = world.configs();
    for (format, target) in [("asa", "200 MB/s"), ("fortios", "150 MB/s")] {
        let reader = formats::by_id(format).expect("a reader");
        let mut sources = Sources::default();
        let ids: Vec<_> = configs
            .iter()
            .filter(|config| config.format == format)
            .map(|config| sources.add(&config.path, config.text.as_bytes()).expect("text"))
            .collect();
        let bytes: u64 = ids.iter().map(|id| sources.file(*id).bytes()).sum();
        let lines = ids.iter().map(|id| sources.file(*id).line_count()).sum();
        let read = |id: &_| reader.read(&[Input { id: *id, file: sources.file(*id) }], &[]);
        let work = format!("read {format}");
        let time = table.row(&work, lines, target, || ids.iter().map(read).collect::<Vec<_>>());
        table.size(&work, Some(bytes), None);
        table.note(&work, speed(bytes, time));
    }
    let bytes = configs.iter().map(|config| config.text.len() as u64).sum();
    let time = table.row("decode", world.lines(), "", || {
        let mut sources = Sources::default();
        for config in &configs {
            sources.add(&config.path, config.text.as_bytes()).expect("text");
        }
        sources
    });
    table.size("decode", Some(bytes), None);
    table.note("decode", speed(bytes, time));
}

fn speed(bytes: u64, time: Duration) -> String {
    format!("{:.0} MB/s", bytes as f64 / 1e6 / time.as_secs_f64())
}

/// Compiling, all zone pairs, and the whole way from text to verdict.
fn engine(table: &mut Table, world: World) {
    let lines = world.lines();
    let files = world.files();
    let loaded = load(files.clone());
    let snapshot = &loaded.snapshot;
    let compile = table.row("compile, v4", lines, "", || {
        let devices = snapshot.devices.iter();
        devices.map(|(_, d)| Compiled::<u32>::new(d, &Conditions::default())).collect::<Vec<_>>()
    });
    table.row("graph and compile, v4", lines, "", || Network::<u32>::new(snapshot));
    let network = Network::<u32>::new(snapshot);
    let arenas = || network.compiled.iter().map(|device| &*device.arena);
    let (bytes, steps) =
        (arenas().map(Arena::bytes).sum::<usize>(), arenas().map(Arena::step_count).sum());
    table.size("graph and compile, v4", Some(bytes as u64), Some(steps));
    let zones = questions::zones(snapshot);
    let mut found = Pairs::default();
    let work = "all pairs, v4";
    let pairs = table.row(work, lines, "", || found = questions::all_pairs(&network, &zones));
    table.size(work, None, Some(found.steps));
    table.note(work, format!("{} of {} open", found.open, zones.len() * (zones.len() - 1)));
    let target = if lines > 50_000 { "5 ms (80k rules)" } else { "" };
    table.sum("rules to verdicts, v4", lines, target, compile + pairs);
    let target = match lines {
        5_000..50_000 => "15 ms",
        50_000.. => "250 ms",
        _ => "",
    };
    let devices = Devices::new(snapshot);
    let mut findings = 0;
    table.row("lint", lines, target, || findings = lint(snapshot, &devices, &loaded.sources).len());
    table.note("lint", format!("{findings} findings"));
    table.row("text to snapshot", lines, "", || load(files.clone()));
    let target = if lines > 50_000 { "30 ms (7 MB)" } else { "" };
    table.row("check, text to findings", lines, target, || findings = check(files.clone()));
    table.note("check, text to findings", format!("{findings} findings"));
}

fn check(files: Files) -> usize {
    black_box(scan::judge(load(files))).findings.len()
}

/// The delivered state of the court case, files in memory to every finding.
fn court_case(table: &mut Table) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("topologies/x-enet/delivered");
    let mut entries = Vec::new();
    for dir in [root.clone(), root.join("configs")] {
        for entry in fs::read_dir(dir).expect("the court case is in the repository").flatten() {
            let path = entry.path();
            if path.is_file() {
                let name =
                    path.strip_prefix(&root).expect("below").to_string_lossy().replace('\\', "/");
                entries.push((name, fs::read(&path).expect("readable")));
            }
        }
    }
    entries.sort();
    let files = Files { name: "delivered".to_owned(), entries };
    let lines =
        files.entries.iter().map(|(_, bytes)| bytes.split(|byte| *byte == b'\n').count()).sum();
    table.row("court case, read and join", lines, "", || load(files.clone()));
    let mut findings = 0;
    table.row("court case, to findings", lines, "20 ms", || findings = check(files.clone()));
    table.note("court case, to findings", format!("{findings} findings"));
}

fn load(files: Files) -> Loaded {
    scan::load(files, &Options::default()).unwrap_or_else(|errors| panic!("{errors:#?}"))
}
