//! Findings in words: what was seen, turned into [`Finding`]s. The only place in `check` where sentences are made.

use super::Judge;
use super::facts::Facts;
use super::parties::{EnforcerFault, ResolvedRule};
use crate::finding::{Cause, Finding, Kind, Severity, Verdict};
use crate::net::{PortRange, protocol_name};
use crate::policy::{Party, PolicyRule, Service, Verb, Who};
use crate::reach::Waypoint;
use crate::snapshot::{DeviceId, Snapshot};
use crate::text;
use crate::text::Text;

/// Whether findings of this kind decide the verdict of their rule.
pub(super) fn decides(kind: Kind) -> bool {
    let beside = matches!(
        kind,
        Kind::Coverage
            | Kind::Waiver
            | Kind::Declaration
            | Kind::ResidualRisk
            | Kind::ForgedSource
            | Kind::Lint(_)
    );
    !beside
}

/// What a rule says, in a sentence.
#[must_use]
pub fn summary(rule: &PolicyRule) -> Text {
    if let Some(title) = &rule.title {
        return title.clone();
    }
    let (from, to) = (parties(&rule.from), parties(&rule.to));
    let services = services(&rule.services);
    match &rule.verb {
        Verb::Only { both_ways: false, .. } => text!(
            "{from} から {to} への通信（{services}）は、申告されたものに限る",
            "{from} may open {services} to {to} only where it is declared"
        ),
        Verb::Only { both_ways: true, .. } => text!(
            "{from} と {to} の間の通信（{services}）は、申告されたものに限る",
            "{from} and {to} may open {services} to each other only where it is declared"
        ),
        Verb::Via { through } => {
            let names: Vec<&str> = through.iter().map(|(name, _)| name.as_str()).collect();
            let list = names.join(", ");
            text!(
                "{from} から {to} への通信（{services}）は、必ず {list} を経由",
                "{services} from {from} to {to} must cross {list}"
            )
        }
        Verb::Logged => text!(
            "{from} から {to} への通信（{services}）を記録",
            "{services} from {from} to {to} must be logged"
        ),
        Verb::Scheduled => text!(
            "{from} から {to} への通信（{services}）は、期間や時間帯を限定",
            "{services} from {from} to {to} must be limited in time"
        ),
        Verb::Destinations { forbid } => {
            let names: Vec<&str> = forbid.iter().map(|name| name.value.as_str()).collect();
            let list = names.join(", ");
            text!("{from} から区分 {list} の宛先への通信を禁止", "{from} must not reach {list}")
        }
        _ => other_summary(rule, &from),
    }
}

/// Of the verbs that every policy has, and of those about no packet.
fn other_summary(rule: &PolicyRule, from: &str) -> Text {
    let to = parties(&rule.to);
    let services = services(&rule.services);
    match &rule.verb {
        Verb::Declare { fact, .. } if from.is_empty() => {
            text!("「{fact}」の申告", "`{fact}` is declared")
        }
        Verb::Declare { fact, .. } => {
            text!("{from} の「{fact}」の申告", "`{fact}` of {from} is declared")
        }
        Verb::Register { .. } => {
            text!("外部接続がすべて台帳にあること", "every external connection is in the register")
        }
        Verb::Hygiene { rules } => {
            let names: Vec<&str> = rules.iter().map(|name| name.value.as_str()).collect();
            let list = names.join(", ");
            text!("設定の点検項目（{list}）に該当しないこと", "no finding of {list}")
        }
        Verb::Deny { both_ways: false } => {
            text!(
                "{from} から {to} への通信（{services}）を禁止",
                "{from} must not open {services} to {to}"
            )
        }
        Verb::Deny { both_ways: true } => {
            text!(
                "{from} と {to} の間の通信（{services}）を双方向とも禁止",
                "{from} and {to} must not open {services} to each other"
            )
        }
        _ => text!(
            "{from} から {to} への通信（{services}）が通ること",
            "{from} must be able to open {services} to {to}"
        ),
    }
}

fn parties(parties: &[Party]) -> String {
    let words = parties.iter().map(|party| match &party.who {
        Who::Everyone => "*".to_owned(),
        Who::Zone(zone) => zone.clone(),
        Who::Host { zone: Some(zone), host } => format!("{zone}.{host}"),
        Who::Host { zone: None, host } => host.clone(),
        Who::Device(device) => format!("self:{}", device.as_deref().unwrap_or("*")),
        Who::Role(role) => format!("role:{role}"),
        Who::Network(prefix) => prefix.to_string(),
    });
    words.collect::<Vec<_>>().join(", ")
}

/// `any`, `tcp/443, udp/53`.
pub(super) fn services(services: &[Service]) -> String {
    let words = services.iter().map(|service| match service.protocol {
        None => "any".to_owned(),
        Some(protocol) if service.ports == PortRange::ALL => protocol_name(protocol).into_owned(),
        Some(protocol) => format!("{}/{}", protocol_name(protocol), service.ports),
    });
    let list = words.collect::<Vec<_>>().join(", ");
    if list.is_empty() { "any".to_owned() } else { list }
}

/// An empty finding about a rule.
pub(super) fn blank(kind: Kind, rule: &PolicyRule, verdict: Verdict, message: Text) -> Finding {
    let mut finding = Finding::new(kind, &rule.id, rule.severity, verdict, message);
    finding.basis.clone_from(&rule.basis);
    finding.requirements.clone_from(&rule.requirements);
    finding
}

/// A packet can travel where the policy forbids it, or may.
pub(super) fn forbidden_path<K>(
    judge: &Judge<'_, K>,
    rule: &ResolvedRule<'_>,
    facts: &Facts,
) -> Finding {
    let (from, to) =
        (facts.label_from(judge.network.snapshot), facts.label_to(judge.network.snapshot));
    let message = match facts.verdict {
        Verdict::Violated => text!(
            "「{from}」から「{to}」への禁止された通信が可能です。",
            "forbidden traffic can travel from {from} to {to}"
        ),
        _ => text!(
            "「{from}」から「{to}」への禁止された通信がないことを確認できません。",
            "it cannot be ruled out that forbidden traffic travels from {from} to {to}"
        ),
    };
    let mut finding =
        facts.finding(judge, blank(Kind::ForbiddenPath, rule.rule, facts.verdict, message));
    finding.details.extend(facts.schedule.as_ref().map(|schedule| {
        text!(
            "スケジュール「{schedule}」の時間帯に到達可能です。",
            "reachable within schedule {schedule}"
        )
    }));
    finding.advice = Some(match facts.verdict {
        Verdict::Violated => text!(
            "原因の規則または経路を削除するか、必要な通信だけに限定してください。",
            "remove the blamed lines or routes, or narrow them to what is needed"
        ),
        _ => text!(
            "原因に挙げた行または不足している情報を確認してください。",
            "settle the lines and missing facts that are listed as causes"
        ),
    });
    finding
}

/// A named device does not stop the flow alone, or a path leads around it.
pub(super) fn enforcement<K>(
    judge: &Judge<'_, K>,
    rule: &ResolvedRule<'_>,
    facts: &Facts,
    device: DeviceId,
    crossed: bool,
) -> Finding {
    let name = &judge.network.snapshot.devices[device].name;
    let (from, to) =
        (facts.label_from(judge.network.snapshot), facts.label_to(judge.network.snapshot));
    let proven = facts.verdict == Verdict::Violated;
    let (kind, message) = match (crossed, proven) {
        (true, true) => (
            Kind::Enforcement,
            text!(
                "「{name}」は単独では「{from}」から「{to}」への通信を遮断しません。",
                "{name} alone does not stop traffic from {from} to {to}"
            ),
        ),
        (true, false) => (
            Kind::Enforcement,
            text!(
                "「{name}」が単独で「{from}」から「{to}」への通信を遮断することを確認できません。",
                "it cannot be shown that {name} alone stops traffic from {from} to {to}"
            ),
        ),
        (false, true) => (
            Kind::RoutingBypass,
            text!(
                "「{from}」から「{to}」への経路が「{name}」を通りません（迂回路があります）。",
                "a path from {from} to {to} leads around {name}"
            ),
        ),
        (false, false) => (
            Kind::RoutingBypass,
            text!(
                "「{from}」から「{to}」への経路が必ず「{name}」を通ることを確認できません。",
                "it cannot be shown that every path from {from} to {to} crosses {name}"
            ),
        ),
    };
    let facts = if crossed { facts.on_the_way() } else { facts.clone() };
    let mut finding = facts.finding(judge, blank(kind, rule.rule, facts.verdict, message));
    finding.device = Some(name.clone());
    finding.advice = Some(if crossed {
        text!(
            "「{name}」にも、この通信を拒否する規則を設けてください（多層防御）。",
            "let {name} deny this traffic, too (defence in depth)"
        )
    } else {
        text!(
            "迂回路となっているインターフェースまたは経路を削除し、「{name}」を必ず通るようにしてください。",
            "remove the interface or route that leads around, so that all paths cross {name}"
        )
    });
    finding
}

/// What passes goes around every device that it must cross.
pub(super) fn around<K>(judge: &Judge<'_, K>, rule: &ResolvedRule<'_>, facts: &Facts) -> Finding {
    let snapshot = judge.network.snapshot;
    let (from, to) = (facts.label_from(snapshot), facts.label_to(snapshot));
    let names = rule.through.iter().map(|way| match way {
        Waypoint::Device(device) => snapshot.devices[*device].name.as_str(),
        Waypoint::Opaque(opaque) => snapshot.opaques[*opaque].name.as_str(),
    });
    let mut list = names.collect::<Vec<_>>().join(", ");
    if let (true, Verb::Via { through }) = (list.is_empty(), &rule.rule.verb) {
        let names: Vec<&str> = through.iter().map(|(name, _)| name.as_str()).collect();
        list = names.join(", ");
    }
    let message = match facts.verdict {
        Verdict::Violated => text!(
            "「{from}」から「{to}」への通信が、経由すべき機器（{list}）を通らずに到達します。",
            "traffic from {from} to {to} arrives without crossing {list}"
        ),
        _ => text!(
            "「{from}」から「{to}」への通信が、必ず{list}を経由することを確認できません。",
            "it cannot be shown that traffic from {from} to {to} always crosses {list}"
        ),
    };
    let mut finding =
        facts.finding(judge, blank(Kind::RoutingBypass, rule.rule, facts.verdict, message));
    finding.advice = Some(text!(
        "迂回している経路または許可行を削除し、指定の機器だけを通るようにしてください。",
        "remove the route or line that leads around"
    ));
    finding
}

/// A line that lets a connection pass is not as the rule asks. `words` are the forbidden destinations that it names.
pub(super) fn passing<K>(
    judge: &Judge<'_, K>,
    rule: &ResolvedRule<'_>,
    facts: &Facts,
    words: &[String],
) -> Finding {
    let (from, to) =
        (facts.label_from(judge.network.snapshot), facts.label_to(judge.network.snapshot));
    let list = words.join(", ");
    let sure = facts.verdict == Verdict::Violated;
    let (kind, message, advice) = match (&rule.rule.verb, sure) {
        (Verb::Logged, true) => (
            Kind::Unlogged,
            text!(
                "「{from}」から「{to}」への通信を、記録（ログ）なしで許可しています。",
                "traffic from {from} to {to} passes without being logged"
            ),
            text!("許可行のログ取得を有効にしてください。", "switch logging on"),
        ),
        (Verb::Logged, false) => (
            Kind::Unlogged,
            text!(
                "「{from}」から「{to}」への通信が記録（ログ）されることを確認できません。",
                "it cannot be shown that traffic from {from} to {to} is logged"
            ),
            text!(
                "この機器の許可行にログの設定があるかを確認してください。",
                "find out whether the device logs what these lines permit"
            ),
        ),
        (Verb::Scheduled, true) => (
            Kind::Unscheduled,
            text!(
                "「{from}」から「{to}」への通信を、期間や時間帯の限定なしに許可しています。",
                "traffic from {from} to {to} passes at all times"
            ),
            text!(
                "許可行に期間または時間帯（スケジュール）を設定してください。",
                "limit the permitting line by a schedule"
            ),
        ),
        (Verb::Scheduled, false) => (
            Kind::Unscheduled,
            text!(
                "「{from}」から「{to}」への通信が、期間や時間帯で限定されていることを確認できません。",
                "it cannot be shown that traffic from {from} to {to} is limited in time"
            ),
            text!("原因に挙げた行を確認してください。", "settle the lines listed as causes"),
        ),
        _ => (
            Kind::ForbiddenDestination,
            text!(
                "「{from}」から、禁止された区分の宛先（{list}）への通信を許可しています。",
                "traffic from {from} to {list}, which is of a forbidden category, is permitted"
            ),
            text!(
                "宛先を、業務に必要で承認されたものだけに限定してください。",
                "limit the destination to what was approved"
            ),
        ),
    };
    let mut finding = facts.finding(judge, blank(kind, rule.rule, facts.verdict, message));
    finding.advice = Some(advice);
    finding
}

/// The devices that must enforce a rule are not as many as it asks for.
pub(super) fn enforcers(snapshot: &Snapshot, rule: &ResolvedRule<'_>) -> Vec<Finding> {
    let told = rule.enforcers.iter().map(|fault| {
        let (verdict, message) = match fault {
            EnforcerFault::Nobody { role } => (
                Verdict::Undetermined,
                text!(
                    "単独で遮断すべき機器（役割「{role}」）が構成にありません。",
                    "no device has the role {role}, which must stop it alone"
                ),
            ),
            EnforcerFault::Same { roles: [one, other], device } => {
                let name = &snapshot.devices[*device].name;
                (
                    Verdict::Violated,
                    text!(
                        "役割「{one}」と「{other}」を同じ機器「{name}」が兼ねており、2台による遮断になっていません。",
                        "{name} has both roles {one} and {other}, so two devices do not stop it"
                    ),
                )
            }
        };
        let mut finding = blank(Kind::Enforcement, rule.rule, verdict, message);
        if verdict == Verdict::Undetermined {
            let reason = text!(
                "topology.yaml の機器に roles を書いてください。",
                "write `roles` of the device in topology.yaml"
            );
            finding.causes = vec![Cause { span: Some(rule.rule.span), reason }];
        }
        let parts = [finding.kind.id(), rule.rule.id.clone(), finding.message.en.clone()];
        finding.fingerprint = crate::finding::fingerprint(&parts);
        finding
    });
    told.collect()
}

/// What is required does not pass, or not surely.
pub(super) fn missing<K>(judge: &Judge<'_, K>, rule: &ResolvedRule<'_>, facts: &Facts) -> Finding {
    let (from, to) =
        (facts.label_from(judge.network.snapshot), facts.label_to(judge.network.snapshot));
    let message = match facts.verdict {
        Verdict::Violated => text!(
            "必要な通信（「{from}」から「{to}」）が通りません。",
            "required traffic from {from} to {to} does not pass"
        ),
        _ => text!(
            "必要な通信（「{from}」から「{to}」）が常に通ることを確認できません。",
            "it cannot be shown that required traffic from {from} to {to} always passes"
        ),
    };
    let mut finding =
        facts.finding(judge, blank(Kind::MissingRequiredPath, rule.rule, facts.verdict, message));
    finding.advice = Some(match facts.verdict {
        Verdict::Violated => text!(
            "経路に示した規則または経路を確認し、必要な通信を許可してください。",
            "check the line or route at which the path ends, and permit what is required"
        ),
        _ => text!(
            "上の原因を確かめ、分かった事実を topology.yaml に書いてください。通らないことが分かった場合は、必要な通信を許可してください。",
            "look into the causes above and write what is found into topology.yaml; where it turns out not to pass, permit what is required"
        ),
    });
    finding
}

/// Only forged packets get where a rule that holds forbids it. `seen` is not empty.
pub(super) fn forged<K>(judge: &Judge<'_, K>, rule: &ResolvedRule<'_>, seen: &[Facts]) -> Finding {
    let snapshot = judge.network.snapshot;
    let mut ports: Vec<String> = seen
        .iter()
        .filter_map(|facts| facts.path.first())
        .map(|hop| format!("{}:{}", hop.device, hop.ingress))
        .collect();
    ports.sort();
    ports.dedup();
    let list = ports.join(", ");
    let Some(facts) = seen.first() else {
        return blank(Kind::ForgedSource, rule.rule, Verdict::Holds, Text::default());
    };
    let (from, to) = (facts.label_from(snapshot), facts.label_to(snapshot));
    let message = text!(
        "「{from}」から送信元を詐称したパケットは「{to}」に届きます（逆経路確認のない、または読み取れない入口: {list}）。",
        "packets from {from} with a forged source get to {to} (entry on which no reverse-path check was read: {list})"
    );
    let mut blank = blank(Kind::ForgedSource, rule.rule, Verdict::Holds, message);
    blank.severity = Severity::Medium.min(rule.rule.severity);
    let mut finding = facts.finding(judge, blank);
    let more = seen.iter().skip(1).map(|facts| (facts.from.clone(), facts.to.clone()));
    finding.also.extend(more);
    finding.details.push(text!(
        "返信は詐称されたアドレスに送られるため、片方向の通信に限られます。自分のアドレスを使う通信は遮断されており、規則の判定には影響しません。",
        "replies go to whoever owns the address, so this is one way; packets with their sender's own address are stopped, and the verdict stands"
    ));
    finding.advice = Some(text!(
        "入口のインターフェースで逆経路確認（uRPF など）を有効にするか、規則の条件にインターフェース（ゾーン）を加えてください。",
        "enable a reverse-path check on the entry, or let the rules ask for the interface or zone, too"
    ));
    finding
}

/// The two judges disagree about a witness.
pub(super) fn disagreement(rule: &PolicyRule, facts: &Facts) -> Finding {
    let flow = facts.witness.map(|flow| flow.to_string()).unwrap_or_default();
    let message = text!(
        "内部エラー: 2つの判定方式の結果が一致しません（{flow}）。この実行の判定は使わないでください。",
        "internal error: the two judges disagree about {flow}; do not use the verdicts of this run"
    );
    let mut finding = blank(Kind::InternalDisagreement, rule, Verdict::Undetermined, message);
    finding.severity = Severity::Critical;
    finding.family = Some(facts.family);
    finding.from = Some(facts.from.clone());
    finding.to = Some(facts.to.clone());
    finding.witness = facts.witness;
    finding
}

/// The label of a place that a rule names: the zone's own words, with the host behind.
pub(super) fn label(snapshot: &Snapshot, name: &str) -> String {
    let (zone, rest) = name.split_once(['.', ' ']).map_or((name, ""), |(zone, rest)| (zone, rest));
    let Some(id) = snapshot.zone(zone) else { return name.to_owned() };
    let label = &snapshot.zones[id].label;
    let host = snapshot.hosts.iter().find(|(_, host)| host.id == rest && host.zone == id);
    match host {
        Some((_, host)) => format!("{label}・{}", host.label),
        None if rest.is_empty() => label.clone(),
        None => format!("{label} {rest}"),
    }
}
