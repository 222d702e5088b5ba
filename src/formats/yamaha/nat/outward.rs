//! NAT of packets that leave by an interface.

use super::inward::Use;
use super::{Descriptor, exchange, first};
use crate::formats::yamaha::reader::Reader;
use crate::model::{
    Action, AddressId, AddressMap, Binding, Interfaces, Line, Match, PortMap, Rewrite, ServiceId,
    Translate,
};
use crate::net::{AddressRange, Family, PortRange};
use crate::source::Span;

impl Reader<'_, '_> {
    /// Source translation for packets that leave, destination translation by `reverse`.
    pub(in crate::formats::yamaha) fn nat_outward(&mut self) -> Vec<Translate> {
        let all = self.descriptors.clone();
        let (mut normal, mut reverse) = (Vec::new(), Vec::new());
        for iface in self.interfaces.clone() {
            let Some(id) = iface.id else { continue };
            let bind = |lists| Binding {
                ingress: Interfaces::Any,
                egress: Interfaces::Of(vec![id]),
                lists,
                default: Action::Permit,
                default_label: format!("{}: no NAT entry", iface.name),
                span: Some(iface.span),
            };
            let uses = self.uses(&iface, &iface.nat.0, &all);
            if !uses.is_empty() {
                let mut lines = Vec::new();
                for one in &uses {
                    self.sources(one, &mut lines);
                }
                normal.push(bind(vec![self.builder.list("nat descriptor", lines)]));
            }
            let uses = self.uses(&iface, &iface.nat.1, &all);
            if !uses.is_empty() {
                let mut lines = Vec::new();
                for one in &uses {
                    match one.descriptor {
                        Some(descriptor) => {
                            self.entries(descriptor, one, &mut lines);
                            self.unread_entries(descriptor, one, &mut lines);
                            self.lent(descriptor, one, &mut lines);
                        }
                        None => lines.push(self.unfollowed(one)),
                    }
                }
                reverse.push(bind(vec![self.builder.list("nat descriptor reverse", lines)]));
            }
        }
        let stages = [("NAT out", normal), ("reverse NAT out", reverse)];
        let stages = stages.into_iter().filter(|(_, bindings)| !bindings.is_empty());
        stages.map(|(name, bindings)| Translate { name, bindings }).collect()
    }

    /// From inner addresses to outer ones: static entries first, then what is assigned at run time.
    pub(super) fn sources(&mut self, one: &Use<'_>, lines: &mut Vec<Line>) {
        let Some(descriptor) = one.descriptor else {
            return lines.push(self.unfollowed(one));
        };
        if descriptor.masquerades() {
            let to = first(one.outer.as_deref());
            for port in &descriptor.ports {
                let source = self.builder.range(AddressRange::single(port.inner), port.span);
                let service = self.port_service(port, false);
                let matches = self.of(source, service, port.span);
                let map = match to {
                    Some(to) => exchange(Some(AddressRange::single(port.inner)), to),
                    None => AddressMap::Unknown,
                };
                let rewrite = Rewrite {
                    source: Some(map),
                    source_port: port.ports.map(|(to, from)| PortMap::Shift { from, to }),
                    ..Rewrite::default()
                };
                let label = format!("nat descriptor masquerade static {} {}", one.number, port.id);
                lines.push(self.rewriting(label, matches, rewrite, port.span));
            }
        }
        for fixed in &descriptor.fixed {
            let source = self.builder.range(fixed.inner, fixed.span);
            let service = self.builder.any_service(fixed.span);
            let matches = self.of(source, service, fixed.span);
            let (from, to) = (fixed.inner, fixed.outer);
            let rewrite =
                Rewrite { source: Some(AddressMap::Shift { from, to }), ..Rewrite::default() };
            let label = format!("nat descriptor static {}", one.number);
            lines.push(self.rewriting(label, matches, rewrite, fixed.span));
        }
        lines.push(self.at_run_time(descriptor, one));
    }

    fn at_run_time(&mut self, descriptor: &Descriptor, one: &Use<'_>) -> Line {
        let inner = self.inner_object(descriptor, one.span);
        let service = self.builder.any_service(one.span);
        let matches = self.of(inner, service, one.span);
        let source = match &one.outer {
            Some(ranges) => AddressMap::Pool(ranges.clone()),
            None => AddressMap::Unknown,
        };
        let masquerades = descriptor.masquerades();
        let rewrite = Rewrite {
            source: Some(source),
            source_port: masquerades.then_some(PortMap::Within(PortRange::ALL)),
            ..Rewrite::default()
        };
        self.rewriting(format!("nat descriptor {}", one.number), matches, rewrite, one.span)
    }

    fn of(&mut self, source: AddressId, service: ServiceId, span: Span) -> Match {
        let mut matches = self.builder.everything(Some(Family::V4), span);
        (matches.source, matches.service) = (source, service);
        matches
    }
}
