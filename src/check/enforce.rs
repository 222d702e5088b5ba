//! Enforcement: each named device must stop the forbidden flow alone, and nothing may lead around it.

use super::deny::{Asked, Focus, Hit, zone_of};
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
        self.arriving(rule, ends, &focus, &[true, false], |facts, crossed| {
            write::enforcement(self, rule, facts, device, crossed)
        })
    }

    /// What arrives though the rule forbids it: for each of `sides`, packets that did (not) cross what is watched. Proven when it
    /// surely arrives; both readings agree where nothing uncertain was met.
    pub(super) fn arriving(
        &self,
        rule: &ResolvedRule<'_>,
        ends: (&End, &End),
        focus: &Focus,
        sides: &[bool],
        tell: impl Fn(&Facts, bool) -> Finding,
    ) -> Vec<Finding> {
        let mut found: Vec<Option<Finding>> = vec![None; sides.len()];
        let Some(zone) = zone_of(ends.0) else { return Vec::new() };
        let proven = |found: &Finding| found.verdict == Verdict::Violated;
        for cell in sets::cells(self.network, ends.0, &rule.without) {
            let mut settled: Vec<bool> =
                found.iter().map(|found| found.as_ref().is_some_and(proven)).collect();
            for reading in [Reading::Must, Reading::May] {
                if settled.iter().all(|settled| *settled) {
                    break;
                }
                let (cell, focus) = (cell.clone(), focus.clone());
                let mut asked = self.ask(rule, &[ends.1], zone, cell, reading, focus);
                for ((crossed, found), settled) in sides.iter().zip(&mut found).zip(&mut settled) {
                    if *settled {
                        continue;
                    }
                    let facts = self.crossing(rule, ends, &mut asked, Some(*crossed));
                    *settled = facts.is_some() || asked.run.exact;
                    let fresh = facts.map(|facts| tell(&facts, *crossed));
                    if fresh.as_ref().is_some_and(proven) || found.is_none() {
                        *found = fresh;
                    }
                }
            }
        }
        found.into_iter().flatten().collect()
    }

    /// What a run tells about forbidden packets; when it is said, only about those that did (not) cross what is watched.
    pub(super) fn crossing(
        &self,
        rule: &ResolvedRule<'_>,
        ends: (&End, &End),
        asked: &mut Asked<'_, K>,
        crossed: Option<bool>,
    ) -> Option<Facts> {
        let place = ends.1.place;
        let wanted = sets::forbidden(&mut asked.run.arena, self.network, rule, &asked.cell, ends.1);
        let delivered = asked.run.delivered(place, crossed);
        let nothing = asked.run.arena.guard(delivered, wanted).is_none();
        let limited = asked.run.limited();
        if nothing && !limited {
            return None;
        }
        let proven = asked.reading == Reading::Must && !limited;
        let verdict = if proven { Verdict::Violated } else { Verdict::Undetermined };
        let mut hit = Hit { asked, wanted, place, crossed };
        Some(self.facts(rule, ends, &mut hit, verdict))
    }
}
