//! From device to device; see "How packets move" in [`crate::snapshot`].

use super::causes;
use super::packet::{
    Cut, Field, Packet, destination_in, destination_is, ports_within, source_in, within,
};
use super::route::{Lookup, Table, Target, Way};
use super::stage::{Branch, Site};
use super::traveller::{Crossing, Receiver, Traveller, Visit};
use super::truth::{Judge, Truth, View};
use super::{Disposition, End, Options, Origin, Trace};
use crate::finding::{Cause, Hop, HopAction, HopLine};
use crate::model::{Context, ContextId, Device, InterfaceId, NextHop, PolicyRoute, Stage};
use crate::net::{Family, Prefix, State};
use crate::snapshot::{DeviceId, OpaqueId, Place, Port, Snapshot, non_unicast};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// How many stages, splits and arrivals one trace is worth.
const MAX_STEPS: usize = 16_384;
/// How many ends one trace keeps.
const MAX_ENDS: usize = 4_096;
/// How many hops a packet makes at most; real packets die, too.
const MAX_HOPS: usize = 128;
/// How often a packet may change the context inside one device.
const MAX_LEAKS: usize = 8;

/// Follows packets until none is under way.
pub(super) struct Walker<'a> {
    pub(super) snapshot: &'a Snapshot,
    options: Options<'a>,
    /// The devices that let the connection open, when an answer is traced.
    pub(super) reply: Vec<Crossing>,
    /// Devices with lines that were not understood and can change anything.
    doubted: BTreeMap<DeviceId, Vec<Cause>>,
    queue: VecDeque<(Receiver, Traveller)>,
    explored: BTreeSet<(Receiver, Packet, [bool; 3], Vec<DeviceId>)>,
    steps: usize,
    trace: Trace,
}

/// What a context decides about a destination.
struct Decision<'a> {
    policy: Vec<&'a PolicyRoute>,
    lookup: Lookup,
}

impl<'a> Walker<'a> {
    pub(super) fn new(
        snapshot: &'a Snapshot,
        options: Options<'a>,
        reply: Vec<Crossing>,
    ) -> Walker<'a> {
        Walker {
            snapshot,
            options,
            reply,
            doubted: causes::doubted(snapshot),
            queue: VecDeque::new(),
            explored: BTreeSet::new(),
            steps: 0,
            trace: Trace::default(),
        }
    }

    /// Follows everything that is under way to its ends.
    pub(super) fn finish(mut self) -> Trace {
        while let Some((receiver, traveller)) = self.queue.pop_front() {
            if !self.spend() {
                break;
            }
            match receiver {
                Receiver::Port(port) => self.arrive(port, traveller),
                Receiver::Opaque(opaque) => self.reach_opaque(opaque, traveller),
            }
        }
        self.trace
    }

    /// Whether there is budget for one more step.
    pub(super) fn spend(&mut self) -> bool {
        self.steps += 1;
        let within = self.steps <= MAX_STEPS && self.trace.ends.len() < MAX_ENDS;
        self.trace.truncated |= !within;
        within
    }

    pub(super) fn end(
        &mut self,
        traveller: Traveller,
        disposition: Disposition,
        origin: Option<Origin>,
    ) {
        self.trace.ends.push(End {
            disposition,
            certain: traveller.certain,
            aside: traveller.aside,
            lasting: traveller.lasting,
            flow: traveller.packet.flow(),
            hops: traveller.hops,
            devices: traveller.devices,
            causes: traveller.causes,
            origin,
            packet: traveller.packet,
            crossings: traveller.crossings,
        });
    }

    /// Asks `ask` about the packet, splitting it until every part has one answer.
    pub(super) fn parts<T>(
        &mut self,
        traveller: Traveller,
        mut ask: impl FnMut(&Traveller) -> Result<T, Cut>,
    ) -> Vec<(Traveller, T)> {
        let mut open = vec![traveller];
        let mut parts = Vec::new();
        while let Some(traveller) = open.pop() {
            if !self.spend() {
                break;
            }
            match ask(&traveller) {
                Ok(answer) => parts.push((traveller, answer)),
                Err(cut) => open.extend(traveller.split(cut).into_iter().rev()),
            }
        }
        parts
    }

    /// Hands a packet to a receiver, unless it was there before.
    pub(super) fn send(&mut self, receiver: Receiver, mut traveller: Traveller) {
        let state = (receiver, traveller.packet);
        if traveller.received.contains(&state) || traveller.hops.len() >= MAX_HOPS {
            return self.end(traveller, Disposition::Loop, None);
        }
        // Where nothing is certain any more, the way to a place adds nothing to having been there.
        let way = if traveller.certain { traveller.devices.clone() } else { Vec::new() };
        let marks = [traveller.certain, traveller.aside, traveller.lasting];
        let key = (receiver, traveller.packet, marks, way);
        if self.explored.insert(key) {
            traveller.received.push(state);
            self.queue.push_back((receiver, traveller));
        }
    }

    /// Rule 6 holds for a router without a configuration, too.
    fn reach_opaque(&mut self, opaque: OpaqueId, traveller: Traveller) {
        for (traveller, fit) in self.parts(traveller, forwardable) {
            if fit {
                self.at_opaque(opaque, traveller);
            } else {
                self.end(traveller, Disposition::NotForwardable, None);
            }
        }
    }

    fn arrive(&mut self, port: Port, mut traveller: Traveller) {
        let device = &self.snapshot.devices[port.device];
        let interface = &device.interfaces[port.interface];
        let context = &device.contexts[interface.context];
        traveller.hops.push(Hop {
            device: device.name.clone(),
            context: context.name.clone(),
            ingress: interface.name.clone(),
            ..Hop::default()
        });
        if !traveller.devices.contains(&port.device) {
            traveller.devices.push(port.device);
        }
        traveller.arrived = traveller.packet;
        traveller.touched.clear();
        traveller.leaks = 0;
        if !interface.up {
            return self.end(traveller, Disposition::InterfaceDown, None);
        }
        let crossing = self.crossing(port, &traveller.packet);
        let visit = Visit {
            device: port.device,
            context: interface.context,
            ingress: Some(port.interface),
            session: crossing.is_some() || self.options.sessions.contains(&port.device),
            crossing,
        };
        // What a session takes back is judged at the route, as what it was.
        let known = visit.crossing.is_some();
        for (traveller, fit) in self.parts(traveller, |t| Ok(known || forwardable(t)?)) {
            if fit {
                self.through(&visit, context, traveller);
            } else {
                self.end(traveller, Disposition::NotForwardable, None);
            }
        }
    }

    /// The connection to which an answer belongs at this device, recognised by its header as the device knows it.
    fn crossing(&self, port: Port, packet: &Packet) -> Option<Crossing> {
        let device = &self.snapshot.devices[port.device];
        let context = |interface: InterfaceId| device.interfaces[interface].context;
        let fits = |crossing: &&Crossing| {
            let wanted = crossing.after.swapped();
            crossing.device == port.device
                && context(crossing.egress) == context(port.interface)
                && within(packet.source, wanted.source)
                && within(packet.destination, wanted.destination)
                && ports_within(packet.source_port, wanted.source_port)
                && ports_within(packet.destination_port, wanted.destination_port)
        };
        self.reply.iter().find(fits).cloned()
    }

    fn site<'v>(&self, visit: &'v Visit, egress: Option<InterfaceId>) -> Site<'v>
    where
        'a: 'v,
    {
        let device = &self.snapshot.devices[visit.device];
        Site { device, visit, egress, at: self.snapshot.at }
    }

    fn through(&mut self, visit: &Visit, context: &Context, traveller: Traveller) {
        let site = self.site(visit, None);
        for traveller in self.run(site, before_route(context), traveller, true) {
            let traveller = site.restored(traveller);
            self.decide(visit, traveller);
        }
    }

    /// Sends a packet through stages; what is stopped ends there, what passes is returned.
    fn run(
        &mut self,
        site: Site<'_>,
        stages: &[Stage],
        traveller: Traveller,
        filtering: bool,
    ) -> Vec<Traveller> {
        let mut travellers = vec![traveller];
        for stage in stages {
            let mut passed = Vec::new();
            for traveller in travellers {
                passed.extend(self.stage(site, stage, traveller, filtering));
            }
            travellers = passed;
        }
        travellers
    }

    fn stage(
        &mut self,
        site: Site<'_>,
        stage: &Stage,
        traveller: Traveller,
        filtering: bool,
    ) -> Vec<Traveller> {
        let id = site.visit.device;
        let counts = filtering && self.options.only_filters_of.is_none_or(|only| only == id);
        let doubts = self.doubted.get(&id).cloned().unwrap_or_default();
        let results = self.parts(traveller, |traveller| match stage {
            Stage::Filter(filter) if counts => site.filter(filter, traveller.clone(), &doubts),
            Stage::Translate(translate) => site.translate(translate, traveller.clone()),
            Stage::Filter(_) | Stage::Route => Ok(vec![Branch::Passed(traveller.clone())]),
        });
        let mut passed = Vec::new();
        for branch in results.into_iter().flat_map(|(_, branches)| branches) {
            match branch {
                Branch::Passed(traveller) => passed.push(traveller),
                Branch::Denied(traveller) => self.end(traveller, Disposition::Denied, None),
            }
        }
        passed
    }

    /// Rule 2: packets to an address of the context are for the device; others are routed.
    fn decide(&mut self, visit: &Visit, traveller: Traveller) {
        let device = &self.snapshot.devices[visit.device];
        let own = |traveller: &Traveller| {
            if visit.crossing.is_none() && !forwardable(traveller)? {
                return Ok(None);
            }
            let mut own = false;
            let up = device.interfaces.iter().filter(|(_, i)| i.up && i.context == visit.context);
            for address in up.flat_map(|(_, i)| &i.addresses) {
                own |= destination_is(&traveller.packet, address.address)?;
            }
            let mut perhaps = false;
            for network in self.snapshot.learnt(visit.device, visit.context) {
                perhaps |= destination_in(&traveller.packet, network.range())?;
            }
            Ok(Some((own, perhaps)))
        };
        for (traveller, own) in self.parts(traveller, own) {
            match own {
                Some((true, _)) => {
                    for traveller in self.accept(visit, traveller) {
                        self.end_beside(visit, traveller);
                    }
                }
                Some((false, perhaps)) => {
                    if perhaps {
                        let cause = causes::learnt_cause(self.snapshot, visit.device);
                        self.accept(visit, traveller.clone().doubting(vec![cause]).beside());
                    }
                    self.route(visit, traveller);
                }
                None => self.end(traveller, Disposition::NotForwardable, None),
            }
        }
    }

    /// Ends what the device takes for itself, and returns it.
    fn accept(&mut self, visit: &Visit, traveller: Traveller) -> Vec<Traveller> {
        let device = &self.snapshot.devices[visit.device];
        let filters = device.contexts[visit.context].local.iter().cloned();
        let stages: Vec<Stage> = filters.map(Stage::Filter).collect();
        let origin = Origin::Device(visit.device, visit.context);
        let place = Disposition::Delivered(Place::Device(visit.device));
        let accepted = self.run(self.site(visit, None), &stages, traveller, true);
        for traveller in &accepted {
            self.end(traveller.clone(), place, Some(origin));
        }
        accepted
    }

    /// A device that is a declared host of a zone on the segment is one of its hosts, too.
    fn end_beside(&mut self, visit: &Visit, traveller: Traveller) {
        let (snapshot, origin) = (self.snapshot, Origin::Device(visit.device, visit.context));
        let port = visit.ingress.map(|interface| Port { device: visit.device, interface });
        let segment = port.and_then(|port| snapshot.segment_of(port));
        let Some(segment) = segment else { return };
        let ask = |t: &Traveller| {
            let mut named = Vec::new();
            for zone in &snapshot.segments[segment].zones {
                for host in snapshot.hosts_of(*zone) {
                    if destination_is(&t.packet, host)? && !named.contains(zone) {
                        named.push(*zone);
                    }
                }
            }
            Ok(named)
        };
        for (traveller, zones) in self.parts(traveller, ask) {
            for zone in zones {
                let place = Disposition::Delivered(Place::Zone(zone));
                self.end(traveller.clone().beside(), place, Some(origin));
            }
        }
    }

    /// Rule 3.
    fn route(&mut self, visit: &Visit, traveller: Traveller) {
        let device = &self.snapshot.devices[visit.device];
        let context = &device.contexts[visit.context];
        let at = self.snapshot.at;
        let mut table = Table::new(device, visit.context);
        let ask = |traveller: &Traveller| {
            if !forwardable(traveller)? {
                return Ok(None);
            }
            let policy = policy_routes(device, context, visit, traveller, at)?;
            Ok(Some(Decision { policy, lookup: table.lookup(&traveller.packet)? }))
        };
        let decided = self.parts(traveller, ask);
        for (traveller, decision) in decided {
            match decision {
                Some(decision) => self.follow(visit, &mut table, traveller, &decision),
                None => self.end(traveller, Disposition::NotForwardable, None),
            }
        }
    }

    fn follow(
        &mut self,
        visit: &Visit,
        table: &mut Table<'a>,
        traveller: Traveller,
        decision: &Decision<'_>,
    ) {
        let context = &self.snapshot.devices[visit.device].contexts[visit.context];
        let unseen = !context.rib_complete && !context.dynamic_routing.is_empty();
        let lookup = &decision.lookup;
        let mut causes: Vec<Cause> =
            decision.policy.iter().map(|p| causes::policy_cause(p)).collect();
        if unseen {
            causes.extend(context.dynamic_routing.iter().map(causes::dynamic_cause));
        }
        if lookup.may_fail || lookup.choices.iter().any(|choice| !choice.certain) {
            let best = lookup.choices.iter().find(|choice| choice.certain);
            let line = best.and_then(|best| best.lines.first());
            let device = &self.snapshot.devices[visit.device].name;
            causes.extend(line.map(|line| causes::withdrawn_cause(device, line)));
        }
        let doubt = !decision.policy.is_empty() || unseen && !lookup.connected;
        for choice in &lookup.choices {
            let mut next = traveller.clone();
            choice.lines.iter().for_each(|line| next.note(line.clone()));
            if doubt || !choice.certain {
                next = next.doubting(causes.clone());
            }
            self.leave(visit, next, choice.way);
        }
        let lost = |policy: &&PolicyRoute| policy.next_hop.is_none();
        if lookup.may_fail || unseen && !lookup.connected || decision.policy.iter().any(lost) {
            let sure = lookup.choices.is_empty() && !doubt;
            let lost = traveller.clone();
            let lost = if sure { lost } else { lost.doubting(causes.clone()) };
            self.end(lost, Disposition::NoRoute, None);
        }
        for policy in &decision.policy {
            let line = HopLine {
                span: Some(policy.span),
                label: "policy route".to_owned(),
                action: HopAction::Route,
            };
            for way in policy_ways(table, policy.next_hop) {
                let mut next = traveller.clone().doubting(causes.clone());
                next.note(line.clone());
                self.leave(visit, next, way);
            }
        }
        if unseen && !lookup.connected {
            let next = traveller.doubting(causes);
            for interface in table.exits() {
                let way = Way::Out { interface, target: Target::Anyone };
                let mut next = next.clone();
                context.dynamic_routing.iter().for_each(|dynamic| {
                    next.note(HopLine {
                        span: Some(dynamic.span),
                        label: dynamic.protocol.clone(),
                        action: HopAction::Route,
                    });
                });
                self.leave(visit, next, way);
            }
        }
    }

    fn leave(&mut self, visit: &Visit, mut traveller: Traveller, way: Way) {
        let device = &self.snapshot.devices[visit.device];
        match way {
            Way::Discard => self.end(traveller, Disposition::NullRouted, None),
            Way::Context(_) if traveller.leaks >= MAX_LEAKS => {
                self.end(traveller, Disposition::Loop, None);
            }
            Way::Context(context) => {
                traveller.leaks += 1;
                self.decide(&Visit { context, ..visit.clone() }, traveller);
            }
            Way::Out { interface, target } => {
                let port = &device.interfaces[interface];
                if let Some(hop) = traveller.hops.last_mut() {
                    hop.egress = Some(port.name.clone());
                }
                if visit.ingress.is_none() {
                    // What the device itself sends meets no stage of the forwarding pipeline.
                    return self.depart(visit, interface, target, traveller);
                }
                let stages = after_route(&device.contexts[visit.context]);
                if visit.ingress == Some(interface) && port.hairpin_unfiltered {
                    let around =
                        traveller.clone().doubting(vec![causes::hairpin_cause(port)]).beside();
                    self.pass(visit, interface, target, (stages, around), false);
                }
                self.pass(visit, interface, target, (stages, traveller), true);
            }
        }
    }

    fn pass(
        &mut self,
        visit: &Visit,
        egress: InterfaceId,
        target: Target,
        (stages, traveller): (&[Stage], Traveller),
        filtering: bool,
    ) {
        let site = self.site(visit, Some(egress));
        for traveller in self.run(site, stages, traveller, filtering) {
            let traveller = site.restored(traveller);
            self.depart(visit, egress, target, traveller);
        }
    }

    /// Sends a packet that a device makes itself.
    pub(super) fn originate(&mut self, device: DeviceId, context: ContextId, packet: Packet) {
        let mut traveller = Traveller::new(packet);
        let (name, inside) = {
            let device = &self.snapshot.devices[device];
            (device.name.clone(), device.contexts[context].name.clone())
        };
        traveller.hops.push(Hop { device: name, context: inside, ..Hop::default() });
        let visit = Visit { device, context, ingress: None, session: false, crossing: None };
        self.route(&visit, traveller);
    }
}

/// The stages before and after the route; all of them come before it when there is none.
pub(super) fn before_route(context: &Context) -> &[Stage] {
    let at = context.pipeline.iter().position(|stage| matches!(stage, Stage::Route));
    at.and_then(|at| context.pipeline.get(..at)).unwrap_or(&context.pipeline)
}

fn after_route(context: &Context) -> &[Stage] {
    let at = context.pipeline.iter().position(|stage| matches!(stage, Stage::Route));
    at.and_then(|at| context.pipeline.get(at + 1..)).unwrap_or(&[])
}

/// Rule 6.
pub(super) fn forwardable(traveller: &Traveller) -> Result<bool, Cut> {
    let packet = &traveller.packet;
    let blocks = |family: Family| non_unicast(family).iter().filter_map(|b| Prefix::parse(b));
    let mut forwardable = true;
    for block in blocks(packet.family()) {
        // An address that is not known is still one that the device has: unicast.
        if !traveller.is_unknown(Field::Source) {
            forwardable &= !source_in(packet, block.range())?;
        }
        forwardable &= !destination_in(packet, block.range())?;
    }
    Ok(forwardable)
}

fn policy_routes<'c>(
    device: &Device,
    context: &'c Context,
    visit: &Visit,
    traveller: &Traveller,
    at: Option<crate::model::Moment>,
) -> Result<Vec<&'c PolicyRoute>, Cut> {
    let mut judge = Judge::new(View {
        device,
        packet: &traveller.packet,
        ingress: visit.ingress,
        egress: None,
        state: if visit.session { State::Established } else { traveller.packet.state },
        touched: &traveller.touched,
        at,
        lasting: false,
    });
    let mut matching = Vec::new();
    for policy in &context.policy_routes {
        match judge.policy_route(&policy.matches) {
            Truth::No => {}
            Truth::Maybe | Truth::Yes => matching.push(policy),
            Truth::Mixed(cut) => return Err(cut),
        }
    }
    Ok(matching)
}

fn policy_ways(table: &mut Table<'_>, next_hop: Option<NextHop>) -> Vec<Way> {
    match next_hop {
        Some(next_hop) => table.resolve(next_hop).into_iter().map(|choice| choice.way).collect(),
        None => {
            let target = Target::Anyone;
            table.exits().map(|interface| Way::Out { interface, target }).collect()
        }
    }
}
