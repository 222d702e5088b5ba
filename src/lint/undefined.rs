//! Names that are used and defined nowhere.

use std::collections::BTreeMap;

use super::Subject;
use super::write;
use crate::finding::{Finding, Severity};
use crate::model::Remark;
use crate::source::Span;
use crate::text;

/// Places named in a finding; more are counted.
const NAMED: usize = 12;

pub(super) fn check(subject: &Subject<'_>, rule: &'static str) -> Vec<Finding> {
    let mut uses: BTreeMap<(&str, &str), Vec<Span>> = BTreeMap::new();
    for remark in &subject.device.remarks {
        if let Remark::Undefined { kind, name, span } = remark {
            uses.entry((kind, name)).or_default().push(*span);
        }
    }
    let mut findings = Vec::new();
    for ((kind, name), mut spans) in uses {
        spans.sort_unstable();
        spans.dedup();
        findings.push(finding(subject, rule, (kind, name), &spans));
    }
    findings.sort_by_key(|finding| finding.blame.first().map(|blame| blame.span));
    findings
}

fn finding(
    subject: &Subject<'_>,
    rule: &'static str,
    (kind, name): (&str, &str),
    spans: &[Span],
) -> Finding {
    let (device, noun) = (&subject.device.name, noun(kind));
    let message = text!(
        "「{device}」の設定で使われている{noun}「{name}」は、どこにも定義されていません。",
        "on {device}, the {kind} {name} is used and defined nowhere"
    );
    let mut finding = write::new(subject, rule, Severity::Medium, message);
    let more = spans.len().saturating_sub(NAMED);
    if more > 0 {
        finding
            .details
            .push(text!("ほかに{more}か所で使われています。", "used in {more} more places"));
    }
    finding.advice = Some(text!(
        "名前を定義するか、使っている行を直してください。判定では不明な値として扱っています。",
        "define the name, or mend the line that uses it; it is judged as an unknown value"
    ));
    let label = format!("{kind} {name}");
    finding.blame =
        spans.iter().take(NAMED).map(|span| write::blame(subject, &label, *span)).collect();
    write::seal(subject, finding, &[kind, name])
}

/// The kind in Japanese.
fn noun(kind: &str) -> &str {
    match kind {
        "address" | "addrgrp" => "アドレス",
        "service" => "サービス",
        "interface" => "インターフェース",
        "schedule" | "time-range" => "スケジュール",
        "access-list" => "アクセスリスト",
        "object" => "オブジェクト",
        "object-group" => "オブジェクトグループ",
        other => other,
    }
}
