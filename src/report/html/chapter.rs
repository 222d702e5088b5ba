//! The chapters that are tables.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::piece::{Writer, class};
use crate::finding::{Finding, Kind, RuleVerdict, Verdict, catalogue};
use crate::model::LineStatus;
use crate::report::pack::basis_line;
use crate::report::view::{self, CoveredFile};
use crate::source::hex;
use crate::text;
use crate::text::counted;

/// Gaps that are listed for one file.
const GAPS: usize = 200;
/// Hygiene findings that are listed of one rule.
const HYGIENE: usize = 200;

/// What became of the lines of every configuration.
pub(super) fn coverage(writer: &Writer<'_>) -> Markup {
    let files = view::covered_files(&writer.scan.loaded);
    let count = |status| files.iter().map(|file| file.count(status)).sum::<usize>();
    let (near, unread) = (count(LineStatus::Unsupported), count(LineStatus::Unknown));
    let summary = if unread == 0 && near == 0 {
        text!("すべての行を解釈しました。", "Every line was understood.")
    } else if unread == 0 {
        text!(
            "すべての行を解釈しました。うち {near} 行は、通し得る範囲を広くとって近似しています。",
            "Every line was understood; {near} of them are approximated so that more may pass, never less."
        )
    } else {
        let lines = counted(unread, "line");
        text!(
            "未解釈の行が {unread} 行あります。その行は「何でも通し得る」ものとして判定に含めています。",
            "Not understood: {lines}, each of which counts as one that may let anything pass."
        )
    };
    let status = |file: &CoveredFile<'_>, status| html! { td.number { (file.count(status)) } };
    html! {
        p { (writer.say(&summary)) }
        div.scroll { table {
            thead { tr {
                @for head in coverage_heads() { th scope="col" { (writer.say(&head)) } }
            } }
            tbody { @for file in &files { tr {
                td { code { (writer.scan.loaded.sources.file(file.id).path()) } }
                td { (file.device) } td { (file.format) }
                td.number { (writer.scan.loaded.sources.file(file.id).line_count()) }
                (status(file, LineStatus::Used)) (status(file, LineStatus::Irrelevant))
                (status(file, LineStatus::Unsupported)) (status(file, LineStatus::Unknown))
            } } }
        } }
        @for file in &files { (gaps(writer, file)) }
    }
}

fn coverage_heads() -> [text::Text; 8] {
    [
        text!("ファイル", "file"),
        text!("機器", "device"),
        text!("形式", "format"),
        text!("行数", "lines"),
        text!("反映", "used"),
        text!("対象外", "irrelevant"),
        text!("近似", "approximated"),
        text!("未解釈", "not understood"),
    ]
}

fn gaps(writer: &Writer<'_>, file: &CoveredFile<'_>) -> Markup {
    let all = file.coverage.map_or(&[][..], |coverage| &coverage.gaps);
    let (count, left) = (all.len(), all.len().saturating_sub(GAPS));
    let path = writer.scan.loaded.sources.file(file.id).path();
    html! { @if count > 0 {
        details {
            summary { (writer.say(&text!("{path}: 近似・未解釈 {count} 件", "{path}: {count} approximated or not understood"))) }
            ul { @for gap in all.iter().take(GAPS) { li {
                b { (writer.say(&view::status_word(gap.status))) } " " (writer.say(&gap.reason))
                (writer.quoted(gap.span))
            } } }
            @if left > 0 { p { (more(writer, left)) } }
        }
    } }
}

/// Says how much a list leaves out, and where all of it is.
fn more(writer: &Writer<'_>, left: usize) -> String {
    writer.say(&text!(
        "ほか {left} 件は省略しました。全件は --format json にあります。",
        "{left} more are left out here; --format json has all of them."
    ))
}

/// One row a policy rule, those that do not hold first; what holds is told, too.
pub(super) fn verdicts(writer: &Writer<'_>) -> Markup {
    let mut rules: Vec<&RuleVerdict> = writer.scan.verdicts.iter().collect();
    rules.sort_by_key(|rule| std::cmp::Reverse(rule.verdict));
    let absent = writer.scan.not_applicable.len();
    let mut about: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (number, finding) in numbered(writer) {
        about.entry(&finding.rule).or_default().push(number);
    }
    html! {
        @if rules.is_empty() {
            p { (writer.say(&text!("方針の規則がないため、何も判定していません。", "There is no policy rule, so nothing was judged."))) }
        } @else {
            (filters(writer))
            div.scroll { table.verdicts {
                thead { tr {
                    @for head in verdict_heads() { th scope="col" { (writer.say(&head)) } }
                } }
                tbody { @for rule in rules { (verdict(writer, rule, about.get(rule.rule.as_str()).map_or(&[], Vec::as_slice))) } }
            } }
        }
        @if absent > 0 { details {
            summary { (writer.say(&text!("対象外の規則 {absent} 件（このネットワークに該当する役割がない）", "pack rules that speak of roles that nobody has here: {absent}"))) }
            ul { @for rule in &writer.scan.not_applicable { li {
                code { (rule.rule) } " " (writer.say(&rule.summary)) " (" (rule.roles.join(", ")) ")"
            } } }
        } }
    }
}

fn verdict_heads() -> [text::Text; 5] {
    [
        text!("判定", "verdict"),
        text!("規則", "rule"),
        text!("重要度", "severity"),
        text!("内容", "what it says"),
        text!("根拠・指摘", "basis and findings"),
    ]
}

/// Which verdicts are shown; the style sheet does it, so that no script is needed.
fn filters(writer: &Writer<'_>) -> Markup {
    html! {
        fieldset.filters {
            legend { (writer.say(&text!("表示する判定", "show"))) }
            @for verdict in [Verdict::Violated, Verdict::Undetermined, Verdict::Holds] {
                label { input type="checkbox" id={ "show-" (class(verdict)) } checked; " " (writer.verdict(verdict)) }
            }
        }
    }
}

/// A rule with the numbers of the findings about it.
fn verdict(writer: &Writer<'_>, rule: &RuleVerdict, about: &[usize]) -> Markup {
    html! {
        tr class={ "row-" (class(rule.verdict)) } {
            td { (writer.verdict(rule.verdict)) }
            td { code { (rule.rule) } }
            td { (writer.say(&rule.severity.word())) }
            td { (writer.say(&rule.summary)) }
            td {
                @if let Some(basis) = &rule.basis { span.basis { (basis_line(basis, writer.lang)) } " " }
                @for number in about { a href={ "#f-" (number) } { (writer.say(&text!("指摘{number}", "finding {number}"))) } " " }
            }
        }
    }
}

/// The findings that have a chapter of their own, numbered as everywhere in the report.
pub(super) fn numbered<'a>(
    writer: &Writer<'a>,
) -> impl Iterator<Item = (usize, &'a Finding)> + use<'a> {
    let told = writer.scan.findings.iter().filter(|finding| !view::is_lint(finding));
    told.enumerate().map(|(index, finding)| (index + 1, finding))
}

/// Hygiene findings: one table a rule, with its meaning and its remedy.
pub(super) fn hygiene(writer: &Writer<'_>) -> Markup {
    let all: Vec<&Finding> =
        writer.scan.findings.iter().filter(|finding| view::is_lint(finding)).collect();
    let mut kinds: Vec<Kind> = all.iter().map(|finding| finding.kind).collect();
    kinds.sort_unstable();
    kinds.dedup();
    html! {
        @if all.is_empty() { p { (writer.say(&text!("指摘はありません。", "Nothing was found."))) } }
        @for kind in kinds {
            (hygiene_of(writer, kind, &all.iter().filter(|f| f.kind == kind).collect::<Vec<_>>()))
        }
    }
}

fn hygiene_of(writer: &Writer<'_>, kind: Kind, findings: &[&&Finding]) -> Markup {
    let (count, left) = (findings.len(), findings.len().saturating_sub(HYGIENE));
    let entry = catalogue::find(&kind.id());
    html! {
        details.rule {
            summary { b { (writer.say(&catalogue::title(kind))) } " " code { (kind.id()) } " " (writer.say(&text!("{count} 件", "{count}"))) }
            @if let Some(entry) = entry {
                p { (writer.say(&entry.reason)) }
                p { b { (writer.say(&text!("直し方", "How to fix it"))) ": " } (writer.say(&entry.remedy)) }
            }
            ul.lint { @for finding in findings.iter().take(HYGIENE) { li {
                span class={ "severity " (finding.severity.id()) } { (writer.say(&finding.severity.word())) }
                " " (writer.say(&finding.message))
                @for detail in &finding.details { " " (writer.say(detail)) }
                @for blame in finding.blame.iter().take(3) { (writer.quoted(blame.span)) }
            } } }
            @if left > 0 { p { (more(writer, left)) } }
        }
    }
}

/// Traffic that waivers excuse: it passes, so it is never left unsaid.
pub(super) fn waived(writer: &Writer<'_>) -> Markup {
    let scan = writer.scan;
    html! {
        @if scan.waived.is_empty() { p { (writer.say(&text!("例外措置で認められた通信はありません。", "No traffic is excused by a waiver."))) } }
        @if !scan.waived.is_empty() && scan.loaded.snapshot.at.is_none() {
            p { (writer.say(&text!("日付の指定（--at）がないため、期限・確認時期・報告の期日は確認していません。", "No day was given (--at), so last days, reviews and reports were not looked at."))) }
        }
        @for entry in &scan.waived {
            div.card {
                h3 { code { (entry.waiver) } " → " code { (entry.rule) } "  " (entry.from) " → " (entry.to) " (" (entry.family.id()) ")" }
                p { (entry.reason) }
                p { (signatures(writer, entry)) }
                @if !entry.sure { p { (writer.say(&text!("通るかどうかは確認できません。", "Whether it passes cannot be told."))) } }
                (writer.flows(&entry.flows))
                (writer.quoted(entry.span))
            }
        }
    }
}

fn signatures(writer: &Writer<'_>, entry: &crate::finding::Waived) -> String {
    let nobody = || writer.say(&text!("記載なし", "not stated"));
    let asked = entry.requested_by.clone().unwrap_or_else(nobody);
    let allowed = entry.approved_by.clone().unwrap_or_else(nobody);
    let document = entry.document.clone().unwrap_or_else(nobody);
    writer.say(&text!(
        "申請 {asked}・承認 {allowed}・文書 {document}",
        "requested by {asked}, approved by {allowed}, document {document}"
    ))
}

/// The files with their hashes, and what the verdicts presuppose.
pub(super) fn inputs(writer: &Writer<'_>) -> Markup {
    let sources = &writer.scan.loaded.sources;
    html! {
        div.scroll { table {
            thead { tr {
                th scope="col" { (writer.say(&text!("ファイル", "file"))) }
                th scope="col" { (writer.say(&text!("バイト数", "bytes"))) }
                th scope="col" { "SHA-256" }
            } }
            tbody { @for (_, file) in sources.iter() { tr {
                td { code { (file.path()) } } td.number { (file.bytes()) } td { code.hash { (hex(&file.sha256())) } }
            } } }
        } }
        h3 { (writer.say(&text!("この報告が判定しないこと", "What this report does not judge"))) }
        ul { @for line in premises() { li { (writer.say(&line)) } } }
    }
}

fn premises() -> [text::Text; 5] {
    [
        text!(
            "設定を判定します。機器の不具合や、設定を書き出した後の変更は分かりません。",
            "It judges configurations: a defect of a device, or a change after the export, is out of sight."
        ),
        text!(
            "接続を開始するパケットを追います。許可された接続の中でアプリケーションが何をするかは見ません。",
            "It follows packets that open a connection, not what applications do inside one."
        ),
        text!(
            "動的経路制御で学ぶ経路は設定にないため、経路表の写しがなければ「どこへでも届き得る」とします。",
            "Routes that are learnt are not in a configuration: without a dump of the table they may lead anywhere."
        ),
        text!(
            "内容が設定の外にある条件（ドメイン名、利用者、アプリケーション）は「一致し得る」とします。",
            "Conditions whose content is elsewhere (domain names, users, applications) may match."
        ),
        text!(
            "topology.yaml に書かれた構成を前提とします。",
            "What topology.yaml draws is taken as drawn."
        ),
    ]
}
