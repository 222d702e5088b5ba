//! Waivers: each covers exactly the packets that it names; what is wrong with the waiver itself is a finding.

use super::parties::{Resolved, ResolvedWaiver};
use crate::finding::{Cause, Finding, Kind, Severity, Verdict};
use crate::policy::{Policy, Waiver};
use crate::snapshot::Snapshot;
use crate::text;
use crate::text::Text;

/// What is wrong with each waiver: no such rule, nobody approved it, applicant and approver are one, a date is past.
pub(super) fn findings(
    snapshot: &Snapshot,
    policy: &Policy,
    resolved: &Resolved<'_>,
) -> Vec<Finding> {
    let waivers =
        resolved.waivers.iter().filter_map(|entry| Some((entry, policy.waivers.get(entry.index)?)));
    waivers
        .flat_map(|(entry, waiver)| {
            problems(snapshot, entry, waiver).into_iter().map(|p| finding(waiver, p))
        })
        .collect()
}

fn problems(snapshot: &Snapshot, entry: &ResolvedWaiver, waiver: &Waiver) -> Vec<(Severity, Text)> {
    let mut out = Vec::new();
    let rule = &waiver.rule;
    if entry.rule.is_none() {
        out.push((
            Severity::Medium,
            text!(
                "例外措置の対象規則「{rule}」は方針にありません。",
                "the waiver names the policy rule `{rule}`, which does not exist"
            ),
        ));
    }
    match (&waiver.requested_by, &waiver.approved_by) {
        (_, None) => out.push((
            Severity::Medium,
            text!(
                "規則「{rule}」の例外措置に承認者の記載がありません。",
                "the waiver for `{rule}` names nobody who approved it"
            ),
        )),
        (Some(applicant), Some(approver)) if applicant == approver => out.push((
            Severity::Medium,
            text!(
                "規則「{rule}」の例外措置は、申請者と承認者が同一です（{approver}）。",
                "the waiver for `{rule}` was requested and approved by the same person ({approver})"
            ),
        )),
        _ => {}
    }
    let today = snapshot.at.map(|at| at.day);
    if waiver.until.zip(today).is_some_and(|(until, today)| until < today) {
        out.push((Severity::Medium, text!(
            "規則「{rule}」の例外措置は期限を過ぎています（期限の管理は推奨事項です）。",
            "the waiver for `{rule}` is past its last day (keeping an end date is good practice)"
        )));
    }
    if waiver.review.zip(today).is_some_and(|(review, today)| review < today) {
        out.push((
            Severity::Low,
            text!(
                "規則「{rule}」の例外措置は確認時期を過ぎています。",
                "the waiver for `{rule}` is due for review"
            ),
        ));
    }
    out
}

fn finding(waiver: &Waiver, (severity, message): (Severity, Text)) -> Finding {
    let fingerprint =
        crate::finding::fingerprint(&[Kind::Waiver.id(), waiver.rule.clone(), message.en.clone()]);
    let mut finding =
        Finding::new(Kind::Waiver, &waiver.rule, severity, Verdict::Undetermined, message);
    finding.fingerprint = fingerprint;
    let reason = text!("例外措置の記載箇所", "where the waiver stands");
    finding.causes = vec![Cause { span: Some(waiver.span), reason }];
    finding
}
