//! Crypto maps. Where one stands on an interface, tunnels end there that have no interface of their own on the device; an
//! unnumbered one stands for them, so that what is at the other end has a place.

use super::super::commands::Config;
use super::super::state::{Reader, unknown};
use super::{LINE_LIMIT, Opening, Peer, clients};
use crate::formats::lines::ConfigLine;
use crate::model::{
    Action, Binding, Filter, Interface, InterfaceId, InterfaceKind, Interfaces, Line, RuleList,
};
use crate::source::Span;
use crate::text;
use rustc_hash::FxHashSet as HashSet;
use std::collections::BTreeMap;

/// A crypto map on an interface.
pub(in super::super) struct End {
    /// `nameif` index of the interface.
    pub(super) index: usize,
    /// What stands for the tunnels; `None` where only clients log in.
    pub(super) tunnel: Option<InterfaceId>,
    pub(super) openings: Vec<Opening>,
    span: Span,
}

/// The crypto maps that stand on an interface; access lists must have been read.
pub(in super::super) fn ends<'a>(reader: &mut Reader<'a>, config: &Config<'a>) -> Vec<End> {
    let maps = || config.crypto.iter().map(|block| &block.head).filter(|l| l.word(1) == "map");
    let mut openings: BTreeMap<&str, Vec<Opening>> = BTreeMap::new();
    for line in maps() {
        let openings = openings.entry(line.word(2)).or_default();
        if openings.len() > LINE_LIMIT {
            continue;
        }
        if line.word(4) == "match" && line.word(5) == "address" {
            let routed = reverse_route(config, "map", line.word(2), Some(line.word(3)));
            from_list(reader, (line.word(6), line.span), routed, openings);
        }
        if line.word(5) == "dynamic" {
            dynamic(reader, config, line.word(6), line.span, openings);
        }
    }
    let mut out = Vec::new();
    for bound in maps().filter(|line| line.word(3) == "interface") {
        let Some(index) = reader.by_nameif.get(bound.word(4)).copied() else { continue };
        let openings = openings.get(bound.word(2)).cloned().unwrap_or_default();
        let networks = openings
            .iter()
            .any(|opening| matches!(opening.from, Peer::Network { .. } | Peer::Proposed));
        let tunnel = if networks { tunnel(reader, index, bound) } else { None };
        out.push(End { index, tunnel, openings, span: bound.span });
    }
    out
}

/// The interface that stands for the tunnels of a map.
fn tunnel(reader: &mut Reader<'_>, index: usize, bound: &ConfigLine<'_>) -> Option<InterfaceId> {
    let nameif = reader.nameifs.get_mut(index)?;
    let port = &reader.device.interfaces[nameif.id];
    if port.context != reader.context {
        return None;
    }
    let interface = Interface {
        name: format!("crypto map {} interface {}", bound.word(2), nameif.name),
        alias: Some(format!("IPsec ({})", nameif.name)),
        context: port.context,
        addresses: Vec::new(),
        zone: None,
        up: port.up,
        kind: InterfaceKind::Tunnel,
        vlan: None,
        dynamic: false,
        hairpin_unfiltered: false,
        source_check: port.source_check,
        span: bound.span,
    };
    let id = reader.device.interfaces.push(interface);
    nameif.ipsec.push(id);
    Some(id)
}

/// What comes out of a tunnel was in it: nothing but what the crypto map names. The first stage of all, since the map names
/// addresses as they are outside.
pub(in super::super) fn decrypted(reader: &mut Reader<'_>, ends: &[End]) -> Option<Filter> {
    let mut bindings = Vec::new();
    for end in ends {
        let Some(tunnel) = end.tunnel else { continue };
        let mut lines: Vec<Line> = Vec::with_capacity(end.openings.len());
        for (number, opening) in end.openings.iter().enumerate() {
            let label = format!("crypto map {}", number + 1);
            let mut line = reader.line(label, Action::Permit, opening.span);
            line.matches.source = opening.source;
            line.matches.destination = opening.destination;
            let reason = text!(
                "この暗号マップの対向側が何を送るかは設定からは分かりません。",
                "what the other end of this crypto map sends is not in the configuration",
            );
            line.matches.unknown.push(unknown(reason, opening.span));
            lines.push(line);
        }
        let list = reader.device.lists.push(RuleList { name: "crypto map".to_owned(), lines });
        bindings.push(Binding {
            ingress: Interfaces::Of(vec![tunnel]),
            egress: Interfaces::Any,
            lists: vec![list],
            default: Action::Deny,
            default_label: "not in the crypto map".to_owned(),
            span: Some(end.span),
        });
    }
    (!bindings.is_empty()).then_some(Filter {
        name: "crypto map",
        bindings,
        otherwise: Action::Permit,
        stateful: true,
    })
}

/// `crypto map|dynamic-map M N set reverse-route`; of every entry of the map when no number is given.
fn reverse_route(config: &Config<'_>, kind: &str, map: &str, entry: Option<&str>) -> bool {
    config.crypto.iter().map(|block| &block.head).any(|line| {
        line.word(1) == kind
            && line.word(2) == map
            && entry.is_none_or(|entry| line.word(3) == entry)
            && (line.word(4), line.word(5)) == ("set", "reverse-route")
    })
}

/// The packets that a peer may send: those of the crypto list with the sides exchanged.
fn from_list(
    reader: &Reader<'_>,
    (name, span): (&str, Span),
    routed: bool,
    out: &mut Vec<Opening>,
) {
    let any = reader.literals.any;
    let Some(id) = reader.acls.get(name) else {
        return out.push(Opening { source: any, destination: any, span, from: Peer::Proposed });
    };
    for line in &reader.device.lists[*id].lines {
        if out.len() > LINE_LIMIT {
            return;
        }
        if line.enabled && line.action != Action::Deny {
            let (source, destination) = (line.matches.destination, line.matches.source);
            out.push(Opening { source, destination, span, from: Peer::Network { routed } });
        }
    }
}

/// A dynamic map takes any peer's proposal unless it names a list; where only remote-access groups exist, the pools bound it.
fn dynamic<'a>(
    reader: &mut Reader<'a>,
    config: &Config<'a>,
    name: &str,
    span: Span,
    out: &mut Vec<Opening>,
) {
    let lines = config.crypto.iter().map(|block| &block.head);
    let named: Vec<&ConfigLine<'a>> = lines
        .filter(|line| {
            line.word(1) == "dynamic-map" && line.word(2) == name && line.word(4) == "match"
        })
        .collect();
    for line in &named {
        let routed = reverse_route(config, "dynamic-map", name, Some(line.word(3)));
        from_list(reader, (line.word(6), line.span), routed, out);
    }
    if !named.is_empty() {
        return;
    }
    if !site_to_site(config) {
        return out.extend(clients::openings(reader, config, span));
    }
    // Where only some of the peers are networks, the others are clients, and the device has a route to each of them.
    let any = reader.literals.any;
    out.push(Opening { source: any, destination: any, span, from: Peer::Proposed });
    out.extend(clients::pools(reader, config, span).into_iter().flatten());
}

/// Whether some tunnel group takes peers that are networks.
fn site_to_site(config: &Config<'_>) -> bool {
    let heads = || config.tunnel_groups.iter().map(|block| &block.head);
    let typed: HashSet<&str> = heads()
        .filter(|h| h.word(2) == "type" && h.word(3) == "remote-access")
        .map(|h| h.word(1))
        .collect();
    let any = heads().next().is_none();
    let default =
        heads().any(|h| h.word(1) == "DefaultL2LGroup" && h.word(2) == "ipsec-attributes");
    any || default || heads().any(|h| h.word(2) == "type" && !typed.contains(h.word(1)))
}
