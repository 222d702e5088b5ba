//! Worlds of other kinds than offices have: IPv6, translations, single lines of three kinds, chains, groups in groups, and one long list. For each the
//! time, the bytes and the steps of packet sets at growing sizes, with ratios (10 is linear). `cargo bench --bench flavours -- fw`
//! measures the rows whose name begins so.

#![allow(
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a measurement that cannot start says so"
)]

mod worlds;

use std::hint::black_box;

use sekisho::compile::Header;
use sekisho::lint::lint;
use sekisho::net::Family;
use sekisho::packetset::Arena;
use sekisho::reach::{Devices, Network};
use sekisho::scan::{self, Files, Loaded, Options};
use worlds::questions::{self, Pairs};
use worlds::table::Table;
use worlds::{Flavour, World, chains, groups};

/// The files of a world with about as many lines.
type Make = Box<dyn Fn(usize) -> Files>;

fn main() {
    let mut table = Table::new();
    let sizes: &[usize] = if table.quick() { &[1_000] } else { &[1_000, 10_000, 100_000] };
    let of = |flavour, family, firewalls| {
        move |lines| World::flavoured(flavour, family, 40, firewalls, lines).files()
    };
    let (four, six) = (Family::V4, Family::V6);
    let worlds: [(&str, Family, Make); 8] = [
        ("v6", six, Box::new(of(Flavour::Enterprise, six, 8))),
        ("nat", four, Box::new(of(Flavour::Translated, four, 8))),
        ("acl", four, Box::new(of(Flavour::Acl, four, 8))),
        ("ipc", four, Box::new(of(Flavour::Ipc, four, 8))),
        ("fw", four, Box::new(of(Flavour::Firewall, four, 8))),
        ("one list", four, Box::new(of(Flavour::Acl, four, 1))),
        ("chains", four, Box::new(|lines| chains::files(8, lines))),
        ("groups", four, Box::new(groups::files)),
    ];
    for (name, family, files) in worlds {
        let wanted = table.wants(&format!("{name}: "));
        for lines in sizes.iter().filter(|_| wanted) {
            let files = files(*lines);
            match family {
                Family::V4 => measure::<u32>(&mut table, name, &files),
                Family::V6 => measure::<u128>(&mut table, name, &files),
            }
        }
    }
    table.print();
}

fn measure<K: Header>(table: &mut Table, name: &str, files: &Files) {
    let of_configs = || files.entries.iter().filter(|(path, _)| !path.ends_with(".yaml"));
    let bytes: usize = of_configs().map(|(_, bytes)| bytes.len()).sum();
    let lines = of_configs().flat_map(|(_, bytes)| bytes).filter(|byte| **byte == b'\n').count();
    let work = |step: &str| format!("{name}: {step}");

    let row = work("text to snapshot");
    table.row(&row, lines, "", || load(files));
    table.size(&row, Some(bytes as u64), None);

    let loaded = load(files);
    let row = work("graph and compile");
    table.row(&row, lines, "", || Network::<K>::new(&loaded.snapshot));
    let network = Network::<K>::new(&loaded.snapshot);
    let arenas = || network.compiled.iter().map(|device| &*device.arena);
    let steps = arenas().map(Arena::step_count).sum();
    table.size(&row, Some(arenas().map(Arena::bytes).sum::<usize>() as u64), Some(steps));

    let zones = questions::zones(&loaded.snapshot);
    let mut pairs = Pairs::default();
    let row = work("all pairs");
    table.row(&row, lines, "", || pairs = questions::all_pairs(&network, &zones));
    table.size(&row, None, Some(pairs.steps));
    table.note(&row, format!("{} of {} open", pairs.open, zones.len() * (zones.len() - 1)));

    let (mut findings, devices) = (0, Devices::new(&loaded.snapshot));
    let row = work("lint");
    table.row(&row, lines, "", || {
        findings = lint(&loaded.snapshot, &devices, &loaded.sources).len()
    });
    table.note(&row, format!("{findings} findings"));

    let row = work("text to findings");
    table.row(&row, lines, "", || findings = black_box(scan::judge(load(files))).findings.len());
    table.note(&row, format!("{findings} findings"));
}

fn load(files: &Files) -> Loaded {
    scan::load(files.clone(), &Options::default()).unwrap_or_else(|errors| panic!("{errors:#?}"))
}
