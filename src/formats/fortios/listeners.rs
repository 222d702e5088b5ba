//! Doors that features of interfaces and tunnels open on the device itself.

use super::core::{Reader, Scope};
use super::interface::Facts;
use super::local_in::{Doors, other_address, tcp, udp, union};
use super::vpn;
use crate::model::{Interfaces, ServiceSet};

/// Tables of tunnels with the protocol that carries them.
const TUNNELS: [(&str, u8); 4] = [
    ("system gre-tunnel", 47),
    ("system ipip-tunnel", 4),
    ("system sit-tunnel", 41),
    ("system ipv6-tunnel", 41),
];

impl Doors {
    /// Ends of tunnels, the DHCP relay and the captive portal. Which of the addresses of the device they answer at, and whom,
    /// is not considered: *may*.
    pub(super) fn others<'a>(
        &mut self,
        reader: &mut Reader<'a>,
        scope: &mut Scope<'_, 'a>,
        facts: &[Facts<'a>],
    ) {
        let any = reader.constant("any");
        for (path, protocol) in TUNNELS {
            for (name, _, span) in vpn::whole(reader, scope, path) {
                let service = union(reader, vec![ServiceSet::Protocol(protocol)], span);
                let matches = (Interfaces::Any, any, any, service);
                self.push(format!("tunnel {name}"), matches, Some(other_address()), span);
            }
        }
        for fact in facts {
            if reader.device.interfaces[fact.id].context != self.mode.context {
                continue;
            }
            let portal = vec![tcp(1000), tcp(1003)];
            let found = [
                ("dhcp relay", fact.relay, vec![udp(67)]),
                ("captive portal", fact.portal, portal),
            ];
            for (label, span, sets) in found {
                let Some(span) = span else { continue };
                let service = union(reader, sets, span);
                let matches = (Interfaces::Of(vec![fact.id]), any, any, service);
                self.push(label.to_owned(), matches, Some(other_address()), span);
            }
        }
    }
}
