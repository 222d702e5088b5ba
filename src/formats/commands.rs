//! Tables of commands for readers of line formats: the longest row with which a line begins decides.

use super::Ledger;
use super::lines::{Block, ConfigLine};
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
