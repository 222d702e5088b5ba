//! The devices of a snapshot, compiled: made once, for everybody who asks about their lines.

use std::sync::Arc;

use crate::compile::{Compiled, Conditions, Header};
use crate::model::Id;
use crate::snapshot::{DeviceId, Difference, Snapshot};
use crate::workers;

/// The devices of a snapshot compiled for both families, in order.
#[derive(Clone, Debug, Default)]
pub struct Devices {
    /// For IPv4.
    pub v4: Vec<Arc<Compiled<u32>>>,
    /// For IPv6.
    pub v6: Vec<Arc<Compiled<u128>>>,
}

impl Devices {
    /// Compiles every device of `snapshot`.
    #[must_use]
    pub fn new(snapshot: &Snapshot) -> Devices {
        Devices { v4: compiled(snapshot), v6: compiled(snapshot) }
    }

    /// As [`Devices::new`] after configurations were edited: compiles only what differs from what `self` was made of.
    #[must_use]
    pub fn resume(&self, snapshot: &Snapshot, difference: &Difference<'_>) -> Devices {
        // Routing tables hold spans, so that the same device on other lines is compiled, too.
        let stands = |id| difference.untouched(id);
        Devices { v4: again(snapshot, &self.v4, stands), v6: again(snapshot, &self.v6, stands) }
    }
}

/// Every device of `snapshot` for one family.
pub(super) fn compiled<K: Header>(snapshot: &Snapshot) -> Vec<Arc<Compiled<K>>> {
    again(snapshot, &[], |_| false)
}

/// As [`compiled`]; what `stands` is taken from `old`.
pub(super) fn again<K: Header>(
    snapshot: &Snapshot,
    old: &[Arc<Compiled<K>>],
    stands: impl Fn(DeviceId) -> bool + Sync,
) -> Vec<Arc<Compiled<K>>> {
    let steps = snapshot.steps.map(|steps| steps.device);
    let conditions = Conditions { at: snapshot.at, without: Vec::new(), steps };
    let ids: Vec<DeviceId> = snapshot.devices.ids().collect();
    workers::map(&ids, |id| {
        let known = old.get(Id::index(*id)).filter(|_| stands(*id));
        let fresh = || Arc::new(Compiled::new(&snapshot.devices[*id], &conditions));
        known.cloned().unwrap_or_else(fresh)
    })
}
