//! Service objects as expressions.

use super::ServiceId;
use crate::net::PortRange;
use crate::source::Span;
use crate::text::Text;

/// A named service, a group, or a literal (empty name).
#[derive(Clone, Debug)]
pub struct ServiceObject {
    /// The name in the configuration; empty for a literal.
    pub name: String,
    /// What it stands for.
    pub value: ServiceSet,
    /// Where it is defined.
    pub span: Span,
}

/// A condition on TCP flags: `flags & mask == value`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TcpFlags {
    /// The flags that are compared.
    pub mask: u8,
    /// What they must be; a bit outside the mask is zero.
    pub value: u8,
}

impl TcpFlags {
    /// No condition.
    pub const ANY: TcpFlags = TcpFlags { mask: 0, value: 0 };

    /// Whether `flags` meets the condition.
    #[must_use]
    pub fn matches(self, flags: u8) -> bool {
        flags & self.mask == self.value
    }
}

/// A set of protocols, ports, ICMP kinds and TCP flags.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ServiceSet {
    /// Every packet.
    Any,
    /// Every packet of one IP protocol.
    Protocol(u8),
    /// Packets of a protocol with ports (see [`crate::net::flow::has_ports`]).
    Ports {
        /// TCP, UDP, DCCP, SCTP or UDP-Lite.
        protocol: u8,
        /// Source ports.
        source: PortRange,
        /// Destination ports.
        destination: PortRange,
        /// Flags; [`TcpFlags::ANY`] unless the protocol is TCP.
        flags: TcpFlags,
    },
    /// ICMP (1) or ICMPv6 (58) packets of these types and codes, both ends included; `None` is any.
    Icmp {
        /// 1 or 58.
        protocol: u8,
        /// Types.
        types: Option<(u8, u8)>,
        /// Codes.
        codes: Option<(u8, u8)>,
    },
    /// The union of the members; no member means no packet.
    Union(Vec<ServiceId>),
    /// What both have in common.
    Both(ServiceId, ServiceId),
    /// The packets of `of` that are not in `minus`.
    Except {
        /// What is kept.
        of: ServiceId,
        /// What is taken away.
        minus: ServiceId,
    },
    /// A set that the configuration does not determine (application, unknown name): any packet, or none.
    Unknown {
        /// Why.
        reason: Text,
    },
}
