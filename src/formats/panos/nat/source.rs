//! Source translation of a rule.

use super::Site;
use super::read::Rule;
use crate::formats::panos::layout::Layer;
use crate::formats::panos::reader::Reader;
use crate::formats::panos::tree::{Nodes, Word};
use crate::model::{AddressMap, PortMap, Rewrite};
use crate::net::{AddressRange, PortRange};
use crate::text;

/// Ports that a translated source may have; which ones a platform uses is its own affair.
const SOURCE_PORTS: PortRange = PortRange::ALL;

/// The ranges that a translated address stands for; `None` when the configuration does not say.
pub(super) fn ranges<'t>(
    reader: &mut Reader<'t>,
    layer: &Layer,
    word: Word<'t>,
) -> Option<Vec<AddressRange>> {
    let id = reader.address(layer.space, 0, word, 0);
    let extent = reader.extents.of(&reader.b.device, id);
    let ranges = extent.sure.ranges();
    (extent.sure == extent.may && !ranges.is_empty()).then_some(ranges)
}

/// Reads `source-translation` into the rule.
pub(super) fn read<'t>(
    reader: &mut Reader<'t>,
    site: &Site<'_, 't>,
    layer: &Layer,
    nodes: &Nodes,
    rule: &mut Rule,
) {
    let mut fields = reader.fields(nodes);
    let mut map = None;
    let mut port = None;
    for kind in ["dynamic-ip-and-port", "dynamic-ip"] {
        let inner = fields.sub(kind);
        if inner.is_empty() {
            continue;
        }
        let (addresses, ports) = pool(reader, site, layer, &inner, rule);
        map = Some(addresses);
        port = (ports || kind == "dynamic-ip-and-port").then_some(PortMap::Within(SOURCE_PORTS));
    }
    let fixed = fields.sub("static-ip");
    if !fixed.is_empty() {
        map = Some(one_to_one(reader, layer, &fixed, rule));
    }
    let none = map.is_none();
    if let Some(at) = nodes.0.first().filter(|_| none) {
        fields.doubt(
            *at,
            text!(
                "送信元変換の種類を解釈できません。",
                "this kind of source translation is not known"
            ),
        );
    }
    rule.unknown.extend(fields.close(&[]));
    let rewrite = reader.b.device.rewrites.push(Rewrite {
        label: rule.label.clone(),
        source: Some(map.unwrap_or(AddressMap::Unknown)),
        source_port: port,
        span: Some(rule.span),
        ..Rewrite::default()
    });
    rule.rewrite = Some(rewrite);
}

/// A pool, perhaps with a fallback; the second value says whether ports may change too.
fn pool<'t>(
    reader: &mut Reader<'t>,
    site: &Site<'_, 't>,
    layer: &Layer,
    nodes: &Nodes,
    rule: &mut Rule,
) -> (AddressMap, bool) {
    let tree = reader.tree;
    let mut fields = reader.fields(nodes);
    let mut all: Vec<AddressRange> = Vec::new();
    let mut open = false;
    for word in fields.many("translated-address").unwrap_or_default() {
        match ranges(reader, layer, word) {
            Some(ranges) => all.extend(ranges),
            None => open = true,
        }
    }
    let mut egress = false;
    let fallback = fields.sub("fallback");
    let falls = !fallback.is_empty();
    for place in [fields.sub("interface-address"), fallback.sub(tree, "interface-address")] {
        if place.is_empty() {
            continue;
        }
        match own(reader, site, layer, &place) {
            Some(ranges) if !ranges.is_empty() => all.extend(ranges),
            Some(_) => egress = true,
            None => open = true,
        }
    }
    for word in fallback.sub(tree, "translated-address").words(tree) {
        match ranges(reader, layer, word) {
            Some(ranges) => all.extend(ranges),
            None => open = true,
        }
    }
    fallback.0.iter().for_each(|at| tree.used_below(*at));
    rule.unknown.extend(fields.close(&[]));
    let map = match (open, egress, all.is_empty()) {
        (false, true, true) => AddressMap::EgressInterface,
        (false, false, false) => AddressMap::Pool(all),
        _ => AddressMap::Unknown,
    };
    (map, falls)
}

/// The address of an interface: the one that is named, else its own; empty when the leaving interface decides.
fn own<'t>(
    reader: &mut Reader<'t>,
    site: &Site<'_, 't>,
    layer: &Layer,
    nodes: &Nodes,
) -> Option<Vec<AddressRange>> {
    let mut fields = reader.fields(nodes);
    let interface = fields.one("interface");
    let named = fields.one("ip").or(fields.one("floating-ip"));
    if !fields.close(&[]).is_empty() {
        return None;
    }
    if let Some(word) = named {
        let (address, _) = reader.host(layer.space, word)?;
        return Some(vec![AddressRange::single(address)]);
    }
    let Some(word) = interface else { return Some(Vec::new()) };
    let id = site.network.id(reader.value(word.text))?;
    let interface = &reader.b.device.interfaces[id];
    let own = interface.addresses.iter().find(|own| own.address.is_ipv4());
    own.filter(|_| !interface.dynamic).map(|own| vec![AddressRange::single(own.address)])
}

fn one_to_one<'t>(
    reader: &mut Reader<'t>,
    layer: &Layer,
    nodes: &Nodes,
    rule: &mut Rule,
) -> AddressMap {
    let mut fields = reader.fields(nodes);
    let word = fields.one("translated-address");
    let both = fields.yes("bi-directional");
    rule.unknown.extend(fields.close(&[]));
    let Some(to) = word.and_then(|word| ranges(reader, layer, word)) else {
        unclear(reader, word, both);
        return AddressMap::Unknown;
    };
    let from = reader.extents.of(&reader.b.device, rule.source);
    let exact = from.sure == from.may;
    let from = from.may.ranges();
    match (from.as_slice(), to.as_slice()) {
        ([from], [to]) if exact && from.extent() == to.extent() && from.family() == to.family() => {
            rule.reverse = both.then_some((*to, *from));
            AddressMap::Shift { from: *from, to: *to }
        }
        _ => {
            unclear(reader, word, both);
            AddressMap::Pool(to)
        }
    }
}

/// The reverse of a bidirectional rule whose addresses do not stand one to one, or are not known, has no place in the model.
fn unclear(reader: &Reader<'_>, word: Option<Word<'_>>, both: bool) {
    if let (Some(word), true) = (word, both) {
        let reason = text!(
            "双方向 NAT のアドレスが 1 対 1 に対応しないため、逆方向の変換は読み取れません。",
            "the addresses of this bidirectional rule do not stand one to one, so its reverse is not read"
        );
        reader.tree.uncontained(word.at, reason);
    }
}
