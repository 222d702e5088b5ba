//! One defect, one finding: findings of a rule that the same lines cause become one that lists its pairs.

use crate::finding::{self, Finding, Kind};
use crate::source::Span;
use crate::text;

/// Pairs named in the sentence; more are counted.
const NAMED: usize = 8;

/// `findings` with those of one cause joined, in the order of their first.
pub(super) fn merge(findings: Vec<Finding>) -> Vec<Finding> {
    let mut out: Vec<Finding> = Vec::new();
    for finding in findings {
        match out.iter_mut().find(|known| same_cause(known, &finding)) {
            Some(known) => join(known, finding),
            None => out.push(finding),
        }
    }
    for finding in out.iter_mut().filter(|finding| !finding.also.is_empty()) {
        tell(finding);
    }
    out
}

fn same_cause(a: &Finding, b: &Finding) -> bool {
    let about_pairs = matches!(
        a.kind,
        Kind::ForbiddenPath
            | Kind::RoutingBypass
            | Kind::Enforcement
            | Kind::Unlogged
            | Kind::Unscheduled
            | Kind::ForbiddenDestination
    );
    let head =
        |f: &Finding| (f.kind, f.rule.clone(), f.verdict, f.severity, f.family, f.device.clone());
    about_pairs
        && !(a.blame.is_empty() && a.causes.is_empty())
        && head(a) == head(b)
        && a.schedule == b.schedule
        && lines(a) == lines(b)
        && a.causes == b.causes
}

fn lines(finding: &Finding) -> Vec<Span> {
    let mut lines: Vec<Span> = finding.blame.iter().map(|blame| blame.span).collect();
    lines.sort_unstable();
    lines
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
