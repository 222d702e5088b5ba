//! A run that goes on: files are edited, and only what an edit touches is read and judged again.
//!
//! What comes out is what a new run on the edited files would say, to the byte. Three things make it fast, and each falls back
//! to the whole when it cannot tell: files that nobody edited are not decoded and read again (`load::known`), devices that
//! nobody edited are not compiled again ([`Devices::resume`]), and parts of the policy that found nothing are
//! not asked again while none of their packets meets an edited line ([`check::Memory`]).

use std::collections::BTreeSet;
use std::hash::RandomState;

use super::load::Known;
use super::{Files, InputError, Loaded, Options, Role, Scan, joined, load_again, resolved};
use crate::reach::Devices;
use crate::snapshot::{Difference, Outline};
use crate::source::FileId;
use crate::{check, lint};

/// A run that goes on.
pub struct Workspace {
    files: Files,
    options: Options,
    known: Known,
    /// Nobody outside can make two configurations that only seem alike.
    key: RandomState,
    outline: Option<Outline>,
    devices: Devices,
    judged: check::Memory,
    hygiene: lint::Memory,
    /// Files whose edits say nothing about zones, names or policy, by the last run that could read all.
    configs: Vec<String>,
}

/// An input that was written, or deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// Relative path with forward slashes, as in [`Files::entries`].
    pub path: String,
    /// What it holds now; `None` when it is gone.
    pub bytes: Option<Vec<u8>>,
}

impl Workspace {
    /// Reads and judges nothing yet.
    #[must_use]
    pub fn new(files: Files, options: Options) -> Workspace {
        Workspace {
            files,
            options,
            known: Known::keeping(),
            key: RandomState::new(),
            outline: None,
            devices: Devices::default(),
            judged: check::Memory::default(),
            hygiene: lint::Memory::default(),
            configs: Vec::new(),
        }
    }

    /// Files in, verdicts out; the first time everything is read.
    ///
    /// # Errors
    /// Every input that could not be worked with. What was known before stays known.
    pub fn recheck(&mut self, edits: Vec<Edit>) -> Result<Scan, Vec<InputError>> {
        for edit in edits {
            self.edit(edit);
        }
        let loaded = load_again(&self.files, &self.options, &mut self.known)?;
        let outline = Outline::of(&loaded.snapshot, &self.key, self.outline.as_ref());
        let difference = Difference::new(self.outline.as_ref(), &outline);
        let devices = self.devices.resume(&loaded.snapshot, &difference);
        let judgment = match resolved(&loaded) {
            Some((policy, resolved)) => check::judge_again(
                &loaded.snapshot,
                &devices,
                policy,
                &resolved,
                &loaded.sources,
                &mut self.judged,
                &difference,
            ),
            None => check::Judgment::default(),
        };
        let hygiene = lint::lint_again(
            &loaded.snapshot,
            &devices,
            &loaded.sources,
            &mut self.hygiene,
            &difference,
        );
        self.devices = devices;
        self.outline = Some(outline);
        self.configs = configs(&loaded);
        Ok(joined(loaded, judgment, hygiene))
    }

    /// How much of the policy the last [`Workspace::recheck`] asked again.
    #[must_use]
    pub fn effort(&self) -> check::Effort {
        self.judged.effort()
    }

    fn edit(&mut self, edit: Edit) {
        self.known.forget(&edit.path);
        let at = self.files.entries.binary_search_by(|(path, _)| path.cmp(&edit.path));
        if !(at.is_ok() && edit.bytes.is_some() && self.configs.contains(&edit.path)) {
            self.forget();
        }
        match (at, edit.bytes) {
            (Ok(at), Some(bytes)) => {
                if let Some(entry) = self.files.entries.get_mut(at) {
                    entry.1 = bytes;
                }
            }
            (Ok(at), None) => {
                self.files.entries.remove(at);
            }
            (Err(at), Some(bytes)) => self.files.entries.insert(at, (edit.path, bytes)),
            (Err(_), None) => {}
        }
    }

    /// Another topology or policy, or another set of files: numbers of files and of rules may stand for others.
    fn forget(&mut self) {
        self.outline = None;
        self.devices = Devices::default();
        self.judged = check::Memory::default();
        self.hygiene = lint::Memory::default();
    }
}

/// The files that are configurations and nothing else.
fn configs(loaded: &Loaded) -> Vec<String> {
    let is_config = |role: &Role| matches!(role, Role::Config { .. });
    let (configs, others): (Vec<_>, Vec<_>) =
        loaded.roles.iter().partition(|(_, role)| is_config(role));
    let others: BTreeSet<FileId> = others.into_iter().map(|(id, _)| *id).collect();
    let alone = configs.into_iter().filter(|(id, _)| !others.contains(id));
    alone.map(|(id, _)| loaded.sources.file(*id).path().to_owned()).collect()
}
