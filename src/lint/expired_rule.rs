//! Permits whose comment or name states a last day that has passed.

use super::Subject;
use super::temporary::{Stay, permits};
use super::write;
use crate::finding::{Finding, Severity};
use crate::text;

/// Without a moment ([`crate::snapshot::Snapshot::at`]) nothing has passed.
pub(super) fn check(subject: &Subject<'_>, rule: &'static str) -> Vec<Finding> {
    let Some(now) = subject.snapshot.at else { return Vec::new() };
    let mut findings = Vec::new();
    for (list, entry, stay) in permits(subject) {
        let Stay::Until(date) = stay else { continue };
        if date.day >= now.day {
            continue;
        }
        let (name, label) = (&subject.device.name, write::label(subject, list, entry));
        let (late, date) = (now.day - date.day, &date.text);
        let message = text!(
            "「{name}」の許可の行「{label}」は、期限（{date}）を過ぎて有効なまま残っています。",
            "on {name}, the permit {label} is still in force after its stated end ({date})"
        );
        let mut finding = write::new(subject, rule, Severity::Medium, message);
        finding.details.extend(write::comment(subject, list, entry));
        finding.details.push(text!(
            "判定の時点で{late}日過ぎています。期限は、行の名前またはコメントから読み取りました。",
            "{late} days have passed at the moment of judgment; the end is read from the name or comment of the line"
        ));
        finding.advice = Some(text!(
            "用が済んでいれば行を削除してください。続けて必要であれば、申請と承認を経て期限を改めてください。",
            "delete the line when it has served; when it is still needed, have it approved again and state a new end"
        ));
        finding.blame.push(write::blame_entry(subject, list, entry));
        findings.push(write::seal(subject, finding, &[&subject.device.lists[list.id].name]));
    }
    findings
}
