//! One line a finding: `file:line: severity kind rule: message`.

use super::{Style, escape, view};
use crate::finding::Finding;
use crate::scan::Scan;

pub(super) fn render(scan: &Scan, style: &Style) -> String {
    scan.findings.iter().map(|finding| line(scan, finding, style)).collect()
}

fn line(scan: &Scan, finding: &Finding, style: &Style) -> String {
    let place = match view::place(scan, finding) {
        Some(span) => format!("{}{}", style.root, scan.loaded.sources.place(span)),
        None => "-".to_owned(),
    };
    let novelty = finding.novelty.map_or(String::new(), |novelty| format!("{} ", novelty.id()));
    let text = format!(
        "{place}: {novelty}{} {} {}: {}",
        finding.severity.id(),
        finding.kind.id(),
        finding.rule,
        finding.message.get(style.lang)
    );
    escape::terminal(&text) + "\n"
}
