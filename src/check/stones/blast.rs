//! Blast radius: who falls when one host or zone is compromised, and which relays hold the rest.

use super::super::deny::Asked;
use super::super::parties::{End, Resolved, zone_end};
use super::super::{Judge, Known, prefer};
use super::held::{Held, Side};
use super::{Both, Closure, How, Limits, Start};
use crate::compile::{Reading, fields};
use crate::finding::Hop;
use crate::net::{AddressRange, Family, Flow};
use crate::packetset::Intervals;
use crate::reach::Network;
use crate::snapshot::{Place, Snapshot, ZoneId};
use crate::source::Sources;
use crate::trace::{self, Ingress, Options};

/// What falls from one start.
#[derive(Clone, Debug, Default)]
pub struct Blast {
    /// Where it starts.
    pub start: String,
    /// What falls, nearest first; relays are reached and not gone through.
    pub fallen: Vec<Fallen>,
    /// Whether the two judges disagree about a packet: then nothing of it counts.
    pub disagrees: bool,
    /// Whether a limit stopped the analysis: then more, or less, may fall.
    pub limited: bool,
}

/// A zone of which hosts fall, or a relay that is reached.
#[derive(Clone, Debug)]
pub struct Fallen {
    /// The zone.
    pub zone: String,
    /// The relay, when it is one: the zone, or `zone.host`.
    pub relay: Option<String>,
    /// How many steps it takes.
    pub depth: usize,
    /// Declared hosts among what falls (`zone.host`).
    pub hosts: Vec<String>,
    /// Who sends the packet that gets there first.
    pub from: String,
    /// That packet; `None` where neighbours reach each other without any device.
    pub packet: Option<Flow>,
    /// Its path.
    pub path: Vec<Hop>,
    /// Whether it surely falls; otherwise lines that were not understood leave it open.
    pub certain: bool,
}

/// A place that is worth asking about.
#[derive(Clone, Debug)]
pub struct StartPoint {
    /// The place.
    pub end: End,
    /// Whether it is there to be reached from outside; otherwise it is a relay.
    pub published: bool,
}

/// Published hosts and zones, and relays: what an attacker meets first, and what rules rest on.
#[must_use]
pub fn start_points(snapshot: &Snapshot) -> Vec<StartPoint> {
    let has = |roles: &[String], words: &[&str]| roles.iter().any(|r| words.contains(&r.as_str()));
    let mut out = Vec::new();
    for (_, host) in snapshot.hosts.iter().filter(|(_, host)| has(&host.roles, &["published"])) {
        let ranges = host.addresses.iter().map(|address| AddressRange::single(*address)).collect();
        let name = format!("{}.{}", snapshot.zones[host.zone].id, host.id);
        let end = End { name, place: Place::Zone(host.zone), ranges: Some(ranges), whole: false };
        out.push(StartPoint { end, published: true });
    }
    for (id, _) in snapshot.zones.iter().filter(|(_, zone)| has(&zone.roles, &["published", "dmz"]))
    {
        out.push(StartPoint { end: zone_end(snapshot, id), published: true });
    }
    for relay in super::relays::relays(snapshot) {
        let whole = relay.name == snapshot.zones[relay.zone].id;
        let end = End {
            ranges: (!whole).then(|| relay.held.ranges()),
            whole,
            ..zone_end(snapshot, relay.zone)
        };
        let end = End { name: relay.name, ..end };
        if !out.iter().any(|known: &StartPoint| known.end.name == end.name) {
            out.push(StartPoint { end, published: false });
        }
    }
    out
}

/// Who falls from each of `starts`. With `through_relays`, relays are gone through.
#[must_use]
pub fn blast(
    snapshot: &Snapshot,
    sources: &Sources,
    starts: &[End],
    through_relays: bool,
) -> Vec<Blast> {
    let (v4, v6) = (Network::<u32>::new(snapshot), Network::<u128>::new(snapshot));
    let resolved = Resolved::default();
    let (known4, known6) = (Known::default(), Known::default());
    let v4 = Judge { network: &v4, sources, resolved: &resolved, known: &known4 };
    let v6 = Judge { network: &v6, sources, resolved: &resolved, known: &known6 };
    let both = Both::new(&v4, &v6, through_relays);
    starts.iter().map(|start| both.blast(start)).collect()
}

impl Both<'_> {
    fn blast(&self, end: &End) -> Blast {
        let mut out = Blast { start: end.name.clone(), ..Blast::default() };
        let Place::Zone(zone) = end.place else { return out };
        let held = self.addresses(end);
        let own = |relay: &super::Relay| relay.zone == zone && relay.held.meets(&held);
        let open = self.relays.iter().position(own);
        let start = [Start { end: end.clone(), zone, held }];
        let limits = Limits { target: None, open, around: true };
        let mut widest = self.closure(&start, Reading::May, limits);
        let exact = widest.items.iter().all(super::Item::is_exact);
        let sure = (!exact).then(|| self.closure(&start, Reading::Must, limits));
        let mut asked = widest.items.iter().chain(sure.iter().flat_map(|sure| &sure.items));
        out.limited = asked.any(super::Item::is_limited);
        if out.limited {
            return out;
        }
        for index in 1..widest.items.len() {
            self.enter_zone(&mut out, &mut widest, index, sure.as_ref());
        }
        for (relay, source) in widest.met.clone() {
            self.enter_relay(&mut out, &mut widest, (relay, source), sure.as_ref());
        }
        out.fallen.sort_by_key(|fallen| fallen.depth);
        out
    }

    /// Adds the zone of an item, or its hosts to what is known of the zone.
    fn enter_zone(
        &self,
        out: &mut Blast,
        closure: &mut Closure<'_>,
        index: usize,
        sure: Option<&Closure<'_>>,
    ) {
        let Some(item) = closure.items.get(index) else { return };
        let (zone, depth, held, how) = (item.zone, item.depth, item.held.clone(), item.how);
        let name = self.snapshot().zones[zone].id.clone();
        let hosts = self.declared(zone, &held);
        let known = out.fallen.iter_mut().find(|f| f.zone == name && f.relay.is_none());
        if let Some(known) = known {
            known.hosts.extend(hosts);
            return;
        }
        let certain = sure.is_none_or(|sure| sure.items.iter().any(|item| item.zone == zone));
        let mut fallen = Fallen {
            zone: name,
            relay: None,
            depth,
            hosts,
            from: String::new(),
            packet: None,
            path: Vec::new(),
            certain,
        };
        match how {
            How::Start => {}
            How::Neighbours(source) => fallen.from = self.sender(closure, source),
            How::Reached(source, family) => {
                self.tell(out, closure, (source, Some(family)), (zone, &held), &mut fallen);
            }
        }
        out.fallen.push(fallen);
    }

    fn enter_relay(
        &self,
        out: &mut Blast,
        closure: &mut Closure<'_>,
        (relay, source): (usize, usize),
        sure: Option<&Closure<'_>>,
    ) {
        let Some(found) = self.relays.get(relay) else { return };
        let depth = closure.items.get(source).map_or(0, |item| item.depth) + 1;
        let certain = sure.is_none_or(|sure| sure.met.iter().any(|(met, _)| *met == relay));
        let mut fallen = Fallen {
            zone: self.snapshot().zones[found.zone].id.clone(),
            relay: Some(found.name.clone()),
            depth,
            hosts: Vec::new(),
            from: self.sender(closure, source),
            packet: None,
            path: Vec::new(),
            certain,
        };
        self.tell(out, closure, (source, None), (found.zone, &found.held), &mut fallen);
        out.fallen.push(fallen);
    }

    /// The zone or host of an item, for a step that no packet tells.
    fn sender(&self, closure: &Closure<'_>, source: usize) -> String {
        let item = closure.items.get(source);
        item.map(|item| self.snapshot().zones[item.zone].id.clone()).unwrap_or_default()
    }

    /// The first packet from an item to what fell.
    fn tell(
        &self,
        out: &mut Blast,
        closure: &mut Closure<'_>,
        (source, family): (usize, Option<Family>),
        (zone, held): (ZoneId, &Held),
        fallen: &mut Fallen,
    ) {
        let Some(item) = closure.items.get_mut(source) else { return };
        let mut step = None;
        if family != Some(Family::V6) {
            step = self.v4.first_packet(item.v4.run(self.v4), zone, &held.v4);
        }
        if step.is_none() && family != Some(Family::V4) {
            step = self.v6.first_packet(item.v6.run(self.v6), zone, &held.v6);
        }
        let Some(step) = step else { return };
        out.disagrees |= step.disagrees;
        fallen.from = self.name_of(step.flow.src);
        fallen.packet = Some(step.flow);
        fallen.path = step.path;
    }

    fn declared(&self, zone: ZoneId, held: &Held) -> Vec<String> {
        let snapshot = self.snapshot();
        let here = snapshot
            .hosts
            .iter()
            .filter(|(_, host)| host.zone == zone && Held::of(&host.addresses).meets(held));
        here.map(|(_, host)| format!("{}.{}", snapshot.zones[zone].id, host.id)).collect()
    }
}

/// One packet with its path.
struct Step {
    flow: Flow,
    path: Vec<Hop>,
    disagrees: bool,
}

impl<K: Side> Judge<'_, K> {
    /// A packet of a run that arrives at one of the addresses, replayed by the other judge.
    fn first_packet(
        &self,
        asked: Option<&mut Asked<'_, K>>,
        zone: ZoneId,
        held: &Intervals<K>,
    ) -> Option<Step> {
        let asked = asked?;
        let snapshot = self.network.snapshot;
        let run = &mut asked.run;
        let place = Place::Zone(zone);
        let wanted = run.arena.field_in(fields::DST, held);
        let ends = (&zone_end(snapshot, asked.zone), &zone_end(snapshot, zone));
        let prefer = prefer::preferences(self.network, &mut run.arena, ends);
        let ids = run.ends.get(&place).cloned().unwrap_or_default();
        let origin = ids.into_iter().find_map(|id| {
            let set = run.events.get(id)?.set;
            let hit = !run.arena.guard(set, wanted).is_none();
            hit.then(|| run.witness(self.network, id, wanted, &prefer)).flatten()
        })?;
        let ingress = Ingress::Zone(asked.zone);
        let trace = trace::trace(snapshot, ingress, origin.flow, &Options::default());
        let end = trace.ends.iter().find(|end| end.place() == Some(place));
        let path = end.map(|end| end.hops.clone()).unwrap_or_default();
        let disagrees = end.is_none() && !trace.truncated;
        Some(Step { flow: origin.flow, path, disagrees })
    }
}

impl Held {
    /// The addresses as ranges.
    fn ranges(&self) -> Vec<AddressRange> {
        fn all<K: Side>(set: &Intervals<K>) -> impl Iterator<Item = AddressRange> {
            let bounds = set.as_slice().iter();
            bounds.filter_map(|(first, last)| AddressRange::new(first.address(), last.address()))
        }
        all(&self.v4).chain(all(&self.v6)).collect()
    }
}
