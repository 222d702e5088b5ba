//! `ip nat`: the four lists of a device (destination and source, before and after the route).

mod dynamic;
mod forms;

use super::commands::Bin;
use super::interface::Side;
use super::reader::Reader;
use crate::formats::builder::{line, unknown};
use crate::formats::lines::ConfigLine;
use crate::model::{
    Action, AddressMap, AddressSet, AddressWithin, Binding, ContextId, InterfaceAddress,
    InterfaceId, Interfaces, Line, ListId, Match, NextHop, PolicyRoute, PortMap, Rewrite, Route,
    ServiceId, Stage, Translate, Translated,
};
use crate::net::{AddressRange, Family, PortRange, Prefix};
use crate::source::Span;
use crate::text;
use forms::{Fixed, Options, fixed};
use rustc_hash::FxHashMap;
use std::net::IpAddr;

/// The translation stages of a device.
#[derive(Debug, Default)]
pub(super) struct Translations {
    /// Before the route.
    pub(super) before: Vec<Stage>,
    /// After the route.
    pub(super) after: Vec<Stage>,
}

/// Lists while they grow.
#[derive(Debug, Default)]
struct Rules<'a> {
    pools: FxHashMap<&'a str, Vec<AddressRange>>,
    /// Destination, outside to inside.
    destination: Vec<Line>,
    /// Source, outside to inside.
    outside_source: Vec<Line>,
    /// Source, inside to outside: static, with their breadth, before dynamic.
    fixed: Vec<(u8, Line)>,
    source: Vec<Line>,
    /// Destination, inside to outside.
    outside_destination: Vec<Line>,
    inside: Vec<InterfaceId>,
    outside: Vec<InterfaceId>,
}

impl<'a> Reader<'a, '_> {
    /// Reads the translation rules.
    pub(super) fn read_nat(&mut self) -> Translations {
        let blocks = self.config.take(Bin::Nat);
        let mut rules = Rules::default();
        for iface in &self.interfaces {
            let Some(id) = iface.id else { continue };
            if iface.nat.iter().any(|side| matches!(side, Side::Inside | Side::Both)) {
                rules.inside.push(id);
            }
            if iface.nat.iter().any(|side| matches!(side, Side::Outside | Side::Both)) {
                rules.outside.push(id);
            }
        }
        for block in blocks.iter().filter(|block| block.head.word(2) == "pool") {
            self.pool(&block.head, &block.body, &mut rules);
        }
        for block in blocks.iter().filter(|block| block.head.word(2) != "pool") {
            let head = &block.head;
            let read = match (head.word(2), head.word(3), head.word(4)) {
                ("inside", "source", "static") => self.inside_static(head, 5, &mut rules),
                ("source", "static", _) => self.inside_static(head, 4, &mut rules),
                ("inside", "source", _) => self.inside_dynamic(head, 4, &mut rules),
                ("source", _, _) => self.inside_dynamic(head, 3, &mut rules),
                ("outside", "source", "static") => self.outside_static(head, &mut rules),
                ("outside", "source", _) => self.outside_dynamic(head, &mut rules),
                ("inside", "destination", _) => self.rotary(head, &mut rules),
                _ => None,
            };
            let span = block.span();
            if read.is_some() {
                self.ledger.used(span);
            } else {
                let reason = text!(
                    "NAT の行を解釈できません。この機器のどの通信も通り得ると読みます。",
                    "this translation line is not understood; anything may pass this device"
                );
                self.ledger.unknown(span, reason, false);
            }
        }
        self.stages(rules)
    }

    fn pool(&mut self, head: &ConfigLine<'a>, body: &[ConfigLine<'a>], rules: &mut Rules<'a>) {
        let range = |a: &str, b: &str| AddressRange::new(a.parse().ok()?, b.parse().ok()?);
        let mut ranges: Vec<AddressRange> = range(head.word(4), head.word(5)).into_iter().collect();
        ranges.extend(
            body.iter()
                .filter(|l| l.word(0) == "address")
                .filter_map(|l| range(l.word(1), l.word(2))),
        );
        self.ledger.used(head.span);
        for line in body {
            self.ledger.used(line.span);
        }
        if ranges.is_empty() {
            let reason = text!(
                "NAT プールの範囲を解釈できません。どのアドレスにも変換され得ると読みます。",
                "the range of this pool is not understood; any address may result"
            );
            self.ledger.unknown(head.span, reason, true);
        }
        rules.pools.insert(head.word(3), ranges);
    }

    fn inside_static(
        &mut self,
        head: &ConfigLine<'a>,
        at: usize,
        rules: &mut Rules<'a>,
    ) -> Option<()> {
        let fixed = fixed(head, at)?;
        let span = head.span;
        let context = fixed.options.vrf.map_or(self.global(), |vrf| self.vrf(vrf.text, vrf.span));
        let global = self.global_addresses(&fixed);
        let local = fixed.local;
        let mut inward = self.build.everything(Some(Family::V4), span);
        inward.destination = self.addresses_of(&global, span);
        let mut outward = self.build.everything(Some(Family::V4), span);
        outward.source = self.build.range(local, span);
        outward.ingress = Interfaces::Of(self.members(&rules.inside, context));
        if let Some(protocol) = fixed.protocol {
            let (inside, outside) = match fixed.ports {
                Some((inside, outside)) => (PortRange::single(inside), PortRange::single(outside)),
                None => (PortRange::ALL, PortRange::ALL),
            };
            inward.service = self.fixed_service(protocol, PortRange::ALL, outside, span);
            outward.service = self.fixed_service(protocol, inside, PortRange::ALL, span);
        }
        self.conditional(&fixed.options, &mut inward);
        self.conditional(&fixed.options, &mut outward);
        let label = head.rest(0).to_owned();
        let port = |from: u16, to: u16| PortMap::Shift {
            from: PortRange::single(from),
            to: PortRange::single(to),
        };
        let wide = local.extent() > 0;
        let single = global.as_deref().and_then(|ranges| ranges.first().copied());
        let shift = |from, to| {
            if wide { AddressMap::Shift { from, to } } else { AddressMap::Pool(vec![to]) }
        };
        let to_local = match single {
            Some(global) => shift(global, local),
            None => AddressMap::Pool(vec![local]),
        };
        let down = self.build.device.rewrites.push(Rewrite {
            label: label.clone(),
            destination: Some(to_local),
            destination_port: fixed.ports.map(|(inside, outside)| port(outside, inside)),
            span: Some(span),
            ..Rewrite::default()
        });
        let up = self.build.device.rewrites.push(Rewrite {
            label: label.clone(),
            source: Some(single.map_or(AddressMap::EgressInterface, |global| shift(local, global))),
            source_port: fixed.ports.map(|(inside, outside)| port(inside, outside)),
            span: Some(span),
            ..Rewrite::default()
        });
        rules.destination.push(line(label.clone(), inward, Action::Rewrite(down), span));
        let breadth = u8::from(fixed.ports.is_none()) + u8::from(wide);
        rules.fixed.push((breadth, line(label, outward, Action::Rewrite(up), span)));
        self.route_in_vrf(context, down, span);
        self.own(&global, &rules.outside, span);
        Some(())
    }

    /// A translated packet of a VRF rule is routed by that VRF, also when it came in by a global interface.
    fn route_in_vrf(&mut self, context: ContextId, rewrite: crate::model::RewriteId, span: Span) {
        if context == self.global() {
            return;
        }
        let mut matches = self.build.everything(Some(Family::V4), span);
        matches.translated = Translated::By(vec![rewrite]);
        let route = PolicyRoute { matches, next_hop: Some(NextHop::Context(context)), span };
        let global = self.global();
        self.build.device.contexts[global].policy_routes.push(route);
    }

    /// The router answers for a global address that lies in the subnet of an outside interface.
    fn own(&mut self, global: &Option<Vec<AddressRange>>, outside: &[InterfaceId], span: Span) {
        let single =
            global.as_deref().and_then(|ranges| ranges.first()).filter(|range| range.extent() == 0);
        let Some(address) = single.map(|range| range.first()) else { return };
        for id in outside {
            let own = &self.build.device.interfaces[*id].addresses;
            let known = own.iter().any(|entry| entry.address == address);
            let holder = own
                .iter()
                .find(|own| Prefix::new(own.address, own.len).is_some_and(|p| p.contains(address)));
            if let (Some(len), false) = (holder.map(|own| own.len), known) {
                self.build.device.interfaces[*id].addresses.push(InterfaceAddress {
                    address,
                    len,
                    span,
                });
            }
        }
    }

    fn members(&self, ids: &[InterfaceId], context: ContextId) -> Vec<InterfaceId> {
        ids.iter()
            .copied()
            .filter(|id| self.build.device.interfaces[*id].context == context)
            .collect()
    }

    /// The global side; `None` when it is assigned at run time.
    fn global_addresses(&mut self, fixed: &Fixed<'a>) -> Option<Vec<AddressRange>> {
        if let Some(range) = fixed.global {
            return Some(vec![range]);
        }
        let addresses = self.interface_addresses(fixed.interface?.text);
        (!addresses.is_empty()).then_some(addresses)
    }

    fn interface_addresses(&self, name: &str) -> Vec<AddressRange> {
        let addresses = self.find_interface(name).into_iter().flat_map(|iface| &iface.addresses);
        let first = addresses.map(|own| own.address).find(IpAddr::is_ipv4);
        first.map(AddressRange::single).into_iter().collect()
    }

    fn addresses_of(
        &mut self,
        ranges: &Option<Vec<AddressRange>>,
        span: Span,
    ) -> crate::model::AddressId {
        match ranges.as_deref() {
            Some([range]) => self.build.range(*range, span),
            Some(ranges) => {
                let members = ranges.iter().map(|range| self.build.range(*range, span)).collect();
                self.build.union(members, span)
            }
            None => {
                let reason = text!(
                    "インターフェースのアドレスは起動時に割り当てられます。",
                    "the address of the interface is assigned at run time"
                );
                let within = AddressWithin::Family(Family::V4);
                self.build.device.literal(AddressSet::Unknown { reason, within }, span)
            }
        }
    }

    fn conditional(&mut self, options: &Options<'a>, matches: &mut Match) {
        let Some(map) = options.route_map else { return };
        let reason = text!(
            "静的 NAT の route-map 条件は、満たすとも満たさないとも読みます。",
            "the route-map of a static translation may or may not hold"
        );
        self.ledger.unsupported(map.span, reason.clone());
        matches.unknown.push(unknown(reason, map.span));
    }

    /// `ip nat outside source static [tcp|udp|network] GLOBAL LOCAL`: outside hosts under an inside name.
    fn outside_static(&mut self, head: &ConfigLine<'a>, rules: &mut Rules<'a>) -> Option<()> {
        // The operands stand in the order outside global, outside local: what `fixed` calls local and global.
        let fixed = fixed(head, 5)?;
        let (outer, inner) = (fixed.local, fixed.global?);
        let span = head.span;
        let shift = |from: AddressRange, to| {
            if from.extent() > 0 {
                AddressMap::Shift { from, to }
            } else {
                AddressMap::Pool(vec![to])
            }
        };
        let mut inward = self.build.everything(Some(Family::V4), span);
        inward.source = self.build.range(outer, span);
        let mut outward = self.build.everything(Some(Family::V4), span);
        outward.destination = self.build.range(inner, span);
        if let Some(protocol) = fixed.protocol {
            let (from, to) = fixed.ports.map_or((PortRange::ALL, PortRange::ALL), |(out, inn)| {
                (PortRange::single(out), PortRange::single(inn))
            });
            inward.service = self.fixed_service(protocol, from, PortRange::ALL, span);
            outward.service = self.fixed_service(protocol, PortRange::ALL, to, span);
        }
        self.conditional(&fixed.options, &mut inward);
        self.conditional(&fixed.options, &mut outward);
        self.added_route(&fixed, outer, inner, span);
        let label = head.text.to_owned();
        let port = |from: u16, to: u16| PortMap::Shift {
            from: PortRange::single(from),
            to: PortRange::single(to),
        };
        let source = self.build.device.rewrites.push(Rewrite {
            label: label.clone(),
            source: Some(shift(outer, inner)),
            source_port: fixed.ports.map(|(outer, inner)| port(outer, inner)),
            span: Some(span),
            ..Rewrite::default()
        });
        let destination = self.build.device.rewrites.push(Rewrite {
            label: label.clone(),
            destination: Some(shift(inner, outer)),
            destination_port: fixed.ports.map(|(outer, inner)| port(inner, outer)),
            span: Some(span),
            ..Rewrite::default()
        });
        rules.outside_source.push(line(label.clone(), inward, Action::Rewrite(source), span));
        rules.outside_destination.push(line(label, outward, Action::Rewrite(destination), span));
        Some(())
    }

    /// The packets of a static rule: those of its ports where the protocol has any.
    fn fixed_service(
        &mut self,
        protocol: u8,
        source: PortRange,
        destination: PortRange,
        span: Span,
    ) -> ServiceId {
        if crate::net::flow::has_ports(protocol) {
            let any = crate::model::TcpFlags::ANY;
            self.build.ports(protocol, source, destination, any, span)
        } else {
            self.build.protocol(protocol, span)
        }
    }

    /// `add-route`: packets to the inside name of an outside host are routed to that host.
    fn added_route(
        &mut self,
        fixed: &Fixed<'a>,
        outer: AddressRange,
        inner: AddressRange,
        span: Span,
    ) {
        if !fixed.options.add_route {
            return;
        }
        let context = fixed.options.vrf.map_or(self.global(), |vrf| self.vrf(vrf.text, vrf.span));
        let host = Prefix::new(inner.first(), Family::V4.bits()).filter(|_| inner.extent() == 0);
        if let Some(prefix) = host {
            let next_hop = self.towards(outer.first(), context);
            let route =
                Route { prefix, next_hop, distance: 1, metric: 0, withdrawable: false, span };
            self.build.device.contexts[context].routes.push(route);
        } else {
            self.may_lead_anywhere(context, Some(vec![inner]), span);
        }
    }

    /// Out of the interface that has the host on its network; else by the table.
    fn towards(&self, host: IpAddr, context: ContextId) -> NextHop {
        let mut interfaces = self.build.device.interfaces.iter();
        let near = interfaces.find(|(_, interface)| {
            let nets = interface.addresses.iter();
            let mut nets = nets.filter_map(|own| Prefix::new(own.address, own.len));
            interface.context == context && interface.up && nets.any(|net| net.contains(host))
        });
        match near {
            Some((id, _)) => NextHop::Interface(id),
            None => NextHop::Gateway { address: host, interface: None },
        }
    }

    /// Packets to these addresses, all when they are not known, may go to any neighbour.
    fn may_lead_anywhere(&mut self, context: ContextId, to: Option<Vec<AddressRange>>, span: Span) {
        let reason = text!(
            "add-route の経路の行き先は設定だけでは決まりません。",
            "where the route of add-route leads is not decided by the configuration alone"
        );
        let mut matches = self.build.everything(Some(Family::V4), span);
        if to.is_some() {
            matches.destination = self.addresses_of(&to, span);
        }
        matches.unknown.push(unknown(reason, span));
        let route = PolicyRoute { matches, next_hop: None, span };
        self.build.device.contexts[context].policy_routes.push(route);
    }

    fn stages(&mut self, mut rules: Rules<'a>) -> Translations {
        rules.fixed.sort_by_key(|(breadth, _)| *breadth);
        let mut source: Vec<Line> = rules.fixed.drain(..).map(|(_, line)| line).collect();
        source.append(&mut rules.source);
        let mut out = Translations::default();
        let inside = Interfaces::Of(rules.inside);
        let outside = Interfaces::Of(rules.outside);
        let stage = |reader: &mut Self,
                     name: &'static str,
                     lines: Vec<Line>,
                     ingress: &Interfaces,
                     egress: &Interfaces| {
            (!lines.is_empty()).then(|| {
                let list: ListId = reader.build.list(name, lines);
                let binding = Binding {
                    ingress: ingress.clone(),
                    egress: egress.clone(),
                    lists: vec![list],
                    default: Action::Permit,
                    default_label: "no ip nat rule".to_owned(),
                    span: None,
                };
                Stage::Translate(Translate { name, bindings: vec![binding] })
            })
        };
        let any = Interfaces::Any;
        out.before.extend(stage(
            self,
            "ip nat outside source",
            rules.outside_source,
            &outside,
            &any,
        ));
        out.before.extend(stage(self, "ip nat destination", rules.destination, &outside, &any));
        out.after.extend(stage(self, "ip nat inside source", source, &inside, &outside));
        out.after.extend(stage(
            self,
            "ip nat outside destination",
            rules.outside_destination,
            &inside,
            &outside,
        ));
        out
    }
}
