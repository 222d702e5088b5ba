//! `report`: reports for auditors.

use super::arguments::{ReportKind, ReportKindFlags, TableFlag};
use super::exit::{Exit, Stop};
use super::run::Run;
use crate::report::{self, SelfCheckFormat};

pub(super) fn run(run: &Run, flags: &ReportKindFlags) -> Result<Exit, Stop> {
    let scan = run.scan(&flags.input)?;
    let format = match flags.format {
        TableFlag::Markdown => SelfCheckFormat::Markdown,
        TableFlag::Csv => SelfCheckFormat::Csv,
    };
    let bytes = match flags.kind {
        ReportKind::SelfCheck => report::self_check_report(&scan, format, &run.style()),
    };
    run.print(bytes.as_bytes())?;
    Ok(Exit::Clean)
}
