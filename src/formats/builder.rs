//! A device as it grows: literals stored once, and the parts that every reader makes in the same way.

use crate::model::{
    Action, AddressId, AddressSet, AddressWithin, Binding, Device, Filter, Interface, InterfaceId,
    InterfaceKind, Interfaces, Line, ListId, Match, Remark, RuleList, ServiceId, ServiceSet,
    TcpFlags, Unknown,
};
use crate::net::{AddressRange, Family, PortRange, Prefix, WildcardMask};
use crate::source::Span;
use crate::text::Text;
use rustc_hash::FxHashMap;

/// The device of one reading in progress.
#[derive(Debug, Default)]
pub(super) struct Builder {
    pub(super) device: Device,
    addresses: FxHashMap<AddressKey, AddressId>,
    services: FxHashMap<ServiceKey, ServiceId>,
    /// Every address, of both families, of IPv4 and of IPv6, and every packet: what every line begins with.
    every: [Option<AddressId>; 3],
    every_service: Option<ServiceId>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum AddressKey {
    Any,
    Range(AddressRange),
    Wildcard(WildcardMask),
    Union(Vec<AddressId>),
    Except(AddressId, AddressId),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum ServiceKey {
    Any,
    Protocol(u8),
    Ports(u8, PortRange, PortRange, TcpFlags),
    Icmp(u8, Option<(u8, u8)>, Option<(u8, u8)>),
    Union(Vec<ServiceId>),
    Except(ServiceId, ServiceId),
    Both(ServiceId, ServiceId),
}

impl Builder {
    /// An empty device of a format, named after its file.
    pub(super) fn new(format: &'static str, path: &str) -> Builder {
        let device = Device { name: stem(path), format, ..Device::default() };
        Builder { device, ..Builder::default() }
    }
}

/// Address sets.
impl Builder {
    /// Every address of one family, or of both.
    pub(super) fn any_address(&mut self, family: Option<Family>, span: Span) -> AddressId {
        let at = match family {
            None => 0,
            Some(Family::V4) => 1,
            Some(Family::V6) => 2,
        };
        if let Some(Some(id)) = self.every.get(at) {
            return *id;
        }
        let id = match family {
            Some(family) => self.range(Prefix::all(family).range(), span),
            None => self.address(AddressKey::Any, AddressSet::Any, span),
        };
        if let Some(every) = self.every.get_mut(at) {
            *every = Some(id);
        }
        id
    }

    /// The addresses of a range.
    pub(super) fn range(&mut self, range: AddressRange, span: Span) -> AddressId {
        self.address(AddressKey::Range(range), AddressSet::Range(range), span)
    }

    /// The addresses of a wildcard with gaps.
    pub(super) fn wildcard(&mut self, mask: WildcardMask, span: Span) -> AddressId {
        self.address(AddressKey::Wildcard(mask), AddressSet::Wildcard(mask), span)
    }

    /// The union of some sets; one alone is itself.
    pub(super) fn union(&mut self, members: Vec<AddressId>, span: Span) -> AddressId {
        match members.as_slice() {
            [one] => *one,
            _ => self.address(AddressKey::Union(members.clone()), AddressSet::Union(members), span),
        }
    }

    /// The addresses of `of` that are not in `minus`.
    pub(super) fn except(&mut self, of: AddressId, minus: AddressId, span: Span) -> AddressId {
        self.address(AddressKey::Except(of, minus), AddressSet::Except { of, minus }, span)
    }

    /// A set that the configuration does not determine; not shared, because each has its reason.
    pub(super) fn unknown_address(
        &mut self,
        reason: Text,
        within: AddressWithin,
        span: Span,
    ) -> AddressId {
        self.device.literal(AddressSet::Unknown { reason, within }, span)
    }

    fn address(&mut self, key: AddressKey, value: AddressSet, span: Span) -> AddressId {
        let device = &mut self.device;
        *self.addresses.entry(key).or_insert_with(|| device.literal(value, span))
    }
}

/// Services.
impl Builder {
    /// Every packet.
    pub(super) fn any_service(&mut self, span: Span) -> ServiceId {
        if let Some(id) = self.every_service {
            return id;
        }
        let id = self.service(ServiceKey::Any, ServiceSet::Any, span);
        self.every_service = Some(id);
        id
    }

    /// Every packet of a protocol.
    pub(super) fn protocol(&mut self, number: u8, span: Span) -> ServiceId {
        self.service(ServiceKey::Protocol(number), ServiceSet::Protocol(number), span)
    }

    /// Packets by ports and flags.
    pub(super) fn ports(
        &mut self,
        protocol: u8,
        source: PortRange,
        destination: PortRange,
        flags: TcpFlags,
        span: Span,
    ) -> ServiceId {
        let key = ServiceKey::Ports(protocol, source, destination, flags);
        self.service(key, ServiceSet::Ports { protocol, source, destination, flags }, span)
    }

    /// Packets to one port.
    pub(super) fn one_port(&mut self, protocol: u8, port: u16, span: Span) -> ServiceId {
        self.ports(protocol, PortRange::ALL, PortRange::single(port), TcpFlags::ANY, span)
    }

    /// ICMP messages of these types and codes, both ends included; `None` is any.
    pub(super) fn icmp(
        &mut self,
        protocol: u8,
        types: Option<(u8, u8)>,
        codes: Option<(u8, u8)>,
        span: Span,
    ) -> ServiceId {
        let key = ServiceKey::Icmp(protocol, types, codes);
        self.service(key, ServiceSet::Icmp { protocol, types, codes }, span)
    }

    /// The union of some services; one alone is itself.
    pub(super) fn services(&mut self, members: Vec<ServiceId>, span: Span) -> ServiceId {
        match members.as_slice() {
            [one] => *one,
            _ => self.service(ServiceKey::Union(members.clone()), ServiceSet::Union(members), span),
        }
    }

    /// The packets of `of` that are not in `minus`.
    pub(super) fn service_except(
        &mut self,
        of: ServiceId,
        minus: ServiceId,
        span: Span,
    ) -> ServiceId {
        self.service(ServiceKey::Except(of, minus), ServiceSet::Except { of, minus }, span)
    }

    /// What both have in common.
    pub(super) fn service_both(&mut self, a: ServiceId, b: ServiceId, span: Span) -> ServiceId {
        self.service(ServiceKey::Both(a, b), ServiceSet::Both(a, b), span)
    }

    /// A service that the configuration does not determine; not shared, because each has its reason.
    pub(super) fn unknown_service(&mut self, reason: Text, span: Span) -> ServiceId {
        self.device.literal_service(ServiceSet::Unknown { reason }, span)
    }

    fn service(&mut self, key: ServiceKey, value: ServiceSet, span: Span) -> ServiceId {
        let device = &mut self.device;
        *self.services.entry(key).or_insert_with(|| device.literal_service(value, span))
    }
}

/// Lines, lists, interfaces and remarks.
impl Builder {
    /// Every packet of one family, or of both.
    pub(super) fn everything(&mut self, family: Option<Family>, span: Span) -> Match {
        let any = self.any_address(family, span);
        Match::between(any, any, self.any_service(span))
    }

    /// Adds a list.
    pub(super) fn list(&mut self, name: &str, lines: Vec<Line>) -> ListId {
        self.device.lists.push(RuleList { name: name.to_owned(), lines })
    }

    /// A filter of one list that every packet meets.
    pub(super) fn filter(
        &mut self,
        name: &'static str,
        lists: Vec<ListId>,
        default: Action,
        default_label: &str,
        span: Option<Span>,
    ) -> Filter {
        let binding = Binding {
            ingress: Interfaces::Any,
            egress: Interfaces::Any,
            lists,
            default,
            default_label: default_label.to_owned(),
            span,
        };
        Filter { name, bindings: vec![binding], otherwise: Action::Permit, stateful: false }
    }

    /// Notes that a name is used and not defined.
    pub(super) fn undefined(&mut self, kind: &'static str, name: &str, span: Span) {
        self.device.remarks.push(Remark::Undefined { kind, name: name.to_owned(), span });
    }

    /// Adds an Ethernet interface that is up and has no address, in the first context.
    pub(super) fn interface(&mut self, name: &str, span: Span) -> InterfaceId {
        let context = self.device.contexts.ids().next();
        let context = context.unwrap_or(self.device.contexts.next_id());
        self.device.interfaces.push(Interface {
            name: name.to_owned(),
            alias: None,
            context,
            addresses: Vec::new(),
            zone: None,
            up: true,
            kind: InterfaceKind::Ethernet,
            vlan: None,
            dynamic: false,
            hairpin_unfiltered: false,
            source_check: None,
            span,
        })
    }
}

/// An enabled line without schedule or comment of its own.
pub(super) fn line(label: String, matches: Match, action: Action, span: Span) -> Line {
    Line { label, matches, action, enabled: true, log: None, comment: None, span }
}

/// `name`, then `between`, then the number: what a line is called. Made for every line, so without the machinery of formats.
pub(super) fn numbered(name: &str, between: &str, number: usize) -> String {
    let digits = number.checked_ilog10().map_or(1, |last| last as usize + 1);
    let mut out = String::with_capacity(name.len() + between.len() + digits);
    out.push_str(name);
    out.push_str(between);
    let mut unit = 10usize.pow(u32::try_from(digits - 1).unwrap_or(0));
    while unit > 0 {
        let digit = u8::try_from(number / unit % 10).unwrap_or(0);
        out.push(char::from(b'0' + digit));
        unit /= 10;
    }
    out
}

/// A condition that could not be read.
pub(super) fn unknown(reason: Text, span: Span) -> Unknown {
    Unknown { reason, span }
}

/// The file name without directories and ending: the name of a device that does not state one.
pub(super) fn stem(path: &str) -> String {
    let file = path.rsplit('/').next().unwrap_or(path);
    file.rsplit_once('.').map_or(file, |(stem, _)| stem).to_owned()
}
