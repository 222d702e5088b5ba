//! What a packet meets inside a context, as data: each vendor's order is one table in its reader.

use super::{Action, InterfaceId, ListId};
use crate::net::{AddressRange, PortRange};
use crate::source::Span;

/// A condition on an interface.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum Interfaces {
    /// Every interface.
    #[default]
    Any,
    /// One of these; none when empty.
    Of(Vec<InterfaceId>),
}

impl Interfaces {
    /// Whether `interface` meets the condition.
    #[must_use]
    pub fn contains(&self, interface: InterfaceId) -> bool {
        match self {
            Interfaces::Any => true,
            Interfaces::Of(ids) => ids.contains(&interface),
        }
    }
}

/// One stage of a pipeline.
#[derive(Clone, Debug, Hash)]
pub enum Stage {
    /// Permits or denies.
    Filter(Filter),
    /// Changes addresses and ports.
    Translate(Translate),
    /// Finds the next hop: policy routes, then longest prefix over connected and listed routes.
    Route,
}

/// A filter: the first binding whose ingress and egress fit decides which lists apply.
#[derive(Clone, Debug, Hash)]
pub struct Filter {
    /// A short name for reports: `firewall policy`, `access-group in`.
    pub name: &'static str,
    /// In order; the first that fits is used, alone.
    pub bindings: Vec<Binding>,
    /// The result where no binding fits; `Permit` or `Deny`.
    pub otherwise: Action,
    /// Whether replies of a connection that it let open pass without a line; such a filter also drops TCP packets that open
    /// nothing and belong to no connection.
    pub stateful: bool,
}

/// Lists bound to interfaces.
#[derive(Clone, Debug, Hash)]
pub struct Binding {
    /// Where the packet came in.
    pub ingress: Interfaces,
    /// Where it is about to leave; must be [`Interfaces::Any`] in stages before the route.
    pub egress: Interfaces,
    /// Consulted in order, as if they were one list.
    pub lists: Vec<ListId>,
    /// The result when no line of any list decides; `Permit` or `Deny` (translation: `Permit` leaves the packet as it is).
    pub default: Action,
    /// What the default is called in reports: `implicit deny`, `security-level 100 to 0`, `no access-group`.
    pub default_label: String,
    /// The line that the default follows from, or the binding line.
    pub span: Option<Span>,
}

/// A translation stage; lists hold [`Action::Rewrite`] lines. No binding, or no line: the packet stays as it is.
#[derive(Clone, Debug, Hash)]
pub struct Translate {
    /// A short name for reports: `virtual IP`, `source NAT`.
    pub name: &'static str,
    /// In order; the first that fits is used, alone.
    pub bindings: Vec<Binding>,
}

/// What a translation line does to a header. A port map applies to protocols with ports only.
#[derive(Clone, Debug, Default, Hash)]
pub struct Rewrite {
    /// How an engineer names it.
    pub label: String,
    /// What becomes of the source address.
    pub source: Option<AddressMap>,
    /// What becomes of the destination address.
    pub destination: Option<AddressMap>,
    /// What becomes of the source port.
    pub source_port: Option<PortMap>,
    /// What becomes of the destination port.
    pub destination_port: Option<PortMap>,
    /// Where it stands.
    pub span: Option<Span>,
}

/// What becomes of an address.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum AddressMap {
    /// One to one, keeping the distance from the start: `from` and `to` have the same size, and the line's match lets only
    /// addresses of `from` through.
    Shift {
        /// Before.
        from: AddressRange,
        /// After.
        to: AddressRange,
    },
    /// Some address of these ranges, the device chooses; one address of one range is exact.
    Pool(Vec<AddressRange>),
    /// An address of the interface by which the packet leaves; as [`AddressMap::Unknown`] when it has none of the family.
    EgressInterface,
    /// An address of the interface by which the packet came in (iptables `REDIRECT`); as [`AddressMap::Unknown`] when it has
    /// none of the family.
    IngressInterface,
    /// Some unicast address of the packet's family: the configuration does not say which. Only what depends on it is uncertain.
    Unknown,
}

/// What becomes of a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PortMap {
    /// One to one, keeping the distance from the start; both ranges have the same size.
    Shift {
        /// Before.
        from: PortRange,
        /// After.
        to: PortRange,
    },
    /// Some port of this range, the device chooses.
    Within(PortRange),
}
