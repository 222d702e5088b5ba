//! Blast radius as text or JSON: who falls, at which depth, by which packet, and which relays hold the rest.

use super::page::{Page, Tone};
use super::{Style, escape, mirror};
use crate::check::{self, Blast, Fallen};
use crate::scan::Loaded;
use crate::scan::blast::{Blasts, Entry};
use crate::text;
use crate::text::{Text, counted};
use serde::Serialize;

#[derive(Serialize)]
struct BlastsJson {
    starts: Vec<StartJson>,
}

#[derive(Serialize)]
struct StartJson {
    start: String,
    /// Whether it is there to be reached from outside; null when the caller named it.
    published: Option<bool>,
    zones: usize,
    /// Whether a limit of the analysis left open what falls.
    limited: bool,
    fallen: Vec<FallenJson>,
}

#[derive(Serialize)]
struct FallenJson {
    zone: String,
    relay: Option<String>,
    depth: usize,
    hosts: Vec<String>,
    from: String,
    packet: Option<mirror::FlowJson>,
    path: Vec<mirror::HopJson>,
    certain: bool,
}

/// What falls from each place, as text or as JSON.
#[must_use]
pub fn blast(loaded: &Loaded, blasts: &Blasts, json: bool, style: &Style) -> String {
    if json {
        return as_json(loaded, blasts);
    }
    let mut page = Page::new(style);
    if blasts.suggested {
        table(&mut page, blasts);
    } else {
        for entry in &blasts.entries {
            one(&mut page, loaded, &entry.blast, style);
        }
    }
    page.finish()
}

fn as_json(loaded: &Loaded, blasts: &Blasts) -> String {
    let fallen = |fallen: &Fallen| FallenJson {
        zone: fallen.zone.clone(),
        relay: fallen.relay.clone(),
        depth: fallen.depth,
        hosts: fallen.hosts.clone(),
        from: fallen.from.clone(),
        packet: fallen.packet.as_ref().map(mirror::flow),
        path: mirror::path(&loaded.sources, &fallen.path),
        certain: fallen.certain,
    };
    let start = |entry: &Entry| StartJson {
        start: entry.blast.start.clone(),
        published: entry.published,
        zones: zones(&entry.blast),
        limited: entry.blast.limited,
        fallen: entry.blast.fallen.iter().map(fallen).collect(),
    };
    let all = BlastsJson { starts: blasts.entries.iter().map(start).collect() };
    escape::json(&serde_json::to_string_pretty(&all).unwrap_or_default()) + "\n"
}

/// How many zones fall; relays are not gone through.
fn zones(blast: &Blast) -> usize {
    blast.fallen.iter().filter(|fallen| fallen.relay.is_none()).count()
}

/// The places worth asking about, with how far each reaches.
fn table(page: &mut Page<'_>, blasts: &Blasts) {
    page.heading(&text!(
        "侵害の影響範囲を確認すべき起点",
        "Places whose compromise is worth looking at"
    ));
    if blasts.entries.is_empty() {
        let none = text!(
            "役割 published（公開）を持つホスト・ゾーンも、中継もありません。ホストまたはゾーンを指定してください。",
            "No host or zone has the role `published`, and there is no relay; name a host or zone."
        );
        let none = page.say(&none).to_owned();
        page.text(2, &none);
    }
    for entry in &blasts.entries {
        let (start, count) = (&entry.blast.start, zones(&entry.blast));
        let relays = entry.blast.fallen.len() - count;
        let what = if entry.published == Some(false) {
            text!("中継", "relay")
        } else {
            text!("公開", "published")
        };
        let (ja, en) = (what.ja, what.en);
        if entry.blast.limited {
            let Text { ja: why_ja, en: why } = check::limit_reached().reason;
            let line = text!("{start}（{ja}）: {why_ja}", "{start} ({en}): {why}");
            let line = page.say(&line).to_owned();
            page.sentence("  - ", "    ", Tone::Doubt, &line);
            continue;
        }
        let (reached, held) = (counted(count, "zone"), counted(relays, "relay"));
        let line = text!(
            "{start}（{ja}）: 到達し得るゾーン {count}・止まる中継 {relays}",
            "{start} ({en}): reaches {reached}, stopped by {held}"
        );
        let line = page.say(&line).to_owned();
        page.sentence("  - ", "    ", Tone::Plain, &line);
    }
}

fn one(page: &mut Page<'_>, loaded: &Loaded, blast: &Blast, style: &Style) {
    let (start, count) = (&blast.start, zones(blast));
    let reached = counted(count, "zone");
    page.heading(&text!(
        "「{start}」が侵害された場合の影響範囲: {count} ゾーン",
        "If {start} is compromised: {reached}"
    ));
    if blast.limited {
        let reason = page.say(&check::limit_reached().reason).to_owned();
        page.sentence("", "  ", Tone::Doubt, &reason);
        return;
    }
    if blast.fallen.is_empty() {
        let none = text!("ほかに到達し得るゾーンはありません。", "Nothing else can be reached.");
        let none = page.say(&none).to_owned();
        page.text(2, &none);
    }
    for fallen in &blast.fallen {
        entry(page, loaded, fallen, style);
    }
    if blast.disagrees {
        let error = text!(
            "内部エラー: 2つの判定方式の結果が一致しません。この結果は使わないでください。",
            "internal error: the two judges disagree; do not use this result"
        );
        let error = page.say(&error).to_owned();
        page.sentence("", "  ", Tone::Bad, &error);
    }
}

fn entry(page: &mut Page<'_>, loaded: &Loaded, fallen: &Fallen, style: &Style) {
    let (zone, depth, from) = (&fallen.zone, fallen.depth, &fallen.from);
    let label = loaded.snapshot.zone(zone).map(|id| loaded.snapshot.zones[id].label.clone());
    let label = label.filter(|label| label != zone).map_or(String::new(), |l| format!("（{l}）"));
    let name = fallen.relay.as_ref().unwrap_or(zone);
    let doubt = if fallen.certain {
        Text::default()
    } else {
        text!("（確認不能）", " (undetermined)")
    };
    let held = if fallen.relay.is_some() {
        text!("  中継: ここで止まる", "  relay: chains end here")
    } else {
        Text::default()
    };
    let head = format!("{name}{label}");
    let (doubt, held) = (doubt.get(style.lang), held.get(style.lang));
    let step = text!("深さ {depth}", "depth {depth}");
    let step = format!("  {}  ", page.say(&step));
    let tone = if fallen.relay.is_some() { Tone::Doubt } else { Tone::Strong };
    page.row("", &[(Tone::Plain, &step), (tone, &head), (Tone::Plain, doubt), (Tone::Plain, held)]);
    if !fallen.hosts.is_empty() {
        let mut hosts = fallen.hosts.clone();
        hosts.dedup();
        page.labelled(10, &text!("ホスト", "hosts"), &hosts.join(", "));
    }
    let way = match &fallen.packet {
        Some(packet) => text!("{from} から {packet}", "from {from}: {packet}"),
        None => text!("{from} と同じセグメント", "on the segment of {from}"),
    };
    let way = page.say(&way).to_owned();
    page.text(10, &way);
    for hop in &fallen.path {
        for line in hop.lines.iter().filter_map(|line| Some((line, line.span?))) {
            let (line, span) = line;
            let place = loaded.sources.place(span);
            let text = format!("{} {}  {place}", hop.device, line.label);
            page.sentence("            ", "              ", Tone::Faint, &text);
        }
    }
}
