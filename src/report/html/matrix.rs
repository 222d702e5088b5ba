//! The picture of who reaches whom, and one entry a pair of zones.

use std::collections::{BTreeMap, BTreeSet};

use maud::{Markup, html};

use super::chapter::numbered;
use super::piece::{Writer, class, mark};
use crate::finding::{Finding, FlowList, Kind, Verdict};
use crate::net::Family;
use crate::report::passage::{Passage, passage};
use crate::scan::{self, Matrix, MatrixPair};
use crate::text;

/// Zones up to which the picture is drawn.
const ZONES: usize = 100;
/// Zones up to which cells hold words beside their marks.
const WORDS: usize = 12;

/// The findings about a pair: their numbers, and the worst verdict.
#[derive(Default)]
struct About {
    numbers: Vec<usize>,
    /// Of those that do not hold.
    verdict: Option<Verdict>,
    /// Whether a chain of hosts leads there, packet or no packet.
    chained: bool,
}

type Pairs = BTreeMap<(String, String, Family), About>;

/// What the two chapters about pairs of zones are written from.
pub(super) struct Reached {
    /// `None` when there are too many zones to draw.
    matrix: Option<Matrix>,
    about: Pairs,
}

impl Reached {
    pub(super) fn of(writer: &Writer<'_>) -> Reached {
        let zones = writer.scan.loaded.snapshot.zones.iter().count();
        let matrix = (zones <= ZONES).then(|| scan::matrix(&writer.scan.loaded));
        Reached { matrix, about: about(writer) }
    }

    fn found(&self, pair: &MatrixPair) -> Option<&About> {
        self.about.get(&(pair.from.clone(), pair.to.clone(), pair.family))
    }

    /// Whether nothing travels between the pair and nothing is said about it.
    fn is_quiet(&self, pair: &MatrixPair) -> bool {
        word(pair) == Passage::None && self.found(pair).is_none()
    }
}

/// The picture.
pub(super) fn picture(writer: &Writer<'_>, reached: &Reached) -> Markup {
    let Some(matrix) = &reached.matrix else {
        let zones = writer.scan.loaded.snapshot.zones.iter().count();
        return html! { p { (writer.say(&text!(
            "ゾーンが {zones} 個あるため、行列は描きません。全組の一覧は sekisho matrix --format csv で出力できます。",
            "There are {zones} zones, too many to draw; `sekisho matrix --format csv` lists every pair."
        ))) } };
    };
    html! {
        p { (writer.say(&text!(
            "行のゾーンから列のゾーンへ、接続を開始するパケットが通るかどうか。セルを選ぶと、通る範囲と指摘が分かります（方向キーでも移動できます）。",
            "Whether packets that open a connection travel from the zone of the row to that of the column. A cell leads to what passes and to the findings (the arrow keys move, too)."
        ))) }
        (marks(writer))
        @for family in Family::ALL { (one_family(writer, family, &of_family(matrix, family), reached)) }
    }
}

/// What passes between each pair between which something does, or about which something is said.
pub(super) fn pairs(writer: &Writer<'_>, reached: &Reached) -> Markup {
    let all = reached.matrix.iter().flat_map(|matrix| &matrix.pairs);
    let told: Vec<&MatrixPair> = all.filter(|pair| !reached.is_quiet(pair)).collect();
    let heads = [
        text!("組", "pair"),
        text!(
            "通る範囲（送信元 → 宛先  サービス）",
            "what travels (source → destination  service)"
        ),
        text!("指摘", "findings"),
    ];
    html! {
        @if told.is_empty() { p { (writer.say(&text!("通るものはありません。", "Nothing passes."))) } }
        @else { div.scroll { table.pairs {
            thead { tr { @for head in heads { th scope="col" { (writer.say(&head)) } } } }
            tbody { @for pair in told { (entry(writer, pair, reached.found(pair))) } }
        } } }
    }
}

fn of_family(matrix: &Matrix, family: Family) -> Vec<&MatrixPair> {
    matrix.pairs.iter().filter(|pair| pair.family == family).collect()
}

/// The zone of a place: `dmz.web1` is in `dmz`.
fn zone_of<'p>(writer: &Writer<'_>, place: &'p str) -> &'p str {
    let snapshot = &writer.scan.loaded.snapshot;
    match place.split_once('.') {
        Some((zone, _)) if snapshot.zone(place).is_none() => zone,
        _ => place,
    }
}

fn about(writer: &Writer<'_>) -> Pairs {
    let mut all = Pairs::new();
    for (number, finding) in numbered(writer) {
        for (from, to) in ends(finding) {
            let (from, to) = (zone_of(writer, from), zone_of(writer, to));
            let families = finding.family.map_or(Family::ALL.to_vec(), |family| vec![family]);
            for family in families {
                let about = all.entry((from.to_owned(), to.to_owned(), family)).or_default();
                if about.numbers.last() != Some(&number) {
                    about.numbers.push(number);
                }
                if finding.verdict != Verdict::Holds {
                    about.verdict = about.verdict.max(Some(finding.verdict));
                    about.chained |= finding.kind == Kind::SteppingStone;
                }
            }
        }
    }
    all
}

fn ends(finding: &Finding) -> impl Iterator<Item = (&str, &str)> {
    let own = finding.from.as_deref().zip(finding.to.as_deref());
    own.into_iter().chain(finding.also.iter().map(|(from, to)| (from.as_str(), to.as_str())))
}

fn word(pair: &MatrixPair) -> Passage {
    passage(&pair.must, &pair.may, pair.everything)
}

/// One character for a cell of a large matrix.
fn sign(passage: Passage) -> &'static str {
    match passage {
        Passage::All => "■",
        Passage::Some => "◧",
        Passage::SomePerhapsMore => "◩",
        Passage::Unknown => "□",
        Passage::None => "·",
    }
}

/// What the marks mean.
fn marks(writer: &Writer<'_>) -> Markup {
    let all =
        [Passage::All, Passage::Some, Passage::SomePerhapsMore, Passage::Unknown, Passage::None];
    html! {
        p.marks {
            @for verdict in [Verdict::Violated, Verdict::Undetermined] {
                span class={ "cell " (class(verdict)) } { (mark(verdict)) } " " (writer.say(&verdict.word())) "　"
            }
            span.cell { "⇝" } " " (writer.say(&text!("踏み台経由", "via hosts"))) "　"
            @for passage in all { span.cell { (sign(passage)) } " " (writer.say(&passage.word())) "　" }
        }
    }
}

fn one_family(
    writer: &Writer<'_>,
    family: Family,
    pairs: &[&MatrixPair],
    reached: &Reached,
) -> Markup {
    let name = family.name();
    let count = pairs.len();
    let quiet = if count == 0 {
        text!("アドレスを持つゾーンの組がありません。", "No pair of zones has addresses.")
    } else {
        text!(
            "{count} 組のすべてで、通るものはありません。",
            "Nothing passes in any of {count} pairs."
        )
    };
    html! {
        h3 { (name) }
        @if pairs.iter().all(|pair| reached.is_quiet(pair)) { p { (writer.say(&quiet)) } }
        @else { (table(writer, pairs, reached)) }
    }
}

fn anchor(pair: &MatrixPair) -> String {
    format!("p-{}-{}-{}", pair.family.id(), pair.from, pair.to)
}

fn table(writer: &Writer<'_>, pairs: &[&MatrixPair], reached: &Reached) -> Markup {
    let snapshot = &writer.scan.loaded.snapshot;
    let named: BTreeSet<&str> =
        pairs.iter().flat_map(|pair| [pair.from.as_str(), pair.to.as_str()]).collect();
    let zones: Vec<(&str, &str)> = snapshot
        .zones
        .iter()
        .map(|(_, zone)| (zone.id.as_str(), zone.label.as_str()))
        .filter(|(id, _)| named.contains(id))
        .collect();
    let by_ends: BTreeMap<(&str, &str), &MatrixPair> =
        pairs.iter().map(|pair| ((pair.from.as_str(), pair.to.as_str()), *pair)).collect();
    let words = zones.len() <= WORDS;
    html! {
        div.scroll { table class={ "matrix" @if !words { " compact" } } {
            thead { tr {
                th.corner scope="col" { (writer.say(&text!("から＼へ", "from \\ to"))) }
                @for (id, label) in &zones { th scope="col" title=(label) { span { (id) } } }
            } }
            tbody { @for (from, label) in &zones { tr {
                th scope="row" title=(label) { (from) @if words { br; small { (label) } } }
                @for (to, _) in &zones {
                    @match by_ends.get(&(*from, *to)) {
                        Some(pair) => (cell(writer, pair, reached.found(pair), words)),
                        None => td.none { "–" },
                    }
                }
            } } }
        } }
    }
}

fn cell(writer: &Writer<'_>, pair: &MatrixPair, about: Option<&About>, words: bool) -> Markup {
    let passage = word(pair);
    let verdict = about.and_then(|about| about.verdict);
    let mut shown = writer.say(&passage.word());
    let mut signs = sign(passage);
    if passage == Passage::None && about.is_some_and(|about| about.chained) {
        shown = writer.say(&text!("踏み台経由", "via hosts"));
        signs = "⇝";
    }
    if passage == Passage::None && about.is_none() {
        return html! { td.none { (if words { shown.as_str() } else { signs }) } };
    }
    let said = verdict.map_or(String::new(), |verdict| writer.say(&verdict.word()) + " ");
    let label = format!("{} → {}: {said}{shown}", pair.from, pair.to);
    html! {
        td class={ "cell " (verdict.map_or("", class)) } {
            a href={ "#" (anchor(pair)) } title=(label) aria-label=(label) {
                @if let Some(verdict) = verdict { b { (mark(verdict)) } }
                @if words { " " (shown) } @else { (signs) }
            }
        }
    }
}

/// One pair: what surely passes, what the widest reading adds, and what is said about it.
fn entry(writer: &Writer<'_>, pair: &MatrixPair, about: Option<&About>) -> Markup {
    let list = |list: &FlowList| {
        let none = list.flows.is_empty() && list.omitted == 0;
        html! { @if none { p { (writer.say(&Passage::None.word())) } } @else { (writer.flows(list)) } }
    };
    html! {
        tr id=(anchor(pair)) tabindex="-1" {
            th scope="row" { (pair.from) " → " (pair.to) br; small { (pair.family.id()) " " (writer.say(&word(pair).word())) } }
            td {
                @if pair.must == pair.may { (list(&pair.may)) } @else {
                    p { b { (writer.say(&text!("確実に通る", "surely passes"))) } } (list(&pair.must))
                    p { b { (writer.say(&text!("読み取れない部分を最も広く解釈すると通り得る", "may pass by the widest reading of what was not understood"))) } }
                    (list(&pair.may))
                }
            }
            td { @for number in about.iter().flat_map(|about| &about.numbers) { a href={ "#f-" (number) } { (number) } " " } }
        }
    }
}
