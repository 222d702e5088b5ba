//! `check`: judge every policy rule.

use super::arguments::CheckFlags;
use super::exit::{self, Exit, Stop};
use super::files;
use super::run::Run;
use crate::report;
use crate::scan::baseline::Baseline;
use crate::text;
use crate::text::Text;
use std::path::Path;

pub(super) fn run(run: &Run, flags: &CheckFlags) -> Result<Exit, Stop> {
    let mut scan = run.scan_with(&flags.input, flags.no_relays)?;
    if let Some(path) = &flags.baseline {
        scan.compare(&baseline(path)?);
    }
    if let Some(path) = &flags.write_baseline {
        files::write(path, &report::write_baseline(&scan))?;
    }
    if let Some(path) = &flags.certificate {
        files::write(path, &crate::scan::certificate::certify(&scan).bytes())?;
    }
    let end = exit::of_check(&scan, flags.report.fail_on);
    match run.report(&scan, &flags.report, false) {
        // The verdict stands even when the reader has gone away.
        Ok(()) | Err(Stop::Unread) => {}
        Err(stop) => return Err(stop),
    }
    remark(run, end);
    Ok(if flags.report.exit_zero { end.without_verdict() } else { end })
}

/// What the report alone does not make clear.
pub(super) fn remark(run: &Run, end: Exit) {
    match end {
        Exit::NoInputs => run.note(&text!(
            "方針の規則がないため、判定していません。policy.yaml を用意するか、matrix または lint を使ってください。",
            "there is no policy rule, so nothing was judged; write a policy.yaml, or use matrix or lint"
        )),
        Exit::Failed => run.note(&text!(
            "2つの判定方式の結果が食い違いました。この実行の判定は信頼できません。",
            "the two judges disagree; the verdicts of this run cannot be trusted"
        )),
        _ => {}
    }
}

pub(super) fn baseline(path: &Path) -> Result<Baseline, Stop> {
    let shown = path.display();
    let bytes = files::read_given(path)?;
    report::read_baseline(&bytes)
        .map_err(|Text { ja, en }| Stop::Failed(text!("「{shown}」: {ja}", "`{shown}`: {en}")))
}
