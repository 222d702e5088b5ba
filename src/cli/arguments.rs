//! Flags and subcommands.

pub(super) use super::report::ReportKindFlags;
mod change;
mod evidence;
mod scrub;

pub(super) use change::{DiffFlag, DiffFlags, FixFlags, RequestFlags, RequestFormat};
pub(super) use evidence::{EvidenceCommand, EvidenceFlags, EvidenceMakeFlags, NotifyFlags};
pub(super) use scrub::ScrubFlags;

use crate::finding::Severity;
use crate::model::Moment;
use crate::report::Sink;
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Network segmentation verifier: judges firewall and router exports against a policy.
#[derive(Debug, Parser)]
#[command(
    name = "sekisho",
    version,
    about,
    after_help = "Exit codes: 0 all hold; 1 a violation at or above --fail-on; 2 the tool could not do its work; \
                  3 inconclusive: no proven violation, but something is undetermined; 4 no inputs.",
    disable_help_subcommand = true
)]
pub(super) struct Arguments {
    #[command(subcommand)]
    pub(super) command: Command,
    #[command(flatten)]
    pub(super) common: Common,
}

/// Flags of every subcommand.
#[derive(Args, Debug)]
pub(super) struct Common {
    /// Language of messages [default: from LC_ALL, LC_MESSAGES, LANG]
    #[arg(long, global = true, value_enum)]
    pub(super) lang: Option<LangFlag>,
    /// Whether to add colour (NO_COLOR is respected)
    #[arg(long, global = true, value_enum, default_value_t = ColorFlag::Auto, value_name = "WHEN")]
    pub(super) color: ColorFlag,
    /// Print no report; the exit code and the --output files say it
    #[arg(short, long, global = true)]
    pub(super) quiet: bool,
    /// Show long lists in full
    #[arg(short, long, global = true)]
    pub(super) verbose: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum LangFlag {
    /// Japanese
    Ja,
    /// English
    En,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ColorFlag {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Judge every policy rule
    Check(CheckFlags),
    /// Say why one zone reaches another, or does not
    Explain(ExplainFlags),
    /// Follow packets hop by hop and line by line
    Trace(TraceFlags),
    /// Say what falls when a host or zone is compromised; without one, where to ask
    Blast(BlastFlags),
    /// Show what travels between every pair of zones
    Matrix(MatrixFlags),
    /// Say exactly which traffic became possible or impossible between two states
    Diff(DiffFlags),
    /// Say of a wished connection whether it passes, which rule forbids it, which devices need a line
    Request(RequestFlags),
    /// Propose edits that end the violations, each tried out; changes nothing
    Fix(FixFlags),
    /// Look for hygiene defects in the configurations
    Lint(LintFlags),
    /// Say how the inputs were read, and which lines were not understood
    Doctor(DoctorFlags),
    /// Write a first topology.yaml from the configurations alone
    Init(InitFlags),
    /// Print a JSON Schema
    Schema(SchemaFlags),
    /// Explain a kind of finding, or a rule of a pack; without ID, list the kinds
    Rule(RuleFlags),
    /// Show a policy pack; without ID, list those that are shipped
    Pack(PackFlags),
    /// Write a report for an auditor
    Report(ReportKindFlags),
    /// Keep inputs and outputs so that others can check them; log who was told what
    Evidence(EvidenceFlags),
    /// Take names, addresses, secrets and comments out of a network, and prove that it is judged alike
    Scrub(ScrubFlags),
    /// Print a completion script for a shell
    Completions(CompletionsFlags),
    /// Print the manual page, or the one of a command
    Man(ManFlags),
}

/// What is read.
#[derive(Args, Debug)]
pub(super) struct InputFlags {
    /// Directory with topology.yaml, policy.yaml and configurations, or one configuration file
    #[arg(default_value = ".")]
    pub(super) path: PathBuf,
    #[command(flatten)]
    pub(super) reading: ReadingFlags,
}

/// How it is read.
#[derive(Args, Debug)]
pub(super) struct ReadingFlags {
    /// Moment at which schedules are read, on the devices' own clocks (2026-11-22T10:30)
    #[arg(long, value_name = "DATETIME", value_parser = moment)]
    pub(super) at: Option<Moment>,
    /// Reader for every configuration, instead of detection (see doctor --formats)
    #[arg(long, value_name = "ID")]
    pub(super) reader: Option<String>,
    /// Refuse what is estimated, not measured, to take more memory than this (500MB, 2GB); verdicts that do not fit are undetermined
    #[arg(long, value_name = "SIZE", value_parser = size)]
    pub(super) memory_limit: Option<u64>,
}

/// Where the report goes.
#[derive(Args, Debug)]
pub(super) struct ReportFlags {
    #[arg(
        long,
        value_name = "FORMAT",
        default_value = "terminal",
        value_parser = sink,
        help = format!("What is printed: {}", sink_words())
    )]
    pub(super) format: Sink,
    /// Write the report to a file as well; may be given several times
    #[arg(long, value_name = "FORMAT=PATH", value_parser = output)]
    pub(super) output: Vec<(Sink, PathBuf)>,
    /// Least severity of a violation that ends with 1: info, low, medium, high, critical
    #[arg(long, value_name = "SEVERITY", default_value = "high", value_parser = severity)]
    pub(super) fail_on: Severity,
    /// End with 0 instead of 1 or 3
    #[arg(long)]
    pub(super) exit_zero: bool,
}

#[derive(Args, Debug)]
pub(super) struct CheckFlags {
    #[command(flatten)]
    pub(super) input: InputFlags,
    #[command(flatten)]
    pub(super) report: ReportFlags,
    /// Findings of this earlier run (a baseline file, or a report in JSON) are known and do not decide the exit code
    #[arg(long, value_name = "FILE")]
    pub(super) baseline: Option<PathBuf>,
    /// Let chains of compromised hosts go through relays (content disarming, screen transfer, proxies) as through any host
    #[arg(long)]
    pub(super) no_relays: bool,
    /// Write the findings of this run as a baseline file
    #[arg(long, value_name = "FILE")]
    pub(super) write_baseline: Option<PathBuf>,
    /// Write proofs and witnesses, to be checked with sekisho-verify
    #[arg(long, value_name = "FILE")]
    pub(super) certificate: Option<PathBuf>,
    /// Go on, and report again whenever an input is written, until interrupted
    #[arg(long, conflicts_with_all = ["write_baseline", "certificate"])]
    pub(super) watch: bool,
}

/// Checks a certificate of `sekisho check --certificate` against configurations, topology and policy, without the engine that wrote it.
#[derive(Debug, Parser)]
#[command(
    name = "sekisho-verify",
    version,
    after_help = "Exit codes: 0 yes; 1 no; 2 unusable input."
)]
pub(super) struct VerifyArguments {
    /// Directory with topology.yaml, policy.yaml and configurations
    pub(super) path: PathBuf,
    #[command(flatten)]
    pub(super) reading: ReadingFlags,
    /// The certificate
    pub(super) certificate: PathBuf,
    #[command(flatten)]
    pub(super) common: Common,
}

#[derive(Args, Debug)]
pub(super) struct LintFlags {
    #[command(flatten)]
    pub(super) input: InputFlags,
    #[command(flatten)]
    pub(super) report: ReportFlags,
}

#[derive(Args, Debug)]
pub(super) struct ExplainFlags {
    /// Directory or configuration file
    pub(super) path: PathBuf,
    /// Where it starts: a zone or zone.host
    pub(super) from: String,
    /// Where it ends: a zone, zone.host or self:device
    pub(super) to: String,
    /// Only this service: tcp/443, udp/53, icmp
    pub(super) service: Option<String>,
    /// What is printed
    #[arg(long, value_enum, default_value_t = TextOrJson::Terminal)]
    pub(super) format: TextOrJson,
    #[command(flatten)]
    pub(super) reading: ReadingFlags,
}

#[derive(Args, Debug)]
pub(super) struct TraceFlags {
    /// Directory or configuration file
    pub(super) path: PathBuf,
    /// Source address, destination address and service of one packet (tcp/445)
    #[arg(num_args = 3, value_names = ["SRC", "DST", "PROTO/PORT"], requires = "from")]
    pub(super) packet: Vec<String>,
    /// CSV file with a header row: ingress,src,dst,protocol,source_port,destination_port,…
    #[arg(long, value_name = "FILE", conflicts_with_all = ["packet", "from"], required_unless_present = "packet")]
    pub(super) flows: Option<PathBuf>,
    /// Where the packet enters: a zone or device:interface
    #[arg(long, value_name = "INGRESS")]
    pub(super) from: Option<String>,
    /// What is printed
    #[arg(long, value_enum, default_value_t = TraceFormat::Table)]
    pub(super) format: TraceFormat,
    #[command(flatten)]
    pub(super) reading: ReadingFlags,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum TraceFormat {
    /// A table
    Table,
    /// One JSON object a packet
    Jsonl,
}

#[derive(Args, Debug)]
pub(super) struct BlastFlags {
    /// Directory or configuration file
    #[arg(default_value = ".")]
    pub(super) path: PathBuf,
    /// What is compromised: a zone or zone.host
    pub(super) start: Option<String>,
    /// Go through relays as through any host
    #[arg(long)]
    pub(super) no_relays: bool,
    /// What is printed
    #[arg(long, value_enum, default_value_t = TextOrJson::Terminal)]
    pub(super) format: TextOrJson,
    #[command(flatten)]
    pub(super) reading: ReadingFlags,
}

#[derive(Args, Debug)]
pub(super) struct MatrixFlags {
    #[command(flatten)]
    pub(super) input: InputFlags,
    /// What is printed
    #[arg(long, value_enum, default_value_t = MatrixFlag::Terminal)]
    pub(super) format: MatrixFlag,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum MatrixFlag {
    /// A table of words
    Terminal,
    /// JSON
    Json,
    /// One row a pair
    Csv,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum TextOrJson {
    /// Sentences
    Terminal,
    /// JSON
    Json,
}

#[derive(Args, Debug)]
pub(super) struct DoctorFlags {
    #[command(flatten)]
    pub(super) input: InputFlags,
    /// List the readers and what each approximates
    #[arg(long)]
    pub(super) formats: bool,
}

#[derive(Args, Debug)]
pub(super) struct InitFlags {
    #[command(flatten)]
    pub(super) input: InputFlags,
    /// Print it instead of writing it
    #[arg(long)]
    pub(super) stdout: bool,
    /// Replace a topology.yaml that exists
    #[arg(long, conflicts_with = "stdout")]
    pub(super) force: bool,
}

#[derive(Args, Debug)]
pub(super) struct SchemaFlags {
    /// Of which file
    #[arg(value_enum)]
    pub(super) of: SchemaOf,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum SchemaOf {
    /// topology.yaml
    Topology,
    /// policy.yaml
    Policy,
    /// The output of check --format json
    Scan,
    /// The file of check --write-baseline
    Baseline,
    /// The file of report --details
    Report,
    /// One line of check --format jsonl
    Lines,
    /// The output of diff --format json
    Diff,
    /// The output of request --format json
    Request,
    /// The output of fix --format json
    Fix,
}

#[derive(Args, Debug)]
pub(super) struct RuleFlags {
    /// Kind of finding (forbidden-path, lint/shadowed, …) or rule of a shipped pack (alpha/MN-ISO)
    pub(super) id: Option<String>,
}

#[derive(Args, Debug)]
pub(super) struct PackFlags {
    /// Identifier of a shipped pack
    pub(super) id: Option<String>,
    /// Print its file, as a start for one's own
    #[arg(long, requires = "id")]
    pub(super) yaml: bool,
}

#[derive(Args, Debug)]
pub(super) struct ManFlags {
    /// The command
    pub(super) command: Option<String>,
}

#[derive(Args, Debug)]
pub(super) struct CompletionsFlags {
    /// The shell
    #[arg(value_enum)]
    pub(super) shell: clap_complete::Shell,
}

fn sink_words() -> String {
    Sink::ALL.iter().map(|sink| sink.id()).collect::<Vec<_>>().join(", ")
}

fn sink(word: &str) -> Result<Sink, String> {
    Sink::parse(word).ok_or_else(|| format!("not one of {}", sink_words()))
}

fn output(word: &str) -> Result<(Sink, PathBuf), String> {
    let (format, path) = to_path(word)?;
    Ok((sink(format)?, path))
}

/// `FORMAT=PATH`.
fn to_path(word: &str) -> Result<(&str, PathBuf), String> {
    let (format, path) = word.split_once('=').ok_or("not of the form FORMAT=PATH")?;
    if path.is_empty() {
        return Err("no path after `=`".to_owned());
    }
    Ok((format, PathBuf::from(path)))
}

fn severity(word: &str) -> Result<Severity, String> {
    Severity::parse(word).ok_or_else(|| {
        let words: Vec<&str> = Severity::ALL.iter().map(|severity| severity.id()).collect();
        format!("not one of {}", words.join(", "))
    })
}

/// A size in bytes: a number with MB, GB (powers of 1000), MiB or GiB (powers of 1024).
fn size(word: &str) -> Result<u64, String> {
    let units = [("MiB", 1_u64 << 20), ("GiB", 1 << 30), ("MB", 1_000_000), ("GB", 1_000_000_000)];
    let found = units.iter().find_map(|(unit, bytes)| Some((word.strip_suffix(unit)?, bytes)));
    let bytes =
        found.and_then(|(digits, unit)| digits.trim().parse::<u64>().ok()?.checked_mul(*unit));
    bytes.filter(|bytes| *bytes > 0).ok_or_else(|| "for example 500MB, 2GB, 512MiB".to_owned())
}

/// `2026-11-22` (midnight) or `2026-11-22T10:30`; an offset is refused, because schedules follow the device's own clock.
fn moment(word: &str) -> Result<Moment, String> {
    let zoned =
        word.ends_with(['Z', 'z']) || word.get(10..).is_some_and(|t| t.contains(['+', '-', '[']));
    if zoned {
        return Err("give the time of the device's own clock, without a time zone".to_owned());
    }
    Moment::parse(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        use clap::CommandFactory;
        Arguments::command().debug_assert();
    }

    #[test]
    fn sizes_have_units() {
        assert_eq!(size("2GB"), Ok(2_000_000_000));
        assert_eq!(size("512MiB"), Ok(512 << 20));
        for wrong in ["2", "0GB", "-1GB", "GB", "1.5GB", "99999999999999999999GB", "2gb"] {
            assert!(size(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn moments_are_wall_clock() {
        assert_eq!(moment("1970-01-02T10:30"), Ok(Moment { day: 1, minute: 630 }));
        assert_eq!(moment("1969-12-31"), Ok(Moment { day: -1, minute: 0 }));
        assert_eq!(moment("2026-11-22").map(|m| m.day), Ok(20_779));
        for wrong in ["2026-13-01", "tomorrow", "2026-11-22T10:30Z", "2026-11-22T10:30+09:00", ""] {
            assert!(moment(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn outputs_name_format_and_path() {
        assert_eq!(output("sarif=a=b.sarif"), Ok((Sink::Sarif, PathBuf::from("a=b.sarif"))));
        for wrong in ["sarif", "sarif=", "sarfi=x", "=x"] {
            assert!(output(wrong).is_err(), "{wrong}");
        }
    }
}
