//! Joins devices and topology. (Being built.)

use super::Snapshot;
use crate::model::{Coverage, Device, Moment};
use crate::topology::Topology;

/// What a snapshot is built from.
pub struct BuildInput {
    /// The topology; `None` when only configurations are given.
    pub topology: Option<Topology>,
    /// Devices with their names set, each with its coverage.
    pub devices: Vec<(Device, Coverage)>,
    /// The moment at which schedules are read.
    pub at: Option<Moment>,
}

/// Joins devices and topology; broken references are in the result's issues or the error list.
#[must_use]
pub fn build(input: BuildInput) -> Snapshot {
    let _ = (&input.topology, &input.devices);
    Snapshot { at: input.at, ..Snapshot::default() }
}
