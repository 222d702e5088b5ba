//! Rules about the devices on the way, `via` and `enforce-at`, before the tracer: it looks for a packet that goes another way
//! than a rule that holds allows.

use super::features::Features;
use super::network;
use super::policies::Rules;
use super::rng::Rng;
use crate::judges::{tell, traced};
use sekisho::check;
use sekisho::finding::{Kind, Verdict};
use sekisho::model::{Context, Device, Stage};
use sekisho::policy::{Policy, PolicyRule, Verb};
use sekisho::snapshot::{DeviceId, Snapshot, ZoneId};
use sekisho::trace::{End, Trace};
use std::sync::Arc;

/// Packets of each family that are traced against a rule that holds.
const PACKETS: usize = 120;

/// How many rules of the networks so far were judged how, and how many packets that start at one of their zones were traced.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) holds: usize,
    pub(crate) violated: usize,
    pub(crate) undetermined: usize,
    pub(crate) packets: usize,
    /// Packets that arrived as the rule wants.
    pub(crate) arrived: usize,
}

/// What a rule asks about a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asks {
    /// Whatever arrives crosses it.
    Cross,
    /// It stops everything alone.
    Stop,
}

#[derive(Debug)]
struct Asked {
    from: ZoneId,
    to: ZoneId,
    port: Option<u16>,
    device: DeviceId,
    asks: Asks,
}

impl Asked {
    fn some(snapshot: &Snapshot, rules: &Rules<'_>, rng: &mut Rng) -> Vec<Asked> {
        let devices: Vec<DeviceId> = snapshot.devices.ids().collect();
        let asked = rules.pairs().into_iter().map(|(from, to)| Asked {
            from,
            to,
            port: rng.chance(60).then(|| rng.pick(&[22, 80, 443, 445, 90])),
            device: rng.pick(&devices),
            asks: rng.pick(&[Asks::Cross, Asks::Stop]),
        });
        asked.collect()
    }

    fn rule(&self, snapshot: &Snapshot, rules: &Rules<'_>) -> PolicyRule {
        let device = vec![(snapshot.devices[self.device].name.clone(), rules.span)];
        let between = |verb| rules.between((self.from, self.to), self.port, verb);
        match self.asks {
            Asks::Cross => between(Verb::Via { through: device }),
            Asks::Stop => {
                let deny = between(Verb::Deny { both_ways: false });
                PolicyRule { enforce_at: device, ..deny }
            }
        }
    }

    /// The network in which the rule is asked: where a device must stop everything alone, no other one filters.
    fn network(&self, snapshot: &Snapshot) -> Snapshot {
        let mut network = snapshot.clone();
        let others = snapshot.devices.ids().filter(|id| *id != self.device);
        for id in others.filter(|_| self.asks == Asks::Stop) {
            network.devices[id] = Arc::new(open(&snapshot.devices[id]));
        }
        network
    }
}

/// A device without its filters.
fn open(device: &Device) -> Device {
    let mut open = device.clone();
    let contexts: Vec<_> = open.contexts.ids().collect();
    for id in contexts {
        let context: &mut Context = &mut open.contexts[id];
        context.pipeline.retain(|stage| !matches!(stage, Stage::Filter(_)));
    }
    open
}

/// A rule about the devices on the way that holds though the tracer finds a packet against it.
pub(crate) fn contradicted(seed: u64, features: Features, tally: &mut Tally) -> Option<String> {
    let snapshot = network::generate(seed, features);
    let mut rng = Rng::new(seed).fork(41);
    let rules = Rules::new(&snapshot);
    let asked = Asked::some(&snapshot, &rules, &mut rng);
    let written = asked.iter().map(|one| one.rule(&snapshot, &rules)).collect();
    let policy = Policy { rules: written, ..Policy::default() };
    let resolved = check::resolve(&snapshot, &policy).unwrap();
    let judgment = rules.judge(&policy, &resolved);
    if judgment.findings.iter().any(|finding| finding.kind == Kind::InternalDisagreement) {
        return Some(format!("seed {seed} with {:?}: a witness is not confirmed", features.list()));
    }
    for (one, verdict) in asked.iter().zip(&judgment.verdicts) {
        match verdict.verdict {
            Verdict::Holds => tally.holds += 1,
            Verdict::Violated => tally.violated += 1,
            Verdict::Undetermined => tally.undetermined += 1,
        }
        let against = match verdict.verdict {
            Verdict::Holds => against(&snapshot, (one, &rules), &mut rng, tally),
            _ => None,
        };
        if let Some(words) = against {
            let words =
                format!("seed {seed} with {:?}\n{} holds: {words}", features.list(), verdict.rule);
            return Some(words);
        }
    }
    None
}

fn against(
    snapshot: &Snapshot,
    (asked, rules): (&Asked, &Rules<'_>),
    rng: &mut Rng,
    tally: &mut Tally,
) -> Option<String> {
    let network = asked.network(snapshot);
    for flow in rules.sent(rng, asked.from, PACKETS) {
        let trace = traced(&network, asked.from, flow);
        tally.packets += 1;
        let meant = |end: &&End| rules.meant(asked.to, asked.port, end);
        let mut meant = trace.ends.iter().filter(meant).peekable();
        tally.arrived += usize::from(meant.peek().is_some());
        let crosses = |end: &&End| asked.asks == Asks::Cross && end.devices.contains(&asked.device);
        if let Some(end) = meant.find(|end| !crosses(end)) {
            let way = Trace { ends: vec![end.clone()], truncated: trace.truncated };
            return Some(format!("{asked:?}: {flow}\n{}", tell(&way)));
        }
    }
    None
}
