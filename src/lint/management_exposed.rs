//! Administration that answers whoever comes from outside. The tracer is asked, so that every list, zone and policy on the way
//! counts: one packet from an address of the external zone to the address of the interface, as anybody there could send it.

use std::net::IpAddr;

use super::{Subject, write};
use crate::finding::{Finding, Severity};
use crate::model::{Door, InterfaceId, OwnFact, OwnKind};
use crate::net::{Family, Flow, State, TCP_SYN};
use crate::snapshot::{Place, Port, ZoneAddresses, ZoneId};
use crate::text;
use crate::trace::{self, Ingress, Options};

pub(super) fn check(subject: &Subject<'_>, rule: &'static str) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (zone, interface) in doorsteps(subject) {
        let mut open: Vec<(Door, &OwnFact)> = Vec::new();
        for fact in &subject.device.own.facts {
            let OwnKind::Service(door) = fact.kind else { continue };
            let known = open.iter().any(|(other, _)| *other == door);
            if !known && fact.at.contains(interface) && answers(subject, (zone, interface), door) {
                open.push((door, fact));
            }
        }
        findings.extend(finding(subject, rule, (zone, interface), &open));
    }
    findings
}

/// Interfaces of the device by which packets of an external zone come in, with the zone.
fn doorsteps(subject: &Subject<'_>) -> Vec<(ZoneId, InterfaceId)> {
    let external = subject.snapshot.zones.iter().filter(|(_, zone)| zone.external);
    external
        .flat_map(|(id, _)| {
            let ports = subject.snapshot.entries(id);
            ports
                .into_iter()
                .filter(|port| port.device == subject.id)
                .map(move |p| (id, p.interface))
        })
        .collect()
}

/// Whether a host of the zone that nobody knows reaches the service at an address of the interface, surely.
fn answers(subject: &Subject<'_>, (zone, interface): (ZoneId, InterfaceId), door: Door) -> bool {
    let port = Port { device: subject.id, interface };
    let addresses = &subject.device.interfaces[interface].addresses;
    addresses.iter().any(|own| {
        let Some(source) = somebody(subject, zone, own.address) else { return false };
        let flow = packet(source, own.address, door);
        let trace = trace::trace(subject.snapshot, Ingress::Port(port), flow, &Options::default());
        trace.certainly_reaches(Place::Device(subject.id))
    })
}

/// Addresses for documentation: whoever is let in from them is let in from anywhere.
const ANYBODY: [&str; 4] = ["203.0.113.77", "198.51.100.77", "192.0.2.77", "2001:db8:ffff::77"];

/// An address of somebody whom nobody had in mind: in a wide network of the zone, else anywhere. Where a zone is a small
/// network, as that of a maintenance contractor, a list of permitted sources may name all of it.
fn somebody(subject: &Subject<'_>, zone: ZoneId, own: IpAddr) -> Option<IpAddr> {
    let fits = |address: &IpAddr| Family::of(*address) == Family::of(own) && *address != own;
    let anybody = || ANYBODY.iter().filter_map(|text| text.parse().ok()).filter(fits);
    match &subject.snapshot.zones[zone].addresses {
        ZoneAddresses::Networks(networks) => {
            let wide = networks.iter().filter(|network| match network.family() {
                Family::V4 => network.len() < 24,
                Family::V6 => network.len() < 64,
            });
            let hosts = wide.flat_map(|network| before(network.range().last()));
            hosts.filter(fits).chain(anybody()).next()
        }
        ZoneAddresses::Rest => {
            anybody().find(|address| subject.snapshot.zone_holds(zone, *address))
        }
    }
}

/// The two addresses before the last of a network: hosts, and hardly ever those of routers.
fn before(last: IpAddr) -> Vec<IpAddr> {
    let less = |number: u128, by| number.checked_sub(by);
    let of = |by| match last {
        IpAddr::V4(last) => {
            let number = less(u128::from(u32::from(last)), by)?;
            Some(IpAddr::V4(u32::try_from(number).ok()?.into()))
        }
        IpAddr::V6(last) => Some(IpAddr::V6(less(u128::from(last), by)?.into())),
    };
    [11, 2].into_iter().filter_map(of).collect()
}

fn packet(src: IpAddr, dst: IpAddr, door: Door) -> Flow {
    let (protocol, tcp_flags) = if door.protocol.is_udp() { (17, 0) } else { (6, TCP_SYN) };
    Flow {
        src,
        dst,
        protocol,
        source_port: 40_000,
        destination_port: door.port,
        tcp_flags,
        icmp_type: 0,
        icmp_code: 0,
        state: State::New,
    }
}

fn finding(
    subject: &Subject<'_>,
    rule: &'static str,
    (zone, interface): (ZoneId, InterfaceId),
    open: &[(Door, &OwnFact)],
) -> Option<Finding> {
    let (name, port) = (&subject.device.name, &subject.device.interfaces[interface].name);
    let zone = &subject.snapshot.zones[zone];
    let label = &zone.label;
    let words: Vec<String> =
        open.iter().map(|(door, _)| format!("{} ({})", door.protocol.name(), door.port)).collect();
    if words.is_empty() {
        return None;
    }
    let words = words.join(", ");
    let clear = open.iter().any(|(door, _)| door.protocol.is_cleartext());
    let severity = if clear { Severity::Critical } else { Severity::High };
    let message = text!(
        "「{name}」の管理サービス（{words}）に、外部のゾーン「{label}」の誰からでも「{port}」を通じて接続できます。",
        "anybody in the external zone {label} can reach the administration of {name} ({words}) by {port}"
    );
    let mut finding = write::new(subject, rule, severity, message);
    finding.from = Some(zone.id.clone());
    finding.advice = Some(text!(
        "外部に面したインターフェースでは管理サービスを停止するか、接続元を管理用の端末に限定してください。",
        "switch administration off at interfaces that face the outside, or limit it to the hosts of administrators"
    ));
    for (door, fact) in open {
        finding.blame.push(write::blame(subject, door.protocol.name(), fact.span));
    }
    Some(write::seal(subject, finding, &[&zone.id, port]))
}
