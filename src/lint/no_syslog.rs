//! Devices whose log stays on the device.

use super::{Subject, write};
use crate::finding::{Finding, Severity};
use crate::model::OwnKind;
use crate::text;

pub(super) fn check(subject: &Subject<'_>, rule: &'static str) -> Vec<Finding> {
    let own = &subject.device.own;
    let Some(span) = own.whole else { return Vec::new() };
    if own.has(|kind| matches!(kind, OwnKind::LogTarget(_))) {
        return Vec::new();
    }
    let name = &subject.device.name;
    let message = text!(
        "「{name}」には、ログを外部のサーバへ送る設定がありません。",
        "{name} sends its log to no other machine"
    );
    let mut finding = write::new(subject, rule, Severity::Medium, message);
    finding.advice = Some(text!(
        "syslogサーバなど、機器の外にある保存先を設定してください。",
        "configure a syslog server or another place outside the device"
    ));
    finding.blame.push(write::blame(subject, "", span));
    vec![write::seal(subject, finding, &[])]
}
