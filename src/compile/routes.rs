//! The routing table of a context as one function over the destination.

use std::cell::RefCell;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use super::header::Header;
use super::objects::Objects;
use crate::model::{
    Activity, ContextId, Device, InterfaceId, InterfaceKind, Interfaces, Moment, NextHop,
    PolicyRoute, RESOLVE_DEPTH, Route,
};
use crate::net::{Family, Prefix};
use crate::packetset::{Arena, Function, Intervals, Labels, Rule};
use crate::source::Span;

/// The routing of one context for one family.
#[derive(Debug)]
pub struct RouteTable<K> {
    /// The device's own addresses in the context.
    pub own: Intervals<K>,
    /// From destination to the position in `groups`.
    pub best: Labels<K>,
    /// Positions in `choices` that share the load.
    pub groups: Vec<Group<K>>,
    /// Every way out.
    pub choices: Vec<Choice>,
    /// Policy routes, in order.
    pub policy: Vec<PolicyBranch>,
    /// Where a routing protocol is switched on whose routes are not known.
    pub dynamic: Option<(String, Span)>,
}

/// Routes of one prefix and rank.
#[derive(Clone, Debug)]
pub struct Group<K> {
    /// Positions in [`RouteTable::choices`], each with whether it is there without a withdrawal.
    pub choices: Vec<(usize, bool)>,
    /// Whether one of them is a connected prefix.
    pub connected: bool,
    /// When all of them may be withdrawn: the table of what ranks behind.
    pub behind: Option<Labels<K>>,
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
    /// The ways out, none when the next hop cannot be used; `None`: any.
    pub choices: Option<Vec<usize>>,
    /// Where it stands.
    pub span: Span,
}

/// Longest prefix, then lowest distance, then lowest metric.
type Rank = (Reverse<u8>, Prefix, u8, u32);

struct Candidate {
    rank: Rank,
    withdrawable: bool,
    connected: bool,
    choices: Vec<(usize, bool)>,
}

impl<K: Header> RouteTable<K> {
    pub(super) fn new(
        arena: &mut Arena<K>,
        device: &Device,
        id: ContextId,
        objects: &Objects<K>,
        at: Option<Moment>,
    ) -> Self {
        let context = &device.contexts[id];
        let resolver = Resolver { device, context: id, known: RefCell::default() };
        let mut table = RouteTable {
            own: super::intervals(
                resolver.addresses().map(|(_, address, _, _)| address.into_range()),
            ),
            best: Labels::default(),
            groups: Vec::new(),
            choices: Vec::new(),
            policy: Vec::new(),
            dynamic: context
                .dynamic_routing
                .first()
                .filter(|_| !context.rib_complete)
                .map(|d| (d.protocol.clone(), d.span)),
        };
        let candidates = table.candidates(&resolver, &context.routes);
        table.load(arena, candidates);
        for route in &context.policy_routes {
            table.policy_branch(arena, &resolver, objects, route, at);
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
                let kind = resolver.by(interface, ChoiceKind::Direct(interface, true));
                self.choices.push(Choice { kind, span: Some(span), label });
                out.push(Candidate {
                    rank: (Reverse(prefix.len()), prefix, 0, 0),
                    withdrawable: false,
                    connected: true,
                    choices: vec![(self.choices.len() - 1, true)],
                });
            }
        }
        for route in routes.iter().filter(|route| route.prefix.family() == K::FAMILY) {
            let prefix = route.prefix;
            let (kinds, may_fail) = resolver.resolve(route.next_hop, RESOLVE_DEPTH);
            let mut choices = Vec::new();
            for (kind, certain) in kinds {
                let label = format!("route {prefix}");
                self.choices.push(Choice { kind, span: Some(route.span), label });
                choices.push((self.choices.len() - 1, certain));
            }
            if !choices.is_empty() {
                out.push(Candidate {
                    rank: (Reverse(prefix.len()), prefix, route.distance, route.metric),
                    withdrawable: route.withdrawable || may_fail,
                    connected: false,
                    choices,
                });
            }
        }
        out
    }

    /// Longest prefix first; within a prefix the best distance and metric share the load.
    fn load(&mut self, arena: &mut Arena<K>, mut candidates: Vec<Candidate>) {
        candidates.sort_by_key(|candidate| candidate.rank);
        let mut parts: Vec<Intervals<K>> = Vec::new();
        let mut loose = Vec::new();
        let mut settled: Option<Prefix> = None;
        for group in candidates.chunk_by(|a, b| a.rank == b.rank) {
            let Some(first) = group.first() else { continue };
            let prefix = first.rank.1;
            if settled == Some(prefix) {
                continue;
            }
            parts.push(super::intervals::<K>(std::iter::once(prefix.range())));
            if group.iter().all(|candidate| candidate.withdrawable) {
                loose.push(self.groups.len());
            } else {
                settled = Some(prefix);
            }
            self.groups.push(Group {
                choices: group.iter().flat_map(|c| c.choices.iter().copied()).collect(),
                connected: group.iter().any(|candidate| candidate.connected),
                behind: None,
            });
        }
        self.best = first_match(arena, &parts, 0);
        for index in loose {
            let behind = first_match(arena, &parts, index + 1);
            if let Some(group) = self.groups.get_mut(index) {
                group.behind = Some(behind);
            }
        }
    }

    fn policy_branch(
        &mut self,
        arena: &mut Arena<K>,
        resolver: &Resolver<'_>,
        objects: &Objects<K>,
        route: &PolicyRoute,
        at: Option<Moment>,
    ) {
        let matches = &route.matches;
        let schedule = matches.schedule.map(|id| resolver.device.schedules[id].activity(at));
        if schedule == Some(Activity::Inactive) {
            return;
        }
        let (source, destination) =
            (objects.address(matches.source), objects.address(matches.destination));
        let rest = objects.rest(arena, matches);
        let takes = super::artefact::product(
            arena,
            &(Arc::clone(&source.may), Arc::clone(&destination.may), rest.may),
        );
        let mut choices = None;
        if let Some(hop) = route.next_hop {
            let (kinds, _) = resolver.resolve(hop, RESOLVE_DEPTH);
            let choice =
                |kind| Choice { kind, span: Some(route.span), label: "policy route".to_owned() };
            choices = Some(kinds.into_iter().map(|(kind, _)| self.choice(choice(kind))).collect());
        }
        let ingress = matches.ingress.clone();
        self.policy.push(PolicyBranch { ingress, takes, choices, span: route.span });
    }
}

/// From destination to the first of `parts` that holds it, from position `from` on.
fn first_match<K: Header>(arena: &mut Arena<K>, parts: &[Intervals<K>], from: usize) -> Labels<K> {
    let everything = Intervals::up_to(K::narrow(K::FAMILY.last()));
    let rules: Vec<Rule<'_, K>> = parts
        .iter()
        .zip(0..)
        .skip(from)
        .map(|(second, priority)| Rule {
            first: &everything,
            second,
            rest: Function::ALL,
            priority,
        })
        .collect();
    let found = arena.first_match(&rules);
    Labels::of(arena, found)
}

/// Ways out, each with whether it is there without a withdrawal; and whether there may be none.
type Ways = (Vec<(ChoiceKind, bool)>, bool);

/// Longest prefix first, then lowest distance, then lowest metric.
type Order = (Reverse<u8>, u8, u32);

struct Resolver<'a> {
    device: &'a Device,
    context: ContextId,
    known: RefCell<BTreeMap<(IpAddr, usize), Ways>>,
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

    /// What goes to a loopback interface is dropped.
    fn by(&self, interface: InterfaceId, kind: ChoiceKind) -> ChoiceKind {
        match self.device.interfaces[interface].kind {
            InterfaceKind::Loopback => ChoiceKind::Discard,
            _ => kind,
        }
    }

    /// Where a next hop leads, each way with whether it is there without a withdrawal, none when it cannot be used; and
    /// whether it may become unusable.
    fn resolve(&self, hop: NextHop, depth: usize) -> Ways {
        let out = |interface, kind| {
            let usable = self.is_up(interface).then(|| (self.by(interface, kind), true));
            (usable.into_iter().collect(), false)
        };
        match hop {
            NextHop::Discard => (vec![(ChoiceKind::Discard, true)], false),
            NextHop::Context(context) => (vec![(ChoiceKind::Context(context), true)], false),
            NextHop::Interface(interface) => out(interface, ChoiceKind::Direct(interface, false)),
            NextHop::Gateway { address, interface: Some(interface) } => {
                out(interface, ChoiceKind::Gateway(interface, address))
            }
            NextHop::Gateway { address, interface: None } => self.gateway(address, depth),
        }
    }

    fn gateway(&self, address: IpAddr, depth: usize) -> Ways {
        let holds = |(interface, _, prefix, _): &(InterfaceId, Own, Prefix, Span)| {
            let kind = self.device.interfaces[*interface].kind;
            kind != InterfaceKind::Loopback && prefix.contains(address)
        };
        let connected: Vec<(InterfaceId, Prefix)> =
            self.addresses().filter(holds).map(|(i, _, prefix, _)| (i, prefix)).collect();
        if let Some(longest) = connected.iter().map(|(_, prefix)| prefix.len()).max() {
            let best = connected.iter().filter(|(_, prefix)| prefix.len() == longest);
            let ways = best.map(|(i, _)| (ChoiceKind::Gateway(*i, address), true));
            return (ways.collect(), false);
        }
        match depth.checked_sub(1) {
            Some(depth) => self.through(address, depth),
            None => (Vec::new(), false),
        }
    }

    /// The way to a gateway that lies behind another route.
    fn through(&self, gateway: IpAddr, depth: usize) -> Ways {
        if let Some(known) = self.known.borrow().get(&(gateway, depth)) {
            return known.clone();
        }
        let routes = self.device.contexts[self.context].routes.iter();
        let mut found: Vec<(Order, Option<&Route>)> = routes
            .filter(|route| route.prefix.contains(gateway))
            .map(|route| ((Reverse(route.prefix.len()), route.distance, route.metric), Some(route)))
            .collect();
        let loopbacks = self.addresses().filter(|(_, _, prefix, _)| prefix.contains(gateway));
        found.extend(loopbacks.map(|(_, _, prefix, _)| ((Reverse(prefix.len()), 0, 0), None)));
        found.sort_by_key(|(rank, _)| *rank);
        let (mut out, mut certain, mut may_fail) = (Vec::new(), true, true);
        for group in found.chunk_by(|a, b| a.0 == b.0) {
            let mut firm = false;
            let before = out.len();
            for (_, route) in group {
                let (ways, loose) = match route {
                    None => (vec![(ChoiceKind::Discard, true)], false),
                    Some(route) => {
                        let (ways, may_fail) = self.resolve(route.next_hop, depth);
                        (ways, route.withdrawable || may_fail)
                    }
                };
                firm |= !loose && !ways.is_empty();
                out.extend(ways.into_iter().map(|(kind, sure)| match kind {
                    ChoiceKind::Direct(interface, _) => {
                        (ChoiceKind::Gateway(interface, gateway), certain && sure)
                    }
                    other => (other, certain && sure),
                }));
            }
            if firm {
                may_fail = false;
                break;
            }
            certain &= out.len() == before;
        }
        self.known.borrow_mut().insert((gateway, depth), (out.clone(), may_fail));
        (out, may_fail)
    }
}
