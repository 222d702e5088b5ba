//! The unique table: finds a node by its content. Open addressing over node numbers; content stays in the arena.

/// Empty slot.
const FREE: u32 = u32::MAX;

/// A set of node numbers, looked up by hash and a caller's comparison.
#[derive(Clone, Debug)]
pub(super) struct Unique {
    slots: Vec<u32>,
    len: usize,
}

impl Unique {
    /// An empty table.
    pub(super) fn new() -> Unique {
        Unique { slots: vec![FREE; 64], len: 0 }
    }

    /// The node with this hash for which `same` holds.
    pub(super) fn find(&self, hash: u64, same: impl Fn(u32) -> bool) -> Option<u32> {
        let mask = self.slots.len() - 1;
        let mut at = slot(hash, mask);
        loop {
            match self.slots.get(at).copied().unwrap_or(FREE) {
                FREE => return None,
                node if same(node) => return Some(node),
                _ => at = (at + 1) & mask,
            }
        }
    }

    /// Adds a node that is not in the table; `hash_of` gives the hash of any node, for growing.
    pub(super) fn insert(&mut self, node: u32, hash: u64, hash_of: impl Fn(u32) -> u64) {
        if (self.len + 1) * 2 > self.slots.len() {
            let grown = vec![FREE; self.slots.len() * 2];
            for old in std::mem::replace(&mut self.slots, grown) {
                if old != FREE {
                    self.place(old, hash_of(old));
                }
            }
        }
        self.place(node, hash);
        self.len += 1;
    }

    fn place(&mut self, node: u32, hash: u64) {
        let mask = self.slots.len() - 1;
        let mut at = slot(hash, mask);
        while self.slots.get(at).is_some_and(|slot| *slot != FREE) {
            at = (at + 1) & mask;
        }
        if let Some(free) = self.slots.get_mut(at) {
            *free = node;
        }
    }
}

fn slot(hash: u64, mask: usize) -> usize {
    usize::try_from(hash >> 20).unwrap_or(0) & mask
}
