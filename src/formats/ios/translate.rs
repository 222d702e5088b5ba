//! `ip nat`: the four lists of a device (destination and source, before and after the route).

use super::commands::Bin;
use super::interface::Side;
use super::lists::Found;
use super::reader::{Reader, line, unknown};
use crate::formats::lines::{ConfigLine, Word};
use crate::model::{
    Action, AddressMap, AddressSet, AddressWithin, Binding, ContextId, InterfaceAddress,
    InterfaceId, Interfaces, Line, ListId, Match, NextHop, PolicyRoute, PortMap, Rewrite, Stage,
    Translate, Translated,
};
use crate::net::{AddressRange, Family, PortRange, Prefix};
use crate::source::Span;
use crate::text;
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

/// The options after the operands of a rule.
#[derive(Clone, Copy, Debug, Default)]
struct Options<'a> {
    vrf: Option<Word<'a>>,
    route_map: Option<Word<'a>>,
    overload: bool,
}

/// One static rule.
struct Fixed<'a> {
    protocol: Option<u8>,
    local: AddressRange,
    /// `None`: the address of `interface`.
    global: Option<AddressRange>,
    interface: Option<Word<'a>>,
    ports: Option<(u16, u16)>,
    options: Options<'a>,
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
            let span = super::split::whole(block);
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
        let mut inward = self.everything(Some(Family::V4), span);
        inward.destination = self.addresses_of(&global, span);
        let mut outward = self.everything(Some(Family::V4), span);
        outward.source = self.range(local, span);
        outward.ingress = Interfaces::Of(self.members(&rules.inside, context));
        if let Some(protocol) = fixed.protocol {
            let (inside, outside) = match fixed.ports {
                Some((inside, outside)) => (PortRange::single(inside), PortRange::single(outside)),
                None => (PortRange::ALL, PortRange::ALL),
            };
            let any = crate::model::TcpFlags::ANY;
            let has_ports = crate::net::flow::has_ports(protocol);
            inward.service = if has_ports {
                self.ports(protocol, PortRange::ALL, outside, any, span)
            } else {
                self.protocol(protocol, span)
            };
            outward.service = if has_ports {
                self.ports(protocol, inside, PortRange::ALL, any, span)
            } else {
                self.protocol(protocol, span)
            };
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
        let down = self.device.rewrites.push(Rewrite {
            label: label.clone(),
            destination: Some(to_local),
            destination_port: fixed.ports.map(|(inside, outside)| port(outside, inside)),
            span: Some(span),
            ..Rewrite::default()
        });
        let up = self.device.rewrites.push(Rewrite {
            label: label.clone(),
            source: Some(single.map_or(AddressMap::EgressInterface, |global| shift(local, global))),
            source_port: fixed.ports.map(|(inside, outside)| port(inside, outside)),
            span: Some(span),
            ..Rewrite::default()
        });
        rules.destination.push(line(label.clone(), inward, Action::Rewrite(down), span));
        let breadth = u8::from(fixed.ports.is_none()) + u8::from(wide);
        rules.fixed.push((breadth, line(label, outward, Action::Rewrite(up), span)));
        self.into_vrf(context, down, span);
        self.own(&global, &rules.outside, span);
        Some(())
    }

    /// A translated packet of a VRF rule is routed by that VRF, also when it came in by a global interface.
    fn into_vrf(&mut self, context: ContextId, rewrite: crate::model::RewriteId, span: Span) {
        if context == self.global() {
            return;
        }
        let mut matches = self.everything(Some(Family::V4), span);
        matches.translated = Translated::By(vec![rewrite]);
        let route = PolicyRoute { matches, next_hop: Some(NextHop::Context(context)), span };
        let global = self.global();
        self.device.contexts[global].policy_routes.push(route);
    }

    /// The router answers for a global address that lies in the subnet of an outside interface.
    fn own(&mut self, global: &Option<Vec<AddressRange>>, outside: &[InterfaceId], span: Span) {
        let single =
            global.as_deref().and_then(|ranges| ranges.first()).filter(|range| range.extent() == 0);
        let Some(address) = single.map(|range| range.first()) else { return };
        for id in outside {
            let own = &self.device.interfaces[*id].addresses;
            let known = own.iter().any(|entry| entry.address == address);
            let holder = own
                .iter()
                .find(|own| Prefix::new(own.address, own.len).is_some_and(|p| p.contains(address)));
            if let (Some(len), false) = (holder.map(|own| own.len), known) {
                self.device.interfaces[*id].addresses.push(InterfaceAddress { address, len, span });
            }
        }
    }

    fn members(&self, ids: &[InterfaceId], context: ContextId) -> Vec<InterfaceId> {
        ids.iter().copied().filter(|id| self.device.interfaces[*id].context == context).collect()
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
            Some([range]) => self.range(*range, span),
            Some(ranges) => {
                let members = ranges.iter().map(|range| self.range(*range, span)).collect();
                self.union(members, span)
            }
            None => {
                let reason = text!(
                    "インターフェースのアドレスは起動時に割り当てられます。",
                    "the address of the interface is assigned at run time"
                );
                let within = AddressWithin::Family(Family::V4);
                self.device.literal(AddressSet::Unknown { reason, within }, span)
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

    /// `{list A|route-map R} {pool P|interface I} [vrf V] [overload]`.
    fn inside_dynamic(
        &mut self,
        head: &ConfigLine<'a>,
        at: usize,
        rules: &mut Rules<'a>,
    ) -> Option<()> {
        let options = options(head, at + 4);
        let context = options.vrf.map_or(self.global(), |vrf| self.vrf(vrf.text, vrf.span));
        let source = match head.word(at + 2) {
            "pool" => match rules.pools.get(head.word(at + 3)) {
                Some(ranges) if !ranges.is_empty() => AddressMap::Pool(ranges.clone()),
                _ => AddressMap::Unknown,
            },
            "interface" => match self.interface_addresses(head.word(at + 3)) {
                ranges if ranges.is_empty() => AddressMap::EgressInterface,
                ranges => AddressMap::Pool(ranges),
            },
            _ => return None,
        };
        let rewrite = self.device.rewrites.push(Rewrite {
            label: head.text.to_owned(),
            source: Some(source.clone()),
            source_port: options.overload.then_some(PortMap::Within(PortRange::ALL)),
            span: Some(head.span),
            ..Rewrite::default()
        });
        let ingress = Interfaces::Of(self.members(&rules.inside, context));
        let lines = self.selected(head, at, &ingress, Action::Rewrite(rewrite))?;
        if let (false, AddressMap::Pool(ranges)) = (options.overload, &source) {
            self.back_through(head, at, ranges.clone(), context, rules);
        }
        rules.source.extend(lines);
        Some(())
    }

    /// Without `overload` a translation in use also lets the outside open connections to that inside host.
    fn back_through(
        &mut self,
        head: &ConfigLine<'a>,
        at: usize,
        ranges: Vec<AddressRange>,
        context: ContextId,
        rules: &mut Rules<'a>,
    ) {
        let list = head.words.get(at + 1).filter(|_| head.word(at) == "list");
        let found = list.map(|word| self.acl(Family::V4, *word));
        let inside = match found {
            Some(Found::List(list)) => self.permitted_sources(list),
            _ => None,
        };
        let reason = text!(
            "プールのアドレスへの外からの通信は、変換が使われている間だけ内側へ届き得ます。",
            "packets to the pool reach the inside only while a translation is in use"
        );
        let mut matches = self.everything(Some(Family::V4), head.span);
        matches.destination = self.addresses_of(&Some(ranges), head.span);
        matches.unknown.push(unknown(reason, head.span));
        let rewrite = self.device.rewrites.push(Rewrite {
            label: head.text.to_owned(),
            destination: Some(inside.map_or(AddressMap::Unknown, AddressMap::Pool)),
            span: Some(head.span),
            ..Rewrite::default()
        });
        rules.destination.push(line(
            head.text.to_owned(),
            matches,
            Action::Rewrite(rewrite),
            head.span,
        ));
        self.into_vrf(context, rewrite, head.span);
    }

    /// Lines that do `action` for what a list or route map selects.
    fn selected(
        &mut self,
        head: &ConfigLine<'a>,
        at: usize,
        ingress: &Interfaces,
        action: Action,
    ) -> Option<Vec<Line>> {
        let name = head.words.get(at + 1).copied()?;
        let mut lines = Vec::new();
        match head.word(at) {
            "list" => lines.push(self.select_list(head, name, action)),
            "route-map" => match self.route_maps.get(name.text).cloned() {
                Some(clauses) => {
                    for clause in clauses {
                        lines.extend(self.select_clause(head, &clause, action));
                    }
                }
                None => {
                    let word = name.text.to_owned();
                    self.device.remarks.push(crate::model::Remark::Undefined {
                        kind: "route-map",
                        name: word,
                        span: name.span,
                    });
                    lines.push(self.uncertain(head, name.span, action));
                }
            },
            _ => return None,
        }
        for new in &mut lines {
            new.matches.ingress = ingress.clone();
        }
        Some(lines)
    }

    fn select_list(&mut self, head: &ConfigLine<'a>, name: Word<'a>, action: Action) -> Line {
        match self.acl(Family::V4, name) {
            Found::List(list) => {
                let chain = self.derive(list, action, Action::Return);
                let matches = self.everything(Some(Family::V4), head.span);
                line(head.text.to_owned(), matches, Action::Jump(chain), head.span)
            }
            _ => self.uncertain(head, name.span, action),
        }
    }

    /// An undefined or empty list: whether anything is translated is not known.
    fn uncertain(&mut self, head: &ConfigLine<'a>, span: Span, action: Action) -> Line {
        let reason = text!(
            "参照先のリストが未定義または空のため、変換の有無を特定できません。",
            "the list it names is undefined or empty; whether it translates is not known"
        );
        self.ledger.unsupported(span, reason.clone());
        let mut matches = self.everything(Some(Family::V4), head.span);
        matches.unknown.push(unknown(reason, span));
        line(head.text.to_owned(), matches, action, head.span)
    }

    fn select_clause(
        &mut self,
        head: &ConfigLine<'a>,
        clause: &super::routemap::Clause<'a>,
        action: Action,
    ) -> Vec<Line> {
        let action = if clause.permit { action } else { Action::Permit };
        let names: Vec<Word<'a>> =
            clause.lists.iter().flat_map(|(_, names)| names.iter().copied()).collect();
        let mut lines: Vec<Line> =
            names.iter().map(|name| self.select_list(head, *name, action)).collect();
        if names.is_empty() {
            let matches = self.everything(Some(Family::V4), head.span);
            lines.push(line(head.text.to_owned(), matches, action, head.span));
        }
        let ids: Vec<InterfaceId> =
            clause.egress.iter().filter_map(|word| self.find_interface(word.text)?.id).collect();
        for new in &mut lines {
            if !clause.egress.is_empty() {
                new.matches.egress = Interfaces::Of(ids.clone());
            }
            for other in &clause.others {
                let reason = text!(
                    "route-map のこの条件は評価しません。",
                    "this route-map condition is not evaluated"
                );
                new.matches.unknown.push(unknown(reason, *other));
            }
        }
        lines
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
        let mut inward = self.everything(Some(Family::V4), span);
        inward.source = self.range(outer, span);
        let mut outward = self.everything(Some(Family::V4), span);
        outward.destination = self.range(inner, span);
        if let Some(protocol) = fixed.protocol {
            inward.service = self.protocol(protocol, span);
            outward.service = self.protocol(protocol, span);
        }
        self.conditional(&fixed.options, &mut inward);
        self.conditional(&fixed.options, &mut outward);
        let label = head.text.to_owned();
        let source = self.device.rewrites.push(Rewrite {
            label: label.clone(),
            source: Some(shift(outer, inner)),
            span: Some(span),
            ..Rewrite::default()
        });
        let port = fixed.ports.map(|(outer, inner)| PortMap::Shift {
            from: PortRange::single(inner),
            to: PortRange::single(outer),
        });
        let destination = self.device.rewrites.push(Rewrite {
            label: label.clone(),
            destination: Some(shift(inner, outer)),
            destination_port: port,
            span: Some(span),
            ..Rewrite::default()
        });
        rules.outside_source.push(line(label.clone(), inward, Action::Rewrite(source), span));
        rules.outside_destination.push(line(label, outward, Action::Rewrite(destination), span));
        Some(())
    }

    fn outside_dynamic(&mut self, head: &ConfigLine<'a>, rules: &mut Rules<'a>) -> Option<()> {
        if head.word(6) != "pool" {
            return None;
        }
        let ranges = rules.pools.get(head.word(7)).filter(|ranges| !ranges.is_empty()).cloned();
        let rewrite = self.device.rewrites.push(Rewrite {
            label: head.text.to_owned(),
            source: Some(ranges.map_or(AddressMap::Unknown, AddressMap::Pool)),
            span: Some(head.span),
            ..Rewrite::default()
        });
        let lines = self.selected(head, 4, &Interfaces::Any, Action::Rewrite(rewrite))?;
        rules.outside_source.extend(lines);
        Some(())
    }

    /// `ip nat inside destination list A pool P`: the list names the virtual addresses, the pool the servers.
    fn rotary(&mut self, head: &ConfigLine<'a>, rules: &mut Rules<'a>) -> Option<()> {
        if head.word(4) != "list" || head.word(6) != "pool" {
            return None;
        }
        let ranges = rules.pools.get(head.word(7)).filter(|ranges| !ranges.is_empty()).cloned();
        let rewrite = self.device.rewrites.push(Rewrite {
            label: head.text.to_owned(),
            destination: Some(ranges.map_or(AddressMap::Unknown, AddressMap::Pool)),
            span: Some(head.span),
            ..Rewrite::default()
        });
        let name = head.words.get(5).copied()?;
        let new = match self.acl(Family::V4, name) {
            Found::List(list) => {
                let chain = self.derive(list, Action::Rewrite(rewrite), Action::Return);
                if self.is_standard(list) {
                    for entry in &mut self.device.lists[chain].lines {
                        std::mem::swap(&mut entry.matches.source, &mut entry.matches.destination);
                    }
                }
                let matches = self.everything(Some(Family::V4), head.span);
                line(head.text.to_owned(), matches, Action::Jump(chain), head.span)
            }
            _ => self.uncertain(head, name.span, Action::Rewrite(rewrite)),
        };
        rules.destination.push(new);
        Some(())
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
                let list: ListId = reader.list(name, lines);
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

/// `[tcp|udp|esp|gre] L [PORT] {G|interface I} [PORT]`, `network L G {MASK|/LEN}`.
fn fixed<'a>(head: &ConfigLine<'a>, mut at: usize) -> Option<Fixed<'a>> {
    if head.word(at) == "network" {
        let mask = head.word(at + 3);
        let len = match mask.strip_prefix('/') {
            Some(len) => len.parse().ok()?,
            None => crate::net::netmask_len(mask.parse().ok()?)?,
        };
        let side = |at: usize| Some(Prefix::new(head.word(at).parse().ok()?, len)?.range());
        let (local, global) = (side(at + 1)?, side(at + 2)?);
        return Some(Fixed {
            protocol: None,
            local,
            global: Some(global),
            interface: None,
            ports: None,
            options: options(head, at + 4),
        });
    }
    let protocol = match head.word(at) {
        "tcp" => Some(6),
        "udp" => Some(17),
        "esp" => Some(50),
        "gre" => Some(47),
        _ => None,
    };
    at += usize::from(protocol.is_some());
    let local: IpAddr = head.word(at).parse().ok()?;
    at += 1;
    let local_port = protocol.and_then(|_| port(head.word(at)));
    at += usize::from(local_port.is_some());
    let (global, interface) = if head.word(at) == "interface" {
        at += 1;
        (None, Some(head.words.get(at).copied()?))
    } else {
        (Some(AddressRange::single(head.word(at).parse().ok()?)), None)
    };
    at += 1;
    let global_port = local_port.and_then(|_| port(head.word(at)));
    at += usize::from(global_port.is_some());
    if local_port.is_some() != global_port.is_some() || !local.is_ipv4() {
        return None;
    }
    let ports = local_port.zip(global_port);
    Some(Fixed {
        protocol,
        local: AddressRange::single(local),
        global,
        interface,
        ports,
        options: options(head, at),
    })
}

fn port(word: &str) -> Option<u16> {
    let named = super::names::IOS.tcp.iter().find(|(name, _)| *name == word).map(|(_, port)| *port);
    named.or_else(|| word.parse().ok())
}

fn options<'a>(head: &ConfigLine<'a>, at: usize) -> Options<'a> {
    let mut out = Options::default();
    for (index, word) in head.words.iter().enumerate().skip(at) {
        let next = head.words.get(index + 1).copied();
        match word.text {
            "vrf" => out.vrf = next,
            "route-map" => out.route_map = next,
            "overload" => out.overload = true,
            _ => {}
        }
    }
    out
}
