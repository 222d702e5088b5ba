//! Hosts that are in two zones at once: one hardware address with network addresses of both.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use super::Subject;
use super::sides;
use super::write;
use crate::finding::{Blame, Finding, Severity};
use crate::model::{Device, Station};
use crate::snapshot::{DeviceId, ZoneId};
use crate::text;

/// Looks at the stations of every device; the one that names a host first reports it.
pub(super) fn check(subject: &Subject<'_>, rule: &'static str) -> Vec<Finding> {
    if subject.device.stations.is_empty() {
        return Vec::new();
    }
    let own = own_addresses(subject);
    let mut hosts: BTreeMap<&str, Vec<(DeviceId, &Device, &Station)>> = BTreeMap::new();
    for (id, device) in subject.snapshot.devices.iter() {
        for station in device.stations.iter().filter(|station| !own.contains(&station.address)) {
            hosts.entry(&station.hardware).or_default().push((id, device, station));
        }
    }
    let mut findings = Vec::new();
    for (hardware, stations) in hosts {
        let zones: BTreeSet<ZoneId> =
            stations.iter().filter_map(|(.., station)| zone(subject, station.address)).collect();
        let first = stations.first().is_some_and(|(id, ..)| *id == subject.id);
        if zones.len() > 1 && first {
            findings.push(finding(subject, rule, (hardware, &stations), &zones));
        }
    }
    findings.sort_by_key(|finding| finding.blame.first().map(|blame| blame.span));
    findings
}

/// Routers and firewalls are in several zones by nature.
fn own_addresses(subject: &Subject<'_>) -> BTreeSet<IpAddr> {
    let devices = subject.snapshot.devices.iter();
    let interfaces = devices.flat_map(|(_, device)| device.interfaces.iter());
    let own = interfaces.flat_map(|(_, interface)| &interface.addresses).map(|own| own.address);
    let opaque = subject.snapshot.opaques.iter().flat_map(|(_, opaque)| &opaque.addresses);
    own.chain(opaque.copied()).collect()
}

fn zone(subject: &Subject<'_>, address: IpAddr) -> Option<ZoneId> {
    subject.snapshot.zones.ids().find(|zone| subject.snapshot.zone_holds(*zone, address))
}

fn finding(
    subject: &Subject<'_>,
    rule: &'static str,
    (hardware, stations): (&str, &[(DeviceId, &Device, &Station)]),
    zones: &BTreeSet<ZoneId>,
) -> Finding {
    let zones: Vec<ZoneId> = zones.iter().copied().collect();
    let (ja, en) = sides::named(subject, &zones);
    let mut addresses: Vec<String> =
        stations.iter().map(|(.., station)| station.address.to_string()).collect();
    addresses.sort();
    addresses.dedup();
    let addresses = addresses.join(", ");
    let message = text!(
        "1台の機器（MAC アドレス {hardware}）が、複数のゾーン（{ja}）にアドレスを持っています。",
        "one host (hardware address {hardware}) has addresses in several zones ({en})"
    );
    let mut finding = write::new(subject, rule, Severity::Medium, message);
    finding.details.push(text!("アドレス: {addresses}", "addresses: {addresses}"));
    finding.details.push(text!(
        "この機器に侵入されると、ファイアウォールを通らずにゾーンの間を行き来できます。",
        "whoever takes it over goes from zone to zone without meeting a firewall"
    ));
    finding.advice = Some(text!(
        "機器を1つのゾーンだけに接続し、ほかのゾーンからはファイアウォールを経由させてください。",
        "connect it to one zone, and let the others reach it through a firewall"
    ));
    finding.blame = stations
        .iter()
        .map(|(_, device, station)| Blame {
            device: device.name.clone(),
            span: station.span,
            label: format!("arp {}", station.address),
            through: Vec::new(),
        })
        .collect();
    write::seal(subject, finding, &[hardware])
}
