//! `rule`: pages of the finding catalogue.

use super::arguments::RuleFlags;
use super::exit::{Exit, Stop};
use super::run::Run;
use crate::finding::catalogue;
use crate::{report, text};

pub(super) fn run(run: &Run, flags: &RuleFlags) -> Result<Exit, Stop> {
    let style = run.style();
    let Some(id) = &flags.id else {
        run.print(report::rules(&style).as_bytes())?;
        return Ok(Exit::Clean);
    };
    if let Some(page) = report::pack_rule(id, &style) {
        run.print(page.as_bytes())?;
        return Ok(Exit::Clean);
    }
    let Some(entry) = catalogue::find(id) else {
        let known: Vec<&str> = catalogue::entries().iter().map(|entry| entry.id).collect();
        let known = known.join(", ");
        return Err(Stop::Failed(text!(
            "「{id}」という指摘事項の種類はありません（{known}）。",
            "there is no kind of finding `{id}` (known: {known})"
        )));
    };
    run.print(report::rule(&entry, &style).as_bytes())?;
    Ok(Exit::Clean)
}
