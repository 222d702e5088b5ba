//! Traffic to the device itself: the security policy towards the zone of the address, and the interface management profiles.

use super::nat::{Rewritten, Site};
use super::reader::{Reader, literal};
use super::rules::Rule;
use super::security;
use super::tree::Nodes;
use crate::formats::builder::line;
use crate::model::{
    Action, AddressId, Binding, DoorProtocol, Filter, InterfaceId, Interfaces, Line, ServiceId,
    TcpFlags, Unknown,
};
use crate::net::{AddressRange, PortRange};
use crate::source::Span;
use crate::text;
use crate::text::Text;

const TCP: u8 = 6;
const UDP: u8 = 17;

/// What a management profile switches on.
const SERVICES: [(&str, u8, u16, u16); 10] = [
    ("ssh", TCP, 22, 22),
    ("https", TCP, 443, 443),
    ("http", TCP, 80, 80),
    ("telnet", TCP, 23, 23),
    ("snmp", UDP, 161, 161),
    ("response-pages", TCP, 6080, 6083),
    ("userid-service", TCP, 5007, 5007),
    ("userid-syslog-listener-ssl", TCP, 6514, 6514),
    ("userid-syslog-listener-udp", UDP, 514, 514),
    ("http-ocsp", TCP, 80, 80),
];

/// The binding of a vsys for packets to own addresses.
pub(super) fn policy<'t>(
    reader: &mut Reader<'t>,
    site: &Site<'_, 't>,
    rules: &[Rule],
    rewritten: &[Rewritten],
) -> Binding {
    let span = reader.origin;
    let mut lines = Vec::new();
    for zone in site.zones.of_vsys(site.vsys) {
        let ids = site.zones.interfaces(zone).to_vec();
        let Some(own) = addresses(reader, &ids, span) else { continue };
        let list = security::list(reader, site, rules, rewritten, Some(zone));
        let mut matches = reader.b.everything(None, span);
        matches.destination = own;
        lines.push(line("security policy".to_owned(), matches, Action::Jump(list), span));
    }
    let reason = text!(
        "この自機アドレスのゾーンは設定だけでは決まりません。",
        "the zone of this own address is not in the configuration"
    );
    lines.push(open(reader, "own address in another zone", reason, span));
    let ids = site.zones.vsys_interfaces(site.vsys);
    binding(reader, Interfaces::Of(ids), "security policy", lines)
}

/// A line that may decide either way.
fn open(reader: &mut Reader<'_>, label: &str, reason: Text, span: Span) -> Line {
    let mut matches = reader.b.everything(None, span);
    matches.unknown.push(Unknown { reason, span });
    line(label.to_owned(), matches, Action::Undecided, span)
}

fn binding(reader: &mut Reader<'_>, ingress: Interfaces, name: &str, lines: Vec<Line>) -> Binding {
    Binding {
        ingress,
        egress: Interfaces::Any,
        lists: vec![reader.b.list(name, lines)],
        default: Action::Deny,
        default_label: name.to_owned(),
        span: None,
    }
}

/// The addresses of some interfaces; `None` when they have none.
fn addresses(reader: &mut Reader<'_>, ids: &[InterfaceId], span: Span) -> Option<AddressId> {
    let own = ids.iter().flat_map(|id| reader.b.device.interfaces[*id].addresses.clone());
    let own: Vec<AddressRange> = own.map(|own| AddressRange::single(own.address)).collect();
    if own.is_empty() {
        return None;
    }
    let members = own.into_iter().map(|own| reader.b.range(own, span)).collect();
    Some(reader.b.union(members, span))
}

/// Management profiles: what an address of the device answers.
pub(super) fn management<'t>(reader: &mut Reader<'t>, site: &Site<'_, 't>) -> Filter {
    let tree = reader.tree;
    let profiles = site.unit.network.path(tree, &["profiles", "interface-management-profile"]);
    let profiles = profiles.entries(tree);
    let mut read = Vec::new();
    for (name, nodes) in &profiles {
        read.push((*name, profile(reader, nodes)));
    }
    let mut lines = Vec::new();
    for (port, id) in &site.network.ports {
        let Some(name) = port.profile else { continue };
        let Some(own) = addresses(reader, &[*id], port.span) else { continue };
        let found = read.iter().find(|(known, _)| *known == reader.value(name));
        let span = found.map_or(port.span, |(_, profile)| profile.span);
        let mut matches = reader.b.everything(None, span);
        matches.destination = own;
        match found {
            Some((_, profile)) => {
                matches.source = profile.source;
                matches.service = profile.service;
                matches.unknown = profile.unknown.clone();
                for (door, span) in &profile.doors {
                    let (here, port) = (Interfaces::Of(vec![*id]), door.default_port());
                    reader.b.device.own.serves_at(*door, port, here, *span);
                }
            }
            None => {
                reader.b.undefined("interface-management-profile", name, span);
                let reason = text!(
                    "管理プロファイル「{name}」は定義されていません。",
                    "management profile `{name}` is not defined"
                );
                matches.unknown.push(Unknown { reason, span });
            }
        }
        lines.push(line(format!("management profile {name}"), matches, Action::Permit, span));
    }
    lines.extend(listeners(reader, site));
    let all = binding(reader, Interfaces::Any, "no management profile", lines);
    Filter { name: "management", bindings: vec![all], otherwise: Action::Deny, stateful: false }
}

struct Profile {
    source: AddressId,
    service: ServiceId,
    unknown: Vec<Unknown>,
    /// Ways of administration that it opens, with their places.
    doors: Vec<(DoorProtocol, Span)>,
    span: Span,
}

/// Services of a profile that administer the device.
const DOORS: [(&str, DoorProtocol); 5] = [
    ("ssh", DoorProtocol::Ssh),
    ("https", DoorProtocol::Https),
    ("http", DoorProtocol::Http),
    ("telnet", DoorProtocol::Telnet),
    ("snmp", DoorProtocol::Snmp),
];

fn profile(reader: &mut Reader<'_>, nodes: &Nodes) -> Profile {
    let span = nodes.span(reader.tree);
    let mut fields = reader.fields(nodes);
    let (mut services, mut doors) = (Vec::new(), Vec::new());
    for (name, protocol, first, last) in SERVICES {
        if fields.yes(name)
            && let Some(ports) = PortRange::new(first, last)
        {
            let place = nodes.sub(reader.tree, name).span(reader.tree);
            doors.extend(DOORS.iter().filter(|(n, _)| *n == name).map(|(_, door)| (*door, place)));
            services.push(reader.b.ports(protocol, PortRange::ALL, ports, TcpFlags::ANY, span));
        }
    }
    if fields.yes("ping") {
        services.push(reader.b.icmp(1, Some((8, 8)), None, span));
        services.push(reader.b.icmp(58, Some((128, 128)), None, span));
    }
    let permitted = fields.many("permitted-ip").unwrap_or_default();
    let mut sources = Vec::new();
    for word in &permitted {
        match literal(reader.value(word.text)) {
            Some(range) => sources.push(reader.b.range(range, span)),
            None => fields.doubt(
                word.at,
                text!("許可アドレスを解釈できません。", "the permitted address is not understood"),
            ),
        }
    }
    let unknown = fields.close(&["uuid"]);
    let open = permitted.is_empty() || sources.is_empty() && !unknown.is_empty();
    let source =
        if open { reader.b.any_address(None, span) } else { reader.b.union(sources, span) };
    let service = if unknown.is_empty() {
        reader.b.services(services, span)
    } else {
        reader.b.any_service(span)
    };
    Profile { source, service, unknown, doors, span }
}

/// Services that other parts of the configuration make the device listen for; where exactly is not read.
fn listeners(reader: &mut Reader<'_>, site: &Site<'_, '_>) -> Vec<Line> {
    let tree = reader.tree;
    let network = &site.unit.network;
    let there = |nodes: &Nodes| nodes.0.iter().any(|at| !tree.children(*at).is_empty());
    let places: Vec<Nodes> = site.unit.vsys.iter().map(|system| system.places.clone()).collect();
    let anywhere = |name: &str| {
        let own = network.0.iter().chain(places.iter().flat_map(|nodes| &nodes.0));
        own.flat_map(|at| tree.children(*at))
            .any(|at| tree.name(*at) == name && !tree.children(*at).is_empty())
    };
    let protocols: Vec<String> = site
        .network
        .contexts
        .iter()
        .flat_map(|id| reader.b.device.contexts[*id].dynamic_routing.clone())
        .map(|routing| routing.protocol)
        .collect();
    let runs = |name: &str| protocols.iter().any(|protocol| protocol == name);
    let gateway = network.path(tree, &["tunnel", "global-protect-gateway"]);
    let portal = anywhere("global-protect") || there(&gateway);
    let mut ports: Vec<(u8, u16)> = Vec::new();
    let mut bare: Vec<u8> = Vec::new();
    let mut add = |on: bool, more: &[(u8, u16)], protocols: &[u8]| {
        if on {
            ports.extend(more);
            bare.extend(protocols);
        }
    };
    add(anywhere("ike"), &[(UDP, 500), (UDP, 4500)], &[50, 51]);
    add(portal, &[(TCP, 443), (UDP, 4501), (TCP, 80)], &[]);
    add(anywhere("dhcp"), &[(UDP, 67), (UDP, 68), (UDP, 546), (UDP, 547)], &[]);
    add(anywhere("dns-proxy"), &[(UDP, 53), (TCP, 53)], &[]);
    add(anywhere("captive-portal"), &[(TCP, 6080), (TCP, 6081), (TCP, 6082), (TCP, 6083)], &[]);
    add(anywhere("gre"), &[], &[47]);
    add(runs("bgp"), &[(TCP, 179), (UDP, 3784), (UDP, 4784)], &[]);
    add(runs("ospf") || runs("ospfv3"), &[(UDP, 3784)], &[89]);
    add(runs("rip"), &[(UDP, 520)], &[]);
    add(runs("unread"), &[(TCP, 179), (UDP, 520)], &[89]);
    if ports.is_empty() && bare.is_empty() {
        return Vec::new();
    }
    let span = reader.origin;
    let mut members: Vec<ServiceId> =
        ports.into_iter().map(|(protocol, port)| reader.b.one_port(protocol, port, span)).collect();
    members.extend(bare.into_iter().map(|protocol| reader.b.protocol(protocol, span)));
    let mut matches = reader.b.everything(None, span);
    matches.service = reader.b.services(members, span);
    let reason = text!(
        "VPN・動的経路制御・DHCP などの機能が、どのアドレスで待ち受けるかは読み取りません。",
        "on which addresses VPN, routing protocols, DHCP and the like listen is not read"
    );
    matches.unknown.push(Unknown { reason, span });
    vec![line("services of the device".to_owned(), matches, Action::Permit, span)]
}
