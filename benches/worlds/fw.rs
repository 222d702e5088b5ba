//! The hard lines of old firewalls: from anywhere to somewhere and from somewhere to anywhere, permits and denies in turn, ranges of
//! ports. The exact set of what such a list lets pass is a product that nobody should ever build.

use super::Protocol::{Any as Every, Icmp, Tcp, Udp};
use super::filters::Kind::{Any, High, Low, One, Some};
use super::filters::Statistics;

pub(super) const STATISTICS: Statistics = Statistics {
    source: &[(30, 0), (2, 8), (6, 16), (8, 20), (14, 24), (4, 28), (36, 32)],
    destination: &[(60, 0), (1, 8), (3, 16), (4, 20), (10, 24), (2, 28), (20, 32)],
    services: &[
        (34, (Tcp, Any, One)),
        (12, (Tcp, Any, Some)),
        (6, (Tcp, High, One)),
        (5, (Tcp, One, High)),
        (3, (Tcp, Any, Low)),
        (14, (Udp, Any, One)),
        (6, (Udp, Any, Some)),
        (4, (Udp, High, High)),
        (6, (Icmp, Any, Any)),
        (10, (Every, Any, Any)),
    ],
    denies: 40,
};
