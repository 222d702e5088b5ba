//! Changes of the rule lists of a network. Each says whether it found something to change.

use crate::network::span;
use crate::rng::Rng;
use sekisho::model::{
    Action, AddressId, AddressSet, Device, Id, Interfaces, Line, ListId, Match, ServiceSet, Stage,
    TcpFlags, Translated, Unknown,
};
use sekisho::net::PortRange;
use sekisho::snapshot::{DeviceId, Snapshot};
use sekisho::text;
use std::collections::BTreeSet;

/// The lists of the filters of a device, and those that they jump to.
fn filter_lists(device: &Device) -> Vec<ListId> {
    let mut found = BTreeSet::new();
    let mut open: Vec<ListId> = Vec::new();
    for (_, context) in device.contexts.iter() {
        let stages = context.pipeline.iter().filter_map(|stage| match stage {
            Stage::Filter(filter) => Some(filter),
            _ => None,
        });
        for binding in stages.chain(&context.local).flat_map(|filter| &filter.bindings) {
            open.extend(&binding.lists);
        }
    }
    while let Some(list) = open.pop() {
        if found.insert(list) {
            open.extend(device.lists[list].lines.iter().filter_map(|line| match line.action {
                Action::Jump(list) => Some(list),
                _ => None,
            }));
        }
    }
    found.into_iter().collect()
}

/// Every line of every filter that satisfies `keep`: device, list, position.
fn lines(snapshot: &Snapshot, keep: impl Fn(&Line) -> bool) -> Vec<(DeviceId, ListId, usize)> {
    let mut out = Vec::new();
    for (id, device) in snapshot.devices.iter() {
        for list in filter_lists(device) {
            let kept = device.lists[list].lines.iter().enumerate().filter(|(_, line)| keep(line));
            out.extend(kept.map(|(at, _)| (id, list, at)));
        }
    }
    out
}

/// One of the lines that satisfy `keep`, as [`lines`] gives it.
fn some_line(
    snapshot: &Snapshot,
    rng: &mut Rng,
    keep: impl Fn(&Line) -> bool,
) -> Option<(DeviceId, ListId, usize)> {
    let found = lines(snapshot, keep);
    (!found.is_empty()).then(|| rng.pick(&found))
}

fn decides(line: &Line) -> bool {
    line.enabled && matches!(line.action, Action::Permit | Action::Deny)
}

pub(crate) fn append_shadowed(snapshot: &mut Snapshot, rng: &mut Rng) -> bool {
    let Some((device, list, at)) = some_line(snapshot, rng, decides) else { return false };
    let model = &snapshot.devices[device];
    let mut copy = model.lists[list].lines[at].clone();
    if !known(model, copy.matches.source) || !known(model, copy.matches.destination) {
        return false;
    }
    copy.action = if copy.action == Action::Permit { Action::Deny } else { Action::Permit };
    snapshot.device_mut(device).lists[list].lines.push(copy);
    true
}

/// Whether the engine reads an address set exactly.
fn known(device: &Device, address: AddressId) -> bool {
    match &device.addresses[address].value {
        AddressSet::Any | AddressSet::Range(_) => true,
        AddressSet::Wildcard(mask) => !mask.is_scattered(),
        AddressSet::Union(members) => members.iter().all(|member| known(device, *member)),
        AddressSet::Except { of, minus } => known(device, *of) && known(device, *minus),
        AddressSet::Unknown { .. } => false,
    }
}

/// A line for every packet of a protocol to a port.
fn line(device: &mut Device, protocol: u8, port: u16, action: Action) -> Line {
    let service = ServiceSet::Ports {
        protocol,
        source: PortRange::ALL,
        destination: PortRange::new(port, port).unwrap(),
        flags: TcpFlags::ANY,
    };
    let any = AddressId::from_index(0);
    let matches = Match {
        ingress: Interfaces::Any,
        egress: Interfaces::Any,
        source: any,
        destination: any,
        service: device.literal_service(service, span(3)),
        states: None,
        translated: Translated::Ignored,
        schedule: None,
        unknown: Vec::new(),
    };
    let label = "line".to_owned();
    Line { label, matches, action, enabled: true, log: None, comment: None, span: span(7) }
}

/// The comment of lines that a change put into a list.
const INSERTED: &str = "inserted";

/// Puts two lines that no packet can meet both side by side into a list.
pub(crate) fn insert_disjoint(snapshot: &mut Snapshot, rng: &mut Rng) -> bool {
    let Some((device, list, at)) = some_line(snapshot, rng, |_| true) else { return false };
    let device = snapshot.device_mut(device);
    let mut pair = [line(device, 6, 443, Action::Permit), line(device, 17, 53, Action::Deny)];
    pair.iter_mut().for_each(|line| line.comment = Some(INSERTED.to_owned()));
    device.lists[list].lines.splice(at..at, pair);
    true
}

/// Swaps what [`insert_disjoint`] put there.
pub(crate) fn swap_inserted(snapshot: &mut Snapshot, _: &mut Rng) -> bool {
    let inserted = lines(snapshot, |line| line.comment.as_deref() == Some(INSERTED));
    let Some((device, list, at)) = inserted.first().copied() else { return false };
    snapshot.device_mut(device).lists[list].lines.swap(at, at + 1);
    true
}

pub(crate) fn swap_alike(snapshot: &mut Snapshot, rng: &mut Rng) -> bool {
    let mut pairs = lines(snapshot, decides);
    pairs.retain(|(device, list, at)| {
        let lines = &snapshot.devices[*device].lists[*list].lines;
        lines.get(at + 1).is_some_and(|next| decides(next) && next.action == lines[*at].action)
    });
    if pairs.is_empty() {
        return false;
    }
    let (device, list, at) = rng.pick(&pairs);
    snapshot.device_mut(device).lists[list].lines.swap(at, at + 1);
    true
}

pub(crate) fn rename(snapshot: &mut Snapshot, _: &mut Rng) -> bool {
    for (_, zone) in snapshot.zones.iter_mut() {
        (zone.id, zone.label) = (format!("renamed-{}", zone.id), String::new());
    }
    for (_, opaque) in snapshot.opaques.iter_mut() {
        opaque.name = format!("renamed-{}", opaque.name);
    }
    for id in snapshot.devices.ids() {
        let device = snapshot.device_mut(id);
        device.name = format!("renamed-{}", device.name);
        for (_, interface) in device.interfaces.iter_mut() {
            interface.name = format!("renamed-{}", interface.name);
        }
        for (_, rewrite) in device.rewrites.iter_mut() {
            rewrite.label = "renamed".to_owned();
        }
        for (_, list) in device.lists.iter_mut() {
            list.name = format!("renamed-{}", list.name);
            list.lines.iter_mut().for_each(|line| line.label = "renamed".to_owned());
        }
    }
    true
}

pub(crate) fn remove_disabled(snapshot: &mut Snapshot, rng: &mut Rng) -> bool {
    let Some((device, list, at)) = some_line(snapshot, rng, decides) else { return false };
    let lines = &mut snapshot.device_mut(device).lists[list].lines;
    let mut off = lines[at].clone();
    off.enabled = false;
    lines.insert(rng.below(lines.len()), off);
    true
}

pub(crate) fn insert_permit(snapshot: &mut Snapshot, rng: &mut Rng) -> bool {
    let Some((device, list, at)) = some_line(snapshot, rng, |_| true) else { return false };
    let device = snapshot.device_mut(device);
    let (protocol, port) = rng.pick(&[(6, 443), (6, 22), (17, 53), (6, 80)]);
    let permit = line(device, protocol, port, Action::Permit);
    device.lists[list].lines.insert(at, permit);
    true
}

pub(crate) fn remove_deny(snapshot: &mut Snapshot, rng: &mut Rng) -> bool {
    let deny = |line: &Line| line.enabled && line.action == Action::Deny;
    let Some((device, list, at)) = some_line(snapshot, rng, deny) else { return false };
    snapshot.device_mut(device).lists[list].lines.remove(at);
    true
}

pub(crate) fn doubt_permit(snapshot: &mut Snapshot, rng: &mut Rng) -> bool {
    let permit = |line: &Line| line.enabled && line.action == Action::Permit;
    let Some((device, list, at)) = some_line(snapshot, rng, permit) else { return false };
    let doubt = Unknown { reason: text!("不明", "unknown"), span: span(5) };
    snapshot.device_mut(device).lists[list].lines[at].matches.unknown.push(doubt);
    true
}
