//! One page for people: what changed, with the lines on both sides. Offline and printable, as the report of one state.

use maud::{Markup, html};

use super::{change_word, outcome_line, outcome_word, side_word};
use crate::diff::{Change, Diff, Example, PairChange};
use crate::finding::{Finding, Novelty, Verdict};
use crate::report::html::{Writer, document};
use crate::report::{Style, view};
use crate::scan::Scan;
use crate::text;
use crate::text::Text;

/// Findings of one kind that are listed; more are counted.
const LISTED: usize = 500;

/// Both states in the language of the reader.
struct Sides<'d> {
    diff: &'d Diff,
    old: Writer<'d>,
    new: Writer<'d>,
}

impl<'d> Sides<'d> {
    fn say(&self, text: &Text) -> String {
        self.new.say(text)
    }

    fn of(&self, after: bool) -> &Writer<'d> {
        if after { &self.new } else { &self.old }
    }
}

pub(super) fn page(diff: &Diff, style: &Style) -> String {
    let writer = |scan| Writer { scan, lang: style.lang };
    let sides = Sides { diff, old: writer(&diff.old), new: writer(&diff.new) };
    let title = text!("関所 変更の前後の比較", "Sekisho: before and after");
    let name = &diff.new.loaded.snapshot.name;
    let title = format!("{} – {name}", sides.say(&title));
    let version = env!("CARGO_PKG_VERSION");
    let body = html! {
        header {
            h1 { (title) }
            p { strong { (sides.say(&outcome_word(diff.outcome()))) } " " (sides.say(&outcome_line(diff))) }
        }
        main {
            section { (pairs(&sides)) }
            section { (verdicts(&sides)) }
            section { (listed(&sides)) }
        }
        footer { p { "Sekisho " (version) } }
    };
    document(&title, style.lang, &body)
}

fn pairs(sides: &Sides<'_>) -> Markup {
    html! {
        h2 { (sides.say(&text!("通信の変化", "What changed"))) }
        @if sides.diff.pairs.is_empty() {
            p { (sides.say(&text!("通信の変化はありません。", "No traffic changed."))) }
        }
        @for pair in &sides.diff.pairs { (pair_change(sides, pair)) }
    }
}

fn pair_change(sides: &Sides<'_>, pair: &PairChange) -> Markup {
    let family = pair.family.id();
    let unclear = text!(
        "確認不能（前後とも読み取れない部分次第）",
        "unclear (it depends on what is not known, before and after)"
    );
    html! {
        article.finding {
            h3 { (pair.from) " → " (pair.to) " (" (family) ")" }
            @for (opened, part) in [(true, &pair.opened), (false, &pair.closed)] {
                @if let Some(part) = part { (change(sides, pair, opened, part)) }
            }
            @if !pair.unclear.flows.is_empty() {
                (sides.new.labelled(&unclear, &sides.new.flows(&pair.unclear)))
            }
        }
    }
}

fn change(sides: &Sides<'_>, pair: &PairChange, opened: bool, part: &Change) -> Markup {
    let content = html! {
        (sides.new.flows(&part.flows))
        @for one in &part.examples { (example(sides, pair, opened, one)) }
    };
    sides.new.labelled(&change_word(opened, part.sure), &content)
}

/// One packet, with its way on both sides.
fn example(sides: &Sides<'_>, pair: &PairChange, opened: bool, one: &Example) -> Markup {
    let ends = (pair.from.as_str(), pair.to.as_str());
    html! {
        details {
            summary { (sides.say(&text!("例", "example"))) ": " code { (one.flow.to_string()) } }
            @for (after, hops) in [(opened, &one.passes), (!opened, &one.stops)] {
                h4 { (sides.say(&side_word(after))) }
                @if hops.is_empty() { p { "–" } } @else { (sides.of(after).path(ends, hops)) }
            }
        }
    }
}

fn verdicts(sides: &Sides<'_>) -> Markup {
    let word = |verdict: Option<Verdict>| {
        html! {
            @match verdict {
                Some(verdict) => { (sides.new.verdict(verdict)) }
                None => { (sides.say(&text!("なし", "no such rule"))) }
            }
        }
    };
    let heads = [text!("規則", "rule"), side_word(false), side_word(true)];
    html! {
        h2 { (sides.say(&text!("判定の変化", "Verdicts"))) }
        @if sides.diff.verdicts.is_empty() {
            p { (sides.say(&text!("判定の変化はありません。", "No verdict changed."))) }
        } @else {
            div.scroll { table.verdicts {
                thead { tr { @for head in heads { th scope="col" { (sides.say(&head)) } } } }
                tbody { @for change in &sides.diff.verdicts { tr {
                    td { code { (change.rule) } } td { (word(change.old)) } td { (word(change.new)) }
                } } }
            } }
        }
    }
}

/// Findings that are new or grew, and those that are gone.
fn listed(sides: &Sides<'_>) -> Markup {
    let new =
        |finding: &&Finding| matches!(finding.novelty, Some(Novelty::New | Novelty::Enlarged));
    let gone = |finding: &&Finding| finding.novelty == Some(Novelty::New);
    html! {
        (findings(sides, &text!("新しい指摘", "New findings"), &sides.diff.new, new))
        (findings(sides, &text!("解消した指摘", "Findings that are gone"), &sides.diff.old, gone))
    }
}

fn findings(
    sides: &Sides<'_>,
    title: &Text,
    scan: &Scan,
    wanted: impl Fn(&&Finding) -> bool,
) -> Markup {
    let all: Vec<&Finding> = scan.findings.iter().filter(|finding| wanted(finding)).collect();
    let left = all.len().saturating_sub(LISTED);
    let more = text!(
        "ほか {left} 件は省略しました。全件は --format json にあります。",
        "{left} more are left out here; --format json has all of them."
    );
    html! {
        h2 { (sides.say(title)) " (" (all.len()) ")" }
        ul { @for finding in all.iter().take(LISTED) { li {
            (sides.new.verdict(finding.verdict)) " " (sides.say(&finding.severity.word())) " "
            code { (finding.rule) } " " (sides.say(&finding.message))
            @if let Some(span) = view::place(scan, finding) { " " span.place { (scan.loaded.sources.place(span)) } }
        } } }
        @if left > 0 { p { (sides.say(&more)) } }
    }
}
