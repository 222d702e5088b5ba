//! Cryptography that no longer protects.

use std::collections::BTreeMap;

use super::{Subject, write};
use crate::finding::{Finding, Severity};
use crate::model::{OwnKind, WeakCrypto};
use crate::source::Span;
use crate::text;

pub(super) fn check(subject: &Subject<'_>, rule: &'static str) -> Vec<Finding> {
    let mut lines: BTreeMap<WeakCrypto, Vec<Span>> = BTreeMap::new();
    for fact in &subject.device.own.facts {
        if let OwnKind::Weak(weak) = fact.kind {
            lines.entry(weak).or_default().push(fact.span);
        }
    }
    lines.into_iter().map(|(weak, spans)| finding(subject, rule, weak, &spans)).collect()
}

fn finding(subject: &Subject<'_>, rule: &'static str, weak: WeakCrypto, spans: &[Span]) -> Finding {
    let (name, word) = (&subject.device.name, weak.name());
    let severity = match weak {
        WeakCrypto::Null | WeakCrypto::Des | WeakCrypto::Rc4 | WeakCrypto::Ssh1 => Severity::High,
        WeakCrypto::TripleDes | WeakCrypto::Md5 | WeakCrypto::Aggressive | WeakCrypto::OldTls => {
            Severity::Medium
        }
    };
    let message = match weak {
        WeakCrypto::Aggressive => text!(
            "「{name}」のVPNは、事前共有鍵への総当たりを許すIKEv1アグレッシブモードを使います。",
            "a VPN of {name} uses aggressive mode of IKEv1, which lets the shared key be attacked off line"
        ),
        WeakCrypto::Ssh1 | WeakCrypto::OldTls => text!(
            "「{name}」は、古い版のプロトコル（{word}）による接続を受け付けます。",
            "{name} accepts connections by an outdated protocol ({word})"
        ),
        WeakCrypto::Null => text!(
            "「{name}」に、暗号化しない設定（NULL）があります。",
            "{name} has a setting that encrypts nothing (NULL)"
        ),
        _ => text!(
            "「{name}」に、もはや安全でない暗号技術（{word}）を使う設定があります。",
            "{name} has a setting with cryptography that is no longer safe ({word})"
        ),
    };
    let mut finding = write::new(subject, rule, severity, message);
    finding.advice = Some(text!(
        "対向の機器と合わせて、CRYPTRECの電子政府推奨暗号（AES、SHA-256など）に替えてください。",
        "agree with the other end on recommended ciphers such as AES and SHA-256"
    ));
    write::blame_spans(subject, &mut finding, word, spans);
    write::seal(subject, finding, &[word])
}
