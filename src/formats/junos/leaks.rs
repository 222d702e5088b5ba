//! Ways beside the static routes: from one instance into another, routes that monitors inject, and gateways that stand on no
//! subnet of the configuration.

use super::reader::{Reader, prefix};
use super::tree::{NodeId, Tree};
use crate::formats::builder::unknown;
use crate::model::{ContextId, InterfaceId, InterfaceKind, NextHop, PolicyRoute, Route};
use crate::net::Prefix;
use crate::source::Span;
use crate::text;
use crate::text::Text;
use std::net::IpAddr;

impl Reader<'_, '_> {
    /// `import-rib [ inet.0 VR.inet.0 ]`: the tables behind the first get routes of the first.
    pub(super) fn rib_groups(&mut self, node: NodeId) {
        for group in self.tree.kids(node) {
            let span = self.span(group);
            let mut tables = Vec::new();
            for kid in self.tree.below(group) {
                if self.word(kid) == "import-rib" {
                    let names = self.tree.kids(kid);
                    tables.extend(names.iter().filter_map(|name| self.table(self.word(*name))));
                }
            }
            self.approximated(group, leak_reason());
            for to in &tables {
                for from in &tables {
                    self.leak(*to, *from, span);
                }
            }
        }
    }

    /// Packets of one context may be routed as another's.
    fn leak(&mut self, to: ContextId, from: ContextId, span: Span) {
        let known = |route: &PolicyRoute| route.next_hop == Some(NextHop::Context(from));
        let before = &self.b.device.contexts[to].policy_routes;
        if to == from || before.iter().any(known) {
            return;
        }
        let mut matches = self.b.everything(None, span);
        matches.unknown.push(unknown(leak_reason(), span));
        let route = PolicyRoute { matches, next_hop: Some(NextHop::Context(from)), span };
        self.b.device.contexts[to].policy_routes.push(route);
    }

    pub(super) fn leak_all(&mut self, to: ContextId, span: Span) {
        for from in self.b.device.contexts.ids() {
            self.leak(to, from, span);
        }
    }

    /// Something hands packets of any context to the instance of this name; to any when it is not known.
    pub(super) fn jump_to_instance(&mut self, name: Option<&str>, span: Span) {
        let target = name.and_then(|name| self.instances.get(name)).copied();
        for to in self.b.device.contexts.ids() {
            match target {
                Some(target) => self.leak(to, target, span),
                None => self.leak_all(to, span),
            }
        }
    }

    /// Application-based routing, and routes that monitors inject.
    pub(super) fn other_routes(&mut self) {
        for path in [
            ["security", "advance-policy-based-routing"].as_slice(),
            &["services", "ip-monitoring"],
            &["services", "rpm"],
        ] {
            let Some(node) = self.tree.path(Tree::ROOT, path) else { continue };
            let span = self.span(node);
            for name in self.all_named(node, "routing-instance") {
                let value = self.tree.value(name).map(|value| self.word(value));
                self.jump_to_instance(value, span);
            }
            for route in self.all_named(node, "preferred-route") {
                self.preferred(route);
            }
            self.tree.ignore(node);
        }
    }

    /// `preferred-route { route P { next-hop A; } }`, also per instance: in force while a probe fails.
    fn preferred(&mut self, node: NodeId) {
        for list in self.all_named(node, "route") {
            for route in self.tree.kids(list) {
                let span = self.span(route);
                let Some(prefix) = prefix(self.word(route)) else { continue };
                let mut matches = self.b.everything(None, span);
                matches.destination = self.b.range(prefix.range(), span);
                let hop = self.tree.value_of(route, "next-hop");
                let next_hop = hop.and_then(|word| match word.parse::<IpAddr>() {
                    Ok(address) => Some(NextHop::Gateway { address, interface: None }),
                    Err(_) => self.interface_of(word).map(NextHop::Interface),
                });
                for id in self.b.device.contexts.ids() {
                    let route = PolicyRoute { matches: matches.clone(), next_hop, span };
                    self.b.device.contexts[id].policy_routes.push(route);
                }
            }
        }
    }

    /// A gateway on a subnet of another instance is reached by that interface: filter-based forwarding instances import
    /// interface routes in this way. One on no subnet at all may be the far end of a line that learns it (PPP).
    pub(super) fn place_gateways(&mut self) {
        let own = self.subnets();
        let mut astray = Vec::new();
        for (context_id, context) in self.b.device.contexts.iter_mut() {
            for route in &mut context.routes {
                let NextHop::Gateway { address, interface: interface @ None } = &mut route.next_hop
                else {
                    continue;
                };
                let holds = |subnet: &Prefix| subnet.contains(*address);
                let here = own.iter().any(|(of, subnet, _)| *of == context_id && holds(subnet));
                let mut there = own.iter().filter(|(_, subnet, _)| holds(subnet));
                if !here {
                    *interface = there.next().map(|(_, _, id)| *id);
                    if interface.is_none() {
                        astray.push((context_id, route.clone()));
                    }
                }
            }
        }
        for (context, route) in astray {
            self.may_leave_by_line(context, &route, &own);
        }
    }

    /// The prefixes that interfaces hold: their subnets, and the far ends that are written down.
    fn subnets(&self) -> Vec<(ContextId, Prefix, InterfaceId)> {
        let mut own = Vec::new();
        for (id, interface) in self.b.device.interfaces.iter() {
            let subnets =
                interface.addresses.iter().filter_map(|one| Prefix::new(one.address, one.len));
            own.extend(subnets.map(|subnet| (interface.context, subnet, id)));
        }
        for (context, all) in self.b.device.contexts.iter() {
            own.extend(all.routes.iter().filter_map(|route| match route.next_hop {
                NextHop::Interface(id) if route.distance == 0 => Some((context, route.prefix, id)),
                _ => None,
            }));
        }
        own
    }

    /// What a route with an unplaced gateway takes may leave by the lines of the context whose far end is not written down.
    fn may_leave_by_line(
        &mut self,
        context: ContextId,
        route: &Route,
        own: &[(ContextId, Prefix, InterfaceId)],
    ) {
        let known = |id: InterfaceId| {
            let host = |prefix: &Prefix| prefix.len() == prefix.family().bits();
            let mine = |address: &Prefix| {
                let all = &self.b.device.interfaces[id].addresses;
                all.iter().any(|one| address.contains(one.address))
            };
            own.iter().any(|(_, prefix, of)| *of == id && !(host(prefix) && mine(prefix)))
        };
        let line = |kind| matches!(kind, InterfaceKind::PointToPoint | InterfaceKind::Tunnel);
        let lines: Vec<InterfaceId> = self
            .b
            .device
            .interfaces
            .iter()
            .filter(|(id, one)| one.context == context && line(one.kind) && !known(*id))
            .map(|(id, _)| id)
            .collect();
        if lines.is_empty() {
            return;
        }
        let reason = text!(
            "ゲートウェイがどのサブネットにもないため、相手のアドレスが書かれていない回線へ送られ得ると読みます。",
            "the gateway is on no subnet, so packets may leave by a line whose far end is not written down"
        );
        self.ledger.unsupported(route.span, reason.clone());
        for id in lines {
            let mut matches = self.b.everything(None, route.span);
            matches.destination = self.b.range(route.prefix.range(), route.span);
            matches.unknown.push(unknown(reason.clone(), route.span));
            let next_hop = Some(NextHop::Interface(id));
            let new = PolicyRoute { matches, next_hop, span: route.span };
            self.b.device.contexts[context].policy_routes.push(new);
        }
    }
}

pub(super) fn leak_reason() -> Text {
    text!(
        "ルーティングインスタンス間で経路が共有されます。実際に渡る経路は特定せず、通り得ると読みます。",
        "routes are shared between routing instances; which ones is not worked out, so packets may pass"
    )
}
