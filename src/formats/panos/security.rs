//! `rulebase security`: the list of a vsys, and the filter over all of them.
//!
//! A rule sees the original destination and port, and the zone to which the translated destination leads. The model's filter
//! stands behind the translation, so each rule becomes one line for packets whose destination nobody changed, and one for each
//! kind of change that leads from an original destination of the rule: in translated terms, with the rewrite as a condition.

use super::extent::Intervals;
use super::nat::{PortChange, Rewritten, Site};
use super::reader::Reader;
use super::rules::{self, Reach, Rule};
use super::tree::{Nodes, Word};
use super::zones::Ends;
use crate::formats::builder::line;
use crate::model::{
    Action, AddressId, Interfaces, Line, ListId, Match, RewriteId, ServiceId, ServiceSet,
    Translated, Unknown,
};
use crate::net::{AddressRange, PortRange, State, address};
use crate::source::Span;
use crate::text;
use crate::text::Text;
use rustc_hash::FxHashMap;

/// Reads the security rules of a vsys, in the order of evaluation, with the default rules at the end; and where the file speaks
/// of default rules that are as the product has them: nobody wrote those.
pub(super) fn rules<'t>(reader: &mut Reader<'t>, site: &Site<'_, 't>) -> (Vec<Rule>, Span) {
    let tree = reader.tree;
    let mut out = Vec::new();
    let Some(system) = site.unit.vsys.get(site.vsys) else { return (out, reader.origin) };
    for layer in &system.layers {
        if let Some(reason) = &layer.missing {
            out.push(missing(reader, reason));
        }
        for at in layer.rulebase.path(tree, &["security", "rules"]).0 {
            for at in tree.children(at) {
                tree.used(*at);
                out.push(rules::rule(reader, site, layer, &Nodes::of(*at)));
            }
        }
    }
    let (defaults, stated) = defaults(reader, site);
    out.extend(defaults);
    (out, stated)
}

/// A place where rules may stand that the file does not hold.
fn missing(reader: &mut Reader<'_>, reason: &Text) -> Rule {
    let span = reader.origin;
    Rule {
        unknown: vec![Unknown { reason: reason.clone(), span }],
        ..everything(
            reader,
            "rules that are not in the file",
            Action::Undecided,
            Reach::Universal,
            span,
        )
    }
}

fn everything(
    reader: &mut Reader<'_>,
    label: &str,
    action: Action,
    reach: Reach,
    span: Span,
) -> Rule {
    let any = reader.b.any_address(None, span);
    Rule {
        label: label.to_owned(),
        from: Ends::Any,
        to: Ends::Any,
        reach,
        source: any,
        destination: any,
        service: reader.b.any_service(span),
        schedule: None,
        unknown: Vec::new(),
        late: false,
        action,
        enabled: true,
        log: None,
        comment: None,
        span,
    }
}

/// `default-security-rules`: inside a zone everything passes and between zones nothing, unless a rule says otherwise. Where
/// several places say different things, which one wins is not known.
fn defaults<'t>(reader: &mut Reader<'t>, site: &Site<'_, 't>) -> ([Rule; 2], Span) {
    let tree = reader.tree;
    let mut home = reader.origin;
    let layers = site.unit.vsys.get(site.vsys).map_or(&[][..], |system| system.layers.as_slice());
    let mut read = |name: &str, action: Action, reach: Reach| {
        let mut rule = everything(reader, name, action, reach, reader.origin);
        let mut stated: Vec<(Action, Span)> = Vec::new();
        for layer in layers {
            let places = layer.rulebase.path(tree, &["default-security-rules", "rules", name]);
            for at in places.0 {
                let mut fields = reader.fields(&Nodes::of(at));
                let action = match fields.one("action").map(|word| word.text) {
                    // A place that overrides nothing but the log keeps the action.
                    None => action,
                    Some("allow") => Action::Permit,
                    Some("deny" | "drop" | "reset-client" | "reset-server" | "reset-both") => {
                        Action::Deny
                    }
                    Some(_) => Action::Undecided,
                };
                let log = [fields.one("log-start"), fields.one("log-end")];
                rule.log = Some(log.iter().flatten().any(|word: &Word<'_>| word.text == "yes"));
                rule.unknown.extend(fields.close(&rules::WORDS));
                stated.push((action, tree.span(at)));
            }
        }
        if let [(first, span), rest @ ..] = stated.as_slice() {
            let same = rest.iter().all(|(other, _)| other == first);
            // One that changes nothing but the log is no rule that somebody wrote.
            if !same || *first != action {
                rule.span = *span;
                rule.action = if same { *first } else { Action::Undecided };
            } else if home == reader.origin {
                home = *span;
            }
        }
        rule
    };
    let mut rules = [
        read("intrazone-default", Action::Permit, Reach::Intrazone),
        read("interzone-default", Action::Deny, Reach::Interzone),
    ];
    for rule in rules.iter_mut().filter(|rule| rule.span == reader.origin) {
        rule.span = home;
    }
    (rules, home)
}

/// How a rule reads what a translation changed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Changed {
    destination: AddressId,
    service: ServiceId,
    sure: bool,
}

/// The list of a vsys. With `own`, the list for packets to the device's own addresses in this zone: before the route, so that
/// the zone is a matter of choosing the list.
pub(super) fn list<'t>(
    reader: &mut Reader<'t>,
    site: &Site<'_, 't>,
    rules: &[Rule],
    rewritten: &[Rewritten],
    own: Option<usize>,
) -> ListId {
    let mut lines = Vec::new();
    for rule in rules {
        let mut pairs = pairs(site, rule);
        if let Some(zone) = own {
            let inside = |egress: &Interfaces| {
                site.zones.interfaces(zone).iter().any(|id| egress.contains(*id))
            };
            pairs.retain(|(_, egress)| inside(egress));
            pairs.iter_mut().for_each(|(_, egress)| *egress = Interfaces::Any);
        }
        let variants = variants(reader, rule, rewritten);
        for (ingress, egress) in &pairs {
            for (translated, changed) in &variants {
                let line = one(reader, rule, (ingress, egress), translated, changed);
                if rule.late {
                    lines.extend(later(reader, line));
                } else {
                    lines.push(line);
                }
            }
        }
    }
    let name = site.unit.vsys.get(site.vsys).map_or("", |system| system.name);
    let name =
        if site.unit.vsys.len() > 1 { format!("security {name}") } else { "security".to_owned() };
    reader.b.list(&format!("{}{name}", site.unit.prefix), lines)
}

/// A line that stops applications: TCP connections are open before it can, so of TCP it meets only what belongs to one.
fn later(reader: &mut Reader<'_>, line: Line) -> [Line; 2] {
    let span = line.span;
    let tcp = reader.b.protocol(6, span);
    let (mut first, mut second) = (line.clone(), line);
    first.matches.service = reader.b.service_except(first.matches.service, tcp, span);
    second.matches.service = reader.b.service_both(second.matches.service, tcp, span);
    second.matches.states = Some(vec![State::Established, State::Related]);
    [first, second]
}

fn one(
    reader: &mut Reader<'_>,
    rule: &Rule,
    (ingress, egress): (&Interfaces, &Interfaces),
    translated: &Translated,
    changed: &Changed,
) -> Line {
    let mut unknown = rule.unknown.clone();
    if !changed.sure {
        let reason = text!(
            "宛先変換前のアドレスまたはポートがこの規則に一致するかは、変換後の通信からは決まりません。",
            "whether the destination before its translation is one of this rule cannot be told afterwards"
        );
        unknown.push(Unknown { reason, span: rule.span });
    }
    let matches = Match {
        ingress: ingress.clone(),
        egress: egress.clone(),
        source: rule.source,
        destination: changed.destination,
        service: changed.service,
        translated: translated.clone(),
        schedule: rule.schedule,
        unknown,
        ..reader.b.everything(None, rule.span)
    };
    let mut line = line(rule.label.clone(), matches, rule.action, rule.span);
    line.enabled = rule.enabled;
    line.log = rule.log;
    line.comment = rule.comment.clone();
    line
}

/// The interface pairs of a rule.
fn pairs(site: &Site<'_, '_>, rule: &Rule) -> Vec<(Interfaces, Interfaces)> {
    let zones = site.zones;
    let of = |zones: &[usize]| site.zones.condition(&Ends::Of(zones.to_vec()));
    let all = || zones.of_vsys(site.vsys);
    let listed = |ends: &Ends| match ends {
        Ends::Any => all(),
        Ends::Of(zones) => zones.clone(),
    };
    match rule.reach {
        Reach::Universal => vec![(zones.condition(&rule.from), zones.condition(&rule.to))],
        Reach::Intrazone => {
            listed(&rule.from).iter().map(|zone| (of(&[*zone]), of(&[*zone]))).collect()
        }
        Reach::Interzone => {
            let (from, to) = (listed(&rule.from), listed(&rule.to));
            if !from.iter().any(|zone| to.contains(zone)) {
                return vec![(of(&from), of(&to))];
            }
            let others = |own: usize| -> Vec<usize> {
                to.iter().copied().filter(|zone| *zone != own).collect()
            };
            from.iter().map(|zone| (of(&[*zone]), of(&others(*zone)))).collect()
        }
    }
}

/// The lines of a rule for one pair of zones: for packets that nobody changed, and for those that translations changed.
fn variants(
    reader: &mut Reader<'_>,
    rule: &Rule,
    rewritten: &[Rewritten],
) -> Vec<(Translated, Changed)> {
    let plain = Changed { destination: rule.destination, service: rule.service, sure: true };
    let mut groups: Vec<(Changed, Vec<RewriteId>)> = Vec::new();
    let mut index: FxHashMap<Changed, usize> = FxHashMap::default();
    let mut all_same = true;
    for change in rewritten {
        let Some(changed) = changed(reader, rule, change) else {
            all_same = false;
            continue;
        };
        all_same &= changed == plain;
        let at = *index.entry(changed.clone()).or_insert(groups.len());
        match groups.get_mut(at) {
            Some((_, ids)) => ids.push(change.id),
            None => groups.push((changed, vec![change.id])),
        }
    }
    if all_same || !rule.enabled {
        return vec![(Translated::Ignored, plain)];
    }
    let changed = groups.into_iter().map(|(changed, ids)| (Translated::By(ids), changed));
    [(Translated::Untouched, plain)].into_iter().chain(changed).collect()
}

/// How the rule reads packets of one rewrite; `None` when none of them is for it.
fn changed(reader: &mut Reader<'_>, rule: &Rule, change: &Rewritten) -> Option<Changed> {
    let (destination, certain) = destination(reader, rule, change)?;
    let (service, known) = match change.port {
        None => (rule.service, true),
        Some(port) => service(reader, rule.service, port, rule.span)?,
    };
    Some(Changed { destination, service, sure: certain && known })
}

/// The translated destinations whose originals are destinations of the rule.
fn destination(
    reader: &mut Reader<'_>,
    rule: &Rule,
    change: &Rewritten,
) -> Option<(AddressId, bool)> {
    let span = rule.span;
    let extent = reader.extents.of(&reader.b.device, rule.destination);
    if extent.sure.covers(&change.from) {
        return Some((reader.b.any_address(None, span), true));
    }
    let inside = extent.may.and(&change.from);
    if inside.is_empty() {
        return None;
    }
    let exact = extent.sure.and(&change.from) == inside;
    match change.shift {
        Some((from, to)) if exact && from.extent() > 0 => {
            let moved = inside.ranges().into_iter().filter_map(|range| moved(range, from, to));
            let moved = Intervals::of(moved);
            Some((reader.set(&moved, span), true))
        }
        _ => Some((reader.b.any_address(None, span), false)),
    }
}

fn moved(range: AddressRange, from: AddressRange, to: AddressRange) -> Option<AddressRange> {
    let offset = range.numbers().0.checked_sub(from.numbers().0)?;
    let first = to.numbers().0.checked_add(offset)?;
    let last = first.checked_add(range.extent())?;
    AddressRange::new(address(to.family(), first), address(to.family(), last))
}

/// The translated services whose originals are services of the rule; the second value says whether that is certain.
fn service(
    reader: &mut Reader<'_>,
    service: ServiceId,
    change: PortChange,
    span: Span,
) -> Option<(ServiceId, bool)> {
    let mut members = Vec::new();
    let mut sure = true;
    for leaf in reader.leaves(service) {
        let value = reader.b.device.services[leaf].value.clone();
        match (value, change.from) {
            (ServiceSet::Any | ServiceSet::Unknown { .. }, _) => members.push(leaf),
            (ServiceSet::Protocol(own), Some((protocol, _))) if own != protocol => {}
            (ServiceSet::Protocol(_), _) => members.push(leaf),
            (ServiceSet::Ports { protocol: own, .. }, Some((protocol, _))) if own != protocol => {}
            (ServiceSet::Ports { protocol, source, destination, flags }, from) => {
                let from = from.map_or(PortRange::ALL, |(_, ports)| ports);
                if destination.last() < from.first() || from.last() < destination.first() {
                    continue;
                }
                sure &= destination.first() <= from.first() && from.last() <= destination.last();
                members.push(reader.b.ports(protocol, source, change.to, flags, span));
            }
            (ServiceSet::Icmp { .. }, _) => {}
            _ => {
                sure = false;
                members.push(reader.b.any_service(span));
            }
        }
    }
    (!members.is_empty()).then(|| (reader.b.services(members, span), sure))
}
