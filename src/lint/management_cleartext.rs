//! Administration that can be read on the way, and servers that ask nobody who he is.

use std::collections::BTreeMap;

use super::{Subject, write};
use crate::finding::{Finding, Severity};
use crate::model::{DoorProtocol, OwnKind};
use crate::source::Span;
use crate::text;

pub(super) fn check(subject: &Subject<'_>, rule: &'static str) -> Vec<Finding> {
    let mut lines: BTreeMap<DoorProtocol, Vec<Span>> = BTreeMap::new();
    for fact in &subject.device.own.facts {
        if let OwnKind::Service(door) = fact.kind
            && door.protocol.is_cleartext()
        {
            lines.entry(door.protocol).or_default().push(fact.span);
        }
    }
    lines.into_iter().map(|(protocol, spans)| finding(subject, rule, protocol, &spans)).collect()
}

fn finding(
    subject: &Subject<'_>,
    rule: &'static str,
    protocol: DoorProtocol,
    spans: &[Span],
) -> Finding {
    let (name, word) = (&subject.device.name, protocol.name());
    let (severity, message) = match protocol {
        DoorProtocol::Tftp => (
            Severity::Medium,
            text!(
                "「{name}」で認証のないTFTPサーバが動いています。",
                "{name} runs a TFTP server, which asks for no password"
            ),
        ),
        DoorProtocol::Ftp => (
            Severity::Medium,
            text!(
                "「{name}」で暗号化されないFTPサーバが動いています。",
                "{name} runs an FTP server, which is not encrypted"
            ),
        ),
        _ => (
            Severity::High,
            text!(
                "「{name}」は、暗号化されない{word}による管理接続を受け付けます。",
                "{name} can be administered by {word}, which is not encrypted"
            ),
        ),
    };
    let mut finding = write::new(subject, rule, severity, message);
    finding.advice = Some(text!(
        "停止し、SSHまたはHTTPSで管理してください。",
        "switch it off, and administer the device by SSH or HTTPS"
    ));
    write::blame_spans(subject, &mut finding, word, spans);
    write::seal(subject, finding, &[word])
}
