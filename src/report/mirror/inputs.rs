//! Input files and what became of their lines.

use super::{TextJson, text};
use crate::model::LineStatus;
use crate::report::view;
use crate::scan::{Loaded, Role};
use crate::source::hex;
use schemars::JsonSchema;
use serde::Serialize;

/// The most gaps that are listed for one file.
const GAP_LIMIT: usize = 1000;

/// An input file.
#[derive(Serialize, JsonSchema)]
pub(in crate::report) struct InputJson {
    path: String,
    /// `topology`, `policy`, `config`, or `unused`.
    role: &'static str,
    encoding: &'static str,
    bytes: u64,
    /// Of the bytes before decoding, in hexadecimal.
    sha256: String,
}

/// What was read.
#[derive(Serialize, JsonSchema)]
pub(in crate::report) struct CoverageJson {
    files: Vec<FileJson>,
}

/// One configuration.
#[derive(Serialize, JsonSchema)]
pub(in crate::report) struct FileJson {
    path: String,
    format: String,
    device: String,
    lines: LinesJson,
    gaps: Vec<GapJson>,
    gaps_omitted: usize,
}

/// How many lines there are of each status.
#[derive(Serialize, JsonSchema)]
pub(in crate::report) struct LinesJson {
    used: usize,
    irrelevant: usize,
    unsupported: usize,
    unknown: usize,
}

/// A line that was not, or not exactly, understood.
#[derive(Serialize, JsonSchema)]
pub(in crate::report) struct GapJson {
    line: u32,
    text: String,
    status: StatusJson,
    contained: bool,
    reason: TextJson,
}

/// The status of a gap.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum StatusJson {
    Unsupported,
    Unknown,
}

pub(super) fn inputs(loaded: &Loaded) -> Vec<InputJson> {
    let role =
        |wanted| match loaded.roles.iter().find(|(id, _)| *id == wanted).map(|(_, role)| role) {
            Some(Role::Topology) => "topology",
            Some(Role::Policy) => "policy",
            Some(Role::Pack { .. }) => "pack",
            Some(Role::Config { .. }) => "config",
            Some(Role::Standby { .. }) => "standby",
            None => "unused",
        };
    let files = loaded.sources.iter().map(|(id, file)| InputJson {
        path: file.path().to_owned(),
        role: role(id),
        encoding: file.encoding().id(),
        bytes: file.bytes(),
        sha256: hex(&file.sha256()),
    });
    files.collect()
}

pub(super) fn coverage(loaded: &Loaded) -> CoverageJson {
    let sources = &loaded.sources;
    let file = |covered: view::CoveredFile<'_>| {
        let gaps = covered.coverage.map_or(&[][..], |coverage| &coverage.gaps);
        let listed = gaps.iter().take(GAP_LIMIT).map(|gap| {
            let shown = view::quote(sources, gap.span);
            let status = match gap.status {
                LineStatus::Unsupported => StatusJson::Unsupported,
                _ => StatusJson::Unknown,
            };
            let (line, reason) = (shown.line, text(&gap.reason));
            GapJson { line, text: shown.text, status, contained: gap.contained, reason }
        });
        FileJson {
            path: sources.file(covered.id).path().to_owned(),
            format: covered.format.to_owned(),
            device: covered.device.to_owned(),
            lines: LinesJson {
                used: covered.count(LineStatus::Used),
                irrelevant: covered.count(LineStatus::Irrelevant),
                unsupported: covered.count(LineStatus::Unsupported),
                unknown: covered.count(LineStatus::Unknown),
            },
            gaps: listed.collect(),
            gaps_omitted: gaps.len().saturating_sub(GAP_LIMIT),
        }
    };
    CoverageJson { files: view::covered_files(loaded).into_iter().map(file).collect() }
}
