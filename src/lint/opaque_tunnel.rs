//! Tunnels whose contents nobody here sees: permits of tunnel protocols through the device, and tunnels that end outside.

use std::cell::LazyCell;
use std::collections::BTreeSet;

use super::Subject;
use super::entries::{Entry, List};
use super::extent::{Extent, extent};
use super::parts::Parts;
use super::sides;
use super::write;
use crate::compile::Fate;
use crate::finding::{Finding, Severity};
use crate::model::{
    Action, Device, InterfaceId, InterfaceKind, Interfaces, Line, ServiceId, ServiceSet,
};
use crate::net::AddressRange;
use crate::snapshot::ZoneId;
use crate::text;

/// IP protocols that carry packets inside.
const PROTOCOLS: [(u8, &str); 7] = [
    (4, "IPIP"),
    (41, "6in4"),
    (47, "GRE"),
    (50, "ESP"),
    (51, "AH"),
    (97, "EtherIP"),
    (115, "L2TPv3"),
];
const TCP: u8 = 6;
const UDP: u8 = 17;
/// Ports of tunnel protocols.
const PORTS: [(u8, u16, &str); 10] = [
    (UDP, 500, "udp/500 (IKE)"),
    (UDP, 1194, "udp/1194 (OpenVPN)"),
    (TCP, 1194, "tcp/1194 (OpenVPN)"),
    (UDP, 1701, "udp/1701 (L2TP)"),
    (TCP, 1723, "tcp/1723 (PPTP)"),
    (UDP, 4500, "udp/4500 (IPsec NAT-T)"),
    (UDP, 4789, "udp/4789 (VXLAN)"),
    (UDP, 6081, "udp/6081 (Geneve)"),
    (UDP, 8472, "udp/8472 (VXLAN)"),
    (UDP, 51820, "udp/51820 (WireGuard)"),
];
/// Ports of a range that still is meant for what lies in it.
const NARROW: u16 = 16;

pub(super) fn check(subject: &Subject<'_>, rule: &'static str) -> Vec<Finding> {
    let own = LazyCell::new(|| own_addresses(subject));
    let mut findings = Vec::new();
    for list in subject.lists.iter().filter(|list| !list.contexts.is_empty()) {
        for entry in &list.entries {
            if matches!(entry.fate, Fate::Covered(_) | Fate::Empty) {
                continue;
            }
            let mut tunnels = BTreeSet::new();
            for line in entry.lines(subject.device, list.id) {
                let permits = line.enabled && line.action == Action::Permit;
                if !permits {
                    continue;
                }
                // Most lines name no tunnel, and the rest is not asked of them.
                let kinds = kinds(subject.device, line.matches.service);
                if !kinds.is_empty()
                    && crosses(subject, list, line)
                    && !ends_here(subject, line, &own)
                {
                    tunnels.extend(kinds);
                }
            }
            if !tunnels.is_empty() {
                findings.push(permit(subject, rule, (list, entry), &tunnels));
            }
        }
    }
    findings.extend(ends(subject).map(|id| end(subject, rule, id)));
    findings
}

/// The addresses of every device of the snapshot: a tunnel that ends on one of them is seen through.
fn own_addresses(subject: &Subject<'_>) -> Extent {
    let devices = subject.snapshot.devices.iter();
    let interfaces = devices.flat_map(|(_, device)| device.interfaces.iter());
    let all: Vec<AddressRange> = interfaces
        .flat_map(|(_, interface)| &interface.addresses)
        .map(|own| AddressRange::single(own.address))
        .collect();
    Extent::of(&all)
}

fn ends_here(subject: &Subject<'_>, line: &Line, own: &Extent) -> bool {
    let inside = |id| extent(subject, id).within(own);
    inside(line.matches.source) || inside(line.matches.destination)
}

/// Whether the line may let packets pass from one zone to another.
fn crosses(subject: &Subject<'_>, list: &List, line: &Line) -> bool {
    let mut zones: BTreeSet<ZoneId> = BTreeSet::new();
    let both = |a: &Interfaces, b: &Interfaces, id| a.contains(id) && b.contains(id);
    for (id, interface) in subject.device.interfaces.iter() {
        let meets = list.places.iter().any(|(ingress, egress)| {
            both(ingress, &line.matches.ingress, id) || both(egress, &line.matches.egress, id)
        });
        if interface.up && meets {
            let here = sides::zones(subject, id);
            if here.is_empty() {
                return true;
            }
            zones.extend(here);
        }
    }
    zones.len() != 1
}

/// The tunnel protocols that the service names, rather than merely holds.
fn kinds(device: &Device, id: ServiceId) -> BTreeSet<&'static str> {
    let (mut parts, mut out) = (Parts::of(id), BTreeSet::new());
    while let Some(id) = parts.next() {
        match &device.services[id].value {
            ServiceSet::Protocol(number) => {
                out.extend(PROTOCOLS.iter().filter(|(p, _)| p == number).map(|(_, name)| *name));
            }
            ServiceSet::Ports { protocol, destination, .. }
                if destination.last() - destination.first() < NARROW =>
            {
                let ports = destination.first()..=destination.last();
                let named =
                    PORTS.iter().filter(|(p, port, _)| p == protocol && ports.contains(port));
                out.extend(named.map(|(_, _, name)| *name));
            }
            ServiceSet::Union(members) => parts.add(members),
            ServiceSet::Both(a, b) => parts.add([a, b]),
            ServiceSet::Except { of, .. } => parts.add([of]),
            _ => {}
        }
    }
    out
}

fn permit(
    subject: &Subject<'_>,
    rule: &'static str,
    (list, entry): (&List, &Entry),
    tunnels: &BTreeSet<&'static str>,
) -> Finding {
    let (name, label) = (&subject.device.name, write::label(subject, list, entry));
    let kinds = tunnels.iter().copied().collect::<Vec<_>>().join(", ");
    let message = text!(
        "「{name}」の行「{label}」は、中身を確認できないトンネル（{kinds}）を別のゾーンとの間で許可しています。",
        "on {name}, {label} permits a tunnel ({kinds}) between zones, whose contents cannot be seen"
    );
    let mut finding = write::new(subject, rule, Severity::Medium, message);
    finding.details.push(text!(
        "トンネルの中の通信はどの機器のフィルターも通りません。両端の間に別の回線があるものとして扱う必要があります。",
        "what travels inside meets no filter here; treat it as another line between its ends"
    ));
    finding.advice = Some(text!(
        "両端の機器、用途、承認を確かめてください。不要であれば行を削除し、必要であればトンネルの終端を境界の機器に移してください。",
        "settle which devices are at its ends, what it is for and who approved it; delete the line, or end the tunnel on the boundary device"
    ));
    finding.blame.push(write::blame_entry(subject, list, entry));
    write::seal(subject, finding, &[&subject.device.lists[list.id].name])
}

/// Tunnel interfaces whose other end nobody describes.
fn ends(subject: &Subject<'_>) -> impl Iterator<Item = InterfaceId> {
    subject.device.interfaces.iter().filter_map(|(id, interface)| {
        let segment = sides::segment(subject, id)?;
        let unknown =
            |opaque: &crate::snapshot::OpaqueId| !subject.snapshot.opaques[*opaque].declared;
        let lost = interface.kind == InterfaceKind::Tunnel && segment.opaques.iter().any(unknown);
        lost.then_some(id)
    })
}

fn end(subject: &Subject<'_>, rule: &'static str, id: InterfaceId) -> Finding {
    let (device, interface) = (&subject.device.name, &subject.device.interfaces[id]);
    let name = &interface.name;
    let message = text!(
        "「{device}」のトンネル「{name}」の相手側が、入力のどこにもありません。",
        "on {device}, nothing in the input says what is at the other end of the tunnel {name}"
    );
    let mut finding = write::new(subject, rule, Severity::Low, message);
    finding.advice = Some(text!(
        "相手側の機器の設定を加えて links で結ぶか、その先のゾーンを attach で結び付けてください。",
        "add the configuration of the other end and join both under `links`, or put the zone that is there on it with `attach`"
    ));
    finding.blame.push(write::blame(subject, name, interface.span));
    write::seal(subject, finding, &[name])
}
