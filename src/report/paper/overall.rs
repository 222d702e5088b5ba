//! 総合所見: one page for a committee, made of counts and names of zones only; no address can stand in it.

use super::item::Item;
use super::matter::Matter;
use super::{Block, Chapter, Field, scope};
use crate::finding::{Novelty, Severity, Verdict};
use crate::report::view;
use crate::scan::Outcome;
use crate::text;
use crate::text::Text;

/// Findings that are named on the page.
const NAMED: usize = 8;

/// 総合所見.
pub(super) fn overall(matter: &Matter<'_>) -> Chapter {
    let mut blocks = vec![matter.paragraph(&opinion(matter))];
    blocks.extend(excused(matter));
    blocks.push(counts(matter));
    let grave: Vec<&Item> =
        matter.findings.iter().filter(|item| item.severity >= Severity::High).collect();
    if !grave.is_empty() {
        blocks.push(matter.heading(&text!("主な指摘事項", "Main findings")));
        let mut list: Vec<String> =
            grave.iter().take(NAMED).map(|item| line(matter, item)).collect();
        let left = grave.len().saturating_sub(NAMED);
        if left > 0 {
            list.push(matter.say(&text!(
                "ほか {left} 件（指摘事項の章に示す）",
                "{left} more, in the chapter of findings"
            )));
        }
        blocks.push(Block::List(list));
    }
    let comment = match matter.input.kind {
        super::PaperKind::Audit => text!("監査人の所見", "Remarks of the auditor"),
        _ => text!("点検者の所見", "Remarks"),
    };
    blocks.push(Block::Remarks(matter.say(&comment)));
    Chapter::alone(matter.say(&text!("総合所見", "Overall opinion")), blocks)
}

fn line(matter: &Matter<'_>, item: &Item) -> String {
    let (number, severity, short) = (&item.number, matter.say(&item.severity.word()), &item.short);
    super::mask::mask(
        &matter.say(&text!("{number}［{severity}］{short}", "{number} [{severity}] {short}")),
    )
}

/// The result in a sentence or two.
fn opinion(matter: &Matter<'_>) -> Text {
    let (holds, violated, open) = view::tally(matter.input.scan);
    let all = holds + violated + open;
    if all == 0 {
        return text!(
            "判定の対象となる規則がないため、判定していない。適合を意味しない。",
            "There is no rule, so nothing was judged. This does not mean that anything holds."
        );
    }
    match (violated, open) {
        (0, 0) => text!(
            "判定した {all} 件の規則は、すべて適合である。",
            "All {all} rules that were judged hold."
        ),
        (0, _) => text!(
            "判定した {all} 件の規則のうち、不適合はないが、確認不能が {open} 件ある。確認不能は適合ではなく、情報を補って判定する必要がある。",
            "None of the {all} rules is violated, but {open} are undetermined. Undetermined is no pass: more has to be known."
        ),
        _ => text!(
            "判定した {all} 件の規則のうち、{violated} 件が不適合、{open} 件が確認不能である。不適合の規則については、定められた分離が実現されておらず、是正を要する。",
            "Of {all} rules {violated} are violated and {open} undetermined. What is violated is not kept apart as demanded, and must be corrected."
        ),
    }
}

/// What waivers excuse passes all the same: nobody is to read of rules that hold without hearing of it.
pub(super) fn excused(matter: &Matter<'_>) -> Option<Block> {
    let count = matter.input.scan.waived.len();
    let told = text!(
        "例外措置で認めた通信 {count} 件は、規則に反するが、不適合に数えていない（例外措置一覧に示す）。",
        "Traffic that waivers excuse goes against a rule but is not counted as a violation: {count}, in the chapter of waivers."
    );
    (count > 0).then(|| matter.paragraph(&told))
}

/// How many rules got which verdict.
pub(super) fn rules(matter: &Matter<'_>) -> Field {
    let (holds, violated, open) = view::tally(matter.input.scan);
    let told = text!(
        "適合 {holds}　不適合 {violated}　確認不能 {open}",
        "{holds} hold, {violated} violated, {open} undetermined"
    );
    matter.field(&text!("規則の判定", "rules"), Some(matter.say(&told)))
}

/// The figures that a committee compares from year to year.
fn counts(matter: &Matter<'_>) -> Block {
    let grave = |severity| matter.findings.iter().filter(|item| item.severity == severity).count();
    let (critical, high) = (grave(Severity::Critical), grave(Severity::High));
    let (all, hygiene) = (matter.findings.len(), matter.hygiene.len());
    let [met, unmet, unclear, absent] =
        [Outcome::Satisfied, Outcome::NotSatisfied, Outcome::Undetermined, Outcome::NotApplicable]
            .map(|outcome| matter.count(outcome));
    let value = |text: Text| Some(matter.say(&text));
    let outside = scope::outside_count(matter);
    let register = matter.input.scan.loaded.policy.as_ref().and_then(|p| p.register.as_ref());
    let listed = register.map_or_else(
        || text!("台帳の登録なし", "no register"),
        |list| {
            let count = list.len();
            text!("台帳 {count} 件", "{count} in the register")
        },
    );
    let (ja, en) = (listed.ja, listed.en);
    let waivers = matter.input.scan.loaded.policy.as_ref().map_or(0, |policy| policy.waivers.len());
    Block::Fields(vec![
        rules(matter),
        matter.field(
            &text!("要求事項の判定", "requirements"),
            value(text!(
                "適合 {met}　不適合 {unmet}　確認不能 {unclear}　対象外 {absent}",
                "{met} hold, {unmet} violated, {unclear} undetermined, {absent} not applicable"
            )),
        ),
        matter.field(
            &text!("指摘事項", "findings"),
            value(text!(
                "{all} 件（うち重大 {critical}・高 {high}）、設定の点検 {hygiene} 件",
                "{all} ({critical} critical, {high} high), {hygiene} of hygiene"
            )),
        ),
        matter.field(&text!("例外措置", "waivers"), value(text!("{waivers} 件", "{waivers}"))),
        matter.field(
            &text!("外部接続", "external attachments"),
            value(text!("外部のゾーン {outside}（{ja}）", "{outside} external zones ({en})")),
        ),
        matter.field(&text!("前回との比較", "since the last time"), compared(matter)),
    ])
}

/// How the findings compare with those before, when there is something to compare with.
fn compared(matter: &Matter<'_>) -> Option<String> {
    let scan = matter.input.scan;
    let count =
        |novelty| scan.findings.iter().filter(|finding| finding.novelty == Some(novelty)).count();
    let [known, larger, new] = [Novelty::Known, Novelty::Enlarged, Novelty::New].map(count);
    let gone = scan.comparison.map(|comparison| comparison.gone)?;
    Some(matter.say(&text!(
        "新規 {new}・拡大 {larger}・継続 {known}・解消 {gone}（設定の点検を含む）",
        "{new} new, {larger} enlarged, {known} known, {gone} gone (with hygiene)"
    )))
}

/// Whether anything of the policy is violated, or open.
pub(super) fn state(matter: &Matter<'_>) -> Verdict {
    let scan = matter.input.scan;
    let rules = scan.verdicts.iter().map(|rule| rule.verdict);
    // A mere note keeps nothing open, as when the command decides how it ends.
    let grave = matter
        .findings
        .iter()
        .filter(|item| item.verdict == Verdict::Violated || item.severity > Severity::Info);
    rules.chain(grave.map(|item| item.verdict)).max().unwrap_or(Verdict::Undetermined)
}
