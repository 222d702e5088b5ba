//! `ip route`, what interfaces learn at run time, and routing protocols.

mod choice;
mod learnt;

use super::address;
use super::commands::{self, Kind};
use super::reader::{Item, Reader, family_of};
use super::wrap::{Statement, Word};
use crate::formats::builder::unknown;
use crate::model::{DynamicRouting, InterfaceId, Interfaces, NextHop, PolicyRoute, Route};
use crate::net::{Family, Prefix};
use crate::source::Span;
use crate::text;
use crate::text::Text;
use rustc_hash::FxHashMap;
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
    prefix: Prefix,
    gateway: Gateway<'a>,
}

/// Preference below which a connected route gives way to a static one.
const STATIC_PREFERENCE: u32 = 10_000;

impl<'a> Reader<'a, '_> {
    /// Reads all routes.
    pub(super) fn read_routes(&mut self) -> Routes {
        let mut routes = Routes::default();
        let mut latest: Vec<Option<(Prefix, Item<'a>)>> = Vec::new();
        let mut places: FxHashMap<Prefix, usize> = FxHashMap::default();
        for item in self.take(Kind::Route) {
            let family = family_of(&item.statement);
            let Some(prefix) = prefix(item.statement.word(2), family) else {
                self.unread(Prefix::all(family), &item.statement, &mut routes);
                continue;
            };
            // A later command for the same network takes the place of an earlier one.
            let earlier = places.insert(prefix, latest.len());
            let slot = earlier.and_then(|at| latest.get_mut(at));
            if let Some((_, item)) = slot.and_then(Option::take) {
                self.ledger.irrelevant(item.statement.span);
            }
            latest.push(Some((prefix, item)));
        }
        let mut chosen = Vec::new();
        for (prefix, item) in latest.into_iter().flatten() {
            self.route(prefix, &item.statement, &mut routes, &mut chosen);
        }
        self.learnt_defaults(&mut routes);
        self.peers(&mut routes);
        self.backups(&mut routes);
        self.protocols(&mut routes);
        let mut taken = self.taken(&routes);
        for choice in chosen {
            self.chosen(choice, &mut taken, &mut routes);
        }
        self.unknown_subnets(&mut taken, &mut routes);
        self.forwards(&mut routes);
        routes
    }

    fn route(
        &mut self,
        prefix: Prefix,
        statement: &Statement<'a>,
        routes: &mut Routes,
        chosen: &mut Vec<Chosen<'a>>,
    ) {
        let family = prefix.family();
        let Some(gateways) = self.gateways(statement, family).filter(|_| !statement.doubt) else {
            return self.unread(prefix, statement, routes);
        };
        let idle = gateways.iter().any(|gateway| gateway.idle);
        for gateway in gateways {
            if !gateway.filters.is_empty() || gateway.dpi {
                chosen.push(Chosen { prefix, gateway });
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

    /// A route that was not understood may send its packets anywhere.
    fn unread(&mut self, prefix: Prefix, statement: &Statement<'a>, routes: &mut Routes) {
        let span = statement.span;
        // A break in the line may have cut the prefix short.
        let prefix = if statement.doubt { Prefix::all(prefix.family()) } else { prefix };
        let destination = self.builder.range(prefix.range(), span);
        let matches = self.perhaps(destination, prefix.family(), unread_reason(), span);
        routes.policy.push(PolicyRoute { matches, next_hop: None, span });
        self.unknown_command(statement);
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
            "dhcp" | "pdp" if commands::is_interface(text(1)) => {
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

fn unread_reason() -> Text {
    text!(
        "この経路は解釈できないため、宛先がどのインターフェースへも送られ得ると読みます。",
        "this route is not understood; its packets may leave by any interface"
    )
}

fn forward_reason() -> Text {
    text!(
        "転送フィルターによる経路は追わないため、どのインターフェースへも送られ得ると読みます。",
        "routes by forward filters are not followed; a packet may leave by any interface"
    )
}
