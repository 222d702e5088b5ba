//! A list made ready to be asked: from what the device was compiled to, where its lines are read in one way only, else anew.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::{BLOCK, Covers, FAN, Group, Item, Lines, Parts, Sure};
use crate::compile::artefact::{Builder, Ready, classes};
use crate::compile::header::Header;
use crate::compile::objects::Objects;
use crate::compile::{Conditions, LineRef};
use crate::model::{Action, Activity, Interfaces, ListId};
use crate::packetset::{Arena, Function, Rule};

/// A line with its interface conditions.
type Placeable<'l, K> = (Item<K>, (&'l Interfaces, &'l Interfaces));

impl<K: Header> Covers<'_, K> {
    /// A list of which the compiled device says everything: every line always applies to exactly what it names.
    pub(super) fn compiled_lines(&mut self, list: ListId) -> Option<Lines<K>> {
        let compiled = self.compiled;
        let artefact = compiled.list(list)?;
        let groups = artefact.only_reading()?;
        // Fates are of no particular moment, and the device may have been compiled for one.
        let timed = self.device.lists[list].lines.iter().any(|l| l.matches.schedule.is_some());
        if timed || compiled.arena.exhausted() {
            return None;
        }
        let mut items = Vec::with_capacity(artefact.entries.len());
        for (at, entry) in (0u32..).zip(artefact.entries.iter()) {
            let (source, destination, rest) = &entry.widest;
            let parts = (Arc::clone(source), Arc::clone(destination), self.normal_form(*rest));
            let item =
                Item { at, may: parts.clone(), must: parts, sure: true, action: entry.action };
            items.push((item, (&entry.ingress, &entry.egress)));
        }
        let mut lines = Lines::of(items, Sure::Compiled);
        lines.positions = artefact.entries.iter().map(|entry| entry.line.line).collect();
        let roots: FxHashMap<_, &[Function]> = groups.all().collect();
        for group in &mut lines.groups {
            let known = roots.get(&(&group.ingress, &group.egress));
            group.sure = known.map(|roots| roots.to_vec()).unwrap_or_default();
            group.block(&mut self.arena, &lines.items);
        }
        Some(lines)
    }

    fn normal_form(&mut self, rest: Function) -> Function {
        let (arena, normal) = (&mut self.arena, self.normal);
        let import = || arena.import(&self.compiled.arena, rest, normal);
        *self.known.entry(rest).or_insert_with(import)
    }

    /// A list from its lines.
    pub(super) fn own_lines(&mut self, list: ListId) -> Lines<K> {
        let (arena, device) = (&mut self.arena, self.device);
        let objects = self.objects.get_or_insert_with(|| Objects::evaluate(arena, device));
        let conditions = Conditions::default();
        let mut builder = Builder { arena, device, objects, conditions: &conditions };
        let mut items = Vec::new();
        for (position, line) in (0u32..).zip(&device.lists[list].lines) {
            let Some(activity) = builder.activity(line, LineRef { list, line: position }) else {
                continue;
            };
            let ready = builder.ready(line, activity, position as usize);
            let item = item(builder.arena, self.normal, ready);
            items.push((item, (&line.matches.ingress, &line.matches.egress)));
        }
        let mut lines = Lines::of(items, Sure::Own);
        for group in &mut lines.groups {
            group.sure = classes(arena, &placed(&lines.items, |item| &item.must, &group.items));
            group.block(arena, &lines.items);
        }
        lines
    }
}

fn item<K: Header>(arena: &mut Arena<K>, normal: Function, ready: Ready<'_, K>) -> Item<K> {
    let decides = !matches!(ready.action, Action::Jump(_) | Action::Undecided);
    let always = ready.activity == Activity::Active && decides;
    let (mut may, mut must) = (ready.may, ready.must);
    may.2 = arena.guard(may.2, normal);
    must.2 = if always { arena.guard(must.2, normal) } else { Function::NONE };
    let sure = always && ready.exact;
    Item { at: ready.priority, may, must, sure, action: ready.action }
}

impl<K: Header> Lines<K> {
    /// Lines by interface condition. What can match nothing takes nothing from others, and its fate is known: in the other family
    /// that is most lines.
    fn of<'l>(items: Vec<Placeable<'l, K>>, sure: Sure) -> Lines<K> {
        let mut lines = Lines {
            items: Vec::with_capacity(items.len()),
            groups: Vec::new(),
            group_of: Vec::with_capacity(items.len()),
            positions: Vec::new(),
            sure,
        };
        let mut index: FxHashMap<(&'l Interfaces, &'l Interfaces), usize> = FxHashMap::default();
        for (item, condition) in items.into_iter().filter(|(item, _)| !item.is_empty()) {
            let group = *index.entry(condition).or_insert_with(|| {
                lines.groups.push(Group::new(condition));
                lines.groups.len() - 1
            });
            if let Some(group) = lines.groups.get_mut(group) {
                group.items.push(lines.items.len());
            }
            lines.group_of.push(group);
            lines.items.push(item);
        }
        let conditions: Vec<_> =
            lines.groups.iter().map(|g| (g.ingress.clone(), g.egress.clone())).collect();
        for group in &mut lines.groups {
            group.relate(&conditions);
        }
        lines
    }
}

impl<K: Header> Item<K> {
    fn is_empty(&self) -> bool {
        self.may.0.is_empty() || self.may.1.is_empty() || self.may.2.is_none()
    }
}

impl Group {
    fn new((ingress, egress): (&Interfaces, &Interfaces)) -> Group {
        Group {
            ingress: ingress.clone(),
            egress: egress.clone(),
            items: Vec::new(),
            sure: Vec::new(),
            levels: Vec::new(),
            wide: Vec::new(),
            touching: Vec::new(),
        }
    }

    fn relate(&mut self, conditions: &[(Interfaces, Interfaces)]) {
        for (index, (ingress, egress)) in conditions.iter().enumerate() {
            if holds(ingress, &self.ingress) && holds(egress, &self.egress) {
                self.wide.push(index);
            } else if meets(ingress, &self.ingress) && meets(egress, &self.egress) {
                self.touching.push(index);
            }
        }
    }

    fn block<K: Header>(&mut self, arena: &mut Arena<K>, items: &[Item<K>]) {
        let mut size = BLOCK;
        while self.items.len() > size {
            let blocks = self.items.chunks(size);
            let classes = |part: &[usize]| classes(arena, &placed(items, |item| &item.may, part));
            self.levels.push(blocks.map(classes).collect());
            size *= FAN;
        }
    }
}

/// Some items with one of their readings, as the arena takes them.
fn placed<'i, K: Header>(
    items: &'i [Item<K>],
    pick: fn(&Item<K>) -> &Parts<K>,
    part: &[usize],
) -> Vec<Rule<'i, K>> {
    let placed = part.iter().filter_map(|index| items.get(*index)).map(|item| {
        let (first, second, rest) = pick(item);
        Rule { first, second, rest: *rest, priority: item.at }
    });
    placed.filter(|line| !line.rest.is_none()).collect()
}

/// Whether `outer` holds for every interface for which `inner` does.
fn holds(outer: &Interfaces, inner: &Interfaces) -> bool {
    match (outer, inner) {
        (Interfaces::Any, _) => true,
        (Interfaces::Of(_), Interfaces::Any) => false,
        (Interfaces::Of(outer), Interfaces::Of(inner)) => inner.iter().all(|id| outer.contains(id)),
    }
}

/// Whether both may hold for one interface.
fn meets(a: &Interfaces, b: &Interfaces) -> bool {
    match (a, b) {
        (Interfaces::Of(a), Interfaces::Of(b)) => a.iter().any(|id| b.contains(id)),
        _ => true,
    }
}
