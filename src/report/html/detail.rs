//! One finding with everything that proves it.

use maud::{Markup, html};

use super::chapter::numbered;
use super::piece::{Writer, class};
use crate::finding::{Blame, Chain, Cut, Finding, catalogue};
use crate::report::pack::basis_line;
use crate::report::view;
use crate::text;

/// Findings that are told in full.
const TOLD: usize = 20_000;
/// Chains and cut sets that are shown of one finding.
const SHORT: usize = 8;

pub(super) fn findings(writer: &Writer<'_>) -> Markup {
    let all: Vec<(usize, &Finding)> = numbered(writer).collect();
    let left = all.len().saturating_sub(TOLD);
    html! {
        @if all.is_empty() { p { (writer.say(&text!("指摘事項はありません。", "There is no finding."))) } }
        @else { p.search hidden { label { (writer.say(&text!("絞り込み", "filter"))) " " input type="search" id="search"; } } }
        @for (number, finding) in all.into_iter().take(TOLD) { (told(writer, number, finding)) }
        @if left > 0 { p { (writer.say(&text!(
            "ほか {left} 件は省略しました。全件は --format json にあります。",
            "{left} more are left out here; --format json has all of them."
        ))) } }
    }
}

fn told(writer: &Writer<'_>, number: usize, finding: &Finding) -> Markup {
    let family = finding.family.map_or(String::new(), |family| format!(" ({})", family.id()));
    html! {
        article id={ "f-" (number) } class={ "finding row-" (class(finding.verdict)) } tabindex="-1" {
            h3 {
                span.number { (number) } " " (writer.verdict(finding.verdict)) " "
                span class={ "severity " (finding.severity.id()) } { (writer.say(&finding.severity.word())) } " "
                (writer.say(&catalogue::title(finding.kind)))
            }
            p.meta {
                code { (finding.rule) } " · " code { (finding.kind.id()) }
                @if let Some(pair) = view::pair(finding) { " · " (pair) (family) }
                @if let Some(novelty) = finding.novelty { " · " (writer.say(&novelty.word())) }
                @if !finding.fingerprint.is_empty() { " · " code.hash { (finding.fingerprint) } }
            }
            p.message { (writer.say(&finding.message)) }
            @for detail in &finding.details { p { (writer.say(detail)) } }
            (also(writer, finding))
            (proof(writer, finding))
            (rest(writer, finding))
        }
    }
}

fn also(writer: &Writer<'_>, finding: &Finding) -> Markup {
    let pairs = finding.also.iter().map(|(from, to)| html! { li { (from) " → " (to) } });
    let list =
        html! { @if !finding.also.is_empty() { ul.pairs { @for pair in pairs { (pair) } } } };
    writer.labelled(&text!("同じ行で開く、ほかの組", "Other pairs that the same lines open"), &list)
}

/// The packet, its path, the lines, and what keeps it open.
fn proof(writer: &Writer<'_>, finding: &Finding) -> Markup {
    let ends = (finding.from.as_deref().unwrap_or("?"), finding.to.as_deref().unwrap_or("?"));
    let witness = html! { @if let Some(flow) = &finding.witness {
        p { code { (flow.to_string()) } @if let Some(back) = finding.round_trip { " " (writer.say(&view::reply(back))) } }
    } };
    let path = html! { @if !finding.path.is_empty() { (writer.path(ends, &finding.path)) } };
    let causes = html! { @if !finding.causes.is_empty() { ul { @for cause in &finding.causes { li {
        (writer.say(&cause.reason))
        @if let Some(span) = cause.span { (writer.quoted(span)) }
    } } } } };
    html! {
        (writer.labelled(&text!("証拠パケット", "Witness"), &witness))
        (writer.labelled(&text!("経路", "Path"), &path))
        (writer.labelled(&text!("機器での確認", "To confirm on the devices"), &confirmations(writer, finding)))
        (writer.labelled(&text!("踏み台の連鎖", "Chains of hosts"), &chains(writer, &finding.chains)))
        (writer.labelled(&text!("原因の行", "Blamed lines"), &blames(writer, finding)))
        (writer.labelled(&text!("確認不能の原因", "What keeps it undetermined"), &causes))
    }
}

/// How the devices themselves are asked about the witness.
fn confirmations(writer: &Writer<'_>, finding: &Finding) -> Markup {
    let loaded = &writer.scan.loaded;
    let all = view::confirmations(loaded, &finding.path, finding.witness.as_ref());
    html! { @if !all.is_empty() { ul { @for (device, command) in all { li { b { (device) } " " code { (command) } } } } } }
}

/// What can travel, what would end it, and why it matters.
fn rest(writer: &Writer<'_>, finding: &Finding) -> Markup {
    let flows = html! { @if !finding.flows.flows.is_empty() { (writer.flows(&finding.flows)) } };
    let schedule = finding.schedule.as_ref().map(|name| {
        text!("スケジュール「{name}」の時間帯に限ります。", "only within schedule `{name}`")
    });
    html! {
        (writer.labelled(&text!("通信の範囲（送信元 → 宛先  サービス）", "What can travel (source → destination  service)"), &flows))
        (writer.labelled(&text!("取り除けば経路がなくなる行の組（最小）", "Smallest sets of lines whose removal ends it"), &cuts(writer, &finding.cuts)))
        @if let Some(schedule) = schedule { p { (writer.say(&schedule)) } }
        @if let Some(advice) = &finding.advice { div.advice { h4 { (writer.say(&text!("対処", "What to do"))) } p { (writer.say(advice)) } } }
        @if let Some(basis) = &finding.basis { p.basis { (writer.say(&text!("根拠", "Basis"))) ": " (basis_line(basis, writer.lang)) } }
        @if !finding.requirements.is_empty() { p.basis { (writer.say(&text!("要求事項", "Requirements"))) ": " (finding.requirements.join(", ")) } }
    }
}

/// The lines to blame; those that the path quotes are named only.
fn blames(writer: &Writer<'_>, finding: &Finding) -> Markup {
    let through = |blame: &Blame| {
        let chain = blame.through.join(" ∋ ");
        text!("（{chain} を通じて）", " (through {chain})")
    };
    let on_path = |blame: &Blame| {
        finding.path.iter().flat_map(|hop| &hop.lines).any(|line| line.span == Some(blame.span))
    };
    html! { @if !finding.blame.is_empty() { ul.blame { @for blame in &finding.blame { li {
        b { (blame.device) } " " (blame.label)
        @if !blame.through.is_empty() { (writer.say(&through(blame))) }
        @if on_path(blame) { "  " span.place { (writer.place(blame.span)) } } @else { (writer.quoted(blame.span)) }
    } } } } }
}

fn cuts(writer: &Writer<'_>, cuts: &[Cut]) -> Markup {
    let left = cuts.len().saturating_sub(SHORT);
    let breaks = |cut: &Cut| {
        let rules = cut.breaks.join(", ");
        text!(
            "ただし、規則 {rules} が必要とする通信も止まります。",
            "But it also stops traffic that rule {rules} requires."
        )
    };
    html! { @if !cuts.is_empty() {
        ol.cuts { @for cut in cuts.iter().take(SHORT) { li {
            @for line in &cut.lines { div { b { (line.device) } " " (line.label) " " span.place { (writer.place(line.span)) } } }
            @if !cut.breaks.is_empty() { p { (writer.say(&breaks(cut))) } }
        } } }
        @if left > 0 { p { (writer.say(&text!("ほか {left} 件", "{left} more"))) } }
    } }
}

fn chains(writer: &Writer<'_>, chains: &[Chain]) -> Markup {
    let left = chains.len().saturating_sub(SHORT);
    html! { @if !chains.is_empty() {
        @for chain in chains.iter().take(SHORT) { (chain_of(writer, chain)) }
        @if left > 0 { p { (writer.say(&text!("ほか {left} 件", "{left} more"))) } }
    } }
}

fn chain_of(writer: &Writer<'_>, chain: &Chain) -> Markup {
    let depth = chain.steps.len();
    let mut names: Vec<&str> = chain.steps.iter().map(|step| step.from.as_str()).collect();
    names.extend(chain.steps.last().map(|step| step.to.as_str()));
    html! {
        details.chain open[depth <= 2] {
            summary { (writer.say(&text!("{depth} 段", "{depth} steps"))) ": " b { (names.join(" → ")) } }
            @for step in &chain.steps {
                p { code { (step.flow.to_string()) } }
                (writer.path((step.from.as_str(), step.to.as_str()), &step.path))
            }
        }
    }
}
