//! NAT of packets that come in by an interface.

use super::{Descriptor, Incoming, Port, Type, exchange, first};
use crate::formats::builder::{line, unknown};
use crate::formats::yamaha::interface::Iface;
use crate::formats::yamaha::reader::Reader;
use crate::model::{
    Action, AddressId, AddressMap, Binding, Filter, Interfaces, Line, Match, PortMap, Rewrite,
    ServiceId, TcpFlags, Translate, Translated,
};
use crate::net::{AddressRange, Family, PortRange, State};
use crate::source::Span;
use crate::text;
use crate::text::Text;

/// A descriptor on an interface.
pub(super) struct Use<'d> {
    pub(super) number: u32,
    /// `None`: what it translates is not known.
    pub(super) descriptor: Option<&'d Descriptor>,
    pub(super) outer: Option<Vec<AddressRange>>,
    pub(super) span: Span,
    /// Whether an earlier descriptor of the interface has the same outer addresses, so that it may decide.
    pub(super) second: bool,
}

impl Use<'_> {
    fn unknown(number: u32, span: Span) -> Self {
        Use { number, descriptor: None, outer: None, span, second: false }
    }
}

impl<'a> Reader<'a, '_> {
    /// The descriptors of an interface that translate, in order.
    pub(super) fn uses<'d>(
        &mut self,
        iface: &Iface<'a>,
        numbers: &[u32],
        all: &'d std::collections::BTreeMap<u32, Descriptor>,
    ) -> Vec<Use<'d>> {
        let mut out: Vec<Use<'d>> = Vec::new();
        for number in numbers {
            let Some(descriptor) = all.get(number) else {
                self.builder.undefined("nat descriptor", &number.to_string(), iface.span);
                out.push(Use::unknown(*number, iface.span));
                continue;
            };
            match descriptor.kind {
                Type::None => continue,
                Type::Unstated => {
                    out.push(Use::unknown(*number, descriptor.span.unwrap_or(iface.span)));
                    continue;
                }
                _ => {}
            }
            let outer = self.outer_ranges(descriptor, iface);
            let overlaps =
                |a: &AddressRange, b: &AddressRange| a.contains(b.first()) || b.contains(a.first());
            let cost = descriptor.ports.len() + descriptor.fixed.len() + descriptor.unread.len();
            let span = descriptor.span.unwrap_or(iface.span);
            if cost > self.nat_budget {
                out.push(Use::unknown(*number, span));
                continue;
            }
            self.nat_budget -= cost;
            let second = out.iter().any(|earlier| match (&earlier.outer, &outer) {
                (Some(a), Some(b)) => a.iter().any(|a| b.iter().any(|b| overlaps(a, b))),
                _ => true,
            });
            out.push(Use { number: *number, descriptor: Some(descriptor), outer, span, second });
        }
        out
    }

    /// Destination translation for packets that come in, source translation by `reverse`, and what `incoming` drops.
    pub(in crate::formats::yamaha) fn nat_inward(&mut self) -> (Vec<Translate>, Option<Filter>) {
        let all = self.descriptors.clone();
        let (mut normal, mut reverse, mut dropped) = (Vec::new(), Vec::new(), Vec::new());
        let mut hairpins = Vec::new();
        for iface in self.interfaces.clone() {
            let Some(id) = iface.id else { continue };
            let bind = |lists| Binding {
                ingress: Interfaces::Of(vec![id]),
                egress: Interfaces::Any,
                lists,
                default: Action::Permit,
                default_label: format!("{}: no NAT entry", iface.name),
                span: Some(iface.span),
            };
            let uses = self.uses(&iface, &iface.nat.0, &all);
            if !uses.is_empty() {
                let mut lines = Vec::new();
                let mut ends = Vec::new();
                for one in &uses {
                    let Some(descriptor) = one.descriptor else {
                        lines.push(self.unfollowed(one));
                        continue;
                    };
                    self.entries(descriptor, one, &mut lines);
                    self.unread_entries(descriptor, one, &mut lines);
                    self.answers(descriptor, one, &mut lines);
                    self.lent(descriptor, one, &mut lines);
                    self.upnp_entries(&iface, descriptor, one, &mut lines);
                    self.incoming(descriptor, one, &mut lines, &mut ends);
                    if descriptor.hairpin {
                        self.entries(descriptor, one, &mut hairpins);
                    }
                }
                normal.push(bind(vec![self.builder.list("nat descriptor", lines)]));
                dropped.push(bind(vec![self.builder.list("masquerade incoming", ends)]));
            }
            let uses = self.uses(&iface, &iface.nat.1, &all);
            if !uses.is_empty() {
                let mut lines = Vec::new();
                for one in &uses {
                    self.sources(one, &mut lines);
                }
                reverse.push(bind(vec![self.builder.list("nat descriptor reverse", lines)]));
            }
        }
        if !hairpins.is_empty() {
            normal.push(self.hairpin(hairpins));
        }
        let stages = [("NAT in", normal), ("reverse NAT in", reverse)];
        let stages = stages.into_iter().filter(|(_, bindings)| !bindings.is_empty());
        let stages = stages.map(|(name, bindings)| Translate { name, bindings }).collect();
        let filter = Filter {
            name: "masquerade incoming",
            bindings: dropped,
            otherwise: Action::Permit,
            stateful: false,
        };
        (stages, (!filter.bindings.is_empty()).then_some(filter))
    }

    /// A descriptor that is not known may translate to anything, or not at all.
    pub(super) fn unfollowed(&mut self, one: &Use<'_>) -> Line {
        let matches = self.builder.everything(Some(Family::V4), one.span);
        let label = format!("nat descriptor {} (not known)", one.number);
        line(label, matches, Action::Undecided, one.span)
    }

    /// Hosts inside may reach inner servers by their outer addresses.
    fn hairpin(&mut self, mut lines: Vec<Line>) -> Binding {
        for line in &mut lines {
            line.matches.unknown.push(unknown(hairpin_reason(), line.span));
        }
        let list = self.builder.list("nat descriptor hairpin", lines);
        Binding {
            ingress: Interfaces::Any,
            egress: Interfaces::Any,
            lists: vec![list],
            default: Action::Permit,
            default_label: "no hairpin NAT entry".to_owned(),
            span: None,
        }
    }

    /// Static entries: to an outer address, and with IP masquerade to a port of it.
    pub(super) fn entries(
        &mut self,
        descriptor: &Descriptor,
        one: &Use<'_>,
        lines: &mut Vec<Line>,
    ) {
        if descriptor.masquerades() {
            let from = first(one.outer.as_deref());
            for port in &descriptor.ports {
                let destination =
                    self.outer_object(from.as_ref().map(std::slice::from_ref), port.span);
                let service = self.port_service(port, true);
                let matches = self.to(destination, service, one, port.span);
                let rewrite = Rewrite {
                    destination: Some(exchange(from, AddressRange::single(port.inner))),
                    destination_port: port.ports.map(|(from, to)| PortMap::Shift { from, to }),
                    ..Rewrite::default()
                };
                let label = format!("nat descriptor masquerade static {} {}", one.number, port.id);
                lines.push(self.rewriting(label, matches, rewrite, port.span));
            }
        }
        for fixed in &descriptor.fixed {
            let destination = self.builder.range(fixed.outer, fixed.span);
            let service = self.builder.any_service(fixed.span);
            let matches = self.to(destination, service, one, fixed.span);
            let (from, to) = (fixed.outer, fixed.inner);
            let rewrite =
                Rewrite { destination: Some(AddressMap::Shift { from, to }), ..Rewrite::default() };
            let label = format!("nat descriptor static {}", one.number);
            lines.push(self.rewriting(label, matches, rewrite, fixed.span));
        }
    }

    /// Answers to connections that were translated on their way out go to some inner address.
    fn answers(&mut self, descriptor: &Descriptor, one: &Use<'_>, lines: &mut Vec<Line>) {
        let destination = self.outer_object(one.outer.as_deref(), one.span);
        let service = self.builder.any_service(one.span);
        let mut matches = self.to(destination, service, one, one.span);
        matches.states = Some(vec![State::Established, State::Related]);
        let inner = descriptor.inner.clone();
        let rewrite = Rewrite {
            destination: Some(inner.map_or(AddressMap::Unknown, AddressMap::Pool)),
            destination_port: Some(PortMap::Within(PortRange::ALL)),
            ..Rewrite::default()
        };
        let label = format!("nat descriptor {} (answers)", one.number);
        lines.push(self.rewriting(label, matches, rewrite, one.span));
    }

    /// What fits no entry: forwarded to one host, dropped, or let through.
    fn incoming(
        &mut self,
        descriptor: &Descriptor,
        one: &Use<'_>,
        lines: &mut Vec<Line>,
        ends: &mut Vec<Line>,
    ) {
        let span = one.span;
        let any = self.builder.any_service(span);
        let own = first(one.outer.as_deref());
        let label = format!("nat descriptor masquerade incoming {}", one.number);
        let target = self.outer_object(own.as_ref().map(std::slice::from_ref), span);
        let masquerades = descriptor.masquerades();
        if let (true, Incoming::Forward(host)) = (masquerades, descriptor.incoming) {
            let matches = self.to(target, any, one, span);
            let rewrite = Rewrite {
                destination: Some(exchange(own, AddressRange::single(host))),
                ..Rewrite::default()
            };
            lines.push(self.rewriting(label.clone(), matches, rewrite, span));
        }
        let opening = |mut matches: Match| {
            matches.translated = Translated::Untouched;
            matches.states = Some(vec![State::New, State::Invalid]);
            matches
        };
        if masquerades {
            let low = PortRange::new(0, 1023).unwrap_or(PortRange::ALL);
            let through = descriptor.incoming == Incoming::Through;
            let service = match through {
                true => self.builder.ports(6, PortRange::ALL, low, TcpFlags::ANY, span),
                false => any,
            };
            let matches = opening(self.to(target, service, one, span));
            ends.push(line(label.clone(), matches, Action::Deny, span));
            if through {
                let matches = opening(self.to(target, any, one, span));
                ends.push(line(label, matches, Action::Permit, span));
            }
        }
        // Whether packets to inner addresses pass a NAT from outside as they are is not established; nor what plain NAT does
        // with an outer address that no entry holds.
        let inner = self.inner_object(descriptor, span);
        let outer = self.outer_object(one.outer.as_deref(), span);
        for place in [inner, outer] {
            let matches = opening(self.to(place, any, one, span));
            let label = format!("nat descriptor {} (not translated)", one.number);
            ends.push(line(label, matches, Action::Undecided, span));
        }
    }

    /// A line of a translation list.
    pub(super) fn rewriting(
        &mut self,
        label: String,
        matches: Match,
        rewrite: Rewrite,
        span: Span,
    ) -> Line {
        let rewrite = Rewrite { label: label.clone(), span: Some(span), ..rewrite };
        let id = self.builder.device.rewrites.push(rewrite);
        line(label, matches, Action::Rewrite(id), span)
    }

    /// Packets to an address.
    pub(super) fn to(
        &mut self,
        destination: AddressId,
        service: ServiceId,
        one: &Use<'_>,
        span: Span,
    ) -> Match {
        let mut matches = self.builder.everything(Some(Family::V4), span);
        (matches.destination, matches.service) = (destination, service);
        if one.second {
            matches.unknown.push(unknown(second_reason(), span));
        }
        matches
    }

    /// The packets of a static entry of IP masquerade: inward by the outer port, outward by the inner one.
    pub(super) fn port_service(&mut self, port: &Port, inward: bool) -> ServiceId {
        match port.ports {
            None => self.builder.protocol(port.protocol, port.span),
            Some((outer, _)) if inward => {
                let all = PortRange::ALL;
                self.builder.ports(port.protocol, all, outer, TcpFlags::ANY, port.span)
            }
            Some((_, inner)) => {
                let all = PortRange::ALL;
                self.builder.ports(port.protocol, inner, all, TcpFlags::ANY, port.span)
            }
        }
    }
}

fn hairpin_reason() -> Text {
    text!(
        "ヘアピンNATは、内側からの通信を変換し得るものとして読みます。",
        "hairpin NAT may translate traffic from inside"
    )
}

fn second_reason() -> Text {
    text!(
        "前のNATディスクリプターと外側アドレスが重なるため、どちらが変換するかは定まりません。",
        "an earlier NAT descriptor has the same outer addresses; which of them translates is not known"
    )
}
