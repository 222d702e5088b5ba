//! A line of a configuration, taken away as whole lines of its file.

use crate::dialect::{self, Entry};
use crate::finding::Blame;
use crate::scan::{Edit, Files, Role, Scan};
use crate::source::{Encoding, File};

/// Lines that are taken away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Removal {
    /// The device.
    pub device: String,
    /// How an engineer names the line.
    pub label: String,
    /// The file.
    pub file: String,
    /// The lines of the file as it was given, 1-based, ascending.
    pub given: Vec<u32>,
    /// The same lines where the edit stands, behind those that are kept already.
    pub(super) lines: Vec<u32>,
    /// What they say.
    pub text: Vec<String>,
    /// What an engineer types on the device to the same end; empty when that is not known.
    pub commands: Vec<String>,
}

/// How a blamed line is taken away; `None` when it is not whole lines of a text.
pub(super) fn removal(scan: &Scan, blame: &Blame) -> Option<Removal> {
    let sources = &scan.loaded.sources;
    let file = sources.file(blame.span.file);
    let format = scan.loaded.roles.iter().find_map(|(id, role)| match role {
        Role::Config { format, .. } | Role::Standby { format, .. } if *id == blame.span.file => {
            Some(*format)
        }
        _ => None,
    })?;
    // Elsewhere a line of the text is one of the bytes, too.
    if matches!(file.encoding(), Encoding::Utf16 | Encoding::Workbook) {
        return None;
    }
    let lines = lines(file, blame)?;
    let text: Vec<String> = lines.iter().map(|line| file.line_text(*line).to_owned()).collect();
    let first = text.first()?.trim().to_owned();
    let blocks = blocks(file, *lines.first()?);
    let commands = dialect::removal(format, Entry { text: &first, blocks: &blocks });
    let (device, label) = (blame.device.clone(), blame.label.clone());
    let (file, given) = (file.path().to_owned(), lines.clone());
    Some(Removal { device, label, file, given, lines, text, commands })
}

/// The lines that a blamed line takes up; of a rule in `set` form, every line about it.
fn lines(file: &File, blame: &Blame) -> Option<Vec<u32>> {
    let span = blame.span;
    let first = file.line_at(span.start);
    let last = file.line_at(span.end.saturating_sub(1).max(span.start));
    if let Some(whole) = dialect::whole(file.line_text(first).trim()) {
        let about = |line: &u32| {
            let rest = file.line_text(*line).trim().strip_prefix("set ");
            rest.and_then(|rest| rest.strip_prefix(whole)).is_some_and(|r| r.starts_with(' '))
        };
        let last = u32::try_from(file.line_count()).ok()?;
        return Some((1..=last).filter(about).collect());
    }
    let said = file.text().get(span.start as usize..span.end as usize)?.trim();
    let whole: Vec<&str> = (first..=last).map(|line| file.line_text(line)).collect();
    let is_whole = whole.first()?.trim_start().starts_with(said.lines().next()?.trim_start())
        && whole.last()?.trim_end().ends_with(said.lines().last()?.trim());
    is_whole.then(|| (first..=last).collect())
}

/// The lines of the blocks around a line, outermost first: what is indented less, going up.
fn blocks(file: &File, line: u32) -> Vec<String> {
    let indent = |text: &str| text.len() - text.trim_start().len();
    let mut depth = indent(file.line_text(line));
    let mut out = Vec::new();
    for above in (1..line).rev() {
        let text = file.line_text(above);
        let is_end = matches!(text.trim(), "" | "!" | "end" | "next" | "exit");
        if depth == 0 || is_end || indent(text) >= depth {
            continue;
        }
        depth = indent(text);
        out.push(text.trim().to_owned());
    }
    out.reverse();
    out
}

/// The files without these lines.
pub(super) fn edits(files: &Files, removals: &[Removal]) -> Vec<Edit> {
    let mut paths: Vec<&str> = removals.iter().map(|removal| removal.file.as_str()).collect();
    paths.sort_unstable();
    paths.dedup();
    let without = |path: &str| {
        let (_, bytes) = files.entries.iter().find(|(known, _)| known == path)?;
        let gone: Vec<u32> = removals
            .iter()
            .filter(|removal| removal.file == path)
            .flat_map(|removal| removal.lines.iter().copied())
            .collect();
        let kept = (1_u32..).zip(bytes.split_inclusive(|byte| *byte == b'\n'));
        let kept = kept.filter(|(line, _)| !gone.contains(line)).flat_map(|(_, text)| text);
        Some(Edit { path: path.to_owned(), bytes: Some(kept.copied().collect()) })
    };
    paths.into_iter().filter_map(without).collect()
}
