//! The judgment on what is required: that every packet arrives, or that one never does.

use super::block::{Block, Range};
use super::data::{Passed, write};
use super::verify::{block, blocks, is_single, key, no_proofs, refused, required, spot_name};
use super::walk::{FilterAt, Walk};
use super::{Claim, Guide, Packet, Refusal, Spot};
use crate::net::{AddressRange, address};
use crate::snapshot::Port;
use crate::text;
use std::collections::BTreeMap;

/// Whether packets of a block are where they must be, as what was asked for; their source may have changed.
#[must_use]
pub fn arrives_as_wanted(claim: &Claim, spot: Spot, arrived: Block) -> bool {
    let mut target = claim.to.iter().filter(|(place, _)| spot == Spot::End(*place));
    target.any(|(_, wanted)| arrived.covered(wanted))
}

/// The packet of which it is to be proven that it never arrives: a required one, and such that no translation brings anything
/// else to the target in its place.
pub(super) fn unchanged(walk: &Walk<'_>, claim: &Claim, text: &str) -> Result<Block, Refusal> {
    let packet = block(walk.family, text)?;
    let asked = required(claim).iter().any(|block| packet.within(block));
    let mut wanted = claim.to.iter().flat_map(|(_, wanted)| wanted);
    let replaced = wanted.any(|block| walk.origins(*block).next().is_some());
    if !asked || replaced || !is_single(walk.family, packet) {
        return refused(text!(
            "「{text}」は、届かないことが違反となる1つのパケットではありません。",
            "{text} is no single packet that must arrive as it is"
        ));
    }
    Ok(packet)
}

/// Whether every host that a claim speaks of may choose this gateway.
#[must_use]
pub fn serves(walk: &Walk<'_>, claim: &Claim, port: Port) -> bool {
    let side = |side: u128| address(walk.family, side);
    let all = |(first, last): &Range| AddressRange::new(side(*first), side(*last));
    claim.from.as_ref().is_some_and(|(zone, sources)| {
        let may = |range| walk.snapshot.may_choose(*zone, port, range);
        sources.iter().all(|range| all(range).is_some_and(may))
    })
}

/// A proof of arrival: what is required is taken by somebody, and every step from what is listed leads further down the list
/// or to the target, and loses nothing.
pub(super) fn delivered(
    walk: &Walk<'_>,
    claim: &Claim,
    entry: Option<&str>,
    (places, filters): (&[Passed], &BTreeMap<String, Vec<String>>),
) -> Result<(), Refusal> {
    let Some((zone, _)) = claim.from else { return no_proofs() };
    let unknown = |place: &str| {
        Refusal(text!("「{place}」という場所はありません。", "there is no place {place}"))
    };
    let spots: BTreeMap<String, Spot> =
        walk.spots().map(|spot| (spot_name(walk.snapshot, spot), spot)).collect();
    let named = |entry: &str| match spots.get(entry) {
        Some(Spot::Port(port)) if serves(walk, claim, *port) => Ok(*port),
        _ => Err(unknown(entry)),
    };
    let entry = entry.map(named).transpose()?;
    let (taken, listed, filters_of) = (Vec::new(), BTreeMap::new(), BTreeMap::new());
    let mut way = Way { walk, claim, entry, taken, listed, below: 0, filters: filters_of };
    for (name, texts) in filters {
        way.filters.insert(name, blocks(walk.family, texts)?);
    }
    let mut steps = Vec::new();
    for (rank, passed) in places.iter().enumerate() {
        let spot = *spots.get(&passed.place).ok_or_else(|| unknown(&passed.place))?;
        for block in blocks(walk.family, &passed.blocks)? {
            way.listed.entry(spot).or_default().push((rank, block));
            steps.push((rank, spot, block));
        }
    }
    for block in required(claim) {
        way.taken.clear();
        walk.start(zone, block, &mut way)?;
        if !block.covered(&way.taken) {
            way.lose(&Packet::new(block))?;
        }
    }
    for (rank, spot, block) in steps {
        way.below = rank + 1;
        walk.step(spot, Packet::new(block), &mut way)?;
    }
    Ok(())
}

/// What is known of the way of required packets.
struct Way<'c> {
    walk: &'c Walk<'c>,
    claim: &'c Claim,
    /// The only port that hosts need to use, when there is one.
    entry: Option<Port>,
    /// What somebody takes of what they send.
    taken: Vec<Block>,
    /// What the certificate lists for a place, with the ranks.
    listed: BTreeMap<Spot, Vec<(usize, Block)>>,
    /// The lowest rank to which a step may lead.
    below: usize,
    /// What each filter is told to let pass.
    filters: BTreeMap<&'c str, Vec<Block>>,
}

impl Guide for Way<'_> {
    fn filter(&mut self, at: &FilterAt<'_>, packet: Packet) -> Result<Vec<Packet>, Refusal> {
        let name = key(at, &packet);
        let told = self.filters.get(name.as_str()).into_iter().flatten().copied();
        let here = told.filter(|part| part.meets(&packet.block));
        let passed: Vec<Block> = here.filter(|part| at.passes(&packet.at(*part)).0).collect();
        if packet.block.covered(&passed) {
            return Ok(vec![packet]);
        }
        let block = write(self.walk.family, packet.block);
        refused(text!(
            "「{name}」が「{block}」を必ず通すとは言えません。",
            "`{name}` does not surely let {block} pass"
        ))
    }

    fn arrive(&mut self, spot: Spot, packet: Packet) -> Result<(), Refusal> {
        if packet.aside {
            return Ok(());
        }
        let listed = self.listed.get(&spot).into_iter().flatten();
        let further = listed.filter(|(rank, _)| *rank >= self.below);
        let further: Vec<Block> = further.map(|(_, block)| *block).collect();
        if packet.block.covered(&further) || arrives_as_wanted(self.claim, spot, packet.block) {
            self.taken.push(packet.block);
            return Ok(());
        }
        let name = spot_name(self.walk.snapshot, spot);
        let block = write(self.walk.family, packet.block);
        refused(text!(
            "「{block}」は「{name}」に来得ますが、そこから宛先に届くとの記載がありません。",
            "{block} may come to {name}, from where it is not told to arrive"
        ))
    }

    fn offer(&mut self, port: Port, packet: Packet) -> Result<(), Refusal> {
        let chosen = self.entry.is_none_or(|entry| entry == port);
        if chosen { self.arrive(Spot::Port(port), packet) } else { Ok(()) }
    }

    fn lose(&mut self, packet: &Packet) -> Result<(), Refusal> {
        let block = write(self.walk.family, packet.block);
        let lost = text!("「{block}」は失われ得ます。", "{block} may get lost");
        if packet.aside { Ok(()) } else { refused(lost) }
    }
}
