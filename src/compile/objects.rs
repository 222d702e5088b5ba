//! Address and service objects of one device, evaluated once in both readings.

use std::sync::Arc;

use super::header::{self, Header, fields, small, span};
use crate::model::{
    AddressId, AddressSet, AddressWithin, Device, Id, Match, ServiceId, ServiceSet, TcpFlags,
    Translated,
};
use crate::net::{Family, PortRange, State, WildcardMask};
use crate::packetset::{Arena, Function, Intervals, Key};

/// A value in two readings, `must ⊆ may`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pair<T> {
    pub(super) must: T,
    pub(super) may: T,
}

impl<T: Clone> Pair<T> {
    fn same(value: T) -> Pair<T> {
        Pair { must: value.clone(), may: value }
    }
}

/// An address set in both readings.
type Addresses<K> = Pair<Arc<Intervals<K>>>;

/// All objects of a device. Ids refer to smaller ids only, so one pass from the front evaluates them.
#[derive(Debug)]
pub(super) struct Objects<K> {
    addresses: Vec<Addresses<K>>,
    services: Vec<Pair<Function>>,
    /// No address: what an object of the other family holds.
    nothing: Addresses<K>,
    everything: Addresses<K>,
    unknown: Addresses<K>,
}

impl<K: Header> Objects<K> {
    pub(super) fn evaluate(arena: &mut Arena<K>, device: &Device) -> Self {
        let nothing = Arc::new(Intervals::empty());
        let everything = Arc::new(Intervals::up_to(K::narrow(K::FAMILY.last())));
        let mut objects = Objects {
            addresses: Vec::with_capacity(device.addresses.len()),
            services: Vec::with_capacity(device.services.len()),
            nothing: Pair::same(Arc::clone(&nothing)),
            everything: Pair::same(Arc::clone(&everything)),
            unknown: Pair { must: nothing, may: everything },
        };
        for (_, object) in device.addresses.iter() {
            let value = objects.address_value(&object.value);
            objects.addresses.push(value);
        }
        for (_, object) in device.services.iter() {
            let value = objects.service_value(arena, &object.value);
            objects.services.push(value);
        }
        objects
    }

    /// The address set; an id that refers forward (which no reader makes) is unknown.
    pub(super) fn address(&self, id: AddressId) -> Addresses<K> {
        self.known(id).clone()
    }

    /// As [`Objects::address`], to look at.
    pub(super) fn known(&self, id: AddressId) -> &Addresses<K> {
        self.addresses.get(Id::index(id)).unwrap_or(&self.unknown)
    }

    pub(super) fn is_everything(&self, id: AddressId) -> bool {
        self.known(id).must == self.everything.must
    }

    /// The service set; an id that refers forward is unknown.
    pub(super) fn service(&self, id: ServiceId) -> Pair<Function> {
        let unknown = Pair { must: Function::NONE, may: Function::ALL };
        self.services.get(Id::index(id)).copied().unwrap_or(unknown)
    }

    fn address_value(&self, set: &AddressSet) -> Addresses<K> {
        match set {
            AddressSet::Any => self.everything.clone(),
            AddressSet::Range(range) if range.family() != K::FAMILY => self.nothing.clone(),
            AddressSet::Range(range) => {
                Pair::same(Arc::new(super::intervals(std::iter::once(*range))))
            }
            AddressSet::Wildcard(_) if K::FAMILY != Family::V4 => self.nothing.clone(),
            AddressSet::Wildcard(mask) if mask.is_scattered() => {
                let hull = super::intervals(std::iter::once(mask.hull()));
                Pair { must: Arc::clone(&self.nothing.must), may: Arc::new(hull) }
            }
            AddressSet::Wildcard(mask) => Pair::same(Arc::new(wildcard(*mask))),
            AddressSet::Union(members) => match members.as_slice() {
                [only] => self.address(*only),
                _ => self.union(members),
            },
            AddressSet::Except { of, minus } => {
                let (of, minus) = (self.known(*of), self.known(*minus));
                Pair {
                    must: Arc::new(of.must.minus(&minus.may)),
                    may: Arc::new(of.may.minus(&minus.must)),
                }
            }
            AddressSet::Unknown { within: AddressWithin::Family(family), .. }
                if *family != K::FAMILY =>
            {
                self.nothing.clone()
            }
            AddressSet::Unknown { .. } => self.unknown.clone(),
        }
    }

    fn union(&self, members: &[AddressId]) -> Addresses<K> {
        let empty = |id: &AddressId| self.known(*id).may.is_empty();
        if members.iter().all(empty) {
            return self.nothing.clone();
        }
        let values = || members.iter().map(|id| self.known(*id));
        let exact = values().all(|value| value.must == value.may);
        let join = |pick: fn(&Addresses<K>) -> &Arc<Intervals<K>>| {
            Arc::new(Intervals::of(
                values().flat_map(|value| pick(value).as_slice().iter().copied()),
            ))
        };
        let may = join(|value| &value.may);
        if exact { Pair::same(may) } else { Pair { must: join(|value| &value.must), may } }
    }

    fn service_value(&self, arena: &mut Arena<K>, set: &ServiceSet) -> Pair<Function> {
        match set {
            ServiceSet::Any => Pair::same(Function::ALL),
            ServiceSet::Protocol(protocol) => Pair::same(header::cube(arena, &one(*protocol), &[])),
            ServiceSet::Ports { protocol, source, destination, flags } => {
                Pair::same(ports(arena, *protocol, *source, *destination, *flags))
            }
            ServiceSet::Icmp { protocol, types, codes } => {
                let range = |range: &Option<(u8, u8)>| {
                    range.map_or_else(
                        || span(0, 255),
                        |(first, last)| span(first.into(), last.into()),
                    )
                };
                let more = [(fields::DPORT, range(types)), (fields::SPORT, range(codes))];
                Pair::same(header::cube(arena, &one(*protocol), &more))
            }
            ServiceSet::Union(members) => {
                let values: Vec<_> = members.iter().map(|id| self.service(*id)).collect();
                Pair {
                    must: arena.min_all(values.iter().map(|value| value.must).collect()),
                    may: arena.min_all(values.iter().map(|value| value.may).collect()),
                }
            }
            ServiceSet::Both(a, b) => {
                let (a, b) = (self.service(*a), self.service(*b));
                Pair { must: arena.guard(a.must, b.must), may: arena.guard(a.may, b.may) }
            }
            ServiceSet::Except { of, minus } => {
                let (of, minus) = (self.service(*of), self.service(*minus));
                Pair { must: arena.minus(of.must, minus.may), may: arena.minus(of.may, minus.must) }
            }
            ServiceSet::Unknown { .. } => Pair { must: Function::NONE, may: Function::ALL },
        }
    }

    /// The conditions of a match beyond addresses and interfaces, without its `unknown`.
    pub(super) fn rest(&self, arena: &mut Arena<K>, matches: &Match) -> Pair<Function> {
        let mut rest = self.service(matches.service);
        let mut narrow = |field: usize, values: &Intervals<K>| {
            let inside = arena.field_in(field, values);
            rest =
                Pair { must: arena.guard(rest.must, inside), may: arena.guard(rest.may, inside) };
        };
        if let Some(states) = &matches.states {
            let holds =
                |index: &usize| State::ALL.get(*index).is_some_and(|state| states.contains(state));
            let keys = (0..State::ALL.len())
                .filter(holds)
                .map(|i| (K::narrow(i as u128), K::narrow(i as u128)));
            narrow(fields::STATE, &Intervals::of(keys));
        }
        match &matches.translated {
            Translated::Ignored => {}
            Translated::Untouched => narrow(fields::MARK, &span(0, 0)),
            Translated::Touched => narrow(fields::MARK, &span(1, u32::MAX)),
            Translated::By(rewrites) => {
                let keys = rewrites.iter().map(|id| K::narrow(Id::index(*id) as u128 + 1));
                narrow(fields::MARK, &Intervals::of(keys.map(|key| (key, key))));
            }
        }
        rest
    }
}

fn one<K: Key>(protocol: u8) -> Intervals<K> {
    span(protocol.into(), protocol.into())
}

fn ports<K: Header>(
    arena: &mut Arena<K>,
    protocol: u8,
    source: PortRange,
    destination: PortRange,
    flags: TcpFlags,
) -> Function {
    let range = |ports: PortRange| span(ports.first().into(), ports.last().into());
    let mut more = Vec::new();
    if destination != PortRange::ALL {
        more.push((fields::DPORT, range(destination)));
    }
    if source != PortRange::ALL {
        more.push((fields::SPORT, range(source)));
    }
    if flags != TcpFlags::ANY {
        more.push((fields::FLAGS, header::flags_where(|value| flags.matches(value))));
    }
    header::cube(arena, &one(protocol), &more)
}

/// The intervals of a wildcard that is not scattered.
fn wildcard<K: Header>(mask: WildcardMask) -> Intervals<K> {
    let run = mask.ignore.trailing_ones();
    let low = 1u32.checked_shl(run).map_or(u32::MAX, |bit| bit - 1);
    let high = mask.ignore & !low;
    let mut starts = Vec::new();
    let mut part = 0u32;
    loop {
        let start = mask.address | part;
        starts.push((small(start), small(start | low)));
        part = part.wrapping_sub(high) & high;
        if part == 0 {
            return Intervals::of(starts);
        }
    }
}
