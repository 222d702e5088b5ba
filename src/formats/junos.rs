//! Juniper Junos, above all SRX firewalls: `show configuration` and `show configuration | display set`.
//!
//! Passes: text to one tree of words (`lex`, `parse`, `insert`, `tree`), inheritance written into it (`groups`, `ranges`), then
//! each section lowered. The order of the stages stands in `Reader::pipelines` only.

mod addresses;
mod applications;
mod detect;
mod filters;
mod groups;
mod insert;
mod interfaces;
mod leaks;
mod lex;
mod local;
mod modes;
mod nat;
mod own;
mod parse;
mod policies;
mod predefined;
mod ranges;
mod reader;
mod routes;
mod schedules;
mod sections;
#[cfg(test)]
mod tests;
mod tree;
mod zones;

use super::builder::{Builder, stem};
use super::{Format, Input, Ledger, Read, Reading};
use crate::model::{Filter, Stage};
use crate::source::Span;
use crate::text;
use crate::text::Text;
use filters::Filters;
use nat::Translations;
use policies::Objects;
use reader::Reader;
use tree::Tree;

/// The reader.
pub const FORMAT: Format = Format {
    id: "junos",
    label: "Juniper Junos (SRX)",
    detect: detect::detect,
    read: Read::One(read),
    export: &["show configuration | display set | no-more", "show configuration | no-more"],
    reads,
    approximations,
};

fn read(input: Input<'_>) -> Reading {
    let mut ledger = Ledger::new(input.id, input.file);
    let mut tree = parse::parse(input.id, input.file, &mut ledger);
    let expanded = groups::expand(&mut tree);
    let ranged = ranges::expand(&mut tree);
    let origin = Span { file: input.id, start: 0, end: 0 };
    let mut builder = Builder::default();
    builder.device.name = stem(input.file.path());
    builder.device.format = "junos";
    let mut reader = Reader {
        b: builder,
        tree,
        ledger: &mut ledger,
        origin,
        instances: Default::default(),
        assigned: Default::default(),
        units: Default::default(),
        bound: Vec::new(),
        zones: Vec::new(),
        schedules: Default::default(),
    };
    reader.report_groups(expanded);
    if !ranged {
        let reason = text!(
            "interface-range を展開しきれません。",
            "interface ranges are too large to be worked out"
        );
        reader.ledger.unknown(origin, reason, false);
    }
    reader.run();
    let (tree, device) = (reader.tree, reader.b.device);
    tree.settle(tree.child(Tree::ROOT, "groups"), &mut ledger);
    Reading { device, coverage: vec![ledger.close()] }
}

impl Reader<'_, '_> {
    fn run(&mut self) {
        self.read_instances();
        self.read_own();
        self.read_sections();
        self.read_interfaces();
        self.read_schedules();
        self.read_zones();
        let mut objects =
            Objects { books: self.read_books(), applications: self.read_applications() };
        self.make_all(&mut objects.books);
        self.read_routes();
        self.place_gateways();
        self.other_routes();
        let filters = self.read_filters();
        let nat = self.read_nat(&mut objects);
        let policies = self.read_policies(&mut objects);
        let zoned = policies.any || !self.zones.is_empty();
        let host = policies.host.clone();
        let front = self.front(&filters, zoned);
        let policy = zoned.then(|| self.policy_filter(policies, front.clone()));
        let policy = policy.or_else(|| self.unzoned(front));
        self.read_local(host, &filters, zoned);
        self.pipelines(filters, nat, policy);
    }

    /// The order of the flow module: filters of the ingress interface, static and destination NAT, route, policy, the reverse of
    /// static NAT and source NAT, filters of the egress interface. Every context has the same stages.
    fn pipelines(&mut self, filters: Filters, nat: Translations, policy: Option<Filter>) {
        let mut stages: Vec<Stage> = filters.input.into_iter().map(Stage::Filter).collect();
        stages.extend(nat.before);
        stages.push(Stage::Route);
        stages.extend(policy.map(Stage::Filter));
        stages.extend(nat.after);
        stages.extend(filters.output.into_iter().map(Stage::Filter));
        for (_, context) in self.b.device.contexts.iter_mut() {
            context.pipeline.clone_from(&stages);
        }
    }
}

fn reads() -> Text {
    text!(
        "グループの継承、インターフェース、ルーティングインスタンスと静的経路、ゾーンと host-inbound-traffic、アドレス帳、アプリケーション、ポリシー、スケジュール、NAT、ファイアウォールフィルター",
        "group inheritance, interfaces, routing instances and static routes, zones and host-inbound traffic, address books, applications, policies, schedulers, NAT, firewall filters"
    )
}

fn approximations() -> Vec<Text> {
    vec![
        text!(
            "アプリケーション識別・URL カテゴリ・利用者の条件は、許可・拒否のどちらも確実ではないものとして読みます。",
            "conditions on applications, URL categories and users make a policy uncertain, whether it permits or denies"
        ),
        text!(
            "ポリシーベースの VPN（permit tunnel）は、通るとも止まるとも読みます。",
            "policy-based VPN (permit tunnel) may pass or be stopped"
        ),
        text!(
            "filter-based forwarding、rib-group、instance-import、APBR、ip-monitoring による経路は「通り得る」経路として読みます。",
            "routes by filter-based forwarding, rib groups, instance-import, APBR and ip-monitoring are branches that may be taken"
        ),
        text!(
            "OSPF・BGP・RIP・IS-IS と DHCP で得る経路は、経路表の出力がない限り、どの隣接機器へも通り得るものとして読みます。",
            "routes by OSPF, BGP, RIP, IS-IS and DHCP may lead to any neighbour, unless a routing table is given"
        ),
        text!(
            "当てはまる NAT ルールセットが複数ある場合、最も限定的なもの以外は使われ得るものとして読みます。",
            "where several NAT rule sets fit, all but the most specific one may be used"
        ),
        text!(
            "グループから継承した行と直接書かれた行が同じ一覧にある場合、前後どちらの順でも起こり得る結果をすべて残します。",
            "where inherited and written lines share a list, every result that either order can have is kept"
        ),
        text!(
            "family inet6 の転送モードが書かれていない場合、IPv6 は破棄され得るものとして読みます。",
            "where the forwarding mode of family inet6 is not stated, IPv6 may be dropped"
        ),
        text!(
            "別のゾーンのインターフェースのアドレス宛ての管理通信は、応答し得るものとして読みます。",
            "management traffic to an address of an interface in another zone may be answered"
        ),
        text!(
            "IDP・UTM・スクリーン・ポリサー・uRPF は通信を止めないものとして読みます。",
            "IDP, UTM, screens, policers and reverse-path checks are read as stopping nothing"
        ),
        text!(
            "VRRP の仮想アドレスと冗長構成の両ノードの設定は、この機器が持つものとして読みます。",
            "virtual addresses of VRRP and the settings of both cluster nodes are read as the device's own"
        ),
    ]
}
