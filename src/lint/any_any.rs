//! Permits without limits: every source, every destination, every service, or two of the three.

use super::Subject;
use super::breadth::{any_service, plumbing, unconditional};
use super::entries::{self, Entry, List};
use super::write;
use crate::compile::Fate;
use crate::finding::{Finding, Severity};
use crate::model::{Action, Device, Interfaces, Line};
use crate::net::Family;
use crate::text;
use crate::text::Text;

/// Which parts of a line are everything.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Open {
    count: u8,
    source: bool,
    destination: bool,
    service: bool,
}

pub(super) fn check(subject: &Subject<'_>, rule: &'static str) -> Vec<Finding> {
    let mut findings = Vec::new();
    for list in &subject.lists {
        for entry in &list.entries {
            if matches!(entry.fate, Fate::Covered(_) | Fate::Empty) {
                continue;
            }
            let open = entry
                .lines(subject.device, list.id)
                .filter(|line| line.enabled && line.action == Action::Permit && unconditional(line))
                .filter(|line| !plumbing(subject.device, line.matches.service))
                .map(|line| (open(subject, line), line))
                .max_by_key(|(open, _)| *open);
            if let Some((open, line)) = open.filter(|(open, _)| open.count >= 2) {
                findings.push(finding(subject, rule, (list, entry), (open, line)));
            }
        }
    }
    findings
}

/// The family in which the line is wider counts.
fn open(subject: &Subject<'_>, line: &Line) -> Open {
    let service = any_service(subject.device, line.matches.service);
    let of = |family| {
        let [source, destination] = [line.matches.source, line.matches.destination]
            .map(|ends| subject.is_everything(ends, family));
        let count = u8::from(source) + u8::from(destination) + u8::from(service);
        Open { count, source, destination, service }
    };
    Family::ALL.into_iter().map(of).max().unwrap_or_default()
}

fn finding(
    subject: &Subject<'_>,
    rule: &'static str,
    (list, entry): (&List, &Entry),
    (open, line): (Open, &Line),
) -> Finding {
    let (name, label) = (&subject.device.name, &line.label);
    let (severity, message) = match open {
        Open { count: 3, .. } => (
            Severity::High,
            text!(
                "「{name}」の行「{label}」は、送信元、宛先、サービスのいずれも限定せずに許可しています。",
                "on {name}, {label} permits every source, every destination and every service"
            ),
        ),
        Open { source: true, destination: true, .. } => (
            Severity::Medium,
            text!(
                "「{name}」の行「{label}」は、送信元も宛先も限定せずに許可しています。",
                "on {name}, {label} permits every source and every destination"
            ),
        ),
        Open { source: true, .. } => (
            Severity::Medium,
            text!(
                "「{name}」の行「{label}」は、送信元もサービスも限定せずに許可しています。",
                "on {name}, {label} permits every source and every service"
            ),
        ),
        // A stateless list that asks for the source only is most often a check against forged sources.
        _ => (
            if list.stateful { Severity::Medium } else { Severity::Low },
            text!(
                "「{name}」の行「{label}」は、宛先もサービスも限定せずに許可しています。",
                "on {name}, {label} permits every destination and every service"
            ),
        ),
    };
    let mut finding = write::new(subject, rule, severity, message);
    finding.details.push(narrowing(subject.device, list, line));
    finding.advice = Some(text!(
        "業務に必要な送信元、宛先、サービスだけを許可する行に置き換えてください。",
        "replace it by lines for the sources, destinations and services that work needs"
    ));
    finding.blame.push(write::blame_entry(subject, list, entry));
    write::seal(subject, finding, &[&subject.device.lists[list.id].name])
}

/// What limits the line besides its addresses and service: its own interfaces, else those where the list is bound.
fn narrowing(device: &Device, list: &List, line: &Line) -> Text {
    let own = (line.matches.ingress.clone(), line.matches.egress.clone());
    let open = own == (Interfaces::Any, Interfaces::Any);
    let places = if open { list.places.as_slice() } else { std::slice::from_ref(&own) };
    let words: Vec<Text> = places.iter().take(PLACES).map(|place| way(device, place)).collect();
    let ja = words.iter().map(|text| text.ja.as_str()).collect::<Vec<_>>().join("、");
    let en = words.iter().map(|text| text.en.as_str()).collect::<Vec<_>>().join(", ");
    let unlimited =
        places.iter().any(|(from, to)| *from == Interfaces::Any && *to == Interfaces::Any);
    if unlimited {
        return text!(
            "インターフェースの限定もありません。",
            "no interface condition limits it either"
        );
    }
    match places.len().saturating_sub(PLACES) {
        0 => text!("インターフェースによる限定: {ja}", "limited by interface only: {en}"),
        more => text!(
            "インターフェースによる限定: {ja} ほか{more}か所",
            "limited by interface only: {en} and {more} more"
        ),
    }
}

/// Places named in a finding; more are counted.
const PLACES: usize = 8;

fn way(device: &Device, (ingress, egress): &(Interfaces, Interfaces)) -> Text {
    match (entries::interfaces(device, ingress), entries::interfaces(device, egress)) {
        (None, None) => text!("すべて", "any"),
        (Some(from), None) => text!("「{from}」から入る通信", "in by {from}"),
        (None, Some(to)) => text!("「{to}」へ出る通信", "out by {to}"),
        (Some(from), Some(to)) => text!("「{from}」から「{to}」への通信", "from {from} to {to}"),
    }
}
