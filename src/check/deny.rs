//! `deny`: nothing may open a connection from here to there.

use super::facts::Facts;
use super::parties::{End, ResolvedRule};
use super::sets::{self, Cell, Source};
use super::{Judge, prefer, write};
use crate::compile::{Header, Reading, fields};
use crate::finding::{Finding, Verdict};
use crate::packetset::{Arena, Function};
use crate::reach::{Query, Run, Waypoint};
use crate::snapshot::{DeviceId, Place, ZoneId};

/// What a query is about beyond its reading.
#[derive(Clone, Default)]
pub(super) struct Focus {
    /// Only this device filters.
    pub(super) filters: Option<DeviceId>,
    /// Packets that cross one of these are told apart.
    pub(super) watch: Vec<Waypoint>,
}

/// A run with the cell that it started from.
pub(super) struct Asked<'r, K> {
    pub(super) run: Run<K>,
    pub(super) cell: Cell<'r, K>,
    pub(super) zone: ZoneId,
    pub(super) reading: Reading,
    pub(super) focus: Focus,
}

/// The end events of a run that matter, with the forbidden packets among them.
pub(super) struct Hit<'x, 'r, K> {
    pub(super) asked: &'x mut Asked<'r, K>,
    /// Forbidden destinations and services, as they arrive.
    pub(super) wanted: Function,
    pub(super) place: Place,
    /// Only packets that crossed the watched device, or only those that did not.
    pub(super) crossed: Option<bool>,
}

impl<K: Header> Judge<'_, K> {
    /// Findings for one source of a rule.
    pub(super) fn deny(&self, rule: &ResolvedRule<'_>, source: &Source<'_>) -> Vec<Finding> {
        let mut findings = Vec::new();
        let Some(zone) = zone_of(source.end) else { return findings };
        let targets = sets::targets(source.end, source.direction);
        let mut done = vec![false; targets.len()];
        for cell in sets::cells(self.network, source.end, &rule.without) {
            let mut widest = self.ask(rule, &targets, zone, cell, Reading::May, Focus::default());
            let mut sure = None;
            for (to, done) in targets.iter().zip(&mut done) {
                if *done || !self.hits(rule, &mut widest, to) {
                    continue;
                }
                let finding =
                    self.judge_pair(rule, source.end, to, &targets, &mut widest, &mut sure);
                *done = finding.verdict == Verdict::Violated;
                findings
                    .retain(|old: &Finding| old.to != finding.to || old.verdict > finding.verdict);
                findings.push(finding);
            }
        }
        findings
    }

    fn hits(&self, rule: &ResolvedRule<'_>, asked: &mut Asked<'_, K>, to: &End) -> bool {
        if !asked.run.limited() && !asked.run.ends.contains_key(&to.place) {
            return false;
        }
        let wanted = sets::forbidden(&mut asked.run.arena, self.network, rule, &asked.cell, to);
        let delivered = asked.run.delivered(to.place, None);
        let nothing = asked.run.arena.guard(delivered, wanted).is_none();
        !nothing || asked.run.limited()
    }

    fn judge_pair<'r>(
        &self,
        rule: &'r ResolvedRule<'_>,
        from: &End,
        to: &End,
        targets: &[&End],
        widest: &mut Asked<'r, K>,
        sure: &mut Option<Asked<'r, K>>,
    ) -> Finding {
        if !widest.run.exact && sure.is_none() {
            let cell = widest.cell.clone();
            *sure =
                Some(self.ask(rule, targets, widest.zone, cell, Reading::Must, Focus::default()));
        }
        let proven = match sure {
            Some(sure) => self.hits(rule, sure, to) && !sure.run.limited(),
            None => !widest.run.limited(),
        };
        let asked = if proven { sure.as_mut().unwrap_or(widest) } else { widest };
        let wanted = sets::forbidden(&mut asked.run.arena, self.network, rule, &asked.cell, to);
        let verdict = if proven { Verdict::Violated } else { Verdict::Undetermined };
        let mut hit = Hit { asked, wanted, place: to.place, crossed: None };
        let mut facts = self.facts(rule, (from, to), &mut hit, verdict);
        if verdict == Verdict::Violated {
            facts.cuts = self.cuts(rule, from, to, &facts);
        }
        write::forbidden_path(self, rule, &facts)
    }

    /// Runs the forbidden packets of a cell towards all targets.
    pub(super) fn ask<'r>(
        &self,
        rule: &ResolvedRule<'_>,
        targets: &[&End],
        zone: ZoneId,
        cell: Cell<'r, K>,
        reading: Reading,
        focus: Focus,
    ) -> Asked<'r, K> {
        self.ask_at(rule, targets, (zone, cell, reading), focus, None)
    }

    /// As [`Judge::ask`]; with `entry`, packets enter at that entry of the zone only.
    pub(super) fn ask_at<'r>(
        &self,
        rule: &ResolvedRule<'_>,
        targets: &[&End],
        (zone, cell, reading): (ZoneId, Cell<'r, K>, Reading),
        focus: Focus,
        entry: Option<usize>,
    ) -> Asked<'r, K> {
        let start = |arena: &mut Arena<K>| {
            let wanted = sets::forbidden_any(arena, self.network, rule, &cell, targets);
            let destinations = sets::all_addresses(self.network, targets);
            let before =
                arena.field_in(fields::DST, &sets::changeable(self.network, &destinations));
            let any = arena.min(wanted, before);
            let source = arena.field_in(fields::SRC, &cell.source);
            let any = arena.guard(any, source);
            arena.guard(any, self.network.opening())
        };
        let query = Query {
            zone,
            start: &start,
            reading,
            only_filters_of: focus.filters,
            watch: &focus.watch,
        };
        let run = self.network.run_from(&query, entry);
        Asked { run, cell, zone, reading, focus }
    }

    /// Everything that a finding tells about one hit.
    pub(super) fn facts(
        &self,
        rule: &ResolvedRule<'_>,
        ends: (&End, &End),
        hit: &mut Hit<'_, '_, K>,
        verdict: Verdict,
    ) -> Facts {
        let mut facts = Facts::new(rule, ends.0, ends.1, K::FAMILY, verdict);
        if hit.asked.run.limited() {
            // Sets of such a run may be too small or too large: they show nothing.
            facts.limited();
            return facts;
        }
        let ids = hit.asked.run.ends.get(&hit.place).cloned().unwrap_or_default();
        let prefer = prefer::preferences(self.network, &mut hit.asked.run.arena, ends);
        let mut violating = Function::NONE;
        for id in ids {
            let Some(event) = hit.asked.run.events.get(id).cloned() else { continue };
            if hit.crossed.is_some_and(|crossed| crossed != event.crossed) {
                continue;
            }
            let part = hit.asked.run.arena.guard(event.set, hit.wanted);
            if part.is_none() {
                continue;
            }
            violating = hit.asked.run.arena.min(violating, part);
            // The witness comes first: blame tells through which groups a line came to hold its destination.
            if facts.witness.is_none() {
                self.prove(&mut facts, hit, id, &prefer);
            }
            let blamed = hit.asked.run.blame(self.network, id, part, hit.asked.reading);
            facts.blame(self, &blamed);
        }
        facts.flows = sets::list_flows(&mut hit.asked.run.arena, violating, sets::FLOWS);
        if hit.asked.run.limited() && facts.witness.is_none() {
            facts.verdict = Verdict::Undetermined;
            facts.limited();
        }
        facts
    }

    fn prove(
        &self,
        facts: &mut Facts,
        hit: &mut Hit<'_, '_, K>,
        event: usize,
        prefer: &[Function],
    ) {
        let Some(origin) = hit.asked.run.witness(self.network, event, hit.wanted, prefer) else {
            return;
        };
        let through: Vec<DeviceId> = origin
            .points
            .iter()
            .filter_map(|(id, _)| match hit.asked.run.events.get(*id)?.node {
                crate::graph::Node::Arrive(port) => Some(port.device),
                _ => None,
            })
            .collect();
        if hit.asked.run.limited() {
            return;
        }
        facts.witness = Some(origin.flow);
        self.replay(facts, hit.asked.zone, hit.place, &hit.asked.focus, &through);
    }
}

/// The zone of a source; devices do not open connections.
pub(super) fn zone_of(end: &End) -> Option<ZoneId> {
    match end.place {
        Place::Zone(zone) => Some(zone),
        _ => None,
    }
}
