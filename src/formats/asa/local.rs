//! Packets to the device itself. Interface access lists do not apply to them; management commands, `icmp` rules and
//! control-plane lists do.

use super::commands::Config;
use super::filters::Groups;
use super::state::{Cursor, Ports, Protocols, Reader, unknown};
use super::vpn::Vpn;
use super::words;
use crate::formats::lines::ConfigLine;
use crate::model::{
    Action, AddressId, Binding, DoorProtocol, Filter, Interfaces, Line, ListId, RuleList,
    ServiceSet,
};
use crate::net::{AddressRange, PortRange};
use crate::source::Span;
use crate::text;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// Lines by `nameif` index.
type Lines = BTreeMap<usize, Vec<Line>>;

/// What is open towards the device.
#[derive(Default)]
struct Open {
    /// `ssh`, `telnet`, `http`: they come before control-plane lists.
    management: Lines,
    /// `icmp` rules.
    icmp: Lines,
    /// IKE, WebVPN, SNMP, DHCP and the like.
    services: Lines,
}

/// Where the services listen that several commands open.
#[derive(Clone, Copy)]
struct Listening {
    /// `None` when the server is off.
    http: Option<u16>,
    snmp: u16,
}

/// The two filters that packets to the device meet: the control-plane lists, and what is switched on at all.
pub(super) fn build<'a>(
    reader: &mut Reader<'a>,
    config: &Config<'a>,
    groups: &Groups,
    vpn: &Vpn,
) -> Vec<Filter> {
    let mut open = Open::default();
    let ports = Listening { http: http_port(config), snmp: snmp_port(config) };
    for line in &config.management {
        command(reader, line, ports, &mut open);
    }
    for index in 0..reader.nameifs.len() {
        icmp_default(reader, index, &mut open.icmp);
    }
    management_access(reader, config, vpn, &mut open);
    vpn_services(reader, vpn, &mut open);
    routing(reader, config, &mut open);
    let mut control = Vec::new();
    let mut services = Vec::new();
    for index in 0..reader.nameifs.len() {
        let management = list(reader, &mut open.management, index, "management");
        let Some(nameif) = reader.nameifs.get(index) else { continue };
        let (ingress, span) = (nameif.here(), nameif.level_span);
        if let Some((lists, span)) = groups.control_plane.get(&index) {
            let lists = management.into_iter().chain(lists.iter().copied()).collect();
            control.push(bind(
                ingress.clone(),
                lists,
                Action::Permit,
                "no control-plane line",
                *span,
            ));
        }
        let icmp = list(reader, &mut open.icmp, index, "icmp");
        let others = list(reader, &mut open.services, index, "services");
        let lists = management.into_iter().chain(icmp).chain(others).collect();
        services.push(bind(ingress, lists, Action::Deny, "no service at this interface", span));
    }
    let filter = |name, bindings, otherwise| Filter { name, bindings, otherwise, stateful: true };
    vec![
        filter("control-plane", control, Action::Permit),
        filter("management access", services, Action::Deny),
    ]
}

fn bind(
    ingress: Interfaces,
    lists: Vec<ListId>,
    default: Action,
    label: &str,
    span: Span,
) -> Binding {
    let default_label = label.to_owned();
    Binding { ingress, egress: Interfaces::Any, lists, default, default_label, span: Some(span) }
}

fn list(reader: &mut Reader<'_>, lines: &mut Lines, index: usize, what: &str) -> Option<ListId> {
    let lines = lines.remove(&index)?;
    let name = reader.nameifs.get(index).map_or("", |nameif| nameif.name);
    Some(reader.device.lists.push(RuleList { name: format!("{what} {name}"), lines }))
}

/// The addresses at which the device answers on an interface: its own there, never those of another interface.
fn own_addresses(reader: &mut Reader<'_>, index: usize, span: Span) -> AddressId {
    let name = reader.nameifs.get(index).map_or("", |nameif| nameif.name);
    super::access::interface_address(reader, name, span)
}

fn push<'a>(
    reader: &mut Reader<'a>,
    lines: &mut Lines,
    index: usize,
    source: AddressId,
    service: (u8, u16),
    line: (String, Span),
) {
    let (label, span) = line;
    let destination = own_addresses(reader, index, span);
    let protocols = Protocols::one(service.0);
    let ports = match service.1 {
        0 => Ports::All,
        port => Ports::Range(PortRange::single(port)),
    };
    let service = reader.service(&protocols, Ports::All, ports, span);
    let mut line = reader.line(label, Action::Permit, span);
    line.matches.source = source;
    line.matches.destination = destination;
    line.matches.service = service.unwrap_or(reader.literals.all_services);
    lines.entry(index).or_default().push(line);
}

/// `http server enable PORT`; `None` when the server is off.
fn http_port(config: &Config<'_>) -> Option<u16> {
    let line = config.management.iter().find(|line| line.starts(&["http", "server", "enable"]))?;
    Some(line.word(3).parse().unwrap_or(443))
}

fn command<'a>(
    reader: &mut Reader<'a>,
    line: &'a ConfigLine<'a>,
    ports: Listening,
    open: &mut Open,
) {
    match (line.word(0), line.word(1)) {
        ("ssh", _) => access(reader, line, 22, &mut open.management),
        ("telnet", _) => access(reader, line, 23, &mut open.management),
        ("http", "server") => reader.ledger.used(line.span),
        ("http", "redirect") => {
            let port = line.word(3).parse().unwrap_or(80);
            at(reader, line, 2, (6, port), open);
        }
        // The log-in page of cut-through proxy: `aaa authentication listener http|https IF [port N]`.
        ("aaa", _) => {
            let default = if line.word(3) == "https" { 443 } else { 80 };
            let port = line.word(6).parse().unwrap_or(default);
            at(reader, line, 4, (6, port), open);
        }
        ("http", _) => match ports.http {
            Some(port) => access(reader, line, port, &mut open.management),
            None => reader.ledger.irrelevant(line.span),
        },
        ("icmp", "permit" | "deny") => icmp_rule(reader, line, 1, 1, open),
        ("ipv6", "icmp") => icmp_rule(reader, line, 2, 58, open),
        ("snmp-server", "host" | "host-group") => snmp(reader, line, ports.snmp, open),
        ("snmp-server", "listen-port") => reader.ledger.used(line.span),
        ("dhcpd" | "dhcprelay", "enable") => at(reader, line, 2, (17, 67), open),
        // Read once everything that the interface offers is known.
        ("management-access", _) => {}
        _ => reader.ledger.irrelevant(line.span),
    }
}

/// `ssh A M IF`, `ssh P/L IF`; every other form is a setting.
fn access<'a>(reader: &mut Reader<'a>, line: &'a ConfigLine<'a>, port: u16, lines: &mut Lines) {
    let mut cursor = Cursor::new(line, 1);
    let first = cursor.peek();
    if reader.ip(first.split('/').next().unwrap_or("")).is_none() {
        return reader.ledger.irrelevant(line.span);
    }
    let source = super::access::address(reader, &mut cursor, line.span);
    let index = reader.by_nameif.get(cursor.peek()).copied();
    let Some(source) = source else { return reader.unknown_line(line) };
    let Some(index) = index else { return no_interface(reader, line, cursor.peek()) };
    reader.ledger.used(line.span);
    push(reader, lines, index, source, (6, port), (line.text.to_owned(), line.span));
    offer(reader, line, index, port);
    if port == 23 && lowest(reader, index) {
        let reason = text!(
            "最も低いセキュリティレベルのインターフェースへの telnet は、VPN 経由の場合に限り受け付けられます。",
            "telnet to the interface of the lowest security level is taken only through a VPN",
        );
        if let Some(line) = lines.get_mut(&index).and_then(|lines| lines.last_mut()) {
            line.matches.unknown.push(unknown(reason, line.span));
        }
    }
}

/// Notes the way of administration that a line opens at an interface.
fn offer(reader: &mut Reader<'_>, line: &ConfigLine<'_>, index: usize, port: u16) {
    let protocol = match line.word(0) {
        "telnet" => DoorProtocol::Telnet,
        "ssh" => DoorProtocol::Ssh,
        _ => DoorProtocol::Https,
    };
    let Some(id) = reader.nameifs.get(index).map(|nameif| nameif.id) else { return };
    reader.device.own.serves_at(protocol, port, Interfaces::Of(vec![id]), line.span);
}

/// A command for an interface that does not exist opens nothing.
fn no_interface(reader: &mut Reader<'_>, line: &ConfigLine<'_>, name: &str) {
    let reason = super::objects::undefined(reader, "interface", name, line.span);
    reader.ledger.unsupported(line.span, reason);
}

fn lowest(reader: &Reader<'_>, index: usize) -> bool {
    let level = reader.nameifs.get(index).map(|nameif| nameif.level);
    level == reader.nameifs.iter().map(|nameif| nameif.level).min()
}

/// `icmp permit|deny any|host A|A M [TYPE] IF`.
fn icmp_rule<'a>(
    reader: &mut Reader<'a>,
    line: &'a ConfigLine<'a>,
    at: usize,
    protocol: u8,
    open: &mut Open,
) {
    let mut cursor = Cursor::new(line, at);
    let action = match cursor.next() {
        "permit" => Action::Permit,
        "deny" => Action::Deny,
        "unreachable" => return reader.ledger.irrelevant(line.span),
        _ => return reader.unknown_line(line),
    };
    let source = super::access::address(reader, &mut cursor, line.span);
    let kind = words::icmp_type(protocol, cursor.peek());
    if kind.is_some() {
        cursor.skip(1);
    }
    let index = reader.by_nameif.get(cursor.peek()).copied();
    let Some(source) = source else { return reader.unknown_line(line) };
    let Some(index) = index else { return no_interface(reader, line, cursor.peek()) };
    reader.ledger.used(line.span);
    let mut rule = reader.line(line.text.to_owned(), action, line.span);
    rule.matches.source = source;
    rule.matches.service = super::objects::icmp(reader, protocol, kind, None, line.span);
    open.icmp.entry(index).or_default().push(rule);
}

/// Ping of an interface's own address is open until the first `icmp` rule for it; from then on the rest is denied.
fn icmp_default(reader: &mut Reader<'_>, index: usize, lines: &mut Lines) {
    let Some(span) = reader.nameifs.get(index).map(|nameif| nameif.level_span) else { return };
    for protocol in [1, 58] {
        let ruled = lines.get(&index).is_some_and(|lines| {
            lines.iter().any(|line| {
                let value = &reader.device.services[line.matches.service].value;
                matches!(value, ServiceSet::Icmp { protocol: p, .. } if *p == protocol)
            })
        });
        if !ruled {
            let any = reader.literals.any;
            push(reader, lines, index, any, (protocol, 0), ("no icmp rule".to_owned(), span));
        }
    }
}

/// `snmp-server host IF A [poll|trap] …`.
fn snmp<'a>(reader: &mut Reader<'a>, line: &'a ConfigLine<'a>, port: u16, open: &mut Open) {
    reader.ledger.used(line.span);
    let polls = !line.words.iter().any(|word| word.text == "trap");
    let Some(index) = reader.by_nameif.get(line.word(2)).copied().filter(|_| polls) else { return };
    let ip: Option<IpAddr> = reader.ip(line.word(3));
    let source = match ip {
        Some(ip) => reader.range(AddressRange::single(ip), line.span),
        None => reader.literals.any,
    };
    push(reader, &mut open.services, index, source, (17, port), (line.text.to_owned(), line.span));
}

/// `snmp-server listen-port PORT` takes the place of 161.
fn snmp_port(config: &Config<'_>) -> u16 {
    let lines = config.management.iter().rev();
    let mut ports = lines.filter(|line| line.starts(&["snmp-server", "listen-port"]));
    ports.next().and_then(|line| line.word(2).parse().ok()).unwrap_or(161)
}

/// A service (protocol and port) at the interface named by word `word`.
fn at<'a>(
    reader: &mut Reader<'a>,
    line: &'a ConfigLine<'a>,
    word: usize,
    service: (u8, u16),
    open: &mut Open,
) {
    reader.ledger.used(line.span);
    let Some(index) = reader.by_nameif.get(line.word(word)).copied() else { return };
    let any = reader.literals.any;
    push(reader, &mut open.services, index, any, service, (line.text.to_owned(), line.span));
}

/// `management-access IF`: through a VPN, what IF itself offers answers at the interfaces where tunnels end.
fn management_access<'a>(reader: &mut Reader<'a>, config: &Config<'a>, vpn: &Vpn, open: &mut Open) {
    for line in config.management.iter().filter(|line| line.word(0) == "management-access") {
        reader.ledger.used(line.span);
        let Some(own) = reader.by_nameif.get(line.word(1)).copied() else { continue };
        let name = line.word(1);
        let reason = text!(
            "management-access により、「{name}」のアドレスの管理サービスに VPN 経由で他のインターフェースから到達し得ます。",
            "with management-access, the management services of {name} may answer through a VPN at other interfaces",
        );
        let offered = [&open.management, &open.icmp, &open.services];
        let mut lines: Vec<Line> =
            offered.into_iter().filter_map(|lines| lines.get(&own)).flatten().cloned().collect();
        for rule in &mut lines {
            rule.matches.unknown.push(unknown(reason.clone(), line.span));
        }
        let ends: BTreeSet<usize> =
            vpn.lists.keys().copied().chain(vpn.ike.iter().map(|(index, _)| *index)).collect();
        for index in ends.into_iter().filter(|index| *index != own) {
            open.services.entry(index).or_default().extend(lines.iter().cloned());
        }
    }
}

fn vpn_services(reader: &mut Reader<'_>, vpn: &Vpn, open: &mut Open) {
    let any = reader.literals.any;
    for (index, span) in &vpn.ike {
        for (service, name) in [((17, 500), "IKE"), ((17, 4500), "IKE NAT-T"), ((50, 0), "ESP")] {
            let label = (format!("crypto enable: {name}"), *span);
            push(reader, &mut open.services, *index, any, service, label);
        }
    }
    for portal in &vpn.webvpn {
        for service in std::iter::once((6, portal.tls)).chain(portal.dtls.map(|port| (17, port))) {
            let label = ("webvpn enable".to_owned(), portal.span);
            push(reader, &mut open.services, portal.index, any, service, label);
        }
    }
    for (index, port, span) in &vpn.balancing {
        let reason = text!(
            "VPN 負荷分散の制御通信にここで応答するかは、クラスタの状態により確定できません。",
            "whether VPN load balancing answers here depends on the state of its cluster",
        );
        let label = ("vpn load-balancing".to_owned(), *span);
        push(reader, &mut open.services, *index, any, (17, *port), label);
        if let Some(line) = open.services.get_mut(index).and_then(|lines| lines.last_mut()) {
            line.matches.unknown.push(unknown(reason, *span));
        }
    }
}

/// Routing protocols answer where they run; where that is, depends on their network lines.
fn routing(reader: &mut Reader<'_>, config: &Config<'_>, open: &mut Open) {
    let any = reader.literals.any;
    for block in &config.routers {
        let service = match block.head.word(1) {
            "ospf" | "ospfv3" => (89, 0),
            "eigrp" => (88, 0),
            "rip" => (17, 520),
            _ => (6, 179),
        };
        let span = block.head.span;
        let reason = text!(
            "経路制御プロトコルがどのインターフェースで動作するかは確定できません。",
            "at which interfaces the routing protocol runs is not certain",
        );
        for index in 0..reader.nameifs.len() {
            push(
                reader,
                &mut open.services,
                index,
                any,
                service,
                (block.head.text.to_owned(), span),
            );
            if let Some(line) = open.services.get_mut(&index).and_then(|lines| lines.last_mut()) {
                line.matches.unknown.push(unknown(reason.clone(), span));
            }
        }
    }
}
