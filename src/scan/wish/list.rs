//! A list of wishes as an office keeps it (通信許可申請一覧): a table with a header, as CSV or a workbook.

use super::Wish;
use crate::net::{PortRange, protocol_name};
use crate::scan::InputError;
use crate::sheet::grid::Row;
use crate::sheet::header::{Column, Side};
use crate::sheet::service::{ServiceWord, services};
use crate::sheet::{self, Sheet, words};
use crate::source::{File, FileId, Sources};
use crate::text;
use crate::text::Text;

/// Wishes of one row at most: a cell may hold several values.
const WIDTH: usize = 200;

/// The wishes of a list, row by row: every source to every destination by every service of the row.
///
/// # Errors
/// Bytes that are no table, a header without the columns, and every row that says no service or no end.
pub fn read(path: &str, bytes: &[u8]) -> Result<Vec<Wish>, Vec<InputError>> {
    let mut sources = Sources::default();
    let files = sources.add_all(path, bytes).map_err(|error| {
        let (line, message) = (Some(error.line()), error.message());
        vec![InputError { path: path.to_owned(), span: None, line, message, help: None }]
    })?;
    let sheets = files.iter().filter_map(|id| table(*id, sources.file(*id)));
    let Some(sheet) = sheets.into_iter().next() else {
        return Err(vec![failed(
            (path, None),
            text!(
                "送信元・宛先・サービスの見出しが見つかりません。",
                "no header names a source, a destination and a service"
            ),
        )]);
    };
    let (mut wishes, mut errors) = (Vec::new(), Vec::new());
    for row in sheet.body().filter(|row| !row.is_blank()) {
        match wished(&sheet, row) {
            Ok(some) => wishes.extend(some),
            Err(message) => {
                let line = sources.line(row.span(sheet.file));
                errors.push(failed((&sheet.path, Some(line)), message));
            }
        }
    }
    if errors.is_empty() { Ok(wishes) } else { Err(errors) }
}

fn failed((path, line): (&str, Option<u32>), message: Text) -> InputError {
    let help = text!(
        "見出しの例: 送信元,宛先,サービス（または プロトコル,宛先ポート）。サービスの例: tcp/443",
        "a header such as from,to,service (or protocol,port); a service such as tcp/443"
    );
    InputError { path: path.to_owned(), span: None, line, message, help: Some(help) }
}

/// A sheet that names both ends and a service.
fn table(id: FileId, file: &File) -> Option<Sheet> {
    let sheet = sheet::open(id, file)?;
    let named = end(&sheet, Side::Source).is_some() && end(&sheet, Side::Destination).is_some();
    named.then_some(sheet)
}

/// The column that says an end: its address, else its zone or name.
fn end(sheet: &Sheet, side: Side) -> Option<usize> {
    let columns = [Column::Address(side), Column::Zone(side), Column::Party(side)];
    columns.into_iter().find_map(|column| sheet.column(column))
}

fn wished(sheet: &Sheet, row: &Row) -> Result<Vec<Wish>, Text> {
    let cell = |at: Option<usize>| at.map_or("", |at| row.text(at)).trim();
    let values = |side| -> Vec<&str> { words::parts(cell(end(sheet, side))).collect() };
    let (from, to) = (values(Side::Source), values(Side::Destination));
    let service = sheet.column(Column::Service).or(sheet.column(Column::Port(Side::Destination)));
    let services = named(cell(service), cell(sheet.column(Column::Protocol)))?;
    if from.is_empty() || to.is_empty() {
        return Err(text!(
            "送信元または宛先がありません。",
            "the row names no source or no destination"
        ));
    }
    if from.len() * to.len() * services.len() > WIDTH {
        return Err(text!(
            "1 行の組み合わせが {WIDTH} を超えます。行を分けてください。",
            "more than {WIDTH} combinations in one row; split it"
        ));
    }
    let ends = from.iter().flat_map(|from| to.iter().map(move |to| (*from, *to)));
    let all = ends.flat_map(|(from, to)| services.iter().map(move |service| (from, to, service)));
    let wish = |(from, to, service): (&str, &str, &String)| Wish {
        from: from.to_owned(),
        to: to.to_owned(),
        service: service.clone(),
    };
    Ok(all.map(wish).collect())
}

/// The services of a row as the policy writes them: `tcp/443`.
fn named(cell: &str, protocol: &str) -> Result<Vec<String>, Text> {
    if crate::policy::read_service(cell).is_some() {
        return Ok(vec![cell.to_owned()]);
    }
    let unclear = || {
        text!(
            "サービス「{protocol} {cell}」を一意に読めません。",
            "the service `{protocol} {cell}` cannot be read in one way"
        )
    };
    let protocols = match protocol {
        "" => Vec::new(),
        word => sheet::service::protocol_words(word).ok_or_else(unclear)?,
    };
    let found = services(cell, &protocols, &std::collections::BTreeMap::new());
    if found.doubt.is_some() || !found.names.is_empty() || found.words.is_empty() {
        return Err(unclear());
    }
    found.words.iter().map(|word| written(word).ok_or_else(unclear)).collect()
}

/// `None` when source ports are named, which a wish has no word for.
fn written(word: &ServiceWord) -> Option<String> {
    let Some(protocol) = word.protocol else { return Some("any".to_owned()) };
    let name = protocol_name(protocol);
    let ports = match (word.icmp_type, word.destination.first(), word.destination.last()) {
        (Some(kind), ..) => format!("/{kind}"),
        (None, ..) if word.destination == PortRange::ALL => String::new(),
        (None, first, last) if first == last => format!("/{first}"),
        (None, first, last) => format!("/{first}-{last}"),
    };
    (word.source == PortRange::ALL).then(|| format!("{name}{ports}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(text: &str) -> Vec<String> {
        let wishes = read("list.csv", text.as_bytes()).unwrap();
        wishes.iter().map(|wish| format!("{} {} {}", wish.from, wish.to, wish.service)).collect()
    }

    #[test]
    fn a_list_is_read_below_its_title_and_by_its_header() {
        let text = "通信許可申請一覧,,,\n申請番号,送信元,宛先,サービス\n1,komu,pi.fs1,tcp/445\n2,gakushu,pi,HTTPS\n,,,\n";
        assert_eq!(listed(text), ["komu pi.fs1 tcp/445", "gakushu pi tcp/443"]);
        let text = "送信元IPアドレス,宛先IPアドレス,プロトコル,宛先ポート\n10.1.0.1,10.2.0.1,TCP,\"80,443\"\n";
        assert_eq!(listed(text), ["10.1.0.1 10.2.0.1 tcp/80", "10.1.0.1 10.2.0.1 tcp/443"]);
        let text = "from,to,service\n\"a,b\",c,any\n";
        assert_eq!(listed(text), ["a c any", "b c any"]);
    }

    #[test]
    fn every_row_that_says_too_little_is_named() {
        let errors = read("list.csv", "from,to,service\na,,tcp/1\na,b,謎\na,b,tcp/2\n".as_bytes());
        let lines: Vec<_> = errors.unwrap_err().iter().map(|error| error.line).collect();
        assert_eq!(lines, [Some(2), Some(3)]);
        assert_eq!(read("list.csv", b"a,b\n1,2\n").unwrap_err().len(), 1);
    }
}
