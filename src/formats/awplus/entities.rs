//! Entities: zones hold networks, networks hold hosts. A subnet names an interface or does not; without one it stands for its
//! addresses by whatever interface they come and go.

use super::Reader;
use super::commands::Bin;
use crate::formats::builder::unknown;
use crate::formats::lines::{ConfigLine, Word};
use crate::model::{AddressId, AddressWithin, InterfaceId, Interfaces, Match};
use crate::net::{AddressRange, Family, Prefix};
use crate::source::Span;
use crate::text;
use crate::text::Text;
use rustc_hash::FxHashMap;

/// Some addresses of an entity.
#[derive(Clone, Debug)]
pub(super) struct Part<'a> {
    pub(super) address: AddressId,
    /// The addresses as one range, when they are.
    pub(super) range: Option<AddressRange>,
    /// The interface by which they must come or go.
    pub(super) interface: Option<Word<'a>>,
    /// Why they may not belong to the entity.
    pub(super) doubt: Option<Text>,
    pub(super) span: Span,
}

/// A network with its hosts, by name.
#[derive(Debug, Default)]
struct Network<'a> {
    subnets: Vec<Part<'a>>,
    hosts: Vec<(String, Vec<Part<'a>>)>,
}

/// Every entity, by name in lower case.
#[derive(Debug, Default)]
pub(super) struct Entities<'a> {
    zones: FxHashMap<String, Vec<(String, Network<'a>)>>,
}

/// Where in a `zone` block the next line stands.
#[derive(Default)]
struct Place {
    network: Option<usize>,
    host: Option<usize>,
}

impl<'a> Reader<'a> {
    /// Reads every zone.
    pub(super) fn read_entities(&mut self) {
        for block in self.take(Bin::Zone) {
            self.switch.ledger.used(block.head.span);
            let name = block.head.word(1).to_ascii_lowercase();
            let mut networks = self.entities.zones.remove(&name).unwrap_or_default();
            let mut place = Place::default();
            for line in &block.body {
                self.entity_line(line, &mut networks, &mut place);
            }
            self.entities.zones.insert(name, networks);
        }
    }

    fn entity_line(
        &mut self,
        line: &ConfigLine<'a>,
        networks: &mut Vec<(String, Network<'a>)>,
        place: &mut Place,
    ) {
        let name = line.word(1).to_ascii_lowercase();
        self.switch.ledger.used(line.span);
        match line.word(0) {
            "network" => {
                let known = networks.iter().position(|(known, _)| *known == name);
                place.network = Some(known.unwrap_or(networks.len()));
                place.host = None;
                if known.is_none() {
                    networks.push((name, Network::default()));
                }
            }
            "host" => {
                let Some((_, network)) = place.network.and_then(|at| networks.get_mut(at)) else {
                    return self.lost(line);
                };
                let known = network.hosts.iter().position(|(known, _)| *known == name);
                place.host = Some(known.unwrap_or(network.hosts.len()));
                if known.is_none() {
                    network.hosts.push((name, Vec::new()));
                }
            }
            "description" => {}
            _ => {
                let parts = self.parts(line);
                let Some((_, network)) = place.network.and_then(|at| networks.get_mut(at)) else {
                    return self.lost(line);
                };
                let of_host = line.word(1) == "address";
                match place.host.filter(|_| of_host).and_then(|at| network.hosts.get_mut(at)) {
                    Some((_, host)) => host.push(parts),
                    None => network.subnets.push(parts),
                }
            }
        }
    }

    /// A line that stands where it means nothing.
    fn lost(&mut self, line: &ConfigLine<'a>) {
        let reason = text!(
            "この行が属するネットワークまたはホストを特定できません。",
            "the network or host that this line belongs to is not known"
        );
        self.switch.ledger.unknown(line.span, reason, false);
    }

    /// `ip subnet A/LEN [interface I]`, `ip address A`, `ip address dynamic interface I`, and the same of IPv6.
    fn parts(&mut self, line: &ConfigLine<'a>) -> Part<'a> {
        let span = line.span;
        let family = if line.word(0) == "ipv6" { Family::V6 } else { Family::V4 };
        let range = match (line.word(1), line.word(2)) {
            ("subnet", text) => Prefix::parse(text).map(Prefix::range),
            ("address", text) => match text.split_once('/') {
                Some(_) => Prefix::parse(text).map(Prefix::range),
                None => text.parse().ok().map(AddressRange::single),
            },
            _ => None,
        };
        let range = range.filter(|range| range.family() == family);
        let interface = line.words.get(3).filter(|word| word.text == "interface");
        let interface = interface.and_then(|_| line.words.get(4)).copied();
        let length = if interface.is_some() { 5 } else { 3 };
        if let Some(range) = range.filter(|_| line.words.len() == length) {
            let address = self.switch.build.range(range, span);
            return Part { address, range: Some(range), interface, doubt: None, span };
        }
        let text = line.text;
        let reason = text!(
            "「{text}」の指すアドレスは設定からは特定できません。",
            "the addresses of \"{text}\" do not follow from the configuration"
        );
        let dynamic = line.word(1) == "address" && line.word(2) == "dynamic";
        if dynamic && line.words.len() == length {
            // The address that the interface gets: what goes to it stays on that side, what comes from it is the device's own.
            self.switch.ledger.unsupported(span, reason.clone());
            let within = AddressWithin::Family(family);
            let address = self.switch.build.unknown_address(reason, within, span);
            return Part { address, range: None, interface, doubt: None, span };
        }
        self.switch.ledger.unknown(span, reason.clone(), true);
        let address = self.switch.build.unknown_address(reason, AddressWithin::Anywhere, span);
        Part { address, range: None, interface: None, doubt: None, span }
    }

    /// The addresses of `zone`, `zone.network` or `zone.network.host`; unknown when the entity is not defined.
    pub(super) fn entity(&mut self, word: Word<'a>) -> Vec<Part<'a>> {
        let name = word.text.to_ascii_lowercase();
        let mut steps = name.split('.');
        let zone = steps.next().and_then(|zone| self.entities.zones.get(zone));
        let found = match (zone, steps.next(), steps.next(), steps.next()) {
            (Some(networks), None, ..) => {
                Some(networks.iter().flat_map(|(_, network)| network.parts()).collect())
            }
            (Some(networks), Some(network), host, None) => networks
                .iter()
                .find(|(known, _)| known == network)
                .and_then(|(_, network)| match host {
                    None => Some(network.parts()),
                    Some(host) => network.host(host),
                }),
            _ => None,
        };
        found.unwrap_or_else(|| {
            self.switch.build.undefined("entity", word.text, word.span);
            let entity = word.text;
            let reason = text!(
                "エンティティー「{entity}」は定義されていません。",
                "the entity {entity} is not defined"
            );
            self.switch.ledger.unsupported(word.span, reason.clone());
            let within = AddressWithin::Anywhere;
            let address = self.switch.build.unknown_address(reason, within, word.span);
            vec![Part { address, range: None, interface: None, doubt: None, span: word.span }]
        })
    }

    /// The parts of an entity with one interface and one kind of doubt each, their addresses together.
    pub(super) fn sides(&mut self, word: Word<'a>) -> Vec<Part<'a>> {
        let mut sides: Vec<(Part<'a>, Vec<AddressId>)> = Vec::new();
        for part in self.entity(word) {
            let name = |part: &Part<'_>| part.interface.map(|word| word.text.to_owned());
            let same = sides
                .iter_mut()
                .find(|(side, _)| name(side) == name(&part) && side.doubt == part.doubt);
            match same {
                Some((_, members)) => members.push(part.address),
                None => sides.push((part.clone(), vec![part.address])),
            }
        }
        let joined = sides.into_iter().map(|(part, members)| {
            let range = part.range.filter(|_| members.len() == 1);
            let address = self.switch.build.union(members, word.span);
            Part { address, range, ..part }
        });
        joined.collect()
    }

    /// The condition that a packet comes (`source`) from `part`, or goes to it.
    pub(super) fn narrow(
        &mut self,
        matches: &mut Match,
        part: &Part<'a>,
        source: bool,
        egress_known: bool,
    ) {
        if source {
            matches.source = part.address;
        } else {
            matches.destination = part.address;
        }
        matches.unknown.extend(part.doubt.clone().map(|reason| unknown(reason, part.span)));
        let Some(word) = part.interface else { return };
        let port = self.switch.port(word.text).filter(|port| !port.bridged);
        let interface: Option<InterfaceId> = port.and_then(|port| port.id);
        match interface {
            Some(id) if source => matches.ingress = Interfaces::Of(vec![id]),
            Some(id) if egress_known => matches.egress = Interfaces::Of(vec![id]),
            Some(id) if self.owns(id, part) => {}
            _ => {
                let name = word.text;
                let reason = text!(
                    "インターフェース「{name}」の条件をここでは判定できません。",
                    "the condition on the interface {name} cannot be decided here"
                );
                matches.unknown.push(unknown(reason, word.span));
            }
        }
    }
}

impl Reader<'_> {
    /// Whether `part` is one address, which the interface has.
    fn owns(&self, id: InterfaceId, part: &Part<'_>) -> bool {
        let Some(range) = part.range.filter(|range| range.first() == range.last()) else {
            return false;
        };
        let own = &self.switch.build.device.interfaces[id].addresses;
        own.iter().any(|own| own.address == range.first())
    }
}

impl<'a> Network<'a> {
    /// The subnets, and what is said of hosts outside them.
    fn parts(&self) -> Vec<Part<'a>> {
        let mut out = self.subnets.clone();
        let covered = |part: &Part<'_>| {
            let Some(range) = part.range else { return false };
            self.subnets
                .iter()
                .filter_map(|subnet| subnet.range)
                .any(|subnet| subnet.contains(range.first()) && subnet.contains(range.last()))
        };
        for part in self.hosts.iter().flat_map(|(_, parts)| parts).filter(|part| !covered(part)) {
            let doubt = text!(
                "ネットワークのサブネットに含まれないホストです。",
                "a host outside the subnets of its network"
            );
            out.push(Part { doubt: Some(doubt), ..part.clone() });
        }
        out
    }

    /// The addresses of a host. Where its network is bound to an interface, whether the host is as well is not known.
    fn host(&self, name: &str) -> Option<Vec<Part<'a>>> {
        let (_, parts) = self.hosts.iter().find(|(known, _)| known == name)?;
        let mut out = Vec::new();
        for part in parts {
            let holder = part.range.and_then(|range| {
                self.subnets.iter().find(|subnet| {
                    subnet.interface.is_some()
                        && subnet.range.is_some_and(|subnet| subnet.contains(range.first()))
                })
            });
            let Some(holder) = holder.filter(|_| part.interface.is_none()) else {
                out.push(part.clone());
                continue;
            };
            out.push(Part { interface: holder.interface, ..part.clone() });
            let doubt = text!(
                "ホストの条件にネットワークのインターフェース指定が及ぶかどうかは特定できません。",
                "whether the interface of its network holds for the host is not known"
            );
            out.push(Part { doubt: Some(doubt), ..part.clone() });
        }
        Some(out)
    }
}
