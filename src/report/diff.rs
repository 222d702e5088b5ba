//! What changed between two states: for a terminal, as a card for a change request, and for programs.

mod card;
mod data;
mod page;
mod screen;

pub use data::diff_schema;

use super::{Style, escape, view};
use crate::diff::{Diff, Example, Outcome};
use crate::finding::{Hop, HopAction, HopLine, is_stopped};
use crate::scan::Scan;
use crate::text;
use crate::text::Text;

/// How a difference is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DiffFormat {
    /// For an engineer at a terminal.
    Terminal,
    /// A card for a pull request.
    Markdown,
    /// One page for people.
    Html,
    /// Everything, for programs.
    Json,
}

/// The difference as text. `addresses` says whether a card names any.
#[must_use]
pub fn diff(diff: &Diff, format: DiffFormat, addresses: bool, style: &Style) -> String {
    match format {
        DiffFormat::Terminal => screen::screen(diff, style),
        DiffFormat::Markdown => card::card(diff, addresses, style.lang),
        DiffFormat::Html => page::page(diff, style),
        DiffFormat::Json => data::data(diff),
    }
}

/// The result in one word.
fn outcome_word(outcome: Outcome) -> Text {
    match outcome {
        Outcome::Same => text!("同等", "same"),
        Outcome::Different => text!("相違", "different"),
        Outcome::Unclear => text!("確認不能", "unclear"),
    }
}

/// The result in a sentence.
fn outcome_line(diff: &Diff) -> Text {
    let compared = diff.compared;
    let opened = diff.pairs.iter().filter(|pair| pair.opened.is_some()).count();
    let closed = diff.pairs.iter().filter(|pair| pair.closed.is_some()).count();
    let doubted = |pair: &&crate::diff::PairChange| !pair.unclear.flows.is_empty();
    let unclear = diff.pairs.iter().filter(doubted).count();
    match diff.outcome() {
        Outcome::Unclear if unclear == 0 => hours_line(),
        Outcome::Same => text!(
            "送信元と宛先の組 {compared} 組のすべてで、接続を開始できる通信は変更の前後で同じです。",
            "In all {compared} pairs of source and destination the same packets can open a connection before and after."
        ),
        Outcome::Different => text!(
            "送信元と宛先の組 {compared} 組のうち、新たに通るようになった組 {opened}・通らなくなった組 {closed}・確認不能 {unclear}。",
            "Of {compared} pairs of source and destination: {opened} where packets newly pass, {closed} where they no longer do, {unclear} unclear."
        ),
        Outcome::Unclear => text!(
            "送信元と宛先の組 {compared} 組に変化は見つかりませんが、{unclear} 組は読み取れない部分次第のため、同じとは言えません。",
            "No change was found in {compared} pairs of source and destination, but {unclear} depend on what is not known, so they cannot be called the same."
        ),
    }
}

/// Why two states whose packets are the same are not.
pub(super) fn hours_line() -> Text {
    text!(
        "時間帯を限って許可する行が変わったため、同じとは言えません。`--at` で時刻を指定すると、その時刻で比べられます。",
        "Lines that permit at some hours only differ, so the two cannot be called the same; `--at` compares them at one moment."
    )
}

/// What opened or closed, in words. `sure` says that some of it surely passes on its side.
fn change_word(opened: bool, sure: bool) -> Text {
    match (opened, sure) {
        (true, true) => text!("新たに通る", "newly passes"),
        (true, false) => text!("新たに通り得る", "may newly pass"),
        (false, true) => text!("通らなくなった", "no longer passes"),
        (false, false) => text!("通り得なくなった", "may no longer pass"),
    }
}

/// The lines of an example that decide, with the scan whose files hold them: those that let it pass, then the one that stops it.
fn deciding<'d>(
    diff: &'d Diff,
    example: &'d Example,
    opened: bool,
) -> Vec<(bool, &'d Scan, &'d Hop, &'d HopLine)> {
    let of = |hops: &'d [Hop], wanted: &'static [HopAction], after: bool| {
        let scan = if after { &diff.new } else { &diff.old };
        let lines = hops.iter().flat_map(|hop| hop.lines.iter().map(move |line| (hop, line)));
        let wanted = lines.filter(move |(_, line)| wanted.contains(&line.action));
        wanted.map(move |(hop, line)| (after, scan, hop, line))
    };
    let passes = of(&example.passes, &[HopAction::Permit, HopAction::MayPermit], opened);
    let stops = of(&example.stops, &[HopAction::Deny], !opened);
    passes.chain(stops).collect()
}

/// Where an example ends on the side on which it does not pass, when no line says it: the last device on its way.
fn end_of_way(example: &Example) -> Option<&Hop> {
    example.stops.last().filter(|_| !is_stopped(&example.stops))
}

/// Before or after.
fn side_word(after: bool) -> Text {
    if after { text!("変更後", "after") } else { text!("変更前", "before") }
}
