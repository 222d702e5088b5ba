//! Cut sets: the smallest sets of lines whose removal ends a violation, and what they would break.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use super::deny::{Focus, zone_of};
use super::facts::Facts;
use super::parties::{End, ResolvedRule};
use super::sets;
use super::{Judge, Known};
use crate::compile::{Header, LineRef, Reading};
use crate::finding::{Blame, Cut};
use crate::policy::Verb;
use crate::reach::Network;
use crate::snapshot::DeviceId;
use crate::workers::lock;

/// Lines of devices.
pub(super) type Lines = Vec<(DeviceId, LineRef)>;

/// What was found before.
#[derive(Default)]
pub(super) struct Memory {
    /// The required rules that a removal breaks, by the removed lines.
    breaks: Mutex<BTreeMap<Lines, Vec<String>>>,
    /// By which lines the packets of required rules pass, by position of the rule.
    uses: Mutex<BTreeMap<usize, Arc<Lines>>>,
}

/// With more blamed lines than this no cut is sought: the list of lines says more.
const LINES: usize = 10;
/// The largest cut that is sought.
const LARGEST: usize = 3;

impl<K: Header> Judge<'_, K> {
    /// The smallest sets of blamed lines whose removal ends the violation from one end to the other, all of one size.
    pub(super) fn cuts(
        &self,
        rule: &ResolvedRule<'_>,
        from: &End,
        to: &End,
        facts: &Facts,
    ) -> Vec<Cut> {
        if facts.lines.len() > LINES {
            return Vec::new();
        }
        for size in 1..=LARGEST.min(facts.lines.len()) {
            let cutting: Vec<Lines> = subsets(&facts.lines, size)
                .into_iter()
                .filter(|lines| self.ends(rule, from, to, lines))
                .collect();
            if !cutting.is_empty() {
                return cutting.into_iter().map(|lines| self.cut(&lines)).collect();
            }
        }
        Vec::new()
    }

    /// Whether nothing may pass any more without `lines`.
    fn ends(&self, rule: &ResolvedRule<'_>, from: &End, to: &End, lines: &Lines) -> bool {
        let Some(zone) = zone_of(from) else { return false };
        let network = self.network.without(lines);
        let known = Known::default();
        let judge = Judge { network: &network, known: &known, ..*self };
        let cells = sets::cells(&network, from, &rule.without);
        cells.into_iter().all(|cell| {
            let mut asked = judge.ask(rule, &[to], zone, cell, Reading::May, Focus::default());
            let wanted = sets::forbidden(&mut asked.run.arena, &network, rule, &asked.cell, to);
            let delivered = asked.run.delivered(to.place, None);
            asked.run.arena.guard(delivered, wanted).is_none() && !asked.run.limited()
        })
    }

    fn cut(&self, lines: &Lines) -> Cut {
        let blame = lines.iter().filter_map(|(device, reference)| {
            let device = &self.network.snapshot.devices[*device];
            let line = device.lists[reference.list].lines.get(reference.line as usize)?;
            Some(Blame {
                device: device.name.clone(),
                span: line.span,
                label: line.label.clone(),
                through: Vec::new(),
            })
        });
        Cut { lines: blame.collect(), breaks: self.broken(lines) }
    }

    /// The policy rules that require what the removal of `lines` would stop.
    fn broken(&self, lines: &Lines) -> Vec<String> {
        if let Some(known) = lock(&self.known.cuts.breaks).get(lines) {
            return known.clone();
        }
        let network: Network<'_, K> = self.network.without(lines);
        let known = Known::default();
        let judge = Judge { network: &network, known: &known, ..*self };
        let fails = |judge: &Judge<'_, K>, rule: &ResolvedRule<'_>| {
            sets::pairs(rule).into_iter().any(|ends| judge.require(rule, ends).is_some())
        };
        let breaks = |rule: &ResolvedRule<'_>| fails(&judge, rule) && !fails(self, rule);
        let broken: Vec<String> = self
            .resolved
            .rules
            .iter()
            .enumerate()
            .filter(|(_, rule)| rule.rule.verb == Verb::Require)
            // A requirement that never meets the lines does not miss them; most never do.
            .filter(|(index, rule)| self.rests_on(*index, rule, lines) && breaks(rule))
            .map(|(_, rule)| rule.rule.id.clone())
            .collect();
        lock(&self.known.cuts.breaks).insert(lines.clone(), broken.clone());
        broken
    }

    /// Whether packets that a rule requires may pass by one of `lines`.
    fn rests_on(&self, index: usize, rule: &ResolvedRule<'_>, lines: &Lines) -> bool {
        let known = lock(&self.known.cuts.uses).get(&index).cloned();
        let used = known.unwrap_or_else(|| {
            let used = Arc::new(self.used(rule));
            lock(&self.known.cuts.uses).insert(index, Arc::clone(&used));
            used
        });
        used.iter().any(|line| lines.contains(line))
    }

    /// The lines by which packets that a rule requires may pass.
    fn used(&self, rule: &ResolvedRule<'_>) -> Lines {
        let mut used = Lines::new();
        for (from, to) in sets::pairs(rule) {
            let Some(zone) = zone_of(from) else { continue };
            for cell in sets::cells(self.network, from, &[]) {
                let mut asked = self.ask(rule, &[to], zone, cell, Reading::May, Focus::default());
                let ids = asked.run.ends.get(&to.place).cloned().unwrap_or_default();
                for id in ids {
                    let Some(set) = asked.run.events.get(id).map(|event| event.set) else {
                        continue;
                    };
                    let blamed = asked.run.blame(self.network, id, set, asked.reading);
                    used.extend(blamed.iter().filter_map(|b| Some((b.filter.device, b.line?))));
                }
            }
        }
        used.sort_unstable();
        used.dedup();
        used
    }
}

/// All subsets of a size, in the order of their members.
fn subsets(lines: &Lines, size: usize) -> Vec<Lines> {
    let Some(rest) = size.checked_sub(1) else { return vec![Vec::new()] };
    let mut out = Vec::new();
    for (index, first) in lines.iter().enumerate() {
        let later: Lines = lines.iter().skip(index + 1).copied().collect();
        for mut subset in subsets(&later, rest) {
            subset.insert(0, *first);
            out.push(subset);
        }
    }
    out
}
