//! The scrubbed network is judged as any other, and held to the original: what was said there must be said here, by other names.

use std::collections::BTreeMap;

use super::rewrite::{self, Rewriter};
use crate::finding::{Blame, Finding, FlowList, Kind};
use crate::model::{Coverage, LineStatus};
use crate::net::{AddressRange, Prefix, address};
use crate::scan::{self, Loaded, MatrixPair, Scan};
use crate::source::{Sources, Span};
use crate::text;
use crate::text::Text;

/// What was found to be the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Proof {
    /// Verdicts on policy rules.
    pub verdicts: usize,
    /// Findings, of the policy, of what is missing and of hygiene.
    pub findings: usize,
    /// Pairs of zones, each in both families.
    pub cells: usize,
    /// Lines whose status was compared.
    pub lines: usize,
}

/// The first difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Difference {
    /// The place in the original, when it has one: path and line.
    pub(super) place: Option<(String, u32)>,
    /// What differs.
    pub(super) what: Text,
}

/// How the original speaks of what the other calls by new names.
pub(super) struct Renaming<'a> {
    pub(super) rewriter: &'a mut Rewriter,
    /// Old paths and new ones.
    pub(super) paths: &'a BTreeMap<String, String>,
}

impl Renaming<'_> {
    fn path(&self, path: &str) -> String {
        self.paths.get(path).cloned().unwrap_or_else(|| path.to_owned())
    }

    fn name(&mut self, name: &str) -> String {
        match self.paths.get(name) {
            Some(path) => path.clone(),
            None => self.rewriter.text(name),
        }
    }

    fn names(&mut self, name: Option<&String>) -> Option<String> {
        name.map(|name| self.name(name))
    }
}

/// What two runs must agree on, or the first thing that they do not.
pub(super) fn compare(
    old: &Scan,
    new: &Scan,
    renaming: &mut Renaming<'_>,
) -> Result<Proof, Difference> {
    let lines = coverage(&old.loaded, &new.loaded, renaming)?;
    let verdicts = verdicts(old, new, renaming)?;
    let findings = findings(old, new, renaming)?;
    let cells = cells(&old.loaded, &new.loaded, renaming)?;
    Ok(Proof { verdicts, findings, cells, lines })
}

fn difference(what: Text, place: Option<(String, u32)>) -> Difference {
    Difference { place, what }
}

/// Every line that was not understood, or was used, is so again.
fn coverage(old: &Loaded, new: &Loaded, renaming: &Renaming<'_>) -> Result<usize, Difference> {
    let theirs: BTreeMap<&str, &Coverage> =
        all(new).map(|coverage| (new.sources.file(coverage.file).path(), coverage)).collect();
    let mut count = 0;
    for coverage in all(old) {
        let path = old.sources.file(coverage.file).path();
        let image = renaming.path(path);
        let statuses = theirs.get(image.as_str()).map(|coverage| &coverage.lines);
        let same = |line: usize| {
            statuses
                .and_then(|statuses| statuses.get(line))
                .copied()
                .unwrap_or(LineStatus::Irrelevant)
        };
        for (line, status) in coverage.lines.iter().enumerate() {
            if same(line) != *status {
                let (was, is) = (format!("{status:?}"), format!("{:?}", same(line)));
                let number = u32::try_from(line + 1).unwrap_or(u32::MAX);
                let image = theirs
                    .get(image.as_str())
                    .map_or("", |theirs| new.sources.file(theirs.file).line_text(number));
                let image = image.trim();
                let what = text!(
                    "行「{image}」の読み取りが変わります（{was} → {is}）。",
                    "as `{image}` the line would be read differently: {was} before, {is} after"
                );
                return Err(difference(what, Some((path.to_owned(), number))));
            }
            count += 1;
        }
        let gaps = theirs.get(image.as_str()).map_or(0, |coverage| coverage.gaps.len());
        if gaps != coverage.gaps.len() {
            let (was, is) = (coverage.gaps.len(), gaps);
            let what = text!(
                "読み取れない箇所の数が変わります（{was} → {is}）。",
                "it would have {is} unread places instead of {was}"
            );
            return Err(difference(what, Some((path.to_owned(), 1))));
        }
    }
    Ok(count)
}

/// What became of the lines of every configuration.
pub(super) fn all(loaded: &Loaded) -> impl Iterator<Item = &Coverage> {
    let partners = loaded.snapshot.partners.iter().flat_map(|partner| &partner.coverage);
    loaded.snapshot.coverage.iter().flatten().chain(partners)
}

fn verdicts(old: &Scan, new: &Scan, renaming: &mut Renaming<'_>) -> Result<usize, Difference> {
    for (at, verdict) in old.verdicts.iter().enumerate() {
        let rule = renaming.name(&verdict.rule);
        let other = new.verdicts.get(at);
        let same = other.is_some_and(|other| {
            (&other.rule, other.verdict, other.severity)
                == (&rule, verdict.verdict, verdict.severity)
        });
        if !same {
            let (rule, now) = (&verdict.rule, verdict.verdict.id());
            let then = other.map_or("-", |other| other.verdict.id());
            let what = text!(
                "規則「{rule}」の判定が変わります（{now} → {then}）。",
                "the verdict on the rule `{rule}` would change: {now}, then {then}"
            );
            return Err(difference(
                what,
                verdict.span.and_then(|span| place(&old.loaded.sources, span)),
            ));
        }
    }
    if new.verdicts.len() == old.verdicts.len() {
        return Ok(old.verdicts.len());
    }
    Err(difference(text!("規則の数が変わります。", "the number of rules would change"), None))
}

fn place(sources: &Sources, span: Span) -> Option<(String, u32)> {
    Some((sources.file(span.file).path().to_owned(), sources.line(span)))
}

/// What is compared of a finding: all that is no prose, and no choice of one packet among many.
type Told = (String, String, u8, u8, [Option<String>; 3], Option<u8>, Vec<(String, u32)>);

fn findings(old: &Scan, new: &Scan, renaming: &mut Renaming<'_>) -> Result<usize, Difference> {
    let mut theirs: BTreeMap<Told, usize> = BTreeMap::new();
    for finding in &new.findings {
        let ends = [&finding.from, &finding.to, &finding.device].map(Clone::clone);
        let lines = blamed(&new.loaded.sources, &finding.blame, |path| path.to_owned());
        *theirs.entry(told(finding, finding.rule.clone(), ends, lines)).or_default() += 1;
    }
    for finding in &old.findings {
        let ends =
            [&finding.from, &finding.to, &finding.device].map(|name| renaming.names(name.as_ref()));
        let lines = blamed(&old.loaded.sources, &finding.blame, |path| renaming.path(path));
        let rule = renaming.name(&finding.rule);
        let left = theirs.get_mut(&told(finding, rule, ends, lines)).filter(|left| **left > 0);
        match left {
            Some(left) => *left -= 1,
            None => {
                let (ja, en) = (&finding.message.ja, &finding.message.en);
                let what =
                    text!("指摘が消えるか変わります: {ja}", "a finding would go or change: {en}");
                let first =
                    finding.blame.first().and_then(|blame| place(&old.loaded.sources, blame.span));
                return Err(difference(what, first));
            }
        }
    }
    if new.findings.len() == old.findings.len() {
        return Ok(old.findings.len());
    }
    let more = theirs.iter().find(|(_, left)| **left > 0).map(|((kind, rule, ..), _)| (kind, rule));
    let named = more.map(|(kind, rule)| format!("{kind} {rule}")).unwrap_or_default();
    Err(difference(
        text!("指摘が増えます（{named}）。", "there would be more findings: {named}"),
        None,
    ))
}

fn told(
    finding: &Finding,
    rule: String,
    ends: [Option<String>; 3],
    lines: Vec<(String, u32)>,
) -> Told {
    let family = finding.family.map(crate::net::Family::bits);
    // Of many addresses without a place, the one with the lowest number is told: which one that is may change.
    let (ends, lines) = match finding.kind {
        Kind::Coverage => Default::default(),
        _ => (ends, lines),
    };
    (finding.kind.id(), rule, finding.severity as u8, finding.verdict as u8, ends, family, lines)
}

fn blamed(sources: &Sources, blame: &[Blame], path: impl Fn(&str) -> String) -> Vec<(String, u32)> {
    let place =
        |blame: &Blame| (path(sources.file(blame.span.file).path()), sources.line(blame.span));
    let mut lines: Vec<(String, u32)> = blame.iter().map(place).collect();
    lines.sort();
    lines.dedup();
    lines
}

/// A cell of the matrix: the ends, what surely passes and what may pass, with the addresses as ranges in order.
type Cell = (String, String, u8, bool, Vec<Flows>, Vec<Flows>, [u64; 2]);
type Flows = (Vec<AddressRange>, Vec<AddressRange>, String);

fn cells(old: &Loaded, new: &Loaded, renaming: &mut Renaming<'_>) -> Result<usize, Difference> {
    let theirs = scan::matrix(new).pairs;
    let ours = scan::matrix(old).pairs;
    let mut theirs: Vec<Cell> =
        theirs.iter().map(|pair| cell(pair, |name| name.to_owned(), |range| vec![range])).collect();
    theirs.sort();
    for pair in &ours {
        let ends = [renaming.name(&pair.from), renaming.name(&pair.to)];
        let name = |name: &str| if name == pair.from { ends[0].clone() } else { ends[1].clone() };
        let image = cell(pair, name, |range| images(renaming.rewriter, range));
        if theirs.binary_search(&image).is_err() {
            let (from, to) = (&pair.from, &pair.to);
            let what = text!(
                "「{from}」から「{to}」へ通るものが変わります。",
                "what passes from `{from}` to `{to}` would change"
            );
            return Err(difference(what, None));
        }
    }
    if theirs.len() == ours.len() {
        return Ok(ours.len());
    }
    Err(difference(text!("ゾーンの数が変わります。", "the number of zones would change"), None))
}

fn cell(
    pair: &MatrixPair,
    name: impl Fn(&str) -> String,
    mut image: impl FnMut(AddressRange) -> Vec<AddressRange>,
) -> Cell {
    let mut flows = |list: &FlowList| {
        let mut ends = |text: &str| joined(text, &mut image);
        // Of a list that is cut off, which flows are on it is a matter of their addresses.
        let listed = if list.omitted > 0 { &[] } else { list.flows.as_slice() };
        let mut flows: Vec<Flows> = listed
            .iter()
            .map(|cube| (ends(&cube.src), ends(&cube.dst), cube.service.clone()))
            .collect();
        flows.sort();
        flows
    };
    let (must, may) = (flows(&pair.must), flows(&pair.may));
    (
        name(&pair.from),
        name(&pair.to),
        pair.family.bits(),
        pair.everything,
        must,
        may,
        [pair.must.omitted, pair.may.omitted],
    )
}

/// The images of the ranges in a text, in order and joined where they meet. Of a text that is cut off, nothing.
fn joined(
    text: &str,
    image: &mut impl FnMut(AddressRange) -> Vec<AddressRange>,
) -> Vec<AddressRange> {
    let mut out = Vec::new();
    for word in text.split(", ") {
        let range = Prefix::parse(word)
            .map(Prefix::range)
            .or_else(|| rewrite::ranges(word).first().copied());
        match range {
            Some(range) => out.extend(image(range)),
            None => return Vec::new(),
        }
    }
    out.sort_by_key(|range| range.numbers());
    let mut merged: Vec<AddressRange> = Vec::new();
    for range in out {
        let last = merged
            .last()
            .copied()
            .filter(|last| last.numbers().1.checked_add(1) == Some(range.numbers().0));
        match last.and_then(|last| AddressRange::new(last.first(), range.last())) {
            Some(both) => {
                merged.pop();
                merged.push(both);
            }
            None => merged.push(range),
        }
    }
    merged
}

/// The image of a range, whether or not its ends were kept: prefix by prefix.
fn images(rewriter: &mut Rewriter, range: AddressRange) -> Vec<AddressRange> {
    let image = |prefix: Prefix| {
        let first = rewriter.addresses.map(prefix.address());
        Prefix::new(first, prefix.len())
            .unwrap_or(Prefix::host(address(prefix.family(), 0)))
            .range()
    };
    range.prefixes().into_iter().map(image).collect()
}
