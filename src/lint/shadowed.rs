//! Lines that can never decide a packet, because lines before them decide every one.

use super::Subject;
use super::entries::{Entry, List};
use super::write;
use crate::compile::Fate;
use crate::finding::{Finding, Severity};
use crate::model::Action;
use crate::text;

pub(super) fn check(subject: &Subject<'_>, rule: &'static str) -> Vec<Finding> {
    let mut findings = Vec::new();
    for list in &subject.lists {
        for entry in &list.entries {
            if let Fate::Covered(by) = &entry.fate {
                let by = list.holding(by, entry.span);
                if by.is_empty() {
                    continue;
                }
                findings.extend(finding(subject, rule, list, entry, &by));
            }
        }
    }
    findings
}

fn finding(
    subject: &Subject<'_>,
    rule: &'static str,
    list: &List,
    entry: &Entry,
    by: &[&Entry],
) -> Option<Finding> {
    let device = subject.device;
    let action = entry.lines(device, list.id).next()?.action;
    let against = |other: &&&Entry| {
        other.lines(device, list.id).any(|line| {
            line.action != action && matches!(line.action, Action::Permit | Action::Deny)
        })
    };
    let against: Vec<&Entry> = by.iter().filter(against).copied().collect();
    let contradicted = !against.is_empty();
    let severity = if contradicted { Severity::Medium } else { Severity::Low };
    let (name, label) = (&device.name, write::label(subject, list, entry));
    let message = match (contradicted, action) {
        (true, Action::Deny) => text!(
            "「{name}」の拒否の行「{label}」は、前にある許可の行がすべての通信を先に処理するため、一度も効きません。",
            "on {name}, the deny {label} never applies: permits before it decide every packet first"
        ),
        (true, _) => text!(
            "「{name}」の許可の行「{label}」は、前にある拒否の行がすべての通信を先に処理するため、一度も効きません。",
            "on {name}, the permit {label} never applies: denies before it decide every packet first"
        ),
        (false, _) => text!(
            "「{name}」の行「{label}」は、前にある行がすべての通信を同じ動作で先に処理するため、一度も使われません。",
            "on {name}, {label} never applies: lines before it decide every packet first, the same way"
        ),
    };
    let mut finding = write::new(subject, rule, severity, message);
    let covering = write::named(subject, list, by);
    let (ja, en) = (covering.ja, covering.en);
    finding.details.push(text!("先に処理する行: {ja}", "decided before by: {en}"));
    if contradicted && against.len() < by.len() {
        let against = write::named(subject, list, &against);
        let (ja, en) = (against.ja, against.en);
        finding
            .details
            .push(text!("このうち動作が異なる行: {ja}", "of these, with the other action: {en}"));
    }
    finding.advice = Some(if contradicted {
        text!(
            "この行が必要であれば、上の行より前に移すか、上の行を狭めてください。不要であれば削除してください。",
            "if the line is wanted, move it ahead of those lines or narrow them; if not, delete it"
        )
    } else {
        text!(
            "この行を削除しても動作は変わりません。削除してください。",
            "delete the line; nothing changes"
        )
    });
    finding.blame.push(write::blame_entry(subject, list, entry));
    finding.blame.extend(write::blame_all(subject, list, by));
    Some(write::seal(subject, finding, &[&device.lists[list.id].name]))
}
