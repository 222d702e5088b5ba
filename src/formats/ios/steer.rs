//! What sends packets past the routing table: overlays that learn routes, and interfaces that hand packets to somebody else.

use super::commands::Bin;
use super::interface::canonical;
use super::reader::Reader;
use crate::formats::builder::unknown;
use crate::formats::lines::ConfigLine;
use crate::model::{ContextId, Interfaces, NextHop, PolicyRoute};
use crate::source::Span;
use crate::text;

impl<'a> Reader<'a, '_> {
    /// SD-WAN, LISP and IKEv2 routes; redirection on interfaces.
    pub(super) fn read_steering(&mut self) {
        for block in self.config.take(Bin::Sdwan) {
            self.ledger.irrelevant(block.span());
            if let Some(line) = block.body.iter().find(|line| line.word(0) == "omp") {
                let contexts: Vec<ContextId> = self.build.device.contexts.ids().collect();
                self.overlay("omp", contexts.clone(), line.span);
                self.transported(&contexts, line.span);
            }
        }
        for block in self.config.take(Bin::Lisp) {
            self.ledger.irrelevant(block.span());
            if matches!(block.head.word(2), "itr" | "etr" | "pitr" | "petr" | "itr-etr")
                || block.head.word(2).starts_with("proxy")
            {
                self.overlay("lisp", vec![self.global()], block.head.span);
            }
        }
        for block in self.config.take(Bin::Ikev2) {
            self.ledger.irrelevant(block.span());
            let learns = |line: &&ConfigLine<'_>| {
                line.word(0) == "route" || line.starts(&["aaa", "authorization", "group"])
            };
            if let Some(line) = block.body.iter().find(learns) {
                let contexts = self.tunnel_contexts();
                self.overlay("ikev2", contexts, line.span);
            }
        }
        self.redirections();
    }

    /// Packets of the VPNs travel in tunnels of the global table, and come out of them.
    fn transported(&mut self, contexts: &[ContextId], span: Span) {
        let global = self.global();
        for vpn in contexts.iter().copied().filter(|id| *id != global) {
            for (from, to) in [(vpn, global), (global, vpn)] {
                let reason = text!(
                    "SD-WAN のトンネルの行き先は設定に現れません。",
                    "where the tunnels of SD-WAN lead is not in the configuration"
                );
                let mut matches = self.build.everything(None, span);
                let interfaces = self.build.device.interfaces.iter();
                let own = interfaces.filter(|(_, interface)| interface.context == from);
                matches.ingress = Interfaces::Of(own.map(|(id, _)| id).collect());
                matches.unknown.push(unknown(reason, span));
                let next_hop = Some(NextHop::Context(to));
                let route = PolicyRoute { matches, next_hop, span };
                self.build.device.contexts[from].policy_routes.push(route);
            }
        }
    }

    /// The contexts of the tunnels of the device; the global one when it has none.
    fn tunnel_contexts(&self) -> Vec<ContextId> {
        let tunnel = |name: &str| {
            ["tunnel", "virtual-template"].iter().any(|kind| canonical(name).starts_with(kind))
        };
        let interfaces = self.build.device.interfaces.iter().map(|(_, interface)| interface);
        let mut found: Vec<ContextId> = interfaces
            .filter(|interface| tunnel(&interface.name))
            .map(|interface| interface.context)
            .collect();
        found.sort_unstable();
        found.dedup();
        if found.is_empty() { vec![self.global()] } else { found }
    }

    fn overlay(&mut self, protocol: &str, contexts: Vec<ContextId>, span: Span) {
        let reason = text!(
            "{protocol} で学習する経路は設定に現れません。トポロジーの `routes` に経路を書かない限り、どの隣接先へも転送し得ると読みます。",
            "routes learnt by {protocol} are not in the configuration; any neighbour is possible unless the topology states its `routes`"
        );
        self.ledger.unsupported(span, reason);
        for context in contexts {
            self.dynamic(context, protocol, span);
        }
    }

    /// `ip wccp … redirect` and `service-policy type epbr`: packets that another device may get first.
    fn redirections(&mut self) {
        for at in 0..self.interfaces.len() {
            let Some(iface) = self.interfaces.get(at) else { continue };
            let Some(id) = iface.id else { continue };
            let context = self.build.device.interfaces[id].context;
            for (inbound, span) in iface.steers.clone() {
                let reason = text!(
                    "ここを通るパケットは別の機器へ転送されることがあります。どの隣接先へも転送し得ると読みます。",
                    "packets here may be handed to another device; any neighbour is possible"
                );
                self.ledger.unsupported(span, reason.clone());
                let mut matches = self.build.everything(None, span);
                matches.ingress = if inbound { Interfaces::Of(vec![id]) } else { Interfaces::Any };
                matches.unknown.push(unknown(reason, span));
                let route = PolicyRoute { matches, next_hop: None, span };
                self.build.device.contexts[context].policy_routes.push(route);
            }
        }
    }
}
