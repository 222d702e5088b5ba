//! `evidence`: bundles that others can check, and the log of who was told what.

use super::arguments::{EvidenceCommand, EvidenceFlags, EvidenceMakeFlags, NotifyFlags};
use super::exit::{Exit, Stop};
use super::files;
use super::run::{self, Run};
use crate::evidence::{self, Notice, Notices, Told};
use crate::report::{self, escape};
use crate::scan::{self, Options};
use crate::text;
use crate::text::{Text, counted};
use std::path::Path;

pub(super) fn run(run: &Run, flags: &EvidenceFlags) -> Result<Exit, Stop> {
    match &flags.what {
        EvidenceCommand::Make(flags) => make(run, flags),
        EvidenceCommand::Verify { path } => verify(run, path),
        EvidenceCommand::Notify(flags) => notify(run, flags),
        EvidenceCommand::Notices { path } => notices(run, path),
    }
}

fn make(run: &Run, flags: &EvidenceMakeFlags) -> Result<Exit, Stop> {
    let sign = run.progress();
    let files = run.files(&flags.input.path, &flags.input.reading)?;
    if let Some(path) = evidence::unfit(&files) {
        return Err(Stop::Failed(text!(
            "ファイル名「{path}」は証拠一式に入れられません（制御文字など）。名前を変えてください。",
            "a file named `{path}` cannot be put into a bundle; give it another name"
        )));
    }
    let reading = &flags.input.reading;
    let told = Told {
        at: reading.at,
        reader: reading.reader.clone(),
        no_relays: flags.no_relays,
        lang: run.lang(),
        certificate: flags.certificate,
        details: flags.details.as_deref().map(details).transpose()?,
    };
    let options = Options { through_relays: flags.no_relays, ..run::options(reading)? };
    let scan = scan::scan(files.clone(), &options).map_err(Stop::Inputs)?;
    let tree = evidence::bundle(&files, &scan, &told, !flags.hashes_only).map_err(Stop::Failed)?;
    drop(sign);
    files::write_tree(&flags.output, &tree)?;
    let (count, shown) = (tree.len(), flags.output.display());
    say(
        run,
        &text!(
            "証拠一式を「{shown}」に書きました（{count} ファイル）。検査: sekisho evidence verify、または中で sha256sum -c manifest-sha256.txt",
            "wrote {count} files to `{shown}`; check them with `sekisho evidence verify`, or inside it with `sha256sum -c manifest-sha256.txt`"
        ),
    )?;
    Ok(Exit::Clean)
}

/// The bytes of a file of details that can be read.
fn details(path: &Path) -> Result<Vec<u8>, Stop> {
    let bytes = files::read_given(path)?;
    report::read_details(&path.display().to_string(), &bytes).map_err(Stop::Inputs)?;
    Ok(bytes)
}

fn verify(run: &Run, path: &Path) -> Result<Exit, Stop> {
    let sign = run.progress();
    let found = evidence::verify(&files::read_tree(path)?);
    drop(sign);
    for problem in &found.problems {
        let (path, Text { ja, en }) = (&problem.path, &problem.message);
        say(run, &text!("{path}: {ja}", "{path}: {en}"))?;
    }
    if !found.problems.is_empty() {
        say(run, &text!("いいえ: 作成時のままではありません。", "no: it is not as it was made"))?;
        return Ok(Exit::Violated);
    }
    let hashed = found.hashed;
    say(
        run,
        &match found.repeated {
            Some(repeated) => text!(
                "はい: {hashed} ファイルが作成時のままで、同じ入力から {repeated} 件の出力が1バイトも違わず得られました。",
                "yes: {hashed} files are as they were made, and the same inputs gave {repeated} outputs again, byte by byte"
            ),
            None => text!(
                "はい: {hashed} ファイルは添付のハッシュ値と一致します。再実行はしていないため（入力が含まれていないか、作成した版が異なります）、作成後に作り直されていないとまでは言えません。",
                "yes: {hashed} files agree with the hashes beside them; nothing was run again, because there are no inputs or another version made it, so it is not shown that nobody made both anew"
            ),
        },
    )?;
    Ok(Exit::Clean)
}

fn notify(run: &Run, flags: &NotifyFlags) -> Result<Exit, Stop> {
    let mut log = if flags.path.exists() { log(&flags.path)? } else { Notices::default() };
    log.add(&Notice {
        at: flags.at.to_string(),
        by: flags.by.clone(),
        to: flags.to.clone(),
        text: flags.text.clone(),
        findings: flags.finding.clone(),
    });
    files::write(&flags.path, &log.bytes())?;
    sealed(run, &log)
}

fn notices(run: &Run, path: &Path) -> Result<Exit, Stop> {
    match log(path) {
        Ok(log) => sealed(run, &log),
        Err(Stop::Failed(why)) => {
            say(run, &why)?;
            Ok(Exit::Violated)
        }
        Err(stop) => Err(stop),
    }
}

fn log(path: &Path) -> Result<Notices, Stop> {
    let bytes = files::read_given(path)?;
    Notices::read(&bytes).map_err(Stop::Failed)
}

/// The seal, for who keeps it elsewhere.
fn sealed(run: &Run, log: &Notices) -> Result<Exit, Stop> {
    let (count, seal) = (log.len(), log.seal());
    let notices = counted(count, "notice");
    say(run, &text!("通知 {count} 件、封印 {seal}", "{notices}, seal {seal}"))?;
    Ok(Exit::Clean)
}

fn say(run: &Run, text: &Text) -> Result<(), Stop> {
    run.print((escape::terminal(text.get(run.lang())) + "\n").as_bytes())
}
