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
mod homes;
mod memory;
mod merge;
mod parties;
mod passing;
mod prefer;
mod register;
mod replay;
mod require;
mod sets;
mod stones;
mod unnamed;
mod units;
mod via;
mod views;
mod waivers;
mod wish;
mod write;

pub use certify::certify;
pub use claims::claims;
pub use coverage::issues;
pub use facts::limit_reached;
pub use homes::{enters_beside, homes};
pub use memory::{Effort, Memory};
pub use parties::{End, Resolved, place_end, resolve, resolve_parties, zone_end};
pub use prefer::{example, preferred};
pub use sets::{addresses, list_flows, service_set};
pub use stones::{Blast, Fallen, StartPoint, blast, start_points};
pub use wish::forbidding;
pub use write::summary;

use crate::compile::Header;
use crate::finding::{Basis, Finding, RuleVerdict, Verdict, Waived};
use crate::policy::{Policy, PolicyRule};
use crate::reach::{Devices, Network, Visits};
use crate::snapshot::{Difference, Snapshot};
use crate::source::Sources;
use crate::text::Text;

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
    known: &'a Known<K>,
}

/// What was found out on the way and is asked often.
struct Known<K> {
    /// What removals of lines were found to break, and on which lines required rules rest.
    cuts: cuts::Memory,
    /// What compromised addresses were found to reach.
    reached: stones::Memory<K>,
    /// The network as it would be if some lines did something else.
    views: views::Views<K>,
}

impl<K> Default for Known<K> {
    fn default() -> Self {
        Known {
            cuts: cuts::Memory::default(),
            reached: stones::Memory::default(),
            views: views::Views::default(),
        }
    }
}

impl<K: Header> Judge<'_, K> {
    /// Does some work, and keeps where the packets of its questions went.
    fn noting<R>(&self, work: impl FnOnce(&Judge<'_, K>) -> R) -> (R, Visits<K>) {
        let network = self.network.recorded();
        let result = work(&Judge { network: &network, ..*self });
        (result, network.visits())
    }
}

/// Judges every rule of `policy` in both families; `devices` are those of `snapshot`.
#[must_use]
pub fn judge(
    snapshot: &Snapshot,
    devices: &Devices,
    policy: &Policy,
    resolved: &Resolved<'_>,
    sources: &Sources,
) -> Judgment {
    let v4 = Network::of(snapshot, devices.v4.clone());
    let v6 = Network::of(snapshot, devices.v6.clone());
    let (known4, known6) = (Known::default(), Known::default());
    let v4 = Judge { network: &v4, sources, resolved, known: &known4 };
    let v6 = Judge { network: &v6, sources, resolved, known: &known6 };
    decide(&v4, &v6, policy, None)
}

/// As [`judge`], going on with what `memory` holds of an earlier judgment of the same policy: `difference` says in what the
/// snapshot differs from the one of then.
#[must_use]
pub fn judge_again(
    snapshot: &Snapshot,
    devices: &Devices,
    policy: &Policy,
    resolved: &Resolved<'_>,
    sources: &Sources,
    memory: &mut Memory,
    difference: &Difference<'_>,
) -> Judgment {
    let (v4, v6) = memory.resume(snapshot, devices, difference);
    let (known4, known6) = (memory.v4.known(), memory.v6.known());
    let v4 = Judge { network: &v4, sources, resolved, known: &known4 };
    let v6 = Judge { network: &v6, sources, resolved, known: &known6 };
    let judgment = decide(&v4, &v6, policy, Some(memory));
    (memory.v4.reached, memory.v6.reached) = (known4.reached, known6.reached);
    judgment
}

fn decide(
    v4: &Judge<'_, u32>,
    v6: &Judge<'_, u128>,
    policy: &Policy,
    memory: Option<&mut Memory>,
) -> Judgment {
    let (snapshot, resolved) = (v4.network.snapshot, v4.resolved);
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
    judgment.findings = units::findings(v4, v6, policy, memory);
    judgment.findings.extend(coverage::vacuous(snapshot, resolved));
    judgment.findings.extend(unnamed::unnamed(snapshot, resolved));
    for rule in &resolved.rules {
        judgment.findings.extend(write::enforcers(snapshot, rule));
        judgment.findings.extend(declared::facts(snapshot, policy, rule));
        judgment.findings.extend(register::findings(snapshot, policy, rule.rule));
    }
    judgment.findings.extend(declared::misfits(&resolved.misfits));
    judgment.findings = merge::merge(judgment.findings);
    let waivers = waivers::Waivers { v4, v6, policy };
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
