//! `init`: a first `topology.yaml` from the configurations alone.

use super::arguments::InitFlags;
use super::exit::{Exit, Stop};
use super::files;
use super::run::Run;
use crate::{scan, text};

/// The file that is written.
const NAME: &str = "topology.yaml";

pub(super) fn run(run: &Run, flags: &InitFlags) -> Result<Exit, Stop> {
    let path = &flags.input.path;
    // An existing topology is not read: the draft must not depend on what it replaces.
    let mut files = run.files(path, &flags.input.reading)?;
    files.entries.retain(|(name, _)| name != NAME && name != "policy.yaml");
    let options = scan::Options {
        format: flags.input.reading.reader.clone(),
        memory: flags.input.reading.memory_limit,
        ..scan::Options::default()
    };
    let loaded = scan::load(files, &options).map_err(Stop::Inputs)?;
    let draft = scan::draft_topology(&loaded).map_err(|error| Stop::Inputs(vec![error]))?;
    if flags.stdout || !path.is_dir() {
        run.print(draft.as_bytes())?;
        return Ok(Exit::Clean);
    }
    let target = path.join(NAME);
    let shown = target.display();
    if target.exists() && !flags.force {
        return Err(Stop::Failed(text!(
            "「{shown}」は既にあります。置き換えるには --force、表示だけなら --stdout を付けてください。",
            "`{shown}` exists; --force replaces it, --stdout prints instead"
        )));
    }
    files::write(&target, draft.as_bytes())?;
    run.note(&text!(
        "「{shown}」を書きました。ゾーンの名前と範囲を確認してください。",
        "wrote `{shown}`; check the names and networks of the zones"
    ));
    Ok(Exit::Clean)
}
