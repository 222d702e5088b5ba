//! The pure front door of the library: files in, [`Scan`] out. No file is opened here, no clock read.

use crate::finding::{Finding, RuleVerdict};
use crate::model::Moment;
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
