//! Lines whose removal changes the fate of no packet, because lines after them decide the same way.

use std::collections::BTreeSet;

use super::Subject;
use super::breadth::any_service;
use super::entries::{Entry, List};
use super::write;
use crate::compile::Fate;
use crate::finding::{Finding, Severity};
use crate::model::Action;
use crate::net::Family;
use crate::text;
use crate::text::Text;

/// All findings together can be acted on: no line is reported that another finding needs to stay.
pub(super) fn check(subject: &Subject<'_>, rule: &'static str) -> Vec<Finding> {
    let mut findings = Vec::new();
    for list in &subject.lists {
        let mut needed = BTreeSet::new();
        for entry in &list.entries {
            let Fate::Repeated { by, end } = &entry.fate else { continue };
            let by = list.holding(by, entry.span);
            let gone = |other: &&Entry| matches!(other.fate, Fate::Covered(_));
            if by.is_empty() && !end
                || needed.contains(&entry.span)
                || by.iter().any(gone)
                || states_a_ban(subject, list, entry, &by)
            {
                continue;
            }
            needed.extend(by.iter().map(|other| other.span));
            findings.push(finding(subject, rule, list, entry, (&by, *end)));
        }
    }
    findings
}

/// Whether the entry denies what a later deny of everything would deny anyway. To write a ban down is good practice: it stays
/// when permits are added.
fn states_a_ban(subject: &Subject<'_>, list: &List, entry: &Entry, by: &[&Entry]) -> bool {
    let device = subject.device;
    let everything = |entry: &&Entry| {
        entry.lines(device, list.id).any(|line| {
            let any = |id| Family::ALL.into_iter().any(|family| subject.is_everything(id, family));
            any(line.matches.source)
                && any(line.matches.destination)
                && any_service(device, line.matches.service)
        })
    };
    entry.lines(device, list.id).any(|line| line.action == Action::Deny)
        && by.iter().any(everything)
}

fn finding(
    subject: &Subject<'_>,
    rule: &'static str,
    list: &List,
    entry: &Entry,
    (by, end): (&[&Entry], bool),
) -> Finding {
    let (name, label) = (&subject.device.name, write::label(subject, list, entry));
    let message = text!(
        "「{name}」の行「{label}」は、削除してもどの通信の扱いも変わりません（後の行が同じ動作をします）。",
        "on {name}, removing {label} changes the fate of no packet: what follows decides the same way"
    );
    let mut finding = write::new(subject, rule, Severity::Low, message);
    if !by.is_empty() {
        let named = write::named(subject, list, by);
        let (ja, en) = (named.ja, named.en);
        finding.details.push(text!("同じ動作をする後の行: {ja}", "the same is done by: {en}"));
    }
    if end {
        finding.details.push(text!(
            "どの行にも一致しない通信は既定で許可されます。",
            "packets that no line matches are permitted by default"
        ));
    }
    finding.details.extend(logging(subject, list, entry, by, end));
    finding.advice = Some(text!(
        "意図した範囲に限る行であれば、後の広い行を狭めるか削除してください。そうでなければ、この行を削除してください。",
        "if this line states what was meant, narrow or delete the wider one after it; if not, delete this line"
    ));
    finding.blame.push(write::blame_entry(subject, list, entry));
    finding.blame.extend(write::blame_all(subject, list, by));
    write::seal(subject, finding, &[&subject.device.lists[list.id].name])
}

/// What the removal would do to the log.
fn logging(
    subject: &Subject<'_>,
    list: &List,
    entry: &Entry,
    by: &[&Entry],
    end: bool,
) -> Option<Text> {
    let logs =
        |entry: &Entry| entry.lines(subject.device, list.id).all(|line| line.log == Some(true));
    (logs(entry) && (end || !by.iter().all(|other| logs(other)))).then(|| {
        text!(
            "ただし、この行は通信を記録しますが、後の行には記録しないものがあります。削除すると記録が残らなくなります。",
            "but this line logs and not all of what follows does: its removal would end those log entries"
        )
    })
}
