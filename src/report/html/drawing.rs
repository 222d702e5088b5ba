//! The network as a picture that stays readable with many VLANs: every device is a column, every segment a row, and a dot
//! stands where a device has an interface on a segment. No line crosses another one, whatever the size.

use std::cmp::Reverse;
use std::collections::{BTreeMap, VecDeque};

use maud::{Markup, html};

use super::piece::Writer;
use crate::net::Prefix;
use crate::snapshot::{DeviceId, OpaqueId, Segment, Snapshot, Zone, ZoneAddresses, ZoneId};
use crate::text;

/// Columns up to which the picture is drawn.
const COLUMNS: usize = 60;
/// Rows up to which it is drawn.
const ROWS: usize = 600;
/// Rows of one sheet; the names of the devices stand above each.
const SHEET: usize = 26;

const LEFT: usize = 340;
const TOP: usize = 58;
const COLUMN: usize = 96;
const ROW: usize = 26;

/// What a column is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Column {
    Device(DeviceId),
    /// A router without a configuration that joins several segments.
    Opaque(OpaqueId),
}

/// Segments that look the same: with the columns that they join, and the names of the interfaces there.
struct Row {
    zones: Vec<ZoneId>,
    networks: Vec<Prefix>,
    /// Routers without a configuration that are on this segment only.
    beside: Vec<OpaqueId>,
    dots: BTreeMap<usize, Vec<String>>,
}

pub(super) fn network(writer: &Writer<'_>) -> Markup {
    let snapshot = &writer.scan.loaded.snapshot;
    let columns = columns(snapshot);
    let rows = rows(snapshot, &columns);
    let (wide, high) = (columns.len(), rows.len());
    html! {
        @if wide == 0 { p { (writer.say(&text!("機器がありません。", "There is no device."))) } }
        @else if wide > COLUMNS || high > ROWS { p { (writer.say(&text!(
            "機器 {wide} 台・セグメント {high} 個のため、図は描きません。",
            "{wide} devices and {high} segments are too many to draw."
        ))) } }
        @else {
            p { (writer.say(&text!(
                "縦の線が機器、横の線がセグメント、点がそのインターフェースです。赤は外部のゾーン。破線の機器と「⇢」の先の機器は設定が手元になく、何でも通し得るものとして扱っています。",
                "A vertical line is a device, a horizontal one a segment, a dot an interface; red is outside. Of a dashed device, and of one behind ⇢, there is no configuration: it may let anything pass."
            ))) }
            @for part in rows.chunks(SHEET) { div.scroll { (drawing(writer, &columns, part)) } }
        }
        (zones(writer))
    }
}

/// Devices, and routers without a configuration that join segments; neighbours stand near one another, beginning outside.
fn columns(snapshot: &Snapshot) -> Vec<Column> {
    let joins = |id: &OpaqueId| snapshot.opaques[*id].segments.len() > 1;
    let devices = snapshot.devices.ids().map(Column::Device);
    let opaques = snapshot.opaques.ids().filter(joins).map(Column::Opaque);
    let all: Vec<Column> = devices.chain(opaques).collect();
    let on = |segment: &Segment| -> Vec<Column> {
        let devices = segment.ports.iter().map(|port| Column::Device(port.device));
        let opaques = segment.opaques.iter().copied().filter(joins).map(Column::Opaque);
        devices.chain(opaques).collect()
    };
    let outside =
        |segment: &&Segment| segment.zones.iter().any(|zone| snapshot.zones[*zone].external);
    let segments: Vec<&Segment> = snapshot.segments.iter().map(|(_, segment)| segment).collect();
    let starts = segments.iter().copied().filter(outside).flat_map(on);
    let mut order = Vec::new();
    for start in starts.chain(all) {
        let mut open = VecDeque::from([start]);
        while let Some(column) = open.pop_front() {
            if order.contains(&column) {
                continue;
            }
            order.push(column);
            for joined in segments.iter().map(|segment| on(segment)) {
                if joined.contains(&column) {
                    open.extend(joined);
                }
            }
        }
    }
    order
}

/// One row a segment; those of the same zones at the same single device share one. What joins nothing is left out.
fn rows(snapshot: &Snapshot, columns: &[Column]) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for (_, segment) in snapshot.segments.iter() {
        let row = row(snapshot, columns, segment);
        if row.dots.len() < 2 && row.zones.is_empty() && row.beside.is_empty() {
            continue;
        }
        let alike = |other: &&mut Row| {
            row.dots.len() == 1
                && row.beside.is_empty()
                && other.beside.is_empty()
                && !row.zones.is_empty()
                && other.zones == row.zones
                && other.dots.keys().eq(row.dots.keys())
        };
        match rows.iter_mut().find(alike) {
            Some(other) => {
                other.networks.extend(row.networks);
                for (column, names) in row.dots {
                    other.dots.entry(column).or_default().extend(names);
                }
            }
            None => rows.push(row),
        }
    }
    rows.sort_by_key(|row| {
        let columns: Vec<usize> = row.dots.keys().copied().collect();
        (columns.first().copied(), Reverse(columns.len()), columns)
    });
    rows
}

fn row(snapshot: &Snapshot, columns: &[Column], segment: &Segment) -> Row {
    let at = |column| columns.iter().position(|c| *c == column);
    let mut dots: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    for port in &segment.ports {
        let name = &snapshot.devices[port.device].interfaces[port.interface].name;
        if let Some(column) = at(Column::Device(port.device)) {
            dots.entry(column).or_default().push(name.clone());
        }
    }
    let mut beside = Vec::new();
    for opaque in &segment.opaques {
        match at(Column::Opaque(*opaque)) {
            Some(column) => drop(dots.entry(column).or_default()),
            None => beside.push(*opaque),
        }
    }
    let (zones, networks) = (segment.zones.clone(), segment.networks.clone());
    Row { zones, networks, beside, dots }
}

fn drawing(writer: &Writer<'_>, columns: &[Column], rows: &[Row]) -> Markup {
    let width = LEFT + COLUMN * columns.len() + 12;
    let height = TOP + ROW * rows.len() + 8;
    let title = writer.say(&text!("機器とセグメント", "Devices and segments"));
    html! {
        svg.network viewBox={ "0 0 " (width) " " (height) } width=(width) height=(height) role="img" aria-label=(title) {
            @for (index, column) in columns.iter().enumerate() { (device(writer, index, *column, height)) }
            @for (index, row) in rows.iter().enumerate() { (segment(writer, index, row)) }
        }
    }
}

fn column_x(index: usize) -> usize {
    LEFT + COLUMN * index + COLUMN / 2
}

fn device(writer: &Writer<'_>, index: usize, column: Column, height: usize) -> Markup {
    let snapshot = &writer.scan.loaded.snapshot;
    let (name, kind, class) = match column {
        Column::Device(id) => {
            let device = &snapshot.devices[id];
            (device.name.as_str(), device.format.to_owned(), "device")
        }
        Column::Opaque(id) => {
            let opaque = &snapshot.opaques[id];
            let word = if opaque.declared {
                text!("設定なし（宣言済み）", "declared, no config")
            } else {
                text!("設定なし（不明）", "unknown, no config")
            };
            (opaque.name.as_str(), writer.say(&word), "device opaque")
        }
    };
    let x = column_x(index);
    html! {
        g class=(class) {
            line x1=(x) y1=(TOP - 8) x2=(x) y2=(height - 8) {}
            rect x=(x - COLUMN / 2 + 4) y="6" width=(COLUMN - 8) height=(TOP - 16) rx="5" {}
            text x=(x) y="28" text-anchor="middle" { (fitted(name, COLUMN - 14)) title { (name) } }
            text.small x=(x) y="44" text-anchor="middle" { (fitted(&kind, (COLUMN - 14) * 6 / 5)) }
        }
    }
}

fn segment(writer: &Writer<'_>, index: usize, row: &Row) -> Markup {
    let snapshot = &writer.scan.loaded.snapshot;
    let y = TOP + ROW * index + ROW / 2;
    let first = row.dots.keys().next().map_or(LEFT, |column| column_x(*column));
    let last = row.dots.keys().last().map_or(LEFT, |column| column_x(*column));
    let label = label(writer, row);
    let external = row.zones.iter().any(|zone| snapshot.zones[*zone].external);
    // What is outside is written in bold, which takes more room.
    let room = if external { (LEFT - 24) * 7 / 8 } else { LEFT - 24 };
    html! {
        g class={ "segment" @if external { " external" } @if row.zones.is_empty() { " transit" } } {
            line.stub x1=(LEFT - 8) y1=(y) x2=(first) y2=(y) {}
            line x1=(first) y1=(y) x2=(last) y2=(y) {}
            text x=(LEFT - 14) y=(y + 4) text-anchor="end" { (fitted(&label, room)) title { (label) } }
            @for (column, names) in &row.dots {
                circle cx=(column_x(*column)) cy=(y) r="4.5" {}
                text.port x=(column_x(*column) + 8) y=(y - 4) { (fitted(&names.join(", "), COLUMN - 12)) title { (names.join(", ")) } }
            }
        }
    }
}

/// The zones of a row, its networks, and the routers without a configuration that are on it.
fn label(writer: &Writer<'_>, row: &Row) -> String {
    let snapshot = &writer.scan.loaded.snapshot;
    let mut parts = Vec::new();
    let zones: Vec<&str> = row.zones.iter().map(|zone| snapshot.zones[*zone].id.as_str()).collect();
    parts.push(zones.join(", "));
    let more = row.networks.len().saturating_sub(1);
    parts.extend(row.networks.first().map(ToString::to_string));
    if more > 0 {
        parts.push(writer.say(&text!("ほか{more}", "+{more}")));
    }
    for opaque in &row.beside {
        parts.push(format!("⇢ {}", snapshot.opaques[*opaque].name));
    }
    parts.retain(|part| !part.is_empty());
    parts.join("  ")
}

/// `text`, cut to about `width` units of the drawing: a letter takes 6.4, a Japanese character 12.
fn fitted(text: &str, width: usize) -> String {
    let mut room = width * 10;
    let mut out = String::new();
    for c in text.chars() {
        let takes = if c.is_ascii() { 64 } else { 120 };
        if takes > room {
            out.push('…');
            break;
        }
        room -= takes;
        out.push(c);
    }
    out
}

/// What each zone is: its networks, its roles, and the router without a configuration that it lies behind, if any.
fn zones(writer: &Writer<'_>) -> Markup {
    let snapshot = &writer.scan.loaded.snapshot;
    let networks = |zone: &Zone| match &zone.addresses {
        ZoneAddresses::Networks(networks) => {
            networks.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
        }
        ZoneAddresses::Rest => writer.say(&text!("ほかのすべて", "everything else")),
    };
    let behind = |id: ZoneId| {
        let routers = snapshot.opaques.iter().filter(move |(_, opaque)| opaque.zones.contains(&id));
        routers.map(|(_, opaque)| opaque.name.as_str()).collect::<Vec<_>>().join(", ")
    };
    html! {
        h3 { (writer.say(&text!("ゾーン一覧", "Zones"))) }
        div.scroll { table {
            thead { tr { @for head in zone_heads() { th scope="col" { (writer.say(&head)) } } } }
            tbody { @for (id, zone) in snapshot.zones.iter() { tr {
                td { code { (zone.id) } }
                td { (zone.label) @if zone.external { " " (writer.say(&text!("（外部）", "(external)"))) } }
                td { code { (networks(zone)) } } td { (zone.roles.join(", ")) } td { (behind(id)) }
            } } }
        } }
    }
}

fn zone_heads() -> [text::Text; 5] {
    [
        text!("ゾーン", "zone"),
        text!("名称", "name"),
        text!("アドレス", "addresses"),
        text!("役割", "roles"),
        text!("設定のない機器の先", "behind a router without a configuration"),
    ]
}
