//! What became of every line of a file.

use crate::source::{FileId, Span};
use crate::text::Text;

/// What the reader made of a line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum LineStatus {
    /// Its meaning is in the model.
    Used,
    /// Known not to matter for forwarding; blank lines and comments too.
    #[default]
    Irrelevant,
    /// Known, matters, approximated: a [`Gap`] says how.
    Unsupported,
    /// Not known: a [`Gap`] says what that can change.
    Unknown,
}

/// A line that was not, or not exactly, understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// The line.
    pub span: Span,
    /// `Unsupported` or `Unknown`.
    pub status: LineStatus,
    /// What is not understood and how it is read instead.
    pub reason: Text,
    /// Whether the reader put the uncertainty into the model at the right place (an `Unknown` in a match, an `Undecided`
    /// line, `dynamic_routing`…). When false, it can change anything on this device, and every filter of the device is
    /// read as if it began with an `Undecided` line.
    pub contained: bool,
}

/// The status of every line of one file, line 1 first, and the gaps among them.
#[derive(Clone, Debug)]
pub struct Coverage {
    /// The file.
    pub file: FileId,
    /// One status a line.
    pub lines: Vec<LineStatus>,
    /// One entry for each unsupported or unknown construct.
    pub gaps: Vec<Gap>,
}

impl Coverage {
    /// Every line irrelevant, no gap: what a reader starts from.
    #[must_use]
    pub fn new(file: FileId, lines: usize) -> Coverage {
        Coverage { file, lines: vec![LineStatus::Irrelevant; lines], gaps: Vec::new() }
    }

    /// Marks the lines `first` to `last` (1-based, both included); lines past the end are left out.
    pub fn mark(&mut self, first: u32, last: u32, status: LineStatus) {
        let first = (first as usize).saturating_sub(1);
        for slot in self.lines.iter_mut().take(last as usize).skip(first) {
            *slot = status;
        }
    }

    /// How many lines have `status`.
    #[must_use]
    pub fn count(&self, status: LineStatus) -> usize {
        self.lines.iter().filter(|line| **line == status).count()
    }
}
