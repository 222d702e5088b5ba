//! Who answers on a segment for addresses that no interface has (proxy ARP).

use super::packet::{Cut, within};
use super::stage::{Branch, Site};
use super::traveller::{Crossing, Traveller, Visit};
use super::walk::before_route;
use crate::model::{AddressMap, Stage};
use crate::snapshot::{Port, Snapshot};

/// Whether the device answers for the destination on the segment of `port`, because it would translate it (proxy ARP);
/// `Some(true)` when surely.
pub(super) fn answers(
    snapshot: &Snapshot,
    reply: &[Crossing],
    port: Port,
    traveller: &Traveller,
) -> Result<Option<bool>, Cut> {
    let packet = traveller.packet;
    let back = |crossing: &Crossing| {
        let here = crossing.device == port.device && crossing.egress == port.interface;
        here && crossing.after.source != crossing.before.source
            && within(packet.destination, crossing.after.source)
    };
    if reply.iter().any(back) {
        return Ok(Some(true));
    }
    let device = &snapshot.devices[port.device];
    let context = device.interfaces[port.interface].context;
    let ingress = Some(port.interface);
    let visit = Visit { device: port.device, context, ingress, session: false, crossing: None };
    let site = Site { device, visit: &visit, egress: None, at: snapshot.at };
    let mut travellers =
        vec![Traveller { touched: Vec::new(), hops: Vec::new(), ..traveller.clone() }];
    for stage in before_route(&device.contexts[context]) {
        let Stage::Translate(translate) = stage else { continue };
        let mut next = Vec::new();
        for traveller in travellers {
            for branch in site.translate(translate, traveller)? {
                let (Branch::Passed(traveller) | Branch::Denied(traveller)) = branch;
                next.push(traveller);
            }
        }
        travellers = next;
    }
    let changed = |t: &&Traveller| t.packet.destination != packet.destination;
    let one_to_one = |t: &Traveller| {
        t.touched
            .iter()
            .any(|id| matches!(device.rewrites[*id].destination, Some(AddressMap::Shift { .. })))
    };
    let some = travellers.iter().any(|t| changed(&t));
    let all = travellers.iter().all(|t| changed(&t) && one_to_one(t));
    Ok(some.then_some(all))
}
