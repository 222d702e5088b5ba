//! One row a finding, for a spreadsheet: UTF-8 with a byte order mark, lines ended by CR LF, no line feed in a cell.

use super::{Style, escape, view};
use crate::finding::Finding;
use crate::scan::Scan;
use crate::text;
use crate::text::{Lang, Text};

/// The most characters of a cell that is a list; Excel takes 32,767 in one.
const CELL_LIMIT: usize = 30_000;

pub(super) fn render(scan: &Scan, style: &Style) -> String {
    let mut out = String::from("\u{feff}");
    let head = text!(
        "番号,区分,重要度,判定,規則,種類,送信元,宛先,機器,アドレスファミリー,指摘,詳細,対処,証拠パケット,原因の行,通信の範囲,確認不能の原因,根拠文書,条項,要求事項,識別子",
        "number,novelty,severity,verdict,rule,kind,from,to,device,family,message,details,advice,witness,blamed lines,flows,causes,document,clause,requirements,fingerprint"
    );
    out.push_str(head.get(style.lang));
    out.push_str("\r\n");
    for (index, finding) in scan.findings.iter().enumerate() {
        let cells = row(scan, index + 1, finding, style.lang).map(|cell| escape::csv(&cell));
        out.push_str(&cells.join(","));
        out.push_str("\r\n");
    }
    out
}

fn row(scan: &Scan, number: usize, finding: &Finding, lang: Lang) -> [String; 21] {
    let sources = &scan.loaded.sources;
    let say = |text: &Text| text.get(lang).to_owned();
    let blamed = finding.blame.iter().map(|blame| {
        let shown = view::quote(sources, blame.span);
        format!("{}:{} {}", shown.file, shown.line, shown.text)
    });
    let causes = finding.causes.iter().map(|cause| {
        let place = cause.span.map_or(String::new(), |span| format!("{} ", sources.place(span)));
        format!("{place}{}", cause.reason.get(lang))
    });
    let basis = finding.basis.as_ref();
    [
        number.to_string(),
        finding.novelty.map_or(String::new(), |novelty| say(&novelty.word())),
        say(&finding.severity.word()),
        say(&finding.verdict.word()),
        finding.rule.clone(),
        finding.kind.id(),
        finding.from.clone().unwrap_or_default(),
        finding.to.clone().unwrap_or_default(),
        finding.device.clone().unwrap_or_default(),
        finding.family.map_or(String::new(), |family| family.id().to_owned()),
        say(&finding.message),
        list(finding.details.iter().map(say), lang),
        finding.advice.as_ref().map(say).unwrap_or_default(),
        finding.witness.map_or(String::new(), |flow| flow.to_string()),
        list(blamed, lang),
        list(view::flow_lines(&finding.flows, usize::MAX, lang).into_iter(), lang),
        list(causes, lang),
        basis.map_or(String::new(), |basis| basis.document.clone()),
        basis.map_or(String::new(), |basis| basis.clause.clone()),
        list(finding.requirements.iter().cloned(), lang),
        finding.fingerprint.clone(),
    ]
}

/// The items in one cell; when they are too long for one, the first of them and how many more there are.
fn list(items: impl Iterator<Item = String>, lang: Lang) -> String {
    let mut out = String::new();
    let (mut size, mut left) = (0, 0_usize);
    for item in items {
        size += item.chars().count() + 3;
        if left > 0 || size > CELL_LIMIT {
            left += 1;
            continue;
        }
        if !out.is_empty() {
            out.push_str(" / ");
        }
        out.push_str(&item);
    }
    if left > 0 {
        out.push_str(text!(" / ほか {left} 件", " / {left} more").get(lang));
    }
    out
}
