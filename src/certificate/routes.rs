//! The ways out of a context for a block: rule 3 of [`crate::snapshot`], in the widest reading.

use super::Packet;
use super::block::{Block, DST, bound_for, common, without};
use super::lists::{Met, Site};
use crate::model::{ContextId, InterfaceId, InterfaceKind, NextHop, RESOLVE_DEPTH};
use crate::net::{Family, Prefix, number};
use std::cmp::Reverse;
use std::net::IpAddr;

/// To whom a packet is handed on the segment of the egress.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hop {
    /// To the destination, in a connected prefix.
    Connected,
    /// To the destination, or whoever answers for it.
    OnLink,
    /// To a gateway.
    Gateway(IpAddr),
    /// To any neighbour.
    Anyone,
}

/// Where packets leave a context.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    Out(InterfaceId, Hop),
    Context(ContextId),
    Discard,
}

/// Ways of a next hop, each with whether it is there without a withdrawal; and whether one always is.
type Ways = (Vec<(Way, bool)>, bool);

/// A block that takes a way; whether it surely may.
type Part = (Block, Way, bool);

/// A prefix of the table with what ranks it: longest prefix, distance, metric.
type Candidate = ((Reverse<u8>, Prefix, u8, u32), Option<InterfaceId>, Option<(NextHop, bool)>);

/// What a table says of a block.
struct Found {
    parts: Vec<Part>,
    /// What has no connected route as its best.
    flood: Vec<Block>,
    /// What may have no route.
    open: Vec<Block>,
}

/// The table of one context.
pub(super) struct Table<'s, 'a> {
    pub(super) site: &'s Site<'a>,
    pub(super) context: ContextId,
}

impl Table<'_, '_> {
    /// Interfaces of the context that are up.
    pub(super) fn interfaces(&self) -> impl Iterator<Item = InterfaceId> + '_ {
        let all = self.site.device.interfaces.iter();
        all.filter(|(_, i)| i.up && i.context == self.context).map(|(id, _)| id)
    }

    fn is_loopback(&self, interface: InterfaceId) -> bool {
        self.site.device.interfaces[interface].kind == InterfaceKind::Loopback
    }

    fn exits(&self) -> Vec<(Way, bool)> {
        let exits = self.interfaces().filter(|id| !self.is_loopback(*id));
        exits.map(|id| (Way::Out(id, Hop::Anyone), false)).collect()
    }

    /// The connected prefixes of a family.
    fn connected(&self, family: Family) -> Vec<(InterfaceId, Prefix)> {
        let own = |id| self.site.device.interfaces[id].addresses.iter().map(move |own| (id, own));
        let all = self.interfaces().flat_map(own);
        let prefixes = all.filter_map(|(id, own)| Some((id, Prefix::new(own.address, own.len)?)));
        prefixes.filter(|(_, prefix)| prefix.family() == family).collect()
    }

    /// Every way that packets of a block may take; and whether some of them may find none.
    pub(super) fn ways(&self, packet: &Packet) -> (Vec<Part>, bool) {
        let context = &self.site.device.contexts[self.context];
        let block = packet.block;
        let Found { mut parts, mut flood, open } =
            self.lookup(self.site.family, block, RESOLVE_DEPTH);
        let mut lost = !open.is_empty();
        let (mut others, mut policy) = (Vec::new(), false);
        let probes = self.site.probes(packet);
        for route in &context.policy_routes {
            if self.site.fit(&route.matches, packet, &probes, &mut Met::default()).is_some() {
                let (ways, _) = match route.next_hop {
                    Some(hop) => self.resolve(hop, RESOLVE_DEPTH),
                    None => (self.exits(), false),
                };
                others.extend(ways.into_iter().map(|(way, _)| (block, way, false)));
                lost |= route.next_hop.is_none();
                policy = true;
            }
        }
        if context.rib_complete || context.dynamic_routing.is_empty() {
            flood.clear();
        }
        for part in &flood {
            others.extend(self.exits().into_iter().map(|(way, _)| (*part, way, false)));
        }
        for (block, _, sure) in &mut parts {
            *sure = *sure && !policy && common(&[*block], &flood).is_empty();
        }
        (parts.into_iter().chain(others).collect(), lost || !flood.is_empty())
    }

    fn lookup(&self, family: Family, block: Block, depth: usize) -> Found {
        let mut table: Vec<Candidate> = Vec::new();
        for (interface, prefix) in self.connected(family) {
            table.push(((Reverse(prefix.len()), prefix, 0, 0), Some(interface), None));
        }
        let routes = &self.site.device.contexts[self.context].routes;
        for route in routes.iter().filter(|route| route.prefix.family() == family) {
            let rank = (Reverse(route.prefix.len()), route.prefix, route.distance, route.metric);
            table.push((rank, None, Some((route.next_hop, route.withdrawable))));
        }
        table.retain(|((_, prefix, ..), ..)| met(block, *prefix).is_some());
        table.sort_by_key(|(rank, ..)| *rank);
        let (mut parts, mut open, mut flood) = (Vec::new(), vec![block], vec![block]);
        let mut doubted: Vec<Block> = Vec::new();
        for group in table.chunk_by(|a, b| a.0 == b.0) {
            let Some(taken) = group.first().and_then(|first| met(block, first.0.1)) else {
                continue;
            };
            let here = common(&open, &[taken]);
            let sure = common(&here, &doubted).is_empty();
            let (mut firm, mut some) = (false, false);
            for (_, connected, route) in group.iter().filter(|_| !here.is_empty()) {
                let (ways, always) = self.candidate(*connected, *route, depth);
                firm |= always && !ways.is_empty();
                some |= !ways.is_empty();
                if connected.is_some() {
                    let proper = doubted.iter().fold(here.clone(), |h, d| without(&h, *d));
                    flood = proper.iter().fold(flood, |flood, part| without(&flood, *part));
                }
                for (way, certain) in ways {
                    parts.extend(here.iter().map(|part| (*part, way, sure && certain)));
                }
            }
            if firm {
                open = without(&open, taken);
            } else if some {
                doubted.extend(here);
            }
        }
        Found { parts, flood, open }
    }

    fn candidate(
        &self,
        at: Option<InterfaceId>,
        route: Option<(NextHop, bool)>,
        depth: usize,
    ) -> Ways {
        match (at, route) {
            (Some(at), _) => (vec![(self.by(at, Hop::Connected), true)], true),
            (_, Some((hop, withdrawable))) => {
                let (ways, firm) = self.resolve(hop, depth);
                (ways, firm && !withdrawable)
            }
            _ => (Vec::new(), false),
        }
    }

    fn by(&self, interface: InterfaceId, hop: Hop) -> Way {
        if self.is_loopback(interface) { Way::Discard } else { Way::Out(interface, hop) }
    }

    fn resolve(&self, hop: NextHop, depth: usize) -> Ways {
        let out = |id: InterfaceId, hop| {
            let up = self.site.device.interfaces[id].up;
            (up.then(|| (self.by(id, hop), true)).into_iter().collect(), true)
        };
        match hop {
            NextHop::Discard => (vec![(Way::Discard, true)], true),
            NextHop::Context(context) => (vec![(Way::Context(context), true)], true),
            NextHop::Interface(id) => out(id, Hop::OnLink),
            NextHop::Gateway { address, interface: Some(id) } => out(id, Hop::Gateway(address)),
            NextHop::Gateway { address, interface: None } => self.gateway(address, depth),
        }
    }

    fn gateway(&self, address: IpAddr, depth: usize) -> Ways {
        let family = Family::of(address);
        let mut direct = self.connected(family);
        direct.retain(|(id, prefix)| !self.is_loopback(*id) && prefix.contains(address));
        if let Some(longest) = direct.iter().map(|(_, prefix)| prefix.len()).max() {
            direct.retain(|(_, prefix)| prefix.len() == longest);
            let way = |(id, _)| (Way::Out(id, Hop::Gateway(address)), true);
            return (direct.into_iter().map(way).collect(), true);
        }
        let Some(depth) = depth.checked_sub(1) else { return (Vec::new(), false) };
        let at = (number(address), number(address));
        let found = self.lookup(family, Block::all(family).with(DST, at), depth);
        let turn = |(_, way, sure)| match way {
            Way::Out(id, _) => (Way::Out(id, Hop::Gateway(address)), sure),
            way => (way, sure),
        };
        (found.parts.into_iter().map(turn).collect(), found.open.is_empty())
    }
}

/// The part of a block that goes to a prefix.
fn met(block: Block, prefix: Prefix) -> Option<Block> {
    block.meet(bound_for(prefix.family(), prefix.range())?)
}
