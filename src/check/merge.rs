//! One defect, one finding: findings of a rule that the same lines cause become one that lists its pairs.

use std::collections::BTreeMap;

use crate::finding::{self, Cause, Finding, Kind, Severity, Verdict};
use crate::net::Family;
use crate::source::Span;
use crate::text;

/// Pairs named in the sentence; more are counted.
const NAMED: usize = 8;

/// `findings` with those of one cause joined, in the order of their first.
pub(super) fn merge(findings: Vec<Finding>) -> Vec<Finding> {
    let mut out: Vec<Finding> = Vec::new();
    let mut known: BTreeMap<Head, usize> = BTreeMap::new();
    for finding in findings {
        let head = head(&finding);
        let first = head.as_ref().and_then(|head| out.get_mut(*known.get(head)?));
        match (first, head) {
            (Some(first), _) => join(first, finding),
            (None, head) => {
                known.extend(head.map(|head| (head, out.len())));
                out.push(finding);
            }
        }
    }
    for finding in out.iter_mut().filter(|finding| !finding.also.is_empty()) {
        tell(finding);
    }
    out
}

/// What findings of one cause have in common.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Head {
    kind: Kind,
    rule: String,
    verdict: Verdict,
    severity: Severity,
    family: Option<Family>,
    device: Option<String>,
    schedule: Option<String>,
    lines: Vec<Span>,
    causes: Vec<Cause>,
}

/// `None` when a finding is not about a pair, or names no cause.
fn head(finding: &Finding) -> Option<Head> {
    let about_pairs = matches!(
        finding.kind,
        Kind::ForbiddenPath
            | Kind::RoutingBypass
            | Kind::Enforcement
            | Kind::Unlogged
            | Kind::Unscheduled
            | Kind::ForbiddenDestination
    );
    let mut lines: Vec<Span> = finding.blame.iter().map(|blame| blame.span).collect();
    lines.sort_unstable();
    (about_pairs && !(lines.is_empty() && finding.causes.is_empty())).then(|| Head {
        kind: finding.kind,
        rule: finding.rule.clone(),
        verdict: finding.verdict,
        severity: finding.severity,
        family: finding.family,
        device: finding.device.clone(),
        schedule: finding.schedule.clone(),
        lines,
        causes: finding.causes.clone(),
    })
}

fn join(known: &mut Finding, other: Finding) {
    if let (Some(from), Some(to)) = (other.from, other.to) {
        known.also.push((from, to));
    }
    for flow in other.flows.flows {
        if known.flows.flows.contains(&flow) {
            continue;
        }
        if known.flows.flows.len() < super::sets::FLOWS {
            known.flows.flows.push(flow);
        } else {
            known.flows.omitted += 1;
        }
    }
    known.flows.omitted += other.flows.omitted;
    known.fingerprint = finding::fingerprint(&[known.fingerprint.clone(), other.fingerprint]);
}

fn tell(finding: &mut Finding) {
    let words: Vec<String> =
        finding.also.iter().take(NAMED).map(|(from, to)| format!("{from} → {to}")).collect();
    let (list, more) = (words.join(", "), finding.also.len().saturating_sub(NAMED));
    finding.details.push(match more {
        0 => {
            text!("同じ原因により、次の組でも同様です: {list}", "the same lines do so for: {list}")
        }
        more => text!(
            "同じ原因により、次の組でも同様です: {list} ほか{more}組",
            "the same lines do so for: {list} and {more} more"
        ),
    });
}
