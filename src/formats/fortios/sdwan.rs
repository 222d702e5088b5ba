//! SD-WAN (`config system sdwan`, up to 6.2 `virtual-wan-link`): zones, members, and rules that choose a member.

use super::address;
use super::core::{Reader, Scope, Words, undefined_reason};
use super::entry::{Entries, Entry, Fields};
use super::router_policy;
use super::zone;
use crate::formats::blocks::{Statement, Word};
use crate::model::{
    AddressId, ContextId, InterfaceId, Interfaces, Match, NextHop, PolicyRoute, Unknown,
};
use crate::net::Family;
use crate::text;
use std::borrow::Cow;
use std::net::IpAddr;

/// The zone of members that name none.
const DEFAULT_ZONE: &str = "virtual-wan-link";

/// A member.
struct Member {
    number: String,
    zone: String,
    interface: InterfaceId,
    gateway: Option<IpAddr>,
    gateway6: Option<IpAddr>,
}

/// The members of a VDOM.
#[derive(Default)]
pub(super) struct Sdwan {
    members: Vec<Member>,
}

impl Sdwan {
    /// The next hops of the members of these zones; of all when none is named.
    pub(super) fn hops(&self, zones: &[&str], family: Family) -> Vec<NextHop> {
        let named = |member: &&Member| zones.is_empty() || zones.contains(&member.zone.as_str());
        self.members.iter().filter(named).map(|member| member.hop(family)).collect()
    }
}

impl Member {
    fn hop(&self, family: Family) -> NextHop {
        let gateway = if family == Family::V4 { self.gateway } else { self.gateway6 };
        match gateway.filter(|address| !address.is_unspecified()) {
            Some(address) => NextHop::Gateway { address, interface: Some(self.interface) },
            None => NextHop::Interface(self.interface),
        }
    }
}

/// Reads zones and members; the zones can be named in policies.
pub(super) fn read<'a>(
    reader: &mut Reader<'a>,
    scope: &mut Scope<'_, 'a>,
    context: ContextId,
) -> Sdwan {
    let mut sdwan = Sdwan::default();
    let mut services = Vec::new();
    let blocks = [scope.take("system sdwan"), scope.take("system virtual-wan-link")].concat();
    let enabled = Fields::of(&blocks).on("status");
    for block in &blocks {
        reader.frame(*block);
        for child in block.children() {
            match child.text(0).as_ref() {
                "zone" | "members" => reader.used(child.span()),
                "service" => services.push(child),
                "status" => reader.used(child.span()),
                // Health checks, load balancing and logging choose among members, and each is possible anyway.
                _ => reader.irrelevant(child.span()),
            }
        }
    }
    if !enabled {
        for service in services {
            reader.irrelevant(service.span());
        }
        return sdwan;
    }
    for block in &blocks {
        for child in block.children().filter(|child| child.text(0) == "members") {
            for entry in Entries::read(&[child]).list {
                sdwan.members.extend(member(reader, context, &entry));
            }
        }
    }
    zones(reader, scope, context, &blocks, &sdwan);
    scope.blocks.insert("system sdwan", services);
    sdwan
}

fn member<'a>(
    reader: &mut Reader<'a>,
    context: ContextId,
    entry: &Entry<'_, 'a>,
) -> Option<Member> {
    let fields = entry.fields();
    if fields.is("status", "disable") {
        return None;
    }
    let word = fields.values("interface").into_iter().next()?;
    let kind = crate::model::InterfaceKind::Ethernet;
    let interface = super::interface::port(reader, context, &word.text, word.span, kind);
    Some(Member {
        number: entry.name.clone().into_owned(),
        zone: fields.text("zone").map_or(DEFAULT_ZONE.to_owned(), Cow::into_owned),
        interface,
        gateway: fields.number("gateway"),
        gateway6: fields.number("gateway6"),
    })
}

fn zones<'a>(
    reader: &mut Reader<'a>,
    scope: &mut Scope<'_, 'a>,
    context: ContextId,
    blocks: &[Statement<'_, 'a>],
    sdwan: &Sdwan,
) {
    let mut names: Vec<Cow<'a, str>> = vec![Cow::Borrowed(DEFAULT_ZONE)];
    for block in blocks {
        for child in block.children().filter(|child| child.text(0) == "zone") {
            names.extend(Entries::read(&[child]).list.into_iter().map(|entry| entry.name));
        }
    }
    for name in names {
        let inside = sdwan.members.iter().filter(|member| member.zone == name);
        let mut members = Vec::new();
        for member in inside {
            let own = Cow::Owned(reader.device.interfaces[member.interface].name.clone());
            let word = Word { text: own, span: reader.origin };
            zone::member(reader, scope, context, &name, &word, &mut members);
        }
        scope.names.zones.insert(name, members);
    }
}

const READ: &[&str] = &[
    "status",
    "addr-mode",
    "src",
    "dst",
    "src6",
    "dst6",
    "src-negate",
    "dst-negate",
    "protocol",
    "start-port",
    "end-port",
    "start-src-port",
    "end-src-port",
    "input-device",
    "input-device-negate",
    "input-zone",
    "priority-members",
    "priority-zone",
    "member",
    "internet-service",
    "users",
    "groups",
    "tos",
    "tos-mask",
    "mode",
];

/// Reads the rules: each member that a rule may choose is a branch that packets may take.
pub(super) fn rules<'a>(
    reader: &mut Reader<'a>,
    scope: &mut Scope<'_, 'a>,
    context: ContextId,
    sdwan: &Sdwan,
) {
    let blocks = scope.take("system sdwan");
    let words = Words::new(READ, &[]);
    for entry in reader.plain_entries(&blocks) {
        // Everything else says how the best member is found, and any of them is possible.
        for statement in reader.account(&entry, &words) {
            reader.irrelevant(statement.span());
        }
        let fields = entry.fields();
        if fields.is("status", "disable") {
            continue;
        }
        let span = entry.span().unwrap_or(reader.origin);
        let family = if fields.is("addr-mode", "ipv6") { Family::V6 } else { Family::V4 };
        let mut unknown = Vec::new();
        let matches = matches(reader, scope, context, &fields, family, span, &mut unknown);
        for next_hop in chosen(sdwan, &fields, family) {
            let matches = Match { unknown: unknown.clone(), ..matches.clone() };
            let route = PolicyRoute { matches, next_hop: Some(next_hop), span };
            reader.device.contexts[context].policy_routes.push(route);
        }
    }
}

/// The members that a rule names; all when it names none.
fn chosen(sdwan: &Sdwan, fields: &Fields<'_, '_>, family: Family) -> Vec<NextHop> {
    let mut numbers = fields.values("priority-members");
    numbers.extend(fields.values("member"));
    let zones = fields.values("priority-zone");
    let open = numbers.is_empty() && zones.is_empty();
    let named = |member: &&Member| {
        open || numbers.iter().any(|word| word.text == member.number)
            || zones.iter().any(|word| word.text == member.zone)
    };
    sdwan.members.iter().filter(named).map(|member| member.hop(family)).collect()
}

fn matches<'a>(
    reader: &mut Reader<'a>,
    scope: &mut Scope<'_, 'a>,
    context: ContextId,
    fields: &Fields<'_, 'a>,
    family: Family,
    span: crate::source::Span,
    unknown: &mut Vec<Unknown>,
) -> Match {
    let mut devices = fields.values("input-device");
    devices.extend(fields.values("input-zone"));
    let mut ingress = Interfaces::Any;
    if !devices.is_empty() && !fields.on("input-device-negate") {
        let (interfaces, open) = zone::resolve(reader, scope, context, &devices);
        ingress = interfaces;
        unknown.extend(open);
    }
    let keys = if family == Family::V4 { ["src", "dst"] } else { ["src6", "dst6"] };
    let mut side = |reader: &mut Reader<'a>, key: &str, negate: &str| -> AddressId {
        let set = address::resolve_all(reader, scope, &fields.values(key), family);
        // A negated side is left open, which is the wider reading of a branch.
        set.filter(|_| !fields.on(negate)).unwrap_or_else(|| reader.all(family))
    };
    let source = side(reader, keys[0], "src-negate");
    let destination = side(reader, keys[1], "dst-negate");
    let reason = text!(
        "SD-WAN ルールがどの回線を選ぶかは、回線の状態によります。",
        "which member an SD-WAN rule chooses depends on the state of the links"
    );
    unknown.push(Unknown { reason, span });
    if fields.on("internet-service") {
        unknown.push(Unknown { reason: undefined_reason("internet-service"), span });
    }
    Match {
        ingress,
        ..Match::between(source, destination, router_policy::service(reader, fields, span))
    }
}
