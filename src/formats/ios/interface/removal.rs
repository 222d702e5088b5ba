//! `no X` and `default X` inside an interface: what an earlier line set is taken back.

use super::{Iface, Side};
use crate::formats::lines::ConfigLine;
use crate::net::{Family, netmask_len};
use std::net::IpAddr;

/// Takes back what the line names; whether it is understood.
pub(super) fn take_back(iface: &mut Iface<'_>, line: &ConfigLine<'_>) -> bool {
    let word = |at: usize| line.word(1 + at);
    match (word(0), word(1)) {
        ("shutdown", _) => iface.down = false,
        ("switchport", "") => iface.routed = true,
        ("switchport", what) => return switchport(iface, what),
        ("ip", "address") => addresses(iface, line, Family::V4),
        ("ipv6", "address") => addresses(iface, line, Family::V6),
        ("ip" | "ipv6", "unnumbered") | ("access-group", "mode") => {}
        ("vrf", "forwarding") | ("ip", "vrf") => iface.vrf = None,
        ("zone-member", _) => iface.zone = None,
        ("ip", "access-group") => return group(iface, line, Family::V4),
        ("ipv6", "traffic-filter") => return group(iface, line, Family::V6),
        ("ip", "nat") => nat(iface, word(2)),
        ("ip", "policy") => iface.policies.retain(|(family, ..)| *family != Family::V4),
        ("ipv6", "policy") => iface.policies.retain(|(family, ..)| *family != Family::V6),
        ("encapsulation", "dot1Q" | "dot1q" | "isl") => iface.vlan = None,
        ("crypto", "map") => iface.crypto = None,
        ("crypto", "ipsec") if word(2) == "client" && word(5) != "inside" => iface.crypto = None,
        // What was learnt or inspected elsewhere on the interface is not told apart; keeping it lets more pass.
        ("ppp", "ipcp") if word(2) == "route" => {}
        ("ip" | "ipv6", "inspect") => {}
        _ => return false,
    }
    true
}

/// The port is what it is by default: in VLAN 1, a trunk of every VLAN.
fn switchport(iface: &mut Iface<'_>, what: &str) -> bool {
    match what {
        "access" => iface.access_vlan = None,
        "trunk" => iface.trunk_vlans.clear(),
        "mode" => iface.trunk = true,
        _ => return false,
    }
    true
}

/// `no ip address`, all of a family, or one.
fn addresses(iface: &mut Iface<'_>, line: &ConfigLine<'_>, family: Family) {
    let operand = line.word(3);
    let (address, len) = operand.split_once('/').unwrap_or((operand, ""));
    let len: Option<u8> = match len {
        "" => line.word(4).parse().ok().and_then(netmask_len),
        len => len.parse().ok(),
    };
    match address.parse::<IpAddr>() {
        Ok(address) => iface
            .addresses
            .retain(|own| own.address != address || len.is_some_and(|len| len != own.len)),
        // Whether an address is learnt is kept for both families as one; it stays, and the address is not known.
        Err(_) => iface.addresses.retain(|own| Family::of(own.address) != family),
    }
}

/// Whether the list of a direction is gone, or none was bound there; another list that stays is a line that is not understood.
fn group(iface: &mut Iface<'_>, line: &ConfigLine<'_>, family: Family) -> bool {
    let (name, way) = (line.word(3), line.word(4));
    let inbound = match way {
        "in" => true,
        "out" => false,
        _ => return false,
    };
    let here = |group: &super::AccessGroup<'_>| group.family == family && group.inbound == inbound;
    iface.groups.retain(|group| !here(group) || group.name.text != name);
    !iface.groups.iter().any(here)
}

fn nat(iface: &mut Iface<'_>, side: &str) {
    let gone = match side {
        "inside" => Side::Inside,
        "outside" => Side::Outside,
        "enable" => Side::Both,
        _ => return,
    };
    iface.nat.retain(|side| *side != gone);
}
