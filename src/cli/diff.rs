//! `diff`: what became possible or impossible between two states.

use super::arguments::{DiffFlag, DiffFlags};
use super::exit::{Exit, Stop};
use super::run::Run;
use super::{files, git};
use crate::diff::{self, Diff, Outcome};
use crate::finding::Kind;
use crate::report::{self, DiffFormat};
use crate::scan::{Files, Loaded};
use crate::text;
use std::path::Path;

pub(super) fn run(run: &Run, flags: &DiffFlags) -> Result<Exit, Stop> {
    let sign = run.progress();
    let (old, new) = (load(run, flags, &flags.old)?, load(run, flags, &flags.new)?);
    let diff = diff::diff(old, new);
    drop(sign);
    for (format, path) in &flags.output {
        let text = report::diff(&diff, format.0, !flags.no_addresses, &run.plain());
        files::write(path, text.as_bytes())?;
    }
    if !run.is_quiet() {
        let format = flags.format.0;
        let style = if format == DiffFormat::Terminal { run.style() } else { run.plain() };
        match run.print(report::diff(&diff, format, !flags.no_addresses, &style).as_bytes()) {
            Ok(()) | Err(Stop::Unread) => {}
            Err(stop) => return Err(stop),
        }
    }
    Ok(end(run, &diff, flags.exit_code))
}

fn load(run: &Run, flags: &DiffFlags, word: &str) -> Result<Loaded, Stop> {
    let path = Path::new(word);
    if path.exists() || !word.contains(':') {
        return run.load(path, &flags.reading);
    }
    let files: Files = git::read(word)?;
    run.load_files(files, &flags.reading)
}

fn end(run: &Run, diff: &Diff, exit_code: bool) -> Exit {
    let mut findings = diff.old.findings.iter().chain(&diff.new.findings);
    if !diff.confirmed || findings.any(|finding| finding.kind == Kind::InternalDisagreement) {
        run.note(&text!(
            "2つの判定方式の結果が食い違いました。この比較は信頼できません。",
            "the two judges disagree; this comparison cannot be trusted"
        ));
        return Exit::Failed;
    }
    match diff.outcome() {
        _ if !exit_code => Exit::Clean,
        Outcome::Same => Exit::Clean,
        Outcome::Different => Exit::Violated,
        Outcome::Unclear => Exit::Inconclusive,
    }
}

impl DiffFlag {
    /// The format with this word.
    pub(super) fn parse(word: &str) -> Result<DiffFlag, String> {
        match word {
            "terminal" => Ok(DiffFlag(DiffFormat::Terminal)),
            "markdown" => Ok(DiffFlag(DiffFormat::Markdown)),
            "html" => Ok(DiffFlag(DiffFormat::Html)),
            "json" => Ok(DiffFlag(DiffFormat::Json)),
            _ => Err("not one of terminal, markdown, html, json".to_owned()),
        }
    }
}
