//! One flow before both judges.

use super::features::Features;
use super::flows;
use super::network;
use super::rng::Rng;
use sekisho::compile::{Header, Reading};
use sekisho::graph::Node;
use sekisho::net::{Flow, State};
use sekisho::packetset::{Arena, Function, Intervals};
use sekisho::reach::{Network, Query, Run, opening};
use sekisho::snapshot::{DeviceId, Place, Snapshot, ZoneId};
use sekisho::trace::{self, Ingress, Options, Trace};
use std::collections::BTreeSet;

/// What the symbolic engine says about one flow from one zone.
pub(crate) struct Said {
    pub(crate) may: BTreeSet<Place>,
    pub(crate) must: BTreeSet<Place>,
    pub(crate) always: Option<Place>,
    pub(crate) limited: bool,
}

/// The point of a flow in the coordinates of `K`.
pub(crate) fn point<K: Header>(flow: &Flow) -> Vec<K> {
    let flow = flow.normalised();
    let small = |value: u16| K::narrow(u128::from(value));
    let (dport, sport) = if flow.is_icmp() {
        (u16::from(flow.icmp_type), u16::from(flow.icmp_code))
    } else {
        (flow.destination_port, flow.source_port)
    };
    let state = State::ALL.iter().position(|state| *state == flow.state).unwrap();
    vec![
        K::of(flow.src),
        K::of(flow.dst),
        small(u16::from(flow.protocol)),
        small(dport),
        small(sport),
        small(u16::from(flow.tcp_flags)),
        K::narrow(state as u128),
        K::default(),
    ]
}

/// The set of these points.
pub(crate) fn set_of<K: Header>(arena: &mut Arena<K>, points: &[Vec<K>]) -> Function {
    let mut all = Function::NONE;
    for point in points {
        let mut set = Function::ALL;
        for (field, value) in point.iter().enumerate() {
            let inside = arena.field_in(field, &Intervals::range(*value, *value));
            set = arena.guard(set, inside);
        }
        all = arena.min(all, set);
    }
    all
}

pub(crate) fn run_of<K: Header>(
    network: &Network<'_, K>,
    zone: ZoneId,
    points: &[Vec<K>],
    reading: Reading,
) -> Run<K> {
    let start = |arena: &mut Arena<K>| set_of(arena, points);
    network.run(&Query { zone, start: &start, reading, only_filters_of: None, watch: None })
}

pub(crate) fn places<K: Header>(run: &Run<K>) -> BTreeSet<Place> {
    run.ends.keys().copied().collect()
}

/// Asks the symbolic engine about one flow.
pub(crate) fn symbolic<K: Header>(network: &Network<'_, K>, zone: ZoneId, flow: &Flow) -> Said {
    let points = [point::<K>(flow)];
    let [may, must, always] = [Reading::May, Reading::Must, Reading::Always]
        .map(|reading| run_of(network, zone, &points, reading));
    let only =
        (always.drops.is_empty() && always.ends.len() == 1).then(|| places(&always).pop_first());
    Said {
        may: places(&may),
        must: places(&must),
        always: only.flatten(),
        limited: may.limited || must.limited || always.limited,
    }
}

/// What the tracer says about one flow from one zone; `None` when it gave up.
pub(crate) fn concrete(trace: &Trace) -> Option<Said> {
    let may: BTreeSet<Place> = trace.ends.iter().filter_map(|end| end.place()).collect();
    let must = may.iter().copied().filter(|place| trace.certainly_reaches(*place)).collect();
    let always = may.iter().copied().find(|place| trace.always_reaches(*place));
    (!trace.truncated).then_some(Said { may, must, always, limited: false })
}

pub(crate) fn traced(snapshot: &Snapshot, zone: ZoneId, flow: Flow) -> Trace {
    trace::trace(snapshot, Ingress::Zone(zone), flow, &Options::default())
}

/// The first disagreement of a network, in words.
pub(crate) fn judge(seed: u64, features: Features, flows: usize) -> Option<String> {
    let snapshot = network::generate(seed, features);
    judge_snapshot(&snapshot, seed, flows)
}

/// The first disagreement about a snapshot over sampled flows.
pub(crate) fn judge_snapshot(snapshot: &Snapshot, seed: u64, flows: usize) -> Option<String> {
    let mut rng = Rng::new(seed).fork(9);
    let four = Network::<u32>::new(snapshot);
    if let Some(words) = family(&four, &mut rng, flows) {
        return Some(words);
    }
    let six = Network::<u128>::new(snapshot);
    family(&six, &mut rng, flows / 2)
}

fn family<K: Header>(network: &Network<'_, K>, rng: &mut Rng, count: usize) -> Option<String> {
    let samples = flows::Samples::new(network.snapshot, K::FAMILY);
    for zone in network.snapshot.zones.ids() {
        if let Some(words) = witnesses(network, zone) {
            return Some(words);
        }
        for _ in 0..count {
            let Some(flow) = samples.flow(rng, network.snapshot, zone) else { continue };
            if let Some(words) = one(network, zone, flow) {
                return Some(words);
            }
        }
    }
    None
}

/// Compares both judges on one flow.
pub(crate) fn one<K: Header>(network: &Network<'_, K>, zone: ZoneId, flow: Flow) -> Option<String> {
    let trace = traced(network.snapshot, zone, flow);
    let concrete = concrete(&trace)?;
    let said = symbolic(network, zone, &flow);
    if said.limited {
        return None;
    }
    let differs = if said.may != concrete.may {
        format!("may: engine {:?}, tracer {:?}", said.may, concrete.may)
    } else if said.must != concrete.must {
        format!("must: engine {:?}, tracer {:?}", said.must, concrete.must)
    } else if said.always != concrete.always {
        format!("always: engine {:?}, tracer {:?}", said.always, concrete.always)
    } else if !said.must.is_subset(&said.may) {
        "must is not inside may".to_owned()
    } else {
        return None;
    };
    Some(format!(
        "from {zone:?} {flow} {:?} flags {}\n{differs}\n{}",
        flow.state,
        flow.tcp_flags,
        tell(&trace)
    ))
}

fn tell(trace: &Trace) -> String {
    let mut out = String::new();
    for end in &trace.ends {
        out += &format!(
            "  {:?} certain {} aside {} {}\n",
            end.disposition, end.certain, end.aside, end.flow
        );
        for hop in &end.hops {
            let lines: Vec<String> =
                hop.lines.iter().map(|l| format!("{} {:?}", l.label, l.action)).collect();
            out += &format!(
                "    {} [{}] {} -> {:?}: {}\n",
                hop.device,
                hop.context,
                hop.ingress,
                hop.egress,
                lines.join("; ")
            );
        }
    }
    out
}

/// Packets picked from what the engine says can arrive, pulled back and traced.
fn witnesses<K: Header>(network: &Network<'_, K>, zone: ZoneId) -> Option<String> {
    for reading in [Reading::May, Reading::Must] {
        let start = |arena: &mut Arena<K>| opening::<K>(arena);
        let mut run = network.run(&Query {
            zone,
            start: &start,
            reading,
            only_filters_of: None,
            watch: None,
        });
        if run.limited {
            continue;
        }
        let ends: Vec<(Place, usize)> = run
            .ends
            .iter()
            .flat_map(|(place, ids)| ids.iter().take(4).map(|id| (*place, *id)))
            .collect();
        for (place, id) in ends {
            let Some(origin) = run.witness(network, id, Function::ALL, &[]) else {
                return Some(format!("{reading:?}: no witness for {place:?} from {zone:?}"));
            };
            if let Some(words) = one(network, zone, origin.flow) {
                return Some(format!("witness for {place:?} in {reading:?}: {words}"));
            }
            let trace = traced(network.snapshot, zone, origin.flow);
            let arrives = |end: &&trace::End| {
                end.place() == Some(place) && (end.certain || reading == Reading::May)
            };
            if !trace.truncated && !trace.ends.iter().any(|end| arrives(&end)) {
                return Some(format!(
                    "witness for {place:?} in {reading:?} from {zone:?} does not arrive: {}\n{}",
                    origin.flow,
                    tell(&trace)
                ));
            }
            let devices = crossed(&run, &origin.points);
            let same = trace.ends.iter().filter(arrives).any(|end| end.devices == devices);
            if !trace.truncated && !same {
                return Some(format!(
                    "witness for {place:?} in {reading:?} from {zone:?} goes another way: {} over {devices:?}\n{}",
                    origin.flow,
                    tell(&trace)
                ));
            }
        }
    }
    None
}

/// The devices of a chain of events, each once, in order.
pub(crate) fn crossed<K>(run: &Run<K>, points: &[(usize, Vec<K>)]) -> Vec<DeviceId> {
    let mut devices = Vec::new();
    for (id, _) in points {
        if let Node::Arrive(port) = run.events[*id].node
            && !devices.contains(&port.device)
        {
            devices.push(port.device);
        }
    }
    devices
}
