//! Which interfaces stand on others: VLANs and tunnels on ports, bundles and switches on their members. What stands on a port
//! that is down is down, and policies name what stands on top.

use super::core::{Name, Reader, Words};
use super::entry::{Entries, Entry, Fields};
use super::management::gather;
use super::scope::Scopes;
use crate::formats::blocks::Statement;
use crate::model::InterfaceId;
use rustc_hash::FxHashSet;

/// Reads it off the entries of `config system interface` and the tables of switches.
pub(super) fn read<'t, 'a>(
    reader: &mut Reader<'a>,
    scopes: &mut Scopes<'t, 'a>,
    entries: &[Entry<'t, 'a>],
) {
    let mut parents: Vec<(InterfaceId, InterfaceId)> = Vec::new();
    let mut bundles: Vec<(InterfaceId, Vec<InterfaceId>)> = Vec::new();
    let mut carriers: Vec<(InterfaceId, InterfaceId)> = Vec::new();
    let bridged = bridged(reader, scopes);
    for entry in entries {
        let Some(id) = reader.ports.get(&entry.name).copied() else { continue };
        let fields = entry.fields();
        let port = |name: &Name<'_>| reader.ports.get(name).copied().filter(|port| *port != id);
        if let Some(parent) = fields.text("interface").and_then(|name| port(&name)) {
            parents.push((id, parent));
            let below = &reader.device.interfaces[parent];
            let bare = below.addresses.is_empty() && !below.dynamic;
            if fields.get("vlanid").is_some() && bare && !bridged.contains(&parent) {
                carriers.push((parent, id));
            }
        }
        let words = fields.values("member");
        let members: Vec<InterfaceId> = words.iter().filter_map(|word| port(&word.text)).collect();
        carriers.extend(members.iter().map(|member| (*member, id)));
        let bundle = fields.is("type", "aggregate") || fields.is("type", "redundant");
        if bundle && !members.is_empty() && members.len() == words.len() {
            bundles.push((id, members));
        }
    }
    carriers.extend(switches(reader, scopes));
    fall(reader, &parents, &bundles);
    reader.device.carriers = carriers;
}

/// What stands on a port that is down is down; a bundle is when every member is.
fn fall(
    reader: &mut Reader<'_>,
    parents: &[(InterfaceId, InterfaceId)],
    bundles: &[(InterfaceId, Vec<InterfaceId>)],
) {
    let interfaces = &mut reader.device.interfaces;
    loop {
        let down = |id: &InterfaceId| !interfaces[*id].up;
        let on_port = parents.iter().filter(|(_, parent)| down(parent)).map(|(id, _)| *id);
        let of_members =
            bundles.iter().filter(|(_, list)| list.iter().all(down)).map(|(id, _)| *id);
        let fallen: Vec<InterfaceId> =
            on_port.chain(of_members).filter(|id| interfaces[*id].up).collect();
        if fallen.is_empty() {
            return;
        }
        for id in fallen {
            interfaces[id].up = false;
        }
    }
}

/// Ports that forward without a route: those of a VDOM in transparent mode, and virtual wire pairs.
fn bridged(reader: &Reader<'_>, scopes: &Scopes<'_, '_>) -> FxHashSet<InterfaceId> {
    let mut ports = FxHashSet::default();
    for scope in &scopes.vdoms {
        let blocks = |path| scope.blocks.get(path).cloned().unwrap_or_default();
        if Fields::of(&blocks("system settings")).is("opmode", "transparent") {
            let own =
                |id: &InterfaceId| Some(reader.device.interfaces[*id].context) == scope.context;
            ports.extend(reader.device.interfaces.iter().map(|(id, _)| id).filter(own));
        }
        for entry in Entries::read(&blocks("system virtual-wire-pair")).list {
            let words = entry.fields().values("member");
            ports.extend(words.iter().filter_map(|word| reader.ports.get(&word.text)));
        }
    }
    ports
}

/// Members of software switches and of hardware switches, each with its switch.
fn switches<'a>(
    reader: &mut Reader<'a>,
    scopes: &mut Scopes<'_, 'a>,
) -> Vec<(InterfaceId, InterfaceId)> {
    let mut pairs = Vec::new();
    for path in ["system switch-interface", "system virtual-switch"] {
        let blocks = gather(scopes, path);
        let words = Words::new(&["member", "config port"], &[]);
        for entry in reader.plain_entries(&blocks) {
            // The other settings say how the switch floods, mirrors and learns.
            for statement in reader.account(&entry, &words) {
                reader.irrelevant(statement.span());
            }
            let fields = entry.fields();
            let mut names: Vec<_> = fields.values("member").into_iter().map(|w| w.text).collect();
            for ports in fields.nested.iter().filter(|block| block.text(0) == "port") {
                names.extend(listed(reader, *ports));
            }
            let Some(switch) = reader.ports.get(&entry.name).copied() else { continue };
            let members = names.iter().filter_map(|name| reader.ports.get(name).copied());
            pairs.extend(members.filter(|id| *id != switch).map(|id| (id, switch)));
        }
    }
    pairs
}

fn listed<'a>(reader: &mut Reader<'a>, block: Statement<'_, 'a>) -> Vec<Name<'a>> {
    let entries = Entries::read(&[block]).list;
    for part in entries.iter().flat_map(Entry::parts) {
        reader.used(part.span());
    }
    entries.into_iter().map(|entry| entry.name).collect()
}
