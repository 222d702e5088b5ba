//! The two units of an HA pair, line by line: what was verified on one must be there when the other takes over.
//!
//! Compared is the *text* of what decides about packets (rules in their order, translations, objects, routes, where lists are
//! bound) and of what was not understood. What belongs to one unit (host name, serial number, identifiers that the device
//! makes up, addresses of interfaces) is not compared.

use std::collections::BTreeMap;

use super::entries;
use super::{Subject, write};
use crate::finding::{Blame, Finding, Severity};
use crate::model::{Coverage, Device, Id, Interfaces, Remark, Stage};
use crate::snapshot::Partner;
use crate::source::{Sources, Span};
use crate::text;
use crate::text::Text;

/// What is compared as one.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    /// A rule list or translation list, with its number among those of its name.
    List(String, usize),
    /// Where that list is bound.
    Bindings(String, usize),
    Objects,
    Routes,
    NotUnderstood,
}

/// Texts with their places, in order.
type Parts = BTreeMap<Part, Vec<(String, Span)>>;

pub(super) fn check(subject: &Subject<'_>, rule: &'static str) -> Vec<Finding> {
    let partners = subject.snapshot.partners.iter();
    let mut findings = Vec::new();
    for partner in partners.filter(|partner| partner.device == subject.id) {
        let none = Vec::new();
        let coverage = subject.snapshot.coverage.get(subject.id.index()).unwrap_or(&none);
        let active = parts(subject.device, coverage, subject.sources);
        let standby = parts(&partner.export, &partner.coverage, subject.sources);
        let mut names: Vec<&Part> = active.keys().chain(standby.keys()).collect();
        names.sort_unstable();
        names.dedup();
        for part in names {
            // A list that only one of them has is told once, as a list.
            if let Part::Bindings(name, number) = part {
                let list = Part::List(name.clone(), *number);
                if !(active.contains_key(&list) && standby.contains_key(&list)) {
                    continue;
                }
            }
            let of = |parts: &Parts| parts.get(part).cloned().unwrap_or_default();
            findings.extend(finding(subject, rule, (part, partner), (of(&active), of(&standby))));
        }
    }
    findings
}

fn parts(device: &Device, coverage: &[Coverage], sources: &Sources) -> Parts {
    let mut parts = Parts::new();
    lists(device, sources, &mut parts);
    let objects = device.addresses.iter().map(|(_, object)| (&object.name, object.span));
    let services = device.services.iter().map(|(_, object)| (&object.name, object.span));
    let schedules = device.schedules.iter().map(|(_, schedule)| (&schedule.name, schedule.span));
    // What the device brings along stands at the beginning of the file.
    for (_, span) in objects
        .chain(services)
        .chain(schedules)
        .filter(|(name, span)| !name.is_empty() && span.start > 0)
    {
        add(&mut parts, Part::Objects, plain(sources.text(span)), span);
    }
    for (_, context) in device.contexts.iter() {
        for route in context.routes.iter().filter(|route| route.span.start > 0) {
            add(&mut parts, Part::Routes, plain(sources.text(route.span)), route.span);
        }
    }
    for gap in coverage.iter().flat_map(|coverage| &coverage.gaps) {
        add(&mut parts, Part::NotUnderstood, plain(sources.text(gap.span)), gap.span);
    }
    parts
}

/// The lists that somebody wrote, and where they are bound.
fn lists(device: &Device, sources: &Sources, parts: &mut Parts) {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut number = |name| {
        let count = counts.entry(name).or_default();
        *count += 1;
        *count
    };
    for list in entries::lists(device) {
        let name = device.lists[list.id].name.as_str();
        let count = number(name);
        let part = Part::List(name.to_owned(), count);
        for entry in &list.entries {
            add(parts, part.clone(), plain(sources.text(entry.span)), entry.span);
        }
        for (from, to) in &list.places {
            let span = list.entries.first().map(|entry| entry.span);
            let word = |of: &Interfaces| entries::interfaces(device, of).unwrap_or_default();
            if let Some(span) = span {
                let text = format!("{} > {}", word(from), word(to));
                add(parts, Part::Bindings(name.to_owned(), count), text, span);
            }
        }
    }
    // A list that is bound here and not there is the same list, bound otherwise.
    for remark in &device.remarks {
        let Remark::Unbound { list } = remark else { continue };
        let list = &device.lists[*list];
        let count = number(list.name.as_str());
        for line in &list.lines {
            let part = Part::List(list.name.clone(), count);
            add(parts, part, plain(sources.text(line.span)), line.span);
        }
        if let Some(line) = list.lines.first() {
            let part = Part::Bindings(list.name.clone(), count);
            add(parts, part, "nowhere".to_owned(), line.span);
        }
    }
    let mut seen = Vec::new();
    for (_, context) in device.contexts.iter() {
        for stage in &context.pipeline {
            let Stage::Translate(translate) = stage else { continue };
            for list in translate.bindings.iter().flat_map(|binding| &binding.lists) {
                if seen.contains(list) {
                    continue;
                }
                seen.push(*list);
                let name = device.lists[*list].name.as_str();
                let part = Part::List(name.to_owned(), number(name));
                for line in device.lists[*list].lines.iter().filter(|line| line.span.start > 0) {
                    add(parts, part.clone(), plain(sources.text(line.span)), line.span);
                }
            }
        }
    }
}

/// A place that brings several model lines counts once.
fn add(parts: &mut Parts, part: Part, text: String, span: Span) {
    let texts = parts.entry(part).or_default();
    if !text.is_empty() && texts.last().is_none_or(|(last, at)| (last, *at) != (&text, span)) {
        texts.push((text, span));
    }
}

/// The text without what belongs to one unit, and without its layout.
fn plain(text: &str) -> String {
    let of_unit = ["set uuid ", "set global-label-color ", "set hostname ", "hostname "];
    let lines = text.lines().map(str::trim).filter(|l| !of_unit.iter().any(|w| l.starts_with(w)));
    let words = lines.flat_map(str::split_whitespace).filter(|word| {
        !word.starts_with("uuid=") && !word.starts_with("(hitcnt=") && !word.starts_with("0x")
    });
    words.collect::<Vec<_>>().join(" ")
}

/// Lines of a unit: their texts, and where they stand.
type Texts = Vec<(String, Span)>;

/// Of `these` what `those` lack, each as often as it is missing.
fn missing(these: &[(String, Span)], those: &[(String, Span)]) -> Vec<Span> {
    let mut there: BTreeMap<&str, usize> = BTreeMap::new();
    for (text, _) in those {
        *there.entry(text).or_default() += 1;
    }
    let lacks = |(text, _): &&(String, Span)| match there.get_mut(text.as_str()) {
        Some(count) if *count > 0 => {
            *count -= 1;
            false
        }
        _ => true,
    };
    these.iter().filter(lacks).map(|(_, span)| *span).collect()
}

fn finding(
    subject: &Subject<'_>,
    rule: &'static str,
    (part, partner): (&Part, &Partner),
    (active, standby): (Texts, Texts),
) -> Option<Finding> {
    let (here, there) = (missing(&active, &standby), missing(&standby, &active));
    let name = &subject.device.name;
    let what = told(part);
    let (ja, en) = (&what.ja, &what.en);
    let mut blame: Vec<Blame> = Vec::new();
    let message = if here.is_empty() && there.is_empty() {
        let moved = active.iter().zip(&standby).find(|(a, b)| a.0 != b.0);
        let (first, second) = moved.filter(|_| matches!(part, Part::List(..)))?;
        blame.push(write::blame(subject, ACTIVE, first.1));
        blame.push(write::blame(subject, STANDBY, second.1));
        text!(
            "「{name}」の稼働系と待機系で、{ja}の順序が異なります。",
            "the active and the standby unit of {name} have {en} in different order"
        )
    } else {
        let (more, less) = (here.len(), there.len());
        let take = |spans: &[Span], label: &str| -> Vec<Blame> {
            spans.iter().take(NAMED).map(|span| write::blame(subject, label, *span)).collect()
        };
        blame.extend(take(&here, ACTIVE));
        blame.extend(take(&there, STANDBY));
        text!(
            "「{name}」の稼働系と待機系で、{ja}が異なります（稼働系だけにあるもの{more}件、待機系だけにあるもの{less}件）。",
            "the active and the standby unit of {name} differ in {en} (only on the active: {more}, only on the standby: {less})"
        )
    };
    let severity = match part {
        Part::List(..) | Part::Bindings(..) | Part::Objects => Severity::High,
        Part::Routes => Severity::Medium,
        Part::NotUnderstood => Severity::Low,
    };
    let mut finding = write::new(subject, rule, severity, message);
    let place = partner.coverage.first().map(|of| subject.sources.file(of.file).path().to_owned());
    let place = place.unwrap_or_default();
    finding.details.push(text!("待機系の設定: {place}", "export of the standby unit: {place}"));
    finding.advice = Some(text!(
        "どちらが正しいかを確かめ、設定を同期してください。",
        "find out which one is right and synchronise them"
    ));
    finding.blame = blame;
    Some(write::seal(subject, finding, &[en]))
}

/// Lines of each unit named in a finding; all are counted.
const NAMED: usize = 8;
const ACTIVE: &str = "active";
const STANDBY: &str = "standby";

fn told(part: &Part) -> Text {
    match part {
        Part::List(name, 1) => text!("「{name}」の行", "the lines of {name}"),
        Part::List(name, number) => {
            text!("「{name}」（{number}番目）の行", "the lines of {name} (number {number})")
        }
        Part::Bindings(name, _) => text!("「{name}」を適用する場所", "where {name} is bound"),
        Part::Objects => text!("オブジェクトの内容", "objects"),
        Part::Routes => text!("経路", "routes"),
        Part::NotUnderstood => text!("解釈できない行", "lines that are not understood"),
    }
}
