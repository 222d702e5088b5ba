//! Graphviz: `dot -Tsvg`. Every finding stands in the file as a comment; those about two zones are arrows as well.

use super::sketch::{self, Kind, Sketch};
use super::{Style, escape};
use crate::finding::Verdict;
use crate::scan::Scan;

pub(super) fn render(scan: &Scan, style: &Style) -> String {
    let sketch = sketch::of(scan, style);
    let mut out = String::from("digraph sekisho {\n");
    out.push_str(&format!("  graph [label={}, rankdir=LR];\n", quoted(&sketch.title)));
    out.push_str("  node [fontname=\"sans-serif\"];\n  edge [fontname=\"sans-serif\"];\n");
    for note in &sketch.notes {
        out.push_str(&format!("  // {}\n", escape::terminal(note)));
    }
    nodes(&mut out, &sketch);
    for (from, to, label) in &sketch.links {
        let label = quoted(label);
        out.push_str(&format!("  n{from} -> n{to} [dir=none, color=gray50, label={label}];\n"));
    }
    for arrow in &sketch.arrows {
        let look = match arrow.verdict {
            Verdict::Violated => "color=\"#b00020\", penwidth=2",
            _ => "color=\"#8a5a00\", style=dashed",
        };
        let label = quoted(&arrow.label);
        let (from, to) = (arrow.from, arrow.to);
        out.push_str(&format!("  n{from} -> n{to} [{look}, constraint=false, label={label}];\n"));
    }
    out + "}\n"
}

fn nodes(out: &mut String, sketch: &Sketch) {
    for (at, node) in sketch.nodes.iter().enumerate() {
        let look = match node.kind {
            Kind::Device => "shape=box",
            Kind::Opaque => "shape=box, style=dashed",
            Kind::Segment => "shape=plaintext",
            Kind::Zone => "shape=ellipse",
            Kind::Outside => "shape=ellipse, color=\"#b00020\", peripheries=2",
        };
        // Two lines: the break is the only escape that is not somebody's text.
        let (name, more) = (escape::dot(&node.name), escape::dot(&node.more));
        let between = if more.is_empty() { "" } else { "\\n" };
        out.push_str(&format!("  n{at} [{look}, label=\"{name}{between}{more}\"];\n"));
    }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", escape::dot(text))
}
