//! Palo Alto Networks PAN-OS and Panorama: the running configuration as XML, as `set` lines, or in braces.
//!
//! Three front ends fill one tree; everything after that knows no form. Contexts are virtual routers, policy belongs to virtual
//! systems. The order of stages is one function here (`stages`): destination translation, route, security policy, source
//! translation. Security rules ask for the original destination and the zone of the translated one (`security`).

mod applications;
mod clients;
mod clock;
mod extent;
mod forwarding;
mod ignored;
mod layout;
mod local;
mod names;
mod nat;
mod own;
mod plane;
mod ports;
mod reader;
mod routers;
mod rules;
mod security;
mod services;
#[cfg(test)]
mod tests;
mod transparent;
mod tree;
mod variables;
mod words;
mod xml;
mod zones;
mod zones_by_route;

use self::layout::Unit;
use self::names::Names;
use self::nat::Site;
use self::reader::Reader;
use self::routers::Network;
use self::tree::{Nodes, Tree};
use self::zones::Zones;
use self::zones_by_route::Ways;
use super::builder::{Builder, line, stem};
use super::{Format, Input, Ledger, Read, Reading};
use crate::model::{
    Action, Binding, Context, DynamicRouting, Filter, InterfaceId, Interfaces, Stage, UNSTATED,
    Unknown,
};
use crate::source::Span;
use crate::text;
use crate::text::Text;
use rustc_hash::FxHashMap;

/// The reader.
pub const FORMAT: Format = Format {
    id: "panos",
    label: "Palo Alto PAN-OS / Panorama",
    detect,
    export: &[
        "Device > Setup > Operations > Export named configuration snapshot > running-config.xml",
        "show config merged (Panorama が管理する機器 / managed by Panorama)",
        "set cli config-output-format set; configure; show",
    ],
    reads,
    read: Read::One(read),
    approximations,
};

/// How far detection looks, in lines.
const DETECT_LINES: usize = 4000;

/// Words after `set` that only PAN-OS has together.
const SET_MARKS: [&str; 13] = [
    "deviceconfig system ",
    "deviceconfig setting ",
    "mgt-config users ",
    "rulebase security rules ",
    "rulebase nat rules ",
    "network interface ethernet ethernet",
    "network virtual-router ",
    "network profiles ",
    "zone ",
    "vsys vsys",
    "device-group ",
    "pre-rulebase security rules ",
    "config devices localhost.localdomain ",
];

fn detect(text: &str) -> u8 {
    let mut marks = [false; SET_MARKS.len()];
    let mut blocks = 0u8;
    for line in text.lines().take(DETECT_LINES) {
        let line = line.trim_end();
        let plain = line.trim_start();
        if plain.starts_with("<config ") && plain.contains("urldb=\"paloaltonetworks\"") {
            return 100;
        }
        if plain == "<entry name=\"localhost.localdomain\">" || plain.starts_with("<deviceconfig>")
        {
            return 95;
        }
        if let Some(rest) = line.strip_prefix("set ") {
            let rest = rest.strip_prefix("shared ").unwrap_or(rest);
            for (seen, mark) in marks.iter_mut().zip(SET_MARKS) {
                let ends = mark == "zone " && !line.contains(" network ");
                *seen |=
                    !ends && rest.contains(mark) && (rest.starts_with(mark) || mark.len() > 20);
            }
        }
        if [
            "deviceconfig {",
            "localhost.localdomain {",
            "mgt-config {",
            "rulebase {",
            "virtual-router {",
        ]
        .contains(&plain)
        {
            blocks = blocks.saturating_add(1);
        }
        if plain.starts_with("<rulebase>")
            || plain.starts_with("<security>")
            || plain.starts_with("<device-group>")
        {
            blocks = blocks.saturating_add(1);
        }
    }
    match (marks.iter().filter(|seen| **seen).count(), blocks) {
        (0, 0) => 0,
        (0, 1) => 50,
        (1, _) => 80,
        _ => 92,
    }
}

fn read(input: Input<'_>) -> Reading {
    let text = input.file.text();
    let mut ledger = Ledger::new(input.id, input.file);
    let end = u32::try_from(text.find('\n').unwrap_or(text.len())).unwrap_or(0);
    let origin = Span { file: input.id, start: 0, end };
    let mut tree = Tree::new(origin);
    match form(text) {
        Form::Xml => {
            xml::read(input.id, text, &mut tree, &mut ledger);
        }
        Form::Set => words::set(input.id, text, &mut tree, &mut ledger),
        Form::Braces => words::braces(input.id, text, &mut tree, &mut ledger),
    }
    let mut reader = Reader {
        b: Builder::default(),
        tree: &tree,
        names: Names::default(),
        extents: Default::default(),
        variables: FxHashMap::default(),
        origin,
    };
    reader.b.device.format = FORMAT.id;
    let units = layout::units(&mut reader);
    for unit in &units {
        firewall(&mut reader, unit);
    }
    if let [unit] = units.as_slice() {
        own::read(&mut reader, unit);
    }
    if reader.b.device.contexts.is_empty() {
        let dynamic_routing = vec![DynamicRouting { protocol: UNSTATED.to_owned(), span: origin }];
        let pipeline = vec![Stage::Route];
        reader.b.device.contexts.push(Context { dynamic_routing, pipeline, ..Context::default() });
    }
    let mut device = std::mem::take(&mut reader.b.device);
    device.name = name(&tree, &units).unwrap_or_else(|| stem(input.file.path()));
    device.version = version(text);
    tree.account(&mut ledger);
    Reading { device, coverage: vec![ledger.close()] }
}

/// The ways in which a configuration is printed.
enum Form {
    Xml,
    Set,
    Braces,
}

/// The form of a file: what stands first after prompts tells, because a banner of several lines may look like anything.
fn form(text: &str) -> Form {
    let said = |line: &&str| !line.is_empty() && !words::is_prompt(line);
    let first = text.lines().map(str::trim).find(said).unwrap_or("");
    if first.starts_with('<') {
        Form::Xml
    } else if text.lines().any(|line| line.starts_with("set ")) {
        Form::Set
    } else if text.lines().any(|line| line.trim_start().starts_with('<')) {
        Form::Xml
    } else {
        Form::Braces
    }
}

/// The host name, when the file describes one firewall and names it.
fn name(tree: &Tree<'_>, units: &[Unit<'_>]) -> Option<String> {
    let [unit] = units else { return None };
    let words = unit.shape.deviceconfig.path(tree, &["system", "hostname"]).words(tree);
    words.first().map(|word| word.text.to_owned())
}

/// The version that the root element of an XML export states.
fn version(text: &str) -> Option<String> {
    let config = text.lines().take(5).find_map(|line| line.split_once("<config "))?.1;
    let (_, rest) = config.split_once("version=\"")?;
    let (version, _) = rest.split_once('"')?;
    let plain = version.chars().all(|c| c.is_ascii_alphanumeric() || c == '.' || c == '-');
    plain.then(|| format!("PAN-OS {version}"))
}

/// Reads one firewall into contexts of the device.
fn firewall<'t>(reader: &mut Reader<'t>, unit: &Unit<'t>) {
    // The value that stands first wins.
    reader.variables = unit.variables.iter().rev().copied().collect();
    let first = unit.vsys.iter().flat_map(|system| &system.layers).next();
    let space = match first {
        Some(layer) => layer.space,
        None => {
            let scopes = unit.vsys.iter().map(|system| reader.scope(&system.places)).collect();
            reader.names.space(scopes)
        }
    };
    let mut network = routers::read(reader, unit, space);
    let zones = zones::read(reader, unit, &mut network);
    clients::read(reader, unit, &network, space);
    let site = |vsys| Site { unit, network: &network, zones: &zones, vsys };
    for vsys in 0..unit.vsys.len() {
        forwarding::read(reader, &site(vsys));
    }
    let mut parts = Parts::default();
    let mut ways = Ways::default();
    for vsys in 0..unit.vsys.len() {
        system(reader, &site(vsys), &mut ways, &mut parts);
    }
    outside(reader, &zones, &mut parts, unit);
    parts.local.push(local::management(reader, &site(0)));
    let stages = stages(parts.before, parts.security, parts.after);
    for context in &network.contexts {
        let known = &mut reader.b.device.contexts[*context];
        known.pipeline = stages.clone();
        known.local = parts.local.clone();
    }
    unrouted(reader, &network);
    plane::read(reader, unit);
    sweep(reader, unit);
}

/// Bindings of all systems of a firewall while they grow.
#[derive(Default)]
struct Parts {
    before: Vec<Binding>,
    security: Vec<Binding>,
    after: Vec<Binding>,
    own: Vec<Binding>,
    local: Vec<Filter>,
}

/// The order in which a packet meets the stages.
fn stages(before: Vec<Binding>, security: Vec<Binding>, after: Vec<Binding>) -> Vec<Stage> {
    let filter = Filter {
        name: "security policy",
        bindings: security,
        otherwise: Action::Deny,
        stateful: true,
    };
    let mut stages: Vec<Stage> = nat::stage("destination NAT", before).into_iter().collect();
    stages.push(Stage::Route);
    stages.push(Stage::Filter(filter));
    stages.extend(nat::stage("source NAT", after));
    stages
}

/// One virtual system.
fn system<'t>(reader: &mut Reader<'t>, site: &Site<'_, 't>, ways: &mut Ways, parts: &mut Parts) {
    let nat = nat::read(reader, site, ways);
    let (rules, stated) = security::rules(reader, site);
    let list = security::list(reader, site, &rules, &nat.rewritten, None);
    parts.own.push(local::policy(reader, site, &rules, &nat.rewritten));
    let ids = site.zones.vsys_interfaces(site.vsys);
    let inside = Interfaces::Of(ids.clone());
    let around = transparent::list(reader, site, &ids);
    parts.security.push(Binding {
        ingress: inside.clone(),
        egress: inside,
        lists: around.into_iter().chain([list]).collect(),
        default: Action::Deny,
        default_label: "interzone-default".to_owned(),
        span: Some(stated),
    });
    if let Some((before, after)) = nat.stages(reader, ids) {
        parts.before.push(before);
        parts.after.push(after);
    }
}

/// What passes between systems, or by interfaces that the file does not place in a zone. Without a zone nothing passes, which is
/// certain only where the file shows interfaces and zones.
fn outside(reader: &mut Reader<'_>, zones: &Zones<'_>, parts: &mut Parts, unit: &Unit<'_>) {
    let (systems, partial) = (unit.vsys.len(), unit.partial);
    let zoned: Vec<InterfaceId> = (0..systems)
        .flat_map(|vsys| zones.vsys_interfaces(vsys))
        .chain(zones.gateways.iter().copied())
        .collect();
    let open = zones.invented || partial || zoned.is_empty();
    let ends = if open { Interfaces::Any } else { Interfaces::Of(zoned) };
    let reason = if open {
        text!(
            "インターフェースとゾーンの対応がファイルにありません。",
            "the file does not place this interface in a zone"
        )
    } else {
        text!(
            "仮想システム間・共有ゲートウェイの通信は、通るとも止まるとも読みます。",
            "traffic between virtual systems, or by a shared gateway, may pass or be stopped"
        )
    };
    let span = reader.origin;
    let undecided = |reader: &mut Reader<'_>, ingress: Interfaces, egress: Interfaces| {
        let mut matches = reader.b.everything(None, span);
        matches.unknown.push(Unknown { reason: reason.clone(), span });
        let line = line("between virtual systems".to_owned(), matches, Action::Undecided, span);
        Binding {
            ingress,
            egress,
            lists: vec![reader.b.list("between virtual systems", vec![line])],
            default: Action::Deny,
            default_label: "between virtual systems".to_owned(),
            span: Some(span),
        }
    };
    if systems > 1 || open || !zones.gateways.is_empty() {
        let binding = undecided(reader, ends.clone(), ends.clone());
        parts.security.push(binding);
        let own = undecided(reader, ends, Interfaces::Any);
        parts.own.push(own);
    }
    let own = std::mem::take(&mut parts.own);
    let name = "security policy to the device";
    parts.local.push(Filter { name, bindings: own, otherwise: Action::Deny, stateful: true });
}

/// Interfaces of no virtual router forward nothing, unless the file lacks something.
fn unrouted(reader: &mut Reader<'_>, network: &Network<'_>) {
    let Some(context) = network.unrouted else { return };
    let span = reader.origin;
    let mut matches = reader.b.everything(None, span);
    let reason = text!(
        "このインターフェースはどの仮想ルーターにも属していません。",
        "this interface belongs to no virtual router"
    );
    matches.unknown.push(Unknown { reason, span });
    let line = line("no virtual router".to_owned(), matches, Action::Undecided, span);
    let list = reader.b.list("no virtual router", vec![line]);
    let filter = reader.b.filter(
        "no virtual router",
        vec![list],
        Action::Permit,
        "no virtual router",
        Some(span),
    );
    reader.b.device.contexts[context].pipeline.insert(0, Stage::Filter(filter));
}

/// Rulebases that change nothing about what passes, and what else is known of a firewall.
fn sweep(reader: &Reader<'_>, unit: &Unit<'_>) {
    let tree = reader.tree;
    for layer in unit.vsys.iter().flat_map(|system| &system.layers) {
        for at in &layer.rulebase.0 {
            ignored::sweep(tree, *at, RULEBASES);
        }
    }
    session(reader, &unit.shape.deviceconfig);
    for at in &unit.shape.deviceconfig.0 {
        tree.irrelevant(*at);
    }
}

const RULEBASES: &str = "\
    application-override, authentication, captive-portal, decryption, dos, network-packet-broker, qos, tunnel-inspect";

/// Whether packets that open no connection pass is a setting; the analysis follows packets that open one.
fn session(reader: &Reader<'_>, deviceconfig: &Nodes) {
    let tree = reader.tree;
    let nodes = deviceconfig.path(tree, &["setting", "session", "tcp-reject-non-syn"]);
    for word in nodes.words(tree).iter().filter(|word| word.text == "no") {
        tree.unsupported(word.at, text!(
            "SYN でない TCP パケットから始まる通信も許可されますが、接続を開始しないものとして扱います。",
            "TCP that does not begin with a SYN is let in; such packets are read as opening nothing"
        ));
    }
}

fn reads() -> Text {
    text!(
        "インターフェース、仮想ルーター、ゾーン、オブジェクト、セキュリティ・NAT・PBF の規則、管理プロファイルを、XML・set・波括弧のどの形式からも読みます。Panorama のデバイスグループとテンプレートも読みます。",
        "interfaces, virtual routers, zones, objects, security, NAT and PBF rules and management profiles, from XML, set lines or braces; device groups and templates of Panorama too"
    )
}

fn approximations() -> Vec<Text> {
    vec![
        text!(
            "アプリケーション・利用者・URL カテゴリ・HIP・機器種別を条件とする規則は、許可でも拒否でも一致するか不明とします。ただしアプリケーションによる拒否は、識別より先に TCP の接続が開くため、TCP の接続開始を止めないと読みます。",
            "rules by application, user, URL category, HIP or device may or may not apply, permits and denies alike; but a deny by application stops no TCP connection from being opened, since it is open before the application is known"
        ),
        text!(
            "FQDN・動的アドレスグループ・外部リスト（EDL）・地域は「どのアドレスでもあり得る」と読みます。",
            "FQDN, dynamic address groups, external lists and regions are read as any address or none"
        ),
        text!(
            "application-default は、既知のアプリケーションでは既定ポート、その他ではどのポートもあり得ると読みます。",
            "application-default is the default ports of well-known applications, and any port for others"
        ),
        text!(
            "ポリシーベースフォワーディング、SD-WAN、動的ルーティングは「そこへ送ることがある」と読みます。NAT の宛先ゾーンも、それらに左右される範囲では不明とします。",
            "policy-based forwarding, SD-WAN and routing protocols are places where packets may go; the destination zone of a NAT rule is uncertain where they matter"
        ),
        text!(
            "GlobalProtect の利用者は接続していることもいないこともあるものとし、アドレスプール宛ての通信はトンネルにも、ほかの経路にも送り得ると読みます。",
            "GlobalProtect clients may be connected or not: packets to their pools go to the tunnel, and may go where the other routes lead"
        ),
        text!(
            "仮想システム間・共有ゲートウェイの通信、およびレイヤー2・バーチャルワイヤーの転送先は「通り得る」と読みます。",
            "traffic between virtual systems or by shared gateways, and where layer 2 and virtual wires lead, is read as may"
        ),
        text!(
            "Panorama の設定では、ファイアウォール本体の規則がファイルにないため、事前規則と事後規則の間に不明な規則があるものとして読みます。",
            "in a Panorama configuration the local rules of the firewalls are missing: rules of unknown effect are assumed between pre-rules and post-rules"
        ),
        text!(
            "NAT64・NPTv6 の規則と、active-active 構成で片方の機器に固定された規則は、使われるか不明とします。",
            "NAT64 and NPTv6 rules, and rules bound to one device of an active-active pair, may or may not apply"
        ),
        text!(
            "セキュリティプロファイル、復号、DoS・ゾーン保護は通信を止めるものとして数えません。",
            "security profiles, decryption, DoS and zone protection are not counted on to stop anything"
        ),
    ]
}
