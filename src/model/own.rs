//! What a device itself does and offers: its clock, its log, its administration, its cryptography.
//!
//! Nothing here decides about packets; that is what [`crate::model::Context::local`] is for. Hygiene rules read it.

use super::Interfaces;
use crate::source::Span;
use std::net::IpAddr;

/// What the configuration says of the device itself.
#[derive(Clone, Debug, Default, Hash)]
pub struct Own {
    /// The statement that shows the export to be whole, so that what it does not state is not configured: the host name, or
    /// the header. `None` for excerpts, and for formats whose reader does not know the statements in question.
    pub whole: Option<Span>,
    /// Whether every connection that passes is logged, whatever its line says (`true`), or nothing is, because the log is
    /// switched off (`false`); `None`: as the lines say.
    pub logs_connections: Option<bool>,
    /// In the order in which the reader met them.
    pub facts: Vec<OwnFact>,
}

/// One statement about the device itself.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct OwnFact {
    /// What it says.
    pub kind: OwnKind,
    /// The interfaces at which it holds; for what is no service at an interface, every one.
    pub at: Interfaces,
    /// Where it stands.
    pub span: Span,
}

/// What a device says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OwnKind {
    /// It takes its time from a server or peer (NTP, SNTP).
    Clock,
    /// It sends its log elsewhere, to this address when the line gives one (else a name, a cloud service, a profile).
    LogTarget(Option<IpAddr>),
    /// It answers connections that administer it.
    Service(Door),
    /// It answers SNMP v1 or v2c.
    Community {
        /// Whether the community is one that everybody tries first (`public`, `private`).
        known: bool,
        /// Whether it permits writing.
        writes: bool,
        /// Whether only listed hosts are answered.
        limited: bool,
    },
    /// Something is protected by this algorithm or mode only.
    Weak(WeakCrypto),
}

/// A way to administer a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Door {
    /// The protocol.
    pub protocol: DoorProtocol,
    /// The TCP or UDP port on which it listens.
    pub port: u16,
}

/// Protocols that administer devices.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DoorProtocol {
    /// Telnet: everything in the clear.
    Telnet,
    /// HTTP without TLS.
    Http,
    /// FTP server.
    Ftp,
    /// TFTP server: no authentication at all.
    Tftp,
    /// SSH.
    Ssh,
    /// HTTPS.
    Https,
    /// SNMP of any version.
    Snmp,
}

impl DoorProtocol {
    /// The name that engineers use.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            DoorProtocol::Telnet => "Telnet",
            DoorProtocol::Http => "HTTP",
            DoorProtocol::Ftp => "FTP",
            DoorProtocol::Tftp => "TFTP",
            DoorProtocol::Ssh => "SSH",
            DoorProtocol::Https => "HTTPS",
            DoorProtocol::Snmp => "SNMP",
        }
    }

    /// Whether what is sent, passwords included, can be read on the way. SNMP has findings of its own.
    #[must_use]
    pub fn is_cleartext(self) -> bool {
        matches!(
            self,
            DoorProtocol::Telnet | DoorProtocol::Http | DoorProtocol::Ftp | DoorProtocol::Tftp
        )
    }

    /// Whether it runs over UDP.
    #[must_use]
    pub fn is_udp(self) -> bool {
        matches!(self, DoorProtocol::Tftp | DoorProtocol::Snmp)
    }

    /// The port on which it listens unless the configuration says otherwise.
    #[must_use]
    pub fn default_port(self) -> u16 {
        match self {
            DoorProtocol::Telnet => 23,
            DoorProtocol::Http => 80,
            DoorProtocol::Ftp => 21,
            DoorProtocol::Tftp => 69,
            DoorProtocol::Ssh => 22,
            DoorProtocol::Https => 443,
            DoorProtocol::Snmp => 161,
        }
    }
}

/// Cryptography that no longer protects (CRYPTREC: not on the list of recommended ciphers).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WeakCrypto {
    /// No encryption at all.
    Null,
    /// DES, 56 bits.
    Des,
    /// Triple DES.
    TripleDes,
    /// RC4.
    Rc4,
    /// MD5 as a hash.
    Md5,
    /// Aggressive mode of IKEv1, which gives away what an off-line attack on the shared key needs.
    Aggressive,
    /// Version 1 of SSH.
    Ssh1,
    /// TLS 1.0 or 1.1, SSL 3.
    OldTls,
}

impl WeakCrypto {
    /// The name that engineers use.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            WeakCrypto::Null => "NULL",
            WeakCrypto::Des => "DES",
            WeakCrypto::TripleDes => "3DES",
            WeakCrypto::Rc4 => "RC4",
            WeakCrypto::Md5 => "MD5",
            WeakCrypto::Aggressive => "IKEv1 aggressive",
            WeakCrypto::Ssh1 => "SSHv1",
            WeakCrypto::OldTls => "TLS 1.1",
        }
    }

    /// What a word of a proposal or transform set (`3des-md5`, `esp-des`, `hmac-md5-96`) stands for; the weakest when it names
    /// several.
    #[must_use]
    pub fn of(word: &str) -> Option<WeakCrypto> {
        let lower = word.to_ascii_lowercase();
        let part = |part: &str| match part {
            "null" => Some(WeakCrypto::Null),
            "des" => Some(WeakCrypto::Des),
            "3des" => Some(WeakCrypto::TripleDes),
            "rc4" | "arcfour" => Some(WeakCrypto::Rc4),
            "md5" => Some(WeakCrypto::Md5),
            _ => None,
        };
        lower.split(['-', '_', '.']).filter_map(part).min()
    }
}

impl OwnKind {
    /// A community of this name.
    #[must_use]
    pub fn community(name: &str, writes: bool, limited: bool) -> OwnKind {
        let name = name.trim_matches(['"', '\'']).to_ascii_lowercase();
        let known = matches!(name.as_str(), "public" | "private");
        OwnKind::Community { known, writes, limited }
    }
}

impl Own {
    /// Notes a fact that is not tied to an interface.
    pub fn note(&mut self, kind: OwnKind, span: Span) {
        self.note_at(kind, Interfaces::Any, span);
    }

    /// Notes a fact that holds at these interfaces; the same statement is noted once.
    pub fn note_at(&mut self, kind: OwnKind, at: Interfaces, span: Span) {
        let fact = OwnFact { kind, at, span };
        if !self.facts.contains(&fact) {
            self.facts.push(fact);
        }
    }

    /// Notes a service on its usual port, at every interface.
    pub fn serves(&mut self, protocol: DoorProtocol, span: Span) {
        self.serves_at(protocol, protocol.default_port(), Interfaces::Any, span);
    }

    /// Notes a service on a port, at these interfaces.
    pub fn serves_at(&mut self, protocol: DoorProtocol, port: u16, at: Interfaces, span: Span) {
        self.note_at(OwnKind::Service(Door { protocol, port }), at, span);
    }

    /// Notes an SNMP v1 or v2c community, and that the device answers SNMP.
    pub fn community(&mut self, name: &str, writes: bool, limited: bool, span: Span) {
        self.note(OwnKind::community(name, writes, limited), span);
        self.serves(DoorProtocol::Snmp, span);
    }

    /// Notes what of these words is weak; each kind once a line.
    pub fn weak_words<'w>(&mut self, words: impl IntoIterator<Item = &'w str>, span: Span) {
        for word in words {
            if let Some(weak) = WeakCrypto::of(word) {
                self.note(OwnKind::Weak(weak), span);
            }
        }
    }

    /// Whether some fact is of a kind.
    #[must_use]
    pub fn has(&self, kind: impl Fn(OwnKind) -> bool) -> bool {
        self.facts.iter().any(|fact| kind(fact.kind))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proposal_is_as_weak_as_its_weakest_part() {
        assert_eq!(WeakCrypto::of("3des-md5"), Some(WeakCrypto::TripleDes));
        assert_eq!(WeakCrypto::of("esp-des"), Some(WeakCrypto::Des));
        assert_eq!(WeakCrypto::of("hmac-md5-96"), Some(WeakCrypto::Md5));
        assert_eq!(WeakCrypto::of("aes256-sha256"), None);
        assert_eq!(WeakCrypto::of("description"), None);
    }
}
