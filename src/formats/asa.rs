//! Cisco ASA: running configurations of 8.3 and later, single context, routed mode.
//!
//! Order of stages (Cisco ASA Series Firewall CLI Configuration Guide, "Information About NAT" and "Access Rules"): the
//! destination is translated back, the egress is found, the ingress list and the global list see *real* addresses, then the
//! egress list, then the source is translated. Netmasks, not wildcards, stand in access lists.

use super::lines::{self, ConfigLine};
use super::{Format, Input, Ledger, Read, Reading};
use crate::model::{
    Binding, Context, Device, Interfaces, ListId, Remark, RuleList, Stage, Translate,
};
use crate::source::Span;
use crate::text;
use crate::text::Text;
use rustc_hash::{FxHashMap as HashMap, FxHashSet as HashSet};
use state::{Literals, Reader};

mod access;
mod commands;
mod filters;
mod groups;
mod interfaces;
mod local;
mod nat;
mod objects;
mod own;
mod routes;
mod state;
mod vpn;
mod words;

#[cfg(test)]
mod tests;

/// The reader.
pub const FORMAT: Format = Format {
    id: "asa",
    label: "Cisco ASA",
    detect,
    export: &["show running-config", "more system:running-config"],
    reads,
    read: Read::One(read),
    approximations,
};

/// `ASA Version` is printed by every appliance; without it, only what IOS does not have counts.
fn detect(text: &str) -> u8 {
    let (mut nameif, mut level, mut extended, mut other) = (false, false, false, false);
    for line in text.lines() {
        let trimmed = line.trim_start();
        if ["ASA Version ", "PIX Version ", "NGFW Version "].iter().any(|v| trimmed.starts_with(v))
        {
            return 100;
        }
        nameif |= trimmed.starts_with("nameif ");
        level |= trimmed.starts_with("security-level ");
        extended |= line.starts_with("access-list ") && line.contains(" extended ");
        other |= line.starts_with("config system ") || line.starts_with("config firewall ");
        other |= trimmed.starts_with("ip access-list ") || trimmed.starts_with("ip access-group ");
    }
    match (nameif, level, extended) {
        _ if other => 0,
        (true, _, true) => 85,
        (true, true, false) => 80,
        (false, _, true) => 70,
        (true, false, false) => 50,
        _ => 0,
    }
}

fn read(input: Input<'_>) -> Reading {
    let lines = lines::split(input.id, input.file);
    let blocks = commands::regroup(lines::blocks(lines.all()));
    let span = Span { file: input.id, start: 0, end: 0 };
    let mut reader = new_reader(input, span);
    heading(&mut reader, &blocks);
    let config = commands::sort(&mut reader, &blocks);
    let management = config
        .interfaces
        .iter()
        .any(|block| block.body.iter().any(|line| line.word(0) == "management-only"));
    let management =
        if management { routes::management_context(&mut reader) } else { reader.context };
    for block in &config.interfaces {
        interfaces::read(&mut reader, block, management);
    }
    interfaces::shut_below(&mut reader, &config.interfaces);
    for block in &config.time_ranges {
        let id = super::clock::read(block, &mut reader.device.schedules, &mut reader.ledger);
        reader.schedules.insert(block.head.word(1), id);
    }
    let objects = objects::by_name(&config.objects);
    objects::read_objects(&mut reader, &objects);
    let named = objects::by_name(&config.groups);
    reader.declared = named.iter().map(|group| group.name).collect();
    interfaces::source_checks(&mut reader, &blocks);
    groups::read(&mut reader, &named);
    access::read(&mut reader, &config.access_lists);
    let ends = vpn::ends(&mut reader, &config);
    routes::read(&mut reader, &config.routes);
    routes::routers(&mut reader, &config.routers);
    routes::policy(&mut reader, &config.route_maps);
    pipeline(&mut reader, &config, &objects, &ends);
    if management != reader.context {
        management_pipeline(&mut reader, management);
    }
    unbound(&mut reader, &blocks);
    own::read(&mut reader, &blocks);
    let uncontained = reader.uncontained;
    let mut coverage = reader.ledger.close();
    for gap in &mut coverage.gaps {
        gap.contained &= !uncontained.contains(&gap.span);
    }
    // A rule that is written out as several lines says the same about each.
    let mut said = HashSet::default();
    coverage.gaps.retain(|gap| said.insert((gap.span, gap.reason.clone())));
    Reading { device: reader.device, coverage: vec![coverage] }
}

fn new_reader<'a>(input: Input<'a>, span: Span) -> Reader<'a> {
    let mut device = Device { format: "asa", ..Device::default() };
    let context = device.contexts.push(Context::default());
    let literals = Literals::new(&mut device, span);
    Reader {
        ledger: Ledger::new(input.id, input.file),
        device,
        version: None,
        context,
        names: HashMap::default(),
        nameifs: Vec::new(),
        by_nameif: HashMap::default(),
        interface_names: HashSet::default(),
        networks: HashMap::default(),
        services: HashMap::default(),
        groups: HashMap::default(),
        declared: HashSet::default(),
        schedules: HashMap::default(),
        acls: HashMap::default(),
        standard: Vec::new(),
        literals,
        uncontained: std::collections::BTreeSet::new(),
    }
}

/// Host name, version and `name` lines: everything else may depend on them.
fn heading<'a>(reader: &mut Reader<'a>, blocks: &'a [lines::Block<'a>]) {
    for head in blocks.iter().map(|block| &block.head) {
        match (head.word(0), head.word(1)) {
            ("hostname", name) => reader.device.name = name.to_owned(),
            ("ASA" | "PIX", "Version") => version(reader, head),
            ("NGFW", "Version") => threat_defense(reader, head),
            ("name", address) => {
                if let Ok(address) = address.parse() {
                    reader.names.insert(head.word(2), address);
                }
            }
            _ => {}
        }
    }
}

fn version<'a>(reader: &mut Reader<'a>, line: &ConfigLine<'a>) {
    let text = line.rest(2).trim_end_matches("<context>").trim();
    let product = line.word(0);
    reader.device.version = Some(format!("{product} {text}"));
    let mut numbers = text.split(|c: char| !c.is_ascii_digit()).map(str::parse);
    if let (Some(Ok(major)), Some(Ok(minor))) = (numbers.next(), numbers.next()) {
        reader.version = Some((major, minor));
    }
    reader.ledger.used(line.span);
    if text.contains("<system>") {
        reader.anywhere(line.span, commands::multi());
    }
    if reader.at_least(8, 3) == Some(false) {
        let reason = text!(
            "8.2 以前の版です。アクセスリストが変換後アドレスを見るなど NAT の順序が異なるため、この機器のフィルタ結果は不確実として扱います。",
            "this is release 8.2 or older, where access lists see translated addresses and the order of NAT differs; the filters of this device are read as uncertain",
        );
        reader.anywhere(line.span, reason);
    }
}

/// Secure Firewall Threat Defense (FTD) prints the configuration of its ASA part in this syntax.
fn threat_defense(reader: &mut Reader<'_>, line: &ConfigLine<'_>) {
    reader.device.version = Some(format!("FTD {}", line.rest(2)));
    reader.anywhere(line.span, ftd());
}

fn ftd() -> Text {
    text!(
        "FTD（Secure Firewall Threat Defense）の設定です。アクセス制御ポリシーのすべてはこの出力に現れず、再現していません。この機器のフィルタ結果は不確実として扱います。",
        "this is a configuration of FTD (Secure Firewall Threat Defense); its access control policy is not all in this output and is not modelled; the filters of this device are read as uncertain",
    )
}

fn pipeline<'a>(
    reader: &mut Reader<'a>,
    config: &commands::Config<'a>,
    objects: &[objects::Named<'a>],
    ends: &[vpn::End],
) {
    let groups = filters::access_groups(reader, &config.access_groups);
    let rules = nat::read(reader, &config.nat, objects);
    let vpn = vpn::read(reader, config, ends, &rules);
    let filters = filters::build(reader, config, &groups, &vpn);
    let cut_through = filters::cut_through(reader, &config.cut_through);
    let local = local::build(reader, config, &groups, &vpn);
    let decrypted = vpn::decrypted(reader, ends).map(Stage::Filter);
    let mut stages: Vec<Stage> = decrypted.into_iter().collect();
    stages.extend([translate(reader, "un-NAT", rules.destination), Stage::Route]);
    stages.extend(filters.into_iter().chain(cut_through).map(Stage::Filter));
    stages.extend(rules.reverse_path.map(Stage::Filter));
    stages.push(translate(reader, "NAT", rules.source));
    let context = &mut reader.device.contexts[reader.context];
    context.pipeline = stages;
    context.local = local;
}

fn translate(reader: &mut Reader<'_>, name: &'static str, lines: Vec<crate::model::Line>) -> Stage {
    let mut bindings = Vec::new();
    if !lines.is_empty() {
        let list: ListId = reader.device.lists.push(RuleList { name: name.to_owned(), lines });
        bindings.push(Binding {
            ingress: Interfaces::Any,
            egress: Interfaces::Any,
            lists: vec![list],
            default: crate::model::Action::Permit,
            default_label: "no nat rule".to_owned(),
            span: None,
        });
    }
    Stage::Translate(Translate { name, bindings })
}

/// The context of management-only interfaces: nothing is forwarded, and the device answers as on the other interfaces.
fn management_pipeline(reader: &mut Reader<'_>, management: crate::model::ContextId) {
    let filter = filters::management_context(&reader.nameifs);
    let local = reader.device.contexts[reader.context].local.clone();
    let context = &mut reader.device.contexts[management];
    context.pipeline = vec![Stage::Route, Stage::Filter(filter)];
    context.local = local;
}

/// Lists that no other line names.
fn unbound<'a>(reader: &mut Reader<'a>, blocks: &'a [lines::Block<'a>]) {
    let mut unnamed = reader.acls.clone();
    for block in blocks.iter().filter(|block| block.head.word(0) != "access-list") {
        if unnamed.is_empty() {
            break;
        }
        for line in std::iter::once(&block.head).chain(&block.body) {
            for word in line.words.iter().skip(1) {
                unnamed.remove(word.text);
            }
        }
    }
    let mut lists: Vec<ListId> = unnamed.into_values().collect();
    lists.sort_unstable();
    reader.device.remarks.extend(lists.into_iter().map(|list| Remark::Unbound { list }));
}

fn reads() -> Text {
    text!(
        "インターフェースとセキュリティレベル、オブジェクトとグループ、アクセスリスト（インターフェース・グローバル）、NAT（手動・オブジェクト）、経路、VPN、管理アクセス、時間範囲",
        "interfaces and security levels, objects and groups, access lists (interface and global), manual and object NAT, routes, VPN, management access, time ranges"
    )
}

fn approximations() -> Vec<Text> {
    vec![
        text!(
            "VPN：復号された通信はアクセスリストを通らず「通り得る」として扱います。vpn-filter は広げる向きに無視します。",
            "VPN: decrypted packets bypass access lists and are read as may-pass; a vpn-filter is ignored, which widens",
        ),
        text!(
            "暗号マップ（crypto map）ごとに、対向側の不明なトンネルインターフェースがあるものとして扱います。対向ネットワークや VPN 利用者への経路（reverse-route を含む）は「あり得る」経路です。",
            "each crypto map is read as a tunnel interface whose other end is not known; ways to remote networks and VPN clients (also by reverse-route) are may-branches",
        ),
        text!(
            "静的 NAT が出口インターフェースを決める場合（NAT divert）は、経路表の結果と並ぶ「あり得る」経路として扱います。",
            "where a static translation picks the egress interface, that way is a may-branch beside the routing table",
        ),
        text!(
            "変換対象の実アドレスへ変換を経ずに送られた通信（NAT 逆経路検査）は、破棄される場合も通る場合もあるものとして扱います。",
            "packets sent to a real address around its translation (NAT reverse-path check) are read as perhaps dropped",
        ),
        text!(
            "サイズの異なる静的変換は、どの対応もあり得るアドレスプールとして扱います。NAT64/NAT46 は対応していません。",
            "static translations between sets of different sizes are read as pools; NAT64 and NAT46 are not supported",
        ),
        text!(
            "クライアントレス SSL-VPN の利用者が ASA を経由して送る通信（送信元は ASA 自身）は再現しません。",
            "what users of a clientless SSL VPN send through the appliance, from its own address, is not modelled",
        ),
        text!(
            "ip verify reverse-path、検査（inspect）、接続数制限、脅威検知による破棄は再現しません。",
            "drops by ip verify reverse-path, inspection, connection limits and threat detection are not modelled",
        ),
    ]
}
