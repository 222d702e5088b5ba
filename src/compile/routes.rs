//! The routing table of a context as one function over the destination.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::rc::Rc;

use super::header::Header;
use super::objects::Objects;
use crate::model::{ContextId, Device, InterfaceId, Interfaces, NextHop, PolicyRoute, RESOLVE_DEPTH, Route};
use crate::net::{Family, Prefix};
use crate::packetset::{Arena, Function, Intervals, Rule};
use crate::source::Span;

/// The routing of one context for one family.
#[derive(Debug)]
pub struct RouteTable<K> {
    /// The device's own addresses in the context.
    pub own: Intervals<K>,
    /// From destination to the position in `groups`.
    pub best: Function,
    /// The same without withdrawable routes; `None` when there is none.
    pub fallback: Option<Function>,
    /// Positions in `choices` that share the load.
    pub groups: Vec<Vec<usize>>,
    /// Whether a group holds a withdrawable route.
    pub withdrawable: Vec<bool>,
    /// Every way out.
    pub choices: Vec<Choice>,
    /// Policy routes, in order.
    pub policy: Vec<PolicyBranch>,
    /// Where a routing protocol is switched on whose routes are not known.
    pub dynamic: Option<(String, Span)>,
}

/// One way out of a context.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// Where to.
    pub kind: ChoiceKind,
    /// The route, or the connected interface.
    pub span: Option<Span>,
    /// How an engineer names it.
    pub label: String,
}

/// Where a choice leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ChoiceKind {
    /// To a gateway by an interface.
    Gateway(InterfaceId, IpAddr),
    /// To the destination itself by an interface; connected when `true`, an interface route otherwise.
    Direct(InterfaceId, bool),
    /// Into another context of the device.
    Context(ContextId),
    /// Nowhere.
    Discard,
}

/// A policy route.
#[derive(Clone, Debug)]
pub struct PolicyBranch {
    /// Where packets come in for it to apply.
    pub ingress: Interfaces,
    /// The widest set of packets that it takes.
    pub takes: Function,
    /// The way out; `None`: any.
    pub choice: Option<usize>,
    /// Where it stands.
    pub span: Span,
}

struct Candidate {
    prefix: Prefix,
    distance: u8,
    metric: u32,
    withdrawable: bool,
    choice: usize,
}

impl<K: Header> RouteTable<K> {
    pub(super) fn new(arena: &mut Arena<K>, device: &Device, id: ContextId, objects: &Objects<K>) -> Self {
        let context = &device.contexts[id];
        let resolver = Resolver { device, context: id };
        let mut table = RouteTable {
            own: super::intervals(resolver.addresses().map(|(_, address, _, _)| address.into_range())),
            best: Function::NONE,
            fallback: None,
            groups: Vec::new(),
            withdrawable: Vec::new(),
            choices: Vec::new(),
            policy: Vec::new(),
            dynamic: context.dynamic_routing.first().filter(|_| !context.rib_complete).map(|d| (d.protocol.clone(), d.span)),
        };
        let candidates = table.candidates(&resolver, &context.routes);
        table.best = table.load(arena, candidates.iter());
        if candidates.iter().any(|candidate| candidate.withdrawable) {
            table.fallback = Some(table.load(arena, candidates.iter().filter(|candidate| !candidate.withdrawable)));
        }
        for route in &context.policy_routes {
            let branch = table.policy_branch(arena, &resolver, objects, route);
            table.policy.push(branch);
        }
        table
    }

    fn choice(&mut self, choice: Choice) -> usize {
        let found = self.choices.iter().position(|known| *known == choice);
        found.unwrap_or_else(|| {
            self.choices.push(choice);
            self.choices.len() - 1
        })
    }

    fn candidates(&mut self, resolver: &Resolver<'_>, routes: &[Route]) -> Vec<Candidate> {
        let mut out = Vec::new();
        for (interface, address, prefix, span) in resolver.addresses() {
            if Family::of(address.0) == K::FAMILY {
                let name = &resolver.device.interfaces[interface].name;
                let label = format!("connected {prefix} on {name}");
                let choice = Choice { kind: ChoiceKind::Direct(interface, true), span: Some(span), label };
                self.choices.push(choice);
                let choice = self.choices.len() - 1;
                out.push(Candidate { prefix, distance: 0, metric: 0, withdrawable: false, choice });
            }
        }
        for route in routes.iter().filter(|route| route.prefix.family() == K::FAMILY) {
            let Some(kind) = resolver.resolve(route.next_hop, RESOLVE_DEPTH) else { continue };
            self.choices.push(Choice { kind, span: Some(route.span), label: format!("route {}", route.prefix) });
            out.push(Candidate {
                prefix: route.prefix,
                distance: route.distance.max(1),
                metric: route.metric,
                withdrawable: route.withdrawable,
                choice: self.choices.len() - 1,
            });
        }
        out
    }

    /// Longest prefix first; within a prefix the best distance and metric share the load.
    fn load<'a>(&mut self, arena: &mut Arena<K>, candidates: impl Iterator<Item = &'a Candidate>) -> Function {
        let mut by_prefix: BTreeMap<(std::cmp::Reverse<u8>, Prefix), Vec<&Candidate>> = BTreeMap::new();
        for candidate in candidates {
            by_prefix.entry((std::cmp::Reverse(candidate.prefix.len()), candidate.prefix)).or_default().push(candidate);
        }
        let everything = Intervals::up_to(K::narrow(K::FAMILY.last()));
        let mut parts = Vec::new();
        for ((_, prefix), list) in by_prefix {
            let best = list.iter().map(|c| (c.distance, c.metric)).min();
            let chosen: Vec<&&Candidate> = list.iter().filter(|c| Some((c.distance, c.metric)) == best).collect();
            self.withdrawable.push(chosen.iter().any(|candidate| candidate.withdrawable));
            self.groups.push(chosen.iter().map(|candidate| candidate.choice).collect());
            parts.push((super::intervals::<K>(std::iter::once(prefix.range())), self.groups.len() - 1));
        }
        let first = u32::try_from(self.groups.len() - parts.len()).unwrap_or(0);
        let rules: Vec<Rule<'_, K>> = parts
            .iter()
            .zip(first..)
            .map(|((second, _), priority)| Rule { first: &everything, second, rest: Function::ALL, priority })
            .collect();
        arena.first_match(&rules)
    }

    fn policy_branch(
        &mut self,
        arena: &mut Arena<K>,
        resolver: &Resolver<'_>,
        objects: &Objects<K>,
        route: &PolicyRoute,
    ) -> PolicyBranch {
        let matches = &route.matches;
        let (source, destination) = (objects.address(matches.source), objects.address(matches.destination));
        let rest = objects.rest(arena, matches);
        let takes = super::artefact::product(arena, &(Rc::clone(&source.may), Rc::clone(&destination.may), rest.may));
        let kind = route.next_hop.and_then(|hop| resolver.resolve(hop, RESOLVE_DEPTH));
        let label = "policy route".to_owned();
        let choice = kind.map(|kind| self.choice(Choice { kind, span: Some(route.span), label }));
        PolicyBranch { ingress: matches.ingress.clone(), takes, choice, span: route.span }
    }
}

struct Resolver<'a> {
    device: &'a Device,
    context: ContextId,
}

#[derive(Clone, Copy)]
struct Own(IpAddr);

impl Own {
    fn into_range(self) -> crate::net::AddressRange {
        crate::net::AddressRange::single(self.0)
    }
}

impl Resolver<'_> {
    /// Addresses of the context's interfaces that are up, each with its connected prefix.
    fn addresses(&self) -> impl Iterator<Item = (InterfaceId, Own, Prefix, Span)> + '_ {
        let up = self.device.interfaces.iter().filter(|(_, i)| i.up && i.context == self.context);
        up.flat_map(|(id, interface)| {
            interface.addresses.iter().filter_map(move |a| {
                Prefix::new(a.address, a.len).map(|prefix| (id, Own(a.address), prefix, a.span))
            })
        })
    }

    fn is_up(&self, interface: InterfaceId) -> bool {
        self.device.interfaces[interface].up
    }

    /// Where a next hop leads; `None` when it cannot be used.
    fn resolve(&self, hop: NextHop, depth: usize) -> Option<ChoiceKind> {
        match hop {
            NextHop::Discard => Some(ChoiceKind::Discard),
            NextHop::Context(context) => Some(ChoiceKind::Context(context)),
            NextHop::Interface(interface) => self.is_up(interface).then_some(ChoiceKind::Direct(interface, false)),
            NextHop::Gateway { address, interface: Some(interface) } => {
                self.is_up(interface).then_some(ChoiceKind::Gateway(interface, address))
            }
            NextHop::Gateway { address, interface: None } => self.gateway(address, depth),
        }
    }

    fn gateway(&self, address: IpAddr, depth: usize) -> Option<ChoiceKind> {
        let connected = self.addresses().filter(|(_, _, prefix, _)| prefix.contains(address));
        if let Some((interface, ..)) = connected.max_by_key(|(_, _, prefix, _)| prefix.len()) {
            return Some(ChoiceKind::Gateway(interface, address));
        }
        let routes = self.device.contexts[self.context].routes.iter().filter(|route| route.prefix.contains(address));
        let route = routes.max_by_key(|route| (route.prefix.len(), std::cmp::Reverse((route.distance, route.metric))))?;
        match self.resolve(route.next_hop, depth.checked_sub(1)?)? {
            ChoiceKind::Direct(interface, _) => Some(ChoiceKind::Gateway(interface, address)),
            other => Some(other),
        }
    }
}
