//! What the policy claims, as plain blocks: the statements that a certificate must prove.

use super::deny::zone_of;
use super::parties::{Direction, End, Resolved, ResolvedRule, Without};
use super::sets;
use crate::certificate::Claim;
use crate::certificate::block::{Block, DPORT, DST, PROTOCOL, Range, SPORT, without};
use crate::compile::{self, Header};
use crate::graph::{unicast, zone_set};
use crate::net::{AddressRange, Family};
use crate::packetset::Intervals;
use crate::policy::{CLIENT_PORTS, Service, Verb};
use crate::snapshot::{Place, Snapshot};

/// Every claim of every rule, in the order of the policy, IPv4 first. What a rule asks besides isolation, and rules that neither
/// forbid nor require, make further claims, for which there are no proofs.
#[must_use]
pub fn claims(snapshot: &Snapshot, resolved: &Resolved<'_>) -> Vec<Claim> {
    let mut claims = Vec::new();
    for rule in &resolved.rules {
        let before = claims.len();
        for family in Family::ALL {
            match &rule.rule.verb {
                Verb::Deny { .. } | Verb::Only { .. } => {
                    claims.extend(match family {
                        Family::V4 => isolation::<u32>(snapshot, rule),
                        Family::V6 => isolation::<u128>(snapshot, rule),
                    });
                    let more = [
                        (!rule.enforce_at.is_empty(), "enforcement"),
                        (rule.rule.stepping_stones, "stepping-stones"),
                    ];
                    let more = more.into_iter().filter(|(asked, _)| *asked);
                    claims.extend(more.map(|(_, kind)| other(rule, kind, family)));
                }
                Verb::Require => claims.extend(match family {
                    Family::V4 => required::<u32>(snapshot, rule),
                    Family::V6 => required::<u128>(snapshot, rule),
                }),
                verb => claims.push(other(rule, kind(verb), family)),
            }
        }
        // A rule about no packet at all is listed as such.
        if claims.len() == before {
            claims.push(other(rule, "vacuous", Family::V4));
        }
    }
    claims
}

fn kind(verb: &Verb) -> &'static str {
    match verb {
        Verb::Deny { .. } | Verb::Only { .. } => "isolation",
        Verb::Require => "require",
        Verb::Via { .. } => "via",
        Verb::Logged => "logged",
        Verb::Scheduled => "scheduled",
        Verb::Destinations { .. } => "destinations",
        Verb::Declare { .. } => "declare",
        Verb::Register { .. } => "register",
        Verb::Hygiene { .. } => "hygiene",
    }
}

fn other(rule: &ResolvedRule<'_>, kind: &'static str, family: Family) -> Claim {
    let ends = (String::new(), String::new());
    let (rule, sent) = (rule.rule.id.clone(), Vec::new());
    Claim { rule, kind, family, ends, from: None, to: None, sent }
}

/// One claim for each part of a source on which the same exceptions apply, and each target.
fn isolation<K: Header>(snapshot: &Snapshot, rule: &ResolvedRule<'_>) -> Vec<Claim> {
    let mut claims = Vec::new();
    let of = |direction: &'_ Direction| -> Vec<(End, End)> {
        let pairs = direction.from.iter().flat_map(|from| {
            let targets = sets::targets(from, direction).into_iter();
            targets.map(move |to| (from.clone(), to.clone()))
        });
        pairs.collect()
    };
    for (from, to) in rule.directions.iter().flat_map(of) {
        let Place::Zone(zone) = from.place else { continue };
        for (sources, excused) in cells::<K>(snapshot, &from, &rule.without) {
            let forbidden = forbidden::<K>(snapshot, rule, &to, &excused);
            if sources.is_empty() || forbidden.is_empty() {
                continue;
            }
            claims.push(Claim {
                rule: rule.rule.id.clone(),
                kind: "isolation",
                family: K::FAMILY,
                ends: (from.name.clone(), to.name.clone()),
                from: Some((zone, sources)),
                to: Some((to.place, forbidden)),
                sent: Vec::new(),
            });
        }
    }
    claims
}

/// One claim for each source and each target that both have addresses in the family: [`super::require`] asks about the same pairs.
fn required<K: Header>(snapshot: &Snapshot, rule: &ResolvedRule<'_>) -> Vec<Claim> {
    let claim = |(from, to): (&End, &End)| {
        let (zone, sources) = (zone_of(from)?, numbers(&addresses::<K>(snapshot, from)));
        let target = addresses::<K>(snapshot, to);
        let wanted = products(&target, &rule.rule.services);
        if sources.is_empty() || wanted.is_empty() {
            return None;
        }
        let ends = (from.name.clone(), to.name.clone());
        let claim = Claim { ends, ..other(rule, "require", K::FAMILY) };
        // Such a target is reached by other addresses, of which a claim does not speak.
        if sets::is_hidden(snapshot, zone, &target) {
            return Some(claim);
        }
        Some(Claim {
            from: Some((zone, sources)),
            sent: from_clients(K::FAMILY, &wanted),
            to: Some((to.place, wanted)),
            ..claim
        })
    };
    sets::pairs(rule).into_iter().filter_map(claim).collect()
}

/// What clients send of some packets: no host opens a connection from a port below [`CLIENT_PORTS`].
fn from_clients(family: Family, blocks: &[Block]) -> Vec<Block> {
    let low = Block::all(family).with(SPORT, (0, u128::from(CLIENT_PORTS.first()) - 1));
    let ported = compile::port_protocols::<u32>();
    let ported =
        ported.as_slice().iter().map(|(a, b)| low.with(PROTOCOL, ((*a).into(), (*b).into())));
    ported.fold(blocks.to_vec(), |left, never| without(&left, never))
}

/// The addresses of a party.
fn addresses<K: Header>(snapshot: &Snapshot, end: &End) -> Intervals<K> {
    let all = match end.place {
        Place::Zone(zone) => zone_set(snapshot, zone).intersection(&unicast()),
        Place::Device(device) => {
            let own = snapshot.devices[device].own_addresses().map(AddressRange::single);
            compile::intervals(own).union(&sets::learnt(snapshot, device))
        }
        Place::Unzoned(_) => Intervals::empty(),
    };
    match &end.ranges {
        Some(ranges) => all.intersection(&compile::intervals(ranges.iter().copied())),
        None => all,
    }
}

fn union<K: Header>(snapshot: &Snapshot, ends: &[End], place: Place) -> Intervals<K> {
    let here = ends.iter().filter(|end| end.place == place);
    here.fold(Intervals::empty(), |all, end| all.union(&addresses(snapshot, end)))
}

fn numbers<K: Header>(intervals: &Intervals<K>) -> Vec<Range> {
    intervals.as_slice().iter().map(|(first, last)| (first.wide(), last.wide())).collect()
}

/// The parts of a source, each with the exceptions that apply to it.
fn cells<'r, K: Header>(
    snapshot: &Snapshot,
    end: &End,
    without: &'r [Without],
) -> Vec<(Vec<Range>, Vec<&'r Without>)> {
    let mut cells = vec![(addresses::<K>(snapshot, end), Vec::new())];
    for except in without {
        let everyone = except.from.is_empty();
        let covered = union::<K>(snapshot, &except.from, end.place);
        let mut next = Vec::new();
        for (source, applied) in cells {
            let inside = if everyone { source.clone() } else { source.intersection(&covered) };
            let mut more: Vec<&Without> = applied.clone();
            more.push(except);
            let outside = source.minus(&inside);
            next.extend([(inside, more), (outside, applied)]);
        }
        next.retain(|(source, _)| !source.is_empty());
        cells = next;
    }
    cells.into_iter().map(|(source, applied)| (numbers(&source), applied)).collect()
}

/// What a rule forbids to arrive at a party.
fn forbidden<K: Header>(
    snapshot: &Snapshot,
    rule: &ResolvedRule<'_>,
    to: &End,
    excused: &[&Without],
) -> Vec<Block> {
    let mut blocks = products(&addresses::<K>(snapshot, to), &rule.rule.services);
    for except in excused {
        let everywhere = Intervals::up_to(K::narrow(K::FAMILY.last()));
        let inside =
            if except.to.is_empty() { everywhere } else { union(snapshot, &except.to, to.place) };
        for gone in products(&inside, &except.services) {
            blocks = without(&blocks, gone);
        }
    }
    blocks
}

/// Packets to these destinations of these services; every service when none is named.
fn products<K: Header>(destinations: &Intervals<K>, services: &[Service]) -> Vec<Block> {
    let all = Block::all(K::FAMILY);
    let service = |service: Service| {
        let Some(protocol) = service.protocol else { return all };
        let ports = (service.ports.first().into(), service.ports.last().into());
        all.with(PROTOCOL, (protocol.into(), protocol.into())).with(DPORT, ports)
    };
    let own = services.iter().filter_map(|service| service.within(K::FAMILY));
    let mut blocks: Vec<Block> = own.map(service).collect();
    if services.is_empty() {
        blocks.push(all);
    }
    let ranges = numbers(destinations);
    blocks.iter().flat_map(|block| ranges.iter().map(|range| block.with(DST, *range))).collect()
}
