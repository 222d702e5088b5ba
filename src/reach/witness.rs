//! From a packet at its end back to the packet that its sender sent.

use super::{Drop, Network, Record, Run};
use crate::compile::{self, Header, fields};
use crate::graph::Node;
use crate::net::Flow;
use crate::packetset::{Function, Intervals};
use crate::snapshot::Port;

/// One packet with its history.
#[derive(Clone, Debug)]
pub struct Origin<K> {
    /// The packet as its sender sent it.
    pub flow: Flow,
    /// The packet at each event of the chain, first event first: the position of the event, and the point.
    pub points: Vec<(usize, Vec<K>)>,
    /// The first interface that it came in by; `None` when no device was on its way.
    pub entry: Option<Port>,
}

impl<K: Header> Run<K> {
    /// A packet of `wanted` that ends in event `end`, pulled back to its start. `prefer` holds sets of packets at the end that
    /// are preferred, most wanted first: each narrows the choice where it can. `None` when `wanted` does not meet the event.
    pub fn witness(
        &mut self,
        network: &Network<'_, K>,
        end: usize,
        wanted: Function,
        prefer: &[Function],
    ) -> Option<Origin<K>> {
        let set = self.events.get(end)?.set;
        let mut set = self.arena.guard(set, wanted);
        for better in prefer {
            let narrowed = self.arena.guard(set, *better);
            if !narrowed.is_none() {
                set = narrowed;
            }
        }
        let point = self.arena.pick(set)?;
        self.trace_back(network, end, point)
    }

    /// A packet that might be lost at `drop`, pulled back to its start.
    pub fn lost_witness(
        &mut self,
        network: &Network<'_, K>,
        drop: &Drop,
        prefer: &[Function],
    ) -> Option<Origin<K>> {
        let mut set = drop.set;
        for better in prefer {
            let narrowed = self.arena.guard(set, *better);
            if !narrowed.is_none() {
                set = narrowed;
            }
        }
        let mut point = self.arena.pick(set)?;
        for record in drop.records.iter().rev() {
            point = self.undo(network, record, point)?;
        }
        self.trace_back(network, drop.event, point)
    }

    /// The history of the packet at `point` of event `end`.
    pub fn trace_back(
        &mut self,
        network: &Network<'_, K>,
        end: usize,
        point: Vec<K>,
    ) -> Option<Origin<K>> {
        let mut points = vec![(end, point.clone())];
        let (mut at, mut point) = (end, point);
        loop {
            let event = self.events.get(at)?.clone();
            for record in event.records.iter().rev() {
                point = self.undo(network, record, point)?;
            }
            let Some(parent) = event.parent else { break };
            points.push((parent, point.clone()));
            at = parent;
        }
        points.reverse();
        let entry = points.iter().find_map(|(id, _)| match self.events.get(*id)?.node {
            Node::Arrive(port) => Some(port),
            _ => None,
        });
        Some(Origin { flow: compile::flow_at(&point), points, entry })
    }

    fn undo(&mut self, network: &Network<'_, K>, record: &Record, point: Vec<K>) -> Option<Vec<K>> {
        match record {
            Record::Translate { before, garbled: true, .. } => {
                compile::pull_back(&mut self.arena, *before, &compile::garble(), &point)
            }
            Record::Translate { device, before, rewrite: Some(id), .. } => {
                let rewrite = &network.snapshot.devices[*device].rewrites[*id];
                compile::pull_back(&mut self.arena, *before, rewrite, &point)
            }
            _ => Some(point),
        }
    }

    /// The set of one point, whatever the mark.
    pub fn singleton(&mut self, point: &[K]) -> Function {
        let mut set = Function::ALL;
        for (field, value) in point.iter().enumerate().filter(|(field, _)| *field != fields::MARK) {
            let inside = self.arena.field_in(field, &Intervals::range(*value, *value));
            set = self.arena.guard(set, inside);
        }
        set
    }
}
