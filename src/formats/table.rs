//! Rule tables (ポリシー一覧): CSV, or one sheet of a workbook. `docs/book/en/src/formats/table.md` has the rules of reading.
//!
//! A sheet says which connections a firewall lets open. It carries no addresses of interfaces and no routes; zones that it
//! names become interfaces. A cell that may mean several things makes its rule uncertain over the widest reading.

mod build;

use super::{Format, Input, Read, Reading};
use crate::sheet::{self, Kind};
use crate::text;
use crate::text::Text;

/// The reader of rule tables.
pub const FORMAT: Format = Format {
    id: "table",
    label: "rule table (CSV / Excel)",
    detect,
    export: &["CSV (UTF-8, CP932)", "Excel .xlsx"],
    reads,
    read: Read::Several(read),
    approximations,
};

fn detect(text: &str) -> u8 {
    match sheet::kind(text) {
        Some(Kind::Rules) => 90,
        // Lists of objects and services belong to a rule table; alone they are no configuration.
        Some(Kind::Objects | Kind::Services) => 20,
        Some(Kind::Flows | Kind::Zones) | None => 0,
    }
}

fn read(files: &[Input<'_>], interfaces: &[String]) -> Reading {
    build::read(files, interfaces)
}

fn reads() -> Text {
    text!(
        "ポリシー一覧・通信要件表の行（送信元、宛先、サービス、動作、有効・無効）、オブジェクト表、サービスの辞書",
        "rows of a policy list or requirement table (source, destination, service, action, enabled), object tables, the dictionary of service words"
    )
}

fn approximations() -> Vec<Text> {
    vec![
        text!(
            "表に書かれていない通信は拒否するものと読みます（表の注記か「その他すべて」の行に書かれていれば、それに従います）。",
            "What no row speaks of is read as denied, unless a note or a last row (その他すべて) of the sheet says otherwise."
        ),
        text!(
            "許可した通信の戻りは通る（ステートフル）ものと読みます。",
            "Replies of permitted connections are read as passing (a stateful filter)."
        ),
        text!(
            "読み取りの定まらないセルのある行は、最も広い読み方で「該当するかもしれない」規則とします（許可は通るかもしれない、拒否は止めるとは限らない）。",
            "A row with a cell that is not clear may apply over its widest reading: a permit may let pass, a deny is not relied on."
        ),
        text!(
            "「Web」「ファイル共有」などの慣用語は、添付の辞書でポートに置き換え、行ごとに示します。サービス名とポートの一覧があれば、それを優先します。",
            "Everyday words such as Web are replaced by ports of a starter dictionary, told row by row; a list of services of your own goes first."
        ),
        text!(
            "送信元アドレスの変換は、変換後のアドレスが分からないものとして読みます。その他の変換は読み取らず、機器全体を「通るかもしれない」と読みます。",
            "Source translation is read as changing the source to any address; any other translation makes the whole device uncertain."
        ),
        text!(
            "期間やスケジュールのある規則は、時により有効なものとして読みます（日時は解釈しません）。",
            "A rule with a period is read as in force at some time; dates are not interpreted."
        ),
    ]
}

#[cfg(test)]
mod tests;
