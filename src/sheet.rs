//! Tables as people write them: rule lists (ポリシー一覧, 通信要件表), lists of zones, objects and services, as CSV or as one
//! sheet of a workbook.
//!
//! A sheet becomes rows with meaning. What a cell says clearly is a value; what it may say in two ways is the widest value
//! with a [`Doubt`] that names sheet, row, column, text and choices. Nothing is guessed: the reader of a device turns a doubt
//! into an uncertain rule, the reader of a policy into an error.

pub mod address;
pub mod grid;
pub mod header;
pub mod rule;
pub mod service;
pub mod words;

mod names;

pub use header::{Header, Kind};
pub use names::{Entry, Names, Object, network};
pub use rule::{Doubt, Flow, Party, Rule, RuleSheet, Translation};

use crate::source::{File, FileId};

/// A sheet whose header was found.
#[derive(Clone, Debug)]
pub struct Sheet {
    /// The file.
    pub file: FileId,
    /// How messages name it.
    pub path: String,
    /// All rows, those above the header included.
    pub rows: Vec<grid::Row>,
    /// The header.
    pub header: Header,
}

/// How many rows are looked at to tell what a text is.
const GLANCE: usize = 60;

/// What the text is a table of; `None` when it is none that is known.
#[must_use]
pub fn kind(text: &str) -> Option<Kind> {
    header::find(&grid::rows(text, GLANCE)).map(|header| header.kind)
}

/// Whether the text names columns of a rule table, but no header that is understood.
#[must_use]
pub fn resembles_rules(text: &str) -> bool {
    let rows = grid::rows(text, GLANCE);
    header::find(&rows).is_none() && header::resembles(&rows)
}

/// The whole sheet; `None` when no header is found.
#[must_use]
pub fn open(id: FileId, file: &File) -> Option<Sheet> {
    let rows = grid::rows(file.text(), usize::MAX);
    let header = header::find(&rows)?;
    Some(Sheet { file: id, path: file.path().to_owned(), rows, header })
}

impl Sheet {
    /// The rows below the header with their positions.
    pub fn body(&self) -> impl Iterator<Item = &grid::Row> {
        self.rows.iter().skip(self.header.body)
    }

    /// The first column of a kind.
    #[must_use]
    pub fn column(&self, wanted: header::Column) -> Option<usize> {
        self.header.columns.iter().position(|column| *column == wanted)
    }
}
