//! What two snapshots of one network have in common, when configurations were edited between them.

use std::hash::{BuildHasher, Hash, Hasher, RandomState};
use std::sync::Arc;

use super::{DeviceId, Snapshot};
use crate::model::{Device, Edited, Id, Shape};

/// A snapshot, whatever the lines on which its configurations say it.
#[derive(Clone, Debug, Default)]
pub struct Outline {
    /// Zones, segments, routers and hosts.
    network: u64,
    devices: Vec<(Arc<Device>, Arc<Shape>)>,
}

/// A snapshot beside the one before it.
#[derive(Clone, Debug)]
pub struct Difference<'o> {
    old: Option<&'o Outline>,
    new: &'o Outline,
    /// The edited lines of each device; `None` for one that differs in more.
    edits: Vec<Option<Vec<Edited>>>,
    same_ways: bool,
}

impl Outline {
    /// The outline of `snapshot`. `before` is that of an earlier one under the same key: devices that both hold are not read
    /// again.
    #[must_use]
    pub fn of(snapshot: &Snapshot, key: &RandomState, before: Option<&Outline>) -> Outline {
        let devices = snapshot.devices.iter().map(|(id, device)| {
            let known = before.and_then(|outline| outline.devices.get(id.index()));
            let known = known.filter(|(old, _)| Arc::ptr_eq(old, device));
            let shape = known.map(|(_, shape)| Arc::clone(shape));
            (Arc::clone(device), shape.unwrap_or_else(|| Arc::new(Shape::of(device, key))))
        });
        Outline { network: network(snapshot, key), devices: devices.collect() }
    }
}

impl<'o> Difference<'o> {
    /// Compares an outline with the one before it, when there was one.
    #[must_use]
    pub fn new(old: Option<&'o Outline>, new: &'o Outline) -> Difference<'o> {
        let before = |at: usize| old.and_then(|old| old.devices.get(at));
        let edits = new.devices.iter().enumerate().map(|(at, (device, shape))| {
            let (old, then) = before(at)?;
            if Arc::ptr_eq(old, device) { Some(Vec::new()) } else { shape.edits(then) }
        });
        let edits: Vec<Option<Vec<Edited>>> = edits.collect();
        let same_ways = old.is_some_and(|old| {
            let devices = old.devices.len() == new.devices.len();
            old.network == new.network && devices && edits.iter().all(Option::is_some)
        });
        Difference { old, new, edits, same_ways }
    }

    /// Whether the configuration of a device is the very one that it was.
    #[must_use]
    pub fn untouched(&self, id: DeviceId) -> bool {
        let new = self.new.devices.get(id.index());
        self.before(id).zip(new).is_some_and(|(old, (new, _))| Arc::ptr_eq(old, new))
    }

    /// A device as it was; `None` when it was not there.
    #[must_use]
    pub fn before(&self, id: DeviceId) -> Option<&'o Arc<Device>> {
        self.old?.devices.get(id.index()).map(|(device, _)| device)
    }

    /// The lines of filters in which a device differs; `None` when it differs in more, or was not there.
    #[must_use]
    pub fn edits(&self, id: DeviceId) -> Option<&[Edited]> {
        self.edits.get(id.index())?.as_deref()
    }

    /// Whether nothing but lines of filters differs, so that packets that pass go the ways that they went.
    #[must_use]
    pub fn same_ways(&self) -> bool {
        self.same_ways
    }
}

fn network(snapshot: &Snapshot, key: &RandomState) -> u64 {
    // Names and gaps are told, and no packet meets them; partners are not part of the network; the index follows from the rest.
    let Snapshot {
        name: _,
        devices: _,
        zones,
        segments,
        opaques,
        hosts,
        learnt,
        coverage: _,
        partners: _,
        issues: _,
        at,
        steps,
        index: _,
    } = snapshot;
    let mut hasher = key.build_hasher();
    [zones.len(), segments.len(), opaques.len(), hosts.len()].hash(&mut hasher);
    zones.iter().for_each(|(_, zone)| zone.hash(&mut hasher));
    segments.iter().for_each(|(_, segment)| segment.hash(&mut hasher));
    opaques.iter().for_each(|(_, opaque)| opaque.hash(&mut hasher));
    hosts.iter().for_each(|(_, host)| host.hash(&mut hasher));
    (at, steps, learnt).hash(&mut hasher);
    hasher.finish()
}
