//! What the judgment could not see: vacuous rules, and what is missing from the picture.

use super::parties::{End, Resolved, ResolvedRule};
use super::write;
use crate::finding::{Cause, Finding, Kind, Severity, Verdict};
use crate::snapshot::{Issue, IssueKind, Place, Snapshot, ZoneAddresses};
use crate::text;
use crate::text::Text;

/// Rules that nothing can ever test: a party without an address or place, or no pair of different zones.
pub(super) fn vacuous(snapshot: &Snapshot, resolved: &Resolved<'_>) -> Vec<Finding> {
    resolved.rules.iter().filter_map(|rule| vacuous_rule(snapshot, rule)).collect()
}

fn vacuous_rule(snapshot: &Snapshot, rule: &ResolvedRule<'_>) -> Option<Finding> {
    if !rule.rule.verb.has_parties() {
        return None;
    }
    let ends =
        || rule.directions.iter().flat_map(|direction| direction.from.iter().chain(&direction.to));
    let empty: Vec<&End> = ends().filter(|end| is_empty(snapshot, end)).collect();
    let pairs = rule
        .directions
        .iter()
        .flat_map(|d| d.from.iter().flat_map(|from| d.to.iter().map(move |to| (from, to))));
    let testable = pairs.filter(|(from, to)| from.place != to.place).count();
    let mut causes: Vec<Cause> = empty
        .iter()
        .map(|end| Cause { span: Some(rule.rule.span), reason: nowhere(end) })
        .collect();
    causes.sort();
    causes.dedup();
    if causes.is_empty() && testable > 0 {
        return None;
    }
    let id = &rule.rule.id;
    let message = text!(
        "規則「{id}」は検証できる対象がないため、適合とは言えません。",
        "policy rule {id} has nothing to test, so it cannot be said to hold"
    );
    let mut finding = write::blank(Kind::Vacuous, rule.rule, Verdict::Undetermined, message);
    if testable == 0 {
        let reason = text!(
            "送信元と宛先が同じゾーンの組しかありません。",
            "source and destination are the same zone in every pair"
        );
        causes.push(Cause { span: Some(rule.rule.span), reason });
    }
    finding.causes = causes;
    finding.fingerprint = crate::finding::fingerprint(&[Kind::Vacuous.id(), id.clone()]);
    Some(finding)
}

fn is_empty(snapshot: &Snapshot, end: &End) -> bool {
    let Place::Zone(zone) = end.place else { return false };
    let unplaced = !snapshot.segments.iter().any(|(_, s)| s.zones.contains(&zone))
        && !snapshot.opaques.iter().any(|(_, o)| o.zones.contains(&zone));
    unplaced || snapshot.zones[zone].addresses == ZoneAddresses::Networks(Vec::new())
}

fn nowhere(end: &End) -> Text {
    let name = &end.name;
    text!(
        "「{name}」にはアドレスがないか、どの機器にも接続していません。",
        "`{name}` has no address, or is attached to no device"
    )
}

/// What is missing from the picture, as findings; none of them decides a verdict, since each is modelled as the widest reading.
#[must_use]
pub fn issues(snapshot: &Snapshot) -> Vec<Finding> {
    snapshot.issues.iter().map(issue).collect()
}

fn issue(issue: &Issue) -> Finding {
    let (rule, severity) = match issue.kind {
        IssueKind::MissingDevice => ("missing-device", Severity::Medium),
        IssueKind::UnzonedInterface => ("unzoned-interface", Severity::Medium),
        IssueKind::EmptyZone => ("empty-zone", Severity::Medium),
        IssueKind::UnattachedZone => ("unattached-zone", Severity::Medium),
        IssueKind::UnzonedAddresses => ("unzoned-addresses", Severity::Low),
        IssueKind::AmbiguousSegment => ("ambiguous-segment", Severity::Medium),
        IssueKind::OverlappingZones => ("overlapping-zones", Severity::High),
        IssueKind::UnreadLine => ("unread-line", Severity::Low),
    };
    let mut finding = Finding::new(
        Kind::Coverage,
        rule,
        severity,
        Verdict::Undetermined,
        issue.cause.reason.clone(),
    );
    finding.causes = vec![issue.cause.clone()];
    finding.fingerprint = crate::finding::fingerprint(&[
        Kind::Coverage.id(),
        rule.to_owned(),
        issue.cause.reason.en.clone(),
    ]);
    finding
}
