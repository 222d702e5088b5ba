//! What differs between the inputs of two states, and which answers that may decide.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::RandomState;
use std::sync::Arc;

use crate::finding::digest;
use crate::graph::Node;
use crate::model::{Action, Coverage, Device, Line, LineStatus, Shape};
use crate::reach::Ways;
use crate::scan::{Loaded, Role};
use crate::snapshot::{Place, Snapshot};
use crate::source::FileId;

/// What differs between the inputs of two states.
pub(super) struct Edited {
    /// Whether schedules are read at another moment.
    moment: bool,
    /// Whether the network was drawn otherwise.
    drawing: bool,
    /// Devices that are configured otherwise, or in other words, or are on one side only.
    devices: BTreeSet<String>,
}

impl Edited {
    pub(super) fn between(old: &Loaded, new: &Loaded) -> Edited {
        let key = RandomState::new();
        // What is not known of a line may be told by its words alone.
        let told = |loaded: &Loaded| -> BTreeMap<String, (Shape, String)> {
            let devices = loaded.snapshot.devices.iter().zip(&loaded.snapshot.coverage);
            let one = |((_, device), coverage): ((_, &Arc<Device>), &Vec<Coverage>)| {
                (device.name.clone(), (Shape::of(device, &key), words(loaded, coverage)))
            };
            devices.map(one).collect()
        };
        let (before, after) = (told(old), told(new));
        let differs = |name: &&String| before.get(*name) != after.get(*name);
        Edited {
            moment: old.snapshot.at != new.snapshot.at,
            drawing: drawn(old) != drawn(new),
            devices: before.keys().chain(after.keys()).filter(differs).cloned().collect(),
        }
    }

    /// Whether what is uncertain on both sides about a place may be settled otherwise on the one than on the other: when the ways
    /// there lead over a device that was edited, or when other ways may be there. A device that packets of a zone come to by
    /// the same devices, as they were, takes the same ones.
    pub(super) fn decides<'s>(&self, towards: impl Fn(usize) -> Option<Towards<'s>>) -> bool {
        if self.moment || !self.drawing && self.devices.is_empty() {
            return self.moment;
        }
        let [old, new] = [0, 1].map(towards);
        let edited = |side: &Option<Towards<'_>>| {
            side.as_ref().is_some_and(|side| side.devices().any(|name| self.devices.contains(name)))
        };
        if edited(&old) || edited(&new) {
            return true;
        }
        let names = |side: Option<Towards<'_>>| side.and_then(|side| side.names_to_device());
        self.drawing && names(old).zip(names(new)).is_none_or(|(old, new)| old != new)
    }
}

/// The ways that lead to a place of one side.
pub(super) struct Towards<'s> {
    snapshot: &'s Snapshot,
    place: Place,
    nodes: BTreeSet<Node>,
}

impl<'s> Towards<'s> {
    pub(super) fn new(snapshot: &'s Snapshot, ways: &Ways, place: Place) -> Towards<'s> {
        Towards { snapshot, place, nodes: ways.nodes_to(place) }
    }

    fn devices(&self) -> impl Iterator<Item = &'s str> {
        self.nodes.iter().filter_map(|node| device(self.snapshot, node))
    }

    /// The nodes, as they are called on both sides; `None` when the place is a zone, whose hosts are drawn.
    fn names_to_device(&self) -> Option<BTreeSet<String>> {
        let names = self.nodes.iter().map(|node| name(self.snapshot, node));
        matches!(self.place, Place::Device(_)).then(|| names.collect())
    }
}

/// The lists with lines that permit at some hours only, and these hours; none when schedules are read at a moment.
pub(super) fn hours(loaded: &Loaded) -> BTreeSet<String> {
    let snapshot = &loaded.snapshot;
    let mut found = BTreeSet::new();
    for (_, device) in snapshot.devices.iter().filter(|_| snapshot.at.is_none()) {
        for (_, list) in device.lists.iter() {
            let limited = |line: &Line| {
                line.enabled && line.action == Action::Permit && line.matches.schedule.is_some()
            };
            // What stands before such a line decides its hours, too.
            let Some(last) = list.lines.iter().rposition(limited) else { continue };
            let mut words = format!("{} {}", device.name, list.name);
            for line in list.lines.iter().take(last + 1) {
                for word in loaded.sources.text(line.span).split_whitespace() {
                    words.extend([" ", word]);
                }
                let schedule = line.matches.schedule.map(|id| &device.schedules[id].windows);
                words.push_str(&format!(" {schedule:?}"));
            }
            found.insert(words);
        }
    }
    found
}

/// A hash of the lines that bear on anything, but for blanks.
fn words(loaded: &Loaded, coverage: &[Coverage]) -> String {
    digest(|take| {
        for part in coverage {
            let file = loaded.sources.file(part.file);
            let lines = (1..).zip(&part.lines).filter(|(_, s)| **s != LineStatus::Irrelevant);
            for (number, _) in lines {
                let words = file.line_text(number).split_whitespace();
                words.for_each(|word| {
                    take(word.as_bytes());
                    take(b" ");
                });
                take(b"\n");
            }
        }
    })
}

/// What whatever is no configuration of one device says: it may bear on all of them. The policy bears on none.
fn drawn(loaded: &Loaded) -> Vec<[u8; 32]> {
    let own =
        |file| loaded.snapshot.coverage.iter().flatten().any(|coverage| coverage.file == file);
    let bears = |(file, role): &&(FileId, Role)| {
        !matches!(role, Role::Policy | Role::Pack { .. }) && !own(*file)
    };
    let files = loaded.roles.iter().filter(bears);
    files.map(|(file, _)| loaded.sources.file(*file).sha256()).collect()
}

/// The device that a node is in.
fn device<'s>(snapshot: &'s Snapshot, node: &Node) -> Option<&'s str> {
    let id = match node {
        Node::Arrive(port) | Node::Leak(port, _) => port.device,
        Node::Depart(device, ..) | Node::Flood(device, _) => *device,
        Node::Opaque(_) | Node::End(_) => return None,
    };
    Some(&snapshot.devices[id].name)
}

/// A node, as it is called on both sides.
fn name(snapshot: &Snapshot, node: &Node) -> String {
    let within = match node {
        Node::Arrive(port) => &snapshot.devices[port.device].interfaces[port.interface].name,
        Node::Flood(device, interface) => &snapshot.devices[*device].interfaces[*interface].name,
        Node::Leak(_, context) => &format!("{context:?}"),
        Node::Depart(_, context, way) => &format!("{context:?} {way}"),
        Node::Opaque(id) => &snapshot.opaques[*id].name,
        Node::End(place) => &place.id(snapshot),
    };
    format!("{:?} {within}", device(snapshot, node))
}
