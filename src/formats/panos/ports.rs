//! Interfaces: Ethernet and aggregate ports with their units, VLAN, loopback and tunnel interfaces.

use super::ignored;
use super::names::Space;
use super::reader::{Reader, host};
use super::tree::{Nodes, Word};
use crate::model::{InterfaceAddress, InterfaceKind};
use crate::source::Span;
use crate::text;
use std::net::IpAddr;

/// How a port takes part in forwarding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    Layer3,
    Layer2,
    Wire,
    /// Forwards nothing: tap, HA, member of an aggregate.
    Silent,
}

/// An interface as it is read, before it belongs to a context.
#[derive(Clone, Debug)]
pub(super) struct Port<'t> {
    pub(super) name: &'t str,
    pub(super) mode: Mode,
    pub(super) kind: InterfaceKind,
    pub(super) addresses: Vec<InterfaceAddress>,
    pub(super) up: bool,
    pub(super) vlan: Option<u16>,
    pub(super) dynamic: bool,
    /// A line that makes a default route appear at run time.
    pub(super) learns: Option<Span>,
    pub(super) profile: Option<&'t str>,
    pub(super) span: Span,
}

const LAYER3_WORDS: [&str; 27] = [
    "mtu",
    "adjust-tcp-mss",
    "netflow-profile",
    "lldp",
    "arp",
    "ndp-proxy",
    "ddns-config",
    "sdwan-link-settings",
    "decrypt-forward",
    "df-ignore",
    "bonjour",
    "traffic-interconnect",
    "comment",
    "untagged-sub-interface",
    "mss",
    "ipv6-mss-adjustment",
    "ipv4-mss-adjustment",
    "link-tag",
    "cluster-interconnect",
    "bfd",
    "link-speed",
    "link-duplex",
    "poe",
    "rate-limit",
    "description",
    "uuid",
    "df-bit",
];
const PORT_WORDS: [&str; 12] = [
    "comment",
    "link-speed",
    "link-duplex",
    "lacp",
    "lldp",
    "poe",
    "mtu",
    "netflow-profile",
    "adjust-tcp-mss",
    "sdwan-link-settings",
    "description",
    "link-fault-signaling",
];

/// All interfaces below the `network` elements.
pub(super) fn read<'t>(reader: &mut Reader<'t>, network: &Nodes, space: Space) -> Vec<Port<'t>> {
    let tree = reader.tree;
    let mut out = Vec::new();
    for (family, nodes) in network.sub(tree, "interface").entries(tree) {
        match family {
            "ethernet" | "aggregate-ethernet" | "cellular" => {
                for (name, nodes) in nodes.entries(tree) {
                    physical(reader, name, &nodes, space, &mut out);
                }
            }
            "vlan" | "loopback" | "tunnel" => {
                let kind = match family {
                    "loopback" => InterfaceKind::Loopback,
                    "tunnel" => InterfaceKind::Tunnel,
                    _ => InterfaceKind::Ethernet,
                };
                let bare = !nodes.sub(tree, "ip").is_empty() || !nodes.sub(tree, "ipv6").is_empty();
                let base = layer3(reader, family, &nodes, kind, space);
                if bare {
                    out.push(base);
                }
                for (name, nodes) in nodes.sub(tree, "units").entries(tree) {
                    let mut port = layer3(reader, name, &nodes, kind, space);
                    if family == "vlan" {
                        port.vlan = name.rsplit('.').next().and_then(|number| number.parse().ok());
                    }
                    out.push(port);
                }
            }
            "sdwan" => {
                for (name, nodes) in nodes.sub(tree, "units").entries(tree) {
                    let reason = text!(
                        "SD-WAN の経路選択は、どの隣接先へも送り得ると読みます。",
                        "what SD-WAN chooses is read as any neighbour"
                    );
                    let mut port = plain(name, Mode::Layer3, nodes.span(tree));
                    port.kind = InterfaceKind::Tunnel;
                    (port.dynamic, port.learns) = (true, Some(port.span));
                    for at in nodes.0 {
                        tree.unsupported(at, reason.clone());
                    }
                    out.push(port);
                }
            }
            "ha" | "log-card" | "hsci" => nodes.0.into_iter().for_each(|at| tree.irrelevant(at)),
            _ => {
                let reason = text!(
                    "「{family}」は未対応の種類のインターフェースです。",
                    "interfaces of kind `{family}` are not known"
                );
                nodes.0.into_iter().for_each(|at| tree.uncontained(at, reason.clone()));
            }
        }
    }
    out
}

fn plain(name: &str, mode: Mode, span: Span) -> Port<'_> {
    Port {
        name,
        mode,
        kind: InterfaceKind::Ethernet,
        addresses: Vec::new(),
        up: mode != Mode::Silent,
        vlan: None,
        dynamic: false,
        learns: None,
        profile: None,
        span,
    }
}

/// An Ethernet port or aggregate with its units.
fn physical<'t>(
    reader: &mut Reader<'t>,
    name: &'t str,
    nodes: &Nodes,
    space: Space,
    out: &mut Vec<Port<'t>>,
) {
    let tree = reader.tree;
    let mut fields = reader.fields(nodes);
    let down = fields.one("link-state").is_some_and(|word| word.text == "down");
    let first = out.len();
    let mut silent = !fields.many("aggregate-group").unwrap_or_default().is_empty();
    for word in ["tap", "ha", "decrypt-mirror", "log-card"] {
        let found = fields.sub(word);
        silent |= !found.is_empty();
        for at in found.0 {
            tree.used_below(at);
        }
    }
    let routed = fields.sub("layer3");
    if !routed.is_empty() {
        let port = layer3(reader, name, &routed, InterfaceKind::Ethernet, space);
        out.push(Port { span: nodes.span(tree), ..port });
        for (name, nodes) in routed.sub(tree, "units").entries(tree) {
            out.push(layer3(reader, name, &nodes, InterfaceKind::Ethernet, space));
        }
    }
    for (word, mode) in [("layer2", Mode::Layer2), ("virtual-wire", Mode::Wire)] {
        let bridged = fields.sub(word);
        if bridged.is_empty() {
            continue;
        }
        out.push(plain(name, mode, nodes.span(tree)));
        for (name, nodes) in bridged.sub(tree, "units").entries(tree) {
            let mut port = plain(name, mode, nodes.span(tree));
            let tag = nodes.sub(tree, "tag").words(tree);
            port.vlan = tag.last().and_then(|word| word.text.parse().ok());
            for at in nodes.0 {
                tree.used_below(at);
            }
            out.push(port);
        }
        for at in bridged.0 {
            tree.used_below(at);
        }
    }
    let doubts = fields.close(&PORT_WORDS);
    if silent && out.len() == first {
        out.push(plain(name, Mode::Silent, nodes.span(tree)));
    }
    for port in out.iter_mut().skip(first) {
        port.up &= !down;
        port.dynamic |= !doubts.is_empty();
    }
}

/// An interface with addresses.
fn layer3<'t>(
    reader: &mut Reader<'t>,
    name: &'t str,
    nodes: &Nodes,
    kind: InterfaceKind,
    space: Space,
) -> Port<'t> {
    let tree = reader.tree;
    let mut port = plain(name, Mode::Layer3, nodes.span(tree));
    port.kind = kind;
    let mut fields = reader.fields(nodes);
    drop(fields.sub("units"));
    port.profile = fields.one("interface-management-profile").map(|word| word.text);
    port.vlan = fields.one("tag").and_then(|word| word.text.parse().ok());
    let mut words = fields.many("ip").unwrap_or_default();
    let six = fields.sub("ipv6");
    let mut inner = reader.fields(&six);
    let off = inner.one("enabled").is_some_and(|word| word.text == "no");
    let six_words = inner.many("address").unwrap_or_default();
    for at in inner.sub("dhcp-client").0.into_iter().chain(inner.sub("inherited").0) {
        tree.used_below(at);
        port.dynamic |= !off;
    }
    port.dynamic |= !inner
        .close(&["neighbor-discovery", "interface-id", "dns-server", "router-advertisement"])
        .is_empty();
    if !off {
        words.extend(six_words);
    }
    for word in words {
        tree.used_below(word.at);
        match reader.host(space, word) {
            Some((address, len)) => {
                port.addresses.push(InterfaceAddress { address, len, span: tree.span(word.at) });
            }
            None => {
                port.dynamic = true;
                tree.unsupported(word.at, text!(
                    "アドレスが設定だけでは決まりません（テンプレート変数など）。",
                    "the address is not in the configuration (a template variable, or no such object)"
                ));
            }
        }
    }
    for client in ["dhcp-client", "pppoe"] {
        let found = fields.sub(client);
        let word = |name: &str| found.sub(tree, name).words(tree).last().map(|word| word.text);
        if !found.is_empty() && word("enable") != Some("no") {
            port.dynamic = true;
            if word("create-default-route") != Some("no") {
                port.learns = Some(found.span(tree));
            }
            if client == "pppoe" {
                port.kind = InterfaceKind::PointToPoint;
            }
        }
        for at in found.0 {
            tree.used_below(at);
        }
    }
    port.dynamic |= !fields.close(&LAYER3_WORDS).is_empty();
    port
}

impl<'t> Reader<'t> {
    /// The host and prefix length that a word stands for: a literal, a variable or an address object.
    pub(super) fn host(&self, space: Space, word: Word<'t>) -> Option<(IpAddr, u8)> {
        let text = self.value(word.text);
        if let Some(found) = self.names.find(self.tree, space, 0, &["address"], text) {
            let [at] = found.definitions.as_slice() else { return None };
            let value = Nodes::of(*at).sub(self.tree, "ip-netmask").words(self.tree);
            return host(self.value(value.last()?.text));
        }
        host(text)
    }
}

/// Sets aside what does not matter in the `network` elements.
pub(super) fn sweep(reader: &Reader<'_>, network: &Nodes) {
    for at in &network.0 {
        ignored::sweep(reader.tree, *at, NETWORK);
        for profiles in reader.tree.named(*at, "profiles") {
            ignored::sweep(reader.tree, profiles, PROFILES);
        }
    }
}

const NETWORK: &str = "\
    ike, qos, lldp, dns-proxy, dhcp, tunnel, underlay-net, secure-web-gateway, ipsec, global-protect, routing-profile, gre";
const PROFILES: &str = "\
    monitor-profile, zone-protection-profile, lldp-profile, bfd-profile, ipsec-crypto-profiles, ike-crypto-profiles, \
    global-protect-app-crypto-profiles, macsec-profile";
