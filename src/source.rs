//! The input files as decoded text, and spans into them. Bytes come in; no path is opened here.
//!
//! Decoding keeps line numbers: carriage returns, terminal escapes and pager prompts are removed inside a line, a line is
//! never added or dropped. Spans are byte ranges of the cleaned text, which is what a reader sees and a report quotes.

mod decode;
mod encode;
mod problem;
mod workbook;
pub mod yaml;

pub use decode::{Encoding, SourceError};
pub use encode::encode_like;
pub use problem::{Problem, Spanned, nearest};
pub use workbook::WorkbookError;

/// Bytes in hexadecimal, as hashes are written.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// The number of a file in [`Sources`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileId(u32);

/// A byte range in the cleaned text of a file; `start <= end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// First byte.
    pub start: u32,
    /// First byte after it.
    pub end: u32,
}

/// Nothing: what is hashed by its content keeps its hash when lines above it come or go.
impl Hash for Span {
    fn hash<H: Hasher>(&self, _: &mut H) {}
}

impl Span {
    /// The range from the start of `self` to the end of `last`, which is in the same file.
    #[must_use]
    pub fn to(self, last: Span) -> Span {
        Span { file: self.file, start: self.start, end: last.end.max(self.start) }
    }
}

/// One input file.
#[derive(Clone, Debug)]
pub struct File {
    path: String,
    text: String,
    encoding: Encoding,
    bytes: u64,
    sha256: [u8; 32],
    line_starts: Vec<u32>,
}

/// All input files of a run, in the order in which they were added.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    files: Vec<Arc<File>>,
}

impl Sources {
    /// Decodes `bytes` and adds them under `path` (relative, forward slashes: it is printed, never opened).
    ///
    /// # Errors
    /// [`SourceError`] when the bytes are no text, a line is longer than 1 MiB, or the file is too large.
    pub fn add(&mut self, path: &str, bytes: &[u8]) -> Result<FileId, SourceError> {
        Ok(self.share(Arc::new(File::decode(path, bytes)?)))
    }

    /// As [`Sources::add`]; a workbook becomes one file a sheet, called `rules.xlsx#sheet`.
    ///
    /// # Errors
    /// As [`Sources::add`], and when a workbook cannot be opened.
    pub fn add_all(&mut self, path: &str, bytes: &[u8]) -> Result<Vec<FileId>, SourceError> {
        let files = File::decode_all(path, bytes)?;
        Ok(files.into_iter().map(|file| self.share(Arc::new(file))).collect())
    }

    /// Adds a file that was decoded before.
    pub fn share(&mut self, file: Arc<File>) -> FileId {
        self.files.push(file);
        FileId(u32::try_from(self.files.len() - 1).unwrap_or(u32::MAX))
    }

    /// The file.
    #[must_use]
    #[allow(clippy::indexing_slicing, reason = "FileIds come from add on the same Sources only")]
    pub fn file(&self, id: FileId) -> &File {
        &self.files[id.0 as usize]
    }

    /// The file, to be added to other sources.
    #[must_use]
    #[allow(clippy::indexing_slicing, reason = "FileIds come from add on the same Sources only")]
    pub fn shared(&self, id: FileId) -> Arc<File> {
        Arc::clone(&self.files[id.0 as usize])
    }

    /// All files with their numbers.
    pub fn iter(&self) -> impl Iterator<Item = (FileId, &File)> {
        self.files
            .iter()
            .enumerate()
            .map(|(i, file)| (FileId(u32::try_from(i).unwrap_or(u32::MAX)), &**file))
    }

    /// The 1-based number of the line on which `span` begins.
    #[must_use]
    pub fn line(&self, span: Span) -> u32 {
        self.file(span.file).line_at(span.start)
    }

    /// The text of `span`; empty when it does not lie inside the file.
    #[must_use]
    pub fn text(&self, span: Span) -> &str {
        self.file(span.file).text.get(span.start as usize..span.end as usize).unwrap_or("")
    }

    /// `path:line` of the beginning of `span`.
    #[must_use]
    pub fn place(&self, span: Span) -> String {
        format!("{}:{}", self.file(span.file).path, self.line(span))
    }
}

impl File {
    fn decode(path: &str, bytes: &[u8]) -> Result<File, SourceError> {
        let (text, encoding) = decode::decode(bytes)?;
        Ok(File::new(path.to_owned(), text, encoding, bytes.len() as u64, digest(bytes)))
    }

    /// What [`Sources::add_all`] adds, decoded.
    pub(crate) fn decode_all(path: &str, bytes: &[u8]) -> Result<Vec<File>, SourceError> {
        if !workbook::is_workbook(bytes) {
            return Ok(vec![File::decode(path, bytes)?]);
        }
        let sheets = workbook::sheets(bytes).map_err(SourceError::Workbook)?;
        let (size, sha256) = (bytes.len() as u64, digest(bytes));
        let file = |(name, text)| {
            File::new(format!("{path}#{name}"), text, Encoding::Workbook, size, sha256)
        };
        Ok(sheets.into_iter().map(file).collect())
    }

    fn new(path: String, text: String, encoding: Encoding, bytes: u64, sha256: [u8; 32]) -> File {
        let line_starts = line_starts(&text);
        File { path, text, encoding, bytes, sha256, line_starts }
    }

    /// The path under which the file was added.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The cleaned text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// How the bytes were decoded.
    #[must_use]
    pub fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// The size in bytes before decoding.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// SHA-256 of the bytes before decoding.
    #[must_use]
    pub fn sha256(&self) -> [u8; 32] {
        self.sha256
    }

    /// The number of lines; a last line without a line feed counts, an empty file has none.
    #[must_use]
    pub fn line_count(&self) -> usize {
        self.line_starts.len()
    }

    /// The 1-based number of the line that holds byte `offset`; 1 for an empty file.
    #[must_use]
    pub fn line_at(&self, offset: u32) -> u32 {
        u32::try_from(self.line_starts.partition_point(|start| *start <= offset))
            .unwrap_or(u32::MAX)
            .max(1)
    }

    /// The 0-based position of the line that holds byte `offset`: what [`File::line_at`] says, found at once when it is `near` or
    /// the line after it.
    pub(crate) fn line_index(&self, offset: u32, near: usize) -> usize {
        let begins = |at: usize| self.line_starts.get(at).is_some_and(|start| *start <= offset);
        if begins(near) {
            if !begins(near + 1) {
                return near;
            }
            if !begins(near + 2) {
                return near + 1;
            }
        }
        self.line_at(offset) as usize - 1
    }

    /// Every line with its line feed, and the byte at which it begins.
    pub(crate) fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        let ends = self.line_starts.iter().skip(1).map(|start| *start as usize);
        let ends = ends.chain(std::iter::once(self.text.len()));
        self.line_starts.iter().zip(ends).map(|(start, end)| {
            let start = *start as usize;
            (start, self.text.get(start..end).unwrap_or(""))
        })
    }

    /// The text of line `number` (1-based) without its line feed; empty past the end.
    #[must_use]
    pub fn line_text(&self, number: u32) -> &str {
        let index = (number as usize).saturating_sub(1);
        let start = self.line_starts.get(index).map_or(self.text.len(), |start| *start as usize);
        let rest = self.text.get(start..).unwrap_or("");
        rest.split('\n').next().unwrap_or("")
    }
}

fn line_starts(text: &str) -> Vec<u32> {
    let bytes = text.as_bytes();
    let feeds = || memchr::memchr_iter(b'\n', bytes);
    let mut starts = Vec::with_capacity(feeds().count() + 1);
    starts.extend((!text.is_empty()).then_some(0));
    let after = feeds().map(|feed| feed + 1).filter(|start| *start < bytes.len());
    starts.extend(after.map(|start| u32::try_from(start).unwrap_or(u32::MAX)));
    starts
}

fn digest(bytes: &[u8]) -> [u8; 32] {
    <sha2::Sha256 as sha2::Digest>::digest(bytes).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_counted_from_one() {
        let mut sources = Sources::default();
        let id = sources.add("a.conf", b"one\ntwo\nthree").unwrap();
        let file = sources.file(id);
        assert_eq!(file.line_count(), 3);
        assert_eq!(
            (file.line_at(0), file.line_at(3), file.line_at(4), file.line_at(12)),
            (1, 1, 2, 3)
        );
        assert_eq!((file.line_text(2), file.line_text(3), file.line_text(4)), ("two", "three", ""));
        let span = Span { file: id, start: 4, end: 7 };
        assert_eq!((sources.text(span), sources.place(span)), ("two", "a.conf:2".to_owned()));
    }
}
