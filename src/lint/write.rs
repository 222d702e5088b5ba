//! What findings of several rules have in common.

use super::Subject;
use super::entries::{Entry, List};
use crate::finding::{self, Blame, Finding, Kind, Severity, Verdict};
use crate::source::Span;
use crate::text;
use crate::text::Text;

/// Lines named in a finding; more are counted.
const NAMED: usize = 12;

/// A finding about one device.
pub(super) fn new(
    subject: &Subject<'_>,
    rule: &'static str,
    severity: Severity,
    message: Text,
) -> Finding {
    let mut finding = Finding::new(Kind::Lint(rule), rule, severity, Verdict::Violated, message);
    finding.device = Some(subject.device.name.clone());
    finding
}

/// A line that is to blame.
pub(super) fn blame(subject: &Subject<'_>, label: &str, span: Span) -> Blame {
    Blame {
        device: subject.device.name.clone(),
        span,
        label: label.to_owned(),
        through: Vec::new(),
    }
}

/// Puts the lines at these places to blame, as many as are named; the rest is counted.
pub(super) fn blame_spans(
    subject: &Subject<'_>,
    finding: &mut Finding,
    label: &str,
    spans: &[Span],
) {
    let named = spans.iter().take(NAMED);
    finding.blame.extend(named.map(|span| blame(subject, label, *span)));
    let more = spans.len().saturating_sub(NAMED);
    if more > 0 {
        finding.details.push(text!("ほかに{more}か所あります。", "there are {more} more places"));
    }
}

/// The entry as a line that is to blame.
pub(super) fn blame_entry(subject: &Subject<'_>, list: &List, entry: &Entry) -> Blame {
    blame(subject, label(subject, list, entry), entry.span)
}

/// How an engineer names the entry.
pub(super) fn label<'a>(subject: &Subject<'a>, list: &List, entry: &Entry) -> &'a str {
    entry.lines(subject.device, list.id).next().map_or("", |line| line.label.as_str())
}

/// The comment of the entry, as it stands.
pub(super) fn comment(subject: &Subject<'_>, list: &List, entry: &Entry) -> Option<Text> {
    let line = entry.lines(subject.device, list.id).find(|line| line.comment.is_some())?;
    let comment = line.comment.as_deref()?;
    Some(text!("コメント: {comment}", "comment: {comment}"))
}

/// `OUT_IN line 3 (configs/int-fw.cfg:146)`, joined, with what is left out counted.
pub(super) fn named(subject: &Subject<'_>, list: &List, entries: &[&Entry]) -> Text {
    let names: Vec<String> = entries
        .iter()
        .take(NAMED)
        .map(|entry| {
            let (label, place) = (label(subject, list, entry), subject.sources.place(entry.span));
            format!("{label} ({place})")
        })
        .collect();
    let (ja, en) = (names.join("、"), names.join(", "));
    match entries.len().saturating_sub(NAMED) {
        0 => Text { ja, en },
        more => text!("{ja} ほか{more}行", "{en} and {more} more"),
    }
}

/// The entries as blamed lines, as many as are named.
pub(super) fn blame_all(subject: &Subject<'_>, list: &List, entries: &[&Entry]) -> Vec<Blame> {
    entries.iter().take(NAMED).map(|entry| blame_entry(subject, list, entry)).collect()
}

/// `finding` with its fingerprint: rule, device, `names`, and the text of the blamed lines.
pub(super) fn seal(subject: &Subject<'_>, mut finding: Finding, names: &[&str]) -> Finding {
    let mut parts = vec![finding.kind.id(), subject.device.name.clone()];
    parts.extend(names.iter().map(|name| (*name).to_owned()));
    for blame in &finding.blame {
        let text = subject.sources.text(blame.span);
        parts.push(text.split_whitespace().collect::<Vec<_>>().join(" "));
    }
    finding.fingerprint = finding::fingerprint(&parts);
    finding
}
