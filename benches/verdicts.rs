//! Single steps under criterion: reading, compiling, verdicts, packet sets. `benches/growth.rs` prints how they grow.

#![allow(
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "a measurement that cannot start says so"
)]

mod worlds;

use std::hint::black_box;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use sekisho::compile::{Compiled, Conditions};
use sekisho::formats::{self, Input};
use sekisho::packetset::{Arena, Function, Intervals, Rule};
use sekisho::reach::Network;
use sekisho::scan::{self, Loaded, Options};
use sekisho::snapshot::{Place, ZoneId};
use sekisho::source::Sources;
use worlds::World;
use worlds::questions;

fn world(lines: usize) -> World {
    World::with_lines(40, 8, lines)
}

fn load(world: World) -> Loaded {
    scan::load(world.files(), &Options::default()).unwrap_or_else(|errors| panic!("{errors:#?}"))
}

fn read(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("read");
    for config in world(10_000).configs().into_iter().take(2) {
        let reader = formats::by_id(config.format).expect("a reader");
        let mut sources = Sources::default();
        let id = sources.add(&config.path, config.text.as_bytes()).expect("text");
        let file = sources.file(id);
        group.throughput(Throughput::Bytes(file.bytes()));
        group.bench_function(config.format, |bencher| {
            bencher.iter(|| reader.read(&[Input { id, file }], &[]));
        });
    }
}

fn compile(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("compile");
    for lines in [1_000, 10_000] {
        let loaded = load(world(lines));
        group.bench_function(BenchmarkId::from_parameter(lines), |bencher| {
            bencher.iter(|| {
                for (_, device) in loaded.snapshot.devices.iter() {
                    black_box(Compiled::<u32>::new(device, &Conditions::default()));
                }
            });
        });
    }
}

/// Which zones a forbidden packet of one zone may reach.
fn verdicts(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("verdicts of one zone");
    for lines in [1_000, 10_000] {
        let loaded = load(world(lines));
        let network = Network::<u32>::new(&loaded.snapshot);
        let zones: Vec<ZoneId> = loaded.snapshot.zones.ids().collect();
        let from = *zones.first().expect("a zone");
        group.bench_function(BenchmarkId::from_parameter(lines), |bencher| {
            bencher.iter(|| reached(&network, from, &zones));
        });
    }
}

fn reached(network: &Network<'_, u32>, from: ZoneId, zones: &[ZoneId]) -> usize {
    let mut run = questions::forbidden(network, from);
    zones.iter().filter(|to| !run.delivered(Place::Zone(**to), None).is_none()).count()
}

/// A thousand disjoint source networks, each to some destination, loaded at once; then set algebra on two halves.
fn packetset(criterion: &mut Criterion) {
    const WIDTHS: [u32; 3] = [u32::MAX, u32::MAX, 65_535];
    let sides: Vec<_> = (0..1_000u32)
        .map(|i| {
            let (source, target) = (i << 12, (i * 7919 % 1_000) << 12);
            (Intervals::range(source, source + 4095), Intervals::range(target, target + 255))
        })
        .collect();
    let load = |arena: &mut Arena<u32>, keep: &dyn Fn(u32) -> bool| -> Function {
        let rest: Vec<Function> = (0..10)
            .map(|port| arena.field_in(2, &Intervals::range(port * 100, port * 100 + 9)))
            .collect();
        let rules: Vec<Rule<'_, u32>> = sides
            .iter()
            .zip(0u32..)
            .filter(|(_, i)| keep(*i))
            .zip(rest.iter().cycle())
            .map(|(((first, second), priority), rest)| Rule {
                first,
                second,
                rest: *rest,
                priority,
            })
            .collect();
        arena.first_match(&rules)
    };
    criterion.bench_function("packetset/first_match 1000", |bencher| {
        bencher.iter(|| load(&mut Arena::new(&WIDTHS, 1 << 22), &|_| true));
    });
    let mut base = Arena::new(&WIDTHS, 1 << 22);
    let (some, others) = (load(&mut base, &|i| i % 3 != 0), load(&mut base, &|i| i % 2 == 0));
    for (name, operation) in [
        ("packetset/min", Arena::min as fn(&mut Arena<u32>, Function, Function) -> Function),
        ("packetset/guard", Arena::guard),
        ("packetset/minus", Arena::minus),
    ] {
        criterion.bench_function(name, |bencher| {
            bencher.iter_batched_ref(
                || base.clone(),
                |arena| operation(arena, some, others),
                criterion::BatchSize::LargeInput,
            );
        });
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2))
        .without_plots();
    targets = read, compile, verdicts, packetset
}
criterion_main!(benches);
