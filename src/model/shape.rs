//! What a device says, whatever the lines on which it says it.
//!
//! Two devices of one shape decide alike about every packet: spans, labels and the numbers of objects do not count. Shapes are
//! hashes under a key of the process, so that nobody can write two configurations that only seem alike.

use std::hash::{BuildHasher, Hash, Hasher, RandomState};
use std::ops::Range;

use super::{
    Action, AddressSet, Context, Device, Id, Line, ListId, Match, PolicyRoute, Rewrite, RuleList,
    ServiceSet, Stage,
};

/// The shape of a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Everything but the lines of filters.
    frame: u64,
    /// The lines of each list that only filters use; of other lists none, they are part of the frame.
    lists: Vec<Vec<u64>>,
}

/// Lines of a filter that are not the same in two configurations of one device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edited {
    /// The list.
    pub list: ListId,
    /// Positions before.
    pub old: Range<usize>,
    /// Positions after.
    pub new: Range<usize>,
}

impl Shape {
    /// The shape of `device`; to be compared with shapes under the same key.
    #[must_use]
    pub fn of(device: &Device, key: &RandomState) -> Shape {
        let objects = Objects::of(device, key);
        let filters = only_filters(device);
        let line = |line: &Line| key.hash_one(objects.line(line));
        let own = |(list, only): (&RuleList, &bool)| -> Vec<u64> {
            if *only { list.lines.iter().map(line).collect() } else { Vec::new() }
        };
        let lists = device.lists.iter().map(|(_, list)| list).zip(&filters).map(own).collect();
        Shape { frame: frame(device, &filters, &objects, key), lists }
    }

    /// The lines of filters in which a device differs from what it was; `None` when it differs in more.
    #[must_use]
    pub fn edits(&self, old: &Shape) -> Option<Vec<Edited>> {
        if self.frame != old.frame || self.lists.len() != old.lists.len() {
            return None;
        }
        let lists = self.lists.iter().zip(&old.lists).enumerate();
        let changed = lists.filter(|(_, (new, old))| new != old);
        Some(changed.map(|(list, (new, old))| edited(list, old, new)).collect())
    }
}

/// What lies between the lines that two lists have in common at both ends.
fn edited(list: usize, old: &[u64], new: &[u64]) -> Edited {
    let alike = |(a, b): &(&u64, &u64)| a == b;
    let before = old.iter().zip(new).take_while(alike).count();
    let rest = (old.get(before..).unwrap_or_default(), new.get(before..).unwrap_or_default());
    let after = rest.0.iter().rev().zip(rest.1.iter().rev()).take_while(alike).count();
    let list = ListId::from_index(list);
    Edited { list, old: before..old.len() - after, new: before..new.len() - after }
}

/// Which lists no translation and no jump from a list of a translation uses.
fn only_filters(device: &Device) -> Vec<bool> {
    let mut only = vec![true; device.lists.len()];
    let stages = device.contexts.iter().flat_map(|(_, context)| &context.pipeline);
    let translations = stages.filter_map(|stage| match stage {
        Stage::Translate(translate) => Some(&translate.bindings),
        Stage::Filter(_) | Stage::Route => None,
    });
    let mut open: Vec<ListId> =
        translations.flatten().flat_map(|binding| &binding.lists).copied().collect();
    while let Some(list) = open.pop() {
        let Some(slot) = only.get_mut(list.index()).filter(|slot| **slot) else { continue };
        *slot = false;
        open.extend(device.lists[list].lines.iter().filter_map(|line| match line.action {
            Action::Jump(to) => Some(to),
            _ => None,
        }));
    }
    only
}

fn frame(device: &Device, filters: &[bool], objects: &Objects, key: &RandomState) -> u64 {
    // No packet meets objects, schedules, remarks or stations but by way of a line.
    let Device {
        name,
        format,
        version,
        roles,
        contexts,
        interfaces,
        internal_links,
        carriers,
        addresses: _,
        services: _,
        schedules: _,
        lists,
        rewrites,
        remarks: _,
        stations: _,
        own,
    } = device;
    let mut hasher = key.build_hasher();
    (name, format, version, roles, internal_links, carriers, own).hash(&mut hasher);
    let sizes = [interfaces.len(), rewrites.len(), contexts.len(), lists.len()];
    sizes.hash(&mut hasher);
    for (_, interface) in interfaces.iter() {
        interface.hash(&mut hasher);
    }
    for (_, Rewrite { label: _, source, destination, source_port, destination_port, span: _ }) in
        rewrites.iter()
    {
        (source, destination, source_port, destination_port).hash(&mut hasher);
    }
    for (_, context) in contexts.iter() {
        hash_context(context, objects, &mut hasher);
    }
    for ((_, RuleList { name, lines }), only) in lists.iter().zip(filters) {
        (name, only).hash(&mut hasher);
        if !only {
            lines.len().hash(&mut hasher);
            lines.iter().for_each(|line| objects.line(line).hash(&mut hasher));
        }
    }
    hasher.finish()
}

fn hash_context(context: &Context, objects: &Objects, hasher: &mut impl Hasher) {
    let Context { name, routes, policy_routes, dynamic_routing, rib_complete, pipeline, local } =
        context;
    (name, routes, dynamic_routing, rib_complete, pipeline, local).hash(hasher);
    policy_routes.len().hash(hasher);
    for PolicyRoute { matches, next_hop, span: _ } in policy_routes {
        (objects.matches(matches), next_hop).hash(hasher);
    }
}

/// What objects hold, by number: a table refers to smaller numbers only.
struct Objects {
    addresses: Vec<u64>,
    services: Vec<u64>,
    schedules: Vec<u64>,
}

impl Objects {
    fn of(device: &Device, key: &RandomState) -> Objects {
        let mut objects = Objects {
            addresses: Vec::with_capacity(device.addresses.len()),
            services: Vec::with_capacity(device.services.len()),
            schedules: device
                .schedules
                .iter()
                .map(|(_, schedule)| key.hash_one(schedule))
                .collect(),
        };
        for (_, object) in device.addresses.iter() {
            let of = |id: &super::AddressId| objects.addresses.get(id.index()).copied();
            let parts: Vec<_> = match &object.value {
                AddressSet::Union(members) => members.iter().map(of).collect(),
                AddressSet::Except { of: kept, minus } => vec![of(kept), of(minus)],
                AddressSet::Any
                | AddressSet::Range(_)
                | AddressSet::Wildcard(_)
                | AddressSet::Unknown { .. } => Vec::new(),
            };
            objects.addresses.push(content(key, &object.name, &object.value, parts));
        }
        for (_, object) in device.services.iter() {
            let of = |id: &super::ServiceId| objects.services.get(id.index()).copied();
            let parts: Vec<_> = match &object.value {
                ServiceSet::Union(members) => members.iter().map(of).collect(),
                ServiceSet::Both(a, b) => vec![of(a), of(b)],
                ServiceSet::Except { of: kept, minus } => vec![of(kept), of(minus)],
                ServiceSet::Any
                | ServiceSet::Protocol(_)
                | ServiceSet::Ports { .. }
                | ServiceSet::Icmp { .. }
                | ServiceSet::Unknown { .. } => Vec::new(),
            };
            objects.services.push(content(key, &object.name, &object.value, parts));
        }
        objects
    }

    fn line<'d>(&self, line: &'d Line) -> impl Hash + use<'d> {
        let Line { label: _, matches, action, enabled, log, comment, span: _ } = line;
        (self.matches(matches), action, enabled, log, comment)
    }

    fn matches<'d>(&self, matches: &'d Match) -> impl Hash + use<'d> {
        let Match {
            ingress,
            egress,
            source,
            destination,
            service,
            states,
            translated,
            schedule,
            unknown,
        } = matches;
        let at = |table: &[u64], index: usize| table.get(index).copied();
        let addresses = [source, destination].map(|id| at(&self.addresses, id.index()));
        let service = at(&self.services, service.index());
        let schedule = schedule.map(|id| at(&self.schedules, Id::index(id)));
        (ingress, egress, addresses, service, states, translated, schedule, unknown)
    }
}

/// A named value; one that refers to others counts by what they hold, not by their numbers.
fn content<V: Hash>(key: &RandomState, name: &str, value: &V, parts: Vec<Option<u64>>) -> u64 {
    let plain = parts.is_empty().then_some(value);
    key.hash_one((name, std::mem::discriminant(value), plain, parts))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{AddressObject, Filter, Interfaces, ServiceObject};
    use crate::model::{Binding, Translate};
    use crate::net::Prefix;
    use crate::source::{Sources, Span};

    /// A device with one list of hosts, bound in a filter or in a translation.
    fn device(hosts: &[&str], translates: bool) -> Device {
        let mut sources = Sources::default();
        let file = sources.add("a.cfg", b"x").unwrap();
        let span = |start: usize| {
            let start = u32::try_from(start).unwrap();
            Span { file, start, end: start + 1 }
        };
        let mut device = Device::default();
        let mut lines = Vec::new();
        for (at, host) in hosts.iter().enumerate() {
            let range = Prefix::parse(host).unwrap().range();
            let source = device.literal(AddressSet::Range(range), span(at));
            let destination = device.addresses.push(AddressObject {
                name: String::new(),
                value: AddressSet::Union(vec![source]),
                span: span(at),
            });
            let service = device.services.push(ServiceObject {
                name: String::new(),
                value: ServiceSet::Any,
                span: span(at),
            });
            let matches = Match::between(source, destination, service);
            lines.push(Line {
                label: format!("line {at}"),
                matches,
                action: Action::Permit,
                enabled: true,
                log: None,
                comment: None,
                span: span(at),
            });
        }
        let list = device.lists.push(RuleList { name: "l".to_owned(), lines });
        let bindings = vec![Binding {
            ingress: Interfaces::Any,
            egress: Interfaces::Any,
            lists: vec![list],
            default: Action::Deny,
            default_label: String::new(),
            span: None,
        }];
        let (name, otherwise) = ("f", Action::Deny);
        let stage = if translates {
            Stage::Translate(Translate { name, bindings })
        } else {
            Stage::Filter(Filter { name, bindings, otherwise, stateful: true })
        };
        device.contexts.push(Context { pipeline: vec![stage, Stage::Route], ..Context::default() });
        device
    }

    fn edits(old: &Device, new: &Device) -> Option<Vec<Edited>> {
        let key = RandomState::new();
        Shape::of(new, &key).edits(&Shape::of(old, &key))
    }

    #[test]
    fn a_line_that_moves_is_the_same_line() {
        let old = device(&["10.0.0.1/32", "10.0.0.2/32", "10.0.0.3/32"], false);
        let new = device(&["10.0.0.1/32", "10.0.0.9/32", "10.0.0.2/32", "10.0.0.3/32"], false);
        let list = ListId::from_index(0);
        assert_eq!(edits(&old, &new), Some(vec![Edited { list, old: 1..1, new: 1..2 }]));
        assert_eq!(edits(&new, &old), Some(vec![Edited { list, old: 1..2, new: 1..1 }]));
        assert_eq!(edits(&old, &old.clone()), Some(Vec::new()));
    }

    #[test]
    fn an_object_counts_by_what_it_holds() {
        let old = device(&["10.0.0.1/32", "10.0.0.2/32"], false);
        let mut new = old.clone();
        let first = new.addresses.ids().next().unwrap();
        new.addresses[first].value = AddressSet::Any;
        let list = ListId::from_index(0);
        assert_eq!(edits(&old, &new), Some(vec![Edited { list, old: 0..1, new: 0..1 }]));
    }

    #[test]
    fn translations_and_interfaces_are_the_frame() {
        let old = device(&["10.0.0.1/32"], true);
        let new = device(&["10.0.0.2/32"], true);
        assert_eq!(edits(&old, &new), None);
        let mut other = old.clone();
        let context = other.contexts.ids().next().unwrap();
        other.contexts[context].rib_complete = true;
        assert_eq!(edits(&old, &other), None);
    }
}
