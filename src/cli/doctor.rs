//! `doctor`: how the inputs were read.

use super::arguments::DoctorFlags;
use super::exit::{Exit, Stop};
use super::run::Run;
use crate::report;

pub(super) fn run(run: &Run, flags: &DoctorFlags) -> Result<Exit, Stop> {
    if flags.formats {
        run.print(report::formats(&run.style()).as_bytes())?;
        return Ok(Exit::Clean);
    }
    let loaded = run.load(&flags.input.path, &flags.input.reading)?;
    run.print(report::doctor(&loaded, &run.style()).as_bytes())?;
    Ok(Exit::Clean)
}
