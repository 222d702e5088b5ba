//! Findings about declarations, in words.

use super::{Doubt, Misfit, State};
use crate::finding::{self, Cause, Finding, Kind, Severity, Verdict};
use crate::policy::PolicyRule;
use crate::text;
use crate::text::Text;

/// The facts of one rule that are open, or that contradict it.
pub(super) fn doubts(rule: &PolicyRule, doubts: &[Doubt], verdict: Verdict) -> Finding {
    let message = match (verdict, doubts) {
        (Verdict::Violated, _) => text!(
            "申告された事実が、規則の求める内容と異なります。",
            "a declared fact is not what the rule needs"
        ),
        (_, [one]) => {
            let (ja, en) = (&one.label.ja, &one.label.en);
            let (fact_ja, fact_en) = (&one.fact_label.ja, &one.fact_label.en);
            text!(
                "設定からは判定できません。{ja}について「{fact_ja}」の申告が必要です。",
                "configurations cannot show it: of {en}, `{fact_en}` is to be declared"
            )
        }
        (_, many) => {
            let count = many.len();
            text!(
                "設定からは判定できません。{count}件の事実の申告が必要です。",
                "configurations cannot show it: {count} facts are to be declared"
            )
        }
    };
    let mut finding = super::super::write::blank(Kind::DeclaredFact, rule, verdict, message);
    finding.causes = doubts.iter().map(|doubt| cause(rule, doubt)).collect();
    finding.advice = Some(match verdict {
        Verdict::Violated => text!(
            "事実に合わせて通信を止めるか、申告の内容を確認してください。",
            "stop the traffic, or check what was declared"
        ),
        _ => text!(
            "確認したうえで policy.yaml の facts に、値（value）、根拠資料（evidence）、確認日（confirmed）を書いてください。",
            "find out, and write value, evidence and day of confirmation under `facts` in policy.yaml"
        ),
    });
    let mut parts = vec![Kind::DeclaredFact.id(), rule.id.clone(), verdict.id().to_owned()];
    parts.extend(doubts.iter().map(|doubt| format!("{} {}", doubt.of, doubt.fact)));
    finding.fingerprint = finding::fingerprint(&parts);
    finding
}

fn cause(rule: &PolicyRule, doubt: &Doubt) -> Cause {
    let (of, fact) = (&doubt.of, &doubt.fact);
    // What to write, letter by letter: a reader copies it into the policy file.
    let want = doubt.want.as_deref().unwrap_or("…");
    let line = format!("{{ of: {of}, fact: {fact}, value: {want} }}");
    let (of_ja, of_en) = (&doubt.label.ja, &doubt.label.en);
    let (fact_ja, fact_en) = (&doubt.fact_label.ja, &doubt.fact_label.en);
    let (span, reason) = match doubt.state {
        State::Missing => (
            doubt.flow.as_ref().map_or(rule.span, |(_, span)| *span),
            text!(
                "{of_ja}の「{fact_ja}」が申告されていません（書き方: {line}）。",
                "`{fact_en}` of {of_en} is not declared (write {line})"
            ),
        ),
        State::Overdue(span) => (
            span,
            text!(
                "{of_ja}の「{fact_ja}」は再確認の期日を過ぎています。",
                "`{fact_en}` of {of_en} was to be confirmed again by a day that is past"
            ),
        ),
        State::Contrary(span) => (
            span,
            text!(
                "{of_ja}の「{fact_ja}」の値が異なります（必要な値: {want}）。",
                "`{fact_en}` of {of_en} has another value (needed: {want})"
            ),
        ),
    };
    let reason = match &doubt.flow {
        Some((flow, _)) => with_flow(&reason, flow),
        None => reason,
    };
    Cause { span: Some(span), reason }
}

fn with_flow(reason: &Text, flow: &str) -> Text {
    let (ja, en) = (&reason.ja, &reason.en);
    text!("{ja}通信「{flow}」の条件です。", "{en}; the flow {flow} rests on it")
}

/// A declared flow that excuses nothing.
pub(super) fn misfit(misfit: &Misfit) -> Finding {
    let (name, ja, en) = (&misfit.name, &misfit.reason.ja, &misfit.reason.en);
    let message = text!(
        "申告された通信「{name}」は許可の対象になりません（{ja}）。",
        "the declared flow {name} does not count: {en}"
    );
    let mut finding =
        Finding::new(Kind::Declaration, name, Severity::Medium, Verdict::Undetermined, message);
    finding.advice = Some(text!(
        "この通信は方針上、許可されたものとして扱いません。条件に合うように限定するか、申告を取り下げてください。",
        "it is not taken as allowed; narrow it until it fits, or withdraw it"
    ));
    let reason = text!("申告の記載箇所", "where it is declared");
    finding.causes = vec![Cause { span: Some(misfit.span), reason }];
    let parts = [Kind::Declaration.id(), name.clone(), misfit.reason.en.clone()];
    finding.fingerprint = finding::fingerprint(&parts);
    finding
}
