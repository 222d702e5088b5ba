//! Flags of `evidence`.

use super::{InputFlags, moment};
use crate::model::Moment;
use clap::{Args, Subcommand};
use std::path::PathBuf;

#[derive(Args, Debug)]
pub(in crate::cli) struct EvidenceFlags {
    #[command(subcommand)]
    pub(in crate::cli) what: EvidenceCommand,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum EvidenceCommand {
    /// Judge, and write inputs, outputs and hashes into a new directory (BagIt)
    Make(EvidenceMakeFlags),
    /// Check a bundle: every hash, every file, and that the inputs give the outputs again
    Verify {
        /// The directory
        path: PathBuf,
    },
    /// Add to a log of who was told what; nothing in it can be changed later without a trace
    Notify(NotifyFlags),
    /// Check a log of notices, and print its seal
    Notices {
        /// The log
        path: PathBuf,
    },
}

#[derive(Args, Debug)]
pub(in crate::cli) struct EvidenceMakeFlags {
    #[command(flatten)]
    pub(in crate::cli) input: InputFlags,
    /// The directory to write; it must not exist, or be empty
    #[arg(long, value_name = "DIR")]
    pub(in crate::cli) output: PathBuf,
    /// Keep only the hashes of the inputs, not the inputs
    #[arg(long)]
    pub(in crate::cli) hashes_only: bool,
    /// Add a certificate; of a large network that takes minutes
    #[arg(long)]
    pub(in crate::cli) certificate: bool,
    /// As in check
    #[arg(long)]
    pub(in crate::cli) no_relays: bool,
    /// What the papers say that no configuration shows, as in report
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) details: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct NotifyFlags {
    /// The log; made when it is not there
    pub(in crate::cli) path: PathBuf,
    /// When, on the writer's clock (2026-11-22T10:30)
    #[arg(long, value_name = "DATETIME", value_parser = moment)]
    pub(in crate::cli) at: Moment,
    /// Who tells it
    #[arg(long, value_name = "WHO")]
    pub(in crate::cli) by: String,
    /// Who is told
    #[arg(long, value_name = "WHOM")]
    pub(in crate::cli) to: String,
    /// What is told
    #[arg(long)]
    pub(in crate::cli) text: String,
    /// Fingerprint of a finding that it is about; may be given several times
    #[arg(long, value_name = "FINGERPRINT")]
    pub(in crate::cli) finding: Vec<String>,
}
