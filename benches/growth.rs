//! How time grows with size, beside the figures that the design asks for. `cargo bench --bench growth` prints one table; a last
//! column tells the ratio of each time to the one a tenth its size (10 is linear). `cargo bench --bench growth -- "all pairs"`
//! measures the rows whose name begins so, for longer: what to run under a profiler.

#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::expect_used,
    clippy::panic,
    reason = "a measurement reads the clock and files"
)]

mod worlds;

use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use sekisho::check::service_set;
use sekisho::compile::{Compiled, Conditions, Header, Reading, fields};
use sekisho::formats::{self, Input};
use sekisho::lint::lint;
use sekisho::packetset::Arena;
use sekisho::policy::read_service;
use sekisho::reach::{Network, Query, Run};
use sekisho::scan::{self, Files, Loaded, Options};
use sekisho::snapshot::{Place, ZoneId};
use sekisho::source::Sources;
use worlds::World;

const FORBIDDEN: [&str; 4] = ["tcp/23", "tcp/445", "tcp/3389", "tcp/1433"];

fn main() {
    let smoke = std::env::args().any(|argument| argument == "--test");
    let sizes: &[usize] = if smoke { &[1_000] } else { &[1_000, 10_000, 100_000] };
    let only = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    let mut table = Table { only, rows: Vec::new() };
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
        table.note(speed(bytes, time));
    }
    let bytes = configs.iter().map(|config| config.text.len() as u64).sum();
    let time = table.row("decode", world.lines(), "", || {
        let mut sources = Sources::default();
        for config in &configs {
            sources.add(&config.path, config.text.as_bytes()).expect("text");
        }
        sources
    });
    table.note(speed(bytes, time));
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
    let ids = snapshot.zones.ids();
    let zones: Vec<ZoneId> = ids.filter(|z| snapshot.zones[*z].id.starts_with('z')).collect();
    let mut open = 0;
    let pairs = table.row("all pairs, v4", lines, "", || open = open_pairs(&network, &zones));
    table.note(format!("{open} of {} open", zones.len() * (zones.len() - 1)));
    let target = if lines > 50_000 { "5 ms (80k rules)" } else { "" };
    table.sum("rules to verdicts, v4", lines, target, compile + pairs);
    let target = match lines {
        5_000..50_000 => "15 ms",
        50_000.. => "250 ms",
        _ => "",
    };
    let mut findings = 0;
    table.row("lint", lines, target, || findings = lint(snapshot, &loaded.sources).len());
    table.note(format!("{findings} findings"));
    table.row("text to snapshot", lines, "", || load(files.clone()));
    let target = if lines > 50_000 { "30 ms (7 MB)" } else { "" };
    table.row("check, text to findings", lines, target, || findings = check(files.clone()));
    table.note(format!("{findings} findings"));
}

fn check(files: Files) -> usize {
    black_box(scan::judge(load(files))).findings.len()
}

/// How many ordered pairs of zones a forbidden packet may cross.
fn open_pairs<K: Header>(network: &Network<'_, K>, zones: &[ZoneId]) -> usize {
    let mut open = 0;
    for from in zones {
        let mut run = forbidden(network, *from);
        assert!(!run.limited(), "a limit stopped the run");
        for to in zones.iter().filter(|to| *to != from) {
            open += usize::from(!run.delivered(Place::Zone(*to), None).is_none());
        }
    }
    open
}

/// Every forbidden packet that the zone may send to any other.
fn forbidden<K: Header>(network: &Network<'_, K>, from: ZoneId) -> Run<K> {
    let services: Vec<_> = FORBIDDEN.iter().filter_map(|word| read_service(word)).collect();
    let start = |arena: &mut Arena<K>| {
        let source = arena.field_in(fields::SRC, network.hosts(from));
        let services = service_set(arena, &services);
        let start = arena.guard(services, source);
        arena.guard(start, network.opening())
    };
    network.run(&Query {
        zone: from,
        start: &start,
        reading: Reading::May,
        only_filters_of: None,
        watch: &[],
    })
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
    table.note(format!("{findings} findings"));
}

fn load(files: Files) -> Loaded {
    scan::load(files, &Options::default()).unwrap_or_else(|errors| panic!("{errors:#?}"))
}

fn once<T>(mut work: impl FnMut() -> T) -> Duration {
    let start = Instant::now();
    let result = black_box(work());
    let time = start.elapsed();
    drop(result);
    time
}

/// What was measured.
struct Row {
    work: String,
    lines: usize,
    time: Duration,
    note: String,
    target: String,
}

struct Table {
    only: Option<String>,
    rows: Vec<Row>,
}

impl Table {
    /// Measures `work`: the shortest of at most 30 runs within a second, at least one; nothing when another row is asked for.
    fn row<T>(
        &mut self,
        name: &str,
        lines: usize,
        target: &str,
        mut work: impl FnMut() -> T,
    ) -> Duration {
        if self.only.as_ref().is_some_and(|only| !name.starts_with(only)) {
            return Duration::ZERO;
        }
        let (limit, runs) = if self.only.is_some() { (5, 10_000) } else { (1, 30) };
        let start = Instant::now();
        let mut best = once(&mut work);
        for _ in 1..runs {
            if start.elapsed() > Duration::from_secs(limit) {
                break;
            }
            best = best.min(once(&mut work));
        }
        self.sum(name, lines, target, best);
        best
    }

    /// Adds a time that was measured in parts.
    fn sum(&mut self, name: &str, lines: usize, target: &str, time: Duration) {
        if time.is_zero() {
            return;
        }
        eprintln!("{name}: {lines} lines, {time:?}");
        let (work, target) = (name.to_owned(), target.to_owned());
        self.rows.push(Row { work, lines, time, note: String::new(), target });
    }

    /// Says something about the last row.
    fn note(&mut self, note: String) {
        if let Some(row) = self.rows.last_mut() {
            row.note = note;
        }
    }

    fn print(&self) {
        println!(
            "\n{:<26} {:>8} {:>11} {:>18} {:>17} {:>6}",
            "work", "lines", "time", "result", "target", "ratio"
        );
        for (index, Row { work, lines, time, note, target }) in self.rows.iter().enumerate() {
            let before = self.rows.iter().take(index).rev().find(|row| row.work == *work);
            let ratio = before.map_or(String::new(), |row| {
                format!("{:.1}", time.as_secs_f64() / row.time.as_secs_f64())
            });
            let time = format!("{:.2} ms", time.as_secs_f64() * 1e3);
            println!("{work:<26} {lines:>8} {time:>11} {note:>18} {target:>17} {ratio:>6}");
        }
    }
}
