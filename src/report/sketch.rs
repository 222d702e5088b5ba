//! The network as a graph for programs that lay it out: what stands where, and who reaches whom against the policy.

use std::collections::BTreeMap;

use super::{Style, view};
use crate::finding::{Finding, Verdict};
use crate::scan::Scan;
use crate::snapshot::{Snapshot, Zone};
use crate::text;

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Device,
    /// A router without a configuration.
    Opaque,
    Segment,
    Zone,
    /// A zone outside, or an end that is no zone of the topology.
    Outside,
}

pub(super) struct Node {
    pub(super) kind: Kind,
    /// Its name, and a second line that may be empty.
    pub(super) name: String,
    pub(super) more: String,
}

/// Findings between two nodes.
pub(super) struct Arrow {
    pub(super) from: usize,
    pub(super) to: usize,
    /// The worst of them.
    pub(super) verdict: Verdict,
    /// The verdict in a word, and the rules.
    pub(super) label: String,
}

/// Nodes are named by their position.
pub(super) struct Sketch {
    pub(super) title: String,
    pub(super) nodes: Vec<Node>,
    /// What is connected to what, with the name of the interface; may be empty.
    pub(super) links: Vec<(usize, usize, String)>,
    pub(super) arrows: Vec<Arrow>,
    /// Every finding as a line.
    pub(super) notes: Vec<String>,
}

/// Rules that are named on an arrow; more are counted.
const NAMED: usize = 3;

pub(super) fn of(scan: &Scan, style: &Style) -> Sketch {
    let snapshot = &scan.loaded.snapshot;
    let name = &snapshot.name;
    let title = text!(
        "{name}: ネットワークと方針違反",
        "{name}: the network, and what violates its policy"
    );
    let mut sketch = Sketch {
        title: title.get(style.lang).to_owned(),
        nodes: Vec::new(),
        links: Vec::new(),
        arrows: Vec::new(),
        notes: scan.findings.iter().map(|finding| note(finding, style)).collect(),
    };
    let mut zones: BTreeMap<String, usize> = BTreeMap::new();
    for (_, zone) in snapshot.zones.iter() {
        zones.insert(zone.id.clone(), sketch.nodes.len());
        sketch.nodes.push(zone_node(zone));
    }
    wires(&mut sketch, snapshot, &zones);
    arrows(&mut sketch, scan, &mut zones, style);
    sketch
}

fn note(finding: &Finding, style: &Style) -> String {
    let pair = view::pair(finding).unwrap_or_default();
    let (severity, verdict) = (finding.severity.id(), finding.verdict.id());
    let message = finding.message.get(style.lang);
    format!("{severity} {verdict} {} {} {pair}: {message}", finding.kind.id(), finding.rule)
}

fn zone_node(zone: &Zone) -> Node {
    let kind = if zone.external { Kind::Outside } else { Kind::Zone };
    let more = if zone.label == zone.id { String::new() } else { zone.label.clone() };
    Node { kind, name: zone.id.clone(), more }
}

/// Devices, routers without a configuration, and the segments between them.
fn wires(sketch: &mut Sketch, snapshot: &Snapshot, zones: &BTreeMap<String, usize>) {
    let first = sketch.nodes.len();
    for (_, device) in snapshot.devices.iter() {
        let (name, more) = (device.name.clone(), device.format.to_owned());
        sketch.nodes.push(Node { kind: Kind::Device, name, more });
    }
    let opaque = sketch.nodes.len();
    for (_, router) in snapshot.opaques.iter() {
        let (name, more) = (router.name.clone(), String::new());
        sketch.nodes.push(Node { kind: Kind::Opaque, name, more });
    }
    for (_, segment) in snapshot.segments.iter() {
        let ends = segment.ports.len() + segment.opaques.len() + segment.zones.len();
        if ends < 2 {
            continue;
        }
        let at = sketch.nodes.len();
        let networks: Vec<String> = segment.networks.iter().map(ToString::to_string).collect();
        let name = networks.join(", ");
        sketch.nodes.push(Node { kind: Kind::Segment, name, more: String::new() });
        for port in &segment.ports {
            let device = snapshot.devices.ids().position(|id| id == port.device);
            let name = snapshot.devices[port.device].interfaces[port.interface].name.clone();
            sketch.links.extend(device.map(|device| (first + device, at, name)));
        }
        for router in &segment.opaques {
            let router = snapshot.opaques.ids().position(|id| id == *router);
            sketch.links.extend(router.map(|router| (opaque + router, at, String::new())));
        }
        for zone in &segment.zones {
            let zone = zones.get(&snapshot.zones[*zone].id);
            sketch.links.extend(zone.map(|zone| (at, *zone, String::new())));
        }
    }
}

/// One arrow for each pair of zones that findings name.
fn arrows(sketch: &mut Sketch, scan: &Scan, zones: &mut BTreeMap<String, usize>, style: &Style) {
    let mut found: BTreeMap<(usize, usize), (Verdict, Vec<&str>)> = BTreeMap::new();
    for finding in scan.findings.iter().filter(|finding| finding.verdict != Verdict::Holds) {
        let own = finding.from.iter().zip(&finding.to);
        for (from, to) in own.chain(finding.also.iter().map(|(from, to)| (from, to))) {
            let pair = (node(sketch, zones, from), node(sketch, zones, to));
            let (verdict, rules) = found.entry(pair).or_insert((finding.verdict, Vec::new()));
            *verdict = (*verdict).max(finding.verdict);
            if !rules.contains(&finding.rule.as_str()) && rules.len() <= NAMED {
                rules.push(&finding.rule);
            }
        }
    }
    for ((from, to), (verdict, rules)) in found {
        let more = if rules.len() > NAMED { " …" } else { "" };
        let named: Vec<&str> = rules.into_iter().take(NAMED).collect();
        let label = format!("{} {}{more}", verdict.word().get(style.lang), named.join(", "));
        sketch.arrows.push(Arrow { from, to, verdict, label });
    }
}

/// The node of a place: of `dmz.web1` the zone `dmz`; one of its own when the topology has no such zone.
fn node(sketch: &mut Sketch, zones: &mut BTreeMap<String, usize>, place: &str) -> usize {
    let zone = place.split_once('.').map(|(zone, _)| zone).filter(|zone| zones.contains_key(*zone));
    let word = if zones.contains_key(place) { place } else { zone.unwrap_or(place) };
    if let Some(known) = zones.get(word) {
        return *known;
    }
    let at = sketch.nodes.len();
    zones.insert(word.to_owned(), at);
    sketch.nodes.push(Node { kind: Kind::Outside, name: word.to_owned(), more: String::new() });
    at
}
