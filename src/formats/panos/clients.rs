//! GlobalProtect: every client that is connected has a host route to the tunnel interface of its gateway.
//!
//! Which addresses of a pool are in use is not in the file, so the routes to pools are such that may be gone: then the packet
//! goes where the table without them leads.

use super::layout::Unit;
use super::names::Space;
use super::reader::Reader;
use super::routers::Network;
use super::tree::{At, Nodes, Word};
use crate::model::{
    ContextId, DynamicRouting, InterfaceId, Interfaces, NextHop, PolicyRoute, Route,
};
use crate::net::{AddressRange, Prefix};
use crate::text;
use crate::text::Text;

/// The clients of one tunnel interface.
struct Clients<'t> {
    /// The interface as the file calls it, and as it is known.
    name: &'t str,
    tunnel: Option<InterfaceId>,
    pools: Vec<Word<'t>>,
    /// Whether clients may have addresses that no pool names.
    open: bool,
    at: At,
}

/// Adds the routes to the clients of all gateways.
pub(super) fn read<'t>(
    reader: &mut Reader<'t>,
    unit: &Unit<'t>,
    network: &Network<'t>,
    space: Space,
) {
    let mut all = Vec::new();
    let names = tunnels(reader, unit, network, &mut all);
    gateways(reader, unit, network, &names, &mut all);
    for clients in all {
        routes(reader, network, space, &clients);
    }
}

/// `network tunnel`: the tunnel interfaces of gateways, by name of the gateway, and the pools that stand there.
fn tunnels<'t>(
    reader: &mut Reader<'t>,
    unit: &Unit<'t>,
    network: &Network<'t>,
    all: &mut Vec<Clients<'t>>,
) -> Vec<(&'t str, &'t str)> {
    let tree = reader.tree;
    let mut names = Vec::new();
    for kind in ["global-protect-gateway", "global-protect-site-to-site"] {
        for (gateway, nodes) in unit.network.path(tree, &["tunnel", kind]).entries(tree) {
            let Some(tunnel) = nodes.sub(tree, "tunnel-interface").words(tree).first().copied()
            else {
                continue;
            };
            names.push((gateway, tunnel.text));
            let client = nodes.sub(tree, "client");
            let published = client.sub(tree, "accept-published-routes").words(tree);
            let open = published.first().is_some_and(|word| word.text != "no");
            add(reader, network, all, tunnel, &client, open);
        }
    }
    names
}

/// `global-protect global-protect-gateway` of a vsys: the pools by client configuration.
fn gateways<'t>(
    reader: &mut Reader<'t>,
    unit: &Unit<'t>,
    network: &Network<'t>,
    names: &[(&'t str, &'t str)],
    all: &mut Vec<Clients<'t>>,
) {
    let tree = reader.tree;
    let path = ["global-protect", "global-protect-gateway"];
    for system in &unit.vsys {
        for (_, nodes) in system.places.path(tree, &path).entries(tree) {
            let says = |path: &[&str], value: &str| {
                nodes.path(tree, path).words(tree).first().is_some_and(|word| word.text == value)
            };
            let Some(word) = nodes.sub(tree, "remote-user-tunnel").words(tree).first().copied()
            else {
                continue;
            };
            if says(&["tunnel-mode"], "no") {
                continue;
            }
            // Older files name the gateway of `network tunnel` here.
            let named = names.iter().find(|(gateway, _)| *gateway == word.text);
            let text = named.map_or(word.text, |(_, tunnel)| *tunnel);
            let word = Word { text, at: word.at };
            let dhcp = says(&["gp-gw-dhcp", "enable-dhcp"], "yes");
            add(reader, network, all, word, &Nodes::default(), dhcp);
            for (_, config) in nodes.sub(tree, "remote-user-tunnel-configs").entries(tree) {
                add(reader, network, all, word, &config, false);
            }
        }
    }
}

/// What one place says of the clients of a tunnel interface.
fn add<'t>(
    reader: &Reader<'t>,
    network: &Network<'t>,
    all: &mut Vec<Clients<'t>>,
    tunnel: Word<'t>,
    place: &Nodes,
    open: bool,
) {
    let tree = reader.tree;
    let name = reader.value(tunnel.text);
    let served = place.sub(tree, "authentication-server-ip-pool").words(tree);
    let framed = place.sub(tree, "retrieve-framed-ip-address").words(tree);
    // An address that comes from the authentication server is one of this pool.
    let framed = framed.first().is_some_and(|word| word.text != "no") && served.is_empty();
    let mut pools = place.sub(tree, "ip-pool").words(tree);
    pools.extend(served);
    let known = all.iter_mut().find(|clients| clients.name == name);
    match known {
        Some(clients) => {
            clients.pools.extend(pools);
            clients.open |= open || framed;
        }
        None => all.push(Clients {
            name,
            tunnel: network.id(name),
            pools,
            open: open || framed,
            at: tunnel.at,
        }),
    }
}

fn routes<'t>(reader: &mut Reader<'t>, network: &Network<'t>, space: Space, clients: &Clients<'t>) {
    let span = reader.tree.span(clients.at);
    let Some(tunnel) = clients.tunnel else {
        reader.tree.unsupported(clients.at, unclear());
        for context in &network.contexts {
            let protocol = "globalprotect".to_owned();
            let dynamic = DynamicRouting { protocol, span };
            reader.b.device.contexts[*context].dynamic_routing.push(dynamic);
        }
        return;
    };
    let context = reader.b.device.interfaces[tunnel].context;
    let mut ranges: Vec<AddressRange> = Vec::new();
    let mut open = clients.open || clients.pools.is_empty();
    for word in &clients.pools {
        let pool = reader.address(space, 0, *word, 0);
        let extent = reader.extents.of(&reader.b.device, pool);
        open |= !extent.sure.covers(&extent.may);
        ranges.extend(extent.sure.ranges());
    }
    let next_hop = NextHop::Interface(tunnel);
    for prefix in prefixes(reader, context, &ranges) {
        let route = Route { prefix, next_hop, distance: 0, metric: 0, withdrawable: true, span };
        reader.b.device.contexts[context].routes.push(route);
    }
    if open {
        reader.tree.unsupported(clients.at, unclear());
        let mut matches = reader.b.everything(None, span);
        matches.ingress = Interfaces::Any;
        let next_hop = Some(next_hop);
        let route = PolicyRoute { matches, next_hop, span };
        reader.b.device.contexts[context].policy_routes.push(route);
    }
}

/// The prefixes of some pools, and those inside them that lead elsewhere: a host route is longer than any of them.
fn prefixes(reader: &Reader<'_>, context: ContextId, ranges: &[AddressRange]) -> Vec<Prefix> {
    let device = &reader.b.device;
    let mut out: Vec<Prefix> = ranges.iter().flat_map(|range| range.prefixes()).collect();
    let routed = device.contexts[context].routes.iter().map(|route| route.prefix);
    let own = device.interfaces.iter().filter(|(_, interface)| interface.context == context);
    let linked = own.flat_map(|(_, interface)| &interface.addresses);
    let linked = linked.filter_map(|own| Prefix::new(own.address, own.len));
    let inside = |prefix: &Prefix| out.iter().any(|pool| pool.covers(*prefix));
    let inner: Vec<Prefix> = routed.chain(linked).filter(inside).collect();
    out.extend(inner);
    out.sort_unstable();
    out.dedup();
    out
}

fn unclear() -> Text {
    text!(
        "GlobalProtect の利用者に割り当てられるアドレスが設定だけでは決まりません。どの宛先もトンネルへ送り得ると読みます。",
        "which addresses GlobalProtect clients have is not in the configuration; any destination may be behind the tunnel"
    )
}
