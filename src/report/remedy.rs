//! A plan of edits: for an engineer at a terminal, for programs, and as a patch.

mod data;
mod patch;

pub use data::{plan_json, plan_schema};
pub use patch::plan_patch;

use super::page::{Page, Tone, severity_tone};
use super::{Style, view};
use crate::finding::Finding;
use crate::remedy::{Act, Change, Open, Plan, Proposal, Step};
use crate::text;
use crate::text::Text;

/// Lines of one edit that are shown unless the reader wants all.
const SHORT: usize = 16;

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
        page.heading(&text!("是正案が見つからない指摘", "What no edit settles"));
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
        "確認済み: この変更により不適合の指摘が {ends} 件減り、判定が悪くなる規則はありません。",
        "tried out: violations ended: {ends}; no verdict is worse"
    );
    let effect = page.say(&effect).to_owned();
    page.sentence("    ", "    ", Tone::Good, &effect);
    if !step.choice.settles {
        let rest = text!(
            "この指摘は確認不能として残ります（読み取れない行、または不足する情報があるため）。",
            "the finding stays as undetermined: lines that were not read, or facts that are missing"
        );
        let rest = page.say(&rest).to_owned();
        page.text(4, &rest);
    }
    for other in &step.others {
        let what = other.changes.iter().map(|change| deed(change).get(style.lang).to_owned());
        page.labelled(4, &text!("別の案", "or instead"), &what.collect::<Vec<_>>().join(" ＋ "));
    }
    page.blank();
}

/// `int-fw access-list OUT_IN 3 (configs/int-fw.cfg:146)`.
fn named(change: &Change) -> String {
    format!("{} {} ({}:{})", change.device, change.label, change.file, change.at)
}

/// What is done, with where.
fn deed(change: &Change) -> Text {
    let entry = named(change);
    match change.act {
        Act::Remove => text!("{entry} を削除", "take {entry} away"),
        Act::Narrow => text!(
            "{entry} を、必要な通信だけを許可する行に置き換え",
            "replace {entry} with lines that let pass what is required only"
        ),
        Act::Bar => text!(
            "{entry} の前に、禁止された通信を拒否する行を追加",
            "put lines before {entry} that stop what is forbidden"
        ),
    }
}

fn proposal(page: &mut Page<'_>, proposal: &Proposal, style: &Style) {
    for change in &proposal.changes {
        page.labelled(4, &text!("変更", "edit"), deed(change).get(style.lang));
        let gone = change.text.iter().map(|line| ("      - ", line));
        let added = change.added.iter().flat_map(|(_, lines)| lines);
        let shown: Vec<(&str, &String)> =
            gone.chain(added.map(|line| ("      + ", line))).collect();
        let limit = if style.verbose { usize::MAX } else { SHORT };
        for (mark, line) in shown.iter().take(limit) {
            page.row(mark, &[(Tone::Faint, line)]);
        }
        let left = shown.len().saturating_sub(limit);
        if left > 0 {
            let more =
                text!("ほか {left} 行（-v で全行を表示）", "{left} more lines (-v shows all)");
            let more = page.say(&more).to_owned();
            page.text(6, &more);
        }
        if !change.commands.is_empty() {
            let label = text!("機器での操作（例）", "on the device, for example");
            let label = format!("{}:", page.say(&label));
            page.row("    ", &[(Tone::Plain, label.as_str())]);
            for command in &change.commands {
                page.row("      ", &[(Tone::Plain, command)]);
            }
        }
    }
}

fn unsettled(page: &mut Page<'_>, open: &Open, style: &Style) {
    finding_line(page, "  - ", &open.finding, style);
    if open.costly.is_empty() {
        let none = text!(
            "この通信を止める行の削除・追加は見つかりませんでした（経路や機器の構成の見直しが必要です）。",
            "no line was found whose removal, and none whose addition ends it: routes or the design have to change"
        );
        let none = page.say(&none).to_owned();
        page.text(4, &none);
    }
    for proposal in &open.costly {
        let what = proposal.changes.iter().map(|change| deed(change).get(style.lang).to_owned());
        let (what, worse) = (what.collect::<Vec<_>>().join(" ＋ "), proposal.worse.join(", "));
        let line = text!(
            "止まりますが、規則 {worse} の判定が悪くなります: {what}",
            "ends it, but makes rule {worse} worse: {what}"
        );
        let line = page.say(&line).to_owned();
        page.text(4, &line);
    }
}

fn summary(page: &mut Page<'_>, plan: &Plan) {
    let mut changes = plan.steps.iter().flat_map(|step| &step.choice.changes);
    if changes.any(|change| change.act == Act::Remove) {
        let beside = text!(
            "注意: 行を削除すると、その行が許可していたほかの通信も止まります（方針の require・required が守る通信を除く）。--patch を適用した写しと `sekisho diff` で比べると、止まる通信をすべて確認できます。",
            "Note: taking a line away also stops what else it let pass, but for what `require` and `required` of the policy protect. `sekisho diff` against a copy with the --patch applied lists all of it."
        );
        let beside = page.say(&beside).to_owned();
        page.sentence("", "  ", Tone::Plain, &beside);
        page.blank();
    }
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
