//! `via`: what passes must cross one of the named devices.

use super::deny::{Focus, Hit, targets, zone_of};
use super::parties::{End, ResolvedRule};
use super::{Judge, sets, write};
use crate::compile::{Header, Reading};
use crate::finding::{Finding, Verdict};

impl<K: Header> Judge<'_, K> {
    /// One finding for each pair between which packets pass without crossing any of the devices.
    pub(super) fn via(&self, rule: &ResolvedRule<'_>) -> Vec<Finding> {
        let mut findings = Vec::new();
        for source in sets::sources(rule) {
            for to in targets(source.end, source.direction) {
                findings.extend(self.around(rule, (source.end, to)));
            }
        }
        findings
    }

    fn around(&self, rule: &ResolvedRule<'_>, ends: (&End, &End)) -> Option<Finding> {
        let zone = zone_of(ends.0)?;
        let focus = Focus { filters: None, watch: rule.through.clone() };
        let mut undetermined = None;
        for cell in sets::cells(self.network, ends.0, &rule.without) {
            for reading in [Reading::Must, Reading::May] {
                let cell =
                    sets::Cell { source: cell.source.clone(), without: cell.without.clone() };
                let mut asked = self.ask(rule, &[ends.1], zone, cell, reading, focus.clone());
                let wanted =
                    sets::forbidden(&mut asked.run.arena, self.network, rule, &asked.cell, ends.1);
                let delivered = asked.run.delivered(ends.1.place, Some(false));
                if asked.run.arena.guard(delivered, wanted).is_none() && !asked.run.limited {
                    continue;
                }
                let proven = reading == Reading::Must && !asked.run.limited;
                let verdict = if proven { Verdict::Violated } else { Verdict::Undetermined };
                let mut hit =
                    Hit { asked: &mut asked, wanted, place: ends.1.place, crossed: Some(false) };
                let facts = self.facts(rule, ends, &mut hit, verdict);
                let finding = write::around(self, rule, &facts);
                if proven {
                    return Some(finding);
                }
                undetermined.get_or_insert(finding);
                break;
            }
        }
        undetermined
    }
}
