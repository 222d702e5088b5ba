//! One row as a rule.

use super::parties;
use super::{Doubt, Flow, Party, Rule, Table, Translation};
use crate::sheet::address::{AddressWord, addresses};
use crate::sheet::grid::Row;
use crate::sheet::header::{Column, Side};
use crate::sheet::names::Names;
use crate::sheet::service::{ServiceWord, services};
use crate::sheet::words::{self, Direction, Ditto};
use crate::text;
use crate::text::Text;

/// The mark of a workbook's struck-out cells; see `source/workbook.rs`.
const STRUCK: &str = "〔取消線〕";

/// A row while it is read.
pub(super) struct RowReader<'a> {
    pub(super) table: &'a Table<'a>,
    pub(super) names: &'a Names,
    row: &'a Row,
    /// The cells with "as above" and "as left" replaced.
    pub(super) texts: Vec<String>,
    /// The first cell that is struck out.
    struck: Option<usize>,
    /// The column that says that the row speaks of everything that other rows do not.
    pub(super) rest: Option<usize>,
    /// What the row does.
    permit: Option<bool>,
    pub(super) doubts: Vec<Doubt>,
    pub(super) conventions: Vec<Doubt>,
}

impl<'a> RowReader<'a> {
    pub(super) fn new(
        table: &'a Table<'a>,
        names: &'a Names,
        row: &'a Row,
        above: Option<&[String]>,
    ) -> RowReader<'a> {
        let mut reader = RowReader {
            table,
            names,
            row,
            texts: Vec::new(),
            struck: None,
            rest: None,
            permit: None,
            doubts: Vec::new(),
            conventions: Vec::new(),
        };
        let width = table.sheet.header.columns.len().max(row.cells.len());
        for at in 0..width {
            let own = row.text(at);
            let taken = match words::ditto(own) {
                None => Some(own.to_owned()),
                Some(Ditto::Above) => above.map(|above| above.get(at).cloned().unwrap_or_default()),
                Some(Ditto::Left) => {
                    at.checked_sub(1).and_then(|left| reader.texts.get(left).cloned())
                }
            };
            if taken.is_none() {
                let choices = text!("上の行がありません", "there is no row above");
                reader.doubt(at, &choices);
            }
            let taken = taken.unwrap_or_default();
            if own.contains(STRUCK) {
                reader.struck.get_or_insert(at);
            }
            reader.texts.push(taken.replace(STRUCK, ""));
        }
        reader.rest = reader.rest_at();
        reader
    }

    /// Where the row says that it speaks of everything that other rows do not: as a party or service, or as its name when it
    /// names none of them.
    fn rest_at(&self) -> Option<usize> {
        let cells = || self.table.sheet.header.columns.iter().zip(&self.texts);
        let said = cells().position(|(c, text)| says_who(*c) && words::is_rest(text));
        let named = || cells().position(|(c, text)| *c == Column::Name && words::is_rest(text));
        let blank = cells().all(|(c, text)| !says_who(*c) || text.is_empty());
        said.or_else(|| named().filter(|_| blank))
    }

    /// The text of the first column of a kind.
    pub(super) fn text(&self, column: Column) -> Option<(usize, String)> {
        let at = self.table.at(column)?;
        Some((at, self.texts.get(at).cloned().unwrap_or_default()))
    }

    /// Notes that the cell in column `at` may mean several things.
    pub(super) fn doubt(&mut self, at: usize, choices: &Text) {
        let doubt = self.make(at, choices);
        self.doubts.push(doubt);
    }

    /// The doubt about the cell in column `at`.
    pub(super) fn make(&self, at: usize, choices: &Text) -> Doubt {
        let sheet = self.table.sheet;
        let span =
            self.row.cells.get(at).map_or(self.row.span(sheet.file), |cell| cell.span(sheet.file));
        let (path, line) = (&sheet.path, self.row.line);
        let (column, name) =
            (words::column_name(at), sheet.header.names.get(at).map_or("", String::as_str));
        let cell = self.row.text(at);
        let (ja, en) = (&choices.ja, &choices.en);
        Doubt {
            span,
            message: Text {
                ja: format!(
                    "{path} の{line}行{column}列「{name}」のセル「{cell}」の意味が定まりません: {ja}。"
                ),
                en: format!(
                    "{path}, row {line}, column {column} ({name}): the cell `{cell}` is not clear: {en}."
                ),
            },
        }
    }

    /// A blank cell where something must stand.
    pub(super) fn blank(&mut self, at: usize) {
        if self.rest.is_none() {
            let choices = text!(
                "空欄です。すべて（any）か、上の行と同じ（同上）かを書いてください",
                "it is blank; write `any`, or `同上` for `as above`"
            );
            self.doubt(at, &choices);
        }
    }

    pub(super) fn rule(&mut self) -> Rule {
        let permit = self.permit();
        self.permit = permit;
        let enabled = self.enabled();
        let mut flows = self.flows();
        let mut services = self.services();
        let scheduled = self.scheduled();
        let translation = self.translation();
        if self.conditions() {
            flows = vec![Flow::default()];
            services = vec![ServiceWord::ANY];
        }
        self.remarks();
        let name = self.text(Column::Name).map(|(_, name)| name).unwrap_or_default();
        let number = self.text(Column::Number).map(|(_, number)| number).unwrap_or_default();
        let label = match (number.is_empty(), name.is_empty()) {
            (false, false) => format!("No.{number} {name}"),
            (false, true) => format!("No.{number}"),
            (true, false) => name.clone(),
            (true, true) => "rule".to_owned(),
        };
        Rule {
            label: label.replace(crate::sheet::grid::BREAK, " "),
            name,
            permit,
            enabled,
            flows,
            services,
            scheduled,
            translation,
            doubts: std::mem::take(&mut self.doubts),
            conventions: std::mem::take(&mut self.conventions),
            span: self.row.span(self.table.sheet.file),
        }
    }

    fn permit(&mut self) -> Option<bool> {
        if !self.table.has_action() {
            return Some(true);
        }
        let (at, text) = self.text(Column::Action)?;
        let plain = words::plain(&text);
        if let Some(permit) = words::action(&plain) {
            return Some(permit);
        }
        let choices = text!("許可か拒否かを書いてください", "write 許可 (permit) or 拒否 (deny)");
        self.doubt(at, &choices);
        // `許可(要申請)`: what it does is clear, when it does so is not.
        plain.split_once('(').and_then(|(head, _)| words::action(head))
    }

    fn enabled(&mut self) -> bool {
        if let Some(at) = self.struck {
            let choices = text!(
                "取消線があります。無効な行は削除するか「無効」と書いてください",
                "it is struck out; delete the row, or mark it 無効 (disabled)"
            );
            self.doubt(at, &choices);
        }
        if let Some((at, text)) = self.text(Column::Enabled)
            && self.table.is_filled(at)
        {
            match words::yes_or_no(&text) {
                Some(enabled) => return enabled,
                None => {
                    let choices = text!(
                        "有効か無効かを書いてください",
                        "write 有効 (enabled) or 無効 (disabled)"
                    );
                    self.doubt(at, &choices);
                }
            }
        }
        if let Some((at, text)) = self.text(Column::Disabled)
            && !text.is_empty()
        {
            match words::yes_or_no(&text) {
                // The heading says 無効, so 無効 in the cell says that it is.
                Some(_) if words::key(&text) == "無効" => return false,
                Some(disabled) => return !disabled,
                None => {
                    let choices = text!(
                        "有効か無効かを書いてください",
                        "write 有効 (enabled) or 無効 (disabled)"
                    );
                    self.doubt(at, &choices);
                }
            }
        }
        true
    }

    fn scheduled(&mut self) -> bool {
        let Some((at, text)) = self.text(Column::Schedule) else { return false };
        if words::is_always(&text) {
            return false;
        }
        if !words::is_none(&text) {
            return true;
        }
        let choices = text!(
            "期間がないのか、規則が無効なのか",
            "whether there is no period, or the rule is not in force"
        );
        self.doubt(at, &choices);
        false
    }

    /// Remarks that may change what the row means: another action under a heading such as 種別, and beside a row that denies,
    /// a condition or that it is not in force. A row that permits is only made wider by overlooking them.
    fn remarks(&mut self) {
        let columns: Vec<usize> = self.columns(Column::Free).collect();
        for at in columns {
            let text = self.texts.get(at).cloned().unwrap_or_default();
            let heading = self.table.sheet.header.names.get(at).map_or("", String::as_str);
            let heading = words::key(heading);
            let acts = ["種別", "分類"].contains(&heading.as_str())
                && words::action(&text).is_some_and(|acts| Some(acts) != self.permit);
            let limits = self.permit != Some(true)
                && !["ログ", "log"].iter().any(|word| heading.contains(word))
                && words::limits_rule(&text);
            if acts {
                let choices = text!(
                    "規則の動作か、説明か",
                    "whether it says what the rule does, or describes it"
                );
                self.doubt(at, &choices);
            } else if limits {
                let choices = text!(
                    "拒否の規則に条件があるか、無効の可能性があります。条件は列に分け、無効な行は削除してください",
                    "this row denies under a condition, or is not in force; write conditions into their own columns, and delete rows that are not in force"
                );
                self.doubt(at, &choices);
            }
        }
    }

    fn flows(&mut self) -> Vec<Flow> {
        let from = self.parties(Side::Source);
        let to = self.parties(Side::Destination);
        let direction = self.direction();
        let mut flows = Vec::new();
        for (from, to) in from.iter().flat_map(|from| to.iter().map(move |to| (from, to))) {
            if direction != Direction::Backward {
                flows.push(Flow { from: from.clone(), to: to.clone() });
            }
            if direction != Direction::Forward {
                flows.push(Flow { from: to.clone(), to: from.clone() });
            }
        }
        flows
    }

    fn parties(&mut self, side: Side) -> Vec<Party> {
        let zone = self.text(Column::Zone(side)).filter(|(at, _)| self.table.is_filled(*at));
        let address = self.table.party(side).filter(|at| self.table.is_filled(*at));
        let address = address.map(|at| (at, self.texts.get(at).cloned().unwrap_or_default()));
        let mut read = parties::Side::default();
        if let Some((at, text)) = &zone {
            if text.is_empty() {
                self.blank(*at);
            } else {
                read.zone_cell(text, self.names);
            }
        }
        if let Some((at, text)) = &address {
            if text.is_empty() {
                self.blank(*at);
            } else {
                read.address_cell(text, self.names);
            }
        }
        let parties = read.parties();
        if self.permit != Some(true) {
            for (in_zone_column, remark) in std::mem::take(&mut read.remarks) {
                let choices = text!(
                    "「{remark}」がアドレスの名称か、条件か",
                    "whether `{remark}` is a name of the addresses, or a condition"
                );
                read.doubts.push((in_zone_column, choices));
            }
        }
        for (in_zone_column, choices) in read.doubts {
            let at = if in_zone_column { &zone } else { &address };
            self.doubt(at.as_ref().or(zone.as_ref()).map_or(0, |(at, _)| *at), &choices);
        }
        parties
    }

    fn direction(&mut self) -> Direction {
        let Some((at, text)) = self.text(Column::Direction).filter(|(_, text)| !text.is_empty())
        else {
            return Direction::Forward;
        };
        words::direction(&text).unwrap_or_else(|| {
            let choices = text!("片方向（→）か、双方向（⇔）か", "one way (→) or both ways (⇔)");
            self.doubt(at, &choices);
            Direction::Both
        })
    }

    fn translation(&mut self) -> Translation {
        let mut all = Translation::None;
        for at in self.columns(Column::Translation) {
            let text = words::plain(&self.texts.get(at).cloned().unwrap_or_default());
            if words::is_none(&text) {
                continue;
            }
            let word = words::key(&text);
            let source = [
                "snat",
                "napt",
                "masquerade",
                "ipマスカレード",
                "送信元nat",
                "動的nat",
                "interface",
                "インターフェース",
            ];
            if words::yes_or_no(&text) == Some(true) || source.contains(&word.as_str()) {
                all = if all == Translation::None { Translation::Source } else { all };
            } else {
                let choices = text!(
                    "アドレス変換の内容は読み取れません。変換する機器の設定を加えるか、「なし」と書いてください",
                    "this translation cannot be read; add the configuration of the device, or write なし (none)"
                );
                self.doubt(at, &choices);
                all = Translation::Unknown;
            }
        }
        all
    }

    /// Conditions that the model does not have, columns that do not say which side they speak of, and columns that are not
    /// known. Returns whether one of them may add to what the rule speaks of, rather than limit it.
    fn conditions(&mut self) -> bool {
        let mut adds = false;
        for at in 0..self.texts.len() {
            let text = self.texts.get(at).cloned().unwrap_or_default();
            // Cells to the right of the header have no heading at all.
            let column = self.table.sheet.header.columns.get(at).copied();
            let column = column.unwrap_or(Column::Unknown);
            if is_read(column) || self.is_silent(at, column, &text) {
                continue;
            }
            adds |= column != Column::Condition && self.may_add(at, &text);
            let choices = match column {
                Column::Condition => {
                    text!("この条件は判定に使えません", "this condition cannot be judged")
                }
                Column::Unknown | Column::Again => text!(
                    "この列の見出しの意味が分かりません。通信に関係しない列であれば見出しを「備考」に変えてください",
                    "the heading of this column is not known; when it does not bear on traffic, call it 備考 (remarks)"
                ),
                _ => text!(
                    "送信元と宛先のどちらの条件か、見出しから分かりません。通信に関係しない列であれば見出しを「備考」に変えてください",
                    "the heading does not say whether it limits source or destination; when it does not bear on traffic, call it 備考 (remarks)"
                ),
            };
            self.doubt(at, &choices);
        }
        adds
    }

    /// Whether a cell of such a column says nothing.
    fn is_silent(&self, at: usize, column: Column, text: &str) -> bool {
        let plain = words::plain(text);
        match column {
            Column::Condition => words::is_none(&plain) || words::is_any(text),
            // One device in every row: whose rules these are.
            Column::Device if self.table.is_one_device(at) => true,
            // Under a heading that is not known, `×` or `なし` may say that the rule is not in force.
            _ => {
                plain.is_empty()
                    || words::is_dash(&plain)
                    || words::is_any(text) && !self.table.limits(at)
            }
        }
    }

    /// Whether heading or cell speak of addresses or services.
    fn may_add(&self, at: usize, text: &str) -> bool {
        const WORDS: [&str; 20] = [
            "送信",
            "宛先",
            "通信",
            "接続",
            "アドレス",
            "ip",
            "ポート",
            "サービス",
            "プロトコル",
            "ゾーン",
            "ネットワーク",
            "src",
            "dst",
            "source",
            "dest",
            "port",
            "addr",
            "tcp",
            "udp",
            "host",
        ];
        let heading = self.table.sheet.header.names.get(at).map_or("", String::as_str);
        let (heading, cell) = (words::key(heading), words::plain(text));
        let found = addresses(&cell);
        let address =
            |word: &AddressWord| matches!(word, AddressWord::Range(_) | AddressWord::Domain(_));
        heading.is_empty()
            || WORDS.iter().any(|word| heading.contains(word))
            || found.doubt.is_some()
            || found.words.iter().any(address)
            || !services(&cell, &[], &self.names.services).words.is_empty()
    }

    fn columns(&self, wanted: Column) -> std::vec::IntoIter<usize> {
        let all = &self.table.sheet.header.columns;
        let found: Vec<usize> = (0..all.len()).filter(|at| all.get(*at) == Some(&wanted)).collect();
        found.into_iter()
    }
}

/// Whether a column says who or what a row speaks of.
fn says_who(column: Column) -> bool {
    matches!(
        column,
        Column::Zone(_)
            | Column::Address(_)
            | Column::Party(_)
            | Column::Port(_)
            | Column::Protocol
            | Column::Service
    )
}

/// Whether the reader of a row knows what to do with a column, or it bears on nothing.
fn is_read(column: Column) -> bool {
    let otherwise = matches!(
        column,
        Column::Action
            | Column::Direction
            | Column::Enabled
            | Column::Disabled
            | Column::Translation
            | Column::Schedule
            | Column::Number
            | Column::Name
            | Column::Free
    );
    says_who(column) || otherwise
}
