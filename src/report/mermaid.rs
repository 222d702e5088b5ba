//! Mermaid, as GitHub, GitLab and many wikis draw it from a code block. Every finding stands in the text as a comment; those about
//! two zones are arrows as well.

use super::sketch::{self, Kind};
use super::{Style, escape};
use crate::finding::Verdict;
use crate::scan::Scan;

pub(super) fn render(scan: &Scan, style: &Style) -> String {
    let sketch = sketch::of(scan, style);
    let mut out = format!("flowchart LR\n  accTitle: {}\n", escape::mermaid_comment(&sketch.title));
    for note in &sketch.notes {
        out.push_str(&format!("  %% {}\n", escape::mermaid_comment(note)));
    }
    for (at, node) in sketch.nodes.iter().enumerate() {
        let (name, more) = (escape::mermaid(&node.name), escape::mermaid(&node.more));
        let text = if more.is_empty() { name } else { format!("{name}<br>{more}") };
        let (open, close, class) = match node.kind {
            Kind::Device => ("[", "]", "device"),
            Kind::Opaque => ("[", "]", "opaque"),
            Kind::Segment => ("[", "]", "segment"),
            Kind::Zone => ("([", "])", "zone"),
            Kind::Outside => ("([", "])", "outside"),
        };
        out.push_str(&format!("  n{at}{open}\"{text}\"{close}:::{class}\n"));
    }
    for (from, to, label) in &sketch.links {
        let label = if label.is_empty() {
            String::new()
        } else {
            format!("|\"{}\"|", escape::mermaid(label))
        };
        out.push_str(&format!("  n{from} ---{label} n{to}\n"));
    }
    let first = sketch.links.len();
    for arrow in &sketch.arrows {
        let line = if arrow.verdict == Verdict::Violated { "==>" } else { "-.->" };
        let (from, to, label) = (arrow.from, arrow.to, escape::mermaid(&arrow.label));
        out.push_str(&format!("  n{from} {line}|\"{label}\"| n{to}\n"));
    }
    for (at, arrow) in sketch.arrows.iter().enumerate() {
        let color = if arrow.verdict == Verdict::Violated { "#b00020" } else { "#8a5a00" };
        out.push_str(&format!("  linkStyle {} stroke:{color}\n", first + at));
    }
    out.push_str(
        "  classDef opaque stroke-dasharray: 4\n  classDef segment fill:none,stroke:none\n",
    );
    out + "  classDef outside stroke:#b00020,stroke-width:3px\n"
}
