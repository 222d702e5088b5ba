//! A connection that somebody wishes for (通信許可申請): does it pass already, does a rule forbid it, and which devices stop it?

mod list;

pub use list::read as read_list;

use super::{InputError, Loaded, ask, resolved};
use crate::check::{self, End, Resolved};
use crate::compile::{Header, Reading, fields};
use crate::dialect::{self, Permit, Place as Entry, Product};
use crate::finding::{Basis, Hop, HopAction, HopLine};
use crate::model::{Device, InterfaceId, Stage};
use crate::net::{Family, Flow};
use crate::packetset::{Arena, Intervals};
use crate::policy::{Policy, Service, Verb};
use crate::reach::{Network, Query, Ways};
use crate::snapshot::{DeviceId, Place, ZoneId};
use crate::text::Text;
use crate::trace::{self, Ingress};

/// What is wished for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wish {
    /// Where it starts: a zone or `zone.host`.
    pub from: String,
    /// Where it ends: a zone, `zone.host` or `self:device`.
    pub to: String,
    /// The service: `tcp/443`.
    pub service: String,
}

/// What is to be said about a wish.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The wish.
    pub wish: Wish,
    /// In one word.
    pub outcome: Outcome,
    /// The rules that forbid it.
    pub forbidden: Vec<Forbidding>,
    /// One entry a family in which both ends have addresses and it does not surely pass.
    pub missing: Vec<Missing>,
    /// Rules that may fall by such a connection, or by a line for it, and do not forbid it themselves: they were not asked.
    pub unasked: Vec<String>,
}

/// An answer in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// 許可済み: all of it surely passes, and no rule forbids it.
    Passes,
    /// 方針違反: a rule forbids it.
    Forbidden,
    /// 設定追加が必要: no rule forbids it, and devices stop it.
    Stopped,
    /// 確認不能: it is not stopped by a line, but does not surely arrive.
    Unclear,
}

impl Outcome {
    /// The identifier in machine formats.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Outcome::Passes => "passes",
            Outcome::Forbidden => "forbidden",
            Outcome::Stopped => "stopped",
            Outcome::Unclear => "unclear",
        }
    }
}

/// A rule that forbids a wish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forbidding {
    /// The rule.
    pub rule: String,
    /// What it says.
    pub summary: Text,
    /// Document and clause.
    pub basis: Option<Basis>,
}

/// Why a wish does not surely pass in one family.
#[derive(Clone, Debug)]
pub struct Missing {
    /// The family.
    pub family: Family,
    /// One packet that does not surely arrive.
    pub flow: Flow,
    /// The devices that stop it, each by itself, in the order of the snapshot.
    pub stops: Vec<Stop>,
}

/// A device that stops a packet.
#[derive(Clone, Debug)]
pub struct Stop {
    /// The hop.
    pub hop: Hop,
    /// The line that stops it.
    pub line: HopLine,
    /// What an engineer types to let the wish pass there; empty when that is not known, or a rule forbids the wish.
    pub commands: Vec<String>,
}

/// A network ready to be asked about one wish after another.
pub struct Desk<'l> {
    loaded: &'l Loaded,
    policy: Option<(&'l Policy, Resolved<'l>)>,
    v4: Network<'l, u32>,
    v6: Network<'l, u128>,
}

impl<'l> Desk<'l> {
    /// Compiles the devices once.
    #[must_use]
    pub fn new(loaded: &'l Loaded) -> Desk<'l> {
        let snapshot = &loaded.snapshot;
        let (v4, v6) = (Network::new(snapshot), Network::new(snapshot));
        Desk { loaded, policy: resolved(loaded), v4, v6 }
    }

    /// What is to be said about a wish.
    ///
    /// # Errors
    /// A name or service that means nothing.
    pub fn answer(&self, wish: &Wish) -> Result<Answer, Box<InputError>> {
        let service = ask::service(&wish.service)?;
        let ends = (ask::start(self.loaded, &wish.from)?, ask::party(self.loaded, &wish.to)?);
        let mut answer = Answer {
            wish: wish.clone(),
            outcome: Outcome::Unclear,
            forbidden: Vec::new(),
            missing: Vec::new(),
            unasked: self.unasked(),
        };
        let asked = [
            self.family(&self.v4, &ends, service, &mut answer),
            self.family(&self.v6, &ends, service, &mut answer),
        ];
        let stopped = answer.missing.iter().all(|missing| !missing.stops.is_empty());
        answer.outcome = match (answer.forbidden.is_empty(), answer.missing.is_empty()) {
            (false, _) => Outcome::Forbidden,
            (true, true) if asked.contains(&true) => Outcome::Passes,
            (true, false) if stopped => Outcome::Stopped,
            _ => Outcome::Unclear,
        };
        // Nobody is told how to let pass what a rule forbids.
        if answer.outcome == Outcome::Forbidden {
            let stops = answer.missing.iter_mut().flat_map(|missing| &mut missing.stops);
            stops.for_each(|stop| stop.commands.clear());
        }
        Ok(answer)
    }

    fn unasked(&self) -> Vec<String> {
        let rules = self.policy.iter().flat_map(|(_, resolved)| &resolved.rules);
        let more = rules.map(|rule| rule.rule).filter(|rule| {
            let whole = rule.stepping_stones || !rule.enforce_at.is_empty();
            whole || !rule.verb.forbids() && rule.verb != Verb::Require
        });
        more.map(|rule| rule.id.clone()).collect()
    }

    /// Adds what one family has to say; whether both ends have addresses in it.
    fn family<K: Header>(
        &self,
        network: &Network<'_, K>,
        (from, to): &(End, End),
        service: Service,
        answer: &mut Answer,
    ) -> bool {
        let Place::Zone(zone) = from.place else { return false };
        if check::addresses(network, from).is_empty() || check::addresses(network, to).is_empty() {
            return false;
        }
        if let Some((_, resolved)) = &self.policy {
            for at in check::forbidding(network, resolved, (from, to), &[service]) {
                let Some(rule) = resolved.rules.get(at).map(|rule| rule.rule) else { continue };
                let told = Forbidding {
                    rule: rule.id.clone(),
                    summary: check::summary(rule),
                    basis: rule.basis.clone(),
                };
                if !answer.forbidden.contains(&told) {
                    answer.forbidden.push(told);
                }
            }
        }
        if let Some(flow) = lacking(network, (from, zone), to, service) {
            let stops = stops(self.loaded, (zone, to), (from, service), flow);
            answer.missing.push(Missing { family: K::FAMILY, flow, stops });
        }
        true
    }
}

/// A packet of the wish that does not surely arrive; `None` when all of them do, wherever hosts of the source are, by some
/// gateway that they may choose.
fn lacking<K: Header>(
    network: &Network<'_, K>,
    ends: (&End, ZoneId),
    to: &End,
    service: Service,
) -> Option<Flow> {
    let own = ask::own(network);
    let [sources, destinations] = [ends.0, to].map(|end| ask::hosts(network, end, &own));
    check::homes(network, ends.1, &sources).into_iter().find_map(|(part, entries)| {
        let lacks = |entry| lacking_by(network, ends, (&part, &destinations, to), service, entry);
        let first = lacks(entries.first().copied())?;
        let others = entries.into_iter().skip(1);
        others.map(Some).all(|entry| lacks(entry).is_some()).then_some(first)
    })
}

/// As [`lacking`], of some sources by one entry of their zone.
fn lacking_by<K: Header>(
    network: &Network<'_, K>,
    (from, zone): (&End, ZoneId),
    (sources, destinations, to): (&Intervals<K>, &Intervals<K>, &End),
    service: Service,
    entry: Option<usize>,
) -> Option<Flow> {
    let start = |arena: &mut Arena<K>| {
        let source = arena.field_in(fields::SRC, sources);
        let destination = arena.field_in(fields::DST, destinations);
        let services = check::service_set(arena, &[service]);
        let ends = arena.guard(source, destination);
        let wished = arena.guard(services, ends);
        arena.guard(network.opening(), wished)
    };
    let reading = Reading::Must;
    let query = Query { zone, start: &start, reading, only_filters_of: None, watch: &[] };
    let mut run = network.run_whole(&query, entry);
    let ways = Ways::of(&run);
    let arrived = run.origins(network, &ways, to.place, crate::packetset::Function::ALL);
    let mut left = run.arena.minus(run.start, arrived);
    if run.limited() {
        left = run.start;
    }
    check::preferred(network, &mut run.arena, left, (from, to))
}

/// The devices that stop a packet: each is asked by itself, with the filters of all others open.
fn stops(
    loaded: &Loaded,
    (zone, to): (ZoneId, &End),
    (from, service): (&End, Service),
    flow: Flow,
) -> Vec<Stop> {
    let snapshot = &loaded.snapshot;
    let stopped = |id: DeviceId| {
        let options = trace::Options { only_filters_of: Some(id), ..trace::Options::default() };
        let trace = trace::trace(snapshot, Ingress::Zone(zone), flow, &options);
        let beside = |end: &&trace::End| check::enters_beside(snapshot, zone, flow, end);
        let mut ends = trace.ends.iter().filter(beside);
        if ends.any(|end| end.place() == Some(to.place) && end.certain) {
            return None;
        }
        let denied = |line: &&HopLine| line.action == HopAction::Deny;
        let own = |hop: &&Hop| hop.device == snapshot.devices[id].name;
        let ends = trace.ends.iter().filter(beside);
        let mut hops = ends.flat_map(|end| &end.hops).filter(own);
        let (hop, line) =
            hops.find_map(|hop| Some((hop.clone(), hop.lines.iter().find(denied)?.clone())))?;
        let commands = commands(loaded, id, (&hop, &line), (from, to, service));
        Some(Stop { hop, line, commands })
    };
    snapshot.devices.ids().filter_map(stopped).collect()
}

/// Lines that are written for one device at most.
const WRITTEN: usize = 4;

/// What an engineer types at a device to let a wish pass; nothing when its ends are not a few networks. First in the list where the
/// vendor has a word for that, else before the line that stops it.
fn commands(
    loaded: &Loaded,
    id: DeviceId,
    (hop, line): (&Hop, &HopLine),
    (from, to, service): (&End, &End, Service),
) -> Vec<String> {
    let device = &loaded.snapshot.devices[id];
    let (sources, destinations) = (ask::networks(loaded, from), ask::networks(loaded, to));
    let wished = Product {
        permits: true,
        sources,
        destinations,
        services: vec![(service.protocol, service.ports)],
    };
    let rules = wished.rules();
    if rules.len() > WRITTEN {
        return Vec::new();
    }
    let egress = hop.egress.as_deref().unwrap_or_default();
    let (from, to) = (zone_name(device, &hop.ingress), zone_name(device, egress));
    let list = list_name(device, hop, line);
    let permit = |rule| Permit { list: list.as_deref(), from: &from, to: &to, rule };
    let first: Vec<String> =
        rules.iter().flat_map(|rule| dialect::permission(device.format, &permit(*rule))).collect();
    if !first.is_empty() {
        return first;
    }
    let place = line.span.and_then(|span| Entry::of(loaded.sources.file(span.file), span));
    let before = place.and_then(|place| place.insertion(device.format, &[wished], false));
    before.map(|inserted| inserted.commands).unwrap_or_default()
}

fn interface(device: &Device, name: &str) -> Option<InterfaceId> {
    device.interfaces.iter().find(|(_, interface)| interface.name == name).map(|(id, _)| id)
}

/// The vendor's zone of an interface, else its own name.
fn zone_name(device: &Device, name: &str) -> String {
    let zone = interface(device, name).and_then(|id| device.interfaces[id].zone.clone());
    zone.unwrap_or_else(|| name.to_owned())
}

/// The list that stops a packet at a hop: the one that holds the line, or whose end it is.
fn list_name(device: &Device, hop: &Hop, line: &HopLine) -> Option<String> {
    let ingress = interface(device, &hop.ingress)?;
    let egress = hop.egress.as_deref().and_then(|name| interface(device, name));
    let context = device.interfaces[ingress].context;
    let stages = device.contexts[context].pipeline.iter();
    let mut bound = stages.filter_map(|stage| match stage {
        Stage::Filter(filter) => filter.bindings.iter().find(|binding| {
            binding.ingress.contains(ingress)
                && egress.is_none_or(|egress| binding.egress.contains(egress))
        }),
        _ => None,
    });
    let name = bound.find_map(|binding| {
        let mut lists = binding.lists.iter().map(|list| &device.lists[*list]);
        let holds = lists.clone().find(|list| list.lines.iter().any(|own| own.label == line.label));
        holds.or_else(|| lists.next_back().filter(|_| binding.default_label == line.label))
    });
    name.map(|list| list.name.clone())
}
