//! A packet on its way, with everything that is remembered about the way.

use super::packet::{Cut, Field, Packet};
use crate::finding::{Cause, Hop, HopAction, HopLine};
use crate::model::{ContextId, InterfaceId, RewriteId};
use crate::net::AddressRange;
use crate::snapshot::{DeviceId, OpaqueId, Port};
use crate::source::Span;

/// How many causes one path keeps.
const MAX_CAUSES: usize = 32;

/// A visit of a packet to a context of a device.
#[derive(Clone, Debug)]
pub(super) struct Visit {
    pub(super) device: DeviceId,
    pub(super) context: ContextId,
    /// `None` for a packet that the device itself sends.
    pub(super) ingress: Option<InterfaceId>,
    /// Whether the device has let the connection open before.
    pub(super) session: bool,
    /// What the device changed when it did.
    pub(super) crossing: Option<Crossing>,
}

/// A device that a packet went through, with the header before and after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Crossing {
    pub(super) device: DeviceId,
    pub(super) egress: InterfaceId,
    pub(super) before: Packet,
    pub(super) after: Packet,
}

/// A place where a packet is received.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Receiver {
    Port(Port),
    Opaque(OpaqueId),
}

/// A packet on its way.
#[derive(Clone, Debug)]
pub(super) struct Traveller {
    pub(super) packet: Packet,
    /// The header on arrival at the device where it is.
    pub(super) arrived: Packet,
    pub(super) certain: bool,
    /// Whether it took a way that exists beside the proper one: see [`super::End::aside`].
    pub(super) aside: bool,
    /// Whether it would go on at any time, not only within a schedule.
    pub(super) lasting: bool,
    pub(super) hops: Vec<Hop>,
    pub(super) devices: Vec<DeviceId>,
    pub(super) causes: Vec<Cause>,
    pub(super) crossings: Vec<Crossing>,
    pub(super) received: Vec<(Receiver, Packet)>,
    /// The rewrites of the device where it is that changed the destination.
    pub(super) touched: Vec<RewriteId>,
    /// Fields whose value is not known, and why. Unlike a pool, where every member is a real choice, only one value is real:
    /// as soon as the way depends on it, nothing is certain.
    pub(super) unknown: Vec<(Field, Cause)>,
    /// How often it changed the context inside the device where it is.
    pub(super) leaks: usize,
}

impl Traveller {
    pub(super) fn new(packet: Packet) -> Traveller {
        Traveller {
            packet,
            arrived: packet,
            certain: true,
            aside: false,
            lasting: true,
            hops: Vec::new(),
            devices: Vec::new(),
            causes: Vec::new(),
            crossings: Vec::new(),
            received: Vec::new(),
            touched: Vec::new(),
            unknown: Vec::new(),
            leaks: 0,
        }
    }

    pub(super) fn set(&mut self, field: Field, range: AddressRange) {
        self.unknown.retain(|(known, _)| *known != field);
        match field {
            Field::Source => self.packet.source = range,
            Field::Destination => self.packet.destination = range,
            Field::SourcePort | Field::DestinationPort => {}
        }
    }

    /// Records a line at the device where the packet is.
    pub(super) fn note(&mut self, line: HopLine) {
        if let Some(hop) = self.hops.last_mut() {
            hop.lines.push(line);
        }
    }

    pub(super) fn noting(mut self, span: Option<Span>, label: &str, action: HopAction) -> Self {
        self.note(HopLine { span, label: label.to_owned(), action });
        self
    }

    /// The same packet, which may not be here, and why.
    pub(super) fn doubting(mut self, causes: Vec<Cause>) -> Self {
        self.certain = false;
        for cause in causes {
            if self.causes.len() < MAX_CAUSES && !self.causes.contains(&cause) {
                self.causes.push(cause);
            }
        }
        self
    }

    /// The same packet on a way beside the proper one.
    pub(super) fn beside(mut self) -> Self {
        self.aside = true;
        self
    }

    /// Makes an address one that is not known.
    pub(super) fn forget(&mut self, field: Field, range: AddressRange, cause: Cause) {
        self.set(field, range);
        self.unknown.push((field, cause));
    }

    /// Whether the value of the field is not known.
    pub(super) fn is_unknown(&self, field: Field) -> bool {
        self.unknown.iter().any(|(unknown, _)| *unknown == field)
    }

    /// The parts below and from the cut; only one of them is real when the field is not known.
    pub(super) fn split(&self, cut: Cut) -> Vec<Traveller> {
        let causes = self.unknown.iter().filter(|(field, _)| *field == cut.field);
        let causes: Vec<Cause> = causes.map(|(_, cause)| cause.clone()).collect();
        let whole = if causes.is_empty() { self.clone() } else { self.clone().doubting(causes) };
        let parts = self.packet.split(cut);
        parts.into_iter().map(|packet| Traveller { packet, ..whole.clone() }).collect()
    }
}
