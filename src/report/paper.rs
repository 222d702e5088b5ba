//! Papers for people who sign: 監査報告書, 自己点検票, 受入検査報告, 変更時確認 and the annex of a specification.
//!
//! A [`Paper`] is a cover and chapters of blocks. It is built once from what was judged, and every renderer draws the same
//! one; a workbook is built from the same rows as sheets. What nobody stated is a labelled blank, never a guess. A redacted paper
//! is made without what configurations say, and then every address that is left in a sentence is masked.

mod details;
mod era;
mod mask;
mod matter;
mod item;
mod opening;
mod scope;
mod overall;
mod findings;
mod register;
mod closing;
mod change;
mod acceptance;
#[cfg_attr(
    not(feature = "xlsx"),
    allow(dead_code, reason = "a workbook takes every sheet, CSV one of them")
)]
mod sheets;
mod marks;
mod page;
#[cfg(feature = "xlsx")]
mod workbook;
#[cfg(feature = "pdf")]
mod pdf;

pub use details::{Details, details_schema, read_details};

use crate::diff::Diff;
use crate::scan::{Matrix, Scan};
use crate::text;
use crate::text::{Lang, Text};
use matter::Matter;

/// Which paper.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PaperKind {
    /// 監査報告書: everything.
    Audit,
    /// 自己点検票: every requirement with its verdict.
    SelfCheck,
    /// 受入検査報告: whether what was delivered can be accepted.
    Acceptance,
    /// 変更時確認: what a change opened, closed and did to verdicts.
    Change,
    /// 調達仕様書の別紙: what the rules demand, without any verdict.
    Specification,
}

/// How a paper is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PaperFormat {
    /// Markdown.
    Markdown,
    /// One row a finding; of a self-check or a specification one row a requirement or rule.
    Csv,
    /// One page, printable on A4.
    Html,
    /// A workbook of sheets.
    #[cfg(feature = "xlsx")]
    Xlsx,
    /// PDF; PDF/A-2b when the day was given.
    #[cfg(feature = "pdf")]
    Pdf,
}

/// What a paper is made from.
#[derive(Clone, Copy, Debug)]
pub struct PaperInput<'a> {
    /// Which paper.
    pub kind: PaperKind,
    /// The state that it is about.
    pub scan: &'a Scan,
    /// The state before beside it, when there is one.
    pub before: Option<&'a Diff>,
    /// What travels between zones, when it was asked.
    pub matrix: Option<&'a Matrix>,
    /// What people know and configurations do not.
    pub details: &'a Details,
    /// Whether addresses and what configurations say are left out.
    pub redact: bool,
    /// The bytes of the font for PDF.
    pub font: &'a [u8],
    /// The language of sentences.
    pub lang: Lang,
}

/// The paper as bytes.
///
/// # Errors
/// When it cannot be drawn: the font does not fit, or the workbook has no room.
pub fn paper(input: &PaperInput<'_>, format: PaperFormat) -> Result<Vec<u8>, Text> {
    let matter = Matter::of(input);
    match format {
        PaperFormat::Csv => Ok(sheets::csv(&matter).into_bytes()),
        #[cfg(feature = "xlsx")]
        PaperFormat::Xlsx => workbook::render(&sheets::sheets(&matter), &build(&matter)),
        PaperFormat::Markdown => Ok(marks::render(&build(&matter)).into_bytes()),
        PaperFormat::Html => Ok(page::render(&build(&matter)).into_bytes()),
        #[cfg(feature = "pdf")]
        PaperFormat::Pdf => pdf::render(&build(&matter), input.font),
    }
}

/// A paper: what every renderer draws.
struct Paper {
    lang: Lang,
    /// What kind of paper it is.
    title: String,
    /// What it is about; runs along the top of every page.
    subject: String,
    /// The classification beside it; may be empty.
    mark: String,
    /// Days since 1970-01-01, when a day was given.
    #[cfg_attr(
        not(any(feature = "pdf", feature = "xlsx")),
        allow(dead_code, reason = "only these formats say when they were made beside the cover")
    )]
    day: Option<i32>,
    cover: Vec<Field>,
    chapters: Vec<Chapter>,
}

/// A chapter with its number.
struct Chapter {
    title: String,
    /// Whether it begins on a new page.
    fresh: bool,
    /// Whether nothing else stands on its pages.
    alone: bool,
    blocks: Vec<Block>,
}

/// A label with its value; without one it is a blank that somebody fills in.
struct Field {
    label: String,
    value: Vec<String>,
}

/// A part of a chapter.
enum Block {
    Heading(String),
    Paragraph(String),
    List(Vec<String>),
    Fields(Vec<Field>),
    Table(Table),
    /// A text that is handed on as it stands, with a label.
    Notice(String, String),
    /// Boxes in which people sign.
    Signatures(Vec<String>),
    /// Room in which somebody writes sentences, with a label.
    Remarks(String),
}

/// A table. A cell may hold several lines.
struct Table {
    /// Each head with its share of the width.
    heads: Vec<(String, u16)>,
    rows: Vec<Vec<String>>,
}

impl Chapter {
    fn new(title: String, blocks: Vec<Block>) -> Chapter {
        Chapter { title, fresh: false, alone: false, blocks }
    }

    fn fresh(title: String, blocks: Vec<Block>) -> Chapter {
        Chapter { title, fresh: true, alone: false, blocks }
    }

    fn alone(title: String, blocks: Vec<Block>) -> Chapter {
        Chapter { title, fresh: true, alone: true, blocks }
    }
}

/// The paper with its chapters in the order in which an auditor expects them.
fn build(matter: &Matter<'_>) -> Paper {
    let mut chapters = match matter.input.kind {
        PaperKind::Audit => audit(matter),
        PaperKind::SelfCheck => self_check(matter),
        PaperKind::Acceptance => accepted(matter),
        PaperKind::Change => changed(matter),
        PaperKind::Specification => register::specification(matter),
    };
    for (index, chapter) in chapters.iter_mut().enumerate() {
        chapter.title = format!("{}. {}", index + 1, chapter.title);
    }
    let mut paper = Paper {
        lang: matter.input.lang,
        title: opening::title(matter),
        subject: matter.subject(),
        mark: matter.mark(),
        day: matter.day(),
        cover: opening::cover(matter),
        chapters,
    };
    if matter.input.redact {
        paper.each(&|text| *text = mask::mask(text));
    }
    paper
}

impl Paper {
    /// Changes every text of the paper.
    fn each(&mut self, change: &dyn Fn(&mut String)) {
        let fields = |list: &mut Vec<Field>| {
            for field in list {
                change(&mut field.label);
                field.value.iter_mut().for_each(change);
            }
        };
        [&mut self.title, &mut self.subject, &mut self.mark].into_iter().for_each(change);
        fields(&mut self.cover);
        for chapter in &mut self.chapters {
            change(&mut chapter.title);
            for block in &mut chapter.blocks {
                match block {
                    Block::Heading(text) | Block::Paragraph(text) | Block::Remarks(text) => {
                        change(text);
                    }
                    Block::List(texts) | Block::Signatures(texts) => {
                        texts.iter_mut().for_each(change);
                    }
                    Block::Fields(list) => fields(list),
                    Block::Table(table) => {
                        table.heads.iter_mut().for_each(|(head, _)| change(head));
                        table.rows.iter_mut().flatten().for_each(change);
                    }
                    Block::Notice(label, text) => [label, text].into_iter().for_each(change),
                }
            }
        }
    }
}

fn audit(matter: &Matter<'_>) -> Vec<Chapter> {
    let mut out = vec![opening::purpose(matter), opening::criteria(matter)];
    out.extend([scope::scope(matter), scope::method(matter), overall::overall(matter)]);
    out.extend([findings::findings(matter), findings::hygiene(matter), findings::good(matter)]);
    out.extend([register::rules(matter), register::requirements(matter)]);
    out.extend([register::waivers(matter), register::connections(matter)]);
    out.extend([register::reached(matter), change::since(matter)]);
    out.extend([closing::plan(matter), closing::record(matter), closing::approval(matter)]);
    out
}

fn self_check(matter: &Matter<'_>) -> Vec<Chapter> {
    let opening = vec![opening::purpose(matter), opening::criteria(matter)];
    let rest = [scope::scope(matter), overall::overall(matter), register::requirements(matter)];
    let end = [register::waivers(matter), closing::plan(matter)];
    let last = [closing::record(matter), closing::approval(matter)];
    opening.into_iter().chain(rest).chain(end).chain(last).collect()
}

fn accepted(matter: &Matter<'_>) -> Vec<Chapter> {
    let mut out = vec![opening::purpose(matter), opening::criteria(matter)];
    out.extend([scope::scope(matter), scope::method(matter), acceptance::result(matter)]);
    out.extend([register::rules(matter), findings::findings(matter), findings::hygiene(matter)]);
    out.extend([register::requirements(matter), register::waivers(matter)]);
    out.extend([register::connections(matter), register::reached(matter)]);
    out.extend([closing::plan(matter), closing::record(matter), closing::approval(matter)]);
    out
}

fn changed(matter: &Matter<'_>) -> Vec<Chapter> {
    let mut out = vec![opening::purpose(matter), opening::criteria(matter)];
    out.extend([scope::scope(matter), scope::method(matter), change::summary(matter)]);
    out.extend([change::pairs(matter), change::verdicts(matter), change::gone(matter)]);
    out.extend([findings::findings(matter), findings::hygiene(matter), register::rules(matter)]);
    out.push(register::waivers(matter));
    out.extend([closing::plan(matter), closing::record(matter), closing::approval(matter)]);
    out
}

/// What stands where somebody has to write, in text formats.
fn blank(lang: Lang) -> String {
    text!("（記入欄）", "(to be filled in)").get(lang).to_owned()
}
