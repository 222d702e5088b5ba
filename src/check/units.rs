//! The parts of a policy that are judged by themselves, several at a time.

use super::memory::{Both, Memory};
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
    let (mut units4, mut units6, mut chains, mut forged) = match memory {
        Some(Memory { v4, v6, chains, forged }) => {
            (Some(&mut v4.units), Some(&mut v6.units), Some(chains), Some(forged))
        }
        None => (None, None, None, None),
    };
    let mut findings = family(v4, policy, units4.as_deref_mut());
    findings.extend(family(v6, policy, units6.as_deref_mut()));
    let through = v4.resolved.through_relays;
    let all: Vec<&ResolvedRule<'_>> = rules.iter().collect();
    findings.extend(both((v4, v6), &all, chains.as_deref_mut(), |v4, v6, rule| {
        stones::Both::new(v4, v6, through).stepping_stones(rule)
    }));
    let broken = |rule: &ResolvedRule<'_>| {
        let mut own = findings.iter().filter(|finding| finding.rule == rule.rule.id);
        own.any(|finding| write::decides(finding.kind))
    };
    // A rule that is broken keeps its place: what is known is known by position.
    let held: Vec<Option<&ResolvedRule<'_>>> = rules
        .iter()
        .map(|rule| Some(rule).filter(|rule| rule.rule.verb.forbids() && !broken(rule)))
        .collect();
    let told = both((v4, v6), &held, forged.as_deref_mut(), |v4, v6, rule| {
        let found = rule.and_then(|rule| v4.forged(rule).or_else(|| v6.forged(rule)));
        found.into_iter().collect()
    });
    if let Some(forged) = forged {
        let gone = forged.iter_mut().zip(&held).filter(|(_, held)| held.is_none());
        gone.for_each(|(known, _)| *known = None);
    }
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
    standing: Option<&mut Vec<Option<Visits<K>>>>,
) -> Vec<Finding> {
    let units = units(&judge.resolved.rules);
    let ask = |judge: &Judge<'_, K>, unit: &Unit<'_>| match unit {
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
        Some(standing) => renew(&units, standing, |unit| judge.noting(|judge| ask(judge, unit))),
    }
}

/// As [`family`], of what is asked in both at once.
fn both<T: Sync + Copy>(
    (v4, v6): (&Judge<'_, u32>, &Judge<'_, u128>),
    items: &[T],
    standing: Option<&mut Vec<Option<Both>>>,
    ask: impl Fn(&Judge<'_, u32>, &Judge<'_, u128>, T) -> Vec<Finding> + Sync,
) -> Vec<Finding> {
    match standing {
        None => workers::map(items, |item| ask(v4, v6, *item)).into_iter().flatten().collect(),
        Some(standing) => renew(items, standing, |item| {
            let ((findings, other), one) = v4.noting(|v4| v6.noting(|v6| ask(v4, v6, *item)));
            (findings, (one, other))
        }),
    }
}

/// Asks what does not stand, and lets stand what finds nothing.
fn renew<T: Sync, V: Send + Sync>(
    items: &[T],
    standing: &mut Vec<Option<V>>,
    ask: impl Fn(&T) -> (Vec<Finding>, V) + Sync,
) -> Vec<Finding> {
    standing.resize_with(items.len(), || None);
    let open = items.iter().zip(standing.iter().map(Option::is_some)).enumerate();
    let open: Vec<(usize, &T)> =
        open.filter(|(_, (_, stands))| !stands).map(|(at, (item, _))| (at, item)).collect();
    let answers = workers::map(&open, |(_, item)| ask(item));
    let mut all = Vec::new();
    for ((at, _), (findings, visits)) in open.iter().zip(answers) {
        if let Some(slot) = standing.get_mut(*at).filter(|_| findings.is_empty()) {
            *slot = Some(visits);
        }
        all.extend(findings);
    }
    all
}
