//! The words of `ip nat` rules.

use crate::formats::ios::names::IOS;
use crate::formats::lines::{ConfigLine, Word};
use crate::net::{AddressRange, Prefix};
use std::net::IpAddr;

/// The options after the operands of a rule.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Options<'a> {
    pub(super) vrf: Option<Word<'a>>,
    pub(super) route_map: Option<Word<'a>>,
    pub(super) overload: bool,
    pub(super) add_route: bool,
}

/// One static rule.
pub(super) struct Fixed<'a> {
    pub(super) protocol: Option<u8>,
    pub(super) local: AddressRange,
    /// `None`: the address of `interface`.
    pub(super) global: Option<AddressRange>,
    pub(super) interface: Option<Word<'a>>,
    pub(super) ports: Option<(u16, u16)>,
    pub(super) options: Options<'a>,
}

/// `[tcp|udp|esp|gre] L [PORT] {G|interface I} [PORT]`, `network L G {MASK|/LEN}`.
pub(super) fn fixed<'a>(head: &ConfigLine<'a>, mut at: usize) -> Option<Fixed<'a>> {
    if head.word(at) == "network" {
        let mask = head.word(at + 3);
        let len = match mask.strip_prefix('/') {
            Some(len) => len.parse().ok()?,
            None => crate::net::netmask_len(mask.parse().ok()?)?,
        };
        let side = |at: usize| Some(Prefix::new(head.word(at).parse().ok()?, len)?.range());
        let (local, global) = (side(at + 1)?, side(at + 2)?);
        return Some(Fixed {
            protocol: None,
            local,
            global: Some(global),
            interface: None,
            ports: None,
            options: options(head, at + 4),
        });
    }
    let protocol = match head.word(at) {
        "tcp" => Some(6),
        "udp" => Some(17),
        "esp" => Some(50),
        "gre" => Some(47),
        _ => None,
    };
    at += usize::from(protocol.is_some());
    let local: IpAddr = head.word(at).parse().ok()?;
    at += 1;
    let local_port = protocol.and_then(|protocol| port(protocol, head.word(at)));
    at += usize::from(local_port.is_some());
    let (global, interface) = if head.word(at) == "interface" {
        at += 1;
        (None, Some(head.words.get(at).copied()?))
    } else {
        (Some(AddressRange::single(head.word(at).parse().ok()?)), None)
    };
    at += 1;
    let named = protocol.filter(|_| local_port.is_some());
    let global_port = named.and_then(|protocol| port(protocol, head.word(at)));
    at += usize::from(global_port.is_some());
    if local_port.is_some() != global_port.is_some() || !local.is_ipv4() {
        return None;
    }
    let ports = local_port.zip(global_port);
    Some(Fixed {
        protocol,
        local: AddressRange::single(local),
        global,
        interface,
        ports,
        options: options(head, at),
    })
}

fn port(protocol: u8, word: &str) -> Option<u16> {
    let tables = if protocol == 17 { IOS.udp } else { IOS.tcp };
    let named = tables.iter().copied().flatten().find(|(name, _)| *name == word);
    named.map(|(_, port)| *port).or_else(|| word.parse().ok())
}

pub(super) fn options<'a>(head: &ConfigLine<'a>, at: usize) -> Options<'a> {
    let mut out = Options::default();
    for (index, word) in head.words.iter().enumerate().skip(at) {
        let next = head.words.get(index + 1).copied();
        match word.text {
            "vrf" => out.vrf = next,
            "route-map" => out.route_map = next,
            "overload" => out.overload = true,
            "add-route" => out.add_route = true,
            _ => {}
        }
    }
    out
}
