//! `matrix`: what travels between every pair of zones.

use super::arguments::{MatrixFlag, MatrixFlags};
use super::exit::{Exit, Stop};
use super::run::Run;
use crate::report::{self, MatrixFormat};
use crate::scan;

pub(super) fn run(run: &Run, flags: &MatrixFlags) -> Result<Exit, Stop> {
    let loaded = run.load(&flags.input.path, &flags.input.reading)?;
    let sign = run.progress();
    let matrix = scan::matrix(&loaded);
    drop(sign);
    let format = match flags.format {
        MatrixFlag::Terminal => MatrixFormat::Terminal,
        MatrixFlag::Json => MatrixFormat::Json,
        MatrixFlag::Csv => MatrixFormat::Csv,
    };
    run.print(report::matrix(&matrix, format, &run.style()).as_bytes())?;
    Ok(Exit::Clean)
}
