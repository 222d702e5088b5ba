//! Words of a rule line: blanks divide them, double quotes hold them together. An apostrophe is a letter to
//! `iptables-restore`.

use crate::source::{FileId, Span};
use std::borrow::Cow;

/// One word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Word<'a> {
    /// Its value without quotes and escapes.
    pub(super) text: Cow<'a, str>,
    /// Whether it was quoted: then it is never an option.
    pub(super) quoted: bool,
    /// Where it stands, with quotes.
    pub(super) span: Span,
}

impl Word<'_> {
    /// Whether it begins an option, or is the `!` in front of one.
    pub(super) fn is_option(&self) -> bool {
        !self.quoted && (self.text == "!" || self.text.starts_with('-') && self.text.len() > 1)
    }
}

/// The words of `text`, which begins at byte `start` of the file; `false` when a quote is never closed.
pub(super) fn split(file: FileId, text: &str, start: u32) -> (Vec<Word<'_>>, bool) {
    let mut words = Vec::new();
    let bytes = text.as_bytes();
    let (mut at, mut closed) = (0, true);
    while let Some(byte) = bytes.get(at) {
        if byte.is_ascii_whitespace() {
            at += 1;
            continue;
        }
        let first = at;
        let (end, balanced) = end_of(bytes, at);
        closed &= balanced;
        let raw = text.get(first..end).unwrap_or("");
        let quoted = raw.starts_with('"');
        let offset = |at: usize| start.saturating_add(u32::try_from(at).unwrap_or(0));
        let span = Span { file, start: offset(first), end: offset(end) };
        words.push(Word { text: value(raw), quoted, span });
        at = end;
    }
    (words, closed)
}

/// Where the word that begins at `at` ends, and whether its quotes are closed.
fn end_of(bytes: &[u8], mut at: usize) -> (usize, bool) {
    let mut quoted = false;
    while let Some(byte) = bytes.get(at) {
        match (quoted, *byte) {
            (true, b'\\') => at += 1,
            (_, b'"') => quoted = !quoted,
            (false, byte) if byte.is_ascii_whitespace() => break,
            _ => {}
        }
        at += 1;
    }
    (at.min(bytes.len()), !quoted)
}

fn value(raw: &str) -> Cow<'_, str> {
    if !raw.contains('"') {
        return Cow::Borrowed(raw);
    }
    let inner = raw
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
        .filter(|inner| !inner.contains(['"', '\\']));
    if let Some(inner) = inner {
        return Cow::Borrowed(inner);
    }
    let (mut out, mut quoted, mut chars) = (String::new(), false, raw.chars());
    while let Some(c) = chars.next() {
        match (quoted, c) {
            (true, '\\') => out.extend(chars.next()),
            (_, '"') => quoted = !quoted,
            (_, c) => out.push(c),
        }
    }
    Cow::Owned(out)
}
