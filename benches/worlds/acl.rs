//! Lines as in lists of access at a router: long prefixes on both sides, one service each, hardly any wide line.

use super::Protocol::{Any as Every, Icmp, Tcp, Udp};
use super::filters::Kind::{Any, High, One, Some};
use super::filters::Statistics;

pub(super) const STATISTICS: Statistics = Statistics {
    source: &[(2, 0), (4, 16), (8, 20), (30, 24), (16, 28), (40, 32)],
    destination: &[(1, 0), (3, 20), (16, 24), (20, 28), (60, 32)],
    services: &[
        (66, (Tcp, Any, One)),
        (8, (Tcp, Any, Some)),
        (4, (Tcp, Any, High)),
        (14, (Udp, Any, One)),
        (3, (Icmp, Any, Any)),
        (5, (Every, Any, Any)),
    ],
    denies: 12,
};
