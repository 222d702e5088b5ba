//! Certificates of verdicts: for each claim a proof that [`crate::certificate::verify`] accepts, or why there is none.
//!
//! The search may go wrong in any way it likes: what it finds is checked by somebody else.

mod require;

use crate::certificate::block::{Block, DST, PROTOCOL, SRC, common};
use crate::certificate::{
    Certificate, Certified, Claim, Fate, FilterAt, Filtered, Guide, Packet, Path, Proof, Refusal,
    Spot, Stop, Stopped, Walk, is_any_source, is_evident, is_forbidden, key, sent, spot_name,
    write,
};
use crate::finding::Finding;
use crate::net::{Family, Flow, number};
use crate::snapshot::Snapshot;
use crate::text;
use crate::text::Text;
use crate::workers;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// The most blocks that one proof lists for places, and for filters.
const BLOCKS: usize = 20_000;
/// The most packets that are tried.
const SEEDS: usize = 64;
/// The most places that are tried for one packet.
const STEPS: usize = 20_000;

/// A certificate for `claims`; `findings` tell which packets to try first.
#[must_use]
pub fn certify(snapshot: &Snapshot, claims: &[Claim], findings: &[Finding]) -> Certificate {
    let walks = Family::ALL.map(|family| Walk::new(snapshot, family));
    let claims = workers::map(claims, |claim| {
        let walk = walks.iter().find(|walk| walk.family == claim.family);
        let proof = match (walk, &claim.to) {
            (Some(walk), Some(_)) if claim.kind == "require" => {
                require::proof(walk, claim, findings)
            }
            (Some(walk), Some(_)) => proof(walk, claim, findings),
            _ => Proof::unproven(text!(
                "この種類の主張を証明する方法はありません。",
                "there are no proofs for this kind of claim"
            )),
        };
        Certified::of(claim, proof)
    });
    Certificate { version: 1, claims }
}

fn proof(walk: &Walk<'_>, claim: &Claim, findings: &[Finding]) -> Proof {
    let sent = sent(walk, claim);
    let mut search = Search::new(walk, claim);
    let refusal = match search.run(&sent) {
        Ok(()) => {
            let (places, filters) = search.proof();
            return Proof::Holds { places, filters };
        }
        Err(refusal) => refusal,
    };
    let own = |f: &&Finding| f.rule == claim.rule && f.family == Some(walk.family);
    let witnesses = findings.iter().filter(own).filter_map(|finding| finding.witness);
    let mut seeds: Vec<Block> = witnesses.map(|flow| single(&flow)).collect();
    seeds.extend(common(&sent, &walk.translated()).into_iter().take(SEEDS / 2).map(corner));
    seeds.extend(search.hit.into_iter().flat_map(|hit| seeds_of(claim, hit)));
    seeds.extend(sent.iter().copied().map(corner));
    seeds.retain(|seed| sent.iter().any(|block| seed.within(block)));
    seeds.truncate(SEEDS);
    for sure in [true, false] {
        for seed in &seeds {
            match way(walk, claim, *seed, sure) {
                Some(path) if path.iter().all(|stop| stop.sure) => return Proof::Violated { path },
                Some(path) => return Proof::Undetermined { path },
                None => {}
            }
        }
    }
    Proof::unproven(refusal.0)
}

/// The block of one packet.
fn single(flow: &Flow) -> Block {
    let flow = flow.normalised();
    let (source, destination) = if flow.is_icmp() {
        (u16::from(flow.icmp_code), u16::from(flow.icmp_type))
    } else {
        (flow.source_port, flow.destination_port)
    };
    let numbers = [
        number(flow.src),
        number(flow.dst),
        flow.protocol.into(),
        source.into(),
        destination.into(),
    ];
    Block(numbers.map(|number| (number, number)))
}

/// One packet of a block: a host rather than a network address, TCP when there is a choice.
fn corner(block: Block) -> Block {
    let mut one = block;
    for (field, side) in one.0.iter_mut().enumerate() {
        let (first, last) = *side;
        let wanted = match field {
            SRC | DST => first + 10,
            PROTOCOL => 6,
            _ => first,
        };
        let value = if (first..=last).contains(&wanted) { wanted } else { first };
        *side = (value, value);
    }
    one
}

/// Packets that might be the ones that were found at the target, as they were before any translation.
fn seeds_of(claim: &Claim, hit: Block) -> Vec<Block> {
    let forbidden = claim.to.iter().flat_map(|(_, forbidden)| forbidden);
    let sources = claim.from.iter().flat_map(|(_, sources)| sources);
    let all = Block::all(claim.family);
    let starts: Vec<Block> = sources.map(|range| all.with(SRC, *range)).collect();
    forbidden
        .filter_map(|block| block.meet(hit))
        .flat_map(|block| starts.iter().filter_map(move |start| block.meet(*start)))
        .map(corner)
        .collect()
}

fn too_much() -> Refusal {
    Refusal(text!(
        "証明に要するブロックが上限（{BLOCKS}）を超えました。",
        "the proof needs more than {BLOCKS} blocks"
    ))
}

/// Collects what may be where, and what filters stop, until nothing is new.
struct Search<'c> {
    walk: &'c Walk<'c>,
    claim: &'c Claim,
    places: BTreeMap<Spot, Vec<Block>>,
    filters: BTreeMap<String, Cells>,
    open: VecDeque<(Spot, Block)>,
    count: usize,
    /// Something forbidden that arrived.
    hit: Option<Block>,
}

/// The parts of what came to a filter, with what it does with them.
#[derive(Default)]
struct Cells {
    all: Vec<Block>,
    passes: Vec<Block>,
    stops: Vec<(Block, String)>,
}

impl<'c> Search<'c> {
    fn new(walk: &'c Walk<'c>, claim: &'c Claim) -> Self {
        Search {
            walk,
            claim,
            places: BTreeMap::new(),
            filters: BTreeMap::new(),
            open: VecDeque::new(),
            count: 0,
            hit: None,
        }
    }

    fn run(&mut self, sent: &[Block]) -> Result<(), Refusal> {
        let (walk, claim) = (self.walk, self.claim);
        for block in sent {
            if let Some((zone, _)) = claim.from {
                walk.start(zone, *block, self)?;
            }
        }
        while let Some((spot, block)) = self.open.pop_front() {
            walk.step(spot, Packet::new(block), self)?;
        }
        Ok(())
    }

    fn proof(self) -> (BTreeMap<String, Vec<String>>, BTreeMap<String, Filtered>) {
        let family = self.walk.family;
        let texts = |blocks: Vec<Block>| -> Vec<String> {
            blocks.into_iter().map(|block| write(family, block)).collect()
        };
        let name = |spot| spot_name(self.walk.snapshot, spot);
        let places =
            self.places.into_iter().map(|(spot, blocks)| (name(spot), texts(blocks))).collect();
        let stopped = |(block, by)| Stopped { block: write(family, block), by };
        let filtered = |cells: Cells| Filtered {
            passes: texts(cells.passes),
            stops: cells.stops.into_iter().map(stopped).collect(),
        };
        let filters =
            self.filters.into_iter().map(|(name, cells)| (name, filtered(cells))).collect();
        (places, filters)
    }

    /// Cuts what comes to a filter until each part is stopped as a whole or cannot be told apart further.
    fn cut(&mut self, at: &FilterAt<'_>, packet: &Packet) -> Result<(), Refusal> {
        let cells = self.filters.entry(key(at, packet)).or_default();
        if packet.block.covered(&cells.all) {
            return Ok(());
        }
        let mut open = vec![packet.block];
        while let Some(block) = open.pop() {
            if block.covered(&cells.all) {
                continue;
            }
            let (fate, met) = at.fate(&packet.at(block));
            let useful = |cut: &&Block| block.meets(cut) && !block.within(cut);
            match (fate, met.cuts.iter().rev().find(useful)) {
                (Fate::Denied(chain), _) => cells.stops.push((block, at.lines(&chain))),
                (_, Some(cut)) => {
                    open.extend(block.minus(*cut));
                    open.extend(block.meet(*cut));
                    continue;
                }
                (_, None) => cells.passes.push(block),
            }
            cells.all.push(block);
            self.count += 1;
            if self.count + open.len() > BLOCKS {
                return Err(too_much());
            }
        }
        Ok(())
    }
}

impl Guide for Search<'_> {
    fn filter(&mut self, at: &FilterAt<'_>, packet: Packet) -> Result<Vec<Packet>, Refusal> {
        self.cut(at, &packet)?;
        let passes = self.filters.get(&key(at, &packet)).map_or(&[][..], |cells| &cells.passes);
        let passed = passes.iter().filter_map(|block| packet.block.meet(*block));
        Ok(passed.map(|block| packet.at(block)).collect())
    }

    fn arrive(&mut self, spot: Spot, packet: Packet) -> Result<(), Refusal> {
        if is_forbidden(self.claim, spot, packet.block) {
            self.hit = Some(packet.block);
            return Err(Refusal(arrives(self.walk.snapshot, spot)));
        }
        if matches!(spot, Spot::End(_)) {
            return Ok(());
        }
        let known = self.places.entry(spot).or_default();
        if packet.block.covered(known) {
            return Ok(());
        }
        known.push(packet.block);
        self.open.push_back((spot, packet.block));
        self.count += 1;
        if self.count > BLOCKS { Err(too_much()) } else { Ok(()) }
    }
}

fn arrives(snapshot: &Snapshot, spot: Spot) -> Text {
    let place = spot_name(snapshot, spot);
    text!(
        "ブロック単位の広い読み方では「{place}」に届き得ますが、届くパケットを1つに定められませんでした。",
        "read widely, block by block, packets may arrive at {place}, but no single one was found that does"
    )
}

/// Where a packet may go, until it is where it may not be: by steps that surely are possible, or by any.
fn way(walk: &Walk<'_>, claim: &Claim, seed: Block, sure: bool) -> Option<Vec<Stop>> {
    let (zone, _) = claim.from.as_ref()?;
    let name = |spot| spot_name(walk.snapshot, spot);
    let mut first = Path::default();
    walk.start(*zone, seed, &mut first).ok()?;
    let mut open = VecDeque::from([(Vec::<Stop>::new(), None, first)]);
    let mut seen: BTreeSet<(Spot, Block)> = BTreeSet::new();
    while let Some((mut path, before, step)) = open.pop_front() {
        if let Some(last) = path.last_mut() {
            last.lines = step.lines;
        }
        for (spot, packet) in step.arrived.into_iter().filter(|(_, packet)| packet.sure || !sure) {
            let block = meeting(claim, spot, packet.block).map_or(packet.block, |b| b);
            let mut one = corner_of(block, seed);
            if is_any_source(walk.family, block) {
                one = one.with(SRC, block.0[SRC]);
            }
            let block = one;
            if !is_evident(walk.family, before, block) {
                continue;
            }
            let stop = Stop {
                place: name(spot),
                packet: write(walk.family, block),
                sure: packet.sure,
                lines: Vec::new(),
            };
            let mut path = path.clone();
            path.push(stop);
            if is_forbidden(claim, spot, block) {
                return Some(path);
            }
            if matches!(spot, Spot::End(_)) || !seen.insert((spot, block)) || seen.len() > STEPS {
                continue;
            }
            let mut next = Path::default();
            walk.step(spot, Packet::new(block), &mut next).ok()?;
            open.push_back((path, Some(block), next));
        }
    }
    None
}

/// The part of a block that is forbidden at a place.
fn meeting(claim: &Claim, spot: Spot, block: Block) -> Option<Block> {
    let (place, forbidden) = claim.to.as_ref()?;
    let here = spot == Spot::End(*place);
    forbidden.iter().filter(|_| here).find_map(|other| block.meet(*other))
}

/// One packet of a block, as much like `seed` as can be.
fn corner_of(block: Block, seed: Block) -> Block {
    let mut one = corner(block);
    for ((side, own), wanted) in one.0.iter_mut().zip(block.0).zip(seed.0) {
        if own.0 <= wanted.0 && wanted.1 <= own.1 {
            *side = wanted;
        }
    }
    one
}
