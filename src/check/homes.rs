//! Where the hosts of a zone are, and which gateways they may choose: [`Snapshot::homes`] as sets and positions.

use crate::compile::{self, Header};
use crate::net::{AddressRange, Flow};
use crate::packetset::Intervals;
use crate::reach::Network;
use crate::snapshot::{Snapshot, ZoneId};
use crate::trace::End;

/// The sources by where they are, each part with the positions in [`Snapshot::entries`] that its hosts may choose.
pub fn homes<K: Header>(
    network: &Network<'_, K>,
    zone: ZoneId,
    sources: &Intervals<K>,
) -> Vec<(Intervals<K>, Vec<usize>)> {
    let entries = network.snapshot.entries(zone);
    let (mut elsewhere, mut parts) = (sources.clone(), Vec::new());
    for home in network.snapshot.homes(zone) {
        let networks = compile::intervals(home.networks.iter().map(|network| network.range()));
        let beside = entries.iter().enumerate().filter(|(_, port)| home.ports.contains(port));
        let beside: Vec<usize> = beside.map(|(entry, _)| entry).collect();
        parts.push((sources.intersection(&networks), beside));
        elsewhere = elsewhere.minus(&networks);
    }
    parts.push((elsewhere, (0..entries.len()).collect()));
    parts.retain(|(sources, _)| !sources.is_empty());
    parts
}

/// Whether a traced way begins at a gateway that the sender may choose, or needs none.
pub fn enters_beside(snapshot: &Snapshot, zone: ZoneId, flow: Flow, end: &End) -> bool {
    let Some(first) = end.hops.first() else { return true };
    let own = AddressRange::single(flow.src);
    let mut choices = snapshot.entries(zone);
    choices.retain(|port| {
        let device = &snapshot.devices[port.device];
        device.name == first.device && device.interfaces[port.interface].name == first.ingress
    });
    // What begins at an opaque router is at no port.
    choices.is_empty() || choices.iter().any(|port| snapshot.may_choose(zone, *port, own))
}
