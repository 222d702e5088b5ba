//! What the judgment could not see: vacuous rules, and what is missing from the picture.

use super::parties::{End, Resolved, ResolvedRule};
use super::{sets, write};
use crate::finding::{Cause, Finding, Kind, Severity, Verdict};
use crate::net::{AddressRange, Family, Prefix};
use crate::policy::Verb;
use crate::snapshot::{Issue, IssueKind, Place, Snapshot, ZoneAddresses, non_unicast};
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
    let pairs = sets::pairs(rule);
    let strangers = pairs.iter().filter(|(from, to)| {
        rule.rule.verb == Verb::Require
            && !is_empty(snapshot, from)
            && are_strangers(snapshot, from, to)
    });
    let mut causes: Vec<Cause> = empty
        .iter()
        .map(|end| Cause { span: Some(rule.rule.span), reason: nowhere(end) })
        .collect();
    causes.extend(
        strangers
            .map(|(from, to)| Cause { span: Some(rule.rule.span), reason: no_family(from, to) }),
    );
    causes.sort();
    causes.dedup();
    if causes.is_empty() && !pairs.is_empty() {
        return None;
    }
    let id = &rule.rule.id;
    let message = text!(
        "規則「{id}」は検証できる対象がないため、適合とは言えません。",
        "policy rule {id} has nothing to test, so it cannot be said to hold"
    );
    let mut finding = write::blank(Kind::Vacuous, rule.rule, Verdict::Undetermined, message);
    if pairs.is_empty() {
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

/// Whether nothing can come from a party nor go there: it has no usable address, or no place.
fn is_empty(snapshot: &Snapshot, end: &End) -> bool {
    let unplaced = |zone| {
        !snapshot.segments.iter().any(|(_, s)| s.zones.contains(&zone))
            && !snapshot.opaques.iter().any(|(_, o)| o.zones.contains(&zone))
    };
    let nowhere = matches!(end.place, Place::Zone(zone) if unplaced(zone));
    nowhere || [Family::V4, Family::V6].iter().all(|family| !speaks(snapshot, end, *family))
}

/// Whether two parties have no family of addresses in common.
fn are_strangers(snapshot: &Snapshot, from: &End, to: &End) -> bool {
    let both = |family| speaks(snapshot, from, family) && speaks(snapshot, to, family);
    !both(Family::V4) && !both(Family::V6)
}

/// Whether a party has an address of a family that packets can have.
pub(super) fn speaks(snapshot: &Snapshot, end: &End, family: Family) -> bool {
    let usable = |range: AddressRange| {
        let never = non_unicast(family).iter().filter_map(|block| Prefix::parse(block));
        let inside = |block: Prefix| block.contains(range.first()) && block.contains(range.last());
        range.family() == family && !never.into_iter().any(inside)
    };
    match (end.place, &end.ranges) {
        (_, Some(ranges)) => ranges.iter().any(|range| usable(*range)),
        (Place::Zone(zone), None) => {
            let zone = &snapshot.zones[zone];
            let mut networks = zone.networks();
            zone.addresses == ZoneAddresses::Rest || networks.any(|n| usable(n.range()))
        }
        (Place::Device(device), None) => {
            let device = &snapshot.devices[device];
            let learns = device.interfaces.iter().any(|(_, i)| i.up && i.dynamic);
            learns || device.own_addresses().any(|own| usable(AddressRange::single(own)))
        }
        (Place::Unzoned(_), None) => true,
    }
}

fn no_family(from: &End, to: &End) -> Text {
    let (from, to) = (&from.name, &to.name);
    text!(
        "「{from}」と「{to}」には、共通のアドレス体系（IPv4、IPv6）のアドレスがありません。",
        "`{from}` and `{to}` have no address of one family, IPv4 or IPv6"
    )
}

fn nowhere(end: &End) -> Text {
    let name = &end.name;
    text!(
        "「{name}」にはアドレスがないか、どの機器にも接続していません。",
        "`{name}` has no address, or is attached to no device"
    )
}

/// What is missing from the picture, as findings; none of them decides a verdict, since each is modelled as the widest reading:
/// who may be at the other end, and whose the addresses are that nobody names.
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
