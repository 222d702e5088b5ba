//! The operands of interface commands.

use super::{AccessGroup, Iface, Side, Tunnelled};
use crate::formats::lines::{ConfigLine, Word};
use crate::model::InterfaceAddress;
use crate::net::{Family, Prefix, netmask_len};
use std::net::IpAddr;

/// VLAN numbers and ranges such as `10,20-30`, over several words.
pub(in crate::formats::ios) fn vlans(words: &[Word<'_>]) -> Option<Vec<(u16, u16)>> {
    let mut out = Vec::new();
    for part in words.iter().flat_map(|word| word.text.split(',')).filter(|part| !part.is_empty()) {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        out.push((first.parse().ok()?, last.parse().ok()?));
    }
    Some(out)
}

pub(super) fn switchport(iface: &mut Iface<'_>, line: &ConfigLine<'_>) -> bool {
    iface.switched = true;
    match (line.word(1), line.word(2), line.word(3)) {
        ("", ..) => iface.routed = false,
        ("mode", "trunk", _) => iface.trunk = true,
        ("mode", "dynamic", _) => iface.trunk = true,
        ("access", "vlan", number) => iface.access_vlan = number.parse().ok(),
        ("trunk", "allowed", "vlan") => {
            let skip = if line.word(4) == "add" { 5 } else { 4 };
            let listed = vlans(line.words.get(skip..).unwrap_or(&[]));
            iface.trunk_vlans.extend(listed.unwrap_or_else(|| vec![(1, 4094)]));
        }
        _ => {}
    }
    true
}

pub(super) fn address(iface: &mut Iface<'_>, line: &ConfigLine<'_>) -> bool {
    if matches!(line.word(2), "dhcp" | "negotiated" | "pool" | "slarp" | "autoip") {
        iface.dynamic = true;
        iface.learns = (line.word(2) == "dhcp").then_some(("dhcp", line.span)).or(iface.learns);
        return true;
    }
    let parsed = match line.word(2).split_once('/') {
        Some((address, len)) => address.parse().ok().zip(len.parse().ok().filter(|len| *len <= 32)),
        None => line.word(2).parse().ok().zip(line.word(3).parse().ok().and_then(netmask_len)),
    };
    let Some((address, len)) = parsed.filter(|(address, _): &(IpAddr, u8)| address.is_ipv4())
    else {
        return false;
    };
    let entry = InterfaceAddress { address, len, span: line.span };
    if line.words.iter().any(|word| word.text == "secondary") {
        iface.addresses.push(entry);
    } else {
        iface.addresses.insert(0, entry);
    }
    true
}

pub(super) fn address6(iface: &mut Iface<'_>, line: &ConfigLine<'_>) -> bool {
    let word = line.word(2);
    if matches!(word, "dhcp" | "autoconfig") {
        iface.dynamic = true;
        iface.learns =
            (line.word(3) == "default").then_some(("autoconfig", line.span)).or(iface.learns);
        return true;
    }
    if line.words.iter().any(|word| word.text == "link-local") {
        return word.parse::<IpAddr>().is_ok();
    }
    let split = word
        .split_once('/')
        .and_then(|(a, len)| Some((a.parse::<IpAddr>().ok()?, len.parse::<u8>().ok()?)));
    match split.filter(|(address, len)| address.is_ipv6() && *len <= 128) {
        Some((address, len)) => {
            iface.addresses.push(InterfaceAddress { address, len, span: line.span });
            true
        }
        None => {
            // A general prefix: the address comes from elsewhere.
            iface.dynamic = line.word(3).contains('/');
            iface.dynamic
        }
    }
}

pub(super) fn access_group<'a>(
    iface: &mut Iface<'a>,
    line: &ConfigLine<'a>,
    family: Family,
) -> bool {
    let inbound = match line.word(3) {
        "in" => true,
        "out" => false,
        _ => return false,
    };
    let Some(name) = line.words.get(2).copied().filter(|_| line.words.len() == 4) else {
        return false;
    };
    iface.groups.retain(|old| old.family != family || old.inbound != inbound);
    iface.groups.push(AccessGroup { family, inbound, name, span: line.span });
    true
}

pub(super) fn nat_side(iface: &mut Iface<'_>, line: &ConfigLine<'_>) -> bool {
    let side = match line.word(2) {
        "inside" => Side::Inside,
        "outside" => Side::Outside,
        "enable" => Side::Both,
        // `ip nat allow-static-host` and the like shape learning only.
        "allow-static-host" => return true,
        _ => return false,
    };
    iface.nat.push(side);
    true
}

pub(super) fn policy<'a>(iface: &mut Iface<'a>, line: &ConfigLine<'a>) -> bool {
    let family = if line.word(0) == "ip" { Family::V4 } else { Family::V6 };
    let Some(name) = line.words.get(3) else { return false };
    iface.policies.push((family, *name, line.span));
    true
}

/// `standby [G] ip A`, `vrrp G ip A`, `glbp G ip A`, and the IPv6 forms.
pub(super) fn virtual_address(iface: &mut Iface<'_>, line: &ConfigLine<'_>) {
    let at = line.words.iter().take(3).position(|word| matches!(word.text, "ip" | "ipv6"));
    let word = at.and_then(|at| line.words.get(at + 1)).map_or("", |word| word.text);
    let address = word.split('/').next().unwrap_or("").parse::<IpAddr>();
    if let Some(address) = address.ok().filter(|address| !is_link_local(*address)) {
        iface.virtuals.push((address, line.span));
    }
}

fn is_link_local(address: IpAddr) -> bool {
    Prefix::parse("fe80::/10").is_some_and(|prefix| prefix.contains(address))
}

/// `crypto map M`, `crypto ipsec client ezvpn E [outside]`.
pub(super) fn tunnelled<'a>(iface: &mut Iface<'a>, line: &ConfigLine<'a>) -> bool {
    let span = line.span;
    if line.word(1) == "map" {
        let map = line.words.get(2).copied();
        iface.crypto = Some(Tunnelled { map, span });
        return map.is_some();
    }
    if !line.starts(&["crypto", "ipsec", "client", "ezvpn"]) {
        return false;
    }
    if line.word(5) != "inside" {
        iface.crypto = Some(Tunnelled { map: None, span });
    }
    true
}
