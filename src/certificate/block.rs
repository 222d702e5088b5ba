//! Plain blocks of packets: one range a field, compared and cut, nothing else.

use crate::net::{AddressRange, Family};

/// The source address.
pub const SRC: usize = 0;
/// The destination address.
pub const DST: usize = 1;
/// The protocol.
pub const PROTOCOL: usize = 2;
/// The source port, or the ICMP code; 0 where there is none.
pub const SPORT: usize = 3;
/// The destination port, or the ICMP type; 0 where there is none.
pub const DPORT: usize = 4;
/// The most parts that a block is cut into before a cover is given up.
const PARTS: usize = 1 << 14;

/// First and last value of a field, both included.
pub type Range = (u128, u128);

/// The packets of one family whose fields lie in one range each; they are in state `new` and open a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Block(pub [Range; 5]);

impl Block {
    /// Every packet of `family`.
    #[must_use]
    pub fn all(family: Family) -> Block {
        let addresses = (0, family.last());
        Block([addresses, addresses, (0, 255), (0, 65535), (0, 65535)])
    }

    /// The same block with another range in `field`.
    #[must_use]
    pub fn with(mut self, field: usize, range: Range) -> Block {
        self.0.iter_mut().skip(field).take(1).for_each(|side| *side = range);
        self
    }

    /// Whether the ranges of every field overlap: where they do not, nothing is in common.
    #[must_use]
    pub fn meets(&self, other: &Block) -> bool {
        self.0.iter().zip(&other.0).all(|(own, side)| own.0 <= side.1 && side.0 <= own.1)
    }

    /// What both have in common.
    #[must_use]
    pub fn meet(self, other: Block) -> Option<Block> {
        if !self.meets(&other) {
            return None;
        }
        let mut both = self;
        for (side, (first, last)) in both.0.iter_mut().zip(other.0) {
            *side = (side.0.max(first), side.1.min(last));
        }
        both.0.iter().all(|(first, last)| first <= last).then_some(both)
    }

    /// Whether every packet is in `other`.
    #[must_use]
    pub fn within(&self, other: &Block) -> bool {
        self.0.iter().zip(&other.0).all(|(own, side)| side.0 <= own.0 && own.1 <= side.1)
    }

    /// The packets that are not in `other`, in disjoint blocks.
    #[must_use]
    pub fn minus(self, other: Block) -> Vec<Block> {
        if !self.meets(&other) {
            return vec![self];
        }
        let (mut rest, mut out) = (self, Vec::new());
        for (field, ((low, high), (first, last))) in self.0.into_iter().zip(other.0).enumerate() {
            if low < first {
                out.push(rest.with(field, (low, first - 1)));
            }
            if last < high {
                out.push(rest.with(field, (last + 1, high)));
            }
            rest = rest.with(field, (low.max(first), high.min(last)));
        }
        out
    }

    /// Whether every packet is in one of `others`: what they leave of the block is cut smaller until nothing is left.
    #[must_use]
    pub fn covered(&self, others: &[Block]) -> bool {
        if others.iter().any(|other| self.within(other)) {
            return true;
        }
        let mut open = vec![*self];
        for other in others.iter().filter(|other| self.meets(other)) {
            open = open.into_iter().flat_map(|part| part.minus(*other)).collect();
            if open.is_empty() || open.len() > PARTS {
                break;
            }
        }
        open.is_empty()
    }
}

/// `blocks` without the packets of `other`.
#[must_use]
pub fn without(blocks: &[Block], other: Block) -> Vec<Block> {
    blocks.iter().flat_map(|block| block.minus(other)).collect()
}

/// What each of `blocks` has in common with each of `others`.
#[must_use]
pub fn common(blocks: &[Block], others: &[Block]) -> Vec<Block> {
    blocks.iter().flat_map(|a| others.iter().filter_map(|b| a.meet(*b))).collect()
}

/// The numbers of an address range of `family`.
#[must_use]
pub fn numbers(family: Family, range: AddressRange) -> Option<Range> {
    (range.family() == family).then(|| range.numbers())
}

/// The packets of `family` to an address range.
#[must_use]
pub fn bound_for(family: Family, range: AddressRange) -> Option<Block> {
    numbers(family, range).map(|range| Block::all(family).with(DST, range))
}
