//! The independent judge: one concrete flow, hop by hop, line by line, over the [`Snapshot`].
//!
//! It is written from the documentation of [`crate::model`] and from the rules in [`crate::snapshot`] alone, as plainly as
//! possible, and shares no code with the symbolic engine. Uncertainty is kept as branches: wherever a device may do one thing
//! or another, the trace follows both. A member of an address or port pool stays unchosen (a range) until a condition tells
//! its members apart; then the packet is split there, so that no member is missed.

mod causes;
mod flows;
mod list;
mod packet;
mod proxy;
mod reply;
mod route;
mod segment;
mod stage;
mod traveller;
mod truth;
mod walk;

#[cfg(test)]
mod tests;

pub use flows::{COLUMNS, FlowError, FlowLine, FlowResult, FlowRow, judge_flows, read_flows};
pub use reply::round_trip;

use crate::finding::{Cause, Hop};
use crate::net::Flow;
use crate::snapshot::{DeviceId, OpaqueId, Place, Port, SegmentId, Snapshot, ZoneId};

/// Where a flow enters the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ingress {
    /// It arrives at this interface.
    Port(Port),
    /// A host of this zone sends it; it arrives wherever the zone is attached. The source may be outside the zone (forged).
    Zone(ZoneId),
    /// A host on this segment sends it.
    Segment(SegmentId),
}

/// What a caller can choose. Schedules are read at [`Snapshot::at`].
#[derive(Clone, Copy, Debug, Default)]
pub struct Options<'a> {
    /// Devices that have already let this connection open: they see its packets as established, their stateful filters pass
    /// them, and their translations do not apply to them.
    pub sessions: &'a [DeviceId],
    /// The only device whose filters count; all others permit everything (to ask whether it stops a flow alone).
    pub only_filters_of: Option<DeviceId>,
}

/// What became of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Disposition {
    /// It arrived.
    Delivered(Place),
    /// A filter stopped it.
    Denied,
    /// A router has no route for it.
    NoRoute,
    /// A route says to drop it.
    NullRouted,
    /// It came back to the same interface with the same header, or exceeded 128 hops.
    Loop,
    /// Its source or destination is multicast, broadcast, loopback or unspecified.
    NotForwardable,
    /// The interface that it should pass is down.
    InterfaceDown,
}

impl Disposition {
    /// The identifier in machine formats.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Disposition::Delivered(_) => "delivered",
            Disposition::Denied => "denied",
            Disposition::NoRoute => "no-route",
            Disposition::NullRouted => "null-routed",
            Disposition::Loop => "loop",
            Disposition::NotForwardable => "not-forwardable",
            Disposition::InterfaceDown => "interface-down",
        }
    }
}

/// One way that the packet can go, to its end.
#[derive(Clone, Debug)]
pub struct End {
    /// What became of it.
    pub disposition: Disposition,
    /// Whether this really happens, or is one of several choices that the devices make freely (equal routes, pool members);
    /// false when it rests on something that is not known.
    pub certain: bool,
    /// Whether it exists beside a proper way, and not in place of it: what an opaque router might do besides delivering,
    /// a U-turn that skips the filters, a router of the segment that the sender has no reason to use.
    pub aside: bool,
    /// Whether every filter on the way lets it pass at any time, not only within a schedule.
    pub lasting: bool,
    /// One header as it arrives, after all translation.
    pub flow: Flow,
    /// The devices on the way, with what decided at each.
    pub hops: Vec<Hop>,
    /// The devices on the way, each once, in order.
    pub devices: Vec<DeviceId>,
    /// What keeps it from being certain.
    pub causes: Vec<Cause>,
    origin: Option<Origin>,
    packet: packet::Packet,
    crossings: Vec<traveller::Crossing>,
}

/// Where an answer to a delivered packet starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Origin {
    Segment(SegmentId),
    Behind(OpaqueId),
    Device(DeviceId, crate::model::ContextId),
}

/// Everything that can become of one flow.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    /// Every way that the packet can go.
    pub ends: Vec<End>,
    /// Whether there were more branches than are followed; then nothing is said to be dropped.
    pub truncated: bool,
}

/// A trace in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TraceVerdict {
    /// Whatever the devices choose, it arrives.
    Delivered,
    /// Whatever the devices choose, it does not arrive.
    Dropped,
    /// It depends on a choice, or on something that is not known.
    Undetermined,
}

impl TraceVerdict {
    /// The identifier in machine formats.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            TraceVerdict::Delivered => "delivered",
            TraceVerdict::Dropped => "dropped",
            TraceVerdict::Undetermined => "undetermined",
        }
    }
}

impl End {
    /// Where it was delivered.
    #[must_use]
    pub fn place(&self) -> Option<Place> {
        match self.disposition {
            Disposition::Delivered(place) => Some(place),
            _ => None,
        }
    }
}

impl Trace {
    /// The trace in one word.
    #[must_use]
    pub fn verdict(&self) -> TraceVerdict {
        self.verdict_where(|_| true)
    }

    /// The trace in one word, where only ends at which `counts` holds count as delivered.
    fn verdict_where(&self, counts: impl Fn(&End) -> bool) -> TraceVerdict {
        let arrives = |end: &End| end.place().is_some() && counts(end);
        let mut proper = self.ends.iter().filter(|end| !end.aside).peekable();
        if self.truncated || self.ends.is_empty() {
            TraceVerdict::Undetermined
        } else if !self.ends.iter().any(arrives) {
            TraceVerdict::Dropped
        } else if proper.peek().is_some() && proper.all(|end| end.certain && arrives(end)) {
            TraceVerdict::Delivered
        } else {
            TraceVerdict::Undetermined
        }
    }

    /// Whether the packet is certain to reach `place`, or does so by a free choice of the devices.
    #[must_use]
    pub fn certainly_reaches(&self, place: Place) -> bool {
        self.ends.iter().any(|end| end.certain && end.place() == Some(place))
    }

    /// Whether the packet reaches `place` whatever the devices choose, whatever is not known, and at any time: every proper way
    /// ends there.
    #[must_use]
    pub fn always_reaches(&self, place: Place) -> bool {
        let mut proper = self.ends.iter().filter(|end| !end.aside).peekable();
        let arrives = |end: &End| end.lasting && end.place() == Some(place);
        !self.truncated && proper.peek().is_some() && proper.all(arrives)
    }

    /// Whether the widest reading lets the packet reach `place`; true when not every branch was followed.
    #[must_use]
    pub fn may_reach(&self, place: Place) -> bool {
        self.truncated || self.ends.iter().any(|end| end.place() == Some(place))
    }
}

/// Follows one flow from where it enters to every end that it can have.
#[must_use]
pub fn trace(snapshot: &Snapshot, ingress: Ingress, flow: Flow, options: &Options<'_>) -> Trace {
    let mut walker = walk::Walker::new(snapshot, *options, Vec::new());
    walker.start(ingress, packet::Packet::new(&flow));
    walker.finish()
}
