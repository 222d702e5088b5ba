//! A network without its names, addresses, secrets and comments, so that it can be shown to somebody outside; and the proof that it is still
//! judged alike. What cannot be proven is not handed out.
//!
//! Four steps, each in a file of its own. Lines that decide nothing are left empty (`empty`). What remains is rewritten word by word:
//! addresses by a map that keeps every prefix and every range that is spoken of (`address`), names by a count (`words`), free text and
//! secrets as a whole (`line`); a word is kept only when it is known to be no name ([`crate::dialect::is_common`]). The result is read and
//! judged as any other network and held to the original (`proof`). Last, it is searched for what must not be in it (`leak`).
//!
//! Same key and same inputs, same bytes: nothing is drawn by lot.

mod address;
mod empty;
mod leak;
mod line;
mod proof;
mod ranges;
mod rewrite;
mod task;
mod words;
mod yaml;

pub use proof::Proof;

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use crate::model::LineStatus;
use crate::scan::{self, Files, InputError, Options, Scan};
use crate::text;
use crate::text::Text;
use address::Addresses;
use leak::Leak;
use rewrite::Rewriter;
use task::Task;

/// What a caller can choose.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// What the map of addresses is drawn from; `None`: the inputs themselves, so that who guesses them can confirm the guess.
    pub key: Option<Vec<u8>>,
    /// Whether names of devices, zones and objects stay. Addresses, secrets and free text go all the same.
    pub keep_names: bool,
}

/// The scrubbed network.
#[derive(Clone, Debug, Default)]
pub struct Scrubbed {
    /// Its files by their new paths.
    pub files: BTreeMap<String, Vec<u8>>,
    /// What was found to be the same.
    pub proof: Proof,
    /// What stands for what: kind, original and image.
    pub map: Vec<(&'static str, String, String)>,
    /// Lines that were left empty.
    pub emptied: usize,
    /// What the readers did not fully understand and is still there: new path, line and the line as it is now.
    pub unread: Vec<(String, u32, String)>,
    /// Files that no reader used and that were left out.
    pub left_out: Vec<String>,
}

/// Keys that are tried one after the other when an image happens to be an address of the original.
const KEYS: u8 = 8;

/// The network without what belongs to it alone.
///
/// # Errors
/// Every input that could not be worked with, and whatever stands in the way of a network that is judged alike and gives nothing away.
pub fn scrub(
    files: &Files,
    options: &Options,
    wanted: &Wanted,
) -> Result<Scrubbed, Vec<InputError>> {
    let old = scan::scan(files.clone(), options)?;
    let task = Task { files, options, wanted, old: &old };
    task.refuse_workbooks()?;
    let (texts, emptied) = task.emptied();
    let mut last = None;
    for number in 0..KEYS {
        let mut rewriter = Rewriter::new(Addresses::new(key(files, wanted, number)));
        ranges::keep(&mut rewriter.addresses, &old.loaded);
        ranges::call(&mut rewriter.words, &old.loaded, wanted.keep_names);
        let paths = task.paths(&mut rewriter);
        let outputs = task.rewritten(&mut rewriter, &paths, &texts)?;
        match leak::find(&rewriter, &outputs.texts) {
            Some((_, _, Leak::Address(address))) => last = Some(address),
            Some((path, line, leak)) => return Err(vec![task.leaked(&paths, &path, line, &leak)]),
            None => return task.proven(rewriter, paths, outputs.bytes, emptied),
        }
    }
    let shown = last.map(|address| address.to_string()).unwrap_or_default();
    let message = text!(
        "アドレス {shown} を置き換えられません（これを端とする範囲が書かれているため、など）。",
        "the address {shown} cannot be replaced, for instance because a range begins or ends with it"
    );
    Err(vec![refusal(
        &files.name,
        None,
        message,
        text!("--key で別の鍵を指定してください。", "give another key with --key"),
    )])
}

/// SHA-256 of what the key is made of, and of how many were tried before.
fn key(files: &Files, wanted: &Wanted, number: u8) -> [u8; 32] {
    let mut digest = Sha256::new();
    match &wanted.key {
        Some(key) => digest.update(key),
        None => {
            for (path, bytes) in &files.entries {
                digest.update(Sha256::digest(path.as_bytes()));
                digest.update(Sha256::digest(bytes));
            }
        }
    }
    digest.update([number]);
    digest.finalize().into()
}

fn refusal(path: &str, line: Option<u32>, message: Text, help: Text) -> InputError {
    InputError { path: path.to_owned(), span: None, line, message, help: Some(help) }
}

fn original(paths: &BTreeMap<String, String>, path: &str) -> String {
    paths
        .iter()
        .find(|(_, new)| *new == path)
        .map_or_else(|| path.to_owned(), |(old, _)| old.clone())
}

/// What stands for what, for those who keep the original.
fn map(
    rewriter: &Rewriter,
    paths: &BTreeMap<String, String>,
) -> Vec<(&'static str, String, String)> {
    let files = paths
        .iter()
        .filter(|(old, new)| old != new)
        .map(|(old, new)| ("file", old.clone(), new.clone()));
    let addresses = rewriter
        .met
        .iter()
        .filter(|(old, new)| old != new)
        .map(|(old, new)| ("address", old.to_string(), new.to_string()));
    let words = rewriter.words.rows().map(|(old, new)| ("name", old.to_owned(), new.to_owned()));
    files.chain(addresses).chain(words).collect()
}

/// Lines of the scrubbed network that no reader fully understood.
fn unread(scan: &Scan) -> Vec<(String, u32, String)> {
    let mut out = Vec::new();
    for coverage in proof::all(&scan.loaded) {
        let file = scan.loaded.sources.file(coverage.file);
        for (number, status) in (1_u32..).zip(&coverage.lines) {
            if matches!(status, LineStatus::Unsupported | LineStatus::Unknown) {
                out.push((
                    file.path().to_owned(),
                    number,
                    file.line_text(number).trim().to_owned(),
                ));
            }
        }
    }
    out
}

#[cfg(test)]
mod tests;
