//! One line of an access list as lines of the model, also where a translation beside the filter makes its view uncertain.
//!
//! Which of the two comes first, the filter or NAT/NAPT of the same interface, is settled by no document that could be cited. So
//! both orders are read: a packet that is not translated meets the exact line; for a translated one a line whose result depends on
//! the order may match or not.

use super::entry::{self, Entry, Operand, Ports};
use super::reader::{Reader, doubt, line};
use crate::model::{
    Action, AddressId, AddressWithin, Line, Match, ServiceId, TcpFlags, Translated,
};
use crate::net::{AddressRange, Family, PortRange, TCP_ACK, TCP_RST};
use crate::source::Span;
use crate::text;

/// How much of a packet's original header a list surely sees.
#[derive(Clone, Copy, Debug)]
pub(super) enum Sight<'o> {
    /// Nothing was translated on the way.
    Exact,
    /// The destination may have been translated at the interface before or after the list.
    Inbound(&'o Outer),
    /// The source may be translated at the interface before or after the list.
    Outbound(&'o Outer),
}

/// The outer side of an interface's translations.
#[derive(Clone, Debug, Default)]
pub(super) struct Outer {
    /// The addresses outside; `None` when some are assigned at run time.
    pub(super) addresses: Option<Vec<AddressRange>>,
    /// Whether source ports change on the way out.
    pub(super) ports: bool,
    /// Whether destination ports change on the way in.
    pub(super) changed: bool,
    pub(super) span: Option<Span>,
}

impl Reader<'_, '_> {
    /// The lines that one entry becomes.
    pub(super) fn lower(
        &mut self,
        family: Family,
        label: &str,
        entry: &Entry,
        sight: Sight<'_>,
        lines: &mut Vec<Line>,
    ) {
        let span = entry.span;
        let action = match entry.permit {
            Some(true) => Action::Permit,
            Some(false) => Action::Deny,
            None => {
                lines.push(self.every(Some(family), label, Action::Undecided, span));
                return;
            }
        };
        let mut matches = self.build.everything(Some(family), span);
        matches.source = self.operand(entry.source, family, span);
        matches.destination = self.operand(entry.destination, family, span);
        matches.service = self.service(entry, span);
        if let Some(reason) = &entry.doubt {
            doubt(&mut matches, reason.clone(), span);
        }
        if let (Sight::Inbound(outer), Family::V4) = (sight, family)
            && let Some(weak) = self.translated_destination(entry, &matches, outer)
        {
            lines.push(line(label, weak, action, span));
            matches.translated = Translated::Untouched;
        }
        if let (Sight::Outbound(outer), Family::V4) = (sight, family)
            && let Some(weak) = self.translated_source(entry, &matches, outer)
        {
            matches = weak;
        }
        lines.push(line(label, matches, action, span));
    }

    /// The same line for packets whose destination was translated; `None` when the order makes no difference.
    fn translated_destination(
        &mut self,
        entry: &Entry,
        exact: &Match,
        outer: &Outer,
    ) -> Option<Match> {
        let ports = outer.changed && entry.service.destination != Ports::Any;
        if entry.destination == Operand::Any && !ports {
            return None;
        }
        let mut weak = exact.clone();
        weak.translated = Translated::Touched;
        if may_hold(entry.destination, outer) {
            weak.destination = self.build.any_address(Some(Family::V4), entry.span);
        }
        if ports {
            let service = entry::Service { destination: Ports::Any, ..entry.service.clone() };
            weak.service = self.service(&Entry { service, ..entry.clone() }, entry.span);
        }
        doubt(&mut weak, order_reason(), outer.span.unwrap_or(entry.span));
        Some(weak)
    }

    /// The same line for packets whose source is translated; `None` when the order makes no difference.
    fn translated_source(&mut self, entry: &Entry, exact: &Match, outer: &Outer) -> Option<Match> {
        let ports = outer.ports && entry.service.source != Ports::Any;
        if entry.source == Operand::Any && !ports {
            return None;
        }
        let mut weak = exact.clone();
        if may_hold(entry.source, outer) {
            weak.source = self.build.any_address(Some(Family::V4), entry.span);
        }
        if ports {
            let service = entry::Service { source: Ports::Any, ..entry.service.clone() };
            weak.service = self.service(&Entry { service, ..entry.clone() }, entry.span);
        }
        doubt(&mut weak, order_reason(), outer.span.unwrap_or(entry.span));
        Some(weak)
    }

    /// The addresses of one end.
    pub(super) fn operand(&mut self, end: Operand, family: Family, span: Span) -> AddressId {
        match end {
            Operand::Any => self.build.any_address(Some(family), span),
            Operand::Prefix(prefix) => self.build.range(prefix.range(), span),
            Operand::Wildcard(mask) => match mask.to_prefix() {
                Some(prefix) => self.build.range(prefix.range(), span),
                None => self.build.wildcard(mask, span),
            },
            Operand::Unknown => {
                let reason =
                    text!("アドレスの記述を解釈できません。", "the address is not understood");
                self.build.unknown_address(reason, AddressWithin::Family(family), span)
            }
        }
    }

    fn service(&mut self, entry: &Entry, span: Span) -> ServiceId {
        let service = &entry.service;
        let Some(protocol) = service.protocol else { return self.build.any_service(span) };
        if matches!(protocol, 1 | 58) {
            let one = |value: Option<u8>| value.map(|value| (value, value));
            let (types, codes) = (one(service.icmp_type), one(service.icmp_code));
            return match (types, codes) {
                (None, None) => self.build.protocol(protocol, span),
                _ => self.build.icmp(protocol, types, codes, span),
            };
        }
        let plain = service.source == Ports::Any && service.destination == Ports::Any;
        if plain && !service.established || !crate::net::flow::has_ports(protocol) {
            return self.build.protocol(protocol, span);
        }
        let mut members = Vec::new();
        for source in ranges(&service.source) {
            for destination in ranges(&service.destination) {
                if service.established {
                    members.push(self.answers(source, destination, span));
                } else {
                    members.push(self.build.ports(
                        protocol,
                        source,
                        destination,
                        TcpFlags::ANY,
                        span,
                    ));
                }
            }
        }
        self.build.services(members, span)
    }

    /// `established`: surely what carries ACK, perhaps what carries RST, never a SYN alone.
    fn answers(&mut self, source: PortRange, destination: PortRange, span: Span) -> ServiceId {
        let flag = |flag| TcpFlags { mask: flag, value: flag };
        let ack = self.build.ports(6, source, destination, flag(TCP_ACK), span);
        let rst = self.build.ports(6, source, destination, flag(TCP_RST), span);
        let reason = text!(
            "established が RST だけのパケットに一致するかは文書化されていません。",
            "whether established matches a packet with RST alone is not documented"
        );
        let perhaps = self.build.unknown_service(reason, span);
        let rst = self.build.service_both(rst, perhaps, span);
        self.build.services(vec![ack, rst], span)
    }
}

fn ranges(ports: &Ports) -> Vec<PortRange> {
    match ports {
        Ports::Any => vec![PortRange::ALL],
        Ports::Ranges(ranges) => ranges.clone(),
    }
}

/// Whether the outer address of a translation may be among the addresses of the line.
fn may_hold(end: Operand, outer: &Outer) -> bool {
    let Some(addresses) = &outer.addresses else { return true };
    match end {
        Operand::Any | Operand::Unknown | Operand::Wildcard(_) => true,
        Operand::Prefix(prefix) => addresses.iter().any(|range| {
            let (mine, other) = (prefix.range().numbers(), range.numbers());
            mine.0 <= other.1 && other.0 <= mine.1
        }),
    }
}

fn order_reason() -> crate::text::Text {
    text!(
        "フィルタと NAT/NAPT の処理順は公開文書で確認できません。変換前と変換後のどちらのアドレスで照合されるかにより結果が変わります。",
        "the order of filters and NAT/NAPT is not settled by a public document; the result depends on which address the filter sees"
    )
}
