//! What the topology says of interfaces and routes goes into the devices.

use super::Work;
use crate::model::{
    ContextId, Device, Interface, InterfaceAddress, InterfaceId, InterfaceKind, NextHop, Route,
    UNSTATED,
};
use crate::net::Prefix;
use crate::source::{Problem, Spanned};
use crate::topology::{DeviceKind, InterfaceDecl, RouteDecl, Topology};
use std::net::IpAddr;

pub(super) fn apply(work: &mut Work, topology: &Topology) {
    for decl in &topology.devices {
        let DeviceKind::Configured { interfaces, routes, complete, .. } = &decl.kind else {
            continue;
        };
        let Some(id) = work.snapshot.device(&decl.name.value) else { continue };
        let own = &work.snapshot.devices[id];
        if own.roles == decl.roles && interfaces.is_empty() && routes.is_empty() && !complete {
            continue;
        }
        let device = work.snapshot.device_mut(id);
        device.roles.clone_from(&decl.roles);
        let carries_addresses = device.interfaces.iter().any(|(_, i)| !i.addresses.is_empty());
        for interface in interfaces {
            override_interface(device, interface, carries_addresses, &mut work.problems);
        }
        if !carries_addresses && !interfaces.is_empty() {
            leave_open(device, interfaces);
        }
        for route in routes {
            add_route(device, route, &mut work.problems);
        }
        if *complete {
            close(device);
        }
        if !routes.is_empty() {
            for (_, context) in device.contexts.iter_mut() {
                context.dynamic_routing.retain(|routing| routing.protocol != UNSTATED);
            }
        }
    }
}

/// There are no routes but those that are written. Where the address of an interface is not known, neither is what is connected
/// to it.
fn close(device: &mut Device) {
    let learns =
        device.interfaces.iter().filter(|(_, interface)| interface.up && interface.dynamic);
    let open: Vec<ContextId> = learns.map(|(_, interface)| interface.context).collect();
    for (id, context) in device.contexts.iter_mut() {
        context.rib_complete |= !open.contains(&id);
    }
}

fn override_interface(
    device: &mut Device,
    decl: &InterfaceDecl,
    carries_addresses: bool,
    problems: &mut Vec<Problem>,
) {
    let id = match device.interface(&decl.name.value) {
        Some(id) => id,
        None if carries_addresses => return problems.push(unknown(device, &decl.name)),
        None => add_interface(device, &decl.name),
    };
    if !carries_addresses && is_misspelt(device, &decl.name.value) {
        return problems.push(unknown(device, &decl.name));
    }
    if decl.addresses.is_empty() {
        return;
    }
    let interface = &mut device.interfaces[id];
    interface.dynamic = false;
    interface.addresses = decl
        .addresses
        .iter()
        .map(|Spanned { value: (address, len), span }| InterfaceAddress {
            address: *address,
            len: *len,
            span: *span,
        })
        .collect();
}

/// Interfaces that rules name and the topology leaves out have addresses that nobody states.
fn leave_open(device: &mut Device, declared: &[InterfaceDecl]) {
    let known = |d: &InterfaceDecl| device.interface(&d.name.value);
    let known: Vec<InterfaceId> = declared.iter().filter_map(known).collect();
    for (id, interface) in device.interfaces.iter_mut() {
        let left_out = !known.contains(&id) && interface.addresses.is_empty();
        let ordinary = interface.kind == InterfaceKind::Ethernet && interface.name != "lo";
        interface.dynamic |= left_out && ordinary;
    }
}

/// Whether another interface of the device has this name but for the case of its letters: nobody names two interfaces so.
fn is_misspelt(device: &Device, name: &str) -> bool {
    let other = |known: &str| known != name && known.eq_ignore_ascii_case(name);
    device.interfaces.iter().any(|(_, known)| other(&known.name))
}

/// A problem: the device has no such interface.
pub(super) fn unknown(device: &Device, name: &Spanned<String>) -> Problem {
    let (word, owner) = (&name.value, &device.name);
    let message = crate::text!(
        "機器「{owner}」の設定にインターフェース「{word}」がありません。",
        "device `{owner}` has no interface `{word}`"
    );
    let names: Vec<&str> = device
        .interfaces
        .iter()
        .flat_map(|(_, i)| [Some(i.name.as_str()), i.alias.as_deref()])
        .flatten()
        .collect();
    let some: Vec<&str> = names.iter().take(12).copied().collect();
    let list = some.join(", ");
    Problem::new(name.span, message)
        .help(crate::text!(
            "この機器のインターフェース: {list}",
            "the interfaces of this device: {list}"
        ))
        .suggest(word, names)
}

/// An interface that only the topology knows (formats that carry no addressing).
fn add_interface(device: &mut Device, name: &Spanned<String>) -> InterfaceId {
    if device.contexts.is_empty() {
        let pipeline = vec![crate::model::Stage::Route];
        device.contexts.push(crate::model::Context { pipeline, ..Default::default() });
    }
    let context = first_context(device);
    let kind = if name.value == "lo" { InterfaceKind::Loopback } else { InterfaceKind::Ethernet };
    device.interfaces.push(Interface {
        name: name.value.clone(),
        alias: None,
        context,
        addresses: Vec::new(),
        zone: None,
        up: true,
        kind,
        vlan: None,
        dynamic: false,
        hairpin_unfiltered: false,
        source_check: None,
        span: name.span,
    })
}

fn first_context(device: &Device) -> ContextId {
    device.contexts.ids().next().unwrap_or(device.contexts.next_id())
}

fn add_route(device: &mut Device, decl: &RouteDecl, problems: &mut Vec<Problem>) {
    let mut interface = None;
    if let Some(name) = &decl.interface {
        interface = device.interface(&name.value);
        if interface.is_none() {
            return problems.push(unknown(device, name));
        }
    }
    let next_hop = match (decl.via, interface) {
        (Some(address), interface) => NextHop::Gateway { address, interface },
        (None, Some(interface)) => NextHop::Interface(interface),
        (None, None) => return,
    };
    let context = interface
        .map(|id| device.interfaces[id].context)
        .or_else(|| decl.via.and_then(|via| connected_context(device, via)))
        .unwrap_or(first_context(device));
    if context.index() >= device.contexts.len() {
        return;
    }
    device.contexts[context].routes.push(Route {
        prefix: decl.to,
        next_hop,
        distance: 1,
        metric: 0,
        withdrawable: false,
        span: decl.span,
    });
}

fn connected_context(device: &Device, gateway: IpAddr) -> Option<ContextId> {
    let holds = |a: &InterfaceAddress| {
        Prefix::new(a.address, a.len).is_some_and(|prefix| prefix.contains(gateway))
    };
    let found = device.interfaces.iter().find(|(_, i)| i.addresses.iter().any(holds));
    found.map(|(_, interface)| interface.context)
}
