//! The lines of a list by interface condition.

use rustc_hash::FxHashMap;

use crate::model::{InterfaceId, Interfaces};
use crate::packetset::Function;

/// The lines of one reading with one interface condition, as functions of which the smallest priority counts.
#[derive(Clone, Debug)]
pub(super) struct Group {
    pub(super) ingress: Interfaces,
    pub(super) egress: Interfaces,
    pub(super) roots: Vec<Function>,
}

/// The groups of one reading. A list may have one for each pair of interfaces, and is asked for one pair at a time.
#[derive(Clone, Debug, Default)]
pub(super) struct Groups {
    all: Vec<Group>,
    /// Positions in `all` of those that name the ingress.
    by_ingress: FxHashMap<InterfaceId, Vec<u32>>,
    /// Positions in `all` of the others.
    anywhere: Vec<u32>,
}

impl Groups {
    pub(super) fn new(all: Vec<Group>) -> Groups {
        let mut groups = Groups::default();
        for (at, group) in (0u32..).zip(&all) {
            match &group.ingress {
                Interfaces::Any => groups.anywhere.push(at),
                Interfaces::Of(ids) => {
                    for id in ids {
                        groups.by_ingress.entry(*id).or_default().push(at);
                    }
                }
            }
        }
        groups.all = all;
        groups
    }

    /// Every condition with its functions.
    pub(super) fn all(&self) -> impl Iterator<Item = ((&Interfaces, &Interfaces), &[Function])> {
        self.all.iter().map(|group| ((&group.ingress, &group.egress), group.roots.as_slice()))
    }

    /// The groups whose conditions packets on their way between two ports meet.
    pub(super) fn at(
        &self,
        ports: (InterfaceId, Option<InterfaceId>),
    ) -> impl Iterator<Item = &Group> {
        let named = self.by_ingress.get(&ports.0).into_iter().flatten();
        let groups = self.anywhere.iter().chain(named).filter_map(|at| self.all.get(*at as usize));
        groups.filter(move |group| fits(ports, &group.ingress, &group.egress))
    }
}

/// Whether packets on their way between two ports (no egress before the route) meet conditions on them.
pub(crate) fn fits(
    ports: (InterfaceId, Option<InterfaceId>),
    ingress: &Interfaces,
    egress: &Interfaces,
) -> bool {
    ingress.contains(ports.0)
        && match ports.1 {
            Some(port) => egress.contains(port),
            None => *egress == Interfaces::Any,
        }
}
