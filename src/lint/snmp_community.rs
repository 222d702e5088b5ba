//! SNMP by community: everything in the clear, and the community is the only password. A community that only reads, that is
//! not guessed at once, and that is answered to listed hosts only is not reported.

use super::{Subject, write};
use crate::finding::{Finding, Severity};
use crate::model::OwnKind;
use crate::source::Span;
use crate::text;
use crate::text::Text;

/// From the gravest on.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fault {
    Known,
    Writes,
    Open,
}

pub(super) fn check(subject: &Subject<'_>, rule: &'static str) -> Vec<Finding> {
    let mut found: Vec<(Fault, bool, Span)> = Vec::new();
    for fact in &subject.device.own.facts {
        let OwnKind::Community { known, writes, limited } = fact.kind else { continue };
        let fault = match (known, writes, limited) {
            (true, ..) => Fault::Known,
            (_, true, _) => Fault::Writes,
            (.., false) => Fault::Open,
            _ => continue,
        };
        found.push((fault, limited, fact.span));
    }
    let mut findings = Vec::new();
    for fault in [Fault::Known, Fault::Writes, Fault::Open] {
        let spans: Vec<Span> =
            found.iter().filter(|(f, ..)| *f == fault).map(|(.., span)| *span).collect();
        let limited = found.iter().filter(|(f, ..)| *f == fault).all(|(_, limited, _)| *limited);
        if !spans.is_empty() {
            findings.push(finding(subject, rule, (fault, limited), &spans));
        }
    }
    findings
}

fn finding(
    subject: &Subject<'_>,
    rule: &'static str,
    (fault, limited): (Fault, bool),
    spans: &[Span],
) -> Finding {
    let (severity, message) = told(&subject.device.name, fault, limited);
    let mut finding = write::new(subject, rule, severity, message);
    finding.advice = Some(text!(
        "SNMPv3に替えるか、推測されないコミュニティ名にして、監視サーバからの読み取りだけに限定してください。",
        "use SNMPv3, or an unguessable community that only the monitoring server may read with"
    ));
    write::blame_spans(subject, &mut finding, "snmp", spans);
    let kind = match fault {
        Fault::Known => "known",
        Fault::Writes => "writes",
        Fault::Open => "open",
    };
    write::seal(subject, finding, &[kind])
}

fn told(name: &str, fault: Fault, limited: bool) -> (Severity, Text) {
    match fault {
        Fault::Known => (
            if limited { Severity::Medium } else { Severity::High },
            text!(
                "「{name}」のSNMPコミュニティ名が、最初に試される「public」または「private」です。",
                "the SNMP community of {name} is one that is tried first, public or private"
            ),
        ),
        Fault::Writes => (
            if limited { Severity::Medium } else { Severity::High },
            text!(
                "「{name}」は、暗号化されないSNMP v1・v2cで設定の書き込みを許可しています。",
                "{name} permits writing by SNMP v1 or v2c, which is not encrypted"
            ),
        ),
        Fault::Open => (
            Severity::Low,
            text!(
                "「{name}」は、暗号化されないSNMP v1・v2cの問い合わせを、相手を限定せずに受け付けます。",
                "{name} answers SNMP v1 or v2c, which is not encrypted, to anybody"
            ),
        ),
    }
}
