//! The routing table of one context: longest prefix, then distance, then metric; see rule 3 in [`crate::snapshot`].

use super::packet::{Cut, Packet, destination_in};
use crate::finding::{HopAction, HopLine};
use crate::model::{Context, ContextId, Device, InterfaceId, InterfaceKind, NextHop, Route};
use crate::net::{Family, Prefix};
use crate::snapshot::RESOLVE_DEPTH;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// Whom a packet is handed to on the segment of the egress.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// The destination, which is in a connected prefix.
    Connected,
    /// The destination, or whoever answers for it.
    OnLink,
    /// A gateway.
    Gateway(IpAddr),
    /// Any neighbour: the configuration does not say which.
    Anyone,
}

/// Where a route leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    Out { interface: InterfaceId, target: Target },
    Context(ContextId),
    Discard,
}

/// One possible choice of the table, with the routes that lead there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Choice {
    pub(super) way: Way,
    /// False when it is taken only after a better route is withdrawn.
    pub(super) certain: bool,
    pub(super) lines: Vec<HopLine>,
}

/// What the table says about one destination.
#[derive(Clone, Debug, Default)]
pub(super) struct Lookup {
    pub(super) choices: Vec<Choice>,
    /// Whether there is no route, or may be none when watched routes are withdrawn.
    pub(super) may_fail: bool,
    /// Whether the best route is a connected one.
    pub(super) connected: bool,
}

/// A route to the destination, connected or listed, with its rank: shorter sorts later.
struct Candidate {
    rank: (Reverse<u8>, u8, u32),
    withdrawable: bool,
    connected: bool,
    choices: Vec<Choice>,
}

/// Looks destinations up in one context.
pub(super) struct Table<'a> {
    device: &'a Device,
    id: ContextId,
    context: &'a Context,
    gateways: BTreeMap<(IpAddr, usize), (Vec<Choice>, bool)>,
}

impl<'a> Table<'a> {
    pub(super) fn new(device: &'a Device, id: ContextId) -> Table<'a> {
        Table { device, id, context: &device.contexts[id], gateways: BTreeMap::new() }
    }

    /// Interfaces of the context that are up.
    pub(super) fn interfaces(&self) -> impl Iterator<Item = InterfaceId> + use<'a> {
        let id = self.id;
        let all = self.device.interfaces.iter();
        all.filter(move |(_, i)| i.context == id && i.up).map(|(id, _)| id)
    }

    /// Interfaces of the context that a packet can leave by.
    pub(super) fn exits(&self) -> impl Iterator<Item = InterfaceId> + use<'a> {
        let device = self.device;
        self.interfaces().filter(move |i| device.interfaces[*i].kind != InterfaceKind::Loopback)
    }

    fn connected(&self, family: Family) -> Vec<(InterfaceId, Prefix)> {
        let mut connected = Vec::new();
        for interface in self.interfaces() {
            for own in &self.device.interfaces[interface].addresses {
                if Family::of(own.address) == family {
                    let prefix = Prefix::new(own.address, own.len);
                    connected.extend(prefix.map(|prefix| (interface, prefix)));
                }
            }
        }
        connected
    }

    /// What the table says about the destination of `packet`; a cut when it says different things about its members.
    pub(super) fn lookup(&mut self, packet: &Packet) -> Result<Lookup, Cut> {
        let family = packet.destination.family();
        let connected = self.connected(family);
        let routes = self.context.routes.iter().filter(|route| route.prefix.family() == family);
        for prefix in connected.iter().map(|(_, prefix)| *prefix).chain(routes.map(|r| r.prefix)) {
            destination_in(packet, prefix.range())?;
        }
        Ok(self.best(packet.destination.first(), RESOLVE_DEPTH))
    }

    /// Where a next hop that a policy route names leads.
    pub(super) fn resolve(&mut self, next_hop: NextHop) -> Vec<Choice> {
        self.ways(next_hop, RESOLVE_DEPTH).0
    }

    fn best(&mut self, destination: IpAddr, depth: usize) -> Lookup {
        let mut candidates = self.connected_candidates(destination);
        let context = self.context;
        for route in context.routes.iter().filter(|route| route.prefix.contains(destination)) {
            let (mut choices, may_fail) = self.ways(route.next_hop, depth);
            let line = self.route_line(route);
            choices.iter_mut().for_each(|choice| choice.lines.insert(0, line.clone()));
            candidates.push(Candidate {
                rank: (Reverse(route.prefix.len()), route.distance, route.metric),
                withdrawable: route.withdrawable || may_fail,
                connected: false,
                choices,
            });
        }
        candidates.retain(|candidate| !candidate.choices.is_empty());
        candidates.sort_by_key(|candidate| candidate.rank);
        choose(&candidates)
    }

    fn connected_candidates(&self, destination: IpAddr) -> Vec<Candidate> {
        let mut candidates = Vec::new();
        for (interface, prefix) in self.connected(Family::of(destination)) {
            if !prefix.contains(destination) {
                continue;
            }
            let port = &self.device.interfaces[interface];
            let way = match port.kind {
                InterfaceKind::Loopback => Way::Discard,
                _ => Way::Out { interface, target: Target::Connected },
            };
            let label = format!("connected {prefix} on {}", port.name);
            let line = HopLine { span: Some(port.span), label, action: HopAction::Route };
            candidates.push(Candidate {
                rank: (Reverse(prefix.len()), 0, 0),
                withdrawable: false,
                connected: true,
                choices: vec![Choice { way, certain: true, lines: vec![line] }],
            });
        }
        candidates
    }

    /// Where a next hop leads, none when it is not usable; and whether it may become unusable.
    fn ways(&mut self, next_hop: NextHop, depth: usize) -> (Vec<Choice>, bool) {
        let one = |way| (vec![Choice { way, certain: true, lines: Vec::new() }], false);
        match next_hop {
            NextHop::Discard => one(Way::Discard),
            NextHop::Context(context) => one(Way::Context(context)),
            NextHop::Interface(interface) => self.by(interface, Target::OnLink),
            NextHop::Gateway { address, interface: Some(interface) } => {
                self.by(interface, Target::Gateway(address))
            }
            NextHop::Gateway { address, interface: None } => {
                let direct = self.holding(address);
                if !direct.is_empty() {
                    return (direct, false);
                }
                self.through(address, depth)
            }
        }
    }

    fn by(&self, interface: InterfaceId, target: Target) -> (Vec<Choice>, bool) {
        let port = &self.device.interfaces[interface];
        let way = match port.kind {
            InterfaceKind::Loopback => Way::Discard,
            _ => Way::Out { interface, target },
        };
        let choice = Choice { way, certain: true, lines: Vec::new() };
        (if port.up { vec![choice] } else { Vec::new() }, false)
    }

    /// The connected interfaces whose prefix, the longest that there is, holds the gateway.
    fn holding(&self, gateway: IpAddr) -> Vec<Choice> {
        let mut connected = self.connected(Family::of(gateway));
        connected.retain(|(interface, prefix)| {
            let kind = self.device.interfaces[*interface].kind;
            kind != InterfaceKind::Loopback && prefix.contains(gateway)
        });
        let longest = connected.iter().map(|(_, prefix)| prefix.len()).max();
        let mut choices = Vec::new();
        for (interface, prefix) in connected {
            if Some(prefix.len()) == longest {
                let way = Way::Out { interface, target: Target::Gateway(gateway) };
                choices.push(Choice { way, certain: true, lines: Vec::new() });
            }
        }
        choices
    }

    /// The way to a gateway that lies behind another route.
    fn through(&mut self, gateway: IpAddr, depth: usize) -> (Vec<Choice>, bool) {
        let Some(depth) = depth.checked_sub(1) else { return (Vec::new(), false) };
        if let Some(known) = self.gateways.get(&(gateway, depth)) {
            return known.clone();
        }
        let mut lookup = self.best(gateway, depth);
        for choice in &mut lookup.choices {
            if let Way::Out { target: target @ (Target::OnLink | Target::Connected), .. } =
                &mut choice.way
            {
                *target = Target::Gateway(gateway);
            }
        }
        let result = (lookup.choices, lookup.may_fail);
        self.gateways.insert((gateway, depth), result.clone());
        result
    }

    fn route_line(&self, route: &Route) -> HopLine {
        let prefix = route.prefix;
        let name = |interface: InterfaceId| self.device.interfaces[interface].name.as_str();
        let label = match route.next_hop {
            NextHop::Gateway { address, interface: Some(interface) } => {
                format!("route {prefix} via {address} on {}", name(interface))
            }
            NextHop::Gateway { address, interface: None } => {
                format!("route {prefix} via {address}")
            }
            NextHop::Interface(interface) => format!("route {prefix} on {}", name(interface)),
            NextHop::Context(context) => {
                format!("route {prefix} into {}", self.device.contexts[context].name)
            }
            NextHop::Discard => format!("null route {prefix}"),
        };
        HopLine { span: Some(route.span), label, action: HopAction::Route }
    }
}

/// The best group of equal candidates; when all of it may be withdrawn, the next group in doubt, and so on.
fn choose(candidates: &[Candidate]) -> Lookup {
    let mut lookup = Lookup { may_fail: true, ..Lookup::default() };
    let mut certain = true;
    for group in candidates.chunk_by(|a, b| a.rank == b.rank) {
        for candidate in group {
            lookup.connected |= certain && candidate.connected;
            for choice in &candidate.choices {
                let choice = Choice { certain: certain && choice.certain, ..choice.clone() };
                match lookup.choices.iter_mut().find(|known| known.way == choice.way) {
                    Some(known) => known.certain |= choice.certain,
                    None => lookup.choices.push(choice),
                }
            }
        }
        if group.iter().any(|candidate| !candidate.withdrawable) {
            lookup.may_fail = false;
            break;
        }
        certain = false;
    }
    lookup
}
