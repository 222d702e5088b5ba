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

/// A workbook whose cell A1 is `cell`, with shared strings.
fn raw(cell: &str, shared: &str) -> Vec<u8> {
    use std::io::{Read, Write};
    let mut made = Workbook::new();
    let sheet = made.add_worksheet();
    sheet.write(0, 0, "first").unwrap();
    sheet.write(1, 0, "second").unwrap();
    let bytes = made.save_to_buffer().unwrap();
    let mut zip = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
    let mut out = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for index in 0..zip.len() {
        let mut part = zip.by_index(index).unwrap();
        let name = part.name().unwrap().to_string();
        let mut text = String::new();
        part.read_to_string(&mut text).unwrap();
        let text = text
            .replace("<c r=\"A1\" t=\"s\"><v>0</v></c>", cell)
            .replace("<si><t>first</t></si>", shared);
        out.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        out.write_all(text.as_bytes()).unwrap();
    }
    out.finish().unwrap().into_inner()
}

#[test]
fn text_that_is_struck_out_in_part_is_marked() {
    let own = "<c r=\"A1\" t=\"s\"><v>0</v></c>";
    let run = "<r><rPr><strike/></rPr><t>10.1.0.0/16</t></r><r><t xml:space=\"preserve\"> 10.1.9.0/24</t></r>";
    let text = |bytes: &[u8]| sheets(bytes).unwrap().remove(0).1;
    let shared = raw(own, &format!("<si>{run}<rPh sb=\"0\" eb=\"1\"><t>x</t></rPh></si>"));
    assert_eq!(text(&shared), "〔取消線〕10.1.0.0/16 10.1.9.0/24\nsecond\n");
    let inline =
        raw(&format!("<c r=\"A1\" t=\"inlineStr\"><is>{run}</is></c>"), "<si><t>x</t></si>");
    assert_eq!(text(&inline), "〔取消線〕10.1.0.0/16 10.1.9.0/24\nsecond\n");
    let plain = raw(own, &format!("<si>{}</si>", run.replace("<strike/>", "<strike val=\"0\"/>")));
    assert_eq!(text(&plain), "10.1.0.0/16 10.1.9.0/24\nsecond\n");
}

#[test]
fn an_error_in_a_cell_leaves_the_others_to_be_read() {
    for error in ["#REF!", "#SPILL!", "#CALC!"] {
        let bytes = raw(&format!("<c r=\"A1\" t=\"e\"><v>{error}</v></c>"), "<si><t>x</t></si>");
        let text = sheets(&bytes).unwrap().remove(0).1;
        assert!(text.starts_with('#') && text.ends_with("second\n"), "{error}: {text}");
    }
}
