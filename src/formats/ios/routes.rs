//! VRFs, static routes, routing protocols and what leaks between VRFs.

use super::commands::Bin;
use super::reader::Reader;
use crate::formats::builder::unknown;
use crate::formats::lines::{Block, ConfigLine, Word};
use crate::model::{ContextId, DynamicRouting, InterfaceId, Match, NextHop, PolicyRoute, Route};
use crate::net::{Family, Prefix};
use crate::source::Span;
use crate::text;
use rustc_hash::FxHashMap;
use std::collections::BTreeSet;
use std::net::IpAddr;

/// What a VRF takes from others.
#[derive(Debug, Default)]
struct Exchange<'a> {
    imports: Vec<(&'a str, Span)>,
    exports: Vec<&'a str>,
    /// A route map gives exported routes targets of its own.
    export_map: Option<Span>,
    from_global: Option<Span>,
    to_global: Option<Span>,
    replicas: Vec<(&'a str, Span)>,
}

/// VRF exchanges by context, kept between the passes.
#[derive(Debug, Default)]
pub(super) struct Exchanges<'a>(Vec<(ContextId, Exchange<'a>)>);

impl<'a> Reader<'a, '_> {
    /// Makes the contexts.
    pub(super) fn read_vrfs(&mut self) -> Exchanges<'a> {
        let mut out = Vec::new();
        for block in self.config.take(Bin::Vrf) {
            let name = block.head.word(2);
            self.ledger.used(block.span());
            if name.is_empty() || block.head.starts(&["ip", "vrf", "forwarding"]) {
                continue;
            }
            let id = self.add_vrf(name);
            let mut exchange = Exchange::default();
            for line in &block.body {
                exchange_line(&mut exchange, line);
            }
            out.push((id, exchange));
        }
        Exchanges(out)
    }

    /// Static routes of both families.
    pub(super) fn read_routes(&mut self) {
        for (bin, family) in [(Bin::Route, Family::V4), (Bin::Route6, Family::V6)] {
            for block in self.config.take(bin) {
                match self.route(&block.head, family) {
                    Some(()) => self.ledger.used(block.span()),
                    None => {
                        let reason = text!(
                            "静的経路を解釈できません。どの隣接機器へも転送し得ると読みます。",
                            "this static route is not understood; it may lead to any neighbour"
                        );
                        self.ledger.unknown(block.span(), reason, true);
                        let at = usize::from(block.head.word(2) == "vrf") + 2;
                        let vrf = block.head.words.get(at).filter(|_| at == 3).copied();
                        let context =
                            vrf.map_or(self.global(), |word| self.vrf(word.text, word.span));
                        self.dynamic(context, "static", block.head.span);
                    }
                }
            }
        }
    }

    fn route(&mut self, line: &ConfigLine<'a>, family: Family) -> Option<()> {
        let mut at = 2;
        let mut context = self.global();
        while matches!(line.word(at), "vrf" | "topology") {
            let name = line.words.get(at + 1)?;
            if line.word(at) == "vrf" {
                context = self.vrf(name.text, name.span);
            }
            at += 2;
        }
        let prefix = if let Some(prefix) =
            Prefix::parse(line.word(at)).filter(|_| line.word(at).contains('/'))
        {
            at += 1;
            prefix
        } else {
            let prefix =
                Prefix::from_netmask(line.word(at).parse().ok()?, line.word(at + 1).parse().ok()?)?;
            at += 2;
            prefix
        };
        if prefix.family() != family {
            return None;
        }
        let target = self.target(line, at, context)?;
        if target.learnt {
            self.dynamic(context, "dhcp", line.span);
            return Some(());
        }
        // A distance of 255 keeps a route out of the table.
        if target.distance < 255 {
            let route = Route {
                prefix,
                next_hop: target.next_hop?,
                distance: target.distance,
                metric: 0,
                withdrawable: target.watched,
                span: line.span,
            };
            self.build.device.contexts[context].routes.push(route);
        }
        Some(())
    }

    fn target(
        &mut self,
        line: &ConfigLine<'a>,
        mut at: usize,
        context: ContextId,
    ) -> Option<Target> {
        let mut target = Target { next_hop: None, distance: 1, watched: false, learnt: false };
        let (mut gateway, mut out, mut discard, mut through) =
            (None::<IpAddr>, None::<InterfaceId>, false, context);
        while at < line.words.len() {
            let (word, next) = (line.word(at), line.word(at + 1));
            at += 1;
            if let Ok(address) = word.parse() {
                gateway = Some(address);
                continue;
            }
            if let Ok(distance) = word.parse::<u8>() {
                target.distance = distance;
                continue;
            }
            match word {
                "name" => at = after_name(line, at),
                "tag" => at += 1,
                "track" => {
                    target.watched = true;
                    at += 1;
                }
                "permanent" | "multicast" | "unicast" => {}
                "global" => through = self.global(),
                "nexthop-vrf" | "vrf" => {
                    let name = line.words.get(at)?;
                    through = self.vrf(name.text, name.span);
                    at += 1;
                }
                "dhcp" => target.learnt = true,
                _ => {
                    let joined = format!("{word}{next}");
                    let split = next.starts_with(|c: char| c.is_ascii_digit())
                        && !word.contains(|c: char| c.is_ascii_digit());
                    let name = if split { joined.as_str() } else { word };
                    at += usize::from(split);
                    if super::interface::canonical(name) == "null0" {
                        discard = true;
                    } else {
                        out = Some(self.find_interface(name)?.id?);
                    }
                }
            }
        }
        target.next_hop = match (gateway, out) {
            _ if discard => Some(NextHop::Discard),
            (Some(address), Some(_)) => Some(NextHop::Gateway { address, interface: out }),
            (Some(address), None) if through != context => Some(self.across(address, through)),
            (Some(address), None) => Some(NextHop::Gateway { address, interface: None }),
            (None, Some(id)) => Some(NextHop::Interface(id)),
            (None, None) => None,
        };
        (target.next_hop.is_some() || target.learnt).then_some(target)
    }

    /// A gateway that another context resolves: by its connected interface when there is one, else by its whole table.
    fn across(&self, address: IpAddr, through: ContextId) -> NextHop {
        let holds = |interface: &crate::model::Interface| {
            interface.context == through
                && interface.up
                && interface.addresses.iter().any(|own| {
                    Prefix::new(own.address, own.len).is_some_and(|p| p.contains(address))
                })
        };
        match self.build.device.interfaces.iter().find(|(_, interface)| holds(interface)) {
            Some((id, _)) => NextHop::Gateway { address, interface: Some(id) },
            None => NextHop::Context(through),
        }
    }

    /// Notes a way of learning routes that the configuration does not show.
    pub(super) fn dynamic(&mut self, context: ContextId, protocol: &str, span: Span) {
        self.build.device.contexts[context]
            .dynamic_routing
            .push(DynamicRouting { protocol: protocol.to_owned(), span });
    }

    /// Routing protocols, and interfaces that learn routes or send packets into IPsec.
    pub(super) fn read_routers(&mut self) {
        for block in self.config.take(Bin::Router) {
            self.router(&block);
        }
        for at in 0..self.interfaces.len() {
            let Some(iface) = self.interfaces.get(at) else { continue };
            let Some(id) = iface.id else { continue };
            let context = self.build.device.interfaces[id].context;
            let (crypto, learns) = (iface.crypto, iface.learns);
            for name in iface.receives.clone() {
                self.receive(name, id);
            }
            if let Some((protocol, span)) = learns {
                self.dynamic(context, protocol, span);
            }
            if let Some(span) = crypto.map(|crypto| crypto.span) {
                let reason = text!(
                    "暗号化された通信の相手先は設定から特定できません。この機器のどの隣接先へも届き得ると読みます。",
                    "where encrypted traffic comes out is not in the configuration; it may reach any neighbour"
                );
                self.ledger.unsupported(span, reason);
                self.dynamic(context, "ipsec", span);
            }
        }
    }

    /// `vrf receive`: a VRF takes the connected networks of an interface that it does not hold.
    fn receive(&mut self, name: Word<'a>, id: InterfaceId) {
        let reason = text!(
            "VRF が他のインターフェースの接続経路を取り込みます。通り得る経路として読みます。",
            "the VRF takes connected routes of another interface; packets may pass there"
        );
        self.ledger.unsupported(name.span, reason.clone());
        let context = self.vrf(name.text, name.span);
        let own = self.build.device.interfaces[id].addresses.clone();
        let prefixes = own.iter().filter_map(|own| Prefix::new(own.address, own.len));
        let members = prefixes.map(|prefix| self.build.range(prefix.range(), name.span)).collect();
        let mut matches = self.build.everything(None, name.span);
        matches.destination = self.build.union(members, name.span);
        matches.unknown.push(unknown(reason, name.span));
        let route =
            PolicyRoute { matches, next_hop: Some(NextHop::Interface(id)), span: name.span };
        self.build.device.contexts[context].policy_routes.push(route);
    }

    fn router(&mut self, block: &Block<'a>) {
        let skip = usize::from(block.head.word(0) == "ipv6");
        let protocol = block.head.word(skip + 1);
        if !matches!(
            protocol,
            "ospf"
                | "ospfv3"
                | "bgp"
                | "eigrp"
                | "rip"
                | "isis"
                | "odr"
                | "iso-igrp"
                | "lisp"
                | "mobile"
        ) {
            let reason = text!("未知の経路制御プロトコルです。", "unknown routing protocol");
            self.ledger.unknown(block.span(), reason, true);
        } else {
            self.ledger.used(block.span());
        }
        let reason = text!(
            "{protocol} で学習する経路は設定に現れません。トポロジーの `routes` に経路を書かない限り、どの隣接先へも転送し得ると読みます。",
            "routes learnt by {protocol} are not in the configuration; any neighbour is possible unless the topology states its `routes`"
        );
        self.ledger.unsupported(block.head.span, reason);
        let vrf_of = |line: &ConfigLine<'a>| {
            let at = line.words.iter().position(|word| word.text == "vrf")?;
            line.words.get(at + 1).copied()
        };
        let mut context =
            vrf_of(&block.head).map_or(self.global(), |word| self.vrf(word.text, word.span));
        // IPv6 needs no line in the block: `ipv6 rip R enable` and `ipv6 eigrp N` stand on the interfaces.
        let by_peers = matches!(protocol, "bgp" | "eigrp" | "rip") && skip == 0;
        let mut seen = Vec::new();
        if !by_peers {
            seen.push(context);
        }
        for line in &block.body {
            let family = line.word(0) == "address-family";
            if family && matches!(line.word(1), "vpnv4" | "vpnv6" | "l2vpn") {
                self.provider = Some(line.span);
            }
            if family || line.word(0) == "vrf" {
                context = vrf_of(line).map_or(self.global(), |word| self.vrf(word.text, word.span));
                if !by_peers || protocol == "eigrp" && line.word(1) == "ipv6" {
                    seen.push(context);
                }
            } else if matches!(line.word(0), "neighbor" | "network" | "bgp" | "af-interface")
                && by_peers
            {
                let speaks = line.word(0) == "neighbor" || protocol != "bgp";
                if speaks {
                    seen.push(context);
                }
            }
        }
        seen.sort_unstable();
        seen.dedup();
        for context in seen {
            self.dynamic(context, protocol, block.head.span);
        }
    }

    /// What VRFs take from one another: packets of the taking context may be routed by the giving one.
    pub(super) fn leak(&mut self, exchanges: &Exchanges<'a>) {
        let mut exporters: FxHashMap<&str, Vec<ContextId>> = FxHashMap::default();
        for (id, exchange) in &exchanges.0 {
            for target in &exchange.exports {
                exporters.entry(target).or_default().push(*id);
            }
        }
        let mut leaks: Vec<(ContextId, ContextId, Span)> = Vec::new();
        for (id, exchange) in &exchanges.0 {
            for (target, span) in &exchange.imports {
                let from = exporters.get(target).into_iter().flatten();
                leaks.extend(from.filter(|from| *from != id).map(|from| (*from, *id, *span)));
            }
            for (name, span) in &exchange.replicas {
                let from = if *name == "global" { self.global() } else { self.vrf(name, *span) };
                leaks.push((from, *id, *span));
            }
            if !exchange.imports.is_empty() {
                let others = exchanges.0.iter().filter(|(from, _)| from != id);
                leaks.extend(others.filter_map(|(from, o)| Some((*from, *id, o.export_map?))));
            }
            leaks.extend(exchange.from_global.map(|span| (self.global(), *id, span)));
            leaks.extend(exchange.to_global.map(|span| (*id, self.global(), span)));
        }
        for (id, exchange) in &exchanges.0 {
            let remote = self.provider.is_some();
            let foreign = exchange
                .imports
                .iter()
                .find(|(target, _)| remote || !exporters.contains_key(target));
            if let Some((_, span)) = foreign {
                self.dynamic(*id, "route-target import", *span);
            }
        }
        leaks.sort_unstable_by_key(|(from, to, _)| (*from, *to));
        leaks.dedup_by_key(|(from, to, _)| (*from, *to));
        let learning: BTreeSet<ContextId> = leaks.iter().map(|(_, to, _)| *to).collect();
        let mut given: Option<(ContextId, Match)> = None;
        for (from, to, span) in leaks {
            let matches = match &given {
                Some((of, matches)) if *of == from => matches.clone(),
                _ => self.leaked(from, learning.contains(&from), span),
            };
            given = Some((from, matches.clone()));
            let route = PolicyRoute { matches, next_hop: Some(NextHop::Context(from)), span };
            self.build.device.contexts[to].policy_routes.push(route);
        }
    }

    /// What packets a context may take over from those that import its routes.
    fn leaked(&mut self, from: ContextId, learns: bool, span: Span) -> Match {
        let reason = text!(
            "VRF 間で経路が再配布されます。実際に渡る経路は設定だけでは決まらないため、通り得ると読みます。",
            "routes leak between VRFs; which ones is not decided by the configuration alone, so packets may pass"
        );
        self.ledger.unsupported(span, reason.clone());
        let mut matches = self.build.everything(None, span);
        if !learns && self.build.device.contexts[from].dynamic_routing.is_empty() {
            let connected = self.build.device.interfaces.iter().filter(|(_, i)| i.context == from);
            let connected = connected
                .flat_map(|(_, i)| &i.addresses)
                .filter_map(|own| Prefix::new(own.address, own.len));
            let listed = self.build.device.contexts[from].routes.iter().map(|route| route.prefix);
            let mut prefixes: Vec<Prefix> = connected.chain(listed).collect();
            prefixes.sort_unstable();
            prefixes.dedup();
            let members =
                prefixes.into_iter().map(|prefix| self.build.range(prefix.range(), span)).collect();
            matches.destination = self.build.union(members, span);
        }
        matches.unknown.push(unknown(reason, span));
        matches
    }
}

/// The position after a name at `at`, which may be several words in quotes.
fn after_name(line: &ConfigLine<'_>, at: usize) -> usize {
    let word = line.word(at);
    if !word.starts_with('"') || word.len() > 1 && word.ends_with('"') {
        return at + 1;
    }
    let close = line.words.iter().skip(at + 1).position(|word| word.text.ends_with('"'));
    close.map_or(line.words.len(), |more| at + 2 + more)
}

/// What the words after the prefix say.
struct Target {
    next_hop: Option<NextHop>,
    distance: u8,
    watched: bool,
    learnt: bool,
}

fn exchange_line<'a>(exchange: &mut Exchange<'a>, line: &ConfigLine<'a>) {
    match (line.word(0), line.word(1)) {
        ("route-target", "import") => exchange.imports.push((line.word(2), line.span)),
        ("route-target", "export") => exchange.exports.push(line.word(2)),
        ("route-target", "both") => {
            exchange.imports.push((line.word(2), line.span));
            exchange.exports.push(line.word(2));
        }
        ("route-target", target) if !target.is_empty() => {
            exchange.imports.push((target, line.span));
            exchange.exports.push(target);
        }
        ("import", "ipv4" | "ipv6") => exchange.from_global = Some(line.span),
        ("export", "map") => exchange.export_map = Some(line.span),
        ("export", "ipv4" | "ipv6") => exchange.to_global = Some(line.span),
        ("route-replicate", "from") => {
            let name = if line.word(2) == "vrf" { line.word(3) } else { "global" };
            exchange.replicas.push((name, line.span));
        }
        _ => {}
    }
}
