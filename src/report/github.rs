//! GitHub workflow commands, which become annotations: `::error file=…,line=…,title=…::message`.

use super::{Style, escape, view};
use crate::finding::{Finding, Novelty, Severity, catalogue};
use crate::scan::Scan;

pub(super) fn render(scan: &Scan, style: &Style) -> String {
    let entries = catalogue::entries();
    scan.findings.iter().map(|finding| command(scan, finding, &entries, style)).collect()
}

fn command(scan: &Scan, finding: &Finding, entries: &[catalogue::Entry], style: &Style) -> String {
    let level = match finding.severity {
        _ if finding.novelty == Some(Novelty::Known) => "notice",
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "notice",
    };
    let mut properties = Vec::new();
    if let Some(span) = view::place(scan, finding) {
        let sources = &scan.loaded.sources;
        let file = format!("{}{}", style.root, sources.file(span.file).path());
        properties.push(format!("file={}", escape::github_property(&file)));
        properties.push(format!("line={}", sources.line(span)));
    }
    let kind = finding.kind.id();
    let entry = entries.iter().find(|entry| entry.id == kind);
    let novelty =
        finding.novelty.map_or(String::new(), |n| format!("{} ", n.word().get(style.lang)));
    let title = format!(
        "{novelty}{} {} {}: {}",
        finding.severity.word().get(style.lang),
        finding.verdict.word().get(style.lang),
        finding.rule,
        entry.map_or(kind.as_str(), |entry| entry.title.get(style.lang))
    );
    properties.push(format!("title={}", escape::github_property(&title)));
    let message = format!("{} ({kind})", finding.message.get(style.lang));
    format!("::{level} {}::{}\n", properties.join(","), escape::github_data(&message))
}
