//! What is missing from the picture, each with the way out.

use super::Work;
use super::ranges::Ranges;
use super::segments::{are_transit, is_loopback, subnets_of};
use crate::model::{InterfaceKind, LineStatus};
use crate::net::Prefix;
use crate::snapshot::{Issue, IssueKind, Port, Segment, Snapshot, ZoneAddresses, ZoneId, issue};
use crate::source::Span;
use crate::text;
use crate::text::Text;
use crate::topology::Topology;
use std::collections::BTreeSet;
use std::fmt::Display;

/// How many items of a list a message names.
const NAMED: usize = 3;
/// How many pairs of overlapping zones are listed.
const PAIRS: usize = 200;

pub(super) fn list(work: &mut Work, topology: &Topology) {
    let mut issues = Vec::new();
    empty_zones(&work.snapshot, &mut issues);
    overlapping_zones(work, &mut issues);
    missing_devices(&work.snapshot, &mut issues);
    if work.derived {
        assumed_routers(&work.snapshot, &mut issues);
    }
    if !topology.zones.is_empty() {
        unzoned(&work.snapshot, &mut issues);
    }
    unread(&work.snapshot, &mut issues);
    work.snapshot.issues.extend(issues);
    work.snapshot.issues.sort_by_key(|issue| issue.kind);
}

/// The first few items, and how many more there are.
pub(super) fn some<T: Display>(items: impl ExactSizeIterator<Item = T>) -> String {
    let more = items.len().saturating_sub(NAMED);
    let names: Vec<String> = items.take(NAMED).map(|item| item.to_string()).collect();
    let list = names.join(", ");
    if more == 0 { list } else { format!("{list} (+{more})") }
}

fn empty_zones(snapshot: &Snapshot, issues: &mut Vec<Issue>) {
    for (id, zone) in snapshot.zones.iter() {
        let name = &zone.id;
        let reason = match &zone.addresses {
            ZoneAddresses::Networks(networks) if networks.is_empty() => crate::text!(
                "ゾーン「{name}」にアドレスがないため、このゾーンについての規則は何も検査しません。networks を書いてください。",
                "zone `{name}` has no address, so rules about it test nothing; write its `networks`"
            ),
            ZoneAddresses::Rest if !is_placed(snapshot, id) => {
                let reason = crate::text!(
                    "外部ゾーン「{name}」がどのインターフェースにも結び付けられていません。topology.yaml の attach に書いてください。",
                    "external zone `{name}` is attached to no interface; name one under `attach` in topology.yaml"
                );
                issues.push(issue(IssueKind::UnattachedZone, zone.span, reason));
                continue;
            }
            _ => continue,
        };
        issues.push(issue(IssueKind::EmptyZone, zone.span, reason));
    }
}

fn is_placed(snapshot: &Snapshot, zone: ZoneId) -> bool {
    snapshot.segments.iter().any(|(_, segment)| segment.zones.contains(&zone))
        || snapshot.opaques.iter().any(|(_, opaque)| opaque.zones.contains(&zone))
}

/// Each pair of zones once, with the first network that both hold.
fn overlapping_zones(work: &Work, issues: &mut Vec<Issue>) {
    let zones = work.snapshot.zones.iter();
    let mut all: Vec<(ZoneId, Prefix)> =
        zones.flat_map(|(id, zone)| zone.named().map(move |network| (id, network))).collect();
    all.sort_by_key(|(zone, network)| {
        (network.family(), network.range().numbers().0, network.len(), *zone)
    });
    let mut seen = BTreeSet::new();
    let mut stack: Vec<(ZoneId, Prefix)> = Vec::new();
    for (zone, network) in all {
        stack.retain(|(_, above)| above.covers(network));
        for (other, _) in &stack {
            if *other != zone
                && seen.len() < PAIRS
                && seen.insert((*other.min(&zone), *other.max(&zone)))
            {
                overlap(&work.snapshot, (*other, zone), &network.to_string(), issues);
            }
        }
        stack.push((zone, network));
    }
    if work.derived {
        // The sides of a rule set without addresses: nobody wrote them, so nobody can part them.
        return;
    }
    let rest = |(_, zone): &(ZoneId, &crate::snapshot::Zone)| zone.addresses == ZoneAddresses::Rest;
    let rest: Vec<ZoneId> = work.snapshot.zones.iter().filter(rest).map(|(id, _)| id).collect();
    for pair in rest.windows(2) {
        if let [left, right] = pair {
            overlap(&work.snapshot, (*left, *right), "0.0.0.0/0, ::/0", issues);
        }
    }
}

fn overlap(
    snapshot: &Snapshot,
    (left, right): (ZoneId, ZoneId),
    network: &str,
    issues: &mut Vec<Issue>,
) {
    let (left, right) = (&snapshot.zones[left], &snapshot.zones[right]);
    let (a, b) = (&left.id, &right.id);
    let reason = crate::text!(
        "ゾーン「{a}」と「{b}」の両方に{network}が含まれています。どちらか一方の networks から外してください。",
        "zones `{a}` and `{b}` both hold {network}; take it out of the `networks` of one"
    );
    issues.push(issue(IssueKind::OverlappingZones, right.span.or(left.span), reason));
}

fn missing_devices(snapshot: &Snapshot, issues: &mut Vec<Issue>) {
    for (_, opaque) in snapshot.opaques.iter().filter(|(_, opaque)| !opaque.declared) {
        let name = &opaque.name;
        let reason = match opaque.addresses.first() {
            Some(address) => crate::text!(
                "経路の宛先の機器「{name}」の設定がないため、何でもどこへでも転送するものとして扱いました。設定を加えるか、\
                 topology.yaml に「名前: {{ opaque: true, addresses: [{address}], networks: [その先のネットワーク] }}」と宣言してください。\
                 インターネットなど外部への出口であれば、外部ゾーンを attach でそのインターフェースに結び付けてください。",
                "no configuration describes `{name}`, which a route points at; it is read as forwarding anything anywhere. Add its \
                 configuration, or declare `NAME: {{ opaque: true, addresses: [{address}], networks: [what is behind it] }}` in \
                 topology.yaml; if it leads to the Internet, put the external zone on that interface with `attach`."
            ),
            None => crate::text!(
                "「{name}」（トンネルや回線の相手側）の設定がないため、何でもどこへでも転送するものとして扱いました。相手側の設定を加えて links で結ぶか、\
                 そこにあるゾーンを attach でそのインターフェースに結び付けてください。",
                "no configuration describes `{name}`, the far end of a tunnel or line; it is read as forwarding anything anywhere. \
                 Add the other end's configuration and join both under `links`, or put the zone that is there on the interface \
                 with `attach`."
            ),
        };
        issues.push(issue(IssueKind::MissingDevice, opaque.span, reason));
    }
}

/// Without a topology the gateways inside are taken for routers with nothing behind them but what routes name.
fn assumed_routers(snapshot: &Snapshot, issues: &mut Vec<Issue>) {
    for (_, opaque) in snapshot.opaques.iter().filter(|(_, opaque)| opaque.declared) {
        if opaque.zones.iter().any(|zone| snapshot.zones[*zone].external) {
            continue;
        }
        let list = some(opaque.addresses.iter());
        let reason = crate::text!(
            "ゲートウェイ{list}の設定がないため、その先には経路に書かれたネットワークだけがあるものとみなしました。topology.yaml を作り、\
             この機器の設定を加えるか、opaque: true の機器として確かめてください。",
            "no configuration describes the gateway {list}; only the networks that routes name are taken to be behind it. Write a \
             topology.yaml (`sekisho init`) and add its configuration, or confirm it there as a device with `opaque: true`."
        );
        issues.push(issue(IssueKind::MissingDevice, opaque.span, reason));
    }
}

fn unzoned(snapshot: &Snapshot, issues: &mut Vec<Issue>) {
    let named = snapshot.zones.iter().flat_map(|(_, zone)| zone.named());
    let zoned = Ranges::new(named.map(Prefix::range));
    for (_, segment) in snapshot.segments.iter() {
        if is_loopback(snapshot, segment) {
            continue;
        }
        if is_lonely(segment) {
            unzoned_interfaces(snapshot, segment, issues);
        } else {
            unzoned_addresses(snapshot, segment, &zoned, issues);
        }
    }
}

/// Whether a segment holds no zone, no second device or context, and no opaque router.
fn is_lonely(segment: &Segment) -> bool {
    segment.zones.is_empty() && segment.opaques.is_empty() && segment.ports.len() == 1
}

fn unzoned_interfaces(snapshot: &Snapshot, segment: &Segment, issues: &mut Vec<Issue>) {
    for port in &segment.ports {
        let interface = &snapshot.devices[port.device].interfaces[port.interface];
        let has_address = interface.dynamic || subnets_of(interface).next().is_some();
        if !has_address || interface.kind == InterfaceKind::Internal {
            continue;
        }
        let name = snapshot.port_name(*port);
        let networks = match segment.networks.as_slice() {
            [] => "DHCP / PPPoE".to_owned(),
            networks => some(networks.iter()),
        };
        let reason = crate::text!(
            "インターフェース「{name}」（{networks}）はどのゾーンにも属さず、隣の機器もありません。ゾーンの networks にこのサブネットを加えるか、\
             attach でゾーンを結び付けてください。",
            "interface {name} ({networks}) is in no zone and has no neighbour; add its subnet to the `networks` of a zone, or put \
             a zone on it with `attach`"
        );
        issues.push(issue(IssueKind::UnzonedInterface, Some(interface.span), reason));
    }
}

fn unzoned_addresses(
    snapshot: &Snapshot,
    segment: &Segment,
    zoned: &Ranges,
    issues: &mut Vec<Issue>,
) {
    let has_rest =
        segment.zones.iter().any(|z| snapshot.zones[*z].addresses == ZoneAddresses::Rest);
    if has_rest || segment.zones.is_empty() && are_transit(&segment.networks) {
        return;
    }
    for network in &segment.networks {
        let gaps = zoned.gaps(*network);
        if gaps.is_empty() {
            continue;
        }
        let (list, span) = (some(gaps.iter()), span_of(snapshot, segment, *network));
        let Text { ja, en } = beside(snapshot, segment);
        let reason = crate::text!(
            "サブネット{network}のうち{list}は、どのゾーンにも属していません。{ja}ゾーンの networks に加えてください。",
            "{list} of subnet {network} is in no zone{en}; add it to the `networks` of one"
        );
        issues.push(issue(IssueKind::UnzonedAddresses, span, reason));
    }
}

/// The subnets of a segment of which hosts are in no zone; `None` where none are expected, between routers and on loopbacks.
pub(super) fn unzoned_networks<'s>(
    snapshot: &Snapshot,
    segment: &'s Segment,
) -> Option<&'s [Prefix]> {
    let expected = segment.zones.is_empty() && !is_loopback(snapshot, segment);
    let between = !is_lonely(segment) && are_transit(&segment.networks);
    (expected && !between && !internal(snapshot, segment)).then_some(&segment.networks)
}

fn internal(snapshot: &Snapshot, segment: &Segment) -> bool {
    let kind = |port: &Port| snapshot.devices[port.device].interfaces[port.interface].kind;
    segment.ports.iter().all(|port| kind(port) == InterfaceKind::Internal)
}

/// To whom addresses of a segment are taken to belong that no zone names.
fn beside(snapshot: &Snapshot, segment: &Segment) -> Text {
    let zones: Vec<&str> = segment.zones.iter().map(|z| snapshot.zones[*z].id.as_str()).collect();
    let list = zones.join(", ");
    if zones.is_empty() {
        return text!("", "");
    }
    text!(
        "同じセグメントにあるゾーン「{list}」の一部とみなします。",
        " and taken as part of `{list}`, which is on the same segment"
    )
}

fn span_of(snapshot: &Snapshot, segment: &Segment, network: Prefix) -> Option<Span> {
    let addresses = segment.ports.iter().flat_map(|port| {
        let interface = &snapshot.devices[port.device].interfaces[port.interface];
        interface.addresses.iter()
    });
    let mut found = addresses.filter(|a| Prefix::new(a.address, a.len) == Some(network));
    found.next().map(|address| address.span)
}

fn unread(snapshot: &Snapshot, issues: &mut Vec<Issue>) {
    for gap in snapshot.coverage.iter().flatten().flat_map(|coverage| &coverage.gaps) {
        if matches!(gap.status, LineStatus::Unknown | LineStatus::Unsupported) {
            issues.push(issue(IssueKind::UnreadLine, Some(gap.span), gap.reason.clone()));
        }
    }
}
