//! How much an address or service object holds.

use super::parts::Parts;
use crate::model::{
    AddressId, AddressSet, AddressWithin, Device, Line, ServiceId, ServiceSet, Translated,
};
use crate::net::{Family, TCP_ACK, TCP_RST};

/// How wide an address set is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Breadth {
    /// Single hosts, a sliver of a network, or not known.
    Hosts,
    /// A network: 32 addresses or more (IPv6: a /64).
    Network,
    /// Several networks, a /16 or more (IPv6: a /48).
    Wide,
    /// Every address of the family.
    Any,
}

/// How wide `id` is in `family`.
pub(super) fn addresses(device: &Device, id: AddressId, family: Family) -> Breadth {
    let mut parts = Parts::of(id);
    let (mut count, mut networks, mut everything) = (0u128, 0usize, false);
    let network = match family {
        Family::V4 => 32,
        Family::V6 => 1 << 64,
    };
    while let Some(id) = parts.next() {
        match &device.addresses[id].value {
            AddressSet::Any => everything = true,
            AddressSet::Range(range) if range.family() == family => {
                let (first, last) = range.numbers();
                everything |= first == 0 && last == family.last();
                let size = (last - first).saturating_add(1);
                count = count.saturating_add(size);
                networks += usize::from(size >= network);
            }
            AddressSet::Wildcard(mask) if family == Family::V4 => {
                let size = 1u128 << mask.ignore.count_ones();
                everything |= mask.ignore == u32::MAX;
                count = count.saturating_add(size);
                networks += usize::from(size >= network);
            }
            AddressSet::Union(members) => parts.add(members),
            AddressSet::Except { of, .. } => {
                // All but a few is wide, but not any.
                match addresses_of_rest(device, *of, family) {
                    true => networks += 2,
                    false => parts.add([of]),
                }
            }
            _ => {}
        }
    }
    let wide = match family {
        Family::V4 => 1 << 16,
        Family::V6 => 1 << 80,
    };
    match (everything, networks, count) {
        (true, ..) => Breadth::Any,
        (_, 2.., _) => Breadth::Wide,
        (.., count) if count >= wide => Breadth::Wide,
        (_, 1, _) => Breadth::Network,
        _ => Breadth::Hosts,
    }
}

/// Whether `id` may hold an address of `family`.
pub(super) fn holds(device: &Device, id: AddressId, family: Family) -> bool {
    let mut parts = Parts::of(id);
    while let Some(id) = parts.next() {
        match &device.addresses[id].value {
            AddressSet::Any => return true,
            AddressSet::Range(range) if range.family() == family => return true,
            AddressSet::Wildcard(_) if family == Family::V4 => return true,
            AddressSet::Union(members) => parts.add(members),
            AddressSet::Except { of, .. } => parts.add([of]),
            AddressSet::Unknown { within, .. } => match within {
                AddressWithin::Family(other) if *other != family => {}
                _ => return true,
            },
            _ => {}
        }
    }
    false
}

/// Whether the set from which something is taken away is everything.
fn addresses_of_rest(device: &Device, of: AddressId, family: Family) -> bool {
    match &device.addresses[of].value {
        AddressSet::Any => true,
        AddressSet::Range(range) => {
            range.family() == family && range.numbers() == (0, family.last())
        }
        _ => false,
    }
}

/// Whether `id` holds every packet.
pub(super) fn any_service(device: &Device, id: ServiceId) -> bool {
    let mut parts = Parts::of(id);
    while let Some(id) = parts.next() {
        match &device.services[id].value {
            ServiceSet::Any => return true,
            ServiceSet::Union(members) => parts.add(members),
            _ => {}
        }
    }
    false
}

/// Whether `id` holds nothing but what a network needs to work at all: ICMP, DHCP, routing and redundancy protocols, and
/// packets of connections that are already open.
pub(super) fn plumbing(device: &Device, id: ServiceId) -> bool {
    let mut parts = Parts::of(id);
    while let Some(id) = parts.next() {
        match &device.services[id].value {
            ServiceSet::Icmp { .. } => {}
            ServiceSet::Protocol(protocol) if PLUMBING.contains(protocol) => {}
            ServiceSet::Ports { flags, .. } if flags.value & (TCP_ACK | TCP_RST) != 0 => {}
            ServiceSet::Ports { protocol: UDP, destination, .. }
                if DHCP.iter().any(|(first, last)| {
                    (*first..=*last).contains(&destination.first())
                        && (*first..=*last).contains(&destination.last())
                }) => {}
            ServiceSet::Union(members) => parts.add(members),
            _ => return false,
        }
    }
    true
}

const UDP: u8 = 17;
/// ICMP, IGMP, ICMPv6, EIGRP, OSPF, PIM, VRRP.
const PLUMBING: [u8; 7] = [1, 2, 58, 88, 89, 103, 112];
/// Ports of DHCP and DHCPv6.
const DHCP: [(u16, u16); 2] = [(67, 68), (546, 547)];

/// Whether the line applies to new connections whatever their past, as far as its conditions are known.
pub(super) fn unconditional(line: &Line) -> bool {
    let matches = &line.matches;
    matches.unknown.is_empty()
        && matches.states.is_none()
        && matches!(matches.translated, Translated::Ignored | Translated::Untouched)
}
