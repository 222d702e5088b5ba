//! The workbook of `topologies/mini-sheet/excel` is made here, so that a reader of the repository can see what is in it.

#![cfg(feature = "xlsx")]
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test fails by panicking, and reads the repository"
)]

use rust_xlsxwriter::{Format, FormatAlign, Workbook};
use sekisho::source::Sources;
use std::path::Path;

fn workbook() -> Vec<u8> {
    let mut book = Workbook::new();
    let cover = book.add_worksheet();
    cover.set_name("表紙").unwrap();
    cover.write(1, 1, "白瀬町 ファイアウォール設定書").unwrap();
    cover.write(3, 1, "改版").unwrap();
    cover.write(3, 2, 1.2).unwrap();
    rules(&mut book);
    let list = book.add_worksheet();
    list.set_name("アドレス一覧").unwrap();
    for (row, cells) in [
        ["名称", "IPアドレス", "備考"],
        ["統合連携サーバ", "10.20.5.10", ""],
        ["採用データベース", "10.20.5.20", ""],
        ["無害化装置", "10.30.1.20\n10.30.1.21", "2台構成"],
        ["公開Webサーバ", "172.16.100.10", ""],
        ["職員端末", "10.30.10.0/24", ""],
    ]
    .iter()
    .enumerate()
    {
        list.write_row(u32::try_from(row).unwrap(), 0, *cells).unwrap();
    }
    let list = book.add_worksheet();
    list.set_name("サービス一覧").unwrap();
    list.write_row(0, 0, ["サービス名", "プロトコル", "ポート番号"]).unwrap();
    list.write_row(1, 0, ["連携API", "TCP"]).unwrap();
    list.write(1, 2, 8443).unwrap();
    list.write_row(2, 0, ["Web", "TCP", "80,443"]).unwrap();
    list.write_row(3, 0, ["採用DB", "TCP"]).unwrap();
    list.write(3, 2, 1433).unwrap();
    book.save_to_buffer().unwrap()
}

/// Two header rows with merged groups; sources merged over several rows.
fn rules(book: &mut Workbook) {
    let head = Format::new().set_bold().set_align(FormatAlign::Center);
    let plain = Format::new();
    let sheet = book.add_worksheet();
    sheet.set_name("ポリシー一覧").unwrap();
    sheet.merge_range(0, 0, 0, 7, "ファイアウォール ポリシー一覧", &head).unwrap();
    sheet.write(1, 0, "※本表に記載のない通信はすべて拒否する").unwrap();
    for (column, name) in [(0, "No."), (5, "サービス"), (6, "動作"), (7, "備考")] {
        sheet.merge_range(3, column, 4, column, name, &head).unwrap();
    }
    sheet.merge_range(3, 1, 3, 2, "送信元", &head).unwrap();
    sheet.merge_range(3, 3, 3, 4, "宛先", &head).unwrap();
    sheet.write_row(4, 1, ["ゾーン", "IPアドレス", "ゾーン", "IPアドレス"]).unwrap();
    let rows = [
        ["マイナンバー利用事務系", "any", "LGWAN接続系", "統合連携サーバ", "連携API", "○", ""],
        ["インターネット接続系", "無害化装置", "LGWAN接続系", "any", "HTTPS", "○", ""],
        ["", "職員端末", "インターネット", "any", "Web", "○", ""],
        ["", "any", "インターネット", "any", "DNS", "○", ""],
        ["インターネット", "any", "DMZ", "公開Webサーバ", "HTTPS", "○", "町公式サイト"],
        [
            "DMZ",
            "公開Webサーバ",
            "LGWAN接続系",
            "採用データベース",
            "採用DB",
            "○",
            "職員採用の申込",
        ],
        ["any", "any", "any", "any", "any", "×", ""],
    ];
    for (number, cells) in (0u32..).zip(rows) {
        sheet.write(5 + number, 0, number + 1).unwrap();
        for (column, text) in (1u16..).zip(cells).filter(|(_, text)| !text.is_empty()) {
            sheet.write(5 + number, column, text).unwrap();
        }
    }
    sheet.merge_range(6, 1, 8, 1, "インターネット接続系", &plain).unwrap();
}

fn texts(bytes: &[u8]) -> Vec<(String, String)> {
    let mut sources = Sources::default();
    let ids = sources.add_all("rules.xlsx", bytes).unwrap();
    let read = |id: &_| {
        let file = sources.file(*id);
        (file.path().to_owned(), file.text().to_owned())
    };
    ids.iter().map(read).collect()
}

#[test]
fn the_workbook_is_what_this_test_writes() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("topologies/mini-sheet/excel/rules.xlsx");
    let made = workbook();
    // `SEKISHO_WRITE=1 cargo test --test mini_sheet` writes it again after a change above.
    if std::env::var_os("SEKISHO_WRITE").is_some() {
        std::fs::write(&path, &made).unwrap();
    }
    assert_eq!(texts(&std::fs::read(&path).unwrap()), texts(&made));
}
