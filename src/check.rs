//! Policy against reachability.
//!
//! Isolation (`deny`) is judged on the widest reading: a rule holds only when no packet may pass; it is violated when one
//! surely can, and undetermined otherwise. Connectivity (`require`) is judged the other way round: it holds only when nothing
//! of what is required might be lost or end elsewhere. Every witness is replayed by [`crate::trace`] before it is shown; a
//! disagreement is a finding of its own and fails the run.
//!
//! # Fingerprints
//!
//! A fingerprint is the hash of kind, policy rule, both ends, family, the set of flows and the *text* of the blamed lines, so
//! that it survives moved lines and changes when the flows grow.

mod coverage;
mod cuts;
mod deny;
mod enforce;
mod facts;
mod parties;
mod prefer;
mod replay;
mod require;
mod sets;
mod stones;
mod waivers;
mod write;

pub use coverage::issues;
pub use parties::{End, Resolved, resolve, resolve_parties, zone_end};
pub use prefer::example;
pub use sets::{addresses, list_flows, service_set};

use crate::compile::Header;
use crate::finding::{Finding, RuleVerdict, Verdict};
use crate::policy::{Policy, Verb};
use crate::reach::Network;
use crate::snapshot::Snapshot;
use crate::source::Sources;

/// What the policy check says.
#[derive(Clone, Debug, Default)]
pub struct Judgment {
    /// One verdict a policy rule, in order.
    pub verdicts: Vec<RuleVerdict>,
    /// Findings, in the order in which they were made.
    pub findings: Vec<Finding>,
}

/// Everything that judging one rule in one family needs.
struct Judge<'a, K> {
    network: &'a Network<'a, K>,
    sources: &'a Sources,
    /// All rules, for what a cut would break.
    resolved: &'a Resolved<'a>,
    /// What removals of lines were found to break.
    breaks: std::cell::RefCell<cuts::Breaks>,
}

impl<'a, K: Header> Judge<'a, K> {
    fn new(network: &'a Network<'a, K>, sources: &'a Sources, resolved: &'a Resolved<'a>) -> Self {
        Judge { network, sources, resolved, breaks: std::cell::RefCell::default() }
    }
}

/// Judges every rule of `policy` in both families.
#[must_use]
pub fn judge(
    snapshot: &Snapshot,
    policy: &Policy,
    resolved: &Resolved<'_>,
    sources: &Sources,
) -> Judgment {
    let mut judgment = Judgment::default();
    for rule in &policy.rules {
        judgment.verdicts.push(RuleVerdict {
            rule: rule.id.clone(),
            verdict: Verdict::Holds,
            severity: rule.severity,
            summary: write::summary(rule),
            span: Some(rule.span),
        });
    }
    let v4 = Network::<u32>::new(snapshot);
    let v6 = Network::<u128>::new(snapshot);
    let v4 = Judge::new(&v4, sources, resolved);
    let v6 = Judge::new(&v6, sources, resolved);
    family(&v4, &mut judgment);
    family(&v6, &mut judgment);
    let both = stones::Both::new(&v4, &v6, resolved.through_relays);
    judgment.findings.extend(resolved.rules.iter().flat_map(|rule| both.stepping_stones(rule)));
    judgment.findings.extend(coverage::vacuous(snapshot, resolved));
    judgment.findings.extend(waivers::findings(snapshot, policy, resolved));
    for verdict in &mut judgment.verdicts {
        let of_rule = judgment.findings.iter().filter(|finding| finding.rule == verdict.rule);
        let worst = of_rule
            .filter(|finding| write::decides(finding.kind))
            .map(|finding| finding.verdict)
            .max();
        verdict.verdict = worst.unwrap_or(Verdict::Holds);
    }
    judgment
}

fn family<K: Header>(judge: &Judge<'_, K>, judgment: &mut Judgment) {
    for rule in &judge.resolved.rules {
        match rule.rule.verb {
            Verb::Deny { .. } => {
                for source in sets::sources(rule) {
                    judgment.findings.extend(judge.deny(rule, &source));
                }
                judgment.findings.extend(judge.enforcement(rule));
            }
            Verb::Require => judgment.findings.extend(judge.require(rule)),
        }
    }
}
