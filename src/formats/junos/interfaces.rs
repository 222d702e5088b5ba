//! Interfaces: every unit is one; the physical part only says whether it is up.

use super::reader::{Reader, host, prefix};
use super::tree::{NodeId, Tree};
use crate::model::{InterfaceAddress, InterfaceId, InterfaceKind, LineStatus, NextHop, Route};
use crate::net::Family;
use crate::source::Span;
use crate::text;
use std::net::IpAddr;

/// A firewall filter bound to a unit.
pub(super) struct Bound<'a> {
    pub(super) interface: InterfaceId,
    /// `None`: a filter of family `any`.
    pub(super) family: Option<Family>,
    pub(super) inbound: bool,
    /// In order, as if they were one filter.
    pub(super) filters: Vec<(&'a str, Span)>,
    pub(super) span: Span,
}

/// Statements of a physical interface or unit that change neither forwarding nor filtering.
const INERT: &[&str] = &[
    "description",
    "vlan-tagging",
    "flexible-vlan-tagging",
    "stacked-vlan-tagging",
    "native-vlan-id",
    "mtu",
    "speed",
    "link-mode",
    "encapsulation",
    "gigether-options",
    "fastether-options",
    "ether-options",
    "redundant-ether-options",
    "aggregated-ether-options",
    "fabric-options",
    "hold-time",
    "traps",
    "no-traps",
    "mac",
    "per-unit-scheduler",
    "hierarchical-scheduler",
    "flow-control",
    "no-flow-control",
    "auto-negotiation",
    "media-type",
    "gratuitous-arp-reply",
    "no-gratuitous-arp-reply",
    "no-gratuitous-arp-request",
    "traceoptions",
    "accounting-profile",
    "interface-mib",
    "optics-options",
    "otn-options",
    "ppp-options",
    "pppoe-options",
    "dialer-options",
    "modem-options",
    "cellular-options",
    "e1-options",
    "t1-options",
    "serial-options",
    "dsl-options",
    "vdsl-options",
    "adsl-options",
    "clocking",
    "keepalives",
    "no-keepalives",
    "bandwidth",
    "dlci",
    "point-to-point",
    "multipoint",
    "arp-resp",
    "no-arp",
    "snmp-traps",
    "proxy-arp",
    "damping",
    "esi",
    "multi-chassis-protection",
    "mc-ae",
    "framing",
    "tunnel-port",
    "copy-tos-to-outer-ip-header",
    "layer2-policer",
    "schedulers",
    "enable",
    "unidirectional",
    "passive-monitor-mode",
    "radio-router",
    "family-options",
    "statistics",
    "interface-specific-statistics",
];

impl<'a> Reader<'a, '_> {
    pub(super) fn read_interfaces(&mut self) {
        let Some(all) = self.tree.get(Tree::ROOT, "interfaces") else { return };
        for physical in self.tree.kids(all) {
            let name = self.word(physical);
            if matches!(name, "interface-range" | "traceoptions" | "interface-set") {
                self.tree.ignore(physical);
                continue;
            }
            self.physical(physical, name);
        }
        self.link_tunnels(all);
        self.read_vlans();
    }

    fn physical(&mut self, node: NodeId, name: &'a str) {
        let up = self.tree.get(node, "disable").is_none();
        let unit_parent = self.tree.get(node, "unit");
        for kid in self.tree.kids(node) {
            match self.word(kid) {
                "unit" | "disable" => {}
                word if INERT.contains(&word) || word.ends_with("-options") => {
                    self.tree.ignore(kid)
                }
                _ => self.unread(kid),
            }
        }
        let Some(units) = unit_parent else { return };
        let numbers = self.tree.kids(units);
        let only = numbers.len() == 1;
        for unit in numbers {
            let number = self.word(unit);
            let full = format!("{name}.{number}");
            let span = self.span(unit);
            let id = self.unit_interface(full, name, span);
            self.b.device.interfaces[id].up = up;
            if only && number == "0" {
                self.b.device.interfaces[id].alias = Some(name.to_owned());
            }
            self.unit(unit, id);
        }
    }

    /// The unit of this name, made when nothing configures it.
    pub(super) fn unit_interface(&mut self, full: String, name: &str, span: Span) -> InterfaceId {
        if let Some(id) = self.units.get(&full) {
            return *id;
        }
        let id = self.b.interface(&full, span);
        let assigned = self.assigned.get(full.as_str());
        let assigned = assigned
            .or_else(|| full.strip_suffix(".0").and_then(|physical| self.assigned.get(physical)));
        if let Some(context) = assigned {
            self.b.device.interfaces[id].context = *context;
        }
        self.b.device.interfaces[id].kind = kind(name);
        self.units.insert(full, id);
        id
    }

    fn unit(&mut self, unit: NodeId, id: InterfaceId) {
        self.tree.used(unit);
        for kid in self.tree.kids(unit) {
            match self.word(kid) {
                "family" => {
                    for family in self.tree.kids(kid) {
                        self.family(family, id);
                    }
                }
                "disable" => {
                    self.tree.used(kid);
                    self.b.device.interfaces[id].up = false;
                }
                "vlan-id" => {
                    let number = self.tree.value(kid).and_then(|v| self.word(v).parse().ok());
                    self.b.device.interfaces[id].vlan = number;
                }
                "filter" => self.bindings(kid, id, None),
                "tunnel" | "peer-unit" => self.tree.used(kid),
                "vlan-id-list" | "vlan-id-range" | "vlan-tags" | "input-vlan-map"
                | "output-vlan-map" | "peer-interface" | "backup-options" | "ppp-options" => {
                    self.tree.ignore(kid);
                }
                word if INERT.contains(&word) || word.ends_with("-options") => {
                    self.tree.ignore(kid)
                }
                _ => self.unread(kid),
            }
        }
        for tunnel in self.all_named(unit, "tunnel") {
            self.tree.ignore(tunnel);
        }
    }

    fn family(&mut self, node: NodeId, id: InterfaceId) {
        let family = match self.word(node) {
            "inet" => Family::V4,
            "inet6" => Family::V6,
            "ethernet-switching" | "bridge" => return self.switched(node),
            _ => return self.tree.ignore(node),
        };
        for kid in self.tree.kids(node) {
            match self.word(kid) {
                "address" => {
                    for address in self.tree.kids(kid) {
                        self.address(address, id, family);
                    }
                }
                "dhcp" | "dhcp-client" | "dhcpv6-client" | "negotiate-address"
                | "unnumbered-address" => {
                    self.tree.ignore(kid);
                    self.b.device.interfaces[id].dynamic = true;
                    if self.word(kid).starts_with("dhcp") {
                        let context = self.b.device.interfaces[id].context;
                        self.dynamic(context, "dhcp", self.span(kid));
                    }
                }
                "filter" => self.bindings(kid, id, Some(family)),
                "rpf-check" => {
                    self.tree.ignore(kid);
                    self.b.device.interfaces[id].source_check = Some(true);
                }
                "mtu" | "no-redirects" | "no-neighbor-learn" | "sampling" | "policer"
                | "targeted-broadcast" | "dad-disable" | "nd6-stale-time" | "primary"
                | "accounting" | "no-dad" | "arp-max-cache" | "ndp-max-cache"
                // Which tunnel of a multipoint interface leads to a neighbour on its subnet; the interface is the same.
                | "next-hop-tunnel" => {
                    self.tree.ignore(kid);
                }
                "input-hierarchical-policer" | "service" | "simple-filter" => {
                    let reason = text!(
                        "この設定によって通信が変わる範囲は読み取れません。",
                        "what traffic this changes is not read"
                    );
                    self.uncontained(kid, reason);
                }
                _ => self.unread(kid),
            }
        }
    }

    fn address(&mut self, node: NodeId, id: InterfaceId, family: Family) {
        self.tree.used(node);
        let span = self.span(node);
        let found = host(self.word(node)).filter(|(address, _)| Family::of(*address) == family);
        let Some((address, len)) = found else {
            self.b.device.interfaces[id].dynamic = true;
            return self.strange(node);
        };
        let mut primary = false;
        let mut virtuals = Vec::new();
        for option in self.tree.below(node).into_iter().skip(1) {
            match self.word(option) {
                "primary" => primary = true,
                "virtual-address" | "virtual-inet6-address" => {
                    let kids = self.tree.kids(option);
                    virtuals.extend(
                        kids.iter().filter_map(|kid| self.word(*kid).parse::<IpAddr>().ok()),
                    );
                }
                _ => {}
            }
        }
        for kid in self.tree.kids(node) {
            match self.word(kid) {
                "primary"
                | "preferred"
                | "vrrp-group"
                | "vrrp-inet6-group"
                | "arp"
                | "broadcast"
                | "eui-64"
                | "ndp"
                | "web-authentication"
                | "virtual-gateway-address"
                | "master-only"
                | "description"
                | "destination-profile" => self.tree.ignore(kid),
                "destination" => self.far_end(kid, id),
                _ => self.unread(kid),
            }
        }
        let interface = &mut self.b.device.interfaces[id];
        let own = InterfaceAddress { address, len, span };
        if primary {
            interface.addresses.insert(0, own);
        } else {
            interface.addresses.push(own);
        }
        let shared = |address: IpAddr| InterfaceAddress { address, len, span };
        interface.addresses.extend(virtuals.into_iter().map(shared));
    }

    /// `destination B`: the other end of a line is reached by it, whatever the prefix length of the own address.
    fn far_end(&mut self, node: NodeId, id: InterfaceId) {
        let value = self.tree.value(node).and_then(|value| prefix(self.word(value)));
        let (context, span) = (self.b.device.interfaces[id].context, self.span(node));
        match value {
            Some(prefix) => self.b.device.contexts[context].routes.push(Route {
                prefix,
                next_hop: NextHop::Interface(id),
                distance: 0,
                metric: 0,
                withdrawable: false,
                span,
            }),
            None => {
                self.strange(node);
                self.dynamic(context, "unread", span);
            }
        }
    }

    /// Layer 2: hosts on one VLAN reach each other without this device in any case. Only a filter may change that.
    fn switched(&mut self, node: NodeId) {
        let filters = self.all_named(node, "filter");
        self.tree.ignore(node);
        let reason = text!(
            "スイッチポートのフィルターは読み取らないため、この機器の通信は許可とも拒否とも読みます。",
            "filters of switched ports are not read; traffic of this device may pass or be stopped"
        );
        for filter in filters {
            let span = self.span(filter);
            self.tree.covered(filter, LineStatus::Unsupported);
            self.ledger.unknown(span, reason.clone(), false);
        }
    }

    /// `filter { input F; output F; input-list [ F G ]; ... }`.
    pub(super) fn bindings(&mut self, node: NodeId, id: InterfaceId, family: Option<Family>) {
        for kid in self.tree.kids(node) {
            let inbound = match self.word(kid) {
                "input" | "input-list" => true,
                "output" | "output-list" => false,
                "group" => {
                    self.tree.ignore(kid);
                    continue;
                }
                _ => {
                    self.strange(kid);
                    let (span, filters) = (self.span(kid), vec![("", self.span(kid))]);
                    let inbound = true;
                    self.bound.push(Bound { interface: id, family, inbound, filters, span });
                    continue;
                }
            };
            let list = self.word(kid).ends_with("-list");
            let names =
                if list { self.tree.kids(kid) } else { self.tree.value(kid).into_iter().collect() };
            let mut filters: Vec<(&'a str, Span)> = Vec::new();
            for name in names {
                self.tree.used(name);
                for option in self.tree.kids(name) {
                    match self.word(option) {
                        "precedence" | "shared-name" => self.tree.ignore(option),
                        _ => self.strange(option),
                    }
                }
                filters.push((self.word(name), self.span(name)));
            }
            let span = self.span(kid);
            if !filters.is_empty() {
                self.bound.push(Bound { interface: id, family, inbound, filters, span });
            } else if self.tree.is_bare(kid) {
                self.strange(kid);
                self.bound.push(Bound {
                    interface: id,
                    family,
                    inbound,
                    filters: vec![("", span)],
                    span,
                });
            }
        }
    }

    /// Logical tunnels join two units of the device.
    fn link_tunnels(&mut self, all: NodeId) {
        let mut links = Vec::new();
        for physical in self.tree.kids(all) {
            let name = self.word(physical);
            let units = self.tree.child(physical, "unit").map(|unit| self.tree.kids(unit));
            for unit in units.unwrap_or_default().into_iter().filter(|_| name.starts_with("lt-")) {
                let Some(peer) = self.tree.value_of(unit, "peer-unit") else { continue };
                let ends = [format!("{name}.{}", self.word(unit)), format!("{name}.{peer}")];
                let ids: Vec<_> = ends.iter().filter_map(|end| self.units.get(end)).collect();
                if let [a, b] = ids.as_slice()
                    && a < b
                {
                    links.push((**a, **b));
                }
            }
        }
        self.b.device.internal_links.extend(links);
    }

    /// Which VLAN a layer-3 interface stands on.
    fn read_vlans(&mut self) {
        for section in ["vlans", "bridge-domains"] {
            let Some(vlans) = self.tree.get(Tree::ROOT, section) else { continue };
            for vlan in self.tree.kids(vlans) {
                let number = self.tree.value_of(vlan, "vlan-id").and_then(|n| n.parse().ok());
                let layer3 = self
                    .tree
                    .value_of(vlan, "l3-interface")
                    .or_else(|| self.tree.value_of(vlan, "routing-interface"));
                let filters = self.all_named(vlan, "filter");
                let id = layer3.and_then(|name| self.units.get(name)).copied();
                if let Some(id) = id {
                    let slot = &mut self.b.device.interfaces[id].vlan;
                    *slot = slot.or(number);
                }
                let forwarding = self.all_named(vlan, "forwarding-options");
                if filters.is_empty() && forwarding.is_empty() {
                    self.tree.ignore(vlan);
                } else {
                    let reason = text!(
                        "VLAN のフィルターは読み取らないため、この機器の通信は許可とも拒否とも読みます。",
                        "VLAN filters are not read; traffic of this device may pass or be stopped"
                    );
                    self.uncontained(vlan, reason);
                }
            }
        }
    }

    /// The unit that a word names; without a number it is unit 0.
    pub(super) fn interface_of(&self, word: &str) -> Option<InterfaceId> {
        if word.contains('.') {
            return self.units.get(word).copied();
        }
        self.units.get(&format!("{word}.0")).copied()
    }
}

/// The kind of link that the name of a physical interface tells.
fn kind(name: &str) -> InterfaceKind {
    let stem: String = name.chars().take_while(char::is_ascii_alphabetic).collect();
    match stem.as_str() {
        "lo" => InterfaceKind::Loopback,
        "st" | "gr" | "gre" | "ip" | "ipip" | "vt" | "ms" | "sp" => InterfaceKind::Tunnel,
        "pp" | "t" | "e" | "se" | "dl" | "cl" | "at" | "so" | "pt" => InterfaceKind::PointToPoint,
        "lt" => InterfaceKind::Internal,
        _ => InterfaceKind::Ethernet,
    }
}
