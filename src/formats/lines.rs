//! Structural reader of line formats with indented sub-modes (Cisco IOS, ASA and their kin).
//!
//! A line that is indented deeper than the last top-level line belongs to it. Words keep their spans.

use crate::source::{File, FileId, Span};

/// One word of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Word<'a> {
    /// The word, without quotes.
    pub text: &'a str,
    /// Where it stands.
    pub span: Span,
}

/// One non-blank line.
#[derive(Clone, Debug)]
pub struct ConfigLine<'a> {
    /// Leading blanks; a tab counts as one.
    pub indent: usize,
    /// The words; at least one.
    pub words: Vec<Word<'a>>,
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
            && words.iter().zip(&self.words).all(|(want, word)| word.text == *want)
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

/// All non-blank lines, split into words at blanks.
#[must_use]
pub fn lines(id: FileId, file: &File) -> Vec<ConfigLine<'_>> {
    let mut out = Vec::new();
    let mut at = 0usize;
    for raw in file.text().split_inclusive('\n') {
        let body = raw.trim_end();
        let text = body.trim_start();
        if !text.is_empty() {
            let start = at + (body.len() - text.len());
            out.push(ConfigLine {
                indent: body.len() - text.len(),
                words: words(id, text, start),
                span: span(id, start, text),
                text,
            });
        }
        at += raw.len();
    }
    out
}

/// Groups lines into blocks: a line with more indentation than the head belongs to it.
#[must_use]
pub fn blocks(lines: Vec<ConfigLine<'_>>) -> Vec<Block<'_>> {
    let mut out: Vec<Block<'_>> = Vec::new();
    for line in lines {
        match out.last_mut() {
            Some(block) if line.indent > block.head.indent => block.body.push(line),
            _ => out.push(Block { head: line, body: Vec::new() }),
        }
    }
    out
}

fn words(id: FileId, text: &str, start: usize) -> Vec<Word<'_>> {
    let base = text.as_ptr() as usize;
    text.split_ascii_whitespace()
        .map(|word| Word {
            text: word,
            span: span(id, start + (word.as_ptr() as usize - base), word),
        })
        .collect()
}

fn span(id: FileId, start: usize, text: &str) -> Span {
    let start = u32::try_from(start).unwrap_or(u32::MAX);
    Span { file: id, start, end: start.saturating_add(u32::try_from(text.len()).unwrap_or(0)) }
}
