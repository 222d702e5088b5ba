//! What the other lines of a list leave to each line: material for hygiene rules.
//!
//! A line is *covered* when lines before it surely decide every packet that it may match, and *repeated* when what it decides
//! would be decided the same way without it. Both are exact answers for the packets and interface pairs of the line; where an
//! uncertain line stands in the way, the answer is [`Fate::Live`]. Schedules are read at no particular moment.
//!
//! Most lines are proven live by one of a few sample packets; only the others cost set arithmetic. "The first match after a
//! line" comes from a tree of first-match functions over blocks of lines, so that the whole list costs about `n log n`.

mod exact;
mod lines;

use rustc_hash::FxHashMap;

use super::Compiled;
use super::artefact::Parts;
use super::header::{self, Header};
use super::objects::Objects;
use crate::model::{Action, Device, Interfaces, ListId};
use crate::packetset::{Arena, Function};
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

/// The lists of one device in the family of `K`, to be compared line by line.
pub struct Covers<'a, K> {
    device: &'a Device,
    compiled: &'a Compiled<K>,
    /// Holds everything below, and what is made of lists; packets in it have normal form.
    arena: Arena<K>,
    normal: Function,
    /// Conditions of the compiled device in normal form.
    known: FxHashMap<Function, Function>,
    /// For lists that are read in several ways; evaluated when the first is met.
    objects: Option<Objects<K>>,
}

/// One line that can apply.
struct Item<K> {
    /// Its priority: the smaller one decides.
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
    /// First match among what lines surely match; in the arena of [`Lines::sure`].
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
    /// The position in the list of each priority.
    positions: Vec<u32>,
    /// Where the functions of what lines surely match are: of a list that is compiled, in the arena of the device.
    sure: Sure,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Sure {
    Own,
    Compiled,
}

/// Lines in a block of the lowest level.
const BLOCK: usize = 64;
/// Blocks of one level in a block of the next.
const FAN: usize = 8;
/// Lines that one worker takes at once.
const AT_ONCE: usize = 512;

impl<'a, K: Header> Covers<'a, K> {
    /// Of `device`, which is compiled as a whole.
    #[must_use]
    pub fn new(device: &'a Device, compiled: &'a Compiled<K>) -> Self {
        let mut arena = Arena::new(&K::layout(), super::BUDGET);
        let normal = header::normal(&mut arena);
        Covers { device, compiled, arena, normal, known: FxHashMap::default(), objects: None }
    }

    /// The fate of every line of `list`. `end` is what happens to packets that no line decides, where it is known.
    #[must_use]
    pub fn fates(&mut self, list: ListId, end: Option<Action>) -> Vec<Fate> {
        let mut fates = vec![Fate::Empty; self.device.lists[list].lines.len()];
        let lines = self.compiled_lines(list).unwrap_or_else(|| self.own_lines(list));
        if self.arena.exhausted() {
            return vec![Fate::Live; fates.len()];
        }
        let sure = match lines.sure {
            Sure::Own => &self.arena,
            Sure::Compiled => &self.compiled.arena,
        };
        let items: Vec<usize> = (0..lines.items.len()).collect();
        let parts: Vec<&[usize]> = items.chunks(AT_ONCE).collect();
        let found = workers::map(&parts, |part| {
            let mut asked = exact::Asked::new((&self.arena, sure), &lines, end);
            part.iter().map(|index| asked.fate_of(*index)).collect::<Vec<_>>()
        });
        for (item, fate) in lines.items.iter().zip(found.into_iter().flatten()) {
            if let Some(slot) = fates.get_mut(lines.position(item.at) as usize) {
                *slot = fate.named(|at| lines.position(at));
            }
        }
        fates
    }
}

impl Fate {
    /// With priorities as positions.
    fn named(self, position: impl Fn(u32) -> u32) -> Fate {
        let named = |by: Vec<u32>| by.into_iter().map(&position).collect();
        match self {
            Fate::Covered(by) => Fate::Covered(named(by)),
            Fate::Repeated { by, end } => Fate::Repeated { by: named(by), end },
            other => other,
        }
    }
}

impl<K> Lines<K> {
    fn position(&self, priority: u32) -> u32 {
        self.positions.get(priority as usize).copied().unwrap_or(priority)
    }
}

impl Group {
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

#[cfg(test)]
pub(super) mod tests;
