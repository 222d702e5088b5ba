//! `man`: the manual page.

use super::arguments::{Arguments, ManFlags};
use super::exit::{Exit, Stop};
use super::japanese::japanese;
use super::run::Run;
use crate::text;
use crate::text::Lang;
use clap::CommandFactory;

pub(super) fn run(run: &Run, flags: &ManFlags) -> Result<Exit, Stop> {
    let mut command = match run.lang() {
        Lang::Ja => japanese(Arguments::command()),
        Lang::En => Arguments::command(),
    };
    command.build();
    if let Some(name) = &flags.command {
        let Some(found) = command.find_subcommand(name) else {
            return Err(Stop::Failed(text!(
                "「{name}」というコマンドはありません。",
                "there is no command `{name}`"
            )));
        };
        command = found.clone();
    }
    let mut page = Vec::new();
    clap_mangen::Man::new(command).render(&mut page).map_err(|error| {
        Stop::Failed(text!(
            "マニュアルを作れません: {error}",
            "cannot make the manual page: {error}"
        ))
    })?;
    run.print(&page)?;
    Ok(Exit::Clean)
}
