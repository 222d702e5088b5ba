//! Enforcement: each named device must stop the forbidden flow alone, and nothing may lead around it.

use super::deny::{Focus, Hit, zone_of};
use super::facts::Facts;
use super::parties::{End, ResolvedRule};
use super::sets;
use super::{Judge, write};
use crate::compile::{Header, Reading};
use crate::finding::{Finding, Verdict};
use crate::reach::Waypoint;
use crate::snapshot::DeviceId;

impl<K: Header> Judge<'_, K> {
    /// The filters of all devices but the named one let everything pass. What then arrives across the device was not
    /// stopped by it; what arrives without crossing it went around.
    pub(super) fn enforcement(
        &self,
        rule: &ResolvedRule<'_>,
        device: DeviceId,
        ends: (&End, &End),
    ) -> Vec<Finding> {
        let focus = Focus { filters: Some(device), watch: vec![Waypoint::Device(device)] };
        let arriving = |crossed| {
            let tell = |facts: &Facts| write::enforcement(self, rule, facts, device, crossed);
            self.arriving(rule, ends, &focus, crossed, tell)
        };
        [true, false].into_iter().filter_map(arriving).collect()
    }

    /// What arrives though the rule forbids it, and did (not) cross what is watched: proven when it surely arrives. Both readings
    /// agree where nothing uncertain was met.
    pub(super) fn arriving(
        &self,
        rule: &ResolvedRule<'_>,
        ends: (&End, &End),
        focus: &Focus,
        crossed: bool,
        tell: impl Fn(&Facts) -> Finding,
    ) -> Option<Finding> {
        let zone = zone_of(ends.0)?;
        let mut undetermined = None;
        for cell in sets::cells(self.network, ends.0, &rule.without) {
            for reading in [Reading::Must, Reading::May] {
                let mut asked =
                    self.ask(rule, &[ends.1], zone, cell.clone(), reading, focus.clone());
                let wanted =
                    sets::forbidden(&mut asked.run.arena, self.network, rule, &asked.cell, ends.1);
                let delivered = asked.run.delivered(ends.1.place, Some(crossed));
                let nothing = asked.run.arena.guard(delivered, wanted).is_none();
                let limited = asked.run.limited();
                if nothing && !limited {
                    if asked.run.exact {
                        break;
                    }
                    continue;
                }
                let proven = reading == Reading::Must && !limited;
                let verdict = if proven { Verdict::Violated } else { Verdict::Undetermined };
                let place = ends.1.place;
                let mut hit = Hit { asked: &mut asked, wanted, place, crossed: Some(crossed) };
                let finding = tell(&self.facts(rule, ends, &mut hit, verdict));
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
