//! The vendor-independent device. Every part carries its [`Span`]; what could not be read is data (`Unknown`), never dropped.
//!
//! Sets are expressions over tables, not expanded: an object refers to other objects by id, and only to *smaller* ids, so a
//! table has no cycle and one pass from the front evaluates it. Two judges read this model and share nothing above it: the
//! symbolic engine (`compile`, `graph`, `reach`) and the concrete tracer (`trace`).
//!
//! # How a rule list decides
//!
//! Lines are met in order. A line whose match is *certain* decides; one whose match holds an `Unknown` may decide or may not.
//! So a list gives a packet a set of possible results, and `must`/`may` follow: certain when only one result is possible.

mod address;
mod coverage;
mod list;
mod own;
mod pipeline;
mod route;
mod schedule;
mod service;
mod shape;
mod table;

pub use address::{AddressObject, AddressSet, AddressWithin};
pub use coverage::{Coverage, Gap, LineStatus};
pub use list::{Action, Line, Match, RuleList, Translated, Unknown};
pub use own::{Door, DoorProtocol, Own, OwnFact, OwnKind, WeakCrypto};
pub use pipeline::{AddressMap, Binding, Filter, Interfaces, PortMap, Rewrite, Stage, Translate};
pub use route::{DynamicRouting, NextHop, PolicyRoute, RESOLVE_DEPTH, Route, UNSTATED};
pub use schedule::{Activity, Moment, Schedule, Span as Period, Window};
pub use service::{ServiceObject, ServiceSet, TcpFlags};
pub use shape::{Edited, Shape};
pub use table::{
    AddressId, ContextId, Id, InterfaceId, ListId, RewriteId, ScheduleId, ServiceId, Table,
};

use crate::net::Prefix;
use crate::source::Span;
use std::net::IpAddr;

/// One device as its configuration describes it.
#[derive(Clone, Debug, Default)]
pub struct Device {
    /// The name in the topology file; a reader fills in the host name of the configuration, or the file stem.
    pub name: String,
    /// The identifier of the reader: `fortios`, `asa`, `ios`.
    pub format: &'static str,
    /// Product and version as the configuration states them, when it does.
    pub version: Option<String>,
    /// Its roles in the topology file, with which packs refer to it.
    pub roles: Vec<String>,
    /// VDOMs, VRFs or virtual systems; a plain device has one with an empty name.
    pub contexts: Table<ContextId, Context>,
    /// Interfaces of all contexts.
    pub interfaces: Table<InterfaceId, Interface>,
    /// Pairs of interfaces of this device joined inside it (VDOM links).
    pub internal_links: Vec<(InterfaceId, InterfaceId)>,
    /// Ports that only carry other interfaces, each with what it carries: members with their bundle or switch, and ports
    /// without an address with the VLANs on them. Packets that come in by the first enter the device by the second.
    pub carriers: Vec<(InterfaceId, InterfaceId)>,
    /// Address objects, groups and literals.
    pub addresses: Table<AddressId, AddressObject>,
    /// Services, groups and literals.
    pub services: Table<ServiceId, ServiceObject>,
    /// Schedules and time ranges.
    pub schedules: Table<ScheduleId, Schedule>,
    /// Access lists, policy lists, chains and translation lists.
    pub lists: Table<ListId, RuleList>,
    /// What translation lines do.
    pub rewrites: Table<RewriteId, Rewrite>,
    /// Defined names that nothing uses, names used and not defined, and the like: material for hygiene rules.
    pub remarks: Vec<Remark>,
    /// Hosts beside it whose hardware address the configuration states: material for hygiene rules.
    pub stations: Vec<Station>,
    /// What the device itself does and offers.
    pub own: Own,
}

/// A host whose hardware address a configuration states (a static ARP entry, a reservation).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Station {
    /// The network address.
    pub address: IpAddr,
    /// The hardware address: twelve hexadecimal digits in lower case.
    pub hardware: String,
    /// Where it stands.
    pub span: Span,
}

/// A routing and filtering instance of a device.
#[derive(Clone, Debug, Default)]
pub struct Context {
    /// VDOM or VRF name; empty for the only or global one.
    pub name: String,
    /// Static and dumped routes; connected routes follow from the interfaces and are not listed.
    pub routes: Vec<Route>,
    /// Policy-based routes, in order; they come before the routing table.
    pub policy_routes: Vec<PolicyRoute>,
    /// Routing protocols whose routes the configuration does not show.
    pub dynamic_routing: Vec<DynamicRouting>,
    /// Whether `routes` is a complete table (a dump); then `dynamic_routing` adds nothing.
    pub rib_complete: bool,
    /// What forwarded packets meet, in order; holds exactly one [`Stage::Route`]. Stages before it know the ingress only.
    pub pipeline: Vec<Stage>,
    /// What packets to the device's own addresses meet after the stages before the route; all must permit.
    pub local: Vec<Filter>,
}

/// What kind of link an interface is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum InterfaceKind {
    /// A port, sub-interface, aggregate or VLAN interface on an Ethernet segment.
    #[default]
    Ethernet,
    /// An address of the device that no packet leaves by.
    Loopback,
    /// A tunnel or VPN interface; the other end may be anywhere.
    Tunnel,
    /// A point-to-point line (PPPoE, serial, mobile).
    PointToPoint,
    /// One end of a link inside the device (VDOM link).
    Internal,
}

/// An interface.
#[derive(Clone, Debug, Hash)]
pub struct Interface {
    /// The name in the configuration, with which attachments refer to it.
    pub name: String,
    /// A second name that attachments may use (ASA `nameif`, FortiOS `alias`).
    pub alias: Option<String>,
    /// The context that it belongs to.
    pub context: ContextId,
    /// Addresses with prefix length, host bits kept; primary first.
    pub addresses: Vec<InterfaceAddress>,
    /// The vendor's zone, when the interface is a member of one.
    pub zone: Option<String>,
    /// Whether the configuration leaves it up.
    pub up: bool,
    /// What kind of link it is.
    pub kind: InterfaceKind,
    /// VLAN number of an SVI or sub-interface.
    pub vlan: Option<u16>,
    /// Whether an address is assigned at run time (DHCP, PPPoE, IPv6 autoconfiguration), so that its subnet is not known.
    pub dynamic: bool,
    /// Whether a packet may leave by the interface it came in by without meeting the filters (FortiOS
    /// `allow-traffic-redirect`); a *may* branch.
    pub hairpin_unfiltered: bool,
    /// Whether packets whose source address is not where they come from are dropped (uRPF, anti-spoofing); `None` when the
    /// format does not say. No verdict rests on it: packets are sent with true sources.
    pub source_check: Option<bool>,
    /// Where it is configured.
    pub span: Span,
}

impl Interface {
    /// The subnets of its addresses.
    pub fn subnets(&self) -> impl Iterator<Item = Prefix> {
        self.addresses.iter().filter_map(|own| Prefix::new(own.address, own.len))
    }
}

/// An address of an interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct InterfaceAddress {
    /// The address, host bits kept.
    pub address: IpAddr,
    /// Prefix length, 0 to 32 or 0 to 128.
    pub len: u8,
    /// Where it stands.
    pub span: Span,
}

/// Something a hygiene rule may report about the configuration itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remark {
    /// A name is used and not defined; `kind` is a short noun such as `address` or `access-list`.
    Undefined {
        /// What it would be.
        kind: &'static str,
        /// The name.
        name: String,
        /// Where it is used.
        span: Span,
    },
    /// A list is defined and bound nowhere.
    Unbound {
        /// The list.
        list: ListId,
    },
    /// A port is up, and nothing in the configuration says what it is for.
    IdlePort {
        /// The name.
        name: String,
        /// Where it is configured.
        span: Span,
    },
    /// An interface is a member of a bridge and no way of its own, so it is read as down.
    Bridged {
        /// The name.
        name: String,
        /// Where it joins the bridge.
        span: Span,
    },
    /// An object refers to itself through others; its value is unknown.
    Recursive {
        /// The name.
        name: String,
        /// Where it is defined.
        span: Span,
    },
}

impl Device {
    /// The number of the interface with this name or alias.
    #[must_use]
    pub fn interface(&self, name: &str) -> Option<InterfaceId> {
        let by_name = self.interfaces.iter().find(|(_, i)| i.name == name);
        by_name
            .or_else(|| self.interfaces.iter().find(|(_, i)| i.alias.as_deref() == Some(name)))
            .map(|(id, _)| id)
    }

    /// The addresses of its interfaces that are up.
    pub fn own_addresses(&self) -> impl Iterator<Item = IpAddr> {
        let up = self.interfaces.iter().filter(|(_, interface)| interface.up);
        up.flat_map(|(_, interface)| &interface.addresses).map(|own| own.address)
    }

    /// The interfaces by which packets of the port `id` enter the device: itself, or what it carries at last.
    #[must_use]
    pub fn entered(&self, id: InterfaceId) -> Vec<InterfaceId> {
        let (mut open, mut seen, mut out) = (vec![id], Vec::new(), Vec::new());
        while let Some(port) = open.pop() {
            if seen.contains(&port) {
                continue;
            }
            seen.push(port);
            // One that was given an address is a neighbour in its own right.
            let bare = self.interfaces[port].addresses.is_empty();
            let carried = self.carriers.iter().filter(|(below, _)| bare && *below == port);
            let before = open.len();
            open.extend(carried.map(|(_, above)| *above));
            if open.len() == before {
                out.push(port);
            }
        }
        out.sort_unstable();
        if out.is_empty() { vec![id] } else { out }
    }

    /// Whether the device logs what `line` lets pass; `None`: the format has no such setting, or it is not known.
    #[must_use]
    pub fn logs(&self, line: &Line) -> Option<bool> {
        self.own.logs_connections.or(line.log)
    }

    /// The address object for a literal: added without a name.
    pub fn literal(&mut self, value: AddressSet, span: Span) -> AddressId {
        self.addresses.push(AddressObject { name: String::new(), value, span })
    }

    /// The service object for a literal: added without a name.
    pub fn literal_service(&mut self, value: ServiceSet, span: Span) -> ServiceId {
        self.services.push(ServiceObject { name: String::new(), value, span })
    }
}
