//! Routing instances and static routes.

use super::leaks::leak_reason;
use super::reader::{Reader, prefix};
use super::tree::{NodeId, Tree};
use crate::model::{Context, ContextId, NextHop, Route};
use crate::text;
use std::net::IpAddr;

/// Preference of static routes unless stated, and of aggregates.
const STATIC: u8 = 5;
const AGGREGATE: u8 = 130;

/// Statements of `routing-options` that change no forwarding of unicast packets.
const INERT: &[&str] = &[
    "router-id",
    "autonomous-system",
    "forwarding-table",
    "nonstop-routing",
    "graceful-restart",
    "max-interface-supported",
    "multicast",
    "traceoptions",
    "route-distinguisher-id",
    "confederation",
    "maximum-paths",
    "maximum-prefixes",
    "options",
    "martians",
    "source-routing",
    "resolution",
    "validation",
    "ppm",
    "fate-sharing",
    "warm-standby",
    "interface",
];

/// Protocols that exchange no unicast routes.
const QUIET: &[&str] = &[
    "lldp",
    "lldp-med",
    "rstp",
    "stp",
    "mstp",
    "vstp",
    "layer2-control",
    "l2-learning",
    "igmp",
    "igmp-snooping",
    "mld",
    "mld-snooping",
    "pim",
    "router-advertisement",
    "router-discovery",
    "neighbor-discovery",
    "vrrp",
    "bfd",
    "dot1x",
    "oam",
    "gvrp",
    "mvrp",
    "sflow",
    "dcbx",
    "ppp",
    "pppoe",
    "ppp-service",
    "protection-group",
    "loop-detect",
    "link-management",
];

/// Tables that forwarded unicast packets do not look into: multicast checks, next hops of labelled routes, labels.
const OTHER_TABLES: &[&str] =
    &["inet.1", "inet.2", "inet.3", "inet6.1", "inet6.2", "inet6.3", "mpls.0", "iso.0"];

/// What a static route takes from `defaults`: attributes that change no forwarding, or that only choose among learnt routes.
const DEFAULTS: &[&str] = &[
    "preference",
    "metric",
    "retain",
    "no-retain",
    "install",
    "no-install",
    "readvertise",
    "no-readvertise",
    "resolve",
    "no-resolve",
    "active",
    "passive",
    "tag",
    "tag2",
    "color",
    "color2",
    "preference2",
    "community",
    "as-path",
];

impl<'a> Reader<'a, '_> {
    /// The contexts, and the instances that interfaces belong to.
    pub(super) fn read_instances(&mut self) {
        let first = self.b.device.contexts.push(Context::default());
        self.instances.insert("", first);
        let Some(all) = self.tree.get(Tree::ROOT, "routing-instances") else { return };
        for node in self.tree.kids(all) {
            self.tree.used(node);
            let name = self.word(node);
            let context = Context { name: name.to_owned(), ..Context::default() };
            let id = self.b.device.contexts.push(context);
            self.instances.insert(name, id);
            if let Some(list) = self.tree.get(node, "interface") {
                for kid in self.tree.kids(list) {
                    self.tree.ignore(kid);
                    self.assigned.insert(self.word(kid), id);
                }
            }
        }
    }

    pub(super) fn read_routes(&mut self) {
        let first = self.context("");
        if let Some(options) = self.tree.get(Tree::ROOT, "routing-options") {
            self.options(options, first);
        }
        if let Some(protocols) = self.tree.get(Tree::ROOT, "protocols") {
            self.protocols(protocols, first);
        }
        let Some(all) = self.tree.get(Tree::ROOT, "routing-instances") else { return };
        for node in self.tree.kids(all) {
            let id = self.context(self.word(node));
            for kid in self.tree.kids(node) {
                let span = self.span(kid);
                match self.word(kid) {
                    "interface" => {}
                    "routing-options" => self.options(kid, id),
                    "protocols" => self.protocols(kid, id),
                    "instance-type" => self.instance_type(kid, id),
                    "vrf-target" | "vrf-import" | "vrf-export" => {
                        self.tree.ignore(kid);
                        self.leak_all(id, span);
                        self.dynamic(id, "vrf", span);
                    }
                    "description"
                    | "route-distinguisher"
                    | "vrf-table-label"
                    | "vlan-id"
                    | "no-vrf-advertise"
                    | "no-vrf-propagate-ttl"
                    | "no-local-switching" => {
                        self.tree.ignore(kid);
                    }
                    _ => {
                        // What the instance then does is not known: packets may go anywhere from here.
                        self.strange(kid);
                        self.dynamic(id, "unread", span);
                        self.leak_all(id, span);
                    }
                }
            }
        }
    }

    fn instance_type(&mut self, node: NodeId, id: ContextId) {
        let value = self.tree.value(node).map_or("", |value| self.word(value));
        if !matches!(value, "virtual-router" | "vrf" | "forwarding" | "no-forwarding") {
            let reason = text!(
                "この種類のルーティングインスタンスは読み取らないため、どこへでも送られ得るものとして読みます。",
                "routing instances of this type are not read; packets may go anywhere"
            );
            let span = self.span(node);
            self.approximated(node, reason);
            self.dynamic(id, value, span);
        }
    }

    /// The context of an instance; the default one when it is not there.
    fn context(&self, name: &str) -> ContextId {
        let default = self.b.device.contexts.ids().next();
        let found = self.instances.get(name).copied().or(default);
        found.unwrap_or(self.b.device.contexts.next_id())
    }

    fn options(&mut self, node: NodeId, id: ContextId) {
        for kid in self.tree.kids(node) {
            let span = self.span(kid);
            match self.word(kid) {
                "static" => self.statics(kid, id),
                "rib" => {
                    for rib in self.tree.kids(kid) {
                        self.rib(rib, id);
                    }
                }
                "aggregate" => self.aggregates(kid, id),
                "generate" => {
                    self.tree.ignore(kid);
                    self.dynamic(id, "generate", span);
                }
                "instance-import" | "auto-export" => {
                    let reason = leak_reason();
                    self.approximated(kid, reason);
                    self.leak_all(id, span);
                }
                "rib-groups" => self.rib_groups(kid),
                "interface-routes" => self.tree.ignore(kid),
                "dynamic-tunnels" | "flow" => {
                    let reason = text!(
                        "この設定によって通信が変わる範囲は読み取れません。",
                        "what traffic this changes is not read"
                    );
                    self.uncontained(kid, reason);
                }
                word if INERT.contains(&word) => self.tree.ignore(kid),
                _ => {
                    self.strange(kid);
                    self.dynamic(id, "unread", span);
                }
            }
        }
    }

    /// The routes of one table, by its name.
    fn rib(&mut self, node: NodeId, id: ContextId) {
        let name = self.word(node);
        if let Some(of) = self.table(name) {
            return self.options(node, of);
        }
        if OTHER_TABLES.iter().any(|table| of_instance(name, table).is_some()) {
            return self.tree.ignore(node);
        }
        // Whose packets look into this table is not known.
        self.strange(node);
        let span = self.span(node);
        self.dynamic(id, "unread", span);
    }

    /// The context of a table name: `inet.0`, `VR.inet.0`.
    pub(super) fn table(&self, name: &str) -> Option<ContextId> {
        let instance = ["inet.0", "inet6.0"].iter().find_map(|table| of_instance(name, table))?;
        self.instances.get(instance).copied()
    }

    fn statics(&mut self, node: NodeId, id: ContextId) {
        let defaults = self.tree.get(node, "defaults");
        for kid in self.tree.kids(node) {
            match self.word(kid) {
                "route" | "iso-route" => {
                    for route in self.tree.kids(kid) {
                        self.route(route, defaults, id);
                    }
                }
                "defaults" => self.tree.used(kid),
                "rib-group" | "traceoptions" => self.tree.ignore(kid),
                _ => {
                    self.strange(kid);
                    let span = self.span(kid);
                    self.dynamic(id, "unread", span);
                }
            }
        }
        for kid in defaults.map(|defaults| self.tree.kids(defaults)).unwrap_or_default() {
            if DEFAULTS.contains(&self.word(kid)) {
                self.tree.used(kid);
                self.tree.ignore(kid);
            } else {
                self.strange(kid);
                let span = self.span(kid);
                self.dynamic(id, "unread", span);
            }
        }
    }

    fn number(&mut self, node: NodeId, word: &'a str) -> Option<u32> {
        self.tree.value_of(node, word)?.parse().ok()
    }

    /// A number of the route itself, else of the defaults.
    fn attribute(&mut self, node: NodeId, defaults: Option<NodeId>, word: &'a str) -> Option<u32> {
        let own = self.number(node, word);
        own.or_else(|| defaults.and_then(|all| self.number(all, word)))
    }

    fn route(&mut self, node: NodeId, defaults: Option<NodeId>, id: ContextId) {
        let span = self.span(node);
        let Some(prefix) = prefix(self.word(node)) else {
            self.strange(node);
            return self.dynamic(id, "unread", span);
        };
        self.tree.used(node);
        let preference = self.attribute(node, defaults, "preference");
        let metric = self.attribute(node, defaults, "metric").unwrap_or(0);
        let base = Route {
            prefix,
            next_hop: NextHop::Discard,
            distance: distance(preference.unwrap_or(u32::from(STATIC))),
            metric,
            withdrawable: false,
            span,
        };
        let hidden = |reader: &mut Self, at: NodeId| reader.tree.get(at, "no-install").is_some();
        let shown = self.tree.get(node, "install").is_some();
        let watched = self.tree.get(node, "bfd-liveness-detection").is_some()
            || hidden(self, node)
            || !shown && defaults.is_some_and(|all| hidden(self, all));
        let base = Route { withdrawable: watched, ..base };
        for kid in self.tree.kids(node) {
            match self.word(kid) {
                "next-hop" => {
                    for hop in self.tree.kids(kid) {
                        self.tree.ignore(hop);
                        self.hop(hop, None, base.clone(), id);
                    }
                }
                "qualified-next-hop" => {
                    for hop in self.tree.kids(kid) {
                        self.qualified(hop, base.clone(), id);
                    }
                }
                "discard" | "reject" => {
                    self.tree.ignore(kid);
                    self.b.device.contexts[id].routes.push(base.clone());
                }
                "next-table" => self.next_table(kid, base.clone(), id),
                "receive"
                | "preference"
                | "metric"
                | "retain"
                | "no-retain"
                | "install"
                | "no-install"
                | "readvertise"
                | "no-readvertise"
                | "resolve"
                | "no-resolve"
                | "active"
                | "passive"
                | "tag"
                | "community"
                | "as-path"
                | "description"
                | "bfd-liveness-detection"
                | "tag2"
                | "color"
                | "bfd-admin-down" => {
                    self.tree.ignore(kid);
                }
                _ => {
                    self.strange(kid);
                    self.dynamic(id, "unread", span);
                }
            }
        }
    }

    fn qualified(&mut self, hop: NodeId, mut route: Route, id: ContextId) {
        if let Some(preference) = self.number(hop, "preference") {
            route.distance = distance(preference);
        }
        if let Some(metric) = self.number(hop, "metric") {
            route.metric = metric;
        }
        route.withdrawable |= self.tree.get(hop, "bfd-liveness-detection").is_some();
        let interface = self.tree.value_of(hop, "interface");
        let known = ["preference", "metric", "interface", "tag", "bfd-liveness-detection"];
        for kid in self.tree.kids(hop) {
            if known.contains(&self.word(kid)) {
                self.tree.ignore(kid);
            } else {
                self.strange(kid);
                let span = self.span(kid);
                self.dynamic(id, "unread", span);
            }
        }
        route.span = self.span(hop);
        self.hop(hop, interface, route, id);
    }

    /// A next hop: an address, or an interface.
    fn hop(&mut self, hop: NodeId, interface: Option<&str>, mut route: Route, id: ContextId) {
        let word = self.word(hop);
        let interface = interface.and_then(|name| self.interface_of(name));
        route.next_hop = if let Ok(address) = word.parse::<IpAddr>() {
            NextHop::Gateway { address, interface }
        } else if let Some(id) = self.interface_of(word) {
            NextHop::Interface(id)
        } else {
            let span = self.span(hop);
            self.strange(hop);
            return self.dynamic(id, "unread", span);
        };
        self.b.device.contexts[id].routes.push(route);
    }

    fn next_table(&mut self, node: NodeId, mut route: Route, id: ContextId) {
        let span = self.span(node);
        let word = self.tree.value(node).map_or("", |value| self.word(value));
        match self.table(word) {
            Some(context) => {
                route.next_hop = NextHop::Context(context);
                self.b.device.contexts[id].routes.push(route);
            }
            None => {
                self.strange(node);
                self.dynamic(id, "unread", span);
                self.leak_all(id, span);
            }
        }
    }

    /// An aggregate rejects what no contributing route holds, as long as there is one.
    fn aggregates(&mut self, node: NodeId, id: ContextId) {
        for kid in self.tree.kids(node) {
            let routes = if self.word(kid) == "route" { self.tree.kids(kid) } else { Vec::new() };
            for route in routes {
                let span = self.span(route);
                if let Some(prefix) = prefix(self.word(route)) {
                    self.b.device.contexts[id].routes.push(Route {
                        prefix,
                        next_hop: NextHop::Discard,
                        distance: AGGREGATE,
                        metric: 0,
                        withdrawable: true,
                        span,
                    });
                }
            }
            self.tree.ignore(kid);
        }
    }

    fn protocols(&mut self, node: NodeId, id: ContextId) {
        for kid in self.tree.kids(node) {
            let (word, span) = (self.word(kid), self.span(kid));
            self.tree.ignore(kid);
            if !QUIET.contains(&word) {
                self.dynamic(id, word, span);
            }
        }
    }
}

/// The instance in the name of a table: `VR` for `VR.inet.0`, empty for the table alone.
fn of_instance<'n>(name: &'n str, table: &str) -> Option<&'n str> {
    let instance = name.strip_suffix(table)?;
    if instance.is_empty() { Some("") } else { instance.strip_suffix('.') }
}

/// Preferences go further than distances: what is beyond is last.
fn distance(preference: u32) -> u8 {
    u8::try_from(preference).unwrap_or(u8::MAX)
}
