//! Traffic that waivers excuse: it passes, so it is never left unsaid.

use crate::report::page::{Page, Tone};
use crate::report::{Style, view};
use crate::scan::Scan;
use crate::text;

/// How many flows of a waiver are shown unless the reader wants all.
const SHORT: usize = 4;

pub(super) fn render(page: &mut Page<'_>, scan: &Scan, style: &Style) {
    if scan.waived.is_empty() {
        return;
    }
    let count = scan.waived.len();
    page.heading(&text!("例外措置で認められた通信 {count} 件", "Excused by waivers: {count}"));
    if scan.loaded.snapshot.at.is_none() {
        let note = text!(
            "日付の指定（--at）がないため、期限・確認時期・報告の期日は確認していません。",
            "No day was given (--at), so last days, reviews and reports were not looked at."
        );
        let note = page.say(&note).to_owned();
        page.text(2, &note);
    }
    for entry in &scan.waived {
        let place = scan.loaded.sources.place(entry.span);
        let (from, to, family) = (&entry.from, &entry.to, entry.family.id());
        let ends = format!("  {from} → {to}  ({family})  {place}");
        let pieces = [
            (Tone::Plain, "  "),
            (Tone::Strong, entry.waiver.as_str()),
            (Tone::Plain, "  "),
            (Tone::Plain, entry.rule.as_str()),
            (Tone::Plain, ends.as_str()),
        ];
        page.row("", &pieces);
        let nobody = || text!("記載なし", "not stated").get(style.lang).to_owned();
        let asked = entry.requested_by.clone().unwrap_or_else(nobody);
        let allowed = entry.approved_by.clone().unwrap_or_else(nobody);
        let reason = &entry.reason;
        let mut line = text!(
            "理由: {reason}（申請 {asked}・承認 {allowed}）",
            "reason: {reason} (requested by {asked}, approved by {allowed})"
        );
        if !entry.sure {
            line.ja += "。通るかどうかは確認できません。";
            line.en += "; whether it passes cannot be told";
        }
        let line = page.say(&line).to_owned();
        page.text(4, &line);
        let limit = if style.verbose { usize::MAX } else { SHORT };
        for flow in view::flow_lines(&entry.flows, limit, style.lang) {
            page.sentence("    - ", "      ", Tone::Plain, &flow);
        }
    }
    page.blank();
}
