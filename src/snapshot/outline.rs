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
    devices: Vec<(Arc<Device>, Shape)>,
}

/// A snapshot beside the one before it.
#[derive(Clone, Copy, Debug)]
pub struct Difference<'o> {
    /// Before; `None` when there was none.
    pub old: Option<&'o Outline>,
    /// After.
    pub new: &'o Outline,
}

impl Outline {
    /// The outline of `snapshot`. `before` is that of an earlier one under the same key: devices that both hold are not read
    /// again.
    #[must_use]
    pub fn of(snapshot: &Snapshot, key: &RandomState, before: Option<&Outline>) -> Outline {
        let devices = snapshot.devices.iter().map(|(id, device)| {
            let known = before.and_then(|outline| outline.devices.get(id.index()));
            let known = known.filter(|(old, _)| Arc::ptr_eq(old, device));
            let shape = known.map(|(_, shape)| shape.clone());
            (Arc::clone(device), shape.unwrap_or_else(|| Shape::of(device, key)))
        });
        Outline { network: network(snapshot, key), devices: devices.collect() }
    }

    /// A device.
    #[must_use]
    pub fn device(&self, id: DeviceId) -> Option<&Device> {
        self.devices.get(id.index()).map(|(device, _)| &**device)
    }
}

impl Difference<'_> {
    /// Whether the configuration of a device is the very one that it was.
    #[must_use]
    pub fn untouched(&self, id: DeviceId) -> bool {
        let old = self.old.and_then(|old| old.devices.get(id.index()));
        let new = self.new.devices.get(id.index());
        old.zip(new).is_some_and(|((old, _), (new, _))| Arc::ptr_eq(old, new))
    }

    /// The lines of filters in which a device differs; `None` when it differs in more, or was not there.
    #[must_use]
    pub fn edits(&self, id: DeviceId) -> Option<Vec<Edited>> {
        let old = self.old.and_then(|old| old.devices.get(id.index()))?;
        let new = self.new.devices.get(id.index())?;
        new.1.edits(&old.1)
    }

    /// The edited lines of all devices; `None` when there are other differences, so that packets may go other ways.
    #[must_use]
    pub fn lines(&self) -> Option<Vec<(DeviceId, Vec<Edited>)>> {
        let old = self.old?;
        let count = self.new.devices.len();
        if old.network != self.new.network || old.devices.len() != count {
            return None;
        }
        let ids = (0..count).map(Id::from_index);
        let edits = ids.map(|id| Some((id, self.edits(id)?)));
        let edits: Option<Vec<_>> = edits.collect();
        edits.map(|all| all.into_iter().filter(|(_, edits)| !edits.is_empty()).collect())
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
    (at, steps).hash(&mut hasher);
    hasher.finish()
}
