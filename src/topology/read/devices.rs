//! The `devices` section.

use super::{address, addresses, name, prefix, prefixes};
use crate::source::yaml::{Fields, Key, Node, Problems};
use crate::source::{Problem, Spanned};
use crate::topology::{DeviceDecl, DeviceKind, InterfaceDecl, RouteDecl};
use std::net::IpAddr;

pub(super) fn device(key: &Key, node: &Node, problems: &mut Problems) -> Option<DeviceDecl> {
    let name = name(key, problems);
    let mut fields = Fields::open(node, problems)?;
    let opaque = fields.flag("opaque", problems);
    let note = fields.text("note", problems).map(|note| note.value);
    let roles = fields.texts("roles", problems).into_iter().map(|role| role.value).collect();
    let kind = if opaque {
        refuse(
            &mut fields,
            &["config", "format", "standby", "interfaces", "routes", "routes-complete"],
            true,
            problems,
        );
        DeviceKind::Opaque {
            addresses: addresses(fields.one_or_many("addresses"), problems),
            networks: prefixes(fields.one_or_many("networks"), problems),
        }
    } else {
        refuse(&mut fields, &["addresses", "networks"], false, problems);
        configured(&name, &mut fields, problems)
    };
    refuse_rib(&mut fields, problems);
    fields.close(problems);
    Some(DeviceDecl { name, kind, roles, note })
}

/// Keys that belong to the other kind of device would be ignored, so they are problems.
fn refuse(fields: &mut Fields<'_>, keys: &[&'static str], opaque: bool, problems: &mut Problems) {
    for key in keys {
        if fields.get(key).is_none() {
            continue;
        }
        let message = if opaque {
            crate::text!(
                "opaque の機器に「{key}」は書けません。",
                "`{key}` does not go with `opaque: true`"
            )
        } else {
            crate::text!(
                "「{key}」は opaque の機器にだけ書けます。",
                "`{key}` goes with `opaque: true` only"
            )
        };
        let help = crate::text!(
            "設定のある機器は config・interfaces・routes、設定のない機器は opaque: true・addresses・networks で書きます。",
            "a device with a configuration has `config`, `interfaces` and `routes`; one without has `opaque: true`, `addresses` \
             and `networks`"
        );
        problems.push(Problem::new(fields.place(key), message).help(help));
    }
}

fn refuse_rib(fields: &mut Fields<'_>, problems: &mut Problems) {
    if fields.get("rib").is_some() {
        let message = crate::text!(
            "経路表の出力（rib）の読み込みには、まだ対応していません。",
            "routing table dumps (`rib`) are not yet supported"
        );
        let help = crate::text!(
            "必要な経路を「routes: [ {{ to: 10.0.0.0/8, via: 192.0.2.1 }} ]」のように書いてください。",
            "write the routes that matter as `routes: [ {{ to: 10.0.0.0/8, via: 192.0.2.1 }} ]`"
        );
        problems.push(Problem::new(fields.place("rib"), message).help(help));
    }
}

fn configured(
    name: &Spanned<String>,
    fields: &mut Fields<'_>,
    problems: &mut Problems,
) -> DeviceKind {
    let config = fields.texts("config", problems);
    if fields.get("config").is_none() {
        let device = &name.value;
        let message = crate::text!(
            "機器「{device}」に設定ファイル（config）がありません。",
            "device `{device}` has no `config`"
        );
        let help = crate::text!(
            "設定が手元にないときは「opaque: true」と書いてください。",
            "write `opaque: true` when its configuration is not at hand"
        );
        problems.push(Problem::new(name.span, message).help(help));
    }
    let interfaces = fields.named("interfaces", problems);
    DeviceKind::Configured {
        config,
        standby: fields.texts("standby", problems),
        format: fields.text("format", problems),
        interfaces: interfaces
            .iter()
            .filter_map(|(key, node)| interface(key, node, problems))
            .collect(),
        routes: fields
            .list("routes", problems)
            .iter()
            .filter_map(|node| route(node, problems))
            .collect(),
        complete: fields.flag("routes-complete", problems),
    }
}

fn interface(key: &Key, node: &Node, problems: &mut Problems) -> Option<InterfaceDecl> {
    let mut fields = Fields::open(node, problems)?;
    let interface = InterfaceDecl {
        name: Spanned { value: key.text.clone(), span: key.span },
        addresses: fields
            .one_or_many("addresses")
            .iter()
            .filter_map(|node| interface_address(node, problems))
            .collect(),
        zone: fields.text("zone", problems),
    };
    fields.close(problems);
    Some(interface)
}

fn interface_address(node: &Node, problems: &mut Problems) -> Option<Spanned<(IpAddr, u8)>> {
    let text = node.text(problems)?;
    let parsed = text.value.split_once('/').and_then(|(address, len)| {
        let address: IpAddr = address.trim().parse().ok()?;
        let len: u8 = len.trim().parse().ok()?;
        crate::net::Prefix::new(address, len).map(|_| (address, len))
    });
    if parsed.is_none() {
        let word = &text.value;
        let message = crate::text!(
            "「{word}」はインターフェースのアドレスとして読めません。",
            "`{word}` is not an interface address"
        );
        let help = crate::text!(
            "アドレスとプレフィックス長を書いてください。例: 10.0.1.1/24",
            "write the address with its prefix length, for example `10.0.1.1/24`"
        );
        problems.push(Problem::new(text.span, message).help(help));
    }
    parsed.map(|value| Spanned { value, span: text.span })
}

fn route(node: &Node, problems: &mut Problems) -> Option<RouteDecl> {
    let mut fields = Fields::open(node, problems)?;
    let to = fields.need("to", problems).and_then(|node| prefix(node, problems));
    let gateway = fields.get("via").map(|node| address(node, problems));
    let interface = fields.text("interface", problems);
    if gateway.is_none() && fields.get("interface").is_none() {
        let message = crate::text!(
            "経路に「via」（ゲートウェイ）か「interface」が必要です。",
            "a route needs `via` (a gateway) or `interface`"
        );
        problems.push(Problem::new(node.span, message));
    }
    fields.close(problems);
    let to = to?.value;
    let via = gateway.flatten().map(|via| via.value);
    if via.is_some_and(|via| crate::net::Family::of(via) != to.family()) {
        let message = crate::text!(
            "経路の宛先とゲートウェイでIPv4とIPv6が混ざっています。",
            "the destination and the gateway are of different address families"
        );
        problems.push(Problem::new(node.span, message));
    }
    Some(RouteDecl { to, via, interface, span: node.span })
}
