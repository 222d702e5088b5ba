//! Where edits are tried out: read and judged as any other files, and taken back.

use std::collections::BTreeMap;

use super::edit::{self, Change};
use crate::scan::{Edit, Files, InputError, Options, Scan, Workspace};

/// Files with a run that goes on.
pub(super) struct Bench {
    files: Files,
    workspace: Workspace,
    /// Edits that the workspace does not know yet.
    pending: Vec<Edit>,
    /// Of each edited file: every line with its number in the file as it was given; `None` of an added one.
    given: BTreeMap<String, Vec<Option<u32>>>,
}

impl Bench {
    pub(super) fn new(files: Files, options: Options) -> Bench {
        let workspace = Workspace::new(files.clone(), options);
        Bench { files, workspace, pending: Vec::new(), given: BTreeMap::new() }
    }

    /// The state as it is now.
    pub(super) fn scan(&mut self) -> Result<Scan, Vec<InputError>> {
        self.workspace.recheck(std::mem::take(&mut self.pending))
    }

    /// The state after these changes; `None` when it cannot be read any more.
    pub(super) fn tried(&mut self, changes: &[Change]) -> Option<Scan> {
        let edits = edit::edits(&self.files, changes);
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

    /// A change with its lines as they were given.
    pub(super) fn as_given(&self, mut change: Change) -> Change {
        let Some(lines) = self.given.get(&change.file) else { return change };
        let known = |line: u32| lines.get(line.saturating_sub(1) as usize).copied().flatten();
        change.at = known(change.now.at).unwrap_or_default();
        change.given = change.now.gone.iter().filter_map(|line| known(*line)).collect();
        for ((before, _), (now, _)) in change.added.iter_mut().zip(&change.now.added) {
            let at_or_after = (*now..).take_while(|line| (*line as usize) <= lines.len());
            *before = at_or_after.filter_map(known).next().unwrap_or_default();
        }
        change
    }

    /// Keeps an edit.
    pub(super) fn keep(&mut self, changes: &[Change]) {
        for edit in edit::edits(&self.files, changes) {
            let files = &mut self.files.entries;
            let Some((path, bytes)) = files.iter_mut().find(|(path, _)| *path == edit.path) else {
                continue;
            };
            let lines = self.given.entry(path.clone()).or_insert_with(|| {
                let count = bytes.split_inclusive(|byte| *byte == b'\n').count();
                (1..).map(Some).take(count).collect()
            });
            *lines = edit::rebuilt(path, std::mem::take(lines), changes, |_| None);
            *bytes = edit.bytes.clone().unwrap_or_default();
            self.pending.retain(|other| other.path != edit.path);
            self.pending.push(edit);
        }
    }

    /// The files as they are now.
    pub(super) fn into_files(self) -> Files {
        self.files
    }
}
