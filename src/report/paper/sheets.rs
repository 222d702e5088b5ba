//! The rows of a paper as sheets, for a workbook and for CSV.

use super::item::Item;
use super::matter::{Matter, marked};
use super::{Block, PaperKind, change, closing, mask, opening, overall, register};
use crate::report::escape;
use crate::text;
use crate::text::Text;

/// A sheet: a head and rows of the same length.
pub(super) struct Sheet {
    pub(super) name: String,
    pub(super) heads: Vec<String>,
    pub(super) rows: Vec<Vec<String>>,
}

impl Sheet {
    fn new(matter: &Matter<'_>, name: &Text, heads: &[Text], rows: Vec<Vec<String>>) -> Sheet {
        let shown = |text: String| if matter.input.redact { mask::mask(&text) } else { text };
        let heads = heads.iter().map(|head| matter.say(head)).collect();
        let rows = rows.into_iter().map(|row| row.into_iter().map(shown).collect()).collect();
        Sheet { name: matter.say(name), heads, rows }
    }
}

/// The sheets of a paper.
pub(super) fn sheets(matter: &Matter<'_>) -> Vec<Sheet> {
    let mut out = vec![overview(matter)];
    if matter.input.kind == PaperKind::Specification {
        out.push(specification(matter));
        return out;
    }
    out.extend([findings(matter), requirements(matter), rules(matter), waivers(matter)]);
    out.push(reached(matter));
    if let Some(diff) = matter.input.before {
        let heads = [
            text!("送信元 → 宛先", "from → to"),
            text!("種別", "family"),
            text!("変化", "change"),
            text!("通信", "traffic"),
            text!("該当する行", "lines"),
        ];
        let name = text!("通信の変化", "changes");
        out.push(Sheet::new(matter, &name, &heads, change::pair_rows(matter, diff)));
    }
    let heads =
        [text!("入力ファイル", "file"), text!("バイト数", "bytes"), text!("SHA-256", "SHA-256")];
    let name = text!("入力ファイル", "inputs");
    out.push(Sheet::new(matter, &name, &heads, closing::input_rows(matter)));
    out
}

fn overview(matter: &Matter<'_>) -> Sheet {
    let mut rows = vec![vec![matter.say(&text!("文書名", "paper")), opening::title(matter)]];
    let mut fields = opening::cover(matter);
    if matter.input.kind != PaperKind::Specification {
        for block in overall::overall(matter).blocks {
            if let Block::Fields(more) = block {
                fields.extend(more);
            }
        }
    }
    rows.extend(fields.into_iter().map(|field| vec![field.label, field.value.join("\n")]));
    let heads = [text!("項目", "item"), text!("内容", "content")];
    Sheet::new(matter, &text!("概要", "overview"), &heads, rows)
}

fn finding_heads() -> [Text; 17] {
    [
        text!("番号", "number"),
        text!("識別子", "fingerprint"),
        text!("規則", "rule"),
        text!("区分", "kind"),
        text!("判定", "verdict"),
        text!("重要度", "severity"),
        text!("発見事実", "what was found"),
        text!("基準条項", "basis"),
        text!("証拠", "evidence"),
        text!("影響", "effect"),
        text!("原因", "cause"),
        text!("推奨是正", "recommended"),
        text!("責任分界", "responsibility"),
        text!("期限", "term"),
        text!("初回検出日", "first found"),
        text!("前回状態", "state before"),
        text!("委託先への通知文", "notice to the vendor"),
    ]
}

fn finding_row(matter: &Matter<'_>, item: &Item) -> Vec<String> {
    let contract = matter.input.details.contract.clone().unwrap_or_default();
    vec![
        item.number.clone(),
        item.fingerprint.clone(),
        item.rule.clone(),
        item.class.clone(),
        marked(item.verdict, &matter.say(&item.verdict.word())),
        matter.say(&item.severity.word()),
        item.fact.clone(),
        item.basis.join("\n"),
        item.evidence.join("\n"),
        item.effect.join("\n"),
        item.cause.join("\n"),
        item.remedy.clone(),
        contract,
        String::new(),
        item.first_seen.clone().unwrap_or_default(),
        item.before.clone().unwrap_or_default(),
        item.notice.clone(),
    ]
}

fn findings(matter: &Matter<'_>) -> Sheet {
    let all = matter.findings.iter().chain(&matter.hygiene);
    let rows = all.map(|item| finding_row(matter, item)).collect();
    Sheet::new(matter, &text!("指摘事項", "findings"), &finding_heads(), rows)
}

fn requirements(matter: &Matter<'_>) -> Sheet {
    let heads = [
        text!("番号", "id"),
        text!("文書", "document"),
        text!("条項", "clause"),
        text!("要求事項", "requirement"),
        text!("重要度", "severity"),
        text!("確認方法", "checkable"),
        text!("判定", "verdict"),
        text!("証拠", "evidence"),
    ];
    let rows = register::requirement_rows(matter);
    Sheet::new(matter, &text!("要求×判定", "requirements"), &heads, rows)
}

fn rules(matter: &Matter<'_>) -> Sheet {
    let heads = [
        text!("規則", "rule"),
        text!("内容", "what it says"),
        text!("重要度", "severity"),
        text!("判定", "verdict"),
        text!("基準条項", "basis"),
        text!("指摘", "findings"),
    ];
    Sheet::new(matter, &text!("規則×判定", "rules"), &heads, register::verdict_rows(matter))
}

fn waivers(matter: &Matter<'_>) -> Sheet {
    let heads = register::waiver_heads().map(|(head, _)| head);
    let policy = matter.input.scan.loaded.policy.as_ref();
    let all = policy.into_iter().flat_map(|policy| &policy.waivers).enumerate();
    let rows = all.map(|(index, waiver)| register::waiver_row(matter, index, waiver));
    Sheet::new(matter, &text!("例外措置", "waivers"), &heads, rows.collect())
}

fn reached(matter: &Matter<'_>) -> Sheet {
    let heads = [
        text!("送信元", "from"),
        text!("宛先", "to"),
        text!("種別", "family"),
        text!("到達性", "what travels"),
        text!("サービス", "services"),
    ];
    Sheet::new(matter, &text!("到達性行列", "matrix"), &heads, register::reached_rows(matter))
}

fn specification(matter: &Matter<'_>) -> Sheet {
    let heads = [
        text!("番号", "id"),
        text!("要求", "requirement"),
        text!("重要度", "severity"),
        text!("根拠", "basis"),
    ];
    let rows = register::specification_rows(matter);
    Sheet::new(matter, &text!("要求", "requirements"), &heads, rows)
}

/// One sheet as CSV, with a byte order mark so that a spreadsheet opens it as UTF-8.
pub(super) fn csv(matter: &Matter<'_>) -> String {
    let sheet = match matter.input.kind {
        PaperKind::SelfCheck => requirements(matter),
        PaperKind::Specification => specification(matter),
        _ => findings(matter),
    };
    let mut out = String::from("\u{feff}");
    for row in std::iter::once(&sheet.heads).chain(&sheet.rows) {
        // Several lines of a cell stand in one, because whoever reads rows reads lines.
        let cells: Vec<String> =
            row.iter().map(|cell| escape::csv(&cell.replace('\n', " / "))).collect();
        out.push_str(&cells.join(","));
        out.push_str("\r\n");
    }
    out
}
