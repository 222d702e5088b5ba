//! The search for proofs that what is required arrives, or that a packet of it never does.

use super::{BLOCKS, SEEDS, Search, corner, single, too_much};
use crate::certificate::block::Block;
use crate::certificate::{
    Claim, Fate, FilterAt, Guide, Packet, Passed, Proof, Refusal, Spot, Walk, arrives_as_wanted,
    key, required, serves, spot_name, write,
};
use crate::finding::{Finding, Verdict};
use crate::snapshot::Port;
use crate::text;
use crate::text::Text;
use std::collections::{BTreeMap, BTreeSet};

/// How many places a way may have.
const HOPS: usize = 128;

/// Tries what hosts send by every entry, then by each alone; then single packets that may never arrive.
pub(super) fn proof(walk: &Walk<'_>, claim: &Claim, findings: &[Finding]) -> Proof {
    let ports = claim.from.iter().flat_map(|(zone, _)| walk.snapshot.entries(*zone));
    let mut alone: Vec<Port> = ports.collect();
    if alone.len() < 2 {
        alone.clear();
    }
    alone.retain(|port| serves(walk, claim, *port));
    let mut why = None;
    for entry in std::iter::once(None).chain(alone.into_iter().map(Some)) {
        match Ways::new(walk, claim, entry).run() {
            Ok(proof) => return proof,
            Err(refusal) => _ = why.get_or_insert(refusal),
        }
    }
    let lost = undelivered(walk, claim, findings);
    lost.unwrap_or_else(|| Proof::unproven(why.unwrap_or_else(too_much).0))
}

/// A packet that never arrives. Where the run did not find that the rule is violated, none is looked for.
fn undelivered(walk: &Walk<'_>, claim: &Claim, findings: &[Finding]) -> Option<Proof> {
    let wanted = claim.to.as_ref().map_or(&[][..], |(_, wanted)| wanted);
    let of_rule = || findings.iter().filter(|finding| finding.rule == claim.rule);
    let open = of_rule().next().is_some() && of_rule().all(|f| f.verdict != Verdict::Violated);
    if open || wanted.iter().any(|block| walk.origins(*block).next().is_some()) {
        return None;
    }
    let sent = required(claim);
    let own = of_rule().filter(|finding| finding.family == Some(walk.family));
    let mut seeds: Vec<Block> =
        own.filter_map(|finding| finding.witness).map(|flow| single(&flow)).collect();
    seeds.extend(sent.iter().copied().map(corner));
    seeds.retain(|seed| sent.iter().any(|block| seed.within(block)));
    seeds.into_iter().take(SEEDS).find_map(|seed| {
        let mut search = Search::new(walk, claim);
        search.run(&[seed]).ok()?;
        let (places, filters) = search.proof();
        Some(Proof::Undelivered { packet: write(walk.family, seed), places, filters })
    })
}

fn refused<T>(reason: Text) -> Result<T, Refusal> {
    Err(Refusal(reason))
}

/// Why a filter is not known to let packets pass.
fn stopped(at: &FilterAt<'_>, packet: &Packet) -> Refusal {
    let (Fate::Denied(by) | Fate::Passes { by, .. }) = at.fate(packet).0 else {
        return Refusal(text!("規則の解釈が定まりません。", "what the rules say is not known"));
    };
    let (filter, line) = (&at.name, at.lines(&by));
    Refusal(text!(
        "「{filter}」の「{line}」により、必ず通るとは言えません。",
        "at `{filter}` it does not surely pass {line}"
    ))
}

/// A reason with the place where it holds.
fn at(walk: &Walk<'_>, spot: Spot, Refusal(reason): Refusal) -> Refusal {
    let place = spot_name(walk.snapshot, spot);
    let Text { ja, en } = reason;
    Refusal(text!("「{place}」から: {ja}", "from {place}: {en}"))
}

/// Where packets come to in one step.
type Next = Vec<(Spot, Block)>;

/// Follows required packets to the target, the places furthest down the way first.
struct Ways<'c> {
    walk: &'c Walk<'c>,
    claim: &'c Claim,
    entry: Option<Port>,
    filters: BTreeMap<String, Vec<Block>>,
    /// What the step at hand leads to.
    next: Next,
    /// Where everything arrives from, the last first.
    done: Next,
    /// Where the way at hand has been.
    under: BTreeSet<(Spot, Block)>,
}

impl<'c> Ways<'c> {
    fn new(walk: &'c Walk<'c>, claim: &'c Claim, entry: Option<Port>) -> Self {
        Ways {
            walk,
            claim,
            entry,
            filters: BTreeMap::new(),
            next: Vec::new(),
            done: Vec::new(),
            under: BTreeSet::new(),
        }
    }

    fn run(mut self) -> Result<Proof, Refusal> {
        let (walk, claim) = (self.walk, self.claim);
        for block in required(claim) {
            if let Some((zone, _)) = claim.from {
                walk.start(zone, block, &mut self)?;
            }
            let first = std::mem::take(&mut self.next);
            let taken: Vec<Block> = first.iter().map(|(_, block)| *block).collect();
            if !block.covered(&taken) {
                return refused(text!(
                    "送信元の隣に受け取る機器がありません。",
                    "nobody beside the source takes what is sent"
                ));
            }
            self.follow(first)?;
        }
        Ok(self.proof())
    }

    fn follow(&mut self, next: Next) -> Result<(), Refusal> {
        for (spot, block) in next {
            let arrived = matches!(spot, Spot::End(_));
            let known = |(other, known): &(Spot, Block)| *other == spot && block.within(known);
            if arrived || self.done.iter().any(known) {
                continue;
            }
            if !self.under.insert((spot, block)) {
                let place = spot_name(self.walk.snapshot, spot);
                return refused(text!(
                    "「{place}」に戻り、回り続け得ます。",
                    "packets may come back to {place} and go round"
                ));
            }
            if self.under.len() > HOPS || self.done.len() > BLOCKS {
                return Err(too_much());
            }
            let walk = self.walk;
            walk.step(spot, Packet::new(block), self).map_err(|r| at(walk, spot, r))?;
            let next = std::mem::take(&mut self.next);
            self.follow(next)?;
            self.under.remove(&(spot, block));
            self.done.push((spot, block));
        }
        Ok(())
    }

    fn proof(self) -> Proof {
        let family = self.walk.family;
        let mut places: Vec<Passed> = Vec::new();
        for (spot, block) in self.done.into_iter().rev() {
            let place = spot_name(self.walk.snapshot, spot);
            places.push(Passed { place, blocks: vec![write(family, block)] });
        }
        let texts = |blocks: Vec<Block>| blocks.into_iter().map(|b| write(family, b)).collect();
        let filters = self.filters.into_iter().map(|(name, parts)| (name, texts(parts)));
        let entry = self.entry.map(|port| spot_name(self.walk.snapshot, Spot::Port(port)));
        Proof::Delivered { entry, places, filters: filters.collect() }
    }
}

impl Guide for Ways<'_> {
    /// Cuts what comes to a filter until each part surely passes as a whole, or surely does not.
    fn filter(&mut self, at: &FilterAt<'_>, packet: Packet) -> Result<Vec<Packet>, Refusal> {
        let parts = self.filters.entry(key(at, &packet)).or_default();
        let mut open = vec![packet.block];
        while let Some(block) = open.pop() {
            if block.covered(parts) {
                continue;
            }
            let (passes, met) = at.passes(&packet.at(block));
            let useful = |cut: &&Block| block.meets(cut) && !block.within(cut);
            match met.cuts.iter().rev().find(useful) {
                _ if passes => parts.push(block),
                Some(cut) => {
                    open.extend(block.minus(*cut));
                    open.extend(block.meet(*cut));
                }
                None => return Err(stopped(at, &packet.at(block))),
            }
            if parts.len() + open.len() > BLOCKS {
                return Err(too_much());
            }
        }
        Ok(vec![packet])
    }

    fn arrive(&mut self, spot: Spot, packet: Packet) -> Result<(), Refusal> {
        let wrong =
            matches!(spot, Spot::End(_)) && !arrives_as_wanted(self.claim, spot, packet.block);
        if packet.aside {
            return Ok(());
        }
        if wrong {
            let (place, block) =
                (spot_name(self.walk.snapshot, spot), write(self.walk.family, packet.block));
            return refused(text!(
                "「{block}」は「{place}」に届き得ます。",
                "{block} may end at {place}"
            ));
        }
        self.next.push((spot, packet.block));
        Ok(())
    }

    fn offer(&mut self, port: Port, packet: Packet) -> Result<(), Refusal> {
        let chosen = self.entry.is_none_or(|entry| entry == port);
        if chosen { self.arrive(Spot::Port(port), packet) } else { Ok(()) }
    }

    fn lose(&mut self, packet: &Packet) -> Result<(), Refusal> {
        if packet.aside {
            return Ok(());
        }
        let block = write(self.walk.family, packet.block);
        refused(text!(
            "「{block}」は失われるか、宛先が変換され得ます。",
            "{block} may get lost, or be translated to another destination"
        ))
    }
}
