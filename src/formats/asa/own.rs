//! What the configuration says of the appliance itself: clock, log, communities, cryptography. Administration by SSH, Telnet
//! and HTTPS is noted where its lines are read (`local`).

use super::state::Reader;
use crate::formats::lines::Block;
use crate::formats::own::{Rows, Table, What};
use crate::model::{OwnKind, WeakCrypto};

/// Top-level commands by first words.
const OWN: Rows = &[
    ("ntp server", What::Clock),
    ("logging host", What::LogTarget),
    ("snmp-server community", What::HostsOnly),
    ("snmp-server host", What::HostsOnly),
    ("ssh version 1", What::Is(WeakCrypto::Ssh1)),
    ("ssl encryption", What::Weak(2)),
    ("ssl server-version sslv3", What::Is(WeakCrypto::OldTls)),
    ("ssl server-version tlsv1", What::Is(WeakCrypto::OldTls)),
    ("ssl server-version tlsv1.1", What::Is(WeakCrypto::OldTls)),
    ("crypto isakmp policy", What::Inside(PROPOSAL)),
    ("crypto ikev1 policy", What::Inside(PROPOSAL)),
    ("crypto ikev2 policy", What::Inside(PROPOSAL)),
    ("crypto ipsec transform-set", What::Weak(4)),
    ("crypto ipsec ikev1 transform-set", What::Weak(5)),
    ("crypto ipsec ikev2 ipsec-proposal", What::Inside(&[("protocol esp", What::Weak(3))])),
    ("crypto map", What::Aggressive),
];

const PROPOSAL: Rows =
    &[("encryption", What::Weak(1)), ("hash", What::Weak(1)), ("integrity", What::Weak(1))];

/// Notes what the blocks say. To be called when every line has its status.
pub(super) fn read<'a>(reader: &mut Reader<'a>, blocks: &'a [Block<'a>]) {
    let table = Table::new(OWN);
    let (mut logs, mut built, mut name) = (false, false, None);
    for block in blocks {
        table.block(block, &mut reader.device.own, &mut reader.ledger);
        let head = &block.head;
        match (head.word(0), head.word(1)) {
            ("hostname", _) => name = Some(head.span),
            ("logging", "enable") => logs = true,
            ("logging", "trap") => {
                built |= matches!(head.word(2), "informational" | "debugging" | "6" | "7")
            }
            _ => continue,
        }
        reader.ledger.used(head.span);
    }
    let silenced = |block: &Block<'_>| block.head.starts(&["no", "logging", "message", "302013"]);
    let own = &mut reader.device.own;
    own.whole = name;
    // Message 302013 reports every TCP connection at level 6, whatever the access list says.
    own.logs_connections = match (logs, built) {
        (true, true) if !blocks.iter().any(silenced) => Some(true),
        (false, _) if name.is_some() => Some(false),
        _ => None,
    };
    // Without `logging enable` no message leaves the appliance.
    own.facts.retain(|fact| logs || !matches!(fact.kind, OwnKind::LogTarget(_)));
}
