//! What would break the rule inside the packets that a waiver names.

use super::super::Judge;
use super::super::deny::{Asked, Focus, zone_of};
use super::super::parties::{End, ResolvedRule, Without};
use super::super::sets;
use crate::compile::{Header, Reading};
use crate::finding::{FlowList, Waived};
use crate::net::{AddressRange, Family};
use crate::packetset::Function;
use crate::policy::Waiver;

/// One pair of ends that a waiver and its rule have in common.
pub(super) struct Covered {
    /// The ends as the rule names them.
    pub(super) of_rule: [String; 2],
    /// The ends as the waiver narrows them.
    pub(super) ends: [String; 2],
    pub(super) family: Family,
    /// What may pass of it.
    pub(super) flows: FlowList,
    /// Whether some of it surely passes.
    sure: bool,
}

impl Covered {
    /// Whether anything may pass that the rule would forbid.
    pub(super) fn excuses(&self) -> bool {
        !self.flows.flows.is_empty() || self.flows.omitted > 0
    }

    pub(super) fn waived(self, waiver: &Waiver, name: &str) -> Waived {
        let [from, to] = self.ends;
        Waived {
            waiver: name.to_owned(),
            rule: waiver.rule.clone(),
            from,
            to,
            family: self.family,
            flows: self.flows,
            sure: self.sure,
            reason: waiver.reason.clone(),
            requested_by: waiver.requested_by.clone(),
            approved_by: waiver.approved_by.clone(),
            document: waiver.document.clone(),
            span: waiver.span,
        }
    }
}

impl<K: Header> Judge<'_, K> {
    /// Every pair of ends that `waiver` shares with the rule, with what may pass of its services.
    pub(super) fn covered(
        &self,
        rule: &ResolvedRule<'_>,
        without: &Without,
        waiver: &Waiver,
    ) -> Vec<Covered> {
        // Other waivers may name the same packets; each must stand on its own. Exceptions are no matter of waivers.
        let mut bare = rule.clone();
        bare.without.retain(|other| other.waiver.is_none());
        let mut out = Vec::new();
        for source in sets::sources(rule) {
            for from in narrowed(source.end, &without.from) {
                let mut shared = Vec::new();
                for of_rule in sets::targets(source.end, source.direction) {
                    let parts = narrowed(of_rule, &without.to).into_iter();
                    let parts = parts.filter(|to| self.has_addresses(to));
                    shared.extend(parts.map(|to| (of_rule.name.clone(), to)));
                }
                if self.has_addresses(&from) {
                    let name = &source.end.name;
                    out.extend(self.covered_from(&bare, (name, &from), &shared, waiver));
                }
            }
        }
        out
    }

    fn has_addresses(&self, end: &End) -> bool {
        !sets::addresses(self.network, end).is_empty()
    }

    /// What the waiver covers from one source to each target; targets with their names in the rule.
    fn covered_from(
        &self,
        bare: &ResolvedRule<'_>,
        (of_rule, from): (&str, &End),
        targets: &[(String, End)],
        waiver: &Waiver,
    ) -> Vec<Covered> {
        let Some(zone) = zone_of(from) else { return Vec::new() };
        let ends: Vec<&End> = targets.iter().map(|(_, to)| to).collect();
        let mut out: Vec<Covered> = targets
            .iter()
            .map(|(name, to)| Covered {
                of_rule: [of_rule.to_owned(), name.clone()],
                ends: [from.name.clone(), to.name.clone()],
                family: K::FAMILY,
                flows: FlowList::default(),
                sure: false,
            })
            .collect();
        for cell in sets::cells(self.network, from, &bare.without) {
            let again = cell.clone();
            let mut may = self.ask(bare, &ends, zone, cell, Reading::May, Focus::default());
            let mut must: Option<Asked<'_, K>> = None;
            for (part, to) in out.iter_mut().zip(&ends) {
                let set = self.inside(bare, &mut may, to, waiver);
                // A run that a limit stopped says nothing against a waiver.
                part.flows.omitted += u64::from(may.run.limited());
                if set.is_none() {
                    continue;
                }
                let list = sets::list_flows(&mut may.run.arena, set, sets::FLOWS);
                part.flows.omitted += list.omitted;
                part.flows.flows.extend(list.flows);
                part.sure |= may.run.exact || {
                    let must = must.get_or_insert_with(|| {
                        self.ask(bare, &ends, zone, again.clone(), Reading::Must, Focus::default())
                    });
                    !self.inside(bare, must, to, waiver).is_none()
                };
            }
        }
        out
    }

    fn inside(
        &self,
        bare: &ResolvedRule<'_>,
        asked: &mut Asked<'_, K>,
        to: &End,
        waiver: &Waiver,
    ) -> Function {
        let arena = &mut asked.run.arena;
        let wanted = sets::forbidden(arena, self.network, bare, &asked.cell, to);
        let services = sets::service_set(arena, &waiver.services);
        let wanted = arena.guard(wanted, services);
        let delivered = asked.run.delivered(to.place, None);
        asked.run.arena.guard(delivered, wanted)
    }
}

/// The parts of `end` that `by` names; all of it when `by` is empty.
fn narrowed(end: &End, by: &[End]) -> Vec<End> {
    if by.is_empty() {
        return vec![end.clone()];
    }
    by.iter().filter_map(|other| common(end, other)).collect()
}

fn common(end: &End, other: &End) -> Option<End> {
    if end.place != other.place {
        return None;
    }
    let Some(ranges) = &end.ranges else { return Some(other.clone()) };
    let Some(others) = &other.ranges else { return Some(end.clone()) };
    let mut shared: Vec<AddressRange> = Vec::new();
    for range in ranges {
        shared.extend(others.iter().filter_map(|other| overlap(*range, *other)));
    }
    let name = other.name.clone();
    (!shared.is_empty()).then_some(End {
        name,
        place: end.place,
        ranges: Some(shared),
        whole: false,
    })
}

fn overlap(a: AddressRange, b: AddressRange) -> Option<AddressRange> {
    if a.family() != b.family() {
        return None;
    }
    AddressRange::new(a.first().max(b.first()), a.last().min(b.last()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(first: &str, last: &str) -> AddressRange {
        AddressRange::new(first.parse().unwrap(), last.parse().unwrap()).unwrap()
    }

    #[test]
    fn ranges_share_what_lies_in_both() {
        let a = range("10.0.0.1", "10.0.0.9");
        assert_eq!(overlap(a, range("10.0.0.5", "10.0.1.0")), Some(range("10.0.0.5", "10.0.0.9")));
        assert_eq!(overlap(a, range("10.0.0.10", "10.0.1.0")), None);
        assert_eq!(overlap(a, range("2001:db8::1", "2001:db8::9")), None);
    }
}
