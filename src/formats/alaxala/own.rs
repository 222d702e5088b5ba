//! What the configuration says of the device itself: clock, log, administration.

use crate::formats::own::{Rows, What};
use crate::model::DoorProtocol;

/// Top-level commands by first words.
pub(super) const OWN: Rows = &[
    ("ntp server", What::Clock),
    ("ntp peer", What::Clock),
    ("ntp client server", What::Clock),
    ("ntp broadcast client", What::Clock),
    ("sntp server", What::Clock),
    ("logging host", What::LogTarget),
    ("logging syslog-host", What::LogTarget),
    ("ftp-server", What::Door(DoorProtocol::Ftp)),
    ("http-server", What::Door(DoorProtocol::Http)),
    ("https-server", What::Door(DoorProtocol::Https)),
    ("snmp-server community", What::Community),
    ("line vty", What::Inside(&[("transport input", What::Doors)])),
];
