//! `require`: everything named must pass, whatever the devices choose.

use super::deny::zone_of;
use super::facts::Facts;
use super::homes::{enters_beside, homes};
use super::parties::{End, ResolvedRule};
use super::{Judge, prefer, sets, write};
use crate::compile::{Header, Reading, fields};
use crate::finding::{Finding, Verdict};
use crate::graph::Node;
use crate::packetset::{Arena, Function, Intervals};
use crate::reach::{Query, Run, Ways};
use crate::snapshot::{Place, ZoneAddresses, ZoneId};
use crate::trace::{self, Ingress, Options, TraceVerdict};

/// For how many addresses of a target it is looked why they are not reached.
const TOLD: usize = 8;

/// A pair of a `require` rule.
struct Asked<'a, 'r, K> {
    rule: &'a ResolvedRule<'r>,
    zone: ZoneId,
    ends: (&'a End, &'a End),
    /// The addresses of the target.
    target: &'a Intervals<K>,
}

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
        let asked = Asked { rule, zone, ends: (from, to), target: &target };
        let (public, mut names) = (sets::public(), sets::translated(self.network, &target));
        // What nobody knows of a translation is no reason to say that nothing arrives.
        let open = names.iter().any(|name| public.within(name));
        // Nobody in the Internet sends to addresses that are not public, nor to one behind a translation.
        let outside = self.network.snapshot.zones[zone].addresses == ZoneAddresses::Rest;
        if outside {
            names = names.iter().map(|name| name.intersection(&public)).collect();
            names.retain(|name| !name.is_empty());
        }
        let hidden = sets::is_hidden(self.network.snapshot, zone, &target) && !names.is_empty();
        let direct = if hidden { None } else { Some(self.unserved(&asked, &target, true)?) };
        // A target that is known by other addresses is reached when it is by those that serve.
        let (mut served, mut failed) = (Intervals::empty(), Vec::new());
        for name in names {
            match self.unserved(&asked, &name, false) {
                None => served = served.union(&name),
                Some(unserved) if failed.len() < TOLD => failed.push(unserved),
                Some(_) => {}
            }
        }
        let mut told =
            if served.is_empty() { failed } else { vec![self.unserved(&asked, &served, true)?] };
        if told.is_empty() || !outside {
            told = direct.into_iter().chain(told).collect();
        }
        let mut told =
            told.into_iter().map(|(mut run, lost)| self.missing(&asked, open, &mut run, &lost));
        // It fails when it does by every address.
        let first = told.next()?;
        let open = |finding: &Finding| finding.verdict == Verdict::Undetermined;
        if open(&first) { Some(first) } else { Some(told.find(open).unwrap_or(first)) }
    }

    /// What becomes of required packets to `sent`; `None` when they all arrive, and with `whole`, as every packet that is asked for.
    fn unserved(
        &self,
        asked: &Asked<'_, '_, K>,
        sent: &Intervals<K>,
        whole: bool,
    ) -> Option<(Run<K>, Lost)> {
        let all = sets::addresses(self.network, asked.ends.0);
        let mut first = None;
        let mut arrives = |sources: &Intervals<K>, entry: Option<usize>| {
            let start = self.required(asked.rule, sources, sent);
            let query = Query {
                zone: asked.zone,
                start: &start,
                reading: Reading::Always,
                only_filters_of: None,
                watch: &[],
            };
            // Only what may fall back to its senders is looked at from the end.
            let mut run = if self.may_fall_back(asked, sent) {
                self.network.run_whole(&query, entry)
            } else {
                self.network.run_from(&query, entry)
            };
            let mut lost = self.lost(asked, &mut run, sent);
            lost.missing &= whole;
            let arrives = lost.nothing();
            // Of hosts in several places those are told for whom no gateway serves.
            if first.is_none() || entry.is_some() && *sources != all {
                first = Some((run, lost));
            }
            arrives
        };
        let served =
            arrives(&all, None) || self.some_gateway(asked.zone, &all, |s, e| arrives(s, Some(e)));
        first.filter(|_| !served)
    }

    /// Whether packets to `sent` may end where they come from: an outside network may take what is meant for one of our addresses.
    fn may_fall_back(&self, asked: &Asked<'_, '_, K>, sent: &Intervals<K>) -> bool {
        sent != asked.target && self.network.snapshot.zones[asked.zone].external
    }

    /// Hosts use the gateway that leads to the destination: wherever sources are, one of the entries beside them, and it alone,
    /// serves all that are there. See [`crate::snapshot::Snapshot::homes`].
    fn some_gateway(
        &self,
        zone: ZoneId,
        sources: &Intervals<K>,
        mut serves: impl FnMut(&Intervals<K>, usize) -> bool,
    ) -> bool {
        let several = self.network.snapshot.entries(zone).len() > 1;
        let mut parts = homes(self.network, zone, sources).into_iter();
        several && parts.all(|(part, beside)| beside.into_iter().any(|entry| serves(&part, entry)))
    }

    fn required<'x>(
        &'x self,
        rule: &'x ResolvedRule<'_>,
        sources: &'x Intervals<K>,
        destinations: &'x Intervals<K>,
    ) -> impl Fn(&mut Arena<K>) -> Function + 'x {
        move |arena| {
            let services = sets::service_set(arena, &rule.rule.services);
            let services = sets::from_clients(arena, services);
            let source = arena.field_in(fields::SRC, sources);
            let destination = arena.field_in(fields::DST, destinations);
            let set = arena.guard(services, source);
            let set = arena.guard(set, destination);
            arena.guard(set, self.network.opening())
        }
    }

    fn lost(&self, asked: &Asked<'_, '_, K>, run: &mut Run<K>, sent: &Intervals<K>) -> Lost {
        let (rule, to, target) = (asked.rule, asked.ends.1, asked.target);
        let services = sets::service_set(&mut run.arena, &rule.rule.services);
        let destination = run.arena.field_in(fields::DST, target);
        let wanted = run.arena.guard(services, destination);
        let wanted = run.arena.guard(wanted, self.network.opening());
        let delivered = run.delivered(to.place, None);
        let arrived = run.arena.guard(delivered, wanted);
        let arrived = run.arena.exists(arrived, fields::SRC);
        let arrived = run.arena.exists(arrived, fields::SPORT);
        let missing = run.arena.minus(wanted, arrived);
        // What is for an address that a device of ours translates nobody outside takes, if it arrives, too.
        let home = self.may_fall_back(asked, sent).then_some(Place::Zone(asked.zone));
        let home = home.filter(|home| run.ends.contains_key(home));
        let strays = |place: &Place| *place != to.place && Some(*place) != home;
        let stray = run.ends.keys().copied().filter(strays).collect::<Vec<_>>();
        let mut elsewhere = stray.into_iter().any(|place| !run.delivered(place, None).is_none());
        if let Some(home) = home {
            let ways = Ways::of(run);
            // What a device sends back has not been taken by anybody outside.
            let returned = ways.nodes_to(home).iter().any(|node| matches!(node, Node::Arrive(_)));
            let arriving = run.origins(self.network, &ways, to.place, wanted);
            elsewhere |= returned || !run.arena.minus(run.start, arriving).is_none();
        }
        // Some translation may make of them what nobody asked for.
        let altered = !run.arena.minus(delivered, wanted).is_none();
        Lost {
            missing: !missing.is_none(),
            dropped: !run.drops.is_empty(),
            astray: elsewhere || altered,
            limited: run.limited(),
        }
    }

    fn missing(
        &self,
        asked: &Asked<'_, '_, K>,
        open: bool,
        run: &mut Run<K>,
        lost: &Lost,
    ) -> Finding {
        let &Asked { rule, zone, ends, .. } = asked;
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
            let beside =
                |end: &trace::End| enters_beside(self.network.snapshot, zone, origin.flow, end);
            let there = |end: &trace::End| end.place() == Some(ends.1.place) && beside(end);
            let nowhere = !trace.ends.iter().any(there);
            let settled = !trace.truncated && !trace.ends.is_empty();
            let verdict = if trace.verdict() == TraceVerdict::Dropped || settled && nowhere {
                Verdict::Violated
            } else {
                Verdict::Undetermined
            };
            if facts.witness.is_some() && verdict <= facts.verdict {
                continue;
            }
            facts.verdict = verdict;
            facts.witness = Some(origin.flow);
            let mut lost = trace.ends.iter().filter(|end| end.place() != Some(ends.1.place));
            let end = lost.clone().find(|end| beside(end)).or_else(|| lost.next());
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
        if open {
            facts.verdict = Verdict::Undetermined;
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
