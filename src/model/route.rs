//! Routes.

use super::{ContextId, InterfaceId, Match};
use crate::net::Prefix;
use crate::source::Span;
use std::net::IpAddr;

/// How often a gateway may be looked up through another route before the route counts as unusable.
pub const RESOLVE_DEPTH: usize = 8;

/// A route that the configuration or a dump lists.
#[derive(Clone, Debug, Hash)]
pub struct Route {
    /// Destinations.
    pub prefix: Prefix,
    /// Where packets go.
    pub next_hop: NextHop,
    /// Administrative distance; the lowest wins among routes to the same prefix, connected is 0.
    pub distance: u8,
    /// The vendor's second preference (FortiOS priority, metric); the lowest wins, equal ones share the load.
    pub metric: u32,
    /// Whether something watches it and may withdraw it (track, link monitor): then the next best may be in use.
    pub withdrawable: bool,
    /// Where it stands.
    pub span: Span,
}

/// Where a route sends packets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NextHop {
    /// To a gateway; by `interface` when the route names one, else by the connected interface that holds the gateway, or
    /// by the route to the gateway.
    Gateway {
        /// The gateway.
        address: IpAddr,
        /// The interface, when named.
        interface: Option<InterfaceId>,
    },
    /// Out of an interface, straight to the destination or to whoever answers for it.
    Interface(InterfaceId),
    /// Into another context of the same device, which routes again (VRF leak).
    Context(ContextId),
    /// Nowhere: null route.
    Discard,
}

/// A policy-based route; a *may* branch beside the routing table.
#[derive(Clone, Debug)]
pub struct PolicyRoute {
    /// Which packets.
    pub matches: Match,
    /// Where they go; `None` when the configuration does not say (then any interface of the context).
    pub next_hop: Option<NextHop>,
    /// Where it stands.
    pub span: Span,
}

/// [`DynamicRouting::protocol`] of a context whose export holds no routes at all (rule sets, rule tables). Routes that the
/// topology states for the device take its place.
pub const UNSTATED: &str = "unstated";

/// A routing protocol whose routes the configuration does not show: packets may go to any neighbour of the context.
#[derive(Clone, Debug, Hash)]
pub struct DynamicRouting {
    /// `ospf`, `bgp`, `rip`, `eigrp`, `dhcp`…, or [`UNSTATED`].
    pub protocol: String,
    /// Where it is switched on.
    pub span: Span,
}
