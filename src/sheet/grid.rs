//! Delimited text as rows of cells, each with its place. A cell may hold line breaks, so a row may span several lines.

use crate::source::{FileId, Span};

/// One cell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cell {
    /// The content without quotes and without blanks at the ends; a line break inside it is [`BREAK`].
    pub text: String,
    /// First byte in the text of the file, quotes included.
    pub start: u32,
    /// First byte after it.
    pub end: u32,
}

impl Cell {
    /// Where it stands.
    #[must_use]
    pub fn span(&self, file: FileId) -> Span {
        Span { file, start: self.start, end: self.end.max(self.start) }
    }
}

/// One row; never without a cell.
#[derive(Clone, Debug)]
pub struct Row {
    /// The cells, left to right.
    pub cells: Vec<Cell>,
    /// The number of its first line, from 1; in a workbook the number of the row.
    pub line: u32,
    /// First byte.
    pub start: u32,
    /// First byte after it, without the line break.
    pub end: u32,
    /// Whether a quotation mark opens and does not close where a cell ends: the row may have swallowed others.
    pub broken: bool,
}

impl Row {
    /// Where it stands.
    #[must_use]
    pub fn span(&self, file: FileId) -> Span {
        Span { file, start: self.start, end: self.end.max(self.start) }
    }

    /// The text of cell `index`; empty past the end.
    #[must_use]
    pub fn text(&self, index: usize) -> &str {
        self.cells.get(index).map_or("", |cell| cell.text.as_str())
    }

    /// Whether every cell is empty.
    #[must_use]
    pub fn is_blank(&self) -> bool {
        self.cells.iter().all(|cell| cell.text.is_empty())
    }
}

/// Stands for a line break inside a cell, also in sheets of a workbook.
pub const BREAK: char = '⏎';

/// The first `limit` rows of `text`.
#[must_use]
pub fn rows(text: &str, limit: usize) -> Vec<Row> {
    let mut reader = Reader { text, at: 0, line: 1, delimiter: delimiter(text) };
    let mut rows = Vec::new();
    while reader.at < text.len() && rows.len() < limit {
        rows.push(reader.row());
    }
    rows
}

/// The delimiter that the first lines have most of; a comma when they have none.
fn delimiter(text: &str) -> char {
    let mut counts = [(',', 0usize), ('\t', 0), (';', 0)];
    let (mut inside, mut lines) = (false, 0);
    for c in text.chars() {
        match c {
            '"' => inside = !inside,
            '\n' if lines == 40 => break,
            '\n' => lines += 1,
            _ if inside => {}
            _ => counts.iter_mut().filter(|(d, _)| *d == c).for_each(|(_, count)| *count += 1),
        }
    }
    let best = counts.into_iter().reduce(|best, next| if next.1 > best.1 { next } else { best });
    best.map_or(',', |(c, _)| c)
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    line: u32,
    delimiter: char,
}

impl Reader<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn row(&mut self) -> Row {
        let start = self.at;
        let (start, line) = (to_u32(start), self.line);
        let mut row = Row { cells: Vec::new(), line, start, end: 0, broken: false };
        loop {
            let (cell, broken) = self.cell();
            row.broken |= broken;
            row.cells.push(cell);
            row.end = to_u32(self.at);
            match self.rest().chars().next() {
                Some(c) if c == self.delimiter => self.at += c.len_utf8(),
                Some(_) => {
                    self.at += 1;
                    self.line += 1;
                    return row;
                }
                None => return row,
            }
        }
    }

    /// One cell up to, and without, the delimiter or line break; whether its quotes do not fit.
    fn cell(&mut self) -> (Cell, bool) {
        let start = self.at;
        let mut text = String::new();
        let mut broken = false;
        let blank = self.rest().len() - self.rest().trim_start_matches([' ', '\u{3000}']).len();
        if self.rest().get(blank..).is_some_and(|rest| rest.starts_with('"')) {
            match quoted(self.rest().get(blank + 1..).unwrap_or("")) {
                Some((inside, used)) => {
                    self.line += to_u32(inside.matches('\n').count());
                    text = inside;
                    self.at += blank + 1 + used;
                }
                None => broken = true,
            }
        }
        let plain = self.rest().find(['\n', self.delimiter]).unwrap_or(self.rest().len());
        let tail = self.rest().get(..plain).unwrap_or("").to_owned();
        broken |= self.at > start && !tail.trim().is_empty();
        text.push_str(&tail);
        self.at += plain;
        let cell = Cell { text: tidy(&text), start: to_u32(start), end: to_u32(self.at) };
        (cell, broken)
    }
}

/// The content up to the closing quotation mark, and how many bytes it took with it; `None` when there is no end.
fn quoted(text: &str) -> Option<(String, usize)> {
    let mut out = String::new();
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        if c != '"' {
            out.push(c);
        } else if chars.next_if(|(_, next)| *next == '"').is_some() {
            out.push('"');
        } else {
            return Some((out, at + 1));
        }
    }
    None
}

fn tidy(text: &str) -> String {
    text.trim_matches(|c: char| c.is_whitespace() || c == BREAK).replace('\n', &BREAK.to_string())
}

fn to_u32(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

#[cfg(test)]
#[allow(clippy::indexing_slicing, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<Vec<String>> {
        let cells = |row: Row| row.cells.into_iter().map(|cell| cell.text).collect();
        rows(text, usize::MAX).into_iter().map(cells).collect()
    }

    #[test]
    fn cells_may_be_quoted_and_hold_line_breaks() {
        assert_eq!(
            texts("a,\"b\nc\",\"d\"\"e\"\n\nf\tg,h\n"),
            [vec!["a", "b⏎c", "d\"e"], vec![""], vec!["f\tg", "h"]]
        );
        assert_eq!(texts("a\tb\n"), [["a", "b"]]);
    }

    #[test]
    fn a_quotation_mark_that_swallows_rows_is_seen() {
        let rows = rows("1,\"10.0.0.1,x\n2,y,z\n3,\"10.0.0.2\",w\n", usize::MAX);
        assert!(rows[0].broken);
        assert!(!super::rows("a,\"b\",c\n", 9)[0].broken);
        assert!(super::rows("a,\"b,c\nd\n", 9)[0].broken);
    }

    #[test]
    fn places_are_kept() {
        let text = "a,\"b\nc\",d\ne";
        let rows = rows(text, usize::MAX);
        assert_eq!((rows[0].start, rows[0].end, rows[1].start), (0, 9, 10));
        assert_eq!((rows[0].line, rows[1].line), (1, 3));
        assert_eq!(
            &text[rows[0].cells[1].start as usize..rows[0].cells[1].end as usize],
            "\"b\nc\""
        );
    }
}
