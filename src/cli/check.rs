//! `check`: judge every policy rule.

use super::arguments::CheckFlags;
use super::exit::{self, Exit, Stop};
use super::run::Run;
use crate::text;

pub(super) fn run(run: &Run, flags: &CheckFlags) -> Result<Exit, Stop> {
    let scan = run.scan(&flags.input)?;
    let end = exit::of_check(&scan, flags.report.fail_on);
    match run.report(&scan, &flags.report, false) {
        // The verdict stands even when the reader has gone away.
        Ok(()) | Err(Stop::Unread) => {}
        Err(stop) => return Err(stop),
    }
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
    Ok(if flags.report.exit_zero { end.without_verdict() } else { end })
}
