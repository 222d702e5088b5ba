//! Conditions of a rule as matches of the model. One rule is several matches when its conditions are no product.

mod addresses;
mod members;
mod services;
mod states;

use super::chains::{Hook, Reader};
use super::names;
use super::rule::{Condition, Rule, Target, Test};
use crate::formats::builder::unknown;
use crate::model::{Interfaces, Match, ServiceId, TcpFlags};
use crate::net::{AddressRange, Family, PortRange, State};
use crate::source::Span;
use crate::text;
use crate::text::Text;

/// Where a rule is met.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'t> {
    pub(super) family: Family,
    pub(super) table: &'t str,
    pub(super) hook: Hook,
}

/// A match in the making.
#[derive(Clone, Debug)]
struct Draft {
    matches: Match,
    protocol: Option<u8>,
    source_port: Option<PortRange>,
    destination_port: Option<PortRange>,
    flags: Option<TcpFlags>,
    services: Vec<ServiceId>,
    never: bool,
}

impl Draft {
    fn doubt(&mut self, reason: Text, span: Span) {
        self.matches.unknown.push(unknown(reason, span));
    }
}

impl Reader<'_, '_> {
    /// The matches of a rule; none when it can never apply here.
    pub(super) fn matches(&mut self, rule: &Rule, place: Place<'_>) -> Vec<Match> {
        let mut draft = Draft {
            matches: self.builder.everything(Some(place.family), rule.span),
            protocol: None,
            source_port: None,
            destination_port: None,
            flags: None,
            services: Vec::new(),
            never: false,
        };
        for doubt in &rule.doubts {
            draft.doubt(doubt.reason.clone(), doubt.span);
        }
        let is_protocol = |c: &&Condition| matches!(c.test, Test::Protocol(_));
        for condition in rule.conditions.iter().filter(is_protocol) {
            self.protocol(&mut draft, condition);
        }
        for condition in rule.conditions.iter().filter(|condition| !is_protocol(condition)) {
            self.condition(&mut draft, condition, rule, place);
        }
        let mut drafts = vec![draft];
        for condition in &rule.conditions {
            match &condition.test {
                Test::States(words) => {
                    let permits = matches!(rule.target, Target::Accept);
                    drafts = self.states(drafts, words, condition, permits, place);
                }
                Test::Set(name, directions) => {
                    drafts = self.set(drafts, name, directions, condition, rule, place);
                }
                _ => {}
            }
        }
        drafts.into_iter().filter_map(|draft| self.finish(draft, rule.span, place)).collect()
    }

    fn finish(&mut self, mut draft: Draft, span: Span, place: Place<'_>) -> Option<Match> {
        let nowhere = |side: &Interfaces| matches!(side, Interfaces::Of(ids) if ids.is_empty());
        if draft.never || nowhere(&draft.matches.ingress) || nowhere(&draft.matches.egress) {
            return None;
        }
        if place.table == "nat" {
            let states = draft.matches.states.take();
            if states.is_some_and(|states| !states.contains(&State::New)) {
                return None;
            }
            draft.matches.states = Some(vec![State::New]);
        }
        if draft.matches.states.as_ref().is_some_and(Vec::is_empty) {
            return None;
        }
        if let (Some(span), true) = (self.untracked, place.table == "nat") {
            draft.doubt(states::untracked(), span);
        }
        let ports = draft.source_port.is_some() || draft.destination_port.is_some();
        let base = match draft.protocol {
            Some(number) if ports || draft.flags.is_some() => self.builder.ports(
                number,
                draft.source_port.unwrap_or(PortRange::ALL),
                draft.destination_port.unwrap_or(PortRange::ALL),
                draft.flags.unwrap_or(TcpFlags::ANY),
                span,
            ),
            Some(number) => self.builder.protocol(number, span),
            None => self.builder.any_service(span),
        };
        let whole = draft.protocol.is_none();
        let mut services = draft.services.into_iter();
        let first = if whole { services.next().unwrap_or(base) } else { base };
        let all = services.fold(first, |a, b| self.builder.service_both(a, b, span));
        draft.matches.service = all;
        Some(draft.matches)
    }

    fn condition(
        &mut self,
        draft: &mut Draft,
        condition: &Condition,
        rule: &Rule,
        place: Place<'_>,
    ) {
        let Condition { test, negated, span } = condition;
        let (negated, span) = (*negated, *span);
        match test {
            Test::Address(side, text) => {
                let id = self.addresses(text, place.family, rule, span);
                self.narrow(draft, *side, id, negated, span);
            }
            Test::Range(side, text) => {
                let (first, last) = text.split_once('-').unwrap_or((text, text));
                let range = match (first.parse(), last.parse()) {
                    (Ok(first), Ok(last)) => AddressRange::new(first, last),
                    _ => None,
                };
                let range = range.filter(|range| range.family() == place.family);
                let id = match range {
                    Some(range) => self.builder.range(range, span),
                    None => self.unread_address(text, place.family, rule, span),
                };
                self.narrow(draft, *side, id, negated, span);
            }
            Test::AddressType(side, words) => {
                self.address_type(draft, *side, words, negated, span, place);
            }
            Test::Ingress(name) if place.hook == Hook::Postrouting && name != "+" => {
                let reason = text!(
                    "POSTROUTING での入力インターフェースの条件はカーネルの版によるため、一致するともしないとも読みます。",
                    "whether POSTROUTING knows the incoming interface depends on the kernel"
                );
                self.gap(rule.span, reason.clone());
                draft.doubt(reason, span);
            }
            Test::Ingress(name) => {
                let known = matches!(place.hook, Hook::Prerouting | Hook::Input | Hook::Forward);
                self.interface(draft, name, (known, true), negated, span);
            }
            Test::Egress(name) => {
                let known = matches!(place.hook, Hook::Forward | Hook::Postrouting);
                self.interface(draft, name, (known, false), negated, span);
            }
            Test::Ports(side, text) => self.ports(draft, *side, text, negated, (rule, span)),
            Test::Flags(mask, value) => self.flags(draft, mask, value, negated, (rule, span)),
            Test::Icmp(text) => self.icmp(draft, text, negated, (rule, span), place.family),
            Test::Fragment if negated => {}
            Test::Fragment => {
                let reason = text!(
                    "分割パケットの条件は、一致するともしないとも読みます。",
                    "whether a packet is a further fragment is not followed"
                );
                self.gap(rule.span, reason.clone());
                draft.doubt(reason, span);
            }
            Test::Protocol(_) | Test::States(_) | Test::Set(..) => {}
        }
    }

    fn interface(
        &mut self,
        draft: &mut Draft,
        name: &str,
        (known, ingress): (bool, bool),
        negated: bool,
        span: Span,
    ) {
        // Where a packet has no such interface, no name fits; `+` alone fits even then.
        if !known {
            draft.never |= negated == (name == "+");
            return;
        }
        match self.names.select(name, negated) {
            Some(chosen) if ingress => {
                draft.matches.ingress = names::both(&draft.matches.ingress, chosen);
            }
            Some(chosen) => draft.matches.egress = names::both(&draft.matches.egress, chosen),
            None => {
                let reason = text!(
                    "インターフェース「{name}」は一覧にありません。",
                    "the interface `{name}` is not among those that are known"
                );
                self.gap(span, reason.clone());
                draft.doubt(reason, span);
            }
        }
    }
}
