use super::*;
use crate::finding::Severity;

fn finding(fingerprint: &str, verdict: Verdict, service: &str) -> Finding {
    let mut finding =
        Finding::new(Kind::ForbiddenPath, "R1", Severity::High, verdict, Text::same("m"));
    finding.fingerprint = fingerprint.to_owned();
    finding.from = Some("a".to_owned());
    finding.to = Some("b".to_owned());
    let cube = FlowCube {
        src: "10.0.0.0/24".to_owned(),
        dst: "10.0.1.1".to_owned(),
        service: service.to_owned(),
    };
    finding.flows.flows = vec![cube];
    finding
}

fn scan(findings: Vec<Finding>) -> Scan {
    Scan { findings, ..Scan::default() }
}

/// What a later finding is called when an earlier one is the baseline.
fn novelty(before: Finding, now: Finding) -> (Novelty, String, Comparison) {
    let baseline = Baseline::of(&scan(vec![before]));
    let mut now = scan(vec![now]);
    now.compare(&baseline);
    let details = now.findings.iter().flat_map(|f| f.details.iter().map(|d| d.en.clone()));
    let details = details.collect::<Vec<_>>().join("|");
    (now.findings[0].novelty.unwrap(), details, now.comparison.unwrap())
}

#[test]
fn the_same_finding_is_known() {
    let one = finding("f1", Verdict::Violated, "tcp/443");
    let (novelty, details, count) = novelty(one.clone(), one);
    assert_eq!((novelty, details.as_str()), (Novelty::Known, ""));
    assert_eq!(count, Comparison { known: 1, ..Comparison::default() });
}

#[test]
fn a_larger_flow_set_is_enlarged_and_says_by_what() {
    let old = finding("f1", Verdict::Violated, "tcp/443");
    let (novelty, details, count) = novelty(old, finding("f2", Verdict::Violated, "tcp/443, 445"));
    assert_eq!(novelty, Novelty::Enlarged);
    assert_eq!(details, "not in the baseline: 10.0.0.0/24 → 10.0.1.1 tcp/445");
    assert_eq!(count, Comparison { enlarged: 1, ..Comparison::default() });
}

#[test]
fn what_became_smaller_stays_known() {
    let old = finding("f1", Verdict::Violated, "tcp/443, 445");
    let (novelty, ..) = novelty(old, finding("f2", Verdict::Violated, "tcp/445"));
    assert_eq!(novelty, Novelty::Known);
}

#[test]
fn a_worse_verdict_is_no_longer_known() {
    let old = finding("f1", Verdict::Undetermined, "tcp/443");
    let (now, details, _) = novelty(old, finding("f1", Verdict::Violated, "tcp/443"));
    assert_eq!(now, Novelty::Enlarged);
    assert!(details.contains("was undetermined in the baseline and is violated"), "{details}");
    let old = finding("f1", Verdict::Violated, "tcp/443");
    assert_eq!(novelty(old, finding("f1", Verdict::Undetermined, "tcp/443")).0, Novelty::Known);
}

#[test]
fn without_a_list_of_flows_other_lines_are_enlarged() {
    let bare = |fingerprint: &str| {
        let mut bare = finding(fingerprint, Verdict::Undetermined, "any");
        bare.flows.flows.clear();
        bare
    };
    assert_eq!(novelty(bare("f1"), bare("f2")).0, Novelty::Enlarged);
    assert_eq!(novelty(bare("f1"), bare("f1")).0, Novelty::Known);
    assert_eq!(novelty(bare(""), bare("")).0, Novelty::Enlarged, "no fingerprint is no proof");
}

#[test]
fn flows_beyond_the_list_are_counted() {
    let old = finding("f1", Verdict::Violated, "tcp/443");
    let mut now = old.clone();
    now.flows.omitted = 3;
    assert_eq!(novelty(old.clone(), now.clone()).0, Novelty::Enlarged);
    assert_eq!(novelty(now, old).0, Novelty::Known);
}

#[test]
fn other_ends_are_new_and_what_is_not_met_again_is_gone() {
    let old = finding("f1", Verdict::Violated, "tcp/443");
    let mut other = finding("f2", Verdict::Violated, "tcp/443");
    other.to = Some("c".to_owned());
    let (novelty, _, count) = novelty(old, other);
    assert_eq!(novelty, Novelty::New);
    assert_eq!(count, Comparison { new: 1, gone: 1, ..Comparison::default() });
}

#[test]
fn each_entry_excuses_one_finding() {
    let one = finding("f1", Verdict::Violated, "tcp/443");
    let baseline = Baseline::of(&scan(vec![one.clone()]));
    let mut twice = scan(vec![one.clone(), one]);
    twice.compare(&baseline);
    let count = twice.comparison.unwrap();
    assert_eq!((count.known, count.new), (1, 1));
}

#[test]
fn a_verdict_counts_unless_all_its_findings_are_known() {
    let verdict = RuleVerdict {
        rule: "R1".to_owned(),
        verdict: Verdict::Violated,
        severity: Severity::High,
        summary: Text::same("s"),
        span: None,
        basis: None,
        requirements: Vec::new(),
    };
    let old = finding("f1", Verdict::Violated, "tcp/443");
    let baseline = Baseline::of(&scan(vec![old.clone()]));
    let mut now = scan(vec![old.clone()]);
    assert!(now.counts(&verdict), "without a baseline everything counts");
    now.compare(&baseline);
    assert!(!now.counts(&verdict));
    let mut more = scan(vec![old, finding("f2", Verdict::Violated, "udp/53")]);
    more.compare(&baseline);
    assert!(more.counts(&verdict));
    assert!(scan(Vec::new()).counts(&verdict), "a verdict that no finding explains counts");
}
