//! Lines as in the chains of hosts: every length of prefix, source ports beside destination ports, many lines about any service.

use super::Protocol::{Any as Every, Icmp, Tcp, Udp};
use super::filters::Kind::{Any, High, Low, One, Some};
use super::filters::Statistics;

pub(super) const STATISTICS: Statistics = Statistics {
    source: &[(12, 0), (6, 8), (12, 16), (10, 20), (25, 24), (35, 32)],
    destination: &[(14, 0), (5, 8), (10, 16), (11, 20), (25, 24), (35, 32)],
    services: &[
        (30, (Tcp, Any, One)),
        (8, (Tcp, One, Any)),
        (6, (Tcp, High, One)),
        (4, (Tcp, One, High)),
        (12, (Udp, Any, One)),
        (5, (Udp, One, One)),
        (4, (Udp, Low, Some)),
        (6, (Icmp, Any, Any)),
        (25, (Every, Any, Any)),
    ],
    denies: 25,
};
