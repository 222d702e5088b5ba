//! Edits of configurations that end violations. Each is tried out before it is shown: the edited files are read and judged as any
//! others, and an edit counts only when the violation is gone and no verdict is worse. Nothing is ever sent to a device.
//!
//! Findings are taken gravest first; each edit that is kept stands for those after it, so the result is one plan. Candidates are the
//! smallest sets of lines whose removal ends a finding ([`crate::finding::Cut`]), else its blamed lines one by one and together.

mod edit;
mod trial;

pub use edit::Removal;

use std::collections::BTreeSet;

use crate::finding::{Blame, Finding, Kind, Verdict};
use crate::scan::{Files, InputError, Options, Scan};
use trial::Bench;

/// What to take away, and what that makes of the verdicts.
#[derive(Debug)]
pub struct Plan {
    /// The state that was given.
    pub before: Scan,
    /// The state after every step.
    pub after: Scan,
    /// The edits, in the order in which they were found.
    pub steps: Vec<Step>,
    /// Violations that no candidate ends without making a verdict worse, with the best that was tried.
    pub open: Vec<Open>,
}

/// One edit that is kept.
#[derive(Clone, Debug)]
pub struct Step {
    /// The finding that it was looked for.
    pub finding: Finding,
    /// What is taken away.
    pub choice: Proposal,
    /// Other edits that end the same finding and make nothing worse, best first.
    pub others: Vec<Proposal>,
}

/// An edit that was tried out.
#[derive(Clone, Debug)]
pub struct Proposal {
    /// What is taken away.
    pub removals: Vec<Removal>,
    /// How many violations it ends.
    pub ends: usize,
    /// Rules whose verdict it makes worse.
    pub worse: Vec<String>,
}

/// A violation that stays.
#[derive(Clone, Debug)]
pub struct Open {
    /// The finding.
    pub finding: Finding,
    /// Edits that end it and make other verdicts worse, best first; empty when no edit was found.
    pub costly: Vec<Proposal>,
}

/// Edits of a plan; past this it stops, and the rest is open.
const STEPS: usize = 40;
/// Candidates that are tried for one finding.
const CANDIDATES: usize = 8;
/// Candidates that end it at no cost after which no more are tried.
const ENOUGH: usize = 3;

/// A plan for the state in `files`.
///
/// # Errors
/// Every input that could not be worked with.
pub fn plan(files: Files, options: Options) -> Result<Plan, Vec<InputError>> {
    let mut bench = Bench::new(files, options);
    let before = bench.scan()?;
    let (mut steps, mut open): (Vec<Step>, Vec<Open>) = (Vec::new(), Vec::new());
    let mut passed = BTreeSet::new();
    loop {
        let now = bench.scan()?;
        let left = violations(&now).filter(|finding| !passed.contains(&finding.fingerprint));
        // Chains of hosts mostly end with the paths that they are made of.
        let next = left.min_by_key(|finding| finding.kind == Kind::SteppingStone).cloned();
        let Some(finding) = next else {
            return Ok(Plan { before, after: now, steps, open });
        };
        let mut tried = tries(&mut bench, &now, &finding);
        let good = tried.iter().position(|proposal| proposal.worse.is_empty());
        match good.filter(|_| steps.len() < STEPS) {
            Some(at) => {
                let choice = tried.remove(at);
                bench.keep(&choice.removals);
                tried.retain(|proposal| proposal.worse.is_empty());
                steps.push(Step { finding, choice, others: tried });
            }
            None => {
                passed.insert(finding.fingerprint.clone());
                open.push(Open { finding, costly: tried });
            }
        }
    }
}

/// What a policy rule forbids and some line permits, gravest first.
fn violations(scan: &Scan) -> impl Iterator<Item = &Finding> {
    let forbidden = |finding: &&Finding| {
        matches!(
            finding.kind,
            Kind::ForbiddenPath
                | Kind::SteppingStone
                | Kind::Enforcement
                | Kind::ForbiddenDestination
                | Kind::Unscheduled
        )
    };
    scan.findings.iter().filter(forbidden).filter(|finding| finding.verdict == Verdict::Violated)
}

/// Whether two findings, before and after an edit, say the same thing.
fn is_same(one: &Finding, other: &Finding) -> bool {
    (one.kind, &one.rule, &one.from, &one.to, &one.device, one.family)
        == (other.kind, &other.rule, &other.from, &other.to, &other.device, other.family)
}

/// Every candidate that ends the finding, best first: what makes nothing worse, then what ends most, then what takes least away.
fn tries(bench: &mut Bench, now: &Scan, finding: &Finding) -> Vec<Proposal> {
    let mut out = Vec::new();
    for lines in candidates(finding).into_iter().take(CANDIDATES) {
        let removals: Option<Vec<Removal>> =
            lines.iter().map(|blame| edit::removal(now, blame)).collect();
        let Some(mut removals) = removals.filter(|removals| !removals.is_empty()) else { continue };
        for removal in &mut removals {
            removal.given = bench.given(removal);
        }
        let Some(then) = bench.tried(&removals) else { continue };
        if violations(&then).any(|other| is_same(other, finding)) {
            continue;
        }
        let count = |scan: &Scan| violations(scan).count();
        let ends = count(now).saturating_sub(count(&then));
        out.push(Proposal { removals, ends, worse: worse(now, &then) });
        if out.iter().filter(|proposal| proposal.worse.is_empty()).count() == ENOUGH {
            break;
        }
    }
    out.sort_by_key(|proposal| {
        let size: usize = proposal.removals.iter().map(|removal| removal.lines.len()).sum();
        (proposal.worse.len(), std::cmp::Reverse(proposal.ends), proposal.removals.len(), size)
    });
    out
}

/// Sets of lines whose removal may end a finding. The address of an interface is none: without it the whole network behind it is gone.
fn candidates(finding: &Finding) -> Vec<Vec<&Blame>> {
    let is_address = |blame: &&Blame| blame.label.starts_with("connected ");
    let mut out: Vec<Vec<&Blame>> =
        finding.cuts.iter().map(|cut| cut.lines.iter().collect()).collect();
    out.retain(|lines| !lines.iter().any(is_address));
    if finding.cuts.is_empty() && !finding.blame.iter().any(|blame| is_address(&blame)) {
        out.extend(finding.blame.iter().map(|blame| vec![blame]));
        if finding.blame.len() > 1 {
            out.push(finding.blame.iter().collect());
        }
    }
    out
}

/// Rules whose verdict is worse after an edit, or that are gone.
fn worse(before: &Scan, after: &Scan) -> Vec<String> {
    let then = |rule: &str| after.verdicts.iter().find(|verdict| verdict.rule == rule);
    let grown = before
        .verdicts
        .iter()
        .filter(|verdict| then(&verdict.rule).is_none_or(|then| then.verdict > verdict.verdict));
    grown.map(|verdict| verdict.rule.clone()).collect()
}
