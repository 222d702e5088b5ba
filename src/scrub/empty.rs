//! Lines that decide nothing are left empty. A line goes when the reader says of everything else exactly what it said before.

use std::collections::BTreeSet;
use std::hash::RandomState;

use super::rewrite;
use crate::dialect;
use crate::formats::{self, Format, Input, Reading};
use crate::model::{Device, LineStatus, Remark, Shape};
use crate::source::{FileId, Sources};

/// Readings that are tried for one device before lines without a name or address are left as they are.
const TRIES: usize = 40;
/// Readings that are tried for one device at most; lines that are not settled by then stay, rewritten.
const TRIES_IN_ALL: usize = 120;

/// The files of one device, as lines.
pub(super) struct Export<'a> {
    pub(super) format: &'static Format,
    /// The interfaces that the reader is told of.
    pub(super) interfaces: Vec<String>,
    /// Path and text.
    pub(super) files: Vec<(&'a str, &'a str)>,
}

/// What a reader made of the files.
#[derive(PartialEq)]
struct Said {
    shape: Shape,
    places: Vec<String>,
    remarks: Vec<String>,
    stations: Vec<String>,
    lines: Vec<Vec<LineStatus>>,
    gaps: Vec<String>,
    detected: Vec<Option<&'static str>>,
}

/// A line: the number of its file and its own, both from 0.
type Place = (usize, usize);

/// For each file, whether each line stays.
pub(super) fn kept(export: &Export<'_>) -> Vec<Vec<bool>> {
    let mut lines: Vec<Vec<bool>> =
        export.files.iter().map(|(_, text)| vec![true; text.split('\n').count()]).collect();
    let mut trial = Trial {
        export,
        lines: export.files.iter().map(|(_, text)| text.split('\n').collect()).collect(),
        key: RandomState::new(),
        left: TRIES_IN_ALL,
    };
    let Some((before, candidates)) = trial.begin() else { return lines };
    let mut open = vec![candidates];
    while let Some(mut places) = open.pop() {
        if trial.left + TRIES < TRIES_IN_ALL {
            places.retain(|place| trial.tells(*place));
        }
        if places.is_empty() || trial.left == 0 {
            continue;
        }
        set(&mut lines, &places, false);
        if trial.read(&lines).is_some_and(|(said, _)| said == before) {
            continue;
        }
        set(&mut lines, &places, true);
        if places.len() > 1 {
            let (first, second) = places.split_at(middle(&places));
            open.extend([second.to_vec(), first.to_vec()]);
        }
    }
    lines
}

fn set(lines: &mut [Vec<bool>], places: &[Place], stays: bool) {
    for (file, line) in places {
        if let Some(slot) = lines.get_mut(*file).and_then(|lines| lines.get_mut(*line)) {
            *slot = stays;
        }
    }
}

/// Where to part: between two runs of lines when there are several, so that blocks stay together.
fn middle(places: &[Place]) -> usize {
    let half = places.len() / 2;
    let ends_run =
        |at: &usize| match (at.checked_sub(1).and_then(|at| places.get(at)), places.get(*at)) {
            (Some((file, line)), Some(next)) => *next != (*file, line + 1),
            _ => false,
        };
    (1..places.len()).filter(ends_run).min_by_key(|at| at.abs_diff(half)).unwrap_or(half)
}

struct Trial<'e, 'a> {
    export: &'e Export<'a>,
    lines: Vec<Vec<&'a str>>,
    key: RandomState,
    left: usize,
}

impl Trial<'_, '_> {
    /// What the reader says of the whole, and the lines that do not matter to it.
    fn begin(&mut self) -> Option<(Said, Vec<Place>)> {
        let whole: Vec<Vec<bool>> = self
            .export
            .files
            .iter()
            .map(|(_, text)| vec![true; text.split('\n').count()])
            .collect();
        let (said, names) = self.read(&whole)?;
        let mut places = Vec::new();
        for (file, ((_, text), statuses)) in self.export.files.iter().zip(&said.lines).enumerate() {
            for (line, (text, status)) in text.split('\n').zip(statuses).enumerate() {
                if *status == LineStatus::Irrelevant
                    && !text.trim().is_empty()
                    && !mentions(text, &names)
                {
                    places.push((file, line));
                }
            }
        }
        Some((said, places))
    }

    /// Whether a line has a comment, a name or an address in it.
    fn tells(&self, (file, line): Place) -> bool {
        let text =
            self.lines.get(file).and_then(|lines| lines.get(line)).copied().unwrap_or_default();
        let common = |word: &str| {
            word.split(['/', ':', '.']).all(dialect::is_composed) && rewrite::parse(word).is_none()
        };
        text.trim_start().starts_with(['#', '!', '/', ';'])
            || !rewrite::words(text).all(|(_, word)| common(word))
    }

    /// What the reader says of the lines that stay, and the names of objects that it knows.
    fn read(&mut self, lines: &[Vec<bool>]) -> Option<(Said, BTreeSet<String>)> {
        self.left = self.left.saturating_sub(1);
        let mut sources = Sources::default();
        let mut ids = Vec::new();
        for ((path, text), stay) in self.export.files.iter().zip(lines) {
            ids.push(sources.add(path, emptied(text, stay).as_bytes()).ok()?);
        }
        let inputs: Vec<Input<'_>> =
            ids.iter().map(|id| Input { id: *id, file: sources.file(*id) }).collect();
        let reading = self.export.format.read(&inputs, &self.export.interfaces);
        let addresses = reading.device.addresses.iter().map(|(_, object)| &object.name);
        let services = reading.device.services.iter().map(|(_, object)| &object.name);
        let first = |name: &String| rewrite::words(name).next().map(|(_, word)| word.to_owned());
        let names = addresses.chain(services).filter_map(first).collect();
        Some((self.said(&reading, &sources, &ids), names))
    }

    fn said(&self, reading: &Reading, sources: &Sources, ids: &[FileId]) -> Said {
        let gaps = reading.coverage.iter().flat_map(|coverage| &coverage.gaps);
        let gap = |gap: &crate::model::Gap| {
            format!(
                "{} {:?} {} {}",
                sources.place(gap.span),
                gap.status,
                gap.contained,
                gap.reason.en
            )
        };
        let remark = |remark: &Remark| match remark {
            Remark::Undefined { kind, name, span } => {
                format!("{kind} {name} {}", sources.place(*span))
            }
            Remark::Unbound { list } => format!("{list:?}"),
            Remark::IdlePort { name, span }
            | Remark::Bridged { name, span }
            | Remark::Recursive { name, span } => {
                format!("{name} {}", sources.place(*span))
            }
        };
        Said {
            shape: Shape::of(&reading.device, &self.key),
            places: places(&reading.device, sources),
            remarks: reading.device.remarks.iter().map(remark).collect(),
            stations: reading
                .device
                .stations
                .iter()
                .map(|s| format!("{} {}", s.address, s.hardware))
                .collect(),
            lines: reading.coverage.iter().map(|coverage| coverage.lines.clone()).collect(),
            gaps: gaps.map(gap).collect(),
            detected: ids
                .iter()
                .map(|id| formats::detect(sources.file(*id).text()).ok().map(|format| format.id))
                .collect(),
        }
    }
}

/// Where a device says what findings are told of.
fn places(device: &Device, sources: &Sources) -> Vec<String> {
    let own = device.own.whole.iter().copied().chain(device.own.facts.iter().map(|fact| fact.span));
    let lines = device.lists.iter().flat_map(|(_, list)| list.lines.iter().map(|line| line.span));
    let interfaces = device.interfaces.iter().map(|(_, interface)| interface.span);
    let routes = device
        .contexts
        .iter()
        .flat_map(|(_, context)| context.routes.iter().map(|route| route.span));
    own.chain(lines).chain(interfaces).chain(routes).map(|span| sources.place(span)).collect()
}

/// Whether a line speaks of an object: hygiene asks of objects that no rule uses whether anything else does.
fn mentions(line: &str, names: &BTreeSet<String>) -> bool {
    rewrite::words(line).any(|(_, word)| names.contains(word))
}

/// The text with the lines that go left empty.
pub(super) fn emptied(text: &str, stay: &[bool]) -> String {
    let lines = text.split('\n').zip(stay).map(|(line, stays)| if *stays { line } else { "" });
    lines.collect::<Vec<_>>().join("\n")
}
