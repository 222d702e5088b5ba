//! Relays (中継): hosts and zones that a design trusts to let nobody go on through them.

use super::held::Held;
use crate::graph::zone_set;
use crate::snapshot::{Snapshot, ZoneId};

/// The roles of hosts that cut chains: a relay of designated traffic, content disarming, screen transfer, proxies.
const HOST_ROLES: [&str; 5] = ["relay", "sanitizer", "screen-gateway", "proxy", "mail-relay"];
/// The role of zones that cut chains as a whole.
const ZONE_ROLE: &str = "sanitizer";

/// A place that chains do not go through.
pub(super) struct Relay {
    /// `zone.host`, or the zone.
    pub(super) name: String,
    pub(super) zone: ZoneId,
    pub(super) held: Held,
}

/// Every relay, in the order of the topology file: zones, then hosts of other zones.
pub(super) fn relays(snapshot: &Snapshot) -> Vec<Relay> {
    let whole = |zone: ZoneId| snapshot.zones[zone].roles.iter().any(|role| role == ZONE_ROLE);
    let zones = snapshot.zones.iter().filter(|(id, _)| whole(*id)).map(|(id, zone)| Relay {
        name: zone.id.clone(),
        zone: id,
        held: Held { v4: zone_set(snapshot, id), v6: zone_set(snapshot, id) },
    });
    let cuts = |roles: &[String]| roles.iter().any(|role| HOST_ROLES.contains(&role.as_str()));
    let hosts =
        snapshot.hosts.iter().filter(|(_, host)| cuts(&host.roles) && !whole(host.zone)).map(
            |(_, host)| Relay {
                name: format!("{}.{}", snapshot.zones[host.zone].id, host.id),
                zone: host.zone,
                held: Held::of(&host.addresses),
            },
        );
    zones.chain(hosts).collect()
}
