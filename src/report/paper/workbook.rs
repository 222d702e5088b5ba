//! Sheets as a workbook. Every cell is a string: whatever a configuration holds, a spreadsheet never takes it for a formula.

use super::sheets::Sheet;
use super::{Paper, era};
use crate::report::{escape, view, width};
use crate::text;
use crate::text::Text;
use rust_xlsxwriter::{
    Color, DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Workbook, Worksheet,
    XlsxError,
};

/// The longest text of a cell; a spreadsheet takes 32,767.
const CELL: usize = 32_000;
/// The longest text of a header.
const HEADER: usize = 200;
/// Columns are at most and at least so wide, in characters.
const WIDEST: usize = 60;
const NARROWEST: usize = 8;
/// ISO A4 in the numbering of spreadsheets.
const A4: u8 = 9;

/// The looks of cells.
struct Looks {
    head: Format,
    cell: Format,
}

pub(super) fn render(sheets: &[Sheet], paper: &Paper) -> Result<Vec<u8>, Text> {
    written(sheets, paper).map_err(|error| {
        text!("ワークブックを作成できません: {error}", "cannot write the workbook: {error}")
    })
}

fn written(sheets: &[Sheet], paper: &Paper) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    // Nobody asks the clock: without a day, a workbook is as old as its archive format can say.
    let made = paper.day.and_then(era::date);
    let made = match made {
        Some(date) => ExcelDateTime::from_ymd(
            u16::try_from(date.year()).unwrap_or(1980),
            u8::try_from(date.month()).unwrap_or(1),
            u8::try_from(date.day()).unwrap_or(1),
        )?,
        None => ExcelDateTime::from_ymd(1980, 1, 1)?,
    };
    let properties = DocProperties::new()
        .set_title(escape::xml(&paper.title))
        .set_subject(escape::xml(&paper.subject))
        .set_creation_datetime(&made);
    book.set_properties(&properties);
    let border = Format::new()
        .set_border(FormatBorder::Thin)
        .set_border_color(Color::RGB(0x00AA_B2BD))
        .set_align(FormatAlign::Top)
        .set_text_wrap();
    let looks = Looks {
        head: border.clone().set_bold().set_background_color(Color::RGB(0x00EC_EFF3)),
        cell: border,
    };
    for sheet in sheets {
        let page = book.add_worksheet();
        fill(page, sheet, &looks)?;
        set_up(page, sheet, paper)?;
    }
    book.save_to_buffer()
}

fn fill(page: &mut Worksheet, sheet: &Sheet, looks: &Looks) -> Result<(), XlsxError> {
    page.set_name(&sheet.name)?;
    for (row, cells) in std::iter::once(&sheet.heads).chain(&sheet.rows).enumerate() {
        let row = u32::try_from(row).unwrap_or(u32::MAX);
        let look = if row == 0 { &looks.head } else { &looks.cell };
        for (column, cell) in (0_u16..).zip(cells) {
            let shown = view::capped(&escape::xml(cell), CELL);
            page.write_string_with_format(row, column, shown, look)?;
        }
    }
    Ok(())
}

/// Widths, the frozen head with its filter, and how it is printed: A4 landscape, one page wide, with the head on every page.
fn set_up(page: &mut Worksheet, sheet: &Sheet, paper: &Paper) -> Result<(), XlsxError> {
    for (column, head) in sheet.heads.iter().enumerate() {
        let cells = sheet.rows.iter().filter_map(|row| row.get(column)).chain([head]);
        let lines = cells.flat_map(|cell| cell.split('\n')).map(width::columns);
        let wide = lines.max().unwrap_or(0).clamp(NARROWEST, WIDEST) + 2;
        let wide = u32::try_from(wide).unwrap_or(0);
        page.set_column_width(u16::try_from(column).unwrap_or(u16::MAX), f64::from(wide))?;
    }
    let last_row = u32::try_from(sheet.rows.len()).unwrap_or(u32::MAX);
    let last_column = u16::try_from(sheet.heads.len().saturating_sub(1)).unwrap_or(u16::MAX);
    page.autofilter(0, 0, last_row, last_column)?;
    page.set_freeze_panes(1, 0)?;
    page.set_landscape().set_paper_size(A4).set_print_fit_to_pages(1, 0);
    page.set_repeat_rows(0, 0)?;
    let told = |text: &str| view::capped(&escape::xml(text), HEADER / 2).replace('&', "&&");
    page.set_header(format!("&L{}&R{}", told(&paper.subject), told(&paper.mark)));
    page.set_footer("&L&A&C&P / &N");
    Ok(())
}
