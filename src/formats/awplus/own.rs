//! What the configuration says of the device itself: clock, log, administration, cryptography.

use crate::formats::own::{Rows, What};
use crate::model::DoorProtocol;

/// Top-level commands by first words.
pub(super) const OWN: Rows = &[
    ("ntp server", What::Clock),
    ("ntp peer", What::Clock),
    ("log host", What::LogTarget),
    ("service telnet", What::Door(DoorProtocol::Telnet)),
    ("service ssh", What::Door(DoorProtocol::Ssh)),
    ("service http", What::Door(DoorProtocol::Http)),
    ("service http log", What::Nothing),
    ("service ftp", What::Door(DoorProtocol::Ftp)),
    ("snmp-server community", What::Community),
    ("snmp-server group", What::Door(DoorProtocol::Snmp)),
    ("crypto isakmp profile", What::Inside(PROPOSAL)),
    ("crypto ipsec profile", What::Inside(PROPOSAL)),
];

/// `transform 1 integrity MD5 encryption 3DES`.
const PROPOSAL: Rows = &[("transform", What::Weak(2))];
