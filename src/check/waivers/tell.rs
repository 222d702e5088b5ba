//! Sentences about waivers. Each names the waiver.

use super::covered::Covered;
use crate::finding::{Finding, Kind};
use crate::policy::Waiver;
use crate::text;
use crate::text::Text;

/// Flows that a sentence names.
const NAMED: usize = 3;

/// Adds to the findings about the ends of `part` what the waiver leaves of them.
pub(super) fn left(findings: &mut [Finding], waiver: &Waiver, name: &str, part: &Covered) {
    let [from, to] = &part.of_rule;
    let about = |finding: &&mut Finding| {
        finding.kind == Kind::ForbiddenPath
            && finding.rule == waiver.rule
            && finding.family == Some(part.family)
            && pairs(finding).any(|pair| pair == (from, to))
    };
    for finding in findings.iter_mut().filter(about) {
        let list = |flows: &crate::finding::FlowList| {
            let shown = flows.flows.iter().take(NAMED);
            let shown = shown.map(|cube| format!("{} → {} {}", cube.src, cube.dst, cube.service));
            shown.collect::<Vec<_>>().join("; ")
        };
        let (covered, rest) = (list(&part.flows), list(&finding.flows));
        finding.details.push(text!(
            "例外措置「{name}」が認めるのは {covered} だけです。対象外として残る通信: {rest}",
            "waiver {name} covers {covered} only; what it leaves: {rest}"
        ));
    }
}

/// Every pair that a finding is about.
fn pairs(finding: &Finding) -> impl Iterator<Item = (&String, &String)> {
    let also = finding.also.iter().map(|(from, to)| (from, to));
    finding.from.iter().zip(finding.to.iter()).chain(also)
}

pub(super) fn place() -> Text {
    text!("例外措置の記載箇所", "where the waiver stands")
}

pub(super) fn no_rule(name: &str, rule: &str) -> Text {
    text!(
        "例外措置「{name}」の対象規則「{rule}」は方針にありません。",
        "waiver {name} names the policy rule `{rule}`, which does not exist"
    )
}

pub(super) fn not_applicable(name: &str, rule: &str) -> Text {
    text!(
        "例外措置「{name}」の対象規則「{rule}」は、この構成では対象外です。例外措置は何も認めていません。",
        "waiver {name} names the rule `{rule}`, which does not apply here; it excuses nothing"
    )
}

pub(super) fn unlisted(name: &str, rule: &str) -> Text {
    text!(
        "例外措置「{name}」が認める通信は、規則「{rule}」の判定から除かれますが、一覧には示されません。通信を禁止する規則を対象にしてください。",
        "what waiver {name} excuses is left out of the rule `{rule}` and can't be listed; waive a rule that forbids traffic instead"
    )
}

pub(super) fn powerless(name: &str, rule: &str) -> Text {
    text!(
        "規則「{rule}」は通信を禁止しないため、例外措置「{name}」は何も認めていません。",
        "the rule `{rule}` forbids no traffic, so waiver {name} excuses nothing"
    )
}

pub(super) fn stale(name: &str, rule: &str) -> Text {
    text!(
        "例外措置「{name}」に該当する通信はありません。規則「{rule}」に反して通り得る通信が対象の範囲になく、不要になった可能性があります。",
        "waiver {name} excuses nothing: no traffic that it names could pass against rule `{rule}`"
    )
}

pub(super) fn beside(name: &str, rule: &str) -> Text {
    text!(
        "例外措置「{name}」の区間は、規則「{rule}」が禁止する区間と重なりません。例外措置は何も認めていません。",
        "the ends of waiver {name} have nothing in common with those of rule `{rule}`; it excuses nothing"
    )
}

pub(super) fn twice(name: &str) -> Text {
    text!(
        "例外措置の番号「{name}」が重複しています。",
        "there is another waiver with the identifier {name}"
    )
}

pub(super) fn unapproved(name: &str) -> Text {
    text!(
        "例外措置「{name}」に承認者の記載がありません。承認されるまで、対象の通信は認められたものとして扱いません。",
        "waiver {name} names nobody who approved it; until it is approved it covers nothing"
    )
}

pub(super) fn own_approval(name: &str, approver: &str) -> Text {
    text!(
        "例外措置「{name}」は、申請者と承認者が同一です（{approver}）。",
        "waiver {name} was requested and approved by the same person ({approver})"
    )
}

pub(super) fn approver(name: &str, role: &str, wanted: &str) -> Text {
    text!(
        "例外措置「{name}」の承認者は「{role}」ですが、承認できるのは「{wanted}」です。",
        "waiver {name} was approved in the role {role}; only {wanted} may approve it"
    )
}

pub(super) fn approver_unknown(name: &str, wanted: &str) -> Text {
    text!(
        "例外措置「{name}」の承認者の役職（approved-role）の記載がなく、「{wanted}」の承認であることを確認できません。",
        "waiver {name} does not say in which role it was approved (approved-role); {wanted} must approve it"
    )
}

pub(super) fn no_applicant(name: &str) -> Text {
    text!(
        "例外措置「{name}」に申請者の記載がありません。",
        "waiver {name} names nobody who asked for it"
    )
}

pub(super) fn applicant(name: &str, role: &str, roles: &str) -> Text {
    text!(
        "例外措置「{name}」の申請者は「{role}」ですが、申請できるのは {roles} です。",
        "waiver {name} was requested in the role {role}; only {roles} may ask for one"
    )
}

pub(super) fn applicant_unknown(name: &str, roles: &str) -> Text {
    text!(
        "例外措置「{name}」の申請者の役職（requested-role）の記載がなく、{roles} による申請であることを確認できません。",
        "waiver {name} does not say in which role it was requested (requested-role); only {roles} may ask for one"
    )
}

pub(super) fn unreported(name: &str, since: i32, days: i32) -> Text {
    text!(
        "緊急の例外措置「{name}」は、事後の報告の記載がないまま {since} 日が経過しています（報告の期限は {days} 日以内）。",
        "emergency waiver {name} is {since} days old and was not reported (within {days} days)"
    )
}

pub(super) fn late(name: &str, after: i32, days: i32) -> Text {
    text!(
        "緊急の例外措置「{name}」の報告は {after} 日後でした（報告の期限は {days} 日以内）。",
        "emergency waiver {name} was reported after {after} days (within {days} days)"
    )
}

pub(super) fn report_before(name: &str) -> Text {
    text!(
        "緊急の例外措置「{name}」の報告日が、措置の日より前です。",
        "emergency waiver {name} was reported before it was set up"
    )
}

pub(super) fn future(name: &str) -> Text {
    text!(
        "例外措置「{name}」の日付は未来です。その日まで、対象の通信は認められたものとして扱いません。",
        "waiver {name} is dated in the future; until then it covers nothing"
    )
}

pub(super) fn no_document(name: &str) -> Text {
    text!(
        "例外措置「{name}」に申請書・審査結果の文書番号（document）の記載がありません。",
        "waiver {name} names no document (application and decision)"
    )
}

pub(super) fn over(name: &str) -> Text {
    text!(
        "例外措置「{name}」は期限を過ぎているため、対象の通信を認められたものとして扱いません（期限の管理は推奨事項であり、対策基準の条項によるものではありません）。",
        "waiver {name} is past its last day and covers nothing any more (keeping an end date is good practice, not a clause of a standard)"
    )
}

pub(super) fn review(name: &str) -> Text {
    text!("例外措置「{name}」は確認時期を過ぎています。", "waiver {name} is due for review")
}

pub(super) fn review_far(name: &str, months: i32) -> Text {
    text!(
        "例外措置「{name}」の次回確認は、決定から {months} か月を超えた日です。",
        "the review of waiver {name} is more than {months} months after its decision"
    )
}

pub(super) fn unreviewed(name: &str, months: i32) -> Text {
    text!(
        "例外措置「{name}」は確認時期の記載がないまま、決定から {months} か月を超えています。",
        "waiver {name} names no day of review and was decided more than {months} months ago"
    )
}
