//! Translations: `DNAT`, `SNAT`, `MASQUERADE`, `REDIRECT`, `NETMAP`.

use super::chains::{Hook, Reader};
use super::matching::Place;
use super::rule::{Nat, NatKind, Rule, Side, Test};
use crate::formats::builder::{line, unknown};
use crate::model::{Action, AddressMap, AddressSet, Line, Match, PortMap, Rewrite};
use crate::net::{AddressRange, Family, PortRange, Prefix, address};
use crate::text;
use std::net::IpAddr;

/// A `--to-…` value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct To {
    addresses: Option<AddressRange>,
    ports: Option<PortRange>,
    /// Whether ports are shifted from a base instead of chosen.
    shifted: bool,
}

impl Reader<'_, '_> {
    /// The lines of a translation rule.
    pub(super) fn translations(
        &mut self,
        nat: &Nat,
        rule: &Rule,
        place: Place<'_>,
        all: Vec<Match>,
        label: &str,
    ) -> Vec<Line> {
        let mut rewrite =
            Rewrite { label: label.to_owned(), span: Some(rule.span), ..Rewrite::default() };
        let made = match (nat.kind, place.hook) {
            (NatKind::Destination | NatKind::Redirect, Hook::Prerouting) => {
                destination(nat, place.family, &mut rewrite)
            }
            (NatKind::Source | NatKind::Masquerade, Hook::Postrouting) => {
                source(nat, place.family, &mut rewrite)
            }
            (NatKind::Netmap, Hook::Prerouting | Hook::Postrouting) => {
                return self.netmap(nat, rule, place, all, rewrite);
            }
            _ => None,
        };
        let mut lines = Vec::new();
        let action = match made {
            Some(sure) => {
                let id = self.builder.device.rewrites.push(rewrite);
                (Action::Rewrite(id), sure)
            }
            None => (Action::Undecided, false),
        };
        for mut matches in all {
            if !action.1 {
                self.unread(rule, &mut matches);
            }
            lines.push(line(label.to_owned(), matches, action.0, rule.span));
        }
        lines
    }

    fn unread(&mut self, rule: &Rule, matches: &mut Match) {
        let reason = text!(
            "変換先を確定できないため、この変換は不確実とします。",
            "what the rule translates to is not certain"
        );
        self.gap(rule.span, reason.clone());
        matches.unknown.push(unknown(reason, rule.span));
    }

    /// `NETMAP --to 10.1.0.0/16`: host bits are kept. One to one when the rule lets one network of that size through.
    fn netmap(
        &mut self,
        nat: &Nat,
        rule: &Rule,
        place: Place<'_>,
        all: Vec<Match>,
        mut rewrite: Rewrite,
    ) -> Vec<Line> {
        let side = if place.hook == Hook::Prerouting { Side::Destination } else { Side::Source };
        let target = nat.to.first().and_then(|to| Prefix::parse(to));
        let target = target.filter(|target| target.family() == place.family);
        let from = asked(rule, side);
        let exact = match (from, target) {
            (Some(from), Some(target)) => inner(from, target),
            _ => None,
        };
        let map = match (exact, target) {
            (Some((from, to)), _) => AddressMap::Shift { from, to },
            (None, Some(target)) => AddressMap::Pool(vec![target.range()]),
            (None, None) => AddressMap::Unknown,
        };
        match side {
            Side::Destination => rewrite.destination = Some(map),
            _ => rewrite.source = Some(map),
        }
        let label = rewrite.label.clone();
        let id = self.builder.device.rewrites.push(rewrite);
        let mut lines = Vec::new();
        for mut matches in all {
            let own = if side == Side::Destination { matches.destination } else { matches.source };
            let within = |range: AddressRange| matches!(&self.builder.device.addresses[own].value, AddressSet::Range(r) if *r == range);
            if !exact.is_some_and(|(from, _)| within(from)) {
                self.unread(rule, &mut matches);
                if let Some((from, _)) = exact {
                    // The map knows these addresses only.
                    let range = self.builder.range(from, rule.span);
                    let slot = match side {
                        Side::Destination => &mut matches.destination,
                        _ => &mut matches.source,
                    };
                    let rest = self.builder.except(*slot, range, rule.span);
                    *slot = self.builder.except(*slot, rest, rule.span);
                }
            }
            lines.push(line(label.clone(), matches, Action::Rewrite(id), rule.span));
        }
        lines
    }
}

/// The one network that a rule asks for on a side.
fn asked(rule: &Rule, side: Side) -> Option<Prefix> {
    let mut found = rule.conditions.iter().filter_map(|condition| match &condition.test {
        Test::Address(at, text) if *at == side && !condition.negated => Some(text),
        _ => None,
    });
    let (one, more) = (found.next()?, found.next());
    if more.is_some() { None } else { Prefix::parse(one) }
}

/// The addresses before and after, when the network before is no wider than the one after.
fn inner(from: Prefix, target: Prefix) -> Option<(AddressRange, AddressRange)> {
    if from.len() < target.len() {
        return None;
    }
    let (first, last) = from.range().numbers();
    let (base, end) = target.range().numbers();
    let hosts = end - base;
    let to = |number: u128| address(target.family(), base | (number & hosts));
    Some((from.range(), AddressRange::new(to(first), to(last))?))
}

/// What becomes of the destination; `None` when it is not understood, `false` when it is not certain.
fn destination(nat: &Nat, family: Family, rewrite: &mut Rewrite) -> Option<bool> {
    if nat.kind == NatKind::Redirect {
        rewrite.destination = Some(AddressMap::IngressInterface);
        let ports = match nat.to.as_slice() {
            [] => None,
            [one, ..] => Some(port_range(one)?),
        };
        rewrite.destination_port = ports.map(PortMap::Within);
        return Some(true);
    }
    let targets: Vec<To> = nat.to.iter().map(|to| parse(to, family)).collect::<Option<_>>()?;
    let first = *targets.first()?;
    let pool: Vec<AddressRange> = targets.iter().filter_map(|to| to.addresses).collect();
    rewrite.destination = (!pool.is_empty()).then_some(AddressMap::Pool(pool));
    rewrite.destination_port = first.ports.map(PortMap::Within);
    let same = targets.iter().all(|to| to.ports == first.ports && to.addresses.is_some());
    Some(!first.shifted && (same || targets.len() == 1))
}

/// What becomes of the source. The kernel keeps a port when it can, and otherwise takes another.
fn source(nat: &Nat, family: Family, rewrite: &mut Rewrite) -> Option<bool> {
    if nat.kind == NatKind::Masquerade {
        rewrite.source = Some(AddressMap::EgressInterface);
        let ports = match nat.to.as_slice() {
            [] => PortRange::ALL,
            [one, ..] => port_range(one)?,
        };
        rewrite.source_port = Some(PortMap::Within(ports));
        return Some(true);
    }
    let targets: Vec<To> = nat.to.iter().map(|to| parse(to, family)).collect::<Option<_>>()?;
    let first = *targets.first()?;
    let pool: Vec<AddressRange> = targets.iter().filter_map(|to| to.addresses).collect();
    rewrite.source = (!pool.is_empty()).then_some(AddressMap::Pool(pool));
    rewrite.source_port = Some(PortMap::Within(first.ports.unwrap_or(PortRange::ALL)));
    Some(targets.iter().all(|to| to.ports == first.ports))
}

/// `192.0.2.1`, `192.0.2.1-192.0.2.9:80-90`, `:8080`, `[2001:db8::1]:80`, `192.0.2.1:5000-5099/6000`.
fn parse(text: &str, family: Family) -> Option<To> {
    let (addresses, ports) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((addresses, "")) => (addresses, None),
        Some((addresses, rest)) => match rest.split_once("]:").or(rest.split_once(':')) {
            // `[a]-[b]:80`.
            Some((last, ports)) if last.starts_with("-[") => {
                let last = last.trim_start_matches("-[").trim_end_matches(']');
                let range = AddressRange::new(addresses.parse().ok()?, last.parse().ok()?)?;
                let ports = Some(port_range(ports)?);
                return Some(To { addresses: Some(range), ports, shifted: false });
            }
            Some(("", ports)) => (addresses, Some(ports)),
            _ => return None,
        },
        None if family == Family::V6 => (text, None),
        None => match text.split_once(':') {
            Some((addresses, ports)) => (addresses, Some(ports)),
            None => (text, None),
        },
    };
    let addresses = match addresses {
        "" => None,
        words => {
            let (first, last) = words.split_once('-').unwrap_or((words, words));
            let (first, last): (IpAddr, IpAddr) = (first.parse().ok()?, last.parse().ok()?);
            Some(AddressRange::new(first, last).filter(|range| range.family() == family)?)
        }
    };
    let (ports, base) = match ports.map(|ports| ports.split_once('/').unwrap_or((ports, ""))) {
        Some((ports, base)) => (Some(port_range(ports)?), !base.is_empty()),
        None => (None, false),
    };
    (addresses.is_some() || ports.is_some()).then_some(To { addresses, ports, shifted: base })
}

fn port_range(text: &str) -> Option<PortRange> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    PortRange::new(first.parse().ok()?, last.parse().ok()?)
}
