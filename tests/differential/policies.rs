//! Rules about pairs of zones, as a policy file would hold them.

use super::flows::Samples;
use super::rng::Rng;
use sekisho::check::{self, Judgment, Resolved};
use sekisho::net::{Family, Flow, PortRange};
use sekisho::policy::{Except, Party, Policy, PolicyRule, Service, Verb, Who};
use sekisho::reach::Devices;
use sekisho::snapshot::{Place, Snapshot, ZoneId};
use sekisho::source::{Sources, Span};
use sekisho::trace::End;

/// Makes rules about a network.
pub(crate) struct Rules<'a> {
    snapshot: &'a Snapshot,
    /// The file in which the lines of random networks stand.
    sources: Sources,
    /// Its first line.
    pub(crate) span: Span,
}

impl Rules<'_> {
    pub(crate) fn new(snapshot: &Snapshot) -> Rules<'_> {
        let mut sources = Sources::default();
        let file = sources.add("random.conf", "line\n".repeat(4096).as_bytes()).unwrap();
        Rules { snapshot, sources, span: Span { file, start: 0, end: 1 } }
    }

    /// Every zone with every other one.
    pub(crate) fn pairs(&self) -> Vec<(ZoneId, ZoneId)> {
        let zones: Vec<ZoneId> = self.snapshot.zones.ids().collect();
        let pairs = zones.iter().flat_map(|from| zones.iter().map(move |to| (*from, *to)));
        pairs.filter(|(from, to)| from != to).collect()
    }

    /// Packets of both families, so many of each, that hosts of a zone might send to open connections.
    pub(crate) fn sent(&self, rng: &mut Rng, zone: ZoneId, count: usize) -> Vec<Flow> {
        let snapshot = self.snapshot;
        let own = |flow: &Flow| flow.is_opening() && snapshot.zone_holds(zone, flow.src);
        let mut sent = Vec::new();
        for samples in Family::ALL.map(|family| Samples::new(snapshot, family)) {
            let some = (0..count).filter_map(|_| samples.flow(rng, snapshot, zone));
            sent.extend(some.filter(own));
        }
        sent
    }

    /// Whether an end of a packet is what a rule as [`Rules::between`] makes it is about.
    pub(crate) fn meant(&self, to: ZoneId, port: Option<u16>, end: &End) -> bool {
        let flow = &end.flow;
        let service = port.is_none_or(|port| flow.protocol == 6 && flow.destination_port == port);
        end.place() == Some(Place::Zone(to)) && service && self.snapshot.zone_holds(to, flow.dst)
    }

    /// The policy judged.
    pub(crate) fn judge(&self, policy: &Policy, resolved: &Resolved<'_>) -> Judgment {
        let devices = Devices::new(self.snapshot);
        check::judge(self.snapshot, &devices, policy, resolved, &self.sources)
    }

    /// A rule about all that goes from one zone to another, or about one port of TCP.
    pub(crate) fn between(
        &self,
        (from, to): (ZoneId, ZoneId),
        port: Option<u16>,
        verb: Verb,
    ) -> PolicyRule {
        let span = self.span;
        let party = |zone: ZoneId| {
            let who = Who::Zone(self.snapshot.zones[zone].id.clone());
            vec![Party { who, span }]
        };
        let one = |port| Service { protocol: Some(6), ports: PortRange::single(port) };
        let services = port.map(one).into_iter().collect();
        let flow = Except { from: party(from), to: party(to), services, span };
        PolicyRule::new(format!("{from:?} {to:?}"), verb, flow)
    }
}
