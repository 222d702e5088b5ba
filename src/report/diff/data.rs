//! Everything, for programs: `sekisho/diff/1`.

use schemars::JsonSchema;
use serde::Serialize;

use super::escape;
use crate::diff::{Change, Diff, Example, PairChange};
use crate::finding::{Finding, Novelty, Verdict};
use crate::report::json;
use crate::report::mirror::{self, CubeJson, FamilyWord, FindingJson, FlowJson, HopJson};
use crate::scan::Scan;

#[derive(Serialize, JsonSchema)]
struct DiffJson {
    schema: &'static str,
    /// `same`, `different` or `unclear`.
    outcome: &'static str,
    pairs_compared: usize,
    pairs: Vec<PairJson>,
    /// Whether lines that permit at some hours only differ, and no moment was given.
    hours_differ: bool,
    verdicts: Vec<VerdictJson>,
    findings_new: Vec<FindingJson>,
    findings_gone: Vec<FindingJson>,
}

#[derive(Serialize, JsonSchema)]
struct PairJson {
    from: String,
    to: String,
    family: FamilyWord,
    opened: Option<ChangeJson>,
    closed: Option<ChangeJson>,
    unclear: Vec<CubeJson>,
    unclear_omitted: u64,
}

#[derive(Serialize, JsonSchema)]
struct ChangeJson {
    sure: bool,
    flows: Vec<CubeJson>,
    flows_omitted: u64,
    examples: Vec<ExampleJson>,
}

#[derive(Serialize, JsonSchema)]
struct ExampleJson {
    flow: FlowJson,
    /// The way on the side on which it passes.
    passes: Vec<HopJson>,
    /// The way on the other side.
    stops: Vec<HopJson>,
}

#[derive(Serialize, JsonSchema)]
struct VerdictJson {
    rule: String,
    old: Option<&'static str>,
    new: Option<&'static str>,
}

/// The value of `schema` in the output.
const SCHEMA_ID: &str = "sekisho/diff/1";

/// The JSON Schema (2020-12) of a difference for programs.
#[must_use]
pub fn diff_schema() -> serde_json::Value {
    json::of::<DiffJson>(SCHEMA_ID)
}

pub(super) fn data(diff: &Diff) -> String {
    let listed = |scan: &Scan, wanted: &[Novelty]| -> Vec<FindingJson> {
        let of = |finding: &&Finding| finding.novelty.is_some_and(|n| wanted.contains(&n));
        let findings = scan.findings.iter().filter(of);
        findings.map(|finding| mirror::finding(&scan.loaded, finding)).collect()
    };
    let all = DiffJson {
        schema: SCHEMA_ID,
        outcome: diff.outcome().id(),
        pairs_compared: diff.compared,
        pairs: diff.pairs.iter().map(|pair| pair_json(diff, pair)).collect(),
        hours_differ: diff.hours,
        verdicts: diff.verdicts.iter().map(verdict).collect(),
        findings_new: listed(&diff.new, &[Novelty::New, Novelty::Enlarged]),
        findings_gone: listed(&diff.old, &[Novelty::New]),
    };
    escape::json(&serde_json::to_string_pretty(&all).unwrap_or_default()) + "\n"
}

fn pair_json(diff: &Diff, pair: &PairChange) -> PairJson {
    PairJson {
        from: pair.from.clone(),
        to: pair.to.clone(),
        family: mirror::family_word(pair.family),
        opened: pair.opened.as_ref().map(|part| change(diff, part, true)),
        closed: pair.closed.as_ref().map(|part| change(diff, part, false)),
        unclear: mirror::cubes(&pair.unclear),
        unclear_omitted: pair.unclear.omitted,
    }
}

fn change(diff: &Diff, part: &Change, opened: bool) -> ChangeJson {
    let (there, other) = if opened { (&diff.new, &diff.old) } else { (&diff.old, &diff.new) };
    let example = |one: &Example| ExampleJson {
        flow: mirror::flow(&one.flow),
        passes: mirror::path(&there.loaded.sources, &one.passes),
        stops: mirror::path(&other.loaded.sources, &one.stops),
    };
    ChangeJson {
        sure: part.sure,
        flows: mirror::cubes(&part.flows),
        flows_omitted: part.flows.omitted,
        examples: part.examples.iter().map(example).collect(),
    }
}

fn verdict(change: &crate::diff::VerdictChange) -> VerdictJson {
    let word = |verdict: Option<Verdict>| verdict.map(Verdict::id);
    VerdictJson { rule: change.rule.clone(), old: word(change.old), new: word(change.new) }
}
