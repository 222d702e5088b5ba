//! What a row of a list of objects or services defines: all its columns together.

use crate::net::flow;
use crate::sheet::Sheet;
use crate::sheet::address::{self, AddressWord};
use crate::sheet::grid::Row;
use crate::sheet::header::{Column, Side};
use crate::sheet::service::{self, ServiceNames, ServiceWord};
use crate::sheet::words;

fn cell<'r>(sheet: &Sheet, row: &'r Row, column: Column) -> &'r str {
    let text = sheet.column(column).map_or("", |at| row.text(at));
    if words::is_dash(text) { "" } else { text }
}

/// The addresses of an object as one text, empty when there are none; `None` when a cell says more than can be read.
pub(super) fn addresses(sheet: &Sheet, row: &Row) -> Option<String> {
    let read = [Column::Network, Column::Members, Column::Mask, Column::Last];
    if more(sheet, row, &read) {
        return None;
    }
    let (own, members) = (cell(sheet, row, Column::Network), cell(sheet, row, Column::Members));
    let (mask, last) = (cell(sheet, row, Column::Mask), cell(sheet, row, Column::Last));
    match (own.is_empty(), members.is_empty()) {
        (false, false) => None,
        (true, _) => (mask.is_empty() && last.is_empty()).then(|| members.to_owned()),
        (false, true) => network(own, mask, last),
    }
}

/// An address with the mask, prefix length or last address of cells beside it (empty: there is none), as one text; `None`
/// when they do not make one range.
#[must_use]
pub fn network(own: &str, mask: &str, last: &str) -> Option<String> {
    if mask.is_empty() && last.is_empty() {
        return Some(own.to_owned());
    }
    let first = words::plain(own);
    let one = |text: &str| match address::addresses(text).words.as_slice() {
        [AddressWord::Range(range)] => Some(*range),
        _ => None,
    };
    let plain = words::plain(mask);
    let length = plain.trim_start_matches('/');
    if last.is_empty() {
        let text = match first.split_once('/') {
            Some((address, _)) => format!("{address}/{length}"),
            None => format!("{first}/{length}"),
        };
        // What the first cell says of a length must agree.
        let agrees =
            !first.contains('/') || one(&text).is_some_and(|range| one(&first) == Some(range));
        let single = first.parse::<std::net::IpAddr>().is_ok() || first.contains('/');
        return (single && agrees && one(&text).is_some()).then_some(text);
    }
    let host = |text: &str| text.parse::<std::net::IpAddr>().is_ok();
    let text = format!("{first}-{}", words::plain(last));
    (mask.is_empty() && host(&first) && host(&words::plain(last)) && one(&text).is_some())
        .then_some(text)
}

/// Whether a row of a list of services has protocol or ports.
pub(super) fn says_ports(sheet: &Sheet, row: &Row) -> bool {
    let columns = [Column::Protocol, Column::Port(Side::Destination), Column::FirstPort];
    columns.into_iter().any(|column| !cell(sheet, row, column).is_empty())
}

/// The packets of a service; `None` when a cell cannot be read.
pub(super) fn services(sheet: &Sheet, row: &Row) -> Option<Vec<ServiceWord>> {
    let destination = Column::Port(Side::Destination);
    let source = Column::Port(Side::Source);
    let read = [Column::Protocol, destination, source, Column::FirstPort, Column::LastPort];
    let (own, first) = (cell(sheet, row, destination), cell(sheet, row, Column::FirstPort));
    if more(sheet, row, &read) || !own.is_empty() && !first.is_empty() {
        return None;
    }
    let first = if own.is_empty() { first } else { own };
    let last = cell(sheet, row, Column::LastPort);
    let ports = match (first.is_empty(), last.is_empty()) {
        (true, false) => return None,
        (_, true) if own.is_empty() && !first.is_empty() => return None,
        (_, true) => words::plain(first),
        (false, false) => format!("{}-{}", words::plain(first), words::plain(last)),
    };
    let written = cell(sheet, row, Column::Protocol);
    let protocols = service::protocol_column(written);
    if protocols.is_none() && !written.is_empty() && !words::is_any(written) && !ports.is_empty() {
        return None;
    }
    let found = match (&protocols, ports.is_empty()) {
        (Some(protocols), true) => {
            return narrowed(
                protocols.iter().map(|p| ServiceWord::of(*p)).collect(),
                cell(sheet, row, source),
            );
        }
        (None, true) => service::services(written, &[], &ServiceNames::new()),
        (_, false) => {
            service::services(&ports, protocols.as_deref().unwrap_or(&[]), &ServiceNames::new())
        }
    };
    let clear = found.doubt.is_none() && found.names.is_empty();
    clear.then_some(found.words).and_then(|words| narrowed(words, cell(sheet, row, source)))
}

/// The packets with these source ports.
fn narrowed(words: Vec<ServiceWord>, source: &str) -> Option<Vec<ServiceWord>> {
    if source.is_empty() || words::is_any(source) {
        return Some(words);
    }
    let found = service::services(source, &[6], &ServiceNames::new());
    let clear = found.doubt.is_none()
        && found.names.is_empty()
        && found.words.iter().all(|word| word.protocol == Some(6))
        && words.iter().all(|word| word.protocol.is_some_and(flow::has_ports));
    let sources = || found.words.iter().map(|word| word.destination);
    let all = words.iter().flat_map(|word| sources().map(|source| ServiceWord { source, ..*word }));
    clear.then(|| all.collect())
}

/// Whether a cell beside those that are read may change what the row defines.
fn more(sheet: &Sheet, row: &Row, read: &[Column]) -> bool {
    let columns = &sheet.header.columns;
    let count = columns.len().max(row.cells.len());
    (0..count).any(|at| {
        let text = row.text(at);
        let column = columns.get(at).copied().unwrap_or(Column::Unknown);
        match column {
            Column::Free
            | Column::Detail
            | Column::Name
            | Column::Number
            | Column::Service
            | Column::ZoneName
            | Column::Label
            | Column::Role
            | Column::Device
            | Column::Interface => false,
            Column::Enabled => !text.is_empty() && words::yes_or_no(text) != Some(true),
            Column::Condition => !words::is_none(text),
            column => !read.contains(&column) && !text.is_empty() && !words::is_dash(text),
        }
    })
}
