//! Where edits are tried out: read and judged as any other files, and taken back.

use std::collections::{BTreeMap, BTreeSet};

use super::edit::{self, Removal};
use crate::scan::{Edit, Files, InputError, Options, Scan, Workspace};

/// Files with a run that goes on.
pub(super) struct Bench {
    files: Files,
    workspace: Workspace,
    /// Edits that the workspace does not know yet.
    pending: Vec<Edit>,
    /// The lines that were taken away, as they were given.
    gone: BTreeMap<String, BTreeSet<u32>>,
}

impl Bench {
    pub(super) fn new(files: Files, options: Options) -> Bench {
        let workspace = Workspace::new(files.clone(), options);
        Bench { files, workspace, pending: Vec::new(), gone: BTreeMap::new() }
    }

    /// The state as it is now.
    pub(super) fn scan(&mut self) -> Result<Scan, Vec<InputError>> {
        self.workspace.recheck(std::mem::take(&mut self.pending))
    }

    /// The state without these lines; `None` when it cannot be read any more.
    pub(super) fn tried(&mut self, removals: &[Removal]) -> Option<Scan> {
        let edits = edit::edits(&self.files, removals);
        let mut pending = std::mem::take(&mut self.pending);
        pending.extend(edits.iter().cloned());
        let scan = self.workspace.recheck(pending).ok();
        let old = |edit: &Edit| {
            let (path, bytes) = self.files.entries.iter().find(|(path, _)| *path == edit.path)?;
            Some(Edit { path: path.clone(), bytes: Some(bytes.clone()) })
        };
        self.pending = edits.iter().filter_map(old).collect();
        scan
    }

    /// The lines of a removal as they were given.
    pub(super) fn given(&self, removal: &Removal) -> Vec<u32> {
        let Some(gone) = self.gone.get(&removal.file) else { return removal.lines.clone() };
        let mut left = (1_u32..).filter(|line| !gone.contains(line));
        let mut now = 0;
        let find = |line: &u32| {
            let given = left.nth((line - now - 1) as usize);
            now = *line;
            given
        };
        removal.lines.iter().filter_map(find).collect()
    }

    /// Keeps an edit.
    pub(super) fn keep(&mut self, removals: &[Removal]) {
        let given: Vec<_> = removals.iter().map(|r| (r.file.clone(), self.given(r))).collect();
        for (file, lines) in given {
            self.gone.entry(file).or_default().extend(lines);
        }
        for edit in edit::edits(&self.files, removals) {
            if let Some(entry) = self.files.entries.iter_mut().find(|(path, _)| *path == edit.path)
            {
                entry.1 = edit.bytes.clone().unwrap_or_default();
            }
            self.pending.retain(|other| other.path != edit.path);
            self.pending.push(edit);
        }
    }
}
