//! The judgment on a certificate.

use super::block::{Block, DST, PROTOCOL, Range, SRC, common};
use super::data::{Certificate, Certified, Filtered, Proof, Stop, Summary, parse, write};
use super::delivered::{delivered, unchanged};
use super::lists::Fate;
use super::walk::{FilterAt, Walk};
use super::{Claim, Guide, Packet, Refusal, Spot};
use crate::model::Id;
use crate::net::{Family, address};
use crate::snapshot::{Place, Snapshot, is_unicast};
use crate::text::Text;
use crate::workers;
use std::collections::{BTreeMap, BTreeSet};

/// Checks every claim of a certificate.
///
/// # Errors
/// What is not accepted, claim by claim.
pub fn verify(
    snapshot: &Snapshot,
    claims: &[Claim],
    certificate: &Certificate,
) -> Result<Summary, Vec<Text>> {
    let (mut summary, mut refusals) = (Summary::default(), Vec::new());
    let walks = Family::ALL.map(|family| Walk::new(snapshot, family));
    if certificate.version != 1 || certificate.claims.len() != claims.len() {
        let (claims, told, version) = (claims.len(), certificate.claims.len(), certificate.version);
        refusals.push(crate::text!(
            "方針から求めた主張は{claims}件ですが、証明書（版{version}）の記載は{told}件です。",
            "the policy makes {claims} claims, the certificate (version {version}) speaks of {told}"
        ));
    }
    let pairs: Vec<_> = claims.iter().zip(&certificate.claims).collect();
    let judged = workers::map(&pairs, |(claim, certified)| {
        let walk = walks.iter().find(|walk| walk.family == claim.family);
        walk.map(|walk| judge(walk, claim, certified))
    });
    for ((claim, certified), judged) in pairs.into_iter().zip(judged) {
        if let Some(Err(Refusal(why))) = judged {
            let (rule, family, (from, to)) = (&claim.rule, claim.family.id(), &claim.ends);
            let Text { ja, en } = why;
            refusals.push(crate::text!(
                "{rule}（{family}、{from} → {to}）: {ja}",
                "{rule} ({family}, {from} -> {to}): {en}"
            ));
        }
        *match certified.proof {
            Proof::Holds { .. } | Proof::Delivered { .. } => &mut summary.holds,
            Proof::Violated { .. } | Proof::Undelivered { .. } => &mut summary.violated,
            Proof::Undetermined { .. } => &mut summary.undetermined,
            Proof::Unproven { .. } => &mut summary.unproven,
        } += 1;
    }
    if refusals.is_empty() { Ok(summary) } else { Err(refusals) }
}

pub(super) fn refused<T>(text: Text) -> Result<T, Refusal> {
    Err(Refusal(text))
}

fn judge(walk: &Walk<'_>, claim: &Claim, certified: &Certified) -> Result<(), Refusal> {
    if Certified::of(claim, certified.proof.clone()) != *certified {
        return refused(crate::text!(
            "証明書の記載が、方針から求めた主張と違います。",
            "the certificate speaks of something else than the policy"
        ));
    }
    match (claim.kind, &certified.proof) {
        (_, Proof::Unproven { .. }) => Ok(()),
        ("isolation", Proof::Holds { places, filters }) => {
            holds(walk, claim, &sent(walk, claim), (places, filters))
        }
        ("isolation", Proof::Violated { path }) => follow(walk, claim, path, true),
        ("isolation", Proof::Undetermined { path }) => follow(walk, claim, path, false),
        ("require", Proof::Delivered { entry, places, filters }) => {
            delivered(walk, claim, entry.as_deref(), (places, filters))
        }
        ("require", Proof::Undelivered { packet, places, filters }) => {
            let packet = unchanged(walk, claim, packet)?;
            holds(walk, claim, &[packet], (places, filters))
        }
        _ => no_proofs(),
    }
}

/// The blocks that a text lists.
pub(super) fn blocks(family: Family, texts: &[String]) -> Result<Vec<Block>, Refusal> {
    texts.iter().map(|text| block(family, text)).collect()
}

pub(super) fn block(family: Family, text: &str) -> Result<Block, Refusal> {
    let unread = || Refusal(crate::text!("「{text}」を読めません。", "`{text}` means nothing"));
    parse(family, text).ok_or_else(unread)
}

/// What hosts of the source may send that may come to matter: with its sources, and as what translations may turn into
/// something forbidden.
#[must_use]
pub fn sent(walk: &Walk<'_>, claim: &Claim) -> Vec<Block> {
    let forbidden = claim.to.as_ref().map_or(&[][..], |(_, forbidden)| forbidden);
    from_sources(claim, &walk.before(forbidden))
}

/// The packets that hosts of the source send, and all of which must arrive, of a claim of `require`.
#[must_use]
pub fn required(claim: &Claim) -> Vec<Block> {
    from_sources(claim, &claim.sent)
}

fn from_sources(claim: &Claim, blocks: &[Block]) -> Vec<Block> {
    let sources: Vec<Range> = claim.from.iter().flat_map(|(_, sources)| sources).copied().collect();
    blocks.iter().flat_map(|block| sources.iter().map(|range| block.with(SRC, *range))).collect()
}

/// Whether packets of a block are forbidden at a place.
#[must_use]
pub fn is_forbidden(claim: &Claim, spot: Spot, block: Block) -> bool {
    let at = |(place, forbidden): &(Place, Vec<Block>)| {
        spot == Spot::End(*place) && !common(&[block], forbidden).is_empty()
    };
    claim.to.as_ref().is_some_and(at)
}

/// A proof by induction: what is sent, and every step from what is listed, leads into what is listed.
fn holds(
    walk: &Walk<'_>,
    claim: &Claim,
    sent: &[Block],
    (places, filters): (&BTreeMap<String, Vec<String>>, &BTreeMap<String, Filtered>),
) -> Result<(), Refusal> {
    let Some((zone, _)) = claim.from else { return no_proofs() };
    let mut induction =
        Induction { walk, claim, places: BTreeMap::new(), filters: BTreeMap::new() };
    for (name, texts) in places {
        induction.places.insert(name, blocks(walk.family, texts)?);
    }
    for (name, filtered) in filters {
        let passes = blocks(walk.family, &filtered.passes)?;
        let stop = |stopped: &'_ super::Stopped| block(walk.family, &stopped.block);
        let stops = filtered.stops.iter().map(stop).collect::<Result<Vec<Block>, Refusal>>()?;
        let all = passes.iter().chain(&stops).copied().collect();
        let by = filtered.stops.iter().map(|stopped| stopped.by.as_str());
        let stops = stops.into_iter().zip(by).map(|(block, by)| (block, by, false)).collect();
        induction.filters.insert(name, Parts { passes, stops, all });
    }
    for block in sent {
        walk.start(zone, *block, &mut induction)?;
    }
    for spot in walk.spots().collect::<BTreeSet<Spot>>() {
        let name = spot_name(walk.snapshot, spot);
        for block in induction.places.get(name.as_str()).cloned().unwrap_or_default() {
            walk.step(spot, Packet::new(block), &mut induction)?;
        }
    }
    Ok(())
}

pub(super) fn no_proofs<T>() -> Result<T, Refusal> {
    refused(crate::text!(
        "この種類の主張を証明する方法はありません。",
        "there are no proofs for this kind of claim"
    ))
}

/// What a filter lets pass, what it stops by which line and whether that was checked already, and all of it.
#[derive(Default)]
struct Parts<'c> {
    passes: Vec<Block>,
    stops: Vec<(Block, &'c str, bool)>,
    all: Vec<Block>,
}

struct Induction<'c> {
    walk: &'c Walk<'c>,
    claim: &'c Claim,
    places: BTreeMap<&'c str, Vec<Block>>,
    filters: BTreeMap<&'c str, Parts<'c>>,
}

impl Guide for Induction<'_> {
    fn filter(&mut self, at: &FilterAt<'_>, packet: Packet) -> Result<Vec<Packet>, Refusal> {
        let name = key(at, &packet);
        let mut none = Parts::default();
        let Parts { passes, stops, all } = self.filters.get_mut(name.as_str()).unwrap_or(&mut none);
        if !packet.block.covered(all) {
            let block = write(self.walk.family, packet.block);
            return refused(crate::text!(
                "「{name}」が「{block}」をどう扱うかの記載が足りません。",
                "what `{name}` does with {block} is not told in full"
            ));
        }
        for (block, by, checked) in stops.iter_mut() {
            if *checked || !packet.block.meets(block) {
                continue;
            }
            let stopped = match at.fate(&packet.at(*block)).0 {
                Fate::Denied(chain) => at.lines(&chain) == *by,
                _ => false,
            };
            if !stopped {
                let block = write(self.walk.family, *block);
                return refused(crate::text!(
                    "「{name}」では、「{by}」が「{block}」を必ず遮断するとは言えません。",
                    "at `{name}`, {by} does not surely stop {block}"
                ));
            }
            *checked = true;
        }
        Ok(common(&[packet.block], passes).into_iter().map(|block| packet.at(block)).collect())
    }

    fn arrive(&mut self, spot: Spot, packet: Packet) -> Result<(), Refusal> {
        let name = spot_name(self.walk.snapshot, spot);
        let block = || write(self.walk.family, packet.block);
        if is_forbidden(self.claim, spot, packet.block) {
            let block = block();
            return refused(crate::text!(
                "「{block}」が「{name}」に届き得ます。",
                "{block} may arrive at {name}"
            ));
        }
        let listed = self.places.get(name.as_str());
        if matches!(spot, Spot::End(_)) || listed.is_some_and(|l| packet.block.covered(l)) {
            return Ok(());
        }
        let block = block();
        refused(crate::text!(
            "「{name}」に「{block}」が来得ますが、記載がありません。",
            "{block} may come to {name}, which is not listed"
        ))
    }
}

/// Whether the source of these packets may be any address.
#[must_use]
pub fn is_any_source(family: Family, block: Block) -> bool {
    block.0[SRC] == (0, family.last())
}

/// Whether a block is one packet that routers forward.
pub(super) fn is_single(family: Family, block: Block) -> bool {
    let travels = |(first, _): &Range| is_unicast(address(family, *first));
    block.0.iter().all(|(first, last)| first == last) && block.0.iter().take(PROTOCOL).all(travels)
}

/// Whether a packet can be the next on a way: one that routers forward, be its source known or not. What holds for a source that
/// is not known must hold for every one, so that one is never told apart.
#[must_use]
pub fn is_evident(family: Family, before: Option<Block>, packet: Block) -> bool {
    let any = |block| is_any_source(family, block);
    let known = if any(packet) { packet.with(SRC, packet.0[DST]) } else { packet };
    is_single(family, known) && (any(packet) || !before.is_some_and(any))
}

/// One packet, step by step.
fn follow(walk: &Walk<'_>, claim: &Claim, path: &[Stop], sure: bool) -> Result<(), Refusal> {
    let Some((zone, _)) = claim.from else { return no_proofs() };
    let mut before: Option<(Spot, Block)> = None;
    let mut always = true;
    let any = |block| is_any_source(walk.family, block);
    let sent = sent(walk, claim);
    for (index, stop) in path.iter().enumerate() {
        let (name, packet) = (&stop.place, block(walk.family, &stop.packet)?);
        let evident = is_evident(walk.family, before.map(|(_, block)| block), packet);
        let mut step = Path::default();
        match before {
            None if !sent.iter().any(|block| packet.within(block)) => {}
            None => walk.start(zone, packet, &mut step)?,
            Some((spot, block)) => walk.step(spot, Packet::new(block), &mut step)?,
        }
        let fits = |(spot, there): &&(Spot, Packet)| {
            spot_name(walk.snapshot, *spot) == *name
                && packet.within(&there.block)
                && any(there.block) == any(packet)
                && there.sure == stop.sure
        };
        let found = step.arrived.iter().find(fits);
        let told = index.checked_sub(1).and_then(|index| path.get(index));
        let Some((spot, _)) =
            found.filter(|_| evident && told.is_none_or(|b| b.lines == step.lines))
        else {
            let packet = &stop.packet;
            return refused(crate::text!(
                "「{packet}」は記載のとおりには「{name}」に届きません。",
                "{packet} does not come to {name} as it is told"
            ));
        };
        always &= stop.sure;
        before = Some((*spot, packet));
    }
    let arrives = before.is_some_and(|(spot, block)| is_forbidden(claim, spot, block));
    if arrives && always == sure {
        return Ok(());
    }
    refused(crate::text!(
        "経路は、この判定の証拠になりません。",
        "the path is no evidence for this verdict"
    ))
}

/// Everything that may become of a packet in one step.
#[derive(Debug, Default)]
pub struct Path {
    /// Where it may come to.
    pub arrived: Vec<(Spot, Packet)>,
    /// What filters say of it.
    pub lines: Vec<String>,
}

impl Guide for Path {
    fn filter(&mut self, at: &FilterAt<'_>, packet: Packet) -> Result<Vec<Packet>, Refusal> {
        let (fate, _) = at.fate(&packet);
        let (word, by, sure) = match fate {
            Fate::Denied(by) => ("deny", by, None),
            Fate::Passes { sure: true, by } => ("permit", by, Some(true)),
            Fate::Passes { sure: false, by } => ("may permit", by, Some(false)),
            Fate::Falls => ("may permit", Vec::new(), Some(false)),
        };
        self.lines.push(format!("{}: {word}, {}", at.name, at.lines(&by)));
        let passed = |sure| Packet { sure: packet.sure && sure, ..packet.clone() };
        Ok(sure.map(passed).into_iter().collect())
    }

    fn arrive(&mut self, spot: Spot, packet: Packet) -> Result<(), Refusal> {
        self.arrived.push((spot, packet));
        Ok(())
    }
}

/// The name under which a certificate tells what a filter does; it may depend on earlier translations.
#[must_use]
pub fn key(at: &FilterAt<'_>, packet: &Packet) -> String {
    let touched: Vec<String> = packet.touched.iter().map(|id| id.index().to_string()).collect();
    if touched.is_empty() {
        at.name.clone()
    } else {
        format!("{} after {}", at.name, touched.join(" "))
    }
}

/// The name of a place; no two have the same.
#[must_use]
pub fn spot_name(snapshot: &Snapshot, spot: Spot) -> String {
    match spot {
        Spot::Port(port) => {
            let (device, interface) = (Id::index(port.device), port.interface.index());
            format!("port {}#{device}.{interface}", snapshot.port_name(port))
        }
        Spot::Opaque(id) => format!("router {}#{}", snapshot.opaques[id].name, Id::index(id)),
        Spot::End(Place::Zone(id)) => format!("zone {}#{}", snapshot.zones[id].id, Id::index(id)),
        Spot::End(place @ Place::Device(id)) => format!("{}#{}", place.id(snapshot), Id::index(id)),
        Spot::End(Place::Unzoned(id)) => format!("unzoned#{}", Id::index(id)),
    }
}
