//! What the engine holds and does, counted: time is for benches, counts are the same on every machine. A world of 40 zones and
//! 8 firewalls grows tenfold; what a line costs may not.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::cast_precision_loss,
    reason = "a failing test says so"
)]

#[path = "../benches/worlds/mod.rs"]
mod worlds;

use sekisho::compile::Header;
use sekisho::formats::{self, Input};
use sekisho::net::Family;
use sekisho::packetset::Arena;
use sekisho::reach::Network;
use sekisho::scan::{self, Files, Options};
use sekisho::snapshot::ZoneId;
use sekisho::source::{FileId, Sources};
use worlds::{Flavour, World, chains, groups, questions};

/// How often a reader asks for memory, by line of the text: words and lines are parts of the text, so that what remains is
/// what the model holds. A collection for each line or word would show.
fn allocations(format: &str, lines: usize) -> f64 {
    let reader = formats::by_id(format).expect("a reader");
    let mut sources = Sources::default();
    let configs = World::with_lines(40, 8, lines).configs();
    let texts = configs.iter().filter(|config| config.format == format);
    let ids: Vec<FileId> = texts
        .map(|config| sources.add(&config.path, config.text.as_bytes()).expect("text"))
        .collect();
    let lines: usize = ids.iter().map(|id| sources.file(*id).line_count()).sum();
    let read = |id: &FileId| reader.read(&[Input { id: *id, file: sources.file(*id) }], &[]);
    let counted = allocation_counter::measure(|| drop(ids.iter().map(read).collect::<Vec<_>>()));
    counted.count_total as f64 / lines as f64
}

#[test]
fn readers_ask_for_little_memory() {
    for (format, most) in [("asa", 1.65), ("fortios", 1.15)] {
        let (small, large) = (allocations(format, 3_000), allocations(format, 30_000));
        assert!(large < most, "{format}: {large} allocations a line");
        assert!(large < 1.05 * small, "{format}: {small} a line, of ten times the lines {large}");
    }
}

/// Counts of one world and family.
#[derive(Debug)]
struct Counts {
    lines: f64,
    /// Steps and bytes of all compiled devices.
    compiled: (f64, f64),
    /// Events of one run from each zone, and steps that the runs made.
    events: f64,
    made: f64,
}

fn counts<K: Header>(lines: usize) -> Counts {
    let world = World::with_lines(40, 8, lines);
    let loaded = scan::load(world.files(), &Options::default()).expect("a world");
    let network = Network::<K>::new(&loaded.snapshot);
    let arenas = || network.compiled.iter().map(|device| &*device.arena);
    let compiled = arenas().map(Arena::step_count).sum::<usize>() as f64;
    let bytes = arenas().map(Arena::bytes).sum::<usize>() as f64;
    let (mut events, mut made) = (0, 0);
    for zone in loaded.snapshot.zones.ids() {
        let (seen, steps) = forbidden(&network, zone);
        events += seen;
        made += steps;
    }
    let lines = world.lines() as f64;
    Counts { lines, compiled: (compiled, bytes), events: events as f64, made: made as f64 }
}

/// Every packet to one of four ports that the zone may send.
fn forbidden<K: Header>(network: &Network<'_, K>, zone: ZoneId) -> (usize, usize) {
    let (run, idle) = (questions::forbidden(network, zone), questions::nothing(network, zone));
    (run.events.len(), run.arena.step_count() - idle.arena.step_count())
}

#[test]
fn what_a_line_costs_does_not_grow_with_the_lines() {
    let (small, large) = (counts::<u32>(3_000), counts::<u32>(30_000));
    let per_line = |counts: &Counts| counts.compiled.0 / counts.lines;
    // Short lists are one class and share more; longer ones are cut by height.
    assert!(per_line(&large) < 1.3 * per_line(&small), "{small:#?} {large:#?}");
    assert!(per_line(&large) < 2.0, "steps a line: {large:#?}");
    assert!(large.compiled.1 / large.lines < 20.0, "bytes a line: {large:#?}");
    // A question reads few of the lines.
    assert!(large.made < 2.0 * small.made, "{small:#?} {large:#?}");
    assert!(large.events < 2.0 * small.events, "{small:#?} {large:#?}");
    // It makes sets of what passes; by which line each packet does would be half as much again.
    assert!(large.made < 22_000.0, "{large:#?}");
}

/// A world that is not understood measures something else.
#[test]
fn every_line_of_the_made_up_worlds_is_read() {
    let world = |flavour, family| World::flavoured(flavour, family, 12, 4, 2_000).files();
    let flavours =
        [Flavour::Enterprise, Flavour::Translated, Flavour::Acl, Flavour::Ipc, Flavour::Firewall];
    let mut worlds: Vec<Files> = flavours.map(|flavour| world(flavour, Family::V4)).into();
    worlds.push(world(Flavour::Enterprise, Family::V6));
    worlds.extend([chains::files(6, 2_000), groups::files(3_000)]);
    for files in worlds {
        let name = files.name.clone();
        let loaded = scan::load(files, &Options::default()).expect("a world");
        let coverage = loaded.snapshot.coverage.iter().flatten();
        let gaps: Vec<_> = coverage.flat_map(|coverage| &coverage.gaps).collect();
        assert!(gaps.is_empty(), "{name}: {:#?}", gaps.first());
        let issues = &loaded.snapshot.issues;
        assert!(issues.is_empty(), "{name}: {:#?}", issues.first());
        let rules = loaded.snapshot.devices.iter().flat_map(|(_, device)| device.lists.iter());
        let rules: usize = rules.map(|(_, list)| list.lines.len()).sum();
        assert!(rules >= 40, "{name} has {rules} rules");
    }
}
