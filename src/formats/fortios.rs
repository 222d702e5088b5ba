//! Fortinet FortiOS: configuration backups, with and without VDOMs, and excerpts of them.
//!
//! The pipeline of a VDOM: virtual IPs (and central destination NAT), route, firewall policies, IPsec selectors, source NAT.
//! Policies therefore see the original source and the translated destination; the service is compared with the mapped port.

mod address;
mod conditions;
mod context;
mod core;
mod entry;
mod group;
mod hurdles;
mod ignored;
mod interface;
mod interface_words;
mod listeners;
mod local_in;
mod management;
mod own;
mod policy;
mod policy_words;
mod predefined;
mod route;
mod router_policy;
mod schedule;
mod scope;
mod sdwan;
mod service;
mod snat;
mod stack;
#[cfg(test)]
mod tests;
mod vip;
mod vip_lines;
mod vip_words;
mod vpn;
mod zone;

use self::core::{Reader, Words};
use super::blocks::Tree;
use super::builder::stem;
use super::{Format, Input, Ledger, Read, Reading};
use crate::source::Span;
use crate::text;
use crate::text::Text;

/// The reader.
pub const FORMAT: Format = Format {
    id: "fortios",
    label: "Fortinet FortiOS",
    detect,
    export: &["show", "show full-configuration", "backup (System > Settings)"],
    reads,
    read: Read::One(read),
    approximations,
};

/// Certain with the header; otherwise by the blocks that only FortiOS has.
fn detect(text: &str) -> u8 {
    if text.starts_with("#config-version=") || text.contains("\n#config-version=") {
        return 100;
    }
    let lines = text.lines().map(str::trim);
    let known = |path: &str| scope::TABLES.contains(&path.trim_end());
    let blocks = lines.clone().filter_map(|line| line.strip_prefix("config ")).any(known);
    if blocks && lines.rev().any(|line| line == "end") { 80 } else { 0 }
}

fn read(input: Input<'_>) -> Reading {
    let text = input.file.text();
    let tree = Tree::read(input.id, text);
    let first = u32::try_from(text.find('\n').unwrap_or(text.len())).unwrap_or(0);
    let origin = Span { file: input.id, start: 0, end: first };
    let mut reader = Reader::new(text, Ledger::new(input.id, input.file), origin);
    if let Some((model, version, _)) = scope::header(text) {
        reader.version = version;
        reader.is_backup = true;
        reader.device.version = Some(model.to_owned());
    }
    scope::faults(&mut reader, &tree);
    let mut scopes = scope::split(&mut reader, &tree);
    let global = management::global(&mut reader, &mut scopes);
    let facts = interface::read(&mut reader, &mut scopes);
    own::read(&mut reader, &mut scopes, &facts, &global);
    // Objects of the global part can be named in every VDOM.
    address::read(&mut reader, &mut scopes.global);
    service::read(&mut reader, &mut scopes.global);
    schedule::read(&mut reader, &mut scopes.global);
    for scope in &mut scopes.vdoms {
        scope.names = scopes.global.names.clone();
        context::read(&mut reader, scope, &facts, &global);
    }
    scope::leftovers(&mut reader, &mut scopes.global);
    for scope in &mut scopes.vdoms {
        scope::leftovers(&mut reader, scope);
    }
    reader.flush();
    if reader.device.name.is_empty() {
        reader.device.name = stem(input.file.path());
    }
    Reading { device: reader.device, coverage: vec![reader.ledger.close()] }
}

fn reads() -> Text {
    text!(
        "インターフェース、ゾーン、VDOM、アドレスとサービス、スケジュール、ポリシー（IPv4・IPv6）、バーチャルIP、IPプール、中央 NAT、local-in ポリシー、静的経路、ポリシールート、SD-WAN、IPsec",
        "interfaces, zones, VDOMs, addresses and services, schedules, policies of both families, virtual IPs, pools, central NAT, local-in policies, static and policy routes, SD-WAN, IPsec"
    )
}

fn approximations() -> Vec<Text> {
    vec![
        text!(
            "FQDN、国別、動的アドレス、インターネットサービス（ISDB）、外部フィードは「どのアドレスでもあり得る」と読みます（許可は広く、拒否は当てにしない）。",
            "FQDN, geography, dynamic addresses, Internet services (ISDB) and feeds are read as any address or none (permits wide, denies not counted on)"
        ),
        text!(
            "利用者認証、ZTNA タグ、ToS などの条件を持つポリシーは、一致するか不明なものとして扱います。",
            "policies with users, ZTNA tags, ToS and the like may or may not match"
        ),
        text!(
            "バーチャルIPで変換された通信に通常の宛先を持つポリシーが適用されるかは、版によって異なるため不明とします（拒否ポリシーの match-vip は版の既定値に従います）。",
            "whether policies with ordinary destinations meet packets that a virtual IP translated is uncertain (deny policies follow the release's default of match-vip)"
        ),
        text!(
            "ポリシールート、SD-WAN ルール、動的ルーティングは「そこへ送ることがある」と読みます。",
            "policy routes, SD-WAN rules and routing protocols are read as places where packets may go"
        ),
        text!(
            "トランスペアレントモード、ポリシーベースの NGFW モード、NAT46/NAT64、明示プロキシ、ZTNA、SSL-VPN Web モードの中継は近似または対象外です。",
            "transparent mode, policy-based NGFW mode, NAT46/64 and relays (explicit proxy, ZTNA, SSL VPN web mode) are approximated or out of scope"
        ),
        text!(
            "セキュリティプロファイル（AV、IPS、Web フィルターなど）は通信を止めるものとして数えません。",
            "security profiles (AV, IPS, web filter) are not counted on to stop anything"
        ),
    ]
}

/// A vocabulary for tables whose every line is read as a whole.
fn no_words() -> Words {
    Words::new(&[], &[])
}
