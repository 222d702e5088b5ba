//! `blast`: what falls when one host or zone is compromised.

use super::arguments::{BlastFlags, TextOrJson};
use super::exit::{Exit, Stop};
use super::run::Run;
use crate::{report, scan};

pub(super) fn run(run: &Run, flags: &BlastFlags) -> Result<Exit, Stop> {
    let mut loaded = run.load(&flags.path, &flags.reading)?;
    loaded.through_relays = flags.no_relays;
    let sign = run.progress();
    let blasts =
        scan::blast(&loaded, flags.start.as_deref()).map_err(|error| Stop::Inputs(vec![error]))?;
    drop(sign);
    let json = flags.format == TextOrJson::Json;
    run.print(report::blast(&loaded, &blasts, json, &run.style()).as_bytes())?;
    let agreed = blasts.entries.iter().all(|entry| !entry.blast.disagrees);
    Ok(if agreed { Exit::Clean } else { Exit::Failed })
}
