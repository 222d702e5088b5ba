//! Devices that take their time from nowhere.

use super::{Subject, write};
use crate::finding::{Finding, Severity};
use crate::model::OwnKind;
use crate::text;

pub(super) fn check(subject: &Subject<'_>, rule: &'static str) -> Vec<Finding> {
    let own = &subject.device.own;
    let Some(span) = own.whole else { return Vec::new() };
    if own.has(|kind| kind == OwnKind::Clock) {
        return Vec::new();
    }
    let name = &subject.device.name;
    let message = text!(
        "「{name}」には、時刻を合わせるサーバ（NTP）の設定がありません。",
        "{name} takes its time from no server (NTP)"
    );
    let mut finding = write::new(subject, rule, Severity::Medium, message);
    finding.advice = Some(text!(
        "組織のNTPサーバを設定し、その通信が許可されていることを確かめてください。",
        "configure the NTP server of the organisation and see that its traffic is permitted"
    ));
    finding.blame.push(write::blame(subject, "", span));
    vec![write::seal(subject, finding, &[])]
}
