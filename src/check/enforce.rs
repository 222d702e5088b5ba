//! Enforcement: each named device must stop the forbidden flow alone, and nothing may lead around it.

use super::deny::{Focus, Hit, targets, zone_of};
use super::parties::{End, ResolvedRule};
use super::sets;
use super::{Judge, write};
use crate::compile::{Header, Reading};
use crate::finding::{Finding, Verdict};
use crate::reach::Waypoint;
use crate::snapshot::DeviceId;

impl<K: Header> Judge<'_, K> {
    /// For each named device: the filters of all others let everything pass. What then arrives across the device was not
    /// stopped by it; what arrives without crossing it went around.
    pub(super) fn enforcement(&self, rule: &ResolvedRule<'_>) -> Vec<Finding> {
        let mut findings = Vec::new();
        for device in &rule.enforce_at {
            for source in sets::sources(rule) {
                for to in targets(source.end, source.direction) {
                    for crossed in [true, false] {
                        findings.extend(self.fails(rule, *device, (source.end, to), crossed));
                    }
                }
            }
        }
        findings
    }

    fn fails(
        &self,
        rule: &ResolvedRule<'_>,
        device: DeviceId,
        ends: (&End, &End),
        crossed: bool,
    ) -> Option<Finding> {
        let zone = zone_of(ends.0)?;
        let focus = Focus { filters: Some(device), watch: vec![Waypoint::Device(device)] };
        let mut undetermined = None;
        for cell in sets::cells(self.network, ends.0, &rule.without) {
            for reading in [Reading::Must, Reading::May] {
                let cell =
                    sets::Cell { source: cell.source.clone(), without: cell.without.clone() };
                let mut asked = self.ask(rule, &[ends.1], zone, cell, reading, focus.clone());
                let wanted =
                    sets::forbidden(&mut asked.run.arena, self.network, rule, &asked.cell, ends.1);
                let delivered = asked.run.delivered(ends.1.place, Some(crossed));
                if asked.run.arena.guard(delivered, wanted).is_none() && !asked.run.limited {
                    continue;
                }
                let proven = reading == Reading::Must && !asked.run.limited;
                let verdict = if proven { Verdict::Violated } else { Verdict::Undetermined };
                let mut hit =
                    Hit { asked: &mut asked, wanted, place: ends.1.place, crossed: Some(crossed) };
                let facts = self.facts(rule, ends, &mut hit, verdict);
                let finding = write::enforcement(self, rule, &facts, device, crossed);
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
