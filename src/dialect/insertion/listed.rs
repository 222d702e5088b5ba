//! Vendors that write one condition a line.

use super::{Insertion, Site, indent};
use crate::dialect::rule::{self, Rule};

/// Before an entry, with the same beginning.
fn before(at: usize, lines: Vec<String>, commands: Vec<String>) -> Insertion {
    Insertion { added: vec![(at, lines)], commands, ..Insertion::default() }
}

/// The rules of one family; a list of the vendor holds no other.
fn of_family(rules: &[Rule], six: bool) -> Vec<Rule> {
    rules.iter().copied().filter(|rule| rule.is_v6() == six).collect()
}

/// Every rule in words; `None` when one has none.
fn said(rules: &[Rule], words: impl Fn(&Rule) -> Option<String>) -> Option<Vec<String>> {
    rules.iter().map(words).collect()
}

/// `access-list A line 3 extended deny …`. Remarks count as lines.
pub(super) fn asa(site: &Site<'_>, rules: &[Rule]) -> Option<Insertion> {
    let (at, text) = site.first()?;
    let words: Vec<&str> = text.split_whitespace().take(3).collect();
    let ["access-list", list, "extended"] = words.as_slice() else { return None };
    let head = format!("access-list {list} ");
    let number = 1 + site.lines.iter().take(at).filter(|line| line.starts_with(&head)).count();
    let said = said(rules, rule::asa)?;
    let typed =
        (number..).zip(&said).map(|(line, rule)| format!("{head}line {line} extended {rule}"));
    let commands = typed.collect();
    Some(before(at, said.iter().map(|rule| format!("{head}extended {rule}")).collect(), commands))
}

/// Lines of a numbered or named list. Where lines have numbers, the new ones need room between them.
pub(super) fn ios(site: &Site<'_>, rules: &[Rule]) -> Option<Insertion> {
    let (at, text) = site.first()?;
    let words: Vec<&str> = text.split_whitespace().take(2).collect();
    if let ["access-list", list] = words.as_slice() {
        let number: u32 = list.parse().ok()?;
        if matches!(number, 1..=99 | 1300..=1999) {
            return None;
        }
        let said = said(rules, rule::ios)?;
        let head = format!("access-list {list} ");
        let above = site.lines.iter().take(at);
        let above = above.filter(|line| line.starts_with(&head) && !line.contains(" remark "));
        let numbers =
            between(Some(10 * above.clone().count()), 10 * (above.count() + 1), said.len());
        let mut commands = vec![format!("ip access-list extended {list}")];
        commands.extend(numbers?.into_iter().zip(&said).map(|(n, rule)| format!("{n} {rule}")));
        return Some(before(
            at,
            said.iter().map(|rule| format!("{head}{rule}")).collect(),
            commands,
        ));
    }
    let (_, block) = site.block(0)?;
    let is_six = block.trim().starts_with("ipv6 access-list ");
    if !is_six && !block.trim().starts_with("ip access-list extended ") {
        return None;
    }
    numbered(site, &said(&of_family(rules, is_six), rule::ios)?)
}

/// Lines of a hardware access list.
pub(super) fn awplus(site: &Site<'_>, rules: &[Rule]) -> Option<Insertion> {
    let (_, block) = site.block(0)?;
    if !block.trim().starts_with("access-list hardware ") {
        return None;
    }
    numbered(site, &said(rules, rule::awplus)?)
}

/// Before an entry of a block, numbered when it has a number.
fn numbered(site: &Site<'_>, said: &[String]) -> Option<Insertion> {
    let ((at, text), (head, block)) = (site.first()?, site.block(0)?);
    if said.is_empty() {
        return None;
    }
    let own = number(text);
    let inside = site.lines.get(head + 1..at)?.iter().map(|line| line.trim());
    let inside = inside.filter(|line| !line.is_empty() && !line.contains("remark "));
    let above = inside.clone().count();
    let last = inside.filter_map(number).next_back();
    let (from, to) = match own {
        Some(own) => (last, own),
        None => (Some(10 * above), 10 * (above + 1)),
    };
    let numbers = between(from, to, said.len())?;
    let mut commands = vec![block.trim().to_owned()];
    let typed: Vec<String> =
        numbers.iter().zip(said).map(|(n, rule)| format!("{n} {rule}")).collect();
    commands.extend(typed.iter().cloned());
    let written = if own.is_some() { typed } else { said.to_vec() };
    let indent = indent(text);
    Some(before(at, written.iter().map(|line| format!("{indent}{line}")).collect(), commands))
}

/// The number that a line begins with.
fn number(text: &str) -> Option<usize> {
    text.split_whitespace().next()?.parse().ok()
}

/// `count` ascending numbers above `from` and below `to`; `None` without room.
fn between(from: Option<usize>, to: usize, count: usize) -> Option<Vec<usize>> {
    let from = from.unwrap_or(0);
    let step = to.checked_sub(from)? / (count + 1);
    (step > 0).then(|| (1..=count).map(|place| from + step * place).collect())
}

/// Lines of a list. The device has no command that puts a line between others.
pub(super) fn nec_ix(site: &Site<'_>, rules: &[Rule]) -> Option<Insertion> {
    let (at, text) = site.first()?;
    let words: Vec<&str> = text.split_whitespace().take(3).collect();
    let [ip @ ("ip" | "ipv6"), "access-list", list] = words.as_slice() else { return None };
    let lines = said(&of_family(rules, *ip == "ipv6"), rule::nec_ix)?;
    let lines: Vec<String> =
        lines.iter().map(|rule| format!("{ip} access-list {list} {rule}")).collect();
    (!lines.is_empty()).then(|| before(at, lines, Vec::new()))
}

/// Filters with numbers of their own, and each `secure filter` that names the old one names them before it, or in its place.
pub(super) fn yamaha(site: &Site<'_>, rules: &[Rule]) -> Option<Insertion> {
    let (at, text) = site.first()?;
    let words: Vec<&str> = text.split_whitespace().take(3).collect();
    let [ip @ ("ip" | "ipv6"), "filter", own] = words.as_slice() else { return None };
    let said = said(&of_family(rules, *ip == "ipv6"), rule::yamaha)?;
    let taken = site.lines.iter().filter_map(|line| {
        let mut words = line.split_whitespace().skip_while(|word| *word != "filter").skip(1);
        words.next()?.parse::<u32>().ok()
    });
    let free = taken.max()?.checked_add(1)?;
    let numbers: Vec<String> = (free..).take(said.len()).map(|number| number.to_string()).collect();
    let lines: Vec<String> = numbers
        .iter()
        .zip(&said)
        .map(|(number, rule)| format!("{ip} filter {number} {rule}"))
        .collect();
    let mut out = before(at, lines.clone(), lines);
    let mut select = None;
    for (position, line) in site.lines.iter().enumerate() {
        let trimmed = line.trim();
        if trimmed.starts_with("pp select ") || trimmed.starts_with("tunnel select ") {
            select = Some(trimmed);
        }
        let named: Vec<&str> = if site.replaced { Vec::new() } else { vec![own] };
        let Some(bound) = bound(line, (ip, own), &numbers, &named) else { continue };
        if trimmed.starts_with(&format!("{ip} pp "))
            || trimmed.starts_with(&format!("{ip} tunnel "))
        {
            out.commands.extend(select.map(str::to_owned));
        }
        out.commands.push(bound.trim().to_owned());
        out.gone.insert(position);
        out.added.push((position, vec![bound]));
    }
    (!said.is_empty() && !out.gone.is_empty()).then_some(out)
}

/// A `secure filter` line with the new numbers and `kept` in place of the old one; `None` when it does not name that.
fn bound(line: &str, (ip, own): (&str, &str), numbers: &[String], kept: &[&str]) -> Option<String> {
    if !line.trim_start().starts_with(&format!("{ip} ")) || !line.contains(" secure filter ") {
        return None;
    }
    let mut out = Vec::new();
    let (mut is_listed, mut is_static) = (false, true);
    for word in line.trim_start().split(' ') {
        is_static &= word != "dynamic";
        if word == own && is_static {
            is_listed = true;
            out.extend(numbers.iter().map(String::as_str).chain(kept.iter().copied()));
        } else {
            out.push(word);
        }
    }
    is_listed.then(|| format!("{}{}", indent(line), out.join(" ")))
}

/// `-A FORWARD …` with the interfaces of the old line, and `iptables -I FORWARD 3 …`.
pub(super) fn iptables(site: &Site<'_>, rules: &[Rule]) -> Option<Insertion> {
    let (at, text) = site.first()?;
    let words: Vec<&str> = text.split_whitespace().collect();
    let ["-A", chain, rest @ ..] = words.as_slice() else { return None };
    let mut interfaces = String::new();
    for (position, word) in rest.iter().enumerate() {
        if !matches!(*word, "-i" | "-o") {
            continue;
        }
        let not = position > 0 && rest.get(position - 1) == Some(&"!");
        let name = rest.get(position + 1)?;
        interfaces.push_str(&format!("{}{word} {name} ", if not { "! " } else { "" }));
    }
    let table = site.lines.get(..at)?.iter().rposition(|line| line.starts_with('*'));
    let head = format!("-A {chain} ");
    let above = site.lines.get(table.map_or(0, |table| table + 1)..at)?;
    let number = 1 + above.iter().filter(|line| line.starts_with(&head)).count();
    let said = said(rules, rule::iptables)?;
    let command = |(number, (rule, said)): (usize, (&Rule, &String))| {
        let program = if rule.is_v6() { "ip6tables" } else { "iptables" };
        format!("{program} -I {chain} {number} {interfaces}{said}")
    };
    let commands = (number..).zip(rules.iter().zip(&said)).map(command).collect();
    let lines = said.iter().map(|said| format!("{head}{interfaces}{said}")).collect();
    Some(before(at, lines, commands))
}

/// Before a rule of a chain. Only a listing with handles would say what to type.
pub(super) fn nftables(site: &Site<'_>, rules: &[Rule]) -> Option<Insertion> {
    let ((at, text), (_, chain)) = (site.first()?, site.block(0)?);
    if !chain.trim().starts_with("chain ") || text.contains(';') {
        return None;
    }
    let said = said(rules, rule::nftables)?;
    let indent = indent(text);
    Some(before(at, said.iter().map(|rule| format!("{indent}{rule}")).collect(), Vec::new()))
}
