//! A path drawn hop by hop, with the text of every line that decided.

use super::page::{Page, Tone};
use super::{Style, view};
use crate::finding::{Hop, HopAction, HopLine, is_stopped};
use crate::source::Sources;

/// The hops between two ends.
pub(super) fn draw(
    page: &mut Page<'_>,
    sources: &Sources,
    ends: (&str, &str),
    hops: &[Hop],
    style: &Style,
) {
    page.row("      ", &[(Tone::Plain, "● "), (Tone::Strong, ends.0)]);
    for hop in hops {
        let heading = view::hop_heading(hop, style.lang);
        page.row("      ", &[(Tone::Plain, "├─ "), (Tone::Strong, heading.as_str())]);
        for line in &hop.lines {
            decision(page, sources, line, style);
        }
    }
    let mark = if is_stopped(hops) { "× " } else { "▼ " };
    page.row("      ", &[(Tone::Plain, mark), (Tone::Strong, ends.1)]);
}

fn decision(page: &mut Page<'_>, sources: &Sources, line: &HopLine, style: &Style) {
    let word = view::action_word(line.action);
    let tone = match line.action {
        HopAction::Permit => Tone::Good,
        HopAction::Deny => Tone::Bad,
        HopAction::MayPermit => Tone::Doubt,
        HopAction::Translate | HopAction::Route => Tone::Plain,
    };
    let place = match line.span {
        Some(span) => format!("  {}", sources.place(span)),
        None => String::new(),
    };
    let label = format!("  {}", line.label);
    page.row(
        "      │    ",
        &[(tone, word.get(style.lang)), (Tone::Plain, &label), (Tone::Plain, &place)],
    );
    if let Some(span) = line.span {
        page.quoted("      │      ", sources, span);
    }
}
