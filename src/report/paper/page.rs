//! A paper as one HTML page that is printed on A4: no script, and a style sheet that its policy names by hash.

use super::{Block, Chapter, Field, Paper, Table, blank};
use crate::report::escape;
use crate::text;
use crate::text::Lang;
use maud::{DOCTYPE, Markup, PreEscaped, html};

const SHEET: &str = include_str!("page/paper.css");

pub(super) fn render(paper: &Paper) -> String {
    let lang = if paper.lang == Lang::Ja { "ja" } else { "en" };
    let document = html! {
        (DOCTYPE)
        html lang=(lang) {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(guard());
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light";
                title { (paper.title) " – " (paper.subject) }
                style { (PreEscaped(SHEET)) }
            }
            body {
                header.cover {
                    p.mark { (paper.mark) }
                    h1 { (paper.title) }
                    (fields(paper.lang, &paper.cover))
                }
                nav aria-label=(text!("目次", "Contents").get(paper.lang)) {
                    h2 { (text!("目次", "Contents").get(paper.lang)) }
                    ul { @for (index, chapter) in paper.chapters.iter().enumerate() {
                        li { a href={ "#c" (index + 1) } { (chapter.title) } }
                    } }
                }
                main { @for (index, one) in paper.chapters.iter().enumerate() { (chapter(paper, index, one)) } }
            }
        }
    };
    escape::html(&document.into_string())
}

/// What the page may load: its own style sheet and nothing else.
fn guard() -> String {
    let digest = <sha2::Sha256 as sha2::Digest>::digest(SHEET.as_bytes());
    let hash = crate::report::view::base64(&digest);
    format!("default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'")
}

fn chapter(paper: &Paper, index: usize, chapter: &Chapter) -> Markup {
    let class = match (chapter.fresh, chapter.alone) {
        (_, true) => "fresh alone",
        (true, _) => "fresh",
        _ => "",
    };
    html! {
        section id={ "c" (index + 1) } class=(class) {
            h2 { (chapter.title) }
            @for one in &chapter.blocks { (block(paper.lang, one)) }
        }
    }
}

fn block(lang: Lang, block: &Block) -> Markup {
    match block {
        Block::Heading(text) => html! { h3 { (text) } },
        Block::Paragraph(text) => html! { p { (text) } },
        Block::List(items) => html! { ul { @for item in items { li { (item) } } } },
        Block::Fields(list) => fields(lang, list),
        Block::Remarks(label) => html! { div.remarks { h4 { (label) } } },
        Block::Table(one) => table(one),
        Block::Notice(label, text) => html! { div.notice { h4 { (label) } p { (text) } } },
        Block::Signatures(roles) => html! {
            table.signatures {
                thead { tr { @for role in roles { th scope="col" { (role) } } } }
                tbody {
                    tr { @for _ in roles { td { (text!("氏名", "name").get(lang)) } } }
                    tr { @for _ in roles { td { (text!("日付", "date").get(lang)) } } }
                }
            }
        },
    }
}

fn fields(lang: Lang, list: &[Field]) -> Markup {
    html! {
        table.fields { tbody { @for field in list { tr {
            th scope="row" { (field.label) }
            td {
                @if field.value.is_empty() { span.blank title=(blank(lang)) { " " } }
                @for line in &field.value { div { (line) } }
            }
        } } } }
    }
}

fn table(table: &Table) -> Markup {
    let sum: u32 = table.heads.iter().map(|(_, share)| u32::from(*share)).sum();
    let width = |share: u16| (u32::from(share) * 24 + sum / 2) / sum.max(1);
    html! {
        div.scroll { table.list {
            colgroup { @for (_, share) in &table.heads { col class={ "w" (width(*share)) }; } }
            thead { tr { @for (head, _) in &table.heads { th scope="col" { (head) } } } }
            tbody { @for row in &table.rows { tr {
                @for cell in row { td { @for line in cell.split('\n') { div { (line) } } } }
            } } }
        } }
    }
}
