//! The topology file: zones, devices, attachments, and what is opaque. Names are checked against each other here, and against
//! the configurations where the snapshot is built.

mod csv;
mod read;
mod schema;
mod write;

pub use csv::read_csv;
pub use read::read;
pub use schema::schema;
pub use write::write;

use crate::net::Prefix;
use crate::source::{Span, Spanned};
use std::net::IpAddr;

/// The topology as the file states it.
#[derive(Clone, Debug, Default)]
pub struct Topology {
    /// The name of the network.
    pub name: Option<String>,
    /// The zones, in order.
    pub zones: Vec<ZoneDecl>,
    /// The devices, in order.
    pub devices: Vec<DeviceDecl>,
    /// Zones that are put on the segment of an interface.
    pub attach: Vec<Attach>,
    /// Pairs of interfaces on one segment.
    pub links: Vec<(Endpoint, Endpoint)>,
    /// Hosts with a name, in order.
    pub hosts: Vec<HostDecl>,
    /// What domain names stand for.
    pub fqdn: Vec<Fqdn>,
}

/// A zone.
#[derive(Clone, Debug)]
pub struct ZoneDecl {
    /// The identifier.
    pub id: Spanned<String>,
    /// The name for reports.
    pub label: Option<String>,
    /// Its networks.
    pub networks: Vec<Spanned<Prefix>>,
    /// Whether it is another's network (the Internet); without networks it is every address in no zone.
    pub external: bool,
    /// Roles, with which packs refer to it.
    pub roles: Vec<String>,
}

/// A device.
#[derive(Clone, Debug)]
pub struct DeviceDecl {
    /// The name.
    pub name: Spanned<String>,
    /// What is known of it.
    pub kind: DeviceKind,
    /// Roles, with which packs refer to it.
    pub roles: Vec<String>,
    /// A remark for the reader.
    pub note: Option<String>,
}

/// What is known of a device.
#[derive(Clone, Debug)]
pub enum DeviceKind {
    /// Its configuration is at hand.
    Configured {
        /// Paths of the configuration files, relative to the topology file; at least one.
        config: Vec<Spanned<String>>,
        /// The identifier of the reader; `None`: detected.
        format: Option<Spanned<String>>,
        /// Paths of the export of the partner of an HA pair; compared with `config`, not part of the network.
        standby: Vec<Spanned<String>>,
        /// Addresses and zones that complete or replace those of the configuration.
        interfaces: Vec<InterfaceDecl>,
        /// Routes besides those of the configuration.
        routes: Vec<RouteDecl>,
        /// Whether there are no other routes, whatever protocols run.
        complete: bool,
    },
    /// It forwards anything anywhere.
    Opaque {
        /// Its own addresses on known segments.
        addresses: Vec<Spanned<IpAddr>>,
        /// Networks behind it.
        networks: Vec<Spanned<Prefix>>,
    },
}

/// What the topology says of an interface.
#[derive(Clone, Debug)]
pub struct InterfaceDecl {
    /// The interface.
    pub name: Spanned<String>,
    /// Addresses with prefix length, host bits kept; when there is one, they replace those of the configuration.
    pub addresses: Vec<Spanned<(IpAddr, u8)>>,
    /// The zone on its segment.
    pub zone: Option<Spanned<String>>,
}

/// A route.
#[derive(Clone, Debug)]
pub struct RouteDecl {
    /// Destinations.
    pub to: Prefix,
    /// The gateway; at least one of `via` and `interface` is given.
    pub via: Option<IpAddr>,
    /// The interface.
    pub interface: Option<Spanned<String>>,
    /// Where it stands.
    pub span: Span,
}

/// A zone on the segment of an interface.
#[derive(Clone, Debug)]
pub struct Attach {
    /// The zone.
    pub zone: Spanned<String>,
    /// The interface.
    pub at: Endpoint,
}

/// `device:interface`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// The device.
    pub device: String,
    /// The name or second name of the interface.
    pub interface: String,
    /// Where it stands.
    pub span: Span,
}

/// A host.
#[derive(Clone, Debug)]
pub struct HostDecl {
    /// The identifier.
    pub id: Spanned<String>,
    /// The name for reports.
    pub label: Option<String>,
    /// Its addresses, at least one.
    pub addresses: Vec<Spanned<IpAddr>>,
    /// Roles: `published`, `relay`…
    pub roles: Vec<String>,
}

/// What a domain name stands for.
#[derive(Clone, Debug)]
pub struct Fqdn {
    /// The domain name.
    pub name: Spanned<String>,
    /// Its addresses; none: it stands for no address.
    pub networks: Vec<Spanned<Prefix>>,
}

#[cfg(test)]
mod tests;
