//! YAMAHA RTX, NVR, FWX and vRX routers: `show config`.
//!
//! Passes: lines to commands (`wrap`), commands by kind (`commands`), then filters, interfaces, NAT, routes and services, and at
//! the end one pipeline: vendor order stands in `Reader::pipeline` only. Every filter number is an entry of its own; which of
//! them decide, and in which order, is said by `secure filter` of an interface.

mod address;
mod commands;
mod filter;
mod inert;
mod interface;
mod local;
mod nat;
mod own;
mod reader;
mod removal;
mod route;
mod secure;
mod service;
#[cfg(test)]
mod tests;
mod wrap;

use super::builder::{Builder, stem};
use super::lines::split;
use super::marks::{DETECT_LINES, Marks};
use super::{Format, Input, Ledger, Read, Reading};
use crate::model::{Context, OwnKind, Stage};
use crate::source::Span;
use crate::text;
use crate::text::Text;
use commands::Kind;
use reader::Reader;

/// The reader.
pub const FORMAT: Format = Format {
    id: "yamaha",
    label: "YAMAHA RTX / NVR",
    detect,
    export: &["show config"],
    reads,
    read: Read::One(read),
    approximations,
};

fn detect(text: &str) -> u8 {
    let mut found = Marks::new(MARKS.map(|(_, worth)| worth));
    for line in text.lines().take(DETECT_LINES) {
        let line = line.trim_start();
        if FOREIGN.iter().any(|mark| line.starts_with(mark)) {
            return 0;
        }
        if wrap::product(line).is_some() {
            return 95;
        }
        found.note(|at| MARKS.get(at).is_some_and(|(fits, _)| fits(line)));
    }
    found.score(90)
}

/// Beginnings of lines that speak for another format.
const FOREIGN: &[&str] = &[
    "ASA Version",
    "hostname ",
    "config system ",
    "config firewall ",
    "set version ",
    "set security ",
    "interface GigaEthernet",
    "interface GigabitEthernet",
    "interface port1.",
    "add ip filter",
    "*filter",
    "table ",
];

type Mark = (fn(&str) -> bool, u8);

/// What lines of this format look like, and how much each kind speaks for it.
const MARKS: [Mark; 7] = [
    (|line| filter_line(line, "ip filter "), 60),
    (|line| filter_line(line, "ipv6 filter "), 60),
    (|line| line.starts_with("ip ") && line.contains(" secure filter "), 60),
    (|line| line.starts_with("nat descriptor "), 60),
    (|line| line.starts_with("pp select ") || line.starts_with("tunnel select "), 40),
    (|line| line.starts_with("ip route ") && line.contains(" gateway "), 40),
    (
        |line| {
            let mut words = line.split_whitespace();
            words.next() == Some("ip")
                && words.next().is_some_and(commands::is_interface)
                && words.next() == Some("address")
        },
        50,
    ),
];

fn filter_line(line: &str, start: &str) -> bool {
    let mut words = line.strip_prefix(start).unwrap_or("").split_whitespace();
    let number = words.next().is_some_and(|word| word.parse::<u32>().is_ok());
    let verbs = ["pass", "reject", "restrict"];
    number && words.next().is_some_and(|word| verbs.iter().any(|verb| word.starts_with(verb)))
}

fn read(input: Input<'_>) -> Reading {
    let lines = split(input.id, input.file);
    let mut ledger = Ledger::new(input.id, input.file);
    let (statements, version) = wrap::statements(lines.all(), input.file, &mut ledger);
    let mut reader = Reader {
        builder: Builder::default(),
        ledger: &mut ledger,
        bins: Default::default(),
        origin: Span { file: input.id, start: 0, end: 0 },
        filters: Default::default(),
        interfaces: Vec::new(),
        names: Default::default(),
        descriptors: Default::default(),
        upnp: None,
        nat_budget: nat::BUDGET,
        set_lists: Default::default(),
        off: Vec::new(),
    };
    reader.builder.device.name = stem(input.file.path());
    reader.builder.device.format = "yamaha";
    reader.builder.device.version = version;
    reader.builder.device.contexts.push(Context::default());
    reader.sort(statements);
    reader.run();
    let device = reader.builder.device;
    Reading { device, coverage: vec![ledger.close()] }
}

impl Reader<'_, '_> {
    fn run(&mut self) {
        self.read_filters();
        self.read_interfaces();
        self.read_nat();
        self.materialise_all();
        let routes = self.read_routes();
        let local = self.local(&routes.protocols);
        let pipeline = self.pipeline();
        self.schedules();
        self.switched_off();
        for (_, context) in self.builder.device.contexts.iter_mut() {
            context.pipeline.clone_from(&pipeline);
            context.local = vec![local.clone()];
            context.routes.clone_from(&routes.table);
            context.policy_routes.clone_from(&routes.policy);
            context.dynamic_routing.clone_from(&routes.protocols);
        }
    }

    /// `host` of a server that does not run opens nothing.
    fn switched_off(&mut self) {
        let off = std::mem::take(&mut self.off);
        let own = &mut self.builder.device.own;
        own.facts.retain(|fact| match fact.kind {
            OwnKind::Service(door) => !off.contains(&door.protocol),
            _ => true,
        });
        own.whole = self.builder.device.version.is_some().then_some(self.origin);
    }

    /// In: NAT, filter, route. Out: route, filter, NAT.
    fn pipeline(&mut self) -> Vec<Stage> {
        let (translations, incoming) = self.nat_inward();
        let mut stages: Vec<Stage> = translations.into_iter().map(Stage::Translate).collect();
        stages.extend(incoming.map(Stage::Filter));
        let (inward, outward): (Vec<_>, Vec<_>) = self.doubts().into_iter().partition(|filter| {
            filter.bindings.iter().all(|b| b.egress == crate::model::Interfaces::Any)
        });
        stages.extend(inward.into_iter().map(Stage::Filter));
        stages.extend(self.secure_filters(true).into_iter().map(Stage::Filter));
        stages.push(Stage::Route);
        stages.extend(self.switches().into_iter().map(Stage::Filter));
        stages.extend(outward.into_iter().map(Stage::Filter));
        stages.extend(self.secure_filters(false).into_iter().map(Stage::Filter));
        stages.extend(self.nat_outward().into_iter().map(Stage::Translate));
        stages
    }

    /// Commands that run at set times may change anything, unless they are known to change nothing that passes.
    fn schedules(&mut self) {
        for item in self.take(Kind::Schedule) {
            let statement = &item.statement;
            let words: Vec<&str> = statement.words.iter().map(|word| word.text.as_ref()).collect();
            let at =
                words.iter().position(|word| matches!(*word, "*" | "pp" | "tunnel" | "switch"));
            let skip = at.map(|at| at + if words.get(at) == Some(&"*") { 1 } else { 2 });
            let command = skip.and_then(|skip| words.get(skip)).copied().unwrap_or("");
            if command == "ntpdate" {
                self.builder.device.own.note(OwnKind::Clock, statement.span);
                self.ledger.used(statement.span);
            } else if inert::SCHEDULED.contains(&command) {
                self.ledger.irrelevant(statement.span);
            } else {
                self.unknown_command(statement);
            }
        }
    }
}

fn reads() -> Text {
    text!(
        "インターフェース（LAN・LAN分割・VLAN・PP・トンネル・ブリッジ）、静的フィルターと動的フィルター、フィルターセット、NAT ディスクリプター、経路とフィルター型経路、IPv6、ルーター自身のサービス",
        "interfaces (LAN, LAN split, VLAN, PP, tunnel, bridge), static and dynamic filters, filter sets, NAT descriptors, routes and filter-type routes, IPv6, services of the router itself"
    )
}

fn approximations() -> Vec<Text> {
    vec![
        text!(
            "動的フィルターは、開始済みの通信の戻りを通します。第2書式の in・out で開く通信と関連通信は「通り得る」とします。",
            "dynamic filters admit answers of open connections; what the in and out parts of the second form open, and related connections, may pass"
        ),
        text!(
            "定義されていないフィルター番号、FQDN・map-e などのアドレス、restrict は、通るとも止まるとも読みます。",
            "undefined filter numbers, names and keywords as addresses, and restrict may pass or be stopped"
        ),
        text!(
            "動的フィルターだけを適用し静的フィルターがない方向は、通るとも止まるとも読みます。",
            "a direction with dynamic filters only may pass or stop anything"
        ),
        text!(
            "IPマスカレードの外側から内側アドレス宛てに変換なしで届く通信は、通るとも止まるとも読みます。",
            "what comes from outside an IP masquerade to an inner address without translation may pass or be stopped"
        ),
        text!(
            "フィルター型経路、転送フィルター、接続中だけ有効な経路、DHCP・RAで得る経路とプレフィックスは「通り得る」経路とします。",
            "routes by filter, routes while a line is up, and routes and prefixes from DHCP or RA are ways that may be taken"
        ),
        text!(
            "ポリシーフィルター・イーサネットフィルター・DPI・入力遮断フィルターの内容は読み取らず、通るとも止まるとも読みます。",
            "policy filters, Ethernet filters, DPI and inbound filters are not read; traffic may pass or be stopped"
        ),
        text!(
            "侵入検知・URLフィルター・QoSは通信を止めないものとして読みます。",
            "intrusion detection, URL filters and QoS are read as stopping nothing"
        ),
        text!(
            "VRRPの仮想アドレスは、マスターかどうかにかかわらずこの機器が持つものとして読みます。",
            "virtual addresses of VRRP are read as owned by the device, whether it is the master or not"
        ),
        text!(
            "ルーター自身のサービスで設定に記述のないものは、初期値で動くものとして「届き得る」とします。",
            "services of the router that the configuration does not mention may be reached where they run by default"
        ),
    ]
}
