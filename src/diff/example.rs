//! Single packets of a change, followed on both sides by the other judge.

pub(super) use super::Example;

use crate::check;
use crate::compile::{Header, fields};
use crate::finding::{Hop, HopAction, is_stopped};
use crate::net::Flow;
use crate::packetset::{Arena, Function};
use crate::reach::Network;
use crate::snapshot::{Place, ZoneId};
use crate::source::Span;
use crate::trace::{self, Ingress, Options};

/// How many packets of one change are shown.
const SHOWN: usize = 4;
/// How many parts of a change are tried for packets that go by other lines.
const TRIED: usize = 16;

/// Both states, and the names of the places in question.
pub(super) struct Sides<'n, 's, K> {
    pub(super) networks: &'n [Network<'s, K>; 2],
    pub(super) ends: (&'n str, &'n str),
}

impl<K: Header> Sides<'_, '_, K> {
    /// The zone of origin on one side.
    fn zone(&self, side: usize) -> Option<ZoneId> {
        self.networks.get(side)?.snapshot.zone(self.ends.0)
    }

    /// The places of destination on one side.
    fn places(&self, side: usize) -> Vec<Place> {
        let network = self.networks.get(side);
        network.map_or_else(Vec::new, |network| Place::named(network.snapshot, self.ends.1))
    }
}

/// Packets of `set` that pass on `side` and not on the other, each by other lines; and whether the tracer agrees about them.
pub(super) fn examples<K: Header>(
    arena: &mut Arena<K>,
    set: Function,
    sides: &Sides<'_, '_, K>,
    side: usize,
) -> (Vec<Example>, bool) {
    let mut out: Vec<(Vec<Option<Span>>, Example)> = Vec::new();
    let (parts, _) = arena.products(set, fields::PROTOCOL, TRIED);
    for part in parts {
        let mut inside = part.rest;
        for (field, values) in part.fields.iter().enumerate() {
            let within = arena.field_in(field, values);
            inside = arena.guard(within, inside);
        }
        let Some(flow) = telling(arena, inside, sides, side) else { continue };
        let Some(example) = both_sides(sides, side, flow) else { return (Vec::new(), false) };
        let lines = deciding(&example);
        if out.len() < SHOWN && !out.iter().any(|(known, _)| *known == lines) {
            out.push((lines, example));
        }
    }
    (out.into_iter().map(|(_, example)| example).collect(), true)
}

/// A packet that an engineer recognises.
fn telling<K: Header>(
    arena: &mut Arena<K>,
    set: Function,
    sides: &Sides<'_, '_, K>,
    side: usize,
) -> Option<Flow> {
    let network = sides.networks.get(side)?;
    let places = [Place::Zone(sides.zone(side)?), *sides.places(side).first()?];
    let ends = places.map(|place| check::place_end(network.snapshot, place));
    let [from, to] = &ends;
    check::preferred(network, arena, set, (from, to))
}

/// The packet on both sides; `None` when the tracer does not see it pass on the one and stop on the other.
fn both_sides<K: Header>(sides: &Sides<'_, '_, K>, side: usize, flow: Flow) -> Option<Example> {
    let other = 1 - side;
    let traced = |side: usize| {
        let zone = sides.zone(side)?;
        let snapshot = sides.networks.get(side)?.snapshot;
        Some(trace::trace(snapshot, Ingress::Zone(zone), flow, &Options::default()))
    };
    let there = traced(side)?;
    let within = |places: &[Place], end: &trace::End| {
        end.place().is_some_and(|place| places.contains(&place))
    };
    let places = sides.places(side);
    let mut ends = there.ends.iter().filter(|end| within(&places, end));
    let end = ends.clone().find(|end| end.certain && !end.aside).or_else(|| ends.next());
    let passes = match end {
        Some(end) => end.hops.clone(),
        None if there.truncated => Vec::new(),
        None => return None,
    };
    let mut stops: Vec<Hop> = Vec::new();
    if let Some(trace) = traced(other) {
        let places = sides.places(other);
        let arrives = trace.ends.iter().any(|end| within(&places, end));
        if arrives && !trace.truncated {
            return None;
        }
        let shown = trace.ends.iter().find(|end| is_stopped(&end.hops)).or(trace.ends.first());
        stops = shown.map(|end| end.hops.clone()).unwrap_or_default();
    }
    Some(Example { flow, passes, stops })
}

/// The lines that let a packet pass on the one side, and stop it on the other.
fn deciding(example: &Example) -> Vec<Option<Span>> {
    let of = |hops: &[Hop], wanted: &[HopAction]| -> Vec<Option<Span>> {
        let lines = hops.iter().flat_map(|hop| &hop.lines);
        lines.filter(|line| wanted.contains(&line.action)).map(|line| line.span).collect()
    };
    let mut lines = of(&example.passes, &[HopAction::Permit, HopAction::MayPermit]);
    lines.extend(of(&example.stops, &[HopAction::Deny]));
    lines
}
