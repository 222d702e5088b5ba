//! What editors say of a file is what the readers say: every topology and policy of the worlds fits its JSON Schema, and so does
//! every example in the pages.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a failing test says so; it reads the repository"
)]

use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

/// Every file below a directory that is wanted.
fn below(folder: &Path, wanted: fn(&Path) -> bool) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| match path.is_dir() {
            true => below(&path, wanted),
            false if wanted(&path) => vec![path],
            false => Vec::new(),
        })
        .collect()
}

fn complaints(wanted: fn(&Path) -> bool, schema: &Value) -> Vec<String> {
    let validator = jsonschema::validator_for(schema).unwrap();
    let files = below(&Path::new(env!("CARGO_MANIFEST_DIR")).join("topologies"), wanted);
    assert!(files.len() > 20, "the worlds were not found");
    let of = |path: &PathBuf| {
        let value: Value = serde_saphyr::from_str(&fs::read_to_string(path).unwrap()).unwrap();
        let errors = validator.iter_errors(&value);
        errors.map(|error| format!("{}: {error}", path.display())).collect::<Vec<_>>()
    };
    files.iter().flat_map(of).collect()
}

#[test]
fn every_topology_fits_its_schema() {
    assert_eq!(
        complaints(|path| path.ends_with("topology.yaml"), &sekisho::topology::schema()),
        [""; 0]
    );
}

#[test]
fn every_policy_fits_its_schema() {
    assert_eq!(
        complaints(|path| path.ends_with("policy.yaml"), &sekisho::policy::schema()),
        [""; 0]
    );
}

/// Blocks of YAML in the pages, each with the number of its first line.
fn examples(text: &str) -> Vec<(usize, String)> {
    let mut found: Vec<(usize, String)> = Vec::new();
    let mut inside = false;
    for (number, line) in (1..).zip(text.lines()) {
        match line.trim_end() {
            "```yaml" => {
                inside = true;
                found.push((number, String::new()));
            }
            "```" => inside = false,
            line if inside => found.last_mut().unwrap().1 += &format!("{line}\n"),
            _ => {}
        }
    }
    found
}

#[test]
fn every_example_of_the_pages_fits_a_schema() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let schemas = ["topology", "policy", "report"].into_iter().zip([
        sekisho::topology::schema(),
        sekisho::policy::schema(),
        sekisho::report::details_schema(),
    ]);
    let schemas: Vec<_> = schemas
        .map(|(of, schema)| (of != "report", jsonschema::validator_for(&schema).unwrap()))
        .collect();
    let pages = ["README.md", "README.ja.md"].map(|page| root.join(page)).into_iter();
    let pages = pages
        .chain(below(&root.join("docs"), |path| path.extension().is_some_and(|end| end == "md")));
    let mut seen = 0;
    for page in pages {
        for (line, text) in examples(&fs::read_to_string(&page).unwrap()) {
            seen += 1;
            let fits = schemas.iter().any(|(versioned, validator)| {
                // An excerpt need not repeat the version.
                let whole = *versioned && !text.starts_with("version:");
                let text = if whole { format!("version: 1\n{text}") } else { text.clone() };
                serde_saphyr::from_str::<Value>(&text).is_ok_and(|value| validator.is_valid(&value))
            });
            assert!(fits, "{}:{line}: fits no schema:\n{text}", page.display());
        }
    }
    assert!(seen > 10, "the examples were not found");
}

#[test]
fn a_key_that_no_reader_knows_does_not_fit() {
    let validator = jsonschema::validator_for(&sekisho::topology::schema()).unwrap();
    let device = |key: &str| serde_json::json!({ "version": 1, "devices": { "fw": { key: "x" } } });
    assert!(validator.is_valid(&device("roles")));
    assert!(!validator.is_valid(&device("role")));
}

/// What a command prints.
fn printed(arguments: &[&str]) -> String {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_sekisho"));
    command.current_dir(env!("CARGO_MANIFEST_DIR")).args(arguments);
    String::from_utf8(command.output().unwrap().stdout).unwrap()
}

#[test]
fn what_is_printed_for_programs_fits_its_schema() {
    let world = "topologies/x-enet/delivered";
    let corrected = "topologies/x-enet/corrected";
    let cases: [(&str, &[&str]); 5] = [
        ("scan", &["check", world, "--format", "json"]),
        ("lines", &["check", world, "--format", "jsonl"]),
        ("diff", &["diff", world, corrected, "--format", "json"]),
        ("request", &["request", corrected, "dmz", "pi", "tcp/445", "--format", "json"]),
        ("fix", &["fix", world, "--format", "json"]),
    ];
    for (of, arguments) in cases {
        let schema: Value = serde_json::from_str(&printed(&["schema", of])).unwrap();
        let validator = jsonschema::validator_for(&schema).unwrap();
        let text = printed(arguments);
        let documents: Vec<Value> = match of {
            "lines" => text.lines().map(|line| serde_json::from_str(line).unwrap()).collect(),
            _ => vec![serde_json::from_str(&text).unwrap()],
        };
        assert!(!documents.is_empty(), "{of}");
        for document in &documents {
            let errors: Vec<String> =
                validator.iter_errors(document).map(|error| error.to_string()).collect();
            assert_eq!(errors, [""; 0], "{of}");
        }
        // A schema that lets everything pass would be none.
        assert!(!validator.is_valid(&serde_json::json!({ "schema": "x" })), "{of}");
    }
}
