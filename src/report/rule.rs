//! Pages of the finding catalogue.

use super::Style;
use super::page::{Page, Tone};
use crate::finding::catalogue::{Entry, entries};
use crate::text;

/// One page.
#[must_use]
pub fn rule(entry: &Entry, style: &Style) -> String {
    let mut page = Page::new(style);
    let title = page.say(&entry.title).to_owned();
    page.row("", &[(Tone::Strong, entry.id), (Tone::Plain, "  "), (Tone::Strong, &title)]);
    page.blank();
    for (label, text) in [
        (text!("意味", "what it means"), &entry.meaning),
        (text!("なぜ問題か", "why it matters"), &entry.reason),
        (text!("直し方", "how to fix it"), &entry.remedy),
    ] {
        let text = page.say(text).to_owned();
        page.labelled(0, &label, &text);
    }
    page.finish()
}

/// One line a page.
#[must_use]
pub fn rules(style: &Style) -> String {
    let mut page = Page::new(style);
    for entry in entries() {
        let id = super::width::pad(entry.id, 28);
        let title = page.say(&entry.title).to_owned();
        page.row("", &[(Tone::Strong, id.as_str()), (Tone::Plain, &title)]);
    }
    page.finish()
}
