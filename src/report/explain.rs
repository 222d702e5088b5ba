//! Why one zone reaches another, or does not: the sentence, the path with its lines, and the flows.

use super::page::{Page, Tone};
use super::passage::{Passage, passage};
use super::{Style, escape, mirror, path, view};
use crate::scan::{ExplainedCase, Explanation, Loaded};
use crate::text;
use crate::text::Text;
use serde::Serialize;

#[derive(Serialize)]
struct ExplanationJson {
    from: String,
    to: String,
    service: Option<String>,
    cases: Vec<CaseJson>,
}

#[derive(Serialize)]
struct CaseJson {
    family: mirror::FamilyWord,
    passage: &'static str,
    must: Vec<mirror::CubeJson>,
    must_omitted: u64,
    may: Vec<mirror::CubeJson>,
    may_omitted: u64,
    witness: Option<mirror::FlowJson>,
    path: Vec<mirror::HopJson>,
    causes: Vec<mirror::CauseJson>,
}

/// The explanation as text, or as JSON.
#[must_use]
pub fn explain(loaded: &Loaded, explanation: &Explanation, json: bool, style: &Style) -> String {
    if json { as_json(loaded, explanation) } else { as_text(loaded, explanation, style) }
}

fn word(case: &ExplainedCase) -> Passage {
    passage(&case.must, &case.may, case.everything)
}

fn as_json(loaded: &Loaded, explanation: &Explanation) -> String {
    let case = |case: &ExplainedCase| CaseJson {
        family: mirror::family_word(case.family),
        passage: word(case).id(),
        must: mirror::cubes(&case.must),
        must_omitted: case.must.omitted,
        may: mirror::cubes(&case.may),
        may_omitted: case.may.omitted,
        witness: case.witness.as_ref().map(mirror::flow),
        path: mirror::path(&loaded.sources, &case.path),
        causes: mirror::causes(&loaded.sources, &case.causes),
    };
    let all = ExplanationJson {
        from: explanation.from.clone(),
        to: explanation.to.clone(),
        service: explanation.service.clone(),
        cases: explanation.cases.iter().map(case).collect(),
    };
    escape::json(&serde_json::to_string_pretty(&all).unwrap_or_default()) + "\n"
}

fn as_text(loaded: &Loaded, explanation: &Explanation, style: &Style) -> String {
    let mut page = Page::new(style);
    if explanation.cases.is_empty() {
        let none = text!(
            "どちらかの端にアドレスがないため、確かめるものがありません。",
            "One of the ends has no address, so there is nothing to look at."
        );
        let none = page.say(&none).to_owned();
        page.text(0, &none);
    }
    for case in &explanation.cases {
        one_case(&mut page, loaded, explanation, case, style);
        page.blank();
    }
    page.finish()
}

fn one_case(
    page: &mut Page<'_>,
    loaded: &Loaded,
    explanation: &Explanation,
    case: &ExplainedCase,
    style: &Style,
) {
    let word = word(case);
    let line = sentence(explanation, case, word);
    page.sentence("", "  ", Tone::Strong, line.get(style.lang));
    if let Some(flow) = &case.witness {
        let label = if word == Passage::None {
            text!("遮断されるパケットの例", "a packet that is stopped")
        } else {
            text!("証拠パケット", "witness")
        };
        page.labelled(2, &label, &flow.to_string());
    }
    if !case.path.is_empty() {
        let ends = (explanation.from.as_str(), explanation.to.as_str());
        path::draw(page, &loaded.sources, ends, &case.path, style);
    }
    let surely = (text!("確実に通る", "surely passes"), &case.must);
    let perhaps = (text!("通る可能性がある", "may pass"), &case.may);
    let both = [Some(surely), Some(perhaps).filter(|_| case.may != case.must)];
    for (label, list) in both.into_iter().flatten() {
        if list.flows.is_empty() {
            continue;
        }
        let label = format!("{}:", page.say(&label));
        page.row("  ", &[(Tone::Plain, &label)]);
        let limit = if style.verbose { usize::MAX } else { 10 };
        for line in view::flow_lines(list, limit, style.lang) {
            page.sentence("    - ", "      ", Tone::Plain, &line);
        }
    }
    for cause in &case.causes {
        let place = cause.span.map_or(String::new(), |s| loaded.sources.place(s) + ": ");
        let text = format!("{place}{}", cause.reason.get(style.lang));
        page.labelled(2, &text!("確認不能の原因", "what keeps it undetermined"), &text);
    }
}

fn sentence(explanation: &Explanation, case: &ExplainedCase, word: Passage) -> Text {
    let (from, to) = (&explanation.from, &explanation.to);
    let family = case.family.name();
    let (service_ja, service_en) = match &explanation.service {
        Some(service) => (format!("の {service} "), format!(" for {service}")),
        None => (String::new(), String::new()),
    };
    match word {
        Passage::All => text!(
            "{family}: {from} から {to} へ{service_ja}は、すべて通ります。",
            "{family}: everything passes from {from} to {to}{service_en}."
        ),
        Passage::Some => text!(
            "{family}: {from} から {to} へ{service_ja}は、一部が通ります。",
            "{family}: some of it passes from {from} to {to}{service_en}."
        ),
        Passage::SomePerhapsMore => text!(
            "{family}: {from} から {to} へ{service_ja}は、一部が通り、それ以外も通る可能性があります。",
            "{family}: some of it passes from {from} to {to}{service_en}, and more may."
        ),
        Passage::Unknown => text!(
            "{family}: {from} から {to} へ{service_ja}は、通るかどうか確認できません。",
            "{family}: whether anything passes from {from} to {to}{service_en} cannot be told."
        ),
        Passage::None => text!(
            "{family}: {from} から {to} へ{service_ja}は、何も通りません。",
            "{family}: nothing passes from {from} to {to}{service_en}."
        ),
    }
}
