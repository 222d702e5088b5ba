use super::*;
use crate::model::*;
use crate::net::Prefix;
use crate::snapshot::{Issue, IssueKind, Port};
use crate::source::{FileId, Sources, Span};
use std::net::IpAddr;

mod adjacency;
mod court;
mod derived;
mod missing;

/// A device under construction; every interface and route has a span of its own in `id`.
pub(super) struct Box {
    device: Device,
    id: FileId,
    next: u32,
}

pub(super) fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

pub(super) fn p(text: &str) -> Prefix {
    Prefix::parse(text).unwrap()
}

impl Box {
    pub(super) fn new(id: FileId, name: &str) -> Box {
        let mut device = Device { name: name.to_owned(), format: "test", ..Device::default() };
        device.contexts.push(Context { pipeline: vec![Stage::Route], ..Context::default() });
        Box { device, id, next: 0 }
    }

    fn span(&mut self) -> Span {
        self.next += 10;
        Span { file: self.id, start: self.next, end: self.next + 5 }
    }

    pub(super) fn port(self, name: &str, addresses: &[&str]) -> Box {
        self.port_of(name, addresses, InterfaceKind::Ethernet)
    }

    pub(super) fn port_of(mut self, name: &str, addresses: &[&str], kind: InterfaceKind) -> Box {
        let span = self.span();
        let address = |text: &&str| {
            let (address, len) = text.split_once('/').unwrap();
            InterfaceAddress { address: ip(address), len: len.parse().unwrap(), span }
        };
        self.device.interfaces.push(Interface {
            name: name.to_owned(),
            alias: None,
            context: self.device.contexts.ids().last().unwrap(),
            addresses: addresses.iter().map(address).collect(),
            zone: None,
            up: true,
            kind,
            vlan: None,
            dynamic: false,
            hairpin_unfiltered: false,
            source_check: None,
            span,
        });
        self
    }

    pub(super) fn context(mut self, name: &str) -> Box {
        let pipeline = vec![Stage::Route];
        self.device.contexts.push(Context {
            name: name.to_owned(),
            pipeline,
            ..Context::default()
        });
        self
    }

    pub(super) fn change(mut self, change: impl FnOnce(&mut Device)) -> Box {
        change(&mut self.device);
        self
    }

    pub(super) fn route(mut self, to: &str, via: &str) -> Box {
        let span = self.span();
        let interface = self.device.interface(via);
        let next_hop = match interface {
            Some(id) => NextHop::Interface(id),
            None => NextHop::Gateway { address: ip(via), interface: None },
        };
        let (distance, metric, withdrawable) = (10, 0, false);
        let route = Route { prefix: p(to), next_hop, distance, metric, withdrawable, span };
        let context = self.device.contexts.ids().last().unwrap();
        self.device.contexts[context].routes.push(route);
        self
    }
}

/// One world: a topology text and devices, each in a file of its own.
pub(super) struct World {
    pub(super) sources: Sources,
    topology: Option<FileId>,
    devices: Vec<(Arc<Device>, Vec<Coverage>)>,
}

impl World {
    pub(super) fn new(topology: &str) -> World {
        let mut sources = Sources::default();
        let id =
            sources.add("topology.yaml", format!("version: 1\n{topology}").as_bytes()).unwrap();
        World { sources, topology: Some(id), devices: Vec::new() }
    }

    pub(super) fn bare() -> World {
        World { sources: Sources::default(), topology: None, devices: Vec::new() }
    }

    pub(super) fn with(mut self, name: &str, make: impl FnOnce(Box) -> Box) -> World {
        let path = format!("configs/{name}.conf");
        let text = format!("{}\n", "xxxxxxxxx\n".repeat(200));
        let id = self.sources.add(&path, text.as_bytes()).unwrap();
        let device = make(Box::new(id, name)).device;
        self.devices.push((Arc::new(device), vec![Coverage::new(id, 200)]));
        self
    }

    pub(super) fn coverage(mut self, change: impl FnOnce(&mut Coverage)) -> World {
        change(&mut self.devices.last_mut().unwrap().1[0]);
        self
    }

    fn input(&self) -> BuildInput {
        let topology = self.topology.map(|id| {
            let file = self.sources.file(id);
            crate::topology::read(id, file).unwrap_or_else(|problems| panic!("{problems:#?}"))
        });
        BuildInput { name: "w".to_owned(), topology, devices: self.devices.clone(), at: None }
    }

    pub(super) fn build(&self) -> Snapshot {
        build(self.input()).unwrap_or_else(|problems| panic!("{problems:#?}"))
    }

    /// Line and English message of every problem.
    pub(super) fn problems(&self) -> Vec<(u32, String)> {
        let list = build(self.input()).unwrap_err();
        list.iter().map(|p| (self.sources.line(p.span), p.message.en.clone())).collect()
    }
}

pub(super) fn segment(snapshot: &Snapshot, device: &str, interface: &str) -> SegmentId {
    let device = snapshot.device(device).unwrap();
    let interface = snapshot.devices[device].interface(interface).unwrap();
    snapshot.segment_of(Port { device, interface }).unwrap()
}

pub(super) fn zones_at(snapshot: &Snapshot, device: &str, interface: &str) -> Vec<String> {
    let segment = &snapshot.segments[segment(snapshot, device, interface)];
    segment.zones.iter().map(|zone| snapshot.zones[*zone].id.clone()).collect()
}

pub(super) fn kinds(snapshot: &Snapshot) -> Vec<IssueKind> {
    snapshot.issues.iter().map(|issue| issue.kind).collect()
}

pub(super) fn only_issue(snapshot: &Snapshot, kind: IssueKind) -> Issue {
    let list: Vec<&Issue> = snapshot.issues.iter().filter(|issue| issue.kind == kind).collect();
    assert_eq!(list.len(), 1, "{:#?}", snapshot.issues);
    list.first().copied().cloned().unwrap()
}

/// Name, declared, zones behind it.
pub(super) fn opaques(snapshot: &Snapshot) -> Vec<(String, bool, Vec<String>)> {
    let zones = |opaque: &crate::snapshot::Opaque| {
        opaque.zones.iter().map(|zone| snapshot.zones[*zone].id.clone()).collect()
    };
    snapshot.opaques.iter().map(|(_, o)| (o.name.clone(), o.declared, zones(o))).collect()
}
