//! What the configuration says of the router itself: clock, log, administration, cryptography.

use crate::formats::own::{Rows, What};
use crate::model::DoorProtocol;

/// Commands by first words.
pub(super) const OWN: Rows = &[
    ("ntpdate", What::Clock),
    ("ntp server", What::Clock),
    ("syslog host", What::LogTarget),
    ("telnetd host", What::Door(DoorProtocol::Telnet)),
    ("telnetd service on", What::Door(DoorProtocol::Telnet)),
    ("telnetd host none", What::Nothing),
    ("sshd service on", What::Door(DoorProtocol::Ssh)),
    ("httpd host", What::Door(DoorProtocol::Http)),
    ("httpd service on", What::Door(DoorProtocol::Http)),
    ("httpd host none", What::Nothing),
    ("tftp host", What::Door(DoorProtocol::Tftp)),
    ("tftp host none", What::Nothing),
    ("snmp community", What::HostsOnly),
    ("snmpv2c community", What::HostsOnly),
    ("snmp host", What::Door(DoorProtocol::Snmp)),
    ("snmp host none", What::Nothing),
    ("snmpv2c host", What::Door(DoorProtocol::Snmp)),
    ("snmpv2c host none", What::Nothing),
    ("ipsec ike encryption", What::Weak(4)),
    ("ipsec ike hash", What::Weak(4)),
    ("ipsec sa policy", What::Weak(5)),
];
