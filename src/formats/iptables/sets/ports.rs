//! The port part of a member of a set.

use super::super::options;
use super::super::rule::Side;
use crate::formats::builder::Builder;
use crate::model::{ServiceId, TcpFlags};
use crate::net::PortRange;
use crate::source::Span;

/// What a port part stands for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Port {
    Ports(u8, PortRange),
    /// TCP and UDP.
    Both(PortRange),
    Icmp(u8, Option<(u8, u8)>, Option<(u8, u8)>),
    Protocol(u8),
}

/// `tcp:80-90`, `udp:53`, `icmp:8/0`, `vrrp:0`, `80`, which is of TCP unless the set (`kind`) holds ports alone.
pub(super) fn port(word: &str, kind: &str) -> Option<Port> {
    let (protocol, rest) = match word.split_once(':') {
        Some((protocol, rest)) => (Some(options::protocol(protocol)?), rest),
        None => (None, word),
    };
    let ports = || {
        let (first, last) = rest.split_once('-').unwrap_or((rest, rest));
        PortRange::new(options::port(first)?, options::port(last)?)
    };
    Some(match protocol {
        None if kind == "bitmap:port" => Port::Both(ports()?),
        None => Port::Ports(6, ports()?),
        Some(number @ (6 | 17 | 132 | 136)) => Port::Ports(number, ports()?),
        Some(number @ (1 | 58)) => {
            let (types, codes) = options::icmp(rest, number == 58)?;
            Port::Icmp(number, types, codes)
        }
        Some(number) => Port::Protocol(number),
    })
}

pub(super) fn service(builder: &mut Builder, port: Port, side: Side, span: Span) -> ServiceId {
    let mut one = |protocol, range| {
        let (source, destination) = match side {
            Side::Destination => (PortRange::ALL, range),
            _ => (range, PortRange::ALL),
        };
        builder.ports(protocol, source, destination, TcpFlags::ANY, span)
    };
    match port {
        Port::Ports(protocol, range) => one(protocol, range),
        Port::Both(range) => {
            let both = vec![one(6, range), one(17, range)];
            builder.services(both, span)
        }
        Port::Icmp(protocol, types, codes) => builder.icmp(protocol, types, codes, span),
        Port::Protocol(number) => builder.protocol(number, span),
    }
}
