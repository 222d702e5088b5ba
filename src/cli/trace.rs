//! `trace`: packets, hop by hop and line by line.

use super::arguments::TraceFlags;
use super::exit::{Exit, Stop};
use super::run::Run;
use crate::text;

pub(super) fn run(run: &Run, flags: &TraceFlags) -> Result<Exit, Stop> {
    // stub: the tracer and its report are joined here.
    let _ =
        (run, &flags.packet, &flags.flows, &flags.from, flags.format, &flags.path, &flags.reading);
    Err(Stop::Failed(text!("trace はまだ使えません。", "trace is not there yet")))
}
