//! The parts of a policy that are judged by themselves, several at a time.

use super::memory::{Both, Effort, Memory, Standing};
use super::parties::{End, ResolvedRule};
use super::{Judge, sets, stones, write};
use crate::compile::Header;
use crate::finding::Finding;
use crate::policy::{Policy, Verb};
use crate::reach::Visits;
use crate::snapshot::DeviceId;
use crate::workers;

/// A part of a rule that is judged by itself.
enum Unit<'r> {
    /// What one source may not open.
    Source(&'r ResolvedRule<'r>, sets::Source<'r>),
    /// What one device must stop between two ends.
    Enforcer(&'r ResolvedRule<'r>, DeviceId, (&'r End, &'r End)),
    /// What is said about one pair of ends.
    Pair(&'r ResolvedRule<'r>, (&'r End, &'r End)),
}

/// The findings that packets are asked for: of the rules in each family, of chains through hosts, and of forged sources.
pub(super) fn findings(
    v4: &Judge<'_, u32>,
    v6: &Judge<'_, u128>,
    policy: &Policy,
    memory: Option<&mut Memory>,
) -> Vec<Finding> {
    let rules = &v4.resolved.rules;
    let (units4, units6, chains, forged, effort) = match memory {
        Some(Memory { v4, v6, chains, forged, effort }) => {
            (Some(&mut v4.units), Some(&mut v6.units), Some(chains), Some(forged), effort)
        }
        None => (None, None, None, None, &mut Effort::default()),
    };
    *effort = Effort::default();
    let mut findings = family(v4, policy, units4, effort);
    findings.extend(family(v6, policy, units6, effort));
    let through = v4.resolved.through_relays;
    let all: Vec<(usize, &ResolvedRule<'_>)> = rules.iter().enumerate().collect();
    findings.extend(both((v4, v6), &all, (chains, effort), |v4, v6, rule| {
        stones::Both::new(v4, v6, through).stepping_stones(rule)
    }));
    let broken = |rule: &ResolvedRule<'_>| {
        let mut own = findings.iter().filter(|finding| finding.rule == rule.rule.id);
        own.any(|finding| write::decides(finding.kind))
    };
    let held: Vec<(usize, &ResolvedRule<'_>)> =
        all.iter().filter(|(_, rule)| rule.rule.verb.forbids() && !broken(rule)).copied().collect();
    let told = both((v4, v6), &held, (forged, effort), |v4, v6, rule| {
        v4.forged(rule).or_else(|| v6.forged(rule)).into_iter().collect()
    });
    findings.extend(told);
    findings
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

fn family<K: Header>(
    judge: &Judge<'_, K>,
    policy: &Policy,
    standing: Option<&mut Standing<Visits<K>>>,
    effort: &mut Effort,
) -> Vec<Finding> {
    let units: Vec<(usize, Unit<'_>)> =
        units(&judge.resolved.rules).into_iter().enumerate().collect();
    let ask = |judge: &Judge<'_, K>, (_, unit): &(usize, Unit<'_>)| match unit {
        Unit::Source(rule, source) => judge.deny(rule, source),
        Unit::Enforcer(rule, device, ends) => judge.enforcement(rule, *device, *ends),
        Unit::Pair(rule, ends) => match &rule.rule.verb {
            Verb::Require => judge.require(rule, *ends).into_iter().collect(),
            Verb::Via { .. } => judge.via(rule, *ends),
            _ => judge.passing(rule, *ends, policy),
        },
    };
    match standing {
        None => workers::map(&units, |unit| ask(judge, unit)).into_iter().flatten().collect(),
        Some(standing) => {
            renew(&units, (standing, effort), |unit| judge.noting(|judge| ask(judge, unit)))
        }
    }
}

/// As [`family`], of what is asked in both at once.
fn both<T: Sync + Copy>(
    (v4, v6): (&Judge<'_, u32>, &Judge<'_, u128>),
    items: &[(usize, T)],
    (standing, effort): (Option<&mut Standing<Both>>, &mut Effort),
    ask: impl Fn(&Judge<'_, u32>, &Judge<'_, u128>, T) -> Vec<Finding> + Sync,
) -> Vec<Finding> {
    match standing {
        None => workers::map(items, |(_, item)| ask(v4, v6, *item)).into_iter().flatten().collect(),
        Some(standing) => renew(items, (standing, effort), |(_, item)| {
            let ((findings, other), one) = v4.noting(|v4| v6.noting(|v6| ask(v4, v6, *item)));
            (findings, (one, other))
        }),
    }
}

/// Asks what does not stand, and lets stand what finds nothing. Items are known by their numbers.
fn renew<T: Sync, V: Send>(
    items: &[(usize, T)],
    (standing, effort): (&mut Standing<V>, &mut Effort),
    ask: impl Fn(&(usize, T)) -> (Vec<Finding>, V) + Sync,
) -> Vec<Finding> {
    let mut before = std::mem::take(standing);
    let mut open = Vec::new();
    for item in items {
        match before.remove(&item.0) {
            Some(visits) => drop(standing.insert(item.0, visits)),
            None => open.push(item),
        }
    }
    effort.parts += items.len();
    effort.asked += open.len();
    let answers = workers::map(&open, |item| ask(item));
    let mut all = Vec::new();
    for ((at, _), (findings, visits)) in open.into_iter().zip(answers) {
        if findings.is_empty() {
            standing.insert(*at, visits);
        }
        all.extend(findings);
    }
    all
}
