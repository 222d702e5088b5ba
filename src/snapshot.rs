//! Devices and topology joined and checked: references resolved, zones placed, gaps listed. The only input of analysis.
//!
//! # How packets move (both judges implement exactly this)
//!
//! 1. **Start.** The hosts of a zone send packets whose source is an address of the zone. They arrive at every port of
//!    every segment that the zone is on ([`Segment::zones`]), and of every segment of an opaque router that the zone is
//!    behind ([`Opaque::zones`]); by a router to which they *may* belong ([`Opaque::perhaps`]) they *may* come, aside. Zones
//!    on one segment reach each other, and every address of its networks that no device has, without any device, but for
//!    addresses of theirs in subnets of other segments ([`Zone::subnets`]); so do zones behind one opaque router, and those
//!    that may be behind it *may* be reached, aside. Besides, the packet *may* go to an opaque router of
//!    the segment, which then does as in 5; surely so when the destination is in a zone behind it. What comes from behind
//!    an opaque router *may* also go to the zones and opaque routers on its segments. A router that the sender has no
//!    reason to use, because a neighbour takes the packet, is a way aside: it exists beside the proper one, and no
//!    promise of arrival rests on it.
//! 2. **Arrival** at an interface that is up. The stages before [`crate::model::Stage::Route`] run with the ingress
//!    known. If the destination is then an address of an interface of the same context that is up, the packet is for the
//!    device itself: the filters of `Context::local` must all permit, and it ends at [`Place::Device`]; aside it ends at the
//!    zones on the segment of the interface of which the device is a declared host. A destination among
//!    [`Snapshot::learnt`] of the context *may* be the device itself, aside, and is routed. A packet that a
//!    route hands to another context is asked this again there, and meets the stages after the route of that context.
//! 3. **Route.** Each policy route that matches (even uncertainly) is a *may* branch; the routing table is the other
//!    branch, uncertain for packets that a policy route matches. Table: longest prefix among connected prefixes of
//!    interfaces that are up (distance 0) and usable routes; then lowest distance, then lowest metric; equals share the
//!    load (each is a possible choice; where one choice is connected, the destination counts as connected). A route is
//!    usable when its interface is up, or its gateway lies in a connected prefix of the context or is itself reached by a
//!    usable route (at most [`RESOLVE_DEPTH`] times). When a chosen route is `withdrawable`, the table without it is a
//!    *may* branch too, and so on until a rank holds a route that stays. When the context has `dynamic_routing` and no
//!    complete RIB, every neighbour of the context (each device port, opaque router and zone on its segments) is a *may*
//!    branch, and what the table says is uncertain and may end in a drop; destinations in connected prefixes are not
//!    flooded. No route: dropped. What goes to a loopback interface is dropped.
//! 4. **Departure** by an interface to a next hop (the gateway; the destination itself for connected and interface
//!    routes). The remaining stages run with ingress and egress known. On the segment of the egress: a device port that
//!    owns the next-hop address receives the packet; else an opaque router that owns it does; else, when the next hop is
//!    the destination, a device port that would translate it before the route (it answers for it: proxy ARP; surely when
//!    every result is one-to-one, else *may*); else it is delivered to the zones of the segment that hold it, or, when
//!    none does, to whichever opaque routers are on the segment (interface routes; device ports *may* answer as well) and
//!    otherwise it ends outside every zone ([`Place::Unzoned`]). A gateway that nobody owns *may* be any router of the
//!    segment. By an interface that is not Ethernet, or an internal link, what nobody holds goes to the other ends: ports
//!    and opaque routers.
//! 5. **Opaque router.** A destination in a zone behind it is delivered there, and what hosts behind it send comes out of
//!    it: surely when it is declared; *may*, when nobody declared it. Besides, it may forward anything to any device port
//!    or opaque router on its segments, and deliver to any zone on its segments that holds the destination: *may*; what
//!    no zone holds it may drop, or send out of the picture. One that is declared, is on one segment with ports of one device
//!    and has only external zones behind it forwards nothing else. Routers that are not declared ([`Snapshot::unknown_routers`]) may be one and the same, or
//!    linked: each *may* hand anything to another. To [`Opaque::perhaps`] it *may* deliver, aside.
//! 6. **Sources and destinations** that are not unicast (multicast, broadcast 255.255.255.255, loopback, unspecified) are
//!    never sent, forwarded, nor accepted by a device.
//! 7. A packet that comes back to the same interface with the same header is in a loop and dropped.
//! 8. A stateful filter drops TCP packets that open nothing ([`crate::net::Flow::is_opening`]) in state `new` or
//!    `invalid`; it passes packets in state `established` and `related` without meeting a line.
//! 9. **Schedules** are read at [`Snapshot::at`]. A line that is active at some time only ([`crate::model::Activity`])
//!    applies when it permits in a filter, because there is a time when it does; any other line, also of a translation
//!    list, *may* apply. What must hold at any time does not rest on it.
//! 10. A [`crate::model::Action::Return`] whose match is uncertain *may* return, permit or deny.

mod build;
mod outline;
mod place;

pub use build::{BuildInput, build, describe};
pub use outline::{Difference, Outline};
pub use place::{HostId, Place};

use crate::finding::Cause;
use crate::model::{ContextId, Coverage, Device, Id, InterfaceId, Moment, Table};
use crate::net::{AddressRange, Family, Prefix, number};
use crate::source::Span;
use crate::text::Text;
use std::net::IpAddr;
use std::sync::Arc;

pub use crate::model::RESOLVE_DEPTH;

place::ids! {
    /// A device of the snapshot.
    DeviceId,
    /// A zone.
    ZoneId,
    /// A segment.
    SegmentId,
    /// An opaque router.
    OpaqueId,
}

/// The whole network at one moment.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// The name in the topology file, or the directory's.
    pub name: String,
    /// Devices whose configuration was read.
    pub devices: Table<DeviceId, Arc<Device>>,
    /// Zones, in the order of the topology file.
    pub zones: Table<ZoneId, Zone>,
    /// Segments.
    pub segments: Table<SegmentId, Segment>,
    /// Routers whose configuration is not at hand: declared ones, and one for every unknown gateway.
    pub opaques: Table<OpaqueId, Opaque>,
    /// Declared hosts.
    pub hosts: Table<HostId, Host>,
    /// Addresses of which each of these interfaces has one that it learns at run time.
    pub learnt: Vec<(Port, Vec<Prefix>)>,
    /// What became of every line of every configuration: one entry a device, in it one a file.
    pub coverage: Vec<Vec<Coverage>>,
    /// Exports of the partners of HA pairs: compared with their devices, and not part of the network.
    pub partners: Vec<Partner>,
    /// What is missing from the picture, for the report; each is also modelled as the widest reading.
    pub issues: Vec<Issue>,
    /// The moment at which schedules are read; `None`: any moment.
    pub at: Option<Moment>,
    /// How large the arenas of the analysis may grow, when they are to be smaller than what is built in.
    pub steps: Option<Steps>,
    /// Look-ups over segments and zones; see [`Snapshot::index`].
    pub index: PortIndex,
}

/// Limits of arenas, in steps. What does not fit is undetermined.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Steps {
    /// Of what a device is compiled to.
    pub device: usize,
    /// Of one question about the network.
    pub question: usize,
}

/// Look-ups that follow from the rest of a snapshot; empty until [`Snapshot::index`] fills it.
#[derive(Clone, Debug, Default)]
pub struct PortIndex {
    segments: Vec<Vec<Option<SegmentId>>>,
    declared: Vec<AddressRange>,
}

/// The other unit of an HA pair, as its export describes it.
#[derive(Clone, Debug)]
pub struct Partner {
    /// The device of the network that it would take over from.
    pub device: DeviceId,
    /// Its export.
    pub export: Device,
    /// What became of every line of its export.
    pub coverage: Vec<Coverage>,
}

/// A zone.
#[derive(Clone, Debug, Hash)]
pub struct Zone {
    /// The identifier in the topology file.
    pub id: String,
    /// The name for reports; the identifier when none is given.
    pub label: String,
    /// Its addresses.
    pub addresses: ZoneAddresses,
    /// Those of its networks that the topology does not name: what no zone holds of the subnets of its segments, whose hosts are
    /// beside its own. What is required of the zone is not required of them.
    pub assumed: Vec<Prefix>,
    /// The subnets of its segments, when it is on several: who is in one is a neighbour only of those on such a segment.
    pub subnets: Vec<Prefix>,
    /// Whether it is another's network (the Internet).
    pub external: bool,
    /// Roles, with which packs refer to it.
    pub roles: Vec<String>,
    /// Where it is declared; `None` when derived from a single configuration.
    pub span: Option<Span>,
}

impl Zone {
    /// Its networks; none when it is the rest.
    pub fn networks(&self) -> impl Iterator<Item = Prefix> {
        match &self.addresses {
            ZoneAddresses::Networks(networks) => networks.as_slice(),
            ZoneAddresses::Rest => &[],
        }
        .iter()
        .copied()
    }

    /// Those of its networks that the topology names.
    pub fn named(&self) -> impl Iterator<Item = Prefix> {
        self.networks().filter(|network| !self.assumed.contains(network))
    }

    /// Whether nobody named any of its addresses: a zone made of a subnet that is in none.
    #[must_use]
    pub fn is_assumed(&self) -> bool {
        self.addresses != ZoneAddresses::Rest
            && !self.assumed.is_empty()
            && self.named().next().is_none()
    }
}

/// The addresses of a zone.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ZoneAddresses {
    /// These networks, of either family.
    Networks(Vec<Prefix>),
    /// Every unicast address that no zone with networks holds.
    Rest,
}

/// A layer-2 segment with the interfaces on it.
#[derive(Clone, Debug, Default, Hash)]
pub struct Segment {
    /// Interfaces on it; each interface that is up is on exactly one segment.
    pub ports: Vec<Port>,
    /// Zones whose hosts are on it.
    pub zones: Vec<ZoneId>,
    /// Opaque routers on it.
    pub opaques: Vec<OpaqueId>,
    /// Subnets configured on its interfaces.
    pub networks: Vec<Prefix>,
}

/// An interface of a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Port {
    /// The device.
    pub device: DeviceId,
    /// The interface.
    pub interface: InterfaceId,
}

/// A router whose configuration is not at hand; it forwards anything anywhere.
#[derive(Clone, Debug, Default, Hash)]
pub struct Opaque {
    /// The name in the topology file, or `gateway 10.1.9.254`.
    pub name: String,
    /// Whether the topology file declares it, or it is the gateway of an attached external zone; otherwise it is reported.
    pub declared: bool,
    /// Its own addresses on the segments.
    pub addresses: Vec<IpAddr>,
    /// Zones behind it.
    pub zones: Vec<ZoneId>,
    /// Zones that it may lead to besides, because nobody says that it does not: external ones, of a router that nobody declared; of
    /// the gateway of an external zone, those that are attached beside it and have networks elsewhere.
    pub perhaps: Vec<ZoneId>,
    /// Its roles in the topology file, with which packs refer to it.
    pub roles: Vec<String>,
    /// The segments it is on.
    pub segments: Vec<SegmentId>,
    /// The line that points at it.
    pub span: Option<Span>,
}

/// A declared host.
#[derive(Clone, Debug, Hash)]
pub struct Host {
    /// The identifier in the topology file.
    pub id: String,
    /// The name for reports.
    pub label: String,
    /// Its addresses.
    pub addresses: Vec<IpAddr>,
    /// The zone that holds them.
    pub zone: ZoneId,
    /// Roles: `published`, `relay`…
    pub roles: Vec<String>,
    /// Where it is declared.
    pub span: Span,
}

/// Something missing from the picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issue {
    /// What kind, as a short identifier: `missing-device`, `unzoned-interface`, `empty-zone`, `unattached-zone`, `unread-lines`…
    pub kind: IssueKind,
    /// What is missing, how it is read instead, and what would settle it.
    pub cause: Cause,
}

/// Kinds of [`Issue`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum IssueKind {
    /// A gateway that no configuration describes.
    MissingDevice,
    /// An interface with an address on a segment that holds no zone and no other device.
    UnzonedInterface,
    /// A zone without an address.
    EmptyZone,
    /// A zone whose networks lie on no segment and behind no route.
    UnattachedZone,
    /// Part of a subnet or route that no zone covers.
    UnzonedAddresses,
    /// Two zones share an address.
    OverlappingZones,
    /// Subnets do not say clearly which interfaces are on one segment.
    AmbiguousSegment,
    /// A configuration line that was not understood.
    UnreadLine,
}

impl Snapshot {
    /// The device with this name.
    #[must_use]
    pub fn device(&self, name: &str) -> Option<DeviceId> {
        self.devices.iter().find(|(_, device)| device.name == name).map(|(id, _)| id)
    }

    /// A device to change: a copy, when somebody else holds it, too.
    #[must_use]
    pub fn device_mut(&mut self, id: DeviceId) -> &mut Device {
        Arc::make_mut(&mut self.devices[id])
    }

    /// The zone with this identifier.
    #[must_use]
    pub fn zone(&self, id: &str) -> Option<ZoneId> {
        self.zones.iter().find(|(_, zone)| zone.id == id).map(|(id, _)| id)
    }

    /// The networks in which a context has addresses of its own that are not known, because it learns them at run time.
    pub fn learnt(&self, device: DeviceId, context: ContextId) -> impl Iterator<Item = Prefix> {
        let own = move |port: Port| {
            let interface = &self.devices[port.device].interfaces[port.interface];
            port.device == device && interface.context == context
        };
        let here = self.learnt.iter().filter(move |(port, _)| own(*port));
        here.flat_map(|(_, networks)| networks.iter().copied())
    }

    /// The addresses of the declared hosts of a zone.
    pub fn hosts_of(&self, zone: ZoneId) -> impl Iterator<Item = IpAddr> {
        let hosts = self.hosts.iter().filter(move |(_, host)| host.zone == zone);
        hosts.flat_map(|(_, host)| host.addresses.iter().copied())
    }

    /// `device:interface`, as the topology file writes it.
    #[must_use]
    pub fn port_name(&self, port: Port) -> String {
        let device = &self.devices[port.device];
        format!("{}:{}", device.name, device.interfaces[port.interface].name)
    }

    /// The segment that `port` is on; `None` when the interface is down.
    #[must_use]
    pub fn segment_of(&self, port: Port) -> Option<SegmentId> {
        if !self.index.segments.is_empty() {
            let row = self.index.segments.get(port.device.index());
            return row.and_then(|row| row.get(port.interface.index()).copied()).flatten();
        }
        self.segments.iter().find(|(_, segment)| segment.ports.contains(&port)).map(|(id, _)| id)
    }

    /// Whether `address` belongs to `zone`.
    #[must_use]
    pub fn zone_holds(&self, zone: ZoneId, address: IpAddr) -> bool {
        match &self.zones[zone].addresses {
            ZoneAddresses::Networks(networks) => {
                networks.iter().any(|network| network.contains(address))
            }
            ZoneAddresses::Rest => is_unicast(address) && !self.is_declared(address),
        }
    }

    /// Whether a zone with networks holds `address`.
    fn is_declared(&self, address: IpAddr) -> bool {
        let declared = &self.index.declared;
        if declared.is_empty() {
            return self.declared_networks().any(|network| network.contains(address));
        }
        let key = |address| (Family::of(address), number(address));
        let at = declared.partition_point(|range| key(range.last()) < key(address));
        declared.get(at).is_some_and(|range| range.contains(address))
    }

    /// Fills the look-ups from segments and zones. To be called again after either changes; without it they are searched.
    pub fn index(&mut self) {
        self.index = build::index(self);
    }

    /// The networks of all zones that have networks.
    pub fn declared_networks(&self) -> impl Iterator<Item = Prefix> {
        self.zones.iter().flat_map(|(_, zone)| zone.networks())
    }

    /// Whether an opaque router stands for an outside network only (rule 5): it is declared, every zone behind it is external,
    /// and no two devices could use it to reach one another.
    #[must_use]
    pub fn is_outside(&self, id: OpaqueId) -> bool {
        let opaque = &self.opaques[id];
        let [segment] = opaque.segments.as_slice() else { return false };
        let mut devices = self.segments[*segment].ports.iter().map(|port| port.device);
        let first = devices.next();
        let external = |zone: &ZoneId| self.zones[*zone].external;
        let outside = !opaque.zones.is_empty() && opaque.zones.iter().all(external);
        opaque.declared && outside && devices.all(|device| Some(device) == first)
    }

    /// The opaque routers that nobody declared: each may hand a packet to any other of them.
    pub fn unknown_routers(&self) -> impl Iterator<Item = OpaqueId> {
        self.opaques.iter().filter(|(_, opaque)| !opaque.declared).map(|(id, _)| id)
    }

    /// The ports at which packets of `zone` enter devices: see "Start" in the module documentation. Sorted, without repeats.
    #[must_use]
    pub fn entries(&self, zone: ZoneId) -> Vec<Port> {
        let on = |segment: &Segment| {
            segment.zones.contains(&zone)
                || segment.opaques.iter().any(|opaque| self.opaques[*opaque].zones.contains(&zone))
        };
        let mut ports: Vec<Port> = self
            .segments
            .iter()
            .filter(|(_, s)| on(s))
            .flat_map(|(_, s)| s.ports.iter().copied())
            .collect();
        ports.sort_unstable();
        ports.dedup();
        ports
    }

    /// The segments with devices that `zone` is on: a host with an address of one's networks is there, and chooses its gateway
    /// among the ports there. Any other host may choose any of [`Snapshot::entries`].
    pub fn homes(&self, zone: ZoneId) -> impl Iterator<Item = &Segment> {
        let on = self.segments.iter().filter(move |(_, segment)| segment.zones.contains(&zone));
        on.map(|(_, segment)| segment).filter(|segment| !segment.ports.is_empty())
    }

    /// Whether every host of `zone` with an address of `range` may choose `port` as its gateway.
    #[must_use]
    pub fn may_choose(&self, zone: ZoneId, port: Port, range: AddressRange) -> bool {
        let meets = |network: &Prefix| {
            let ((first, last), (from, to)) = (network.range().numbers(), range.numbers());
            network.family() == range.family() && first <= to && from <= last
        };
        let mut homes = self.homes(zone).filter(|home| home.networks.iter().any(meets));
        self.entries(zone).contains(&port) && homes.all(|home| home.ports.contains(&port))
    }
}

/// Prefixes that together hold every address that is never the source or destination of a forwarded packet.
#[must_use]
pub fn non_unicast(family: Family) -> &'static [&'static str] {
    match family {
        Family::V4 => &["0.0.0.0/8", "127.0.0.0/8", "224.0.0.0/3"],
        Family::V6 => &["::/127", "ff00::/8"],
    }
}

/// Whether `address` can be the source or destination of a forwarded packet: not 0/8, 127/8, 224/3, `::`, `::1` or ff00::/8.
#[must_use]
pub fn is_unicast(address: IpAddr) -> bool {
    let blocks = non_unicast(Family::of(address));
    !blocks.iter().filter_map(|block| Prefix::parse(block)).any(|block| block.contains(address))
}

/// The issue with a message for the report.
#[must_use]
pub fn issue(kind: IssueKind, span: Option<Span>, reason: Text) -> Issue {
    Issue { kind, cause: Cause { span, reason } }
}
