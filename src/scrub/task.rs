//! One network on its way: what is used of it, its texts without the lines that go, its new words, and the proof.

use std::collections::{BTreeMap, BTreeSet};

use super::leak::Leak;
use super::line::Lines;
use super::proof::{self, Renaming};
use super::rewrite::Rewriter;
use super::{Scrubbed, Wanted, empty, map, original, refusal, unread, yaml};
use crate::formats;
use crate::scan::{self, Files, InputError, Loaded, Options, Role, Scan};
use crate::source::{Encoding, FileId, encode_like};
use crate::text;
use crate::text::Text;

/// Everything that a scrub looks at.
pub(super) struct Task<'a> {
    pub(super) files: &'a Files,
    pub(super) options: &'a Options,
    pub(super) wanted: &'a Wanted,
    pub(super) old: &'a Scan,
}

/// The outputs by their new paths, before and after encoding.
#[derive(Default)]
pub(super) struct Outputs {
    pub(super) texts: BTreeMap<String, String>,
    pub(super) bytes: BTreeMap<String, Vec<u8>>,
}

impl Task<'_> {
    pub(super) fn loaded(&self) -> &Loaded {
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
    pub(super) fn refuse_workbooks(&self) -> Result<(), Vec<InputError>> {
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
    pub(super) fn emptied(&self) -> (BTreeMap<FileId, String>, usize) {
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
    pub(super) fn paths(&self, rewriter: &mut Rewriter) -> BTreeMap<String, String> {
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
    pub(super) fn rewritten(
        &self,
        rewriter: &mut Rewriter,
        paths: &BTreeMap<String, String>,
        texts: &BTreeMap<FileId, String>,
    ) -> Result<Outputs, Vec<InputError>> {
        let mut outputs = Outputs::default();
        rewriter.secrets = self.secrets(rewriter.clone());
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

    /// Every secret of the originals, also of lines that are left empty.
    fn secrets(&self, mut rewriter: Rewriter) -> BTreeSet<String> {
        for (id, format) in self.used() {
            let mut lines = Lines::new(format);
            for line in self.loaded().sources.file(id).text().lines() {
                lines.line(&mut rewriter, line);
            }
        }
        rewriter.secrets
    }

    /// The result, when it is judged as the original is.
    pub(super) fn proven(
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

    pub(super) fn leaked(
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
