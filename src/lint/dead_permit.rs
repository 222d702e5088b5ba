//! Permits for packets that cannot come to the line: no such source is beyond the interfaces where the list stands, or no such
//! destination.

use std::collections::BTreeMap;

use super::Subject;
use super::behind::behind;
use super::entries::{self, Entry, List};
use super::extent::{Extent, extent};
use super::write;
use crate::compile::Fate;
use crate::finding::{Finding, Severity};
use crate::model::{
    Action, AddressMap, ContextId, Device, InterfaceId, Interfaces, Line, NextHop, Translated,
};
use crate::net::{AddressRange, Prefix};
use crate::text;
use crate::text::Text;

/// What is known of one device while its lines are looked at.
struct Ground<'s, 'a> {
    subject: &'s Subject<'a>,
    behind: BTreeMap<InterfaceId, Extent>,
    /// What each context has a route to.
    routed: Vec<Extent>,
    /// What translation touches: there packets look different before and after.
    translated: Extent,
    /// The device's own addresses.
    own: Extent,
    /// Addresses that are good on one link only.
    link: Extent,
    /// Addresses that packets can be forwarded from and to.
    unicast: Extent,
}

/// Which end of a line nobody is at.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Dead {
    Source,
    Destination,
}

pub(super) fn check(subject: &Subject<'_>, rule: &'static str) -> Vec<Finding> {
    let mut ground = Ground {
        subject,
        behind: BTreeMap::new(),
        routed: subject.device.contexts.ids().map(|id| routed(subject.device, id)).collect(),
        translated: translated(subject.device),
        own: own(subject.device),
        link: link(),
        unicast: Extent::everything(),
    };
    let mut findings = Vec::new();
    for list in subject.lists.iter().filter(|list| !list.contexts.is_empty()) {
        for entry in &list.entries {
            if matches!(entry.fate, Fate::Covered(_) | Fate::Empty) {
                continue;
            }
            let permits = |line: &&Line| line.enabled && line.action == Action::Permit;
            let mut lines = entry.lines(subject.device, list.id).filter(permits).peekable();
            if lines.peek().is_none() {
                continue;
            }
            let dead: Option<Vec<Dead>> = lines.map(|line| ground.dead(list, line)).collect();
            if let Some(first) = dead.and_then(|dead| dead.first().copied()) {
                findings.push(finding(subject, rule, (list, entry), first));
            }
        }
    }
    findings
}

/// Every address that a rewrite of the device takes or gives.
fn translated(device: &Device) -> Extent {
    let mut ranges: Vec<AddressRange> = Vec::new();
    for (_, rewrite) in device.rewrites.iter() {
        for map in [&rewrite.source, &rewrite.destination].into_iter().flatten() {
            match map {
                AddressMap::Shift { from, to } => ranges.extend([*from, *to]),
                AddressMap::Pool(pool) => ranges.extend(pool),
                AddressMap::Unknown => return Extent::everything(),
                AddressMap::EgressInterface | AddressMap::IngressInterface => {}
            }
        }
    }
    Extent::of(&ranges)
}

fn own(device: &Device) -> Extent {
    let all = device.interfaces.iter().flat_map(|(_, interface)| &interface.addresses);
    Extent::of(&all.map(|own| AddressRange::single(own.address)).collect::<Vec<_>>())
}

fn link() -> Extent {
    let blocks = ["169.254.0.0/16", "fe80::/10"].into_iter().filter_map(Prefix::parse);
    Extent::of(&blocks.map(Prefix::range).collect::<Vec<_>>())
}

impl Ground<'_, '_> {
    /// Why no packet can come to the line, when that is certain.
    fn dead(&mut self, list: &List, line: &Line) -> Option<Dead> {
        let subject = self.subject;
        if !line.matches.unknown.is_empty() || line.matches.translated != Translated::Ignored {
            return None;
        }
        let (source, destination) =
            (extent(subject, line.matches.source), extent(subject, line.matches.destination));
        if !self.is_odd(&source) {
            let into = self.places(list, |(ingress, _)| ingress, &line.matches.ingress);
            let comes = into.iter().any(|id| self.at(*id).meets(&source));
            if !into.is_empty() && !comes && !source.meets(&self.own) {
                return Some(Dead::Source);
            }
        }
        if !self.is_odd(&destination) {
            let out = self.places(list, |(_, egress)| egress, &line.matches.egress);
            let goes = out.iter().any(|id| self.at(*id).meets(&destination));
            let lost = !goes || self.unrouted(list, &destination);
            if !out.is_empty() && lost && !destination.meets(&self.own) {
                return Some(Dead::Destination);
            }
        }
        None
    }

    /// Whether nothing is said about these addresses here: none, not only unicast, local to a link, or touched by translation.
    fn is_odd(&self, ends: &Extent) -> bool {
        ends.is_empty()
            || ends.meets(&self.link)
            || !ends.within(&self.unicast)
            || ends.meets(&self.translated)
    }

    /// The interfaces that are up on one side of the line.
    fn places(
        &self,
        list: &List,
        side: impl Fn(&(Interfaces, Interfaces)) -> &Interfaces,
        own: &Interfaces,
    ) -> Vec<InterfaceId> {
        let interfaces = self.subject.device.interfaces.iter();
        let here = interfaces.filter(|(id, interface)| {
            interface.up
                && list.contexts.contains(&interface.context)
                && own.contains(*id)
                && list.places.iter().any(|place| side(place).contains(*id))
        });
        here.map(|(id, _)| id).collect()
    }

    fn at(&mut self, id: InterfaceId) -> &Extent {
        let subject = self.subject;
        self.behind.entry(id).or_insert_with(|| behind(subject, id))
    }

    /// Whether no context of the list has a route to any of it.
    fn unrouted(&self, list: &List, destination: &Extent) -> bool {
        let routed = |id: &ContextId| {
            self.routed.get(id.index()).is_none_or(|routed| routed.meets(destination))
        };
        !list.contexts.iter().any(routed)
    }
}

/// What a context has a route to.
fn routed(device: &Device, id: ContextId) -> Extent {
    let context = &device.contexts[id];
    let unseen = !context.dynamic_routing.is_empty() && !context.rib_complete;
    let dynamic = device.interfaces.iter().any(|(_, i)| i.context == id && i.up && i.dynamic);
    if unseen || dynamic || !context.policy_routes.is_empty() {
        return Extent::everything();
    }
    let connected = device.interfaces.iter().filter(|(_, i)| i.context == id && i.up);
    let connected = connected.flat_map(|(_, interface)| &interface.addresses);
    let subnets = connected.filter_map(|own| Prefix::new(own.address, own.len));
    let routes = context.routes.iter().filter(|route| route.next_hop != NextHop::Discard);
    let ranges: Vec<AddressRange> =
        subnets.chain(routes.map(|route| route.prefix)).map(|prefix| prefix.range()).collect();
    Extent::of(&ranges)
}

fn finding(
    subject: &Subject<'_>,
    rule: &'static str,
    (list, entry): (&List, &Entry),
    dead: Dead,
) -> Finding {
    let (name, label) = (&subject.device.name, write::label(subject, list, entry));
    let message = text!(
        "「{name}」の許可の行「{label}」に一致する通信は、この機器に届きません。",
        "on {name}, no packet that the permit {label} names can come to it"
    );
    let mut finding = write::new(subject, rule, Severity::Low, message);
    finding.details.push(reason(subject, list, dead));
    finding.details.push(text!(
        "経路とゾーンの配置だけから判断しています。送信元を偽った通信は考えていません。",
        "this follows from routes and the places of zones alone, for packets with their true source"
    ));
    finding.advice = Some(text!(
        "接続先の廃止や移設の後に残った行であれば削除し、そうでなければアドレスとインターフェースを確かめてください。",
        "delete it when it was left behind by a change of the network; else check its addresses and interfaces"
    ));
    finding.blame.push(write::blame_entry(subject, list, entry));
    write::seal(subject, finding, &[&subject.device.lists[list.id].name])
}

fn reason(subject: &Subject<'_>, list: &List, dead: Dead) -> Text {
    let place = |side: fn(&(Interfaces, Interfaces)) -> &Interfaces| {
        let mut names: Vec<String> = list
            .places
            .iter()
            .filter_map(|place| entries::interfaces(subject.device, side(place)))
            .collect();
        names.dedup();
        names.truncate(4);
        names.join(", ")
    };
    let (ja, en) = match dead {
        Dead::Source => ("送信元", "source"),
        Dead::Destination => ("宛先", "destination"),
    };
    let places = match dead {
        Dead::Source => place(|(ingress, _)| ingress),
        Dead::Destination => place(|(_, egress)| egress),
    };
    if places.is_empty() {
        text!(
            "行の{ja}のアドレスは、この機器につながるどのネットワークにもありません。",
            "no network that the device leads to has its {en} addresses"
        )
    } else {
        text!(
            "行の{ja}のアドレスは、リストが適用されている「{places}」の先にありません。",
            "its {en} addresses are not beyond {places}, where the list is bound"
        )
    }
}
