//! A plan of edits: for an engineer at a terminal, for programs, and as a patch.

use super::page::{Page, Tone, severity_tone};
use super::{Style, escape, view};
use crate::finding::Finding;
use crate::remedy::{Open, Plan, Proposal, Removal, Step};
use crate::scan::{Files, Scan};
use crate::text;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Lines of one removal that are shown unless the reader wants all.
const SHORT: usize = 16;
/// Unchanged lines around a change of a patch.
const CONTEXT: usize = 3;

/// The plan in sentences.
#[must_use]
pub fn plan(plan: &Plan, style: &Style) -> String {
    let mut page = Page::new(style);
    let version = env!("CARGO_PKG_VERSION");
    let name = &plan.before.loaded.snapshot.name;
    let title = text!(
        "関所 Sekisho {version}  {name}  是正案",
        "Sekisho {version}  {name}  what would end the violations"
    );
    let title = page.say(&title).to_owned();
    page.row("", &[(Tone::Strong, title.as_str())]);
    page.blank();
    for (index, step) in plan.steps.iter().enumerate() {
        one_step(&mut page, index + 1, step, style);
    }
    if !plan.open.is_empty() {
        page.heading(&text!(
            "行の削除だけでは解決しない指摘",
            "What taking lines away does not settle"
        ));
        for open in &plan.open {
            unsettled(&mut page, open, style);
        }
        page.blank();
    }
    summary(&mut page, plan);
    page.finish()
}

fn finding_line(page: &mut Page<'_>, number: &str, finding: &Finding, style: &Style) {
    let severity = finding.severity.word();
    let rule = format!("  {}  ", finding.rule);
    page.entry(
        &[
            (Tone::Strong, number),
            (severity_tone(finding.severity), severity.get(style.lang)),
            (Tone::Strong, rule.as_str()),
        ],
        finding.message.get(style.lang),
    );
}

fn one_step(page: &mut Page<'_>, number: usize, step: &Step, style: &Style) {
    finding_line(page, &format!("[{number}] "), &step.finding, style);
    proposal(page, &step.choice, style);
    let ends = step.choice.ends;
    let effect = text!(
        "確認済み: この削除により不適合の指摘が {ends} 件減り、判定が悪くなる規則はありません。",
        "tried out: {ends} violations end, and no verdict is worse"
    );
    let effect = page.say(&effect).to_owned();
    page.sentence("    ", "    ", Tone::Good, &effect);
    for other in &step.others {
        let named: Vec<String> = other.removals.iter().map(named).collect();
        page.labelled(4, &text!("別の案", "or instead"), &named.join(" ＋ "));
    }
    page.blank();
}

fn named(removal: &Removal) -> String {
    let line = removal.given.first().copied().unwrap_or_default();
    format!("{} {} ({}:{line})", removal.device, removal.label, removal.file)
}

fn proposal(page: &mut Page<'_>, proposal: &Proposal, style: &Style) {
    for removal in &proposal.removals {
        let what = named(removal);
        page.labelled(4, &text!("削除する行", "take away"), &what);
        let limit = if style.verbose { usize::MAX } else { SHORT };
        for line in removal.text.iter().take(limit) {
            page.row("      - ", &[(Tone::Faint, line)]);
        }
        let left = removal.text.len().saturating_sub(limit);
        if left > 0 {
            let more =
                text!("ほか {left} 行（-v で全行を表示）", "{left} more lines (-v shows all)");
            let more = page.say(&more).to_owned();
            page.text(6, &more);
        }
        if !removal.commands.is_empty() {
            let label = text!("機器での操作（例）", "on the device, for example");
            let label = format!("{}:", page.say(&label));
            page.row("    ", &[(Tone::Plain, label.as_str())]);
            for command in &removal.commands {
                page.row("      ", &[(Tone::Plain, command)]);
            }
        }
    }
}

fn unsettled(page: &mut Page<'_>, open: &Open, style: &Style) {
    finding_line(page, "  - ", &open.finding, style);
    if open.costly.is_empty() {
        let none = text!(
            "この通信を止める行の削除は見つかりませんでした（経路や機器の構成、行の条件の見直しが必要です）。",
            "no line was found whose removal ends it: routes, the design, or the conditions of a line have to change"
        );
        let none = page.say(&none).to_owned();
        page.text(4, &none);
    }
    for proposal in &open.costly {
        let what: Vec<String> = proposal.removals.iter().map(named).collect();
        let (what, worse) = (what.join(" ＋ "), proposal.worse.join(", "));
        let line = text!(
            "{what} を削除すると止まりますが、規則 {worse} の判定が悪くなります（行の条件を絞る必要があります）。",
            "taking {what} away ends it, but makes rule {worse} worse: the line has to be narrowed"
        );
        let line = page.say(&line).to_owned();
        page.text(4, &line);
    }
}

fn summary(page: &mut Page<'_>, plan: &Plan) {
    let (before, after) = (view::tally(&plan.before), view::tally(&plan.after));
    let ((holds, violated, open), (then, still, unclear)) = (before, after);
    let (steps, left) = (plan.steps.len(), plan.open.len());
    let line = text!(
        "結果: 是正案 {steps} 件・未解決 {left} 件。判定は 適合 {holds}→{then}・不適合 {violated}→{still}・確認不能 {open}→{unclear}。設定ファイルも機器も変更していません。",
        "Result: {steps} edits, {left} unsettled. Verdicts: {holds}→{then} hold, {violated}→{still} violated, {open}→{unclear} undetermined. No file and no device was changed."
    );
    let line = page.say(&line).to_owned();
    page.sentence("", "  ", Tone::Strong, &line);
}

#[derive(Serialize)]
struct PlanJson<'p> {
    schema: &'static str,
    steps: Vec<StepJson<'p>>,
    open: Vec<OpenJson<'p>>,
    before: TallyJson,
    after: TallyJson,
}

#[derive(Serialize)]
struct StepJson<'p> {
    rule: &'p str,
    fingerprint: &'p str,
    ends: usize,
    removals: Vec<RemovalJson<'p>>,
    others: Vec<Vec<RemovalJson<'p>>>,
}

#[derive(Serialize)]
struct OpenJson<'p> {
    rule: &'p str,
    fingerprint: &'p str,
    costly: Vec<CostlyJson<'p>>,
}

#[derive(Serialize)]
struct CostlyJson<'p> {
    removals: Vec<RemovalJson<'p>>,
    worse: &'p [String],
}

#[derive(Serialize)]
struct RemovalJson<'p> {
    device: &'p str,
    label: &'p str,
    file: &'p str,
    lines: &'p [u32],
    text: &'p [String],
    commands: &'p [String],
}

#[derive(Serialize)]
struct TallyJson {
    holds: usize,
    violated: usize,
    undetermined: usize,
}

/// The plan for programs: `sekisho/fix/1`.
#[must_use]
pub fn plan_json(plan: &Plan) -> String {
    let tally = |scan: &Scan| {
        let (holds, violated, undetermined) = view::tally(scan);
        TallyJson { holds, violated, undetermined }
    };
    let all = PlanJson {
        schema: "sekisho/fix/1",
        steps: plan.steps.iter().map(step_json).collect(),
        open: plan.open.iter().map(open_json).collect(),
        before: tally(&plan.before),
        after: tally(&plan.after),
    };
    escape::json(&serde_json::to_string_pretty(&all).unwrap_or_default()) + "\n"
}

fn step_json(step: &Step) -> StepJson<'_> {
    StepJson {
        rule: &step.finding.rule,
        fingerprint: &step.finding.fingerprint,
        ends: step.choice.ends,
        removals: removals(&step.choice),
        others: step.others.iter().map(removals).collect(),
    }
}

fn open_json(open: &Open) -> OpenJson<'_> {
    let costly = |proposal| CostlyJson { removals: removals(proposal), worse: &proposal.worse };
    OpenJson {
        rule: &open.finding.rule,
        fingerprint: &open.finding.fingerprint,
        costly: open.costly.iter().map(costly).collect(),
    }
}

fn removals(proposal: &Proposal) -> Vec<RemovalJson<'_>> {
    proposal.removals.iter().map(removal).collect()
}

fn removal(removal: &Removal) -> RemovalJson<'_> {
    RemovalJson {
        device: &removal.device,
        label: &removal.label,
        file: &removal.file,
        lines: &removal.given,
        text: &removal.text,
        commands: &removal.commands,
    }
}

/// Every step of the plan as one patch of the files that were given, for `patch -p1` and `git apply`.
#[must_use]
pub fn plan_patch(plan: &Plan, files: &Files) -> Vec<u8> {
    let mut gone: BTreeMap<&str, BTreeSet<usize>> = BTreeMap::new();
    for removal in plan.steps.iter().flat_map(|step| &step.choice.removals) {
        let lines = removal.given.iter().map(|line| *line as usize);
        gone.entry(&removal.file).or_default().extend(lines);
    }
    let mut out = Vec::new();
    for (path, lines) in gone {
        let Some((_, bytes)) = files.entries.iter().find(|(known, _)| known == path) else {
            continue;
        };
        let shown = escape::terminal(path);
        out.extend(format!("--- a/{shown}\n+++ b/{shown}\n").into_bytes());
        let all: Vec<&[u8]> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
        hunks(&mut out, &all, &lines);
    }
    out
}

fn hunks(out: &mut Vec<u8>, all: &[&[u8]], gone: &BTreeSet<usize>) {
    let mut removed = 0;
    let mut left: Vec<usize> = gone.iter().copied().collect();
    left.reverse();
    while let Some(first) = left.pop() {
        let mut last = first;
        while let Some(next) = left.pop_if(|next| *next <= last + 2 * CONTEXT) {
            last = next;
        }
        let (start, end) = (first.saturating_sub(CONTEXT).max(1), (last + CONTEXT).min(all.len()));
        let cut = (start..=end).filter(|line| gone.contains(line)).count();
        let (old, new) = (end + 1 - start, end + 1 - start - cut);
        let after = if new == 0 { start - removed - 1 } else { start - removed };
        out.extend(format!("@@ -{start},{old} +{after},{new} @@\n").into_bytes());
        for line in start..=end {
            let text = all.get(line - 1).copied().unwrap_or_default();
            out.push(if gone.contains(&line) { b'-' } else { b' ' });
            out.extend_from_slice(text);
            if !text.ends_with(b"\n") {
                out.extend_from_slice(b"\n\\ No newline at end of file\n");
            }
        }
        removed += cut;
    }
}
