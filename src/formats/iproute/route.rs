//! `ip route` and `ip -6 route`.

use super::super::builder::{Builder, unknown};
use super::super::lines::{ConfigLine, Word};
use super::{Ledger, discard, named, prefix};
use crate::model::{ContextId, InterfaceId, Match, NextHop, PolicyRoute, Route};
use crate::net::{Family, Prefix};
use crate::source::Span;
use crate::text;
use crate::text::Text;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// One route, perhaps with several ways.
#[derive(Debug)]
pub(super) struct RouteLine<'a> {
    destination: Prefix,
    /// Only packets from here; `None` is any source.
    source: Option<Prefix>,
    discard: bool,
    ways: Vec<Via<'a>>,
    metric: u32,
    table: Option<&'a str>,
    /// Made by the kernel from an address of the interface.
    connected: bool,
    /// Whether a word was not understood: the route may not apply.
    doubt: bool,
    /// Why it may not apply although every word is known.
    unsure: bool,
    /// Whether it leads into a tunnel of its own: the packet may come out anywhere.
    tunnel: bool,
    /// Whether some way has no link now and is not used.
    dead: bool,
    span: Span,
}

/// One way of a route.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Via<'a> {
    gateway: Option<IpAddr>,
    interface: Option<&'a str>,
    dead: bool,
    span: Option<Span>,
}

/// Words that take one value and do not change where packets go.
const VALUES: &[&str] = &[
    "proto",
    "protocol",
    "scope",
    "src",
    "mtu",
    "advmss",
    "hoplimit",
    "pref",
    "expires",
    "error",
    "weight",
    "realm",
    "realms",
    "window",
    "rtt",
    "rttvar",
    "rto_min",
    "initcwnd",
    "initrwnd",
    "ssthresh",
    "cwnd",
    "congctl",
    "features",
    "quickack",
    "nhid",
    "used",
    "age",
    "users",
    "reordering",
];

/// Words that stand alone and do not change where packets go.
const ALONE: &[&str] =
    &["onlink", "linkdown", "pervasive", "offload", "rt_offload", "notify", "lock", "cache"];

/// Kinds of route that lead nowhere another host could be reached.
const INNER: &[&str] = &["local", "broadcast", "multicast", "anycast", "throw", "nat"];

/// Whether the line has the shape of a route.
pub(super) fn is_route(words: &[&str]) -> bool {
    let (kind, rest) = match words {
        [kind, rest @ ..] if INNER.contains(kind) || *kind == "unicast" => (Some(*kind), rest),
        [kind, rest @ ..] if discard(kind).is_some() => (Some(*kind), rest),
        _ => (None, words),
    };
    let [destination, rest @ ..] = rest else { return false };
    if prefix(destination, Family::V4).is_none() {
        return false;
    }
    match rest.first() {
        None => kind.is_some(),
        Some(word) => {
            matches!(
                *word,
                "via"
                    | "dev"
                    | "nhid"
                    | "metric"
                    | "proto"
                    | "table"
                    | "from"
                    | "scope"
                    | "tos"
                    | "dsfield"
                    | "encap"
                    | "src"
                    | "mtu"
                    | "advmss"
                    | "error"
                    | "pref"
                    | "onlink"
            )
        }
    }
}

/// Reads a route; `None` when it leads nowhere that matters, or is not understood.
pub(super) fn read<'a>(line: &ConfigLine<'a>, ledger: &mut Ledger<'_>) -> Option<RouteLine<'a>> {
    let mut words: &[Word<'a>] = &line.words;
    let mut kind = "unicast";
    if let [first, rest @ ..] = words
        && (INNER.contains(&first.text) || discard(first.text).is_some() || first.text == "unicast")
    {
        (kind, words) = (first.text, rest);
    }
    let throw = kind == "throw";
    if INNER.contains(&kind) && !throw {
        // The host's own addresses are those of its interfaces.
        ledger.irrelevant(line.span);
        return None;
    }
    let [destination, rest @ ..] = words else { return None };
    let mut route = RouteLine {
        destination: prefix(destination.text, family(line))?,
        source: None,
        discard: throw || discard(kind).is_some(),
        ways: Vec::new(),
        metric: 0,
        table: None,
        connected: false,
        doubt: false,
        unsure: throw,
        tunnel: false,
        dead: false,
        span: line.span,
    };
    let way = options(&mut route, rest, line.span);
    route.take_way(way);
    if throw && !route.in_main() {
        // It only ends the look-up in its table, whose routes may be passed over anyway.
        ledger.used(line.span);
        return None;
    }
    // Looked up when the main table has no route.
    route.unsure |= matches!(route.table, Some("default" | "253"));
    if route.destination.address().is_ipv6() && inner(route.destination) {
        ledger.irrelevant(line.span);
        return None;
    }
    account(&route, line.span, ledger);
    Some(route)
}

/// `default` says nothing of its family; the other words of the line do.
fn family(line: &ConfigLine<'_>) -> Family {
    let six = |word: &Word<'_>| {
        Prefix::parse(word.text).is_some_and(|p| p.family() == Family::V6)
            || matches!(word.text, "pref" | "ra" | "expires")
    };
    let via_six = line.words.iter().any(|word| word.text == "inet6");
    if line.words.iter().any(six) && !via_six { Family::V6 } else { Family::V4 }
}

/// Link-local and multicast destinations are never routed.
fn inner(destination: Prefix) -> bool {
    let blocks = ["fe80::/10", "ff00::/8", "::1/128"];
    blocks.iter().filter_map(|block| Prefix::parse(block)).any(|block| block.covers(destination))
}

fn account(route: &RouteLine<'_>, span: Span, ledger: &mut Ledger<'_>) {
    if route.doubt {
        let reason = text!(
            "経路に解釈できない語があるため、この経路は使われるとも使われないとも読みます。",
            "a word of the route is not understood: the route may or may not be used"
        );
        ledger.unknown(span, reason, true);
    } else if route.unsure {
        ledger.unsupported(span, conditional());
    } else {
        ledger.used(span);
    }
}

fn conditional() -> Text {
    text!(
        "条件付きの経路（tos、encap、throw、default テーブル、接続ネットワークと同じ宛先）は、使われるとも使われないとも読みます。",
        "a route under conditions (tos, encap, throw, the table default, a destination that is a connected network) may or may not be used"
    )
}

/// Reads the words after the destination.
fn options<'a>(route: &mut RouteLine<'a>, words: &[Word<'a>], span: Span) -> Via<'a> {
    let mut way = Via { span: Some(span), ..Via::default() };
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let mut value = || words.next().map_or("", |word| word.text);
        match word.text {
            "via" => {
                let first = value();
                let first = if matches!(first, "inet" | "inet6") { value() } else { first };
                way.gateway = first.parse().ok();
                route.doubt |= way.gateway.is_none();
            }
            "dev" => way.interface = Some(value()).filter(|name| !name.is_empty()),
            "metric" => match value().parse() {
                Ok(metric) => route.metric = metric,
                Err(_) => route.doubt = true,
            },
            "table" => route.table = Some(value()),
            "from" => {
                route.source = prefix(value(), route.destination.family());
                route.doubt |= route.source.is_none();
            }
            "tos" | "dsfield" => {
                value();
                route.unsure = true;
            }
            "encap" => {
                (route.doubt, route.tunnel) = (true, true);
                return way;
            }
            "dead" => way.dead = true,
            "proto" | "protocol" => route.connected = value() == "kernel",
            "[" | "]" => {}
            known if VALUES.contains(&known) => {
                // `mtu lock 1400`.
                if value() == "lock" {
                    value();
                }
            }
            known if ALONE.contains(&known) => {}
            _ => route.doubt = true,
        }
    }
    way
}

/// An indented `nexthop via … dev … weight …` of a route with several ways.
pub(super) fn next_hop<'a>(
    route: Option<&mut RouteLine<'a>>,
    line: &ConfigLine<'a>,
    ledger: &mut Ledger<'_>,
) {
    let Some(route) = route else { return ledger.used(line.span) };
    let way = options(route, line.words.get(1..).unwrap_or(&[]), line.span);
    route.take_way(way);
    account(route, line.span, ledger);
}

impl<'a> RouteLine<'a> {
    /// Adds a way, unless its link is down.
    fn take_way(&mut self, way: Via<'a>) {
        self.dead |= way.dead;
        if !way.dead && (way.gateway.is_some() || way.interface.is_some()) {
            self.ways.push(way);
        }
    }

    /// Whether it is not used now: no way of it has a link.
    pub(super) fn is_dead(&self) -> bool {
        self.dead && self.ways.is_empty() && !self.discard
    }

    /// The destination.
    pub(super) fn destination(&self) -> Prefix {
        self.destination
    }

    /// Whether it leads to the network of this interface itself.
    pub(super) fn is_direct(&self, interface: &str) -> bool {
        let mut ways = self.ways.iter();
        !self.discard && ways.any(|way| way.gateway.is_none() && way.interface == Some(interface))
    }

    /// The metric; smaller ones are preferred.
    pub(super) fn metric(&self) -> u32 {
        self.metric
    }

    /// Makes the route one that may be used or not.
    pub(super) fn set_unsure(&mut self) {
        self.unsure = true;
    }

    /// The address family.
    pub(super) fn family(&self) -> Family {
        self.destination.family()
    }

    /// The table, when it is not the main one.
    pub(super) fn table(&self) -> Option<&'a str> {
        self.table.filter(|_| !self.in_main())
    }

    /// Whether it stands in the main table, or in the one that is read after it.
    pub(super) fn in_main(&self) -> bool {
        matches!(self.table, None | Some("main" | "254" | "default" | "253"))
    }

    /// Puts the route into the context. What the kernel made from an address follows from the interface already.
    pub(super) fn build(
        &self,
        builder: &mut Builder,
        context: ContextId,
        names: &mut BTreeMap<String, InterfaceId>,
        listed: bool,
    ) {
        let follows = self.connected && self.ways.iter().all(|way| way.gateway.is_none());
        if follows && listed && self.is_connected(builder, names) {
            return;
        }
        let hops = self.next_hops(builder, names);
        if self.source.is_some() || self.doubt || self.unsure || hops.is_empty() {
            let matches = self.matches(builder);
            let hops =
                if hops.is_empty() { vec![None] } else { hops.into_iter().map(Some).collect() };
            for next_hop in hops {
                let matches = matches.clone();
                let branch = PolicyRoute { matches, next_hop, span: self.span };
                builder.device.contexts[context].policy_routes.push(branch);
            }
            return;
        }
        for next_hop in hops {
            builder.device.contexts[context].routes.push(Route {
                prefix: self.destination,
                next_hop,
                distance: 1,
                metric: self.metric,
                withdrawable: false,
                span: self.span,
            });
        }
    }

    fn is_connected(&self, builder: &Builder, names: &BTreeMap<String, InterfaceId>) -> bool {
        let name = self.ways.first().and_then(|way| way.interface).unwrap_or("");
        let Some(id) = names.get(name) else { return false };
        let own = &builder.device.interfaces[*id].addresses;
        own.iter().any(|own| Prefix::new(own.address, own.len) == Some(self.destination))
    }

    /// Every way that the route may take.
    pub(super) fn next_hops(
        &self,
        builder: &mut Builder,
        names: &mut BTreeMap<String, InterfaceId>,
    ) -> Vec<NextHop> {
        if self.discard {
            return vec![NextHop::Discard];
        }
        if self.tunnel {
            return Vec::new();
        }
        let mut hops = Vec::new();
        for way in &self.ways {
            let span = way.span.unwrap_or(self.span);
            let interface = way.interface.map(|name| named(builder, names, name, span));
            hops.extend(match (way.gateway, interface) {
                (Some(address), interface) => Some(NextHop::Gateway { address, interface }),
                (None, Some(interface)) => Some(NextHop::Interface(interface)),
                (None, None) => None,
            });
        }
        hops
    }

    /// The packets that the route is for.
    pub(super) fn matches(&self, builder: &mut Builder) -> Match {
        let mut matches = builder.everything(Some(self.family()), self.span);
        matches.destination = builder.range(self.destination.range(), self.span);
        if let Some(source) = self.source {
            matches.source = builder.range(source.range(), self.span);
        }
        if self.doubt {
            let reason =
                text!("経路に解釈できない語があります。", "a word of the route is not understood");
            matches.unknown.push(unknown(reason, self.span));
        } else if self.unsure {
            matches.unknown.push(unknown(conditional(), self.span));
        }
        matches
    }
}
