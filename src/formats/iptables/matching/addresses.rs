//! Conditions on addresses.

use super::super::chains::{Hook, Reader};
use super::super::rule::{Rule, Side};
use super::{Draft, Place};
use crate::model::{AddressId, AddressSet, AddressWithin};
use crate::net::{Family, Prefix, WildcardMask};
use crate::source::Span;
use crate::text;
use std::net::{IpAddr, Ipv4Addr};

impl Reader<'_, '_> {
    /// Lets only addresses of `id` through on one side, or all others.
    pub(super) fn narrow(
        &mut self,
        draft: &mut Draft,
        side: Side,
        id: AddressId,
        negated: bool,
        span: Span,
    ) {
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
    pub(super) fn common(&mut self, a: AddressId, b: AddressId, span: Span) -> AddressId {
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
    pub(super) fn addresses(
        &mut self,
        text: &str,
        family: Family,
        rule: &Rule,
        span: Span,
    ) -> AddressId {
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

    pub(super) fn unread_address(
        &mut self,
        text: &str,
        family: Family,
        rule: &Rule,
        span: Span,
    ) -> AddressId {
        let reason = text!(
            "「{text}」はアドレスとして読み取れません。",
            "`{text}` is not readable as an address"
        );
        self.gap(rule.span, reason.clone());
        self.builder.unknown_address(reason, AddressWithin::Family(family), span)
    }

    pub(super) fn address_type(
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
}

/// `10.0.0.1/255.0.0.255`: a mask with gaps.
fn wildcard(text: &str) -> Option<WildcardMask> {
    let (address, mask) = text.split_once('/')?;
    let address: Ipv4Addr = address.parse().ok()?;
    let IpAddr::V4(mask) = mask.parse().ok()? else { return None };
    Some(WildcardMask::new(address, Ipv4Addr::from(!u32::from(mask))))
}
