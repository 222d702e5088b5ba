//! 自己点検: every requirement of the documents with the verdict that the scan gives it, and what that rests on.
//!
//! A requirement is decided by the rules that name it or that its table row names, by hygiene rules and by kinds of findings.
//! The worst decides. What no rule in use decides is undetermined and says which pack would decide it; a fact that was not
//! declared keeps it undetermined, too. A row never holds because nothing looked.

use super::Scan;
use crate::finding::{Kind, Verdict};
use crate::policy::{self, Checkable, Requirement, SHIPPED, Verb};
use crate::text;
use crate::text::{Text, counted};

/// One row of the self-check.
#[derive(Clone, Debug)]
pub struct SelfCheckRow {
    /// The requirement.
    pub requirement: Requirement,
    /// What is said of it.
    pub outcome: Outcome,
    /// What that rests on, a sentence each.
    pub evidence: Vec<Text>,
}

/// What is said of a requirement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// 対象外: it speaks of nothing that is here, or of nothing that a network shows.
    NotApplicable,
    /// 適合.
    Satisfied,
    /// 確認不能.
    Undetermined,
    /// 不適合.
    NotSatisfied,
}

impl Outcome {
    /// The word in reports.
    #[must_use]
    pub fn word(self) -> Text {
        match self {
            Outcome::NotApplicable => text!("対象外", "not applicable"),
            Outcome::Satisfied => text!("適合", "holds"),
            Outcome::Undetermined => text!("確認不能", "undetermined"),
            Outcome::NotSatisfied => text!("不適合", "violated"),
        }
    }

    fn of(verdict: Verdict) -> Outcome {
        match verdict {
            Verdict::Holds => Outcome::Satisfied,
            Verdict::Undetermined => Outcome::Undetermined,
            Verdict::Violated => Outcome::NotSatisfied,
        }
    }
}

/// Every requirement, in the order of the documents.
#[must_use]
pub fn self_check(scan: &Scan) -> Vec<SelfCheckRow> {
    policy::requirements().into_iter().map(|requirement| row(scan, requirement)).collect()
}

fn row(scan: &Scan, requirement: Requirement) -> SelfCheckRow {
    let mut said: Vec<(Outcome, Text)> = rules(scan, &requirement);
    for word in &requirement.by {
        said.extend(findings(scan, word));
    }
    if requirement.checkable == Checkable::No {
        said.clear();
        let reason = requirement.reason.clone();
        said.extend(reason.map(|reason| (Outcome::NotApplicable, reason)));
        return finish(requirement, said);
    }
    let here = said.iter().any(|(outcome, _)| *outcome != Outcome::NotApplicable);
    // Facts of something that is not here need not be declared.
    if said.is_empty() || here {
        said.extend(facts(scan, &requirement));
    }
    if said.is_empty() {
        said.push((Outcome::Undetermined, undecided(&requirement)));
    } else if !here && said.iter().all(|(outcome, _)| *outcome == Outcome::Satisfied) {
        said.extend(requirement.reason.clone().map(|reason| (Outcome::Satisfied, reason)));
    }
    finish(requirement, said)
}

fn finish(requirement: Requirement, said: Vec<(Outcome, Text)>) -> SelfCheckRow {
    let outcome = said.iter().map(|(outcome, _)| *outcome).max();
    let mut evidence: Vec<(Outcome, Text)> = Vec::new();
    for (outcome, text) in said {
        if !evidence.iter().any(|(_, known)| *known == text) {
            evidence.push((outcome, text));
        }
    }
    // What decides comes first.
    evidence.sort_by_key(|(outcome, _)| std::cmp::Reverse(*outcome));
    SelfCheckRow {
        requirement,
        outcome: outcome.unwrap_or(Outcome::NotApplicable),
        evidence: evidence.into_iter().map(|(_, text)| text).collect(),
    }
}

/// The rules that speak of the requirement: they name it, or its row names them.
fn rules(scan: &Scan, requirement: &Requirement) -> Vec<(Outcome, Text)> {
    let named = |id: &str| {
        let short = id.rsplit('/').next().unwrap_or(id);
        requirement.by.iter().any(|word| word == id || word == short)
    };
    let mut out = Vec::new();
    for verdict in &scan.verdicts {
        if !named(&verdict.rule) && !verdict.requirements.contains(&requirement.id) {
            continue;
        }
        let (id, word, summary) = (&verdict.rule, verdict.verdict.word(), &verdict.summary);
        let (ja, en) = (&word.ja, &word.en);
        let (what_ja, what_en) = (&summary.ja, &summary.en);
        let places = places(scan, id);
        let text =
            text!("規則{id}: {ja}（{what_ja}）{places}", "rule {id}: {en} ({what_en}){places}");
        out.push((Outcome::of(verdict.verdict), text));
    }
    for rule in &scan.not_applicable {
        if named(&rule.rule) || rule.requirements.contains(&requirement.id) {
            let (id, roles) = (&rule.rule, rule.roles.join(", "));
            let text = text!(
                "規則{id}: 対象外（役割 {roles} のゾーンも機器もない）",
                "rule {id}: not applicable (nobody has the roles {roles})"
            );
            out.push((Outcome::NotApplicable, text));
        }
    }
    out
}

/// How many places one row names.
const PLACES: usize = 4;

/// Where the findings of a rule point.
fn places(scan: &Scan, rule: &str) -> String {
    let findings = scan.findings.iter().filter(|finding| finding.rule == rule);
    let mut places: Vec<String> = Vec::new();
    for finding in findings {
        let spans = finding.blame.iter().map(|blame| Some(blame.span));
        let causes = finding.causes.iter().map(|cause| cause.span);
        for span in spans.chain(causes).flatten() {
            let place = scan.loaded.sources.place(span);
            if !places.contains(&place) {
                places.push(place);
            }
        }
    }
    let more = places.len().saturating_sub(PLACES);
    let list = places.into_iter().take(PLACES).collect::<Vec<_>>().join(", ");
    match (list.is_empty(), more) {
        (true, _) => String::new(),
        (_, 0) => format!(" [{list}]"),
        (_, more) => format!(" [{list}, +{more}]"),
    }
}

/// What findings of a hygiene rule or kind say; nothing when the word is a rule's.
fn findings(scan: &Scan, word: &str) -> Option<(Outcome, Text)> {
    let lint = word.strip_prefix("lint/");
    let kind = crate::finding::catalogue::entries().iter().any(|entry| entry.id == word);
    if lint.is_none() && !kind {
        return None;
    }
    let about = |kind: Kind| kind.id() == word;
    let all: Vec<&crate::finding::Finding> =
        scan.findings.iter().filter(|finding| about(finding.kind)).collect();
    let (count, worst) = (all.len(), all.iter().map(|finding| finding.verdict).max());
    let title = crate::finding::catalogue::find(word).map(|entry| entry.title)?;
    let (ja, en) = (&title.ja, &title.en);
    if count == 0
        && let Some((outcome, why)) = blind(scan, word)
    {
        let (why_ja, why_en) = (why.ja, why.en);
        let text = text!("{word}（{ja}）: {why_ja}", "{word} ({en}): {why_en}");
        return Some((outcome, text));
    }
    let text = match count {
        0 => text!("{word}（{ja}）: 該当なし", "{word} ({en}): nothing found"),
        count => {
            let findings = counted(count, "finding");
            text!("{word}（{ja}）: {count}件", "{word} ({en}): {findings}")
        }
    };
    Some((worst.map_or(Outcome::Satisfied, Outcome::of), text))
}

/// Why it means nothing that there are no findings of a kind: no rule asked, or not everything was read.
fn blind(scan: &Scan, word: &str) -> Option<(Outcome, Text)> {
    let policy = scan.loaded.policy.as_ref();
    let rules = || policy.into_iter().flat_map(|policy| &policy.rules);
    let asked = match word {
        "forbidden-path" => rules().any(|rule| rule.verb.forbids()),
        "stepping-stone" => rules().any(|rule| rule.stepping_stones),
        "routing-bypass" => rules().any(|rule| matches!(rule.verb, Verb::Via { .. })),
        "missing-required-path" => rules().any(|rule| rule.verb == Verb::Require),
        "waiver" if policy.is_none_or(|policy| policy.waivers.is_empty()) => {
            let none = text!("例外措置はない", "there are no waivers");
            return Some((Outcome::NotApplicable, none));
        }
        _ if word.starts_with("lint/") && !super::hygiene::is_all_read(&scan.loaded.snapshot) => {
            let open = text!("解釈できない行が残っている", "some lines are not understood");
            return Some((Outcome::Undetermined, open));
        }
        _ => true,
    };
    let nobody = || text!("確かめる規則が方針にない", "no rule of the policy asks");
    (!asked).then(|| (Outcome::Undetermined, nobody()))
}

fn facts(scan: &Scan, requirement: &Requirement) -> Vec<(Outcome, Text)> {
    let policy = scan.loaded.policy.as_ref();
    let mut out = Vec::new();
    for fact in &requirement.facts {
        let label = policy.and_then(|p| p.fact_labels.iter().find(|known| known.id == *fact));
        let label = label.map_or_else(|| Text::same(fact), |known| known.label.clone());
        let (ja, en) = (&label.ja, &label.en);
        let declared: Vec<&policy::Fact> = policy
            .map(|policy| policy.facts.iter().filter(|known| known.name == *fact).collect())
            .unwrap_or_default();
        if declared.is_empty() {
            let text = text!(
                "事実「{ja}」（{fact}）の申告がない",
                "the fact `{en}` ({fact}) was not declared"
            );
            out.push((Outcome::Undetermined, text));
        }
        for known in declared {
            let (of, value) = (&known.of.value, &known.value);
            let evidence = known.evidence.as_deref().unwrap_or("—");
            let text = text!(
                "申告: {of}の「{ja}」は {value}（根拠資料: {evidence}）",
                "declared: `{en}` of {of} is {value} (evidence: {evidence})"
            );
            let right = policy.is_some_and(|policy| is_as_wanted(policy, known));
            let outcome = if right { Outcome::Satisfied } else { Outcome::NotSatisfied };
            out.push((outcome, text));
        }
    }
    out
}

/// Whether a declared value is the one that somebody asks for; where nobody says, a fact is a good thing to be true.
fn is_as_wanted(policy: &policy::Policy, fact: &policy::Fact) -> bool {
    let needs = policy.permits.iter().flat_map(|permit| &permit.needs);
    let needs = needs.filter(|need| need.fact == fact.name).filter_map(|need| need.want.as_ref());
    let rules = policy.rules.iter().filter_map(|rule| match &rule.verb {
        Verb::Declare { fact: name, want } if *name == fact.name => want.as_ref(),
        _ => None,
    });
    let wanted: Vec<&String> = needs.chain(rules).collect();
    if wanted.is_empty() { fact.value != "false" } else { wanted.contains(&&fact.value) }
}

/// Why nothing decided the row.
fn undecided(requirement: &Requirement) -> Text {
    if let Some(reason) = requirement.reason.as_ref().filter(|_| requirement.by.is_empty()) {
        return reason.clone();
    }
    let list = requirement.by.join(", ");
    let packs: Vec<&str> = SHIPPED
        .iter()
        .filter(|pack| requirement.by.iter().any(|id| pack.text.contains(&format!("- id: {id}\n"))))
        .map(|pack| pack.id)
        .collect();
    let packs = packs.join(", ");
    text!(
        "この要求を判定する規則（{list}）を含む方針パックを使用していない（該当するパック: {packs}）",
        "no pack in use has a rule that decides it ({list}; packs that have: {packs})"
    )
}
