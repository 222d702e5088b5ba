//! Every witness is replayed by the other judge before it is shown.

use super::Judge;
use super::deny::Focus;
use super::facts::Facts;
use crate::compile::Header;
use crate::finding::Verdict;
use crate::snapshot::{DeviceId, Place, ZoneId};
use crate::trace::{self, Ingress, Options};

impl<K: Header> Judge<'_, K> {
    /// Replays the witness of `facts` and takes path and causes from the trace; notes a disagreement. `through` names the
    /// devices that the set engine saw it cross, in order.
    pub(super) fn replay(
        &self,
        facts: &mut Facts,
        zone: ZoneId,
        place: Place,
        focus: &Focus,
        through: &[DeviceId],
    ) {
        let Some(flow) = facts.witness else { return };
        let options = Options { only_filters_of: focus.filters, ..Options::default() };
        let trace = trace::trace(self.network.snapshot, Ingress::Zone(zone), flow, &options);
        // What the other judge is not sure of is no proof: it tries values of an address that is not known one by one, where the
        // engine decides about all of them at once.
        let ends = trace.ends.iter().filter(|end| end.place() == Some(place));
        let surest = ends.map(|end| end.certain).max();
        if facts.verdict == Verdict::Violated && surest == Some(false) {
            facts.verdict = Verdict::Undetermined;
        }
        let arrives = |end: &&trace::End| {
            end.place() == Some(place) && (end.certain || facts.verdict != Verdict::Violated)
        };
        let same = trace.ends.iter().filter(arrives).find(|end| end.devices == through);
        let Some(end) = same.or_else(|| trace.ends.iter().find(arrives)) else {
            // A trace that stopped at its budget says nothing against the other judge, but nothing for it either.
            if trace.truncated {
                facts.verdict = Verdict::Undetermined;
                facts.limited();
            } else {
                facts.disagrees = true;
            }
            return;
        };
        facts.path.clone_from(&end.hops);
        if facts.verdict != Verdict::Violated {
            facts.causes.extend(end.causes.iter().cloned());
        }
        if focus.filters.is_none() {
            facts.round_trip =
                trace::round_trip(self.network.snapshot, Ingress::Zone(zone), &flow, end);
        }
    }
}
