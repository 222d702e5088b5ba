//! The house, enforced: who may name whom (the floors), where serialisation and escaping live, how long a file may be, and
//! what no file may hold. It reads the source text with a small tokenizer (`architecture/names.rs`), so it sees plain, grouped, nested and multi-line
//! imports, paths inside code and signatures, and `super`. The last tests plant violations and expect each to be caught.

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a failing test says so; it reads the repository"
)]

#[path = "architecture/names.rs"]
mod names;

use names::{Token, paths, tokens};
use std::fs;
use std::path::Path;

/// Every module of the library with its floor. A module names only modules on lower floors, never a sibling.
const FLOORS: &[(u8, &[&str])] = &[
    (0, &["text", "workers"]),
    (1, &["source", "net"]),
    (2, &["model", "packetset", "finding", "sheet"]),
    (3, &["formats", "topology", "policy", "compile", "dialect"]),
    (4, &["snapshot"]),
    (5, &["graph", "trace", "certificate"]),
    (6, &["reach"]),
    (7, &["check", "lint"]),
    (8, &["scan"]),
    (9, &["diff", "remedy", "scrub"]),
    (10, &["report"]),
    (11, &["history", "evidence"]),
    (12, &["fleet", "serve"]),
    (13, &["cli"]),
];

/// The independent judges must share nothing with the symbolic engine.
const INDEPENDENT: &[&str] = &["trace", "certificate"];
const ENGINE: &[&str] = &["packetset", "compile", "graph", "reach"];

/// What vendors share; every other module of `formats` is a vendor, and vendors never name one another.
const SHARED_BY_VENDORS: &[&str] = &[
    "lines", "blocks", "commands", "marks", "ledger", "builder", "acl", "clock", "iproute",
    "switch", "own", "stations", "json", "detect", "by_id",
];

/// Sinks never name one another.
const SINKS: &[&str] = &[
    "terminal", "concise", "json", "sarif", "junit", "github", "gitlab", "html", "csv", "markdown",
    "jsonl", "dot", "mermaid", "pcap",
];

/// Where serialised types may be defined.
const SERIALISED: &[&str] = &[
    "src/report",
    "src/cli",
    "src/history",
    "src/topology/schema",
    "src/policy/schema",
    "src/source/yaml",
    "src/certificate/data",
];

/// The checker of certificates is to be read in one sitting: the files of the law in blocks, and the judgment. What stands in
/// `data.rs` is the form of the file.
const CHECKER_LINES: usize = 2350;

const LINES_GOAL: usize = 500;
const LINES_HARD: usize = 800;

fn floor(module: &str) -> Option<u8> {
    FLOORS.iter().find(|(_, names)| names.contains(&module)).map(|(floor, _)| *floor)
}

/// What is wrong with one source file; `path` begins with `src/`.
fn violations(path: &str, source: &str) -> Vec<String> {
    let module = path.trim_start_matches("src/").trim_end_matches(".rs");
    let here: Vec<String> = match module {
        "lib" | "main" | "verify" => Vec::new(),
        _ => module.split('/').map(str::to_owned).collect(),
    };
    let named = paths(&here, &tokens(source));
    let wrong = named.iter().filter_map(|(named, line)| {
        wrong_name(&here, named).map(|what| format!("{path}:{line}: {what}"))
    });
    wrong.chain(manners(path, source)).collect()
}

/// What is wrong with one file whatever it names.
fn manners(path: &str, source: &str) -> Vec<String> {
    let tokens = tokens(source);
    let mut out = Vec::new();
    for (at, Token(word, line)) in tokens.iter().enumerate() {
        let before =
            |steps| at.checked_sub(steps).and_then(|at| tokens.get(at)).map_or("", |token| token.0);
        let what = match *word {
            "super" if before(2) == "super" && before(4) == "super" => {
                "climbs three floors with super".to_owned()
            }
            "ignore" | "should_panic" if before(1) == "[" && before(2) == "#" => {
                format!("#[{word}]: a test runs and says what it expects")
            }
            "serde" | "Serialize" | "Deserialize" | "JsonSchema" if !serialised(path) => {
                format!("{word}: serialised types live in report, cli and the schemas of inputs")
            }
            name if before(1) == "fn" && name.contains("escape") && escapes_elsewhere(path) => {
                format!("fn {name}: only report/escape.rs escapes")
            }
            _ => continue,
        };
        out.push(format!("{path}:{line}: {what}"));
    }
    let lines = source.lines().count();
    if lines > LINES_HARD {
        out.push(format!("{path}: {lines} lines, more than {LINES_HARD}"));
    }
    out
}

fn escapes_elsewhere(path: &str) -> bool {
    path.starts_with("src/report") && path != "src/report/escape.rs"
}

fn serialised(path: &str) -> bool {
    SERIALISED.iter().any(|place| path.starts_with(place)) || path.contains("tests")
}

/// Why the module `here` must not name `named`.
fn wrong_name(here: &[String], named: &[String]) -> Option<String> {
    let part = |path: &[String], index: usize| path.get(index).cloned().unwrap_or_default();
    let (own, other) = (part(here, 0), part(named, 0));
    if own.is_empty() || other.is_empty() || other == "*" || other.starts_with(char::is_uppercase) {
        return None; // lib.rs and main.rs are the table of contents; a macro or an item of the root
    }
    let full = named.join("::");
    if own != other {
        let Some(theirs) = floor(&other) else {
            return Some(format!("{full}: no module with a floor"));
        };
        let Some(ours) = floor(&own) else { return Some(format!("the module {own} has no floor")) };
        if INDEPENDENT.contains(&own.as_str()) && ENGINE.contains(&other.as_str()) {
            return Some(format!("{own} is an independent judge and must not name {full}"));
        }
        return (theirs >= ours)
            .then(|| format!("{own} (floor {ours}) must not name {full} (floor {theirs})"));
    }
    let (mine, sibling) = (part(here, 1), part(named, 1));
    let vendor = |name: &str| !name.is_empty() && !SHARED_BY_VENDORS.contains(&name);
    if own == "formats" && !mine.is_empty() && sibling != mine {
        let everything = sibling.is_empty() || sibling == "*";
        let item = sibling.starts_with(char::is_uppercase);
        let hidden = vendor(&mine) && everything;
        if hidden || vendor(&sibling) && !item && sibling != "*" {
            return Some(format!("{mine} must not name {full}: vendors never name one another"));
        }
    }
    let sinks = SINKS.contains(&mine.as_str()) && SINKS.contains(&sibling.as_str());
    (own == "report" && sinks && mine != sibling)
        .then(|| format!("the sink {mine} must not name {full}"))
}

/// The Rust sources among `files`.
fn rust(files: &[(String, String)]) -> impl Iterator<Item = &(String, String)> {
    files.iter().filter(|(path, _)| path.ends_with(".rs"))
}

/// Every file below `dir` that is not built or fetched, with its path from the repository's root.
fn files(root: &Path, dir: &str) -> Vec<(String, String)> {
    let mut out = Vec::new();
    for entry in fs::read_dir(root.join(dir)).expect("the repository is readable").flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = if dir.is_empty() { name.clone() } else { format!("{dir}/{name}") };
        if ["target", ".git", "corpus", "artifacts", "proptest-regressions"]
            .contains(&name.as_str())
        {
            continue;
        }
        if entry.path().is_dir() {
            out.extend(files(root, &path));
        } else {
            let text = fs::read(entry.path()).expect("a file is readable");
            out.push((path, String::from_utf8_lossy(&text).into_owned()));
        }
    }
    out.sort();
    out
}

#[test]
fn every_module_names_lower_floors_only() {
    let sources = files(Path::new(env!("CARGO_MANIFEST_DIR")), "src");
    assert!(sources.len() > 50, "the sources were not found");
    for (path, source) in &sources {
        let lines = source.lines().count();
        if lines > LINES_GOAL {
            println!("{path}: {lines} lines, goal {LINES_GOAL}");
        }
    }
    let found: Vec<String> =
        sources.iter().flat_map(|(path, source)| violations(path, source)).collect();
    assert!(found.is_empty(), "{} violations:\n{}", found.len(), found.join("\n"));
}

#[test]
fn the_checker_of_certificates_stays_small_and_knows_no_set_of_packets() {
    let sources = files(Path::new(env!("CARGO_MANIFEST_DIR")), "src");
    let own = |path: &str| {
        let beside = ["src/certificate/data.rs", "src/certificate/tests.rs"];
        path.starts_with("src/certificate") && !beside.contains(&path)
    };
    let parts: Vec<_> = sources.iter().filter(|(path, _)| own(path)).collect();
    assert!(parts.len() > 5, "the checker was not found");
    let lines: usize = parts.iter().map(|(_, source)| source.lines().count()).sum();
    assert!(lines <= CHECKER_LINES, "{lines} lines, more than {CHECKER_LINES}");
    for (path, source) in parts {
        for outside in ["petgraph", "rustc_hash", "serde", "HashMap"] {
            let named = tokens(source).iter().any(|token| token.0 == outside);
            assert!(!named, "{path} names {outside}");
        }
    }
}

#[test]
fn every_test_runs_and_no_file_is_too_long() {
    let tests = files(Path::new(env!("CARGO_MANIFEST_DIR")), "tests");
    let found: Vec<String> =
        rust(&tests).flat_map(|(path, source)| manners(path, source)).collect();
    assert!(found.is_empty(), "{} violations:\n{}", found.len(), found.join("\n"));
}

#[test]
fn every_module_of_the_library_has_a_floor() {
    let library = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs"))
        .expect("lib.rs");
    let modules =
        library.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'));
    for module in modules {
        let floor = floor(module).unwrap_or_else(|| panic!("{module} has no floor"));
        assert!(
            library.contains(&format!("// Floor {floor}: ")),
            "lib.rs does not say floor {floor} for {module}"
        );
    }
}

#[test]
fn no_file_tells_where_it_was_written() {
    let words = [
        concat!("/wo", "rk/"),
        concat!("/home", "/"),
        concat!("Clau", "de"),
        concat!("Anthro", "pic"),
    ];
    let files = files(Path::new(env!("CARGO_MANIFEST_DIR")), "");
    let found: Vec<_> = files
        .iter()
        .flat_map(|(path, text)| {
            words.iter().filter(|w| text.contains(**w)).map(move |w| (path, w))
        })
        .collect();
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn planted_violations_are_caught() {
    let planted = [
        (
            "src/net.rs",
            "use crate::model::Device;",
            "(floor 1) must not name model::Device (floor 2)",
        ),
        ("src/model.rs", "use crate::{text::Text, scan};", "must not name scan"),
        ("src/model.rs", "use crate::{source::{File}, finding::{Kind}};", "not name finding::Kind"),
        ("src/snapshot/a.rs", "use crate::{\n model::Id,\n reach::Run,\n};", "not name reach::Run"),
        (
            "src/policy.rs",
            "fn f(x: &crate::topology::Topology) {}",
            "must not name topology::Topology",
        ),
        ("src/check.rs", "fn f() { let x = super::lint::lint(); }", "must not name lint::lint"),
        ("src/trace/walk.rs", "use super::super::compile::Reading;", "independent judge"),
        ("src/trace.rs", "use crate::packetset::Arena;", "independent judge"),
        ("src/certificate/walk.rs", "use crate::compile::Reading;", "independent judge"),
        ("src/certificate.rs", "use crate::trace::trace;", "must not name trace"),
        ("src/formats/asa.rs", "use super::ios::words;", "vendors never"),
        ("src/formats/asa/nat.rs", "use crate::formats::fortios;", "vendors never"),
        ("src/formats/ios.rs", "use crate::formats;", "vendors never"),
        ("src/formats/lines.rs", "use super::asa::Reader;", "vendors never"),
        ("src/report/sarif.rs", "use super::json::schema;", "the sink sarif"),
        ("src/report/json.rs", "fn escape_html() {}", "only report/escape.rs"),
        ("src/check/a/b.rs", "use super::super::super::x;", "three floors"),
        ("src/net.rs", "#[derive(serde::Serialize)] struct A;", "serialised types"),
        ("src/net.rs", "#[test]\n#[ignore = \"slow\"]\nfn t() {}", "#[ignore]"),
        ("src/net.rs", "#[should_panic]\nfn t() {}", "#[should_panic]"),
        (
            "src/net.rs",
            "fn f() { let s = \"\\\"\"; crate::cli::main(); }",
            "must not name cli::main",
        ),
        ("src/extra.rs", "use crate::text::Text;", "has no floor"),
    ];
    for (path, source, reason) in planted {
        let found = violations(path, source).join("\n");
        assert!(found.contains(reason), "`{reason}` is not said of {source}: {found}");
    }
    let long = "\n".repeat(LINES_HARD + 1);
    assert_eq!(violations("src/net.rs", &long).len(), 1, "length");
}

#[test]
fn legal_forms_pass() {
    let legal = [
        ("src/scan.rs", "use crate::{check, lint, snapshot, text};"),
        ("src/formats/asa/nat/parse.rs", "use super::super::state::{Cursor, Reader};"),
        (
            "src/formats/asa.rs",
            "use super::{Format, Input, Ledger, lines::Block};\nuse crate::formats::blocks::Tree;",
        ),
        ("src/report/sarif.rs", "use super::{escape, view::View};"),
        (
            "src/model.rs",
            "// crate::cli is far above\nconst A: &str = \"crate::cli::main\"; /* super::super::super::x */",
        ),
        ("src/text.rs", "macro_rules! m { () => { $crate::cli::main() }; }"),
        ("src/net.rs", "fn f<'a>(c: char) -> bool { c == '\"' && r#\"crate::cli\"#.is_empty() }"),
        ("src/topology/schema.rs", "#[derive(serde::Serialize)] struct A;"),
        ("src/main.rs", "fn main() { sekisho::cli::main() }"),
    ];
    for (path, source) in legal {
        assert_eq!(violations(path, source), Vec::<String>::new(), "{source}");
    }
}
