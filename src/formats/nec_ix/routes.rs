//! Static routes, routing protocols, route maps with policy routing, pools and selecting maps.

use super::commands::Bin;
use super::lower::Sight;
use super::reader::Reader;
use crate::formats::lines::{ConfigLine, Word};
use crate::model::{Action, DynamicRouting, Interfaces, Match, NextHop, PolicyRoute, Route};
use crate::net::{AddressRange, Family, Prefix};
use crate::source::Span;
use crate::text;
use rustc_hash::FxHashMap;
use std::net::IpAddr;

/// One clause of a route map.
#[derive(Clone, Debug, Default)]
pub(super) struct Clause<'a> {
    permit: bool,
    /// `match ip address access-list L`.
    lists: Vec<Word<'a>>,
    /// Next hops in order; `None` for one that could not be read.
    hops: Vec<Option<Target<'a>>>,
    /// Whether another condition or action stands in it.
    unread: bool,
}

/// Where a route leads.
#[derive(Clone, Copy, Debug)]
enum Target<'a> {
    Address(IpAddr),
    Interface(&'a str),
}

impl<'a> Reader<'a, '_> {
    /// VRFs, address pools and the lists that select what IPsec carries: names that others refer to.
    pub(super) fn read_names(&mut self) {
        for block in self.config.take(Bin::Vrf) {
            let from = usize::from(block.head.word(0) == "ip");
            self.vrf(block.head.word(from + 1));
            self.ledger.used(block.span());
        }
        for block in self.config.take(Bin::NatPool) {
            let head = &block.head;
            let ends = (head.word(4).parse::<IpAddr>(), head.word(5).parse::<IpAddr>());
            let range = match (ends, head.words.len()) {
                ((Ok(first), Ok(last)), 6) => AddressRange::new(first, last),
                _ => None,
            };
            match range {
                Some(range) => {
                    self.pools.insert(head.word(3), range);
                    self.ledger.used(head.span);
                }
                None => {
                    let reason = text!(
                        "NAT プールの範囲を解釈できません。このプールへの変換後のアドレスは不明として読みます。",
                        "the range of this NAT pool is not understood; addresses translated to it are unknown"
                    );
                    self.ledger.unknown(head.span, reason, true);
                }
            }
        }
        for block in self.config.take(Bin::AutokeyMap) {
            if let (Some(name), Some(list)) = (block.head.words.get(2), block.head.words.get(3)) {
                self.selectors.insert(name.text, *list);
            }
            self.ledger.used(block.span());
        }
    }

    /// Static routes, default routes that are learnt with an address, and routing protocols.
    pub(super) fn read_routes(&mut self) {
        for block in self.config.take(Bin::Route) {
            let head = &block.head;
            if head.word(2) == "cache" {
                self.ledger.irrelevant(block.span());
            } else if self.route(head).is_some() {
                self.ledger.used(block.span());
            } else {
                let reason = text!(
                    "この経路は解釈できません。宛先がどこへ送られるか分からないため、どの通信も通り得ると読みます。",
                    "this route is not understood; where its packets go is not known, so anything may pass"
                );
                self.ledger.unknown(block.span(), reason, false);
                self.lost_route(head);
            }
        }
        self.learnt_defaults();
        for block in self.config.take(Bin::Router) {
            let from = usize::from(matches!(block.head.word(0), "ip" | "ipv6"));
            let protocol = block.head.word(from + 1).to_owned();
            let span = block.head.span;
            for (_, context) in self.build.device.contexts.iter_mut() {
                let protocol = protocol.clone();
                context.dynamic_routing.push(DynamicRouting { protocol, span });
            }
            self.protocols.push((block.head.word(from + 1), span));
            self.ledger.used(block.span());
        }
        self.clients();
        self.unknown_subnets();
    }

    /// Default routes that come with an address.
    fn learnt_defaults(&mut self) {
        for at in 0..self.interfaces.len() {
            let Some(iface) = self.interfaces.get(at) else { continue };
            let (id, learnt) = (iface.id, iface.default_route.clone());
            let context = self.build.device.interfaces[id].context;
            for (family, span) in learnt {
                let next_hop = NextHop::Interface(id);
                let prefix = Prefix::all(family);
                let route =
                    Route { prefix, next_hop, distance: 1, metric: 0, withdrawable: true, span };
                self.build.device.contexts[context].routes.push(route);
            }
        }
    }

    /// `ip route [vrf V] NET {GW|IF} …`.
    fn route(&mut self, head: &ConfigLine<'a>) -> Option<()> {
        let family = if head.word(0) == "ipv6" { Family::V6 } else { Family::V4 };
        let mut words = head.words.iter().skip(2).map(|word| word.text).peekable();
        let mut context = self.vrf("");
        if words.peek() == Some(&"vrf") {
            words.next();
            context = self.vrf(words.next()?);
        }
        let prefix = match words.next()? {
            "default" => Prefix::all(family),
            word => Prefix::parse(word).filter(|_| word.contains('/'))?,
        };
        if prefix.family() != family {
            return None;
        }
        let (mut address, mut interface, mut discard) = (None, None, false);
        while let Some(word) = words.peek() {
            match (word.parse::<IpAddr>(), self.find(word)) {
                (Ok(gateway), _) if Family::of(gateway) == family => address = Some(gateway),
                _ if word.starts_with("Null") => discard = true,
                (_, Some(iface)) => interface = Some(iface.id),
                _ => break,
            }
            words.next();
        }
        let next_hop = match (address, interface) {
            _ if discard => NextHop::Discard,
            (Some(address), interface) => NextHop::Gateway { address, interface },
            (None, Some(interface)) => NextHop::Interface(interface),
            (None, None) => return None,
        };
        let mut route = Route {
            prefix,
            next_hop,
            distance: 1,
            metric: 0,
            withdrawable: false,
            span: head.span,
        };
        while let Some(word) = words.next() {
            match word {
                "distance" => route.distance = words.next()?.parse().ok()?,
                "metric" => route.metric = words.next()?.parse().ok()?,
                "tag" | "name" | "description" => drop(words.next()),
                // Names a monitor, or something else that decides whether the route is in use.
                _ => route.withdrawable = true,
            }
        }
        self.build.device.contexts[context].routes.push(route);
        Some(())
    }

    /// Route maps, and the policy routes of the interfaces that name them.
    pub(super) fn policy_routes(&mut self) {
        let mut maps: FxHashMap<&'a str, Vec<Clause<'a>>> = FxHashMap::default();
        for block in self.config.take(Bin::RouteMap) {
            let mut clause = Clause { permit: block.head.word(2) != "deny", ..Clause::default() };
            for line in &block.body {
                clause_line(&mut clause, line);
            }
            maps.entry(block.head.word(1)).or_default().push(clause);
            self.ledger.used(block.span());
        }
        for at in 0..self.interfaces.len() {
            let Some(iface) = self.interfaces.get(at) else { continue };
            let (id, policies) = (iface.id, iface.policies.clone());
            for (family, name) in policies {
                let clauses = maps.get(name.text).cloned();
                if clauses.is_none() {
                    self.build.undefined("route-map", name.text, name.span);
                }
                let clauses = clauses.unwrap_or_else(|| {
                    vec![Clause { permit: true, unread: true, ..Clause::default() }]
                });
                for clause in clauses.iter().filter(|clause| clause.permit || clause.unread) {
                    self.policy(id, family, clause, name.span);
                }
                let reason = text!(
                    "ポリシールーティングは、経路表による転送と並ぶ「通り得る」経路として読みます。",
                    "policy routing is read as a way that may be taken beside the routing table"
                );
                self.ledger.unsupported(name.span, reason);
            }
        }
    }

    fn policy(
        &mut self,
        id: crate::model::InterfaceId,
        family: Family,
        clause: &Clause<'a>,
        span: Span,
    ) {
        let context = self.build.device.interfaces[id].context;
        let mut conditions: Vec<Match> = Vec::new();
        for list in &clause.lists {
            let defined = self.entries(family, list);
            match defined.filter(|defined| self.has_room(defined.entries.len())) {
                Some(defined) => {
                    let mut lines = Vec::new();
                    for entry in &defined.entries {
                        self.lower(family, list.text, entry, Sight::Exact, &mut lines);
                    }
                    let kept = lines.into_iter().filter(|line| line.action != Action::Deny);
                    conditions.extend(kept.map(|line| line.matches));
                }
                None => conditions.push(self.build.everything(Some(family), list.span)),
            }
        }
        if clause.lists.is_empty() || clause.unread {
            conditions = vec![self.build.everything(Some(family), span)];
        }
        let mut hops: Vec<Option<NextHop>> = clause.hops.iter().map(|hop| self.hop(*hop)).collect();
        if hops.is_empty() || clause.unread {
            hops.push(None);
        }
        for mut matches in conditions {
            matches.ingress = Interfaces::Of(vec![id]);
            for next_hop in &hops {
                let route = PolicyRoute { matches: matches.clone(), next_hop: *next_hop, span };
                self.build.device.contexts[context].policy_routes.push(route);
            }
        }
    }

    fn hop(&self, target: Option<Target<'a>>) -> Option<NextHop> {
        match target? {
            Target::Address(address) => Some(NextHop::Gateway { address, interface: None }),
            Target::Interface(name) if name.starts_with("Null") => Some(NextHop::Discard),
            Target::Interface(name) => self.find(name).map(|iface| NextHop::Interface(iface.id)),
        }
    }
}

fn clause_line<'a>(clause: &mut Clause<'a>, line: &ConfigLine<'a>) {
    let words: Vec<&str> = line.words.iter().map(|word| word.text).collect();
    match words.as_slice() {
        ["match", "ip" | "ipv6", "address", "access-list", names @ ..]
        | ["match", "ip" | "ipv6", "address", names @ ..]
            if !names.is_empty() && !names.contains(&"prefix-list") =>
        {
            clause.lists.extend(line.words.iter().skip(words.len() - names.len()).copied());
        }
        ["set", "interface", names @ ..] if !names.is_empty() => {
            clause.hops.extend(names.iter().map(|name| Some(Target::Interface(name))));
        }
        ["set", "ip" | "ipv6", "next-hop" | "nexthop", hops @ ..] if !hops.is_empty() => {
            let read = hops.iter().map(|hop| hop.parse().ok().map(Target::Address));
            clause.hops.extend(read);
        }
        // What a packet is marked with, and attributes of routes that protocols exchange.
        ["set", "ip", "tos" | "precedence" | "dscp", ..]
        | [
            "set",
            "metric" | "community" | "local-preference" | "as-path" | "tag" | "weight" | "origin",
            ..,
        ]
        | ["description", ..] => {}
        _ => clause.unread = true,
    }
}
