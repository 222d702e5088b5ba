//! A small builder of snapshots by hand, and the tests by subject.

mod filters;
mod laws;
mod lists;
mod networks;
mod routing;
mod translation;

use super::*;
use crate::model::*;
use crate::net::{AddressRange, PortRange, Prefix, State, TCP_SYN};
use crate::snapshot::{Opaque, Segment, Zone, ZoneAddresses};
use crate::source::{FileId, Sources, Span};
use std::net::IpAddr;

fn file() -> FileId {
    Sources::default().add("test.conf", b"x\n").unwrap()
}

/// A span whose start tells lines apart.
fn span(start: u32) -> Span {
    Span { file: file(), start, end: start + 1 }
}

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn prefix(text: &str) -> Prefix {
    Prefix::parse(text).unwrap()
}

fn range(first: &str, last: &str) -> AddressRange {
    AddressRange::new(ip(first), ip(last)).unwrap()
}

fn ports(first: u16, last: u16) -> PortRange {
    PortRange::new(first, last).unwrap()
}

fn tcp(src: &str, dst: &str, port: u16) -> Flow {
    Flow {
        src: ip(src),
        dst: ip(dst),
        protocol: 6,
        source_port: 49152,
        destination_port: port,
        tcp_flags: TCP_SYN,
        icmp_type: 0,
        icmp_code: 0,
        state: State::New,
    }
}

fn udp(src: &str, dst: &str, port: u16) -> Flow {
    Flow { protocol: 17, tcp_flags: 0, ..tcp(src, dst, port) }
}

/// Builds one device with one context; `any` objects are number 0.
struct Box_ {
    device: Device,
    context: ContextId,
    any: AddressId,
    all: ServiceId,
}

fn device(name: &str) -> Box_ {
    let mut device = Device { name: name.to_owned(), ..Device::default() };
    let context =
        device.contexts.push(Context { pipeline: vec![Stage::Route], ..Context::default() });
    let any = device.literal(AddressSet::Any, span(0));
    let all = device.literal_service(ServiceSet::Any, span(0));
    Box_ { device, context, any, all }
}

impl Box_ {
    fn interface(&mut self, name: &str, addresses: &[&str]) -> InterfaceId {
        let context = self.context;
        self.device.interfaces.push(Interface {
            name: name.to_owned(),
            alias: None,
            context,
            addresses: addresses
                .iter()
                .map(|text| {
                    let (address, len) = text.split_once('/').unwrap();
                    let (address, len) = (ip(address), len.parse().unwrap());
                    InterfaceAddress { address, len, span: span(1) }
                })
                .collect(),
            zone: None,
            up: true,
            kind: InterfaceKind::Ethernet,
            vlan: None,
            dynamic: false,
            hairpin_unfiltered: false,
            source_check: None,
            span: span(1),
        })
    }

    fn net(&mut self, text: &str) -> AddressId {
        self.device.literal(AddressSet::Range(prefix(text).range()), span(2))
    }

    fn unknown(&mut self) -> AddressId {
        let reason = crate::text!("FQDN", "FQDN");
        let within = AddressWithin::Anywhere;
        self.device.literal(AddressSet::Unknown { reason, within }, span(3))
    }

    fn port(&mut self, protocol: u8, first: u16, last: u16) -> ServiceId {
        self.device.literal_service(
            ServiceSet::Ports {
                protocol,
                source: PortRange::ALL,
                destination: ports(first, last),
                flags: TcpFlags::ANY,
            },
            span(4),
        )
    }

    fn any(&self) -> Match {
        Match::between(self.any, self.any, self.all)
    }

    fn list(&mut self, lines: Vec<Line>) -> ListId {
        self.device.lists.push(RuleList { name: "list".to_owned(), lines })
    }

    /// One filter for all interfaces, stateful, denying by default.
    fn filter(&self, list: ListId) -> Filter {
        Filter {
            name: "policy",
            bindings: vec![bind(list, Action::Deny)],
            otherwise: Action::Permit,
            stateful: true,
        }
    }

    fn stages(&mut self, before: Vec<Stage>, after: Vec<Stage>) {
        let mut pipeline = before;
        pipeline.push(Stage::Route);
        pipeline.extend(after);
        self.device.contexts[self.context].pipeline = pipeline;
    }

    /// A policy after the route.
    fn policy(&mut self, lines: Vec<Line>) {
        let list = self.list(lines);
        let filter = self.filter(list);
        self.stages(Vec::new(), vec![Stage::Filter(filter)]);
    }

    fn route(&mut self, to: &str, next_hop: NextHop) {
        self.device.contexts[self.context].routes.push(Route {
            prefix: prefix(to),
            next_hop,
            distance: 1,
            metric: 0,
            withdrawable: false,
            span: span(5),
        });
    }

    fn via(&mut self, to: &str, gateway: &str) {
        self.route(to, NextHop::Gateway { address: ip(gateway), interface: None });
    }

    fn last_route(&mut self) -> &mut Route {
        self.device.contexts[self.context].routes.last_mut().unwrap()
    }

    fn rewrite(&mut self, rewrite: Rewrite) -> RewriteId {
        self.device.rewrites.push(rewrite)
    }
}

fn bind(list: ListId, default: Action) -> Binding {
    Binding {
        ingress: Interfaces::Any,
        egress: Interfaces::Any,
        lists: vec![list],
        default,
        default_label: "implicit deny".to_owned(),
        span: None,
    }
}

fn translate(name: &'static str, list: ListId) -> Stage {
    Stage::Translate(Translate { name, bindings: vec![bind(list, Action::Permit)] })
}

fn line(label: &str, matches: Match, action: Action) -> Line {
    Line {
        label: label.to_owned(),
        matches,
        action,
        enabled: true,
        log: None,
        comment: None,
        span: span(7),
    }
}

/// Builds a snapshot.
#[derive(Default)]
struct Net {
    snapshot: Snapshot,
}

impl Net {
    fn add(&mut self, device: Box_) -> DeviceId {
        self.snapshot.devices.push(device.device.into())
    }

    fn zone(&mut self, id: &str, networks: &[&str]) -> ZoneId {
        let addresses = if networks.is_empty() {
            ZoneAddresses::Rest
        } else {
            ZoneAddresses::Networks(networks.iter().map(|text| prefix(text)).collect())
        };
        self.snapshot.zones.push(Zone {
            id: id.to_owned(),
            label: id.to_owned(),
            addresses,
            assumed: Vec::new(),
            subnets: Vec::new(),
            external: networks.is_empty(),
            roles: Vec::new(),
            span: None,
        })
    }

    fn segment(&mut self, ports: &[Port], zones: &[ZoneId]) -> SegmentId {
        let (ports, zones) = (ports.to_vec(), zones.to_vec());
        self.snapshot.segments.push(Segment { ports, zones, ..Segment::default() })
    }

    fn opaque(&mut self, address: &str, zones: &[ZoneId], segments: &[SegmentId]) -> OpaqueId {
        let id = self.snapshot.opaques.push(Opaque {
            name: format!("gateway {address}"),
            declared: true,
            addresses: vec![ip(address)],
            zones: zones.to_vec(),
            segments: segments.to_vec(),
            ..Opaque::default()
        });
        for segment in segments {
            self.snapshot.segments[*segment].opaques.push(id);
        }
        id
    }

    fn run(&self, zone: ZoneId, flow: Flow) -> Trace {
        trace(&self.snapshot, Ingress::Zone(zone), flow, &Options::default())
    }
}

fn at(device: DeviceId, interface: InterfaceId) -> Port {
    Port { device, interface }
}

/// One firewall between zone a (10.0.1.0/24) and zone b (10.0.2.0/24).
struct Pair {
    net: Net,
    a: ZoneId,
    b: ZoneId,
}

fn pair(build: impl FnOnce(&mut Box_)) -> Pair {
    let mut fw = device("fw");
    let inside = fw.interface("port1", &["10.0.1.1/24", "fd00:1::1/64"]);
    let outside = fw.interface("port2", &["10.0.2.1/24", "fd00:2::1/64"]);
    build(&mut fw);
    let mut net = Net::default();
    let fw = net.add(fw);
    let a = net.zone("a", &["10.0.1.0/24", "fd00:1::/64"]);
    let b = net.zone("b", &["10.0.2.0/24", "fd00:2::/64"]);
    net.segment(&[at(fw, inside)], &[a]);
    net.segment(&[at(fw, outside)], &[b]);
    Pair { net, a, b }
}

impl Pair {
    fn verdict(&self, flow: Flow) -> TraceVerdict {
        self.net.run(self.a, flow).verdict()
    }

    fn go(&self) -> TraceVerdict {
        self.verdict(tcp("10.0.1.5", "10.0.2.5", 443))
    }
}

/// The labels of the lines at the last hop.
fn labels(end: &End) -> Vec<String> {
    end.hops.last().unwrap().lines.iter().map(|line| line.label.clone()).collect()
}
