//! Which row of a sheet names the columns, and what each column holds.

mod meaning;
mod remarks;

use super::grid::Row;
use super::words::{self, Ditto};
use meaning::{meaning, names_objects};

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
    /// Mask or prefix length of the address beside it.
    Mask,
    /// The last address of a range that begins beside it.
    Last,
    /// The first port of a range.
    FirstPort,
    /// The last port of a range that begins beside it.
    LastPort,
    /// What a thing in a list is besides its addresses: VLAN, place, gateway, kind. In a rule it may be a condition.
    Detail,
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
    // A group heading alone does not make a header: its lowest row has cells of its own. Most rows that are asked about are
    // lines of other formats, and end here.
    let own = lowest
        .cells
        .iter()
        .filter(|cell| !cell.text.is_empty() && words::ditto(&cell.text).is_none());
    if own.count() < 2 {
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
    let kind = kind(&columns)?;
    if matches!(kind, Kind::Rules | Kind::Flows) {
        for (column, name) in columns.iter_mut().zip(&names) {
            if *column == Column::Name && names_objects(name) {
                *column = Column::Device;
            }
        }
    }
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
            Column::Free
                | Column::Unknown
                | Column::Condition
                | Column::Translation
                | Column::Detail
                | Column::Number
        );
        if repeats && !seen.insert(*column) {
            let label = matches!(column, Column::Party(_) | Column::Name);
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
    let ports =
        has(Column::Protocol) || has(Column::Port(Side::Destination)) || has(Column::FirstPort);
    ((has(Column::Service) || has(Column::Name)) && ports && !has(Column::Network))
        .then_some(Kind::Services)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_of_remarks_are_whole_words() {
        for free in [
            "備考",
            "備考１",
            "備考（理由）",
            "ログ取得",
            "申請番号",
            "最終更新日",
            "担当課",
            "業務名",
            "利用目的",
            "ヒット数",
            "Hit Count",
            "Last Modified By",
            "IPS",
        ] {
            assert_eq!(meaning(free), Free, "{free}");
        }
        let rules = |heading: &str| {
            let found = header(&format!("送信元,宛先,サービス,動作,{heading}\na,b,c,d,e\n"));
            found.columns.last().copied().unwrap()
        };
        for other in [
            "送信元VLAN",
            "送信元拠点",
            "接続拠点",
            "VLAN",
            "Webカテゴリ",
            "業務時間",
            "ログインユーザー",
            "ログイン済",
            "Application Profile",
            "作成条件",
            "対象VLAN",
            "機器名",
        ] {
            let found = rules(other);
            assert!(matches!(found, Unknown | Condition | Detail | Device), "{other}: {found:?}");
        }
        assert_eq!(meaning("Source IPs"), Address(Side::Source));
    }
    use crate::sheet::grid;
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
