//! Workbooks (.xlsx, .xlsm) as text: one text a sheet, line `n` is row `n`, cells as comma-separated fields.
//!
//! A line break inside a cell becomes `⏎`. Cells that a vertical merge covers become `〃` (as above), those of a horizontal one
//! `同左` (as left). Numbers stand as Excel shows them; a number that is shown with group separators (`22,443`) could be two
//! ports and is marked, and so is a cell of which any part is struck out. Hidden sheets, rows and columns are read like any other.

use crate::text;
use crate::text::Text;

/// The marks in front of what is struck out.
#[cfg(feature = "xlsx")]
const STRUCK: &str = "〔取消線〕";

/// Why a workbook could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WorkbookError {
    /// It is encrypted, or of the old binary format (.xls).
    Old,
    /// It needs a password.
    Encrypted,
    /// A ZIP file that holds no workbook, an .xlsb or .ods file, or a broken one.
    Broken,
    /// More cells or bytes than a table of rules has.
    Large,
    /// The program was built without the feature `xlsx`.
    Feature,
}

impl WorkbookError {
    /// What is wrong and what to do about it.
    pub(super) fn message(self) -> Text {
        match self {
            WorkbookError::Old => text!(
                "古い形式の Excel ファイル（.xls など）は読めません。Excel で開き、「Excel ブック（.xlsx）」か CSV で保存し直してください。",
                "old Excel files (.xls) are not read; open it in Excel and save it as .xlsx or CSV"
            ),
            WorkbookError::Encrypted => text!(
                "パスワードで保護された Excel ファイルは読めません。パスワードを外して保存し直してください。",
                "the workbook is protected by a password; save it without one"
            ),
            WorkbookError::Broken => text!(
                "Excel ブック（.xlsx）として開けません。Excel で開き、「Excel ブック（.xlsx）」か CSV で保存し直してください。",
                "this cannot be opened as a workbook (.xlsx); open it in Excel and save it as .xlsx or CSV"
            ),
            WorkbookError::Large => text!(
                "Excel ブックが大きすぎます（1シート100万セル、展開後192 MiBまで）。規則の表だけを別のブックに保存してください。",
                "the workbook is too large (a million cells a sheet, 192 MiB unpacked); save the table of rules alone"
            ),
            WorkbookError::Feature => text!(
                "このプログラムは Excel の読み込みなしで作られています。表を CSV で保存し直してください。",
                "this program was built without Excel support; save the table as CSV"
            ),
        }
    }
}

/// Whether the bytes begin like a workbook: a ZIP file, or the container of .xls and of encrypted files.
pub(super) fn is_workbook(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(OLD)
}

const OLD: &[u8] = &[0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1];

/// Name and text of every sheet, in the order of the workbook.
#[cfg(not(feature = "xlsx"))]
pub(super) fn sheets(_: &[u8]) -> Result<Vec<(String, String)>, WorkbookError> {
    Err(WorkbookError::Feature)
}

#[cfg(feature = "xlsx")]
pub(super) use read::sheets;

#[cfg(feature = "xlsx")]
mod parts;

#[cfg(feature = "xlsx")]
mod read {
    use super::{OLD, STRUCK, WorkbookError, parts};
    use calamine::{DataRef, ExcelDateTime, Reader, SheetType, Style, Xlsx, XlsxError};
    use std::collections::{BTreeMap, BTreeSet};
    use std::fmt::Write;
    use std::io::{Cursor, Read};

    /// The most bytes of all parts of a workbook that are read, unpacked.
    const UNPACKED: u64 = 192 << 20;
    /// The most cells of a sheet.
    const CELLS: usize = 1_000_000;
    /// The most bytes of a sheet as text.
    const TEXT: usize = 64 << 20;
    /// The most sheets.
    const SHEETS: usize = 500;

    type Book<'b> = Xlsx<Cursor<&'b [u8]>>;
    type Cells = BTreeMap<(u32, u32), String>;

    /// Name and text of every sheet, in the order of the workbook.
    pub(in crate::source) fn sheets(bytes: &[u8]) -> Result<Vec<(String, String)>, WorkbookError> {
        if bytes.starts_with(OLD) {
            let name: Vec<u8> =
                "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
            let encrypted = bytes.windows(name.len()).any(|part| part == name.as_slice());
            return Err(if encrypted { WorkbookError::Encrypted } else { WorkbookError::Old });
        }
        unpacked(bytes)?;
        match read(bytes) {
            Err(XlsxError::CellError(_)) => {
                let known = parts::known_errors(bytes).ok_or(WorkbookError::Broken)?;
                read(&known).map_err(|error| refusal(&error))?
            }
            Err(error) => Err(refusal(&error)),
            Ok(sheets) => sheets,
        }
    }

    type Sheets = Result<Vec<(String, String)>, WorkbookError>;

    /// The sheets, or what the workbook reader cannot take, which may be a value that is known otherwise.
    fn read(bytes: &[u8]) -> Result<Sheets, XlsxError> {
        let Some(struck) = parts::struck(bytes) else { return Ok(Err(WorkbookError::Broken)) };
        let struck: BTreeSet<String> = struck.into_iter().map(|text| visible(&text)).collect();
        let mut book: Book<'_> = Xlsx::new(Cursor::new(bytes))?;
        let names: Vec<String> = book
            .sheets_metadata()
            .iter()
            .filter(|sheet| sheet.typ == SheetType::WorkSheet)
            .map(|sheet| sheet.name.clone())
            .collect();
        if names.len() > SHEETS {
            return Ok(Err(WorkbookError::Large));
        }
        let mut out = Vec::new();
        for name in names {
            match sheet(&mut book, &name, &struck)? {
                Ok(text) => out.push((name, text)),
                Err(refused) => return Ok(Err(refused)),
            }
        }
        Ok(Ok(out))
    }

    fn refusal(error: &XlsxError) -> WorkbookError {
        match error {
            XlsxError::Password => WorkbookError::Encrypted,
            _ => WorkbookError::Broken,
        }
    }

    /// Unpacks every part that a reader looks at once, counting: what a ZIP file says of its sizes proves nothing.
    fn unpacked(bytes: &[u8]) -> Result<(), WorkbookError> {
        let mut zip =
            zip::ZipArchive::new(Cursor::new(bytes)).map_err(|_| WorkbookError::Broken)?;
        let mut left = UNPACKED;
        for index in 0..zip.len() {
            let part = zip.by_index(index).map_err(|_| WorkbookError::Broken)?;
            if part.is_dir() || part.name().is_ok_and(|name| name.starts_with("xl/media/")) {
                continue;
            }
            let mut part = part.take(left + 1);
            let size = std::io::copy(&mut part, &mut std::io::sink())
                .map_err(|_| WorkbookError::Broken)?;
            left = left.checked_sub(size).ok_or(WorkbookError::Large)?;
        }
        Ok(())
    }

    fn sheet(
        book: &mut Book<'_>,
        name: &str,
        struck: &BTreeSet<String>,
    ) -> Result<Result<String, WorkbookError>, XlsxError> {
        let merges = book.merge_cells_by_sheet_name(name)?;
        let mut cells = Cells::new();
        let mut reader = book.worksheet_cells_reader(name)?;
        let palette: Vec<Style> = reader.styles().to_vec();
        while let Some((cell, style)) = reader.next_cell_with_style_id()? {
            let text = shown(cell.get_value(), palette.get(style), struck);
            if !text.is_empty() {
                cells.insert(cell.get_position(), text);
            }
            if cells.len() > CELLS {
                return Ok(Err(WorkbookError::Large));
            }
        }
        for merge in merges {
            if let Err(refused) = cover(&mut cells, (merge.start, merge.end)) {
                return Ok(Err(refused));
            }
        }
        Ok(lines(&cells))
    }

    /// Marks what a merge covers, within the part of the sheet that is used.
    fn cover(
        cells: &mut Cells,
        ((top, left), (bottom, right)): ((u32, u32), (u32, u32)),
    ) -> Result<(), WorkbookError> {
        if !cells.contains_key(&(top, left)) {
            return Ok(());
        }
        let last = cells.keys().next_back().map_or(0, |(row, _)| *row);
        let widest = cells.keys().map(|(_, column)| *column).max().unwrap_or(0);
        for row in top..=bottom.min(last) {
            for column in left..=right.min(widest.max(left)) {
                if (row, column) != (top, left) {
                    let mark = if column == left { "〃" } else { "同左" };
                    cells.insert((row, column), mark.to_owned());
                }
                if cells.len() > CELLS {
                    return Err(WorkbookError::Large);
                }
            }
        }
        Ok(())
    }

    fn lines(cells: &Cells) -> Result<String, WorkbookError> {
        let mut out = String::new();
        let (mut row, mut column) = (0, 0);
        for ((at, place), text) in cells {
            while row < *at {
                out.push('\n');
                (row, column) = (row + 1, 0);
            }
            while column < *place {
                out.push(',');
                column += 1;
            }
            if text.contains([',', '"', ';']) {
                let _ = write!(out, "\"{}\"", text.replace('"', "\"\""));
            } else {
                out.push_str(text);
            }
            if out.len() > TEXT {
                return Err(WorkbookError::Large);
            }
        }
        if !out.is_empty() {
            out.push('\n');
        }
        Ok(out)
    }

    /// A cell as Excel shows it.
    fn shown(value: &DataRef<'_>, style: Option<&Style>, part: &BTreeSet<String>) -> String {
        let text = match value {
            DataRef::Empty => return String::new(),
            DataRef::Int(number) => number.to_string(),
            DataRef::Float(number) => float(*number),
            DataRef::String(text) => text.clone(),
            DataRef::SharedString(text) => (*text).to_owned(),
            DataRef::Bool(yes) => if *yes { "TRUE" } else { "FALSE" }.to_owned(),
            DataRef::DateTime(moment) => date(moment),
            DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => text.clone(),
            DataRef::Error(error) => error.to_string(),
        };
        let text = visible(&text);
        if text.is_empty() {
            return text;
        }
        let number = matches!(value, DataRef::Int(_) | DataRef::Float(_));
        let grouped = number
            && text.len() > 3
            && style
                .and_then(|style| style.number_format.as_ref())
                .is_some_and(|f| f.format_code.contains(",#") || f.format_code.contains(",0"));
        let struck = style
            .and_then(|style| style.font.as_ref())
            .is_some_and(|font| font.has_strikethrough())
            || matches!(value, DataRef::String(_) | DataRef::SharedString(_))
                && part.contains(&text);
        let text = if grouped { format!("{text}（桁区切りの数値）") } else { text };
        if struck { format!("{STRUCK}{text}") } else { text }
    }

    fn float(number: f64) -> String {
        if number.fract() == 0.0 && number.abs() < 1e15 {
            format!("{number:.0}")
        } else {
            number.to_string()
        }
    }

    fn date(moment: &ExcelDateTime) -> String {
        let (year, month, day, hour, minute, second, _) = moment.to_ymd_hms_milli();
        if moment.is_duration() || moment.as_f64() < 1.0 {
            return format!("{hour}:{minute:02}:{second:02}");
        }
        let date = format!("{year}-{month:02}-{day:02}");
        if (hour, minute, second) == (0, 0, 0) {
            date
        } else {
            format!("{date} {hour}:{minute:02}:{second:02}")
        }
    }

    /// Without control characters; line breaks made visible.
    fn visible(text: &str) -> String {
        let text = text.replace("_x000D_", "").replace("\r\n", "\n");
        let text: String = text
            .trim()
            .chars()
            .map(|c| match c {
                '\n' | '\r' => '⏎',
                c if c.is_control() => ' ',
                c => c,
            })
            .collect();
        text
    }
}

#[cfg(all(test, feature = "xlsx"))]
mod tests;
