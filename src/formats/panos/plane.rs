//! The management port: an interface with routes of its own, which forwards nothing and answers administrators.

use super::layout::Unit;
use super::reader::{Fields, Reader, host, literal};
use super::tree::Nodes;
use crate::formats::builder::line;
use crate::model::{
    Action, AddressId, Binding, Context, DoorProtocol, Filter, Interface, InterfaceAddress,
    InterfaceId, InterfaceKind, Interfaces, Line, ServiceId, Stage, Unknown,
};
use crate::net::Prefix;
use crate::source::Span;
use crate::text;
use crate::text::Text;
use std::net::IpAddr;

const TCP: u8 = 6;
const UDP: u8 = 17;

/// What `service` switches off, with its ports and whether it is on where nothing is said; `None`: not known.
const SERVICES: [(&str, u8, &[u16], Option<bool>); 9] = [
    ("disable-ssh", TCP, &[22], Some(true)),
    ("disable-https", TCP, &[443], Some(true)),
    ("disable-http", TCP, &[80], None),
    ("disable-telnet", TCP, &[23], None),
    ("disable-snmp", UDP, &[161], None),
    ("disable-userid-service", TCP, &[5007], Some(false)),
    ("disable-userid-syslog-listener-ssl", TCP, &[6514], Some(false)),
    ("disable-userid-syslog-listener-udp", UDP, &[514], Some(false)),
    ("disable-http-ocsp", TCP, &[80], Some(false)),
];

/// Adds the management port of a firewall whose file speaks of it.
pub(super) fn read(reader: &mut Reader<'_>, unit: &Unit<'_>) {
    let tree = reader.tree;
    let system = unit.shape.deviceconfig.sub(tree, "system");
    let (addresses, dynamic) = addresses(reader, &system);
    let place = ["ip-address", "ipv6-address", "type"].map(|name| system.sub(tree, name));
    let Some(place) = place.iter().find(|nodes| !nodes.is_empty()) else { return };
    if addresses.is_empty() && !dynamic {
        return;
    }
    let span = place.span(tree);
    let plain = format!("{}management", unit.prefix);
    let taken = reader.b.device.interface(&plain).is_some();
    let name = if taken { format!("{plain}-port") } else { plain };
    let context =
        reader.b.device.contexts.push(Context { name: name.clone(), ..Context::default() });
    let id = reader.b.device.interfaces.push(Interface {
        name,
        alias: None,
        context,
        addresses,
        zone: None,
        up: true,
        kind: InterfaceKind::Ethernet,
        vlan: None,
        dynamic,
        hairpin_unfiltered: false,
        source_check: None,
        span,
    });
    let lines = answers(reader, &system, id, span);
    let bind = |lists, label: &str| Binding {
        ingress: Interfaces::Any,
        egress: Interfaces::Any,
        lists,
        default: Action::Deny,
        default_label: label.to_owned(),
        span: Some(span),
    };
    let list = reader.b.list("management port", lines);
    let filter = |name, binding| Filter {
        name,
        bindings: vec![binding],
        otherwise: Action::Deny,
        stateful: false,
    };
    // Its default gateway serves what the firewall sends itself; nothing is routed here.
    let nothing = filter("management port", bind(Vec::new(), "management port"));
    let local = filter("management", bind(vec![list], "no management service"));
    let own = &mut reader.b.device.contexts[context];
    own.pipeline = vec![Stage::Route, Stage::Filter(nothing)];
    own.local = vec![local];
}

/// The addresses of the port, and whether it may have others: from DHCP, or such as cannot be read.
fn addresses(reader: &Reader<'_>, system: &Nodes) -> (Vec<InterfaceAddress>, bool) {
    let tree = reader.tree;
    let first = |name: &str| system.sub(tree, name).words(tree).first().copied();
    let mut dynamic = first("type").is_some_and(|word| word.text != "static");
    let mut out = Vec::new();
    let mask = first("netmask").and_then(|word| reader.value(word.text).parse().ok());
    let four = first("ip-address").map(|word| {
        let address: Option<IpAddr> = reader.value(word.text).parse().ok();
        let prefix = address.zip(mask).and_then(|(own, mask)| Prefix::from_netmask(own, mask));
        (word, address.zip(prefix.map(Prefix::len)))
    });
    let six = first("ipv6-address").map(|word| (word, host(reader.value(word.text))));
    for (word, found) in four.into_iter().chain(six) {
        match found {
            Some((address, len)) => {
                out.push(InterfaceAddress { address, len, span: tree.span(word.at) });
            }
            None => {
                dynamic = true;
                tree.unsupported(word.at, text!(
                    "管理ポートのアドレスが設定だけでは決まりません（テンプレート変数など）。",
                    "the address of the management port is not in the configuration (a template variable, or no netmask)"
                ));
            }
        }
    }
    (out, dynamic)
}

/// What the port answers, and to whom.
fn answers(reader: &mut Reader<'_>, system: &Nodes, id: InterfaceId, span: Span) -> Vec<Line> {
    let tree = reader.tree;
    let service = system.sub(tree, "service");
    let (source, mut unknown) = permitted(reader, system, span);
    let mut fields = reader.fields(&service);
    let (mut sure, mut may): (Vec<ServiceId>, Vec<ServiceId>) = (Vec::new(), Vec::new());
    for (name, protocol, ports, usual) in SERVICES {
        let open = on(&mut fields, name, usual);
        let members = ports.iter().map(|port| reader.b.one_port(protocol, *port, span));
        match open {
            Some(true) => sure.extend(members),
            Some(false) => {}
            None => may.extend(members),
        }
        let door = doors(name).filter(|_| open == Some(true));
        if let Some(door) = door {
            let place = service.sub(tree, name);
            let place = if place.is_empty() { span } else { place.span(tree) };
            let here = Interfaces::Of(vec![id]);
            reader.b.device.own.serves_at(door, door.default_port(), here, place);
        }
    }
    match on(&mut fields, "disable-icmp", Some(true)) {
        Some(false) => {}
        open => {
            let ping = [(1, 8), (58, 128)].map(|(p, t)| reader.b.icmp(p, Some((t, t)), None, span));
            if open.is_some() { sure.extend(ping) } else { may.extend(ping) }
        }
    }
    let doubts = fields.close(&["uuid"]);
    if !doubts.is_empty() {
        may.push(reader.b.any_service(span));
    }
    let mut lines = Vec::new();
    for (services, certain) in [(sure, true), (may, false)] {
        if services.is_empty() {
            continue;
        }
        let mut matches = reader.b.everything(None, span);
        (matches.source, matches.service) = (source, reader.b.services(services, span));
        if !certain {
            unknown.push(Unknown { reason: unstated(), span });
        }
        matches.unknown = unknown.clone();
        lines.push(line("management port".to_owned(), matches, Action::Permit, span));
    }
    lines
}

/// Whether a service answers; `None` when that is not known.
fn on(fields: &mut Fields<'_>, name: &str, usual: Option<bool>) -> Option<bool> {
    match fields.one(name).map(|word| word.text) {
        None => usual,
        Some("no") => Some(true),
        Some("yes") => Some(false),
        Some(_) => None,
    }
}

fn doors(name: &str) -> Option<DoorProtocol> {
    match name {
        "disable-ssh" => Some(DoorProtocol::Ssh),
        "disable-https" => Some(DoorProtocol::Https),
        _ => None,
    }
}

fn unstated() -> Text {
    text!(
        "管理ポートのこのサービスが有効かどうかは設定に書かれていません。",
        "whether the management port offers this service is not stated"
    )
}

/// `permitted-ip`; without it everybody is answered.
fn permitted(reader: &mut Reader<'_>, system: &Nodes, span: Span) -> (AddressId, Vec<Unknown>) {
    let tree = reader.tree;
    let words = system.sub(tree, "permitted-ip").words(tree);
    let (mut sources, mut unknown) = (Vec::new(), Vec::new());
    for word in words {
        match literal(reader.value(word.text)) {
            Some(range) => sources.push(reader.b.range(range, span)),
            None => {
                let reason = text!(
                    "許可アドレスを解釈できません。",
                    "the permitted address is not understood"
                );
                tree.unsupported(word.at, reason.clone());
                unknown.push(Unknown { reason, span: tree.span(word.at) });
            }
        }
    }
    let open = sources.is_empty() || !unknown.is_empty();
    let any = reader.b.any_address(None, span);
    let source = if open { any } else { reader.b.union(sources, span) };
    (source, unknown)
}
