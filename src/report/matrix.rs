//! What can travel between every pair of zones: a table, JSON or CSV.

use super::page::{Page, Tone};
use super::passage::{Passage, passage};
use super::{Style, escape, mirror, view, width};
use crate::net::Family;
use crate::scan::{Matrix, MatrixPair};
use crate::text;
use serde::Serialize;
use std::collections::BTreeSet;

/// How a matrix is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MatrixFormat {
    /// A table of words.
    Terminal,
    /// `{"pairs":[…]}`.
    Json,
    /// One row a pair and family.
    Csv,
}

/// So many pairs at most are listed below the table when nobody asks for more.
const LISTED: usize = 20;
/// The widest table that is drawn as a table.
const TABLE_LIMIT: usize = 140;

#[derive(Serialize)]
struct MatrixJson {
    pairs: Vec<PairJson>,
}

#[derive(Serialize)]
struct PairJson {
    from: String,
    to: String,
    family: mirror::FamilyWord,
    passage: &'static str,
    must: Vec<mirror::CubeJson>,
    may: Vec<mirror::CubeJson>,
    must_omitted: u64,
    may_omitted: u64,
}

/// The matrix as text.
#[must_use]
pub fn matrix(matrix: &Matrix, format: MatrixFormat, style: &Style) -> String {
    match format {
        MatrixFormat::Terminal => table(matrix, style),
        MatrixFormat::Json => json(matrix),
        MatrixFormat::Csv => csv(matrix),
    }
}

fn word(pair: &MatrixPair) -> Passage {
    passage(&pair.must, &pair.may, pair.everything)
}

fn json(matrix: &Matrix) -> String {
    let pair = |pair: &MatrixPair| PairJson {
        from: pair.from.clone(),
        to: pair.to.clone(),
        family: mirror::family_word(pair.family),
        passage: word(pair).id(),
        must: mirror::cubes(&pair.must),
        may: mirror::cubes(&pair.may),
        must_omitted: pair.must.omitted,
        may_omitted: pair.may.omitted,
    };
    let all = MatrixJson { pairs: matrix.pairs.iter().map(pair).collect() };
    escape::json(&serde_json::to_string_pretty(&all).unwrap_or_default()) + "\n"
}

fn csv(matrix: &Matrix) -> String {
    let mut out = "from,to,family,passage,must,may\n".to_owned();
    for pair in &matrix.pairs {
        let flows = |list| view::flow_lines(list, usize::MAX, text::Lang::En).join("; ");
        let fields = [
            pair.from.clone(),
            pair.to.clone(),
            pair.family.id().to_owned(),
            word(pair).id().to_owned(),
            flows(&pair.must),
            flows(&pair.may),
        ];
        out += &fields.map(|field| escape::csv(&field)).join(",");
        out.push('\n');
    }
    out
}

fn table(matrix: &Matrix, style: &Style) -> String {
    let mut page = Page::new(style);
    if matrix.pairs.is_empty() {
        let none = text!("ゾーンの組がありません。", "There is no pair of zones.");
        let none = page.say(&none).to_owned();
        page.text(0, &none);
    }
    for family in Family::ALL {
        let pairs: Vec<&MatrixPair> = matrix.pairs.iter().filter(|p| p.family == family).collect();
        if pairs.is_empty() {
            continue;
        }
        let name = family.name();
        let open = pairs.iter().any(|pair| word(pair) != Passage::None);
        if open {
            one_family(&mut page, &pairs, name, style);
        } else {
            let count = pairs.len();
            let line = text!(
                "{name}: {count} 組のすべてで、通るものはありません。",
                "{name}: nothing passes in any of {count} pairs."
            );
            let line = page.say(&line).to_owned();
            page.text(0, &line);
        }
        page.blank();
    }
    page.finish()
}

fn one_family(page: &mut Page<'_>, pairs: &[&MatrixPair], name: &str, style: &Style) {
    page.heading(&text!(
        "{name}: 行から列への到達可能性",
        "{name}: what travels from the row to the column"
    ));
    let froms = names(pairs.iter().map(|pair| pair.from.as_str()));
    let seen: BTreeSet<&str> = pairs.iter().map(|pair| pair.to.as_str()).collect();
    let all = names(froms.iter().copied().chain(pairs.iter().map(|pair| pair.to.as_str())));
    let tos: Vec<&str> = all.into_iter().filter(|name| seen.contains(name)).collect();
    let first = froms.iter().map(|name| width::columns(name)).max().unwrap_or(0);
    let cell = |to: &str| width::columns(to).max(if style.lang == text::Lang::Ja { 9 } else { 12 });
    let total = first + tos.iter().map(|to| cell(to) + 2).sum::<usize>();
    if total > style.width.unwrap_or(TABLE_LIMIT).max(80) {
        return list(page, pairs, style, true);
    }
    let mut header = width::pad("", first);
    for to in &tos {
        header += "  ";
        header += &width::pad(&escape::terminal(to), cell(to));
    }
    page.row("", &[(Tone::Strong, &header)]);
    for from in &froms {
        let words: Vec<(Tone, String)> = tos
            .iter()
            .map(|to| {
                let pair = pairs.iter().find(|pair| pair.from == *from && pair.to == *to);
                let word = pair.map(|pair| word(pair));
                let text = word.map_or("-".to_owned(), |w| w.word().get(style.lang).to_owned());
                let tone = word.map_or(Tone::Faint, Passage::tone);
                (tone, format!("  {}", width::pad(&text, cell(to))))
            })
            .collect();
        let name = width::pad(&escape::terminal(from), first);
        let mut pieces = vec![(Tone::Strong, name.as_str())];
        pieces.extend(words.iter().map(|(tone, text)| (*tone, text.as_str())));
        page.row("", &pieces);
    }
    let told = |pair: &&&MatrixPair| !matches!(word(pair), Passage::All | Passage::None);
    if style.verbose || (1..=LISTED).contains(&pairs.iter().filter(told).count()) {
        page.blank();
        list(page, pairs, style, style.verbose);
    }
}

/// The pairs between which something passes, with what passes; those between which everything does only when `whole`.
fn list(page: &mut Page<'_>, pairs: &[&MatrixPair], style: &Style, whole: bool) {
    for pair in pairs {
        let word = word(pair);
        if word == Passage::None || word == Passage::All && !whole {
            continue;
        }
        let ends = format!("{} → {}  ", pair.from, pair.to);
        let text = word.word();
        page.row("", &[(Tone::Strong, &ends), (word.tone(), text.get(style.lang))]);
        for line in
            view::flow_lines(&pair.may, if style.verbose { usize::MAX } else { 3 }, style.lang)
        {
            page.sentence("    ", "      ", Tone::Plain, &line);
        }
    }
    let closed = pairs.iter().filter(|pair| self::word(pair) == Passage::None).count();
    if closed > 0 {
        let line = text!(
            "ほかの {closed} 組では、通るものはありません。",
            "Nothing passes in the other {closed} pairs."
        );
        let line = page.say(&line).to_owned();
        page.text(0, &line);
    }
}

/// Each name once, in the order in which they first come.
fn names<'a>(all: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut seen = BTreeSet::new();
    all.filter(|name| seen.insert(*name)).collect()
}
