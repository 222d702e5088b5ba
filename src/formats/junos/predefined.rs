//! Applications that Junos defines itself, with the values that its documentation and `show configuration groups
//! junos-defaults applications` list. Those whose data connections a gateway follows are read by their control port.

/// A protocol with a range of destination ports; protocols without ports use the whole range.
type Part = (u8, u16, u16);

/// Name and parts.
pub(super) const APPLICATIONS: &[(&str, &[Part])] = &[
    ("junos-tcp-any", &[(6, 0, 65535)]),
    ("junos-udp-any", &[(17, 0, 65535)]),
    ("junos-sctp-any", &[(132, 0, 65535)]),
    ("junos-icmp-all", &[(1, 0, 65535)]),
    ("junos-icmp6-all", &[(58, 0, 65535)]),
    ("junos-gre", &[(47, 0, 65535)]),
    ("junos-ospf", &[(89, 0, 65535)]),
    ("junos-ftp", &[(6, 21, 21)]),
    ("junos-ftp-data", &[(6, 20, 20)]),
    ("junos-tftp", &[(17, 69, 69)]),
    ("junos-ssh", &[(6, 22, 22)]),
    ("junos-telnet", &[(6, 23, 23)]),
    ("junos-smtp", &[(6, 25, 25)]),
    ("junos-mail", &[(6, 25, 25)]),
    ("junos-tacacs", &[(6, 49, 49)]),
    ("junos-tacacs-ds", &[(6, 65, 65)]),
    ("junos-dns-udp", &[(17, 53, 53)]),
    ("junos-dns-tcp", &[(6, 53, 53)]),
    ("junos-dhcp-client", &[(17, 68, 68)]),
    ("junos-dhcp-server", &[(17, 67, 67)]),
    ("junos-dhcp-relay", &[(17, 67, 67)]),
    ("junos-bootpc", &[(17, 68, 68)]),
    ("junos-bootps", &[(17, 67, 67)]),
    ("junos-finger", &[(6, 79, 79)]),
    ("junos-http", &[(6, 80, 80)]),
    ("junos-http-ext", &[(6, 7001, 7001)]),
    ("junos-https", &[(6, 443, 443)]),
    ("junos-pop3", &[(6, 110, 110)]),
    ("junos-ident", &[(6, 113, 113)]),
    ("junos-nntp", &[(6, 119, 119)]),
    ("junos-ntp", &[(17, 123, 123)]),
    ("junos-imap", &[(6, 143, 143)]),
    ("junos-imaps", &[(6, 993, 993)]),
    ("junos-bgp", &[(6, 179, 179)]),
    ("junos-ldap", &[(6, 389, 389)]),
    ("junos-snpp", &[(6, 444, 444)]),
    ("junos-biff", &[(17, 512, 512)]),
    ("junos-who", &[(17, 513, 513)]),
    ("junos-syslog", &[(17, 514, 514)]),
    ("junos-printer", &[(6, 515, 515)]),
    ("junos-lpr", &[(6, 515, 515)]),
    ("junos-rip", &[(17, 520, 520)]),
    ("junos-uucp", &[(17, 540, 540)]),
    ("junos-radius", &[(17, 1812, 1812)]),
    ("junos-radacct", &[(17, 1813, 1813)]),
    ("junos-nfsd-tcp", &[(6, 2049, 2049)]),
    ("junos-nfsd-udp", &[(17, 2049, 2049)]),
    ("junos-nbname", &[(17, 137, 137)]),
    ("junos-nbds", &[(17, 138, 138)]),
    ("junos-smb", &[(6, 139, 139), (6, 445, 445)]),
    ("junos-smb-session", &[(6, 445, 445)]),
    ("junos-netbios-session", &[(6, 139, 139)]),
    ("junos-ms-sql", &[(6, 1433, 1433)]),
    ("junos-sql-monitor", &[(17, 1434, 1434)]),
    ("junos-sqlnet-v1", &[(6, 1525, 1525)]),
    ("junos-sqlnet-v2", &[(6, 1521, 1521)]),
    ("junos-rdp", &[(6, 3389, 3389)]),
    ("junos-vnc", &[(6, 5800, 5800), (6, 5900, 5900)]),
    ("junos-winframe", &[(6, 1494, 1494)]),
    ("junos-x-windows", &[(6, 6000, 6063)]),
    ("junos-whois", &[(6, 43, 43)]),
    ("junos-gopher", &[(6, 70, 70)]),
    ("junos-echo", &[(17, 7, 7)]),
    ("junos-discard", &[(17, 9, 9)]),
    ("junos-chargen", &[(17, 19, 19)]),
    ("junos-ike", &[(17, 500, 500)]),
    ("junos-ike-nat", &[(17, 4500, 4500)]),
    ("junos-l2tp", &[(17, 1701, 1701)]),
    ("junos-pptp", &[(6, 1723, 1723)]),
    ("junos-rtsp", &[(6, 554, 554)]),
    (
        "junos-h323",
        &[
            (6, 1720, 1720),
            (6, 1503, 1503),
            (6, 389, 389),
            (6, 522, 522),
            (6, 1731, 1731),
            (17, 1719, 1719),
        ],
    ),
    ("junos-sip", &[(17, 5060, 5060), (6, 5060, 5060)]),
    ("junos-ms-rpc-tcp", &[(6, 135, 135)]),
    ("junos-ms-rpc-udp", &[(17, 135, 135)]),
    ("junos-ms-rpc-epm", &[(6, 135, 135)]),
    ("junos-sun-rpc-tcp", &[(6, 111, 111)]),
    ("junos-sun-rpc-udp", &[(17, 111, 111)]),
    ("junos-xnm-ssl", &[(6, 3220, 3220)]),
    ("junos-xnm-clear-text", &[(6, 3221, 3221)]),
    ("junos-ldp-tcp", &[(6, 646, 646)]),
    ("junos-ldp-udp", &[(17, 646, 646)]),
    ("junos-cvspserver", &[(6, 2401, 2401)]),
    ("junos-wais", &[(6, 210, 210)]),
    ("junos-rsh", &[(6, 514, 514)]),
    ("junos-talk", &[(17, 517, 517), (6, 517, 517)]),
    ("junos-ntalk", &[(17, 518, 518), (6, 518, 518)]),
    ("junos-nfs", &[(17, 111, 111)]),
    ("junos-nsm", &[(17, 69, 69)]),
    ("junos-ns-global", &[(6, 15397, 15397)]),
    ("junos-ns-global-pro", &[(6, 15397, 15397)]),
    ("junos-pc-anywhere", &[(17, 5632, 5632)]),
    ("junos-wxcontrol", &[(6, 3578, 3578)]),
    ("junos-snmp-agentx", &[(6, 705, 705)]),
    ("junos-r2cp", &[(17, 28672, 28672)]),
    ("junos-sccp", &[(6, 2000, 2000)]),
    ("junos-stun", &[(17, 3478, 3479), (6, 3478, 3479)]),
    ("junos-mgcp-ua", &[(17, 2427, 2427)]),
    ("junos-mgcp-ca", &[(17, 2727, 2727)]),
    ("junos-realaudio", &[(6, 554, 554)]),
    ("junos-vdo-live", &[(17, 7000, 7010)]),
    ("junos-msn", &[(6, 1863, 1863)]),
    ("junos-irc", &[(6, 6660, 6669)]),
    ("junos-aol", &[(6, 5190, 5193)]),
    ("junos-gnutella", &[(17, 6346, 6347)]),
    ("junos-ymsg", &[(6, 5000, 5010), (6, 5050, 5050), (17, 5000, 5010), (17, 5050, 5050)]),
    ("junos-internet-locator-service", &[(6, 389, 389)]),
];

/// Sets of applications.
pub(super) const SETS: &[(&str, &[&str])] = &[
    ("junos-cifs", &["junos-netbios-session", "junos-smb-session"]),
    ("junos-mgcp", &["junos-mgcp-ua", "junos-mgcp-ca"]),
    ("junos-routing-inbound", &["junos-bgp", "junos-rip", "junos-ldp-tcp", "junos-ldp-udp"]),
];

/// ICMP echo requests: the name with the protocol and the type.
pub(super) const ECHO: &[(&str, u8, u8)] = &[
    ("junos-icmp-ping", 1, 8),
    ("junos-icmp6-echo-request", 58, 128),
    ("junos-icmp6-echo-reply", 58, 129),
    ("junos-icmp6-packet-too-big", 58, 2),
];

/// Applications whose ports differ between releases.
pub(super) const VARYING: &[(&str, &[Part])] = &[("junos-smtps", &[(6, 465, 465), (6, 587, 587)])];

/// Applications for echo requests that also stand for the whole protocol in some releases: name, protocol and type.
pub(super) const PING: &[(&str, u8, u8)] = &[("junos-ping", 1, 8), ("junos-pingv6", 58, 128)];

/// Port names that configurations use.
const PORTS: &[(&str, u16)] = &[
    ("afs", 1483),
    ("bgp", 179),
    ("biff", 512),
    ("bootpc", 68),
    ("bootps", 67),
    ("cmd", 514),
    ("cvspserver", 2401),
    ("dhcp", 67),
    ("domain", 53),
    ("eklogin", 2105),
    ("ekshell", 2106),
    ("exec", 512),
    ("finger", 79),
    ("ftp", 21),
    ("ftp-data", 20),
    ("http", 80),
    ("https", 443),
    ("ident", 113),
    ("imap", 143),
    ("kerberos-sec", 88),
    ("klogin", 543),
    ("kpasswd", 761),
    ("krb-prop", 754),
    ("krbupdate", 760),
    ("kshell", 544),
    ("ldap", 389),
    ("ldp", 646),
    ("login", 513),
    ("mobileip-agent", 434),
    ("mobilip-mn", 435),
    ("msdp", 639),
    ("netbios-dgm", 138),
    ("netbios-ns", 137),
    ("netbios-ssn", 139),
    ("nfsd", 2049),
    ("nntp", 119),
    ("ntalk", 518),
    ("ntp", 123),
    ("pop3", 110),
    ("pptp", 1723),
    ("printer", 515),
    ("radacct", 1813),
    ("radius", 1812),
    ("rip", 520),
    ("rkinit", 2108),
    ("smtp", 25),
    ("snmp", 161),
    ("snmptrap", 162),
    ("snpp", 444),
    ("socks", 1080),
    ("ssh", 22),
    ("sunrpc", 111),
    ("syslog", 514),
    ("tacacs", 49),
    ("tacacs-ds", 65),
    ("talk", 517),
    ("telnet", 23),
    ("tftp", 69),
    ("timed", 525),
    ("who", 513),
    ("xdmcp", 177),
];

/// The number of a port, by name or in digits.
pub(super) fn port(word: &str) -> Option<u16> {
    let named = PORTS.iter().find(|(name, _)| *name == word).map(|(_, number)| *number);
    named.or_else(|| word.parse().ok())
}

/// Protocol names that differ from the common ones.
pub(super) fn protocol(word: &str) -> Option<u8> {
    match word {
        "icmp6" | "icmpv6" => Some(58),
        "ipip" => Some(4),
        "ipv6" => Some(41),
        "igmp" | "icmp" | "tcp" | "udp" | "egp" | "rsvp" | "gre" | "esp" | "ah" | "ospf"
        | "pim" | "vrrp" | "sctp" => crate::net::protocol_number(word),
        _ => word.parse().ok(),
    }
}

/// ICMP types by name, of IPv4 and IPv6.
pub(super) fn icmp_type(word: &str, v6: bool) -> Option<u8> {
    let table: &[(&str, u8)] = if v6 {
        &[
            ("destination-unreachable", 1),
            ("packet-too-big", 2),
            ("time-exceeded", 3),
            ("parameter-problem", 4),
            ("echo-request", 128),
            ("echo-reply", 129),
            ("membership-query", 130),
            ("membership-report", 131),
            ("membership-termination", 132),
            ("router-solicit", 133),
            ("router-advertisement", 134),
            ("neighbor-solicit", 135),
            ("neighbor-advertisement", 136),
            ("redirect", 137),
        ]
    } else {
        &[
            ("echo-reply", 0),
            ("unreachable", 3),
            ("source-quench", 4),
            ("redirect", 5),
            ("echo-request", 8),
            ("router-advertisement", 9),
            ("router-solicit", 10),
            ("time-exceeded", 11),
            ("parameter-problem", 12),
            ("timestamp", 13),
            ("timestamp-reply", 14),
            ("info-request", 15),
            ("info-reply", 16),
            ("mask-request", 17),
            ("mask-reply", 18),
        ]
    };
    let named = table.iter().find(|(name, _)| *name == word).map(|(_, number)| *number);
    named.or_else(|| word.parse().ok())
}
