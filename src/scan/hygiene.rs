//! `hygiene` rules of a policy: they hold when the hygiene rules that they name find nothing. The findings stay what they are and
//! take clause and requirements from the first policy rule that names them.

use crate::finding::{Finding, Kind, RuleVerdict, Verdict};
use crate::policy::{Policy, Verb};

/// Gives `verdicts` of `hygiene` rules what `findings` say.
pub(super) fn decide(policy: &Policy, findings: &mut [Finding], verdicts: &mut [RuleVerdict]) {
    for rule in &policy.rules {
        let Verb::Hygiene { rules } = &rule.verb else { continue };
        let named = |kind: Kind| match kind {
            Kind::Lint(name) => rules.iter().any(|word| word.value == name),
            _ => false,
        };
        let mut worst = Verdict::Holds;
        for finding in findings.iter_mut().filter(|finding| named(finding.kind)) {
            worst = worst.max(finding.verdict);
            if finding.basis.is_none() {
                finding.basis.clone_from(&rule.basis);
                finding.requirements.clone_from(&rule.requirements);
            }
        }
        for verdict in verdicts.iter_mut().filter(|verdict| verdict.rule == rule.id) {
            verdict.verdict = verdict.verdict.max(worst);
        }
    }
}
