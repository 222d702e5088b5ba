//! For an engineer at a terminal.

use super::{change_word, deciding, end_of_way, outcome_line, outcome_word, side_word, view};
use crate::diff::{Change, Diff, Example, Outcome, PairChange, VerdictChange};
use crate::finding::{Finding, FlowList, Novelty};
use crate::report::Style;
use crate::report::page::{Page, Tone, verdict_tone};
use crate::scan::Scan;
use crate::text;

/// How many flows of a change are shown unless the reader wants all.
const SHORT: usize = 8;

pub(super) fn screen(diff: &Diff, style: &Style) -> String {
    let mut page = Page::new(style);
    let version = env!("CARGO_PKG_VERSION");
    let title =
        text!("関所 Sekisho {version}  変更の前後の比較", "Sekisho {version}  before and after");
    let title = page.say(&title).to_owned();
    page.row("", &[(Tone::Strong, title.as_str())]);
    page.blank();
    if !diff.pairs.is_empty() {
        page.heading(&text!("通信の変化", "What changed"));
    }
    for pair in &diff.pairs {
        pair_change(&mut page, diff, pair, style);
    }
    verdicts(&mut page, &diff.verdicts, style);
    let new =
        |finding: &&Finding| matches!(finding.novelty, Some(Novelty::New | Novelty::Enlarged));
    let gone = |finding: &&Finding| finding.novelty == Some(Novelty::New);
    findings(&mut page, &text!("新しい指摘", "New findings"), &diff.new, new, style);
    findings(&mut page, &text!("解消した指摘", "Findings that are gone"), &diff.old, gone, style);
    let outcome = outcome_word(diff.outcome());
    let word = format!("{} ", page.say(&outcome));
    let tone = match diff.outcome() {
        Outcome::Same => Tone::Good,
        Outcome::Different => Tone::Strong,
        Outcome::Unclear => Tone::Doubt,
    };
    let line = outcome_line(diff);
    let line = page.say(&line).to_owned();
    page.entry(&[(tone, word.as_str())], &line);
    page.finish()
}

fn pair_change(page: &mut Page<'_>, diff: &Diff, pair: &PairChange, style: &Style) {
    let head = format!("{} → {}  ({})", pair.from, pair.to, pair.family.id());
    page.row("", &[(Tone::Strong, head.as_str())]);
    for (opened, part) in [(true, &pair.opened), (false, &pair.closed)] {
        if let Some(part) = part {
            change(page, diff, (opened, part), style);
        }
    }
    if !pair.unclear.flows.is_empty() {
        let word = text!(
            "確認不能（前後とも読み取れない部分次第）",
            "unclear (it depends on what is not known, before and after)"
        );
        let word = page.say(&word).to_owned();
        page.row("  ", &[(Tone::Doubt, word.as_str())]);
        flows(page, &pair.unclear, style);
    }
    page.blank();
}

fn change(page: &mut Page<'_>, diff: &Diff, (opened, part): (bool, &Change), style: &Style) {
    let word = change_word(opened, part.sure);
    let tone = if opened { Tone::Bad } else { Tone::Good };
    let word = page.say(&word).to_owned();
    page.row("  ", &[(tone, word.as_str())]);
    flows(page, &part.flows, style);
    for one in &part.examples {
        example(page, diff, one, opened);
    }
}

fn flows(page: &mut Page<'_>, list: &FlowList, style: &Style) {
    let limit = if style.verbose { usize::MAX } else { SHORT };
    for line in view::flow_lines(list, limit, style.lang) {
        page.sentence("    - ", "      ", Tone::Plain, &line);
    }
}

fn example(page: &mut Page<'_>, diff: &Diff, one: &Example, opened: bool) {
    let flow = one.flow.to_string();
    page.labelled(4, &text!("例", "example"), &flow);
    for (after, scan, hop, line) in deciding(diff, one, opened) {
        let sources = &scan.loaded.sources;
        let place = line.span.map_or(String::new(), |span| format!("  {}", sources.place(span)));
        let (side, action) = (side_word(after), view::action_word(line.action));
        let text = format!(
            "{}: {} {} {}{place}",
            page.say(&side),
            hop.device,
            page.say(&action),
            line.label
        );
        page.sentence("      ", "        ", Tone::Plain, &text);
        if let Some(span) = line.span {
            page.quoted("        ", sources, span);
        }
    }
    if let Some(hop) = end_of_way(one) {
        let (side, device) = (side_word(!opened), &hop.device);
        let side = page.say(&side).to_owned();
        let line = text!(
            "{side}: {device} から先へ届かない（止める行はない）",
            "{side}: it gets no further than {device}; no line stops it"
        );
        let line = page.say(&line).to_owned();
        page.text(6, &line);
    }
}

fn verdicts(page: &mut Page<'_>, changes: &[VerdictChange], style: &Style) {
    if changes.is_empty() {
        return;
    }
    page.heading(&text!("判定の変化", "Verdicts"));
    let absent = text!("なし", "no such rule");
    for change in changes {
        let word = |verdict: Option<crate::finding::Verdict>| match verdict {
            Some(verdict) => verdict.word().get(style.lang).to_owned(),
            None => absent.get(style.lang).to_owned(),
        };
        let tone = change.new.map_or(Tone::Faint, verdict_tone);
        let (old, new) = (format!("{} → ", word(change.old)), word(change.new));
        let rule = format!("{}  ", change.rule);
        page.row("  ", &[(Tone::Strong, &rule), (Tone::Plain, &old), (tone, &new)]);
    }
    page.blank();
}

fn findings(
    page: &mut Page<'_>,
    title: &text::Text,
    scan: &Scan,
    wanted: impl Fn(&&Finding) -> bool,
    style: &Style,
) {
    let all: Vec<&Finding> = scan.findings.iter().filter(|finding| wanted(finding)).collect();
    if all.is_empty() {
        return;
    }
    page.heading(title);
    for finding in all {
        let lang = style.lang;
        let place = view::place(scan, finding).map(|span| scan.loaded.sources.place(span));
        let line = format!(
            "{} {} {}  {}",
            finding.severity.word().get(lang),
            finding.rule,
            finding.message.get(lang),
            place.unwrap_or_default()
        );
        page.sentence("  - ", "    ", Tone::Plain, &line);
    }
    page.blank();
}
