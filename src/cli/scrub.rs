//! `scrub`: the network without what belongs to it alone, in a directory of its own.

use super::arguments::ScrubFlags;
use super::exit::{Exit, Stop};
use super::files;
use super::run::{self, Run};
use crate::report;
use crate::scrub::{self, Wanted};
use crate::text;
use std::path::{Path, PathBuf};

pub(super) fn run(run: &Run, flags: &ScrubFlags) -> Result<Exit, Stop> {
    let reading = &flags.input.reading;
    if flags.map.as_deref().is_some_and(|map| is_within(map, &flags.output)) {
        return Err(Stop::Failed(text!(
            "対応表（--map）は出力先のディレクトリの外に置いてください。",
            "keep the map (--map) outside of the directory that is handed out"
        )));
    }
    files::fresh(&flags.output)?;
    let key = flags.key.as_deref().map(files::read_given).transpose()?;
    if key.as_ref().is_some_and(Vec::is_empty) {
        return Err(Stop::Failed(text!("鍵のファイルが空です。", "the key file is empty")));
    }
    let sign = run.progress();
    let files = run.files(&flags.input.path, reading)?;
    let wanted = Wanted { key, keep_names: flags.keep_names };
    let scrubbed = scrub::scrub(&files, &run::options(reading)?, &wanted).map_err(Stop::Inputs)?;
    drop(sign);
    if let Some(path) = &flags.map {
        files::write(path, report::scrub_map(&scrubbed).as_bytes())?;
    }
    files::write_tree(&flags.output, &scrubbed.files)?;
    run.print(report::scrubbed(&scrubbed, &run.style()).as_bytes())?;
    Ok(Exit::Clean)
}

/// Whether a path lies in a directory that may not be there yet.
fn is_within(path: &Path, dir: &Path) -> bool {
    let whole = |path: &Path| -> PathBuf {
        let parent =
            path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let parent = parent.canonicalize().unwrap_or_else(|_| parent.to_owned());
        path.file_name().map_or(parent.clone(), |name| parent.join(name))
    };
    path.starts_with(dir) || whole(path).starts_with(whole(dir))
}
