//! Every reader comes with what a reader needs: notes in both languages, literate fixtures, a full-size export, a fuzz target.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test fails by panicking, and reads the repository"
)]

use sekisho::formats::FORMATS;
use std::path::{Path, PathBuf};

/// A full-size export has so many lines at least; a binary workbook counts by its kind.
const FULL_SIZE: usize = 100;

fn at(relative: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(relative)
}

fn files(format: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(at("fixtures/formats").join(format));
    entries.into_iter().flatten().map(|entry| entry.unwrap().path()).collect()
}

fn is_full_size(path: &Path) -> bool {
    let extension = path.extension().and_then(|e| e.to_str()).unwrap_or("");
    if extension == "md" {
        return false;
    }
    let bytes = std::fs::read(path).unwrap();
    extension == "xlsx" || bytes.iter().filter(|byte| **byte == b'\n').count() >= FULL_SIZE
}

/// What is missing of one reader.
fn missing(format: &str) -> Vec<String> {
    let mut missing = Vec::new();
    for needed in [
        format!("docs/book/en/src/formats/{format}.md"),
        format!("docs/book/ja/src/formats/{format}.md"),
        format!("tests/fuzz/fuzz_targets/{}.rs", format.replace('-', "_")),
    ] {
        if !at(&needed).is_file() {
            missing.push(needed);
        }
    }
    let files = files(format);
    if !files.iter().any(|path| path.extension().is_some_and(|e| e == "md")) {
        missing.push(format!("a literate fixture in fixtures/formats/{format}"));
    }
    if !files.iter().any(|path| is_full_size(path)) {
        missing.push(format!("a full-size export in fixtures/formats/{format}"));
    }
    missing
}

#[test]
fn every_reader_comes_with_what_a_reader_needs() {
    let missing: Vec<String> = FORMATS.iter().flat_map(|format| missing(format.id)).collect();
    assert!(missing.is_empty(), "missing: {missing:#?}");
}

#[test]
fn every_reader_says_what_it_reads_and_what_it_approximates() {
    for format in FORMATS {
        let reads = (format.reads)();
        assert!(!reads.ja.is_empty() && !reads.en.is_empty(), "{}", format.id);
        assert!(!format.export.is_empty(), "{}: how is the export made?", format.id);
        for text in (format.approximations)() {
            assert!(!text.ja.is_empty() && !text.en.is_empty(), "{}", format.id);
        }
        assert!(!(format.approximations)().is_empty(), "{} approximates nothing?", format.id);
    }
}
