//! The baseline file: what is remembered of a run, so that the next one tells what is new. One finding a line, sorted, so
//! that a repository shows what changed in it.

use super::escape;
use crate::finding::{FlowCube, Verdict};
use crate::scan::Scan;
use crate::scan::baseline::{Baseline, Entry};
use crate::text;
use crate::text::Text;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The value of `schema` in the file.
const SCHEMA_ID: &str = "sekisho/baseline/1";

/// A baseline. A report of `check --format json` can be read as one, too.
#[derive(Serialize, Deserialize, JsonSchema)]
#[schemars(title = "sekisho/baseline/1")]
struct FileJson {
    /// `sekisho/baseline/1`; of a whole report `sekisho/scan/1`.
    schema: String,
    /// The known findings.
    findings: Vec<EntryJson>,
}

/// What is remembered of a finding.
#[derive(Serialize, Deserialize, JsonSchema)]
struct EntryJson {
    /// The kind of finding.
    kind: String,
    /// The policy or hygiene rule.
    rule: String,
    /// Where it starts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    from: Option<String>,
    /// Where it ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    to: Option<String>,
    /// The device that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    device: Option<String>,
    /// `ipv4` or `ipv6`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    family: Option<String>,
    /// Stable over runs, machines and line numbers.
    fingerprint: String,
    /// `holds`, `undetermined` or `violated`.
    verdict: String,
    /// What could travel.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    flows: Vec<CubeJson>,
    /// How many flows more there were.
    #[serde(default, skip_serializing_if = "is_zero")]
    flows_omitted: u64,
}

/// A product of source, destination and service.
#[derive(Serialize, Deserialize, JsonSchema)]
struct CubeJson {
    src: String,
    dst: String,
    service: String,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "the shape that serde asks for")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// The JSON Schema (2020-12) of a baseline file.
#[must_use]
pub fn baseline_schema() -> serde_json::Value {
    let mut schema = schemars::schema_for!(FileJson).to_value();
    if let Some(id) = schema.pointer_mut("/properties/schema") {
        *id = serde_json::json!({ "enum": [SCHEMA_ID, super::json::SCHEMA_ID] });
    }
    schema
}

/// The findings of a scan as a baseline file.
#[must_use]
pub fn write_baseline(scan: &Scan) -> Vec<u8> {
    let entries = Baseline::of(scan).entries;
    let lines: Vec<String> = entries
        .iter()
        .map(|entry| format!("    {}", serde_json::to_string(&twin(entry)).unwrap_or_default()))
        .collect();
    let list =
        if lines.is_empty() { "[]".to_owned() } else { format!("[\n{}\n  ]", lines.join(",\n")) };
    let text = format!("{{\n  \"schema\": \"{SCHEMA_ID}\",\n  \"findings\": {list}\n}}\n");
    escape::json(&text).into_bytes()
}

/// Reads a baseline file, or a report of `check --format json`.
///
/// # Errors
/// What is wrong with the file, as a sentence.
pub fn read_baseline(bytes: &[u8]) -> Result<Baseline, Text> {
    let file: FileJson = serde_json::from_slice(bytes).map_err(|error| {
        text!("基準ファイルとして読めません: {error}", "not a baseline file: {error}")
    })?;
    let schema = &file.schema;
    if schema != SCHEMA_ID && schema != super::json::SCHEMA_ID {
        return Err(text!(
            "基準ファイルの形式「{schema}」は読めません（読める形式: {SCHEMA_ID}、check --format json の出力）。",
            "a baseline of schema `{schema}` cannot be read; expected {SCHEMA_ID} or the output of check --format json"
        ));
    }
    let entries: Result<Vec<Entry>, Text> = file.findings.into_iter().map(entry).collect();
    Ok(Baseline { entries: entries? })
}

fn entry(entry: EntryJson) -> Result<Entry, Text> {
    let word = &entry.verdict;
    let verdict = [Verdict::Holds, Verdict::Undetermined, Verdict::Violated]
        .into_iter()
        .find(|verdict| verdict.id() == *word)
        .ok_or_else(|| {
            text!(
                "基準ファイルの判定「{word}」は分かりません。",
                "the baseline holds an unknown verdict `{word}`"
            )
        })?;
    let flows = entry.flows.into_iter().map(|cube| FlowCube {
        src: cube.src,
        dst: cube.dst,
        service: cube.service,
    });
    Ok(Entry {
        kind: entry.kind,
        rule: entry.rule,
        from: entry.from,
        to: entry.to,
        device: entry.device,
        family: entry.family,
        fingerprint: entry.fingerprint,
        verdict,
        flows: flows.collect(),
        omitted: entry.flows_omitted,
    })
}

fn twin(entry: &Entry) -> EntryJson {
    let flows = entry.flows.iter().map(|cube| CubeJson {
        src: cube.src.clone(),
        dst: cube.dst.clone(),
        service: cube.service.clone(),
    });
    EntryJson {
        kind: entry.kind.clone(),
        rule: entry.rule.clone(),
        from: entry.from.clone(),
        to: entry.to.clone(),
        device: entry.device.clone(),
        family: entry.family.clone(),
        fingerprint: entry.fingerprint.clone(),
        verdict: entry.verdict.id().to_owned(),
        flows: flows.collect(),
        flows_omitted: entry.omitted,
    }
}
