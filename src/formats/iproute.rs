//! What `ip addr`, `ip route` and `ip rule` of a Linux host print: shared by the readers whose rule sets carry neither
//! addresses nor routes. Lines are told apart by their shape, so the three may stand in one file or in several. What `ip -j`
//! prints becomes lines of the same shape (`json`).
//!
//! Use: a [`Host`] takes lines while files are read ([`Host::take`] says whether a line is its own and accounts for it) and
//! at the end puts interfaces and routes into the first context of the device ([`Host::build`]).

mod address;
mod connected;
mod json;
mod route;
mod rule;
#[cfg(test)]
mod tests;
mod typed;

use super::Ledger;
use super::builder::Builder;
use super::lines::ConfigLine;
use crate::model::{ContextId, DynamicRouting, InterfaceId, NextHop, PolicyRoute, UNSTATED};
use crate::net::{AddressRange, Family, Prefix};
use crate::source::{FileId, Span};
use crate::text;
use crate::text::Text;
use address::Link;
pub(super) use json::{MadeLine, is_json};
use route::RouteLine;
use rule::RuleLine;
use std::collections::BTreeMap;
pub(super) use typed::{Typed, changes, typed};

/// How many lines detection looks at.
const DETECT_LINES: usize = 400;

/// How sure it is that `text` is the output of `ip addr`, `ip route` or `ip rule`: 40 when every line that is no comment has
/// such a shape, else 0. Every reader that takes such files says the same.
pub(super) fn detect(text: &str) -> u8 {
    if is_json(text) {
        return 40;
    }
    let mut heads = 0;
    for line in text.lines().take(DETECT_LINES) {
        let words: Vec<&str> = line.split_ascii_whitespace().collect();
        let indented = line.starts_with([' ', '\t']);
        match words.as_slice() {
            [] => {}
            [first, ..] if first.starts_with('#') => {}
            // A command that was typed; one that changes something makes the file one of the host.
            _ if typed(line).is_some() => heads += usize::from(changes(line)),
            words if address::is_head(words) || rule::is_rule(words) => heads += 1,
            words if !indented && route::is_route(words) => heads += 1,
            [first, ..] if indented && heads > 0 && inside(first) => {}
            _ => return 0,
        }
    }
    if heads > 0 { 40 } else { 0 }
}

/// Whether an indented line that begins with `word` can stand below a link or a route.
fn inside(word: &str) -> bool {
    word == "nexthop" || address::is_detail(word)
}

/// What a host prints of its interfaces, routes and rules, line by line.
#[derive(Debug, Default)]
pub(super) struct Host<'a> {
    links: Vec<Link<'a>>,
    routes: Vec<RouteLine<'a>>,
    rules: Vec<RuleLine<'a>>,
    /// How often rules look up the main table for every packet, which both families do, and the default table, which only
    /// IPv4 does.
    usual: (usize, usize),
    /// What the last line was, so that indented lines find their head.
    last: Last,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Last {
    #[default]
    Nothing,
    Link,
    Route,
}

/// What is known of the host after [`Host::build`].
#[derive(Clone, Debug, Default)]
pub(super) struct Known {
    /// Whether the interfaces were listed; otherwise those that the routes name may not be all.
    pub(super) interfaces: bool,
    /// The host's own addresses of both families, with loopback and link-local ones; empty unless they were listed.
    pub(super) own: Vec<AddressRange>,
    /// Whether `ip rule` was given, for IPv4 and IPv6.
    pub(super) ruled: [bool; 2],
}

impl<'a> Host<'a> {
    /// Takes `line` when it has the shape of one of the outputs, and accounts for it.
    pub(super) fn take(&mut self, line: &ConfigLine<'a>, ledger: &mut Ledger<'_>) -> bool {
        let words: Vec<&'a str> = line.words.iter().map(|word| word.text).collect();
        if line.indent > 0
            && self.last == Last::Link
            && let Some(link) = self.links.last_mut().filter(|_| !address::is_head(&words))
        {
            address::detail(link, line, ledger);
            return true;
        }
        if address::is_head(&words) {
            address::head(&mut self.links, line, ledger);
            self.last = Last::Link;
        } else if rule::is_rule(&words) {
            self.rules.extend(rule::read(line, ledger));
            if let [_, "from", "all", "lookup", table] = words.as_slice() {
                self.usual.0 += usize::from(*table == "main");
                self.usual.1 += usize::from(*table == "default");
            }
            self.last = Last::Nothing;
        } else if self.last == Last::Route && words.first() == Some(&"nexthop") {
            route::next_hop(self.routes.last_mut(), line, ledger);
        } else if route::is_route(&words) {
            self.routes.extend(route::read(line, ledger));
            self.last = Last::Route;
        } else {
            return false;
        }
        true
    }

    /// Takes the lines that [`made`] gave.
    pub(super) fn take_made(&mut self, made: &'a [MadeLine], ledger: &mut Ledger<'_>) {
        for line in made.iter().map(MadeLine::line) {
            if !self.take(&line, ledger) {
                ledger.unknown(line.span, unreadable(), false);
            }
        }
    }

    /// Puts interfaces, routes and policy routes into the first context, which must exist.
    pub(super) fn build(mut self, builder: &mut Builder, origin: Span) -> Known {
        let Some(context) = builder.device.contexts.ids().next() else { return Known::default() };
        let (main, default) = self.usual;
        let known = Known {
            interfaces: !self.links.is_empty(),
            own: address::own(&self.links),
            ruled: [default > 0, main > default],
        };
        self.routes.retain(|route| !route.is_dead());
        self.connect(builder, context);
        let mut names: BTreeMap<String, InterfaceId> = BTreeMap::new();
        address::build(&self.links, builder, context, &mut names);
        let main = |route: &&RouteLine<'_>| route.in_main();
        for route in self.routes.iter().filter(main) {
            route.build(builder, context, &mut names, known.interfaces);
        }
        let others: Vec<&RouteLine<'_>> = self.routes.iter().filter(|r| !r.in_main()).collect();
        for rule in &self.rules {
            rule.build(builder, context, &mut names, &others);
        }
        let stated = Family::ALL.map(|family| self.routes.iter().any(|r| r.family() == family));
        self.unstated(builder, context, stated, origin);
        known
    }

    /// Families whose routes were not given may go anywhere. A host without an address of a family forwards none of it.
    fn unstated(&self, builder: &mut Builder, context: ContextId, stated: [bool; 2], origin: Span) {
        if self.links.iter().any(Link::is_vrf) {
            let dynamic = DynamicRouting { protocol: "vrf".to_owned(), span: origin };
            builder.device.contexts[context].dynamic_routing.push(dynamic);
        }
        if stated == [false, false] {
            let dynamic = DynamicRouting { protocol: UNSTATED.to_owned(), span: origin };
            builder.device.contexts[context].dynamic_routing.push(dynamic);
            return;
        }
        for (family, stated) in Family::ALL.into_iter().zip(stated) {
            let unused = !self.links.is_empty() && !self.links.iter().any(|l| l.routes(family));
            if stated || unused {
                continue;
            }
            let mut matches = builder.everything(Some(family), origin);
            let reason = text!(
                "この系統（IPv4 または IPv6）の経路表がありません。",
                "the routes of this address family were not given"
            );
            matches.unknown.push(super::builder::unknown(reason, origin));
            let anywhere = PolicyRoute { matches, next_hop: None, span: origin };
            builder.device.contexts[context].policy_routes.push(anywhere);
        }
    }
}

/// The lines of a file that `ip -j` printed; none of another file.
pub(super) fn made(file: FileId, text: &str, ledger: &mut Ledger<'_>) -> Vec<MadeLine> {
    if !is_json(text) {
        return Vec::new();
    }
    let end = u32::try_from(text.len()).unwrap_or(u32::MAX);
    ledger.irrelevant(Span { file, start: 0, end });
    let (lines, broken) = json::objects(file, text);
    if let Some(span) = broken {
        let reason = text!(
            "JSON がここで途切れているか、壊れています。以降は読み取れません。",
            "the JSON is cut off or broken here; what follows is not read"
        );
        ledger.unknown(span, reason, false);
    }
    lines
}

/// The reason for a line that is none of the three outputs.
pub(super) fn unreadable() -> Text {
    text!(
        "ip コマンドの出力の行として解釈できません。",
        "this is no line of the output of ip addr, ip route or ip rule"
    )
}

/// The reason for a command that may have changed what the output shows.
pub(super) fn changed() -> Text {
    text!(
        "アドレス・経路などを変更し得るコマンドです。変更後の出力を使ってください。",
        "a command that may change addresses, routes or rules; use the output after it"
    )
}

/// The interface with this name; one that nothing listed is added.
fn named(
    builder: &mut Builder,
    names: &mut BTreeMap<String, InterfaceId>,
    name: &str,
    span: Span,
) -> InterfaceId {
    let name = name.split_once('@').map_or(name, |(name, _)| name);
    if let Some(id) = names.get(name) {
        return *id;
    }
    let id = builder.interface(name, span);
    names.insert(name.to_owned(), id);
    id
}

/// A prefix as the tools print it: `default`, `all`, `10.1/16` never, a bare address as a host.
fn prefix(word: &str, family: Family) -> Option<Prefix> {
    match word {
        "default" | "all" | "any" => Some(Prefix::all(family)),
        _ => Prefix::parse(word),
    }
}

/// Where a route or a rule without a way leads.
fn discard(word: &str) -> Option<NextHop> {
    matches!(word, "blackhole" | "unreachable" | "prohibit").then_some(NextHop::Discard)
}
