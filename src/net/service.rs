//! Protocol names and the port names that policy and flow files may use. Vendor port names stand in each reader's own table.

use std::borrow::Cow;

/// Protocol names by IANA number, as printed and as accepted in policy and flow files.
pub const PROTOCOLS: &[(&str, u8)] = &[
    ("icmp", 1),
    ("igmp", 2),
    ("ipip", 4),
    ("tcp", 6),
    ("egp", 8),
    ("udp", 17),
    ("dccp", 33),
    ("ipv6-encap", 41),
    ("rsvp", 46),
    ("gre", 47),
    ("esp", 50),
    ("ah", 51),
    ("icmpv6", 58),
    ("eigrp", 88),
    ("ospf", 89),
    ("pim", 103),
    ("vrrp", 112),
    ("l2tp", 115),
    ("sctp", 132),
    ("udplite", 136),
];

/// The name of a protocol number, or the number itself in digits.
#[must_use]
pub fn protocol_name(protocol: u8) -> Cow<'static, str> {
    match PROTOCOLS.iter().find(|(_, number)| *number == protocol) {
        Some((name, _)) => Cow::Borrowed(name),
        None => Cow::Owned(protocol.to_string()),
    }
}

/// The number of a protocol given by name (any case) or in digits 0 to 255.
#[must_use]
pub fn protocol_number(word: &str) -> Option<u8> {
    let word = word.trim();
    let named = PROTOCOLS
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(word))
        .map(|(_, number)| *number);
    named.or_else(|| word.parse().ok())
}

/// Well-known port names for policy and flow files (IANA service names).
const PORTS: &[(&str, u16)] = &[
    ("ftp-data", 20),
    ("ftp", 21),
    ("ssh", 22),
    ("telnet", 23),
    ("smtp", 25),
    ("dns", 53),
    ("domain", 53),
    ("tftp", 69),
    ("http", 80),
    ("kerberos", 88),
    ("pop3", 110),
    ("ntp", 123),
    ("netbios-ns", 137),
    ("netbios-dgm", 138),
    ("netbios-ssn", 139),
    ("imap", 143),
    ("snmp", 161),
    ("snmptrap", 162),
    ("ldap", 389),
    ("https", 443),
    ("smb", 445),
    ("syslog", 514),
    ("ldaps", 636),
    ("imaps", 993),
    ("pop3s", 995),
    ("mssql", 1433),
    ("oracle", 1521),
    ("mysql", 3306),
    ("rdp", 3389),
    ("postgresql", 5432),
];

/// The number of a port given by IANA service name (any case) or in digits 0 to 65535.
#[must_use]
pub fn port_number(word: &str) -> Option<u16> {
    let word = word.trim();
    let named =
        PORTS.iter().find(|(name, _)| name.eq_ignore_ascii_case(word)).map(|(_, number)| *number);
    named.or_else(|| word.parse().ok())
}
