//! Permits of firewalls that leave no trace. Stateless lists of switches and routers are not asked: they see packets, not
//! connections, and logging each would stop them.

use super::entries::{Entry, List};
use super::{Subject, write};
use crate::compile::Fate;
use crate::finding::{Finding, Severity};
use crate::model::Action;
use crate::text;

pub(super) fn check(subject: &Subject<'_>, rule: &'static str) -> Vec<Finding> {
    let lists = subject.lists.iter().filter(|list| list.stateful);
    lists.filter_map(|list| finding(subject, rule, list)).collect()
}

fn finding(subject: &Subject<'_>, rule: &'static str, list: &List) -> Option<Finding> {
    let silent: Vec<&Entry> =
        list.entries.iter().filter(|entry| is_silent(subject, list, entry)).collect();
    let count = silent.len();
    if count == 0 {
        return None;
    }
    let (name, of) = (&subject.device.name, &subject.device.lists[list.id].name);
    let message = text!(
        "「{name}」の「{of}」に、通過した通信を記録しない許可の行が{count}行あります。",
        "on {name}, {of} has permits that log nothing of what passes: {count}"
    );
    let mut finding = write::new(subject, rule, Severity::Medium, message);
    let named = write::named(subject, list, &silent);
    let (ja, en) = (named.ja, named.en);
    finding.details.push(text!("該当する行: {ja}", "the lines: {en}"));
    finding.advice = Some(text!(
        "許可の行でもログを有効にしてください（セキュリティ機能の検知だけの記録では、通過した通信が残りません）。",
        "switch logging on for permits, too; a log of detections only does not show what passed"
    ));
    finding.blame = write::blame_all(subject, list, &silent);
    Some(write::seal(subject, finding, &[of]))
}

fn is_silent(subject: &Subject<'_>, list: &List, entry: &Entry) -> bool {
    let device = subject.device;
    !matches!(entry.fate, Fate::Covered(_) | Fate::Empty)
        && entry.lines(device, list.id).any(|line| {
            line.enabled && line.action == Action::Permit && device.logs(line) == Some(false)
        })
}
