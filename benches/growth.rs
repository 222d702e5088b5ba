//! How time grows with size, beside the figures that the design asks for. `cargo bench --bench growth` prints one table; a last
//! column tells the ratio of each time to the one a tenth its size (10 is linear).

#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::expect_used,
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
use sekisho::graph::{unicast, zone_set};
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
    let mut table = Table::default();
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
        let time = best(|| {
            ids.iter()
                .map(|id| (reader.read)(Input { id: *id, file: sources.file(*id) }))
                .collect::<Vec<_>>()
        });
        let speed = bytes as f64 / 1e6 / time.as_secs_f64();
        table.row(&format!("read {format}"), lines, time, &format!("{speed:.0} MB/s"), target);
    }
    let decoded = best(|| {
        let mut sources = Sources::default();
        for config in &configs {
            sources.add(&config.path, config.text.as_bytes()).expect("text");
        }
        sources
    });
    let bytes: usize = configs.iter().map(|config| config.text.len()).sum();
    let speed = bytes as f64 / 1e6 / decoded.as_secs_f64();
    table.row("decode", world.lines(), decoded, &format!("{speed:.0} MB/s"), "");
}

/// Compiling, all zone pairs, and the whole way from text to verdict.
fn engine(table: &mut Table, world: World) {
    let lines = world.lines();
    let loaded = load(world.files());
    let snapshot = &loaded.snapshot;
    let compile = best(|| {
        snapshot
            .devices
            .iter()
            .map(|(_, device)| Compiled::<u32>::new(device, &Conditions::default()))
            .collect::<Vec<_>>()
    });
    table.row("compile, v4", lines, compile, "", "");
    let network = best(|| Network::<u32>::new(snapshot));
    table.row("compile + graph, v4", lines, network, "", "");
    let network = Network::<u32>::new(snapshot);
    let zones: Vec<ZoneId> =
        snapshot.zones.ids().filter(|zone| snapshot.zones[*zone].id.starts_with('z')).collect();
    let mut open = 0;
    let pairs = best(|| open = open_pairs(&network, &zones));
    let all = zones.len() * (zones.len() - 1);
    table.row("all pairs, v4", lines, pairs, &format!("{open} of {all} open"), "");
    let both = compile + pairs;
    let target = if lines > 50_000 { "5 ms (80k rules)" } else { "" };
    table.row("parsed rules to verdicts", lines, both, "", target);
    let hygiene = best(|| lint(snapshot, &loaded.sources));
    let target = match lines {
        5_000..50_000 => "15 ms",
        50_000.. => "250 ms",
        _ => "",
    };
    table.row(
        "lint",
        lines,
        hygiene,
        &format!("{} findings", lint(snapshot, &loaded.sources).len()),
        target,
    );
    let loading = best(|| load(world.files()));
    let making = best(|| world.files());
    table.row("text to snapshot", lines, loading.saturating_sub(making), "", "");
    let mut findings = 0;
    let whole = once(|| {
        let scan = scan::judge(load(world.files()));
        findings = scan.findings.len();
        scan
    });
    table.row(
        "check: text to findings",
        lines,
        whole.saturating_sub(making),
        &format!("{findings} findings"),
        "",
    );
}

/// How many ordered pairs of zones a forbidden packet may cross.
fn open_pairs<K: Header>(network: &Network<'_, K>, zones: &[ZoneId]) -> usize {
    let mut open = 0;
    for from in zones {
        let mut run = forbidden(network, *from);
        assert!(!run.limited, "a limit stopped the run");
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
        let source = zone_set(network.snapshot, from).intersection(&unicast());
        let source = arena.field_in(fields::SRC, &source);
        let services = service_set(arena, &services);
        arena.guard(services, source)
    };
    network.run(&Query {
        zone: from,
        start: &start,
        reading: Reading::May,
        only_filters_of: None,
        watch: None,
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
    let loading = best(|| load(files.clone()));
    table.row("court case: read and join", lines, loading, "", "");
    let mut findings = 0;
    let whole = best(|| {
        let scan = scan::judge(load(files.clone()));
        findings = scan.findings.len();
        scan
    });
    table.row(
        "court case: files to findings",
        lines,
        whole,
        &format!("{findings} findings"),
        "20 ms",
    );
}

fn load(files: Files) -> Loaded {
    scan::load(files, &Options::default()).unwrap_or_else(|errors| {
        panic!(
            "{}",
            errors
                .first()
                .map_or(String::new(), |e| format!("{}:{:?} {}", e.path, e.line, e.message.en))
        )
    })
}

/// The shortest of several runs within a second, at least one.
fn best<T>(mut work: impl FnMut() -> T) -> Duration {
    let start = Instant::now();
    let mut best = once(&mut work);
    for _ in 0..30 {
        if start.elapsed() > Duration::from_secs(1) {
            break;
        }
        best = best.min(once(&mut work));
    }
    best
}

fn once<T>(mut work: impl FnMut() -> T) -> Duration {
    let start = Instant::now();
    let result = black_box(work());
    let time = start.elapsed();
    drop(result);
    time
}

#[derive(Default)]
struct Table(Vec<(String, usize, Duration, String, String)>);

impl Table {
    fn row(&mut self, work: &str, lines: usize, time: Duration, note: &str, target: &str) {
        eprintln!("{work}: {lines} lines, {time:?} {note}");
        self.0.push((work.to_owned(), lines, time, note.to_owned(), target.to_owned()));
    }

    fn print(&self) {
        println!(
            "\n{:<30} {:>8} {:>11} {:>18} {:>17} {:>6}",
            "work", "lines", "time", "result", "target", "ratio"
        );
        for (index, (work, lines, time, note, target)) in self.0.iter().enumerate() {
            let before = self.0.iter().take(index).rev().find(|row| row.0 == *work);
            let ratio = before.map_or(String::new(), |row| {
                format!("{:.1}", time.as_secs_f64() / row.2.as_secs_f64())
            });
            let time = format!("{:.2} ms", time.as_secs_f64() * 1e3);
            println!("{work:<30} {lines:>8} {time:>11} {note:>18} {target:>17} {ratio:>6}");
        }
    }
}
