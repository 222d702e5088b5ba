//! What is to be said about wished connections: for a terminal, as a table for a spreadsheet, and for programs.

use super::pack::basis_line;
use super::page::{Page, Tone};
use super::{Style, escape, mirror, view};
use crate::scan::Loaded;
use crate::scan::wish::{Answer, Missing, Outcome, Stop};
use crate::text;
use crate::text::{Lang, Text};
use schemars::JsonSchema;
use serde::Serialize;

/// How many rules that were not asked are named.
const NAMED: usize = 8;

/// How answers are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WishFormat {
    /// For an engineer at a terminal.
    Terminal,
    /// One row a wish.
    Csv,
    /// Everything, for programs.
    Json,
}

/// The answers as text.
#[must_use]
pub fn wishes(loaded: &Loaded, answers: &[Answer], format: WishFormat, style: &Style) -> String {
    match format {
        WishFormat::Terminal => screen(loaded, answers, style),
        WishFormat::Csv => csv(loaded, answers, style.lang),
        WishFormat::Json => json(loaded, answers),
    }
}

fn word(outcome: Outcome) -> Text {
    match outcome {
        Outcome::Passes => text!("許可済み", "passes already"),
        Outcome::Forbidden => text!("方針違反", "forbidden"),
        Outcome::Stopped => text!("設定の追加が必要", "needs a line"),
        Outcome::Unclear => text!("確認不能", "unclear"),
    }
}

fn screen(loaded: &Loaded, answers: &[Answer], style: &Style) -> String {
    let mut page = Page::new(style);
    for answer in answers {
        one(&mut page, loaded, answer, style);
        page.blank();
    }
    page.finish()
}

fn one(page: &mut Page<'_>, loaded: &Loaded, answer: &Answer, style: &Style) {
    let wish = &answer.wish;
    let head = format!("{} → {}  {}  ", wish.from, wish.to, wish.service);
    let tone = match answer.outcome {
        Outcome::Passes => Tone::Good,
        Outcome::Forbidden => Tone::Bad,
        Outcome::Stopped => Tone::Plain,
        Outcome::Unclear => Tone::Doubt,
    };
    let said = word(answer.outcome);
    page.row("", &[(Tone::Strong, head.as_str()), (tone, said.get(style.lang))]);
    for rule in &answer.forbidden {
        let line = format!("{}  {}", rule.rule, rule.summary.get(style.lang));
        page.labelled(2, &text!("禁止する規則", "the rule"), &line);
        if let Some(basis) = &rule.basis {
            page.labelled(4, &text!("根拠", "basis"), &basis_line(basis, style.lang));
        }
    }
    for missing in &answer.missing {
        lacking(page, loaded, missing);
    }
    if !answer.unasked.is_empty() && answer.outcome != Outcome::Forbidden {
        let rules = answer.unasked.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>();
        let (rules, more) = (rules.join(", "), answer.unasked.len().saturating_sub(NAMED));
        let list = match more {
            0 => text!("{rules}", "{rules}"),
            _ => text!("{rules} ほか {more} 件", "{rules} and {more} more"),
        };
        let (ja, en) = (list.ja, list.en);
        let line = text!(
            "この通信そのものを禁止する規則だけを確かめました。踏み台、経由、ログなどの規則（{ja}）は、変更後に `sekisho check` で確かめてください。",
            "Only rules that forbid the connection itself were asked. Run `sekisho check` after the change for those about chains of hosts, ways, logs and the like: {en}."
        );
        let line = page.say(&line).to_owned();
        page.sentence("  ", "  ", Tone::Faint, &line);
    }
    if answer.outcome == Outcome::Forbidden && answer.missing.is_empty() {
        let line = text!("この通信は現在の設定ですでに通ります。", "It passes already.");
        let line = page.say(&line).to_owned();
        page.text(2, &line);
    }
}

fn lacking(page: &mut Page<'_>, loaded: &Loaded, missing: &Missing) {
    let sources = &loaded.sources;
    let flow = missing.flow.to_string();
    page.labelled(2, &text!("通らない例", "for example, this does not pass"), &flow);
    if missing.stops.is_empty() {
        let line = text!(
            "止める行はありません。経路か、読み取れない部分のために届くと言えません。",
            "no line stops it: it is a matter of routes, or of what is not known"
        );
        let line = page.say(&line).to_owned();
        page.text(4, &line);
    }
    for stop in &missing.stops {
        let place = stop.line.span.map_or(String::new(), |span| sources.place(span));
        let (device, label) = (&stop.hop.device, &stop.line.label);
        let line =
            text!("{device}: {label} が遮断  {place}", "{device}: stopped by {label}  {place}");
        let line = page.say(&line).to_owned();
        page.sentence("    - ", "      ", Tone::Plain, &line);
        if let Some(span) = stop.line.span {
            page.quoted("      ", sources, span);
        }
        if !stop.commands.is_empty() {
            let label = text!("追加する設定（例）:", "to add, for example:");
            let label = page.say(&label).to_owned();
            page.row("      ", &[(Tone::Plain, label.as_str())]);
        }
        for command in &stop.commands {
            page.row("        ", &[(Tone::Plain, command)]);
        }
        if !stop.commands.is_empty() {
            let line = text!(
                "遮断している行より前に置いてください。",
                "It has to stand before the line that stops it."
            );
            let line = page.say(&line).to_owned();
            page.text(6, &line);
        }
    }
}

fn csv(loaded: &Loaded, answers: &[Answer], lang: Lang) -> String {
    let head = text!(
        "送信元,宛先,サービス,結果,禁止する規則,遮断する機器と行",
        "from,to,service,result,forbidden by,stopped by"
    );
    let mut out = format!("\u{feff}{}\r\n", head.get(lang));
    for answer in answers {
        let rules: Vec<&str> = answer.forbidden.iter().map(|rule| rule.rule.as_str()).collect();
        let stops = answer.missing.iter().flat_map(|missing| &missing.stops);
        let stops = stops.map(|stop| {
            let place = stop.line.span.map(|span| loaded.sources.place(span));
            format!("{} {} {}", stop.hop.device, stop.line.label, place.unwrap_or_default())
        });
        let stops: Vec<String> = stops.collect();
        let cells = [
            answer.wish.from.as_str(),
            &answer.wish.to,
            &answer.wish.service,
            word(answer.outcome).get(lang),
            &rules.join(" / "),
            &stops.join(" / "),
        ]
        .map(escape::csv);
        out.push_str(&cells.join(","));
        out.push_str("\r\n");
    }
    out
}

#[derive(Serialize, JsonSchema)]
struct AnswersJson<'a> {
    schema: &'static str,
    answers: Vec<AnswerJson<'a>>,
}

#[derive(Serialize, JsonSchema)]
struct AnswerJson<'a> {
    from: &'a str,
    to: &'a str,
    service: &'a str,
    /// `passes`, `forbidden`, `stopped` or `unclear`.
    outcome: &'static str,
    forbidden: Vec<&'a str>,
    missing: Vec<MissingJson<'a>>,
    /// Rules that may fall by such a connection and do not forbid it themselves: `check` asks them.
    unasked: &'a [String],
}

#[derive(Serialize, JsonSchema)]
struct MissingJson<'a> {
    family: mirror::FamilyWord,
    flow: mirror::FlowJson,
    stops: Vec<StopJson<'a>>,
}

#[derive(Serialize, JsonSchema)]
struct StopJson<'a> {
    device: &'a str,
    label: &'a str,
    file: Option<String>,
    line: Option<u32>,
    commands: &'a [String],
}

/// The value of `schema` in the output.
const SCHEMA_ID: &str = "sekisho/request/1";

/// The JSON Schema (2020-12) of answers for programs.
#[must_use]
pub fn wish_schema() -> serde_json::Value {
    super::json::of::<AnswersJson<'static>>(SCHEMA_ID)
}

fn json(loaded: &Loaded, answers: &[Answer]) -> String {
    let answers: Vec<AnswerJson<'_>> = answers.iter().map(|one| answer_json(loaded, one)).collect();
    let whole = AnswersJson { schema: SCHEMA_ID, answers };
    escape::json(&serde_json::to_string_pretty(&whole).unwrap_or_default()) + "\n"
}

fn answer_json<'a>(loaded: &Loaded, answer: &'a Answer) -> AnswerJson<'a> {
    let missing = |one: &'a Missing| MissingJson {
        family: mirror::family_word(one.family),
        flow: mirror::flow(&one.flow),
        stops: one.stops.iter().map(|stop| stop_json(loaded, stop)).collect(),
    };
    AnswerJson {
        from: &answer.wish.from,
        to: &answer.wish.to,
        service: &answer.wish.service,
        outcome: answer.outcome.id(),
        forbidden: answer.forbidden.iter().map(|rule| rule.rule.as_str()).collect(),
        missing: answer.missing.iter().map(missing).collect(),
        unasked: &answer.unasked,
    }
}

fn stop_json<'a>(loaded: &Loaded, stop: &'a Stop) -> StopJson<'a> {
    let quote = stop.line.span.map(|span| view::quote(&loaded.sources, span));
    StopJson {
        device: &stop.hop.device,
        label: &stop.line.label,
        file: quote.as_ref().map(|quote| quote.file.clone()),
        line: quote.map(|quote| quote.line),
        commands: &stop.commands,
    }
}
