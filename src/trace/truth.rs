//! Conditions on one packet, three-valued (Kleene), written straight from the documentation of the model.

use super::packet::{Cut, Field, Packet, address_inside, inside};
use crate::finding::Cause;
use crate::model::{Action, Interfaces, Moment};
use crate::model::{
    Activity, AddressId, AddressSet, AddressWithin, Device, InterfaceId, Line, Match, RewriteId,
    ServiceId, ServiceSet, Translated,
};
use crate::net::{AddressRange, Family, PortRange, State, WildcardMask, number};
use std::collections::{BTreeMap, BTreeSet};

/// How many reasons of one uncertain condition are kept.
const MAX_REASONS: usize = 8;

/// The value of a condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Truth {
    No,
    Maybe,
    Yes,
    /// Holds for some members of a range and not for others: cut there and ask again.
    Mixed(Cut),
}

impl Truth {
    fn of(value: Result<bool, u128>, field: Field) -> Truth {
        match value {
            Ok(value) => Truth::from(value),
            Err(at) => Truth::Mixed(Cut { field, at }),
        }
    }

    pub(super) fn and(self, other: Truth) -> Truth {
        match (self, other) {
            (Truth::No, _) | (_, Truth::No) => Truth::No,
            (Truth::Mixed(cut), _) | (_, Truth::Mixed(cut)) => Truth::Mixed(cut),
            (Truth::Maybe, _) | (_, Truth::Maybe) => Truth::Maybe,
            (Truth::Yes, Truth::Yes) => Truth::Yes,
        }
    }

    fn or(self, other: Truth) -> Truth {
        self.not().and(other.not()).not()
    }

    fn not(self) -> Truth {
        match self {
            Truth::No => Truth::Yes,
            Truth::Yes => Truth::No,
            other => other,
        }
    }
}

impl From<bool> for Truth {
    fn from(value: bool) -> Truth {
        if value { Truth::Yes } else { Truth::No }
    }
}

/// What a condition can see of a packet inside a device.
#[derive(Clone, Copy, Debug)]
pub(super) struct View<'a> {
    pub(super) device: &'a Device,
    pub(super) packet: &'a Packet,
    /// Where it came in; `None` for a packet that the device itself sends.
    pub(super) ingress: Option<InterfaceId>,
    /// Where it is about to leave; `None` before the route.
    pub(super) egress: Option<InterfaceId>,
    /// The connection state as this device sees it.
    pub(super) state: State,
    /// The rewrites of this device that changed the destination.
    pub(super) touched: &'a [RewriteId],
    pub(super) at: Option<Moment>,
    /// Asks for what holds at any time: a permit line that is active at some time only does not apply.
    pub(super) lasting: bool,
}

/// Evaluates conditions on one view and remembers the value of every group of objects that it met.
pub(super) struct Judge<'a> {
    view: View<'a>,
    sources: BTreeMap<AddressId, Truth>,
    destinations: BTreeMap<AddressId, Truth>,
    services: BTreeMap<ServiceId, Truth>,
}

/// What a line makes of a packet.
pub(super) struct Matched {
    pub(super) truth: Truth,
    /// The name of the schedule that must be active, when it is not active at all times.
    pub(super) schedule: Option<String>,
}

/// Whether `interface` meets the condition; with no interface only [`Interfaces::Any`] is met.
pub(super) fn at_interface(condition: &Interfaces, interface: Option<InterfaceId>) -> bool {
    match interface {
        Some(interface) => condition.contains(interface),
        None => *condition == Interfaces::Any,
    }
}

impl<'a> Judge<'a> {
    pub(super) fn new(view: View<'a>) -> Judge<'a> {
        Judge {
            view,
            sources: BTreeMap::new(),
            destinations: BTreeMap::new(),
            services: BTreeMap::new(),
        }
    }

    pub(super) fn view(&self) -> View<'a> {
        self.view
    }

    /// Whether `line` applies. A schedule that is active at some time only lets a permit line of a filter apply (there is a
    /// time when it does) and leaves any other line in doubt.
    pub(super) fn line(&mut self, line: &Line, translating: bool) -> Matched {
        let mut matched = Matched { truth: Truth::No, schedule: None };
        if !line.enabled {
            return matched;
        }
        let schedule = line.matches.schedule.map(|id| &self.view.device.schedules[id]);
        let activity = schedule.map_or(Activity::Active, |s| s.activity(self.view.at));
        let on_time = match (activity, line.action) {
            (Activity::Inactive, _) => return matched,
            (Activity::Active, _) => Truth::Yes,
            (Activity::Sometimes, Action::Permit) if translating => Truth::Maybe,
            (Activity::Sometimes, Action::Permit) if self.view.lasting => return matched,
            (Activity::Sometimes, Action::Permit) => Truth::Yes,
            (Activity::Sometimes, _) => Truth::Maybe,
        };
        if activity == Activity::Sometimes {
            matched.schedule = schedule.map(|schedule| schedule.name.clone());
        }
        matched.truth = self.condition(&line.matches).and(on_time);
        matched
    }

    /// Whether a policy route may apply; one that is off at the moment does not.
    pub(super) fn policy_route(&mut self, matches: &Match) -> Truth {
        let schedule = matches.schedule.map(|id| &self.view.device.schedules[id]);
        match schedule.map(|schedule| schedule.activity(self.view.at)) {
            Some(Activity::Inactive) => Truth::No,
            _ => self.condition(matches),
        }
    }

    /// The value of all conditions of `matches` together, without the schedule.
    fn condition(&mut self, matches: &Match) -> Truth {
        let view = self.view;
        let plain = at_interface(&matches.ingress, view.ingress)
            && at_interface(&matches.egress, view.egress)
            && matches.states.as_ref().is_none_or(|states| states.contains(&view.state))
            && translated(&matches.translated, view.touched);
        if !plain {
            return Truth::No;
        }
        let service = self.service(matches.service);
        if service == Truth::No {
            return Truth::No;
        }
        let truth = self.source(matches.source);
        if truth == Truth::No {
            return Truth::No;
        }
        let truth = truth.and(self.destination(matches.destination)).and(service);
        if matches.unknown.is_empty() { truth } else { truth.and(Truth::Maybe) }
    }

    fn source(&mut self, id: AddressId) -> Truth {
        addresses(self.view.device, id, self.view.packet.source, Field::Source, &mut self.sources)
    }

    fn destination(&mut self, id: AddressId) -> Truth {
        let range = self.view.packet.destination;
        addresses(self.view.device, id, range, Field::Destination, &mut self.destinations)
    }

    /// The value of a service object; members are valued before the objects that hold them.
    fn service(&mut self, id: ServiceId) -> Truth {
        let (device, packet) = (self.view.device, self.view.packet);
        let value = &device.services[id].value;
        if !is_service_group(value) {
            return service_value((device, value), packet, &self.services);
        }
        if let Some(value) = self.services.get(&id) {
            return *value;
        }
        let groups = |id: ServiceId| {
            let mut parts = service_parts(&device.services[id].value);
            parts.retain(|id| is_service_group(&device.services[*id].value));
            parts
        };
        for id in needed(id, &self.services, groups) {
            let value = &device.services[id].value;
            let value = service_value((device, value), packet, &self.services);
            self.services.insert(id, value);
        }
        self.services.get(&id).copied().unwrap_or(Truth::Maybe)
    }

    /// Why a condition that came out as [`Truth::Maybe`] is in doubt.
    pub(super) fn reasons(&mut self, matches: &Match) -> Vec<Cause> {
        let mut causes: Vec<Cause> = matches
            .unknown
            .iter()
            .map(|unknown| Cause { span: Some(unknown.span), reason: unknown.reason.clone() })
            .collect();
        let device = self.view.device;
        let mut parts = Vec::new();
        if self.source(matches.source) == Truth::Maybe {
            parts.push(matches.source);
        }
        if self.destination(matches.destination) == Truth::Maybe {
            parts.push(matches.destination);
        }
        for id in parts {
            let all = needed(id, &BTreeMap::<_, Truth>::new(), |id| {
                address_parts(&device.addresses[id].value)
            });
            for object in all.into_iter().map(|id| &device.addresses[id]) {
                if let AddressSet::Unknown { reason, .. } = &object.value {
                    causes.push(Cause { span: Some(object.span), reason: reason.clone() });
                }
            }
        }
        if self.service(matches.service) == Truth::Maybe {
            let all = needed(matches.service, &BTreeMap::<_, Truth>::new(), |id| {
                service_parts(&device.services[id].value)
            });
            for object in all.into_iter().map(|id| &device.services[id]) {
                if let ServiceSet::Unknown { reason } = &object.value {
                    causes.push(Cause { span: Some(object.span), reason: reason.clone() });
                }
            }
        }
        causes.truncate(MAX_REASONS);
        causes
    }
}

fn translated(condition: &Translated, touched: &[RewriteId]) -> bool {
    match condition {
        Translated::Ignored => true,
        Translated::Untouched => touched.is_empty(),
        Translated::Touched => !touched.is_empty(),
        Translated::By(rewrites) => touched.iter().any(|id| rewrites.contains(id)),
    }
}

/// `id` and everything below it that has no value yet, smallest id first, so that members come before their groups.
fn needed<I: Copy + Ord, T>(
    id: I,
    known: &BTreeMap<I, T>,
    parts: impl Fn(I) -> Vec<I>,
) -> BTreeSet<I> {
    let mut found = BTreeSet::new();
    let mut open = vec![id];
    while let Some(id) = open.pop() {
        if !known.contains_key(&id) && found.insert(id) {
            open.extend(parts(id));
        }
    }
    found
}

fn is_group(value: &AddressSet) -> bool {
    matches!(value, AddressSet::Union(_) | AddressSet::Except { .. })
}

fn is_service_group(value: &ServiceSet) -> bool {
    matches!(value, ServiceSet::Union(_) | ServiceSet::Both(..) | ServiceSet::Except { .. })
}

fn address_parts(value: &AddressSet) -> Vec<AddressId> {
    match value {
        AddressSet::Union(members) => members.clone(),
        AddressSet::Except { of, minus } => vec![*of, *minus],
        _ => Vec::new(),
    }
}

fn service_parts(value: &ServiceSet) -> Vec<ServiceId> {
    match value {
        ServiceSet::Union(members) => members.clone(),
        ServiceSet::Both(a, b) => vec![*a, *b],
        ServiceSet::Except { of, minus } => vec![*of, *minus],
        _ => Vec::new(),
    }
}

fn addresses(
    device: &Device,
    id: AddressId,
    range: AddressRange,
    field: Field,
    known: &mut BTreeMap<AddressId, Truth>,
) -> Truth {
    let value = &device.addresses[id].value;
    if !is_group(value) {
        return address_value((device, value), (range, field), known);
    }
    if let Some(value) = known.get(&id) {
        return *value;
    }
    let groups = |id: AddressId| {
        let mut parts = address_parts(&device.addresses[id].value);
        parts.retain(|id| is_group(&device.addresses[*id].value));
        parts
    };
    for id in needed(id, known, groups) {
        let value = &device.addresses[id].value;
        let value = address_value((device, value), (range, field), known);
        known.insert(id, value);
    }
    known.get(&id).copied().unwrap_or(Truth::Maybe)
}

/// A group among the members without a value would be a reference to a larger id, which the model rules out; it is read as
/// unknown.
fn address_value(
    (device, value): (&Device, &AddressSet),
    (range, field): (AddressRange, Field),
    known: &BTreeMap<AddressId, Truth>,
) -> Truth {
    let of = |id: &AddressId| match &device.addresses[*id].value {
        value if is_group(value) => known.get(id).copied().unwrap_or(Truth::Maybe),
        value => address_value((device, value), (range, field), known),
    };
    match value {
        AddressSet::Any => Truth::Yes,
        AddressSet::Range(set) => Truth::of(address_inside(range, *set), field),
        AddressSet::Wildcard(wildcard) if wildcard.is_scattered() => {
            Truth::of(address_inside(range, wildcard.hull()), field).and(Truth::Maybe)
        }
        AddressSet::Wildcard(wildcard) => Truth::of(wildcard_inside(range, *wildcard), field),
        AddressSet::Union(members) => members.iter().map(of).fold(Truth::No, Truth::or),
        AddressSet::Except { of: kept, minus } => of(kept).and(of(minus).not()),
        AddressSet::Unknown { within, .. } => match within {
            AddressWithin::Anywhere => Truth::Maybe,
            AddressWithin::Family(family) if *family == range.family() => Truth::Maybe,
            AddressWithin::Family(_) => Truth::No,
        },
    }
}

/// Whether all, none or some members agree on the compared bits; some: cut in the middle of the bits that vary.
fn wildcard_inside(range: AddressRange, wildcard: WildcardMask) -> Result<bool, u128> {
    if range.family() == Family::V6 {
        return Ok(false);
    }
    if let Some(prefix) = wildcard.to_prefix() {
        return address_inside(range, prefix.range());
    }
    let (first, last) = range.numbers();
    let varying = 128 - (first ^ last).leading_zeros();
    let low = 1u128.checked_shl(varying).map_or(u128::MAX, |bit| bit - 1);
    let compared = !u128::from(wildcard.ignore) & Family::V4.last();
    let wanted = u128::from(wildcard.address);
    if (first ^ wanted) & compared & !low != 0 {
        Ok(false)
    } else if compared & low == 0 {
        Ok(true)
    } else {
        let middle = low >> 1;
        Err(number(range.last()) & !middle)
    }
}

fn service_value(
    (device, value): (&Device, &ServiceSet),
    packet: &Packet,
    known: &BTreeMap<ServiceId, Truth>,
) -> Truth {
    let of = |id: &ServiceId| match &device.services[*id].value {
        value if is_service_group(value) => known.get(id).copied().unwrap_or(Truth::Maybe),
        value => service_value((device, value), packet, known),
    };
    let between = |range: Option<(u8, u8)>, value: u8| {
        range.is_none_or(|(first, last)| (first..=last).contains(&value))
    };
    match value {
        ServiceSet::Any => Truth::Yes,
        ServiceSet::Protocol(protocol) => (*protocol == packet.protocol).into(),
        ServiceSet::Ports { protocol, source, destination, flags } => {
            let kind = *protocol == packet.protocol && flags.matches(packet.tcp_flags);
            let source = ports_value(packet.source_port, *source, Field::SourcePort);
            let target = ports_value(packet.destination_port, *destination, Field::DestinationPort);
            Truth::from(kind).and(target).and(source)
        }
        ServiceSet::Icmp { protocol, types, codes } => (*protocol == packet.protocol
            && between(*types, packet.icmp_type)
            && between(*codes, packet.icmp_code))
        .into(),
        ServiceSet::Union(members) => members.iter().map(of).fold(Truth::No, Truth::or),
        ServiceSet::Both(a, b) => of(a).and(of(b)),
        ServiceSet::Except { of: kept, minus } => of(kept).and(of(minus).not()),
        ServiceSet::Unknown { .. } => Truth::Maybe,
    }
}

fn ports_value(ours: PortRange, set: PortRange, field: Field) -> Truth {
    let wide = |range: PortRange| (u128::from(range.first()), u128::from(range.last()));
    Truth::of(inside(wide(ours), wide(set)), field)
}
