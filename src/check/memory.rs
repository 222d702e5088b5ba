//! What a judgment can go on with after an edit.
//!
//! A part of a policy that found nothing is not asked again as long as the packets of its questions meet none of the edited
//! lines ([`crate::reach::Visits`]): then every filter decides about them as before, they go the same ways, and nothing is
//! found again. Whatever found something is told anew, because lines move. When more than lines of filters was edited,
//! everything is asked again; devices that nobody touched are not compiled again in any case.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Known, stones};
use crate::compile::{Compiled, Header};
use crate::model::Id;
use crate::reach::{Changes, Devices, Network, Parts, Visits};
use crate::snapshot::{Difference, Snapshot};

/// What earlier judgments of one policy found out.
#[derive(Default)]
pub struct Memory {
    pub(super) v4: Side<u32>,
    pub(super) v6: Side<u128>,
    /// Of chains through hosts, and of forged sources, by rule.
    pub(super) chains: Standing<Both>,
    pub(super) forged: Standing<Both>,
    pub(super) effort: Effort,
}

/// How much of a policy was asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Effort {
    /// Parts that were asked; the rest stood from before.
    pub asked: usize,
    /// All parts.
    pub parts: usize,
}

/// Where the packets of what found nothing went, by the number of what was asked. What is not there is to be asked.
pub(super) type Standing<V> = BTreeMap<usize, V>;

/// Where the packets of both families went.
pub(super) type Both = (Visits<u32>, Visits<u128>);

/// One family.
pub(super) struct Side<K> {
    parts: Option<Parts<K>>,
    pub(super) units: Standing<Visits<K>>,
    pub(super) reached: stones::Memory<K>,
}

impl<K> Default for Side<K> {
    fn default() -> Self {
        Side { parts: None, units: Standing::new(), reached: stones::Memory::default() }
    }
}

impl Memory {
    /// What the last judgment asked.
    #[must_use]
    pub fn effort(&self) -> Effort {
        self.effort
    }

    /// Everything is to be asked again.
    fn forget(&mut self) {
        self.v4.forget();
        self.v6.forget();
        self.chains.clear();
        self.forged.clear();
    }

    /// The networks of `snapshot`. What `difference` may have changed is forgotten.
    pub(super) fn resume<'s>(
        &mut self,
        snapshot: &'s Snapshot,
        devices: &Devices,
        difference: &Difference<'_>,
    ) -> (Network<'s, u32>, Network<'s, u128>) {
        let (v4, old) = self.v4.resume(snapshot, &devices.v4, difference);
        let (v6, other) = self.v6.resume(snapshot, &devices.v6, difference);
        match old.zip(other) {
            Some((old, other)) => {
                let stands = |(v4, v6): &Both| !v4.meet(&old) && !v6.meet(&other);
                self.chains.retain(|_, visits| stands(visits));
                self.forged.retain(|_, visits| stands(visits));
            }
            None => self.forget(),
        }
        (v4, v6)
    }
}

impl<K: Header> Side<K> {
    fn resume<'s>(
        &mut self,
        snapshot: &'s Snapshot,
        compiled: &[Arc<Compiled<K>>],
        difference: &Difference<'_>,
    ) -> (Network<'s, K>, Option<Changes<K>>) {
        let (network, changes) = match &self.parts {
            None => (Network::of(snapshot, compiled.to_vec()), None),
            Some(old) => {
                let network = Network::resume(snapshot, compiled.to_vec(), old, difference);
                let changes = changes(old, &network, difference);
                (network, changes)
            }
        };
        match &changes {
            Some(changes) => {
                self.units.retain(|_, visits| !visits.meet(changes));
                self.reached.keep(|visits| !visits.meet(changes));
            }
            None => self.forget(),
        }
        self.parts = Some(network.parts());
        (network, changes)
    }
}

impl<K> Side<K> {
    /// What is known before anything is asked.
    pub(super) fn known(&mut self) -> Known<K> {
        Known { reached: std::mem::take(&mut self.reached), ..Known::default() }
    }

    fn forget(&mut self) {
        self.units.clear();
        self.reached = stones::Memory::default();
    }
}

/// The lines in which two networks differ; `None` when they differ in more, or one of them did not fit its arena.
fn changes<K: Header>(
    old: &Parts<K>,
    new: &Network<'_, K>,
    difference: &Difference<'_>,
) -> Option<Changes<K>> {
    let mut all = old.compiled.iter().chain(&new.compiled);
    if !difference.same_ways() || all.any(|compiled| compiled.arena.exhausted()) {
        return None;
    }
    let mut changes = Changes::default();
    for (id, device) in new.snapshot.devices.iter() {
        let edited = difference.edits(id)?;
        let before = (&**difference.before(id)?, &**old.compiled.get(Id::index(id))?);
        let after = (&**device, &**new.compiled.get(Id::index(id))?);
        changes.add(id, before, after, edited);
    }
    Some(changes)
}
