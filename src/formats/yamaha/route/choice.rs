//! Routes whose gateways depend on filters.

use super::{Chosen, Routes};
use crate::formats::builder::unknown;
use crate::formats::yamaha::reader::Reader;
use crate::model::{Action, AddressId, Match, NextHop, PolicyRoute};
use crate::net::{Family, Prefix};
use crate::source::Span;
use crate::text;
use crate::text::Text;
use rustc_hash::{FxHashMap, FxHashSet};
use std::net::IpAddr;

/// Prefixes that the table surely takes, sorted, and what they leave of shorter ones.
#[derive(Debug, Default)]
pub(super) struct Taken {
    prefixes: Vec<Prefix>,
    left: FxHashMap<Prefix, AddressId>,
}

impl<'a> Reader<'a, '_> {
    /// Packets to these addresses, and perhaps not.
    pub(super) fn perhaps(
        &mut self,
        destination: AddressId,
        family: Family,
        reason: Text,
        span: Span,
    ) -> Match {
        let mut matches = self.builder.everything(Some(family), span);
        matches.destination = destination;
        matches.unknown.push(unknown(reason, span));
        matches
    }

    /// A route that applies to what filters pass.
    pub(super) fn chosen(&mut self, choice: Chosen<'a>, taken: &mut Taken, routes: &mut Routes) {
        let Chosen { prefix, gateway } = choice;
        let family = prefix.family();
        let destination = self.remainder(prefix, taken, gateway.span);
        if gateway.dpi {
            let matches = self.perhaps(destination, family, dpi_reason(), gateway.span);
            routes.policy.push(PolicyRoute { matches, next_hop: gateway.hop, span: gateway.span });
        }
        for word in &gateway.filters {
            let number = word.text.parse::<u32>().unwrap_or(0);
            let Some(line) = self.filters.fixed.get(&(family, number)).cloned() else {
                let kind = if family == Family::V4 { "ip filter" } else { "ipv6 filter" };
                self.builder.undefined(kind, &word.text, word.span);
                let matches = self.perhaps(destination, family, undefined_reason(), word.span);
                routes.policy.push(PolicyRoute { matches, next_hop: gateway.hop, span: word.span });
                continue;
            };
            if line.action == Action::Deny {
                continue; // what a reject filter matches does not go this way
            }
            // The filter's own destination stays; routes to longer prefixes come first, so only what they leave is asked.
            let both = self.common(line.matches.destination, destination, family);
            let matches = Match { destination: both, ..line.matches };
            routes.policy.push(PolicyRoute { matches, next_hop: gateway.hop, span: word.span });
        }
    }

    /// What two address sets share: the first without what lies outside the second.
    fn common(&mut self, filter: AddressId, remainder: AddressId, family: Family) -> AddressId {
        let span = self.origin;
        let all = self.builder.any_address(Some(family), span);
        if filter == all {
            return remainder;
        }
        let outside = self.builder.except(all, remainder, span);
        self.builder.except(filter, outside, span)
    }

    /// The prefixes that the table surely takes: connected ones, and routes to interfaces and gateways that stay.
    pub(super) fn taken(&self, routes: &Routes) -> Taken {
        let mut connected: FxHashSet<Prefix> = FxHashSet::default();
        let mut up = FxHashSet::default();
        for iface in self.interfaces.iter().filter(|iface| iface.is_up()) {
            let Some(id) = iface.id else { continue };
            if iface.needs_enabling() && iface.enabled.is_none() {
                continue;
            }
            up.insert(id);
            let own = Family::ALL.into_iter().flat_map(|family| iface.addresses(family));
            connected.extend(own.filter_map(|own| Prefix::new(own.address, own.len)));
        }
        let holds = |address: IpAddr| {
            let bits = Family::of(address).bits();
            (0..=bits).any(|len| Prefix::new(address, len).is_some_and(|p| connected.contains(&p)))
        };
        let stays = routes.table.iter().filter(|route| !route.withdrawable);
        let stays = stays.filter(|route| match route.next_hop {
            NextHop::Interface(id) => up.contains(&id),
            NextHop::Gateway { address, .. } => holds(address),
            _ => false,
        });
        let mut prefixes: Vec<Prefix> = stays.map(|route| route.prefix).collect();
        #[allow(clippy::iter_over_hash_type, reason = "sorted below")]
        for net in &connected {
            prefixes.push(*net);
        }
        prefixes.sort_unstable();
        prefixes.dedup();
        Taken { prefixes, left: FxHashMap::default() }
    }

    /// The destinations of a prefix that no longer prefix surely takes.
    pub(super) fn remainder(&mut self, prefix: Prefix, taken: &mut Taken, span: Span) -> AddressId {
        if let Some(id) = taken.left.get(&prefix) {
            return *id;
        }
        let (first, last) = (prefix.range().first(), prefix.range().last());
        let from = taken.prefixes.partition_point(|net| net.address() < first);
        let inside = taken.prefixes.get(from..).unwrap_or(&[]);
        let inside = inside.iter().take_while(|net| net.address() <= last);
        let mut members: Vec<AddressId> = Vec::new();
        for net in inside.filter(|net| net.len() > prefix.len() && prefix.covers(**net)) {
            members.push(self.builder.range(net.range(), span));
        }
        let whole = self.builder.range(prefix.range(), span);
        let id = if members.is_empty() {
            whole
        } else {
            let minus = self.builder.union(members, span);
            self.builder.except(whole, minus, span)
        };
        taken.left.insert(prefix, id);
        id
    }
}

fn dpi_reason() -> Text {
    text!(
        "アプリケーションによる経路の選択は設定からは定まりません。",
        "which application a packet belongs to does not follow from the configuration"
    )
}

fn undefined_reason() -> Text {
    text!("フィルターが定義されていません。", "the filter is not defined")
}
