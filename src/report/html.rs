//! The report as one HTML file: offline, printable on A4, usable without a mouse and without scripts.
//!
//! The matrix of zones is its main picture; a cell leads to what passes there and to the findings about it. Nothing is said by
//! colour alone, and the page may fetch nothing: its policy allows the one style sheet and the one script that it carries, by
//! their hashes.

mod chapter;
mod detail;
mod drawing;
mod matrix;
mod piece;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::{Style, escape, view};
use crate::scan::Scan;
use crate::text;
use crate::text::{Lang, Text};
pub(super) use piece::Writer;

const SHEET: &str = include_str!("html/report.css");
const SCRIPT: &str = include_str!("html/report.js");

pub(super) fn render(scan: &Scan, style: &Style) -> String {
    let writer = Writer { scan, lang: style.lang };
    let title = text!("関所 判定報告", "Sekisho report");
    let title = format!("{} – {}", writer.say(&title), scan.loaded.snapshot.name);
    let content = html! {
        a.skip href="#findings" { (writer.say(&text!("指摘事項へ移動", "Skip to the findings"))) }
        (head(&writer))
        main { (body(&writer)) }
        (foot(&writer))
    };
    document(&title, style.lang, &content)
}

/// A whole page around its content.
pub(super) fn document(title: &str, lang: Lang, content: &Markup) -> String {
    let document = html! {
        (DOCTYPE)
        html lang=(match lang { Lang::Ja => "ja", Lang::En => "en" }) {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(guard());
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light";
                title { (title) }
                style { (PreEscaped(SHEET)) }
            }
            body {
                (content)
                script { (PreEscaped(SCRIPT)) }
            }
        }
    };
    escape::html(&document.into_string())
}

/// What the page may load and run: its own style sheet and script, and nothing else.
fn guard() -> String {
    let hash = |text: &str| {
        let digest = <sha2::Sha256 as sha2::Digest>::digest(text.as_bytes());
        format!("'sha256-{}'", view::base64(&digest))
    };
    format!(
        "default-src 'none'; style-src {}; script-src {}; base-uri 'none'; form-action 'none'",
        hash(SHEET),
        hash(SCRIPT)
    )
}

fn head(writer: &Writer<'_>) -> Markup {
    let scan = writer.scan;
    let (holds, violated, undetermined) = view::tally(scan);
    let tile = |class: &str, mark: &str, word: &Text, count: usize| {
        html! {
            div class={ "tile " (class) } {
                span.mark aria-hidden="true" { (mark) }
                span.count { (count) }
                span { (writer.say(word)) }
            }
        }
    };
    html! {
        header {
            p.product { (writer.say(&text!("関所 ネットワーク分離検証", "Sekisho network segmentation verifier"))) }
            h1 { (scan.loaded.snapshot.name) }
            div.tiles {
                (tile("violated", "✕", &text!("不適合", "violated"), violated))
                (tile("undetermined", "？", &text!("確認不能", "undetermined"), undetermined))
                (tile("holds", "○", &text!("適合", "hold"), holds))
                (tile("plain", "", &text!("指摘事項", "findings"), scan.findings.iter().filter(|f| !view::is_lint(f)).count()))
                (tile("plain", "", &text!("設定の点検", "hygiene"), scan.findings.iter().filter(|f| view::is_lint(f)).count()))
            }
            p.legend { (writer.say(&legend())) }
            (contents(writer))
        }
    }
}

fn legend() -> Text {
    text!(
        "○ 適合: 読み取れなかった部分を最も広く解釈しても規則が守られる。✕ 不適合: 規則に反して通る証拠がある。？ 確認不能: 読み取れない部分や不足する情報次第で守られないことがあり得る（適合ではない）。",
        "○ holds: even the widest reading of what was not understood keeps the rule. ✕ violated: there is proof that it is broken. ？ undetermined: it depends on what was not understood or is missing (this is no pass)."
    )
}

/// The chapters in their order: what was read stands first, because every verdict rests on it.
fn chapters() -> [(&'static str, Text); 9] {
    [
        ("coverage", text!("読み取った設定", "Configurations read")),
        ("matrix", text!("ゾーン間の到達性", "What travels between zones")),
        ("verdicts", text!("判定", "Verdicts")),
        ("findings", text!("指摘事項", "Findings")),
        ("hygiene", text!("設定の点検", "Hygiene")),
        ("waived", text!("例外措置", "Waivers")),
        ("network", text!("ネットワーク図", "The network")),
        ("inputs", text!("入力ファイルと前提", "Inputs and premises")),
        ("pairs", text!("付録: 組ごとの到達性", "Annex: what travels, pair by pair")),
    ]
}

fn contents(writer: &Writer<'_>) -> Markup {
    html! {
        nav aria-label=(writer.say(&text!("目次", "Contents"))) {
            ol { @for (id, title) in chapters() { li { a href={ "#" (id) } { (writer.say(&title)) } } } }
        }
    }
}

fn body(writer: &Writer<'_>) -> Markup {
    let reached = matrix::Reached::of(writer);
    let fill = |id: &str| match id {
        "coverage" => chapter::coverage(writer),
        "matrix" => matrix::picture(writer, &reached),
        "pairs" => matrix::pairs(writer, &reached),
        "verdicts" => chapter::verdicts(writer),
        "findings" => detail::findings(writer),
        "hygiene" => chapter::hygiene(writer),
        "waived" => chapter::waived(writer),
        "network" => drawing::network(writer),
        _ => chapter::inputs(writer),
    };
    html! {
        @for (number, (id, title)) in chapters().into_iter().enumerate() {
            section id=(id) {
                h2 { (number + 1) ". " (writer.say(&title)) }
                (fill(id))
            }
        }
    }
}

fn foot(writer: &Writer<'_>) -> Markup {
    let version = env!("CARGO_PKG_VERSION");
    let line = text!(
        "関所 Sekisho {version} が作成。同じ入力からは同じ報告が作られます。取扱注意: 設定内容を含みます。",
        "Made by Sekisho {version}. The same inputs give the same report. Handle with care: it quotes configurations."
    );
    html! { footer { p { (writer.say(&line)) } } }
}
