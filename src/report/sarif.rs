//! SARIF 2.1.0 (OASIS). Relative URIs under `%SRCROOT%`, fingerprints that survive moved lines, paths as code flows.

use super::{Style, escape, view};
use crate::finding::{Chain, Finding, Hop, Kind, Novelty, Severity, catalogue};
use crate::scan::Scan;
use crate::source::{Sources, Span};
use crate::text;
use serde_json::{Value, json};

/// The most results that GitHub takes in one run.
const RESULT_LIMIT: usize = 25_000;
/// The most steps that GitHub takes in one result.
const STEP_LIMIT: usize = 10_000;

pub(super) fn render(scan: &Scan, style: &Style) -> String {
    let entries = catalogue::entries();
    let rules: Vec<Value> = entries.iter().map(|entry| rule(entry, style)).collect();
    let results: Vec<Value> = scan
        .findings
        .iter()
        .take(RESULT_LIMIT)
        .map(|finding| result(scan, finding, &entries, style))
        .collect();
    let agreed = scan.findings.iter().all(|f| f.kind != Kind::InternalDisagreement);
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "sekisho",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            }},
            "columnKind": "unicodeCodePoints",
            "originalUriBaseIds": { "%SRCROOT%": {
                "description": { "text": "the directory that paths are relative to" }
            }},
            "invocations": [{
                "executionSuccessful": agreed,
                "toolExecutionNotifications": notifications(scan, style),
            }],
            "results": results,
            "properties": properties(scan),
        }],
    });
    escape::json(&serde_json::to_string_pretty(&log).unwrap_or_default()) + "\n"
}

fn rule(entry: &catalogue::Entry, style: &Style) -> Value {
    let lang = style.lang;
    let help = format!("{}\n\n{}", entry.reason.get(lang), entry.remedy.get(lang));
    let both = |lang| {
        json!({
            "title": entry.title.get(lang),
            "meaning": entry.meaning.get(lang),
            "reason": entry.reason.get(lang),
            "remedy": entry.remedy.get(lang),
        })
    };
    json!({
        "id": entry.id,
        "shortDescription": { "text": entry.title.get(lang) },
        "fullDescription": { "text": entry.meaning.get(lang) },
        "help": { "text": help },
        "properties": { "ja": both(text::Lang::Ja), "en": both(text::Lang::En) },
    })
}

fn result(scan: &Scan, finding: &Finding, entries: &[catalogue::Entry], style: &Style) -> Value {
    let sources = &scan.loaded.sources;
    let id = finding.kind.id();
    let mut out = json!({
        "ruleId": id,
        "level": level(finding.severity),
        "message": { "text": escape::plain(&message(finding, style)) },
        "locations": locations(scan, finding, style),
        "partialFingerprints": { "sekisho/v1": finding.fingerprint },
        "properties": {
            "policyRule": finding.rule,
            "severity": finding.severity.id(),
            "verdict": finding.verdict.id(),
            "from": finding.from,
            "to": finding.to,
            "family": finding.family.map(crate::net::Family::id),
            "witness": finding.witness.map(|flow| flow.to_string()),
            "message": { "ja": finding.message.ja, "en": finding.message.en },
        },
    });
    let mut related: Vec<Value> = Vec::new();
    let others = finding
        .blame
        .iter()
        .skip(1)
        .map(|blame| location(sources, blame.span, Some(&blame.label), style))
        .chain(finding.causes.iter().filter_map(|cause| {
            cause.span.map(|s| location(sources, s, Some(cause.reason.get(style.lang)), style))
        }));
    // The standard asks for distinct related locations.
    for other in others {
        if !related.contains(&other) {
            related.push(other);
        }
    }
    let flows = code_flows(sources, finding, style);
    if let Some(fields) = out.as_object_mut() {
        if let Some(index) = entries.iter().position(|entry| entry.id == id) {
            fields.insert("ruleIndex".to_owned(), json!(index));
        }
        if let Some(novelty) = finding.novelty {
            fields.insert("baselineState".to_owned(), json!(baseline_state(novelty)));
        }
        if !related.is_empty() {
            fields.insert("relatedLocations".to_owned(), json!(related));
        }
        if !flows.is_empty() {
            fields.insert("codeFlows".to_owned(), json!(flows));
        }
    }
    out
}

/// The words of the standard; results that are gone (`absent`) are counted in `properties`, as their places are unknown.
fn baseline_state(novelty: Novelty) -> &'static str {
    match novelty {
        Novelty::Known => "unchanged",
        Novelty::Enlarged => "updated",
        Novelty::New => "new",
    }
}

fn message(finding: &Finding, style: &Style) -> String {
    let word = finding.verdict.word();
    format!("{} [{}] {}", finding.rule, word.get(style.lang), finding.message.get(style.lang))
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "note",
    }
}

fn locations(scan: &Scan, finding: &Finding, style: &Style) -> Vec<Value> {
    let place = view::place(scan, finding);
    place.into_iter().map(|span| location(&scan.loaded.sources, span, None, style)).collect()
}

fn location(sources: &Sources, span: Span, note: Option<&str>, style: &Style) -> Value {
    let shown = view::quote(sources, span);
    let uri = escape::uri_path(&format!("{}{}", style.root, shown.file));
    let mut out = json!({ "physicalLocation": {
        "artifactLocation": { "uri": uri, "uriBaseId": "%SRCROOT%" },
        "region": { "startLine": shown.line, "snippet": { "text": escape::terminal(&shown.text) } },
    }});
    if let (Some(note), Some(fields)) = (note, out.as_object_mut()) {
        fields.insert("message".to_owned(), json!({ "text": escape::plain(note) }));
    }
    out
}

fn code_flows(sources: &Sources, finding: &Finding, style: &Style) -> Vec<Value> {
    let mut flows = Vec::new();
    flows.extend(code_flow(steps(sources, &finding.path, style)));
    for Chain { steps: chain } in &finding.chains {
        let all = chain.iter().flat_map(|step| steps(sources, &step.path, style)).collect();
        flows.extend(code_flow(all));
    }
    flows
}

/// A code flow must have a step, and each step a place; a path without either is left to the message.
fn code_flow(mut steps: Vec<Value>) -> Option<Value> {
    steps.truncate(STEP_LIMIT);
    (!steps.is_empty()).then(|| json!({ "threadFlows": [{ "locations": steps }] }))
}

fn steps(sources: &Sources, path: &[Hop], style: &Style) -> Vec<Value> {
    let step = |hop: &Hop, line: &crate::finding::HopLine| {
        let word = view::action_word(line.action);
        let heading = view::hop_heading(hop, style.lang);
        let note = format!("{heading}: {} {}", word.get(style.lang), line.label);
        line.span.map(|span| json!({ "location": location(sources, span, Some(&note), style) }))
    };
    path.iter().flat_map(|hop| hop.lines.iter().filter_map(move |line| step(hop, line))).collect()
}

fn properties(scan: &Scan) -> Value {
    let mut out = json!({ "verdicts": verdicts(scan) });
    if let (Some(count), Some(fields)) = (scan.comparison, out.as_object_mut()) {
        let (known, enlarged) = (count.known, count.enlarged);
        let (new, gone) = (count.new, count.gone);
        let counts = json!({ "known": known, "enlarged": enlarged, "new": new, "gone": gone });
        fields.insert("baseline".to_owned(), counts);
    }
    out
}

fn verdicts(scan: &Scan) -> Vec<Value> {
    let one = |rule: &crate::finding::RuleVerdict| {
        json!({
            "rule": rule.rule,
            "verdict": rule.verdict.id(),
            "severity": rule.severity.id(),
        })
    };
    scan.verdicts.iter().map(one).collect()
}

fn notifications(scan: &Scan, style: &Style) -> Vec<Value> {
    let total = scan.findings.len();
    if total <= RESULT_LIMIT {
        return Vec::new();
    }
    let cut = total - RESULT_LIMIT;
    let text = text!(
        "指摘事項 {total} 件のうち、軽いものから {cut} 件を省きました（上限 {RESULT_LIMIT} 件）。全件は JSON 形式で確認できます。",
        "{cut} of {total} findings were left out, the least severe ones (limit {RESULT_LIMIT}); the JSON format has all"
    );
    vec![json!({
        "level": "warning",
        "descriptor": { "id": "results-cut" },
        "message": { "text": text.get(style.lang) },
    })]
}
