//! `fix`: edits that end violations, tried out before they are shown. No file and no device is changed.

use super::arguments::{FixFlags, TextOrJson};
use super::exit::{Exit, Stop};
use super::files;
use super::run::{self, Run};
use crate::remedy;
use crate::report;

pub(super) fn run(run: &Run, flags: &FixFlags) -> Result<Exit, Stop> {
    let sign = run.progress();
    let files = run.files(&flags.input.path, &flags.input.reading)?;
    let given = files.clone();
    let options = run::options(&flags.input.reading)?;
    let plan = remedy::plan(files, options).map_err(Stop::Inputs)?;
    drop(sign);
    if let Some(path) = &flags.patch {
        files::write(path, &report::plan_patch(&plan, &given))?;
    }
    let text = match flags.format {
        TextOrJson::Terminal => report::plan(&plan, &run.style()),
        TextOrJson::Json => report::plan_json(&plan),
    };
    run.print(text.as_bytes())?;
    Ok(if plan.before.verdicts.is_empty() { Exit::NoInputs } else { Exit::Clean })
}
