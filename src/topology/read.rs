//! The YAML tree as a [`Topology`].

mod devices;

use super::{Attach, DeviceKind, Endpoint, Fqdn, HostDecl, Topology, ZoneDecl};
use crate::net::Prefix;
use crate::source::yaml::{Fields, Key, Node, Problems};
use crate::source::{File, FileId, Problem, Spanned, yaml};
use crate::text::Text;
use std::net::IpAddr;

/// Reads a topology file.
///
/// # Errors
/// Every [`Problem`] found: broken YAML, unknown or missing keys, values of the wrong form, names that nothing declares.
pub fn read(file: FileId, source: &File) -> Result<Topology, Vec<Problem>> {
    let root = yaml::parse(file, source)?;
    let mut problems = Problems::new();
    let topology = topology(&root, &mut problems).unwrap_or_default();
    if problems.is_empty() {
        check_names(&topology, &mut problems);
    }
    problems.sort_by_key(|problem| problem.span);
    if problems.is_empty() { Ok(topology) } else { Err(problems) }
}

fn topology(root: &Node, problems: &mut Problems) -> Option<Topology> {
    let mut fields = Fields::open(root, problems)?;
    version(&mut fields, problems);
    let topology = Topology {
        name: fields.text("name", problems).map(|name| name.value),
        zones: named(&mut fields, "zones", zone, problems),
        devices: named(&mut fields, "devices", devices::device, problems),
        attach: fields
            .list("attach", problems)
            .iter()
            .filter_map(|node| attach(node, problems))
            .collect(),
        links: fields
            .list("links", problems)
            .iter()
            .filter_map(|node| link(node, problems))
            .collect(),
        hosts: named(&mut fields, "hosts", host, problems),
        fqdn: resolve(&mut fields, problems),
    };
    fields.close(problems);
    Some(topology)
}

fn version(fields: &mut Fields<'_>, problems: &mut Problems) {
    let Some(version) = fields.need("version", problems).and_then(|node| node.text(problems))
    else {
        return;
    };
    if version.value != "1" {
        let found = version.value;
        problems.push(Problem::new(
            version.span,
            crate::text!(
                "版「{found}」には対応していません。「version: 1」と書いてください。",
                "version `{found}` is not known; write `version: 1`"
            ),
        ));
    }
}

fn named<T>(
    fields: &mut Fields<'_>,
    key: &'static str,
    read: fn(&Key, &Node, &mut Problems) -> Option<T>,
    problems: &mut Problems,
) -> Vec<T> {
    let entries = fields.named(key, problems);
    entries.iter().filter_map(|(key, node)| read(key, node, problems)).collect()
}

/// The name of a zone, device or host: it is used in `zone.host`, `device:interface`, `self:device`.
fn name(key: &Key, problems: &mut Problems) -> Spanned<String> {
    let text = key.text.clone();
    let bad = |c: char| c.is_whitespace() || c.is_control() || "./:*,".contains(c);
    if text.is_empty() || text.contains(bad) {
        problems.push(Problem::new(
            key.span,
            crate::text!(
                "名前「{text}」には使えない文字があります（空白 . / : * , は使えません）。",
                "the name `{text}` has a character that is not allowed (blank . / : * ,)"
            ),
        ));
    }
    Spanned { value: text, span: key.span }
}

fn zone(key: &Key, node: &Node, problems: &mut Problems) -> Option<ZoneDecl> {
    let id = name(key, problems);
    let mut fields = Fields::open(node, problems)?;
    let zone = ZoneDecl {
        id,
        label: fields.text("label", problems).map(|label| label.value),
        networks: prefixes(fields.one_or_many("networks"), problems),
        external: fields.flag("external", problems),
        roles: words(&mut fields, "roles", problems),
    };
    fields.close(problems);
    Some(zone)
}

fn host(key: &Key, node: &Node, problems: &mut Problems) -> Option<HostDecl> {
    let id = name(key, problems);
    let mut fields = Fields::open(node, problems)?;
    let one = fields.get("address").map_or(&[][..], std::slice::from_ref);
    let mut addresses = self::addresses(one, problems);
    addresses.extend(self::addresses(fields.one_or_many("addresses"), problems));
    let host = HostDecl {
        id,
        label: fields.text("label", problems).map(|label| label.value),
        addresses,
        roles: words(&mut fields, "roles", problems),
    };
    let written = fields.get("address").is_some() || fields.get("addresses").is_some();
    if !written {
        fields.need("address", problems);
    } else if host.addresses.is_empty() && problems.is_empty() {
        let message = crate::text!("アドレスがありません。", "no address is given");
        problems.push(Problem::new(fields.place("addresses"), message));
    }
    fields.close(problems);
    Some(host)
}

fn words(fields: &mut Fields<'_>, key: &'static str, problems: &mut Problems) -> Vec<String> {
    fields.texts(key, problems).into_iter().map(|word| word.value).collect()
}

fn attach(node: &Node, problems: &mut Problems) -> Option<Attach> {
    let mut fields = Fields::open(node, problems)?;
    let zone = fields.need("zone", problems).and_then(|node| node.text(problems));
    let at = fields.need("at", problems).and_then(|node| endpoint(node, problems));
    fields.close(problems);
    Some(Attach { zone: zone?, at: at? })
}

fn link(node: &Node, problems: &mut Problems) -> Option<(Endpoint, Endpoint)> {
    let ends: Vec<Endpoint> =
        node.list(problems)?.iter().filter_map(|node| endpoint(node, problems)).collect();
    if let [left, right] = ends.as_slice() {
        return Some((left.clone(), right.clone()));
    }
    let message = crate::text!(
        "接続は2つのインターフェースの組で書いてください。",
        "a link is a pair of interfaces"
    );
    let help = crate::text!(
        "例: [\"fw1:port1\", \"sw1:Gi0/1\"]",
        "for example `[\"fw1:port1\", \"sw1:Gi0/1\"]`"
    );
    if problems.is_empty() {
        problems.push(Problem::new(node.span, message).help(help));
    }
    None
}

fn endpoint(node: &Node, problems: &mut Problems) -> Option<Endpoint> {
    let text = node.text(problems)?;
    let halves = text.value.split_once(':').filter(|(d, i)| !d.is_empty() && !i.is_empty());
    let Some((device, interface)) = halves else {
        let word = &text.value;
        let message = crate::text!(
            "「{word}」は「機器:インターフェース」の形になっていません。",
            "`{word}` is not of the form `device:interface`"
        );
        problems.push(Problem::new(text.span, message));
        return None;
    };
    Some(Endpoint {
        device: device.trim().to_owned(),
        interface: interface.trim().to_owned(),
        span: text.span,
    })
}

fn resolve(fields: &mut Fields<'_>, problems: &mut Problems) -> Vec<Fqdn> {
    let Some(mut resolve) = fields.get("resolve").and_then(|node| Fields::open(node, problems))
    else {
        return Vec::new();
    };
    let fqdn = resolve
        .named("fqdn", problems)
        .iter()
        .map(|(key, node)| Fqdn {
            name: Spanned { value: key.text.clone(), span: key.span },
            networks: prefixes(node.one_or_many(), problems),
        })
        .collect();
    resolve.close(problems);
    fqdn
}

fn prefixes(nodes: &[Node], problems: &mut Problems) -> Vec<Spanned<Prefix>> {
    nodes.iter().filter_map(|node| prefix(node, problems)).collect()
}

/// A prefix without host bits: `10.0.1.7/24` is rather a slip than a network.
fn prefix(node: &Node, problems: &mut Problems) -> Option<Spanned<Prefix>> {
    let text = node.text(problems)?;
    let (word, span) = (&text.value, text.span);
    let Some(prefix) = Prefix::parse(word).filter(|_| word.contains(['.', ':'])) else {
        let message =
            crate::text!("「{word}」はネットワークとして読めません。", "`{word}` is not a network");
        let help = crate::text!(
            "例: 172.20.10.0/24、2001:db8:10::/64",
            "for example `172.20.10.0/24` or `2001:db8:10::/64`"
        );
        problems.push(Problem::new(span, message).help(help));
        return None;
    };
    let written: Option<IpAddr> = word.split('/').next().and_then(|a| a.trim().parse().ok());
    if written.is_some_and(|address| address != prefix.address()) {
        let message = crate::text!(
            "「{word}」はネットワークアドレスではありません（ホスト部に値があります）。",
            "`{word}` has host bits set"
        );
        let help = crate::text!("「{prefix}」と書いてください。", "write `{prefix}`");
        problems.push(Problem::new(span, message).help(help));
        return None;
    }
    Some(Spanned { value: prefix, span })
}

fn addresses(nodes: &[Node], problems: &mut Problems) -> Vec<Spanned<IpAddr>> {
    nodes.iter().filter_map(|node| address(node, problems)).collect()
}

fn address(node: &Node, problems: &mut Problems) -> Option<Spanned<IpAddr>> {
    let text = node.text(problems)?;
    let parsed = text.value.trim().parse().ok();
    if parsed.is_none() {
        let word = &text.value;
        let message = crate::text!(
            "「{word}」はIPアドレスとして読めません。",
            "`{word}` is not an IP address"
        );
        problems.push(Problem::new(text.span, message));
    }
    parsed.map(|value| Spanned { value, span: text.span })
}

/// Every zone and device that the file refers to is declared in it.
fn check_names(topology: &Topology, problems: &mut Problems) {
    let zone = |name: &Spanned<String>, problems: &mut Problems| {
        let ids = || topology.zones.iter().map(|zone| zone.id.value.as_str());
        if !ids().any(|id| id == name.value) {
            let word = &name.value;
            let what = crate::text!(
                "ゾーン「{word}」は宣言されていません。",
                "zone `{word}` is not declared"
            );
            problems.push(Problem::new(name.span, what).suggest(word, ids()));
        }
    };
    for attach in &topology.attach {
        zone(&attach.zone, problems);
    }
    for device in &topology.devices {
        let DeviceKind::Configured { interfaces, .. } = &device.kind else { continue };
        interfaces.iter().filter_map(|i| i.zone.as_ref()).for_each(|name| zone(name, problems));
    }
    for host in &topology.hosts {
        let word = &host.id.value;
        if topology.zones.iter().any(|zone| zone.id.value == *word) {
            let message = crate::text!(
                "「{word}」はゾーンの名前にも使われています。",
                "`{word}` is the name of a zone, too"
            );
            let help = crate::text!(
                "方針では名前だけで書くため、ホストに別の名前を付けてください。",
                "policies name both in the same way; give the host another name"
            );
            problems.push(Problem::new(host.id.span, message).help(help));
        }
    }
    let ends = topology.links.iter().flat_map(|(left, right)| [left, right]);
    for end in topology.attach.iter().map(|attach| &attach.at).chain(ends) {
        check_device(topology, end, problems);
    }
}

fn check_device(topology: &Topology, end: &Endpoint, problems: &mut Problems) {
    let declared = topology.devices.iter().find(|device| device.name.value == end.device);
    let word = &end.device;
    let message: Text = match declared.map(|device| &device.kind) {
        Some(DeviceKind::Configured { .. }) => return,
        Some(DeviceKind::Opaque { .. }) => crate::text!(
            "機器「{word}」は opaque なので、インターフェースを指定できません。",
            "device `{word}` is opaque and has no interfaces to name"
        ),
        None => {
            crate::text!("機器「{word}」は宣言されていません。", "device `{word}` is not declared")
        }
    };
    let names = topology.devices.iter().map(|device| device.name.value.as_str());
    problems.push(Problem::new(end.span, message).suggest(word, names));
}
