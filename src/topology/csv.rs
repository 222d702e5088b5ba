//! `zones.csv` (ゾーン一覧): a table of zones and networks in place of a topology file.

use super::{Attach, Endpoint, Topology, ZoneDecl};
use crate::net::Prefix;
use crate::sheet::address::{AddressWord, addresses};
use crate::sheet::grid::{Cell, Row};
use crate::sheet::header::Column;
use crate::sheet::words::{self, Ditto};
use crate::sheet::{self, Kind, Sheet};
use crate::source::{File, FileId, Problem, Span, Spanned};
use crate::text;

/// Reads a table of zones. The device list of the topology is empty.
///
/// # Errors
/// Every [`Problem`]: no header, a zone without a usable name, a cell that is no network.
pub fn read_csv(file: FileId, source: &File) -> Result<Topology, Vec<Problem>> {
    let sheet = sheet::open(file, source).filter(|sheet| sheet.header.kind == Kind::Zones);
    let Some(sheet) = sheet else {
        let message = text!(
            "ゾーンの一覧として読めません（見出しの行が見つかりません）。",
            "this is no list of zones: no row names its columns"
        );
        let help = text!(
            "1行目に「ゾーン,ネットワーク」という見出しを書いてください（任意で 名称、役割、機器、インターフェース）。",
            "write a header `zone,network` (and `label`, `role`, `device`, `interface` as wanted)"
        );
        return Err(vec![Problem::new(Span { file, start: 0, end: 0 }, message).help(help)]);
    };
    let mut reader =
        Reader { sheet: &sheet, topology: Topology::default(), problems: Vec::new(), zone: None };
    for row in sheet.body().filter(|row| !row.is_blank()) {
        reader.row(row);
    }
    reader.finish()
}

struct Reader<'a> {
    sheet: &'a Sheet,
    topology: Topology,
    problems: Vec<Problem>,
    /// The zone of the row above.
    zone: Option<Cell>,
}

impl Reader<'_> {
    fn cell<'r>(&self, row: &'r Row, column: Column) -> Option<&'r Cell> {
        row.cells.get(self.sheet.column(column)?).filter(|cell| !cell.text.is_empty())
    }

    fn problem(&mut self, span: Span, message: text::Text, help: text::Text) {
        self.problems.push(Problem::new(span, message).help(help));
    }

    fn row(&mut self, row: &Row) {
        let first = row.cells.iter().find(|cell| !cell.text.is_empty());
        let note = first.is_some_and(|cell| cell.text.starts_with(['※', '#']));
        if note && !row.broken {
            return;
        }
        let Some(at) = self.zone_at(row) else { return };
        let networks = self.cell(row, Column::Network).cloned();
        let (prefixes, everything) = match &networks {
            Some(cell) => self.networks(cell),
            None => (Vec::new(), false),
        };
        let roles: Vec<String> = self
            .cell(row, Column::Role)
            .map(|cell| words::parts(&cell.text).map(str::to_owned).collect())
            .unwrap_or_default();
        let label = self
            .cell(row, Column::Label)
            .or_else(|| self.cell(row, Column::Name))
            .map(|cell| cell.text.clone());
        self.attach(row, at);
        let Some(zone) = self.topology.zones.get_mut(at) else { return };
        zone.networks.extend(prefixes);
        zone.roles.extend(roles);
        zone.label = zone.label.take().or(label);
        let outside = is_internet(&zone.id.value)
            || zone.label.as_deref().is_some_and(is_internet)
            || everything;
        zone.external |= outside && (networks.is_none() || everything);
    }

    /// The position of the row's zone.
    fn zone_at(&mut self, row: &Row) -> Option<usize> {
        let span = row.span(self.sheet.file);
        let own = self.cell(row, Column::ZoneName).cloned();
        let above = own.as_ref().is_some_and(|cell| words::ditto(&cell.text) == Some(Ditto::Above));
        let cell = if above { self.zone.clone() } else { own };
        let Some(cell) = cell.filter(|_| !row.broken) else {
            let (message, help) = if row.broken {
                (
                    text!(
                        "引用符の閉じ忘れがあり、行の終わりが分かりません。",
                        "a quotation mark does not close"
                    ),
                    text!("引用符を直してください。", "mend the quotation marks"),
                )
            } else {
                (
                    text!("ゾーン名がありません。", "the row names no zone"),
                    text!(
                        "ゾーン名か、上の行と同じことを示す「〃」を書いてください。",
                        "write the zone, or `〃` for `as above`"
                    ),
                )
            };
            self.problem(span, message, help);
            return None;
        };
        let name = words::plain(&cell.text);
        let place = cell.span(self.sheet.file);
        let bad = |c: char| c.is_whitespace() || c.is_control() || "./:*,".contains(c);
        if name.contains(bad) {
            let message = text!(
                "ゾーン名「{name}」には使えない文字があります（空白 . / : * , は使えません）。",
                "the zone name `{name}` has a character that is not allowed (blank . / : * ,)"
            );
            let help = text!(
                "短いゾーン名を付け、元の名前は「名称」の列に書いてください。",
                "give it a short name, and write the long one in a column `label`"
            );
            self.problem(place, message, help);
            return None;
        }
        self.zone = Some(cell);
        let zones = &mut self.topology.zones;
        if let Some(at) =
            zones.iter().position(|zone| words::key(&zone.id.value) == words::key(&name))
        {
            return Some(at);
        }
        zones.push(ZoneDecl {
            id: Spanned { value: name, span: place },
            label: None,
            networks: Vec::new(),
            external: false,
            roles: Vec::new(),
        });
        Some(zones.len() - 1)
    }

    /// The networks of a cell, and whether it says "everything else".
    fn networks(&mut self, cell: &Cell) -> (Vec<Spanned<Prefix>>, bool) {
        let span = cell.span(self.sheet.file);
        let found = addresses(&cell.text);
        let (mut out, mut everything) = (Vec::new(), false);
        let mut unread = found.doubt.clone();
        for word in found.words {
            match word {
                AddressWord::Any => everything = true,
                AddressWord::Range(range) => {
                    out.extend(range.prefixes().into_iter().map(|value| Spanned { value, span }));
                }
                AddressWord::Name(_) | AddressWord::Domain(_) => {
                    unread.get_or_insert_with(|| {
                        text!("10.0.1.0/24 のように書く", "write it like 10.0.1.0/24")
                    });
                }
            }
        }
        if let Some(choices) = unread {
            let (word, ja, en) = (&cell.text, &choices.ja, &choices.en);
            let message =
                text!("「{word}」はネットワークとして読めません。", "`{word}` is not a network");
            let help = text!("次のどれかに直してください: {ja}", "write one of: {en}");
            self.problem(span, message, help);
            return (Vec::new(), false);
        }
        (out, everything)
    }

    fn attach(&mut self, row: &Row, at: usize) {
        let device = self.cell(row, Column::Device).cloned();
        let interface = self.cell(row, Column::Interface).cloned();
        match (device, interface) {
            (Some(device), Some(interface)) => {
                let Some(zone) = self.topology.zones.get(at).map(|zone| zone.id.clone()) else {
                    return;
                };
                let span = device.span(self.sheet.file).to(interface.span(self.sheet.file));
                let (device, interface) = (device.text, interface.text);
                self.topology
                    .attach
                    .push(Attach { zone, at: Endpoint { device, interface, span } });
            }
            (None, None) => {}
            _ => {
                let message = text!(
                    "機器とインターフェースは両方書いてください。",
                    "name both the device and the interface"
                );
                let help = text!(
                    "両方を書くか、両方を空欄にしてください。",
                    "fill in both, or leave both blank"
                );
                self.problem(row.span(self.sheet.file), message, help);
            }
        }
    }

    fn finish(mut self) -> Result<Topology, Vec<Problem>> {
        let start = Span { file: self.sheet.file, start: 0, end: 0 };
        if self.topology.zones.is_empty() && self.problems.is_empty() {
            let message = text!("ゾーンが1つもありません。", "there is no zone");
            let help = text!(
                "見出しの下に、ゾーンごとに1行を書いてください。",
                "write a row for each zone below the header"
            );
            self.problem(start, message, help);
        }
        let empty: Vec<Spanned<String>> = self
            .topology
            .zones
            .iter()
            .filter(|zone| zone.networks.is_empty() && !zone.external)
            .map(|zone| zone.id.clone())
            .collect();
        if self.problems.is_empty() {
            for id in empty {
                let name = &id.value;
                let message = text!(
                    "ゾーン「{name}」にネットワークがありません。",
                    "zone `{name}` has no network"
                );
                let help = text!(
                    "ネットワークを書いてください。インターネットのように残りのすべてを指すときは「その他すべて」と書きます。",
                    "write its networks; for a zone that is all the rest, like the Internet, write `any`"
                );
                self.problem(id.span, message, help);
            }
        }
        if self.problems.is_empty() { Ok(self.topology) } else { Err(self.problems) }
    }
}

fn is_internet(name: &str) -> bool {
    matches!(
        words::key(name).as_str(),
        "internet"
            | "インターネット"
            | "wan"
            | "外部"
            | "the internet"
            | "inet"
            | "external"
            | "untrust"
            | "外部ネットワーク"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Sources;

    fn read(text: &str) -> Result<Topology, Vec<Problem>> {
        let mut sources = Sources::default();
        let id = sources.add("zones.csv", text.as_bytes()).unwrap();
        read_csv(id, sources.file(id))
    }

    #[test]
    fn zones_with_networks_roles_and_the_rest_of_the_world() {
        let topology = read(
            "ゾーン,ネットワーク,名称,役割\nmynumber,10.10.0.0/16、10.11.0.0/16,マイナンバー利用事務系,mynumber\n〃,10.12.0.0-10.12.1.255,,\nインターネット,,,\n",
        )
        .unwrap();
        let [inside, outside] = topology.zones.as_slice() else { panic!("{topology:?}") };
        let networks: Vec<String> = inside.networks.iter().map(|n| n.value.to_string()).collect();
        assert_eq!(networks, ["10.10.0.0/16", "10.11.0.0/16", "10.12.0.0/23"]);
        assert_eq!(inside.label.as_deref(), Some("マイナンバー利用事務系"));
        assert!(outside.external && outside.networks.is_empty() && !inside.external);
    }

    #[test]
    fn slips_are_told_with_a_way_out() {
        for text in [
            "zone,network\na,10.0.1.5/24\n",
            "zone,network\na,\n",
            "zone,network\n,10.0.0.0/8\n",
            "zone,network\na b,10.0.0.0/8\n",
            "zone,network,device,interface\na,10.0.0.0/8,fw1,\n",
            "x,y\n1,2\n",
        ] {
            let problems = read(text).unwrap_err();
            assert!(problems.iter().all(|problem| problem.help.is_some()), "{text}: {problems:?}");
        }
    }
}
