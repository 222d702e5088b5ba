//! What the other lines of a list leave to each line: material for hygiene rules.
//!
//! A line is *covered* when lines before it surely decide every packet that it may match, and *repeated* when what it decides
//! would be decided the same way without it. Both are exact answers for the packets and interface pairs of the line; where an
//! uncertain line stands in the way, the answer is [`Fate::Live`]. Schedules are read at no particular moment.
//!
//! Most lines are proven live by one of a few sample packets; only the others cost set arithmetic. "The first match after a
//! line" comes from a tree of first-match functions over blocks of lines, so that the whole list costs about `n log n`.

mod exact;

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::artefact::{Builder, Placed, Ready, any_bits, classes, listed};
use super::header::{self, Header};
use super::objects::Objects;
use super::{Conditions, LineRef};
use crate::model::{Action, Activity, Device, InterfaceId, Interfaces, ListId};
use crate::packetset::{Arena, Function, Intervals};
use crate::workers;

/// What the other lines of its list leave to a line. Lines are named by their position in the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It matches no packet of the family, is switched off, or neither permits nor denies.
    Empty,
    /// Without it some packet may fare otherwise; or that could not be ruled out.
    Live,
    /// These lines before it surely decide every packet that it matches.
    Covered(Vec<u32>),
    /// What it decides, these lines after it decide the same way; `end`: for some packets it is the end of the list that does.
    Repeated {
        /// The lines after it.
        by: Vec<u32>,
        /// Whether the default of the list stands in for it, too.
        end: bool,
    },
}

/// The objects of one device in the family of `K`, from which lists are compared line by line.
pub struct Covers<'a, K> {
    device: &'a Device,
    arena: Arena<K>,
    objects: Objects<K>,
    normal: Function,
}

type Parts<K> = (Arc<Intervals<K>>, Arc<Intervals<K>>, Function);

/// One line that can apply.
struct Item<K> {
    /// Its position in the list.
    at: u32,
    /// What it may match, in normal form.
    may: Parts<K>,
    /// What it surely matches at all times.
    must: Parts<K>,
    /// Whether both are the same.
    sure: bool,
    action: Action,
}

/// The lines of a list with one interface condition.
struct Group {
    ingress: Interfaces,
    egress: Interfaces,
    /// Positions in [`Lines::items`], ascending.
    items: Vec<usize>,
    /// First match among what lines surely match.
    sure: Vec<Function>,
    /// First match among what lines may match: level by level, block by block.
    levels: Vec<Vec<Vec<Function>>>,
    /// Groups whose condition holds wherever this one's does; this one, too.
    wide: Vec<usize>,
    /// Other groups whose condition may hold together with this one's.
    touching: Vec<usize>,
}

/// A list ready to be asked.
struct Lines<K> {
    items: Vec<Item<K>>,
    groups: Vec<Group>,
    /// The group of each item.
    group_of: Vec<usize>,
}

/// Lines in a block of the lowest level.
const BLOCK: usize = 64;
/// Blocks of one level in a block of the next.
const FAN: usize = 8;
/// Lines that one worker takes at once.
const AT_ONCE: usize = 512;

impl<'a, K: Header> Covers<'a, K> {
    /// Evaluates the objects of `device`.
    #[must_use]
    pub fn new(device: &'a Device) -> Self {
        let mut arena = Arena::new(&K::layout(), super::BUDGET);
        let objects = Objects::evaluate(&mut arena, device);
        let normal = header::normal(&mut arena);
        Covers { device, arena, objects, normal }
    }

    /// The fate of every line of `list`. `end` is what happens to packets that no line decides, where it is known.
    #[must_use]
    pub fn fates(&mut self, list: ListId, end: Option<Action>) -> Vec<Fate> {
        let mut fates = vec![Fate::Empty; self.device.lists[list].lines.len()];
        let lines = self.lines(list);
        if self.arena.exhausted() {
            return vec![Fate::Live; fates.len()];
        }
        let items: Vec<usize> = (0..lines.items.len()).collect();
        let parts: Vec<&[usize]> = items.chunks(AT_ONCE).collect();
        let found = workers::map(&parts, |part| {
            let mut asked = exact::Asked::new(&self.arena, &lines, end);
            part.iter().map(|index| asked.fate_of(*index)).collect::<Vec<_>>()
        });
        for (item, fate) in lines.items.iter().zip(found.into_iter().flatten()) {
            if let Some(slot) = fates.get_mut(item.at as usize) {
                *slot = fate;
            }
        }
        fates
    }

    fn lines(&mut self, list: ListId) -> Lines<K> {
        let items = self.items(list);
        let mut lines = Lines { items: Vec::new(), groups: Vec::new(), group_of: Vec::new() };
        let mut index: FxHashMap<(Vec<InterfaceId>, Vec<InterfaceId>, u8), usize> =
            FxHashMap::default();
        for (ready, (ingress, egress)) in items {
            let key = (listed(&ingress), listed(&egress), any_bits(&ingress, &egress));
            let group = *index.entry(key).or_insert_with(|| {
                lines.groups.push(Group::new(ingress, egress));
                lines.groups.len() - 1
            });
            if let Some(group) = lines.groups.get_mut(group) {
                group.items.push(lines.items.len());
            }
            lines.group_of.push(group);
            lines.items.push(ready);
        }
        let conditions: Vec<_> =
            lines.groups.iter().map(|g| (g.ingress.clone(), g.egress.clone())).collect();
        for group in &mut lines.groups {
            group.relate(&conditions);
            group.fill(&mut self.arena, &lines.items);
        }
        lines
    }

    fn items(&mut self, list: ListId) -> Vec<(Item<K>, (Interfaces, Interfaces))> {
        let conditions = Conditions::default();
        let mut builder = Builder {
            arena: &mut self.arena,
            device: self.device,
            objects: &self.objects,
            conditions: &conditions,
        };
        let mut ready = Vec::new();
        for (position, line) in self.device.lists[list].lines.iter().enumerate() {
            let reference = LineRef { list, line: u32::try_from(position).unwrap_or(u32::MAX) };
            if let Some(activity) = builder.activity(line, reference) {
                ready.push(builder.ready(line, activity, position));
            }
        }
        let items = ready.into_iter().map(|ready| self.item(ready));
        // What can match nothing takes nothing from others, and its fate is known: in the other family that is most lines.
        items.filter(|(item, _)| !item.is_empty()).collect()
    }

    fn item(&mut self, ready: Ready<K>) -> (Item<K>, (Interfaces, Interfaces)) {
        let decides = !matches!(ready.action, Action::Jump(_) | Action::Undecided);
        let always = ready.activity == Activity::Active && decides;
        let (mut may, mut must) = (ready.may, ready.must);
        may.2 = self.arena.guard(may.2, self.normal);
        must.2 = if always { self.arena.guard(must.2, self.normal) } else { Function::NONE };
        let sure = always && ready.exact;
        let item = Item { at: ready.priority, may, must, sure, action: ready.action };
        (item, (ready.ingress, ready.egress))
    }
}

impl<K: Header> Item<K> {
    fn is_empty(&self) -> bool {
        self.may.0.is_empty() || self.may.1.is_empty() || self.may.2.is_none()
    }
}

impl Group {
    fn new(ingress: Interfaces, egress: Interfaces) -> Group {
        Group {
            ingress,
            egress,
            items: Vec::new(),
            sure: Vec::new(),
            levels: Vec::new(),
            wide: Vec::new(),
            touching: Vec::new(),
        }
    }

    fn relate(&mut self, conditions: &[(Interfaces, Interfaces)]) {
        for (index, (ingress, egress)) in conditions.iter().enumerate() {
            if holds(ingress, &self.ingress) && holds(egress, &self.egress) {
                self.wide.push(index);
            } else if meets(ingress, &self.ingress) && meets(egress, &self.egress) {
                self.touching.push(index);
            }
        }
    }

    fn fill<K: Header>(&mut self, arena: &mut Arena<K>, items: &[Item<K>]) {
        let placed = |pick: fn(&Item<K>) -> &Parts<K>, part: &[usize]| {
            let placed = part.iter().filter_map(|index| items.get(*index)).map(|item| {
                let parts = pick(item);
                Placed {
                    first: parts.0.clone(),
                    second: parts.1.clone(),
                    rest: parts.2,
                    priority: item.at,
                }
            });
            placed.filter(|line| !line.rest.is_none()).collect::<Vec<_>>()
        };
        self.sure = classes(arena, &placed(|item| &item.must, &self.items));
        let mut size = BLOCK;
        while self.items.len() > size {
            let blocks = self.items.chunks(size);
            self.levels
                .push(blocks.map(|part| classes(arena, &placed(|item| &item.may, part))).collect());
            size *= FAN;
        }
    }

    /// The blocks and single items that together hold the lines from item `from` of the group on, in order.
    fn suffix(&self, from: usize) -> (std::ops::Range<usize>, Vec<&[Function]>) {
        if self.levels.is_empty() {
            return (from..self.items.len(), Vec::new());
        }
        let mut block = from.div_ceil(BLOCK);
        let single = from..(block * BLOCK).min(self.items.len());
        let mut nodes = Vec::new();
        while block * BLOCK < self.items.len() {
            let (mut level, mut span) = (0, 1);
            while level + 1 < self.levels.len() && block.is_multiple_of(span * FAN) {
                level += 1;
                span *= FAN;
            }
            let node = self.levels.get(level).and_then(|level| level.get(block / span));
            nodes.extend(node.map(Vec::as_slice));
            block += span;
        }
        (single, nodes)
    }
}

/// Whether `outer` holds for every interface for which `inner` does.
fn holds(outer: &Interfaces, inner: &Interfaces) -> bool {
    match (outer, inner) {
        (Interfaces::Any, _) => true,
        (Interfaces::Of(_), Interfaces::Any) => false,
        (Interfaces::Of(outer), Interfaces::Of(inner)) => inner.iter().all(|id| outer.contains(id)),
    }
}

/// Whether both may hold for one interface.
fn meets(a: &Interfaces, b: &Interfaces) -> bool {
    match (a, b) {
        (Interfaces::Of(a), Interfaces::Of(b)) => a.iter().any(|id| b.contains(id)),
        _ => true,
    }
}

#[cfg(test)]
pub(super) mod tests;
