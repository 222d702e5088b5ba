//! Packets that may go round for ever: lost, though no device drops them.

use std::collections::BTreeMap;

use super::{Drop, Run};
use crate::compile::Header;
use crate::graph::Node;
use crate::packetset::Function;

/// Packets that went from one node to another.
#[derive(Clone, Copy, Debug)]
pub(super) struct Passage {
    pub(super) from: usize,
    pub(super) to: Node,
    /// As they came.
    pub(super) set: Function,
    /// Whether they were translated on the way.
    pub(super) changed: bool,
}

/// Notes what may loop. The packets of a node that can go on for ever are the largest set each of which has a next step into
/// such a set; a translation on the way makes this the widest reading, which only loses more.
pub(super) fn note<K: Header>(run: &mut Run<K>, passages: &[Passage]) {
    let mut endless: BTreeMap<Node, Function> = BTreeMap::new();
    for passage in passages {
        let known = endless.entry(passage.to).or_insert(Function::NONE);
        *known = run.arena.min(*known, passage.set);
    }
    for event in run.events.iter().filter(|event| event.parent.is_none()) {
        let known = endless.entry(event.node).or_insert(Function::NONE);
        *known = run.arena.min(*known, event.set);
    }
    loop {
        let mut next: BTreeMap<Node, Function> = BTreeMap::new();
        for passage in passages {
            let Some(from) = run.events.get(passage.from).cloned() else { continue };
            let on = endless.get(&passage.to).copied().unwrap_or(Function::NONE);
            let mut on = run.arena.guard(passage.set, on);
            if passage.changed && !on.is_none() {
                on = from.set;
            }
            let known = next.entry(from.node).or_insert(Function::NONE);
            *known = run.arena.min(*known, on);
        }
        for (node, set) in &mut next {
            let before = endless.get(node).copied().unwrap_or(Function::NONE);
            *set = run.arena.guard(before, *set);
        }
        next.retain(|_, set| !set.is_none());
        if next == endless {
            break;
        }
        endless = next;
    }
    for event in 0..run.events.len() {
        let Some((node, set)) = run.events.get(event).map(|e| (e.node, e.set)) else { continue };
        let lost = endless.get(&node).copied().unwrap_or(Function::NONE);
        let set = run.arena.guard(set, lost);
        if !set.is_none() {
            run.drops.push(Drop { set, event, records: Vec::new() });
        }
    }
}
