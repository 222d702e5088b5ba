//! Names that `nft` knows for numbers.

use crate::net::protocol_number;

/// The number of a port by name, or in digits. Names come from `/etc/services` of the machine that runs `nft`; these are the
/// usual ones.
pub(super) fn port(word: &str) -> Option<u32> {
    number(word).or_else(|| find(PORTS, word)).filter(|port| *port <= 0xffff)
}

/// The number of a protocol.
pub(super) fn protocol(word: &str) -> Option<u32> {
    let known = || protocol_number(word).map(u32::from);
    number(word).or_else(|| find(PROTOCOLS, word)).or_else(known).filter(|n| *n <= 0xff)
}

/// The number of an ICMP type.
pub(super) fn icmp_type(word: &str) -> Option<u32> {
    number(word).or_else(|| find(ICMP_TYPES, word))
}

/// The number of an ICMP code.
pub(super) fn icmp_code(word: &str) -> Option<u32> {
    number(word).or_else(|| find(ICMP_CODES, word))
}

/// The number of an ICMPv6 type.
pub(super) fn icmpv6_type(word: &str) -> Option<u32> {
    number(word).or_else(|| find(ICMPV6_TYPES, word))
}

/// The number of an ICMPv6 code.
pub(super) fn icmpv6_code(word: &str) -> Option<u32> {
    number(word).or_else(|| find(ICMPV6_CODES, word))
}

/// The bit of a TCP flag.
pub(super) fn tcp_flag(word: &str) -> Option<u32> {
    number(word).or_else(|| find(TCP_FLAGS, word))
}

/// Digits, or hexadecimal digits behind `0x`.
pub(super) fn number(word: &str) -> Option<u32> {
    match word.strip_prefix("0x") {
        Some(digits) => u32::from_str_radix(digits, 16).ok(),
        None => word.parse().ok(),
    }
}

/// Kinds of frames: 0 is for this host, the others are not.
pub(super) fn packet_type(word: &str) -> Option<u32> {
    const KINDS: &[(&str, u32)] =
        &[("host", 0), ("unicast", 0), ("broadcast", 1), ("multicast", 2), ("other", 3)];
    number(word).or_else(|| find(KINDS, word))
}

fn find(table: &[(&str, u32)], word: &str) -> Option<u32> {
    table.iter().find(|(name, _)| *name == word).map(|(_, number)| *number)
}

const PROTOCOLS: &[(&str, u32)] = &[
    ("ipv6-icmp", 58),
    ("ipv6", 41),
    ("ipencap", 4),
    ("ospfigp", 89),
    ("comp", 108),
    ("ipcomp", 108),
    ("hopopt", 0),
    ("ipv6-route", 43),
    ("ipv6-frag", 44),
    ("ipv6-nonxt", 59),
    ("ipv6-opts", 60),
    ("mobility-header", 135),
    ("hip", 139),
];

const TCP_FLAGS: &[(&str, u32)] = &[
    ("fin", 1),
    ("syn", 2),
    ("rst", 4),
    ("psh", 8),
    ("ack", 16),
    ("urg", 32),
    ("ecn", 64),
    ("cwr", 128),
];

const ICMP_TYPES: &[(&str, u32)] = &[
    ("echo-reply", 0),
    ("destination-unreachable", 3),
    ("source-quench", 4),
    ("redirect", 5),
    ("echo-request", 8),
    ("router-advertisement", 9),
    ("router-solicitation", 10),
    ("time-exceeded", 11),
    ("parameter-problem", 12),
    ("timestamp-request", 13),
    ("timestamp-reply", 14),
    ("info-request", 15),
    ("info-reply", 16),
    ("address-mask-request", 17),
    ("address-mask-reply", 18),
];

const ICMP_CODES: &[(&str, u32)] = &[
    ("net-unreachable", 0),
    ("host-unreachable", 1),
    ("prot-unreachable", 2),
    ("port-unreachable", 3),
    ("frag-needed", 4),
    ("net-prohibited", 9),
    ("host-prohibited", 10),
    ("admin-prohibited", 13),
];

const ICMPV6_TYPES: &[(&str, u32)] = &[
    ("destination-unreachable", 1),
    ("packet-too-big", 2),
    ("time-exceeded", 3),
    ("parameter-problem", 4),
    ("echo-request", 128),
    ("echo-reply", 129),
    ("mld-listener-query", 130),
    ("mld-listener-report", 131),
    ("mld-listener-done", 132),
    ("mld-listener-reduction", 132),
    ("nd-router-solicit", 133),
    ("nd-router-advert", 134),
    ("nd-neighbor-solicit", 135),
    ("nd-neighbor-advert", 136),
    ("nd-redirect", 137),
    ("router-renumbering", 138),
    ("ind-neighbor-solicit", 141),
    ("ind-neighbor-advert", 142),
    ("mld2-listener-report", 143),
];

const ICMPV6_CODES: &[(&str, u32)] = &[
    ("no-route", 0),
    ("admin-prohibited", 1),
    ("addr-unreachable", 3),
    ("port-unreachable", 4),
    ("policy-fail", 5),
    ("reject-route", 6),
];

const PORTS: &[(&str, u32)] = &[
    ("echo", 7),
    ("discard", 9),
    ("daytime", 13),
    ("ftp-data", 20),
    ("ftp", 21),
    ("ssh", 22),
    ("telnet", 23),
    ("smtp", 25),
    ("mail", 25),
    ("time", 37),
    ("whois", 43),
    ("tacacs", 49),
    ("domain", 53),
    ("bootps", 67),
    ("bootpc", 68),
    ("tftp", 69),
    ("finger", 79),
    ("http", 80),
    ("www", 80),
    ("kerberos", 88),
    ("pop3", 110),
    ("sunrpc", 111),
    ("auth", 113),
    ("nntp", 119),
    ("ntp", 123),
    ("epmap", 135),
    ("netbios-ns", 137),
    ("netbios-dgm", 138),
    ("netbios-ssn", 139),
    ("imap2", 143),
    ("imap", 143),
    ("snmp", 161),
    ("snmp-trap", 162),
    ("snmptrap", 162),
    ("bgp", 179),
    ("ldap", 389),
    ("https", 443),
    ("microsoft-ds", 445),
    ("kpasswd", 464),
    ("submissions", 465),
    ("ssmtp", 465),
    ("isakmp", 500),
    ("syslog", 514),
    ("printer", 515),
    ("dhcpv6-client", 546),
    ("dhcpv6-server", 547),
    ("rtsp", 554),
    ("submission", 587),
    ("ipp", 631),
    ("ldaps", 636),
    ("domain-s", 853),
    ("rsync", 873),
    ("ftps-data", 989),
    ("ftps", 990),
    ("imaps", 993),
    ("pop3s", 995),
    ("socks", 1080),
    ("openvpn", 1194),
    ("ms-sql-s", 1433),
    ("ms-sql-m", 1434),
    ("l2tp", 1701),
    ("radius", 1812),
    ("radius-acct", 1813),
    ("nfs", 2049),
    ("iscsi-target", 3260),
    ("mysql", 3306),
    ("ms-wbt-server", 3389),
    ("ipsec-nat-t", 4500),
    ("sip", 5060),
    ("sip-tls", 5061),
    ("xmpp-client", 5222),
    ("mdns", 5353),
    ("postgresql", 5432),
    ("amqp", 5672),
    ("http-alt", 8080),
    ("git", 9418),
    ("zabbix-agent", 10050),
    ("zabbix-trapper", 10051),
];
