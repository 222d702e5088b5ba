//! Broad permits that are switched off and still there: one command opens them.

use super::Subject;
use super::breadth::{Breadth, addresses, any_service};
use super::write;
use crate::finding::{Finding, Severity};
use crate::model::{Action, Device, Line};
use crate::net::Family;
use crate::text;

pub(super) fn check(subject: &Subject<'_>, rule: &'static str) -> Vec<Finding> {
    let mut findings = Vec::new();
    for list in &subject.lists {
        for entry in &list.entries {
            let mut lines = entry.lines(subject.device, list.id);
            if lines.any(|line| broad(subject.device, line)) {
                let (name, label) = (&subject.device.name, write::label(subject, list, entry));
                let message = text!(
                    "「{name}」に、広い範囲を許可する行「{label}」が無効のまま残っています。",
                    "on {name}, the broad permit {label} is switched off but still there"
                );
                let mut finding = write::new(subject, rule, Severity::Low, message);
                finding.details.push(text!(
                    "1回の操作で有効に戻り、その時点で通信が可能になります。",
                    "one command switches it on again, and the traffic passes"
                ));
                finding.advice = Some(text!("行を削除してください。", "delete the line"));
                finding.blame.push(write::blame_entry(subject, list, entry));
                findings.push(write::seal(
                    subject,
                    finding,
                    &[&subject.device.lists[list.id].name],
                ));
            }
        }
    }
    findings
}

/// Every source to every destination; or every service from one whole network to another, one of them wide.
fn broad(device: &Device, line: &Line) -> bool {
    if line.enabled || line.action != Action::Permit {
        return false;
    }
    let service = any_service(device, line.matches.service);
    Family::ALL.into_iter().any(|family| {
        let source = addresses(device, line.matches.source, family);
        let destination = addresses(device, line.matches.destination, family);
        let (narrow, wide) = (source.min(destination), source.max(destination));
        narrow == Breadth::Any || service && narrow >= Breadth::Network && wide >= Breadth::Wide
    })
}
