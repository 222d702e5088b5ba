//! Where packets start and end.

use super::{DeviceId, SegmentId, ZoneId};

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(u32);
        impl $crate::model::Id for $name {
            fn from_index(index: usize) -> Self {
                $name(u32::try_from(index).unwrap_or(u32::MAX))
            }
            fn index(self) -> usize {
                self.0 as usize
            }
        }
    )*};
}
pub(super) use ids;

ids! {
    /// A declared host.
    HostId,
}

/// Where a packet can end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Place {
    /// Delivered to the hosts of a zone.
    Zone(ZoneId),
    /// Accepted by a device itself: `self:<device>`.
    Device(DeviceId),
    /// Sent onto a segment, or out of the known network, to an address in no zone.
    Unzoned(SegmentId),
}

/// The identifier of all places outside of zones.
const UNZONED: &str = "unzoned";

impl Place {
    /// The zone or device with this identifier, or all places outside of zones; see [`Place::id`].
    #[must_use]
    pub fn named(snapshot: &super::Snapshot, id: &str) -> Vec<Place> {
        let one = match id.strip_prefix("self:") {
            Some(device) => snapshot.device(device).map(Place::Device),
            None => snapshot.zone(id).map(Place::Zone),
        };
        match one {
            Some(place) => vec![place],
            None if id == UNZONED => snapshot.segments.ids().map(Place::Unzoned).collect(),
            None => Vec::new(),
        }
    }

    /// The identifier in policy files and machine formats: the zone's, `self:<device>` or `unzoned`.
    #[must_use]
    pub fn id(self, snapshot: &super::Snapshot) -> String {
        match self {
            Place::Zone(zone) => snapshot.zones[zone].id.clone(),
            Place::Device(device) => format!("self:{}", snapshot.devices[device].name),
            Place::Unzoned(_) => UNZONED.to_owned(),
        }
    }
}
