//! The account that a reader gives of every line.

use crate::model::{Coverage, Gap, LineStatus};
use crate::source::{File, FileId, Span};
use crate::text::Text;

/// Records a status for every line while a file is read; what nobody claims in the end is [`LineStatus::Unknown`] unless blank.
#[derive(Debug)]
pub struct Ledger<'a> {
    file: &'a File,
    coverage: Coverage,
    claimed: Vec<bool>,
}

impl<'a> Ledger<'a> {
    /// A ledger in which only blank lines are claimed.
    #[must_use]
    pub fn new(id: FileId, file: &'a File) -> Ledger<'a> {
        let claimed =
            (1..=file.line_count()).map(|n| file.line_text(to_line(n)).trim().is_empty()).collect();
        Ledger { file, coverage: Coverage::new(id, file.line_count()), claimed }
    }

    /// The lines of `span` are in the model.
    pub fn used(&mut self, span: Span) {
        self.claim(span, LineStatus::Used);
    }

    /// The lines of `span` do not matter for forwarding.
    pub fn irrelevant(&mut self, span: Span) {
        self.claim(span, LineStatus::Irrelevant);
    }

    /// The construct at `span` is known and approximated; the model holds the uncertainty at the right place.
    pub fn unsupported(&mut self, span: Span, reason: Text) {
        self.gap(span, LineStatus::Unsupported, reason, true);
    }

    /// The construct at `span` is not known; `contained` says whether the model holds the uncertainty at the right place.
    pub fn unknown(&mut self, span: Span, reason: Text, contained: bool) {
        self.gap(span, LineStatus::Unknown, reason, contained);
    }

    /// The lines of `span` share a gap that is recorded elsewhere; `status` is that gap's.
    pub fn covered(&mut self, span: Span, status: LineStatus) {
        self.claim(span, status);
    }

    fn gap(&mut self, span: Span, status: LineStatus, reason: Text, contained: bool) {
        self.claim(span, status);
        self.coverage.gaps.push(Gap { span, status, reason, contained });
    }

    /// A line keeps the worst status that it was given.
    fn claim(&mut self, span: Span, status: LineStatus) {
        let (first, last) = self.lines_of(span);
        for index in first..=last {
            let (Some(claimed), Some(slot)) =
                (self.claimed.get_mut(index), self.coverage.lines.get_mut(index))
            else {
                continue;
            };
            *slot = if *claimed { rank(*slot).max(rank(status)).1 } else { status };
            *claimed = true;
        }
    }

    fn lines_of(&self, span: Span) -> (usize, usize) {
        let first = self.file.line_at(span.start) as usize;
        let last = self.file.line_at(span.end.saturating_sub(1).max(span.start)) as usize;
        (first.saturating_sub(1), last.saturating_sub(1))
    }

    /// Closes the account: every line that nobody claimed becomes unknown with an uncontained gap. In a correct reader there
    /// is none, and the fuzz targets hold it to that.
    #[must_use]
    pub fn close(mut self) -> Coverage {
        for index in 0..self.claimed.len() {
            if !self.claimed.get(index).copied().unwrap_or(true) {
                let span = self.line_span(index);
                let reason =
                    crate::text!("この行は解釈されませんでした。", "this line was not interpreted");
                self.gap(span, LineStatus::Unknown, reason, false);
            }
        }
        self.coverage
    }

    fn line_span(&self, index: usize) -> Span {
        let text = self.file.line_text(to_line(index + 1));
        let start = text.as_ptr() as usize - self.file.text().as_ptr() as usize;
        let start = u32::try_from(start).unwrap_or(0);
        Span {
            file: self.coverage.file,
            start,
            end: start + u32::try_from(text.len()).unwrap_or(0),
        }
    }
}

fn to_line(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// Statuses from harmless to grave, with used above irrelevant.
fn rank(status: LineStatus) -> (u8, LineStatus) {
    let order = match status {
        LineStatus::Irrelevant => 0,
        LineStatus::Used => 1,
        LineStatus::Unsupported => 2,
        LineStatus::Unknown => 3,
    };
    (order, status)
}
