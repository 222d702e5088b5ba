//! Services that nothing encrypts, permitted by port from or to an external zone. What lets everything pass is the matter of
//! `any-any`, and pages that people fetch by HTTP are not reported.

use super::entries::{Entry, List};
use super::parts::Parts;
use super::{Subject, write};
use crate::compile::Fate;
use crate::finding::{Finding, Severity};
use crate::model::{
    Action, Device, InterfaceId, Interfaces, Line, ServiceId, ServiceSet, TcpFlags,
};
use crate::net::{PortRange, State};
use crate::text;
use crate::text::Text;

const TCP: u8 = 6;
const UDP: u8 = 17;

/// Protocol, port, name, and whether it is reported when it goes outward.
const CLEAR: [(u8, u16, &str, bool); 11] = [
    (TCP, 21, "FTP", true),
    (TCP, 23, "Telnet", true),
    (UDP, 69, "TFTP", true),
    (TCP, 80, "HTTP", false),
    (TCP, 110, "POP3", true),
    (TCP, 143, "IMAP", true),
    (UDP, 161, "SNMP", true),
    (TCP, 513, "rlogin", true),
    (TCP, 514, "rsh", true),
    (TCP, 1723, "PPTP", true),
    (TCP, 5900, "VNC", true),
];

/// A range with more ports is not a service by its port.
const NARROW: u16 = 16;

pub(super) fn check(subject: &Subject<'_>, rule: &'static str) -> Vec<Finding> {
    let outside = outside(subject);
    if outside.is_empty() {
        return Vec::new();
    }
    let mut findings = Vec::new();
    for list in &subject.lists {
        for entry in &list.entries {
            if matches!(entry.fate, Fate::Covered(_) | Fate::Empty) {
                continue;
            }
            findings.extend(finding(subject, rule, (list, entry), &outside));
        }
    }
    findings
}

/// Interfaces by which external zones are reached.
fn outside(subject: &Subject<'_>) -> Vec<InterfaceId> {
    let external = subject.snapshot.zones.iter().filter(|(_, zone)| zone.external);
    let ports = external.flat_map(|(id, _)| subject.snapshot.entries(id));
    let mut ids: Vec<InterfaceId> =
        ports.filter(|port| port.device == subject.id).map(|port| port.interface).collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

fn finding(
    subject: &Subject<'_>,
    rule: &'static str,
    (list, entry): (&List, &Entry),
    outside: &[InterfaceId],
) -> Option<Finding> {
    let (mut inward, mut outward) = (Vec::new(), Vec::new());
    let lines = entry.lines(subject.device, list.id);
    for line in lines.filter(|line| line.enabled && line.action == Action::Permit) {
        if line.matches.states.as_ref().is_some_and(|states| !states.contains(&State::New)) {
            continue;
        }
        let (comes, goes) = ways(list, line, outside);
        let services = services(subject.device, line.matches.service);
        for (protocol, port, name, both) in CLEAR {
            let holds =
                |port| services.iter().any(|(p, range)| *p == protocol && range.contains(port));
            // A server that offers HTTPS beside HTTP leads on to it.
            if !holds(port) || name == "HTTP" && holds(443) {
                continue;
            }
            if comes && !inward.contains(&name) {
                inward.push(name);
            } else if goes && !comes && both && !outward.contains(&name) {
                outward.push(name);
            }
        }
    }
    let (severity, message) = match (inward.as_slice(), outward.as_slice()) {
        ([], []) => return None,
        ([], names) => (Severity::Low, told(subject, list, entry, names, false)),
        (names, _) => (Severity::Medium, told(subject, list, entry, names, true)),
    };
    let mut finding = write::new(subject, rule, severity, message);
    finding.advice = Some(text!(
        "暗号化される方式（HTTPS、SSH、SFTP、SNMPv3など）に替えるか、VPNの中に限ってください。",
        "use an encrypted counterpart such as HTTPS, SSH, SFTP or SNMPv3, or keep it inside a VPN"
    ));
    finding.blame.push(write::blame_entry(subject, list, entry));
    Some(write::seal(subject, finding, &[&subject.device.lists[list.id].name]))
}

fn told(subject: &Subject<'_>, list: &List, entry: &Entry, names: &[&str], inward: bool) -> Text {
    let (name, label) = (&subject.device.name, write::label(subject, list, entry));
    let (ja, en) = (names.join("、"), names.join(", "));
    if inward {
        text!(
            "「{name}」の行「{label}」は、暗号化されないサービス（{ja}）を外部から許可しています。",
            "on {name}, {label} permits services that are not encrypted ({en}) from outside"
        )
    } else {
        text!(
            "「{name}」の行「{label}」は、暗号化されないサービス（{ja}）を外部へ許可しています。",
            "on {name}, {label} permits services that are not encrypted ({en}) to the outside"
        )
    }
}

/// Whether the line lets packets come from outside, and go there. An interface must be named for that, by the line, or where
/// the list is bound.
fn ways(list: &List, line: &Line, outside: &[InterfaceId]) -> (bool, bool) {
    let meets = |interfaces: &Interfaces| match interfaces {
        Interfaces::Any => false,
        Interfaces::Of(ids) => ids.iter().any(|id| outside.contains(id)),
    };
    let way = |own: &Interfaces, bound: fn(&(Interfaces, Interfaces)) -> &Interfaces| match own {
        Interfaces::Any => list.places.iter().map(bound).any(meets),
        Interfaces::Of(_) => meets(own),
    };
    (way(&line.matches.ingress, |place| &place.0), way(&line.matches.egress, |place| &place.1))
}

/// The protocols and ports that `id` names.
fn services(device: &Device, id: ServiceId) -> Vec<(u8, PortRange)> {
    let (mut parts, mut found) = (Parts::of(id), Vec::new());
    while let Some(id) = parts.next() {
        match &device.services[id].value {
            ServiceSet::Union(members) => parts.add(members),
            ServiceSet::Ports { protocol, destination, flags, .. }
                if *flags == TcpFlags::ANY && destination.last() - destination.first() < NARROW =>
            {
                found.push((*protocol, *destination));
            }
            _ => {}
        }
    }
    found
}
