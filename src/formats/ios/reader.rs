//! The state of one reading: the device as it grows, literals stored once, and the names that refer into it.

use super::interface::Iface;
use super::lists::Acls;
use super::split::Config;
use crate::formats::Ledger;
use crate::model::{
    Action, AddressId, AddressSet, ContextId, Device, Interfaces, Line, ListId, Match, RuleList,
    ScheduleId, ServiceId, ServiceSet, TcpFlags, Translated, Unknown,
};
use crate::net::{AddressRange, Family, PortRange, Prefix, WildcardMask};
use crate::source::Span;
use crate::text::Text;
use rustc_hash::FxHashMap;

/// One reading in progress.
#[derive(Debug)]
pub(super) struct Reader<'a, 'l> {
    pub(super) device: Device,
    pub(super) ledger: &'l mut Ledger<'a>,
    pub(super) config: Config<'a>,
    /// The beginning of the file, for parts that no line states.
    pub(super) origin: Span,
    pub(super) literals: Literals,
    pub(super) schedules: FxHashMap<&'a str, ScheduleId>,
    pub(super) groups: super::groups::Groups<'a>,
    pub(super) acls: Acls<'a>,
    pub(super) interfaces: Vec<Iface<'a>>,
    /// Canonical interface name to the position in `interfaces`.
    pub(super) interface_names: FxHashMap<String, usize>,
    pub(super) vrfs: FxHashMap<&'a str, ContextId>,
    pub(super) route_maps: FxHashMap<&'a str, Vec<super::routemap::Clause<'a>>>,
    /// An address family by which other routers' VRF routes come in (`vpnv4` and the like).
    pub(super) provider: Option<Span>,
    pub(super) chains: super::zones::Chains<'a>,
}

/// Literals by value, so that each is stored once.
#[derive(Debug, Default)]
pub(super) struct Literals {
    addresses: FxHashMap<AddressKey, AddressId>,
    services: FxHashMap<ServiceKey, ServiceId>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum AddressKey {
    Any,
    Range(AddressRange),
    Wildcard(WildcardMask),
    Union(Vec<AddressId>),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum ServiceKey {
    Any,
    Protocol(u8),
    Ports(u8, PortRange, PortRange, TcpFlags),
    Icmp(u8, Option<(u8, u8)>, Option<(u8, u8)>),
    Union(Vec<ServiceId>),
}

impl<'a> Reader<'a, '_> {
    /// Every address of one family, or of both.
    pub(super) fn any_address(&mut self, family: Option<Family>, span: Span) -> AddressId {
        match family {
            Some(family) => self.range(Prefix::all(family).range(), span),
            None => self.address(AddressKey::Any, AddressSet::Any, span),
        }
    }

    /// The addresses of a range.
    pub(super) fn range(&mut self, range: AddressRange, span: Span) -> AddressId {
        self.address(AddressKey::Range(range), AddressSet::Range(range), span)
    }

    /// The addresses of a wildcard with gaps.
    pub(super) fn wildcard(&mut self, mask: WildcardMask, span: Span) -> AddressId {
        self.address(AddressKey::Wildcard(mask), AddressSet::Wildcard(mask), span)
    }

    /// The union of some addresses.
    pub(super) fn union(&mut self, members: Vec<AddressId>, span: Span) -> AddressId {
        self.address(AddressKey::Union(members.clone()), AddressSet::Union(members), span)
    }

    fn address(&mut self, key: AddressKey, value: AddressSet, span: Span) -> AddressId {
        if let Some(id) = self.literals.addresses.get(&key) {
            return *id;
        }
        let id = self.device.literal(value, span);
        self.literals.addresses.insert(key, id);
        id
    }

    /// Every packet.
    pub(super) fn any_service(&mut self, span: Span) -> ServiceId {
        self.service(ServiceKey::Any, ServiceSet::Any, span)
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

    /// ICMP messages.
    pub(super) fn icmp(
        &mut self,
        protocol: u8,
        kind: Option<u8>,
        code: Option<u8>,
        span: Span,
    ) -> ServiceId {
        let types = kind.map(|kind| (kind, kind));
        let codes = code.map(|code| (code, code));
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

    fn service(&mut self, key: ServiceKey, value: ServiceSet, span: Span) -> ServiceId {
        if let Some(id) = self.literals.services.get(&key) {
            return *id;
        }
        let id = self.device.literal_service(value, span);
        self.literals.services.insert(key, id);
        id
    }

    /// Every packet of one family, or of both.
    pub(super) fn everything(&mut self, family: Option<Family>, span: Span) -> Match {
        let any = self.any_address(family, span);
        Match {
            ingress: Interfaces::Any,
            egress: Interfaces::Any,
            source: any,
            destination: any,
            service: self.any_service(span),
            states: None,
            translated: Translated::Ignored,
            schedule: None,
            unknown: Vec::new(),
        }
    }

    /// Adds a list.
    pub(super) fn list(&mut self, name: &str, lines: Vec<Line>) -> ListId {
        self.device.lists.push(RuleList { name: name.to_owned(), lines })
    }

    /// The context of a VRF; made when nothing defined it, which is remarked.
    pub(super) fn vrf(&mut self, name: &'a str, span: Span) -> ContextId {
        if let Some(id) = self.vrfs.get(name) {
            return *id;
        }
        self.device.remarks.push(crate::model::Remark::Undefined {
            kind: "vrf",
            name: name.to_owned(),
            span,
        });
        self.add_vrf(name)
    }

    /// The context of a VRF that is being defined.
    pub(super) fn add_vrf(&mut self, name: &'a str) -> ContextId {
        if let Some(id) = self.vrfs.get(name) {
            return *id;
        }
        let id = self
            .device
            .contexts
            .push(crate::model::Context { name: name.to_owned(), ..Default::default() });
        self.vrfs.insert(name, id);
        id
    }

    /// The interface with this name, abbreviated or not; `next` is the following word (`Vlan 10`).
    pub(super) fn find_interface(&self, name: &str) -> Option<&Iface<'a>> {
        let at = self.interface_names.get(&super::interface::canonical(name))?;
        self.interfaces.get(*at)
    }
}

/// An enabled line without schedule or comment of its own.
pub(super) fn line(label: String, matches: Match, action: Action, span: Span) -> Line {
    Line { label, matches, action, enabled: true, log: None, comment: None, span }
}

/// A condition that could not be read.
pub(super) fn unknown(reason: Text, span: Span) -> Unknown {
    Unknown { reason, span }
}
