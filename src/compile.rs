//! One device's rule lists and routes as packet-set functions, in every reading that a verdict needs.
//!
//! A rule list becomes an [`Artefact`]: its lines carry their position as priority, so that the minimum over any grouping is
//! first match, and the terminals that survive inside a set *are* the lines to blame. Lines are grouped by interface condition
//! and by the nesting heights of their addresses, so that a group is linear in its lines; the groups are joined only under
//! the guard of the packets at hand. Address and service objects are evaluated once per device and family, never expanded
//! per line.

mod artefact;
mod cover;
mod decide;
mod group;
mod header;
mod height;
mod objects;
mod possible;
mod routes;
mod translation;

use std::sync::Arc;

pub use artefact::{Artefact, Entry};
pub use cover::{Covers, Fate};
pub(crate) use group::fits;
pub use header::{Header, Layout, fields};
pub(crate) use header::{
    cube, flow_at, icmp_protocols, opening, port_protocols, ranges, span, stray,
};
pub use possible::permitting;
pub use routes::{Choice, ChoiceKind, Group, PolicyBranch, RouteTable};
pub use translation::{
    Applied, Named, Outcome, addressed, apply, garble, image, preimage, pull_back,
};

use crate::model::{AddressId, Device, Id, ListId, Moment, Stage};
use crate::packetset::{Arena, Intervals, Key};

/// Which results of uncertain lines count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reading {
    /// The widest: whatever may pass, passes. Isolation is judged on it.
    May,
    /// What surely passes at some time. A violation is proven on it.
    Must,
    /// What surely passes at all times. Required connectivity is judged on it.
    Always,
}

/// A line of a device, by its list and position.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LineRef {
    /// The list.
    pub list: ListId,
    /// The position in [`crate::model::RuleList::lines`].
    pub line: u32,
}

/// One device for one address family.
#[derive(Debug)]
pub struct Compiled<K> {
    /// Holds every function below; frozen after compilation.
    pub arena: Arc<Arena<K>>,
    /// One artefact a list, by [`ListId`]; lists that no stage uses are empty.
    pub lists: Vec<Arc<Artefact<K>>>,
    /// One routing table a context.
    pub routes: Arc<[RouteTable<K>]>,
    objects: Arc<objects::Objects<K>>,
}

/// What compilation depends on besides the device.
#[derive(Clone, Debug, Default)]
pub struct Conditions {
    /// The moment at which schedules are read; `None`: any moment.
    pub at: Option<Moment>,
    /// Lines read as if they were not there (to find out what a removal would end).
    pub without: Vec<LineRef>,
    /// The largest number of steps of the arena, when it is to be smaller than usual.
    pub steps: Option<usize>,
}

/// The largest number of steps of a device's arena; about 16 million, far above any real configuration.
const BUDGET: usize = 1 << 24;

impl<K: Header> Compiled<K> {
    /// Compiles `device` for the family of `K`.
    #[must_use]
    pub fn new(device: &Device, conditions: &Conditions) -> Self {
        let mut arena = Arena::new(&K::layout(), conditions.steps.unwrap_or(BUDGET).min(BUDGET));
        let objects = objects::Objects::evaluate(&mut arena, device);
        let mut wanted = vec![false; device.lists.len()];
        for (_, context) in device.contexts.iter() {
            let bindings = context.pipeline.iter().flat_map(|stage| match stage {
                Stage::Filter(filter) => filter.bindings.as_slice(),
                Stage::Translate(translate) => translate.bindings.as_slice(),
                Stage::Route => &[],
            });
            let local = context.local.iter().flat_map(|filter| filter.bindings.as_slice());
            for list in bindings.chain(local).flat_map(|binding| &binding.lists) {
                artefact::want(device, *list, &mut wanted);
            }
        }
        let mut builder =
            artefact::Builder { arena: &mut arena, device, objects: &objects, conditions };
        let lists = device
            .lists
            .ids()
            .zip(&wanted)
            .map(|(id, wanted)| if *wanted { builder.build(id) } else { Artefact::default() })
            .map(Arc::new)
            .collect();
        let routes = device
            .contexts
            .ids()
            .map(|id| RouteTable::new(&mut arena, device, id, &objects, conditions.at))
            .collect();
        Compiled { arena: Arc::new(arena), lists, routes, objects: Arc::new(objects) }
    }

    /// The same device as if some lines were not there: `conditions` name all of them, and are else those of `self`.
    #[must_use]
    pub fn without(&self, device: &Device, conditions: &Conditions) -> Self {
        let (arena, objects) = (&mut Arc::clone(&self.arena), &self.objects);
        let own = |(id, artefact): (ListId, &Arc<Artefact<K>>)| {
            let without = artefact.positions(id, &conditions.without);
            if without.is_empty() {
                return Arc::clone(artefact);
            }
            // Whoever jumps into a list counts its lines; then it is compiled again, like those that jump.
            let alone = !self.lists.iter().any(|other| other.jumps_into(id));
            let missing = alone.then(|| artefact.missing(without)).flatten();
            Arc::new(missing.unwrap_or_else(|| {
                let arena = Arc::make_mut(arena);
                artefact::Builder { arena, device, objects, conditions }.build(id)
            }))
        };
        let lists = device.lists.ids().zip(&self.lists).map(own).collect();
        let (routes, objects) = (Arc::clone(&self.routes), Arc::clone(objects));
        Compiled { arena: Arc::clone(arena), lists, routes, objects }
    }

    /// The addresses that an object may hold, at most.
    #[must_use]
    pub fn widest(&self, address: AddressId) -> Arc<Intervals<K>> {
        self.objects.address(address).may
    }

    /// Whether an object surely holds every address of the family.
    #[must_use]
    pub fn is_everything(&self, address: AddressId) -> bool {
        self.objects.is_everything(address)
    }

    /// The artefact of a list.
    #[must_use]
    pub fn list(&self, id: ListId) -> Option<&Artefact<K>> {
        self.lists.get(Id::index(id)).map(AsRef::as_ref)
    }
}

/// The intervals of a prefix list in the coordinates of `K`.
#[must_use]
pub fn intervals<K: Header>(
    ranges: impl Iterator<Item = crate::net::AddressRange>,
) -> Intervals<K> {
    let own = ranges.filter(|range| range.family() == K::FAMILY);
    Intervals::of(own.map(|range| {
        let (first, last) = range.numbers();
        (<K as Key>::narrow(first), <K as Key>::narrow(last))
    }))
}
