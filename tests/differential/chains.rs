//! Chains of compromised hosts before the tracer: it goes from zone to zone by whatever packets it finds, and must not come to the
//! target of a rule that holds.

use super::features::Features;
use super::flows::Samples;
use super::network;
use super::policies::Rules;
use super::rng::Rng;
use crate::judges::{tell, traced};
use sekisho::check;
use sekisho::finding::Verdict;
use sekisho::net::{Family, Flow};
use sekisho::policy::{Policy, PolicyRule, Verb};
use sekisho::snapshot::{Place, Snapshot, ZoneAddresses, ZoneId};
use sekisho::trace::{End, Trace};
use std::net::IpAddr;

/// Packets of each family that each fallen host sends.
const PACKETS: usize = 24;
/// Hosts that may fall in one chain.
const HOSTS: usize = 12;

/// How many rules of the networks so far were judged how, and how many hosts the tracer made fall against those that hold.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) holds: usize,
    pub(crate) others: usize,
    pub(crate) fallen: usize,
}

/// A rule about chains that holds though the tracer finds a chain.
pub(crate) fn contradicted(seed: u64, features: Features, tally: &mut Tally) -> Option<String> {
    let snapshot = network::generate(seed, features);
    let mut rng = Rng::new(seed).fork(43);
    let rules = Rules::new(&snapshot);
    let pairs = rules.pairs();
    let rule = |pair: &(ZoneId, ZoneId)| {
        let deny = rules.between(*pair, None, Verb::Deny { both_ways: false });
        PolicyRule { stepping_stones: true, ..deny }
    };
    let policy = Policy { rules: pairs.iter().map(rule).collect(), ..Policy::default() };
    let resolved = check::resolve(&snapshot, &policy).unwrap();
    let judgment = rules.judge(&policy, &resolved);
    for ((from, to), verdict) in pairs.into_iter().zip(&judgment.verdicts) {
        if verdict.verdict != Verdict::Holds {
            tally.others += 1;
            continue;
        }
        tally.holds += 1;
        let mut chain = Chain { snapshot: &snapshot, to, fallen: Vec::new() };
        let found = chain.from(from, &mut rng);
        tally.fallen += chain.fallen.len();
        if let Some(words) = found {
            let rule = &verdict.rule;
            return Some(format!("seed {seed} with {:?}\n{rule} holds: {words}", features.list()));
        }
    }
    None
}

struct Chain<'a> {
    snapshot: &'a Snapshot,
    to: ZoneId,
    /// Who fell beside the hosts of the first zone.
    fallen: Vec<(ZoneId, IpAddr)>,
}

impl Chain<'_> {
    /// How the target is reached from a zone.
    fn from(&mut self, zone: ZoneId, rng: &mut Rng) -> Option<String> {
        if let Some(found) = self.sent(zone, None, rng) {
            return Some(found);
        }
        let mut next = 0;
        while let Some((zone, host)) = self.fallen.get(next).copied() {
            next += 1;
            if let Some(found) = self.sent(zone, Some(host), rng) {
                return Some(format!("by {:?}\n{found}", self.fallen));
            }
        }
        None
    }

    /// Notes who falls by packets from a zone, or from one host of it, and tells when it is the target.
    fn sent(&mut self, zone: ZoneId, host: Option<IpAddr>, rng: &mut Rng) -> Option<String> {
        for family in Family::ALL {
            if host.is_some_and(|host| Family::of(host) != family) {
                continue;
            }
            let samples = Samples::new(self.snapshot, family);
            for _ in 0..PACKETS {
                let flow = samples.flow(rng, self.snapshot, zone);
                let flow = flow.map(|flow| Flow { src: host.unwrap_or(flow.src), ..flow });
                let own = |flow: &Flow| self.snapshot.zone_holds(zone, flow.src);
                let Some(flow) = flow.filter(Flow::is_opening).filter(own) else { continue };
                let trace = traced(self.snapshot, zone, flow);
                for end in &trace.ends {
                    if self.falls(end) {
                        let way = Trace { ends: vec![end.clone()], truncated: false };
                        return Some(format!("{flow}\n{}", tell(&way)));
                    }
                }
            }
        }
        None
    }

    /// Whether the packet comes to the target; notes a host elsewhere that it makes fall.
    fn falls(&mut self, end: &End) -> bool {
        let Some(Place::Zone(zone)) = end.place() else { return false };
        let host = end.flow.dst;
        if !self.snapshot.zone_holds(zone, host) {
            return false;
        }
        let new = !self.snapshot.zones[zone].external
            && self.fallen.len() < HOSTS
            && !self.fallen.contains(&(zone, host));
        if new && zone != self.to {
            self.fallen.push((zone, host));
            self.fallen.extend(self.neighbour(zone, host).map(|host| (zone, host)));
        }
        zone == self.to
    }

    /// Another host of a zone whose hosts are on a segment, where they reach one another.
    fn neighbour(&self, zone: ZoneId, host: IpAddr) -> Option<IpAddr> {
        let mut segments = self.snapshot.segments.iter();
        segments.find(|(_, segment)| segment.zones.contains(&zone))?;
        let ZoneAddresses::Networks(networks) = &self.snapshot.zones[zone].addresses else {
            return None;
        };
        let same = networks.iter().find(|network| network.contains(host))?;
        Some(same.range().last())
    }
}
