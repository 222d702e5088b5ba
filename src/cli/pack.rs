//! `pack`: the policy packs that the program carries.

use super::arguments::PackFlags;
use super::exit::{Exit, Stop};
use super::run::Run;
use crate::policy::{self, SHIPPED};
use crate::{report, text};

pub(super) fn run(run: &Run, flags: &PackFlags) -> Result<Exit, Stop> {
    let style = run.style();
    let Some(id) = &flags.id else {
        run.print(report::packs(&style).as_bytes())?;
        return Ok(Exit::Clean);
    };
    let Some(shipped) = policy::shipped(id) else {
        let known: Vec<&str> = SHIPPED.iter().map(|pack| pack.id).collect();
        let known = known.join(", ");
        return Err(Stop::Failed(text!(
            "同梱の方針パック「{id}」はありません（{known}）。",
            "no shipped pack `{id}` (known: {known})"
        )));
    };
    let page = if flags.yaml {
        shipped.text.to_owned()
    } else {
        report::pack(shipped, &style).unwrap_or_default()
    };
    run.print(page.as_bytes())?;
    Ok(Exit::Clean)
}
