use super::*;
use crate::model::Moment;
use crate::source::{Sources, Span};

const DAY: i32 = 20_000;

fn waiver(id: &str) -> Waiver {
    let file = Sources::default().add("policy.yaml", b"waivers: []\n").unwrap();
    Waiver {
        id: Some(id.to_owned()),
        rule: "p/R".to_owned(),
        from: Vec::new(),
        to: Vec::new(),
        services: Vec::new(),
        reason: "機器更新まで".to_owned(),
        requested_by: Some("情報政策課長".to_owned()),
        requested_role: Some("情報システム管理者".to_owned()),
        approved_by: Some("副町長".to_owned()),
        approved_role: Some("CISO".to_owned()),
        emergency: None,
        reported: None,
        document: Some("例外7-1".to_owned()),
        decided: Some(DAY - 100),
        review: Some(DAY + 100),
        until: Some(DAY + 100),
        span: Span { file, start: 0, end: 1 },
    }
}

fn demanding() -> WaiverTerms {
    WaiverTerms {
        pack: "p".to_owned(),
        approver: Some("CISO".to_owned()),
        applicants: vec!["情報セキュリティ管理者".to_owned(), "情報システム管理者".to_owned()],
        report_days: Some(7),
        review_months: Some(12),
    }
}

/// The English sentences about the last of some waivers on [`DAY`].
fn said(waivers: Vec<Waiver>, terms: Vec<WaiverTerms>, today: Option<i32>) -> Vec<String> {
    let at = today.map(|day| Moment { day, minute: 0 });
    let snapshot = Snapshot { at, ..Snapshot::default() };
    let policy = Policy { waivers, waiver_terms: terms, ..Policy::default() };
    let last = policy.waivers.len() - 1;
    let found = problems(&snapshot, &policy, last, &policy.waivers[last]);
    for (_, text) in &found {
        assert!(text.ja.contains("EX-1") && text.en.contains("EX-1"), "names the waiver: {text:?}");
    }
    found.into_iter().map(|(_, text)| text.en).collect()
}

fn one(change: impl Fn(&mut Waiver)) -> Vec<String> {
    let mut changed = waiver("EX-1");
    change(&mut changed);
    said(vec![changed], vec![demanding()], Some(DAY))
}

#[track_caller]
fn assert_says(found: &[String], word: &str) {
    assert!(found.len() == 1 && found[0].contains(word), "{word}: {found:?}");
}

#[test]
fn a_waiver_in_order_is_silent() {
    assert!(one(|_| {}).is_empty());
    assert!(said(vec![waiver("EX-1")], Vec::new(), None).is_empty());
}

#[test]
fn duties_are_separate() {
    let own = one(|w| w.approved_by = Some(" 情報政策課長".to_owned()));
    assert_says(&own, "same person");
}

#[test]
fn roles_are_those_of_the_pack() {
    assert_says(&one(|w| w.approved_role = Some("総務課長".to_owned())), "only CISO may approve");
    assert_says(&one(|w| w.approved_role = None), "does not say in which role it was approved");
    let named = one(|w| (w.approved_by, w.approved_role) = (Some("CISO".to_owned()), None));
    assert!(named.is_empty(), "the role may stand for the person: {named:?}");
    assert_says(&one(|w| w.requested_role = Some("税務課長".to_owned())), "in the role 税務課長");
    assert_says(&one(|w| w.requested_role = None), "does not say in which role it was requested");
    assert_says(&one(|w| w.requested_by = None), "nobody who asked");
    let free = said(
        vec![Waiver { approved_role: None, requested_role: None, ..waiver("EX-1") }],
        Vec::new(),
        Some(DAY),
    );
    assert!(free.is_empty(), "without a pack nobody demands roles: {free:?}");
}

#[test]
fn an_emergency_is_reported_within_the_days() {
    let urgent = |since: i32, reported: Option<i32>| {
        one(move |w| {
            w.emergency = Some(DAY - since);
            w.reported = reported.map(|after| DAY - since + after);
            (w.approved_by, w.approved_role, w.decided, w.document) = (None, None, None, None);
        })
    };
    assert!(urgent(1, None).is_empty(), "pending within the days");
    assert!(urgent(7, None).is_empty(), "the last day");
    assert_says(&urgent(8, None), "8 days old and was not reported (within 7 days)");
    assert!(urgent(30, Some(7)).is_empty());
    assert_says(&urgent(30, Some(8)), "reported after 8 days");
    assert_says(&urgent(30, Some(-1)), "before it was set up");
    assert_says(&urgent(-1, None), "future");
}

#[test]
fn days_that_are_past_are_said() {
    let over = one(|w| w.until = Some(DAY - 1));
    assert_says(&over, "good practice, not a clause");
    assert!(one(|w| w.until = Some(DAY)).is_empty(), "the last day counts");
    assert_says(&one(|w| w.review = Some(DAY - 1)), "due for review");
    assert_says(&one(|w| w.review = Some(DAY + 300)), "more than 12 months after");
    assert!(one(|w| w.review = None).is_empty());
    let old = one(|w| (w.review, w.decided) = (None, Some(DAY - 400)));
    assert_says(&old, "names no day of review");
    assert_says(&one(|w| w.decided = Some(DAY + 1)), "dated in the future");
}

#[test]
fn approval_and_its_document_are_asked_for() {
    assert_says(&one(|w| w.approved_by = None), "until it is approved it covers nothing");
    assert_says(&one(|w| w.document = None), "names no document");
}

#[test]
fn identifiers_are_used_once() {
    let twice = said(vec![waiver("EX-1"), waiver("EX-1")], vec![demanding()], Some(DAY));
    assert_says(&twice, "another waiver with the identifier");
    let other = said(vec![waiver("EX-2"), waiver("EX-1")], vec![demanding()], Some(DAY));
    assert!(other.is_empty());
}

#[test]
fn terms_of_another_pack_hold_where_a_rule_has_none() {
    let mut wrong = waiver("EX-1");
    wrong.rule = "R1".to_owned();
    wrong.approved_role = Some("総務課長".to_owned());
    assert_says(&said(vec![wrong], vec![demanding()], Some(DAY)), "only CISO may approve");
}
