//! A topology from configurations alone.

use crate::snapshot::Snapshot;
use crate::topology::Topology;

pub(super) fn topology(_snapshot: &Snapshot) -> Topology {
    Topology::default()
}
