//! Allied Telesis AlliedWare Plus: `show running-config` of AR-series routers (zones, firewall, NAT) and of switches (hardware
//! access lists on ports and VLANs).
//!
//! Order of the stages: hardware lists where a packet comes in, port forwarding, route, firewall, masquerading.

mod applications;
mod commands;
mod entities;
mod firewall;
mod interface;
mod lists;
mod nat;
mod own;
mod services;
#[cfg(test)]
mod tests;

use super::commands::{Commands, sorted};
use super::lines::{Block, split};
use super::marks::{DETECT_LINES, Marks};
use super::own::Table;
use super::switch::{Habits, Switch, blocks};
use super::{Format, Input, Read, Reading};
use crate::model::{Filter, NextHop, ServiceId, Stage};
use crate::net::Family;
use crate::source::Span;
use crate::text;
use crate::text::Text;
use commands::{Bin, INERT, TOP, negated};
use entities::Entities;
use own::OWN;
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;

/// The reader.
pub const FORMAT: Format = Format {
    id: "awplus",
    label: "Allied Telesis AlliedWare Plus",
    detect,
    export: &["show running-config"],
    reads,
    read: Read::One(read),
    approximations,
};

fn detect(text: &str) -> u8 {
    let mut found = Marks::new([90, 60, 60, 40, 60, 60, 60]);
    let (mut zone, mut inside) = (false, "");
    for line in text.lines().take(DETECT_LINES) {
        if ["ASA Version", "interface GigabitEthernet", "config system ", "set version "]
            .iter()
            .any(|mark| line.starts_with(mark))
        {
            return 0;
        }
        if !line.starts_with(' ') {
            inside = line.trim_end();
        }
        let body = line.trim();
        zone |= inside.starts_with("zone ") && body.starts_with("network ");
        let marks = [
            line.contains("AlliedWare Plus"),
            line.starts_with("interface port") && body.matches('.').count() >= 2,
            line.starts_with("access-list hardware "),
            line.starts_with("atmf ")
                || line.starts_with("hostname awplus")
                || line.starts_with("awplus"),
            zone && line.trim_start().starts_with("ip subnet "),
            inside == "firewall" && body.starts_with("rule ") && body.contains(" from "),
            inside == "nat" && (body.contains(" masq ") || body.contains(" portfwd ")),
        ];
        found.note(|at| marks.get(at) == Some(&true));
    }
    found.score(95)
}

/// One reading in progress.
#[derive(Debug)]
struct Reader<'a> {
    switch: Switch<'a>,
    bins: BTreeMap<Bin, Vec<Block<'a>>>,
    groups: lists::Groups<'a>,
    entities: Entities<'a>,
    applications: FxHashMap<String, ServiceId>,
    /// Packets are inspected to find applications.
    dpi: Option<Span>,
    /// Ports may carry other VLANs than they state.
    wandering: bool,
    /// Filters of what leaves.
    outbound: Vec<Filter>,
    /// Quality-of-service policies at work.
    service_policies: Vec<Span>,
}

fn read(input: Input<'_>) -> Reading {
    let lines = split(input.id, input.file);
    let mut switch = Switch::new("awplus", input);
    let bins = sort(blocks(&lines, &mut switch.ledger), &mut switch);
    let mut reader = Reader {
        switch,
        bins,
        groups: lists::Groups::default(),
        entities: Entities::default(),
        applications: FxHashMap::default(),
        dpi: None,
        wandering: false,
        outbound: Vec::new(),
        service_policies: Vec::new(),
    };
    reader.run();
    Reading { device: reader.switch.build.device, coverage: vec![reader.switch.ledger.close()] }
}

/// Top-level commands by what they are about.
fn sort<'a>(found: Vec<Block<'a>>, switch: &mut Switch<'a>) -> BTreeMap<Bin, Vec<Block<'a>>> {
    let inert = super::commands::rows(INERT).map(|words| (words, Bin::Irrelevant));
    let table = Commands::new(TOP.iter().copied().chain(inert));
    let own = Table::new(OWN);
    for block in &found {
        own.block(block, &mut switch.build.device.own, &mut switch.ledger);
    }
    sorted(found, &mut switch.ledger, Bin::Irrelevant, |head| match head.word(0) {
        "no" => table.find(head, 1).and_then(negated),
        _ => table.find(head, 0),
    })
}

impl<'a> Reader<'a> {
    /// The blocks of a bin, which is empty afterwards.
    fn take(&mut self, bin: Bin) -> Vec<Block<'a>> {
        self.bins.remove(&bin).unwrap_or_default()
    }

    fn run(&mut self) {
        self.identity();
        self.read_vrfs();
        self.read_interfaces();
        self.read_lists();
        for (bin, family) in [(Bin::Route, Family::V4), (Bin::Route6, Family::V6)] {
            for block in self.take(bin) {
                self.switch.static_route(&block, family);
            }
        }
        for block in self.take(Bin::Router) {
            self.switch.router(&block);
        }
        self.policy_routes();
        self.read_entities();
        self.read_applications();
        let mut stages: Vec<Stage> = self.hardware().into_iter().map(Stage::Filter).collect();
        let nat = self.read_nat();
        let firewall = self.read_firewall();
        stages.extend(nat.before);
        stages.push(Stage::Route);
        stages.extend(firewall.forward.map(Stage::Filter));
        stages.extend(nat.behind);
        stages.extend(std::mem::take(&mut self.outbound).into_iter().map(Stage::Filter));
        let management = self.read_services();
        for (_, context) in self.switch.build.device.contexts.iter_mut() {
            context.pipeline.clone_from(&stages);
            context.local = firewall.local.iter().cloned().collect();
            context.local.push(management.clone());
        }
        self.switch
            .lists
            .remark_unbound(|name| name.parse::<u32>().is_ok(), &mut self.switch.build);
    }

    fn identity(&mut self) {
        for block in self.take(Bin::Hostname) {
            self.switch.build.device.name = block.head.word(1).to_owned();
            self.switch.ledger.used(block.span());
            self.switch.build.device.own.whole = Some(block.head.span);
        }
        for block in self.take(Bin::Version) {
            self.switch.build.device.version = Some(block.head.text.to_owned());
            self.switch.ledger.used(block.span());
        }
    }

    /// `ip vrf NAME [N]`; what a VRF imports may lead into every other one.
    fn read_vrfs(&mut self) {
        let mut importing = Vec::new();
        for block in self.take(Bin::Vrf) {
            self.switch.ledger.used(block.span());
            let id = self.switch.add_vrf(block.head.word(2));
            let imports = |word: &str| matches!(word, "import" | "both");
            let line = block.body.iter().find(|line| line.words.iter().any(|w| imports(w.text)));
            importing.extend(line.map(|line| (id, line.span)));
        }
        self.switch.imports(importing);
    }

    /// `ip policy-route …`: any packet may take the way that it names.
    fn policy_routes(&mut self) {
        for block in self.take(Bin::PolicyRouting) {
            self.switch.ledger.used(block.span());
            for line in &block.body {
                let Some(at) = line.words.iter().position(|word| word.text == "nexthop") else {
                    continue;
                };
                let reason = text!(
                    "ポリシールートは、どの通信も通り得る経路として読みます。",
                    "a policy route is a way that any packet may take"
                );
                self.switch.ledger.unsupported(line.span, reason.clone());
                for word in line.words.iter().skip(at + 1) {
                    let gateway = word.text.parse().ok();
                    let hop = gateway.map(|address| NextHop::Gateway { address, interface: None });
                    let hop =
                        hop.or_else(|| self.switch.interface(word.text).map(NextHop::Interface));
                    let matches = self.switch.build.everything(None, line.span);
                    let global = self.switch.global();
                    self.switch.may_route(global, matches, hop, reason.clone(), line.span);
                }
            }
        }
    }

    /// Hardware lists on interfaces, ports, VLANs and the whole switch, and what may stop packets besides.
    fn hardware(&mut self) -> Vec<Filter> {
        let mut lists = self.vlan_lists();
        lists.extend(self.global_groups());
        for block in self.take(Bin::Wandering) {
            self.switch.ledger.used(block.span());
            self.wandering = true;
        }
        let habits =
            Habits { implicit_deny: false, undefined_passes: false, wandering: self.wandering };
        let mut out = self.switch.access_groups(true, &lists, habits);
        self.outbound = self.switch.access_groups(false, &lists, habits);
        out.extend(self.hindrances());
        out
    }

    /// `set ip next-hop A` in the class of a policy at work: any packet may go there instead.
    fn class_routes(&mut self, policies: &[Block<'a>]) {
        let lines = policies.iter().flat_map(|block| &block.body);
        for line in lines.filter(|line| line.starts(&["set", "ip", "next-hop"])) {
            let reason = text!(
                "クラスの next-hop（ポリシーベースルーティング）は、どの通信も通り得る経路として読みます。",
                "the next hop of a class (policy-based routing) is a way that any packet may take"
            );
            self.switch.ledger.unsupported(line.span, reason.clone());
            let address = line.words.iter().find_map(|word| word.text.parse().ok());
            // Without an address that is understood, any interface.
            let hop = address.map(|address| NextHop::Gateway { address, interface: None });
            let contexts: Vec<_> = self.switch.build.device.contexts.ids().collect();
            for context in contexts {
                let matches = self.switch.build.everything(Some(Family::V4), line.span);
                self.switch.may_route(context, matches, hop, reason.clone(), line.span);
            }
        }
    }

    fn hindrances(&mut self) -> Vec<Filter> {
        let mut out = Vec::new();
        let (classes, policies) = (self.take(Bin::ClassMap), self.take(Bin::PolicyMap));
        for block in classes.iter().chain(&policies) {
            self.switch.ledger.used(block.span());
        }
        let selects = classes
            .iter()
            .any(|block| block.body.iter().any(|line| line.starts(&["match", "access-group"])));
        let stops = policies
            .iter()
            .flat_map(|block| &block.body)
            .any(|line| line.word(0) == "default-action" && line.word(1) != "permit");
        if let Some(span) = self.service_policies.first().copied().filter(|_| selects || stops) {
            let reason = text!(
                "QoS ポリシーはアクセスリストに一致する通信を破棄し得るため、どの通信も確実に通るとは読みません。",
                "the service policy may drop what its access lists match; no packet surely passes"
            );
            self.switch.ledger.unsupported(span, reason);
            out.push(self.switch.hindrance("service-policy", None, span));
        }
        if !self.service_policies.is_empty() {
            self.class_routes(&policies);
        }
        for block in self.take(Bin::MacFilter) {
            let reason = text!(
                "MAC フィルターは読み取らないため、どの通信も確実に通るとは読みません。",
                "bridge filters on Ethernet addresses are not read; no packet surely passes"
            );
            self.switch.ledger.unsupported(block.span(), reason);
            out.push(self.switch.hindrance("mac-filter", None, block.head.span));
        }
        let forwarding = self.take(Bin::Ipv6Forwarding);
        for block in &forwarding {
            self.switch.ledger.used(block.span());
        }
        if forwarding.is_empty() {
            let span = self.switch.origin;
            out.push(self.switch.hindrance("ipv6 forwarding", Some(Family::V6), span));
        }
        out
    }
}

fn reads() -> Text {
    text!(
        "ゾーン型ファイアウォール（エンティティー、アプリケーション、NAT）、スイッチのハードウェアアクセスリスト、インターフェース、経路",
        "the zone firewall (entities, applications, translation), hardware access lists of switches, interfaces and routes"
    )
}

fn approximations() -> Vec<Text> {
    vec![
        text!(
            "スイッチポートのアクセスリストは、その VLAN を運ぶすべてのポートに同じものがあるときだけ確実に効くと読みます。それ以外の拒否は、通り得るものとして読みます。",
            "an access list on a switch port surely works only when every port of the VLAN has the same one; otherwise what it denies may pass"
        ),
        text!(
            "一つの VLAN に種類の異なるハードウェアアクセスリストが効く場合、どれが優先されるかを特定せず、拒否は通り得るものとして読みます。",
            "where hardware lists of several kinds meet one VLAN, which wins is not settled; what they deny may pass"
        ),
        text!(
            "同一 VLAN 内の通信は、アクセスリストにかかわらず通るものとして読みます。",
            "traffic inside one VLAN is read as passing whatever the lists say"
        ),
        text!(
            "事前定義済みアプリケーションのうち、ポートが自明でないものは、既知の範囲内で一致し得ると読みます。DPI が有効なときは、どの通信にも一致し得ると読みます。",
            "predefined applications without an obvious port may match within the known ports; with DPI they may match anything"
        ),
        text!(
            "装置宛ての通信では、宛先エンティティーのインターフェース指定は成り立つともしないとも読みます。",
            "for packets to the device, the interface of a destination entity may or may not hold"
        ),
        text!(
            "設定に書かれていない装置のサービスは、応答し得ると読みます。",
            "services of the device that the configuration does not state may answer"
        ),
        text!(
            "VRRP の仮想アドレスは、稼働系かどうかにかかわらずこの機器が持つものとして読みます。",
            "virtual addresses of VRRP are read as owned by the device, whether it is the active one or not"
        ),
        text!(
            "動的経路制御・DHCP・PPP で得る経路、ポリシールート、VRF 間の取り込みは、通り得る経路として読みます。",
            "routes that are learnt, policy routes and imports between VRFs are ways that packets may take"
        ),
        text!(
            "QoS ポリシーと MAC フィルターは、確実に通る範囲だけを狭めます。",
            "service policies and MAC filters only narrow what surely passes"
        ),
    ]
}
