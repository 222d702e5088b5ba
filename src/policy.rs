//! The policy file: what must not and what must be reachable, and the waivers.

mod csv;
mod read;
mod schema;

pub use csv::{ZoneName, read_csv};
pub use read::{read, read_party, read_service};
pub use schema::schema;

use crate::finding::{Basis, Severity};
use crate::net::{PortRange, Prefix};
use crate::source::Span;

/// The policy as the file states it; names are not resolved yet.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    /// The policy rules, in order.
    pub rules: Vec<PolicyRule>,
    /// The waivers, in order.
    pub waivers: Vec<Waiver>,
}

/// One policy rule. It says who may *open* a connection to whom.
#[derive(Clone, Debug)]
pub struct PolicyRule {
    /// The identifier.
    pub id: String,
    /// What it demands.
    pub verb: Verb,
    /// Where connections start; any of these.
    pub from: Vec<Party>,
    /// Where they end; any of these.
    pub to: Vec<Party>,
    /// Which services; empty means every one.
    pub services: Vec<Service>,
    /// Flows that the rule does not speak of (`deny` only).
    pub except: Vec<Except>,
    /// Whether chains of compromised hosts are judged, too (`deny` only).
    pub stepping_stones: bool,
    /// Devices each of which must stop the flow alone (`deny` only), with the place of the name.
    pub enforce_at: Vec<(String, Span)>,
    /// How grave a violation is.
    pub severity: Severity,
    /// Document and clause.
    pub basis: Option<Basis>,
    /// Where it stands.
    pub span: Span,
}

/// What a policy rule demands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// No packet may open a connection; `both_ways` forbids the opposite direction as well.
    Deny {
        /// Whether the opposite direction is forbidden, too.
        both_ways: bool,
    },
    /// Every packet named must pass.
    Require,
}

/// A party of a policy rule, with the place of its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Party {
    /// Who.
    pub who: Who,
    /// Where it stands.
    pub span: Span,
}

/// Who a party is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    /// `*`: every zone (as `to`, not the devices themselves).
    Everyone,
    /// A bare name: the zone with this identifier or, when there is no such zone, the host. The file alone does not say which.
    Zone(String),
    /// `zone.host`, or a host by its identifier.
    Host {
        /// The zone, when written.
        zone: Option<String>,
        /// The host.
        host: String,
    },
    /// `self:device`: the device's own addresses; `self:*` (`None`) every device. Only as `to`.
    Device(Option<String>),
    /// `role:NAME`: every zone or host with the role.
    Role(String),
    /// A prefix inside the zones that hold it.
    Network(Prefix),
}

/// A service of a policy rule: `any`, `tcp`, `tcp/443`, `tcp/8000-8100`, `icmp/8`, `esp`, `proto/50`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Service {
    /// IP protocol; `None` is any.
    pub protocol: Option<u8>,
    /// Destination ports (TCP, UDP, SCTP…); [`PortRange::ALL`] unless written. For ICMP the type, in both ends.
    pub ports: PortRange,
}

/// Flows that a `deny` does not speak of. An empty list means: as in the rule.
#[derive(Clone, Debug)]
pub struct Except {
    /// Sources.
    pub from: Vec<Party>,
    /// Destinations.
    pub to: Vec<Party>,
    /// Services.
    pub services: Vec<Service>,
    /// Where it stands.
    pub span: Span,
}

/// A waiver, 例外措置: covers exactly the packets that it names.
#[derive(Clone, Debug)]
pub struct Waiver {
    /// The policy rule that it waives.
    pub rule: String,
    /// Sources.
    pub from: Vec<Party>,
    /// Destinations.
    pub to: Vec<Party>,
    /// Services; empty means every one.
    pub services: Vec<Service>,
    /// Why.
    pub reason: String,
    /// Who asked for it.
    pub requested_by: Option<String>,
    /// Who allowed it.
    pub approved_by: Option<String>,
    /// The document.
    pub document: Option<String>,
    /// Days since 1970-01-01 on which it was decided.
    pub decided: Option<i32>,
    /// Days since 1970-01-01 by which it is to be reviewed.
    pub review: Option<i32>,
    /// Days since 1970-01-01 of its last day.
    pub until: Option<i32>,
    /// Where it stands.
    pub span: Span,
}

#[cfg(test)]
mod tests;
