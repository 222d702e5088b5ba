//! The topology file. (Being built.)

/// The topology as the file states it.
#[derive(Clone, Debug, Default)]
pub struct Topology {}
