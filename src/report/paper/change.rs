//! 前回からの変化, and the chapters of a paper on a change.

use super::matter::{Matter, marked};
use super::{Block, Chapter};
use crate::diff::{Change, Diff, Outcome, PairChange};
use crate::finding::{Finding, Novelty, Verdict, catalogue};
use crate::report::view;
use crate::text;
use crate::text::Text;

/// Flows that are listed of one change.
const FLOWS: usize = 8;

/// 前回からの変化 as one chapter of an audit.
pub(super) fn since(matter: &Matter<'_>) -> Chapter {
    let request = matter
        .field(&text!("変更申請との突合", "change requests"), matter.input.details.request.clone());
    let mut blocks = match matter.input.before {
        None => vec![matter.paragraph(&text!(
            "前回の設定が示されていないため、比較していない（--before で前回の設定を示すと、ここに変化が記載される）。",
            "No earlier state was given, so nothing was compared (--before names one)."
        ))],
        Some(diff) => vec![
            matter.paragraph(&said(diff)),
            pairs_table(matter, diff),
            matter.heading(&text!("判定の変化", "Verdicts that changed")),
            verdict_table(matter, diff),
            matter.heading(&text!("解消した指摘", "Findings that are gone")),
            gone_table(matter, diff),
        ],
    };
    blocks.push(Block::Fields(vec![request]));
    Chapter::new(matter.say(&text!("前回からの変化", "Since the last time")), blocks)
}

/// The result of a change on a page of its own.
pub(super) fn summary(matter: &Matter<'_>) -> Chapter {
    let title = matter.say(&text!("総合所見", "Overall opinion"));
    let Some(diff) = matter.input.before else { return Chapter::alone(title, Vec::new()) };
    let word = match diff.outcome() {
        Outcome::Same => text!("同等（変化なし）", "same"),
        Outcome::Different => text!("相違（変化あり）", "different"),
        Outcome::Unclear => text!("確認不能", "unclear"),
    };
    let (new, gone) = diff.findings();
    let worse = diff.verdicts.iter().filter(|change| change.new > change.old).count();
    let better = diff.verdicts.iter().filter(|change| change.new < change.old).count();
    let value = |text: Text| Some(matter.say(&text));
    let mut fields = vec![
        matter.field(&text!("比較の結果", "result"), Some(matter.say(&word))),
        matter.field(
            &text!("判定の変化", "verdicts"),
            value(text!("悪化 {worse}　改善 {better}", "{worse} worse, {better} better")),
        ),
        matter.field(
            &text!("指摘の変化", "findings"),
            value(text!("新規・拡大 {new}　解消 {gone}", "{new} new or enlarged, {gone} gone")),
        ),
    ];
    if !diff.confirmed {
        let note = text!(
            "2つの判定方式の結果が食い違った。この比較は信頼できない。",
            "The two judges disagree; this comparison cannot be trusted."
        );
        fields.push(matter.field(&text!("注意", "note"), Some(matter.say(&note))));
    }
    fields.push(matter.field(&text!("変更申請との突合（申請どおりか）", "as requested"), None));
    let remarks = Block::Remarks(matter.say(&text!("確認者の所見", "Remarks")));
    Chapter::alone(title, vec![matter.paragraph(&said(diff)), Block::Fields(fields), remarks])
}

fn said(diff: &Diff) -> Text {
    let compared = diff.compared;
    let opened = diff.pairs.iter().filter(|pair| pair.opened.is_some()).count();
    let closed = diff.pairs.iter().filter(|pair| pair.closed.is_some()).count();
    let unclear = diff.pairs.iter().filter(|pair| !pair.unclear.flows.is_empty()).count();
    match diff.outcome() {
        Outcome::Same => text!(
            "送信元と宛先の組 {compared} 組のすべてで、接続を開始できる通信は前後で同じである。",
            "In all {compared} pairs of source and destination the same packets can open a connection before and after."
        ),
        Outcome::Unclear if unclear == 0 => crate::report::diff::hours_line(),
        _ => text!(
            "送信元と宛先の組 {compared} 組のうち、新たに通るようになった組は {opened}、通らなくなった組は {closed}、前後とも確認できない組は {unclear} である。",
            "Of {compared} pairs of source and destination: {opened} where packets newly pass, {closed} where they no longer do, {unclear} unclear."
        ),
    }
}

/// 通信の変化.
pub(super) fn pairs(matter: &Matter<'_>) -> Chapter {
    let title = matter.say(&text!("通信の変化", "Traffic that changed"));
    let table = matter.input.before.map(|diff| pairs_table(matter, diff));
    Chapter::new(title, table.into_iter().collect())
}

/// 判定の変化.
pub(super) fn verdicts(matter: &Matter<'_>) -> Chapter {
    let title = matter.say(&text!("判定の変化", "Verdicts that changed"));
    let table = matter.input.before.map(|diff| verdict_table(matter, diff));
    Chapter::new(title, table.into_iter().collect())
}

/// 解消した指摘.
pub(super) fn gone(matter: &Matter<'_>) -> Chapter {
    let title = matter.say(&text!("解消した指摘", "Findings that are gone"));
    let table = matter.input.before.map(|diff| gone_table(matter, diff));
    Chapter::new(title, table.into_iter().collect())
}

fn pairs_table(matter: &Matter<'_>, diff: &Diff) -> Block {
    let heads = [
        (text!("送信元 → 宛先", "from → to"), 6),
        (text!("種別", "family"), 2),
        (text!("変化", "change"), 3),
        (text!("通信", "traffic"), 8),
        (text!("該当する行", "lines"), 6),
    ];
    let none = text!("通信の変化はない。", "No traffic changed.");
    matter.table(&heads, pair_rows(matter, diff), &none)
}

/// One row for what opened, closed or stays unclear between a pair of zones.
pub(super) fn pair_rows(matter: &Matter<'_>, diff: &Diff) -> Vec<Vec<String>> {
    let mut out = Vec::new();
    for pair in &diff.pairs {
        let opened = pair.opened.as_ref().map(|change| (change, true));
        let closed = pair.closed.as_ref().map(|change| (change, false));
        for (change, opened) in opened.into_iter().chain(closed) {
            let word = match (opened, change.sure) {
                (true, true) => text!("新たに通る", "newly passes"),
                (true, false) => text!("新たに通り得る", "may newly pass"),
                (false, true) => text!("通らなくなった", "no longer passes"),
                (false, false) => text!("通り得なくなった", "may no longer pass"),
            };
            let traffic = flows(matter, &change.flows);
            out.push(row(matter, pair, &word, traffic, lines(diff, change, opened)));
        }
        if !pair.unclear.flows.is_empty() {
            let traffic = flows(matter, &pair.unclear);
            out.push(row(matter, pair, &text!("確認不能", "unclear"), traffic, Vec::new()));
        }
    }
    out
}

fn row(
    matter: &Matter<'_>,
    pair: &PairChange,
    word: &Text,
    traffic: String,
    lines: Vec<String>,
) -> Vec<String> {
    let ends = format!("{} → {}", matter.zone(&pair.from), matter.zone(&pair.to));
    vec![ends, pair.family.id().to_owned(), matter.say(word), traffic, lines.join("\n")]
}

fn flows(matter: &Matter<'_>, list: &crate::finding::FlowList) -> String {
    if !matter.input.redact {
        return view::flow_lines(list, FLOWS, matter.input.lang).join("\n");
    }
    let mut services: Vec<&str> = Vec::new();
    for cube in &list.flows {
        if !services.contains(&cube.service.as_str()) {
            services.push(&cube.service);
        }
    }
    services.join(", ")
}

/// Where the lines stand that let the examples pass, and those that stop them on the other side.
fn lines(diff: &Diff, change: &Change, opened: bool) -> Vec<String> {
    use crate::finding::HopAction::{Deny, MayPermit, Permit};
    let (there, other) = if opened { (&diff.new, &diff.old) } else { (&diff.old, &diff.new) };
    let mut out: Vec<String> = Vec::new();
    for example in &change.examples {
        let sides = [(&example.passes, there, true), (&example.stops, other, false)];
        for (hops, scan, passes) in sides {
            for line in hops.iter().flat_map(|hop| &hop.lines) {
                let wanted = match line.action {
                    Permit | MayPermit => passes,
                    Deny => !passes,
                    _ => false,
                };
                let place = line.span.map(|span| scan.loaded.sources.place(span));
                let place = place.filter(|_| wanted);
                out.extend(place.filter(|place| !out.contains(place)));
            }
        }
    }
    out
}

fn verdict_table(matter: &Matter<'_>, diff: &Diff) -> Block {
    let word = |verdict: Option<Verdict>| match verdict {
        Some(verdict) => marked(verdict, &matter.say(&verdict.word())),
        None => matter.say(&text!("規則なし", "no such rule")),
    };
    let rows = diff.verdicts.iter().map(|change| {
        let rules = matter.input.scan.verdicts.iter();
        let summary = rules.clone().find(|verdict| verdict.rule == change.rule);
        let summary = summary.map(|verdict| matter.say(&verdict.summary)).unwrap_or_default();
        vec![change.rule.clone(), summary, word(change.old), word(change.new)]
    });
    let heads = [
        (text!("規則", "rule"), 4),
        (text!("内容", "what it says"), 8),
        (text!("変更前", "before"), 3),
        (text!("変更後", "after"), 3),
    ];
    matter.table(&heads, rows.collect(), &text!("判定の変化はない。", "No verdict changed."))
}

fn gone_table(matter: &Matter<'_>, diff: &Diff) -> Block {
    let gone = diff.old.findings.iter().filter(|finding| finding.novelty == Some(Novelty::New));
    let rows = gone.map(|finding| gone_row(matter, diff, finding));
    let heads = [
        (text!("識別子", "fingerprint"), 4),
        (text!("規則", "rule"), 4),
        (text!("区分", "kind"), 4),
        (text!("前回の発見事実", "what was found before"), 8),
    ];
    matter.table(&heads, rows.collect(), &text!("解消した指摘はない。", "No finding is gone."))
}

fn gone_row(matter: &Matter<'_>, diff: &Diff, finding: &Finding) -> Vec<String> {
    let title = matter.say(&catalogue::title(finding.kind));
    let fact = match matter.input.redact {
        false => matter.say(&finding.message),
        true => {
            let place = view::place(&diff.old, finding);
            let place = place.map(|span| diff.old.loaded.sources.place(span));
            place.unwrap_or_default()
        }
    };
    vec![finding.fingerprint.clone(), finding.rule.clone(), title, fact]
}
