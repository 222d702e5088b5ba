//! Cisco IOS's words: access lists, and the protocols that `match protocol` names.

use crate::formats::acl::{Words, names};

/// The words that IOS and IOS-XE use in access lists.
pub(super) const IOS: Words = Words {
    protocols: names::PROTOCOLS,
    tcp: &[names::TCP],
    udp: &[names::UDP],
    icmp: names::ICMP,
    icmp6: names::ICMP6,
    actions: names::ACTIONS,
    address_groups: &["object-group", "addrgroup"],
    port_groups: &["portgroup"],
};

/// Protocol number, first port, last port.
type Ports = &'static [(u8, u16, u16)];

/// Ports of the protocols that `match protocol` names: protocol number, first port, last port. Cisco's PAM defaults.
pub(super) const PAM: &[(&str, Ports)] = &[
    ("bgp", &[(6, 179, 179)]),
    ("bootpc", &[(17, 68, 68)]),
    ("bootps", &[(17, 67, 67)]),
    ("dhcp", &[(17, 67, 68)]),
    ("dns", &[(6, 53, 53), (17, 53, 53)]),
    ("finger", &[(6, 79, 79)]),
    ("ftp", &[(6, 21, 21)]),
    ("ftps", &[(6, 990, 990)]),
    ("http", &[(6, 80, 80)]),
    ("https", &[(6, 443, 443)]),
    ("ident", &[(6, 113, 113)]),
    ("imap", &[(6, 143, 143)]),
    ("imap3", &[(6, 220, 220)]),
    ("imaps", &[(6, 993, 993)]),
    ("isakmp", &[(17, 500, 500)]),
    ("ipsec-msft", &[(17, 4500, 4500)]),
    ("kerberos", &[(6, 88, 88), (17, 88, 88)]),
    ("l2tp", &[(17, 1701, 1701)]),
    ("ldap", &[(6, 389, 389), (17, 389, 389)]),
    ("ldaps", &[(6, 636, 636)]),
    ("login", &[(6, 513, 513)]),
    ("microsoft-ds", &[(6, 445, 445), (17, 445, 445)]),
    ("ms-sql", &[(6, 1433, 1433)]),
    ("mysql", &[(6, 3306, 3306)]),
    ("netbios-dgm", &[(17, 138, 138)]),
    ("netbios-ns", &[(17, 137, 137)]),
    ("netbios-ssn", &[(6, 139, 139)]),
    ("nfs", &[(6, 2049, 2049), (17, 2049, 2049)]),
    ("nntp", &[(6, 119, 119)]),
    ("ntp", &[(17, 123, 123)]),
    ("pop3", &[(6, 110, 110)]),
    ("pop3s", &[(6, 995, 995)]),
    ("pptp", &[(6, 1723, 1723)]),
    ("radius", &[(17, 1812, 1813), (17, 1645, 1646)]),
    ("smtp", &[(6, 25, 25)]),
    ("snmp", &[(17, 161, 161)]),
    ("snmptrap", &[(17, 162, 162)]),
    ("ssh", &[(6, 22, 22)]),
    ("syslog", &[(17, 514, 514)]),
    ("tacacs", &[(6, 49, 49), (17, 49, 49)]),
    ("telnet", &[(6, 23, 23)]),
    ("telnets", &[(6, 992, 992)]),
    ("tftp", &[(17, 69, 69)]),
    ("time", &[(6, 37, 37), (17, 37, 37)]),
    ("who", &[(17, 513, 513)]),
];
