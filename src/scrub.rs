//! A network without its names, addresses, secrets and comments, so that it can be shown to somebody outside; and the proof that it is still
//! judged alike. What cannot be proven is not handed out.
//!
//! Four steps, each in a file of its own. Lines that decide nothing are left empty ([`empty`]). What remains is rewritten word by word:
//! addresses by a map that keeps every prefix and every range that is spoken of ([`address`]), names by a count ([`words`]), free text and
//! secrets as a whole ([`line`]); a word is kept only when it is known to be no name ([`crate::dialect::is_common`]). The result is read and
//! judged as any other network and held to the original ([`proof`]). Last, it is searched for what must not be in it ([`leak`]).
//!
//! Same key and same inputs, same bytes: nothing is drawn by lot.

mod address;
mod empty;
mod leak;
mod line;
mod proof;
mod ranges;
mod rewrite;
mod words;
mod yaml;

pub use proof::Proof;

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use crate::formats;
use crate::model::LineStatus;
use crate::scan::{self, Files, InputError, Loaded, Options, Role, Scan};
use crate::source::{Encoding, FileId, encode_like};
use crate::text;
use crate::text::Text;
use address::Addresses;
use leak::Leak;
use line::Lines;
use proof::Renaming;
use rewrite::Rewriter;

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

/// Everything that a scrub looks at.
struct Task<'a> {
    files: &'a Files,
    options: &'a Options,
    wanted: &'a Wanted,
    old: &'a Scan,
}

/// The outputs by their new paths, before and after encoding.
#[derive(Default)]
struct Outputs {
    texts: BTreeMap<String, String>,
    bytes: BTreeMap<String, Vec<u8>>,
}

impl Task<'_> {
    fn loaded(&self) -> &Loaded {
        &self.old.loaded
    }

    fn path(&self, id: FileId) -> &str {
        self.loaded().sources.file(id).path()
    }

    /// The files that were given and used, each once, with the reader of configurations.
    fn used(&self) -> Vec<(FileId, Option<&'static str>)> {
        let mut used: BTreeMap<FileId, Option<&'static str>> = BTreeMap::new();
        for (id, role) in &self.loaded().roles {
            let given = self.files.entries.iter().any(|(path, _)| path == self.path(*id));
            let format = match role {
                Role::Config { format, .. } | Role::Standby { format, .. } => Some(*format),
                Role::Topology | Role::Policy | Role::Pack { .. } => None,
            };
            if given {
                let slot = used.entry(*id).or_default();
                *slot = slot.or(format);
            }
        }
        used.into_iter().collect()
    }

    /// A workbook holds more than its cells show.
    fn refuse_workbooks(&self) -> Result<(), Vec<InputError>> {
        let book = |(id, _): &&(FileId, Role)| {
            self.loaded().sources.file(*id).encoding() == Encoding::Workbook
        };
        let Some((id, _)) = self.loaded().roles.iter().find(book) else { return Ok(()) };
        let path = self.path(*id).split('#').next().unwrap_or_default();
        let message = text!(
            "Excel ブックは匿名化できません（表示されない情報を含みうるため）。",
            "a workbook cannot be scrubbed: it holds more than its cells show"
        );
        let help = text!(
            "シートを CSV で保存し、置き換えてください。",
            "save its sheets as CSV and use those instead"
        );
        Err(vec![refusal(path, None, message, help)])
    }

    /// The texts of configurations without the lines that decide nothing, and how many lines those are.
    fn emptied(&self) -> (BTreeMap<FileId, String>, usize) {
        let (mut texts, mut count) = (BTreeMap::new(), 0);
        for (format, interfaces, ids) in self.exports() {
            let Some(format) = formats::by_id(format) else { continue };
            let sources = &self.loaded().sources;
            let text = |id: &FileId| (self.path(*id), sources.file(*id).text());
            let export =
                empty::Export { format, interfaces, files: ids.iter().map(text).collect() };
            for (id, stay) in ids.iter().zip(empty::kept(&export)) {
                count += stay.iter().filter(|stays| !**stays).count();
                texts.insert(*id, empty::emptied(sources.file(*id).text(), &stay));
            }
        }
        (texts, count)
    }

    /// The files of each device, and of each partner: reader, interfaces and files.
    fn exports(&self) -> Vec<(&'static str, Vec<String>, Vec<FileId>)> {
        let mut out: BTreeMap<(&str, bool, &'static str), Vec<FileId>> = BTreeMap::new();
        for (id, role) in &self.loaded().roles {
            match role {
                Role::Config { device, format } => {
                    out.entry((device, false, format)).or_default().push(*id)
                }
                Role::Standby { device, format } => {
                    out.entry((device, true, format)).or_default().push(*id)
                }
                Role::Topology | Role::Policy | Role::Pack { .. } => {}
            }
        }
        let snapshot = &self.loaded().snapshot;
        let interfaces = |name: &str| -> Vec<String> {
            let device = snapshot.device(name).map(|id| &snapshot.devices[id]);
            device
                .map(|device| device.interfaces.iter().map(|(_, i)| i.name.clone()).collect())
                .unwrap_or_default()
        };
        out.into_iter()
            .map(|((device, _, format), ids)| (format, interfaces(device), ids))
            .collect()
    }

    /// The new path of every file that is used. What says how a file is read, its ending, stays.
    fn paths(&self, rewriter: &mut Rewriter) -> BTreeMap<String, String> {
        let mut path = |path: &str| match path.rsplit_once('.') {
            Some((stem, ending)) if rewriter.words.stays(ending) && !ending.contains('/') => {
                format!("{}.{ending}", rewriter.text(stem))
            }
            _ => rewriter.text(path),
        };
        self.used()
            .iter()
            .map(|(id, _)| (self.path(*id).to_owned(), path(self.path(*id))))
            .collect()
    }

    /// Every file with other words.
    fn rewritten(
        &self,
        rewriter: &mut Rewriter,
        paths: &BTreeMap<String, String>,
        texts: &BTreeMap<FileId, String>,
    ) -> Result<Outputs, Vec<InputError>> {
        let mut outputs = Outputs::default();
        for (id, format) in self.used() {
            let file = self.loaded().sources.file(id);
            let is_yaml = format.is_none()
                && [".yaml", ".yml"].iter().any(|ending| file.path().ends_with(ending));
            let text = if is_yaml {
                yaml::rewrite(rewriter, id, file, paths).unwrap_or_default()
            } else {
                let mut lines = Lines::new(format);
                let text = texts.get(&id).map_or(file.text(), String::as_str);
                text.split('\n')
                    .map(|line| lines.line(rewriter, line))
                    .collect::<Vec<_>>()
                    .join("\n")
            };
            let path = paths.get(file.path()).cloned().unwrap_or_default();
            let given = self
                .files
                .entries
                .iter()
                .find(|(path, _)| path == file.path())
                .map_or(&[][..], |(_, bytes)| bytes);
            let Some(bytes) = encode_like(&text, given, file.encoding()) else {
                let message = text!(
                    "元の文字コードで書けません。",
                    "it cannot be written in the encoding that it has"
                );
                let help = text!("UTF-8 で保存し直してください。", "save it as UTF-8");
                return Err(vec![refusal(file.path(), None, message, help)]);
            };
            outputs.bytes.insert(path.clone(), bytes);
            outputs.texts.insert(path, text);
        }
        Ok(outputs)
    }

    /// The result, when it is judged as the original is.
    fn proven(
        &self,
        mut rewriter: Rewriter,
        paths: BTreeMap<String, String>,
        files: BTreeMap<String, Vec<u8>>,
        emptied: usize,
    ) -> Result<Scrubbed, Vec<InputError>> {
        let rows = map(&rewriter, &paths);
        let given =
            Files { name: "scrubbed".to_owned(), entries: files.clone().into_iter().collect() };
        let new =
            scan::scan(given, self.options).map_err(|errors| self.unreadable(&paths, &errors))?;
        let mut renaming = Renaming { rewriter: &mut rewriter, paths: &paths };
        let proof = proof::compare(self.old, &new, &mut renaming).map_err(|difference| {
            let (path, line) = difference
                .place
                .map_or((self.files.name.clone(), None), |(path, line)| (path, Some(line)));
            let Text { ja, en } = difference.what;
            let message = text!(
                "匿名化すると判定が変わるため、出力しません。{ja}",
                "scrubbed, it would not be judged alike, so nothing is written: {en}"
            );
            vec![refusal(&path, line, message, self.way_out())]
        })?;
        let used = |path: &str| paths.contains_key(path);
        let left_out = self
            .files
            .entries
            .iter()
            .map(|(path, _)| path.clone())
            .filter(|path| !used(path))
            .collect();
        Ok(Scrubbed { files, proof, map: rows, emptied, unread: unread(&new), left_out })
    }

    fn way_out(&self) -> Text {
        if self.wanted.keep_names {
            return text!(
                "該当の行を手で直すか取り除いてから、もう一度実行してください。",
                "change or take out the line by hand and run it again"
            );
        }
        text!(
            "--keep-names で名称を残すか、該当の行を手で直してから、もう一度実行してください。",
            "keep the names with --keep-names, or change the line by hand, and run it again"
        )
    }

    /// What the original is called where the scrubbed network cannot be read.
    fn unreadable(
        &self,
        paths: &BTreeMap<String, String>,
        errors: &[InputError],
    ) -> Vec<InputError> {
        let told = |error: &InputError| {
            let path = original(paths, &error.path);
            let Text { ja, en } = &error.message;
            let message = text!(
                "匿名化すると読めなくなるため、出力しません。{ja}",
                "scrubbed, it could not be read, so nothing is written: {en}"
            );
            refusal(&path, error.line, message, self.way_out())
        };
        errors.iter().map(told).collect()
    }

    fn leaked(
        &self,
        paths: &BTreeMap<String, String>,
        path: &str,
        line: u32,
        leak: &Leak,
    ) -> InputError {
        let message = match leak {
            Leak::Word(word) => text!(
                "語「{word}」が残るため、出力しません。",
                "the word `{word}` would be left, so nothing is written"
            ),
            Leak::Address(address) => text!(
                "アドレス {address} が残るため、出力しません。",
                "the address {address} would be left, so nothing is written"
            ),
            Leak::Secret => text!(
                "秘密の値が残るため、出力しません。",
                "a secret would be left, so nothing is written"
            ),
        };
        let help = text!(
            "該当の行を手で直してから、もう一度実行してください。",
            "change the line by hand and run it again"
        );
        refusal(&original(paths, path), Some(line), message, help)
    }
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
