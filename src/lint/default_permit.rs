//! Packets from zone to zone that pass because no line names them, on filters that stop such packets elsewhere.

use super::Subject;
use super::entries;
use super::passage::{Passage, Passages};
use super::sides::{self, Side, carries, cross, sides};
use super::write;
use crate::finding::{Finding, Severity};
use crate::net::Family;
use crate::source::Span;
use crate::text;

/// Pairs of interfaces named in a finding; more are counted.
const NAMED: usize = 6;

/// One default and the pairs for which it decides.
struct Open<'d> {
    label: &'d str,
    span: Option<Span>,
    pairs: Vec<(Side, Side, Family)>,
}

pub(super) fn check(subject: &Subject<'_>, rule: &'static str) -> Vec<Finding> {
    let mut found: Vec<Open<'_>> = Vec::new();
    for (id, context) in subject.device.contexts.iter() {
        let sides = sides(subject, id);
        let mut passages = Passages::new(subject.device, context);
        for from in &sides {
            for to in sides.iter().filter(|to| cross(from, to)) {
                for family in Family::ALL {
                    let both = [from, to].iter().all(|s| carries(subject, s.interface, family));
                    if !both {
                        continue;
                    }
                    if let Passage::Default { label, span } =
                        passages.of(from.interface, to.interface, family)
                    {
                        add(&mut found, (label, span), (from, to, family));
                    }
                }
            }
        }
    }
    found.iter().map(|open| finding(subject, rule, open)).collect()
}

fn add<'d>(
    found: &mut Vec<Open<'d>>,
    (label, span): (&'d str, Option<Span>),
    (from, to, family): (&Side, &Side, Family),
) {
    let copy = |side: &Side| Side { interface: side.interface, zones: side.zones.clone() };
    let pair = (copy(from), copy(to), family);
    match found.iter_mut().find(|open| open.label == label && open.span == span) {
        Some(open) => open.pairs.push(pair),
        None => found.push(Open { label, span, pairs: vec![pair] }),
    }
}

fn finding(subject: &Subject<'_>, rule: &'static str, open: &Open<'_>) -> Finding {
    let (name, label) = (&subject.device.name, open.label);
    let message = text!(
        "「{name}」では、どの行にも一致しない通信が、既定の動作「{label}」により別のゾーンへ通ります。",
        "on {name}, packets that no line names pass to another zone by default ({label})"
    );
    let mut finding = write::new(subject, rule, severity(subject, open), message);
    for (from, to, family) in open.pairs.iter().take(NAMED) {
        let (a, b) = (word(subject, from), word(subject, to));
        let (ja, en) = ((a.0, b.0), (a.1, b.1));
        let version = if *family == Family::V6 { " (IPv6)" } else { "" };
        let (from, to) = ja;
        let (source, target) = en;
        finding
            .details
            .push(text!("{from}から{to}へ{version}。", "from {source} to {target}{version}"));
    }
    let more = open.pairs.len().saturating_sub(NAMED);
    if more > 0 {
        finding.details.push(text!("ほかに{more}組あります。", "and {more} more pairs"));
    }
    finding.advice = Some(text!(
        "既定の動作を拒否にし、業務に必要な通信だけを許可する行を加えてください。",
        "let the default deny, and permit what work needs by lines"
    ));
    let own = open.pairs.first().map(|(from, _, _)| subject.device.interfaces[from.interface].span);
    finding.blame.extend(open.span.or(own).map(|span| write::blame(subject, label, span)));
    write::seal(subject, finding, &[label])
}

/// An open door for another organisation is graver.
fn severity(subject: &Subject<'_>, open: &Open<'_>) -> Severity {
    let inward = |(from, to, _): &(Side, Side, Family)| {
        sides::external(subject, &from.zones) && !sides::external(subject, &to.zones)
    };
    if open.pairs.iter().any(inward) { Severity::High } else { Severity::Medium }
}

/// The interface with its zones.
fn word(subject: &Subject<'_>, side: &Side) -> (String, String) {
    let name = entries::interface(subject.device, side.interface);
    let (ja, en) = sides::named(subject, &side.zones);
    (format!("「{name}」（{ja}）"), format!("{name} ({en})"))
}
