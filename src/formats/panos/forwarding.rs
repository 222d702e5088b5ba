//! `rulebase pbf`: policy-based forwarding, read as branches that packets may take.

use super::layout::Layer;
use super::nat::Site;
use super::reader::Reader;
use super::rules;
use super::tree::Nodes;
use super::zones::Ends;
use crate::model::{
    ContextId, DynamicRouting, InterfaceId, Interfaces, Match, NextHop, PolicyRoute,
};

use crate::text;

/// Adds the policy routes of a vsys to the contexts by which their packets come in.
pub(super) fn read<'t>(reader: &mut Reader<'t>, site: &Site<'_, 't>) {
    let tree = reader.tree;
    let Some(system) = site.unit.vsys.get(site.vsys) else { return };
    for layer in &system.layers {
        for at in layer.rulebase.path(tree, &["pbf", "rules"]).0 {
            for at in tree.children(at) {
                tree.used(*at);
                rule(reader, site, layer, &Nodes::of(*at));
            }
        }
        // Which link SD-WAN chooses follows from measurements.
        for at in layer.rulebase.path(tree, &["sdwan", "rules"]).0 {
            if !tree.children(at).is_empty() {
                tree.unsupported(
                    at,
                    text!(
                        "SD-WAN の規則は、どの隣接先へも送り得ると読みます。",
                        "SD-WAN rules may send packets to any neighbour"
                    ),
                );
                let (protocol, span) = ("sdwan".to_owned(), tree.span(at));
                for context in &site.network.contexts {
                    let dynamic = DynamicRouting { protocol: protocol.clone(), span };
                    reader.b.device.contexts[*context].dynamic_routing.push(dynamic);
                }
            }
        }
    }
}

fn rule<'t>(reader: &mut Reader<'t>, site: &Site<'_, 't>, layer: &Layer, nodes: &Nodes) {
    let tree = reader.tree;
    let span = nodes.span(tree);
    let mut fields = reader.fields(nodes);
    let mut matches = reader.b.everything(None, span);
    let from = fields.sub("from");
    let ingress = ingress(reader, site, &from, &mut matches);
    for (field, negate) in [("source", "negate-source"), ("destination", "negate-destination")] {
        let words = fields.many(field).unwrap_or_default();
        let negated = fields.yes(negate);
        if words.is_empty() {
            continue;
        }
        let mut set = reader.addresses(layer.space, &words, span);
        if negated {
            let any = reader.b.any_address(None, span);
            set = reader.b.except(any, set, span);
        }
        if field == "source" { matches.source = set } else { matches.destination = set }
    }
    let applications = fields.many("application").unwrap_or_default();
    let services = fields.many("service").unwrap_or_default();
    if !services.is_empty() {
        matches.service = reader.rule_services(layer.space, &services, &applications, span);
    }
    drop(fields.many("source-user"));
    rules::target(reader, &mut fields);
    let disabled = fields.yes("disabled");
    let action = fields.sub("action");
    let kind = action.entries(tree).into_iter().next();
    action.0.iter().for_each(|at| tree.used_below(*at));
    let symmetric = fields.sub("enforce-symmetric-return");
    symmetric.0.iter().for_each(|at| tree.used_below(*at));
    let bound = fields.sub("active-active-device-binding");
    bound.0.iter().for_each(|at| tree.used_below(*at));
    // Every policy route is a branch that may be taken, so a condition more or less changes nothing.
    drop(fields.close(&[
        "schedule",
        "description",
        "tag",
        "group-tag",
        "uuid",
        "negate-target",
        "audit-comment",
        "loc",
    ]));
    let next_hop = match &kind {
        Some((name, _)) if *name == "no-pbf" => return,
        Some((name, nodes)) if *name == "forward" => forward(reader, site, layer, nodes),
        Some((name, _)) if *name == "discard" => Some(NextHop::Discard),
        _ => None,
    };
    if disabled {
        return;
    }
    for (context, ids) in ingress {
        let matches = Match { ingress: Interfaces::Of(ids), ..matches.clone() };
        let own = PolicyRoute { matches, next_hop, span };
        reader.b.device.contexts[context].policy_routes.push(own);
    }
}

/// The interfaces by which packets of the rule come in, by context.
fn ingress<'t>(
    reader: &mut Reader<'t>,
    site: &Site<'_, 't>,
    from: &Nodes,
    matches: &mut Match,
) -> Vec<(ContextId, Vec<InterfaceId>)> {
    let tree = reader.tree;
    let mut ids: Vec<InterfaceId> = Vec::new();
    let mut everywhere = from.is_empty();
    for (kind, nodes) in from.entries(tree) {
        let words = nodes.words(tree);
        match kind {
            "zone" => match site.zones.ends(reader, site.vsys, &words, &mut matches.unknown) {
                Ends::Any => everywhere = true,
                Ends::Of(zones) => {
                    ids.extend(zones.iter().flat_map(|zone| site.zones.interfaces(*zone).to_vec()));
                }
            },
            "interface" => {
                for word in words {
                    match site.network.id(reader.value(word.text)) {
                        Some(id) => ids.push(id),
                        None => everywhere = true,
                    }
                }
            }
            _ => everywhere = true,
        }
    }
    if everywhere {
        ids = site.zones.vsys_interfaces(site.vsys);
    }
    super::nat::by_context(reader, &ids)
}

fn forward<'t>(
    reader: &Reader<'t>,
    site: &Site<'_, 't>,
    layer: &Layer,
    nodes: &Nodes,
) -> Option<NextHop> {
    let tree = reader.tree;
    let egress = nodes.sub(tree, "egress-interface").words(tree);
    let egress = site.network.id(reader.value(egress.last()?.text))?;
    let hop = nodes.sub(tree, "nexthop").entries(tree);
    let Some((_, hop)) = hop.first() else { return Some(NextHop::Interface(egress)) };
    let address = hop.words(tree);
    let (address, _) = reader.host(layer.space, *address.last()?)?;
    Some(NextHop::Gateway { address, interface: Some(egress) })
}
