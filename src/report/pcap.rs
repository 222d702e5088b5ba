//! Witness packets as a capture file: classic pcap, little endian, `LINKTYPE_RAW`. Times count microseconds from the epoch in
//! the order of the packets, since no clock is read.

use crate::finding::Finding;
use crate::net::Flow;
use crate::scan::Scan;
use pnet::packet::{icmp, icmpv6, ip::IpNextHeaderProtocol, ipv4, ipv6, tcp, udp};
use std::net::IpAddr;

/// Raw IP, either version.
const LINKTYPE_RAW: u32 = 101;
const SNAPLEN: u32 = 65_535;

pub(super) fn render(scan: &Scan) -> Vec<u8> {
    let mut out = Vec::new();
    out.extend(0xa1b2_c3d4_u32.to_le_bytes());
    out.extend(2_u16.to_le_bytes());
    out.extend(4_u16.to_le_bytes());
    out.extend([0; 8]);
    out.extend(SNAPLEN.to_le_bytes());
    out.extend(LINKTYPE_RAW.to_le_bytes());
    let flows = scan.findings.iter().flat_map(witnesses);
    for (index, packet) in flows.filter_map(|flow| packet(&flow)).enumerate() {
        let micros = u32::try_from(index).unwrap_or(u32::MAX);
        let length = u32::try_from(packet.len()).unwrap_or(SNAPLEN);
        out.extend((micros / 1_000_000).to_le_bytes());
        out.extend((micros % 1_000_000).to_le_bytes());
        out.extend(length.to_le_bytes());
        out.extend(length.to_le_bytes());
        out.extend(packet);
    }
    out
}

/// The witness of the finding, then those of the steps of its chains.
fn witnesses(finding: &Finding) -> Vec<Flow> {
    let steps = finding.chains.iter().flat_map(|chain| &chain.steps).map(|step| step.flow);
    finding.witness.into_iter().chain(steps).collect()
}

/// The packet; `None` when source and destination are of different families, which no flow is.
fn packet(flow: &Flow) -> Option<Vec<u8>> {
    let payload = transport(flow)?;
    match (flow.src, flow.dst) {
        (IpAddr::V4(src), IpAddr::V4(dst)) => {
            let total = 20 + payload.len();
            let mut out = vec![0; total];
            let mut header = ipv4::MutableIpv4Packet::new(&mut out)?;
            header.set_version(4);
            header.set_header_length(5);
            header.set_total_length(u16::try_from(total).ok()?);
            header.set_ttl(64);
            header.set_next_level_protocol(IpNextHeaderProtocol::new(flow.protocol));
            header.set_source(src);
            header.set_destination(dst);
            header.set_payload(&payload);
            let sum = ipv4::checksum(&header.to_immutable());
            header.set_checksum(sum);
            Some(out)
        }
        (IpAddr::V6(src), IpAddr::V6(dst)) => {
            let mut out = vec![0; 40 + payload.len()];
            let mut header = ipv6::MutableIpv6Packet::new(&mut out)?;
            header.set_version(6);
            header.set_payload_length(u16::try_from(payload.len()).ok()?);
            header.set_hop_limit(64);
            header.set_next_header(IpNextHeaderProtocol::new(flow.protocol));
            header.set_source(src);
            header.set_destination(dst);
            header.set_payload(&payload);
            Some(out)
        }
        _ => None,
    }
}

/// What follows the IP header; empty for protocols without a header of known form.
fn transport(flow: &Flow) -> Option<Vec<u8>> {
    match flow.protocol {
        6 => tcp_segment(flow),
        17 => udp_datagram(flow),
        1 => icmp_message(flow),
        58 => icmpv6_message(flow),
        _ => Some(Vec::new()),
    }
}

fn tcp_segment(flow: &Flow) -> Option<Vec<u8>> {
    let mut out = vec![0; 20];
    let mut segment = tcp::MutableTcpPacket::new(&mut out)?;
    segment.set_source(flow.source_port);
    segment.set_destination(flow.destination_port);
    segment.set_data_offset(5);
    segment.set_flags(flow.tcp_flags);
    segment.set_window(64_240);
    let sum = match (flow.src, flow.dst) {
        (IpAddr::V4(src), IpAddr::V4(dst)) => {
            tcp::ipv4_checksum(&segment.to_immutable(), &src, &dst)
        }
        (IpAddr::V6(src), IpAddr::V6(dst)) => {
            tcp::ipv6_checksum(&segment.to_immutable(), &src, &dst)
        }
        _ => return None,
    };
    segment.set_checksum(sum);
    Some(out)
}

fn udp_datagram(flow: &Flow) -> Option<Vec<u8>> {
    let mut out = vec![0; 8];
    let mut datagram = udp::MutableUdpPacket::new(&mut out)?;
    datagram.set_source(flow.source_port);
    datagram.set_destination(flow.destination_port);
    datagram.set_length(8);
    let sum = match (flow.src, flow.dst) {
        (IpAddr::V4(src), IpAddr::V4(dst)) => {
            udp::ipv4_checksum(&datagram.to_immutable(), &src, &dst)
        }
        (IpAddr::V6(src), IpAddr::V6(dst)) => {
            udp::ipv6_checksum(&datagram.to_immutable(), &src, &dst)
        }
        _ => return None,
    };
    // A computed zero is sent as all ones (RFC 768): zero would mean "no checksum".
    datagram.set_checksum(if sum == 0 { u16::MAX } else { sum });
    Some(out)
}

fn icmp_message(flow: &Flow) -> Option<Vec<u8>> {
    let mut out = vec![0; 8];
    let mut message = icmp::MutableIcmpPacket::new(&mut out)?;
    message.set_icmp_type(icmp::IcmpType::new(flow.icmp_type));
    message.set_icmp_code(icmp::IcmpCode::new(flow.icmp_code));
    let sum = icmp::checksum(&message.to_immutable());
    message.set_checksum(sum);
    Some(out)
}

fn icmpv6_message(flow: &Flow) -> Option<Vec<u8>> {
    let (IpAddr::V6(src), IpAddr::V6(dst)) = (flow.src, flow.dst) else { return Some(Vec::new()) };
    let mut out = vec![0; 8];
    let mut message = icmpv6::MutableIcmpv6Packet::new(&mut out)?;
    message.set_icmpv6_type(icmpv6::Icmpv6Type::new(flow.icmp_type));
    message.set_icmpv6_code(icmpv6::Icmpv6Code::new(flow.icmp_code));
    let sum = icmpv6::checksum(&message.to_immutable(), &src, &dst);
    message.set_checksum(sum);
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::{State, TCP_SYN};

    fn flow(src: &str, dst: &str, protocol: u8) -> Flow {
        let flow = Flow {
            src: src.parse().unwrap(),
            dst: dst.parse().unwrap(),
            protocol,
            source_port: 49152,
            destination_port: 445,
            tcp_flags: TCP_SYN,
            icmp_type: 8,
            icmp_code: 0,
            state: State::New,
        };
        flow.normalised()
    }

    /// The Internet checksum over all words; 0xffff when the stored checksum is right (RFC 1071).
    fn sum(parts: &[&[u8]]) -> u16 {
        let bytes: Vec<u8> = parts.concat();
        let mut total: u32 = bytes
            .chunks(2)
            .map(|w| u32::from(w[0]) << 8 | u32::from(*w.get(1).unwrap_or(&0)))
            .sum();
        while total > 0xffff {
            total = (total & 0xffff) + (total >> 16);
        }
        u16::try_from(total).unwrap()
    }

    #[test]
    fn checksums_are_right_by_an_own_count() {
        for protocol in [6, 17] {
            let v4 = packet(&flow("172.20.10.20", "172.20.40.10", protocol)).unwrap();
            assert_eq!(sum(&[&v4[..20]]), 0xffff);
            let length = [0, u8::try_from(v4.len() - 20).unwrap()];
            assert_eq!(sum(&[&v4[12..20], &[0, protocol], &length, &v4[20..]]), 0xffff);
            let v6 = packet(&flow("2001:db8::1", "2001:db8::2", protocol)).unwrap();
            let length = [0, 0, 0, u8::try_from(v6.len() - 40).unwrap()];
            assert_eq!(sum(&[&v6[8..40], &length, &[0, 0, 0, protocol], &v6[40..]]), 0xffff);
        }
        let ping = packet(&flow("10.0.0.1", "10.0.0.2", 1)).unwrap();
        assert_eq!((sum(&[&ping[20..]]), ping[20], ping[9]), (0xffff, 8, 1));
        let ping6 = packet(&flow("2001:db8::1", "2001:db8::2", 58)).unwrap();
        assert_eq!(sum(&[&ping6[8..40], &[0, 0, 0, 8, 0, 0, 0, 58], &ping6[40..]]), 0xffff);
    }

    #[test]
    fn other_protocols_are_a_bare_header() {
        let esp = packet(&flow("10.0.0.1", "10.0.0.2", 50)).unwrap();
        assert_eq!((esp.len(), esp[9]), (20, 50));
    }
}
