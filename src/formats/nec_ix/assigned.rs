//! Ways that no `ip route` states: subnets that are assigned at run time, clients that log in, routes that are not understood.

use super::commands::Bin;
use super::reader::{Reader, doubt};
use crate::formats::lines::ConfigLine;
use crate::model::{AddressId, ContextId, InterfaceId, InterfaceKind, NextHop, PolicyRoute};
use crate::net::{AddressRange, Family, Prefix};
use crate::source::Span;
use crate::text;
use crate::text::Text;
use rustc_hash::FxHashMap;

/// Addresses that a PPP profile hands out; `None`: not understood.
type Handed = (Option<AddressRange>, Span);

impl<'a> Reader<'a, '_> {
    /// IPv6 subnets from a prefix that another interface gets: those that a profile of the DHCPv6 client names, and those that
    /// announce themselves and have no address of their own.
    pub(super) fn delegated(&mut self) {
        let mut named: FxHashMap<String, Span> = FxHashMap::default();
        for block in self.config.take(Bin::PrefixClient) {
            let mut read = false;
            for line in block.body.iter().filter(|line| line.word(0) == "ia-pd") {
                for word in line.words.iter().skip(1) {
                    named.insert(word.text.to_ascii_lowercase(), line.span);
                }
                read = true;
            }
            if read { self.ledger.used(block.span()) } else { self.ledger.irrelevant(block.span()) }
        }
        for iface in &mut self.interfaces {
            let device = &mut self.build.device.interfaces[iface.id];
            let mut v6 =
                device.addresses.iter().filter(|own| Family::of(own.address) == Family::V6);
            let announced = iface.advertises.filter(|_| v6.next().is_none());
            let span = named.get(&iface.name.to_ascii_lowercase()).copied().or(announced);
            if let Some(span) = span {
                device.dynamic = true;
                iface.assigned.push((Family::V6, span));
            }
        }
    }

    /// A subnet that is assigned at run time may be any that no other route surely takes.
    pub(super) fn unknown_subnets(&mut self) {
        for family in Family::ALL {
            let mut open: Vec<(InterfaceId, Span)> = Vec::new();
            for iface in &self.interfaces {
                let device = &self.build.device.interfaces[iface.id];
                let subnet = device.up && device.kind == InterfaceKind::Ethernet;
                let found = iface.assigned.iter().find(|(of, _)| *of == family);
                let Some((_, span)) = found.filter(|_| subnet) else { continue };
                let default = |prefix: Prefix| prefix == Prefix::all(family);
                let hop = NextHop::Interface(iface.id);
                let routes = &self.build.device.contexts[device.context].routes;
                if !routes.iter().any(|route| default(route.prefix) && route.next_hop == hop) {
                    open.push((iface.id, *span));
                }
            }
            let mut rests: FxHashMap<ContextId, AddressId> = FxHashMap::default();
            for (id, span) in open {
                let context = self.build.device.interfaces[id].context;
                let rest = match rests.get(&context) {
                    Some(rest) => *rest,
                    None => self.rest(context, family, span),
                };
                rests.insert(context, rest);
                let hop = Some(NextHop::Interface(id));
                self.perhaps(context, rest, family, hop, (subnet_reason(), span));
            }
        }
    }

    /// The addresses that no connected subnet and no sure route of the context holds.
    fn rest(&mut self, context: ContextId, family: Family, span: Span) -> AddressId {
        let device = &self.build.device;
        let up = device.interfaces.iter().filter(|(_, i)| i.up && i.context == context);
        let own = up.flat_map(|(_, interface)| &interface.addresses);
        let mut taken: Vec<Prefix> =
            own.filter_map(|own| Prefix::new(own.address, own.len)).collect();
        let stays = device.contexts[context].routes.iter().filter(|route| !route.withdrawable);
        taken.extend(stays.map(|route| route.prefix));
        taken.retain(|prefix| prefix.family() == family && prefix.len() > 0);
        taken.sort_unstable();
        taken.dedup();
        let all = self.build.any_address(Some(family), span);
        if taken.is_empty() {
            return all;
        }
        let members = taken.iter().map(|prefix| self.build.range(prefix.range(), span)).collect();
        let minus = self.build.union(members, span);
        self.build.except(all, minus, span)
    }

    /// `ppp profile` with `ipcp provide-ip-address range A B`: clients of the interfaces that are bound to it have these
    /// addresses; where an L2TP server names none, RADIUS says which.
    pub(super) fn clients(&mut self) {
        let mut profiles: FxHashMap<&'a str, Vec<Handed>> = FxHashMap::default();
        for block in self.config.take(Bin::Profile) {
            let mut handed = Vec::new();
            for line in &block.body {
                if line.starts(&["ipcp", "provide-ip-address"]) {
                    handed.push((handed_out(line), line.span));
                }
            }
            let (none, span) = (handed.is_empty(), block.span());
            profiles.entry(block.head.word(2)).or_default().extend(handed);
            if none { self.ledger.irrelevant(span) } else { self.ledger.used(span) }
        }
        for at in 0..self.interfaces.len() {
            let Some(iface) = self.interfaces.get(at) else { continue };
            let (id, span) = (iface.id, iface.span);
            let serves = iface
                .tunnel
                .as_ref()
                .is_some_and(|mode| mode.first().is_some_and(|mode| mode.starts_with("l2tp-lns")));
            let profile = iface.profile.and_then(|name| profiles.get(name));
            let mut handed = profile.cloned().unwrap_or_default();
            if handed.is_empty() && serves {
                handed.push((None, span));
            }
            let context = self.build.device.interfaces[id].context;
            for (range, span) in handed {
                let destination = match range {
                    Some(range) => self.build.range(range, span),
                    None => self.build.any_address(Some(Family::V4), span),
                };
                let hop = Some(NextHop::Interface(id));
                self.perhaps(context, destination, Family::V4, hop, (client_reason(), span));
            }
        }
    }

    /// A route that was not understood may send its packets anywhere.
    pub(super) fn lost_route(&mut self, head: &ConfigLine<'a>) {
        let family = if head.word(0) == "ipv6" { Family::V6 } else { Family::V4 };
        let prefix = head.words.iter().skip(2).find_map(|word| match word.text {
            "default" => Some(Prefix::all(family)),
            text if text.contains('/') => Prefix::parse(text).filter(|p| p.family() == family),
            _ => None,
        });
        let prefix = prefix.unwrap_or(Prefix::all(family));
        let destination = self.build.range(prefix.range(), head.span);
        for context in self.build.device.contexts.ids().collect::<Vec<_>>() {
            self.perhaps(context, destination, family, None, (lost_reason(), head.span));
        }
    }

    /// Packets to these addresses may go there.
    fn perhaps(
        &mut self,
        context: ContextId,
        destination: AddressId,
        family: Family,
        next_hop: Option<NextHop>,
        (reason, span): (Text, Span),
    ) {
        let mut matches = self.build.everything(Some(family), span);
        matches.destination = destination;
        doubt(&mut matches, reason, span);
        let route = PolicyRoute { matches, next_hop, span };
        self.build.device.contexts[context].policy_routes.push(route);
    }
}

/// `ipcp provide-ip-address range A B`.
fn handed_out(line: &ConfigLine<'_>) -> Option<AddressRange> {
    let ends = (line.word(3).parse().ok()?, line.word(4).parse().ok()?);
    AddressRange::new(ends.0, ends.1).filter(|_| line.word(2) == "range" && line.words.len() == 5)
}

fn subnet_reason() -> Text {
    text!(
        "運用時に割り当てられるサブネットは、この設定だけでは定まりません。",
        "the subnet that is assigned at run time does not follow from this configuration"
    )
}

fn client_reason() -> Text {
    text!(
        "相手が接続している間だけ、この経路が使われます。",
        "this way is in use while a client is connected"
    )
}

fn lost_reason() -> Text {
    text!(
        "この経路は解釈できないため、宛先がどのインターフェースへも送られ得ると読みます。",
        "this route is not understood; its packets may leave by any interface"
    )
}
