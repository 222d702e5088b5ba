//! Edits of configurations that end violations. Each is tried out before it is shown: the edited files are read and judged as any
//! others, and an edit counts only when the violation is gone and no verdict is worse. Nothing is ever sent to a device.
//!
//! Findings are taken gravest first; each edit that is kept stands for those after it, so the result is one plan. Candidates start from
//! the smallest sets of lines without which a finding ends ([`crate::finding::Cut`]), else its blamed lines one by one and together: the
//! lines taken away (with the objects that nothing uses then), narrowed to what rules require, or left, with lines before them
//! that stop what must not pass.

mod candidates;
mod edit;
mod trial;
mod wall;

pub use edit::{Act, Change};

use std::collections::BTreeSet;

use crate::finding::{Blame, Finding, Kind, Verdict};
use crate::net::Family;
use crate::scan::{Files, InputError, Options, Scan};
use trial::Bench;

/// What to edit, and what that makes of the verdicts.
#[derive(Debug)]
pub struct Plan {
    /// The state that was given.
    pub before: Scan,
    /// The state after every step.
    pub after: Scan,
    /// The files after every step.
    pub files: Files,
    /// The edits, in the order in which they were found.
    pub steps: Vec<Step>,
    /// Violations that no candidate ends without making a verdict worse, with the best that was tried, and those of kinds for which no
    /// edit is known.
    pub open: Vec<Open>,
}

/// One edit that is kept.
#[derive(Clone, Debug)]
pub struct Step {
    /// The finding that it was looked for.
    pub finding: Finding,
    /// What is edited.
    pub choice: Proposal,
    /// Other edits that end the same finding and make nothing worse, best first.
    pub others: Vec<Proposal>,
}

/// An edit that was tried out.
#[derive(Clone, Debug)]
pub struct Proposal {
    /// The edits that belong together.
    pub changes: Vec<Change>,
    /// How many violations it ends.
    pub ends: usize,
    /// Whether the finding is gone altogether; else it becomes undetermined.
    pub settles: bool,
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
/// Sets of lines before which others are put, for one finding.
const BARRED: usize = 2;
/// How often what nothing uses any more is taken away, too.
const CASCADE: usize = 4;
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
            let files = bench.into_files();
            open.extend(others(&now).cloned().map(|finding| Open { finding, costly: Vec::new() }));
            return Ok(Plan { before, after: now, files, steps, open });
        };
        let mut tried = tries(&mut bench, &now, &finding);
        let good = tried.iter().position(|proposal| proposal.worse.is_empty());
        match good.filter(|_| steps.len() < STEPS) {
            Some(at) => {
                let choice = tried.remove(at);
                bench.keep(&choice.changes);
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
    violated(scan).filter(|finding| is_permitted(finding.kind))
}

fn violated(scan: &Scan) -> impl Iterator<Item = &Finding> {
    scan.findings.iter().filter(|finding| finding.verdict == Verdict::Violated)
}

/// Whether it is lines that permit which make findings of a kind: edits are known for those.
fn is_permitted(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::ForbiddenPath
            | Kind::SteppingStone
            | Kind::Enforcement
            | Kind::ForbiddenDestination
            | Kind::Unscheduled
    )
}

/// What else decides that a rule is violated: no edit is known for it.
fn others(scan: &Scan) -> impl Iterator<Item = &Finding> {
    let decides = |rule: &str| scan.verdicts.iter().any(|verdict| verdict.rule == rule);
    violated(scan).filter(move |finding| !is_permitted(finding.kind) && decides(&finding.rule))
}

/// Whether two findings, before and after an edit, say the same thing.
fn is_same(one: &Finding, other: &Finding) -> bool {
    (one.kind, &one.rule, &one.from, &one.to, &one.device, one.family)
        == (other.kind, &other.rule, &other.from, &other.to, &other.device, other.family)
}

/// Every candidate that ends the finding, best first: what makes nothing worse, then what leaves least in the configuration, ends most, and
/// changes least.
fn tries(bench: &mut Bench, now: &Scan, finding: &Finding) -> Vec<Proposal> {
    let openings = candidates::openings(finding);
    let mut trial = Trial { bench, now, finding, out: Vec::new() };
    for lines in openings.iter().take(CANDIDATES) {
        if trial.enough() {
            break;
        }
        trial.without(lines);
    }
    for lines in openings.iter().take(BARRED) {
        for changes in candidates::bars(now, finding, lines) {
            if trial.enough() || trial.attempt(changes).is_some() {
                break;
            }
        }
    }
    let mut out = trial.out;
    out.sort_by_key(|proposal| {
        let size: usize = proposal.changes.iter().map(Change::size).sum();
        let act = proposal.changes.iter().map(|change| change.act).max();
        let ends = std::cmp::Reverse(proposal.ends);
        (proposal.worse.len(), !proposal.settles, act, ends, proposal.changes.len(), size)
    });
    out
}

/// Candidates for one finding as they are tried.
struct Trial<'t> {
    bench: &'t mut Bench,
    now: &'t Scan,
    finding: &'t Finding,
    /// Those that end it.
    out: Vec<Proposal>,
}

impl Trial<'_> {
    fn enough(&self) -> bool {
        let free = |proposal: &&Proposal| proposal.worse.is_empty() && proposal.settles;
        self.out.iter().filter(free).count() >= ENOUGH
    }

    /// Tries a set of changes; what it makes of the verdicts when it ends the finding.
    fn attempt(&mut self, changes: Vec<Change>) -> Option<Scan> {
        if changes.is_empty() {
            return None;
        }
        let then = self.bench.tried(&changes)?;
        if violations(&then).any(|other| is_same(other, self.finding)) {
            return None;
        }
        let ends = violations(self.now).count().saturating_sub(violations(&then).count());
        let settles = !then.findings.iter().any(|other| is_same(other, self.finding));
        let changes = changes.into_iter().map(|change| self.bench.as_given(change)).collect();
        self.out.push(Proposal { changes, ends, settles, worse: worse(self.now, &then) });
        Some(then)
    }

    /// Lines taken away: with what nothing uses then, or narrowed to what is required, when it costs something else.
    fn without(&mut self, lines: &[&Blame]) {
        let Some(mut changes) = candidates::removal(self.now, lines) else { return };
        for _ in 0..CASCADE {
            let Some(then) = self.attempt(changes.clone()) else { return };
            let Some(last) = self.out.last() else { return };
            if last.worse.is_empty() {
                return;
            }
            let (worse, left) = (last.worse.clone(), candidates::leftovers(self.now, &then));
            if let Some(narrow) = candidates::narrowing(self.now, lines, &worse) {
                self.attempt(narrow);
            }
            let more = left.iter().filter_map(|blame| candidates::removal(&then, &[blame]));
            let more: Vec<Change> = more.flatten().collect();
            if more.is_empty() {
                return;
            }
            let more = more.into_iter().map(|change| change.before(self.now, &changes));
            let more: Vec<Change> = more.collect();
            changes.extend(more);
        }
    }
}

/// Rules whose verdict is worse after an edit, or that are gone, or require of more pairs what does not pass.
fn worse(before: &Scan, after: &Scan) -> Vec<String> {
    let then = |rule: &str| after.verdicts.iter().find(|verdict| verdict.rule == rule);
    let grown = before.verdicts.iter().filter(|verdict| {
        let rule = verdict.rule.as_str();
        then(rule).is_none_or(|then| then.verdict > verdict.verdict)
            || missing(after, rule).any(|pair| !missing(before, rule).any(|known| known == pair))
    });
    grown.map(|verdict| verdict.rule.clone()).collect()
}

/// What a rule requires and does not surely pass: ends, family, and whether it surely does not.
fn missing<'s>(
    scan: &'s Scan,
    rule: &'s str,
) -> impl Iterator<Item = (Option<&'s str>, Option<&'s str>, Option<Family>, Verdict)> {
    let of = move |f: &&Finding| f.kind == Kind::MissingRequiredPath && f.rule == rule;
    scan.findings.iter().filter(of).flat_map(|finding| {
        let own = (finding.from.as_deref(), finding.to.as_deref());
        let also = finding.also.iter().map(|(from, to)| (Some(from.as_str()), Some(to.as_str())));
        let pairs = std::iter::once(own).chain(also);
        pairs.map(|(from, to)| (from, to, finding.family, finding.verdict))
    })
}
