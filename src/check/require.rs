//! `require`: everything named must pass, whatever the devices choose.

use super::deny::zone_of;
use super::facts::Facts;
use super::parties::{End, ResolvedRule};
use super::{Judge, prefer, sets, write};
use crate::compile::{Header, Reading, fields};
use crate::finding::{Finding, Verdict};
use crate::packetset::{Arena, Function, Intervals};
use crate::reach::{Query, Run};
use crate::snapshot::ZoneId;
use crate::trace::{self, Ingress, Options, TraceVerdict};

impl<K: Header> Judge<'_, K> {
    /// Whether the required packets of a pair do not all surely pass. A pair is judged in the families in which both ends have
    /// addresses.
    pub(super) fn require(&self, rule: &ResolvedRule<'_>, ends: (&End, &End)) -> Option<Finding> {
        let (from, to) = ends;
        let both = [from, to].map(|end| !sets::addresses(self.network, end).is_empty());
        match (zone_of(from), both) {
            (Some(zone), [true, true]) => self.require_pair(rule, zone, from, to),
            _ => None,
        }
    }

    fn require_pair(
        &self,
        rule: &ResolvedRule<'_>,
        zone: ZoneId,
        from: &End,
        to: &End,
    ) -> Option<Finding> {
        let target = sets::addresses(self.network, to);
        let before = sets::preimages(self.network, &target);
        let mut first = None;
        for destinations in
            [Some(target.clone()), (!before.is_empty()).then_some(before)].into_iter().flatten()
        {
            for entry in self.entry_choices(zone) {
                let start = self.required(rule, from, &destinations);
                let query = Query {
                    zone,
                    start: &start,
                    reading: Reading::Always,
                    only_filters_of: None,
                    watch: &[],
                };
                let mut run = self.network.run_from(&query, entry);
                let lost = self.lost(rule, &mut run, to, &target);
                if lost.nothing() {
                    return None;
                }
                first.get_or_insert((run, lost));
            }
        }
        let (mut run, lost) = first?;
        Some(self.missing(rule, zone, (from, to), &mut run, &lost))
    }

    /// Hosts use the gateway that leads to the destination: each entry of the zone is tried alone, after all together.
    fn entry_choices(&self, zone: ZoneId) -> Vec<Option<usize>> {
        let entries = self.network.snapshot.entries(zone).len();
        let single = (entries > 1).then(|| (0..entries).map(Some)).into_iter().flatten();
        std::iter::once(None).chain(single).collect()
    }

    fn required<'x>(
        &'x self,
        rule: &'x ResolvedRule<'_>,
        from: &'x End,
        destinations: &'x Intervals<K>,
    ) -> impl Fn(&mut Arena<K>) -> Function + 'x {
        move |arena| {
            let services = sets::service_set(arena, &rule.rule.services);
            let source = arena.field_in(fields::SRC, &sets::addresses(self.network, from));
            let destination = arena.field_in(fields::DST, destinations);
            let set = arena.guard(services, source);
            let set = arena.guard(set, destination);
            arena.guard(set, self.network.opening())
        }
    }

    fn lost(
        &self,
        rule: &ResolvedRule<'_>,
        run: &mut Run<K>,
        to: &End,
        target: &Intervals<K>,
    ) -> Lost {
        let services = sets::service_set(&mut run.arena, &rule.rule.services);
        let destination = run.arena.field_in(fields::DST, target);
        let wanted = run.arena.guard(services, destination);
        let wanted = run.arena.guard(wanted, self.network.opening());
        let delivered = run.delivered(to.place, None);
        let arrived = run.arena.guard(delivered, wanted);
        let arrived = run.arena.exists(arrived, fields::SRC);
        let arrived = run.arena.exists(arrived, fields::SPORT);
        let missing = run.arena.minus(wanted, arrived);
        let stray = run.ends.keys().copied().filter(|place| *place != to.place).collect::<Vec<_>>();
        let astray = stray.into_iter().any(|place| !run.delivered(place, None).is_none());
        Lost {
            missing: !missing.is_none(),
            dropped: !run.drops.is_empty(),
            astray,
            limited: run.limited(),
        }
    }

    fn missing(
        &self,
        rule: &ResolvedRule<'_>,
        zone: ZoneId,
        ends: (&End, &End),
        run: &mut Run<K>,
        lost: &Lost,
    ) -> Finding {
        let mut facts = Facts::new(rule, ends.0, ends.1, K::FAMILY, Verdict::Undetermined);
        let prefer = prefer::preferences(self.network, &mut run.arena, ends);
        let drops = std::mem::take(&mut run.drops);
        let mut seen = Function::NONE;
        for drop in &drops {
            seen = run.arena.min(seen, drop.set);
            let Some(origin) = run.lost_witness(self.network, drop, &prefer) else { continue };
            let trace = trace::trace(
                self.network.snapshot,
                Ingress::Zone(zone),
                origin.flow,
                &Options::default(),
            );
            let verdict = if trace.verdict() == TraceVerdict::Dropped {
                Verdict::Violated
            } else {
                Verdict::Undetermined
            };
            if facts.witness.is_some() && verdict <= facts.verdict {
                continue;
            }
            facts.verdict = verdict;
            facts.witness = Some(origin.flow);
            let end = trace.ends.iter().find(|end| end.place() != Some(ends.1.place));
            facts.path = end.map(|end| end.hops.clone()).unwrap_or_default();
            facts.causes = trace.ends.iter().flat_map(|end| end.causes.iter().cloned()).collect();
        }
        if lost.missing && drops.is_empty() && !lost.limited {
            facts.verdict = Verdict::Violated;
        }
        if lost.limited {
            facts.verdict = Verdict::Undetermined;
            facts.limited();
        }
        facts.flows = sets::list_flows(&mut run.arena, seen, sets::FLOWS);
        facts.blame_denials();
        write::missing(self, rule, &facts)
    }
}

/// What became of required packets, beside arriving.
struct Lost {
    missing: bool,
    dropped: bool,
    astray: bool,
    limited: bool,
}

impl Lost {
    fn nothing(&self) -> bool {
        !(self.missing || self.dropped || self.astray || self.limited)
    }
}
