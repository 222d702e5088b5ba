//! What names in a rule sheet stand for: zones, and the objects and services of further sheets.

mod row;

pub use row::network;

use super::address::{self, AddressWord};
use super::header::Column;
use super::service::{ServiceNames, ServiceWord};
use super::words::{self, Ditto};
use super::{Kind, Sheet};
use crate::net::AddressRange;
use crate::source::Span;
use std::collections::{BTreeMap, BTreeSet};

/// A named set of addresses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Object {
    /// Its addresses.
    pub ranges: Vec<AddressRange>,
    /// Domain names in it.
    pub domains: Vec<String>,
    /// Whether every address may be in it, because part of its definition could not be read.
    pub doubtful: bool,
}

/// Names by [`words::key`].
#[derive(Clone, Debug, Default)]
pub struct Names {
    /// Zones, with the name as it was first written.
    pub zones: BTreeMap<String, String>,
    /// Address objects.
    pub objects: BTreeMap<String, Object>,
    /// Services.
    pub services: ServiceNames,
    /// Zones that rules name and that are not among those declared, once [`Names::close`] was called.
    pub strangers: BTreeMap<String, String>,
    closed: bool,
}

/// What became of a row of a list of objects or services.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    /// Read.
    Read(Span),
    /// Part of it could not be read, or the name is defined twice in different ways.
    Doubtful(Span),
    /// Blank or a note.
    Nothing(Span),
}

/// Groups may hold groups; deeper ones are not resolved.
const NESTED: usize = 8;

impl Names {
    /// Adds a zone.
    pub fn zone(&mut self, name: &str) {
        self.zones.entry(words::key(name)).or_insert_with(|| name.to_owned());
    }

    /// The zones so far are all that there are: what a rule calls a zone beside them is none.
    pub fn close(&mut self) {
        self.closed = true;
    }

    /// Whether a rule names this as a zone, and it is none.
    pub(super) fn is_stranger(&self, name: &str) -> bool {
        self.strangers.contains_key(&words::key(name))
    }

    /// Adds a zone that a rule names.
    pub(super) fn named_zone(&mut self, name: &str) {
        if self.closed {
            self.strangers.entry(words::key(name)).or_insert_with(|| name.to_owned());
        } else {
            self.zone(name);
        }
    }

    /// Adds what a list of objects or services defines; one entry a row.
    pub fn define(&mut self, sheet: &Sheet) -> Vec<Entry> {
        match sheet.header.kind {
            Kind::Objects => self.objects(sheet),
            Kind::Services => self.service_list(sheet),
            Kind::Rules | Kind::Flows | Kind::Zones => Vec::new(),
        }
    }

    fn objects(&mut self, sheet: &Sheet) -> Vec<Entry> {
        let mut entries = Vec::new();
        let mut open: Vec<(String, Vec<AddressWord>, usize)> = Vec::new();
        let mut seen: BTreeSet<String> = self.objects.keys().cloned().collect();
        for (name, row) in named(sheet, sheet.column(Column::Name)) {
            let span = row.span(sheet.file);
            let key = words::key(&name);
            let value = row::addresses(sheet, row);
            let nothing = value.as_ref().is_some_and(String::is_empty);
            if key.is_empty()
                || nothing && row.cells.iter().filter(|c| !c.text.is_empty()).count() < 2
            {
                entries.push(if row.is_blank() {
                    Entry::Nothing(span)
                } else {
                    Entry::Doubtful(span)
                });
                continue;
            }
            let found = address::addresses(value.as_deref().unwrap_or(""));
            let bad = row.broken || value.is_none() || nothing || found.doubt.is_some();
            let repeated = !seen.insert(key.clone());
            if bad || repeated {
                self.objects.entry(key.clone()).or_default().doubtful = true;
            }
            entries.push(if bad || repeated { Entry::Doubtful(span) } else { Entry::Read(span) });
            open.push((key, found.words, entries.len() - 1));
        }
        self.resolve(&open, &mut entries);
        entries
    }

    /// Members that are names of other objects are looked up until nothing changes.
    fn resolve(&mut self, open: &[(String, Vec<AddressWord>, usize)], entries: &mut [Entry]) {
        let mut pending: Vec<&(String, Vec<AddressWord>, usize)> = open.iter().collect();
        for round in 0..=NESTED {
            let undefined: BTreeSet<&String> = pending.iter().map(|(key, _, _)| key).collect();
            let mut later = Vec::new();
            let mut done: Vec<(String, Object, usize)> = Vec::new();
            for entry in &pending {
                let (key, values, at) = *entry;
                let waits = values.iter().any(|word| match word {
                    AddressWord::Name(name) => undefined.contains(&words::key(name)),
                    _ => false,
                });
                if waits && round < NESTED {
                    later.push(*entry);
                } else {
                    done.push((key.clone(), self.object(values), *at));
                }
            }
            for (key, object, at) in done {
                if let Some(entry @ Entry::Read(_)) = entries.get_mut(at)
                    && object.doubtful
                    && let Entry::Read(span) = *entry
                {
                    *entry = Entry::Doubtful(span);
                }
                let slot = self.objects.entry(key).or_default();
                slot.ranges.extend(object.ranges);
                slot.domains.extend(object.domains);
                slot.doubtful |= object.doubtful;
            }
            if later.is_empty() {
                return;
            }
            pending = later;
        }
    }

    fn object(&self, values: &[AddressWord]) -> Object {
        let mut object = Object::default();
        for word in values {
            match word {
                AddressWord::Any => object.ranges.extend(everything()),
                AddressWord::Range(range) => object.ranges.push(*range),
                AddressWord::Domain(name) => object.domains.push(name.clone()),
                AddressWord::Name(name) => match self.objects.get(&words::key(name)) {
                    Some(other) => {
                        object.ranges.extend(&other.ranges);
                        object.domains.extend(other.domains.iter().cloned());
                        object.doubtful |= other.doubtful;
                    }
                    None => object.doubtful = true,
                },
            }
        }
        object
    }

    fn service_list(&mut self, sheet: &Sheet) -> Vec<Entry> {
        let mut entries = Vec::new();
        let mut added: BTreeMap<String, Vec<ServiceWord>> = BTreeMap::new();
        let mut bad: BTreeSet<String> = BTreeSet::new();
        let name = sheet.column(Column::Service).or_else(|| sheet.column(Column::Name));
        for (name, row) in named(sheet, name) {
            let span = row.span(sheet.file);
            let key = words::key(&name);
            if key.is_empty() || !row::says_ports(sheet, row) {
                entries.push(if row.is_blank() {
                    Entry::Nothing(span)
                } else {
                    Entry::Doubtful(span)
                });
                continue;
            }
            let found = row::services(sheet, row).filter(|_| !row.broken);
            let unread = found.is_none();
            if unread {
                bad.insert(key.clone());
            }
            added.entry(key).or_default().extend(found.unwrap_or_default());
            entries.push(if unread { Entry::Doubtful(span) } else { Entry::Read(span) });
        }
        for (key, words) in added {
            // Unread or defined in two lists: it keeps the word from being looked up elsewhere.
            let known = self.services.contains_key(&key) || bad.contains(&key);
            self.services.insert(key, if known { Vec::new() } else { words });
        }
        entries
    }
}

/// Every address of both families.
pub(super) fn everything() -> [AddressRange; 2] {
    crate::net::Family::ALL.map(|family| crate::net::Prefix::all(family).range())
}

/// The name of each row; one that is as above is repeated.
fn named(sheet: &Sheet, name: Option<usize>) -> Vec<(String, &super::grid::Row)> {
    let mut above = String::new();
    let mut out = Vec::new();
    for row in sheet.body() {
        let mut own = name.map_or("", |at| row.text(at)).to_owned();
        if words::ditto(&own) == Some(Ditto::Above) {
            own.clone_from(&above);
        }
        above.clone_from(&own);
        out.push((own, row));
    }
    out
}
