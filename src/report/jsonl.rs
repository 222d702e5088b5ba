//! Everything, one JSON object a line, so that a program need not hold the whole: what is known of the scan first, then every
//! verdict, every finding and everything that waivers excuse. `type` says which; the other names are those of the JSON report.

use super::mirror::{beside, inputs};
use super::{escape, mirror};
use crate::scan::Scan;
use schemars::JsonSchema;
use serde::Serialize;

/// The value of `schema` in the first line.
const SCHEMA_ID: &str = "sekisho/lines/1";

/// One line.
#[derive(Serialize, JsonSchema)]
#[serde(tag = "type", rename_all = "lowercase")]
enum Line<'s> {
    Summary(Head<'s>),
    Verdict(&'s mirror::VerdictJson),
    Finding(&'s mirror::FindingJson),
    Waived(&'s beside::WaivedJson),
}

/// What the JSON report says beside its three long lists.
#[derive(Serialize, JsonSchema)]
struct Head<'s> {
    schema: &'static str,
    tool: &'s mirror::ToolJson,
    name: &'s str,
    summary: &'s mirror::SummaryJson,
    inputs: &'s [inputs::InputJson],
    coverage: &'s inputs::CoverageJson,
    baseline: Option<&'s beside::ComparisonJson>,
    packs: &'s [mirror::PackJson],
    not_applicable: &'s [mirror::NotApplicableJson],
}

/// The JSON Schema (2020-12) of one line.
#[must_use]
pub fn lines_schema() -> serde_json::Value {
    schemars::schema_for!(Line<'static>).to_value()
}

pub(super) fn render(scan: &Scan) -> String {
    let whole = mirror::scan(scan, SCHEMA_ID);
    let head = Head {
        schema: whole.schema,
        tool: &whole.tool,
        name: &whole.name,
        summary: &whole.summary,
        inputs: &whole.inputs,
        coverage: &whole.coverage,
        baseline: whole.baseline.as_ref(),
        packs: &whole.packs,
        not_applicable: &whole.not_applicable,
    };
    let lines = std::iter::once(Line::Summary(head))
        .chain(whole.verdicts.iter().map(Line::Verdict))
        .chain(whole.findings.iter().map(Line::Finding))
        .chain(whole.waived.iter().map(Line::Waived));
    lines.map(|line| line.written()).collect()
}

impl Line<'_> {
    fn written(&self) -> String {
        // Serialising to memory fails for none of these types, as in the JSON report.
        escape::json(&serde_json::to_string(self).unwrap_or_default()) + "\n"
    }
}
