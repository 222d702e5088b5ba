//! The packs in force, and their rules that speak of nobody here.

use super::SHORT;
use crate::report::Style;
use crate::report::page::{Page, Tone};
use crate::scan::Scan;
use crate::text;

pub(super) fn render(page: &mut Page<'_>, scan: &Scan) {
    let joined = || scan.loaded.policy.iter().flat_map(|policy| &policy.joined);
    if joined().next().is_none() {
        return;
    }
    page.heading(&text!("方針パック", "Policy packs"));
    for pack in joined() {
        let (id, ja, en) = (&pack.id, &pack.label.ja, &pack.label.en);
        let line = match &pack.edition {
            Some(edition) => {
                let edition = &edition.label;
                text!("{id}  {ja}（版: {edition}）", "{id}  {en} (edition: {edition})")
            }
            None => text!("{id}  {ja}", "{id}  {en}"),
        };
        let line = page.say(&line).to_owned();
        page.sentence("  ", "      ", Tone::Plain, &line);
    }
    page.blank();
}

/// Rules that were not judged because nobody has the roles that they speak of: said, never left out.
pub(super) fn not_applicable(page: &mut Page<'_>, scan: &Scan, style: &Style) {
    let all = &scan.not_applicable;
    if all.is_empty() {
        return;
    }
    page.heading(&text!("対象外の規則（該当する役割がない）", "Rules that apply to nobody here"));
    let limit = if style.verbose { usize::MAX } else { SHORT };
    for rule in all.iter().take(limit) {
        let (id, roles) = (&rule.rule, rule.roles.join(", "));
        let (ja, en) = (&rule.summary.ja, &rule.summary.en);
        let line = text!("{id}  {ja}（役割: {roles}）", "{id}  {en} (roles: {roles})");
        let line = page.say(&line).to_owned();
        page.sentence("  ", "      ", Tone::Plain, &line);
    }
    super::more(page, 2, all.len().saturating_sub(limit));
    page.blank();
}
