//! `man`: the manual page.

use super::arguments::Arguments;
use super::exit::{Exit, Stop};
use super::run::Run;
use crate::text;
use clap::CommandFactory;

pub(super) fn run(run: &Run) -> Result<Exit, Stop> {
    let mut page = Vec::new();
    clap_mangen::Man::new(Arguments::command()).render(&mut page).map_err(|error| {
        Stop::Failed(text!(
            "マニュアルを作れません: {error}",
            "cannot make the manual page: {error}"
        ))
    })?;
    run.print(&page)?;
    Ok(Exit::Clean)
}
