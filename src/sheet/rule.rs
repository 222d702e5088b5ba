//! The rows of a rule sheet.

mod cells;
mod order;
mod parties;
mod services;

use super::grid::Row;
use super::header::{Column, Side};
use super::names::Names;
use super::service::ServiceWord;
use super::words::{self, Ditto};
use super::{Kind, Sheet};
use crate::net::AddressRange;
use crate::source::Span;
use crate::text;
use crate::text::Text;

/// A cell that may mean several things.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Doubt {
    /// The cell.
    pub span: Span,
    /// Sheet, row, column, text and choices.
    pub message: Text,
}

/// One side of a flow: zones and addresses together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Party {
    /// The zones, as they were first written; `None` is any.
    pub zones: Option<Vec<String>>,
    /// The addresses; `None` is any.
    pub addresses: Option<Vec<AddressRange>>,
    /// Domain names whose addresses belong to it.
    pub domains: Vec<String>,
}

/// Who opens connections to whom.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Flow {
    /// Where they start.
    pub from: Party,
    /// Where they end.
    pub to: Party,
}

/// What a rule says of address translation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Translation {
    /// Nothing.
    #[default]
    None,
    /// The source is changed on the way out.
    Source,
    /// Something that was not understood.
    Unknown,
}

/// One rule. With doubts, its conditions are the widest that they can be.
#[derive(Clone, Debug)]
pub struct Rule {
    /// How reports name it: number and name, or the row.
    pub label: String,
    /// The name, when the sheet has one.
    pub name: String,
    /// What it does; `None` when that cannot be read. True for a sheet without such a column.
    pub permit: Option<bool>,
    /// Whether it is in force.
    pub enabled: bool,
    /// Who opens connections to whom: any of these.
    pub flows: Vec<Flow>,
    /// The services: any of these.
    pub services: Vec<ServiceWord>,
    /// Whether it is in force at certain times only.
    pub scheduled: bool,
    /// Address translation.
    pub translation: Translation,
    /// What could not be decided.
    pub doubts: Vec<Doubt>,
    /// Words of the starter dictionary, with what they were read as.
    pub conventions: Vec<Doubt>,
    /// The row.
    pub span: Span,
}

/// A sheet as rules and notes.
#[derive(Clone, Debug, Default)]
pub struct RuleSheet {
    /// The rules, in order.
    pub rules: Vec<Rule>,
    /// Rows without meaning for forwarding: titles, notes, repeated headers.
    pub inert: Vec<Span>,
    /// Notes that speak of what the table means and could not be read.
    pub unread: Vec<Span>,
    /// What a note says of packets that no row matches, and where.
    pub default: Option<(bool, Span)>,
    /// Headings of columns that are not known.
    pub columns: Vec<String>,
    /// Where a number is smaller than the one above: the order of the rules is not certain.
    pub disorder: Option<Doubt>,
}

/// Reads the rows; zones that a zone column names are added to `names`.
#[must_use]
pub fn read(sheet: &Sheet, names: &mut Names) -> RuleSheet {
    let mut out = RuleSheet::default();
    let table = Table::new(sheet);
    table.name_zones(names);
    for row in sheet.rows.iter().take(sheet.header.first) {
        if row.broken {
            out.unread.push(row.span(sheet.file));
        } else {
            note(row.span(sheet.file), row, &mut out);
        }
    }
    let mut above: Option<Vec<String>> = None;
    let mut order = order::Order::new(&table);
    let mut rest: Vec<(usize, Doubt)> = Vec::new();
    for row in sheet.body() {
        let span = row.span(sheet.file);
        if row.is_blank() {
            continue;
        }
        if row.broken {
            out.unread.push(span);
            continue;
        }
        if table.repeats_header(row) {
            out.inert.push(span);
            continue;
        }
        if table.is_note(row) {
            note(span, row, &mut out);
            continue;
        }
        let mut reader = cells::RowReader::new(&table, names, row, above.as_deref());
        let rule = reader.rule();
        if let Some((at, choices)) = order.breaks(&reader.texts) {
            out.disorder.get_or_insert_with(|| reader.make(at, &choices));
        }
        if let Some(at) = reader.rest {
            let choices = text!(
                "上の行以外のすべてか、下の行も除いたすべてか",
                "everything but the rows above, or but the rows below as well"
            );
            rest.push((out.rules.len(), reader.make(at, &choices)));
        }
        above = Some(std::mem::take(&mut reader.texts));
        out.rules.push(rule);
    }
    order::settle_rest(&mut out.rules, rest);
    let unknown =
        |(column, name): (&Column, &String)| (*column == Column::Unknown).then(|| name.clone());
    out.columns =
        sheet.header.columns.iter().zip(&sheet.header.names).filter_map(unknown).collect();
    out
}

/// A title or note: without meaning, a statement of the default, or something that bears on the table and is not understood.
fn note(span: Span, row: &Row, out: &mut RuleSheet) {
    let text: Vec<&str> = row.cells.iter().map(|cell| cell.text.as_str()).collect();
    let text = text.join(" ");
    match words::stated_default(&text) {
        Some(permit) => match out.default {
            Some((known, _)) if known != permit => out.unread.push(span),
            _ => {
                out.default = Some((permit, span));
                out.inert.push(span);
            }
        },
        None if words::bears_policy(&text) => out.unread.push(span),
        None => out.inert.push(span),
    }
}

/// The sheet with what its columns hold.
struct Table<'a> {
    sheet: &'a Sheet,
    /// Which columns have a value in some row.
    filled: Vec<bool>,
    /// Which columns have a value other than `any`.
    limits: Vec<bool>,
    /// Which columns of devices have the same value in every rule.
    constant: Vec<bool>,
    /// The rows of the header.
    header: &'a [Row],
}

impl<'a> Table<'a> {
    fn new(sheet: &'a Sheet) -> Table<'a> {
        let mut filled = vec![false; sheet.header.columns.len()];
        let mut limits = filled.clone();
        for row in sheet.body() {
            for ((filled, limits), cell) in filled.iter_mut().zip(&mut limits).zip(&row.cells) {
                *filled |= !cell.text.is_empty();
                *limits |= !cell.text.is_empty()
                    && !words::is_any(&cell.text)
                    && words::ditto(&cell.text).is_none();
            }
        }
        let header = sheet.rows.get(sheet.header.first..sheet.header.body).unwrap_or_default();
        let mut table = Table { sheet, filled, limits, constant: Vec::new(), header };
        let columns = sheet.header.columns.iter().enumerate();
        table.constant =
            columns.map(|(at, c)| *c == Column::Device && table.is_constant(at)).collect();
        table
    }

    /// Whether every rule has the same value there.
    fn is_constant(&self, at: usize) -> bool {
        let rules = self.sheet.body().filter(|row| {
            !row.is_blank() && !row.broken && !self.repeats_header(row) && !self.is_note(row)
        });
        let mut values = rules.map(|row| row.text(at)).filter(|text| words::ditto(text).is_none());
        let first = values.next();
        first.is_some_and(|first| !first.is_empty() && values.all(|value| value == first))
    }

    /// Whether one device stands there in every rule.
    fn is_one_device(&self, at: usize) -> bool {
        self.constant.get(at).copied().unwrap_or(false)
    }

    /// The position of the first column of a kind.
    fn at(&self, column: Column) -> Option<usize> {
        self.sheet.column(column)
    }

    /// Whether some row has a value there.
    fn is_filled(&self, at: usize) -> bool {
        self.filled.get(at).copied().unwrap_or(false)
    }

    /// Whether some row has a value there that is not `any`.
    fn limits(&self, at: usize) -> bool {
        self.limits.get(at).copied().unwrap_or(false)
    }

    /// The address column of a side; a column of names, when there is no other.
    fn party(&self, side: Side) -> Option<usize> {
        self.at(Column::Address(side)).or_else(|| self.at(Column::Party(side)))
    }

    fn repeats_header(&self, row: &Row) -> bool {
        let texts = row.cells.iter().map(|cell| cell.text.as_str());
        self.header
            .iter()
            .any(|header| texts.clone().eq(header.cells.iter().map(|cell| cell.text.as_str())))
    }

    /// Whether a row has text only where a title or remark stands.
    fn is_note(&self, row: &Row) -> bool {
        let own = |at: &usize| {
            let text = row.text(*at);
            !text.is_empty() && words::ditto(text) != Some(Ditto::Left)
        };
        let places: Vec<usize> = (0..row.cells.len()).filter(own).collect();
        let [only] = places.as_slice() else { return places.is_empty() };
        let text = row.text(*only);
        let marked = text.starts_with(['※', '■', '●', '◆', '□', '◇', '【', '注', '《', '<', '#']);
        let column = self.sheet.header.columns.get(*only).copied().unwrap_or(Column::Free);
        let beside = matches!(column, Column::Number | Column::Name | Column::Free);
        marked || beside || *only == 0 && words::bears_policy(text)
    }

    /// Zones that a zone column names are known everywhere in the sheet.
    fn name_zones(&self, names: &mut Names) {
        let sides = [Side::Source, Side::Destination];
        for (single, side) in
            [true, false].into_iter().flat_map(|single| sides.map(|side| (single, side)))
        {
            let Some(at) = self.at(Column::Zone(side)) else { continue };
            for row in self.sheet.body().filter(|row| !row.broken && !self.is_note(row)) {
                let text = row.text(at);
                if words::ditto(text).is_none() && !self.repeats_header(row) {
                    parties::new_zones(text, single, names);
                }
            }
        }
    }

    /// Whether rows say themselves what they do.
    fn has_action(&self) -> bool {
        self.sheet.header.kind == Kind::Rules
    }
}

#[cfg(test)]
mod tests;
