//! Ports that are up and for nothing.

use super::Subject;
use super::write;
use crate::finding::{Finding, Severity};
use crate::model::Remark;
use crate::text;

/// Ports named in a finding; more are counted.
const NAMED: usize = 12;

pub(super) fn check(subject: &Subject<'_>, rule: &'static str) -> Vec<Finding> {
    let idle = subject.device.remarks.iter().filter_map(|remark| match remark {
        Remark::IdlePort { name, span } => Some((name.as_str(), *span)),
        _ => None,
    });
    let ports: Vec<_> = idle.collect();
    let count = ports.len();
    if count == 0 {
        return Vec::new();
    }
    let device = &subject.device.name;
    let message = text!(
        "「{device}」に、停止しておらず、説明も VLAN もアドレスも設定されていないポートが{count}個あります。",
        "{device} has {count} ports that are up without description, VLAN or address"
    );
    let mut finding = write::new(subject, rule, Severity::Low, message);
    let names: Vec<&str> = ports.iter().take(NAMED).map(|(name, _)| *name).collect();
    let (ja, en) = (names.join("、"), names.join(", "));
    let more = count.saturating_sub(NAMED);
    finding.details.push(match more {
        0 => text!("対象: {ja}", "they are: {en}"),
        more => text!("対象: {ja} ほか{more}個", "they are: {en} and {more} more"),
    });
    finding.advice = Some(text!(
        "使っていなければ停止（shutdown）し、使っていれば用途を description に書いてください。",
        "shut them down when nothing is plugged in; else describe what they are for"
    ));
    finding.blame =
        ports.iter().take(NAMED).map(|(name, span)| write::blame(subject, name, *span)).collect();
    vec![write::seal(subject, finding, &[])]
}
