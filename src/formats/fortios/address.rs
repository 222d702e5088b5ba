//! `config firewall address`, `address6`, `addrgrp`, `addrgrp6`: names of address sets.

use super::core::{Name, Reader, Scope, Words, subnet, undefined_reason};
use super::entry::{Entry, Fields};
use super::group::{Group, order};
use crate::formats::blocks::Word;
use crate::model::{AddressId, AddressObject, AddressSet, AddressWithin, Remark};
use crate::net::{AddressRange, Family, Prefix, WildcardMask};
use crate::source::Span;
use crate::text;
use crate::text::Text;
use std::net::{IpAddr, Ipv4Addr};

const READ: &[&str] = &[
    "type",
    "subnet",
    "start-ip",
    "end-ip",
    "wildcard",
    "interface",
    "ip6",
    "fqdn",
    "country",
    "wildcard-fqdn",
    "macaddr",
    "start-mac",
    "end-mac",
    "sdn",
    "filter",
    "sub-type",
    "ip",
    "template",
    "route-tag",
    "epg-name",
    "tenant",
    "organization",
    "policy-group",
    "subnet-name",
    "sdn-tag",
    "obj-type",
    "host",
    "host-type",
    "node-ip-only",
    "tag-detection-level",
    "tag-type",
    "obj-tag",
    "hw-vendor",
    "hw-model",
    "os",
    "sw-version",
    "clearpass-spt",
    "fsso-group",
    "obj-id",
    "sdn-addr-type",
    "agent-id",
    "dirty",
    "wildcard6",
    "passive-fqdn-learning",
];
const IGNORED: &[&str] = &[
    "uuid",
    "sso-attribute-value",
    "comment",
    "color",
    "visibility",
    "associated-interface",
    "allow-routing",
    "cache-ttl",
    "fabric-object",
    "config tagging",
    "config list",
    "config subnet-segment",
    "tags",
    "display",
    "global-object",
    "config profile-list",
    "profile-list",
    "fabric-force-sync",
];
const GROUP_READ: &[&str] = &["member", "exclude", "exclude-member", "type", "category"];
const GROUP_IGNORED: &[&str] = &[
    "uuid",
    "comment",
    "color",
    "visibility",
    "allow-routing",
    "fabric-object",
    "config tagging",
    "tags",
];

/// Reads the address objects and groups of both families.
pub(super) fn read<'a>(reader: &mut Reader<'a>, scope: &mut Scope<'_, 'a>) {
    let words = Words::new(READ, IGNORED);
    for (path, family) in [("firewall address", Family::V4), ("firewall address6", Family::V6)] {
        let blocks = scope.take(path);
        let mut fields = Fields::default();
        let entries = reader.plain_entries(&blocks);
        names(scope, family).reserve(entries.len());
        reader.device.addresses.reserve(entries.len());
        for entry in entries {
            let id = object(reader, &entry, &mut fields, &words, family);
            names(scope, family).insert(entry.name, id);
        }
    }
    let templates = scope.take("firewall address6-template");
    for block in templates {
        reader.irrelevant(block.span());
    }
    let blocks = scope.take("system external-resource");
    for entry in reader.plain_entries(&blocks) {
        for part in entry.parts() {
            reader.used(part.span());
            scope.names.feeds.insert(entry.name.clone(), part.span());
        }
    }
    let words = Words::new(GROUP_READ, GROUP_IGNORED);
    for (path, family) in [("firewall addrgrp", Family::V4), ("firewall addrgrp6", Family::V6)] {
        let blocks = scope.take(path);
        groups(reader, scope, &blocks, &words, family);
    }
}

fn names<'s, 'a>(
    scope: &'s mut Scope<'_, 'a>,
    family: Family,
) -> &'s mut rustc_hash::FxHashMap<Name<'a>, AddressId> {
    match family {
        Family::V4 => &mut scope.names.addresses,
        Family::V6 => &mut scope.names.addresses6,
    }
}

fn object<'t, 'a>(
    reader: &mut Reader<'a>,
    entry: &Entry<'t, 'a>,
    fields: &mut Fields<'t, 'a>,
    words: &Words,
    family: Family,
) -> AddressId {
    let strange = reader.account(entry, words);
    let name = entry.name.as_ref();
    let span = entry.span().unwrap_or(reader.origin);
    let value = if strange.is_empty() {
        entry.fields_into(fields);
        value(reader, fields, name, family, span)
    } else {
        reader.contained(&strange, name);
        unknown(
            text!(
                "「{name}」の定義に解釈できない行があります。",
                "the definition of `{name}` holds a line that is not understood"
            ),
            family,
        )
    };
    reader.device.addresses.push(AddressObject { name: name.to_owned(), value, span })
}

fn value(
    reader: &mut Reader<'_>,
    fields: &Fields<'_, '_>,
    name: &str,
    family: Family,
    span: Span,
) -> AddressSet {
    let kind = fields.text("type").unwrap_or_else(|| default_type(family).into());
    let exact = match (family, kind.as_ref()) {
        (Family::V4, "ipmask") => prefix_of(fields, "subnet", family),
        (Family::V6, "ipprefix") => prefix_of(fields, "ip6", family),
        (_, "iprange") => range_of(fields, family),
        (Family::V4, "wildcard") => wildcard_of(fields),
        (Family::V4, "interface-subnet") => interface_subnet(reader, fields),
        (_, "fqdn" | "wildcard-fqdn") => return domain(name, &kind, fields, family),
        _ => return unresolvable(&kind, name, family),
    };
    exact.unwrap_or_else(|| {
        let reason = text!(
            "アドレス「{name}」の値を読み取れません。",
            "the value of address `{name}` cannot be read"
        );
        reader.ledger.unknown(span, reason.clone(), true);
        unknown(reason, family)
    })
}

fn default_type(family: Family) -> &'static str {
    match family {
        Family::V4 => "ipmask",
        Family::V6 => "ipprefix",
    }
}

/// An absent subnet is the default: 0.0.0.0/0, `::/0`.
fn prefix_of(fields: &Fields<'_, '_>, key: &str, family: Family) -> Option<AddressSet> {
    let Some(_) = fields.get(key) else {
        return Some(AddressSet::Range(Prefix::all(family).range()));
    };
    let prefix = subnet(&fields.values(key))?;
    (prefix.family() == family).then(|| AddressSet::Range(prefix.range()))
}

fn range_of(fields: &Fields<'_, '_>, family: Family) -> Option<AddressSet> {
    let first: IpAddr = fields.number("start-ip")?;
    let last: IpAddr = fields.number("end-ip")?;
    let range = AddressRange::new(first, last)?;
    (range.family() == family).then_some(AddressSet::Range(range))
}

/// FortiOS writes a mask whose *set* bits are compared.
fn wildcard_of(fields: &Fields<'_, '_>) -> Option<AddressSet> {
    let words = fields.values("wildcard");
    let [address, mask] = words.as_slice() else { return None };
    let address: Ipv4Addr = address.text.parse().ok()?;
    let mask: Ipv4Addr = mask.text.parse().ok()?;
    let ignore = Ipv4Addr::from(!u32::from(mask));
    Some(AddressSet::Wildcard(WildcardMask::new(address, ignore)))
}

/// The subnet of the interface's primary address.
fn interface_subnet(reader: &Reader<'_>, fields: &Fields<'_, '_>) -> Option<AddressSet> {
    let id = reader.ports.get(fields.text("interface")?.as_ref())?;
    let interface = &reader.device.interfaces[*id];
    if interface.dynamic {
        return None;
    }
    let address = interface.addresses.iter().find(|address| address.address.is_ipv4())?;
    Some(AddressSet::Range(Prefix::new(address.address, address.len)?.range()))
}

/// A domain name. Its reason quotes the name of the object and the domain: what asks for either finds it.
fn domain(name: &str, kind: &str, fields: &Fields<'_, '_>, family: Family) -> AddressSet {
    let key = if kind == "fqdn" { "fqdn" } else { "wildcard-fqdn" };
    let domain = fields.text(key).unwrap_or_default();
    let reason = if domain.is_empty() || domain == name {
        text!(
            "「{name}」は FQDN のため、設定だけではアドレスが決まりません。topology.yaml の resolve で指定できます。",
            "`{name}` is a domain name; its addresses are not in the configuration (see `resolve` in topology.yaml)"
        )
    } else {
        text!(
            "「{name}」は FQDN「{domain}」のため、設定だけではアドレスが決まりません。topology.yaml の resolve で指定できます。",
            "`{name}` is the domain name `{domain}`; its addresses are not in the configuration (see `resolve` in topology.yaml)"
        )
    };
    AddressSet::Unknown { reason, within: AddressWithin::Family(family) }
}

/// Sets that the configuration does not determine.
fn unresolvable(kind: &str, name: &str, family: Family) -> AddressSet {
    let reason = match kind {
        "geography" => text!(
            "「{name}」は国別アドレスのため、設定だけではアドレスが決まりません。",
            "`{name}` is a country; its addresses are not in the configuration"
        ),
        _ => text!(
            "「{name}」（種別 {kind}）は動的なアドレスのため、設定だけでは決まりません。",
            "`{name}` (type {kind}) is dynamic; its addresses are not in the configuration"
        ),
    };
    // MAC addresses and tags say nothing about the family.
    let within = match kind {
        "geography" => AddressWithin::Family(family),
        _ => AddressWithin::Anywhere,
    };
    AddressSet::Unknown { reason, within }
}

fn unknown(reason: Text, family: Family) -> AddressSet {
    AddressSet::Unknown { reason, within: AddressWithin::Family(family) }
}

fn groups<'t, 'a>(
    reader: &mut Reader<'a>,
    scope: &mut Scope<'t, 'a>,
    blocks: &[crate::formats::blocks::Statement<'t, 'a>],
    words: &Words,
    family: Family,
) {
    let entries = reader.plain_entries(blocks);
    let mut groups = Vec::with_capacity(entries.len());
    names(scope, family).reserve(entries.len());
    let mut fields = Fields::default();
    for entry in entries {
        let strange = reader.account(&entry, words);
        let name = entry.name.clone();
        reader.contained(&strange, &name);
        entry.fields_into(&mut fields);
        let members = fields.values("member");
        let broken =
            (!strange.is_empty() || members.is_empty() || !fields.odd.is_empty()).then(|| {
                text!(
                    "アドレスグループ「{name}」の定義が空か、解釈できない行を含みます。",
                    "address group `{name}` is empty or holds a line that is not understood"
                )
            });
        let exclude =
            if fields.on("exclude") { fields.values("exclude-member") } else { Vec::new() };
        let span = entry.span().unwrap_or(reader.origin);
        groups.push(Group { name, members, exclude, span, broken, recursive: false });
    }
    for at in order(&mut groups) {
        let Some(group) = groups.get(at) else { continue };
        let value = group_value(reader, scope, group, family);
        let name = group.name.as_ref().to_owned();
        let id = reader.device.addresses.push(AddressObject { name, value, span: group.span });
        names(scope, family).insert(group.name.clone(), id);
    }
}

fn group_value<'a>(
    reader: &mut Reader<'a>,
    scope: &mut Scope<'_, 'a>,
    group: &Group<'a>,
    family: Family,
) -> AddressSet {
    let name = group.name.as_ref();
    if group.recursive {
        let reason = text!(
            "アドレスグループ「{name}」が自分自身を含んでいます。",
            "address group `{name}` holds itself"
        );
        reader.device.remarks.push(Remark::Recursive { name: name.to_owned(), span: group.span });
        reader.ledger.unknown(group.span, reason.clone(), true);
        return unknown(reason, family);
    }
    if let Some(reason) = &group.broken {
        return unknown(reason.clone(), family);
    }
    let members: Vec<AddressId> =
        group.members.iter().map(|word| resolve(reader, scope, word, family)).collect();
    if group.exclude.is_empty() {
        return AddressSet::Union(members);
    }
    let minus: Vec<AddressId> =
        group.exclude.iter().map(|word| resolve(reader, scope, word, family)).collect();
    let of = reader.union(members, group.span);
    let minus = reader.union(minus, group.span);
    AddressSet::Except { of, minus }
}

/// The set that a name stands for: an object or group of this VDOM, a built-in one, a feed, or unknown.
pub(super) fn resolve<'a>(
    reader: &mut Reader<'a>,
    scope: &mut Scope<'_, 'a>,
    word: &Word<'a>,
    family: Family,
) -> AddressId {
    if let Some(id) = names(scope, family).get(&word.text) {
        return *id;
    }
    let name = word.text.as_ref();
    let id = match name {
        "all" => reader.all(family),
        "none" => reader.constant("none"),
        _ if scope.names.feeds.contains_key(name) => {
            let reason = text!(
                "「{name}」は外部から取得する一覧のため、設定だけではアドレスが決まりません。",
                "`{name}` is a list fetched from elsewhere; its addresses are not in the configuration"
            );
            reader.unknown_address(Some(family), reason, word.span)
        }
        _ => {
            reader.undefined("address", name, word.span);
            let value = unknown(undefined_reason(name), family);
            reader.device.addresses.push(AddressObject {
                name: name.to_owned(),
                value,
                span: word.span,
            })
        }
    };
    names(scope, family).insert(word.text.clone(), id);
    id
}

/// The union of names; `None` when there is none.
pub(super) fn resolve_all<'a>(
    reader: &mut Reader<'a>,
    scope: &mut Scope<'_, 'a>,
    words: &[Word<'a>],
    family: Family,
) -> Option<AddressId> {
    let ids: Vec<AddressId> =
        words.iter().map(|word| resolve(reader, scope, word, family)).collect();
    let (first, last) = (words.first()?, words.last()?);
    Some(reader.union(ids, first.span.to(last.span)))
}
