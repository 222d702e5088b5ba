//! `completions`: a script for a shell.

use super::arguments::{Arguments, CompletionsFlags};
use super::exit::{Exit, Stop};
use super::run::Run;
use clap::CommandFactory;

pub(super) fn run(run: &Run, flags: &CompletionsFlags) -> Result<Exit, Stop> {
    let mut script = Vec::new();
    clap_complete::generate(flags.shell, &mut Arguments::command(), "sekisho", &mut script);
    run.print(&script)?;
    Ok(Exit::Clean)
}
