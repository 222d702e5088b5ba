//! `ip rule`: which routing table a packet is looked up in.

use super::super::builder::{Builder, unknown};
use super::super::lines::ConfigLine;
use super::route::RouteLine;
use super::{Ledger, discard, named};
use crate::model::{AddressSet, ContextId, InterfaceId, Interfaces, Match, NextHop, PolicyRoute};
use crate::net::Prefix;
use crate::source::Span;
use crate::text;
use std::collections::BTreeMap;

/// A rule that does not merely look up the main table. What it matches is read no narrower than it is.
#[derive(Debug)]
pub(super) struct RuleLine<'a> {
    source: Option<Prefix>,
    destination: Option<Prefix>,
    ingress: Option<&'a str>,
    /// The table; `None` when the rule sends the packet elsewhere.
    table: Option<&'a str>,
    discard: bool,
    span: Span,
}

/// Whether the line has the shape of a rule: `32766: from all lookup main`.
pub(super) fn is_rule(words: &[&str]) -> bool {
    let [number, word, ..] = words else { return false };
    let numbered = number.strip_suffix(':').is_some_and(|n| n.parse::<u32>().is_ok());
    numbered && (*word == "from" || *word == "not")
}

/// Reads a rule; `None` when it looks up one of the tables that every packet is looked up in anyway.
pub(super) fn read<'a>(line: &ConfigLine<'a>, ledger: &mut Ledger<'_>) -> Option<RuleLine<'a>> {
    let mut rule = RuleLine {
        source: None,
        destination: None,
        ingress: None,
        table: None,
        discard: false,
        span: line.span,
    };
    let mut negated = false;
    let mut l3mdev = false;
    let mut words = line.words.iter().skip(1);
    while let Some(word) = words.next() {
        let mut value = || words.next().map_or("", |word| word.text);
        match word.text {
            "not" => negated = true,
            "from" => rule.source = Prefix::parse(value()),
            "to" => rule.destination = Prefix::parse(value()),
            "iif" => rule.ingress = Some(value()),
            "lookup" | "table" => rule.table = Some(value()),
            "[l3mdev-table]" => l3mdev = true,
            word if discard(word).is_some() => rule.discard = true,
            // Every other condition narrows the rule; without it the rule is read wider.
            _ => {}
        }
    }
    if l3mdev {
        let reason = text!(
            "VRF は読み取りません。経路もフィルターも不確実とします。",
            "VRFs are not read: routes and filters are uncertain"
        );
        ledger.unknown(line.span, reason, false);
        return None;
    }
    ledger.used(line.span);
    if negated {
        (rule.source, rule.destination, rule.ingress) = (None, None, None);
    }
    let usual = matches!(rule.table, Some("local" | "main" | "default" | "255" | "254" | "253"));
    (!usual || rule.discard).then_some(rule)
}

impl RuleLine<'_> {
    /// Adds a branch for every route of the table, or one to anywhere when the table was not given.
    pub(super) fn build(
        &self,
        builder: &mut Builder,
        context: ContextId,
        names: &mut BTreeMap<String, InterfaceId>,
        routes: &[&RouteLine<'_>],
    ) {
        let mut branches: Vec<(Match, Option<NextHop>)> = Vec::new();
        let table = self.table;
        let given = routes.iter().filter(|route| table.is_some() && route.table() == table);
        for route in given {
            let base = route.matches(builder);
            let Some(matches) = self.narrow(base, builder, names) else { continue };
            let hops = route.next_hops(builder, names);
            if hops.is_empty() {
                branches.push((matches.clone(), None));
            }
            branches.extend(hops.into_iter().map(|hop| (matches.clone(), Some(hop))));
        }
        if branches.is_empty() {
            let everything = builder.everything(None, self.span);
            let hop = self.discard.then_some(NextHop::Discard);
            branches.extend(self.narrow(everything, builder, names).map(|matches| (matches, hop)));
        }
        for (mut matches, next_hop) in branches {
            let reason = text!(
                "ip rule による経路は、通り得るものとして読みます。",
                "a route by `ip rule` is one that may be taken"
            );
            matches.unknown.push(unknown(reason, self.span));
            let branch = PolicyRoute { matches, next_hop, span: self.span };
            builder.device.contexts[context].policy_routes.push(branch);
        }
    }

    /// The packets of `matches` that meet the rule as well; `None` when the families differ.
    fn narrow(
        &self,
        mut matches: Match,
        builder: &mut Builder,
        names: &mut BTreeMap<String, InterfaceId>,
    ) -> Option<Match> {
        let whole = |builder: &Builder, id| match &builder.device.addresses[id].value {
            AddressSet::Any => None,
            AddressSet::Range(range) => Some(*range),
            _ => None,
        };
        for (condition, slot) in
            [(self.source, &mut matches.source), (self.destination, &mut matches.destination)]
        {
            let Some(prefix) = condition else { continue };
            let range = prefix.range();
            match whole(builder, *slot) {
                Some(known) if known.family() != range.family() => return None,
                Some(known) if !known.contains(range.first()) && !range.contains(known.first()) => {
                    return None;
                }
                // Both are prefixes that meet, so one lies inside the other.
                Some(known) if known.extent() <= range.extent() => {}
                _ => *slot = builder.range(range, self.span),
            }
        }
        if let Some(name) = self.ingress {
            matches.ingress = Interfaces::Of(vec![named(builder, names, name, self.span)]);
        }
        Some(matches)
    }
}
