//! Static routes and routing protocols.

use super::Switch;
use crate::formats::lines::{Block, ConfigLine};
use crate::model::{ContextId, InterfaceId, NextHop, Route};
use crate::net::{Family, Prefix};
use crate::source::Span;
use crate::text;
use std::net::IpAddr;

/// The words after the destination of a route.
struct Target {
    next_hop: NextHop,
    distance: u8,
    withdrawable: bool,
}

impl<'a> Switch<'a> {
    /// What a VRF imports at a line may lead into every other VRF.
    pub(in crate::formats) fn imports(&mut self, importing: Vec<(ContextId, Span)>) {
        let all: Vec<_> = self.build.device.contexts.ids().collect();
        for (id, span) in importing {
            for other in all.iter().copied().filter(|other| *other != id) {
                let reason = text!(
                    "VRF 間の経路の取り込みは、通り得る経路として読みます。",
                    "routes imported between VRFs are ways that packets may take"
                );
                self.ledger.unsupported(span, reason.clone());
                let matches = self.build.everything(None, span);
                let hop = Some(NextHop::Context(other));
                self.may_route(id, matches, hop, reason, span);
            }
        }
    }

    /// `ip route` and `ipv6 route` with the account of the line; what is not understood may lead to any neighbour.
    pub(in crate::formats) fn static_route(&mut self, block: &Block<'a>, family: Family) {
        let line = &block.head;
        let mut context = self.global();
        let mut at = 2;
        if line.word(at) == "vrf"
            && let Some(name) = line.words.get(at + 1)
        {
            context = self.vrf(*name);
            at += 2;
        }
        if self.route(line, at, context, family).is_some() {
            return self.ledger.used(block.span());
        }
        let reason = text!(
            "静的経路を解釈できません。どの隣接機器へも転送し得ると読みます。",
            "this static route is not understood; it may lead to any neighbour"
        );
        self.ledger.unknown(block.span(), reason, true);
        self.dynamic(context, "static", line.span);
    }

    fn route(
        &mut self,
        line: &ConfigLine<'a>,
        mut at: usize,
        context: ContextId,
        family: Family,
    ) -> Option<()> {
        let prefix = if line.word(at).contains('/') {
            at += 1;
            Prefix::parse(line.word(at - 1))?
        } else if line.word(at) == "default" {
            at += 1;
            Prefix::all(family)
        } else {
            at += 2;
            let (address, mask) = (line.word(at - 2).parse().ok()?, line.word(at - 1).parse());
            Prefix::from_netmask(address, mask.ok()?)?
        };
        let target = self.target(line, at, context).filter(|_| prefix.family() == family)?;
        if target.distance < 255 {
            let route = Route {
                prefix,
                next_hop: target.next_hop,
                distance: target.distance,
                metric: 0,
                withdrawable: target.withdrawable,
                span: line.span,
            };
            self.build.device.contexts[context].routes.push(route);
        }
        Some(())
    }

    fn target(&self, line: &ConfigLine<'a>, mut at: usize, context: ContextId) -> Option<Target> {
        let (mut gateway, mut out, mut discard) = (None::<IpAddr>, None::<InterfaceId>, false);
        let (mut distance, mut withdrawable) = (None, false);
        while at < line.words.len() {
            let (word, next) = (line.word(at), line.word(at + 1));
            at += 1;
            if let Ok(address) = word.parse() {
                gateway = Some(address);
                continue;
            }
            if let Ok(number) = word.parse::<u8>() {
                distance = distance.or(Some(number));
                continue;
            }
            match word {
                "description" | "name" => break,
                "tag" | "weight" | "metric" => at += 1,
                "track" | "tracking-object" | "probe" | "poll" | "noresolve" | "bfd" => {
                    withdrawable = true;
                    at += usize::from(next.parse::<u32>().is_ok());
                }
                "active-route" | "permanent" => {}
                _ => {
                    let digits = |text: &str| text.starts_with(|c: char| c.is_ascii_digit());
                    let split = digits(next) && !word.contains(|c: char| c.is_ascii_digit());
                    let name = if split { format!("{word}{next}") } else { word.to_owned() };
                    at += usize::from(split);
                    if name.to_ascii_lowercase().starts_with("null") {
                        discard = true;
                    } else {
                        out = Some(self.interface(&name)?);
                    }
                }
            }
        }
        let next_hop = match (gateway, out) {
            _ if discard => NextHop::Discard,
            (Some(address), _) => NextHop::Gateway { address, interface: out },
            (None, Some(id)) => NextHop::Interface(id),
            (None, None) => return None,
        };
        // A route out of an interface of another VRF leaves this table.
        let elsewhere = out.is_some_and(|id| self.build.device.interfaces[id].context != context);
        let distance = distance.unwrap_or(1);
        Some(Target { next_hop, distance, withdrawable: withdrawable || elsewhere })
    }

    /// A routing protocol: in the global table, in the VRF that its head names, and in those that its body names.
    pub(in crate::formats) fn router(&mut self, block: &Block<'a>) {
        let head = &block.head;
        let from = usize::from(head.word(0) == "ipv6") + 1;
        let protocol = head.word(from);
        self.ledger.used(block.span());
        let named = |line: &ConfigLine<'a>| {
            let at = line.words.iter().position(|word| word.text == "vrf")?;
            line.words.get(at + 1).copied()
        };
        match named(head) {
            Some(name) => {
                let context = self.vrf(name);
                self.dynamic(context, protocol, head.span);
            }
            None => self.dynamic(self.global(), protocol, head.span),
        }
        for name in block.body.iter().filter_map(named) {
            let context = self.vrf(name);
            self.dynamic(context, protocol, head.span);
        }
    }
}
