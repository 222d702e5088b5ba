//! Fates against a scan of every packet of a small universe.

use super::*;
use crate::compile::Conditions;
use crate::model::{AddressSet, Context, Id, Interface, InterfaceKind, Line, Match, RuleList};
use crate::model::{Binding, ContextId, Filter, InterfaceId, ServiceSet, Stage, Unknown};
use crate::net::{AddressRange, Family, PortRange};
use crate::source::{Sources, Span};
use crate::text::Text;

pub(in crate::compile) struct Random(pub(in crate::compile) u64);

impl Random {
    pub(in crate::compile) fn below(&mut self, limit: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

/// A line over addresses 0..8 of one network, ports 0..4 and interfaces 0..3; ends are included.
#[derive(Clone, Debug)]
pub(in crate::compile) struct Plain {
    source: (u64, u64),
    destination: (u64, u64),
    ports: (u64, u64),
    ingress: Option<u64>,
    egress: Option<u64>,
    permit: bool,
    pub(in crate::compile) sure: bool,
    enabled: bool,
}

/// Source, destination, port, ingress, egress.
type Packet = [u64; 5];

impl Plain {
    pub(in crate::compile) fn random(random: &mut Random, tame: bool) -> Plain {
        let mut range = |limit: u64| {
            let (a, b) = (random.below(limit), random.below(limit));
            (a.min(b), a.max(b))
        };
        let (source, destination, ports) = (range(8), range(8), range(4));
        let mut interface = || (!tame && random.below(3) > 0).then(|| random.below(2));
        let (ingress, egress) = (interface(), interface());
        let permit = random.below(2) == 0;
        let sure = tame || random.below(5) > 0;
        let enabled = tame || random.below(8) > 0;
        Plain { source, destination, ports, ingress, egress, permit, sure, enabled }
    }

    fn matches(&self, packet: &Packet) -> bool {
        let inside = |(first, last): (u64, u64), value: u64| (first..=last).contains(&value);
        self.enabled
            && inside(self.source, packet[0])
            && inside(self.destination, packet[1])
            && inside(self.ports, packet[2])
            && self.ingress.is_none_or(|port| port == packet[3])
            && self.egress.is_none_or(|port| port == packet[4])
    }
}

fn packets() -> Vec<Packet> {
    let mut all = Vec::new();
    for code in 0..8 * 8 * 4 * 3 * 3 {
        all.push([code % 8, code / 8 % 8, code / 64 % 4, code / 256 % 3, code / 768]);
    }
    all
}

pub(in crate::compile) fn device(lines: &[Plain]) -> Device {
    let mut sources = Sources::default();
    let file = sources.add("fw.cfg", b"x\n").unwrap();
    let span = Span { file, start: 0, end: 1 };
    let mut device = Device::default();
    let context: ContextId = device.contexts.push(Context::default());
    let ports: Vec<InterfaceId> = ["a", "b", "c"]
        .into_iter()
        .map(|name| {
            device.interfaces.push(Interface {
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
        })
        .collect();
    let mut list = RuleList::default();
    for plain in lines {
        let mut address = |(first, last): (u64, u64)| {
            let of = |n: u64| format!("10.0.0.{n}").parse().unwrap();
            let range = AddressRange::new(of(first), of(last)).unwrap();
            device.literal(AddressSet::Range(range), span)
        };
        let (source, destination) = (address(plain.source), address(plain.destination));
        let port = |n: u64| u16::try_from(n).unwrap();
        let service = ServiceSet::Ports {
            protocol: 17,
            source: PortRange::ALL,
            destination: PortRange::new(port(plain.ports.0), port(plain.ports.1)).unwrap(),
            flags: crate::model::TcpFlags::ANY,
        };
        let service = device.literal_service(service, span);
        let interfaces = |port: Option<u64>| {
            port.map_or(Interfaces::Any, |port| {
                Interfaces::Of(vec![ports[usize::try_from(port).unwrap()]])
            })
        };
        let unknown = (!plain.sure).then(|| Unknown { reason: Text::same("?"), span });
        list.lines.push(Line {
            label: String::new(),
            matches: Match {
                ingress: interfaces(plain.ingress),
                egress: interfaces(plain.egress),
                unknown: unknown.into_iter().collect(),
                ..Match::between(source, destination, service)
            },
            action: if plain.permit { Action::Permit } else { Action::Deny },
            enabled: plain.enabled,
            log: None,
            comment: None,
            span,
        });
    }
    device.lists.push(list);
    device
}

/// A device whose one filter consults its one list.
pub(in crate::compile) fn filtering(lines: &[Plain]) -> Device {
    let mut device = device(lines);
    let binding = Binding {
        ingress: Interfaces::Any,
        egress: Interfaces::Any,
        lists: device.lists.ids().collect(),
        default: Action::Deny,
        default_label: String::new(),
        span: None,
    };
    let (bindings, otherwise) = (vec![binding], Action::Deny);
    let filter = Filter { name: "filter", bindings, otherwise, stateful: false };
    device.contexts[ContextId::from_index(0)].pipeline.push(Stage::Filter(filter));
    device
}

/// The fates of the lines; the same from a list that is compiled, when it can be, and from one that is not.
fn fates<K: Header>(lines: &[Plain], end: Option<Action>) -> Vec<Fate> {
    let list = ListId::from_index(0);
    let [compiled, own] = [filtering(lines), device(lines)].map(|device| {
        let compiled = Compiled::<K>::new(&device, &Conditions::default());
        let mut covers = Covers::new(&device, &compiled);
        let from_compiled = covers.compiled_lines(list).is_some();
        (from_compiled, covers.fates(list, end))
    });
    // Of a family that no line speaks of everything is certain.
    let certain = K::FAMILY == Family::V6 || lines.iter().all(|line| line.sure || !line.enabled);
    assert_eq!((compiled.0, own.0), (certain, false));
    assert_eq!(compiled.1, own.1, "{lines:#?}");
    own.1
}

/// The positions of the certain lines before `at` that decide packets of it first, when none is left.
fn covered(lines: &[Plain], at: usize, packets: &[Packet]) -> Option<Vec<u32>> {
    let mut by = std::collections::BTreeSet::new();
    for packet in packets.iter().filter(|packet| lines[at].matches(packet)) {
        let first = lines[..at].iter().position(|line| line.sure && line.matches(packet))?;
        by.insert(u32::try_from(first).unwrap());
    }
    Some(by.into_iter().collect())
}

/// Whether nothing changes without the line, whatever the uncertain lines do. A deny does not lean on the end of the list.
fn repeated(lines: &[Plain], at: usize, packets: &[Packet], end: Option<Action>) -> bool {
    let here = &lines[at];
    packets.iter().filter(|packet| here.matches(packet)).all(|packet| {
        if lines[..at].iter().any(|line| line.sure && line.matches(packet)) {
            return true;
        }
        for line in lines[at + 1..].iter().filter(|line| line.matches(packet)) {
            if line.permit != here.permit {
                return false;
            }
            if line.sure {
                return true;
            }
        }
        here.permit && end == Some(Action::Permit)
    })
}

#[test]
fn certain_lines_without_interfaces_get_exactly_their_fate() {
    let mut random = Random(7);
    let packets = packets();
    let (mut all, mut some) = ([0; 3], 0);
    for round in 0..60 {
        let lines: Vec<Plain> = (0..14).map(|_| Plain::random(&mut random, true)).collect();
        let end = [None, Some(Action::Permit), Some(Action::Deny)][round % 3];
        let fates = fates::<u32>(&lines, end);
        for (at, fate) in fates.iter().enumerate() {
            let by = covered(&lines, at, &packets);
            let same = repeated(&lines, at, &packets, end);
            match fate {
                Fate::Covered(found) => {
                    all[0] += 1;
                    assert_eq!(Some(found), by.as_ref(), "{at} of {lines:#?}");
                }
                Fate::Repeated { .. } => {
                    all[1] += 1;
                    assert!(by.is_none() && same, "{at} of {lines:#?}");
                }
                Fate::Live => {
                    all[2] += 1;
                    assert!(by.is_none() && !same, "{at} of {lines:#?}");
                }
                Fate::Empty => some += 1,
            }
        }
    }
    assert!(all.iter().all(|count| *count > 20) && some == 0, "{all:?}");
}

#[test]
fn a_fate_is_never_claimed_wrongly() {
    let mut random = Random(11);
    let packets = packets();
    let mut claimed = [0; 2];
    for round in 0..100 {
        let mut lines: Vec<Plain> = (0..14).map(|_| Plain::random(&mut random, false)).collect();
        // Every second list is certain as a whole.
        lines.iter_mut().for_each(|line| line.sure |= round % 2 == 0);
        let end = [None, Some(Action::Permit), Some(Action::Deny)][round % 3];
        let fates = fates::<u32>(&lines, end);
        for (at, fate) in fates.iter().enumerate() {
            match fate {
                Fate::Covered(_) => {
                    claimed[0] += 1;
                    assert!(covered(&lines, at, &packets).is_some(), "{at} of {lines:#?}");
                }
                Fate::Repeated { .. } => {
                    claimed[1] += 1;
                    assert!(repeated(&lines, at, &packets, end), "{at} of {lines:#?}");
                }
                Fate::Empty => assert!(!lines[at].enabled),
                Fate::Live => {}
            }
        }
        let v6 = self::fates::<u128>(&lines, end);
        assert!(v6.iter().all(|fate| *fate == Fate::Empty));
    }
    assert!(claimed.iter().all(|count| *count > 10), "{claimed:?}");
}

#[test]
fn long_lists_are_searched_block_by_block() {
    let mut random = Random(3);
    let packets = packets();
    let narrow = |random: &mut Random| {
        let (a, b) = (random.below(8), random.below(8));
        let port = random.below(4);
        Plain {
            source: (a, a),
            destination: (b, b),
            ports: (port, port),
            ..Plain::random(random, true)
        }
    };
    let lines: Vec<Plain> = (0..700).map(|_| narrow(&mut random)).collect();
    let fates = fates::<u32>(&lines, None);
    for (at, fate) in fates.iter().enumerate() {
        let expected = match covered(&lines, at, &packets) {
            Some(by) => Fate::Covered(by),
            None if repeated(&lines, at, &packets, None) => {
                let same = |line: &Plain| {
                    line.source == lines[at].source
                        && line.destination == lines[at].destination
                        && line.ports == lines[at].ports
                };
                let next = lines.iter().skip(at + 1).position(same).unwrap() + at + 1;
                Fate::Repeated { by: vec![u32::try_from(next).unwrap()], end: false }
            }
            None => Fate::Live,
        };
        assert_eq!(*fate, expected, "line {at}");
    }
}
