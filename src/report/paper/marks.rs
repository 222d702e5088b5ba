//! A paper as Markdown.

use super::{Block, Field, Paper, Table, blank};
use crate::report::escape;

pub(super) fn render(paper: &Paper) -> String {
    let mut out = format!("# {}\n\n", escape::markdown(&paper.title));
    if !paper.mark.is_empty() {
        out += &format!("{}\n\n", escape::markdown(&paper.mark));
    }
    fields(paper, &paper.cover, &mut out);
    for chapter in &paper.chapters {
        out += &format!("## {}\n\n", escape::markdown(&chapter.title).replace("\\.", "."));
        for one in &chapter.blocks {
            block(paper, one, &mut out);
        }
    }
    out
}

fn block(paper: &Paper, block: &Block, out: &mut String) {
    match block {
        Block::Heading(text) => *out += &format!("### {}\n\n", escape::markdown(text)),
        Block::Paragraph(text) => *out += &format!("{}\n\n", escape::markdown(text)),
        Block::List(items) => {
            for item in items {
                *out += &format!("- {}\n", escape::markdown(item));
            }
            out.push('\n');
        }
        Block::Fields(list) => fields(paper, list, out),
        Block::Remarks(label) => {
            fields(paper, &[Field { label: label.clone(), value: Vec::new() }], out);
        }
        Block::Table(one) => table(one, out),
        Block::Notice(label, text) => {
            *out += &format!("> **{}**\n>\n", escape::markdown(label));
            *out += &format!("> {}\n\n", escape::markdown(text));
        }
        Block::Signatures(roles) => {
            let cells = |cell: &dyn Fn(&String) -> String| {
                roles.iter().map(cell).collect::<Vec<_>>().join(" | ")
            };
            *out += &format!("| {} |\n", cells(&|role| escape::markdown(role)));
            *out += &format!("|{}\n", "---|".repeat(roles.len()));
            *out += &format!("| {} |\n\n", cells(&|_| blank(paper.lang)));
        }
    }
}

fn fields(paper: &Paper, list: &[Field], out: &mut String) {
    *out += "| | |\n|---|---|\n";
    for field in list {
        let value = match field.value.is_empty() {
            true => blank(paper.lang),
            false => lines(&field.value.join("\n")),
        };
        *out += &format!("| {} | {value} |\n", escape::markdown(&field.label));
    }
    out.push('\n');
}

fn table(table: &Table, out: &mut String) {
    let heads: Vec<String> = table.heads.iter().map(|(head, _)| escape::markdown(head)).collect();
    *out += &format!("| {} |\n|{}\n", heads.join(" | "), "---|".repeat(heads.len()));
    for row in &table.rows {
        let cells: Vec<String> = row.iter().map(|cell| lines(cell)).collect();
        *out += &format!("| {} |\n", cells.join(" | "));
    }
    out.push('\n');
}

/// The lines of a cell.
fn lines(cell: &str) -> String {
    cell.split('\n').map(escape::markdown).collect::<Vec<_>>().join("<br>")
}
