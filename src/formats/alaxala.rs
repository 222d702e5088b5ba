//! ALAXALA AX layer-3 switches and routers (also under the Hitachi name): `show running-config`.
//!
//! Order of the stages: lists where a packet comes in, route, lists where it leaves.

mod commands;
mod interface;
mod lists;
mod own;
mod services;
#[cfg(test)]
mod tests;

use super::commands::{Commands, second_export, sorted};
use super::lines::{Block, split};
use super::marks::{DETECT_LINES, Marks};
use super::own::Table;
use super::switch::{Habits, Switch, blocks};
use super::{Format, Input, Read, Reading};
use crate::model::Stage;
use crate::net::Family;
use crate::source::Span;
use crate::text;
use crate::text::Text;
use commands::{Bin, INERT, TOP};
use own::OWN;
use rustc_hash::FxHashSet;
use std::collections::BTreeMap;

/// The reader.
pub const FORMAT: Format = Format {
    id: "alaxala",
    label: "ALAXALA AX",
    detect,
    export: &["show running-config"],
    reads,
    read: Read::One(read),
    approximations,
};

fn detect(text: &str) -> u8 {
    let mut found = Marks::new([95, 60, 60, 60, 30, 20]);
    for line in text.lines().take(DETECT_LINES) {
        let foreign = [
            "ASA Version",
            "Building configuration",
            "interface GigabitEthernet",
            "interface port1.",
            "config system ",
            "set version ",
        ];
        if foreign.iter().any(|mark| line.starts_with(mark)) {
            return 0;
        }
        let port = line.strip_prefix("interface ").and_then(|rest| rest.split_once(' '));
        let ethernet =
            |kind: &str| kind.ends_with("ethernet") && kind.chars().all(|c| c.is_ascii_lowercase());
        let marks = [
            line.starts_with("#configuration list for AX"),
            port.is_some_and(|(kind, number)| ethernet(kind) && number.contains('/')),
            line.starts_with("advance access-list ")
                || line.starts_with("flow detection mode ")
                || line.starts_with("system flow detection mode "),
            line.starts_with("axrp ") || line.starts_with("swrt_table_resource "),
            line.starts_with("interface vlan ") || line.starts_with("interface mgmt "),
            line.starts_with("hostname \"") || line.starts_with("  name \""),
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
    /// Names of advance lists.
    advance: FxHashSet<&'a str>,
    /// Advance lists without a line about the packets of a family.
    silent: FxHashSet<(Family, &'a str)>,
    /// Lines that send packets another way.
    policies: Vec<Span>,
    /// Ports may carry other VLANs than they state.
    wandering: bool,
}

fn read(input: Input<'_>) -> Reading {
    let lines = split(input.id, input.file);
    let mut switch = Switch::new("alaxala", input);
    let bins = sort(blocks(&lines, &mut switch.ledger), &mut switch);
    let mut reader = Reader {
        switch,
        bins,
        advance: FxHashSet::default(),
        silent: FxHashSet::default(),
        policies: Vec::new(),
        wandering: false,
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
    sorted(found, &mut switch.ledger, Bin::Irrelevant, |head| {
        let removal = head.word(0) == "no";
        let bin = table.find(head, usize::from(removal));
        bin.filter(|bin| !removal || *bin == Bin::Irrelevant)
    })
}

impl<'a> Reader<'a> {
    /// The blocks of a bin, which is empty afterwards.
    fn take(&mut self, bin: Bin) -> Vec<Block<'a>> {
        self.bins.remove(&bin).unwrap_or_default()
    }

    fn run(&mut self) {
        for (at, block) in self.take(Bin::Hostname).into_iter().enumerate() {
            if at > 0 {
                second_export(block.span(), &mut self.switch.ledger);
                continue;
            }
            self.switch.build.device.name = block.head.word(1).trim_matches('"').to_owned();
            self.switch.ledger.used(block.span());
            self.switch.build.device.own.whole = Some(block.head.span);
        }
        self.read_vrfs();
        self.read_interfaces();
        self.read_lists();
        self.order_groups();
        for (bin, family) in [(Bin::Route, Family::V4), (Bin::Route6, Family::V6)] {
            for block in self.take(bin) {
                self.switch.static_route(&block, family);
            }
        }
        for block in self.take(Bin::Router) {
            self.switch.router(&block);
        }
        self.policy_routes();
        for block in self.take(Bin::Wandering) {
            self.switch.ledger.used(block.span());
            self.wandering = true;
        }
        let habits =
            Habits { implicit_deny: true, undefined_passes: true, wandering: self.wandering };
        let before = self.switch.access_groups(true, &[], habits);
        let behind = self.switch.access_groups(false, &[], habits);
        let mut stages: Vec<Stage> = before.into_iter().map(Stage::Filter).collect();
        stages.push(Stage::Route);
        stages.extend(behind.into_iter().map(Stage::Filter));
        let management = self.read_services();
        for (_, context) in self.switch.build.device.contexts.iter_mut() {
            context.pipeline.clone_from(&stages);
            context.local = vec![management.clone()];
        }
        self.switch.lists.remark_unbound(|_| false, &mut self.switch.build);
    }

    /// `vrf definition N`; an import may lead into every other VRF.
    fn read_vrfs(&mut self) {
        let mut importing = Vec::new();
        for block in self.take(Bin::Vrf) {
            self.switch.ledger.used(block.span());
            let name = block.head.word(2);
            let id =
                if name == "global" { self.switch.global() } else { self.switch.add_vrf(name) };
            let import = block.body.iter().find(|line| line.word(0) == "import");
            importing.extend(import.map(|line| (id, line.span)));
        }
        self.switch.imports(importing);
    }

    /// Lines with `action` send what they permit another way.
    fn policy_routes(&mut self) {
        for block in self.take(Bin::PolicyList) {
            self.switch.ledger.used(block.span());
        }
        let Some(span) = self.policies.first().copied() else { return };
        let contexts: Vec<_> = self.switch.build.device.contexts.ids().collect();
        for context in contexts {
            let reason = text!(
                "ポリシーベースルーティングは、どの隣接機器へも転送し得る経路として読みます。",
                "policy-based routing is read as ways to any neighbour"
            );
            self.switch.ledger.unsupported(span, reason.clone());
            let matches = self.switch.build.everything(None, span);
            self.switch.may_route(context, matches, None, reason, span);
        }
    }
}

fn reads() -> Text {
    text!(
        "IPv4・IPv6・advance アクセスリスト、VLAN インタフェースとポート、VRF、経路",
        "IPv4, IPv6 and advance access lists, VLAN interfaces and ports, VRFs and routes"
    )
}

fn approximations() -> Vec<Text> {
    vec![
        text!(
            "イーサネットインタフェースのアクセスリストは、その VLAN を運ぶすべてのポートに同じものがあるときだけ確実に効くと読みます。それ以外の拒否は、通り得るものとして読みます。",
            "an access list on a port surely works only when every port of the VLAN has the same one; otherwise what it denies may pass"
        ),
        text!(
            "ポートと VLAN インタフェースの両方にアクセスリストがある場合、どちらで判定されるかを特定せず、拒否は通り得るものとして読みます。",
            "where lists are bound to ports and to the VLAN interface, which of them decides is not settled; what they deny may pass"
        ),
        text!(
            "同一 VLAN 内の通信は、アクセスリストにかかわらず通るものとして読みます。",
            "traffic inside one VLAN is read as passing whatever the lists say"
        ),
        text!(
            "own-address・own・VLAN・MAC アドレスなどの条件は、一致するともしないとも読みます。",
            "conditions on own-address, own, VLANs and Ethernet addresses may or may not match"
        ),
        text!(
            "ポリシーベースルーティング、VRF 間の取り込み、動的経路制御は、通り得る経路として読みます。",
            "policy-based routing, imports between VRFs and routing protocols are ways that packets may take"
        ),
        text!(
            "VRRP の仮想アドレスは、稼働系かどうかにかかわらずこの機器が持つものとして読みます。",
            "virtual addresses of VRRP are read as owned by the device, whether it is the active one or not"
        ),
        text!(
            "設定に書かれていない装置のサービスは、応答し得ると読みます。uRPF と QoS は通信を止めないものとして読みます。",
            "services that the configuration does not state may answer; reverse-path checks and QoS are read as stopping nothing"
        ),
    ]
}
