//! Every line of a configuration that permits, denies, translates or routes is taken away, or turned round, one at a time; the
//! tracer says what then passes, and the verdicts must follow it. Nothing here is compared with a stored result.
//!
//! The worlds are judged by a policy that forbids everything between every pair of zones, so that whatever the tracer sees
//! arrive is forbidden; and by their own policy, for what findings blame and what their cuts promise. A normal run changes
//! every fifth line of each world; `SEKISHO_NIGHTLY=1` changes every line.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::disallowed_methods,
    reason = "a test fails by panicking, and reads its inputs itself"
)]

#[path = "mutation/flows.rs"]
mod flows;
mod topologies;
#[path = "differential/rng.rs"]
mod rng;
#[path = "mutation/world.rs"]
mod world;

use sekisho::finding::{Finding, Kind, Verdict};
use sekisho::scan::Scan;
use sekisho::snapshot::Place;
use sekisho::source::Span;
use sekisho::trace::{self, Ingress, Options};
use std::collections::BTreeSet;
use world::{Mutant, World};

/// The court case in two states, and mini worlds of other vendors.
const WORLDS: [&str; 4] =
    ["x-enet/delivered", "x-enet/corrected", "mini-packs/alpha-screen", "mini-packs/beta-prime"];

/// Does `work` for every item on every core, and returns what it returned, in order.
fn everywhere<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let next = std::sync::atomic::AtomicUsize::new(0);
    let run = || {
        let mut done = Vec::new();
        loop {
            let index = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            let Some(item) = items.get(index) else { return done };
            done.push((index, work(item)));
        }
    };
    let mut all: Vec<(usize, R)> = std::thread::scope(|scope| {
        let workers = [scope.spawn(run), scope.spawn(run)];
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    all.sort_by_key(|(index, _)| *index);
    all.into_iter().map(|(_, result)| result).collect()
}

/// What the tracer said about one mutant against its verdicts.
#[derive(Default)]
struct Followed {
    /// Where a verdict does not follow.
    wrong: Vec<String>,
    /// Pairs that held before and are violated now, with a flow that the tracer delivers.
    opened: usize,
    /// Pairs that were violated before and hold now.
    closed: usize,
}

fn follow(base: &Scan, mutant: &Mutant) -> Followed {
    let scan = mutant.scan();
    let snapshot = &scan.loaded.snapshot;
    let mut followed = Followed::default();
    let mut delivered = BTreeSet::new();
    for (zone, flow) in flows::samples(base, mutant) {
        let trace = trace::trace(snapshot, Ingress::Zone(zone), flow, &Options::default());
        for end in &trace.ends {
            let Some(Place::Zone(to)) = end.place() else { continue };
            if to == zone || !flow.is_opening() {
                continue;
            }
            let rule = world::pair(&snapshot.zones[zone].id, &snapshot.zones[to].id);
            let verdict = world::verdict(&scan, &rule);
            let follows = match verdict {
                Verdict::Violated => true,
                Verdict::Undetermined => !end.certain,
                Verdict::Holds => false,
            };
            if !follows {
                let certain = if end.certain { "arrives" } else { "may arrive" };
                followed
                    .wrong
                    .push(format!("{}: {rule} {verdict:?}: {flow} {certain}", mutant.what));
            }
            if end.certain {
                delivered.insert(rule);
            }
        }
    }
    for verdict in &scan.verdicts {
        let before = world::verdict(base, &verdict.rule);
        match (before, verdict.verdict) {
            (Verdict::Holds, Verdict::Violated) => {
                followed.opened += usize::from(delivered.contains(&verdict.rule));
            }
            (Verdict::Violated, Verdict::Holds) => followed.closed += 1,
            _ => {}
        }
    }
    followed
}

#[test]
fn verdicts_follow_what_the_tracer_sees_of_every_line() {
    let every = if std::env::var_os("SEKISHO_NIGHTLY").is_some() { 1 } else { 5 };
    let mut opened = 0;
    for name in WORLDS {
        let world = World::read(name).forbidding_everything();
        let base = world.scan();
        let mutants = world.mutants(&base.loaded);
        assert!(mutants.len() > 10, "{name}: only {} mutants", mutants.len());
        let mutants: Vec<&Mutant> = mutants.iter().step_by(every).collect();
        let followed = everywhere(&mutants, |mutant| follow(&base, mutant));
        let wrong: Vec<String> = followed.iter().flat_map(|one| one.wrong.clone()).collect();
        assert!(wrong.is_empty(), "{name}:\n{}", wrong.join("\n"));
        assert!(followed.iter().any(|one| one.closed > 0), "{name}: no line was needed to pass");
        opened += followed.iter().map(|one| one.opened).sum::<usize>();
    }
    assert!(opened > 0, "no line was needed to stop anything");
}

/// The findings of packets that pass where they must not.
fn paths(scan: &Scan) -> impl Iterator<Item = &Finding> {
    let proven = |finding: &&Finding| {
        finding.kind == Kind::ForbiddenPath && finding.verdict == Verdict::Violated
    };
    scan.findings.iter().filter(proven)
}

/// The same question in another scan, with its answer.
fn again<'s>(scan: &'s Scan, finding: &Finding) -> Option<&'s Finding> {
    let pairs = |f: &Finding| {
        let own = (f.from.clone().unwrap_or_default(), f.to.clone().unwrap_or_default());
        f.also.iter().cloned().chain([own]).collect::<BTreeSet<_>>()
    };
    let wanted = pairs(finding);
    paths(scan).find(|other| {
        other.rule == finding.rule
            && other.family == finding.family
            && !pairs(other).is_disjoint(&wanted)
    })
}

/// Whether the witness of a finding still surely arrives in the zone at which the finding points.
fn arrives(scan: &Scan, finding: &Finding) -> bool {
    let snapshot = &scan.loaded.snapshot;
    let zone = |end: &Option<String>| {
        let end = end.as_deref().unwrap_or_default();
        snapshot.zone(end.split('.').next().unwrap_or_default())
    };
    let (Some(from), Some(to), Some(flow)) =
        (zone(&finding.from), zone(&finding.to), finding.witness)
    else {
        return false;
    };
    let trace = trace::trace(snapshot, Ingress::Zone(from), flow, &Options::default());
    trace.certainly_reaches(Place::Zone(to))
}

/// What a finding says, without where its lines stand.
fn said(scan: &Scan, finding: &Finding) -> (Vec<String>, String) {
    let text = |span: Span| scan.loaded.sources.text(span).to_owned();
    let blamed = finding.blame.iter().map(|blame| format!("{} {}", blame.device, text(blame.span)));
    (blamed.collect(), format!("{:?} {:?}", finding.flows, finding.also))
}

/// What goes wrong when the lines that a finding names are taken away: the blamed ones one by one, and the cuts as a whole.
fn without_named_lines(world: &World, base: &Scan, finding: &Finding) -> Vec<String> {
    let mut wrong = Vec::new();
    let before = said(base, finding);
    let what = format!("{} {:?} > {:?}", finding.rule, finding.from, finding.to);
    for blame in &finding.blame {
        let scan = world.without(&base.loaded, &[blame.span]).scan();
        let after = again(&scan, finding);
        if after.is_some_and(|after| said(&scan, after) == before) {
            wrong.push(format!("{what}: says the same without {}", blame.label));
        }
        if arrives(&scan, finding) && after.is_none() {
            wrong.push(format!("{what}: still arrives without {}, and is not told", blame.label));
        }
    }
    for cut in &finding.cuts {
        let spans: Vec<Span> = cut.lines.iter().map(|line| line.span).collect();
        let scan = world.without(&base.loaded, &spans).scan();
        let labels: Vec<&str> = cut.lines.iter().map(|line| line.label.as_str()).collect();
        if arrives(&scan, finding) {
            wrong.push(format!("{what}: arrives without the cut {labels:?}"));
        }
    }
    wrong
}

#[test]
fn without_a_blamed_line_a_finding_says_something_else() {
    for name in WORLDS {
        let world = World::read(name);
        let base = world.scan();
        let findings: Vec<&Finding> = paths(&base).collect();
        let wrong = everywhere(&findings, |finding| without_named_lines(&world, &base, finding));
        let wrong: Vec<String> = wrong.into_iter().flatten().collect();
        assert!(wrong.is_empty(), "{name}:\n{}", wrong.join("\n"));
        let blamed = findings.iter().map(|finding| finding.blame.len()).sum::<usize>();
        assert!(blamed > 0 || name != WORLDS[0], "the court case blames no line");
    }
}
