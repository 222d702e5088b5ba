//! NEC UNIVERGE IX: `show running-config` of IX2000 and IX3000 routers, and of IX-R/IX-V, whose commands have the same form.
//!
//! Order of stages of a context: destinations of published services are translated, the `in` filters of the ingress look, the
//! route is found, the `out` filters of the egress look, sources are translated. Whether a filter sees the address before or after
//! the translation of its own interface is not settled by a document: see `lower`.

mod assigned;
mod commands;
mod entry;
mod filters;
mod inert;
mod interface;
mod lists;
mod local;
mod lower;
mod nat;
mod own;
mod reader;
mod routes;
mod translate;
mod watch;

use super::lines::split;
use super::marks::{DETECT_LINES, Marks};
use super::{Format, Input, Ledger, Read, Reading};
use crate::model::Stage;
use crate::source::Span;
use crate::text;
use crate::text::Text;
use commands::Bin;
use reader::Reader;

/// The reader.
pub const FORMAT: Format = Format {
    id: "nec-ix",
    label: "NEC UNIVERGE IX",
    detect,
    export: &["show running-config"],
    reads,
    read: Read::One(read),
    approximations,
};

/// Whether a line speaks for the format, and how much; each counts once.
type Mark = (fn(&str) -> bool, u8);

/// What speaks for the format.
const MARKS: [Mark; 14] = [
    (|line| line.starts_with("! NEC Portable Internetwork Core Operating System"), 95),
    (|line| line.starts_with("! NEC Platforms") || line.starts_with("! IX Series "), 90),
    (|line| line.starts_with("interface GigaEthernet"), 45),
    (|line| line.starts_with("interface FastEthernet") && line.ends_with(".0"), 30),
    (|line| line.starts_with("device GigaEthernet") || line.starts_with("device FastEthernet"), 45),
    (|line| is_list(line), 50),
    (|line| line.trim_start().starts_with("ip napt "), 45),
    (|line| line.starts_with("ip ufs-cache ") || line.starts_with("ipv6 ufs-cache "), 45),
    (|line| is_filter(line), 40),
    (|line| line.starts_with("interface Loopback0.0") || line.starts_with("interface Null0.0"), 30),
    (|line| line.starts_with("proxy-dns ip ") || line.starts_with("telnet-server ip "), 35),
    (|line| line.starts_with("ssh-server ip ") || line.starts_with("http-server ip "), 35),
    (|line| line.starts_with("ipsec autokey-map "), 45),
    (|line| line.starts_with("watch-group ") || line.starts_with("network-monitor "), 35),
];

fn detect(text: &str) -> u8 {
    let mut found = Marks::new(MARKS.map(|(_, worth)| worth));
    for line in text.lines().take(DETECT_LINES) {
        let line = line.trim_end();
        found.note(|at| MARKS.get(at).is_some_and(|(mark, _)| mark(line)));
    }
    found.score(100)
}

/// `ip access-list NAME permit ip src … dest …`: addresses have their words on no other device.
fn is_list(line: &str) -> bool {
    let named = line.starts_with("ip access-list ") || line.starts_with("ipv6 access-list ");
    named && (line.contains(" src ") && line.contains(" dest ") || line.contains(" dynamic "))
}

/// `ip filter NAME SEQ in`.
fn is_filter(line: &str) -> bool {
    if !line.trim_start().starts_with("ip") {
        return false;
    }
    let words: Vec<&str> = line.split_ascii_whitespace().take(6).collect();
    match words.as_slice() {
        ["ip" | "ipv6", "filter", _, number, "in" | "out", ..] => number.parse::<u32>().is_ok(),
        _ => false,
    }
}

fn read(input: Input<'_>) -> Reading {
    let lines = split(input.id, input.file);
    let mut ledger = Ledger::new(input.id, input.file);
    let config = commands::sort(lines.all(), &mut ledger);
    let mut reader = Reader {
        build: super::builder::Builder::default(),
        ledger: &mut ledger,
        config,
        origin: Span { file: input.id, start: 0, end: 0 },
        lists: Default::default(),
        interfaces: Vec::new(),
        interface_names: Default::default(),
        vrfs: Default::default(),
        pools: Default::default(),
        selectors: Default::default(),
        protocols: Vec::new(),
    };
    reader.build.device.format = "nec-ix";
    reader.build.device.own = std::mem::take(&mut reader.config.own);
    reader.build.device.name = super::builder::stem(input.file.path());
    reader.run();
    let device = reader.build.device;
    Reading { device, coverage: vec![ledger.close()] }
}

impl Reader<'_, '_> {
    fn run(&mut self) {
        self.vrf("");
        for block in self.config.take(Bin::Hostname) {
            self.build.device.name = block.head.rest(1).trim_matches('"').to_owned();
            self.ledger.used(block.span());
            self.build.device.own.whole = Some(block.head.span);
        }
        self.build.device.version = self.config.version.take();
        for block in self.config.take(Bin::Content) {
            self.ledger.irrelevant(block.span());
        }
        self.read_lists();
        self.read_names();
        self.read_interfaces();
        self.outsides();
        self.read_routes();
        self.policy_routes();
        self.read_watches();
        self.pipelines();
        self.remark_unbound();
    }

    /// Every context has the same stages: bindings name interfaces, which belong to one context each.
    fn pipelines(&mut self) {
        let nat = self.translations();
        let filters = self.filters();
        let local = self.local();
        let mut stages: Vec<Stage> = nat.before.into_iter().collect();
        stages.extend(nat.unlisted.map(Stage::Filter));
        stages.extend(filters.before);
        stages.push(Stage::Route);
        stages.extend(filters.after);
        stages.extend(nat.after);
        for (_, context) in self.build.device.contexts.iter_mut() {
            context.pipeline = stages.clone();
            context.local = vec![local.clone()];
        }
    }
}

fn reads() -> Text {
    text!(
        "インターフェース（タグ VLAN・ポート VLAN・PPPoE・トンネル）と VRF、アクセスリストとダイナミックアクセスリスト、ip filter・ipv6 filter、NAPT・NAT、経路とルートマップ、ネットワークモニタ、IPsec のポリシー、管理アクセス",
        "interfaces (tagged and port VLANs, PPPoE, tunnels) and VRFs, static and dynamic access lists, ip filter and ipv6 filter, NAPT and NAT, routes and route maps, network monitors, IPsec policies, management access"
    )
}

fn approximations() -> Vec<Text> {
    vec![
        text!(
            "フィルタと NAT/NAPT の処理順は公開文書で確認できないため、両方の順序で読みます。変換される通信は、どちらの順序でも通る場合だけ「確実に通る」とします。",
            "the order of filters and NAT/NAPT is not settled by a public document: both are read, and a translated packet surely passes only when it passes in both"
        ),
        text!(
            "NAPT の対応表にない外側からの通信は、破棄されるとも転送されるとも読みます。",
            "what arrives at a NAPT interface without an entry may be dropped or handed on"
        ),
        text!(
            "定義されていないアクセスリストを参照するフィルタは、許可とも拒否とも読みます。",
            "a filter that names an undefined access list may permit or deny"
        ),
        text!(
            "ダイナミックアクセスリストは、元になるリストが許可する通信を通し、その戻りを通し得るものとして読みます。in・out で開く通信も通り得るものとします。",
            "dynamic lists pass what their base list permits, and may pass replies and the connections that in and out lists open"
        ),
        text!(
            "ポリシールーティングと、監視で切り替わる経路は「通り得る」経路として読みます。",
            "policy routing and routes that a monitor switches are ways that may be taken"
        ),
        text!(
            "IPsec トンネルは、ポリシーのアクセスリストが許可する通信を通すものとし、それ以外は許可とも拒否とも読みます。",
            "an IPsec tunnel carries what the list of its policy permits; the rest may pass or not"
        ),
        text!(
            "ブリッジグループの中の中継は扱いません。BVI のセグメントが全メンバーを含むものとして読みます。",
            "bridging inside a bridge group is not followed; the segment of the BVI stands for all members"
        ),
        text!(
            "MAC アドレスや URL による制限は、通信を止めることがあるものとして読みます。",
            "restrictions by MAC address or URL may stop packets and admit nothing"
        ),
        text!(
            "機器自身への通信は、設定で有効にしたサーバーと機能だけを受け付けるものとして読みます。",
            "traffic to the device itself is accepted for the servers and features that the configuration switches on"
        ),
        text!(
            "動的経路制御の経路と、運用時に割り当てられるアドレスは、設定だけでは定まらないものとして読みます。",
            "routes of routing protocols and addresses that are assigned at run time are not determined"
        ),
        text!(
            "QoS、送信元の逆経路確認、IDS は通信を止めないものとして読みます。",
            "QoS, reverse-path checks and intrusion detection are read as stopping nothing"
        ),
    ]
}
