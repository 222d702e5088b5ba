//! Address and service objects as blocks, each in two readings: what it surely holds, and the widest that it may.

use super::block::{Block, DPORT, PROTOCOL, SPORT, SRC, common, numbers, without};
use crate::model::{AddressSet, AddressWithin, Device, Match, ServiceSet, TcpFlags};
use crate::net::{Family, TCP_ACK, TCP_FIN, TCP_RST, TCP_SYN, WildcardMask};
use std::collections::BTreeSet;

/// What an object surely holds, and what it may hold.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Held {
    pub(super) sure: Vec<Block>,
    pub(super) may: Vec<Block>,
}

impl Held {
    fn exactly(blocks: Vec<Block>) -> Held {
        Held { sure: blocks.clone(), may: blocks }
    }
}

/// The objects of a device in one family; addresses stand in the field [`SRC`].
pub(super) struct Objects {
    addresses: Vec<Held>,
    services: Vec<Held>,
    unknown: Held,
}

impl Objects {
    pub(super) fn new(device: &Device, family: Family) -> Objects {
        let unknown = Held { sure: Vec::new(), may: vec![Block::all(family)] };
        let mut objects = Objects { addresses: Vec::new(), services: Vec::new(), unknown };
        for (_, object) in device.addresses.iter() {
            let held = objects.address(&object.value, family);
            objects.addresses.push(held);
        }
        for (_, object) in device.services.iter() {
            let held = objects.service(&object.value, Block::all(family));
            objects.services.push(held);
        }
        objects
    }

    /// Source, destination and service of a condition.
    pub(super) fn of(&self, matches: &Match) -> [&Held; 3] {
        let address = |id: usize| self.addresses.get(id).unwrap_or(&self.unknown);
        let service = self.services.get(matches.service.index()).unwrap_or(&self.unknown);
        [address(matches.source.index()), address(matches.destination.index()), service]
    }

    fn address(&self, value: &AddressSet, family: Family) -> Held {
        let of = |id: usize| self.addresses.get(id).unwrap_or(&self.unknown);
        let all = Block::all(family);
        let at = |range| all.with(SRC, range);
        match value {
            AddressSet::Any => Held::exactly(vec![all]),
            AddressSet::Range(range) => {
                Held::exactly(numbers(family, *range).map(at).into_iter().collect())
            }
            AddressSet::Wildcard(_) if family == Family::V6 => Held::default(),
            AddressSet::Wildcard(mask) if mask.is_scattered() => {
                let hull = numbers(family, mask.hull()).map(at);
                Held { sure: Vec::new(), may: hull.into_iter().collect() }
            }
            AddressSet::Wildcard(mask) => Held::exactly(wildcard(*mask).map(at).collect()),
            AddressSet::Union(members) => union(members.iter().map(|id| of(id.index()))),
            AddressSet::Except { of: kept, minus } => except(of(kept.index()), of(minus.index())),
            AddressSet::Unknown { within: AddressWithin::Family(own), .. } if *own != family => {
                Held::default()
            }
            AddressSet::Unknown { .. } => self.unknown.clone(),
        }
    }

    fn service(&self, value: &ServiceSet, all: Block) -> Held {
        let of = |id: usize| self.services.get(id).unwrap_or(&self.unknown);
        let kind = |protocol: u8| all.with(PROTOCOL, (protocol.into(), protocol.into()));
        let bytes = |range: Option<(u8, u8)>| {
            range.map_or((0, 65535), |(first, last)| (first.into(), last.into()))
        };
        match value {
            ServiceSet::Any => Held::exactly(vec![all]),
            ServiceSet::Protocol(protocol) => Held::exactly(vec![kind(*protocol)]),
            ServiceSet::Ports { protocol, source, destination, flags } => {
                let block = kind(*protocol)
                    .with(SPORT, (source.first().into(), source.last().into()))
                    .with(DPORT, (destination.first().into(), destination.last().into()));
                flagged(block, *protocol, *flags)
            }
            ServiceSet::Icmp { protocol, types, codes } => Held::exactly(vec![
                kind(*protocol).with(DPORT, bytes(*types)).with(SPORT, bytes(*codes)),
            ]),
            ServiceSet::Union(members) => union(members.iter().map(|id| of(id.index()))),
            ServiceSet::Both(a, b) => {
                let (a, b) = (of(a.index()), of(b.index()));
                Held { sure: common(&a.sure, &b.sure), may: common(&a.may, &b.may) }
            }
            ServiceSet::Except { of: kept, minus } => except(of(kept.index()), of(minus.index())),
            ServiceSet::Unknown { .. } => self.unknown.clone(),
        }
    }
}

fn union<'a>(members: impl Iterator<Item = &'a Held>) -> Held {
    let mut all = Held::default();
    for member in members {
        all.sure.extend(&member.sure);
        all.may.extend(&member.may);
    }
    // Groups of groups say the same again and again.
    for blocks in [&mut all.sure, &mut all.may] {
        let mut seen = BTreeSet::new();
        blocks.retain(|block| seen.insert(*block));
    }
    all
}

fn except(kept: &Held, minus: &Held) -> Held {
    let take = |from: &[Block], gone: &[Block]| {
        gone.iter().fold(from.to_vec(), |left, block| without(&left, *block))
    };
    Held { sure: take(&kept.sure, &minus.may), may: take(&kept.may, &minus.sure) }
}

/// A TCP packet that opens a connection has a lone SYN among these four flags; of the others nothing is known.
fn flagged(block: Block, protocol: u8, flags: TcpFlags) -> Held {
    let known = if protocol == 6 { TCP_FIN | TCP_SYN | TCP_RST | TCP_ACK } else { u8::MAX };
    let opening = if protocol == 6 { TCP_SYN } else { 0 };
    if opening & flags.mask != flags.value & known {
        return Held::default();
    }
    let sure = if flags.mask & !known == 0 { vec![block] } else { Vec::new() };
    Held { sure, may: vec![block] }
}

/// The ranges of a wildcard: the lowest run of ignored bits makes a range, the other ignored bits take every value.
fn wildcard(mask: WildcardMask) -> impl Iterator<Item = (u128, u128)> {
    let low = 1u32.checked_shl(mask.ignore.trailing_ones()).map_or(u32::MAX, |bit| bit - 1);
    let high = mask.ignore & !low;
    let mut next = Some(0u32);
    std::iter::from_fn(move || {
        let bits = next?;
        next = Some(bits.wrapping_sub(high) & high).filter(|bits| *bits != 0);
        let first = mask.address | bits;
        Some((first.into(), (first | low).into()))
    })
}
