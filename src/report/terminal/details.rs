//! The body of one finding.

use crate::finding::{Blame, Chain, Cut, Finding};
use crate::report::Style;
use crate::report::pack::basis_line;
use crate::report::page::{Page, Tone};
use crate::report::{path, view};
use crate::scan::Scan;
use crate::source::Sources;
use crate::text;
use crate::text::Text;

/// How many flows, chains and cut sets are shown unless the reader wants all.
const SHORT: usize = 8;

pub(super) fn render(page: &mut Page<'_>, scan: &Scan, finding: &Finding, style: &Style) {
    let sources = &scan.loaded.sources;
    let lang = style.lang;
    if let Some(pair) = view::pair(finding) {
        let family = finding.family.map_or(String::new(), |family| format!("  ({})", family.id()));
        page.row("    ", &[(Tone::Plain, pair.as_str()), (Tone::Plain, family.as_str())]);
    }
    page.text(4, finding.message.get(lang));
    for detail in &finding.details {
        page.text(4, detail.get(lang));
    }
    witness(page, finding);
    if !finding.path.is_empty() {
        label(page, &text!("経路", "path"));
        let ends = (finding.from.as_deref().unwrap_or("?"), finding.to.as_deref().unwrap_or("?"));
        path::draw(page, sources, ends, &finding.path, style);
    }
    confirmations(page, scan, finding);
    chains(page, sources, &finding.chains, style);
    blames(page, sources, finding);
    causes(page, sources, finding, style);
    flows(page, finding, style);
    cuts(page, sources, &finding.cuts, style);
    if let Some(schedule) = &finding.schedule {
        let note = text!(
            "スケジュール「{schedule}」の時間帯に限ります。",
            "only within schedule `{schedule}`"
        );
        let note = page.say(&note).to_owned();
        page.text(4, &note);
    }
    if let Some(advice) = &finding.advice {
        page.labelled(4, &text!("対処", "what to do"), advice.get(lang));
    }
    if let Some(basis) = &finding.basis {
        page.labelled(4, &text!("根拠", "basis"), &basis_line(basis, lang));
    }
}

/// How the devices themselves are asked about the witness.
fn confirmations(page: &mut Page<'_>, scan: &Scan, finding: &Finding) {
    let all = view::confirmations(&scan.loaded, &finding.path, finding.witness.as_ref());
    if all.is_empty() {
        return;
    }
    label(page, &text!("機器での確認", "to confirm on the devices"));
    for (device, command) in all {
        let line = format!("{device}: {command}");
        page.row("      ", &[(Tone::Plain, line.as_str())]);
    }
}

fn label(page: &mut Page<'_>, label: &Text) {
    let line = format!("{}:", page.say(label));
    page.row("    ", &[(Tone::Plain, line.as_str())]);
}

fn witness(page: &mut Page<'_>, finding: &Finding) {
    let Some(flow) = &finding.witness else { return };
    page.labelled(4, &text!("証拠パケット", "witness"), &flow.to_string());
    let Some(back) = finding.round_trip else { return };
    let reply = view::reply(back);
    let reply = page.say(&reply).to_owned();
    page.text(4, &reply);
}

fn blame_line(page: &mut Page<'_>, sources: &Sources, indent: &str, blame: &Blame) {
    let place = sources.place(blame.span);
    let (device, name) = (&blame.device, &blame.label);
    let through = if blame.through.is_empty() {
        String::new()
    } else {
        let chain = blame.through.join(" ∋ ");
        let text = text!("（{chain} を通じて）", " (through {chain})");
        page.say(&text).to_owned()
    };
    let line = format!("{place}  {device} {name}{through}");
    page.sentence(&format!("{indent}- "), &format!("{indent}  "), Tone::Plain, &line);
}

fn blames(page: &mut Page<'_>, sources: &Sources, finding: &Finding) {
    if finding.blame.is_empty() {
        return;
    }
    label(page, &text!("原因の行", "blamed lines"));
    let on_path = |blame: &Blame| {
        finding.path.iter().flat_map(|hop| &hop.lines).any(|line| line.span == Some(blame.span))
    };
    for blame in &finding.blame {
        blame_line(page, sources, "      ", blame);
        if !on_path(blame) {
            page.quoted("        ", sources, blame.span);
        }
    }
}

fn causes(page: &mut Page<'_>, sources: &Sources, finding: &Finding, style: &Style) {
    if finding.causes.is_empty() {
        return;
    }
    label(page, &text!("確認不能の原因", "what keeps it undetermined"));
    for cause in &finding.causes {
        let place = cause.span.map_or(String::new(), |span| format!("{}: ", sources.place(span)));
        let line = format!("{place}{}", cause.reason.get(style.lang));
        page.sentence("      - ", "        ", Tone::Plain, &line);
        if let Some(span) = cause.span {
            page.quoted("        ", sources, span);
        }
    }
}

fn flows(page: &mut Page<'_>, finding: &Finding, style: &Style) {
    if finding.flows.flows.is_empty() {
        return;
    }
    label(
        page,
        &text!(
            "通信の範囲（送信元 → 宛先  サービス）",
            "what can travel (source → destination  service)"
        ),
    );
    let limit = if style.verbose { usize::MAX } else { SHORT };
    for line in view::flow_lines(&finding.flows, limit, style.lang) {
        page.sentence("      - ", "        ", Tone::Plain, &line);
    }
}

fn cuts(page: &mut Page<'_>, sources: &Sources, cuts: &[Cut], style: &Style) {
    if cuts.is_empty() {
        return;
    }
    label(
        page,
        &text!(
            "取り除けば経路がなくなる行の組（最小）",
            "smallest sets of lines whose removal ends it"
        ),
    );
    let limit = if style.verbose { usize::MAX } else { SHORT };
    for (index, cut) in cuts.iter().take(limit).enumerate() {
        let number = format!("({})", index + 1);
        page.row("      ", &[(Tone::Plain, number.as_str())]);
        for line in &cut.lines {
            blame_line(page, sources, "        ", line);
        }
        if !cut.breaks.is_empty() {
            let rules = cut.breaks.join(", ");
            let note = text!(
                "ただし、規則 {rules} が必要とする通信も止まります。",
                "but it also stops traffic that rule {rules} requires"
            );
            let note = page.say(&note).to_owned();
            page.text(10, &note);
        }
    }
    super::more(page, 6, cuts.len().saturating_sub(limit));
}

fn chains(page: &mut Page<'_>, sources: &Sources, chains: &[Chain], style: &Style) {
    if chains.is_empty() {
        return;
    }
    label(page, &text!("踏み台の連鎖", "chains of hosts"));
    let limit = if style.verbose { usize::MAX } else { SHORT };
    for chain in chains.iter().take(limit) {
        let depth = chain.steps.len();
        let mut names: Vec<&str> = chain.steps.iter().map(|step| step.from.as_str()).collect();
        names.extend(chain.steps.last().map(|step| step.to.as_str()));
        let names = names.join(" → ");
        let line = text!("深さ {depth}: {names}", "depth {depth}: {names}");
        let line = page.say(&line).to_owned();
        page.sentence("      - ", "        ", Tone::Strong, &line);
        for (index, step) in chain.steps.iter().enumerate() {
            let line = format!("{}. {} → {}  {}", index + 1, step.from, step.to, step.flow);
            page.sentence("        ", "           ", Tone::Plain, &line);
            for line in step.path.iter().flat_map(|hop| hop.lines.iter().map(move |l| (hop, l))) {
                step_line(page, sources, line, style);
            }
        }
    }
    super::more(page, 6, chains.len().saturating_sub(limit));
}

fn step_line(
    page: &mut Page<'_>,
    sources: &Sources,
    (hop, line): (&crate::finding::Hop, &crate::finding::HopLine),
    style: &Style,
) {
    let word = view::action_word(line.action);
    let place = line.span.map_or(String::new(), |span| format!("  {}", sources.place(span)));
    let text = format!("{} {} {}{place}", hop.device, word.get(style.lang), line.label);
    page.sentence("           ", "             ", Tone::Plain, &text);
}
