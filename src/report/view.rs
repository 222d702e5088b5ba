//! What every sink shares: spans resolved to file, line and text, once, through [`Sources`]. Nothing here escapes.

use crate::dialect::{self, Asked};
use crate::finding::{Finding, FlowList, Hop, HopAction, Kind, Verdict};
use crate::model::{Coverage, LineStatus};
use crate::net::Flow;
use crate::scan::{Loaded, Role, Scan};
use crate::source::{FileId, Sources, Span};
use crate::text;
use crate::text::{Lang, Text};

/// The longest quotation, in characters.
pub const QUOTE_LIMIT: usize = 240;

/// A quoted line, or multi-line entry in one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quote {
    /// The input file.
    pub file: String,
    /// 1-based line on which it begins.
    pub line: u32,
    /// Its text: whole lines, trimmed, joined with ` ; `, at most [`QUOTE_LIMIT`] characters. Of a line that is longer, as
    /// exports on one line are, from where the entry begins.
    pub text: String,
}

/// The lines that `span` touches.
#[must_use]
pub fn quote(sources: &Sources, span: Span) -> Quote {
    let file = sources.file(span.file);
    let first = file.line_at(span.start);
    let last = file.line_at(span.end.saturating_sub(1).max(span.start));
    let mut text = String::new();
    for number in first..=last {
        let whole = file.line_text(number);
        let begins = whole.as_ptr() as usize - file.text().as_ptr() as usize;
        let inside = (span.start as usize).saturating_sub(begins);
        let long = inside > 0 && whole.trim().chars().count() > QUOTE_LIMIT;
        let line = if long { whole.get(inside..).unwrap_or(whole) } else { whole }.trim();
        if long {
            text.push('…');
        }
        // An identifier for machines only would crowd out the addresses and services of the entry.
        if line.is_empty() || line.starts_with("set uuid ") {
            continue;
        }
        if !text.is_empty() && !long {
            text.push_str(" ; ");
        }
        text.push_str(line);
        if text.len() > QUOTE_LIMIT * 4 {
            break;
        }
    }
    Quote { file: file.path().to_owned(), line: first, text: capped(&text, QUOTE_LIMIT) }
}

/// `text`, cut to `limit` characters; a cut text ends in `…`.
#[must_use]
pub fn capped(text: &str, limit: usize) -> String {
    if text.chars().count() <= limit {
        return text.to_owned();
    }
    text.chars().take(limit.saturating_sub(1)).chain(['…']).collect()
}

/// Where a finding is shown in formats that know one place a finding: the first blamed line, else the line that stopped the
/// packet, else the line of a cause, else any line of the path, else the policy rule, else the first input file.
#[must_use]
pub fn place(scan: &Scan, finding: &Finding) -> Option<Span> {
    let lines = || finding.path.iter().flat_map(|hop| &hop.lines);
    let stopped = || lines().filter(|line| line.action == HopAction::Deny).find_map(|l| l.span);
    let ruled =
        || scan.verdicts.iter().find(|verdict| verdict.rule == finding.rule).and_then(|v| v.span);
    let blamed = finding.blame.first().map(|blame| blame.span);
    blamed
        .or_else(stopped)
        .or_else(|| finding.causes.iter().find_map(|cause| cause.span))
        .or_else(|| lines().find_map(|line| line.span))
        .or_else(ruled)
        .or_else(|| first_place(&scan.loaded))
}

fn first_place(loaded: &Loaded) -> Option<Span> {
    let policy = loaded.roles.iter().find(|(_, role)| *role == Role::Policy).map(|(id, _)| *id);
    let id = policy.or_else(|| loaded.sources.iter().next().map(|(id, _)| id))?;
    Some(Span { file: id, start: 0, end: 0 })
}

/// One configuration with what became of its lines.
#[derive(Clone, Copy, Debug)]
pub struct CoveredFile<'a> {
    /// The file.
    pub id: FileId,
    /// The device that it describes; empty when unknown.
    pub device: &'a str,
    /// The reader; empty when unknown.
    pub format: &'a str,
    /// What became of its lines; `None` when nobody accounts for them.
    pub coverage: Option<&'a Coverage>,
    lines: usize,
}

impl CoveredFile<'_> {
    /// How many lines have `status`; lines that nobody accounts for are unknown.
    #[must_use]
    pub fn count(&self, status: LineStatus) -> usize {
        match self.coverage {
            Some(coverage) => coverage.count(status),
            None if status == LineStatus::Unknown => self.lines,
            None => 0,
        }
    }
}

/// The configurations in the order of the sources.
#[must_use]
pub fn covered_files(loaded: &Loaded) -> Vec<CoveredFile<'_>> {
    loaded.sources.iter().filter_map(|(id, _)| covered_file(loaded, id)).collect()
}

fn covered_file(loaded: &Loaded, id: FileId) -> Option<CoveredFile<'_>> {
    let partners = loaded.snapshot.partners.iter().map(|partner| &partner.coverage);
    let all = loaded.snapshot.coverage.iter().chain(partners);
    let coverage = all.flatten().find(|coverage| coverage.file == id);
    let role = loaded.roles.iter().find_map(|(file, role)| match role {
        Role::Config { device, format } | Role::Standby { device, format } if *file == id => {
            Some((device.as_str(), *format))
        }
        _ => None,
    });
    if coverage.is_none() && role.is_none() {
        return None;
    }
    let (device, format) = role.unwrap_or(("", ""));
    let lines = loaded.sources.file(id).line_count();
    Some(CoveredFile { id, device, format, coverage, lines })
}

/// How many verdicts there are of each kind: holds, violated, undetermined.
#[must_use]
pub fn tally(scan: &Scan) -> (usize, usize, usize) {
    let count = |wanted| scan.verdicts.iter().filter(|rule| rule.verdict == wanted).count();
    (count(Verdict::Holds), count(Verdict::Violated), count(Verdict::Undetermined))
}

/// Whether the finding comes from a hygiene rule.
#[must_use]
pub fn is_lint(finding: &Finding) -> bool {
    matches!(finding.kind, Kind::Lint(_))
}

/// What a line on a path did, in words.
#[must_use]
pub fn action_word(action: HopAction) -> Text {
    let (ja, en) = match action {
        HopAction::Permit => ("許可", "permit"),
        HopAction::Deny => ("遮断", "deny"),
        HopAction::MayPermit => ("許可の可能性", "may permit"),
        HopAction::Translate => ("変換", "translate"),
        HopAction::Route => ("経路", "route"),
    };
    Text { ja: ja.to_owned(), en: en.to_owned() }
}

/// The word for what a reader made of a line.
#[must_use]
pub fn status_word(status: LineStatus) -> Text {
    match status {
        LineStatus::Used => text!("反映", "used"),
        LineStatus::Irrelevant => text!("対象外", "irrelevant"),
        LineStatus::Unsupported => text!("近似", "unsupported"),
        LineStatus::Unknown => text!("未解釈", "unknown"),
    }
}

/// `device [context]  ingress → egress`; an opaque router has no interfaces to name.
#[must_use]
pub fn hop_heading(hop: &Hop, lang: Lang) -> String {
    let context =
        if hop.context.is_empty() { String::new() } else { format!(" [{}]", hop.context) };
    if hop.ingress.is_empty() && hop.egress.as_deref().unwrap_or("").is_empty() {
        return format!("{}{context}", hop.device);
    }
    let ingress = if hop.ingress.is_empty() { "?" } else { &hop.ingress };
    let end = text!("（ここで終わる）", "(ends here)");
    match &hop.egress {
        Some(egress) => format!("{}{context}  {ingress} → {egress}", hop.device),
        None => format!("{}{context}  {ingress} → {}", hop.device, end.get(lang)),
    }
}

/// Commands that show on the devices of a path what they do with the witness, with the device of each. They end at the first
/// translation: behind it the packet is another.
#[must_use]
pub fn confirmations<'h>(
    loaded: &Loaded,
    hops: &'h [Hop],
    witness: Option<&Flow>,
) -> Vec<(&'h str, String)> {
    let Some(flow) = witness else { return Vec::new() };
    let translates = |hop: &Hop| hop.lines.iter().any(|line| line.action == HopAction::Translate);
    let first = hops.iter().position(translates).map_or(hops.len(), |at| at + 1);
    let named = |hop: &'h Hop| {
        let id = loaded.snapshot.device(&hop.device)?;
        let device = &loaded.snapshot.devices[id];
        let interface = |name: &str| {
            device.interfaces.iter().map(|(_, interface)| interface).find(|i| i.name == name)
        };
        let own = |interface: &'_ crate::model::Interface| match device.format {
            "asa" => interface.alias.clone(),
            _ => interface.zone.clone(),
        };
        let from = interface(&hop.ingress).and_then(own);
        let to = hop.egress.as_deref().and_then(interface).and_then(own);
        let (from, to) = (from.as_deref(), to.as_deref());
        let asked = Asked { flow, ingress: &hop.ingress, from, to };
        Some((hop.device.as_str(), dialect::confirmation(device.format, asked)?))
    };
    hops.iter().take(first).filter_map(named).collect()
}

/// Whether a reply to the witness comes back, in a sentence.
#[must_use]
pub fn reply(back: bool) -> Text {
    if back {
        text!(
            "返信も戻るため、双方向の通信が成立します。",
            "A reply comes back, so a session can be held."
        )
    } else {
        text!(
            "返信は戻りませんが、片方向には到達します。",
            "No reply comes back, but the packet arrives."
        )
    }
}

/// `from -> to`, when the finding names them.
#[must_use]
pub fn pair(finding: &Finding) -> Option<String> {
    match (&finding.from, &finding.to) {
        (Some(from), Some(to)) => Some(format!("{from} → {to}")),
        (Some(one), None) | (None, Some(one)) => Some(one.clone()),
        (None, None) => None,
    }
}

/// The flows as lines, one cube each, and what was left out.
#[must_use]
pub fn flow_lines(list: &FlowList, limit: usize, lang: Lang) -> Vec<String> {
    let mut out: Vec<String> = list
        .flows
        .iter()
        .take(limit)
        .map(|cube| {
            let cap = |text: &str| capped(text, QUOTE_LIMIT);
            format!("{} → {}  {}", cap(&cube.src), cap(&cube.dst), cap(&cube.service))
        })
        .collect();
    let hidden = list.flows.len().saturating_sub(limit) as u64;
    let more = list.omitted.saturating_add(hidden);
    if more > 0 {
        out.push(text!("ほか {more} 件", "{more} more").get(lang).to_owned());
    }
    out
}

/// RFC 4648 with padding.
#[must_use]
pub fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let byte = |at: usize| u32::from(chunk.get(at).copied().unwrap_or(0));
        let word = byte(0) << 16 | byte(1) << 8 | byte(2);
        for place in 0..4_usize {
            let index = (word >> (18 - 6 * place)) as usize & 63;
            let letter = ALPHABET.get(index).filter(|_| place <= chunk.len());
            out.push(letter.map_or('=', |letter| char::from(*letter)));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_of_many_lines_is_quoted_in_one() {
        let mut sources = Sources::default();
        let text =
            b"config firewall policy\n    edit 4\n        set action accept\n\n    next\nend\n";
        let id = sources.add("fw.conf", text).unwrap();
        let shown = quote(&sources, Span { file: id, start: 27, end: 69 });
        assert_eq!(shown.line, 2);
        assert_eq!(shown.text, "edit 4 ; set action accept ; next");
    }

    #[test]
    fn quotations_are_capped_by_characters() {
        let long = "関".repeat(500);
        assert_eq!(capped(&long, QUOTE_LIMIT).chars().count(), QUOTE_LIMIT);
        assert!(capped(&long, QUOTE_LIMIT).ends_with('…'));
        assert_eq!(capped("短い", 10), "短い");
    }

    #[test]
    fn an_empty_span_quotes_its_line() {
        let mut sources = Sources::default();
        let id = sources.add("a", b"one\ntwo\n").unwrap();
        assert_eq!(quote(&sources, Span { file: id, start: 4, end: 4 }).text, "two");
    }

    #[test]
    fn of_an_export_on_one_line_the_entry_is_quoted() {
        let rules: Vec<String> = (0..100).map(|n| format!("{{\"rule\": {n}}}")).collect();
        let text = rules.join(", ");
        let mut sources = Sources::default();
        let file = sources.add("rules.json", text.as_bytes()).unwrap();
        let at = |word: &str| u32::try_from(text.find(word).unwrap()).unwrap();
        let start = at("{\"rule\": 77}");
        let quoted = quote(&sources, Span { file, start, end: start + 12 });
        assert!(quoted.text.starts_with("…{\"rule\": 77}, {"), "{}", quoted.text);
        assert!(quoted.text.chars().count() <= QUOTE_LIMIT);
        let first = quote(&sources, Span { file, start: 0, end: 11 });
        assert!(first.text.starts_with("{\"rule\": 0}"));
    }

    #[test]
    fn base64_is_that_of_the_rfc() {
        let pairs =
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")];
        for (plain, written) in pairs {
            assert_eq!(base64(plain.as_bytes()), written);
        }
    }
}
