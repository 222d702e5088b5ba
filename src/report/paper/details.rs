//! What people know and configurations do not: a small YAML file with the words of the cover and of the criteria.

use crate::scan::InputError;
use crate::source::yaml::{self, Fields};
use crate::source::{Problem, Sources};
use schemars::JsonSchema;

/// What `--details` says. Everything may be missing; what is missing is a blank in the paper.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Details {
    /// 件名: what the paper is about.
    pub subject: Option<String>,
    /// 文書名: the name of the paper, where it is not the usual one.
    pub document: Option<String>,
    /// 文書番号.
    pub number: Option<String>,
    /// 対象年度: a year, or its name.
    pub fiscal_year: Option<String>,
    /// 実施期間: when it was done.
    pub conducted: Option<String>,
    /// 監査人・点検者 with their offices.
    pub auditor: Option<String>,
    /// 被監査部門.
    pub audited: Option<String>,
    /// 版.
    pub edition: Option<String>,
    /// 機密区分・取扱制限.
    pub classification: Option<String>,
    /// 通し番号.
    pub serial: Option<String>,
    /// 内部監査, 外部監査…
    pub category: Option<String>,
    /// 対策基準 with its revision.
    pub standard: Option<String>,
    /// ガイドライン with its edition.
    pub guideline: Option<String>,
    /// 設計書 with edition and page.
    pub design: Option<String>,
    /// 設定の取得日時.
    pub collected: Option<String>,
    /// 設定の取得者.
    pub collected_by: Option<String>,
    /// 委託先.
    pub vendor: Option<String>,
    /// 保守契約の範囲.
    pub contract: Option<String>,
    /// 変更申請.
    pub request: Option<String>,
    /// 報告先.
    pub report_to: Option<String>,
    /// 対象外と理由, one a line.
    pub excluded: Vec<String>,
}

/// Reads a file of details.
///
/// # Errors
/// Every mistake in it, with its line: an unknown key is one.
pub fn read_details(path: &str, bytes: &[u8]) -> Result<Details, Vec<InputError>> {
    let mut sources = Sources::default();
    let file = sources.add(path, bytes).map_err(|error| {
        let (line, message) = (Some(error.line()), error.message());
        vec![InputError { path: path.to_owned(), span: None, line, message, help: None }]
    })?;
    let told = |problem: Problem| InputError {
        path: path.to_owned(),
        span: Some(problem.span),
        line: Some(sources.line(problem.span)),
        message: problem.message,
        help: problem.help,
    };
    let all = |problems: Vec<Problem>| problems.into_iter().map(told).collect::<Vec<_>>();
    let root = yaml::parse(file, sources.file(file)).map_err(all)?;
    let mut problems = Vec::new();
    let Some(mut fields) = Fields::open(&root, &mut problems) else { return Err(all(problems)) };
    let details = taken(&mut fields, &mut problems);
    fields.close(&mut problems);
    if problems.is_empty() { Ok(details) } else { Err(all(problems)) }
}

fn taken(fields: &mut Fields<'_>, problems: &mut Vec<Problem>) -> Details {
    let mut text = |key| fields.text(key, problems).map(|word| word.value);
    let mut details = Details {
        subject: text("subject"),
        document: text("document"),
        number: text("number"),
        fiscal_year: text("fiscal-year"),
        conducted: text("conducted"),
        auditor: text("auditor"),
        audited: text("audited"),
        edition: text("edition"),
        classification: text("classification"),
        serial: text("serial"),
        category: text("category"),
        standard: text("standard"),
        guideline: text("guideline"),
        design: text("design"),
        collected: text("collected"),
        collected_by: text("collected-by"),
        vendor: text("vendor"),
        contract: text("contract"),
        request: text("request"),
        report_to: text("report-to"),
        excluded: Vec::new(),
    };
    let excluded = fields.texts("excluded", problems);
    details.excluded = excluded.into_iter().map(|word| word.value).collect();
    details
}

/// The JSON Schema of the file of details.
#[must_use]
pub fn details_schema() -> serde_json::Value {
    schemars::schema_for!(DetailsFile).to_value()
}

/// 報告書の記載事項（report --details） / What report --details says
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, rename_all = "kebab-case")]
#[allow(dead_code, reason = "the schema is derived from the shape; no value is ever made")]
struct DetailsFile {
    /// 件名 / What the paper is about
    subject: Option<String>,
    /// 文書名 / Name of the paper
    document: Option<String>,
    /// 文書番号 / Number of the document
    number: Option<String>,
    /// 対象年度（2026 または 令和8年度） / Fiscal year
    fiscal_year: Option<serde_json::Value>,
    /// 実施日・実施期間 / When it was done
    conducted: Option<String>,
    /// 監査人・点検者（所属・氏名） / Who audited
    auditor: Option<String>,
    /// 被監査部門 / Who was audited
    audited: Option<String>,
    /// 版 / Edition
    edition: Option<serde_json::Value>,
    /// 機密区分・取扱制限 / Classification
    classification: Option<String>,
    /// 通し番号 / Serial number
    serial: Option<serde_json::Value>,
    /// 種別（内部監査、外部監査など） / Kind of audit
    category: Option<String>,
    /// 対策基準の名称と改定年 / The standard and its revision
    standard: Option<String>,
    /// ガイドラインの名称と版 / The guideline and its edition
    guideline: Option<String>,
    /// 設計書の名称・版・頁 / The design document
    design: Option<String>,
    /// 設定の取得日時 / When the configurations were exported
    collected: Option<String>,
    /// 設定の取得者 / Who exported them
    collected_by: Option<String>,
    /// 委託先 / The vendor
    vendor: Option<String>,
    /// 保守契約の範囲 / What the maintenance contract covers
    contract: Option<String>,
    /// 変更申請の番号 / The change request
    request: Option<String>,
    /// 報告先 / To whom it is reported
    report_to: Option<String>,
    /// 対象外としたものと理由 / What is left out, and why
    excluded: Option<Vec<String>>,
}
