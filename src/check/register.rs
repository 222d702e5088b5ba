//! `register`: every attachment to something outside is in the register of external connections (外部接続台帳).
//!
//! An attachment is a segment with a device of ours on one side and, on the other, an external zone or a router whose
//! configuration is not at hand. Entries name a port of the segment, or the router.

use super::facts::interface_blame;
use super::write::blank;
use crate::finding::{self, Blame, Cause, Finding, Kind, Severity, Verdict};
use crate::policy::{ExternalConnection, Policy, PolicyRule, Verb};
use crate::snapshot::{Port, SegmentId, Snapshot};
use crate::text;
use crate::text::Text;

/// One attachment to something outside.
struct Attachment {
    segment: SegmentId,
    ports: Vec<Port>,
    /// What is outside, by label.
    beyond: Vec<String>,
    /// Whether it surely leads outside: an unknown gateway may be anything.
    sure: bool,
}

/// Findings of one `register` rule.
pub(super) fn findings(snapshot: &Snapshot, policy: &Policy, rule: &PolicyRule) -> Vec<Finding> {
    let Verb::Register { approvers, contract } = &rule.verb else { return Vec::new() };
    let attachments = attachments(snapshot);
    let Some(register) = &policy.register else {
        return if attachments.is_empty() {
            Vec::new()
        } else {
            vec![no_register(snapshot, rule, &attachments)]
        };
    };
    let mut findings = Vec::new();
    for attachment in &attachments {
        if !register.iter().any(|entry| names(snapshot, attachment, &entry.at.value)) {
            findings.push(unregistered(snapshot, rule, attachment));
        }
    }
    for entry in register {
        let known = attachments.iter().any(|one| names(snapshot, one, &entry.at.value));
        if !known {
            findings.push(stale(entry));
        }
        let lacks = lacks(snapshot, entry, approvers, *contract);
        if !lacks.is_empty() {
            findings.push(incomplete(rule, entry, lacks));
        }
    }
    findings
}

fn attachments(snapshot: &Snapshot) -> Vec<Attachment> {
    let mut out = Vec::new();
    for (id, segment) in snapshot.segments.iter() {
        let external = segment.zones.iter().map(|zone| &snapshot.zones[*zone]);
        let external: Vec<String> =
            external.filter(|zone| zone.external).map(|zone| zone.label.clone()).collect();
        let routers = segment.opaques.iter().map(|opaque| &snapshot.opaques[*opaque]);
        let sure = !external.is_empty() || routers.clone().any(|router| router.declared);
        // The gateway of an attached zone is that zone.
        let own = !external.is_empty();
        let further = routers.filter(|r| !(own && r.declared && !r.zones.is_empty()));
        let beyond: Vec<String> =
            external.into_iter().chain(further.map(|router| router.name.clone())).collect();
        if !beyond.is_empty() && !segment.ports.is_empty() {
            out.push(Attachment { segment: id, ports: segment.ports.clone(), beyond, sure });
        }
    }
    out
}

/// Whether an entry of the register means this attachment.
fn names(snapshot: &Snapshot, attachment: &Attachment, at: &str) -> bool {
    let port = |port: &Port| {
        let device = &snapshot.devices[port.device];
        let interface = &device.interfaces[port.interface];
        let written = at.split_once(':').filter(|(name, _)| *name == device.name);
        written.is_some_and(|(_, name)| {
            name == interface.name || interface.alias.as_deref() == Some(name)
        })
    };
    let router = |name: &str| {
        let all = &snapshot.segments[attachment.segment].opaques;
        all.iter().any(|opaque| snapshot.opaques[*opaque].name == name)
    };
    router(at) || attachment.ports.iter().any(port)
}

fn blames(snapshot: &Snapshot, attachment: &Attachment) -> Vec<Blame> {
    attachment.ports.iter().map(|port| interface_blame(snapshot, *port)).collect()
}

fn place(snapshot: &Snapshot, attachment: &Attachment) -> String {
    let names = attachment.ports.iter().map(|port| snapshot.port_name(*port));
    names.collect::<Vec<_>>().join(", ")
}

fn unregistered(snapshot: &Snapshot, rule: &PolicyRule, attachment: &Attachment) -> Finding {
    let (place, beyond) = (place(snapshot, attachment), attachment.beyond.join("、"));
    let (verdict, message) = if attachment.sure {
        (
            Verdict::Violated,
            text!(
                "「{place}」の先に外部接続（{beyond}）がありますが、外部接続台帳にありません。",
                "{place} is attached to something outside ({beyond}) and is not in the register"
            ),
        )
    } else {
        (
            Verdict::Undetermined,
            text!(
                "「{place}」の先に、構成にも外部接続台帳にもない接続先（{beyond}）があります。",
                "{place} leads to {beyond}, which is neither in the topology nor in the register"
            ),
        )
    };
    let mut finding = blank(Kind::ExternalConnection, rule, verdict, message);
    finding.device =
        attachment.ports.first().map(|port| snapshot.devices[port.device].name.clone());
    finding.blame = blames(snapshot, attachment);
    finding.advice = Some(text!(
        "許可を受けた接続であれば external-connections に登録し、そうでなければ接続を外してください。",
        "register it under `external-connections` when it was approved; otherwise remove it"
    ));
    if verdict == Verdict::Undetermined {
        finding.causes = finding.blame.iter().map(|blame| cause(blame.span)).collect();
    }
    seal(finding, &place)
}

fn cause(span: crate::source::Span) -> Cause {
    let reason = text!("接続先の機器が分かりません", "what it is attached to is not known");
    Cause { span: Some(span), reason }
}

fn no_register(snapshot: &Snapshot, rule: &PolicyRule, all: &[Attachment]) -> Finding {
    let count = all.len();
    let message = text!(
        "外部接続台帳（external-connections）がないため、{count}か所の外部接続を照合できません。",
        "there is no register of external connections to compare what is attached with; attachments: {count}"
    );
    let mut finding = blank(Kind::ExternalConnection, rule, Verdict::Undetermined, message);
    finding.causes = all
        .iter()
        .map(|one| {
            let (place, beyond) = (place(snapshot, one), one.beyond.join("、"));
            let reason = text!(
                "「{place}」から{beyond}への接続を登録してください。",
                "register {place}, which leads to {beyond}"
            );
            Cause { span: blames(snapshot, one).first().map(|blame| blame.span), reason }
        })
        .collect();
    seal(finding, "")
}

/// What an entry lacks.
fn lacks(
    snapshot: &Snapshot,
    entry: &ExternalConnection,
    approvers: &[String],
    contract: bool,
) -> Vec<Text> {
    let mut out = Vec::new();
    for role in approvers.iter().filter(|role| !entry.approved_by.contains(role)) {
        out.push(text!("「{role}」の許可がありません", "{role} did not approve it"));
    }
    if !approvers.is_empty() && entry.approved.is_none() {
        out.push(text!("許可日がありません", "no day of approval"));
    }
    if contract && entry.contract.is_none() {
        out.push(text!("契約の記載がありません", "no contract"));
    }
    if entry.review.zip(snapshot.at).is_some_and(|(review, at)| review < at.day) {
        out.push(text!("見直し期日を過ぎています", "its review is overdue"));
    }
    out
}

fn incomplete(rule: &PolicyRule, entry: &ExternalConnection, lacks: Vec<Text>) -> Finding {
    let at = &entry.at.value;
    let message = text!(
        "外部接続「{at}」の台帳の記載が不足しています。",
        "the register entry {at} is incomplete"
    );
    let mut finding = blank(Kind::ExternalConnection, rule, Verdict::Violated, message);
    finding.causes =
        lacks.into_iter().map(|reason| Cause { span: Some(entry.span), reason }).collect();
    seal(finding, at)
}

/// An entry that means nothing in this network.
fn stale(entry: &ExternalConnection) -> Finding {
    let at = &entry.at.value;
    let message = text!(
        "外部接続台帳の「{at}」に当たる接続が、設定と構成に見当たりません。",
        "the register names {at}, but nothing outside is attached there"
    );
    let mut finding =
        Finding::new(Kind::Declaration, at, Severity::Low, Verdict::Undetermined, message);
    let reason = text!("台帳の記載箇所", "where it is registered");
    finding.causes = vec![Cause { span: Some(entry.span), reason }];
    seal(finding, at)
}

fn seal(mut finding: Finding, what: &str) -> Finding {
    let parts =
        [finding.kind.id(), finding.rule.clone(), finding.message.en.clone(), what.to_owned()];
    finding.fingerprint = finding::fingerprint(&parts);
    finding
}
