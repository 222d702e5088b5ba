//! Forged sources: what a rule that holds rests on, when hosts may put any address into their packets.
//!
//! Everywhere else hosts send from their own addresses. Here they send from anybody else's, and only by interfaces on which no
//! reverse-path check stands ([`crate::model::Interface::source_check`]). Replies never come back to the sender, so this is one
//! way; it is told beside the verdict and never decides it.

use super::deny::{Hit, zone_of};
use super::facts::Facts;
use super::parties::{End, ResolvedRule};
use super::sets::{self, Cell, Source};
use super::{Judge, write};
use crate::compile::{Header, Reading};
use crate::finding::{Finding, Verdict};
use crate::snapshot::{Place, Port, ZoneId};
use crate::workers;

/// Pairs that a finding names; the rest is like them.
const PAIRS: usize = 16;
/// Sources that are asked about at once.
const AT_ONCE: usize = 8;

impl<K: Header> Judge<'_, K> {
    /// What only forged packets reach against a rule that holds: one finding.
    pub(super) fn forged(&self, rule: &ResolvedRule<'_>) -> Option<Finding> {
        let mut sources: Vec<Source<'_>> = Vec::new();
        for direction in &rule.directions {
            // What hosts of one zone can forge does not depend on which of them a rule names.
            let mut asked: Vec<Place> = Vec::new();
            for end in &direction.from {
                if !asked.contains(&end.place) {
                    asked.push(end.place);
                    sources.push(Source { end, direction });
                }
            }
        }
        let mut seen: Vec<Facts> = Vec::new();
        // A few at a time, so that little is asked in vain once enough is found; which are told does not depend on it.
        for some in sources.chunks(AT_ONCE) {
            let found = workers::map(some, |source| self.forged_from(rule, source));
            for facts in found {
                if seen.len() < PAIRS {
                    seen.extend(facts);
                }
            }
            if seen.len() >= PAIRS {
                break;
            }
        }
        (!seen.is_empty()).then(|| write::forged(self, rule, &seen))
    }

    fn forged_from(&self, rule: &ResolvedRule<'_>, source: &Source<'_>) -> Vec<Facts> {
        let (Some(zone), mut left) =
            (zone_of(source.end), sets::targets(source.end, source.direction))
        else {
            return Vec::new();
        };
        let mut out = Vec::new();
        let entries = self.network.snapshot.entries(zone);
        for (entry, port) in entries.iter().enumerate() {
            if left.is_empty() || self.checks_sources(*port) {
                continue;
            }
            let Some(cell) = self.strangers(rule, source.end, zone) else { break };
            let ask = (zone, cell, Reading::Must);
            let mut asked = self.ask_at(rule, &left, ask, Default::default(), Some(entry));
            left.retain(|to| {
                if !asked.run.ends.contains_key(&to.place) {
                    return true;
                }
                let wanted =
                    sets::forbidden(&mut asked.run.arena, self.network, rule, &asked.cell, to);
                let delivered = asked.run.delivered(to.place, None);
                if asked.run.arena.guard(delivered, wanted).is_none() {
                    return true;
                }
                let place = to.place;
                let mut hit = Hit { asked: &mut asked, wanted, place, crossed: None };
                let ends = (source.end, *to);
                let mut facts = self.facts(rule, ends, &mut hit, Verdict::Violated);
                facts.round_trip = None;
                out.push(facts);
                false
            });
        }
        out
    }

    /// Every address but those of the zone, under the exceptions of whoever in the zone has the fewest.
    fn strangers<'r>(
        &self,
        rule: &'r ResolvedRule<'_>,
        end: &End,
        zone: ZoneId,
    ) -> Option<Cell<'r, K>> {
        let cells = sets::cells(self.network, end, &rule.without);
        let fewest = cells.into_iter().min_by_key(|cell| cell.without.len());
        // A zone without addresses of the family has no cell; its hosts may put any into their packets all the same.
        let everybody = rule.without.iter().filter(|without| without.from.is_empty());
        let without = fewest.map_or_else(|| everybody.collect(), |cell| cell.without);
        let own = sets::addresses(self.network, &super::zone_end(self.network.snapshot, zone));
        let source = self.network.unicast().minus(&own);
        (!source.is_empty()).then_some(Cell { source, without })
    }

    fn checks_sources(&self, port: Port) -> bool {
        let device = &self.network.snapshot.devices[port.device];
        device.interfaces[port.interface].source_check == Some(true)
    }
}
