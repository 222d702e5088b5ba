//! 対象と範囲, 方法と限界: what was looked at, and what no configuration shows.

use super::matter::Matter;
use super::{Block, Chapter, PaperKind};
use crate::model::LineStatus;
use crate::report::view;
use crate::source::hex;
use crate::text;
use crate::text::Text;

/// 対象及び範囲.
pub(super) fn scope(matter: &Matter<'_>) -> Chapter {
    let details = matter.input.details;
    let acquired = vec![
        matter.field(&text!("設定の取得日時", "exported at"), details.collected.clone()),
        matter.field(&text!("設定の取得者", "exported by"), details.collected_by.clone()),
    ];
    let mut blocks = vec![
        matter.heading(&text!("対象機器", "Devices")),
        devices(matter),
        Block::Fields(acquired),
        matter.heading(&text!("ゾーン", "Zones")),
        zones(matter),
        matter.heading(&text!("外部接続点", "Attachments to something outside")),
    ];
    let outside = outside(matter);
    let none = text!("外部のゾーンはない。", "No zone is external.");
    blocks.push(match outside.is_empty() {
        true => matter.paragraph(&none),
        false => Block::List(outside),
    });
    blocks.push(matter.heading(&text!("対象外及びその理由", "What is left out, and why")));
    blocks.push(excluded(matter));
    Chapter::new(matter.say(&text!("対象及び範囲", "Scope")), blocks)
}

fn devices(matter: &Matter<'_>) -> Block {
    let loaded = &matter.input.scan.loaded;
    let rows = view::covered_files(loaded).into_iter().map(|file| {
        let source = loaded.sources.file(file.id);
        let device = loaded.snapshot.device(file.device).map(|id| &loaded.snapshot.devices[id]);
        let version = device.and_then(|device| device.version.clone());
        let version = version.filter(|_| !matter.input.redact);
        let kind = version.unwrap_or_default();
        vec![
            file.device.to_owned(),
            format!("{} {kind}", file.format).trim().to_owned(),
            source.path().to_owned(),
            hex(&source.sha256()),
        ]
    });
    let heads = [
        (text!("機器", "device"), 3),
        (text!("形式・版", "format, version"), 3),
        (text!("設定ファイル", "file"), 5),
        (text!("SHA-256", "SHA-256"), 8),
    ];
    let none = text!("機器の設定は読み取っていない。", "No configuration was read.");
    matter.table(&heads, rows.collect(), &none)
}

fn zones(matter: &Matter<'_>) -> Block {
    let rows = matter.snapshot().zones.iter().map(|(_, zone)| {
        let kind = match zone.external {
            true => text!("外部", "external"),
            false => text!("内部", "internal"),
        };
        vec![zone.id.clone(), zone.label.clone(), matter.say(&kind), zone.roles.join(", ")]
    });
    let heads = [
        (text!("ゾーン", "zone"), 3),
        (text!("名称", "name"), 6),
        (text!("内外", "side"), 2),
        (text!("役割", "roles"), 5),
    ];
    matter.table(&heads, rows.collect(), &text!("ゾーンはない。", "There is no zone."))
}

/// External zones.
fn outside(matter: &Matter<'_>) -> Vec<String> {
    let zones = matter.snapshot().zones.iter().filter(|(_, zone)| zone.external);
    zones.map(|(_, zone)| matter.zone(&zone.id)).collect()
}

/// How many external zones there are.
pub(super) fn outside_count(matter: &Matter<'_>) -> usize {
    matter.snapshot().zones.iter().filter(|(_, zone)| zone.external).count()
}

/// What people left out, and the routers whose configuration is not at hand.
fn excluded(matter: &Matter<'_>) -> Block {
    let mut out = matter.input.details.excluded.clone();
    for (_, router) in matter.snapshot().opaques.iter() {
        let name = &router.name;
        out.push(matter.say(&match router.declared {
            true => text!(
                "「{name}」: 設定を入手していない。何でもどこへでも転送し得るものとして扱った。",
                "{name}: its configuration is not at hand. It counts as forwarding anything anywhere."
            ),
            false => text!(
                "「{name}」: 設定にもネットワーク図にもない。何でもどこへでも転送し得るものとして扱った。",
                "{name}: neither configured nor drawn. It counts as forwarding anything anywhere."
            ),
        }));
    }
    let absent = matter.input.scan.not_applicable.len();
    if absent > 0 {
        out.push(matter.say(&text!(
            "方針パックの規則 {absent} 件: 該当する役割のゾーンも機器もない。",
            "Pack rules for which nobody has the roles: {absent}."
        )));
    }
    match out.is_empty() {
        true => Block::Fields(vec![matter.field(&text!("対象外と理由", "left out, why"), None)]),
        false => Block::List(out),
    }
}

/// 方法及び限界.
pub(super) fn method(matter: &Matter<'_>) -> Chapter {
    let version = env!("CARGO_PKG_VERSION");
    let day = matter.day().map(|day| matter.date(day));
    let command = command(matter);
    let fields = vec![
        matter.field(&text!("使用ツール", "tool"), Some(format!("関所 Sekisho {version}"))),
        matter.field(&text!("実行日", "run on"), day),
        matter.field(&text!("コマンド", "command"), Some(command)),
    ];
    let blocks = vec![
        matter.paragraph(&text!(
            "機器の設定を読み取り、ゾーン間で接続を開始し得るすべてのパケットの集合を計算し、規則に反するものがないかを判定した。抜取りはしていない（全数）。証拠パケットは、別の方式で1行ずつたどり直して確認した。",
            "The configurations were read, the set of all packets that can open a connection between zones was computed, and each rule was judged on it. Nothing was sampled. Every witness was replayed line by line by a second judge."
        )),
        Block::Fields(fields),
        matter.heading(&text!("判定の区分", "Verdicts")),
        Block::List([
            text!("○ 適合: 読み取れない部分を最も広く解釈しても、規則が守られる。", "○ holds: even the widest reading of what was not understood keeps the rule."),
            text!("× 不適合: 規則に反して通ることの証拠がある。", "× violated: there is proof that it is broken."),
            text!("？ 確認不能: 読み取れない部分や不足する情報次第で守られないことがあり得る。適合ではない。", "？ undetermined: it depends on what was not understood or is missing. This is no pass."),
        ].iter().map(|text| matter.say(text)).collect()),
        matter.paragraph(&coverage(matter)),
        matter.heading(&text!("前提及び限界", "Premises and limits")),
        Block::List(limits(matter).iter().map(|text| matter.say(text)).collect()),
    ];
    Chapter::new(matter.say(&text!("方法及び限界", "Method and limits")), blocks)
}

/// How the paper is made again.
pub(super) fn command(matter: &Matter<'_>) -> String {
    let kind = match matter.input.kind {
        PaperKind::Audit => "audit",
        PaperKind::SelfCheck => "self-check",
        PaperKind::Acceptance => "acceptance",
        PaperKind::Change => "change",
        PaperKind::Specification => "specification",
    };
    let at = matter.snapshot().at.map(|at| format!(" --at {at}"));
    let before = matter.input.before.map_or("", |_| " --before DIR");
    let redact = if matter.input.redact { " --redact" } else { "" };
    format!("sekisho report DIR --kind {kind}{before}{redact}{}", at.unwrap_or_default())
}

fn coverage(matter: &Matter<'_>) -> Text {
    let files = view::covered_files(&matter.input.scan.loaded);
    let count = |status| files.iter().map(|file| file.count(status)).sum::<usize>();
    let (near, unread) = (count(LineStatus::Unsupported), count(LineStatus::Unknown));
    text!(
        "設定の行のうち、近似した行は {near} 行、解釈できなかった行は {unread} 行である。いずれも「通し得る」範囲を広くとっている。",
        "Of the lines of the configurations {near} are approximated and {unread} were not understood; both count as letting more pass."
    )
}

fn limits(matter: &Matter<'_>) -> Vec<Text> {
    let time = match matter.snapshot().at {
        Some(_) => text!(
            "時間帯の指定がある規則は、実行日時の時点で解釈した。",
            "Rules with schedules are read at the moment of the run."
        ),
        None => text!(
            "時間帯の指定がある規則は、いずれかの時点で有効となり得るものとした。",
            "Rules with schedules count as active at some time."
        ),
    };
    vec![
        time,
        text!(
            "動的経路制御で学ぶ経路は、経路表の写しがなければ「どこへでも届き得る」ものとした。",
            "Routes that are learnt may lead anywhere without a dump of the table."
        ),
        text!(
            "アドレス変換（NAT）は、変換の前後を通して追跡した。IPv4とIPv6は別々に判定した。",
            "Packets are followed through every translation (NAT). IPv4 and IPv6 are judged separately."
        ),
        text!(
            "ドメイン名、利用者、アプリケーション等、内容が設定の外にある条件は「一致し得る」ものとした。",
            "Conditions whose content is elsewhere (domain names, users, applications) may match."
        ),
        text!(
            "端末内の設定、クリップボードの制御、相手先ネットワークの内部は、この方法では確認できない。",
            "Settings of terminals, control of clipboards, and the inside of others' networks cannot be seen this way."
        ),
        text!(
            "判定は取得した設定に基づく。実機の現在の設定との差、機器の不具合、許可された接続の中での操作は対象としていない。",
            "Judged are the exports: differences from what runs now, defects of devices, and what is done inside permitted connections are out of sight."
        ),
        text!(
            "機器の接続は、ネットワーク定義（topology.yaml）に書かれたとおりであるものとした。",
            "The network is taken as topology.yaml draws it."
        ),
    ]
}
