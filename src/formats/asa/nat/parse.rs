//! The words of `nat` commands.

use super::super::objects::{Group, undefined};
use super::super::state::{Cursor, Reader};
use super::super::words;
use super::{Ports, Rule, Side};
use crate::formats::lines::ConfigLine;
use crate::model::{AddressId, AddressSet};
use crate::net::{AddressRange, Family, PortRange};
use crate::source::Span;
use crate::text;

/// More pieces than this are not written out.
const RANGE_LIMIT: usize = 16_384;

/// A twice NAT line.
pub(super) struct Twice {
    pub(super) rule: Rule,
    pub(super) after_auto: bool,
    /// The position in its section, when the line names one.
    pub(super) position: Option<usize>,
}

/// A `nat` line that is not understood may translate anything.
pub(super) fn unread(reader: &mut Reader<'_>, line: &ConfigLine<'_>) {
    let text = line.text;
    let reason = text!(
        "NAT 規則「{text}」を解釈できません。この機器のフィルタ結果は不確実として扱います。",
        "the NAT rule \"{text}\" is not understood; the filters of this device are read as uncertain",
    );
    reader.ledger.unknown(line.span, reason, false);
}

/// `(real,mapped)`; `None` when a name is not an interface.
fn interfaces(reader: &Reader<'_>, word: &str) -> Option<(Option<usize>, Option<usize>)> {
    let (real, mapped) = word.strip_prefix('(')?.strip_suffix(')')?.split_once(',')?;
    let one = |name: &str| match name {
        "any" => Some(None),
        name => reader.by_nameif.get(name).map(|index| Some(*index)),
    };
    Some((one(real)?, one(mapped)?))
}

/// Reads `nat [(r,m)] [N] [after-auto [N]] source … [destination …] [service …] [options]`.
pub(super) fn twice<'a>(reader: &mut Reader<'a>, line: &'a ConfigLine<'a>) -> Option<Twice> {
    let mut cursor = Cursor::new(line, 1);
    let interfaces = side_interfaces(reader, &mut cursor)?;
    let mut position = number(&mut cursor);
    let after_auto = cursor.eat("after-auto");
    position = number(&mut cursor).or(position);
    if !cursor.eat("source") {
        return None;
    }
    let label = format!("nat {}", line.rest(1));
    let mut rule = source(reader, &mut cursor, line.span, interfaces, label)?;
    if cursor.eat("destination") {
        if !cursor.eat("static") {
            return None;
        }
        let sent = if cursor.eat("interface") {
            let v6 = cursor.eat("ipv6");
            interface_side(reader, interfaces.0, family_of(v6), line.span)
        } else {
            side(reader, cursor.next(), line.span)?
        };
        let real = side(reader, cursor.next(), line.span)?;
        rule.destination = Some((sent, real));
    }
    if cursor.eat("service") {
        let first = service(reader, cursor.next(), line.span);
        let second = service(reader, cursor.next(), line.span);
        rule.service = Some((first, second));
    }
    options(&mut cursor, &mut rule)?;
    finish(reader, &rule, line.span)?;
    Some(Twice { rule, after_auto, position })
}

/// Reads `nat [(r,m)] static|dynamic …` inside `object network`.
pub(super) fn object<'a>(
    reader: &mut Reader<'a>,
    name: &str,
    line: &'a ConfigLine<'a>,
) -> Option<Rule> {
    let mut cursor = Cursor::new(line, 1);
    let interfaces = side_interfaces(reader, &mut cursor)?;
    let id = *reader.networks.get(name)?;
    let real = known_side(reader, id);
    let label = format!("object nat {name}");
    let is_static = match cursor.next() {
        "static" => true,
        "dynamic" => false,
        _ => return None,
    };
    let mut rule = empty(line.span, interfaces, label, real, is_static);
    let inline = reader.ip(cursor.peek()).is_some() && !reader.networks.contains_key(cursor.peek());
    mapped(reader, &mut cursor, line.span, &mut rule)?;
    if is_static && inline {
        same_size(reader, &mut rule);
    }
    while cursor.eat("dns") || cursor.eat("no-proxy-arp") || cursor.eat("net-to-net") {}
    if cursor.eat("service") {
        rule.service = Some(object_service(&mut cursor)?);
    }
    options(&mut cursor, &mut rule)?;
    finish(reader, &rule, line.span)?;
    Some(rule)
}

/// An address written in place of a mapped object stands for as many addresses as the real object has.
fn same_size(reader: &mut Reader<'_>, rule: &mut Rule) {
    let (Some([real]), Some([mapped])) =
        (rule.real.ranges.as_deref(), rule.mapped.ranges.as_deref())
    else {
        return;
    };
    let (real, family) = (*real, mapped.family());
    let bits = real.extent().checked_add(1).filter(|size| size.is_power_of_two());
    let aligned = bits.filter(|size| real.numbers().0 % size == 0);
    let start = mapped.numbers().0;
    let first = aligned.map_or(start, |size| start - start % size);
    let Some(last) = first.checked_add(real.extent()).filter(|last| *last <= family.last()) else {
        return;
    };
    let ends = (crate::net::address(family, first), crate::net::address(family, last));
    let Some(range) = AddressRange::new(ends.0, ends.1) else { return };
    let id = reader.range(range, rule.span);
    rule.mapped = Side { id, ranges: Some(vec![range]), any: false, interface: false };
}

/// `service tcp REAL MAPPED`: the real side's own port.
fn object_service(cursor: &mut Cursor<'_, '_>) -> Option<(Ports, Ports)> {
    let protocol = words::protocol(cursor.next())?;
    let mut port = || match words::port(cursor.next())? {
        words::Port::Number(number) => Some(PortRange::single(number)),
        words::Port::Kerberos => None,
    };
    let (real, mapped) = (port()?, port()?);
    Some((Some((protocol, real, PortRange::ALL)), Some((protocol, mapped, PortRange::ALL))))
}

fn side_interfaces(
    reader: &Reader<'_>,
    cursor: &mut Cursor<'_, '_>,
) -> Option<(Option<usize>, Option<usize>)> {
    if !cursor.peek().starts_with('(') {
        return Some((None, None));
    }
    interfaces(reader, cursor.next())
}

fn number(cursor: &mut Cursor<'_, '_>) -> Option<usize> {
    let number = cursor.peek().parse().ok()?;
    cursor.skip(1);
    Some(number)
}

fn empty(
    span: Span,
    interfaces: (Option<usize>, Option<usize>),
    label: String,
    real: Side,
    is_static: bool,
) -> Rule {
    Rule {
        label,
        span,
        real_interface: interfaces.0,
        mapped_interface: interfaces.1,
        is_static,
        mapped: real.clone(),
        real,
        pat: false,
        destination: None,
        service: None,
        unidirectional: false,
        route_lookup: false,
        enabled: true,
    }
}

fn source<'a>(
    reader: &mut Reader<'a>,
    cursor: &mut Cursor<'_, 'a>,
    span: Span,
    interfaces: (Option<usize>, Option<usize>),
    label: String,
) -> Option<Rule> {
    let is_static = match cursor.next() {
        "static" => true,
        "dynamic" => false,
        _ => return None,
    };
    let real = side(reader, cursor.next(), span)?;
    let mut rule = empty(span, interfaces, label, real, is_static);
    mapped(reader, cursor, span, &mut rule)?;
    Some(rule)
}

/// The mapped side: addresses, `interface`, a PAT pool, or addresses with the interface as the last resort.
fn mapped<'a>(
    reader: &mut Reader<'a>,
    cursor: &mut Cursor<'_, 'a>,
    span: Span,
    rule: &mut Rule,
) -> Option<()> {
    if cursor.eat("interface") {
        let family = family_of(cursor.eat("ipv6"));
        rule.mapped = interface_side(reader, rule.mapped_interface, family, span);
        rule.pat = !rule.is_static;
        if rule.real.any
            || rule.real.ranges.as_ref().is_some_and(|r| r.iter().any(|r| r.family() != family))
        {
            narrow(reader, rule, family);
        }
        return Some(());
    }
    let pool = cursor.eat("pat-pool");
    rule.mapped = side(reader, cursor.next(), span)?;
    if let (true, Some(family)) = (rule.real.any, only_family(&rule.mapped)) {
        narrow(reader, rule, family);
    }
    let pool = pool || cursor.eat("pat-pool") && second_pool(reader, cursor, span, rule)?;
    let single = rule
        .mapped
        .ranges
        .as_ref()
        .is_some_and(|r| r.iter().all(|range| range.extent() == 0) && r.len() == 1);
    rule.pat = !rule.is_static && (pool || single);
    while matches!(
        cursor.peek(),
        "round-robin" | "extended" | "flat" | "include-reserve" | "block-allocation"
    ) {
        cursor.skip(1);
    }
    if !rule.is_static && cursor.eat("interface") {
        let family = family_of(cursor.eat("ipv6"));
        let interface = interface_side(reader, rule.mapped_interface, family, span);
        rule.mapped = both(&rule.mapped, &interface);
        rule.pat = true;
    }
    Some(())
}

/// `source dynamic R M pat-pool P`: first the addresses of M, then the ports of P.
fn second_pool<'a>(
    reader: &mut Reader<'a>,
    cursor: &mut Cursor<'_, 'a>,
    span: Span,
    rule: &mut Rule,
) -> Option<bool> {
    let pool = side(reader, cursor.next(), span)?;
    rule.mapped = both(&rule.mapped, &pool);
    Some(true)
}

fn both(a: &Side, b: &Side) -> Side {
    let ranges = a
        .ranges
        .as_ref()
        .zip(b.ranges.as_ref())
        .map(|(a, b)| [a.as_slice(), b.as_slice()].concat());
    Side { id: a.id, ranges, any: false, interface: false }
}

/// The family of a side that holds addresses of one family only.
fn only_family(side: &Side) -> Option<Family> {
    let ranges = side.ranges.as_ref()?;
    let family = ranges.first()?.family();
    ranges.iter().all(|range| range.family() == family).then_some(family)
}

fn family_of(v6: bool) -> Family {
    if v6 { Family::V6 } else { Family::V4 }
}

/// The real addresses of one family: an interface address translates that family only.
fn narrow(reader: &mut Reader<'_>, rule: &mut Rule, family: Family) {
    let all = crate::net::Prefix::all(family).range();
    if rule.real.any {
        let id = if family == Family::V4 { reader.literals.any4 } else { reader.literals.any6 };
        rule.real = Side { id, ranges: Some(vec![all]), any: false, interface: false };
        return;
    }
    let Some(ranges) = &rule.real.ranges else { return };
    let kept: Vec<AddressRange> =
        ranges.iter().filter(|range| range.family() == family).copied().collect();
    let members = kept.iter().map(|range| reader.range(*range, rule.span)).collect();
    let id = reader.union(members, rule.span);
    rule.real = Side { id, ranges: Some(kept), any: false, interface: false };
}

fn options(cursor: &mut Cursor<'_, '_>, rule: &mut Rule) -> Option<()> {
    while !cursor.is_empty() {
        match cursor.next() {
            "dns" | "no-proxy-arp" | "net-to-net" => {}
            "route-lookup" => rule.route_lookup = true,
            "unidirectional" => rule.unidirectional = true,
            "inactive" => rule.enabled = false,
            "description" => return Some(()),
            _ => return None,
        }
    }
    Some(())
}

/// Accounts for the line. Rules between the families are known and not modelled.
fn finish(reader: &mut Reader<'_>, rule: &Rule, span: Span) -> Option<()> {
    let pairs = [Some((&rule.real, &rule.mapped)), rule.destination.as_ref().map(|(a, b)| (a, b))];
    for (a, b) in pairs.into_iter().flatten() {
        let whole = a.any || b.any;
        let (Some(a), Some(b)) = (&a.ranges, &b.ranges) else {
            let reason = text!(
                "変換の対象または変換後のアドレスが設定からは決まりません。どのアドレスにもなり得るものとして扱います。",
                "the configuration does not determine the addresses of this translation; it is read as possibly any",
            );
            reader.ledger.unsupported(span, reason);
            return Some(());
        };
        let families = |ranges: &[AddressRange]| {
            Family::ALL.map(|family| ranges.iter().any(|range| range.family() == family))
        };
        if !whole && families(a) != families(b) {
            let reason = text!(
                "IPv4 と IPv6 の間の変換（NAT64・NAT46）には対応していません。この機器のフィルタ結果は不確実として扱います。",
                "translation between IPv4 and IPv6 is not supported; the filters of this device are read as uncertain",
            );
            reader.anywhere(span, reason);
            return Some(());
        }
    }
    reader.ledger.used(span);
    Some(())
}

/// A word that names addresses: `any`, an object, a group, or (object NAT) an address.
fn side<'a>(reader: &mut Reader<'a>, word: &'a str, span: Span) -> Option<Side> {
    if word.is_empty() {
        return None;
    }
    if matches!(word, "any" | "any4" | "any6") {
        let (id, families): (_, &[Family]) = match word {
            "any4" => (reader.literals.any4, &[Family::V4]),
            "any6" => (reader.literals.any6, &[Family::V6]),
            _ => (reader.literals.any, &Family::ALL),
        };
        let ranges =
            families.iter().map(|family| crate::net::Prefix::all(*family).range()).collect();
        return Some(Side { id, ranges: Some(ranges), any: word == "any", interface: false });
    }
    if let Some(id) = reader.networks.get(word).copied() {
        return Some(known_side(reader, id));
    }
    if let Some(Group::Network(id)) = reader.groups.get(word) {
        let id = *id;
        return Some(known_side(reader, id));
    }
    if let Some(ip) = reader.ip(word) {
        let range = AddressRange::single(ip);
        let id = reader.range(range, span);
        return Some(Side { id, ranges: Some(vec![range]), any: false, interface: false });
    }
    let reason = undefined(reader, "object network", word, span);
    let id = reader.unknown_address(reason, span);
    Some(Side { id, ranges: None, any: false, interface: false })
}

fn known_side(reader: &Reader<'_>, id: AddressId) -> Side {
    Side { id, ranges: flatten(reader, id), any: false, interface: false }
}

/// The addresses of the interface, of one family.
fn interface_side(
    reader: &mut Reader<'_>,
    index: Option<usize>,
    family: Family,
    span: Span,
) -> Side {
    let interface = index.and_then(|index| reader.nameifs.get(index)).map(|nameif| nameif.id);
    let known =
        interface.map(|id| &reader.device.interfaces[id]).filter(|interface| !interface.dynamic);
    let ranges: Option<Vec<AddressRange>> = known.map(|interface| {
        let addresses =
            interface.addresses.iter().map(|address| AddressRange::single(address.address));
        addresses.filter(|range| range.family() == family).collect()
    });
    let id = match &ranges {
        Some(ranges) => {
            let members =
                ranges.clone().into_iter().map(|range| reader.range(range, span)).collect();
            reader.union(members, span)
        }
        None => {
            let reason = text!(
                "インターフェースのアドレスが実行時に決まるか、どのインターフェースか決まらないため、変換アドレスは不明です。",
                "the interface address is assigned at run time, or the rule does not say which interface",
            );
            reader.unknown_address(reason, span)
        }
    };
    Side { id, ranges, any: false, interface: true }
}

/// The ranges of an address set, members in the order of the configuration.
pub(super) fn flatten(reader: &Reader<'_>, id: AddressId) -> Option<Vec<AddressRange>> {
    let mut out = Vec::new();
    let mut stack = vec![id];
    let mut steps = 0usize;
    while let Some(id) = stack.pop() {
        steps += 1;
        match &reader.device.addresses[id].value {
            AddressSet::Range(range) => out.push(*range),
            AddressSet::Union(members) => stack.extend(members.iter().rev()),
            _ => return None,
        }
        if out.len() > RANGE_LIMIT || stack.len() > RANGE_LIMIT || steps > 4 * RANGE_LIMIT {
            return None;
        }
    }
    Some(out)
}

fn service(reader: &mut Reader<'_>, name: &str, span: Span) -> Ports {
    match reader.services.get(name) {
        Some(service) => service.parts,
        None => {
            undefined(reader, "object service", name, span);
            None
        }
    }
}
