//! `check --watch`: report again whenever an input is written.
//!
//! Inputs are looked at a few times a second by their times and sizes, which works on network drives and under every system
//! alike. An edit counts when a second look finds it as the first did, so that a file that is still being written is waited for.

use super::arguments::CheckFlags;
use super::check;
use super::exit::{self, Exit, Stop};
use super::files::{self, Stamps};
use super::run::Run;
use crate::finding::{Finding, Verdict};
use crate::scan::{Edit, Scan};
use crate::text;
use crate::text::Text;
use std::collections::BTreeMap;
use std::thread;
use std::time::Duration;

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(200);
/// Edited files that are named.
const NAMED: usize = 5;

pub(super) fn run(run: &Run, flags: &CheckFlags) -> Result<Exit, Stop> {
    let path = &flags.input.path;
    let baseline = flags.baseline.as_deref().map(check::baseline).transpose()?;
    let mut seen = files::stamps(path)?;
    let mut workspace = {
        let _sign = run.progress();
        run.workspace(&flags.input, flags.no_relays)?
    };
    let (mut edits, mut before): (Vec<Edit>, Option<Seen>) = (Vec::new(), None);
    loop {
        let names: Vec<String> = edits.iter().map(|edit| edit.path.clone()).collect();
        let result = {
            let _sign = run.progress();
            workspace.recheck(std::mem::take(&mut edits))
        };
        if !names.is_empty() {
            run.note(&edited(&names));
        }
        match result {
            Ok(mut scan) => {
                if let Some(baseline) = &baseline {
                    scan.compare(baseline);
                }
                run.report(&scan, &flags.report, false)?;
                check::remark(run, exit::of_check(&scan, flags.report.fail_on));
                let now = Seen::of(&scan);
                before
                    .iter()
                    .flat_map(|before| now.beside(before))
                    .for_each(|text| run.note(&text));
                before = Some(now);
            }
            // The next edit may mend it.
            Err(errors) => {
                run.stopped(&Stop::Inputs(errors));
            }
        }
        if before.is_none() || names.is_empty() {
            run.note(&text!(
                "入力ファイルの変更を待っています（終了は Ctrl-C）。",
                "waiting for edits (Ctrl-C ends it)"
            ));
        }
        edits = wait(path, &mut seen)?;
    }
}

/// Waits for edits that are whole.
fn wait(path: &std::path::Path, seen: &mut Stamps) -> Result<Vec<Edit>, Stop> {
    let mut last: Option<Stamps> = None;
    loop {
        thread::sleep(PAUSE);
        let now = files::stamps(path)?;
        if now == *seen {
            last = None;
            continue;
        }
        if last.as_ref() != Some(&now) {
            last = Some(now);
            continue;
        }
        let edits = edits(seen, now);
        if !edits.is_empty() {
            return Ok(edits);
        }
    }
}

/// What was written or deleted between two looks. What is locked, or gone again, stays as it was seen, for the next look.
fn edits(seen: &mut Stamps, now: Stamps) -> Vec<Edit> {
    let gone: Vec<String> = seen.keys().filter(|name| !now.contains_key(*name)).cloned().collect();
    let mut edits = Vec::new();
    for path in gone {
        seen.remove(&path);
        edits.push(Edit { path, bytes: None });
    }
    for (path, stamp) in now {
        if seen.get(&path) == Some(&stamp) {
            continue;
        }
        if let Ok(bytes) = files::read_file(&stamp.0) {
            seen.insert(path.clone(), stamp);
            edits.push(Edit { path, bytes: Some(bytes) });
        }
    }
    edits
}

fn edited(names: &[String]) -> Text {
    let shown = |separator: &str| {
        names.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join(separator)
    };
    let (ja, en) = (shown("、"), shown(", "));
    match names.len().saturating_sub(NAMED) {
        0 => text!("{ja} の変更を反映しました。", "read again after edits of {en}"),
        more => text!(
            "{ja} ほか{more}件の変更を反映しました。",
            "read again after edits of {en} and {more} more files"
        ),
    }
}

/// What is remembered of a report, to say what an edit changed.
struct Seen {
    verdicts: BTreeMap<String, Verdict>,
    /// How many findings have each fingerprint.
    findings: BTreeMap<String, usize>,
}

impl Seen {
    fn of(scan: &Scan) -> Seen {
        let verdicts = scan.verdicts.iter().map(|verdict| (verdict.rule.clone(), verdict.verdict));
        let mut findings = BTreeMap::new();
        for Finding { fingerprint, .. } in &scan.findings {
            *findings.entry(fingerprint.clone()).or_default() += 1;
        }
        Seen { verdicts: verdicts.collect(), findings }
    }

    /// What is different from `before`.
    fn beside(&self, before: &Seen) -> Vec<Text> {
        let mut out = Vec::new();
        for (rule, now) in &self.verdicts {
            let Some(then) = before.verdicts.get(rule).filter(|then| *then != now) else {
                continue;
            };
            let (then, now) = (then.word(), now.word());
            let (then_ja, now_ja, then_en, now_en) = (then.ja, now.ja, then.en, now.en);
            out.push(text!(
                "規則「{rule}」: {then_ja} → {now_ja}",
                "rule `{rule}`: {then_en} -> {now_en}"
            ));
        }
        let more = |a: &Seen, b: &Seen| -> usize {
            let count = |key| b.findings.get(key).copied().unwrap_or_default();
            a.findings.iter().map(|(key, of)| of.saturating_sub(count(key))).sum()
        };
        let (new, gone) = (more(self, before), more(before, self));
        out.push(text!(
            "変更前との比較: 新しい指摘 {new}件、なくなった指摘 {gone}件",
            "against the report before: {new} new findings, {gone} gone"
        ));
        out
    }
}
