//! One flow before both judges: the symbolic engine and the tracer. Shared by every test that holds them to one another.

#![allow(dead_code, reason = "each test uses a part")]

use sekisho::compile::{Header, Reading};
use sekisho::net::{Family, Flow, State};
use sekisho::packetset::{Arena, Function, Intervals};
use sekisho::reach::{Network, Query, Run};
use sekisho::snapshot::{Place, Snapshot, ZoneId};
use sekisho::trace::{self, Ingress, Options, Trace};
use std::collections::BTreeSet;

/// The first disagreement about one flow from one zone, in words; `None` when there is none, or one of the judges gave up.
pub(crate) fn disagreement(snapshot: &Snapshot, zone: ZoneId, flow: Flow) -> Option<String> {
    match flow.family() {
        Family::V4 => one(&Network::<u32>::new(snapshot), zone, flow),
        Family::V6 => one(&Network::<u128>::new(snapshot), zone, flow),
    }
}

/// What the symbolic engine says about one flow from one zone.
pub(crate) struct Said {
    pub(crate) may: BTreeSet<Place>,
    pub(crate) must: BTreeSet<Place>,
    pub(crate) always: Option<Place>,
    pub(crate) limited: bool,
    /// Whether a reading claims to be the only one.
    pub(crate) exact: bool,
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
    network.run(&Query { zone, start: &start, reading, only_filters_of: None, watch: &[] })
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
        limited: may.limited() || must.limited() || always.limited(),
        exact: may.exact || must.exact,
    }
}

/// What the tracer says about one flow from one zone; `None` when it gave up.
pub(crate) fn concrete(trace: &Trace) -> Option<Said> {
    let may: BTreeSet<Place> = trace.ends.iter().filter_map(|end| end.place()).collect();
    let must = may.iter().copied().filter(|place| trace.certainly_reaches(*place)).collect();
    let always = may.iter().copied().find(|place| trace.always_reaches(*place));
    (!trace.truncated).then_some(Said { may, must, always, limited: false, exact: false })
}

pub(crate) fn traced(snapshot: &Snapshot, zone: ZoneId, flow: Flow) -> Trace {
    trace::trace(snapshot, Ingress::Zone(zone), flow, &Options::default())
}

/// Compares both judges on one flow: the disagreement in words, if any.
pub(crate) fn one<K: Header>(network: &Network<'_, K>, zone: ZoneId, flow: Flow) -> Option<String> {
    compare(network, zone, flow).err()
}

/// Compares both judges on one flow: whether both had an answer, or their disagreement in words.
pub(crate) fn compare<K: Header>(
    network: &Network<'_, K>,
    zone: ZoneId,
    flow: Flow,
) -> Result<bool, String> {
    let trace = traced(network.snapshot, zone, flow);
    let Some(concrete) = concrete(&trace) else { return Ok(false) };
    let said = symbolic(network, zone, &flow);
    if said.limited {
        return Ok(false);
    }
    if let Some(words) = unsound(&said, &concrete) {
        return Err(format!(
            "{words}\nfrom {zone:?} {flow} {:?} flags {}\n{}",
            flow.state,
            flow.tcp_flags,
            tell(&trace)
        ));
    }
    // Where a translation list is in doubt, the engine may call less sure than the tracer, never more.
    let doubt = translates(network.snapshot);
    let same = |engine: &BTreeSet<Place>, tracer: &BTreeSet<Place>| {
        if doubt { engine.is_subset(tracer) } else { engine == tracer }
    };
    let always = said.always == concrete.always || doubt && said.always.is_none();
    let differs = if said.may != concrete.may {
        format!("may: engine {:?}, tracer {:?}", said.may, concrete.may)
    } else if !same(&said.must, &concrete.must) {
        format!("must: engine {:?}, tracer {:?}", said.must, concrete.must)
    } else if !always {
        format!("always: engine {:?}, tracer {:?}", said.always, concrete.always)
    } else {
        return Ok(true);
    };
    Err(format!(
        "{LOOSE}from {zone:?} {flow} {:?} flags {}\n{differs}\n{}",
        flow.state,
        flow.tcp_flags,
        tell(&trace)
    ))
}

/// Begins what is said of judges that differ in how exact they are, and in nothing that a verdict could rest on.
pub(crate) const LOOSE: &str = "less exact: ";

/// What a verdict could wrongly rest on: a place that the engine excludes and the tracer comes to, one that it is sure of and the
/// tracer never comes to, a promise to arrive that the tracer does not give, or a reading that is taken for the only one.
fn unsound(engine: &Said, tracer: &Said) -> Option<String> {
    let words = |what: &str| {
        Some(format!(
            "{what}: engine may {:?} must {:?} always {:?}, tracer may {:?} must {:?} always {:?}",
            engine.may, engine.must, engine.always, tracer.may, tracer.must, tracer.always
        ))
    };
    if !tracer.may.is_subset(&engine.may) {
        words("the engine excludes a place")
    } else if !engine.must.is_subset(&tracer.may) || !engine.must.is_subset(&engine.may) {
        words("the engine is sure of a place that is not reached")
    } else if engine.always.is_some() && engine.always != tracer.always {
        words("the engine promises what the tracer does not")
    } else if engine.exact && engine.must != engine.may {
        words("the engine takes what is not sure for proven")
    } else {
        None
    }
}

fn translates(snapshot: &Snapshot) -> bool {
    snapshot.devices.iter().any(|(_, device)| !device.rewrites.is_empty())
}

pub(crate) fn tell(trace: &Trace) -> String {
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
