//! GitLab Code Quality: a JSON array, one entry a finding, violated and undetermined alike.
//!
//! What a baseline knows is not left out: GitLab itself compares the report of a branch with that of its target and shows what
//! is new and what is gone. An entry that a baseline of ours had removed would be shown there as resolved.

use super::{Style, escape, view};
use crate::finding::{self, Finding, Severity};
use crate::scan::Scan;
use serde_json::{Value, json};
use std::collections::BTreeSet;

pub(super) fn render(scan: &Scan, style: &Style) -> String {
    let mut taken = BTreeSet::new();
    let entries: Vec<Value> =
        scan.findings.iter().map(|finding| entry(scan, finding, style, &mut taken)).collect();
    escape::json(&serde_json::to_string_pretty(&entries).unwrap_or_default()) + "\n"
}

fn entry(scan: &Scan, finding: &Finding, style: &Style, taken: &mut BTreeSet<String>) -> Value {
    let sources = &scan.loaded.sources;
    // GitLab refuses an entry without a place; only a scan of no file at all has none to give.
    let (path, line) = match view::place(scan, finding) {
        Some(span) => {
            let path = sources.file(span.file).path();
            (format!("{}{path}", style.root), sources.line(span))
        }
        None => ("-".to_owned(), 1),
    };
    let word = finding.verdict.word();
    let (rule, message) = (&finding.rule, finding.message.get(style.lang));
    let text = format!("{rule} [{}] {message}", word.get(style.lang));
    json!({
        "description": escape::plain(&text),
        "check_name": finding.kind.id(),
        "fingerprint": fingerprint(finding, taken),
        "severity": severity(finding.severity),
        "location": { "path": path, "lines": { "begin": line } },
    })
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "info",
        Severity::Low => "minor",
        Severity::Medium => "major",
        Severity::High => "critical",
        Severity::Critical => "blocker",
    }
}

/// The finding's own fingerprint; of several with the same one, all but the first get one that also counts them, because GitLab
/// keeps one entry a fingerprint and drops the others without a word.
fn fingerprint(finding: &Finding, taken: &mut BTreeSet<String>) -> String {
    let mut print = finding.fingerprint.clone();
    let mut count = 1_usize;
    while print.is_empty() || !taken.insert(print.clone()) {
        count += 1;
        print = finding::fingerprint(&[finding.fingerprint.clone(), count.to_string()]);
    }
    print
}
