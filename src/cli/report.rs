//! `report`: papers for auditors, inspectors and vendors.

use super::arguments::InputFlags;
use super::exit::{Exit, Stop};
use super::run::Run;
use super::{check, files};
use crate::diff::{self, Diff};
use crate::finding::Kind;
use crate::report::{self, Details, PaperFormat, PaperInput, PaperKind, SelfCheckFormat};
use crate::scan::{self, Scan};
use crate::text;
use clap::{Args, ValueEnum};
#[cfg(feature = "pdf")]
use std::path::Path;
use std::path::PathBuf;

/// Flags of `report`.
#[derive(Args, Debug)]
pub(super) struct ReportKindFlags {
    #[command(flatten)]
    pub(super) input: InputFlags,
    /// Which report
    #[arg(long, value_enum)]
    pub(super) kind: KindFlag,
    /// In which form
    #[arg(long, value_enum, default_value_t = FormFlag::Markdown)]
    pub(super) format: FormFlag,
    /// Write it to this file instead of printing it (xlsx and pdf need one)
    #[arg(long, value_name = "PATH")]
    pub(super) output: Option<PathBuf>,
    /// The state before, to compare with (--kind change needs it)
    #[arg(long, value_name = "DIR", conflicts_with = "baseline")]
    pub(super) before: Option<PathBuf>,
    /// Findings of this earlier run are told as known (a baseline file, or a report in JSON)
    #[arg(long, value_name = "FILE")]
    pub(super) baseline: Option<PathBuf>,
    /// YAML file with what the cover says (sekisho schema report)
    #[arg(long, value_name = "FILE")]
    pub(super) details: Option<PathBuf>,
    /// Leave out addresses, witnesses and what configurations say
    #[arg(long)]
    pub(super) redact: bool,
    /// Font file for pdf [default: BIZ UDGothic or IPAex Gothic where systems have them]
    #[cfg(feature = "pdf")]
    #[arg(long, value_name = "FILE")]
    pub(super) font: Option<PathBuf>,
}

/// Which report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum KindFlag {
    /// 監査報告書: everything an auditor reports
    Audit,
    /// 自己点検票: every requirement with its verdict and evidence
    SelfCheck,
    /// 受入検査報告: whether what was delivered can be accepted
    Acceptance,
    /// 変更時確認: what a change opened and closed
    Change,
    /// 調達仕様書の別紙: the rules as requirements, without verdicts
    Specification,
}

/// In which form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum FormFlag {
    /// Markdown tables
    Markdown,
    /// One row a finding, requirement or rule, for a spreadsheet
    Csv,
    /// One page, printable on A4
    Html,
    /// A workbook
    #[cfg(feature = "xlsx")]
    Xlsx,
    /// PDF; PDF/A-2b with --at
    #[cfg(feature = "pdf")]
    Pdf,
}

impl KindFlag {
    fn kind(self) -> PaperKind {
        match self {
            KindFlag::Audit => PaperKind::Audit,
            KindFlag::SelfCheck => PaperKind::SelfCheck,
            KindFlag::Acceptance => PaperKind::Acceptance,
            KindFlag::Change => PaperKind::Change,
            KindFlag::Specification => PaperKind::Specification,
        }
    }
}

impl FormFlag {
    fn format(self) -> PaperFormat {
        match self {
            FormFlag::Markdown => PaperFormat::Markdown,
            FormFlag::Csv => PaperFormat::Csv,
            FormFlag::Html => PaperFormat::Html,
            #[cfg(feature = "xlsx")]
            FormFlag::Xlsx => PaperFormat::Xlsx,
            #[cfg(feature = "pdf")]
            FormFlag::Pdf => PaperFormat::Pdf,
        }
    }

    /// Whether it is text that may be printed.
    fn is_text(self) -> bool {
        matches!(self, FormFlag::Markdown | FormFlag::Csv | FormFlag::Html)
    }
}

pub(super) fn run(run: &Run, flags: &ReportKindFlags) -> Result<Exit, Stop> {
    refuse(flags)?;
    let details = details(run, flags)?;
    let font = font(flags)?;
    let sign = run.progress();
    let mut judged = judge(run, flags)?;
    if let (Judged::One(scan), Some(path)) = (&mut judged, &flags.baseline) {
        scan.compare(&check::baseline(path)?);
    }
    let scan = judged.scan();
    let wanted = matches!(flags.kind, KindFlag::Audit | KindFlag::Acceptance)
        || (!flags.format.is_text() && flags.kind != KindFlag::Specification);
    let matrix = wanted.then(|| scan::matrix(&scan.loaded));
    let input = PaperInput {
        kind: flags.kind.kind(),
        scan,
        before: judged.diff(),
        matrix: matrix.as_ref(),
        details: &details,
        redact: flags.redact,
        font: &font,
        lang: run.lang(),
    };
    let bytes = match plain_self_check(flags) {
        Some(format) => report::self_check_report(scan, format, &run.plain()).into_bytes(),
        None => report::paper(&input, flags.format.format()).map_err(Stop::Failed)?,
    };
    drop(sign);
    match &flags.output {
        Some(path) => files::write(path, &bytes)?,
        None => run.print(&bytes)?,
    }
    Ok(end(run, &judged))
}

/// The two judges disagreeing is a failure, and the paper is there to look at; verdicts do not decide how this command ends.
fn end(run: &Run, judged: &Judged) -> Exit {
    let before = judged.diff().map(|diff| &diff.old);
    let mut findings = before.into_iter().chain([judged.scan()]).flat_map(|scan| &scan.findings);
    let wrong = findings.any(|finding| finding.kind == Kind::InternalDisagreement);
    if wrong || judged.diff().is_some_and(|diff| !diff.confirmed) {
        run.note(&text!(
            "2つの判定方式の結果が食い違いました。この報告は信頼できません。",
            "the two judges disagree; this report cannot be trusted"
        ));
        return Exit::Failed;
    }
    Exit::Clean
}

/// What was judged: one state, or two beside one another.
enum Judged {
    One(Box<Scan>),
    Two(Box<Diff>),
}

impl Judged {
    fn scan(&self) -> &Scan {
        match self {
            Judged::One(scan) => scan,
            Judged::Two(diff) => &diff.new,
        }
    }

    fn diff(&self) -> Option<&Diff> {
        match self {
            Judged::One(_) => None,
            Judged::Two(diff) => Some(diff),
        }
    }
}

fn judge(run: &Run, flags: &ReportKindFlags) -> Result<Judged, Stop> {
    let Some(before) = &flags.before else {
        return Ok(Judged::One(Box::new(run.scan(&flags.input)?)));
    };
    let old = run.load(before, &flags.input.reading)?;
    let new = run.load(&flags.input.path, &flags.input.reading)?;
    Ok(Judged::Two(Box::new(diff::diff(old, new))))
}

/// The self-check as it always was, where nothing more is asked of it.
fn plain_self_check(flags: &ReportKindFlags) -> Option<SelfCheckFormat> {
    let plain = flags.kind == KindFlag::SelfCheck && !flags.redact && flags.details.is_none();
    match flags.format {
        FormFlag::Markdown if plain => Some(SelfCheckFormat::Markdown),
        FormFlag::Csv if plain => Some(SelfCheckFormat::Csv),
        _ => None,
    }
}

/// What does not go together is said before anything is read.
fn refuse(flags: &ReportKindFlags) -> Result<(), Stop> {
    if flags.kind == KindFlag::Change && flags.before.is_none() {
        return Err(Stop::Failed(text!(
            "変更時確認には、変更前の設定が必要です。--before ディレクトリ名 で指定してください。",
            "a report on a change needs the state before: --before DIR"
        )));
    }
    if !flags.format.is_text() && flags.output.is_none() {
        return Err(Stop::Failed(text!(
            "この形式は画面に表示できません。--output ファイル名 で保存先を指定してください。",
            "this format is not printed; name a file with --output PATH"
        )));
    }
    Ok(())
}

fn details(run: &Run, flags: &ReportKindFlags) -> Result<Details, Stop> {
    let Some(path) = &flags.details else { return Ok(Details::default()) };
    let bytes = files::read_given(path)?;
    run.reading(path);
    report::read_details(&path.display().to_string(), &bytes).map_err(Stop::Inputs)
}

/// Where systems keep a Japanese font of one file.
#[cfg(feature = "pdf")]
const FONTS: &[&str] = &[
    "/usr/share/fonts/truetype/bizud-gothic/BIZUDGothic-Regular.ttf",
    "/usr/share/fonts/morisawa-biz-ud-gothic-fonts/BIZUDGothic-Regular.ttf",
    "/usr/share/fonts/opentype/ipaexfont-gothic/ipaexg.ttf",
    "/usr/share/fonts/truetype/fonts-japanese-gothic.ttf",
    "C:\\Windows\\Fonts\\BIZ-UDGothicR.ttc",
];

/// The bytes of the font; none where no font is needed.
#[cfg(feature = "pdf")]
fn font(flags: &ReportKindFlags) -> Result<Vec<u8>, Stop> {
    if flags.format != FormFlag::Pdf {
        return Ok(Vec::new());
    }
    if let Some(path) = &flags.font {
        return files::read_given(path);
    }
    let found = FONTS.iter().find_map(|path| files::read_file(Path::new(path)).ok());
    found.ok_or_else(|| {
        Stop::Failed(text!(
            "日本語フォントが見つかりません。--font でフォントファイル（BIZ UDゴシック等の .ttf）を指定するか、パッケージ fonts-morisawa-bizud-gothic を入れてください。--format html で出力し、ブラウザーからPDFに印刷することもできます。",
            "no Japanese font was found; name a .ttf file with --font, or install fonts-morisawa-bizud-gothic; or write --format html and print that to PDF"
        ))
    })
}

#[cfg(not(feature = "pdf"))]
fn font(_: &ReportKindFlags) -> Result<Vec<u8>, Stop> {
    Ok(Vec::new())
}
