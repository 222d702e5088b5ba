//! A network in words, for whoever looks into a failing seed.

use sekisho::model::{Binding, Device, Line, Stage};
use sekisho::snapshot::Snapshot;
use std::fmt::Write;

/// The parts of a network that decide.
pub(crate) fn describe(snapshot: &Snapshot) -> String {
    let mut out = String::new();
    for (id, zone) in snapshot.zones.iter() {
        let _ = writeln!(out, "{id:?} external {} {:?}", zone.external, zone.addresses);
    }
    for (id, segment) in snapshot.segments.iter() {
        let _ = writeln!(out, "{id:?} {segment:?}");
    }
    for (id, opaque) in snapshot.opaques.iter() {
        let _ = writeln!(out, "{id:?} {opaque:?}");
    }
    for (_, device) in snapshot.devices.iter() {
        describe_device(device, &mut out);
    }
    out
}

fn describe_device(device: &Device, out: &mut String) {
    let _ = writeln!(out, "device {}", device.name);
    for (id, i) in device.interfaces.iter() {
        let own: Vec<String> =
            i.addresses.iter().map(|a| format!("{}/{}", a.address, a.len)).collect();
        let _ = writeln!(
            out,
            "  {id:?} {:?} up {} {:?} hairpin {} {own:?}",
            i.context, i.up, i.kind, i.hairpin_unfiltered
        );
    }
    for (id, rewrite) in device.rewrites.iter() {
        let maps =
            (&rewrite.source, &rewrite.destination, rewrite.source_port, rewrite.destination_port);
        let _ = writeln!(out, "  {id:?} {maps:?}");
    }
    for (id, list) in device.lists.iter() {
        let _ = writeln!(out, "  {id:?}");
        for line in &list.lines {
            describe_line(device, line, out);
        }
    }
    for (id, context) in device.contexts.iter() {
        let _ = writeln!(
            out,
            "  {id:?} dynamic {} complete {}",
            context.dynamic_routing.len(),
            context.rib_complete
        );
        for route in &context.routes {
            let _ = writeln!(
                out,
                "    {:?} {:?} {} {} withdrawable {}",
                route.prefix, route.next_hop, route.distance, route.metric, route.withdrawable
            );
        }
        for policy in &context.policy_routes {
            let _ = writeln!(out, "    policy {:?} {:?}", policy.next_hop, policy.matches.ingress);
        }
        for stage in &context.pipeline {
            let (what, bindings) = match stage {
                Stage::Filter(filter) => (
                    format!("filter stateful {} else {:?}", filter.stateful, filter.otherwise),
                    filter.bindings.as_slice(),
                ),
                Stage::Translate(translate) => {
                    ("translate".to_owned(), translate.bindings.as_slice())
                }
                Stage::Route => ("route".to_owned(), &[][..]),
            };
            describe_bindings(&what, bindings, out);
        }
        for filter in &context.local {
            describe_bindings("local", &filter.bindings, out);
        }
    }
}

fn describe_bindings(what: &str, bindings: &[Binding], out: &mut String) {
    let _ = writeln!(out, "    {what}");
    for binding in bindings {
        let _ = writeln!(
            out,
            "      {:?} {:?} {:?} {:?}",
            binding.ingress, binding.egress, binding.lists, binding.default
        );
    }
}

fn describe_line(device: &Device, line: &Line, out: &mut String) {
    let m = &line.matches;
    let _ = writeln!(
        out,
        "    {:?} enabled {} in {:?} out {:?} src {:?} dst {:?} svc {:?} states {:?} {:?} schedule {:?} unknown {}",
        line.action,
        line.enabled,
        m.ingress,
        m.egress,
        device.addresses[m.source].value,
        device.addresses[m.destination].value,
        device.services[m.service].value,
        m.states,
        m.translated,
        m.schedule.map(|id| &device.schedules[id].windows),
        m.unknown.len(),
    );
}
