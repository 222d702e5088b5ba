//! Stepping stones (踏み台): what a chain of compromised hosts reaches.
//!
//! Whoever is reached by any packet that opens a connection counts as compromised, and may go on from there; hosts of one zone
//! on one segment reach each other without any device. Both families are one closure: a host that is declared with addresses
//! of both is compromised in both. Relays ([`relays`]) and other organisations' networks (external zones) are not gone
//! through; what depends on a relay is told as residual risk. The closure is exact in sets of addresses; hosts are named only
//! when a chain is told.
//!
//! A rule is asked about each target from each start. Most targets are reached from no start at all, so all starts are asked
//! at once first: a closure from many starts holds the closure from each.

mod blast;
mod held;
mod probe;
mod relays;
mod residual;
mod tell;

use super::parties::{Direction, End, ResolvedRule};
use super::{Judge, sets};
use crate::compile::Reading;
use crate::finding::{Finding, Verdict};
use crate::net::Family;
use crate::snapshot::{Place, Snapshot, ZoneId};
pub use blast::{Blast, Fallen, StartPoint, blast, start_points};
use held::{Held, Side};
pub(super) use probe::Memory;
use probe::Probe;
use relays::Relay;

/// The judges of both families.
pub(super) struct Both<'a> {
    pub(super) v4: &'a Judge<'a, u32>,
    pub(super) v6: &'a Judge<'a, u128>,
    /// Where chains end; empty when chains go through everybody.
    relays: Vec<Relay>,
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
    v4: Probe<'r, u32>,
    v6: Probe<'r, u128>,
}

/// Where chains may start.
struct Start {
    end: End,
    zone: ZoneId,
    held: Held,
}

impl Start {
    /// Whether a rule names it within its zone: then its neighbours are others.
    fn is_part(&self) -> bool {
        self.end.ranges.is_some()
    }
}

/// Who falls.
struct Closure<'r> {
    items: Vec<Item<'r>>,
    /// Relays that were reached and not gone through, with the item from which: positions.
    met: Vec<(usize, usize)>,
    reading: Reading,
}

/// Where a closure does not go.
#[derive(Clone, Copy, Default)]
struct Limits {
    /// The target: what is behind it is another question.
    target: Option<Place>,
    /// A relay that counts as compromised: its position.
    open: Option<usize>,
    /// Whether neighbours of the start fall, too; otherwise its zone is what the start is.
    around: bool,
}

impl<'a> Both<'a> {
    /// With `through_relays`, chains go through relays as through any host.
    pub(super) fn new(
        v4: &'a Judge<'a, u32>,
        v6: &'a Judge<'a, u128>,
        through_relays: bool,
    ) -> Self {
        let relays = if through_relays { Vec::new() } else { relays::relays(v4.network.snapshot) };
        Both { v4, v6, relays }
    }

    fn snapshot(&self) -> &Snapshot {
        self.v4.network.snapshot
    }

    /// One finding for each target that a chain of at least one host reaches, and what rests on relays.
    pub(super) fn stepping_stones(&self, rule: &ResolvedRule<'_>) -> Vec<Finding> {
        if !rule.rule.stepping_stones || !rule.rule.verb.forbids() {
            return Vec::new();
        }
        let mut findings = Vec::new();
        let mut ledger = residual::Ledger::default();
        let mut targets = Vec::new();
        for direction in &rule.directions {
            targets.extend(direction.to.iter().map(|to| (direction, to)));
        }
        for (direction, to) in targets {
            let starts = self.starts(rule, direction, to);
            let around = starts.iter().any(Start::is_part);
            let limits = Limits { target: Some(to.place), around, ..Limits::default() };
            let mut all = self.closure(&starts, Reading::May, limits);
            self.weigh(rule, to, &all, &mut ledger);
            if !self.may_reach(rule, &mut all, to) {
                continue;
            }
            let found = starts.iter().find_map(|start| self.starting_at(rule, start, to));
            findings.extend(found);
        }
        self.residual(rule, ledger, &mut findings);
        findings
    }

    /// Where chains start, worst first: external zones, then the rule's own sources. What the rule's exceptions and waivers
    /// let go to the whole target by itself starts no chain, and neither does a relay, unless the rule speaks of it alone.
    fn starts(&self, rule: &ResolvedRule<'_>, direction: &Direction, to: &End) -> Vec<Start> {
        let external = self.snapshot().zones.iter().filter(|(_, zone)| zone.external);
        let outside = external.map(|(id, _)| super::zone_end(self.snapshot(), id));
        // A rule that speaks of outsiders itself says which.
        let outsider = |end: &End| matches!(end.place, Place::Zone(zone) if self.snapshot().zones[zone].external);
        let mut ends: Vec<End> =
            if direction.from.iter().any(outsider) { Vec::new() } else { outside.collect() };
        ends.extend(direction.from.iter().cloned());
        let excused = self.excused(rule, to);
        let alone = direction.from.len() == 1;
        let mut seen: Vec<String> = Vec::new();
        let mut starts = Vec::new();
        for end in ends {
            let Place::Zone(zone) = end.place else { continue };
            if end.place == to.place || seen.contains(&end.name) {
                continue;
            }
            seen.push(end.name.clone());
            let held = self.addresses(&end).minus(&excused);
            let plain = held.minus(&self.relayed(zone, None));
            let held = if plain.is_empty() && alone { held } else { plain };
            if !held.is_empty() {
                starts.push(Start { end, zone, held });
            }
        }
        starts
    }

    fn addresses(&self, end: &End) -> Held {
        Held {
            v4: sets::addresses(self.v4.network, end),
            v6: sets::addresses(self.v6.network, end),
        }
    }

    /// Sources from which everything that the rule forbids towards `to` is excepted or waived.
    fn excused(&self, rule: &ResolvedRule<'_>, to: &End) -> Held {
        let target = self.addresses(to);
        let whole = |ends: &[End]| {
            let same = ends.iter().filter(|end| end.place == to.place);
            let held = same.fold(Held::none(), |all, end| all.union(&self.addresses(end)));
            ends.is_empty() || target.minus(&held).is_empty()
        };
        let mut excused = Held::none();
        for without in rule.without.iter().filter(|w| w.services.is_empty() && whole(&w.to)) {
            if without.from.is_empty() {
                return Held::everything();
            }
            for end in &without.from {
                excused = excused.union(&self.addresses(end));
            }
        }
        excused
    }

    /// Whether any item may reach the target.
    fn may_reach(&self, rule: &ResolvedRule<'_>, closure: &mut Closure<'_>, to: &End) -> bool {
        closure
            .items
            .iter_mut()
            .any(|item| item.v4.arrives(self.v4, rule, to) || item.v6.arrives(self.v6, rule, to))
    }

    fn starting_at(&self, rule: &ResolvedRule<'_>, start: &Start, to: &End) -> Option<Finding> {
        let around = start.is_part();
        let limits = Limits { target: Some(to.place), around, ..Limits::default() };
        let mut exact = true;
        for reading in [Reading::Must, Reading::May] {
            if reading == Reading::May && exact {
                break;
            }
            let mut items = self.closure(std::slice::from_ref(start), reading, limits).items;
            exact = items.iter().all(Item::is_exact);
            let verdict =
                if reading == Reading::Must { Verdict::Violated } else { Verdict::Undetermined };
            let ends = (&start.end, to);
            let told = if items.iter().any(Item::is_limited) {
                Vec::new()
            } else {
                self.chains(rule, &mut items, ends, verdict)
            };
            // Telling the chains asks more of the arenas.
            if items.iter().any(Item::is_limited) {
                return Some(self.unsettled(rule, ends));
            }
            if !told.is_empty() {
                return Some(self.finding(rule, ends, verdict, told, &mut items));
            }
        }
        None
    }

    fn closure<'r>(&self, starts: &[Start], reading: Reading, limits: Limits) -> Closure<'r> {
        let mut fallen = vec![Held::none(); self.snapshot().zones.len()];
        let mut closure = Closure { items: Vec::new(), met: Vec::new(), reading };
        for Start { zone, held, .. } in starts {
            if let Some(known) = fallen.get_mut(crate::model::Id::index(*zone)) {
                let held = held.minus(known);
                *known = known.union(&held);
                closure.items.push(Item::new((*zone, held), (0, How::Start), reading));
            }
        }
        let alone = match starts {
            [one] => Some(one.end.place),
            _ => None,
        };
        let mut next = 0;
        while let Some(item) = closure.items.get_mut(next) {
            let (zone, depth) = (item.zone, item.depth + 1);
            let mut fresh = reached(self.v4, &mut item.v4, How::Reached(next, Family::V4));
            fresh.extend(reached(self.v6, &mut item.v6, How::Reached(next, Family::V6)));
            if (depth > 1 || limits.around) && self.is_neighbourhood(zone) {
                let whole = Held {
                    v4: self.v4.network.zone(zone).clone(),
                    v6: self.v6.network.zone(zone).clone(),
                };
                fresh.push((zone, whole, How::Neighbours(next)));
            }
            for (zone, held, how) in fresh {
                let place = Some(Place::Zone(zone));
                let own = place == alone && !limits.around;
                if place == limits.target {
                    let held = self.with_siblings(held);
                    self.meet(&mut closure, (zone, &held), next, limits);
                } else if !own {
                    let held = self.with_siblings(held);
                    self.fall(&mut closure, &mut fallen, (zone, held), (depth, how), limits);
                }
            }
            next += 1;
        }
        closure
    }

    /// Adds what is new of some addresses, unless nobody goes on from there.
    fn fall(
        &self,
        closure: &mut Closure<'_>,
        fallen: &mut [Held],
        (zone, held): (ZoneId, Held),
        (depth, how): (usize, How),
        limits: Limits,
    ) {
        let Some(known) = fallen.get_mut(crate::model::Id::index(zone)) else { return };
        if self.snapshot().zones[zone].external {
            return;
        }
        let fresh = held.minus(known);
        if let How::Reached(source, _) | How::Neighbours(source) = how {
            self.meet(closure, (zone, &fresh), source, limits);
        }
        let held = fresh.minus(&self.relayed(zone, limits.open));
        if !held.is_empty() {
            *known = known.union(&held);
            closure.items.push(Item::new((zone, held), (depth, how), closure.reading));
        }
    }

    /// Notes the relays among what was reached.
    fn meet(
        &self,
        closure: &mut Closure<'_>,
        (zone, fresh): (ZoneId, &Held),
        source: usize,
        limits: Limits,
    ) {
        for (index, relay) in self.relays.iter().enumerate() {
            let hit = relay.zone == zone && fresh.meets(&relay.held);
            let known = closure.met.iter().any(|(met, _)| *met == index);
            if hit && !known && limits.open != Some(index) {
                closure.met.push((index, source));
            }
        }
    }

    /// Whether hosts of a zone reach each other without a device.
    fn is_neighbourhood(&self, zone: ZoneId) -> bool {
        self.snapshot().segments.iter().any(|(_, segment)| segment.zones.contains(&zone))
    }

    /// All addresses of the relays of a zone, but of one that counts as compromised.
    fn relayed(&self, zone: ZoneId, open: Option<usize>) -> Held {
        let closed = self.relays.iter().enumerate().filter(|(index, _)| Some(*index) != open);
        let here = closed.filter(|(_, relay)| relay.zone == zone);
        here.fold(Held::none(), |all, (_, relay)| all.union(&relay.held))
    }

    /// With every declared host that is held, all its addresses.
    fn with_siblings(&self, held: Held) -> Held {
        let hosts = self.snapshot().hosts.iter().map(|(_, host)| Held::of(&host.addresses));
        hosts.filter(|host| host.meets(&held)).fold(held.clone(), |all, host| all.union(&host))
    }
}

impl Item<'_> {
    fn new((zone, held): (ZoneId, Held), (depth, how): (usize, How), reading: Reading) -> Self {
        let v4 = Probe::new(zone, held.v4.clone(), reading);
        let v6 = Probe::new(zone, held.v6.clone(), reading);
        Item { zone, held, depth, how, v4, v6 }
    }

    fn is_exact(&self) -> bool {
        self.v4.is_exact() && self.v6.is_exact()
    }

    fn is_limited(&self) -> bool {
        self.v4.is_limited() || self.v6.is_limited()
    }
}

/// What falls next to the addresses of a probe.
fn reached<K: Side>(
    judge: &Judge<'_, K>,
    probe: &mut Probe<'_, K>,
    how: How,
) -> Vec<(ZoneId, Held, How)> {
    let zones = &probe.reached(judge).zones;
    zones.iter().map(|(zone, addresses)| (*zone, K::held(addresses.clone()), how)).collect()
}
