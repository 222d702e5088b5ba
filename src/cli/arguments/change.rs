//! Flags of the commands about changes: `diff`, `request` and `fix`.

use super::{InputFlags, ReadingFlags, TextOrJson, to_path};
use crate::report::DiffFormat;
use clap::{Args, ValueEnum};
use std::path::PathBuf;

#[derive(Args, Debug)]
pub(in crate::cli) struct DiffFlags {
    /// The state before: a directory, a configuration file, or REVISION:PATH of a git repository
    pub(in crate::cli) old: String,
    /// The state after
    pub(in crate::cli) new: String,
    /// What is printed: terminal, markdown (a card for a pull request), html (one page), json
    #[arg(long, value_name = "FORMAT", default_value = "terminal", value_parser = DiffFlag::parse)]
    pub(in crate::cli) format: DiffFlag,
    /// Write it to a file as well; may be given several times
    #[arg(long, value_name = "FORMAT=PATH", value_parser = diff_output)]
    pub(in crate::cli) output: Vec<(DiffFlag, PathBuf)>,
    /// Name no address in the card, for a repository that vendors read
    #[arg(long)]
    pub(in crate::cli) no_addresses: bool,
    /// End with 1 when traffic differs, with 3 when that cannot be told
    #[arg(long)]
    pub(in crate::cli) exit_code: bool,
    #[command(flatten)]
    pub(in crate::cli) reading: ReadingFlags,
}

/// A format of a difference.
#[derive(Clone, Copy, Debug)]
pub(in crate::cli) struct DiffFlag(pub(in crate::cli) DiffFormat);

#[derive(Args, Debug)]
pub(in crate::cli) struct RequestFlags {
    /// Directory or configuration file
    pub(in crate::cli) path: PathBuf,
    /// Where it starts and ends (a zone or zone.host), and the service (tcp/443)
    #[arg(num_args = 3, value_names = ["FROM", "TO", "SERVICE"])]
    pub(in crate::cli) wish: Vec<String>,
    /// A list as CSV or workbook with the columns from, to, service (送信元, 宛先, サービス)
    #[arg(long, value_name = "FILE", conflicts_with = "wish", required_unless_present = "wish")]
    pub(in crate::cli) list: Option<PathBuf>,
    /// What is printed
    #[arg(long, value_enum, default_value_t = RequestFormat::Terminal)]
    pub(in crate::cli) format: RequestFormat,
    #[command(flatten)]
    pub(in crate::cli) reading: ReadingFlags,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(in crate::cli) enum RequestFormat {
    /// Sentences
    Terminal,
    /// One row a wish
    Csv,
    /// JSON
    Json,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct FixFlags {
    #[command(flatten)]
    pub(in crate::cli) input: InputFlags,
    /// What is printed
    #[arg(long, value_enum, default_value_t = TextOrJson::Terminal)]
    pub(in crate::cli) format: TextOrJson,
    /// Write all edits as one patch of the configurations (patch -p1, git apply)
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) patch: Option<PathBuf>,
}

fn diff_output(word: &str) -> Result<(DiffFlag, PathBuf), String> {
    let (format, path) = to_path(word)?;
    Ok((DiffFlag::parse(format)?, path))
}
