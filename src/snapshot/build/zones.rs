//! Zones: which there are, and on which segments their hosts are.

use super::Work;
use super::ranges::Prefixes;
use super::segments::{SubnetIndex, endpoint, entered, put_zone};
use crate::net::Prefix;
use crate::snapshot::{Port, SegmentId, Snapshot, Zone, ZoneAddresses, ZoneId};
use crate::source::Problem;
use crate::topology::{DeviceKind, Topology, ZoneDecl};
use std::collections::{BTreeMap, BTreeSet};

pub(super) fn declare(work: &mut Work, topology: &Topology) {
    for decl in &topology.zones {
        let zone = zone(decl, work.derived);
        work.snapshot.zones.push(zone);
    }
    work.snapshot.index();
}

fn zone(decl: &ZoneDecl, derived: bool) -> Zone {
    let networks: Vec<_> = decl.networks.iter().map(|network| network.value).collect();
    let addresses = if networks.is_empty() && decl.external {
        ZoneAddresses::Rest
    } else {
        ZoneAddresses::Networks(networks)
    };
    Zone {
        id: decl.id.value.clone(),
        label: decl.label.clone().unwrap_or_else(|| decl.id.value.clone()),
        addresses,
        assumed: Vec::new(),
        subnets: Vec::new(),
        external: decl.external,
        roles: decl.roles.clone(),
        span: (!derived).then_some(decl.id.span),
    }
}

/// By subnet, by `attach`, and by the `zone` of an interface.
pub(super) fn place(work: &mut Work, topology: &Topology) {
    let index = SubnetIndex::new(&work.snapshot);
    let networks: Vec<(ZoneId, Prefix)> = networks(work);
    for (zone, network) in networks {
        let mut segments = index.covering(network);
        segments.extend(index.inside(network));
        for segment in segments {
            put_zone(&mut work.snapshot, segment, zone);
        }
    }
    for attach in &topology.attach {
        let Some(port) = endpoint(work, &attach.at) else { continue };
        self::attach(work, &attach.zone.value, port, attach.at.span);
    }
    for decl in &topology.devices {
        let DeviceKind::Configured { interfaces, .. } = &decl.kind else { continue };
        for interface in interfaces {
            let Some(zone) = &interface.zone else { continue };
            let found = work.snapshot.device(&decl.name.value).and_then(|device| {
                let id = work.snapshot.devices[device].interface(&interface.name.value)?;
                Some(Port { device, interface: id })
            });
            if let Some(port) = found.and_then(|port| entered(work, port, zone.span)) {
                self::attach(work, &zone.value, port, zone.span);
            }
        }
    }
    assume(work);
}

/// What no zone holds of a segment's subnets belongs to the zones on it: whoever is there is beside their hosts.
fn assume(work: &mut Work) {
    let zoned = Prefixes::new(work.snapshot.declared_networks());
    let mut assumed: Vec<(ZoneId, Prefix)> = Vec::new();
    for (_, segment) in work.snapshot.segments.iter() {
        let rest = |zone: &ZoneId| work.snapshot.zones[*zone].addresses == ZoneAddresses::Rest;
        if segment.zones.is_empty() || segment.zones.iter().any(rest) {
            continue;
        }
        for open in segment.networks.iter().flat_map(|network| zoned.gaps(*network)) {
            assumed.extend(segment.zones.iter().map(|zone| (*zone, open)));
        }
    }
    for (zone, network) in assumed {
        let zone = &mut work.snapshot.zones[zone];
        if let ZoneAddresses::Networks(networks) = &mut zone.addresses
            && !networks.contains(&network)
        {
            networks.push(network);
            zone.assumed.push(network);
        }
    }
    work.snapshot.index();
}

/// Subnets of which no zone holds anything have hosts all the same: each becomes a zone, named as an interface on it.
pub(super) fn name_the_rest(snapshot: &mut Snapshot) {
    let zoned = Prefixes::new(snapshot.declared_networks());
    let mut found = Vec::new();
    for (id, segment) in snapshot.segments.iter() {
        let Some(networks) = super::issues::unzoned_networks(snapshot, segment) else { continue };
        let open: Vec<Prefix> = networks.iter().flat_map(|n| zoned.gaps(*n)).collect();
        if let Some(port) = segment.ports.first().filter(|_| !open.is_empty()) {
            found.push((id, snapshot.port_name(*port), open));
        }
    }
    for (segment, name, networks) in found {
        let zone = snapshot.zones.push(Zone {
            id: name.clone(),
            label: name,
            addresses: ZoneAddresses::Networks(networks.clone()),
            assumed: networks,
            subnets: Vec::new(),
            external: false,
            roles: Vec::new(),
            span: None,
        });
        put_zone(snapshot, segment, zone);
    }
    snapshot.index();
}

/// Says of each zone that is on several segments which subnets those have.
pub(super) fn part(snapshot: &mut Snapshot) {
    let mut on: BTreeMap<ZoneId, Vec<SegmentId>> = BTreeMap::new();
    for (id, segment) in snapshot.segments.iter() {
        for zone in &segment.zones {
            on.entry(*zone).or_default().push(id);
        }
    }
    for (zone, segments) in on.into_iter().filter(|(_, segments)| segments.len() > 1) {
        if snapshot.zones[zone].addresses == ZoneAddresses::Rest {
            continue;
        }
        let networks = segments.iter().flat_map(|segment| &snapshot.segments[*segment].networks);
        let networks: BTreeSet<Prefix> = networks.copied().collect();
        snapshot.zones[zone].subnets = networks.into_iter().collect();
    }
}

/// The networks of all zones.
pub(super) fn networks(work: &Work) -> Vec<(ZoneId, Prefix)> {
    let zones = work.snapshot.zones.iter();
    zones.flat_map(|(id, zone)| zone.networks().map(move |network| (id, network))).collect()
}

fn attach(work: &mut Work, zone: &str, port: Port, span: crate::source::Span) {
    let Some(zone) = work.snapshot.zone(zone) else { return };
    let segment: Option<SegmentId> = work.snapshot.segment_of(port);
    let Some(segment) = segment else {
        let name = work.snapshot.port_name(port);
        let device = &work.snapshot.devices[port.device];
        let own = &device.interfaces[port.interface].name;
        let bridged = device.remarks.iter().any(
            |remark| matches!(remark, crate::model::Remark::Bridged { name, .. } if name == own),
        );
        let message = if bridged {
            crate::text!(
                "インターフェース「{name}」はブリッジのメンバーであり、単独ではゾーンを置けません。ブリッジのインターフェースにゾーンを置いてください。",
                "interface {name} is a member of a bridge, so no zone can be attached to it alone; attach the zone to the interface of the bridge"
            )
        } else {
            crate::text!(
                "インターフェース「{name}」は設定で停止しているため、ゾーンを置けません。",
                "interface {name} is down in the configuration, so no zone can be attached to it"
            )
        };
        work.problems.push(Problem::new(span, message));
        return;
    };
    put_zone(&mut work.snapshot, segment, zone);
    work.attached.push((segment, zone));
}
