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

mod certify;
mod claims;
mod coverage;
mod cuts;
mod declared;
mod deny;
mod enforce;
mod facts;
mod forged;
mod merge;
mod parties;
mod passing;
mod prefer;
mod register;
mod replay;
mod require;
mod sets;
mod stones;
mod via;
mod waivers;
mod write;

pub use certify::certify;
pub use claims::claims;
pub use coverage::issues;
pub use facts::limit_reached;
pub use parties::{End, Resolved, resolve, resolve_parties, zone_end};
pub use prefer::example;
pub use sets::{addresses, list_flows, service_set};
pub use stones::{Blast, Fallen, StartPoint, blast, start_points};

use crate::compile::Header;
use crate::finding::{Basis, Finding, RuleVerdict, Verdict, Waived};
use crate::policy::{Policy, PolicyRule, Verb};
use crate::reach::Network;
use crate::snapshot::{DeviceId, Snapshot};
use crate::source::Sources;
use crate::text::Text;
use crate::workers;
use parties::ResolvedRule;

/// What the policy check says.
#[derive(Clone, Debug, Default)]
pub struct Judgment {
    /// One verdict a policy rule, in order.
    pub verdicts: Vec<RuleVerdict>,
    /// Findings, in the order in which they were made.
    pub findings: Vec<Finding>,
    /// Rules of packs that speak of nobody in this network.
    pub not_applicable: Vec<NotApplicable>,
    /// Traffic that waivers excuse, in the order of the waivers.
    pub waived: Vec<Waived>,
}

/// A rule of a pack that speaks of nobody in this network, 対象外.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotApplicable {
    /// The rule.
    pub rule: String,
    /// What it says.
    pub summary: Text,
    /// The roles that nobody has.
    pub roles: Vec<String>,
    /// Document and clause.
    pub basis: Option<Basis>,
    /// The requirements that it serves.
    pub requirements: Vec<String>,
}

/// Everything that judging one rule in one family needs.
struct Judge<'a, K> {
    network: &'a Network<'a, K>,
    sources: &'a Sources,
    /// All rules, for what a cut would break.
    resolved: &'a Resolved<'a>,
    /// What removals of lines were found to break, and on which lines required rules rest.
    cuts: cuts::Memory,
    /// What compromised addresses were found to reach.
    reached: stones::Memory<K>,
}

impl<'a, K: Header> Judge<'a, K> {
    fn new(network: &'a Network<'a, K>, sources: &'a Sources, resolved: &'a Resolved<'a>) -> Self {
        let (cuts, reached) = (cuts::Memory::default(), stones::Memory::default());
        Judge { network, sources, resolved, cuts, reached }
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
    for rule in resolved.rules.iter().map(|resolved| resolved.rule) {
        judgment.verdicts.push(RuleVerdict {
            rule: rule.id.clone(),
            verdict: Verdict::Holds,
            severity: rule.severity,
            summary: write::summary(rule),
            span: Some(rule.span),
            basis: rule.basis.clone(),
            requirements: rule.requirements.clone(),
        });
    }
    judgment.not_applicable = resolved.not_applicable.iter().map(not_applicable).collect();
    let v4 = Network::<u32>::new(snapshot);
    let v6 = Network::<u128>::new(snapshot);
    let v4 = Judge::new(&v4, sources, resolved);
    let v6 = Judge::new(&v6, sources, resolved);
    judgment.findings.extend(family(&v4, policy));
    judgment.findings.extend(family(&v6, policy));
    let both = stones::Both::new(&v4, &v6, resolved.through_relays);
    let chains = workers::map(&resolved.rules, |rule| both.stepping_stones(rule));
    judgment.findings.extend(chains.into_iter().flatten());
    let broken = |rule: &&ResolvedRule<'_>| {
        let mut own = judgment.findings.iter().filter(|finding| finding.rule == rule.rule.id);
        own.any(|finding| write::decides(finding.kind))
    };
    let rules = resolved.rules.iter().filter(|rule| rule.rule.verb.forbids());
    let held: Vec<&ResolvedRule<'_>> = rules.filter(|rule| !broken(rule)).collect();
    let forged = workers::map(&held, |rule| v4.forged(rule).or_else(|| v6.forged(rule)));
    judgment.findings.extend(forged.into_iter().flatten());
    judgment.findings.extend(coverage::vacuous(snapshot, resolved));
    for rule in &resolved.rules {
        judgment.findings.extend(write::enforcers(snapshot, rule));
        judgment.findings.extend(declared::facts(snapshot, policy, rule));
        judgment.findings.extend(register::findings(snapshot, policy, rule.rule));
    }
    judgment.findings.extend(declared::misfits(&resolved.misfits));
    judgment.findings = merge::merge(judgment.findings);
    let waivers = waivers::Waivers { v4: &v4, v6: &v6, policy };
    judgment.waived = waivers.judge(&mut judgment.findings);
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

fn not_applicable((rule, roles): &(&PolicyRule, Vec<String>)) -> NotApplicable {
    let mut roles = roles.clone();
    roles.sort();
    roles.dedup();
    NotApplicable {
        rule: rule.id.clone(),
        summary: write::summary(rule),
        roles,
        basis: rule.basis.clone(),
        requirements: rule.requirements.clone(),
    }
}

/// A part of a rule that is judged by itself.
enum Unit<'r> {
    /// What one source may not open.
    Source(&'r ResolvedRule<'r>, sets::Source<'r>),
    /// What one device must stop between two ends.
    Enforcer(&'r ResolvedRule<'r>, DeviceId, (&'r End, &'r End)),
    /// What is said about one pair of ends.
    Pair(&'r ResolvedRule<'r>, (&'r End, &'r End)),
}

/// The units of all rules, in the order of their findings.
fn units<'r>(rules: &'r [ResolvedRule<'r>]) -> Vec<Unit<'r>> {
    let mut units = Vec::new();
    for rule in rules {
        match &rule.rule.verb {
            Verb::Deny { .. } | Verb::Only { .. } => {
                units.extend(sets::sources(rule).into_iter().map(|s| Unit::Source(rule, s)));
                for device in &rule.enforce_at {
                    let pairs = sets::pairs(rule).into_iter();
                    units.extend(pairs.map(|ends| Unit::Enforcer(rule, *device, ends)));
                }
            }
            Verb::Require
            | Verb::Via { .. }
            | Verb::Logged
            | Verb::Scheduled
            | Verb::Destinations { .. } => {
                units.extend(sets::pairs(rule).into_iter().map(|ends| Unit::Pair(rule, ends)));
            }
            // No packet is asked for.
            Verb::Declare { .. } | Verb::Register { .. } | Verb::Hygiene { .. } => {}
        }
    }
    units
}

fn family<K: Header>(judge: &Judge<'_, K>, policy: &Policy) -> Vec<Finding> {
    let units = units(&judge.resolved.rules);
    let found = workers::map(&units, |unit| match unit {
        Unit::Source(rule, source) => judge.deny(rule, source),
        Unit::Enforcer(rule, device, ends) => judge.enforcement(rule, *device, *ends),
        Unit::Pair(rule, ends) => match &rule.rule.verb {
            Verb::Require => judge.require(rule, *ends).into_iter().collect(),
            Verb::Via { .. } => judge.via(rule, *ends),
            _ => judge.passing(rule, *ends, policy),
        },
    });
    found.into_iter().flatten().collect()
}
