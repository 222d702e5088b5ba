//! Lines that were not understood and could change anything on their device: every filter begins with them, undecided, and
//! packets may be routed out of any interface.

use crate::model::{
    Action, AddressSet, Binding, Context, Device, Filter, Gap, Id, Interfaces, Line, ListId, Match,
    PolicyRoute, RuleList, ServiceSet, Stage, Unknown,
};
use crate::snapshot::Snapshot;
use std::sync::Arc;

pub(super) fn widen(snapshot: &mut Snapshot) {
    let coverage = std::mem::take(&mut snapshot.coverage);
    for (id, device) in snapshot.devices.iter_mut() {
        let gaps = coverage.get(id.index()).into_iter().flatten().flat_map(|file| &file.gaps);
        let open: Vec<&Gap> = gaps.filter(|gap| !gap.contained).collect();
        if !open.is_empty() {
            widen_device(Arc::make_mut(device), &open);
        }
    }
    snapshot.coverage = coverage;
}

fn widen_device(device: &mut Device, gaps: &[&Gap]) {
    let lines: Vec<Line> = gaps.iter().map(|gap| undecided(device, gap)).collect();
    let route = unread_route(&lines);
    let list = device.lists.push(RuleList { name: "unread lines".to_owned(), lines });
    for (_, context) in device.contexts.iter_mut() {
        widen_context(context, list);
        // A table that the topology states is what the device does, whatever its lines say.
        if !context.rib_complete {
            context.policy_routes.extend(route.clone());
        }
    }
}

/// The way that the lines may open: out of any interface. One branch stands for all of them.
fn unread_route(lines: &[Line]) -> Option<PolicyRoute> {
    let first = lines.first()?;
    let unknown = lines.iter().flat_map(|line| line.matches.unknown.iter().cloned()).collect();
    let matches = Match { unknown, ..first.matches.clone() };
    Some(PolicyRoute { matches, next_hop: None, span: first.span })
}

fn undecided(device: &mut Device, gap: &Gap) -> Line {
    let any = device.literal(AddressSet::Any, gap.span);
    let service = device.literal_service(ServiceSet::Any, gap.span);
    let unknown = vec![Unknown { reason: gap.reason.clone(), span: gap.span }];
    Line {
        label: "unread line".to_owned(),
        matches: Match { unknown, ..Match::between(any, any, service) },
        action: Action::Undecided,
        enabled: true,
        log: None,
        comment: None,
        span: gap.span,
    }
}

fn widen_context(context: &mut Context, list: ListId) {
    let mut filtered = false;
    for stage in &mut context.pipeline {
        if let Stage::Filter(filter) = stage {
            widen_filter(filter, list);
            filtered = true;
        }
    }
    if !filtered {
        // The line that was not read may have bound a filter.
        let mut filter = Filter {
            name: "unread lines",
            bindings: Vec::new(),
            otherwise: Action::Permit,
            stateful: false,
        };
        widen_filter(&mut filter, list);
        context.pipeline.push(Stage::Filter(filter));
    }
    context.local.iter_mut().for_each(|filter| widen_filter(filter, list));
}

fn widen_filter(filter: &mut Filter, list: ListId) {
    for binding in &mut filter.bindings {
        binding.lists.insert(0, list);
    }
    filter.bindings.push(Binding {
        ingress: Interfaces::Any,
        egress: Interfaces::Any,
        lists: vec![list],
        default: filter.otherwise,
        default_label: "no rule list bound".to_owned(),
        span: None,
    });
}
