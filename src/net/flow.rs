//! One concrete packet header.

use std::fmt;
use std::net::IpAddr;

use super::{Family, protocol_name};

/// TCP flag FIN.
pub const TCP_FIN: u8 = 0x01;
/// TCP flag SYN.
pub const TCP_SYN: u8 = 0x02;
/// TCP flag RST.
pub const TCP_RST: u8 = 0x04;
/// TCP flag ACK.
pub const TCP_ACK: u8 = 0x10;

/// What a stateful device knows of the connection that a packet belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum State {
    /// No device has seen the connection: the packet opens it, or tries to.
    #[default]
    New,
    /// Every stateful device on the path has already let the connection open.
    Established,
    /// Belongs to a connection that an open one announced (FTP data, ICMP errors).
    Related,
    /// Matches no connection and opens none.
    Invalid,
}

impl State {
    /// All states; the position is the key of the state in packet sets.
    pub const ALL: [State; 4] = [State::New, State::Established, State::Related, State::Invalid];

    /// The identifier in flow lists: `new`, `established`, `related` or `invalid`.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            State::New => "new",
            State::Established => "established",
            State::Related => "related",
            State::Invalid => "invalid",
        }
    }
}

/// One concrete packet header. `src` and `dst` are of one family.
///
/// Ports are 0 unless the protocol is TCP, UDP, DCCP, SCTP or UDP-Lite; `icmp_type` and `icmp_code` are 0 unless it is ICMP or
/// ICMPv6; `tcp_flags` is 0 unless it is TCP. [`Flow::normalised`] makes that so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Flow {
    /// Source address.
    pub src: IpAddr,
    /// Destination address.
    pub dst: IpAddr,
    /// IP protocol number.
    pub protocol: u8,
    /// Source port.
    pub source_port: u16,
    /// Destination port.
    pub destination_port: u16,
    /// TCP flags, low eight bits (FIN=1 SYN=2 RST=4 PSH=8 ACK=16 URG=32 ECE=64 CWR=128).
    pub tcp_flags: u8,
    /// ICMP type.
    pub icmp_type: u8,
    /// ICMP code.
    pub icmp_code: u8,
    /// Connection state.
    pub state: State,
}

impl Flow {
    /// The family of both addresses.
    #[must_use]
    pub fn family(&self) -> Family {
        Family::of(self.src)
    }

    /// Whether the protocol has ports.
    #[must_use]
    pub fn has_ports(&self) -> bool {
        has_ports(self.protocol)
    }

    /// Whether the protocol is ICMP or ICMPv6.
    #[must_use]
    pub fn is_icmp(&self) -> bool {
        is_icmp(self.protocol)
    }

    /// The same packet with every field that its protocol lacks set to 0.
    #[must_use]
    pub fn normalised(mut self) -> Flow {
        if !self.has_ports() {
            self.source_port = 0;
            self.destination_port = 0;
        }
        if !self.is_icmp() {
            self.icmp_type = 0;
            self.icmp_code = 0;
        }
        if self.protocol != 6 {
            self.tcp_flags = 0;
        }
        self
    }

    /// Whether the packet can open a connection: state `new`, and for TCP a SYN without FIN, RST or ACK.
    #[must_use]
    pub fn is_opening(&self) -> bool {
        let syn_only = self.tcp_flags & (TCP_FIN | TCP_SYN | TCP_RST | TCP_ACK) == TCP_SYN;
        self.state == State::New && (self.protocol != 6 || syn_only)
    }
}

/// Whether packets of `protocol` carry source and destination ports: TCP, UDP, DCCP, SCTP, UDP-Lite.
#[must_use]
pub fn has_ports(protocol: u8) -> bool {
    matches!(protocol, 6 | 17 | 33 | 132 | 136)
}

/// Whether `protocol` is ICMP (1) or ICMPv6 (58).
#[must_use]
pub fn is_icmp(protocol: u8) -> bool {
    matches!(protocol, 1 | 58)
}

impl fmt::Display for Flow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let protocol = protocol_name(self.protocol);
        if self.has_ports() && self.family() == Family::V6 {
            write!(
                f,
                "{protocol} [{}]:{} -> [{}]:{}",
                self.src, self.source_port, self.dst, self.destination_port
            )
        } else if self.has_ports() {
            write!(
                f,
                "{protocol} {}:{} -> {}:{}",
                self.src, self.source_port, self.dst, self.destination_port
            )
        } else if self.is_icmp() {
            write!(
                f,
                "{protocol} {} -> {} type {} code {}",
                self.src, self.dst, self.icmp_type, self.icmp_code
            )
        } else {
            write!(f, "{protocol} {} -> {}", self.src, self.dst)
        }
    }
}
