//! Text of one vendor to one [`Device`], every line with a status. Vendors never name one another; what they share are the
//! structural readers (`lines`, `blocks`) and the [`Ledger`]. A new vendor is one file, one row in [`FORMATS`] and fixtures.

mod acl;
pub mod alaxala;
pub mod asa;
pub mod awplus;
pub mod blocks;
mod builder;
mod clock;
mod commands;
pub mod fortios;
pub mod ios;
mod iproute;
pub mod iptables;
mod json;
pub mod junos;
pub mod ledger;
pub mod lines;
mod marks;
pub mod nec_ix;
pub mod nftables;
mod own;
pub mod panos;
mod stations;
mod switch;
pub mod yamaha;

pub mod table;

pub use ledger::Ledger;

use crate::model::{Coverage, Device};
use crate::source::{File, FileId};
use crate::text::Text;

/// A configuration to read.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// Its number, for spans.
    pub id: FileId,
    /// Its text.
    pub file: &'a File,
}

/// What a reader makes of a file: broken input is data, never an error and never a panic.
#[derive(Clone, Debug)]
pub struct Reading {
    /// The device.
    pub device: Device,
    /// What became of every line: one entry a file, in the order of the inputs.
    pub coverage: Vec<Coverage>,
}

/// How a reader takes the files of one device.
#[derive(Clone, Copy, Debug)]
pub enum Read {
    /// One file is one device.
    One(fn(Input<'_>) -> Reading),
    /// Several files together are one device, in any order; the reader tells them apart. The names are those of the
    /// interfaces that the topology declares for the device: an export that carries no interfaces (rule sets, rule tables)
    /// resolves `any but eth0` and `eth+` against them.
    Several(fn(&[Input<'_>], &[String]) -> Reading),
}

/// One reader.
#[derive(Clone, Copy, Debug)]
pub struct Format {
    /// The identifier in topology files and reports.
    pub id: &'static str,
    /// Vendor and product.
    pub label: &'static str,
    /// How sure the reader is that the text is of this format, 0 (not) to 100 (its header says so).
    pub detect: fn(&str) -> u8,
    /// The commands or steps that make the export, as an engineer types them.
    pub export: &'static [&'static str],
    /// What of it is read, in one sentence.
    pub reads: fn() -> Text,
    /// Reads it.
    pub read: Read,
    /// What is approximated, and in which direction, for `doctor --formats`.
    pub approximations: fn() -> Vec<Text>,
}

impl Format {
    /// Reads the files of one device; `interfaces` are those that the topology declares for it. A reader that takes one file
    /// reads the first.
    #[must_use]
    pub fn read(&self, files: &[Input<'_>], interfaces: &[String]) -> Reading {
        let mut reading = match (self.read, files) {
            (Read::Several(read), _) => read(files, interfaces),
            (Read::One(read), [first, ..]) => read(*first),
            (Read::One(_), []) => Reading { device: Device::default(), coverage: Vec::new() },
        };
        reading.device.stations = stations::read(files);
        reading
    }

    /// Whether one device may be described by more than one file.
    #[must_use]
    pub fn takes_several(&self) -> bool {
        matches!(self.read, Read::Several(_))
    }
}

/// Every reader.
pub const FORMATS: &[Format] = &[
    fortios::FORMAT,
    asa::FORMAT,
    ios::FORMAT,
    iptables::FORMAT,
    nec_ix::FORMAT,
    nftables::FORMAT,
    yamaha::FORMAT,
    panos::FORMAT,
    junos::FORMAT,
    awplus::FORMAT,
    alaxala::FORMAT,
    table::FORMAT,
];

/// Why no reader could be chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DetectError {
    /// No reader recognises the text.
    Unknown,
    /// Two readers are equally sure; their identifiers.
    Ambiguous(&'static str, &'static str),
}

/// First parts of a long text, in bytes, and how sure a reader must be of each to be taken without the rest.
const HEADS: [(usize, u8); 2] = [(4 * 1024, 100), (64 * 1024, 50)];

/// The reader that is surest of `text`: of a first part of a long one, when that says enough.
///
/// # Errors
/// [`DetectError`] when none is, or two are equally so.
pub fn detect(text: &str) -> Result<&'static Format, DetectError> {
    let long = HEADS.iter().all(|(length, _)| text.len() > *length);
    for (length, enough) in HEADS.into_iter().filter(|_| long) {
        let head = text.get(..text.floor_char_boundary(length)).unwrap_or(text);
        let head = head.rsplit_once('\n').map_or(head, |(lines, _)| lines);
        if let [(sure, first), rest @ ..] = ranked(head).as_slice()
            && *sure >= enough
            && rest.first().is_none_or(|(other, _)| other < sure)
        {
            return Ok(first);
        }
    }
    match ranked(text).as_slice() {
        [] => Err(DetectError::Unknown),
        [(a, first), (b, second), ..] if a == b => Err(DetectError::Ambiguous(first.id, second.id)),
        [(_, first), ..] => Ok(first),
    }
}

/// The readers that recognise a text, surest first.
fn ranked(text: &str) -> Vec<(u8, &'static Format)> {
    let known = FORMATS.iter().map(|format| ((format.detect)(text), format));
    let mut ranked: Vec<_> = known.filter(|(sure, _)| *sure > 0).collect();
    ranked.sort_by_key(|(sure, _)| std::cmp::Reverse(*sure));
    ranked
}

/// The reader with this identifier.
#[must_use]
pub fn by_id(id: &str) -> Option<&'static Format> {
    FORMATS.iter().find(|format| format.id == id)
}
