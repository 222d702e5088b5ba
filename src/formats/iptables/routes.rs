//! Rules that change the way of a packet instead of deciding about it: marks by which `ip rule` chooses, and copies.

use super::chains::{Hook, Reader};
use super::matching::Place;
use super::rule::{Nat, NatKind, Rule, Target};
use crate::formats::builder::unknown;
use crate::model::{Interfaces, Match, PolicyRoute, Translated};
use crate::net::Family;
use crate::text;
use crate::text::Text;

/// So many rules may give a way of their own; with more, every packet may go anywhere.
const LIMIT: usize = 64;

impl Reader<'_, '_> {
    /// The ways that a rule may open. A mark that is set before the route may select another routing table, unless the rules
    /// that select tables were given: these are ways of their own. A copy is sent past the filters.
    pub(super) fn ways(&mut self, rule: &Rule, place: Place<'_>) {
        if let Target::Copy(reason) = &rule.target {
            let matches = self.builder.everything(Some(place.family), rule.span);
            self.anywhere(matches, rule, place, reason);
        }
        let [four, six] = self.ruled;
        let given = if place.family == Family::V4 { four } else { six };
        if !rule.marks || place.hook != Hook::Prerouting || given {
            return;
        }
        let reason = text!(
            "経路決定前のマーク変更は、別の経路表を選ぶ可能性があるものとして読みます（ip rule の出力があれば確定します）。",
            "a mark set before the route may select another routing table; the output of ip rule would tell"
        );
        self.gap(rule.span, reason.clone());
        for matches in self.matches(rule, place) {
            self.anywhere(matches, rule, place, &reason);
        }
    }

    fn anywhere(&mut self, mut matches: Match, rule: &Rule, place: Place<'_>, reason: &Text) {
        if self.routes.len() > LIMIT {
            return;
        }
        let every = self.builder.everything(None, rule.span);
        if self.routes.len() == LIMIT {
            matches = every;
        } else if self.changes_destinations(place.family) {
            // The rule sees the packet before its destination is translated, the route afterwards.
            matches.destination = self.builder.any_address(Some(place.family), rule.span);
            matches.service = every.service;
        }
        matches.unknown.push(unknown(reason.clone(), rule.span));
        matches.egress = Interfaces::Any;
        matches.translated = Translated::Ignored;
        self.routes.push(PolicyRoute { matches, next_hop: None, span: rule.span });
    }

    fn changes_destinations(&self, family: Family) -> bool {
        let tables = self.tables.list.iter().filter(|table| table.family == family);
        let mut rules = tables.flat_map(|table| &table.chains).flat_map(|chain| &chain.rules);
        rules.any(|rule| match &rule.target {
            Target::Nat(Nat { kind, .. }) => {
                matches!(kind, NatKind::Destination | NatKind::Redirect | NatKind::Netmap)
            }
            Target::Garble(_) => true,
            _ => false,
        })
    }
}
