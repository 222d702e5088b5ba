//! Packets as bytes, and headers read back from bytes.

use sekisho::finding::{Finding, Kind, Severity, Verdict};
use sekisho::net::Flow;
use sekisho::report::{self, Sink, Style};
use sekisho::scan::Scan;
use sekisho::text::Text;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Bytes before the first packet of a capture file, and before the packet in its record.
const CAPTURE_HEAD: usize = 24 + 16;

/// Where the number of a packet begins, so that it differs from what the kernel itself numbers.
const FIRST: u16 = 0x5a00;

/// The time to live that a packet starts with: no kernel sends it of its own accord, so an answer whose number happens to be
/// one of ours is told apart.
const LIFE: u8 = 200;

/// The packet of a flow, as a report writes it, with `number` where routers leave it alone (IPv4 identification, IPv6 flow
/// label).
pub(crate) fn bytes(flow: Flow, number: usize) -> Vec<u8> {
    let words = Text { ja: "証拠".to_owned(), en: "witness".to_owned() };
    let mut finding =
        Finding::new(Kind::ForbiddenPath, "kernel", Severity::High, Verdict::Violated, words);
    finding.witness = Some(flow);
    let scan = Scan { findings: vec![finding], ..Scan::default() };
    let mut bytes = report::render(&scan, Sink::Pcap, &Style::default()).split_off(CAPTURE_HEAD);
    let [high, low] = (FIRST + u16::try_from(number).unwrap()).to_be_bytes();
    // The kernel writes the checksum of an IPv4 header that is handed to it.
    let at = if flow.src.is_ipv4() { 4 } else { 2 };
    bytes[at] = high;
    bytes[at + 1] = low;
    bytes[if flow.src.is_ipv4() { 8 } else { 7 }] = LIFE;
    bytes
}

/// What can be compared of a header that arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) src: IpAddr,
    pub(crate) dst: IpAddr,
    pub(crate) protocol: u8,
    pub(crate) ports: Option<(u16, u16)>,
}

impl Header {
    /// Whether it is the header of `flow`.
    pub(crate) fn same_as(&self, flow: &Flow) -> bool {
        let ports = flow.has_ports().then_some((flow.source_port, flow.destination_port));
        (self.src, self.dst, self.protocol) == (flow.src, flow.dst, flow.protocol)
            && (self.ports == ports || ports.is_none())
    }
}

/// The number and header of an IP packet; `None` for one that this test did not send.
pub(crate) fn read(packet: &[u8]) -> Option<(usize, Header)> {
    let (number, src, dst, protocol, rest) = match packet.first()? >> 4 {
        4 => {
            let four = |at: usize| {
                let bytes: [u8; 4] = packet.get(at..at + 4)?.try_into().ok()?;
                Some(IpAddr::V4(Ipv4Addr::from(bytes)))
            };
            let length = usize::from(packet[0] & 15) * 4;
            (word(packet, 4)?, four(12)?, four(16)?, *packet.get(9)?, packet.get(length..)?)
        }
        6 => {
            let six = |at: usize| {
                let bytes: [u8; 16] = packet.get(at..at + 16)?.try_into().ok()?;
                Some(IpAddr::V6(Ipv6Addr::from(bytes)))
            };
            (word(packet, 2)?, six(8)?, six(24)?, *packet.get(6)?, packet.get(40..)?)
        }
        _ => return None,
    };
    let life = *packet.get(if src.is_ipv4() { 8 } else { 7 })?;
    if !(LIFE - 1..=LIFE).contains(&life) {
        return None;
    }
    let number = usize::from(number.checked_sub(FIRST)?);
    let ports = sekisho::net::flow::has_ports(protocol)
        .then(|| Some((word(rest, 0)?, word(rest, 2)?)))
        .flatten();
    Some((number, Header { src, dst, protocol, ports }))
}

/// The header of a packet of `flow` of which only what follows the IP header is at hand; addresses are taken as sent.
pub(crate) fn accepted(protocol: u8, flow: &Flow, payload: &[u8]) -> Header {
    let ports = word(payload, 0).zip(word(payload, 2)).filter(|_| flow.has_ports());
    Header { src: flow.src, dst: flow.dst, protocol, ports }
}

fn word(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}
