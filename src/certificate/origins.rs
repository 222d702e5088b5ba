//! Where translated packets come from: read backwards, and wider than any device does it.

use super::block::{Block, DPORT, DST, SRC, numbers};
use super::objects::Objects;
use crate::model::{Action, AddressMap, Device, Line, ListId, Rewrite, Stage};
use crate::net::{AddressRange, Family};

/// A translation line with the destinations that it may match; `None`: it may make anything of both addresses.
type Moving<'a> = (Vec<Block>, Option<&'a Rewrite>);

/// What the lists and those that they jump to may do with destinations.
fn moving<'a>(
    device: &'a Device,
    objects: &Objects,
    all: Block,
    lists: &[ListId],
) -> Vec<Moving<'a>> {
    let (mut known, mut next, mut out) = (lists.to_vec(), 0, Vec::new());
    while let Some(list) = known.get(next).copied() {
        next += 1;
        for line in device.lists[list].lines.iter().filter(|line| line.enabled) {
            let at = |block: &Block| all.with(DST, block.0[SRC]);
            let [_, destination, _] = objects.of(&line.matches);
            let may = destination.may.iter().map(at).collect();
            match line.action {
                Action::Rewrite(id) => out.push((may, Some(&device.rewrites[id]))),
                Action::Jump(to) if !known.contains(&to) => known.push(to),
                // A list that is met again may be one that jumps back into itself, where anything is possible.
                Action::Jump(_) | Action::Undecided => out.push((may, None)),
                Action::Return if !certain(objects, line) => out.push((may, None)),
                Action::Permit | Action::Deny | Action::Return => {}
            }
        }
    }
    out
}

/// Whether it is known which packets a line matches.
fn certain(objects: &Objects, line: &Line) -> bool {
    let plain = line.matches.unknown.is_empty() && line.matches.schedule.is_none();
    plain && objects.of(&line.matches).iter().all(|held| held.sure == held.may)
}

/// The destinations that these lists may change, whatever else their lines ask.
pub(super) fn readdressed(
    device: &Device,
    objects: &Objects,
    family: Family,
    lists: &[ListId],
) -> Vec<Block> {
    let moving = moving(device, objects, Block::all(family), lists);
    let changing = |(_, rewrite): &Moving<'_>| rewrite.is_none_or(|r| r.destination.is_some());
    moving.into_iter().filter(changing).flat_map(|(may, _)| may).collect()
}

/// The packets of which a device may make those of `block`, as far as it changes their destination or service.
pub(super) fn origins(
    device: &Device,
    objects: &Objects,
    family: Family,
    block: Block,
) -> Vec<Block> {
    let all = Block::all(family);
    let stages = device.contexts.iter().flat_map(|(_, context)| &context.pipeline);
    let bindings = stages.flat_map(|stage| match stage {
        Stage::Translate(translate) => translate.bindings.as_slice(),
        _ => &[],
    });
    let lists: Vec<ListId> = bindings.flat_map(|binding| binding.lists.iter().copied()).collect();
    let hits = |range: &AddressRange| {
        let range = numbers(family, *range).map(|range| all.with(DST, range));
        range.is_some_and(|range| range.meets(&block))
    };
    let mut out = Vec::new();
    for (may, rewrite) in moving(device, objects, all, &lists) {
        let port = rewrite.is_none_or(|rewrite| rewrite.destination_port.is_none());
        let before = if port { block } else { block.with(DPORT, all.0[DPORT]) };
        for from in may {
            let inside = |range: &AddressRange| {
                numbers(family, *range).is_some_and(|range| from.within(&all.with(DST, range)))
            };
            let comes = match rewrite.map(|rewrite| &rewrite.destination) {
                Some(None) => {
                    out.extend(before.meet(from).filter(|_| !port));
                    false
                }
                Some(Some(AddressMap::Shift { from, to })) => hits(to) || !inside(from),
                Some(Some(AddressMap::Pool(ranges))) => {
                    ranges.iter().any(&hits) || !ranges.iter().any(|range| range.family() == family)
                }
                Some(Some(_)) | None => true,
            };
            out.extend(comes.then(|| before.with(DST, from.0[DST])));
        }
    }
    out
}
