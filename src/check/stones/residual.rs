//! What rests on relays: what falls when one of them is compromised.
//!
//! A closure that a relay ends is asked again from that relay alone, all others still closed. When the target falls then,
//! the relay holds the rule. When it does not, relays that are met on the way are asked next: both would have to fall.

use super::super::parties::{End, ResolvedRule, zone_end};
use super::super::write;
use super::tell::{Told, chain_text};
use super::{Both, Closure, How, Limits, Start};
use crate::compile::Reading;
use crate::finding::{Chain, Finding, Kind, Severity, Verdict};
use crate::snapshot::Place;

/// What a rule rests on.
#[derive(Default)]
pub(super) struct Ledger<'r> {
    /// What falls from a relay, by its position.
    onward: Vec<(usize, Closure<'r>)>,
    entries: Vec<Entry>,
}

/// One relay that a rule rests on.
pub(super) struct Entry {
    /// The name of the relay.
    pub(super) relay: String,
    /// The relay that must fall before, when this one is not reached otherwise.
    pub(super) before: Option<String>,
    /// Targets of the rule that fall with it.
    pub(super) targets: Vec<String>,
    /// The shortest chain from it to the first target.
    pub(super) chain: Chain,
    /// Other zones that fall with it and would not fall otherwise.
    pub(super) zones: Vec<String>,
    /// A disagreement of the judges about the chain.
    disagreement: Option<Finding>,
}

impl Both<'_> {
    /// Notes the relays that keep `all`, the closure from every start, away from `to`.
    pub(super) fn weigh<'r>(
        &self,
        rule: &ResolvedRule<'_>,
        to: &End,
        all: &Closure<'r>,
        ledger: &mut Ledger<'r>,
    ) {
        let mut open: Vec<(usize, Option<usize>)> =
            all.met.iter().map(|(relay, _)| (*relay, None)).collect();
        let mut next = 0;
        while let Some((relay, before)) = open.get(next).copied() {
            next += 1;
            if !ledger.onward.iter().any(|(known, _)| *known == relay) {
                ledger.onward.extend(self.onward(relay).map(|closure| (relay, closure)));
            }
            let Some((_, closure)) = ledger.onward.iter_mut().find(|(known, _)| *known == relay)
            else {
                continue;
            };
            if let Some(told) = self.shortest(rule, closure, relay, to) {
                let zones = self.fallen_zones(closure, all, to);
                let before = before.and_then(|before| self.relays.get(before));
                let before = before.map(|relay| relay.name.clone());
                self.enter(rule, ledger, relay, (before, told, zones), to);
                continue;
            }
            for (met, _) in &closure.met {
                if !open.iter().any(|(known, _)| known == met) {
                    open.push((*met, Some(relay)));
                }
            }
        }
    }

    /// What falls from a relay when it is compromised.
    fn onward<'r>(&self, relay: usize) -> Option<Closure<'r>> {
        let found = self.relays.get(relay)?;
        let end = End { name: found.name.clone(), ..zone_end(self.snapshot(), found.zone) };
        let start = Start { end, zone: found.zone, held: found.held.clone() };
        let limits = Limits { target: None, open: Some(relay), around: true };
        Some(self.closure(&[start], Reading::May, limits))
    }

    /// The first chain from a relay into the target.
    fn shortest(
        &self,
        rule: &ResolvedRule<'_>,
        closure: &mut Closure<'_>,
        relay: usize,
        to: &End,
    ) -> Option<Told> {
        let name = self.relays.get(relay)?.name.clone();
        let start = End { name, place: to.place, ranges: None, whole: true };
        for index in 0..closure.items.len() {
            // What has fallen already in the target's zone is the target, not a way to it.
            let inside = |item: &super::Item<'_>| Place::Zone(item.zone) == to.place;
            if index > 0 && closure.items.get(index).is_some_and(inside) {
                continue;
            }
            let ends = (&start, to);
            let items = &mut closure.items;
            let verdict = Verdict::Undetermined;
            let Some(last) = self.last_step(rule, items, index, ends, verdict) else { continue };
            if let Some(told) = self.chain(rule, items, (index, last), ends, verdict) {
                return Some(told);
            }
        }
        None
    }

    /// Zones that fall from a relay, beside the target and those that fall without it.
    fn fallen_zones(&self, closure: &Closure<'_>, all: &Closure<'_>, to: &End) -> Vec<String> {
        let mut zones = Vec::new();
        for item in closure.items.iter().filter(|item| item.how != How::Start) {
            let known = all.items.iter().any(|known| known.zone == item.zone);
            let name = &self.snapshot().zones[item.zone].id;
            if !known && Place::Zone(item.zone) != to.place && !zones.contains(name) {
                zones.push(name.clone());
            }
        }
        zones
    }

    fn enter(
        &self,
        rule: &ResolvedRule<'_>,
        ledger: &mut Ledger<'_>,
        relay: usize,
        (before, told, zones): (Option<String>, Told, Vec<String>),
        to: &End,
    ) {
        let Some(relay) = self.relays.get(relay) else { return };
        let known = ledger.entries.iter_mut().find(|entry| entry.relay == relay.name);
        match known {
            Some(entry) => {
                entry.targets.push(to.name.clone());
                entry.zones.retain(|zone| *zone != to.name);
            }
            None => ledger.entries.push(Entry {
                relay: relay.name.clone(),
                before,
                targets: vec![to.name.clone()],
                zones,
                disagreement: told
                    .disagreement()
                    .map(|facts| write::disagreement(rule.rule, facts)),
                chain: told.chain,
            }),
        }
    }

    /// What rests on relays: told with the finding that a chain exists anyway, else as a note of its own.
    pub(super) fn residual(
        &self,
        rule: &ResolvedRule<'_>,
        ledger: Ledger<'_>,
        findings: &mut Vec<Finding>,
    ) {
        let snapshot = self.snapshot();
        for entry in ledger.entries {
            if let Some(disagreement) = entry.disagreement {
                findings.push(disagreement);
                continue;
            }
            let route = chain_text(snapshot, &entry.chain);
            let message = super::tell::residual(snapshot, &entry, &route);
            if let Some(finding) =
                findings.iter_mut().find(|finding| finding.kind == Kind::SteppingStone)
            {
                finding.details.push(message);
                continue;
            }
            let mut finding = write::blank(Kind::ResidualRisk, rule.rule, Verdict::Holds, message);
            finding.severity = Severity::Info;
            finding.from = Some(entry.relay.clone());
            finding.to = entry.targets.first().cloned();
            finding.details.extend(super::tell::residual_details(snapshot, &entry));
            finding.advice = Some(super::tell::residual_advice());
            finding.witness = entry.chain.steps.last().map(|step| step.flow);
            let mut parts = vec![finding.kind.id(), finding.rule.clone(), entry.relay];
            parts.extend(entry.targets.iter().chain(&entry.zones).cloned());
            finding.fingerprint = crate::finding::fingerprint(&parts);
            finding.chains = vec![entry.chain];
            findings.push(finding);
        }
    }
}
