//! Rules about the lines that let packets pass, `logged` and `scheduled`, before the tracer: it looks for a packet that passes
//! otherwise than a rule that holds allows, and looks at the witnesses of what is violated.

use super::features::{Feature, Features};
use super::network;
use super::policies::Rules;
use super::rng::Rng;
use crate::judges::{tell, traced};
use sekisho::check;
use sekisho::finding::{HopAction, Kind, Verdict};
use sekisho::model::{
    Action, Activity, AddressSet, Device, Line, Match, Schedule, ServiceSet, Window,
};
use sekisho::policy::{Policy, Verb};
use sekisho::snapshot::{DeviceId, Snapshot, ZoneId};
use sekisho::trace::{End, Trace};

/// Packets of each family that are traced against a rule that holds.
const PACKETS: usize = 60;

/// How many rules were judged how, and how many packets were traced that arrive as they speak of.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) holds: usize,
    pub(crate) violated: usize,
    pub(crate) undetermined: usize,
    pub(crate) arrived: usize,
}

/// Lets some lines log, others not, and limits some in time: in every second network nearly all.
fn mark(snapshot: &mut Snapshot, rng: &mut Rng) {
    let [often, seldom] = if rng.chance(50) { [97, 97] } else { [60, 10] };
    let ids: Vec<DeviceId> = snapshot.devices.ids().collect();
    for id in ids {
        let device = snapshot.device_mut(id);
        let windows = Some(vec![Window::Weekly { days: 0b001_1111, from: 540, to: 1020 }]);
        let schedule = Schedule { name: "office".to_owned(), windows, span: network::span(4) };
        let office = device.schedules.push(schedule);
        let any = device.literal(AddressSet::Any, network::span(0));
        let service = device.literal_service(ServiceSet::Any, network::span(0));
        let lists: Vec<_> = device.lists.ids().collect();
        for list in lists {
            let lines = &mut device.lists[list].lines;
            // A last line for all that came so far, so that more than little arrives.
            let last = lines.last().cloned().filter(|_| rng.chance(60));
            lines.extend(last.map(|line| Line {
                action: Action::Permit,
                matches: Match { source: any, destination: any, service, ..line.matches.clone() },
                span: network::span(4_100_000_000 + u32::try_from(list.index()).unwrap()),
                ..line
            }));
            for line in lines.iter_mut().filter(|line| line.action == Action::Permit) {
                let logs = rng.chance(often).then_some(true);
                line.log = logs.or_else(|| rng.pick(&[Some(false), None]));
                line.matches.schedule =
                    line.matches.schedule.or_else(|| rng.chance(seldom).then_some(office));
            }
        }
    }
}

/// The lines that let a packet pass on a way, each with its device.
fn lines<'a>(snapshot: &'a Snapshot, end: &End) -> Vec<(&'a Device, &'a Line)> {
    let mut out = Vec::new();
    for hop in &end.hops {
        let Some(device) = snapshot.device(&hop.device) else { continue };
        let device = &*snapshot.devices[device];
        let passes = |action| matches!(action, HopAction::Permit | HopAction::MayPermit);
        for span in hop.lines.iter().filter(|line| passes(line.action)).filter_map(|l| l.span) {
            let mut all = device.lists.iter().flat_map(|(_, list)| &list.lines);
            out.extend(all.find(|line| line.span == span).map(|line| (device, line)));
        }
    }
    out
}

fn limited((device, line): &(&Device, &Line)) -> bool {
    let schedule = line.matches.schedule.map(|schedule| &device.schedules[schedule]);
    schedule.is_some_and(|schedule| schedule.activity(None) == Activity::Sometimes)
}

/// Whether an end contradicts a rule that holds: no line on its way did what the rule asks.
fn against(snapshot: &Snapshot, verb: &Verb, end: &End) -> bool {
    let lines = lines(snapshot, end);
    match verb {
        Verb::Logged => !lines.iter().any(|(device, line)| device.logs(line) == Some(true)),
        // A line that stops at times limits as well.
        _ => end.lasting && !lines.iter().any(limited),
    }
}

/// Whether an end shows that a rule is violated: no line on its way may have done what the rule asks.
fn shows(snapshot: &Snapshot, verb: &Verb, end: &End) -> bool {
    let lines = lines(snapshot, end);
    match verb {
        Verb::Logged => lines.iter().all(|(device, line)| device.logs(line) == Some(false)),
        _ => end.lasting,
    }
}

struct Asked {
    from: ZoneId,
    to: ZoneId,
    port: Option<u16>,
    verb: Verb,
}

/// A rule about the lines that let packets pass whose verdict the tracer contradicts.
pub(crate) fn contradicted(seed: u64, features: Features, tally: &mut Tally) -> Option<String> {
    let absent = [Feature::Moment, Feature::DefaultPermit, Feature::Bindings];
    let features = absent.into_iter().fold(features, Features::without).with(Feature::FilterAfter);
    let mut snapshot = network::generate(seed, features);
    let mut rng = Rng::new(seed).fork(61);
    mark(&mut snapshot, &mut rng);
    let rules = Rules::new(&snapshot);
    let asked = rules.pairs().into_iter().map(|(from, to)| Asked {
        from,
        to,
        port: rng.chance(60).then(|| rng.pick(&[22, 80, 443, 445, 90])),
        verb: rng.pick(&[Verb::Logged, Verb::Scheduled]),
    });
    let asked: Vec<Asked> = asked.collect();
    let written =
        asked.iter().map(|one| rules.between((one.from, one.to), one.port, one.verb.clone()));
    let policy = Policy { rules: written.collect(), ..Policy::default() };
    let resolved = check::resolve(&snapshot, &policy).unwrap();
    let judgment = rules.judge(&policy, &resolved);
    let told = |words: String| Some(format!("seed {seed} with {:?}\n{words}", features.list()));
    if judgment.findings.iter().any(|finding| finding.kind == Kind::InternalDisagreement) {
        return told("a witness is not confirmed".to_owned());
    }
    for (one, verdict) in asked.iter().zip(&judgment.verdicts) {
        let mut of_rule = judgment.findings.iter().filter(|finding| finding.rule == verdict.rule);
        let words = match verdict.verdict {
            Verdict::Holds => {
                tally.holds += 1;
                exception(&snapshot, (one, &rules), &mut rng, tally)
            }
            Verdict::Violated => {
                tally.violated += 1;
                let sure = of_rule.find(|finding| finding.verdict == Verdict::Violated);
                sure.and_then(|finding| finding.witness).and_then(|flow| {
                    let trace = traced(&snapshot, one.from, flow);
                    let mut meant =
                        trace.ends.iter().filter(|end| rules.meant(one.to, one.port, end));
                    let shown = trace.truncated
                        || meant.any(|end| end.certain && shows(&snapshot, &one.verb, end));
                    (!shown).then(|| format!("{flow} shows nothing\n{}", tell(&trace)))
                })
            }
            Verdict::Undetermined => {
                tally.undetermined += 1;
                None
            }
        };
        if let Some(words) = words {
            let (rule, said) = (&verdict.rule, verdict.verdict);
            return told(format!("{:?} {rule} {said:?}: {words}", one.verb));
        }
    }
    None
}

/// A packet that passes without a line that does what a rule asks.
fn exception(
    snapshot: &Snapshot,
    (asked, rules): (&Asked, &Rules<'_>),
    rng: &mut Rng,
    tally: &mut Tally,
) -> Option<String> {
    for flow in rules.sent(rng, asked.from, PACKETS) {
        let trace = traced(snapshot, asked.from, flow);
        let meant = |end: &&End| rules.meant(asked.to, asked.port, end);
        let mut meant = trace.ends.iter().filter(meant).peekable();
        tally.arrived += usize::from(meant.peek().is_some());
        if let Some(end) = meant.find(|end| against(snapshot, &asked.verb, end)) {
            let way = Trace { ends: vec![end.clone()], truncated: trace.truncated };
            return Some(format!("{flow}\n{}", tell(&way)));
        }
    }
    None
}
