//! Object groups: address groups, service groups, and groups in groups.

use super::commands::Bin;
use super::names::IOS;
use super::reader::Reader;
use crate::formats::acl::{self, Cursor, Dialect, Ports, Protocol, Service};
use crate::formats::lines::{Block, ConfigLine, Word};
use crate::model::{
    AddressId, AddressObject, AddressSet, AddressWithin, Remark, ServiceId, ServiceObject,
    ServiceSet,
};
use crate::net::{AddressRange, Family, Prefix, WildcardMask};
use crate::source::Span;
use crate::text;
use rustc_hash::FxHashMap;
use std::net::{IpAddr, Ipv4Addr};

/// How deep groups may hold groups before the rest is read as unknown.
const DEPTH: usize = 32;

/// Object groups by name.
#[derive(Debug, Default)]
pub(super) struct Groups<'a> {
    bodies: FxHashMap<&'a str, Group<'a>>,
    order: Vec<&'a str>,
    addresses: FxHashMap<&'a str, Option<AddressId>>,
    services: FxHashMap<&'a str, Option<ServiceId>>,
    depth: usize,
}

#[derive(Debug)]
struct Group<'a> {
    service: bool,
    family: Family,
    span: Span,
    body: Vec<ConfigLine<'a>>,
}

impl<'a> Reader<'a, '_> {
    /// Reads every object group, in the order of the text.
    pub(super) fn read_groups(&mut self) {
        for block in self.config.take(Bin::Group) {
            self.collect_group(block);
        }
        for name in std::mem::take(&mut self.groups.order) {
            let Some(group) = self.groups.bodies.get(name) else { continue };
            let (word, family) = (Word { text: name, span: group.span }, group.family);
            if group.service {
                self.object_service(word);
            } else {
                self.network_group(word, family);
            }
        }
    }

    fn collect_group(&mut self, block: Block<'a>) {
        let (kind, name) = (block.head.word(1), block.head.word(2));
        self.ledger.used(block.head.span);
        let family = if kind.starts_with("v6-") { Family::V6 } else { Family::V4 };
        let service = matches!(kind, "service" | "v6-service" | "protocol");
        let span = block.span();
        let new = !self.groups.bodies.contains_key(name);
        let group = self.groups.bodies.entry(name).or_insert(Group {
            service,
            family,
            span,
            body: Vec::new(),
        });
        for line in block.body {
            if line.word(0) != "no" {
                group.body.push(line);
                continue;
            }
            let before = group.body.len();
            let gone = line.rest(1);
            for member in group.body.iter().filter(|member| member.text == gone) {
                self.ledger.irrelevant(member.span);
            }
            group.body.retain(|member| member.text != gone);
            if group.body.len() < before {
                self.ledger.used(line.span);
                continue;
            }
            let reason = text!(
                "取り消す要素がこのグループにありません。別の書き方をされた要素を取り消すことがあります。",
                "no member of this group is the one that is taken back; it may be one that is written otherwise"
            );
            self.ledger.unknown(line.span, reason, false);
        }
        if new {
            self.groups.order.push(name);
        }
    }

    /// The addresses of a group; unknown when it is not defined or holds itself.
    pub(super) fn network_group(&mut self, name: Word<'a>, family: Family) -> AddressId {
        match self.groups.addresses.get(name.text) {
            Some(Some(id)) => return *id,
            Some(None) => return self.recursive_address(name, family),
            None => {}
        }
        let found = self.groups.bodies.get_mut(name.text).filter(|group| !group.service);
        let Some((span, body)) = found.map(|group| (group.span, std::mem::take(&mut group.body)))
        else {
            self.undefined("object-group", name);
            return self.unknown_address(name, family, name.span);
        };
        if self.groups.depth >= DEPTH {
            if let Some(group) = self.groups.bodies.get_mut(name.text) {
                group.body = body;
            }
            return self.recursive_address(name, family);
        }
        self.groups.addresses.insert(name.text, None);
        self.groups.depth += 1;
        let members = body.iter().filter_map(|line| self.address_member(line, family)).collect();
        self.groups.depth -= 1;
        let value = AddressSet::Union(members);
        let id = self.build.device.addresses.push(AddressObject {
            name: name.text.to_owned(),
            value,
            span,
        });
        self.groups.addresses.insert(name.text, Some(id));
        id
    }

    fn undefined(&mut self, kind: &'static str, name: Word<'a>) {
        self.build.undefined(kind, name.text, name.span);
        let group = name.text;
        let reason = text!(
            "オブジェクトグループ「{group}」は定義されていません。",
            "the object group {group} is not defined"
        );
        self.ledger.unsupported(name.span, reason);
    }

    fn recursive_address(&mut self, name: Word<'a>, family: Family) -> AddressId {
        self.build
            .device
            .remarks
            .push(Remark::Recursive { name: name.text.to_owned(), span: name.span });
        self.unknown_address(name, family, name.span)
    }

    fn unknown_address(&mut self, name: Word<'a>, family: Family, span: Span) -> AddressId {
        let word = name.text;
        let reason = text!(
            "「{word}」の指すアドレスを特定できません。",
            "the addresses of {word} are not known"
        );
        self.build.unknown_address(reason, AddressWithin::Family(family), span)
    }

    fn address_member(&mut self, line: &ConfigLine<'a>, family: Family) -> Option<AddressId> {
        let from = usize::from(line.word(0) == "network-object");
        let (first, second) = (line.word(from), line.word(from + 1));
        let range = |a: &str, b: &str| AddressRange::new(a.parse().ok()?, b.parse().ok()?);
        let id = match first {
            "description" => {
                self.ledger.irrelevant(line.span);
                return None;
            }
            "group-object" => {
                line.words.get(from + 1).map(|word| self.network_group(*word, family))
            }
            "any" => Some(self.build.any_address(Some(family), line.span)),
            "host" => range(second, second).map(|range| self.build.range(range, line.span)),
            "range" => {
                range(second, line.word(from + 2)).map(|range| self.build.range(range, line.span))
            }
            text if text.contains('/') => {
                Prefix::parse(text).map(|prefix| self.build.range(prefix.range(), line.span))
            }
            text if second.starts_with('/') => Prefix::parse(&format!("{text}{second}"))
                .map(|prefix| self.build.range(prefix.range(), line.span)),
            text => match (text.parse(), second.parse()) {
                (Ok(base), Ok(mask)) => self.masked(base, mask, line.span),
                _ if second.is_empty() => {
                    range(text, text).map(|range| self.build.range(range, line.span))
                }
                _ => None,
            },
        };
        if id.is_some() {
            self.ledger.used(line.span);
            return id;
        }
        let reason = text!(
            "オブジェクトグループの要素を解釈できません。どのアドレスも含み得ると読みます。",
            "this group member is not understood; it may hold any address"
        );
        self.ledger.unknown(line.span, reason, true);
        let word = line.words.first().copied()?;
        Some(self.unknown_address(word, family, line.span))
    }

    /// A netmask; one that looks like an inverse mask is not guessed at.
    fn masked(&mut self, base: Ipv4Addr, mask: Ipv4Addr, span: Span) -> Option<AddressId> {
        let bits = u32::from(mask);
        if let Some(prefix) = Prefix::from_netmask(IpAddr::V4(base), IpAddr::V4(mask)) {
            return Some(self.build.range(prefix.range(), span));
        }
        let inverse = bits & bits.wrapping_add(1) == 0;
        (!inverse)
            .then(|| self.build.wildcard(WildcardMask::new(base, Ipv4Addr::from(!bits)), span))
    }

    /// The packets of a service group; unknown when it is not defined or holds itself.
    pub(super) fn object_service(&mut self, name: Word<'a>) -> ServiceId {
        match self.groups.services.get(name.text) {
            Some(Some(id)) => return *id,
            Some(None) => return self.recursive_service(name),
            None => {}
        }
        let found = self.groups.bodies.get_mut(name.text).filter(|group| group.service);
        let Some((span, family, body)) =
            found.map(|group| (group.span, group.family, std::mem::take(&mut group.body)))
        else {
            self.undefined("object-group", name);
            return self.unknown_service(name.text, name.span);
        };
        if self.groups.depth >= DEPTH {
            if let Some(group) = self.groups.bodies.get_mut(name.text) {
                group.body = body;
            }
            return self.recursive_service(name);
        }
        self.groups.services.insert(name.text, None);
        self.groups.depth += 1;
        let members = body.iter().filter_map(|line| self.service_member(line, family)).collect();
        self.groups.depth -= 1;
        let value = ServiceSet::Union(members);
        let id = self.build.device.services.push(ServiceObject {
            name: name.text.to_owned(),
            value,
            span,
        });
        self.groups.services.insert(name.text, Some(id));
        id
    }

    fn recursive_service(&mut self, name: Word<'a>) -> ServiceId {
        self.build
            .device
            .remarks
            .push(Remark::Recursive { name: name.text.to_owned(), span: name.span });
        self.unknown_service(name.text, name.span)
    }

    /// A service that the configuration does not determine.
    pub(super) fn unknown_service(&mut self, word: &str, span: Span) -> ServiceId {
        let reason = text!(
            "「{word}」の指すサービスを特定できません。",
            "the services of {word} are not known"
        );
        self.build.unknown_service(reason, span)
    }

    fn service_member(&mut self, line: &ConfigLine<'a>, family: Family) -> Option<ServiceId> {
        match line.word(0) {
            "description" => {
                self.ledger.irrelevant(line.span);
                return None;
            }
            "group-object" => {
                self.ledger.used(line.span);
                return line.words.get(1).map(|word| self.object_service(*word));
            }
            _ => {}
        }
        let from = usize::from(matches!(line.word(0), "protocol-object" | "service-object"));
        let words = line.words.get(from..).unwrap_or(&[]);
        let mut cursor = Cursor::new(words, line.span);
        match member(&mut cursor, Dialect { words: &IOS, standard: false, family }) {
            Ok(service) => {
                self.ledger.used(line.span);
                Some(acl::lower_service(self, &service, line.span, &mut Vec::new()))
            }
            Err(_) => {
                let reason = text!(
                    "サービスグループの要素を解釈できません。どのサービスも含み得ると読みます。",
                    "this service group member is not understood; it may hold any service"
                );
                self.ledger.unknown(line.span, reason, true);
                Some(self.unknown_service(line.text, line.span))
            }
        }
    }
}

/// `tcp [source OP P] [OP P | P]`, `icmp [MESSAGE]`, `ip`, a protocol by name or number.
fn member<'a>(cursor: &mut Cursor<'_, 'a>, dialect: Dialect) -> Result<Service<'a>, Span> {
    let protocol = acl::protocol(cursor, dialect)?;
    let mut service = Service {
        protocol,
        source: Ports::Any,
        destination: Ports::Any,
        flags: Vec::new(),
        icmp: None,
    };
    if let Protocol::Number(number @ (1 | 58)) = protocol {
        service.icmp = acl::icmp(cursor, number, dialect.words);
    } else {
        if cursor.take("source") {
            service.source = either(cursor, protocol, dialect)?;
        }
        cursor.take("destination");
        service.destination = either(cursor, protocol, dialect)?;
    }
    if cursor.at_end() && !matches!(service.destination, Ports::Group(_)) {
        Ok(service)
    } else {
        Err(cursor.span())
    }
}

/// An operator with ports, or a port alone.
fn either<'a>(
    cursor: &mut Cursor<'_, 'a>,
    protocol: Protocol<'a>,
    dialect: Dialect,
) -> Result<Ports<'a>, Span> {
    if cursor.at_end()
        || matches!(cursor.peek(), "eq" | "neq" | "lt" | "gt" | "range" | "destination")
    {
        return acl::ports(cursor, protocol, dialect.words);
    }
    let port = acl::port(cursor, protocol, dialect.words)?;
    Ok(Ports::Ranges(vec![crate::net::PortRange::single(port)]))
}
