//! Conditions on protocols, ports, flags and ICMP types.

use super::super::chains::Reader;
use super::super::options;
use super::super::rule::{Condition, Rule, Side, Test};
use super::Draft;
use crate::model::{ServiceId, TcpFlags};
use crate::net::flow::has_ports;
use crate::net::{Family, PortRange};
use crate::source::Span;
use crate::text;

impl Reader<'_, '_> {
    pub(super) fn protocol(&mut self, draft: &mut Draft, condition: &Condition) {
        let Test::Protocol(word) = &condition.test else { return };
        let span = condition.span;
        let any = matches!(word.as_str(), "all" | "0" | "any" | "ip");
        match (options::protocol(word).filter(|_| !any), condition.negated) {
            _ if any => draft.never |= condition.negated,
            (Some(number), false) => match draft.protocol {
                None => draft.protocol = Some(number),
                Some(known) => draft.never |= known != number,
            },
            (Some(number), true) => {
                let (all, one) =
                    (self.builder.any_service(span), self.builder.protocol(number, span));
                draft.services.push(self.builder.service_except(all, one, span));
            }
            (None, _) => {
                let reason = text!(
                    "プロトコル「{word}」は未知のため、一致するともしないとも読みます。",
                    "the protocol `{word}` is not known: the rule may match or not"
                );
                self.gap(span, reason.clone());
                draft.doubt(reason, span);
            }
        }
    }

    pub(super) fn ports(
        &mut self,
        draft: &mut Draft,
        side: Side,
        text: &str,
        negated: bool,
        (rule, span): (&Rule, Span),
    ) {
        let ranges: Option<Vec<PortRange>> = text.split(',').map(port_range).collect();
        let protocol = draft.protocol.filter(|number| has_ports(*number));
        let (Some(ranges), Some(protocol)) = (ranges, protocol) else {
            let reason = text!(
                "ポート「{text}」を解釈できないため、一致するともしないとも読みます。",
                "the ports `{text}` are not understood: the rule may match or not"
            );
            self.gap(rule.span, reason.clone());
            return draft.doubt(reason, span);
        };
        if let ([one], false) = (ranges.as_slice(), negated) {
            let slot = match side {
                Side::Source => Some(&mut draft.source_port),
                Side::Destination => Some(&mut draft.destination_port),
                Side::Either => None,
            };
            if let Some(slot @ None) = slot {
                *slot = Some(*one);
                return;
            }
        }
        let mut members = Vec::new();
        for range in ranges {
            if side != Side::Destination {
                let all = PortRange::ALL;
                members.push(self.builder.ports(protocol, range, all, TcpFlags::ANY, span));
            }
            if side != Side::Source {
                let all = PortRange::ALL;
                members.push(self.builder.ports(protocol, all, range, TcpFlags::ANY, span));
            }
        }
        let chosen = self.builder.services(members, span);
        self.service(draft, protocol, chosen, negated, span);
    }

    pub(super) fn service(
        &mut self,
        draft: &mut Draft,
        protocol: u8,
        chosen: ServiceId,
        negated: bool,
        span: Span,
    ) {
        let service = if negated {
            let all = self.builder.protocol(protocol, span);
            self.builder.service_except(all, chosen, span)
        } else {
            chosen
        };
        draft.services.push(service);
    }

    pub(super) fn flags(
        &mut self,
        draft: &mut Draft,
        mask: &str,
        value: &str,
        negated: bool,
        (rule, span): (&Rule, Span),
    ) {
        let (Some(mask), Some(value), Some(6)) =
            (flag_bits(mask), flag_bits(value), draft.protocol)
        else {
            let reason = text!(
                "TCP フラグの条件を解釈できないため、一致するともしないとも読みます。",
                "the condition on TCP flags is not understood: the rule may match or not"
            );
            self.gap(rule.span, reason.clone());
            return draft.doubt(reason, span);
        };
        let flags = TcpFlags { mask, value };
        if value & !mask != 0 {
            // A flag is asked for that is not looked at: never so.
            draft.never |= !negated;
            return;
        }
        if draft.flags.is_none() && !negated {
            draft.flags = Some(flags);
            return;
        }
        let all = PortRange::ALL;
        let chosen = self.builder.ports(6, all, all, flags, span);
        self.service(draft, 6, chosen, negated, span);
    }

    pub(super) fn icmp(
        &mut self,
        draft: &mut Draft,
        text: &str,
        negated: bool,
        (rule, span): (&Rule, Span),
        family: Family,
    ) {
        let v6 = family == Family::V6;
        let Some((types, codes)) = options::icmp(text, v6) else {
            let reason = text!(
                "ICMP のタイプ「{text}」を解釈できないため、一致するともしないとも読みます。",
                "the ICMP type `{text}` is not understood: the rule may match or not"
            );
            self.gap(rule.span, reason.clone());
            return draft.doubt(reason, span);
        };
        let protocol = if v6 { 58 } else { 1 };
        let chosen = self.builder.icmp(protocol, types, codes, span);
        self.service(draft, protocol, chosen, negated, span);
    }
}

/// `80`, `80:90`, `80-90`, `:90`, `80:`.
fn port_range(text: &str) -> Option<PortRange> {
    let Some((first, last)) = text.split_once(':') else {
        return Some(PortRange::single(options::port(text)?));
    };
    let first = if first.is_empty() { 0 } else { options::port(first)? };
    let last = if last.is_empty() { u16::MAX } else { options::port(last)? };
    PortRange::new(first, last)
}

fn flag_bits(text: &str) -> Option<u8> {
    let mut bits = 0;
    for word in text.split(',') {
        bits |= match word.to_ascii_uppercase().as_str() {
            "NONE" => 0,
            "ALL" => 0x3f,
            "FIN" => 0x01,
            "SYN" => 0x02,
            "RST" => 0x04,
            "PSH" => 0x08,
            "ACK" => 0x10,
            "URG" => 0x20,
            _ => return None,
        };
    }
    Some(bits)
}
