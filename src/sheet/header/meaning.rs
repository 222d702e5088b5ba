//! What headings say, in Japanese and English.

use super::remarks::is_free;
use super::{Column, Side};
use crate::sheet::words;

const SOURCES: &[&str] = &[
    "送信元",
    "送信側",
    "発信元",
    "通信元",
    "接続元",
    "始点",
    "要求元",
    "アクセス元",
    "source",
    "src",
    "from",
];
const DESTINATIONS: &[&str] = &[
    "宛先",
    "送信先",
    "あて先",
    "通信先",
    "接続先",
    "終点",
    "受信側",
    "アクセス先",
    "相手先",
    "destination",
    "dest",
    "dst",
    "to",
];

/// What a heading says.
pub(super) fn meaning(text: &str) -> Column {
    let key: String =
        words::key(text).chars().filter(|c| !"._-()[]/:#*※【】「」⏎".contains(*c)).collect();
    if key.is_empty() {
        return if words::key(text) == "#" { Column::Number } else { Column::Free };
    }
    if let Some(column) = plain(&key) {
        return column;
    }
    let sided = |words: &[&str], side| {
        let rest = words
            .iter()
            .find_map(|word| key.strip_prefix(word).or_else(|| key.strip_suffix(word)))?;
        part(rest.trim_start_matches('の'), side)
    };
    let found = sided(SOURCES, Side::Source).or_else(|| sided(DESTINATIONS, Side::Destination));
    found.unwrap_or_else(|| if is_free(&key) { Column::Free } else { Column::Unknown })
}

/// Headings of names that a list of objects has. Where rules are, they say what the rule is about.
const OBJECT_NAMES: &[&str] = &[
    "オブジェクト名",
    "ホスト名",
    "objectname",
    "アドレス名",
    "定義名",
    "グループ名",
    "機器名",
    "オブジェクト",
];

/// Whether a column of names tells what a row is about rather than how its rule is called.
pub(super) fn names_objects(text: &str) -> bool {
    OBJECT_NAMES.contains(&words::key(text).as_str())
}

/// What follows the name of a side.
fn part(rest: &str, side: Side) -> Option<Column> {
    Some(match rest {
        "ゾーン"
        | "zone"
        | "インターフェース"
        | "インターフェイス"
        | "インタフェース"
        | "interface"
        | "intf"
        | "if"
        | "系"
        | "系統"
        | "区分"
        | "セグメント"
        | "側"
        | "側ゾーン"
        | "ゾーンインターフェース"
        | "zoneinterface" => Column::Zone(side),
        ""
        | "ip"
        | "ipアドレス"
        | "アドレス"
        | "addr"
        | "address"
        | "ipaddress"
        | "ipaddr"
        | "ネットワーク"
        | "network"
        | "ipv4アドレス"
        | "ipv6アドレス"
        | "ホスト"
        | "host"
        | "サーバ"
        | "端末"
        | "機器"
        | "オブジェクト"
        | "アドレスオブジェクト"
        | "ネットワークアドレス"
        | "addresses"
        | "ips"
        | "ipaddresses"
        | "hosts"
        | "networks"
        | "ipネットワーク" => Column::Address(side),
        "名" | "名称" | "ホスト名" | "機器名" | "name" | "システム" | "サーバ名" | "hostname" => {
            Column::Party(side)
        }
        "ポート" | "ポート番号" | "port" | "ports" | "portno" | "番号" | "サービスポート" => {
            Column::Port(side)
        }
        "ユーザ" | "ユーザー" | "user" | "グループ" | "国" | "地域" => {
            Column::Condition
        }
        "nat" | "変換" | "変換後" | "変換後アドレス" | "変換後ip" => {
            Column::Translation
        }
        "備考" | "用途" | "説明" | "担当" | "課" | "部署" => Column::Free,
        _ => return None,
    })
}

/// Headings without a side, and what they say.
const PLAIN: &[(&[&str], Column)] = &[
    (&["プロトコル", "protocol", "proto", "ipプロトコル", "プロトコル種別"], Column::Protocol),
    (
        &["ポート", "ポート番号", "port", "ports", "portno", "dport"],
        Column::Port(Side::Destination),
    ),
    (&["sport"], Column::Port(Side::Source)),
    (
        &[
            "サービス",
            "service",
            "services",
            "サービス名",
            "サービス名称",
            "プロトコルポート",
            "プロトコルポート番号",
            "servicename",
            "通信サービス",
            "利用サービス",
        ],
        Column::Service,
    ),
    (
        &[
            "アクション",
            "動作",
            "処理",
            "許可拒否",
            "可否",
            "通信可否",
            "action",
            "許可",
            "制御",
            "判定",
            "許否",
            "許可可否",
            "verdict",
            "アクセス制御",
            "ルール動作",
            "ポリシーアクション",
        ],
        Column::Action,
    ),
    (&["方向", "通信方向", "direction", "→", "⇔", "->", "<->", "↔"], Column::Direction),
    (
        &[
            "有効無効",
            "状態",
            "ステータス",
            "有効",
            "status",
            "state",
            "enable",
            "enabled",
            "設定状態",
            "適用",
        ],
        Column::Enabled,
    ),
    (&["無効", "disable", "disabled"], Column::Disabled),
    (
        &[
            "nat",
            "アドレス変換",
            "nat変換",
            "変換",
            "変換後アドレス",
            "natip",
            "ippool",
            "snat",
            "dnat",
        ],
        Column::Translation,
    ),
    (
        &[
            "スケジュール",
            "期間",
            "有効期間",
            "時間帯",
            "schedule",
            "期限",
            "有効期限",
            "適用期間",
            "利用期間",
            "曜日",
            "時間",
        ],
        Column::Schedule,
    ),
    (
        &[
            "ユーザ",
            "ユーザー",
            "user",
            "users",
            "グループ",
            "アプリケーション",
            "application",
            "app",
            "appid",
            "url",
            "urlカテゴリ",
            "除外",
            "除外アドレス",
            "例外",
            "条件",
            "制限",
            "カテゴリ",
            "カテゴリー",
            "category",
            "webカテゴリ",
            "プロファイル",
            "profile",
            "業務時間",
        ],
        Column::Condition,
    ),
    (
        &[
            "vlan",
            "vlanid",
            "vlan番号",
            "vlan名",
            "拠点",
            "拠点名",
            "設置場所",
            "設置拠点",
            "ゲートウェイ",
            "デフォルトゲートウェイ",
            "gateway",
            "defaultgateway",
            "mac",
            "macアドレス",
            "macaddress",
            "os",
            "機種",
            "型番",
            "型式",
            "台数",
            "種類",
            "type",
            "タイムアウト",
            "timeout",
        ],
        Column::Detail,
    ),
    (
        &[
            "no",
            "項番",
            "番号",
            "優先度",
            "優先順位",
            "順序",
            "seq",
            "id",
            "ルール番号",
            "priority",
            "ルールid",
            "ポリシーid",
            "policyid",
            "ポリシー番号",
            "順番",
            "適用順",
            "ruleno",
            "policyno",
            "項目番号",
            "№",
        ],
        Column::Number,
    ),
    (
        &[
            "ルール名",
            "ポリシー名",
            "名称",
            "名前",
            "name",
            "rule",
            "rulename",
            "policyname",
            "オブジェクト名",
            "ホスト名",
            "objectname",
            "アドレス名",
            "定義名",
            "通信名",
            "通信名称",
            "グループ名",
            "機器名",
            "オブジェクト",
        ],
        Column::Name,
    ),
    (&["ゾーン", "zone", "ゾーン名", "zonename", "系統", "ゾーンid", "zoneid"], Column::ZoneName),
    (
        &[
            "ネットワーク",
            "network",
            "networks",
            "セグメント",
            "サブネット",
            "subnet",
            "ipアドレス",
            "アドレス",
            "address",
            "ip",
            "ipaddress",
            "ネットワークアドレス",
            "アドレス帯",
            "ipアドレス帯",
            "cidr",
            "ipアドレス範囲",
            "アドレス範囲",
            "開始アドレス",
            "開始ip",
            "開始ipアドレス",
            "先頭アドレス",
            "アドレス開始",
            "ipアドレス開始",
            "startaddress",
            "startip",
        ],
        Column::Network,
    ),
    (
        &[
            "サブネットマスク",
            "ネットマスク",
            "マスク",
            "マスク長",
            "プレフィックス長",
            "プレフィクス長",
            "プレフィックス",
            "プレフィクス",
            "subnetmask",
            "netmask",
            "mask",
            "masklength",
            "prefix",
            "prefixlength",
            "prefixlen",
        ],
        Column::Mask,
    ),
    (
        &[
            "終了アドレス",
            "終了ip",
            "終了ipアドレス",
            "終端アドレス",
            "最終アドレス",
            "アドレス終了",
            "ipアドレス終了",
            "endaddress",
            "endip",
        ],
        Column::Last,
    ),
    (&["開始ポート", "開始ポート番号", "ポート開始", "startport"], Column::FirstPort),
    (&["終了ポート", "終了ポート番号", "ポート終了", "endport"], Column::LastPort),
    (&["表示名", "label", "ラベル", "ゾーン名称"], Column::Label),
    (&["役割", "role", "roles", "ロール"], Column::Role),
    (&["機器", "device", "装置", "接続機器"], Column::Device),
    (
        &["インターフェース", "インターフェイス", "インタフェース", "interface", "ポート名", "if"],
        Column::Interface,
    ),
    (&["メンバー", "メンバ", "member", "members"], Column::Members),
];

fn plain(key: &str) -> Option<Column> {
    PLAIN.iter().find(|(words, _)| words.contains(&key)).map(|(_, column)| *column)
}
