//! Stepping stones (踏み台): what a chain of compromised hosts reaches.
//!
//! Whoever is reached by any packet that opens a connection counts as compromised, and may go on from there; hosts of one zone
//! on one segment reach each other without any device. Both families are one closure: a host that is declared with addresses
//! of both is compromised in both. Hosts with the role `relay` and other organisations' networks (external zones) are not
//! gone through. The closure is exact in sets of addresses; hosts are named only when a chain is told.

mod tell;

use std::net::IpAddr;

use super::deny::{Asked, Focus};
use super::parties::{End, ResolvedRule};
use super::{Judge, sets};
use crate::compile::{Header, Reading, fields, intervals};
use crate::finding::{Finding, Verdict};
use crate::graph::zone_set;
use crate::net::{AddressRange, Family};
use crate::packetset::{Arena, Intervals};
use crate::reach::{Query, opening};
use crate::snapshot::{Place, Snapshot, ZoneId};

/// The judges of both families.
pub(super) struct Both<'a> {
    pub(super) v4: &'a Judge<'a, u32>,
    pub(super) v6: &'a Judge<'a, u128>,
}

/// Addresses in both families.
#[derive(Clone)]
pub(super) struct Held {
    v4: Intervals<u32>,
    v6: Intervals<u128>,
}

/// How addresses came to be compromised.
#[derive(Clone, Copy, PartialEq, Eq)]
enum How {
    Start,
    /// From the addresses of this item, by packets of a family.
    Reached(usize, Family),
    /// By neighbours on the segment.
    Neighbours(usize),
}

/// Addresses of one zone that fell in one step.
struct Item<'r> {
    zone: ZoneId,
    held: Held,
    depth: usize,
    how: How,
    v4: Option<Asked<'r, u32>>,
    v6: Option<Asked<'r, u128>>,
}

impl Both<'_> {
    fn snapshot(&self) -> &Snapshot {
        self.v4.network.snapshot
    }

    /// One finding for each target that a chain of at least one host reaches.
    pub(super) fn stepping_stones(&self, rule: &ResolvedRule<'_>) -> Vec<Finding> {
        if !rule.rule.stepping_stones || !rule.rule.verb.forbids() {
            return Vec::new();
        }
        let Some(direction) = rule.directions.first() else { return Vec::new() };
        let mut findings = Vec::new();
        for to in &direction.to {
            for start in self.starts(&direction.from, to) {
                let found = self.starting_at(rule, &start, to);
                let done = found.is_some();
                findings.extend(found);
                if done {
                    break;
                }
            }
        }
        findings
    }

    /// Where chains start, worst first: external zones, then the rule's own sources.
    fn starts(&self, from: &[End], to: &End) -> Vec<End> {
        let external = self.snapshot().zones.iter().filter(|(_, zone)| zone.external);
        let outside = external.map(|(id, zone)| End {
            name: zone.id.clone(),
            place: Place::Zone(id),
            ranges: None,
        });
        let mut starts: Vec<End> = outside.collect();
        starts.extend(from.iter().cloned());
        let mut seen = Vec::new();
        starts.retain(|start| {
            start.place != to.place && !seen.contains(&start.name) && {
                seen.push(start.name.clone());
                true
            }
        });
        starts
    }

    fn starting_at(&self, rule: &ResolvedRule<'_>, start: &End, to: &End) -> Option<Finding> {
        let mut exact = true;
        for reading in [Reading::Must, Reading::May] {
            if reading == Reading::May && exact {
                break;
            }
            let mut items = self.closure(start, to, reading);
            let exact_item = |item: &Item<'_>| {
                item.v4.as_ref().is_none_or(|a| a.run.exact)
                    && item.v6.as_ref().is_none_or(|a| a.run.exact)
            };
            exact = items.iter().all(exact_item);
            let verdict =
                if reading == Reading::Must { Verdict::Violated } else { Verdict::Undetermined };
            let told = self.chains(rule, &mut items, (start, to), verdict);
            if !told.is_empty() {
                return Some(self.finding(rule, (start, to), verdict, told, &mut items));
            }
        }
        None
    }

    fn closure<'r>(&self, start: &End, to: &End, reading: Reading) -> Vec<Item<'r>> {
        let Place::Zone(zone) = start.place else { return Vec::new() };
        let held = Held {
            v4: sets::addresses(self.v4.network, start),
            v6: sets::addresses(self.v6.network, start),
        };
        let mut fallen = vec![Held::none(); self.snapshot().zones.len()];
        let mut items = vec![Item { zone, held, depth: 0, how: How::Start, v4: None, v6: None }];
        let mut next = 0;
        while let Some(item) = items.get_mut(next) {
            item.v4 = self.v4.ask_any(item.zone, &item.held.v4, reading);
            item.v6 = self.v6.ask_any(item.zone, &item.held.v6, reading);
            let (zone, depth) = (item.zone, item.depth + 1);
            let mut fresh = self.v4.reached(item.v4.as_mut(), How::Reached(next, Family::V4));
            fresh.extend(self.v6.reached(item.v6.as_mut(), How::Reached(next, Family::V6)));
            if depth > 1 && self.is_neighbourhood(zone) {
                let whole = Held {
                    v4: zone_set(self.snapshot(), zone),
                    v6: zone_set(self.snapshot(), zone),
                };
                fresh.push((zone, whole, How::Neighbours(next)));
            }
            for (zone, held, how) in fresh {
                let item =
                    Item { zone, held: self.with_siblings(held), depth, how, v4: None, v6: None };
                if Place::Zone(zone) != start.place && Place::Zone(zone) != to.place {
                    self.fall(&mut items, &mut fallen, item);
                }
            }
            next += 1;
        }
        items
    }

    /// Adds what is new of `item`, unless nobody goes on from there.
    fn fall<'r>(&self, items: &mut Vec<Item<'r>>, fallen: &mut [Held], mut item: Item<'r>) {
        let Some(known) = fallen.get_mut(crate::model::Id::index(item.zone)) else { return };
        if self.snapshot().zones[item.zone].external {
            return;
        }
        item.held = item.held.minus(known).minus(&self.relays(item.zone));
        if !item.held.is_empty() {
            *known = known.union(&item.held);
            items.push(item);
        }
    }

    /// Whether hosts of a zone reach each other without a device.
    fn is_neighbourhood(&self, zone: ZoneId) -> bool {
        self.snapshot().segments.iter().any(|(_, segment)| segment.zones.contains(&zone))
    }

    /// All addresses of the hosts of a zone that have the role `relay`.
    fn relays(&self, zone: ZoneId) -> Held {
        let relays = self
            .snapshot()
            .hosts
            .iter()
            .filter(|(_, host)| host.zone == zone && host.roles.iter().any(|r| r == "relay"));
        relays.fold(Held::none(), |all, (_, host)| all.union(&Held::of(&host.addresses)))
    }

    /// With every declared host that is held, all its addresses.
    fn with_siblings(&self, held: Held) -> Held {
        let hit = |addresses: &[IpAddr]| {
            !Held::of(addresses).minus(&Held::of(addresses).minus(&held)).is_empty()
        };
        let hosts = self.snapshot().hosts.iter().filter(|(_, host)| hit(&host.addresses));
        hosts.fold(held.clone(), |all, (_, host)| all.union(&Held::of(&host.addresses)))
    }
}

impl Held {
    fn none() -> Held {
        Held { v4: Intervals::empty(), v6: Intervals::empty() }
    }

    fn of(addresses: &[IpAddr]) -> Held {
        let singles = || addresses.iter().map(|address| AddressRange::single(*address));
        Held { v4: intervals(singles()), v6: intervals(singles()) }
    }

    fn minus(&self, other: &Held) -> Held {
        Held { v4: self.v4.minus(&other.v4), v6: self.v6.minus(&other.v6) }
    }

    fn union(&self, other: &Held) -> Held {
        Held { v4: self.v4.union(&other.v4), v6: self.v6.union(&other.v6) }
    }

    fn is_empty(&self) -> bool {
        self.v4.is_empty() && self.v6.is_empty()
    }
}

/// A coordinate type as one side of [`Held`].
pub(super) trait Side: Header {
    fn held(addresses: Intervals<Self>) -> Held;
}

impl Side for u32 {
    fn held(addresses: Intervals<Self>) -> Held {
        Held { v4: addresses, v6: Intervals::empty() }
    }
}

impl Side for u128 {
    fn held(addresses: Intervals<Self>) -> Held {
        Held { v4: Intervals::empty(), v6: addresses }
    }
}

impl<K: Side> Judge<'_, K> {
    /// Runs every packet that opens a connection from these addresses.
    fn ask_any<'r>(
        &self,
        zone: ZoneId,
        source: &Intervals<K>,
        reading: Reading,
    ) -> Option<Asked<'r, K>> {
        if source.is_empty() {
            return None;
        }
        let start = |arena: &mut Arena<K>| {
            let from = arena.field_in(fields::SRC, source);
            let opening = opening(arena);
            arena.guard(opening, from)
        };
        let query = Query { zone, start: &start, reading, only_filters_of: None, watch: &[] };
        let run = self.network.run(&query);
        let cell = sets::Cell { source: source.clone(), without: Vec::new() };
        Some(Asked { run, cell, zone, reading, focus: Focus::default() })
    }

    /// The addresses of each zone that packets of a run arrive at.
    fn reached(&self, asked: Option<&mut Asked<'_, K>>, how: How) -> Vec<(ZoneId, Held, How)> {
        let Some(asked) = asked else { return Vec::new() };
        let mut out = Vec::new();
        for zone in self.network.snapshot.zones.ids() {
            let delivered = asked.run.delivered(Place::Zone(zone), None);
            let addresses = asked.run.arena.field_values(delivered, fields::DST);
            let addresses = addresses.intersection(&zone_set(self.network.snapshot, zone));
            if !addresses.is_empty() {
                out.push((zone, K::held(addresses), how));
            }
        }
        out
    }
}
