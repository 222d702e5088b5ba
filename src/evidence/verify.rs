//! Whether a bundle is what it was, and whether its inputs still say what it says.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Told, Tree, hash, options, outputs};
use crate::model::Moment;
use crate::scan::{self, Files};
use crate::text;
use crate::text::{Lang, Text};

/// Something that is wrong with a bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The file.
    pub path: String,
    /// What is wrong with it.
    pub message: Text,
}

/// What was found out about a bundle.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// What is wrong; empty when nothing is.
    pub problems: Vec<Problem>,
    /// How many files were compared with their hashes.
    pub hashed: usize,
    /// How many outputs a new run made again, byte by byte; `None` when there are no inputs, or another version made them.
    pub repeated: Option<usize>,
}

/// Compares every file with its hash, looks for files that no manifest names, and runs the inputs again.
#[must_use]
pub fn verify(tree: &Tree) -> Found {
    let mut found = Found::default();
    listed(tree, "tagmanifest-sha256.txt", &mut found, |path| {
        !path.starts_with("data/") && path != "tagmanifest-sha256.txt"
    });
    listed(tree, "manifest-sha256.txt", &mut found, |path| path.starts_with("data/"));
    if found.problems.is_empty() {
        again(tree, &mut found);
    }
    found
}

fn problem(found: &mut Found, path: &str, message: Text) {
    found.problems.push(Problem { path: path.to_owned(), message });
}

/// Every file that a manifest names is there with its hash, and every file of its kind is named.
fn listed(tree: &Tree, manifest: &str, found: &mut Found, kind: impl Fn(&str) -> bool) {
    let Some(bytes) = tree.get(manifest) else {
        return problem(found, manifest, text!("ファイルがありません", "it is missing"));
    };
    let text = String::from_utf8_lossy(bytes);
    let mut named = BTreeSet::new();
    for line in text.lines() {
        let Some((wanted, path)) = line.split_once("  ") else {
            problem(
                found,
                manifest,
                text!("読めない行があります: {line}", "a line means nothing: {line}"),
            );
            continue;
        };
        named.insert(path.to_owned());
        match tree.get(path) {
            None => problem(found, path, text!("ファイルがありません", "it is missing")),
            Some(bytes) if hash(bytes) != wanted => {
                problem(found, path, text!("内容が変わっています", "it was changed"));
            }
            Some(_) => found.hashed += 1,
        }
    }
    for path in tree.keys().filter(|path| kind(path) && !named.contains(*path)) {
        problem(found, path, text!("一覧にないファイルです", "no manifest names it"));
    }
}

/// Runs the inputs again and compares what comes out.
fn again(tree: &Tree, found: &mut Found) {
    let (Some(run), Some((told, files))) = (tree.get("data/run.json"), inputs(tree)) else {
        return;
    };
    let value: Value = serde_json::from_slice(run).unwrap_or_default();
    let version = value.pointer("/tool/version").and_then(Value::as_str);
    if version != Some(env!("CARGO_PKG_VERSION")) {
        return;
    }
    let scan = match scan::scan(files, &options(&told)) {
        Ok(scan) => scan,
        Err(errors) => {
            for error in errors {
                problem(found, &error.path, error.message);
            }
            return;
        }
    };
    let made: BTreeMap<String, Vec<u8>> = match outputs(&scan, &told) {
        Ok(made) => made.into_iter().collect(),
        Err(message) => return problem(found, "data/outputs", message),
    };
    for name in made.keys() {
        let path = format!("data/outputs/{name}");
        if !tree.contains_key(&path) {
            problem(found, &path, text!("作成時の出力が欠けています", "an output was left out"));
        }
    }
    let mut same = 0;
    for (path, bytes) in tree.iter().filter(|(path, _)| path.starts_with("data/outputs/")) {
        match made.get(path.trim_start_matches("data/outputs/")) {
            Some(now) if now == bytes => same += 1,
            _ => problem(
                found,
                path,
                text!(
                    "同じ入力から作り直した結果と一致しません",
                    "the same inputs do not give it again"
                ),
            ),
        }
    }
    found.repeated = Some(same);
}

/// The inputs of a bundle and how they were run; `None` when it holds their hashes only.
fn inputs(tree: &Tree) -> Option<(Told, Files)> {
    let value: Value = serde_json::from_slice(tree.get("data/run.json")?).ok()?;
    let word = |key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
    let flag = |key: &str| value.get(key).and_then(Value::as_bool).unwrap_or_default();
    let told = Told {
        at: word("at").and_then(|at| Moment::parse(&at).ok()),
        reader: word("reader"),
        no_relays: flag("no_relays"),
        lang: if word("lang").as_deref() == Some("ja") { Lang::Ja } else { Lang::En },
        certificate: flag("certificate"),
        details: tree.get(super::DETAILS).cloned(),
    };
    let entries: Vec<(String, Vec<u8>)> = tree
        .iter()
        .filter_map(|(path, bytes)| {
            Some((path.strip_prefix("data/inputs/")?.to_owned(), bytes.clone()))
        })
        .collect();
    (!entries.is_empty()).then(|| (told, Files { name: word("name").unwrap_or_default(), entries }))
}
