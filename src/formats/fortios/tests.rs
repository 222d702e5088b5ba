//! One test a trap. Configurations are invented.

mod backups;
mod closed;
mod objects;
mod paths;
mod policies;
mod shape;
mod stack;
mod translation;
mod ways;

use super::FORMAT;
use crate::formats::{Input, Reading};
use crate::model::{
    AddressId, AddressSet, Device, Line, LineStatus, Match, RuleList, ServiceId, ServiceSet, Stage,
};
use crate::source::Sources;

/// Reads `text` as a file.
pub(super) fn read(text: &str) -> Reading {
    let mut sources = Sources::default();
    let id = sources.add("configs/fw1.conf", text.as_bytes()).unwrap();
    FORMAT.read(&[Input { id, file: sources.file(id) }], &[])
}

/// Reads `text` and demands that no line is unknown.
pub(super) fn clean(text: &str) -> Device {
    let reading = read(text);
    let unknown: Vec<String> = reading.coverage[0]
        .gaps
        .iter()
        .filter(|gap| gap.status == LineStatus::Unknown)
        .map(|gap| gap.reason.en.clone())
        .collect();
    assert_eq!(unknown, Vec::<String>::new());
    reading.device
}

/// The interfaces that most tests use.
pub(super) const PORTS: &str = "config system interface
edit \"wan1\"
set vdom \"root\"
set ip 203.0.113.2 255.255.255.248
next
edit \"dmz\"
set vdom \"root\"
set ip 172.20.10.1 255.255.255.0
next
edit \"lan\"
set vdom \"root\"
set ip 172.20.0.1 255.255.255.252
next
end
";

/// A policy block with one entry of these lines.
pub(super) fn policy(body: &str) -> String {
    format!("{PORTS}config firewall policy\nedit 1\n{body}\nnext\nend\n")
}

pub(super) const ANY: &str = "set srcintf \"any\"\nset dstintf \"any\"\nset srcaddr \"all\"\nset dstaddr \"all\"\nset schedule \"always\"\nset service \"ALL\"\n";

pub(super) fn list<'d>(device: &'d Device, name: &str) -> &'d RuleList {
    device.lists.iter().map(|(_, list)| list).find(|list| list.name == name).unwrap()
}

pub(super) fn policies(device: &Device) -> &[Line] {
    &list(device, "firewall policy").lines
}

/// An address set in words.
pub(super) fn addresses(device: &Device, id: AddressId) -> String {
    match &device.addresses[id].value {
        AddressSet::Any => "any".to_owned(),
        AddressSet::Range(range) => range.to_string(),
        AddressSet::Wildcard(mask) => format!("{:08x}~{:08x}", mask.address, mask.ignore),
        AddressSet::Union(ids) => {
            let parts: Vec<String> = ids.iter().map(|id| addresses(device, *id)).collect();
            format!("({})", parts.join("|"))
        }
        AddressSet::Except { of, minus } => {
            format!("({}-{})", addresses(device, *of), addresses(device, *minus))
        }
        AddressSet::Unknown { within, .. } => format!("?{within:?}"),
    }
}

/// A service in words.
pub(super) fn services(device: &Device, id: ServiceId) -> String {
    match &device.services[id].value {
        ServiceSet::Any => "any".to_owned(),
        ServiceSet::Protocol(number) => format!("proto {number}"),
        ServiceSet::Ports { protocol, source, destination, .. } => {
            format!("{protocol}:{source}>{destination}")
        }
        ServiceSet::Icmp { protocol, types, codes } => {
            format!("icmp {protocol} {types:?} {codes:?}")
        }
        ServiceSet::Union(ids) => {
            let parts: Vec<String> = ids.iter().map(|id| services(device, *id)).collect();
            format!("({})", parts.join("|"))
        }
        ServiceSet::Both(a, b) => format!("({}&{})", services(device, *a), services(device, *b)),
        ServiceSet::Except { of, minus } => {
            format!("({}-{})", services(device, *of), services(device, *minus))
        }
        ServiceSet::Unknown { .. } => "?".to_owned(),
    }
}

pub(super) fn address_named(device: &Device, name: &str) -> String {
    let found = device.addresses.iter().find(|(_, object)| object.name == name);
    addresses(device, found.unwrap().0)
}

pub(super) fn service_named(device: &Device, name: &str) -> String {
    let found = device.services.iter().find(|(_, object)| object.name == name);
    services(device, found.unwrap().0)
}

/// Names of interfaces of a condition; `*` for any.
pub(super) fn interfaces(device: &Device, condition: &crate::model::Interfaces) -> String {
    match condition {
        crate::model::Interfaces::Any => "*".to_owned(),
        crate::model::Interfaces::Of(ids) => {
            let names: Vec<&str> =
                ids.iter().map(|id| device.interfaces[*id].name.as_str()).collect();
            names.join(",")
        }
    }
}

/// The match of a line in words.
pub(super) fn describe(device: &Device, matches: &Match) -> String {
    format!(
        "{}>{} {} -> {} {}{}",
        interfaces(device, &matches.ingress),
        interfaces(device, &matches.egress),
        addresses(device, matches.source),
        addresses(device, matches.destination),
        services(device, matches.service),
        "?".repeat(matches.unknown.len())
    )
}

/// Names of the stages of the first context.
pub(super) fn stages(device: &Device) -> Vec<&'static str> {
    let (_, context) = device.contexts.iter().next().unwrap();
    context
        .pipeline
        .iter()
        .map(|stage| match stage {
            Stage::Filter(filter) => filter.name,
            Stage::Translate(translate) => translate.name,
            Stage::Route => "route",
        })
        .collect()
}
