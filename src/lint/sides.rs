//! What lies at the interfaces of a device.

use super::Subject;
use crate::model::{ContextId, InterfaceId, InterfaceKind};
use crate::net::Family;
use crate::snapshot::{Port, Segment, ZoneId};

/// The segment of an interface; none when it is down.
pub(super) fn segment<'a>(subject: &Subject<'a>, interface: InterfaceId) -> Option<&'a Segment> {
    let port = Port { device: subject.id, interface };
    subject.snapshot.segment_of(port).map(|id| &subject.snapshot.segments[id])
}

/// The zones whose hosts an interface leads to without another device of the snapshot in between, sorted.
pub(super) fn zones(subject: &Subject<'_>, interface: InterfaceId) -> Vec<ZoneId> {
    let Some(segment) = segment(subject, interface) else { return Vec::new() };
    let behind = segment.opaques.iter().flat_map(|id| &subject.snapshot.opaques[*id].zones);
    let mut zones: Vec<ZoneId> = segment.zones.iter().chain(behind).copied().collect();
    zones.sort_unstable();
    zones.dedup();
    zones
}

/// Whether one of the zones is another organisation's network.
pub(super) fn external(subject: &Subject<'_>, zones: &[ZoneId]) -> bool {
    zones.iter().any(|zone| subject.snapshot.zones[*zone].external)
}

/// An interface that leads to zones.
pub(super) struct Side {
    pub(super) interface: InterfaceId,
    pub(super) zones: Vec<ZoneId>,
}

/// The interfaces of a context that are up and lead to zones, in order.
pub(super) fn sides(subject: &Subject<'_>, context: ContextId) -> Vec<Side> {
    let leads = |(id, interface): (InterfaceId, &crate::model::Interface)| {
        let counts = interface.context == context
            && interface.up
            && !matches!(interface.kind, InterfaceKind::Loopback | InterfaceKind::Internal);
        let zones = if counts { zones(subject, id) } else { Vec::new() };
        (!zones.is_empty()).then_some(Side { interface: id, zones })
    };
    subject.device.interfaces.iter().filter_map(leads).collect()
}

/// Whether packets from one to the other get from zone to zone.
pub(super) fn cross(from: &Side, to: &Side) -> bool {
    from.interface != to.interface && to.zones.iter().any(|zone| !from.zones.contains(zone))
}

/// Whether the interface carries packets of the family. One without any address is taken to carry IPv4.
pub(super) fn carries(subject: &Subject<'_>, interface: InterfaceId, family: Family) -> bool {
    let addresses = &subject.device.interfaces[interface].addresses;
    match family {
        Family::V4 if addresses.is_empty() => true,
        _ => addresses.iter().any(|own| Family::of(own.address) == family),
    }
}

/// The zones as a report names them: labels in Japanese, identifiers in English; more than a few are counted.
pub(super) fn named(subject: &Subject<'_>, zones: &[ZoneId]) -> (String, String) {
    const NAMED: usize = 4;
    let shown = || zones.iter().take(NAMED).map(|zone| &subject.snapshot.zones[*zone]);
    let mut ja = shown().map(|zone| zone.label.as_str()).collect::<Vec<_>>().join("、");
    let mut en = shown().map(|zone| zone.id.as_str()).collect::<Vec<_>>().join(", ");
    let more = zones.len().saturating_sub(NAMED);
    if more > 0 {
        ja.push_str(&format!("ほか{more}"));
        en.push_str(&format!(" and {more} more"));
    }
    (ja, en)
}
