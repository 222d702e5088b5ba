//! `rulebase nat`: one list of rules, first match, asked before the route with the original header.
//!
//! The model asks twice: before the route for the destination, after it for the source. A packet whose destination a rule
//! changed takes the source translation of that rule and of no other, so the second list asks by which rewrite a packet came.

mod read;
mod source;

use super::extent::Intervals;
use super::layout::Unit;
use super::reader::Reader;
use super::routers::Network;
use super::tree::Nodes;
use super::zones::Zones;
use super::zones_by_route::Ways;
use crate::formats::builder::line;
use crate::model::{
    Action, AddressId, AddressMap, AddressSet, Binding, ContextId, InterfaceId, Interfaces, Line,
    Match, PortMap, Rewrite, RewriteId, ServiceId, ServiceSet, Stage, Translate, Translated,
    Unknown,
};
use crate::net::{AddressRange, PortRange, address};
use crate::source::Span;
use crate::text;
use read::{Rule, Target};

/// Pieces of an original destination that get a rewrite each; more share one.
const MAX_PIECES: usize = 64;

/// A destination translation, for the rules that ask what the destination was.
#[derive(Clone, Debug)]
pub(super) struct Rewritten {
    pub(super) id: RewriteId,
    /// The original destinations.
    pub(super) from: Intervals,
    /// Where the first of `from` goes, when every address keeps its distance from it.
    pub(super) shift: Option<(AddressRange, AddressRange)>,
    pub(super) port: Option<PortChange>,
}

/// A changed destination port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PortChange {
    /// The original protocol and ports; `None` when the rule does not say.
    pub(super) from: Option<(u8, PortRange)>,
    pub(super) to: PortRange,
}

/// What the translation rules of a vsys come to.
#[derive(Debug, Default)]
pub(super) struct Nat {
    pub(super) rewritten: Vec<Rewritten>,
    before: Vec<Line>,
    after: Vec<Line>,
}

/// What surrounds the rules of a vsys.
pub(super) struct Site<'s, 't> {
    pub(super) unit: &'s Unit<'t>,
    pub(super) network: &'s Network<'t>,
    pub(super) zones: &'s Zones<'t>,
    pub(super) vsys: usize,
}

/// Reads the translation rules of a vsys.
pub(super) fn read<'t>(reader: &mut Reader<'t>, site: &Site<'_, 't>, ways: &mut Ways) -> Nat {
    let mut nat = Nat::default();
    let Some(system) = site.unit.vsys.get(site.vsys) else { return nat };
    let mut rules = Vec::new();
    for layer in &system.layers {
        if let Some(reason) = &layer.missing {
            rules.push(read::missing(reader, reason));
            continue;
        }
        let nodes = layer.rulebase.path(reader.tree, &["nat", "rules"]);
        for at in
            nodes.0.iter().flat_map(|at| reader.tree.children(*at)).copied().collect::<Vec<_>>()
        {
            reader.tree.used(at);
            rules.push(read::rule(reader, site, layer, &Nodes::of(at)));
        }
    }
    // What stands after the last rule that changes destinations need not be asked before the route.
    let changes = |rule: &Rule| rule.target.is_some() || rule.reverse.is_some();
    let last = rules.iter().rposition(changes).map_or(0, |at| at + 1);
    for (at, rule) in rules.iter().enumerate() {
        apply(reader, site, ways, rule, at < last, &mut nat);
    }
    nat
}

/// Adds the lines of one rule to both lists.
fn apply<'t>(
    reader: &mut Reader<'t>,
    site: &Site<'_, 't>,
    ways: &mut Ways,
    rule: &Rule,
    asked: bool,
    nat: &mut Nat,
) {
    let mut own = Vec::new();
    if asked && rule.enabled {
        for (context, ingress) in entrances(reader, site, rule) {
            own.extend(before(reader, site, ways, rule, context, ingress, nat));
        }
    }
    let mut matches = reader.b.everything(None, rule.span);
    if rule.target.is_some() {
        matches.translated = Translated::By(own);
    } else {
        matches.ingress = site.zones.condition(&rule.from);
        matches.egress = match rule.to_interface {
            Some(id) => Interfaces::Of(vec![id]),
            None => site.zones.condition(&rule.to),
        };
        (matches.source, matches.destination) = (rule.source, rule.destination);
        matches.service = rule.service;
        matches.translated = Translated::Untouched;
        matches.unknown = rule.unknown.clone();
    }
    let action = rule.rewrite.map_or(Action::Permit, Action::Rewrite);
    let mut after = line(rule.label.clone(), matches, action, rule.span);
    after.enabled = rule.enabled;
    nat.after.push(after);
    if rule.enabled {
        reverse(reader, site, ways, rule, nat);
    }
}

/// The contexts by which packets of the rule come in, with the interfaces of each.
fn entrances(
    reader: &Reader<'_>,
    site: &Site<'_, '_>,
    rule: &Rule,
) -> Vec<(ContextId, Vec<InterfaceId>)> {
    let interfaces = match site.zones.condition(&rule.from) {
        Interfaces::Any => site.zones.vsys_interfaces(site.vsys),
        Interfaces::Of(ids) => ids,
    };
    by_context(reader, &interfaces)
}

pub(super) fn by_context(
    reader: &Reader<'_>,
    interfaces: &[InterfaceId],
) -> Vec<(ContextId, Vec<InterfaceId>)> {
    let mut out: Vec<(ContextId, Vec<InterfaceId>)> = Vec::new();
    for id in interfaces {
        let context = reader.b.device.interfaces[*id].context;
        match out.iter_mut().find(|(known, _)| *known == context) {
            Some((_, ids)) => ids.push(*id),
            None => out.push((context, vec![*id])),
        }
    }
    out
}

/// The original destinations that lead to the zone or interface of the rule: surely, and perhaps.
fn leading(
    reader: &Reader<'_>,
    site: &Site<'_, '_>,
    ways: &mut Ways,
    rule: &Rule,
    context: ContextId,
) -> (Intervals, Intervals) {
    let zone = match site.zones.condition(&rule.to) {
        Interfaces::Any => (Intervals::everything(), Intervals::everything()),
        Interfaces::Of(ids) => ways.leading(&reader.b.device, context, &ids),
    };
    match rule.to_interface {
        None => zone,
        Some(id) => {
            let one = ways.leading(&reader.b.device, context, &[id]);
            (zone.0.and(&one.0), zone.1.and(&one.1))
        }
    }
}

/// The lines before the route, and their rewrites.
fn before(
    reader: &mut Reader<'_>,
    site: &Site<'_, '_>,
    ways: &mut Ways,
    rule: &Rule,
    context: ContextId,
    ingress: Vec<InterfaceId>,
    nat: &mut Nat,
) -> Vec<RewriteId> {
    let (sure, may) = leading(reader, site, ways, rule, context);
    let extent = reader.extents.of(&reader.b.device, rule.destination);
    let certain = extent.sure.and(&sure);
    let doubtful = extent.may.and(&may).minus(&certain);
    let mut matches = reader.b.everything(None, rule.span);
    matches.ingress = Interfaces::Of(ingress);
    (matches.source, matches.service) = (rule.source, rule.service);
    matches.unknown = rule.unknown.clone();
    let mut own = Vec::new();
    let pieces = match certain.ranges() {
        ranges if ranges.len() <= MAX_PIECES && rule.target.is_some() => {
            ranges.into_iter().map(|range| Intervals::of([range])).collect()
        }
        ranges if ranges.is_empty() => Vec::new(),
        _ => vec![certain],
    };
    for piece in pieces {
        let mut matches = matches.clone();
        matches.destination = reader.set(&piece, rule.span);
        own.extend(translated(reader, rule, matches, &piece, nat));
    }
    if !doubtful.is_empty() {
        matches.destination = reader.within(&doubtful, rule.destination, rule.span);
        let reason = text!(
            "元の宛先がこの規則のゾーンへ向かうかどうかは、設定だけでは決まりません。",
            "whether the original destination leads to the zone of this rule is not in the configuration"
        );
        matches.unknown.push(Unknown { reason, span: rule.span });
        own.extend(translated(reader, rule, matches, &doubtful, nat));
    }
    own
}

/// One line before the route: a stop for rules that leave the destination alone, else one rewrite for each original service.
fn translated(
    reader: &mut Reader<'_>,
    rule: &Rule,
    matches: Match,
    from: &Intervals,
    nat: &mut Nat,
) -> Vec<RewriteId> {
    let Some(target) = &rule.target else {
        nat.before.push(line(rule.label.clone(), matches, Action::Permit, rule.span));
        return Vec::new();
    };
    let services = match target.port {
        Some(_) => originals(reader, rule.service),
        None => vec![(rule.service, None)],
    };
    let mut own = Vec::new();
    for (service, from_ports) in services {
        let shift = shift(target, from);
        let map = match (&shift, &target.to) {
            (Some((from, to)), _) if from.extent() > 0 => {
                AddressMap::Shift { from: *from, to: *to }
            }
            (Some((_, to)), _) => AddressMap::Pool(vec![*to]),
            (None, Some(ranges)) => AddressMap::Pool(ranges.clone()),
            (None, None) => AddressMap::Unknown,
        };
        let port = target.port.map(|to| PortChange { from: from_ports, to });
        let id = reader.b.device.rewrites.push(Rewrite {
            label: rule.label.clone(),
            destination: Some(map),
            destination_port: port.map(port_map),
            span: Some(rule.span),
            ..Rewrite::default()
        });
        let mut matches = matches.clone();
        matches.service = service;
        nat.before.push(line(rule.label.clone(), matches, Action::Rewrite(id), rule.span));
        nat.rewritten.push(Rewritten { id, from: from.clone(), shift, port });
        own.push(id);
    }
    own
}

/// Where a piece of the original destination goes when each address keeps its distance.
fn shift(target: &Target, piece: &Intervals) -> Option<(AddressRange, AddressRange)> {
    let ranges = piece.ranges();
    let [piece] = ranges.as_slice() else { return None };
    let (from, to) = target.fixed?;
    let offset = piece.numbers().0.checked_sub(from.numbers().0)?;
    if piece.family() != from.family() || piece.numbers().1 > from.numbers().1 {
        return None;
    }
    let first = to.numbers().0.checked_add(offset)?;
    let last = first.checked_add(piece.extent())?;
    let family = to.family();
    let moved = AddressRange::new(address(family, first), address(family, last))?;
    (family == piece.family()).then_some((*piece, moved))
}

fn port_map(change: PortChange) -> PortMap {
    let single = change.to.first() == change.to.last();
    match change.from {
        Some((_, from)) if single && from.first() == from.last() => {
            PortMap::Shift { from, to: change.to }
        }
        _ => PortMap::Within(change.to),
    }
}

/// The services of a rule that changes ports, each with its original ports when there is one such range.
fn originals(
    reader: &mut Reader<'_>,
    service: ServiceId,
) -> Vec<(ServiceId, Option<(u8, PortRange)>)> {
    let leaves = reader.leaves(service);
    let parts: Option<Vec<_>> = leaves
        .iter()
        .map(|leaf| match &reader.b.device.services[*leaf].value {
            ServiceSet::Ports { protocol, destination, .. } => {
                Some((*leaf, Some((*protocol, *destination))))
            }
            _ => None,
        })
        .collect();
    match parts {
        Some(parts) if !parts.is_empty() && parts.len() <= MAX_PIECES => parts,
        _ => vec![(service, None)],
    }
}

/// A bidirectional static rule also translates what comes to the translated address. From which zones is documented for the
/// zone of the rule only; from others it may.
fn reverse(
    reader: &mut Reader<'_>,
    site: &Site<'_, '_>,
    ways: &mut Ways,
    rule: &Rule,
    nat: &mut Nat,
) {
    let Some((outer, inner)) = rule.reverse else { return };
    let label = format!("{} (bi-directional)", rule.label);
    let inbound = match site.zones.condition(&rule.to) {
        Interfaces::Any => site.zones.vsys_interfaces(site.vsys),
        Interfaces::Of(ids) => ids,
    };
    let backward = Rule {
        label: label.clone(),
        destination: reader.b.range(outer, rule.span),
        source: reader.b.any_address(None, rule.span),
        target: Some(Target { to: Some(vec![inner]), fixed: Some((outer, inner)), port: None }),
        reverse: None,
        rewrite: None,
        ..rule.clone()
    };
    let mut own = Vec::new();
    let all = site.zones.vsys_interfaces(site.vsys);
    for (context, ids) in by_context(reader, &all) {
        let (sure, other): (Vec<_>, Vec<_>) = ids.into_iter().partition(|id| inbound.contains(id));
        if !sure.is_empty() {
            own.extend(before(reader, site, ways, &backward, context, sure, nat));
        }
        if !other.is_empty() {
            let mut doubtful = backward.clone();
            doubtful.unknown.push(Unknown { reason: elsewhere(), span: rule.span });
            own.extend(before(reader, site, ways, &doubtful, context, other, nat));
        }
    }
    let mut matches = reader.b.everything(None, rule.span);
    matches.translated = Translated::By(own);
    nat.after.push(line(label, matches, Action::Permit, rule.span));
}

fn elsewhere() -> crate::text::Text {
    text!(
        "双方向 NAT の逆方向が、規則の宛先ゾーン以外から入る通信にも適用されるかは不明です。",
        "whether the reverse of a bidirectional rule applies to traffic from other zones is not documented"
    )
}

impl Nat {
    /// The stages before and after the route.
    pub(super) fn stages(
        self,
        reader: &mut Reader<'_>,
        ingress: Vec<InterfaceId>,
    ) -> Option<(Binding, Binding)> {
        if self.before.is_empty() && self.after.is_empty() {
            return None;
        }
        let mut binding = |name: &str, lines: Vec<Line>| Binding {
            ingress: Interfaces::Of(ingress.clone()),
            egress: Interfaces::Any,
            lists: vec![reader.b.list(name, lines)],
            default: Action::Permit,
            default_label: "no NAT rule".to_owned(),
            span: None,
        };
        Some((binding("destination NAT", self.before), binding("source NAT", self.after)))
    }
}

/// One stage over the bindings of all systems.
pub(super) fn stage(name: &'static str, bindings: Vec<Binding>) -> Option<Stage> {
    (!bindings.is_empty()).then_some(Stage::Translate(Translate { name, bindings }))
}

impl Reader<'_> {
    /// The addresses of some intervals.
    pub(super) fn set(&mut self, set: &Intervals, span: Span) -> AddressId {
        if *set == Intervals::everything() {
            return self.b.any_address(None, span);
        }
        let members = set.ranges().into_iter().map(|range| self.b.range(range, span)).collect();
        self.b.union(members, span)
    }

    /// The addresses of `id` inside `limits`.
    pub(super) fn within(&mut self, limits: &Intervals, id: AddressId, span: Span) -> AddressId {
        if *limits == Intervals::everything() {
            return id;
        }
        let inside = self.set(limits, span);
        if self.b.device.addresses[id].value == AddressSet::Any {
            return inside;
        }
        // What is in both is what is inside and not outside of the other.
        let rest = self.b.except(inside, id, span);
        self.b.except(inside, rest, span)
    }

    /// The parts of a service that are no union.
    pub(super) fn leaves(&self, service: ServiceId) -> Vec<ServiceId> {
        let mut open = vec![service];
        let mut out = Vec::new();
        while let Some(id) = open.pop() {
            match &self.b.device.services[id].value {
                ServiceSet::Union(members) => open.extend(members),
                _ if out.contains(&id) => {}
                _ => out.push(id),
            }
        }
        out.reverse();
        out
    }
}
