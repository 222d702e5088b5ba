//! Rules as translation lines: what each direction matches and does.

use super::super::state::{Reader, unknown};
use super::divert::Diverts;
use super::{Ports, Rule, Rules, Side};
use crate::model::{
    Action, AddressId, AddressMap, Binding, Filter, Interfaces, Line, PortMap, Rewrite, RewriteId,
    RuleList, ServiceId, ServiceSet, TcpFlags, Translated,
};
use crate::net::{AddressRange, PortRange};
use crate::text;

/// More pairs than this are not written out one by one.
const PIECE_LIMIT: usize = 16_384;

/// One direction of a rule in one of the two lists.
struct Direction<'r> {
    rule: &'r Rule,
    ingress: Option<usize>,
    egress: Option<usize>,
    /// The side that is not changed here, as a condition.
    other: AddressId,
    from: &'r Side,
    to: &'r Side,
    /// Ports that must hold (source, destination), and the port that changes, before and after.
    ports: Option<Condition>,
    /// Whether the destination changes (else the source).
    destination: bool,
    /// Only packets whose destination these rewrites changed.
    by: Vec<RewriteId>,
    suffix: &'static str,
}

/// Protocol, source and destination ports to match, and what the changing port becomes.
#[derive(Clone, Copy)]
enum Condition {
    Unknown,
    Known {
        protocol: u8,
        source: PortRange,
        destination: PortRange,
        change: (PortRange, PortRange),
    },
}

/// Adds the lines of one rule to both lists.
pub(super) fn add(reader: &mut Reader<'_>, rule: &Rule, out: &mut Rules, diverts: &mut Diverts) {
    let any = reader.literals.any;
    let reverse = rule.is_static && !rule.unidirectional;
    let mut forward_by = Vec::new();
    let mut reverse_by = Vec::new();
    if let Some((sent, real)) = &rule.destination {
        let forward = Direction {
            rule,
            ingress: rule.real_interface,
            egress: None,
            other: rule.real.id,
            from: sent,
            to: real,
            ports: ports(rule, |first, second| (first.1, first.2, first.2, second.2)),
            destination: true,
            by: Vec::new(),
            suffix: "",
        };
        forward_by = push(reader, &forward, &mut out.destination);
        let ways = (rule.real_interface, rule.mapped_interface);
        diverts.add(reader, rule, ways, (rule.real.id, real), &forward_by);
    }
    if reverse {
        let other = rule.destination.as_ref().map_or(any, |(_, real)| real.id);
        let back = Direction {
            rule,
            ingress: rule.mapped_interface,
            egress: None,
            other,
            from: &rule.mapped,
            to: &rule.real,
            ports: ports(rule, |first, second| (second.2, second.1, second.1, first.1)),
            destination: true,
            by: Vec::new(),
            suffix: " (reverse)",
        };
        reverse_by = push(reader, &back, &mut out.destination);
        let ways = (rule.mapped_interface, rule.real_interface);
        diverts.add(reader, rule, ways, (other, &rule.real), &reverse_by);
    }
    sources(reader, rule, out, forward_by, reverse_by);
}

fn sources(
    reader: &mut Reader<'_>,
    rule: &Rule,
    out: &mut Rules,
    forward_by: Vec<RewriteId>,
    reverse_by: Vec<RewriteId>,
) {
    let any = reader.literals.any;
    let forward = Direction {
        rule,
        ingress: rule.real_interface,
        egress: rule.mapped_interface,
        other: rule.destination.as_ref().map_or(any, |(_, real)| real.id),
        from: &rule.real,
        to: &rule.mapped,
        ports: ports(rule, |first, second| (first.1, second.2, first.1, second.1)),
        destination: false,
        by: forward_by,
        suffix: "",
    };
    push(reader, &forward, &mut out.source);
    let Some((sent, real)) =
        rule.destination.as_ref().filter(|_| rule.is_static && !rule.unidirectional)
    else {
        return;
    };
    let back = Direction {
        rule,
        ingress: rule.mapped_interface,
        egress: rule.real_interface,
        other: rule.real.id,
        from: real,
        to: sent,
        ports: ports(rule, |first, second| (second.2, first.1, second.2, first.2)),
        destination: false,
        by: reverse_by,
        suffix: " (reverse)",
    };
    push(reader, &back, &mut out.source);
}

/// The port condition of a direction; `pick` gives source, destination, and the changing port before and after.
fn ports(
    rule: &Rule,
    pick: impl Fn(
        (u8, PortRange, PortRange),
        (u8, PortRange, PortRange),
    ) -> (PortRange, PortRange, PortRange, PortRange),
) -> Option<Condition> {
    let (first, second): &(Ports, Ports) = rule.service.as_ref()?;
    let (Some(first), Some(second)) = (*first, *second) else { return Some(Condition::Unknown) };
    if first.0 != second.0 {
        return Some(Condition::Unknown);
    }
    let (source, destination, before, after) = pick(first, second);
    Some(Condition::Known { protocol: first.0, source, destination, change: (before, after) })
}

/// Writes the lines of one direction and returns the rewrites among them.
fn push(reader: &mut Reader<'_>, direction: &Direction<'_>, out: &mut Vec<Line>) -> Vec<RewriteId> {
    let rule = direction.rule;
    let mut made = Vec::new();
    for (from, map) in pieces(reader, direction) {
        let mut line =
            reader.line(format!("{}{}", rule.label, direction.suffix), Action::Permit, rule.span);
        line.enabled = rule.enabled;
        line.matches.ingress = interface(reader, direction.ingress);
        line.matches.egress = interface(reader, direction.egress);
        let (source, destination) =
            if direction.destination { (direction.other, from) } else { (from, direction.other) };
        (line.matches.source, line.matches.destination) = (source, destination);
        if !direction.by.is_empty() {
            line.matches.translated = Translated::By(direction.by.clone());
        }
        let port = port_change(reader, direction, &mut line);
        if map.is_some() || port.is_some() {
            let mut rewrite =
                Rewrite { label: line.label.clone(), span: Some(rule.span), ..Rewrite::default() };
            if direction.destination {
                (rewrite.destination, rewrite.destination_port) = (map, port);
            } else {
                (rewrite.source, rewrite.source_port) = (map, port);
            }
            let id = reader.device.rewrites.push(rewrite);
            made.push(id);
            line.action = Action::Rewrite(id);
        }
        out.push(line);
    }
    made
}

fn interface(reader: &Reader<'_>, index: Option<usize>) -> Interfaces {
    match index.and_then(|index| reader.nameifs.get(index)) {
        Some(nameif) => nameif.here(),
        None => Interfaces::Any,
    }
}

fn port_change(
    reader: &mut Reader<'_>,
    direction: &Direction<'_>,
    line: &mut Line,
) -> Option<PortMap> {
    let rule = direction.rule;
    match direction.ports {
        None if rule.pat && !direction.destination => {
            PortRange::new(1, u16::MAX).map(PortMap::Within)
        }
        None => None,
        Some(Condition::Unknown) => {
            let reason = text!(
                "変換の条件となるサービスを確定できません。変換される場合もされない場合もあるものとして扱います。",
                "the service of this translation is not certain; it is read as perhaps applied",
            );
            reader.ledger.unsupported(rule.span, reason.clone());
            line.matches.unknown.push(unknown(reason, rule.span));
            Some(PortMap::Within(PortRange::ALL))
        }
        Some(Condition::Known { protocol, source, destination, change: (before, after) }) => {
            line.matches.service = service(reader, protocol, source, destination, rule);
            if rule.pat && !direction.destination && before == after {
                return PortRange::new(1, u16::MAX).map(PortMap::Within);
            }
            let same_size = before.last() - before.first() == after.last() - after.first();
            match before == after {
                true => None,
                false if same_size => Some(PortMap::Shift { from: before, to: after }),
                false => Some(PortMap::Within(after)),
            }
        }
    }
}

fn service(
    reader: &mut Reader<'_>,
    protocol: u8,
    source: PortRange,
    destination: PortRange,
    rule: &Rule,
) -> ServiceId {
    let set = if crate::net::flow::has_ports(protocol) {
        ServiceSet::Ports { protocol, source, destination, flags: TcpFlags::ANY }
    } else {
        ServiceSet::Protocol(protocol)
    };
    reader.device.literal_service(set, rule.span)
}

/// What is matched and what it becomes, piece by piece; `None`: it stays as it is.
fn pieces(
    reader: &mut Reader<'_>,
    direction: &Direction<'_>,
) -> Vec<(AddressId, Option<AddressMap>)> {
    let (from, to, rule) = (direction.from, direction.to, direction.rule);
    if from.id == to.id || (from.ranges.is_some() && from.ranges == to.ranges) {
        return vec![(from.id, None)];
    }
    let dynamic = !rule.is_static && !direction.destination;
    if to.interface && !direction.destination {
        return vec![(from.id, Some(AddressMap::EgressInterface))];
    }
    let Some(after) = &to.ranges else { return vec![(from.id, Some(AddressMap::Unknown))] };
    let paired = from.ranges.as_ref().filter(|_| !dynamic).and_then(|before| pair(before, after));
    match paired {
        Some(pairs) => pairs
            .into_iter()
            .map(|(from, to)| (reader.range(from, rule.span), Some(AddressMap::Shift { from, to })))
            .collect(),
        None if !shares_family(from, after) => vec![(from.id, Some(AddressMap::Unknown))],
        None => {
            if !dynamic {
                let reason = text!(
                    "静的変換の前後でアドレス数が異なります。変換後のどのアドレスにもなり得るものとして扱います。",
                    "the two sides of this static translation differ in size; it is read as a pool",
                );
                reader.ledger.unsupported(rule.span, reason);
            }
            vec![(from.id, Some(AddressMap::Pool(after.clone())))]
        }
    }
}

fn shares_family(from: &Side, after: &[AddressRange]) -> bool {
    let Some(before) = &from.ranges else { return !after.is_empty() };
    before.iter().any(|a| after.iter().any(|b| a.family() == b.family()))
}

/// The ranges of both sides cut so that each piece has one of the same size on the other side; `None` when they differ.
fn pair(
    before: &[AddressRange],
    after: &[AddressRange],
) -> Option<Vec<(AddressRange, AddressRange)>> {
    let mut out = Vec::new();
    let (mut left, mut right) = (before.iter(), after.iter());
    let (mut a, mut b) = (left.next().copied(), right.next().copied());
    while let (Some(x), Some(y)) = (a, b) {
        if x.family() != y.family() || out.len() >= PIECE_LIMIT {
            return None;
        }
        let extent = x.extent().min(y.extent());
        let (x, rest_x) = cut(x, extent)?;
        let (y, rest_y) = cut(y, extent)?;
        out.push((x, y));
        a = rest_x.or_else(|| left.next().copied());
        b = rest_y.or_else(|| right.next().copied());
    }
    (a.is_none() && b.is_none() && !out.is_empty()).then_some(out)
}

/// The first `extent` + 1 addresses, and what is left.
fn cut(range: AddressRange, extent: u128) -> Option<(AddressRange, Option<AddressRange>)> {
    let (first, last) = range.numbers();
    let address = |number| crate::net::address(range.family(), number);
    let head = AddressRange::new(range.first(), address(first + extent))?;
    let tail = (first + extent < last)
        .then(|| AddressRange::new(address(first + extent + 1), range.last()))
        .flatten();
    Some((head, tail))
}

/// The reverse-path check: a packet to a real address whose replies would be translated, and that did not itself come
/// through that translation, is dropped ("asymmetric NAT rules matched"). Read as perhaps dropped.
pub(super) fn reverse_path(reader: &mut Reader<'_>, source: &[Line]) -> Option<Filter> {
    let span = source.first()?.span;
    let mut touched = reader.line("un-NAT done".to_owned(), Action::Permit, span);
    touched.matches.translated = Translated::Touched;
    let mut lines = vec![touched];
    for original in source {
        let mut line = reader.line(
            format!("reverse path of {}", original.label),
            Action::Permit,
            original.span,
        );
        line.enabled = original.enabled;
        line.matches.ingress = original.matches.egress.clone();
        line.matches.egress = original.matches.ingress.clone();
        line.matches.source = original.matches.destination;
        line.matches.destination = original.matches.source;
        if matches!(original.action, Action::Rewrite(_)) {
            line.action = Action::Undecided;
        }
        // A condition on ports, or on the destination having been translated, cannot be mirrored exactly.
        let exact = original.matches.service == reader.literals.all_services
            && original.matches.translated == Translated::Ignored
            && original.matches.unknown.is_empty();
        if !exact {
            line.action = Action::Undecided;
            let reason = text!(
                "NAT の逆経路検査で破棄されるかどうかは、ポート条件のため確定できません。",
                "whether the NAT reverse-path check drops this depends on ports",
            );
            line.matches.unknown.push(unknown(reason, original.span));
        }
        lines.push(line);
    }
    let list = reader.device.lists.push(RuleList { name: "NAT reverse path".to_owned(), lines });
    let binding = Binding {
        ingress: Interfaces::Any,
        egress: Interfaces::Any,
        lists: vec![list],
        default: Action::Permit,
        default_label: "no nat rule".to_owned(),
        span: None,
    };
    Some(Filter {
        name: "NAT reverse path",
        bindings: vec![binding],
        otherwise: Action::Permit,
        stateful: true,
    })
}
