//! The policy file: what must not and what must be reachable, and the waivers.

mod csv;
mod join;
mod pack;
mod read;
mod requirements;
mod schema;
mod shipped;
mod verb;

pub use csv::{ZoneName, read_csv};
pub use join::{Joined, join};
pub use pack::{Category, Edition, FactLabel, Need, Of, Pack, PackRole, Permit, WaiverTerms};
pub use read::{read, read_pack, read_party, read_service};
pub use requirements::{CheckKind, Checkable, Requirement, checks, requirements};
pub use schema::schema;
pub use shipped::{SHIPPED, Shipped, shipped, shipped_pack};
pub use verb::Verb;

use crate::finding::{Basis, Severity};
use crate::net::{Family, PortRange, Prefix};
use crate::source::{Span, Spanned};
use crate::text::Text;

/// The policy as the file states it; names are not resolved yet.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    /// The packs that it uses, in order.
    pub packs: Vec<PackUse>,
    /// The policy rules, in order; those of packs come first once [`join`] has put them in.
    pub rules: Vec<PolicyRule>,
    /// The conditional cells that declared flows may instantiate.
    pub permits: Vec<Permit>,
    /// Declared flows, in order.
    pub flows: Vec<DeclaredFlow>,
    /// What configurations cannot show.
    pub facts: Vec<Fact>,
    /// The register of external connections (外部接続台帳); `None` when there is none.
    pub register: Option<Vec<ExternalConnection>>,
    /// The waivers, in order.
    pub waivers: Vec<Waiver>,
    /// What the packs demand of waivers.
    pub waiver_terms: Vec<WaiverTerms>,
    /// Groups of destinations by name.
    pub categories: Vec<Category>,
    /// The roles of zones, hosts and devices that the packs in use know; empty without packs.
    pub roles: Vec<PackRole>,
    /// Of each pack in use, the roles of which no zone may have two.
    pub apart: Vec<Vec<String>>,
    /// The packs in force.
    pub joined: Vec<Joined>,
    /// What facts are called, in the words of the packs.
    pub fact_labels: Vec<FactLabel>,
    /// Names of permits that the packs have in other editions only.
    pub other_permits: Vec<String>,
}

/// A pack that the policy uses.
#[derive(Clone, Debug)]
pub struct PackUse {
    /// The identifier of a shipped pack, or the path of a file beside the policy.
    pub name: Spanned<String>,
    /// The edition; `None`: the one in force on the day of the scan, or the newest.
    pub edition: Option<Spanned<String>>,
}

/// A flow that somebody declared: who may open what to whom, and on what it rests.
#[derive(Clone, Debug)]
pub struct DeclaredFlow {
    /// The identifier.
    pub id: String,
    /// The permit that it instantiates; `None`: it is allowed by rules that name no permit only.
    pub permit: Option<Spanned<String>>,
    /// Sources.
    pub from: Vec<Party>,
    /// Destinations.
    pub to: Vec<Party>,
    /// Services; empty means every one.
    pub services: Vec<Service>,
    /// Whether either side may open it.
    pub both_ways: bool,
    /// The document.
    pub document: Option<String>,
    /// Days since 1970-01-01 of its first day.
    pub since: Option<i32>,
    /// Days since 1970-01-01 of its last day.
    pub until: Option<i32>,
    /// Where it stands.
    pub span: Span,
}

/// Something that configurations cannot show and somebody stated.
#[derive(Clone, Debug)]
pub struct Fact {
    /// The zone, host, device or flow that it is about, or `organisation`.
    pub of: Spanned<String>,
    /// Which fact: `internet-connected`, `risk-assessment`…
    pub name: String,
    /// Its value: `true`, `false` or a word.
    pub value: String,
    /// What shows it.
    pub evidence: Option<String>,
    /// Days since 1970-01-01 on which it was confirmed.
    pub confirmed: Option<i32>,
    /// Days since 1970-01-01 by which it is to be confirmed again.
    pub review: Option<i32>,
    /// Where it stands.
    pub span: Span,
}

/// An entry of the register of external connections.
#[derive(Clone, Debug)]
pub struct ExternalConnection {
    /// `device:interface`, or the name of an opaque device.
    pub at: Spanned<String>,
    /// What it leads to.
    pub to: Option<String>,
    /// What it is for.
    pub purpose: Option<String>,
    /// The roles that approved it.
    pub approved_by: Vec<String>,
    /// Days since 1970-01-01 of the approval.
    pub approved: Option<i32>,
    /// The contract.
    pub contract: Option<String>,
    /// Days since 1970-01-01 by which it is to be reviewed.
    pub review: Option<i32>,
    /// Where it stands.
    pub span: Span,
}

/// One policy rule. It says who may *open* a connection to whom.
#[derive(Clone, Debug)]
pub struct PolicyRule {
    /// The identifier; of a pack's rule `pack/rule`.
    pub id: String,
    /// What it says, in the words of its pack; made from the rule when it has none.
    pub title: Option<Text>,
    /// The pack that it comes from. Roles that nobody has are then left out instead of being errors.
    pub pack: Option<String>,
    /// What it demands.
    pub verb: Verb,
    /// Where connections start; any of these.
    pub from: Vec<Party>,
    /// Where they end; any of these.
    pub to: Vec<Party>,
    /// Which services; empty means every one.
    pub services: Vec<Service>,
    /// Flows that the rule does not speak of (not with `require`).
    pub except: Vec<Except>,
    /// Whether chains of compromised hosts are judged, too (with verbs that forbid only).
    pub stepping_stones: bool,
    /// Devices, or `role:` and a role of devices, each of which must stop the flow alone, with the place of the name.
    pub enforce_at: Vec<(String, Span)>,
    /// How grave a violation is.
    pub severity: Severity,
    /// Document and clause.
    pub basis: Option<Basis>,
    /// The requirements that it serves (`OG-08`).
    pub requirements: Vec<String>,
    /// The editions of its pack that hold it; empty means all.
    pub editions: Vec<Spanned<String>>,
    /// Where it stands.
    pub span: Span,
}

/// Roles that the analysis itself knows: hosts that are reachable from outside, and cut points of stepping stones.
const OWN_ROLES: [&str; 7] =
    ["published", "relay", "sanitizer", "screen-gateway", "proxy", "mail-relay", "mfp"];

impl Policy {
    /// Every role that something speaks of: packs, rules, flows, or the analysis itself.
    #[must_use]
    pub fn spoken_roles(&self) -> Vec<String> {
        let mut roles: Vec<String> = OWN_ROLES.iter().map(|role| (*role).to_owned()).collect();
        roles.extend(self.roles.iter().map(|role| role.id.clone()));
        let excepts = |rule: &PolicyRule| -> Vec<Party> {
            rule.except.iter().flat_map(|e| e.from.iter().chain(&e.to)).cloned().collect()
        };
        for rule in &self.rules {
            let parties = rule.from.iter().chain(&rule.to).cloned().chain(excepts(rule));
            roles.extend(parties.filter_map(Party::into_role));
            roles.extend(rule.enforce_at.iter().filter_map(|(name, _)| role_word(name)));
            if let Verb::Via { through } = &rule.verb {
                roles.extend(through.iter().filter_map(|(name, _)| role_word(name)));
            }
        }
        for permit in &self.permits {
            roles
                .extend(permit.from.iter().chain(&permit.to).cloned().filter_map(Party::into_role));
            roles.extend(permit.needs.iter().filter_map(|need| need.unless.clone()));
        }
        for flow in &self.flows {
            roles.extend(flow.from.iter().chain(&flow.to).cloned().filter_map(Party::into_role));
        }
        roles.sort();
        roles.dedup();
        roles
    }
}

fn role_word(name: &str) -> Option<String> {
    name.strip_prefix("role:").map(str::to_owned)
}

impl Party {
    /// The role that it names, when it names one.
    fn into_role(self) -> Option<String> {
        match self.who {
            Who::Role(role) => Some(role),
            _ => None,
        }
    }
}

impl PolicyRule {
    /// A rule of severity high that says no more than this.
    #[must_use]
    pub fn new(id: String, verb: Verb, flow: Except) -> PolicyRule {
        PolicyRule {
            id,
            title: None,
            pack: None,
            verb,
            from: flow.from,
            to: flow.to,
            services: flow.services,
            except: Vec::new(),
            stepping_stones: false,
            enforce_at: Vec::new(),
            severity: Severity::High,
            basis: None,
            requirements: Vec::new(),
            editions: Vec::new(),
            span: flow.span,
        }
    }
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

/// The source ports from which hosts open connections. Those below are the system's own (RFC 6335 §6), and often closed on purpose.
pub const CLIENT_PORTS: PortRange = PortRange::from(1024);

/// A service of a policy rule: `any`, `tcp`, `tcp/443`, `tcp/8000-8100`, `icmp/8`, `esp`, `proto/50`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Service {
    /// IP protocol; `None` is any.
    pub protocol: Option<u8>,
    /// Destination ports (TCP, UDP, SCTP…); [`PortRange::ALL`] unless written. For ICMP the type, in both ends.
    pub ports: PortRange,
}

impl Service {
    /// What it means in a family, where ICMP is another protocol with other numbers; `None` when no packet of the family has it.
    /// A type of ICMP without a counterpart in ICMPv6 may be any.
    #[must_use]
    pub fn within(self, family: Family) -> Option<Service> {
        match (self.protocol, family) {
            (Some(1), Family::V6) => {
                let one = self.ports.first() == self.ports.last();
                let kind = same_icmp_type(self.ports.first()).filter(|_| one);
                let ports = kind.map_or(PortRange::ALL, PortRange::single);
                Some(Service { protocol: Some(58), ports })
            }
            (Some(58), Family::V4) => None,
            _ => Some(self),
        }
    }
}

/// The type of ICMPv6 (RFC 4443) that means what a type of ICMP (RFC 792) means: echo, unreachable, time exceeded.
fn same_icmp_type(kind: u16) -> Option<u16> {
    match kind {
        0 => Some(129),
        3 => Some(1),
        8 => Some(128),
        11 => Some(3),
        _ => None,
    }
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
    /// The identifier; `None` when it has none.
    pub id: Option<String>,
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
    /// In which role.
    pub requested_role: Option<String>,
    /// Who allowed it.
    pub approved_by: Option<String>,
    /// In which role.
    pub approved_role: Option<String>,
    /// Days since 1970-01-01 on which it was set up without prior approval, in an emergency.
    pub emergency: Option<i32>,
    /// Days since 1970-01-01 on which the emergency was reported.
    pub reported: Option<i32>,
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
