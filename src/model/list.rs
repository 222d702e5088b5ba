//! Ordered rule lists: filters, chains and translation lists have one shape.

use super::{AddressId, Interfaces, ListId, RewriteId, ScheduleId, ServiceId};
use crate::net::State;
use crate::source::Span;
use crate::text::Text;

/// Lines in order of evaluation; the first that matches decides.
#[derive(Clone, Debug, Default)]
pub struct RuleList {
    /// The name in the configuration (`OUT_IN`, `policy`).
    pub name: String,
    /// The lines, in the order in which the device evaluates them (not the order of their numbers).
    pub lines: Vec<Line>,
}

/// One line.
#[derive(Clone, Debug)]
pub struct Line {
    /// How an engineer names it: `policy 4`, `OUT_IN line 3`.
    pub label: String,
    /// When it applies.
    pub matches: Match,
    /// What it does.
    pub action: Action,
    /// False when the configuration switches the line off; it then never applies, and hygiene rules look at it.
    pub enabled: bool,
    /// Whether matched traffic is logged; `None` when the format has no such setting on a line.
    pub log: Option<bool>,
    /// Comment, remark or description that belongs to it.
    pub comment: Option<String>,
    /// Where it stands: the whole block of a multi-line entry, whose first line is the one that is blamed.
    pub span: Span,
}

/// What a line does with a packet that matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// Lets it pass this list (in a translation list: leaves it as it is, and ends the list).
    Permit,
    /// Stops it.
    Deny,
    /// Permit or deny, not known which: an unread line inside a list. In a translation list it may also change both addresses
    /// to anything.
    Undecided,
    /// Goes through another list, and comes back after it when that list decides nothing.
    Jump(ListId),
    /// Leaves this list as if it had ended without a match.
    Return,
    /// Changes the header and ends the list. In translation lists only.
    Rewrite(RewriteId),
}

/// A condition on whether the destination was translated by this device before, since the packet came in. A rewrite counts
/// when it has a destination map (a destination port map for protocols with ports), even if the value comes out the same.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum Translated {
    /// No condition.
    #[default]
    Ignored,
    /// Only packets whose destination no rewrite of this device changed.
    Untouched,
    /// Only packets whose destination one of these rewrites changed.
    By(Vec<RewriteId>),
    /// Only packets whose destination some rewrite of this device changed.
    Touched,
}

/// Something in a condition that could not be read or resolved.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Unknown {
    /// Why, and what would settle it.
    pub reason: Text,
    /// The words that cause it.
    pub span: Span,
}

/// When a line applies: all conditions together. A non-empty `unknown` says: at most this, perhaps less.
#[derive(Clone, Debug)]
pub struct Match {
    /// Where the packet came in.
    pub ingress: Interfaces,
    /// Where it is about to leave; must be [`Interfaces::Any`] in stages before the route.
    pub egress: Interfaces,
    /// Source addresses.
    pub source: AddressId,
    /// Destination addresses.
    pub destination: AddressId,
    /// Protocol, ports, ICMP, flags.
    pub service: ServiceId,
    /// Connection states; `None` is any.
    pub states: Option<Vec<State>>,
    /// Whether the destination was translated before.
    pub translated: Translated,
    /// When it is active; `None` is always.
    pub schedule: Option<ScheduleId>,
    /// Further conditions that could not be read.
    pub unknown: Vec<Unknown>,
}

impl Match {
    /// Packets of a service between addresses, under no further condition.
    #[must_use]
    pub fn between(source: AddressId, destination: AddressId, service: ServiceId) -> Match {
        Match {
            ingress: Interfaces::Any,
            egress: Interfaces::Any,
            source,
            destination,
            service,
            states: None,
            translated: Translated::Ignored,
            schedule: None,
            unknown: Vec::new(),
        }
    }
}
