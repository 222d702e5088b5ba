//! `JUnit` XML: one test case a policy rule, one a hygiene finding, one for each further finding. Undetermined is an error,
//! not a skipped test: a run that could not tell must not be green.

use super::{Style, escape, view};
use crate::finding::{Finding, Novelty, RuleVerdict, Verdict};
use crate::scan::Scan;
use crate::scan::baseline::decides;
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};
use std::collections::{BTreeMap, BTreeSet};

pub(super) fn render(scan: &Scan, style: &Style) -> String {
    let mut report = Report::new("sekisho");
    let mut policy = TestSuite::new("policy");
    let mut of_rule: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
    for finding in scan.findings.iter().filter(|finding| !view::is_lint(finding)) {
        of_rule.entry(&finding.rule).or_default().push(finding);
    }
    for verdict in &scan.verdicts {
        let own = of_rule.get(verdict.rule.as_str()).map_or(&[][..], Vec::as_slice);
        policy.add_test_case(rule_case(scan, (verdict, own), style));
    }
    let rules: BTreeSet<&str> = scan.verdicts.iter().map(|v| v.rule.as_str()).collect();
    let judged = |finding: &Finding| rules.contains(finding.rule.as_str());
    let mut other = TestSuite::new("findings");
    let mut lint = TestSuite::new("lint");
    for finding in &scan.findings {
        if view::is_lint(finding) {
            lint.add_test_case(finding_case(scan, finding, style));
        } else if !judged(finding) {
            other.add_test_case(finding_case(scan, finding, style));
        }
    }
    report.add_test_suites([policy, other, lint]);
    // Writing to memory fails for no text that escape::xml lets through.
    report.to_string().unwrap_or_default()
}

fn rule_case(scan: &Scan, (verdict, own): (&RuleVerdict, &[&Finding]), style: &Style) -> TestCase {
    let body: String = own.iter().map(|finding| paragraph(scan, finding, style)).collect();
    let summary = verdict.summary.get(style.lang);
    let mut status = match verdict.verdict {
        Verdict::Holds => TestCaseStatus::success(),
        Verdict::Violated => TestCaseStatus::non_success(NonSuccessKind::Failure),
        Verdict::Undetermined => TestCaseStatus::non_success(NonSuccessKind::Error),
    };
    let counts = decides(verdict, own.iter().copied());
    if verdict.verdict != Verdict::Holds && !counts {
        status = known(style);
    } else if verdict.verdict != Verdict::Holds {
        let first = own.first().map_or(summary, |finding| finding.message.get(style.lang));
        status.set_type(verdict.verdict.id());
        status.set_message(escape::xml(&format!(
            "{}: {first}",
            verdict.verdict.word().get(style.lang)
        )));
        status.set_description(escape::xml(&format!("{summary}\n{body}")));
    }
    let quiet = verdict.verdict == Verdict::Holds || !counts;
    let mut case = TestCase::new(escape::xml(&verdict.rule), status);
    case.set_classname("sekisho.policy");
    if quiet && !body.is_empty() {
        case.set_system_out(escape::xml(&body));
    }
    case
}

fn finding_case(scan: &Scan, finding: &Finding, style: &Style) -> TestCase {
    let kind = match finding.verdict {
        Verdict::Undetermined => NonSuccessKind::Error,
        Verdict::Holds | Verdict::Violated => NonSuccessKind::Failure,
    };
    let is_known = finding.novelty == Some(Novelty::Known);
    let body = escape::xml(&paragraph(scan, finding, style));
    let mut status = if is_known { known(style) } else { TestCaseStatus::non_success(kind) };
    if !is_known {
        status.set_type(finding.kind.id());
        status.set_message(escape::xml(finding.message.get(style.lang)));
        status.set_description(body.clone());
    }
    let name = match view::place(scan, finding) {
        Some(span) => format!("{} {}", finding.kind.id(), scan.loaded.sources.place(span)),
        None => format!("{} {}", finding.kind.id(), finding.rule),
    };
    let mut case = TestCase::new(escape::xml(&name), status);
    case.set_classname(if view::is_lint(finding) { "sekisho.lint" } else { "sekisho.findings" });
    if is_known {
        case.set_system_out(body);
    }
    case
}

/// A case that the baseline knows neither passes nor fails.
fn known(style: &Style) -> TestCaseStatus {
    let mut status = TestCaseStatus::skipped();
    let text = crate::text!("既知（基準ファイルにあります）", "known: it stands in the baseline");
    status.set_message(escape::xml(text.get(style.lang)));
    status
}

/// The finding in a few lines: what, where, which packet.
fn paragraph(scan: &Scan, finding: &Finding, style: &Style) -> String {
    let sources = &scan.loaded.sources;
    let mut out = format!(
        "[{}] {} {} ({})\n",
        finding.severity.id(),
        finding.kind.id(),
        finding.message.get(style.lang),
        finding.fingerprint
    );
    for blame in &finding.blame {
        let shown = view::quote(sources, blame.span);
        out += &format!("  {}:{}: {} {}\n", shown.file, shown.line, blame.device, shown.text);
    }
    for cause in &finding.causes {
        let place = cause.span.map_or("-".to_owned(), |span| sources.place(span));
        out += &format!("  {place}: {}\n", cause.reason.get(style.lang));
    }
    if let Some(witness) = &finding.witness {
        out += &format!("  {witness}\n");
    }
    out
}
