//! Random devices: interfaces, contexts, routes, pipelines.

use super::features::Feature;
use super::lists::ListMaker;
use super::network::{Plan, host, host6, ip, prefix, span};
use super::rng::Rng;
use sekisho::model::{
    Action, AddressSet, Binding, Context, ContextId, Device, DynamicRouting, Filter, Id, Interface,
    InterfaceAddress, InterfaceId, InterfaceKind, Interfaces, NextHop, PolicyRoute, Route,
    ServiceSet, Stage, Translate,
};

pub(crate) struct DeviceMaker<'p> {
    rng: Rng,
    plan: &'p Plan,
    number: usize,
    device: Device,
}

impl<'p> DeviceMaker<'p> {
    pub(crate) fn new(rng: Rng, plan: &'p Plan, number: usize) -> DeviceMaker<'p> {
        let device = Device { name: format!("d{number}"), ..Device::default() };
        DeviceMaker { rng, plan, number, device }
    }

    fn has(&self, feature: Feature) -> bool {
        self.plan.features.has(feature)
    }

    pub(crate) fn make(mut self) -> Device {
        let contexts = if self.has(Feature::Contexts) { 2 } else { 1 };
        for n in 0..contexts {
            let name = if n == 0 { String::new() } else { format!("vrf{n}") };
            self.device.contexts.push(Context { name, ..Context::default() });
        }
        self.device.literal(AddressSet::Any, span(0));
        self.device.literal_service(ServiceSet::Any, span(0));
        self.interfaces(contexts);
        for n in 0..contexts {
            let id = ContextId::from_index(n);
            let routes = self.routes(id);
            let policy_routes = self.policy_routes(id);
            let (pipeline, local) = self.pipeline(id);
            let context = &mut self.device.contexts[id];
            context.routes = routes;
            context.policy_routes = policy_routes;
            context.pipeline = pipeline;
            context.local = local;
            if self.has(Feature::Dynamic) {
                let mut rng = self.rng.fork(40 + n as u64);
                if rng.chance(50) {
                    let context = &mut self.device.contexts[id];
                    context
                        .dynamic_routing
                        .push(DynamicRouting { protocol: "ospf".to_owned(), span: span(11) });
                    context.rib_complete = rng.chance(20);
                }
            }
        }
        self.device
    }

    fn interfaces(&mut self, contexts: usize) {
        let segments = self.plan.ports[self.number].clone();
        for (n, segment) in segments.into_iter().enumerate() {
            let mut rng = self.rng.fork(200 + n as u64);
            let number = self.plan.address(self.number, n);
            let mut kind = InterfaceKind::Ethernet;
            if rng.chance(30) && self.has(Feature::Lines) {
                kind = rng.pick(&[InterfaceKind::Tunnel, InterfaceKind::PointToPoint]);
            }
            if rng.chance(20) && self.has(Feature::Loopbacks) {
                kind = InterfaceKind::Loopback;
            }
            let up = !(rng.chance(15) && self.has(Feature::Down));
            let hairpin = rng.chance(50) && self.has(Feature::Hairpin);
            let context = ContextId::from_index(rng.below(contexts));
            let mut addresses = vec![(host(segment, number), 24), (host6(segment, number), 64)];
            if kind == InterfaceKind::Loopback {
                addresses = vec![(format!("10.77.{}.1", self.number), 32)];
            } else if rng.chance(8) {
                addresses.clear();
            }
            self.interface(context, &addresses, kind, up, hairpin);
        }
        if self.has(Feature::InternalLinks) && contexts > 1 {
            let kind = InterfaceKind::Internal;
            let n = self.number;
            let a = self.interface(
                ContextId::from_index(0),
                &[(format!("10.66.{n}.1"), 30)],
                kind,
                true,
                false,
            );
            let b = self.interface(
                ContextId::from_index(1),
                &[(format!("10.66.{n}.2"), 30)],
                kind,
                true,
                false,
            );
            self.device.internal_links.push((a, b));
        }
    }

    fn interface(
        &mut self,
        context: ContextId,
        addresses: &[(String, u8)],
        kind: InterfaceKind,
        up: bool,
        hairpin_unfiltered: bool,
    ) -> InterfaceId {
        let own = |(text, len): &(String, u8)| InterfaceAddress {
            address: ip(text),
            len: *len,
            span: span(1),
        };
        self.device.interfaces.push(Interface {
            name: format!("p{}", self.device.interfaces.len()),
            alias: None,
            context,
            addresses: addresses.iter().map(own).collect(),
            zone: None,
            up,
            kind,
            vlan: None,
            dynamic: false,
            hairpin_unfiltered,
            source_check: None,
            span: span(1),
        })
    }

    /// A next hop of every allowed kind.
    fn next_hop(&self, rng: &mut Rng, context: ContextId, six: bool) -> NextHop {
        let text = |s: usize, h: usize| if six { host6(s, h) } else { host(s, h) };
        let own: Vec<InterfaceId> = self
            .device
            .interfaces
            .iter()
            .filter(|(_, i)| i.context == context)
            .map(|(id, _)| id)
            .collect();
        if self.has(Feature::NullRoutes) && rng.chance(15) {
            return NextHop::Discard;
        }
        if self.has(Feature::Leaks) && rng.chance(30) && self.device.contexts.len() > 1 {
            return NextHop::Context(ContextId::from_index(1 - context.index()));
        }
        if self.has(Feature::InterfaceRoutes) && rng.chance(30) && !own.is_empty() {
            return NextHop::Interface(rng.pick(&own));
        }
        if !own.is_empty() && rng.chance(80) {
            let interface = rng.pick(&own);
            if let Some(segment) = self.plan.ports[self.number].get(interface.index()) {
                let gateways = self.plan.gateways(self.number, *segment);
                if !gateways.is_empty() {
                    let address = ip(&text(*segment, rng.pick(&gateways)));
                    let interface = rng.chance(25).then_some(interface);
                    return NextHop::Gateway { address, interface };
                }
            } else if !six {
                let end = if context.index() == 0 { 2 } else { 1 };
                return NextHop::Gateway {
                    address: ip(&format!("10.66.{}.{end}", self.number)),
                    interface: None,
                };
            }
        }
        let (s, h) = (rng.below(self.plan.segments), 1 + rng.below(20));
        let far = rng.pick(&[text(s, h), text(7, 7)]);
        NextHop::Gateway { address: ip(&far), interface: None }
    }

    fn routes(&self, context: ContextId) -> Vec<Route> {
        let mut routes = Vec::new();
        for n in 0..rng_count(&self.rng, context) {
            let mut rng = self.rng.fork(300 + context.index() as u64 * 50 + n);
            let six = rng.chance(35);
            let k = rng.below(8);
            let target = match (k, six) {
                (0 | 1, false) => "0.0.0.0/0".to_owned(),
                (0 | 1, true) => "::/0".to_owned(),
                (2, false) => "10.9.0.0/16".to_owned(),
                (2, true) => "fd09::/16".to_owned(),
                (3, false) => format!("10.0.{}.128/25", rng.below(self.plan.segments)),
                (4, false) => "203.0.113.0/24".to_owned(),
                (5, false) => "10.0.7.0/24".to_owned(),
                (5, true) => "fd00:7::/64".to_owned(),
                (_, false) => format!("10.0.{}.0/24", rng.below(self.plan.segments)),
                (_, true) => format!("fd00:{}::/64", rng.below(self.plan.segments)),
            };
            let shared = self.has(Feature::SharedLoad) && rng.chance(50);
            for _ in 0..1 + usize::from(shared) {
                let next_hop = self.next_hop(&mut rng, context, six);
                routes.push(Route {
                    prefix: prefix(&target),
                    next_hop,
                    distance: if shared { 1 } else { 1 + u8::try_from(rng.below(3)).unwrap() },
                    metric: if shared { 0 } else { u32::try_from(rng.below(2)).unwrap() },
                    withdrawable: self.has(Feature::Withdrawable) && rng.chance(40),
                    span: span(20 + u32::try_from(routes.len()).unwrap()),
                });
            }
        }
        routes
    }

    fn policy_routes(&mut self, context: ContextId) -> Vec<PolicyRoute> {
        let mut rng = self.rng.fork(400 + context.index() as u64);
        if !self.has(Feature::PolicyRoutes) || rng.chance(40) {
            return Vec::new();
        }
        let next_hop = rng.chance(75).then(|| self.next_hop(&mut rng, context, false));
        let mut lists = ListMaker::new(rng, self.plan, &mut self.device);
        let matches = lists.matches(false, false);
        vec![PolicyRoute { matches, next_hop, span: span(12) }]
    }

    fn pipeline(&mut self, context: ContextId) -> (Vec<Stage>, Vec<Filter>) {
        let base = 500 + context.index() as u64 * 20;
        let mut stages = Vec::new();
        if self.has(Feature::FilterBefore) && self.rng.fork(base).chance(60) {
            stages.push(Stage::Filter(self.filter(base + 1, false)));
        }
        if self.has(Feature::DestinationNat) && self.rng.fork(base + 2).chance(70) {
            stages.push(self.translate(base + 3, false));
        }
        if self.has(Feature::FilterBefore) && self.rng.fork(base + 4).chance(30) {
            stages.push(Stage::Filter(self.filter(base + 5, false)));
        }
        stages.push(Stage::Route);
        if self.has(Feature::FilterAfter) && self.rng.fork(base + 6).chance(80) {
            stages.push(Stage::Filter(self.filter(base + 7, true)));
        }
        if self.has(Feature::SourceNat) && self.rng.fork(base + 8).chance(70) {
            stages.push(self.translate(base + 9, true));
        }
        if self.has(Feature::FilterAfter) && self.rng.fork(base + 10).chance(30) {
            stages.push(Stage::Filter(self.filter(base + 11, true)));
        }
        let local = self.has(Feature::Local) && self.rng.fork(base + 12).chance(60);
        let local = local.then(|| self.filter(base + 13, false)).into_iter().collect();
        (stages, local)
    }

    fn ports(&self, rng: &mut Rng) -> Interfaces {
        let all: Vec<InterfaceId> = self.device.interfaces.ids().collect();
        if rng.chance(60) {
            Interfaces::Any
        } else {
            Interfaces::Of(vec![rng.pick(&all), rng.pick(&all)])
        }
    }

    fn bindings(&mut self, label: u64, after: bool, translate: bool) -> Vec<Binding> {
        let mut bindings = Vec::new();
        let mut rng = self.rng.fork(label + 2000);
        let many = if self.has(Feature::Bindings) { 1 + rng.below(3) } else { 1 };
        for n in 0..many {
            let mut rng = rng.fork(n as u64);
            let special = self.has(Feature::Bindings);
            let ingress = if special { self.ports(&mut rng) } else { Interfaces::Any };
            let egress = if special && after { self.ports(&mut rng) } else { Interfaces::Any };
            let count = if special { 1 + rng.below(2) } else { 1 };
            let permit = translate || self.has(Feature::DefaultPermit) && rng.chance(60);
            let mut lists = ListMaker::new(rng.fork(77), self.plan, &mut self.device);
            let lists = (0..count).map(|_| lists.list(after, translate)).collect();
            bindings.push(Binding {
                ingress,
                egress,
                lists,
                default: if permit { Action::Permit } else { Action::Deny },
                default_label: "default".to_owned(),
                span: None,
            });
        }
        bindings
    }

    fn filter(&mut self, label: u64, after: bool) -> Filter {
        let mut rng = self.rng.fork(label + 1000);
        let otherwise = if rng.chance(70) { Action::Permit } else { Action::Deny };
        let stateful = self.has(Feature::Stateful) && rng.chance(70);
        let bindings = self.bindings(label, after, false);
        Filter { name: "filter", bindings, otherwise, stateful }
    }

    fn translate(&mut self, label: u64, after: bool) -> Stage {
        Stage::Translate(Translate { name: "nat", bindings: self.bindings(label, after, true) })
    }
}

fn rng_count(rng: &Rng, context: ContextId) -> u64 {
    let mut rng = rng.fork(290 + context.index() as u64);
    u64::try_from(1 + rng.below(5)).unwrap()
}
