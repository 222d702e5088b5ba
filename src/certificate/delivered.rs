//! The judgment on what is required: that every packet arrives, or that one never does.

use super::block::{Block, SPORT, SRC, common};
use super::data::{Passed, write};
use super::verify::{block, blocks, is_any_source, is_single, key, no_proofs, refused, spot_name};
use super::walk::{FilterAt, Walk};
use super::{Claim, Guide, Packet, Refusal, Spot};
use crate::text;
use std::collections::BTreeMap;

/// The packets that hosts of the source send, and all of which must arrive.
#[must_use]
pub fn required(claim: &Claim) -> Vec<Block> {
    let sources = claim.from.iter().flat_map(|(_, sources)| sources);
    let from: Vec<Block> =
        sources.map(|range| Block::all(claim.family).with(SRC, *range)).collect();
    let wanted = claim.to.iter().map(|(_, wanted)| common(wanted, &from));
    wanted.flatten().collect()
}

/// Whether packets of a block are where they must be, as what was asked for; their source may have changed.
#[must_use]
pub fn arrives_as_wanted(claim: &Claim, spot: Spot, arrived: Block) -> bool {
    let all = Block::all(claim.family);
    let widest = |field: usize| all.0.get(field).copied().unwrap_or_default();
    let arrived = arrived.with(SRC, widest(SRC)).with(SPORT, widest(SPORT));
    claim
        .to
        .as_ref()
        .is_some_and(|(place, wanted)| spot == Spot::End(*place) && arrived.covered(wanted))
}

/// The packet of which it is to be proven that it never arrives: a required one, and such that no translation brings anything
/// else to the target in its place.
pub(super) fn unchanged(walk: &Walk<'_>, claim: &Claim, text: &str) -> Result<Block, Refusal> {
    let packet = block(walk.family, text)?;
    let asked = required(claim).iter().any(|block| packet.within(block));
    if !asked || !is_single(walk.family, packet) {
        return refused(text!(
            "「{text}」は、求められた1つのパケットではありません。",
            "{text} is not one of the required packets"
        ));
    }
    let wanted = claim.to.as_ref().map_or(&[][..], |(_, wanted)| wanted);
    if walk.is_readdressed(wanted) {
        return refused(text!(
            "宛先の変換により、別の宛先からも届き得ます。",
            "by a translation, packets to another destination may arrive"
        ));
    }
    Ok(packet)
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
    let name = |spot| spot_name(walk.snapshot, spot);
    let unknown = |place: &str| {
        Refusal(text!("「{place}」という場所はありません。", "there is no place {place}"))
    };
    let entries = walk.snapshot.entries(zone).into_iter().map(Spot::Port);
    let mut entries = entries.filter(|spot| Some(name(*spot).as_str()) == entry);
    let entry = match (entry, entries.next()) {
        (Some(place), None) => return Err(unknown(place)),
        (_, entry) => entry,
    };
    let spots: BTreeMap<String, Spot> = walk.spots().map(|spot| (name(spot), spot)).collect();
    let mut way = Way {
        walk,
        claim,
        starting: true,
        entry,
        taken: Vec::new(),
        listed: BTreeMap::new(),
        below: 0,
        filters: BTreeMap::new(),
    };
    for (name, texts) in filters {
        let parts = blocks(walk.family, texts)?.into_iter();
        way.filters.insert(name, parts.map(|part| (part, false)).collect());
    }
    let mut steps = Vec::new();
    for (rank, Passed { place, blocks: texts }) in places.iter().enumerate() {
        let spot = *spots.get(place).ok_or_else(|| unknown(place))?;
        for block in blocks(walk.family, texts)? {
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
    way.starting = false;
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
    /// Whether hosts are sending; by the entry only, when there is one.
    starting: bool,
    entry: Option<Spot>,
    /// What somebody takes of what they send.
    taken: Vec<Block>,
    /// What the certificate lists for a place, with the ranks.
    listed: BTreeMap<Spot, Vec<(usize, Block)>>,
    /// The lowest rank to which a step may lead.
    below: usize,
    /// What each filter is told to let pass, and whether that was checked already.
    filters: BTreeMap<&'c str, Vec<(Block, bool)>>,
}

impl Guide for Way<'_> {
    fn filter(&mut self, at: &FilterAt<'_>, packet: Packet) -> Result<Vec<Packet>, Refusal> {
        let name = key(at, &packet);
        let mut none = Vec::new();
        let parts = self.filters.get_mut(name.as_str()).unwrap_or(&mut none);
        let told: Vec<Block> = parts.iter().map(|(part, _)| *part).collect();
        let mut open = parts.iter_mut().filter(|(part, known)| !known && packet.block.meets(part));
        let passes = |(part, known): &mut (Block, bool)| {
            *known = at.passes(&packet.at(*part)).0;
            *known
        };
        if packet.block.covered(&told) && open.all(passes) {
            return Ok(vec![packet]);
        }
        let block = write(self.walk.family, packet.block);
        refused(text!(
            "「{name}」が「{block}」を必ず通すとは言えません。",
            "`{name}` does not surely let {block} pass"
        ))
    }

    fn arrive(&mut self, spot: Spot, packet: Packet) -> Result<(), Refusal> {
        let elsewhere = |entry: Spot| matches!(spot, Spot::Port(_)) && spot != entry;
        if packet.aside || self.starting && self.entry.is_some_and(elsewhere) {
            return Ok(());
        }
        let family = self.walk.family;
        let there = match spot {
            Spot::End(_) => arrives_as_wanted(self.claim, spot, packet.block),
            _ => {
                // A source that is not known is told apart from one that is.
                let any = |block| is_any_source(family, block);
                let listed = self.listed.get(&spot).into_iter().flatten();
                let further = listed.filter(|(rank, block)| {
                    *rank >= self.below && any(*block) == any(packet.block)
                });
                let further: Vec<Block> = further.map(|(_, block)| *block).collect();
                packet.block.covered(&further)
            }
        };
        if there {
            self.taken.push(packet.block);
            return Ok(());
        }
        let (name, block) = (spot_name(self.walk.snapshot, spot), write(family, packet.block));
        refused(text!(
            "「{block}」は「{name}」に来得ますが、そこから宛先に届くとの記載がありません。",
            "{block} may come to {name}, from where it is not told to arrive"
        ))
    }

    fn lose(&mut self, packet: &Packet) -> Result<(), Refusal> {
        if packet.aside {
            return Ok(());
        }
        let block = write(self.walk.family, packet.block);
        refused(text!("「{block}」は失われ得ます。", "{block} may get lost"))
    }

    fn readdress(&mut self, packet: &Packet) -> Result<(), Refusal> {
        let block = write(self.walk.family, packet.block);
        refused(text!(
            "「{block}」は宛先が変換され得ます（この証明書は宛先の変換を扱いません）。",
            "the destination of {block} may be translated, of which there are no proofs"
        ))
    }
}
