//! Waivers (例外措置): each covers exactly the packets that it names. What it excuses stays visible, what it leaves of a path
//! is said with the finding, and what is wrong with the waiver itself is a finding of its own.
//!
//! A waiver that is not in force covers nothing: nobody approved it and no emergency was declared, its day has not come, or
//! its last day is past. Without `--at` no day is past.

mod covered;
mod tell;
mod terms;

use super::Judge;
use super::parties::{Resolved, ResolvedRule};
use crate::finding::{Cause, Finding, Kind, Severity, Verdict, Waived};
use crate::policy::{Policy, Verb, Waiver};
use crate::snapshot::Snapshot;
use crate::text::Text;
use covered::Covered;

/// The judges of both families.
pub(super) struct Waivers<'a> {
    pub(super) v4: &'a Judge<'a, u32>,
    pub(super) v6: &'a Judge<'a, u128>,
    pub(super) policy: &'a Policy,
}

/// Whether a waiver excuses anything on the day of the scan.
pub(super) fn in_force(snapshot: &Snapshot, waiver: &Waiver) -> bool {
    let today = snapshot.at.map(|at| at.day);
    let from = waiver.emergency.into_iter().chain(waiver.decided).min();
    let past = waiver.until.zip(today).is_some_and(|(until, today)| until < today);
    let early = from.zip(today).is_some_and(|(from, today)| today < from);
    let allowed = waiver.approved_by.is_some() || waiver.emergency.is_some();
    allowed && !past && !early
}

/// The identifier, or the position when there is none.
pub(super) fn name(index: usize, waiver: &Waiver) -> String {
    waiver.id.clone().unwrap_or_else(|| format!("#{}", index + 1))
}

impl Waivers<'_> {
    /// What waivers excuse, and findings about waivers. Findings about paths of which a waiver covers a part say so.
    pub(super) fn judge(&self, findings: &mut Vec<Finding>) -> Vec<Waived> {
        let (snapshot, resolved) = (self.v4.network.snapshot, self.v4.resolved);
        let mut waived = Vec::new();
        for entry in &resolved.waivers {
            let Some(waiver) = self.policy.waivers.get(entry.index) else { continue };
            let name = name(entry.index, waiver);
            let mut problems = terms::problems(snapshot, self.policy, entry.index, waiver);
            let rule = resolved.rules.iter().find(|rule| rule.rule.id == waiver.rule);
            match rule {
                None => problems.push(self.without_rule(resolved, waiver, &name)),
                Some(rule) if !rule.rule.verb.forbids() => problems.push(unseen(rule, &name)),
                Some(rule) if in_force(snapshot, waiver) => {
                    let covered = self.covered(rule, entry.index, waiver);
                    problems.extend(stale(rule, covered.as_deref(), &name));
                    for part in covered.into_iter().flatten().filter(Covered::excuses) {
                        tell::left(findings, waiver, &name, &part);
                        waived.push(part.waived(waiver, &name));
                    }
                }
                Some(_) => {}
            }
            findings.extend(problems.into_iter().map(|problem| finding(waiver, &name, problem)));
        }
        waived
    }

    /// What the waiver covers of a rule that forbids, in both families; `None` for rules that do not forbid.
    fn covered(
        &self,
        rule: &ResolvedRule<'_>,
        index: usize,
        waiver: &Waiver,
    ) -> Option<Vec<Covered>> {
        if !rule.rule.verb.forbids() {
            return None;
        }
        let without = rule.without.iter().find(|without| without.waiver == Some(index))?;
        let mut covered = self.v4.covered(rule, without, waiver);
        covered.extend(self.v6.covered(rule, without, waiver));
        Some(covered)
    }

    fn without_rule(&self, resolved: &Resolved<'_>, waiver: &Waiver, name: &str) -> Problem {
        let missing = |(rule, _): &&(&crate::policy::PolicyRule, _)| rule.id == waiver.rule;
        match resolved.not_applicable.iter().find(missing) {
            Some(_) => (Severity::Low, tell::not_applicable(name, &waiver.rule)),
            None => (Severity::Medium, tell::no_rule(name, &waiver.rule)),
        }
    }
}

/// Something wrong with a waiver.
type Problem = (Severity, Text);

/// A waiver of a rule that forbids no paths: what it excuses of traffic can't be listed, and of anything else it excuses nothing.
fn unseen(rule: &ResolvedRule<'_>, name: &str) -> Problem {
    let id = &rule.rule.id;
    let excuses = rule.rule.verb.has_parties() && rule.rule.verb != Verb::Require;
    let text = if excuses { tell::unlisted(name, id) } else { tell::powerless(name, id) };
    (Severity::Medium, text)
}

/// A waiver that excuses nothing.
fn stale(rule: &ResolvedRule<'_>, covered: Option<&[Covered]>, name: &str) -> Option<Problem> {
    let covered = covered?;
    if covered.iter().any(Covered::excuses) {
        return None;
    }
    let rule = &rule.rule.id;
    let text = if covered.is_empty() { tell::beside(name, rule) } else { tell::stale(name, rule) };
    Some((Severity::Low, text))
}

fn finding(waiver: &Waiver, name: &str, (severity, message): Problem) -> Finding {
    let mut finding =
        Finding::new(Kind::Waiver, &waiver.rule, severity, Verdict::Undetermined, message);
    // Days that pass are no other finding.
    let said: String = finding.message.en.chars().filter(|c| !c.is_ascii_digit()).collect();
    let parts = [Kind::Waiver.id(), waiver.rule.clone(), name.to_owned(), said];
    finding.fingerprint = crate::finding::fingerprint(&parts);
    finding.causes = vec![Cause { span: Some(waiver.span), reason: tell::place() }];
    finding
}
