//! Conditions of a rule as matches of the model. One rule is several matches when its conditions are no product.

use super::chains::{Hook, Reader};
use super::names;
use super::options;
use super::rule::{Condition, Rule, Side, Target, Test};
use super::sets::{Member, Unresolved};
use crate::formats::builder::unknown;
use crate::model::{
    AddressId, AddressSet, AddressWithin, Interfaces, Match, ServiceId, TcpFlags, Translated,
};
use crate::net::flow::has_ports;
use crate::net::{AddressRange, Family, PortRange, Prefix, State, WildcardMask};
use crate::source::Span;
use crate::text;
use crate::text::Text;
use std::net::{IpAddr, Ipv4Addr};

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
            draft.doubt(untracked(), span);
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

    fn protocol(&mut self, draft: &mut Draft, condition: &Condition) {
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

    /// Lets only addresses of `id` through on one side, or all others.
    fn narrow(&mut self, draft: &mut Draft, side: Side, id: AddressId, negated: bool, span: Span) {
        let slot = match side {
            Side::Destination => draft.matches.destination,
            _ => draft.matches.source,
        };
        let both =
            if negated { self.builder.except(slot, id, span) } else { self.common(slot, id, span) };
        match side {
            Side::Destination => draft.matches.destination = both,
            _ => draft.matches.source = both,
        }
    }

    /// The addresses that are in both; the first set is one that was narrowed from everything.
    fn common(&mut self, a: AddressId, b: AddressId, span: Span) -> AddressId {
        let whole = |id: AddressId| match &self.builder.device.addresses[id].value {
            AddressSet::Any => true,
            AddressSet::Range(range) => range.extent() == range.family().last(),
            _ => false,
        };
        if whole(a) {
            return b;
        }
        if whole(b) {
            return a;
        }
        let rest = self.builder.except(a, b, span);
        self.builder.except(a, rest, span)
    }

    /// `10.0.0.0/8,192.0.2.1,10.0.0.1/255.0.0.255`.
    fn addresses(&mut self, text: &str, family: Family, rule: &Rule, span: Span) -> AddressId {
        let mut members = Vec::new();
        for item in text.split(',').filter(|item| !item.is_empty()) {
            let prefix = Prefix::parse(item).filter(|prefix| prefix.family() == family);
            let id = match (prefix, wildcard(item).filter(|_| family == Family::V4)) {
                (Some(prefix), _) => self.builder.range(prefix.range(), span),
                (None, Some(mask)) => self.builder.wildcard(mask, span),
                (None, None) => self.unread_address(item, family, rule, span),
            };
            members.push(id);
        }
        self.builder.union(members, span)
    }

    fn unread_address(&mut self, text: &str, family: Family, rule: &Rule, span: Span) -> AddressId {
        let reason = text!(
            "「{text}」はアドレスとして読み取れません。",
            "`{text}` is not readable as an address"
        );
        self.gap(rule.span, reason.clone());
        self.builder.unknown_address(reason, AddressWithin::Family(family), span)
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

    fn ports(
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

    fn service(
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

    fn flags(
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

    fn icmp(
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

    fn address_type(
        &mut self,
        draft: &mut Draft,
        side: Side,
        words: &str,
        negated: bool,
        span: Span,
        place: Place<'_>,
    ) {
        let destination = side == Side::Destination;
        let mut members = Vec::new();
        for word in words.split(',') {
            members.push(match (word.to_ascii_uppercase().as_str(), place.hook) {
                // The kernel asked this before it chose the chain.
                ("LOCAL", Hook::Input) if destination => {
                    self.builder.any_address(Some(place.family), span)
                }
                ("LOCAL", Hook::Forward | Hook::Postrouting) if destination => continue,
                ("LOCAL", _) if !self.own.is_empty() => {
                    let own = self.own.clone().into_iter();
                    let own = own.filter(|range| range.family() == place.family);
                    let own = own.map(|range| self.builder.range(range, span)).collect();
                    self.builder.union(own, span)
                }
                ("MULTICAST", _) => {
                    let block = if place.family == Family::V4 { "224.0.0.0/4" } else { "ff00::/8" };
                    let block = Prefix::parse(block).unwrap_or(Prefix::all(place.family));
                    self.builder.range(block.range(), span)
                }
                (word, _) => {
                    let reason = text!(
                        "アドレスの種別「{word}」は、どのアドレスか確定できません。",
                        "which addresses are of the type `{word}` is not known"
                    );
                    self.gap(span, reason.clone());
                    self.builder.unknown_address(reason, AddressWithin::Family(place.family), span)
                }
            });
        }
        let chosen = self.builder.union(members, span);
        self.narrow(draft, side, chosen, negated, span);
    }

    /// States: `NEW`, `DNAT` and the like; one draft for each combination that the model can hold.
    fn states(
        &mut self,
        drafts: Vec<Draft>,
        words: &str,
        condition: &Condition,
        permits: bool,
        place: Place<'_>,
    ) -> Vec<Draft> {
        let words: Vec<String> = words.split(',').map(str::to_ascii_uppercase).collect();
        let has = |word: &str| words.iter().any(|one| one == word);
        let known = |word: &String| VIRTUAL.contains(&word.as_str()) || state(word).is_some();
        let negated = condition.negated;
        let mut reason = None;
        if !words.iter().all(known) {
            reason = Some(text!("状態を解釈できません。", "a connection state is not understood"));
        } else if place.table == "raw" || self.untracked.is_some() {
            reason = Some(untracked());
        }
        if let Some(reason) = reason {
            self.gap(condition.span, reason.clone());
            let mut drafts = drafts;
            drafts.iter_mut().for_each(|draft| draft.doubt(reason.clone(), condition.span));
            return drafts;
        }
        let plain: Vec<State> =
            State::ALL.into_iter().filter(|one| has(name_of(*one)) != negated).collect();
        let mut out = Vec::new();
        for draft in drafts {
            if !has("DNAT") && !has("SNAT") {
                out.push(limited(&draft, &plain));
                continue;
            }
            // What follows the first packet of a connection has the marks of the connection, which are not followed.
            let later: Vec<State> = if negated {
                plain.iter().copied().filter(|one| *one != State::New).collect()
            } else {
                State::ALL.into_iter().filter(|one| *one != State::New).collect()
            };
            let mut unsure = limited(&draft, &later);
            unsure.doubt(translated(), condition.span);
            if !negated {
                out.push(limited(&draft, &plain));
            }
            out.push(unsure);
            let new = plain.contains(&State::New);
            if has("DNAT") && new == negated {
                let mut first = limited(&draft, &[State::New]);
                first.matches.translated =
                    if negated { Translated::Untouched } else { Translated::Touched };
                // A translation to the address that the packet has already is none for the kernel.
                if !permits {
                    first.doubt(translated(), condition.span);
                }
                out.push(first);
            } else if negated && new {
                out.push(limited(&draft, &[State::New]));
            }
        }
        out
    }

    fn set(
        &mut self,
        drafts: Vec<Draft>,
        name: &str,
        directions: &str,
        condition: &Condition,
        rule: &Rule,
        place: Place<'_>,
    ) -> Vec<Draft> {
        let (negated, span) = (condition.negated, condition.span);
        let members = match self.sets.members(&mut self.builder, name, directions) {
            Ok(members) => members,
            Err(unresolved) => {
                let reason = match unresolved {
                    Unresolved::Unknown(reason) => reason,
                    Unresolved::Undefined => {
                        if self.undefined.insert(name.to_owned()) {
                            self.builder.undefined("ipset", name, span);
                        }
                        text!(
                            "集合「{name}」の中身がありません。",
                            "the members of the set `{name}` were not given"
                        )
                    }
                };
                return self.doubted(drafts, reason, rule, span);
            }
        };
        if !negated {
            let mut out = Vec::new();
            for draft in &drafts {
                for member in &members {
                    out.push(self.member(draft.clone(), member, span, place));
                }
            }
            return out;
        }
        match members.as_slice() {
            [] => drafts,
            [
                Member {
                    source: Some(id),
                    destination: None,
                    service: None,
                    ingress: None,
                    egress: None,
                    unknown: None,
                },
            ] => self.without(drafts, Side::Source, *id, span),
            [
                Member {
                    source: None,
                    destination: Some(id),
                    service: None,
                    ingress: None,
                    egress: None,
                    unknown: None,
                },
            ] => self.without(drafts, Side::Destination, *id, span),
            _ => {
                let reason = text!(
                    "集合「{name}」の否定は、一致するともしないとも読みます。",
                    "the negation of the set `{name}` may match or not"
                );
                self.doubted(drafts, reason, rule, span)
            }
        }
    }

    fn doubted(
        &mut self,
        mut drafts: Vec<Draft>,
        reason: Text,
        rule: &Rule,
        span: Span,
    ) -> Vec<Draft> {
        self.gap(rule.span, reason.clone());
        drafts.iter_mut().for_each(|draft| draft.doubt(reason.clone(), span));
        drafts
    }

    fn without(
        &mut self,
        mut drafts: Vec<Draft>,
        side: Side,
        id: AddressId,
        span: Span,
    ) -> Vec<Draft> {
        drafts.iter_mut().for_each(|draft| self.narrow(draft, side, id, true, span));
        drafts
    }

    fn member(&mut self, mut draft: Draft, member: &Member, span: Span, place: Place<'_>) -> Draft {
        if let Some(id) = member.source {
            self.narrow(&mut draft, Side::Source, id, false, span);
        }
        if let Some(id) = member.destination {
            self.narrow(&mut draft, Side::Destination, id, false, span);
        }
        draft.services.extend(member.service);
        if let Some(name) = &member.ingress {
            let known = matches!(place.hook, Hook::Prerouting | Hook::Input | Hook::Forward);
            self.interface(&mut draft, name, (known, true), false, span);
        }
        if let Some(name) = &member.egress {
            let known = matches!(place.hook, Hook::Forward | Hook::Postrouting);
            self.interface(&mut draft, name, (known, false), false, span);
        }
        if let Some(reason) = &member.unknown {
            draft.doubt(reason.clone(), span);
        }
        draft
    }
}

/// States that are no state of a connection in the model.
const VIRTUAL: &[&str] = &["UNTRACKED", "SNAT", "DNAT"];

fn state(word: &str) -> Option<State> {
    State::ALL.into_iter().find(|state| name_of(*state) == word)
}

fn name_of(state: State) -> &'static str {
    match state {
        State::New => "NEW",
        State::Established => "ESTABLISHED",
        State::Related => "RELATED",
        State::Invalid => "INVALID",
    }
}

/// The draft for these states only.
fn limited(draft: &Draft, states: &[State]) -> Draft {
    let mut draft = draft.clone();
    let kept = match draft.matches.states.take() {
        Some(known) => known.into_iter().filter(|one| states.contains(one)).collect(),
        None => states.to_vec(),
    };
    draft.matches.states = if kept.len() == State::ALL.len() { None } else { Some(kept) };
    draft
}

fn untracked() -> Text {
    text!(
        "接続追跡から外れるパケットがあり得るため、状態の条件は不確実とします。",
        "packets may be exempt from connection tracking: conditions on the state are uncertain"
    )
}

fn translated() -> Text {
    text!(
        "変換の有無による条件は、後続のパケットでは追いません。",
        "whether a connection is translated is not followed beyond its first packet"
    )
}

/// `10.0.0.1/255.0.0.255`: a mask with gaps.
fn wildcard(text: &str) -> Option<WildcardMask> {
    let (address, mask) = text.split_once('/')?;
    let address: Ipv4Addr = address.parse().ok()?;
    let IpAddr::V4(mask) = mask.parse().ok()? else { return None };
    Some(WildcardMask::new(address, Ipv4Addr::from(!u32::from(mask))))
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
