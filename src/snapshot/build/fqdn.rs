//! `resolve.fqdn`: domain names that the topology file resolves are no longer unknown.

use crate::model::{AddressId, AddressObject, AddressSet, Device, Id, Table};
use crate::net::Prefix;
use crate::snapshot::Snapshot;
use crate::topology::Fqdn;
use std::sync::Arc;

pub(in crate::snapshot) fn tighten(snapshot: &mut Snapshot, names: &[Fqdn]) {
    if names.is_empty() {
        return;
    }
    for (_, device) in snapshot.devices.iter_mut() {
        let found: Vec<(AddressId, &Fqdn)> = device
            .addresses
            .iter()
            .filter_map(|(id, object)| names.iter().find(|n| names_it(object, n)).map(|n| (id, n)))
            .collect();
        if !found.is_empty() {
            resolve(Arc::make_mut(device), &found);
        }
    }
}

/// Whether the object stands for exactly this domain name: it is called so, or its reason quotes the name.
fn names_it(object: &AddressObject, fqdn: &Fqdn) -> bool {
    let AddressSet::Unknown { reason, .. } = &object.value else { return false };
    let name = fqdn.name.value.to_ascii_lowercase();
    let (ja, en) = (reason.ja.to_ascii_lowercase(), reason.en.to_ascii_lowercase());
    object.name.eq_ignore_ascii_case(&name)
        || ja.contains(&format!("「{name}」"))
        || en.contains(&format!("`{name}`"))
}

/// An object refers to smaller ids only, so the networks go in front of the table and every reference moves up.
fn resolve(device: &mut Device, found: &[(AddressId, &Fqdn)]) {
    let old = std::mem::take(&mut device.addresses);
    let mut new: Table<AddressId, AddressObject> = Table::default();
    let mut values = Vec::with_capacity(found.len());
    for (id, fqdn) in found {
        let members = fqdn.networks.iter().map(|network| {
            new.push(AddressObject {
                // The name stays: rules about destinations ask for it.
                name: fqdn.name.value.clone(),
                value: AddressSet::Range(Prefix::range(network.value)),
                span: network.span,
            })
        });
        values.push((*id, AddressSet::Union(members.collect())));
    }
    let shift = new.len();
    let moved = |id: AddressId| AddressId::from_index(id.index() + shift);
    for (id, object) in old.iter() {
        let known = values.iter().find(|(found, _)| *found == id).map(|(_, set)| set.clone());
        let value = known.unwrap_or_else(|| match &object.value {
            AddressSet::Union(members) => {
                AddressSet::Union(members.iter().map(|member| moved(*member)).collect())
            }
            AddressSet::Except { of, minus } => {
                AddressSet::Except { of: moved(*of), minus: moved(*minus) }
            }
            other => other.clone(),
        });
        new.push(AddressObject { name: object.name.clone(), value, span: object.span });
    }
    device.addresses = new;
    for (_, list) in device.lists.iter_mut() {
        for line in &mut list.lines {
            line.matches.source = moved(line.matches.source);
            line.matches.destination = moved(line.matches.destination);
        }
    }
    for (_, context) in device.contexts.iter_mut() {
        for route in &mut context.policy_routes {
            route.matches.source = moved(route.matches.source);
            route.matches.destination = moved(route.matches.destination);
        }
    }
}
