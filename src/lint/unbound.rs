//! Access lists that are defined and bound nowhere.

use super::Subject;
use super::write;
use crate::finding::{Finding, Severity};
use crate::model::{ListId, Remark};
use crate::text;
use crate::text::counted;

pub(super) fn check(subject: &Subject<'_>, rule: &'static str) -> Vec<Finding> {
    let lists = subject.device.remarks.iter().filter_map(|remark| match remark {
        Remark::Unbound { list } => Some(*list),
        _ => None,
    });
    lists.map(|list| finding(subject, rule, list)).collect()
}

fn finding(subject: &Subject<'_>, rule: &'static str, list: ListId) -> Finding {
    let (device, list) = (&subject.device.name, &subject.device.lists[list]);
    let name = &list.name;
    let message = text!(
        "「{device}」のアクセスリスト「{name}」は定義されていますが、どこにも適用されていません。",
        "on {device}, access list {name} is defined and bound nowhere"
    );
    let mut finding = write::new(subject, rule, Severity::Low, message);
    let count = list.lines.len();
    let lines = counted(count, "line");
    finding.details.push(text!("{count}行あります。", "it has {lines}"));
    finding.advice =
        Some(text!("適用するか、不要であれば削除してください。", "bind it, or delete it"));
    finding.blame.extend(list.lines.first().map(|line| write::blame(subject, name, line.span)));
    write::seal(subject, finding, &[name])
}
