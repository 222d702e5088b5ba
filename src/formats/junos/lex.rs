//! Words and signs of a line. Strings end at the end of their line: the device prints no string over several.

use super::tree::Word;
use crate::source::{FileId, Span};

/// A word or a sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token<'a> {
    Word(Word<'a>),
    Open(Span),
    Close(Span),
    End(Span),
    ListOpen,
    ListClose,
    /// `/*`: what follows is a comment until `*/`.
    Comment,
}

/// The position of the reader in one line.
pub(super) struct Lexer<'a> {
    file: FileId,
    line: &'a str,
    base: usize,
    at: usize,
    /// Whether a string was not closed.
    pub(super) open_string: bool,
}

impl<'a> Lexer<'a> {
    /// A reader of `line`, which begins at byte `base` of the file.
    pub(super) fn new(file: FileId, line: &'a str, base: usize) -> Lexer<'a> {
        Lexer { file, line, base, at: 0, open_string: false }
    }

    fn rest(&self) -> &'a str {
        self.line.get(self.at..).unwrap_or("")
    }

    fn span(&self, start: usize, end: usize) -> Span {
        let at = |offset: usize| u32::try_from(self.base + offset).unwrap_or(u32::MAX);
        Span { file: self.file, start: at(start), end: at(end) }
    }

    /// Skips to behind `*/`; `false` when the line ends first.
    pub(super) fn end_comment(&mut self) -> bool {
        match self.rest().find("*/") {
            Some(end) => {
                self.at += end + 2;
                true
            }
            None => {
                self.at = self.line.len();
                false
            }
        }
    }

    fn word(&mut self, start: usize, text_start: usize, len: usize, skip: usize) -> Token<'a> {
        let text = self.line.get(text_start..text_start + len).unwrap_or("");
        self.at = text_start + len + skip;
        Token::Word(Word { text, span: self.span(start, self.at.min(self.line.len())) })
    }
}

impl<'a> Iterator for Lexer<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
        let (start, rest) = (self.at, self.rest());
        let first = rest.chars().next()?;
        let sign = self.span(start, start + first.len_utf8());
        let token = match first {
            '#' => return None,
            '/' if rest.starts_with("/*") => {
                self.at += 2;
                return Some(Token::Comment);
            }
            '{' => Token::Open(sign),
            '}' => Token::Close(sign),
            ';' => Token::End(sign),
            '[' if rest.len() == 1 || rest.starts_with("[ ") => Token::ListOpen,
            ']' => Token::ListClose,
            '"' => {
                let body = rest.get(1..).unwrap_or("");
                return Some(match quote(body) {
                    Some(len) => self.word(start, start + 1, len, 1),
                    None => {
                        self.open_string = true;
                        self.word(start, start + 1, body.len(), 0)
                    }
                });
            }
            '$' if rest.starts_with("${") => {
                let len = rest.find('}').map_or(rest.len(), |end| end + 1);
                return Some(self.word(start, start, len, 0));
            }
            _ => {
                let end = |c: char| c.is_whitespace() || matches!(c, ';' | '{' | '}');
                let len = rest.find(end).unwrap_or(rest.len());
                return Some(self.word(start, start, len, 0));
            }
        };
        self.at += first.len_utf8();
        Some(token)
    }
}

/// The length of a string up to its closing quote; a quote behind a backslash does not close it.
fn quote(body: &str) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in body.char_indices() {
        if c == '"' && !escaped {
            return Some(at);
        }
        escaped = c == '\\' && !escaped;
    }
    None
}
