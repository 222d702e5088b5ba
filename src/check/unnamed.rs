//! Hosts with addresses of a family in which the topology names none: an interface learns a prefix at run time, and gives it on.

use super::coverage::speaks;
use super::parties::{End, Resolved, ResolvedRule};
use super::{sets, write};
use crate::finding::{Cause, Finding, Kind, Verdict};
use crate::model::{Interface, InterfaceKind};
use crate::net::{Family, Prefix};
use crate::policy::Verb;
use crate::snapshot::{Place, Snapshot, ZoneAddresses, ZoneId};
use crate::source::Span;
use crate::text;

/// A zone whose hosts have addresses that nobody names.
struct Nameless<'s> {
    zone: ZoneId,
    family: Family,
    /// The interface that learns them.
    interface: String,
    span: Span,
    label: &'s str,
}

/// Rules that forbid something about such hosts: what nobody names cannot be followed, so they are undetermined.
pub(super) fn unnamed(snapshot: &Snapshot, resolved: &Resolved<'_>) -> Vec<Finding> {
    let nameless = nameless(snapshot);
    if nameless.is_empty() {
        return Vec::new();
    }
    resolved.rules.iter().filter_map(|rule| one(snapshot, rule, &nameless)).collect()
}

fn nameless(snapshot: &Snapshot) -> Vec<Nameless<'_>> {
    let mut found = Vec::new();
    for (_, segment) in snapshot.segments.iter() {
        for port in &segment.ports {
            let interface = &snapshot.devices[port.device].interfaces[port.interface];
            let Some(family) = learnt(interface) else { continue };
            for id in &segment.zones {
                let zone = &snapshot.zones[*id];
                // Those of the subnets that it states are other ones.
                let stated = |network: &Prefix| interface.subnets().any(|s| s.covers(*network));
                let none = zone.networks().all(|n| n.family() != family || stated(&n));
                if zone.addresses != ZoneAddresses::Rest && none {
                    found.push(Nameless {
                        zone: *id,
                        family,
                        interface: snapshot.port_name(*port),
                        span: interface.span,
                        label: &zone.label,
                    });
                }
            }
        }
    }
    found
}

/// The family in which an interface learns addresses beside those that it states.
fn learnt(interface: &Interface) -> Option<Family> {
    let states = |family| interface.addresses.iter().any(|a| Family::of(a.address) == family);
    if !interface.up || !interface.dynamic || interface.kind != InterfaceKind::Ethernet {
        return None;
    }
    match (states(Family::V4), states(Family::V6)) {
        // Prefixes that are given on at run time are those of IPv6.
        (true, _) => Some(Family::V6),
        (false, true) => Some(Family::V4),
        (false, false) => None,
    }
}

fn one(snapshot: &Snapshot, rule: &ResolvedRule<'_>, nameless: &[Nameless<'_>]) -> Option<Finding> {
    if !rule.rule.verb.has_parties() || rule.rule.verb == Verb::Require {
        return None;
    }
    let pairs = sets::pairs(rule);
    let at = |end: &End, it: &Nameless<'_>| end.place == Place::Zone(it.zone);
    let speaks = |end: &End, family| {
        speaks(snapshot, end, family)
            || nameless.iter().any(|other| other.family == family && at(end, other))
    };
    let decides = |it: &&Nameless<'_>| {
        pairs.iter().any(|(from, to)| {
            at(from, it) && speaks(to, it.family) || at(to, it) && speaks(from, it.family)
        })
    };
    let deciding: Vec<&Nameless<'_>> = nameless.iter().filter(decides).collect();
    let family = deciding.first()?.family;
    let (id, word) = (&rule.rule.id, family.name());
    let message = text!(
        "規則「{id}」は {word} について確かめられないため、適合とは言えません。",
        "policy rule {id} cannot be tested for {word}, so it cannot be said to hold"
    );
    let mut finding = write::blank(Kind::Vacuous, rule.rule, Verdict::Undetermined, message);
    finding.causes = deciding.into_iter().map(cause).collect();
    let parts = [Kind::Vacuous.id(), id.clone(), family.id().to_owned()];
    finding.fingerprint = crate::finding::fingerprint(&parts);
    Some(finding)
}

fn cause(it: &Nameless<'_>) -> Cause {
    let (interface, label, word) = (&it.interface, it.label, it.family.name());
    let reason = text!(
        "「{interface}」は {word} のアドレスを実行時に得ますが、「{label}」の `networks` に {word} のネットワークがありません。配られるプレフィックスを書いてください。",
        "{interface} learns its {word} addresses at run time, and the `networks` of {label} name none; write the prefix that is given out there"
    );
    Cause { span: Some(it.span), reason }
}
