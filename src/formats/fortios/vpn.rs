//! IPsec: tunnel interfaces, and the selectors of phase 2, which limit what enters a tunnel.

use super::address;
use super::core::{Name, Reader, Scope, subnet};
use super::entry::Fields;
use super::interface::port;
use super::no_words;
use super::route::prefixes_of;
use super::vip::addresses;
use crate::model::{
    Action, AddressId, AddressSet, Binding, ContextId, DynamicRouting, Filter, InterfaceId,
    InterfaceKind, Interfaces, Line, Match, NextHop, Route, RuleList, ServiceSet,
};
use crate::net::Family;
use crate::source::Span;
use std::collections::BTreeMap;

/// Tunnels of the VDOM that `config system interface` does not list, and the ports on which IKE listens.
pub(super) fn interfaces<'a>(
    reader: &mut Reader<'a>,
    scope: &mut Scope<'_, 'a>,
    context: ContextId,
) {
    for path in ["vpn ipsec phase1-interface", "vpn ipsec manualkey-interface"] {
        let blocks = scope.blocks.get(path).cloned().unwrap_or_default();
        for entry in super::entry::Entries::read(&blocks).list {
            let span = entry.span().unwrap_or(reader.origin);
            let id = port(reader, context, &entry.name, span, InterfaceKind::Tunnel);
            let fields = entry.fields();
            let below = fields.text("interface").and_then(|name| reader.ports.get(&name).copied());
            let down = below.is_some_and(|below| !reader.device.interfaces[below].up);
            let tunnel = &mut reader.device.interfaces[id];
            tunnel.kind = InterfaceKind::Tunnel;
            tunnel.up &= !down;
        }
    }
}

/// Everything of a table is accounted for as a whole: keys, proposals and timers beside what is read.
pub(super) fn whole<'t, 'a>(
    reader: &mut Reader<'a>,
    scope: &mut Scope<'t, 'a>,
    path: &str,
) -> Vec<(Name<'a>, Fields<'t, 'a>, Span)> {
    let blocks = scope.take(path);
    let words = no_words();
    let mut out = Vec::new();
    for entry in reader.plain_entries(&blocks) {
        for statement in reader.account(&entry, &words) {
            reader.irrelevant(statement.span());
        }
        let span = entry.span().unwrap_or(reader.origin);
        let fields = entry.fields();
        out.push((entry.name, fields, span));
    }
    out
}

/// The addresses that SSL VPN clients get are connected by `ssl.VDOM`; pools that cannot be read may be anything.
pub(super) fn pools<'a>(reader: &mut Reader<'a>, scope: &mut Scope<'_, 'a>, context: ContextId) {
    let settings = scope.blocks.get("vpn ssl settings").cloned().unwrap_or_default();
    let settings = Fields::of(&settings);
    let on = settings.get("source-interface").is_some() && !settings.is("status", "disable");
    let portals = whole(reader, scope, "vpn ssl web portal");
    let vdom = if scope.name.is_empty() { "root" } else { scope.name.as_ref() };
    let tunnel = reader.ports.get(format!("ssl.{vdom}").as_str()).copied();
    let Some(tunnel) = tunnel.filter(|_| on) else { return };
    let mut words = settings.values("tunnel-ip-pools");
    let mut words6 = settings.values("tunnel-ipv6-pools");
    for (_, portal, _) in &portals {
        words.extend(portal.values("ip-pools"));
        words6.extend(portal.values("ipv6-pools"));
    }
    for (words, family) in [(words, Family::V4), (words6, Family::V6)] {
        for word in words {
            let id = address::resolve(reader, scope, &word, family);
            let span = word.span;
            let Some(prefixes) = prefixes_of(reader, id) else {
                let protocol = "ssl-vpn".to_owned();
                let context = &mut reader.device.contexts[context];
                context.dynamic_routing.push(DynamicRouting { protocol, span });
                continue;
            };
            for prefix in prefixes {
                let next_hop = NextHop::Interface(tunnel);
                let route =
                    Route { prefix, next_hop, distance: 0, metric: 0, withdrawable: false, span };
                let routes = &mut reader.device.contexts[context].routes;
                if !routes.iter().any(|other| (other.prefix, other.next_hop) == (prefix, next_hop))
                {
                    routes.push(route);
                }
            }
        }
    }
}

/// A filter behind the policies: a packet enters a tunnel only when a selector holds it. Tunnels with an open selector, or
/// one that cannot be read, need no filter.
pub(super) fn selectors<'a>(
    reader: &mut Reader<'a>,
    scope: &mut Scope<'_, 'a>,
    context: ContextId,
) -> Option<Filter> {
    whole(reader, scope, "vpn ipsec phase2");
    whole(reader, scope, "vpn ipsec manualkey");
    whole(reader, scope, "vpn ipsec manualkey-interface");
    let mut tunnels: BTreeMap<InterfaceId, (Span, Vec<Line>)> = BTreeMap::new();
    let mut open: Vec<InterfaceId> = unselective(reader, scope);
    for (name, fields, span) in whole(reader, scope, "vpn ipsec phase2-interface") {
        // The other end's side of the selector becomes a route.
        if let Some(span) = fields.span("add-route").filter(|_| fields.on("add-route")) {
            let protocol = "ipsec".to_owned();
            reader.device.contexts[context].dynamic_routing.push(DynamicRouting { protocol, span });
        }
        let tunnel = fields.text("phase1name").and_then(|name| reader.ports.get(&name).copied());
        let Some(tunnel) = tunnel else { continue };
        match selector(reader, scope, &fields, &name, span) {
            Some(line) => tunnels.entry(tunnel).or_insert((span, Vec::new())).1.push(line),
            None => open.push(tunnel),
        }
    }
    tunnels.retain(|tunnel, _| !open.contains(tunnel));
    let mut bindings = Vec::new();
    for (tunnel, (span, lines)) in tunnels {
        let name = format!("phase2 {}", reader.device.interfaces[tunnel].name);
        let list = reader.device.lists.push(RuleList { name, lines });
        bindings.push(Binding {
            ingress: Interfaces::Any,
            egress: Interfaces::Of(vec![tunnel]),
            lists: vec![list],
            default: Action::Deny,
            default_label: "no phase 2 selector".to_owned(),
            span: Some(span),
        });
    }
    (!bindings.is_empty()).then_some(Filter {
        name: "IPsec selectors",
        bindings,
        otherwise: Action::Permit,
        stateful: false,
    })
}

/// Tunnels whose selectors do not see the packets that the policies see (other headers in between), or are given by the other
/// end (mode-cfg).
fn unselective(reader: &Reader<'_>, scope: &Scope<'_, '_>) -> Vec<InterfaceId> {
    let blocks = scope.blocks.get("vpn ipsec phase1-interface").cloned().unwrap_or_default();
    let entries = super::entry::Entries::read(&blocks).list.into_iter();
    let wrapped = entries.filter(|entry| {
        let fields = entry.fields();
        fields.text("encapsulation").is_some_and(|kind| kind != "none") || fields.on("mode-cfg")
    });
    wrapped.filter_map(|entry| reader.ports.get(&entry.name).copied()).collect()
}

/// The selector; `None` when it is open, of several protocols, or cannot be read.
fn selector<'a>(
    reader: &mut Reader<'a>,
    scope: &mut Scope<'_, 'a>,
    fields: &Fields<'_, 'a>,
    name: &str,
    span: Span,
) -> Option<Line> {
    for key in ["protocol", "src-port", "dst-port"] {
        if fields.text(key).is_some_and(|text| text != "0") {
            return None;
        }
    }
    if fields.is("encapsulation", "transport-mode") {
        return None;
    }
    let source = side(reader, scope, fields, "src", span)?;
    let destination = side(reader, scope, fields, "dst", span)?;
    let service = reader.device.literal_service(ServiceSet::Any, span);
    Some(Line {
        label: format!("phase2 {name}"),
        matches: Match::between(source, destination, service),
        action: Action::Permit,
        enabled: true,
        log: None,
        comment: None,
        span,
    })
}

fn side<'a>(
    reader: &mut Reader<'a>,
    scope: &mut Scope<'_, 'a>,
    fields: &Fields<'_, 'a>,
    side: &str,
    span: Span,
) -> Option<AddressId> {
    let get = |suffix: &str| fields.text(&format!("{side}-{suffix}"));
    let kind = get("addr-type");
    let range = match kind.as_deref() {
        None | Some("subnet" | "subnet6") => {
            let key = if kind.as_deref() == Some("subnet6") { "subnet6" } else { "subnet" };
            subnet(&fields.values(&format!("{side}-{key}")))?.range()
        }
        Some("ip") => addresses(&get("start-ip")?, Family::V4)?,
        Some("range") => {
            addresses(&format!("{}-{}", get("start-ip")?, get("end-ip")?), Family::V4)?
        }
        Some("name") => {
            let words = fields.values(&format!("{side}-name"));
            return address::resolve_all(reader, scope, &words, Family::V4);
        }
        _ => return None,
    };
    Some(reader.device.literal(AddressSet::Range(range), span))
}
