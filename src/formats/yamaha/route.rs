//! `ip route`, what interfaces learn at run time, and routing protocols.

use super::address;
use super::commands::{self, Kind};
use super::interface::Backup;
use super::reader::{Item, Reader, family_of};
use super::wrap::{Statement, Word};
use crate::formats::builder::unknown;
use crate::model::{
    Action, AddressId, DynamicRouting, InterfaceId, Interfaces, Match, NextHop, PolicyRoute, Route,
};
use crate::net::{Family, Prefix};
use crate::source::Span;
use crate::text;
use crate::text::Text;
use std::net::IpAddr;

/// The table of the device in progress.
#[derive(Debug, Default)]
pub(super) struct Routes {
    pub(super) table: Vec<Route>,
    pub(super) policy: Vec<PolicyRoute>,
    pub(super) protocols: Vec<DynamicRouting>,
}

/// One `gateway …` of a route.
struct Gateway<'a> {
    hop: Option<NextHop>,
    filters: Vec<Word<'a>>,
    /// Whether it applies to some applications only.
    dpi: bool,
    hide: bool,
    idle: bool,
    span: Span,
}

/// A route whose gateways depend on filters: the routes that follow from it come after the table is complete.
struct Chosen<'a> {
    family: Family,
    prefix: Prefix,
    gateway: Gateway<'a>,
}

/// Preference below which a connected route gives way to a static one.
const STATIC_PREFERENCE: u32 = 10_000;

impl<'a> Reader<'a, '_> {
    /// Reads all routes.
    pub(super) fn read_routes(&mut self) -> Routes {
        let mut routes = Routes::default();
        let mut latest: Vec<(Family, Prefix, Item<'a>)> = Vec::new();
        for item in self.take(Kind::Route) {
            let family = family_of(&item.statement);
            match prefix(item.statement.word(2), family) {
                // A later command for the same network takes the place of an earlier one.
                Some(prefix) => {
                    latest.retain(|(_, other, earlier)| {
                        let same = *other == prefix;
                        if same {
                            self.ledger.irrelevant(earlier.statement.span);
                        }
                        !same
                    });
                    latest.push((family, prefix, item));
                }
                None => self.unknown_command(&item.statement),
            }
        }
        let mut chosen = Vec::new();
        for (family, prefix, item) in latest {
            self.route(family, prefix, &item.statement, &mut routes, &mut chosen);
        }
        self.learnt_defaults(&mut routes);
        self.peers(&mut routes);
        self.backups(&mut routes);
        self.protocols(&mut routes);
        for choice in chosen {
            self.chosen(choice, &mut routes);
        }
        self.unknown_subnets(&mut routes);
        self.forwards(&mut routes);
        routes
    }

    fn route(
        &mut self,
        family: Family,
        prefix: Prefix,
        statement: &Statement<'a>,
        routes: &mut Routes,
        chosen: &mut Vec<Chosen<'a>>,
    ) {
        let Some(gateways) = self.gateways(statement, family).filter(|_| !statement.doubt) else {
            return self.unknown_command(statement);
        };
        let idle = gateways.iter().any(|gateway| gateway.idle);
        for gateway in gateways {
            if !gateway.filters.is_empty() || gateway.dpi {
                chosen.push(Chosen { family, prefix, gateway });
                continue;
            }
            let Some(next_hop) = gateway.hop else { continue };
            routes.table.push(Route {
                prefix,
                next_hop,
                distance: 1,
                metric: u32::from(gateway.idle),
                // A gateway of weight 0 stands in for the others, which therefore may be away.
                withdrawable: gateway.hide || idle && !gateway.idle,
                span: gateway.span,
            });
        }
        self.ledger.used(statement.span);
    }

    /// `gateway GW [params] [gateway GW [params]]…`; `None` when a word is not known.
    fn gateways(&mut self, statement: &Statement<'a>, family: Family) -> Option<Vec<Gateway<'a>>> {
        let words = statement.from(3);
        let mut out = Vec::new();
        for part in words.split(|word| word.text == "gateway").skip(1) {
            out.push(self.gateway(part, family)?);
        }
        let starts = words.first().is_some_and(|word| word.text == "gateway");
        (starts && !out.is_empty()).then_some(out)
    }

    fn gateway(&mut self, words: &[Word<'a>], family: Family) -> Option<Gateway<'a>> {
        let text = |at: usize| words.get(at).map_or("", |word| word.text.as_ref());
        let first = words.first()?;
        let span = words.last().map_or(first.span, |last| first.span.to(last.span));
        let (hop, used) = match text(0) {
            kind @ ("pp" | "tunnel") => {
                let name = match text(1) {
                    "anonymous" => "pp-anonymous".to_owned(),
                    number => format!("{kind}{}", number.parse::<u32>().ok()?),
                };
                (NextHop::Interface(self.exit(&name, span)), 2)
            }
            "dhcp" if commands::is_interface(text(1)) => {
                (NextHop::Interface(self.exit(&text(1).to_ascii_lowercase(), span)), 2)
            }
            "null" => (NextHop::Discard, 1),
            name if name.starts_with("loopback") => (NextHop::Discard, 1),
            address => {
                let (address, scope) = match address.split_once('%') {
                    Some((address, scope)) => (address, Some(scope)),
                    None => (address, None),
                };
                let address: IpAddr = address.parse().ok()?;
                let scope = scope.filter(|scope| !scope.is_empty());
                let interface = match scope {
                    Some(scope) if commands::is_interface(scope) => Some(self.exit(scope, span)),
                    Some(_) => return None,
                    None => None,
                };
                if Family::of(address) != family {
                    return None;
                }
                (NextHop::Gateway { address, interface }, 1)
            }
        };
        let mut gateway = Gateway {
            hop: Some(hop),
            filters: Vec::new(),
            dpi: false,
            hide: false,
            idle: false,
            span,
        };
        parameters(words.get(used..).unwrap_or(&[]), &mut gateway)?;
        Some(gateway)
    }

    /// The interface with this name, also when nothing else mentions it.
    fn exit(&mut self, name: &str, span: Span) -> InterfaceId {
        let at = self.interface(name, span);
        match self.interfaces.get(at).and_then(|iface| iface.id) {
            Some(id) => id,
            None => self.materialise(at),
        }
    }

    /// DHCP and router advertisements bring a default route, which gives way to one that is configured.
    fn learnt_defaults(&mut self, routes: &mut Routes) {
        for family in Family::ALL {
            let all = Prefix::all(family);
            let known = routes.table.iter().any(|route| route.prefix == all);
            for iface in &self.interfaces {
                let (Some(id), Some(span)) = (iface.id, iface.stack(family).dynamic) else {
                    continue;
                };
                if iface.stack(family).brings_default && iface.learns_default && !known {
                    routes.table.push(Route {
                        prefix: all,
                        next_hop: NextHop::Interface(id),
                        distance: 200,
                        metric: 0,
                        withdrawable: true,
                        span,
                    });
                }
            }
        }
    }

    /// The other ends of PPP lines: one address is a route; addresses handed out are in use while a client is connected.
    fn peers(&mut self, routes: &mut Routes) {
        for iface in self.interfaces.clone() {
            let Some(id) = iface.id else { continue };
            let next_hop = NextHop::Interface(id);
            for (range, span) in &iface.remote {
                if range.first() == range.last() && iface.name != "pp-anonymous" {
                    routes.table.push(Route {
                        prefix: Prefix::host(range.first()),
                        next_hop,
                        distance: 1,
                        metric: 0,
                        withdrawable: true,
                        span: *span,
                    });
                    continue;
                }
                let destination = self.builder.range(*range, *span);
                let matches = self.perhaps(destination, Family::V4, connected_reason(), *span);
                routes.policy.push(PolicyRoute { matches, next_hop: Some(next_hop), span: *span });
            }
            if let Some(span) = iface.any_remote {
                let destination = address::unknown(&mut self.builder, "pool", Family::V4, span);
                let matches = self.perhaps(destination, Family::V4, connected_reason(), span);
                routes.policy.push(PolicyRoute { matches, next_hop: Some(next_hop), span });
            }
        }
    }

    fn perhaps(
        &mut self,
        destination: AddressId,
        family: Family,
        reason: Text,
        span: Span,
    ) -> Match {
        let mut matches = self.builder.everything(Some(family), span);
        matches.destination = destination;
        matches.unknown.push(unknown(reason, span));
        matches
    }

    /// Where an interface has a substitute, its routes may lead by that.
    fn backups(&mut self, routes: &mut Routes) {
        let list: Vec<_> = self
            .interfaces
            .iter()
            .filter_map(|iface| Some((iface.id?, iface.clone(), iface.backup.clone()?)))
            .collect();
        for (id, iface, (backup, span)) in list {
            let next_hop = match backup {
                Backup::Interface(name) => NextHop::Interface(self.exit(&name, span)),
                Backup::Gateway(name, address) => {
                    let interface = Some(self.exit(&name.to_ascii_lowercase(), span));
                    NextHop::Gateway { address, interface }
                }
            };
            let mut added = Vec::new();
            for route in &mut routes.table {
                let by_gateway = |address: IpAddr| {
                    let own = iface.addresses(Family::of(address));
                    let nets = own.filter_map(|own| Prefix::new(own.address, own.len));
                    nets.into_iter().any(|net| net.contains(address))
                };
                let by = match route.next_hop {
                    NextHop::Interface(by) => by == id,
                    NextHop::Gateway { interface: Some(by), .. } => by == id,
                    NextHop::Gateway { address, .. } => by_gateway(address),
                    _ => false,
                };
                if by {
                    route.withdrawable = true;
                    added.push(Route { next_hop, metric: 100, span, ..route.clone() });
                }
            }
            routes.table.append(&mut added);
        }
    }

    fn protocols(&mut self, routes: &mut Routes) {
        for item in self.take(Kind::Protocol) {
            let statement = &item.statement;
            let v6 = statement.word(0) == "ipv6";
            let name = statement.word(usize::from(v6));
            match statement.words.last().map_or("", |word| word.text.as_ref()) {
                "off" => {}
                _ => routes.protocols.push(DynamicRouting {
                    protocol: if v6 { format!("{name} (IPv6)") } else { name.to_owned() },
                    span: statement.span,
                }),
            }
            self.ledger.used(statement.span);
        }
        for item in self.take(Kind::Implicit) {
            let preference = item.statement.word(3).parse::<u32>().unwrap_or(0);
            if preference >= STATIC_PREFERENCE {
                self.ledger.irrelevant(item.statement.span);
            } else {
                self.unknown_command(&item.statement);
            }
        }
    }

    /// A route that applies to what filters pass.
    fn chosen(&mut self, choice: Chosen<'a>, routes: &mut Routes) {
        let Chosen { family, prefix, gateway } = choice;
        let destination = self.remainder(family, prefix, routes, gateway.span);
        if gateway.dpi {
            let matches = self.perhaps(destination, family, dpi_reason(), gateway.span);
            routes.policy.push(PolicyRoute { matches, next_hop: gateway.hop, span: gateway.span });
        }
        for word in &gateway.filters {
            let number = word.text.parse::<u32>().unwrap_or(0);
            let Some(line) = self.filters.fixed.get(&(family, number)).cloned() else {
                let kind = if family == Family::V4 { "ip filter" } else { "ipv6 filter" };
                self.builder.undefined(kind, &word.text, word.span);
                let matches = self.perhaps(destination, family, undefined_reason(), word.span);
                routes.policy.push(PolicyRoute { matches, next_hop: gateway.hop, span: word.span });
                continue;
            };
            if line.action == Action::Deny {
                continue; // what a reject filter matches does not go this way
            }
            // The filter's own destination stays; routes to longer prefixes come first, so only what they leave is asked.
            let both = self.common(line.matches.destination, destination, family);
            let matches = Match { destination: both, ..line.matches };
            routes.policy.push(PolicyRoute { matches, next_hop: gateway.hop, span: word.span });
        }
    }

    /// What two address sets share: the first without what lies outside the second.
    fn common(&mut self, filter: AddressId, remainder: AddressId, family: Family) -> AddressId {
        let span = self.origin;
        let all = self.builder.any_address(Some(family), span);
        if filter == all {
            return remainder;
        }
        let outside = self.builder.except(all, remainder, span);
        self.builder.except(filter, outside, span)
    }

    /// The destinations of a prefix that no longer prefix surely takes: connected ones, and routes to interfaces that stay.
    fn remainder(
        &mut self,
        family: Family,
        prefix: Prefix,
        routes: &Routes,
        span: Span,
    ) -> AddressId {
        let mut taken: Vec<Prefix> = Vec::new();
        for iface in self.interfaces.iter().filter(|iface| iface.is_up() && iface.id.is_some()) {
            if iface.bridge.is_none() {
                let own = iface.addresses(family);
                taken.extend(own.filter_map(|own| Prefix::new(own.address, own.len)));
            }
        }
        let connected = taken.clone();
        taken.extend(routes.table.iter().filter(|route| !route.withdrawable).filter_map(|route| {
            let stays = match route.next_hop {
                NextHop::Interface(id) => {
                    self.interfaces.iter().any(|i| i.id == Some(id) && i.is_up())
                }
                NextHop::Gateway { address, .. } => {
                    connected.iter().any(|net| net.contains(address))
                }
                _ => false,
            };
            stays.then_some(route.prefix)
        }));
        taken.retain(|longer| longer.len() > prefix.len() && prefix.covers(*longer));
        taken.sort_unstable();
        taken.dedup();
        let whole = self.builder.range(prefix.range(), span);
        if taken.is_empty() {
            return whole;
        }
        let members = taken.iter().map(|net| self.builder.range(net.range(), span)).collect();
        let minus = self.builder.union(members, span);
        self.builder.except(whole, minus, span)
    }

    /// An interface whose subnet is assigned at run time may be the way to any address that no other route surely takes.
    fn unknown_subnets(&mut self, routes: &mut Routes) {
        for family in Family::ALL {
            let all = Prefix::all(family);
            let open: Vec<(InterfaceId, Span)> = self
                .interfaces
                .iter()
                .filter(|iface| {
                    iface.is_up() && iface.kind == crate::model::InterfaceKind::Ethernet
                })
                .filter_map(|iface| Some((iface.id?, iface.stack(family).dynamic?)))
                .collect();
            let by_default = |id: InterfaceId| {
                let defaults = routes.table.iter().filter(|route| route.prefix == all);
                defaults.into_iter().any(|route| route.next_hop == NextHop::Interface(id))
            };
            let open: Vec<_> = open.into_iter().filter(|(id, _)| !by_default(*id)).collect();
            for (id, span) in open {
                let destination = self.remainder(family, all, routes, span);
                let matches = self.perhaps(destination, family, subnet_reason(), span);
                let next_hop = Some(NextHop::Interface(id));
                routes.policy.push(PolicyRoute { matches, next_hop, span });
            }
        }
    }

    /// `ip lan1 forward filter 1`, `ip local forward filter 1`: noted here, its gateways are in the definitions.
    pub(super) fn forward(&mut self, statement: &Statement<'a>) -> Option<()> {
        self.ledger.unsupported(statement.span, forward_reason());
        Some(())
    }

    /// Routes by `ip forward filter`: which interface they are bound to is not followed.
    fn forwards(&mut self, routes: &mut Routes) {
        for item in self.take(Kind::Forward) {
            let statement = &item.statement;
            self.ledger.unsupported(statement.span, forward_reason());
            if statement.word(1) == "local" {
                continue;
            }
            let mut matches = self.builder.everything(Some(Family::V4), statement.span);
            matches.ingress = Interfaces::Any;
            matches.unknown.push(unknown(forward_reason(), statement.span));
            routes.policy.push(PolicyRoute { matches, next_hop: None, span: statement.span });
        }
    }
}

/// `filter N…`, `dpi N…`, `metric M`, `hide`, `weight W`, `keepalive K`, `name=…`.
fn parameters<'a>(words: &[Word<'a>], gateway: &mut Gateway<'a>) -> Option<()> {
    let mut words = words.iter().peekable();
    while let Some(word) = words.next() {
        let mut number = || words.next_if(|next| next.text.parse::<u32>().is_ok());
        match word.text.as_ref() {
            "filter" => {
                while let Some(next) = number() {
                    gateway.filters.push(next.clone());
                }
                if gateway.filters.is_empty() {
                    return None;
                }
            }
            "dpi" => {
                while number().is_some() {
                    gateway.dpi = true;
                }
            }
            "metric" => drop(number()?),
            "weight" => gateway.idle = number()?.text == "0",
            "keepalive" => {
                number()?;
                gateway.hide = true;
            }
            "hide" => gateway.hide = true,
            text if text.starts_with("name=") => gateway.hide = true,
            text if text.starts_with("dlci=") => {}
            _ => return None,
        }
    }
    Some(())
}

fn prefix(word: &str, family: Family) -> Option<Prefix> {
    if word == "default" {
        return Some(Prefix::all(family));
    }
    let (address, len) = match word.split_once('/') {
        Some((address, mask)) => (address, address::mask_len(mask, family)?),
        None => (word, family.bits()),
    };
    let address: IpAddr = address.parse().ok().filter(|a| Family::of(*a) == family)?;
    Prefix::new(address, len)
}

fn connected_reason() -> Text {
    text!(
        "相手が接続している間だけ、この経路が使われます。",
        "this way is in use while the other end is connected"
    )
}

fn dpi_reason() -> Text {
    text!(
        "アプリケーションによる経路の選択は設定からは定まりません。",
        "which application a packet belongs to does not follow from the configuration"
    )
}

fn undefined_reason() -> Text {
    text!("フィルターが定義されていません。", "the filter is not defined")
}

fn subnet_reason() -> Text {
    text!(
        "実行時に割り当てられるサブネットは設定からは定まりません。",
        "the subnet that is assigned at run time does not follow from the configuration"
    )
}

fn forward_reason() -> Text {
    text!(
        "転送フィルターによる経路は追わないため、どのインターフェースへも送られ得ると読みます。",
        "routes by forward filters are not followed; a packet may leave by any interface"
    )
}
