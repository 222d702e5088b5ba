//! Permits that are called temporary and state no last day.

use super::Subject;
use super::temporary::{Stay, permits};
use super::write;
use crate::finding::{Finding, Severity};
use crate::text;

pub(super) fn check(subject: &Subject<'_>, rule: &'static str) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (list, entry, stay) in permits(subject) {
        let Stay::Undated(date) = stay else { continue };
        let (name, label) = (&subject.device.name, write::label(subject, list, entry));
        let message = text!(
            "「{name}」の許可の行「{label}」は一時的なものと書かれていますが、期限がありません。",
            "on {name}, the permit {label} is called temporary and states no end"
        );
        let mut finding = write::new(subject, rule, Severity::Low, message);
        finding.details.extend(write::comment(subject, list, entry));
        if let Some(date) = date {
            let date = date.text;
            finding.details.push(text!(
                "日付「{date}」がありますが、期限かどうかは書かれていません。",
                "there is a date, {date}, and nothing says that it is the end"
            ));
        }
        finding.advice = Some(text!(
            "用が済んでいれば行を削除してください。必要であれば、コメントまたはスケジュールに期限を書いてください。",
            "delete the line when it has served; else state its end in the comment or by a schedule"
        ));
        finding.blame.push(write::blame_entry(subject, list, entry));
        findings.push(write::seal(subject, finding, &[&subject.device.lists[list.id].name]));
    }
    findings
}
