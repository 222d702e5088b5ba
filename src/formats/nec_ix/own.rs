//! What the configuration says of the device itself: clock, log, administration, cryptography.

use crate::formats::own::{Rows, What};
use crate::model::DoorProtocol;

/// Top-level commands by first words.
pub(super) const OWN: Rows = &[
    ("ntp server", What::Clock),
    ("sntp server", What::Clock),
    ("syslog ip host", What::LogTarget),
    ("syslog ipv6 host", What::LogTarget),
    ("telnet-server ip enable", What::Door(DoorProtocol::Telnet)),
    ("telnet-server ipv6 enable", What::Door(DoorProtocol::Telnet)),
    ("ssh-server ip enable", What::Door(DoorProtocol::Ssh)),
    ("ssh-server ipv6 enable", What::Door(DoorProtocol::Ssh)),
    ("http-server ip enable", What::Door(DoorProtocol::Http)),
    ("http-server ipv6 enable", What::Door(DoorProtocol::Http)),
    ("snmp-agent ip enable", What::Door(DoorProtocol::Snmp)),
    ("snmp-agent ip community", What::Community),
    ("snmp-agent ipv6 community", What::Community),
    ("ike proposal", What::Weak(3)),
    ("ike policy", What::Aggressive),
    ("ikev2 proposal", What::Weak(3)),
    ("ipsec autokey-proposal", What::Weak(3)),
];
