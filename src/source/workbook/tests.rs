#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::*;
use crate::source::Sources;
use rust_xlsxwriter::{Format, Workbook};

fn book() -> Workbook {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet.set_name("外部FW").unwrap();
    let plain = Format::new();
    sheet.write(0, 0, "ポリシー一覧").unwrap();
    sheet.write(2, 0, "No").unwrap();
    sheet.merge_range(2, 1, 2, 2, "送信元", &plain).unwrap();
    sheet.write(3, 0, 1.0).unwrap();
    sheet.merge_range(3, 1, 4, 1, "LGWAN", &plain).unwrap();
    sheet.write(3, 2, "10.0.0.1\n10.0.0.2").unwrap();
    sheet.write(4, 2, "a \"b\", c").unwrap();
    sheet.write_with_format(5, 0, 22443, &Format::new().set_num_format("#,##0")).unwrap();
    sheet.write_with_format(5, 1, "any", &Format::new().set_font_strikethrough()).unwrap();
    sheet.write_with_format(5, 2, 46113, &Format::new().set_num_format("yyyy/m/d")).unwrap();
    let hidden = book.add_worksheet();
    hidden.set_name("隠し").unwrap().set_hidden(true);
    hidden.write(0, 0, 443).unwrap();
    book
}

#[test]
fn each_sheet_is_a_text_whose_lines_are_its_rows() {
    let bytes = book().save_to_buffer().unwrap();
    let mut sources = Sources::default();
    let ids = sources.add_all("rules.xlsx", &bytes).unwrap();
    let [first, second] = ids.as_slice() else { panic!("{ids:?}") };
    let first = sources.file(*first);
    assert_eq!(first.path(), "rules.xlsx#外部FW");
    assert_eq!(
        first.text(),
        "ポリシー一覧\n\nNo,送信元,同左\n1,LGWAN,10.0.0.1⏎10.0.0.2\n,〃,\"a \"\"b\"\", c\"\n22443（桁区切りの数値）,〔取消線〕any,2026-04-01\n"
    );
    assert_eq!(sources.file(*second).text(), "443\n", "hidden sheets are read, too");
}

#[test]
fn what_is_no_workbook_says_what_to_do() {
    let old: Vec<u8> = OLD.iter().copied().chain([0; 600]).collect();
    assert_eq!(sheets(&old), Err(WorkbookError::Old));
    let name = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes);
    let encrypted: Vec<u8> = old.iter().copied().chain(name).collect();
    assert_eq!(sheets(&encrypted), Err(WorkbookError::Encrypted));
    assert_eq!(sheets(b"PK\x03\x04 and nothing else"), Err(WorkbookError::Broken));
    let bytes = book().save_to_buffer().unwrap();
    assert_eq!(sheets(&bytes[..bytes.len() / 2]), Err(WorkbookError::Broken));
}
