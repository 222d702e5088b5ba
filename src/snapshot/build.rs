//! Joins devices and topology: overrides, segments, zones, opaque routers, hosts, and what is missing.
//!
//! Adjacency is inferred from subnets; what stays open is read in the widest way and listed as an issue that says how to
//! settle it. Broken references of the topology file (an interface that no configuration has) are problems: the run ends.

mod derive;
mod entrance;
mod fqdn;
mod gateways;
mod issues;
mod joins;
mod learnt;
mod overrides;
mod ranges;
mod segments;
mod unread;
mod zones;

use super::{Host, PortIndex, Segment, SegmentId, Snapshot, Zone, ZoneAddresses, ZoneId};
use crate::model::{Coverage, Device, Id, Moment};
use crate::source::{Problem, Span};
use crate::topology::{DeviceKind, Topology};
use ranges::Ranges;
use std::sync::Arc;

/// What a snapshot is built from.
#[derive(Default)]
pub struct BuildInput {
    /// The name of the network when the topology gives none.
    pub name: String,
    /// The topology; `None` when only configurations are given: zones are then derived from the interfaces.
    pub topology: Option<Topology>,
    /// Devices with their names set, each with the coverage of its files.
    pub devices: Vec<(Arc<Device>, Vec<Coverage>)>,
    /// The moment at which schedules are read.
    pub at: Option<Moment>,
}

/// Joins devices and topology.
///
/// # Errors
/// A [`Problem`] for each name in the topology that no configuration knows, each host in no zone, and each device that is
/// declared and was not given, or given twice.
pub fn build(input: BuildInput) -> Result<Snapshot, Vec<Problem>> {
    let derived = input.topology.is_none();
    let mut snapshot = Snapshot { at: input.at, ..Snapshot::default() };
    for (device, coverage) in input.devices {
        snapshot.devices.push(device);
        snapshot.coverage.push(coverage);
    }
    let mut work = Work { snapshot, derived, attached: Vec::new(), problems: Vec::new() };
    let given = input.topology.unwrap_or_default();
    if !derived {
        work.known_devices(&given);
        overrides::apply(&mut work, &given);
        fqdn::tighten(&mut work.snapshot, &given.fqdn);
    }
    if derived {
        derive::route_anywhere(&mut work.snapshot);
    }
    unread::widen(&mut work.snapshot);
    segments::place(&mut work, &given);
    let topology = if derived { derive::topology(&work.snapshot) } else { given };
    work.snapshot.name = topology.name.clone().unwrap_or(input.name);
    zones::declare(&mut work, &topology);
    zones::place(&mut work, &topology);
    learnt::place(&mut work);
    gateways::place(&mut work, &topology);
    hosts(&mut work, &topology);
    issues::list(&mut work, &topology);
    if !derived {
        zones::name_the_rest(&mut work.snapshot);
    }
    gateways::lead_anywhere(&mut work.snapshot);
    zones::part(&mut work.snapshot);
    if work.problems.is_empty() { Ok(work.snapshot) } else { Err(work.problems) }
}

/// A first topology file from the configurations of a snapshot alone; `config` gives the path of a device's configuration, as
/// the file shall name it.
#[must_use]
pub fn describe(snapshot: &Snapshot, config: impl Fn(&Device, &Coverage) -> String) -> String {
    crate::topology::write(&suggest(snapshot, config))
}

/// The topology that the configurations of a snapshot alone suggest.
fn suggest(snapshot: &Snapshot, config: impl Fn(&Device, &Coverage) -> String) -> Topology {
    let mut topology = derive::topology(snapshot);
    topology.name = Some(snapshot.name.clone()).filter(|name| !name.is_empty());
    for (id, device) in snapshot.devices.iter() {
        let Some(files) = snapshot.coverage.get(id.index()) else { continue };
        let decl = topology.devices.iter_mut().find(|decl| decl.name.value == device.name);
        let Some(DeviceKind::Configured { config: paths, .. }) = decl.map(|decl| &mut decl.kind)
        else {
            continue;
        };
        for coverage in files {
            let span = Span { file: coverage.file, start: 0, end: 0 };
            paths.push(crate::source::Spanned { value: config(device, coverage), span });
        }
    }
    derive::rename_devices(&mut topology);
    topology
}

/// A snapshot on its way.
struct Work {
    snapshot: Snapshot,
    /// Whether the topology was derived from the configurations.
    derived: bool,
    /// Zones put on segments by name rather than by subnet.
    attached: Vec<(SegmentId, ZoneId)>,
    problems: Vec<Problem>,
}

impl Work {
    /// Whether a zone is put on the segment by name.
    fn has_attached_zone(&self, segment: SegmentId) -> bool {
        self.attached.iter().any(|(s, _)| *s == segment)
    }

    /// Every declared device was given, and none twice.
    fn known_devices(&mut self, topology: &Topology) {
        for decl in &topology.devices {
            let DeviceKind::Configured { .. } = decl.kind else { continue };
            let name = &decl.name.value;
            let count = self.snapshot.devices.iter().filter(|(_, d)| d.name == *name).count();
            let message = match count {
                1 => continue,
                0 => crate::text!(
                    "機器「{name}」の設定が読み込まれていません。",
                    "no configuration was read for device `{name}`"
                ),
                _ => crate::text!(
                    "機器「{name}」の設定が複数あります。複数のファイルを1台として読むことには、まだ対応していません。",
                    "device `{name}` has several configurations; reading several files as one device is not yet supported"
                ),
            };
            self.problems.push(Problem::new(decl.name.span, message));
        }
    }
}

/// Puts each host into the zone that holds its addresses.
fn hosts(work: &mut Work, topology: &Topology) {
    for decl in &topology.hosts {
        let mut zone = None;
        for address in &decl.addresses {
            let held = zone_of(&work.snapshot, address.value);
            let (word, id) = (address.value, &decl.id.value);
            let message = match (held, zone) {
                (Some(held), None) => {
                    zone = Some(held);
                    continue;
                }
                (Some(held), Some(before)) if held == before => continue,
                (Some(_), Some(_)) => crate::text!(
                    "ホスト「{id}」のアドレスが複数のゾーンにまたがっています。",
                    "the addresses of host `{id}` lie in different zones"
                ),
                (None, _) => crate::text!(
                    "ホスト「{id}」のアドレス{word}を含むゾーンがありません。",
                    "no zone holds the address {word} of host `{id}`"
                ),
            };
            let help = crate::text!(
                "ゾーンの networks にこのアドレスを含めるか、ゾーンごとにホストを分けてください。",
                "let the `networks` of a zone hold it, or declare one host for each zone"
            );
            work.problems.push(Problem::new(address.span, message).help(help));
        }
        let Some(zone) = zone else { continue };
        work.snapshot.hosts.push(Host {
            id: decl.id.value.clone(),
            label: decl.label.clone().unwrap_or_else(|| decl.id.value.clone()),
            addresses: decl.addresses.iter().map(|address| address.value).collect(),
            zone,
            roles: decl.roles.clone(),
            span: decl.id.span,
        });
    }
}

/// The zone whose most specific network holds `address`, else the zone of all the rest.
fn zone_of(snapshot: &Snapshot, address: std::net::IpAddr) -> Option<ZoneId> {
    let specific = |zone: &Zone| match &zone.addresses {
        ZoneAddresses::Networks(networks) => {
            networks.iter().filter(|n| n.contains(address)).map(|n| n.len()).max()
        }
        ZoneAddresses::Rest => None,
    };
    let mut best: Option<(u8, ZoneId)> = None;
    for (id, zone) in snapshot.zones.iter() {
        if let Some(len) = specific(zone).filter(|len| best.is_none_or(|(b, _)| *len > b)) {
            best = Some((len, id));
        }
    }
    let rest = || {
        let rest = |zone: &Zone| zone.addresses == ZoneAddresses::Rest;
        let found = snapshot.zones.iter().find(|(_, zone)| rest(zone)).map(|(id, _)| id);
        found.filter(|_| super::is_unicast(address))
    };
    best.map(|(_, id)| id).or_else(rest)
}

/// Fills the look-ups of [`Snapshot::segment_of`] and [`Snapshot::zone_holds`].
pub(super) fn index(snapshot: &Snapshot) -> PortIndex {
    let mut segments: Vec<Vec<Option<SegmentId>>> =
        snapshot.devices.iter().map(|(_, device)| vec![None; device.interfaces.len()]).collect();
    for (id, segment) in snapshot.segments.iter() {
        let Segment { ports, .. } = segment;
        for port in ports {
            let row = segments.get_mut(port.device.index());
            if let Some(slot) = row.and_then(|row| row.get_mut(port.interface.index())) {
                *slot = Some(id);
            }
        }
    }
    let declared = Ranges::new(snapshot.declared_networks().map(|network| network.range()));
    PortIndex { segments, declared: declared.into_vec() }
}

#[cfg(test)]
mod tests;
