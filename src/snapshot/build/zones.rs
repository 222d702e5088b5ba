//! Zones: which there are, and on which segments their hosts are.

use super::Work;
use super::segments::{SubnetIndex, endpoint, entered, put_zone};
use crate::snapshot::{Port, SegmentId, Zone, ZoneAddresses, ZoneId};
use crate::source::Problem;
use crate::topology::{DeviceKind, Topology, ZoneDecl};

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
        external: decl.external,
        roles: decl.roles.clone(),
        span: (!derived).then_some(decl.id.span),
    }
}

/// By subnet, by `attach`, and by the `zone` of an interface.
pub(super) fn place(work: &mut Work, topology: &Topology) {
    let index = SubnetIndex::new(&work.snapshot);
    let networks: Vec<(ZoneId, crate::net::Prefix)> = networks(work);
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
}

/// The networks of all zones.
pub(super) fn networks(work: &Work) -> Vec<(ZoneId, crate::net::Prefix)> {
    let all = work.snapshot.zones.iter().flat_map(|(id, zone)| match &zone.addresses {
        ZoneAddresses::Networks(networks) => networks.iter().map(|n| (id, *n)).collect(),
        ZoneAddresses::Rest => Vec::new(),
    });
    all.collect()
}

fn attach(work: &mut Work, zone: &str, port: Port, span: crate::source::Span) {
    let Some(zone) = work.snapshot.zone(zone) else { return };
    let segment: Option<SegmentId> = work.snapshot.segment_of(port);
    let Some(segment) = segment else {
        let name = work.snapshot.port_name(port);
        let message = crate::text!(
            "インターフェース「{name}」は設定で停止しているため、ゾーンを置けません。",
            "interface {name} is down in the configuration, so no zone can be attached to it"
        );
        work.problems.push(Problem::new(span, message));
        return;
    };
    put_zone(&mut work.snapshot, segment, zone);
    work.attached.push((segment, zone));
}
