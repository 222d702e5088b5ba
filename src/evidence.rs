//! An evidence bundle (証拠一式): inputs, outputs and what made them, so that somebody else can check that nothing was changed since and
//! that the same inputs still say the same.
//!
//! The layout is `BagIt` 1.0 (RFC 8493): `sha256sum -c manifest-sha256.txt` checks the payload without this program. Beside the
//! bundle stands a log of who was told what and when, in which every entry carries the hash of the one before ([`Notices`]).

mod notices;
mod verify;

pub use notices::{Notice, Notices};
pub use verify::{Found, Problem, verify};

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use crate::model::Moment;
use crate::report::{
    self, MatrixFormat, PaperFormat, PaperInput, PaperKind, SelfCheckFormat, Sink, Style,
};
use crate::scan::{self, Files, Matrix, Options, Scan};
use crate::source::hex;
use crate::text::{Lang, Text};

/// Where the details of the papers stand.
const DETAILS: &str = "data/details.yaml";

/// The files of a bundle by their paths, with forward slashes.
pub type Tree = BTreeMap<String, Vec<u8>>;

/// What made a bundle, besides the inputs: `data/run.json`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// The moment at which schedules are read, and the day of waivers.
    pub at: Option<Moment>,
    /// The reader, when it was given.
    pub reader: Option<String>,
    /// Whether chains go through relays.
    pub no_relays: bool,
    /// The language of the outputs.
    pub lang: Lang,
    /// Whether a certificate is made.
    pub certificate: bool,
    /// What people know and configurations do not, for the papers: the bytes of a file as `report --details` reads it.
    pub details: Option<Vec<u8>>,
}

/// The bundle of a scan. Without `inputs`, their hashes alone are in it, and nobody can run it again from it.
///
/// # Errors
/// When a paper cannot be written: a workbook has no room for it.
pub fn bundle(files: &Files, scan: &Scan, told: &Told, inputs: bool) -> Result<Tree, Text> {
    let mut payload = Tree::new();
    if inputs {
        for (path, bytes) in &files.entries {
            payload.insert(format!("data/inputs/{path}"), bytes.clone());
        }
    }
    let hashes = files.entries.iter().map(|(path, bytes)| line(bytes, path));
    payload.insert("data/inputs.sha256".to_owned(), hashes.collect::<String>().into_bytes());
    payload.insert("data/run.json".to_owned(), record(files, told));
    if let Some(details) = &told.details {
        payload.insert(DETAILS.to_owned(), details.clone());
    }
    for (name, bytes) in outputs(scan, told)? {
        payload.insert(format!("data/outputs/{name}"), bytes);
    }
    let mut tree = Tree::new();
    let manifest: String = payload.iter().map(|(path, bytes)| line(bytes, path)).collect();
    let tags = [
        ("bagit.txt", "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n".to_owned()),
        ("bag-info.txt", info(&payload, told)),
        ("manifest-sha256.txt", manifest),
    ];
    let mut sealed = String::new();
    for (name, text) in tags {
        sealed.push_str(&line(text.as_bytes(), name));
        tree.insert(name.to_owned(), text.into_bytes());
    }
    tree.insert("tagmanifest-sha256.txt".to_owned(), sealed.into_bytes());
    tree.extend(payload);
    Ok(tree)
}

/// Every output by its name.
fn outputs(scan: &Scan, told: &Told) -> Result<Vec<(String, Vec<u8>)>, Text> {
    let style = Style { lang: told.lang, ..Style::default() };
    let mut out = Vec::new();
    for (sink, name) in [
        (Sink::Html, "report.html"),
        (Sink::Json, "report.json"),
        (Sink::Csv, "findings.csv"),
        (Sink::Sarif, "report.sarif"),
        (Sink::Terminal, "report.txt"),
        #[cfg(feature = "pcap")]
        (Sink::Pcap, "witnesses.pcap"),
    ] {
        out.push((name.to_owned(), report::render(scan, sink, &style)));
    }
    let rows = report::self_check_report(scan, SelfCheckFormat::Csv, &style);
    out.push(("self-check.csv".to_owned(), rows.into_bytes()));
    let matrix = scan::matrix(&scan.loaded);
    let rows = report::matrix(&matrix, MatrixFormat::Csv, &style);
    out.push(("matrix.csv".to_owned(), rows.into_bytes()));
    papers(scan, told, &matrix, &mut out)?;
    if told.certificate {
        out.push(("certificate.json".to_owned(), scan::certificate::certify(scan).bytes()));
    }
    Ok(out)
}

/// The papers that people sign. A PDF needs a font, which is no input: whoever needs one prints the page, or runs `report`.
fn papers(
    scan: &Scan,
    told: &Told,
    matrix: &Matrix,
    out: &mut Vec<(String, Vec<u8>)>,
) -> Result<(), Text> {
    let details = told.details.as_deref();
    let details = details.and_then(|bytes| report::read_details(DETAILS, bytes).ok());
    let details = details.unwrap_or_default();
    for (kind, name) in [(PaperKind::Audit, "audit"), (PaperKind::SelfCheck, "self-check")] {
        let input = PaperInput {
            kind,
            scan,
            before: None,
            matrix: Some(matrix),
            details: &details,
            redact: false,
            font: &[],
            lang: told.lang,
        };
        out.push((format!("{name}.html"), report::paper(&input, PaperFormat::Html)?));
        #[cfg(feature = "xlsx")]
        out.push((format!("{name}.xlsx"), report::paper(&input, PaperFormat::Xlsx)?));
    }
    Ok(())
}

/// One line as `sha256sum` writes it.
fn line(bytes: &[u8], path: &str) -> String {
    format!("{}  {path}\n", hash(bytes))
}

/// SHA-256 in hexadecimal.
fn hash(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn info(payload: &Tree, told: &Told) -> String {
    let octets: usize = payload.values().map(Vec::len).sum();
    let version = env!("CARGO_PKG_VERSION");
    let mut out = format!("Bag-Software-Agent: sekisho {version}\n");
    if let Some(at) = told.at {
        let at = at.to_string();
        let day = at.split('T').next().unwrap_or_default();
        out.push_str(&format!("Bagging-Date: {day}\n"));
    }
    out + &format!("Payload-Oxum: {octets}.{}\n", payload.len())
}

fn record(files: &Files, told: &Told) -> Vec<u8> {
    let value = serde_json::json!({
        "schema": "sekisho/evidence/1",
        "tool": { "name": "sekisho", "version": env!("CARGO_PKG_VERSION") },
        "name": files.name,
        "at": told.at.map(|at| at.to_string()),
        "reader": told.reader,
        "no_relays": told.no_relays,
        "lang": lang(told.lang),
        "certificate": told.certificate,
    });
    let mut bytes = serde_json::to_vec_pretty(&value).unwrap_or_default();
    bytes.push(b'\n');
    bytes
}

fn lang(lang: Lang) -> &'static str {
    match lang {
        Lang::Ja => "ja",
        Lang::En => "en",
    }
}

/// What a run of the same kind is asked to do.
fn options(told: &Told) -> Options {
    Options {
        at: told.at,
        format: told.reader.clone(),
        through_relays: told.no_relays,
        ..Options::default()
    }
}

/// The first path that no manifest can hold as it is: with a control character, or one that leads out of the bundle.
#[must_use]
pub fn unfit(files: &Files) -> Option<&str> {
    let bad = |path: &&str| {
        path.chars().any(char::is_control)
            || path.contains('\\')
            || path.split('/').any(|part| matches!(part, "" | "." | ".."))
    };
    files.entries.iter().map(|(path, _)| path.as_str()).find(bad)
}
