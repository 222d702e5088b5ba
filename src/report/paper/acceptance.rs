//! 受入検査: whether what was delivered can be accepted, strictly from verdicts.

use super::matter::Matter;
use super::{Block, Chapter, overall};
use crate::finding::{Kind, Verdict};
use crate::scan::{Outcome, SelfCheckRow};
use crate::text;
use crate::text::Text;

/// What is recommended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Advice {
    /// 合格: everything holds.
    Accept,
    /// 不合格: something is violated.
    Refuse,
    /// 判定保留: something is undetermined, or nothing was judged.
    Hold,
}

/// 検査結果 on a page of its own.
pub(super) fn result(matter: &Matter<'_>) -> Chapter {
    let advice = advice(matter);
    let (word, why) = match advice {
        Advice::Accept => (
            text!("合格", "accept"),
            text!(
                "受入れの条件とした規則及びそれに基づく要求事項は、すべて適合である。",
                "Every rule that is a condition of acceptance holds, and so does every requirement that rests on one."
            ),
        ),
        Advice::Refuse => (
            text!("不合格", "refuse"),
            text!(
                "不適合がある。是正の後、変更後の設定により再検査を要する。",
                "Something is violated. It is to be corrected, and the new configurations inspected again."
            ),
        ),
        Advice::Hold => (
            text!("判定保留", "hold"),
            text!(
                "不適合はないが、確認できない事項があるか、判定した規則がない。情報を補って再度判定するまで、合格とはしない。",
                "Nothing is violated, but something is undetermined or nothing was judged. It does not pass until that is settled."
            ),
        ),
    };
    let value = |text: Text| Some(matter.say(&text));
    let unmet = relevant(matter).filter(|row| row.outcome == Outcome::NotSatisfied).count();
    let unclear = relevant(matter).filter(|row| row.outcome == Outcome::Undetermined).count();
    let fields = vec![
        matter.field(&text!("判定（推奨）", "recommended"), Some(matter.say(&word))),
        overall::rules(matter),
        matter.field(
            &text!("規則に基づく要求事項", "requirements on rules"),
            value(text!(
                "不適合 {unmet}　確認不能 {unclear}",
                "{unmet} violated, {unclear} undetermined"
            )),
        ),
        matter.field(&text!("検査者の判定", "decision of the inspector"), None),
    ];
    let mut blocks = vec![matter.paragraph(&why)];
    blocks.extend(overall::excused(matter));
    blocks.extend([
        Block::Fields(fields),
        matter.paragraph(&text!(
            "推奨する判定は、規則の判定、指摘事項、及び規則が支える要求事項だけから定まる。使用した規則がいずれも触れない要求事項は、受入れの条件としていない。",
            "The recommendation follows from the verdicts on rules, the findings, and the requirements that rules serve. Requirements that no rule in use speaks of are no condition."
        )),
        Block::Remarks(matter.say(&text!("条件・特記事項", "conditions"))),
    ]);
    Chapter::alone(matter.say(&text!("検査結果", "Result")), blocks)
}

fn advice(matter: &Matter<'_>) -> Advice {
    let judges = &matter.input.scan.findings;
    let rows = relevant(matter).map(|row| row.outcome).max();
    let disagree = judges.iter().any(|finding| finding.kind == Kind::InternalDisagreement);
    match (overall::state(matter), rows) {
        (Verdict::Violated, _) | (_, Some(Outcome::NotSatisfied)) => Advice::Refuse,
        _ if disagree || matter.input.scan.verdicts.is_empty() => Advice::Hold,
        (Verdict::Undetermined, _) | (_, Some(Outcome::Undetermined)) => Advice::Hold,
        (Verdict::Holds, _) => Advice::Accept,
    }
}

/// The requirements that a rule in use speaks of.
fn relevant<'a>(matter: &'a Matter<'_>) -> impl Iterator<Item = &'a SelfCheckRow> {
    matter.rows.iter().filter(|row| {
        let requirement = &row.requirement;
        matter.input.scan.verdicts.iter().any(|rule| {
            let short = rule.rule.rsplit('/').next().unwrap_or(&rule.rule);
            rule.requirements.contains(&requirement.id)
                || requirement.by.iter().any(|word| *word == rule.rule || word == short)
        })
    })
}
