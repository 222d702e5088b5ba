//! An entry of a list where it stands in its file.

use super::insertion::{self, Insertion, Product, Site};
use super::removal::{self, Entry, whole};
use crate::source::{File, Span};

/// Whole lines of a file that an engineer knows as one entry.
#[derive(Clone, Debug)]
pub struct Place<'f> {
    /// The file.
    pub file: &'f File,
    /// The lines of the entry, 1-based, ascending; not empty.
    pub lines: Vec<u32>,
    /// The first lines of the blocks around it, outermost first.
    pub blocks: Vec<u32>,
}

impl<'f> Place<'f> {
    /// The entry at a span; `None` when that is not whole lines.
    #[must_use]
    pub fn of(file: &'f File, span: Span) -> Option<Place<'f>> {
        let lines = lines(file, span)?;
        let blocks = blocks(file, *lines.first()?);
        Some(Place { file, lines, blocks })
    }

    /// The commands that take the entry away on a device of this format; empty when none are known.
    #[must_use]
    pub fn removal(&self, format: &str) -> Vec<String> {
        let line = |line: &u32| self.file.line_text(*line).trim();
        let blocks: Vec<String> = self.blocks.iter().map(|at| line(at).to_owned()).collect();
        let text = self.lines.first().map(line).unwrap_or_default();
        removal::removal(format, Entry { text, blocks: &blocks })
    }

    /// The products as lines before the entry, or in its place; `None` when the vendor, or this entry, has no such form.
    #[must_use]
    pub fn insertion(
        &self,
        format: &str,
        products: &[Product],
        replaced: bool,
    ) -> Option<Insertion> {
        let count = u32::try_from(self.file.line_count()).ok()?;
        let all: Vec<&str> = (1..=count).map(|line| self.file.line_text(line)).collect();
        let positions = |lines: &[u32]| -> Vec<usize> {
            lines.iter().map(|line| (*line as usize).saturating_sub(1)).collect()
        };
        let (entry, blocks) = (positions(&self.lines), positions(&self.blocks));
        let site = Site { lines: &all, entry: &entry, blocks: &blocks, replaced };
        insertion::insertion(format, &site, products)
    }
}

/// The lines that a span takes up; of a rule in `set` form, every line about it.
fn lines(file: &File, span: Span) -> Option<Vec<u32>> {
    let first = file.line_at(span.start);
    let last = file.line_at(span.end.saturating_sub(1).max(span.start));
    if let Some(whole) = whole(file.line_text(first).trim()) {
        let about = |line: &u32| {
            let rest = file.line_text(*line).trim().strip_prefix("set ");
            rest.and_then(|rest| rest.strip_prefix(whole)).is_some_and(|r| r.starts_with(' '))
        };
        let last = u32::try_from(file.line_count()).ok()?;
        return Some((1..=last).filter(about).collect());
    }
    let said = file.text().get(span.start as usize..span.end as usize)?.trim();
    let whole: Vec<&str> = (first..=last).map(|line| file.line_text(line)).collect();
    let is_whole = whole.first()?.trim_start().starts_with(said.lines().next()?.trim_start())
        && whole.last()?.trim_end().ends_with(said.lines().last()?.trim());
    is_whole.then(|| (first..=last).collect())
}

/// What is indented less, going up.
fn blocks(file: &File, line: u32) -> Vec<u32> {
    let indent = |text: &str| text.len() - text.trim_start().len();
    let mut depth = indent(file.line_text(line));
    let mut out = Vec::new();
    for above in (1..line).rev() {
        let text = file.line_text(above);
        let is_end = matches!(text.trim(), "" | "!" | "end" | "next" | "exit");
        if depth == 0 || is_end || indent(text) >= depth {
            continue;
        }
        depth = indent(text);
        out.push(above);
    }
    out.reverse();
    out
}
