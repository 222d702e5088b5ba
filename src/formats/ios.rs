//! Cisco IOS and IOS-XE: `show running-config` of routers and layer-3 switches.
//!
//! Passes: noise out and commands into bins (`split`), then objects, access lists, interfaces, routes, translations, zones and
//! local services, and at the end one pipeline for every context: vendor order stands in `Reader::pipelines` only.

mod clock;
mod commands;
mod crypto;
mod filters;
mod groups;
mod inert;
mod interface;
mod lists;
mod local;
mod names;
mod own;
mod reader;
mod routemap;
mod routes;
mod split;
mod steer;
mod translate;
mod vlan;
#[cfg(test)]
mod tests;
mod zones;

use super::builder::{Builder, line};
use super::commands::second_export;
use super::lines::{ConfigLine, split as words_of};
use super::marks::{DETECT_LINES, Marks};
use super::{Format, Input, Ledger, Read, Reading};
use crate::model::{Action, Context, Filter, Stage};
use crate::net::Family;
use crate::source::Span;
use crate::text;
use crate::text::Text;
use commands::Bin;
use reader::Reader;
use translate::Translations;
use vlan::Overridden;
use zones::ZonePolicy;

/// The reader.
pub const FORMAT: Format = Format {
    id: "ios",
    label: "Cisco IOS / IOS-XE",
    detect,
    export: &["show running-config"],
    reads,
    read: Read::One(read),
    approximations,
};

fn detect(text: &str) -> u8 {
    let mut found = Marks::new([60, 20, 45, 40, 20, 25]);
    for line in text.lines().take(DETECT_LINES) {
        let foreign = [
            "ASA Version",
            ": Saved",
            "PIX Version",
            "config system ",
            "config vdom",
            "vrf context ",
            "feature ",
            "set version ",
            "!! IOS XR",
            "interface port1.",
            "interface gigabitethernet ",
            "interface tengigabitethernet ",
            "interface mgmt ",
            "advance access-list ",
            "#configuration list for ",
            "access-list hardware ",
            "interface GigaEthernet",
            "ipv4 access-list ",
        ];
        if foreign.iter().any(|mark| line.starts_with(mark))
            || line.trim_start().starts_with("nameif ")
        {
            return 0;
        }
        if line
            .strip_prefix("access-list ")
            .is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_digit()))
        {
            continue;
        }
        let begins = |row: &&[&str]| row.iter().any(|mark| line.starts_with(mark));
        found.note(|at| MARKS.get(at).is_some_and(begins));
    }
    found.score(85)
}

/// Beginnings of lines that speak for IOS; one row counts once.
const MARKS: [&[&str]; 6] = [
    &["Building configuration...", "Current configuration :"],
    &["version 12.", "version 15.", "version 16.", "version 17."],
    &[
        "interface GigabitEthernet",
        "interface FastEthernet",
        "interface TenGigabitEthernet",
        "interface Vlan",
        "interface TwoGigabit",
        "interface Loopback",
        "interface Ethernet",
        "interface Serial",
        "interface Port-channel",
        "interface Dialer",
        "interface Tunnel",
    ],
    &[
        "ip access-list standard ",
        "ip access-list extended ",
        "vrf definition ",
        "ip vrf ",
        "zone-pair security ",
        "ip nat inside source ",
    ],
    &[
        "access-list ",
        "object-group ",
        "ipv6 access-list ",
        "class-map type inspect ",
        "route-map ",
    ],
    &["line vty ", "line con ", "service timestamps ", "ip classless", "ip route "],
];

fn read(input: Input<'_>) -> Reading {
    let lines = words_of(input.id, input.file);
    let mut ledger = Ledger::new(input.id, input.file);
    let config = split::split(lines.all(), &mut ledger);
    let mut reader = Reader {
        build: Builder::new("ios", input.file.path()),
        ledger: &mut ledger,
        config,
        origin: Span { file: input.id, start: 0, end: 0 },
        schedules: Default::default(),
        groups: Default::default(),
        acls: Default::default(),
        interfaces: Vec::new(),
        interface_names: Default::default(),
        vrfs: Default::default(),
        route_maps: Default::default(),
        provider: None,
        chains: Default::default(),
        crypto: Default::default(),
        softened: Default::default(),
        instance_list: None,
        dropping: Default::default(),
        attached: Vec::new(),
    };
    reader.run();
    let device = reader.build.device;
    Reading { device, coverage: vec![ledger.close()] }
}

impl Reader<'_, '_> {
    fn run(&mut self) {
        self.build.device.contexts.push(Context::default());
        self.identity();
        let exchanges = self.read_vrfs();
        self.read_time_ranges();
        self.read_groups();
        self.read_acls();
        self.read_route_maps();
        self.read_interfaces();
        self.read_policy_maps();
        let extras = self.extras();
        self.read_crypto();
        self.read_routes();
        self.policy_routes();
        self.read_routers();
        self.read_steering();
        self.leak(&exchanges);
        let translations = self.read_nat();
        let zones = self.read_zones();
        let vlans = self.read_vlan_filters();
        let local = self.read_local(extras);
        self.pipelines(translations, zones, vlans, local);
        self.remark_unbound();
    }

    fn identity(&mut self) {
        self.build.device.own = std::mem::take(&mut self.config.own);
        for (at, block) in self.config.take(Bin::Hostname).into_iter().enumerate() {
            if at > 0 {
                second_export(block.span(), self.ledger);
                continue;
            }
            self.build.device.name = block.head.word(1).trim_matches('"').to_owned();
            self.build.device.own.whole = Some(block.head.span);
            self.ledger.used(block.span());
        }
        for block in self.config.take(Bin::Version) {
            let number = block.head.word(1);
            let xe = number.starts_with("16.") || number.starts_with("17.");
            self.build.device.version =
                Some(format!("{} {number}", if xe { "IOS XE" } else { "IOS" }));
            self.ledger.used(block.span());
        }
        for block in self.config.take(Bin::Cbac) {
            self.ledger.used(block.span());
        }
    }

    /// Every context has the same stages: bindings name interfaces, which belong to one context each, and a packet that a
    /// route sends across contexts meets the filters of the interface by which it leaves.
    fn pipelines(
        &mut self,
        mut nat: Translations,
        zones: ZonePolicy,
        vlans: vlan::VlanFilters,
        local: (Filter, Filter),
    ) {
        let none = Overridden::default();
        let mut stages: Vec<Stage> = vlans.before.into_iter().map(Stage::Filter).collect();
        stages.extend(self.access_groups(true, &vlans.overridden).into_iter().map(Stage::Filter));
        stages.append(&mut nat.before);
        stages.push(Stage::Route);
        stages.extend(self.forwarding_switches().into_iter().map(Stage::Filter));
        stages.extend(zones.forward.into_iter().map(Stage::Filter));
        stages.append(&mut nat.after);
        stages.extend(self.access_groups(false, &none).into_iter().map(Stage::Filter));
        stages.extend(vlans.after.into_iter().map(Stage::Filter));
        for (id, context) in self.build.device.contexts.iter_mut() {
            context.pipeline = stages.clone();
            context.local = zones.own.clone().into_iter().collect();
            context.local.push(if id.index() == 0 { local.0.clone() } else { local.1.clone() });
        }
    }

    /// Whether the device forwards at all, by family, and switches that stop traffic everywhere.
    fn forwarding_switches(&mut self) -> Vec<Filter> {
        let mut out = Vec::new();
        let switched = self.interfaces.iter().any(|iface| iface.switched);
        let evidence = self.config.has(Bin::IpRouting)
            || self.build.device.contexts.iter().any(|(_, context)| {
                !context.routes.is_empty() || !context.dynamic_routing.is_empty()
            })
            || self.build.device.contexts.len() > 1;
        let gateway = self.config.first(Bin::DefaultGateway).map(|head| head.span);
        let start = |head: &ConfigLine<'_>| head.span.start;
        let on = self.config.heads(Bin::IpRouting).map(start).max();
        let off = self.config.heads(Bin::NoIpRouting).max_by_key(|head| start(head));
        if let Some(head) = off.filter(|head| on.is_none_or(|on| on < start(head))) {
            let span = head.span;
            out.push(self.switch(
                "ip routing",
                Some(Family::V4),
                Action::Deny,
                "no ip routing",
                span,
            ));
        } else if switched && !evidence {
            let span = gateway.unwrap_or(self.origin);
            out.push(self.switch(
                "ip routing",
                Some(Family::V4),
                Action::Undecided,
                "ip routing is not stated",
                span,
            ));
        }
        if !self.config.has(Bin::Ipv6Routing) {
            let whole = self.build.device.version.is_some();
            let action = if whole { Action::Deny } else { Action::Undecided };
            out.push(self.switch(
                "ipv6 unicast-routing",
                Some(Family::V6),
                action,
                "no ipv6 unicast-routing",
                self.origin,
            ));
        }
        let restrictions = self.config.take(Bin::Restrict);
        if let Some(first) = restrictions.first() {
            let reason = text!(
                "TrustSec のロールによる制限は読み取らないため、通信は許可とも拒否とも読みます。",
                "role-based enforcement is not read; traffic may pass or be stopped"
            );
            self.ledger.unsupported(first.head.span, reason);
            let span = first.head.span;
            out.push(self.switch(
                "cts role-based",
                None,
                Action::Undecided,
                "cts role-based",
                span,
            ));
        }
        for block in &restrictions {
            self.ledger.used(block.span());
        }
        for bin in [Bin::IpRouting, Bin::NoIpRouting, Bin::Ipv6Routing, Bin::DefaultGateway] {
            for block in self.config.take(bin) {
                self.ledger.used(block.span());
            }
        }
        out
    }

    fn switch(
        &mut self,
        name: &'static str,
        family: Option<Family>,
        action: Action,
        label: &str,
        span: Span,
    ) -> Filter {
        let matches = self.build.everything(family, span);
        let list = self.build.list(name, vec![line(label.to_owned(), matches, action, span)]);
        self.build.filter(name, vec![list], Action::Permit, name, None)
    }
}

fn reads() -> Text {
    text!(
        "インターフェースと VRF、アクセスリスト、オブジェクトグループ、ゾーンベースファイアウォール、NAT、VLAN マップ、経路とルートマップ、管理アクセス、時間範囲",
        "interfaces and VRFs, access lists, object groups, zone-based firewall, NAT, VLAN maps, routes and route maps, management access, time ranges"
    )
}

fn approximations() -> Vec<Text> {
    vec![
        text!(
            "HSRP・VRRP・GLBP の仮想アドレスは、稼働系かどうかにかかわらずこの機器が持つものとして読みます。",
            "virtual addresses of HSRP, VRRP and GLBP are read as owned by the device, whether it is the active one or not"
        ),
        text!(
            "VLAN マップはその VLAN の SVI を通る通信にだけ適用します。同一 VLAN 内の通信は通るものとして読みます。",
            "VLAN maps are applied to traffic through the SVI only; traffic inside one VLAN is read as passing"
        ),
        text!(
            "スイッチポートのアクセスリストで拒否される通信は、通るとも止まるとも読みます。そのポートの VLAN の SVI と VLAN マップが拒否する通信も同じです（ポート側が優先され得るため）。",
            "what an access list on a switch port denies may or may not pass; so may what the SVI's list and the VLAN map of its VLAN deny, since the port's list may stand instead"
        ),
        text!(
            "動的経路制御・DHCP の既定経路・暗号マップ・VRF 間の経路漏えいは、トポロジーの `routes` に経路を書かない限り「通り得る」経路として読みます。",
            "dynamic routing, learnt default routes, crypto maps and VRF leaks are branches that may be taken, unless the topology states its `routes`"
        ),
        text!(
            "暗号マップのあるインターフェースでは、暗号 ACL に当たる通信はアクセスリストで止まるとは限らないと読みます。接続元にプールのアドレスを配るリモートアクセスでは、そのアドレスの通信が対象です。",
            "where a crypto map is bound, packets of its access list may pass beside the interface's own; for remote clients these are the addresses of their pool"
        ),
        text!(
            "reflect・evaluate・ip inspect は、開始済みの通信の戻りだけを通し得るものとして読みます。",
            "reflect, evaluate and ip inspect may admit replies of open connections, never a new connection"
        ),
        text!(
            "送信元の逆経路確認（uRPF）、送信元ガード、CoPP、QoS は通信を止めないものとして読みます。ただし、インターフェースに適用したポリシーの drop は止め得るものとして読みます。",
            "reverse-path checks, source guard, control-plane policing and QoS are read as stopping nothing, but `drop` in a policy on an interface may stop what passes there"
        ),
        text!(
            "スイッチで ip routing の記述がなく経路もない場合、IPv4 の転送は不確実とします。",
            "on a switch that states neither ip routing nor any route, forwarding of IPv4 is read as uncertain"
        ),
        text!(
            "ゾーン間の pass を含むゾーンペアは状態を持たない規則として扱います。",
            "zone pairs with a pass action are read as stateless in both directions"
        ),
        text!(
            "機器自身への通信は、設定に現れる管理・制御サービスだけを受け付けるものとして読みます（Smart Install など既定で動くものは含みません）。",
            "traffic to the device itself is accepted for services that the configuration shows; what runs by default (Smart Install) is not"
        ),
        text!(
            "IPv6 リンクローカルアドレスは読み込みません。",
            "IPv6 link-local addresses are not read"
        ),
    ]
}
