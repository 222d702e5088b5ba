//! Whether the answer to a delivered packet comes back.

use super::packet::Packet;
use super::walk::Walker;
use super::{End, Ingress, Options, Origin, TraceVerdict};
use crate::net::{Flow, State, TCP_ACK, TCP_SYN};
use crate::snapshot::{Place, Snapshot};

/// Whether the answer to `flow`, which entered at `ingress` and ended at `end`, surely reaches its sender (`Some(true)`) or
/// surely does not (`Some(false)`); `None` when it depends, when `end` is no delivery, or when nothing answers such a packet.
///
/// Devices on the way of `end` know the connection: their stateful filters pass the answer and their translations are taken
/// back. A stateful device elsewhere sees an answer to nothing.
#[must_use]
pub fn round_trip(snapshot: &Snapshot, ingress: Ingress, flow: &Flow, end: &End) -> Option<bool> {
    end.place()?;
    let answer = answer(&end.packet)?;
    let mut walker = Walker::new(snapshot, Options::default(), end.crossings.clone());
    match end.origin? {
        Origin::Segment(segment) => walker.start(Ingress::Segment(segment), answer),
        Origin::Behind(opaque) => {
            walker.start_behind(opaque, super::traveller::Traveller::new(answer));
        }
        Origin::Device(device, context) => walker.originate(device, context, answer),
    }
    let trace = walker.finish();
    let wanted = Packet::new(flow).swapped();
    let comes_back = |end: &End| {
        let header = end.packet.source == wanted.source
            && end.packet.destination == wanted.destination
            && end.packet.source_port == wanted.source_port
            && end.packet.destination_port == wanted.destination_port;
        header && end.place().is_some_and(|place| is_home(snapshot, ingress, flow, place))
    };
    match trace.verdict_where(comes_back) {
        TraceVerdict::Delivered => Some(true),
        TraceVerdict::Dropped => Some(false),
        TraceVerdict::Undetermined => None,
    }
}

/// The header of the answer. A device that does not know the connection sees an unasked-for packet: for TCP and ICMP one that
/// belongs to nothing, for others one that opens a connection of its own.
fn answer(packet: &Packet) -> Option<Packet> {
    let mut answer = packet.swapped();
    answer.state = State::Invalid;
    match (packet.protocol, packet.icmp_type) {
        (6, _) => answer.tcp_flags = TCP_SYN | TCP_ACK,
        (1, 8) => answer.icmp_type = 0,
        (58, 128) => answer.icmp_type = 129,
        (1 | 58, _) => return None,
        _ => answer.state = State::New,
    }
    Some(answer)
}

/// Whether `place` is where the sender is.
fn is_home(snapshot: &Snapshot, ingress: Ingress, flow: &Flow, place: Place) -> bool {
    let in_a_zone = || snapshot.zones.ids().any(|zone| snapshot.zone_holds(zone, flow.src));
    match (place, ingress) {
        (Place::Zone(zone), Ingress::Zone(sender)) => zone == sender,
        (Place::Zone(zone), _) => snapshot.zone_holds(zone, flow.src),
        (Place::Device(device), _) => {
            let mut interfaces = snapshot.devices[device].interfaces.iter();
            interfaces.any(|(_, i)| i.addresses.iter().any(|own| own.address == flow.src))
        }
        (Place::Unzoned(segment), Ingress::Port(port)) => {
            !in_a_zone() && snapshot.segment_of(port) == Some(segment)
        }
        (Place::Unzoned(segment), Ingress::Segment(sender)) => !in_a_zone() && segment == sender,
        (Place::Unzoned(_), Ingress::Zone(_)) => false,
    }
}
