//! Random small networks as [`Snapshot`] values.

use super::device::DeviceMaker;
use super::features::{Feature, Features};
use super::rng::Rng;
use sekisho::model::{Device, Id, InterfaceId, InterfaceKind, Moment};
use sekisho::net::Prefix;
use sekisho::snapshot::{
    DeviceId, Opaque, OpaqueId, Port, Segment, SegmentId, Snapshot, Zone, ZoneAddresses, ZoneId,
};
use sekisho::source::{FileId, Sources, Span};
use std::net::IpAddr;

pub(crate) fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

pub(crate) fn prefix(text: &str) -> Prefix {
    Prefix::parse(text).unwrap()
}

/// A span that tells parts apart by its start.
pub(crate) fn span(start: u32) -> Span {
    let file: FileId = Sources::default().add("random.conf", b"x\n").unwrap();
    Span { file, start, end: start + 1 }
}

/// The IPv4 network of segment `s`, host `h`.
pub(crate) fn host(s: usize, h: usize) -> String {
    format!("10.0.{s}.{h}")
}

/// The same in IPv6.
pub(crate) fn host6(s: usize, h: usize) -> String {
    format!("fd00:{s}::{h:x}")
}

/// A plan of segments before devices are made.
pub(crate) struct Plan {
    pub(crate) features: Features,
    pub(crate) segments: usize,
    pub(crate) devices: usize,
    /// For each device, the segment of each of its interfaces; the same list gives the neighbours of a segment.
    pub(crate) ports: Vec<Vec<usize>>,
    /// Addresses of opaque routers, each with its segment.
    pub(crate) opaques: Vec<(usize, usize)>,
}

impl Plan {
    fn new(rng: &mut Rng, features: Features) -> Plan {
        let devices = 1 + rng.below(4);
        let segments = 2 + rng.below(devices + 1).min(3);
        let ports =
            (0..devices)
                .map(|device| {
                    let count = 2 + rng.below(3);
                    (0..count)
                        .map(|port| {
                            if port < 2 { (device + port) % segments } else { rng.below(segments) }
                        })
                        .collect()
                })
                .collect();
        let opaques = if features.has(Feature::Opaques) { 1 + rng.below(2) } else { 0 };
        let opaques = (0..opaques).map(|n| (rng.below(segments), 250 + n)).collect();
        Plan { features, segments, devices, ports, opaques }
    }

    /// Addresses of routers on a segment, as gateways for `device`.
    pub(crate) fn gateways(&self, device: usize, segment: usize) -> Vec<usize> {
        let mut hosts = Vec::new();
        for (other, ports) in self.ports.iter().enumerate().filter(|(other, _)| *other != device) {
            for (port, _) in ports.iter().enumerate().filter(|(_, s)| **s == segment) {
                hosts.push(self.address(other, port));
            }
        }
        hosts.extend(self.opaques.iter().filter(|(s, _)| *s == segment).map(|(_, h)| *h));
        if self.features.has(Feature::ForeignGateways) {
            hosts.push(99);
        }
        hosts
    }

    /// The host number of a port of a device.
    pub(crate) fn address(&self, device: usize, port: usize) -> usize {
        if self.features.has(Feature::SharedAddresses) && port == 0 {
            1
        } else {
            1 + device * 8 + port
        }
    }
}

/// The network of a seed.
pub(crate) fn generate(seed: u64, features: Features) -> Snapshot {
    let rng = Rng::new(seed);
    let plan = Plan::new(&mut rng.fork(1), features);
    let mut snapshot = Snapshot { name: format!("seed {seed}"), ..Snapshot::default() };
    if features.has(Feature::Moment) {
        snapshot.at = Some(Moment { day: 0, minute: 600 });
    }
    let mut segments: Vec<Segment> = vec![Segment::default(); plan.segments];
    for (s, segment) in segments.iter_mut().enumerate() {
        segment.networks =
            vec![prefix(&format!("10.0.{s}.0/24")), prefix(&format!("fd00:{s}::/64"))];
    }
    for device in 0..plan.devices {
        let made = DeviceMaker::new(rng.fork(100 + device as u64), &plan, device).make();
        attach(&mut snapshot, &mut segments, &plan, device, made);
    }
    for segment in segments {
        snapshot.segments.push(segment);
    }
    zones(&mut snapshot, &mut rng.fork(2), &plan);
    unstated(&mut snapshot, &mut rng.fork(3));
    snapshot
}

/// Routers that nobody declared may lead to external zones, and an interface may have learnt an address.
fn unstated(snapshot: &mut Snapshot, rng: &mut Rng) {
    let external: Vec<ZoneId> =
        snapshot.zones.iter().filter(|(_, zone)| zone.external).map(|(id, _)| id).collect();
    let unknown: Vec<OpaqueId> = snapshot.unknown_routers().collect();
    for router in unknown.into_iter().filter(|_| rng.chance(40)) {
        let opaque = &mut snapshot.opaques[router];
        opaque.perhaps = external.iter().copied().filter(|z| !opaque.zones.contains(z)).collect();
    }
    let ports: Vec<(Port, Vec<Prefix>)> = snapshot
        .segments
        .iter()
        .flat_map(|(_, s)| s.ports.iter().map(|port| (*port, s.networks.clone())))
        .collect();
    if !ports.is_empty() && rng.chance(20) {
        snapshot.learnt.push(ports[rng.below(ports.len())].clone());
    }
    if rng.chance(20) {
        spread(snapshot, rng);
    }
}

/// Puts a zone of one segment on another one, too: its hosts there are no neighbours of those here.
fn spread(snapshot: &mut Snapshot, rng: &mut Rng) {
    let all: Vec<SegmentId> = snapshot.segments.iter().map(|(id, _)| id).collect();
    let (here, there) = (all[rng.below(all.len())], all[rng.below(all.len())]);
    let Some(zone) = snapshot.segments[here].zones.first().copied() else { return };
    if here == there || snapshot.segments[there].zones.contains(&zone) {
        return;
    }
    snapshot.segments[there].zones.push(zone);
    let networks = [here, there].map(|segment| snapshot.segments[segment].networks.clone());
    if snapshot.zones[zone].addresses != ZoneAddresses::Rest {
        snapshot.zones[zone].subnets = networks.concat();
    }
}

fn attach(
    snapshot: &mut Snapshot,
    segments: &mut Vec<Segment>,
    plan: &Plan,
    index: usize,
    device: Device,
) {
    let id = DeviceId::from_index(index);
    let linked = |interface: InterfaceId| {
        device.internal_links.iter().any(|(a, b)| *a == interface || *b == interface)
    };
    for (interface, data) in device.interfaces.iter().filter(|(_, i)| i.up) {
        let port = Port { device: id, interface };
        match plan.ports[index].get(interface.index()) {
            _ if linked(interface) || data.kind == InterfaceKind::Loopback => {}
            Some(segment) => segments[*segment].ports.push(port),
            None => {}
        }
    }
    for (a, b) in &device.internal_links {
        let ports = [*a, *b].into_iter().filter(|i| device.interfaces[*i].up);
        let ports = ports.map(|interface| Port { device: id, interface }).collect();
        segments.push(Segment { ports, ..Segment::default() });
    }
    snapshot.devices.push(device.into());
}

fn zone(snapshot: &mut Snapshot, networks: Vec<Prefix>, external: bool) -> ZoneId {
    let id = format!("z{}", snapshot.zones.len());
    let addresses =
        if networks.is_empty() { ZoneAddresses::Rest } else { ZoneAddresses::Networks(networks) };
    let label = id.clone();
    let (assumed, subnets, roles) = (Vec::new(), Vec::new(), Vec::new());
    snapshot.zones.push(Zone {
        id,
        label,
        addresses,
        assumed,
        subnets,
        external,
        roles,
        span: None,
    })
}

fn zones(snapshot: &mut Snapshot, rng: &mut Rng, plan: &Plan) {
    let has = |feature| plan.features.has(feature);
    for s in 0..plan.segments {
        let id = SegmentId::from_index(s);
        let both = |four: String, six: String| vec![prefix(&four), prefix(&six)];
        let lower = both(format!("10.0.{s}.0/25"), format!("fd00:{s}::/65"));
        let upper = both(format!("10.0.{s}.128/25"), format!("fd00:{s}:0:0:8000::/65"));
        let whole = both(format!("10.0.{s}.0/24"), format!("fd00:{s}::/64"));
        let sets = match rng.below(4) {
            0 if has(Feature::TwoZones) => vec![lower, upper],
            1 if has(Feature::Overlap) => vec![whole, lower],
            2 => vec![lower],
            3 if rng.chance(40) => vec![],
            _ => vec![whole],
        };
        for networks in sets {
            let zone = zone(snapshot, networks, false);
            snapshot.segments[id].zones.push(zone);
        }
    }
    let opaques = plan.opaques.clone();
    for (n, (segment, host)) in opaques.into_iter().enumerate() {
        opaque(snapshot, rng, plan, n, (segment, host));
    }
    if has(Feature::Rest) {
        let rest = zone(snapshot, Vec::new(), true);
        if !snapshot.opaques.is_empty() && rng.chance(50) {
            let id = OpaqueId::from_index(rng.below(snapshot.opaques.len()));
            snapshot.opaques[id].zones.push(rest);
        } else {
            let id = SegmentId::from_index(rng.below(plan.segments));
            snapshot.segments[id].zones.push(rest);
        }
    }
}

fn opaque(snapshot: &mut Snapshot, rng: &mut Rng, plan: &Plan, n: usize, place: (usize, usize)) {
    let (segment, address) = place;
    let mut on = vec![SegmentId::from_index(segment)];
    let second = SegmentId::from_index(rng.below(plan.segments));
    if rng.chance(30) && !on.contains(&second) {
        on.push(second);
    }
    let mut behind = Vec::new();
    if plan.features.has(Feature::ZonesBehind) {
        for k in 0..1 + rng.below(2) {
            let networks = vec![
                prefix(&format!("10.9.{}.0/24", n * 2 + k)),
                prefix(&format!("fd09:{}::/64", n * 2 + k)),
            ];
            behind.push(zone(snapshot, networks, rng.chance(30)));
        }
    }
    let id = snapshot.opaques.push(Opaque {
        name: format!("opaque{n}"),
        declared: !plan.features.has(Feature::Undeclared) || rng.chance(30),
        addresses: vec![ip(&host(segment, address)), ip(&host6(segment, address))],
        zones: behind,
        perhaps: Vec::new(),
        roles: Vec::new(),
        segments: on.clone(),
        span: None,
    });
    for segment in on {
        snapshot.segments[segment].opaques.push(id);
    }
}
