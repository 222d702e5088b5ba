//! Flags of `scrub`.

use super::InputFlags;
use clap::Args;
use std::path::PathBuf;

#[derive(Args, Debug)]
pub(in crate::cli) struct ScrubFlags {
    #[command(flatten)]
    pub(in crate::cli) input: InputFlags,
    /// The directory to write; it must not exist, or be empty
    #[arg(long, value_name = "DIR")]
    pub(in crate::cli) output: PathBuf,
    /// A file of any bytes from which new addresses are drawn; without it the inputs are the key, and who guesses them can confirm the guess
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) key: Option<PathBuf>,
    /// Write what stands for what (CSV); it gives everything away, so keep it at home
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) map: Option<PathBuf>,
    /// Leave the names of devices, zones and objects
    #[arg(long)]
    pub(in crate::cli) keep_names: bool,
}
