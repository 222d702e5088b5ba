//! Twins of what stands beside the findings: comparison with a baseline, and traffic that waivers excuse.

use super::{CubeJson, FamilyWord, cubes, family_word};
use crate::finding::{Novelty, Waived};
use crate::scan::Scan;
use crate::source::Sources;
use schemars::JsonSchema;
use serde::Serialize;

/// Numbers of findings, compared with a baseline.
#[derive(Serialize, JsonSchema)]
pub(in crate::report) struct ComparisonJson {
    /// In the baseline; these do not decide the exit code.
    known: usize,
    /// In the baseline, but smaller.
    enlarged: usize,
    new: usize,
    /// In the baseline only.
    gone: usize,
}

/// Traffic that a waiver excuses: it may pass, and the rule would forbid it.
#[derive(Serialize, JsonSchema)]
pub(in crate::report) struct WaivedJson {
    waiver: String,
    rule: String,
    from: String,
    to: String,
    family: FamilyWord,
    flows: Vec<CubeJson>,
    flows_omitted: u64,
    /// Whether some of it surely passes.
    sure: bool,
    reason: String,
    requested_by: Option<String>,
    approved_by: Option<String>,
    document: Option<String>,
    file: String,
    line: u32,
}

/// A comparison with a baseline.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum NoveltyWord {
    Known,
    Enlarged,
    New,
}

pub(super) fn comparison(scan: &Scan) -> Option<ComparisonJson> {
    scan.comparison.map(|count| ComparisonJson {
        known: count.known,
        enlarged: count.enlarged,
        new: count.new,
        gone: count.gone,
    })
}

pub(super) fn waived(sources: &Sources, waived: &Waived) -> WaivedJson {
    WaivedJson {
        waiver: waived.waiver.clone(),
        rule: waived.rule.clone(),
        from: waived.from.clone(),
        to: waived.to.clone(),
        family: family_word(waived.family),
        flows: cubes(&waived.flows),
        flows_omitted: waived.flows.omitted,
        sure: waived.sure,
        reason: waived.reason.clone(),
        requested_by: waived.requested_by.clone(),
        approved_by: waived.approved_by.clone(),
        document: waived.document.clone(),
        file: sources.file(waived.span.file).path().to_owned(),
        line: sources.line(waived.span),
    }
}

pub(super) fn novelty_word(novelty: Novelty) -> NoveltyWord {
    match novelty {
        Novelty::Known => NoveltyWord::Known,
        Novelty::Enlarged => NoveltyWord::Enlarged,
        Novelty::New => NoveltyWord::New,
    }
}
