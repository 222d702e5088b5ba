//! The pure front door of the library: files in, [`Scan`] out. No file is opened here, no clock read.

mod ask;
mod hygiene;
pub mod baseline;
pub mod blast;
pub mod certificate;
mod load;
pub mod memory;
mod self_check;
pub mod wish;
mod workspace;

pub use self_check::{Outcome, SelfCheckRow, self_check};
pub use workspace::{Edit, Workspace};

use std::cmp::Reverse;

use crate::finding::{Cause, Finding, FlowList, Hop, Kind, RuleVerdict, Waived};
use crate::model::Moment;
use crate::model::{Coverage, Device};
use crate::net::{Family, Flow, Prefix};
use crate::policy::{Party, Policy};
use crate::reach::Devices;
use crate::snapshot::Snapshot;
use crate::source::{FileId, Sources, Span};
use crate::text::Text;
use crate::{check, lint, snapshot, text, workers};

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
    /// Whether chains of compromised hosts go through declared relays as through any host.
    pub through_relays: bool,
    /// About how many bytes of memory the run may take; see [`memory`].
    pub memory: Option<u64>,
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
    /// A policy pack.
    Pack {
        /// Its identifier.
        id: String,
    },
    /// The configuration of the partner of an HA pair: name of the device in the network, and reader.
    Standby {
        /// The device.
        device: String,
        /// The reader's identifier.
        format: &'static str,
    },
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
    /// As [`Options::through_relays`].
    pub through_relays: bool,
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
    /// Rules of packs that speak of nobody in this network.
    pub not_applicable: Vec<check::NotApplicable>,
    /// Traffic that waivers excuse, in the order of the waivers.
    pub waived: Vec<Waived>,
    /// How the findings compare with a baseline, when there is one.
    pub comparison: Option<baseline::Comparison>,
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
    /// Whether every packet that can open a connection surely passes; addresses of devices in the zone are not counted.
    pub everything: bool,
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
    /// Whether every packet that was asked for surely passes; addresses of devices in the zone are not counted.
    pub everything: bool,
    /// One packet: of what passes when anything does, else one that is stopped.
    pub witness: Option<Flow>,
    /// Its path, down to the line that stops it when it is stopped.
    pub path: Vec<Hop>,
    /// What keeps it undetermined.
    pub causes: Vec<Cause>,
}

/// Reads every file and joins them to a network.
///
/// # Errors
/// Every input that could not be worked with.
pub fn load(files: Files, options: &Options) -> Result<Loaded, Vec<InputError>> {
    load_again(&files, options, &mut load::Known::default())
}

/// As [`load`], going on with what `known` holds of files that nobody edited.
fn load_again(
    files: &Files,
    options: &Options,
    known: &mut load::Known,
) -> Result<Loaded, Vec<InputError>> {
    let mut loaded = load::load(files, options, known)?;
    if let Some(limit) = options.memory {
        memory::share(&mut loaded, limit)?;
    }
    Ok(loaded)
}

/// Judges what was read.
#[must_use]
pub fn judge(loaded: Loaded) -> Scan {
    let devices = Devices::new(&loaded.snapshot);
    let judgment = match resolved(&loaded) {
        Some((policy, resolved)) => {
            check::judge(&loaded.snapshot, &devices, policy, &resolved, &loaded.sources)
        }
        None => check::Judgment::default(),
    };
    let hygiene = lint::lint(&loaded.snapshot, &devices, &loaded.sources);
    workers::discard(devices);
    joined(loaded, judgment, hygiene)
}

/// The addresses of a zone, `zone.host` or network as prefixes; empty for any other word, and for a device itself.
#[must_use]
pub fn networks(loaded: &Loaded, word: &str) -> Vec<Prefix> {
    ask::party(loaded, word).map_or_else(|_| Vec::new(), |end| ask::networks(loaded, &end))
}

/// The addresses of parties of a policy rule as prefixes; empty when one names nobody, and nothing for a device itself.
#[must_use]
pub fn resolved_networks(loaded: &Loaded, parties: &[Party]) -> Vec<Prefix> {
    let ends = check::resolve_parties(&loaded.snapshot, parties).unwrap_or_default();
    ends.iter().flat_map(|end| ask::networks(loaded, end)).collect()
}

/// The policy with its names resolved.
fn resolved(loaded: &Loaded) -> Option<(&Policy, check::Resolved<'_>)> {
    let policy = loaded.policy.as_ref()?;
    // Names were resolved once already, when the policy was read.
    let mut resolved = check::resolve(&loaded.snapshot, policy).ok()?;
    resolved.through_relays = loaded.through_relays;
    Some((policy, resolved))
}

/// What the policy check and the hygiene rules say, as one.
fn joined(loaded: Loaded, judgment: check::Judgment, mut hygiene: Vec<Finding>) -> Scan {
    let check::Judgment { mut verdicts, mut findings, not_applicable, waived } = judgment;
    findings.extend(check::issues(&loaded.snapshot));
    if let Some(policy) = &loaded.policy {
        hygiene::decide(&loaded.snapshot, policy, &mut hygiene, &mut verdicts);
    }
    findings.append(&mut hygiene);
    findings.sort_by(|a, b| order(a).cmp(&order(b)));
    Scan { loaded, verdicts, findings, not_applicable, waived, comparison: None }
}

/// Policy findings by gravity, then what is missing, then hygiene; within that a fixed order.
fn order(finding: &Finding) -> impl Ord {
    let class = match finding.kind {
        Kind::InternalDisagreement => 0,
        Kind::Coverage => 2,
        Kind::Lint(_) => 3,
        _ => 1,
    };
    let place = finding.blame.first().map(|blame| blame.span);
    let ends = (finding.from.clone(), finding.to.clone(), finding.family, finding.device.clone());
    let gravity = (Reverse(finding.severity), Reverse(finding.verdict));
    (class, gravity, finding.rule.clone(), finding.kind, ends, place, finding.message.clone())
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
pub fn matrix(loaded: &Loaded) -> Matrix {
    ask::matrix(loaded)
}

/// Why `from` reaches `to`, or does not.
///
/// # Errors
/// A name or service that means nothing.
#[allow(clippy::result_large_err, reason = "once a run")]
pub fn explain(
    loaded: &Loaded,
    from: &str,
    to: &str,
    service: Option<&str>,
) -> Result<Explanation, InputError> {
    ask::explain(loaded, from, to, service)
}

/// What falls when `start` is compromised; of every place that is worth asking about when there is none.
///
/// # Errors
/// A name that means nothing.
#[allow(clippy::result_large_err, reason = "once a run")]
pub fn blast(loaded: &Loaded, start: Option<&str>) -> Result<blast::Blasts, InputError> {
    blast::blast(loaded, start)
}

/// A first topology file, from the configurations alone.
///
/// # Errors
/// When no configuration was read.
#[allow(clippy::result_large_err, reason = "once a run")]
pub fn draft_topology(loaded: &Loaded) -> Result<String, InputError> {
    if loaded.snapshot.devices.is_empty() {
        return Err(InputError {
            path: loaded.snapshot.name.clone(),
            span: None,
            line: None,
            message: text!("機器の設定ファイルがありません。", "there is no device configuration"),
            help: None,
        });
    }
    let path =
        |_: &Device, coverage: &Coverage| loaded.sources.file(coverage.file).path().to_owned();
    Ok(snapshot::describe(&loaded.snapshot, path))
}
