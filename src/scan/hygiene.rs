//! `hygiene` rules of a policy: they hold when the hygiene rules that they name find nothing, and nothing was left unread in which
//! they might have. The findings stay what they are and take clause and requirements from the first policy rule that names them.

use crate::finding::{Cause, Finding, Kind, RuleVerdict, Verdict, fingerprint};
use crate::model::{Gap, LineStatus};
use crate::policy::{Policy, PolicyRule, Verb};
use crate::snapshot::Snapshot;
use crate::text;

/// Gives `verdicts` of `hygiene` rules what `findings` say; adds what keeps a rule undetermined.
pub(super) fn decide(
    snapshot: &Snapshot,
    policy: &Policy,
    findings: &mut Vec<Finding>,
    verdicts: &mut [RuleVerdict],
) {
    let unread = unread(snapshot);
    let mut open = Vec::new();
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
        if worst == Verdict::Holds && !unread.is_empty() {
            worst = Verdict::Undetermined;
            open.push(unsettled(rule, &unread));
        }
        for verdict in verdicts.iter_mut().filter(|verdict| verdict.rule == rule.id) {
            verdict.verdict = verdict.verdict.max(worst);
        }
    }
    findings.extend(open);
}

/// Whether every line of the configurations was understood.
pub(super) fn is_all_read(snapshot: &Snapshot) -> bool {
    unknown(snapshot).next().is_none()
}

/// Lines of configurations of which nobody knows what they say.
fn unread(snapshot: &Snapshot) -> Vec<Cause> {
    unknown(snapshot)
        .map(|gap| Cause { span: Some(gap.span), reason: gap.reason.clone() })
        .collect()
}

fn unknown(snapshot: &Snapshot) -> impl Iterator<Item = &Gap> {
    let gaps = snapshot.coverage.iter().flatten().flat_map(|coverage| &coverage.gaps);
    gaps.filter(|gap| gap.status == LineStatus::Unknown)
}

fn unsettled(rule: &PolicyRule, unread: &[Cause]) -> Finding {
    let (id, count) = (&rule.id, unread.len());
    let message = text!(
        "解釈できない行が{count}行あるため、規則「{id}」の点検項目に該当しないとは言えません。",
        "lines that are not understood may hold what {id} asks about; how many: {count}"
    );
    let mut finding =
        Finding::new(Kind::Coverage, id, rule.severity, Verdict::Undetermined, message);
    finding.causes = unread.to_vec();
    finding.basis.clone_from(&rule.basis);
    finding.requirements.clone_from(&rule.requirements);
    finding.fingerprint = fingerprint(&[Kind::Coverage.id(), id.clone()]);
    finding
}
