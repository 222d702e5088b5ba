//! The pure front door of the library: files in, [`Scan`] out. No file is opened here, no clock read.

use crate::finding::{Cause, Finding, FlowList, Hop, RuleVerdict};
use crate::model::Moment;
use crate::net::{Family, Flow};
use crate::policy::Policy;
use crate::snapshot::Snapshot;
use crate::source::{FileId, Sources, Span};
use crate::text::Text;

/// The files of a run as the caller read them: relative path with forward slashes, and bytes.
#[derive(Clone, Debug, Default)]
pub struct Files {
    /// The name of the world: the directory's, or the single file's.
    pub name: String,
    /// Path and bytes, sorted by path.
    pub entries: Vec<(String, Vec<u8>)>,
}

/// What a caller can choose.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The moment at which schedules are read; `None`: any moment.
    pub at: Option<Moment>,
    /// The reader for every configuration, when detection is not wanted.
    pub format: Option<String>,
}

/// Input that the tool could not work with; the run ends with exit code 2.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputError {
    /// The file, as it was given.
    pub path: String,
    /// The place, when the file could be decoded.
    pub span: Option<Span>,
    /// 1-based line; `None` when the file as a whole is meant.
    pub line: Option<u32>,
    /// What is wrong.
    pub message: Text,
    /// The way out.
    pub help: Option<Text>,
}

/// What an input file was taken for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Role {
    /// The topology file.
    Topology,
    /// The policy file.
    Policy,
    /// A configuration: device name and reader.
    Config {
        /// The device.
        device: String,
        /// The reader's identifier.
        format: &'static str,
    },
}

/// Everything that was read, before any judgment.
#[derive(Clone, Debug, Default)]
pub struct Loaded {
    /// The input files.
    pub sources: Sources,
    /// What each was taken for.
    pub roles: Vec<(FileId, Role)>,
    /// The network.
    pub snapshot: Snapshot,
    /// The policy; `None` when there is no policy file.
    pub policy: Option<Policy>,
}

/// The result of a run.
#[derive(Clone, Debug, Default)]
pub struct Scan {
    /// What was read.
    pub loaded: Loaded,
    /// One verdict a policy rule, in the order of the policy file.
    pub verdicts: Vec<RuleVerdict>,
    /// Findings: by gravity, then in a fixed order.
    pub findings: Vec<Finding>,
}

/// What can travel between every pair of zones.
#[derive(Clone, Debug, Default)]
pub struct Matrix {
    /// One entry a pair and family, in the order of the topology file.
    pub pairs: Vec<MatrixPair>,
}

/// What can travel from one zone to another in one family.
#[derive(Clone, Debug)]
pub struct MatrixPair {
    /// Where it starts.
    pub from: String,
    /// Where it ends.
    pub to: String,
    /// The family.
    pub family: Family,
    /// What surely passes.
    pub must: FlowList,
    /// What may pass; holds everything that surely passes.
    pub may: FlowList,
}

/// Why one zone reaches another, or does not.
#[derive(Clone, Debug, Default)]
pub struct Explanation {
    /// Where it starts.
    pub from: String,
    /// Where it ends.
    pub to: String,
    /// The service asked for; `None` is every one.
    pub service: Option<String>,
    /// One entry a family in which both ends have addresses.
    pub cases: Vec<ExplainedCase>,
}

/// One family of an [`Explanation`].
#[derive(Clone, Debug)]
pub struct ExplainedCase {
    /// The family.
    pub family: Family,
    /// What surely passes.
    pub must: FlowList,
    /// What may pass.
    pub may: FlowList,
    /// One packet: of what passes when anything does, else one that is stopped.
    pub witness: Option<Flow>,
    /// Its path, down to the line that stops it when it is stopped.
    pub path: Vec<Hop>,
    /// What keeps it undetermined.
    pub causes: Vec<Cause>,
}

// stub: everything below stands in for the real front door, behind the same signatures.

/// Reads every file and joins them to a network.
///
/// # Errors
/// Every input that could not be worked with.
pub fn load(files: Files, _options: &Options) -> Result<Loaded, Vec<InputError>> {
    let mut loaded = Loaded::default();
    let mut errors = Vec::new();
    loaded.snapshot.name = files.name;
    for (path, bytes) in &files.entries {
        match loaded.sources.add(path, bytes) {
            Ok(id) if path == "topology.yaml" => loaded.roles.push((id, Role::Topology)),
            Ok(id) if path == "policy.yaml" => loaded.roles.push((id, Role::Policy)),
            Ok(_) => {}
            Err(error) => errors.push(InputError {
                path: path.clone(),
                span: None,
                line: Some(error.line()),
                message: error.message(),
                help: None,
            }),
        }
    }
    if errors.is_empty() { Ok(loaded) } else { Err(errors) }
}

/// Judges what was read.
#[must_use]
pub fn judge(loaded: Loaded) -> Scan {
    Scan { loaded, ..Scan::default() }
}

/// Files in, verdicts out.
///
/// # Errors
/// As [`load`].
pub fn scan(files: Files, options: &Options) -> Result<Scan, Vec<InputError>> {
    load(files, options).map(judge)
}

/// What can travel between every pair of zones.
#[must_use]
pub fn matrix(_loaded: &Loaded) -> Matrix {
    Matrix::default()
}

/// Why `from` reaches `to`, or does not.
///
/// # Errors
/// A name or service that means nothing.
#[allow(clippy::result_large_err, reason = "once a run")]
pub fn explain(
    _loaded: &Loaded,
    from: &str,
    to: &str,
    service: Option<&str>,
) -> Result<Explanation, InputError> {
    let service = service.map(str::to_owned);
    Ok(Explanation { from: from.to_owned(), to: to.to_owned(), service, cases: Vec::new() })
}

/// A first topology file, from the configurations alone.
///
/// # Errors
/// When no configuration was read.
#[allow(clippy::result_large_err, reason = "once a run")]
pub fn draft_topology(loaded: &Loaded) -> Result<String, InputError> {
    Ok(format!("version: 1\nname: {}\n", loaded.snapshot.name))
}
