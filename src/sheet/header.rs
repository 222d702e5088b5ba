//! Which row of a sheet names the columns, and what each column holds.

use super::grid::Row;
use super::words::{self, Ditto};

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Column {
    /// Zones or interfaces of a side.
    Zone(Side),
    /// Addresses of a side; names of zones and objects, too.
    Address(Side),
    /// The name of the party of a side.
    Party(Side),
    /// Ports of a side.
    Port(Side),
    /// Protocol.
    Protocol,
    /// Service.
    Service,
    /// What the rule does.
    Action,
    /// Who opens connections to whom.
    Direction,
    /// Whether the rule is in force.
    Enabled,
    /// Whether it is not.
    Disabled,
    /// Address translation.
    Translation,
    /// When it applies.
    Schedule,
    /// A further condition: user, application, URL…
    Condition,
    /// The number, by which rules are ordered.
    Number,
    /// The name of a rule, a zone or an object.
    Name,
    /// A zone (tables of zones).
    ZoneName,
    /// Networks or addresses without a side.
    Network,
    /// The name of a zone for reports.
    Label,
    /// Roles of a zone.
    Role,
    /// A device.
    Device,
    /// An interface.
    Interface,
    /// Members of a group.
    Members,
    /// A second column of a kind that has one already.
    Again,
    /// Does not matter for forwarding.
    Free,
    /// Not known.
    Unknown,
}

/// Source or destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Side {
    /// Where connections start.
    Source,
    /// Where they end.
    Destination,
}

/// What a sheet is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Rules with an action: what a firewall does.
    Rules,
    /// Flows without an action: what is wanted.
    Flows,
    /// Names and their addresses.
    Objects,
    /// Names and their ports.
    Services,
    /// Zones and their networks.
    Zones,
}

/// The header of a sheet.
#[derive(Clone, Debug)]
pub struct Header {
    /// What the sheet is about.
    pub kind: Kind,
    /// Position of its first row among the rows.
    pub first: usize,
    /// Position of the first row below it.
    pub body: usize,
    /// What each column holds, left to right.
    pub columns: Vec<Column>,
    /// How each column is called.
    pub names: Vec<String>,
}

/// A header stands among the first rows.
const SEARCHED: usize = 40;
/// Group headings and the like: a header has at most so many rows.
const DEPTH: usize = 3;

/// Finds the header; `None` when no row names columns of a known sheet.
#[must_use]
pub fn find(rows: &[Row]) -> Option<Header> {
    let mut best: Option<(usize, Header)> = None;
    // The first one counts: rows above a later one would be lost.
    let mut end = rows.len().min(SEARCHED);
    for last in 0..rows.len().min(SEARCHED) {
        if last >= end {
            break;
        }
        for depth in 1..=DEPTH.min(last + 1) {
            let Some(part) = rows.get(last + 1 - depth..=last) else { continue };
            let Some((score, kind, columns, names)) = read(part) else { continue };
            end = end.min(last + DEPTH);
            if best.as_ref().is_none_or(|(known, _)| score > *known) {
                let (first, body) = (last + 1 - depth, last + 1);
                best = Some((score, Header { kind, first, body, columns, names }));
            }
        }
    }
    best.map(|(_, header)| header)
}

/// Score, kind and columns of some rows taken as a header.
fn read(rows: &[Row]) -> Option<(usize, Kind, Vec<Column>, Vec<String>)> {
    let (lowest, upper) = rows.split_last()?;
    if rows.iter().any(|row| row.broken || row.is_blank()) {
        return None;
    }
    let width = rows.iter().map(|row| row.cells.len()).max().unwrap_or(0);
    let groups: Vec<Vec<String>> = upper.iter().map(|row| filled(row, width)).collect();
    let (mut columns, mut names) = (Vec::new(), Vec::new());
    for at in 0..width {
        let own = lowest.text(at);
        let own = if words::ditto(own).is_some() { "" } else { own };
        let above: Vec<&str> =
            groups.iter().filter_map(|group| group.get(at)).map(String::as_str).collect();
        let alone: Vec<&str> = upper.iter().map(|row| row.text(at)).collect();
        let (column, name) = column(own, &above, &alone);
        columns.push(column);
        names.push(name);
    }
    // A group heading alone does not make a header: its lowest row has cells of its own.
    let own = lowest
        .cells
        .iter()
        .filter(|cell| !cell.text.is_empty() && words::ditto(&cell.text).is_none());
    if own.count() < 2 {
        return None;
    }
    let kind = kind(&columns)?;
    settle(&mut columns);
    let known = columns.iter().filter(|c| !matches!(c, Column::Unknown | Column::Free)).count();
    let free = columns.iter().filter(|c| **c == Column::Free).count();
    Some((known * 4 + free * 2, kind, columns, names))
}

/// A row of group headings: a blank cell belongs to the group on its left.
fn filled(row: &Row, width: usize) -> Vec<String> {
    let mut group = String::new();
    (0..width)
        .map(|at| {
            let text = row.text(at);
            if !text.is_empty() && words::ditto(text) != Some(Ditto::Left) {
                group = if words::ditto(text).is_some() { String::new() } else { text.to_owned() };
            }
            group.clone()
        })
        .collect()
}

/// The column under some group headings: what both say together, else what one says alone.
fn column(own: &str, above: &[&str], alone: &[&str]) -> (Column, String) {
    let joined: String = above.iter().copied().chain([own]).collect();
    let direct =
        alone.iter().rev().copied().find(|text| !text.is_empty() && words::ditto(text).is_none());
    let candidates = if own.is_empty() {
        vec![direct.unwrap_or("").to_owned()]
    } else {
        vec![joined, own.to_owned()]
    };
    for text in &candidates {
        let found = meaning(text);
        if found != Column::Unknown {
            return (found, text.clone());
        }
    }
    let name = candidates.into_iter().next_back().unwrap_or_default();
    (Column::Unknown, name)
}

/// Of two address columns of a side the left one names zones. Any other second column of a kind adds something that is not
/// understood.
fn settle(columns: &mut [Column]) {
    for side in [Side::Source, Side::Destination] {
        let address = |column: &&mut Column| **column == Column::Address(side);
        let count = columns.iter().filter(|column| **column == Column::Address(side)).count();
        if count > 1
            && !columns.contains(&Column::Zone(side))
            && let Some(first) = columns.iter_mut().find(address)
        {
            *first = Column::Zone(side);
        }
    }
    let mut seen = std::collections::BTreeSet::new();
    for column in columns {
        let repeats = !matches!(
            column,
            Column::Free | Column::Unknown | Column::Condition | Column::Translation
        );
        if repeats && !seen.insert(*column) {
            let label = matches!(column, Column::Party(_) | Column::Name | Column::Number);
            *column = if label { Column::Free } else { Column::Again };
        }
    }
}

/// Whether some row names columns of a rule table without being a header that is understood.
#[must_use]
pub fn resembles(rows: &[Row]) -> bool {
    rows.iter().take(SEARCHED).any(|row| {
        let columns: Vec<Column> = row.cells.iter().map(|cell| meaning(&cell.text)).collect();
        let side = |side| {
            columns.iter().any(|column| {
                [Column::Zone(side), Column::Address(side), Column::Party(side)].contains(column)
            })
        };
        let acts = columns.contains(&Column::Action);
        side(Side::Source) && side(Side::Destination)
            || acts && (side(Side::Source) || side(Side::Destination))
    })
}

fn kind(columns: &[Column]) -> Option<Kind> {
    let has = |column: Column| columns.contains(&column);
    let party =
        |side| has(Column::Zone(side)) || has(Column::Address(side)) || has(Column::Party(side));
    let service =
        has(Column::Service) || has(Column::Protocol) || has(Column::Port(Side::Destination));
    if party(Side::Source) && party(Side::Destination) {
        return if has(Column::Action) {
            Some(Kind::Rules)
        } else {
            service.then_some(Kind::Flows)
        };
    }
    if party(Side::Source) || party(Side::Destination) {
        return None;
    }
    if has(Column::ZoneName) && has(Column::Network) {
        return Some(Kind::Zones);
    }
    if has(Column::Name) && has(Column::Network) {
        return Some(Kind::Objects);
    }
    let ports = has(Column::Protocol) || has(Column::Port(Side::Destination));
    ((has(Column::Service) || has(Column::Name)) && ports && !has(Column::Network))
        .then_some(Kind::Services)
}

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
fn meaning(text: &str) -> Column {
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

/// Headings without a side.
fn plain(key: &str) -> Option<Column> {
    Some(match key {
        "プロトコル" | "protocol" | "proto" | "ipプロトコル" | "プロトコル種別" => {
            Column::Protocol
        }
        "ポート" | "ポート番号" | "port" | "ports" | "portno" | "dport" => {
            Column::Port(Side::Destination)
        }
        "sport" => Column::Port(Side::Source),
        "サービス"
        | "service"
        | "services"
        | "サービス名"
        | "サービス名称"
        | "プロトコルポート"
        | "プロトコルポート番号"
        | "servicename"
        | "通信サービス"
        | "利用サービス" => Column::Service,
        "アクション"
        | "動作"
        | "処理"
        | "許可拒否"
        | "可否"
        | "通信可否"
        | "action"
        | "許可"
        | "制御"
        | "判定"
        | "許否"
        | "許可可否"
        | "verdict"
        | "アクセス制御"
        | "ルール動作"
        | "ポリシーアクション" => Column::Action,
        "方向" | "通信方向" | "direction" | "→" | "⇔" | "->" | "<->" | "↔" => {
            Column::Direction
        }
        "有効無効" | "状態" | "ステータス" | "有効" | "status" | "state" | "enable" | "enabled"
        | "設定状態" | "適用" => Column::Enabled,
        "無効" | "disable" | "disabled" => Column::Disabled,
        "nat"
        | "アドレス変換"
        | "nat変換"
        | "変換"
        | "変換後アドレス"
        | "natip"
        | "ippool"
        | "snat"
        | "dnat" => Column::Translation,
        "スケジュール" | "期間" | "有効期間" | "時間帯" | "schedule" | "期限" | "有効期限"
        | "適用期間" | "利用期間" | "曜日" | "時間" => Column::Schedule,
        "ユーザ"
        | "ユーザー"
        | "user"
        | "users"
        | "グループ"
        | "アプリケーション"
        | "application"
        | "app"
        | "appid"
        | "url"
        | "urlカテゴリ"
        | "除外"
        | "除外アドレス"
        | "例外"
        | "条件"
        | "制限" => Column::Condition,
        "no" | "項番" | "番号" | "優先度" | "優先順位" | "順序" | "seq" | "id" | "ルール番号"
        | "priority" | "ルールid" | "ポリシーid" | "policyid" | "ポリシー番号" | "順番"
        | "適用順" | "ruleno" | "policyno" | "項目番号" | "№" => Column::Number,
        "ルール名"
        | "ポリシー名"
        | "名称"
        | "名前"
        | "name"
        | "rule"
        | "rulename"
        | "policyname"
        | "オブジェクト名"
        | "ホスト名"
        | "objectname"
        | "アドレス名"
        | "定義名"
        | "通信名"
        | "通信名称"
        | "グループ名"
        | "機器名"
        | "オブジェクト" => Column::Name,
        "ゾーン" | "zone" | "ゾーン名" | "zonename" | "系統" | "ゾーンid" | "zoneid" => {
            Column::ZoneName
        }
        "ネットワーク"
        | "network"
        | "networks"
        | "セグメント"
        | "サブネット"
        | "subnet"
        | "ipアドレス"
        | "アドレス"
        | "address"
        | "ip"
        | "ipaddress"
        | "ネットワークアドレス"
        | "アドレス帯"
        | "ipアドレス帯"
        | "cidr"
        | "ipアドレス範囲"
        | "アドレス範囲" => Column::Network,
        "表示名" | "label" | "ラベル" | "ゾーン名称" => Column::Label,
        "役割" | "role" | "roles" | "ロール" => Column::Role,
        "機器" | "device" | "装置" | "接続機器" => Column::Device,
        "インターフェース"
        | "インターフェイス"
        | "インタフェース"
        | "interface"
        | "ポート名"
        | "if" => Column::Interface,
        "メンバー" | "メンバ" | "member" | "members" => Column::Members,
        _ => return None,
    })
}

/// Headings of text that people write for one another.
fn is_free(key: &str) -> bool {
    const WORDS: &[&str] = &[
        "備考",
        "コメント",
        "説明",
        "摘要",
        "目的",
        "用途",
        "理由",
        "申請",
        "登録",
        "更新",
        "作成",
        "変更日",
        "変更履歴",
        "担当",
        "所管",
        "承認",
        "ログ",
        "根拠",
        "部署",
        "課名",
        "業務",
        "カテゴリ",
        "分類",
        "プロファイル",
        "ウイルス",
        "ヒット",
        "管理番号",
        "チケット",
        "重要度",
        "確認",
        "レビュー",
        "改版",
        "注記",
        "メモ",
        "通信内容",
        "概要",
        "経緯",
        "comment",
        "description",
        "remark",
        "note",
        "owner",
        "ticket",
        "purpose",
        "reason",
        "uuid",
        "hitcount",
        "bytes",
        "profile",
        "created",
        "updated",
        "modified",
        "ips",
        "utm",
        "antivirus",
        "logging",
        "vlan",
        "ゲートウェイ",
        "gateway",
        "設置場所",
        "拠点",
    ];
    key == "log"
        || key == "av"
        || key == "種別"
        || key == "hit"
        || key == "count"
        || WORDS.iter().any(|word| key.contains(word))
}

#[cfg(test)]
mod tests {
    use super::super::grid;
    use super::*;
    use Column::*;

    fn header(text: &str) -> Header {
        find(&grid::rows(text, 60)).unwrap()
    }

    #[test]
    fn one_row() {
        let found = header(
            "ポリシー一覧,,\nNo.,送信元IPアドレス,宛先ＩＰアドレス,プロトコル,宛先ポート,アクション,備考\n1,a,b,tcp,1,許可,x\n",
        );
        assert_eq!((found.kind, found.first, found.body), (Kind::Rules, 1, 2));
        let (s, d) = (Side::Source, Side::Destination);
        assert_eq!(
            found.columns,
            [Number, Address(s), Address(d), Protocol, Port(d), Action, Free]
        );
    }

    #[test]
    fn group_headings() {
        for text in [
            "No,送信元,,,宛先,,,動作\n,ゾーン,IPアドレス,ポート,ゾーン,IPアドレス,ポート,\n",
            "No,送信元,同左,同左,宛先,同左,同左,動作\n〃,ゾーン,IPアドレス,ポート,ゾーン,IPアドレス,ポート,〃\n",
        ] {
            let found = header(text);
            let (s, d) = (Side::Source, Side::Destination);
            let sides = [Zone(s), Address(s), Port(s), Zone(d), Address(d), Port(d)];
            assert_eq!(found.columns.get(1..7), Some(&sides[..]), "{text}");
            assert_eq!(
                (found.columns.first(), found.columns.get(7)),
                (Some(&Number), Some(&Action))
            );
            assert_eq!(found.body, 2);
        }
    }

    #[test]
    fn other_sheets() {
        assert_eq!(header("名称,IPアドレス\nx,10.0.0.1\n").kind, Kind::Objects);
        assert_eq!(header("サービス名,プロトコル,ポート\nx,tcp,1\n").kind, Kind::Services);
        assert_eq!(header("ゾーン,ネットワーク,役割\nx,10.0.0.0/8,y\n").kind, Kind::Zones);
        assert_eq!(header("src,dst,service\nx,y,z\n").kind, Kind::Flows);
        assert!(find(&grid::rows("hostname x\ninterface y, z\n", 9)).is_none());
        assert!(find(&grid::rows("date,total,name\n1,2,3\n", 9)).is_none());
    }
}
