//! The account that a reader gives of every line.

use crate::model::{Coverage, Gap, LineStatus};
use crate::source::{File, FileId, Span};
use crate::text::Text;

/// Records a status for every line while a file is read; what nobody claims in the end is [`LineStatus::Unknown`] unless blank.
#[derive(Debug)]
pub struct Ledger<'a> {
    file: &'a File,
    coverage: Coverage,
    /// Lines that have a status; blank ones need none.
    claimed: Vec<bool>,
    /// The position of the line that was claimed last: the next one is mostly near.
    near: usize,
    /// Lines that a gap speaks of.
    explained: Vec<bool>,
    /// The gap of [`Ledger::covered`] that the next line may go on with.
    running: Option<usize>,
}

impl<'a> Ledger<'a> {
    /// A ledger in which no line is claimed.
    #[must_use]
    pub fn new(id: FileId, file: &'a File) -> Ledger<'a> {
        let claimed = vec![false; file.line_count()];
        let explained = vec![false; file.line_count()];
        let coverage = Coverage::new(id, file.line_count());
        Ledger { file, coverage, claimed, near: 0, explained, running: None }
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

    /// The lines of `span` belong to a statement whose gap is recorded elsewhere, with what it means for the model; `status` is
    /// that gap's. Lines that follow one another share one entry.
    pub fn covered(&mut self, span: Span, status: LineStatus) {
        self.claim(span, status);
        let (first, last) = self.lines_of(span);
        let lines: Option<&[bool]> = self.explained.get(first..=last);
        if lines.is_none_or(|lines| lines.iter().all(|said| *said)) {
            return;
        }
        let goes_on = self.running.and_then(|at| self.coverage.gaps.get(at)).is_some_and(|gap| {
            gap.status == status && (first..=first + 1).contains(&(self.lines_of(gap.span).1 + 1))
        });
        if let (true, Some(gap)) =
            (goes_on, self.running.and_then(|at| self.coverage.gaps.get_mut(at)))
        {
            gap.span = gap.span.to(span);
            return self.explain(span);
        }
        let reason = crate::text!(
            "解釈できない、または近似した記述の一部です。",
            "part of a statement that is not understood or approximated"
        );
        self.gap(span, status, reason, true);
        self.running = Some(self.coverage.gaps.len() - 1);
    }

    fn gap(&mut self, span: Span, status: LineStatus, reason: Text, contained: bool) {
        self.claim(span, status);
        self.explain(span);
        self.running = None;
        self.coverage.gaps.push(Gap { span, status, reason, contained });
    }

    fn explain(&mut self, span: Span) {
        let (first, last) = self.lines_of(span);
        self.explained.iter_mut().take(last + 1).skip(first).for_each(|said| *said = true);
    }

    /// A line keeps the worst status that it was given.
    fn claim(&mut self, span: Span, status: LineStatus) {
        let (first, last) = self.lines_of(span);
        let lines = self.claimed.get_mut(first..).unwrap_or(&mut []).iter_mut();
        let slots = self.coverage.lines.get_mut(first..).unwrap_or(&mut []).iter_mut();
        // A line that nobody claimed is irrelevant, which is less than any other status.
        for (claimed, slot) in lines.zip(slots).take(last + 1 - first) {
            *slot = rank(*slot).max(rank(status)).1;
            *claimed = true;
        }
        self.near = last;
    }

    fn lines_of(&self, span: Span) -> (usize, usize) {
        let first = self.file.line_index(span.start, self.near);
        (first, self.file.line_index(span.end.saturating_sub(1).max(span.start), first))
    }

    /// Closes the account: every line that nobody claimed becomes unknown with an uncontained gap. In a correct reader there
    /// is none, and the fuzz targets hold it to that.
    #[must_use]
    pub fn close(mut self) -> Coverage {
        for index in 0..self.claimed.len() {
            let claimed = self.claimed.get(index).copied().unwrap_or(true);
            if !claimed && !self.file.line_text(to_line(index + 1)).trim().is_empty() {
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
