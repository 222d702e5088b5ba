//! A plan of edits for programs.

use crate::remedy::{Change, Open, Plan, Proposal, Step};
use crate::report::{escape, json, view};
use crate::scan::Scan;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema)]
struct PlanJson<'p> {
    schema: &'static str,
    steps: Vec<StepJson<'p>>,
    open: Vec<OpenJson<'p>>,
    before: TallyJson,
    after: TallyJson,
}

#[derive(Serialize, JsonSchema)]
struct StepJson<'p> {
    rule: &'p str,
    fingerprint: &'p str,
    ends: usize,
    settles: bool,
    changes: Vec<ChangeJson<'p>>,
    others: Vec<Vec<ChangeJson<'p>>>,
}

#[derive(Serialize, JsonSchema)]
struct OpenJson<'p> {
    rule: &'p str,
    fingerprint: &'p str,
    costly: Vec<CostlyJson<'p>>,
}

#[derive(Serialize, JsonSchema)]
struct CostlyJson<'p> {
    changes: Vec<ChangeJson<'p>>,
    worse: &'p [String],
}

/// Lines are those of the files as they were given.
#[derive(Serialize, JsonSchema)]
struct ChangeJson<'p> {
    act: &'static str,
    device: &'p str,
    label: &'p str,
    file: &'p str,
    line: u32,
    removed: RemovedJson<'p>,
    added: Vec<AddedJson<'p>>,
    commands: &'p [String],
}

#[derive(Serialize, JsonSchema)]
struct RemovedJson<'p> {
    lines: &'p [u32],
    text: &'p [String],
}

#[derive(Serialize, JsonSchema)]
struct AddedJson<'p> {
    before: u32,
    text: &'p [String],
}

#[derive(Serialize, JsonSchema)]
struct TallyJson {
    holds: usize,
    violated: usize,
    undetermined: usize,
}

/// The value of `schema` in the output.
const SCHEMA_ID: &str = "sekisho/fix/1";

/// The JSON Schema (2020-12) of a plan for programs.
#[must_use]
pub fn plan_schema() -> serde_json::Value {
    json::of::<PlanJson<'static>>(SCHEMA_ID)
}

/// The plan for programs: `sekisho/fix/1`.
#[must_use]
pub fn plan_json(plan: &Plan) -> String {
    let tally = |scan: &Scan| {
        let (holds, violated, undetermined) = view::tally(scan);
        TallyJson { holds, violated, undetermined }
    };
    let all = PlanJson {
        schema: SCHEMA_ID,
        steps: plan.steps.iter().map(step_json).collect(),
        open: plan.open.iter().map(open_json).collect(),
        before: tally(&plan.before),
        after: tally(&plan.after),
    };
    escape::json(&serde_json::to_string_pretty(&all).unwrap_or_default()) + "\n"
}

fn step_json(step: &Step) -> StepJson<'_> {
    StepJson {
        rule: &step.finding.rule,
        fingerprint: &step.finding.fingerprint,
        ends: step.choice.ends,
        settles: step.choice.settles,
        changes: changes(&step.choice),
        others: step.others.iter().map(changes).collect(),
    }
}

fn open_json(open: &Open) -> OpenJson<'_> {
    let costly = |proposal| CostlyJson { changes: changes(proposal), worse: &proposal.worse };
    OpenJson {
        rule: &open.finding.rule,
        fingerprint: &open.finding.fingerprint,
        costly: open.costly.iter().map(costly).collect(),
    }
}

fn changes(proposal: &Proposal) -> Vec<ChangeJson<'_>> {
    proposal.changes.iter().map(change).collect()
}

fn change(change: &Change) -> ChangeJson<'_> {
    let added = change.added.iter().map(|(before, text)| AddedJson { before: *before, text });
    ChangeJson {
        act: change.act.id(),
        device: &change.device,
        label: &change.label,
        file: &change.file,
        line: change.at,
        removed: RemovedJson { lines: &change.given, text: &change.text },
        added: added.collect(),
        commands: &change.commands,
    }
}
