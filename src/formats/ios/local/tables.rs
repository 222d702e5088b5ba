//! The services of the device by the commands that switch them on.

use crate::source::Span;

/// Services that a command switches on; whom they answer is not read.
pub(super) const OTHERS: &[(&str, &[(u8, u16)])] = &[
    ("ntp", &[(17, 123)]),
    ("netconf-yang", &[(6, 830)]),
    ("netconf ssh", &[(6, 22)]),
    ("ip dns server", &[(6, 53), (17, 53)]),
    ("tftp-server", &[(17, 69)]),
    ("ftp-server", &[(6, 21)]),
    ("gnxi", &[(6, 50052), (6, 9339)]),
    ("ip sla responder", &[(17, 1967)]),
    ("service tcp-small-servers", &[(6, 7), (6, 9), (6, 13), (6, 19)]),
    ("service udp-small-servers", &[(17, 7), (17, 9), (17, 19)]),
    ("service finger", &[(6, 79)]),
    ("ip finger", &[(6, 79)]),
    ("ip identd", &[(6, 113)]),
    ("ip bootp server", &[(17, 67)]),
    ("ip rcmd", &[(6, 514)]),
    ("vstack", &[(6, 4786)]),
    ("ip dhcp pool", &[(17, 67)]),
    ("ipv6 dhcp pool", &[(17, 547)]),
    ("voice service voip", &[(6, 5060), (17, 5060), (6, 5061), (6, 1720)]),
    ("dial-peer voice", &[(6, 5060), (17, 5060), (6, 5061), (6, 1720)]),
    ("sip-ua", &[(6, 5060), (17, 5060), (6, 5061)]),
    ("telephony-service", &[(6, 2000), (6, 2443)]),
    ("call-manager-fallback", &[(6, 2000), (6, 2443)]),
    ("mgcp", &[(17, 2427)]),
    ("vpdn enable", &[(17, 1701), (6, 1723)]),
    ("vpdn-group", &[(17, 1701), (6, 1723)]),
    ("l2tp-class", &[(17, 1701)]),
    ("crypto ssl policy", &[(6, 443), (17, 443)]),
    ("webvpn gateway", &[(6, 443), (17, 443), (6, 80)]),
    ("aaa server radius dynamic-author", &[(17, 1700), (17, 3799)]),
    ("cwmp agent", &[(6, 7547)]),
    ("gnmi-yang", &[(6, 50052), (6, 9339)]),
];

/// Services that a command of an interface switches on.
pub(in crate::formats::ios) const ON_INTERFACES: &[(&str, &[(u8, u16)])] = &[
    ("ip helper-address", &[(17, 67)]),
    ("ipv6 dhcp", &[(17, 547)]),
    ("mpls ip", &[(6, 646), (17, 646)]),
    ("bfd", &[(17, 3784), (17, 3785)]),
];

/// The ports behind which the terminal lines of a device stand: Telnet, raw TCP, binary Telnet, and the groups of `rotary`.
pub(super) const TERMINALS: &[(u16, u16)] = &[(2001, 2999), (4001, 4999), (6001, 6999)];

/// The first ports of `rotary` groups: Telnet, raw TCP, binary Telnet.
pub(super) const ROTARIES: &[u16] = &[3000, 5000, 7000];

/// Control protocols that the configuration switches on: label, protocol numbers, ports, place.
pub(in crate::formats::ios) type Extras =
    Vec<(&'static str, &'static [u8], &'static [(u8, u16)], Span)>;
