//! Rule lists over one block: what a filter does with it, and what a translation makes of it.

use super::block::{Block, DPORT, DST, PROTOCOL, Range, SPORT, SRC, common, numbers, without};
use super::objects::{Held, Objects};
use super::{LineAt, Packet};
use crate::model::{
    Action, Activity, AddressMap, Binding, Device, InterfaceId, Interfaces, Line, ListId, Match,
    Moment, PortMap, Rewrite, RewriteId, Translated,
};
use crate::net::{AddressRange, Family, PortRange, State, flow::has_ports};

/// How deep lists may jump before nothing is claimed of them.
const DEPTH: usize = 64;
/// How many products of one line are told apart; beyond that the line is read as if it may match anything.
const PRODUCTS: usize = 256;

/// A device with the interfaces that a packet passes, as the lines of its lists see them.
#[derive(Clone, Copy)]
pub(super) struct Site<'a> {
    pub(super) device: &'a Device,
    pub(super) objects: &'a Objects,
    pub(super) family: Family,
    pub(super) at: Option<Moment>,
    pub(super) ingress: InterfaceId,
    pub(super) egress: Option<InterfaceId>,
}

/// What a filter does with a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// No packet of it gets through, whatever is not known; by this line, the jumps to it first; by the default when empty.
    Denied(Vec<LineAt>),
    /// Some packet may get through, first by this line.
    Passes {
        /// Whether every packet surely does.
        sure: bool,
        /// The line, the jumps to it first; empty for the default.
        by: Vec<LineAt>,
    },
    /// What is not denied comes to the end of the list.
    Falls,
}

/// What was met on the way to a fate.
#[derive(Debug, Default)]
pub struct Met {
    /// Where the block may be cut so that its parts have clearer fates.
    pub cuts: Vec<Block>,
    doubt: bool,
}

/// How a condition stands to a block that it may meet.
pub(super) struct Fit {
    /// Every packet matches, at the time when the line is active.
    whole: bool,
    /// It is certain which packets match.
    exact: bool,
    /// It is active at some times only.
    timed: bool,
}

impl Site<'_> {
    /// Whether a condition can be met at all here; and whether it is active at some times only.
    fn applies(&self, matches: &Match, touched: &[RewriteId]) -> Option<bool> {
        let schedule = matches.schedule.map(|id| self.device.schedules[id].activity(self.at));
        let here = matches.ingress.contains(self.ingress)
            && at_egress(&matches.egress, self.egress)
            && matches.states.as_ref().is_none_or(|states| states.contains(&State::New))
            && match &matches.translated {
                Translated::Ignored => true,
                Translated::Untouched => touched.is_empty(),
                Translated::Touched => !touched.is_empty(),
                Translated::By(rewrites) => touched.iter().any(|id| rewrites.contains(id)),
            };
        let active = schedule != Some(Activity::Inactive) && here;
        active.then_some(schedule == Some(Activity::Sometimes))
    }

    /// How a condition stands to a packet, which looks like `probes`; `None`: it is surely not met.
    pub(super) fn fit(
        &self,
        matches: &Match,
        packet: &Packet,
        probes: &[Block; 3],
        met: &mut Met,
    ) -> Option<Fit> {
        let timed = self.applies(matches, &packet.touched)?;
        let held = self.objects.of(matches);
        let (mut whole, mut exact) = (matches.unknown.is_empty(), !timed);
        exact &= whole;
        let mut cuts = Vec::new();
        for ((probe, held), field) in probes.iter().zip(held).zip([SRC, DST, PROTOCOL]) {
            let first = held.may.iter().find(|block| probe.meets(block))?;
            if !probe.within(first) {
                let all = Block::all(self.family);
                let cut = if field == DST { all.with(DST, first.0[SRC]) } else { *first };
                cuts.push(cut);
            }
            whole = whole && probe.covered(&held.sure);
            exact = exact && held.sure == held.may;
        }
        met.cuts.extend(cuts);
        Some(Fit { whole, exact, timed })
    }

    /// Source, destination and service of a packet, each in the field where objects have it.
    pub(super) fn probes(&self, packet: &Packet) -> [Block; 3] {
        let (all, block) = (Block::all(self.family), packet.block);
        let service = block.with(SRC, all.0[SRC]).with(DST, all.0[DST]);
        [all.with(SRC, block.0[SRC]), all.with(SRC, block.0[DST]), service]
    }

    /// What the list does with the block.
    fn list(&self, id: ListId, packet: &Packet, depth: usize, met: &mut Met) -> Fate {
        let mut returned = false;
        let probes = self.probes(packet);
        let lines = self.device.lists[id].lines.iter().enumerate();
        for (index, line) in lines.filter(|(_, line)| line.enabled) {
            let Some(fit) = self.fit(&line.matches, packet, &probes, met) else { continue };
            let here = LineAt { list: id, line: index };
            let sure = fit.whole && !met.doubt && !returned;
            let always = fit.whole && !fit.timed;
            match line.action {
                Action::Deny if always && returned => return Fate::Falls,
                Action::Deny if always => return Fate::Denied(vec![here]),
                Action::Permit => return Fate::Passes { sure, by: vec![here] },
                Action::Return if fit.exact && fit.whole => return Fate::Falls,
                Action::Return if fit.exact => returned = true,
                Action::Jump(to) if depth < DEPTH => {
                    let mut fate = self.list(to, packet, depth + 1, met);
                    match &mut fate {
                        Fate::Passes { sure, by } => {
                            *sure = *sure && fit.whole && !fit.timed && !returned;
                            by.insert(0, here);
                            return fate;
                        }
                        Fate::Denied(_) if always && returned => return Fate::Falls,
                        Fate::Denied(by) if always => {
                            by.insert(0, here);
                            return fate;
                        }
                        Fate::Denied(_) | Fate::Falls => {}
                    }
                }
                Action::Deny => {}
                _ => return Fate::Passes { sure: false, by: vec![here] },
            }
            met.doubt |= !always;
        }
        Fate::Falls
    }

    /// What the lists of a binding do with the block, as if they were one, and then its default.
    pub(super) fn filter(
        &self,
        bound: Option<&Binding>,
        otherwise: Action,
        p: &Packet,
    ) -> (Fate, Met) {
        let mut met = Met::default();
        for list in bound.iter().flat_map(|binding| &binding.lists) {
            match self.list(*list, p, 0, &mut met) {
                Fate::Falls => {}
                fate => return (fate, met),
            }
        }
        let fate = match bound.map_or(otherwise, |binding| binding.default) {
            Action::Deny => Fate::Denied(Vec::new()),
            default => {
                Fate::Passes { sure: default == Action::Permit && !met.doubt, by: Vec::new() }
            }
        };
        (fate, met)
    }

    /// Whether a list permits every packet of the block, at any time and whatever is not known; `Some(false)`: what it does not
    /// permit comes to its end. `None`: it may stop some.
    fn surely(&self, id: ListId, packet: &Packet, depth: usize, met: &mut Met) -> Option<bool> {
        let probes = self.probes(packet);
        let mut left = false;
        for line in self.device.lists[id].lines.iter().filter(|line| line.enabled) {
            let Some(fit) = self.fit(&line.matches, packet, &probes, met) else { continue };
            let always = fit.whole && !fit.timed;
            match line.action {
                Action::Permit if always => return Some(!left),
                // What it does not match goes on, as does all of it at another time.
                Action::Permit => {}
                Action::Return if fit.exact && fit.whole => return Some(false),
                Action::Return if fit.exact => left = true,
                Action::Jump(to) if depth < DEPTH => {
                    if self.surely(to, packet, depth + 1, met)? && always {
                        return Some(!left);
                    }
                }
                _ => return None,
            }
        }
        Some(false)
    }

    /// Whether a filter lets every packet of the block pass, at any time and whatever is not known.
    pub(super) fn passes(
        &self,
        bound: Option<&Binding>,
        otherwise: Action,
        packet: &Packet,
    ) -> (bool, Met) {
        let mut met = Met::default();
        for list in bound.iter().flat_map(|binding| &binding.lists) {
            match self.surely(*list, packet, 0, &mut met) {
                Some(false) => {}
                surely => return (surely.is_some(), met),
            }
        }
        (bound.map_or(otherwise, |binding| binding.default) == Action::Permit, met)
    }

    /// The first binding that fits.
    pub(super) fn binding<'b>(&self, bindings: &'b [Binding]) -> Option<&'b Binding> {
        bindings.iter().find(|binding| {
            binding.ingress.contains(self.ingress) && at_egress(&binding.egress, self.egress)
        })
    }

    /// Everything that a translation may make of a packet; and whether all of it surely goes on.
    pub(super) fn translate(&self, bindings: &[Binding], packet: Packet) -> (Vec<Packet>, bool) {
        let (mut made, mut kept) = (Vec::new(), true);
        let (touched, mut sure) = (packet.touched.clone(), packet.sure);
        let mut open = vec![packet.block];
        let bound = self.binding(bindings);
        for list in bound.iter().flat_map(|binding| &binding.lists) {
            let out = (&mut made, &mut kept);
            open = self.translations(*list, open, (&touched, 0), &mut sure, out);
        }
        kept &= open.is_empty() || bound.is_none_or(|bound| bound.default == Action::Permit);
        made.extend(open.into_iter().map(|block| Packet { block, sure, ..packet.clone() }));
        made.iter_mut().for_each(|made| made.aside = packet.aside);
        (made, kept)
    }

    /// Adds what a list may make of the blocks, and whether it stops none; returns those that may come to its end as they were.
    fn translations(
        &self,
        id: ListId,
        mut open: Vec<Block>,
        (touched, depth): (&[RewriteId], usize),
        sure: &mut bool,
        (out, kept): (&mut Vec<Packet>, &mut bool),
    ) -> Vec<Block> {
        let mut fallen: Vec<Block> = Vec::new();
        for line in self.device.lists[id].lines.iter().filter(|line| line.enabled) {
            let Some(timed) = self.applies(&line.matches, touched) else { continue };
            let (mut surely, met) = products(self.objects, self.family, (line, &open));
            if timed {
                surely.clear();
            }
            if met.is_empty() {
                continue;
            }
            let known = met.iter().all(|block| block.covered(&surely));
            // A source that is not known is told apart here.
            let any = |block: &Block| block.0[SRC] == (0, self.family.last());
            let certain = known && (met.iter().all(any) || !open.iter().any(any));
            *sure = *sure && certain;
            let plain = |block: &Block| Packet {
                touched: touched.to_vec(),
                sure: *sure,
                ..Packet::new(*block)
            };
            match line.action {
                Action::Permit => out.extend(met.iter().map(plain)),
                Action::Rewrite(id) => {
                    for block in &met {
                        out.extend(self.rewritten(id, plain(block)));
                    }
                }
                Action::Jump(to) if depth < DEPTH => {
                    let out = (&mut *out, &mut *kept);
                    let back = self.translations(to, met, (touched, depth + 1), sure, out);
                    open = surely.iter().fold(open, |open, block| without(&open, *block));
                    open.extend(back);
                    continue;
                }
                Action::Return if known => fallen.extend(&met),
                Action::Deny => *kept = false,
                Action::Return | Action::Undecided | Action::Jump(_) => {
                    *kept = false;
                    fallen.extend(&met);
                    let all = Block::all(self.family);
                    for block in &met {
                        let garbled = block.with(SRC, all.0[SRC]).with(DST, all.0[DST]);
                        out.push(Packet { sure: false, ..plain(&garbled) });
                        out.push(Packet { sure: false, ..plain(block) });
                    }
                    *sure = false;
                }
            }
            open = surely.iter().fold(open, |open, block| without(&open, *block));
        }
        open.extend(fallen);
        open
    }

    /// Everything that a rewrite may make of a packet that meets its line.
    fn rewritten(&self, id: RewriteId, packet: Packet) -> Vec<Packet> {
        let rewrite: &Rewrite = &self.device.rewrites[id];
        let mut made = vec![packet];
        for (map, field) in [(&rewrite.source, SRC), (&rewrite.destination, DST)] {
            if let Some(map) = map {
                made = made.iter().flat_map(|packet| self.moved(map, field, packet)).collect();
            }
        }
        for (map, field) in [(rewrite.source_port, SPORT), (rewrite.destination_port, DPORT)] {
            if let Some(map) = map {
                made = made.iter().flat_map(|packet| port_moved(map, field, packet)).collect();
            }
        }
        let mut out = Vec::new();
        for packet in made {
            let (ported, all) = ported(packet.block);
            let counts =
                rewrite.destination.is_some() || rewrite.destination_port.is_some() && ported;
            if counts && rewrite.destination.is_none() && !all {
                out.push(packet.clone());
            }
            let mut touched = packet.touched;
            touched.extend(counts.then_some(id));
            out.push(Packet { touched, ..packet });
        }
        out
    }

    fn moved(&self, map: &AddressMap, field: usize, packet: &Packet) -> Vec<Packet> {
        let own = |interface: Option<InterfaceId>| {
            let own = interface.iter().flat_map(|id| &self.device.interfaces[*id].addresses);
            own.filter_map(|a| numbers(self.family, AddressRange::single(a.address))).collect()
        };
        let side = packet.block.0.get(field).copied().unwrap_or_default();
        let ranges: Vec<Range> = match map {
            AddressMap::Shift { from, to } => {
                let ends = numbers(self.family, *from).zip(numbers(self.family, *to));
                let inside = ends.filter(|((first, last), _)| *first <= side.0 && side.1 <= *last);
                inside
                    .map(|((first, _), (to, _))| (to + (side.0 - first), to + (side.1 - first)))
                    .into_iter()
                    .collect()
            }
            AddressMap::Pool(ranges) => {
                ranges.iter().filter_map(|range| numbers(self.family, *range)).collect()
            }
            AddressMap::EgressInterface => own(self.egress),
            AddressMap::IngressInterface => own(Some(self.ingress)),
            AddressMap::Unknown => Vec::new(),
        };
        let image = |range: Range, sure: bool| Packet {
            block: packet.block.with(field, range),
            sure,
            ..packet.clone()
        };
        if ranges.is_empty() {
            // A source that is not known stays one: only what depends on it is in doubt, which shows where it is told apart.
            return vec![image((0, self.family.last()), packet.sure && field == SRC)];
        }
        ranges.into_iter().map(|range| image(range, packet.sure)).collect()
    }
}

/// What of some blocks a line surely matches, and what it may match, whatever the interfaces.
pub(super) fn products(
    objects: &Objects,
    family: Family,
    (line, blocks): (&Line, &[Block]),
) -> (Vec<Block>, Vec<Block>) {
    let [source, destination, service] = objects.of(&line.matches);
    let all = Block::all(family);
    let product = |pick: &dyn Fn(&Held) -> &[Block]| {
        let swapped = pick(destination).iter().map(|block| all.with(DST, block.0[SRC]));
        let parts = [pick(source), &swapped.collect::<Vec<_>>(), pick(service)];
        parts.into_iter().try_fold(blocks.to_vec(), |blocks, part| {
            Some(common(&blocks, part)).filter(|met| met.len() <= PRODUCTS.max(blocks.len()))
        })
    };
    let surely = product(&|held| &held.sure).filter(|_| line.matches.unknown.is_empty());
    (surely.unwrap_or_default(), product(&|held| &held.may).unwrap_or_else(|| blocks.to_vec()))
}

/// Whether some, and whether all protocols of a block have ports.
fn ported(block: Block) -> (bool, bool) {
    let (first, last) = block.0[PROTOCOL];
    let mut kinds = (0..=u8::MAX).filter(|p| (first..=last).contains(&u128::from(*p)));
    (kinds.clone().any(has_ports), kinds.all(has_ports))
}

/// What a port map may make of a packet; what has no ports stays as it is.
fn port_moved(map: PortMap, field: usize, packet: &Packet) -> Vec<Packet> {
    let (some, all) = ported(packet.block);
    let wide = |range: PortRange| (u128::from(range.first()), u128::from(range.last()));
    let side = packet.block.0.get(field).copied().unwrap_or_default();
    let (range, known) = match map {
        PortMap::Within(range) => (wide(range), true),
        PortMap::Shift { from, to } => {
            let (from, to) = (wide(from), wide(to));
            let inside = from.0 <= side.0 && side.1 <= from.1;
            let moved =
                (to.0 + side.0.saturating_sub(from.0), to.0 + side.1.saturating_sub(from.0));
            if inside { (moved, true) } else { ((0, 65535), false) }
        }
    };
    let sure = packet.sure && known;
    let moved = Packet { block: packet.block.with(field, range), sure, ..packet.clone() };
    match (some, all) {
        (false, _) => vec![packet.clone()],
        (_, true) => vec![moved],
        _ => vec![moved, packet.clone()],
    }
}

/// Whether `egress` meets the condition; before the route only a condition on nothing is met.
fn at_egress(condition: &Interfaces, egress: Option<InterfaceId>) -> bool {
    match egress {
        Some(egress) => condition.contains(egress),
        None => *condition == Interfaces::Any,
    }
}
