//! Proofs of what is required before the tracer: what the checker's steps do not lose, the tracer delivers at any time; what is
//! proven to arrive, always does; and what is proven never to arrive, never does.

use super::features::Features;
use super::flows::Samples;
use super::network;
use super::policies::Rules;
use super::rng::Rng;
use super::steps::{flow_of, point};
use crate::judges::{tell, traced};
use sekisho::certificate::block::{Block, DPORT, DST, PROTOCOL, SPORT, SRC};
use sekisho::certificate::{
    Claim, FilterAt, Guide, Packet, Proof, Refusal, Spot, Walk, parse, required, verify,
};
use sekisho::check;
use sekisho::finding::Verdict;
use sekisho::net::{Family, Flow};
use sekisho::policy::{Policy, Verb};
use sekisho::snapshot::{Place, Port, Segment, Snapshot, ZoneAddresses, ZoneId};
use sekisho::trace::{self, Ingress, Options, Trace};
use std::collections::BTreeSet;

/// What became of the claims and flows so far.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) delivered: usize,
    pub(crate) by_one_entry: usize,
    pub(crate) undelivered: usize,
    pub(crate) unproven: usize,
    /// Packets traced against a proof.
    pub(crate) packets: usize,
    /// Packets that the checker's steps promise to deliver, and those that may get lost.
    pub(crate) promised: usize,
    pub(crate) losable: usize,
}

/// Follows one packet over every proper way, and notes whether it may get lost.
#[derive(Default)]
struct Ways {
    lost: bool,
    next: Vec<(Spot, Block)>,
    under: BTreeSet<(Spot, Block)>,
    known: BTreeSet<(Spot, Block)>,
    ends: BTreeSet<Place>,
}

impl Guide for Ways {
    fn filter(&mut self, at: &FilterAt<'_>, packet: Packet) -> Result<Vec<Packet>, Refusal> {
        self.lost |= !at.passes(&packet).0;
        Ok(vec![packet])
    }

    fn arrive(&mut self, spot: Spot, packet: Packet) -> Result<(), Refusal> {
        self.next.extend((!packet.aside).then_some((spot, packet.block)));
        Ok(())
    }

    fn lose(&mut self, packet: &Packet) -> Result<(), Refusal> {
        self.lost |= !packet.aside;
        Ok(())
    }
}

impl Ways {
    fn follow(&mut self, walk: &Walk<'_>) {
        for (spot, block) in std::mem::take(&mut self.next) {
            if let Spot::End(place) = spot {
                self.ends.insert(place);
                continue;
            }
            if self.lost || self.known.contains(&(spot, block)) {
                continue;
            }
            let again = !self.under.insert((spot, block)) || self.under.len() > 60;
            self.lost |= again || walk.step(spot, Packet::new(block), self).is_err();
            if !again {
                self.follow(walk);
                self.under.remove(&(spot, block));
                self.known.insert((spot, block));
            }
        }
    }
}

/// The first packet of a network that the checker's steps do not lose, and the tracer may.
pub(crate) fn lost(
    seed: u64,
    features: Features,
    count: usize,
    tally: &mut Tally,
) -> Option<String> {
    let snapshot = network::generate(seed, features);
    let mut rng = Rng::new(seed).fork(31);
    for family in Family::ALL {
        let walk = Walk::new(&snapshot, family);
        let samples = Samples::new(&snapshot, family);
        for zone in snapshot.zones.ids() {
            for _ in 0..count {
                let flow = samples.flow(&mut rng, &snapshot, zone).filter(Flow::is_opening);
                let words = flow.and_then(|flow| promised(&snapshot, &walk, zone, flow, tally));
                if let Some(words) = words {
                    return Some(format!("seed {seed} with {:?}\n{words}", features.list()));
                }
            }
        }
    }
    None
}

fn promised(
    snapshot: &Snapshot,
    walk: &Walk<'_>,
    zone: ZoneId,
    flow: Flow,
    tally: &mut Tally,
) -> Option<String> {
    let trace = traced(snapshot, zone, flow);
    if trace.truncated {
        return None;
    }
    let mut ways = Ways::default();
    walk.start(zone, point(&flow), &mut ways).ok()?;
    ways.lost |= ways.next.is_empty();
    ways.follow(walk);
    if ways.lost {
        tally.losable += 1;
        return None;
    }
    tally.promised += 1;
    let mut proper = trace.ends.iter().filter(|end| !end.aside).peekable();
    let arrives = |end: &trace::End| {
        end.lasting && end.place().is_some_and(|place| ways.ends.contains(&place))
    };
    let wrong = proper.peek().is_none() || proper.any(|end| !arrives(end));
    wrong.then(|| format!("promised to {:?}: {flow}\n{}", ways.ends, tell(&trace)))
}

/// Certificates of requirements between the zones of a network: each is accepted, and the tracer finds nothing against it.
pub(crate) fn certified(seed: u64, features: Features, tally: &mut Tally) -> Option<String> {
    let snapshot = network::generate(seed, features);
    let mut rng = Rng::new(seed).fork(32);
    let claims = claims(&snapshot, &mut rng);
    let certificate = check::certify(&snapshot, &claims, &[]);
    if let Err(refusals) = verify(&snapshot, &claims, &certificate) {
        return Some(format!("seed {seed} with {:?}: {}", features.list(), refusals[0].en));
    }
    for (claim, certified) in claims.iter().zip(&certificate.claims) {
        let wrong = match &certified.proof {
            Proof::Delivered { entry, .. } => {
                tally.delivered += 1;
                tally.by_one_entry += usize::from(entry.is_some());
                let flows = (0..12).map(|_| picked(claim, &mut rng)).collect::<Vec<_>>();
                tally.packets += flows.len();
                flows.into_iter().find(|flow| !arrives(&snapshot, claim, entry.as_deref(), *flow))
            }
            Proof::Undelivered { packet, .. } => {
                tally.undelivered += 1;
                tally.packets += 1;
                let flow = flow_of(claim.family, parse(claim.family, packet).unwrap());
                let trace = traced(&snapshot, claim.from.as_ref().unwrap().0, flow);
                trace.ends.iter().any(|end| wanted(claim, end)).then_some(flow)
            }
            _ => {
                tally.unproven += 1;
                None
            }
        };
        if let Some(flow) = wrong {
            let said = format!("{:?}", certified.proof);
            return Some(format!("seed {seed} with {:?}: {flow} against {said}", features.list()));
        }
    }
    None
}

/// Whether an end is the target, and what arrives is as it was asked for.
fn wanted(claim: &Claim, end: &trace::End) -> bool {
    let (place, wanted) = claim.to.as_ref().unwrap();
    let at = point(&end.flow);
    end.place() == Some(*place) && wanted.iter().any(|block| at.within(block))
}

/// Whether the tracer says that a packet always arrives; where the proof names an entry, by that one at least.
fn arrives(snapshot: &Snapshot, claim: &Claim, entry: Option<&str>, flow: Flow) -> bool {
    let (zone, _) = claim.from.as_ref().unwrap();
    let always = |trace: &Trace| {
        let mut proper = trace.ends.iter().filter(|end| !end.aside).peekable();
        let arrives = proper.peek().is_some()
            && proper.all(|end| end.lasting && wanted(claim, end) && end.flow.dst == flow.dst);
        trace.truncated || arrives
    };
    let by = |port: &Port| {
        let name = format!(".{}", sekisho::model::Id::index(port.interface));
        let device = format!("#{}", sekisho::model::Id::index(port.device));
        entry.is_some_and(|entry| entry.ends_with(&format!("{device}{name}")))
    };
    always(&traced(snapshot, *zone, flow))
        || snapshot
            .entries(*zone)
            .iter()
            .filter(|port| by(port))
            .any(|port| always_by(snapshot, *port, flow, always))
}

/// Whether what hosts beside a port send always arrives: by the port, or without it where the destination is beside them, too.
fn always_by(snapshot: &Snapshot, port: Port, flow: Flow, always: impl Fn(&Trace) -> bool) -> bool {
    let beside = snapshot.segment_of(port).map(Ingress::Segment);
    let mut ways = [Some(Ingress::Port(port)), beside].into_iter().flatten();
    ways.any(|ingress| always(&trace::trace(snapshot, ingress, flow, &Options::default())))
}

/// One of the packets that a claim is about.
fn picked(claim: &Claim, rng: &mut Rng) -> Flow {
    let mut packet = rng.pick(&required(claim));
    for field in [SRC, DST, PROTOCOL, SPORT, DPORT] {
        let (first, last) = packet.0[field];
        let mut values = vec![first, last, first + (last - first) / 2, first + (last - first) / 7];
        let known: &[u128] = match field {
            PROTOCOL => &[6, 17, 1, 58],
            SPORT | DPORT => &[22, 80, 90, 443, 445, 1024, 8080],
            _ => &[],
        };
        values.extend(known.iter().filter(|value| (first..=last).contains(*value)));
        let value = rng.pick(&values);
        packet = packet.with(field, (value, value));
    }
    flow_of(claim.family, packet)
}

/// Some addresses of a zone in one family, without those that are never sent.
fn some(snapshot: &Snapshot, zone: ZoneId, family: Family, rng: &mut Rng) -> Vec<(u128, u128)> {
    let mut ranges: Vec<(u128, u128)> = match &snapshot.zones[zone].addresses {
        ZoneAddresses::Networks(networks) => {
            let own = networks.iter().filter(|network| network.family() == family);
            own.map(|network| network.range().numbers()).collect()
        }
        ZoneAddresses::Rest if family == Family::V4 => vec![(0x0800_0000, 0x0800_ffff)],
        ZoneAddresses::Rest => vec![(1 << 125, (1 << 125) + 0xffff)],
    };
    if rng.chance(60) {
        for range in &mut ranges {
            let host = range.0 + 1 + rng.below(100) as u128;
            *range = if host <= range.1 { (host, host) } else { *range };
        }
    }
    ranges
}

fn claims(snapshot: &Snapshot, rng: &mut Rng) -> Vec<Claim> {
    let mut claims = Vec::new();
    for family in Family::ALL {
        for from in snapshot.zones.ids() {
            for to in snapshot.zones.ids().filter(|to| *to != from) {
                let all = Block::all(family);
                let service = if rng.chance(70) {
                    let port = rng.pick(&[22, 80, 443, 445]);
                    all.with(PROTOCOL, (6, 6)).with(DPORT, (port, port))
                } else {
                    all
                };
                let sources = some(snapshot, from, family, rng);
                let wanted = some(snapshot, to, family, rng).into_iter();
                let wanted: Vec<Block> = wanted.map(|range| service.with(DST, range)).collect();
                if sources.is_empty() || wanted.is_empty() {
                    continue;
                }
                claims.push(Claim {
                    rule: format!("{from:?} {to:?}"),
                    kind: "require",
                    family,
                    ends: (String::new(), String::new()),
                    from: Some((from, sources)),
                    sent: wanted.clone(),
                    to: Some((Place::Zone(to), wanted)),
                });
            }
        }
    }
    claims
}

/// Requirements between zones, judged by the engine and certified: neither contradicts the other, and what holds the tracer
/// delivers.
pub(crate) fn contradicted(seed: u64, features: Features) -> Option<String> {
    let snapshot = network::generate(seed, features);
    let mut rng = Rng::new(seed).fork(33);
    let rules = Rules::new(&snapshot);
    let mut policy = Policy::default();
    for pair in rules.pairs() {
        let port = rng.pick(&[22, 80, 443, 445, 90]);
        policy.rules.push(rules.between(pair, Some(port), Verb::Require));
    }
    let resolved = check::resolve(&snapshot, &policy).unwrap();
    let judgment = rules.judge(&policy, &resolved);
    let claims = check::claims(&snapshot, &resolved);
    let certificate = check::certify(&snapshot, &claims, &judgment.findings);
    if let Err(refusals) = verify(&snapshot, &claims, &certificate) {
        return Some(format!("seed {seed}: refused: {}", refusals[0].en));
    }
    for verdict in &judgment.verdicts {
        let of_rule = certificate.claims.iter().filter(|claim| claim.rule == verdict.rule);
        let proofs: Vec<&Proof> = of_rule.map(|claim| &claim.proof).collect();
        let all = proofs.iter().all(|proof| matches!(proof, Proof::Delivered { .. }));
        let never = proofs.iter().any(|proof| matches!(proof, Proof::Undelivered { .. }));
        let said = verdict.verdict;
        if all && said != Verdict::Holds || never && said != Verdict::Violated {
            let words = format!("{} {said:?}, but {proofs:?}", verdict.rule);
            return Some(format!("seed {seed} with {:?}\n{words}", features.list()));
        }
        let of_rule = claims.iter().filter(|claim| claim.rule == verdict.rule);
        for claim in of_rule.filter(|_| said == Verdict::Holds) {
            if let Some(flow) = stopped(&snapshot, claim, &mut rng) {
                let words = format!("{} holds, but {flow} may not arrive", verdict.rule);
                return Some(format!("seed {seed} with {:?}\n{words}", features.list()));
            }
        }
    }
    None
}

/// A packet of a requirement that holds which the tracer lets go astray, whichever gateway hosts use. Where a translation brings
/// packets to the target under another address, it may be those that arrive: then one to each of them must go astray, too.
fn stopped(snapshot: &Snapshot, claim: &Claim, rng: &mut Rng) -> Option<Flow> {
    let (zone, _) = claim.from.as_ref()?;
    let (_, blocks) = claim.to.as_ref()?;
    let walk = Walk::new(snapshot, claim.family);
    let readdressed = walk.before(blocks).into_iter().filter(|block| !block.covered(blocks));
    let other = |before: Block| blocks.iter().map(move |wanted| wanted.with(DST, before.0[DST]));
    let others: Vec<Claim> = readdressed
        .map(|before| Claim { sent: other(before).collect(), ..claim.clone() })
        .collect();
    let always = |trace: &Trace| {
        let mut proper = trace.ends.iter().filter(|end| !end.aside).peekable();
        let arrives = |end: &trace::End| end.lasting && wanted(claim, end);
        trace.truncated || proper.peek().is_some() && proper.all(arrives)
    };
    let by = |port: &Port, flow: Flow| always_by(snapshot, *port, flow, always);
    let entries = snapshot.entries(*zone);
    let serves = |flow: &Flow| {
        let here = |home: &&Segment| home.networks.iter().any(|n| n.contains(flow.src));
        let mut homes = snapshot.homes(*zone).filter(here).map(|home| &home.ports).peekable();
        let some = |ports: &Vec<Port>| ports.iter().any(|port| by(port, *flow));
        always(&traced(snapshot, *zone, *flow))
            || if homes.peek().is_some() { homes.all(some) } else { some(&entries) }
    };
    let mut some = |claim: &Claim| {
        let flows: Vec<Flow> = (0..40).map(|_| picked(claim, rng)).collect();
        flows.into_iter().find(|flow| !serves(flow))
    };
    let direct = some(claim)?;
    others.iter().all(|other| some(other).is_some()).then_some(direct)
}
