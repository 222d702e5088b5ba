//! Interfaces without any filter, on devices that filter elsewhere.

use std::collections::BTreeSet;

use super::Subject;
use super::entries;
use super::passage::{Passage, Passages, is_filtered};
use super::sides::{self, Side, carries, cross, sides};
use super::write;
use crate::finding::{Finding, Severity};
use crate::model::InterfaceId;
use crate::net::Family;
use crate::snapshot::ZoneId;
use crate::text;
use crate::text::Text;

/// Interfaces named in a finding; more are counted.
const NAMED: usize = 12;

/// An interface whose packets meet no filter on the way to some zones.
struct Bare {
    interface: InterfaceId,
    zones: Vec<ZoneId>,
    to: BTreeSet<ZoneId>,
    family: Family,
    /// Another device that filters at the interface of this name.
    peer: Option<String>,
}

/// A device that filters nowhere is a plain router and left to the policy, unless another organisation's network is on one of
/// its interfaces, or a device of the same kind filters where it does not.
pub(super) fn check(subject: &Subject<'_>, rule: &'static str) -> Vec<Finding> {
    let mut bare: Vec<Bare> = Vec::new();
    for (id, context) in subject.device.contexts.iter() {
        let sides = sides(subject, id);
        let mut passages = Passages::new(subject.device, context);
        let filters = passages.filters();
        for from in &sides {
            let peer = || peer(subject, from);
            let filtered = is_filtered(subject.device, from.interface);
            let peer = if filtered { None } else { peer() };
            let mut closed = false;
            for family in Family::ALL {
                if closed || !carries(subject, from.interface, family) {
                    continue;
                }
                let to = reached(subject, &mut passages, (from, &sides), (family, filters));
                if !to.is_empty() || peer.is_some() && family == Family::V4 {
                    let (interface, zones) = (from.interface, from.zones.clone());
                    bare.push(Bare { interface, zones, to, family, peer: peer.clone() });
                    closed = true;
                }
            }
        }
    }
    if bare.is_empty() { Vec::new() } else { vec![finding(subject, rule, &bare)] }
}

/// The zones that packets from a side reach without a filter, as far as that is worth a word.
fn reached(
    subject: &Subject<'_>,
    passages: &mut Passages<'_>,
    (from, sides): (&Side, &[Side]),
    (family, filters): (Family, bool),
) -> BTreeSet<ZoneId> {
    let mut to = BTreeSet::new();
    for side in sides.iter().filter(|to| cross(from, to)) {
        let matters = filters
            || sides::external(subject, &from.zones)
            || sides::external(subject, &side.zones);
        if matters
            && carries(subject, side.interface, family)
            && matches!(passages.of(from.interface, side.interface, family), Passage::Bare)
        {
            to.extend(side.zones.iter().filter(|zone| !from.zones.contains(zone)));
        }
    }
    to
}

/// A device with the same reader that filters at an interface of the same name, which leads to the same zone or to one with the
/// same role.
fn peer(subject: &Subject<'_>, side: &Side) -> Option<String> {
    let name = &subject.device.interfaces[side.interface].name;
    let roles = |zones: &[ZoneId]| -> Vec<&String> {
        zones.iter().flat_map(|zone| &subject.snapshot.zones[*zone].roles).collect()
    };
    let own = roles(&side.zones);
    subject.snapshot.devices.iter().find_map(|(id, device)| {
        if id == subject.id || device.format != subject.device.format {
            return None;
        }
        let interface = device.interface(name)?;
        let other = Subject { id, device, lists: Vec::new(), ..*subject };
        if !is_filtered(device, interface) {
            return None;
        }
        let zones = sides::zones(&other, interface);
        let alike = zones.iter().any(|zone| side.zones.contains(zone))
            || roles(&zones).iter().any(|role| own.contains(role));
        alike.then(|| device.name.clone())
    })
}

fn finding(subject: &Subject<'_>, rule: &'static str, bare: &[Bare]) -> Finding {
    let name = &subject.device.name;
    let mut names: Vec<&str> =
        bare.iter().map(|b| entries::interface(subject.device, b.interface)).collect();
    let more = names.len().saturating_sub(NAMED);
    names.truncate(NAMED);
    let (ja, en) = (names.join("、"), names.join(", "));
    let message = match more {
        0 => text!(
            "「{name}」のインターフェース「{ja}」から入る通信には、フィルターが適用されていません。",
            "on {name}, no filter applies to what comes in by {en}"
        ),
        more => text!(
            "「{name}」のインターフェース「{ja}」ほか{more}件から入る通信には、フィルターが適用されていません。",
            "on {name}, no filter applies to what comes in by {en} and {more} more interfaces"
        ),
    };
    let mut finding = write::new(subject, rule, severity(subject, bare), message);
    finding.details = bare.iter().take(NAMED).map(|bare| detail(subject, bare)).collect();
    finding.advice = Some(text!(
        "業務に必要な通信だけを許可するフィルターを、そのインターフェースに適用してください。",
        "bind a filter there that permits what work needs and nothing else"
    ));
    finding.blame = bare
        .iter()
        .take(NAMED)
        .map(|bare| {
            let interface = &subject.device.interfaces[bare.interface];
            write::blame(subject, &interface.name, interface.span)
        })
        .collect();
    write::seal(subject, finding, &[])
}

fn detail(subject: &Subject<'_>, bare: &Bare) -> Text {
    let interface = entries::interface(subject.device, bare.interface);
    let (from_ja, from_en) = sides::named(subject, &bare.zones);
    let version = if bare.family == Family::V6 { " (IPv6)" } else { "" };
    let to: Vec<ZoneId> = bare.to.iter().copied().collect();
    let (to_ja, to_en) = sides::named(subject, &to);
    match (&bare.peer, to.is_empty()) {
        (Some(peer), true) => text!(
            "「{interface}」（{from_ja}）{version}。「{peer}」では同じ名前のインターフェースにフィルターが適用されています。",
            "{interface} ({from_en}){version}; {peer} filters at the interface of the same name"
        ),
        (Some(peer), false) => text!(
            "「{interface}」（{from_ja}）から{to_ja}へ{version}。「{peer}」では同じ名前のインターフェースにフィルターが適用されています。",
            "{interface} ({from_en}) to {to_en}{version}; {peer} filters at the interface of the same name"
        ),
        (None, _) => text!(
            "「{interface}」（{from_ja}）から{to_ja}へ{version}。",
            "{interface} ({from_en}) to {to_en}{version}"
        ),
    }
}

/// An open door for another organisation is graver.
fn severity(subject: &Subject<'_>, bare: &[Bare]) -> Severity {
    let inward = |bare: &Bare| {
        sides::external(subject, &bare.zones)
            && bare.to.iter().any(|zone| !subject.snapshot.zones[*zone].external)
    };
    if bare.iter().any(inward) { Severity::High } else { Severity::Medium }
}
