//! Each export is taken for what it is, no other reader comes near, a part of it is never taken for something else, and two
//! exports in one file do not pass for one.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test fails by panicking, and reads the repository"
)]

use sekisho::formats::{self, FORMATS, Input};
use sekisho::model::LineStatus;
use sekisho::source::Sources;
use std::path::{Path, PathBuf};

/// Texts that are not exports of a device.
const NOT_EXPORTS: &[&str] = &["md", "yaml", "yml"];

/// An export of the repository with the reader that it belongs to, when its directory says so.
struct Export {
    path: String,
    text: String,
    format: Option<&'static str>,
}

fn exports() -> Vec<Export> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    for format in FORMATS {
        for path in files_below(&root.join("fixtures/formats").join(format.id)) {
            found.extend(read(root, &path, Some(format.id)));
        }
    }
    for path in files_below(&root.join("topologies")) {
        let inside = path.components().any(|part| part.as_os_str() == "configs");
        let extension = path.extension().and_then(|e| e.to_str()).unwrap_or("");
        if inside || matches!(extension, "cfg" | "conf") {
            found.extend(read(root, &path, None));
        }
    }
    found
}

fn files_below(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files_below(&path));
        } else {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The decoded text; `None` for what is no text (workbooks) and no export.
fn read(root: &Path, path: &Path, format: Option<&'static str>) -> Option<Export> {
    let extension = path.extension().and_then(|e| e.to_str()).unwrap_or("");
    if NOT_EXPORTS.contains(&extension) {
        return None;
    }
    let mut sources = Sources::default();
    let name = path.strip_prefix(root).unwrap().display().to_string();
    let id = sources.add(&name, &std::fs::read(path).unwrap()).ok()?;
    let text = sources.file(id).text().to_owned();
    Some(Export { path: name, text, format })
}

/// How sure each reader is, the surest first.
fn ranked(text: &str) -> Vec<(u8, &'static str)> {
    let mut ranked: Vec<(u8, &'static str)> =
        FORMATS.iter().map(|format| ((format.detect)(text), format.id)).collect();
    ranked.sort_by_key(|(sure, _)| std::cmp::Reverse(*sure));
    ranked
}

/// What `ip addr` prints belongs to every rule set of a host: both readers know it, and neither is sure.
fn is_shared(ranked: &[(u8, &'static str)]) -> bool {
    let several = |(sure, id): &&(u8, &'static str)| {
        *sure < 50 && formats::by_id(id).is_some_and(formats::Format::takes_several)
    };
    ranked.iter().take(2).filter(several).count() == 2
}

#[test]
fn an_export_is_taken_for_what_it_is_and_nothing_comes_near() {
    let mut wrong = Vec::new();
    for export in exports() {
        let ranked = ranked(&export.text);
        let [(first, id), (second, other), ..] = ranked.as_slice() else { continue };
        if export.format.is_some_and(|format| format != *id) || *first == 0 {
            wrong.push(format!("{} is taken for {id} ({first})", export.path));
        } else if *second > *first / 2 && !is_shared(&ranked) {
            wrong.push(format!("{}: {id} is {first} sure and {other} {second}", export.path));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_part_of_an_export_is_never_taken_for_another() {
    let mut wrong = Vec::new();
    for export in exports() {
        let whole = export.format.or_else(|| formats::detect(&export.text).ok().map(|f| f.id));
        for lines in [10, 30, 100] {
            let part: String = export.text.split_inclusive('\n').take(lines).collect();
            match formats::detect(&part) {
                Ok(found) if Some(found.id) != whole => {
                    wrong.push(format!("{lines} lines of {}: {}", export.path, found.id));
                }
                _ => {}
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn two_exports_in_one_file_do_not_pass_for_one() {
    let exports = exports();
    let one_of_each: Vec<&Export> = FORMATS
        .iter()
        .filter_map(|format| exports.iter().find(|export| export.format == Some(format.id)))
        .collect();
    let mut wrong = Vec::new();
    for first in &one_of_each {
        for second in one_of_each.iter().filter(|second| second.format != first.format) {
            let text = format!("{}\n{}", first.text.trim_end(), second.text);
            let Ok(found) = formats::detect(&text) else { continue };
            let mut sources = Sources::default();
            let id = sources.add("both.txt", text.as_bytes()).unwrap();
            let reading = found.read(&[Input { id, file: sources.file(id) }], &[]);
            let unknown =
                |coverage: &sekisho::model::Coverage| coverage.count(LineStatus::Unknown) > 0;
            if !reading.coverage.iter().any(unknown) {
                wrong.push(format!("{} and {} read as {}", first.path, second.path, found.id));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
