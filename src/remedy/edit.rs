//! One place of a configuration, edited: an entry taken away as whole lines of its file, lines put before it, or both.

use std::collections::BTreeSet;

use crate::dialect::{Insertion, Place, Product};
use crate::finding::Blame;
use crate::scan::{Edit, Files, Role, Scan};
use crate::source::Encoding;

/// What an edit does with an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Act {
    /// 削除: it is taken away.
    Remove,
    /// 置換: lines that let less pass stand in its place.
    Narrow,
    /// 拒否の追加: lines that stop what must not pass stand before it.
    Bar,
}

impl Act {
    /// The identifier in machine formats.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Act::Remove => "remove",
            Act::Narrow => "narrow",
            Act::Bar => "bar",
        }
    }
}

/// An edit of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// What is done.
    pub act: Act,
    /// The device.
    pub device: String,
    /// How an engineer names the entry.
    pub label: String,
    /// The file.
    pub file: String,
    /// The first line of the entry in the file as it was given, 1-based; 0 of an entry that an edit before added.
    pub at: u32,
    /// The lines that go, of the file as it was given, 1-based, ascending.
    pub given: Vec<u32>,
    /// What they say.
    pub text: Vec<String>,
    /// New lines, each group before a line of the file as it was given.
    pub added: Vec<(u32, Vec<String>)>,
    /// What an engineer types on the device to the same end; empty when that is not known.
    pub commands: Vec<String>,
    /// The edit where it stands, behind those that are kept already.
    pub(super) now: Spot,
}

impl Change {
    /// Lines that it touches.
    pub(super) fn size(&self) -> usize {
        self.now.gone.len() + self.now.added.iter().map(|(_, lines)| lines.len()).sum::<usize>()
    }

    /// A removal that was found behind other changes, on the lines before them.
    pub(super) fn before(mut self, scan: &Scan, changes: &[Change]) -> Change {
        let sources = &scan.loaded.sources;
        let count = sources.iter().find(|(_, file)| file.path() == self.file);
        let count = count.and_then(|(_, file)| u32::try_from(file.line_count()).ok());
        let lines = rebuilt(&self.file, 1..=count.unwrap_or_default(), changes, |_| 0);
        let old = |line: u32| lines.get(line.saturating_sub(1) as usize).copied();
        self.now.at = old(self.now.at).unwrap_or_default();
        self.now.gone = self.now.gone.iter().filter_map(|line| old(*line)).collect();
        (self.at, self.given) = (self.now.at, self.now.gone.iter().copied().collect());
        self
    }
}

/// Lines of the file as it is now, 1-based.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Spot {
    pub(super) at: u32,
    pub(super) gone: BTreeSet<u32>,
    pub(super) added: Vec<(u32, Vec<String>)>,
}

/// An entry that can be edited.
pub(super) struct Target<'s> {
    place: Place<'s>,
    format: &'static str,
    blame: &'s Blame,
}

impl<'s> Target<'s> {
    /// The entry that is to blame; `None` when it is not whole lines of a text.
    pub(super) fn of(scan: &'s Scan, blame: &'s Blame) -> Option<Target<'s>> {
        let file = scan.loaded.sources.file(blame.span.file);
        let format = scan.loaded.roles.iter().find_map(|(id, role)| match role {
            Role::Config { format, .. } | Role::Standby { format, .. }
                if *id == blame.span.file =>
            {
                Some(*format)
            }
            _ => None,
        })?;
        // Elsewhere a line of the text is one of the bytes, too.
        if matches!(file.encoding(), Encoding::Utf16 | Encoding::Workbook) {
            return None;
        }
        Some(Target { place: Place::of(file, blame.span)?, format, blame })
    }

    /// What entries of one list have in common: the file and the blocks around them.
    pub(super) fn list(&self) -> (&str, &[u32]) {
        (self.place.file.path(), &self.place.blocks)
    }

    /// The entry taken away.
    pub(super) fn removed(&self) -> Option<Change> {
        let first = *self.place.lines.first()?;
        let commands = self.place.removal(self.format);
        let gone = self.place.lines.iter().copied().collect();
        Some(self.change(Act::Remove, Spot { at: first, gone, added: Vec::new() }, commands))
    }

    /// Lines before the entry; `None` when its vendor or its list has no such form.
    pub(super) fn barred(&self, products: &[Product]) -> Option<Change> {
        let inserted = self.inserted(products, false)?;
        let commands = inserted.commands.clone();
        Some(self.change(Act::Bar, self.spot(inserted)?, commands))
    }

    /// Lines in place of the entry.
    pub(super) fn narrowed(&self, products: &[Product]) -> Option<Change> {
        let inserted = self.inserted(products, true)?;
        let mut commands = inserted.commands.clone();
        if !commands.is_empty() {
            commands.extend(self.removed()?.commands);
        }
        let mut spot = self.spot(inserted)?;
        spot.gone.extend(self.place.lines.iter().copied());
        Some(self.change(Act::Narrow, spot, commands))
    }

    fn inserted(&self, products: &[Product], replaced: bool) -> Option<Insertion> {
        let inserted = self.place.insertion(self.format, products, replaced)?;
        // What is written in the encoding of the file is written as ASCII.
        let mut words = inserted.added.iter().flat_map(|(_, lines)| lines);
        let fits =
            self.place.file.encoding() == Encoding::Utf8 || words.all(|line| line.is_ascii());
        fits.then_some(inserted)
    }

    fn spot(&self, inserted: Insertion) -> Option<Spot> {
        let line = |position: usize| u32::try_from(position + 1).ok();
        let gone: Option<BTreeSet<u32>> = inserted.gone.iter().map(|at| line(*at)).collect();
        let added = inserted.added.into_iter().map(|(at, lines)| Some((line(at)?, lines)));
        let added: Option<Vec<_>> = added.collect();
        Some(Spot { at: *self.place.lines.first()?, gone: gone?, added: added? })
    }

    fn change(&self, act: Act, now: Spot, commands: Vec<String>) -> Change {
        let text =
            now.gone.iter().map(|line| self.place.file.line_text(*line).to_owned()).collect();
        Change {
            act,
            device: self.blame.device.clone(),
            label: self.blame.label.clone(),
            file: self.place.file.path().to_owned(),
            at: now.at,
            given: now.gone.iter().copied().collect(),
            text,
            added: now.added.clone(),
            commands,
            now,
        }
    }
}

/// The lines of a file after the changes that are about it; `new` makes a line of added text.
pub(super) fn rebuilt<T>(
    path: &str,
    old: impl IntoIterator<Item = T>,
    changes: &[Change],
    new: impl Fn(&str) -> T,
) -> Vec<T> {
    let own: Vec<&Spot> =
        changes.iter().filter(|change| change.file == path).map(|change| &change.now).collect();
    let mut out = Vec::new();
    for (line, content) in (1_u32..).zip(old) {
        let added = own.iter().flat_map(|spot| &spot.added).filter(|(before, _)| *before == line);
        out.extend(added.flat_map(|(_, lines)| lines).map(|text| new(text)));
        if !own.iter().any(|spot| spot.gone.contains(&line)) {
            out.push(content);
        }
    }
    out
}

/// The files after these changes.
pub(super) fn edits(files: &Files, changes: &[Change]) -> Vec<Edit> {
    let paths: BTreeSet<&str> = changes.iter().map(|change| change.file.as_str()).collect();
    let edited = |path: &str| {
        let (_, bytes) = files.entries.iter().find(|(known, _)| known == path)?;
        let old = bytes.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec);
        let is_crlf = bytes.windows(2).any(|pair| pair == b"\r\n");
        let end = if is_crlf { "\r\n" } else { "\n" };
        let lines = rebuilt(path, old, changes, |text| format!("{text}{end}").into_bytes());
        Some(Edit { path: path.to_owned(), bytes: Some(lines.concat()) })
    };
    paths.into_iter().filter_map(edited).collect()
}
