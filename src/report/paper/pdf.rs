//! A paper as PDF on A4 (PDF/A-2b when a day was given): an embedded subset of one font, bookmarks, and on every page what it belongs to and its number.
//!
//! [`flow`] lays blocks out on pages first, so that the number of pages is known; here pages are drawn. Nothing depends on the
//! clock: the date in the file is the day that was given, or there is none.

mod face;
mod flow;

use super::{Paper, era};
use crate::report::escape;
use crate::text;
use crate::text::{Lang, Text};
use face::Face;
use flow::{Flow, HEIGHT, LEFT, Op, RIGHT, WIDTH};
use krilla::color::luma;
use krilla::configure::{Archival, ConfigurationBuilder};
use krilla::destination::XyzDestination;
use krilla::geom::{PathBuilder, Point, Rect};
use krilla::metadata::{DateTime, Metadata};
use krilla::outline::{Outline, OutlineNode};
use krilla::page::PageSettings;
use krilla::paint::{Fill, Stroke};
use krilla::surface::Surface;
use krilla::{Document, SerializeSettings};

/// The longest entry of the metadata and of a bookmark.
const ENTRY: usize = 200;

pub(super) fn render(paper: &Paper, font: &[u8]) -> Result<Vec<u8>, Text> {
    let face = Face::new(font).ok_or_else(|| {
        text!(
            "フォントファイルを読めません。--font で TrueType 又は OpenType のフォント（BIZ UDゴシック等）を指定してください。",
            "the font cannot be read; name a TrueType or OpenType font with --font"
        )
    })?;
    let flow = Flow::of(paper, &face);
    let failed = |error: &dyn std::fmt::Debug| {
        // The font of an error prints as a number that differs from run to run; what went wrong is the word in front.
        let word = format!("{error:?}");
        let word = word.split(['(', ' ']).next().unwrap_or_default().to_owned();
        text!(
            "PDFを作成できません（{word}）。--font で別のフォントを指定してください。",
            "cannot write the PDF ({word}); try another font with --font"
        )
    };
    // An archive demands a date. Without one it is a plain PDF, and says nothing else of itself.
    let mut settings = SerializeSettings::default();
    if paper.day.is_some() {
        let archive = ConfigurationBuilder::new().with_archival_validator(Archival::A2_B);
        settings.configuration = archive.finish().map_err(|error| failed(&error))?;
    }
    let mut document = Document::new_with(settings);
    let count = flow.pages.len();
    for (index, ops) in flow.pages.iter().enumerate() {
        let Some(size) = PageSettings::from_wh(WIDTH, HEIGHT) else { continue };
        let mut page = document.start_page_with(size);
        let mut surface = page.surface();
        for op in ops {
            draw(&mut surface, &face, op);
        }
        for op in flow::frame(paper, &face, index + 1, count) {
            draw(&mut surface, &face, &op);
        }
        surface.finish();
        page.finish();
    }
    document.set_outline(outline(&flow));
    document.set_metadata(metadata(paper));
    document.finish().map_err(|error| failed(&error))
}

fn outline(flow: &Flow<'_>) -> Outline {
    let mut outline = Outline::new();
    for mark in &flow.marks {
        let node = |mark: &flow::Mark| {
            let place = XyzDestination::new(mark.page, Point::from_xy(LEFT, mark.y));
            OutlineNode::new(crate::report::view::capped(&mark.title, ENTRY), place)
        };
        let mut chapter = node(mark);
        for below in &mark.below {
            chapter.push_child(node(below));
        }
        outline.push_child(chapter);
    }
    outline
}

fn metadata(paper: &Paper) -> Metadata {
    let entry = |text: &str| crate::report::view::capped(&escape::terminal(text), ENTRY);
    let lang = if paper.lang == Lang::Ja { "ja" } else { "en" };
    let mut metadata = Metadata::new()
        .title(entry(&format!("{} {}", paper.title, paper.subject)))
        .language(lang.to_owned())
        .creator(format!("Sekisho {}", env!("CARGO_PKG_VERSION")));
    if let Some(date) = paper.day.and_then(era::date) {
        let (year, month) = (u16::try_from(date.year()), u8::try_from(date.month()));
        let day = u8::try_from(date.day());
        if let (Ok(year), Ok(month), Ok(day)) = (year, month, day) {
            metadata = metadata.creation_date(DateTime::new(year).month(month).day(day));
        }
    }
    metadata
}

fn draw(surface: &mut Surface<'_>, face: &Face<'_>, op: &Op) {
    let gray = |level: u8| -> krilla::paint::Paint { luma::Color::new(level).into() };
    match op {
        Op::Text { x, y, size, gray: level, text } => {
            surface.set_stroke(None);
            surface.set_fill(Some(Fill { paint: gray(*level), ..Fill::default() }));
            let glyphs = face.glyphs(text);
            surface.draw_glyphs(Point::from_xy(*x, *y), &glyphs, face.font(), text, *size, false);
        }
        Op::Rule { from, to, gray: level } => {
            let mut path = PathBuilder::new();
            path.move_to(from.0, from.1);
            path.line_to(to.0, to.1);
            surface.set_fill(None);
            let stroke = Stroke { paint: gray(*level), width: 0.5, ..Stroke::default() };
            surface.set_stroke(Some(stroke));
            if let Some(path) = path.finish() {
                surface.draw_path(&path);
            }
        }
        Op::Ground { x, y, width, height } => {
            let mut path = PathBuilder::new();
            if let Some(rect) = Rect::from_xywh(*x, *y, *width, *height) {
                path.push_rect(rect);
            }
            surface.set_stroke(None);
            surface.set_fill(Some(Fill { paint: gray(240), ..Fill::default() }));
            if let Some(path) = path.finish() {
                surface.draw_path(&path);
            }
        }
    }
}

/// Where the text of a page ends on the right.
fn right() -> f32 {
    WIDTH - RIGHT
}
