//! Tables beside configurations: zones in place of a topology file, wanted flows in place of a policy file.

use super::{Config, Loader};
use crate::formats;
use crate::model::{Coverage, Device, NextHop};
use crate::net::{Family, Prefix};
use crate::policy::{self, Policy};
use crate::scan::Role;
use crate::sheet::{self, Kind, words};
use crate::source::{Problem, Span, Spanned};
use crate::text;
use crate::topology::{
    Attach, DeviceDecl, DeviceKind, Endpoint, InterfaceDecl, RouteDecl, Topology, ZoneDecl,
};
use std::collections::BTreeSet;
use std::sync::Arc;

/// How a rule table calls the zones: by their name for reports when it does so, else by their identifier.
pub(super) fn names(zones: &Topology, texts: &[&str]) -> Vec<String> {
    let mut cells = BTreeSet::new();
    for row in texts.iter().flat_map(|text| sheet::grid::rows(text, usize::MAX)) {
        for cell in &row.cells {
            cells.insert(words::key(&cell.text));
            cells.extend(
                words::parts(&cell.text).flat_map(|part| part.split([' ', '・'])).map(words::key),
            );
        }
    }
    let has = |word: &str| cells.contains(&words::key(word));
    let name = |zone: &ZoneDecl| match &zone.label {
        Some(label) if has(label) => label.clone(),
        _ => zone.id.value.clone(),
    };
    zones.zones.iter().map(name).collect()
}

impl Loader<'_> {
    /// The zones with every device that was read: rule tables lead to each zone, other devices by their subnets.
    pub(super) fn complete(
        &mut self,
        mut topology: Topology,
        configs: &[Config],
        devices: &[(Arc<Device>, Vec<Coverage>)],
    ) -> Topology {
        let alone = configs.len() == 1;
        for (config, (device, _)) in configs.iter().zip(devices) {
            let Some(file) = config.files.first().copied() else { continue };
            let place = Span { file, start: 0, end: 0 };
            let (mut interfaces, mut routes) = (Vec::new(), Vec::new());
            if config.format.id == formats::table::FORMAT.id {
                self.known_zones(&topology, config, device);
                (interfaces, routes) = sides(&topology, config, alone);
            }
            topology.devices.push(DeviceDecl {
                name: Spanned { value: config.device.clone(), span: place },
                kind: DeviceKind::Configured {
                    standby: Vec::new(),
                    config: Vec::new(),
                    format: None,
                    interfaces,
                    routes,
                    complete: false,
                },
                roles: Vec::new(),
                note: None,
            });
        }
        self.known_devices(&topology);
        let outside = topology.zones.iter().find(|zone| zone.external && zone.networks.is_empty());
        if let Some(zone) = outside.map(|zone| zone.id.clone())
            && !topology.attach.iter().any(|attach| attach.zone.value == zone.value)
        {
            let all: Vec<&Device> = devices.iter().map(|(device, _)| &**device).collect();
            topology.attach.extend(exits(&all, &zone));
        }
        topology
    }

    /// Every zone that a rule table names is in the table of zones.
    fn known_zones(&mut self, topology: &Topology, config: &Config, device: &Device) {
        let known =
            |name: &str| config.interfaces.iter().any(|zone| words::key(zone) == words::key(name));
        let mut problems = Vec::new();
        for (_, interface) in device.interfaces.iter().filter(|(_, i)| !known(&i.name)) {
            let name = &interface.name;
            let place = config.files.iter().find_map(|file| {
                let start = self.loaded.sources.file(*file).text().find(name.as_str())?;
                let start = u32::try_from(start).ok()?;
                let end = start + u32::try_from(name.len()).ok()?;
                Some(Span { file: *file, start, end })
            });
            let message = text!(
                "規則の表にあるゾーン「{name}」は、ゾーンの一覧にありません。",
                "the rule table names a zone `{name}` that is not in the table of zones"
            );
            let ids = topology.zones.iter().flat_map(|zone| {
                std::iter::once(zone.id.value.as_str()).chain(zone.label.as_deref())
            });
            let all = config.interfaces.join(", ");
            let help = text!(
                "ゾーンの一覧に加えるか、表の名前を合わせてください（一覧のゾーン: {all}）。",
                "add it to the table of zones, or write one of: {all}"
            );
            problems.push(
                Problem::new(place.unwrap_or(interface.span), message)
                    .help(help)
                    .suggest(name, ids),
            );
        }
        self.problems(problems);
    }

    fn known_devices(&mut self, topology: &Topology) {
        let devices = || topology.devices.iter().map(|device| device.name.value.as_str());
        let mut problems = Vec::new();
        for attach in &topology.attach {
            let name = &attach.at.device;
            if !devices().any(|device| device == name) {
                let all: Vec<&str> = devices().collect();
                let all = all.join(", ");
                let message = text!(
                    "機器「{name}」の設定はありません。",
                    "there is no configuration of a device `{name}`"
                );
                let help = text!("読み込んだ機器: {all}", "devices that were read: {all}");
                problems.push(
                    Problem::new(attach.at.span, message).help(help).suggest(name, devices()),
                );
            }
        }
        self.problems(problems);
    }

    /// The policy of a table of wanted flows, when there is one and no policy file.
    pub(super) fn wanted_flows(&mut self) -> Option<Policy> {
        if !self.errors.is_empty() {
            return None;
        }
        let file = self.flows_file()?;
        let zones = self.loaded.snapshot.zones.iter();
        let zones: Vec<policy::ZoneName> =
            zones.map(|(_, zone)| (zone.id.clone(), zone.label.clone())).collect();
        let sources = &self.loaded.sources;
        let lists: Vec<_> = sources
            .iter()
            .filter(|(_, file)| {
                matches!(sheet::kind(file.text()), Some(Kind::Objects | Kind::Services))
            })
            .collect();
        let read = policy::read_csv(file, sources.file(file), &lists, &zones);
        self.loaded.roles.push((file, Role::Policy));
        match read {
            Ok(policy) => Some(policy),
            Err(problems) => {
                self.problems(problems);
                None
            }
        }
    }
}

/// One interface for each zone. Routes are stated only for the sole device: with several, where each of them stands is not
/// known, and a packet may take any.
fn sides(
    topology: &Topology,
    config: &Config,
    alone: bool,
) -> (Vec<InterfaceDecl>, Vec<RouteDecl>) {
    let (mut interfaces, mut routes) = (Vec::new(), Vec::new());
    for (zone, name) in topology.zones.iter().zip(&config.interfaces) {
        let span = zone.id.span;
        let name = Spanned { value: name.clone(), span };
        let rest = Family::ALL.map(Prefix::all);
        let own = zone.networks.iter().map(|network| network.value);
        let outside = rest.into_iter().filter(|_| zone.external && zone.networks.is_empty());
        for to in own.chain(outside).filter(|_| alone) {
            routes.push(RouteDecl { to, via: None, interface: Some(name.clone()), span });
        }
        interfaces.push(InterfaceDecl { name, addresses: Vec::new(), zone: Some(zone.id.clone()) });
    }
    (interfaces, routes)
}

/// Interfaces by which a default route leaves the devices that were read.
fn exits(devices: &[&Device], zone: &Spanned<String>) -> Vec<Attach> {
    let own = |address| {
        devices.iter().any(|device| {
            device.interfaces.iter().any(|(_, i)| i.addresses.iter().any(|a| a.address == address))
        })
    };
    let mut out: Vec<Attach> = Vec::new();
    for device in devices {
        for route in device.contexts.iter().flat_map(|(_, context)| &context.routes) {
            let interface = match route.next_hop {
                _ if route.prefix.len() > 0 => None,
                NextHop::Gateway { address, .. } if own(address) => None,
                NextHop::Gateway { interface: Some(interface), .. } => Some(interface),
                NextHop::Gateway { address, interface: None } => device
                    .interfaces
                    .iter()
                    .find(|(_, i)| {
                        let mut subnets =
                            i.addresses.iter().filter_map(|a| Prefix::new(a.address, a.len));
                        subnets.any(|subnet| subnet.contains(address))
                    })
                    .map(|(id, _)| id),
                NextHop::Interface(interface) => Some(interface),
                NextHop::Context(_) | NextHop::Discard => None,
            };
            let Some(interface) = interface.filter(|id| device.interfaces[*id].up) else {
                continue;
            };
            let interface = device.interfaces[interface].name.clone();
            let at = Endpoint { device: device.name.clone(), interface, span: route.span };
            if !out
                .iter()
                .any(|known| known.at.device == at.device && known.at.interface == at.interface)
            {
                out.push(Attach { zone: zone.clone(), at });
            }
        }
    }
    out
}
