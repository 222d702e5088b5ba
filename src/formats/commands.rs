//! Tables of commands for readers of line formats: the longest row with which a line begins decides.

use super::Ledger;
use super::lines::{Block, ConfigLine};
use crate::source::Span;
use crate::text;
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;

/// Accounts for a command that no table knows: it may change anything on its device.
pub(in crate::formats) fn unknown_command(block: &Block<'_>, ledger: &mut Ledger<'_>) {
    let name = block.head.text;
    let reason = text!(
        "「{name}」は未知のコマンドです。転送への影響を否定できないため、この機器のどの通信も通り得ると読みます。",
        "unknown command: {name}; it may change anything on this device"
    );
    ledger.unknown(block.span(), reason, false);
}

/// Top-level commands by what they are about; those of the bin `irrelevant` and those that `bin` does not know are accounted
/// for here.
pub(in crate::formats) fn sorted<'a, B: Copy + Ord>(
    found: Vec<Block<'a>>,
    ledger: &mut Ledger<'_>,
    irrelevant: B,
    bin: impl Fn(&ConfigLine<'a>) -> Option<B>,
) -> BTreeMap<B, Vec<Block<'a>>> {
    let mut bins: BTreeMap<B, Vec<Block<'a>>> = BTreeMap::new();
    for block in found {
        match bin(&block.head) {
            Some(bin) if bin == irrelevant => ledger.irrelevant(block.span()),
            Some(bin) => bins.entry(bin).or_default().push(block),
            None => unknown_command(&block, ledger),
        }
    }
    bins
}

/// Rows of a command table by first word.
#[derive(Debug)]
pub(in crate::formats) struct Commands<T: 'static> {
    rows: FxHashMap<&'static str, Vec<(Vec<&'static str>, T)>>,
}

impl<T: Copy> Commands<T> {
    /// The table with each row's words split.
    pub(in crate::formats) fn new(
        table: impl IntoIterator<Item = (&'static str, T)>,
    ) -> Commands<T> {
        let mut rows: FxHashMap<&'static str, Vec<(Vec<&'static str>, T)>> = FxHashMap::default();
        for (words, value) in table {
            let mut words = words.split(' ');
            if let Some(first) = words.next() {
                rows.entry(first).or_default().push((words.collect(), value));
            }
        }
        Commands { rows }
    }

    /// Whether a row begins with this word.
    pub(in crate::formats) fn begins(&self, word: &str) -> bool {
        self.rows.contains_key(word)
    }

    /// The value of the longest row with which `line` begins, from its word `from` on.
    pub(in crate::formats) fn find(&self, line: &ConfigLine<'_>, from: usize) -> Option<T> {
        self.longest(|index| line.word(from + index))
    }

    /// The value of the longest row with which these words begin.
    pub(in crate::formats) fn longest<'w>(&self, word: impl Fn(usize) -> &'w str) -> Option<T> {
        let fits = |rest: &[&str]| {
            rest.iter().enumerate().all(|(i, want)| word(1 + i).eq_ignore_ascii_case(want))
        };
        let rows = self.rows.get(word(0))?;
        rows.iter()
            .filter(|(rest, _)| fits(rest))
            .max_by_key(|(rest, _)| rest.len())
            .map(|(_, value)| *value)
    }
}

/// The rows of a table that is written as one string, separated by commas.
pub(in crate::formats) fn rows(table: &'static str) -> impl Iterator<Item = &'static str> {
    table.split(',').map(str::trim).filter(|row| !row.is_empty())
}

/// Whether a word is the prompt of a device: a name and `#` or `>`.
pub(in crate::formats) fn is_prompt(word: &str) -> bool {
    let Some(at) = word.find(['#', '>']) else { return false };
    let name = word.get(..at).unwrap_or("");
    !name.is_empty()
        && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.()/".contains(c))
        && name.starts_with(|c: char| c.is_ascii_alphabetic())
}

/// The command that stands behind a prompt; empty when none does. `None` when the line does not begin with a prompt.
pub(in crate::formats) fn at_prompt<'a>(line: &ConfigLine<'a>) -> Option<&'a str> {
    let at = line.word(0).find(['#', '>']).filter(|_| is_prompt(line.word(0)))?;
    line.text.get(at + 1..).map(str::trim)
}

/// Accounts for a line that was typed while the device was being configured: what it changes is not in what was printed, and
/// its place among the other lines is not known. `false` when it is no such line.
pub(in crate::formats) fn typed(line: &ConfigLine<'_>, ledger: &mut Ledger<'_>) -> bool {
    let Some(command) = at_prompt(line).filter(|_| line.word(0).contains("(config")) else {
        return false;
    };
    let first = command.split_ascii_whitespace().next().unwrap_or("");
    if matches!(first, "" | "exit" | "end" | "quit" | "do" | "show" | "sh" | "abort" | "^Z")
        || first.starts_with('!')
    {
        return false;
    }
    let reason = text!(
        "プロンプトで入力された設定コマンド「{command}」です。出力された設定に反映されているか特定できないため、この機器のどの通信も通り得ると読みます。",
        "the configuration command {command} was typed at a prompt; whether the printed configuration holds it is not known, so anything may pass this device"
    );
    ledger.unknown(line.span, reason, false);
    true
}

/// Accounts for the beginning of a second configuration in one file.
pub(in crate::formats) fn second_export(span: Span, ledger: &mut Ledger<'_>) {
    let reason = text!(
        "一つのファイルに設定の出力が二つ以上あります。どの時点の設定が有効か特定できないため、ファイルを分けてください。",
        "the file holds more than one configuration; which of them is in force is not known: export one to a file"
    );
    ledger.unknown(span, reason, false);
}
