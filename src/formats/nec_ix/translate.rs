//! The translation stages that the NAT and NAPT lines of the interfaces become.
//!
//! Before the route the destinations of published services are translated, after it the sources of what leaves. What arrives at a
//! NAPT interface without an entry is dropped or handed on: no document says which, so it is read as both.

use super::entry::Operand;
use super::interface::Iface;
use super::lower::Outer;
use super::nat::{Ports, Service};
use super::reader::{Reader, doubt, line};
use crate::formats::lines::Word;
use crate::model::{
    Action, AddressId, AddressMap, AddressWithin, Binding, Filter, Interfaces, Line, ListId, Match,
    PortMap, Rewrite, ServiceId, Stage, TcpFlags, Translate, Translated,
};
use crate::net::{AddressRange, Family, PortRange, State};
use crate::source::Span;
use crate::text;

/// The translations of all interfaces, in the places of the pipeline.
#[derive(Debug)]
pub(super) struct Translations {
    pub(super) before: Option<Stage>,
    /// What arrives at a NAPT interface and no translation took.
    pub(super) unlisted: Option<Filter>,
    pub(super) after: Option<Stage>,
}

impl<'a> Reader<'a, '_> {
    /// Fills in the outer side of every interface with translations.
    pub(super) fn outsides(&mut self) {
        for at in 0..self.interfaces.len() {
            let Some(iface) = self.interfaces.get(at) else { continue };
            if !iface.nat.active() {
                continue;
            }
            let own = self.own(iface);
            let outer = self.outer(iface, &own);
            if let Some(iface) = self.interfaces.get_mut(at) {
                (iface.own, iface.outer) = (own, Some(outer));
            }
        }
    }

    fn outer(&self, iface: &Iface<'a>, own: &[AddressRange]) -> Outer {
        let nat = &iface.nat;
        let changed = nat.services.iter().any(|service| service.inside.is_some());
        let unread = !nat.doubts.is_empty();
        let known = !unread && (nat.napt.is_none() || !own.is_empty());
        let pools = nat.dynamics.iter().map(|(_, pool, _)| self.pools.get(pool.text).copied());
        let pools: Option<Vec<AddressRange>> = pools.collect();
        let hosts = nat.hosts.iter().map(|(_, outer, _)| *outer);
        let addresses = pools
            .filter(|_| known)
            .map(|pools| own.iter().copied().chain(hosts).chain(pools).collect());
        let ports = nat.napt.is_some() || changed || unread;
        Outer { addresses, ports, changed: changed || unread, span: nat.napt.or(nat.nat) }
    }

    /// The addresses that NAPT uses outside; none when they are assigned at run time.
    fn own(&self, iface: &Iface<'a>) -> Vec<AddressRange> {
        if let Some(address) = iface.nat.address {
            return vec![address];
        }
        let by = iface.unnumbered.and_then(|name| self.find(name)).map_or(iface.id, |by| by.id);
        let device = &self.build.device.interfaces[by];
        let v4 = device.addresses.iter().filter(|own| Family::of(own.address) == Family::V4);
        v4.map(|own| AddressRange::single(own.address)).collect()
    }

    /// All stages; to be called once, after [`Reader::outsides`].
    pub(super) fn translations(&mut self) -> Translations {
        let interfaces = std::mem::take(&mut self.interfaces);
        let (mut before, mut unlisted, mut after) = (Vec::new(), Vec::new(), Vec::new());
        let mut hairpins = Vec::new();
        for iface in interfaces.iter().filter(|iface| iface.nat.active()) {
            let lines = self.inbound(iface);
            before.push(self.bind(iface, true, "NAT in", lines));
            let lines = self.outbound(iface);
            after.push(self.bind(iface, false, "NAT out", lines));
            if let Some(span) = iface.nat.napt {
                let lines = self.unlisted(iface, span);
                unlisted.push(self.bind(iface, true, "NAPT", lines));
            }
            if iface.nat.hairpin.is_some() {
                self.hairpin(iface, &mut hairpins);
            }
        }
        if !hairpins.is_empty() {
            let list = self.build.list("NAPT hairpinning", hairpins);
            before.push(anywhere(list));
        }
        self.interfaces = interfaces;
        let stage = |name, bindings: Vec<Binding>| {
            (!bindings.is_empty()).then_some(Stage::Translate(Translate { name, bindings }))
        };
        let filter =
            Filter { name: "NAPT", bindings: unlisted, otherwise: Action::Permit, stateful: false };
        Translations {
            before: stage("NAT in", before),
            unlisted: (!filter.bindings.is_empty()).then_some(filter),
            after: stage("NAT out", after),
        }
    }

    fn bind(&mut self, iface: &Iface<'a>, inbound: bool, name: &str, lines: Vec<Line>) -> Binding {
        let list = self.build.list(name, lines);
        let one = Interfaces::Of(vec![iface.id]);
        let mut binding = anywhere(list);
        if inbound {
            binding.ingress = one;
        } else {
            binding.egress = one;
        }
        binding.span = iface.nat.napt.or(iface.nat.nat);
        binding
    }

    /// Published services, fixed hosts, and what hosts inside opened before.
    fn inbound(&mut self, iface: &Iface<'a>) -> Vec<Line> {
        let mut lines = Vec::new();
        self.doubts(iface, &mut lines);
        for service in iface.nat.services.iter().filter(|_| iface.nat.napt.is_some()) {
            self.published(iface, service, &mut lines);
        }
        for (inner, outer, span) in iface.nat.hosts.iter().filter(|_| iface.nat.nat.is_some()) {
            let mut matches = self.build.everything(Some(Family::V4), *span);
            matches.destination = self.build.range(*outer, *span);
            let map = AddressMap::Shift { from: *outer, to: *inner };
            let rewrite = Rewrite { destination: Some(map), ..named("ip nat static", *span) };
            lines.push(self.rewriting(matches, rewrite));
        }
        for (list, pool, span) in iface.nat.dynamics.iter().filter(|_| iface.nat.nat.is_some()) {
            let mut matches = self.build.everything(Some(Family::V4), *span);
            if let Some(pool) = self.pools.get(pool.text).copied() {
                matches.destination = self.build.range(pool, *span);
            }
            let inside = self.inside(list);
            lines.push(self.opened_host(matches, inside, "ip nat dynamic", *span));
        }
        if let Some(span) = iface.nat.shared {
            let mut matches = self.build.everything(Some(Family::V4), span);
            matches.destination = self.own_addresses(iface, span);
            lines.push(self.opened_host(matches, AddressMap::Unknown, "ip napt eim-mode", span));
        }
        lines
    }

    /// Lines that could not be read may translate anything.
    fn doubts(&mut self, iface: &Iface<'a>, lines: &mut Vec<Line>) {
        for span in &iface.nat.doubts {
            let label = "translation that is not understood";
            lines.push(self.every(Some(Family::V4), label, Action::Undecided, *span));
        }
    }

    /// A host inside that can be reached once it has sent something.
    fn opened_host(
        &mut self,
        mut matches: Match,
        inside: AddressMap,
        label: &str,
        span: Span,
    ) -> Line {
        let reason = text!(
            "内側の端末が通信を始めた後は、外側からその変換を通って届くことがあります。",
            "once a host inside has sent something, packets from outside may reach it through its translation"
        );
        doubt(&mut matches, reason, span);
        let rewrite = Rewrite { destination: Some(inside), ..named(label, span) };
        self.rewriting(matches, rewrite)
    }

    /// The hosts that an inside list permits, when its lines name ranges only.
    fn inside(&mut self, list: &Word<'a>) -> AddressMap {
        let Some(entries) = self.entries(Family::V4, list) else { return AddressMap::Unknown };
        let mut ranges = Vec::new();
        for entry in entries.entries.iter().filter(|entry| entry.permit != Some(false)) {
            match entry.source {
                Operand::Prefix(prefix) if entry.permit.is_some() => ranges.push(prefix.range()),
                _ => return AddressMap::Unknown,
            }
        }
        if ranges.is_empty() { AddressMap::Unknown } else { AddressMap::Pool(ranges) }
    }

    fn own_addresses(&mut self, iface: &Iface<'a>, span: Span) -> AddressId {
        if iface.own.is_empty() {
            let reason = text!(
                "外側のアドレスは運用時に割り当てられます。",
                "the outer address is assigned at run time"
            );
            return self.build.unknown_address(reason, AddressWithin::Family(Family::V4), span);
        }
        let members = iface.own.iter().map(|range| self.build.range(*range, span)).collect();
        self.build.union(members, span)
    }

    /// One service, in every way that its ports can be understood.
    fn published(&mut self, iface: &Iface<'a>, service: &Service, lines: &mut Vec<Line>) {
        let span = service.span;
        let mut readings = vec![(service.outside, service.inside)];
        if let (true, Some(inside), Some(ports)) =
            (service.unclear, service.inside, service.outside.ports)
        {
            readings.push((Ports { ports: Some(inside), ..service.outside }, Some(ports)));
        }
        for (outside, inside) in readings {
            let mut matches = self.build.everything(Some(Family::V4), span);
            matches.destination = self.own_addresses(iface, span);
            matches.service = self.arriving(outside, span);
            if service.unclear {
                let reason = text!(
                    "ポート変換のどちらが外側のポートか、公開文書で確認できません。両方の読み方を採ります。",
                    "which of the two ports is the outer one is not settled by a public document; both are read"
                );
                doubt(&mut matches, reason, span);
            }
            if service.twice {
                let reason = text!(
                    "同じ名前の ip napt service が複数あり、後の行が前の行を置き換えるかどうかは公開文書で確認できません。どれも使われ得ると読みます。",
                    "several services have this name; whether a later line replaces an earlier one is not settled by a public document, and each may be in use"
                );
                doubt(&mut matches, reason, span);
            }
            let port = outside.ports.zip(inside).map(|(from, to)| PortMap::Shift { from, to });
            let inner = AddressMap::Pool(vec![AddressRange::single(service.inner)]);
            let rewrite = Rewrite {
                destination: Some(inner),
                destination_port: port,
                ..named("ip napt", span)
            };
            lines.push(self.rewriting(matches, rewrite));
        }
    }

    fn arriving(&mut self, ports: Ports, span: Span) -> ServiceId {
        match (ports.protocol, ports.ports) {
            (None, _) => self.build.any_service(span),
            (Some(number), Some(range)) if crate::net::flow::has_ports(number) => {
                self.build.ports(number, PortRange::ALL, range, TcpFlags::ANY, span)
            }
            (Some(number), _) => self.build.protocol(number, span),
        }
    }

    /// Inside hosts that use the outer address: translated like those outside, perhaps with a new source.
    fn hairpin(&mut self, iface: &Iface<'a>, lines: &mut Vec<Line>) {
        let mut found = Vec::new();
        for service in &iface.nat.services {
            self.published(iface, service, &mut found);
        }
        for mut line in found {
            let reason = text!(
                "内側から外側アドレスへの折り返し（ヘアピン）は、変換されることもされないこともあるものとして読みます。",
                "hosts inside that use the outer address may be turned around or not"
            );
            let span = line.span;
            doubt(&mut line.matches, reason, span);
            if let Action::Rewrite(id) = line.action {
                let mut twin = self.build.device.rewrites[id].clone();
                twin.source = Some(self.outside(iface));
                twin.source_port = Some(PortMap::Within(PortRange::ALL));
                lines.push(self.rewriting(line.matches.clone(), twin));
            }
            lines.push(line);
        }
    }

    fn outside(&self, iface: &Iface<'a>) -> AddressMap {
        if iface.own.is_empty() { AddressMap::Unknown } else { AddressMap::Pool(iface.own.clone()) }
    }

    /// Sources of what leaves.
    fn outbound(&mut self, iface: &Iface<'a>) -> Vec<Line> {
        let mut lines = Vec::new();
        self.doubts(iface, &mut lines);
        if iface.nat.nat.is_some() {
            for (inner, outer, span) in &iface.nat.hosts {
                let mut matches = self.build.everything(Some(Family::V4), *span);
                matches.source = self.build.range(*inner, *span);
                let map = AddressMap::Shift { from: *inner, to: *outer };
                let rewrite = Rewrite { source: Some(map), ..named("ip nat static", *span) };
                lines.push(self.rewriting(matches, rewrite));
            }
            for (list, pool, span) in &iface.nat.dynamics {
                let pool = self.pools.get(pool.text).copied();
                let map = pool.map_or(AddressMap::Unknown, |pool| AddressMap::Pool(vec![pool]));
                let rewrite = Rewrite { source: Some(map), ..named("ip nat dynamic", *span) };
                self.selected(list, &rewrite, &mut lines);
            }
        }
        let Some(span) = iface.nat.napt else { return lines };
        let rewrite = Rewrite {
            source: Some(self.outside(iface)),
            source_port: Some(PortMap::Within(PortRange::ALL)),
            ..named("ip napt", span)
        };
        for list in &iface.nat.inside {
            self.selected(list, &rewrite, &mut lines);
        }
        if iface.nat.inside.is_empty() {
            let matches = self.build.everything(Some(Family::V4), span);
            lines.push(self.rewriting(matches, rewrite));
        }
        lines
    }

    /// Translates what a list permits.
    fn selected(&mut self, list: &Word<'a>, rewrite: &Rewrite, lines: &mut Vec<Line>) {
        let span = list.span;
        let entries = self.entries(Family::V4, list);
        let entries = entries.filter(|defined| self.has_room(defined.entries.len()));
        let Some(entries) = entries else {
            if !self.is_list(Family::V4, list.text) {
                self.build.undefined("access-list", list.text, span);
            }
            let mut matches = self.build.everything(Some(Family::V4), span);
            let reason = text!(
                "変換対象のアクセスリストが定まりません。",
                "the access list that selects what is translated is not determined"
            );
            self.ledger.unsupported(span, reason.clone());
            doubt(&mut matches, reason, span);
            lines.push(self.rewriting(matches, rewrite.clone()));
            return;
        };
        let mut read = Vec::new();
        for entry in &entries.entries {
            self.lower(Family::V4, list.text, entry, super::lower::Sight::Exact, &mut read);
        }
        for line in read {
            match line.action {
                Action::Deny => lines.push(Line { action: Action::Permit, ..line }),
                Action::Permit => lines.push(self.rewriting(line.matches, rewrite.clone())),
                _ => lines.push(line),
            }
        }
    }

    /// What arrives at a NAPT interface and is not translated back: replies and what `ip napt static` keeps for the device pass.
    fn unlisted(&mut self, iface: &Iface<'a>, span: Span) -> Vec<Line> {
        let mut known = self.every(Some(Family::V4), "NAPT entry", Action::Permit, span);
        known.matches.states = Some(vec![State::Established, State::Related]);
        let mut touched = self.every(Some(Family::V4), "NAPT entry", Action::Permit, span);
        touched.matches.translated = Translated::Touched;
        let mut lines = vec![known, touched];
        for (ports, span) in &iface.nat.own {
            let mut matches = self.build.everything(Some(Family::V4), *span);
            matches.destination = self.own_addresses(iface, *span);
            matches.service = self.arriving(*ports, *span);
            lines.push(line("ip napt static", matches, Action::Permit, *span));
        }
        let label = "NAPT without an entry";
        lines.push(self.every(Some(Family::V4), label, Action::Undecided, span));
        lines
    }

    fn rewriting(&mut self, matches: Match, rewrite: Rewrite) -> Line {
        let (label, span) = (rewrite.label.clone(), rewrite.span);
        let id = self.build.device.rewrites.push(rewrite);
        line(&label, matches, Action::Rewrite(id), span.unwrap_or(self.origin))
    }
}

fn anywhere(list: ListId) -> Binding {
    Binding {
        ingress: Interfaces::Any,
        egress: Interfaces::Any,
        lists: vec![list],
        default: Action::Permit,
        default_label: "no translation".to_owned(),
        span: None,
    }
}

fn named(label: &str, span: Span) -> Rewrite {
    Rewrite { label: label.to_owned(), span: Some(span), ..Rewrite::default() }
}
