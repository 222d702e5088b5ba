//! Whether the order of the rows is that in which they apply.

use super::{Doubt, Party, Rule, Table};
use crate::sheet::header::Column;
use crate::sheet::service::ServiceWord;
use crate::sheet::words;
use crate::text;
use crate::text::Text;
use std::collections::BTreeMap;

/// The numbers of the rows so far.
pub(super) struct Order {
    columns: Vec<Numbers>,
}

/// A column of numbers.
struct Numbers {
    at: usize,
    /// Whether its heading says that rules apply in this order, whatever it holds.
    ranks: bool,
    /// The last number of each form (`1`, `1-2`, `A-3`), with its parts.
    last: BTreeMap<String, (Vec<u64>, String)>,
    /// The last rank that is no number.
    word: Option<String>,
}

impl Order {
    /// The first column of numbers counts, and each whose heading speaks of an order: a second one may be of another list.
    pub(super) fn new(table: &Table<'_>) -> Order {
        let header = &table.sheet.header;
        let numbers = header.columns.iter().zip(&header.names).enumerate();
        let numbers = numbers.filter(|(_, (column, _))| **column == Column::Number);
        let columns = numbers.enumerate().filter_map(|(nth, (at, (_, name)))| {
            let ranks = ranks(name);
            (nth == 0 || ranks).then(|| Numbers { at, ranks, last: BTreeMap::new(), word: None })
        });
        Order { columns: columns.collect() }
    }

    /// Takes a row: the column that contradicts its place, with the choices.
    pub(super) fn breaks(&mut self, texts: &[String]) -> Option<(usize, Text)> {
        let mut found = None;
        for column in &mut self.columns {
            let text = texts.get(column.at).map_or("", String::as_str);
            found = found.or(column.breaks(text).map(|choices| (column.at, choices)));
        }
        found
    }
}

impl Numbers {
    fn breaks(&mut self, text: &str) -> Option<Text> {
        let (form, numbers) = parts(text);
        if text.is_empty() || words::is_dash(text) {
            return None;
        }
        let number = words::plain(text);
        if numbers.is_empty() {
            let other = self.word.replace(number.clone()).filter(|before| *before != number)?;
            return self.ranks.then(|| choices(&other, &number));
        }
        let before = self.last.insert(form, (numbers.clone(), number.clone()));
        let (_, before) = before.filter(|(before, _)| numbers < *before)?;
        Some(choices(&before, &number))
    }
}

fn choices(before: &str, number: &str) -> Text {
    text!(
        "行の順か、番号の順か（番号 {before} の次に {number} があります）",
        "the order of rows, or of numbers ({number} comes after {before})"
    )
}

fn ranks(heading: &str) -> bool {
    ["優先", "順", "priority", "seq", "order"].iter().any(|word| words::key(heading).contains(word))
}

/// The numbers in a text, and the text without them.
fn parts(text: &str) -> (String, Vec<u64>) {
    let (mut form, mut numbers) = (String::new(), Vec::new());
    let mut digits = String::new();
    for c in words::key(text).chars().chain(['\0']) {
        if c.is_ascii_digit() {
            digits.push(c);
            continue;
        }
        if let Ok(number) = std::mem::take(&mut digits).parse() {
            numbers.push(number);
            form.push('#');
        }
        form.push(c);
    }
    (form, numbers)
}

/// A row of everything else stands for what no other row speaks of. Where a later row does something else to the same packets,
/// which of them comes first is not certain.
pub(super) fn settle_rest(rules: &mut [Rule], rest: Vec<(usize, Doubt)>) {
    for (at, doubt) in rest {
        let Some((rule, later)) = rules.get(at..).and_then(<[Rule]>::split_first) else { continue };
        let hides = |other: &Rule| {
            other.enabled
                && (other.permit.is_none() || other.permit != rule.permit)
                && meet(rule, other)
        };
        if later.iter().any(hides)
            && let Some(rule) = rules.get_mut(at)
        {
            rule.doubts.push(doubt);
        }
    }
}

/// Whether two rules may speak of the same packet.
fn meet(one: &Rule, other: &Rule) -> bool {
    let mut flows = one.flows.iter().flat_map(|a| other.flows.iter().map(move |b| (a, b)));
    let mut services = one.services.iter().flat_map(|a| other.services.iter().map(move |b| (a, b)));
    flows.any(|(a, b)| parties_meet(&a.from, &b.from) && parties_meet(&a.to, &b.to))
        && services.any(|(a, b)| services_meet(*a, *b))
}

fn parties_meet(one: &Party, other: &Party) -> bool {
    let apart = |a: &Vec<String>, b: &Vec<String>| !a.iter().any(|zone| b.contains(zone));
    if one.zones.as_ref().zip(other.zones.as_ref()).is_some_and(|(a, b)| apart(a, b)) {
        return false;
    }
    let (Some(a), Some(b)) = (&one.addresses, &other.addresses) else { return true };
    !one.domains.is_empty()
        || !other.domains.is_empty()
        || a.iter().any(|a| b.iter().any(|b| a.first() <= b.last() && b.first() <= a.last()))
}

fn services_meet(one: ServiceWord, other: ServiceWord) -> bool {
    let ports = |a: crate::net::PortRange, b: crate::net::PortRange| {
        a.first() <= b.last() && b.first() <= a.last()
    };
    one.protocol.zip(other.protocol).is_none_or(|(a, b)| a == b)
        && one.icmp_type.zip(other.icmp_type).is_none_or(|(a, b)| a == b)
        && ports(one.source, other.source)
        && ports(one.destination, other.destination)
}
