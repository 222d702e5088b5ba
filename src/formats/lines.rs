//! Structural reader of line formats with indented sub-modes (Cisco IOS, ASA and their kin).
//!
//! A line that is indented deeper than the last top-level line belongs to it. Words keep their spans.

use crate::source::{File, FileId, Span};
use std::ops::Deref;

/// One word of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Word<'a> {
    /// The word, without quotes.
    pub text: &'a str,
    /// Where it stands.
    pub span: Span,
}

/// The words of a line: a part of the words of its file, or words of its own when a reader changed them.
#[derive(Clone, Debug)]
pub enum LineWords<'a> {
    /// As they stand in the file.
    Written(&'a [Word<'a>]),
    /// Changed.
    Own(Vec<Word<'a>>),
}

impl<'a> LineWords<'a> {
    /// The words from `first` on.
    #[must_use]
    pub fn from(&self, first: usize) -> LineWords<'a> {
        match self {
            LineWords::Written(written) => LineWords::Written(written.get(first..).unwrap_or(&[])),
            LineWords::Own(own) => LineWords::Own(own.get(first..).unwrap_or(&[]).to_vec()),
        }
    }

    /// Changes the words of this line alone.
    pub fn change(&mut self, change: impl FnOnce(&mut Vec<Word<'a>>)) {
        let mut own = match self {
            LineWords::Written(written) => written.to_vec(),
            LineWords::Own(own) => std::mem::take(own),
        };
        change(&mut own);
        *self = LineWords::Own(own);
    }
}

impl<'a> Deref for LineWords<'a> {
    type Target = [Word<'a>];

    fn deref(&self) -> &[Word<'a>] {
        match self {
            LineWords::Written(written) => written,
            LineWords::Own(own) => own,
        }
    }
}

/// One non-blank line.
#[derive(Clone, Debug)]
pub struct ConfigLine<'a> {
    /// Leading blanks; a tab counts as one.
    pub indent: usize,
    /// The words; at least one.
    pub words: LineWords<'a>,
    /// The line without leading blanks and trailing white space.
    pub span: Span,
    /// The same as text.
    pub text: &'a str,
}

impl<'a> ConfigLine<'a> {
    /// Word `index`, or an empty string.
    #[must_use]
    pub fn word(&self, index: usize) -> &'a str {
        self.words.get(index).map_or("", |word| word.text)
    }

    /// Whether the line begins with these words.
    #[must_use]
    pub fn starts(&self, words: &[&str]) -> bool {
        words.len() <= self.words.len()
            && words.iter().zip(self.words.iter()).all(|(want, word)| word.text == *want)
    }

    /// The text from word `index` to the end of the line.
    #[must_use]
    pub fn rest(&self, index: usize) -> &'a str {
        let Some(word) = self.words.get(index) else { return "" };
        let offset = (word.span.start - self.span.start) as usize;
        self.text.get(offset..).unwrap_or("")
    }
}

/// A line with the lines that are indented below it.
#[derive(Clone, Debug)]
pub struct Block<'a> {
    /// The line.
    pub head: ConfigLine<'a>,
    /// The lines of its sub-mode, all depths, in order; their `indent` tells the depth.
    pub body: Vec<ConfigLine<'a>>,
}

impl Block<'_> {
    /// From the head to the last line of the body.
    #[must_use]
    pub fn span(&self) -> Span {
        self.body.last().map_or(self.head.span, |last| self.head.span.to(last.span))
    }
}

/// The words of a file in one list, and which of them each of its non-blank lines has: [`ConfigLine`]s point into it.
#[derive(Debug)]
pub struct Lines<'a> {
    id: FileId,
    words: Vec<Word<'a>>,
    rows: Vec<Row<'a>>,
}

/// A non-blank line of [`Lines`].
#[derive(Debug)]
struct Row<'a> {
    indent: usize,
    text: &'a str,
    start: usize,
    /// The position after its last word.
    until: usize,
}

/// All non-blank lines, split into words at blanks.
#[must_use]
pub fn split(id: FileId, file: &File) -> Lines<'_> {
    let text = file.text();
    let mut out = Lines {
        id,
        words: Vec::with_capacity(text.len() / 8),
        rows: Vec::with_capacity(file.line_count()),
    };
    for (at, raw) in file.lines() {
        let body = raw.trim_end();
        let text = body.trim_start();
        if !text.is_empty() {
            let indent = body.len() - text.len();
            words(id, text, at + indent, &mut out.words);
            out.rows.push(Row { indent, text, start: at + indent, until: out.words.len() });
        }
    }
    out
}

impl Lines<'_> {
    /// The lines, in order.
    #[must_use]
    pub fn all(&self) -> Vec<ConfigLine<'_>> {
        let mut first = 0usize;
        let lines = self.rows.iter().map(|row| {
            let words = self.words.get(first..row.until).unwrap_or(&[]);
            first = row.until;
            ConfigLine {
                indent: row.indent,
                words: LineWords::Written(words),
                span: span(self.id, row.start, row.text),
                text: row.text,
            }
        });
        lines.collect()
    }
}

/// Groups lines into blocks: a line with more indentation than the head belongs to it.
#[must_use]
pub fn blocks(lines: Vec<ConfigLine<'_>>) -> Vec<Block<'_>> {
    let mut out: Vec<Block<'_>> = Vec::new();
    let mut rest = lines.into_iter();
    while let Some(head) = rest.next() {
        let below = rest.as_slice().iter().take_while(|line| line.indent > head.indent).count();
        let body = rest.by_ref().take(below).collect();
        out.push(Block { head, body });
    }
    out
}

fn words<'a>(id: FileId, text: &'a str, start: usize, out: &mut Vec<Word<'a>>) {
    let base = text.as_ptr() as usize;
    out.extend(text.split_ascii_whitespace().map(|word| Word {
        text: word,
        span: span(id, start + (word.as_ptr() as usize - base), word),
    }));
}

fn span(id: FileId, start: usize, text: &str) -> Span {
    let start = u32::try_from(start).unwrap_or(u32::MAX);
    Span { file: id, start, end: start.saturating_add(u32::try_from(text.len()).unwrap_or(0)) }
}
