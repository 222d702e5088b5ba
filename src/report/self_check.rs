//! 自己点検票: requirement × verdict × evidence, as Markdown or CSV.

use super::Style;
use super::escape;
use crate::finding::Severity;
use crate::policy::Checkable;
use crate::scan::{Outcome, Scan, SelfCheckRow, self_check};
use crate::text;
use crate::text::{Lang, Text};

/// How a self-check is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SelfCheckFormat {
    /// Tables, one a document.
    Markdown,
    /// One row a requirement, with a byte order mark so that a spreadsheet opens it as UTF-8.
    Csv,
}

/// The self-check of a scan.
#[must_use]
pub fn self_check_report(scan: &Scan, format: SelfCheckFormat, style: &Style) -> String {
    let rows = self_check(scan);
    match format {
        SelfCheckFormat::Markdown => markdown(scan, &rows, style.lang),
        SelfCheckFormat::Csv => csv(&rows, style.lang),
    }
}

fn markdown(scan: &Scan, rows: &[SelfCheckRow], lang: Lang) -> String {
    let name = escape::markdown(&scan.loaded.snapshot.name);
    let mut out = String::new();
    let mut line = |text: &str| {
        out.push_str(text);
        out.push('\n');
    };
    line(text!("# 自己点検票　{name}", "# Self-check: {name}").get(lang));
    line("");
    let version = env!("CARGO_PKG_VERSION");
    line(text!("作成: 関所 Sekisho {version}", "Made by Sekisho {version}").get(lang));
    for pack in scan.loaded.policy.iter().flat_map(|policy| &policy.joined) {
        let (ja, en) = (escape::markdown(&pack.label.ja), escape::markdown(&pack.label.en));
        let edition = pack.edition.as_ref().map_or("—", |edition| edition.label.as_str());
        line(
            text!("- 方針パック: {ja}（版: {edition}）", "- pack: {en} (edition: {edition})")
                .get(lang),
        );
    }
    line("");
    line(tally(rows).get(lang));
    line("");
    line(
        text!(
            "「確認不能」は適合ではありません。設定からは決められない要求で、必要な申告または方針パックを「証拠」の欄に示します。",
            "`undetermined` does not mean that it holds: configurations alone cannot decide it; the evidence column names what is missing."
        )
        .get(lang),
    );
    let mut document = "";
    for row in rows {
        let requirement = &row.requirement;
        if requirement.document != document {
            document = &requirement.document;
            line("");
            line(&format!("## {}", escape::markdown(document)));
            line("");
            line(
                text!(
                    "| 番号 | 条項 | 要求事項 | 重要度 | 判定 | 証拠 |\n|---|---|---|---|---|---|",
                    "| id | clause | requirement | severity | verdict | evidence |\n|---|---|---|---|---|---|"
                )
                .get(lang),
            );
        }
        let mut evidence: Vec<String> =
            row.evidence.iter().map(|text| escape::markdown(text.get(lang))).collect();
        if requirement.unverified {
            let note = text!(
                "この要求は二次資料によるもので、一次資料との照合は未了",
                "this requirement rests on secondary sources"
            );
            evidence.push(note.get(lang).to_owned());
        }
        line(&format!(
            "| {} | {} | {} | {} | {} | {} |",
            escape::markdown(&requirement.id),
            escape::markdown(&requirement.clause),
            escape::markdown(requirement.title.get(lang)),
            requirement.severity.word().get(lang),
            row.outcome.word().get(lang),
            evidence.join("<br>")
        ));
    }
    out
}

/// How many rows got which verdict.
fn tally(rows: &[SelfCheckRow]) -> Text {
    let count = |outcome| rows.iter().filter(|row| row.outcome == outcome).count();
    let (holds, violated) = (count(Outcome::Satisfied), count(Outcome::NotSatisfied));
    let (open, none) = (count(Outcome::Undetermined), count(Outcome::NotApplicable));
    let all = rows.len();
    text!(
        "要求事項 {all} 件: 適合 {holds}・不適合 {violated}・確認不能 {open}・対象外 {none}",
        "{all} requirements: {holds} hold, {violated} violated, {open} undetermined, {none} not applicable"
    )
}

fn csv(rows: &[SelfCheckRow], lang: Lang) -> String {
    let mut out = String::from("\u{feff}");
    let head = text!(
        "番号,文書,条項,要求事項,原文,確認方法,重要度,判定,証拠",
        "id,document,clause,requirement,quote,checkable,severity,verdict,evidence"
    );
    out.push_str(head.get(lang));
    out.push_str("\r\n");
    for row in rows {
        let requirement = &row.requirement;
        let how = match requirement.checkable {
            Checkable::Yes => text!("設定から判定", "from configurations"),
            Checkable::Partly => text!("設定と申告から判定", "with declared facts"),
            Checkable::No => text!("設定では判定しない", "not from configurations"),
        };
        let severity: Severity = requirement.severity;
        let evidence: Vec<&str> = row.evidence.iter().map(|text| text.get(lang)).collect();
        let cells = [
            requirement.id.as_str(),
            &requirement.document,
            &requirement.clause,
            requirement.title.get(lang),
            requirement.quote.as_deref().unwrap_or(""),
            how.get(lang),
            severity.word().get(lang),
            row.outcome.word().get(lang),
            &evidence.join(" / "),
        ]
        .map(escape::csv);
        out.push_str(&cells.join(","));
        out.push_str("\r\n");
    }
    out
}
