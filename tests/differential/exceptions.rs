//! What a `deny` speaks of, part by part, before the tracer: sources, destinations and services, and what is excepted of them.
//! What is violated is excepted until the rule holds, so that what still arrives is all excused; one packet more is one too many.

use super::features::Features;
use super::network;
use super::policies::Rules;
use super::rng::Rng;
use crate::judges::{tell, traced};
use sekisho::check;
use sekisho::finding::{Finding, Kind, Verdict};
use sekisho::net::{Family, Flow, PortRange, Prefix};
use sekisho::policy::{Except, Party, Policy, PolicyRule, Service, Verb, Who};
use sekisho::snapshot::{Place, Snapshot, ZoneId};
use sekisho::trace::{End, Trace};
use std::net::IpAddr;

/// Packets of each family from each zone that are traced against a rule that holds.
const PACKETS: usize = 60;
/// How often something is excepted.
const ROUNDS: usize = 10;

#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) holds: usize,
    pub(crate) open: usize,
    /// Packets that arrive where a rule that holds excuses them.
    pub(crate) excused: usize,
    /// Witnesses that were looked at.
    pub(crate) witnesses: usize,
}

/// Makes the parts of rules about a network.
struct Maker<'a> {
    snapshot: &'a Snapshot,
    rules: &'a Rules<'a>,
    rng: Rng,
}

impl Maker<'_> {
    fn party(&self, who: Who) -> Party {
        Party { who, span: self.rules.span }
    }

    /// A zone, or a part of one.
    fn some(&mut self) -> Party {
        let zones: Vec<ZoneId> = self.snapshot.zones.ids().collect();
        let zone = self.rng.pick(&zones);
        let sent = self.rules.sent(&mut self.rng, zone, 2).into_iter();
        let hosts: Vec<IpAddr> = sent.map(|flow| flow.src).collect();
        if !hosts.is_empty() && self.rng.chance(50) {
            let host = self.rng.pick(&hosts);
            return self.around(host);
        }
        self.party(Who::Zone(self.snapshot.zones[zone].id.clone()))
    }

    /// A network about an address.
    fn around(&mut self, host: IpAddr) -> Party {
        let bits = Family::of(host).bits();
        let less = self.rng.pick(&[0, 1, 4, 7, 8]);
        self.party(Who::Network(Prefix::new(host, bits - less).unwrap()))
    }

    fn rule(&mut self, number: usize) -> PolicyRule {
        let verb = Verb::Deny { both_ways: self.rng.chance(30) };
        let services = if self.rng.chance(60) { Vec::new() } else { vec![self.service()] };
        let sides = [(); 2].map(|()| {
            let count = self.rng.pick(&[1, 1, 2]);
            (0..count).map(|_| self.some()).collect::<Vec<_>>()
        });
        let [from, to] = sides;
        let flow = Except { from, to, services, span: self.rules.span };
        let mut rule = PolicyRule::new(format!("R{number}"), verb, flow);
        rule.except = (0..self.rng.below(3))
            .map(|_| Except {
                from: if self.rng.chance(30) { Vec::new() } else { vec![self.some()] },
                to: if self.rng.chance(30) { Vec::new() } else { vec![self.some()] },
                services: if self.rng.chance(30) { Vec::new() } else { vec![self.service()] },
                span: self.rules.span,
            })
            .collect();
        rule
    }

    fn service(&mut self) -> Service {
        let port = self.rng.pick(&[22, 80, 443, 445, 90]);
        let protocol = self.rng.pick(&[Some(6), Some(17), None]);
        let ports = if protocol.is_some() && self.rng.chance(70) {
            PortRange::new(port, port + self.rng.pick(&[0, 1])).unwrap()
        } else {
            PortRange::ALL
        };
        Service { protocol, ports }
    }

    /// An exception that covers a packet as it was sent and as it arrived, and some others.
    fn except(&mut self, sent: &Flow, end: &End) -> Except {
        let arrived = end.flow;
        let ported = [6, 17].contains(&arrived.protocol);
        let ports = if ported && self.rng.chance(60) {
            PortRange::single(arrived.destination_port)
        } else {
            PortRange::ALL
        };
        let one = Service { protocol: Some(arrived.protocol), ports };
        // The other family's ICMP cannot be named.
        let named = one.within(Family::of(arrived.dst)).is_some_and(|own| own == one);
        let services = if self.rng.chance(70) && named { vec![one] } else { Vec::new() };
        let from = if self.rng.chance(80) { vec![self.around(sent.src)] } else { Vec::new() };
        let to = match end.place() {
            Some(Place::Zone(_)) if self.rng.chance(80) => vec![self.around(arrived.dst)],
            _ => Vec::new(),
        };
        Except { from, to, services, span: self.rules.span }
    }
}

/// Whether an address of a zone belongs to one of the parties.
fn holds(snapshot: &Snapshot, parties: &[Party], zone: ZoneId, address: IpAddr) -> bool {
    let is = |party: &Party| match &party.who {
        Who::Zone(name) => snapshot.zones[zone].id == *name,
        Who::Network(prefix) => prefix.contains(address),
        _ => false,
    };
    snapshot.zone_holds(zone, address) && parties.iter().any(is)
}

/// Whether two parties in one zone are different parts of it.
fn are_apart(one: &Party, other: &Party) -> bool {
    match (&one.who, &other.who) {
        (Who::Network(one), Who::Network(other)) => !one.overlaps(*other),
        _ => false,
    }
}

fn served(services: &[Service], flow: &Flow) -> bool {
    let fits = |service: &Service| {
        let ports = service.ports == PortRange::ALL
            || [6, 17].contains(&flow.protocol) && service.ports.contains(flow.destination_port);
        service.protocol.is_none_or(|protocol| protocol == flow.protocol) && ports
    };
    let family = Family::of(flow.dst);
    let own: Vec<Service> = services.iter().filter_map(|service| service.within(family)).collect();
    services.is_empty() || own.iter().any(fits)
}

/// Whether a packet sent from a zone that ends so is forbidden by a rule; and whether it is, and excused.
fn forbidden(
    snapshot: &Snapshot,
    rule: &PolicyRule,
    (zone, sent): (ZoneId, &Flow),
    end: &End,
) -> (bool, bool) {
    let Some(Place::Zone(to)) = end.place() else { return (false, false) };
    let arrived = &end.flow;
    let pair = |from: &Party, target: &Party| {
        let ends = |party: &Party, zone, address| {
            holds(snapshot, std::slice::from_ref(party), zone, address)
        };
        let here = ends(from, zone, sent.src) && ends(target, to, arrived.dst);
        here && (zone != to || are_apart(from, target))
    };
    let way =
        |from: &[Party], target: &[Party]| from.iter().any(|f| target.iter().any(|t| pair(f, t)));
    let both = rule.verb.both_ways();
    let meant = way(&rule.from, &rule.to) || both && way(&rule.to, &rule.from);
    let meant = meant && served(&rule.services, arrived);
    let excuses = |except: &Except| {
        (except.from.is_empty() || holds(snapshot, &except.from, zone, sent.src))
            && (except.to.is_empty() || holds(snapshot, &except.to, to, arrived.dst))
            && served(&except.services, arrived)
    };
    let excused = rule.except.iter().any(excuses);
    (meant && !excused, meant && excused)
}

/// A rule whose verdict the tracer contradicts.
pub(crate) fn contradicted(seed: u64, features: Features, tally: &mut Tally) -> Option<String> {
    let snapshot = network::generate(seed, features);
    snapshot.zones.ids().next()?;
    let rules = Rules::new(&snapshot);
    let rng = Rng::new(seed).fork(71);
    let mut maker = Maker { snapshot: &snapshot, rules: &rules, rng };
    let mut policy = Policy::default();
    policy.rules.extend((0..6).map(|number| maker.rule(number)));
    for round in 0..ROUNDS {
        let resolved = check::resolve(&snapshot, &policy).ok()?;
        let judgment = rules.judge(&policy, &resolved);
        let mut excepts = Vec::new();
        for (rule, verdict) in policy.rules.iter().zip(&judgment.verdicts) {
            let of_rule = judgment.findings.iter().filter(|finding| finding.rule == rule.id);
            let found: Vec<&Finding> = of_rule.filter(|f| f.kind == Kind::ForbiddenPath).collect();
            let words = match verdict.verdict {
                Verdict::Holds => {
                    tally.holds += 1;
                    exception(&mut maker, rule, tally)
                }
                _ => {
                    tally.open += 1;
                    let (words, except) = shown(&mut maker, rule, &found, tally);
                    excepts.push((rule.id.clone(), except));
                    words
                }
            };
            if let Some(words) = words {
                let (features, said) = (features.list(), verdict.verdict);
                return Some(format!(
                    "seed {seed} round {round} with {features:?}\n{rule:?}\n{said:?}: {words}"
                ));
            }
        }
        // What holds was looked at, and need not be again.
        policy
            .rules
            .retain(|rule| excepts.iter().any(|(id, except)| *id == rule.id && except.is_some()));
        for (rule, (_, except)) in
            policy.rules.iter_mut().zip(excepts.into_iter().filter(|(_, except)| except.is_some()))
        {
            rule.except.extend(except);
        }
        if policy.rules.is_empty() {
            break;
        }
    }
    None
}

/// A packet that arrives where a rule that holds forbids it.
fn exception(maker: &mut Maker<'_>, rule: &PolicyRule, tally: &mut Tally) -> Option<String> {
    let snapshot = maker.snapshot;
    for zone in snapshot.zones.ids() {
        for flow in maker.rules.sent(&mut maker.rng, zone, PACKETS) {
            let speaks = |parties: &[Party]| holds(snapshot, parties, zone, flow.src);
            if !speaks(&rule.from) && !speaks(&rule.to) {
                continue;
            }
            let trace = traced(snapshot, zone, flow);
            for end in &trace.ends {
                let (wrong, excused) = forbidden(snapshot, rule, (zone, &flow), end);
                tally.excused += usize::from(excused);
                if wrong {
                    let way = Trace { ends: vec![end.clone()], truncated: trace.truncated };
                    return Some(format!("{flow}\n{}", tell(&way)));
                }
            }
        }
    }
    None
}

/// What is wrong with the witnesses of a rule, and what would except one.
fn shown(
    maker: &mut Maker<'_>,
    rule: &PolicyRule,
    found: &[&Finding],
    tally: &mut Tally,
) -> (Option<String>, Option<Except>) {
    let snapshot = maker.snapshot;
    let mut except = None;
    for finding in found {
        let name = finding.from.as_deref().unwrap_or_default();
        let zone = snapshot.zone(name.split([' ', '.']).next().unwrap_or_default());
        let (Some(zone), Some(flow)) = (zone, finding.witness) else { continue };
        let trace = traced(snapshot, zone, flow);
        let sure = finding.verdict == Verdict::Violated;
        let mut ends = trace.ends.iter().filter(|end| end.certain || !sure);
        let shows = ends.find(|end| forbidden(snapshot, rule, (zone, &flow), end).0);
        tally.witnesses += 1;
        match shows {
            Some(end) => except = Some(maker.except(&flow, end)),
            // Of an address that is not known, or of a pool, the tracer tries some values, not all of them.
            None if trace.truncated || trace.ends.iter().any(|end| end.flow.dst != flow.dst) => {}
            None => return (Some(format!("{flow} is no witness\n{}", tell(&trace))), None),
        }
    }
    (None, except)
}
