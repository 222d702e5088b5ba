//! 改善計画, 監査調書, 承認: what people fill in, and what lets anybody make the paper again.

use super::matter::Matter;
use super::{Block, Chapter, scope};
use crate::source::hex;
use crate::text;

/// 改善計画及び報告.
pub(super) fn plan(matter: &Matter<'_>) -> Chapter {
    let rows: Vec<Vec<String>> = matter
        .findings
        .iter()
        .map(|item| {
            let blank = String::new;
            vec![item.number.clone(), item.short.clone(), blank(), blank(), blank(), blank()]
        })
        .collect();
    let heads = [
        (text!("番号", "number"), 3),
        (text!("指摘事項", "finding"), 8),
        (text!("改善の内容", "measure"), 6),
        (text!("担当", "by"), 3),
        (text!("期限", "term"), 3),
        (text!("状況・確認日", "state, checked on"), 4),
    ];
    let none = text!("改善を要する指摘事項はない。", "No finding asks for improvement.");
    let table = matter.table(&heads, rows, &none);
    let details = matter.input.details;
    let fields = vec![
        matter.field(&text!("報告先", "reported to"), details.report_to.clone()),
        matter.field(&text!("報告日時", "reported on"), None),
        matter.field(&text!("受領者", "received by"), None),
        matter
            .field(&text!("委託先への通知日・通知先・方法", "vendor notified on, whom, how"), None),
        matter.field(&text!("委託先からの回答日・内容", "answer of the vendor"), None),
        matter.field(
            &text!("同種事案の確認（他の機器・部門）", "same elsewhere (devices, offices)"),
            None,
        ),
        matter.field(&text!("フォローアップ予定日", "follow-up on"), None),
    ];
    let heading = matter.heading(&text!("報告及び通知の記録", "Record of reports and notices"));
    Chapter::fresh(
        matter.say(&text!("改善計画及び報告", "Plan of improvement and reports")),
        vec![table, heading, Block::Fields(fields)],
    )
}

/// 監査調書: the inputs with their hashes, and how the paper is made again.
pub(super) fn record(matter: &Matter<'_>) -> Chapter {
    let heads = [
        (text!("入力ファイル", "file"), 6),
        (text!("バイト数", "bytes"), 2),
        (text!("SHA-256", "SHA-256"), 9),
    ];
    let command = scope::command(matter);
    let version = env!("CARGO_PKG_VERSION");
    let steps = [
        text!(
            "上の表のファイルを1つのディレクトリ（DIR）に置き、SHA-256 が一致することを確かめる。",
            "Put the files of the table into one directory (DIR) and compare their SHA-256."
        ),
        text!(
            "関所 Sekisho {version} で {command} を実行する。",
            "Run {command} with Sekisho {version}."
        ),
        text!(
            "同じ入力からは、同じ内容の報告書が1バイトも違わずに作られる。",
            "The same inputs give the same report, byte for byte."
        ),
    ];
    let none = text!("入力ファイルはない。", "There is no input.");
    let blocks = vec![
        matter.table(&heads, input_rows(matter), &none),
        matter.heading(&text!("再現の手順", "How to make it again")),
        Block::List(steps.iter().map(|text| matter.say(text)).collect()),
        matter.paragraph(&text!(
            "抜取りによる確認は行っていない。すべての行及びすべてのゾーンの組を対象とした。",
            "Nothing was sampled: every line and every pair of zones was looked at."
        )),
    ];
    Chapter::new(matter.say(&text!("監査調書（入力及び再現手順）", "Working papers")), blocks)
}

/// One row an input file.
pub(super) fn input_rows(matter: &Matter<'_>) -> Vec<Vec<String>> {
    let mut out = Vec::new();
    if let Some(diff) = matter.input.before {
        let before = matter.say(&text!("［変更前］", "[before] "));
        for (_, file) in diff.old.loaded.sources.iter() {
            let path = format!("{before}{}", file.path());
            out.push(vec![path, file.bytes().to_string(), hex(&file.sha256())]);
        }
    }
    for (_, file) in matter.input.scan.loaded.sources.iter() {
        out.push(vec![file.path().to_owned(), file.bytes().to_string(), hex(&file.sha256())]);
    }
    out
}

/// 承認欄: three people.
pub(super) fn approval(matter: &Matter<'_>) -> Chapter {
    let roles = [text!("作成", "made"), text!("確認", "checked"), text!("承認", "approved")];
    let blocks = vec![
        matter.paragraph(&text!(
            "作成者、確認者及び承認者は、それぞれ別の者とする。",
            "Whoever makes, checks and approves it are different people."
        )),
        Block::Signatures(roles.iter().map(|text| matter.say(text)).collect()),
    ];
    Chapter::new(matter.say(&text!("承認", "Approval")), blocks)
}
