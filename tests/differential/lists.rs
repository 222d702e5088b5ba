//! Random rule lists, conditions, objects and rewrites.

use super::features::Feature;
use super::network::{Plan, host, host6, ip, prefix, span};
use super::rng::Rng;
use sekisho::model::{
    Action, AddressId, AddressMap, AddressSet, AddressWithin, Device, Id, InterfaceId, Interfaces,
    Line, ListId, Match, PortMap, Rewrite, RewriteId, RuleList, Schedule, ScheduleId, ServiceId,
    ServiceSet, TcpFlags, Translated, Unknown, Window,
};
use sekisho::net::{AddressRange, Family, PortRange, State, WildcardMask};
use sekisho::text;
use std::net::Ipv4Addr;

pub(crate) struct ListMaker<'d> {
    rng: Rng,
    plan: &'d Plan,
    device: &'d mut Device,
    depth: usize,
}

const PORTS: [(u16, u16); 6] =
    [(22, 22), (80, 80), (80, 443), (443, 443), (1024, 65535), (0, 65535)];

fn range(first: &str, last: &str) -> AddressRange {
    AddressRange::new(ip(first), ip(last)).unwrap()
}

impl<'d> ListMaker<'d> {
    pub(crate) fn new(rng: Rng, plan: &'d Plan, device: &'d mut Device) -> ListMaker<'d> {
        ListMaker { rng, plan, device, depth: 0 }
    }

    fn has(&self, feature: Feature) -> bool {
        self.plan.features.has(feature)
    }

    fn segment(&mut self) -> usize {
        self.rng.below(self.plan.segments)
    }

    fn plain_range(&mut self) -> AddressRange {
        let s = self.segment();
        match self.rng.below(9) {
            0 => range(&host(s, 0), &host(s, 127)),
            1 => range(&host(s, 5), &host(s, 5)),
            2 => range(&host(s, 3), &host(s, 200)),
            3 => range(&host6(s, 0), &host6(s, 0x8000)),
            4 => prefix(&format!("fd00:{s}::/64")).range(),
            5 => range("10.9.0.0", "10.9.3.255"),
            6 => range("203.0.113.0", "203.0.113.7"),
            7 => prefix("10.0.0.0/8").range(),
            _ => prefix(&format!("10.0.{s}.0/24")).range(),
        }
    }

    fn address(&mut self, depth: usize) -> AddressId {
        if self.rng.chance(30) {
            return AddressId::from_index(0);
        }
        let unknown = self.has(Feature::Unknown);
        let value = match self.rng.below(10) {
            0 if depth < 2 => {
                AddressSet::Union(vec![self.address(depth + 1), self.address(depth + 1)])
            }
            1 if depth < 2 => {
                AddressSet::Except { of: self.address(depth + 1), minus: self.address(depth + 1) }
            }
            2 => AddressSet::Wildcard(WildcardMask::new(
                Ipv4Addr::new(10, 0, 0, 5),
                Ipv4Addr::new(0, 0, self.rng.pick(&[3, 255]), self.rng.pick(&[0, 254, 255])),
            )),
            3 | 4 if unknown => AddressSet::Unknown {
                reason: text!("不明", "unknown"),
                within: self.rng.pick(&[
                    AddressWithin::Anywhere,
                    AddressWithin::Family(Family::V4),
                    AddressWithin::Family(Family::V6),
                ]),
            },
            5 => AddressSet::Union(Vec::new()),
            _ => AddressSet::Range(self.plain_range()),
        };
        self.device.literal(value, span(2))
    }

    fn service(&mut self, depth: usize) -> ServiceId {
        if self.rng.chance(35) {
            return ServiceId::from_index(0);
        }
        let ports = |(first, last)| PortRange::new(first, last).unwrap();
        let value = match self.rng.below(11) {
            0 if depth < 2 => {
                ServiceSet::Union(vec![self.service(depth + 1), self.service(depth + 1)])
            }
            1 if depth < 2 => ServiceSet::Both(self.service(depth + 1), self.service(depth + 1)),
            2 if depth < 2 => {
                ServiceSet::Except { of: self.service(depth + 1), minus: self.service(depth + 1) }
            }
            3 | 4 if self.has(Feature::Unknown) => {
                ServiceSet::Unknown { reason: text!("不明", "unknown") }
            }
            5 => ServiceSet::Protocol(self.rng.pick(&[6, 17, 1, 58, 50])),
            6 => ServiceSet::Icmp {
                protocol: self.rng.pick(&[1, 58]),
                types: self.rng.pick(&[None, Some((8, 8)), Some((0, 128))]),
                codes: self.rng.pick(&[None, Some((0, 0))]),
            },
            _ => {
                let protocol = self.rng.pick(&[6, 6, 17]);
                let flags = self.rng.pick(&[TcpFlags::ANY, TcpFlags { mask: 0x12, value: 0x02 }]);
                ServiceSet::Ports {
                    protocol,
                    source: if self.rng.chance(15) { ports((1024, 65535)) } else { PortRange::ALL },
                    destination: ports(self.rng.pick(&PORTS)),
                    flags: if protocol == 6 { flags } else { TcpFlags::ANY },
                }
            }
        };
        self.device.literal_service(value, span(3))
    }

    fn schedule(&mut self) -> Option<ScheduleId> {
        if !self.has(Feature::Schedules) || !self.rng.chance(40) {
            return None;
        }
        let weekly = |days, from, to| Some(vec![Window::Weekly { days, from, to }]);
        let windows = match self.rng.below(4) {
            0 => None,
            1 => Some(vec![Window::Always]),
            2 => weekly(0b000_1000, 540, 1020),
            _ => weekly(0b000_0001, 0, 60),
        };
        Some(self.device.schedules.push(Schedule { name: "s".to_owned(), windows, span: span(4) }))
    }

    fn ports(&mut self) -> Interfaces {
        let all: Vec<InterfaceId> = self.device.interfaces.ids().collect();
        if self.rng.chance(85) {
            Interfaces::Any
        } else {
            Interfaces::Of(vec![self.rng.pick(&all)])
        }
    }

    pub(crate) fn matches(&mut self, after: bool, translate: bool) -> Match {
        let states = [
            vec![State::New],
            vec![State::Established, State::Related],
            vec![State::Invalid, State::New],
        ];
        let states =
            (self.has(Feature::States) && self.rng.chance(25)).then(|| self.rng.pick(&states));
        let rewrites: Vec<RewriteId> = self.device.rewrites.ids().collect();
        let translated = match self.rng.below(6) {
            _ if !self.has(Feature::TranslatedConditions) || translate => Translated::Ignored,
            0 => Translated::Touched,
            1 => Translated::Untouched,
            2 if !rewrites.is_empty() => Translated::By(vec![self.rng.pick(&rewrites)]),
            _ => Translated::Ignored,
        };
        let unknown = self.has(Feature::Unknown) && self.rng.chance(15);
        let unknown =
            unknown.then(|| Unknown { reason: text!("不明", "unknown"), span: span(5) });
        let uncertain = !translate || self.has(Feature::NatUncertain);
        Match {
            ingress: self.ports(),
            egress: if after { self.ports() } else { Interfaces::Any },
            source: self.address(0),
            destination: self.address(0),
            service: self.service(0),
            states,
            translated,
            schedule: self.schedule().filter(|_| uncertain),
            unknown: unknown.filter(|_| uncertain).into_iter().collect(),
        }
    }

    fn line(&mut self, matches: Match, action: Action) -> Line {
        let enabled = !(self.has(Feature::Disabled) && self.rng.chance(20));
        let number =
            self.device.lists.len() * 100 + self.depth * 20 + self.rng.below(1_000_000) * 1000;
        let span = span(u32::try_from(number).unwrap() % 4_000_000_000);
        Line { label: "line".to_owned(), matches, action, enabled, log: None, comment: None, span }
    }

    pub(crate) fn list(&mut self, after: bool, translate: bool) -> ListId {
        let mut lines = Vec::new();
        for _ in 0..1 + self.rng.below(5) {
            let action = self.action(after, translate);
            let mut matches = self.matches(after, translate);
            if let Action::Rewrite(id) = action {
                // The match of a shift lets only its own addresses through.
                let map = self.device.rewrites[id].clone();
                let only = |map: &Option<AddressMap>| match map {
                    Some(AddressMap::Shift { from, .. }) => Some(AddressSet::Range(*from)),
                    _ => None,
                };
                if let Some(set) = only(&map.source) {
                    matches.source = self.device.literal(set, span(6));
                }
                if let Some(set) = only(&map.destination) {
                    matches.destination = self.device.literal(set, span(6));
                }
                if let Some(PortMap::Shift { from, .. }) = map.destination_port {
                    matches.service = self.device.literal_service(
                        ServiceSet::Ports {
                            protocol: 6,
                            source: PortRange::ALL,
                            destination: from,
                            flags: TcpFlags::ANY,
                        },
                        span(6),
                    );
                }
            }
            lines.push(self.line(matches, action));
        }
        self.device.lists.push(RuleList { name: format!("list{}", self.device.lists.len()), lines })
    }

    fn action(&mut self, after: bool, translate: bool) -> Action {
        if self.has(Feature::Jumps) && self.depth < 2 && self.rng.chance(30) {
            self.depth += 1;
            let list = self.list(after, translate);
            self.depth -= 1;
            return Action::Jump(list);
        }
        if self.has(Feature::Jumps) && self.rng.chance(15) {
            return Action::Return;
        }
        let undecided = if translate { Feature::NatGarbled } else { Feature::Undecided };
        if self.has(undecided) && self.rng.chance(12) {
            return Action::Undecided;
        }
        if translate {
            return if self.rng.chance(15) {
                Action::Permit
            } else {
                Action::Rewrite(self.rewrite(after))
            };
        }
        if self.rng.chance(60) { Action::Permit } else { Action::Deny }
    }

    fn rewrite(&mut self, after: bool) -> RewriteId {
        let mut rewrite =
            Rewrite { label: "rewrite".to_owned(), span: Some(span(8)), ..Rewrite::default() };
        let s = self.segment();
        if after {
            rewrite.source = Some(self.source_map(s));
        } else {
            rewrite.destination = Some(self.destination_map(s));
        }
        if self.has(Feature::NatPorts) && self.rng.chance(50) {
            let ports = |first, last| PortRange::new(first, last).unwrap();
            let map = if self.rng.chance(60) {
                PortMap::Shift { from: ports(80, 90), to: ports(8080, 8090) }
            } else {
                PortMap::Within(ports(440, 450))
            };
            match map {
                PortMap::Within(_) if after => rewrite.source_port = Some(map),
                _ => rewrite.destination_port = Some(map),
            }
        }
        self.device.rewrites.push(rewrite)
    }

    fn source_map(&mut self, s: usize) -> AddressMap {
        match self.rng.below(6) {
            0 => AddressMap::EgressInterface,
            1 if self.has(Feature::NatUnknown) => AddressMap::Unknown,
            2 => AddressMap::Shift {
                from: prefix(&format!("10.0.{s}.0/25")).range(),
                to: prefix("203.0.113.128/25").range(),
            },
            3 => AddressMap::Pool(vec![range("203.0.113.1", "203.0.113.1")]),
            4 => AddressMap::Pool(vec![
                prefix(&format!("fd00:{s}::/64")).range(),
                range("203.0.113.0", "203.0.113.7"),
            ]),
            _ => AddressMap::Pool(vec![range("203.0.113.0", "203.0.113.15")]),
        }
    }

    fn destination_map(&mut self, s: usize) -> AddressMap {
        match self.rng.below(7) {
            0 => AddressMap::Pool(vec![range(&host(s, 5), &host(s, 5))]),
            6 => AddressMap::IngressInterface,
            1 if self.has(Feature::NatUnknown) => AddressMap::Unknown,
            2 => AddressMap::Pool(vec![range(&host(s, 120), &host(s, 130))]),
            3 => AddressMap::Shift {
                from: range(&host6(s, 0x40), &host6(s, 0x4f)),
                to: range(&host6(s, 0x140), &host6(s, 0x14f)),
            },
            4 => AddressMap::Shift {
                from: range(&host(s, 40), &host(s, 40)),
                to: range("10.9.0.5", "10.9.0.5"),
            },
            _ => AddressMap::Shift {
                from: range("203.0.113.0", "203.0.113.7"),
                to: range(&host(s, 0), &host(s, 7)),
            },
        }
    }
}
