//! The checker of certificates before the tracer: whatever the tracer lets a packet do, the checker's steps may do, and what
//! the checker takes for sure, so does the tracer. And nothing that a certificate excludes can be traced.

use super::features::Features;
use super::flows::Samples;
use super::network;
use super::policies::Rules;
use super::rng::Rng;
use crate::judges::{tell, traced};
use sekisho::certificate::block::{Block, DPORT, DST, PROTOCOL};
use sekisho::certificate::{Claim, Packet, Path, Proof, Spot, Walk, is_any_source, parse, verify};
use sekisho::check;
use sekisho::finding::Verdict;
use sekisho::net::{Family, Flow, State, address, number};
use sekisho::policy::{Policy, Verb};
use sekisho::snapshot::{Place, Snapshot, ZoneId};
use std::collections::BTreeSet;

/// How many certificates of the networks so far said what.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) holds: usize,
    pub(crate) violated: usize,
    pub(crate) undetermined: usize,
    pub(crate) unproven: usize,
}

pub(crate) fn point(flow: &Flow) -> Block {
    let flow = flow.normalised();
    let ports = if flow.is_icmp() {
        [flow.icmp_code.into(), flow.icmp_type.into()]
    } else {
        [flow.source_port, flow.destination_port]
    };
    let values = [
        number(flow.src),
        number(flow.dst),
        flow.protocol.into(),
        ports[0].into(),
        ports[1].into(),
    ];
    Block(values.map(|value| (value, value)))
}

pub(crate) fn flow_of(family: Family, block: Block) -> Flow {
    let at = |field: usize| block.0[field].0;
    Flow {
        src: address(family, at(0)),
        dst: address(family, at(1)),
        protocol: at(2) as u8,
        source_port: at(3) as u16,
        destination_port: at(4) as u16,
        tcp_flags: 2,
        icmp_type: at(4) as u8,
        icmp_code: at(3) as u8,
        state: State::New,
    }
    .normalised()
}

/// Every end of a packet by the checker's steps; only by sure ones when `sure`. `None`: too many.
fn ends(
    walk: &Walk<'_>,
    zone: ZoneId,
    block: Block,
    sure: bool,
) -> Option<BTreeSet<(Place, Block)>> {
    let mut step = Path::default();
    walk.start(zone, block, &mut step).ok()?;
    let mut open: Vec<(Spot, Packet)> = step.arrived;
    let (mut seen, mut ends) = (BTreeSet::new(), BTreeSet::new());
    while let Some((spot, packet)) = open.pop() {
        if sure && !packet.sure || !seen.insert((spot, packet.block)) {
            continue;
        }
        if let Spot::End(place) = spot {
            ends.insert((place, packet.block));
            continue;
        }
        if seen.len() > 2000 {
            return None;
        }
        let mut step = Path::default();
        walk.step(spot, Packet::new(packet.block), &mut step).ok()?;
        // A source that is not known may not be told apart on a sure way.
        let any = |block: Block| is_any_source(walk.family, block);
        step.arrived.retain(|(_, next)| !sure || !any(packet.block) || any(next.block));
        open.extend(step.arrived);
    }
    Some(ends)
}

/// The first packet of a network with which checker and tracer differ.
pub(crate) fn difference(seed: u64, features: Features, count: usize) -> Option<String> {
    let snapshot = network::generate(seed, features);
    let mut rng = Rng::new(seed).fork(21);
    for family in Family::ALL {
        let walk = Walk::new(&snapshot, family);
        let samples = Samples::new(&snapshot, family);
        for zone in snapshot.zones.ids() {
            for _ in 0..count {
                let flow = samples.flow(&mut rng, &snapshot, zone).filter(Flow::is_opening);
                let words = flow.and_then(|flow| packet(&snapshot, &walk, zone, flow));
                if let Some(words) = words {
                    return Some(format!("seed {seed} with {:?}\n{words}", features.list()));
                }
            }
        }
    }
    None
}

fn packet(snapshot: &Snapshot, walk: &Walk<'_>, zone: ZoneId, flow: Flow) -> Option<String> {
    let trace = traced(snapshot, zone, flow);
    if trace.truncated {
        return None;
    }
    let may = ends(walk, zone, point(&flow), false)?;
    for end in &trace.ends {
        let (Some(place), at) = (end.place(), point(&end.flow)) else { continue };
        let counts = !matches!(place, Place::Unzoned(_));
        if counts && !may.iter().any(|(other, block)| *other == place && at.within(block)) {
            return Some(format!("missed {place:?}: {flow} as {}\n{}", end.flow, tell(&trace)));
        }
    }
    for (place, block) in ends(walk, zone, point(&flow), true)? {
        if !trace.certainly_reaches(place) {
            return Some(format!("not sure {place:?}: {flow} {block:?}\n{}", tell(&trace)));
        }
    }
    None
}

/// How many rules were judged, and of how many a certificate says more than the engine.
#[derive(Debug, Default)]
pub(crate) struct Judged {
    pub(crate) rules: usize,
    pub(crate) vague: Vec<String>,
}

/// Rules about pairs of zones, judged by the engine and certified: neither contradicts the other.
pub(crate) fn contradicted(seed: u64, features: Features, judged: &mut Judged) -> Option<String> {
    let snapshot = network::generate(seed, features);
    let mut rng = Rng::new(seed).fork(23);
    let rules = Rules::new(&snapshot);
    let mut policy = Policy::default();
    for (index, to) in snapshot.zones.ids().enumerate() {
        let from = snapshot.zones.ids().nth((index + 1) % snapshot.zones.len()).unwrap();
        let port = rng.pick(&[22, 80, 443, 445, 90]);
        let port = rng.chance(70).then_some(port);
        let verb = Verb::Deny { both_ways: false };
        policy.rules.push(rules.between((from, to), port, verb));
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
        let all = proofs.iter().all(|proof| matches!(proof, Proof::Holds { .. }));
        let violated = proofs.iter().any(|proof| matches!(proof, Proof::Violated { .. }));
        let open = proofs.iter().any(|proof| matches!(proof, Proof::Undetermined { .. }));
        judged.rules += 1;
        let wrong = match verdict.verdict {
            Verdict::Holds => violated || open,
            Verdict::Undetermined => false,
            Verdict::Violated => all,
        };
        let vague = verdict.verdict == Verdict::Undetermined && (violated || all);
        let words = || {
            let (said, rule) = (verdict.verdict, &verdict.rule);
            format!("seed {seed} with {:?}\n{rule} {said:?}, but {proofs:?}", features.list())
        };
        judged.vague.extend(vague.then(words));
        if wrong {
            return Some(words());
        }
    }
    None
}

/// Certificates for the pairs of zones of a network: each is accepted, and the tracer finds nothing against it.
pub(crate) fn certified(seed: u64, features: Features, tally: &mut Tally) -> Option<String> {
    let snapshot = network::generate(seed, features);
    let mut rng = Rng::new(seed).fork(22);
    let claims = claims(&snapshot, &mut rng);
    let certificate = check::certify(&snapshot, &claims, &[]);
    if let Err(refusals) = verify(&snapshot, &claims, &certificate) {
        return Some(format!("seed {seed} with {:?}: {}", features.list(), refusals[0].en));
    }
    for (claim, certified) in claims.iter().zip(&certificate.claims) {
        let (zone, _) = claim.from.as_ref().unwrap();
        let (place, forbidden) = claim.to.as_ref().unwrap();
        let first = |path: &[sekisho::certificate::Stop]| {
            flow_of(claim.family, parse(claim.family, &path[0].packet).unwrap())
        };
        let wrong = match &certified.proof {
            Proof::Holds { .. } => {
                tally.holds += 1;
                let samples = Samples::new(&snapshot, claim.family);
                let flows = (0..60).filter_map(|_| samples.flow(&mut rng, &snapshot, *zone));
                let forbidden = |end: &sekisho::trace::End| {
                    let at = point(&end.flow);
                    end.place() == Some(*place) && forbidden.iter().any(|f| at.within(f))
                };
                let sources = &claim.from.as_ref().unwrap().1;
                let sent = |flow: &Flow| {
                    let source = number(flow.src);
                    flow.is_opening() && sources.iter().any(|(a, b)| (*a..=*b).contains(&source))
                };
                flows.filter(sent).find(|flow| {
                    let trace = traced(&snapshot, *zone, *flow);
                    !trace.truncated && trace.ends.iter().any(forbidden)
                })
            }
            Proof::Violated { path } => {
                tally.violated += 1;
                let trace = traced(&snapshot, *zone, first(path));
                (!trace.truncated && !trace.certainly_reaches(*place)).then(|| first(path))
            }
            Proof::Undetermined { path } => {
                tally.undetermined += 1;
                let trace = traced(&snapshot, *zone, first(path));
                (!trace.truncated && !trace.may_reach(*place)).then(|| first(path))
            }
            _ => {
                tally.unproven += 1;
                None
            }
        };
        if let Some(flow) = wrong {
            let said = format!("{:?}", certified.proof);
            let way = tell(&traced(&snapshot, *zone, flow));
            let words = format!("{flow} against {said}\n{way}");
            return Some(format!("seed {seed} with {:?}: {words}", features.list()));
        }
    }
    None
}

fn claims(snapshot: &Snapshot, rng: &mut Rng) -> Vec<Claim> {
    let mut claims = Vec::new();
    for family in Family::ALL {
        for from in snapshot.zones.ids() {
            for to in snapshot.zones.ids().filter(|to| *to != from) {
                let all = Block::all(family);
                let networks = |zone: ZoneId| {
                    let networks: Vec<(u128, u128)> = match &snapshot.zones[zone].addresses {
                        sekisho::snapshot::ZoneAddresses::Networks(networks) => networks
                            .iter()
                            .filter(|network| network.family() == family)
                            .map(|network| network.range().numbers())
                            .collect(),
                        sekisho::snapshot::ZoneAddresses::Rest if family == Family::V4 => {
                            vec![(0x0100_0000, 0x7eff_ffff)]
                        }
                        sekisho::snapshot::ZoneAddresses::Rest => vec![(1 << 125, 1 << 126)],
                    };
                    networks
                };
                let service = if rng.chance(50) {
                    let port = rng.pick(&[22, 80, 443, 445]);
                    all.with(PROTOCOL, (6, 6)).with(DPORT, (port, port))
                } else {
                    all
                };
                let forbidden = networks(to).into_iter().map(|range| service.with(DST, range));
                claims.push(Claim {
                    rule: format!("{from:?} {to:?}"),
                    kind: "isolation",
                    family,
                    ends: (String::new(), String::new()),
                    from: Some((from, networks(from))),
                    to: Some((Place::Zone(to), forbidden.collect())),
                    sent: Vec::new(),
                });
            }
        }
    }
    claims
}
