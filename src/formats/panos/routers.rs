//! Virtual routers (and logical routers): contexts, static routes, routing protocols.

use super::layout::Unit;
use super::names::{Space, prefix};
use super::ports::{Mode, Port};
use super::reader::Reader;
use super::tree::{At, Nodes};
use crate::model::{
    Context, ContextId, DynamicRouting, Id, Interface, InterfaceId, NextHop, Route, UNSTATED,
};
use crate::source::Span;
use crate::text;
use rustc_hash::FxHashMap;

/// The routing side of a firewall.
#[derive(Debug, Default)]
pub(super) struct Network<'t> {
    pub(super) ports: Vec<(Port<'t>, InterfaceId)>,
    pub(super) by_name: FxHashMap<&'t str, InterfaceId>,
    pub(super) contexts: Vec<ContextId>,
    /// The context of interfaces without a router, in a file that has routers: nothing is forwarded there, or the file lacks
    /// something.
    pub(super) unrouted: Option<ContextId>,
    routers: Vec<Router<'t>>,
}

#[derive(Debug)]
struct Router<'t> {
    name: String,
    nodes: Nodes,
    context: ContextId,
    interfaces: Vec<&'t str>,
}

/// Reads interfaces and routers of a unit into contexts.
pub(super) fn read<'t>(reader: &mut Reader<'t>, unit: &Unit<'t>, space: Space) -> Network<'t> {
    let mut network = Network { routers: routers(reader, unit), ..Network::default() };
    network.contexts = network.routers.iter().map(|router| router.context).collect();
    let ports = super::ports::read(reader, &unit.network, space);
    let bridges = bridges(reader, unit);
    let mut others: Vec<(String, ContextId)> = Vec::new();
    for port in ports {
        let context = context(reader, unit, &mut network, &bridges, &mut others, &port);
        let id = reader.b.device.interfaces.push(Interface {
            name: format!("{}{}", unit.prefix, port.name),
            alias: None,
            context,
            addresses: port.addresses.clone(),
            zone: None,
            up: port.up,
            kind: port.kind,
            vlan: port.vlan,
            dynamic: port.dynamic,
            hairpin_unfiltered: false,
            source_check: None,
            span: port.span,
        });
        if let Some(span) = port.learns {
            let protocol = "dhcp".to_owned();
            reader.b.device.contexts[context]
                .dynamic_routing
                .push(DynamicRouting { protocol, span });
        }
        network.by_name.insert(port.name, id);
        network.ports.push((port, id));
    }
    let routers = std::mem::take(&mut network.routers);
    for router in &routers {
        routes(reader, &network, &routers, router, space);
        protocols(reader, router);
        let doubts = reader.fields(&router.nodes).close(&ROUTER_WORDS);
        if let Some(doubt) = doubts.first() {
            let protocol = "unread".to_owned();
            let dynamic = DynamicRouting { protocol, span: doubt.span };
            reader.b.device.contexts[router.context].dynamic_routing.push(dynamic);
        }
    }
    network.routers = routers;
    super::ports::sweep(reader, &unit.network);
    network
}

const ROUTER_WORDS: [&str; 8] = [
    "ecmp",
    "multicast",
    "rib-filter",
    "description",
    "uuid",
    "router-id",
    "global-vrid",
    "enable",
];

/// The distance of a static route where neither the route nor its router says one.
const STATIC_DISTANCE: u8 = 10;

/// The distance of static routes of a family that say none themselves; `None` when the router's cannot be read.
fn distance(reader: &Reader<'_>, router: &Router<'_>, family: &str) -> Option<u8> {
    let word = if family == "ipv6" { "static-ipv6" } else { "static" };
    let mut distance = Some(STATIC_DISTANCE);
    for table in ["admin-dists", "vr-admin-dists"] {
        let table = router.nodes.sub(reader.tree, table);
        let mut fields = reader.fields(&table);
        let stated = fields.one(word);
        // What the table says of routing protocols decides nothing: where they run, every neighbour may be the next hop.
        table.0.iter().for_each(|at| reader.tree.used_below(*at));
        let doubtful = !fields.close(&[]).is_empty();
        if let Some(word) = stated {
            distance = reader.value(word.text).parse().ok().filter(|_| !doubtful);
        }
    }
    distance
}

/// The context of a port, made when it is the first of its kind.
fn context(
    reader: &mut Reader<'_>,
    unit: &Unit<'_>,
    network: &mut Network<'_>,
    bridges: &[(String, Vec<&str>)],
    others: &mut Vec<(String, ContextId)>,
    port: &Port<'_>,
) -> ContextId {
    let mine = |router: &&Router<'_>| router.interfaces.contains(&port.name);
    if let Some(router) = network.routers.iter().find(mine) {
        return router.context;
    }
    let bridged = matches!(port.mode, Mode::Layer2 | Mode::Wire);
    if !bridged && let (Some(first), true) = (network.contexts.first(), port.mode == Mode::Silent) {
        return *first;
    }
    let bridge = bridges.iter().find(|(_, members)| members.contains(&port.name));
    let name = match (bridged, bridge) {
        (true, Some((name, _))) => name.clone(),
        (true, None) => "layer 2".to_owned(),
        (false, _) if network.routers.is_empty() => String::new(),
        (false, _) => "no virtual router".to_owned(),
    };
    if let Some((_, context)) = others.iter().find(|(known, _)| *known == name) {
        return *context;
    }
    let context = reader.b.device.contexts.push(Context {
        name: format!("{}{name}", unit.prefix),
        dynamic_routing: vec![DynamicRouting { protocol: UNSTATED.to_owned(), span: port.span }],
        ..Context::default()
    });
    if name == "no virtual router" {
        network.unrouted = Some(context);
    }
    network.contexts.push(context);
    others.push((name, context));
    context
}

/// Virtual wires and VLANs with their members.
fn bridges<'t>(reader: &Reader<'t>, unit: &Unit<'t>) -> Vec<(String, Vec<&'t str>)> {
    let tree = reader.tree;
    let reason = text!(
        "レイヤー2・バーチャルワイヤーの転送は、同じ組のどのインターフェースへも送り得ると読みます。",
        "what is bridged (layer 2, virtual wire) may go to any interface of the same bridge"
    );
    let mut out = Vec::new();
    for (word, label) in [("virtual-wire", "virtual wire"), ("vlan", "VLAN")] {
        for (name, nodes) in unit.network.sub(tree, word).entries(tree) {
            let mut members = Vec::new();
            for field in ["interface", "interface1", "interface2"] {
                members.extend(nodes.sub(tree, field).words(tree).iter().map(|word| word.text));
            }
            for at in nodes.0 {
                if members.is_empty() {
                    tree.used_below(at);
                } else {
                    tree.unsupported(at, reason.clone());
                }
            }
            out.push((format!("{label} {name}"), members));
        }
    }
    out
}

fn routers<'t>(reader: &mut Reader<'t>, unit: &Unit<'t>) -> Vec<Router<'t>> {
    let tree = reader.tree;
    let advanced = unit.shape.deviceconfig.path(tree, &["setting", "advance-routing"]).words(tree);
    let advanced = advanced.last().map(|word| word.text == "yes");
    let plain = unit.network.sub(tree, "virtual-router");
    let logical = unit.network.sub(tree, "logical-router");
    let logically = advanced.unwrap_or(plain.entries(tree).is_empty());
    let mut found: Vec<(String, Nodes)> = Vec::new();
    if logically {
        for (name, nodes) in logical.entries(tree) {
            for (vrf, nodes) in nodes.sub(tree, "vrf").entries(tree) {
                let own = if vrf == "default" { name.to_owned() } else { format!("{name}/{vrf}") };
                found.push((own, nodes));
            }
        }
        plain.0.iter().for_each(|at| tree.irrelevant(*at));
    } else {
        found.extend(plain.entries(tree).into_iter().map(|(name, nodes)| (name.to_owned(), nodes)));
        logical.0.iter().for_each(|at| tree.irrelevant(*at));
    }
    let single = found.len() == 1;
    let mut out = Vec::new();
    for (name, nodes) in found {
        let shown = if single {
            unit.prefix.trim_end_matches('/').to_owned()
        } else {
            format!("{}{name}", unit.prefix)
        };
        let context = reader.b.device.contexts.push(Context { name: shown, ..Context::default() });
        let interfaces =
            nodes.sub(tree, "interface").words(tree).iter().map(|word| word.text).collect();
        out.push(Router { name, nodes, context, interfaces });
    }
    out
}

/// What a route or an interface learns at run time.
fn protocols(reader: &mut Reader<'_>, router: &Router<'_>) {
    let tree = reader.tree;
    let mut places = router.nodes.sub(tree, "protocol").entries(tree);
    for word in ["bgp", "ospf", "ospfv3", "rip", "rib"] {
        let nodes = router.nodes.sub(tree, word);
        if !nodes.is_empty() {
            places.push((word, nodes));
        }
    }
    for (name, nodes) in places {
        let enable = nodes.sub(tree, "enable").words(tree);
        let off = match enable.last() {
            Some(word) => word.text == "no",
            None => nodes.0.iter().all(|at| tree.children(*at).is_empty()),
        };
        let inert = ["redist-profile", "redist-profile-ipv6", "bfd", "rib"].contains(&name);
        for at in &nodes.0 {
            if off || inert {
                tree.irrelevant(*at);
            } else {
                tree.used_below(*at);
            }
        }
        if !off && !inert {
            let span = enable.last().map_or(nodes.span(tree), |word| tree.span(word.at));
            let protocol = name.to_owned();
            reader.b.device.contexts[router.context]
                .dynamic_routing
                .push(DynamicRouting { protocol, span });
        }
    }
}

fn routes(
    reader: &mut Reader<'_>,
    network: &Network<'_>,
    routers: &[Router<'_>],
    router: &Router<'_>,
    space: Space,
) {
    let tree = reader.tree;
    let table = router.nodes.sub(tree, "routing-table");
    for family in ["ip", "ipv6"] {
        let distance = distance(reader, router, family);
        for (_, nodes) in table.path(tree, &[family, "static-route"]).entries(tree) {
            let site = Place { network, routers, router, space, distance };
            if route(reader, &site, &nodes).is_none() {
                for at in &nodes.0 {
                    tree.unknown(*at, text!(
                        "経路を解釈できません。この仮想ルーターはどの隣接先へも送り得ると読みます。",
                        "this route is not understood; the router may send anything to any neighbour"
                    ));
                }
                let span = nodes.span(tree);
                let protocol = "unread".to_owned();
                reader.b.device.contexts[router.context]
                    .dynamic_routing
                    .push(DynamicRouting { protocol, span });
            }
        }
    }
}

/// Where a static route stands.
struct Place<'s, 't> {
    network: &'s Network<'t>,
    routers: &'s [Router<'t>],
    router: &'s Router<'t>,
    space: Space,
    /// The distance of a route that says none.
    distance: Option<u8>,
}

fn route(reader: &mut Reader<'_>, place: &Place<'_, '_>, nodes: &Nodes) -> Option<()> {
    let Place { network, routers, router, space, .. } = *place;
    let tree = reader.tree;
    let span = nodes.span(tree);
    let mut fields = reader.fields(nodes);
    let destination = fields.one("destination");
    let interface = fields.one("interface");
    let metric = fields.one("metric");
    let distance = fields.one("admin-dist");
    let monitor = fields.sub("path-monitor");
    let watched =
        monitor.sub(tree, "enable").words(tree).last().is_some_and(|word| word.text == "yes");
    let bfd = fields.sub("bfd").sub(tree, "profile").words(tree);
    let bfd = bfd.last().is_some_and(|word| word.text != "None");
    let table = fields.sub("route-table");
    let shelved = table
        .0
        .iter()
        .flat_map(|at| tree.children(*at))
        .any(|at| ["no-install", "multicast"].contains(&tree.name(*at)));
    let hops = fields.sub("nexthop");
    let used: Vec<At> = [monitor.0, fields.sub("bfd").0, table.0].concat();
    used.into_iter().for_each(|at| tree.used_below(at));
    if !fields.close(&["option", "description", "uuid"]).is_empty() {
        return None;
    }
    if shelved {
        return Some(());
    }
    let to = reader.host(space, destination?)?;
    let to = prefix(&format!("{}/{}", to.0, to.1))?;
    let named = interface.map(|word| network.by_name.get(word.text).copied());
    if let Some(None) = named {
        return None;
    }
    let next_hop = next_hop(reader, routers, space, &hops, named.flatten())?;
    let metric = metric.map_or(Some(10), |word| word.text.parse().ok())?;
    let distance = distance.map_or(place.distance, |word| word.text.parse().ok())?;
    let withdrawable = watched || bfd;
    let route = Route { prefix: to, next_hop, distance, metric, withdrawable, span };
    reader.b.device.contexts[router.context].routes.push(route);
    Some(())
}

fn next_hop(
    reader: &Reader<'_>,
    routers: &[Router<'_>],
    space: Space,
    hops: &Nodes,
    interface: Option<InterfaceId>,
) -> Option<NextHop> {
    let tree = reader.tree;
    let mut kinds = hops.entries(tree).into_iter();
    let Some((kind, nodes)) = kinds.next() else {
        return interface.map(NextHop::Interface);
    };
    let value = nodes.words(tree).last().copied();
    match (kind, kinds.next()) {
        ("ip-address" | "ipv6-address", None) => {
            let (address, _) = reader.host(space, value?)?;
            Some(NextHop::Gateway { address, interface })
        }
        ("next-vr" | "next-lr", None) => {
            let name = value?.text;
            let next = routers.iter().find(|router| router.name == name)?;
            Some(NextHop::Context(next.context))
        }
        ("discard", None) => Some(NextHop::Discard),
        ("none" | "None", None) => interface.map(NextHop::Interface),
        _ => None,
    }
}

impl Network<'_> {
    /// The interface of this name.
    pub(super) fn id(&self, name: &str) -> Option<InterfaceId> {
        self.by_name.get(name).copied()
    }

    /// Whether the file shows no interface at all.
    pub(super) fn is_empty(&self) -> bool {
        self.ports.is_empty()
    }
}

/// A context for a firewall whose file shows no network.
pub(super) fn blank(reader: &mut Reader<'_>, prefix: &str, span: Span) -> ContextId {
    reader.b.device.contexts.push(Context {
        name: prefix.trim_end_matches('/').to_owned(),
        dynamic_routing: vec![DynamicRouting { protocol: UNSTATED.to_owned(), span }],
        ..Context::default()
    })
}

/// The number of a context, for tables beside it.
pub(super) fn index(context: ContextId) -> usize {
    Id::index(context)
}
