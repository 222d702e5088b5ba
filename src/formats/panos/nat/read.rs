//! One translation rule as it is written.

use super::Site;
use super::source;
use crate::formats::panos::extent::Intervals;
use crate::formats::panos::layout::Layer;
use crate::formats::panos::reader::{Fields, Reader};
use crate::formats::panos::tree::{Nodes, Word};
use crate::formats::panos::zones::Ends;
use crate::model::{
    AddressId, AddressMap, InterfaceId, PortMap, Rewrite, RewriteId, ServiceId, Unknown,
};
use crate::net::{AddressRange, Family, PortRange, Prefix};
use crate::source::Span;
use crate::text;
use crate::text::Text;

/// A translation rule.
#[derive(Clone)]
pub(super) struct Rule {
    pub(super) label: String,
    pub(super) from: Ends,
    pub(super) to: Ends,
    pub(super) to_interface: Option<InterfaceId>,
    pub(super) source: AddressId,
    pub(super) destination: AddressId,
    pub(super) service: ServiceId,
    pub(super) unknown: Vec<Unknown>,
    pub(super) target: Option<Target>,
    /// The source translation.
    pub(super) rewrite: Option<RewriteId>,
    /// Translated and original addresses of a bidirectional rule.
    pub(super) reverse: Option<(AddressRange, AddressRange)>,
    pub(super) enabled: bool,
    pub(super) span: Span,
}

/// A destination translation.
#[derive(Clone, Debug)]
pub(super) struct Target {
    /// Where to; `None` when the configuration does not say.
    pub(super) to: Option<Vec<AddressRange>>,
    /// Original and translated range, when each address keeps its distance.
    pub(super) fixed: Option<(AddressRange, AddressRange)>,
    pub(super) port: Option<PortRange>,
}

const WORDS: [&str; 6] = ["description", "tag", "group-tag", "uuid", "audit-comment", "loc"];

/// Rules that the file does not hold: they may do anything.
pub(super) fn missing(reader: &mut Reader<'_>, reason: &Text) -> Rule {
    let span = reader.origin;
    let any = reader.b.any_address(None, span);
    let service = reader.b.any_service(span);
    let label = "NAT rules that are not in the file".to_owned();
    let rewrite = anything(reader, &label, span);
    Rule {
        label,
        from: Ends::Any,
        to: Ends::Any,
        to_interface: None,
        source: any,
        destination: any,
        service,
        unknown: vec![Unknown { reason: reason.clone(), span }],
        target: Some(ANYWHERE),
        rewrite: Some(rewrite),
        reverse: None,
        enabled: true,
        span,
    }
}

/// A destination translation of unknown effect.
const ANYWHERE: Target = Target { to: None, fixed: None, port: Some(PortRange::ALL) };

/// A source translation of unknown effect.
fn anything(reader: &mut Reader<'_>, label: &str, span: Span) -> RewriteId {
    reader.b.device.rewrites.push(Rewrite {
        label: label.to_owned(),
        source: Some(AddressMap::Unknown),
        source_port: Some(PortMap::Within(PortRange::ALL)),
        span: Some(span),
        ..Rewrite::default()
    })
}

/// Reads one rule.
pub(super) fn rule<'t>(
    reader: &mut Reader<'t>,
    site: &Site<'_, 't>,
    layer: &Layer,
    nodes: &Nodes,
) -> Rule {
    let tree = reader.tree;
    let span = nodes.span(tree);
    let name = nodes.0.first().map_or("", |at| tree.name(*at));
    let mut fields = reader.fields(nodes);
    let mut unknown = Vec::new();
    let any = |reader: &mut Reader<'t>, words: Option<Vec<Word<'t>>>| match words {
        Some(words) if !words.is_empty() => reader.addresses(layer.space, &words, span),
        _ => reader.b.any_address(None, span),
    };
    let from = fields.many("from");
    let from = ends(reader, site, from, &mut unknown, "from", span);
    let to = fields.many("to");
    let to = ends(reader, site, to, &mut unknown, "to", span);
    let source = fields.many("source");
    let source = any(reader, source);
    let destination = fields.many("destination");
    let destination = any(reader, destination);
    let services = fields.many("service").unwrap_or_default();
    let service = if services.is_empty() {
        reader.b.any_service(span)
    } else {
        reader.rule_services(layer.space, &services, &[], span)
    };
    let to_interface = to_interface(reader, site, &mut fields);
    let family = fields.one("nat-type").map_or("ipv4", |word| word.text);
    let destination = if family == "ipv4" { of_v4(reader, destination, span) } else { destination };
    let enabled = !fields.yes("disabled");
    conditions(reader, &mut fields);
    let mut rule = Rule {
        label: format!("nat {} {name}", layer.kind),
        from,
        to,
        to_interface,
        source,
        destination,
        service,
        unknown,
        target: None,
        rewrite: None,
        reverse: None,
        enabled,
        span,
    };
    let destination_nodes = fields.sub("destination-translation");
    let dynamic_nodes = fields.sub("dynamic-destination-translation");
    let source_nodes = fields.sub("source-translation");
    if family == "ipv4" {
        let dynamic = !dynamic_nodes.is_empty();
        let both = Nodes([destination_nodes.0, dynamic_nodes.0].concat());
        if !both.is_empty() {
            rule.target = Some(target(reader, layer, &both, dynamic, &mut rule));
        }
        if !source_nodes.is_empty() {
            source::read(reader, site, layer, &source_nodes, &mut rule);
        }
    } else {
        rule.target = Some(ANYWHERE);
        rule.rewrite = Some(anything(reader, &rule.label, span));
        for at in [destination_nodes.0, dynamic_nodes.0, source_nodes.0].concat() {
            let reason =
                text!("NAT64・NPTv6 の変換は未対応です。", "NAT64 and NPTv6 are not modelled");
            fields.condition(at, reason);
        }
    }
    rule.unknown.extend(fields.close(&WORDS));
    rule
}

/// A rule of type `ipv4`, the usual one, leaves IPv6 alone.
fn of_v4(reader: &mut Reader<'_>, id: AddressId, span: Span) -> AddressId {
    let all = Intervals::of([Prefix::all(Family::V4).range()]);
    let extent = reader.extents.of(&reader.b.device, id);
    if all.covers(&extent.may) { id } else { reader.within(&all, id, span) }
}

/// Zones of a rule; a condition that is missing is open.
fn ends<'t>(
    reader: &mut Reader<'t>,
    site: &Site<'_, 't>,
    words: Option<Vec<Word<'t>>>,
    unknown: &mut Vec<Unknown>,
    field: &str,
    span: Span,
) -> Ends {
    match words {
        Some(words) if !words.is_empty() => site.zones.ends(reader, site.vsys, &words, unknown),
        _ => {
            let reason = text!("「{field}」がありません。", "`{field}` is missing");
            unknown.push(Unknown { reason, span });
            Ends::Any
        }
    }
}

fn to_interface<'t>(
    reader: &Reader<'t>,
    site: &Site<'_, 't>,
    fields: &mut Fields<'t>,
) -> Option<InterfaceId> {
    let word = fields.one("to-interface").filter(|word| word.text != "any")?;
    let id = site.network.id(reader.value(word.text));
    if id.is_none() {
        fields.condition(
            word.at,
            text!(
                "to-interface のインターフェースは定義されていません。",
                "the to-interface is not defined"
            ),
        );
    }
    id
}

/// Conditions that other firewalls of a group share or not.
fn conditions<'t>(reader: &Reader<'t>, fields: &mut Fields<'t>) {
    let tree = reader.tree;
    for binding in fields.sub("active-active-device-binding").0 {
        let text = tree.children(binding).first().map_or("", |at| tree.name(*at));
        if ["both", ""].contains(&text) {
            tree.used_below(binding);
        } else {
            let reason = text!(
                "HA の active-active 構成では、担当する機器だけがこの規則を使います。",
                "in an active-active pair only the bound device uses this rule"
            );
            fields.condition(binding, reason);
        }
    }
    super::super::rules::target(reader, fields);
}

fn target<'t>(
    reader: &mut Reader<'t>,
    layer: &Layer,
    nodes: &Nodes,
    dynamic: bool,
    rule: &mut Rule,
) -> Target {
    let tree = reader.tree;
    let mut fields = reader.fields(nodes);
    let word = fields.one("translated-address");
    let port = fields.one("translated-port");
    let range = port.and_then(|word| crate::formats::panos::applications::ports(word.text));
    if let (Some(word), None) = (port, range) {
        fields.doubt(
            word.at,
            text!("変換後のポートを解釈できません。", "the translated port is not understood"),
        );
    }
    let to = match word {
        Some(word) => source::ranges(reader, layer, word),
        None => None,
    };
    let keeps = word.is_none();
    for at in fields.sub("dns-rewrite").0 {
        tree.used_below(at);
    }
    rule.unknown.extend(fields.close(&["distribution"]));
    let port = port.map(|_| range.unwrap_or(PortRange::ALL));
    let original = reader.extents.of(&reader.b.device, rule.destination);
    let original = original.may.ranges();
    let fixed = match (original.as_slice(), to.as_deref()) {
        ([from], Some([to]))
            if !dynamic && from.extent() == to.extent() && from.family() == to.family() =>
        {
            Some((*from, *to))
        }
        // Only the port changes: every address stays what it is.
        _ if keeps => {
            let all = Prefix::all(Family::V4).range();
            Some((all, all))
        }
        _ => None,
    };
    Target { to, fixed, port }
}
