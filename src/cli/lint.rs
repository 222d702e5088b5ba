//! `lint`: hygiene findings only.

use super::arguments::LintFlags;
use super::exit::{self, Exit, Stop};
use super::run::Run;
use crate::finding::Kind;

pub(super) fn run(run: &Run, flags: &LintFlags) -> Result<Exit, Stop> {
    let mut scan = run.scan(&flags.input)?;
    scan.verdicts.clear();
    scan.findings.retain(|finding| matches!(finding.kind, Kind::Lint(_)));
    let end = exit::of_lint(&scan.findings, flags.report.fail_on);
    match run.report(&scan, &flags.report, true) {
        Ok(()) | Err(Stop::Unread) => {}
        Err(stop) => return Err(stop),
    }
    Ok(if flags.report.exit_zero { end.without_verdict() } else { end })
}
