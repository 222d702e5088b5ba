//! What the configuration says of the device itself: clock, log, administration, cryptography.

use crate::formats::own::{Rows, What};
use crate::model::{DoorProtocol, WeakCrypto};

/// Top-level commands by first words.
pub(super) const OWN: Rows = &[
    ("ntp server", What::Clock),
    ("ntp peer", What::Clock),
    ("ntp broadcast client", What::Clock),
    ("sntp server", What::Clock),
    ("logging", What::LogAddress),
    ("logging host", What::LogTarget),
    ("ip http server", What::Door(DoorProtocol::Http)),
    ("ip http secure-server", What::Door(DoorProtocol::Https)),
    ("ftp-server enable", What::Door(DoorProtocol::Ftp)),
    ("tftp-server", What::Door(DoorProtocol::Tftp)),
    ("snmp-server community", What::Community),
    ("snmp-server group", What::Door(DoorProtocol::Snmp)),
    ("ip ssh version 1", What::Is(WeakCrypto::Ssh1)),
    ("line vty", What::Inside(&[("transport input", What::Doors)])),
    ("crypto isakmp policy", What::Inside(PROPOSAL)),
    ("crypto ikev2 proposal", What::Inside(PROPOSAL)),
    ("crypto ipsec transform-set", What::Weak(4)),
];

const PROPOSAL: Rows = &[
    ("encr", What::Weak(1)),
    ("encryption", What::Weak(1)),
    ("hash", What::Weak(1)),
    ("integrity", What::Weak(1)),
];
