//! Default ports of common predefined applications, for `application-default`. The lists are rather too long than too short: a
//! port that is missing here would be read as never open.

use crate::net::PortRange;

/// One default of an application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standard {
    Tcp(PortRange),
    Udp(PortRange),
    Protocol(u8),
}

/// By name: `t80` is TCP port 80, `u53` UDP port 53, `p1` IP protocol 1.
const TABLE: &[(&str, &str)] = &[
    ("bgp", "t179"),
    ("dhcp", "u67-68"),
    ("dhcpv6", "u546-547 t546-547"),
    ("dns", "t53 u53 u5353 t853 u853"),
    ("dns-base", "t53 u53 u5353 t853 u853"),
    ("gre", "p47"),
    ("icmp", "p1"),
    ("ike", "u500 u4500"),
    ("imap", "t143 t993"),
    ("ipv6-icmp", "p58"),
    ("kerberos", "t88 u88 t464 u464 t749"),
    ("ldap", "t389 u389 t636 t3268-3269"),
    ("ms-rdp", "t3389 u3389"),
    ("mssql-db", "t1433"),
    ("mssql-db-base", "t1433"),
    ("mysql", "t3306"),
    ("netbios-dg", "u138"),
    ("netbios-ns", "u137 t137"),
    ("netbios-ss", "t139"),
    ("ntp", "u123 t123"),
    ("ntp-base", "u123 t123"),
    ("ospfigp", "p89"),
    ("ping", "p1"),
    ("ping6", "p58"),
    ("pop3", "t110 t995"),
    ("postgres", "t5432"),
    ("radius", "u1812-1813 u1645-1646 t1812-1813"),
    ("smtp", "t25 t465 t587"),
    ("smtp-base", "t25 t465 t587"),
    ("snmp-trap", "u162 t162"),
    ("snmp", "u161-162 t161-162"),
    ("snmp-base", "u161-162 t161-162"),
    ("snmpv1", "u161-162 t161-162"),
    ("snmpv2", "u161-162 t161-162"),
    ("snmpv3", "u161-162 t161-162"),
    ("ssh", "t22"),
    ("ssl", "t443 u443"),
    ("syslog", "u514 t514 t601 t1468 t6514 u6514"),
    ("tacacs-plus", "t49 u49"),
    ("telnet", "t23"),
    ("tftp", "u69"),
    ("vrrp", "p112"),
    ("web-browsing", "t80 t443 t8080"),
];

/// The defaults of a predefined application; `None` when it is not in the table.
pub(super) fn standard(name: &str) -> Option<Vec<Standard>> {
    let row = TABLE.iter().find(|(known, _)| *known == name)?;
    row.1.split(' ').map(word).collect()
}

fn word(word: &str) -> Option<Standard> {
    let (kind, numbers) = word.split_at_checked(1)?;
    match kind {
        "t" => Some(Standard::Tcp(ports(numbers)?)),
        "u" => Some(Standard::Udp(ports(numbers)?)),
        _ => numbers.parse().ok().map(Standard::Protocol),
    }
}

/// `80` or `8000-8080`.
pub(super) fn ports(text: &str) -> Option<PortRange> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    PortRange::new(first.trim().parse().ok()?, last.trim().parse().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_can_be_read() {
        for (name, _) in TABLE {
            assert!(standard(name).is_some_and(|defaults| !defaults.is_empty()), "{name}");
        }
    }
}
