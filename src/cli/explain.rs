//! `explain`: why one zone reaches another, or does not.

use super::arguments::{ExplainFlags, TextOrJson};
use super::exit::{Exit, Stop};
use super::run::Run;
use crate::{report, scan};

pub(super) fn run(run: &Run, flags: &ExplainFlags) -> Result<Exit, Stop> {
    let loaded = run.load(&flags.path, &flags.reading)?;
    let sign = run.progress();
    let explanation = scan::explain(&loaded, &flags.from, &flags.to, flags.service.as_deref())
        .map_err(|error| Stop::Inputs(vec![error]))?;
    drop(sign);
    let json = flags.format == TextOrJson::Json;
    run.print(report::explain(&loaded, &explanation, json, &run.style()).as_bytes())?;
    Ok(Exit::Clean)
}
