//! Pages of the policy packs.

use super::Style;
use super::page::{Page, Tone};
use super::width;
use crate::finding::Basis;
use crate::policy::{self, Pack, PolicyRule, SHIPPED, Shipped};
use crate::text;
use crate::text::{Lang, Text};

/// One line a shipped pack.
#[must_use]
pub fn packs(style: &Style) -> String {
    let mut page = Page::new(style);
    for shipped in SHIPPED {
        let Some(pack) = policy::shipped_pack(shipped) else { continue };
        let id = width::pad(&pack.id, 24);
        let label = page.say(&pack.label).to_owned();
        page.row("", &[(Tone::Strong, id.as_str()), (Tone::Plain, &label)]);
    }
    page.finish()
}

/// What a shipped pack is, and every rule, permit and role of it. `None` when it cannot be read, which a test excludes.
#[must_use]
pub fn pack(shipped: &Shipped, style: &Style) -> Option<String> {
    let pack = policy::shipped_pack(shipped)?;
    let mut page = Page::new(style);
    let label = page.say(&pack.label).to_owned();
    page.row("", &[(Tone::Strong, pack.id.as_str()), (Tone::Plain, "  "), (Tone::Strong, &label)]);
    let about = page.say(&pack.about).to_owned();
    for paragraph in about.lines() {
        page.text(2, paragraph);
    }
    page.blank();
    head(&mut page, &pack);
    page.heading(&text!("規則", "Rules"));
    for rule in &pack.rules {
        let title = rule.title.clone().unwrap_or_default();
        let id = format!("{}/{}", pack.id, rule.id);
        entry(&mut page, &id, &title, rule.severity.word().get(style.lang));
    }
    page.blank();
    if !pack.permits.is_empty() {
        page.heading(&text!("許可条件（flows の as に書く）", "Permits (`as` of a declared flow)"));
        for permit in &pack.permits {
            entry(&mut page, &permit.id.value, &permit.label, "");
        }
        page.blank();
    }
    page.heading(&text!(
        "役割（topology.yaml の roles に書く）",
        "Roles (`roles` in topology.yaml)"
    ));
    for role in &pack.roles {
        let needed = if role.needed { text!("必須", "needed") } else { Text::default() };
        entry(&mut page, &role.id, &role.label, needed.get(style.lang));
    }
    if !pack.facts.is_empty() {
        page.blank();
        page.heading(&text!("申告する事実（facts に書く）", "Facts to declare (`facts`)"));
        for fact in &pack.facts {
            entry(&mut page, &fact.id, &fact.label, "");
        }
    }
    Some(page.finish())
}

fn head(page: &mut Page<'_>, pack: &Pack) {
    for edition in &pack.editions {
        let text = format!("{}  {}", edition.id, edition.label);
        page.labelled(2, &text!("版", "edition"), &text);
    }
    for parent in &pack.extends {
        page.labelled(2, &text!("継承元", "extends"), &parent.value);
    }
    if !pack.editions.is_empty() || !pack.extends.is_empty() {
        page.blank();
    }
}

fn entry(page: &mut Page<'_>, id: &str, text: &Text, word: &str) {
    let text = page.say(text).to_owned();
    let id = width::pad(id, 28);
    let line = if word.is_empty() { text } else { format!("{text} [{word}]") };
    page.entry(&[(Tone::Plain, "  "), (Tone::Strong, id.as_str()), (Tone::Plain, " ")], &line);
}

/// The page of one rule of a shipped pack, by its identifier (`alpha/MN-ISO`).
#[must_use]
pub fn pack_rule(id: &str, style: &Style) -> Option<String> {
    let (pack, rule) = id.split_once('/')?;
    let pack = policy::shipped_pack(policy::shipped(pack)?)?;
    let rule = pack.rules.iter().find(|known| known.id == rule)?;
    let mut page = Page::new(style);
    let title = rule.title.clone().unwrap_or_default();
    let title = page.say(&title).to_owned();
    page.row("", &[(Tone::Strong, id), (Tone::Plain, "  "), (Tone::Strong, &title)]);
    page.blank();
    page.labelled(0, &text!("重大度", "severity"), rule.severity.word().get(style.lang));
    basis(&mut page, rule, style.lang);
    if !rule.requirements.is_empty() {
        page.labelled(0, &text!("要求事項", "requirements"), &rule.requirements.join(", "));
    }
    let editions: Vec<&str> = rule.editions.iter().map(|edition| edition.value.as_str()).collect();
    if !editions.is_empty() {
        page.labelled(0, &text!("対象の版", "editions"), &editions.join(", "));
    }
    Some(page.finish())
}

fn basis(page: &mut Page<'_>, rule: &PolicyRule, lang: Lang) {
    if let Some(basis) = &rule.basis {
        page.labelled(0, &text!("根拠", "basis"), &basis_line(basis, lang));
    }
}

/// Document, clause and kind of document, its words, and whether anybody compared them.
pub(super) fn basis_line(basis: &Basis, lang: Lang) -> String {
    let mut line = format!("{} {}", basis.document, basis.clause).trim().to_owned();
    if let Some(class) = basis.class {
        line.push_str(&format!(" [{}]", class.word().get(lang)));
    }
    if let Some(quote) = &basis.quote {
        line.push_str(&format!(" 「{quote}」"));
    }
    if basis.unverified {
        let note = text!("（一次資料との照合は未了）", " (not compared with the primary text)");
        line.push_str(note.get(lang));
    }
    line
}
